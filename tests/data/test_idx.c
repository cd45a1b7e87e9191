/* test_idx.c - IDX files: what is read, and every way in which a file can be wrong. */
#include <sys/stat.h>

#include "gradus.h"

#include "files.h"

/* uint8 [2, 3] */
static const unsigned char table[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255};
enum { TABLE_HEADER = 12 };

static void rejects(const char *path, const char *why)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    ck_assert_ptr_null(gra_read_idx(path));
    GRA_ASSERT_ERROR(text_of("gra_read_idx: %s: %s", path, why));
    ck_assert_int_eq(gra_live(), live);
    ck_assert_int_eq(gra_mark(), mark);
}

GRA_TEST(read_idx_reads_bytes)
{
    const gra_tensor *const t = gra_read_idx(put_file("table", table, sizeof table));
    GRA_ASSERT_SHAPE(t, 2, 3);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_UINT8);
    GRA_ASSERT_VALUES(t, 10, 20, 30, 40, 50, 255);
    ck_assert_int_eq(gra_mark(), 1);
}

GRA_TEST(read_idx_reads_compressed_files)
{
    const gra_tensor *const t = gra_read_idx(put_gzip("table.gz", table, sizeof table));
    GRA_ASSERT_SHAPE(t, 2, 3);
    GRA_ASSERT_VALUES(t, 10, 20, 30, 40, 50, 255);
}

GRA_TEST(read_idx_reads_compressed_files_of_several_members_and_ignores_what_is_not_gzip_after_them)
{
    unsigned char bytes[256];
    size_t count = read_back(put_gzip("a.gz", table, 14), bytes, 100);
    count += read_back(put_gzip("b.gz", table + 14, sizeof table - 14), bytes + count, 100);
    memcpy(bytes + count, "??", 2);
    GRA_ASSERT_VALUES(gra_read_idx(put_file("ab.gz", bytes, count)), 10, 20, 30, 40, 50, 255);
    GRA_ASSERT_VALUES(gra_read_idx(put_file("ab.gz", bytes, count + 2)), 10, 20, 30, 40, 50, 255);
}

GRA_TEST(read_idx_turns_the_bytes_of_numbers)
{
    const unsigned char ints[] = {0, 0, 12,  1,   0,   0,   0,   3, 0, 1,
                                  2, 3, 255, 255, 255, 254, 128, 0, 0, 0};
    const unsigned char floats[] = {0, 0, 13, 1, 0, 0, 0, 2, 0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0};
    const unsigned char doubles[] = {0, 0, 14, 1, 0, 0, 0, 1, 0xbf, 0xe0, 0, 0, 0, 0, 0, 0};
    const gra_tensor *t = gra_read_idx(put_file("ints", ints, sizeof ints));
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_INT32);
    GRA_ASSERT_VALUES(t, 66051, -2, -2147483648.0);
    t = gra_read_idx(put_file("floats", floats, sizeof floats));
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT32);
    GRA_ASSERT_VALUES(t, 1, -2.5);
    t = gra_read_idx(put_file("doubles", doubles, sizeof doubles));
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT64);
    GRA_ASSERT_VALUES(t, -0.5);
}

GRA_TEST(read_idx_takes_sizes_of_0_and_eight_dims)
{
    const unsigned char none[] = {0, 0, 8, 1, 0, 0, 0, 0};
    GRA_ASSERT_SHAPE(gra_read_idx(put_file("none", none, sizeof none)), 0);
    const unsigned char flat[] = {0, 0, 8, 2, 255, 255, 255, 255, 0, 0, 0, 0};
    GRA_ASSERT_SHAPE(gra_read_idx(put_file("flat", flat, sizeof flat)), 4294967295, 0);
    unsigned char deep[4 + 8 * 4 + 1] = {0, 0, 8, 8};
    for (int i = 0; i < 8; i++)
        deep[4 + 4 * i + 3] = 1;
    deep[36] = 7;
    const gra_tensor *const t = gra_read_idx(put_file("deep", deep, sizeof deep));
    GRA_ASSERT_SHAPE(t, 1, 1, 1, 1, 1, 1, 1, 1);
    GRA_ASSERT_VALUES(t, 7);
}

GRA_TEST(read_idx_rejects_what_is_not_a_file)
{
    ck_assert_ptr_null(gra_read_idx(NULL));
    GRA_ASSERT_ERROR("gra_read_idx: the path is NULL");
    rejects("", "No such file or directory");
    rejects(path_of("missing"), "No such file or directory");
    rejects(files_in(), "this is not a regular file");
    const char *const table_path = put_file("table", table, sizeof table);
    rejects(text_of("%s/below", table_path), "Not a directory");
    const char *const pipe = path_of("pipe");
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    rejects(pipe, "this is not a regular file");
    remove(pipe);
}

/* Nobody's rights are all that root cannot have; the folder must stay open to him. */
GRA_TEST(read_idx_rejects_a_file_it_may_not_read)
{
    const char *const path = put_file("secret", table, sizeof table);
    ck_assert_int_eq(chmod(files_in(), 0755), 0);
    ck_assert_int_eq(chmod(path, 0), 0);
    const uid_t me = geteuid();
    if (me == 0 && seteuid(65534) < 0)
        GRA_SKIP("root reads every file, and cannot be somebody else here");
    const gra_tensor *const t = gra_read_idx(path);
    ck_assert_int_eq(seteuid(me), 0);
    ck_assert_ptr_null(t);
    GRA_ASSERT_ERROR(text_of("gra_read_idx: %s: Permission denied", path));
}

GRA_TEST(read_idx_rejects_other_magic)
{
    static const struct {
        unsigned char magic[4];
        const char *got;
    } cases[] = {
        {{0, 0, 9, 1}, "00 00 09 01"},         {{0, 0, 8, 0}, "00 00 08 00"},
        {{0, 0, 8, 9}, "00 00 08 09"},         {{0, 1, 8, 1}, "00 01 08 01"},
        {{1, 0, 8, 1}, "01 00 08 01"},         {{0, 0, 11, 1}, "00 00 0b 01"},
        {{'P', '5', ' ', '2'}, "50 35 20 32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char bytes[64] = {0};
        memcpy(bytes, cases[i].magic, 4);
        const char *const why = text_of(
            "the first bytes are %s; an IDX file of uint8, int32, float32 or float64 begins "
            "with 00 00, 08, 0c, 0d or 0e, and 1 to 8 dims",
            cases[i].got);
        rejects(put_file("magic", bytes, sizeof bytes), why);
        rejects(put_gzip("magic.gz", bytes, sizeof bytes), why);
    }
}

GRA_TEST(read_idx_rejects_a_truncated_file)
{
    rejects(put_file("short", table, 0), "0 of 4 bytes could be read: the file ends too early");
    rejects(put_file("short", table, 3), "3 of 4 bytes could be read: the file ends too early");
    rejects(put_file("short", table, 4), "0 of 8 bytes could be read: the file ends too early");
    rejects(put_file("short", table, 11), "7 of 8 bytes could be read: the file ends too early");
    rejects(put_file("short", table, sizeof table - 1),
            "5 of 6 bytes could be read: the file ends too early");
    rejects(put_gzip("short.gz", table, 3), "3 of 4 bytes could be read: the file ends too early");
    rejects(put_gzip("short.gz", table, sizeof table - 1),
            "5 of 6 bytes could be read: the file ends too early");
}

/* A header that promises too much must not make the library ask for the memory. */
GRA_TEST(read_idx_rejects_a_header_that_promises_more_than_the_file_can_hold)
{
    const unsigned char huge[] = {0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1};
    const unsigned char big[] = {0, 0, 8, 2, 0, 0, 4, 0, 0, 0, 4, 0, 1, 2, 3, 4};
    const unsigned char over[] = {0,   0,   8,   3,   255, 255, 255, 255,
                                  255, 255, 255, 255, 255, 255, 255, 255};
    rejects(put_file("huge", huge, sizeof huge),
            "the header promises [4294967295, 4294967295] of float64, which a file of 13 bytes "
            "cannot hold");
    rejects(put_file("over", over, sizeof over),
            "the header promises [4294967295, 4294967295, 4294967295] of uint8, which a file of 16 "
            "bytes cannot hold");
    const unsigned char empty[] = {0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0};
    rejects(put_file("empty", empty, sizeof empty),
            "the header promises [4294967295, 4294967295, 0] of uint8, which a file of 16 bytes "
            "cannot hold");
    rejects(put_file("big", big, sizeof big),
            "the header promises [1024, 1024] of uint8, which a file of 16 bytes cannot hold");
    const char *const path = put_gzip("big.gz", big, sizeof big);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    rejects(path, text_of("the header promises [1024, 1024] of uint8, which a file of %lld bytes "
                          "cannot hold",
                          (long long)info.st_size));
}

/* A million zeros pack as tightly as deflate can. */
GRA_TEST(read_idx_takes_the_tightest_file_that_gzip_makes)
{
    static unsigned char zeros[12 + (1 << 20)] = {0, 0, 8, 2, 0, 0, 4, 0, 0, 0, 4, 0};
    const gra_tensor *const t = gra_read_idx(put_gzip("zeros.gz", zeros, sizeof zeros));
    GRA_ASSERT_SHAPE(t, 1024, 1024);
    ck_assert_double_eq(gra_item(gra_sum((gra_tensor *)t)), 0);
}

GRA_TEST(read_idx_rejects_trailing_bytes)
{
    unsigned char longer[sizeof table + 1] = {0};
    memcpy(longer, table, sizeof table);
    const char *const why = "the file goes on after the 6 bytes that its header promises";
    rejects(put_file("longer", longer, sizeof longer), why);
    rejects(put_gzip("longer.gz", longer, sizeof longer), why);
    const unsigned char none[] = {0, 0, 8, 1, 0, 0, 0, 0, 5};
    rejects(put_file("none", none, sizeof none),
            "the file goes on after the 0 bytes that its header promises");
}

GRA_TEST(read_idx_rejects_a_damaged_compressed_file)
{
    unsigned char bytes[256];
    const size_t count = read_back(put_gzip("table.gz", table, sizeof table), bytes, sizeof bytes);
    bytes[count - 6] ^= 1; /* of the checksum, the 4 bytes before the length */
    rejects(put_file("bad.gz", bytes, count), "0 of 4 bytes could be read: incorrect data check");
    bytes[count - 6] ^= 1;
    bytes[count - 2] ^= 1;
    rejects(put_file("bad.gz", bytes, count), "0 of 4 bytes could be read: incorrect length check");
    bytes[count - 2] ^= 1;
    bytes[10] |= 6; /* the first block's type */
    rejects(put_file("bad.gz", bytes, count), "0 of 4 bytes could be read: invalid block type");
}

/* zlib meets the end of a file of this size only after all its elements were read. */
GRA_TEST(read_idx_checks_the_end_of_a_large_compressed_file)
{
    static unsigned char zeros[12 + (1 << 20)] = {0, 0, 8, 2, 0, 0, 4, 0, 0, 0, 4, 0};
    unsigned char bytes[4096];
    const char *const path = put_gzip("zeros.gz", zeros, sizeof zeros);
    const size_t count = read_back(path, bytes, sizeof bytes);
    ck_assert_uint_lt(count, sizeof bytes);
    for (size_t cut = 1; cut <= 8; cut++) {
        ck_assert_ptr_null(gra_read_idx(put_file("bad.gz", bytes, count - cut)));
        ck_assert_ptr_nonnull(strstr(gra_error(), "bytes could be read: the file ends too early"));
        gra_clear_error();
    }
    bytes[count - 6] ^= 1;
    rejects(put_file("bad.gz", bytes, count),
            "1048575 of 1048576 bytes could be read: incorrect data check");
    bytes[count - 6] ^= 1;
    ck_assert_ptr_nonnull(gra_read_idx(put_file("good.gz", bytes, count)));
}

GRA_TEST(read_idx_rejects_a_compressed_file_without_its_end)
{
    unsigned char bytes[256];
    const size_t count = read_back(put_gzip("table.gz", table, sizeof table), bytes, sizeof bytes);
    for (size_t cut = 1; cut <= 8; cut++)
        rejects(put_file("cut.gz", bytes, count - cut),
                "6 of 6 bytes could be read: the file ends too early");
}

/* Whatever byte is cut off or changed: an error that names the file, or the numbers are still right
 * (a gzip header holds a time and a system that mean nothing here). */
GRA_TEST(read_idx_survives_any_cut_and_any_changed_byte)
{
    unsigned char bytes[256];
    const size_t count = read_back(put_gzip("table.gz", table, sizeof table), bytes, sizeof bytes);
    for (size_t length = 0; length < count; length++) {
        const char *const path = put_file("cut.gz", bytes, length);
        ck_assert_ptr_null(gra_read_idx(path));
        ck_assert_ptr_nonnull(strstr(gra_error(), path));
        gra_clear_error();
    }
    for (size_t at = 0; at < count; at++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (unsigned char)(1 << bit);
            const char *const path = put_file("changed.gz", bytes, count);
            const gra_tensor *const t = gra_read_idx(path);
            if (t)
                GRA_ASSERT_VALUES(t, 10, 20, 30, 40, 50, 255);
            else
                ck_assert_ptr_nonnull(strstr(gra_error(), path));
            gra_clear_error();
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    gra_release(0);
    ck_assert_int_eq(gra_live(), 0);
}

GRA_TEST(read_idx_survives_any_changed_header)
{
    for (size_t at = 0; at < TABLE_HEADER; at++)
        for (int value = 0; value < 256; value++) {
            unsigned char bytes[sizeof table];
            memcpy(bytes, table, sizeof table);
            bytes[at] = (unsigned char)value;
            const char *const path = put_file("changed", bytes, sizeof bytes);
            const gra_tensor *const t = gra_read_idx(path);
            ck_assert((t != NULL) == (value == table[at]));
            ck_assert(t || strstr(gra_error(), path));
            gra_clear_error();
        }
}

GRA_TEST(read_idx_leaves_an_earlier_error)
{
    const char *const path = put_file("table", table, sizeof table);
    gra_fail("an earlier mistake");
    ck_assert_ptr_null(gra_read_idx(path));
    ck_assert_ptr_null(gra_read_idx(NULL));
    GRA_ASSERT_ERROR("an earlier mistake");
    GRA_ASSERT_SHAPE(gra_read_idx(path), 2, 3);
}

GRA_TEST_MAIN(
    "idx", read_idx_reads_bytes, read_idx_reads_compressed_files,
    read_idx_reads_compressed_files_of_several_members_and_ignores_what_is_not_gzip_after_them,
    read_idx_turns_the_bytes_of_numbers, read_idx_takes_sizes_of_0_and_eight_dims,
    read_idx_rejects_what_is_not_a_file, read_idx_rejects_a_file_it_may_not_read,
    read_idx_rejects_other_magic, read_idx_rejects_a_truncated_file,
    read_idx_rejects_a_header_that_promises_more_than_the_file_can_hold,
    read_idx_takes_the_tightest_file_that_gzip_makes, read_idx_rejects_trailing_bytes,
    read_idx_rejects_a_damaged_compressed_file, read_idx_checks_the_end_of_a_large_compressed_file,
    read_idx_rejects_a_compressed_file_without_its_end,
    read_idx_survives_any_cut_and_any_changed_byte, read_idx_survives_any_changed_header,
    read_idx_leaves_an_earlier_error)
