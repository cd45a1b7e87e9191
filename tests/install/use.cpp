/* use.cpp - a program outside the tree, in C++17: builds LeNet-5 and trains it through the functions
 * behind the keyword-argument macros. */
#include <gradus.h>

#include <cstdio>
#include <initializer_list>
#include <vector>

static gra_module *conv(int in_channels, int out_channels, int kernel_size, int padding)
{
    gra_nn_conv2d_options options = gra_nn_conv2d_defaults();
    options.in_channels = in_channels;
    options.out_channels = out_channels;
    options.kernel_size = kernel_size;
    options.padding = padding;
    return gra_nn_conv2d_with(options);
}

static gra_module *pool()
{
    gra_nn_avg_pool2d_options options = gra_nn_avg_pool2d_defaults();
    options.kernel_size = 2;
    options.stride = 2;
    return gra_nn_avg_pool2d_with(options);
}

static gra_module *linear(int in_features, int out_features)
{
    gra_nn_linear_options options = gra_nn_linear_defaults();
    options.in_features = in_features;
    options.out_features = out_features;
    return gra_nn_linear_with(options);
}

static gra_shape shape(std::initializer_list<int64_t> sizes)
{
    return gra_shape_of(sizes.begin(), static_cast<int>(sizes.size()));
}

static gra_module *sigmoid()
{
    return gra_nn_sigmoid_with(gra_nn_sigmoid_defaults());
}

static gra_module *lenet5()
{
    const std::vector<gra_module *> layers = {
        conv(1, 6, 5, 2),
        sigmoid(),
        pool(),
        conv(6, 16, 5, 0),
        sigmoid(),
        pool(),
        gra_nn_flatten_with(gra_nn_flatten_defaults()),
        linear(16 * 5 * 5, 120),
        sigmoid(),
        linear(120, 84),
        sigmoid(),
        linear(84, 10),
    };
    return gra_sequential_of(layers.data(), layers.size());
}

int main()
{
    gra_manual_seed(1);
    gra_module *net = lenet5();
    gra_sgd_options options = gra_sgd_defaults();
    options.module = net;
    options.lr = 0.1f;
    options.momentum = 0.9f;
    gra_optim *opt = gra_sgd_with(options);

    gra_random_options images = gra_random_defaults();
    images.shape = shape({16, 1, 28, 28});
    gra_tensor *x = gra_keep(gra_rand_with(images));
    gra_create_options classes = gra_create_defaults();
    classes.shape = shape({16});
    classes.dtype = GRA_INT64;
    gra_tensor *y = gra_keep(gra_zeros_with(classes));

    double first = 0, last = 0;
    for (int step = 0; step < 10; step++) {
        const int mark = gra_mark();
        gra_cross_entropy_options criterion = gra_cross_entropy_defaults();
        criterion.input = gra_forward(net, x);
        criterion.target = y;
        gra_tensor *loss = gra_cross_entropy_with(criterion);
        gra_zero_grad(opt);
        gra_backward_options backward = gra_backward_defaults();
        backward.tensor = loss;
        gra_backward_with(backward);
        gra_step(opt);
        last = gra_item(loss);
        if (step == 0)
            first = last;
        gra_release(mark);
    }
    void *const objects[] = {x, y, opt, net};
    gra_free_objects(objects, 4);
    gra_release(0);
    std::printf("loss %g, then %g; %d objects left\n", first, last, static_cast<int>(gra_live()));
    if (gra_error())
        std::printf("error: %s\n", gra_error());
    return gra_error() != nullptr || !(last < first) || gra_live() != 0;
}
