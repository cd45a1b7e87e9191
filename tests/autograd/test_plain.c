/* test_plain.c - tensors and gradients with plain arguments. */
#include "gradus.h"

#include "tests/support/test.h"

GRA_TEST(a_plain_tensor_copies_its_elements)
{
    int32_t data[] = {1, 2, 3, 4, 5, 6};
    gra_tensor *x = gra_plain_tensor(data, GRA_INT32, (int64_t[]){2, 3}, 2, false);
    data[0] = 9;
    GRA_ASSERT_SHAPE(x, 2, 3);
    GRA_ASSERT_VALUES(x, 1, 2, 3, 4, 5, 6);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_INT32);
    const float one = 1.5f;
    gra_tensor *scalar = gra_plain_tensor(&one, GRA_FLOAT32, NULL, 0, true);
    ck_assert(gra_item(scalar) == 1.5 && gra_tensor_requires_grad(scalar));
}

GRA_TEST(plain_gradients_are_those_of_the_weighted_sum)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *w = gra_requires_grad(gra_vector(3, 5));
    gra_tensor *unused = gra_requires_grad(gra_vector(7));
    gra_tensor *outputs[] = {gra_mul(x, w), gra_sum(x)};
    gra_tensor *gradients[] = {gra_vector(1, 10), NULL}, *inputs[] = {x, w, unused}, *d[3];
    ck_assert_int_eq(gra_plain_grad(outputs, gradients, 2, inputs, 3, false, d), 0);
    GRA_ASSERT_VALUES(d[0], 4, 51);
    GRA_ASSERT_VALUES(d[1], 1, 20);
    GRA_ASSERT_VALUES(d[2], 0);
    ck_assert_ptr_null(gra_tensor_grad(x));
    ck_assert_int_eq(gra_plain_grad(outputs, NULL, 1, inputs, 1, false, d), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "grad"));
    gra_clear_error();
}

GRA_TEST(plain_gradients_can_be_differentiated_again)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3)), *y = gra_mul(gra_mul(x, x), x), *d, *dd;
    ck_assert_int_eq(gra_plain_grad(&y, NULL, 1, &x, 1, true, &d), 0);
    ck_assert_int_eq(gra_plain_grad(&d, NULL, 1, &x, 1, false, &dd), 0);
    GRA_ASSERT_VALUES(d, 27);
    GRA_ASSERT_VALUES(dd, 18);
}

GRA_TEST_MAIN("plain", a_plain_tensor_copies_its_elements,
              plain_gradients_are_those_of_the_weighted_sum,
              plain_gradients_can_be_differentiated_again)
