/* class_targets.c - checking and reading targets that are class indices. */
#include "ops/class_targets.h"

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/loss.h"
#include "ops/reduce.h"

int gra__class_dim(gra_shape input)
{
    return input.count > 1 ? 1 : 0;
}

static bool shapes_fit(const char *op, const gra_tensor *input, const gra_tensor *target)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT], t[GRA_SHAPE_TEXT];
    if (input->shape.count == 0) {
        gra_fail("%s: input has no dims; [N, C], [C] or [N, C, d1, ...] is needed", op);
        return false;
    }
    const gra_shape wanted =
        gra__reduced_shape(input->shape, 1u << gra__class_dim(input->shape), false);
    if (gra_shape_equal(wanted, target->shape))
        return true;
    gra_fail("%s: target has shape %s; input of shape %s needs class indices of shape %s", op,
             gra_shape_text(target->shape, t), gra_shape_text(input->shape, a),
             gra_shape_text(wanted, b));
    return false;
}

static bool weight_fits(const char *op, const gra_tensor *weight, int64_t classes)
{
    char a[GRA_SHAPE_TEXT];
    if (!weight)
        return true;
    if (!gra__loss_floating(op, "weight", weight))
        return false;
    if (weight->shape.count == 1 && weight->shape.size[0] == classes)
        return true;
    gra_fail("%s: weight has shape %s; one number for each of %lld classes is needed", op,
             gra_shape_text(weight->shape, a), (long long)classes);
    return false;
}

static bool arguments_fit(const char *op, const gra_tensor *input, const gra_tensor *target,
                          int64_t reduction)
{
    if (!gra__loss_floating(op, "input", input))
        return false;
    if (target->dtype != GRA_INT64) {
        gra_fail("%s: target has dtype %s; class indices are int64, convert them with gra_to", op,
                 gra_dtype_name(target->dtype));
        return false;
    }
    return gra__is_reduction(op, reduction) && shapes_fit(op, input, target);
}

/* The index of the element at a position in row-major order. */
static gra_shape index_of(gra_shape shape, int64_t position)
{
    gra_shape index = shape;
    for (int d = shape.count - 1; d >= 0; d--) {
        index.size[d] = position % shape.size[d];
        position /= shape.size[d];
    }
    return index;
}

/* Adds up the weights of the targets; false with an error where one is no class. */
static bool add_up(const char *op, gra_shape shape, gra__class_targets *t)
{
    char text[GRA_SHAPE_TEXT];
    t->total = 0;
    for (int64_t i = 0; i < t->count; i++) {
        if (t->at[i] != t->ignored && (t->at[i] < 0 || t->at[i] >= t->classes)) {
            gra_fail("%s: target %lld at position %s is no class; there are %lld classes, 0 to "
                     "%lld",
                     op, (long long)t->at[i], gra_shape_text(index_of(shape, i), text),
                     (long long)t->classes, (long long)t->classes - 1);
            return false;
        }
        t->total += gra__target_weight(t, i);
    }
    return true;
}

bool gra__read_class_targets(const char *op, const gra_tensor *input, gra_tensor *target,
                             gra_tensor *weight, int64_t reduction, int64_t ignored,
                             gra__class_targets *t)
{
    if (!arguments_fit(op, input, target, reduction))
        return false;
    const int64_t classes = input->shape.size[gra__class_dim(input->shape)];
    if (!weight_fits(op, weight, classes))
        return false;
    gra_tensor *const packed = gra__packed(target, GRA_INT64);
    gra_tensor *const weights = weight ? gra__packed(weight, GRA_FLOAT64) : NULL;
    if (!packed || (weight && !weights))
        return false;
    *t = (gra__class_targets){
        .count = gra__dry_run() ? 0 : target->numel,
        .at = gra__ptr(packed),
        .weight = weights ? gra__ptr(weights) : NULL,
        .classes = classes,
        .ignored = ignored,
        .total = (double)target->numel,
    };
    return gra__dry_run() || add_up(op, target->shape, t);
}
