/* test_apply.c - calls that do not agree with their op's schema, and pointers that are NULL. */
#include "gradus.h"

#include "tests/support/test.h"

static void copy_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], 1);
}

static const gra_op copy = {.schema = "copy(Tensor x) -> Tensor", .forward = copy_forward};
static const gra_op pair = {.schema = "pair(Tensor x) -> (Tensor, Tensor)",
                            .forward = copy_forward};
static const gra_op scaled = {
    .schema = "scaled(Tensor x, float by) -> Tensor", .forward = copy_forward, .args_size = 8};

GRA_TEST(the_number_of_inputs_must_fit_the_schema)
{
    gra_tensor *in[] = {gra_vector(1), gra_vector(2)};
    ck_assert_ptr_null(gra_apply(&copy, in, 2, NULL));
    GRA_ASSERT_ERROR(
        "copy: 2 input tensors were given, which does not fit its schema: copy(Tensor x) -> "
        "Tensor");
    ck_assert_ptr_null(gra_apply(&copy, in, 0, NULL));
    GRA_ASSERT_ERROR(
        "copy: 0 input tensors were given, which does not fit its schema: copy(Tensor x) -> "
        "Tensor");
    ck_assert_ptr_null(gra_apply(&copy, NULL, 1, NULL));
    GRA_ASSERT_ERROR(
        "copy: 0 input tensors were given, which does not fit its schema: copy(Tensor x) -> "
        "Tensor");
    GRA_ASSERT_VALUES(gra_apply(&copy, in, 1, NULL), 1);
}

GRA_TEST(the_number_of_outputs_must_fit_the_schema)
{
    gra_tensor *x = gra_vector(1);
    ck_assert_ptr_null(gra_apply(&pair, &x, 1, NULL));
    GRA_ASSERT_ERROR(
        "pair: 1 outputs were asked for, which does not fit its schema: pair(Tensor x) -> "
        "(Tensor, Tensor)");
}

GRA_TEST(the_struct_of_arguments_must_be_there_where_the_op_has_one)
{
    gra_tensor *x = gra_vector(1);
    ck_assert_ptr_null(gra_apply(&scaled, &x, 1, NULL));
    GRA_ASSERT_ERROR("scaled: the struct of its arguments is NULL");
    ck_assert_ptr_null(gra_apply(&copy, &x, 1, &(double){2}));
    GRA_ASSERT_ERROR("copy: arguments were given, but its schema has none that is not a tensor");
}

GRA_TEST(an_op_needs_a_schema_that_can_be_read_and_a_forward)
{
    static const gra_op nameless = {.forward = copy_forward};
    static const gra_op open = {.schema = "open(Tensor x", .forward = copy_forward};
    static const gra_op idle = {.schema = "idle(Tensor x) -> Tensor"};
    gra_tensor *x = gra_vector(1);
    ck_assert_ptr_null(gra_apply(NULL, &x, 1, NULL));
    GRA_ASSERT_ERROR("gra_apply: the op is NULL");
    ck_assert_ptr_null(gra_apply(&nameless, &x, 1, NULL));
    GRA_ASSERT_ERROR("gra_apply: the op has no schema");
    ck_assert_ptr_null(gra_apply(&open, &x, 1, NULL));
    GRA_ASSERT_ERROR(
        "open: its schema is wrong at column 14: \")\" is expected after the parameters, "
        "or \",\" between two of them\n"
        "    open(Tensor x\n"
        "                 ^");
    ck_assert_ptr_null(gra_apply(&idle, &x, 1, NULL));
    GRA_ASSERT_ERROR("gra_apply: the op has no forward: idle(Tensor x) -> Tensor");
}

GRA_TEST(pointers_that_are_null_are_errors)
{
    gra_tensor *x = gra_vector(1, 2);
    ck_assert_int_eq(gra_split(x, 1, 0, NULL, 4), -1);
    GRA_ASSERT_ERROR("split: parts is NULL; an array of tensors is needed");
    ck_assert_ptr_null(gra_vector_of(NULL, 3));
    GRA_ASSERT_ERROR("gra_vector: the values are NULL");
    gra_fprint(NULL, x);
    GRA_ASSERT_ERROR("gra_fprint: the file is NULL");
    ck_assert_ptr_null(gra_module_new(NULL, 0));
    GRA_ASSERT_ERROR("gra_module_new: the class is NULL");
    ck_assert_int_eq(gra_gradcheck(NULL, NULL, &x, 1), -1);
    GRA_ASSERT_ERROR("gra_gradcheck: the function is NULL");
}

GRA_TEST(an_object_cannot_be_named_twice_in_one_gra_free)
{
    gra_module *net = gra_nn_relu();
    gra_free(net, net);
    GRA_ASSERT_ERROR("gra_free: arguments 1 and 2 are the same object");
}

GRA_TEST(bare_numbers_for_a_shape_or_for_dims_are_errors)
{
    ck_assert_ptr_null(gra_zeros_with((gra_create_options){0})); /* what gra_zeros(0) comes to */
    GRA_ASSERT_ERROR(
        "gra_zeros: the shape was not given as a shape; write GRA_SHAPE(2, 3), or GRA_SCALAR");
    ck_assert_ptr_null(gra_randn_with((gra_random_options){.dtype = GRA_FLOAT64}));
    GRA_ASSERT_ERROR(
        "gra_randn: the shape was not given as a shape; write GRA_SHAPE(2, 3), or GRA_SCALAR");
    ck_assert_ptr_null(gra_sum_with((gra_reduce_options){.x = gra_vector(1, 2)}));
    GRA_ASSERT_ERROR("sum: the dims were not given as dims; write GRA_DIMS(0, 1), or GRA_ALL_DIMS");
    GRA_ASSERT_VALUES(gra_sum(gra_vector(1, 2), GRA_DIMS(0)), 3);
    GRA_ASSERT_VALUES(gra_sum(gra_vector(1, 2)), 3);
    GRA_ASSERT_SHAPE(gra_zeros(gra_tensor_shape(gra_vector(1, 2))), 2);
}

GRA_TEST_MAIN("apply", the_number_of_inputs_must_fit_the_schema,
              the_number_of_outputs_must_fit_the_schema,
              the_struct_of_arguments_must_be_there_where_the_op_has_one,
              an_op_needs_a_schema_that_can_be_read_and_a_forward,
              pointers_that_are_null_are_errors, an_object_cannot_be_named_twice_in_one_gra_free,
              bare_numbers_for_a_shape_or_for_dims_are_errors)
