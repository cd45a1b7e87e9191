/* safetensors_header.c - reading, checking and writing headers. */
#include "io/safetensors_header.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#define METADATA "__metadata__" /* an entry that is no tensor: an object of strings */

static const char *const dtype_names[GRA_DTYPE_COUNT] = {
    [GRA_FLOAT32] = "F32", [GRA_FLOAT64] = "F64", [GRA_BFLOAT16] = "BF16", [GRA_INT64] = "I64",
    [GRA_INT32] = "I32",   [GRA_UINT8] = "U8",    [GRA_BOOL] = "BOOL",
};

/* ---- text ---- */

/* The number of bytes that follow a character's first one, or -1 where it cannot be first. */
static int utf8_tail(unsigned char first)
{
    return first < 0x80                    ? 0
           : first >= 0xc2 && first < 0xe0 ? 1
           : first >= 0xe0 && first < 0xf0 ? 2
           : first >= 0xf0 && first < 0xf5 ? 3
                                           : -1;
}

/* Whether the second byte of a character fits its first: neither overlong, nor a surrogate, nor
 * above U+10FFFF. */
static bool utf8_second(unsigned char first, unsigned char second)
{
    const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

static bool is_utf8(const char *text, size_t length)
{
    const unsigned char *const s = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        const int tail = utf8_tail(s[i]);
        if (tail < 0 || (size_t)tail >= length - i || (tail && !utf8_second(s[i], s[i + 1])))
            return false;
        for (int k = 2; k <= tail; k++)
            if (s[i + (size_t)k] >> 6 != 2)
                return false;
        i += (size_t)tail + 1;
    }
    return true;
}

/* Whether the text has a control character, which JSON has only as white space. */
static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && !memchr("\t\n\r", text[i], 3))
            return true;
    return false;
}

static cJSON *parse(const char *where, const char *text, size_t length)
{
    if (length == 0 || text[0] != '{')
        return gra_fail("%s: the header does not begin with '{'", where);
    if (!is_utf8(text, length) || has_control(text, length))
        return gra_fail("%s: the header is no UTF-8 text", where);
    const char *end = NULL;
    cJSON *const root = cJSON_ParseWithLengthOpts(text, length, &end, false);
    size_t at = end ? (size_t)(end - text) : 0;
    while (root && at < length && strchr(" \t\n\r", text[at]))
        at++;
    if (root && at == length)
        return root;
    cJSON_Delete(root);
    return gra_fail("%s: the header is no valid JSON at byte %zu", where, at);
}

/* ---- one entry ---- */

/* The member of an object, which must be there once; NULL with an error. */
static const cJSON *member(const char *where, const cJSON *object, const char *key)
{
    const cJSON *found = NULL;
    int times = 0;
    for (const cJSON *item = object->child; item; item = item->next)
        if (strcmp(item->string, key) == 0) {
            found = item;
            times++;
        }
    if (times == 1)
        return found;
    return gra_fail("%s: tensor \"%s\" has %s %s", where, object->string,
                    times ? "more than one" : "no", key);
}

/* Reads an array of at most `capacity` whole numbers. Returns how many, or -1 with an error. */
static int read_numbers(const char *where, const char *tensor, const cJSON *array, int64_t *numbers,
                        int capacity)
{
    int count = 0;
    bool fine = cJSON_IsArray(array);
    for (const cJSON *item = fine ? array->child : NULL; item && fine; item = item->next, count++) {
        const double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
        fine = value >= 0 && value == floor(value) && value <= 0x1p53;
        if (fine && count < capacity)
            numbers[count] = (int64_t)value;
    }
    if (!fine)
        gra_fail("%s: the %s of tensor \"%s\" is no array of whole numbers", where, array->string,
                 tensor);
    return fine ? count : -1;
}

static bool read_dtype(const char *where, const cJSON *item, gra_dtype *dtype)
{
    const cJSON *const name = member(where, item, "dtype");
    if (!name)
        return false;
    const char *const text = cJSON_IsString(name) ? name->valuestring : "?";
    for (int i = 0; i < GRA_DTYPE_COUNT; i++)
        if (strcmp(dtype_names[i], text) == 0) {
            *dtype = (gra_dtype)i;
            return true;
        }
    gra_fail("%s: tensor \"%s\" has dtype %s, which is not supported; F32, F64, BF16, I64, I32, U8 "
             "and BOOL are",
             where, item->string, text);
    return false;
}

static bool read_shape(const char *where, const cJSON *item, gra_shape *shape)
{
    const cJSON *const sizes = member(where, item, "shape");
    if (!sizes)
        return false;
    shape->count = read_numbers(where, item->string, sizes, shape->size, GRA_MAX_DIMS);
    if (shape->count > GRA_MAX_DIMS)
        gra_fail("%s: tensor \"%s\" has %d dims; at most %d are supported", where, item->string,
                 shape->count, GRA_MAX_DIMS);
    return !gra_error();
}

/* The bytes that a tensor takes; UINT64_MAX where they cannot be counted. */
static uint64_t bytes_of(const gra__tensor_entry *e)
{
    uint64_t bytes = gra_dtype_size(e->dtype);
    bool too_many = false;
    for (int i = 0; i < e->shape.count; i++)
        too_many |= __builtin_mul_overflow(bytes, (uint64_t)e->shape.size[i], &bytes);
    return too_many ? UINT64_MAX : bytes;
}

static bool read_offsets(const char *where, const cJSON *item, gra__tensor_entry *e)
{
    char text[GRA_SHAPE_TEXT];
    int64_t offsets[2];
    const cJSON *const array = member(where, item, "data_offsets");
    const int count = array ? read_numbers(where, item->string, array, offsets, 2) : -1;
    if (count < 0)
        return false;
    if (count != 2 || offsets[0] > offsets[1]) {
        gra_fail("%s: the data_offsets of tensor \"%s\" are no begin and end", where, item->string);
        return false;
    }
    e->begin = (uint64_t)offsets[0];
    e->end = (uint64_t)offsets[1];
    if (e->end - e->begin == bytes_of(e))
        return true;
    gra_fail("%s: tensor \"%s\" of shape %s and dtype %s does not take the %llu bytes of its "
             "data_offsets",
             where, item->string, gra_shape_text(e->shape, text), dtype_names[e->dtype],
             (unsigned long long)(e->end - e->begin));
    return false;
}

static bool read_entry(const char *where, const cJSON *item, gra__tensor_entry *e)
{
    if (!cJSON_IsObject(item)) {
        gra_fail("%s: tensor \"%s\" is described by no object", where, item->string);
        return false;
    }
    if (!read_dtype(where, item, &e->dtype) || !read_shape(where, item, &e->shape) ||
        !read_offsets(where, item, e))
        return false;
    e->name = strdup(item->string);
    if (!e->name)
        gra_fail("%s: out of memory", where);
    return e->name != NULL;
}

static bool check_metadata(const char *where, const cJSON *item)
{
    bool fine = cJSON_IsObject(item);
    for (const cJSON *pair = item->child; pair && fine; pair = pair->next)
        fine = cJSON_IsString(pair);
    if (!fine)
        gra_fail("%s: the metadata is no object of strings", where);
    return fine;
}

/* ---- all entries ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const gra__tensor_entry *)a)->name, ((const gra__tensor_entry *)b)->name);
}

static int by_data(const void *a, const void *b)
{
    const gra__tensor_entry *const x = a, *const y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end != y->end ? (x->end < y->end ? -1 : 1) : by_name(a, b);
}

/* Sorts the entries by name. */
static bool check_names(gra__tensor_header *h, const char *where)
{
    if (h->count)
        qsort(h->entries, (size_t)h->count, sizeof *h->entries, by_name);
    for (int i = 1; i < h->count; i++)
        if (strcmp(h->entries[i - 1].name, h->entries[i].name) == 0) {
            gra_fail("%s: tensor \"%s\" is there twice", where, h->entries[i].name);
            return false;
        }
    return true;
}

/* Sorts the entries by data. */
static bool check_data(gra__tensor_header *h, const char *where, uint64_t data_bytes)
{
    uint64_t end = 0;
    if (h->count)
        qsort(h->entries, (size_t)h->count, sizeof *h->entries, by_data);
    for (int i = 0; i < h->count; end = h->entries[i++].end) {
        const gra__tensor_entry *const e = &h->entries[i];
        if (e->begin > end)
            gra_fail("%s: bytes %llu to %llu of the data belong to no tensor", where,
                     (unsigned long long)end, (unsigned long long)e->begin);
        else if (e->begin < end)
            gra_fail("%s: the data of tensors \"%s\" and \"%s\" overlap", where, e[-1].name,
                     e->name);
        if (gra_error())
            return false;
    }
    if (end > data_bytes)
        gra_fail("%s: the file is truncated: its header describes %llu bytes of data, %llu are "
                 "there",
                 where, (unsigned long long)end, (unsigned long long)data_bytes);
    else if (end < data_bytes)
        gra_fail("%s: the file has %llu bytes behind the data that its header describes", where,
                 (unsigned long long)(data_bytes - end));
    return !gra_error();
}

static bool read_entries(gra__tensor_header *h, const char *where, const cJSON *root)
{
    h->entries = calloc((size_t)cJSON_GetArraySize(root) + 1, sizeof *h->entries);
    if (!h->entries) {
        gra_fail("%s: out of memory", where);
        return false;
    }
    int metadata = 0;
    for (const cJSON *item = root->child; item; item = item->next) {
        if (strcmp(item->string, METADATA) == 0) {
            if (metadata++ || !check_metadata(where, item))
                return gra_fail("%s: the metadata is there twice", where) != NULL;
        } else {
            if (!read_entry(where, item, &h->entries[h->count]))
                return false;
            h->count++;
        }
    }
    return true;
}

bool gra__header_read(gra__tensor_header *h, const char *where, const char *text, size_t length,
                      uint64_t data_bytes)
{
    *h = (gra__tensor_header){0};
    cJSON *const root = parse(where, text, length);
    const bool fine = root && read_entries(h, where, root);
    cJSON_Delete(root);
    return fine && check_names(h, where) && check_data(h, where, data_bytes);
}

void gra__header_free(gra__tensor_header *h)
{
    for (int i = 0; i < h->count; i++)
        free(h->entries[i].name);
    free(h->entries);
    *h = (gra__tensor_header){0};
}

/* ---- writing ---- */

static bool check_new_names(const gra__tensor_header *h, const char *where)
{
    for (int i = 0; i < h->count; i++) {
        const char *const name = h->entries[i].name;
        if (!is_utf8(name, strlen(name)) || strcmp(name, METADATA) == 0) {
            gra_fail("%s: \"%s\" cannot be a tensor's name; any other UTF-8 text can", where, name);
            return false;
        }
    }
    gra__tensor_header sorted = {malloc((size_t)(h->count + 1) * sizeof *h->entries), h->count};
    if (!sorted.entries) {
        gra_fail("%s: out of memory", where);
        return false;
    }
    if (h->count)
        memcpy(sorted.entries, h->entries, (size_t)h->count * sizeof *h->entries);
    const bool fine = check_names(&sorted, where);
    free(sorted.entries);
    return fine;
}

/* Adds an entry to the root; false where memory is short. */
static bool add_entry(cJSON *root, const gra__tensor_entry *e)
{
    cJSON *const item = cJSON_AddObjectToObject(root, e->name);
    bool fine = item && cJSON_AddStringToObject(item, "dtype", dtype_names[e->dtype]);
    cJSON *const shape = fine ? cJSON_AddArrayToObject(item, "shape") : NULL;
    for (int i = 0; shape && i < e->shape.count; i++)
        fine &= cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)e->shape.size[i]));
    cJSON *const offsets = shape ? cJSON_AddArrayToObject(item, "data_offsets") : NULL;
    return fine && offsets && cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)e->begin)) &&
           cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)e->end));
}

static char *padded(char *text)
{
    const size_t length = text ? strlen(text) : 0, whole = (length + 7) / 8 * 8;
    char *const larger = text ? realloc(text, whole + 1) : NULL;
    if (!larger) {
        free(text);
        return NULL;
    }
    memset(larger + length, ' ', whole - length);
    larger[whole] = 0;
    return larger;
}

char *gra__header_write(const gra__tensor_header *h, const char *where)
{
    if (!check_new_names(h, where))
        return NULL;
    cJSON *const root = cJSON_CreateObject();
    cJSON *const metadata = root ? cJSON_AddObjectToObject(root, METADATA) : NULL;
    bool fine = metadata && cJSON_AddStringToObject(metadata, "format", "pt");
    for (int i = 0; i < h->count && fine; i++)
        fine = add_entry(root, &h->entries[i]);
    char *const text = fine ? padded(cJSON_PrintUnformatted(root)) : NULL;
    cJSON_Delete(root);
    return text ? text : gra_fail("%s: out of memory for the header", where);
}
