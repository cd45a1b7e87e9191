/* test_random.c - Philox, generators, and the distributions of what they draw.
 *
 * Seeds are fixed, so the statistics are the same in every run; their bounds lie at about five
 * deviations of what is measured.
 */
#include <pthread.h>

#include "core/scope.h"

#include "core/philox.h"
#include "core/random.h"
#include "core/tensor_struct.h"
#include "core/threads.h"
#include "../support/test.h"

/* Known answers of Random123 1.14, tests/kat_vectors: philox4x32 with 10 rounds. */
GRA_TEST(philox_gives_the_known_answers)
{
    static const struct {
        uint64_t counter, stream, seed;
        uint32_t expected[4];
    } known[] = {
        {0, 0, 0, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}},
        {0x85a308d3243f6a88u,
         0x0370734413198a2eu,
         0x299f31d0a4093822u,
         {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t bits[4];
        gra__philox(known[i].seed, known[i].stream, known[i].counter, bits);
        for (int word = 0; word < 4; word++)
            ck_assert_uint_eq(bits[word], known[i].expected[word]);
    }
}

GRA_TEST(bits_become_uniform_numbers_below_1)
{
    ck_assert(gra__uniform_from_bits(0) == 0);
    ck_assert(gra__uniform_from_bits(0x80000000u) == 0.5f);
    ck_assert(gra__uniform_from_bits(UINT32_MAX) == 1 - 0x1p-24f);
    ck_assert(gra__uniform_double(0, 0) == 0);
    ck_assert(gra__uniform_double(0x40000000u, 0) == 0.25);
    ck_assert(gra__uniform_double(UINT32_MAX, UINT32_MAX) == 1 - 0x1p-53);
}

static bool same_bits(const gra_tensor *a, const gra_tensor *b)
{
    return a->storage->bytes == b->storage->bytes &&
           !memcmp(gra__ptr(a), gra__ptr(b), a->storage->bytes);
}

GRA_TEST(the_same_seed_gives_the_same_bits)
{
    gra_manual_seed(7);
    gra_tensor *const rand = gra_rand(GRA_SHAPE(101)), *const randn = gra_randn(GRA_SHAPE(7, 9));
    gra_tensor *const randint = gra_randint(0, 100, GRA_SHAPE(50)), *const perm =
                                                                        gra_randperm(33, NULL);
    gra_manual_seed(7);
    ck_assert(same_bits(rand, gra_rand(GRA_SHAPE(101))));
    ck_assert(same_bits(randn, gra_randn(GRA_SHAPE(7, 9))));
    ck_assert(same_bits(randint, gra_randint(0, 100, GRA_SHAPE(50))));
    ck_assert(same_bits(perm, gra_randperm(33, NULL)));
}

GRA_TEST(different_seeds_differ)
{
    gra_manual_seed(1);
    gra_tensor *const a = gra_rand(GRA_SHAPE(100));
    gra_manual_seed(2);
    gra_tensor *const b = gra_rand(GRA_SHAPE(100));
    gra_manual_seed((uint64_t)1 << 32 | 1);
    gra_tensor *const c = gra_rand(GRA_SHAPE(100));
    for (int64_t i = 0; i < 100; i++) {
        ck_assert(gra__load(a, i) != gra__load(b, i));
        ck_assert(gra__load(a, i) != gra__load(c, i));
    }
}

GRA_TEST(successive_draws_differ)
{
    gra_manual_seed(1);
    ck_assert(!same_bits(gra_rand(GRA_SHAPE(3)), gra_rand(GRA_SHAPE(3))));
    ck_assert(!same_bits(gra_randn(GRA_SHAPE(3)), gra_randn(GRA_SHAPE(3))));
    ck_assert(
        !same_bits(gra_randint(0, 1000000, GRA_SHAPE(3)), gra_randint(0, 1000000, GRA_SHAPE(3))));
    ck_assert(!same_bits(gra_randperm(100, NULL), gra_randperm(100, NULL)));
}

GRA_TEST(an_element_depends_on_its_index_and_not_on_how_many_are_drawn)
{
    gra_manual_seed(5);
    gra_tensor *const few = gra_randn(GRA_SHAPE(3));
    gra_manual_seed(5);
    gra_tensor *const many = gra_randn(GRA_SHAPE(4, 25));
    for (int64_t i = 0; i < 3; i++)
        ck_assert(gra__load(few, i) == gra__load(many, i));
}

/* 2,501 numbers: pieces for several threads, the last one with an odd end. */
GRA_TEST(any_number_of_threads_draws_the_same_bits)
{
    static const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16};
    static const int threads[] = {2, 3, 8};
    for (int d = 0; d < 3; d++) {
        gra_set_threads(1);
        gra_manual_seed(12);
        gra_tensor *const normal = gra_randn(GRA_SHAPE(61, 41), .dtype = dtypes[d]);
        gra_tensor *const uniform = gra_rand(GRA_SHAPE(2501), .dtype = dtypes[d]);
        for (int i = 0; i < 3; i++) {
            gra_set_threads(threads[i]);
            gra_manual_seed(12);
            ck_assert(same_bits(normal, gra_randn(GRA_SHAPE(61, 41), .dtype = dtypes[d])));
            ck_assert(same_bits(uniform, gra_rand(GRA_SHAPE(2501), .dtype = dtypes[d])));
        }
    }
    gra_set_threads(0);
}

/* Box and Muller's transform of the generator's first and last blocks, one by one. */
GRA_TEST(an_element_is_made_of_its_block)
{
    enum { N = 3000 };
    gra_manual_seed(14);
    const float *const drawn = gra_tensor_data(gra_randn(GRA_SHAPE(N)));
    for (int i = 0; i < N; i += 2) {
        uint32_t bits[4];
        gra__philox(14, 0, (uint64_t)i / 2, bits);
        const double u = gra__uniform_double(bits[0], bits[1]);
        const double angle = 2 * M_PI * gra__uniform_double(bits[2], bits[3]);
        ck_assert_float_eq_tol(drawn[i], (float)(sqrt(-2 * log(1 - u)) * cos(angle)), 1e-6f);
        ck_assert_float_eq_tol(drawn[i + 1], (float)(sqrt(-2 * log(1 - u)) * sin(angle)), 1e-6f);
    }
}

GRA_TEST(a_generator_of_its_own_agrees_with_the_default_and_leaves_it_alone)
{
    gra_generator *const generator = gra_generator_new(11);
    gra_manual_seed(11);
    gra_tensor *const own = gra_rand(GRA_SHAPE(9), .generator = generator);
    gra_tensor *const own_int = gra_randint(0, 50, GRA_SHAPE(9), .generator = generator);
    gra_tensor *const own_perm = gra_randperm(9, generator);
    ck_assert(same_bits(own, gra_rand(GRA_SHAPE(9))));
    ck_assert(same_bits(own_int, gra_randint(0, 50, GRA_SHAPE(9))));
    ck_assert(same_bits(own_perm, gra_randperm(9, NULL)));
    gra_generator_seed(generator, 11);
    ck_assert(same_bits(own, gra_rand(GRA_SHAPE(9), .generator = generator)));
    gra_free(generator);
}

GRA_TEST(seeding_no_generator_does_nothing)
{
    gra_generator_seed(NULL, 1);
}

static void *draw_unseeded(void *result)
{
    gra_tensor *const t = gra_rand(GRA_SHAPE(4));
    memcpy(result, gra_tensor_data(t), 4 * sizeof(float));
    return NULL;
}

GRA_TEST(each_thread_starts_from_seed_0)
{
    float got[4];
    pthread_t thread;
    gra_manual_seed(3);
    ck_assert_int_eq(pthread_create(&thread, NULL, draw_unseeded, got), 0);
    pthread_join(thread, NULL);
    gra_manual_seed(0);
    ck_assert(!memcmp(got, gra_tensor_data(gra_rand(GRA_SHAPE(4))), sizeof got));
}

/* The first four moments: mean, variance, skewness, kurtosis. */
typedef struct moments {
    double mean, variance, skewness, kurtosis, least, most;
} moments;

static moments moments_of(const gra_tensor *t)
{
    const double n = (double)t->numel;
    moments m = {.least = INFINITY, .most = -INFINITY};
    double third = 0, fourth = 0;
    for (int64_t i = 0; i < t->numel; i++)
        m.mean += gra__load(t, i) / n;
    for (int64_t i = 0; i < t->numel; i++) {
        const double x = gra__load(t, i), d = x - m.mean;
        m.variance += d * d / n;
        third += d * d * d / n;
        fourth += d * d * d * d / n;
        m.least = fmin(m.least, x);
        m.most = fmax(m.most, x);
    }
    m.skewness = third / pow(m.variance, 1.5);
    m.kurtosis = fourth / (m.variance * m.variance);
    return m;
}

enum { DRAWS = 100000 };

static void check_near(double got, double expected, double bound)
{
    ck_assert_msg(fabs(got - expected) < bound, "%g is not within %g of %g", got, bound, expected);
}

GRA_TEST(rand_is_uniform_in_0_to_1)
{
    static const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64};
    for (int i = 0; i < 2; i++) {
        gra_manual_seed(21);
        gra_tensor *const t = gra_rand(GRA_SHAPE(DRAWS), .dtype = dtypes[i]);
        const moments m = moments_of(t);
        ck_assert_int_eq(gra_tensor_dtype(t), dtypes[i]);
        ck_assert(m.least >= 0 && m.least < 1e-3 && m.most < 1 && m.most > 0.999);
        check_near(m.mean, 0.5, 0.005);
        check_near(m.variance, 1.0 / 12, 0.0015);
        check_near(m.skewness, 0, 0.03);
        check_near(m.kurtosis, 1.8, 0.03);
    }
}

/* The sum over cells of (observed - expected)^2 / expected. */
static double chi_squared(const int *observed, int cells, double expected)
{
    double sum = 0;
    for (int i = 0; i < cells; i++)
        sum += (observed[i] - expected) * (observed[i] - expected) / expected;
    return sum;
}

GRA_TEST(a_uniform_number_does_not_round_up_to_its_end)
{
    gra_manual_seed(33);
    gra_tensor *const t = gra_rand(GRA_SHAPE(DRAWS), .dtype = GRA_BFLOAT16);
    ck_assert(moments_of(t).most < 1 && moments_of(t).least >= 0);
    check_near(moments_of(t).mean, 0.5, 0.005);
    const moments m = moments_of(gra_uniform_(t, -2, 6));
    ck_assert(m.most < 6 && m.least >= -2);
}

GRA_TEST(rand_fills_a_hundred_cells_evenly)
{
    int cells[100] = {0};
    gra_manual_seed(22);
    gra_tensor *const t = gra_rand(GRA_SHAPE(DRAWS));
    for (int64_t i = 0; i < DRAWS; i++)
        cells[(int)(100 * gra__load(t, i))]++;
    check_near(chi_squared(cells, 100, DRAWS / 100), 99, 5 * sqrt(2 * 99.0));
}

GRA_TEST(neighbours_are_not_correlated)
{
    gra_manual_seed(23);
    gra_tensor *const t = gra_randn(GRA_SHAPE(DRAWS));
    for (int64_t lag = 1; lag <= 4; lag++) {
        double sum = 0;
        for (int64_t i = 0; i + lag < DRAWS; i++)
            sum += gra__load(t, i) * gra__load(t, i + lag);
        check_near(sum / DRAWS, 0, 5 / sqrt(DRAWS));
    }
}

GRA_TEST(randn_is_standard_normal)
{
    static const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16};
    for (int i = 0; i < 3; i++) {
        gra_manual_seed(24);
        gra_tensor *const t = gra_randn(GRA_SHAPE(DRAWS), .dtype = dtypes[i]);
        const moments m = moments_of(t);
        check_near(m.mean, 0, 0.016);
        check_near(m.variance, 1, 0.023);
        check_near(m.skewness, 0, 0.04);
        check_near(m.kurtosis, 3, 0.08);
        ck_assert(m.least < -3.5 && m.most > 3.5 && isfinite(m.least) && isfinite(m.most));
    }
}

/* P(|x| < 1), P(|x| < 2), P(|x| < 3) of a normal distribution. */
GRA_TEST(randn_has_normal_quantiles)
{
    static const double expected[] = {0.682689492, 0.954499736, 0.997300204};
    gra_manual_seed(25);
    gra_tensor *const t = gra_randn(GRA_SHAPE(DRAWS));
    for (int k = 1; k <= 3; k++) {
        double inside = 0;
        for (int64_t i = 0; i < DRAWS; i++)
            inside += fabs(gra__load(t, i)) < k;
        check_near(inside / DRAWS, expected[k - 1], 0.0075);
    }
}

GRA_TEST(float32_and_float64_draws_agree)
{
    gra_manual_seed(26);
    gra_tensor *const narrow = gra_randn(GRA_SHAPE(100));
    gra_manual_seed(26);
    gra_tensor *const wide = gra_randn(GRA_SHAPE(100), .dtype = GRA_FLOAT64);
    for (int64_t i = 0; i < 100; i++)
        ck_assert(gra_test_close(gra__load(narrow, i), gra__load(wide, i), 1e-6, 1e-6));
}

GRA_TEST(randint_fills_its_range_evenly)
{
    int cells[10] = {0};
    gra_manual_seed(27);
    gra_tensor *const t = gra_randint(-3, 7, GRA_SHAPE(100, 1000));
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_INT64);
    GRA_ASSERT_SHAPE(t, 100, 1000);
    const int64_t *const data = gra_tensor_data(t);
    for (int64_t i = 0; i < DRAWS; i++) {
        ck_assert(data[i] >= -3 && data[i] < 7);
        cells[data[i] + 3]++;
    }
    check_near(chi_squared(cells, 10, DRAWS / 10), 9, 5 * sqrt(2 * 9.0));
}

GRA_TEST(randint_reaches_all_of_int64)
{
    gra_manual_seed(28);
    const int64_t *const data = gra_tensor_data(gra_randint(INT64_MIN, INT64_MAX, GRA_SHAPE(1000)));
    int negative = 0, outer = 0;
    for (int i = 0; i < 1000; i++) {
        negative += data[i] < 0;
        outer += data[i] < INT64_MIN / 2 || data[i] > INT64_MAX / 2;
    }
    check_near(negative, 500, 80);
    check_near(outer, 500, 80);
}

GRA_TEST(randint_of_one_number_is_that_number)
{
    GRA_ASSERT_VALUES(gra_randint(5, 6, GRA_SHAPE(3)), 5, 5, 5);
}

GRA_TEST(randint_rejects_an_empty_range)
{
    ck_assert_ptr_null(gra_randint(3, 3, GRA_SHAPE(2)));
    GRA_ASSERT_ERROR("gra_randint: low 3 is not below high 3");
    ck_assert_ptr_null(gra_randint(3, -4, GRA_SHAPE(2)));
    GRA_ASSERT_ERROR("gra_randint: low 3 is not below high -4");
    ck_assert_ptr_null(gra_randint(0, 4, GRA_SHAPE(-2)));
    GRA_ASSERT_ERROR("gra_randint: size -2 of dim 0 in [-2] is negative");
}

GRA_TEST(randperm_names_each_number_once)
{
    enum { N = 1000 };
    bool seen[N] = {false};
    gra_manual_seed(29);
    gra_tensor *const t = gra_randperm(N, NULL);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_INT64);
    GRA_ASSERT_SHAPE(t, N);
    const int64_t *const data = gra_tensor_data(t);
    int in_place = 0;
    for (int i = 0; i < N; i++) {
        ck_assert(data[i] >= 0 && data[i] < N && !seen[data[i]]);
        seen[data[i]] = true;
        in_place += data[i] == i;
    }
    ck_assert_int_lt(in_place, 8); /* 1 is expected */
}

GRA_TEST(randperm_gives_each_order_as_often)
{
    int orders[27] = {0}, kinds = 0;
    gra_manual_seed(30);
    for (int i = 0; i < 6000; i++) {
        const int mark = gra_mark();
        const int64_t *const p = gra_tensor_data(gra_randperm(3, NULL));
        orders[9 * p[0] + 3 * p[1] + p[2]]++;
        gra_release(mark);
    }
    double sum = 0;
    for (int i = 0; i < 27; i++) {
        kinds += orders[i] > 0;
        sum += orders[i] ? chi_squared(&orders[i], 1, 1000) : 0;
    }
    ck_assert_int_eq(kinds, 6);
    check_near(sum, 5, 5 * sqrt(2 * 5.0));
}

GRA_TEST(randperm_takes_0_and_1_and_rejects_less)
{
    GRA_ASSERT_SHAPE(gra_randperm(0, NULL), 0);
    GRA_ASSERT_VALUES(gra_randperm(1, NULL), 0);
    ck_assert_ptr_null(gra_randperm(-1, NULL));
    GRA_ASSERT_ERROR("gra_randperm: size -1 of dim 0 in [-1] is negative");
}

GRA_TEST(draws_of_nothing_are_empty)
{
    GRA_ASSERT_SHAPE(gra_rand(GRA_SHAPE(0)), 0);
    GRA_ASSERT_SHAPE(gra_randn(GRA_SHAPE(2, 0)), 2, 0);
    GRA_ASSERT_SHAPE(gra_randint(0, 2, GRA_SHAPE(0)), 0);
    ck_assert_int_eq(gra_tensor_ndim(gra_rand(GRA_SCALAR)), 0);
}

GRA_TEST(random_leaves_can_require_a_gradient)
{
    gra_tensor *const t = gra_randn(GRA_SHAPE(2), .requires_grad = true);
    ck_assert(gra_tensor_requires_grad(t) && gra_is_leaf(t));
    ck_assert(!gra_tensor_requires_grad(gra_rand(GRA_SHAPE(2))));
    ck_assert_int_eq(gra_random_defaults().dtype, GRA_FLOAT32);
    ck_assert_ptr_null(gra_random_defaults().generator);
}

GRA_TEST(integers_cannot_hold_random_real_numbers)
{
    ck_assert_ptr_null(gra_rand(GRA_SHAPE(2), .dtype = GRA_INT64));
    GRA_ASSERT_ERROR("gra_rand: dtype int64 cannot hold random real numbers; use a floating type");
    ck_assert_ptr_null(gra_randn(GRA_SHAPE(2), .dtype = GRA_BOOL));
    GRA_ASSERT_ERROR("gra_randn: dtype bool cannot hold random real numbers; use a floating type");
    ck_assert_ptr_null(gra_uniform_(gra_zeros(GRA_SHAPE(2), .dtype = GRA_UINT8), 0, 1));
    GRA_ASSERT_ERROR(
        "gra_uniform_: dtype uint8 cannot hold random real numbers; use a floating type");
}

GRA_TEST(uniform_overwrites_with_its_range)
{
    gra_manual_seed(31);
    gra_tensor *const t = gra_zeros(GRA_SHAPE(DRAWS));
    ck_assert_ptr_eq(gra_uniform_(t, -2, 4), t);
    const moments m = moments_of(t);
    ck_assert(m.least >= -2 && m.least < -1.99 && m.most < 4 && m.most > 3.99);
    check_near(m.mean, 1, 0.03);
    check_near(m.variance, 3, 0.05);
}

GRA_TEST(normal_overwrites_with_its_mean_and_deviation)
{
    gra_manual_seed(32);
    gra_tensor *const t = gra_zeros(GRA_SHAPE(DRAWS), .dtype = GRA_FLOAT64);
    ck_assert_ptr_eq(gra_normal_(t, 10, 3), t);
    const moments m = moments_of(t);
    check_near(m.mean, 10, 0.05);
    check_near(sqrt(m.variance), 3, 0.04);
}

GRA_TEST(overwriting_a_leaf_is_not_recorded)
{
    gra_tensor *const t = gra_zeros(GRA_SHAPE(3), .requires_grad = true);
    const uint32_t version = t->storage->version;
    ck_assert_ptr_eq(gra_normal_(gra_uniform_(t, 0, 1), 0, 1), t);
    ck_assert(gra_is_leaf(t) && gra_tensor_requires_grad(t));
    ck_assert_uint_gt(t->storage->version, version);
}

GRA_TEST(overwriting_NULL_gives_NULL)
{
    ck_assert_ptr_null(gra_uniform_(NULL, 0, 1));
    ck_assert_ptr_null(gra_normal_(NULL, 0, 1));
}

GRA_TEST(overwriting_demands_a_row_major_tensor)
{
    const int64_t stride[] = {1, 2};
    gra_tensor *const view = gra__view(gra_zeros(GRA_SHAPE(2, 2)), GRA_SHAPE(2, 2), stride, 0);
    ck_assert_ptr_null(gra_normal_(view, 0, 1));
    GRA_ASSERT_ERROR("gra_normal_: the tensor is not row-major in memory; use gra_contiguous(t)");
}

GRA_TEST(ranges_that_are_none_are_rejected)
{
    ck_assert_ptr_null(gra_uniform_(gra_ones(GRA_SHAPE(2)), 1, 0));
    GRA_ASSERT_ERROR("gra_uniform_: 1 to 0 is no range; low may not lie above high");
    ck_assert_ptr_null(gra_normal_(gra_ones(GRA_SHAPE(2)), 0, -1));
    GRA_ASSERT_ERROR("gra_normal_: deviation -1 is out of range; a number of at least 0 is needed");
}

GRA_TEST(scalars_are_drawn_from_the_default_generator)
{
    gra_manual_seed(3);
    const double uniform = gra_draw_uniform(-1, 3), normal = gra_draw_normal(2, 0.5);
    const int64_t whole = gra_draw_int(-5, 5);
    ck_assert_uint_eq(gra_generator_get_state(NULL).position, 3); /* a block each */
    gra_manual_seed(3);
    ck_assert_double_eq(gra_draw_uniform(-1, 3), uniform);
    ck_assert_double_eq(gra_draw_normal(2, 0.5), normal);
    ck_assert_int_eq(gra_draw_int(-5, 5), whole);
    gra_manual_seed(3); /* the first number of a tensor is the same draw */
    gra_tensor *const first = gra_rand(GRA_SHAPE(1), .dtype = GRA_FLOAT64);
    ck_assert_double_eq(uniform, -1 + 4 * gra_item(first));
    ck_assert_double_eq(2 + 0.5 * gra_draw_normal(0, 1), normal);
    ck_assert_int_eq(gra_item_int(gra_randint(-5, 5, GRA_SHAPE(1))), whole);
}

GRA_TEST(drawn_scalars_have_their_distributions)
{
    enum { COUNT = 100000 };
    double sum = 0, squares = 0, uniforms = 0;
    int seen[6] = {0};
    gra_manual_seed(4);
    for (int i = 0; i < COUNT; i++) {
        const double u = gra_draw_uniform(2, 4), n = gra_draw_normal(1, 3);
        ck_assert(u >= 2 && u < 4);
        uniforms += u;
        sum += n;
        squares += (n - 1) * (n - 1);
        seen[gra_draw_int(0, 6)]++;
    }
    ck_assert_double_eq_tol(uniforms / COUNT, 3, 0.01);
    ck_assert_double_eq_tol(sum / COUNT, 1, 0.05);
    ck_assert_double_eq_tol(squares / COUNT, 9, 0.2);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol((double)seen[i] / COUNT, 1.0 / 6, 0.006);
}

GRA_TEST(drawn_scalars_take_ranges_of_any_width)
{
    ck_assert_double_eq(gra_draw_uniform(2, 2), 2);
    ck_assert_int_eq(gra_draw_int(7, 7), 7);
    ck_assert_int_eq(gra_draw_int(7, 3), 7);
    ck_assert_double_eq(gra_draw_normal(5, 0), 5);
    bool below = false, above = false;
    for (int i = 0; i < 100; i++) {
        const int64_t drawn = gra_draw_int(INT64_MIN, INT64_MAX);
        below |= drawn < 0;
        above |= drawn > 0;
    }
    ck_assert(below && above);
    GRA_ASSERT_NO_ERROR();
}

GRA_TEST_MAIN("random", philox_gives_the_known_answers, bits_become_uniform_numbers_below_1,
              the_same_seed_gives_the_same_bits, different_seeds_differ, successive_draws_differ,
              an_element_depends_on_its_index_and_not_on_how_many_are_drawn,
              any_number_of_threads_draws_the_same_bits, an_element_is_made_of_its_block,
              a_generator_of_its_own_agrees_with_the_default_and_leaves_it_alone,
              seeding_no_generator_does_nothing, each_thread_starts_from_seed_0,
              rand_is_uniform_in_0_to_1, a_uniform_number_does_not_round_up_to_its_end,
              rand_fills_a_hundred_cells_evenly, neighbours_are_not_correlated,
              randn_is_standard_normal, randn_has_normal_quantiles, float32_and_float64_draws_agree,
              randint_fills_its_range_evenly, randint_reaches_all_of_int64,
              randint_of_one_number_is_that_number, randint_rejects_an_empty_range,
              randperm_names_each_number_once, randperm_gives_each_order_as_often,
              randperm_takes_0_and_1_and_rejects_less, draws_of_nothing_are_empty,
              random_leaves_can_require_a_gradient, integers_cannot_hold_random_real_numbers,
              uniform_overwrites_with_its_range, normal_overwrites_with_its_mean_and_deviation,
              overwriting_a_leaf_is_not_recorded, overwriting_NULL_gives_NULL,
              overwriting_demands_a_row_major_tensor, ranges_that_are_none_are_rejected,
              scalars_are_drawn_from_the_default_generator, drawn_scalars_have_their_distributions,
              drawn_scalars_take_ranges_of_any_width)
