/* test_module_hooks.c - hooks around the forward and the backward pass of modules. */
#include "gradus.h"

#include "tests/support/test.h"

/* What the hooks saw, in order. */
typedef struct diary {
    char text[512];
} diary;

typedef struct entry {
    diary *diary;
    const char *name;
} entry;

static void write_shape(diary *d, const gra_tensor *t)
{
    char text[GRA_SHAPE_TEXT];
    snprintf(d->text + strlen(d->text), sizeof d->text - strlen(d->text), " %s",
             t ? gra_shape_text(gra_tensor_shape(t), text) : "NULL");
}

static void write_line(void *context, gra_module *m, const gra_tensor *a, const gra_tensor *b)
{
    const entry *const e = context;
    diary *const d = e->diary;
    snprintf(d->text + strlen(d->text), sizeof d->text - strlen(d->text), "%s %s", e->name,
             gra_module_class_name(m));
    write_shape(d, a);
    if (b)
        write_shape(d, b);
    strcat(d->text, "\n");
}

static gra_tensor *note_pre(gra_module *m, gra_tensor *x, void *context)
{
    write_line(context, m, x, NULL);
    return NULL;
}

static gra_tensor *note_forward(gra_module *m, gra_tensor *x, gra_tensor *y, void *context)
{
    write_line(context, m, x, y);
    return NULL;
}

static gra_tensor *note_backward(gra_module *m, gra_tensor *dx, gra_tensor *dy, void *context)
{
    write_line(context, m, dx, dy);
    return NULL;
}

GRA_TEST(hooks_run_in_order_around_a_module)
{
    diary d = {""};
    entry pre = {&d, "pre"}, pre2 = {&d, "pre2"}, forward = {&d, "forward"};
    entry back_pre = {&d, "backward-pre"}, back = {&d, "backward"};
    gra_module *net = gra_sequential(gra_nn_linear(3, 4), gra_nn_relu());
    gra_module *linear = gra_module_get(net, "0"), *relu = gra_module_get(net, "1");
    gra_module_backward_hook(linear, note_backward, &back);
    gra_module_forward_hook(linear, note_forward, &forward);
    gra_module_backward_pre_hook(linear, note_pre, &back_pre);
    gra_module_forward_pre_hook(linear, note_pre, &pre);
    gra_module_forward_pre_hook(linear, note_pre, &pre2);
    gra_module_backward_hook(relu, note_backward, &back);
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 3), .requires_grad = true);
    gra_tensor *y = gra_forward(net, x);
    ck_assert_str_eq(d.text, "pre Linear [2, 3]\n"
                             "pre2 Linear [2, 3]\n"
                             "forward Linear [2, 3] [2, 4]\n");
    d.text[0] = 0;
    ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    ck_assert_str_eq(d.text, "backward ReLU [2, 4] [2, 4]\n"
                             "backward-pre Linear [2, 4]\n"
                             "backward Linear [2, 3] [2, 4]\n");
    gra_free(net);
}

GRA_TEST(a_backward_hook_is_given_NULL_where_the_input_needs_no_gradient)
{
    diary d = {""};
    entry back = {&d, "backward"};
    gra_module *linear = gra_nn_linear(3, 4);
    gra_module_backward_hook(linear, note_backward, &back);
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 3));
    gra_backward(gra_sum(gra_forward(linear, x)));
    ck_assert_str_eq(d.text, "backward Linear NULL [2, 4]\n");
    gra_set_grad(false);
    gra_forward(linear, x);
    gra_set_grad(true);
    ck_assert_str_eq(d.text, "backward Linear NULL [2, 4]\n");
    gra_free(linear);
}

static gra_tensor *twice_pre(gra_module *m, gra_tensor *t, void *context)
{
    (void)m, (void)context;
    return gra_mul_scalar(t, 2);
}

static gra_tensor *threefold(gra_module *m, gra_tensor *x, gra_tensor *y, void *context)
{
    (void)m, (void)x, (void)context;
    return gra_mul_scalar(y, 3);
}

static gra_tensor *fivefold(gra_module *m, gra_tensor *dx, gra_tensor *dy, void *context)
{
    (void)m, (void)dy, (void)context;
    return gra_mul_scalar(dx, 5);
}

GRA_TEST(hooks_replace_what_goes_through_a_module)
{
    gra_module *relu = gra_nn_relu();
    gra_tensor *x = gra_requires_grad(gra_vector(1, -1));
    const int pre = gra_module_forward_pre_hook(relu, twice_pre, NULL);
    const int after = gra_module_forward_hook(relu, threefold, NULL);
    GRA_ASSERT_VALUES(gra_forward(relu, x), 6, 0);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_forward(relu, x)), x), 6, 0);
    ck_assert_int_eq(gra_module_remove_hook(relu, pre), 0);
    ck_assert_int_eq(gra_module_remove_hook(relu, after), 0);
    gra_module_backward_pre_hook(relu, twice_pre, NULL);
    gra_module_backward_hook(relu, fivefold, NULL);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_forward(relu, x)), x), 10, 0);
    gra_free(relu);
}

GRA_TEST(a_loss_has_hooks_as_well)
{
    diary d = {""};
    entry pre = {&d, "pre"}, forward = {&d, "forward"}, back = {&d, "backward"};
    gra_module *loss = gra_nn_mse_loss();
    gra_module_forward_pre_hook(loss, note_pre, &pre);
    gra_module_forward_hook(loss, note_forward, &forward);
    gra_module_backward_hook(loss, note_backward, &back);
    gra_tensor *x = gra_requires_grad(gra_vector(1, 3));
    gra_backward(gra_loss(loss, x, gra_vector(0, 0)));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1, 3);
    ck_assert_str_eq(d.text, "pre MSELoss [2]\nforward MSELoss [2] []\nbackward MSELoss [2] []\n");
    gra_free(loss);
}

static gra_module *conv_net(void)
{
    gra_manual_seed(4);
    return gra_sequential(gra_nn_conv2d(1, 4, 3), gra_nn_relu(.inplace = true), gra_nn_max_pool2d(2),
                          gra_nn_flatten(), gra_nn_linear(36, 2));
}

/* The bits of the fused layers, with the module in between in sight; the rectifier may write in place. */
GRA_TEST(a_module_with_hooks_runs_apart_from_its_neighbours)
{
    diary d = {""};
    entry forward = {&d, "forward"}, back = {&d, "backward"};
    gra_module *plain = conv_net(), *seen = conv_net();
    gra_module_forward_hook(gra_module_get(seen, "1"), note_forward, &forward);
    gra_module_backward_hook(gra_module_get(seen, "0"), note_backward, &back);
    gra_tensor *x = gra_randn(GRA_SHAPE(1, 1, 8, 8), .requires_grad = true), *dx[2];
    dx[0] = gra_grad(gra_sum(gra_forward(plain, x)), x);
    dx[1] = gra_grad(gra_sum(gra_forward(seen, x)), x);
    ck_assert_str_eq(d.text, "forward ReLU [1, 4, 6, 6] [1, 4, 6, 6]\n"
                             "backward Conv2d [1, 1, 8, 8] [1, 4, 6, 6]\n");
    for (int64_t i = 0; i < 64; i++) {
        const gra_shape at = GRA_SHAPE(0, 0, i / 8, i % 8);
        ck_assert_double_eq_tol(gra_tensor_at(dx[0], at), gra_tensor_at(dx[1], at), 1e-6);
    }
    gra_free(plain, seen);
}

GRA_TEST(the_graph_keeps_a_module_with_backward_hooks_alive)
{
    diary d = {""};
    entry back = {&d, "backward"};
    gra_module *relu = gra_nn_relu();
    gra_module_backward_hook(relu, note_backward, &back);
    gra_tensor *x = gra_requires_grad(gra_vector(1)), *y = gra_forward(relu, x);
    gra_free(relu);
    gra_backward(y);
    ck_assert_str_eq(d.text, "backward ReLU [1] [1]\n");
}

/* The gradient of a penalty on the gradient: hooks see both walks, and nothing is kept in a circle. */
GRA_TEST(backward_hooks_take_part_in_second_derivatives)
{
    diary d = {""};
    entry back = {&d, "backward"};
    gra_module *net = gra_sequential(gra_nn_linear(2, 2), gra_nn_tanh());
    gra_module_backward_hook(net, note_backward, &back);
    gra_module_backward_pre_hook(net, twice_pre, NULL);
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    gra_tensor *w = gra_module_parameter(net, "0.weight");
    gra_tensor *dx = gra_grad(gra_sum(gra_forward(net, x)), x, .create_graph = true);
    ck_assert_ptr_nonnull(gra_grad(gra_sum(gra_square(dx)), w));
    /* A walk that never comes to the input forgets the gradient of the output as well. */
    ck_assert_ptr_nonnull(gra_grad(gra_sum(gra_forward(net, x)), w, .create_graph = true));
    ck_assert_ptr_nonnull(strstr(d.text, "backward Sequential [2] [2]\n"));
    gra_free(net);
}

typedef struct removal {
    int own, calls;
} removal;

static gra_tensor *remove_self(gra_module *m, gra_tensor *x, void *context)
{
    removal *const r = context;
    (void)x;
    r->calls++;
    gra_module_remove_hook(m, r->own);
    r->own = gra_module_forward_pre_hook(m, remove_self, r);
    return NULL;
}

GRA_TEST(a_hook_of_a_module_may_remove_itself_and_add_one)
{
    removal r = {0};
    gra_module *relu = gra_nn_relu();
    r.own = gra_module_forward_pre_hook(relu, remove_self, &r);
    gra_forward(relu, gra_vector(1));
    ck_assert_int_eq(r.calls, 1);
    gra_forward(relu, gra_vector(1));
    ck_assert_int_eq(r.calls, 2);
    gra_free(relu);
}

static gra_tensor *fail_hook(gra_module *m, gra_tensor *x, void *context)
{
    (void)m, (void)x, (void)context;
    return gra_fail("a hook fails");
}

static gra_tensor *misshape(gra_module *m, gra_tensor *dx, gra_tensor *dy, void *context)
{
    (void)m, (void)dx, (void)dy, (void)context;
    return gra_zeros(GRA_SHAPE(4));
}

GRA_TEST(what_a_hook_of_a_module_fails_with_is_the_error)
{
    gra_module *net = gra_sequential(gra_nn_relu());
    gra_module *relu = gra_module_get(net, "0");
    const int id = gra_module_forward_pre_hook(relu, fail_hook, NULL);
    ck_assert_ptr_null(gra_forward(net, gra_vector(1)));
    GRA_ASSERT_ERROR("a hook fails (in module 0)");
    gra_module_remove_hook(relu, id);
    gra_module_backward_hook(relu, misshape, NULL);
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    ck_assert_ptr_null(gra_grad(gra_sum(gra_forward(net, x)), x));
    GRA_ASSERT_ERROR(
        "gra_backward: a hook of module_input replaced the gradient of its input 0, of "
        "shape [2], by one of shape [4]");
    gra_free(net);
}

GRA_TEST(hooks_of_modules_are_checked)
{
    gra_module *relu = gra_nn_relu();
    ck_assert_int_eq(gra_module_forward_pre_hook(relu, NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_module_forward_pre_hook: the function is NULL");
    ck_assert_int_eq(gra_module_forward_hook(relu, NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_module_forward_hook: the function is NULL");
    ck_assert_int_eq(gra_module_backward_pre_hook(relu, NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_module_backward_pre_hook: the function is NULL");
    ck_assert_int_eq(gra_module_backward_hook(relu, NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_module_backward_hook: the function is NULL");
    ck_assert_int_eq(gra_module_remove_hook(relu, 0), -1);
    GRA_ASSERT_ERROR("gra_module_remove_hook: the ReLU has no hook 0");
    ck_assert_int_eq(gra_module_backward_hook(NULL, misshape, NULL), -1);
    ck_assert_int_eq(gra_module_remove_hook(NULL, 1), -1);
    gra_free(relu);
}

GRA_TEST_MAIN("module_hooks", hooks_run_in_order_around_a_module,
              a_backward_hook_is_given_NULL_where_the_input_needs_no_gradient,
              hooks_replace_what_goes_through_a_module, a_loss_has_hooks_as_well,
              a_module_with_hooks_runs_apart_from_its_neighbours,
              the_graph_keeps_a_module_with_backward_hooks_alive,
              backward_hooks_take_part_in_second_derivatives,
              a_hook_of_a_module_may_remove_itself_and_add_one,
              what_a_hook_of_a_module_fails_with_is_the_error, hooks_of_modules_are_checked)
