/* test_meter.c - means, against sums done by hand. */
#include "gradus.h"

#include "../support/test.h"

GRA_TEST(a_mean_weighs_by_the_number_of_examples)
{
    gra_meter m = {0};
    ck_assert(isnan(gra_meter_value(&m)));
    gra_meter_add(&m, 2, 3);
    gra_meter_add(&m, 6, 1);
    ck_assert_double_eq(gra_meter_value(&m), 3);
    ck_assert_double_eq(m.last, 6);
    gra_meter_add(&m, 100, 0);
    ck_assert_double_eq(gra_meter_value(&m), 3);
}

/* d = 0.5: (1 + 2 * 2 + 4 * 4) / (1 + 2 + 4). */
GRA_TEST(a_moving_average_has_no_bias_to_its_beginning)
{
    gra_meter m = {.decay = 0.5};
    gra_meter_add(&m, 1, 1);
    ck_assert_double_eq(gra_meter_value(&m), 1);
    gra_meter_add(&m, 2, 1);
    gra_meter_add(&m, 4, 1);
    ck_assert_double_eq_tol(gra_meter_value(&m), 21.0 / 7, 1e-12);
}

GRA_TEST(nan_is_a_value_like_others)
{
    gra_meter m = {0};
    gra_meter_add(&m, NAN, 1);
    gra_meter_add(&m, 1, 1);
    ck_assert(isnan(gra_meter_value(&m)));
}

GRA_TEST(wrong_meters_are_errors)
{
    gra_meter m = {0}, odd = {.decay = 1};
    gra_meter_add(NULL, 1, 1);
    GRA_ASSERT_ERROR("gra_meter_add: the meter is NULL");
    gra_meter_add(&m, 1, -1);
    GRA_ASSERT_ERROR("gra_meter_add: a weight of -1 is out of range; at least 0 is needed");
    gra_meter_add(&odd, 1, 1);
    GRA_ASSERT_ERROR(
        "gra_meter_add: decay 1 is out of range; 0, a mean, or a number below 1 is needed");
    ck_assert(isnan(gra_meter_value(&m)) && isnan(gra_meter_value(NULL)));
}

GRA_TEST_MAIN("meter", a_mean_weighs_by_the_number_of_examples,
              a_moving_average_has_no_bias_to_its_beginning, nan_is_a_value_like_others,
              wrong_meters_are_errors)
