#include "ops/kernels/channels_last.h"

#include <string.h>

#include "core/threads.h"
#include "ops/kernels/gemm.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

/* Images are taken in bands of output rows. The input rows of a band are read where they lie, or copied to
 *
 *     copy[row][column][c of the group]     from the first row and column that the band's filters see, zeros included
 */
typedef struct problem {
    gra__conv2d_shape d;
    int64_t c, k;          // of one group
    bool copied;           // rows are copied: there is padding, or there are groups
    int64_t columns;       // pixels that a row of outputs spans
    int64_t pixel, row;    // floats from pixel to pixel and from row to row of the input
    int64_t count, length; // pieces of a filter, and floats in each
    int64_t taps;          // count * length
    int64_t panel, panels; // output channels in a panel, and panels of a group
    int64_t band, bands;   // output rows in a band, and bands of an image
    int64_t copy;          // floats of a copied band
} problem;

enum { ALIGN = 16, BAND = 48 * 1024 }; // floats

static int64_t rows_seen(const gra__conv2d_shape *d, int64_t outputs)
{
    return (outputs - 1) * d->stride_h + (d->r - 1) * d->dilation_h + 1;
}

static int64_t columns_seen(const gra__conv2d_shape *d)
{
    return (d->out_w - 1) * d->stride_w + (d->s - 1) * d->dilation_w + 1;
}

static problem plan(const gra__conv2d_shape *d)
{
    problem p = {.d = *d, .c = d->c / d->groups, .k = d->k / d->groups};
    p.copied = d->pad_h != 0 || d->pad_w != 0 || d->groups != 1;
    p.columns = columns_seen(d);
    p.pixel = p.c;
    p.row = (p.copied ? p.columns : d->w) * p.c;
    p.count = d->dilation_w == 1 ? d->r : d->r * d->s;
    p.length = d->dilation_w == 1 ? d->s * p.c : p.c;
    p.taps = p.count * p.length;
    p.panel = gra__kernels_get()->gemm->panel;
    p.panels = ceiling(p.k, p.panel);
    const int64_t fit = (BAND / p.row - (d->r - 1) * d->dilation_h - 1) / d->stride_h + 1;
    p.band = larger(1, smaller(fit, ceiling(d->out_h, 4)));
    p.bands = ceiling(d->out_h, p.band);
    p.copy = p.copied ? round_up(rows_seen(d, p.band) * p.row, ALIGN) : 0;
    return p;
}

/* Where piece i of a filter begins, from what pixel 0 of a row reads. */
static int64_t piece_at(const problem *p, int64_t i)
{
    const gra__conv2d_shape *d = &p->d;
    return d->dilation_w == 1
               ? i * d->dilation_h * p->row
               : i / d->s * d->dilation_h * p->row + i % d->s * d->dilation_w * p->pixel;
}

/* One row of the copy from image row i. */
static void copy_row(const problem *p, const float *image, int64_t i, float *to)
{
    const gra__conv2d_shape *d = &p->d;
    const int64_t left = smaller(d->pad_w, p->columns),
                  inside = smaller(d->w, p->columns - left) * p->c;
    if (i < 0 || i >= d->h) {
        memset(to, 0, (size_t)p->row * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)(left * p->c) * sizeof *to);
    to += left * p->c;
    const float *from = image + i * d->w * d->c;
    if (d->groups == 1)
        memcpy(to, from, (size_t)inside * sizeof *to);
    else
        for (int64_t j = 0; j < inside; j += p->c, from += d->c)
            memcpy(to + j, from, (size_t)p->c * sizeof *to);
    memset(to + inside, 0, (size_t)(p->row - left * p->c - inside) * sizeof *to);
}

/* What output row `first` reads at filter row 0 and column 0; the rows up to `last` follow. */
static const float *band_input(const problem *p, const float *image, int64_t first, int64_t last,
                               float *copy)
{
    const gra__conv2d_shape *d = &p->d;
    const int64_t top = first * d->stride_h - d->pad_h;
    if (!p->copied)
        return image + top * p->row;
    for (int64_t i = 0; i < rows_seen(d, last - first); i++)
        copy_row(p, image, top + i, copy + i * p->row);
    return copy;
}

static const float *image_of(const problem *p, const float *x, int64_t n, int64_t group)
{
    return x + n * p->d.h * p->d.w * p->d.c + group * p->c;
}

static int64_t panel_width(const problem *p, int64_t panel)
{
    return smaller(p->panel, p->k - panel * p->panel);
}

static void *aligned(void *memory)
{
    return (void *)(((uintptr_t)memory + 63) / 64 * 64);
}

/* map[(c, r, s)] = (r, s, c), the place of a tap of w in packed weights. */
static void fill_map(const problem *p, int32_t *map)
{
    const int64_t filter = p->d.r * p->d.s;
    for (int64_t i = 0; i < p->taps; i++)
        map[i] = (int32_t)(i % filter * p->c + i / filter);
}

/* [(r, s, c)][k of the panel] of one group and panel. */
static void pack_weights(const problem *p, const float *w, const int32_t *map, float *packed,
                         int64_t item)
{
    const int64_t group = item / p->panels, panel = item % p->panels;
    const float *from = w + (group * p->k + panel * p->panel) * p->taps;
    gra__kernels_get()->gemm->transpose(panel_width(p, panel), p->taps, from, p->taps,
                                        packed + item * p->taps * p->panel, p->panel, map,
                                        p->panel);
}

/* What the forward pass shares among threads. */
typedef struct forward {
    const float *x, *packed, *bias;
    bool relu, stream;
    float *y;
    const int64_t *pieces;
    float *copies;
} forward;

/* Whether y is larger than the caches and can be written past them: nobody finds it there afterwards. */
static bool is_streamed(const gra__conv2d_shape *d, const float *y)
{
    enum { LARGE = 8 << 20 };
    const int64_t vector = gra__kernels_get()->gemm->vector;
    return d->n * d->out_h * d->out_w * d->k >= LARGE && d->k % vector == 0 &&
           d->k / d->groups % vector == 0 && (uintptr_t)y % 64 == 0;
}

static void forward_panel(const problem *p, const forward *f, const float *band, int64_t n,
                          int64_t group, int64_t first, int64_t last, int64_t panel)
{
    const gra__conv2d_shape *d = &p->d;
    const int64_t k = group * p->k + panel * p->panel;
    gra__channels_last_row row = {.x_pixel = d->stride_w * p->pixel,
                                  .pieces = f->pieces,
                                  .count = p->count,
                                  .length = p->length,
                                  .w = f->packed + (group * p->panels + panel) * p->taps * p->panel,
                                  .bias = f->bias ? f->bias + k : NULL,
                                  .relu = f->relu,
                                  .stream = f->stream,
                                  .y_pixel = d->k,
                                  .pixels = d->out_w,
                                  .width = panel_width(p, panel)};
    for (int64_t i = first; i < last; i++) {
        row.x = band + (i - first) * d->stride_h * p->row;
        row.y = f->y + (n * d->out_h + i) * d->out_w * d->k + k;
        gra__kernels_get()->channels_last->row(&row);
    }
}

/* One band of one image and group. */
static void forward_band(const problem *p, const forward *f, int64_t item)
{
    const int64_t n = item / p->bands / p->d.groups, group = item / p->bands % p->d.groups;
    const int64_t first = item % p->bands * p->band, last = smaller(first + p->band, p->d.out_h);
    const float *band = band_input(p, image_of(p, f->x, n, group), first, last,
                                   f->copies + gra__thread_index() * p->copy);
    for (int64_t panel = 0; panel < p->panels; panel++)
        forward_panel(p, f, band, n, group, first, last, panel);
}

bool gra__channels_last_fits(const gra__conv2d_shape *d)
{
    return d->n > 0 && d->c > 0 && d->k > 0 && d->r > 0 && d->s > 0 && d->out_h > 0 &&
           d->out_w > 0 && d->pad_h >= 0 && d->pad_w >= 0 &&
           (d->groups == 1 || d->k / d->groups >= gra__kernels_get()->gemm->vector) &&
           d->c / d->groups * d->r * d->s < INT32_MAX;
}

size_t gra__channels_last_forward_workspace(const gra__conv2d_shape *shape)
{
    const problem p = plan(shape);
    return 64 +
           sizeof(float) *
               (size_t)(shape->groups * p.panels * p.taps * p.panel + gra__threads() * p.copy) +
           sizeof(int64_t) * (size_t)p.count + sizeof(int32_t) * (size_t)p.taps;
}

void gra__channels_last_forward(const gra__conv2d_shape *shape, const float *x, const float *w,
                                const float *bias, bool relu, float *y, void *workspace)
{
    const problem p = plan(shape);
    const int threads = gra__threads();
    const int64_t items = shape->groups * p.panels;
    float *const packed = aligned(workspace), *const copies = packed + items * p.taps * p.panel;
    int64_t *const pieces = (int64_t *)(void *)(copies + threads * p.copy);
    int32_t *const map = (int32_t *)(void *)(pieces + p.count);
    const forward f = {x, packed, bias, relu, is_streamed(shape, y), y, pieces, copies};
    for (int64_t i = 0; i < p.count; i++)
        pieces[i] = piece_at(&p, i);
    fill_map(&p, map);
    EACH_LONG_ITEM(threads, items, pack_weights(&p, w, map, packed, item));
    EACH_LONG_ITEM(threads, shape->n * shape->groups * p.bands, forward_band(&p, &f, item));
}

/* The input gradient of one image and group: each row of g times one row of the filter is added to an image that has
 * its padding around it, and dx is cut out of that. */
typedef struct input_gradient {
    int64_t rows, image; // of the padded image, and floats in it
    int64_t products;    // floats of a row of g times a piece of w
} input_gradient;

static problem plan_input_gradient(const gra__conv2d_shape *d, input_gradient *q)
{
    problem p = plan(d);
    p.row = p.columns * p.c;
    q->rows = rows_seen(d, d->out_h);
    q->image = round_up(q->rows * p.row, ALIGN);
    q->products = round_up(d->out_w * p.length, ALIGN);
    return p;
}

/* [group][piece][k][length] */
static void pack_rows(const problem *p, const float *w, float *packed, int64_t item)
{
    const int64_t filter = p->d.r * p->d.s, group = item / p->k, k = item % p->k;
    packed += group * p->k * p->taps + k * p->length;
    w += item * p->taps;
    for (int64_t i = 0; i < p->taps; i++) {
        const int64_t at = i % filter * p->c + i / filter; // (r, s, c)
        packed[at / p->length * p->k * p->length + at % p->length] = w[i];
    }
}

static void add_rows(const problem *p, const float *products, float *to)
{
    for (int64_t q = 0; q < p->d.out_w; q++, products += p->length, to += p->d.stride_w * p->pixel)
        for (int64_t i = 0; i < p->length; i++)
            to[i] += products[i];
}

static void cut_image(const problem *p, const input_gradient *q, const float *image, float *dx)
{
    const gra__conv2d_shape *d = &p->d;
    for (int64_t i = 0; i < d->h; i++)
        for (int64_t j = 0; j < d->w; j++, dx += d->c) {
            const int64_t row = i + d->pad_h, column = j + d->pad_w;
            if (row < q->rows && column < p->columns)
                memcpy(dx, image + row * p->row + column * p->c, (size_t)p->c * sizeof *dx);
            else
                memset(dx, 0, (size_t)p->c * sizeof *dx);
        }
}

static void backward_image(const problem *p, const input_gradient *q, const float *g,
                           const float *packed, float *dx, float *memory, int64_t item)
{
    const gra__conv2d_shape *d = &p->d;
    const int64_t n = item / d->groups, group = item % d->groups;
    float *const image = memory + gra__thread_index() * (q->image + q->products), *const products =
                                                                                      image +
                                                                                      q->image;
    g += n * d->out_h * d->out_w * d->k + group * p->k;
    packed += group * p->k * p->taps;
    memset(image, 0, (size_t)q->image * sizeof *image);
    for (int64_t i = 0; i < d->out_h; i++)
        for (int64_t piece = 0; piece < p->count; piece++) {
            gra__kernels_get()->gemm->gemm(&(gra__gemm_args){.m = d->out_w,
                                                             .n = p->length,
                                                             .k = p->k,
                                                             .a = g + i * d->out_w * d->k,
                                                             .ars = d->k,
                                                             .acs = 1,
                                                             .b = packed + piece * p->k * p->length,
                                                             .brs = p->length,
                                                             .bcs = 1,
                                                             .c = products,
                                                             .crs = p->length});
            add_rows(p, products, image + i * d->stride_h * p->row + piece_at(p, piece));
        }
    cut_image(p, q, image, dx + n * d->h * d->w * d->c + group * p->c);
}

size_t gra__channels_last_backward_input_workspace(const gra__conv2d_shape *shape)
{
    input_gradient q;
    const problem p = plan_input_gradient(shape, &q);
    return 64 + sizeof(float) * (size_t)(round_up(shape->k * p.taps, ALIGN) +
                                         gra__threads() * (q.image + q.products));
}

void gra__channels_last_backward_input(const gra__conv2d_shape *shape, const float *g,
                                       const float *w, float *dx, void *workspace)
{
    input_gradient q;
    const problem p = plan_input_gradient(shape, &q);
    const int threads = gra__threads();
    float *const packed = aligned(workspace), *const memory =
                                                  packed + round_up(shape->k * p.taps, ALIGN);
    EACH_LONG_ITEM(threads, shape->k, pack_rows(&p, w, packed, item));
    EACH_LONG_ITEM(threads, shape->n * shape->groups,
                   backward_image(&p, &q, g, packed, dx, memory, item));
}

/* The weight gradient, in partial sums over ranges of images, [part][group][panel][(r, s, c)][k of the panel]. */
typedef struct weight_gradient {
    int64_t parts, items; // items of a part: groups * panels
    int64_t size;         // floats of an item
} weight_gradient;

static weight_gradient plan_weight_gradient(const problem *p)
{
    weight_gradient q = {.items = p->d.groups * p->panels, .size = p->taps * p->panel};
    q.parts = larger(1, smaller(smaller(p->d.n, 16), 1024 * 1024 / (q.items * q.size)));
    return q;
}

static void add_band(const problem *p, const float *band, const float *g, int64_t rows,
                     int64_t width, float *sum, float *bias)
{
    const gra__conv2d_shape *d = &p->d;
    for (int64_t i = 0; i < rows; i++) {
        float of_row[64]; // at most two vectors
        gra__kernels_get()->gemm->column_sums(d->out_w, width, g + i * d->out_w * d->k, d->k,
                                              of_row, 0);
        for (int64_t k = 0; k < width; k++)
            bias[k] += of_row[k];
        for (int64_t piece = 0; piece < p->count; piece++)
            gra__kernels_get()->gemm->gemm(
                &(gra__gemm_args){.m = p->length,
                                  .n = width,
                                  .k = d->out_w,
                                  .a = band + i * d->stride_h * p->row + piece_at(p, piece),
                                  .ars = 1,
                                  .acs = d->stride_w * p->pixel,
                                  .b = g + i * d->out_w * d->k,
                                  .brs = d->k,
                                  .bcs = 1,
                                  .c = sum + piece * p->length * p->panel,
                                  .crs = p->panel,
                                  .accumulate = 1});
    }
}

/* One part of one group and panel: its weights, and its channels' bias. */
static void sum_item(const problem *p, const weight_gradient *q, const float *g, const float *x,
                     float *sums, float *bias, float *copies, int64_t item)
{
    const gra__conv2d_shape *d = &p->d;
    const int64_t part = item / q->items, group = item % q->items / p->panels,
                  panel = item % p->panels, width = panel_width(p, panel);
    const int64_t first = d->n * part / q->parts, last = d->n * (part + 1) / q->parts;
    float *const sum = sums + item * q->size, *const copy = copies + gra__thread_index() * p->copy;
    g += group * p->k + panel * p->panel;
    memset(sum, 0, (size_t)q->size * sizeof *sum);
    memset(bias + item * p->panel, 0, (size_t)p->panel * sizeof *bias);
    for (int64_t n = first; n < last; n++) {
        const float *of = g + n * d->out_h * d->out_w * d->k;
        for (int64_t i = 0; i < d->out_h; i += p->band) {
            const int64_t rows = smaller(p->band, d->out_h - i);
            add_band(p, band_input(p, image_of(p, x, n, group), i, i + rows, copy),
                     of + i * d->out_w * d->k, rows, width, sum, bias + item * p->panel);
        }
    }
}

/* dw[k][(c, r, s)] of one group and panel, and its db. */
static void finish_item(const problem *p, const weight_gradient *q, const float *sums,
                        const float *bias, const int32_t *map, float *dw, float *db, int64_t item)
{
    const int64_t group = item / p->panels, panel = item % p->panels;
    const int64_t first = group * p->k + panel * p->panel;
    for (int64_t k = 0; k < panel_width(p, panel); k++) {
        for (int64_t i = 0; i < p->taps; i++) {
            float sum = 0;
            for (int64_t part = 0; part < q->parts; part++)
                sum += sums[(part * q->items + item) * q->size + map[i] * p->panel + k];
            dw[(first + k) * p->taps + i] = sum;
        }
        float sum = 0;
        for (int64_t part = 0; part < q->parts; part++)
            sum += bias[(part * q->items + item) * p->panel + k];
        if (db)
            db[first + k] = sum;
    }
}

size_t gra__channels_last_backward_weight_workspace(const gra__conv2d_shape *shape)
{
    const problem p = plan(shape);
    const weight_gradient q = plan_weight_gradient(&p);
    return 64 +
           sizeof(float) *
               (size_t)(q.parts * q.items * (q.size + p.panel) + gra__threads() * p.copy) +
           sizeof(int32_t) * (size_t)p.taps;
}

void gra__channels_last_backward_weight(const gra__conv2d_shape *shape, const float *g,
                                        const float *x, float *dw, float *db, void *workspace)
{
    const problem p = plan(shape);
    const weight_gradient q = plan_weight_gradient(&p);
    const int threads = gra__threads();
    const int64_t items = q.parts * q.items;
    float *const sums = aligned(workspace), *const bias = sums + items * q.size,
                 *const copies = bias + items * p.panel;
    int32_t *const map = (int32_t *)(void *)(copies + threads * p.copy);
    fill_map(&p, map);
    EACH_LONG_ITEM(threads, items, sum_item(&p, &q, g, x, sums, bias, copies, item));
    EACH_LONG_ITEM(threads, q.items, finish_item(&p, &q, sums, bias, map, dw, db, item));
}
