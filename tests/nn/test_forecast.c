/* test_forecast.c - the memory that gra_summary forecasts, and that forecasting leaves no trace. */
#include <pthread.h>

#include "gradus.h"

#include "core/dry_run.h"
#include "tests/support/test.h"

/* ---- forecasts against measurements ---- */

static size_t peak_of_inference(gra_module *net, gra_shape input)
{
    gra_memory_reset_peak();
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    gra_eval(net);
    gra_forward(net, gra_rand(input));
    gra_train(net);
    gra_set_grad(was);
    gra_release(mark);
    return gra_memory_stats().peak;
}

static size_t peak_of_step(gra_module *net, gra_optim *opt, gra_shape input)
{
    gra_memory_reset_peak();
    const int mark = gra_mark();
    gra_tensor *const x = gra_rand(input), *const y = gra_randint(0, 10, GRA_SHAPE(input.size[0]));
    gra_zero_grad(opt);
    gra_backward(gra_cross_entropy(gra_forward(net, x), y));
    gra_step(opt);
    gra_release(mark);
    return gra_memory_stats().peak;
}

static void check_near(const char *what, size_t forecast, size_t measured)
{
    ck_assert_msg(gra_test_close((double)forecast, (double)measured, 0.1, 0),
                  "%s: %zu bytes were forecast and %zu measured", what, forecast, measured);
}

/* The network is the only thing in memory. */
static void check_forecast(gra_module *net, gra_shape input)
{
    GRA_ASSERT_NO_ERROR();
    gra_memory_forecast f;
    ck_assert_int_eq(gra_summary_memory(net, input, &f), 0);
    check_near("inference", f.inference, peak_of_inference(net, input));
    gra_optim *const opt = gra_sgd(net, .lr = 0.01);
    peak_of_step(net, opt, input);
    check_near("training", f.training, peak_of_step(net, opt, input));
    gra_free(opt);
    gra_optim *const remembering = gra_sgd(net, .lr = 0.01, .momentum = 0.9);
    peak_of_step(net, remembering, input); /* makes the memory, at its end */
    check_near("momentum", f.momentum, peak_of_step(net, remembering, input));
    gra_free(remembering, net);
}

GRA_TEST(the_forecast_for_lenet5_is_what_is_measured)
{
    check_forecast(gra_lenet5(), GRA_SHAPE(64, 1, 28, 28));
}

GRA_TEST(the_forecast_for_a_narrow_vgg_is_what_is_measured)
{
    check_forecast(gra_vgg(.depth = 11, .width = 0.125, .num_classes = 10),
                   GRA_SHAPE(4, 3, 32, 32));
    check_forecast(gra_vgg(.depth = 11, .width = 0.125, .num_classes = 10, .batch_norm = true),
                   GRA_SHAPE(4, 3, 64, 64));
}

GRA_TEST(the_forecast_for_a_narrow_alexnet_is_what_is_measured)
{
    check_forecast(gra_alexnet(.width = 0.2, .num_classes = 10), GRA_SHAPE(8, 3, 99, 99));
    check_forecast(gra_alexnet(.width = 0.1, .num_classes = 10, .variant = GRA_ALEXNET_TWO_TOWERS),
                   GRA_SHAPE(2, 3, 227, 227));
}

GRA_TEST(float64_takes_twice_as_much)
{
    gra_module *const net = gra_sequential(gra_nn_linear(100, 200), gra_nn_relu());
    gra_memory_forecast single, twice;
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(5000, 100), &single), 0);
    gra_module_to(net, GRA_FLOAT64);
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(5000, 100), &twice), 0);
    check_near("inference", twice.inference, 2 * single.inference);
    check_near("training", twice.training, 2 * single.training);
    gra_free(net);
}

GRA_TEST(an_input_that_no_machine_holds_has_a_forecast)
{
    gra_module *const net = gra_sequential(gra_nn_conv2d(3, 64, 3, .padding = 1), gra_nn_relu(),
                                           gra_nn_flatten(), gra_nn_linear(64 * 32 * 32, 10));
    gra_memory_forecast f;
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(10000000, 3, 32, 32), &f), 0);
    const size_t images = (size_t)10000000 * 3 * 32 * 32 * sizeof(float);
    ck_assert_uint_gt(f.inference, images / 3 * 64);
    ck_assert_uint_gt(f.training, f.inference);
    gra_free(net);
}

/* ---- no trace ---- */

static bool hook_ran;

static gra_tensor *hook(gra_tensor *grad, void *context)
{
    (void)context;
    hook_ran = true;
    return grad;
}

GRA_TEST(a_forecast_allocates_nothing_and_changes_nothing)
{
    gra_module *const net = gra_sequential(
        gra_nn_conv2d(3, 16, 3), gra_nn_batch_norm2d(16), gra_nn_relu(), gra_nn_max_pool2d(2),
        gra_nn_dropout(), gra_nn_flatten(), gra_nn_linear(16 * 9 * 9, 10));
    gra_tensor *const weight = gra_module_parameter(net, "0.weight");
    gra_tensor *const mean = gra_module_buffer(net, "1.running_mean");
    gra_backward(gra_sum(gra_forward(net, gra_rand(GRA_SHAPE(2, 3, 20, 20)))));
    const int id = gra_tensor_hook(weight, hook, NULL);
    gra_tensor *const grad = gra_tensor_grad(weight);
    gra_tensor *const before[] = {gra_clone(grad), gra_clone(mean), gra_clone(weight)};
    gra_memory_forecast f;
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(64, 3, 20, 20), &f), 0); /* caches blocks */
    gra_manual_seed(3);
    const double expected = gra_item(gra_rand(GRA_SHAPE(1)));
    gra_manual_seed(3);

    gra_memory_reset_peak();
    const gra_memory was = gra_memory_stats();
    const int64_t live = gra_live();
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(1024, 3, 20, 20), &f), 0);
    const gra_memory is = gra_memory_stats();
    ck_assert_uint_gt(f.training, 20000000);
    ck_assert_uint_eq(is.allocated, was.allocated);
    ck_assert_uint_lt(is.peak, was.peak + 65536); /* handles and nodes */
    ck_assert_int_eq(gra_live(), live);

    ck_assert_double_eq(gra_item(gra_rand(GRA_SHAPE(1))), expected);
    ck_assert_ptr_eq(gra_tensor_grad(weight), grad);
    ck_assert(gra_item(gra_all(gra_eq(grad, before[0]))));
    ck_assert(gra_item(gra_all(gra_eq(mean, before[1]))));
    ck_assert(gra_item(gra_all(gra_eq(weight, before[2]))));
    ck_assert(gra_is_training(net) && !hook_ran && gra_grad_enabled());
    gra_remove_hook(weight, id);
    gra_free(net);
}

GRA_TEST(a_forecast_does_not_move_what_an_optimizer_with_fused_backward_moves)
{
    gra_module *const net = gra_sequential(gra_nn_linear(4, 3));
    gra_optim *const opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9, .fused_backward = true);
    gra_tensor *const weight = gra_module_parameter(net, "0.weight"), *const x =
                                                                          gra_ones(GRA_SHAPE(2, 4));
    gra_memory_forecast f;
    gra_tensor *const before = gra_clone(weight);
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(2, 4), &f), 0);
    ck_assert(gra_item(gra_all(gra_eq(weight, before))));
    gra_backward(gra_sum(gra_forward(net, x))); /* it is still there, and its step begins here */
    ck_assert(!gra_item(gra_all(gra_eq(weight, before))));
    ck_assert_int_eq(gra_step(opt), 0);
    gra_free(opt, net);
}

/* ---- ops and modules that do not know of dry runs ---- */

static void negative_forward(gra_call *c)
{
    gra_tensor *const x = gra_contiguous(c->in[0]), *const y = gra_empty_like(x);
    const float *const from = gra_tensor_data(x);
    float *const to = gra_tensor_data(y);
    for (int64_t i = 0; y && i < gra_tensor_numel(y); i++)
        to[i] = -from[i];
    c->out[0] = y;
}

static const gra_op negative = {.schema = "negative(Tensor x) -> Tensor",
                                .forward = negative_forward};

static gra_tensor *kept;

/* Reads and writes its input's numbers, and keeps its result. */
static gra_tensor *careless_forward(gra_module *self, gra_tensor *x)
{
    (void)self;
    gra_tensor *const y = gra_apply(&negative, &x, 1, NULL);
    gra_free(kept);
    kept = gra_keep(y);
    return y;
}

static const gra_module_class careless_class = {.name = "Careless", .forward = careless_forward};

GRA_TEST(an_op_that_computes_during_a_dry_run_does_no_harm)
{
    gra_module *const net = gra_sequential(gra_nn_linear(8, 8), gra_module_new(&careless_class, 0));
    gra_memory_forecast f;
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(100000, 8), &f), 0);
    ck_assert_uint_ge(f.inference, (size_t)3 * 100000 * 8 * sizeof(float));
    ck_assert_uint_eq(f.training, 0); /* as negative has no rule */
    ck_assert_uint_eq(f.momentum, 0);

    ck_assert_ptr_nonnull(kept); /* means nothing, and can be read and written */
    float *const numbers = gra_tensor_data(kept);
    numbers[100000 * 8 - 1] = numbers[0];
    gra_forward(net, gra_ones(GRA_SHAPE(2, 8)));
    GRA_ASSERT_SHAPE(kept, 2, 8);
    gra_free(kept, net);
    kept = NULL;
}

GRA_TEST(indices_of_a_dry_run_are_not_looked_at)
{
    ck_assert(gra__dry_run_begin());
    const int mark = gra_mark();
    gra_tensor *const x = gra_rand(GRA_SHAPE(3, 4), .requires_grad = true);
    gra_tensor *const index = gra_empty(GRA_SHAPE(5), .dtype = GRA_INT64);
    ((int64_t *)gra_tensor_data(index))[0] = 1000000; /* as a careless op may leave it */
    gra_backward(gra_sum(gra_index_select(x, 0, index)));
    gra_backward(gra_sum(gra_gather(x, 1, gra_expand(index, GRA_SHAPE(2, 5)))));
    GRA_ASSERT_SHAPE(gra_one_hot(index, 10), 5, 10);
    gra_backward(gra_cross_entropy(gra_rand(GRA_SHAPE(5, 4), .requires_grad = true), index));
    gra_argmax(x);
    gra_prod(x);
    gra_release(mark);
    ck_assert_uint_gt(gra__dry_run_end(), 3 * 4 * sizeof(float));
    GRA_ASSERT_NO_ERROR();
}

GRA_TEST(a_network_without_parameters_can_only_infer)
{
    gra_module *const net = gra_sequential(gra_nn_relu(), gra_nn_avg_pool2d(2));
    gra_memory_forecast f;
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(16, 4, 64, 64), &f), 0);
    ck_assert_uint_eq(f.parameters, 0);
    ck_assert_uint_ge(f.inference, (size_t)2 * 16 * 4 * 64 * 64 * sizeof(float));
    ck_assert_uint_eq(f.training, 0);
    gra_free(net);
}

/* ---- mistakes ---- */

GRA_TEST(mistakes_are_reported_and_leave_the_network_as_it_was)
{
    gra_module *const net = gra_sequential(gra_nn_linear(2, 2));
    gra_memory_forecast f;
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(1, 3), &f), -1);
    GRA_ASSERT_ERROR("linear: input of shape [1, 3] has 3 features, weight of shape [2, 2] expects "
                     "2 (in module 0)");
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE((int64_t)1 << 62, 2), &f), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "gra_zeros: "));
    gra_clear_error();
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE((int64_t)1 << 55, 2), &f), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(),
                                 "out of memory for a tensor of shape [36028797018963968, 2]: "
                                 "288230376151711744 bytes were asked for while "));
    gra_clear_error();
    ck_assert_int_eq(gra_summary_memory(NULL, GRA_SHAPE(1, 2), &f), -1);
    GRA_ASSERT_ERROR("gra_summary_memory: the module is NULL");
    ck_assert_int_eq(gra_summary_memory(net, GRA_SHAPE(1, 2), NULL), -1);
    GRA_ASSERT_ERROR("gra_summary_memory: the pointer to the forecast is NULL");
    ck_assert(gra_is_training(net) && gra_grad_enabled() && !gra__dry_run());
    gra_free(net);
}

GRA_TEST(a_dry_run_inside_of_another_is_refused)
{
    ck_assert(gra__dry_run_begin());
    ck_assert(!gra__dry_run_begin());
    GRA_ASSERT_ERROR("dry run: one is under way on this thread already");
    ck_assert(gra__dry_run());
    ck_assert_uint_eq(gra__dry_run_end(), 0);
    ck_assert(!gra__dry_run());
}

static void *compute(void *context)
{
    gra_tensor *const x = gra_full(GRA_SHAPE(300, 300), 2);
    *(double *)context = gra_item(gra_sum(gra_square(x)));
    return NULL;
}

GRA_TEST(other_threads_compute_during_a_dry_run)
{
    pthread_t thread;
    double sum = 0;
    ck_assert(gra__dry_run_begin());
    ck_assert_int_eq(pthread_create(&thread, NULL, compute, &sum), 0);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(gra__dry_run_end(), 0);
    ck_assert_double_eq(sum, 4 * 300 * 300);
}

GRA_TEST_MAIN("forecast", the_forecast_for_lenet5_is_what_is_measured,
              the_forecast_for_a_narrow_vgg_is_what_is_measured,
              the_forecast_for_a_narrow_alexnet_is_what_is_measured, float64_takes_twice_as_much,
              an_input_that_no_machine_holds_has_a_forecast,
              a_forecast_allocates_nothing_and_changes_nothing,
              a_forecast_does_not_move_what_an_optimizer_with_fused_backward_moves,
              an_op_that_computes_during_a_dry_run_does_no_harm,
              indices_of_a_dry_run_are_not_looked_at, a_network_without_parameters_can_only_infer,
              mistakes_are_reported_and_leave_the_network_as_it_was,
              a_dry_run_inside_of_another_is_refused, other_threads_compute_during_a_dry_run)
