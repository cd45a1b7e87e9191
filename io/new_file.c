/* new_file.c - writing beside a file and renaming. */
#include "io/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

static bool failed(const gra__new_file *f, int reason)
{
    gra_fail("%s: cannot write %s: %s", f->op, f->path, strerror(reason));
    return false;
}

/* A rename would replace what is no regular file, such as /dev/null, by one. */
static bool may_replace(const gra__new_file *f)
{
    struct stat old;
    if (stat(f->path, &old) < 0 || S_ISREG(old.st_mode))
        return true;
    if (S_ISDIR(old.st_mode))
        return failed(f, EISDIR);
    gra_fail("%s: cannot write %s: it is no regular file", f->op, f->path);
    return false;
}

bool gra__new_file_open(gra__new_file *f, const char *op, const char *path)
{
    *f = (gra__new_file){.op = op, .path = path, .fd = -1};
    if (!path) {
        gra_fail("%s: the path is NULL", op);
        return false;
    }
    if (!may_replace(f))
        return false;
    if (asprintf(&f->temporary, "%s.tmp.%ld", path, (long)gettid()) < 0) {
        f->temporary = NULL;
        return failed(f, ENOMEM);
    }
    unlink(f->temporary); /* left by a thread of the same number that died */
    f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return f->fd >= 0 || failed(f, errno);
}

bool gra__new_file_write(gra__new_file *f, const void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        const ssize_t written = write(f->fd, (const char *)data + done, bytes - done);
        if (written < 0 && errno != EINTR)
            return failed(f, errno);
        done += written > 0 ? (size_t)written : 0;
    }
    return true;
}

/* Makes the rename last; where a folder cannot be synced there is nothing better to do. */
static void sync_folder(const char *path)
{
    char *const folder = strdup(path);
    if (!folder)
        return;
    char *const slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    const int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

bool gra__new_file_close(gra__new_file *f, bool fine)
{
    if (fine && fsync(f->fd) < 0)
        fine = failed(f, errno);
    if (f->fd >= 0 && close(f->fd) < 0 && fine)
        fine = failed(f, errno);
    if (fine && rename(f->temporary, f->path) < 0)
        fine = failed(f, errno);
    if (fine)
        sync_folder(f->path);
    else if (f->fd >= 0)
        unlink(f->temporary);
    free(f->temporary);
    return fine;
}
