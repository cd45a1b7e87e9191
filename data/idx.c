/* idx.c - reading IDX files through zlib, which takes plain files as well. */
#include "data/idx.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "core/error.h"
#include "core/tensor_struct.h"

enum { READ_STEP = 1 << 20, GZIP_RATIO = 1032 }; /* deflate never packs tighter than 1032 to 1 */

/* What went wrong. zlib begins its text with "PATH: ", which our messages say already. */
static const char *why(gzFile file, const char *path)
{
    int code;
    const char *const text = gzerror(file, &code);
    const size_t length = strlen(path);
    if (code == Z_ERRNO)
        return strerror(errno);
    if (code == Z_OK || code == Z_BUF_ERROR)
        return "the file ends too early";
    return strncmp(text, path, length) ? text : text + length + strlen(": ");
}

static bool cut_off(gzFile file, const char *path, int64_t done, int64_t size)
{
    gra_fail("gra_read_idx: %s: %lld of %lld bytes could be read: %s", path, (long long)done,
             (long long)size, why(file, path));
    return false;
}

/* Reads size bytes, or fewer where the file ends or is damaged; returns how many. */
static int64_t read_bytes(gzFile file, void *into, int64_t size)
{
    int64_t done = 0;
    for (int got = 1; got > 0 && done<size; done += got> 0 ? got : 0) {
        const int64_t left = size - done;
        got = gzread(file, (char *)into + done, (unsigned)(left < READ_STEP ? left : READ_STEP));
    }
    return done;
}

static bool read_exactly(gzFile file, const char *path, void *into, int64_t size)
{
    const int64_t done = read_bytes(file, into, size);
    return done == size || cut_off(file, path, done, size);
}

static bool dtype_of(int code, gra_dtype *dtype)
{
    switch (code) {
    case 0x08: *dtype = GRA_UINT8; return true;
    case 0x0c: *dtype = GRA_INT32; return true;
    case 0x0d: *dtype = GRA_FLOAT32; return true;
    case 0x0e: *dtype = GRA_FLOAT64; return true;
    default: return false;
    }
}

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool read_header(gzFile file, const char *path, gra_shape *shape, gra_dtype *dtype)
{
    unsigned char magic[4], sizes[4 * GRA_MAX_DIMS];
    if (!read_exactly(file, path, magic, sizeof magic))
        return false;
    if (magic[0] || magic[1] || !dtype_of(magic[2], dtype) || magic[3] < 1 ||
        magic[3] > GRA_MAX_DIMS) {
        gra_fail("gra_read_idx: %s: the first bytes are %02x %02x %02x %02x; an IDX file of uint8, "
                 "int32, float32 or float64 begins with 00 00, 08, 0c, 0d or 0e, and 1 to %d dims",
                 path, magic[0], magic[1], magic[2], magic[3], GRA_MAX_DIMS);
        return false;
    }
    shape->count = magic[3];
    if (!read_exactly(file, path, sizes, 4 * shape->count))
        return false;
    for (int i = 0; i < shape->count; i++)
        shape->size[i] = big_endian(sizes + 4 * i);
    return true;
}

/* Refuses a header that promises more than the file can hold: more bytes than a plain file has, or
 * than a compressed one can unpack to. */
static bool is_plausible(gzFile file, const char *path, const gra_shape *shape, gra_dtype dtype,
                         int64_t size)
{
    const int64_t ratio = gzdirect(file) ? 1 : GZIP_RATIO;
    const int64_t most = size > INT64_MAX / ratio ? INT64_MAX : size * ratio;
    int64_t bytes = (int64_t)gra_dtype_size(dtype);
    bool fits = true, empty = false;
    for (int i = 0; i < shape->count; i++) {
        empty |= shape->size[i] == 0;
        fits &= shape->size[i] == 0 || !__builtin_mul_overflow(bytes, shape->size[i], &bytes);
    }
    if (fits && (empty || bytes <= most)) /* strides must fit as well, so that empty is not all */
        return true;
    char text[GRA_SHAPE_TEXT];
    gra_fail(
        "gra_read_idx: %s: the header promises %s of %s, which a file of %lld bytes cannot hold",
        path, gra_shape_text(*shape, text), gra_dtype_name(dtype), (long long)size);
    return false;
}

static void swap_bytes(unsigned char *data, int64_t count, size_t element)
{
    for (int64_t i = 0; i < count; i++, data += element)
        for (size_t k = 0; k < element / 2; k++) {
            const unsigned char byte = data[k];
            data[k] = data[element - 1 - k];
            data[element - 1 - k] = byte;
        }
}

/* Reads the rest of the file, which must have exactly size bytes more. The last one is asked for
 * together with one that must not be there: zlib looks at the checksum behind the data only when it
 * wants more than there is. */
static bool read_rest(gzFile file, const char *path, unsigned char *into, int64_t size)
{
    unsigned char end[2];
    int code;
    const int last = size > 0;
    int64_t done = read_bytes(file, into, size - last);
    if (done == size - last)
        done += read_bytes(file, end, last + 1);
    gzerror(file, &code);
    if (done > size)
        gra_fail("gra_read_idx: %s: the file goes on after the %lld bytes that its header promises",
                 path, (long long)size);
    else if (done < size || code != Z_OK)
        cut_off(file, path, done, size);
    else if (last)
        into[size - 1] = end[0];
    return !gra_error();
}

static gra_tensor *read_open(gzFile file, const char *path, int64_t size)
{
    gra_shape shape = {0};
    gra_dtype dtype;
    if (!read_header(file, path, &shape, &dtype) || !is_plausible(file, path, &shape, dtype, size))
        return NULL;
    gra_tensor *const t = gra__empty("gra_read_idx", shape, dtype);
    const size_t element = gra_dtype_size(dtype);
    if (!t || !read_rest(file, path, gra__ptr(t), t->numel * (int64_t)element))
        return NULL;
    if (element > 1)
        swap_bytes(gra__ptr(t), t->numel, element);
    return t;
}

gra_tensor *gra_read_idx(const char *path)
{
    if (gra_error())
        return NULL;
    if (!path)
        return gra_fail("gra_read_idx: the path is NULL");
    struct stat info;
    if (stat(path, &info) < 0)
        return gra_fail("gra_read_idx: %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return gra_fail("gra_read_idx: %s: this is not a regular file", path);
    errno = 0;
    gzFile const file = gzopen(path, "rb");
    if (!file)
        return gra_fail("gra_read_idx: %s: %s", path, strerror(errno ? errno : ENOMEM));
    const int mark = gra_mark();
    gra_tensor *const t = gra_release_keep(mark, read_open(file, path, info.st_size));
    gzclose_r(file);
    return t;
}
