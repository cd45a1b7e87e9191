/* unresolved.c - a plugin that calls a function which nobody has. */
#include "gradus.h"

gra_tensor *gra_function_of_a_later_version(gra_tensor *x);

static void forward(gra_call *c)
{
    c->out[0] = gra_function_of_a_later_version(c->in[0]);
}

static const gra_op op = {.schema = "plugged_later(Tensor x) -> Tensor", .forward = forward};

GRA_PLUGIN(&op);
