/* models_tool.c - runs a model of nn/models for check_models.py.
 *
 *   models_tool NAME WEIGHTS IN OUT [exact]    NAME alexnet, alexnet_two_towers, vgg11 or vgg11_bn
 *
 * Loads WEIGHTS (safetensors, PyTorch's names) into the model and writes its logits for the tensor "x"
 * of IN, in inference mode, to OUT as "logits"; with a tensor "y" of classes in IN also the mean cross
 * entropy of a step without dropout as "loss" and its gradients under the parameters' names. With exact
 * every convolution takes the direct path, in place of the fastest.
 */
#include "gradus.h"

#include <stdio.h>
#include <string.h>

static gra_module *make(const char *name)
{
    if (!strcmp(name, "alexnet"))
        return gra_alexnet(.num_classes = 100);
    if (!strcmp(name, "alexnet_two_towers"))
        return gra_alexnet(.num_classes = 100, .variant = GRA_ALEXNET_TWO_TOWERS);
    if (!strcmp(name, "vgg11"))
        return gra_vgg(.depth = 11, .num_classes = 100);
    if (!strcmp(name, "vgg11_bn"))
        return gra_vgg(.depth = 11, .num_classes = 100, .batch_norm = true);
    return gra_fail("models_tool: there is no model %s", name);
}

enum { MOST = 128 };

typedef struct {
    const char *names[MOST];
    char text[MOST][64];
    gra_tensor *tensors[MOST];
    int count;
} results;

static void add(results *r, const char *name, gra_tensor *tensor)
{
    if (r->count == MOST)
        return;
    snprintf(r->text[r->count], sizeof r->text[0], "%s", name);
    r->names[r->count] = r->text[r->count];
    r->tensors[r->count++] = gra_contiguous(tensor);
}

static int add_gradient(const char *name, gra_tensor *parameter, void *context)
{
    add(context, name, gra_tensor_grad(parameter));
    return 0;
}

static void run(gra_module *net, gra_tensor *x, gra_tensor *y, results *r)
{
    gra_eval(net);
    gra_tensor *const logits = gra_forward(net, x);
    add(r, "logits", gra_detach(logits));
    if (!y)
        return;
    gra_tensor *const loss = gra_cross_entropy(logits, y);
    add(r, "loss", gra_detach(loss));
    gra_backward(loss);
    gra_module_named_parameters(net, add_gradient, r);
}

int main(int argc, char **argv)
{
    static results r;
    if (argc != 5 && (argc != 6 || strcmp(argv[5], "exact") != 0))
        return 2;
    if (argc == 6)
        gra_set_conv_algorithm(GRA_CONV_DIRECT);
    gra_module *const net = make(argv[1]);
    gra_tensor_file *const in = gra_tensor_file_open(argv[3]);
    if (net && in && gra_load(net, argv[2]) == 0) {
        gra_tensor *const x = gra_tensor_file_get(in, "x");
        gra_tensor *const y = gra_tensor_file_count(in) > 1 ? gra_tensor_file_get(in, "y") : NULL;
        run(net, x, y, &r);
        gra_save_tensors(argv[4], r.names, r.tensors, r.count);
    }
    if (gra_error())
        fprintf(stderr, "models_tool: %s\n", gra_error());
    gra_free(net, in);
    return gra_error() != NULL;
}
