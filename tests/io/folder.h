/* folder.h - what the tests of file formats share: one file in a folder of its own. */
#ifndef GRA_TESTS_IO_FOLDER_H
#define GRA_TESTS_IO_FOLDER_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

static char folder[64], path[128]; /* of the file that may be there */

static void enter_folder(const char *file)
{
    snprintf(folder, sizeof folder, "/tmp/gradus-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, file);
}

/* Fails where anything but the file itself was left behind. */
static void leave_folder(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something is left in %s", folder);
}

static inline void write_bytes(const void *bytes, size_t count)
{
    FILE *const file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

#endif
