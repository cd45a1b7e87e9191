/* test_epoch.c - a pass over a data set: what it adds up, what it leaves alone, what it refuses. */
#include "gradus.h"

#include "../support/test.h"

/* Five classes' logits are the input itself, so that each number can be worked out by hand. */
static gra_module *as_it_is(void)
{
    return gra_sequential(gra_nn_flatten());
}

/* Six examples of seven classes. The right class is the first, the second, ... largest logit. */
static gra_data *ranked(int64_t batch)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(6, 7)), *const y = gra_zeros(GRA_SHAPE(6), GRA_INT64);
    float *const logits = gra_tensor_data(x);
    for (int i = 0; i < 6; i++)
        for (int j = 1; j < 7; j++)
            logits[7 * i + j] = j <= i ? 1 : -1;
    return gra_loader(gra_tensor_dataset(x, y), .batch = batch);
}

GRA_TEST(evaluate_counts_the_first_and_the_first_five_over_unequal_batches)
{
    gra_module *const net = as_it_is();
    gra_data *const data = ranked(4);
    const gra_epoch e = gra_evaluate(net, data);
    double expected = 0;
    for (int i = 0; i < 6; i++)
        expected += log(1 + i * exp(1) + (6 - i) * exp(-1)) / 6;
    ck_assert_int_eq(e.examples, 6);
    ck_assert_double_eq_tol(e.loss, expected, 1e-6);
    ck_assert_double_eq_tol(e.top1, 1.0 / 6, 1e-12);
    ck_assert_double_eq_tol(e.top5, 5.0 / 6, 1e-12);
    ck_assert(e.seconds > 0 && e.data_seconds >= 0 && e.data_seconds <= e.seconds);
    gra_free(net, data);
}

GRA_TEST(evaluate_averages_the_probabilities_of_views)
{
    /* Two views of one image: 3 to 1 for class 0, and 1 to 7 for it: 3/4 + 1/8 against 1/4 + 7/8. */
    gra_tensor *const x = gra_reshape(gra_vector(log(3), 0, 0, log(7)), GRA_SHAPE(1, 2, 2, 1, 1));
    gra_data *const data = gra_loader(gra_tensor_dataset(x, gra_zeros(GRA_SHAPE(1), GRA_INT64)));
    gra_module *const net = as_it_is();
    const gra_epoch e = gra_evaluate(net, data);
    ck_assert_double_eq_tol(e.loss, -log((3.0 / 4 + 1.0 / 8) / 2), 1e-6);
    ck_assert_double_eq(e.top1, 0);
    gra_free(net, data);
}

GRA_TEST(evaluate_records_nothing_and_leaves_the_mode_alone)
{
    gra_module *const net = gra_sequential(gra_nn_flatten(), gra_nn_linear(7, 7), gra_nn_dropout());
    gra_data *const data = ranked(6);
    const gra_epoch a = gra_evaluate(net, data), b = gra_evaluate(net, data);
    ck_assert_double_eq(a.loss, b.loss);
    ck_assert(gra_is_training(net) && gra_grad_enabled());
    ck_assert_ptr_null(gra_tensor_grad(gra_module_parameter(net, "1.weight")));
    gra_eval(net);
    gra_evaluate(net, data);
    ck_assert(!gra_is_training(net));
    gra_free(net, data);
}

GRA_TEST(evaluate_leaves_the_mode_of_each_part_alone_also_where_it_fails)
{
    gra_module *const frozen = gra_nn_linear(7, 7), *const rest = gra_nn_dropout();
    gra_module *const net = gra_sequential(gra_nn_flatten(), gra_sequential(frozen, rest));
    gra_data *const data = ranked(6);
    gra_eval(frozen);
    gra_evaluate(net, data);
    ck_assert(gra_is_training(net) && !gra_is_training(frozen) && gra_is_training(rest));
    gra_module *const other = gra_nn_linear(3, 7);
    gra_module *const wrong = gra_eval(gra_sequential(gra_nn_flatten(), other));
    gra_train(other);
    ck_assert(isnan(gra_evaluate(wrong, data).loss));
    ck_assert(gra_error() && gra_grad_enabled());
    gra_clear_error();
    ck_assert(gra_is_training(other) && !gra_is_training(wrong));
    gra_free(net, wrong, data);
}

GRA_TEST(train_epoch_takes_the_steps_of_the_loop_by_hand)
{
    gra_module *const net = gra_nn_linear(7, 7), *const twin = gra_nn_linear(7, 7);
    gra_copy_(gra_detach(gra_module_parameter(twin, "weight")),
              gra_module_parameter(net, "weight"));
    gra_copy_(gra_detach(gra_module_parameter(twin, "bias")), gra_module_parameter(net, "bias"));
    gra_data *const data = ranked(4), *const same = ranked(4);
    gra_optim *const opt = gra_sgd(net, .lr = 0.5, .momentum = 0.9);
    gra_optim *const by_hand = gra_sgd(twin, .lr = 0.5, .momentum = 0.9);
    gra_scheduler *const plan = gra_step_lr(opt, 1, .gamma = 0.5);
    gra_scheduler *const its_plan = gra_step_lr(by_hand, 1, .gamma = 0.5);
    const gra_epoch e = gra_train_epoch(net, data, opt, .scheduler = plan);
    gra_tensor *x, *y;
    double loss = 0;
    while (gra_data_next(same, &x, &y)) {
        gra_tensor *const l = gra_cross_entropy(gra_forward(twin, x), y);
        gra_zero_grad(by_hand);
        gra_backward(l);
        gra_step(by_hand);
        gra_scheduler_step(its_plan);
        loss += gra_item(l) * (double)gra_tensor_size(y, 0) / 6;
    }
    ck_assert_double_eq_tol(e.loss, loss, 1e-12);
    GRA_ASSERT_CLOSE(gra_max(gra_abs(gra_sub(gra_module_parameter(net, "weight"),
                                             gra_module_parameter(twin, "weight")))),
                     (double[]){0}, 1, 0, 0);
    gra_free(plan, its_plan, opt, by_hand, data, same, net, twin);
}

GRA_TEST(train_epoch_stops_after_some_steps_and_goes_on_from_there)
{
    gra_module *const net = gra_nn_linear(7, 7);
    gra_data *const data = ranked(2);
    gra_optim *const opt = gra_sgd(net);
    ck_assert_int_eq(gra_train_epoch(net, data, opt, .steps = 2).examples, 4);
    ck_assert_int_eq(gra_train_epoch(net, data, opt).examples, 2);
    ck_assert_int_eq(gra_evaluate(net, data, .steps = 1).examples, 2);
    ck_assert_int_eq(gra_evaluate(net, data).examples, 6);
    gra_free(opt, data, net);
}

GRA_TEST(a_pass_takes_another_loss)
{
    gra_module *const net = as_it_is(), *const loss = gra_nn_multi_margin_loss();
    gra_data *const data = ranked(6);
    gra_tensor *x, *y;
    gra_data_next(data, &x, &y);
    ck_assert_double_eq_tol(gra_evaluate(net, data, .loss = loss).loss,
                            gra_item(gra_loss(loss, x, y)), 1e-12);
    gra_free(net, loss, data);
}

static void assert_nothing(gra_epoch e, const char *message)
{
    ck_assert(isnan(e.loss) && isnan(e.top1) && isnan(e.top5));
    ck_assert_int_eq(e.examples, 0);
    GRA_ASSERT_ERROR(message);
}

GRA_TEST(a_pass_says_what_is_missing)
{
    gra_module *const net = gra_nn_linear(7, 7);
    gra_data *const data = ranked(2);
    assert_nothing(gra_evaluate(NULL, data), "gra_evaluate: module is NULL");
    assert_nothing(gra_evaluate(net, NULL), "gra_evaluate: data is NULL");
    assert_nothing(gra_train_epoch(net, data), "gra_train_epoch: optim is NULL");
    assert_nothing(gra_evaluate(net, data, .steps = -1),
                   "gra_evaluate: steps is -1; 0 for the whole epoch, or more, is needed");
    gra_free(net, data);
}

GRA_TEST(a_failing_batch_ends_the_pass_with_its_error)
{
    gra_module *const net = gra_nn_linear(3, 7);
    gra_data *const data = ranked(2);
    const gra_epoch e = gra_evaluate(net, data);
    ck_assert(isnan(e.loss) && gra_is_training(net) && gra_grad_enabled());
    ck_assert_ptr_nonnull(strstr(gra_error(), "linear"));
    gra_clear_error();
    gra_free(net, data);
}

GRA_TEST_MAIN("epoch", evaluate_counts_the_first_and_the_first_five_over_unequal_batches,
              evaluate_averages_the_probabilities_of_views,
              evaluate_records_nothing_and_leaves_the_mode_alone,
              evaluate_leaves_the_mode_of_each_part_alone_also_where_it_fails,
              train_epoch_takes_the_steps_of_the_loop_by_hand,
              train_epoch_stops_after_some_steps_and_goes_on_from_there, a_pass_takes_another_loss,
              a_pass_says_what_is_missing, a_failing_batch_ends_the_pass_with_its_error)
