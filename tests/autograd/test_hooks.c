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

GRA_TEST_MAIN("hooks", a_hook_on_a_leaf_sees_the_whole_gradient_once,
              a_hook_on_a_result_changes_what_flows_on_also_when_the_handle_is_gone,
              hooks_run_in_order_and_can_be_removed, a_hook_must_keep_the_shape,
              a_hook_needs_a_tensor_with_a_gradient_and_a_function)
