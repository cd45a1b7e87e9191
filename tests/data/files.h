/* files.h - small files for the tests of data/: written into a folder that is gone at exit. */
#ifndef GRA_TESTS_DATA_FILES_H
#define GRA_TESTS_DATA_FILES_H

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../support/test.h"

static char files_folder[64];

static int files_remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    remove(path);
    return 0;
}

static void files_remove(void)
{
    nftw(files_folder, files_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The folder of this process, made at the first call. */
static inline const char *files_in(void)
{
    if (!*files_folder) {
        snprintf(files_folder, sizeof files_folder, "/tmp/gradus-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(files_folder));
        atexit(files_remove);
    }
    return files_folder;
}

/* printf into one of eight buffers. */
__attribute__((format(printf, 1, 2))) static inline const char *text_of(const char *format, ...)
{
    static char buffers[8][2048];
    static int next;
    char *const buffer = buffers[next++ % 8];
    va_list list;
    va_start(list, format);
    vsnprintf(buffer, sizeof buffers[0], format, list);
    va_end(list);
    return buffer;
}

static inline const char *path_of(const char *name)
{
    return text_of("%s/%s", files_in(), name);
}

/* Makes the folders on the way to a file. */
static inline void files_make_folders(const char *name)
{
    files_in();
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/'))
        mkdir(text_of("%s/%.*s", files_folder, (int)(slash - name), name), 0755);
}

/* Empties the folder. */
static inline void files_clear(void)
{
    files_in();
    files_remove();
    ck_assert_int_eq(mkdir(files_folder, 0755), 0);
}

/* Write a file, or one compressed with gzip; return its path. */
static inline const char *put_file(const char *name, const void *bytes, size_t count)
{
    files_make_folders(name);
    const char *const path = path_of(name);
    FILE *const file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static inline const char *put_gzip(const char *name, const void *bytes, size_t count)
{
    const char *const path = path_of(name);
    gzFile const file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)count), (int)count);
    ck_assert_int_eq(gzclose(file), Z_OK);
    return path;
}

/* Reads a whole small file. */
static inline size_t read_back(const char *path, unsigned char *bytes, size_t capacity)
{
    FILE *const file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t count = fread(bytes, 1, capacity, file);
    fclose(file);
    return count;
}

#endif
