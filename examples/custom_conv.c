/* custom_conv.c - a convolution written by hand takes the place of the built-in one in LeNet-5.
 *
 *   y[n, k, i, j] = sum_crs w[k, c, r, s] x[n, c, i + r - p, j + s - q]
 *
 * Plain loops, and so many times slower.  The rule needs no loops of its own, as both gradients are
 * convolutions again (x' and w' exchange the first two dims, w turned is read backwards):
 *
 *   dx = conv(g, w' turned, padding R - 1 - p, S - 1 - q)      dw = conv(x', g', padding p, q)'
 *
 * The op is checked, then two networks that begin with the same weights learn the same digits, one
 * with the built-in convolution.  Prints both losses and the largest difference between them.
 */
#include "gradus.h"

#include <math.h>
#include <stdio.h>

typedef struct {
    int64_t padding[2]; /* height, width */
} conv_args;

/* Row-major numbers of 8 bytes, whatever x is. */
static double *numbers(gra_tensor *x)
{
    return gra_tensor_data(gra_contiguous(gra_to(x, GRA_FLOAT64)));
}

static void conv_forward(gra_call *c)
{
    const conv_args *args = c->args;
    const int64_t p = args->padding[0], q = args->padding[1];
    gra_tensor *x = c->in[0], *w = c->in[1];
    const int64_t N = gra_tensor_size(x, 0), C = gra_tensor_size(x, 1), H = gra_tensor_size(x, 2),
                  W = gra_tensor_size(x, 3), K = gra_tensor_size(w, 0), R = gra_tensor_size(w, 2),
                  S = gra_tensor_size(w, 3), P = H + 2 * p - R + 1, Q = W + 2 * q - S + 1;
    if (gra_tensor_ndim(x) != 4 || gra_tensor_ndim(w) != 4 || gra_tensor_size(w, 1) != C || H < 1 ||
        W < 1 || R < 1 || S < 1 || P < 1 || Q < 1) {
        gra_fail(
            "custom_conv: images x [N, C, H, W] and filters w [K, C, R, S], no larger, are needed");
        return;
    }
    gra_tensor *y = gra_zeros(GRA_SHAPE(N, K, P, Q), .dtype = GRA_FLOAT64);
    const double *from = numbers(x), *filter = numbers(w);
    double *to = gra_tensor_data(y);
    for (int64_t n = 0; n < N && !gra_error(); n++)
        for (int64_t k = 0; k < K; k++)
            for (int64_t i = 0; i < P; i++)
                for (int64_t j = 0; j < Q; j++)
                    for (int64_t ch = 0; ch < C; ch++)
                        for (int64_t r = 0; r < R; r++)
                            for (int64_t s = 0; s < S; s++) {
                                const int64_t h = i + r - p, v = j + s - q;
                                if (h >= 0 && h < H && v >= 0 && v < W)
                                    to[((n * K + k) * P + i) * Q + j] +=
                                        filter[((k * C + ch) * R + r) * S + s] *
                                        from[((n * C + ch) * H + h) * W + v];
                            }
    c->out[0] = gra_to(y, gra_tensor_dtype(x));
}

static void conv_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx);
static bool conv_sample(gra_sample *s, int i);

static const gra_op conv_op = {
    .schema = "custom_conv(Tensor x, Tensor w, int[2] padding=0) -> Tensor",
    .forward = conv_forward,
    .vjp = conv_vjp,
    .args_size = sizeof(conv_args),
    .sample = conv_sample,
};

static gra_tensor *conv(gra_tensor *x, gra_tensor *w, int64_t p, int64_t q)
{
    return gra_apply(&conv_op, (gra_tensor *[]){x, w}, 2, &(conv_args){{p, q}});
}

static void conv_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const conv_args *args = c->args;
    const int64_t p = args->padding[0], q = args->padding[1];
    gra_tensor *x = c->in[0], *w = c->in[1];
    if (c->needs[0])
        dx[0] = conv(g[0], gra_flip(gra_transpose(w, 0, 1), GRA_DIMS(2, 3)),
                     gra_tensor_size(w, 2) - 1 - p, gra_tensor_size(w, 3) - 1 - q);
    if (c->needs[1])
        dx[1] = gra_transpose(conv(gra_transpose(x, 0, 1), gra_transpose(g[0], 0, 1), p, q), 0, 1);
}

static bool conv_sample(gra_sample *s, int i)
{
    conv_args *args = s->args;
    args->padding[0] = i;
    args->padding[1] = 1;
    s->in[0] = gra_randn(GRA_SHAPE(2, 3, 5, 4));
    s->in[1] = gra_randn(GRA_SHAPE(4, 3, 3, 2));
    s->n_in = 2;
    return i < 3;
}

/* ---- a layer of it ---- */

typedef struct {
    gra_tensor *weight, *bias;
    int64_t padding;
} layer;

static gra_tensor *layer_forward(gra_module *self, gra_tensor *x)
{
    const layer *m = gra_module_data(self);
    gra_tensor *bias = gra_view(m->bias, GRA_SHAPE(gra_tensor_numel(m->bias), 1, 1));
    return gra_add(conv(x, m->weight, m->padding, m->padding), bias);
}

static const gra_module_class layer_class = {.name = "CustomConv2d", .forward = layer_forward};

static gra_module *custom_conv2d(int in, int out, int size, int padding)
{
    gra_module *self = gra_module_new(&layer_class, sizeof(layer));
    layer *m = gra_module_data(self);
    if (!m)
        return NULL;
    m->padding = padding;
    m->weight = gra_module_add_parameter(
        self, "weight", gra_init_xavier_uniform_(gra_zeros(GRA_SHAPE(out, in, size, size))));
    m->bias = gra_module_add_parameter(self, "bias", gra_zeros(GRA_SHAPE(out)));
    return gra_module_finish(self);
}

static gra_module *builtin_conv2d(int in, int out, int size, int padding)
{
    return gra_nn_conv2d(in, out, size, .padding = padding);
}

/* ---- the comparison ---- */

static gra_module *lenet5(gra_module *(*conv2d)(int in, int out, int size, int padding))
{
    return gra_sequential(gra_nn_reshape(-1, 1, 28, 28), conv2d(1, 6, 5, 2), gra_nn_tanh(),
                          gra_nn_avg_pool2d(2), conv2d(6, 16, 5, 0), gra_nn_tanh(),
                          gra_nn_avg_pool2d(2), gra_nn_flatten(), gra_nn_linear(400, 120),
                          gra_nn_tanh(), gra_nn_linear(120, 84), gra_nn_tanh(),
                          gra_nn_linear(84, 10));
}

static int copy_parameter(const char *name, gra_tensor *to, void *from)
{
    const bool was = gra_set_grad(false);
    gra_copy_(to, gra_module_parameter(from, name));
    gra_set_grad(was);
    return 0;
}

static double step(gra_module *net, gra_optim *opt, gra_tensor *x, gra_tensor *y)
{
    gra_tensor *loss = gra_cross_entropy(gra_forward(net, x), y);
    gra_zero_grad(opt);
    gra_backward(loss);
    gra_step(opt);
    return gra_item(loss);
}

int main(void)
{
    gra_register_op(&conv_op);
    gra_check_op("custom_conv", stdout);

    enum { STEPS = 30 };
    gra_manual_seed(1);
    gra_data *digits = gra_digits(.train = true, .batch = 16, .seed = 1, .count = STEPS * 16);
    gra_module *mine = lenet5(custom_conv2d), *built_in = lenet5(builtin_conv2d);
    gra_module_named_parameters(built_in, copy_parameter, mine);
    gra_optim *opt_mine = gra_sgd(mine, .lr = 0.05, .momentum = 0.9),
              *opt = gra_sgd(built_in, .lr = 0.05, .momentum = 0.9);
    gra_tensor *x, *y;
    double furthest = 0;
    for (int mark = gra_mark(), i = 1; gra_data_next(digits, &x, &y); gra_release(mark), i++) {
        const double a = step(mine, opt_mine, x, y), b = step(built_in, opt, x, y);
        furthest = fmax(furthest, fabs(a - b));
        if (i % 10 == 0)
            printf("step %2d  loss %.4f, built in %.4f\n", i, a, b);
    }
    printf("largest difference %s 0.0001\n", furthest < 1e-4 ? "below" : "above");

    if (gra_error())
        fprintf(stderr, "custom_conv: %s\n", gra_error());
    gra_free(opt, opt_mine, built_in, mine, digits);
    return gra_error() != NULL || furthest >= 1e-4;
}
