/* prod.c - the product over dims.
 *
 *   y = prod_i x_i              dy/dx_k = e_k,  e_k = prod_{i != k} x_i
 *
 * The products without one element, prod_except, are an op of its own.  They are made of the products
 * of the elements before and after k, so that zeros among the elements do no harm.  With h the
 * gradient of e,
 *
 *   dx_k = sum_{i != k} h_i prod_{j != i, k} x_j
 *
 * which is the derivative of e_k in the direction h, as d e_i / d x_k = d e_k / d x_i.  It is got from
 * running products of the dual numbers x + h t, with t^2 = 0, made of recorded ops.
 */
#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/reduce.h"
#include "ops/slabs.h"

/* A dual number: value + slope t. */
typedef struct {
    gra_tensor *value, *slope;
} dual;

static dual times(dual a, dual b)
{
    return (dual){
        gra_mul(a.value, b.value),
        gra_add(gra_mul(a.slope, b.value), gra_mul(a.value, b.slope)),
    };
}

/* x moved up by step along dim, with fill in front. */
static gra_tensor *shifted(gra_tensor *x, int64_t dim, int64_t step, double fill)
{
    gra_tensor *const front = gra_full_like(gra_narrow(x, dim, 0, step), fill);
    gra_tensor *const rest = gra_narrow(x, dim, 0, gra_tensor_size(x, (int)dim) - step);
    return gra_cat((gra_tensor *[]){front, rest}, 2, dim);
}

/* The products of all elements before each one, in log2(n) steps. */
static dual products_before(dual x, int64_t dim)
{
    const int64_t n = gra_tensor_size(x.value, (int)dim);
    dual p = {shifted(x.value, dim, 1, 1), shifted(x.slope, dim, 1, 0)};
    for (int64_t step = 1; step < n; step *= 2)
        p = times(p, (dual){shifted(p.value, dim, step, 1), shifted(p.slope, dim, step, 0)});
    return p;
}

static void except_vjp(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    gra_tensor *const x = c->in[0];
    const int dim =
        gra__wrap_dim("prod_except", ((const gra__dim_args *)c->args)->dim, x->shape.count);
    if (x->numel == 0) {
        dx[0] = gra_zeros_like(x);
        return;
    }
    const gra_dims dims = GRA_DIMS(dim);
    const dual before = products_before((dual){x, h[0]}, dim);
    const dual turned = products_before((dual){gra_flip(x, dims), gra_flip(h[0], dims)}, dim);
    const dual after = {gra_flip(turned.value, dims), gra_flip(turned.slope, dims)};
    dx[0] = times(before, after).slope;
}

/* y[k] = x[0] ... x[k-1] upwards, then times x[k+1] ... x[n-1] downwards; many columns at a time, each
 * `stride` bytes from the next, with `step` bytes from one k to the next. */
static void products_except(int64_t n, int64_t columns, ptrdiff_t stride, ptrdiff_t step, char *y,
                            const char *x, char *after, gra_dtype dtype)
{
    const gra__elementwise_table *const loops = gra__kernels_get()->elementwise;
    gra__binary_loop *const mul = loops->mul[dtype];
    const ptrdiff_t size = (ptrdiff_t)gra_dtype_size(dtype);
    const size_t count = (size_t)columns;
    const double one = 1;
    loops->convert[dtype][GRA_FLOAT64](count, y, stride, (const char *)&one, 0);
    loops->convert[dtype][GRA_FLOAT64](count, after, size, (const char *)&one, 0);
    for (int64_t k = 1; k < n; k++)
        mul(count, y + k * step, stride, y + (k - 1) * step, stride, x + (k - 1) * step, stride);
    for (int64_t k = n - 1; k >= 0; k--) {
        mul(count, y + k * step, stride, y + k * step, stride, after, size);
        mul(count, after, size, after, size, x + k * step, stride);
    }
}

static void except_forward(gra_call *c)
{
    const gra__dim_args *const args = c->args;
    const int dim = gra__wrap_dim("prod_except", args->dim, c->in[0]->shape.count);
    if (dim < 0 || !gra__demand_floating("prod_except", c->in[0]))
        return;
    const gra__slabs s = gra__slabs_along(c->in[0]->shape, dim, c->in[0]->dtype);
    const int64_t columns = s.inner > 1 ? s.inner : s.outer;
    gra_tensor *const x = gra__packed(c->in[0], s.dtype);
    gra_tensor *const y = gra__empty("prod_except", c->in[0]->shape, s.dtype);
    gra_tensor *const after = gra__empty("prod_except", GRA_SHAPE(columns), s.dtype);
    if (!x || !y || !after)
        return;
    const ptrdiff_t size = (ptrdiff_t)gra_dtype_size(s.dtype), slab = s.n * s.inner * size;
    const ptrdiff_t stride = s.inner > 1 ? size : slab;
    const int64_t slabs = y->numel && !gra__dry_run() ? (s.inner > 1 ? s.outer : 1) : 0;
    for (int64_t i = 0; i < slabs; i++)
        products_except(s.n, columns, stride, s.inner * size, (char *)gra__ptr(y) + i * slab,
                        (char *)gra__ptr(x) + i * slab, gra__ptr(after), s.dtype);
    c->out[0] = gra__converted(y, c->in[0]->dtype);
}

const gra_op gra_op_prod_except = {
    .schema = "prod_except(Tensor x, int dim) -> Tensor",
    .forward = except_forward,
    .vjp = except_vjp,
    .args_size = sizeof(gra__dim_args),
};

static void prod_forward(gra_call *c)
{
    gra__reduce_numbers(c, &gra__kernels_get()->reduce->prod, 1, false);
}

/* The products without one element, over all the dims of mask: these are moved to the end and joined,
 * and put back. */
static gra_tensor *except(gra_tensor *x, unsigned mask)
{
    gra_dims there = GRA_ALL_DIMS, back = GRA_ALL_DIMS;
    there.count = back.count = x->shape.count;
    int at = 0;
    for (int reduced = 0; reduced < 2; reduced++)
        for (int i = 0; i < x->shape.count; i++)
            if ((int)(mask >> i & 1) == reduced) {
                back.dim[i] = at;
                there.dim[at++] = i;
            }
    gra_shape joined = gra__reduced_shape(x->shape, mask, false);
    joined.size[joined.count++] = gra__reduced_count(x->shape, mask);
    gra_tensor *const moved = gra_permute(x, there);
    gra_tensor *const flat = gra_reshape(moved, joined);
    gra_tensor *const e = gra_apply(&gra_op_prod_except, &flat, 1, &(gra__dim_args){-1});
    return moved ? gra_permute(gra_reshape(e, moved->shape), back) : NULL;
}

static void prod_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__reduce_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    unsigned mask;
    if (!gra__dims_mask("prod", args->dims, x->shape.count, &mask))
        return;
    if (mask)
        dx[0] = gra_mul(gra__keep_dims(g[0], x->shape, args->dims), except(x, mask));
    else
        dx[0] = g[0]; /* a tensor without dims */
}

const gra_op gra_op_prod = {
    .schema = "prod(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = prod_forward,
    .vjp = prod_vjp,
    .saves = GRA_IN(0),
    .args_size = sizeof(gra__reduce_args),
};

gra_tensor *gra_prod_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_prod, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}
