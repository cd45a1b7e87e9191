/* test_recipes.c - the papers' recipe of AlexNet and VGG: steps by the formulas of PyTorch's SGD with groups, and
 * rates that fall on a plateau. */
#include "gradus.h"

#include "../../support/test.h"

enum { MOST = 40 };

static const double LR = 0.01, MOMENTUM = 0.9, DECAY = 5e-4;

/* What PyTorch's SGD has for a parameter, in float64: p, its buffer, and the decay of its group. */
typedef struct expected {
    gra_tensor *p[MOST], *buffer[MOST];
    double decay[MOST];
    int count;
} expected;

static int begin(const char *name, gra_tensor *p, void *context)
{
    expected *const e = context;
    const char *const dot = strrchr(name, '.');
    e->p[e->count] = gra_to(gra_detach(gra_clone(p)), GRA_FLOAT64);
    e->decay[e->count++] = strcmp(dot, ".bias") == 0 ? 0 : DECAY;
    return e->count == MOST;
}

/* buffer <- momentum buffer + (g + decay p), p <- p - lr buffer; then compares. */
static int follow(const char *name, gra_tensor *p, void *context)
{
    expected *const e = context;
    const int i = e->count++;
    gra_tensor *const g =
        gra_add(gra_to(gra_tensor_grad(p), GRA_FLOAT64), gra_mul_scalar(e->p[i], e->decay[i]));
    e->buffer[i] = e->buffer[i] ? gra_add(gra_mul_scalar(e->buffer[i], MOMENTUM), g) : g;
    e->p[i] = gra_sub(e->p[i], gra_mul_scalar(e->buffer[i], LR));
    const double off =
        gra_item(gra_max(gra_abs(gra_sub(gra_to(gra_detach(p), GRA_FLOAT64), e->p[i]))));
    ck_assert_msg(off < 1e-6, "%s is off by %g", name, off);
    return 0;
}

static void check_steps(gra_module *net, int64_t size)
{
    expected e = {.count = 0};
    gra_optim *const opt = gra_sgd(net, .lr = LR, .momentum = MOMENTUM, .weight_decay = DECAY);
    ck_assert_int_eq(gra_optim_group(opt, "*bias", .weight_decay = 0), 1);
    ck_assert_int_eq(gra_module_named_parameters(net, begin, &e), 0);
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 3, size, size)), *const y = gra_arange(0, 2, 1);
    for (int step = 0; step < 3; step++) {
        gra_zero_grad(opt);
        ck_assert_int_eq(gra_backward(gra_cross_entropy(gra_forward(net, x), y)), 0);
        ck_assert_int_eq(gra_step(opt), 0);
        e.count = 0;
        gra_module_named_parameters(net, follow, &e);
    }
    gra_free(opt, net);
}

GRA_TEST(steps_of_the_two_towers_are_pytorchs)
{
    gra_manual_seed(1);
    check_steps(gra_alexnet(.variant = GRA_ALEXNET_TWO_TOWERS, .num_classes = 5, .width = 0.1),
                227);
}

GRA_TEST(steps_of_vgg16_are_pytorchs)
{
    gra_manual_seed(1);
    check_steps(
        gra_vgg(.init = GRA_VGG_INIT_GLOROT, .num_classes = 5, .width = 0.1, .pooled_size = 1), 64);
}

GRA_TEST(rates_fall_to_a_tenth_when_the_validation_error_stays)
{
    static const double errors[] = {0.9, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3};
    static const double rates[] = {1e-2, 1e-2, 1e-2, 1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-5};
    gra_module *const net = gra_nn_linear(2, 2);
    gra_optim *const opt = gra_sgd(net, .lr = LR, .momentum = MOMENTUM, .weight_decay = DECAY);
    gra_optim_group(opt, "*bias", .weight_decay = 0);
    gra_scheduler *const plan =
        gra_reduce_lr_on_plateau(opt, .factor = 0.1, .patience = 1, .min_lr = 1e-5);
    for (int i = 0; i < 9; i++) {
        ck_assert_int_eq(gra_scheduler_step_metric(plan, errors[i]), 0);
        for (int group = 0; group < 2; group++)
            ck_assert_double_eq_tol(gra_optim_option(opt, group, "lr"), rates[i], 1e-12);
    }
    gra_free(plan, opt, net);
}

GRA_TEST_MAIN("recipes", steps_of_the_two_towers_are_pytorchs, steps_of_vgg16_are_pytorchs,
              rates_fall_to_a_tenth_when_the_validation_error_stays)
