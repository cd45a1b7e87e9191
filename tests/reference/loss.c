#include "loss.h"

#include <math.h>

double reference_square(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return pow(x - t, 2);
}

double reference_square_slope(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return 2 * (x - t);
}

double reference_huber(double x, double t, double a, double c)
{
    const double size = fabs(x - t);
    return size < a ? c * size * size / (2 * a) : c * (size - a / 2);
}

double reference_huber_slope(double x, double t, double a, double c)
{
    const double d = x - t;
    if (fabs(d) < a)
        return c * d / a;
    return d > 0 ? c : d < 0 ? -c : 0;
}

double reference_entropy(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return -t * fmax(log(x), -100) - (1 - t) * fmax(log1p(-x), -100);
}

double reference_entropy_slope(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return (x - t) / fmax(x * (1 - x), 1e-12);
}

double reference_logit_entropy(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return (x > 0 ? (1 - t) * x : -t * x) + log1p(exp(-fabs(x)));
}

double reference_logit_entropy_slope(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return 1 / (1 + exp(-x)) - t;
}

double reference_divergence(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return (t == 0 ? 0 : t * log(t)) - t * x;
}

double reference_divergence_slope(double x, double t, double a, double c)
{
    (void)x, (void)a, (void)c;
    return -t;
}

double reference_log_divergence(double x, double t, double a, double c)
{
    (void)a, (void)c;
    return exp(t) * (t - x);
}

double reference_log_divergence_slope(double x, double t, double a, double c)
{
    (void)x, (void)a, (void)c;
    return -exp(t);
}
