/* taken_name.c - a plugin whose second op has the name of a built-in one. */
#include "gradus.h"

static void forward(gra_call *c)
{
    c->out[0] = gra_clone(c->in[0]);
}

static const gra_op fine = {.schema = "plugged_fine(Tensor x) -> Tensor", .forward = forward};
static const gra_op taken = {.schema = "relu(Tensor x) -> Tensor", .forward = forward};

GRA_PLUGIN(&fine, &taken);
