/* test_digits.c - the embedded digits: the same everywhere, all different, and shaped like MNIST. */
#include "gradus.h"

#include "../../data/digits.h"
#include "../support/test.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* FNV-1a over the pixels and the label of the first 100 digits of a seed. */
static uint64_t hash_of(uint64_t seed)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t index = 0; index < 100; index++) {
        uint8_t bytes[PIXELS + 1];
        int label;
        gra__digit_draw(seed, index, bytes, &label);
        bytes[PIXELS] = (uint8_t)label;
        for (int i = 0; i <= PIXELS; i++)
            hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

/* Every compiler and every machine must come to these numbers. Whoever changes the generator writes
 * the new ones here, and trains LeNet-5 again. */
GRA_TEST(digits_are_the_same_bit_for_bit_on_every_machine)
{
    ck_assert_uint_eq(hash_of(1), 0x8743be2790fd4ccdu);
    ck_assert_uint_eq(hash_of(2), 0xdf6426ff30a13f75u);
}

GRA_TEST(a_digit_depends_on_seed_and_index_alone)
{
    uint8_t a[PIXELS], b[PIXELS];
    int label_a, label_b;
    gra__digit_draw(5, 1000000007, a, &label_a);
    gra__digit_draw(5, 3, b, &label_b);
    ck_assert_mem_ne(a, b, PIXELS);
    gra__digit_draw(6, 1000000007, b, &label_b);
    ck_assert_mem_ne(a, b, PIXELS);
    gra__digit_draw(5, 1000000007, b, &label_b);
    ck_assert_mem_eq(a, b, PIXELS);
    ck_assert_int_eq(label_a, label_b);
}

/* The extremes of a seed and of an index are as good as any. */
GRA_TEST(digits_of_extreme_seeds_and_indices_have_ink)
{
    static const uint64_t ends[] = {0, 1, UINT64_MAX};
    for (int i = 0; i < 9; i++) {
        uint8_t pixels[PIXELS];
        int label, ink = 0;
        gra__digit_draw(ends[i / 3], ends[i % 3], pixels, &label);
        for (int p = 0; p < PIXELS; p++)
            ink += pixels[p] > 127;
        ck_assert_int_gt(ink, 20);
        ck_assert(label >= 0 && label < 10);
    }
}

/* 4000 labels, 400 of each expected with a deviation of 19. */
GRA_TEST(labels_are_uniform)
{
    int seen[10] = {0};
    for (uint64_t index = 0; index < 4000; index++) {
        uint8_t pixels[PIXELS];
        int label;
        gra__digit_draw(1, index, pixels, &label);
        ck_assert(label >= 0 && label < 10);
        seen[label]++;
    }
    for (int k = 0; k < 10; k++)
        ck_assert_msg(seen[k] > 305 && seen[k] < 495, "digit %d comes %d times", k, seen[k]);
}

/* The digit lies about in the middle, on black paper, and takes a sixth or so of it; MNIST's, 0.13. */
GRA_TEST(digits_lie_in_the_middle_of_black_paper)
{
    double ink = 0, at_x = 0, at_y = 0, corners = 0;
    for (uint64_t index = 0; index < 1000; index++) {
        uint8_t pixels[PIXELS];
        int label, most = 0;
        gra__digit_draw(1, index, pixels, &label);
        for (int i = 0; i < PIXELS; i++) {
            const int x = i % SIDE, y = i / SIDE;
            ink += pixels[i];
            at_x += (double)pixels[i] * x;
            at_y += (double)pixels[i] * y;
            corners += (x < 3 || x >= SIDE - 3) && (y < 3 || y >= SIDE - 3) ? pixels[i] : 0;
            most = pixels[i] > most ? pixels[i] : most;
        }
        ck_assert_int_gt(most, 190);
    }
    ck_assert_double_eq_tol(at_x / ink, 13.5, 1);
    ck_assert_double_eq_tol(at_y / ink, 13.5, 1);
    ck_assert_double_lt(corners / ink, 0.01);
    ck_assert_double_gt(ink / (1000.0 * PIXELS * 255), 0.1);
    ck_assert_double_lt(ink / (1000.0 * PIXELS * 255), 0.25);
}

/* No two images are alike, not even two of one digit. */
GRA_TEST(digits_are_all_different)
{
    enum { COUNT = 300 };
    static uint8_t pixels[2 * COUNT][PIXELS];
    for (int i = 0; i < 2 * COUNT; i++) {
        int label;
        gra__digit_draw(i < COUNT ? 1 : 2, (uint64_t)(i % COUNT), pixels[i], &label);
        for (int k = 0; k < i; k++) {
            int different = 0;
            for (int p = 0; p < PIXELS; p++)
                different += abs(pixels[i][p] - pixels[k][p]) > 16;
            ck_assert_int_gt(different, 20);
        }
    }
}

GRA_TEST(gra_digits_gives_batches_like_those_of_mnist)
{
    gra_tensor *x, *y;
    gra_data *const data = gra_digits(.train = true, .batch = 3, .count = 5);
    ck_assert_int_eq(gra_data_size(data), 5);
    ck_assert_int_eq(gra_data_batches(data), 2);
    for (uint64_t index = 0; gra_data_next(data, &x, &y);) {
        GRA_ASSERT_SHAPE(x, index ? 2 : 3, 1, SIDE, SIDE);
        ck_assert_int_eq(gra_tensor_dtype(x), GRA_FLOAT32);
        ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
        const float *pixel = gra_tensor_data(x);
        const int64_t *label = gra_tensor_data(y);
        for (int64_t i = 0; i < gra_tensor_numel(y); i++, index++, pixel += PIXELS) {
            uint8_t expected[PIXELS];
            int digit;
            gra__digit_draw(1, index, expected, &digit);
            ck_assert_int_eq(label[i], digit);
            for (int p = 0; p < PIXELS; p++)
                ck_assert_float_eq(pixel[p], (float)expected[p] / 255);
        }
    }
    gra_free(data);
}

/* The first batch of a set of 500 digits. */
static gra_tensor *first_batch(bool train, uint64_t seed, bool shuffle)
{
    gra_tensor *x, *y;
    gra_data *const data =
        gra_digits(.train = train, .batch = 500, .count = 500, .seed = seed, .shuffle = shuffle);
    ck_assert(gra_data_next(data, &x, &y));
    gra_free(data);
    return x;
}

static bool equal(gra_tensor *a, gra_tensor *b)
{
    return gra_item(gra_all(gra_eq(a, b))) != 0;
}

GRA_TEST(gra_digits_does_not_depend_on_threads_or_the_seed_of_the_order)
{
    gra_set_threads(1);
    gra_tensor *const one = first_batch(true, 0, false);
    gra_set_threads(3);
    gra_tensor *const three = first_batch(true, 7, false);
    gra_set_threads(0);
    ck_assert(equal(one, three));
    ck_assert(!equal(one, first_batch(false, 0, false)));
    ck_assert(!equal(one, first_batch(true, 0, true)));
    ck_assert(equal(first_batch(true, 1, true), first_batch(true, 1, true)));
    ck_assert(!equal(first_batch(true, 1, true), first_batch(true, 2, true)));
}

GRA_TEST(gra_digits_has_ten_thousand_to_test_by_default)
{
    gra_data *const data = gra_digits(.batch = 64, .drop_last = true);
    ck_assert_int_eq(gra_data_batches(data), 156);
    ck_assert_int_eq(gra_data_size(data), 9984);
    gra_free(data);
    const gra_digits_options defaults = gra_digits_defaults();
    ck_assert_int_eq(defaults.batch, 1);
    ck_assert(!defaults.train && !defaults.shuffle && !defaults.drop_last && !defaults.count);
}

GRA_TEST(gra_digits_rejects_a_batch_of_0_and_a_negative_count)
{
    ck_assert_ptr_null(gra_digits(.batch = 0, .count = 5));
    GRA_ASSERT_ERROR("gra_loader: batch 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_digits(.count = -1));
    GRA_ASSERT_ERROR("gra_digits: count -1 is out of range; at least 1 is needed (0: default)");
    ck_assert_ptr_null(gra_digits(.count = INT64_MAX));
    GRA_ASSERT_ERROR("gra_digits: a tensor of shape [9223372036854775807, 28, 28] has more bytes "
                     "than the address space");
    gra_fail("an earlier mistake");
    ck_assert_ptr_null(gra_digits(.count = 5));
    GRA_ASSERT_ERROR("an earlier mistake");
    ck_assert_int_eq(gra_live(), 0);
}

GRA_TEST(a_transform_of_digits_is_given_bytes)
{
    gra_tensor *x, *y, *same;
    gra_dataset *const plain = gra_digits_dataset(.count = 3);
    gra_dataset *const set = gra_digits_dataset(.count = 3, .transform = gra_transforms_pad(2));
    ck_assert_int_eq(gra_dataset_size(set), 3);
    ck_assert_int_eq(gra_dataset_get(plain, 2, &same, &y), 0);
    ck_assert_int_eq(gra_dataset_get(set, 2, &x, &y), 0);
    GRA_ASSERT_SHAPE(x, 1, 32, 32);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_UINT8);
    for (int64_t i = 0; i < 28; i++)
        ck_assert_double_eq_tol(gra_tensor_at(x, GRA_SHAPE(0, i + 2, 16)),
                                255 * gra_tensor_at(same, GRA_SHAPE(0, i, 14)), 1e-3);
    gra_free(plain, set);
    gra_data *const data = gra_digits(.count = 3, .transform = gra_transforms_pad(1), .batch = 3);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 3, 1, 30, 30);
    gra_free(data);
    ck_assert_ptr_null(gra_digits(.count = -1, .transform = gra_transforms_pad(1)));
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
}

GRA_TEST_MAIN("digits", digits_are_the_same_bit_for_bit_on_every_machine,
              a_digit_depends_on_seed_and_index_alone, digits_of_extreme_seeds_and_indices_have_ink,
              labels_are_uniform, digits_lie_in_the_middle_of_black_paper, digits_are_all_different,
              gra_digits_gives_batches_like_those_of_mnist,
              gra_digits_does_not_depend_on_threads_or_the_seed_of_the_order,
              gra_digits_has_ten_thousand_to_test_by_default,
              gra_digits_rejects_a_batch_of_0_and_a_negative_count,
              a_transform_of_digits_is_given_bytes)
