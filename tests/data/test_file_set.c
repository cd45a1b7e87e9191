/* test_file_set.c - the files of folders and archives: the list, its order, their bytes, bad archives. */
#include <pthread.h>

#include "gradus.h"

#include "data/file_set.h"
#include "tars.h"

static bool is_text(const char *name, const void *context)
{
    (void)context;
    const size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".txt") == 0;
}

static gra__file_set *open_set(const char *path)
{
    gra__file_set *const s = gra__file_set_open("test", path, (gra__wanted){is_text, NULL}, 0);
    GRA_ASSERT_NO_ERROR();
    ck_assert_ptr_nonnull(s);
    return s;
}

static void check_bytes(const gra__file_set *s, int64_t i, const char *text)
{
    gra__file_bytes b;
    ck_assert(gra__file_set_read(s, i, &b));
    ck_assert_uint_eq(b.size, strlen(text));
    ck_assert_mem_eq(b.bytes, text, b.size);
    gra__file_bytes_free(&b);
}

/* The set has just these names, separated by blanks, folders with a slash behind them. */
static void check_names(const gra__file_set *s, const char *names)
{
    char got[1024] = "";
    for (int64_t i = 0; i < s->count; i++)
        sprintf(got + strlen(got), "%s%s%s", i ? " " : "", s->files[i].name,
                s->files[i].is_folder ? "/" : "");
    ck_assert_str_eq(got, names);
}

/* The number of a file, or -1. */
static int64_t find(const gra__file_set *s, const char *name)
{
    for (int64_t i = 0; i < s->count; i++)
        if (!s->files[i].is_folder && strcmp(s->files[i].name, name) == 0)
            return i;
    return -1;
}

/* A file's text is its name, so that none is taken for another. */
static void put_text(const char *name)
{
    put_file(name, name, strlen(name));
}

static void put_texts(const char *folder)
{
    static const char *const names[] = {"cat/b/1.txt", "cat/2.txt",   "cat/10.txt", "cat/b-c/1.txt",
                                        "cat-b/1.txt", "Dog/1.txt",   "Dog/.2.txt", ".hidden/1.txt",
                                        "top.txt",     "cat/1.other", "cat/b/0.txt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        put_text(text_of("%s/%s", folder, names[i]));
}

static const char in_order[] = "Dog/ Dog/1.txt cat/ cat/10.txt cat/2.txt cat/b/ cat/b-c/ "
                               "cat/b/0.txt cat/b/1.txt cat/b-c/1.txt cat-b/ cat-b/1.txt top.txt";

static void shell(const char *command)
{
    ck_assert_msg(system(command) == 0, "%s fails", command);
}

static void rejects(const char *path, const char *error)
{
    ck_assert_ptr_null(gra__file_set_open("test", path, (gra__wanted){is_text, NULL}, 0));
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(a_folder_is_listed_in_order)
{
    files_clear();
    put_texts("f");
    gra__file_set *const s = open_set(path_of("f"));
    check_names(s, in_order);
    gra__file_set_close(s);
}

GRA_TEST(files_of_a_folder_are_read_when_asked_for)
{
    files_clear();
    put_texts("f");
    gra__file_set *const s = open_set(path_of("f"));
    const int64_t i = find(s, "cat/b/1.txt");
    check_bytes(s, i, "f/cat/b/1.txt");
    put_file("f/cat/b/1.txt", "changed", 7);
    check_bytes(s, i, "changed");
    ck_assert_int_eq(find(s, "cat/1.other"), -1);
    ck_assert_int_eq(find(s, "cat"), -1);
    s->cache = true;
    check_bytes(s, i, "changed");
    remove(path_of("f/cat/b/1.txt"));
    check_bytes(s, i, "changed");
    s->cache = false;
    gra__file_bytes b;
    const int64_t other = find(s, "cat/b/0.txt");
    remove(path_of("f/cat/b/0.txt"));
    ck_assert(!gra__file_set_read(s, other, &b));
    GRA_ASSERT_ERROR(
        text_of("test: %s: cannot be opened: No such file or directory", path_of("f/cat/b/0.txt")));
    gra__file_bytes_free(&b);
    gra__file_set_close(s);
}

static void check_archive(const char *command, const char *name)
{
    files_clear();
    put_texts("f");
    shell(text_of("cd %s/f && %s", files_in(), command));
    gra__file_set *const folder = open_set(path_of("f"));
    gra__file_set *const archive = open_set(path_of(name));
    ck_assert(archive->is_archive && !folder->is_archive);
    ck_assert_int_eq(archive->count, folder->count);
    for (int64_t i = 0; i < archive->count; i++) {
        ck_assert_str_eq(archive->files[i].name, folder->files[i].name);
        ck_assert_int_eq(archive->files[i].is_folder, folder->files[i].is_folder);
        if (!archive->files[i].is_folder)
            check_bytes(archive, i, text_of("f/%s", archive->files[i].name));
    }
    gra__file_set_close(archive);
    gra__file_set_close(folder);
}

GRA_TEST(archives_of_tar_and_zip_are_like_the_folder)
{
    check_archive("tar -cf ../a.tar .", "a.tar");
    check_archive("tar --format=posix -cf ../a.tar .", "a.tar");
    check_archive("tar -czf ../a.tgz .", "a.tgz");
    check_archive("tar -cjf ../a.tar.bz2 .", "a.tar.bz2");
    check_archive("tar -cJf ../a.tar.xz .", "a.tar.xz");
    check_archive("python3 -m zipfile -c ../a.zip *", "a.zip");
    check_archive("tar -czf ../misnamed.jpg Dog cat cat-b top.txt", "misnamed.jpg");
}

GRA_TEST(long_names_and_letters_beyond_ascii_are_read)
{
    static const char *const commands[] = {"tar --format=posix -cf ../a .",
                                           "tar --format=gnu -cf ../a .",
                                           "python3 -m zipfile -c ../a *"};
    char name[200];
    memset(name, 'n', sizeof name);
    for (int i = 0; i < 3; i++) {
        files_clear();
        strcpy(name + 190, ".txt");
        put_text(text_of("f/k\xc3\xa4se/%s", name));
        shell(text_of("cd %s/f && %s", files_in(), commands[i]));
        gra__file_set *const s = open_set(path_of("a"));
        ck_assert_int_eq(s->count, 2);
        ck_assert_str_eq(s->files[1].name, text_of("k\xc3\xa4se/%s", name));
        check_bytes(s, 1, text_of("f/k\xc3\xa4se/%s", name));
        gra__file_set_close(s);
    }
}

GRA_TEST(a_plain_tar_stays_in_its_file)
{
    files_clear();
    tar_begin();
    tar_add("a/1.txt", '0', "first");
    tar_add("a/empty.txt", '0', "");
    tar_add("a/2.txt", '0', "second");
    gra__file_set *s = open_set(put_tar("a.tar"));
    check_names(s, "a/1.txt a/2.txt a/empty.txt");
    ck_assert_ptr_null(s->files[0].held);
    ck_assert_uint_eq(s->files[0].offset, TAR_BLOCK);
    check_bytes(s, 0, "first");
    check_bytes(s, 1, "second");
    check_bytes(s, 2, "");
    ck_assert_ptr_null(s->files[0].held);
    gra__file_bytes b;
    ck_assert_int_eq(truncate(path_of("a.tar"), TAR_BLOCK + 2), 0);
    ck_assert(!gra__file_set_read(s, 0, &b));
    GRA_ASSERT_ERROR(
        text_of("test: %s: cannot be read: it was cut while it was being read", path_of("a.tar")));
    gra__file_bytes_free(&b);
    gra__file_set_close(s);
    s = open_set(put_tar_gz("a.tar.gz"));
    ck_assert_ptr_nonnull(s->files[0].held);
    remove(path_of("a.tar.gz"));
    check_bytes(s, 1, "second");
    gra__file_set_close(s);
}

static void *read_all(void *set)
{
    const gra__file_set *const s = set;
    for (int round = 0; round < 20; round++)
        for (int64_t i = 0; i < s->count; i++) {
            gra__file_bytes b;
            if (!gra__file_set_read(s, i, &b) || b.size != 1000 ||
                ((const char *)b.bytes)[999] != s->files[i].name[0])
                return set;
            gra__file_bytes_free(&b);
        }
    return NULL;
}

GRA_TEST(threads_read_at_once)
{
    files_clear();
    tar_begin();
    for (char letter = 'a'; letter <= 'z'; letter++) {
        char bytes[1000];
        memset(bytes, letter, sizeof bytes);
        tar_add_bytes(text_of("%c.txt", letter), '0', bytes, sizeof bytes);
    }
    put_tar("a.tar");
    for (int cached = 0; cached < 2; cached++) {
        gra__file_set *const s = open_set(path_of("a.tar"));
        s->cache = cached;
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, read_all, s), 0);
        for (int i = 0; i < 4; i++) {
            void *failed;
            pthread_join(threads[i], &failed);
            ck_assert_ptr_null(failed);
        }
        gra__file_set_close(s);
    }
}

GRA_TEST(what_is_missing_or_no_archive_is_rejected)
{
    files_clear();
    rejects("/no/such/thing", "test: /no/such/thing: No such file or directory; a folder or an "
                              "archive (.tar, .tar.gz, .zip) is needed");
    ck_assert_ptr_null(gra__file_set_open("test", NULL, (gra__wanted){0}, 0));
    GRA_ASSERT_ERROR("test: the path is NULL; that of a folder or an archive is needed");
    rejects("/dev/null", "test: /dev/null: is no regular file");
    const char *const text = put_file("text.tar", "This is no archive.", 19);
    rejects(text, text_of("test: %s: this is no archive (Unrecognized archive format); a folder, "
                          "or a .tar, .tar.gz or .zip file is needed",
                          text));
    const char *const packed = put_gzip("text.tar.gz", "This is no archive.", 19);
    rejects(packed, text_of("test: %s: this is no archive (Unrecognized archive format); a folder, "
                            "or a .tar, .tar.gz or .zip file is needed",
                            packed));
    const char *const empty = put_file("empty.tar", "", 0);
    rejects(empty, text_of("test: %s: this is no archive (Unrecognized archive format); a folder, "
                           "or a .tar, .tar.gz or .zip file is needed",
                           empty));
}

static void rejects_member(const char *name, char type, const char *what)
{
    tar_begin();
    tar_add("good/1.txt", '0', "fine");
    tar_add(name, type, "");
    const char *const error =
        "test: %s: the member \"%s\" %s; unpack the archive where you trust it, or make it anew of "
        "plain files: tar -h --hard-dereference -C FOLDER -cf ARCHIVE.tar .";
    const char *path = put_tar("a.tar");
    rejects(path, text_of(error, path, name, what));
    path = put_tar_gz("a.tar.gz");
    rejects(path, text_of(error, path, name, what));
}

GRA_TEST(members_that_lead_elsewhere_are_rejected)
{
    files_clear();
    rejects_member("/etc/passwd.txt", '0', "has an absolute path");
    rejects_member("../1.txt", '0', "leads out of its folder with \"..\"");
    rejects_member("a/../../1.txt", '0', "leads out of its folder with \"..\"");
    rejects_member("a/..", '5', "leads out of its folder with \"..\"");
    rejects_member("a/link.txt", '2', "is a link");
    rejects_member("a/link.txt", '1', "is a link");
    rejects_member("a/device.txt", '3', "is neither a file nor a folder");
    tar_begin();
    tar_add("a/..b.txt", '0', "dots are no harm");
    tar_add("a../c.txt", '0', "nor here");
    gra__file_set *const s = open_set(put_tar("a.tar"));
    check_names(s, "a../c.txt");
    gra__file_set_close(s);
}

/* The error begins with `begin`; libarchive's own words follow. */
static void rejects_cut(const char *path, const char *begin)
{
    ck_assert_ptr_null(gra__file_set_open("test", path, (gra__wanted){is_text, NULL}, 0));
    ck_assert_msg(gra_error() && strncmp(gra_error(), begin, strlen(begin)) == 0,
                  "the error is\n    %s\nand does not begin with\n    %s", gra_error(), begin);
    ck_assert_ptr_nonnull(strstr(gra_error(), "; fetch or make it again"));
    gra_clear_error();
}

GRA_TEST(archives_that_are_cut_short_are_rejected)
{
    static char noise[5000];
    files_clear();
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * i >> 3);
    tar_begin();
    tar_add_bytes("a/1.txt", '0', noise, sizeof noise);
    tar_add_bytes("a/2.txt", '0', noise, sizeof noise);
    const char *path = put_file("a.tar", tar_bytes, TAR_BLOCK + 700);
    rejects_cut(path, text_of("test: %s: the archive is cut short", path));
    path = put_file("a.tar", tar_bytes, tar_length - 3000);
    rejects_cut(path, text_of("test: %s: the archive is cut short", path));
    path = put_file("a.tar", tar_bytes, 5632 + 100);
    rejects_cut(path, text_of("test: %s: the archive is cut short", path));
    path = put_tar_gz("a.tar.gz");
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(truncate(path, info.st_size / 2), 0);
    rejects_cut(path, text_of("test: %s: the archive is cut short or damaged after ", path));
}

GRA_TEST(an_archive_that_unpacks_to_too_much_is_rejected)
{
    files_clear();
    tar_begin();
    tar_add("1.txt", '0', "four");
    tar_add("2.txt", '0', "more");
    const char *const path = put_tar_gz("a.tar.gz");
    ck_assert_ptr_null(gra__file_set_open("test", path, (gra__wanted){is_text, NULL}, 7));
    GRA_ASSERT_ERROR(text_of("test: %s: its files take more than 7 bytes, which is too much to "
                             "hold in memory; unpack it into a folder, or into a plain .tar",
                             path));
    gra__file_set *const s = gra__file_set_open("test", path, (gra__wanted){is_text, NULL}, 8);
    ck_assert_ptr_nonnull(s);
    gra__file_set_close(s);
    gra__file_set *const plain =
        gra__file_set_open("test", put_tar("a.tar"), (gra__wanted){is_text, NULL}, 7);
    ck_assert_ptr_nonnull(plain);
    gra__file_set_close(plain);
}

/* Whatever the bytes are, there is a set or an error. */
GRA_TEST(damaged_archives_do_no_harm)
{
    static unsigned char good[1 << 16], bad[1 << 16];
    uint32_t state = 1;
    files_clear();
    put_texts("f");
    for (int kind = 0; kind < 3; kind++) {
        const char *const command[] = {"tar -cf ../a .", "tar -czf ../a .",
                                       "python3 -m zipfile -c ../a *"};
        remove(path_of("a"));
        shell(text_of("cd %s/f && %s", files_in(), command[kind]));
        const size_t count = read_back(path_of("a"), good, sizeof good);
        for (int round = 0; round < 150; round++) {
            memcpy(bad, good, count);
            for (int k = 0; k < 1 + round % 8; k++) {
                state = state * 1664525 + 1013904223;
                bad[(state >> 8) % count] = (unsigned char)(state >> 24);
            }
            const char *const path = put_file("bad", bad, count - (round % 3 ? 0 : state % count));
            gra__file_set *const s =
                gra__file_set_open("test", path, (gra__wanted){is_text, NULL}, 1 << 20);
            ck_assert(!s == !!gra_error());
            gra_clear_error();
            for (int64_t i = 0; s && i < s->count; i++) {
                gra__file_bytes b = {0};
                if (!s->files[i].is_folder)
                    gra__file_set_read(s, i, &b);
                gra__file_bytes_free(&b);
                gra_clear_error();
            }
            gra__file_set_close(s);
        }
    }
}

GRA_TEST(a_name_that_is_there_twice_is_rejected)
{
    files_clear();
    tar_begin();
    tar_add("a/", '5', "");
    tar_add("a/1.txt", '0', "old");
    tar_add("a", '5', "");
    tar_add("a/1.txt", '0', "new");
    const char *const path = put_tar("a.tar");
    rejects(path,
            text_of("test: %s: it has a/1.txt twice; make it anew, without appending to it", path));
}

GRA_TEST(links_in_a_folder_are_followed_but_not_in_circles)
{
    files_clear();
    put_text("f/a/1.txt");
    put_text("elsewhere/2.txt");
    ck_assert_int_eq(symlink(path_of("elsewhere"), path_of("f/b")), 0);
    ck_assert_int_eq(symlink(path_of("f/a/1.txt"), path_of("f/a/3.txt")), 0);
    gra__file_set *const s = open_set(path_of("f"));
    check_names(s, "a/ a/1.txt a/3.txt b/ b/2.txt");
    gra__file_set_close(s);
    ck_assert_int_eq(symlink("..", path_of("f/a/up")), 0);
    rejects(path_of("f"), text_of("test: %s: this link leads back to a folder above it; remove it",
                                  path_of("f/a/up")));
    remove(path_of("f/a/up"));
    ck_assert_int_eq(symlink("nowhere", path_of("f/a/gone.txt")), 0);
    rejects(path_of("f"), text_of("test: %s: No such file or directory", path_of("f/a/gone.txt")));
}

GRA_TEST(an_earlier_error_stays)
{
    gra_fail("an earlier mistake");
    rejects(files_in(), "an earlier mistake");
}

GRA_TEST_MAIN("file_set", a_folder_is_listed_in_order, files_of_a_folder_are_read_when_asked_for,
              archives_of_tar_and_zip_are_like_the_folder,
              long_names_and_letters_beyond_ascii_are_read, a_plain_tar_stays_in_its_file,
              threads_read_at_once, what_is_missing_or_no_archive_is_rejected,
              members_that_lead_elsewhere_are_rejected, archives_that_are_cut_short_are_rejected,
              an_archive_that_unpacks_to_too_much_is_rejected, damaged_archives_do_no_harm,
              a_name_that_is_there_twice_is_rejected,
              links_in_a_folder_are_followed_but_not_in_circles, an_earlier_error_stays)
