/* apply.c - calling an op: check the inputs, run its forward, record a node.
 *
 * This is the one place where the graph grows. Autograd reaches an op's rule through node->op->vjp
 * and knows no op by name.
 */
#include <string.h>

#include "alloc_cache.h"
#include "anomaly.h"
#include "error.h"
#include "error_path.h"
#include "ffi_call.h"
#include "grad_mode.h"
#include "lines.h"
#include "node.h"
#include "schema.h"
#include "thread_local.h"
#include "watch.h"

GRA__HOT bool gra__inference;
static GRA__HOT bool grad_off;

void (*gra__watch)(const gra__event *event);

bool gra_set_grad(bool enabled)
{
    const bool was = !grad_off;
    grad_off = !enabled;
    return was;
}

bool gra_grad_enabled(void)
{
    return !(grad_off | gra__inference);
}

bool gra_set_inference(bool enabled)
{
    const bool was = gra__inference;
    gra__inference = enabled;
    return was;
}

bool gra_inference_enabled(void)
{
    return gra__inference;
}

static bool inputs_present(const gra_op *op, gra_tensor *const *inputs, int count)
{
    for (int i = 0; i < count; i++) {
        if (inputs[i])
            continue;
        const gra__parameter *const p = gra__schema_input(gra__schema_of(op), i, count);
        if (!p->optional) {
            gra_fail("%s: %s is NULL; a tensor is needed", gra_op_name(op), p->name);
            return false;
        }
    }
    return true;
}

static bool may_write(const gra_op *op, gra_tensor *t, bool recording)
{
    if (t->requires_grad && !t->node && gra_grad_enabled()) {
        gra_fail("%s: a leaf that requires a gradient cannot be modified in place while ops are "
                 "recorded; wrap the call in gra_set_grad(false), or modify a gra_clone of it",
                 gra_op_name(op));
        return false;
    }
    if (t->storage->inference && !gra__inference) {
        gra_fail(
            "%s: an inference tensor cannot be modified in place outside of inference mode, as "
            "its writes are not counted; modify a gra_clone of it",
            gra_op_name(op));
        return false;
    }
    const bool of_history = t->view == GRA__VIEW_OF_HISTORY || (t->base && t->base->requires_grad);
    if (t->view && (recording || (of_history && gra_grad_enabled())) &&
        !gra__view_may_be_written(op, t))
        return false;
    if (!gra__may_overlap(t))
        return true;
    gra_fail("%s: an expanded tensor cannot be modified in place, as several of its elements share "
             "memory; take gra_clone(t) first",
             gra_op_name(op));
    return false;
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
    if (t->storage->inference)
        return;
    t->storage->version++;
    t->storage->writer = op->schema;
    if (recording)
        t->storage->recorded_version = t->storage->version;
}

static bool is_differentiable(const gra_call *c, int k)
{
    return gra_dtype_is_floating(c->out[k]->dtype) &&
           !(k < 31 && (c->op->non_differentiable & GRA_OUT(k)));
}

static bool has_history(const gra_call *c)
{
    for (int k = 0; k < c->n_out; k++)
        if (is_differentiable(c, k))
            return true;
    return false;
}

/* An output that is an input, as it is, becomes a view of it: a node would own itself if it were
 * attached to its own input. */
static bool make_outputs_new(gra_call *c)
{
    for (int k = c->op->inplace ? 1 : 0; k < c->n_out; k++) {
        gra_tensor *const out = c->out[k];
        int i = 0;
        while (i < c->n_in && c->in[i] != out)
            i++;
        if (i < c->n_in && !(c->out[k] = gra__view(out, out->shape, out->stride, out->offset)))
            return false;
    }
    return true;
}

/* Gives the outputs their history, where there is one, and a write its version. False with an error. */
static bool record(gra_call *c, bool recording, int mark)
{
    gra_node *node = NULL; /* made before the version moves: what is saved is what was read */
    recording = recording && has_history(c);
    const bool made = !recording || make_outputs_new(c);
    for (int k = 0; k < c->n_out && made && !c->op->composite; k++)
        if (c->out[k]->view)
            gra__view_settle(c, k, mark);
    if (recording && made)
        node = gra__node_new(c);
    if (c->op->inplace)
        note_write(c->op, c->out[0], recording);
    bool fine = node || !recording;
    for (int k = 0; node && k < c->n_out && fine; k++)
        fine = is_differentiable(c, k) ? gra__node_attach(node, k, c->out[k])
                                       : gra__node_keep_output(node, k, c->out[k]);
    if (node && node->region &&
        c->out[0]->retains_grad) /* what it retains is that of its new value */
        fine = fine && gra__view_renew(c->out[0]);
    gra__release(node);
    return fine;
}

/* The forward alone. In anomaly mode ops within it are not looked at, unless it is made of them. */
static void call_forward(gra_call *c)
{
    const bool was = gra_set_grad(gra_grad_enabled() && c->op->composite);
    const bool inside = gra__anomaly.inside;
    const gra__line line = gra__anomaly.on ? gra__noted_line() : (gra__line){NULL, 0};
    if (!c->op->composite)
        gra__anomaly.inside = true;
    if (c->op->forward)
        c->op->forward(c);
    else
        gra__ffi_forward(c);
    gra__anomaly.inside = inside;
    if (gra__anomaly.on && !c->op->composite)
        gra_note_line(line.file, line.number); /* that of the call, not one of the op's author */
    gra_set_grad(was);
}

static bool run_forward(gra_call *c, bool recording)
{
    const int mark = gra_mark();
    call_forward(c);
    if (gra__failed)
        gra__error_inside("", gra_op_name(c->op));
    if (gra__failed || !outputs_made(c->op, c->out, c->n_out) ||
        (gra__anomaly.forward && !gra__anomaly.inside && !gra__forward_is_sound(c)) ||
        !record(c, recording, mark)) {
        gra_release(mark);
        return false;
    }
    keep_outputs(mark, c->out, c->n_out);
    return !gra__failed;
}

/* Fills needs, and sets recording if one of them is; false with an error. */
static bool look_at_inputs(const gra_op *op, gra_tensor *const *inputs, int count, bool *needs,
                           bool *recording)
{
    const bool records = gra_grad_enabled() && !op->composite;
    for (int i = 0; i < count; i++) {
        if (records && !gra__history_is_current(op->schema, inputs[i]))
            return false;
        needs[i] = records && inputs[i] && inputs[i]->requires_grad;
        *recording |= needs[i];
    }
    return !op->inplace ||
           may_write(op, inputs[0], *recording && gra_dtype_is_floating(inputs[0]->dtype));
}

/* Whether a call agrees with its op's schema, so that no rule reads what is not there. */
static bool call_fits(const gra_op *op, gra_tensor *const *inputs, int count, const void *args,
                      int output_count)
{
    const gra__schema *const s = op ? gra__schema_of(op) : NULL;
    if (!op)
        gra_fail("gra_apply: the op is NULL");
    if (!s)
        return false;
    if (count < s->min_in || count > s->max_in || (count && !inputs))
        gra_fail("%s: %d input tensors were given, which does not fit its schema: %s",
                 gra_op_name(op), inputs ? count : 0, op->schema);
    else if (output_count != s->outputs)
        gra_fail("%s: %d outputs were asked for, which does not fit its schema: %s",
                 gra_op_name(op), output_count, op->schema);
    else if (!args != !s->args_size)
        gra_fail("%s: %s", gra_op_name(op),
                 args ? "arguments were given, but its schema has none that is not a tensor"
                      : "the struct of its arguments is NULL");
    return !gra__failed;
}

int gra_apply_many(const gra_op *op, gra_tensor *const *inputs, int count, const void *args,
                   gra_tensor **outputs, int output_count)
{
    enum { FEW = 32 }; /* inputs; gra_cat may have any number */
    memset(outputs, 0, (size_t)output_count * sizeof *outputs);
    if (gra__failed || !call_fits(op, inputs, count, args, output_count) ||
        !inputs_present(op, inputs, count))
        return -1;
    bool few[FEW], recording = false;
    gra_call call = {
        .op = op,
        .n_in = count,
        .n_out = output_count,
        .in = (gra_tensor **)inputs,
        .out = outputs,
        .args = args,
        .saves = op->saves,
    };
    gra__watch_call(GRA__OP, true, &call);
    bool *const needs = count <= FEW ? few : gra__alloc((size_t)count);
    call.needs = needs;
    const bool fine = needs && look_at_inputs(op, inputs, count, needs, &recording) &&
                      run_forward(&call, recording);
    if (!fine)
        memset(outputs, 0, (size_t)output_count * sizeof *outputs);
    if (needs != few)
        gra__dealloc(needs, (size_t)count);
    gra__watch_call(GRA__OP, false, &call);
    return fine ? 0 : -1;
}

gra_tensor *gra_apply(const gra_op *op, gra_tensor *const *inputs, int count, const void *args)
{
    gra_tensor *output;
    return gra_apply_many(op, inputs, count, args, &output, 1) < 0 ? NULL : output;
}
