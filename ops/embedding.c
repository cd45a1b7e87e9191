/* embedding.c - rows of a table, looked up by indices.
 *
 *   y[.., d] = w[x[..], d]              dw[i, d] = sum of g[.., d] over x[..] = i
 *
 * The row padding_idx gets no gradient; with scale_grad_by_freq each row's gradient is divided by how
 * often it was looked up.  The gradient is dense.
 */
#include <stdio.h>

#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/indices.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t padding_idx; /* -1: none */
    bool scale_grad_by_freq;
} embedding_args;

static void embedding_forward(gra_call *c)
{
    const embedding_args *const args = c->args;
    gra_tensor *const w = c->in[0], *const x = c->in[1];
    char text[GRA_SHAPE_TEXT], range[GRA_RANGE_TEXT];
    if (w->shape.count != 2) {
        gra_fail("embedding: weight has shape %s; [rows, features] is needed",
                 gra_shape_text(w->shape, text));
        return;
    }
    if (args->padding_idx < -1 || args->padding_idx >= w->shape.size[0]) {
        gra_fail("embedding: padding_idx %lld is out of range for %lld rows",
                 (long long)args->padding_idx, (long long)w->shape.size[0]);
        return;
    }
    snprintf(range, sizeof range, "%lld rows", (long long)w->shape.size[0]);
    gra_tensor *const index = gra__indices("embedding", x, w->shape.size[0], range);
    if (!index)
        return;
    gra_tensor *const flat = gra__reshaped("embedding", index, GRA_SHAPE(index->numel));
    gra_tensor *const y = flat ? gra_index_select(w, 0, flat) : NULL;
    c->out[0] = y ? gra__reshaped("embedding", y,
                                  gra__shape_inserted(x->shape, x->shape.count, w->shape.size[1]))
                  : NULL;
}

/* For each element of a vector of indices below `rows`, how often it stands there; as a column. */
static gra_tensor *frequencies(gra_tensor *index, int64_t rows, gra_dtype dtype)
{
    gra_tensor *const packed = gra__packed(index, GRA_INT64);
    gra_tensor *const counts = gra__zeros("embedding", GRA_SHAPE(rows), GRA_INT64);
    if (!packed || !counts)
        return NULL;
    const int64_t *const row = gra__ptr(packed);
    int64_t *const count = gra__ptr(counts);
    for (int64_t i = 0; i < packed->numel && !gra__dry_run(); i++)
        count[row[i]]++;
    return gra_to(gra_unsqueeze(gra_index_select(counts, 0, packed), 1), dtype);
}

extern const gra_op gra_op_index_select_backward;

typedef struct {
    gra_shape shape;
    int64_t dim;
} select_backward_args;

static void embedding_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const embedding_args *const args = c->args;
    const gra_shape shape = gra_call_shape(c, 0);
    gra_tensor *const index = gra_reshape(c->in[1], GRA_SHAPE(c->in[1]->numel));
    gra_tensor *rows = gra_reshape(g[0], GRA_SHAPE(c->in[1]->numel, shape.size[1]));
    if (args->padding_idx >= 0)
        rows = gra_masked_fill(
            rows, gra_unsqueeze(gra_eq_scalar(index, (double)args->padding_idx), 1), 0);
    if (args->scale_grad_by_freq && index)
        rows = gra_div(rows, frequencies(index, shape.size[0], g[0]->dtype));
    if (c->needs[0])
        dx[0] = gra_apply(&gra_op_index_select_backward, (gra_tensor *[]){rows, index}, 2,
                          &(select_backward_args){shape, 0});
}

const gra_op gra_op_embedding = {
    .schema = "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool "
              "scale_grad_by_freq=False) -> Tensor",
    .forward = embedding_forward,
    .vjp = embedding_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(embedding_args),
};

gra_embedding_options gra_embedding_defaults(void)
{
    return (gra_embedding_options){.padding_idx = GRA_NO_INDEX};
}

gra_tensor *gra_embedding_with(gra_embedding_options o)
{
    int64_t padding = o.padding_idx;
    if (padding == GRA_NO_INDEX)
        padding = -1;
    else if (padding < 0 && o.weight && o.weight->shape.count == 2) {
        padding += o.weight->shape.size[0];
        if (padding < 0)
            return gra_error()
                       ? NULL
                       : gra_fail("embedding: padding_idx %lld is out of range for %lld rows",
                                  (long long)o.padding_idx, (long long)o.weight->shape.size[0]);
    }
    return gra_apply(&gra_op_embedding, (gra_tensor *[]){o.weight, o.input}, 2,
                     &(embedding_args){padding, o.scale_grad_by_freq});
}
