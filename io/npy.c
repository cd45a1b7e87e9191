/* npy.c - reading, checking and writing .npy files. */
#include "io/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "io/input_file.h"
#include "io/new_file.h"
#include "ops/iterate.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensors are written as they lie in memory, and the dtypes say little-endian");

#define MAGIC "\x93NUMPY"

enum {
    MAGIC_LENGTH = sizeof MAGIC - 1,
    PREFIX = MAGIC_LENGTH + 2, /* with the version */
    HEADER_MAX = 65535,        /* bytes; what version 1.0 can have */
    ALIGNMENT = 64,            /* the data that we write begin at a multiple of it */
    WRITTEN_MAX = 512,         /* bytes before the data that we write; 8 dims take up to 230 */
    WORD = 32,                 /* bytes of the longest key or dtype, with its end */
};

static const char *const dtype_names[GRA_DTYPE_COUNT] = {
    [GRA_FLOAT32] = "<f4", [GRA_FLOAT64] = "<f8", [GRA_INT64] = "<i8",
    [GRA_INT32] = "<i4",   [GRA_UINT8] = "|u1",   [GRA_BOOL] = "|b1",
};

/* ---- the header's text ---- */

/* A place in the header, and what was read up to there. */
typedef struct header {
    const char *where;   /* for messages */
    const char *at;      /* the next character; the text ends with a 0 */
    gra_dtype dtype;     /* descr */
    gra_shape shape;     /* shape */
    bool column_major;   /* fortran_order */
    unsigned keys_found; /* a bit for each key */
} header;

static bool malformed(const header *h, const char *expected)
{
    gra_fail("%s: the header is no dict of descr, fortran_order and shape: %s is expected before "
             "\"%.20s\"",
             h->where, expected, h->at);
    return false;
}

/* Skips white space, and then the character c if it is there. */
static bool skip(header *h, char c)
{
    h->at += strspn(h->at, " \t\r\n");
    if (*h->at != c)
        return false;
    h->at++;
    return true;
}

static bool read_word(header *h, char word[WORD])
{
    const char quote = skip(h, '\'') ? '\'' : skip(h, '"') ? '"' : 0;
    const char *const end = quote ? strchr(h->at, quote) : NULL;
    if (!end || end - h->at >= WORD)
        return malformed(h, "a short string in quotes");
    memcpy(word, h->at, (size_t)(end - h->at));
    word[end - h->at] = 0;
    h->at = end + 1;
    return true;
}

static bool read_dtype(header *h)
{
    char word[WORD];
    if (skip(h, '[')) {
        gra_fail("%s: the array is a structured one; its fields can be saved one by one", h->where);
        return false;
    }
    if (!read_word(h, word))
        return false;
    for (int i = 0; i < GRA_DTYPE_COUNT; i++)
        if (dtype_names[i] && strcmp(dtype_names[i], word) == 0) {
            h->dtype = (gra_dtype)i;
            return true;
        }
    if (word[0] == '>')
        gra_fail("%s: the dtype '%s' is big-endian; NumPy's astype('<%s') makes it little-endian",
                 h->where, word, word + 1);
    else
        gra_fail("%s: the dtype '%s' is not supported; '<f4', '<f8', '<i8', '<i4', '|u1' and '|b1' "
                 "are",
                 h->where, word);
    return false;
}

static bool read_order(header *h)
{
    skip(h, ' ');
    const bool no = strncmp(h->at, "False", 5) == 0, yes = strncmp(h->at, "True", 4) == 0;
    if (!no && !yes)
        return malformed(h, "True or False");
    h->at += no ? 5 : 4;
    h->column_major = yes;
    return true;
}

/* Reads digits; -1 with an error where there are none, or too many. */
static int64_t read_size(header *h)
{
    int64_t value = 0;
    skip(h, ' ');
    const char *const start = h->at;
    for (; *h->at >= '0' && *h->at <= '9'; h->at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *h->at - '0', &value)) {
            gra_fail("%s: the shape has a size above %lld", h->where, (long long)INT64_MAX);
            return -1;
        }
    if (h->at > start)
        return value;
    malformed(h, "a size, 0 or more,");
    return -1;
}

/* Reads a tuple: (), (3,), (3, 2). A comma must follow a lonely size. */
static bool read_shape(header *h)
{
    int count = 0;
    bool comma = true;
    gra_shape shape = {.kind = &gra_shape_kind};
    if (!skip(h, '('))
        return malformed(h, "a tuple of sizes");
    for (; !skip(h, ')'); count++) {
        const int64_t size = comma ? read_size(h) : -1;
        if (size < 0)
            return malformed(h, "a comma");
        if (count < GRA_MAX_DIMS)
            shape.size[count] = size;
        comma = skip(h, ',');
    }
    if (count == 1 && !comma)
        return malformed(h, "a tuple of sizes");
    if (count > GRA_MAX_DIMS)
        gra_fail("%s: the array has %d dims; at most %d are supported", h->where, count,
                 GRA_MAX_DIMS);
    shape.count = count;
    h->shape = shape;
    return count <= GRA_MAX_DIMS;
}

static const struct {
    const char *name;
    bool (*read)(header *h);
} keys[] = {{"descr", read_dtype}, {"fortran_order", read_order}, {"shape", read_shape}};

enum { KEYS = sizeof keys / sizeof keys[0] };

static bool read_entry(header *h)
{
    char word[WORD];
    if (!read_word(h, word))
        return false;
    for (unsigned i = 0; i < KEYS; i++)
        if (strcmp(word, keys[i].name) == 0 && !(h->keys_found >> i & 1)) {
            h->keys_found |= 1u << i;
            return skip(h, ':') ? keys[i].read(h) : malformed(h, "a colon");
        }
    gra_fail("%s: the header has a key '%s' that is unknown or there twice", h->where, word);
    return false;
}

static bool read_text(header *h)
{
    if (!skip(h, '{'))
        return malformed(h, "{");
    for (bool comma = true; !skip(h, '}'); comma = skip(h, ',')) {
        if (!comma)
            return malformed(h, "a comma");
        if (!read_entry(h))
            return false;
    }
    if (skip(h, 0)) {
        for (unsigned i = 0; i < KEYS; i++)
            if (!(h->keys_found >> i & 1)) {
                gra_fail("%s: the header has no '%s'", h->where, keys[i].name);
                return false;
            }
        return true;
    }
    return malformed(h, "its end");
}

/* ---- reading ---- */

/* Reads what stands before the header. Sets where the header begins and its length. */
static bool read_prefix(const gra__input_file *f, uint64_t *begin, uint32_t *length)
{
    uint8_t bytes[PREFIX + 4] = {0};
    const size_t there = f->size < sizeof bytes ? (size_t)f->size : sizeof bytes;
    if (!gra__input_read(f, 0, bytes, there))
        return false;
    const uint8_t major = bytes[MAGIC_LENGTH], minor = bytes[MAGIC_LENGTH + 1];
    const int width = major == 1 ? 2 : 4;
    if (memcmp(bytes, MAGIC, MAGIC_LENGTH) != 0)
        gra_fail("%s: is no .npy file, which begins with \\x93NUMPY", f->where);
    else if (there >= PREFIX && (major < 1 || major > 3 || minor != 0))
        gra_fail("%s: has version %d.%d of the format; 1.0, 2.0 and 3.0 are supported", f->where,
                 major, minor);
    else if (there < (size_t)(PREFIX + width))
        gra_fail("%s: the file is truncated: it has %llu bytes, and the header begins behind more",
                 f->where, (unsigned long long)f->size);
    for (int i = width; i-- > 0;)
        *length = *length << 8 | bytes[PREFIX + i];
    *begin = (uint64_t)(PREFIX + width);
    return !gra_error();
}

static bool check_length(const gra__input_file *f, uint64_t begin, uint32_t length)
{
    if (length > HEADER_MAX)
        gra_fail("%s: the header would have %u bytes; at most %d are supported", f->where, length,
                 HEADER_MAX);
    else if (length > f->size - begin)
        gra_fail("%s: the file is truncated: its header has %u bytes, %llu are there", f->where,
                 length, (unsigned long long)(f->size - begin));
    return !gra_error();
}

static bool read_header(const gra__input_file *f, header *h, uint64_t begin, uint32_t length)
{
    char *const text = calloc(1, (size_t)length + 1);
    if (!text)
        gra_fail("%s: out of memory for a header of %u bytes", f->where, length);
    *h = (header){.where = f->where, .at = text};
    bool fine = text && gra__input_read(f, begin, text, length);
    if (fine && memchr(text, 0, length))
        fine = gra_fail("%s: the header is no text: it has a zero byte", f->where) != NULL;
    fine = fine && read_text(h);
    free(text);
    return fine;
}

static bool check_data(const header *h, uint64_t there)
{
    const int64_t numel = gra__shape_numel(h->where, h->shape, gra_dtype_size(h->dtype));
    const uint64_t bytes = numel < 0 ? 0 : (uint64_t)numel * gra_dtype_size(h->dtype);
    if (numel >= 0 && h->column_major)
        gra_fail("%s: the array is in column-major order; NumPy's ascontiguousarray makes it "
                 "row-major",
                 h->where);
    else if (numel >= 0 && bytes > there)
        gra_fail("%s: the file is truncated: its header describes %llu bytes of data, %llu are "
                 "there",
                 h->where, (unsigned long long)bytes, (unsigned long long)there);
    else if (numel >= 0 && bytes < there)
        gra_fail("%s: the file has %llu bytes behind the data that its header describes", h->where,
                 (unsigned long long)(there - bytes));
    return !gra_error();
}

/* A bool is 0 or 1 in memory, and every kernel counts on it. */
static bool check_bools(const char *where, const gra_tensor *t)
{
    const uint8_t *const bytes = gra__ptr(t);
    for (int64_t i = 0; t->dtype == GRA_BOOL && i < t->numel; i++)
        if (bytes[i] > 1) {
            gra_fail("%s: the data hold a %d; a bool is 0 or 1", where, bytes[i]);
            return false;
        }
    return true;
}

static gra_tensor *read_array(const gra__input_file *f)
{
    header h;
    uint64_t begin = 0;
    uint32_t length = 0;
    if (!read_prefix(f, &begin, &length) || !check_length(f, begin, length) ||
        !read_header(f, &h, begin, length))
        return NULL;
    const uint64_t data = begin + length;
    if (!check_data(&h, f->size - data))
        return NULL;
    gra_tensor *const t = gra__empty("gra_load_npy", h.shape, h.dtype);
    if (!t || !gra__input_read(f, data, gra__ptr(t), (size_t)(f->size - data)) ||
        !check_bools(f->where, t))
        return NULL;
    return t;
}

gra_tensor *gra_load_npy(const char *path)
{
    gra__input_file f;
    gra_tensor *const t = gra__input_open(&f, "gra_load_npy", path) ? read_array(&f) : NULL;
    gra__input_close(&f);
    return t;
}

/* ---- writing ---- */

/* Writes all that stands before the data; version 1.0 has room for every shape. */
static size_t write_header(const gra_tensor *t, char bytes[WRITTEN_MAX])
{
    const size_t begin = PREFIX + 2;
    memcpy(bytes, MAGIC "\1\0", PREFIX);
    size_t end = begin;
    end += (size_t)snprintf(bytes + end, WRITTEN_MAX - end,
                            "{'descr': '%s', 'fortran_order': False, 'shape': (",
                            dtype_names[t->dtype]);
    for (int i = 0; i < t->shape.count; i++)
        end += (size_t)snprintf(bytes + end, WRITTEN_MAX - end, i ? ", %lld" : "%lld",
                                (long long)t->shape.size[i]);
    end += (size_t)snprintf(bytes + end, WRITTEN_MAX - end, t->shape.count == 1 ? ",), }" : "), }");
    const size_t whole = (end + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    memset(bytes + end, ' ', whole - end);
    bytes[whole - 1] = '\n';
    bytes[PREFIX] = (char)((whole - begin) & 255);
    bytes[PREFIX + 1] = (char)((whole - begin) >> 8);
    return whole;
}

static int save(gra_tensor *t, const char *path)
{
    char bytes[WRITTEN_MAX];
    gra__new_file f;
    bool fine = gra__new_file_open(&f, "gra_save_npy", path);
    const size_t header = write_header(t, bytes);
    fine = fine && gra__new_file_write(&f, bytes, header) &&
           gra__new_file_write(&f, gra__ptr(t), (size_t)t->numel * gra_dtype_size(t->dtype));
    return gra__new_file_close(&f, fine) ? 0 : -1;
}

int gra_save_npy(gra_tensor *t, const char *path)
{
    if (!t)
        gra_fail("gra_save_npy: the tensor is NULL");
    if (gra_error())
        return -1;
    if (!dtype_names[t->dtype]) {
        gra_fail("gra_save_npy: %s has no dtype in NumPy; gra_to can convert it to float32",
                 gra_dtype_name(t->dtype));
        return -1;
    }
    const int mark = gra_mark();
    gra_tensor *const flat = t->contiguous ? t : gra__row_major_copy(t, t->dtype);
    const int result = flat ? save(flat, path) : -1;
    gra_release(mark);
    return result;
}
