/* test_ffi.c - ops that are C functions with natural arguments, and functions made of ops. */
#include <pthread.h>

#include "gradus.h"

#include "core/ffi_call.h"
#include "tests/support/test.h"

#define NEEDS_LIBFFI()                                                                             \
    if (!gra__ffi_built)                                                                           \
    GRA_SKIP("this build has no libffi")

/* ---- swish: y = x s(beta x) ---- */

static gra_tensor *swish_forward(gra_tensor *x, double beta)
{
    return gra_mul(x, gra_sigmoid(gra_mul_scalar(x, beta)));
}

static void swish_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const double beta = gra_call_float(c, "beta");
    gra_tensor *x = c->in[0], *s = gra_sigmoid(gra_mul_scalar(x, beta));
    gra_tensor *bent = gra_mul_scalar(gra_mul(gra_mul(x, s), gra_one_minus(s)), beta);
    dx[0] = gra_mul(g[0], gra_add(s, bent));
}

static const gra_op swish_op = {
    .schema = "test_swish(Tensor x, float beta=1.0) -> Tensor",
    .function = (gra_fn)swish_forward,
    .vjp = swish_vjp,
    .saves = GRA_IN(0),
};

typedef gra_tensor *(*swish_fn)(gra_tensor *x, double beta);

static gra_tensor *swish(gra_tensor *x, double beta)
{
    return ((swish_fn)gra_op_function(&swish_op))(x, beta);
}

GRA_TEST(a_function_with_natural_arguments_is_an_op)
{
    NEEDS_LIBFFI();
    gra_tensor *x = gra_requires_grad(gra_vector(1, -2));
    gra_tensor *y = gra_apply(&swish_op, &x, 1, &(double){1.5});
    GRA_ASSERT_VALUES(y, 0.81757448, -0.09485175);
    gra_backward(gra_sum(y));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1.04129415, -0.08810411);
}

GRA_TEST(a_function_made_of_an_op_records_itself)
{
    NEEDS_LIBFFI();
    gra_tensor *x = gra_requires_grad(gra_vector(1, -2));
    gra_tensor *y = swish(x, 1.5);
    GRA_ASSERT_VALUES(y, 0.81757448, -0.09485175);
    gra_backward(gra_sum(y));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1.04129415, -0.08810411);
    GRA_ASSERT_VALUES(swish(gra_vector(1, -2), 1.5), 0.81757448, -0.09485175);
}

static gra_tensor *call_swish(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return swish(in[0], 0.7);
}

GRA_TEST(a_function_made_of_an_op_is_twice_differentiable)
{
    NEEDS_LIBFFI();
    gra_tensor *x = gra_requires_grad(gra_randn(GRA_SHAPE(2, 3), .dtype = GRA_FLOAT64));
    ck_assert_msg(gra_gradcheck(call_swish, NULL, &x, 1) == 0, "%s", gra_error());
    ck_assert_msg(gra_gradgradcheck(call_swish, NULL, &x, 1) == 0, "%s", gra_error());
}

GRA_TEST(a_function_is_made_once_and_registers_its_op)
{
    NEEDS_LIBFFI();
    const gra_fn f = gra_op_function(&swish_op);
    ck_assert(f && f == gra_op_function(&swish_op));
    ck_assert_ptr_eq(gra_find_op("test_swish"), &swish_op);
    gra_value y, x = gra_tensor_value(gra_vector(1, -2));
    ck_assert_int_eq(
        gra_invoke("test_swish", (gra_value[]){x, gra_named("beta", gra_float_value(1.5))}, 2, &y),
        0);
    GRA_ASSERT_VALUES(y.tensor, 0.81757448, -0.09485175);
}

GRA_TEST(a_built_in_op_has_a_function_as_well)
{
    NEEDS_LIBFFI();
    typedef gra_tensor *(*cat_fn)(gra_tensor *const *, int, int64_t);
    typedef gra_tensor *(*sum_fn)(gra_tensor *, const int64_t *, int, bool);
    const sum_fn sum = (sum_fn)gra_op_function(gra_find_op("sum"));
    gra_tensor *x = gra_reshape(gra_arange(0, 6, 1), GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(sum(x, (const int64_t[]){1}, 1, false), 3, 12);
    GRA_ASSERT_VALUES(sum(x, NULL, 0, false), 15);
    const cat_fn cat = (cat_fn)gra_op_function(gra_find_op("cat"));
    GRA_ASSERT_VALUES(cat((gra_tensor *[]){gra_vector(1), gra_vector(2, 3)}, 2, 0), 1, 2, 3);
    gra_tensor *many[50];
    for (int i = 0; i < 50; i++)
        many[i] = gra_vector(i);
    GRA_ASSERT_SHAPE(cat(many, 50, 0), 50);
}

/* ---- every kind of argument, and several results ---- */

static struct {
    int64_t n, pair[2], dims[8];
    double f;
    bool b;
    int count, tensors;
    gra_dtype dtype;
    char text[16];
} seen;

static int mixed_forward(gra_tensor *x, gra_tensor *const *list, int tensors, gra_tensor *y,
                         int64_t n, double f, bool b, const int64_t *pair, const int64_t *dims,
                         int count, gra_dtype dtype, const char *text, gra_tensor **twice,
                         gra_tensor **index)
{
    memcpy(seen.pair, pair, sizeof seen.pair);
    memcpy(seen.dims, dims, (size_t)count * sizeof *dims);
    snprintf(seen.text, sizeof seen.text, "%s", text);
    seen.n = n, seen.f = f, seen.b = b, seen.count = count, seen.dtype = dtype;
    seen.tensors = tensors;
    gra_tensor *sum = x;
    for (int i = 0; i < tensors; i++)
        sum = gra_add(sum, list[i]);
    *twice = gra_mul_scalar(y ? gra_add(sum, y) : sum, 2);
    *index = gra_argmax(x);
    return *twice && *index ? 0 : -1;
}

static void mixed_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->needs[i])
            dx[i] = gra_mul_scalar(g[0], 2);
}

static const gra_op mixed_op = {
    .schema = "test_mixed(Tensor x, Tensor[] list, Tensor? y, int n, float f, bool b, int[2] pair, "
              "int[] dims, ScalarType dtype, str text) -> (Tensor twice, Tensor index)",
    .function = (gra_fn)mixed_forward,
    .vjp = mixed_vjp,
    .saves = GRA_SAVE_NOTHING,
};

typedef int (*mixed_fn)(gra_tensor *, gra_tensor *const *, int, gra_tensor *, int64_t, double, bool,
                        const int64_t *, const int64_t *, int, gra_dtype, const char *,
                        gra_tensor **, gra_tensor **);

GRA_TEST(every_kind_of_argument_passes_through_a_function)
{
    NEEDS_LIBFFI();
    const mixed_fn mixed = (mixed_fn)gra_op_function(&mixed_op);
    gra_tensor *x = gra_requires_grad(gra_vector(1, 5)), *y = gra_requires_grad(gra_vector(2, 2));
    gra_tensor *list[] = {gra_vector(10, 10), gra_requires_grad(gra_vector(1, 1))}, *twice, *index;
    const int64_t pair[] = {-3, 4}, dims[] = {1, 2, 3};
    ck_assert_int_eq(mixed(x, list, 2, y, INT64_MIN, 0.125, true, pair, dims, 3, GRA_BOOL, "seven",
                           &twice, &index),
                     0);
    ck_assert(seen.n == INT64_MIN && seen.f == 0.125 && seen.b && seen.dtype == GRA_BOOL);
    ck_assert(seen.pair[0] == -3 && seen.pair[1] == 4 && seen.count == 3 && seen.dims[2] == 3);
    ck_assert_str_eq(seen.text, "seven");
    GRA_ASSERT_VALUES(twice, 28, 36);
    GRA_ASSERT_VALUES(index, 1);
    gra_backward(gra_sum(twice));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 2, 2);
    GRA_ASSERT_VALUES(gra_tensor_grad(y), 2, 2);
    GRA_ASSERT_VALUES(gra_tensor_grad(list[1]), 2, 2);
}

/* ---- more tensors than most ops have ---- */

static void forty_forward(gra_call *c)
{
    c->out[0] = gra_add(c->in[0], c->in[39]);
}

static const gra_op forty_op = {
    .schema = "test_forty("
              "Tensor t0, Tensor t1, Tensor t2, Tensor t3, Tensor t4, "
              "Tensor t5, Tensor t6, Tensor t7, Tensor t8, Tensor t9, "
              "Tensor t10, Tensor t11, Tensor t12, Tensor t13, Tensor t14, "
              "Tensor t15, Tensor t16, Tensor t17, Tensor t18, Tensor t19, "
              "Tensor t20, Tensor t21, Tensor t22, Tensor t23, Tensor t24, "
              "Tensor t25, Tensor t26, Tensor t27, Tensor t28, Tensor t29, "
              "Tensor t30, Tensor t31, Tensor t32, Tensor t33, Tensor t34, "
              "Tensor t35, Tensor t36, Tensor t37, Tensor t38, Tensor t39) -> Tensor",
    .forward = forty_forward,
};

#define EIGHT                                                                                      \
    gra_tensor *, gra_tensor *, gra_tensor *, gra_tensor *, gra_tensor *, gra_tensor *,            \
        gra_tensor *, gra_tensor *
typedef gra_tensor *(*forty_fn)(EIGHT, EIGHT, EIGHT, EIGHT, EIGHT);

GRA_TEST(a_function_takes_as_many_tensors_as_a_schema_may_have)
{
    NEEDS_LIBFFI();
    gra_tensor *x = gra_vector(1), *last = gra_vector(20);
#define X8 x, x, x, x, x, x, x, x
    const forty_fn forty = (forty_fn)gra_op_function(&forty_op);
    GRA_ASSERT_VALUES(forty(X8, X8, X8, X8, x, x, x, x, x, x, x, last), 21);
#undef X8
}

GRA_TEST(an_optional_tensor_may_be_NULL_in_a_function)
{
    NEEDS_LIBFFI();
    const mixed_fn mixed = (mixed_fn)gra_op_function(&mixed_op);
    gra_tensor *twice, *index;
    const int64_t pair[2] = {0};
    ck_assert_int_eq(mixed(gra_vector(1, 5), NULL, 0, NULL, 0, 0, false, pair, NULL, 0, GRA_FLOAT32,
                           "", &twice, &index),
                     0);
    ck_assert(seen.count == 0 && !seen.b && seen.tensors == 0);
    GRA_ASSERT_VALUES(twice, 2, 10);
}

GRA_TEST(a_wrong_list_in_a_function_is_an_error)
{
    NEEDS_LIBFFI();
    const mixed_fn mixed = (mixed_fn)gra_op_function(&mixed_op);
    gra_tensor *x = gra_vector(1), *twice = x, *index = x;
    const int64_t pair[9] = {0};
    ck_assert_int_eq(
        mixed(x, NULL, 3, NULL, 0, 0, false, pair, NULL, 0, GRA_FLOAT32, "", &twice, &index), -1);
    GRA_ASSERT_ERROR("test_mixed: list is a list of 3 at NULL; 0 to 1048576 are possible");
    ck_assert(!twice && !index);
    ck_assert_int_eq(
        mixed(x, NULL, 0, NULL, 0, 0, false, pair, pair, 9, GRA_FLOAT32, "", &twice, &index), -1);
    GRA_ASSERT_ERROR("test_mixed: dims is a list of 9 at an address; 0 to 8 are possible");
    ck_assert_int_eq(
        mixed(x, NULL, 0, NULL, 0, 0, false, pair, NULL, 0, GRA_FLOAT32, NULL, &twice, &index), -1);
    GRA_ASSERT_ERROR("test_mixed: text is a NULL string");
}

/* ---- functions that fail ---- */

static gra_tensor *nothing_forward(gra_tensor *x)
{
    (void)x;
    return NULL;
}

static int refusing_forward(gra_tensor *x, gra_tensor **a, gra_tensor **b)
{
    *a = *b = x;
    return -1;
}

GRA_TEST(a_function_that_makes_nothing_is_an_error)
{
    NEEDS_LIBFFI();
    static const gra_op nothing = {.schema = "test_nothing(Tensor x) -> Tensor",
                                   .function = (gra_fn)nothing_forward};
    static const gra_op refusing = {.schema = "test_refusing(Tensor x) -> (Tensor, Tensor)",
                                    .function = (gra_fn)refusing_forward};
    gra_tensor *x = gra_vector(1), *out[2];
    ck_assert_ptr_null(gra_apply(&nothing, &x, 1, NULL));
    GRA_ASSERT_ERROR("test_nothing: its forward left output 0 empty");
    ck_assert_int_eq(gra_apply_many(&refusing, &x, 1, NULL, out, 2), -1);
    GRA_ASSERT_ERROR("test_refusing: its function returned -1 without an error");
    ck_assert(!out[0] && !out[1]);
}

GRA_TEST(a_function_is_silent_while_an_error_is_pending)
{
    NEEDS_LIBFFI();
    const swish_fn f = (swish_fn)gra_op_function(&swish_op);
    ck_assert_ptr_null(f(NULL, 1));
    GRA_ASSERT_ERROR("test_swish: x is NULL; a tensor is needed");
    gra_fail("first");
    ck_assert_ptr_null(f(NULL, 1));
    ck_assert(!gra_op_function(&swish_op));
    GRA_ASSERT_ERROR("first");
}

GRA_TEST(an_op_that_is_wrong_has_no_function)
{
    static const gra_op taken = {.schema = "relu(Tensor x) -> Tensor",
                                 .function = (gra_fn)nothing_forward};
    static const gra_op wrong = {.schema = "test_f(x) -> Tensor",
                                 .function = (gra_fn)nothing_forward};
    static const gra_op both = {.schema = "test_both(Tensor x) -> Tensor",
                                .forward = (void (*)(gra_call *))(gra_fn)nothing_forward,
                                .function = (gra_fn)nothing_forward};
    NEEDS_LIBFFI();
    ck_assert(!gra_op_function(NULL));
    GRA_ASSERT_ERROR("gra_op_function: the op is NULL");
    ck_assert(!gra_op_function(&taken));
    GRA_ASSERT_ERROR("gra_register_op: the name is taken: there is an op relu(Tensor x) -> Tensor "
                     "already; \"relu(Tensor x) -> Tensor\" needs another");
    ck_assert(!gra_op_function(&wrong));
    ck_assert_ptr_nonnull(strstr(gra_error(),
                                 "test_f: its schema is wrong at column 8: \"x\" is no "
                                 "type"));
    gra_clear_error();
    ck_assert(!gra_op_function(&both));
    GRA_ASSERT_ERROR("gra_apply: the op has a .forward and a .function; one of them is enough: "
                     "test_both(Tensor x) -> Tensor");
}

/* ---- machines that have less ---- */

GRA_TEST(where_closures_are_refused_the_error_names_gra_apply)
{
    NEEDS_LIBFFI();
    static const gra_op op = {.schema = "test_refused(Tensor x, float beta) -> Tensor",
                              .function = (gra_fn)swish_forward};
    gra_tensor *x = gra_vector(1, -2);
    gra__ffi = GRA__FFI_NO_CLOSURES;
    const gra_fn f = gra_op_function(&op);
    gra_tensor *const none = gra_error() ? NULL : x;
    GRA_ASSERT_ERROR("gra_op_function: this system refuses the memory that a function pointer for "
                     "test_refused would need; call it with gra_apply(&op, inputs, count, &args)");
    gra_tensor *y = gra_apply(&op, &x, 1, &(double){1.5});
    gra__ffi = GRA__FFI_ALL;
    ck_assert(!f && !none);
    GRA_ASSERT_VALUES(y, 0.81757448, -0.09485175);
}

static void plain_forward(gra_call *c)
{
    c->out[0] = swish_forward(c->in[0], gra_call_float(c, "beta"));
}

GRA_TEST(without_libffi_an_op_with_a_forward_works)
{
    static const gra_op plain = {.schema = "test_plain(Tensor x, float beta=1.5) -> Tensor",
                                 .forward = plain_forward,
                                 .args_size = sizeof(double)};
    gra_tensor *x = gra_vector(1, -2);
    gra_value y, boxed = gra_tensor_value(x);
    const gra__ffi_limit was = gra__ffi;
    gra__ffi = GRA__FFI_NOTHING;
    gra_tensor *applied = gra_apply(&plain, &x, 1, &(double){1.5});
    const int invoked = gra_invoke_op(&plain, &boxed, 1, &y);
    const gra_fn f = gra_op_function(&swish_op);
    gra__ffi = was;
    ck_assert(!f);
    GRA_ASSERT_ERROR("gra_op_function: a function pointer for test_swish needs libffi, which this "
                     "build lacks; call it with gra_apply(&op, inputs, count, &args)");
    GRA_ASSERT_VALUES(applied, 0.81757448, -0.09485175);
    ck_assert_int_eq(invoked, 0);
    GRA_ASSERT_VALUES(y.tensor, 0.81757448, -0.09485175);
}

GRA_TEST(without_libffi_an_op_with_a_function_is_an_error)
{
    gra_tensor *x = gra_vector(1, -2);
    const gra__ffi_limit was = gra__ffi;
    gra__ffi = GRA__FFI_NOTHING;
    gra_tensor *y = gra_apply(&swish_op, &x, 1, &(double){1.5});
    gra__ffi = was;
    ck_assert_ptr_null(y);
    GRA_ASSERT_ERROR("test_swish: its .function cannot be called without libffi; give the op a "
                     ".forward");
}

/* ---- threads ---- */

static void *make_and_call(void *context)
{
    gra_tensor *y = swish(gra_vector(1, -2), 1.5);
    *(bool *)context = y && fabs(gra_tensor_at(y, GRA_SHAPE(0)) - 0.81757448) < 1e-6;
    gra_release(0);
    return NULL;
}

GRA_TEST(threads_may_make_and_call_the_same_function)
{
    NEEDS_LIBFFI();
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    bool fine[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, make_and_call, &fine[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(fine[i]);
    }
}

GRA_TEST_MAIN(
    "ffi", a_function_with_natural_arguments_is_an_op, a_function_made_of_an_op_records_itself,
    a_function_made_of_an_op_is_twice_differentiable, a_function_is_made_once_and_registers_its_op,
    a_built_in_op_has_a_function_as_well, every_kind_of_argument_passes_through_a_function,
    a_function_takes_as_many_tensors_as_a_schema_may_have,
    an_optional_tensor_may_be_NULL_in_a_function, a_wrong_list_in_a_function_is_an_error,
    a_function_that_makes_nothing_is_an_error, a_function_is_silent_while_an_error_is_pending,
    an_op_that_is_wrong_has_no_function, where_closures_are_refused_the_error_names_gra_apply,
    without_libffi_an_op_with_a_forward_works, without_libffi_an_op_with_a_function_is_an_error,
    threads_may_make_and_call_the_same_function)
