/* apply.c - calling an op: check the inputs, run its forward, record a node.
 *
 * This is the one place where the graph grows. Autograd reaches an op's rule through node->op->vjp
 * and knows no op by name.
 */
#include <string.h>

#include "error.h"
#include "node.h"
#include "schema.h"
#include "watch.h"

static _Thread_local bool grad_off;

void (*gra__watch)(const gra_op *op, gra__event event);

bool gra_set_grad(bool enabled)
{
    const bool was = !grad_off;
    grad_off = !enabled;
    return was;
}

bool gra_grad_enabled(void)
{
    return !grad_off;
}

static bool inputs_present(const gra_op *op, gra_tensor *const *inputs, int count)
{
    char name[64];
    for (int i = 0; i < count; i++)
        if (!inputs[i] && !gra__schema_optional(op->schema, i)) {
            gra_fail("%s: %s is NULL; a tensor is needed", gra_op_name(op),
                     gra__schema_input(op->schema, i, name, sizeof name));
            return false;
        }
    return true;
}

/* A view whose storage was written by a recorded op since has a history that is no longer true. */
static bool history_is_current(const gra_op *op, const gra_tensor *t)
{
    if (!t || !t->is_view || t->view_version >= t->storage->recorded_version)
        return true;
    gra_fail("%s: a view is used whose tensor was modified in place by %.*s since the view was "
             "made; take the view again after the modification",
             gra_op_name(op), (int)strcspn(t->storage->writer, "("), t->storage->writer);
    return false;
}

static bool may_write(const gra_op *op, const gra_tensor *t, bool recording)
{
    if (t->requires_grad && !t->node && gra_grad_enabled()) {
        gra_fail("%s: a leaf that requires a gradient cannot be modified in place while ops are "
                 "recorded; wrap the call in gra_set_grad(false), or modify a gra_clone of it",
                 gra_op_name(op));
        return false;
    }
    if (t->is_view && recording) {
        gra_fail("%s: a view cannot be modified in place while ops are recorded, as the tensor it "
                 "was made from would not know; modify that tensor, or a gra_clone of the view",
                 gra_op_name(op));
        return false;
    }
    for (int i = 0; i < t->shape.count; i++)
        if (t->stride[i] == 0 && t->shape.size[i] > 1) {
            gra_fail("%s: an expanded tensor cannot be modified in place, as several of its "
                     "elements share memory; take gra_clone(t) first",
                     gra_op_name(op));
            return false;
        }
    return true;
}

static bool outputs_made(const gra_op *op, gra_tensor *const *outputs, int count)
{
    for (int k = 0; k < count; k++)
        if (!outputs[k]) {
            gra_fail("%s: its forward left output %d empty", gra_op_name(op), k);
            return false;
        }
    return true;
}

/* Drops the forward's temporaries; the outputs go to the scope outside. */
static void keep_outputs(int mark, gra_tensor **outputs, int count)
{
    if (gra_mark() <= mark + count)
        return;
    for (int k = 0; k < count; k++)
        gra__retain(outputs[k]);
    gra_release(mark);
    for (int k = 0; k < count; k++)
        outputs[k] = gra__scoped(outputs[k]);
}

static void note_write(const gra_op *op, gra_tensor *t, bool recording)
{
    t->storage->version++;
    t->storage->writer = op->schema;
    if (recording)
        t->storage->recorded_version = t->storage->version;
    t->view_version = t->storage->version;
}

static bool run_forward(gra_call *c, bool recording)
{
    const int mark = gra_mark();
    const bool was = gra_set_grad(gra_grad_enabled() && c->op->composite);
    c->op->forward(c);
    gra_set_grad(was);
    if (gra_error() || !outputs_made(c->op, c->out, c->n_out)) {
        gra_release(mark);
        return false;
    }
    gra_node *node = NULL;
    if (recording && gra_dtype_is_floating(c->out[0]->dtype)) {
        node = gra__node_new(c); /* before the version moves: what is saved is what was read */
        if (!node) {
            gra_release(mark);
            return false;
        }
    }
    if (c->op->inplace)
        note_write(c->op, c->out[0], recording);
    for (int k = 0; node && k < c->n_out; k++)
        if (gra_dtype_is_floating(c->out[k]->dtype))
            gra__node_attach(node, k, c->out[k]);
    gra__release(node);
    keep_outputs(mark, c->out, c->n_out);
    return true;
}

int gra_apply_many(const gra_op *op, gra_tensor *const *inputs, int count, const void *args,
                   gra_tensor **outputs, int output_count)
{
    memset(outputs, 0, (size_t)output_count * sizeof *outputs);
    if (gra_error() || !inputs_present(op, inputs, count))
        return -1;
    if (gra__watch)
        gra__watch(op, GRA__CALLED);
    bool needs[count + 1];
    bool recording = false;
    for (int i = 0; i < count; i++) {
        if (!history_is_current(op, inputs[i]))
            return -1;
        needs[i] = gra_grad_enabled() && !op->composite && inputs[i] && inputs[i]->requires_grad;
        recording |= needs[i];
    }
    if (op->inplace && !may_write(op, inputs[0], recording))
        return -1;
    gra_call call = {
        .op = op,
        .n_in = count,
        .n_out = output_count,
        .in = (gra_tensor **)inputs,
        .out = outputs,
        .needs = needs,
        .args = args,
        .saves = op->saves,
    };
    if (run_forward(&call, recording))
        return 0;
    memset(outputs, 0, (size_t)output_count * sizeof *outputs);
    return -1;
}

gra_tensor *gra_apply(const gra_op *op, gra_tensor *const *inputs, int count, const void *args)
{
    gra_tensor *output;
    return gra_apply_many(op, inputs, count, args, &output, 1) < 0 ? NULL : output;
}

gra_shape gra_call_shape(const gra_call *c, int i)
{
    return c->node ? c->node->edges[i].shape : gra_tensor_shape(c->in[i]);
}

gra_dtype gra_call_dtype(const gra_call *c, int i)
{
    return c->node ? c->node->edges[i].dtype : gra_tensor_dtype(c->in[i]);
}
