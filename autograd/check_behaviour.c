/* check_behaviour.c - gra_check_op's checks of what a call does, but for its gradient's value. */
#include <stdio.h>
#include <string.h>

#include "autograd/backward.h"
#include "autograd/checker.h"
#include "core/create.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/ops.h"

/* Copies of a call's inputs, which the op may write. */
static bool copies(const gra_sample *s, gra_tensor **in)
{
    for (int i = 0; i < s->n_in; i++)
        in[i] = s->in[i] ? gra__row_major_copy(gra_detach(s->in[i]), s->in[i]->dtype) : NULL;
    return !gra_error();
}

/* ---- outputs ---- */

bool gra__check_outputs(gra__checker *k, const gra_sample *s)
{
    enum { BEYOND = 4 };
    static char mark;
    const int count = k->schema->outputs;
    gra_tensor *in[GRA_SAMPLE_INPUTS], *out[GRA__MAX_OUTPUTS + BEYOND];
    for (int j = 0; j < BEYOND; j++)
        out[count + j] = (gra_tensor *)(void *)&mark;
    if (!copies(s, in) || gra_apply_many(k->op, in, s->n_in, s->args, out, count) < 0)
        return false;
    for (int j = 0; j < BEYOND; j++)
        if (out[count + j] != (gra_tensor *)(void *)&mark)
            return gra__check_wrong(
                k, "its forward wrote output %d; outputs are counted from 0, and the schema has %d",
                count + j, count);
    return true;
}

/* ---- memory ---- */

static char letter_of(const gra__checker *k, const gra_sample *s, int i)
{
    const gra__parameter *const p = gra__schema_input(k->schema, i, s->n_in);
    return p ? p->alias.letter : 0;
}

static bool share(const gra_tensor *a, const gra_tensor *b)
{
    return a && b && a->storage == b->storage && a->numel && b->numel;
}

static bool check_output_memory(gra__checker *k, const gra_sample *s, gra_tensor **in,
                                gra_tensor **out, int j)
{
    char name[64];
    const gra__alias_mark alias = k->schema->output_alias[j];
    for (int i = 0; i < s->n_in; i++) {
        const char letter = letter_of(k, s, i);
        gra__check_input_name(k, s, i, name, sizeof name);
        if (share(out[j], in[i]) && (!letter || letter != alias.letter))
            return gra__check_wrong(k,
                                    "output %d lies in the memory of %s, which the schema does not "
                                    "say; return a gra_clone, or write Tensor(a) for both",
                                    j, name);
        if (alias.written && letter == alias.letter && in[i] && out[j] != in[i])
            return gra__check_wrong(
                k, "output %d is another tensor than %s, which the schema says it is", j, name);
    }
    for (int other = 0; other < j; other++)
        if (share(out[j], out[other]) &&
            (!alias.letter || alias.letter != k->schema->output_alias[other].letter))
            return gra__check_wrong(
                k, "outputs %d and %d share memory, which the schema does not say", other, j);
    return true;
}

bool gra__check_memory(gra__checker *k, const gra_sample *s)
{
    gra_tensor *in[GRA_SAMPLE_INPUTS], *out[GRA__MAX_OUTPUTS];
    const bool was = gra_set_grad(false);
    bool fine =
        copies(s, in) && gra_apply_many(k->op, in, s->n_in, s->args, out, k->schema->outputs) == 0;
    gra_set_grad(was);
    for (int j = 0; j < k->schema->outputs && fine; j++)
        fine = check_output_memory(k, s, in, out, j);
    return fine;
}

/* ---- writes ---- */

static bool is_unchanged(gra__checker *k, const gra_sample *s, int i, const gra_tensor *was,
                         const gra_tensor *is)
{
    char name[64];
    gra__check_input_name(k, s, i, name, sizeof name);
    for (int64_t e = 0; e < is->numel; e++)
        if (memcmp((char *)gra__ptr(is) + e * (int64_t)gra_dtype_size(is->dtype),
                   (char *)gra__ptr(was) + e * (int64_t)gra_dtype_size(is->dtype),
                   gra_dtype_size(is->dtype)) != 0)
            return gra__check_wrong(
                k,
                "%s is written, which the schema does not say: its element %lld "
                "was %.9g and is %.9g; work on a gra_clone, or write Tensor(a!)",
                name, (long long)e, gra__load(was, e), gra__load(is, e));
    return true;
}

/* What a call copies and goes backward from; the leaves hold what the op was given. */
/* The gradient of output j, which other rules may be handed as well. */
static bool is_untouched(gra__checker *k, int j, const gra_tensor *was, const gra_tensor *is)
{
    for (int64_t e = 0; e < is->numel; e++)
        if (gra__load(was, e) != gra__load(is, e))
            return gra__check_wrong(k,
                                    "the rule writes the gradient of output %d, which others read "
                                    "too: its element %lld was %.9g and is %.9g; work on a "
                                    "gra_clone",
                                    j, (long long)e, gra__load(was, e), gra__load(is, e));
    return true;
}

/* One call of the op, of which in receives the inputs and out the outputs. */
static void call_recorded(gra__checker *k, const gra_sample *s, gra_tensor **in, gra_tensor **out)
{
    for (int i = 0; i < s->n_in; i++)
        if (gra__check_differentiates(s, i))
            gra_requires_grad(in[i]);
    const bool was = gra_set_grad(true);
    gra__check_apply(k, s, 1, in, out);
    gra_set_grad(was);
}

static bool rule_keeps_gradients(gra__checker *k, const gra_sample *s)
{
    enum { ALL = GRA__MAX_OUTPUTS };
    gra_tensor *in[GRA_SAMPLE_INPUTS], *out[ALL] = {0}, *outputs[ALL], *g[ALL];
    gra_tensor *inputs[GRA_SAMPLE_INPUTS], *dx[GRA_SAMPLE_INPUTS];
    int which[ALL], n_in = 0, n_out = 0;
    if (!k->has_gradient || !copies(s, in))
        return !gra_error();
    call_recorded(k, s, in, out);
    for (int i = 0; i < s->n_in; i++)
        if (in[i] && in[i]->requires_grad)
            inputs[n_in++] = in[i];
    for (int j = 0; j < k->schema->outputs; j++)
        if (out[j] && out[j]->requires_grad) {
            outputs[n_out] = out[j];
            which[n_out] = j;
            g[n_out++] = gra_full_like(out[j], 0.75);
        }
    gra_grad_many(outputs, n_out, inputs, n_in, dx, g, .allow_unused = true);
    gra_clear_error(); /* of the rule, which the next check tells */
    bool fine = true;
    for (int n = 0; n < n_out && fine; n++)
        fine = is_untouched(k, which[n], gra_full_like(g[n], 0.75), g[n]);
    return fine;
}

bool gra__check_writes(gra__checker *k, const gra_sample *s)
{
    gra__run run;
    gra_tensor *before[GRA_SAMPLE_INPUTS];
    char args[1024];
    const size_t size = k->schema->args_size < sizeof args ? k->schema->args_size : sizeof args;
    if (s->args)
        memcpy(args, s->args, size);
    if (!copies(s, before))
        return false;
    if (!gra__check_run(k, s, gra__check_plainly(), &run))
        gra_clear_error(); /* of the rule, which the next check tells */
    for (int i = 0; i < s->n_in; i++)
        if (before[i] && run.leaf[i] && !gra__check_is_written(k, s, i) &&
            !is_unchanged(k, s, i, before[i], run.leaf[i]))
            return false;
    if (!rule_keeps_gradients(k, s))
        return false;
    return !s->args || !memcmp(args, s->args, size) ||
           gra__check_wrong(k, "its struct of arguments is written, which is only to be read");
}

/* ---- the same again ---- */

bool gra__check_repeat(gra__checker *k, const gra_sample *s)
{
    gra__manner how = gra__check_plainly();
    gra__run first, second, other;
    if (!gra__check_run(k, s, how, &first) || !gra__check_run(k, s, how, &second) ||
        !gra__check_same(k, s, &first, &second, 0, ""))
        return false;
    how.seed++;
    if (!gra__check_run(k, s, how, &other))
        return false;
    if (!gra__check_same(k, s, &first, &other, 0, "")) {
        k->random = true;
        k->wrong[0] = 0;
        gra__check_remark(k, "the op draws random numbers");
    }
    return true;
}

bool gra__check_threads(gra__checker *k, const gra_sample *s)
{
    gra__run one, two;
    const int was = gra_threads();
    gra_set_threads(1);
    bool fine = gra__check_run(k, s, gra__check_plainly(), &one);
    gra_set_threads(2);
    fine = fine && gra__check_run(k, s, gra__check_plainly(), &two);
    gra_set_threads(was);
    return fine && gra__check_same(k, s, &one, &two, 0, "with one thread and with two, ");
}

/* ---- other inputs ---- */

static gra_tensor *transposed(gra_tensor *x)
{
    return x->shape.count < 2 ? x : gra_transpose(gra_contiguous(gra_transpose(x, -1, -2)), -1, -2);
}

static gra_tensor *strided(gra_tensor *x)
{
    return gra_select(gra_stack((gra_tensor *[]){x, x}, 2, -1), -1, 0);
}

static gra_tensor *channels_last(gra_tensor *x)
{
    return x->shape.count == 4 ? gra_to_channels_last(x) : x;
}

/* An error is a refusal, which is the op's right. */
static bool refused(gra__checker *k, const char *what)
{
    gra__check_remark(k, "it refuses %s: %.300s", what, gra_error());
    gra_clear_error();
    return true;
}

bool gra__check_layouts(gra__checker *k, const gra_sample *s)
{
    static const struct {
        const char *name, *what;
        gra_tensor *(*arrange)(gra_tensor *x);
    } layouts[] = {
        {"transposed inputs", "row-major and with transposed inputs, ", transposed},
        {"strided inputs", "row-major and with strided inputs, ", strided},
        {"channels-last inputs", "row-major and with channels-last inputs, ", channels_last},
    };
    gra__manner how = gra__check_plainly();
    gra__run plain, other;
    if (!gra__check_run(k, s, how, &plain))
        return false;
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
        how.arrange = layouts[l].arrange;
        if (!gra__check_run(k, s, how, &other))
            refused(k, layouts[l].name);
        else if (!k->random && !gra__check_same(k, s, &plain, &other, 1e-10, layouts[l].what))
            return false;
    }
    return true;
}

/* A call whose sizes of `size` are all 0; false where it has none. */
static bool emptied(const gra_sample *s, int64_t size, gra_sample *empty)
{
    bool any = false;
    *empty = *s;
    for (int i = 0; i < s->n_in; i++) {
        gra_tensor *x = s->in[i];
        for (int d = 0; x && d < x->shape.count; d++) {
            if (x->shape.size[d] != size)
                continue;
            x = gra_narrow(gra_detach(x), d, 0, 0);
            any = true;
        }
        if (x != s->in[i])
            empty->in[i] = gra_set_requires_grad(gra_clone(x), s->in[i]->requires_grad);
    }
    return any;
}

/* The call without elements; where the op takes it, the rule must as well. */
static bool check_one_empty(gra__checker *k, const gra_sample *empty)
{
    gra__run run;
    gra__checker forward = *k;
    forward.has_gradient = false;
    if (!gra__check_run(&forward, empty, gra__check_plainly(), &run))
        return refused(k, "empty inputs");
    return gra__check_run(k, empty, gra__check_plainly(), &run);
}

bool gra__check_empty(gra__checker *k, const gra_sample *s)
{
    bool fine = true;
    for (int i = 0; i < s->n_in; i++)
        for (int d = 0; s->in[i] && d < s->in[i]->shape.count && fine; d++) {
            gra_sample empty;
            if (emptied(s, s->in[i]->shape.size[d], &empty))
                fine = check_one_empty(k, &empty);
        }
    return fine;
}

bool gra__check_float32(gra__checker *k, const gra_sample *s)
{
    gra__manner how = gra__check_plainly();
    gra__run wide, narrow;
    if (!gra__check_run(k, s, how, &wide))
        return false;
    how.dtype = GRA_FLOAT32;
    if (!gra__check_run(k, s, how, &narrow))
        return refused(k, "float32");
    return gra__check_same(k, s, &wide, &narrow, 1e-3, "in float64 and in float32, ");
}

bool gra__check_leaks(gra__checker *k, const gra_sample *s)
{
    gra__run run;
    int64_t live[2] = {0, 0};
    for (int turn = 0; turn < 2; turn++) { /* the first may fill caches */
        const int mark = gra_mark();
        live[0] = gra_live();
        const bool fine = gra__check_run(k, s, gra__check_plainly(), &run);
        gra_release(mark);
        live[1] = gra_live();
        if (!fine)
            return false;
    }
    return live[0] == live[1] ||
           gra__check_wrong(k, "%lld objects are left after a call: what it keeps it must free",
                            (long long)(live[1] - live[0]));
}
