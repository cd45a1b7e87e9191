/* mnist.c - MNIST from its four IDX files. */
#include "data/mnist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "data/idx.h"
#include "data/image_set.h"

enum { PATH_LENGTH = 4096, CLASSES = 10, SIDE = 28 };

gra_mnist_options gra_mnist_defaults(void)
{
    return (gra_mnist_options){GRA_LOADER_DEFAULTS};
}

/* The file as it is, or with .gz behind its name. */
static gra_tensor *read_part(const gra_mnist_options *o, const char *part)
{
    static const char *const endings[] = {"", ".gz"};
    char path[PATH_LENGTH];
    for (int i = 0; i < 2; i++) {
        const int length = snprintf(path, sizeof path, "%s/%s-%s%s", o->dir,
                                    o->train ? "train" : "t10k", part, endings[i]);
        if (length >= (int)sizeof path)
            return gra_fail("gra_mnist: the folder's path is longer than %d bytes", PATH_LENGTH);
        if (access(path, F_OK) == 0)
            return gra_read_idx(path);
    }
    return gra_fail("gra_mnist: %.*s or .gz: %s", (int)strlen(path) - 3, path, strerror(errno));
}

static bool labels_are_digits(const gra_tensor *labels)
{
    const uint8_t *const label = gra__ptr(labels);
    for (int64_t i = 0; labels->dtype == GRA_UINT8 && i < labels->numel; i++) {
        if (label[i] < CLASSES)
            continue;
        gra_fail("gra_mnist: label %d of example %lld is out of range; 0 to %d are possible",
                 label[i], (long long)i, CLASSES - 1);
        return false;
    }
    return true;
}

static bool images_are_square(const gra_tensor *images)
{
    char text[GRA_SHAPE_TEXT];
    const gra_shape *const shape = &images->shape;
    if (shape->count == 3 && shape->size[1] == SIDE && shape->size[2] == SIDE)
        return true;
    gra_fail("gra_mnist: the images have shape %s; [N, %d, %d] is needed",
             gra_shape_text(*shape, text), SIDE, SIDE);
    return false;
}

static gra_dataset *read_set(const gra_mnist_options *o)
{
    gra_tensor *const images = read_part(o, "images-idx3-ubyte");
    if (!images || !images_are_square(images))
        return NULL;
    gra_tensor *const labels = read_part(o, "labels-idx1-ubyte");
    return labels && labels_are_digits(labels) ? gra__image_set("gra_mnist", images, labels) : NULL;
}

gra_data *gra_mnist_with(gra_mnist_options o)
{
    if (gra_error())
        return NULL;
    if (!o.dir)
        return gra_fail("gra_mnist: the folder's path is NULL");
    const int mark = gra_mark();
    gra_dataset *const set = read_set(&o);
    gra_release(mark);
    if (!set)
        return NULL;
    return gra_loader(set, GRA_LOADER_ARGUMENTS(o));
}
