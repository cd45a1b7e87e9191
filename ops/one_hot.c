/* one_hot.c - class indices as rows of zeros with a single 1.
 *
 *   y[.., k] = 1 where k = x[..], else 0
 *
 * x holds integers, y int64; no gradient flows.
 */
#include <stdio.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/indices.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t classes; /* -1: the largest index plus one */
} one_hot_args;

/* The largest of the indices plus one; -1 with an error where there are none. */
static int64_t classes_of(gra_tensor *x)
{
    gra_tensor *const packed = gra__packed(x, GRA_INT64);
    const int64_t *const value = packed ? gra__ptr(packed) : NULL;
    int64_t most = 0;
    if (!value)
        return -1;
    if (x->numel == 0) {
        gra_fail("one_hot: the number of classes cannot be told from an empty tensor; give it");
        return -1;
    }
    for (int64_t i = 0; i < x->numel && !gra__dry_run(); i++)
        most = value[i] > most ? value[i] : most;
    return most < INT64_MAX ? most + 1 : most;
}

static void one_hot_forward(gra_call *c)
{
    const one_hot_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    int64_t classes = args->classes;
    if (classes < -1 || classes == 0) {
        gra_fail("one_hot: %lld classes are not possible; a positive number is needed, or -1 for "
                 "the largest index plus one",
                 (long long)classes);
        return;
    }
    if (classes == -1 && gra_dtype_is_integer(x->dtype) && (classes = classes_of(x)) < 0)
        return;
    char range[GRA_RANGE_TEXT];
    snprintf(range, sizeof range, "%lld classes", (long long)classes);
    gra_tensor *const index = gra__indices("one_hot", x, classes, range);
    gra_tensor *const y =
        index ? gra__zeros("one_hot", gra__shape_inserted(x->shape, x->shape.count, classes),
                           GRA_INT64)
              : NULL;
    if (!y)
        return;
    const int64_t *const at = gra__ptr(index);
    int64_t *const row = gra__ptr(y);
    for (int64_t i = 0; i < index->numel && !gra__dry_run(); i++)
        row[i * classes + at[i]] = 1;
    c->out[0] = y;
}

const gra_op gra_op_one_hot = {
    .schema = "one_hot(Tensor x, int classes=-1) -> Tensor",
    .forward = one_hot_forward,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(one_hot_args),
};

gra_tensor *gra_one_hot(gra_tensor *x, int64_t classes)
{
    return gra_apply(&gra_op_one_hot, &x, 1, &(one_hot_args){classes});
}
