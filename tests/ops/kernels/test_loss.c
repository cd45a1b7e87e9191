#include "ops/kernels/loss.h"
#include "reference/loss.h"
#include "support/test.h"

#include "kernel_data.h"
#include "ops/kernels/isa.h"

typedef double reference_fn(double x, double t, double a, double c);

typedef struct {
    const char *name;
    gra__loss_loop *const *loops;
    gra__loss_backward_loop *const *backward;
    reference_fn *reference, *slope;
    bool probabilities; /* x between 0 and 1, and not numbers of any size */
    double a, c;
} loss_case;

enum { N = 203, LOSSES = 8 };

static void list_cases(loss_case cases[LOSSES])
{
    const gra__loss_table *const k = gra__kernels_get()->loss;
    const loss_case all[LOSSES] = {
        {"square", k->square, k->square_backward, reference_square, reference_square_slope, 0, 0,
         0},
        {"huber", k->huber, k->huber_backward, reference_huber, reference_huber_slope, 0, 0.8, 2},
        {"l1", k->huber, k->huber_backward, reference_huber, reference_huber_slope, 0, 0, 1},
        {"smooth", k->huber, k->huber_backward, reference_huber, reference_huber_slope, 0, 2.5, 1},
        {"entropy", k->entropy, k->entropy_backward, reference_entropy, reference_entropy_slope,
         true, 0, 0},
        {"logit_entropy", k->logit_entropy, k->logit_entropy_backward, reference_logit_entropy,
         reference_logit_entropy_slope, 0, 0, 0},
        {"divergence", k->divergence, k->divergence_backward, reference_divergence,
         reference_divergence_slope, 0, 0, 0},
        {"log_divergence", k->log_divergence, k->log_divergence_backward, reference_log_divergence,
         reference_log_divergence_slope, 0, 0, 0},
    };
    memcpy(cases, all, sizeof all);
}

/* Inputs of many sizes, targets between 0 and 1, and among them what is special. */
static void fill(const loss_case *l, double *x, double *t)
{
    double *const a = random_f64(N, 1), *const b = random_f64(N, 2);
    for (int i = 0; i < N; i++) {
        const double size = i % 3 == 0 ? 1e-4 : i % 3 == 1 ? 1 : 30;
        x[i] = l->probabilities ? fabs(a[i]) * (i % 3 == 0 ? 1e-6 : 0.999) : a[i] * size;
        t[i] = i % 7 == 0 ? 0 : i % 7 == 1 ? 1 : fabs(b[i]);
        x[i] = (double)(float)x[i];
    }
    free(a);
    free(b);
}

#define CHECK(got, wanted, rtol, atol)                                                             \
    ck_assert_msg(gra_test_close((double)(got), wanted, rtol, atol),                               \
                  "%s at %d (x %.9g, t %.9g): %.9g, expected %.9g", l->name, i, x[i], t[i],        \
                  (double)(got), wanted)

/* Strides of 2 and of 1 element, so that both paths run, and a gradient that is one number. */
static void check_f32(const loss_case *l, const double *x, const double *t)
{
    float xs[2 * N], ts[2 * N], g[N], y[N], dx[N], one = 1.5f;
    for (int step = 1; step <= 2; step++) {
        const ptrdiff_t s = step * (ptrdiff_t)sizeof(float);
        for (int i = 0; i < N; i++) {
            xs[i * step] = (float)x[i];
            ts[i * step] = (float)t[i];
            g[i] = (float)(i % 5) - 1;
        }
        l->loops[GRA_FLOAT32](N, (char *)y, sizeof *y, (char *)xs, s, (char *)ts, s, l->a, l->c);
        l->backward[GRA_FLOAT32](N, (char *)dx, sizeof *dx, (char *)g, sizeof *g, (char *)xs, s,
                                 (char *)ts, s, l->a, l->c);
        for (int i = 0; i < N; i++) {
            CHECK(y[i], l->reference(x[i], (double)ts[i * step], l->a, l->c), 2e-6, 2e-7);
            CHECK(dx[i], (double)g[i] * l->slope(x[i], (double)ts[i * step], l->a, l->c), 2e-6,
                  2e-7);
        }
        l->backward[GRA_FLOAT32](N, (char *)dx, sizeof *dx, (char *)&one, 0, (char *)xs, s,
                                 (char *)ts, s, l->a, l->c);
        for (int i = 0; i < N; i++)
            CHECK(dx[i], 1.5 * l->slope(x[i], (double)ts[i * step], l->a, l->c), 2e-6, 3e-7);
    }
}

static void check_f64(const loss_case *l, const double *x, const double *t)
{
    const ptrdiff_t s = sizeof(double);
    double g[N], y[N], dx[N];
    for (int i = 0; i < N; i++)
        g[i] = i % 5 - 1;
    l->loops[GRA_FLOAT64](N, (char *)y, s, (char *)x, s, (char *)t, s, l->a, l->c);
    l->backward[GRA_FLOAT64](N, (char *)dx, s, (char *)g, s, (char *)x, s, (char *)t, s, l->a,
                             l->c);
    for (int i = 0; i < N; i++) {
        CHECK(y[i], l->reference(x[i], t[i], l->a, l->c), 1e-14, 1e-15);
        CHECK(dx[i], g[i] * l->slope(x[i], t[i], l->a, l->c), 1e-14, 1e-15);
    }
}

GRA_TEST(losses_agree_with_plain_formulas)
{
    loss_case cases[LOSSES];
    double x[N], t[N];
    list_cases(cases);
    for (int k = 0; k < LOSSES; k++) {
        fill(&cases[k], x, t);
        check_f32(&cases[k], x, t);
        check_f64(&cases[k], x, t);
    }
}

/* Where the loss is small it is still good to seven digits: ln(1 + e^-x) = e^-x, ln(1 - x) = -x. */
GRA_TEST(small_losses_keep_their_digits)
{
    const gra__loss_table *const k = gra__kernels_get()->loss;
    const float x[] = {15, 40, 80}, tiny[] = {1e-9f, 1e-20f, 3e-5f}, one = 1, zero = 0;
    float y[3];
    k->logit_entropy[GRA_FLOAT32](3, (char *)y, 4, (const char *)x, 4, (const char *)&one, 0, 0, 0);
    GRA_ASSERT_ARRAY(y, ((double[]){log1p(exp(-15)), exp(-40), exp(-80)}), 3, 1e-6, 0);
    k->entropy[GRA_FLOAT32](3, (char *)y, 4, (const char *)tiny, 4, (const char *)&zero, 0, 0, 0);
    GRA_ASSERT_ARRAY(y, ((double[]){(double)tiny[0], (double)tiny[1], -log1p(-(double)tiny[2])}), 3,
                     1e-6, 0);
}

GRA_TEST(losses_have_limits_and_let_nan_through)
{
    const gra__loss_table *const k = gra__kernels_get()->loss;
    const float p[] = {0, 1, NAN, 0}, t[] = {1, 0, 0.5f, NAN};
    const float big[] = {1e30f, -1e30f, NAN, INFINITY}, label[] = {1, 0, 1, 0}, g = 1;
    float y[4];
    k->entropy[GRA_FLOAT32](4, (char *)y, 4, (const char *)p, 4, (const char *)t, 4, 0, 0);
    GRA_ASSERT_ARRAY(y, ((double[]){100, 100, NAN, NAN}), 4, 0, 0);
    k->entropy_backward[GRA_FLOAT32](4, (char *)y, 4, (const char *)&g, 0, (const char *)p, 4,
                                     (const char *)t, 4, 0, 0);
    GRA_ASSERT_ARRAY(y, ((double[]){-1e12, 1e12, NAN, NAN}), 4, 1e-6, 0);
    k->logit_entropy[GRA_FLOAT32](4, (char *)y, 4, (const char *)big, 4, (const char *)label, 4, 0,
                                  0);
    GRA_ASSERT_ARRAY(y, ((double[]){0, 0, NAN, INFINITY}), 4, 0, 0);
    k->huber[GRA_FLOAT32](4, (char *)y, 4, (const char *)big, 4, (const char *)label, 4, 1, 1);
    GRA_ASSERT_ARRAY(y, ((double[]){1e30, 1e30, NAN, INFINITY}), 4, 1e-6, 0);
    k->huber_backward[GRA_FLOAT32](4, (char *)y, 4, (const char *)&g, 0, (const char *)big, 4,
                                   (const char *)label, 4, 1, 1);
    GRA_ASSERT_ARRAY(y, ((double[]){1, -1, NAN, 1}), 4, 0, 0);
    k->huber_backward[GRA_FLOAT32](4, (char *)y, 4, (const char *)&g, 0, (const char *)big, 4,
                                   (const char *)big, 4, 0, 1);
    GRA_ASSERT_ARRAY(y, ((double[]){0, 0, 0, 0}), 4, 0, 0);
}

GRA_TEST_MAIN("loss", losses_agree_with_plain_formulas, small_losses_keep_their_digits,
              losses_have_limits_and_let_nan_through)
