/* module.c - making, joining and running modules. */
#include "nn/module.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/error_path.h"
#include "core/scope.h"
#include "nn/module_struct.h"

static _Thread_local gra__observer *observer;

void *gra__grown(void *array, int count, size_t element)
{
    if (count & (count - 1)) /* neither 0 nor a power of two: there is room */
        return array;
    void *const moved = realloc(array, (size_t)(count ? 2 * count : 1) * element);
    return moved ? moved : gra_fail("out of memory for a list of %d entries", count + 1);
}

/* ---- life cycle ---- */

static void module_destroy(void *self)
{
    gra_module *const m = self;
    gra__module_hooks_free(m);
    if (m->type->destroy)
        m->type->destroy(m);
    for (int i = 0; i < m->child_count; i++) {
        gra__release(m->children[i].module);
        free(m->children[i].name);
    }
    for (int i = 0; i < m->member_count; i++) {
        gra__release(m->members[i].tensor);
        free(m->members[i].name);
    }
    free(m->children);
    free(m->members);
    gra__dealloc(m, m->bytes);
}

static const gra_kind module_kind = {
    .name = "module",
    .keeper = "the module that contains it",
    .destroy = module_destroy,
};

gra_module *gra_module_new(const gra_module_class *type, size_t data_size)
{
    if (gra_error())
        return NULL;
    if (!type)
        return gra_fail("gra_module_new: the class is NULL");
    if (data_size > SIZE_MAX / 2)
        return gra_fail("gra_module_new: %zu bytes of data are more than there can be", data_size);
    const size_t bytes = sizeof(gra_module) + data_size;
    gra_module *const m = gra__alloc_zeroed(bytes);
    if (!m)
        return NULL;
    gra__object_init(&m->head, &module_kind, 1);
    m->type = type;
    m->name = "";
    m->training = true;
    m->bytes = bytes;
    return m;
}

gra_module *gra_module_finish(gra_module *m)
{
    if (!gra_error())
        return m;
    gra_free_objects((void *const[]){m}, 1);
    return NULL;
}

void *gra_module_data(const gra_module *m)
{
    return m ? (void *)m->data : NULL;
}

bool gra_module_is(const gra_module *m, const gra_module_class *type)
{
    return m && m->type == type;
}

const char *gra_module_class_name(const gra_module *m)
{
    return m ? m->type->name : NULL;
}

/* ---- joining ---- */

static int child_index(const gra_module *m, const char *name, size_t length)
{
    for (int i = 0; i < m->child_count; i++)
        if (strncmp(m->children[i].name, name, length) == 0 && !m->children[i].name[length])
            return i;
    return -1;
}

gra__member *gra__module_member(const gra_module *m, const char *name)
{
    for (int i = 0; i < m->member_count; i++)
        if (strcmp(m->members[i].name, name) == 0)
            return &m->members[i];
    return NULL;
}

/* Whether something can be added to m under a name. */
static bool may_add(const char *op, const gra_module *m, const char *name, const void *added)
{
    if (gra_error())
        return false;
    const char *const type = m ? m->type->name : "";
    if (!m)
        gra_fail("%s: the module is NULL", op);
    else if (!name || !*name || strchr(name, '.'))
        gra_fail("%s: %s cannot have a member called \"%s\"; a name is not empty and has no dot",
                 op, type, name ? name : "");
    else if (child_index(m, name, strlen(name)) >= 0 || gra__module_member(m, name))
        gra_fail("%s: %s has a member called \"%s\" already", op, type, name);
    else if (!added)
        gra_fail("%s: what is to become \"%s\" of %s is NULL", op, name, type);
    return !gra_error();
}

static bool contains(const gra_module *m, const gra_module *sought)
{
    for (int i = 0; i < m->child_count; i++)
        if (contains(m->children[i].module, sought))
            return true;
    return m == sought;
}

/* Whether child is the user's to give away; otherwise it is left where it is. */
static bool is_free(const gra_module *m, const char *name, const gra_module *child)
{
    if (__atomic_load_n(&child->head.owned, __ATOMIC_RELAXED) < 1)
        gra_fail("gra_module_add: \"%s\" of %s is a %s that belongs to another module already; "
                 "make a second one",
                 name, m->type->name, child->type->name);
    else if (contains(child, m))
        gra_fail("gra_module_add: \"%s\" of %s would contain itself", name, m->type->name);
    return !gra_error();
}

static bool append_child(gra_module *m, const char *name, gra_module *child)
{
    gra__child *const list = gra__grown(m->children, m->child_count, sizeof *list);
    if (!list)
        return false;
    m->children = list;
    char *const copy = strdup(name);
    if (!copy) {
        gra_fail("gra_module_add: out of memory");
        return false;
    }
    list[m->child_count++] = (gra__child){copy, child};
    child->name = copy;
    gra__take(child);
    return true;
}

gra_module *gra_module_add(gra_module *m, const char *name, gra_module *child)
{
    const bool fits = may_add("gra_module_add", m, name, child);
    if (fits && !is_free(m, name, child))
        return NULL;
    if (fits && append_child(m, name, child))
        return child;
    gra_free_objects((void *const[]){child}, 1);
    return NULL;
}

static gra_tensor *append_member(gra_module *m, const char *name, gra_tensor *t, bool is_buffer)
{
    gra__member *const list = gra__grown(m->members, m->member_count, sizeof *list);
    if (!list)
        return NULL;
    m->members = list;
    char *const copy = strdup(name);
    if (!copy)
        return gra_fail("gra_module_add_parameter: out of memory");
    gra__retain(t);
    list[m->member_count++] = (gra__member){copy, t, is_buffer};
    return t;
}

gra_tensor *gra_module_add_parameter(gra_module *m, const char *name, gra_tensor *tensor)
{
    if (!may_add("gra_module_add_parameter", m, name, tensor))
        return NULL;
    if (!gra_is_leaf(tensor))
        return gra_fail(
            "gra_module_add_parameter: \"%s\" of %s is the result of an op; a parameter "
            "is a leaf, for example gra_detach(t)",
            name, m->type->name);
    if (!gra_dtype_is_floating(gra_tensor_dtype(tensor)))
        return gra_fail("gra_module_add_parameter: \"%s\" of %s has dtype %s, which cannot be "
                        "trained; gra_module_add_buffer takes it",
                        name, m->type->name, gra_dtype_name(gra_tensor_dtype(tensor)));
    return append_member(m, name, gra_requires_grad(tensor), false);
}

gra_tensor *gra_module_add_buffer(gra_module *m, const char *name, gra_tensor *tensor)
{
    if (!may_add("gra_module_add_buffer", m, name, tensor))
        return NULL;
    if (gra_tensor_requires_grad(tensor))
        return gra_fail("gra_module_add_buffer: \"%s\" of %s requires a gradient; "
                        "gra_module_add_parameter takes it, or gra_detach(t) gives a buffer",
                        name, m->type->name);
    return append_member(m, name, tensor, true);
}

/* ---- running ---- */

gra__observer *gra__module_observe(gra__observer *next)
{
    gra__observer *const before = observer;
    observer = next;
    return before;
}

/* A module that is running. */
typedef struct frame {
    gra__path entry;
    int mark;
} frame;

static void begin(frame *f, const gra_module *m)
{
    gra__path_push(&f->entry, m->name);
    if (observer)
        observer->enter(observer, m);
    f->mark = gra_mark();
}

/* Ends what begin began; returns y, the result for x. */
static gra_tensor *end(const frame *f, const gra_module *m, gra_tensor *x, gra_tensor *y)
{
    if (!y)
        gra_fail("%s: its forward returned NULL without an error", m->type->name);
    y = gra_release_keep(f->mark, gra_error() ? NULL : y);
    if (observer)
        observer->leave(observer, m, x, y);
    gra__path_pop();
    return y;
}

static bool can_run(const char *op, const gra_module *m, const gra_tensor *x)
{
    if (gra_error())
        return false;
    if (!m)
        gra_fail("%s: the module is NULL", op);
    else if (!x)
        gra_fail("%s: the input of %s is NULL; a tensor is needed", op, m->type->name);
    return !gra_error();
}

gra_tensor *gra_forward(gra_module *m, gra_tensor *x)
{
    if (!can_run("gra_forward", m, x))
        return NULL;
    if (!m->type->forward)
        return gra_fail("gra_forward: %s has no forward for one input%s", m->type->name,
                        m->type->forward_two     ? "; call gra_loss(m, input, target)"
                        : m->type->forward_three ? "; call gra_loss_three(m, a, b, c)"
                                                 : "");
    frame f;
    begin(&f, m);
    return end(&f, m, x,
               m->hooks ? gra__module_call_hooked(m, x, NULL, NULL) : m->type->forward(m, x));
}

gra_tensor *gra__forward_fused(gra_module *const *modules, gra__fused_fn fused, gra_tensor *x)
{
    frame f;
    if (!can_run("gra_forward", modules[0], x))
        return NULL;
    begin(&f, modules[0]);
    return end(&f, modules[0], x, fused(modules, x));
}

bool gra__module_is_observed(void)
{
    return observer != NULL;
}

gra_tensor *gra_loss(gra_module *m, gra_tensor *input, gra_tensor *target)
{
    if (!can_run("gra_loss", m, input))
        return NULL;
    if (!target)
        return gra_fail("gra_loss: the target of %s is NULL; a tensor is needed", m->type->name);
    if (!m->type->forward_two)
        return gra_fail("gra_loss: %s has no forward for two inputs; call %s", m->type->name,
                        m->type->forward_three ? "gra_loss_three(m, a, b, c)"
                                               : "gra_forward(m, x)");
    frame f;
    begin(&f, m);
    return end(&f, m, input,
               m->hooks ? gra__module_call_hooked(m, input, target, NULL)
                        : m->type->forward_two(m, input, target));
}

gra_tensor *gra_loss_three(gra_module *m, gra_tensor *a, gra_tensor *b, gra_tensor *c)
{
    if (!can_run("gra_loss_three", m, a))
        return NULL;
    if (!b || !c)
        return gra_fail("gra_loss_three: the %s input of %s is NULL; a tensor is needed",
                        b ? "third" : "second", m->type->name);
    if (!m->type->forward_three)
        return gra_fail("gra_loss_three: %s has no forward for three inputs; call %s",
                        m->type->name,
                        m->type->forward_two ? "gra_loss(m, input, target)" : "gra_forward(m, x)");
    frame f;
    begin(&f, m);
    return end(&f, m, a,
               m->hooks ? gra__module_call_hooked(m, a, b, c) : m->type->forward_three(m, a, b, c));
}

static void set_training(gra_module *m, void *context)
{
    m->training = *(const bool *)context;
}

gra_module *gra_train(gra_module *m)
{
    bool training = true;
    return gra_module_apply(m, set_training, &training);
}

gra_module *gra_eval(gra_module *m)
{
    bool training = false;
    return gra_module_apply(m, set_training, &training);
}

bool gra_is_training(const gra_module *m)
{
    return m && m->training;
}

/* ---- children ---- */

int gra_module_child_count(const gra_module *m)
{
    return m ? m->child_count : 0;
}

static const gra__child *child_at(const char *op, const gra_module *m, int index)
{
    if (m && (index < 0 || index >= m->child_count))
        return gra_fail("%s: %s has no child %d; it has %d of them", op, m->type->name, index,
                        m->child_count);
    return m ? &m->children[index] : NULL;
}

gra_module *gra_module_child(const gra_module *m, int index)
{
    const gra__child *const child = child_at("gra_module_child", m, index);
    return child ? child->module : NULL;
}

const char *gra_module_child_name(const gra_module *m, int index)
{
    const gra__child *const child = child_at("gra_module_child_name", m, index);
    return child ? child->name : NULL;
}

gra_module *gra__module_find(gra_module *m, const char *name, size_t length)
{
    while (m && length > 0) {
        const char *const dot = memchr(name, '.', length);
        const size_t part = dot ? (size_t)(dot - name) : length;
        const int index = child_index(m, name, part);
        m = index < 0 ? NULL : m->children[index].module;
        length -= dot ? part + 1 : part;
        name += dot ? part + 1 : part;
    }
    return m;
}

gra_module *gra_module_get(gra_module *m, const char *name)
{
    if (!m)
        return NULL;
    if (!name)
        return gra_fail("gra_module_get: the name is NULL");
    gra_module *const found = gra__module_find(m, name, strlen(name));
    return found ? found : gra_fail("gra_module_get: %s has no child \"%s\"", m->type->name, name);
}

gra_module *gra_module_apply(gra_module *m, void (*fn)(gra_module *m, void *context), void *context)
{
    if (!m)
        return NULL;
    for (int i = 0; i < m->child_count; i++)
        gra_module_apply(m->children[i].module, fn, context);
    fn(m, context);
    return m;
}
