/* cifar.c - CIFAR-10 and CIFAR-100 in the binary form.
 *
 * A file is records without a header: the label in one byte (of CIFAR-100 the coarse one and the fine
 * one, in two), then 1024 bytes of red, 1024 of green, 1024 of blue, each row by row.
 */
#include "data/cifar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "data/download.h"
#include "data/file_set.h"
#include "data/image_set.h"

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, MOST_FILES = 5 };

typedef struct source {
    const char *op;                   /* for messages */
    const char *name;                 /* its folder on a mirror */
    const char *folder;               /* in the archive, and once that is unpacked */
    const char *archive;              /* as it is fetched */
    const char *sum;                  /* its MD5 */
    const char *files[2][MOST_FILES]; /* [train]; NULL behind the last */
    int64_t count;                    /* records in a file of the training set */
    int label_bytes, classes;
} source;

static const source cifar10 = {
    .op = "gra_cifar10",
    .name = "cifar10",
    .folder = "cifar-10-batches-bin",
    .archive = "cifar-10-binary.tar.gz",
    .sum = "c32a1d4ab5d03f1284b67883e8d87530",
    .files = {{"test_batch.bin"},
              {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
               "data_batch_5.bin"}},
    .count = 10000,
    .label_bytes = 1,
    .classes = 10,
};

static const source cifar100 = {
    .op = "gra_cifar100",
    .name = "cifar100",
    .folder = "cifar-100-binary",
    .archive = "cifar-100-binary.tar.gz",
    .sum = "03b5dce01913d631647c71ecec9e9cb8",
    .files = {{"test.bin"}, {"train.bin"}},
    .count = 50000,
    .label_bytes = 2,
    .classes = 100,
};

enum { TEST_COUNT = 10000 };

/* The official place of both. */
static const char *const places[] = {"https://www.cs.toronto.edu/~kriz/", NULL};

typedef struct reader {
    const source *source;
    const gra_image_set_options *options;
    const char *const *names; /* of the files that are needed, NULL behind the last */
    int files;
    int64_t count; /* records in each */
} reader;

static reader reader_of(const source *s, const gra_image_set_options *o)
{
    reader r = {.source = s, .options = o, .names = s->files[o->train]};
    while (r.files < MOST_FILES && r.names[r.files])
        r.files++;
    r.count = o->train ? s->count : TEST_COUNT;
    return r;
}

/* ---- where the files are ---- */

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* DIR/NAME, or DIR where name is NULL, to be freed; NULL with an error. */
static char *below(const reader *r, const char *name)
{
    char *path;
    if (asprintf(&path, "%s%s%s", r->options->dir, name ? "/" : "", name ? name : "") < 0)
        return gra_fail("%s: out of memory", r->source->op);
    return path;
}

static bool fetch(const reader *r)
{
    return gra__download_remote(&(gra__remote_file){.op = r->source->op,
                                                    .dir = r->options->dir,
                                                    .name = r->source->archive,
                                                    .checksum = r->source->sum,
                                                    .mirror = r->options->mirror,
                                                    .set = r->source->name,
                                                    .official = places});
}

/* Whether the folder that was named is one of batches itself. */
static bool holds_batches(const reader *r)
{
    char *const path = below(r, r->names[0]);
    const bool holds = path && exists(path);
    free(path);
    return holds;
}

/* The folder of batches or the archive, to be freed; NULL with an error. */
static char *find(const reader *r)
{
    struct stat info;
    const source *const s = r->source;
    if (!r->options->dir)
        return gra_fail("%s: the folder's path is NULL", s->op);
    if ((stat(r->options->dir, &info) == 0 && !S_ISDIR(info.st_mode)) || holds_batches(r))
        return below(r, NULL);
    char *const folder = below(r, s->folder);
    if (!folder || exists(folder))
        return folder;
    free(folder);
    char *const archive = below(r, s->archive);
    if (archive && (!r->options->download || fetch(r)) && exists(archive))
        return archive;
    free(archive);
    return gra_fail("%s: %s: there is neither %s/ nor %s; .download = true fetches it", s->op,
                    r->options->dir, s->folder, s->archive);
}

/* ---- reading ---- */

static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_needed(const char *path, const void *context)
{
    const reader *const r = context;
    for (int i = 0; i < r->files; i++)
        if (strcmp(base_name(path), r->names[i]) == 0)
            return true;
    return false;
}

static int64_t find_file(const gra__file_set *files, const char *name)
{
    for (int64_t i = 0; i < files->count; i++)
        if (!files->files[i].is_folder && strcmp(base_name(files->files[i].name), name) == 0)
            return i;
    return -1;
}

static bool split_records(const reader *r, const char *where, const uint8_t *record,
                          uint8_t *images, uint8_t *labels)
{
    const source *const s = r->source;
    for (int64_t i = 0; i < r->count; i++, record += s->label_bytes + PIXELS) {
        labels[i] = record[s->label_bytes - 1];
        if (labels[i] >= s->classes) {
            gra_fail("%s: %s: label %d of example %lld is out of range; 0 to %d are possible: "
                     "fetch the file again",
                     s->op, where, labels[i], (long long)i, s->classes - 1);
            return false;
        }
        memcpy(images + i * PIXELS, record + s->label_bytes, PIXELS);
    }
    return true;
}

static bool read_file(const reader *r, const gra__file_set *files, int which, uint8_t *images,
                      uint8_t *labels)
{
    gra__file_bytes b;
    char *where;
    const size_t size = (size_t)r->count * (size_t)(r->source->label_bytes + PIXELS);
    const int64_t i = find_file(files, r->names[which]);
    if (i < 0)
        return gra_fail("%s: %s: it has no %s; fetch it again", r->source->op, files->path,
                        r->names[which]);
    if (asprintf(&where, "%s/%s", files->path, files->files[i].name) < 0)
        return gra_fail("%s: out of memory", r->source->op);
    bool fine = gra__file_set_read(files, i, &b);
    if (fine && b.size != size)
        fine = gra_fail("%s: %s: it has %zu bytes; %lld images in the binary form have %zu: fetch "
                        "the file again",
                        r->source->op, where, b.size, (long long)r->count, size);
    fine = fine && split_records(r, where, b.bytes, images, labels);
    gra__file_bytes_free(&b);
    free(where);
    return fine;
}

static gra_dataset *read_files(const reader *r, const gra__file_set *files)
{
    const char *const op = r->source->op;
    const int64_t count = r->files * r->count;
    gra_tensor *const images = gra__empty(op, GRA_SHAPE(count, 3, SIDE, SIDE), GRA_UINT8);
    gra_tensor *const labels = gra__empty(op, GRA_SHAPE(count), GRA_UINT8);
    if (!images || !labels)
        return NULL;
    for (int i = 0; i < r->files; i++)
        if (!read_file(r, files, i, (uint8_t *)gra__ptr(images) + i * r->count * PIXELS,
                       (uint8_t *)gra__ptr(labels) + i * r->count))
            return NULL;
    return gra__image_set(op, images, labels, r->options->transform);
}

static gra_dataset *read_set(const reader *r)
{
    if (!gra__may_take_transform(r->source->op, r->options->transform))
        return NULL;
    char *const path = find(r);
    gra__file_set *const files =
        path ? gra__file_set_open(r->source->op, path, (gra__wanted){is_needed, r}, 0) : NULL;
    gra_dataset *const set = files ? read_files(r, files) : NULL;
    gra__file_set_close(files);
    free(path);
    return set;
}

static gra_dataset *dataset(const source *s, gra_image_set_options o)
{
    const reader r = reader_of(s, &o);
    const int mark = gra_mark();
    gra_dataset *const set = read_set(&r);
    gra_release(mark);
    return gra__took_transform(set, o.transform);
}

gra_dataset *gra_cifar10_dataset_with(gra_image_set_options o)
{
    return dataset(&cifar10, o);
}

gra_dataset *gra_cifar100_dataset_with(gra_image_set_options o)
{
    return dataset(&cifar100, o);
}

gra_data *gra_cifar10_with(gra_image_data_options o)
{
    return gra__image_data(dataset(&cifar10, gra__image_set_part(&o)), &o);
}

gra_data *gra_cifar100_with(gra_image_data_options o)
{
    return gra__image_data(dataset(&cifar100, gra__image_set_part(&o)), &o);
}
