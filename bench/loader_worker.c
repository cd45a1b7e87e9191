/* loader_worker.c - photographs from files to batches, as one epoch of training and of testing read them.
 *
 *     loader_worker FOLDER WORK WORKERS BATCH
 *
 * FOLDER has a folder of JPEGs for each class; WORK is train (random_resized_crop 224, flip) or test (resize
 * 256, center_crop 224), both with to_tensor and normalize.  With 0 workers the reading thread makes the
 * batches.  A line of input asks for so many seconds; the answer is the median time of an image in
 * milliseconds, over whole epochs.
 */
#include "gradus.h"
#include "timing.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

typedef struct photographs {
    char **paths; /* not owned */
    int64_t count;
    gra_transform *transform; /* not owned */
} photographs;

static int64_t size(const gra_dataset *set)
{
    const photographs *const p = gra_dataset_data(set);
    return p->count;
}

/* A whole file, in memory that the caller frees. */
static void *read_file(const char *path, size_t *bytes)
{
    FILE *const file = fopen(path, "rb");
    if (!file)
        return gra_fail("%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    void *const data = malloc(*bytes);
    if (data && fread(data, 1, *bytes, file) != *bytes)
        gra_fail("%s cannot be read", path);
    fclose(file);
    return data;
}

static int get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const photographs *const p = gra_dataset_data(set);
    gra_encoded_image image = {.name = p->paths[i]};
    void *const bytes = read_file(p->paths[i], &image.size);
    image.bytes = bytes;
    *x = gra_transform_image(p->transform, &image);
    *y = gra_scalar(0, GRA_INT64);
    free(bytes);
    return *x && *y ? 0 : -1;
}

static const gra_dataset_class class_ = {.name = "photographs", .size = size, .get = get};

/* Adds the names of all files of a folder, or of its folders. */
static void find(const char *folder, char **paths, int64_t *count, int depth)
{
    DIR *const listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing)) && *count < MOST;) {
        char *path;
        if (entry->d_name[0] == '.' || asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            continue;
        if (depth == 0) {
            paths[(*count)++] = path;
            continue;
        }
        find(path, paths, count, depth - 1);
        free(path);
    }
    if (listing)
        closedir(listing);
}

static gra_transform *transform_of(const char *work)
{
    if (strcmp(work, "train") == 0)
        return gra_compose(gra_transforms_random_resized_crop(224),
                           gra_transforms_random_horizontal_flip(), gra_transforms_to_tensor(),
                           gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));
    return gra_compose(gra_transforms_resize(256), gra_transforms_center_crop(224),
                       gra_transforms_to_tensor(),
                       gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));
}

/* Reads an epoch. */
static void epoch(const void *data)
{
    gra_tensor *x, *y;
    for (int mark = gra_mark(); gra_data_next((gra_data *)data, &x, &y); gra_release(mark))
        ;
}

int main(int argc, char **argv)
{
    char *paths[MOST], line[64];
    if (argc < 5)
        return fprintf(stderr, "usage: loader_worker FOLDER WORK WORKERS BATCH\n"), 2;
    gra_set_threads(1); /* of what the reading thread does itself */
    gra_transform *const transform = transform_of(argv[2]);
    gra_dataset *const set = gra_dataset_new(&class_, sizeof(photographs));
    photographs *const p = gra_dataset_data(set);
    *p = (photographs){.paths = paths, .transform = transform};
    find(argv[1], paths, &p->count, 1);
    int64_t count = p->count;
    gra_data *const data =
        gra_loader(set, .batch = atoi(argv[4]), .shuffle = true, .workers = atoi(argv[3]));
    bench_counts counts = {0};
    while (!gra_error() && fgets(line, sizeof line, stdin)) {
        const double time = bench_median(epoch, data, atof(line), &counts);
        printf("%.6f\n", time / (double)gra_data_size(data));
        fflush(stdout);
    }
    if (gra_error())
        fprintf(stderr, "loader_worker: %s\n", gra_error());
    else
        printf("%.1f\n", bench_peak_megabytes());
    gra_free(data, transform);
    while (count > 0)
        free(paths[--count]);
    return gra_error() != NULL;
}
