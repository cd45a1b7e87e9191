/* test_interpolate.c - images of another size: numbers by hand, dtypes, layouts and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 0 4 as [1, 1, 2]. */
static gra_tensor *pair(void)
{
    return gra_view(gra_vector(0, 4), GRA_SHAPE(1, 1, 2));
}

/* 0 4 / 8 12 as [1, 1, 2, 2]. */
static gra_tensor *square(void)
{
    return gra_view(gra_vector(0, 4, 8, 12), GRA_SHAPE(1, 1, 2, 2));
}

GRA_TEST(interpolate_repeats_or_blends_neighbours)
{
    GRA_ASSERT_VALUES(gra_interpolate(pair(), GRA_SHAPE(4)), 0, 0, 4, 4);
    GRA_ASSERT_VALUES(gra_interpolate(pair(), .scale_factor = 2, .mode = "linear"), 0, 1, 3, 4);
    GRA_ASSERT_VALUES(
        gra_interpolate(pair(), GRA_SHAPE(3), .mode = "linear", .align_corners = true), 0, 2, 4);
    gra_tensor *y =
        gra_interpolate(square(), GRA_SHAPE(3), .mode = "bilinear", .align_corners = true);
    GRA_ASSERT_SHAPE(y, 1, 1, 3, 3);
    GRA_ASSERT_VALUES(y, 0, 2, 4, 4, 6, 8, 8, 10, 12);
    GRA_ASSERT_SHAPE(gra_interpolate(square(), .scale_factor_dhw = {0, 2.5, 1}), 1, 1, 5, 2);
}

GRA_TEST(gradients_of_interpolate_go_where_the_pixels_came_from)
{
    gra_tensor *x = gra_requires_grad(pair());
    gra_backward(gra_sum(gra_interpolate(x, GRA_SHAPE(3))));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 2, 1);
    x = gra_requires_grad(pair());
    gra_backward(gra_sum(gra_interpolate(x, GRA_SHAPE(3), .mode = "linear")));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1.5, 1.5);
}

GRA_TEST(interpolate_keeps_dtypes_and_channels_last)
{
    gra_tensor *y = gra_interpolate(gra_to(pair(), GRA_UINT8), GRA_SHAPE(4));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_UINT8);
    y = gra_interpolate(gra_to(pair(), GRA_BFLOAT16), GRA_SHAPE(4), .mode = "linear");
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 0, 1, 3, 4);
    gra_tensor *x = gra_to_channels_last(gra_randn(GRA_SHAPE(2, 3, 4, 5)));
    ck_assert(gra_is_channels_last(gra_interpolate(x, GRA_SHAPE(7), .mode = "bilinear")));
    ck_assert(gra_is_channels_last(gra_interpolate(x, GRA_SHAPE(7))));
}

GRA_TEST(nan_stays_with_the_pixels_that_read_it)
{
    gra_tensor *x = gra_view(gra_vector(NAN, 1, 2), GRA_SHAPE(1, 1, 3));
    GRA_ASSERT_VALUES(gra_interpolate(x, GRA_SHAPE(6)), NAN, NAN, 1, 1, 2, 2);
    GRA_ASSERT_VALUES(gra_interpolate(x, GRA_SHAPE(6), .mode = "linear"), NAN, NAN, NAN, 1.25, 1.75,
                      2);
}

GRA_TEST(interpolate_rejects_modes_and_inputs_that_do_not_fit)
{
    ck_assert_ptr_null(gra_interpolate(pair(), GRA_SHAPE(4), .mode = "lanczos"));
    GRA_ASSERT_ERROR("interpolate: mode \"lanczos\" is unknown; \"nearest\", \"nearest-exact\", "
                     "\"linear\", \"bilinear\", \"bicubic\" and \"trilinear\" are there");
    ck_assert_ptr_null(gra_interpolate(pair(), GRA_SHAPE(4), .mode = "bilinear"));
    GRA_ASSERT_ERROR(
        "interpolate: mode \"bilinear\" takes inputs of 4 dims; this one has shape [1, 1, 2]");
    ck_assert_ptr_null(gra_interpolate(gra_vector(1), GRA_SHAPE(4)));
    GRA_ASSERT_ERROR(
        "interpolate: mode \"nearest\" takes inputs of 3 to 5 dims; this one has shape [1]");
    ck_assert_ptr_null(gra_interpolate(gra_to(pair(), GRA_INT64), GRA_SHAPE(4), .mode = "linear"));
    GRA_ASSERT_ERROR("interpolate: dtype int64 is not supported in mode \"linear\"; gra_to(x, "
                     "GRA_FLOAT32) converts");
    ck_assert_ptr_null(gra_interpolate(pair(), GRA_SHAPE(4), .align_corners = true));
    GRA_ASSERT_ERROR("interpolate: align_corners has no meaning in mode \"nearest\"; leave it out");
    ck_assert_ptr_null(gra_interpolate(NULL, GRA_SHAPE(4)));
    GRA_ASSERT_ERROR("interpolate: input is NULL; a tensor is needed");
}

GRA_TEST(interpolate_rejects_sizes_that_do_not_fit)
{
    ck_assert_ptr_null(gra_interpolate(pair()));
    GRA_ASSERT_ERROR(
        "interpolate: one of .size, .scale_factor and .scale_factor_dhw is needed, no more");
    ck_assert_ptr_null(gra_interpolate(pair(), GRA_SHAPE(4), .scale_factor = 2));
    GRA_ASSERT_ERROR(
        "interpolate: one of .size, .scale_factor and .scale_factor_dhw is needed, no more");
    ck_assert_ptr_null(gra_interpolate(square(), GRA_SHAPE(4, 4, 4)));
    GRA_ASSERT_ERROR("interpolate: size has 3 numbers; an input of shape [1, 1, 2, 2] needs 2");
    ck_assert_ptr_null(gra_interpolate(square(), GRA_SHAPE(4, 0)));
    GRA_ASSERT_ERROR(
        "interpolate: a width of 2 cannot become 0; at least 1 is needed on both sides");
    ck_assert_ptr_null(gra_interpolate(square(), .scale_factor = -1));
    GRA_ASSERT_ERROR("interpolate: scale_factor -1 is out of range for a height of 2");
    ck_assert_ptr_null(gra_interpolate(gra_zeros(GRA_SHAPE(1, 1, 0)), GRA_SHAPE(3)));
    GRA_ASSERT_ERROR(
        "interpolate: a length of 0 cannot become 3; at least 1 is needed on both sides");
}

GRA_TEST_MAIN("interpolate", interpolate_repeats_or_blends_neighbours,
              gradients_of_interpolate_go_where_the_pixels_came_from,
              interpolate_keeps_dtypes_and_channels_last, nan_stays_with_the_pixels_that_read_it,
              interpolate_rejects_modes_and_inputs_that_do_not_fit,
              interpolate_rejects_sizes_that_do_not_fit)
