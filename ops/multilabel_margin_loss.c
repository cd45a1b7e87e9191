/* multilabel_margin_loss.c - the hinge loss of samples with several labels: the score of each of a sample's
 * labels is to exceed by 1 those of the classes that are not among them.
 *
 *   l_n = 1/C sum_{j a label} sum_{k no label} max(0, 1 - x_nj + x_nk)
 *
 *   dl_n/dx_nk = 1/C (how many pairs with a positive term k is in as no label, less those as a label)
 *
 * and its mean, its sum, or as it is.  x is [N, C] or [C], and so are the targets: a sample's labels from
 * the left, and -1 behind the last.  l is linear in pieces, so the forward pass keeps dl/dx, and its
 * derivative is 0.
 */
#include <string.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/layout.h"
#include "ops/loss.h"

typedef struct {
    int64_t reduction;
} label_args;

static const char name[] = "multilabel_margin_loss";

static bool arguments_fit(const gra_call *c)
{
    const gra_tensor *const x = c->in[0], *const t = c->in[1];
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!gra__loss_floating(name, "input", x) ||
        !gra__is_reduction(name, ((const label_args *)c->args)->reduction))
        return false;
    if (x->shape.count < 1 || x->shape.count > 2)
        gra_fail("%s: input has shape %s; [N, C] or [C] is needed", name,
                 gra_shape_text(x->shape, a));
    else if (t->dtype != GRA_INT64)
        gra_fail("%s: target has dtype %s; class indices are int64, convert them with gra_to", name,
                 gra_dtype_name(t->dtype));
    else if (!gra_shape_equal(x->shape, t->shape))
        gra_fail("%s: target has shape %s; it needs the input's, %s", name,
                 gra_shape_text(t->shape, a), gra_shape_text(x->shape, b));
    return !gra_error();
}

/* Marks a sample's labels and returns how many entries they take; -1 with an error. */
static int64_t mark_labels(const int64_t *t, int64_t classes, int64_t sample, double *is_label)
{
    memset(is_label, 0, (size_t)classes * sizeof *is_label);
    for (int64_t j = 0; j < classes; j++) {
        if (t[j] == -1)
            return j;
        if (t[j] < 0 || t[j] >= classes) {
            gra_fail("%s: label %lld of sample %lld is no class; there are %lld classes, 0 to "
                     "%lld, and -1 ends a sample's labels",
                     name, (long long)t[j], (long long)sample, (long long)classes,
                     (long long)classes - 1);
            return -1;
        }
        is_label[t[j]] = 1;
    }
    return classes;
}

/* The loss of one sample, and its derivative d. */
static double sample_loss(const double *x, const int64_t *t, int64_t labels, int64_t classes,
                          const double *is_label, double *d)
{
    const double share = 1 / (double)classes;
    double sum = 0;
    memset(d, 0, (size_t)classes * sizeof *d);
    for (int64_t j = 0; j < labels; j++)
        for (int64_t k = 0; k < classes; k++) {
            const double z = 1 - x[t[j]] + x[k];
            if (is_label[k] != 0 || z <= 0)
                continue;
            sum += z;
            d[k] += share;
            d[t[j]] -= share;
        }
    return sum * share;
}

static void margin_forward(gra_call *c)
{
    if (!arguments_fit(c))
        return;
    gra_tensor *const input = c->in[0];
    const int dims = input->shape.count;
    const int64_t classes = input->shape.size[dims - 1], n = dims == 2 ? input->shape.size[0] : 1;
    gra_tensor *const x = gra__packed(input, GRA_FLOAT64);
    gra_tensor *const target = gra__packed(c->in[1], GRA_INT64);
    gra_tensor *const terms =
        gra__zeros(name, gra__shape_removed(input->shape, dims - 1), GRA_FLOAT64);
    gra_tensor *const d = gra__empty(name, input->shape, GRA_FLOAT64);
    gra_tensor *const marks = gra__empty(name, GRA_SHAPE(classes), GRA_FLOAT64);
    if (!x || !target || !terms || !d || !marks)
        return;
    double *const is_label = gra__ptr(marks);
    for (int64_t i = 0; i < n && classes && !gra__dry_run(); i++) {
        const int64_t at = i * classes, *const t = (const int64_t *)gra__ptr(target) + at;
        const int64_t labels = mark_labels(t, classes, i, is_label);
        if (labels < 0)
            return;
        ((double *)gra__ptr(terms))[i] = sample_loss((const double *)gra__ptr(x) + at, t, labels,
                                                     classes, is_label, (double *)gra__ptr(d) + at);
    }
    c->saved[0] = gra_to(d, input->dtype);
    c->out[0] =
        gra_to(gra__reduced_loss(terms, ((const label_args *)c->args)->reduction), input->dtype);
}

static void margin_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const bool none = ((const label_args *)c->args)->reduction == GRA_REDUCE_NONE;
    const bool mean = ((const label_args *)c->args)->reduction == GRA_REDUCE_MEAN;
    const gra_shape shape = gra_call_shape(c, 0);
    const int64_t n = mean && shape.count == 2 && shape.size[0] ? shape.size[0] : 1;
    gra_tensor *const share = none ? gra_unsqueeze(g[0], -1) : gra_div_scalar(g[0], (double)n);
    if (c->needs[0])
        dx[0] = gra_mul(c->saved[0], share);
}

const gra_op gra_op_multilabel_margin_loss = {
    .schema = "multilabel_margin_loss(Tensor input, Tensor target, int reduction=0) -> Tensor",
    .forward = margin_forward,
    .vjp = margin_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(label_args),
};

gra_multilabel_margin_loss_options gra_multilabel_margin_loss_defaults(void)
{
    return (gra_multilabel_margin_loss_options){0};
}

gra_tensor *gra_multilabel_margin_loss_with(gra_multilabel_margin_loss_options o)
{
    return gra_apply(&gra_op_multilabel_margin_loss, (gra_tensor *[]){o.input, o.target}, 2,
                     &(label_args){o.reduction});
}
