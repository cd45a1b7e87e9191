/* hooks.c - hooks of a leaf hang on the tensor, those of a result on its node, as the handle may go
 * before the backward pass comes. */
#include "autograd/hooks.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/node.h"

static gra_hook **hooks_of(gra_tensor *t)
{
    return t->node ? &t->node->results[t->output].hooks : &t->hooks;
}

int gra_tensor_hook(gra_tensor *t, gra_hook_fn fn, void *context)
{
    if (!t)
        return -1;
    if (!t->requires_grad || !fn) {
        gra_fail("gra_tensor_hook: %s",
                 fn ? "the tensor does not require a gradient" : "the function is NULL");
        return -1;
    }
    gra_hook *const hook = gra__alloc(sizeof *hook);
    if (!hook)
        return -1;
    static int last_id;
    *hook = (gra_hook){.fn = fn, .context = context};
    hook->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
    gra_hook **end = hooks_of(t);
    while (*end)
        end = &(*end)->next;
    *end = hook;
    return hook->id;
}

int gra_remove_hook(gra_tensor *t, int id)
{
    if (!t)
        return -1;
    for (gra_hook **at = hooks_of(t); *at; at = &(*at)->next) {
        gra_hook *const hook = *at;
        if (hook->id != id)
            continue;
        *at = hook->next;
        gra__dealloc(hook, sizeof *hook);
        return 0;
    }
    gra_fail("gra_remove_hook: the tensor has no hook %d", id);
    return -1;
}
