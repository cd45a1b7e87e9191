/* autograd.c - hooks, checkpoints, saved tensors, anomaly mode, derivatives, micro-batches, modes.
 *
 * Quoted by docs/how-to/autograd.md.
 */
#define GRA_LINES
#include <gradus.h>

#include <stdio.h>

/* ---- hooks ---- */

static gra_tensor *halve(gra_tensor *grad, void *context)
{
    (void)context;
    return gra_mul_scalar(grad, 0.5);
}

static void show_node(gra_node *node, gra_tensor **dx, gra_tensor *const *g, void *context)
{
    (void)context;
    printf("%s: gradient %g gives %g and %g\n", gra_node_name(node), gra_item(g[0]),
           gra_item(dx[0]), gra_item(dx[1]));
}

static void hooks(void)
{
    gra_tensor *w = gra_requires_grad(gra_vector(3)), *x = gra_requires_grad(gra_vector(4));
    gra_tensor *y = gra_mul(w, x);
    gra_tensor_hook(y, halve, NULL);
    gra_node_hook(gra_tensor_node(y), show_node, NULL);
    gra_backward(y);
}

static gra_tensor *show_output(gra_module *m, gra_tensor *x, gra_tensor *y, void *context)
{
    (void)x, (void)context;
    printf("%s gives a mean of %.1f\n", gra_module_class_name(m), gra_item(gra_mean(y)));
    return NULL;
}

static gra_tensor *clip(gra_module *m, gra_tensor *dx, gra_tensor *dy, void *context)
{
    (void)m, (void)dy, (void)context;
    return gra_clamp(dx, -1, 1);
}

static void module_hooks(void)
{
    gra_module *net = gra_sequential(gra_nn_relu(), gra_nn_flatten());
    gra_module *relu = gra_module_get(net, "0");
    const int id = gra_module_forward_hook(relu, show_output, NULL);
    gra_module_backward_hook(relu, clip, NULL);
    gra_tensor *x = gra_requires_grad(gra_full(GRA_SHAPE(1, 2), 3));
    gra_backward(gra_sum(gra_square(gra_forward(net, x))));
    gra_print(gra_tensor_grad(x));
    gra_module_remove_hook(relu, id);
    gra_free(net);
}

/* ---- checkpoints ---- */

static gra_module *deep_net(void)
{
    gra_module *layers[32];
    for (int i = 0; i < 16; i++) {
        layers[2 * i] = gra_nn_conv2d(8, 8, 3, .padding = 1);
        layers[2 * i + 1] = gra_nn_tanh();
    }
    return gra_sequential_of(layers, 32);
}

static double megabytes_of_a_step(gra_module *net, gra_tensor *x)
{
    const int mark = gra_mark();
    gra_module_zero_grad(net);
    gra_memory_reset_peak();
    const size_t before = gra_memory_stats().allocated;
    gra_backward(gra_mean(gra_forward(net, x)));
    const size_t peak = gra_memory_stats().peak - before;
    gra_release(mark);
    return (double)peak * 1e-6;
}

static void checkpoints(void)
{
    gra_module *net = deep_net();
    gra_tensor *x = gra_randn(GRA_SHAPE(4, 8, 64, 64));
    megabytes_of_a_step(net, x);
    const double whole = megabytes_of_a_step(net, x);
    gra_checkpoint_sequential(net, 4);
    const double segments = megabytes_of_a_step(net, x);
    printf("with segments: %s\n", segments < 0.6 * whole ? "about half of the memory" : "no gain");
    gra_free(net);
}

static gra_tensor *block(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    return gra_dropout(gra_forward(context, in[0]), 0.5, true);
}

static void one_checkpoint(void)
{
    gra_module *layer = gra_nn_linear(3, 3);
    gra_tensor *x = gra_ones(GRA_SHAPE(1, 3));
    gra_tensor *y = gra_checkpoint(block, &x, 1, layer);
    gra_backward(gra_sum(y)); /* runs block once more, with the same random numbers */
    gra_free(layer);
}

/* ---- saved tensors ---- */

static void *pack(gra_tensor *t, void *context)
{
    ++*(int *)context;
    return gra_keep(gra_to(t, GRA_BFLOAT16));
}

static gra_tensor *unpack(void *packed, void *context)
{
    (void)context;
    return gra_to(packed, GRA_FLOAT32);
}

static void drop(void *packed, void *context)
{
    --*(int *)context;
    gra_free(packed);
}

static void saved_tensors(void)
{
    int packed = 0;
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2, 3));
    gra_push_saved_tensor_hooks(pack, unpack, drop, &packed);
    gra_tensor *loss = gra_sum(gra_exp(gra_square(x)));
    gra_pop_saved_tensor_hooks();
    printf("%d tensors are packed\n", packed);
    gra_backward(loss);
    printf("%d tensors are packed\n", packed);
}

/* ---- anomaly mode ---- */

static void anomaly(void)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 0, 4));
    gra_detect_anomaly(true);
    gra_tensor *norms = gra_sqrt(gra_square(x));
    gra_backward(gra_sum(norms));
    gra_detect_anomaly(false);
    printf("%.97s ...\n", gra_error());
    gra_clear_error();
}

/* ---- derivatives of functions ---- */

static gra_tensor *f(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_sum(gra_pow_scalar(in[0], 3));
}

static void derivatives(void)
{
    gra_tensor *x = gra_vector(1, 2), *v = gra_vector(1, 1), *hessian, *product;
    gra_hessian(f, NULL, &x, 1, &hessian);
    gra_print(hessian);
    gra_hvp(f, NULL, &x, 1, &v, &product);
    gra_print(product);
}

/* ---- micro-batches ---- */

static void micro_batches(gra_module *net, gra_optim *opt, gra_tensor *x, gra_tensor *target)
{
    const int64_t count = gra_tensor_size(x, 0), size = 8;
    gra_zero_grad(opt);
    for (int64_t at = 0; at < count; at += size) {
        const int mark = gra_mark();
        gra_tensor *logits = gra_forward(net, gra_narrow(x, 0, at, size));
        gra_tensor *loss = gra_cross_entropy(logits, gra_narrow(target, 0, at, size));
        gra_backward(gra_mul_scalar(loss, (double)size / (double)count));
        gra_release(mark);
    }
    gra_step(opt);
}

static void train_on_micro_batches(void)
{
    gra_module *net = gra_nn_linear(6, 3);
    gra_optim *opt = gra_sgd(net, .lr = 0.1);
    micro_batches(net, opt, gra_randn(GRA_SHAPE(32, 6)), gra_randint(0, 3, GRA_SHAPE(32)));
    gra_free(opt, net);
}

/* ---- modes ---- */

static void modes(void)
{
    gra_module *net = gra_nn_linear(2, 1);
    gra_tensor *w = gra_module_parameter(net, "weight"), *x = gra_ones(GRA_SHAPE(1, 2)), *y = NULL;
    GRA_NO_GRAD
    {
        gra_mul_scalar_(w, 0.99);
    }
    GRA_INFERENCE
    {
        y = gra_forward(net, x);
    }
    printf("%s\n", gra_is_inference(y) ? "an inference tensor" : "an ordinary tensor");
    gra_free(net);
}

int main(void)
{
    hooks();
    module_hooks();
    checkpoints();
    one_checkpoint();
    saved_tensors();
    anomaly();
    derivatives();
    train_on_micro_batches();
    modes();
    gra_release(0);
    if (gra_error())
        fprintf(stderr, "autograd: %s\n", gra_error());
    return gra_error() != NULL;
}
