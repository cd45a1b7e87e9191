/* module_tensors.c - the parameters and buffers of a module and of everything below it. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "nn/module_struct.h"
#include "ops/iterate.h"

/* A visit under way. `name` is the dotted name so far, of the module or of the tensor. */
typedef struct walk {
    gra__which which;
    gra_tensor_visitor fn;
    void *context;
    char *name;
    size_t capacity;
    const gra_tensor **seen;
    int seen_count;
} walk;

/* Writes ".part" behind the first `length` characters of the name. Returns the new length, or 0
 * with an error. */
static size_t append(walk *w, size_t length, const char *part)
{
    const size_t needed = length + strlen(part) + 2;
    if (needed > w->capacity) {
        char *const larger = realloc(w->name, 2 * needed);
        if (!larger) {
            gra_fail("out of memory for the name of a parameter");
            return 0;
        }
        w->name = larger;
        w->capacity = 2 * needed;
    }
    if (length > 0)
        w->name[length++] = '.';
    strcpy(w->name + length, part);
    return length + strlen(part);
}

/* Notes a tensor; whether it was there before. */
static bool was_seen(walk *w, const gra_tensor *t)
{
    for (int i = 0; i < w->seen_count; i++)
        if (w->seen[i] == t)
            return true;
    const gra_tensor **const list = gra__grown(w->seen, w->seen_count, sizeof *list);
    if (list) {
        w->seen = list;
        list[w->seen_count++] = t;
    }
    return false;
}

static int visit_members(walk *w, const gra_module *m, size_t length, bool buffers)
{
    int result = 0;
    for (int i = 0; i < m->member_count && !result; i++) {
        const gra__member *const member = &m->members[i];
        if (member->is_buffer != buffers || (w->which != GRA__STATE && was_seen(w, member->tensor)))
            continue;
        if (!append(w, length, member->name) || gra_error())
            return -1;
        result = w->fn(w->name, member->tensor, w->context);
    }
    return result;
}

static int visit_module(walk *w, const gra_module *m, size_t length)
{
    int result = w->which != GRA__BUFFERS ? visit_members(w, m, length, false) : 0;
    if (!result && w->which != GRA__PARAMETERS)
        result = visit_members(w, m, length, true);
    for (int i = 0; i < m->child_count && !result; i++) {
        const size_t longer = append(w, length, m->children[i].name);
        result = longer ? visit_module(w, m->children[i].module, longer) : -1;
    }
    return result;
}

int gra__module_visit(const gra_module *m, gra__which which, gra_tensor_visitor fn, void *context)
{
    if (!m || gra_error())
        return -1;
    walk w = {.which = which, .fn = fn, .context = context};
    const int result = visit_module(&w, m, 0);
    free(w.name);
    free(w.seen);
    return result;
}

int gra_module_named_parameters(const gra_module *m, gra_tensor_visitor fn, void *context)
{
    return gra__module_visit(m, GRA__PARAMETERS, fn, context);
}

int gra_module_named_buffers(const gra_module *m, gra_tensor_visitor fn, void *context)
{
    return gra__module_visit(m, GRA__BUFFERS, fn, context);
}

static gra_tensor *find(const char *op, const gra_module *m, const char *name, bool buffer)
{
    if (!m)
        return NULL;
    if (!name)
        return gra_fail("%s: the name is NULL", op);
    const char *const dot = strrchr(name, '.');
    const gra_module *const owner =
        gra__module_find((gra_module *)m, name, dot ? (size_t)(dot - name) : 0);
    const gra__member *const member =
        owner ? gra__module_member(owner, dot ? dot + 1 : name) : NULL;
    if (member && member->is_buffer == buffer)
        return member->tensor;
    return gra_fail("%s: %s has no %s \"%s\"", op, m->type->name, buffer ? "buffer" : "parameter",
                    name);
}

gra_tensor *gra_module_parameter(const gra_module *m, const char *name)
{
    return find("gra_module_parameter", m, name, false);
}

gra_tensor *gra_module_buffer(const gra_module *m, const char *name)
{
    return find("gra_module_buffer", m, name, true);
}

static int add_numel(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    *(int64_t *)context += gra_tensor_numel(t);
    return 0;
}

int64_t gra_module_parameter_count(const gra_module *m)
{
    int64_t count = 0;
    return gra__module_visit(m, GRA__PARAMETERS, add_numel, &count) < 0 ? -1 : count;
}

/* These two need no names, and work while an error is pending. */
static void zero_grad(gra_module *m, void *context)
{
    (void)context;
    for (int i = 0; i < m->member_count; i++)
        gra_tensor_zero_grad(m->members[i].tensor);
}

void gra_module_zero_grad(gra_module *m)
{
    gra_module_apply(m, zero_grad, NULL);
}

static void set_requires_grad(gra_module *m, void *context)
{
    for (int i = 0; i < m->member_count; i++)
        if (!m->members[i].is_buffer)
            gra_set_requires_grad(m->members[i].tensor, *(const bool *)context);
}

gra_module *gra_module_requires_grad(gra_module *m, bool requires_grad)
{
    return gra_module_apply(m, set_requires_grad, &requires_grad);
}

/* Tensors and what they are to become: all are converted before the first one changes. */
typedef struct conversions {
    gra_dtype dtype;
    struct {
        gra_tensor *tensor, *value;
    } * list;
    int count;
} conversions;

static int convert(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    conversions *const c = context;
    if (!gra_dtype_is_floating(t->dtype) || t->dtype == c->dtype)
        return 0;
    void *const list = gra__grown(c->list, c->count, sizeof *c->list);
    if (!list)
        return -1;
    c->list = list;
    c->list[c->count].tensor = t;
    c->list[c->count].value = gra__converted(t, c->dtype);
    return c->list[c->count++].value ? 0 : -1;
}

gra_module *gra_module_to(gra_module *m, gra_dtype dtype)
{
    if (!m)
        return NULL;
    if (!gra_dtype_is_floating(dtype))
        return gra_fail("gra_module_to: dtype %s is no floating type; parameters can be float32, "
                        "float64 or bfloat16",
                        gra_dtype_name(dtype));
    conversions c = {.dtype = dtype};
    const int mark = gra_mark();
    const bool fine = gra__module_visit(m, GRA__PARAMETERS, convert, &c) == 0 &&
                      gra__module_visit(m, GRA__BUFFERS, convert, &c) == 0;
    for (int i = 0; fine && i < c.count; i++) {
        gra__replace(c.list[i].tensor, c.list[i].value);
        gra_tensor_zero_grad(c.list[i].tensor);
    }
    gra_release(mark);
    free(c.list);
    return fine ? m : NULL;
}
