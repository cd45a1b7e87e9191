/* test_sequential.c - that fused neighbours give what they give one by one, and what stays alive. */
#include "gradus.h"

#include "tests/support/test.h"

static gra_module *conv_relu(void)
{
    gra_manual_seed(3);
    return gra_sequential(gra_nn_conv2d(2, 3, 3, .padding = 1), gra_nn_relu(),
                          gra_nn_conv2d(3, 2, 3), gra_nn_relu(.inplace = true), gra_nn_flatten());
}

static gra_tensor *one_by_one(gra_module *net, gra_tensor *x)
{
    for (int i = 0; i < gra_module_child_count(net); i++)
        x = gra_forward(gra_module_child(net, i), x);
    return x;
}

static void assert_equal(const gra_tensor *a, const gra_tensor *b)
{
    ck_assert(gra_shape_equal(gra_tensor_shape(a), gra_tensor_shape(b)));
    for (int64_t i = 0; i < gra_tensor_numel(a); i++) {
        const gra_shape index = gra_test_index(gra_tensor_shape(a), i);
        ck_assert_double_eq(gra_tensor_at(a, index), gra_tensor_at(b, index));
    }
}

GRA_TEST(a_convolution_and_its_relu_give_the_same_bits_as_one_and_as_two)
{
    gra_module *net = conv_relu();
    gra_tensor *x = gra_requires_grad(gra_randn(GRA_SHAPE(2, 2, 5, 4)));
    gra_tensor *together = gra_forward(net, x), *apart = one_by_one(net, x);
    assert_equal(together, apart);
    gra_tensor *g = gra_randn(gra_tensor_shape(together));
    gra_tensor *w = gra_module_parameter(net, "0.weight");
    gra_tensor *inputs[] = {x, w}, *a[2], *b[2];
    gra_grad_many(&together, 1, inputs, 2, a, .gradients = &g);
    gra_grad_many(&apart, 1, inputs, 2, b, .gradients = &g);
    assert_equal(a[0], b[0]);
    assert_equal(a[1], b[1]);
    gra_free(net);
}

GRA_TEST(nan_passes_a_fused_relu)
{
    gra_module *net = gra_sequential(gra_nn_conv2d(1, 1, 1), gra_nn_relu());
    GRA_ASSERT_VALUES(gra_forward(net, gra_full(GRA_SHAPE(1, 1, 1, 1), NAN)), NAN);
    gra_free(net);
}

GRA_TEST(an_error_behind_a_fused_layer_names_the_right_module)
{
    gra_module *net = gra_sequential(gra_nn_conv2d(2, 3, 3), gra_nn_relu());
    ck_assert_ptr_null(gra_forward(net, gra_zeros(GRA_SHAPE(1, 5, 8, 8))));
    GRA_ASSERT_ERROR(
        "conv2d: input [1, 5, 8, 8] has 5 channels, weight [3, 2, 3, 3] with groups 1 expects "
        "2 (in module 0)");
    gra_free(net);
}

GRA_TEST(what_a_layer_gave_is_released_before_the_next_but_one_runs)
{
    gra_module *net = gra_sequential(gra_nn_sigmoid(), gra_nn_sigmoid(), gra_nn_sigmoid(),
                                     gra_nn_sigmoid(), gra_nn_sigmoid(), gra_nn_sigmoid());
    const size_t bytes = 1 << 20;
    gra_tensor *x = gra_zeros(GRA_SHAPE(1 << 18)); /* 1 MiB */
    gra_set_grad(false);
    gra_memory_reset_peak();
    const size_t before = gra_memory_stats().allocated;
    gra_forward(net, x);
    ck_assert_uint_le(gra_memory_stats().peak - before, 2 * bytes + bytes / 2);
    gra_free(net);
}

GRA_TEST_MAIN("sequential", a_convolution_and_its_relu_give_the_same_bits_as_one_and_as_two,
              nan_passes_a_fused_relu, an_error_behind_a_fused_layer_names_the_right_module,
              what_a_layer_gave_is_released_before_the_next_but_one_runs)
