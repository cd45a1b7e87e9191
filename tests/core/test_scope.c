/* test_scope.c - who owns a tensor: scopes, keeps, references. */
#include <pthread.h>

#include "core/scope.h"

#include "core/create.h"
#include "core/object_struct.h"
#include "core/random.h"
#include "core/tensor_struct.h"
#include "../support/test.h"

GRA_TEST(a_release_drops_what_was_made_since_the_mark)
{
    const int64_t live = gra_live();
    gra_tensor *const before = gra_vector(1, 2);
    const int mark = gra_mark();
    gra_zeros(GRA_SHAPE(3));
    gra_ones(GRA_SHAPE(3));
    ck_assert_int_eq(gra_live(), live + 3);
    ck_assert_int_eq(gra_mark(), mark + 2);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live + 1);
    ck_assert_int_eq(gra_mark(), mark);
    GRA_ASSERT_VALUES(before, 1, 2);
}

GRA_TEST(an_outer_release_drops_what_an_inner_mark_left)
{
    const int64_t live = gra_live();
    const int outer = gra_mark();
    gra_zeros(GRA_SHAPE(1));
    const int inner = gra_mark();
    gra_zeros(GRA_SHAPE(2));
    gra_mark();
    gra_zeros(GRA_SHAPE(3));
    ck_assert_int_eq(inner, outer + 1);
    gra_release(outer);
    ck_assert_int_eq(gra_live(), live);
    gra_release(inner); /* a mark above the height has nothing left to drop */
    ck_assert_int_eq(gra_mark(), outer);
}

GRA_TEST(a_loop_releases_each_round)
{
    const int64_t live = gra_live();
    int rounds = 0;
    for (int mark = gra_mark(); rounds < 1000; gra_release(mark)) {
        gra_zeros(GRA_SHAPE(4));
        ck_assert_int_eq(gra_live(), live + 1);
        rounds++;
    }
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(release_0_drops_the_root_scope)
{
    gra_zeros(GRA_SHAPE(4));
    gra_release(0);
    ck_assert_int_eq(gra_mark(), 0);
    ck_assert_int_eq(gra_live(), 0);
    gra_release(-1);
    ck_assert_int_eq(gra_mark(), 0);
}

GRA_TEST(a_scope_holds_many_tensors)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    for (int i = 0; i < 10000; i++)
        gra_scalar(i, GRA_FLOAT32);
    ck_assert_int_eq(gra_live(), live + 10000);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(release_keep_hands_one_tensor_to_the_scope_outside)
{
    const int64_t live = gra_live();
    const int outer = gra_mark();
    const int inner = gra_mark();
    gra_zeros(GRA_SHAPE(5));
    gra_tensor *const t = gra_vector(1, 2, 3);
    gra_zeros(GRA_SHAPE(5));
    ck_assert_ptr_eq(gra_release_keep(inner, t), t);
    ck_assert_int_eq(gra_live(), live + 1);
    GRA_ASSERT_VALUES(t, 1, 2, 3);
    gra_release(outer);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(release_keep_of_an_outer_tensor_leaves_it_alive)
{
    const int64_t live = gra_live();
    gra_tensor *const t = gra_vector(7);
    const int mark = gra_mark();
    gra_zeros(GRA_SHAPE(5));
    ck_assert_ptr_eq(gra_release_keep(mark, t), t);
    GRA_ASSERT_VALUES(t, 7);
    gra_release(mark);
    GRA_ASSERT_VALUES(t, 7);
    ck_assert_int_eq(gra_live(), live + 1);
}

GRA_TEST(release_keep_of_NULL_releases_and_gives_NULL)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_zeros(GRA_SHAPE(5));
    ck_assert_ptr_null(gra_release_keep(mark, NULL));
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(release_keep_works_while_an_error_is_pending)
{
    const int mark = gra_mark();
    gra_tensor *const t = gra_vector(1);
    gra_fail("an earlier mistake");
    ck_assert_ptr_eq(gra_release_keep(mark, t), t);
    GRA_ASSERT_ERROR("an earlier mistake");
}

GRA_TEST(a_kept_tensor_lives_until_it_is_freed)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const t = gra_keep(gra_vector(1, 2));
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live + 1);
    GRA_ASSERT_VALUES(t, 1, 2);
    gra_free(t);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(a_tensor_that_is_freed_in_its_scope_lives_as_long_as_the_scope)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const t = gra_keep(gra_vector(1, 2));
    gra_free(t);
    GRA_ASSERT_VALUES(t, 1, 2);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(each_keep_needs_a_free)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const t = gra_keep(gra_keep(gra_vector(3)));
    gra_release(mark);
    gra_free(t);
    GRA_ASSERT_VALUES(t, 3);
    gra_free(t);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(keep_of_NULL_is_NULL)
{
    ck_assert_ptr_null(gra_keep(NULL));
}

GRA_TEST(freeing_a_tensor_that_was_not_kept_is_an_error_and_frees_nothing)
{
    gra_tensor *const t = gra_vector(1, 2);
    gra_free(t);
    GRA_ASSERT_ERROR("gra_free: this tensor is not yours to free: it belongs to its scope "
                     "(gra_keep makes it yours)");
    GRA_ASSERT_VALUES(t, 1, 2);
    gra_keep(t);
    gra_free(t);
    GRA_ASSERT_NO_ERROR();
    gra_free(t);
    GRA_ASSERT_ERROR("gra_free: this tensor is not yours to free: it belongs to its scope "
                     "(gra_keep makes it yours)");
    GRA_ASSERT_VALUES(t, 1, 2);
}

GRA_TEST(free_takes_several_objects_and_NULLs)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const a = gra_keep(gra_vector(1)), *const b = gra_keep(gra_vector(2));
    gra_generator *const generator = gra_generator_new(1);
    gra_release(mark);
    gra_free(a, NULL, generator, b);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(the_rest_is_freed_when_one_is_not_the_callers)
{
    const int64_t live = gra_live();
    gra_tensor *const scoped = gra_vector(1);
    gra_generator *const generator = gra_generator_new(1);
    gra_free(scoped, generator);
    ck_assert_int_eq(gra_live(), live + 1);
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
}

GRA_TEST(a_generator_belongs_to_its_maker)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_generator *const generator = gra_generator_new(1);
    ck_assert_int_eq(gra_mark(), mark);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live + 1);
    gra_free(generator);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(what_a_container_took_over_is_not_the_callers)
{
    gra_generator *const generator = gra_generator_new(1);
    gra__take(generator);
    gra_free(generator);
    GRA_ASSERT_ERROR("gra_free: this generator is not yours to free: it belongs to its thread");
    gra__release(generator);
}

GRA_TEST(references_count_and_NULL_is_fine)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const t = gra_vector(1);
    gra__retain(t);
    gra_release(mark);
    GRA_ASSERT_VALUES(t, 1);
    gra__release(t);
    ck_assert_int_eq(gra_live(), live);
    gra__retain(NULL);
    gra__release(NULL);
    gra__take(NULL);
}

GRA_TEST(scoped_hands_over_a_reference)
{
    gra_tensor *const t = gra_vector(1);
    const int mark = gra_mark();
    ck_assert_ptr_null(gra__scoped(NULL));
    ck_assert_int_eq(gra_mark(), mark);
    gra_tensor *const alias = gra__scoped(gra__alias(t));
    ck_assert_int_eq(gra_mark(), mark + 1);
    GRA_ASSERT_VALUES(alias, 1);
}

typedef struct visit {
    int mark;
    int64_t live;
    gra_tensor *kept;
} visit;

static void *make_tensors(void *result)
{
    visit *const v = result;
    v->mark = gra_mark();
    v->kept = gra_keep(gra_vector(4, 5));
    for (int i = 0; i < 999; i++)
        gra_zeros(GRA_SHAPE(i));
    v->live = gra_live();
    return NULL;
}

GRA_TEST(a_thread_drops_its_root_scope_when_it_ends)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    pthread_t thread;
    visit v = {0};
    ck_assert_int_eq(pthread_create(&thread, NULL, make_tensors, &v), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(v.mark, 0);
    ck_assert_int_eq(v.live, live + 1000);
    ck_assert_int_eq(gra_live(), live + 1);
    ck_assert_int_eq(gra_mark(), mark);
    GRA_ASSERT_VALUES(v.kept, 4, 5); /* kept tensors outlive the thread */
    gra_free(v.kept);
    ck_assert_int_eq(gra_live(), live);
}

static void *keep_and_free(void *shared)
{
    for (int i = 0; i < 10000; i++) {
        gra_keep(shared);
        gra_free(shared);
    }
    return NULL;
}

GRA_TEST(threads_keep_and_free_the_same_tensor)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const t = gra_keep(gra_vector(1));
    gra_release(mark);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, keep_and_free, t), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    GRA_ASSERT_VALUES(t, 1);
    gra_free(t);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST_MAIN("scope", a_release_drops_what_was_made_since_the_mark,
              an_outer_release_drops_what_an_inner_mark_left, a_loop_releases_each_round,
              release_0_drops_the_root_scope, a_scope_holds_many_tensors,
              release_keep_hands_one_tensor_to_the_scope_outside,
              release_keep_of_an_outer_tensor_leaves_it_alive,
              release_keep_of_NULL_releases_and_gives_NULL,
              release_keep_works_while_an_error_is_pending, a_kept_tensor_lives_until_it_is_freed,
              a_tensor_that_is_freed_in_its_scope_lives_as_long_as_the_scope,
              each_keep_needs_a_free, keep_of_NULL_is_NULL,
              freeing_a_tensor_that_was_not_kept_is_an_error_and_frees_nothing,
              free_takes_several_objects_and_NULLs, the_rest_is_freed_when_one_is_not_the_callers,
              a_generator_belongs_to_its_maker, what_a_container_took_over_is_not_the_callers,
              references_count_and_NULL_is_fine, scoped_hands_over_a_reference,
              a_thread_drops_its_root_scope_when_it_ends, threads_keep_and_free_the_same_tensor)
