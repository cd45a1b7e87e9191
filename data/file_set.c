/* file_set.c - what folders and archives have in common: the list, its order, reading. */
#include "data/file_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc_cache.h"
#include "core/error.h"

/* ---- memory ---- */

gra__held *gra__held_new(uint64_t size)
{
    gra__held *const held = gra__alloc(sizeof *held + size);
    if (held)
        held->size = size;
    return held;
}

void gra__held_free(gra__held *held)
{
    if (held)
        gra__dealloc(held, sizeof *held + held->size);
}

char *gra__text_copy(const char *text, size_t length)
{
    char *const copy = gra__alloc(length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

void gra__text_free(char *text)
{
    if (text)
        gra__dealloc(text, strlen(text) + 1);
}

static bool make_room(gra__file_set *s)
{
    if (s->count < s->room)
        return true;
    const int64_t room = s->room ? 2 * s->room : 64;
    gra__file *const files = gra__alloc((size_t)room * sizeof *files);
    if (!files)
        return false;
    if (s->count)
        memcpy(files, s->files, (size_t)s->count * sizeof *files);
    gra__dealloc(s->files, (size_t)s->room * sizeof *files);
    s->files = files;
    s->room = room;
    return true;
}

gra__file *gra__file_set_add(gra__file_set *s, const char *name, bool is_folder)
{
    char *const copy = gra__text_copy(name, strlen(name));
    if (!copy || !make_room(s)) {
        gra__text_free(copy);
        return NULL;
    }
    gra__file *const file = &s->files[s->count++];
    *file = (gra__file){.name = copy, .is_folder = is_folder};
    return file;
}

/* ---- order ---- */

static size_t length_of_folder(const char *name)
{
    const char *const slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

/* Compares two stretches of text as strcmp does. */
static int compare_parts(const char *a, size_t length_a, const char *b, size_t length_b)
{
    const int order = memcmp(a, b, length_a < length_b ? length_a : length_b);
    return order ? order : (length_a > length_b) - (length_a < length_b);
}

static int compare_files(const void *first, const void *second)
{
    const char *const a = ((const gra__file *)first)->name;
    const char *const b = ((const gra__file *)second)->name;
    int order = compare_parts(a, strcspn(a, "/"), b, strcspn(b, "/"));
    if (!order)
        order = compare_parts(a, length_of_folder(a), b, length_of_folder(b));
    return order ? order : strcmp(a, b);
}

/* Sorts the list. A folder may be named twice in an archive, a file may not. */
static bool put_in_order(gra__file_set *s)
{
    if (s->count)
        qsort(s->files, (size_t)s->count, sizeof *s->files, compare_files);
    for (int64_t i = 1; i < s->count; i++)
        if (!s->files[i].is_folder && strcmp(s->files[i - 1].name, s->files[i].name) == 0) {
            gra_fail("%s: %s: it has %s twice; make it anew, without appending to it", s->op,
                     s->path, s->files[i].name);
            return false;
        }
    return true;
}

static void free_file(gra__file *file)
{
    gra__held_free(file->held);
    gra__text_free(file->name);
}

/* The part of the name that lies in the folder, or NULL where it lies elsewhere. */
static const char *name_within(const char *name, const char *folder)
{
    const size_t length = strlen(folder);
    return strncmp(name, folder, length) == 0 && name[length] == '/' ? name + length + 1 : NULL;
}

static bool go_below(gra__file_set *s, const char *folder)
{
    const size_t length = strlen(s->path), more = strlen(folder);
    char *const path = gra__alloc(length + 1 + more + 1);
    if (!path)
        return false;
    memcpy(path, s->path, length);
    path[length] = '/';
    memcpy(path + length + 1, folder, more + 1);
    gra__text_free(s->path);
    s->path = path;
    return true;
}

bool gra__file_set_enter(gra__file_set *s, const char *folder)
{
    int64_t kept = 0;
    bool fine = true;
    for (int64_t i = 0; i < s->count; i++) {
        gra__file file = s->files[i];
        const char *const within = fine ? name_within(file.name, folder) : NULL;
        char *const name = within ? gra__text_copy(within, strlen(within)) : NULL;
        fine &= !within || name;
        if (!name) {
            free_file(&file);
            continue;
        }
        gra__text_free(file.name);
        file.name = name;
        s->files[kept++] = file;
    }
    s->count = kept;
    return fine && go_below(s, folder) && put_in_order(s);
}

/* ---- life ---- */

static bool list(gra__file_set *s, gra__wanted wanted, uint64_t most)
{
    struct stat info;
    if (stat(s->path, &info) < 0) {
        gra_fail("%s: %s: %s; a folder or an archive (.tar, .tar.gz, .zip) is needed", s->op,
                 s->path, strerror(errno));
        return false;
    }
    s->is_archive = !S_ISDIR(info.st_mode);
    if (s->is_archive ? !gra__list_archive(s, wanted, most) : !gra__list_folder(s, wanted))
        return false;
    return put_in_order(s);
}

gra__file_set *gra__file_set_open(const char *op, const char *path, gra__wanted wanted,
                                  uint64_t most)
{
    if (gra_error())
        return NULL;
    if (!path)
        return gra_fail("%s: the path is NULL; that of a folder or an archive is needed", op);
    gra__file_set *const s = gra__alloc_zeroed(sizeof *s);
    if (!s)
        return NULL;
    s->op = op;
    s->tar.fd = -1;
    s->path = gra__text_copy(path, strlen(path));
    if (s->path && list(s, wanted, most))
        return s;
    gra__file_set_close(s);
    return NULL;
}

void gra__file_set_close(gra__file_set *s)
{
    if (!s)
        return;
    for (int64_t i = 0; i < s->count; i++)
        free_file(&s->files[i]);
    gra__dealloc(s->files, (size_t)s->room * sizeof *s->files);
    gra__input_close(&s->tar);
    gra__text_free(s->path);
    gra__dealloc(s, sizeof *s);
}

/* ---- reading ---- */

static gra__held *read_from_folder(const gra__file_set *s, const char *name)
{
    char *path;
    gra__input_file file;
    gra__held *held = NULL;
    if (asprintf(&path, "%s/%s", s->path, name) < 0)
        return gra_fail("%s: %s/%s: out of memory", s->op, s->path, name);
    if (gra__input_open(&file, s->op, path)) {
        held = gra__held_new(file.size);
        if (held && !gra__input_read(&file, 0, held->bytes, held->size)) {
            gra__held_free(held);
            held = NULL;
        }
    }
    gra__input_close(&file);
    free(path);
    return held;
}

static gra__held *read_from_tar(const gra__file_set *s, const gra__file *file)
{
    gra__held *const held = gra__held_new(file->size);
    if (!held || gra__input_read(&s->tar, file->offset, held->bytes, held->size))
        return held;
    gra__held_free(held);
    return NULL;
}

/* Where threads read the same file for the first time at once, the first to be done is the one whose
 * bytes stay. */
static gra__held *put_in_cache(gra__file *file, gra__held *held)
{
    gra__held *there = NULL;
    if (__atomic_compare_exchange_n(&file->held, &there, held, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return held;
    gra__held_free(held);
    return there;
}

bool gra__file_set_read(const gra__file_set *s, int64_t i, gra__file_bytes *b)
{
    *b = (gra__file_bytes){0};
    gra__file *const file = &s->files[i];
    gra__held *held = __atomic_load_n(&file->held, __ATOMIC_ACQUIRE);
    if (!held) {
        held = s->is_archive ? read_from_tar(s, file) : read_from_folder(s, file->name);
        if (!held)
            return false;
        if (s->cache)
            held = put_in_cache(file, held);
        else
            b->owned = held;
    }
    b->bytes = held->bytes;
    b->size = held->size;
    return true;
}

void gra__file_bytes_free(gra__file_bytes *b)
{
    gra__held_free(b->owned);
    *b = (gra__file_bytes){0};
}
