/* check_gradient.c - gra_check_op's checks of an op's rule. */
#include <stdio.h>
#include <string.h>

#include "autograd/checker.h"
#include "autograd/disagreement.h"
#include "core/error.h"
#include "ops/ops.h"

/* The call as a function of its floating-point inputs. */
typedef struct trial {
    const gra__checker *k;
    const gra_sample *s;
    gra_tensor **in;              /* all inputs of the call */
    int which[GRA_SAMPLE_INPUTS]; /* the inputs that the function has */
    gra_tensor *x[GRA_SAMPLE_INPUTS];
    int count;
} trial;

static gra_tensor *evaluate(gra_tensor *const *x, int count, void *context)
{
    const trial *const t = context;
    gra_tensor *in[GRA_SAMPLE_INPUTS] = {0}, *out[GRA__MAX_OUTPUTS];
    memcpy(in, t->in, (size_t)t->s->n_in * sizeof *in);
    for (int i = 0; i < count; i++)
        in[t->which[i]] = x[i];
    const uint64_t seed = gra__check_plainly().seed;
    return gra__check_apply(t->k, t->s, seed, in, out) ? gra__check_joined(t->k, out) : NULL;
}

static trial trial_of(const gra__checker *k, const gra_sample *s, gra_tensor **in)
{
    trial t = {.k = k, .s = s, .in = in};
    for (int i = 0; i < s->n_in; i++) {
        if (!in[i] || !in[i]->requires_grad)
            continue;
        t.which[t.count] = i;
        t.x[t.count++] = in[i];
    }
    return t;
}

/* Says what disagrees; the last input of the second gradient is the gradient of the output. */
static bool disagrees(gra__checker *k, const trial *t, const gra__disagreement *found, bool twice)
{
    char name[64], text[GRA_SHAPE_TEXT];
    const char *who = "the gradient of the output";
    if (found->input < t->count)
        who = gra__check_input_name(k, t->s, t->which[found->input], name, sizeof name);
    return gra__check_wrong(
        k, "of %s at %s it is %.8g by the rule and %.8g by finite differences%s", who,
        gra_shape_text(found->index, text), found->analytical, found->numerical,
        twice ? "; a rule that is differentiated again must be made of ops on c->in, c->out and g"
              : "");
}

static bool agrees(gra__checker *k, const trial *t, bool twice)
{
    gra_gradcheck_options o = gra_gradcheck_defaults();
    o.function = evaluate;
    o.context = (void *)t;
    o.inputs = t->x;
    o.count = t->count;
    o.atol = twice ? 1e-4 : o.atol;
    gra__disagreement found;
    if (gra__gradients_agree(&o, twice, &found))
        return true;
    return found.input >= 0 ? disagrees(k, t, &found, twice) : false;
}

/* Whether the rule works where everything is saved: the hint that .saves is wrong. */
static bool works_with_all_saved(const gra__checker *k, const gra_sample *s)
{
    gra_op all = *k->op;
    gra__checker other = *k;
    gra__run run;
    all.saves = 0;
    for (int i = 0; i < s->n_in && i < 31; i++)
        all.saves |= GRA_IN(i);
    for (int j = 0; j < k->schema->outputs; j++)
        all.saves |= GRA_OUT(j);
    other.op = &all;
    return gra__check_run(&other, s, gra__check_plainly(), &run);
}

/* A rule that fails: the error, and whether what is saved explains it. */
static bool fails(gra__checker *k, const gra_sample *s)
{
    char error[GRA__REASON];
    snprintf(error, sizeof error, "%s", gra_error());
    gra_clear_error();
    k->has_gradient = true;
    const bool saves = k->op->vjp && works_with_all_saved(k, s);
    gra_clear_error();
    k->has_gradient = false;
    return gra__check_wrong(
        k, "the rule fails: %.400s%s", error,
        saves ? "; it works where all inputs and outputs are saved: .saves must name what it reads"
              : "");
}

/* Each input in turn with one of its sizes cut to 1, where the op broadcasts it. */
static bool check_broadcast(gra__checker *k, const gra_sample *s, const gra__run *whole)
{
    for (int i = 0; i < s->n_in; i++) {
        const gra_tensor *const x = s->in[i];
        for (int d = 0; x && d < x->shape.count; d++) {
            if (x->shape.size[d] < 2 || k->op->inplace)
                continue;
            gra_sample cut = *s;
            gra__run run;
            cut.in[i] =
                gra_set_requires_grad(gra_narrow(gra_detach(s->in[i]), d, 0, 1), x->requires_grad);
            const bool fits = gra__check_run(k, &cut, gra__check_plainly(), &run) &&
                              gra_shape_equal(run.out[0]->shape, whole->out[0]->shape);
            gra_clear_error();
            const trial t = fits ? trial_of(k, &cut, run.leaf) : (trial){0};
            if (fits && run.recorded && t.count && !agrees(k, &t, false))
                return false;
        }
    }
    return true;
}

bool gra__check_gradient(gra__checker *k, const gra_sample *s)
{
    gra__run run;
    if (!gra__check_run(k, s, gra__check_plainly(), &run))
        return fails(k, s);
    const trial t = trial_of(k, s, run.leaf);
    if (!run.recorded || !t.count)
        return true;
    return agrees(k, &t, false) && (s->n_in < 2 || check_broadcast(k, s, &run));
}

bool gra__check_second(gra__checker *k, const gra_sample *s)
{
    gra__run run;
    if (!gra__check_run(k, s, gra__check_plainly(), &run))
        return false;
    const trial t = trial_of(k, s, run.leaf);
    return !run.recorded || !t.count || agrees(k, &t, true);
}

bool gra__check_each_alone(gra__checker *k, const gra_sample *s)
{
    gra__run all, one;
    gra__manner how = gra__check_plainly();
    if (!gra__check_run(k, s, how, &all))
        return false;
    for (int i = 0; i < s->n_in; i++) {
        if (!all.dx[i])
            continue;
        how.alone = i;
        if (!gra__check_run(k, s, how, &one))
            return false;
        gra__run expected = all; /* of the others there is no gradient */
        memset(expected.dx, 0, sizeof expected.dx);
        expected.dx[i] = all.dx[i];
        if (!gra__check_same(k, s, &expected, &one, 1e-10, "with one input that needs it, "))
            return false;
    }
    return true;
}
