/* test_plugin.c - loading ops from the shared objects of tests/plugins. GRA_PLUGINS is their folder,
 * GRA_TEXT a file of text. */
#include "gradus.h"

#include <unistd.h>

#include "tests/support/test.h"

#define FILE_OF(name) GRA_PLUGINS "/lib" name ".so"

/* Loading fails with this error, and registers nothing. */
static void assert_refused(const char *path, const char *error)
{
    size_t before, after;
    gra_ops(&before);
    ck_assert_int_eq(gra_load_ops(path), -1);
    GRA_ASSERT_ERROR(error);
    gra_ops(&after);
    ck_assert_uint_eq(before, after);
    ck_assert_ptr_null(gra_find_op("plugged_fine"));
}

GRA_TEST(the_ops_of_a_plugin_are_there_by_name_and_in_the_list)
{
    size_t before, after;
    gra_ops(&before);
    ck_assert_int_eq(gra_load_ops(FILE_OF("good")), 0);
    const gra_op *const *const ops = gra_ops(&after);
    ck_assert_uint_eq(after, before + 2);
    ck_assert_ptr_eq(gra_find_op("plugged_swish"), ops[before]);
    ck_assert_ptr_eq(gra_find_op("plugged_cube"), ops[before + 1]);
    ck_assert_str_eq(gra_op_doc(gra_find_op("plugged_swish")), "y = x s(beta x)");
    ck_assert_int_eq(gra_load_ops(FILE_OF("good")), 0); /* again: nothing changes */
    gra_ops(&after);
    ck_assert_uint_eq(after, before + 2);
}

GRA_TEST(an_op_of_a_plugin_is_recorded_drawn_and_checked_as_any_other)
{
    ck_assert_int_eq(gra_load_ops(FILE_OF("good")), 0);
    gra_tensor *x = gra_requires_grad(gra_vector(0, 1)), *y;
    y = gra_apply(gra_find_op("plugged_swish"), &x, 1, &(double){1});
    gra_backward(gra_sum(gra_apply(gra_find_op("plugged_cube"), &y, 1, NULL)));
    const double s = 1 / (1 + exp(-1.0)), y1 = s, slope = s + s * (1 - s);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 0, 3 * y1 * y1 * slope);
    char drawing[4096] = "";
    FILE *const file = fmemopen(drawing, sizeof drawing, "w");
    ck_assert_int_eq(gra_graph_dot(y, file), 0);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(drawing, "label=\"plugged_swish\\n[2]\""));
    ck_assert_int_eq(gra_check_op("plugged_swish", NULL), 0);
    ck_assert_int_eq(gra_check_op("plugged_cube", NULL), 0);
}

GRA_TEST(a_plugin_in_the_working_folder_needs_no_slash)
{
    char folder[4096];
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    ck_assert_int_eq(chdir(GRA_PLUGINS), 0);
    const int result = gra_load_ops("libgood.so");
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(result, 0);
}

GRA_TEST(a_plugin_may_be_loaded_without_a_trial)
{
    ck_assert_int_eq(gra_load_ops(FILE_OF("good"), .trial = false), 0);
    ck_assert_int_eq(gra_load_ops(FILE_OF("taken_name"), .trial = false), -1);
    gra_clear_error();
    ck_assert_ptr_null(gra_find_op("plugged_fine"));
}

GRA_TEST(a_file_that_is_missing_is_an_error)
{
    assert_refused("/nowhere/libswish.so",
                   "gra_load_ops: '/nowhere/libswish.so' cannot be opened: No "
                   "such file or directory");
    ck_assert_int_eq(gra_load_ops("libnowhere.so"), -1);
    ck_assert_ptr_nonnull(
        strstr(gra_error(), "gra_load_ops: 'libnowhere.so' cannot be loaded: libnowhere.so: "));
    gra_clear_error();
    ck_assert_int_eq(gra_load_ops(NULL), -1);
    GRA_ASSERT_ERROR("gra_load_ops: the path is NULL");
}

GRA_TEST(a_file_that_is_no_shared_object_is_an_error)
{
    assert_refused(GRA_TEXT, "gra_load_ops: '" GRA_TEXT "' is not a shared object");
    assert_refused("/dev/null", "gra_load_ops: '/dev/null' is not a shared object");
}

GRA_TEST(a_shared_object_without_an_entry_is_an_error)
{
    assert_refused(FILE_OF("entryless"),
                   "gra_load_ops: '" FILE_OF(
                       "entryless") "' is no plugin: it has no "
                                    "gra_plugin_entry; GRA_PLUGIN(&op, ...) defines one");
    assert_refused(FILE_OF("no_ops"), "gra_load_ops: '" FILE_OF("no_ops") "' names no op in its "
                                                                          "gra_plugin_entry");
}

GRA_TEST(a_plugin_for_another_library_is_an_error)
{
    char error[1024];
    assert_refused(
        FILE_OF("other_abi"),
        "gra_load_ops: '" FILE_OF("other_abi") "' has plugin ABI 2, this library has 1; "
                                               "compile it again with the headers of this library");
    snprintf(
        error, sizeof error,
        "gra_load_ops: '%s' was compiled with a gra_op of 8 bytes, this library has one of %zu; "
        "compile it again with the headers of this library",
        FILE_OF("other_size"), sizeof(gra_op));
    assert_refused(FILE_OF("other_size"), error);
    assert_refused(
        FILE_OF("other_copy"),
        "gra_load_ops: '" FILE_OF(
            "other_copy") "' uses another copy of the library than "
                          "this program; link the program with the shared library, or export its own "
                          "symbols (-rdynamic) and link the plugin with none");
}

GRA_TEST(a_symbol_that_nobody_has_is_an_error)
{
    ck_assert_int_eq(gra_load_ops(FILE_OF("unresolved")), -1);
    ck_assert_ptr_nonnull(
        strstr(gra_error(), "gra_load_ops: '" FILE_OF("unresolved") "' cannot be loaded: "));
    ck_assert_ptr_nonnull(strstr(gra_error(), "gra_function_of_a_later_version"));
    gra_clear_error();
}

GRA_TEST(a_schema_that_is_wrong_is_an_error_and_no_op_is_registered)
{
    size_t before, after;
    gra_ops(&before);
    ck_assert_int_eq(gra_load_ops(FILE_OF("bad_schema")), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "plugged_wrong: its schema is wrong at column "));
    ck_assert_ptr_nonnull(strstr(gra_error(), " (in plugin " FILE_OF("bad_schema") ")"));
    gra_clear_error();
    gra_ops(&after);
    ck_assert_uint_eq(before, after);
    ck_assert_ptr_null(gra_find_op("plugged_fine"));
}

GRA_TEST(a_name_that_is_taken_is_an_error_and_no_op_is_registered)
{
    assert_refused(FILE_OF("taken_name"),
                   "gra_register_op: the name is taken: there is an op relu(Tensor x) -> Tensor "
                   "already; \"relu(Tensor x) -> Tensor\" needs another (in plugin " FILE_OF(
                       "taken_name") ")");
}

GRA_TEST(a_plugin_that_crashes_as_it_is_loaded_is_an_error)
{
    assert_refused(FILE_OF("aborts"),
                   "gra_load_ops: '" FILE_OF("aborts") "' crashes the process that "
                                                       "loads it: Aborted");
    assert_refused(FILE_OF("exits"),
                   "gra_load_ops: '" FILE_OF("exits") "' ends the process that loads "
                                                      "it, with exit status 3");
    ck_assert_int_eq(gra_load_ops(FILE_OF("segfaults")), -1); /* under a sanitizer it exits */
    ck_assert_ptr_nonnull(strstr(gra_error(), "the process that loads it"));
    gra_clear_error();
}

GRA_TEST_MAIN("plugin", the_ops_of_a_plugin_are_there_by_name_and_in_the_list,
              an_op_of_a_plugin_is_recorded_drawn_and_checked_as_any_other,
              a_plugin_in_the_working_folder_needs_no_slash, a_plugin_may_be_loaded_without_a_trial,
              a_file_that_is_missing_is_an_error, a_file_that_is_no_shared_object_is_an_error,
              a_shared_object_without_an_entry_is_an_error,
              a_plugin_for_another_library_is_an_error, a_symbol_that_nobody_has_is_an_error,
              a_schema_that_is_wrong_is_an_error_and_no_op_is_registered,
              a_name_that_is_taken_is_an_error_and_no_op_is_registered,
              a_plugin_that_crashes_as_it_is_loaded_is_an_error)
