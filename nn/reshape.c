/* reshape.c - the layers that give their input another shape. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

static gra_tensor *flatten(gra_module *self, gra_tensor *x)
{
    const gra_nn_flatten_options *const o = gra_module_data(self);
    return gra_flatten(x, o->start_dim, o->end_dim);
}

static void describe_flatten(const gra_module *self, FILE *text)
{
    const gra_nn_flatten_options *const o = gra_module_data(self);
    fprintf(text, "start_dim=%lld, end_dim=%lld", (long long)o->start_dim, (long long)o->end_dim);
}

static const gra_module_class flatten_class = {
    .name = "Flatten",
    .forward = flatten,
    .describe = describe_flatten,
};

static gra_tensor *reshape(gra_module *self, gra_tensor *x)
{
    return gra_reshape(x, *(const gra_shape *)gra_module_data(self));
}

static void describe_reshape(const gra_module *self, FILE *text)
{
    const gra_shape *const sizes = gra_module_data(self);
    for (int i = 0; i < sizes->count; i++)
        fprintf(text, "%s%lld", i ? ", " : "", (long long)sizes->size[i]);
}

static const gra_module_class reshape_class = {
    .name = "Reshape",
    .forward = reshape,
    .describe = describe_reshape,
};

gra_nn_flatten_options gra_nn_flatten_defaults(void)
{
    return (gra_nn_flatten_options){.start_dim = 1, .end_dim = -1};
}

gra_module *gra_nn_flatten_with(gra_nn_flatten_options o)
{
    const int64_t start = o.start_dim, end = o.end_dim;
    const bool inside = -GRA_MAX_DIMS <= start && start < GRA_MAX_DIMS && -GRA_MAX_DIMS <= end &&
                        end < GRA_MAX_DIMS;
    if (!inside || ((start < 0) == (end < 0) && start > end))
        return gra_fail("Flatten: start_dim %lld and end_dim %lld name no dims in order",
                        (long long)start, (long long)end);
    return gra__layer(&flatten_class, &o, sizeof o);
}

/* Whether at most one size is -1 and the others are sizes. */
static bool check_sizes(gra_shape sizes)
{
    int inferred = 0;
    if (sizes.count > GRA_MAX_DIMS)
        gra_fail("Reshape: %d dims were given; at most %d are possible", sizes.count, GRA_MAX_DIMS);
    for (int i = 0; i < sizes.count && !gra_error(); i++) {
        inferred += sizes.size[i] == -1;
        if (sizes.size[i] < -1)
            gra_fail("Reshape: size %lld is negative; only -1, for the size that follows from the "
                     "input, may be",
                     (long long)sizes.size[i]);
    }
    if (inferred > 1)
        gra_fail("Reshape: %d sizes are -1; only one can follow from the input", inferred);
    return !gra_error();
}

gra_module *gra_nn_reshape_with(gra_shape sizes)
{
    if (!check_sizes(sizes))
        return NULL;
    return gra__layer(&reshape_class, &sizes, sizeof sizes);
}
