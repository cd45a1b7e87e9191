/* safetensors_tool.c - reads or writes a safetensors file for check_safetensors.py.
 *
 *     safetensors_tool list FILE           one line a tensor: its name, dtype, shape and elements
 *     safetensors_tool copy FROM TO        reads every tensor and writes it to another file
 *     safetensors_tool lenet5 FILE SEED    saves a LeNet-5
 *     safetensors_tool logits FILE         loads a LeNet-5 and prints its logits for a ramp
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TENSORS = 64 };

static void print_tensor(const char *name, gra_tensor *t)
{
    char shape[GRA_SHAPE_TEXT];
    printf("%s %s %s", name, gra_dtype_name(gra_tensor_dtype(t)),
           gra_shape_text(gra_tensor_shape(t), shape));
    gra_tensor *const flat = gra_flatten(t, 0, -1);
    for (int64_t i = 0; i < gra_tensor_numel(flat); i++)
        printf(" %.17g", gra_tensor_at(flat, GRA_SHAPE(i)));
    putchar('\n');
}

static void list(const char *path)
{
    gra_tensor_file *const file = gra_tensor_file_open(path);
    for (int i = 0; i < gra_tensor_file_count(file); i++) {
        const char *const name = gra_tensor_file_name(file, i);
        print_tensor(name, gra_tensor_file_get(file, name));
    }
    gra_free(file);
}

static void copy(const char *from, const char *to)
{
    const char *names[MAX_TENSORS];
    gra_tensor *tensors[MAX_TENSORS];
    gra_tensor_file *const file = gra_tensor_file_open(from);
    const int count = gra_tensor_file_count(file);
    if (count > MAX_TENSORS)
        gra_fail("%s has more than %d tensors", from, MAX_TENSORS);
    for (int i = 0; i < count && !gra_error(); i++) {
        names[i] = gra_tensor_file_name(file, i);
        tensors[i] = gra_tensor_file_get(file, names[i]);
    }
    gra_save_tensors(to, names, tensors, count);
    gra_free(file);
}

static void save_lenet5(const char *path, const char *seed)
{
    gra_manual_seed(strtoull(seed, NULL, 10));
    gra_module *const net = gra_lenet5();
    gra_save(net, path);
    gra_free(net);
}

static void print_logits(const char *path)
{
    gra_module *const net = gra_lenet5();
    gra_load(net, path);
    gra_tensor *const x = gra_reshape(gra_linspace(-1, 1, 784), GRA_SHAPE(1, 784));
    print_tensor("logits", gra_forward(net, x));
    gra_free(net);
}

int main(int argc, char **argv)
{
    const char *const verb = argc > 2 ? argv[1] : "";
    if (strcmp(verb, "list") == 0)
        list(argv[2]);
    else if (strcmp(verb, "copy") == 0 && argc > 3)
        copy(argv[2], argv[3]);
    else if (strcmp(verb, "lenet5") == 0 && argc > 3)
        save_lenet5(argv[2], argv[3]);
    else if (strcmp(verb, "logits") == 0)
        print_logits(argv[2]);
    else
        gra_fail(
            "usage: safetensors_tool list FILE | copy FROM TO | lenet5 FILE SEED | logits FILE");
    if (gra_error())
        fprintf(stderr, "safetensors_tool: %s\n", gra_error());
    return gra_error() != NULL;
}
