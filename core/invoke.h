/* invoke.h - calling an op of which only the name is known, for bindings, tools and tests.
 *
 *     gra_value y, values[] = {gra_tensor_value(x), gra_named("keepdim", gra_bool_value(true))};
 *     if (gra_invoke("sum", values, 2, &y) == 0)
 *         gra_print(y.tensor);
 *
 * Values without a name are for the parameters in the schema's order; those that have one follow, in
 * any order.  What is left out has its default.  The kinds must be the schema's, but for this: an int
 * serves as a float, and as an int list, where it stands for all of int[2] and for one of int[]; a
 * tensor that is optional may be none, or NULL.  What does not fit is an error that quotes the schema.
 *
 * A call costs little more than gra_apply.
 */
#ifndef GRA_CORE_INVOKE_H
#define GRA_CORE_INVOKE_H

#include "op.h"
#include "value.h"

GRA_BEGIN_DECLS

/* Calls an op by its name. results receives a tensor for each of the op's results (gra_op_outputs),
 * which belong to the current scope. Returns 0, or -1 with an error and results of none. */
int gra_invoke(const char *name, const gra_value *values, int count, gra_value *results);

/* The same for an op that need not be registered. */
int gra_invoke_op(const gra_op *op, const gra_value *values, int count, gra_value *results);

/* How many results an op has; -1 with an error where its schema is wrong. */
int gra_op_outputs(const gra_op *op);

GRA_END_DECLS

#endif
