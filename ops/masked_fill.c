/* masked_fill.c - elements overwritten where a mask says so.
 *
 *   y = mask ? value : x        dy/dx = not mask        dy/dvalue = sum over the mask
 *
 * The value is a number or a tensor without dims, and is converted to x's dtype.  x and mask broadcast;
 * in place the mask alone does.  What is overwritten does not count: its gradient is 0 even where g is
 * not finite.
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} fill_args;

static void where_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__where_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2], p[3], s[3]);
}

static void run(gra_call *c, gra_tensor *value)
{
    gra_tensor *const x = c->in[0], *const mask = c->in[1];
    if (mask->dtype != GRA_BOOL) {
        gra_fail("%s: the mask has dtype %s; it must be bool, as gra_ne_scalar(mask, 0) is",
                 gra_op_name(c->op), gra_dtype_name(mask->dtype));
        return;
    }
    const gra_dtype compute = x->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : x->dtype;
    gra__map map = {
        .count = 3,
        .in = {mask, value, x},
        .dtype = compute,
        .computed = compute,
        .result = x->dtype,
        .out = c->op->inplace ? x : NULL,
        .cond_first = true,
        .row = where_row,
        .loop = (gra__any_loop *)gra__kernels_get()->elementwise->where[compute],
    };
    if (value)
        c->out[0] = gra__map_run(c->op, &map);
}

static void fill_forward(gra_call *c)
{
    const fill_args *const args = c->args;
    run(c, gra_scalar(args->value, c->in[0]->dtype));
}

static void fill_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_masked_fill(g[0], c->in[1], 0);
}

const gra_op gra_op_masked_fill = {
    .schema = "masked_fill(Tensor x, Tensor mask, float value) -> Tensor",
    .forward = fill_forward,
    .vjp = fill_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(fill_args),
};

const gra_op gra_op_masked_fill_ = {
    .schema = "masked_fill_(Tensor(a!) x, Tensor mask, float value) -> Tensor(a!)",
    .forward = fill_forward,
    .vjp = fill_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(fill_args),
    .inplace = true,
};

static void tensor_forward(gra_call *c)
{
    char text[GRA_SHAPE_TEXT];
    gra_tensor *const value = c->in[2];
    if (value->shape.count > 0)
        gra_fail("%s: the value has shape %s; a tensor without dims is needed", gra_op_name(c->op),
                 gra_shape_text(value->shape, text));
    else
        run(c, value);
}

static void tensor_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const mask = c->in[1];
    if (c->needs[0])
        dx[0] = gra_masked_fill(g[0], mask, 0);
    if (c->needs[2])
        dx[2] = gra_sum(gra_where(mask, g[0], gra_scalar(0, g[0]->dtype)));
}

const gra_op gra_op_masked_fill_tensor = {
    .schema = "masked_fill_tensor(Tensor x, Tensor mask, Tensor value) -> Tensor",
    .forward = tensor_forward,
    .vjp = tensor_vjp,
    .saves = GRA_IN(1),
};

const gra_op gra_op_masked_fill_tensor_ = {
    .schema = "masked_fill_tensor_(Tensor(a!) x, Tensor mask, Tensor value) -> Tensor(a!)",
    .forward = tensor_forward,
    .vjp = tensor_vjp,
    .saves = GRA_IN(1),
    .inplace = true,
};

gra_tensor *gra_masked_fill(gra_tensor *x, gra_tensor *mask, double value)
{
    return gra_apply(&gra_op_masked_fill, (gra_tensor *[]){x, mask}, 2, &(fill_args){value});
}

gra_tensor *gra_masked_fill_(gra_tensor *x, gra_tensor *mask, double value)
{
    return gra_apply(&gra_op_masked_fill_, (gra_tensor *[]){x, mask}, 2, &(fill_args){value});
}

gra_tensor *gra_masked_fill_tensor(gra_tensor *x, gra_tensor *mask, gra_tensor *value)
{
    return gra_apply(&gra_op_masked_fill_tensor, (gra_tensor *[]){x, mask, value}, 3, NULL);
}

gra_tensor *gra_masked_fill_tensor_(gra_tensor *x, gra_tensor *mask, gra_tensor *value)
{
    return gra_apply(&gra_op_masked_fill_tensor_, (gra_tensor *[]){x, mask, value}, 3, NULL);
}
