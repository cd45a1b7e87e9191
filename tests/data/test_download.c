/* test_download.c - downloads from a server on this machine: whole, or one error and nothing left. */
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

#include "gradus.h"

#include "data/checksum.h"
#include "data/download.h"
#include "server.h"

enum { SIZE = 20000 };

static const char md5[] = "ca1ca1ca67e003b010d1125bdda1dd91"; /* of the body, by Python's hashlib */
static const char sha256[] = "1105011e35e9ac2f4e062c2e9a95024ea93b9790067e8c089c4bf29dad357cd7";
static const char other[] = "b32d73e56ec99bc5ec8f83871cde708a"; /* of "another" */

static unsigned char body[SIZE];
static const server_file served[] = {
    {"a.bin", body, SIZE}, {"another.bin", "another", 7}, {"set/a.bin", body, SIZE}, {0}};

static void begin(void)
{
    for (int i = 0; i < SIZE && body[SIZE - 1] == 0; i++) /* once: the server reads it */
        body[i] = (unsigned char)(i * i >> 3);
    unsetenv("GRADUS_MIRROR");
    files_clear();
    server_start(served);
}

/* Fetches into d/a.bin from the URLs; the second may be NULL. */
static bool fetch(const char *checksum, const char *url, const char *url2)
{
    const char *const urls[] = {url, url2, NULL};
    return gra__download_file(&(gra__download){.op = "test",
                                               .path = path_of("d/a.bin"),
                                               .urls = urls,
                                               .checksum = checksum,
                                               .patience = 1});
}

/* The folder d has nothing but a.bin of these bytes, or nothing at all. */
static void check_folder(const void *bytes, size_t count)
{
    static unsigned char there[SIZE + 1];
    int entries = 0;
    DIR *const folder = opendir(path_of("d"));
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        entries += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    ck_assert_int_eq(entries, bytes != NULL);
    if (!bytes)
        return;
    ck_assert_uint_eq(read_back(path_of("d/a.bin"), there, sizeof there), count);
    ck_assert_mem_eq(there, bytes, count);
}

static void fails(const char *checksum, const char *url, const char *reason)
{
    ck_assert(!fetch(checksum, url, NULL));
    GRA_ASSERT_ERROR(text_of("test: %s could not be fetched: %s: %s; try again, name a mirror "
                             "(.mirror or GRADUS_MIRROR), or put the file there by hand",
                             path_of("d/a.bin"), url, reason));
}

GRA_TEST(a_file_is_fetched_once)
{
    begin();
    ck_assert(fetch(md5, server_url("good/a.bin"), NULL));
    check_folder(body, SIZE);
    ck_assert_int_eq(server_requests, 1);
    ck_assert(fetch(md5, server_url("good/a.bin"), NULL));
    ck_assert(fetch(sha256, server_url("good/a.bin"), NULL));
    ck_assert_int_eq(server_requests, 1);
    remove(path_of("d/a.bin"));
    ck_assert(fetch(sha256, server_url("moved/a.bin"), NULL));
    check_folder(body, SIZE);
    ck_assert_int_eq(server_requests, 3);
}

GRA_TEST(a_file_with_another_checksum_is_replaced_by_the_right_one_only)
{
    begin();
    put_file("d/a.bin", "mine", 4);
    fails(md5, server_url("good/another.bin"),
          text_of("what came has the checksum %s and not %s", other, md5));
    check_folder("mine", 4);
    ck_assert(fetch(md5, server_url("good/a.bin"), NULL));
    check_folder(body, SIZE);
}

GRA_TEST(a_wrong_checksum_leaves_nothing)
{
    begin();
    fails(other, server_url("good/a.bin"),
          text_of("what came has the checksum %s and not %s", md5, other));
    check_folder(NULL, 0);
}

GRA_TEST(a_transfer_that_is_cut_short_leaves_nothing)
{
    begin();
    fails(md5, server_url("short/a.bin"),
          "it was cut short (transfer closed with 10000 bytes remaining to read)");
    check_folder(NULL, 0);
}

GRA_TEST(what_a_server_does_not_have_leaves_nothing)
{
    begin();
    fails(md5, server_url("good/none.bin"), "the server answers 404");
    check_folder(NULL, 0);
}

GRA_TEST(a_server_that_falls_silent_is_given_up)
{
    begin();
    fails(md5, server_url("quiet/a.bin"), "nothing came for 1 seconds");
    check_folder(NULL, 0);
}

GRA_TEST(only_http_and_https_are_spoken)
{
    begin();
    ck_assert(!fetch(md5, "file:///etc/passwd", NULL));
    ck_assert_ptr_nonnull(
        strstr(gra_error(), "file:///etc/passwd: Protocol \"file\" not supported"));
    gra_clear_error();
    ck_assert(!fetch(md5, server_url("away/a.bin"), NULL));
    ck_assert_ptr_nonnull(strstr(gra_error(), "away/a.bin: Protocol \"file\" not supported"));
    gra_clear_error();
    check_folder(NULL, 0);
}

GRA_TEST(no_server_is_an_error_with_the_url)
{
    begin();
    ck_assert(!fetch(md5, "http://127.0.0.1:1/a.bin", NULL));
    ck_assert_ptr_nonnull(strstr(gra_error(), "a.bin could not be fetched: "
                                              "http://127.0.0.1:1/a.bin: Failed to connect"));
    gra_clear_error();
    check_folder(NULL, 0);
}

GRA_TEST(the_next_url_is_tried)
{
    begin();
    ck_assert(fetch(md5, server_url("none/a.bin"), server_url("good/a.bin")));
    check_folder(body, SIZE);
    remove(path_of("d/a.bin"));
    const char *const first = server_url("good/another.bin"), *const second = server_url("x/a.bin");
    ck_assert(!fetch(md5, first, second));
    GRA_ASSERT_ERROR(text_of("test: %s could not be fetched: %s: what came has the checksum %s and "
                             "not %s; %s: the server answers 404; try again, name a mirror "
                             "(.mirror or GRADUS_MIRROR), or put the file there by hand",
                             path_of("d/a.bin"), first, other, md5, second));
    check_folder(NULL, 0);
}

GRA_TEST(a_folder_that_cannot_be_written_is_an_error)
{
    begin();
    put_file("d", "a file", 6);
    const char *const url = server_url("good/a.bin");
    ck_assert(!fetch(md5, url, server_url("good/a.bin")));
    GRA_ASSERT_ERROR(text_of("test: cannot make the folder %s: Not a directory", path_of("d")));
    ck_assert_int_eq(server_requests, 0);
    const char *const urls[] = {url, NULL};
    const char *const deep = path_of("d/e/a.bin");
    ck_assert(!gra__download_file(&(gra__download){"test", deep, urls, md5, 1}));
    GRA_ASSERT_ERROR(text_of("test: cannot make the folder %s: Not a directory", path_of("d/e")));
}

GRA_TEST(a_full_disk_leaves_nothing)
{
    begin();
    struct rlimit old, small;
    const char *const url = server_url("good/a.bin");
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = SIZE / 2;
    void (*const before)(int) = signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool fetched = fetch(md5, url, server_url("good/a.bin"));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, before);
    ck_assert(!fetched);
    GRA_ASSERT_ERROR(
        text_of("test: fetching %s: cannot write %s: File too large", url, path_of("d/a.bin")));
    ck_assert_int_eq(server_requests, 1);
    check_folder(NULL, 0);
}

static bool fetch_remote(const char *mirror, const char *official)
{
    const char *const officials[] = {server_url("none/"), official, NULL};
    return gra__download_remote(&(gra__remote_file){.op = "test",
                                                    .dir = path_of("d"),
                                                    .name = "a.bin",
                                                    .checksum = md5,
                                                    .mirror = mirror,
                                                    .set = "set",
                                                    .official = officials});
}

GRA_TEST(mirrors_come_before_the_official_places)
{
    begin();
    ck_assert(fetch_remote(NULL, server_url("good/")));
    check_folder(body, SIZE);
    ck_assert_int_eq(server_requests, 2);
    remove(path_of("d/a.bin"));
    ck_assert(fetch_remote(server_url("good"), "http://127.0.0.1:1/"));
    ck_assert_int_eq(server_requests, 3);
    remove(path_of("d/a.bin"));
    setenv("GRADUS_MIRROR", server_url("good/"), 1);
    ck_assert(fetch_remote(NULL, "http://127.0.0.1:1/")); /* good/set/a.bin */
    ck_assert_int_eq(server_requests, 4);
    check_folder(body, SIZE);
    remove(path_of("d/a.bin"));
    ck_assert(!fetch_remote(server_url("none"), server_url("good/")));
    GRA_ASSERT_ERROR(text_of("test: %s could not be fetched: %s: the server answers 404; try "
                             "again, name a mirror (.mirror or GRADUS_MIRROR), or put the file "
                             "there by hand",
                             path_of("d/a.bin"), server_url("none/a.bin")));
    unsetenv("GRADUS_MIRROR");
    check_folder(NULL, 0);
}

static void *fetch_on_thread(void *download)
{
    const bool fine = gra__download_file(download);
    gra_clear_error();
    return fine ? NULL : download;
}

GRA_TEST(threads_fetch_the_same_file_at_once)
{
    begin();
    pthread_t threads[2];
    void *failed;
    const char *const urls[] = {server_url("good/a.bin"), NULL};
    gra__download download = {"test", path_of("d/a.bin"), urls, md5, 5};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fetch_on_thread, &download), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    check_folder(body, SIZE);
}

GRA_TEST(checksums_are_of_two_kinds)
{
    begin();
    const char *const path = put_file("d/a.bin", "another", 7);
    ck_assert(gra__checksum_fits("test", path, other));
    ck_assert(!gra__checksum_fits("test", path, md5));
    ck_assert(!gra__checksum_fits("test", path_of("none"), md5));
    ck_assert(!gra__checksum_fits("test", files_in(), md5));
    GRA_ASSERT_NO_ERROR();
    ck_assert(!gra__checksum_fits("test", path, "abc"));
    GRA_ASSERT_ERROR("test: a checksum has 32 digits (MD5) or 64 (SHA-256)");
}

GRA_TEST(nothing_is_fetched_while_an_error_is_pending)
{
    begin();
    gra_fail("an earlier mistake");
    ck_assert(!fetch(md5, server_url("good/a.bin"), NULL));
    GRA_ASSERT_ERROR("an earlier mistake");
    ck_assert_int_eq(server_requests, 0);
}

GRA_TEST_MAIN("download", a_file_is_fetched_once,
              a_file_with_another_checksum_is_replaced_by_the_right_one_only,
              a_wrong_checksum_leaves_nothing, a_transfer_that_is_cut_short_leaves_nothing,
              what_a_server_does_not_have_leaves_nothing, a_server_that_falls_silent_is_given_up,
              only_http_and_https_are_spoken, no_server_is_an_error_with_the_url,
              the_next_url_is_tried, a_folder_that_cannot_be_written_is_an_error,
              a_full_disk_leaves_nothing, mirrors_come_before_the_official_places,
              threads_fetch_the_same_file_at_once, checksums_are_of_two_kinds,
              nothing_is_fetched_while_an_error_is_pending)
