#include "ops/kernels/conv2d.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/threads.h"
#include "ops/kernels/blas.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

/* Float32 goes through the direct loops of conv2d_loops.c: forward and weight gradient always, the input gradient where
 * the stride is 1, as it is then a convolution of g with the filter turned around. The rest goes through im2col.
 *
 * A `direct` problem is what the loops see, of one group: the image x[c][h][w], which is copied row by row into
 *
 *     copy[c][row][phase][column]     column j of phase f is image column j * stride_w + f - pad_w, or zero
 *
 * unless it can be read where it lies. Work is cut into items, (image, group, band of output rows) or (partial sum, group,
 * panel of channels), which threads share. */

/* Multiply-adds times two. */
static double work_of(const gra__conv2d_shape *d)
{
    return 2.0 * (double)d->n * (double)d->k * (double)(d->c / d->groups * d->r * d->s) *
           (double)(d->out_h * d->out_w);
}

/* A region costs two microseconds: at least 25 microseconds of work for each thread. */
static int thread_count(const gra__conv2d_shape *d, int64_t items)
{
    const double useful = work_of(d) / 2.5e6;
    int64_t threads = smaller(gra__threads(), items);
    if (useful < (double)threads)
        threads = (int64_t)useful;
    return threads < 1 ? 1 : (int)threads;
}

/* The output columns whose tap s lies in the image. */
typedef struct span {
    int64_t first, last;
} span;

static span columns_in_image(const gra__conv2d_shape *d, int64_t s)
{
    const int64_t left = d->pad_w - s * d->dilation_w;
    const int64_t first = left > 0 ? (left + d->stride_w - 1) / d->stride_w : 0;
    const int64_t last = d->w - 1 + left < 0 ? 0 : (d->w - 1 + left) / d->stride_w + 1;
    return (span){smaller(first, d->out_w), smaller(last, d->out_w)};
}

#define REAL float
#define NAME(f) f##_f32
#define MATMUL gra__matmul_f32
#define ARGS gra__gemm_args
#include "ops/kernels/conv2d_im2col.h"
#undef REAL
#undef NAME
#undef MATMUL
#undef ARGS
#define REAL double
#define NAME(f) f##_f64
#define MATMUL gra__matmul_f64
#define ARGS gra__gemm_args_f64
#define ALL_PASSES
#include "ops/kernels/conv2d_im2col.h"

/* Partial sums of a weight gradient of `size` numbers: many enough for threads, few enough to be small. */
static int64_t partial_count(int64_t images, int64_t size)
{
    const int64_t most = 256 * 1024 / larger(size, 1);
    return larger(1, smaller(smaller(images, 16), most));
}

typedef struct direct {
    gra__conv2d_shape d;    // of one group: c and k are the group's; n images
    int64_t wk, wc, wr, ws; // strides of the weights, in floats
    int64_t group_weights;  // floats from group to group of the weights
    bool channels;          // vectors over output channels, not over pixels
    bool copied;            // x is copied
    bool natural;           // taps in the order (c, r, s): no row is ever skipped
    int64_t band, bands;    // output rows in an item, and items in an image
    int64_t x_rows, x_row,
        phase;             // the copy's rows of a channel, floats in a row, floats in a phase
    int64_t chunk;         // output channels whose weights are packed at a time
    int64_t thread_floats; // workspace of one thread
} direct;

enum { SLACK = 64, CACHE = 64 * 1024 }; // floats

static int64_t taps_of(const direct *p)
{
    return p->d.c * p->d.r * p->d.s;
}

/* Rows of x that `rows` rows of the output read. */
static int64_t input_rows(const gra__conv2d_shape *d, int64_t rows)
{
    return smaller(d->h, (rows - 1) * d->stride_h + (d->r - 1) * d->dilation_h + 1);
}

static void plan_copy(direct *p, bool pixels_need_copy)
{
    const gra__conv2d_shape *d = &p->d;
    p->copied = d->stride_w != 1 || d->pad_w != 0 || pixels_need_copy;
    p->band = d->out_h;
    p->x_rows = d->h;
    p->x_row = p->phase = d->w;
    if (p->copied) {
        p->phase = ((d->out_w - 1) * d->stride_w + (d->s - 1) * d->dilation_w) / d->stride_w + 1;
        p->x_row = p->phase * d->stride_w;
        const int64_t fit = CACHE / larger(1, d->c * p->x_row);
        if (fit < d->h)
            p->band = smaller(d->out_h,
                              larger(1, (fit - (d->r - 1) * d->dilation_h - 1) / d->stride_h + 1));
    }
}

static void plan_band(direct *p)
{
    const gra__conv2d_shape *d = &p->d;
    p->band = larger(p->band, 1);
    p->bands = (d->out_h + p->band - 1) / p->band;
    p->x_rows = p->copied ? input_rows(d, p->band) : d->h;
    p->thread_floats =
        GRA_CONV_SCRATCH + (p->copied ? round_up(d->c * p->x_rows * p->x_row, 16) + SLACK : 0);
    const int64_t last_row = (d->out_h - 1) * d->stride_h - d->pad_h + (d->r - 1) * d->dilation_h;
    p->natural = d->c == 1 || (d->pad_h <= 0 && last_row < d->h);
}

/* Vectors over channels fill up to a whole vector of channels, vectors over pixels to one of a row's pixels. */
static bool prefer_channels(const gra__conv2d_shape *d, int64_t vector)
{
    const double by_channels = (double)round_up(d->k, vector) / (double)larger(d->k, 1);
    const double by_pixels = (double)round_up(d->out_w, vector) / (double)larger(d->out_w, 1);
    return by_channels <= by_pixels * 1.02;
}

static direct plan_forward(const gra__conv2d_shape *shape)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    direct p = {.d = *shape};
    p.d.c = shape->c / shape->groups;
    p.d.k = shape->k / shape->groups;
    p.ws = 1;
    p.wr = shape->s;
    p.wc = shape->r * shape->s;
    p.wk = p.d.c * p.wc;
    p.group_weights = p.d.k * p.wk;
    p.channels = prefer_channels(&p.d, table->vector);
    plan_copy(&p, !p.channels);
    const int64_t images = larger(1, shape->n * shape->groups), threads = gra__threads();
    if (images < 4 * threads && work_of(shape) > 1e7)
        p.band = smaller(p.band, larger(1, shape->out_h * images / (4 * threads)));
    plan_band(&p);
    const int64_t fit =
        2 * CACHE / larger(1, taps_of(&p) * shape->groups) / table->panel * table->panel;
    p.chunk = smaller(p.d.k, larger(fit, table->panel));
    return p;
}

/* dx = g convolved with the filter turned around, its channels exchanged: only for stride 1. */
static direct plan_backward_input(const gra__conv2d_shape *shape)
{
    gra__conv2d_shape turned = *shape;
    turned.c = shape->k;
    turned.k = shape->c;
    turned.h = shape->out_h;
    turned.w = shape->out_w;
    turned.out_h = shape->h;
    turned.out_w = shape->w;
    turned.pad_h = (shape->r - 1) * shape->dilation_h - shape->pad_h;
    turned.pad_w = (shape->s - 1) * shape->dilation_w - shape->pad_w;
    direct p = plan_forward(&turned);
    p.ws = -1;
    p.wr = -shape->s;
    p.wk = shape->r * shape->s;
    p.wc = shape->c / shape->groups * p.wk;
    return p;
}

static int64_t packed_floats(const direct *p)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    return round_up(p->chunk, table->panel) * taps_of(p) * p->d.groups;
}

static size_t forward_bytes(const direct *p)
{
    const int threads = thread_count(&p->d, INT64_MAX);
    return sizeof(int32_t) * (size_t)taps_of(p) +
           sizeof(float) * (size_t)(packed_floats(p) + threads * p->thread_floats + 2 * SLACK);
}

/* Aligns to a cache line. */
static float *aligned(void *p)
{
    return (float *)(((uintptr_t)p + 63) & ~(uintptr_t)63);
}

/* Tap t's position in the order the loops take: (r, c, s), or (c, r, s) where no row is skipped. */
static int64_t tap_position(const direct *p, int64_t c, int64_t r, int64_t s)
{
    return p->natural ? (c * p->d.r + r) * p->d.s + s : (r * p->d.c + c) * p->d.s + s;
}

static void fill_offsets(const direct *p, int32_t *offset)
{
    const gra__conv2d_shape *d = &p->d;
    for (int64_t c = 0; c < d->c; c++)
        for (int64_t r = 0; r < d->r; r++)
            for (int64_t s = 0; s < d->s; s++) {
                const int64_t column = s * d->dilation_w, plane = p->x_rows * p->x_row;
                offset[tap_position(p, c, r, s)] =
                    (int32_t)(c * plane + r * d->dilation_h * p->x_row +
                              (p->copied ? column % d->stride_w * p->phase + column / d->stride_w
                                         : column));
            }
}

/* Packs the weights of channels [k0, k0 + k) of one group: [panel][tap][channel of the panel]. */
static void pack_panel(const direct *p, const float *w, int64_t channels, int64_t width,
                       float *packed)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const gra__conv2d_shape *d = &p->d;
    if (p->natural && p->wr == d->s && p->channels) {
        table->transpose(channels, taps_of(p), w, p->wk, packed, width, NULL, width);
        return;
    }
    for (int64_t c = 0; c < d->c; c++)
        for (int64_t r = 0; r < d->r; r++)
            for (int64_t s = 0; s < d->s; s++) {
                const float *from = w + c * p->wc + r * p->wr + s * p->ws;
                float *to = packed + tap_position(p, c, r, s) * width;
                for (int64_t k = 0; k < channels; k++)
                    to[k] = from[k * p->wk];
                for (int64_t k = channels; k < width; k++)
                    to[k] = 0;
            }
}

static void pack_weights(const direct *p, const float *w, int64_t channels, float *packed)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const int64_t unit = p->channels ? table->panel : table->block,
                  panels = (channels + unit - 1) / unit;
    for (int64_t i = 0; i < panels; i++) {
        const int64_t k = p->channels ? i * unit : channels * i / panels;
        const int64_t next =
            p->channels ? smaller(k + unit, channels) : channels * (i + 1) / panels;
        const int64_t width = p->channels ? round_up(next - k, table->vector) : next - k;
        pack_panel(p, w + k * p->wk, next - k, width, packed + k * taps_of(p));
    }
}

/* Copies the rows [first, last) of all channels of one image. */
static void copy_image(const direct *p, const float *x, int64_t first, int64_t last, float *copy)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const gra__conv2d_shape *d = &p->d;
    for (int64_t c = 0; c < d->c; c++) {
        const float *from = x + (c * d->h + first) * d->w;
        float *to = copy + c * p->x_rows * p->x_row;
        if (d->stride_w == 1 && d->pad_w >= 0) {
            table->pad_rows(last - first, smaller(d->w, p->x_row - d->pad_w), from, d->w, to,
                            p->x_row, smaller(d->pad_w, p->x_row));
            continue;
        }
        for (int64_t i = first; i < last; i++, from += d->w)
            for (int64_t f = 0; f < d->stride_w; f++)
                for (int64_t j = 0; j < p->phase; j++, to++) {
                    const int64_t column = j * d->stride_w + f - d->pad_w;
                    *to = column >= 0 && column < d->w ? from[column] : 0;
                }
    }
}

/* What the loops need to know about the output rows [first, last) of one image and group; copies the image. */
static gra__conv_rows rows_of(const direct *p, const float *x, int64_t first, int64_t last,
                              const int32_t *offset, float *memory)
{
    const gra__conv2d_shape *d = &p->d;
    gra__conv_rows rows = {.x = x,
                           .x_row = p->x_row,
                           .h = d->h,
                           .offset = offset,
                           .r = p->natural && d->c > 1 ? 1 : d->r,
                           .taps = p->natural && d->c > 1 ? taps_of(p) : d->c * d->s,
                           .stride_h = d->stride_h,
                           .dilation_h = d->dilation_h,
                           .pad_h = d->pad_h,
                           .first_out = first,
                           .last_out = last,
                           .out_w = d->out_w,
                           .plane = d->out_h * d->out_w,
                           .scratch = memory};
    if (p->copied) {
        const int64_t top = first * d->stride_h - d->pad_h;
        const int64_t bottom = (last - 1) * d->stride_h - d->pad_h + (d->r - 1) * d->dilation_h + 1;
        rows.first_row = smaller(larger(top, 0), d->h);
        copy_image(p, x, rows.first_row, larger(rows.first_row, smaller(bottom, d->h)),
                   memory + GRA_CONV_SCRATCH);
        rows.x = memory + GRA_CONV_SCRATCH;
    }
    return rows;
}

/* The pointers of one call, for one chunk of output channels. */
typedef struct forward_call {
    const direct *p;
    const float *x;
    const float *bias;
    float *y;
    float *packed;        // weights of the chunk, of all groups
    int64_t packed_group; // floats from group to group
    int64_t k, channels;  // the chunk
    const int32_t *offset;
    float *memory;
} forward_call;

static void forward_item(const forward_call *call, int64_t item)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const direct *p = call->p;
    const gra__conv2d_shape *d = &p->d;
    const int64_t image = item / p->bands, band = item % p->bands, group = image % d->groups;
    const int64_t first = band * p->band, last = smaller(first + p->band, d->out_h);
    gra__conv_rows rows =
        rows_of(p, call->x + image * d->c * d->h * d->w, first, last, call->offset,
                call->memory + gra__thread_index() * p->thread_floats);
    rows.k = call->channels;
    rows.w = call->packed + group * call->packed_group;
    rows.bias = call->bias ? call->bias + group * d->k + call->k : NULL;
    rows.y = call->y + (image * d->k + call->k) * rows.plane;
    (p->channels ? table->conv_channels : table->conv_pixels)(&rows);
}

static void run_forward(const direct *p, const float *x, const float *w, const float *bias,
                        float *y, void *workspace)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const gra__conv2d_shape *d = &p->d;
    const int64_t items = d->n * d->groups * p->bands;
    forward_call call = {.p = p, .x = x, .bias = bias, .y = y, .packed = aligned(workspace)};
    call.memory = call.packed + round_up(packed_floats(p), 16);
    int32_t *const offset =
        (int32_t *)(void *)(call.memory + thread_count(d, INT64_MAX) * p->thread_floats);
    fill_offsets(p, offset);
    call.offset = offset;
    for (call.k = 0; call.k < d->k; call.k += p->chunk) {
        call.channels = smaller(p->chunk, d->k - call.k);
        call.packed_group = round_up(call.channels, table->panel) * taps_of(p);
        for (int64_t group = 0; group < d->groups; group++)
            pack_weights(p, w + group * p->group_weights + call.k * p->wk, call.channels,
                         call.packed + group * call.packed_group);
        EACH_ITEM(thread_count(d, items), items, forward_item(&call, item));
    }
}

size_t gra__conv2d_forward_workspace_f32(const gra__conv2d_shape *shape)
{
    const direct p = plan_forward(shape);
    return forward_bytes(&p);
}

void gra__conv2d_forward_f32(const gra__conv2d_shape *shape, const float *x, const float *w,
                             const float *bias, float *y, void *workspace)
{
    const direct p = plan_forward(shape);
    run_forward(&p, x, w, bias, y, workspace);
}

/* The input gradient, by one of three ways: as a convolution of g with the filter turned around, which multiplies the
 * zeros around g too and needs stride 1; by scattering into an image with channels innermost, which wastes nothing but
 * adds in memory; and through im2col. */
static int64_t scatter_rows(const gra__conv2d_shape *d)
{
    return (d->out_h - 1) * d->stride_h + (d->r - 1) * d->dilation_h + 1;
}

static int64_t scatter_columns(const gra__conv2d_shape *d)
{
    return (d->out_w - 1) * d->stride_w + d->s;
}

/* One thread's image. */
static int64_t scatter_floats(const gra__conv2d_shape *d)
{
    return round_up(scatter_rows(d) * scatter_columns(d) * (d->c / d->groups), 16) + SLACK;
}

static int64_t scatter_packed(const gra__conv2d_shape *d)
{
    const int64_t row = round_up(d->s * (d->c / d->groups), gra__kernels_get()->gemm->vector);
    return d->groups * d->r * row * (d->k / d->groups);
}

/* Whether scattering is possible, and likely the fastest: what it multiplies against what a convolution does. */
static bool scatters(const gra__conv2d_shape *d)
{
    const int64_t vector = gra__kernels_get()->gemm->vector, cg = d->c / d->groups, row = d->s * cg;
    if (d->dilation_w != 1 || d->out_h < 1 || d->out_w < 1 || row < 1 || d->r < 1 ||
        scatter_floats(d) > CACHE || scatter_packed(d) > 4 * CACHE)
        return false;
    const double by_scattering = 1.2 * (double)round_up(row, vector) / (double)row;
    const double by_channels =
        (double)round_up(cg, vector) / (double)cg * (double)d->w / (double)d->out_w;
    const double by_pixels = (double)round_up(d->w, vector) / (double)d->out_w;
    return d->stride_h != 1 || d->stride_w != 1 ||
           (by_scattering < by_channels && by_scattering < by_pixels);
}

/* w[k][c][r][s] -> [group][r][panel of (s, c)][k][column], filled up with zeros. */
static void pack_scatter(const gra__conv2d_shape *d, const float *w, float *packed)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const int64_t cg = d->c / d->groups, kg = d->k / d->groups, row = d->s * cg,
                  filter = d->r * d->s;
    const int64_t padded = round_up(row, table->vector);
    for (int64_t group = 0; group < d->groups; group++, w += kg * cg * filter)
        for (int64_t r = 0; r < d->r; r++)
            for (int64_t panel = 0; panel < row; panel += table->panel) {
                const int64_t width = smaller(table->panel, padded - panel),
                              used = smaller(width, row - panel);
                int32_t from[64]; // places of the panel's columns in w[k]
                for (int64_t i = 0; i < used; i++)
                    from[i] = (int32_t)((panel + i) % cg * filter + r * d->s + (panel + i) / cg);
                for (int64_t k = 0; k < kg; k++, packed += width) {
                    for (int64_t i = 0; i < used; i++)
                        packed[i] = w[k * cg * filter + from[i]];
                    for (int64_t i = used; i < width; i++)
                        packed[i] = 0;
                }
            }
}

static void scatter_item(const gra__conv2d_shape *d, const float *g, const float *packed, float *dx,
                         float *memory, int64_t item)
{
    const int64_t cg = d->c / d->groups, kg = d->k / d->groups;
    const gra__conv_scatter args = {.g = g + item * kg * d->out_h * d->out_w,
                                    .k = kg,
                                    .out_h = d->out_h,
                                    .out_w = d->out_w,
                                    .w =
                                        packed + item % d->groups * (scatter_packed(d) / d->groups),
                                    .r = d->r,
                                    .row = d->s * cg,
                                    .stride_h = d->stride_h,
                                    .stride_w = d->stride_w,
                                    .dilation_h = d->dilation_h,
                                    .pad_h = d->pad_h,
                                    .pad_w = d->pad_w,
                                    .image = memory + gra__thread_index() * scatter_floats(d),
                                    .rows = scatter_rows(d),
                                    .columns = scatter_columns(d),
                                    .dx = dx + item * cg * d->h * d->w,
                                    .c = cg,
                                    .h = d->h,
                                    .w_columns = d->w};
    gra__kernels_get()->gemm->conv_scatter(&args);
}

static void run_scatter(const gra__conv2d_shape *d, const float *g, const float *w, float *dx,
                        void *workspace)
{
    const int64_t items = d->n * d->groups;
    float *const packed = aligned(workspace);
    float *const memory = packed + round_up(scatter_packed(d), 16);
    pack_scatter(d, w, packed);
    EACH_ITEM(thread_count(d, items), items, scatter_item(d, g, packed, dx, memory, item));
}

size_t gra__conv2d_backward_input_workspace_f32(const gra__conv2d_shape *shape)
{
    const int threads = thread_count(shape, INT64_MAX);
    if (scatters(shape))
        return sizeof(float) *
               (size_t)(scatter_packed(shape) + threads * scatter_floats(shape) + 2 * SLACK);
    if (shape->stride_h != 1 || shape->stride_w != 1)
        return im2col_bytes_f32(shape) * (size_t)threads + 64;
    const direct p = plan_backward_input(shape);
    return forward_bytes(&p);
}

#define BACKWARD_INPUT_IM2COL(real, suffix)                                                        \
    static void backward_input_im2col_##suffix(const gra__conv2d_shape *d, const real *g,          \
                                               const real *w, real *dx, void *workspace)           \
    {                                                                                              \
        const int64_t items = d->n * d->groups, cg = d->c / d->groups, kg = d->k / d->groups;      \
        const int64_t taps = cg * d->r * d->s, plane = d->out_h * d->out_w;                        \
        const int64_t columns = (int64_t)(im2col_bytes_##suffix(d) / sizeof(real));                \
        EACH_ITEM(thread_count(d, items), items,                                                   \
                  im2col_backward_input_##suffix(                                                  \
                      d, g + item * kg * plane, w + item % d->groups * kg * taps,                  \
                      dx + item * cg * d->h * d->w,                                                \
                      (real *)workspace + gra__thread_index() * columns));                         \
    }
BACKWARD_INPUT_IM2COL(float, f32)
BACKWARD_INPUT_IM2COL(double, f64)

void gra__conv2d_backward_input_f32(const gra__conv2d_shape *shape, const float *g, const float *w,
                                    float *dx, void *workspace)
{
    if (scatters(shape)) {
        run_scatter(shape, g, w, dx, workspace);
        return;
    }
    if (shape->stride_h != 1 || shape->stride_w != 1) {
        backward_input_im2col_f32(shape, g, w, dx, workspace);
        return;
    }
    const direct p = plan_backward_input(shape);
    run_forward(&p, g, w + (shape->r * shape->s - 1), NULL, dx, workspace);
}

/* The weight gradient: partial sums over ranges of images, each [tap][channel] for vectors over channels, and
 * [channel][tap][vector] for vectors over pixels. */
typedef struct weight_plan {
    direct p;
    int64_t partials, panels; // ranges of images; panels of channels
    int64_t w_row, size;      // floats from row to row, and in one partial sum of one group
} weight_plan;

static weight_plan plan_backward_weight(const gra__conv2d_shape *shape)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    weight_plan plan = {.p = plan_forward(shape)};
    direct *p = &plan.p;
    plan_copy(p, false);
    plan_band(p);
    const int64_t padded = round_up(p->d.k, table->vector);
    plan.w_row = p->channels ? padded : taps_of(p) * table->vector;
    plan.size = p->channels ? padded * taps_of(p) : p->d.k * plan.w_row;
    plan.partials = partial_count(shape->n, plan.size * shape->groups);
    plan.panels = p->channels ? (p->d.k + table->panel - 1) / table->panel : 1;
    return plan;
}

size_t gra__conv2d_backward_weight_workspace_f32(const gra__conv2d_shape *shape)
{
    const weight_plan plan = plan_backward_weight(shape);
    const int threads = thread_count(shape, plan.partials * plan.panels * shape->groups);
    return sizeof(int32_t) * (size_t)taps_of(&plan.p) +
           sizeof(float) * (size_t)(plan.partials * shape->groups * plan.size +
                                    threads * plan.p.thread_floats + 2 * SLACK);
}

/* One panel of channels of one group, summed over a range of images. */
static void sum_weights(const weight_plan *plan, const float *g, const float *x, int64_t item,
                        float *sums, const int32_t *offset, float *memory)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const direct *p = &plan->p;
    const gra__conv2d_shape *d = &p->d;
    const int64_t part = item / (d->groups * plan->panels), panel = item % plan->panels;
    const int64_t group = item / plan->panels % d->groups;
    const int64_t first = d->n * part / plan->partials, last = d->n * (part + 1) / plan->partials;
    sums += (part * d->groups + group) * plan->size;
    memory += gra__thread_index() * p->thread_floats;
    const int64_t k = panel * table->panel,
                  channels = p->channels ? smaller(table->panel, d->k - k) : d->k;
    const int64_t width = p->channels ? round_up(channels, table->vector) : channels;
    if (p->channels)
        for (int64_t t = 0; t < taps_of(p); t++)
            memset(sums + t * plan->w_row + k, 0, (size_t)width * sizeof *sums);
    else
        memset(sums, 0, (size_t)plan->size * sizeof *sums);
    for (int64_t n = first; n < last; n++)
        for (int64_t at = 0; at < d->out_h; at += p->band) {
            const int64_t image = n * d->groups + group;
            gra__conv_rows rows = rows_of(p, x + image * d->c * d->h * d->w, at,
                                          smaller(at + p->band, d->out_h), offset, memory);
            rows.k = channels;
            rows.w = sums + k;
            rows.y = (float *)(uintptr_t)(g + (image * d->k + k) * rows.plane);
            (p->channels ? table->conv_weight_channels : table->conv_weight_pixels)(&rows,
                                                                                    plan->w_row);
        }
}

/* dw[k][c][r][s] of one group from the sum in the loops' order. */
static void unpack_weights(const weight_plan *plan, float *sums, float *dw)
{
    const direct *p = &plan->p;
    const gra__conv2d_shape *d = &p->d;
    if (!p->channels)
        gra__kernels_get()->gemm->fold(d->k * taps_of(p), sums, sums);
    if (p->channels && p->natural) {
        gra__kernels_get()->gemm->transpose(taps_of(p), d->k, sums, plan->w_row, dw, taps_of(p),
                                            NULL, taps_of(p));
        return;
    }
    const int64_t taps = taps_of(p), kw = p->channels ? 1 : taps,
                  tw = p->channels ? plan->w_row : 1;
    for (int64_t c = 0; c < d->c; c++)
        for (int64_t r = 0; r < d->r; r++)
            for (int64_t s = 0; s < d->s; s++) {
                const float *from = sums + tap_position(p, c, r, s) * tw;
                float *to = dw + (c * d->r + r) * d->s + s;
                for (int64_t k = 0; k < d->k; k++)
                    to[k * taps] = from[k * kw];
            }
}

void gra__conv2d_backward_weight_f32(const gra__conv2d_shape *shape, const float *g, const float *x,
                                     float *dw, void *workspace)
{
    const weight_plan plan = plan_backward_weight(shape);
    const int64_t groups = shape->groups, items = plan.partials * groups * plan.panels;
    const int threads = thread_count(shape, items);
    float *const sums = aligned(workspace);
    float *const memory = sums + round_up(plan.partials * groups * plan.size, 16);
    int32_t *const offset = (int32_t *)(void *)(memory + threads * plan.p.thread_floats);
    fill_offsets(&plan.p, offset);
    EACH_ITEM(threads, items, sum_weights(&plan, g, x, item, sums, offset, memory));
    for (int64_t part = 1; part < plan.partials; part++)
        for (int64_t i = 0; i < groups * plan.size; i++)
            sums[i] += sums[part * groups * plan.size + i];
    for (int64_t group = 0; group < groups; group++)
        unpack_weights(&plan, sums + group * plan.size, dw + group * plan.p.group_weights);
}

/* Float64: im2col throughout. */
size_t gra__conv2d_forward_workspace_f64(const gra__conv2d_shape *shape)
{
    return im2col_bytes_f64(shape) * (size_t)thread_count(shape, INT64_MAX);
}

size_t gra__conv2d_backward_input_workspace_f64(const gra__conv2d_shape *shape)
{
    return gra__conv2d_forward_workspace_f64(shape);
}

void gra__conv2d_forward_f64(const gra__conv2d_shape *d, const double *x, const double *w,
                             const double *bias, double *y, void *workspace)
{
    const int64_t items = d->n * d->groups, cg = d->c / d->groups, kg = d->k / d->groups;
    const int64_t columns = (int64_t)(im2col_bytes_f64(d) / sizeof *x);
    EACH_ITEM(thread_count(d, items), items,
              im2col_forward_f64(
                  d, x + item * cg * d->h * d->w, w + item % d->groups * kg * cg * d->r * d->s,
                  bias ? bias + item % d->groups * kg : NULL, y + item * kg * d->out_h * d->out_w,
                  (double *)workspace + gra__thread_index() * columns));
}

void gra__conv2d_backward_input_f64(const gra__conv2d_shape *shape, const double *g,
                                    const double *w, double *dx, void *workspace)
{
    backward_input_im2col_f64(shape, g, w, dx, workspace);
}

size_t gra__conv2d_backward_weight_workspace_f64(const gra__conv2d_shape *d)
{
    const int64_t size = d->k * (d->c / d->groups) * d->r * d->s,
                  partials = partial_count(d->n, size);
    return im2col_bytes_f64(d) * (size_t)thread_count(d, partials) +
           sizeof(double) * (size_t)(size * partials);
}

static void sum_weights_f64(const gra__conv2d_shape *d, const double *g, const double *x,
                            int64_t partials, int64_t part, double *sums, double *columns)
{
    const int64_t cg = d->c / d->groups, kg = d->k / d->groups, taps = cg * d->r * d->s;
    sums += part * d->k * taps;
    columns += gra__thread_index() * (int64_t)(im2col_bytes_f64(d) / sizeof *columns);
    memset(sums, 0, (size_t)(d->k * taps) * sizeof *sums);
    for (int64_t item = d->n * part / partials * d->groups;
         item < d->n * (part + 1) / partials * d->groups; item++)
        im2col_backward_weight_f64(d, g + item * kg * d->out_h * d->out_w,
                                   x + item * cg * d->h * d->w, sums + item % d->groups * kg * taps,
                                   columns);
}

void gra__conv2d_backward_weight_f64(const gra__conv2d_shape *d, const double *g, const double *x,
                                     double *dw, void *workspace)
{
    const int64_t size = d->k * (d->c / d->groups) * d->r * d->s,
                  partials = partial_count(d->n, size);
    double *const sums = workspace;
    EACH_ITEM(thread_count(d, partials), partials,
              sum_weights_f64(d, g, x, partials, item, sums, sums + size * partials));
    for (int64_t i = 0; i < size; i++) {
        dw[i] = sums[i];
        for (int64_t part = 1; part < partials; part++)
            dw[i] += sums[part * size + i];
    }
}

static float sum_of_channel(const gra__conv2d_shape *d, const float *g, int64_t k)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const int64_t plane = d->out_h * d->out_w;
    float sum = 0;
    for (int64_t n = 0; n < d->n; n++)
        sum += table->sum(plane, g + (n * d->k + k) * plane);
    return sum;
}

void gra__conv2d_backward_bias_f32(const gra__conv2d_shape *d, const float *g, float *db)
{
    const int64_t work = d->n * d->k * d->out_h * d->out_w / (512 * 1024);
    const int64_t threads = smaller(smaller(gra__threads(), d->k), work);
    EACH_ITEM((int)threads, d->k, db[item] = sum_of_channel(d, g, item));
}

void gra__conv2d_backward_bias_f64(const gra__conv2d_shape *d, const double *g, double *db)
{
    const int64_t plane = d->out_h * d->out_w;
    for (int64_t k = 0; k < d->k; k++)
        db[k] = 0;
    for (int64_t i = 0; i < d->n * d->k; i++)
        for (int64_t j = 0; j < plane; j++)
            db[i % d->k] += g[i * plane + j];
}
