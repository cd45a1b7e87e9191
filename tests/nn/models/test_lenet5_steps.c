/* test_lenet5_steps.c - the losses of the first 200 steps against PyTorch's. */
#include "gradus.h"

#include "tests/support/test.h"

#include "lenet5_steps.h"
#include "recorded_losses.h"

GRA_TEST(the_first_200_losses_are_pytorchs)
{
    double losses[LENET5_STEPS];
    gra_module *net = lenet5_steps_net();
    gra_data *data = lenet5_steps_data();
    ck_assert_int_eq(lenet5_steps_run(net, data, losses), 0);
    ck_assert_uint_eq(sizeof recorded_losses / sizeof recorded_losses[0], LENET5_STEPS);
    GRA_ASSERT_ARRAY(losses, recorded_losses, LENET5_STEPS, 1e-4, 0);
    gra_free(net, data);
}

GRA_TEST_MAIN("lenet5_steps", the_first_200_losses_are_pytorchs)
