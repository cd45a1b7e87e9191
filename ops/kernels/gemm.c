#include "ops/kernels/gemm.h"

#include "ops/kernels/isa.h"
#include "ops/kernels/tile.h"

/* A: the matrix whose elements are broadcast, B: the one whose rows are vectors. Every element of C is summed over k
 * in ascending order in blocks of DEPTH, whatever tile it falls into: the bits do not depend on how C is cut. */
enum { DEPTH = 256 };

typedef struct operands {
    int64_t k;
    const float *a;
    int64_t ars, acs;
    const float *b;
    int64_t brs;
} operands;

V_INLINE void tile_body(const int MR, const int NV, const operands *o, const tile_end *end)
{
    const int64_t ars = o->ars, ars3 = 3 * ars, acs = o->acs, brs = o->brs;
    const float *a0 = o->a, *a4 = a0 + 4 * ars, *a8 = a0 + 8 * ars;
    const float *b = o->b;
    TILE_EACH_ROW(TILE_DECLARE)
    for (int64_t k = o->k; k; k--) {
        const vf b0 = v_load(b), b1 = NV > 1 ? v_load(b + VW) : b0;
#define STEP(i) TILE_STEP(i, *tile_row(i, a0, a4, a8, a8, ars, ars3))
        TILE_EACH_ROW(STEP)
#undef STEP
        a0 += acs;
        a4 += acs;
        a8 += acs;
        b += brs;
    }
    TILE_EACH_ROW(TILE_FINISH)
}

#define INSTANCE(MR, NV)                                                                           \
    static void tile_##MR##_##NV(const operands *o, const tile_end *end)                           \
    {                                                                                              \
        tile_body(MR, NV, o, end);                                                                 \
    }
TILE_INSTANCES(INSTANCE, 1)
TILE_INSTANCES(INSTANCE, 2)
#undef INSTANCE

typedef void tile_function(const operands *o, const tile_end *end);

static tile_function *const tiles[2][TILE_ROWS] = {TILE_TABLE(tile, 1), TILE_TABLE(tile, 2)};

/* One row of C, in strips of NV vectors: few rows need more columns to have enough accumulators. */
V_INLINE void row_body(const int NV, const operands *o, const tile_end *end)
{
    vf c0 = {0}, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
    const float *a = o->a, *b = o->b;
    for (int64_t k = 0; k < o->k; k++) {
        const vf x = v_set1(*a);
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define STEP(j)                                                                                    \
    if (NV > j)                                                                                    \
        c##j += x * v_load(b + j * VW);
        EACH(STEP)
        a += o->acs;
        b += o->brs;
    }
#define FINISH(j)                                                                                  \
    if (NV > j)                                                                                    \
        tile_store(end, 0, j *VW, VW, c##j);
    EACH(FINISH)
#undef STEP
#undef FINISH
#undef EACH
}

/* As many whole strips as fit in n columns; returns the columns done. */
static int64_t row_strips(const operands *o, const tile_end *end, int64_t n)
{
    int64_t done = 0;
    while (n - done >= 4 * VW) {
        operands at = *o;
        tile_end to = *end;
        at.b += done;
        to.c += done;
        to.column_bias = to.column_bias ? to.column_bias + done : NULL;
        if (n - done >= 8 * VW) {
            row_body(8, &at, &to);
            done += 8 * VW;
        } else {
            row_body(4, &at, &to);
            done += 4 * VW;
        }
    }
    return done;
}

/* VW dot products of one row of A with VW columns of B, both contiguous. Columns from `columns` on repeat the last. */
static vf dots(int64_t k, const float *a, const float *b, int64_t bcs, int64_t columns)
{
    float lanes[VW * VW] __attribute__((aligned(64)));
#if VW == 16
#define EACH(X)                                                                                    \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#elif VW == 8
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#else
#define EACH(X) X(0) X(1) X(2) X(3)
#endif
#define SAVE(i) v_store(lanes + i * VW, c##i);
#define DECLARE(i) vf c##i = {0};
    EACH(DECLARE)
    if (columns == VW) {
        const int64_t bcs3 = 3 * bcs;
        const float *b0 = b, *b4 = b + 4 * bcs, *b8 = b + 8 * bcs, *b12 = b + 12 * bcs;
        int64_t i = 0;
#define STEP(j) c##j += x * v_load(tile_row(j, b0, b4, b8, b12, bcs, bcs3) + i);
        for (; i + VW <= k; i += VW) {
            const vf x = v_load(a + i);
            EACH(STEP)
        }
#undef STEP
#define STEP(j) c##j += x * v_load_part(tile_row(j, b0, b4, b8, b12, bcs, bcs3) + i, k - i);
        if (i < k) {
            const vf x = v_load_part(a + i, k - i);
            EACH(STEP)
        }
#undef STEP
        EACH(SAVE)
    } else {
        memset(lanes, 0, sizeof lanes);
        for (int64_t j = 0; j < columns; j++, b += bcs) {
            vf sum = {0}, more = {0};
            int64_t i = 0;
            for (; i + 2 * VW <= k; i += 2 * VW) {
                sum += v_load(a + i) * v_load(b + i);
                more += v_load(a + i + VW) * v_load(b + i + VW);
            }
            for (; i < k; i += VW) {
                const int64_t n = k - i < VW ? k - i : VW;
                sum += v_load_part(a + i, n) * v_load_part(b + i, n);
            }
            v_store(lanes + j * VW, sum + more);
        }
    }
#undef EACH
#undef SAVE
#undef DECLARE
    return v_sum_rows(lanes);
}

/* C = A B where B's columns are contiguous, and A has too few rows to be worth a transposed copy of B. */
static void gemm_dots(const gra__gemm_args *args)
{
    for (int64_t j = 0; j < args->n; j += VW) {
        const int64_t columns = args->n - j < VW ? args->n - j : VW;
        for (int64_t i = 0; i < args->m; i++) {
            vf y =
                dots(args->k, args->a + i * args->ars, args->b + j * args->bcs, args->bcs, columns);
            float *c = args->c + i * args->crs + j;
            if (args->column_bias)
                y += v_load_part(args->column_bias + j, columns);
            if (args->row_bias)
                y += v_set1(args->row_bias[i]);
            if (args->accumulate)
                y += v_load_part(c, columns);
            v_store_part(c, y, columns);
        }
    }
}

static void transpose(int64_t rows, int64_t cols, const float *src, int64_t src_stride, float *dst,
                      int64_t dst_stride, const int32_t *map, int64_t width)
{
    for (int64_t i = 0; i < width; i += VW)
        for (int64_t j = 0; j < cols; j += VW)
            v_transpose(src + i * src_stride + j, src_stride, rows - i < 0 ? 0 : rows - i,
                        cols - j < VW ? cols - j : VW, map ? dst + i : dst + j * dst_stride + i,
                        dst_stride, map ? map + j : NULL, width - i < VW ? width - i : VW);
}

/* Copies columns [j, j + columns) of B's rows [k0, k0 + depth) to rows of `width` floats, filled up with zeros. */
static void pack(const gra__gemm_args *args, int64_t k0, int64_t depth, int64_t j, int64_t columns,
                 int64_t width, float *packed)
{
    const float *b = args->b + k0 * args->brs + j * args->bcs;
    if (args->brs == 1) {
        transpose(columns, depth, b, args->bcs, packed, width, NULL, width);
    } else if (args->bcs == 1) {
        for (int64_t k = 0; k < depth; k++, b += args->brs)
            for (int64_t i = 0; i < width; i += VW) {
                const int64_t n = columns - i < VW ? columns - i : VW;
                v_store(packed + k * width + i, n == VW ? v_load(b + i) : v_load_part(b + i, n));
            }
    } else {
        for (int64_t k = 0; k < depth; k++)
            for (int64_t i = 0; i < width; i++)
                packed[k * width + i] = i < columns ? b[k * args->brs + i * args->bcs] : 0;
    }
}

static void gemm_panel(const gra__gemm_args *args, const operands *o, const tile_end *end)
{
    const int64_t count = tile_count(args->m, TILE_ROWS);
    operands at = *o;
    tile_end to = *end;
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = tile_start(args->m, count, i),
                      rows = tile_start(args->m, count, i + 1) - row;
        at.a = o->a + row * args->ars;
        to.c = end->c + row * args->crs;
        to.row_bias = end->row_bias ? end->row_bias + row : NULL;
        tiles[end->columns > VW][rows - 1](&at, &to);
    }
}

/* C = a b, the product of a column and a row: nothing but stores. */
static void outer_product(const gra__gemm_args *args)
{
    for (int64_t i = 0; i < args->m; i++) {
        const vf a = v_set1(args->a[i * args->ars]);
        float *c = args->c + i * args->crs;
        int64_t j = 0;
        for (; j + VW <= args->n; j += VW)
            v_store(c + j, a * v_load(args->b + j));
        if (j < args->n)
            v_store_part(c + j, a * v_load_part(args->b + j, args->n - j), args->n - j);
    }
}

static void gemm(const gra__gemm_args *args)
{
    float packed[DEPTH * PANEL] __attribute__((aligned(64)));
    float bias[PANEL];
    if (args->m <= 0 || args->n <= 0)
        return;
    if (args->m <= 4 && args->brs == 1 && args->acs == 1 && args->bcs != 1) {
        gemm_dots(args);
        return;
    }
    if (args->k == 1 && args->bcs == 1 && !args->accumulate && !args->row_bias &&
        !args->column_bias) {
        outer_product(args);
        return;
    }
    int64_t k0 = 0;
    do {
        const int64_t depth = args->k - k0 < DEPTH ? args->k - k0 : DEPTH;
        const operands all = {depth,     args->a + k0 * args->acs, args->ars,
                              args->acs, args->b + k0 * args->brs, args->brs};
        const tile_end first = {args->c,
                                args->crs,
                                0,
                                args->accumulate || k0 > 0,
                                k0 ? NULL : args->row_bias,
                                k0 ? NULL : args->column_bias};
        int64_t j = args->m == 1 && args->bcs == 1 ? row_strips(&all, &first, args->n) : 0;
        for (; j < args->n; j += PANEL) {
            const int64_t columns = args->n - j < PANEL ? args->n - j : PANEL,
                          width = columns > VW ? PANEL : VW;
            operands o = all;
            tile_end end = first;
            end.c += j;
            end.columns = columns;
            /* A panel is copied where its rows are not whole vectors, and where it pays to have it in one piece. */
            if (args->bcs != 1 || columns < width ||
                (args->m > 4 * TILE_ROWS && args->brs > 4 * PANEL)) {
                pack(args, k0, depth, j, columns, width, packed);
                o.b = packed;
                o.brs = width;
            } else {
                o.b += j;
            }
            if (end.column_bias) {
                for (int64_t i = 0; i < width; i++)
                    bias[i] = i < columns ? end.column_bias[j + i] : 0;
                end.column_bias = bias;
            }
            gemm_panel(args, &o, &end);
        }
        k0 += DEPTH;
    } while (k0 < args->k);
}

static void pad_rows(int64_t rows, int64_t columns, const float *src, int64_t src_row, float *dst,
                     int64_t dst_row, int64_t left)
{
    for (; rows; rows--, src += src_row, dst += dst_row) {
        int64_t i = 0;
        for (; i < left; i += VW)
            v_store(dst + i, (vf){0});
        for (i = 0; i + VW <= columns; i += VW)
            v_store(dst + left + i, v_load(src + i));
        if (i < columns) {
            v_store(dst + left + i, v_load_part(src + i, columns - i));
            i += VW;
        }
        for (; left + i < dst_row; i += VW)
            v_store(dst + left + i, (vf){0});
    }
}

/* y[n] (+)= the sum of x's rows: strips of eight vectors, summed in the rows' order. */
static void column_sums(int64_t m, int64_t n, const float *x, int64_t x_row, float *y,
                        int accumulate)
{
    int64_t j = 0;
#define STRIP(NV)                                                                                  \
    for (; j + NV * VW <= n; j += NV * VW) {                                                       \
        vf s[NV];                                                                                  \
        for (int v = 0; v < NV; v++)                                                               \
            s[v] = accumulate ? v_load(y + j + v * VW) : (vf){0};                                  \
        for (int64_t i = 0; i < m; i++)                                                            \
            for (int v = 0; v < NV; v++)                                                           \
                s[v] += v_load(x + i * x_row + j + v * VW);                                        \
        for (int v = 0; v < NV; v++)                                                               \
            v_store(y + j + v * VW, s[v]);                                                         \
    }
    STRIP(4)
    STRIP(1)
#undef STRIP
    if (j < n) {
        vf s = accumulate ? v_load_part(y + j, n - j) : (vf){0};
        for (int64_t i = 0; i < m; i++)
            s += v_load_part(x + i * x_row + j, n - j);
        v_store_part(y + j, s, n - j);
    }
}

/* sums[i] = the sum of the lanes of vector i. */
static void fold(int64_t n, const float *lanes, float *sums)
{
    int64_t i = 0;
    for (; i + VW <= n; i += VW)
        v_store(sums + i, v_sum_rows(lanes + i * VW));
    if (i < n) {
        float rest[VW * VW] = {0};
        memcpy(rest, lanes + i * VW, (size_t)((n - i) * VW) * sizeof *rest);
        v_store_part(sums + i, v_sum_rows(rest), n - i);
    }
}

static float sum(int64_t n, const float *x)
{
    vf s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
    int64_t i = 0;
    for (; i + 4 * VW <= n; i += 4 * VW) {
        s0 += v_load(x + i);
        s1 += v_load(x + i + VW);
        s2 += v_load(x + i + 2 * VW);
        s3 += v_load(x + i + 3 * VW);
    }
    for (; i < n; i += VW)
        s0 += v_load_part(x + i, n - i < VW ? n - i : VW);
    s0 = (s0 + s1) + (s2 + s3);
    float total = 0;
    for (int lane = 0; lane < VW; lane++)
        total += s0[lane];
    return total;
}

void GRA_ISA_NAME(gra__conv_channels)(const gra__conv_rows *rows);
void GRA_ISA_NAME(gra__conv_pixels)(const gra__conv_rows *rows);
void GRA_ISA_NAME(gra__conv_scatter)(const gra__conv_scatter *args);
void GRA_ISA_NAME(gra__conv_weight_channels)(const gra__conv_rows *rows, int64_t w_row);
void GRA_ISA_NAME(gra__conv_weight_pixels)(const gra__conv_rows *rows, int64_t w_row);
void GRA_ISA_NAME(gra__average_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row,
                                    float *y, float factor);
void GRA_ISA_NAME(gra__average_2x2_backward)(int64_t out_h, int64_t out_w, const float *g,
                                             float *dx, int64_t x_row, float factor);
void GRA_ISA_NAME(gra__max_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row,
                                float *y, int64_t *indices);

extern const struct gra__gemm_table GRA_ISA_NAME(gra__gemm);
const struct gra__gemm_table GRA_ISA_NAME(gra__gemm) = {
    .gemm = gemm,
    .column_sums = column_sums,
    .sum = sum,
    .vector = VW,
    .panel = PANEL,
    .block = TILE_ROWS,
    .conv_channels = GRA_ISA_NAME(gra__conv_channels),
    .conv_pixels = GRA_ISA_NAME(gra__conv_pixels),
    .conv_scatter = GRA_ISA_NAME(gra__conv_scatter),
    .transpose = transpose,
    .pad_rows = pad_rows,
    .conv_weight_channels = GRA_ISA_NAME(gra__conv_weight_channels),
    .conv_weight_pixels = GRA_ISA_NAME(gra__conv_weight_pixels),
    .fold = fold,
    .average_2x2 = GRA_ISA_NAME(gra__average_2x2),
    .average_2x2_backward = GRA_ISA_NAME(gra__average_2x2_backward),
    .max_2x2 = GRA_ISA_NAME(gra__max_2x2),
};
