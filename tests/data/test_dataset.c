/* test_dataset.c - data sets: those of a class of one's own, and those of two tensors. */
#include "gradus.h"

#include "../support/test.h"

typedef struct {
    int64_t size;
    int *destroyed;
} counting;

static int64_t counting_size(const gra_dataset *set)
{
    const counting *const c = gra_dataset_data(set);
    return c->size;
}

/* Example i is ([i, i + 1], 10 i); 7 fails with a reason, 8 without, 9 without a y, 10 says that all
 * is well. */
static int counting_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    (void)set;
    *x = gra_vector((double)i, (double)i + 1);
    if (i == 7 || i == 10)
        gra_fail("counting: example %d is missing", (int)i);
    if (i == 7 || i == 8)
        return -1;
    *y = i == 9 ? NULL : gra_scalar(10.0 * (double)i, GRA_INT64);
    return 0;
}

static void counting_destroy(gra_dataset *set)
{
    const counting *const c = gra_dataset_data(set);
    if (c->destroyed)
        ++*c->destroyed;
}

static const gra_dataset_class counting_class = {
    .name = "counting",
    .size = counting_size,
    .get = counting_get,
    .destroy = counting_destroy,
};

static gra_dataset *counting_new(int64_t size, int *destroyed)
{
    gra_dataset *const set = gra_dataset_new(&counting_class, sizeof(counting));
    ck_assert_ptr_nonnull(set);
    *(counting *)gra_dataset_data(set) = (counting){.size = size, .destroyed = destroyed};
    return set;
}

GRA_TEST(a_dataset_of_a_class_has_a_size_examples_and_data)
{
    int destroyed = 0;
    gra_tensor *x, *y;
    gra_dataset *const set = counting_new(5, &destroyed);
    ck_assert_int_eq(gra_dataset_size(set), 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(gra_dataset_get(set, i, &x, &y), 0);
        GRA_ASSERT_VALUES(x, i, i + 1);
        ck_assert_int_eq(gra_item_int(y), 10 * i);
    }
    ck_assert_int_eq(gra_live(), 11);
    gra_free(set);
    ck_assert_int_eq(destroyed, 1);
}

GRA_TEST(a_dataset_begins_with_zeroed_data)
{
    gra_dataset *const set = gra_dataset_new(&counting_class, 1000);
    const char *const data = gra_dataset_data(set);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(data[i], 0);
    gra_free(set);
    gra_dataset *const bare = gra_dataset_new(
        &(gra_dataset_class){.name = "bare", .size = counting_size, .get = counting_get}, 0);
    ck_assert_ptr_null(gra_dataset_data(bare));
    gra_free(bare);
}

GRA_TEST(a_dataset_needs_a_name_size_and_get)
{
    static const char *const why =
        "gra_dataset_new: a class with a name and the functions size and get, or next, is needed";
    const gra_dataset_class incomplete[] = {
        {.size = counting_size, .get = counting_get},
        {.name = "half", .size = counting_size},
        {.name = "half", .get = counting_get},
    };
    ck_assert_ptr_null(gra_dataset_new(NULL, 8));
    GRA_ASSERT_ERROR(why);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(gra_dataset_new(&incomplete[i], 8));
        GRA_ASSERT_ERROR(why);
    }
}

GRA_TEST(a_dataset_has_no_example_outside_its_size)
{
    gra_tensor *x, *y;
    gra_dataset *const set = counting_new(5, NULL);
    ck_assert_int_eq(gra_dataset_get(set, 5, &x, &y), -1);
    ck_assert_ptr_null(x);
    ck_assert_ptr_null(y);
    GRA_ASSERT_ERROR("gra_dataset_get: example 5 of the data set counting lies outside 0 to 4");
    ck_assert_int_eq(gra_dataset_get(set, -1, &x, &y), -1);
    GRA_ASSERT_ERROR("gra_dataset_get: example -1 of the data set counting lies outside 0 to 4");
    gra_free(set);
}

GRA_TEST(a_dataset_that_fails_gives_an_error_and_no_tensors)
{
    static const char *const errors[] = {
        "counting: example 7 is missing",
        "gra_dataset_get: the data set counting gave no example 8 and no reason",
        "gra_dataset_get: the data set counting gave no example 9 and no reason",
        "counting: example 10 is missing",
    };
    gra_dataset *const set = counting_new(11, NULL);
    for (int i = 0; i < 4; i++) {
        gra_tensor *x, *y;
        ck_assert_int_eq(gra_dataset_get(set, 7 + i, &x, &y), -1);
        ck_assert_ptr_null(x);
        ck_assert_ptr_null(y);
        GRA_ASSERT_ERROR(errors[i]);
    }
    gra_free(set);
}

GRA_TEST(a_dataset_answers_NULL_and_a_pending_error_silently)
{
    gra_tensor *x, *y;
    gra_dataset *const set = counting_new(5, NULL);
    ck_assert_int_eq(gra_dataset_size(NULL), -1);
    ck_assert_ptr_null(gra_dataset_data(NULL));
    ck_assert_int_eq(gra_dataset_get(NULL, 0, &x, &y), -1);
    ck_assert_ptr_null(x);
    GRA_ASSERT_NO_ERROR();
    gra_fail("an earlier mistake");
    ck_assert_int_eq(gra_dataset_get(set, 0, &x, &y), -1);
    ck_assert_ptr_null(x);
    ck_assert_ptr_null(gra_dataset_new(&counting_class, 8));
    ck_assert_ptr_null(gra_tensor_dataset(NULL, NULL));
    GRA_ASSERT_ERROR("an earlier mistake");
    gra_free(set);
}

GRA_TEST(a_dataset_needs_somewhere_to_put_the_example)
{
    gra_tensor *t;
    gra_dataset *const set = counting_new(5, NULL);
    ck_assert_int_eq(gra_dataset_get(set, 0, NULL, &t), -1);
    GRA_ASSERT_ERROR("gra_dataset_get: the addresses of x and y are needed; one is NULL");
    ck_assert_int_eq(gra_dataset_get(set, 0, &t, NULL), -1);
    GRA_ASSERT_ERROR("gra_dataset_get: the addresses of x and y are needed; one is NULL");
    gra_free(set);
}

GRA_TEST(a_tensor_dataset_gives_the_rows)
{
    gra_tensor *x, *y;
    gra_tensor *const xs = gra_reshape(gra_arange(0, 6, 1), GRA_SHAPE(3, 2));
    gra_dataset *const set = gra_tensor_dataset(xs, gra_vector(5, 6, 7));
    ck_assert_int_eq(gra_dataset_size(set), 3);
    ck_assert_int_eq(gra_dataset_get(set, 1, &x, &y), 0);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_INT64);
    GRA_ASSERT_VALUES(x, 2, 3);
    ck_assert_int_eq(gra_tensor_ndim(y), 0);
    GRA_ASSERT_VALUES(y, 6);
    ck_assert_int_eq(gra_dataset_get(set, 3, &x, &y), -1);
    GRA_ASSERT_ERROR("gra_dataset_get: example 3 of the data set of tensors lies outside 0 to 2");
    gra_free(set);
}

GRA_TEST(a_tensor_dataset_keeps_its_tensors_and_only_them)
{
    gra_tensor *x, *y;
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const xs = gra_transpose(gra_reshape(gra_arange(0, 6, 1), GRA_SHAPE(2, 3)), 0, 1);
    gra_dataset *const set = gra_tensor_dataset(xs, gra_vector(5, 6, 7));
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live + 3);
    ck_assert_int_eq(gra_dataset_get(set, 2, &x, &y), 0);
    GRA_ASSERT_VALUES(x, 2, 5);
    gra_free(set);
    GRA_ASSERT_VALUES(x, 2, 5);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(a_tensor_dataset_takes_one_tensor_twice)
{
    gra_tensor *x, *y;
    gra_tensor *const t = gra_vector(1, 2);
    gra_dataset *const set = gra_tensor_dataset(t, t);
    ck_assert_int_eq(gra_dataset_get(set, 1, &x, &y), 0);
    GRA_ASSERT_VALUES(x, 2);
    GRA_ASSERT_VALUES(y, 2);
    gra_free(set);
}

GRA_TEST(a_tensor_dataset_rejects_tensors_that_do_not_match)
{
    gra_tensor *const a = gra_zeros(GRA_SHAPE(3, 2)), *const b = gra_zeros(GRA_SHAPE(4));
    ck_assert_ptr_null(gra_tensor_dataset(a, b));
    GRA_ASSERT_ERROR("gra_tensor_dataset: x has shape [3, 2] and y [4]; their first sizes must be "
                     "equal");
    ck_assert_ptr_null(gra_tensor_dataset(gra_scalar(1, GRA_FLOAT32), b));
    GRA_ASSERT_ERROR(
        "gra_tensor_dataset: x has shape [] and y [4]; their first sizes must be equal");
    ck_assert_ptr_null(gra_tensor_dataset(b, gra_scalar(1, GRA_FLOAT32)));
    GRA_ASSERT_ERROR(
        "gra_tensor_dataset: x has shape [4] and y []; their first sizes must be equal");
    ck_assert_ptr_null(gra_tensor_dataset(NULL, b));
    GRA_ASSERT_ERROR("gra_tensor_dataset: x is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_tensor_dataset(a, NULL));
    GRA_ASSERT_ERROR("gra_tensor_dataset: y is NULL; a tensor is needed");
}

GRA_TEST_MAIN("dataset", a_dataset_of_a_class_has_a_size_examples_and_data,
              a_dataset_begins_with_zeroed_data, a_dataset_needs_a_name_size_and_get,
              a_dataset_has_no_example_outside_its_size,
              a_dataset_that_fails_gives_an_error_and_no_tensors,
              a_dataset_answers_NULL_and_a_pending_error_silently,
              a_dataset_needs_somewhere_to_put_the_example, a_tensor_dataset_gives_the_rows,
              a_tensor_dataset_keeps_its_tensors_and_only_them,
              a_tensor_dataset_takes_one_tensor_twice,
              a_tensor_dataset_rejects_tensors_that_do_not_match)
