#include "ops/kernels/conv2d.h"
#include "reference/conv2d.h"
#include "support/test.h"

#include "core/threads.h"
#include "kernel_data.h"

/* n, c, h, w,  k, r, s,  stride h w,  padding h w,  dilation h w,  groups. */
static const int64_t cases[][14] = {
    {3, 1, 28, 28, 6, 5, 5, 1, 1, 2, 2, 1, 1, 1},  // LeNet-5's first
    {3, 6, 14, 14, 16, 5, 5, 1, 1, 0, 0, 1, 1, 1}, // and second
    {2, 3, 9, 7, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1},
    {2, 5, 8, 8, 7, 1, 1, 1, 1, 0, 0, 1, 1, 1},
    {2, 4, 11, 13, 33, 3, 2, 1, 1, 1, 0, 1, 1, 1},
    {1, 3, 23, 35, 17, 3, 3, 1, 1, 2, 2, 1, 1, 1}, // more padding than the filter covers
    {2, 3, 15, 18, 5, 3, 3, 2, 2, 1, 1, 1, 1, 1},
    {2, 3, 17, 16, 20, 4, 5, 3, 2, 2, 1, 1, 1, 1},
    {1, 3, 35, 35, 24, 11, 11, 4, 4, 2, 2, 1, 1, 1}, // AlexNet's first, cut down
    {2, 4, 13, 12, 6, 3, 3, 1, 1, 2, 3, 2, 3, 1},
    {1, 4, 14, 15, 18, 3, 3, 2, 3, 3, 2, 2, 2, 2},
    {2, 6, 9, 9, 6, 3, 3, 1, 1, 1, 1, 1, 1, 6}, // depthwise
    {2, 4, 9, 9, 8, 3, 3, 2, 2, 1, 1, 1, 1, 4},
    {2, 6, 10, 10, 40, 3, 3, 1, 1, 1, 1, 1, 1, 2},
    {1, 16, 20, 300, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1}, // a row wider than the scratch
    {1, 40, 40, 60, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1},   // an image larger than the copy
    {1, 32, 30, 90, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {1, 64, 5, 5, 70, 5, 5, 1, 1, 0, 0, 1, 1, 1},
    {1, 300, 6, 6, 90, 3, 3, 1, 1, 1, 1, 1, 1, 1}, // weights packed in chunks
    {0, 2, 5, 5, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {2, 0, 5, 5, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {2, 2, 5, 5, 0, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {2, 2, 2, 2, 3, 3, 3, 1, 1, 0, 0, 1, 1, 1}, // no output
    {1, 2, 1, 9, 3, 1, 4, 1, 1, 0, 2, 1, 1, 1},
    {1, 2, 9, 1, 3, 4, 1, 1, 1, 3, 0, 1, 1, 1},
    {2, 1, 4, 50, 2, 2, 9, 1, 1, 1, 4, 1, 1, 1},
    {1, 2, 3, 3, 4, 2, 2, 5, 5, 0, 0, 1, 1, 1},
    {2, 3, 3, 3, 20, 3, 3, 1, 1, 5, 6, 1, 1, 1}, // rows and columns that lie in the padding alone
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

typedef struct tensors {
    int64_t xs, ws, ys;
    double *x, *w, *b, *g;
    float *xf, *wf, *bf, *gf;
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
    t.xf = to_f32(t.x, t.xs);
    t.wf = to_f32(t.w, t.ws);
    t.bf = to_f32(t.b, d->k);
    t.gf = to_f32(t.g, t.ys);
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

static results run_f32(const gra__conv2d_shape *d, const tensors *t)
{
    const results r = {nan_f32(t->ys), nan_f32(t->ys), nan_f32(t->xs), nan_f32(t->ws),
                       nan_f32(d->k)};
    RUN(gra__conv2d_forward_f32(d, t->xf, t->wf, t->bf, r.y, space),
        gra__conv2d_forward_workspace_f32(d));
    RUN(gra__conv2d_forward_f32(d, t->xf, t->wf, NULL, r.plain, space),
        gra__conv2d_forward_workspace_f32(d));
    RUN(gra__conv2d_backward_input_f32(d, t->gf, t->wf, r.dx, space),
        gra__conv2d_backward_input_workspace_f32(d));
    RUN(gra__conv2d_backward_weight_f32(d, t->gf, t->xf, r.dw, space),
        gra__conv2d_backward_weight_workspace_f32(d));
    gra__conv2d_backward_bias_f32(d, t->gf, r.db);
    return r;
}

static void drop_results(results *r)
{
    free(r->y);
    free(r->plain);
    free(r->dx);
    free(r->dw);
    free(r->db);
}

#define NEAR(case, what, error, limit)                                                             \
    ck_assert_msg((error) <= (limit), "case %d: %s is %g off, %g allowed", (int)(case), what,      \
                  error, limit)

GRA_TEST(conv2d_f32_agrees_with_seven_loops)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const gra__conv2d_shape d = shape_of(cases[i]);
        tensors t = make(&d);
        double *y = nan_f64(t.ys), *plain = nan_f64(t.ys), *dx = nan_f64(t.xs), *dw = nan_f64(t.ws),
               *db = nan_f64(d.k);
        reference_conv2d_forward(&d, t.x, t.w, t.b, y);
        reference_conv2d_forward(&d, t.x, t.w, NULL, plain);
        reference_conv2d_backward_input(&d, t.g, t.w, dx);
        reference_conv2d_backward_weight(&d, t.g, t.x, dw);
        reference_conv2d_backward_bias(&d, t.g, db);
        results r = run_f32(&d, &t);
        const double taps = (double)(d.c / d.groups * d.r * d.s),
                     pixels = (double)(d.n * d.out_h * d.out_w);
        NEAR(i, "y", worst_f32(r.y, y, t.ys), 1e-6 * (taps + 2));
        NEAR(i, "y without bias", worst_f32(r.plain, plain, t.ys), 1e-6 * (taps + 2));
        NEAR(i, "dx", worst_f32(r.dx, dx, t.xs), 1e-6 * ((double)(d.k * d.r * d.s) + 2));
        NEAR(i, "dw", worst_f32(r.dw, dw, t.ws), 1e-6 * (pixels + 2));
        NEAR(i, "db", worst_f32(r.db, db, d.k), 1e-6 * (pixels + 2));
        void *const all[] = {y, plain, dx, dw, db};
        for (size_t j = 0; j < COUNT(all); j++)
            free(all[j]);
        drop_results(&r);
        drop(&t);
    }
}

GRA_TEST(conv2d_f64_agrees_with_seven_loops)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const gra__conv2d_shape d = shape_of(cases[i]);
        tensors t = make(&d);
        double *y = nan_f64(t.ys), *dx = nan_f64(t.xs), *dw = nan_f64(t.ws), *db = nan_f64(d.k);
        double *y2 = nan_f64(t.ys), *dx2 = nan_f64(t.xs), *dw2 = nan_f64(t.ws), *db2 = nan_f64(d.k);
        reference_conv2d_forward(&d, t.x, t.w, t.b, y);
        reference_conv2d_backward_input(&d, t.g, t.w, dx);
        reference_conv2d_backward_weight(&d, t.g, t.x, dw);
        reference_conv2d_backward_bias(&d, t.g, db);
        RUN(gra__conv2d_forward_f64(&d, t.x, t.w, t.b, y2, space),
            gra__conv2d_forward_workspace_f64(&d));
        RUN(gra__conv2d_backward_input_f64(&d, t.g, t.w, dx2, space),
            gra__conv2d_backward_input_workspace_f64(&d));
        RUN(gra__conv2d_backward_weight_f64(&d, t.g, t.x, dw2, space),
            gra__conv2d_backward_weight_workspace_f64(&d));
        gra__conv2d_backward_bias_f64(&d, t.g, db2);
        NEAR(i, "y", worst_f64(y2, y, t.ys), 1e-11);
        NEAR(i, "dx", worst_f64(dx2, dx, t.xs), 1e-11);
        NEAR(i, "dw", worst_f64(dw2, dw, t.ws), 1e-11);
        NEAR(i, "db", worst_f64(db2, db, d.k), 1e-11);
        void *const all[] = {y, dx, dw, db, y2, dx2, dw2, db2};
        for (size_t j = 0; j < COUNT(all); j++)
            free(all[j]);
        drop(&t);
    }
}

GRA_TEST(conv2d_has_the_same_bits_for_any_number_of_threads)
{
    const int64_t shapes[][14] = {{70, 1, 28, 28, 6, 5, 5, 1, 1, 2, 2, 1, 1, 1},
                                  {70, 6, 14, 14, 16, 5, 5, 1, 1, 0, 0, 1, 1, 1},
                                  {3, 32, 30, 40, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1},
                                  {1, 40, 40, 60, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1},
                                  {2, 32, 30, 40, 48, 3, 3, 2, 2, 1, 1, 1, 1, 2}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const gra__conv2d_shape d = shape_of(shapes[i]);
        tensors t = make(&d);
        gra_set_threads(1);
        results first = run_f32(&d, &t);
        for (size_t j = 1; j < COUNT(thread_counts); j++) {
            gra_set_threads(thread_counts[j]);
            results r = run_f32(&d, &t);
            ck_assert(memcmp(r.y, first.y, (size_t)t.ys * sizeof(float)) == 0);
            ck_assert(memcmp(r.dx, first.dx, (size_t)t.xs * sizeof(float)) == 0);
            ck_assert(memcmp(r.dw, first.dw, (size_t)t.ws * sizeof(float)) == 0);
            ck_assert(memcmp(r.db, first.db, (size_t)d.k * sizeof(float)) == 0);
            drop_results(&r);
        }
        gra_set_threads(1);
        drop_results(&first);
        drop(&t);
    }
}

GRA_TEST(conv2d_keeps_an_infinity_to_the_outputs_that_see_it)
{
    const gra__conv2d_shape shapes[] = {{1, 1, 20, 20, 2, 3, 3, 20, 20, 1, 1, 1, 1, 1, 1, 1},
                                        {1, 1, 20, 20, 16, 3, 3, 20, 20, 1, 1, 1, 1, 1, 1, 1}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const gra__conv2d_shape d = shapes[i];
        tensors t = make(&d);
        t.xf[10 * 20 + 18] = INFINITY;
        results r = run_f32(&d, &t);
        for (int64_t j = 0; j < t.ys; j++) {
            const int64_t p = j / 20 % 20, q = j % 20;
            ck_assert(!isfinite(r.y[j]) == (p >= 9 && p <= 11 && q >= 17));
        }
        for (int64_t j = 0; j < t.ws; j++)
            ck_assert(!isfinite(r.dw[j]));
        drop_results(&r);
        drop(&t);
    }
}

GRA_TEST_MAIN("conv2d", conv2d_f32_agrees_with_seven_loops, conv2d_f64_agrees_with_seven_loops,
              conv2d_has_the_same_bits_for_any_number_of_threads,
              conv2d_keeps_an_infinity_to_the_outputs_that_see_it)
