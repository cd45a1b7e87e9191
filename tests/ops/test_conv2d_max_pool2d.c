/* test_conv2d_max_pool2d.c - a convolution with its rectifier and pooling fused, against the three ops. */
#include "gradus.h"

#include "core/tensor_struct.h"
#include "ops/conv2d_max_pool2d.h"
#include "tests/support/test.h"

typedef struct {
    int64_t images, in, out, size;
} sizes;

static const sizes pieces = {5, 16, 32, 224}; /* an image of sums has 6 MB: three pieces */
static const sizes small = {2, 16, 32, 12};

typedef struct {
    gra_tensor *x, *w, *b, *y;
} run;

static run inputs(sizes s)
{
    gra_manual_seed(5);
    run r = {
        .x = gra_to_channels_last(gra_randn(GRA_SHAPE(s.images, s.in, s.size, s.size))),
        .w = gra_mul_scalar(gra_randn(GRA_SHAPE(s.out, s.in, 3, 3)), 0.1),
        .b = gra_randn(GRA_SHAPE(s.out)),
    };
    gra_set_requires_grad(r.x, true);
    gra_set_requires_grad(r.w, true);
    gra_set_requires_grad(r.b, true);
    return r;
}

static gra_conv2d_options conv_of(const run *r)
{
    gra_conv2d_options o = gra_conv2d_defaults();
    o.input = r->x;
    o.weight = r->w;
    o.bias = r->b;
    o.padding = 1;
    o.activation = GRA_RELU;
    return o;
}

static gra_max_pool2d_options pool_of(int64_t kernel, int64_t stride)
{
    gra_max_pool2d_options o = gra_max_pool2d_defaults();
    o.kernel_size = kernel;
    o.stride = stride;
    return o;
}

static run fused(sizes s, gra_max_pool2d_options pool)
{
    run r = inputs(s);
    r.y = gra__conv2d_max_pool2d(conv_of(&r), pool);
    return r;
}

static run separate(sizes s, gra_max_pool2d_options pool)
{
    run r = inputs(s);
    pool.input = gra_conv2d_with(conv_of(&r));
    r.y = gra_max_pool2d_with(pool);
    return r;
}

/* Random numbers of the loss, so that every output counts differently. */
static void differentiate(const run *r)
{
    gra_manual_seed(7);
    gra_tensor *const weights = gra_randn(gra_tensor_shape(r->y));
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(r->y, weights))), 0);
}

/* The largest difference over the largest value. */
static double difference(gra_tensor *a, gra_tensor *b)
{
    ck_assert_msg(a && b, "%s", gra_error() ? gra_error() : "NULL");
    return gra_item(gra_max(gra_abs(gra_sub(a, b)))) / gra_item(gra_max(gra_abs(b)));
}

static void compare(sizes s, gra_max_pool2d_options pool)
{
    const run a = fused(s, pool), b = separate(s, pool);
    ck_assert_ptr_nonnull(a.y);
    differentiate(&a);
    differentiate(&b);
    ck_assert(gra_is_channels_last(a.y));
    ck_assert_double_eq(difference(a.y, b.y), 0);
    ck_assert_double_eq(difference(gra_tensor_grad(a.x), gra_tensor_grad(b.x)), 0);
    ck_assert_double_le(difference(gra_tensor_grad(a.w), gra_tensor_grad(b.w)), 1e-5);
    ck_assert_double_le(difference(gra_tensor_grad(a.b), gra_tensor_grad(b.b)), 1e-5);
}

GRA_TEST(pieces_of_a_batch_give_what_the_three_ops_give)
{
    compare(pieces, pool_of(2, 2));
}

/* The last piece has fewer images, but its tiles are shared in another way, which takes more scratch. */
GRA_TEST(a_last_piece_that_needs_more_scratch_gets_it)
{
    gra_set_threads(4);
    compare((sizes){3, 128, 128, 112}, pool_of(2, 2));
    gra_set_threads(1);
    compare((sizes){17, 32, 256, 56}, pool_of(2, 2));
    gra_set_threads(0);
}

GRA_TEST(overlapping_windows_give_what_the_three_ops_give)
{
    compare((sizes){2, 16, 32, 33}, pool_of(3, 2));
    compare((sizes){1, 16, 32, 20}, pool_of(3, 1));
}

GRA_TEST(what_lies_between_is_not_kept)
{
    const size_t sums =
        sizeof(float) * (size_t)(pieces.images * pieces.out * pieces.size * pieces.size);
    run r = inputs(pieces);
    const size_t before = gra_memory_stats().allocated;
    gra_memory_reset_peak();
    r.y = gra__conv2d_max_pool2d(conv_of(&r), pool_of(2, 2));
    ck_assert_uint_lt(gra_memory_stats().allocated - before, sums / 3);
    ck_assert_uint_lt(gra_memory_stats().peak - before, sums);
}

/* Of the small run's bias, by the three ops. */
static gra_tensor *bias_gradient(void)
{
    const run r = separate(small, pool_of(2, 2));
    differentiate(&r);
    return gra_tensor_grad(r.b);
}

GRA_TEST(a_gradient_can_be_frozen)
{
    run r = inputs(small);
    gra_set_requires_grad(r.x, false);
    gra_set_requires_grad(r.b, false);
    r.y = gra__conv2d_max_pool2d(conv_of(&r), pool_of(2, 2));
    differentiate(&r);
    ck_assert_ptr_null(gra_tensor_grad(r.x));
    ck_assert_ptr_null(gra_tensor_grad(r.b));
    ck_assert_ptr_nonnull(gra_tensor_grad(r.w));

    run only = inputs(small);
    gra_set_requires_grad(only.x, false);
    gra_set_requires_grad(only.w, false);
    only.y = gra__conv2d_max_pool2d(conv_of(&only), pool_of(2, 2));
    differentiate(&only);
    ck_assert_double_le(difference(gra_tensor_grad(only.b), bias_gradient()), 1e-5);
}

/* As with the three ops: a pooling keeps its winners alone, a layer whose input needs no gradient not its
 * weight. */
GRA_TEST(what_is_not_needed_may_be_written_in_place)
{
    run r = inputs(small), same = inputs(small);
    gra_set_requires_grad(r.x, false);
    r.y = gra__conv2d_max_pool2d(conv_of(&r), pool_of(2, 2));
    gra_set_grad(false);
    gra_mul_scalar_(r.w, 3);
    gra_set_grad(true);
    r.y = gra_mul_scalar_(r.y, 2);
    differentiate(&r);
    same.y = gra_mul_scalar(gra__conv2d_max_pool2d(conv_of(&same), pool_of(2, 2)), 2);
    differentiate(&same);
    ck_assert_double_eq(difference(gra_tensor_grad(r.w), gra_tensor_grad(same.w)), 0);
}

GRA_TEST(nan_goes_through)
{
    run r = inputs((sizes){1, 16, 32, 8});
    gra_set_requires_grad(r.x, false);
    gra_tensor_touch(gra_fill_(r.x, NAN));
    r.y = gra__conv2d_max_pool2d(conv_of(&r), pool_of(2, 2));
    ck_assert(isnan(gra_item(gra_sum(r.y))));
}

static void refuses(gra_conv2d_options conv, gra_max_pool2d_options pool, const char *message)
{
    ck_assert_ptr_null(gra__conv2d_max_pool2d(conv, pool));
    ck_assert_msg(gra_error() && !strcmp(gra_error(), message), "%s", gra_error());
    gra_clear_error();
}

GRA_TEST(mistakes_get_the_messages_of_the_two_ops)
{
    const run r = inputs((sizes){1, 16, 32, 4});
    gra_conv2d_options conv = conv_of(&r);
    refuses(conv, pool_of(5, 1),
            "max_pool2d: no output pixel is left: height 4 with padding 0 is smaller than a kernel "
            "of 5 with dilation 1");
    conv.groups = 3;
    refuses(conv, pool_of(2, 2),
            "conv2d: groups 3 does not divide the 16 channels of input and the 32 of the output");
    conv.groups = 1;
    conv.weight = gra_randn(GRA_SHAPE(32, 8, 3, 3));
    refuses(conv, pool_of(2, 2),
            "conv2d: input [1, 16, 4, 4] has 16 channels, weight [32, 8, 3, 3] with groups 1 "
            "expects 8");
}

/* The layers by themselves are not fused. */
GRA_TEST(a_sequential_gives_what_its_layers_give)
{
    gra_manual_seed(1);
    gra_module *const net = gra_sequential(gra_nn_conv2d(16, 32, 3, .padding = 1), gra_nn_relu(),
                       gra_nn_max_pool2d(2), gra_nn_conv2d(32, 32, 3), gra_nn_relu());
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 16, 12, 12));
    gra_tensor *y = x;
    for (int i = 0; i < gra_module_child_count(net); i++)
        y = gra_forward(gra_module_child(net, i), y);
    ck_assert_double_eq(difference(gra_forward(net, x), y), 0);
    gra_free(net);
}

GRA_TEST_MAIN("conv2d_max_pool2d", pieces_of_a_batch_give_what_the_three_ops_give,
              overlapping_windows_give_what_the_three_ops_give, what_lies_between_is_not_kept,
              a_last_piece_that_needs_more_scratch_gets_it, a_gradient_can_be_frozen,
              what_is_not_needed_may_be_written_in_place, nan_goes_through,
              mistakes_get_the_messages_of_the_two_ops, a_sequential_gives_what_its_layers_give)
