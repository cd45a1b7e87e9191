/* saved_tensors.c - pairs of hooks on what nodes save (core/packed.h does the work). */
#include "autograd/saved_tensors.h"

#include "core/error.h"
#include "core/packed.h"

gra_saved_tensor_hooks gra_push_saved_tensor_hooks_defaults(void)
{
    return (gra_saved_tensor_hooks){0};
}

int gra_push_saved_tensor_hooks_with(gra_saved_tensor_hooks hooks)
{
    if (gra_error())
        return -1;
    if (!hooks.pack || !hooks.unpack) {
        gra_fail("gra_push_saved_tensor_hooks: %s is NULL; a function is needed",
                 hooks.pack ? "unpack" : "pack");
        return -1;
    }
    const gra__packing packing = {
        .pack = hooks.pack,
        .unpack = hooks.unpack,
        .drop = hooks.drop,
        .context = hooks.context,
        .of_user = true,
    };
    return gra__packing_push(packing) ? 0 : -1;
}

int gra_pop_saved_tensor_hooks(void)
{
    if (!gra__current_packing || !gra__current_packing->of_user) {
        gra_fail("gra_pop_saved_tensor_hooks: this thread has no saved-tensor hooks");
        return -1;
    }
    gra__packing_pop();
    return 0;
}
