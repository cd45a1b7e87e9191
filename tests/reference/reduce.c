#include "tests/reference/reduce.h"

#include <math.h>

double gra__reference_sum(double acc, double x)
{
    return acc + x;
}

double gra__reference_prod(double acc, double x)
{
    return acc * x;
}

double gra__reference_max(double acc, double x)
{
    return isnan(acc) || isnan(x) ? NAN : fmax(acc, x);
}

double gra__reference_min(double acc, double x)
{
    return isnan(acc) || isnan(x) ? NAN : fmin(acc, x);
}

double gra__reference_any(double acc, double x)
{
    return acc != 0 || x != 0;
}

double gra__reference_all(double acc, double x)
{
    return acc != 0 && x != 0;
}

size_t gra__reference_argmax(size_t n, const double *x)
{
    size_t found = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[found] || (isnan(x[i]) && !isnan(x[found])))
            found = i;
    return found;
}

size_t gra__reference_argmin(size_t n, const double *x)
{
    size_t found = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] < x[found] || (isnan(x[i]) && !isnan(x[found])))
            found = i;
    return found;
}

static double column_max(size_t n, size_t inner, const double *x)
{
    double m = -INFINITY;
    for (size_t k = 0; k < n; k++)
        m = gra__reference_max(m, x[k * inner]);
    return m;
}

static double column_exp_sum(size_t n, size_t inner, const double *x, double m)
{
    double s = 0;
    for (size_t k = 0; k < n; k++)
        s += exp(x[k * inner] - m);
    return s;
}

void gra__reference_softmax(size_t n, size_t inner, double *y, const double *x)
{
    const double m = column_max(n, inner, x), s = column_exp_sum(n, inner, x, m);
    for (size_t k = 0; k < n; k++)
        y[k * inner] = exp(x[k * inner] - m) / s;
}

void gra__reference_log_softmax(size_t n, size_t inner, double *y, const double *x)
{
    const double m = column_max(n, inner, x), s = column_exp_sum(n, inner, x, m);
    for (size_t k = 0; k < n; k++)
        y[k * inner] = x[k * inner] - m - log(s);
}

double gra__reference_logsumexp(size_t n, size_t inner, const double *x)
{
    const double m = column_max(n, inner, x);
    return isinf(m) ? m : m + log(column_exp_sum(n, inner, x, m));
}

void gra__reference_softmax_backward(size_t n, size_t inner, double *dx, const double *g,
                                     const double *y)
{
    double dot = 0;
    for (size_t k = 0; k < n; k++)
        dot += g[k * inner] * y[k * inner];
    for (size_t k = 0; k < n; k++)
        dx[k * inner] = y[k * inner] * (g[k * inner] - dot);
}

void gra__reference_log_softmax_backward(size_t n, size_t inner, double *dx, const double *g,
                                         const double *y)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += g[k * inner];
    for (size_t k = 0; k < n; k++)
        dx[k * inner] = g[k * inner] - exp(y[k * inner]) * sum;
}
