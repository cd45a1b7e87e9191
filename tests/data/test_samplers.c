/* test_samplers.c - samplers: lengths and orders by PyTorch's rules, distributions, what they refuse. */
#include "numbers.h"

static bool is_permutation(const int64_t *indices, int64_t count)
{
    bool seen[MOST] = {false};
    for (int64_t i = 0; i < count; i++) {
        if (indices[i] < 0 || indices[i] >= count || seen[indices[i]])
            return false;
        seen[indices[i]] = true;
    }
    return true;
}

/* Draws an epoch and frees the sampler. Returns how many indices it has. */
static int64_t drawn(gra_sampler *s, int64_t *indices)
{
    ck_assert_ptr_nonnull(s);
    const int64_t size = gra_sampler_size(s);
    ck_assert_int_le(size, MOST);
    ck_assert_int_eq(gra_sampler_draw(s, 0, indices), 0);
    gra_free(s);
    return size;
}

GRA_TEST(a_sequential_sampler_goes_through_in_order)
{
    int64_t indices[MOST];
    ck_assert_int_eq(drawn(gra_sequential_sampler(5), indices), 5);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(indices[i], i);
}

GRA_TEST(a_random_sampler_without_replacement_gives_permutations)
{
    int64_t indices[MOST], again[MOST];
    gra_manual_seed(1);
    ck_assert_int_eq(drawn(gra_random_sampler(100), indices), 100);
    ck_assert(is_permutation(indices, 100));
    ck_assert_int_eq(drawn(gra_random_sampler(100), again), 100);
    ck_assert_mem_ne(indices, again, 100 * sizeof *indices);
    gra_manual_seed(1);
    drawn(gra_random_sampler(100), again);
    ck_assert_mem_eq(indices, again, 100 * sizeof *indices);
    ck_assert_int_eq(drawn(gra_random_sampler(100, .count = 250), indices), 250);
    ck_assert(is_permutation(indices, 100));
    ck_assert(is_permutation(indices + 100, 100));
    ck_assert_int_eq(drawn(gra_random_sampler(100, .count = 7), indices), 7);
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < i; k++)
            ck_assert_int_ne(indices[i], indices[k]);
}

GRA_TEST(a_random_sampler_with_replacement_draws_each_index_equally_often)
{
    int64_t indices[MOST];
    int seen[4] = {0};
    gra_manual_seed(2);
    ck_assert_int_eq(drawn(gra_random_sampler(4, .count = 4000, .replacement = true), indices),
                     4000);
    for (int i = 0; i < 4000; i++)
        seen[indices[i]]++;
    for (int i = 0; i < 4; i++)
        ck_assert(seen[i] > 850 && seen[i] < 1150);
}

GRA_TEST(a_weighted_sampler_draws_in_proportion_to_the_weights)
{
    int64_t indices[MOST];
    int seen[5] = {0};
    const double weights[] = {0, 1, 0, 3, 0};
    gra_manual_seed(3);
    ck_assert_int_eq(drawn(gra_weighted_sampler(weights, 5, 4000), indices), 4000);
    for (int i = 0; i < 4000; i++)
        seen[indices[i]]++;
    ck_assert_int_eq(seen[0] + seen[2] + seen[4], 0);
    ck_assert(seen[1] > 850 && seen[1] < 1150);
}

/* The first is drawn by weight; the second by what is left: P(0 first) = 1/6, P(2, 1) = 1/2 * 2/3. */
GRA_TEST(a_weighted_sampler_without_replacement_draws_one_after_the_other)
{
    int64_t indices[MOST];
    int first = 0, two_one = 0;
    const double weights[] = {1, 2, 3, 0};
    gra_manual_seed(4);
    for (int i = 0; i < 6000; i++) {
        ck_assert_int_eq(drawn(gra_weighted_sampler(weights, 4, 3, .replacement = false), indices),
                         3);
        ck_assert(is_permutation(indices, 3));
        first += indices[0] == 0;
        two_one += indices[0] == 2 && indices[1] == 1;
    }
    ck_assert(first > 850 && first < 1150);
    ck_assert(two_one > 1820 && two_one < 2180);
}

/* PyTorch: list(DistributedSampler(range(size), world, rank, shuffle=False, drop_last=...)). */
GRA_TEST(a_distributed_sampler_gives_each_process_its_share)
{
    int64_t indices[MOST];
    static const struct {
        int64_t size;
        int world, rank;
        bool drop;
        int64_t count, expected[4];
    } cases[] = {
        {10, 3, 0, false, 4, {0, 3, 6, 9}}, {10, 3, 1, false, 4, {1, 4, 7, 0}},
        {10, 3, 2, false, 4, {2, 5, 8, 1}}, {10, 3, 2, true, 3, {2, 5, 8}},
        {9, 3, 2, false, 3, {2, 5, 8}},     {9, 3, 2, true, 3, {2, 5, 8}},
        {2, 7, 6, false, 1, {0}},           {2, 7, 5, false, 1, {1}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ck_assert_int_eq(
            drawn(gra_distributed_sampler(cases[k].size, cases[k].world, cases[k].rank,
                                          .shuffle = false, .drop_last = cases[k].drop),
                  indices),
            cases[k].count);
        ck_assert_mem_eq(indices, cases[k].expected, (size_t)cases[k].count * sizeof *indices);
    }
}

GRA_TEST(distributed_samplers_of_one_seed_share_the_set_out)
{
    static reading r;
    int64_t all[MOST];
    int64_t count = 0, first[2] = {0};
    for (int rank = 0; rank < 4; rank++) {
        gra_data *const data =
            gra_loader(numbers_of(100), .batch = 10, .seed = 5, .workers = rank % 2,
                       .sampler = gra_distributed_sampler(100, 4, rank));
        for (int epoch = 0; epoch < 2; epoch++) {
            read_batches(data, &r, MOST);
            ck_assert_int_eq(r.count, 25);
            first[epoch] = r.labels[0];
        }
        ck_assert_int_ne(first[0], first[1]);
        memcpy(all + count, r.labels, 25 * sizeof *all);
        count += 25;
        gra_free(data);
    }
    ck_assert(is_permutation(all, 100));
}

GRA_TEST(a_loader_takes_its_order_from_a_sampler)
{
    static reading r;
    gra_data *const data =
        gra_loader(numbers_of(10), .batch = 3,
                   .sampler = gra_random_sampler(10, .count = 7, .replacement = true));
    ck_assert_int_eq(gra_data_size(data), 7);
    ck_assert_int_eq(gra_data_batches(data), 3);
    read_batches(data, &r, MOST);
    ck_assert_int_eq(r.count, 7);
    ck_assert_int_eq(r.batches, 3);
    gra_free(data);
}

/* Backwards, in batches of 1, 2, 3 ...; the loader's generator says where it begins to go wrong. */
typedef struct {
    int64_t size, wrong; /* wrong: an index that is drawn first, or -1 for none, -2 for an error */
} triangle;

static int64_t triangle_size(const gra_sampler *s)
{
    return ((const triangle *)gra_sampler_data(s))->size;
}

static int triangle_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
{
    const triangle *const t = gra_sampler_data(s);
    for (int64_t i = 0; i < t->size; i++)
        indices[i] = (t->size - 1 - i + epoch) % t->size;
    if (t->wrong >= 0)
        indices[0] = t->wrong;
    return t->wrong == -2 ? -1 : 0;
}

static int64_t triangle_cut(const gra_sampler *s, int64_t epoch, const int64_t *indices,
                            int64_t *ends)
{
    (void)epoch, (void)indices;
    const int64_t size = gra_sampler_size(s);
    int64_t count = 0, end = 0;
    while (end + count + 1 <= size) {
        end += count + 1;
        ends[count++] = end;
    }
    return count;
}

static int64_t overlapping_cut(const gra_sampler *s, int64_t epoch, const int64_t *indices,
                               int64_t *ends)
{
    (void)s, (void)epoch, (void)indices;
    ends[0] = ends[1] = 2;
    return 2;
}

static const gra_sampler_class triangle_class = {
    .name = "triangle", .size = triangle_size, .draw = triangle_draw, .cut = triangle_cut};
static const gra_sampler_class backwards_class = {
    .name = "backwards", .size = triangle_size, .draw = triangle_draw};
static const gra_sampler_class overlapping_class = {
    .name = "overlapping", .size = triangle_size, .draw = triangle_draw, .cut = overlapping_cut};

static gra_sampler *sampler_of(const gra_sampler_class *class_, int64_t size, int64_t wrong)
{
    gra_sampler *const s = gra_sampler_new(class_, sizeof(triangle));
    ck_assert_ptr_nonnull(s);
    *(triangle *)gra_sampler_data(s) = (triangle){size, wrong};
    return s;
}

GRA_TEST(a_sampler_of_one_s_own_may_say_where_batches_end)
{
    static reading r;
    for (int workers = 0; workers <= 4; workers += 2) {
        gra_data *const data =
            gra_loader(numbers_of(10), .batch_sampler = sampler_of(&triangle_class, 9, -1),
                       .workers = workers);
        ck_assert_int_eq(gra_data_batches(data), 3);
        ck_assert_int_eq(gra_data_size(data), 6);
        for (int epoch = 0; epoch < 2; epoch++) {
            read_batches(data, &r, MOST);
            ck_assert_int_eq(r.batches, 3);
            ck_assert_int_eq(r.ends[0], 1);
            ck_assert_int_eq(r.ends[1], 3);
            ck_assert_int_eq(r.ends[2], 6);
            for (int i = 0; i < 6; i++)
                ck_assert_int_eq(r.labels[i], (8 - i + epoch) % 9);
        }
        gra_free(data);
    }
}

GRA_TEST(a_batch_sampler_cuts_as_the_loader_does)
{
    static reading by_loader, by_sampler;
    for (int drop = 0; drop < 2; drop++) {
        gra_data *const a = gra_loader(numbers_of(10), .batch = 4, .drop_last = drop);
        gra_data *const b = gra_loader(
            numbers_of(10),
            .batch_sampler = gra_batch_sampler(gra_sequential_sampler(10), 4, .drop_last = drop));
        ck_assert_int_eq(gra_data_batches(b), 3 - drop);
        ck_assert_int_eq(gra_data_size(b), gra_data_size(a));
        read_batches(a, &by_loader, MOST);
        read_batches(b, &by_sampler, MOST);
        ck_assert(same_reading(&by_loader, &by_sampler));
        gra_free(a, b);
    }
}

GRA_TEST(a_sampler_that_goes_wrong_is_an_error_of_the_next_batch)
{
    static const struct {
        const gra_sampler_class *class_;
        int64_t wrong;
        const char *error;
    } cases[] = {
        {&backwards_class, 10,
         "gra_data_next: the sampler backwards drew index 10, which lies outside 0 to 9 of the "
         "data set numbers"},
        {&backwards_class, -2,
         "gra_sampler_draw: the sampler backwards drew nothing and gave no reason"},
        {&overlapping_class, -1,
         "gra_sampler_cut: the batches of the sampler overlapping do not end one behind the other "
         "within 4 indices"},
    };
    gra_tensor *x, *y;
    for (int k = 0; k < 3; k++)
        for (int workers = 0; workers < 2; workers++) {
            gra_sampler *const s = sampler_of(cases[k].class_, 4, cases[k].wrong);
            gra_data *const data =
                k == 2 ? gra_loader(numbers_of(10), .batch_sampler = s, .workers = workers)
                       : gra_loader(numbers_of(10), .sampler = s, .workers = workers);
            for (int again = 0; again < 2; again++) {
                ck_assert(!gra_data_next(data, &x, &y));
                GRA_ASSERT_ERROR(cases[k].error);
            }
            if (k < 2) {
                ((triangle *)gra_sampler_data(s))->wrong = -1;
                ck_assert(gra_data_next(data, &x, &y));
                ck_assert_int_eq(gra_item_int(y), 3);
            }
            gra_free(data);
        }
}

static void rejects(gra_sampler *s, const char *error)
{
    ck_assert_ptr_null(s);
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(samplers_reject_numbers_that_are_out_of_range)
{
    const double weights[] = {1, -1, 0}, none[] = {0, 0};
    rejects(gra_sequential_sampler(0),
            "gra_sequential_sampler: size 0 is out of range; at least 1 is needed");
    rejects(gra_random_sampler(-1),
            "gra_random_sampler: size -1 is out of range; at least 1 is needed");
    rejects(gra_random_sampler(3, .count = -4),
            "gra_random_sampler: count -4 is out of range; at least 1 is needed");
    rejects(gra_weighted_sampler(weights, 3, 0),
            "gra_weighted_sampler: count 0 is out of range; at least 1 is needed");
    rejects(gra_weighted_sampler(NULL, 3, 1), "gra_weighted_sampler: the weights are NULL");
    rejects(gra_weighted_sampler(weights, 3, 1),
            "gra_weighted_sampler: weight -1 of example 1 is out of range; a number of at least 0 "
            "is needed");
    rejects(gra_weighted_sampler(none, 2, 1),
            "gra_weighted_sampler: all weights are 0; at least one above it is needed");
    rejects(gra_weighted_sampler(weights, 1, 2, .replacement = false),
            "gra_weighted_sampler: 2 of 1 examples with a weight above 0 cannot be drawn without "
            "replacement");
    rejects(gra_distributed_sampler(10, 3, 3),
            "gra_distributed_sampler: rank 3 of 3 processes is out of range; 0 to 2 are possible");
    rejects(gra_distributed_sampler(10, 0, 0),
            "gra_distributed_sampler: rank 0 of 0 processes is out of range; 0 to 0 are possible");
    rejects(gra_distributed_sampler(2, 3, 0, .drop_last = true),
            "gra_distributed_sampler: 2 examples for 3 processes leave none for each; use "
            ".drop_last = false");
    rejects(gra_batch_sampler(gra_sequential_sampler(3), 0),
            "gra_batch_sampler: batch 0 is out of range; at least 1 is needed");
    rejects(gra_batch_sampler(NULL, 3), "gra_batch_sampler: the sampler is NULL");
    rejects(gra_sampler_new(&(gra_sampler_class){.name = "half"}, 0),
            "gra_sampler_new: a class with a name and the functions size and draw is needed");
}

static void loader_rejects(gra_loader_options o, const char *error)
{
    o.dataset = numbers_of(10);
    ck_assert_ptr_null(gra_loader_with(o));
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(a_loader_rejects_orders_that_exclude_each_other_and_frees_what_it_got)
{
    static const char *const all = "gra_loader: .batch_sampler says all of .batch, .shuffle, "
                                   ".drop_last and .sampler; leave these out";
#define BATCHES gra_batch_sampler(gra_sequential_sampler(10), 2)
    loader_rejects(
        (gra_loader_options){.batch = 1, .shuffle = true, .sampler = gra_sequential_sampler(10)},
        "gra_loader: .sampler and .shuffle exclude each other; gra_random_sampler "
        "shuffles");
    loader_rejects((gra_loader_options){.batch = 2, .batch_sampler = BATCHES}, all);
    loader_rejects((gra_loader_options){.batch = 1, .shuffle = true, .batch_sampler = BATCHES},
                   all);
    loader_rejects((gra_loader_options){.batch = 1,
                                        .batch_sampler = BATCHES,
                                        .sampler = gra_sequential_sampler(10)},
                   all);
    loader_rejects((gra_loader_options){.batch = 1, .batch_sampler = gra_sequential_sampler(10)},
                   "gra_loader: the sampler sequential makes no batches; give it as .sampler");
    loader_rejects((gra_loader_options){.batch = 1, .sampler = BATCHES},
                   "gra_loader: the sampler batch makes batches; give it as .batch_sampler");
    loader_rejects((gra_loader_options){.batch = 1, .sampler = sampler_of(&backwards_class, 0, -1)},
                   "gra_loader: the sampler backwards has no indices; at least one is needed");
    gra_sampler *const s = gra_sequential_sampler(10);
    gra_data *const data = gra_loader(numbers_of(10), .sampler = s);
    loader_rejects((gra_loader_options){.batch = 1, .sampler = s},
                   "gra_loader: the sampler sequential belongs to another loader already");
    gra_free(data);
}

GRA_TEST(samplers_answer_NULL_silently)
{
    ck_assert_int_eq(gra_sampler_size(NULL), -1);
    ck_assert_int_eq(gra_sampler_draw(NULL, 0, NULL), -1);
    ck_assert_int_eq(gra_sampler_cut(NULL, 0, NULL, NULL), -1);
    ck_assert_ptr_null(gra_sampler_data(NULL));
    GRA_ASSERT_NO_ERROR();
    gra_sampler *const s = gra_sequential_sampler(3);
    ck_assert_int_eq(gra_sampler_draw(s, 0, NULL), -1);
    GRA_ASSERT_ERROR("gra_sampler_draw: room for the indices is needed; it is NULL");
    int64_t indices[3], ends[3];
    ck_assert_int_eq(gra_sampler_cut(s, 0, indices, ends), -1);
    GRA_ASSERT_ERROR("gra_sampler_cut: the sampler sequential makes no batches; wrap it in "
                     "gra_batch_sampler");
    gra_free(s);
}

GRA_TEST_MAIN("samplers", a_sequential_sampler_goes_through_in_order,
              a_random_sampler_without_replacement_gives_permutations,
              a_random_sampler_with_replacement_draws_each_index_equally_often,
              a_weighted_sampler_draws_in_proportion_to_the_weights,
              a_weighted_sampler_without_replacement_draws_one_after_the_other,
              a_distributed_sampler_gives_each_process_its_share,
              distributed_samplers_of_one_seed_share_the_set_out,
              a_loader_takes_its_order_from_a_sampler,
              a_sampler_of_one_s_own_may_say_where_batches_end,
              a_batch_sampler_cuts_as_the_loader_does,
              a_sampler_that_goes_wrong_is_an_error_of_the_next_batch,
              samplers_reject_numbers_that_are_out_of_range,
              a_loader_rejects_orders_that_exclude_each_other_and_frees_what_it_got,
              samplers_answer_NULL_silently)
