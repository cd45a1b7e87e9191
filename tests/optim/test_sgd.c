/* test_sgd.c - stochastic gradient descent: PyTorch's numbers, ownership, errors. */
#include "gradus.h"

#include "../support/test.h"

/* The gradient of sum p^2 a + (t + 1) sum p b. */
static void backward(gra_tensor *p, int t)
{
    const int mark = gra_mark();
    gra_tensor *const bent =
        gra_sum(gra_mul(gra_mul(p, p), gra_to(gra_vector(0.5, 1, 1.5), gra_tensor_dtype(p))));
    gra_tensor *const line = gra_sum(gra_mul(p, gra_to(gra_vector(1, 2, -1), gra_tensor_dtype(p))));
    gra_backward(gra_add(bent, gra_mul_scalar(line, t + 1)));
    gra_release(mark);
}

/* Four steps from (1, -2, 3), freeing the optimizer. */
static gra_tensor *four_steps(gra_sgd_options options, gra_dtype dtype)
{
    const double start[] = {1, -2, 3};
    gra_tensor *const p = gra_requires_grad(gra_to(gra_vector_of(start, 3), dtype));
    options.tensors = &p;
    options.count = 1;
    gra_optim *const opt = gra_sgd_with(options);
    for (int t = 0; t < 4; t++) {
        gra_zero_grad(opt);
        backward(p, t);
        ck_assert_int_eq(gra_step(opt), 0);
    }
    gra_free(opt);
    return p;
}

/* PyTorch 2.13: torch.optim.SGD. */
GRA_TEST(four_steps_give_pytorchs_numbers)
{
    gra_sgd_options o = {.lr = 0.1};
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT32), -0.248800039, -2.45760012, 1.46259999);
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT64), -0.2488, -2.4576, 1.4626);
    o.momentum = 0.9;
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT32), -1.44040012, -2.36940002, -0.594800115);
    o.dampening = 0.5;
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT32), -0.598699987, -1.86160004, -0.299375087);
    o.dampening = 0;
    o.nesterov = true;
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT32), -2.09980321, -2.94112897, 0.188178793);
    o.weight_decay = 0.01;
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT32), -2.10173535, -2.92924452, 0.185494512);
    o = (gra_sgd_options){.lr = 0.1, .weight_decay = 0.1};
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT32), -0.268494487, -2.40124941, 1.4150846);
    o = (gra_sgd_options){.lr = 0.1, .momentum = 0.5, .weight_decay = 0.2, .maximize = true};
    GRA_ASSERT_VALUES(four_steps(o, GRA_FLOAT32), 3.06496811, -1.55376506, 8.96519279);
}

GRA_TEST(bfloat16_parameters_move_in_float32)
{
    const gra_sgd_options o = {.lr = 0.1, .momentum = 0.9};
    gra_tensor *const p = four_steps(o, GRA_BFLOAT16);
    ck_assert_int_eq(gra_tensor_dtype(p), GRA_BFLOAT16);
    const double expected[] = {-1.44, -2.37, -0.595};
    GRA_ASSERT_CLOSE(p, expected, 3, 0.02, 0.02);
}

GRA_TEST(a_parameter_of_any_strides_moves)
{
    gra_tensor *const p =
        gra_requires_grad(gra_detach(gra_transpose(gra_ones(GRA_SHAPE(2, 3)), 0, 1)));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .momentum = 0.5);
    for (int t = 0; t < 2; t++) {
        gra_zero_grad(opt);
        gra_backward(gra_sum(gra_mul(p, p)));
        gra_step(opt);
    }
    GRA_ASSERT_VALUES(p, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5);
    gra_free(opt);
}

GRA_TEST(large_parameters_give_the_same_bits_on_any_number_of_threads)
{
    gra_tensor *const start = gra_randn(GRA_SHAPE(200003));
    gra_tensor *moved[2];
    for (int i = 0; i < 2; i++) {
        gra_tensor *const p = gra_requires_grad(gra_clone(start));
        gra_optim *const opt =
            gra_sgd(.tensors = &p, .count = 1, .lr = 0.1, .momentum = 0.9, .nesterov = true);
        gra_set_threads(i ? 2 : 1);
        for (int t = 0; t < 2; t++) {
            gra_backward(gra_sum(gra_square(p)));
            gra_step(opt);
        }
        moved[i] = p;
        gra_free(opt);
    }
    gra_set_threads(0);
    ck_assert(gra_item(gra_all(gra_eq(moved[0], moved[1]))) == 1);
}

GRA_TEST(parameters_without_a_gradient_stay)
{
    gra_module *const net = gra_sequential(gra_nn_linear(2, 2), gra_nn_linear(2, 2));
    gra_tensor *const w = gra_module_parameter(net, "0.weight");
    gra_tensor *const before = gra_clone(gra_module_parameter(net, "1.weight"));
    gra_optim *const opt = gra_sgd(net, .lr = 1, .momentum = 0.9, .weight_decay = 0.1);
    gra_backward(gra_sum(w));
    ck_assert_int_eq(gra_step(opt), 0);
    ck_assert(gra_item(gra_all(gra_eq(before, gra_module_parameter(net, "1.weight")))) == 1);
    gra_zero_grad(opt);
    ck_assert_ptr_null(gra_tensor_grad(w));
    gra_free(opt, net);
}

/* The first step of a late parameter is its own first: its buffer begins as the gradient. */
GRA_TEST(a_buffer_begins_with_the_first_gradient_of_its_parameter)
{
    gra_tensor *const p[] = {gra_requires_grad(gra_zeros(GRA_SHAPE(1))),
                             gra_requires_grad(gra_zeros(GRA_SHAPE(1)))};
    gra_optim *const opt =
        gra_sgd(.tensors = p, .count = 2, .lr = 1, .momentum = 0.5, .dampening = 0.5);
    for (int t = 0; t < 2; t++) {
        gra_zero_grad(opt);
        gra_backward(gra_sum(t ? gra_add(p[0], p[1]) : p[0]));
        gra_step(opt);
    }
    GRA_ASSERT_VALUES(p[0], -2);
    GRA_ASSERT_VALUES(p[1], -1);
    gra_free(opt);
}

GRA_TEST(a_module_may_be_freed_before_its_optimizer)
{
    gra_module *const net = gra_nn_linear(2, 1);
    gra_optim *const opt = gra_sgd(net, .lr = 0.1);
    gra_backward(gra_sum(gra_forward(net, gra_ones(GRA_SHAPE(1, 2)))));
    gra_free(net);
    ck_assert_int_eq(gra_step(opt), 0);
    gra_free(opt);
}

GRA_TEST(a_module_may_change_its_dtype_between_steps)
{
    gra_module *const net = gra_nn_linear(2, 1);
    gra_init_constant_(gra_module_parameter(net, "weight"), 1);
    gra_optim *const opt = gra_sgd(net, .lr = 1, .momentum = 0.5);
    gra_backward(gra_sum(gra_module_parameter(net, "weight")));
    gra_step(opt);
    gra_module_to(net, GRA_FLOAT64);
    gra_backward(gra_sum(gra_module_parameter(net, "weight")));
    gra_step(opt);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "weight"), -1.5, -1.5);
    gra_free(opt, net);
}

GRA_TEST(a_step_refuses_while_an_error_is_pending)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 1);
    gra_backward(gra_sum(p));
    gra_fail("pending");
    ck_assert_int_eq(gra_step(opt), -1);
    ck_assert_ptr_null(gra_sgd(.tensors = &p, .count = 1));
    gra_zero_grad(opt);
    GRA_ASSERT_ERROR("pending");
    ck_assert_ptr_null(gra_tensor_grad(p));
    GRA_ASSERT_VALUES(p, 1);
    ck_assert_int_eq(gra_step(NULL), -1);
    GRA_ASSERT_ERROR("gra_step: the optimizer is NULL");
    gra_free(opt);
}

GRA_TEST(a_step_is_a_write_that_backward_notices)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 1);
    gra_tensor *const y = gra_exp(gra_mul(p, p));
    gra_backward(y, .retain_graph = true);
    gra_step(opt);
    ck_assert_int_eq(gra_backward(y), -1);
    ck_assert_msg(strstr(gra_error(), "SGD modified it in place since") != NULL, "%s", gra_error());
    gra_clear_error();
    gra_free(opt);
}

GRA_TEST(the_rate_can_be_changed)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1);
    ck_assert_double_eq(gra_optim_lr(opt), 1e-3);
    ck_assert_int_eq(gra_optim_set_lr(opt, 0.5), 0);
    gra_backward(gra_sum(p));
    gra_step(opt);
    GRA_ASSERT_VALUES(p, 0.5);
    ck_assert_int_eq(gra_optim_set_lr(opt, -1), -1);
    GRA_ASSERT_ERROR("gra_optim_set_lr: lr -1 is out of range; a number of at least 0 is needed");
    ck_assert_double_eq(gra_optim_lr(opt), 0.5);
    ck_assert(isnan(gra_optim_lr(NULL)));
    gra_free(opt);
}

GRA_TEST(sgd_rejects_bad_options)
{
    gra_module *const net = gra_nn_linear(1, 1), *const empty = gra_nn_relu();
    GRA_ASSERT_REJECTED(gra_sgd(net, -0.1),
                        "SGD: lr -0.1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_sgd(net, .lr = NAN),
                        "SGD: lr nan is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_sgd(net, .momentum = -1),
                        "SGD: momentum -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_sgd(net, .weight_decay = -1),
                        "SGD: weight_decay -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(
        gra_sgd(net, .nesterov = true),
        "SGD: nesterov needs a momentum above 0 and no dampening; momentum is 0 and "
        "dampening 0");
    GRA_ASSERT_REJECTED(
        gra_sgd(net, .momentum = 0.9, .dampening = 0.1, .nesterov = true),
        "SGD: nesterov needs a momentum above 0 and no dampening; momentum is 0.9 and "
        "dampening 0.1");
    GRA_ASSERT_REJECTED(gra_sgd(empty), "SGD: there are no parameters to train");
    GRA_ASSERT_REJECTED(gra_sgd(NULL), "SGD: the module is NULL, and no tensors are listed");
    gra_free(net, empty);
}

GRA_TEST(sgd_rejects_a_bad_list)
{
    gra_tensor *const p = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    gra_tensor *const twice[] = {p, p}, *const hole[] = {p, NULL}, *const result[] = {gra_neg(p)},
                      *const whole[] = {gra_ones(GRA_SHAPE(1), GRA_INT64)};
    GRA_ASSERT_REJECTED(gra_sgd(.tensors = twice, .count = 2),
                        "SGD: tensors 0 and 1 of the list are the same");
    GRA_ASSERT_REJECTED(gra_sgd(.tensors = hole, .count = 2), "SGD: tensor 1 of the list is NULL");
    GRA_ASSERT_REJECTED(
        gra_sgd(.tensors = result, .count = 1),
        "SGD: tensor 0 of the list is the result of an op; only leaves can be trained");
    GRA_ASSERT_REJECTED(gra_sgd(.tensors = whole, .count = 1),
                        "SGD: tensor 0 of the list has dtype int64; only "
                        "floating-point tensors can be trained");
    GRA_ASSERT_REJECTED(gra_sgd(.tensors = NULL, .count = 1), "SGD: the list of tensors is NULL");
    GRA_ASSERT_REJECTED(gra_sgd(.tensors = &p, .count = 0),
                        "SGD: there are no parameters to train");
    GRA_ASSERT_REJECTED(gra_sgd(.tensors = &p, .count = -1),
                        "SGD: count is -1; at least 0 is needed");
    gra_module *const net = gra_nn_linear(1, 1);
    GRA_ASSERT_REJECTED(gra_sgd(net, .tensors = &p, .count = 1),
                        "SGD: a module and a list of tensors are given; one of them is needed");
    gra_free(net);
}

GRA_TEST_MAIN("sgd", four_steps_give_pytorchs_numbers, bfloat16_parameters_move_in_float32,
              a_parameter_of_any_strides_moves,
              large_parameters_give_the_same_bits_on_any_number_of_threads,
              parameters_without_a_gradient_stay,
              a_buffer_begins_with_the_first_gradient_of_its_parameter,
              a_module_may_be_freed_before_its_optimizer,
              a_module_may_change_its_dtype_between_steps, a_step_refuses_while_an_error_is_pending,
              a_step_is_a_write_that_backward_notices, the_rate_can_be_changed,
              sgd_rejects_bad_options, sgd_rejects_a_bad_list)
