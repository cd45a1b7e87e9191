/* module_hooks.c - lists of hooks, and a call of a module that has some.
 *
 * Backward hooks hang on two nodes of an identity, one on each side of what forward records:
 *
 *     x ---> [input] ---> forward ---> [output] ---> y
 *               |                         |
 *               +-------> passage <-------+        owned by the hooks of both nodes
 *
 * The gradient of the output passes first and waits in the passage for that of the input.
 */
#include "nn/module_hooks.h"

#include "autograd/walk.h"
#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/node.h"
#include "core/scope.h"
#include "nn/module_struct.h"
#include "ops/ops.h"

/* One of the functions is set. */
struct gra__module_hook {
    gra_forward_pre_hook_fn forward_pre;
    gra_forward_hook_fn forward;
    gra_backward_pre_hook_fn backward_pre;
    gra_backward_hook_fn backward;
    void *context;
    int id;
    gra__module_hook *next;
};

/* ---- the list ---- */

static int add(const char *op, gra_module *m, gra__module_hook added)
{
    if (!m)
        return -1;
    if (!added.forward_pre && !added.forward && !added.backward_pre && !added.backward) {
        gra_fail("%s: the function is NULL", op);
        return -1;
    }
    gra__module_hook *const hook = gra__alloc(sizeof *hook);
    if (!hook)
        return -1;
    *hook = added;
    hook->id = gra__hook_id();
    gra__module_hook **end = &m->hooks;
    while (*end)
        end = &(*end)->next;
    *end = hook;
    return hook->id;
}

int gra_module_forward_pre_hook(gra_module *m, gra_forward_pre_hook_fn fn, void *context)
{
    return add("gra_module_forward_pre_hook", m,
               (gra__module_hook){.forward_pre = fn, .context = context});
}

int gra_module_forward_hook(gra_module *m, gra_forward_hook_fn fn, void *context)
{
    return add("gra_module_forward_hook", m, (gra__module_hook){.forward = fn, .context = context});
}

int gra_module_backward_pre_hook(gra_module *m, gra_backward_pre_hook_fn fn, void *context)
{
    return add("gra_module_backward_pre_hook", m,
               (gra__module_hook){.backward_pre = fn, .context = context});
}

int gra_module_backward_hook(gra_module *m, gra_backward_hook_fn fn, void *context)
{
    return add("gra_module_backward_hook", m,
               (gra__module_hook){.backward = fn, .context = context});
}

int gra_module_remove_hook(gra_module *m, int id)
{
    if (!m)
        return -1;
    for (gra__module_hook **at = &m->hooks; *at; at = &(*at)->next) {
        gra__module_hook *const hook = *at;
        if (hook->id != id)
            continue;
        *at = hook->next;
        gra__dealloc(hook, sizeof *hook);
        return 0;
    }
    gra_fail("gra_module_remove_hook: the %s has no hook %d", m->type->name, id);
    return -1;
}

void gra__module_hooks_free(gra_module *m)
{
    while (m->hooks) {
        gra__module_hook *const hook = m->hooks;
        m->hooks = hook->next;
        gra__dealloc(hook, sizeof *hook);
    }
}

/* The first hook behind `id` in the order of ids, of those up to `last`; or NULL. Each is looked up
 * again, as the one before may have removed it; those that are added meanwhile wait for the next call. */
static const gra__module_hook *hook_after(const gra_module *m, int id, int last)
{
    const gra__module_hook *hook = m->hooks;
    while (hook && hook->id <= id)
        hook = hook->next;
    return hook && hook->id <= last ? hook : NULL;
}

static int last_id(const gra_module *m)
{
    int id = 0;
    for (const gra__module_hook *hook = m->hooks; hook; hook = hook->next)
        id = hook->id;
    return id;
}

typedef enum stage { FORWARD_PRE, FORWARD, BACKWARD_PRE, BACKWARD } stage;

/* What a hook of this stage makes of its tensor; NULL where it is of another stage or changes nothing. */
static gra_tensor *call_hook(const gra__module_hook *h, stage s, gra_module *m, gra_tensor *t,
                             gra_tensor *other)
{
    switch (s) {
    case FORWARD_PRE: return h->forward_pre ? h->forward_pre(m, t, h->context) : NULL;
    case FORWARD: return h->forward ? h->forward(m, other, t, h->context) : NULL;
    case BACKWARD_PRE: return h->backward_pre ? h->backward_pre(m, t, h->context) : NULL;
    case BACKWARD: return h->backward ? h->backward(m, t, other, h->context) : NULL;
    }
    return NULL;
}

/* Takes t through the hooks of a stage, which are shown `other` beside it. NULL with an error, or where t
 * was NULL and stays it. */
static gra_tensor *through(gra_module *m, stage s, gra_tensor *t, gra_tensor *other)
{
    const int last = last_id(m);
    const gra__module_hook *hook = NULL;
    for (int id = 0; !gra_error() && (hook = hook_after(m, id, last));) {
        id = hook->id;
        gra_tensor *const changed = call_hook(hook, s, m, t, other);
        t = changed ? changed : t;
    }
    return gra_error() ? NULL : t;
}

/* ---- the way back ---- */

/* One call of a module, while its gradient is awaited. */
typedef struct passage {
    gra_object head;
    gra_module *module; /* owned */
    bool has_input;     /* whose gradient will pass as well */
    gra_tensor *dy;     /* owned, during a walk: waits for the gradient of the input */
    gra__ending ending; /* of that walk */
} passage;

static void passage_destroy(void *self)
{
    passage *const p = self;
    gra__not_at_walk_end(&p->ending);
    gra__release(p->dy);
    gra__release(p->module);
    gra__dealloc(p, sizeof *p);
}

static const gra_kind passage_kind = {
    .name = "call of a module", .keeper = "its graph", .destroy = passage_destroy};

static passage *passage_new(gra_module *m)
{
    passage *const p = gra__alloc_zeroed(sizeof *p);
    if (!p)
        return NULL;
    gra__object_init(&p->head, &passage_kind, 0);
    gra__retain(m);
    p->module = m;
    return p;
}

static void forget_gradient(void *context)
{
    passage *const p = context;
    gra__release(p->dy);
    p->dy = NULL;
}

static void pass_output(gra_node *node, gra_tensor **g, void *context)
{
    (void)node;
    passage *const p = context;
    gra_tensor *const dy = through(p->module, BACKWARD_PRE, g[0], NULL);
    if (!dy)
        return;
    g[0] = dy;
    if (!p->has_input) {
        through(p->module, BACKWARD, NULL, dy);
        return;
    }
    forget_gradient(p);
    gra__retain(dy);
    p->dy = dy;
    p->ending.fn = forget_gradient;
    p->ending.context = p;
    gra__at_walk_end(&p->ending);
}

static void pass_input(gra_node *node, gra_tensor **dx, gra_tensor *const *g, void *context)
{
    (void)node, (void)g;
    passage *const p = context;
    gra_tensor *const changed = p->dy ? through(p->module, BACKWARD, dx[0], p->dy) : NULL;
    if (changed)
        dx[0] = changed;
    forget_gradient(p);
}

static void drop_passage(void *context)
{
    gra__release(context);
}

static void identity_forward(gra_call *c)
{
    gra_tensor *const x = c->in[0];
    c->out[0] = gra__view(x, x->shape, x->stride, x->offset);
}

static void identity_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = g[0];
}

static const gra_op input_op = {
    .schema = "module_input(Tensor x) -> Tensor",
    .forward = identity_forward,
    .vjp = identity_vjp,
    .saves = GRA_SAVE_NOTHING,
};

static const gra_op output_op = {
    .schema = "module_output(Tensor y) -> Tensor",
    .forward = identity_forward,
    .vjp = identity_vjp,
    .saves = GRA_SAVE_NOTHING,
};

static gra_tensor *watch_input(passage *p, gra_tensor *x)
{
    gra_tensor *const watched = gra_apply(&input_op, &x, 1, NULL);
    if (!watched)
        return NULL;
    gra__retain(p);
    p->has_input = true;
    const gra__node_hook hook = {.after = pass_input, .drop = drop_passage, .context = p};
    if (gra__node_add_hook(watched->node, hook) >= 0)
        return watched;
    gra__release(p);
    return NULL;
}

/* Puts an identity behind what made y. Where nothing else holds y it keeps its handle, so that what comes
 * next may still write into it. */
static gra_tensor *behind_identity(gra_tensor *y)
{
    if (y->head.refs > 1 || y->view || !y->node)
        return gra_apply(&output_op, &y, 1, NULL);
    const bool needs = true;
    const gra_call c = {.op = &output_op,
                        .n_in = 1,
                        .n_out = 1,
                        .in = &y,
                        .out = &y,
                        .needs = &needs,
                        .saves = GRA_SAVE_NOTHING};
    gra_node *const node = gra__node_new(&c);
    const bool fine = node && gra__node_attach(node, 0, y);
    gra__release(node);
    return fine ? y : NULL;
}

static gra_tensor *watch_output(passage *p, gra_tensor *y)
{
    gra_tensor *const watched = behind_identity(y);
    if (!watched)
        return NULL;
    gra__retain(p);
    const gra__node_hook hook = {.before = pass_output, .drop = drop_passage, .context = p};
    if (gra__node_add_hook(watched->node, hook) >= 0)
        return watched;
    gra__release(p);
    return NULL;
}

/* ---- a call ---- */

static bool has_backward_hooks(const gra_module *m)
{
    const gra__module_hook *hook = m->hooks;
    while (hook && !hook->backward && !hook->backward_pre)
        hook = hook->next;
    return hook != NULL;
}

/* The inputs behind x, NULL where the module has fewer. */
typedef struct others {
    gra_tensor *second, *third;
} others;

static gra_tensor *call_forward(gra_module *m, gra_tensor *x, others in)
{
    return in.third    ? m->type->forward_three(m, x, in.second, in.third)
           : in.second ? m->type->forward_two(m, x, in.second)
                       : m->type->forward(m, x);
}

/* The call with its hooks, watched by p, or by nobody. */
static gra_tensor *call_watched(gra_module *m, gra_tensor *x, others in, passage *p)
{
    x = through(m, FORWARD_PRE, x, NULL);
    gra_tensor *const seen = x && p && gra_tensor_requires_grad(x) ? watch_input(p, x) : x;
    gra_tensor *y = seen ? call_forward(m, seen, in) : NULL;
    y = y ? through(m, FORWARD, y, x) : NULL;
    return y && p && gra_tensor_requires_grad(y) ? watch_output(p, y) : y;
}

gra_tensor *gra__module_call_hooked(gra_module *m, gra_tensor *x, gra_tensor *second,
                                    gra_tensor *third)
{
    passage *const p = gra_grad_enabled() && has_backward_hooks(m) ? passage_new(m) : NULL;
    gra_tensor *const y = call_watched(m, x, (others){second, third}, p);
    gra__release(p);
    return y;
}
