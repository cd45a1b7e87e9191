/* activate.c - activations with parameters: the step between their ops and kernels. */
#include "ops/activate.h"

static void forward_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__activation_loop *)map->loop)(n, p[0], s[0], p[1], s[1], map->parameters);
}

static void backward_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__activation_backward_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2],
                                                 map->parameters);
}

/* bfloat16 is computed in float32. */
static gra_dtype compute_dtype(gra_dtype dtype)
{
    return dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : dtype;
}

void gra__activate(gra_call *c, gra__activation_loop *const *loops, const double p[3])
{
    const gra_dtype dtype = c->in[0]->dtype, compute = compute_dtype(dtype);
    gra__map map = {
        .count = 1,
        .in = {c->in[0]},
        .dtype = compute,
        .computed = compute,
        .result = dtype,
        .out = c->op->inplace ? c->in[0] : NULL,
        .row = forward_row,
        .loop = (gra__any_loop *)loops[compute],
        .parameters = p,
    };
    c->out[0] = gra__map_run(c->op, &map);
}

void gra__activate_backward(gra_call *c, gra__activation_backward_loop *const *loops,
                            const double p[3])
{
    const gra_dtype dtype = gra__result_type(c->in, 2), compute = compute_dtype(dtype);
    gra__map map = {
        .count = 2,
        .in = {c->in[0], c->in[1]},
        .dtype = compute,
        .computed = compute,
        .result = dtype,
        .row = backward_row,
        .loop = (gra__any_loop *)loops[compute],
        .parameters = p,
    };
    c->out[0] = gra__map_run(c->op, &map);
}
