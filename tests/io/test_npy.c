/* test_npy.c - .npy files: round trips, whole and broken files, full disks. */
#include "gradus.h"

#include "folder.h"
#include "../support/test.h"

static size_t read_bytes(char *bytes, size_t capacity)
{
    FILE *const file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t count = fread(bytes, 1, capacity, file);
    fclose(file);
    return count;
}

/* A file of a version with a header and `data` bytes that count from 0. */
static void write_file(int version, const char *header, size_t data)
{
    char bytes[4096] = "\x93NUMPY";
    const size_t length = strlen(header), width = version == 1 ? 2 : 4;
    bytes[6] = (char)version;
    bytes[8] = (char)(length & 255);
    bytes[9] = (char)(length >> 8);
    memcpy(bytes + 8 + width, header, length);
    for (size_t i = 0; i < data; i++)
        bytes[8 + width + length + i] = (char)i;
    write_bytes(bytes, 8 + width + length + data);
}

/* The pending error is "gra_load_npy: PATH: text". */
static void check_error(const char *text, int line)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "gra_load_npy: %s: %s", path, text);
    ck_assert_msg(gra_error() && strcmp(gra_error(), expected) == 0,
                  "line %d: the error is\n    %s\nexpected\n    %s", line,
                  gra_error() ? gra_error() : "(no error)", expected);
    gra_clear_error();
}

/* A file with this header and so many bytes of data is an error. */
static void check_broken(const char *header, size_t data, const char *text, int line)
{
    write_file(1, header, data);
    ck_assert_msg(gra_load_npy(path) == NULL, "line %d: the file was read", line);
    check_error(text, line);
}

#define ASSERT_BROKEN(header, data, text) check_broken(header, data, text, __LINE__)
#define NO_DICT "the header is no dict of descr, fortran_order and shape: "

static bool same(gra_tensor *a, gra_tensor *b)
{
    return gra_item(gra_all(gra_eq(a, b))) == 1;
}

/* ---- round trips ---- */

GRA_TEST(every_dtype_and_odd_shapes_come_back)
{
    enter_folder("a.npy");
    gra_tensor *const tensors[] = {
        gra_randn(GRA_SHAPE(2, 3)),
        gra_randn(GRA_SHAPE(2), GRA_FLOAT64),
        gra_scalar(1e15, GRA_INT64),
        gra_full(GRA_SHAPE(1, 1), -7, .dtype = GRA_INT32),
        gra_full(GRA_SHAPE(3), 200, .dtype = GRA_UINT8),
        gra_full(GRA_SHAPE(5), 1, .dtype = GRA_BOOL),
        gra_zeros(GRA_SHAPE(2, 0, 3)),
        gra_randn(GRA_SHAPE(1, 2, 1, 2, 1, 2, 1, 3)),
        gra_transpose(gra_randn(GRA_SHAPE(2, 3)), 0, 1),
        gra_expand(gra_randn(GRA_SHAPE(1, 3)), GRA_SHAPE(2, 3)),
    };
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        ck_assert_int_eq(gra_save_npy(tensors[i], path), 0);
        gra_tensor *const t = gra_load_npy(path);
        ck_assert_msg(t != NULL, "tensor %zu: %s", i, gra_error());
        ck_assert_int_eq(gra_tensor_dtype(t), gra_tensor_dtype(tensors[i]));
        ck_assert(gra_shape_equal(gra_tensor_shape(t), gra_tensor_shape(tensors[i])));
        ck_assert(gra_is_contiguous(t) && same(t, tensors[i]));
    }
    leave_folder();
}

GRA_TEST(the_bytes_are_those_of_the_format)
{
    enter_folder("a.npy");
    const float values[] = {1, -2, 3};
    ck_assert_int_eq(gra_save_npy(gra_vector(1, -2, 3), path), 0);
    char bytes[512];
    const size_t count = read_bytes(bytes, sizeof bytes);
    const char *const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    ck_assert_int_eq(memcmp(bytes, "\x93NUMPY\1\0", 8), 0);
    ck_assert_uint_eq(bytes[8] + 256 * bytes[9], 118);
    ck_assert_int_eq(memcmp(bytes + 10, header, strlen(header)), 0);
    for (size_t i = 10 + strlen(header); i < 127; i++)
        ck_assert_int_eq(bytes[i], ' ');
    ck_assert_int_eq(bytes[127], '\n');
    ck_assert_uint_eq(count, 128 + sizeof values);
    ck_assert_int_eq(memcmp(bytes + 128, values, sizeof values), 0);
    leave_folder();
}

GRA_TEST(all_three_versions_are_read)
{
    enter_folder("a.npy");
    for (int version = 1; version <= 3; version++) {
        write_file(version, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }\n", 4);
        gra_tensor *const t = gra_load_npy(path);
        GRA_ASSERT_SHAPE(t, 2, 2);
        GRA_ASSERT_VALUES(t, 0, 1, 2, 3);
    }
    leave_folder();
}

GRA_TEST(a_header_may_be_any_python_dict)
{
    enter_folder("a.npy");
    write_file(1, "{\"shape\":(  2 ,),'fortran_order':False ,\n 'descr' : \"|u1\"}", 2);
    GRA_ASSERT_VALUES(gra_load_npy(path), 0, 1);
    write_file(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 5,)}", 0);
    GRA_ASSERT_SHAPE(gra_load_npy(path), 0, 5);
    write_file(1, "{'descr': '|u1', 'fortran_order': False, 'shape': ()}", 1);
    ck_assert_int_eq(gra_tensor_ndim(gra_load_npy(path)), 0);
    leave_folder();
}

/* ---- bad files ---- */

GRA_TEST(load_npy_rejects_what_it_does_not_support)
{
    enter_folder("a.npy");
    ASSERT_BROKEN("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", 4,
                  "the dtype '>f4' is big-endian; NumPy's astype('<f4') makes it little-endian");
    ASSERT_BROKEN("{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }", 2,
                  "the dtype '<f2' is not supported; '<f4', '<f8', '<i8', '<i4', '|u1' and '|b1' "
                  "are");
    ASSERT_BROKEN("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4,
                  "the array is a structured one; its fields can be saved one by one");
    ASSERT_BROKEN("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", 16,
                  "the array is in column-major order; NumPy's ascontiguousarray makes it "
                  "row-major");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 1,
                  "the array has 9 dims; at most 8 are supported");
    leave_folder();
}

GRA_TEST(load_npy_rejects_sizes_that_overflow)
{
    enter_folder("a.npy");
    ASSERT_BROKEN("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 2147483648)}", 8,
                  "a tensor of shape [4294967296, 2147483648] has more bytes than the address "
                  "space");
    ASSERT_BROKEN("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775808,)}", 8,
                  "the shape has a size above 9223372036854775807");
    ASSERT_BROKEN("{'descr': '<f4', 'fortran_order': False, 'shape': (100000000000,)}", 8,
                  "the file is truncated: its header describes 400000000000 bytes of data, 8 are "
                  "there");
    leave_folder();
}

GRA_TEST(load_npy_rejects_headers_that_say_nothing)
{
    enter_folder("a.npy");
    ASSERT_BROKEN("", 0, NO_DICT "{ is expected before \"\"");
    ASSERT_BROKEN("{'descr': '|u1', 'shape': (1,)}", 1, "the header has no 'fortran_order'");
    ASSERT_BROKEN("{'descr': '|u1', 'descr': '|u1'}", 1,
                  "the header has a key 'descr' that is unknown or there twice");
    ASSERT_BROKEN("{'order': 'C'}", 1,
                  "the header has a key 'order' that is unknown or there twice");
    ASSERT_BROKEN("{'descr' '|u1'}", 1, NO_DICT "a colon is expected before \"'|u1'}\"");
    ASSERT_BROKEN("{descr: '|u1'}", 1,
                  NO_DICT "a short string in quotes is expected before \"descr: '|u1'}\"");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': None}", 1,
                  NO_DICT "True or False is expected before \"None}\"");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': False, 'shape': (1)}", 1,
                  NO_DICT "a tuple of sizes is expected before \"}\"");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': False, 'shape': 1}", 1,
                  NO_DICT "a tuple of sizes is expected before \"1}\"");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}", 1,
                  NO_DICT "a size, 0 or more, is expected before \"-1,)}\"");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': False, 'shape': (1 1)}", 1,
                  NO_DICT "a comma is expected before \"1)}\"");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': False, 'shape': (1,", 1,
                  NO_DICT "a size, 0 or more, is expected before \"\"");
    ASSERT_BROKEN("{'descr': '|u1' 'fortran_order': False}", 1,
                  NO_DICT "a comma is expected before \"'fortran_order': Fal\"");
    ASSERT_BROKEN("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} or 1", 1,
                  NO_DICT "its end is expected before \"or 1\"");
    leave_folder();
}

GRA_TEST(load_npy_rejects_truncated_files_and_longer_ones)
{
    enter_folder("a.npy");
    const char *const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
    ASSERT_BROKEN(header, 2,
                  "the file is truncated: its header describes 3 bytes of data, 2 are there");
    ASSERT_BROKEN(header, 4, "the file has 1 bytes behind the data that its header describes");
    char whole[256];
    write_file(1, header, 3);
    const size_t count = read_bytes(whole, sizeof whole);
    for (size_t cut = 0; cut < count; cut++) {
        write_bytes(whole, cut);
        ck_assert_msg(gra_load_npy(path) == NULL, "a file cut at byte %zu was read", cut);
        ck_assert_ptr_nonnull(strstr(gra_error(), cut < 6 ? "is no .npy file" : "is truncated"));
        gra_clear_error();
    }
    leave_folder();
}

GRA_TEST(load_npy_rejects_files_of_another_kind)
{
    enter_folder("a.npy");
    write_bytes("PK\3\4 an .npz file", 18);
    ck_assert_ptr_null(gra_load_npy(path));
    check_error("is no .npy file, which begins with \\x93NUMPY", __LINE__);
    write_file(4, "{}", 0);
    ck_assert_ptr_null(gra_load_npy(path));
    check_error("has version 4.0 of the format; 1.0, 2.0 and 3.0 are supported", __LINE__);
    write_bytes("\x93NUMPY\2\0\0\0\0\1", 12);
    ck_assert_ptr_null(gra_load_npy(path));
    check_error("the header would have 16777216 bytes; at most 65535 are supported", __LINE__);
    ASSERT_BROKEN("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", 3,
                  "the data hold a 2; a bool is 0 or 1");
    write_bytes("\x93NUMPY\1\0\2\0{\0", 12);
    ck_assert_ptr_null(gra_load_npy(path));
    check_error("the header is no text: it has a zero byte", __LINE__);
    leave_folder();
}

/* Every byte of the header set to every value: read or an error, and nothing else. */
GRA_TEST(no_damaged_header_does_harm)
{
    enter_folder("a.npy");
    char whole[256];
    write_file(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 1), }\n", 8);
    const size_t count = read_bytes(whole, sizeof whole);
    for (size_t at = 0; at < count - 8; at++)
        for (int value = 0; value < 256; value += 5) {
            const char old = whole[at];
            whole[at] = (char)value;
            write_bytes(whole, count);
            whole[at] = old;
            const int mark = gra_mark();
            gra_tensor *const t = gra_load_npy(path);
            ck_assert((t != NULL) == (gra_error() == NULL));
            ck_assert(!t ||
                      gra_tensor_numel(t) * (int64_t)gra_dtype_size(gra_tensor_dtype(t)) == 8);
            gra_clear_error();
            gra_release(mark);
        }
    leave_folder();
}

GRA_TEST(missing_files_and_null_arguments_are_errors)
{
    enter_folder("a.npy");
    ck_assert_ptr_null(gra_load_npy(path));
    check_error("cannot be opened: No such file or directory", __LINE__);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_ptr_null(gra_load_npy(path));
    check_error("is no regular file", __LINE__);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_ptr_null(gra_load_npy(NULL));
    GRA_ASSERT_ERROR("gra_load_npy: the path is NULL");
    ck_assert_int_eq(gra_save_npy(NULL, path), -1);
    GRA_ASSERT_ERROR("gra_save_npy: the tensor is NULL");
    ck_assert_int_eq(gra_save_npy(gra_vector(1), NULL), -1);
    GRA_ASSERT_ERROR("gra_save_npy: the path is NULL");
    ck_assert_int_eq(gra_save_npy(gra_zeros(GRA_SHAPE(1), GRA_BFLOAT16), path), -1);
    GRA_ASSERT_ERROR("gra_save_npy: bfloat16 has no dtype in NumPy; gra_to can convert it to "
                     "float32");
    gra_fail("pending");
    ck_assert_ptr_null(gra_load_npy(path));
    ck_assert_int_eq(gra_save_npy(NULL, path), -1);
    GRA_ASSERT_ERROR("pending");
    leave_folder();
}

GRA_TEST(a_failed_save_leaves_the_old_file)
{
    enter_folder("a.npy");
    gra_save_npy(gra_vector(1, 2), path);
    struct rlimit old, limit;
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 1024;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    const int result = gra_save_npy(gra_zeros(GRA_SHAPE(1000)), path);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    ck_assert_int_eq(result, -1);
    char expected[256];
    snprintf(expected, sizeof expected, "gra_save_npy: cannot write %s: File too large", path);
    GRA_ASSERT_ERROR(expected);
    GRA_ASSERT_VALUES(gra_load_npy(path), 1, 2);
    leave_folder();
}

GRA_TEST_MAIN("npy", every_dtype_and_odd_shapes_come_back, the_bytes_are_those_of_the_format,
              all_three_versions_are_read, a_header_may_be_any_python_dict,
              load_npy_rejects_what_it_does_not_support, load_npy_rejects_sizes_that_overflow,
              load_npy_rejects_headers_that_say_nothing,
              load_npy_rejects_truncated_files_and_longer_ones,
              load_npy_rejects_files_of_another_kind, no_damaged_header_does_harm,
              missing_files_and_null_arguments_are_errors, a_failed_save_leaves_the_old_file)
