/* test_error.c - sticky errors, their hook and the path of the running modules. */
#include <pthread.h>

#include "core/scope.h"

#include "core/create.h"
#include "core/error.h"
#include "core/error_path.h"
#include "../support/test.h"

GRA_TEST(no_error_is_pending_at_first)
{
    ck_assert_ptr_null(gra_error());
    gra_clear_error();
    ck_assert_ptr_null(gra_error());
}

GRA_TEST(fail_formats_and_returns_NULL)
{
    ck_assert_ptr_null(gra_fail("%s: %d is not %.1f", "op", 3, 2.5));
    GRA_ASSERT_ERROR("op: 3 is not 2.5");
}

GRA_TEST(the_first_error_wins)
{
    gra_fail("first");
    ck_assert_ptr_null(gra_fail("second"));
    GRA_ASSERT_ERROR("first");
    gra_fail("third");
    GRA_ASSERT_ERROR("third");
}

GRA_TEST(after_an_error_nothing_is_made_and_nothing_is_said)
{
    gra_fail("first");
    ck_assert_ptr_null(gra_zeros(GRA_SHAPE(-1)));
    ck_assert_ptr_null(gra_zeros(GRA_SHAPE(2)));
    ck_assert_ptr_null(gra_vector(1, 2));
    ck_assert_ptr_null(gra_zeros_like(NULL));
    GRA_ASSERT_ERROR("first");
}

GRA_TEST(freeing_and_releasing_work_while_an_error_is_pending)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const kept = gra_keep(gra_vector(1)), *const other = gra_keep(gra_vector(2));
    gra_fail("first");
    gra_free(kept, other);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live);
    GRA_ASSERT_ERROR("first");
}

GRA_TEST(a_long_text_is_cut)
{
    gra_fail("%02000d", 7);
    ck_assert_uint_eq(strlen(gra_error()), 1023);
    gra_clear_error();
}

GRA_TEST(an_empty_text_is_an_error_all_the_same)
{
    gra_fail("%s", "");
    GRA_ASSERT_ERROR("unknown error");
    gra__path entry;
    gra__path_push(&entry, "conv1");
    gra_fail("%s", "");
    gra__path_pop();
    GRA_ASSERT_ERROR("unknown error (in module conv1)");
}

static void *fail_elsewhere(void *result)
{
    *(bool *)result = gra_error() == NULL;
    gra_fail("the other thread's");
    *(bool *)result &= strcmp(gra_error(), "the other thread's") == 0;
    return NULL;
}

GRA_TEST(each_thread_has_its_own_error)
{
    pthread_t thread;
    bool good = false;
    gra_fail("this thread's");
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &good), 0);
    pthread_join(thread, NULL);
    ck_assert(good);
    GRA_ASSERT_ERROR("this thread's");
}

typedef struct heard {
    int calls;
    char text[128];
} heard;

static void hear(const char *text, void *context)
{
    heard *const h = context;
    h->calls++;
    snprintf(h->text, sizeof h->text, "%s", text);
}

GRA_TEST(the_hook_hears_an_error_when_it_is_recorded)
{
    heard h = {0};
    gra_on_error(hear, &h);
    gra_fail("add: %d", 1);
    gra_fail("add: %d", 2);
    ck_assert_int_eq(h.calls, 1);
    ck_assert_str_eq(h.text, "add: 1");
    GRA_ASSERT_ERROR("add: 1");
    gra_on_error(NULL, NULL);
    gra_fail("add: 3");
    ck_assert_int_eq(h.calls, 1);
    GRA_ASSERT_ERROR("add: 3");
}

GRA_TEST(the_hook_hears_errors_of_other_threads)
{
    heard h = {0};
    bool good = false;
    pthread_t thread;
    gra_on_error(hear, &h);
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &good), 0);
    pthread_join(thread, NULL);
    gra_on_error(NULL, NULL);
    ck_assert_int_eq(h.calls, 1);
    ck_assert_str_eq(h.text, "the other thread's");
}

GRA_TEST(an_error_says_which_module_was_running)
{
    gra__path outer, features, conv;
    gra__path_push(&outer, "");
    gra__path_push(&features, "features");
    gra__path_push(&conv, "0");
    gra_fail("conv2d: wrong");
    GRA_ASSERT_ERROR("conv2d: wrong (in module features.0)");
    gra__path_pop();
    gra_fail("conv2d: wrong");
    GRA_ASSERT_ERROR("conv2d: wrong (in module features)");
    gra__path_pop();
    gra_fail("conv2d: wrong");
    GRA_ASSERT_ERROR("conv2d: wrong");
    gra__path_pop();
}

GRA_TEST(the_hook_hears_the_module_too)
{
    heard h = {0};
    gra__path entry;
    gra_on_error(hear, &h);
    gra__path_push(&entry, "fc1");
    gra_fail("linear: wrong");
    gra__path_pop();
    gra_on_error(NULL, NULL);
    ck_assert_str_eq(h.text, "linear: wrong (in module fc1)");
    GRA_ASSERT_ERROR("linear: wrong (in module fc1)");
}

GRA_TEST(a_deep_path_is_cut)
{
    enum { DEPTH = 100 };
    gra__path entries[DEPTH];
    for (int i = 0; i < DEPTH; i++)
        gra__path_push(&entries[i], "block");
    gra_fail("op: wrong");
    for (int i = 0; i < DEPTH; i++)
        gra__path_pop();
    ck_assert_ptr_eq(strstr(gra_error(), "op: wrong (in module block.block."), gra_error());
    ck_assert_uint_eq(strlen(gra_error()), strlen("op: wrong (in module )") + 255);
    gra_clear_error();
}

GRA_TEST_MAIN("error", no_error_is_pending_at_first, fail_formats_and_returns_NULL,
              the_first_error_wins, after_an_error_nothing_is_made_and_nothing_is_said,
              freeing_and_releasing_work_while_an_error_is_pending, a_long_text_is_cut,
              an_empty_text_is_an_error_all_the_same, each_thread_has_its_own_error,
              the_hook_hears_an_error_when_it_is_recorded, the_hook_hears_errors_of_other_threads,
              an_error_says_which_module_was_running, the_hook_hears_the_module_too,
              a_deep_path_is_cut)
