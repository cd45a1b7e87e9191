/* The transforms that come with the library: their numbers, in every layout, and what they refuse. */
#include "gradus.h"

#include "../pictures.h"

/* Applies a transform once and frees it. */
static gra_tensor *apply_once(gra_transform *t, gra_tensor *x)
{
    gra_tensor *const y = gra_transform_apply(t, x);
    gra_free(t);
    return y;
}

GRA_TEST(to_tensor_divides_bytes_by_255)
{
    const uint8_t bytes[] = {0, 51, 255, 102, 204, 153};
    gra_tensor *const x = gra_from_data(bytes, GRA_SHAPE(3, 1, 2), .dtype = GRA_UINT8);
    gra_tensor *const y = apply_once(gra_transforms_to_tensor(), channels_last_of(x));
    GRA_ASSERT_VALUES(y, 0, 0.2, 1, 0.4, 0.8, 0.6);
    ck_assert(gra_is_contiguous(y));
    gra_tensor *const same = apply_once(gra_transforms_to_tensor(), y);
    ck_assert_ptr_eq(same, y);
}

GRA_TEST(normalize_subtracts_the_mean_and_divides_by_the_std_of_each_channel)
{
    gra_tensor *const x = gra_from_data(((float[]){1, 2, 3, 4}), GRA_SHAPE(2, 1, 2));
    GRA_ASSERT_VALUES(apply_once(gra_transforms_normalize({1, 2}, {2, 4}), x), 0, 0.5, 0.25, 0.5);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_normalize({1}, {0.5}), x), 0, 2, 4, 6);
}

GRA_TEST(resize_averages_under_a_triangle)
{
    const uint8_t bytes[] = {0, 80, 160, 240};
    gra_tensor *const x = gra_from_data(bytes, GRA_SHAPE(1, 1, 4), .dtype = GRA_UINT8);
    /* Scale 2: the triangle around 1 has the weights 3/4, 3/4 and 1/4 for the first three. */
    GRA_ASSERT_VALUES(apply_once(gra_transforms_resize(.height = 1, .width = 2), x), 57, 183);
}

GRA_TEST(center_crop_takes_the_middle)
{
    gra_tensor *const y = apply_once(gra_transforms_center_crop(2), picture(1, 4, 6));
    GRA_ASSERT_VALUES(y, picture_at(0, 1, 2), picture_at(0, 1, 3), picture_at(0, 2, 2),
                      picture_at(0, 2, 3));
}

GRA_TEST(a_flip_of_probability_1_mirrors)
{
    gra_tensor *const x = gra_from_data(((float[]){1, 2, 3}), GRA_SHAPE(1, 1, 3));
    GRA_ASSERT_VALUES(apply_once(gra_transforms_random_horizontal_flip(.p = 1), x), 3, 2, 1);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_random_horizontal_flip(.p = 0), x), 1, 2, 3);
}

GRA_TEST(a_compose_applies_all_and_owns_them)
{
    gra_transform *const t =
        gra_compose(gra_transforms_resize(4), gra_transforms_center_crop(4),
                    gra_transforms_to_tensor(), gra_transforms_normalize({0.5}, {0.5}));
    gra_tensor *const y = apply_once(t, channels_last_of(picture(3, 8, 12)));
    GRA_ASSERT_SHAPE(y, 3, 4, 4);
}

GRA_TEST_MAIN("transforms", to_tensor_divides_bytes_by_255,
              normalize_subtracts_the_mean_and_divides_by_the_std_of_each_channel,
              resize_averages_under_a_triangle, center_crop_takes_the_middle,
              a_flip_of_probability_1_mirrors, a_compose_applies_all_and_owns_them)
