/* test_pad.c - padding: numbers by hand, layouts, dtypes and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 0 1 2 3 as [1, 1, 4]. */
static gra_tensor *row(void)
{
    return gra_view(gra_vector(0, 1, 2, 3), GRA_SHAPE(1, 1, 4));
}

GRA_TEST(pad_puts_what_its_mode_says_around)
{
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(2, 1)), 0, 0, 0, 1, 2, 3, 0);
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(2, 1), .value = 9), 9, 9, 0, 1, 2, 3, 9);
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(3, 2), "reflect"), 3, 2, 1, 0, 1, 2, 3, 2, 1);
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(2, 2), "replicate"), 0, 0, 0, 1, 2, 3, 3, 3);
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(2, 1), "circular"), 2, 3, 0, 1, 2, 3, 0);
}

GRA_TEST(pad_counts_its_ends_from_the_last_dim_on)
{
    gra_tensor *x = gra_view(gra_vector(1, 2), GRA_SHAPE(1, 2));
    gra_tensor *y = gra_pad(x, GRA_PADS(0, 1, 1, 0));
    GRA_ASSERT_SHAPE(y, 2, 3);
    GRA_ASSERT_VALUES(y, 0, 0, 0, 1, 2, 0);
}

GRA_TEST(a_negative_padding_crops)
{
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(-1, -1)), 1, 2);
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(-1, 3), "reflect"), 1, 2, 3, 2, 1, 0);
    GRA_ASSERT_VALUES(gra_pad(row(), GRA_PADS(-1, 2), "circular"), 1, 2, 3, 1, 2);
    GRA_ASSERT_SHAPE(gra_pad(row(), GRA_PADS(-4, 0)), 1, 1, 0);
}

GRA_TEST(gradients_of_pad_go_where_the_elements_came_from)
{
    const char *const modes[] = {"constant", "reflect", "replicate", "circular"};
    const double sums[][4] = {{1, 1, 1, 1}, {1, 2, 3, 1}, {3, 1, 1, 2}, {2, 1, 2, 2}};
    for (int m = 0; m < 4; m++) {
        gra_tensor *x = gra_requires_grad(row());
        gra_backward(gra_sum(gra_pad(x, GRA_PADS(2, 1), modes[m])));
        GRA_ASSERT_CLOSE(gra_tensor_grad(x), sums[m], 4, 0, 0);
    }
}

GRA_TEST(pad_keeps_dtypes_and_channels_last)
{
    const gra_dtype dtypes[] = {GRA_BFLOAT16, GRA_INT64, GRA_INT32, GRA_UINT8};
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        gra_tensor *y = gra_pad(gra_to(row(), dtypes[i]), GRA_PADS(1, 1), .value = 5);
        ck_assert_int_eq(gra_tensor_dtype(y), dtypes[i]);
        GRA_ASSERT_VALUES(y, 5, 0, 1, 2, 3, 5);
    }
    gra_tensor *x = gra_to_channels_last(gra_randn(GRA_SHAPE(2, 3, 4, 5)));
    ck_assert(gra_is_channels_last(gra_pad(x, GRA_PADS(1, 1, 2, 0), "reflect")));
}

/* Several threads, both layouts, rows in pieces and element by element. */
GRA_TEST(pad_of_a_large_tensor_is_that_of_its_parts)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(4, 16, 40, 41));
    const char *const modes[] = {"constant", "reflect", "replicate", "circular"};
    for (int m = 0; m < 4; m++) {
        gra_tensor *whole = gra_pad(x, GRA_PADS(3, 20, 1, 2), modes[m], 0.5);
        gra_tensor *turned = gra_pad(gra_to_channels_last(x), GRA_PADS(3, 20, 1, 2), modes[m], 0.5);
        gra_tensor *last = gra_pad(gra_select(x, 0, 3), GRA_PADS(3, 20, 1, 2), modes[m], 0.5);
        ck_assert(gra_item(gra_all(gra_eq(whole, turned))) == 1);
        ck_assert(gra_item(gra_all(gra_eq(gra_select(whole, 0, 3), last))) == 1);
    }
}

GRA_TEST(gradients_of_pad_have_the_same_bits_for_any_number_of_threads)
{
    gra_tensor *x = gra_requires_grad(gra_randn(GRA_SHAPE(8, 16, 40, 41)));
    gra_tensor *g = gra_randn(GRA_SHAPE(8, 16, 43, 64)), *with[2];
    for (int threads = 1; threads <= 2; threads++) {
        gra_set_threads(threads);
        gra_tensor *y = gra_pad(x, GRA_PADS(3, 20, 1, 2), "reflect");
        with[threads - 1] = gra_grad(y, x, .gradient = g);
    }
    gra_set_threads(0);
    ck_assert(gra_item(gra_all(gra_eq(with[0], with[1]))) == 1);
}

GRA_TEST(nan_and_infinity_pass_through_pad)
{
    gra_tensor *x = gra_view(gra_vector(NAN, 1, INFINITY), GRA_SHAPE(1, 1, 3));
    GRA_ASSERT_VALUES(gra_pad(x, GRA_PADS(1, 2), "replicate"), NAN, NAN, 1, INFINITY, INFINITY,
                      INFINITY);
    GRA_ASSERT_VALUES(gra_pad(gra_vector(1), GRA_PADS(1, 1), .value = NAN), NAN, 1, NAN);
}

GRA_TEST(pad_rejects_modes_that_it_does_not_know)
{
    ck_assert_ptr_null(gra_pad(row(), GRA_PADS(1, 1), "mirror"));
    GRA_ASSERT_ERROR(
        "pad: mode \"mirror\" is unknown; \"constant\", \"reflect\", \"replicate\" and "
        "\"circular\" are there");
    ck_assert_ptr_null(gra_pad(row(), GRA_PADS(1, 1), NULL));
    GRA_ASSERT_ERROR("pad: mode NULL is unknown; \"constant\", \"reflect\", \"replicate\" and "
                     "\"circular\" are there");
}

GRA_TEST(pad_rejects_lists_that_do_not_fit)
{
    ck_assert_ptr_null(gra_pad(row(), GRA_PADS(1, 1, 2)));
    GRA_ASSERT_ERROR("pad: pad has 3 numbers; two are needed for each dim, left and right");
    ck_assert_ptr_null(gra_pad(gra_vector(1, 2), GRA_PADS(1, 1, 2, 2)));
    GRA_ASSERT_ERROR("pad: pad has 4 numbers, two for each dim; x has shape [2], with 1 dims");
    ck_assert_ptr_null(gra_pad(row(), (gra_dims){&gra_dims_kind, 10, {0}}));
    GRA_ASSERT_ERROR("pad: pad has 10 numbers; at most 8 are possible");
    ck_assert_ptr_null(gra_pad(row(), GRA_PADS(1LL << 40, 1)));
    GRA_ASSERT_ERROR(
        "pad: a padding of 1099511627776 is out of range; at most 2147483647 elements are possible");
}

GRA_TEST(pad_rejects_more_than_there_is)
{
    ck_assert_ptr_null(gra_pad(row(), GRA_PADS(-3, -2)));
    GRA_ASSERT_ERROR(
        "pad: padding (-3, -2) leaves nothing of dim 2 of shape [1, 1, 4]; at most its "
        "4 elements can be cropped");
    ck_assert_ptr_null(gra_pad(row(), GRA_PADS(1, 4), "reflect"));
    GRA_ASSERT_ERROR("pad: padding (1, 4) is too large for dim 2 of shape [1, 1, 4]; at most 3 is "
                     "possible in mode \"reflect\"");
    ck_assert_ptr_null(gra_pad(row(), GRA_PADS(5, 0), "circular"));
    GRA_ASSERT_ERROR("pad: padding (5, 0) is too large for dim 2 of shape [1, 1, 4]; at most 4 is "
                     "possible in mode \"circular\"");
    ck_assert_ptr_null(gra_pad(gra_zeros(GRA_SHAPE(2, 0)), GRA_PADS(1, 0), "replicate"));
    GRA_ASSERT_ERROR("pad: padding (1, 0) is too large for dim 1 of shape [2, 0]; at most 0 is "
                     "possible in mode \"replicate\"");
    ck_assert_ptr_null(gra_pad(NULL, GRA_PADS(1, 0)));
    GRA_ASSERT_ERROR("pad: input is NULL; a tensor is needed");
}

GRA_TEST_MAIN("pad", pad_puts_what_its_mode_says_around, pad_counts_its_ends_from_the_last_dim_on,
              a_negative_padding_crops, gradients_of_pad_go_where_the_elements_came_from,
              pad_keeps_dtypes_and_channels_last, pad_of_a_large_tensor_is_that_of_its_parts,
              gradients_of_pad_have_the_same_bits_for_any_number_of_threads,
              nan_and_infinity_pass_through_pad, pad_rejects_modes_that_it_does_not_know,
              pad_rejects_lists_that_do_not_fit, pad_rejects_more_than_there_is)
