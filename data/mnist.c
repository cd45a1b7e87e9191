/* mnist.c - MNIST, FashionMNIST and KMNIST from their four IDX files each. */
#include "data/mnist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "data/download.h"
#include "data/idx.h"
#include "data/image_set.h"

enum { PATH_LENGTH = 4096, CLASSES = 10, SIDE = 28 };

/* Where a set's files come from, with their MD5 as torchvision lists it. */
typedef struct source {
    const char *op;         /* for messages */
    const char *name;       /* its folder on a mirror */
    const char *places[3];  /* URLs; NULL behind the last */
    const char *sums[2][2]; /* [train][labels]; of the .gz files */
} source;

static const source mnist = {
    .op = "gra_mnist",
    .name = "mnist",
    .places = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
               "https://storage.googleapis.com/cvdf-datasets/mnist/"},
    .sums = {{"9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"},
             {"f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432"}},
};

static const source fashion_mnist = {
    .op = "gra_fashion_mnist",
    .name = "fashion-mnist",
    .places = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
    .sums = {{"bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"},
             {"8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe"}},
};

static const source kmnist = {
    .op = "gra_kmnist",
    .name = "kmnist",
    .places = {"http://codh.rois.ac.jp/kmnist/dataset/kmnist/"},
    .sums = {{"5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134"},
             {"bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344"}},
};

typedef struct reader {
    const source *source;
    const gra_image_set_options *options;
    char path[PATH_LENGTH]; /* of the file that is being read */
} reader;

static bool set_path(reader *r, const char *name)
{
    const int length = snprintf(r->path, sizeof r->path, "%s/%s", r->options->dir, name);
    if (length < (int)sizeof r->path)
        return true;
    gra_fail("%s: the folder's path is longer than %d bytes", r->source->op, PATH_LENGTH);
    return false;
}

static bool fetch(const reader *r, const char *name, bool labels)
{
    return gra__download_remote(&(gra__remote_file){
        .op = r->source->op,
        .dir = r->options->dir,
        .name = name,
        .checksum = r->source->sums[r->options->train][labels],
        .mirror = r->options->mirror,
        .set = r->source->name,
        .official = r->source->places,
    });
}

/* The file as it is, or with .gz behind its name, which can be fetched. */
static gra_tensor *read_part(reader *r, bool labels)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%s-ubyte.gz", r->options->train ? "train" : "t10k",
             labels ? "labels-idx1" : "images-idx3");
    char *const ending = strrchr(name, '.');
    *ending = 0;
    if (!set_path(r, name))
        return NULL;
    if (access(r->path, F_OK) == 0)
        return gra_read_idx(r->path);
    *ending = '.';
    if (!set_path(r, name) || (r->options->download && !fetch(r, name, labels)))
        return NULL;
    if (access(r->path, F_OK) == 0)
        return gra_read_idx(r->path);
    return gra_fail("%s: %.*s or .gz: %s; .download = true fetches it", r->source->op,
                    (int)strlen(r->path) - 3, r->path, strerror(errno));
}

static bool labels_are_digits(const reader *r, const gra_tensor *labels)
{
    const uint8_t *const label = gra__ptr(labels);
    for (int64_t i = 0; labels->dtype == GRA_UINT8 && i < labels->numel; i++) {
        if (label[i] < CLASSES)
            continue;
        gra_fail("%s: %s: label %d of example %lld is out of range; 0 to %d are possible: fetch "
                 "the file again",
                 r->source->op, r->path, label[i], (long long)i, CLASSES - 1);
        return false;
    }
    return true;
}

static bool images_are_square(const reader *r, const gra_tensor *images)
{
    char text[GRA_SHAPE_TEXT];
    const gra_shape *const shape = &images->shape;
    if (shape->count == 3 && shape->size[1] == SIDE && shape->size[2] == SIDE)
        return true;
    gra_fail("%s: %s: the images have shape %s; [N, %d, %d] is needed", r->source->op, r->path,
             gra_shape_text(*shape, text), SIDE, SIDE);
    return false;
}

static gra_dataset *read_set(reader *r)
{
    if (!gra__may_take_transform(r->source->op, r->options->transform))
        return NULL;
    if (!r->options->dir)
        return gra_fail("%s: the folder's path is NULL", r->source->op);
    gra_tensor *const images = read_part(r, false);
    if (!images || !images_are_square(r, images))
        return NULL;
    gra_tensor *const labels = read_part(r, true);
    if (!labels || !labels_are_digits(r, labels))
        return NULL;
    return gra__image_set(r->source->op, images, labels, r->options->transform);
}

static gra_dataset *dataset(const source *s, gra_image_set_options o)
{
    reader r = {.source = s, .options = &o};
    const int mark = gra_mark();
    gra_dataset *const set = read_set(&r);
    gra_release(mark);
    return gra__took_transform(set, o.transform);
}

gra_dataset *gra_mnist_dataset_with(gra_image_set_options o)
{
    return dataset(&mnist, o);
}

gra_dataset *gra_fashion_mnist_dataset_with(gra_image_set_options o)
{
    return dataset(&fashion_mnist, o);
}

gra_dataset *gra_kmnist_dataset_with(gra_image_set_options o)
{
    return dataset(&kmnist, o);
}

gra_data *gra_mnist_with(gra_image_data_options o)
{
    return gra__image_data(dataset(&mnist, gra__image_set_part(&o)), &o);
}

gra_data *gra_fashion_mnist_with(gra_image_data_options o)
{
    return gra__image_data(dataset(&fashion_mnist, gra__image_set_part(&o)), &o);
}

gra_data *gra_kmnist_with(gra_image_data_options o)
{
    return gra__image_data(dataset(&kmnist, gra__image_set_part(&o)), &o);
}
