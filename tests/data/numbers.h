/* numbers.h - a data set for the loader's tests, whose examples go wrong on request, and what its batches
 * are compared by. */
#ifndef TESTS_DATA_NUMBERS_H
#define TESTS_DATA_NUMBERS_H

#include "gradus.h"

#include <string.h>
#include <unistd.h>

#include "../support/test.h"

enum { MOST = 4096 };

typedef struct numbers {
    int64_t size;
    int64_t bad; /* every `bad`-th example fails; 0: none does */
    int *fixed;  /* not 0: they are fine; NULL: they stay bad */
    useconds_t takes;
    bool other_shape; /* what is bad about them: a shape; else an error */
} numbers;

static int64_t numbers_size(const gra_dataset *set)
{
    return ((const numbers *)gra_dataset_data(set))->size;
}

/* Example i is (three random numbers, i). */
static int numbers_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const numbers *const n = gra_dataset_data(set);
    const bool fixed = n->fixed && __atomic_load_n(n->fixed, __ATOMIC_RELAXED);
    const bool bad = n->bad && !fixed && i % n->bad == n->bad - 1;
    if (n->takes)
        usleep(n->takes);
    if (bad && !n->other_shape) {
        gra_fail("numbers: file %d.jpg is broken", (int)i);
        return -1;
    }
    *x = bad ? gra_vector(1, 2)
             : gra_vector(gra_draw_uniform(0, 1), gra_draw_normal(0, 1),
                          (double)gra_draw_int(0, 1000));
    *y = gra_scalar((double)i, GRA_INT64);
    return 0;
}

static const gra_dataset_class numbers_class = {
    .name = "numbers", .size = numbers_size, .get = numbers_get};

static inline gra_dataset *numbers_with(numbers n)
{
    gra_dataset *const set = gra_dataset_new(&numbers_class, sizeof n);
    ck_assert_ptr_nonnull(set);
    memcpy(gra_dataset_data(set), &n, sizeof n);
    return set;
}

static inline gra_dataset *numbers_of(int64_t size)
{
    return numbers_with((numbers){.size = size});
}

/* What was read: the labels, the x behind each, and where batches end. */
typedef struct reading {
    int64_t labels[MOST];
    float values[3 * MOST];
    int ends[MOST];
    int count, batches;
} reading;

/* Reads to the end of the epoch, or up to `most` batches. */
static inline void read_batches(gra_data *data, reading *r, int most)
{
    gra_tensor *x, *y;
    *r = (reading){0};
    const int mark = gra_mark();
    for (; r->batches < most && gra_data_next(data, &x, &y); gra_release(mark)) {
        const int64_t count = gra_tensor_size(y, 0);
        ck_assert_int_le(r->count + count, MOST);
        ck_assert_int_eq(gra_mark(), mark + 2);
        memcpy(r->labels + r->count, gra_tensor_data(y), (size_t)count * sizeof *r->labels);
        memcpy(r->values + 3 * r->count, gra_tensor_data(x), 3 * (size_t)count * sizeof *r->values);
        r->count += (int)count;
        r->ends[r->batches++] = r->count;
    }
}

static inline bool same_reading(const reading *a, const reading *b)
{
    return a->count == b->count && a->batches == b->batches && !memcmp(a, b, sizeof *a);
}

/* A hang is a failure: the alarm ends the program. */
__attribute__((constructor)) static void hang_fails(void)
{
    alarm(240);
}

#endif
