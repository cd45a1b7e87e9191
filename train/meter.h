/* meter.h - the mean of a metric over a loop, or the mean of its last values.
 *
 *     gra_meter loss = {0}, recent = {.decay = 0.98};
 *     ...
 *     gra_meter_add(&loss, gra_item(l), gra_tensor_size(x, 0));
 *     gra_meter_add(&recent, gra_item(l), 1);
 *     ...
 *     printf("%.4f, lately %.4f\n", gra_meter_value(&loss), gra_meter_value(&recent));
 *
 * A meter is a plain struct and needs no freeing; {0} begins anew. After values v_1 .. v_t of weights
 * n_1 .. n_t its value is
 *
 *     sum of d^(t-i) n_i v_i / sum of d^(t-i) n_i      d = 1 for a mean, else .decay
 *
 * which is the weighted mean, and the exponential moving average without a bias to its beginning.
 * May include: core, ops, autograd, nn, optim, data, io.
 */
#ifndef GRA_TRAIN_METER_H
#define GRA_TRAIN_METER_H

#include "../core/common.h"

GRA_BEGIN_DECLS

typedef struct gra_meter {
    double decay; /* 0: a mean; above 0 and below 1: what a value counts once the next is there */
    double last;  /* the value added last */
    double sum, weight; /* the fraction's two sums */
} gra_meter;

/* Adds a value that stands for n examples; for one, n is 1. Errors: a NULL meter, n that is negative
 * or NaN, a decay outside [0, 1). A value of NaN is no error and makes the mean NaN. */
void gra_meter_add(gra_meter *meter, double value, double n);

double gra_meter_value(const gra_meter *meter); /* NaN before the first */

GRA_END_DECLS

#endif
