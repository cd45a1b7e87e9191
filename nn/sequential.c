/* sequential.c - modules one after the other. */
#include "core/error.h"
#include "nn/layers.h"

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const int count = gra_module_child_count(self);
    for (int i = 0; i < count && x; i++)
        x = gra_forward(gra_module_child(self, i), x);
    return x;
}

static const gra_module_class sequential_class = {.name = "Sequential", .forward = forward};

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
        gra_free_objects((void *const *)&modules[i], 1);
    return gra_module_finish(self);
}
