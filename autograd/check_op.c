/* check_op.c - going through the checks of an op, and the verdict. */
#include "autograd/check_op.h"

#include <stdlib.h>
#include <string.h>

#include "autograd/checker.h"
#include "core/error.h"
#include "core/random.h"
#include "core/registry.h"
#include "core/scope.h"

/* The check of the rule comes after that of writes, which would spoil it, and before all that goes
 * backward: where the rule fails, those look at the values only. */
static const struct {
    const char *name;
    gra__check_fn run;
    bool of_gradient;
} checks[] = {
    {"outputs", gra__check_outputs, false},
    {"shared memory", gra__check_memory, false},
    {"writes", gra__check_writes, false},
    {"gradient", gra__check_gradient, true},
    {"each input alone", gra__check_each_alone, true},
    {"second gradient", gra__check_second, true},
    {"same bits twice", gra__check_repeat, false},
    {"threads", gra__check_threads, false},
    {"layouts", gra__check_layouts, false},
    {"empty inputs", gra__check_empty, false},
    {"float32", gra__check_float32, false},
    {"leaks", gra__check_leaks, false},
};

enum { CHECKS = sizeof checks / sizeof checks[0] };

typedef struct verdict {
    FILE *file;
    int count, failed;
    char first[GRA__REASON + 64]; /* the first failure */
} verdict;

static void line(verdict *v, bool fine, const char *name, const char *text)
{
    if (v->file)
        fprintf(v->file, *text ? "  %-5s  %-16s  %s\n" : "  %-5s  %s\n", fine ? "ok" : "WRONG",
                name, text);
    v->count++;
    if (!fine && v->failed++ == 0)
        snprintf(v->first, sizeof v->first, "%s: %s", name, text);
}

/* What went wrong as one text: what the check found, or the error, and the call. */
static void explain(gra__checker *k, const gra_sample *s)
{
    char call[320] = "", text[GRA__REASON];
    snprintf(text, sizeof text, "%s", k->wrong[0] ? k->wrong : gra_error() ? gra_error() : "?");
    gra_clear_error();
    if (s)
        gra__check_describe(k, s, call, sizeof call);
    snprintf(k->wrong, sizeof k->wrong, "%.*s%s%s", (int)(sizeof k->wrong - sizeof call - 8), text,
             s ? ", in " : "", call);
}

static bool run_check(gra__checker *k, gra__check_fn check)
{
    for (int i = 0; i < k->count; i++) {
        const int mark = gra_mark();
        const bool fine = check(k, &k->samples[i]) && !gra_error();
        gra_release(mark);
        if (!fine) {
            explain(k, &k->samples[i]);
            return false;
        }
    }
    return true;
}

static void run_checks(gra__checker *k, verdict *v)
{
    const bool expected = k->has_gradient;
    for (int i = 0; i < CHECKS; i++) {
        k->wrong[0] = k->remark[0] = 0;
        if (checks[i].of_gradient && !k->has_gradient) {
            if (!expected && checks[i].run == gra__check_gradient)
                line(v, true, checks[i].name, "none, as the op has no vjp");
            continue;
        }
        const bool fine = run_check(k, checks[i].run);
        line(v, fine, checks[i].name, fine ? k->remark : k->wrong);
    }
}

static void collect(gra__checker *k, verdict *v)
{
    char text[64];
    const bool fine = gra__check_collect(k);
    snprintf(text, sizeof text, "%d %s", k->count,
             k->sample ? "that the op's author gives" : "made up from the schema");
    if (!fine)
        explain(k, NULL);
    line(v, fine, "calls", fine ? text : k->wrong);
    if (fine)
        run_checks(k, v);
}

static int check(gra__checker *k, FILE *file)
{
    verdict v = {.file = file};
    const int mark = gra_mark();
    const gra_generator_state place = gra_generator_get_state(NULL);
    const bool was = gra_set_grad(true);
    gra_manual_seed(1); /* the same calls in every run */
    if (file)
        fprintf(file, "%s\n", k->op->schema);
    collect(k, &v);
    gra_set_grad(was);
    gra_generator_set_state(NULL, place);
    gra_release(mark);
    free(k->samples);
    if (file && v.failed)
        fprintf(file, "%s: %d of %d checks failed\n", k->schema->name, v.failed, v.count);
    else if (file)
        fprintf(file, "%s: all of %d checks passed\n", k->schema->name, v.count);
    if (v.failed)
        gra_fail("gra_check_op: %s fails %d of %d checks; %s", k->schema->name, v.failed, v.count,
                 v.first);
    return v.failed ? -1 : 0;
}

gra_check_op_options gra_check_op_defaults(void)
{
    return (gra_check_op_options){0};
}

int gra_check_op_with(gra_check_op_options o)
{
    if (gra_error())
        return -1;
    const gra_op *const op = o.op ? o.op : gra_require_op("gra_check_op", o.name);
    const gra__schema *const schema = op ? gra__schema_of(op) : NULL;
    if (!schema)
        return -1;
    gra__checker k = {
        .op = op,
        .schema = schema,
        .sample = o.sample ? o.sample : op->sample,
        .context = o.context,
        .has_gradient = op->vjp || op->composite,
    };
    return check(&k, o.file);
}
