/* test_combine.c - subsets, sets in a row, random splits, sharing, and batches of different lengths. */
#include "numbers.h"

GRA_TEST(a_subset_has_the_examples_of_its_indices)
{
    gra_tensor *x, *y;
    int64_t indices[] = {7, 2, 2, 9};
    gra_dataset *const set = gra_subset(numbers_of(10), indices, 4);
    indices[0] = 0; /* they were copied */
    ck_assert_int_eq(gra_dataset_size(set), 4);
    static const int64_t expected[] = {7, 2, 2, 9};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(gra_dataset_get(set, i, &x, &y), 0);
        ck_assert_int_eq(gra_item_int(y), expected[i]);
    }
    gra_free(set);
    gra_dataset *const empty = gra_subset(numbers_of(10), NULL, 0);
    ck_assert_int_eq(gra_dataset_size(empty), 0);
    gra_free(empty);
}

/* A set that has whole batches only. */
static int no_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    (void)set, (void)i, (void)x, (void)y;
    return -1;
}

static int labels_get_batch(const gra_dataset *set, const int64_t *indices, int64_t count,
                            gra_tensor **x, gra_tensor **y)
{
    (void)set;
    *x = gra_zeros(GRA_SHAPE(count, 3));
    *y = gra_zeros(GRA_SHAPE(count), .dtype = GRA_INT64);
    memcpy(gra_tensor_data(*y), indices, (size_t)count * sizeof *indices);
    return 0;
}

static const gra_dataset_class labels_class = {
    .name = "labels", .size = numbers_size, .get = no_get, .get_batch = labels_get_batch};

GRA_TEST(a_subset_passes_whole_batches_on)
{
    static reading r;
    const int64_t indices[] = {30, 10, 20, 0};
    gra_dataset *const set = gra_dataset_new(&labels_class, sizeof(numbers));
    ((numbers *)gra_dataset_data(set))->size = 40;
    gra_data *const part = gra_loader(gra_subset(set, indices, 4), .batch = 3);
    read_batches(part, &r, MOST);
    ck_assert_mem_eq(r.labels, indices, sizeof indices);
    gra_free(part);
}

GRA_TEST(a_row_of_sets_goes_through_one_after_the_other)
{
    static reading r;
    gra_dataset *const sets[] = {numbers_of(3), gra_subset(numbers_of(5), NULL, 0), numbers_of(1),
                                 numbers_of(4)};
    gra_data *const data = gra_loader(gra_concat_dataset(sets, 4), .batch = 3, .workers = 2);
    ck_assert_int_eq(gra_data_size(data), 8);
    read_batches(data, &r, MOST);
    static const int64_t expected[] = {0, 1, 2, 0, 0, 1, 2, 3};
    ck_assert_int_eq(r.count, 8);
    ck_assert_mem_eq(r.labels, expected, sizeof expected);
    gra_free(data);
}

/* PyTorch: [len(part) for part in random_split(range(size), lengths)]. */
GRA_TEST(a_random_split_has_the_lengths_of_PyTorch_and_every_example_once)
{
    static const struct {
        int64_t size;
        int count;
        double lengths[3];
        int64_t expected[3];
    } cases[] = {
        {10, 2, {7, 3}, {7, 3}},
        {10, 3, {0.5, 0.3, 0.2}, {5, 3, 2}},
        {10, 3, {1.0 / 3, 1.0 / 3, 1.0 / 3}, {4, 3, 3}},
        {11, 3, {0.25, 0.25, 0.5}, {3, 3, 5}},
        {7, 2, {0.9, 0.1}, {7, 0}},
        {5, 1, {1}, {5}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gra_dataset *parts[3];
        bool seen[11] = {false};
        ck_assert_int_eq(gra_random_split(numbers_of(cases[k].size), cases[k].lengths,
                                          cases[k].count, parts, .seed = k),
                         0);
        for (int p = 0; p < cases[k].count; p++) {
            ck_assert_int_eq(gra_dataset_size(parts[p]), cases[k].expected[p]);
            for (int64_t i = 0; i < cases[k].expected[p]; i++) {
                gra_tensor *x, *y;
                ck_assert_int_eq(gra_dataset_get(parts[p], i, &x, &y), 0);
                ck_assert(!seen[gra_item_int(y)]);
                seen[gra_item_int(y)] = true;
            }
            gra_free(parts[p]);
        }
    }
}

/* The labels of the first part. */
static void first_part(uint64_t seed, int64_t labels[50])
{
    static reading r;
    gra_dataset *parts[2];
    ck_assert_int_eq(
        gra_random_split(numbers_of(100), ((const double[]){0.5, 0.5}), 2, parts, .seed = seed), 0);
    gra_data *const data = gra_loader(parts[0], .batch = 50);
    read_batches(data, &r, MOST);
    memcpy(labels, r.labels, 50 * sizeof *labels);
    gra_free(data, parts[1]);
}

GRA_TEST(a_random_split_depends_on_its_seed_alone)
{
    int64_t a[50], b[50], c[50];
    const gra_generator_state state = gra_generator_get_state(NULL);
    first_part(1, a);
    gra_rand(GRA_SHAPE(3));
    first_part(1, b);
    first_part(2, c);
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert_mem_ne(a, c, sizeof a);
    ck_assert_uint_eq(gra_generator_get_state(NULL).position, state.position + 2);
}

GRA_TEST(a_set_that_is_kept_has_several_owners)
{
    static reading a, b;
    const int64_t live = gra_live();
    gra_dataset *const set = numbers_of(10);
    gra_data *const one = gra_loader(gra_dataset_keep(set), .batch = 4, .workers = 2);
    gra_data *const two = gra_loader(gra_dataset_keep(set), .batch = 4);
    gra_dataset *const twice =
        gra_concat_dataset((gra_dataset *const[]){gra_dataset_keep(set), gra_dataset_keep(set)}, 2);
    gra_free(set);
    read_batches(one, &a, MOST);
    read_batches(two, &b, MOST);
    ck_assert(same_reading(&a, &b));
    gra_free(one);
    ck_assert_int_eq(gra_dataset_size(twice), 20);
    gra_free(two, twice);
    ck_assert_int_eq(gra_live(), live);
    ck_assert_ptr_null(gra_dataset_keep(NULL));
}

static void rejects(const void *made, const char *error)
{
    ck_assert_ptr_null(made);
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(sets_of_sets_reject_what_does_not_fit_and_free_what_they_got)
{
    const int64_t outside[] = {3, 5}, before[] = {-1};
    rejects(gra_subset(NULL, outside, 2), "gra_subset: the data set is NULL");
    rejects(gra_subset(numbers_of(5), outside, 2),
            "gra_subset: index 5, at place 1, lies outside 0 to 4 of the data set numbers");
    rejects(gra_subset(numbers_of(5), before, 1),
            "gra_subset: index -1, at place 0, lies outside 0 to 4 of the data set numbers");
    rejects(gra_subset(numbers_of(5), NULL, 2),
            "gra_subset: 0 indices were given; an array and a count of at least 0 are needed");
    rejects(gra_concat_dataset(NULL, 0),
            "gra_concat_dataset: there is no data set; at least one is needed");
    gra_dataset *const set = numbers_of(5);
    rejects(gra_concat_dataset((gra_dataset *const[]){numbers_of(5), set, set, numbers_of(5)}, 4),
            "gra_concat_dataset: the data set numbers belongs to another loader or set already; "
            "for several, give gra_dataset_keep(set) to all but the last");
    rejects(gra_concat_dataset((gra_dataset *const[]){numbers_of(5), NULL, numbers_of(5)}, 3),
            "gra_concat_dataset: the data set is NULL");
    rejects(gra_concat_dataset((gra_dataset *const[]){numbers_of(INT64_MAX), numbers_of(1)}, 2),
            "gra_concat_dataset: set 1 has 1 examples; with those before it, that is more than can "
            "be counted");
}

static void split_rejects(gra_dataset *set, const double *lengths, int count, const char *error)
{
    gra_dataset *parts[2] = {set, set};
    ck_assert_int_eq(gra_random_split(set, lengths, count, parts), -1);
    ck_assert_ptr_null(parts[0]);
    ck_assert_ptr_null(parts[1]);
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(a_random_split_rejects_lengths_that_do_not_add_up)
{
    split_rejects(numbers_of(10), (double[]){7, 4}, 2,
                  "gra_random_split: the lengths add up to 11; 10 examples, or fractions that add "
                  "up to 1, are needed");
    split_rejects(numbers_of(10), (double[]){0.5, 0.2}, 2,
                  "gra_random_split: the lengths add up to 0.7; 10 examples, or fractions that add "
                  "up to 1, are needed");
    split_rejects(numbers_of(10), (double[]){7.5, 2.5}, 2,
                  "gra_random_split: the lengths must be whole numbers, or fractions that add up "
                  "to 1");
    split_rejects(numbers_of(10), (double[]){12, -2}, 2,
                  "gra_random_split: length 1 is -2; a number of at least 0 is needed");
    split_rejects(numbers_of(0), (double[]){0.5, 0.5}, 2,
                  "gra_random_split: the data set is empty");
    split_rejects(NULL, (double[]){0.5, 0.5}, 2, "gra_random_split: the data set is NULL");
    split_rejects(numbers_of(10), NULL, 2,
                  "gra_random_split: lengths, their number and room for as many parts are needed");
}

/* ---- sequences ---- */

/* Example i has i + 1 rows of i, and y as many labels, or one. */
static int rows_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const numbers *const n = gra_dataset_data(set);
    *x = gra_full(GRA_SHAPE(i + 1, i == n->bad ? 3 : 2), (double)i);
    *y = n->other_shape ? gra_scalar((double)i, GRA_INT64)
                        : gra_full(GRA_SHAPE(i + 1), (double)i, .dtype = GRA_INT64);
    return *x && *y ? 0 : -1;
}

static const gra_dataset_class rows_class = {.name = "rows", .size = numbers_size, .get = rows_get};

static gra_data *rows_loader(numbers n)
{
    gra_dataset *const set = gra_dataset_new(&rows_class, sizeof n);
    memcpy(gra_dataset_data(set), &n, sizeof n);
    return gra_loader(set, .batch = 3, .collate = gra_collate_pad, .workers = 1);
}

GRA_TEST(sequences_are_padded_with_zeros_to_the_longest)
{
    gra_tensor *x, *y;
    gra_data *data = rows_loader((numbers){.size = 3, .bad = -1});
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 3, 3, 2);
    GRA_ASSERT_VALUES(x, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 2, 2);
    GRA_ASSERT_SHAPE(y, 3, 3);
    GRA_ASSERT_VALUES(y, 0, 0, 0, 1, 1, 0, 2, 2, 2);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    gra_free(data);
    data = rows_loader((numbers){.size = 3, .bad = -1, .other_shape = true});
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(y, 3);
    GRA_ASSERT_VALUES(y, 0, 1, 2);
    gra_free(data);
}

GRA_TEST(sequences_that_differ_elsewhere_are_an_error)
{
    gra_tensor *x, *y;
    gra_data *const data = rows_loader((numbers){.size = 3, .bad = 1});
    ck_assert(!gra_data_next(data, &x, &y));
    GRA_ASSERT_ERROR("gra_collate_pad: examples of a batch are float32 [1, 2] and float32 [2, 3]; "
                     "all must have the same dtype, and shapes that differ in the first size at "
                     "most");
    gra_free(data);
}

GRA_TEST_MAIN("combine", a_subset_has_the_examples_of_its_indices, a_subset_passes_whole_batches_on,
              a_row_of_sets_goes_through_one_after_the_other,
              a_random_split_has_the_lengths_of_PyTorch_and_every_example_once,
              a_random_split_depends_on_its_seed_alone, a_set_that_is_kept_has_several_owners,
              sets_of_sets_reject_what_does_not_fit_and_free_what_they_got,
              a_random_split_rejects_lengths_that_do_not_add_up,
              sequences_are_padded_with_zeros_to_the_longest,
              sequences_that_differ_elsewhere_are_an_error)
