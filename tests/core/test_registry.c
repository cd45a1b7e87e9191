/* test_registry.c - ops by name. */
#include <pthread.h>

#include "gradus.h"

#include "core/registry_table.h"
#include "tests/support/test.h"

static void forward(gra_call *c)
{
    c->out[0] = c->in[0];
}

GRA_TEST(every_built_in_op_is_found_by_its_name)
{
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    ck_assert_uint_ge(count, gra__builtin_count);
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_eq(gra_find_op(gra_op_name(ops[i])), ops[i]);
    for (size_t i = 1; i < gra__builtin_count; i++)
        ck_assert_str_lt(gra_op_name(ops[i - 1]), gra_op_name(ops[i]));
    ck_assert_ptr_null(gra_find_op("conv"));
    ck_assert_ptr_null(gra_find_op(""));
    ck_assert_ptr_null(gra_find_op(NULL));
}

GRA_TEST(a_registered_op_is_found_and_listed_behind_the_others)
{
    static const gra_op op = {.schema = "test_same(Tensor x) -> Tensor", .forward = forward};
    size_t before, after;
    const gra_op *const *const older = gra_ops(&before);
    ck_assert_ptr_null(gra_find_op("test_same"));
    ck_assert_int_eq(gra_register_op(&op), 0);
    ck_assert_int_eq(gra_register_op(&op), 0);
    ck_assert_ptr_eq(gra_find_op("test_same"), &op);
    const gra_op *const *const ops = gra_ops(&after);
    ck_assert_uint_eq(after, before + 1);
    ck_assert_ptr_eq(ops[before], &op);
    ck_assert_ptr_eq(older[0], ops[0]);
}

GRA_TEST(an_op_that_cannot_be_called_is_not_registered)
{
    static const gra_op wrong = {.schema = "test_wrong(tensor x) -> Tensor", .forward = forward};
    static const gra_op idle = {.schema = "test_idle(Tensor x) -> Tensor"};
    static const gra_op taken = {.schema = "relu(Tensor x, Tensor y) -> Tensor",
                                 .forward = forward};
    size_t before, after;
    gra_ops(&before);
    ck_assert_int_eq(gra_register_op(NULL), -1);
    GRA_ASSERT_ERROR("gra_register_op: the op is NULL");
    ck_assert_int_eq(gra_register_op(&wrong), -1);
    GRA_ASSERT_ERROR("test_wrong: its schema is wrong at column 12: \"tensor\" is no type; Tensor, "
                     "Tensor?, Tensor[], int, int[], int[2], float, bool, str and ScalarType are\n"
                     "    test_wrong(tensor x) -> Tensor\n"
                     "               ^");
    ck_assert_int_eq(gra_register_op(&idle), -1);
    GRA_ASSERT_ERROR("gra_apply: the op has no forward: test_idle(Tensor x) -> Tensor");
    ck_assert_int_eq(gra_register_op(&taken), -1);
    GRA_ASSERT_ERROR("gra_register_op: the name is taken: there is an op relu(Tensor x) -> Tensor "
                     "already; \"relu(Tensor x, Tensor y) -> Tensor\" needs another");
    gra_ops(&after);
    ck_assert_uint_eq(after, before);
    ck_assert_ptr_null(gra_find_op("test_idle"));
}

GRA_TEST(an_unknown_name_is_answered_with_the_nearest_ones)
{
    static const gra_op ops[] = {
        {.schema = "zyzzyva(Tensor x) -> Tensor", .forward = forward},
        {.schema = "zyzzyva_(Tensor x) -> Tensor", .forward = forward},
        {.schema = "zyzzy(Tensor x) -> Tensor", .forward = forward},
        {.schema = "zyzzyvas2(Tensor x) -> Tensor", .forward = forward},
    };
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(gra_register_op(&ops[i]), 0);
    ck_assert_ptr_eq(gra_require_op("test", "zyzzyva"), &ops[0]);
    ck_assert_ptr_null(gra_require_op("test", "zyzyva_"));
    GRA_ASSERT_ERROR(
        "test: there is no op \"zyzyva_\"; did you mean zyzzyva_, zyzzyva or zyzzyvas2?");
    ck_assert_ptr_null(gra_require_op("test", "zyxxyvas2"));
    GRA_ASSERT_ERROR("test: there is no op \"zyxxyvas2\"; did you mean zyzzyvas2?");
    ck_assert_ptr_null(gra_require_op("test", "quaternion"));
    GRA_ASSERT_ERROR("test: there is no op \"quaternion\"; gra_ops() lists all");
    ck_assert_ptr_null(gra_require_op("test", NULL));
    GRA_ASSERT_ERROR("test: the name of the op is NULL");
}

GRA_TEST(an_op_has_a_documentation)
{
    static const gra_op said = {
        .schema = "test_said(Tensor x) -> Tensor", .forward = forward, .doc = "x as it is."};
    static const gra_op silent = {.schema = "test_silent(Tensor x) -> Tensor", .forward = forward};
    ck_assert_str_eq(gra_op_doc(&said), "x as it is.");
    ck_assert_str_eq(gra_op_doc(&silent), "");
    ck_assert_str_eq(gra_op_doc(NULL), "");
    for (size_t i = 0; i < gra__builtin_count; i++)
        ck_assert_msg(strlen(gra__builtin_docs[i]) > 20, "%s: %s", gra__builtin_ops[i]->schema,
                      gra__builtin_docs[i]);
    ck_assert_ptr_nonnull(strstr(gra_op_doc(gra_find_op("cat")), "y = [x0 | x1 | ..]"));
}

enum { THREADS = 4, EACH = 200 };
static gra_op many[THREADS * EACH];
static char schemas[THREADS * EACH][48];

static void *register_some(void *context)
{
    const int thread = (int)(intptr_t)context;
    for (int i = 0; i < EACH; i++) {
        gra_op *const op = &many[thread * EACH + i];
        snprintf(schemas[thread * EACH + i], sizeof schemas[0], "test_%d_%d(Tensor x) -> Tensor",
                 thread, i);
        *op = (gra_op){.schema = schemas[thread * EACH + i], .forward = forward};
        size_t count;
        if (gra_register_op(op) < 0 || gra_find_op(gra_op_name(op)) != op)
            return "an op was not registered";
        const gra_op *const *const ops = gra_ops(&count);
        if (!ops[count - 1] || !gra_find_op("relu"))
            return "the table has a hole";
    }
    return NULL;
}

GRA_TEST(threads_register_ops_at_once)
{
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, register_some, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        ck_assert_msg(!failure, "%s", (const char *)failure);
    }
    for (int i = 0; i < THREADS * EACH; i++)
        ck_assert_ptr_eq(gra_find_op(gra_op_name(&many[i])), &many[i]);
}

GRA_TEST_MAIN("registry", every_built_in_op_is_found_by_its_name,
              a_registered_op_is_found_and_listed_behind_the_others,
              an_op_that_cannot_be_called_is_not_registered,
              an_unknown_name_is_answered_with_the_nearest_ones, an_op_has_a_documentation,
              threads_register_ops_at_once)
