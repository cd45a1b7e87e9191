#include "tests/reference/activations.h"

#include <math.h>

/* Where x times 0 stands in for a limit. */
#define AT_INFINITY(high, low)                                                                     \
    if (isinf(x))                                                                                  \
    return x > 0 ? (high) : (low)

static long double logistic(long double x)
{
    return 1 / (1 + expl(-x));
}

/* sqrt(2 / pi). */
static const long double K = 0.797884560802865355879892119868763737L;

static long double gelu_u(long double x)
{
    return K * (x + 0.044715L * x * x * x);
}

long double gra__reference_leaky_relu(long double x, const double p[3])
{
    return x > 0 ? x : (long double)p[0] * x;
}

long double gra__reference_elu(long double x, const double p[3])
{
    return x > 0 ? p[1] * x : p[0] * expm1l(p[2] * x);
}

long double gra__reference_gelu(long double x, const double p[3])
{
    (void)p;
    AT_INFINITY(x, 0);
    return x / 2 * erfcl(-x * sqrtl(0.5L));
}

long double gra__reference_gelu_tanh(long double x, const double p[3])
{
    (void)p;
    AT_INFINITY(x, 0);
    return x * logistic(2 * gelu_u(x));
}

long double gra__reference_silu(long double x, const double p[3])
{
    (void)p;
    AT_INFINITY(x, 0);
    return x * logistic(x);
}

long double gra__reference_softplus(long double x, const double p[3])
{
    const long double t = p[0] * x;
    return t > p[1] ? x : (fmaxl(t, 0) + log1pl(expl(-fabsl(t)))) / p[0];
}

long double gra__reference_leaky_relu_slope(long double x, const double p[3])
{
    return x > 0 ? 1 : p[0];
}

long double gra__reference_elu_slope(long double x, const double p[3])
{
    return x <= 0 ? p[0] * p[2] * expl(p[2] * x) : p[1];
}

long double gra__reference_elu_slope_y(long double y, const double p[3])
{
    return y <= 0 ? p[2] * (y + p[0]) : p[1];
}

long double gra__reference_gelu_slope(long double x, const double p[3])
{
    (void)p;
    AT_INFINITY(1, 0);
    return erfcl(-x * sqrtl(0.5L)) / 2 + x * expl(-x * x / 2) * K / 2;
}

long double gra__reference_gelu_tanh_slope(long double x, const double p[3])
{
    (void)p;
    if (fabsl(x) > 1000)
        return x > 0;
    const long double s = logistic(2 * gelu_u(x)), rest = logistic(-2 * gelu_u(x));
    return s + x * s * rest * 2 * K * (1 + 3 * 0.044715L * x * x);
}

long double gra__reference_silu_slope(long double x, const double p[3])
{
    (void)p;
    AT_INFINITY(1, 0);
    return logistic(x) + x * logistic(x) * logistic(-x);
}

long double gra__reference_softplus_slope(long double x, const double p[3])
{
    return p[0] * x > p[1] ? 1 : logistic(p[0] * x);
}

long double gra__reference_hardtanh_slope(long double x, const double p[3])
{
    return x <= p[0] || x >= p[1] ? 0 : 1;
}
