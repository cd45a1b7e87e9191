/* test_hooks.c - hooks on leaves and on results. */
#include "gradus.h"

#include "tests/support/test.h"

static gra_tensor *look(gra_tensor *grad, void *context)
{
    double *const sum = context;
    *sum += gra_item(gra_sum(grad));
    return NULL;
}

static gra_tensor *doubled(gra_tensor *grad, void *context)
{
    (void)context;
    return gra_mul_scalar(grad, 2);
}

static gra_tensor *misshapen(gra_tensor *grad, void *context)
{
    (void)grad, (void)context;
    return gra_zeros(GRA_SHAPE(5));
}

GRA_TEST(a_hook_on_a_leaf_sees_the_whole_gradient_once)
{
    double sum = 0;
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_gt(gra_tensor_hook(a, look, &sum), 0);
    gra_backward(gra_sum(gra_mul(a, a)));
    ck_assert_double_eq(sum, 6);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 2, 4);
}

GRA_TEST(a_hook_on_a_result_changes_what_flows_on_also_when_the_handle_is_gone)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3));
    const int mark = gra_mark();
    gra_tensor *b = gra_mul(a, a);
    gra_tensor_hook(b, doubled, NULL);
    gra_tensor *y = gra_release_keep(mark, gra_sum(b));
    gra_backward(y);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 12);
}

GRA_TEST(hooks_run_in_order_and_can_be_removed)
{
    double sum = 0;
    gra_tensor *a = gra_requires_grad(gra_vector(1));
    const int id = gra_tensor_hook(a, doubled, NULL);
    gra_tensor_hook(a, look, &sum);
    gra_backward(gra_sum(a));
    ck_assert_double_eq(sum, 2);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 2);
    ck_assert_int_eq(gra_remove_hook(a, id), 0);
    gra_backward(gra_sum(a));
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 3);
}

GRA_TEST(a_hook_must_keep_the_shape)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    gra_tensor_hook(a, misshapen, NULL);
    ck_assert_int_eq(gra_backward(gra_sum(a)), -1);
    GRA_ASSERT_ERROR("gra_backward: a hook replaced a gradient of shape [2] by one of shape [5]");
}

GRA_TEST(a_hook_needs_a_tensor_with_a_gradient_and_a_function)
{
    ck_assert_int_eq(gra_tensor_hook(gra_vector(1), doubled, NULL), -1);
    GRA_ASSERT_ERROR("gra_tensor_hook: the tensor does not require a gradient");
    ck_assert_int_eq(gra_tensor_hook(gra_requires_grad(gra_vector(1)), NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_tensor_hook: the function is NULL");
    ck_assert_int_eq(gra_remove_hook(gra_vector(1), 7), -1);
    GRA_ASSERT_ERROR("gra_remove_hook: the tensor has no hook 7");
}

static gra_tensor *wider(gra_tensor *grad, void *context)
{
    (void)context;
    return gra_to(grad, GRA_FLOAT64);
}

GRA_TEST(what_a_hook_gives_is_converted_to_the_dtype_of_the_gradient)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2)), *b = gra_mul(a, a);
    gra_tensor_hook(a, wider, NULL);
    gra_tensor_hook(gra_retain_grad(b), wider, NULL);
    gra_backward(gra_sum(b));
    ck_assert_int_eq(gra_tensor_dtype(gra_tensor_grad(a)), GRA_FLOAT32);
    ck_assert_int_eq(gra_tensor_dtype(gra_tensor_grad(b)), GRA_FLOAT32);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 2, 4);
}

typedef struct once {
    gra_tensor *tensor;
    int first, second, calls;
} once;

static gra_tensor *remove_both(gra_tensor *grad, void *context)
{
    once *const o = context;
    (void)grad;
    o->calls++;
    gra_remove_hook(o->tensor, o->first);
    gra_remove_hook(o->tensor, o->second);
    gra_tensor_hook(o->tensor, remove_both, o);
    return NULL;
}

GRA_TEST(a_hook_may_remove_itself_and_others_and_add_one)
{
    once o = {.tensor = gra_requires_grad(gra_vector(1))};
    o.first = gra_tensor_hook(o.tensor, remove_both, &o);
    o.second = gra_tensor_hook(o.tensor, doubled, NULL);
    gra_backward(gra_sum(o.tensor));
    ck_assert_int_eq(o.calls, 1);
    GRA_ASSERT_VALUES(gra_tensor_grad(o.tensor), 1);
}

static gra_tensor *give(gra_tensor *grad, void *context)
{
    (void)grad;
    return context;
}

GRA_TEST(a_tensor_that_a_hook_gives_stays_its_owners)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2));
    const int mark = gra_mark();
    gra_tensor *const mine = gra_keep(gra_vector(5, 6));
    gra_release(mark);
    gra_tensor_hook(a, give, mine);
    gra_backward(gra_sum(a));
    gra_fill_(gra_tensor_grad(a), 0);
    GRA_ASSERT_VALUES(mine, 5, 6);
    gra_free(mine);
}

static gra_tensor *walk_again(gra_tensor *grad, void *context)
{
    gra_tensor *const *const pair = context;
    (void)grad;
    gra_grad(pair[0], pair[1]);
    return NULL;
}

/* The rectifier's rule writes into gradients that nothing else holds. */
GRA_TEST(a_tensor_that_a_hook_gives_is_not_written_into)
{
    gra_tensor *x = gra_requires_grad(gra_vector(-1, 2)), *fives = gra_vector(5, 5);
    gra_tensor *y = gra_relu(x), *z = gra_requires_grad(gra_vector(1, 1));
    gra_tensor_hook(y, give, fives);
    gra_tensor_hook(z, give, fives);
    gra_backward(gra_sum(gra_mul(y, z)));
    GRA_ASSERT_VALUES(fives, 5, 5);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 0, 5);
    gra_add_(gra_tensor_grad(z), fives);
    GRA_ASSERT_VALUES(fives, 5, 5);
    GRA_ASSERT_VALUES(gra_tensor_grad(z), 10, 10);
}

static gra_tensor *free_two(gra_tensor *grad, void *context)
{
    gra_tensor **const list = context;
    (void)grad;
    for (int i = 0; i < 2; i++) {
        gra_free(list[i]);
        list[i] = NULL;
    }
    return NULL;
}

GRA_TEST(a_hook_may_release_the_tensor_that_the_walk_began_with)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *loss[2] = {0}, *grad = NULL;
    for (int many = 0; many < 2; many++) {
        const int mark = gra_mark();
        gra_tensor *h = gra_mul(x, x), *y = gra_mul(h, h);
        gra_tensor_hook(y, free_two, loss);
        loss[0] = gra_keep(gra_sum(y));
        loss[1] = many ? gra_keep(gra_sum(gra_mul(y, y))) : NULL;
        gra_release(mark);
        if (many)
            gra_grad_many(loss, 2, &x, 1, &grad);
        else
            gra_backward(loss[0]);
        ck_assert_ptr_null(gra_error());
        ck_assert_ptr_null(loss[0]);
    }
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 4, 32);
    GRA_ASSERT_VALUES(grad, 12, 32 + 8 * 128); /* of x^4 + x^8 */
}

GRA_TEST(a_walk_from_a_hook_over_the_same_graph_is_an_error)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3)), *b = gra_mul(a, a), *y = gra_mul(b, b);
    gra_tensor *pair[] = {gra_mul_scalar(b, 7), a};
    gra_tensor_hook(y, walk_again, pair);
    ck_assert_int_eq(gra_backward(y, .retain_graph = true), -1);
    GRA_ASSERT_ERROR("gra_backward: this graph is being walked already");
    GRA_ASSERT_VALUES(gra_grad(pair[0], a), 42); /* and can be walked again */
}

GRA_TEST(a_walk_from_a_hook_over_another_graph_works)
{
    gra_tensor *a = gra_requires_grad(gra_vector(3)), *other = gra_requires_grad(gra_vector(2));
    gra_tensor *pair[] = {gra_mul(other, other), other};
    gra_tensor_hook(a, walk_again, pair);
    ck_assert_int_eq(gra_backward(gra_mul(a, a)), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 6);
}

GRA_TEST_MAIN("hooks", a_hook_on_a_leaf_sees_the_whole_gradient_once,
              a_hook_on_a_result_changes_what_flows_on_also_when_the_handle_is_gone,
              hooks_run_in_order_and_can_be_removed, a_hook_must_keep_the_shape,
              a_hook_needs_a_tensor_with_a_gradient_and_a_function,
              what_a_hook_gives_is_converted_to_the_dtype_of_the_gradient,
              a_hook_may_remove_itself_and_others_and_add_one,
              a_tensor_that_a_hook_gives_stays_its_owners,
              a_tensor_that_a_hook_gives_is_not_written_into,
              a_hook_may_release_the_tensor_that_the_walk_began_with,
              a_walk_from_a_hook_over_the_same_graph_is_an_error,
              a_walk_from_a_hook_over_another_graph_works)
