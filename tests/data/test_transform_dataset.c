/* test_transform_dataset.c - data sets with their examples transformed. */
#include "numbers.h"

typedef struct {
    double by;
    int *destroyed;
} scale;

/* x times a number, plus one that is drawn; x must have three elements. */
static gra_tensor *scale_apply(const gra_transform *t, gra_tensor *x)
{
    const scale *const s = gra_transform_data(t);
    if (gra_tensor_numel(x) != 3)
        return gra_fail("scale: three numbers are needed");
    return gra_add_scalar(gra_mul_scalar(x, s->by), gra_draw_int(0, 1000));
}

static void scale_destroy(gra_transform *t)
{
    const scale *const s = gra_transform_data(t);
    ++*s->destroyed;
}

static const gra_transform_class scale_class = {
    .name = "scale", .apply = scale_apply, .destroy = scale_destroy};

static int destroyed;

static gra_transform *scaled_by(double by)
{
    gra_transform *const t = gra_transform_new(&scale_class, sizeof(scale));
    ck_assert_ptr_nonnull(t);
    *(scale *)gra_transform_data(t) = (scale){by, &destroyed};
    destroyed = 0;
    return t;
}

GRA_TEST(a_transformed_set_gives_the_examples_transformed)
{
    gra_tensor *x, *y;
    gra_dataset *const set = gra_transform_dataset(
        gra_tensor_dataset(gra_ones(GRA_SHAPE(2, 3)), gra_vector(7, 8)), scaled_by(2));
    ck_assert_int_eq(gra_dataset_size(set), 2);
    gra_manual_seed(1);
    const double drawn = (double)gra_draw_int(0, 1000);
    gra_manual_seed(1);
    ck_assert_int_eq(gra_dataset_get(set, 1, &x, &y), 0);
    GRA_ASSERT_VALUES(x, 2 + drawn, 2 + drawn, 2 + drawn);
    GRA_ASSERT_VALUES(y, 8);
    gra_free(set);
    ck_assert_int_eq(destroyed, 1);
}

GRA_TEST(what_a_transform_draws_is_the_same_for_any_number_of_workers)
{
    static reading expected[2], got;
    for (int workers = 0; workers <= 4; workers += workers ? 3 : 1) {
        gra_data *const data = gra_loader(gra_transform_dataset(numbers_of(30), scaled_by(1)),
                                          .batch = 4, .workers = workers, .shuffle = true);
        for (int epoch = 0; epoch < 2; epoch++) {
            read_batches(data, workers ? &got : &expected[epoch], MOST);
            ck_assert(!workers || same_reading(&got, &expected[epoch]));
        }
        gra_free(data);
    }
    ck_assert(!same_reading(&expected[0], &expected[1]));
}

static int five_next(const gra_dataset *set, void *reader, gra_tensor **x, gra_tensor **y)
{
    (void)set;
    int64_t *const at = reader;
    if (*at == 5)
        return 0;
    *x = gra_zeros(GRA_SHAPE(*at == 3 ? 4 : 3));
    *y = gra_scalar((double)(*at)++, GRA_INT64);
    return 1;
}

GRA_TEST(a_stream_stays_a_stream_and_its_errors_come_through)
{
    static const gra_dataset_class five_class = {
        .name = "five", .reader_size = sizeof(int64_t), .next = five_next};
    static reading r;
    gra_dataset *const set = gra_transform_dataset(gra_dataset_new(&five_class, 0), scaled_by(1));
    ck_assert(gra_dataset_is_stream(set));
    gra_data *const data = gra_loader(set, .batch = 2, .workers = 1);
    read_batches(data, &r, MOST);
    ck_assert_int_eq(r.count, 2);
    GRA_ASSERT_ERROR("scale: three numbers are needed (in example 3 of the data set transformed)");
    read_batches(data, &r, MOST);
    static const int64_t expected[] = {2, 4};
    ck_assert_mem_eq(r.labels, expected, sizeof expected);
    gra_free(data);
}

static void rejects(gra_dataset *set, gra_transform *t, const char *error)
{
    ck_assert_ptr_null(gra_transform_dataset(set, t));
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(a_transformed_set_needs_both_and_frees_what_it_got)
{
    rejects(NULL, scaled_by(1), "gra_transform_dataset: the data set is NULL");
    ck_assert_int_eq(destroyed, 1);
    rejects(numbers_of(3), NULL, "gra_transform_dataset: the transform is NULL");
    gra_transform *const t = scaled_by(1);
    gra_dataset *const set = gra_transform_dataset(numbers_of(3), t);
    rejects(numbers_of(3), t,
            "gra_transform_dataset: the transform scale belongs to a compose or another data set "
            "already");
    gra_free(set);
}

GRA_TEST_MAIN("transform_dataset", a_transformed_set_gives_the_examples_transformed,
              what_a_transform_draws_is_the_same_for_any_number_of_workers,
              a_stream_stays_a_stream_and_its_errors_come_through,
              a_transformed_set_needs_both_and_frees_what_it_got)
