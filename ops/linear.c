/* linear.c - a fully connected layer.
 *
 *   y = x w^T + b          x [.., I], w [O, I], b [O] or none, y [.., O]
 *
 *   dx = g w               dw = g^T x, over all leading dims          db = the sum of g over them
 *
 * The leading dims of x are one dim N to the kernel, which adds b while y is in its registers. An
 * optimizer that updates w during the backward pass gets dw in strips of rows.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/product.h"

/* Elements in a strip of the weight's gradient. */
enum { STRIP = 1 << 19 };

static bool shapes_fit(const gra_call *c)
{
    const gra_tensor *const x = c->in[0], *const w = c->in[1], *const bias = c->in[2];
    char tx[GRA_SHAPE_TEXT], tw[GRA_SHAPE_TEXT];
    gra_shape_text(x->shape, tx);
    gra_shape_text(w->shape, tw);
    if (w->shape.count != 2 || x->shape.count == 0) {
        gra_fail(
            "linear: input has shape %s, weight has shape %s; [.., in] and [out, in] are needed",
            tx, tw);
        return false;
    }
    const int64_t in = x->shape.size[x->shape.count - 1];
    if (in != w->shape.size[1]) {
        gra_fail("linear: input of shape %s has %lld features, weight of shape %s expects %lld", tx,
                 (long long)in, tw, (long long)w->shape.size[1]);
        return false;
    }
    if (bias && (bias->shape.count != 1 || bias->shape.size[0] != w->shape.size[0])) {
        gra_fail("linear: bias has shape %s; [%lld] is needed for a weight of shape %s",
                 gra_shape_text(bias->shape, tx), (long long)w->shape.size[0], tw);
        return false;
    }
    return true;
}

/* The leading dims as one. */
static gra_shape as_rows(const gra_shape *shape)
{
    const int last = shape->count - 1;
    return GRA_SHAPE(gra__numel_between(shape, 0, last), shape->size[last]);
}

static void linear_forward(gra_call *c)
{
    gra_dtype dtype;
    if (!shapes_fit(c) || !gra__product_dtype("linear", c->in, 3, &dtype))
        return;
    gra_shape shape = c->in[0]->shape;
    gra_tensor *x = gra__reshaped("linear", c->in[0], as_rows(&shape));
    x = x ? gra__product_ready(x, dtype) : NULL;
    gra_tensor *const w = gra__product_ready(c->in[1], dtype);
    gra_tensor *const bias = c->in[2] ? gra__packed(c->in[2], dtype) : NULL;
    if (!x || !w || (c->in[2] && !bias))
        return;
    shape.size[shape.count - 1] = w->shape.size[0];
    gra_tensor *const y = gra__empty("linear", shape, dtype);
    if (!y)
        return;
    gra__product(dtype, gra__matrix_of(x), gra__matrix_transposed(gra__matrix_of(w)), gra__ptr(y),
                 bias ? gra__ptr(bias) : NULL);
    c->out[0] = gra__converted(y, c->in[0]->dtype);
    if (c->needs[0] != c->needs[1]) /* each is read for the other's gradient only */
        c->saves = c->needs[0] ? GRA_IN(1) : GRA_IN(0);
}

static void linear_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_matmul(g[0], c->in[1]);
    if (c->needs[1]) {
        const gra_shape shape = gra_call_shape(c, 0), g_shape = gra_tensor_shape(g[0]);
        gra_tensor *const rows = gra_reshape(g[0], as_rows(&g_shape));
        dx[1] = gra_matmul(gra_transpose(rows, 0, 1), gra_reshape(c->in[0], as_rows(&shape)));
    }
    dx[2] = c->needs[2] ? g[0] : NULL; /* the engine sums it to b's shape */
}

/* Rows of w whose gradient is made at once: whole 16s, as the bits of a product and of an
 * optimizer's loop do not depend on the cut then, and few enough to stay in the cache until they
 * are used. */
static int64_t strip_rows(int64_t out, int64_t in)
{
    const int64_t fitting = STRIP / (in ? in : 1) / 16 * 16;
    return fitting < 16 ? 16 : fitting < out ? fitting : out;
}

/* dw by its rows, which are columns of g. */
static void linear_vjp_strips(gra_call *c, gra_tensor **g, int i, gra_take_strip take,
                              void *context)
{
    const gra_shape x_shape = gra_call_shape(c, 0), g_shape = gra_tensor_shape(g[0]);
    const gra_shape w_shape = gra_call_shape(c, i), n_shape = as_rows(&g_shape);
    gra_tensor *const columns = gra_transpose(gra_reshape(g[0], n_shape), 0, 1);
    gra_tensor *const x = gra_reshape(c->in[0], as_rows(&x_shape));
    const int64_t out = w_shape.size[0], in = w_shape.size[1];
    const bool by_rows = gra__product_is_by_rows(gra_tensor_dtype(x), out, in, n_shape.size[0]);
    const int64_t rows = by_rows ? strip_rows(out, in) : out;
    int64_t row = 0;
    for (bool more = true; more && row < out;) {
        const int mark = gra_mark();
        const int64_t count = out - row < 2 * rows ? out - row : rows; /* the last takes the rest */
        more = take(context, gra_matmul(gra_narrow(columns, 0, row, count), x));
        row += count;
        gra_release(mark);
    }
}

/* One multiply-add for each output and each feature of its row of x. */
static double linear_flops(const gra_call *c)
{
    return 2 * (double)c->out[0]->numel * (double)c->in[1]->shape.size[1];
}

const gra_op gra_op_linear = {
    .schema = "linear(Tensor x, Tensor w, Tensor? bias=None) -> Tensor",
    .forward = linear_forward,
    .vjp = linear_vjp,
    .curvature = GRA_CURVATURE_PRODUCTS,
    .vjp_strips = linear_vjp_strips,
    .strips = GRA_IN(1),
    .saves = GRA_IN(0) | GRA_IN(1),
    .flops = linear_flops,
};

gra_tensor *gra_linear(gra_tensor *x, gra_tensor *w, gra_tensor *bias)
{
    return gra_apply(&gra_op_linear, (gra_tensor *[]){x, w, bias}, 3, NULL);
}
