/* test_backward.c - the walk: accumulation, higher derivatives, memory, in-place checks, errors. */
#include <pthread.h>

#include "gradus.h"

#include "tests/support/test.h"

GRA_TEST(backward_of_a_product_gives_the_other_factor)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2, 3)),
               *b = gra_requires_grad(gra_vector(4, 5, 6));
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(a, b))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 4, 5, 6);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 1, 2, 3);
}

GRA_TEST(backward_adds_to_the_gradient_of_a_leaf)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    gra_backward(gra_sum(gra_mul_scalar(a, 3)));
    gra_backward(gra_sum(gra_mul_scalar(a, 4)));
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 7, 7);
    gra_tensor_zero_grad(a);
    ck_assert_ptr_null(gra_tensor_grad(a));
}

GRA_TEST(backward_sums_over_several_uses_of_a_tensor)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3));
    gra_tensor *b = gra_mul(a, a);
    gra_backward(gra_sum(gra_add(gra_mul(b, b), b))); /* a^4 + a^2: 4 a^3 + 2 a */
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 114);
}

GRA_TEST(gradients_of_two_leaves_do_not_share_memory)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1)), *b = gra_requires_grad(gra_vector(2));
    gra_backward(gra_sum(gra_add(a, b)));
    gra_fill_(gra_tensor_grad(a), 9);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 1);
}

GRA_TEST(backward_takes_a_gradient_for_a_tensor_of_several_elements)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_eq(gra_backward(gra_mul(a, a), .gradient = gra_vector(10, 100)), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 20, 400);
}

GRA_TEST(backward_of_a_leaf_gives_it_the_gradient_itself)
{
    gra_tensor *a = gra_requires_grad(gra_vector(5));
    ck_assert_int_eq(gra_backward(a), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 1);
}

GRA_TEST(backward_sums_a_broadcast_gradient_to_the_shape_of_its_input)
{
    gra_tensor *a = gra_requires_grad(gra_ones(GRA_SHAPE(2, 1)));
    gra_tensor *b = gra_requires_grad(gra_vector(1, 2, 3));
    gra_backward(gra_sum(gra_mul(a, b)));
    GRA_ASSERT_SHAPE(gra_tensor_grad(a), 2, 1);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 6, 6);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 2, 2, 2);
}

GRA_TEST(backward_converts_the_gradient_to_the_dtype_of_its_input)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *b = gra_ones(GRA_SHAPE(2), .dtype = GRA_FLOAT64);
    gra_backward(gra_sum(gra_mul(a, b)));
    ck_assert_int_eq(gra_tensor_dtype(gra_tensor_grad(a)), GRA_FLOAT32);
}

GRA_TEST(nothing_is_recorded_while_grad_is_off)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1));
    ck_assert(gra_set_grad(false));
    gra_tensor *y = gra_mul(a, a);
    ck_assert(!gra_set_grad(true));
    ck_assert(!gra_tensor_requires_grad(y));
    ck_assert(gra_is_leaf(y));
}

GRA_TEST(detach_ends_the_history)
{
    gra_tensor *a = gra_requires_grad(gra_vector(2));
    gra_backward(gra_sum(gra_mul(a, gra_detach(gra_mul(a, a)))));
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 4);
}

GRA_TEST(retain_grad_keeps_the_gradient_of_a_result)
{
    gra_tensor *a = gra_requires_grad(gra_vector(2));
    gra_tensor *b = gra_retain_grad(gra_mul(a, a));
    gra_backward(gra_sum(gra_mul_scalar(b, 5)));
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 5);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 20);
}

GRA_TEST(grad_returns_the_gradient_and_touches_no_leaf)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3)), *b = gra_requires_grad(gra_vector(4));
    gra_tensor *y = gra_mul(a, b);
    GRA_ASSERT_VALUES(gra_grad(y, a), 4);
    ck_assert_ptr_null(gra_tensor_grad(a));
    ck_assert_ptr_null(gra_tensor_grad(b));
}

GRA_TEST(grad_works_for_an_intermediate_result)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3));
    gra_tensor *b = gra_mul(a, a);
    GRA_ASSERT_VALUES(gra_grad(gra_mul(b, b), b), 18);
}

GRA_TEST(grad_many_returns_all_gradients_of_several_outputs)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3)), *b = gra_requires_grad(gra_vector(4));
    gra_tensor *outputs[] = {gra_mul(a, b), gra_mul(a, a)}, *inputs[] = {a, b}, *results[2];
    gra_tensor *gradients[] = {NULL, gra_vector(10)};
    ck_assert_int_eq(gra_grad_many(outputs, 2, inputs, 2, results, .gradients = gradients), 0);
    GRA_ASSERT_VALUES(results[0], 64);
    GRA_ASSERT_VALUES(results[1], 3);
}

GRA_TEST(a_batch_of_gradients_gives_a_batch_of_results)
{
    gra_tensor *x = gra_requires_grad(gra_vector(2, 3)), *y = gra_mul(x, x);
    gra_tensor *rows = gra_reshape(gra_vector(1, 0, 0, 1, 1, 1), GRA_SHAPE(3, 2));
    gra_tensor *dx = gra_grad(y, x, rows, .is_grads_batched = true, .create_graph = true);
    GRA_ASSERT_SHAPE(dx, 3, 2);
    GRA_ASSERT_VALUES(dx, 4, 0, 0, 6, 4, 6);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(dx), x, .retain_graph = true), 4, 4);
    dx = gra_grad(y, x, gra_zeros(GRA_SHAPE(0, 2)), .is_grads_batched = true);
    GRA_ASSERT_SHAPE(dx, 0, 2);
    gra_tensor *a = gra_requires_grad(gra_vector(5)), *unused = gra_requires_grad(gra_vector(1, 1));
    gra_tensor *outputs[] = {gra_mul(x, a), gra_square(a)}, *inputs[] = {x, a, unused}, *results[3];
    gra_tensor *gradients[] = {rows, gra_reshape(gra_vector(1, 10, 100), GRA_SHAPE(3, 1))};
    ck_assert_int_eq(gra_grad_many(outputs, 2, inputs, 3, results, gradients, .allow_unused = true,
                                   .is_grads_batched = true),
                     0);
    GRA_ASSERT_VALUES(results[0], 5, 0, 0, 5, 5, 5);
    GRA_ASSERT_VALUES(results[1], 12, 103, 1005);
    GRA_ASSERT_VALUES(results[2], 0, 0, 0, 0, 0, 0);
}

GRA_TEST(a_batch_of_gradients_is_checked)
{
    gra_tensor *x = gra_requires_grad(gra_vector(2, 3)), *y = gra_mul(x, x);
    ck_assert_ptr_null(gra_grad(y, x, .is_grads_batched = true));
    GRA_ASSERT_ERROR(
        "gra_grad: .is_grads_batched needs a batch of gradients for each output; that of "
        "output 0 is NULL");
    ck_assert_ptr_null(gra_grad(y, x, gra_vector(1, 1), .is_grads_batched = true));
    GRA_ASSERT_ERROR(
        "gra_grad: the batch of gradients of output 0 has shape [2]; the output has shape "
        "[2], which a batch size comes before, the same for all");
    gra_tensor *outputs[] = {y, gra_square(x)}, *result;
    gra_tensor *gradients[] = {gra_ones(GRA_SHAPE(3, 2)), gra_ones(GRA_SHAPE(4, 2))};
    ck_assert_int_eq(gra_grad_many(outputs, 2, &x, 1, &result, gradients, .is_grads_batched = true),
                     -1);
    GRA_ASSERT_ERROR(
        "gra_grad: the batch of gradients of output 1 has shape [4, 2]; the output has shape "
        "[2], which a batch size comes before, the same for all");
}

GRA_TEST(create_graph_gives_derivatives_of_any_order)
{
    gra_tensor *x = gra_requires_grad(gra_vector(2));
    gra_tensor *y = gra_mul(gra_mul(x, x), gra_mul(x, x)); /* x^4 */
    gra_tensor *d1 = gra_grad(y, x, .create_graph = true);
    gra_tensor *d2 = gra_grad(d1, x, .create_graph = true);
    gra_tensor *d3 = gra_grad(d2, x, .create_graph = true);
    GRA_ASSERT_VALUES(d1, 32);
    GRA_ASSERT_VALUES(d2, 48);
    GRA_ASSERT_VALUES(d3, 48);
    GRA_ASSERT_VALUES(gra_grad(d3, x), 24);
}

GRA_TEST(a_saved_output_keeps_its_history_in_second_derivatives)
{
    gra_tensor *x = gra_requires_grad(gra_vector(0.5));
    gra_tensor *d1 = gra_grad(gra_exp(x), x, .create_graph = true);
    GRA_ASSERT_VALUES(gra_grad(d1, x), 1.6487213);
}

GRA_TEST(retain_graph_lets_the_walk_be_repeated)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_mul(a, a);
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), 0);
    ck_assert_int_eq(gra_backward(y), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 12);
}

GRA_TEST(a_second_walk_without_retain_graph_is_an_error)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_mul(a, a);
    gra_backward(y);
    ck_assert_int_eq(gra_backward(y), -1);
    GRA_ASSERT_ERROR("gra_backward: what mul saved was freed by an earlier backward pass; pass "
                     ".retain_graph = true to that one to walk the graph again");
}

GRA_TEST(the_walk_frees_what_nodes_saved_as_it_goes)
{
    gra_tensor *a = gra_requires_grad(gra_full(GRA_SHAPE(1000), 1.0));
    const int mark = gra_mark();
    gra_tensor *y = a;
    for (int i = 0; i < 10; i++)
        y = gra_mul(y, a);
    y = gra_release_keep(mark, gra_sum(y));
    const int64_t before = gra_live();
    gra_backward(y);
    /* Nine of the products were saved, a's gradient is new; the nodes are still there. */
    ck_assert_int_eq(gra_live(), before - 9 + 1);
}

GRA_TEST(a_chain_of_a_million_nodes_is_walked_and_freed_without_recursion)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1));
    gra_tensor *y = gra_keep(gra_add_scalar(a, 0));
    for (int i = 1; i < 1000000; i++) {
        const int mark = gra_mark();
        gra_tensor *next = gra_keep(gra_add_scalar(y, 1));
        gra_free(y);
        gra_release(mark);
        y = next;
    }
    ck_assert_int_eq(gra_backward(y), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 1);
    gra_free(y);
}

GRA_TEST(backward_needs_a_history)
{
    ck_assert_int_eq(gra_backward(gra_vector(1)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: the tensor has no history: none of what it was made from requires a "
        "gradient, or it was made while recording was off");
}

GRA_TEST(backward_of_several_elements_needs_a_gradient_of_their_shape)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_eq(gra_backward(gra_mul(a, a)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: a tensor of shape [2] needs a .gradient of that shape; only for one "
        "element it is 1 by default");
    ck_assert_int_eq(gra_backward(gra_mul(a, a), .gradient = gra_vector(1, 2, 3)), -1);
    GRA_ASSERT_ERROR("gra_backward: .gradient has shape [3]; the tensor has shape [2]");
}

GRA_TEST(backward_of_null_is_an_error)
{
    ck_assert_int_eq(gra_backward(NULL), -1);
    GRA_ASSERT_ERROR("gra_backward: the tensor is NULL");
}

GRA_TEST(grad_of_an_unused_input_is_an_error_or_zeros)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1)), *b = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *y = gra_mul(a, a);
    ck_assert_ptr_null(gra_grad(y, b, .retain_graph = true));
    GRA_ASSERT_ERROR(
        "gra_grad: the outputs do not depend on input 0; pass .allow_unused = true to get "
        "zeros for it");
    GRA_ASSERT_VALUES(gra_grad(y, b, .allow_unused = true), 0, 0);
}

GRA_TEST(grad_needs_tensors_that_require_a_gradient)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1));
    ck_assert_ptr_null(gra_grad(gra_mul(a, a), gra_vector(1)));
    GRA_ASSERT_ERROR("gra_grad: input 0 does not require a gradient");
    ck_assert_ptr_null(gra_grad(NULL, a));
    GRA_ASSERT_ERROR("gra_grad: output 0 is NULL");
}

GRA_TEST(grad_of_many_needs_its_lists)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1)), *y = gra_mul(a, a), *result;
    ck_assert_int_eq(gra_grad_many(NULL, 1, &a, 1, &result), -1);
    GRA_ASSERT_ERROR("gra_grad: the list of outputs is NULL");
    ck_assert_int_eq(gra_grad_many(&y, 1, NULL, 1, &result), -1);
    GRA_ASSERT_ERROR("gra_grad: the list of inputs is NULL");
    ck_assert_int_eq(gra_grad_many(&y, 1, &a, 1, NULL), -1);
    GRA_ASSERT_ERROR("gra_grad: the list of results is NULL");
    ck_assert_int_eq(gra_plain_grad(NULL, NULL, 1, &a, 1, false, &result), -1);
    GRA_ASSERT_ERROR("gra_grad: the list of outputs is NULL");
}

GRA_TEST(a_saved_input_modified_in_place_is_found_and_both_ops_are_named)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2)), *b = gra_mul_scalar(a, 2);
    gra_tensor *y = gra_mul(b, b);
    gra_add_scalar_(b, 1);
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: mul saved its input 0 (float32 [2]) for the backward pass, and "
        "add_scalar_ modified it in place since (version 0, now 1); use the out-of-place op, "
        "or give mul a gra_clone");
}

GRA_TEST(a_saved_output_modified_in_place_is_found)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *y = gra_exp(a);
    gra_mul_scalar_(y, 2);
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: exp saved its output 0 (float32 [2]) for the backward pass, and "
        "mul_scalar_ modified it in place since (version 0, now 1); use the out-of-place op, "
        "or give exp a gra_clone");
}

GRA_TEST(an_in_place_op_is_recorded_where_nothing_needs_the_old_value)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, -2));
    gra_tensor *y = gra_mul_scalar(a, 3);
    gra_relu_(gra_add_scalar_(y, 1));
    ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 3, 0);
}

GRA_TEST(a_leaf_that_requires_a_gradient_cannot_be_modified_in_place_while_recording)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1));
    ck_assert_ptr_null(gra_add_scalar_(a, 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: a leaf that requires a gradient cannot be modified in place while ops "
        "are recorded; wrap the call in gra_set_grad(false), or modify a gra_clone of it");
    gra_set_grad(false);
    ck_assert_ptr_nonnull(gra_add_scalar_(a, 1));
    gra_set_grad(true);
    GRA_ASSERT_VALUES(a, 2);
}

GRA_TEST(an_expanded_tensor_cannot_be_modified_in_place)
{
    ck_assert_ptr_null(gra_add_scalar_(gra_expand(gra_vector(1), GRA_SHAPE(3)), 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: an expanded tensor cannot be modified in place, as several of its "
        "elements share memory; take gra_clone(t) first");
}

GRA_TEST(in_place_use_of_an_earlier_result_leaks_nothing)
{
    gra_tensor *p = gra_requires_grad(gra_vector(1, 2)), *buffer = gra_zeros(GRA_SHAPE(2));
    for (int i = 0; i < 3;
         i++) /* the node of the product holds the buffer, whose node is a newer one */
        gra_add_(buffer, gra_mul(buffer, p));
    ck_assert(gra_tensor_requires_grad(buffer));
}

/* ---- ops that are wrong ---- */

static void identity_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], 1);
}

static void forgetful_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g, (void)dx;
}

static void misshapen_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g;
    dx[0] = gra_zeros(GRA_SHAPE(7));
}

static void empty_forward(gra_call *c)
{
    (void)c;
}

static int backward_through(const gra_op *op)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    return gra_backward(gra_sum(gra_apply(op, &x, 1, NULL)));
}

GRA_TEST(an_op_without_a_rule_is_named)
{
    static const gra_op op = {.schema = "lonely(Tensor x) -> Tensor", .forward = identity_forward};
    ck_assert_int_eq(backward_through(&op), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: lonely has no vjp, so no gradient can flow through it; give its gra_op "
        "one, or gra_detach its result");
}

GRA_TEST(a_rule_that_forgets_a_gradient_is_named)
{
    static const gra_op op = {.schema = "forgetful(Tensor x) -> Tensor",
                              .forward = identity_forward,
                              .vjp = forgetful_vjp};
    ck_assert_int_eq(backward_through(&op), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: the rule of forgetful gave no gradient for its input 0, which needs "
        "one");
}

GRA_TEST(a_rule_whose_gradient_has_another_shape_is_named)
{
    static const gra_op op = {.schema = "misshapen(Tensor x) -> Tensor",
                              .forward = identity_forward,
                              .vjp = misshapen_vjp};
    ck_assert_int_eq(backward_through(&op), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: the rule of misshapen gave its input 0 a gradient of shape [7]; the "
        "input has shape [2]");
}

GRA_TEST(a_forward_that_leaves_its_output_empty_is_named)
{
    static const gra_op op = {.schema = "empty(Tensor x) -> Tensor", .forward = empty_forward};
    gra_tensor *x = gra_vector(1);
    ck_assert_ptr_null(gra_apply(&op, &x, 1, NULL));
    GRA_ASSERT_ERROR("empty: its forward left output 0 empty");
}

GRA_TEST(a_null_input_is_an_error_that_names_it)
{
    ck_assert_ptr_null(gra_mul(gra_vector(1), NULL));
    GRA_ASSERT_ERROR("mul: b is NULL; a tensor is needed");
}

GRA_TEST(a_failed_backward_leaves_nothing_behind)
{
    static const gra_op op = {.schema = "forgetful(Tensor x) -> Tensor",
                              .forward = identity_forward,
                              .vjp = forgetful_vjp};
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *y = gra_sum(gra_mul(gra_apply(&op, &x, 1, NULL), x));
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), -1);
    gra_clear_error();
    gra_tensor_zero_grad(x);
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(x, x))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 2, 4);
}

/* ---- an op with two outputs ---- */

static void both_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], 2);
    c->out[1] = gra_mul_scalar(c->in[0], 3);
}

static void both_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_add(gra_mul_scalar(g[0], 2), gra_mul_scalar(g[1], 3));
}

GRA_TEST(an_op_of_two_outputs_gets_zeros_for_the_one_that_is_not_used)
{
    static const gra_op op = {.schema = "both(Tensor x) -> (Tensor, Tensor)",
                              .forward = both_forward,
                              .vjp = both_vjp,
                              .saves = GRA_SAVE_NOTHING};
    gra_tensor *x = gra_requires_grad(gra_vector(1)), *out[2];
    ck_assert_int_eq(gra_apply_many(&op, &x, 1, NULL, out, 2), 0);
    gra_backward(out[1], .retain_graph = true);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 3);
    gra_backward(gra_add(out[0], out[1]));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 8);
}

GRA_TEST(gradients_with_a_graph_do_not_share_memory_either)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2)), *b = gra_requires_grad(gra_vector(2, 3));
    gra_backward(gra_sum(gra_add(a, b)), .create_graph = true);
    const bool was = gra_set_grad(false);
    gra_mul_scalar_(gra_tensor_grad(a), 9);
    gra_set_grad(was);
    GRA_ASSERT_NO_ERROR();
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 9, 9);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 1, 1);
}

GRA_TEST(retained_gradients_do_not_share_memory)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3));
    gra_tensor *b = gra_retain_grad(gra_add_scalar(a, 1));
    gra_tensor *c = gra_retain_grad(gra_add_scalar(b, 1));
    gra_backward(c);
    gra_fill_(gra_tensor_grad(b), 9);
    GRA_ASSERT_VALUES(gra_tensor_grad(c), 1);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 1);
}

GRA_TEST(grad_many_gives_a_tensor_that_is_named_twice_its_gradient_twice)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3)), *h = gra_mul(x, x), *y = gra_mul(h, h);
    gra_tensor *const inputs[] = {x, h, x, h};
    gra_tensor *dx[4];
    ck_assert_int_eq(gra_grad_many(&y, 1, inputs, 4, dx), 0);
    GRA_ASSERT_VALUES(dx[0], 108);
    GRA_ASSERT_VALUES(dx[1], 18);
    GRA_ASSERT_VALUES(dx[2], 108);
    GRA_ASSERT_VALUES(dx[3], 18);
}

GRA_TEST(a_failed_grad_many_gives_no_results)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3)), *z = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_mul(x, x), *dx[2];
    ck_assert_int_eq(gra_grad_many(&y, 1, (gra_tensor *[]){x, z}, 2, dx), -1);
    GRA_ASSERT_ERROR("gra_grad: the outputs do not depend on input 1; pass .allow_unused = true to "
                     "get zeros for it");
    ck_assert(!dx[0] && !dx[1]);
}

GRA_TEST(the_result_of_an_op_is_not_overwritten_while_ops_are_recorded)
{
    gra_tensor *x = gra_requires_grad(gra_ones(GRA_SHAPE(2))), *y = gra_mul_scalar(x, 2);
    ck_assert_ptr_null(gra_normal_(y, 0, 1));
    GRA_ASSERT_ERROR("gra_normal_: the result of mul_scalar cannot be overwritten while ops are "
                     "recorded, as its history would not be true; wrap the call in "
                     "gra_set_grad(false), or pass gra_detach(t)");
    ck_assert_ptr_nonnull(gra_normal_(gra_detach(y), 0, 1));
    ck_assert_ptr_nonnull(gra_normal_(x, 0, 1));
}

/* ---- ops that hand back what they were given ---- */

static void same_forward(gra_call *c)
{
    c->out[0] = c->in[0];
}

static void negated_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_neg(g[0]);
}

GRA_TEST(an_op_may_return_its_input_as_it_is)
{
    static const gra_op op = {.schema = "reverse(Tensor x) -> Tensor",
                              .forward = same_forward,
                              .vjp = negated_vjp,
                              .saves = GRA_SAVE_NOTHING};
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *y = gra_apply(&op, &x, 1, NULL);
    ck_assert(gra_is_leaf(x) && !gra_is_leaf(y));
    gra_backward(gra_sum(y));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), -1, -1);
}

static void slope_forward(gra_call *c)
{
    c->saved[0] = gra_mul_scalar(c->in[0], 2);
    c->out[0] = gra_sum(gra_square(c->in[0]));
}

static void slope_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)g;
    dx[0] = c->saved[0];
}

GRA_TEST(a_rule_may_return_what_the_forward_saved)
{
    static const gra_op op = {.schema = "squares(Tensor x) -> Tensor",
                              .forward = slope_forward,
                              .vjp = slope_vjp,
                              .saves = GRA_SAVE_NOTHING};
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *y = gra_apply(&op, &x, 1, NULL);
    gra_backward(y, .retain_graph = true);
    gra_fill_(gra_tensor_grad(x), 0);
    gra_backward(y);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 2, 4);
}

static void place_forward(gra_call *c)
{
    c->out[0] = gra_argmax(c->in[0]);
    c->out[1] = gra_mul_scalar(c->in[0], 3);
}

static void place_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_mul_scalar(g[1], 3);
}

GRA_TEST(an_op_whose_first_output_is_no_number_has_a_history)
{
    static const gra_op op = {.schema = "place(Tensor x) -> (Tensor, Tensor)",
                              .forward = place_forward,
                              .vjp = place_vjp,
                              .saves = GRA_SAVE_NOTHING};
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *out[2];
    ck_assert_int_eq(gra_apply_many(&op, &x, 1, NULL, out, 2), 0);
    ck_assert(gra_is_leaf(out[0]) && gra_tensor_requires_grad(out[1]));
    gra_backward(gra_sum(out[1]));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 3, 3);
}

GRA_TEST(a_write_of_numbers_into_integers_leaves_views_of_them_usable)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2)), *m = gra_zeros(GRA_SHAPE(2), GRA_INT64);
    gra_tensor *v = gra_view(m, GRA_SHAPE(2));
    gra_copy_(m, w);
    GRA_ASSERT_VALUES(gra_add_scalar(v, 1), 2, 3);
}

/* ---- many inputs ---- */

enum { MANY = 100000, SMALL_STACK = 512 * 1024 };

static void *cat_many(void *context)
{
    gra_tensor **const list = malloc(MANY * sizeof *list);
    gra_tensor *x = gra_requires_grad(gra_vector(1));
    for (int i = 0; i < MANY; i++)
        list[i] = x;
    gra_backward(gra_sum(gra_cat(list, MANY, 0)));
    *(double *)context = gra_item(gra_tensor_grad(x));
    free(list);
    return NULL;
}

GRA_TEST(an_op_of_many_inputs_needs_little_stack)
{
    pthread_attr_t attributes;
    pthread_t thread;
    double grad = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SMALL_STACK);
    ck_assert_int_eq(pthread_create(&thread, &attributes, cat_many, &grad), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    ck_assert_double_eq(grad, MANY);
}

GRA_TEST_MAIN(
    "backward", backward_of_a_product_gives_the_other_factor,
    backward_adds_to_the_gradient_of_a_leaf, backward_sums_over_several_uses_of_a_tensor,
    gradients_of_two_leaves_do_not_share_memory,
    backward_takes_a_gradient_for_a_tensor_of_several_elements,
    backward_of_a_leaf_gives_it_the_gradient_itself,
    backward_sums_a_broadcast_gradient_to_the_shape_of_its_input,
    backward_converts_the_gradient_to_the_dtype_of_its_input, nothing_is_recorded_while_grad_is_off,
    detach_ends_the_history, retain_grad_keeps_the_gradient_of_a_result,
    grad_returns_the_gradient_and_touches_no_leaf, grad_works_for_an_intermediate_result,
    grad_many_returns_all_gradients_of_several_outputs, create_graph_gives_derivatives_of_any_order,
    a_batch_of_gradients_gives_a_batch_of_results, a_batch_of_gradients_is_checked,
    a_saved_output_keeps_its_history_in_second_derivatives, retain_graph_lets_the_walk_be_repeated,
    a_second_walk_without_retain_graph_is_an_error, the_walk_frees_what_nodes_saved_as_it_goes,
    a_chain_of_a_million_nodes_is_walked_and_freed_without_recursion, backward_needs_a_history,
    backward_of_several_elements_needs_a_gradient_of_their_shape, backward_of_null_is_an_error,
    grad_of_an_unused_input_is_an_error_or_zeros, grad_of_many_needs_its_lists,
    grad_needs_tensors_that_require_a_gradient,
    a_saved_input_modified_in_place_is_found_and_both_ops_are_named,
    a_saved_output_modified_in_place_is_found,
    an_in_place_op_is_recorded_where_nothing_needs_the_old_value,
    a_leaf_that_requires_a_gradient_cannot_be_modified_in_place_while_recording,
    an_expanded_tensor_cannot_be_modified_in_place, in_place_use_of_an_earlier_result_leaks_nothing,
    an_op_without_a_rule_is_named, a_rule_that_forgets_a_gradient_is_named,
    a_rule_whose_gradient_has_another_shape_is_named,
    a_forward_that_leaves_its_output_empty_is_named, a_null_input_is_an_error_that_names_it,
    a_failed_backward_leaves_nothing_behind,
    an_op_of_two_outputs_gets_zeros_for_the_one_that_is_not_used,
    gradients_with_a_graph_do_not_share_memory_either, retained_gradients_do_not_share_memory,
    grad_many_gives_a_tensor_that_is_named_twice_its_gradient_twice,
    a_failed_grad_many_gives_no_results,
    the_result_of_an_op_is_not_overwritten_while_ops_are_recorded,
    an_op_may_return_its_input_as_it_is, a_rule_may_return_what_the_forward_saved,
    an_op_whose_first_output_is_no_number_has_a_history,
    a_write_of_numbers_into_integers_leaves_views_of_them_usable,
    an_op_of_many_inputs_needs_little_stack)
