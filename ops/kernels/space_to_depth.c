#include "ops/kernels/space_to_depth.h"

#include <string.h>

#include "core/threads.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/winograd.h"

/* The problem of stride 1. */
static gra__conv2d_shape deep(const gra__conv2d_shape *d)
{
    return (gra__conv2d_shape){.n = d->n,
                               .c = d->c * d->stride_h * d->stride_w,
                               .h = d->out_h + 2,
                               .w = d->out_w + 2,
                               .k = d->k,
                               .r = 3,
                               .s = 3,
                               .out_h = d->out_h,
                               .out_w = d->out_w,
                               .stride_h = 1,
                               .stride_w = 1,
                               .dilation_h = 1,
                               .dilation_w = 1,
                               .groups = 1};
}

static size_t round_up(int64_t floats)
{
    return (size_t)(floats + 15) / 16 * 16;
}

static size_t image_floats(const gra__conv2d_shape *p)
{
    return round_up(p->n * p->h * p->w * p->c);
}

static size_t weight_floats(const gra__conv2d_shape *p)
{
    return round_up(p->k * p->c * 9);
}

static int64_t clamp(int64_t a, int64_t least, int64_t most)
{
    return a < least ? least : a > most ? most : a;
}

/* One row of pixels of x', from or to x: `stride` rows of x, of which each pixel has `stride * c` neighbouring floats. */
static void move_row(const gra__conv2d_shape *d, const gra__conv2d_shape *p, float *x,
                     float *deep_x, bool back, int64_t item)
{
    const int64_t n = item / p->h, i = item % p->h, part = d->stride_w * d->c;
    for (int64_t a = 0; a < d->stride_h; a++) {
        const int64_t row = i * d->stride_h + a - d->pad_h;
        float *const to = deep_x + item * p->w * p->c + a * part;
        for (int64_t j = 0; j < p->w; j++) {
            const int64_t column = j * d->stride_w - d->pad_w;
            const int64_t first = clamp(-column, 0, d->stride_w),
                          last = row < 0 || row >= d->h ? first
                                                        : clamp(d->w - column, first, d->stride_w);
            float *const from = x + ((n * d->h + row) * d->w + column + first) * d->c;
            const size_t bytes = (size_t)((last - first) * d->c) * sizeof *x;
            if (back) {
                if (bytes)
                    memcpy(from, to + j * p->c + first * d->c, bytes);
                continue;
            }
            if (last - first < d->stride_w)
                memset(to + j * p->c, 0, (size_t)part * sizeof *to);
            if (bytes)
                memcpy(to + j * p->c + first * d->c, from, bytes);
        }
    }
}

/* The place in w of tap (r, s) of w', channel (a, b, c), or -1. */
static int64_t place(const gra__conv2d_shape *d, int64_t k, int64_t channel, int64_t r, int64_t s)
{
    const int64_t c = channel % d->c, b = channel / d->c % d->stride_w,
                  a = channel / d->c / d->stride_w;
    const int64_t row = r * d->stride_h + a, column = s * d->stride_w + b;
    return row < d->r && column < d->s ? ((k * d->c + c) * d->r + row) * d->s + column : -1;
}

static void deepen_weights(const gra__conv2d_shape *d, const gra__conv2d_shape *p, const float *w,
                           float *deep_w)
{
    for (int64_t i = 0; i < p->k * p->c * 9; i++) {
        const int64_t at = place(d, i / 9 / p->c, i / 9 % p->c, i % 9 / 3, i % 3);
        deep_w[i] = at < 0 ? 0 : w[at];
    }
}

static void flatten_weights(const gra__conv2d_shape *d, const gra__conv2d_shape *p,
                            const float *deep_dw, float *dw)
{
    for (int64_t i = 0; i < p->k * p->c * 9; i++) {
        const int64_t at = place(d, i / 9 / p->c, i / 9 % p->c, i % 9 / 3, i % 3);
        if (at >= 0)
            dw[at] = deep_dw[i];
    }
}

/* x', w' or its gradient, and the workspace of the problem of stride 1. */
typedef struct memory {
    float *x, *w;
    void *rest;
} memory;

static memory divide(const gra__conv2d_shape *p, void *workspace)
{
    float *const x = (float *)(((uintptr_t)workspace + 63) / 64 * 64);
    float *const w = x + image_floats(p);
    return (memory){x, w, w + weight_floats(p)};
}

static size_t bytes_before(const gra__conv2d_shape *p)
{
    return 64 + (image_floats(p) + weight_floats(p)) * sizeof(float);
}

bool gra__space_to_depth_fits(const gra__conv2d_shape *d)
{
    if (d->stride_h != d->stride_w || d->stride_h < 2 || d->groups != 1 || d->dilation_h != 1 ||
        d->dilation_w != 1 || d->r <= 2 * d->stride_h || d->r > 3 * d->stride_h || d->s != d->r ||
        d->c * d->stride_h > 128 || d->pad_h < 0 || d->pad_w < 0)
        return false;
    const gra__conv2d_shape p = deep(d);
    return gra__winograd_fits(&p);
}

size_t gra__space_to_depth_forward_workspace(const gra__conv2d_shape *shape)
{
    const gra__conv2d_shape p = deep(shape);
    return bytes_before(&p) + gra__winograd_forward_workspace(&p);
}

size_t gra__space_to_depth_backward_input_workspace(const gra__conv2d_shape *shape)
{
    const gra__conv2d_shape p = deep(shape);
    return bytes_before(&p) + gra__winograd_backward_input_workspace(&p);
}

size_t gra__space_to_depth_backward_weight_workspace(const gra__conv2d_shape *shape)
{
    const gra__conv2d_shape p = deep(shape);
    return bytes_before(&p) + gra__winograd_backward_weight_workspace(&p);
}

void gra__space_to_depth_forward(const gra__conv2d_shape *d, const float *x, const float *w,
                                 const float *bias, bool relu, float *y, void *workspace)
{
    const gra__conv2d_shape p = deep(d);
    const memory m = divide(&p, workspace);
    EACH_ITEM(gra__threads(), p.n * p.h, move_row(d, &p, (float *)(uintptr_t)x, m.x, false, item));
    deepen_weights(d, &p, w, m.w);
    gra__winograd_forward(&p, m.x, m.w, bias, relu, y, m.rest);
}

void gra__space_to_depth_backward_input(const gra__conv2d_shape *d, const float *g, const float *w,
                                        float *dx, void *workspace)
{
    const gra__conv2d_shape p = deep(d);
    const memory m = divide(&p, workspace);
    deepen_weights(d, &p, w, m.w);
    gra__winograd_backward_input(&p, g, m.w, m.x, m.rest);
    memset(dx, 0, (size_t)(d->n * d->h * d->w * d->c) * sizeof *dx); // for what no filter reads
    EACH_ITEM(gra__threads(), p.n * p.h, move_row(d, &p, dx, m.x, true, item));
}

void gra__space_to_depth_backward_weight(const gra__conv2d_shape *d, const float *g, const float *x,
                                         float *dw, float *db, void *workspace)
{
    const gra__conv2d_shape p = deep(d);
    const memory m = divide(&p, workspace);
    EACH_ITEM(gra__threads(), p.n * p.h, move_row(d, &p, (float *)(uintptr_t)x, m.x, false, item));
    gra__winograd_backward_weight(&p, g, m.x, m.w, db, m.rest);
    flatten_weights(d, &p, m.w, dw);
}
