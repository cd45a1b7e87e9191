/* test_loader.c - batches: their order, their ends, who owns what, and data sets that fail. */
#include "gradus.h"

#include "../support/test.h"

/* A set whose example i is ([i, i + 1], i), with one example that goes wrong in the way of `fault`. */
typedef enum {
    NO_FAULT,
    FAILS,          /* -1 with an error */
    FAILS_SILENTLY, /* -1 without one */
    OTHER_SHAPE,
    OTHER_DTYPE,
    OTHER_Y,
} fault;

typedef struct {
    int64_t size, bad; /* bad: the example with the fault, or -1 */
    fault fault;
    bool drawn_under_grad; /* whether some example was made while ops were recorded */
} numbers;

static int64_t numbers_size(const gra_dataset *set)
{
    const numbers *const n = gra_dataset_data(set);
    return n->size;
}

static int numbers_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    numbers *const n = gra_dataset_data(set);
    const fault fault = i == n->bad ? n->fault : NO_FAULT;
    n->drawn_under_grad |= gra_grad_enabled();
    *x = fault == OTHER_SHAPE ? gra_vector(1, 2, 3) : gra_vector((double)i, (double)i + 1);
    *x = fault == OTHER_DTYPE ? gra_to(*x, GRA_FLOAT64) : *x;
    *y = fault == OTHER_Y ? gra_zeros(GRA_SHAPE(1), .dtype = GRA_INT64)
                          : gra_scalar((double)i, GRA_INT64);
    if (fault == FAILS)
        gra_fail("numbers: example %d is broken", (int)i);
    return fault == FAILS || fault == FAILS_SILENTLY ? -1 : 0;
}

static const gra_dataset_class numbers_class = {
    .name = "numbers", .size = numbers_size, .get = numbers_get};

static gra_dataset *numbers_of(int64_t size)
{
    gra_dataset *const set = gra_dataset_new(&numbers_class, sizeof(numbers));
    ck_assert_ptr_nonnull(set);
    *(numbers *)gra_dataset_data(set) = (numbers){.size = size, .bad = -1};
    return set;
}

/* Reads an epoch's labels in their order; checks that each x goes with its y. Returns how many. */
static int read_epoch(gra_data *data, int64_t *labels, int capacity)
{
    int count = 0;
    gra_tensor *x, *y;
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark)) {
        ck_assert_int_eq(gra_mark(), mark + 2);
        const float *const values = gra_tensor_data(x);
        const int64_t *const label = gra_tensor_data(y);
        for (int64_t i = 0; i < gra_tensor_size(y, 0); i++) {
            ck_assert_int_lt(count, capacity);
            ck_assert_float_eq(values[2 * i], (float)label[i]);
            labels[count++] = label[i];
        }
    }
    ck_assert_ptr_null(x);
    ck_assert_ptr_null(y);
    return count;
}

static bool is_permutation(const int64_t *labels, int count)
{
    bool seen[1000] = {false};
    for (int i = 0; i < count; i++) {
        if (labels[i] < 0 || labels[i] >= count || seen[labels[i]])
            return false;
        seen[labels[i]] = true;
    }
    return true;
}

static bool is_in_order(const int64_t *labels, int count)
{
    for (int i = 0; i < count; i++)
        if (labels[i] != i)
            return false;
    return true;
}

GRA_TEST(a_loader_gives_the_examples_in_order_and_a_smaller_last_batch)
{
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(numbers_of(5), .batch = 2);
    ck_assert_int_eq(gra_data_size(data), 5);
    ck_assert_int_eq(gra_data_batches(data), 3);
    for (int epoch = 0; epoch < 2; epoch++) {
        ck_assert(gra_data_next(data, &x, &y));
        GRA_ASSERT_SHAPE(x, 2, 2);
        GRA_ASSERT_VALUES(x, 0, 1, 1, 2);
        GRA_ASSERT_VALUES(y, 0, 1);
        ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
        ck_assert(gra_data_next(data, &x, &y));
        ck_assert(gra_data_next(data, &x, &y));
        GRA_ASSERT_SHAPE(x, 1, 2);
        GRA_ASSERT_VALUES(x, 4, 5);
        GRA_ASSERT_VALUES(y, 4);
        ck_assert(!gra_data_next(data, &x, &y));
        ck_assert_ptr_null(x);
        ck_assert_ptr_null(y);
    }
    gra_free(data);
}

GRA_TEST(a_loader_drops_the_last_batch_when_told)
{
    int64_t labels[5];
    gra_data *data = gra_loader(numbers_of(5), .batch = 2, .drop_last = true);
    ck_assert_int_eq(gra_data_size(data), 4);
    ck_assert_int_eq(gra_data_batches(data), 2);
    ck_assert_int_eq(read_epoch(data, labels, 5), 4);
    ck_assert_int_eq(read_epoch(data, labels, 5), 4);
    gra_free(data);
    data = gra_loader(numbers_of(4), .batch = 2, .drop_last = true);
    ck_assert_int_eq(gra_data_size(data), 4);
    ck_assert_int_eq(read_epoch(data, labels, 5), 4);
    gra_free(data);
    data = gra_loader(numbers_of(4), .batch = 5, .drop_last = true);
    ck_assert_int_eq(gra_data_size(data), 0);
    ck_assert_int_eq(gra_data_batches(data), 0);
    ck_assert_int_eq(read_epoch(data, labels, 5), 0);
    GRA_ASSERT_NO_ERROR();
    gra_free(data);
}

GRA_TEST(a_batch_may_be_1_or_larger_than_the_data_set)
{
    int64_t labels[5];
    gra_data *const one = gra_loader(numbers_of(5));
    ck_assert_int_eq(gra_data_batches(one), 5);
    ck_assert_int_eq(read_epoch(one, labels, 5), 5);
    gra_free(one);
    gra_data *const all = gra_loader(numbers_of(5), .batch = INT64_MAX);
    ck_assert_int_eq(gra_data_batches(all), 1);
    ck_assert_int_eq(read_epoch(all, labels, 5), 5);
    gra_free(all);
}

GRA_TEST(a_shuffled_epoch_has_every_example_exactly_once)
{
    int64_t labels[1000];
    gra_data *const data = gra_loader(numbers_of(1000), .batch = 7, .shuffle = true);
    for (int epoch = 0; epoch < 3; epoch++) {
        ck_assert_int_eq(read_epoch(data, labels, 1000), 1000);
        ck_assert(is_permutation(labels, 1000));
        ck_assert(!is_in_order(labels, 1000));
    }
    gra_free(data);
}

GRA_TEST(the_order_depends_on_the_seed_and_the_epoch_alone)
{
    enum { COUNT = 100, EPOCHS = 3, LOADERS = 3 };
    static const uint64_t seeds[LOADERS] = {1, 1, 2};
    static const int64_t batches[LOADERS] = {8, 100, 8};
    int64_t labels[LOADERS][EPOCHS][COUNT];
    for (int k = 0; k < LOADERS; k++) {
        gra_data *const data =
            gra_loader(numbers_of(COUNT), .batch = batches[k], .shuffle = true, .seed = seeds[k]);
        gra_manual_seed((uint64_t)k);
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            ck_assert_int_eq(read_epoch(data, labels[k][epoch], COUNT), COUNT);
            gra_rand(GRA_SHAPE(5));
        }
        gra_free(data);
    }
    ck_assert_mem_eq(labels[0], labels[1], sizeof labels[0]);
    ck_assert_mem_ne(labels[0][0], labels[2][0], sizeof labels[0][0]);
    ck_assert_mem_ne(labels[0][0], labels[0][1], sizeof labels[0][0]);
    ck_assert_mem_ne(labels[0][1], labels[0][2], sizeof labels[0][0]);
    ck_assert_mem_ne(labels[0][0], labels[0][2], sizeof labels[0][0]);
}

/* All 24 orders of four examples come, about equally often. */
GRA_TEST(all_orders_are_equally_likely)
{
    int seen[256] = {0}, different = 0;
    gra_data *const data = gra_loader(numbers_of(4), .batch = 4, .shuffle = true, .seed = 3);
    for (int epoch = 0; epoch < 2400; epoch++) {
        int64_t labels[4];
        ck_assert_int_eq(read_epoch(data, labels, 4), 4);
        seen[labels[0] | labels[1] << 2 | labels[2] << 4 | labels[3] << 6]++;
    }
    for (int i = 0; i < 256; i++) {
        different += seen[i] > 0;
        ck_assert(seen[i] == 0 || (seen[i] > 50 && seen[i] < 150));
    }
    ck_assert_int_eq(different, 24);
    gra_free(data);
}

GRA_TEST(a_loader_leaves_the_thread_s_generator_alone)
{
    gra_manual_seed(5);
    const double expected = gra_item(gra_rand(GRA_SHAPE(1)));
    gra_manual_seed(5);
    int64_t labels[10];
    gra_data *const data = gra_loader(numbers_of(10), .shuffle = true);
    read_epoch(data, labels, 10);
    gra_data_shuffle(data);
    ck_assert_double_eq(gra_item(gra_rand(GRA_SHAPE(1))), expected);
    gra_free(data);
}

GRA_TEST(rewind_begins_anew_after_a_break)
{
    gra_tensor *x, *y;
    int64_t labels[10];
    gra_data *const data = gra_loader(numbers_of(10), .batch = 4);
    ck_assert(gra_data_next(data, &x, &y));
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_VALUES(y, 4, 5, 6, 7);
    gra_data_rewind(data);
    ck_assert_int_eq(read_epoch(data, labels, 10), 10);
    ck_assert(is_in_order(labels, 10));
    ck_assert(
        gra_data_next(data, &x, &y)); /* without a rewind an epoch goes on where it was left */
    ck_assert_int_eq(read_epoch(data, labels, 10), 6);
    ck_assert_int_eq(labels[0], 4);
    gra_data_rewind(data);
    gra_data_rewind(data);
    ck_assert_int_eq(read_epoch(data, labels, 10), 10);
    gra_free(data);
}

GRA_TEST(rewind_of_a_shuffled_loader_gives_another_order)
{
    int64_t first[50], again[50];
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(numbers_of(50), .batch = 8, .shuffle = true);
    ck_assert_int_eq(read_epoch(data, first, 50), 50);
    ck_assert(gra_data_next(data, &x, &y));
    gra_data_rewind(data);
    ck_assert_int_eq(read_epoch(data, again, 50), 50);
    ck_assert(is_permutation(again, 50));
    ck_assert_mem_ne(first, again, sizeof first);
    gra_free(data);
}

GRA_TEST(shuffle_begins_one_shuffled_epoch)
{
    int64_t labels[50], other[50];
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(numbers_of(50), .batch = 8, .seed = 4);
    ck_assert(gra_data_next(data, &x, &y));
    gra_data_shuffle(data);
    ck_assert_int_eq(read_epoch(data, labels, 50), 50);
    ck_assert(is_permutation(labels, 50));
    ck_assert(!is_in_order(labels, 50));
    ck_assert_int_eq(read_epoch(data, other, 50), 50);
    ck_assert(is_in_order(other, 50));
    gra_data_shuffle(data);
    ck_assert_int_eq(read_epoch(data, other, 50), 50);
    ck_assert(is_permutation(other, 50));
    ck_assert_mem_ne(labels, other, sizeof labels);
    gra_free(data);
}

GRA_TEST(breaking_out_of_an_epoch_leaks_nothing)
{
    const int64_t live = gra_live();
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(numbers_of(10), .batch = 4);
    const int64_t with_loader = gra_live();
    const int mark = gra_mark();
    for (; gra_data_next(data, &x, &y); gra_release(mark))
        break;
    ck_assert_int_eq(gra_live(), with_loader + 2); /* x and y; none of what they were made of */
    gra_release(mark);
    ck_assert_int_eq(gra_live(), with_loader);
    gra_free(data);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(a_batch_outlives_its_loader)
{
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(numbers_of(10), .batch = 2);
    ck_assert(gra_data_next(data, &x, &y));
    gra_free(data);
    GRA_ASSERT_VALUES(x, 0, 1, 1, 2);
    GRA_ASSERT_VALUES(y, 0, 1);
}

GRA_TEST(batches_are_made_without_recording)
{
    gra_tensor *x, *y;
    gra_dataset *const set = numbers_of(4);
    gra_data *const data = gra_loader(set, .batch = 2);
    ck_assert(gra_data_next(data, &x, &y));
    ck_assert(!((numbers *)gra_dataset_data(set))->drawn_under_grad);
    ck_assert(gra_grad_enabled());
    gra_free(data);
    gra_tensor *const w = gra_requires_grad(gra_ones(GRA_SHAPE(4, 2)));
    gra_data *const pair = gra_loader(gra_tensor_dataset(w, gra_zeros(GRA_SHAPE(4))), .batch = 2);
    ck_assert(gra_data_next(pair, &x, &y));
    ck_assert(!gra_tensor_requires_grad(x));
    gra_free(pair);
}

GRA_TEST(a_loader_of_a_tensor_dataset_gives_rows)
{
    gra_tensor *x, *y;
    gra_tensor *const xs = gra_reshape(gra_arange(0, 12, 1), GRA_SHAPE(3, 2, 2));
    gra_data *const data = gra_loader(gra_tensor_dataset(xs, gra_vector(7, 8, 9)), .batch = 2);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 2, 2, 2);
    GRA_ASSERT_VALUES(x, 0, 1, 2, 3, 4, 5, 6, 7);
    GRA_ASSERT_VALUES(y, 7, 8);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_VALUES(x, 8, 9, 10, 11);
    GRA_ASSERT_VALUES(y, 9);
    gra_free(data);
}

#define CURE ": a .transform makes them alike, a .collate function batches what differs"

/* The error of example 6, in the second batch of 4, and then the loader as good as new. */
static void fails_in_the_middle(fault kind, const char *error)
{
    gra_tensor *x, *y;
    int64_t labels[10];
    gra_dataset *const set = numbers_of(10);
    numbers *const n = gra_dataset_data(set);
    n->bad = 6;
    n->fault = kind;
    gra_data *const data = gra_loader(set, .batch = 4);
    ck_assert(gra_data_next(data, &x, &y));
    const int64_t live = gra_live();
    const int mark = gra_mark();
    ck_assert(!gra_data_next(data, &x, &y));
    ck_assert_ptr_null(x);
    ck_assert_ptr_null(y);
    ck_assert_int_eq(gra_live(), live);
    ck_assert_int_eq(gra_mark(), mark);
    ck_assert(!gra_data_next(data, &x, &y)); /* still false, silently */
    GRA_ASSERT_ERROR(error);
    ck_assert(gra_grad_enabled());
    ck_assert(!gra_data_next(data, &x, &y)); /* the same batch again, the same error */
    GRA_ASSERT_ERROR(error);
    n->fault = NO_FAULT;
    ck_assert_int_eq(read_epoch(data, labels, 10), 6);
    ck_assert_int_eq(labels[0], 4);
    ck_assert_int_eq(read_epoch(data, labels, 10), 10);
    ck_assert(is_in_order(labels, 10));
    gra_free(data);
}

GRA_TEST(an_example_that_fails_in_the_middle_of_a_batch_is_an_error)
{
    fails_in_the_middle(FAILS,
                        "numbers: example 6 is broken (in example 6 of the data set numbers)");
    fails_in_the_middle(FAILS_SILENTLY,
                        "gra_dataset_get: the data set numbers gave no example 6 and no reason");
}

GRA_TEST(examples_of_different_shapes_or_dtypes_are_an_error)
{
    fails_in_the_middle(
        OTHER_SHAPE,
        "gra_data_next: x of example 4 of the data set numbers is float32 [2] and "
        "that of example 6 is float32 [3]; all must have the same dtype and shape" CURE);
    fails_in_the_middle(
        OTHER_DTYPE,
        "gra_data_next: x of example 4 of the data set numbers is float32 [2] and "
        "that of example 6 is float64 [2]; all must have the same dtype and shape" CURE);
    fails_in_the_middle(
        OTHER_Y, "gra_data_next: y of example 4 of the data set numbers is int64 [] and that "
                 "of example 6 is int64 [1]; all must have the same dtype and shape" CURE);
}

GRA_TEST(examples_of_eight_dims_leave_no_dim_for_the_batch)
{
    gra_tensor *x, *y;
    gra_tensor *const deep = gra_zeros(GRA_SHAPE(2, 1, 1, 1, 1, 1, 1, 1));
    gra_data *data = gra_loader(gra_tensor_dataset(deep, gra_zeros(GRA_SHAPE(2))), .batch = 2);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 2, 1, 1, 1, 1, 1, 1, 1);
    gra_free(data);
}

/* Example i is what the default generator gives there. */
static int drawing_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    (void)set;
    *x = gra_vector(gra_draw_uniform(0, 1), gra_draw_normal(0, 1));
    *y = gra_scalar((double)i, GRA_INT64);
    return 0;
}

static const gra_dataset_class drawing_class = {
    .name = "drawing", .size = numbers_size, .get = drawing_get};

static gra_dataset *drawings_of(int64_t size)
{
    gra_dataset *const set = gra_dataset_new(&drawing_class, sizeof(numbers));
    *(numbers *)gra_dataset_data(set) = (numbers){.size = size};
    return set;
}

/* An epoch's x in the order of the indices. */
static void read_drawings(gra_data *data, float (*drawn)[2])
{
    gra_tensor *x, *y;
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        for (int64_t i = 0; i < gra_tensor_size(y, 0); i++)
            memcpy(drawn[((const int64_t *)gra_tensor_data(y))[i]],
                   (const float *)gra_tensor_data(x) + 2 * i, sizeof *drawn);
}

GRA_TEST(what_an_example_draws_depends_on_seed_epoch_and_index)
{
    enum { COUNT = 10 };
    float first[COUNT][2], second[COUNT][2], other[COUNT][2];
    gra_data *a = gra_loader(drawings_of(COUNT), .batch = 3, .seed = 5);
    gra_data *b = gra_loader(drawings_of(COUNT), .batch = 4, .seed = 5, .shuffle = true);
    gra_data *c = gra_loader(drawings_of(COUNT), .batch = 3, .seed = 6);
    read_drawings(a, first);
    gra_rand(GRA_SHAPE(7));
    read_drawings(b, other);
    ck_assert_mem_eq(first, other, sizeof first);
    read_drawings(a, second);
    read_drawings(c, other);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_float_ne(first[i][0], second[i][0]);
        ck_assert_float_ne(first[i][0], other[i][0]);
        ck_assert_float_ne(first[i][0], first[(i + 1) % COUNT][0]);
    }
    gra_free(a, b, c);
}

/* A class with batches of its own. */
static int whole_get_batch(const gra_dataset *set, const int64_t *indices, int64_t count,
                           gra_tensor **x, gra_tensor **y)
{
    numbers *const n = gra_dataset_data(set);
    n->drawn_under_grad |= gra_grad_enabled();
    const int64_t got = n->bad == 0 ? count + 1 : count;
    *x = gra_zeros(GRA_SHAPE(got, 2));
    if (n->bad == 1)
        return -1;
    *y = gra_zeros(GRA_SHAPE(count), .dtype = GRA_INT64);
    float *const values = gra_tensor_data(*x);
    int64_t *const labels = gra_tensor_data(*y);
    for (int64_t i = 0; i < count; i++) {
        values[2 * i] = (float)indices[i];
        labels[i] = indices[i];
    }
    if (n->bad == 2)
        gra_fail("whole: no batch today");
    if (n->bad == 3)
        *y = gra_scalar(1, GRA_INT64);
    if (n->bad == 4)
        *y = NULL;
    return 0;
}

static const gra_dataset_class whole_class = {
    .name = "whole", .size = numbers_size, .get = numbers_get, .get_batch = whole_get_batch};

GRA_TEST(a_data_set_may_make_whole_batches)
{
    int64_t labels[10];
    gra_dataset *const set = gra_dataset_new(&whole_class, sizeof(numbers));
    numbers *const n = gra_dataset_data(set);
    *n = (numbers){.size = 10, .bad = -1};
    gra_data *const data = gra_loader(set, .batch = 4, .shuffle = true);
    ck_assert_int_eq(read_epoch(data, labels, 10), 10);
    ck_assert(is_permutation(labels, 10));
    ck_assert(!n->drawn_under_grad);
    gra_free(data);
}

GRA_TEST(a_batch_that_fails_or_has_another_size_is_an_error)
{
    static const char *const errors[] = {
        "gra_data_next: a batch of the data set whole has shapes [5, 2] and [4]; the first sizes "
        "must be 4",
        "gra_data_next: the data set whole gave no batch of 4 examples and no reason",
        "whole: no batch today",
        "gra_data_next: a batch of the data set whole has shapes [4, 2] and []; the first sizes "
        "must be 4",
        "gra_data_next: the data set whole gave no batch of 4 examples and no reason",
    };
    gra_tensor *x, *y;
    int64_t labels[10];
    gra_dataset *const set = gra_dataset_new(&whole_class, sizeof(numbers));
    numbers *const n = gra_dataset_data(set);
    *n = (numbers){.size = 10};
    gra_data *const data = gra_loader(set, .batch = 4);
    const int64_t live = gra_live();
    for (n->bad = 0; n->bad < 5; n->bad++) {
        ck_assert(!gra_data_next(data, &x, &y));
        ck_assert_ptr_null(x);
        ck_assert_ptr_null(y);
        ck_assert_int_eq(gra_live(), live);
        GRA_ASSERT_ERROR(errors[n->bad]);
    }
    ck_assert_int_eq(read_epoch(data, labels, 10), 10);
    gra_free(data);
}

GRA_TEST(next_is_false_while_an_error_is_pending_and_loses_no_batch)
{
    gra_tensor *x, *y;
    int64_t labels[5];
    gra_data *const data = gra_loader(numbers_of(5), .batch = 2);
    ck_assert(gra_data_next(data, &x, &y));
    gra_fail("an earlier mistake");
    ck_assert(!gra_data_next(data, &x, &y));
    ck_assert_ptr_null(x);
    ck_assert_ptr_null(y);
    GRA_ASSERT_ERROR("an earlier mistake");
    ck_assert_int_eq(read_epoch(data, labels, 5), 3);
    gra_free(data);
}

GRA_TEST(epochs_begun_while_an_error_is_pending_have_their_usual_order)
{
    int64_t expected[50], got[50];
    gra_data *a = gra_loader(numbers_of(50), .batch = 8);
    gra_data *b = gra_loader(numbers_of(50), .batch = 8);
    gra_data_shuffle(a);
    gra_fail("an earlier mistake");
    gra_data_shuffle(b);
    GRA_ASSERT_ERROR("an earlier mistake");
    ck_assert_int_eq(read_epoch(a, expected, 50), 50);
    ck_assert_int_eq(read_epoch(b, got, 50), 50);
    ck_assert_mem_eq(got, expected, sizeof got);
    gra_free(a, b);
}

GRA_TEST(next_needs_somewhere_to_put_the_batch)
{
    gra_tensor *t;
    gra_data *const data = gra_loader(numbers_of(5));
    ck_assert(!gra_data_next(data, NULL, &t));
    GRA_ASSERT_ERROR("gra_data_next: the addresses of x and y are needed; one is NULL");
    ck_assert(!gra_data_next(data, &t, NULL));
    GRA_ASSERT_ERROR("gra_data_next: the addresses of x and y are needed; one is NULL");
    gra_free(data);
}

GRA_TEST(a_loader_that_is_NULL_has_nothing)
{
    gra_tensor *x, *y;
    ck_assert(!gra_data_next(NULL, &x, &y));
    ck_assert_ptr_null(x);
    ck_assert_ptr_null(y);
    gra_data_shuffle(NULL);
    gra_data_rewind(NULL);
    ck_assert_int_eq(gra_data_size(NULL), -1);
    ck_assert_int_eq(gra_data_batches(NULL), -1);
    gra_free(NULL);
    GRA_ASSERT_NO_ERROR();
}

/* The loader takes the set over whether it comes to life or not. */
static void rejects(gra_loader_options options, const char *error)
{
    const int64_t live = gra_live() - (options.dataset != NULL);
    ck_assert_ptr_null(gra_loader_with(options));
    ck_assert_int_eq(gra_live(), live);
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(a_loader_rejects_bad_options_and_frees_the_data_set)
{
    rejects((gra_loader_options){.batch = 1}, "gra_loader: the data set is NULL");
    rejects((gra_loader_options){.dataset = numbers_of(0), .batch = 1},
            "gra_loader: the data set numbers is empty; at least one example is needed");
    rejects((gra_loader_options){.dataset = numbers_of(-3), .batch = 1},
            "gra_loader: the data set numbers is empty; at least one example is needed");
    rejects(
        (gra_loader_options){.dataset = numbers_of(INT64_MAX), .batch = 1},
        "gra_loader: a data set of 9223372036854775807 examples has more than memory can count");
    rejects((gra_loader_options){.dataset = numbers_of(5), .batch = 0},
            "gra_loader: batch 0 is out of range; at least 1 is needed");
    rejects((gra_loader_options){.dataset = numbers_of(5), .batch = -2},
            "gra_loader: batch -2 is out of range; at least 1 is needed");
    rejects((gra_loader_options){.dataset = numbers_of(5), .batch = 1, .workers = -1},
            "gra_loader: -1 workers are out of range; 0 to 1024 are possible");
    rejects((gra_loader_options){.dataset = numbers_of(5), .batch = 1, .prefetch = -1},
            "gra_loader: prefetch -1 is out of range; 1 to 1024 batches for each worker are "
            "possible (0: 2)");
    gra_dataset *const set = numbers_of(5);
    gra_fail("an earlier mistake");
    rejects((gra_loader_options){.dataset = set, .batch = 1}, "an earlier mistake");
    const gra_loader_options defaults = gra_loader_defaults();
    ck_assert_int_eq(defaults.batch, 1);
    ck_assert_int_eq(defaults.workers, 0);
    ck_assert_int_eq(defaults.prefetch, 2);
    ck_assert(!defaults.shuffle && !defaults.drop_last && !defaults.dataset && !defaults.seed);
}

GRA_TEST(a_data_set_has_one_loader)
{
    gra_tensor *x, *y;
    gra_dataset *const set = numbers_of(5);
    gra_data *const data = gra_loader(set, .batch = 2);
    ck_assert_ptr_null(gra_loader(set, .batch = 5));
    GRA_ASSERT_ERROR(
        "gra_loader: the data set numbers belongs to another loader or set already; for "
        "several, give gra_dataset_keep(set) to all but the last");
    ck_assert_ptr_null(gra_loader(set, .batch = 0));
    GRA_ASSERT_ERROR(
        "gra_loader: the data set numbers belongs to another loader or set already; for "
        "several, give gra_dataset_keep(set) to all but the last");
    gra_free(set);
    GRA_ASSERT_ERROR("gra_free: this data set is not yours to free: it belongs to its loader "
                     "or another set");
    ck_assert(gra_data_next(data, &x, &y));
    ck_assert_int_eq(gra_dataset_size(set), 5);
    gra_free(data);
}

GRA_TEST_MAIN("loader", a_loader_gives_the_examples_in_order_and_a_smaller_last_batch,
              a_loader_drops_the_last_batch_when_told, a_batch_may_be_1_or_larger_than_the_data_set,
              a_shuffled_epoch_has_every_example_exactly_once,
              the_order_depends_on_the_seed_and_the_epoch_alone, all_orders_are_equally_likely,
              a_loader_leaves_the_thread_s_generator_alone, rewind_begins_anew_after_a_break,
              rewind_of_a_shuffled_loader_gives_another_order, shuffle_begins_one_shuffled_epoch,
              breaking_out_of_an_epoch_leaks_nothing, a_batch_outlives_its_loader,
              batches_are_made_without_recording, a_loader_of_a_tensor_dataset_gives_rows,
              an_example_that_fails_in_the_middle_of_a_batch_is_an_error,
              examples_of_different_shapes_or_dtypes_are_an_error,
              examples_of_eight_dims_leave_no_dim_for_the_batch,
              what_an_example_draws_depends_on_seed_epoch_and_index,
              a_data_set_may_make_whole_batches, a_batch_that_fails_or_has_another_size_is_an_error,
              next_is_false_while_an_error_is_pending_and_loses_no_batch,
              epochs_begun_while_an_error_is_pending_have_their_usual_order,
              next_needs_somewhere_to_put_the_batch, a_loader_that_is_NULL_has_nothing,
              a_loader_rejects_bad_options_and_frees_the_data_set, a_data_set_has_one_loader)
