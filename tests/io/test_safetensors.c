/* test_safetensors.c - files of tensors: round trips, whole and broken files, full disks. */
#include <pthread.h>

#include "gradus.h"

#include "folder.h"
#include "../support/test.h"

/* A file with a header and `data` bytes that count from 0. */
static void write_file(const char *header, size_t data)
{
    char bytes[4096];
    const uint64_t length = strlen(header);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data; i++)
        bytes[8 + length + i] = (char)i;
    write_bytes(bytes, 8 + length + data);
}

/* The pending error is "op: PATH: text". */
static void check_error(const char *op, const char *text, int line)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "%s: %s: %s", op, path, text);
    ck_assert_msg(gra_error() && strcmp(gra_error(), expected) == 0,
                  "line %d: the error is\n    %s\nexpected\n    %s", line,
                  gra_error() ? gra_error() : "(no error)", expected);
    gra_clear_error();
}

#define ASSERT_PATH_ERROR(op, text) check_error(op, text, __LINE__)

/* A file with this header and so many bytes of data cannot be opened. */
static void check_broken(const char *header, size_t data, const char *text, int line)
{
    write_file(header, data);
    ck_assert_msg(gra_tensor_file_open(path) == NULL, "line %d: the file was opened", line);
    check_error("gra_tensor_file_open", text, line);
}

#define ASSERT_BROKEN(header, data, text) check_broken(header, data, text, __LINE__)

static gra_module *network(uint64_t seed)
{
    gra_manual_seed(seed);
    return gra_sequential(gra_nn_relu(), gra_nn_conv2d(2, 3, 3),
                          gra_sequential(gra_nn_linear(4, 2)));
}

static gra_tensor *parameter(gra_module *m, const char *name)
{
    return gra_module_parameter(m, name);
}

static bool same(gra_tensor *a, gra_tensor *b)
{
    return gra_item(gra_all(gra_eq(a, b))) == 1;
}

static const gra_module_class counter_class = {.name = "Counter"};

/* A module with a float parameter and an int64 buffer of a size. */
static gra_module *counter(int64_t size)
{
    gra_module *const m = gra_module_new(&counter_class, 0);
    gra_module_add_parameter(m, "w", gra_ones(GRA_SHAPE(2)));
    gra_module_add_buffer(m, "n", gra_full(GRA_SHAPE(size), 5, .dtype = GRA_INT64));
    return m;
}

/* ---- round trips ---- */

GRA_TEST(a_saved_module_is_loaded_bit_for_bit)
{
    enter_folder("a.safetensors");
    gra_module *const a = network(1), *const b = network(2);
    ck_assert(!same(parameter(a, "1.weight"), parameter(b, "1.weight")));
    ck_assert_int_eq(gra_save(a, path), 0);
    ck_assert_int_eq(gra_load(b, path), 0);
    const char *const names[] = {"1.weight", "1.bias", "2.0.weight", "2.0.bias"};
    for (int i = 0; i < 4; i++)
        ck_assert(same(parameter(a, names[i]), parameter(b, names[i])));
    ck_assert(gra_tensor_requires_grad(parameter(b, "1.weight")));
    gra_free(a, b);
    leave_folder();
}

GRA_TEST(the_bytes_are_those_of_the_format)
{
    enter_folder("a.safetensors");
    const uint8_t u[] = {7, 8, 9};
    const char *const names[] = {"u", "f"};
    gra_tensor *const tensors[] = {gra_from_data(u, GRA_SHAPE(3), GRA_UINT8), gra_vector(1, -2)};
    ck_assert_int_eq(gra_save_tensors(path, names, tensors, 2), 0);
    char bytes[512];
    FILE *const file = fopen(path, "rb");
    const size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    const char *const header = "{\"__metadata__\":{\"format\":\"pt\"},"
                               "\"f\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                               "\"u\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}";
    uint64_t length;
    memcpy(&length, bytes, 8);
    ck_assert_uint_eq(length % 8, 0);
    ck_assert_uint_ge(length, strlen(header));
    ck_assert_int_eq(memcmp(bytes + 8, header, strlen(header)), 0);
    ck_assert_uint_eq(count, 8 + length + 11);
    const float f[] = {1, -2};
    ck_assert_int_eq(memcmp(bytes + 8 + length, f, 8), 0);
    ck_assert_int_eq(memcmp(bytes + 8 + length + 8, u, 3), 0);
    leave_folder();
}

GRA_TEST(every_dtype_and_odd_shapes_come_back)
{
    enter_folder("a.safetensors");
    gra_tensor *const tensors[] = {
        gra_randn(GRA_SHAPE(2, 3)),
        gra_randn(GRA_SHAPE(2), GRA_FLOAT64),
        gra_to(gra_randn(GRA_SHAPE(3)), GRA_BFLOAT16),
        gra_scalar(1e15, GRA_INT64),
        gra_full(GRA_SHAPE(1, 1), -7, .dtype = GRA_INT32),
        gra_full(GRA_SHAPE(3), 200, .dtype = GRA_UINT8),
        gra_full(GRA_SHAPE(5), 1, .dtype = GRA_BOOL),
        gra_zeros(GRA_SHAPE(2, 0, 3)),
        gra_transpose(gra_randn(GRA_SHAPE(2, 3)), 0, 1),
        gra_expand(gra_randn(GRA_SHAPE(1, 3)), GRA_SHAPE(2, 3)),
    };
    const char *const names[] = {"f32",    "f64",  "bf16",  "i64",      "i32",
                                 "u\"8\\", "bool", "empty", "\u00e9\n", "expanded"};
    ck_assert_int_eq(gra_save_tensors(path, names, tensors, 10), 0);
    gra_tensor_file *const file = gra_tensor_file_open(path);
    ck_assert_int_eq(gra_tensor_file_count(file), 10);
    for (int i = 0; i < 10; i++) {
        gra_tensor *const t = gra_tensor_file_get(file, names[i]);
        ck_assert_msg(t != NULL, "%s: %s", names[i], gra_error());
        ck_assert_int_eq(gra_tensor_dtype(t), gra_tensor_dtype(tensors[i]));
        ck_assert(gra_shape_equal(gra_tensor_shape(t), gra_tensor_shape(tensors[i])));
        ck_assert(gra_is_contiguous(t) && same(t, tensors[i]));
    }
    gra_free(file);
    leave_folder();
}

GRA_TEST(files_without_tensors_are_files)
{
    enter_folder("a.safetensors");
    gra_module *const relu = gra_nn_relu();
    ck_assert_int_eq(gra_save(relu, path), 0);
    ck_assert_int_eq(gra_load(relu, path), 0);
    write_file("{}", 0);
    ck_assert_int_eq(gra_load(relu, path), 0);
    gra_free(relu);
    leave_folder();
}

GRA_TEST(floating_dtypes_are_converted_to_the_modules)
{
    enter_folder("a.safetensors");
    gra_module *const a = network(1), *const b = gra_module_to(network(2), GRA_FLOAT64);
    gra_save(a, path);
    ck_assert_int_eq(gra_load(b, path), 0);
    ck_assert_int_eq(gra_tensor_dtype(parameter(b, "1.weight")), GRA_FLOAT64);
    ck_assert(same(parameter(a, "1.weight"), parameter(b, "1.weight")));
    gra_free(a, b);
    leave_folder();
}

GRA_TEST(buffers_are_saved_with_the_parameters)
{
    enter_folder("a.safetensors");
    gra_module *const a = counter(1), *const b = counter(1);
    gra_fill_(gra_module_buffer(a, "n"), 9);
    gra_save(a, path);
    ck_assert_int_eq(gra_load(b, path), 0);
    ck_assert_double_eq(gra_item(gra_module_buffer(b, "n")), 9);
    gra_free(a, b);
    leave_folder();
}

GRA_TEST(saving_replaces_the_old_file)
{
    enter_folder("a.safetensors");
    gra_module *const a = network(1), *const b = network(2), *const c = network(3);
    gra_save(a, path);
    ck_assert_int_eq(gra_save(b, path), 0);
    gra_load(c, path);
    ck_assert(same(parameter(b, "1.bias"), parameter(c, "1.bias")));
    gra_free(a, b, c);
    leave_folder();
}

GRA_TEST(loading_is_a_write_that_backward_notices)
{
    enter_folder("a.safetensors");
    gra_module *const m = network(1);
    gra_save(m, path);
    gra_tensor *const w = parameter(m, "1.weight"), *const y = gra_sum(gra_mul(w, w));
    gra_load(m, path);
    ck_assert_int_eq(gra_backward(y), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "gra_load modified it in place since"));
    gra_clear_error();
    gra_free(m);
    leave_folder();
}

/* ---- modules that do not fit ---- */

GRA_TEST(load_lists_all_that_does_not_fit_and_changes_nothing)
{
    enter_folder("a.safetensors");
    gra_module *const saved = gra_sequential(gra_nn_linear(2, 3), gra_nn_linear(3, 3));
    gra_module *const other =
        gra_sequential(gra_nn_linear(2, 4), gra_nn_relu(), gra_nn_linear(3, 3));
    gra_tensor *const before = gra_clone(parameter(other, "0.weight"));
    gra_save(saved, path);
    ck_assert_int_eq(gra_load(other, path), -1);
    ASSERT_PATH_ERROR("gra_load",
                      "does not fit the module: missing 2.weight, 2.bias; unexpected 1.weight, "
                      "1.bias; shape of 0.weight is [3, 2], not [4, 2], 0.bias is [3], not [4]");
    ck_assert(same(before, parameter(other, "0.weight")));
    gra_free(saved, other);
    leave_folder();
}

GRA_TEST(load_cuts_a_long_list)
{
    enter_folder("a.safetensors");
    gra_module *const m = gra_sequential(gra_nn_linear(1, 1), gra_nn_linear(1, 1),
                                         gra_nn_linear(1, 1), gra_nn_linear(1, 1));
    write_file("{}", 0);
    ck_assert_int_eq(gra_load(m, path), -1);
    ASSERT_PATH_ERROR("gra_load", "does not fit the module: missing 0.weight, 0.bias, 1.weight, "
                                  "1.bias, 2.weight and 3 more");
    gra_free(m);
    leave_folder();
}

GRA_TEST(load_does_not_convert_between_integers_and_floats)
{
    enter_folder("a.safetensors");
    gra_module *const m = counter(1);
    const char *const names[] = {"w", "n"};
    gra_tensor *const tensors[] = {gra_zeros(GRA_SHAPE(2)), gra_zeros(GRA_SHAPE(1))};
    gra_save_tensors(path, names, tensors, 2);
    ck_assert_int_eq(gra_load(m, path), -1);
    ASSERT_PATH_ERROR("gra_load", "does not fit the module: dtype of n is float32, not int64");
    GRA_ASSERT_VALUES(parameter(m, "w"), 1, 1);
    gra_free(m);
    leave_folder();
}

/* ---- broken files ---- */

#define F32(shape, offsets) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

GRA_TEST(files_that_are_too_short_are_truncated)
{
    enter_folder("a.safetensors");
    write_bytes("abc", 3);
    ck_assert_ptr_null(gra_tensor_file_open(path));
    ASSERT_PATH_ERROR("gra_tensor_file_open", "the file is truncated: it has 3 bytes, and the "
                                              "header's length takes 8");
    const uint64_t length = 100;
    write_bytes(&length, 8);
    ck_assert_ptr_null(gra_tensor_file_open(path));
    ASSERT_PATH_ERROR("gra_tensor_file_open",
                      "the file is truncated: its header has 100 bytes, 0 are there");
    ASSERT_BROKEN("{\"a\":" F32("[3]", "[0,12]") "}", 11,
                  "the file is truncated: its header describes 12 bytes of data, 11 are there");
    leave_folder();
}

GRA_TEST(files_that_are_too_long_are_rejected)
{
    enter_folder("a.safetensors");
    ASSERT_BROKEN("{\"a\":" F32("[3]", "[0,12]") "}", 13,
                  "the file has 1 bytes behind the data that its header describes");
    write_bytes("\x89PNG\r\n\x1a\n0123456789", 18);
    ck_assert_ptr_null(gra_tensor_file_open(path));
    ASSERT_PATH_ERROR("gra_tensor_file_open",
                      "the header would have 727905341920923785 bytes; at most 100000000 are "
                      "possible, so this is no safetensors file");
    leave_folder();
}

GRA_TEST(headers_that_are_no_json_are_rejected)
{
    enter_folder("a.safetensors");
    ASSERT_BROKEN("", 0, "the header does not begin with '{'");
    ASSERT_BROKEN("[]", 0, "the header does not begin with '{'");
    ASSERT_BROKEN("{\"a\":}", 0, "the header is no valid JSON at byte 5");
    ASSERT_BROKEN("{\"a\":" F32("[3]", "[0,12]"), 12, "the header is no valid JSON at byte 53");
    ASSERT_BROKEN("{} x", 0, "the header is no valid JSON at byte 3");
    ASSERT_BROKEN("{\"\xff\":1}", 0, "the header is no UTF-8 text");
    ASSERT_BROKEN("{\"\xc0\x80\":1}", 0, "the header is no UTF-8 text");
    ASSERT_BROKEN("{\"\xed\xa0\x80\":1}", 0, "the header is no UTF-8 text");
    ASSERT_BROKEN("{\"\x01\":1}", 0, "the header is no UTF-8 text");
    leave_folder();
}

GRA_TEST(entries_that_describe_no_tensor_are_rejected)
{
    enter_folder("a.safetensors");
    ASSERT_BROKEN("{\"a\":1}", 0, "tensor \"a\" is described by no object");
    ASSERT_BROKEN("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensor \"a\" has no dtype");
    ASSERT_BROKEN("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4,
                  "tensor \"a\" has no shape");
    ASSERT_BROKEN("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4,
                  "tensor \"a\" has no data_offsets");
    ASSERT_BROKEN(
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
        "tensor \"a\" has more than one dtype");
    ASSERT_BROKEN(
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
        "tensor \"a\" has dtype F16, which is not supported; F32, F64, BF16, I64, I32, U8 "
        "and BOOL are");
    ASSERT_BROKEN("{\"a\":" F32("3", "[0,12]") "}", 12,
                  "the shape of tensor \"a\" is no array of whole numbers");
    ASSERT_BROKEN("{\"a\":" F32("[-3]", "[0,12]") "}", 12,
                  "the shape of tensor \"a\" is no array of whole numbers");
    ASSERT_BROKEN("{\"a\":" F32("[1.5]", "[0,12]") "}", 12,
                  "the shape of tensor \"a\" is no array of whole numbers");
    ASSERT_BROKEN("{\"a\":" F32("[3]", "[0,1e300]") "}", 12,
                  "the data_offsets of tensor \"a\" is no array of whole numbers");
    ASSERT_BROKEN("{\"a\":" F32("[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4,
                  "tensor \"a\" has 9 dims; at most 8 are supported");
    leave_folder();
}

GRA_TEST(offsets_that_contradict_the_shape_or_each_other_are_rejected)
{
    enter_folder("a.safetensors");
    ASSERT_BROKEN("{\"a\":" F32("[3]", "[0,8]") "}", 8,
                  "tensor \"a\" of shape [3] and dtype F32 does not take the 8 bytes of its "
                  "data_offsets");
    ASSERT_BROKEN(
        "{\"a\":" F32("[4294967296,4294967296]", "[0,0]") "}", 0,
        "tensor \"a\" of shape [4294967296, 4294967296] and dtype F32 does not take the 0 "
        "bytes of its data_offsets");
    ASSERT_BROKEN("{\"a\":" F32("[1]", "[4,0]") "}", 4,
                  "the data_offsets of tensor \"a\" are no begin and end");
    ASSERT_BROKEN("{\"a\":" F32("[1]", "[0,4,8]") "}", 4,
                  "the data_offsets of tensor \"a\" are no begin and end");
    ASSERT_BROKEN("{\"a\":" F32("[1]", "[4,8]") "}", 8,
                  "bytes 0 to 4 of the data belong to no tensor");
    ASSERT_BROKEN("{\"b\":" F32("[1]", "[8,12]") ",\"a\":" F32("[1]", "[0,4]") "}", 12,
                  "bytes 4 to 8 of the data belong to no tensor");
    ASSERT_BROKEN("{\"a\":" F32("[2]", "[0,8]") ",\"b\":" F32("[2]", "[4,12]") "}", 12,
                  "the data of tensors \"a\" and \"b\" overlap");
    ASSERT_BROKEN("{\"a\":" F32("[1]", "[0,4]") ",\"a\":" F32("[1]", "[4,8]") "}", 8,
                  "tensor \"a\" is there twice");
    leave_folder();
}

GRA_TEST(metadata_is_an_object_of_strings)
{
    enter_folder("a.safetensors");
    write_file("{\"__metadata__\":{\"a\":\"b\"},\"x\":" F32("[0]", "[0,0]") "}  ", 0);
    gra_tensor_file *const file = gra_tensor_file_open(path);
    ck_assert_int_eq(gra_tensor_file_count(file), 1);
    gra_free(file);
    ASSERT_BROKEN("{\"__metadata__\":{\"a\":1}}", 0, "the metadata is no object of strings");
    ASSERT_BROKEN("{\"__metadata__\":[]}", 0, "the metadata is no object of strings");
    ASSERT_BROKEN("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "the metadata is there twice");
    leave_folder();
}

GRA_TEST(a_bool_is_zero_or_one)
{
    enter_folder("a.safetensors");
    write_file("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3);
    gra_tensor_file *const file = gra_tensor_file_open(path);
    ck_assert_ptr_null(gra_tensor_file_get(file, "a"));
    ASSERT_PATH_ERROR("gra_tensor_file_open", "tensor \"a\" holds a 2; a BOOL is 0 or 1");
    gra_free(file);
    leave_folder();
}

GRA_TEST(a_broken_file_leaves_the_module_as_it_was)
{
    enter_folder("a.safetensors");
    gra_module *const m = counter(1);
    write_file("{\"w\":" F32("[2]", "[0,8]") ",\"n\":{\"dtype\":\"I64\",\"shape\":[1],"
                                             "\"data_offsets\":[8,16]}}",
               15);
    ck_assert_int_eq(gra_load(m, path), -1);
    ASSERT_PATH_ERROR("gra_load",
                      "the file is truncated: its header describes 16 bytes of data, 15 are there");
    GRA_ASSERT_VALUES(parameter(m, "w"), 1, 1);
    gra_free(m);
    leave_folder();
}

GRA_TEST(a_file_that_is_cut_while_it_is_open_is_noticed)
{
    enter_folder("a.safetensors");
    write_file("{\"a\":" F32("[3]", "[0,12]") "}", 12);
    gra_tensor_file *const file = gra_tensor_file_open(path);
    ck_assert_int_eq(truncate(path, 66), 0);
    ck_assert_ptr_null(gra_tensor_file_get(file, "a"));
    ASSERT_PATH_ERROR("gra_tensor_file_open", "cannot be read: it was cut while it was being read");
    gra_free(file);
    leave_folder();
}

/* ---- places that do not take a file ---- */

GRA_TEST(a_file_that_is_not_there_cannot_be_opened)
{
    enter_folder("a.safetensors");
    gra_module *const m = network(1);
    ck_assert_int_eq(gra_load(m, path), -1);
    ASSERT_PATH_ERROR("gra_load", "cannot be opened: No such file or directory");
    ck_assert_int_eq(gra_load(m, "/tmp"), -1);
    GRA_ASSERT_ERROR("gra_load: /tmp: is no regular file");
    ck_assert_int_eq(gra_load(m, NULL), -1);
    GRA_ASSERT_ERROR("gra_load: the path is NULL");
    ck_assert_int_eq(gra_load(NULL, path), -1);
    GRA_ASSERT_ERROR("gra_load: the module is NULL");
    gra_free(m);
    leave_folder();
}

GRA_TEST(save_says_why_it_cannot_write)
{
    gra_module *const m = network(1);
    ck_assert_int_eq(gra_save(m, "/nowhere/a.safetensors"), -1);
    GRA_ASSERT_ERROR("gra_save: cannot write /nowhere/a.safetensors: No such file or directory");
    ck_assert_int_eq(gra_save(m, "/tmp"), -1);
    GRA_ASSERT_ERROR("gra_save: cannot write /tmp: Is a directory");
    ck_assert_int_eq(gra_save(m, "/dev/null"), -1);
    GRA_ASSERT_ERROR("gra_save: cannot write /dev/null: it is no regular file");
    ck_assert_int_eq(gra_save(m, NULL), -1);
    GRA_ASSERT_ERROR("gra_save: the path is NULL");
    ck_assert_int_eq(gra_save(NULL, "/tmp/a"), -1);
    GRA_ASSERT_ERROR("gra_save: the module is NULL");
    gra_free(m);
}

GRA_TEST(a_full_disk_leaves_the_old_file)
{
    enter_folder("a.safetensors");
    gra_module *const small = gra_nn_linear(2, 2), *const large = gra_nn_linear(100, 100);
    gra_save(small, path);
    gra_tensor *const before = gra_clone(parameter(small, "weight"));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, limit.rlim_max});
    const int result = gra_save(large, path);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
    ck_assert_int_eq(result, -1);
    char expected[256];
    snprintf(expected, sizeof expected, "gra_save: cannot write %s: File too large", path);
    GRA_ASSERT_ERROR(expected);
    gra_init_zeros_(parameter(small, "weight"));
    ck_assert_int_eq(gra_load(small, path), 0);
    ck_assert(same(before, parameter(small, "weight")));
    gra_free(small, large);
    leave_folder();
}

GRA_TEST(a_stale_temporary_file_is_no_obstacle)
{
    enter_folder("a.safetensors");
    char stale[160];
    snprintf(stale, sizeof stale, "%s.tmp.%ld", path, (long)gettid());
    fclose(fopen(stale, "w"));
    gra_module *const m = gra_nn_linear(2, 2);
    ck_assert_int_eq(gra_save(m, path), 0);
    ck_assert_int_eq(access(stale, F_OK), -1);
    gra_free(m);
    leave_folder();
}

static void *save_often(void *value)
{
    const char *const name = "a";
    const int mark = gra_mark();
    gra_tensor *const t = gra_full(GRA_SHAPE(1000), *(const double *)value);
    for (int i = 0; i < 20 && t; i++)
        if (gra_save_tensors(path, &name, &t, 1) < 0)
            break;
    const bool failed = gra_error();
    gra_clear_error();
    gra_release(mark);
    return failed ? value : NULL;
}

GRA_TEST(threads_that_save_the_same_path_leave_one_whole_file)
{
    enter_folder("a.safetensors");
    double values[3] = {1, 2, 3};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, save_often, &values[i]), 0);
    for (int i = 0; i < 3; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    gra_tensor_file *const file = gra_tensor_file_open(path);
    gra_tensor *const t = gra_tensor_file_get(file, "a");
    GRA_ASSERT_SHAPE(t, 1000);
    ck_assert_double_eq(gra_item(gra_select(t, 0, 0)), gra_item(gra_select(t, 0, 999)));
    gra_free(file);
    leave_folder(); /* asserts that nothing else is in it */
}

GRA_TEST(names_that_a_file_cannot_have_are_rejected)
{
    enter_folder("a.safetensors");
    gra_tensor *const tensors[] = {gra_ones(GRA_SHAPE(1)), gra_ones(GRA_SHAPE(1)), NULL};
    const char *const twice[] = {"a", "a"}, *const metadata[] = {"__metadata__"},
                      *const latin[] = {"\xe9"}, *const three[] = {"a", "b", "c"},
                      *const nothing[] = {NULL};
    ck_assert_int_eq(gra_save_tensors(path, twice, tensors, 2), -1);
    GRA_ASSERT_ERROR("gra_save_tensors: tensor \"a\" is there twice");
    ck_assert_int_eq(gra_save_tensors(path, metadata, tensors, 1), -1);
    GRA_ASSERT_ERROR(
        "gra_save_tensors: \"__metadata__\" cannot be a tensor's name; any other UTF-8 "
        "text can");
    ck_assert_int_eq(gra_save_tensors(path, latin, tensors, 1), -1);
    GRA_ASSERT_ERROR(
        "gra_save_tensors: \"\xe9\" cannot be a tensor's name; any other UTF-8 text can");
    ck_assert_int_eq(gra_save_tensors(path, three, tensors, 3), -1);
    GRA_ASSERT_ERROR("gra_save_tensors: tensor 2 is NULL");
    ck_assert_int_eq(gra_save_tensors(path, nothing, tensors, 1), -1);
    GRA_ASSERT_ERROR("gra_save_tensors: name 0 is NULL");
    ck_assert_int_eq(gra_save_tensors(path, NULL, tensors, 1), -1);
    GRA_ASSERT_ERROR("gra_save_tensors: the list of names is NULL");
    leave_folder();
}

GRA_TEST(a_reader_knows_its_tensors)
{
    enter_folder("a.safetensors");
    write_file("{\"b\":" F32("[1]", "[4,8]") ",\"a\":" F32("[]", "[0,4]") "}", 8);
    gra_tensor_file *const file = gra_tensor_file_open(path);
    ck_assert_str_eq(gra_tensor_file_name(file, 0), "a");
    ck_assert_str_eq(gra_tensor_file_name(file, 1), "b");
    ck_assert_ptr_null(gra_tensor_file_name(file, 2));
    GRA_ASSERT_ERROR("gra_tensor_file_name: there is no tensor 2; the file has 2");
    ck_assert_ptr_null(gra_tensor_file_get(file, "c"));
    ASSERT_PATH_ERROR("gra_tensor_file_open", "there is no tensor \"c\"");
    ck_assert_ptr_null(gra_tensor_file_get(file, NULL));
    GRA_ASSERT_ERROR("gra_tensor_file_get: the name is NULL");
    ck_assert_int_eq(gra_tensor_file_count(NULL), -1);
    ck_assert_ptr_null(gra_tensor_file_get(NULL, "a"));
    gra_free(file);
    leave_folder();
}

GRA_TEST(files_are_left_alone_while_an_error_is_pending)
{
    enter_folder("a.safetensors");
    gra_module *const m = network(1);
    gra_fail("pending");
    ck_assert_int_eq(gra_save(m, path), -1);
    ck_assert_int_eq(gra_load(m, path), -1);
    ck_assert_int_eq(gra_save_tensors(path, NULL, NULL, 0), -1);
    ck_assert_ptr_null(gra_tensor_file_open(path));
    GRA_ASSERT_ERROR("pending");
    ck_assert_int_eq(access(path, F_OK), -1);
    gra_free(m);
    leave_folder();
}

GRA_TEST_MAIN("safetensors", a_saved_module_is_loaded_bit_for_bit,
              the_bytes_are_those_of_the_format, every_dtype_and_odd_shapes_come_back,
              files_without_tensors_are_files, floating_dtypes_are_converted_to_the_modules,
              buffers_are_saved_with_the_parameters, saving_replaces_the_old_file,
              loading_is_a_write_that_backward_notices,
              load_lists_all_that_does_not_fit_and_changes_nothing, load_cuts_a_long_list,
              load_does_not_convert_between_integers_and_floats,
              files_that_are_too_short_are_truncated, files_that_are_too_long_are_rejected,
              headers_that_are_no_json_are_rejected, entries_that_describe_no_tensor_are_rejected,
              offsets_that_contradict_the_shape_or_each_other_are_rejected,
              metadata_is_an_object_of_strings, a_bool_is_zero_or_one,
              a_broken_file_leaves_the_module_as_it_was,
              a_file_that_is_cut_while_it_is_open_is_noticed,
              a_file_that_is_not_there_cannot_be_opened, save_says_why_it_cannot_write,
              a_full_disk_leaves_the_old_file, a_stale_temporary_file_is_no_obstacle,
              threads_that_save_the_same_path_leave_one_whole_file,
              names_that_a_file_cannot_have_are_rejected, a_reader_knows_its_tensors,
              files_are_left_alone_while_an_error_is_pending)
