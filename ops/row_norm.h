/* row_norm.h - what layer_norm and group_norm share: their passes and their rule.
 *
 *     x as [rows, groups, channels, inner], normalised over the last two dims; weight and bias have a
 *     number for each group and channel (kernels/row_norm.h; there `rows` counts those of all groups)
 *
 * Their inputs are x, weight and bias, of which the last two may be NULL.  A group norm whose x is
 * channels-last keeps that layout.
 *
 * May include: core, ops/ops.h, ops/kernels.
 */
#ifndef GRA_OPS_ROW_NORM_H
#define GRA_OPS_ROW_NORM_H

#include "ops/kernels/row_norm.h"
#include "ops/ops.h"

enum { GRA__NORM_X, GRA__NORM_WEIGHT, GRA__NORM_BIAS };

/* Checks that x has a floating dtype, and that weight and bias, where given, have one and this shape. */
bool gra__row_norm_fits(const gra_call *c, gra_shape weight);

/* Sets c->out[0] and what the rule will read of c->saved; the rule. */
void gra__row_norm_run(gra_call *c, const gra__row_norm_shape *s);
void gra__row_norm_rule(gra_call *c, const gra__row_norm_shape *s, gra_tensor *g, gra_tensor **dx);

#endif
