/* loader_tool.c - the numbers of a loader's examples, batch by batch, for check_loader.py.
 *
 *     loader_tool batches SIZE BATCH DROP_LAST WORKERS        a line of labels for each batch of 0 to SIZE - 1
 *     loader_tool stream SIZE BATCH DROP_LAST WORKERS         the same of a stream that workers share
 *     loader_tool distributed SIZE WORLD RANK DROP_LAST       one line: the indices, unshuffled
 *     loader_tool random SIZE COUNT                           how many indices an epoch has
 *     loader_tool split SIZE LENGTH...                        one line: the sizes of the parts
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t number_size(const gra_dataset *set)
{
    return *(const int64_t *)gra_dataset_data(set);
}

static int number_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    (void)set;
    *x = gra_scalar((double)i, GRA_FLOAT32);
    *y = gra_scalar((double)i, GRA_INT64);
    return *x && *y ? 0 : -1;
}

static int number_next(const gra_dataset *set, void *reader, gra_tensor **x, gra_tensor **y)
{
    int64_t *const at = reader;
    const int64_t i = gra_worker_index() + gra_worker_count() * (*at)++;
    return i >= number_size(set) ? 0 : number_get(set, i, x, y) == 0 ? 1 : -1;
}

static const gra_dataset_class number_class = {
    .name = "number", .size = number_size, .get = number_get};
static const gra_dataset_class stream_class = {
    .name = "stream", .size = number_size, .next = number_next, .reader_size = sizeof(int64_t)};

static gra_dataset *numbers(const gra_dataset_class *class_, int64_t size)
{
    gra_dataset *const set = gra_dataset_new(class_, sizeof size);
    if (set)
        *(int64_t *)gra_dataset_data(set) = size;
    return set;
}

static void print_batches(const gra_dataset_class *class_, const int64_t *n)
{
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(numbers(class_, n[0]), .batch = n[1], .drop_last = n[2] != 0,
                                      .workers = (int)n[3]);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark)) {
        for (int64_t i = 0; i < gra_tensor_size(y, 0); i++)
            printf("%lld ", (long long)((const int64_t *)gra_tensor_data(y))[i]);
        printf("\n");
    }
    gra_free(data);
}

static void print_indices(gra_sampler *s)
{
    const int64_t size = gra_sampler_size(s);
    int64_t *const indices = calloc((size_t)(size > 0 ? size : 1), sizeof *indices);
    if (indices && gra_sampler_draw(s, 0, indices) == 0)
        for (int64_t i = 0; i < size; i++)
            printf("%lld ", (long long)indices[i]);
    printf("\n");
    free(indices);
    gra_free(s);
}

enum { PARTS = 8 };

static void print_split(int64_t size, char **lengths, int count)
{
    double length[PARTS];
    gra_dataset *parts[PARTS];
    for (int k = 0; k < count; k++)
        length[k] = atof(lengths[k]);
    gra_random_split(numbers(&number_class, size), length, count, parts);
    for (int k = 0; k < count; k++) {
        printf("%lld ", (long long)gra_dataset_size(parts[k]));
        gra_free(parts[k]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    const char *const what = argc > 2 ? argv[1] : "";
    int64_t n[4] = {0};
    for (int i = 2; i < argc && i < 6; i++)
        n[i - 2] = atoll(argv[i]);
    if (!strcmp(what, "batches"))
        print_batches(&number_class, n);
    else if (!strcmp(what, "stream"))
        print_batches(&stream_class, n);
    else if (!strcmp(what, "distributed"))
        print_indices(gra_distributed_sampler(n[0], (int)n[1], (int)n[2], .shuffle = false,
                                              .drop_last = n[3] != 0));
    else if (!strcmp(what, "random"))
        print_indices(gra_random_sampler(n[0], .count = n[1]));
    else if (!strcmp(what, "split") && argc - 3 <= PARTS)
        print_split(n[0], argv + 3, argc - 3);
    else
        gra_fail("loader_tool: see the top of the source for what it takes");
    if (gra_error())
        fprintf(stderr, "%s\n", gra_error());
    return gra_error() != NULL;
}
