/* test_graph.c - looking at nodes, hooks on them, and where errors of rules are said to happen. */
#include "gradus.h"

#include "tests/support/test.h"

/* ---- looking ---- */

GRA_TEST(a_node_tells_its_op_and_where_its_inputs_come_from)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2)), *x = gra_vector(3, 4);
    gra_tensor *y = gra_relu(gra_mul(w, x));
    gra_node *relu = gra_tensor_node(y), *mul = gra_node_input(relu, 0);
    ck_assert_str_eq(gra_node_name(relu), "relu");
    ck_assert_ptr_null(gra_node_leaf(relu, 0));
    ck_assert_str_eq(gra_node_name(mul), "mul");
    ck_assert_int_eq(gra_node_input_count(mul), 2);
    ck_assert_int_eq(gra_node_output_count(mul), 1);
    ck_assert_ptr_eq(gra_node_leaf(mul, 0), w);
    ck_assert_ptr_null(gra_node_leaf(mul, 1));
    ck_assert_ptr_null(gra_node_input(mul, 0));
    ck_assert_ptr_null(gra_tensor_node(w));
}

GRA_TEST(questions_about_no_node_are_answered_with_nothing)
{
    ck_assert_ptr_null(gra_tensor_node(NULL));
    ck_assert_ptr_null(gra_node_name(NULL));
    ck_assert_int_eq(gra_node_input_count(NULL), 0);
    ck_assert_int_eq(gra_node_output_count(NULL), 0);
    ck_assert_ptr_null(gra_node_input(NULL, 0));
    ck_assert_ptr_null(gra_node_leaf(NULL, 0));
    ck_assert_int_eq(gra_node_hook(NULL, NULL, NULL), -1);
    ck_assert_int_eq(gra_node_pre_hook(NULL, NULL, NULL), -1);
    ck_assert_int_eq(gra_node_remove_hook(NULL, 1), -1);
}

GRA_TEST(an_input_that_a_node_does_not_have_is_an_error)
{
    gra_node *node = gra_tensor_node(gra_relu(gra_requires_grad(gra_vector(1))));
    ck_assert_ptr_null(gra_node_input(node, 1));
    GRA_ASSERT_ERROR("gra_node_input: relu has no input 1; it has 1 of them");
    ck_assert_ptr_null(gra_node_leaf(node, -1));
    GRA_ASSERT_ERROR("gra_node_leaf: relu has no input -1; it has 1 of them");
}

/* ---- hooks ---- */

/* What a hook saw. */
typedef struct seen {
    const char *name; /* of the hook, written to the log */
    char *log;
    double in[2], out; /* the first elements of the gradients */
} seen;

static double first(gra_tensor *t)
{
    return t ? gra_tensor_at(gra_reshape(t, GRA_SHAPE(-1)), GRA_SHAPE(0)) : NAN;
}

static void look(gra_node *node, gra_tensor **in, gra_tensor *const *out, void *context)
{
    seen *const s = context;
    for (int i = 0; i < gra_node_input_count(node) && i < 2; i++)
        s->in[i] = first(in[i]);
    s->out = first(out[0]);
    strcat(s->log, s->name);
}

static void look_before(gra_node *node, gra_tensor **out, void *context)
{
    seen *const s = context;
    (void)node;
    s->out = first(out[0]);
    strcat(s->log, s->name);
}

static gra_tensor *look_at_tensor(gra_tensor *g, void *context)
{
    (void)g;
    seen *const s = context;
    strcat(s->log, s->name);
    return NULL;
}

GRA_TEST(hooks_of_a_node_see_all_gradients_and_run_in_order)
{
    char log[32] = "";
    seen after = {"c", log, {0}, 0}, before = {"b", log, {0}, 0}, last = {"d", log, {0}, 0};
    seen tensor = {"a", log, {0}, 0};
    gra_tensor *w = gra_requires_grad(gra_vector(2)), *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_mul(w, x);
    ck_assert_int_gt(gra_node_hook(gra_tensor_node(y), look, &after), 0);
    ck_assert_int_gt(gra_node_hook(gra_tensor_node(y), look, &last), 0);
    ck_assert_int_gt(gra_node_pre_hook(gra_tensor_node(y), look_before, &before), 0);
    gra_tensor_hook(y, look_at_tensor, &tensor);
    gra_backward(gra_mul_scalar(y, 5));
    ck_assert_str_eq(log, "abcd");
    ck_assert_double_eq(before.out, 5);
    ck_assert_double_eq(after.out, 5);
    ck_assert_double_eq(after.in[0], 15);
    ck_assert_double_eq(after.in[1], 10);
}

GRA_TEST(a_hook_is_given_NULL_for_an_input_whose_gradient_is_not_asked_for)
{
    char log[32] = "";
    seen s = {"", log, {0}, 0};
    gra_tensor *w = gra_requires_grad(gra_vector(2)), *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_mul(w, x);
    gra_node_hook(gra_tensor_node(y), look, &s);
    GRA_ASSERT_VALUES(gra_grad(y, x), 2);
    ck_assert(isnan(s.in[0]));
    ck_assert_double_eq(s.in[1], 2);
}

static void tenfold(gra_node *node, gra_tensor **in, gra_tensor *const *out, void *context)
{
    (void)node, (void)out, (void)context;
    in[0] = gra_mul_scalar(gra_to(in[0], GRA_FLOAT64), 10);
}

static void tenfold_before(gra_node *node, gra_tensor **out, void *context)
{
    (void)node, (void)context;
    out[0] = gra_mul_scalar(out[0], 10);
}

GRA_TEST(hooks_of_a_node_replace_gradients_in_their_dtype)
{
    gra_tensor *w = gra_requires_grad(gra_vector(2)), *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_mul(w, x);
    gra_node_pre_hook(gra_tensor_node(y), tenfold_before, NULL);
    gra_node_hook(gra_tensor_node(y), tenfold, NULL);
    gra_backward(y);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 300);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 20);
    ck_assert_int_eq(gra_tensor_dtype(gra_tensor_grad(w)), GRA_FLOAT32);
}

GRA_TEST(hooks_of_a_node_take_part_in_second_derivatives)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_tensor *y = gra_mul(x, x);
    gra_node_pre_hook(gra_tensor_node(y), tenfold_before, NULL);
    gra_tensor *dx = gra_grad(y, x, .create_graph = true);
    GRA_ASSERT_VALUES(dx, 60);
    GRA_ASSERT_VALUES(gra_grad(dx, x), 20);
}

static void drop_input(gra_node *node, gra_tensor **in, gra_tensor *const *out, void *context)
{
    (void)node, (void)out, (void)context;
    in[0] = NULL;
}

static void invent_input(gra_node *node, gra_tensor **in, gra_tensor *const *out, void *context)
{
    (void)node, (void)context;
    in[1] = out[0];
}

static void misshape(gra_node *node, gra_tensor **out, void *context)
{
    (void)node, (void)context;
    out[0] = gra_zeros(GRA_SHAPE(7));
}

GRA_TEST(a_hook_of_a_node_cannot_change_which_gradients_there_are)
{
    gra_tensor *w = gra_requires_grad(gra_vector(2));
    gra_tensor *y = gra_mul(w, gra_vector(3));
    gra_node *node = gra_tensor_node(y);
    int id = gra_node_hook(node, drop_input, NULL);
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: a hook of mul put NULL in the place of the gradient of its input "
        "0, which needs one");
    ck_assert_int_eq(gra_node_remove_hook(node, id), 0);
    id = gra_node_hook(node, invent_input, NULL);
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), -1);
    GRA_ASSERT_ERROR("gra_backward: a hook of mul put a tensor in the place of the gradient of its "
                     "input 1, for which none is asked");
    ck_assert_int_eq(gra_node_remove_hook(node, id), 0);
    gra_node_pre_hook(node, misshape, NULL);
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), -1);
    GRA_ASSERT_ERROR("gra_backward: a hook of mul replaced the gradient of its output 0, of shape "
                     "[1], by one of shape [7]");
}

GRA_TEST(a_hook_of_a_node_needs_a_function_and_is_removed_by_its_id)
{
    gra_node *node = gra_tensor_node(gra_relu(gra_requires_grad(gra_vector(1))));
    ck_assert_int_eq(gra_node_hook(node, NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_node_hook: the function is NULL");
    ck_assert_int_eq(gra_node_pre_hook(node, NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_node_pre_hook: the function is NULL");
    ck_assert_int_eq(gra_node_remove_hook(node, 0), -1);
    GRA_ASSERT_ERROR("gra_node_remove_hook: the node of relu has no hook 0");
    const int id = gra_node_hook(node, tenfold, NULL);
    ck_assert_int_eq(gra_node_remove_hook(node, id), 0);
    ck_assert_int_eq(gra_node_remove_hook(node, id), -1);
    char text[64];
    snprintf(text, sizeof text, "gra_node_remove_hook: the node of relu has no hook %d", id);
    GRA_ASSERT_ERROR(text);
}

typedef struct removal {
    gra_node *node;
    int own, other, calls;
} removal;

static void remove_all(gra_node *node, gra_tensor **in, gra_tensor *const *out, void *context)
{
    removal *const r = context;
    (void)in, (void)out;
    r->calls++;
    gra_node_remove_hook(node, r->own);
    gra_node_remove_hook(node, r->other);
    gra_node_hook(node, remove_all, r);
}

GRA_TEST(a_hook_of_a_node_may_remove_itself_and_others_and_add_one)
{
    removal r = {0};
    gra_tensor *x = gra_requires_grad(gra_vector(1)), *y = gra_mul_scalar(x, 2);
    r.own = gra_node_hook(gra_tensor_node(y), remove_all, &r);
    r.other = gra_node_hook(gra_tensor_node(y), tenfold, NULL);
    gra_backward(y);
    ck_assert_int_eq(r.calls, 1);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 2);
}

static void count(gra_node *node, gra_tensor **in, gra_tensor *const *out, void *context)
{
    (void)node, (void)in, (void)out;
    ++*(int *)context;
}

GRA_TEST(a_chain_of_many_nodes_with_hooks_needs_no_deep_stack)
{
    enum { DEPTH = 100000 };
    int calls = 0;
    gra_tensor *x = gra_requires_grad(gra_vector(1)), *y = x;
    for (int i = 0; i < DEPTH; i++) {
        const int mark = gra_mark();
        y = gra_release_keep(mark, gra_add_scalar(y, 1));
        gra_node_hook(gra_tensor_node(y), count, &calls);
    }
    GRA_ASSERT_VALUES(gra_grad(y, x), 1);
    ck_assert_int_eq(calls, DEPTH);
}

/* ---- after the grad is complete ---- */

static void count_and_zero(gra_tensor *leaf, void *context)
{
    double *const sums = context;
    sums[0] += 1;
    sums[1] += gra_item(gra_tensor_grad(leaf));
    gra_tensor_zero_grad(leaf);
}

GRA_TEST(a_post_accumulate_hook_finds_the_whole_gradient_in_the_leaf)
{
    double sums[2] = {0};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    const int id = gra_post_accumulate_hook(x, count_and_zero, sums);
    ck_assert_int_gt(id, 0);
    gra_backward(gra_add(gra_mul(x, x), x));
    ck_assert_double_eq(sums[0], 1);
    ck_assert_double_eq(sums[1], 7);
    ck_assert_ptr_null(gra_tensor_grad(x));
    GRA_ASSERT_VALUES(gra_grad(gra_mul(x, x), x), 6);
    ck_assert_double_eq(sums[0], 1);
    ck_assert_int_eq(gra_remove_hook(x, id), 0);
    gra_backward(gra_mul(x, x));
    ck_assert_double_eq(sums[0], 1);
}

GRA_TEST(a_post_accumulate_hook_runs_after_the_other_hooks)
{
    double sums[2] = {0};
    char log[8] = "";
    seen s = {"a", log, {0}, 0};
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_post_accumulate_hook(x, count_and_zero, sums);
    gra_tensor_hook(x, look_at_tensor, &s);
    gra_backward(gra_mul(x, x));
    ck_assert_str_eq(log, "a");
    ck_assert_double_eq(sums[1], 6);
}

GRA_TEST(a_post_accumulate_hook_needs_a_leaf_that_requires_a_gradient)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    ck_assert_int_eq(gra_post_accumulate_hook(gra_relu(x), count_and_zero, NULL), -1);
    GRA_ASSERT_ERROR("gra_post_accumulate_hook: the tensor is the result of relu, and only a leaf "
                     "collects a gradient; gra_tensor_hook looks at that of a result");
    ck_assert_int_eq(gra_post_accumulate_hook(gra_vector(1), count_and_zero, NULL), -1);
    GRA_ASSERT_ERROR("gra_post_accumulate_hook: the tensor does not require a gradient");
    ck_assert_int_eq(gra_post_accumulate_hook(x, NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_post_accumulate_hook: the function is NULL");
    ck_assert_int_eq(gra_post_accumulate_hook(NULL, count_and_zero, NULL), -1);
}

static gra_tensor *tenfold_gradient(gra_tensor *g, void *context)
{
    (void)context;
    return gra_mul_scalar(g, 10);
}

GRA_TEST(grad_takes_a_leafs_gradient_through_its_hooks)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3));
    gra_tensor_hook(x, tenfold_gradient, NULL);
    GRA_ASSERT_VALUES(gra_grad(gra_mul(x, x), x), 60);
    gra_tensor *y = gra_mul(x, x), *twice[] = {x, x}, *results[2];
    gra_grad_many(&y, 1, twice, 2, results);
    GRA_ASSERT_VALUES(results[0], 60);
    GRA_ASSERT_VALUES(results[1], 60);
}

/* ---- errors of rules ---- */

static void same_forward(gra_call *c)
{
    c->out[0] = gra_clone(c->in[0]);
}

static void failing_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_add(g[0], gra_zeros(GRA_SHAPE(3)));
}

static const gra_op failing_op = {
    .schema = "failing(Tensor x) -> Tensor",
    .forward = same_forward,
    .vjp = failing_vjp,
};

GRA_TEST(an_error_inside_of_a_rule_names_the_op_whose_rule_it_was)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_eq(gra_backward(gra_sum(gra_apply(&failing_op, &x, 1, NULL))), -1);
    GRA_ASSERT_ERROR(
        "add: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim 0 differ and neither is 1 "
        "(in the rule of failing)");
    gra_add(gra_vector(1, 2), gra_vector(1, 2, 3));
    GRA_ASSERT_ERROR("add: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim 0 differ and "
                     "neither is 1");
}

GRA_TEST_MAIN("graph", a_node_tells_its_op_and_where_its_inputs_come_from,
              questions_about_no_node_are_answered_with_nothing,
              an_input_that_a_node_does_not_have_is_an_error,
              hooks_of_a_node_see_all_gradients_and_run_in_order,
              a_hook_is_given_NULL_for_an_input_whose_gradient_is_not_asked_for,
              hooks_of_a_node_replace_gradients_in_their_dtype,
              hooks_of_a_node_take_part_in_second_derivatives,
              a_hook_of_a_node_cannot_change_which_gradients_there_are,
              a_hook_of_a_node_needs_a_function_and_is_removed_by_its_id,
              a_hook_of_a_node_may_remove_itself_and_others_and_add_one,
              a_chain_of_many_nodes_with_hooks_needs_no_deep_stack,
              a_post_accumulate_hook_finds_the_whole_gradient_in_the_leaf,
              a_post_accumulate_hook_runs_after_the_other_hooks,
              a_post_accumulate_hook_needs_a_leaf_that_requires_a_gradient,
              grad_takes_a_leafs_gradient_through_its_hooks,
              an_error_inside_of_a_rule_names_the_op_whose_rule_it_was)
