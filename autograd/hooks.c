/* hooks.c - hooks of a leaf hang on the tensor, those of a result on its node, as the handle may go
 * before the backward pass comes. */
#include "autograd/hooks.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/node.h"

static gra_hook **hooks_of(gra_tensor *t)
{
    gra__bring_up_to_date(t);
    return t->node ? &t->node->results[t->output].hooks : &t->hooks;
}

static int add(const char *op, gra_tensor *t, gra_hook added)
{
    if (!t)
        return -1;
    gra__bring_up_to_date(t);
    if (!t->requires_grad || (!added.fn && !added.after)) {
        gra_fail("%s: %s", op,
                 t->requires_grad ? "the function is NULL"
                                  : "the tensor does not require a gradient");
        return -1;
    }
    gra_hook *const hook = gra__alloc(sizeof *hook);
    if (!hook)
        return -1;
    *hook = added;
    hook->id = gra__hook_id();
    gra_hook **end = hooks_of(t);
    while (*end)
        end = &(*end)->next;
    *end = hook;
    return hook->id;
}

int gra_tensor_hook(gra_tensor *t, gra_hook_fn fn, void *context)
{
    return add("gra_tensor_hook", t, (gra_hook){.fn = fn, .context = context});
}

int gra_post_accumulate_hook(gra_tensor *leaf, gra_post_accumulate_fn fn, void *context)
{
    gra__bring_up_to_date(leaf);
    if (leaf && leaf->node) {
        gra_fail(
            "gra_post_accumulate_hook: the tensor is the result of %s, and only a leaf collects "
            "a gradient; gra_tensor_hook looks at that of a result",
            gra_op_name(leaf->node->op));
        return -1;
    }
    return add("gra_post_accumulate_hook", leaf, (gra_hook){.after = fn, .context = context});
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
