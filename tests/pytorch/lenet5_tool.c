/* lenet5_tool.c - hands check_lenet5.py the weights, the data and our losses of 200 steps.
 *
 *   lenet5_tool FILE       writes the weights and data to FILE (safetensors) and prints the losses
 */
#include "tests/nn/models/lenet5_steps.h"

#include <stdio.h>

static const char *const names[] = {"1.weight", "1.bias",    "4.weight", "4.bias",    "8.weight",
                                    "8.bias",   "10.weight", "10.bias",  "12.weight", "12.bias"};
enum { PARAMETERS = sizeof names / sizeof names[0] };

static int write_start(const char *path, gra_module *net, gra_data *data)
{
    const char *all[PARAMETERS + 2];
    gra_tensor *tensors[PARAMETERS + 2], *xs[LENET5_STEPS], *ys[LENET5_STEPS];
    for (int i = 0; i < PARAMETERS; i++) {
        all[i] = names[i];
        tensors[i] = gra_module_parameter(net, names[i]);
    }
    for (int step = 0; step < LENET5_STEPS && gra_data_next(data, &xs[step], &ys[step]); step++)
        ;
    all[PARAMETERS] = "x";
    all[PARAMETERS + 1] = "y";
    tensors[PARAMETERS] = gra_stack(xs, LENET5_STEPS, 0);
    tensors[PARAMETERS + 1] = gra_stack(ys, LENET5_STEPS, 0);
    gra_data_rewind(data);
    return gra_save_tensors(path, all, tensors, PARAMETERS + 2);
}

int main(int argc, char **argv)
{
    double losses[LENET5_STEPS];
    if (argc != 2)
        return 2;
    gra_module *net = lenet5_steps_net();
    gra_data *data = lenet5_steps_data();
    if (write_start(argv[1], net, data) == 0 && lenet5_steps_run(net, data, losses) == 0)
        for (int i = 0; i < LENET5_STEPS; i++)
            printf("%.9g\n", losses[i]);
    if (gra_error())
        fprintf(stderr, "lenet5_tool: %s\n", gra_error());
    gra_free(net, data);
    return gra_error() != NULL;
}
