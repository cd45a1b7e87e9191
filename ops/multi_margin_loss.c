/* multi_margin_loss.c - the hinge loss of several classes: the score of class t is to exceed the others
 * by margin.
 *
 *   l_n = 1/C sum_{k != t} w_t max(0, margin - x_nt + x_nk)^p              p is 1 or 2
 *
 * and its mean, its sum, or as it is.  x is [N, C] with targets [N], or [C] with a target [].
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/layout.h"
#include "ops/loss.h"

typedef struct {
    int64_t p;
    double margin;
    int64_t reduction;
} margin_args;

static const char name[] = "multi_margin_loss";

static bool shapes_fit(const gra_tensor *x, const gra_tensor *t, const gra_tensor *w)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const int dims = x->shape.count;
    const gra_shape labels = {.count = dims - 1, .size = {x->shape.size[0]}};
    const int64_t classes = dims ? x->shape.size[dims - 1] : 0;
    if (dims < 1 || dims > 2 || classes == 0) {
        gra_fail("%s: input has shape %s; [N, C] or [C] is needed, with at least one class", name,
                 gra_shape_text(x->shape, a));
        return false;
    }
    if (!gra_shape_equal(labels, t->shape)) {
        gra_fail("%s: target has shape %s; input of shape %s needs class indices of shape %s", name,
                 gra_shape_text(t->shape, (char[GRA_SHAPE_TEXT]){0}), gra_shape_text(x->shape, a),
                 gra_shape_text(labels, b));
        return false;
    }
    if (w && (w->shape.count != 1 || w->shape.size[0] != classes)) {
        gra_fail("%s: weight has shape %s; one number for each of %lld classes is needed", name,
                 gra_shape_text(w->shape, a), (long long)classes);
        return false;
    }
    return true;
}

static bool arguments_fit(const gra_call *c)
{
    const margin_args *const args = c->args;
    if (!gra__loss_floating(name, "input", c->in[0]) || !gra__is_reduction(name, args->reduction) ||
        !shapes_fit(c->in[0], c->in[1], c->in[2]) ||
        (c->in[2] && !gra__loss_floating(name, "weight", c->in[2])))
        return false;
    if (c->in[1]->dtype != GRA_INT64)
        gra_fail("%s: target has dtype %s; class indices are int64, convert them with gra_to", name,
                 gra_dtype_name(c->in[1]->dtype));
    else if (args->p != 1 && args->p != 2)
        gra_fail("%s: p is %lld; 1 and 2 are possible", name, (long long)args->p);
    return !gra_error();
}

static void margin_forward(gra_call *c)
{
    const margin_args *const args = c->args;
    gra_tensor *const x = c->in[0], *const t = c->in[1], *const w = c->in[2];
    if (!arguments_fit(c))
        return;
    const int64_t classes = x->shape.size[x->shape.count - 1];
    gra_tensor *const column = gra_unsqueeze(t, -1);
    gra_tensor *const own = gra_gather(x, -1, column);
    gra_tensor *excess = gra_relu(gra_add_scalar(gra_sub(x, own), args->margin));
    if (args->p == 2)
        excess = gra_square(excess);
    if (w)
        excess = gra_mul(excess, gra_reshape(gra_index_select(w, 0, gra_reshape(t, GRA_SHAPE(-1))),
                                             gra_tensor_shape(column)));
    gra_tensor *const is_own = gra_to(gra_one_hot(t, classes), GRA_BOOL);
    gra_tensor *const others = gra_where(is_own, gra_scalar(0, x->dtype), excess);
    c->out[0] = gra__reduced_loss(gra_mean(others, .dims = GRA_DIMS(-1)), args->reduction);
}

const gra_op gra_op_multi_margin_loss = {
    .schema = "multi_margin_loss(Tensor input, Tensor target, int p=1, float margin=1.0, Tensor? "
              "weight=None, int reduction=0) -> Tensor",
    .forward = margin_forward,
    .args_size = sizeof(margin_args),
    .composite = true,
};

gra_multi_margin_loss_options gra_multi_margin_loss_defaults(void)
{
    return (gra_multi_margin_loss_options){.p = 1, .margin = 1};
}

gra_tensor *gra_multi_margin_loss_with(gra_multi_margin_loss_options o)
{
    return gra_apply(&gra_op_multi_margin_loss, (gra_tensor *[]){o.input, o.target, o.weight}, 3,
                     &(margin_args){o.p, o.margin, o.reduction});
}
