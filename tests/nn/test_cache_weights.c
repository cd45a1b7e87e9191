/* test_cache_weights.c - convolution layers that keep their weights in another form. */
#include "gradus.h"

#include "tests/support/test.h"

/* Two convolutions that have such a form, with a pooling fused to the second. */
static gra_module *network(bool cache)
{
    gra_manual_seed(3);
    return gra_sequential(gra_nn_conv2d(16, 32, 3, .padding = 1, .cache_weights = cache),
                          gra_nn_relu(),
                          gra_nn_conv2d(32, 64, 3, .padding = 1, .cache_weights = cache),
                          gra_nn_relu(), gra_nn_max_pool2d(2), gra_nn_flatten());
}

static void assert_same(gra_module *a, gra_module *b, int64_t size)
{
    gra_manual_seed(11);
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 16, size, size));
    gra_tensor *const y = gra_forward(a, x), *const expected = gra_forward(b, x);
    ck_assert_msg(y && expected, "%s", gra_error() ? gra_error() : "NULL");
    ck_assert(gra_item(gra_all(gra_eq(y, expected))));
}

GRA_TEST(the_numbers_are_the_same)
{
    gra_module *const a = network(true), *const b = network(false);
    const bool was = gra_set_grad(false);
    assert_same(a, b, 12);
    assert_same(a, b, 12);
    assert_same(a, b, 26); /* other tiles, so another form */
    assert_same(a, b, 12);
    gra_set_grad(was);
    gra_free(a, b);
}

static void train(gra_module *net)
{
    gra_optim *const opt = gra_sgd(net, .lr = 0.1);
    gra_manual_seed(2);
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 16, 12, 12));
    gra_backward(gra_mean(gra_square(gra_forward(net, x))));
    ck_assert_int_eq(gra_step(opt), 0);
    gra_free(opt);
}

GRA_TEST(weights_that_change_are_noticed)
{
    gra_module *const a = network(true), *const b = network(false);
    assert_same(a, b, 12);
    train(a);
    train(b);
    assert_same(a, b, 12);
    float *const first = gra_tensor_data(gra_module_parameter(a, "0.weight"));
    first[7] = 5;
    gra_tensor_touch(gra_module_parameter(a, "0.weight"));
    ((float *)gra_tensor_data(gra_module_parameter(b, "0.weight")))[7] = 5;
    assert_same(a, b, 12);
    gra_free(a, b);
}

GRA_TEST(the_memory_goes_with_the_module)
{
    const size_t before = gra_memory_stats().allocated;
    gra_module *const net = network(true);
    const size_t parameters = gra_memory_stats().allocated - before;
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    gra_forward(net, gra_randn(GRA_SHAPE(1, 16, 12, 12)));
    gra_set_grad(was);
    gra_release(mark);
    ck_assert_uint_gt(gra_memory_stats().allocated - before, 3 * parameters);
    gra_free(net);
    ck_assert_uint_eq(gra_memory_stats().allocated, before);
}

GRA_TEST_MAIN("cache_weights", the_numbers_are_the_same, weights_that_change_are_noticed,
              the_memory_goes_with_the_module)
