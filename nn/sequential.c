/* sequential.c - modules one after the other.
 *
 * A convolution, the rectifier behind it and the maximum pooling behind that are run as one, which saves
 * passes over the results and the memory of what lies between: the same numbers. What a fused rectifier gave is
 * kept for the backward pass, so it cannot be written in place afterwards, as behind any rectifier.
 */
#include "autograd/checkpoint.h"
#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/error_path.h"
#include "core/op.h"
#include "core/scope.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "nn/module_struct.h"

enum { MOST = 3 }; /* modules that are run as one */

/* What runs the modules at the head of a list as one. */
typedef struct fusion {
    const gra_module_class *classes[MOST + 1]; /* ends with NULL */
    gra__fused_fn run;
    bool (*fits)(gra_module *const *modules, gra_tensor *x); /* NULL: always */
} fusion;

static const fusion fusions[] = {
    {{&gra__conv2d_class, &gra__relu_class, &gra__max_pool2d_class},
     gra__conv2d_relu_pool_forward,
     gra__conv2d_relu_pool_fits},
    {{&gra__conv2d_class, &gra__relu_class}, gra__conv2d_relu_forward, NULL},
};

/* How many of the modules the fusion takes, 0 where they are others or have hooks, which look at each. */
static int taken(const fusion *f, gra_module *const *modules, int count)
{
    int i = 0;
    for (; f->classes[i]; i++)
        if (i == count || !gra_module_is(modules[i], f->classes[i]) || modules[i]->hooks)
            return 0;
    return i;
}

/* Runs the first module of a list, or as many as there is a fusion for; returns how many. */
static int run_next(gra_module *const *modules, int count, gra_tensor **x)
{
    for (size_t i = 0; i < sizeof fusions / sizeof *fusions && !gra__module_is_observed(); i++) {
        const fusion *const f = &fusions[i];
        const int together = taken(f, modules, count);
        if (!together || (f->fits && !f->fits(modules, *x)))
            continue;
        *x = gra__forward_fused(modules, f->run, *x);
        return together;
    }
    *x = gra_forward(modules[0], *x);
    return 1;
}

/* Runs the children from `first` on, before `end`. */
static gra_tensor *run_children(gra_module *self, int first, int end, gra_tensor *x)
{
    const int mark = gra_mark();
    for (int i = first; i < end && x;) {
        gra_module *next[MOST];
        int known = 0;
        for (; known < MOST && i + known < end; known++)
            next[known] = gra_module_child(self, i + known);
        i += run_next(next, known, &x);
        x = gra_release_keep(mark, x); /* what the layer before it gave is needed no longer */
    }
    return x;
}

/* ---- segments that are run again in the backward pass ---- */

typedef struct sequential {
    int segments; /* all but the last are checkpoints; 0: none is */
} sequential;

typedef struct segment {
    gra_module *self; /* owned */
    int first, end;   /* children */
    bool ran;         /* once already */
    char path[256];   /* of the Sequential, for errors when it runs again */
} segment;

static gra_tensor *run_segment(gra_tensor *const *inputs, int count, void *context)
{
    (void)count;
    segment *const s = context;
    gra__path entry;
    if (s->ran)
        gra__path_push(&entry, s->path);
    gra_tensor *const y = run_children(s->self, s->first, s->end, inputs[0]);
    if (s->ran)
        gra__path_pop();
    s->ran = true;
    return y;
}

static void drop_segment(void *context)
{
    segment *const s = context;
    gra__release(s->self);
    gra__dealloc(s, sizeof *s);
}

static gra_tensor *checkpoint_children(gra_module *self, int first, int end, gra_tensor *x)
{
    segment *const s = gra__alloc_zeroed(sizeof *s);
    if (!s)
        return NULL;
    gra__retain(self);
    s->self = self;
    s->first = first;
    s->end = end;
    gra__path_text(s->path, sizeof s->path);
    return gra_checkpoint(run_segment, &x, 1, s, .drop = drop_segment);
}

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const sequential *const q = gra_module_data(self);
    const int count = gra_module_child_count(self), mark = gra_mark();
    int first = 0;
    for (int i = 1; i < q->segments && x && gra_grad_enabled(); i++) {
        const int end = first + count / q->segments;
        x = gra_release_keep(mark, checkpoint_children(self, first, end, x));
        first = end;
    }
    return run_children(self, first, count, x);
}

static const gra_module_class sequential_class = {.name = "Sequential", .forward = forward};

gra_module *gra_checkpoint_sequential(gra_module *m, int segments)
{
    if (!m || gra_error())
        return NULL;
    if (!gra_module_is(m, &sequential_class))
        return gra_fail("gra_checkpoint_sequential: the module is a %s; a Sequential is needed",
                        gra_module_class_name(m));
    const int count = gra_module_child_count(m);
    if (segments < 0 || segments > count)
        return gra_fail(
            "gra_checkpoint_sequential: %d segments of %d modules are not possible; 0 to "
            "%d are, 0 or 1 for no checkpoint",
            segments, count, count);
    ((sequential *)gra_module_data(m))->segments = segments;
    return m;
}

/* Whether modules[i] is among those from `first` on already. */
static bool stands_before(gra_module *const *modules, int first, int i)
{
    while (first < i && modules[first] != modules[i])
        first++;
    return first < i;
}

gra_module *gra_sequential_of(gra_module *const *modules, int count)
{
    gra_module *const self = gra_module_new(&sequential_class, sizeof(sequential));
    int added = 0;
    for (; self && added < count && !gra_error(); added++) {
        char name[16];
        snprintf(name, sizeof name, "%d", added);
        if (modules[added])
            gra_module_add(self, name, modules[added]);
        else
            gra_fail("Sequential: layer %d is NULL; a module is needed", added);
    }
    for (int i = added; i < count; i++) /* an error is pending */
        if (!stands_before(modules, added, i))
            gra_free_objects((void *const *)&modules[i], 1);
    return gra_module_finish(self);
}
