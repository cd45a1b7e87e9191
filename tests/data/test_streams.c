/* test_streams.c - data sets that are read from beginning to end: shares of workers, ends, errors. */
#include "numbers.h"

/* A stream of the numbers below `size`, of which a worker takes every n-th. Each reader counts itself. */
typedef struct {
    int64_t size;
    int64_t bad;   /* this number fails once a reader; -1: none */
    bool hopeless; /* and every one behind it */
    int *open;     /* readers that have begun and not ended */
    bool no_begin;
} stream;

typedef struct {
    int64_t next;
} reader;

static int stream_begin(const gra_dataset *set, void *state)
{
    const stream *const s = gra_dataset_data(set);
    reader *const r = state;
    if (s->no_begin) {
        gra_fail("stream: it is dry");
        return -1;
    }
    ck_assert_int_eq(r->next, 0);
    r->next = gra_worker_index();
    __atomic_fetch_add(s->open, 1, __ATOMIC_RELAXED);
    return 0;
}

static int stream_next(const gra_dataset *set, void *state, gra_tensor **x, gra_tensor **y)
{
    const stream *const s = gra_dataset_data(set);
    reader *const r = state;
    const int64_t i = r->next;
    if (i >= s->size)
        return 0;
    if (!(s->hopeless && s->bad == i))
        r->next += gra_worker_count();
    if (i == s->bad) {
        gra_fail("stream: line %d is broken", (int)i);
        return -1;
    }
    *x = gra_vector(gra_draw_uniform(0, 1), gra_draw_uniform(0, 1), gra_draw_uniform(0, 1));
    *y = gra_scalar((double)i, GRA_INT64);
    return 1;
}

static void stream_end(const gra_dataset *set, void *state)
{
    const stream *const s = gra_dataset_data(set);
    (void)state;
    __atomic_fetch_sub(s->open, 1, __ATOMIC_RELAXED);
}

static const gra_dataset_class stream_class = {.name = "stream",
                                               .reader_size = sizeof(reader),
                                               .begin = stream_begin,
                                               .next = stream_next,
                                               .end = stream_end};

static int readers; /* open */

static gra_dataset *stream_of(int64_t size, int64_t bad)
{
    gra_dataset *const set = gra_dataset_new(&stream_class, sizeof(stream));
    ck_assert_ptr_nonnull(set);
    *(stream *)gra_dataset_data(set) = (stream){.size = size, .bad = bad, .open = &readers};
    readers = 0;
    return set;
}

GRA_TEST(a_stream_comes_in_batches_in_every_epoch)
{
    static reading r[2];
    gra_data *const data = gra_loader(stream_of(10, -1), .batch = 4);
    ck_assert_int_eq(gra_data_size(data), -1);
    ck_assert_int_eq(gra_data_batches(data), -1);
    for (int epoch = 0; epoch < 2; epoch++) {
        read_batches(data, &r[epoch], MOST);
        ck_assert_int_eq(r[epoch].batches, 3);
        ck_assert_int_eq(r[epoch].count, 10);
        for (int i = 0; i < 10; i++)
            ck_assert_int_eq(r[epoch].labels[i], i);
    }
    ck_assert_mem_eq(r[0].labels, r[1].labels, sizeof r[0].labels);
    ck_assert_mem_ne(r[0].values, r[1].values, 30 * sizeof(float));
    gra_free(data);
    ck_assert_int_eq(readers, 0);
}

GRA_TEST(a_stream_drops_what_is_left_when_told)
{
    static reading r;
    for (int workers = 0; workers < 3; workers++) {
        gra_data *const data =
            gra_loader(stream_of(10, -1), .batch = 4, .drop_last = true, .workers = workers);
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.count, 8);
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.count, 8);
        gra_free(data);
    }
}

/* Batch b is of worker b % 3, who has every third number; the shares are 4, 4 and 3 batches long. */
GRA_TEST(workers_share_a_stream_and_their_batches_come_in_turn)
{
    static reading r, again, alone;
    gra_data *const one = gra_loader(stream_of(22, -1), .batch = 2, .seed = 3);
    read_batches(one, &alone, MOST);
    gra_free(one);
    for (int prefetch = 1; prefetch < 4; prefetch++) {
        gra_data *const data = gra_loader(stream_of(22, -1), .batch = 2, .workers = 3,
                                          .prefetch = prefetch, .seed = 3);
        read_batches(data, prefetch == 1 ? &r : &again, MOST);
        ck_assert(prefetch == 1 || same_reading(&r, &again));
        ck_assert_int_eq(r.count, 22);
        ck_assert_int_eq(r.batches, 12);
        static const int64_t expected[] = {0,  3,  1,  4,  2,  5,  6,  9,  7,  10, 8,
                                           11, 12, 15, 13, 16, 14, 17, 18, 21, 19, 20};
        ck_assert_mem_eq(r.labels, expected, sizeof expected);
        for (int i = 0; i < 22; i++) /* what is drawn for a number does not depend on the shares */
            ck_assert_mem_eq(r.values + 3 * i, alone.values + 3 * r.labels[i], 3 * sizeof(float));
        read_batches(data, &again, MOST);
        ck_assert_int_eq(again.count, 22);
        gra_free(data);
        ck_assert_int_eq(readers, 0);
    }
}

GRA_TEST(more_workers_than_examples_are_no_trouble)
{
    static reading r;
    gra_data *const data = gra_loader(stream_of(2, -1), .batch = 5, .workers = 4);
    for (int epoch = 0; epoch < 3; epoch++) {
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.count, 2);
        ck_assert_int_eq(r.batches, 2);
    }
    gra_free(data);
}

GRA_TEST(a_stream_may_be_left_in_the_middle)
{
    static reading r;
    for (int workers = 0; workers < 4; workers++) {
        gra_data *const data = gra_loader(stream_of(100, -1), .batch = 3, .workers = workers);
        for (int round = 0; round < 5; round++) {
            read_batches(data, &r, round);
            gra_data_rewind(data);
        }
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.count, 100);
        read_batches(data, &r, 2);
        gra_free(data);
        ck_assert_int_eq(readers, 0);
    }
}

/* The error comes where the example would have; then the batch goes on behind it. */
GRA_TEST(a_stream_goes_on_behind_an_example_that_failed)
{
    static reading r;
    gra_tensor *x, *y;
    for (int workers = 0; workers < 2; workers++) {
        gra_data *const data = gra_loader(stream_of(10, 5), .batch = 4, .workers = workers);
        ck_assert(gra_data_next(data, &x, &y));
        ck_assert(!gra_data_next(data, &x, &y));
        GRA_ASSERT_ERROR("stream: line 5 is broken (in example 5 of the data set stream)");
        read_batches(data, &r, MOST);
        static const int64_t expected[] = {4, 6, 7, 8, 9};
        ck_assert_int_eq(r.count, 5);
        ck_assert_int_eq(r.ends[0], 4);
        ck_assert_mem_eq(r.labels, expected, sizeof expected);
        gra_free(data);
    }
}

GRA_TEST(a_stream_skips_bad_examples_when_asked_for)
{
    static reading r;
    for (int workers = 0; workers < 4; workers++) {
        gra_data *const data =
            gra_loader(stream_of(10, 5), .batch = 4, .workers = workers, .skip_errors = true);
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.count, 9);
        ck_assert_int_eq(gra_data_skipped(data), 1);
        ck_assert_str_eq(gra_data_skip_reason(data),
                         "stream: line 5 is broken (in example 5 of the data set stream)");
        gra_free(data);
    }
}

GRA_TEST(the_last_example_of_a_stream_is_skipped_and_counted)
{
    static reading r;
    for (int workers = 0; workers < 3; workers++) {
        gra_data *const data =
            gra_loader(stream_of(5, 4), .batch = 2, .workers = workers, .skip_errors = true);
        read_batches(data, &r, MOST);
        ck_assert_int_eq(r.count, 4);
        ck_assert_int_eq(gra_data_skipped(data), 1);
        gra_free(data);
    }
}

GRA_TEST(a_stream_that_always_fails_is_an_error_all_the_same)
{
    gra_tensor *x, *y;
    for (int workers = 0; workers < 2; workers++) {
        gra_dataset *const set = stream_of(10, 3);
        ((stream *)gra_dataset_data(set))->hopeless = true;
        gra_data *const data = gra_loader(set, .batch = 4, .workers = workers, .skip_errors = true);
        ck_assert(!gra_data_next(data, &x, &y));
        GRA_ASSERT_ERROR("stream: line 3 is broken (in example 1002 of the data set stream)");
        gra_free(data);
    }
}

GRA_TEST(a_stream_that_cannot_begin_is_an_error)
{
    static reading r;
    gra_tensor *x, *y;
    for (int workers = 0; workers < 3; workers++) {
        gra_dataset *const set = stream_of(10, -1);
        ((stream *)gra_dataset_data(set))->no_begin = true;
        gra_data *const data = gra_loader(set, .workers = workers);
        ck_assert(!gra_data_next(data, &x, &y));
        GRA_ASSERT_ERROR("stream: it is dry");
        if (workers == 0) {
            ((stream *)gra_dataset_data(set))->no_begin = false;
            read_batches(data, &r, MOST);
            ck_assert_int_eq(r.count, 10);
        }
        gra_free(data);
        ck_assert_int_eq(readers, 0);
    }
}

/* A class without begin, end and a reader's memory, which says 1 and gives nothing. */
static int empty_next(const gra_dataset *set, void *state, gra_tensor **x, gra_tensor **y)
{
    (void)set, (void)x, (void)y;
    ck_assert_ptr_nonnull(state);
    return 1;
}

GRA_TEST(a_stream_that_gives_no_example_and_no_reason_is_an_error)
{
    static const gra_dataset_class empty_class = {.name = "empty", .next = empty_next};
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(gra_dataset_new(&empty_class, 0), .workers = 1);
    ck_assert(!gra_data_next(data, &x, &y));
    GRA_ASSERT_ERROR("gra_data_next: the data set empty gave no next example and no reason (in "
                     "example 0 of the data set empty)");
    gra_free(data);
}

GRA_TEST(streams_have_no_order_to_choose)
{
    gra_tensor *x, *y;
    static const char *const error =
        "gra_loader: the data set stream is a stream, which comes in its own order; .shuffle and "
        "samplers are for sets with numbered examples";
    ck_assert_ptr_null(gra_loader(stream_of(5, -1), .shuffle = true));
    GRA_ASSERT_ERROR(error);
    ck_assert_ptr_null(gra_loader(stream_of(5, -1), .sampler = gra_sequential_sampler(5)));
    GRA_ASSERT_ERROR(error);
    ck_assert_ptr_null(gra_subset(stream_of(5, -1), NULL, 0));
    GRA_ASSERT_ERROR("gra_subset: the data set stream is a stream, whose examples have no numbers");
    gra_dataset *const set = stream_of(5, -1);
    ck_assert(gra_dataset_is_stream(set));
    ck_assert_int_eq(gra_dataset_get(set, 0, &x, &y), -1);
    GRA_ASSERT_ERROR("gra_dataset_get: the data set stream is a stream, whose examples have no "
                     "numbers; read it with a loader");
    gra_free(set);
    gra_dataset_class both = stream_class;
    both.size = numbers_size;
    both.get = numbers_get;
    ck_assert_ptr_null(gra_dataset_new(&both, 0));
    GRA_ASSERT_ERROR(
        "gra_dataset_new: the class stream has both get and next; a stream has next alone");
}

GRA_TEST_MAIN(
    "streams", a_stream_comes_in_batches_in_every_epoch, a_stream_drops_what_is_left_when_told,
    workers_share_a_stream_and_their_batches_come_in_turn,
    more_workers_than_examples_are_no_trouble, a_stream_may_be_left_in_the_middle,
    a_stream_goes_on_behind_an_example_that_failed, a_stream_skips_bad_examples_when_asked_for,
    the_last_example_of_a_stream_is_skipped_and_counted,
    a_stream_that_always_fails_is_an_error_all_the_same, a_stream_that_cannot_begin_is_an_error,
    a_stream_that_gives_no_example_and_no_reason_is_an_error, streams_have_no_order_to_choose)
