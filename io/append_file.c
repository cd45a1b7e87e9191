/* append_file.c - a file that grows by whole records. */
#include "io/append_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

static bool failed(const char *op, const char *path, int reason)
{
    gra_fail("%s: cannot write %s: %s", op, path, strerror(reason));
    return false;
}

bool gra__append_file_open(gra__append_file *f, const char *op, const char *path, bool fresh)
{
    struct stat s;
    *f = (gra__append_file){.fd = -1};
    if (!path) {
        gra_fail("%s: the path is NULL", op);
        return false;
    }
    f->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (fresh ? O_EXCL : 0), 0666);
    if (f->fd < 0)
        return failed(op, path, errno);
    f->path = strdup(path);
    if (!f->path || fstat(f->fd, &s) < 0) {
        failed(op, path, f->path ? errno : ENOMEM);
        gra__append_file_close(f, op);
        return false;
    }
    f->size = S_ISREG(s.st_mode) ? (int64_t)s.st_size : 0;
    return true;
}

bool gra__append_file_write(gra__append_file *f, const char *op, const void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        const ssize_t written = write(f->fd, (const char *)data + done, bytes - done);
        if (written < 0 && errno != EINTR) {
            const int reason = errno;
            if (done > 0 && ftruncate(f->fd, f->size) < 0)
                return failed(op, f->path, errno);
            return failed(op, f->path, reason);
        }
        done += written > 0 ? (size_t)written : 0;
    }
    f->size += (int64_t)bytes;
    return true;
}

bool gra__append_file_sync(gra__append_file *f, const char *op)
{
    /* What is no disk cannot be synced, and need not be. */
    return fsync(f->fd) == 0 || errno == EINVAL || errno == EROFS || failed(op, f->path, errno);
}

bool gra__append_file_close(gra__append_file *f, const char *op)
{
    const bool fine = f->fd < 0 || close(f->fd) == 0 || failed(op, f->path, errno);
    free(f->path);
    *f = (gra__append_file){.fd = -1};
    return fine;
}
