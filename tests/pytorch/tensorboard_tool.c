/* tensorboard_tool.c - writes an event file for check_tensorboard.py.
 *
 *     tensorboard_tool DIR VALUES.npy IMAGE.npy...      values as scalars and as a histogram; the images; a graph
 */
#include "gradus.h"

#include <stdio.h>

/* The step of value i is 3 i. */
static void write_values(gra_writer *w, gra_tensor *values)
{
    for (int64_t i = 0; i < gra_tensor_numel(values); i++) {
        const double value = gra_tensor_at(values, GRA_SHAPE(i));
        gra_writer_add_scalar(w, "group/scalar", value, 3 * i);
        gra_writer_add_scalars(w, "several/curves", i, {"plain", value}, {"twice", 2 * value});
    }
    gra_writer_add_scalar(w, "nan", NAN, -1);
    gra_writer_add_histogram(w, "histogram", values, 7);
    gra_writer_add_histogram(
        w, "strided", gra_select(gra_stack((gra_tensor *[]){values, values}, 2, 1), 1, 0), 8);
    gra_writer_add_histogram(w, "one", gra_vector(0.5), 9);
    gra_writer_add_text(w, "text", "a **bold** word, \xc3\xa9", 4);
}

static void write_graph(gra_writer *w)
{
    gra_module *net = gra_sequential(gra_nn_conv2d(1, 2, 3), gra_nn_relu(), gra_nn_flatten(), gra_nn_linear(8, 3));
    gra_tensor *y = gra_forward(net, gra_ones(GRA_SHAPE(5, 1, 4, 4)));
    gra_writer_add_graph(w, gra_sum(y), .module = net);
    gra_free(net);
}

int main(int argc, char **argv)
{
    gra_writer *w = argc > 2 ? gra_summary_writer(argv[1])
                             : gra_fail("usage: tensorboard_tool DIR VALUES.npy IMAGE.npy...");
    gra_tensor *values = argc > 2 ? gra_load_npy(argv[2]) : NULL;
    if (values)
        write_values(w, values);
    for (int i = 3; i < argc; i++) {
        char tag[32];
        snprintf(tag, sizeof tag, "image%d", i - 3);
        gra_writer_add_image(w, tag, gra_load_npy(argv[i]), i);
    }
    write_graph(w);
    gra_writer_close(w);
    gra_free(w);
    if (gra_error())
        fprintf(stderr, "tensorboard_tool: %s\n", gra_error());
    return gra_error() != NULL;
}
