/* prelu.c - the rectifier whose slope below 0 is learned.
 *
 *   y = x > 0 ? x : w x         dy/dx = x > 0 ? 1 : w        dy/dw = x > 0 ? 0 : x
 *
 * w has one element for each channel, dim 1 of x, or one for all.  Forward and both gradients are one
 * pass each; the gradients are ops of their own, so that they can be differentiated again:
 *
 *   prelu_backward:           z = x > 0 ? g : w g        prelu_backward_weight:   z = x > 0 ? 0 : x g
 *
 * Source: He et al., "Delving deep into rectifiers", ICCV 2015.
 */
#include <stdio.h>

#include "core/create.h"
#include "core/error.h"
#include "ops/activate.h"
#include "ops/ops.h"

static void binary_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__binary_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2]);
}

static void ternary_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__where_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2], p[3], s[3]);
}

/* The dtype to compute in: float32 for bfloat16. */
static gra_dtype compute_dtype(const gra_call *c)
{
    return c->in[0]->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : c->in[0]->dtype;
}

/* Runs a map whose inputs, row and loop are given. */
static void run(gra_call *c, gra__map map)
{
    map.dtype = map.computed = compute_dtype(c);
    map.result = c->in[0]->dtype;
    c->out[0] = gra__map_run(c->op, &map);
}

/* w as a view that broadcasts over x, whose channels are dim 1; NULL with an error where their numbers
 * differ. */
static gra_tensor *along_channels(gra_tensor *x, gra_tensor *w)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT], also[32] = "";
    const int64_t channels = x->shape.count > 1 ? x->shape.size[1] : 1;
    if (channels != 1)
        snprintf(also, sizeof also, " or [%lld]", (long long)channels);
    if (w->shape.count > 1 || (w->numel != 1 && w->numel != channels))
        return gra_fail("prelu: weight has shape %s for x of shape %s; [1]%s is needed",
                        gra_shape_text(w->shape, a), gra_shape_text(x->shape, b), also);
    if (w->dtype != x->dtype)
        return gra_fail("prelu: x has dtype %s and weight %s; they must be equal",
                        gra_dtype_name(x->dtype), gra_dtype_name(w->dtype));
    gra_shape shape = x->shape;
    for (int d = 0; d < shape.count; d++)
        shape.size[d] = d == 1 ? w->numel : 1;
    return gra_view(w, shape);
}

/* ---- gradients, of operands that broadcast ---- */

static void backward_forward(gra_call *c)
{
    const gra__activations_table *const table = gra__kernels_get()->activations;
    run(c, (gra__map){.count = 3,
                      .in = {c->in[1], c->in[0], c->in[2]},
                      .row = ternary_row,
                      .loop = (gra__any_loop *)table->prelu_backward[compute_dtype(c)]});
}

static void weight_forward(gra_call *c)
{
    const gra__activations_table *const table = gra__kernels_get()->activations;
    run(c, (gra__map){.count = 2,
                      .in = {c->in[0], c->in[1]},
                      .row = binary_row,
                      .loop = (gra__any_loop *)table->prelu_backward_weight[compute_dtype(c)]});
}

extern const gra_op gra_op_prelu_backward, gra_op_prelu_backward_weight;

static gra_tensor *slope_times(gra_tensor *g, gra_tensor *x, gra_tensor *w)
{
    return gra_apply(&gra_op_prelu_backward, (gra_tensor *[]){g, x, w}, 3, NULL);
}

/* x > 0 ? 0 : a g. */
static gra_tensor *below(gra_tensor *x, gra_tensor *a, gra_tensor *g)
{
    return gra_where(gra_gt_scalar(x, 0), gra_scalar(0, g->dtype), gra_mul(a, g));
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[1];
    if (c->needs[0])
        dx[0] = slope_times(g[0], x, c->in[2]);
    if (c->needs[1])
        dx[1] = gra_zeros_like(x);
    if (c->needs[2])
        dx[2] = below(x, c->in[0], g[0]);
}

const gra_op gra_op_prelu_backward = {
    .schema = "prelu_backward(Tensor g, Tensor x, Tensor weight) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
};

static void weight_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[1];
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], x}, 2, NULL);
    if (c->needs[1])
        dx[1] = below(x, c->in[0], g[0]);
}

const gra_op gra_op_prelu_backward_weight = {
    .schema = "prelu_backward_weight(Tensor g, Tensor x) -> Tensor",
    .forward = weight_forward,
    .vjp = weight_vjp,
};

/* ---- prelu ---- */

static void prelu_forward(gra_call *c)
{
    const gra__activations_table *const table = gra__kernels_get()->activations;
    gra_tensor *const w = along_channels(c->in[0], c->in[1]);
    if (w)
        run(c, (gra__map){.count = 2,
                          .in = {c->in[0], w},
                          .row = binary_row,
                          .loop = (gra__any_loop *)table->prelu[compute_dtype(c)]});
}

static void prelu_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[0], *const w = along_channels(x, c->in[1]);
    if (c->needs[0])
        dx[0] = slope_times(g[0], x, w);
    if (!c->needs[1] || !w)
        return;
    gra_tensor *const all =
        gra_apply(&gra_op_prelu_backward_weight, (gra_tensor *[]){g[0], x}, 2, NULL);
    dx[1] = gra_view(gra_sum_to(all, w->shape), c->in[1]->shape);
}

const gra_op gra_op_prelu = {
    .schema = "prelu(Tensor x, Tensor weight) -> Tensor",
    .forward = prelu_forward,
    .vjp = prelu_vjp,
};

gra_tensor *gra_prelu(gra_tensor *x, gra_tensor *weight)
{
    return gra_apply(&gra_op_prelu, (gra_tensor *[]){x, weight}, 2, NULL);
}
