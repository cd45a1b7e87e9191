/* test_event.c - checksums against RFC 3720's vectors, and records byte by byte. */
#include "gradus.h"

#include "io/crc32c.h"
#include "io/event.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../support/test.h"

/* RFC 3720, B.4, whose bytes stand with the least significant one first; and the usual "123456789". */
GRA_TEST(the_checksum_is_castagnolis)
{
    uint8_t bytes[32] = {0};
    ck_assert_uint_eq(gra__crc32c(bytes, 32), 0x8a9136aau);
    memset(bytes, 0xff, 32);
    ck_assert_uint_eq(gra__crc32c(bytes, 32), 0x62a8ab43u);
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    ck_assert_uint_eq(gra__crc32c(bytes, 32), 0x46dd794eu);
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(31 - i);
    ck_assert_uint_eq(gra__crc32c(bytes, 32), 0x113fdb5cu);
    ck_assert_uint_eq(gra__crc32c("123456789", 9), 0xe3069283u);
    ck_assert_uint_eq(gra__crc32c("", 0), 0);
}

/* 0xe3069283 rotated right by 15 bits is 0x2507c60d; plus 0xa282ead8 it is 0xc78ab0e5. */
GRA_TEST(a_masked_checksum_is_rotated_and_shifted)
{
    ck_assert_uint_eq(gra__crc32c_masked("123456789", 9), 0xc78ab0e5u);
}

GRA_TEST(a_record_has_a_length_and_two_checksums)
{
    uint8_t record[25];
    gra__event_frame(record, "123456789", 9);
    const uint8_t length[8] = {9}, sum[4] = {0xe5, 0xb0, 0x8a, 0xc7};
    const uint32_t of_length = gra__crc32c_masked(length, 8);
    ck_assert_mem_eq(record, length, 8);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(record[8 + i], of_length >> 8 * i & 0xff);
    ck_assert_mem_eq(record + 12, "123456789", 9);
    ck_assert_mem_eq(record + 21, sum, 4);
}

static char path[64];

static size_t read_file(uint8_t *bytes, size_t capacity)
{
    FILE *const file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, capacity, file);
    fclose(file);
    return size;
}

static void open_new(gra__append_file *f)
{
    snprintf(path, sizeof path, "/tmp/gradus-event-%d", (int)getpid());
    unlink(path);
    ck_assert(gra__append_file_open(f, "test", path, true));
}

/* By hand: field 1, a double 1.5; field 2, 3; field 5, 10 bytes: a value of 8: tag "a" and 0.25. */
GRA_TEST(a_scalar_is_this_message)
{
    const uint8_t expected[] = {0x09, 0,    0, 0,    0, 0,   0,    0xf8, 0x3f, 0x10, 3,   0x2a,
                                10,   0x0a, 8, 0x0a, 1, 'a', 0x15, 0,    0,    0x80, 0x3e};
    uint8_t bytes[128];
    gra__append_file f;
    open_new(&f);
    const gra__event e = {
        .kind = GRA__EVENT_SCALAR, .wall_time = 1.5, .step = 3, .tag = "a", .is.scalar = 0.25};
    ck_assert(gra__event_write(&f, "test", &e));
    ck_assert_uint_eq(read_file(bytes, sizeof bytes), sizeof expected + 16);
    ck_assert_mem_eq(bytes + 12, expected, sizeof expected);
    ck_assert(gra__append_file_close(&f, "test"));
    unlink(path);
}

GRA_TEST(a_file_that_is_there_is_no_fresh_one)
{
    gra__append_file f, again;
    char expected[128];
    open_new(&f);
    ck_assert(!gra__append_file_open(&again, "test", path, true));
    snprintf(expected, sizeof expected, "test: cannot write %s: File exists", path);
    GRA_ASSERT_ERROR(expected);
    gra__append_file_close(&f, "test");
    unlink(path);
}

/* The disk takes 3 bytes of 8; they are taken back. */
GRA_TEST(half_a_record_does_not_stay)
{
    gra__append_file f;
    char expected[128];
    struct rlimit was;
    uint8_t bytes[64];
    open_new(&f);
    ck_assert(gra__append_file_write(&f, "test", "12345", 5));
    getrlimit(RLIMIT_FSIZE, &was);
    const struct rlimit small = {.rlim_cur = 8, .rlim_max = was.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    const bool fine = gra__append_file_write(&f, "test", "abcdefgh", 8);
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, SIG_DFL);
    ck_assert(!fine);
    snprintf(expected, sizeof expected, "test: cannot write %s: File too large", path);
    GRA_ASSERT_ERROR(expected);
    ck_assert(gra__append_file_write(&f, "test", "678", 3));
    ck_assert(gra__append_file_sync(&f, "test"));
    ck_assert_uint_eq(read_file(bytes, sizeof bytes), 8);
    ck_assert_mem_eq(bytes, "12345678", 8);
    gra__append_file_close(&f, "test");
    unlink(path);
}

GRA_TEST_MAIN("event", the_checksum_is_castagnolis, a_masked_checksum_is_rotated_and_shifted,
              a_record_has_a_length_and_two_checksums, a_scalar_is_this_message,
              a_file_that_is_there_is_no_fresh_one, half_a_record_does_not_stay)
