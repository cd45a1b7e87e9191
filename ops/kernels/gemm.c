#include "ops/kernels/gemm.h"

#include <stdbool.h>

#include "ops/kernels/isa.h"
#include "ops/kernels/tile.h"

/* A: the matrix whose elements are broadcast, B: the one whose rows are vectors. Every element of C is summed over k
 * in ascending order in blocks of DEPTH, whatever tile it falls into, so that the bits do not depend on how C is cut.
 * Products of few rows are summed in other ways, which depend on the number of rows: parts of a product have more. */
enum { DEPTH = 256 };

typedef struct operands {
    int64_t k;
    const float *a;
    int64_t ars, acs;
    const float *b;
    int64_t brs;
    int64_t ahead; // floats from b to what is read next, so far apart that no processor guesses it
} operands;

V_INLINE void tile_body(const int MR, const int NV, const operands *o, const tile_end *end)
{
    const int64_t ars = o->ars, ars3 = 3 * ars, acs = o->acs, brs = o->brs;
    const float *a0 = o->a, *a4 = a0 + 4 * ars, *a8 = a0 + 8 * ars;
    const float *b = o->b;
    TILE_EACH_ROW(TILE_DECLARE)
    for (int64_t k = o->k; k; k--) {
        const vf b0 = v_load(b), b1 = NV > 1 ? v_load(b + VW) : b0;
        __builtin_prefetch(b + o->ahead, 0, 2);
        if (NV > 1)
            __builtin_prefetch(b + o->ahead + VW, 0, 2);
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

/* A tile of dot products: DOT_ROWS rows of A with DOT_COLUMNS columns of B, all contiguous, a vector of k at a time.
 * B is not copied, and read as it lies, which is what counts where A has few rows and B, the weights of a dense layer, is
 * larger than any cache. */
#if VW == 16
enum { DOT_ROWS = 4, DOT_COLUMNS = 6 }; // 24 accumulators of 32 registers
#define DOT_EACH_COLUMN(X, i) X(i, 0) X(i, 1) X(i, 2) X(i, 3) X(i, 4) X(i, 5)
#else
enum { DOT_ROWS = 4, DOT_COLUMNS = 2 }; // 8 of 16
#define DOT_EACH_COLUMN(X, i) X(i, 0) X(i, 1)
#endif
// Of A, this much is copied at a time: it stays in the second cache.
enum { DOT_DEPTH = 2048, DOT_MOST_ROWS = 32, DOT_FLOATS = 1 << 15 };

typedef struct dot_operands {
    int64_t k;
    const float *a, *b;
    int64_t ars, bcs;
} dot_operands;

/* lanes[column * MR + row][VW]: partial sums. */
V_INLINE void dot_tile(const int MR, const int NC, const dot_operands *o, float *lanes)
{
    const int64_t ars = o->ars, bcs = o->bcs, bcs3 = 3 * bcs;
    const float *a = o->a, *b0 = o->b, *b4 = b0 + 4 * bcs;
#define DECLARE(i, j) vf c##i##_##j = {0};
#define DECLARE_ROW(i) DOT_EACH_COLUMN(DECLARE, i)
    DECLARE_ROW(0)
    DECLARE_ROW(1)
    DECLARE_ROW(2)
    DECLARE_ROW(3)
#define STEP(i, j)                                                                                 \
    if (MR > i && NC > j)                                                                          \
        c##i##_##j += x##i * y##j;
#define STEP_ROW(i) DOT_EACH_COLUMN(STEP, i)
#define LOAD_COLUMN(i, j)                                                                          \
    const vf y##j = NC > j ? LOAD(tile_row(j, b0, b4, b4, b4, bcs, bcs3)) : (vf){0};
/* The next tile's columns are not the next in memory: they are asked for while this one is computed. */
#define PREFETCH_COLUMN(i, j)                                                                      \
    if (NC > j)                                                                                    \
        __builtin_prefetch(tile_row(j, b0, b4, b4, b4, bcs, bcs3) + NC * bcs, 0, 2);
#define STEPS                                                                                      \
    const vf x0 = LOAD(a), x1 = MR > 1 ? LOAD(a + ars) : x0;                                       \
    const vf x2 = MR > 2 ? LOAD(a + 2 * ars) : x0, x3 = MR > 3 ? LOAD(a + 3 * ars) : x0;           \
    DOT_EACH_COLUMN(LOAD_COLUMN, 0)                                                                \
    STEP_ROW(0) STEP_ROW(1) STEP_ROW(2) STEP_ROW(3)
    int64_t k = o->k;
    for (; k >= VW; k -= VW) {
#define LOAD(p) v_load(p)
        DOT_EACH_COLUMN(PREFETCH_COLUMN, 0)
        STEPS
#undef LOAD
        a += VW;
        b0 += VW;
        b4 += VW;
    }
    if (k > 0) {
#define LOAD(p) v_load_part(p, k)
        STEPS
#undef LOAD
    }
#define SAVE(i, j)                                                                                 \
    if (MR > i && NC > j)                                                                          \
        v_store(lanes + (j * MR + i) * VW, c##i##_##j);
#define SAVE_ROW(i) DOT_EACH_COLUMN(SAVE, i)
    SAVE_ROW(0) SAVE_ROW(1) SAVE_ROW(2) SAVE_ROW(3)
#undef DECLARE
#undef DECLARE_ROW
#undef STEP
#undef STEP_ROW
#undef LOAD_COLUMN
#undef PREFETCH_COLUMN
#undef STEPS
#undef SAVE
#undef SAVE_ROW
}

typedef void dot_function(const dot_operands *o, float *lanes);

#define DOT_INSTANCE(MR, NC)                                                                       \
    static void dot_##MR##_##NC(const dot_operands *o, float *lanes)                               \
    {                                                                                              \
        dot_tile(MR, NC, o, lanes);                                                                \
    }
#define DOT_INSTANCES(NC)                                                                          \
    DOT_INSTANCE(1, NC) DOT_INSTANCE(2, NC) DOT_INSTANCE(3, NC) DOT_INSTANCE(4, NC)
#define DOT_TABLE(NC) {dot_1_##NC, dot_2_##NC, dot_3_##NC, dot_4_##NC},
#if VW == 16
#define DOT_EACH_COUNT(X) X(1) X(2) X(3) X(4) X(5) X(6)
#else
#define DOT_EACH_COUNT(X) X(1) X(2)
#endif
DOT_EACH_COUNT(DOT_INSTANCES)

static dot_function *const dot_tiles[DOT_COLUMNS][DOT_ROWS] = {DOT_EACH_COUNT(DOT_TABLE)};

/* C (+)= the sums of a tile's lanes, of `rows` rows from row i and `columns` columns from column j. */
static void finish_dots(const gra__gemm_args *args, const float *lanes, int64_t i, int64_t rows,
                        int64_t j, int64_t columns, bool first)
{
    float sums[(DOT_ROWS * DOT_COLUMNS + VW - 1) / VW * VW];
    for (int64_t at = 0; at < rows * columns; at += VW)
        v_store(sums + at, v_sum_rows(lanes + at * VW));
    for (int64_t column = 0; column < columns; column++)
        for (int64_t row = 0; row < rows; row++) {
            float *const c = args->c + (i + row) * args->crs + j + column;
            float y = sums[column * rows + row];
            if (first && args->column_bias)
                y += args->column_bias[j + column];
            if (first && args->row_bias)
                y += args->row_bias[i + row];
            *c = args->accumulate || !first ? *c + y : y;
        }
}

/* C = A B where A's rows and B's columns are contiguous. A is copied, depth by depth, to rows that lie apart by no
 * multiple of a cache's size, as they often do where they come from. */
static void gemm_dot_tiles(const gra__gemm_args *args)
{
    enum { APART = 16 };
    float lanes[(DOT_ROWS * DOT_COLUMNS + VW) * VW] __attribute__((aligned(64))) = {0};
    float copy[DOT_FLOATS + DOT_MOST_ROWS * APART] __attribute__((aligned(64)));
    const int64_t count = tile_count(args->m, DOT_ROWS);
    const int64_t most = args->m * DOT_DEPTH < DOT_FLOATS ? DOT_DEPTH : DOT_FLOATS / DOT_MOST_ROWS;
    for (int64_t k = 0; k < args->k; k += most) {
        const int64_t depth = args->k - k < most ? args->k - k : most;
        dot_operands o = {.k = depth, .ars = most + APART, .bcs = args->bcs};
        for (int64_t i = 0; i < args->m; i++)
            memcpy(copy + i * o.ars, args->a + i * args->ars + k, (size_t)depth * sizeof *copy);
        for (int64_t j = 0; j < args->n; j += DOT_COLUMNS) {
            const int64_t columns = args->n - j < DOT_COLUMNS ? args->n - j : DOT_COLUMNS;
            o.b = args->b + j * args->bcs + k;
            for (int64_t tile = 0; tile < count; tile++) {
                const int64_t i = tile_start(args->m, count, tile),
                              rows = tile_start(args->m, count, tile + 1) - i;
                o.a = copy + i * o.ars;
                dot_tiles[columns - 1][rows - 1](&o, lanes);
                finish_dots(args, lanes, i, rows, j, columns, k == 0);
            }
        }
    }
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

/* C (+)= A B for a B of one panel that lies in one piece, as convolutions have it: a tile's rows of A are read from end to
 * end, whose sums go to C at every DEPTH. The bits are those of the general way. */
static void gemm_deep_panel(const gra__gemm_args *args)
{
    const int64_t count = tile_count(args->m, TILE_ROWS);
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = tile_start(args->m, count, i),
                      rows = tile_start(args->m, count, i + 1) - row;
        tile_end to = {.c = args->c + row * args->crs, .stride = args->crs, .columns = args->n};
        for (int64_t k = 0; k < args->k; k += DEPTH) {
            const operands at = {.k = args->k - k < DEPTH ? args->k - k : DEPTH,
                                 .a = args->a + row * args->ars + k * args->acs,
                                 .ars = args->ars,
                                 .acs = args->acs,
                                 .b = args->b + k * PANEL,
                                 .brs = PANEL,
                                 .ahead = 8 * PANEL};
            to.accumulate = args->accumulate || k > 0;
            tiles[args->n > VW][rows - 1](&at, &to);
        }
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

/* Where one tile has all rows of C and B is much larger, a few of B's rows are read from end to end at a time: the same
 * columns of many rows, which may lie a multiple of a cache's size apart, would push each other out. */
enum { FLAT_DEPTH = 16 };

/* Whether C is written once, is larger than the caches, and can be written past them. */
static bool is_streamed(const gra__gemm_args *args)
{
    enum { LARGE = 4 << 20 };
    return args->m * args->n >= LARGE && !args->accumulate && args->n % VW == 0 &&
           args->crs % VW == 0 && (uintptr_t)args->c % (VW * 4) == 0;
}

static void gemm(const gra__gemm_args *args)
{
    float packed[DEPTH * PANEL] __attribute__((aligned(64)));
    float bias[PANEL];
    if (args->m <= 0 || args->n <= 0)
        return;
    const bool dots = args->brs == 1 && args->acs == 1 && args->bcs != 1;
    const bool flat =
        args->m > 1 && args->m <= TILE_ROWS && args->bcs == 1 && args->brs > 4 * PANEL;
    const int64_t most = flat ? FLAT_DEPTH : DEPTH;
    const bool stream = args->k <= most && is_streamed(args);
    if (dots && args->k >= 256 && args->m > 1 && args->m <= DOT_MOST_ROWS) {
        gemm_dot_tiles(args);
        return;
    }
    if (dots && args->m <= 4) {
        gemm_dots(args);
        return;
    }
    if (args->k == 1 && args->bcs == 1 && !stream && !args->accumulate && !args->row_bias &&
        !args->column_bias) {
        outer_product(args);
        return;
    }
    if (args->bcs == 1 && args->brs == PANEL && (args->n == PANEL || args->n == VW) &&
        args->m > 1 && args->k > DEPTH && !args->row_bias && !args->column_bias) {
        gemm_deep_panel(args);
        return;
    }
    int64_t k0 = 0;
    do {
        const int64_t depth = args->k - k0 < most ? args->k - k0 : most;
        const operands all = {.k = depth,
                              .a = args->a + k0 * args->acs,
                              .ars = args->ars,
                              .acs = args->acs,
                              .b = args->b + k0 * args->brs,
                              .brs = args->brs};
        const tile_end first = {.c = args->c,
                                .stride = args->crs,
                                .accumulate = args->accumulate || k0 > 0,
                                .stream = stream,
                                .row_bias = k0 ? NULL : args->row_bias,
                                .column_bias = k0 ? NULL : args->column_bias};
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
                o.ahead = 8 * PANEL;
            }
            if (end.column_bias) {
                for (int64_t i = 0; i < width; i++)
                    bias[i] = i < columns ? end.column_bias[j + i] : 0;
                end.column_bias = bias;
            }
            gemm_panel(args, &o, &end);
        }
        k0 += most;
    } while (k0 < args->k);
    if (stream)
        v_stream_end();
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
