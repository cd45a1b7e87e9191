/* check_run.c - one call of an op under test, forward and backward, and what two of them share. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "autograd/backward.h"
#include "autograd/checker.h"
#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "ops/iterate.h"
#include "ops/ops.h"

bool gra__check_wrong(gra__checker *k, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!k->wrong[0])
        vsnprintf(k->wrong, sizeof k->wrong, format, list);
    va_end(list);
    return false;
}

void gra__check_remark(gra__checker *k, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!k->remark[0])
        vsnprintf(k->remark, sizeof k->remark, format, list);
    va_end(list);
}

gra__manner gra__check_plainly(void)
{
    return (gra__manner){.dtype = GRA_FLOAT64, .seed = 1, .alone = -1};
}

bool gra__check_differentiates(const gra_sample *s, int i)
{
    bool chosen = false;
    for (int j = 0; j < s->n_in; j++)
        chosen |= s->in[j] && s->in[j]->requires_grad;
    const gra_tensor *const x = s->in[i];
    return x && gra_dtype_is_floating(x->dtype) && (!chosen || x->requires_grad);
}

bool gra__check_is_written(const gra__checker *k, const gra_sample *s, int i)
{
    const gra__parameter *const p = gra__schema_input(k->schema, i, s->n_in);
    return p && p->alias.written;
}

bool gra__check_apply(const gra__checker *k, const gra_sample *s, uint64_t seed,
                      gra_tensor *const *in, gra_tensor **out)
{
    gra_tensor *own[GRA_SAMPLE_INPUTS] = {0};
    for (int i = 0; i < s->n_in; i++)
        own[i] = in[i] && gra__check_is_written(k, s, i) ? gra_clone(in[i]) : in[i];
    gra_manual_seed(seed);
    return gra_apply_many(k->op, own, s->n_in, s->args, out, k->schema->outputs) == 0;
}

gra_tensor *gra__check_joined(const gra__checker *k, gra_tensor *const *out)
{
    gra_tensor *parts[GRA__MAX_OUTPUTS];
    int count = 0;
    for (int j = 0; j < k->schema->outputs; j++)
        if (out[j] && out[j]->requires_grad)
            parts[count++] = gra_to(gra_reshape(out[j], GRA_SHAPE(-1)), GRA_FLOAT64);
    return count == 1 ? parts[0] : count ? gra_cat(parts, count, 0) : NULL;
}

static gra_tensor *copy_of(const gra_sample *s, int i, gra__manner how)
{
    gra_tensor *const x = s->in[i];
    if (!x)
        return NULL;
    const gra_dtype dtype = gra_dtype_is_floating(x->dtype) ? how.dtype : x->dtype;
    gra_tensor *const copy = gra__row_major_copy(gra_detach(x), dtype);
    const bool needs = gra__check_differentiates(s, i) && (how.alone < 0 || how.alone == i);
    return gra_set_requires_grad(copy, needs);
}

/* Numbers between 0.5 and 1.5, the same in each call. */
static gra_tensor *direction(int64_t count)
{
    gra_generator *const generator = gra_generator_new(17);
    gra_tensor *const v = gra_rand(GRA_SHAPE(count), .dtype = GRA_FLOAT64, .generator = generator);
    gra_free(generator);
    return gra_add_scalar(v, 0.5);
}

/* The gradients of sum <out, v> by the leaves that need one. */
static bool go_backward(const gra__checker *k, const gra_sample *s, gra__run *run)
{
    gra_tensor *const y = gra__check_joined(k, run->out);
    gra_tensor *wanted[GRA_SAMPLE_INPUTS], *dx[GRA_SAMPLE_INPUTS];
    int count = 0;
    for (int i = 0; i < s->n_in; i++)
        if (run->leaf[i] && run->leaf[i]->requires_grad)
            wanted[count++] = run->leaf[i];
    run->recorded = y != NULL;
    if (!y)
        return !gra_error();
    gra_tensor *const loss = gra_sum(gra_mul(y, direction(gra_tensor_numel(y))));
    if (gra_grad_many(&loss, 1, wanted, count, dx, .allow_unused = true) < 0)
        return false;
    for (int i = 0, next = 0; i < s->n_in; i++)
        if (run->leaf[i] && run->leaf[i]->requires_grad)
            run->dx[i] = dx[next++];
    return true;
}

bool gra__check_run(const gra__checker *k, const gra_sample *s, gra__manner how, gra__run *run)
{
    gra_tensor *in[GRA_SAMPLE_INPUTS] = {0};
    *run = (gra__run){0};
    const bool was = gra_set_grad(true);
    for (int i = 0; i < s->n_in; i++) {
        run->leaf[i] = copy_of(s, i, how);
        in[i] = how.arrange && run->leaf[i] ? how.arrange(run->leaf[i]) : run->leaf[i];
    }
    gra_set_grad(k->has_gradient);
    bool fine = !gra_error() && gra__check_apply(k, s, how.seed, in, run->out);
    gra_set_grad(true);
    fine = fine && (!k->has_gradient || go_backward(k, s, run));
    gra_set_grad(was);
    return fine;
}

/* ---- comparing ---- */

static double largest(gra_tensor *x)
{
    double most = 0;
    for (int64_t i = 0; i < x->numel; i++) {
        const double size = fabs(gra__load(x, i));
        most = size > most && isfinite(size) ? size : most;
    }
    return most;
}

static bool near(double a, double b, double rtol, double atol)
{
    if (a == b || (isnan(a) && isnan(b)))
        return true;
    return fabs(a - b) <= rtol * fabs(b) + atol;
}

/* The index of an element by its position in row-major order. */
static gra_shape index_at(gra_shape shape, int64_t position)
{
    for (int d = shape.count - 1; d >= 0; d--) {
        const int64_t size = shape.size[d];
        shape.size[d] = position % size;
        position /= size;
    }
    return shape;
}

/* Row-major, of one dtype. */
static bool same_tensor(gra__checker *k, gra_tensor *a, gra_tensor *b, double rtol,
                        const char *what)
{
    char x[GRA_SHAPE_TEXT], y[GRA_SHAPE_TEXT];
    if (!gra_shape_equal(a->shape, b->shape))
        return gra__check_wrong(k, "%s has shape %s once and %s then", what,
                                gra_shape_text(a->shape, x), gra_shape_text(b->shape, y));
    if (rtol == 0 && (a->dtype != b->dtype || !memcmp(gra__ptr(a), gra__ptr(b),
                                                      (size_t)a->numel * gra_dtype_size(a->dtype))))
        return a->dtype == b->dtype ||
               gra__check_wrong(k, "%s has dtype %s once and %s then", what,
                                gra_dtype_name(a->dtype), gra_dtype_name(b->dtype));
    const double atol = rtol * largest(a);
    for (int64_t i = 0; i < a->numel; i++)
        if (!near(gra__load(b, i), gra__load(a, i), rtol, atol))
            return gra__check_wrong(k, "%s at %s is %.9g once and %.9g then", what,
                                    gra_shape_text(index_at(a->shape, i), x), gra__load(a, i),
                                    gra__load(b, i));
    return rtol != 0 || gra__check_wrong(k, "%s differs in the sign of a zero", what);
}

static bool same(gra__checker *k, gra_tensor *a, gra_tensor *b, double rtol, const char *what)
{
    if (!a || !b)
        return a == b || gra__check_wrong(k, "%s is there once and not then", what);
    a = gra__row_major_copy(gra_detach(a), a->dtype);
    b = gra__row_major_copy(gra_detach(b), b->dtype);
    return a && b && same_tensor(k, a, b, rtol, what);
}

bool gra__check_same(gra__checker *k, const gra_sample *s, const gra__run *a, const gra__run *b,
                     double rtol, const char *what)
{
    char name[64], text[192];
    bool fine = true;
    for (int j = 0; j < k->schema->outputs && fine; j++) {
        snprintf(text, sizeof text, "%soutput %d", what, j);
        fine = same(k, a->out[j], b->out[j], rtol, text);
    }
    for (int i = 0; i < s->n_in && fine; i++) {
        snprintf(text, sizeof text, "%sthe gradient of %s", what,
                 gra__check_input_name(k, s, i, name, sizeof name));
        fine = same(k, a->dx[i], b->dx[i], rtol, text);
    }
    return fine;
}
