/* accuracy.c - how often the target is among the largest logits. */
#include <math.h>

#include "core/error.h"
#include "train/classes.h"
#include "train/metrics.h"

bool gra__classes_check(const char *op, const gra_tensor *logits, const gra_tensor *targets,
                        bool predicted)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (gra_error() || !logits || !targets)
        return false;
    if (targets->shape.count != 1 || !gra_dtype_is_integer(targets->dtype))
        gra_fail("%s: targets are %s %s; the classes of N examples are needed, [N] of int64", op,
                 gra_dtype_name(targets->dtype), gra_shape_text(targets->shape, b));
    else if (predicted && (logits->shape.count != 1 || !gra_dtype_is_integer(logits->dtype)))
        gra_fail("%s: predictions are %s %s; logits [N, C] of a floating type or classes [N] of "
                 "int64 are needed",
                 op, gra_dtype_name(logits->dtype), gra_shape_text(logits->shape, a));
    else if (!predicted && (logits->shape.count != 2 || !gra_dtype_is_floating(logits->dtype)))
        gra_fail("%s: logits are %s %s; [N, C] of a floating type is needed", op,
                 gra_dtype_name(logits->dtype), gra_shape_text(logits->shape, a));
    else if (logits->shape.size[0] != targets->shape.size[0])
        gra_fail("%s: logits are of shape %s and targets of shape %s; as many targets as rows are "
                 "needed",
                 op, gra_shape_text(logits->shape, a), gra_shape_text(targets->shape, b));
    return !gra_error();
}

int64_t gra__class_at(const char *op, const char *what, const gra_tensor *t, int64_t i,
                      int64_t classes)
{
    const int64_t c = (int64_t)gra__load(t, i * t->stride[0]);
    if (c >= 0 && c < classes)
        return c;
    gra_fail("%s: %s %lld of example %lld lies outside 0 to %lld", op, what, (long long)c,
             (long long)i, (long long)classes - 1);
    return -1;
}

int64_t gra__class_rank(const gra_tensor *logits, int64_t i, int64_t c)
{
    const int64_t row = i * logits->stride[0], step = logits->stride[1];
    const double own = gra__load(logits, row + c * step);
    int64_t before = 0;
    for (int64_t k = 0; k < logits->shape.size[1]; k++) {
        const double other = gra__load(logits, row + k * step);
        const bool equal = other == own || (isnan(other) && isnan(own));
        before += equal ? k < c : other > own || isnan(other);
    }
    return before;
}

gra_accuracy_options gra_accuracy_defaults(void)
{
    return (gra_accuracy_options){.topk = 1};
}

double gra_accuracy_with(gra_accuracy_options o)
{
    static const char op[] = "gra_accuracy";
    if (!gra__classes_check(op, o.logits, o.targets, false))
        return NAN;
    const int64_t n = o.logits->shape.size[0], classes = o.logits->shape.size[1];
    if (o.topk < 1 || o.topk > classes)
        gra_fail("%s: topk %lld is out of range; the logits are of %lld classes, so that 1 to %lld "
                 "are possible",
                 op, (long long)o.topk, (long long)classes, (long long)classes);
    else if (n == 0)
        gra_fail("%s: there is no example", op);
    int64_t hits = 0;
    for (int64_t i = 0; i < n && !gra_error(); i++) {
        const int64_t c = gra__class_at(op, "target", o.targets, i, classes);
        if (c >= 0 &&
            !isnan(gra__load(o.logits, i * o.logits->stride[0] + c * o.logits->stride[1])))
            hits += gra__class_rank(o.logits, i, c) < o.topk;
    }
    return gra_error() ? NAN : (double)hits / (double)n;
}
