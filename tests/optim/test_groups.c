/* test_groups.c - groups of parameters with options of their own, and options by name. */
#include "gradus.h"

#include "../support/test.h"

static gra_module *ones(void)
{
    gra_module *const net = gra_sequential(gra_nn_linear(2, 1), gra_nn_linear(1, 1));
    const char *const names[] = {"0.weight", "0.bias", "1.weight", "1.bias"};
    for (int i = 0; i < 4; i++)
        gra_init_ones_(gra_module_parameter(net, names[i]));
    return net;
}

static int add_up(const char *name, gra_tensor *t, void *sum)
{
    (void)name;
    gra_tensor **const total = sum;
    gra_tensor *const part = gra_sum(t);
    *total = *total ? gra_add(*total, part) : part;
    return 0;
}

/* A step in which every gradient is 1. */
static void step(gra_module *net, gra_optim *opt)
{
    gra_tensor *total = NULL;
    gra_module_named_parameters(net, add_up, &total);
    gra_zero_grad(opt);
    ck_assert_int_eq(gra_backward(total), 0);
    ck_assert_int_eq(gra_step(opt), 0);
}

GRA_TEST(a_pattern_takes_parameters_into_a_group_of_their_own)
{
    gra_module *const net = ones();
    gra_optim *const opt = gra_sgd(net, .lr = 0.5, .weight_decay = 1);
    ck_assert_int_eq(gra_optim_group(opt, "*bias", .weight_decay = 0), 1);
    ck_assert_int_eq(gra_optim_group(opt, "1.*", .lr = 0.25), 2);
    ck_assert_int_eq(gra_optim_group_count(opt), 3);
    step(net, opt);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "0.weight"), 0, 0);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "0.bias"), 0.5);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "1.weight"), 0.5);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "1.bias"), 0.5); /* the last group that took it */
    gra_free(opt, net);
}

GRA_TEST(a_list_takes_new_parameters_and_old_ones)
{
    gra_tensor *const old = gra_requires_grad(gra_ones(GRA_SHAPE(1))),
                      *const new = gra_requires_grad(gra_ones(GRA_SHAPE(1))),
                      *const both[] = {old, new};
    gra_optim *const opt = gra_sgd(.tensors = &old, .count = 1, .lr = 0.5);
    ck_assert_int_eq(gra_optim_group(opt, .tensors = both, .count = 2, .lr = 0.25), 1);
    gra_backward(gra_add(old, new));
    gra_step(opt);
    GRA_ASSERT_VALUES(old, 0.75);
    GRA_ASSERT_VALUES(new, 0.75);
    gra_free(opt);
}

GRA_TEST(what_is_remembered_stays_in_another_group)
{
    gra_module *const net = ones();
    gra_optim *const opt = gra_sgd(net, .lr = 0.5, .momentum = 0.5);
    step(net, opt);
    gra_optim_group(opt, "0.bias", .lr = 1);
    step(net, opt);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "0.bias"), -1); /* 1 - 0.5 - 1 (0.5 + 1) */
    gra_tensor *const b = gra_module_parameter(net, "0.bias");
    GRA_ASSERT_VALUES(gra_optim_state(opt, b, "momentum_buffer"), 1.5);
    ck_assert_int_eq(gra_optim_steps(opt, b), 2);
    gra_free(opt, net);
}

GRA_TEST(groups_may_come_where_backward_moves_the_parameters)
{
    gra_tensor *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_optim *const opt = gra_sgd(.tensors = p, .count = 1, .lr = 0.5, .fused_backward = true);
    for (int i = 1; i < 8; i++)
        ck_assert_int_eq(gra_optim_group(opt, .tensors = &p[i], .count = 1, .lr = 0.25), i);
    gra_backward(gra_sum(gra_stack(p, 8, 0)));
    GRA_ASSERT_VALUES(p[0], 0.5);
    for (int i = 1; i < 8; i++)
        GRA_ASSERT_VALUES(p[i], 0.75);
    gra_optim *const other = gra_sgd(.tensors = (gra_tensor *[]){gra_ones(GRA_SHAPE(1))},
                                     .count = 1, .fused_backward = true);
    gra_tensor *const taken[] = {gra_requires_grad(gra_ones(GRA_SHAPE(1))), p[1]};
    ck_assert_int_eq(gra_optim_group(other, .tensors = taken, .count = 2), -1);
    GRA_ASSERT_ERROR("SGD: another optimizer updates the parameter of shape [1] with "
                     ".fused_backward already; free that one first, or leave the parameter to one "
                     "of them");
    ck_assert_int_eq(gra_optim_group_count(other), 1);
    ck_assert_int_eq(gra_optim_steps(other, taken[0]), -1);
    gra_free(opt, other);
}

GRA_TEST(options_are_read_and_written_by_name)
{
    gra_module *const net = ones();
    gra_optim *const opt = gra_sgd(net, .lr = 0.5, .momentum = 0.75);
    gra_optim_group(opt, "*bias", .lr = 0.25, .dampening = -0.5);
    ck_assert_str_eq(gra_optim_name(opt), "SGD");
    ck_assert_double_eq(gra_optim_option(opt, 0, "momentum"), 0.75);
    ck_assert_double_eq(gra_optim_option(opt, 1, "momentum"), 0.75);
    ck_assert_double_eq(gra_optim_option(opt, 1, "dampening"), -0.5);
    ck_assert_int_eq(gra_optim_set_option(opt, 1, "maximize", 1), 0);
    ck_assert_double_eq(gra_optim_option(opt, 0, "maximize"), 0);
    ck_assert_double_eq(gra_optim_option(opt, 1, "maximize"), 1);
    ck_assert_int_eq(gra_optim_set_option(opt, GRA_ALL_GROUPS, "weight_decay", 0.125), 0);
    ck_assert_double_eq(gra_optim_option(opt, 0, "weight_decay"), 0.125);
    ck_assert_double_eq(gra_optim_option(opt, 1, "weight_decay"), 0.125);
    ck_assert_double_eq(gra_optim_lr(opt), 0.5);
    gra_optim_set_lr(opt, 1);
    ck_assert_double_eq(gra_optim_option(opt, 1, "lr"), 1);
    gra_free(opt, net);
}

/* The buffer of a momentum that comes later begins with the gradient of that time. */
GRA_TEST(momentum_may_be_switched_on)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 1, .dampening = 0.5);
    for (int t = 0; t < 2; t++) {
        gra_zero_grad(opt);
        gra_backward(gra_sum(p));
        gra_step(opt);
        ck_assert((gra_optim_state(opt, p, "momentum_buffer") != NULL) == (t == 1));
        gra_optim_set_option(opt, 0, "momentum", 0.5);
    }
    GRA_ASSERT_VALUES(p, -1);
    GRA_ASSERT_VALUES(gra_optim_state(opt, p, "momentum_buffer"), 1);
    gra_free(opt);
}

#define ASSERT_REFUSED(call, text)                                                                 \
    do {                                                                                           \
        ck_assert_int_eq(call, -1);                                                                \
        GRA_ASSERT_ERROR(text);                                                                    \
        ck_assert_int_eq(gra_optim_group_count(opt), 1);                                           \
    } while (0)

GRA_TEST(bad_groups_are_refused_and_change_nothing)
{
    gra_module *const net = ones();
    gra_optim *const opt = gra_sgd(net, .lr = 0.5);
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1))), *const twice[] = {p, p};
    ASSERT_REFUSED(gra_optim_group(opt, "*bais", .lr = 1),
                   "gra_optim_group: no parameter's name matches \"*bais\"; the first one is "
                   "0.weight");
    ASSERT_REFUSED(gra_optim_group(opt, "*bias", .lr = -1),
                   "gra_optim_group: lr -1 is out of range; a number of at least 0 is needed");
    ASSERT_REFUSED(gra_optim_group(opt, "*bias", .rho = 0.5),
                   "gra_optim_group: SGD has no option rho; it has lr, momentum, dampening, "
                   "weight_decay, nesterov, maximize");
    ASSERT_REFUSED(gra_optim_group(opt, "*bias", .tensors = twice, .count = 1),
                   "gra_optim_group: both are given; a pattern of names or a list of tensors is "
                   "needed");
    ASSERT_REFUSED(gra_optim_group(opt),
                   "gra_optim_group: the pattern is NULL, and no tensors are listed; a pattern of "
                   "names or a list of tensors is needed");
    ASSERT_REFUSED(gra_optim_group(opt, .tensors = twice, .count = 2),
                   "gra_optim_group: tensors 0 and 1 of the list are the same");
    ASSERT_REFUSED(gra_optim_group(NULL, "*bias"), "gra_optim_group: the optimizer is NULL");
    gra_optim *const listed = gra_sgd(.tensors = &p, .count = 1);
    ASSERT_REFUSED(gra_optim_group(listed, "*bias"),
                   "gra_optim_group: no parameter's name matches \"*bias\"; the parameters have no "
                   "names, as they came in a list");
    gra_free(opt, listed, net);
}

GRA_TEST(bad_options_are_refused_and_change_nothing)
{
    gra_module *const net = ones();
    gra_optim *const opt = gra_sgd(net, .lr = 0.5, .momentum = 0.5);
    ASSERT_REFUSED(gra_optim_set_option(opt, 1, "lr", 1),
                   "gra_optim_set_option: there is no group 1; the optimizer has 1");
    ASSERT_REFUSED(gra_optim_set_option(opt, 0, "learning_rate", 1),
                   "gra_optim_set_option: SGD has no option learning_rate; it has lr, momentum, "
                   "dampening, weight_decay, nesterov, maximize");
    ASSERT_REFUSED(gra_optim_set_option(opt, 0, "nesterov", 2),
                   "gra_optim_set_option: nesterov 2 is out of range; 0 or 1 is needed");
    ASSERT_REFUSED(
        gra_optim_set_option(opt, 0, "dampening", INFINITY),
        "gra_optim_set_option: dampening inf is out of range; a finite number is needed");
    ck_assert_int_eq(gra_optim_set_option(opt, 0, "nesterov", 1), 0);
    ASSERT_REFUSED(gra_optim_set_option(opt, 0, "momentum", 0),
                   "gra_optim_set_option: nesterov needs a momentum above 0 and no dampening; "
                   "momentum is 0 and dampening 0");
    ck_assert_double_eq(gra_optim_option(opt, 0, "momentum"), 0.5);
    ASSERT_REFUSED(gra_optim_set_option(NULL, 0, "lr", 1),
                   "gra_optim_set_option: the optimizer is NULL");
    ck_assert(isnan(gra_optim_option(opt, 2, "lr")));
    GRA_ASSERT_ERROR("gra_optim_option: there is no group 2; the optimizer has 1");
    ck_assert(isnan(gra_optim_option(NULL, 0, "lr")));
    ck_assert_int_eq(gra_optim_group_count(NULL), -1);
    ck_assert_ptr_null(gra_optim_name(NULL));
    gra_free(opt, net);
}

GRA_TEST(only_what_is_there_can_be_read)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1))), *const q = gra_neg(p);
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1);
    ck_assert_ptr_null(gra_optim_state(opt, p, "exp_avg"));
    GRA_ASSERT_ERROR("gra_optim_state: SGD remembers no exp_avg");
    ck_assert_ptr_null(gra_optim_state(opt, q, "momentum_buffer"));
    GRA_ASSERT_ERROR("gra_optim_state: SGD does not train this tensor");
    ck_assert_int_eq(gra_optim_steps(opt, q), -1);
    ck_assert_ptr_null(gra_optim_state(opt, p, "momentum_buffer"));
    gra_free(opt);
}

GRA_TEST_MAIN("groups", a_pattern_takes_parameters_into_a_group_of_their_own,
              a_list_takes_new_parameters_and_old_ones, what_is_remembered_stays_in_another_group,
              groups_may_come_where_backward_moves_the_parameters,
              options_are_read_and_written_by_name, momentum_may_be_switched_on,
              bad_groups_are_refused_and_change_nothing, bad_options_are_refused_and_change_nothing,
              only_what_is_there_can_be_read)
