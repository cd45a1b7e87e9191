/* sequential.c - modules one after the other.
 *
 * A convolution and the rectifier behind it are run as one, which saves a pass over the result: the
 * same numbers, and nobody sees what lies between them.
 */
#include "core/error.h"
#include "core/scope.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "nn/module_struct.h"

/* Runs child i, or children i and i + 1 as one; returns how many. */
static int run_next(gra_module *self, int i, int count, gra_tensor **x)
{
    gra_module *const child = gra_module_child(self, i);
    const bool fused = i + 1 < count && gra_module_is(child, &gra__conv2d_class) &&
                       gra_module_is(gra_module_child(self, i + 1), &gra__relu_class) &&
                       !gra__module_is_observed();
    *x = fused ? gra__forward_by(child, gra__conv2d_relu_forward, *x) : gra_forward(child, *x);
    return fused ? 2 : 1;
}

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const int count = gra_module_child_count(self), mark = gra_mark();
    for (int i = 0; i < count && x;) {
        i += run_next(self, i, count, &x);
        x = gra_release_keep(mark, x); /* what the layer before it gave is needed no longer */
    }
    return x;
}

static const gra_module_class sequential_class = {.name = "Sequential", .forward = forward};

/* Whether modules[i] is among those from `first` on already. */
static bool stands_before(gra_module *const *modules, int first, int i)
{
    while (first < i && modules[first] != modules[i])
        first++;
    return first < i;
}

gra_module *gra_sequential_of(gra_module *const *modules, int count)
{
    gra_module *const self = gra_module_new(&sequential_class, 0);
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
