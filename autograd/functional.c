/* functional.c - Jacobians, Hessians and products.
 *
 *   vjp       v J            = the backward pass
 *   jvp       J v            = d/du <u J, v>      u J is linear in u, so any u will do: 0
 *   hvp       H v            = d/dx <dy/dx, v>
 *   jacobian  row j          = e_j J
 *   hessian                  = the Jacobian of dy/dx
 */
#include "autograd/functional.h"

#include <stdlib.h>
#include <string.h>

#include "autograd/backward.h"
#include "core/create.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

/* One derivative that is being taken. */
typedef struct derivative {
    const char *name; /* of the function, for errors */
    gra_product_options o;
    gra_tensor **x;     /* the inputs, as tensors that require a gradient */
    gra_tensor **lists; /* memory for 4 * count tensors: x, and room for what else is needed */
    gra_tensor *y;
} derivative;

/* ---- beginning ---- */

static bool check(const char *name, const gra_product_options *o)
{
    if (gra_error())
        return false;
    if (!o->function || !o->inputs || !o->results)
        gra_fail("%s: %s is NULL", name,
                 !o->function ? "the function"
                 : !o->inputs ? "the list of inputs"
                              : "the list of results");
    else if (o->count < 1)
        gra_fail("%s: %d inputs were given; at least 1 is needed", name, o->count);
    for (int i = 0; i < o->count && !gra_error(); i++)
        if (!o->inputs[i])
            gra_fail("%s: input %d is NULL", name, i);
        else if (!gra_dtype_is_floating(o->inputs[i]->dtype))
            gra_fail("%s: input %d has dtype %s; only floating-point ones have derivatives", name,
                     i, gra_dtype_name(o->inputs[i]->dtype));
    return !gra_error();
}

/* Whether v[i] is there and has the shape of a tensor. */
static bool check_v(const derivative *d, int i, const char *what, const gra_tensor *like)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const gra_tensor *const v = d->o.v ? d->o.v[i] : NULL;
    if (!v)
        gra_fail("%s: vector %d is NULL", d->name, i);
    else if (!gra_shape_equal(v->shape, like->shape))
        gra_fail("%s: vector %d has shape %s; %s has shape %s", d->name, i,
                 gra_shape_text(v->shape, a), what, gra_shape_text(like->shape, b));
    return !gra_error();
}

static bool check_inputs_v(const derivative *d)
{
    bool fine = true;
    for (int i = 0; i < d->o.count && fine; i++)
        fine = check_v(d, i, "the input", d->x[i]);
    return fine;
}

/* A tensor of the same elements that requires a gradient: of the caller's graph, where the result is to be
 * differentiated by the input as well. */
static gra_tensor *own_input(gra_tensor *x, bool create_graph)
{
    return create_graph && x->requires_grad ? gra_view(x, x->shape)
                                            : gra_requires_grad(gra_detach(x));
}

static bool begin(derivative *d, const char *name, const gra_product_options *o)
{
    if (!check(name, o))
        return false;
    *d = (derivative){.name = name, .o = *o};
    d->lists = calloc(4 * (size_t)o->count, sizeof *d->lists);
    d->x = d->lists;
    if (!d->lists)
        gra_fail("%s: out of memory for %d inputs", name, o->count);
    for (int i = 0; i < o->count && !gra_error(); i++)
        d->x[i] = own_input(o->inputs[i], o->create_graph);
    d->y = gra_error() ? NULL : o->function(d->x, o->count, o->context);
    if (!d->y)
        gra_fail("%s: the function returned NULL", name);
    return !gra_error();
}

static bool has_one_element(const derivative *d)
{
    char text[GRA_SHAPE_TEXT];
    if (d->y->numel != 1)
        gra_fail("%s: the function returned a tensor of shape %s; one element is needed", d->name,
                 gra_shape_text(d->y->shape, text));
    return d->y->numel == 1;
}

/* ---- gradients ---- */

/* d <from, g> / d by: zeros where there is no dependence. Lists of one tensor and
 * of count tensors. */
static bool gradients(const derivative *d, gra_tensor *const *from, gra_tensor *const *g,
                      int from_count, gra_tensor *const *by, int by_count, gra_tensor **out,
                      bool retain, bool create)
{
    gra_tensor **const outputs = d->lists + d->o.count, **const vectors = outputs + d->o.count;
    int found = 0;
    for (int i = 0; i < from_count; i++)
        if (from[i]->requires_grad) {
            outputs[found] = from[i];
            vectors[found++] = g ? g[i] : NULL;
        }
    if (found)
        return gra_grad_many(outputs, found, by, by_count, out, .gradients = vectors,
                             .retain_graph = retain, .create_graph = create,
                             .allow_unused = true) == 0;
    for (int i = 0; i < by_count; i++)
        out[i] = gra_zeros_like(by[i]);
    return !gra_error();
}

/* Element `at` is 1, the others are 0. */
static gra_tensor *basis_vector(const gra_tensor *like, int64_t at)
{
    gra_tensor *const e = gra_zeros(like->shape, .dtype = like->dtype);
    if (e)
        gra__store(e, at, 1);
    return e;
}

static bool fits(const derivative *d, const gra_tensor *y, const gra_tensor *x)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (y->shape.count + x->shape.count > GRA_MAX_DIMS)
        gra_fail("%s: shapes %s and %s have %d dims together; at most %d are possible", d->name,
                 gra_shape_text(y->shape, a), gra_shape_text(x->shape, b),
                 y->shape.count + x->shape.count, GRA_MAX_DIMS);
    return !gra_error();
}

static gra_shape joined(gra_shape a, const gra_shape *b)
{
    for (int i = 0; i < b->count; i++)
        a.size[a.count++] = b->size[i];
    return a;
}

/* The rows of all d y / d x_i: rows[i * numel + j], by one pass for each element j of y. */
static bool fill_rows(const derivative *d, gra_tensor *y, gra_tensor **rows, bool retain)
{
    const int count = d->o.count;
    gra_tensor **const row = d->lists + 3 * count;
    bool fine = true;
    for (int64_t j = 0; j < y->numel && fine; j++) {
        gra_tensor *e = basis_vector(y, j);
        fine = e && gradients(d, &y, &e, 1, d->x, count, row, retain || j + 1 < y->numel,
                              d->o.create_graph);
        for (int i = 0; i < count && fine; i++)
            rows[i * y->numel + j] = row[i];
    }
    return fine;
}

/* Fills out[i] of shape [y.., x_i..]. */
static bool jacobian_of(const derivative *d, gra_tensor *y, gra_tensor **out, bool retain)
{
    const int count = d->o.count;
    bool fine = true;
    for (int i = 0; i < count && fine; i++)
        fine = fits(d, y, d->x[i]);
    gra_tensor **const rows =
        fine ? calloc((size_t)count * (size_t)y->numel + 1, sizeof *rows) : NULL;
    if (fine && !rows)
        gra_fail("%s: out of memory for %lld rows", d->name, (long long)y->numel);
    fine = rows && fill_rows(d, y, rows, retain);
    for (int i = 0; i < count && fine; i++) {
        const gra_shape shape = joined(y->shape, &d->x[i]->shape);
        out[i] = y->numel ? gra_reshape(gra_stack(rows + i * y->numel, (int)y->numel, 0), shape)
                          : gra_zeros(shape, .dtype = y->dtype);
        fine = out[i] != NULL;
    }
    free(rows);
    return fine;
}

/* ---- the functions ---- */

/* Releases what was made since mark but the results, which may be kept for the caller. */
static int finish(derivative *d, int mark, bool was, bool fine, int result_count)
{
    gra_set_grad(was);
    gra_tensor **const output = d->o.output;
    for (int i = 0; i < result_count && fine; i++)
        gra__retain(d->o.results[i]);
    if (output && fine)
        gra__retain(d->y);
    gra_release(mark);
    for (int i = 0; i < result_count; i++)
        d->o.results[i] = fine ? gra__scoped(d->o.results[i]) : NULL;
    if (output)
        *output = fine ? gra__scoped(d->y) : NULL;
    free(d->lists);
    return fine ? 0 : -1;
}

/* Without create_graph nothing that is returned has a history. */
static bool detach_all(const derivative *d, gra_tensor **results, int count)
{
    for (int i = 0; i < count && !d->o.create_graph && !gra_error(); i++)
        results[i] = gra_detach(results[i]);
    return !gra_error();
}

gra_jacobian_options gra_jacobian_defaults(void)
{
    return (gra_jacobian_options){0};
}

gra_product_options gra_product_defaults(void)
{
    return (gra_product_options){0};
}

static gra_product_options as_product(const gra_jacobian_options *o)
{
    return (gra_product_options){
        .function = o->function,
        .context = o->context,
        .inputs = o->inputs,
        .count = o->count,
        .results = o->results,
        .create_graph = o->create_graph,
    };
}

int gra_jacobian_with(gra_jacobian_options o)
{
    derivative d = {.o = as_product(&o)};
    const int mark = gra_mark();
    const bool was = gra_set_grad(true);
    const bool fine = begin(&d, "gra_jacobian", &d.o) && jacobian_of(&d, d.y, o.results, false);
    return finish(&d, mark, was, fine, o.results && o.count > 0 ? o.count : 0);
}

/* The gradient of y, as a function that is differentiated once more. */
static bool first_gradient(derivative *d, gra_tensor **dx)
{
    return has_one_element(d) && gradients(d, &d->y, NULL, 1, d->x, d->o.count, dx, true, true);
}

static bool hessian(derivative *d)
{
    const int count = d->o.count;
    gra_tensor **const dx = calloc((size_t)count, sizeof *dx);
    if (!dx)
        return gra_fail("gra_hessian: out of memory for %d inputs", count);
    bool fine = first_gradient(d, dx);
    for (int i = 0; i < count && fine; i++)
        fine = jacobian_of(d, dx[i], d->o.results + i * count, true);
    free(dx);
    return fine;
}

int gra_hessian_with(gra_jacobian_options o)
{
    derivative d = {.o = as_product(&o)};
    const int mark = gra_mark();
    const bool was = gra_set_grad(true);
    const bool fine = begin(&d, "gra_hessian", &d.o) && hessian(&d);
    return finish(&d, mark, was, fine, o.results && o.count > 0 ? o.count * o.count : 0);
}

int gra_vjp_with(gra_product_options o)
{
    derivative d = {.o = o};
    const int mark = gra_mark();
    const bool was = gra_set_grad(true);
    const bool fine = begin(&d, "gra_vjp", &o) && check_v(&d, 0, "the output", d.y) &&
                      gradients(&d, &d.y, o.v, 1, d.x, o.count, o.results, false, o.create_graph) &&
                      detach_all(&d, &d.y, 1);
    return finish(&d, mark, was, fine, o.results && o.count > 0 ? o.count : 0);
}

/* u J for u = 0, and the derivative of <u J, v> by u. */
static bool jvp(derivative *d)
{
    gra_tensor *u = gra_requires_grad(gra_zeros_like(d->y));
    gra_tensor **const uj = d->lists + 3 * d->o.count;
    return u && gradients(d, &d->y, &u, 1, d->x, d->o.count, uj, true, true) &&
           gradients(d, uj, d->o.v, d->o.count, &u, 1, d->o.results, false, d->o.create_graph);
}

int gra_jvp_with(gra_product_options o)
{
    derivative d = {.o = o};
    const int mark = gra_mark();
    const bool was = gra_set_grad(true);
    const bool fine =
        begin(&d, "gra_jvp", &o) && check_inputs_v(&d) && jvp(&d) && detach_all(&d, &d.y, 1);
    return finish(&d, mark, was, fine, o.results ? 1 : 0);
}

static bool hvp(derivative *d)
{
    gra_tensor **const dx = d->lists + 3 * d->o.count;
    return first_gradient(d, dx) && gradients(d, dx, d->o.v, d->o.count, d->x, d->o.count,
                                              d->o.results, false, d->o.create_graph);
}

int gra_hvp_with(gra_product_options o)
{
    derivative d = {.o = o};
    const int mark = gra_mark();
    const bool was = gra_set_grad(true);
    const bool fine =
        begin(&d, "gra_hvp", &o) && check_inputs_v(&d) && hvp(&d) && detach_all(&d, &d.y, 1);
    return finish(&d, mark, was, fine, o.results && o.count > 0 ? o.count : 0);
}
