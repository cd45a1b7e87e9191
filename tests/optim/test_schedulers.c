/* test_schedulers.c - learning rates by plan. The sequences were recorded from PyTorch 2.13. */
#include "gradus.h"

#include "../support/test.h"

static gra_optim *optim(double lr)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    return gra_sgd(.tensors = &p, .count = 1, .lr = lr);
}

/* Steps a plan and compares the rates after each step; frees both. */
static void check_rates(gra_optim *opt, gra_scheduler *plan, const double *expected, int count)
{
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(gra_scheduler_step(plan), 0);
        ck_assert_msg(fabs(gra_optim_lr(opt) - expected[i]) < 1e-15,
                      "after step %d the rate is %.17g, expected %.17g", i + 1, gra_optim_lr(opt),
                      expected[i]);
    }
    gra_free(opt, plan);
}

GRA_TEST(step_lr_multiplies_every_few_steps)
{
    gra_optim *const opt = optim(0.1);
    const double expected[] = {0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125, 0.0125};
    check_rates(opt, gra_step_lr(opt, 3, .gamma = 0.5), expected, 10);
}

GRA_TEST(multi_step_lr_multiplies_at_its_milestones)
{
    gra_optim *const opt = optim(0.1);
    const int64_t milestones[] = {2, 5, 5};
    const double expected[] = {0.1, 0.01, 0.01, 0.01, 0.0001, 0.0001, 0.0001};
    check_rates(opt, gra_multi_step_lr(opt, milestones, 3), expected, 7);
}

GRA_TEST(cosine_annealing_goes_down_and_up_again)
{
    gra_optim *opt = optim(0.1);
    const double expected[] = {
        0.08681980515339464,  0.05500000000000001, 0.023180194846605363, 0.01,
        0.023180194846605363, 0.05500000000000002, 0.08681980515339469,  0.10000000000000006,
        0.0868198051533947,   0.05500000000000005, 0.023180194846605412, 0.01,
        0.023180194846605363};
    check_rates(opt, gra_cosine_annealing_lr(opt, 4, .eta_min = 0.01), expected, 13);
    const double shortest[] = {0.01, 0.1, 0.01, 0.1, 0.01};
    opt = optim(0.1);
    check_rates(opt, gra_cosine_annealing_lr(opt, 1, .eta_min = 0.01), shortest, 5);
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

#define ASSERT_REJECTED(plan, text)                                                                \
    do {                                                                                           \
        ck_assert_ptr_null(plan);                                                                  \
        GRA_ASSERT_ERROR(text);                                                                    \
    } while (0)

GRA_TEST(schedulers_reject_bad_plans)
{
    gra_optim *const opt = optim(1);
    const int64_t milestone = 2;
    ASSERT_REJECTED(gra_step_lr(opt, 0),
                    "gra_step_lr: step_size 0 is out of range; at least 1 is needed");
    ASSERT_REJECTED(gra_step_lr(opt, 1, .gamma = -1),
                    "gra_step_lr: gamma -1 is out of range; a number of at least 0 is needed");
    ASSERT_REJECTED(gra_step_lr(NULL, 1), "gra_step_lr: the optimizer is NULL");
    ASSERT_REJECTED(gra_multi_step_lr(opt, &milestone, 0),
                    "gra_multi_step_lr: count 0 is out of range; at least 1 is needed");
    ASSERT_REJECTED(gra_multi_step_lr(opt, NULL, 1),
                    "gra_multi_step_lr: milestones is NULL; 1 numbers of steps are needed");
    ASSERT_REJECTED(gra_multi_step_lr(NULL, &milestone, 1),
                    "gra_multi_step_lr: the optimizer is NULL");
    ASSERT_REJECTED(gra_cosine_annealing_lr(opt, -3),
                    "gra_cosine_annealing_lr: t_max -3 is out of range; at least 1 is needed");
    ASSERT_REJECTED(
        gra_cosine_annealing_lr(opt, 3, .eta_min = NAN),
        "gra_cosine_annealing_lr: eta_min nan is out of range; a number of at least 0 is "
        "needed");
    ck_assert_int_eq(gra_scheduler_step(NULL), -1);
    GRA_ASSERT_ERROR("gra_scheduler_step: the scheduler is NULL");
    gra_free(opt);
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

GRA_TEST_MAIN("schedulers", step_lr_multiplies_every_few_steps,
              multi_step_lr_multiplies_at_its_milestones, cosine_annealing_goes_down_and_up_again,
              plans_can_be_combined_and_rates_set_in_between,
              an_optimizer_may_be_freed_before_its_plan, schedulers_reject_bad_plans,
              a_plan_waits_while_an_error_is_pending)
