/* The naive twin of ops/kernels/loss_loops.c: one element, in float64, from the formulas of loss.h. */
#ifndef GRA_TESTS_REFERENCE_LOSS_H
#define GRA_TESTS_REFERENCE_LOSS_H

double reference_square(double x, double t, double a, double c);
double reference_huber(double x, double t, double a, double c);
double reference_entropy(double x, double t, double a, double c);
double reference_logit_entropy(double x, double t, double a, double c);
double reference_divergence(double x, double t, double a, double c);
double reference_log_divergence(double x, double t, double a, double c);

/* The derivatives with respect to x. */
double reference_square_slope(double x, double t, double a, double c);
double reference_huber_slope(double x, double t, double a, double c);
double reference_entropy_slope(double x, double t, double a, double c);
double reference_logit_entropy_slope(double x, double t, double a, double c);
double reference_divergence_slope(double x, double t, double a, double c);
double reference_log_divergence_slope(double x, double t, double a, double c);

#endif
