/* gradcheck.c - gradients and second derivatives against central differences. */
#include "autograd/gradcheck.h"

#include <math.h>

#include "autograd/backward.h"
#include "autograd/disagreement.h"
#include "core/error.h"
#include "core/random.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

enum { MAX_INPUTS = 32 };

gra_gradcheck_options gra_gradcheck_defaults(void)
{
    return (gra_gradcheck_options){.eps = 1e-6, .atol = 1e-5, .rtol = 1e-3};
}

/* A fixed random direction of t's shape, the same in every call. */
static gra_tensor *direction(const gra_tensor *t, uint64_t seed)
{
    gra_generator *const generator = gra_generator_new(seed);
    gra_tensor *const v = gra_rand(t->shape, .dtype = GRA_FLOAT64, .generator = generator);
    gra_free(generator);
    return gra_add_scalar(v, 0.5);
}

/* L = <f(x), v>, a scalar; v is a fixed direction unless the caller brings one. */
static gra_tensor *projection(const gra_gradcheck_options *o, gra_tensor *v)
{
    gra_tensor *const y = o->function(o->inputs, o->count, o->context);
    if (!y && !gra_error())
        return gra_fail("gra_gradcheck: the function returned NULL");
    return y ? gra_sum(gra_mul(gra_to(y, GRA_FLOAT64), v ? v : direction(y, 17))) : NULL;
}

static bool inputs_are_fit(const gra_gradcheck_options *o)
{
    if (!o->function || !o->inputs) {
        gra_fail("gra_gradcheck: %s is NULL", o->function ? "the list of inputs" : "the function");
        return false;
    }
    if (o->count < 1 || o->count >= MAX_INPUTS) {
        gra_fail("gra_gradcheck: %d inputs were given; 1 to %d are possible", o->count,
                 MAX_INPUTS - 1);
        return false;
    }
    bool any = false;
    for (int i = 0; i < o->count; i++) {
        const gra_tensor *const x = o->inputs[i];
        if (!x || (x->requires_grad && (x->dtype != GRA_FLOAT64 || x->node))) {
            gra_fail("gra_gradcheck: input %d is %s; inputs that require a gradient must be leaves "
                     "of dtype float64",
                     i,
                     !x        ? "NULL"
                     : x->node ? "the result of an op"
                               : gra_dtype_name(x->dtype));
            return false;
        }
        any |= x->requires_grad;
    }
    if (!any)
        gra_fail("gra_gradcheck: no input requires a gradient");
    return any;
}

/* L with the element at a position moved by `step`. */
static double moved(const gra_gradcheck_options *o, gra_tensor *x, int64_t position, double step)
{
    const double was = gra__load(x, position);
    gra__store(x, position, was + step);
    const int mark = gra_mark();
    const double value = gra_item(projection(o, NULL));
    gra_release(mark);
    gra__store(x, position, was);
    return value;
}

static gra_shape index_of(const gra_tensor *t, int64_t i)
{
    gra_shape index = t->shape;
    for (int d = index.count - 1; d >= 0; d--) {
        index.size[d] = i % t->shape.size[d];
        i /= t->shape.size[d];
    }
    return index;
}

static int64_t position_of(const gra_tensor *t, gra_shape index)
{
    int64_t position = 0;
    for (int d = 0; d < index.count; d++)
        position += index.size[d] * t->stride[d];
    return position;
}

static bool agrees(const gra_gradcheck_options *o, int input, gra_tensor *x, const gra_tensor *dx,
                   gra__disagreement *found)
{
    for (int64_t i = 0; i < x->numel; i++) {
        const gra_shape index = index_of(x, i);
        const int64_t at = position_of(x, index);
        const double above = moved(o, x, at, o->eps), below = moved(o, x, at, -o->eps);
        const double numerical = (above - below) / (2 * o->eps);
        const double analytical = gra_tensor_at(dx, index);
        if (gra_error())
            return false;
        if (fabs(analytical - numerical) <= o->atol + o->rtol * fabs(numerical))
            continue;
        *found = (gra__disagreement){input, index, analytical, numerical};
        return false;
    }
    return true;
}

/* The inputs that require a gradient and their places; returns how many there are. */
static int wanted_inputs(gra_tensor *const *inputs, int count, gra_tensor **wanted, int *which)
{
    int found = 0;
    for (int i = 0; i < count; i++) {
        if (!inputs[i]->requires_grad)
            continue;
        which[found] = i;
        wanted[found++] = inputs[i];
    }
    return found;
}

/* The gradients of a scalar; zeros where it does not depend on an input. */
static bool gradients(gra_tensor *loss, gra_tensor *const *wanted, int count, gra_tensor **dx,
                      bool create_graph)
{
    if (!loss)
        return false;
    if (loss->requires_grad)
        return gra_grad_many(&loss, 1, wanted, count, dx, .create_graph = create_graph,
                             .allow_unused = true) == 0;
    for (int k = 0; k < count; k++)
        dx[k] = gra_zeros_like(wanted[k]);
    return !gra_error();
}

static bool check(const gra_gradcheck_options *o, gra__disagreement *found)
{
    gra_tensor *wanted[MAX_INPUTS], *dx[MAX_INPUTS];
    int which[MAX_INPUTS];
    const int count = wanted_inputs(o->inputs, o->count, wanted, which);
    if (!gradients(projection(o, NULL), wanted, count, dx, false))
        return false;
    for (int k = 0; k < count; k++) /* recording stays on: f may take gradients itself */
        if (!agrees(o, which[k], wanted[k], dx[k], found))
            return false;
    return true;
}

/* sum_i <dL/dx_i, u_i> for fixed directions u_i, as a function of the inputs and, last, of v: its
 * gradient holds the second derivatives. */
static gra_tensor *gradient_projection(gra_tensor *const *inputs, int count, void *context)
{
    const gra_gradcheck_options *const o = context;
    gra_tensor *wanted[MAX_INPUTS], *dx[MAX_INPUTS];
    int which[MAX_INPUTS];
    const int wanted_count = wanted_inputs(inputs, count - 1, wanted, which);
    if (!gradients(projection(o, inputs[count - 1]), wanted, wanted_count, dx, true))
        return NULL;
    gra_tensor *sum = gra_zeros(GRA_SCALAR, .dtype = GRA_FLOAT64);
    for (int k = 0; k < wanted_count; k++)
        sum = gra_add(sum, gra_sum(gra_mul(dx[k], direction(dx[k], 23 + (uint64_t)k))));
    return sum;
}

static bool check_twice(const gra_gradcheck_options *o, gra__disagreement *found)
{
    gra_tensor *inputs[MAX_INPUTS];
    for (int i = 0; i < o->count; i++)
        inputs[i] = o->inputs[i];
    gra_tensor *const y = o->function(o->inputs, o->count, o->context);
    inputs[o->count] = y ? gra_requires_grad(gra_detach(direction(y, 17))) : NULL;
    gra_gradcheck_options second = *o;
    second.function = gradient_projection;
    second.context = (void *)o;
    second.inputs = inputs;
    second.count = o->count + 1;
    return inputs[o->count] && check(&second, found);
}

bool gra__gradients_agree(const gra_gradcheck_options *o, bool twice, gra__disagreement *found)
{
    found->input = -1;
    if (gra_error() || !inputs_are_fit(o))
        return false;
    const int mark = gra_mark();
    const bool was = gra_set_grad(true);
    const bool fine = twice ? check_twice(o, found) : check(o, found);
    gra_set_grad(was);
    gra_release(mark);
    return fine;
}

static int run(const gra_gradcheck_options *o, bool twice)
{
    gra__disagreement found;
    if (gra__gradients_agree(o, twice, &found))
        return 0;
    char text[GRA_SHAPE_TEXT];
    if (found.input >= 0)
        gra_fail("%s: the gradient of input %d at %s is %.8g by the backward pass and %.8g by "
                 "finite differences",
                 twice ? "gra_gradgradcheck" : "gra_gradcheck", found.input,
                 gra_shape_text(found.index, text), found.analytical, found.numerical);
    return -1;
}

int gra_gradcheck_with(gra_gradcheck_options o)
{
    return run(&o, false);
}

int gra_gradgradcheck_with(gra_gradcheck_options o)
{
    return run(&o, true);
}
