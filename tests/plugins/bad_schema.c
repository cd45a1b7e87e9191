/* bad_schema.c - a plugin whose second op has a schema that is wrong. */
#include "gradus.h"

static void forward(gra_call *c)
{
    c->out[0] = gra_clone(c->in[0]);
}

static const gra_op fine = {.schema = "plugged_fine(Tensor x) -> Tensor", .forward = forward};
static const gra_op wrong = {.schema = "plugged_wrong(Tenor x) -> Tensor", .forward = forward};

GRA_PLUGIN(&fine, &wrong);
