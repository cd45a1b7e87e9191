/* test_workers.c - worker threads: the same batches as without them, errors on their way to the consumer,
 * and an end in every case; test_workers_fork.c has forks. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "numbers.h"

static const int worker_counts[] = {0, 1, 4};
enum { COUNTS = 3 };

/* ---- the same batches ---- */

/* Three epochs, the last of them shuffled, of loaders that differ in their workers. */
static void same_for_all_workers(gra_dataset *(*make)(void), gra_loader_options o)
{
    static reading expected[3], got;
    for (int k = 0; k < COUNTS; k++)
        for (int prefetch = 1; prefetch <= 3; prefetch += 2) {
            o.dataset = make();
            o.workers = worker_counts[k];
            o.prefetch = prefetch;
            gra_data *const data = gra_loader_with(o);
            ck_assert_ptr_nonnull(data);
            for (int epoch = 0; epoch < 3; epoch++) {
                if (epoch == 2)
                    gra_data_shuffle(data);
                read_batches(data, k || prefetch > 1 ? &got : &expected[epoch], MOST);
                if (k || prefetch > 1)
                    ck_assert(same_reading(&got, &expected[epoch]));
            }
            gra_free(data);
            GRA_ASSERT_NO_ERROR();
        }
    ck_assert_int_gt(expected[0].batches, 1);
    ck_assert(!same_reading(&expected[0], &expected[1]));
    ck_assert(!same_reading(&expected[1], &expected[2]));
}

static gra_dataset *hundred(void)
{
    return numbers_of(103);
}

GRA_TEST(batches_are_the_same_for_any_number_of_workers)
{
    same_for_all_workers(hundred, (gra_loader_options){.batch = 8});
    same_for_all_workers(hundred, (gra_loader_options){.batch = 8, .shuffle = true, .seed = 9});
    same_for_all_workers(hundred, (gra_loader_options){.batch = 20, .drop_last = true});
    same_for_all_workers(hundred, (gra_loader_options){.batch = 1, .shuffle = true});
}

/* A class with whole batches. */
static int whole_get_batch(const gra_dataset *set, const int64_t *indices, int64_t count,
                           gra_tensor **x, gra_tensor **y)
{
    const numbers *const n = gra_dataset_data(set);
    for (int64_t i = 0; n->bad && i < count; i++)
        if (indices[i] % n->bad == n->bad - 1)
            return -1;
    *x = gra_rand(GRA_SHAPE(count, 3));
    *y = gra_zeros(GRA_SHAPE(count), .dtype = GRA_INT64);
    memcpy(gra_tensor_data(*y), indices, (size_t)count * sizeof *indices);
    return 0;
}

static const gra_dataset_class whole_class = {
    .name = "whole", .size = numbers_size, .get = numbers_get, .get_batch = whole_get_batch};

static gra_dataset *whole(void)
{
    gra_dataset *const set = gra_dataset_new(&whole_class, sizeof(numbers));
    ((numbers *)gra_dataset_data(set))->size = 50;
    return set;
}

GRA_TEST(whole_batches_are_the_same_for_any_number_of_workers)
{
    same_for_all_workers(whole, (gra_loader_options){.batch = 8, .shuffle = true});
}

/* The options of a constructor that makes set and loader arrive, and pixels are the same. */
GRA_TEST(the_digits_take_workers_as_well)
{
    gra_tensor *x[3], *y[3];
    for (int k = 0; k < COUNTS; k++) {
        gra_data *const data = gra_digits(.count = 40, .batch = 16, .shuffle = true, .seed = 2,
                                          .workers = worker_counts[k], .prefetch = 1);
        for (int batch = 0; batch < 3; batch++)
            ck_assert(gra_data_next(data, &x[k], &y[k]));
        GRA_ASSERT_SHAPE(x[k], 8, 1, 28, 28);
        ck_assert_mem_eq(gra_tensor_data(x[k]), gra_tensor_data(x[0]), 8 * 784 * sizeof(float));
        ck_assert_mem_eq(gra_tensor_data(y[k]), gra_tensor_data(y[0]), 8 * sizeof(int64_t));
        gra_free(data);
    }
}

GRA_TEST(batches_that_are_read_slowly_or_made_slowly_come_in_order)
{
    static reading r;
    gra_data *const data =
        gra_loader(numbers_with((numbers){.size = 40, .takes = 500}), .batch = 3, .workers = 4);
    read_batches(data, &r, 1);
    usleep(20000); /* all that may be made ahead is there */
    read_batches(data, &r, MOST);
    ck_assert_int_eq(r.count, 37);
    for (int i = 0; i < 37; i++)
        ck_assert_int_eq(r.labels[i], i + 3);
    gra_free(data);
}

/* ---- what a worker is ---- */

static int surroundings_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    (void)set, (void)i;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    *x = gra_vector(gra_threads(), gra_grad_enabled(), gra_worker_index(), gra_worker_count(),
                    sigismember(&blocked, SIGINT), sigismember(&blocked, SIGTERM));
    *y = gra_scalar(0, GRA_INT64);
    return 0;
}

static const gra_dataset_class surroundings_class = {
    .name = "surroundings", .size = numbers_size, .get = surroundings_get};

GRA_TEST(a_worker_computes_alone_and_leaves_signals_to_the_program)
{
    gra_tensor *x, *y;
    gra_dataset *const set = gra_dataset_new(&surroundings_class, sizeof(numbers));
    ((numbers *)gra_dataset_data(set))->size = 5;
    gra_data *const data = gra_loader(set, .workers = 1);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_VALUES(x, 1, 0, 0, 1, 1, 1);
    ck_assert_int_eq(gra_worker_index(), 0);
    ck_assert_int_eq(gra_worker_count(), 1);
    ck_assert(gra_grad_enabled());
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    ck_assert_int_eq(sigismember(&blocked, SIGINT), 0);
    gra_free(data);
}

GRA_TEST(what_a_worker_made_outlives_the_loader)
{
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(numbers_of(50), .batch = 5, .workers = 2);
    ck_assert(gra_data_next(data, &x, &y));
    gra_free(data);
    GRA_ASSERT_VALUES(y, 0, 1, 2, 3, 4);
}

/* ---- errors ---- */

/* The error of example 6, in the second batch of 4, and then the loader as good as new. */
static void fails_in_the_second_batch(gra_loader_options o, int *fixed, const char *error)
{
    static reading r;
    gra_tensor *x, *y;
    gra_data *const data = gra_loader_with(o);
    ck_assert(gra_data_next(data, &x, &y));
    for (int again = 0; again < 3; again++) {
        ck_assert(!gra_data_next(data, &x, &y));
        ck_assert_ptr_null(x);
        ck_assert_ptr_null(y);
        ck_assert(!gra_data_next(data, &x, &y)); /* still false, silently */
        GRA_ASSERT_ERROR(error);
    }
    __atomic_store_n(fixed, 1, __ATOMIC_RELAXED);
    read_batches(data, &r, MOST);
    GRA_ASSERT_NO_ERROR();
    ck_assert_int_eq(r.count, 6);
    ck_assert_int_eq(r.labels[0], 4);
    gra_free(data);
}

GRA_TEST(an_error_in_a_worker_comes_with_its_batch_and_the_loader_goes_on)
{
    for (int k = 0; k < COUNTS; k++) {
        int fixed = 0;
        const numbers n = {.size = 10, .bad = 7, .fixed = &fixed};
        fails_in_the_second_batch(
            (gra_loader_options){
                .dataset = numbers_with(n), .batch = 4, .workers = worker_counts[k]},
            &fixed, "numbers: file 6.jpg is broken (in example 6 of the data set numbers)");
    }
}

GRA_TEST(examples_of_different_shapes_are_an_error_of_the_worker)
{
    for (int k = 0; k < COUNTS; k++) {
        int fixed = 0;
        const numbers n = {.size = 10, .bad = 7, .fixed = &fixed, .other_shape = true};
        fails_in_the_second_batch(
            (gra_loader_options){
                .dataset = numbers_with(n), .batch = 4, .workers = worker_counts[k]},
            &fixed,
            "gra_data_next: x of example 4 of the data set numbers is float32 [3] and that of "
            "example 6 is float32 [2]; all must have the same dtype and shape"
            ": a .transform makes them alike, a .collate function batches what differs");
    }
}

/* Fails where a batch begins with label 4, until it is fixed. */
static int fussy_collate(gra_tensor *const *xs, gra_tensor *const *ys, int64_t count,
                         gra_tensor **x, gra_tensor **y, void *context)
{
    if (gra_item_int(ys[0]) == 4 && !__atomic_load_n((int *)context, __ATOMIC_RELAXED)) {
        gra_stack(xs, (int)count, 0);
        gra_fail("fussy: no batch with a 4 in front");
        return -1;
    }
    return gra_collate_stack(xs, ys, count, x, y, NULL);
}

GRA_TEST(an_error_of_the_collate_function_comes_with_its_batch)
{
    for (int k = 0; k < COUNTS; k++) {
        int fixed = 0;
        fails_in_the_second_batch((gra_loader_options){.dataset = numbers_of(10),
                                                       .batch = 4,
                                                       .workers = worker_counts[k],
                                                       .collate = fussy_collate,
                                                       .collate_context = &fixed},
                                  &fixed, "fussy: no batch with a 4 in front");
    }
}

static int lazy_collate(gra_tensor *const *xs, gra_tensor *const *ys, int64_t count, gra_tensor **x,
                        gra_tensor **y, void *context)
{
    (void)xs, (void)count, (void)context;
    *x = NULL;
    *y = ys[0];
    return 0;
}

GRA_TEST(a_collate_function_that_makes_nothing_is_an_error)
{
    gra_tensor *x, *y;
    for (int k = 0; k < COUNTS; k++) {
        gra_data *const data =
            gra_loader(numbers_of(10), .workers = worker_counts[k], .collate = lazy_collate);
        ck_assert(!gra_data_next(data, &x, &y));
        GRA_ASSERT_ERROR("gra_data_next: the collate function of the data set numbers gave no "
                         "batch and no reason");
        gra_free(data);
    }
}

static void count_error(const char *text, void *context)
{
    ck_assert_ptr_nonnull(strstr(text, "6.jpg"));
    __atomic_fetch_add((int *)context, 1, __ATOMIC_RELAXED);
}

GRA_TEST(an_error_of_a_worker_is_recorded_once)
{
    gra_tensor *x, *y;
    int recorded = 0;
    gra_on_error(count_error, &recorded);
    gra_data *const data =
        gra_loader(numbers_with((numbers){.size = 7, .bad = 7}), .batch = 7, .workers = 1);
    ck_assert(!gra_data_next(data, &x, &y));
    gra_on_error(NULL, NULL);
    ck_assert_int_eq(recorded, 1);
    GRA_ASSERT_ERROR("numbers: file 6.jpg is broken (in example 6 of the data set numbers)");
    gra_free(data);
}

/* ---- bad examples that are skipped ---- */

GRA_TEST(bad_examples_are_skipped_and_counted_when_asked_for)
{
    static reading r;
    for (int k = 0; k < COUNTS; k++) {
        gra_data *const data = gra_loader(numbers_with((numbers){.size = 20, .bad = 3}), .batch = 4,
                                          .workers = worker_counts[k], .skip_errors = true);
        ck_assert_int_eq(gra_data_skipped(data), 0);
        ck_assert_ptr_null(gra_data_skip_reason(data));
        read_batches(data, &r, 1);
        ck_assert_int_eq(r.count, 3);
        ck_assert_int_eq(gra_data_skipped(data), 1);
        ck_assert_str_eq(gra_data_skip_reason(data), "numbers: file 2.jpg is broken (in example 2 "
                                                     "of the data set numbers)");
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.count, 11);
        ck_assert_int_eq(r.batches, 4);
        ck_assert_int_eq(gra_data_skipped(data), 6);
        ck_assert_ptr_nonnull(strstr(gra_data_skip_reason(data), "17.jpg"));
        GRA_ASSERT_NO_ERROR();
        gra_free(data);
    }
}

GRA_TEST(a_batch_without_a_good_example_is_left_out)
{
    static reading r;
    for (int k = 0; k < COUNTS; k++) {
        gra_data *data = gra_loader(numbers_with((numbers){.size = 6, .bad = 2}), .workers = 1,
                                    .skip_errors = true);
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.batches, 3);
        ck_assert_int_eq(gra_data_skipped(data), 3);
        gra_free(data);
        data = gra_loader(numbers_with((numbers){.size = 6, .bad = 1}), .batch = 2,
                          .workers = worker_counts[k], .skip_errors = true);
        read_batches(data, &r, MOST); /* all are bad */
        ck_assert_int_eq(r.batches, 0);
        ck_assert_int_eq(gra_data_skipped(data), 6);
        GRA_ASSERT_NO_ERROR();
        gra_free(data);
    }
}

GRA_TEST(a_set_of_whole_batches_is_asked_for_single_examples_to_skip_bad_ones)
{
    static reading r;
    gra_dataset *const set = whole();
    *(numbers *)gra_dataset_data(set) = (numbers){.size = 9, .bad = 5};
    gra_data *const data = gra_loader(set, .batch = 3, .skip_errors = true, .workers = 1);
    read_batches(data, &r, MOST);
    ck_assert_int_eq(r.count, 8);
    ck_assert_int_eq(r.ends[1], 5); /* the batch of 3, 4 and 5 */
    ck_assert_int_eq(gra_data_skipped(data), 1);
    ck_assert_ptr_nonnull(strstr(gra_data_skip_reason(data), "4.jpg"));
    gra_free(data);
}

/* ---- ends ---- */

GRA_TEST(a_loader_may_be_freed_at_any_time)
{
    gra_tensor *x, *y;
    const int64_t live = gra_live();
    for (int round = 0; round < 24; round++) {
        gra_data *const data =
            gra_loader(numbers_with((numbers){.size = 64, .takes = 200}), .batch = 3,
                       .workers = 1 + round % 4, .prefetch = 1 + round % 3);
        const int mark = gra_mark();
        for (int batch = 0; batch < round; batch++)
            gra_data_next(data, &x, &y);
        gra_release(mark);
        gra_free(data);
        ck_assert_int_eq(gra_live(), live);
    }
}

GRA_TEST(a_loader_may_be_freed_with_an_error_that_nobody_was_told)
{
    gra_tensor *x, *y;
    const int64_t live = gra_live();
    for (int told = 0; told < 2; told++) {
        gra_data *const data =
            gra_loader(numbers_with((numbers){.size = 50, .bad = 2}), .workers = 3);
        const int mark = gra_mark();
        ck_assert(gra_data_next(data, &x, &y));
        usleep(5000);
        if (told)
            ck_assert(!gra_data_next(data, &x, &y));
        gra_release(mark);
        gra_free(data); /* also while the error is pending */
        gra_clear_error();
        ck_assert_int_eq(gra_live(), live);
    }
}

GRA_TEST(an_epoch_may_be_left_in_the_middle)
{
    static reading expected, got;
    for (int k = 0; k < COUNTS; k++) {
        gra_data *const data = gra_loader(numbers_with((numbers){.size = 60, .takes = 50}),
                                          .batch = 4, .workers = worker_counts[k], .seed = 3);
        for (int round = 0; round < 6; round++) {
            read_batches(data, &got, round);
            if (round % 2)
                gra_data_rewind(data);
            else
                gra_data_shuffle(data);
        }
        read_batches(data, k ? &got : &expected, MOST);
        ck_assert_int_eq((k ? &got : &expected)->count, 60);
        ck_assert(!k || same_reading(&got, &expected));
        gra_free(data);
    }
}

/* ---- threads that cannot be started ---- */

static int threads_left = -1; /* -1: any number */

/* In place of the system's: the library calls this one. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *context)
{
    int (*system_s)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&system_s = dlsym(RTLD_NEXT, "pthread_create");
    if (threads_left == 0)
        return EAGAIN;
    threads_left -= threads_left > 0;
    return system_s(thread, attributes, run, context);
}

GRA_TEST(a_thread_that_cannot_be_started_is_an_error_and_may_be_tried_again)
{
    static reading r;
    gra_tensor *x, *y;
    for (int left = 0; left < 4; left++) {
        gra_data *const data = gra_loader(numbers_of(30), .batch = 4, .workers = 4);
        threads_left = left;
        ck_assert(!gra_data_next(data, &x, &y));
        char text[200];
        snprintf(text, sizeof text,
                 "gra_data_next: thread %d of 4 workers could not be started: Resource temporarily "
                 "unavailable; use fewer .workers",
                 left + 1);
        GRA_ASSERT_ERROR(text);
        threads_left = -1;
        if (left % 2)
            read_batches(data, &r, MOST);
        ck_assert(!(left % 2) || r.count == 30);
        gra_free(data);
    }
}

/* ---- waiting ---- */

GRA_TEST(the_time_that_is_waited_for_data_is_told)
{
    gra_tensor *x, *y;
    const numbers slow = {.size = 20, .takes = 3000};
    gra_data *const alone = gra_loader(numbers_with(slow));
    gra_data *const ahead = gra_loader(numbers_with(slow), .workers = 1);
    for (int mark = gra_mark(); gra_data_next(alone, &x, &y); gra_release(mark))
        ;
    ck_assert_double_ge(gra_data_wait_seconds(alone), 0.06);
    for (int mark = gra_mark(); gra_data_next(ahead, &x, &y); gra_release(mark))
        usleep(12000);
    ck_assert_double_gt(gra_data_wait_seconds(ahead), 0.002);
    ck_assert_double_lt(gra_data_wait_seconds(ahead), 0.06);
    ck_assert_double_eq(gra_data_wait_seconds(NULL), 0);
    gra_free(alone, ahead);
}

GRA_TEST_MAIN("workers", batches_are_the_same_for_any_number_of_workers,
              whole_batches_are_the_same_for_any_number_of_workers, the_digits_take_workers_as_well,
              batches_that_are_read_slowly_or_made_slowly_come_in_order,
              a_worker_computes_alone_and_leaves_signals_to_the_program,
              what_a_worker_made_outlives_the_loader,
              an_error_in_a_worker_comes_with_its_batch_and_the_loader_goes_on,
              examples_of_different_shapes_are_an_error_of_the_worker,
              an_error_of_the_collate_function_comes_with_its_batch,
              a_collate_function_that_makes_nothing_is_an_error,
              an_error_of_a_worker_is_recorded_once,
              bad_examples_are_skipped_and_counted_when_asked_for,
              a_batch_without_a_good_example_is_left_out,
              a_set_of_whole_batches_is_asked_for_single_examples_to_skip_bad_ones,
              a_loader_may_be_freed_at_any_time,
              a_loader_may_be_freed_with_an_error_that_nobody_was_told,
              an_epoch_may_be_left_in_the_middle,
              a_thread_that_cannot_be_started_is_an_error_and_may_be_tried_again,
              the_time_that_is_waited_for_data_is_told)
