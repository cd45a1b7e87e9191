/* test_gradcheck.c - that the checkers pass what is right and find what is wrong. */
#include "gradus.h"

#include "tests/support/test.h"

static void cube_forward(gra_call *c)
{
    c->out[0] = gra_mul(gra_mul(c->in[0], c->in[0]), c->in[0]);
}

static void cube_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_mul_scalar(gra_mul(c->in[0], c->in[0]), 3));
}

/* Right to the first order only: the gradient is cut off from x. */
static void flat_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_detach(gra_mul_scalar(gra_mul(c->in[0], c->in[0]), 3)));
}

static void wrong_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_mul_scalar(gra_mul(c->in[0], c->in[0]), 2));
}

static const gra_op right = {
    .schema = "cube(Tensor x) -> Tensor", .forward = cube_forward, .vjp = cube_vjp};
static const gra_op flat = {
    .schema = "flat(Tensor x) -> Tensor", .forward = cube_forward, .vjp = flat_vjp};
static const gra_op wrong = {
    .schema = "wrong(Tensor x) -> Tensor", .forward = cube_forward, .vjp = wrong_vjp};

static gra_tensor *apply(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    return gra_apply(context, in, 1, NULL);
}

static gra_tensor *input(void)
{
    const double values[] = {0.5, -2, 3};
    return gra_from_data(values, GRA_SHAPE(3), .dtype = GRA_FLOAT64, .requires_grad = true);
}

GRA_TEST(a_right_rule_passes_both_checks)
{
    gra_tensor *x = input();
    ck_assert_int_eq(gra_gradcheck(apply, (void *)&right, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(apply, (void *)&right, &x, 1), 0);
    GRA_ASSERT_VALUES(x, 0.5, -2, 3);
    ck_assert_ptr_null(gra_tensor_grad(x));
}

GRA_TEST(a_wrong_rule_is_found_with_its_place_and_both_numbers)
{
    gra_tensor *x = input();
    ck_assert_int_eq(gra_gradcheck(apply, (void *)&wrong, &x, 1), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "gra_gradcheck: the gradient of input 0 at [0] is "));
    gra_clear_error();
    GRA_ASSERT_VALUES(x, 0.5, -2, 3);
}

GRA_TEST(a_wrong_second_derivative_is_found)
{
    gra_tensor *x = input();
    ck_assert_int_eq(gra_gradcheck(apply, (void *)&flat, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(apply, (void *)&flat, &x, 1), -1);
    ck_assert_ptr_nonnull(
        strstr(gra_error(), "gra_gradgradcheck: the gradient of input 0 at [0] is 0 "));
    gra_clear_error();
}

GRA_TEST(inputs_must_be_float64_leaves)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1)), *plain = gra_vector(1);
    ck_assert_int_eq(gra_gradcheck(apply, (void *)&right, &x, 1), -1);
    GRA_ASSERT_ERROR(
        "gra_gradcheck: input 0 is float32; inputs that require a gradient must be leaves of "
        "dtype float64");
    ck_assert_int_eq(gra_gradcheck(apply, (void *)&right, &plain, 1), -1);
    GRA_ASSERT_ERROR("gra_gradcheck: no input requires a gradient");
}

GRA_TEST_MAIN("gradcheck", a_right_rule_passes_both_checks,
              a_wrong_rule_is_found_with_its_place_and_both_numbers,
              a_wrong_second_derivative_is_found, inputs_must_be_float64_leaves)
