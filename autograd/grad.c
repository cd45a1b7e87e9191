/* grad.c - gra_grad: the gradients of some tensors by others, returned to the caller. */
#include <stdlib.h>
#include <string.h>

#include "autograd/backward.h"
#include "autograd/walk.h"
#include "core/create.h"
#include "core/error.h"
#include "core/error_path.h"
#include "ops/ops.h"

gra_grad_options gra_grad_defaults(void)
{
    return (gra_grad_options){0};
}

gra_grad_many_options gra_grad_many_defaults(void)
{
    return (gra_grad_many_options){0};
}

static gra__target target_of(const gra_tensor *t)
{
    return t->node ? (gra__target){.owner = t->node, .output = t->output}
                   : (gra__target){.owner = t};
}

static bool check_grad_arguments(const gra_grad_many_options *o)
{
    for (int i = 0; i < o->input_count; i++)
        gra__bring_up_to_date(o->inputs[i]);
    for (int i = 0; i < o->output_count + o->input_count; i++) {
        const bool output = i < o->output_count;
        const gra_tensor *const t = output ? o->outputs[i] : o->inputs[i - o->output_count];
        if (t && (output || t->requires_grad))
            continue;
        gra_fail("gra_grad: %s %d %s", output ? "output" : "input",
                 output ? i : i - o->output_count, t ? "does not require a gradient" : "is NULL");
        return false;
    }
    return true;
}

/* Takes the gradients of leaves through their hooks; those of results went through theirs. */
static bool run_leaf_hooks(const gra_grad_many_options *o, const gra__walk *w)
{
    const bool was = gra_set_grad(w->create);
    for (int i = 0; i < o->input_count && !gra_error(); i++) {
        gra_tensor *const leaf = o->inputs[i];
        gra__target *const target = gra__find_target(w, target_of(leaf));
        if (leaf->node || !leaf->hooks || !target->grad || target->hooked)
            continue;
        target->hooked = true;
        gra_tensor *const g = gra__through_hooks(&leaf->hooks, target->grad);
        gra__retain(g);
        gra__release(target->grad);
        target->grad = g;
    }
    gra_set_grad(was);
    return !gra_error();
}

/* Hands what was found to the caller's scope; a tensor may be wanted twice. */
static bool deliver_results(const gra_grad_many_options *o, const gra__walk *w)
{
    for (int i = 0; i < o->input_count; i++) {
        gra_tensor *const grad = gra__find_target(w, target_of(o->inputs[i]))->grad;
        if (!grad && !o->allow_unused) {
            gra_fail(
                "gra_grad: the outputs do not depend on input %d; pass .allow_unused = true to "
                "get zeros for it",
                i);
            return false;
        }
        gra__retain(grad);
        o->results[i] = grad ? gra__scoped(grad) : gra_zeros_like(o->inputs[i]);
        if (!o->results[i])
            return false;
    }
    return true;
}

static bool grad_many(const gra_grad_many_options *o)
{
    gra__target *const targets = calloc((size_t)o->input_count + 1, sizeof *targets);
    if (!targets)
        return gra_fail("gra_grad: out of memory for %d inputs", o->input_count);
    for (int i = 0; i < o->input_count; i++)
        targets[i] = target_of(o->inputs[i]);
    qsort(targets, (size_t)o->input_count, sizeof *targets, gra__by_owner);
    gra__walk w = {
        .targets = targets,
        .target_count = o->input_count,
        .retain = o->retain_graph || o->create_graph,
        .create = o->create_graph,
    };
    const bool fine = gra__walk_run(&w, o->outputs, o->gradients, o->output_count) &&
                      run_leaf_hooks(o, &w) && deliver_results(o, &w);
    for (int i = 0; i < o->input_count; i++)
        gra__release(targets[i].grad);
    free(targets);
    return fine;
}

/* ---- batches of gradients ---- */

/* Whether g is a batch of gradients of y, of `size` of them unless that is negative. */
static bool is_batch(const gra_tensor *g, const gra_tensor *y, int64_t size)
{
    bool fits = g->shape.count == y->shape.count + 1 && (size < 0 || g->shape.size[0] == size);
    for (int d = 0; d < y->shape.count && fits; d++)
        fits = g->shape.size[d + 1] == y->shape.size[d];
    return fits;
}

/* The number of gradients in each batch, or -1 with an error. */
static int64_t batch_size(const gra_grad_many_options *o)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    int64_t size = -1;
    for (int k = 0; k < o->output_count; k++) {
        const gra_tensor *const g = o->gradients ? o->gradients[k] : NULL;
        if (!g)
            gra_fail(
                "gra_grad: .is_grads_batched needs a batch of gradients for each output; that of "
                "output %d is NULL",
                k);
        else if (!is_batch(g, o->outputs[k], size))
            gra_fail(
                "gra_grad: the batch of gradients of output %d has shape %s; the output has shape "
                "%s, which a batch size comes before, the same for all",
                k, gra_shape_text(g->shape, a), gra_shape_text(o->outputs[k]->shape, b));
        if (gra__failed)
            return -1;
        size = g->shape.size[0];
    }
    return size;
}

/* One walk, for gradients `at` of the batches; results go to rows[i * size + at]. */
static bool batch_row(const gra_grad_many_options *o, int64_t at, int64_t size, gra_tensor **lists,
                      gra_tensor **rows)
{
    gra_grad_many_options one = *o;
    gra_tensor **const gradients = lists, **const results = lists + o->output_count;
    for (int k = 0; k < o->output_count; k++)
        gradients[k] = gra_select(o->gradients[k], 0, at);
    one.gradients = gradients;
    one.results = results;
    one.retain_graph = o->retain_graph || at + 1 < size;
    if (gra__failed || !grad_many(&one))
        return false;
    for (int i = 0; i < o->input_count; i++)
        rows[i * size + at] = results[i];
    return true;
}

/* The rows of one input, one after the other. */
static gra_tensor *batch_result(const gra_tensor *input, gra_tensor *const *rows, int64_t size)
{
    if (size > 0)
        return gra_stack(rows, (int)size, 0);
    gra_shape shape = input->shape;
    memmove(shape.size + 1, shape.size, (size_t)shape.count * sizeof *shape.size);
    shape.size[0] = 0;
    shape.count++;
    return gra_zeros(shape, .dtype = input->dtype);
}

static bool grad_batched(const gra_grad_many_options *o)
{
    const int64_t size = batch_size(o);
    if (size < 0)
        return false;
    const size_t inputs = (size_t)o->input_count, outputs = (size_t)o->output_count;
    gra_tensor **const lists = calloc(outputs + inputs + inputs * (size_t)size + 1, sizeof *lists);
    if (!lists)
        return gra_fail("gra_grad: out of memory for %lld gradients", (long long)size);
    gra_tensor **const rows = lists + outputs + inputs;
    const bool was = gra_set_grad(o->create_graph);
    bool fine = true;
    for (int64_t at = 0; at < size && fine; at++)
        fine = batch_row(o, at, size, lists, rows);
    for (int i = 0; i < o->input_count && fine; i++)
        fine = (o->results[i] = batch_result(o->inputs[i], rows + i * size, size)) != NULL;
    gra_set_grad(was);
    free(lists);
    return fine;
}

/* ---- the functions ---- */

static void forget_results(const gra_grad_many_options *o)
{
    for (int i = 0; i < o->input_count; i++)
        o->results[i] = NULL;
}

static bool lists_are_given(const gra_grad_many_options *o)
{
    const char *const missing = o->output_count > 0 && !o->outputs  ? "outputs"
                                : o->input_count > 0 && !o->inputs  ? "inputs"
                                : o->input_count > 0 && !o->results ? "results"
                                                                    : NULL;
    if (missing)
        gra_fail("gra_grad: the list of %s is NULL", missing);
    return !missing;
}

int gra_grad_many_with(gra_grad_many_options o)
{
    if (!lists_are_given(&o))
        return -1;
    forget_results(&o);
    if (gra__failed || !gra__histories_are_current(o.outputs, o.output_count) ||
        !check_grad_arguments(&o))
        return -1;
    if (o.is_grads_batched ? grad_batched(&o) : grad_many(&o))
        return 0;
    forget_results(&o);
    return -1;
}

gra_tensor *gra_grad_with(gra_grad_options o)
{
    gra_tensor *result;
    gra_grad_many_with((gra_grad_many_options){
        .outputs = &o.output,
        .output_count = 1,
        .inputs = &o.input,
        .input_count = 1,
        .results = &result,
        .gradients = &o.gradient,
        .retain_graph = o.retain_graph,
        .create_graph = o.create_graph,
        .allow_unused = o.allow_unused,
        .is_grads_batched = o.is_grads_batched,
    });
    return result;
}
