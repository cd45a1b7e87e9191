/* test_grad_mode.c - blocks that record or do not, inference mode, and gradients over micro-batches. */
#include <pthread.h>

#include "gradus.h"

#include "tests/support/test.h"

/* ---- blocks ---- */

static bool records(void)
{
    return gra_tensor_requires_grad(gra_square(gra_requires_grad(gra_vector(1))));
}

GRA_TEST(blocks_switch_recording_and_nest)
{
    ck_assert(records());
    GRA_NO_GRAD
    {
        ck_assert(!records());
        GRA_ENABLE_GRAD
        {
            ck_assert(records());
            GRA_NO_GRAD
            ck_assert(!records());
            ck_assert(records());
        }
        ck_assert(!records());
    }
    ck_assert(records());
    gra_set_grad(false);
    GRA_NO_GRAD
    {
    }
    ck_assert(!records());
    gra_set_grad(true);
}

static int leave(bool early)
{
    for (int i = 0; i < 2; i++)
        GRA_NO_GRAD
        {
            if (early)
                return 1;
            break;
        }
    return 0;
}

GRA_TEST(a_block_puts_back_what_it_found_however_it_is_left)
{
    ck_assert_int_eq(leave(true), 1);
    ck_assert(gra_grad_enabled());
    ck_assert_int_eq(leave(false), 0);
    ck_assert(gra_grad_enabled());
    GRA_INFERENCE
    {
        GRA_NO_GRAD
        continue;
        ck_assert(gra_inference_enabled());
    }
    ck_assert(!gra_inference_enabled());
}

/* ---- inference mode ---- */

GRA_TEST(what_is_made_in_inference_mode_is_an_inference_tensor)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *y = NULL, *view = NULL, *made = NULL;
    GRA_INFERENCE
    {
        ck_assert(!gra_grad_enabled());
        GRA_ENABLE_GRAD
        y = gra_square(x);
        view = gra_select(x, 0, 1);
        made = gra_zeros(GRA_SHAPE(2));
    }
    ck_assert(!gra_tensor_requires_grad(y));
    ck_assert(gra_is_inference(y));
    ck_assert(gra_is_inference(made));
    ck_assert(gra_is_inference(gra_select(made, 0, 1)));
    ck_assert(!gra_is_inference(view));
    ck_assert(!gra_is_inference(x));
    ck_assert(!gra_is_inference(NULL));
    ck_assert(!gra_is_inference(gra_clone(y)));
    GRA_ASSERT_VALUES(y, 1, 4);
}

GRA_TEST(a_recorded_op_may_read_an_inference_tensor_but_not_save_it)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *c = NULL;
    GRA_INFERENCE
    c = gra_vector(5, 6);
    gra_backward(gra_sum(gra_add(x, c)));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1, 1);
    ck_assert_ptr_null(gra_mul(x, c));
    GRA_ASSERT_ERROR(
        "mul: its input 1 is an inference tensor, which cannot be saved for the backward "
        "pass; take a gra_clone outside of inference mode");
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_mul(x, gra_clone(c))), x), 5, 6);
}

GRA_TEST(inference_tensors_are_written_in_inference_mode_only)
{
    gra_tensor *c = NULL, *x = gra_vector(1);
    GRA_INFERENCE
    {
        c = gra_vector(5, 6);
        gra_add_scalar_(c, 1);
        gra_add_scalar_(x, 1);
    }
    GRA_ASSERT_VALUES(c, 6, 7);
    GRA_ASSERT_VALUES(x, 2);
    ck_assert_ptr_null(gra_add_scalar_(c, 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: an inference tensor cannot be modified in place outside of inference "
        "mode, as its writes are not counted; modify a gra_clone of it");
    ck_assert_ptr_null(gra_requires_grad(c));
    GRA_ASSERT_ERROR("gra_requires_grad: an inference tensor cannot require a gradient outside of "
                     "inference mode; a gra_clone of it can");
}

/* Writes to an ordinary tensor count, whatever the mode. */
GRA_TEST(a_graph_notices_a_write_in_inference_mode)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *h = gra_mul_scalar(x, 2);
    gra_tensor *y = gra_sum(gra_square(h));
    GRA_INFERENCE
    gra_add_scalar_(h, 1);
    ck_assert_int_eq(gra_backward(y), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "add_scalar_ modified it in place since"));
    gra_clear_error();
}

static void *look(void *changed)
{
    *(bool *)changed = gra_inference_enabled() || !gra_grad_enabled();
    return NULL;
}

GRA_TEST(modes_are_a_threads_own)
{
    pthread_t thread;
    bool changed = true;
    GRA_INFERENCE
    {
        ck_assert_int_eq(pthread_create(&thread, NULL, look, &changed), 0);
        pthread_join(thread, NULL);
    }
    ck_assert(!changed);
}

GRA_TEST(a_network_gives_the_same_numbers_in_inference_mode)
{
    gra_module *net = gra_eval(gra_lenet5());
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 1, 28, 28)), *recorded = gra_forward(net, x), *y = NULL;
    GRA_INFERENCE
    y = gra_forward(net, x);
    for (int i = 0; i < 20; i++)
        ck_assert_double_eq(gra_tensor_at(y, GRA_SHAPE(i / 10, i % 10)),
                            gra_tensor_at(recorded, GRA_SHAPE(i / 10, i % 10)));
    gra_free(net);
}

/* ---- micro-batches ---- */

static gra_module *small_net(void)
{
    gra_manual_seed(6);
    return gra_module_to(
        gra_sequential(gra_nn_linear(5, 4), gra_nn_tanh(), gra_nn_linear(4, 3)), GRA_FLOAT64);
}

/* The mean over 12 samples is the sum of the means over 4, each weighed with 4 / 12. */
GRA_TEST(gradients_over_micro_batches_add_up_to_those_of_the_batch)
{
    gra_module *whole = small_net(), *parts = small_net();
    gra_tensor *x = gra_randn(GRA_SHAPE(12, 5), .dtype = GRA_FLOAT64);
    gra_tensor *target = gra_randint(0, 3, GRA_SHAPE(12));
    gra_backward(gra_cross_entropy(gra_forward(whole, x), target));
    for (int at = 0; at < 12; at += 4) {
        const int mark = gra_mark();
        gra_tensor *logits = gra_forward(parts, gra_narrow(x, 0, at, 4));
        gra_tensor *loss = gra_cross_entropy(logits, gra_narrow(target, 0, at, 4));
        gra_backward(gra_mul_scalar(loss, 4. / 12));
        gra_release(mark);
    }
    const char *const names[] = {"0.weight", "0.bias", "2.weight", "2.bias"};
    for (int i = 0; i < 4; i++) {
        gra_tensor *a = gra_tensor_grad(gra_module_parameter(whole, names[i]));
        gra_tensor *b = gra_tensor_grad(gra_module_parameter(parts, names[i]));
        gra_tensor *off = gra_max(gra_reshape(gra_abs(gra_sub(a, b)), GRA_SHAPE(-1)));
        ck_assert_double_lt(gra_item(off), 1e-14);
    }
    gra_free(whole, parts);
}

GRA_TEST(an_optimizer_that_steps_in_the_backward_pass_refuses_a_second_micro_batch)
{
    gra_module *net = gra_nn_linear(2, 1);
    gra_optim *opt = gra_sgd(net, .lr = 0.1, .fused_backward = true);
    gra_tensor *x = gra_ones(GRA_SHAPE(1, 2));
    ck_assert_int_eq(gra_backward(gra_sum(gra_forward(net, x))), 0);
    ck_assert_int_eq(gra_backward(gra_sum(gra_forward(net, x))), -1);
    ck_assert_ptr_nonnull(gra_error());
    ck_assert_ptr_nonnull(strstr(gra_error(), ".fused_backward"));
    gra_clear_error();
    gra_free(opt, net);
}

GRA_TEST_MAIN("grad_mode", blocks_switch_recording_and_nest,
              a_block_puts_back_what_it_found_however_it_is_left,
              what_is_made_in_inference_mode_is_an_inference_tensor,
              a_recorded_op_may_read_an_inference_tensor_but_not_save_it,
              inference_tensors_are_written_in_inference_mode_only,
              a_graph_notices_a_write_in_inference_mode, modes_are_a_threads_own,
              a_network_gives_the_same_numbers_in_inference_mode,
              gradients_over_micro_batches_add_up_to_those_of_the_batch,
              an_optimizer_that_steps_in_the_backward_pass_refuses_a_second_micro_batch)
