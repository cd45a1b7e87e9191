/* input_file.c - reading files. */
#include "io/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

static bool open_regular(gra__input_file *f, const char *path)
{
    struct stat info;
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, &info) < 0)
        gra_fail("%s: cannot be opened: %s", f->where, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        gra_fail("%s: is no regular file", f->where);
    else
        f->size = (uint64_t)info.st_size;
    return !gra_error();
}

bool gra__input_open(gra__input_file *f, const char *op, const char *path)
{
    *f = (gra__input_file){.fd = -1};
    if (gra_error())
        return false;
    if (!path) {
        gra_fail("%s: the path is NULL", op);
        return false;
    }
    if (asprintf(&f->where, "%s: %s", op, path) < 0) {
        f->where = NULL;
        gra_fail("%s: out of memory", op);
        return false;
    }
    return open_regular(f, path);
}

bool gra__input_read(const gra__input_file *f, uint64_t offset, void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        const ssize_t got = pread(f->fd, (char *)data + done, bytes - done, (off_t)(offset + done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            gra_fail("%s: cannot be read: %s", f->where,
                     got ? strerror(errno) : "it was cut while it was being read");
            return false;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

void gra__input_close(gra__input_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->where);
    *f = (gra__input_file){.fd = -1};
}
