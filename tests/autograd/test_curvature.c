/* test_curvature.c - diagonal second derivatives: against jacobians where they are exact, by hand, errors. */
#include "gradus.h"

#include "../support/test.h"

static gra_tensor *draw(gra_shape shape)
{
    return gra_uniform_(gra_empty(shape, .dtype = GRA_FLOAT64), -1, 1);
}

static gra_tensor *draw_leaf(gra_shape shape)
{
    return gra_requires_grad(draw(shape));
}

/* 2 sum_n J_nk^2 / n, for J of m outputs by k numbers, in the shape of p. */
static gra_tensor *from_jacobian(gra_tensor *j, gra_tensor *p, double n)
{
    gra_tensor *const rows = gra_reshape(j, GRA_SHAPE(-1, gra_tensor_numel(p)));
    gra_tensor *const sum = gra_sum(gra_square(rows), .dims = GRA_DIMS(0));
    return gra_reshape(gra_mul_scalar(sum, 2 / n), gra_tensor_shape(p));
}

static void assert_near(gra_tensor *got, gra_tensor *expected, const char *what)
{
    ck_assert_msg(got && expected, "%s: %s", what, gra_error());
    ck_assert_msg(gra_shape_equal(gra_tensor_shape(got), gra_tensor_shape(expected)), "%s", what);
    const double most = gra_item(gra_max(gra_abs(expected)));
    const double off = gra_item(gra_max(gra_abs(gra_sub(got, expected))));
    ck_assert_msg(off <= 1e-10 * (1 + most), "%s: off by %g of %g", what, off, most);
}

/* ---- a network of one output, where the diagonal is exact ---- */

enum { SAMPLES = 7, INPUTS = 3, HIDDEN = 4 };

/* w2 tanh(w1 x + b1) + b2 for each sample; in is w1, b1, w2, b2. */
static gra_tensor *network(gra_tensor *const *in, int count, void *x)
{
    (void)count;
    gra_tensor *const hidden = gra_tanh(gra_linear(x, in[0], in[1]));
    return gra_reshape(gra_linear(hidden, in[2], in[3]), GRA_SHAPE(SAMPLES));
}

GRA_TEST(two_layers_with_one_output_have_the_diagonal_that_the_jacobian_gives)
{
    gra_tensor *const x = draw(GRA_SHAPE(SAMPLES, INPUTS)), *const y = draw(GRA_SHAPE(SAMPLES));
    gra_tensor *p[] = {draw_leaf(GRA_SHAPE(HIDDEN, INPUTS)), draw_leaf(GRA_SHAPE(HIDDEN)),
                       draw_leaf(GRA_SHAPE(1, HIDDEN)), draw_leaf(GRA_SHAPE(1))};
    gra_tensor *h[4], *j[4];
    gra_tensor *const loss = gra_mse_loss(network(p, 4, x), y);
    ck_assert_int_eq(gra_curvature(loss, p, 4, h), 0);
    ck_assert_int_eq(gra_jacobian(network, x, p, 4, j), 0);
    for (int i = 0; i < 4; i++)
        assert_near(h[i], from_jacobian(j[i], p[i], SAMPLES), "network");
}

/* ---- each op by itself, where the diagonal is exact for any number of outputs ---- */

/* The same numbers at each call. */
static gra_tensor *constant(gra_shape shape)
{
    gra_tensor *const t = gra_to(gra_arange(1, 241, 1), GRA_FLOAT64);
    int64_t numel = 1;
    for (int i = 0; i < shape.count; i++)
        numel *= shape.size[i];
    return gra_reshape(gra_narrow(gra_sin(gra_square(t)), 0, 0, numel), shape);
}

static gra_tensor *indices(void)
{
    return gra_to(gra_vector(1, 0, 1), GRA_INT64);
}

/* X(name, expression of x [2, 3, 4, 4], whose elements lie between 0.2 and 1.2) */
#define OPS(X)                                                                                     \
    X(view, gra_view(x, GRA_SHAPE(6, 16)))                                                         \
    X(reshape, gra_reshape(gra_transpose(x, 1, 2), GRA_SHAPE(6, 16)))                              \
    X(flatten, gra_flatten(x, 1, -1))                                                              \
    X(permute, gra_permute(x, GRA_DIMS(3, 1, 0, 2)))                                               \
    X(transpose, gra_transpose(x, 1, 3))                                                           \
    X(select, gra_select(x, 1, 2))                                                                 \
    X(narrow, gra_narrow(x, 2, 1, 2))                                                              \
    X(unsqueeze, gra_unsqueeze(gra_select(x, 0, 1), 0))                                            \
    X(squeeze, gra_squeeze(gra_unsqueeze(x, 0), GRA_DIMS(0)))                                      \
    X(expand, gra_expand(gra_unsqueeze(gra_select(x, 0, 1), 0), GRA_SHAPE(5, 3, 4, 4)))            \
    X(contiguous, gra_contiguous(gra_transpose(x, 0, 3)))                                          \
    X(clone, gra_clone(x))                                                                         \
    X(to, gra_to(x, GRA_FLOAT64))                                                                  \
    X(to_channels_last, gra_to_channels_last(x))                                                   \
    X(cat, gra_cat((gra_tensor *[]){x, x}, 2, 1))                                                  \
    X(stack, gra_stack((gra_tensor *[]){gra_select(x, 0, 1), gra_select(x, 0, 0)}, 2, 1))          \
    X(index_select, gra_index_select(x, 2, indices()))                                             \
    X(flip, gra_flip(x, GRA_DIMS(1, 3)))                                                           \
    X(pad, gra_pad(x, GRA_PADS(1, 2)))                                                             \
    X(pad_reflect, gra_pad(x, GRA_PADS(1, 2), "reflect"))                                          \
    X(zero_pad2d, gra_zero_pad2d(x, 1, 0, 2, 1))                                                   \
    X(add, gra_add(x, constant(GRA_SHAPE(4))))                                                     \
    X(add_scalar, gra_add_scalar(x, 3))                                                            \
    X(sum, gra_sum(x, .dims = GRA_DIMS(1, 2)))                                                     \
    X(mean, gra_mean(x, .dims = GRA_DIMS(1, 2)))                                                   \
    X(max_pool2d, gra_max_pool2d(x, 2))                                                            \
    X(max_pool2d_overlapping, gra_max_pool2d(x, 3, .stride = 1))                                   \
    X(avg_pool2d, gra_avg_pool2d(x, 2))                                                            \
    X(avg_pool2d_padded, gra_avg_pool2d(x, 3, .stride = 1, .padding = 1, .divisor_override = 2))   \
    X(abs, gra_abs(gra_add_scalar(x, -0.7)))                                                       \
    X(relu, gra_relu(gra_add_scalar(x, -0.7)))                                                     \
    X(leaky_relu, gra_leaky_relu(gra_add_scalar(x, -0.7)))                                         \
    X(elu, gra_elu(gra_add_scalar(x, -0.7)))                                                       \
    X(gelu, gra_gelu(x))                                                                           \
    X(silu, gra_silu(x))                                                                           \
    X(softplus, gra_softplus(x))                                                                   \
    X(hardtanh, gra_hardtanh(x))                                                                   \
    X(clamp, gra_clamp(x, 0.4, 0.9))                                                               \
    X(sigmoid, gra_sigmoid(x))                                                                     \
    X(tanh, gra_tanh(x))                                                                           \
    X(exp, gra_exp(x))                                                                             \
    X(expm1, gra_expm1(x))                                                                         \
    X(log, gra_log(x))                                                                             \
    X(log1p, gra_log1p(x))                                                                         \
    X(square, gra_square(x))                                                                       \
    X(sqrt, gra_sqrt(x))                                                                           \
    X(rsqrt, gra_rsqrt(x))                                                                         \
    X(reciprocal, gra_reciprocal(x))                                                               \
    X(sin, gra_sin(x))                                                                             \
    X(cos, gra_cos(x))                                                                             \
    X(neg, gra_neg(x))                                                                             \
    X(sub, gra_sub(gra_ones_like(x), x))                                                           \
    X(mul, gra_mul(x, constant(GRA_SHAPE(3, 1, 1))))                                               \
    X(mul_scalar, gra_mul_scalar(x, -3))                                                           \
    X(div_scalar, gra_div_scalar(x, -3))                                                           \
    X(matmul, gra_matmul(x, constant(GRA_SHAPE(4, 5))))                                            \
    X(linear, gra_linear(x, constant(GRA_SHAPE(5, 4)), constant(GRA_SHAPE(5))))                    \
    X(conv2d, gra_conv2d(x, constant(GRA_SHAPE(4, 3, 3, 3)), .padding = 1, .stride = 2))           \
    X(conv2d_whole, gra_conv2d(x, constant(GRA_SHAPE(4, 3, 4, 4))))                                \
    X(conv3d,                                                                                      \
      gra_flatten(gra_conv3d(gra_unsqueeze(x, 0), constant(GRA_SHAPE(1, 2, 2, 2, 2))), 0, -1))

#define DEFINE(name, expression)                                                                   \
    static gra_tensor *apply_##name(gra_tensor *const *in, int count, void *context)               \
    {                                                                                              \
        (void)count, (void)context;                                                                \
        gra_tensor *const x = in[0];                                                               \
        return expression;                                                                         \
    }
OPS(DEFINE)

static const struct {
    const char *name;
    gra_tensor *(*apply)(gra_tensor *const *in, int count, void *context);
} functions[] = {
#define ENTRY(name, expression) {#name, apply_##name},
    OPS(ENTRY)};

GRA_TEST(each_declared_op_has_the_diagonal_that_its_jacobian_gives)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        const int mark = gra_mark();
        gra_tensor *x = gra_requires_grad(
            gra_detach(gra_add_scalar(gra_mul_scalar(draw(GRA_SHAPE(2, 3, 4, 4)), 0.5), 0.7)));
        gra_tensor *const y = functions[i].apply(&x, 1, NULL);
        gra_tensor *h = NULL, *j = NULL;
        gra_tensor *const loss = gra_mse_loss(y, gra_zeros_like(y), GRA_REDUCE_SUM);
        ck_assert_msg(gra_curvature(loss, &x, 1, &h) == 0, "%s: %s", functions[i].name,
                      gra_error());
        gra_jacobian(functions[i].apply, NULL, &x, 1, &j);
        assert_near(h, from_jacobian(j, x, 1), functions[i].name);
        gra_release(mark);
    }
}

/* ---- by hand ---- */

GRA_TEST(shared_weights_have_the_sum_over_their_uses)
{
    /* y_pq = sum_ab w_ab x_(p+a)(q+b), loss sum y^2: for w_ab 2 sum_pq x^2, for x 2 sum of w^2 */
    gra_tensor *in[] = {
        gra_requires_grad(
            gra_reshape(gra_vector(1, 2, 3, 4, 5, 6, 7, 8, 9), GRA_SHAPE(1, 1, 3, 3))),
        gra_requires_grad(gra_reshape(gra_vector(1, 2, 3, 4), GRA_SHAPE(1, 1, 2, 2))),
        gra_requires_grad(gra_vector(5))};
    gra_tensor *h[3];
    gra_tensor *const y = gra_conv2d(in[0], in[1], in[2]);
    ck_assert_int_eq(gra_curvature(gra_mse_loss(y, gra_zeros_like(y), GRA_REDUCE_SUM), in, 3, h),
                     0);
    GRA_ASSERT_VALUES(h[0], 2, 10, 8, 20, 60, 40, 18, 50, 32);
    GRA_ASSERT_VALUES(h[1], 92, 2 * (4 + 9 + 25 + 36), 2 * (16 + 25 + 49 + 64),
                      2 * (25 + 36 + 64 + 81));
    GRA_ASSERT_VALUES(h[2], 8);
}

GRA_TEST(sums_and_factors_behind_the_loss_count_once)
{
    gra_tensor *w = gra_requires_grad(gra_vector(3)), *h;
    gra_tensor *const terms = gra_square(gra_vector(1, 2));
    gra_tensor *const y = gra_mul(w, gra_vector(1, 2));
    gra_tensor *const loss = gra_mse_loss(y, gra_zeros_like(y));
    ck_assert_int_eq(gra_curvature(gra_add(gra_mul_scalar(loss, 10), gra_mean(terms)), &w, 1, &h),
                     0);
    GRA_ASSERT_VALUES(h, 10 * (1 + 4));
}

GRA_TEST(second_derivatives_of_distances_begin_with_the_gradient_of_the_criterion)
{
    gra_tensor *x = gra_requires_grad(gra_reshape(gra_vector(0.5, -1), GRA_SHAPE(1, 2)));
    gra_tensor *w = gra_requires_grad(gra_reshape(gra_vector(1, -1, -1, 1, 1, 1), GRA_SHAPE(3, 2)));
    gra_tensor *const target = gra_to(gra_vector(0), GRA_INT64);
    gra_tensor *h[2], *in[] = {x, w};
    gra_tensor *const loss = gra_map_loss(gra_rbf(x, w), target, .j = 2);
    ck_assert_int_eq(gra_curvature(loss, in, 2, h), 0);
    const double y[] = {0.25, 2.25 + 4, 0.25 + 4};
    double all = exp(-2), g[3];
    for (int i = 0; i < 3; i++)
        all += exp(-y[i]);
    for (int i = 0; i < 3; i++)
        g[i] = (i == 0) - exp(-y[i]) / all;
    GRA_ASSERT_SHAPE(h[0], 1, 2);
    GRA_ASSERT_SHAPE(h[1], 3, 2);
    const double each = 2 * exp(-2) / all;
    const float *const hx = gra_tensor_data(gra_contiguous(h[0]));
    ck_assert_double_eq_tol(hx[0], each, 1e-6);
    ck_assert_double_eq_tol(hx[1], each, 1e-6);
    gra_tensor *const hw = gra_contiguous(h[1]);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol(((const float *)gra_tensor_data(hw))[i], 2 * g[i / 2], 1e-6);
}

/* The diagonal of a hessian [n, n]. */
static gra_tensor *diagonal_of(gra_tensor *hessian, gra_tensor *x)
{
    const int64_t n = gra_tensor_numel(x);
    gra_tensor *const flat = gra_contiguous(gra_reshape(hessian, GRA_SHAPE(n, n)));
    return gra_reshape(gra_as_strided(flat, GRA_SHAPE(n), GRA_SHAPE(n + 1), 0),
                       gra_tensor_shape(x));
}

typedef struct {
    gra_tensor *target, *weight;
    gra_reduction reduction;
    double smoothing;
} entropy;

static gra_tensor *entropy_of(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    const entropy *const e = context;
    gra_tensor *const loss =
        gra_cross_entropy(in[0], e->target, e->reduction, .ignore_index = 1, .weight = e->weight,
                          .label_smoothing = e->smoothing);
    return e->reduction == GRA_REDUCE_NONE ? gra_sum(gra_mul_scalar(loss, 2)) : loss;
}

GRA_TEST(cross_entropy_begins_with_the_diagonal_of_its_hessian)
{
    gra_tensor *x = draw_leaf(GRA_SHAPE(4, 3));
    for (int i = 0; i < 12; i++) {
        const int mark = gra_mark();
        entropy e = {gra_to(gra_vector(0, 2, 1, 2), GRA_INT64),
                     i / 3 % 2 ? gra_to(gra_vector(1, 2, 3), GRA_FLOAT64) : NULL,
                     (gra_reduction)(i % 3), i / 6 ? 0.1 : 0};
        gra_tensor *h = NULL, *hessian = NULL;
        ck_assert_int_eq(gra_curvature(entropy_of(&x, 1, &e), &x, 1, &h), 0);
        ck_assert_int_eq(gra_hessian(entropy_of, &e, &x, 1, &hessian), 0);
        assert_near(h, diagonal_of(hessian, x), "cross_entropy");
        gra_release(mark);
    }
}

/* Sequential runs these as one op; by themselves they are three. */
GRA_TEST(what_sequential_fuses_gives_the_same)
{
    gra_manual_seed(5);
    gra_module *const net =
        gra_sequential(gra_nn_conv2d(16, 16, 3, .padding = 1), gra_nn_relu(),
                                           gra_nn_max_pool2d(2));
    gra_tensor *p[] = {gra_module_parameter(net, "0.weight"), gra_module_parameter(net, "0.bias"),
                       gra_requires_grad(gra_randn(GRA_SHAPE(2, 16, 8, 8)))};
    gra_tensor *h[2][3];
    gra_tensor *const apart =
        gra_max_pool2d(gra_relu(gra_conv2d(p[2], p[0], p[1], .padding = 1)), 2);
    gra_tensor *const y[] = {gra_forward(net, p[2]), apart};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(gra_curvature(gra_mse_loss(y[i], gra_zeros_like(y[i])), p, 3, h[i]), 0);
    for (int k = 0; k < 3; k++) {
        const double most = gra_item(gra_max(gra_abs(h[1][k])));
        ck_assert(gra_item(gra_max(gra_abs(gra_sub(h[0][k], h[1][k])))) <= 1e-5 * most);
    }
    gra_free(net);
}

GRA_TEST(an_affine_function_has_no_second_derivative)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2)), *h;
    gra_tensor *other = gra_requires_grad(gra_vector(7));
    ck_assert_int_eq(gra_curvature(gra_mean(gra_mul_scalar(w, 3)), &w, 1, &h), 0);
    GRA_ASSERT_VALUES(h, 0, 0);
    ck_assert_int_eq(gra_curvature(gra_sum(gra_mul_scalar(w, 3)), &other, 1, &h), 0);
    GRA_ASSERT_VALUES(h, 0);
}

GRA_TEST(results_can_be_asked_for_and_the_graph_stays)
{
    gra_tensor *w = gra_requires_grad(gra_vector(2));
    gra_tensor *const y = gra_mul(w, gra_vector(3)), *h[2], *in[] = {y, w};
    gra_tensor *const loss = gra_mse_loss(y, gra_vector(0));
    ck_assert_int_eq(gra_curvature(loss, in, 2, h), 0);
    GRA_ASSERT_VALUES(h[0], 2);
    GRA_ASSERT_VALUES(h[1], 18);
    ck_assert(!gra_tensor_requires_grad(h[1]));
    ck_assert_ptr_null(gra_tensor_grad(w));
    ck_assert_int_eq(gra_backward(loss), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 36);
}

static gra_tensor *look(gra_tensor *grad, void *context)
{
    (void)grad;
    *(int *)context += 1;
    return NULL;
}

GRA_TEST(hooks_of_gradients_do_not_see_second_derivatives)
{
    int calls = 0;
    gra_tensor *w = gra_requires_grad(gra_vector(2)), *h;
    gra_tensor *const y = gra_mul(w, gra_vector(3));
    gra_tensor_hook(w, look, &calls);
    gra_tensor_hook(y, look, &calls);
    ck_assert_int_eq(gra_curvature(gra_mse_loss(y, gra_vector(0)), &w, 1, &h), 0);
    ck_assert_int_eq(calls, 0);
}

/* ---- errors ---- */

#define ASSERT_REFUSED(loss, input, text)                                                          \
    do {                                                                                           \
        gra_tensor *in_ = (input), *h_ = in_;                                                      \
        ck_assert_int_eq(gra_curvature((loss), &in_, 1, &h_), -1);                                 \
        ck_assert_ptr_null(h_);                                                                    \
        GRA_ASSERT_ERROR(text);                                                                    \
    } while (0)

GRA_TEST(ops_that_do_not_say_are_named)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2));
    ASSERT_REFUSED(gra_mse_loss(gra_cumsum(w, 0), gra_vector(0, 0)), w,
                   "gra_curvature: cumsum does not say how second derivatives go through it; give "
                   "its gra_op a .curvature (in the rule of cumsum)");
}

GRA_TEST(second_derivatives_begin_at_a_loss)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2));
    ASSERT_REFUSED(
        gra_sum(gra_tanh(w)), w,
        "gra_curvature: tanh stands where no loss has come yet; second derivatives begin "
        "at an op such as mse_loss or rbf, and only affine ops may stand between it and "
        "the result (in the rule of tanh)");
}

GRA_TEST(a_criterion_needs_a_loss_below)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *const target = gra_select(gra_to(gra_vector(0), GRA_INT64), 0, 0);
    ASSERT_REFUSED(gra_map_loss(w, target), w,
                   "gra_curvature: a wanted tensor stands right below map_loss; second derivatives "
                   "begin at a loss such as rbf, which is to stand between");
}

GRA_TEST(a_loss_cannot_stand_below_another)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *const inner = gra_mse_loss(w, gra_vector(0, 0));
    ASSERT_REFUSED(
        gra_mse_loss(inner, gra_zeros_like(inner)), w,
        "gra_curvature: square_terms stands below another loss, where second derivatives "
        "go down already; it can only stand above (in the rule of square_terms)");
}

GRA_TEST(one_tensor_cannot_be_below_a_loss_and_beside_it)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *const y = gra_mul_scalar(w, 2);
    ASSERT_REFUSED(
        gra_add(gra_mse_loss(y, gra_vector(0, 0)), gra_sum(y)), w,
        "gra_curvature: the result of mul_scalar is used both below a loss and beside it; "
        "second derivatives of such a sum are not there");
}

GRA_TEST(windows_of_several_sizes_are_refused)
{
    gra_tensor *x = gra_requires_grad(gra_ones(GRA_SHAPE(1, 1, 4, 4)));
    gra_tensor *const y = gra_avg_pool2d(x, 3, .padding = 1, .count_include_pad = false);
    ASSERT_REFUSED(
        gra_mse_loss(y, gra_zeros_like(y)), x,
        "avg_pool2d: no curvature goes through windows of several sizes; padding 0 "
        "without ceil_mode, or a divisor_override, is needed (in the rule of avg_pool2d)");
}

GRA_TEST(targets_that_are_probabilities_are_refused)
{
    gra_tensor *x = gra_requires_grad(gra_ones(GRA_SHAPE(1, 2)));
    ASSERT_REFUSED(gra_cross_entropy(x, gra_full(GRA_SHAPE(1, 2), 0.5)), x,
                   "cross_entropy: no curvature begins at targets that are probabilities; class "
                   "indices are needed (in the rule of cross_entropy)");
}

GRA_TEST(arguments_are_checked)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2)), *h;
    gra_tensor *const loss = gra_mse_loss(w, gra_vector(0, 0));
    ASSERT_REFUSED(NULL, w, "gra_curvature: the loss is NULL");
    ASSERT_REFUSED(w, w,
                   "gra_curvature: the loss has shape [2] and no history; a recorded one of one "
                   "element is needed");
    ASSERT_REFUSED(loss, NULL, "gra_curvature: input 0 is NULL");
    ASSERT_REFUSED(loss, gra_vector(1), "gra_curvature: input 0 does not require a gradient");
    ck_assert_int_eq(gra_curvature(loss, NULL, 1, &h), -1);
    GRA_ASSERT_ERROR("gra_curvature: the list of inputs or results is NULL");
}

GRA_TEST_MAIN("curvature", two_layers_with_one_output_have_the_diagonal_that_the_jacobian_gives,
              each_declared_op_has_the_diagonal_that_its_jacobian_gives,
              shared_weights_have_the_sum_over_their_uses,
              sums_and_factors_behind_the_loss_count_once,
              second_derivatives_of_distances_begin_with_the_gradient_of_the_criterion,
              cross_entropy_begins_with_the_diagonal_of_its_hessian,
              what_sequential_fuses_gives_the_same, an_affine_function_has_no_second_derivative,
              results_can_be_asked_for_and_the_graph_stays,
              hooks_of_gradients_do_not_see_second_derivatives, ops_that_do_not_say_are_named,
              second_derivatives_begin_at_a_loss, a_criterion_needs_a_loss_below,
              a_loss_cannot_stand_below_another, one_tensor_cannot_be_below_a_loss_and_beside_it,
              windows_of_several_sizes_are_refused, targets_that_are_probabilities_are_refused,
              arguments_are_checked)
