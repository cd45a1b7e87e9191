/* test_custom_ops.c - what a user's op may do: save, have several outputs, some without a gradient, work
 * in place, be made of other ops, take optional inputs and lists; and what is said where it fails.
 */
#include "gradus.h"

#include "tests/support/test.h"

/* ---- y = x / |x|, and the norm |x| besides, which no gradient flows through ---- */

static void unit_forward(gra_call *c)
{
    c->out[1] = gra_sqrt(gra_sum(gra_square(c->in[0])));
    c->out[0] = gra_div(c->in[0], c->out[1]);
}

/* dx = (g - y <g, y>) / |x| */
static void unit_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    ck_assert_ptr_null(g[1]);
    gra_tensor *const y = c->out[0], *const norm = gra_sqrt(gra_sum(gra_square(c->in[0])));
    dx[0] = gra_div(gra_sub(g[0], gra_mul(y, gra_sum(gra_mul(g[0], y)))), norm);
}

static const gra_op unit = {
    .schema = "unit(Tensor x) -> (Tensor, Tensor)",
    .forward = unit_forward,
    .vjp = unit_vjp,
    .saves = GRA_IN(0) | GRA_OUT(0),
    .non_differentiable = GRA_OUT(1),
};

static gra_tensor *apply_unit(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    gra_tensor *out[2];
    return gra_apply_many(&unit, in, 1, NULL, out, 2) < 0 ? NULL : out[0];
}

GRA_TEST(an_output_may_be_left_out_of_the_graph)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3, 4)), *out[2];
    ck_assert_int_eq(gra_apply_many(&unit, &x, 1, NULL, out, 2), 0);
    ck_assert(gra_tensor_requires_grad(out[0]) && !gra_tensor_requires_grad(out[1]));
    ck_assert(gra_is_leaf(out[1]));
    GRA_ASSERT_VALUES(out[1], 5);
    gra_backward(gra_sum(gra_mul(out[0], out[1]))); /* out[1] counts as a constant */
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1 - 0.6 * 1.4, 1 - 0.8 * 1.4);
    ck_assert_int_eq(gra_backward(out[1]), -1);
    GRA_ASSERT_ERROR("gra_backward: the tensor has no history: none of what it was made from "
                     "requires a gradient, or it was made while recording was off");
}

GRA_TEST(a_saved_output_is_differentiated_through_also_beside_one_without_a_gradient)
{
    const double values[] = {0.5, -2, 3};
    gra_tensor *x =
        gra_from_data(values, GRA_SHAPE(3), .dtype = GRA_FLOAT64, .requires_grad = true);
    ck_assert_int_eq(gra_gradcheck(apply_unit, NULL, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(apply_unit, NULL, &x, 1), 0);
}

GRA_TEST(an_op_whose_only_output_is_left_out_records_nothing)
{
    static const gra_op op = {.schema = "quiet(Tensor x) -> (Tensor, Tensor)",
                              .forward = unit_forward,
                              .non_differentiable = GRA_OUT(0) | GRA_OUT(1)};
    gra_tensor *x = gra_requires_grad(gra_vector(3, 4)), *out[2];
    ck_assert_int_eq(gra_apply_many(&op, &x, 1, NULL, out, 2), 0);
    ck_assert(!gra_tensor_requires_grad(out[0]) && !gra_tensor_requires_grad(out[1]));
}

/* ---- y = max x along the last dim, and where it was: integers, which the rule reads ---- */

static void peak_forward(gra_call *c)
{
    c->out[1] = gra_argmax(c->in[0], -1, .keepdim = true);
    c->out[0] = gra_gather(c->in[0], -1, c->out[1]);
}

static void peak_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra_shape shape = gra_call_shape(c, 0);
    const int64_t last = shape.size[shape.count - 1];
    ck_assert(c->in[0] == NULL && c->out[0] == NULL && g[1] == NULL);
    gra_tensor *const here = gra_squeeze(gra_one_hot(c->out[1], last), GRA_DIMS(-2));
    dx[0] = gra_mul(g[0], gra_to(here, gra_tensor_dtype(g[0])));
}

static const gra_op peak = {
    .schema = "peak(Tensor x) -> (Tensor, Tensor)",
    .forward = peak_forward,
    .vjp = peak_vjp,
    .saves = GRA_OUT(1),
};

GRA_TEST(a_rule_may_read_an_output_of_integers)
{
    gra_tensor *x = gra_requires_grad(gra_view(gra_vector(1, 5, 2, 7, 3, 4), GRA_SHAPE(2, 3)));
    gra_tensor *out[2];
    ck_assert_int_eq(gra_apply_many(&peak, &x, 1, NULL, out, 2), 0);
    GRA_ASSERT_VALUES(out[0], 5, 7);
    GRA_ASSERT_VALUES(out[1], 1, 0);
    gra_tensor *const dx = gra_grad(gra_sum(gra_square(out[0])), x, .create_graph = true);
    GRA_ASSERT_VALUES(dx, 0, 10, 0, 14, 0, 0);
    gra_backward(gra_sum(gra_square(dx)));
    GRA_ASSERT_NO_ERROR();
}

GRA_TEST(an_output_of_integers_that_is_saved_must_not_be_written_before_the_rule)
{
    gra_tensor *x = gra_requires_grad(gra_view(gra_vector(1, 5), GRA_SHAPE(1, 2))), *out[2];
    ck_assert_int_eq(gra_apply_many(&peak, &x, 1, NULL, out, 2), 0);
    gra_zero_(out[1]);
    ck_assert_int_eq(gra_backward(gra_sum(out[0])), -1);
    GRA_ASSERT_ERROR("gra_backward: peak saved its output 1 (int64 [1, 1]) for the backward pass, "
                     "and zero_ modified it in place since (version 0, now 1); use the "
                     "out-of-place op, or give peak a gra_clone");
}

/* ---- in place: x = 3 x ---- */

static void triple_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar_(c->in[0], 3);
}

static void triple_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_mul_scalar(g[0], 3);
}

GRA_TEST(an_op_may_work_in_place)
{
    static const gra_op op = {.schema = "triple_(Tensor(a!) x) -> Tensor(a!)",
                              .forward = triple_forward,
                              .vjp = triple_vjp,
                              .saves = GRA_SAVE_NOTHING,
                              .inplace = true};
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2)), *x = gra_mul_scalar(w, 2);
    ck_assert_ptr_eq(gra_apply(&op, &x, 1, NULL), x);
    gra_backward(gra_sum(gra_square(x)));
    GRA_ASSERT_VALUES(x, 6, 12);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 2 * 6 * 6, 2 * 12 * 6);
    ck_assert_ptr_null(gra_apply(&op, &w, 1, NULL));
    GRA_ASSERT_ERROR("triple_: a leaf that requires a gradient cannot be modified in place while "
                     "ops are recorded; wrap the call in gra_set_grad(false), or modify a "
                     "gra_clone of it");
}

/* ---- made of recorded ops: no rule ---- */

static void cube_forward(gra_call *c)
{
    c->out[0] = gra_mul(gra_square(c->in[0]), c->in[0]);
}

static const gra_op cube = {
    .schema = "cube(Tensor x) -> Tensor", .forward = cube_forward, .composite = true};

static gra_tensor *apply_cube(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_apply(&cube, in, 1, NULL);
}

GRA_TEST(an_op_that_is_made_of_others_needs_no_rule)
{
    gra_tensor *x = gra_full(GRA_SHAPE(2), 2, .dtype = GRA_FLOAT64, .requires_grad = true);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(apply_cube(&x, 1, NULL)), x), 12, 12);
    ck_assert_int_eq(gra_gradgradcheck(apply_cube, NULL, &x, 1), 0);
}

/* ---- an optional input and a list: y = sum_i x_i + bias ---- */

static void total_forward(gra_call *c)
{
    gra_tensor *sum = c->in[1];
    for (int i = 2; i < c->n_in; i++)
        sum = gra_add(sum, c->in[i]);
    c->out[0] = c->in[0] ? gra_add(sum, c->in[0]) : sum;
}

static void total_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    for (int i = 0; i < c->n_in; i++)
        dx[i] = c->needs[i] ? g[0] : NULL;
}

GRA_TEST(an_op_may_take_an_optional_tensor_and_a_list)
{
    static const gra_op op = {.schema = "total(Tensor? bias, Tensor[] list) -> Tensor",
                              .forward = total_forward,
                              .vjp = total_vjp,
                              .saves = GRA_SAVE_NOTHING};
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2)), *b = gra_vector(3, 4);
    gra_tensor *bias = gra_requires_grad(gra_vector(5));
    gra_tensor *y = gra_apply(&op, (gra_tensor *[]){bias, a, b, a}, 4, NULL);
    GRA_ASSERT_VALUES(y, 10, 13);
    gra_backward(gra_sum(y));
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 2, 2);
    GRA_ASSERT_VALUES(gra_tensor_grad(bias), 2);
    GRA_ASSERT_VALUES(gra_apply(&op, (gra_tensor *[]){NULL, a}, 2, NULL), 1, 2);
}

/* ---- failing ---- */

static void mismatched_forward(gra_call *c)
{
    c->out[0] = gra_add(c->in[0], gra_ones(GRA_SHAPE(3)));
}

GRA_TEST(a_forward_whose_ops_fail_is_named)
{
    static const gra_op op = {.schema = "shifted(Tensor x) -> Tensor",
                              .forward = mismatched_forward};
    gra_tensor *x = gra_vector(1, 2);
    ck_assert_ptr_null(gra_apply(&op, &x, 1, NULL));
    GRA_ASSERT_ERROR(
        "add: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim 0 differ and neither is 1 (in shifted)");
}

static void telling_forward(gra_call *c)
{
    (void)c;
    gra_fail("told: x must be small");
}

GRA_TEST(a_forward_that_names_itself_is_not_named_twice)
{
    static const gra_op op = {.schema = "told(Tensor x) -> Tensor", .forward = telling_forward};
    gra_tensor *x = gra_vector(1, 2);
    ck_assert_ptr_null(gra_apply(&op, &x, 1, NULL));
    GRA_ASSERT_ERROR("told: x must be small");
}

static void mismatched_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_mul(g[0], gra_ones(GRA_SHAPE(3)));
}

GRA_TEST(a_rule_whose_ops_fail_is_named)
{
    static const gra_op op = {
        .schema = "cube(Tensor x) -> Tensor", .forward = cube_forward, .vjp = mismatched_vjp};
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_eq(gra_backward(gra_sum(gra_apply(&op, &x, 1, NULL))), -1);
    GRA_ASSERT_ERROR(
        "mul: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim 0 differ and neither is 1 (in the rule "
        "of cube)");
}

static void refusing_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g, (void)dx;
    gra_fail("refusing: not today");
}

GRA_TEST(a_rule_that_fails_itself_is_named)
{
    static const gra_op op = {
        .schema = "cube(Tensor x) -> Tensor", .forward = cube_forward, .vjp = refusing_vjp};
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_eq(gra_backward(gra_sum(gra_apply(&op, &x, 1, NULL))), -1);
    GRA_ASSERT_ERROR("refusing: not today (in the rule of cube)");
}

GRA_TEST_MAIN("custom_ops", an_output_may_be_left_out_of_the_graph,
              a_saved_output_is_differentiated_through_also_beside_one_without_a_gradient,
              an_op_whose_only_output_is_left_out_records_nothing,
              a_rule_may_read_an_output_of_integers,
              an_output_of_integers_that_is_saved_must_not_be_written_before_the_rule,
              an_op_may_work_in_place, an_op_that_is_made_of_others_needs_no_rule,
              an_op_may_take_an_optional_tensor_and_a_list, a_forward_whose_ops_fail_is_named,
              a_forward_that_names_itself_is_not_named_twice, a_rule_whose_ops_fail_is_named,
              a_rule_that_fails_itself_is_named)
