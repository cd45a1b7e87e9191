/* test_lenet5.c - LeNet-5: its parts, its names, its first steps. */
#include "gradus.h"

#include "../../support/module.h"

GRA_TEST(lenet5_has_pytorchs_names_and_shapes)
{
    gra_module *const net = gra_lenet5();
    char text[GRA_TEST_NOTES] = "";
    gra_module_named_parameters(net, gra_test_note_tensor, text);
    ck_assert_str_eq(text, "1.weight [6, 1, 5, 5]\n1.bias [6]\n"
                           "4.weight [16, 6, 5, 5]\n4.bias [16]\n"
                           "8.weight [120, 400]\n8.bias [120]\n"
                           "10.weight [84, 120]\n10.bias [84]\n"
                           "12.weight [10, 84]\n12.bias [10]\n");
    ck_assert_int_eq(gra_module_parameter_count(net), 61706);
    gra_free(net);
}

GRA_TEST(lenet5_takes_images_in_two_shapes)
{
    gra_module *const net = gra_lenet5();
    GRA_ASSERT_SHAPE(gra_forward(net, gra_zeros(GRA_SHAPE(3, 784))), 3, 10);
    GRA_ASSERT_SHAPE(gra_forward(net, gra_zeros(GRA_SHAPE(2, 1, 28, 28))), 2, 10);
    gra_free(net);
}

GRA_TEST(lenet5_begins_with_xavier_weights_and_no_biases)
{
    gra_module *const net = gra_lenet5();
    const double bound = 4 * sqrt(6.0 / (400 + 120));
    const double most = gra_item(gra_max(gra_abs(gra_module_parameter(net, "8.weight"))));
    ck_assert_msg(most < 1.0001 * bound && most > 0.99 * bound, "the largest weight is %g, not %g",
                  most, bound);
    ck_assert_double_eq(gra_item(gra_max(gra_abs(gra_module_parameter(net, "8.bias")))), 0);
    gra_free(net);
}

GRA_TEST(lenet5_learns_four_random_images)
{
    gra_module *const net = gra_lenet5();
    gra_optim *const opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9);
    gra_tensor *const x = gra_randn(GRA_SHAPE(4, 1, 28, 28));
    gra_tensor *const y = gra_arange(0, 4, 1);
    double loss = 0;
    for (int step = 0; step < 200; step++) {
        const int mark = gra_mark();
        gra_tensor *const l = gra_cross_entropy(gra_forward(net, x), y);
        gra_zero_grad(opt);
        gra_backward(l);
        gra_step(opt);
        loss = gra_item(l);
        gra_release(mark);
    }
    GRA_ASSERT_NO_ERROR();
    ck_assert_msg(loss < 0.1, "the loss is still %g", loss);
    gra_free(net, opt);
}

GRA_TEST(lenet5_is_not_made_while_an_error_is_pending)
{
    gra_fail("pending");
    ck_assert_ptr_null(gra_lenet5());
    GRA_ASSERT_ERROR("pending");
}

GRA_TEST_MAIN("lenet5", lenet5_has_pytorchs_names_and_shapes, lenet5_takes_images_in_two_shapes,
              lenet5_begins_with_xavier_weights_and_no_biases, lenet5_learns_four_random_images,
              lenet5_is_not_made_while_an_error_is_pending)
