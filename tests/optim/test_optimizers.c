/* test_optimizers.c - every optimizer with every option: PyTorch's numbers, recorded by
 * tests/pytorch/check_optim.py, the same bits with .fused_backward, bfloat16, errors. */
#include "optimizer_cases.h"

#include "../support/test.h"

static gra_tensor_file *recorded(void)
{
    gra_tensor_file *const file =
        gra_tensor_file_open(GRA_RECORDED "/../../optim/recorded.safetensors");
    GRA_ASSERT_NO_ERROR();
    return file;
}

static bool has(const gra_tensor_file *file, const char *name)
{
    for (int i = 0; i < gra_tensor_file_count(file); i++)
        if (strcmp(gra_tensor_file_name(file, i), name) == 0)
            return true;
    return false;
}

/* t is the recorded tensor CASE.INDEX or CASE.INDEX.MEMORY; one that was not recorded is not there. */
static void assert_recorded(gra_tensor_file *file, const char *name, int index, const char *memory,
                            gra_tensor *t, double tolerance)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%d%s%s", name, index, memory ? "." : "", memory ? memory : "");
    if (!has(file, full)) {
        ck_assert_msg(t == NULL, "%s is there", full);
        return;
    }
    gra_tensor *const expected = gra_contiguous(gra_tensor_file_get(file, full));
    ck_assert_msg(expected && t, "%s is missing: %s", full, gra_error());
    const double *const values = gra_tensor_data(expected);
    gra_tensor *const got = gra_to(t, GRA_FLOAT64);
    for (int64_t i = 0; i < gra_tensor_numel(expected); i++)
        ck_assert_msg(gra_test_close(((const double *)gra_tensor_data(got))[i], values[i],
                                     tolerance, tolerance),
                      "%s: element %d is %.17g, expected %.17g", full, (int)i,
                      ((const double *)gra_tensor_data(got))[i], values[i]);
}

/* What the optimizer remembers by a name; NULL where it has none. */
static gra_tensor *memory_of(gra_optim *opt, gra_tensor *p, const char *name)
{
    gra_tensor *const t = gra_optim_state(opt, p, name);
    gra_clear_error();
    return t;
}

static void check_case(const optimizer_case *c, gra_tensor_file *file, gra_dtype dtype,
                       double tolerance)
{
    const int mark = gra_mark();
    gra_tensor *p[2];
    optimizer_case_start(file, dtype, p);
    gra_optim *const opt = c->make(NULL, p, 2, false);
    ck_assert_msg(opt && optimizer_case_steps(opt, p, file, 0, OPTIMIZER_STEPS), "%s: %s", c->name,
                  gra_error());
    for (int i = 0; i < 2; i++) {
        assert_recorded(file, c->name, i, NULL, p[i], tolerance);
        for (int k = 0; k < OPTIMIZER_MEMORY_COUNT; k++)
            assert_recorded(file, c->name, i, optimizer_memory[k],
                            memory_of(opt, p[i], optimizer_memory[k]), tolerance);
        ck_assert_int_eq(gra_optim_steps(opt, p[i]), OPTIMIZER_STEPS);
    }
    gra_free(opt);
    gra_release(mark);
}

GRA_TEST(sixty_steps_give_pytorchs_numbers)
{
    gra_tensor_file *const file = recorded();
    for (int i = 0; i < OPTIMIZER_CASE_COUNT; i++)
        check_case(&optimizer_cases[i], file, GRA_FLOAT64, 1e-12);
    gra_free(file);
}

GRA_TEST(sixty_steps_in_float32_differ_by_rounding)
{
    gra_tensor_file *const file = recorded();
    for (int i = 0; i < OPTIMIZER_CASE_COUNT; i++)
        check_case(&optimizer_cases[i], file, GRA_FLOAT32, 4e-6);
    gra_free(file);
}

static int same_bits(const char *name, gra_tensor *t, void *other)
{
    gra_tensor *const twin = gra_module_parameter(other, name);
    const size_t bytes = (size_t)gra_tensor_numel(t) * gra_dtype_size(gra_tensor_dtype(t));
    ck_assert_msg(memcmp(gra_tensor_data(t), gra_tensor_data(twin), bytes) == 0,
                  "%s: the bits differ", name);
    return 0;
}

static void train(gra_module *net, gra_optim *opt, gra_dtype dtype)
{
    for (int t = 0; t < 3; t++) {
        const int mark = gra_mark();
        gra_manual_seed((uint64_t)t);
        gra_tensor *const x = gra_to(gra_randn(GRA_SHAPE(5, 33)), dtype);
        gra_tensor *const y = gra_randint(0, 7, GRA_SHAPE(5));
        gra_zero_grad(opt);
        gra_backward(gra_cross_entropy(gra_forward(net, x), y));
        ck_assert_int_eq(gra_step(opt), 0);
        gra_release(mark);
    }
}

/* The first linear layer gives its gradient in strips of rows. */
GRA_TEST(a_fused_backward_gives_the_same_bits)
{
    const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16};
    for (int k = 0; k < 3 * OPTIMIZER_CASE_COUNT; k++) {
        const optimizer_case *const c = &optimizer_cases[k / 3];
        gra_module *nets[2];
        for (int fused = 0; fused < 2; fused++) {
            gra_manual_seed(9);
            nets[fused] =
                gra_sequential(gra_nn_linear(33, 70), gra_nn_tanh(), gra_nn_linear(70, 7));
            gra_module_to(nets[fused], dtypes[k % 3]);
            gra_optim *const opt = c->make(nets[fused], NULL, 0, fused);
            train(nets[fused], opt, dtypes[k % 3]);
            gra_free(opt);
        }
        gra_module_named_parameters(nets[0], same_bits, nets[1]);
        gra_free(nets[0], nets[1]);
    }
}

GRA_TEST(strips_and_threads_give_the_same_bits)
{
    gra_tensor *const start = gra_randn(GRA_SHAPE(100, 40001)), *const x =
                                                                    gra_randn(GRA_SHAPE(2, 40001));
    for (int k = 0; k < OPTIMIZER_CASE_COUNT; k += 3) {
        const int mark = gra_mark();
        gra_tensor *p[2];
        for (int i = 0; i < 2; i++) {
            p[i] = gra_requires_grad(gra_clone(start));
            gra_set_threads(1 + 2 * i);
            gra_optim *const opt = optimizer_cases[k].make(NULL, &p[i], 1, i);
            gra_backward(gra_sum(gra_square(gra_linear(x, p[i], NULL))));
            ck_assert_int_eq(gra_step(opt), 0);
            gra_free(opt);
        }
        gra_set_threads(0);
        ck_assert_msg(gra_item(gra_all(gra_eq(p[0], p[1]))) == 1, "%s", optimizer_cases[k].name);
        gra_release(mark);
    }
}

/* Against the same steps in float32: a bfloat16 has 8 bits. */
GRA_TEST(bfloat16_parameters_move_in_float32)
{
    gra_tensor_file *const file = recorded();
    for (int k = 0; k < OPTIMIZER_CASE_COUNT; k++) {
        gra_tensor *p[2][2];
        for (int i = 0; i < 2; i++) {
            optimizer_case_start(file, GRA_BFLOAT16, p[i]);
            for (int n = 0; n < 2 && i == 0; n++)
                p[0][n] = gra_requires_grad(gra_detach(gra_to(p[0][n], GRA_FLOAT32)));
            gra_optim *const opt = optimizer_cases[k].make(NULL, p[i], 2, false);
            ck_assert(optimizer_case_steps(opt, p[i], file, 0, 3));
            gra_free(opt);
        }
        for (int n = 0; n < 2; n++) {
            ck_assert_int_eq(gra_tensor_dtype(p[1][n]), GRA_BFLOAT16);
            gra_tensor *const apart = gra_abs(gra_sub(gra_to(p[1][n], GRA_FLOAT32), p[0][n]));
            ck_assert_msg(gra_item(gra_max(apart)) < 0.05, "%s: %g", optimizer_cases[k].name,
                          gra_item(gra_max(apart)));
        }
    }
    gra_free(file);
}

GRA_TEST(a_module_may_change_its_dtype_between_steps)
{
    for (int k = 0; k < OPTIMIZER_CASE_COUNT; k++) {
        gra_module *const net = gra_nn_linear(33, 7);
        gra_optim *const opt = optimizer_cases[k].make(net, NULL, 0, false);
        train(net, opt, GRA_FLOAT32);
        gra_module_to(net, GRA_FLOAT64);
        train(net, opt, GRA_FLOAT64);
        gra_free(opt, net);
    }
}

GRA_TEST(options_out_of_range_are_refused)
{
    gra_module *const net = gra_nn_linear(1, 1);
    GRA_ASSERT_REJECTED(gra_adam(net, .lr = -1),
                        "Adam: lr -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_adam(net, .betas = {1, 0.5}),
                        "Adam: beta1 1 is out of range; a number from 0 to below 1 is needed");
    GRA_ASSERT_REJECTED(gra_adamw(net, .betas = {0.9, -0.5}),
                        "AdamW: beta2 -0.5 is out of range; a number from 0 to below 1 is needed");
    GRA_ASSERT_REJECTED(gra_adamw(net, .eps = -1),
                        "AdamW: eps -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(
        gra_adamax(net, .weight_decay = NAN),
        "Adamax: weight_decay nan is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(
        gra_nadam(net, .momentum_decay = -1),
        "NAdam: momentum_decay -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_rmsprop(net, .alpha = -1),
                        "RMSprop: alpha -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_adagrad(net, .lr_decay = INFINITY),
                        "Adagrad: lr_decay inf is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_adadelta(net, .rho = 1.5),
                        "Adadelta: rho 1.5 is out of range; a number from 0 to 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_lars(net, .trust_coefficient = -1),
        "LARS: trust_coefficient -1 is out of range; a number of at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_adamw(NULL), "AdamW: the module is NULL, and no tensors are listed");
    gra_free(net);
}

GRA_TEST(the_functions_behind_the_macros_have_the_same_defaults)
{
    gra_module *const net = gra_nn_linear(1, 1);
    gra_adam_options adam = gra_adam_defaults(), adamw = gra_adamw_defaults();
    gra_adamax_options adamax = gra_adamax_defaults();
    gra_nadam_options nadam = gra_nadam_defaults();
    gra_rmsprop_options rmsprop = gra_rmsprop_defaults();
    gra_adagrad_options adagrad = gra_adagrad_defaults();
    gra_adadelta_options adadelta = gra_adadelta_defaults();
    gra_lars_options lars = gra_lars_defaults();
    adam.module = adamw.module = adamax.module = nadam.module = rmsprop.module = adagrad.module =
        adadelta.module = lars.module = net;
    gra_optim *const pairs[][2] = {{gra_adam_with(adam), gra_adam(net)},
                                   {gra_adamw_with(adamw), gra_adamw(net)},
                                   {gra_adamax_with(adamax), gra_adamax(net)},
                                   {gra_nadam_with(nadam), gra_nadam(net)},
                                   {gra_rmsprop_with(rmsprop), gra_rmsprop(net)},
                                   {gra_adagrad_with(adagrad), gra_adagrad(net)},
                                   {gra_adadelta_with(adadelta), gra_adadelta(net)},
                                   {gra_lars_with(lars), gra_lars(net)}};
    const char *const options[] = {"lr",
                                   "beta1",
                                   "beta2",
                                   "eps",
                                   "alpha",
                                   "rho",
                                   "lr_decay",
                                   "weight_decay",
                                   "momentum_decay",
                                   "trust_coefficient"};
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 10; k++) {
            const double a = gra_optim_option(pairs[i][0], 0, options[k]),
                         b = gra_optim_option(pairs[i][1], 0, options[k]);
            gra_clear_error();
            ck_assert(a == b || (isnan(a) && isnan(b)));
        }
        gra_free(pairs[i][0], pairs[i][1]);
    }
    gra_free(net);
}

/* A weight of zeros, or a gradient of zeros, has a ratio of 1. */
GRA_TEST(lars_moves_a_weight_of_zeros)
{
    gra_tensor *const p = gra_requires_grad(gra_zeros(GRA_SHAPE(2, 2)));
    gra_optim *const opt = gra_lars(.tensors = &p, .count = 1, .lr = 0.5);
    gra_backward(gra_sum(p));
    gra_step(opt);
    GRA_ASSERT_VALUES(p, -0.5, -0.5, -0.5, -0.5);
    gra_zero_grad(opt);
    gra_optim_set_option(opt, 0, "weight_decay", 1);
    gra_backward(gra_sum(gra_mul_scalar(p, 0)));
    gra_step(opt);
    GRA_ASSERT_VALUES(p, -0.25, -0.25, -0.25, -0.25);
    gra_free(opt);
}

GRA_TEST_MAIN("optimizers", sixty_steps_give_pytorchs_numbers,
              sixty_steps_in_float32_differ_by_rounding, a_fused_backward_gives_the_same_bits,
              strips_and_threads_give_the_same_bits, bfloat16_parameters_move_in_float32,
              a_module_may_change_its_dtype_between_steps, options_out_of_range_are_refused,
              the_functions_behind_the_macros_have_the_same_defaults, lars_moves_a_weight_of_zeros)
