/* safetensors.c - whole files: writing, reading, and a module's state. */
#include "io/safetensors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "io/input_file.h"
#include "io/new_file.h"
#include "io/safetensors_header.h"
#include "io/tensor_file.h"
#include "nn/module_struct.h"
#include "ops/iterate.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensors are written as they lie in memory, and the format is little-endian");

enum { PREFIX = 8 }; /* bytes of the header's length */

/* ---- writing ---- */

/* Tensors and the names that they are saved by. */
typedef struct named {
    char *name; /* owned */
    gra_tensor *tensor;
} named;

typedef struct named_list {
    named *list;
    int count;
} named_list;

static int append(const char *name, gra_tensor *t, void *context)
{
    named_list *const all = context;
    named *const list = gra__grown(all->list, all->count, sizeof *list);
    char *const copy = list ? strdup(name) : NULL;
    all->list = list ? list : all->list;
    if (!copy) {
        gra_fail("gra_save: out of memory");
        return -1;
    }
    list[all->count++] = (named){copy, t};
    return 0;
}

static void named_free(named_list *all)
{
    for (int i = 0; i < all->count; i++)
        free(all->list[i].name);
    free(all->list);
}

/* Puts wide elements first, so that all lie on multiples of their size; stable. */
static void sort_by_width(named_list *all)
{
    for (int i = 1; i < all->count; i++) {
        const named moving = all->list[i];
        const size_t width = gra_dtype_size(moving.tensor->dtype);
        int at = i;
        for (; at > 0 && gra_dtype_size(all->list[at - 1].tensor->dtype) < width; at--)
            all->list[at] = all->list[at - 1];
        all->list[at] = moving;
    }
}

/* The header of a file with these tensors; its names are borrowed. */
static char *header_text(const char *op, const named_list *all)
{
    gra__tensor_header h = {calloc((size_t)all->count + 1, sizeof *h.entries), all->count};
    uint64_t end = 0;
    for (int i = 0; h.entries && i < all->count; i++) {
        const gra_tensor *const t = all->list[i].tensor;
        const uint64_t begin = end;
        end += (uint64_t)t->numel * gra_dtype_size(t->dtype);
        h.entries[i] = (gra__tensor_entry){all->list[i].name, t->dtype, t->shape, begin, end};
    }
    char *const text = h.entries ? gra__header_write(&h, op) : gra_fail("%s: out of memory", op);
    free(h.entries);
    return text;
}

static bool write_tensor(gra__new_file *f, gra_tensor *t)
{
    const int mark = gra_mark();
    gra_tensor *const flat = t->contiguous ? t : gra__row_major_copy(t, t->dtype);
    const bool fine =
        flat && gra__new_file_write(f, gra__ptr(flat), (size_t)t->numel * gra_dtype_size(t->dtype));
    gra_release(mark);
    return fine;
}

static int save(const char *op, const char *path, named_list *all)
{
    sort_by_width(all);
    char *const text = header_text(op, all);
    if (!text)
        return -1;
    const uint64_t length = strlen(text);
    gra__new_file f;
    bool fine = gra__new_file_open(&f, op, path) && gra__new_file_write(&f, &length, PREFIX) &&
                gra__new_file_write(&f, text, length);
    for (int i = 0; i < all->count && fine; i++)
        fine = write_tensor(&f, all->list[i].tensor);
    fine = gra__new_file_close(&f, fine);
    free(text);
    return fine ? 0 : -1;
}

int gra_save(const gra_module *m, const char *path)
{
    named_list all = {0};
    if (!m)
        gra_fail("gra_save: the module is NULL");
    const bool fine = gra__module_visit(m, GRA__STATE, append, &all) == 0;
    const int result = fine ? save("gra_save", path, &all) : -1;
    named_free(&all);
    return result;
}

int gra__tensor_file_write(const char *op, const char *path, const char *const *names,
                           gra_tensor *const *tensors, int count)
{
    named_list all = {0};
    if (count > 0 && (!names || !tensors))
        gra_fail("%s: the list of %s is NULL", op, names ? "tensors" : "names");
    for (int i = 0; i < count && !gra_error(); i++) {
        if (names[i] && tensors[i])
            append(names[i], tensors[i], &all);
        else
            gra_fail("%s: %s %d is NULL", op, names[i] ? "tensor" : "name", i);
    }
    const int result = gra_error() ? -1 : save(op, path, &all);
    named_free(&all);
    return result;
}

int gra_save_tensors(const char *path, const char *const *names, gra_tensor *const *tensors,
                     int count)
{
    return gra__tensor_file_write("gra_save_tensors", path, names, tensors, count);
}

/* ---- reading ---- */

static void file_destroy(void *self)
{
    gra_tensor_file *const file = self;
    gra__input_close(&file->in);
    gra__header_free(&file->header);
    gra__dealloc(file, sizeof *file);
}

static const gra_kind file_kind = {
    .name = "tensor file",
    .keeper = "whoever opened it",
    .destroy = file_destroy,
};

/* Reads the length of the header, which must fit into the file. */
static bool read_length(const gra__input_file *in, uint64_t *length)
{
    if (in->size < PREFIX)
        gra_fail("%s: the file is truncated: it has %llu bytes, and the header's length takes 8",
                 in->where, (unsigned long long)in->size);
    if (gra_error() || !gra__input_read(in, 0, length, PREFIX))
        return false;
    if (*length > GRA__HEADER_MAX)
        gra_fail("%s: the header would have %llu bytes; at most %d are possible, so this is no "
                 "safetensors file",
                 in->where, (unsigned long long)*length, GRA__HEADER_MAX);
    else if (*length > in->size - PREFIX)
        gra_fail("%s: the file is truncated: its header has %llu bytes, %llu are there", in->where,
                 (unsigned long long)*length, (unsigned long long)(in->size - PREFIX));
    return !gra_error();
}

static bool read_header(gra_tensor_file *file)
{
    const gra__input_file *const in = &file->in;
    uint64_t length = 0;
    if (!read_length(in, &length))
        return false;
    file->data = PREFIX + length;
    char *const text = malloc(length + 1);
    if (!text)
        gra_fail("%s: out of memory for a header of %llu bytes", in->where,
                 (unsigned long long)length);
    const bool fine =
        text && gra__input_read(in, PREFIX, text, length) &&
        gra__header_read(&file->header, in->where, text, length, in->size - file->data);
    free(text);
    return fine;
}

gra_tensor_file *gra__tensor_file_open(const char *op, const char *path)
{
    if (gra_error())
        return NULL;
    gra_tensor_file *const file = gra__alloc_zeroed(sizeof *file);
    if (!file)
        return NULL;
    gra__object_init(&file->head, &file_kind, 1);
    if (gra__input_open(&file->in, op, path) && read_header(file))
        return file;
    gra__release(file);
    return NULL;
}

gra_tensor_file *gra_tensor_file_open(const char *path)
{
    return gra__tensor_file_open("gra_tensor_file_open", path);
}

int gra_tensor_file_count(const gra_tensor_file *file)
{
    return file ? file->header.count : -1;
}

const char *gra_tensor_file_name(const gra_tensor_file *file, int i)
{
    if (file && (i < 0 || i >= file->header.count))
        return gra_fail("gra_tensor_file_name: there is no tensor %d; the file has %d", i,
                        file->header.count);
    return file ? file->header.entries[i].name : NULL;
}

const gra__tensor_entry *gra__tensor_file_find(const gra_tensor_file *file, const char *name)
{
    for (int i = 0; i < file->header.count; i++)
        if (strcmp(file->header.entries[i].name, name) == 0)
            return &file->header.entries[i];
    return NULL;
}

/* A bool is 0 or 1 in memory, and every kernel counts on it. */
static bool check_bools(const gra_tensor_file *file, const gra__tensor_entry *e,
                        const gra_tensor *t)
{
    const uint8_t *const bytes = gra__ptr(t);
    for (int64_t i = 0; i < t->numel; i++)
        if (bytes[i] > 1) {
            gra_fail("%s: tensor \"%s\" holds a %d; a BOOL is 0 or 1", file->in.where, e->name,
                     bytes[i]);
            return false;
        }
    return true;
}

gra_tensor *gra__tensor_file_read(const gra_tensor_file *file, const gra__tensor_entry *e)
{
    gra_tensor *const t = gra__empty("gra_tensor_file_get", e->shape, e->dtype);
    if (!t ||
        !gra__input_read(&file->in, file->data + e->begin, gra__ptr(t),
                         (size_t)(e->end - e->begin)) ||
        (t->dtype == GRA_BOOL && !check_bools(file, e, t)))
        return NULL;
    return t;
}

gra_tensor *gra_tensor_file_get(gra_tensor_file *file, const char *name)
{
    if (!file || gra_error())
        return NULL;
    if (!name)
        return gra_fail("gra_tensor_file_get: the name is NULL");
    const gra__tensor_entry *const e = gra__tensor_file_find(file, name);
    return e ? gra__tensor_file_read(file, e)
             : gra_fail("%s: there is no tensor \"%s\"", file->in.where, name);
}

/* ---- what does not fit ---- */

void gra__complain(gra__complaint *c, const char *format, ...)
{
    if (c->count++ >= GRA__LISTED)
        return;
    const size_t used = strlen(c->text);
    snprintf(c->text + used, GRA__LIST_TEXT - used, "%s", used ? ", " : "");
    const size_t start = strlen(c->text);
    va_list list;
    va_start(list, format);
    vsnprintf(c->text + start, GRA__LIST_TEXT - start, format, list);
    va_end(list);
}

void gra__compare_entry(gra__misfit *m, const char *name, const gra__tensor_entry *e,
                        gra_shape shape, gra_dtype dtype)
{
    char got[GRA_SHAPE_TEXT], expected[GRA_SHAPE_TEXT];
    if (!e)
        gra__complain(&m->missing, "%s", name);
    else if (!gra_shape_equal(e->shape, shape))
        gra__complain(&m->shapes, "%s is %s, not %s", name, gra_shape_text(e->shape, got),
                      gra_shape_text(shape, expected));
    else if (e->dtype != dtype &&
             !(gra_dtype_is_floating(e->dtype) && gra_dtype_is_floating(dtype)))
        gra__complain(&m->dtypes, "%s is %s, not %s", name, gra_dtype_name(e->dtype),
                      gra_dtype_name(dtype));
}

/* Writes "; title: list" and how many more there are. */
static size_t write_complaint(char *text, size_t size, size_t used, const char *title,
                              const gra__complaint *c)
{
    if (c->count == 0)
        return used;
    char more[32] = "";
    if (c->count > GRA__LISTED)
        snprintf(more, sizeof more, " and %d more", c->count - GRA__LISTED);
    const int length =
        snprintf(text + used, size - used, "%s%s %s%s", used ? "; " : "", title, c->text, more);
    return used + (size_t)length < size ? used + (size_t)length : size - 1;
}

bool gra__misfit_none(const gra__misfit *m, const char *where, const char *what)
{
    char text[4 * GRA__LIST_TEXT];
    size_t used = write_complaint(text, sizeof text, 0, "missing", &m->missing);
    used = write_complaint(text, sizeof text, used, "unexpected", &m->unexpected);
    used = write_complaint(text, sizeof text, used, "shape of", &m->shapes);
    used = write_complaint(text, sizeof text, used, "dtype of", &m->dtypes);
    if (used > 0)
        gra_fail("%s: does not fit the %s: %s", where, what, text);
    return used == 0;
}

/* ---- loading a module ---- */

typedef struct loading {
    const gra_tensor_file *file;
    named_list state;
    gra__misfit misfit;
} loading;

/* Compares a tensor of the module with the file's. */
static int compare(const char *name, gra_tensor *t, void *context)
{
    loading *const l = context;
    gra__compare_entry(&l->misfit, name, gra__tensor_file_find(l->file, name), t->shape, t->dtype);
    return append(name, t, &l->state);
}

static bool state_has(const named_list *state, const char *name)
{
    for (int i = 0; i < state->count; i++)
        if (strcmp(state->list[i].name, name) == 0)
            return true;
    return false;
}

static bool fits(loading *l, const gra_module *m)
{
    if (gra__module_visit(m, GRA__STATE, compare, l) < 0)
        return false;
    for (int i = 0; i < l->file->header.count; i++)
        if (!state_has(&l->state, l->file->header.entries[i].name))
            gra__complain(&l->misfit.unexpected, "%s", l->file->header.entries[i].name);
    return gra__misfit_none(&l->misfit, l->file->in.where, "module");
}

/* Reads and converts everything first, so that a failure leaves the module as it was. */
static bool load_all(const loading *l)
{
    const named_list *const state = &l->state;
    gra_tensor **const values = calloc((size_t)state->count + 1, sizeof *values);
    bool fine = values != NULL;
    if (!fine)
        gra_fail("gra_load: out of memory");
    for (int i = 0; i < state->count && fine; i++) {
        gra_tensor *const read =
            gra__tensor_file_read(l->file, gra__tensor_file_find(l->file, state->list[i].name));
        values[i] = read ? gra__converted(read, state->list[i].tensor->dtype) : NULL;
        fine = values[i] != NULL;
    }
    for (int i = 0; i < state->count && fine; i++) {
        gra_tensor *const t = state->list[i].tensor;
        fine = gra__copy_into("gra_load", t, values[i]);
        gra_tensor_touch(t);
        t->storage->writer = "gra_load";
    }
    free(values);
    return fine;
}

int gra_load(gra_module *m, const char *path)
{
    if (!m)
        gra_fail("gra_load: the module is NULL");
    gra_tensor_file *const file = gra__tensor_file_open("gra_load", path);
    if (!file)
        return -1;
    const int mark = gra_mark();
    loading l = {.file = file};
    const bool fine = fits(&l, m) && load_all(&l);
    gra_release(mark);
    named_free(&l.state);
    gra__release(file);
    return fine ? 0 : -1;
}
