#include "ops/kernels/conv2d_nhwc.h"
#include "ops/kernels/space_to_depth.h"
#include "ops/kernels/winograd.h"
#include "reference/conv2d.h"
#include "support/test.h"

#include "core/threads.h"
#include "kernel_data.h"

/* n, c, h, w,  k, r, s,  stride h w,  padding h w,  dilation h w,  groups. */
static const int64_t cases[][14] = {
    {1, 16, 4, 4, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1}, // one tile
    {2, 16, 9, 7, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1}, // parts of tiles
    {1, 48, 14, 14, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1}, {3, 32, 13, 13, 48, 3, 3, 1, 1, 0, 0, 1, 1, 1},
    {1, 32, 11, 12, 32, 3, 3, 1, 1, 2, 2, 1, 1, 1}, {2, 16, 10, 17, 16, 3, 3, 1, 1, 0, 2, 1, 1, 1},
    {1, 16, 3, 3, 16, 3, 3, 1, 1, 0, 0, 1, 1, 1}, // one pixel
    {1, 16, 1, 1, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1},   {2, 32, 8, 8, 64, 3, 3, 1, 1, 1, 1, 1, 1, 2},
    {1, 96, 5, 6, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1},   {1, 128, 28, 28, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {1, 16, 72, 66, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1}, // many blocks
    {1, 64, 24, 24, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1}, {1, 256, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {2, 512, 7, 7, 128, 3, 3, 1, 1, 1, 1, 1, 1, 1}, {2, 64, 13, 13, 96, 5, 5, 1, 1, 2, 2, 1, 1, 2},
    {1, 16, 9, 6, 16, 5, 5, 1, 1, 0, 4, 1, 1, 1},
};

/* Where Winograd does not fit: through channels_last.c, or space_to_depth.c. */
static const int64_t others[][14] = {
    {3, 3, 20, 23, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1},   // VGG's first, cut down
    {2, 3, 35, 35, 96, 11, 11, 4, 4, 0, 0, 1, 1, 1}, // AlexNet's first, cut down
    {2, 3, 35, 36, 40, 11, 11, 4, 4, 2, 2, 1, 1, 1},
    {1, 3, 37, 30, 32, 11, 11, 4, 4, 1, 3, 1, 1, 1},
    {1, 4, 23, 22, 16, 5, 5, 2, 2, 2, 2, 1, 1, 1},
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1},
    {2, 5, 8, 8, 7, 1, 1, 1, 1, 0, 0, 1, 1, 1},
    {2, 70, 9, 8, 33, 1, 1, 2, 2, 0, 0, 1, 1, 1},
    {2, 4, 11, 13, 33, 3, 2, 1, 1, 1, 0, 1, 1, 1},
    {1, 3, 23, 35, 17, 3, 3, 1, 1, 2, 2, 1, 1, 1},
    {2, 3, 17, 16, 20, 4, 5, 3, 2, 2, 1, 1, 1, 1},
    {2, 4, 13, 12, 6, 3, 3, 1, 1, 2, 3, 2, 3, 1},
    {1, 4, 14, 15, 36, 3, 3, 2, 3, 3, 2, 2, 2, 2},
    {2, 6, 10, 10, 40, 3, 3, 1, 1, 1, 1, 1, 1, 2},
    {2, 3, 3, 3, 20, 3, 3, 1, 1, 5, 6, 1, 1, 1}, // rows and columns that lie in the padding alone
    {1, 3, 4, 4, 20, 3, 3, 9, 9, 6, 6, 1, 1, 1}, // the padding is wider than what is read
    {1, 64, 20, 90, 70, 3, 3, 2, 2, 1, 1, 1, 1, 1},
    {20, 16, 6, 6, 18, 3, 3, 1, 1, 1, 1, 1, 1, 1}, // more images than parts
};

static int64_t out_size(int64_t in, int64_t filter, int64_t stride, int64_t pad, int64_t dilation)
{
    const int64_t room = in + 2 * pad - dilation * (filter - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

static gra__conv2d_shape shape_of(const int64_t *v)
{
    return (gra__conv2d_shape){v[0],
                               v[1],
                               v[2],
                               v[3],
                               v[4],
                               v[5],
                               v[6],
                               out_size(v[2], v[5], v[7], v[9], v[11]),
                               out_size(v[3], v[6], v[8], v[10], v[12]),
                               v[7],
                               v[8],
                               v[9],
                               v[10],
                               v[11],
                               v[12],
                               v[13]};
}

/* [n][plane][c] from [n][c][plane], and back. */
static float *to_channels_last(const double *x, int64_t n, int64_t c, int64_t plane)
{
    float *y = nan_f32(n * c * plane);
    for (int64_t i = 0; i < n * c * plane; i++)
        y[(i / (c * plane) * plane + i % plane) * c + i / plane % c] = (float)x[i];
    return y;
}

static float *from_channels_last(const float *x, int64_t n, int64_t c, int64_t plane)
{
    float *y = nan_f32(n * c * plane);
    for (int64_t i = 0; i < n * c * plane; i++)
        y[i] = x[(i / (c * plane) * plane + i % plane) * c + i / plane % c];
    return y;
}

typedef struct tensors {
    int64_t xs, ws, ys;
    double *x, *w, *b, *g;    // row-major
    float *xf, *wf, *bf, *gf; // x and g channels-last
} tensors;

static tensors make(const gra__conv2d_shape *d)
{
    tensors t = {.xs = d->n * d->c * d->h * d->w,
                 .ws = d->k * (d->c / d->groups) * d->r * d->s,
                 .ys = d->n * d->k * d->out_h * d->out_w};
    t.x = random_f64(t.xs, 1);
    t.w = random_f64(t.ws, 2);
    t.b = random_f64(d->k, 3);
    t.g = random_f64(t.ys, 4);
    t.xf = to_channels_last(t.x, d->n, d->c, d->h * d->w);
    t.wf = to_f32(t.w, t.ws);
    t.bf = to_f32(t.b, d->k);
    t.gf = to_channels_last(t.g, d->n, d->k, d->out_h * d->out_w);
    return t;
}

static void drop(tensors *t)
{
    void *const all[] = {t->x, t->w, t->b, t->g, t->xf, t->wf, t->bf, t->gf};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

/* A workspace of exactly the promised size, so that a sanitizer sees what lies beyond; full of NaN. */
static void *workspace(size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);
    memset(p, 0xff, bytes);
    return p;
}

#define RUN(call, bytes)                                                                           \
    do {                                                                                           \
        void *const space = workspace(bytes);                                                      \
        call;                                                                                      \
        free(space);                                                                               \
    } while (0)

typedef struct results {
    float *y, *plain, *dx, *dw, *db;
} results;

/* Row-major results. */
static results run(const gra__conv2d_shape *d, const tensors *t)
{
    results r = {nan_f32(t->ys), nan_f32(t->ys), nan_f32(t->xs), nan_f32(t->ws), nan_f32(d->k)};
    RUN(gra__conv2d_nhwc_forward_f32(d, t->xf, t->wf, t->bf, true, r.y, space),
        gra__conv2d_nhwc_forward_workspace_f32(d));
    RUN(gra__conv2d_nhwc_forward_f32(d, t->xf, t->wf, NULL, false, r.plain, space),
        gra__conv2d_nhwc_forward_workspace_f32(d));
    RUN(gra__conv2d_nhwc_backward_input_f32(d, t->gf, t->wf, r.dx, space),
        gra__conv2d_nhwc_backward_input_workspace_f32(d));
    RUN(gra__conv2d_nhwc_backward_weight_f32(d, t->gf, t->xf, r.dw, r.db, space),
        gra__conv2d_nhwc_backward_weight_workspace_f32(d));
    float *const old[] = {r.y, r.plain, r.dx};
    r.y = from_channels_last(r.y, d->n, d->k, d->out_h * d->out_w);
    r.plain = from_channels_last(r.plain, d->n, d->k, d->out_h * d->out_w);
    r.dx = from_channels_last(r.dx, d->n, d->c, d->h * d->w);
    for (size_t i = 0; i < COUNT(old); i++)
        free(old[i]);
    return r;
}

static void drop_results(results *r)
{
    float *const all[] = {r->y, r->plain, r->dx, r->dw, r->db};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

/* The largest error over the root mean square of what is expected. */
static double error_of(const float *got, const double *expected, int64_t count)
{
    double squares = 0;
    for (int64_t i = 0; i < count; i++)
        squares += expected[i] * expected[i];
    return worst_f32(got, expected, count) / sqrt(squares / (double)count);
}

static void is_near(size_t i, const char *what, double error, double limit)
{
    ck_assert_msg(error <= limit, "case %d: %s is %g off, %g allowed", (int)i, what, error, limit);
}

static void check(size_t i, const gra__conv2d_shape *d, double limit)
{
    tensors t = make(d);
    double *y = nan_f64(t.ys), *dx = nan_f64(t.xs), *dw = nan_f64(t.ws), *db = nan_f64(d->k);
    results r = run(d, &t);
    reference_conv2d_forward(d, t.x, t.w, NULL, y);
    is_near(i, "y", error_of(r.plain, y, t.ys), limit);
    reference_conv2d_forward(d, t.x, t.w, t.b, y);
    for (int64_t j = 0; j < t.ys; j++)
        y[j] = y[j] > 0 ? y[j] : 0;
    is_near(i, "y with bias and ReLU", error_of(r.y, y, t.ys), limit);
    reference_conv2d_backward_input(d, t.g, t.w, dx);
    is_near(i, "dx", error_of(r.dx, dx, t.xs), limit);
    reference_conv2d_backward_weight(d, t.g, t.x, dw);
    is_near(i, "dw", error_of(r.dw, dw, t.ws), limit);
    reference_conv2d_backward_bias(d, t.g, db);
    is_near(i, "db", error_of(r.db, db, d->k), 1e-5);
    double *const all[] = {y, dx, dw, db};
    for (size_t j = 0; j < COUNT(all); j++)
        free(all[j]);
    drop_results(&r);
    drop(&t);
}

/* 2e-5 is F(4, 3)'s bound, 1e-4 that of the larger tiles. */
GRA_TEST(winograd_agrees_with_seven_loops)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const gra__conv2d_shape d = shape_of(cases[i]);
        ck_assert(gra__winograd_fits(&d));
        check(i, &d, gra__winograd_outputs(&d) == 4 && d.r == 3 ? 2e-5 : 1e-4);
    }
}

GRA_TEST(other_shapes_agree_with_seven_loops)
{
    for (size_t i = 0; i < COUNT(others); i++) {
        const gra__conv2d_shape d = shape_of(others[i]);
        ck_assert(gra__conv2d_nhwc_fits(&d));
        check(i, &d, gra__space_to_depth_fits(&d) ? 1e-4 : 1e-5);
    }
}

GRA_TEST(winograd_refuses_what_it_cannot_do)
{
    const int64_t refused[][14] = {
        {1, 16, 8, 8, 16, 3, 3, 2, 2, 1, 1, 1, 1, 1}, {1, 16, 8, 8, 16, 3, 3, 1, 1, 1, 1, 2, 2, 1},
        {1, 15, 8, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1}, {1, 16, 8, 8, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1},
        {1, 16, 8, 8, 16, 3, 5, 1, 1, 1, 1, 1, 1, 1}, {1, 16, 8, 8, 16, 3, 3, 1, 1, 3, 3, 1, 1, 1},
        {1, 16, 8, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1, 8}, {0, 16, 8, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        const gra__conv2d_shape d = shape_of(refused[i]);
        ck_assert_msg(!gra__winograd_fits(&d), "case %d", (int)i);
    }
}

GRA_TEST(conv2d_nhwc_has_the_same_bits_for_any_number_of_threads)
{
    const int64_t shapes[][14] = {{2, 16, 61, 60, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1},
                                  {3, 256, 14, 14, 256, 3, 3, 1, 1, 1, 1, 1, 1, 1},
                                  {2, 32, 13, 13, 64, 5, 5, 1, 1, 2, 2, 1, 1, 2},
                                  {2, 3, 39, 40, 32, 11, 11, 4, 4, 2, 2, 1, 1, 1},
                                  {5, 3, 40, 40, 70, 3, 3, 1, 1, 1, 1, 1, 1, 1},
                                  {3, 6, 35, 35, 48, 5, 5, 2, 2, 2, 2, 1, 1, 2}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const gra__conv2d_shape d = shape_of(shapes[i]);
        tensors t = make(&d);
        gra_set_threads(1);
        results first = run(&d, &t);
        for (size_t j = 1; j < COUNT(thread_counts); j++) {
            gra_set_threads(thread_counts[j]);
            results r = run(&d, &t);
            ck_assert(memcmp(r.y, first.y, (size_t)t.ys * sizeof(float)) == 0);
            ck_assert(memcmp(r.dx, first.dx, (size_t)t.xs * sizeof(float)) == 0);
            ck_assert(memcmp(r.dw, first.dw, (size_t)t.ws * sizeof(float)) == 0);
            ck_assert(memcmp(r.db, first.db, (size_t)d.k * sizeof(float)) == 0);
            drop_results(&r);
        }
        gra_set_threads(0);
        drop_results(&first);
        drop(&t);
    }
}

GRA_TEST(winograd_lets_nan_through_relu)
{
    const int64_t v[14] = {1, 16, 8, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1};
    const gra__conv2d_shape d = shape_of(v);
    tensors t = make(&d);
    t.xf[0] = NAN;
    results r = run(&d, &t);
    for (int64_t k = 0; k < d.k; k++)
        ck_assert(isnan(r.y[k * d.out_h * d.out_w]));
    drop_results(&r);
    drop(&t);
}

GRA_TEST_MAIN("winograd", winograd_agrees_with_seven_loops, other_shapes_agree_with_seven_loops,
              winograd_refuses_what_it_cannot_do,
              conv2d_nhwc_has_the_same_bits_for_any_number_of_threads,
              winograd_lets_nan_through_relu)
