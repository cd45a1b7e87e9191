/* lambda.c - gra_transforms_lambda. */
#include "core/error.h"
#include "data/transforms.h"
#include "data/transforms/options.h"

typedef struct lambda {
    gra_transform_function function;
    void *context;
} lambda;

static gra_tensor *lambda_apply(const gra_transform *t, gra_tensor *x)
{
    const lambda *const l = gra_transform_data(t);
    return l->function(x, l->context);
}

static const gra_transform_class lambda_class = {.name = "lambda", .apply = lambda_apply};

gra_transform *gra_transforms_lambda(gra_transform_function function, void *context)
{
    const lambda l = {function, context};
    if (!function)
        return gra_fail("gra_transforms_lambda: the function is NULL");
    return gra__transform_of(&lambda_class, &l, sizeof l);
}
