/* Losses, compiled once per instruction set; see loss.h. Each is written once, as an expression in a macro,
 * EXPR_huber(S) and so on, of x and t and, for a gradient, g; S is f32 or f64. */
#include "ops/kernels/loss.h"

#include <math.h>
#include <stdint.h>

#include "ops/kernels/isa.h"
#include "ops/kernels/vmath.h"

extern const gra__loss_table GRA_ISA_NAME(gra__loss);

/* Elements in memory may lie at any byte. */
#define UNALIGNED __attribute__((aligned(1), may_alias))
typedef float f32 UNALIGNED;
typedef double f64 UNALIGNED;
typedef float value_f32;
typedef double value_f64;

/* ln(1 + z) = ln u z / (u - 1) with u = 1 + z rounded, whose error the quotient takes out again; so the
 * result is good to a few units in the last place also where z is small (Kahan). */
static inline float log1p_f32(float z)
{
    const float u = 1.0f + z, rest = u - 1.0f;
    const float y = gra__logf(u) * (z / (rest == 0.0f ? 1.0f : rest));
    return rest == 0.0f ? z : y;
}

static inline double log1p_f64(double z)
{
    return log1p(z);
}

#define log_f32 gra__logf
#define log_f64 log
#define exp_f32 gra__expf
#define exp_f64 exp
#define sigmoid_f32 gra__sigmoidf

static inline double sigmoid_f64(double x)
{
    return 1 / (1 + exp(-x));
}

/* The larger of v and low; NaN stays. */
#define AT_LEAST(v, low) ((v) < (low) ? (low) : (v))

#define HELPERS(S)                                                                                 \
    static inline value_##S huber_##S(value_##S d, value_##S a, value_##S c)                       \
    {                                                                                              \
        const value_##S size = d < 0 ? -d : d;                                                     \
        return size < a ? (c / a) * (d * d) / 2 : c * (size - a / 2);                              \
    }                                                                                              \
    static inline value_##S huber_slope_##S(value_##S d, value_##S a, value_##S c)                 \
    {                                                                                              \
        const value_##S size = d < 0 ? -d : d;                                                     \
        const value_##S tail = d > 0 ? c : d < 0 ? -c : (value_##S)0;                              \
        return size >= a || a == 0 ? tail : d * (c / a);                                           \
    }                                                                                              \
    static inline value_##S clamped_log_##S(value_##S l)                                           \
    {                                                                                              \
        return AT_LEAST(l, -100);                                                                  \
    }                                                                                              \
    static inline value_##S logit_entropy_##S(value_##S x, value_##S t)                            \
    {                                                                                              \
        return (x > 0 ? (1 - t) * x : -t * x) + log1p_##S(exp_##S(x < 0 ? x : -x));                \
    }                                                                                              \
    static inline value_##S t_log_t_##S(value_##S t)                                               \
    {                                                                                              \
        return t == 0 ? (value_##S)0 : t * log_##S(t);                                             \
    }
HELPERS(f32)
HELPERS(f64)

#define EXPR_square(S) (x - t) * (x - t)
#define EXPR_huber(S) huber_##S(x - t, (value_##S)a, (value_##S)c)
#define EXPR_entropy(S) (t - 1) * clamped_log_##S(log1p_##S(-x)) - t *clamped_log_##S(log_##S(x))
#define EXPR_logit_entropy(S) logit_entropy_##S(x, t)
#define EXPR_divergence(S) t_log_t_##S(t) - t *x
#define EXPR_log_divergence(S) exp_##S(t) * (t - x)

#define EXPR_square_backward(S) 2 * g *(x - t)
#define EXPR_huber_backward(S) g *huber_slope_##S(x - t, (value_##S)a, (value_##S)c)
#define EXPR_entropy_backward(S) g *(x - t) / AT_LEAST((1 - x) * x, (value_##S)1e-12)
#define EXPR_logit_entropy_backward(S) g *(sigmoid_##S(x) - t)
#define EXPR_divergence_backward(S) -(g * t)
#define EXPR_log_divergence_backward(S) -(g * exp_##S(t))

#define AT(S, base, stride) (*(const S *)((base) + (ptrdiff_t)i * (stride)))

/* The vector paths: all operands packed, and for gradients also g a single number. */
#define LOSS(f, S)                                                                                 \
    static void f##_loop_##S(size_t n, char *y, ptrdiff_t ys, const char *xp, ptrdiff_t xs,        \
                             const char *tp, ptrdiff_t ts, double a, double c)                     \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)c;                                                                                   \
        if (ys == sizeof(S) && xs == sizeof(S) && ts == sizeof(S)) {                               \
            GRA_INDEPENDENT                                                                        \
            for (size_t i = 0; i < n; i++) {                                                       \
                const value_##S x = ((const S *)xp)[i], t = ((const S *)tp)[i];                    \
                (void)x;                                                                           \
                ((S *)y)[i] = EXPR_##f(S);                                                         \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            const value_##S x = AT(S, xp, xs), t = AT(S, tp, ts);                                  \
            *(S *)(y + (ptrdiff_t)i * ys) = EXPR_##f(S);                                           \
        }                                                                                          \
    }

#define LOSS_BACKWARD(f, S)                                                                        \
    static void f##_loop_##S(size_t n, char *dx, ptrdiff_t ds, const char *gp, ptrdiff_t gs,       \
                             const char *xp, ptrdiff_t xs, const char *tp, ptrdiff_t ts, double a, \
                             double c)                                                             \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)c;                                                                                   \
        if (n > 0 && gs == 0 && ds == sizeof(S) && xs == sizeof(S) && ts == sizeof(S)) {           \
            const value_##S g = *(const S *)gp;                                                    \
            GRA_INDEPENDENT                                                                        \
            for (size_t i = 0; i < n; i++) {                                                       \
                const value_##S x = ((const S *)xp)[i], t = ((const S *)tp)[i];                    \
                (void)x;                                                                           \
                ((S *)dx)[i] = EXPR_##f(S);                                                        \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        GRA_INDEPENDENT                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            const value_##S g = AT(S, gp, gs), x = AT(S, xp, xs), t = AT(S, tp, ts);               \
            (void)x;                                                                               \
            *(S *)(dx + (ptrdiff_t)i * ds) = EXPR_##f(S);                                          \
        }                                                                                          \
    }

#define FLOATS(M, f) M(f, f32) M(f, f64)
FLOATS(LOSS, square)
FLOATS(LOSS, huber)
FLOATS(LOSS, entropy)
FLOATS(LOSS, logit_entropy)
FLOATS(LOSS, divergence)
FLOATS(LOSS, log_divergence)
FLOATS(LOSS_BACKWARD, square_backward)
FLOATS(LOSS_BACKWARD, huber_backward)
FLOATS(LOSS_BACKWARD, entropy_backward)
FLOATS(LOSS_BACKWARD, logit_entropy_backward)
FLOATS(LOSS_BACKWARD, divergence_backward)
FLOATS(LOSS_BACKWARD, log_divergence_backward)

#define ENTRY(f) .f = {[GRA_FLOAT32] = f##_loop_f32, [GRA_FLOAT64] = f##_loop_f64}

const gra__loss_table GRA_ISA_NAME(gra__loss) = {
    ENTRY(square),
    ENTRY(huber),
    ENTRY(entropy),
    ENTRY(logit_entropy),
    ENTRY(divergence),
    ENTRY(log_divergence),
    ENTRY(square_backward),
    ENTRY(huber_backward),
    ENTRY(entropy_backward),
    ENTRY(logit_entropy_backward),
    ENTRY(divergence_backward),
    ENTRY(log_divergence_backward),
};
