/* Direct convolution of one image and group: the loops behind conv2d.c, compiled once per instruction set.
 *
 * Letters: x input, w filter, y output, g gradient of y; (p, q) a pixel of y, (r, c, s) a tap of the filter.
 *
 * There is no im2col: the tap's offset in the image takes its place. Two ways to fill a vector:
 *
 *     channels:  y[q .. q+12][k .. k+32] += x[q + offset(t)] (broadcast) * w[t][k ..]      many output channels
 *     pixels:    y[k .. k+12][q .. q+32] += w[t][k] (broadcast) * x[q + offset(t) ..]      few output channels
 *
 * The first leaves pixels x channels, which are transposed on their way to y while still in the first cache.
 */
#include "ops/kernels/gemm.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/tile.h"

/* The taps [first, last) of output row p that lie in the image, and x's row for them. */
typedef struct tap_range {
    int64_t first, last;
    int64_t shift; // offset of pixel 0's tap with offset 0
} tap_range;

static tap_range taps_of_row(const gra__conv_rows *rows, int64_t p)
{
    const int64_t top = p * rows->stride_h - rows->pad_h; // image row of filter row 0
    const int64_t below = top + (rows->r - 1) * rows->dilation_h - rows->h + 1;
    int64_t first = top < 0 ? (-top + rows->dilation_h - 1) / rows->dilation_h : 0;
    int64_t last = rows->r - (below > 0 ? (below + rows->dilation_h - 1) / rows->dilation_h : 0);
    last = last < 0 ? 0 : last;
    first = first < last ? first : last;
    return (tap_range){first * rows->taps, last * rows->taps,
                       (top - rows->first_row) * rows->x_row};
}

typedef struct tap_operands {
    int64_t taps;
    const int32_t *offset;
    const float *x;
    int64_t shift;
    const float *w;
    int64_t w_row;
} tap_operands;

/* Rows are pixels, columns are channels. */
V_INLINE void channels_body(const int MR, const int NV, const tap_operands *o, const tile_end *end)
{
    const float *w = o->w, *x = o->x;
    const int32_t *offset = o->offset;
    const int64_t w_row = o->w_row, shift = o->shift;
    TILE_EACH_ROW(TILE_DECLARE)
    for (int64_t t = 0; t < o->taps; t++) {
        const float *a = x + (shift + offset[t]);
        const vf b0 = v_load(w), b1 = NV > 1 ? v_load(w + VW) : b0;
#define STEP(i) TILE_STEP(i, a[i])
        TILE_EACH_ROW(STEP)
#undef STEP
        w += w_row;
    }
    TILE_EACH_ROW(TILE_FINISH)
}

/* Rows are channels, columns are pixels. */
V_INLINE void pixels_body(const int MR, const int NV, const tap_operands *o, const tile_end *end)
{
    const float *w = o->w, *x = o->x;
    const int32_t *offset = o->offset;
    const int64_t shift = o->shift;
    TILE_EACH_ROW(TILE_DECLARE)
    for (int64_t t = 0; t < o->taps; t++) {
        const float *b = x + (shift + offset[t]);
        const vf b0 = v_load(b), b1 = NV > 1 ? v_load(b + VW) : b0;
#define STEP(i) TILE_STEP(i, w[i])
        TILE_EACH_ROW(STEP)
#undef STEP
        w += MR;
    }
    TILE_EACH_ROW(TILE_FINISH)
}

#define INSTANCE(MR, NV)                                                                           \
    static void channels_##MR##_##NV(const tap_operands *o, const tile_end *end)                   \
    {                                                                                              \
        channels_body(MR, NV, o, end);                                                             \
    }                                                                                              \
    static void pixels_##MR##_##NV(const tap_operands *o, const tile_end *end)                     \
    {                                                                                              \
        pixels_body(MR, NV, o, end);                                                               \
    }
TILE_INSTANCES(INSTANCE, 1)
TILE_INSTANCES(INSTANCE, 2)
#undef INSTANCE

typedef void tap_tile(const tap_operands *o, const tile_end *end);

static tap_tile *const channel_tiles[2][TILE_ROWS] = {TILE_TABLE(channels, 1),
                                                      TILE_TABLE(channels, 2)};
static tap_tile *const pixel_tiles[2][TILE_ROWS] = {TILE_TABLE(pixels, 1), TILE_TABLE(pixels, 2)};

enum {
    PIXELS = GRA_CONV_SCRATCH / 32
}; // pixels that fit in the scratch with two vectors of 16 channels

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Moves `count` finished pixels of `width` channels to y's planes. */
static void channels_to_planes(const float *pixels, int64_t count, int64_t width, float *y,
                               int64_t plane, int64_t k)
{
    for (int64_t v = 0; v < k; v += VW)
        for (int64_t q = 0; q < count; q += VW) {
            const int64_t n = smaller(count - q, VW);
            v_transpose(pixels + q * width + v, width, n, smaller(k - v, VW), y + v * plane + q,
                        plane, NULL, n);
        }
}

/* `count` pixels of one row, from q on, to `to`. */
static void channels_row(const gra__conv_rows *rows, const tap_operands *o, int64_t q,
                         int64_t count, int64_t width, const float *bias, float *to)
{
    const int64_t tiles = tile_count(count, TILE_ROWS);
    for (int64_t i = 0; i < tiles; i++) {
        const int64_t at = tile_start(count, tiles, i),
                      pixels = tile_start(count, tiles, i + 1) - at;
        tap_operands here = *o;
        here.shift += q + at;
        const tile_end end = {to + at * width, width, width, 0, NULL, rows->bias ? bias : NULL, 0};
        channel_tiles[width > VW][pixels - 1](&here, &end);
    }
}

void GRA_ISA_NAME(gra__conv_channels)(const gra__conv_rows *rows);
void GRA_ISA_NAME(gra__conv_channels)(const gra__conv_rows *rows)
{
    for (int64_t k = 0; k < rows->k; k += PANEL) {
        const int64_t channels = smaller(rows->k - k, PANEL), width = channels > VW ? PANEL : VW;
        const float *w = rows->w + k * rows->r * rows->taps;
        float *y = rows->y + k * rows->plane + rows->first_out * rows->out_w;
        float bias[PANEL] = {0};
        for (int64_t i = 0; rows->bias && i < channels; i++)
            bias[i] = rows->bias[k + i];
        int64_t kept = 0;
        for (int64_t p = rows->first_out; p < rows->last_out; p++) {
            const tap_range t = taps_of_row(rows, p);
            const tap_operands o = {t.last - t.first, rows->offset + t.first, rows->x,
                                    t.shift,          w + t.first * width,    width};
            for (int64_t q = 0; q < rows->out_w; q += PIXELS) {
                const int64_t count = smaller(rows->out_w - q, PIXELS);
                if (kept + count > PIXELS) {
                    channels_to_planes(rows->scratch, kept, width, y, rows->plane, channels);
                    y += kept;
                    kept = 0;
                }
                channels_row(rows, &o, q, count, width, bias, rows->scratch + kept * width);
                kept += count;
            }
        }
        channels_to_planes(rows->scratch, kept, width, y, rows->plane, channels);
    }
}

void GRA_ISA_NAME(gra__conv_pixels)(const gra__conv_rows *rows);
void GRA_ISA_NAME(gra__conv_pixels)(const gra__conv_rows *rows)
{
    const int64_t blocks = tile_count(rows->k, TILE_ROWS), taps = rows->r * rows->taps;
    for (int64_t block = 0; block < blocks; block++) {
        const int64_t k = tile_start(rows->k, blocks, block),
                      channels = tile_start(rows->k, blocks, block + 1) - k;
        for (int64_t p = rows->first_out; p < rows->last_out; p++) {
            const tap_range t = taps_of_row(rows, p);
            for (int64_t q = 0; q < rows->out_w; q += PANEL) {
                const int64_t columns = smaller(rows->out_w - q, PANEL);
                const tap_operands o = {t.last - t.first,
                                        rows->offset + t.first,
                                        rows->x,
                                        t.shift + q,
                                        rows->w + k * taps + t.first * channels,
                                        0};
                const tile_end end = {rows->y + k * rows->plane + p * rows->out_w + q,
                                      rows->plane,
                                      columns,
                                      0,
                                      rows->bias ? rows->bias + k : NULL,
                                      NULL,
                                      0};
                pixel_tiles[columns > VW][channels - 1](&o, &end);
            }
        }
    }
}

/* The input gradient by scattering. Rows are pixels of one column of g, so that no two of them add to the same place of
 * the image; columns are (s, c). */
typedef struct scatter_operands {
    int64_t k;
    const float *g;
    int64_t g_row, g_plane;
    const float *w;
    float *image;
    int64_t image_step;
    int64_t columns;
} scatter_operands;

/* The lanes behind the last column must not disturb the next pixel, not even where g is not finite: they are cleared,
 * as a masked store would stop the next filter row's load from taking its data from the store. */
V_INLINE void scatter_store(float *to, vf v, int64_t columns)
{
    if (columns < VW)
        v = v_first(v, columns);
    v_store(to, v_load(to) + v);
}

V_INLINE void scatter_body(const int MR, const int NV, const scatter_operands *o)
{
    const int64_t g_row = o->g_row, g_plane = o->g_plane;
    const float *g = o->g, *w = o->w;
    TILE_EACH_ROW(TILE_DECLARE)
    for (int64_t k = o->k; k; k--) {
        const vf b0 = v_load(w), b1 = NV > 1 ? v_load(w + VW) : b0;
        const float *g4 = g + 4 * g_row, *g8 = g + 8 * g_row;
#define ROW_OF(i) ((i < 4 ? g : i < 8 ? g4 : g8)[i % 4 * g_row])
#define STEP(i) TILE_STEP(i, ROW_OF(i))
        TILE_EACH_ROW(STEP)
#undef STEP
#undef ROW_OF
        g += g_plane;
        w += NV * VW;
    }
#define FINISH(i)                                                                                  \
    if (MR > i) {                                                                                  \
        float *to = o->image + i * o->image_step;                                                  \
        scatter_store(to, c##i##_0, NV > 1 ? VW : o->columns);                                     \
        if (NV > 1)                                                                                \
            scatter_store(to + VW, c##i##_1, o->columns - VW);                                     \
    }
    TILE_EACH_ROW(FINISH)
#undef FINISH
}

#define INSTANCE(MR, NV)                                                                           \
    static void scatter_##MR##_##NV(const scatter_operands *o)                                     \
    {                                                                                              \
        scatter_body(MR, NV, o);                                                                   \
    }
TILE_INSTANCES(INSTANCE, 1)
TILE_INSTANCES(INSTANCE, 2)
#undef INSTANCE

typedef void scatter_tile(const scatter_operands *o);

static scatter_tile *const scatter_tiles[2][TILE_ROWS] = {TILE_TABLE(scatter, 1),
                                                          TILE_TABLE(scatter, 2)};

/* Column q of g, through one panel of the filter row r. */
static void scatter_column(const gra__conv_scatter *a, int64_t q, int64_t r, int64_t panel)
{
    const int64_t columns = smaller(a->row - panel, PANEL), width = columns > VW ? PANEL : VW;
    const int64_t padded = (a->row + VW - 1) / VW * VW, row = a->columns * a->c;
    const int64_t tiles = tile_count(a->out_h, TILE_ROWS);
    for (int64_t i = 0; i < tiles; i++) {
        const int64_t p = tile_start(a->out_h, tiles, i),
                      rows = tile_start(a->out_h, tiles, i + 1) - p;
        const scatter_operands o = {.k = a->k,
                                    .g = a->g + p * a->out_w + q,
                                    .g_row = a->out_w,
                                    .g_plane = a->out_h * a->out_w,
                                    .w = a->w + (r * padded + panel) * a->k,
                                    .image = a->image +
                                             (p * a->stride_h + r * a->dilation_h) * row +
                                             q * a->stride_w * a->c + panel,
                                    .image_step = a->stride_h * row,
                                    .columns = columns};
        scatter_tiles[width > VW][rows - 1](&o);
    }
}

void GRA_ISA_NAME(gra__conv_scatter)(const gra__conv_scatter *a);
void GRA_ISA_NAME(gra__conv_scatter)(const gra__conv_scatter *a)
{
    memset(a->image, 0, (size_t)(a->rows * a->columns * a->c + PANEL) * sizeof *a->image);
    for (int64_t q = 0; q < a->out_w; q++)
        for (int64_t r = 0; r < a->r; r++)
            for (int64_t panel = 0; panel < a->row; panel += PANEL)
                scatter_column(a, q, r, panel);
    const int64_t rows = smaller(a->h, a->rows - a->pad_h),
                  columns = smaller(a->w_columns, a->columns - a->pad_w);
    const float *image = a->image + (a->pad_h * a->columns + a->pad_w) * a->c;
    if (rows < a->h || columns < a->w_columns)
        memset(a->dx, 0, (size_t)(a->c * a->h * a->w_columns) * sizeof *a->dx);
    if (columns == a->columns && columns == a->w_columns)
        channels_to_planes(image, rows * columns, a->c, a->dx, a->h * a->w_columns, a->c);
    else
        for (int64_t i = 0; i < rows && columns > 0; i++)
            channels_to_planes(image + i * a->columns * a->c, columns, a->c,
                               a->dx + i * a->w_columns, a->h * a->w_columns, a->c);
}

/* The weight gradient. A part of an image: rows [first, last) of the output, `columns` pixels from column q on. */
typedef struct part {
    int64_t first, last, q, columns;
} part;

/* The rows of a part for which filter row r lies in the image. */
static part rows_of_filter_row(const gra__conv_rows *rows, part at, int64_t r)
{
    const int64_t above = rows->pad_h - r * rows->dilation_h, stride = rows->stride_h;
    const int64_t first = above > 0 ? (above + stride - 1) / stride : 0;
    const int64_t last = rows->h - 1 + above < 0 ? 0 : (rows->h - 1 + above) / stride + 1;
    at.last = smaller(at.last, last);
    at.first = at.first > first ? at.first : first;
    at.first = smaller(at.first, at.last);
    return at;
}

typedef struct weight_operands {
    const float *x;  // tap with offset 0 of the part's first pixel
    int64_t x_step;  // floats of x from output row to output row
    const float *g;  // the part's first pixel
    int64_t g_step;  // floats of g from output row to output row
    int64_t g_plane; // vectors over pixels: floats from channel to channel
    int64_t rows, columns;
    const int32_t *offset; // of the tile's first tap
} weight_operands;

#define WEIGHT_ROWS                                                                                \
    (TILE_ROWS < 8 ? TILE_ROWS : 8) // more offsets than 8 do not fit in the integer registers

/* Rows are taps, columns are channels. */
V_INLINE void weight_channels_body(const int MR, const int NV, const weight_operands *o,
                                   const tile_end *end)
{
    const float *g_row = o->g, *x_row = o->x;
#define OFFSET(i) const int64_t o##i = MR > i ? o->offset[MR > i ? i : 0] : 0;
    TILE_EACH_ROW(OFFSET)
#undef OFFSET
    TILE_EACH_ROW(TILE_DECLARE)
    for (int64_t p = 0; p < o->rows; p++, x_row += o->x_step, g_row += o->g_step) {
        const float *g = g_row, *x = x_row;
        for (int64_t q = o->columns; q; q--) {
            const vf b0 = v_load(g), b1 = NV > 1 ? v_load(g + VW) : b0;
#define STEP(i) TILE_STEP(i, x[o##i])
            TILE_EACH_ROW(STEP)
#undef STEP
            x++;
            g += NV * VW;
        }
    }
    TILE_EACH_ROW(TILE_FINISH)
}

#define INSTANCE(MR, NV)                                                                           \
    static void weight_channels_##MR##_##NV(const weight_operands *o, const tile_end *end)         \
    {                                                                                              \
        weight_channels_body(MR, NV, o, end);                                                      \
    }
TILE_INSTANCES(INSTANCE, 1)
TILE_INSTANCES(INSTANCE, 2)
#undef INSTANCE

typedef void weight_tile(const weight_operands *o, const tile_end *end);

static weight_tile *const weight_tiles[2][TILE_ROWS] = {TILE_TABLE(weight_channels, 1),
                                                        TILE_TABLE(weight_channels, 2)};

/* All taps and `width` channels of one part, whose gradients lie transposed in g: [pixel][channel]. */
static void weight_channels_part(const gra__conv_rows *rows, part at, const float *g, int64_t width,
                                 float *w, int64_t w_row)
{
    const int64_t tiles = tile_count(rows->taps, WEIGHT_ROWS);
    for (int64_t r = 0; r < rows->r; r++) {
        const part in = rows_of_filter_row(rows, at, r);
        const int64_t top = in.first * rows->stride_h - rows->pad_h - rows->first_row;
        if (in.first == in.last)
            continue;
        for (int64_t i = 0; i < tiles; i++) {
            const int64_t tap = tile_start(rows->taps, tiles, i),
                          taps = tile_start(rows->taps, tiles, i + 1) - tap;
            const weight_operands o = {.x = rows->x +
                                            ((top + r * rows->dilation_h) * rows->x_row + at.q),
                                       .x_step = rows->stride_h * rows->x_row,
                                       .g = g + (in.first - at.first) * at.columns * width,
                                       .g_step = at.columns * width,
                                       .rows = in.last - in.first,
                                       .columns = at.columns,
                                       .offset = rows->offset + tap};
            const tile_end end = {
                w + (r * rows->taps + tap) * w_row, w_row, width, 1, NULL, NULL, 0};
            weight_tiles[width > VW][taps - 1](&o, &end);
        }
    }
}

/* g[k][pixel] -> [pixel][k], for one part. */
static void gradient_to_channels(const gra__conv_rows *rows, part at, const float *g, int64_t k,
                                 int64_t width, float *to)
{
    const int whole = at.columns == rows->out_w;
    const int64_t lines = whole ? 1 : at.last - at.first;
    const int64_t count = whole ? (at.last - at.first) * at.columns : at.columns;
    for (int64_t line = 0; line < lines; line++)
        for (int64_t v = 0; v < width; v += VW)
            for (int64_t q = 0; q < count; q += VW)
                v_transpose(g + v * rows->plane + (at.first + line) * rows->out_w + at.q + q,
                            rows->plane, k - v, smaller(count - q, VW),
                            to + (line * count + q) * width + v, width, NULL, VW);
}

void GRA_ISA_NAME(gra__conv_weight_channels)(const gra__conv_rows *rows, int64_t w_row);
void GRA_ISA_NAME(gra__conv_weight_channels)(const gra__conv_rows *rows, int64_t w_row)
{
    const int64_t columns = smaller(rows->out_w, PIXELS), lines = PIXELS / columns;
    for (int64_t k = 0; k < rows->k; k += PANEL) {
        const int64_t channels = smaller(rows->k - k, PANEL), width = channels > VW ? PANEL : VW;
        for (int64_t p = rows->first_out; p < rows->last_out; p += lines)
            for (int64_t q = 0; q < rows->out_w; q += columns) {
                const part at = {p, smaller(p + lines, rows->last_out), q,
                                 smaller(columns, rows->out_w - q)};
                gradient_to_channels(rows, at, rows->y + k * rows->plane, channels, width,
                                     rows->scratch);
                weight_channels_part(rows, at, rows->scratch, width, rows->w + k, w_row);
            }
    }
}

/* Vectors over pixels: every accumulator is one weight, whose lanes are summed when all images have been added. */
#if VW == 16
enum { CHANNELS = 3, TAPS = 5 };
#elif VW == 8
enum { CHANNELS = 2, TAPS = 4 };
#else
enum { CHANNELS = 2, TAPS = 2 };
#endif

V_INLINE void weight_pixels_body(const int MR, const int NT, const weight_operands *o, float *w,
                                 int64_t w_row)
{
    const float *g_row = o->g, *x_row = o->x;
    const int64_t plane = o->g_plane;
#define EACH_TAP(X, i) X(i, 0) X(i, 1) X(i, 2) X(i, 3) X(i, 4)
#define DECLARE(i, j) vf c##i##_##j = {0};
#define OFFSET(i, j) const int64_t o##j = NT > j ? o->offset[NT > j ? j : 0] : 0;
#define ROW(X) EACH_TAP(X, 0) EACH_TAP(X, 1) EACH_TAP(X, 2)
    ROW(DECLARE)
    EACH_TAP(OFFSET, 0)
    for (int64_t p = 0; p < o->rows; p++, x_row += o->x_step, g_row += o->g_step) {
#define LOAD(i, j) vf x##j = NT > j ? v_load(x + o##j) : (vf){0};
#define PIN(i, j) V_PIN(x##j);
#define STEP(i, j)                                                                                 \
    if (NT > j)                                                                                    \
        c##i##_##j += g * x##j;
#define CHANNEL(i, load)                                                                           \
    if (MR > i) {                                                                                  \
        const vf g = load;                                                                         \
        EACH_TAP(STEP, i)                                                                          \
    }
        int64_t q = 0;
        for (; q + VW <= o->columns; q += VW) {
            const float *x = x_row + q, *g0 = g_row + q;
            EACH_TAP(LOAD, 0)
            EACH_TAP(PIN, 0)
            CHANNEL(0, v_load(g0))
            CHANNEL(1, v_load(g0 + plane))
            CHANNEL(2, v_load(g0 + 2 * plane))
        }
        if (q <
            o->columns) { /* Zeros of g stop what x has behind the row, unless it is not finite: x is cut too. */
            const float *x = x_row + q, *g0 = g_row + q;
            const int64_t n = o->columns - q;
#undef LOAD
#define LOAD(i, j) vf x##j = NT > j ? v_load_part(x + o##j, n) : (vf){0};
            EACH_TAP(LOAD, 0)
            EACH_TAP(PIN, 0)
            CHANNEL(0, v_load_part(g0, n))
            CHANNEL(1, v_load_part(g0 + plane, n))
            CHANNEL(2, v_load_part(g0 + 2 * plane, n))
        }
    }
#define SAVE(i, j)                                                                                 \
    if (MR > i && NT > j)                                                                          \
        v_store(w + i * w_row + j * VW, v_load(w + i * w_row + j * VW) + c##i##_##j);
    ROW(SAVE)
#undef EACH_TAP
#undef DECLARE
#undef OFFSET
#undef ROW
#undef LOAD
#undef PIN
#undef STEP
#undef CHANNEL
#undef SAVE
}

#define INSTANCE(MR, NT)                                                                           \
    static void weight_pixels_##MR##_##NT(const weight_operands *o, float *w, int64_t w_row)       \
    {                                                                                              \
        weight_pixels_body(MR, NT, o, w, w_row);                                                   \
    }
typedef void weight_pixels_tile(const weight_operands *o, float *w, int64_t w_row);
#if VW == 16
#define INSTANCES(MR)                                                                              \
    INSTANCE(MR, 1) INSTANCE(MR, 2) INSTANCE(MR, 3) INSTANCE(MR, 4) INSTANCE(MR, 5)
#define NAMES(MR)                                                                                  \
    {                                                                                              \
        weight_pixels_##MR##_1, weight_pixels_##MR##_2, weight_pixels_##MR##_3,                    \
            weight_pixels_##MR##_4, weight_pixels_##MR##_5                                         \
    }
INSTANCES(1)
INSTANCES(2)
INSTANCES(3)
static weight_pixels_tile *const weight_pixels_tiles[CHANNELS][TAPS] = {NAMES(1), NAMES(2),
                                                                        NAMES(3)};
#elif VW == 8
#define INSTANCES(MR) INSTANCE(MR, 1) INSTANCE(MR, 2) INSTANCE(MR, 3) INSTANCE(MR, 4)
#define NAMES(MR)                                                                                  \
    {                                                                                              \
        weight_pixels_##MR##_1, weight_pixels_##MR##_2, weight_pixels_##MR##_3,                    \
            weight_pixels_##MR##_4                                                                 \
    }
INSTANCES(1)
INSTANCES(2)
static weight_pixels_tile *const weight_pixels_tiles[CHANNELS][TAPS] = {NAMES(1), NAMES(2)};
#else
#define INSTANCES(MR) INSTANCE(MR, 1) INSTANCE(MR, 2)
#define NAMES(MR)                                                                                  \
    {                                                                                              \
        weight_pixels_##MR##_1, weight_pixels_##MR##_2                                             \
    }
INSTANCES(1)
INSTANCES(2)
static weight_pixels_tile *const weight_pixels_tiles[CHANNELS][TAPS] = {NAMES(1), NAMES(2)};
#endif

void GRA_ISA_NAME(gra__conv_weight_pixels)(const gra__conv_rows *rows, int64_t w_row);
void GRA_ISA_NAME(gra__conv_weight_pixels)(const gra__conv_rows *rows, int64_t w_row)
{
    const part all = {rows->first_out, rows->last_out, 0, rows->out_w};
    const int64_t channel_tiles = tile_count(rows->k, CHANNELS),
                  tap_tiles = tile_count(rows->taps, TAPS);
    for (int64_t r = 0; r < rows->r; r++) {
        const part in = rows_of_filter_row(rows, all, r);
        const int64_t top =
            in.first * rows->stride_h - rows->pad_h - rows->first_row + r * rows->dilation_h;
        if (in.first == in.last)
            continue;
        for (int64_t i = 0; i < channel_tiles * tap_tiles; i++) {
            const int64_t ki = i / tap_tiles, ti = i % tap_tiles;
            const int64_t k = tile_start(rows->k, channel_tiles, ki);
            const int64_t channels = tile_start(rows->k, channel_tiles, ki + 1) - k;
            const int64_t tap = tile_start(rows->taps, tap_tiles, ti);
            const int64_t taps = tile_start(rows->taps, tap_tiles, ti + 1) - tap;
            const weight_operands o = {.x = rows->x + top * rows->x_row,
                                       .x_step = rows->stride_h * rows->x_row,
                                       .g = rows->y + k * rows->plane + in.first * rows->out_w,
                                       .g_step = rows->out_w,
                                       .g_plane = rows->plane,
                                       .rows = in.last - in.first,
                                       .columns = rows->out_w,
                                       .offset = rows->offset + tap};
            weight_pixels_tiles[channels - 1][taps - 1](
                &o, rows->w + k * w_row + (r * rows->taps + tap) * VW, w_row);
        }
    }
}
