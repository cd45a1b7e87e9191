/* test_functional.c - Jacobians, Hessians and products against closed forms, each other and differences. */
#include "gradus.h"

#include "tests/support/test.h"

/* y = [x0 x1, x0^2, sin-free: exp(x1)] of x [2] */
static gra_tensor *three(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    gra_tensor *a = gra_select(in[0], 0, 0), *b = gra_select(in[0], 0, 1);
    return gra_stack((gra_tensor *[]){gra_mul(a, b), gra_square(a), gra_exp(b)}, 3, 0);
}

GRA_TEST(jacobian_of_three_functions_of_two_variables)
{
    gra_tensor *x = gra_vector(2, 0), *j = NULL;
    ck_assert_int_eq(gra_jacobian(three, NULL, &x, 1, &j), 0);
    GRA_ASSERT_SHAPE(j, 3, 2);
    GRA_ASSERT_VALUES(j, 0, 2, 4, 0, 0, 1);
    ck_assert(!gra_tensor_requires_grad(j));
    ck_assert(!gra_tensor_requires_grad(x));
}

GRA_TEST(vjp_and_jvp_are_rows_and_columns_of_the_jacobian)
{
    gra_tensor *x = gra_vector(2, 0), *v = gra_vector(1, 10, 100), *w = gra_vector(5, 7);
    gra_tensor *vj = NULL, *jv = NULL, *y = NULL;
    ck_assert_int_eq(gra_vjp(three, NULL, &x, 1, &v, &vj, .output = &y), 0);
    GRA_ASSERT_VALUES(vj, 40, 102);
    GRA_ASSERT_VALUES(y, 0, 4, 1);
    ck_assert(!gra_tensor_requires_grad(y));
    y = NULL;
    ck_assert_int_eq(gra_jvp(three, NULL, &x, 1, &w, &jv, &y), 0);
    GRA_ASSERT_VALUES(jv, 14, 20, 7);
    GRA_ASSERT_VALUES(y, 0, 4, 1);
}

/* y = sum(a^2 b) of a, b [2] */
static gra_tensor *cubic(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_sum(gra_mul(gra_square(in[0]), in[1]));
}

GRA_TEST(hessian_has_a_block_for_each_pair_of_inputs)
{
    gra_tensor *in[] = {gra_vector(1, 2), gra_vector(3, 4)}, *h[4];
    ck_assert_int_eq(gra_hessian(cubic, NULL, in, 2, h), 0);
    GRA_ASSERT_SHAPE(h[0], 2, 2);
    GRA_ASSERT_VALUES(h[0], 6, 0, 0, 8);
    GRA_ASSERT_VALUES(h[1], 2, 0, 0, 4);
    GRA_ASSERT_VALUES(h[2], 2, 0, 0, 4);
    GRA_ASSERT_VALUES(h[3], 0, 0, 0, 0);
}

GRA_TEST(hvp_is_the_hessian_times_vectors)
{
    gra_tensor *in[] = {gra_vector(1, 2), gra_vector(3, 4)}, *hv[2], *y = NULL;
    gra_tensor *v[] = {gra_vector(1, 10), gra_vector(100, 1000)};
    ck_assert_int_eq(gra_hvp(cubic, NULL, in, 2, v, hv, &y), 0);
    GRA_ASSERT_VALUES(hv[0], 206, 4080);
    GRA_ASSERT_VALUES(hv[1], 2, 40);
    GRA_ASSERT_VALUES(y, 19);
}

static gra_tensor *network(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    return gra_forward(context, in[0]);
}

static gra_tensor *network_loss(gra_tensor *const *in, int count, void *context)
{
    return gra_sum(gra_square(network(in, count, context)));
}

static double largest_difference(gra_tensor *a, gra_tensor *b)
{
    return gra_item(gra_max(gra_reshape(gra_abs(gra_sub(a, b)), GRA_SHAPE(-1))));
}

/* J v by differences of y, and H v by differences of the gradient. */
GRA_TEST(products_agree_with_finite_differences_on_a_network)
{
    gra_module *net = gra_module_to(gra_sequential(gra_nn_linear(4, 5), gra_nn_tanh(),
                                                   gra_nn_linear(5, 3), gra_nn_sigmoid()), GRA_FLOAT64);
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 4), .dtype = GRA_FLOAT64);
    gra_tensor *v = gra_randn(GRA_SHAPE(2, 4), .dtype = GRA_FLOAT64), *jv, *hv, *j, *h;
    const double eps = 1e-6;
    gra_tensor *above = gra_add(x, gra_mul_scalar(v, eps)),
               *below = gra_sub(x, gra_mul_scalar(v, eps));
    gra_tensor *one = gra_ones(GRA_SCALAR, GRA_FLOAT64), *up, *down;
    ck_assert_int_eq(gra_jvp(network, net, &x, 1, &v, &jv), 0);
    gra_tensor *slope =
        gra_div_scalar(gra_sub(network(&above, 1, net), network(&below, 1, net)), 2 * eps);
    ck_assert_double_lt(largest_difference(jv, slope), 1e-8);
    ck_assert_int_eq(gra_hvp(network_loss, net, &x, 1, &v, &hv), 0);
    gra_vjp(network_loss, net, &above, 1, &one, &up);
    gra_vjp(network_loss, net, &below, 1, &one, &down);
    ck_assert_double_lt(largest_difference(hv, gra_div_scalar(gra_sub(up, down), 2 * eps)), 1e-8);
    ck_assert_int_eq(gra_jacobian(network, net, &x, 1, &j), 0);
    GRA_ASSERT_SHAPE(j, 2, 3, 2, 4);
    gra_tensor *column = gra_reshape(v, GRA_SHAPE(8, 1));
    ck_assert_double_lt(largest_difference(gra_matmul(gra_reshape(j, GRA_SHAPE(6, 8)), column),
                                           gra_reshape(jv, GRA_SHAPE(6, 1))),
                        1e-12);
    ck_assert_int_eq(gra_hessian(network_loss, net, &x, 1, &h), 0);
    ck_assert_double_lt(largest_difference(gra_matmul(gra_reshape(h, GRA_SHAPE(8, 8)), column),
                                           gra_reshape(hv, GRA_SHAPE(8, 1))),
                        1e-12);
    ck_assert_ptr_null(gra_tensor_grad(gra_module_parameter(net, "0.weight")));
    gra_free(net);
}

/* The square of an entry of the Jacobian, differentiated by the input: 2 J dJ. */
static gra_tensor *jacobian_norm(gra_tensor *const *in, int count, void *context)
{
    gra_tensor *j = NULL;
    gra_jacobian(three, context, in, count, &j, .create_graph = true);
    return gra_sum(gra_square(j));
}

static gra_tensor *all_products(gra_tensor *const *in, int count, void *context)
{
    gra_tensor *vj, *jv, *h, *hv, *v = gra_detach(in[0]), *ones = NULL;
    (void)context;
    ones = gra_ones(GRA_SHAPE(3), GRA_FLOAT64);
    gra_vjp(three, NULL, in, count, &ones, &vj, .create_graph = true);
    gra_jvp(three, NULL, in, count, &v, &jv, .create_graph = true);
    gra_hessian(jacobian_norm, NULL, in, count, &h, .create_graph = true);
    gra_hvp(jacobian_norm, NULL, in, count, &v, &hv, .create_graph = true);
    return gra_add(gra_add(gra_sum(vj), gra_sum(jv)), gra_add(gra_sum(h), gra_sum(hv)));
}

static gra_tensor *vjp_alone(gra_tensor *const *in, int count, void *context)
{
    gra_tensor *vj, *ones = gra_ones(GRA_SHAPE(3), GRA_FLOAT64);
    (void)context;
    gra_vjp(three, NULL, in, count, &ones, &vj, .create_graph = true);
    return vj;
}

GRA_TEST(derivatives_with_create_graph_can_be_differentiated)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(2), .dtype = GRA_FLOAT64, .requires_grad = true), *j, *h;
    ck_assert_int_eq(gra_gradcheck(jacobian_norm, NULL, &x, 1), 0);
    ck_assert_int_eq(gra_gradcheck(vjp_alone, NULL, &x, 1), 0);
    ck_assert_ptr_nonnull(gra_grad(all_products(&x, 1, NULL), x));
    gra_jacobian(vjp_alone, NULL, &x, 1, &j);
    GRA_ASSERT_SHAPE(j, 2, 2);
    x = gra_vector(2, 0);
    gra_tensor *y = jacobian_norm(&x, 1, NULL);
    GRA_ASSERT_VALUES(y, 4 + 16 + 1);
    ck_assert_int_eq(gra_hessian(jacobian_norm, NULL, &x, 1, &h), 0);
    GRA_ASSERT_VALUES(h, 2 + 8, 0, 0, 2 + 4); /* x1^2 + x0^2 + 4 x0^2 + exp(2 x1) */
}

static gra_tensor *constant(gra_tensor *const *in, int count, void *context)
{
    (void)in, (void)count, (void)context;
    return gra_vector(1);
}

static gra_tensor *linear(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_sum(gra_mul_scalar(in[0], 3));
}

GRA_TEST(what_does_not_depend_on_an_input_has_derivatives_of_zero)
{
    gra_tensor *in[] = {gra_vector(1, 2), gra_vector(3)}, *j[2], *h[4], *hv[2], *jv;
    ck_assert_int_eq(gra_jacobian(constant, NULL, in, 2, j), 0);
    GRA_ASSERT_SHAPE(j[0], 1, 2);
    GRA_ASSERT_VALUES(j[0], 0, 0);
    ck_assert_int_eq(gra_jacobian(linear, NULL, in, 2, j), 0);
    GRA_ASSERT_VALUES(j[0], 3, 3);
    GRA_ASSERT_VALUES(j[1], 0);
    ck_assert_int_eq(gra_hessian(linear, NULL, in, 2, h), 0);
    GRA_ASSERT_VALUES(h[0], 0, 0, 0, 0);
    GRA_ASSERT_VALUES(h[3], 0);
    ck_assert_int_eq(gra_hvp(linear, NULL, in, 2, in, hv), 0);
    GRA_ASSERT_VALUES(hv[0], 0, 0);
    ck_assert_int_eq(gra_jvp(linear, NULL, in, 2, in, &jv), 0);
    GRA_ASSERT_VALUES(jv, 9);
    ck_assert_int_eq(gra_jvp(constant, NULL, in, 2, in, &jv), 0);
    GRA_ASSERT_VALUES(jv, 0);
}

static gra_tensor *empty_output(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_narrow(in[0], 0, 0, 0);
}

GRA_TEST(a_jacobian_may_have_no_rows)
{
    gra_tensor *x = gra_vector(1, 2), *j;
    ck_assert_int_eq(gra_jacobian(empty_output, NULL, &x, 1, &j), 0);
    GRA_ASSERT_SHAPE(j, 0, 2);
}

static gra_tensor *nothing(gra_tensor *const *in, int count, void *context)
{
    (void)in, (void)count, (void)context;
    return NULL;
}

static gra_tensor *itself(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_mul_scalar(in[0], 1);
}

GRA_TEST(what_is_asked_for_is_checked)
{
    gra_tensor *x = gra_vector(1, 2), *v = gra_vector(1), *none = NULL, *r = x,
               *i = gra_to(x, GRA_INT64);
    ck_assert_int_eq(gra_jacobian(NULL, NULL, &x, 1, &r), -1);
    GRA_ASSERT_ERROR("gra_jacobian: the function is NULL");
    ck_assert_ptr_null(r);
    ck_assert_int_eq(gra_hessian(cubic, NULL, NULL, 1, &r), -1);
    GRA_ASSERT_ERROR("gra_hessian: the list of inputs is NULL");
    ck_assert_int_eq(gra_jacobian(three, NULL, &x, 1, NULL), -1);
    GRA_ASSERT_ERROR("gra_jacobian: the list of results is NULL");
    ck_assert_int_eq(gra_jacobian(three, NULL, &x, 0, &r), -1);
    GRA_ASSERT_ERROR("gra_jacobian: 0 inputs were given; at least 1 is needed");
    ck_assert_int_eq(gra_jacobian(three, NULL, &none, 1, &r), -1);
    GRA_ASSERT_ERROR("gra_jacobian: input 0 is NULL");
    ck_assert_int_eq(gra_jacobian(three, NULL, &i, 1, &r), -1);
    GRA_ASSERT_ERROR(
        "gra_jacobian: input 0 has dtype int64; only floating-point ones have derivatives");
    ck_assert_int_eq(gra_jacobian(nothing, NULL, &x, 1, &r), -1);
    GRA_ASSERT_ERROR("gra_jacobian: the function returned NULL");
    ck_assert_int_eq(gra_hessian(itself, NULL, &x, 1, &r), -1);
    GRA_ASSERT_ERROR(
        "gra_hessian: the function returned a tensor of shape [2]; one element is needed");
    ck_assert_int_eq(gra_vjp(itself, NULL, &x, 1, &v, &r), -1);
    GRA_ASSERT_ERROR("gra_vjp: vector 0 has shape [1]; the output has shape [2]");
    ck_assert_int_eq(gra_jvp(itself, NULL, &x, 1, &v, &r), -1);
    GRA_ASSERT_ERROR("gra_jvp: vector 0 has shape [1]; the input has shape [2]");
    ck_assert_int_eq(gra_hvp(linear, NULL, &x, 1, NULL, &r), -1);
    GRA_ASSERT_ERROR("gra_hvp: vector 0 is NULL");
    ck_assert_int_eq(gra_hvp(itself, NULL, &x, 1, &x, &r), -1);
    GRA_ASSERT_ERROR("gra_hvp: the function returned a tensor of shape [2]; one element is needed");
    gra_tensor *deep = gra_zeros(GRA_SHAPE(1, 1, 1, 1, 1));
    ck_assert_int_eq(gra_jacobian(itself, NULL, &deep, 1, &r), -1);
    GRA_ASSERT_ERROR(
        "gra_jacobian: shapes [1, 1, 1, 1, 1] and [1, 1, 1, 1, 1] have 10 dims together; at "
        "most 8 are possible");
}

GRA_TEST_MAIN("functional", jacobian_of_three_functions_of_two_variables,
              vjp_and_jvp_are_rows_and_columns_of_the_jacobian,
              hessian_has_a_block_for_each_pair_of_inputs, hvp_is_the_hessian_times_vectors,
              products_agree_with_finite_differences_on_a_network,
              derivatives_with_create_graph_can_be_differentiated,
              what_does_not_depend_on_an_input_has_derivatives_of_zero, a_jacobian_may_have_no_rows,
              what_is_asked_for_is_checked)
