/* test_fused_backward.c - optimizers that move parameters during gra_backward: the same bits as
 * without, less memory, and what is refused. */
#include "gradus.h"

#include "../support/test.h"

/* ---- the same bits ---- */

static void assert_same_bits(gra_tensor *a, gra_tensor *b, const char *what)
{
    a = gra_contiguous(a);
    b = gra_contiguous(b);
    ck_assert_msg(a && b, "%s: %s", what, gra_error());
    ck_assert_msg(gra_shape_equal(gra_tensor_shape(a), gra_tensor_shape(b)) &&
                      gra_tensor_dtype(a) == gra_tensor_dtype(b),
                  "%s: the shapes or dtypes differ", what);
    const size_t bytes = (size_t)gra_tensor_numel(a) * gra_dtype_size(gra_tensor_dtype(a));
    ck_assert_msg(!memcmp(gra_tensor_data(a), gra_tensor_data(b), bytes), "%s: the bits differ",
                  what);
}

static int compare_with(const char *name, gra_tensor *t, void *other)
{
    assert_same_bits(t, gra_module_parameter(other, name), name);
    return 0;
}

static int assert_no_grad(const char *name, gra_tensor *t, void *context)
{
    (void)context;
    ck_assert_msg(gra_tensor_grad(t) == NULL, "%s has a gradient", name);
    return 0;
}

/* Four steps on random batches, the same ones in each call. */
static void train(gra_module *net, gra_sgd_options options, gra_shape shape, gra_dtype dtype,
                  int classes)
{
    gra_manual_seed(7);
    options.module = net;
    gra_optim *const opt = gra_sgd_with(options);
    gra_module *const loss = gra_nn_cross_entropy_loss();
    for (int t = 0; t < 4; t++) {
        const int mark = gra_mark();
        gra_tensor *const x = gra_to(gra_randn(shape), dtype);
        gra_tensor *const target = gra_randint(0, classes, GRA_SHAPE(shape.size[0]));
        gra_optim_set_lr(opt, options.lr / (t + 1));
        gra_zero_grad(opt);
        ck_assert_msg(!gra_backward(gra_loss(loss, gra_forward(net, x), target)), "%s",
                      gra_error());
        if (options.fused_backward)
            gra_module_named_parameters(net, assert_no_grad, NULL);
        ck_assert_int_eq(gra_step(opt), 0);
        gra_release(mark);
    }
    gra_free(opt, loss);
}

static void assert_trains_the_same(gra_module *(*make)(void), gra_dtype dtype, gra_shape shape,
                                   int classes, gra_sgd_options options)
{
    gra_module *nets[2];
    for (int i = 0; i < 2; i++) {
        gra_manual_seed(3);
        nets[i] = gra_module_to(make(), dtype);
        options.fused_backward = i;
        train(nets[i], options, shape, dtype, classes);
    }
    ck_assert_int_eq(gra_module_named_parameters(nets[0], compare_with, nets[1]), 0);
    gra_free(nets[0], nets[1]);
}

static const gra_sgd_options plain = {.lr = 0.1},
                             heavy = {.lr = 0.05, .momentum = 0.9, .weight_decay = 5e-4},
                             nesterov = {.lr = 0.05, .momentum = 0.9, .nesterov = true},
                             damped = {.lr = 0.02,
                                       .momentum = 0.8,
                                       .dampening = 0.1,
                                       .weight_decay = 0.01,
                                       .maximize = true};

static gra_module *conv_net(void)
{
    return gra_sequential(gra_nn_conv2d(3, 16, 3, .padding = 1, .bias = false),
                          gra_nn_batch_norm2d(16), gra_nn_relu(), gra_nn_max_pool2d(2),
                          gra_nn_conv2d(16, 32, 3, .padding = 1, .groups = 2), gra_nn_relu(),
                          gra_nn_flatten(), gra_nn_linear(32 * 16, 50), gra_nn_relu(),
                          gra_nn_linear(50, 5));
}

static gra_module *dense_net(void)
{
    return gra_sequential(gra_nn_linear(33, 70), gra_nn_tanh(), gra_nn_linear(70, 1),
                          gra_nn_tanh(), gra_nn_linear(1, 40), gra_nn_linear(40, 4));
}

GRA_TEST(lenet5_trains_to_the_same_bits)
{
    const gra_sgd_options options[] = {plain, heavy, nesterov, damped};
    for (int i = 0; i < 4; i++)
        assert_trains_the_same(gra_lenet5, GRA_FLOAT32, GRA_SHAPE(9, 1, 28, 28), 10, options[i]);
}

GRA_TEST(a_convolutional_network_trains_to_the_same_bits)
{
    const gra_sgd_options options[] = {plain, heavy, nesterov, damped};
    for (int i = 0; i < 4; i++)
        assert_trains_the_same(conv_net, GRA_FLOAT32, GRA_SHAPE(4, 3, 8, 8), 5, options[i]);
}

GRA_TEST(a_dense_network_trains_to_the_same_bits_in_any_dtype)
{
    for (int batch = 1; batch <= 6; batch += 5) {
        assert_trains_the_same(dense_net, GRA_FLOAT32, GRA_SHAPE(batch, 33), 4, heavy);
        assert_trains_the_same(dense_net, GRA_FLOAT64, GRA_SHAPE(batch, 33), 4, heavy);
        assert_trains_the_same(dense_net, GRA_BFLOAT16, GRA_SHAPE(batch, 33), 4, nesterov);
    }
}

/* ---- graphs ---- */

typedef gra_tensor *loss_of(gra_tensor *x, gra_tensor *const *p);

/* Trains `count` copies of the first values by both ways, and compares. */
static void assert_moves_the_same(loss_of *loss, gra_tensor *x, gra_tensor *const *first, int count)
{
    gra_tensor *p[2][4];
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < count; k++)
            p[i][k] = gra_requires_grad(gra_clone(first[k]));
        gra_optim *const opt = gra_sgd(.tensors = p[i], .count = count, .lr = 0.01, .momentum = 0.9,
                                       .weight_decay = 0.01, .fused_backward = i);
        for (int t = 0; t < 3; t++) {
            const int mark = gra_mark();
            gra_zero_grad(opt);
            ck_assert_msg(!gra_backward(loss(x, p[i])), "%s", gra_error());
            ck_assert_int_eq(gra_step(opt), 0);
            gra_release(mark);
        }
        gra_free(opt);
    }
    for (int k = 0; k < count; k++) {
        char what[32];
        snprintf(what, sizeof what, "parameter %d", k);
        ck_assert_ptr_null(gra_tensor_grad(p[1][k]));
        assert_same_bits(p[0][k], p[1][k], what);
        ck_assert(gra_item(gra_all(gra_eq(p[1][k], first[k]))) == 0);
    }
}

/* One weight in three layers; the last of them is visited first. */
static gra_tensor *shared_loss(gra_tensor *x, gra_tensor *const *p)
{
    for (int i = 0; i < 3; i++)
        x = gra_tanh(gra_linear(x, p[0], i == 1 ? p[1] : NULL));
    return gra_sum(gra_square(x));
}

/* A weight and its transpose, as autoencoders tie them. */
static gra_tensor *tied_loss(gra_tensor *x, gra_tensor *const *p)
{
    gra_tensor *const code = gra_tanh(gra_linear(x, p[0], p[1]));
    return gra_sum(gra_square(gra_sub(gra_matmul(code, p[0]), x)));
}

/* The mul that is visited last saved p[0]'s memory without an edge to it. */
static gra_tensor *detached_loss(gra_tensor *x, gra_tensor *const *p)
{
    gra_tensor *const h = gra_mul(gra_linear(x, p[1], NULL), gra_detach(p[0]));
    return gra_sum(gra_square(gra_mul(h, p[0])));
}

/* A linear layer that reads its weight's memory through x as well. */
static gra_tensor *twin_loss(gra_tensor *x, gra_tensor *const *p)
{
    (void)x;
    return gra_sum(gra_square(gra_linear(gra_detach(p[0]), p[0], NULL)));
}

/* The linear layer is visited first and uses p[0] alone, but the mul saved its memory. */
static gra_tensor *late_loss(gra_tensor *x, gra_tensor *const *p)
{
    (void)x;
    return gra_sum(gra_square(gra_linear(gra_mul(p[1], gra_detach(p[0])), p[0], NULL)));
}

static gra_tensor *twice_loss(gra_tensor *x, gra_tensor *const *p)
{
    (void)x;
    return gra_sum(gra_square(gra_linear(p[0], p[0], NULL)));
}

/* One parameter is used by nothing but an addition, another through a view. */
static gra_tensor *views_loss(gra_tensor *x, gra_tensor *const *p)
{
    gra_tensor *const h = gra_add(gra_matmul(x, gra_transpose(p[0], 0, 1)), p[1]);
    return gra_sum(gra_mul(h, gra_exp(h)));
}

GRA_TEST(shared_weights_move_once_when_all_contributions_are_in)
{
    gra_tensor *const x = gra_randn(GRA_SHAPE(3, 5)), *const w = gra_randn(GRA_SHAPE(5, 5)),
                      *const b = gra_randn(GRA_SHAPE(5));
    assert_moves_the_same(shared_loss, x, (gra_tensor *[]){w, b}, 2);
    assert_moves_the_same(tied_loss, x, (gra_tensor *[]){w, b}, 2);
    assert_moves_the_same(twice_loss, x, &w, 1);
}

GRA_TEST(a_parameter_waits_for_nodes_that_saved_its_memory)
{
    gra_tensor *const x = gra_randn(GRA_SHAPE(3, 5)), *const w = gra_randn(GRA_SHAPE(5, 5)),
                      *const b = gra_randn(GRA_SHAPE(5));
    assert_moves_the_same(detached_loss, x, (gra_tensor *[]){b, w}, 2);
    assert_moves_the_same(twin_loss, x, (gra_tensor *[]){gra_randn(GRA_SHAPE(40, 40000))}, 1);
    assert_moves_the_same(late_loss, x, (gra_tensor *[]){w, gra_randn(GRA_SHAPE(5, 5))}, 2);
    assert_moves_the_same(views_loss, x, (gra_tensor *[]){w, b}, 2);
}

GRA_TEST(a_parameter_may_be_the_loss)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(2));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    gra_backward(p);
    GRA_ASSERT_VALUES(p, 1.5);
    ck_assert_ptr_null(gra_tensor_grad(p));
    gra_free(opt);
}

/* The first gradient is the memory of a parameter that moves before the gradient is used up. */
GRA_TEST(a_parameter_may_be_the_gradient)
{
    gra_tensor *const w = gra_requires_grad(gra_vector(1, 2)), *const v = gra_requires_grad(
                                                                   gra_vector(5, 7));
    gra_tensor *const p[] = {w, v};
    gra_optim *const opt = gra_sgd(.tensors = p, .count = 2, .lr = 1, .fused_backward = true);
    gra_tensor *const y = gra_add(gra_mul_scalar(v, 2), w);
    gra_backward(y, .gradient = w);
    GRA_ASSERT_VALUES(w, 0, 0);
    GRA_ASSERT_VALUES(v, 3, 3);
    gra_free(opt);
}

GRA_TEST(leaves_in_one_memory_move_apart)
{
    gra_tensor *const memory = gra_vector(1, 2, 3, 4);
    gra_tensor *const p[] = {gra_requires_grad(gra_detach(gra_narrow(memory, 0, 0, 2))),
                             gra_requires_grad(gra_detach(gra_narrow(memory, 0, 2, 2)))};
    gra_optim *const opt = gra_sgd(.tensors = p, .count = 2, .lr = 0.5, .fused_backward = true);
    gra_backward(gra_sum(gra_mul(gra_square(p[0]), p[1])));
    GRA_ASSERT_VALUES(memory, -2, -6, 2.5, 2);
    gra_free(opt);
}

GRA_TEST(frozen_and_unused_parameters_stay)
{
    gra_tensor *const p[] = {gra_requires_grad(gra_ones(GRA_SHAPE(2))),
                             gra_requires_grad(gra_ones(GRA_SHAPE(2))),
                             gra_requires_grad(gra_ones(GRA_SHAPE(2)))};
    gra_optim *const opt =
        gra_sgd(.tensors = p, .count = 3, .lr = 1, .weight_decay = 1, .fused_backward = true);
    gra_set_requires_grad(p[1], false);
    gra_backward(gra_sum(gra_mul(p[0], p[1])));
    GRA_ASSERT_VALUES(p[0], -1, -1);
    GRA_ASSERT_VALUES(p[1], 1, 1);
    GRA_ASSERT_VALUES(p[2], 1, 1);
    gra_free(opt);
}

/* ---- strips ---- */

/* Rows that make several strips, and a length of rows that no vector divides. */
static void wide_step(int batch, gra_dtype dtype, bool fused, int threads, gra_tensor **w)
{
    enum { OUT = 100, IN = 70001 };
    gra_manual_seed(5);
    gra_set_threads(threads);
    *w = gra_requires_grad(gra_to(gra_randn(GRA_SHAPE(OUT, IN)), dtype));
    gra_tensor *const x =
        gra_requires_grad(gra_to(gra_randn(GRA_SHAPE(batch, IN)), dtype)); /* wants dx as well */
    gra_optim *const opt = gra_sgd(.tensors = w, .count = 1, .lr = 0.1, .momentum = 0.9,
                                   .weight_decay = 0.01, .nesterov = true, .fused_backward = fused);
    for (int t = 0; t < 2; t++) {
        const int mark = gra_mark();
        gra_zero_grad(opt);
        gra_tensor *const y = gra_linear(x, *w, NULL);
        gra_tensor *const g = gra_to(gra_randn(GRA_SHAPE(batch, OUT)), dtype);
        ck_assert_int_eq(gra_backward(y, .gradient = g), 0);
        ck_assert_int_eq(gra_step(opt), 0);
        gra_release(mark);
    }
    gra_set_threads(0);
    gra_free(opt);
}

GRA_TEST(strips_give_the_same_bits)
{
    const int batches[] = {1, 5, 8};
    for (int i = 0; i < 3; i++)
        for (int threads = 1; threads <= 3; threads += 2) {
            const int mark = gra_mark();
            gra_tensor *whole, *strips;
            wide_step(batches[i], GRA_FLOAT32, false, 1, &whole);
            wide_step(batches[i], GRA_FLOAT32, true, threads, &strips);
            assert_same_bits(whole, strips, "a weight");
            gra_release(mark);
        }
    gra_tensor *whole, *strips;
    wide_step(2, GRA_BFLOAT16, false, 1, &whole);
    wide_step(2, GRA_BFLOAT16, true, 2, &strips);
    assert_same_bits(whole, strips, "a bfloat16 weight");
}

/* Strides of a leaf that is a transposed view. */
GRA_TEST(strips_fit_a_weight_of_any_strides)
{
    gra_tensor *w[2];
    gra_tensor *const first = gra_randn(GRA_SHAPE(40, 60)), *const x = gra_randn(GRA_SHAPE(3, 40));
    for (int i = 0; i < 2; i++) {
        w[i] = gra_requires_grad(gra_detach(gra_transpose(gra_clone(first), 0, 1)));
        gra_optim *const opt =
            gra_sgd(.tensors = &w[i], .count = 1, .lr = 0.1, .momentum = 0.5, .fused_backward = i);
        gra_backward(gra_sum(gra_square(gra_linear(x, w[i], NULL))));
        gra_step(opt);
        gra_free(opt);
    }
    assert_same_bits(w[0], w[1], "a transposed weight");
}

/* y = x w^T, w [4, I], in an op whose strips are single rows; it gives `limit` of them. */
static int64_t limit;
static int rule_calls, needed_weight;

static void rows_forward(gra_call *c)
{
    c->out[0] = gra_matmul(c->in[0], gra_transpose(c->in[1], 0, 1));
}

static void rows_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    rule_calls++;
    needed_weight += c->needs[1];
    if (c->needs[0])
        dx[0] = gra_matmul(g[0], c->in[1]);
    if (c->needs[1])
        dx[1] = gra_matmul(gra_transpose(g[0], 0, 1), c->in[0]);
}

static void rows_vjp_strips(gra_call *c, gra_tensor **g, int i, gra_take_strip take, void *context)
{
    ck_assert_int_eq(i, 1);
    ck_assert_ptr_null(c->in[1]);
    gra_tensor *const columns = gra_transpose(g[0], 0, 1);
    for (int64_t row = 0; row < limit; row++)
        if (!take(context, gra_matmul(gra_narrow(columns, 0, row % 4, 1), c->in[0])))
            break;
}

static const gra_op rows_op = {
    .schema = "rows(Tensor x, Tensor w) -> Tensor",
    .forward = rows_forward,
    .vjp = rows_vjp,
    .vjp_strips = rows_vjp_strips,
    .strips = GRA_IN(1),
};

static gra_tensor *rows_loss(gra_tensor *x, gra_tensor *const *p)
{
    return gra_sum(gra_apply(&rows_op, (gra_tensor *[]){gra_add(x, p[1]), p[0]}, 2, NULL));
}

GRA_TEST(an_op_from_elsewhere_may_give_strips)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3)), *const w = gra_randn(GRA_SHAPE(12)),
                      *const b = gra_zeros(GRA_SHAPE(3));
    rule_calls = needed_weight = 0;
    limit = 4;
    assert_moves_the_same(rows_loss, x, (gra_tensor *[]){gra_reshape(w, GRA_SHAPE(4, 3)), b}, 2);
    ck_assert_int_eq(rule_calls, 6);
    ck_assert_int_eq(needed_weight, 3); /* without the option */
}

GRA_TEST(strips_must_cover_the_whole)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3)), *const b = gra_zeros(GRA_SHAPE(3));
    gra_tensor *const w = gra_requires_grad(gra_zeros(GRA_SHAPE(4, 3)));
    gra_tensor *const p[] = {w, b};
    gra_optim *const opt = gra_sgd(.tensors = &w, .count = 1, .lr = 1, .fused_backward = true);
    limit = 3;
    ck_assert_int_eq(gra_backward(rows_loss(x, p)), -1);
    GRA_ASSERT_ERROR("gra_backward: vjp_strips of rows gave 3 rows of the gradient of its input 1, "
                     "and then no more; the input has shape [4, 3]");
    gra_step(opt);
    limit = 5;
    ck_assert_int_eq(gra_backward(rows_loss(x, p)), -1);
    GRA_ASSERT_ERROR("gra_backward: vjp_strips of rows gave 4 rows of the gradient of its input 1, "
                     "and then a strip that does not fit; the input has shape [4, 3]");
    gra_free(opt);
}

/* ---- memory ---- */

static gra_module *large_net(void)
{
    return gra_sequential(gra_nn_linear(1024, 1500), gra_nn_relu(), gra_nn_linear(1500, 1500),
                          gra_nn_relu(), gra_nn_linear(1500, 1500), gra_nn_relu(),
                          gra_nn_linear(1500, 10));
}

/* Bytes that a step needs beyond what is there before it. */
static size_t bytes_of_a_step(bool fused)
{
    gra_module *const net = large_net();
    gra_optim *const opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9, .fused_backward = fused);
    size_t more = 0;
    for (int t = 0; t < 2; t++) {
        const int mark = gra_mark();
        gra_memory_reset_peak();
        const size_t before = gra_memory_stats().allocated;
        gra_backward(gra_sum(gra_square(gra_forward(net, gra_ones(GRA_SHAPE(4, 1024))))));
        gra_step(opt);
        more = gra_memory_stats().peak - before;
        gra_zero_grad(opt);
        gra_release(mark);
    }
    gra_free(opt, net);
    return more;
}

GRA_TEST(gradients_are_not_all_there)
{
    const size_t weights = (1024 * 1500 + 2 * 1500 * 1500 + 1500 * 10) * sizeof(float);
    const size_t whole = bytes_of_a_step(false), fused = bytes_of_a_step(true);
    ck_assert_msg(whole >= weights, "%zu bytes without .fused_backward", whole);
    ck_assert_msg(fused < 1500 * 1500 * sizeof(float), "%zu bytes with .fused_backward", fused);
}

/* ---- hooks ---- */

typedef struct {
    gra_tensor *leaf;
    double before; /* the leaf's first element when the hook ran */
    double sum;    /* of the gradient */
    int calls;
} note;

static gra_tensor *doubling(gra_tensor *g, void *context)
{
    note *const n = context;
    n->before = gra_item(gra_select(gra_detach(n->leaf), 0, 0));
    n->sum = gra_item(gra_sum(g));
    n->calls++;
    return gra_mul_scalar(g, 2);
}

GRA_TEST(hooks_see_the_whole_gradient_before_the_parameter_moves)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    note n = {.leaf = p};
    gra_tensor_hook(p, doubling, &n);
    gra_backward(gra_sum(gra_add(gra_mul(p, p), p)));
    ck_assert_int_eq(n.calls, 1);
    ck_assert_double_eq(n.sum, 8); /* 2p + 1 */
    ck_assert_double_eq(n.before, 1);
    GRA_ASSERT_VALUES(p, -2, -3);
    gra_free(opt);
}

GRA_TEST(a_hook_keeps_a_linear_weight_whole)
{
    gra_tensor *const w = gra_requires_grad(gra_ones(GRA_SHAPE(2)));
    gra_tensor *const m = gra_requires_grad(gra_ones(GRA_SHAPE(2, 2)));
    gra_tensor *const p[] = {w, m};
    gra_optim *const opt = gra_sgd(.tensors = p, .count = 2, .lr = 1, .fused_backward = true);
    note n = {.leaf = w};
    gra_tensor_hook(m, doubling, &n);
    gra_backward(gra_sum(gra_linear(gra_reshape(w, GRA_SHAPE(1, 2)), m, NULL)));
    ck_assert_int_eq(n.calls, 1);
    GRA_ASSERT_VALUES(m, -1, -1, -1, -1);
    GRA_ASSERT_VALUES(w, -1, -1);
    gra_free(opt);
}

static gra_tensor *the_parameter(gra_tensor *g, void *context)
{
    (void)g;
    return context;
}

GRA_TEST(a_hook_may_return_the_parameter)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2));
    gra_optim *const opt =
        gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .momentum = 0.5, .fused_backward = true);
    gra_tensor_hook(p, the_parameter, p);
    gra_backward(gra_sum(p));
    GRA_ASSERT_VALUES(p, 0.5, 1);
    gra_free(opt);
}

static gra_tensor *freeing(gra_tensor *g, void *context)
{
    (void)g;
    gra_optim **const opt = context;
    gra_free(*opt);
    *opt = NULL;
    return NULL;
}

GRA_TEST(a_hook_may_free_the_optimizer)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2));
    gra_optim *opt =
        gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .momentum = 0.5, .fused_backward = true);
    gra_tensor *const y = gra_exp(gra_mul_scalar(p, 0));
    gra_tensor_hook(y, freeing, &opt);
    ck_assert_int_eq(gra_backward(gra_sum(gra_add(y, p))), 0);
    ck_assert_ptr_null(opt);
    GRA_ASSERT_VALUES(p, 0.5, 1.5);
    gra_backward(gra_sum(p));
    GRA_ASSERT_VALUES(gra_tensor_grad(p), 1, 1);
}

static gra_tensor *walking(gra_tensor *g, void *context)
{
    (void)g;
    gra_backward(context);
    return NULL;
}

GRA_TEST(a_parameter_belongs_to_one_walk_at_a_time)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    gra_tensor *const y = gra_exp(p);
    gra_tensor_hook(y, walking, gra_sum(gra_neg(p)));
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    GRA_ASSERT_ERROR("gra_backward: another backward pass is updating a parameter of this one "
                     "(.fused_backward of SGD); run them one after the other");
    GRA_ASSERT_VALUES(p, 1, 2);
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(p, p))), 0);
    GRA_ASSERT_VALUES(p, 0, 0);
    gra_free(opt);
}

/* ---- what is refused ---- */

GRA_TEST(a_second_pass_before_the_step_is_refused)
{
    gra_tensor *const p[] = {gra_requires_grad(gra_vector(1, 2)),
                             gra_requires_grad(gra_vector(3, 4))};
    gra_optim *const opt = gra_sgd(.tensors = p, .count = 2, .lr = 0.5, .fused_backward = true);
    ck_assert_int_eq(gra_backward(gra_sum(p[0])), 0);
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(p[1], p[0]))), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: the parameter of shape [2] was updated by an earlier backward pass of this "
        "step (.fused_backward of SGD); call gra_step after each gra_backward, or make the "
        "optimizer without .fused_backward to add up gradients of several passes");
    GRA_ASSERT_VALUES(p[0], 0.5, 1.5);
    GRA_ASSERT_VALUES(p[1], 3, 4);
    gra_zero_grad(opt); /* is no step */
    ck_assert_int_eq(gra_backward(gra_sum(p[0])), -1);
    gra_clear_error();
    ck_assert_int_eq(gra_backward(gra_sum(p[1])), 0); /* others may still move */
    GRA_ASSERT_VALUES(p[1], 2.5, 3.5);
    ck_assert_int_eq(gra_step(opt), 0);
    ck_assert_int_eq(gra_backward(gra_sum(p[0])), 0);
    GRA_ASSERT_VALUES(p[0], 0, 1);
    gra_free(opt);
}

GRA_TEST(a_gradient_from_before_is_refused)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2));
    gra_backward(gra_sum(p));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    ck_assert_int_eq(gra_backward(gra_sum(p)), -1);
    GRA_ASSERT_ERROR("gra_backward: the parameter of shape [2] has a gradient from before, which "
                     ".fused_backward of SGD would not add to; call gra_zero_grad first");
    GRA_ASSERT_VALUES(p, 1, 2);
    gra_zero_grad(opt);
    ck_assert_int_eq(gra_backward(gra_sum(p)), 0);
    GRA_ASSERT_VALUES(p, 0.5, 1.5);
    gra_free(opt);
}

GRA_TEST(clipping_is_refused)
{
    gra_module *const net = gra_sequential(gra_nn_linear(2, 2), gra_nn_linear(2, 1));
    gra_tensor *const w = gra_module_parameter(net, "1.weight");
    gra_optim *const opt = gra_sgd(.tensors = &w, .count = 1, .lr = 0.5, .fused_backward = true);
    gra_backward(gra_sum(gra_forward(net, gra_ones(GRA_SHAPE(1, 2)))));
    gra_tensor *const g = gra_module_parameter(net, "0.weight");
    gra_tensor *const before = gra_clone(gra_tensor_grad(g));
    ck_assert(isnan(gra_clip_grad_norm(net, 1e-3)));
    GRA_ASSERT_ERROR("gra_clip_grad_norm: 1.weight is updated by gra_backward itself "
                     "(.fused_backward of SGD), so that no gradient is left; make the "
                     "optimizer without .fused_backward");
    assert_same_bits(before, gra_tensor_grad(g), "a gradient");
    gra_free(opt);
    ck_assert(gra_clip_grad_norm(net, 1e-3) > 0);
    gra_free(net);
}

GRA_TEST(recording_the_pass_is_refused)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    ck_assert_int_eq(gra_backward(gra_sum(gra_exp(p)), .create_graph = true), -1);
    GRA_ASSERT_ERROR("gra_backward: .create_graph keeps a history of the leaves' gradients, and "
                     ".fused_backward of SGD keeps no gradients; use gra_grad, or make the "
                     "optimizer without .fused_backward");
    GRA_ASSERT_VALUES(p, 1, 2);
    gra_free(opt);
}

GRA_TEST(a_retained_graph_notices_that_its_parameter_moved)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1)), *const q =
                                                                gra_requires_grad(gra_vector(1));
    gra_tensor *const both[] = {p, q};
    gra_optim *const opt = gra_sgd(.tensors = both, .count = 2, .lr = 0.5, .fused_backward = true);
    gra_tensor *const y = gra_add(gra_exp(gra_mul(p, p)), q);
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), 0);
    const double moved = gra_item(q);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(gra_backward(y), -1);
        ck_assert_msg(strstr(gra_error(), "SGD modified it in place since") != NULL, "%s",
                      gra_error());
        gra_clear_error();
        gra_step(opt);
    }
    ck_assert_double_eq(gra_item(q), moved); /* though its gradient does not need p */
    gra_free(opt);
}

GRA_TEST(a_retained_graph_may_be_walked_again_where_no_moved_parameter_was_saved)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2)), *const x = gra_vector(3, 4);
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    gra_tensor *const y = gra_sum(gra_mul(x, p));
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(!gra_backward(y, .retain_graph = true), "%s", gra_error());
        gra_step(opt);
    }
    GRA_ASSERT_VALUES(p, -2, -2);
    gra_free(opt);
}

GRA_TEST(a_used_graph_is_refused_before_anything_moves)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1)), *const q =
                                                                gra_requires_grad(gra_vector(1));
    gra_tensor *const x = gra_exp(p);
    gra_optim *const opt = gra_sgd(.tensors = &q, .count = 1, .lr = 0.5, .fused_backward = true);
    gra_backward(gra_mul_scalar(x, 2));
    ck_assert_int_eq(gra_backward(gra_add(x, q)), -1);
    ck_assert_msg(strstr(gra_error(), "was freed by an earlier backward pass") != NULL, "%s",
                  gra_error());
    gra_clear_error();
    GRA_ASSERT_VALUES(q, 1);
    gra_free(opt);
}

GRA_TEST(two_optimizers_cannot_both_take_a_gradient)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2)), *const q =
                                                                   gra_requires_grad(gra_vector(1));
    gra_tensor *const both[] = {q, p};
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    ck_assert_ptr_null(gra_sgd(.tensors = both, .count = 2, .lr = 0.5, .fused_backward = true));
    GRA_ASSERT_ERROR("SGD: another optimizer updates the parameter of shape [2] with "
                     ".fused_backward already; free that one first, or leave the parameter to one "
                     "of them");
    gra_backward(gra_add(gra_sum(p), q)); /* q is free of the optimizer that was refused */
    GRA_ASSERT_VALUES(p, 0.5, 1.5);
    GRA_ASSERT_VALUES(gra_tensor_grad(q), 1);
    gra_free(opt);
}

static void failing_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g, (void)dx;
    gra_fail("this rule fails");
}

static void neg_forward(gra_call *c)
{
    c->out[0] = gra_neg(c->in[0]);
}

GRA_TEST(a_failing_rule_leaves_the_later_parameters_as_they_were)
{
    static const gra_op op = {
        .schema = "failing(Tensor x) -> Tensor", .forward = neg_forward, .vjp = failing_vjp};
    gra_tensor *const p[] = {gra_requires_grad(gra_vector(1)), gra_requires_grad(gra_vector(1))};
    gra_optim *const opt = gra_sgd(.tensors = p, .count = 2, .lr = 0.5, .fused_backward = true);
    ck_assert_int_eq(gra_backward(gra_add(gra_apply(&op, &p[0], 1, NULL), p[1])), -1);
    ck_assert_int_eq(gra_step(opt), -1);
    GRA_ASSERT_ERROR("this rule fails (in the rule of failing)");
    GRA_ASSERT_VALUES(p[0], 1);
    GRA_ASSERT_VALUES(p[1], 0.5);
    ck_assert_int_eq(gra_step(opt), 0);
    ck_assert_int_eq(gra_backward(gra_mul(p[0], p[1])), 0);
    GRA_ASSERT_VALUES(p[0], 0.75);
    GRA_ASSERT_VALUES(p[1], 0);
    gra_free(opt);
}

/* ---- the rest ---- */

GRA_TEST(gra_grad_moves_nothing)
{
    gra_tensor *const p = gra_requires_grad(gra_vector(1, 2));
    gra_optim *const opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.5, .fused_backward = true);
    gra_tensor *const y = gra_sum(gra_square(p));
    GRA_ASSERT_VALUES(gra_grad(y, p, .retain_graph = true), 2, 4);
    GRA_ASSERT_VALUES(p, 1, 2);
    ck_assert_int_eq(gra_backward(y), 0);
    GRA_ASSERT_VALUES(p, 0, 0);
    gra_free(opt);
}

GRA_TEST(a_freed_optimizer_is_forgotten_and_a_module_may_go_first)
{
    gra_module *const net = gra_nn_linear(2, 1);
    gra_tensor *const x = gra_ones(GRA_SHAPE(1, 2));
    gra_free(gra_sgd(net, .lr = 0.1, .fused_backward = true));
    gra_backward(gra_sum(gra_forward(net, x)));
    GRA_ASSERT_VALUES(gra_tensor_grad(gra_module_parameter(net, "weight")), 1, 1);
    gra_module_zero_grad(net);
    gra_optim *const opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9, .fused_backward = true);
    gra_tensor *const y = gra_sum(gra_forward(net, x));
    gra_free(net);
    ck_assert_int_eq(gra_backward(y), 0);
    gra_free(opt);
}

/* Between the forward pass and the backward pass: the gradient has the old dtype. */
GRA_TEST(a_module_may_change_its_dtype)
{
    for (int fused = 0; fused < 2; fused++) {
        gra_module *const net = gra_nn_linear(2, 3);
        gra_tensor *const b = gra_init_ones_(gra_module_parameter(net, "bias"));
        gra_optim *const opt = gra_sgd(net, .lr = 0.5, .momentum = 0.5, .fused_backward = fused);
        gra_backward(gra_sum(b));
        gra_step(opt);
        gra_zero_grad(opt);
        gra_tensor *const y = gra_sum(b);
        gra_module_to(net, GRA_FLOAT64);
        ck_assert_int_eq(gra_backward(y), 0);
        ck_assert_int_eq(gra_step(opt), 0);
        ck_assert_int_eq(gra_tensor_dtype(b), GRA_FLOAT64);
        GRA_ASSERT_VALUES(b, -0.25, -0.25, -0.25);
        gra_free(opt, net);
    }
}

GRA_TEST_MAIN("fused_backward", lenet5_trains_to_the_same_bits,
              a_convolutional_network_trains_to_the_same_bits,
              a_dense_network_trains_to_the_same_bits_in_any_dtype,
              shared_weights_move_once_when_all_contributions_are_in,
              a_parameter_waits_for_nodes_that_saved_its_memory, a_parameter_may_be_the_loss,
              a_parameter_may_be_the_gradient, leaves_in_one_memory_move_apart,
              frozen_and_unused_parameters_stay, strips_give_the_same_bits,
              strips_fit_a_weight_of_any_strides, an_op_from_elsewhere_may_give_strips,
              strips_must_cover_the_whole, gradients_are_not_all_there,
              hooks_see_the_whole_gradient_before_the_parameter_moves,
              a_hook_keeps_a_linear_weight_whole, a_hook_may_return_the_parameter,
              a_hook_may_free_the_optimizer, a_parameter_belongs_to_one_walk_at_a_time,
              a_second_pass_before_the_step_is_refused, a_gradient_from_before_is_refused,
              clipping_is_refused, recording_the_pass_is_refused,
              a_retained_graph_notices_that_its_parameter_moved,
              a_retained_graph_may_be_walked_again_where_no_moved_parameter_was_saved,
              a_used_graph_is_refused_before_anything_moves,
              two_optimizers_cannot_both_take_a_gradient,
              a_failing_rule_leaves_the_later_parameters_as_they_were, gra_grad_moves_nothing,
              a_freed_optimizer_is_forgotten_and_a_module_may_go_first,
              a_module_may_change_its_dtype)
