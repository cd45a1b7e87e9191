/* test.h - what every test program begins with: Check, with a main() and assertions for tensors.
 *
 *     #include "gradus.h"
 *     #include "../support/test.h"
 *
 *     GRA_TEST(add_adds)
 *     {
 *         gra_tensor *y = gra_add(gra_ones(GRA_SHAPE(2)), gra_full(GRA_SHAPE(2), 3));
 *         GRA_ASSERT_VALUES(y, 4, 4);
 *     }
 *
 *     GRA_TEST(add_rejects_shapes_that_do_not_broadcast)
 *     {
 *         ck_assert_ptr_null(gra_add(gra_ones(GRA_SHAPE(2)), gra_ones(GRA_SHAPE(3))));
 *         GRA_ASSERT_ERROR("add: shapes [2] and [3] do not broadcast ...");
 *     }
 *
 *     GRA_TEST_MAIN("add", add_adds, add_rejects_shapes_that_do_not_broadcast)
 *
 * The program runs all of its tests, or those named on its command line, in one process
 * (CK_FORK=yes forks for each), and exits with 0 if they pass. A test that is missing from
 * GRA_TEST_MAIN is an unused variable to the compiler.
 *
 * Where "gradus.h" (or "core/scope.h") comes first, each test ends by releasing the thread's root
 * scope, and fails if it leaves an object alive or an error pending. Otherwise nothing here refers
 * to the library, so that the kernels' tests need not link it.
 */
#ifndef GRA_TESTS_SUPPORT_TEST_H
#define GRA_TESTS_SUPPORT_TEST_H

#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(GRADUS_H) || defined(GRA_CORE_SCOPE_H)
#define GRA_TEST_TENSORS 1
#include "../../core/error.h"
#include "../../core/object.h"
#include "../../core/scope.h"
#include "../../core/shape.h"
#include "../../core/tensor.h"
#endif

#define GRA_TEST(name) START_TEST(name)

#define GRA_TEST_MAIN(suite, ...)                                                                  \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        const TTest *const tests_[] = {__VA_ARGS__};                                               \
        return gra_test_main(suite, tests_, sizeof tests_ / sizeof tests_[0], argc, argv);         \
    }

/* Ends a test that cannot run here; run-tests counts it as skipped. To stand in the test itself:
 * Check calls the function of a test its name and "_fn". */
#define GRA_SKIP(why)                                                                              \
    do {                                                                                           \
        printf("skip %.*s - %s\n", (int)strlen(__func__) - 3, __func__, why);                      \
        return;                                                                                    \
    } while (0)

/* Whether |got - expected| <= atol + rtol |expected|. NaN is near NaN, an infinity near itself. */
static inline bool gra_test_close(double got, double expected, double rtol, double atol)
{
    if (isnan(expected))
        return isnan(got);
    if (isinf(expected) || isinf(got))
        return got == expected;
    return fabs(got - expected) <= atol + rtol * fabs(expected);
}

/* Compares two arrays; kernels' tests use it too. */
#define GRA_ASSERT_ARRAY(got, expected, count, rtol, atol)                                         \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (size_t)(count); i_++)                                            \
            ck_assert_msg(gra_test_close((double)(got)[i_], (double)(expected)[i_], rtol, atol),   \
                          "%s: element %zu is %.9g, expected %.9g (rtol %g, atol %g)", #got, i_,   \
                          (double)(got)[i_], (double)(expected)[i_], (double)(rtol),               \
                          (double)(atol));                                                         \
    } while (0)

#ifdef GRA_TEST_TENSORS

/* The pending error is exactly `text`; it is cleared. */
#define GRA_ASSERT_ERROR(text)                                                                     \
    do {                                                                                           \
        char got_[2048];                                                                           \
        snprintf(got_, sizeof got_, "%s", gra_error() ? gra_error() : "(no error)");               \
        gra_clear_error();                                                                         \
        ck_assert_msg(strcmp(got_, text) == 0, "the error is\n    %s\nexpected\n    %s", got_,     \
                      text);                                                                       \
    } while (0)

/* A constructor that must fail, and its message. */
#define GRA_ASSERT_REJECTED(call, text)                                                            \
    do {                                                                                           \
        ck_assert_ptr_null(call);                                                                  \
        GRA_ASSERT_ERROR(text);                                                                    \
    } while (0)

/* No error is pending; says which one is. */
#define GRA_ASSERT_NO_ERROR()                                                                      \
    ck_assert_msg(gra_error() == NULL, "unexpected error: %s", gra_error())

/* The shape of a tensor is that of the sizes that follow: GRA_ASSERT_SHAPE(y, 2, 3). */
#define GRA_ASSERT_SHAPE(tensor, ...)                                                              \
    gra_test_shape(tensor, GRA_SHAPE(__VA_ARGS__), #tensor, __LINE__)

/* The elements of a tensor of any dtype and strides, in row-major order, are near those of an array
 * of doubles. */
#define GRA_ASSERT_CLOSE(tensor, expected, count, rtol, atol)                                      \
    gra_test_tensor(tensor, expected, count, rtol, atol, #tensor, __LINE__)

/* The same for the numbers that follow, to six digits: GRA_ASSERT_VALUES(y, 1, 0.5, -2). */
#define GRA_ASSERT_VALUES(tensor, ...)                                                             \
    gra_test_tensor(tensor, (const double[]){__VA_ARGS__},                                         \
                    sizeof((const double[]){__VA_ARGS__}) / sizeof(double), 1e-6, 1e-6, #tensor,   \
                    __LINE__)

static inline void gra_test_shape(const gra_tensor *t, gra_shape expected, const char *what,
                                  int line)
{
    char got_text[GRA_SHAPE_TEXT], expected_text[GRA_SHAPE_TEXT];
    ck_assert_msg(t != NULL, "line %d: %s is NULL: %s", line, what,
                  gra_error() ? gra_error() : "(no error)");
    ck_assert_msg(gra_shape_equal(gra_tensor_shape(t), expected),
                  "line %d: %s has shape %s, expected %s", line, what,
                  gra_shape_text(gra_tensor_shape(t), got_text),
                  gra_shape_text(expected, expected_text));
}

/* The index of the element at a position in row-major order. */
static inline gra_shape gra_test_index(gra_shape shape, int64_t position)
{
    gra_shape index = shape;
    for (int dim = shape.count - 1; dim >= 0; dim--) {
        index.size[dim] = position % shape.size[dim];
        position /= shape.size[dim];
    }
    return index;
}

static inline void gra_test_tensor(const gra_tensor *t, const double *expected, size_t count,
                                   double rtol, double atol, const char *what, int line)
{
    char text[GRA_SHAPE_TEXT];
    ck_assert_msg(t != NULL, "line %d: %s is NULL: %s", line, what,
                  gra_error() ? gra_error() : "(no error)");
    const gra_shape shape = gra_tensor_shape(t);
    ck_assert_msg(gra_tensor_numel(t) == (int64_t)count,
                  "line %d: %s has %" PRId64 " elements (shape %s), expected %zu", line, what,
                  gra_tensor_numel(t), gra_shape_text(shape, text), count);
    for (size_t i = 0; i < count; i++) {
        const gra_shape index = gra_test_index(shape, (int64_t)i);
        const double got = gra_tensor_at(t, index);
        ck_assert_msg(gra_test_close(got, expected[i], rtol, atol),
                      "line %d: %s is %.9g at %s, expected %.9g (rtol %g, atol %g)", line, what,
                      got, gra_shape_text(index, text), expected[i], rtol, atol);
    }
}

/* The number of objects before the test: none is blamed for what an earlier one left alive. */
static int64_t gra_test_live;

static inline void gra_test_setup(void)
{
    gra_test_live = gra_live();
#ifdef GRADUS_H
    gra_manual_seed(1);
#endif
}

static inline void gra_test_teardown(void)
{
    char error[2048];
    snprintf(error, sizeof error, "%s", gra_error() ? gra_error() : "");
    gra_clear_error();
#ifdef GRADUS_H
    gra_set_grad(true);
#endif
    gra_release(0);
    const int64_t left = gra_live() - gra_test_live;
    ck_assert_msg(!*error, "the test left an error pending: %s", error);
    ck_assert_msg(left == 0, "the test left %" PRId64 " objects alive", left);
}

#endif

static inline bool gra_test_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

/* Runs a suite and frees it; returns how many of its checks failed. */
static inline int gra_test_run(Suite *suite, enum fork_status forks)
{
    SRunner *const runner = srunner_create(suite);
    srunner_set_fork_status(runner, forks);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}

static inline int gra_test_main(const char *name, const TTest *const *tests, size_t count, int argc,
                                char **argv)
{
    Suite *const suite = suite_create(name);
    TCase *const tcase = tcase_create(name);
    tcase_set_timeout(tcase, 600);
#ifdef GRA_TEST_TENSORS
    tcase_add_checked_fixture(tcase, gra_test_setup, gra_test_teardown);
#endif
    int wanted = 0;
    for (size_t i = 0; i < count; i++) {
        if (gra_test_wanted(tests[i]->name, argc, argv)) {
            tcase_add_test(tcase, tests[i]);
            wanted++;
        }
    }
    suite_add_tcase(suite, tcase);
    const char *const fork = getenv("CK_FORK");
    const int failed = gra_test_run(suite, fork && strcmp(fork, "yes") == 0 ? CK_FORK : CK_NOFORK);
    if (wanted < argc - 1 || wanted == 0)
        fprintf(stderr, "%s: not all of the tests named exist\n", name);
    return failed > 0 || wanted < argc - 1 || wanted == 0;
}

#endif
