/* folders.c - making folders. */
#include "io/folders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"

static bool make_one(const char *op, const char *path, bool last)
{
    struct stat s;
    const bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
    const int reason = made ? ENOTDIR : errno;
    if (made && (!last || (stat(path, &s) == 0 && S_ISDIR(s.st_mode))))
        return true;
    gra_fail("%s: cannot make the folder %s: %s", op, path, strerror(reason));
    return false;
}

bool gra__make_folders(const char *op, const char *path)
{
    char *const part = strdup(path);
    if (!part) {
        gra_fail("%s: out of memory", op);
        return false;
    }
    bool fine = true;
    for (char *slash = strchr(part, '/'); slash && fine; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        fine = slash == part || make_one(op, part, false);
        *slash = '/';
    }
    fine = fine && make_one(op, part, true);
    free(part);
    return fine;
}
