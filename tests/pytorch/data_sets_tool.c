/* data_sets_tool.c - shows check_data_sets.py what data sets hold.
 *
 *     data_sets_tool folder PATH               an image folder's files with their classes, then the names
 *     data_sets_tool SET DIR train|test X Y    mnist, fashion_mnist, kmnist, cifar10 or cifar100: bytes
 *                                              and labels of all examples as .npy files
 */
#include "gradus.h"

#include <stdio.h>
#include <string.h>

static void list_folder(const char *path)
{
    gra_tensor *x, *y;
    gra_dataset *const set = gra_image_folder_dataset(path);
    for (int64_t i = 0; i < gra_dataset_size(set) && !gra_error(); i++)
        if (gra_dataset_get(set, i, &x, &y) == 0)
            printf("%lld %g %s\n", (long long)gra_item_int(y),
                   gra_tensor_at(x, GRA_SHAPE(0, 0, 0)) * 255, gra_image_folder_file(set, i));
    for (int64_t i = 0; i < gra_image_folder_classes(set); i++)
        printf("class %s\n", gra_image_folder_class(set, i));
    gra_free(set);
}

/* Gives the bytes as they are. */
static gra_tensor *as_it_is(const gra_transform *t, gra_tensor *x)
{
    (void)t;
    return x;
}

static const gra_transform_class bytes = {.name = "bytes", .apply = as_it_is};

static gra_data *open_set(const char *name, const char *dir, bool train)
{
    gra_transform *const t = gra_transform_new(&bytes, 0);
    const int64_t all = 1 << 20;
    if (strcmp(name, "mnist") == 0)
        return gra_mnist(dir, .train = train, .transform = t, .batch = all);
    if (strcmp(name, "fashion_mnist") == 0)
        return gra_fashion_mnist(dir, .train = train, .transform = t, .batch = all);
    if (strcmp(name, "kmnist") == 0)
        return gra_kmnist(dir, .train = train, .transform = t, .batch = all);
    if (strcmp(name, "cifar10") == 0)
        return gra_cifar10(dir, .train = train, .transform = t, .batch = all);
    return gra_cifar100(dir, .train = train, .transform = t, .batch = all);
}

static void dump(char **arguments)
{
    gra_tensor *x, *y;
    gra_data *const data = open_set(arguments[0], arguments[1], strcmp(arguments[2], "train") == 0);
    if (gra_data_next(data, &x, &y)) {
        gra_save_npy(x, arguments[3]);
        gra_save_npy(y, arguments[4]);
    }
    gra_free(data);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "folder") == 0)
        list_folder(argv[2]);
    else if (argc == 6)
        dump(argv + 1);
    else
        gra_fail("usage: data_sets_tool folder PATH | SET DIR train|test X Y");
    if (gra_error())
        fprintf(stderr, "data_sets_tool: %s\n", gra_error());
    return gra_error() != NULL;
}
