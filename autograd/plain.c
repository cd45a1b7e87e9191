/* plain.c - tensors and gradients with plain arguments, for bindings. */
#include "plain.h"

#include "backward.h"
#include "core/create.h"

gra_tensor *gra_plain_tensor(const void *data, gra_dtype dtype, const int64_t *sizes, int dims,
                             bool requires_grad)
{
    return gra_from_data_with((gra_from_data_options){.data = data,
                                                      .shape = gra_shape_of(sizes, dims),
                                                      .dtype = dtype,
                                                      .requires_grad = requires_grad});
}

int gra_plain_grad(gra_tensor *const *outputs, gra_tensor *const *gradients, int output_count,
                   gra_tensor *const *inputs, int input_count, bool create_graph,
                   gra_tensor **results)
{
    gra_grad_many_options o = gra_grad_many_defaults();
    o.outputs = outputs;
    o.output_count = output_count;
    o.inputs = inputs;
    o.input_count = input_count;
    o.results = results;
    o.gradients = gradients;
    o.retain_graph = true;
    o.create_graph = create_graph;
    o.allow_unused = true;
    return gra_grad_many_with(o);
}
