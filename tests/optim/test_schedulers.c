/* test_schedulers.c - learning rates by plan. The sequences were recorded from PyTorch 2.13. */
#include "scheduler_cases.h"

#include "../support/test.h"

static gra_optim *optim(double lr)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    return gra_sgd(.tensors = &p, .count = 1, .lr = lr);
}

GRA_TEST(plans_give_pytorchs_rates)
{
    gra_tensor_file *const file =
        gra_tensor_file_open(GRA_RECORDED "/../../optim/recorded.safetensors");
    for (int i = 0; i < SCHEDULER_CASE_COUNT; i++) {
        const scheduler_case *const c = &scheduler_cases[i];
        char name[64];
        double got[SCHEDULER_STEPS + 1][3];
        snprintf(name, sizeof name, "plans.%s", c->name);
        ck_assert_msg(scheduler_case_run(c, got), "%s: %s", c->name, gra_error());
        const double(*const expected)[3] = gra_tensor_data(gra_tensor_file_get(file, name));
        GRA_ASSERT_NO_ERROR();
        for (int t = 0; t <= SCHEDULER_STEPS; t++)
            for (int k = 0; k < 3; k++)
                ck_assert_msg(fabs(got[t][k] - expected[t][k]) <= 1e-15 + 1e-13 * expected[t][k],
                              "%s: number %d after step %d is %.17g, expected %.17g", c->name, k, t,
                              got[t][k], expected[t][k]);
    }
    gra_free(file);
}

GRA_TEST(plans_can_be_combined_and_rates_set_in_between)
{
    gra_optim *const opt = optim(1);
    gra_scheduler *const halve = gra_step_lr(opt, 1, .gamma = 0.5);
    const int64_t milestone = 2;
    gra_scheduler *const tenth = gra_multi_step_lr(opt, &milestone, 1);
    gra_scheduler_step(halve);
    gra_scheduler_step(tenth);
    gra_optim_set_lr(opt, 8);
    gra_scheduler_step(halve);
    gra_scheduler_step(tenth);
    ck_assert_double_eq_tol(gra_optim_lr(opt), 0.4, 1e-15);
    gra_free(opt, halve, tenth);
}

GRA_TEST(an_optimizer_may_be_freed_before_its_plan)
{
    gra_optim *const opt = optim(1);
    gra_scheduler *const plan = gra_step_lr(opt, 1);
    gra_free(opt);
    ck_assert_int_eq(gra_scheduler_step(plan), 0);
    gra_free(plan);
}

GRA_TEST(schedulers_reject_bad_plans)
{
    gra_optim *const opt = optim(1);
    const int64_t milestone = 2;
    GRA_ASSERT_REJECTED(gra_step_lr(opt, 0),
                        "gra_step_lr: step_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_step_lr(opt, 1, .gamma = -1),
                        "gra_step_lr: gamma -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_step_lr(NULL, 1), "gra_step_lr: the optimizer is NULL");
    GRA_ASSERT_REJECTED(gra_multi_step_lr(opt, &milestone, 0),
                        "gra_multi_step_lr: count 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_multi_step_lr(opt, NULL, 1),
                        "gra_multi_step_lr: milestones is NULL; 1 numbers of steps are needed");
    GRA_ASSERT_REJECTED(gra_multi_step_lr(NULL, &milestone, 1),
                        "gra_multi_step_lr: the optimizer is NULL");
    GRA_ASSERT_REJECTED(gra_cosine_annealing_lr(opt, -3),
                        "gra_cosine_annealing_lr: t_max -3 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_cosine_annealing_lr(opt, 3, .eta_min = NAN),
        "gra_cosine_annealing_lr: eta_min nan is out of range; a number of at least 0 is "
        "needed");
    ck_assert_int_eq(gra_scheduler_step(NULL), -1);
    GRA_ASSERT_ERROR("gra_scheduler_step: the scheduler is NULL");
    gra_free(opt);
}

GRA_TEST(warm_ups_and_polynomials_reject_bad_plans)
{
    gra_optim *const opt = optim(1);
    GRA_ASSERT_REJECTED(
        gra_exponential_lr(opt, -1),
        "gra_exponential_lr: gamma -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(
        gra_constant_lr(opt, 0),
        "gra_constant_lr: factor 0 is out of range; a number above 0 and up to 1 is "
        "needed");
    GRA_ASSERT_REJECTED(gra_constant_lr(opt, .total_iters = 0),
                        "gra_constant_lr: total_iters 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_linear_lr(opt, 1.5),
        "gra_linear_lr: start_factor 1.5 is out of range; a number above 0 and up to 1 "
        "is needed");
    GRA_ASSERT_REJECTED(gra_linear_lr(opt, .end_factor = -0.5),
                        "gra_linear_lr: end_factor -0.5 is out of range; a number from 0 to 1 is "
                        "needed");
    GRA_ASSERT_REJECTED(gra_linear_lr(opt, .total_iters = -1),
                        "gra_linear_lr: total_iters -1 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_polynomial_lr(opt, 0),
                        "gra_polynomial_lr: total_iters 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_polynomial_lr(opt, .power = NAN),
                        "gra_polynomial_lr: power nan is out of range; a number of at least 0 is "
                        "needed");
    GRA_ASSERT_REJECTED(gra_cosine_annealing_warm_restarts(opt, 0),
                        "gra_cosine_annealing_warm_restarts: t_0 0 is out of range; at least 1 is "
                        "needed");
    GRA_ASSERT_REJECTED(
        gra_cosine_annealing_warm_restarts(opt, 1, .t_mult = 0),
        "gra_cosine_annealing_warm_restarts: t_mult 0 is out of range; at least 1 is "
        "needed");
    GRA_ASSERT_REJECTED(
        gra_cosine_annealing_warm_restarts(opt, 1, .eta_min = -1),
        "gra_cosine_annealing_warm_restarts: eta_min -1 is out of range; a number of at "
        "least 0 is needed");
    GRA_ASSERT_REJECTED(gra_lambda_lr(opt, NULL), "gra_lambda_lr: lr_lambda is NULL");
    ck_assert_double_eq(gra_optim_lr(opt), 1);
    gra_free(opt);
}

GRA_TEST(one_cycle_rejects_bad_plans)
{
    gra_optim *const opt = optim(1);
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_optim *const plain = gra_adagrad(.tensors = &p, .count = 1);
    GRA_ASSERT_REJECTED(gra_one_cycle_lr(opt, 1, 0),
                        "gra_one_cycle_lr: total_steps 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_one_cycle_lr(opt, -1, 9),
                        "gra_one_cycle_lr: max_lr -1 is out of range; a number above 0 is needed");
    GRA_ASSERT_REJECTED(gra_one_cycle_lr(opt, .total_steps = 9),
                        "gra_one_cycle_lr: max_lr 0 is out of range; a number above 0 is needed");
    GRA_ASSERT_REJECTED(
        gra_one_cycle_lr(opt, .max_lrs = (double[]){-1}, .total_steps = 9),
        "gra_one_cycle_lr: max_lr -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(
        gra_one_cycle_lr(opt, 1, 9, .pct_start = 2),
        "gra_one_cycle_lr: pct_start 2 is out of range; a number from 0 to 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_one_cycle_lr(opt, 1, 9, .div_factor = 0),
        "gra_one_cycle_lr: div_factor 0 is out of range; a number above 0 is needed");
    GRA_ASSERT_REJECTED(
        gra_one_cycle_lr(opt, 1, 9, .final_div_factor = NAN),
        "gra_one_cycle_lr: final_div_factor nan is out of range; a number above 0 is "
        "needed");
    GRA_ASSERT_REJECTED(gra_one_cycle_lr(opt, 1, 9, .anneal_strategy = (gra_anneal)7),
                        "gra_one_cycle_lr: anneal_strategy 7 is unknown; GRA_ANNEAL_COS or "
                        "GRA_ANNEAL_LINEAR is needed");
    GRA_ASSERT_REJECTED(
        gra_one_cycle_lr(opt, 1, 9, .base_momentum = -1),
        "gra_one_cycle_lr: base_momentum -1 is out of range; a number of at least 0 is "
        "needed");
    GRA_ASSERT_REJECTED(
        gra_one_cycle_lr(opt, 1, 9, .max_momentum = NAN),
        "gra_one_cycle_lr: max_momentum nan is out of range; a number of at least 0 is "
        "needed");
    GRA_ASSERT_REJECTED(gra_one_cycle_lr(plain, 1, 9),
                        "gra_one_cycle_lr: Adagrad has neither momentum nor betas to cycle; give "
                        ".cycle_momentum = false");
    GRA_ASSERT_REJECTED(gra_one_cycle_lr(NULL, 1, 9), "gra_one_cycle_lr: the optimizer is NULL");
    ck_assert_double_eq(gra_optim_lr(opt), 1);
    gra_free(opt, plain);
}

GRA_TEST(one_cycle_ends_after_its_steps)
{
    for (int linear = 0; linear < 2; linear++) {
        gra_optim *const opt = optim(1);
        gra_scheduler *const plan =
            gra_one_cycle_lr(opt, 2.5, 10, .cycle_momentum = false,
                             .anneal_strategy = (gra_anneal)linear, .final_div_factor = 10);
        ck_assert_double_eq_tol(gra_optim_lr(opt), 0.1, 1e-15);
        for (int t = 0; t < 10; t++)
            ck_assert_int_eq(gra_scheduler_step(plan), 0);
        ck_assert_double_eq_tol(gra_optim_lr(opt), 0.01, 1e-15);
        ck_assert_int_eq(gra_scheduler_step(plan), -1);
        GRA_ASSERT_ERROR("gra_one_cycle_lr: the plan has 10 steps, and all of them are taken");
        ck_assert_double_eq_tol(gra_optim_lr(opt), 0.01, 1e-15);
        gra_free(opt, plan);
    }
}

/* Phases without a step in them. */
GRA_TEST(one_cycle_may_be_short)
{
    for (int total = 1; total <= 4; total++)
        for (int third = 0; third <= 4; third++) {
            gra_optim *const opt = optim(1);
            gra_scheduler *const plan =
                gra_one_cycle_lr(opt, 1, total, .pct_start = third / 4.0, .three_phase = third % 2);
            for (int t = 0; t < total; t++) {
                ck_assert_int_eq(gra_scheduler_step(plan), 0);
                ck_assert(gra_optim_lr(opt) > 0 && gra_optim_lr(opt) <= 1);
            }
            gra_free(opt, plan);
        }
}

GRA_TEST(plateau_rejects_bad_plans)
{
    gra_optim *const opt = optim(1);
    const double limits[] = {-1};
    GRA_ASSERT_REJECTED(
        gra_reduce_lr_on_plateau(opt, .factor = 1),
        "gra_reduce_lr_on_plateau: factor 1 is out of range; a number from 0 to below 1 "
        "is needed");
    GRA_ASSERT_REJECTED(
        gra_reduce_lr_on_plateau(opt, .patience = -1),
        "gra_reduce_lr_on_plateau: patience -1 is out of range; a number of at least 0 "
        "is needed");
    GRA_ASSERT_REJECTED(
        gra_reduce_lr_on_plateau(opt, .threshold = NAN),
        "gra_reduce_lr_on_plateau: threshold nan is out of range; a number of at least "
        "0 is needed");
    GRA_ASSERT_REJECTED(
        gra_reduce_lr_on_plateau(opt, .cooldown = -1),
        "gra_reduce_lr_on_plateau: cooldown -1 is out of range; a number of at least 0 "
        "is needed");
    GRA_ASSERT_REJECTED(
        gra_reduce_lr_on_plateau(opt, .eps = -1),
        "gra_reduce_lr_on_plateau: eps -1 is out of range; a number of at least 0 is "
        "needed");
    GRA_ASSERT_REJECTED(
        gra_reduce_lr_on_plateau(opt, .min_lrs = limits),
        "gra_reduce_lr_on_plateau: min_lr -1 is out of range; a number of at least 0 is "
        "needed");
    GRA_ASSERT_REJECTED(gra_reduce_lr_on_plateau(opt, .mode = (gra_plateau_mode)2),
                        "gra_reduce_lr_on_plateau: mode 2 is unknown; GRA_PLATEAU_MIN or "
                        "GRA_PLATEAU_MAX is needed");
    GRA_ASSERT_REJECTED(
        gra_reduce_lr_on_plateau(opt, .threshold_mode = (gra_threshold_mode)2),
        "gra_reduce_lr_on_plateau: threshold_mode 2 is unknown; GRA_THRESHOLD_REL or "
        "GRA_THRESHOLD_ABS is needed");
    gra_scheduler *const plan = gra_reduce_lr_on_plateau(opt), *const other = gra_step_lr(opt, 1);
    ck_assert_int_eq(gra_scheduler_step(plan), -1);
    GRA_ASSERT_ERROR("gra_scheduler_step: gra_reduce_lr_on_plateau watches a metric; call "
                     "gra_scheduler_step_metric");
    ck_assert_int_eq(gra_scheduler_step_metric(other, 1), -1);
    GRA_ASSERT_ERROR("gra_scheduler_step_metric: only gra_reduce_lr_on_plateau watches a metric; "
                     "call gra_scheduler_step");
    gra_free(opt, plan, other);
}

GRA_TEST(a_metric_of_nan_is_not_better)
{
    gra_optim *const opt = optim(1);
    gra_scheduler *const plan = gra_reduce_lr_on_plateau(opt, .patience = 1);
    for (int t = 0; t < 2; t++)
        ck_assert_int_eq(gra_scheduler_step_metric(plan, NAN), 0);
    ck_assert_double_eq_tol(gra_optim_lr(opt), 0.1, 1e-15);
    gra_free(opt, plan);
}

GRA_TEST(plans_of_plans_take_over_what_they_are_given)
{
    gra_optim *const opt = optim(1), *const other = optim(1);
    GRA_ASSERT_REJECTED(gra_sequential_lr(GRA_MILESTONES(3, 3), gra_step_lr(opt, 1),
                                          gra_step_lr(opt, 1), gra_step_lr(opt, 1)),
                        "gra_sequential_lr: milestones 3 and 3 do not ascend");
    GRA_ASSERT_REJECTED(gra_sequential_lr(GRA_MILESTONES(3), gra_step_lr(opt, 1)),
                        "gra_sequential_lr: 1 milestones are given for 1 schedulers; one less than "
                        "schedulers is needed");
    GRA_ASSERT_REJECTED(
        gra_sequential_lr_of((gra_milestones){NULL, 1},
                             (gra_scheduler *[]){gra_step_lr(opt, 1), gra_step_lr(opt, 1)}, 2),
        "gra_sequential_lr: the list of milestones is NULL");
    GRA_ASSERT_REJECTED(gra_chained_scheduler(gra_step_lr(opt, 1), gra_step_lr(other, 1)),
                        "gra_chained_scheduler: schedulers 0 and 1 have different optimizers");
    GRA_ASSERT_REJECTED(
        gra_chained_scheduler(gra_reduce_lr_on_plateau(opt)),
        "gra_chained_scheduler: scheduler 0 is gra_reduce_lr_on_plateau, which needs a "
        "metric at each step");
    gra_scheduler *plan = gra_step_lr(opt, 1);
    GRA_ASSERT_REJECTED(gra_chained_scheduler(plan, plan),
                        "gra_chained_scheduler: schedulers 0 and 1 are the same");
    GRA_ASSERT_REJECTED(gra_chained_scheduler_of(NULL, 0),
                        "gra_chained_scheduler: there are no schedulers");
    gra_scheduler *const part = gra_step_lr(opt, 1, .gamma = 0.5);
    plan = gra_chained_scheduler(part);
    GRA_ASSERT_REJECTED(gra_chained_scheduler(gra_step_lr(opt, 1), part),
                        "gra_chained_scheduler: scheduler 1 belongs to another plan already");
    GRA_ASSERT_REJECTED(gra_chained_scheduler(gra_step_lr(opt, 0), NULL),
                        "gra_step_lr: step_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_chained_scheduler(NULL), "gra_chained_scheduler: scheduler 0 is NULL");
    gra_scheduler_step(plan);
    ck_assert_double_eq(gra_optim_lr(opt), 0.5);
    gra_free(opt, other, plan);
}

static double failing(int64_t t, int group, void *context)
{
    (void)group, (void)context;
    return t == 2 ? NAN : 1;
}

GRA_TEST(a_step_that_fails_changes_nothing)
{
    gra_optim *const opt = optim(1);
    gra_scheduler *const half = gra_step_lr(opt, 1, .gamma = 0.5),
                         *const plan = gra_chained_scheduler(gra_lambda_lr(opt, failing), half);
    ck_assert_int_eq(gra_scheduler_step(plan), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(gra_scheduler_step(plan), -1);
        GRA_ASSERT_ERROR("gra_lambda_lr: lr nan is out of range; a number of at least 0 is needed");
        ck_assert_double_eq(gra_optim_lr(opt), 0.5);
    }
    gra_free(opt, plan);
}

GRA_TEST(plans_come_after_groups)
{
    gra_optim *const opt = optim(1);
    gra_scheduler *const plan = gra_step_lr(opt, 1);
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_optim_group(opt, .tensors = &p, .count = 1);
    ck_assert_int_eq(gra_scheduler_step(plan), -1);
    GRA_ASSERT_ERROR("gra_scheduler_step: the optimizer has 2 groups, and had 1 when the plan was "
                     "made; make groups before plans");
    ck_assert_double_eq(gra_optim_lr(opt), 1);
    gra_free(opt, plan);
}

/* A plan inside a plan inside a plan begins with each turn. */
GRA_TEST(plans_of_plans_nest)
{
    gra_optim *const opt = optim(1);
    gra_scheduler *const plan =
        gra_sequential_lr(GRA_MILESTONES(2), gra_chained_scheduler(gra_exponential_lr(opt, 0.5)),
                          gra_sequential_lr(GRA_MILESTONES(1), gra_constant_lr(opt, 0.25),
                                            gra_chained_scheduler(gra_exponential_lr(opt, 0.5),
                                                                  gra_constant_lr(opt, 0.5, 1))));
    const double expected[] = {0.5, 0.25, 0.5, 0.5, 0.25};
    for (int t = 0; t < 5; t++) {
        ck_assert_int_eq(gra_scheduler_step(plan), 0);
        ck_assert_msg(fabs(gra_optim_lr(opt) - expected[t]) < 1e-15, "after step %d: %g", t + 1,
                      gra_optim_lr(opt));
    }
    gra_free(opt, plan);
}

/* Follows two plans side by side, frees them and their optimizers. */
static void check_same(gra_optim *first, gra_scheduler *a, gra_optim *second, gra_scheduler *b)
{
    for (int t = 0; t < 12; t++) {
        ck_assert_double_eq(gra_optim_lr(first), gra_optim_lr(second));
        ck_assert_int_eq(gra_scheduler_step(a), 0);
        ck_assert_int_eq(gra_scheduler_step(b), 0);
    }
    gra_free(a, b, first, second);
}

GRA_TEST(the_functions_behind_the_macros_have_the_same_defaults)
{
    gra_optim *o[16];
    for (int i = 0; i < 16; i++)
        o[i] = optim(1);
    gra_step_lr_options step = gra_step_lr_defaults();
    step.optim = o[1];
    step.step_size = 2;
    check_same(o[0], gra_step_lr(o[0], 2), o[1], gra_step_lr_with(step));
    gra_constant_lr_options constant = gra_constant_lr_defaults();
    constant.optim = o[3];
    check_same(o[2], gra_constant_lr(o[2]), o[3], gra_constant_lr_with(constant));
    gra_linear_lr_options linear = gra_linear_lr_defaults();
    linear.optim = o[5];
    check_same(o[4], gra_linear_lr(o[4]), o[5], gra_linear_lr_with(linear));
    gra_polynomial_lr_options polynomial = gra_polynomial_lr_defaults();
    polynomial.optim = o[7];
    check_same(o[6], gra_polynomial_lr(o[6]), o[7], gra_polynomial_lr_with(polynomial));
    gra_cosine_annealing_warm_restarts_options restarts =
        gra_cosine_annealing_warm_restarts_defaults();
    restarts.optim = o[9];
    restarts.t_0 = 4;
    check_same(o[8], gra_cosine_annealing_warm_restarts(o[8], 4), o[9],
               gra_cosine_annealing_warm_restarts_with(restarts));
    gra_one_cycle_lr_options cycle = gra_one_cycle_lr_defaults();
    cycle.optim = o[11];
    cycle.max_lr = 2;
    cycle.total_steps = 12;
    check_same(o[10], gra_one_cycle_lr(o[10], 2, 12), o[11], gra_one_cycle_lr_with(cycle));
    gra_exponential_lr_options exponential = gra_exponential_lr_defaults();
    exponential.optim = o[13];
    exponential.gamma = 0.5;
    check_same(o[12], gra_exponential_lr(o[12], 0.5), o[13], gra_exponential_lr_with(exponential));
    gra_reduce_lr_on_plateau_options plateau = gra_reduce_lr_on_plateau_defaults();
    plateau.optim = o[15];
    gra_scheduler *const a = gra_reduce_lr_on_plateau(o[14]), *const b =
                                                                  gra_reduce_lr_on_plateau_with(
                                                                      plateau);
    for (int t = 0; t < 30; t++) {
        gra_scheduler_step_metric(a, 1);
        gra_scheduler_step_metric(b, 1);
        ck_assert_double_eq(gra_optim_lr(o[14]), gra_optim_lr(o[15]));
    }
    gra_free(a, b, o[14], o[15]);
}

GRA_TEST(a_plan_waits_while_an_error_is_pending)
{
    gra_optim *const opt = optim(1);
    gra_scheduler *const plan = gra_step_lr(opt, 1);
    gra_fail("pending");
    ck_assert_int_eq(gra_scheduler_step(plan), -1);
    ck_assert_ptr_null(gra_step_lr(opt, 1));
    GRA_ASSERT_ERROR("pending");
    ck_assert_double_eq(gra_optim_lr(opt), 1);
    gra_free(opt, plan);
}

GRA_TEST_MAIN("schedulers", plans_give_pytorchs_rates,
              plans_can_be_combined_and_rates_set_in_between,
              an_optimizer_may_be_freed_before_its_plan, schedulers_reject_bad_plans,
              warm_ups_and_polynomials_reject_bad_plans, one_cycle_rejects_bad_plans,
              one_cycle_ends_after_its_steps, one_cycle_may_be_short, plateau_rejects_bad_plans,
              a_metric_of_nan_is_not_better, plans_of_plans_take_over_what_they_are_given,
              a_step_that_fails_changes_nothing, plans_come_after_groups, plans_of_plans_nest,
              the_functions_behind_the_macros_have_the_same_defaults,
              a_plan_waits_while_an_error_is_pending)
