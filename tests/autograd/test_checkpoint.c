/* test_checkpoint.c - the same bits as without, less memory, and what must not have changed. */
#include "gradus.h"

#include "tests/support/test.h"

/* How often a function ran. */
typedef struct calls {
    int count;
    gra_module *net;
    gra_tensor *w;
} calls;

static gra_tensor *run_net(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    calls *const c = context;
    c->count++;
    return gra_forward(c->net, in[0]);
}

static gra_tensor *cubed_times_w(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    calls *const c = context;
    c->count++;
    return gra_mul(gra_mul(gra_mul(in[0], in[0]), in[0]), c->w);
}

static void assert_equal(const gra_tensor *a, const gra_tensor *b)
{
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert(gra_shape_equal(gra_tensor_shape(a), gra_tensor_shape(b)));
    for (int64_t i = 0; i < gra_tensor_numel(a); i++) {
        const gra_shape index = gra_test_index(gra_tensor_shape(a), i);
        ck_assert_double_eq(gra_tensor_at(a, index), gra_tensor_at(b, index));
    }
}

/* ---- values ---- */

GRA_TEST(a_checkpoint_gives_the_function_and_its_gradients_also_to_parameters_within)
{
    calls c = {.w = gra_requires_grad(gra_vector(2, 3))};
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *y = gra_checkpoint(cubed_times_w, &x, 1, &c);
    GRA_ASSERT_VALUES(y, 2, 24);
    ck_assert_int_eq(c.count, 1);
    ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    ck_assert_int_eq(c.count, 2);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 6, 36);
    GRA_ASSERT_VALUES(gra_tensor_grad(c.w), 1, 8);
}

GRA_TEST(an_input_that_is_a_result_gets_its_gradient_through_a_checkpoint)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_requires_grad(gra_vector(3)), *h = gra_mul_scalar(x, 2);
    gra_backward(gra_checkpoint(cubed_times_w, &h, 1, &c));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 2 * 3 * 36 * 2);
}

GRA_TEST(parameters_get_gradients_where_no_input_of_the_checkpoint_needs_one)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_vector(3);
    gra_backward(gra_checkpoint(cubed_times_w, &x, 1, &c));
    GRA_ASSERT_VALUES(gra_tensor_grad(c.w), 27);
}

GRA_TEST(a_checkpoint_runs_once_where_nothing_is_recorded)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_set_grad(false);
    gra_tensor *y = gra_checkpoint(cubed_times_w, &x, 1, &c);
    gra_set_grad(true);
    GRA_ASSERT_VALUES(y, 54);
    ck_assert(!gra_tensor_requires_grad(y));
    ck_assert_int_eq(c.count, 1);
}

GRA_TEST(each_walk_runs_the_function_once_more)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_checkpoint(cubed_times_w, &x, 1, &c);
    GRA_ASSERT_VALUES(gra_grad(y, x, .retain_graph = true), 54);
    GRA_ASSERT_VALUES(gra_grad(y, c.w, .retain_graph = true), 27);
    GRA_ASSERT_VALUES(gra_grad(y, x), 54);
    ck_assert_int_eq(c.count, 4);
    ck_assert_ptr_null(gra_grad(y, x));
    GRA_ASSERT_ERROR("gra_backward: what mul saved was freed by an earlier backward pass; pass "
                     ".retain_graph = true to that one to walk the graph again");
}

GRA_TEST(checkpoints_have_higher_derivatives)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_checkpoint(cubed_times_w, &x, 1, &c); /* w x^3 */
    gra_tensor *d1 = gra_grad(y, x, .create_graph = true);
    gra_tensor *d2 = gra_grad(d1, x, .create_graph = true);
    GRA_ASSERT_VALUES(d2, 36);
    GRA_ASSERT_VALUES(gra_grad(d2, x, .retain_graph = true), 12);
    GRA_ASSERT_VALUES(gra_grad(d2, c.w), 18);
}

static gra_tensor *checkpointed(gra_tensor *const *in, int count, void *context)
{
    return gra_checkpoint(cubed_times_w, in, count, context);
}

GRA_TEST(gradcheck_agrees_with_a_checkpoint_to_the_second_order)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 3), .dtype = GRA_FLOAT64, .requires_grad = true);
    calls c = {.w = gra_randn(GRA_SHAPE(3), .dtype = GRA_FLOAT64, .requires_grad = true)};
    ck_assert_int_eq(gra_gradcheck(checkpointed, &c, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(checkpointed, &c, &x, 1), 0);
}

/* ---- networks ---- */

static gra_module *small_net(void)
{
    gra_manual_seed(5);
    return gra_sequential(gra_nn_conv2d(2, 4, 3, .padding = 1), gra_nn_batch_norm2d(4),
                          gra_nn_relu(), gra_nn_dropout(.p = 0.5),
                          gra_nn_conv2d(4, 4, 3, .padding = 1), gra_nn_relu(),
                          gra_nn_max_pool2d(2), gra_nn_dropout2d(.p = 0.3),
                          gra_nn_conv2d(4, 3, 3), gra_nn_flatten());
}

static gra_tensor *square_loss(gra_tensor *y)
{
    return gra_mean(gra_square(y));
}

typedef struct comparison {
    gra_module *other;
    int compared;
} comparison;

static int compare_gradient(const char *name, gra_tensor *t, void *context)
{
    comparison *const c = context;
    assert_equal(gra_tensor_grad(t), gra_tensor_grad(gra_module_parameter(c->other, name)));
    c->compared++;
    return 0;
}

static int compare_buffer(const char *name, gra_tensor *t, void *context)
{
    comparison *const c = context;
    assert_equal(t, gra_module_buffer(c->other, name));
    c->compared++;
    return 0;
}

static void assert_same_state(gra_module *a, gra_module *b)
{
    comparison c = {.other = b};
    gra_module_named_parameters(a, compare_gradient, &c);
    ck_assert_int_eq(c.compared, 8);
    gra_module_named_buffers(a, compare_buffer, &c);
    ck_assert_int_eq(c.compared, 11);
}

/* Dropout draws the same numbers again, and running statistics move once. */
GRA_TEST(a_checkpointed_network_has_the_bits_of_one_without_it)
{
    gra_module *plain = small_net(), *saving = small_net();
    gra_tensor *x = gra_randn(GRA_SHAPE(3, 2, 8, 8)), *expected = NULL, *y = NULL;
    calls c = {.net = saving};
    for (int step = 0; step < 2; step++) {
        gra_manual_seed(11);
        expected = gra_forward(plain, x);
        gra_rand(GRA_SHAPE(7)); /* the generator stands elsewhere when the function runs again */
        gra_backward(square_loss(expected));
        gra_manual_seed(11);
        y = gra_checkpoint(run_net, &x, 1, &c);
        gra_rand(GRA_SHAPE(7));
        gra_backward(square_loss(y));
    }
    assert_equal(y, expected);
    assert_same_state(saving, plain);
    ck_assert_int_eq(c.count, 4);
    gra_free(plain, saving);
}

GRA_TEST(the_second_run_leaves_the_generator_where_it_was)
{
    gra_module *net = small_net();
    calls c = {.net = net};
    gra_tensor *x = gra_randn(GRA_SHAPE(3, 2, 8, 8));
    gra_tensor *y = gra_checkpoint(run_net, &x, 1, &c);
    const gra_generator_state before = gra_generator_get_state(NULL);
    gra_backward(square_loss(y));
    const gra_generator_state after = gra_generator_get_state(NULL);
    ck_assert_uint_eq(before.seed, after.seed);
    ck_assert_uint_eq(before.position, after.position);
    gra_free(net);
}

GRA_TEST(segments_of_a_sequential_give_the_bits_of_the_whole)
{
    for (int segments = 0; segments <= 10; segments++) {
        gra_module *plain = small_net();
        gra_module *saving = gra_checkpoint_sequential(small_net(), segments);
        gra_tensor *x = gra_randn(GRA_SHAPE(2, 2, 8, 8));
        gra_manual_seed(11);
        gra_backward(square_loss(gra_forward(plain, x)));
        gra_manual_seed(11);
        gra_backward(square_loss(gra_forward(saving, x)));
        assert_same_state(saving, plain);
        gra_free(plain, saving);
    }
}

enum { DEPTH = 25 };

static gra_module *vgg_like(void)
{
    gra_manual_seed(2);
    gra_module *layers[2 * DEPTH];
    for (int i = 0; i < DEPTH; i++) {
        layers[2 * i] = gra_nn_conv2d(i ? 16 : 3, 16, 3, .padding = 1);
        layers[2 * i + 1] = gra_nn_sigmoid();
    }
    return gra_sequential_of(layers, 2 * DEPTH);
}

static size_t peak_of_a_step(gra_module *net)
{
    const int mark = gra_mark();
    gra_tensor *x = gra_randn(GRA_SHAPE(4, 3, 32, 32));
    const size_t before = gra_memory_stats().allocated;
    gra_memory_reset_peak();
    gra_backward(square_loss(gra_forward(net, x)));
    gra_release(mark);
    return gra_memory_stats().peak - before;
}

/* The results of 25 convolutions are kept without segments; with five, five and those of one segment. */
GRA_TEST(segments_save_memory)
{
    gra_module *net = vgg_like();
    peak_of_a_step(net); /* the gradients stay */
    const size_t whole = peak_of_a_step(net);
    gra_checkpoint_sequential(net, 5);
    const size_t saving = peak_of_a_step(net);
    ck_assert_msg(saving < 0.5 * (double)whole, "%zu bytes with segments, %zu without", saving,
                  whole);
    gra_free(net);
}

GRA_TEST(a_forecast_knows_of_segments)
{
    gra_module *net = vgg_like();
    gra_memory_forecast whole, saving;
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(4, 3, 32, 32), &whole), 0);
    gra_checkpoint_sequential(net, 5);
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(4, 3, 32, 32), &saving), 0);
    ck_assert_uint_eq(saving.inference, whole.inference);
    ck_assert_msg((double)saving.training < 0.6 * (double)whole.training,
                  "%zu bytes with segments, %zu without", saving.training, whole.training);
    gra_free(net);
}

/* The second run of a segment fails: its modules have been changed since. */
static gra_tensor *refuse(gra_module *m, gra_tensor *x, void *context)
{
    (void)m, (void)x, (void)context;
    return gra_fail("no second time");
}

GRA_TEST(an_error_in_a_segment_that_runs_again_names_the_module)
{
    gra_module *net = gra_sequential(gra_checkpoint_sequential(vgg_like(), 4));
    gra_tensor *y = gra_forward(net, gra_zeros(GRA_SHAPE(1, 3, 8, 8)));
    gra_module_forward_pre_hook(gra_module_get(net, "0.3"), refuse, NULL);
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    GRA_ASSERT_ERROR("no second time (in module 0.3) (in the second run of gra_checkpoint)");
    gra_free(net);
}

GRA_TEST(an_error_in_a_segment_names_the_module)
{
    gra_module *net = gra_checkpoint_sequential(vgg_like(), 4);
    ck_assert_ptr_null(gra_forward(net, gra_zeros(GRA_SHAPE(1, 5, 8, 8))));
    GRA_ASSERT_ERROR(
        "conv2d: input [1, 5, 8, 8] has 5 channels, weight [16, 3, 3, 3] with groups 1 "
        "expects 3 (in module 0)");
    gra_free(net);
}

GRA_TEST(segments_are_checked)
{
    gra_module *net = small_net(), *relu = gra_nn_relu();
    ck_assert_ptr_null(gra_checkpoint_sequential(net, 11));
    GRA_ASSERT_ERROR(
        "gra_checkpoint_sequential: 11 segments of 10 modules are not possible; 0 to 10 "
        "are, 0 or 1 for no checkpoint");
    ck_assert_ptr_null(gra_checkpoint_sequential(net, -1));
    GRA_ASSERT_ERROR(
        "gra_checkpoint_sequential: -1 segments of 10 modules are not possible; 0 to 10 "
        "are, 0 or 1 for no checkpoint");
    ck_assert_ptr_null(gra_checkpoint_sequential(relu, 1));
    GRA_ASSERT_ERROR("gra_checkpoint_sequential: the module is a ReLU; a Sequential is needed");
    ck_assert_ptr_null(gra_checkpoint_sequential(NULL, 1));
    gra_free(net, relu);
}

/* A shared weight moves once both segments are through. */
GRA_TEST(an_optimizer_that_steps_in_the_backward_pass_moves_checkpointed_parameters_alike)
{
    gra_module *nets[2];
    for (int i = 0; i < 2; i++) {
        gra_module *const net = nets[i] = small_net();
        gra_optim *opt = gra_sgd(net, .lr = 0.1, .fused_backward = true);
        if (i)
            gra_checkpoint_sequential(net, 3);
        for (int step = 0; step < 3; step++) {
            gra_manual_seed(20 + (uint64_t)step);
            gra_tensor *x = gra_randn(GRA_SHAPE(2, 2, 8, 8));
            gra_zero_grad(opt);
            gra_backward(square_loss(gra_forward(net, x)));
            gra_step(opt);
        }
        gra_free(opt);
    }
    assert_equal(gra_module_parameter(nets[0], "0.weight"),
                 gra_module_parameter(nets[1], "0.weight"));
    assert_equal(gra_module_parameter(nets[0], "8.bias"), gra_module_parameter(nets[1], "8.bias"));
    gra_free(nets[0], nets[1]);
}

/* ---- nested ones, deep ones ---- */

static gra_tensor *outer(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    gra_tensor *h = gra_sigmoid(in[0]);
    h = gra_checkpoint(cubed_times_w, &h, 1, context);
    return gra_sigmoid(h);
}

GRA_TEST(checkpoints_can_be_nested)
{
    calls c = {.w = gra_requires_grad(gra_vector(2, -1))};
    gra_tensor *x = gra_requires_grad(gra_vector(0.5, 1));
    gra_tensor *inputs[] = {x, c.w}, *plain[2], *nested[2];
    gra_tensor *h = gra_sigmoid(x);
    gra_tensor *y = gra_sum(gra_sigmoid(cubed_times_w(&h, 1, &c)));
    gra_grad_many(&y, 1, inputs, 2, plain);
    c.count = 0;
    y = gra_sum(gra_checkpoint(outer, &x, 1, &c));
    ck_assert_int_eq(gra_grad_many(&y, 1, inputs, 2, nested), 0);
    assert_equal(nested[0], plain[0]);
    assert_equal(nested[1], plain[1]);
    ck_assert_int_eq(c.count, 3);
}

static gra_tensor *nested_function(gra_tensor *const *in, int count, void *context)
{
    return gra_checkpoint(outer, in, count, context);
}

GRA_TEST(gradcheck_agrees_with_nested_checkpoints_to_the_second_order)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(2), .dtype = GRA_FLOAT64, .requires_grad = true);
    calls c = {.w = gra_randn(GRA_SHAPE(2), .dtype = GRA_FLOAT64, .requires_grad = true)};
    ck_assert_int_eq(gra_gradcheck(nested_function, &c, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(nested_function, &c, &x, 1), 0);
}

/* Writes into views, whose nodes save regions. */
static gra_tensor *writes(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    const calls *const c = context;
    gra_tensor *y = gra_mul(in[0], in[0]);
    gra_mul_(gra_narrow(y, 0, 1, 2), c->w);
    gra_relu_(gra_select(y, 0, 1));
    return gra_mul(y, y);
}

static gra_tensor *checkpointed_writes(gra_tensor *const *in, int count, void *context)
{
    return gra_checkpoint(writes, in, count, context);
}

GRA_TEST(gradcheck_agrees_with_writes_into_views_in_a_checkpoint)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(3, 2), .dtype = GRA_FLOAT64, .requires_grad = true);
    calls c = {.w = gra_randn(GRA_SHAPE(2), .dtype = GRA_FLOAT64, .requires_grad = true)};
    gra_tensor *plain = gra_grad(gra_sum(writes(&x, 1, &c)), c.w);
    assert_equal(gra_grad(gra_sum(checkpointed_writes(&x, 1, &c)), c.w), plain);
    ck_assert_int_eq(gra_gradcheck(checkpointed_writes, &c, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(checkpointed_writes, &c, &x, 1), 0);
}

static gra_tensor *one_sigmoid(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_sigmoid(in[0]);
}

GRA_TEST(a_chain_of_many_checkpoints_needs_no_deep_stack)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1)), *y = x;
    for (int i = 0; i < 50000; i++) {
        const int mark = gra_mark();
        y = gra_release_keep(mark, gra_checkpoint(one_sigmoid, &y, 1, NULL));
    }
    ck_assert_int_eq(gra_backward(y), 0);
    ck_assert_double_eq(gra_item(gra_tensor_grad(x)), 0); /* 0.22 to the power of 50000 */
    for (int i = 0; i < 50000; i++) {
        const int mark = gra_mark();
        y = gra_release_keep(mark, gra_checkpoint(one_sigmoid, &y, 1, NULL));
    } /* and is freed without a walk */
}

/* A gradient penalty within: rules run before the first run has ended. */
static gra_tensor *penalty(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    calls *const c = context;
    gra_tensor *y = gra_sum(gra_mul(gra_mul(in[0], in[0]), c->w));
    gra_tensor *dx = gra_grad(y, in[0], .create_graph = true); /* 2 w x */
    return gra_sum(gra_square(dx));                            /* 4 w^2 x^2 */
}

GRA_TEST(a_backward_pass_within_the_function_works)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_checkpoint(penalty, &x, 1, &c);
    GRA_ASSERT_VALUES(y, 144);
    ck_assert_int_eq(gra_backward(y), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 96);
    GRA_ASSERT_VALUES(gra_tensor_grad(c.w), 144);
}

/* ---- what must not have changed ---- */

GRA_TEST(an_input_that_was_modified_in_place_is_an_error)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_vector(3);
    gra_tensor *y = gra_checkpoint(cubed_times_w, &x, 1, &c);
    gra_add_scalar_(x, 1);
    ck_assert_int_eq(gra_backward(y), -1);
    GRA_ASSERT_ERROR("gra_checkpoint: input 0 (float32 [1]) was modified in place by add_scalar_ "
                     "since the function ran, which is to run again; give it a gra_clone (in the "
                     "second run of gra_checkpoint)");
}

GRA_TEST(a_parameter_that_was_modified_before_the_backward_pass_is_an_error)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_checkpoint(cubed_times_w, &x, 1, &c);
    gra_set_grad(false);
    gra_add_scalar_(c.w, 1);
    gra_set_grad(true);
    ck_assert_int_eq(gra_backward(y), -1);
    GRA_ASSERT_ERROR(
        "gra_checkpoint: a leaf that the function used (float32 [1]) was modified in place by "
        "add_scalar_ since; the backward pass comes before that");
}

static gra_tensor *overwrites(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    gra_tensor *h = gra_sigmoid(in[0]); /* its rule reads h */
    return gra_mul_scalar(gra_mul_scalar_(h, 2), 3);
}

GRA_TEST(a_function_that_overwrites_what_it_saved_is_an_error)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_eq(gra_backward(gra_sum(gra_checkpoint(overwrites, &x, 1, NULL))), -1);
    GRA_ASSERT_ERROR(
        "gra_checkpoint: a tensor that an op of the function saved (float32 [2]) was modified "
        "in place by mul_scalar_ since; use the out-of-place op, or give the first op a "
        "gra_clone");
}

static gra_tensor *different(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    calls *const c = context;
    gra_tensor *y = gra_sigmoid(in[0]);
    if (c->count++)
        return c->w ? y : gra_sigmoid(y);
    return c->w ? gra_sum(gra_sigmoid(gra_reshape(y, GRA_SHAPE(2, 1)))) : y;
}

static gra_tensor *other_shape(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    calls *const c = context;
    return gra_sum(gra_sigmoid(c->count++ ? gra_reshape(in[0], GRA_SHAPE(2, 1)) : in[0]));
}

GRA_TEST(a_function_that_does_something_else_the_second_time_is_an_error)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    calls c = {0};
    ck_assert_int_eq(gra_backward(gra_sum(gra_checkpoint(different, &x, 1, &c))), -1);
    GRA_ASSERT_ERROR("gra_checkpoint: the function saved 1 tensors when it ran first, and another "
                     "number of them when it ran again for the backward pass; it must do the same "
                     "both times");
    c = (calls){.w = x};
    ck_assert_int_eq(gra_backward(gra_checkpoint(different, &x, 1, &c)), -1);
    GRA_ASSERT_ERROR("gra_checkpoint: the function saved 2 tensors when it ran first, and another "
                     "number of them when it ran again for the backward pass; it must do the same "
                     "both times");
    c = (calls){0};
    ck_assert_int_eq(gra_backward(gra_checkpoint(other_shape, &x, 1, &c)), -1);
    GRA_ASSERT_ERROR("gra_checkpoint: the function saved 1 tensors when it ran first, and others "
                     "when it ran again for the backward pass; it must do the same both times");
}

static gra_tensor *fails_later(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    calls *const c = context;
    return c->count++ ? gra_fail("fails_later: no more") : gra_sigmoid(in[0]);
}

static void count_drop(void *context)
{
    ((calls *)context)->count += 100;
}

GRA_TEST(an_error_in_the_second_run_is_one_of_the_backward_pass)
{
    calls c = {0};
    gra_tensor *x = gra_requires_grad(gra_vector(1));
    gra_tensor *y = gra_checkpoint(fails_later, &x, 1, &c);
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), -1);
    GRA_ASSERT_ERROR("fails_later: no more (in the second run of gra_checkpoint)");
    ck_assert_ptr_null(gra_tensor_grad(x));
}

static void *keep(gra_tensor *t, void *context)
{
    (void)context;
    return gra_keep(t);
}

static gra_tensor *give_back(void *packed, void *context)
{
    (void)context;
    return packed;
}

static void drop_kept(void *packed, void *context)
{
    (void)context;
    gra_free(packed);
}

/* Its hooks stay pushed where it fails, which is in run number w. */
static gra_tensor *leaves_hooks(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    calls *const c = context;
    gra_push_saved_tensor_hooks(.pack = keep, .unpack = give_back, .drop = drop_kept);
    gra_tensor *y = gra_sigmoid(in[0]);
    if (c->count++ == (int)gra_item(c->w))
        return gra_fail("leaves_hooks: no more");
    gra_pop_saved_tensor_hooks();
    return gra_mul(y, y);
}

GRA_TEST(a_checkpoint_is_walked_in_inference_mode)
{
    calls c = {.w = gra_vector(2)};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_checkpoint(cubed_times_w, &x, 1, &c);
    gra_set_inference(true);
    ck_assert_int_eq(gra_backward(y), 0);
    ck_assert(gra_inference_enabled());
    gra_set_inference(false);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 54);
}

GRA_TEST(a_function_that_fails_leaves_no_saved_tensor_hooks_behind)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    for (int run = 0; run < 2; run++) {
        calls c = {.w = gra_vector(run)};
        gra_tensor *y = gra_checkpoint(leaves_hooks, &x, 1, &c);
        ck_assert_int_eq(gra_backward(y), -1);
        GRA_ASSERT_ERROR(run == 0 ? "leaves_hooks: no more"
                                  : "leaves_hooks: no more (in the second run of gra_checkpoint)");
        ck_assert_int_eq(gra_pop_saved_tensor_hooks(), -1);
        GRA_ASSERT_ERROR("gra_pop_saved_tensor_hooks: this thread has no saved-tensor hooks");
        GRA_ASSERT_VALUES(gra_grad(gra_mul(x, x), x), 6);
    }
}

GRA_TEST(the_context_is_dropped_once_however_it_ends)
{
    calls c = {.w = gra_requires_grad(gra_vector(2))};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    const int mark = gra_mark();
    gra_checkpoint(cubed_times_w, &x, 1, &c, .drop = count_drop);
    ck_assert_int_eq(c.count, 1);
    gra_release(mark);
    ck_assert_int_eq(c.count, 101);
    gra_set_grad(false);
    gra_checkpoint(cubed_times_w, &x, 1, &c, .drop = count_drop);
    gra_set_grad(true);
    ck_assert_int_eq(c.count, 202);
    gra_checkpoint(NULL, &x, 1, &c, .drop = count_drop);
    ck_assert_int_eq(c.count, 302);
    gra_clear_error();
}

static gra_tensor *nothing(gra_tensor *const *in, int count, void *context)
{
    (void)in, (void)count, (void)context;
    return NULL;
}

GRA_TEST(the_function_of_a_checkpoint_returns_a_tensor)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1));
    ck_assert_ptr_null(gra_checkpoint(nothing, &x, 1, NULL));
    GRA_ASSERT_ERROR("gra_checkpoint: the function returned NULL; a tensor is needed");
    GRA_NO_GRAD
    ck_assert_ptr_null(gra_checkpoint(nothing, &x, 1, NULL));
    GRA_ASSERT_ERROR("gra_checkpoint: the function returned NULL; a tensor is needed");
}

GRA_TEST(a_checkpoint_needs_a_function_and_a_list)
{
    gra_tensor *x = gra_vector(1);
    ck_assert_ptr_null(gra_checkpoint(NULL, &x, 1, NULL));
    GRA_ASSERT_ERROR("gra_checkpoint: the function is NULL");
    ck_assert_ptr_null(gra_checkpoint(outer, NULL, 1, NULL));
    GRA_ASSERT_ERROR("gra_checkpoint: the list of inputs is NULL");
    ck_assert_ptr_null(gra_checkpoint(outer, &x, -1, NULL));
    GRA_ASSERT_ERROR("gra_checkpoint: the number of inputs is negative");
}

GRA_TEST(dropout_cannot_be_walked_twice_without_retain_graph)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *y = gra_sum(gra_dropout(x, 0.5, true));
    ck_assert_int_eq(gra_backward(y), 0);
    ck_assert_int_eq(gra_backward(y), -1);
    GRA_ASSERT_ERROR("gra_backward: what dropout saved was freed by an earlier backward pass; pass "
                     ".retain_graph = true to that one to walk the graph again");
}

GRA_TEST_MAIN(
    "checkpoint", a_checkpoint_gives_the_function_and_its_gradients_also_to_parameters_within,
    an_input_that_is_a_result_gets_its_gradient_through_a_checkpoint,
    parameters_get_gradients_where_no_input_of_the_checkpoint_needs_one,
    a_checkpoint_runs_once_where_nothing_is_recorded, each_walk_runs_the_function_once_more,
    checkpoints_have_higher_derivatives, gradcheck_agrees_with_a_checkpoint_to_the_second_order,
    a_checkpointed_network_has_the_bits_of_one_without_it,
    the_second_run_leaves_the_generator_where_it_was,
    segments_of_a_sequential_give_the_bits_of_the_whole, segments_save_memory,
    a_forecast_knows_of_segments, an_error_in_a_segment_that_runs_again_names_the_module,
    an_error_in_a_segment_names_the_module, segments_are_checked,
    an_optimizer_that_steps_in_the_backward_pass_moves_checkpointed_parameters_alike,
    checkpoints_can_be_nested, gradcheck_agrees_with_writes_into_views_in_a_checkpoint,
    gradcheck_agrees_with_nested_checkpoints_to_the_second_order,
    a_chain_of_many_checkpoints_needs_no_deep_stack, a_backward_pass_within_the_function_works,
    an_input_that_was_modified_in_place_is_an_error,
    a_parameter_that_was_modified_before_the_backward_pass_is_an_error,
    a_function_that_overwrites_what_it_saved_is_an_error,
    a_function_that_does_something_else_the_second_time_is_an_error,
    an_error_in_the_second_run_is_one_of_the_backward_pass,
    a_checkpoint_is_walked_in_inference_mode,
    a_function_that_fails_leaves_no_saved_tensor_hooks_behind,
    the_context_is_dropped_once_however_it_ends, the_function_of_a_checkpoint_returns_a_tensor,
    a_checkpoint_needs_a_function_and_a_list, dropout_cannot_be_walked_twice_without_retain_graph)
