/* image_folder.c - photographs in one folder a class. */
#include "data/image_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/alloc_cache.h"
#include "core/create.h"
#include "core/error.h"
#include "core/object_struct.h"
#include "data/dataset_class.h"
#include "data/file_set.h"
#include "data/image_set.h"
#include "data/images/decoder.h"

static const char op[] = "gra_image_folder";

typedef struct example {
    int64_t file, class_;
} example;

typedef struct image_folder {
    gra__file_set *files;     /* owned */
    gra_transform *transform; /* owned, or NULL */
    example *examples;        /* owned; count of them in room for as many as there are files */
    char **names; /* owned, with the texts; class_count of them in room for class_room */
    int64_t count, room, class_count, class_room;
    gra_image_mode mode;
    int64_t max_pixels;
} image_folder;

/* ---- examples ---- */

static int64_t folder_size(const gra_dataset *set)
{
    const image_folder *const f = gra_dataset_data(set);
    return f->count;
}

static gra_tensor *decode(const image_folder *f, int64_t file, const gra__file_bytes *b)
{
    char *name;
    if (asprintf(&name, "%s/%s", f->files->path, f->files->files[file].name) < 0)
        return gra_fail("%s: out of memory", op);
    gra_tensor *const x =
        gra_transform_image(f->transform, &(gra_encoded_image){.bytes = b->bytes,
                                                               .size = b->size,
                                                               .name = name,
                                                               .mode = f->mode,
                                                               .max_pixels = f->max_pixels});
    free(name);
    return x;
}

static int folder_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const image_folder *const f = gra_dataset_data(set);
    gra__file_bytes b;
    const bool fine = gra__file_set_read(f->files, f->examples[i].file, &b);
    *x = fine ? decode(f, f->examples[i].file, &b) : NULL;
    *y = gra_scalar((double)f->examples[i].class_, GRA_INT64);
    gra__file_bytes_free(&b);
    return *x && *y ? 0 : -1;
}

static void folder_destroy(gra_dataset *set)
{
    const image_folder *const f = gra_dataset_data(set);
    gra__file_set_close(f->files);
    gra__release(f->transform);
    for (int64_t i = 0; i < f->class_count; i++)
        gra__text_free(f->names[i]);
    gra__dealloc(f->names, (size_t)f->class_room * sizeof *f->names);
    gra__dealloc(f->examples, (size_t)f->room * sizeof *f->examples);
}

static const gra_dataset_class folder_class = {
    .name = "of images in folders",
    .size = folder_size,
    .get = folder_get,
    .destroy = folder_destroy,
};

/* ---- which files ---- */

static bool is_image(const char *name, const void *inside)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png",  ".ppm", ".bmp",
                                          ".pgm", ".tif",  ".tiff", ".webp"};
    const char *const ending = strrchr(name, '.');
    if (inside && strncmp(name, inside, strlen(inside)) != 0)
        return false;
    for (size_t i = 0; ending && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(ending, endings[i]) == 0)
            return true;
    return false;
}

static bool in_same_folder(const char *a, const char *b)
{
    const size_t length = strcspn(a, "/");
    return length == strcspn(b, "/") && memcmp(a, b, length) == 0;
}

static bool is_in_a_class(const gra__file *file)
{
    return file->is_folder || strchr(file->name, '/');
}

/* Whether all there is lies in one folder, and no image is in it but in folders below. */
static bool is_wrapped(const gra__file_set *s)
{
    bool any = false;
    for (int64_t i = 0; i < s->count; i++) {
        const char *const slash = strchr(s->files[i].name, '/');
        if (!in_same_folder(s->files[0].name, s->files[i].name))
            return false;
        if (!s->files[i].is_folder && (!slash || !strchr(slash + 1, '/')))
            return false;
        any |= !s->files[i].is_folder;
    }
    return any;
}

static bool unwrap(gra__file_set *s)
{
    while (is_wrapped(s)) {
        char *const folder = strndup(s->files[0].name, strcspn(s->files[0].name, "/"));
        const bool fine = folder && gra__file_set_enter(s, folder);
        free(folder);
        if (!fine)
            return gra_fail("%s: out of memory", op);
    }
    return true;
}

static bool enter(gra__file_set *s, const char *inside)
{
    if (inside && *inside)
        return gra__file_set_enter(s, inside);
    return inside || !s->is_archive || unwrap(s);
}

/* ---- the classes ---- */

/* The first file of a class that comes after file `last` (-1: the first of all), or the count of files:
 * a class's files stand side by side. */
static int64_t next_class(const gra__file_set *s, int64_t last)
{
    int64_t i = last + 1;
    while (i < s->count && (!is_in_a_class(&s->files[i]) ||
                            (last >= 0 && in_same_folder(s->files[last].name, s->files[i].name))))
        i++;
    return i;
}

static bool make_room(image_folder *f)
{
    const gra__file_set *const s = f->files;
    f->room = s->count;
    for (int64_t i = next_class(s, -1); i < s->count; i = next_class(s, i))
        f->class_room++;
    f->examples = gra__alloc((size_t)f->room * sizeof *f->examples);
    f->names = gra__alloc((size_t)f->class_room * sizeof *f->names);
    return f->examples && f->names;
}

/* The class whose files stand from `begin` on; at most `limit` of its images. */
static bool add_class(image_folder *f, int64_t begin, int64_t end, int64_t limit)
{
    const gra__file *const files = f->files->files;
    const char *const first = files[begin].name;
    char *const name = gra__text_copy(first, strcspn(first, "/"));
    const int64_t before = f->count;
    if (!name)
        return false;
    for (int64_t i = begin; i < end && (f->count - before < limit || limit == 0); i++)
        if (!files[i].is_folder && in_same_folder(first, files[i].name))
            f->examples[f->count++] = (example){i, f->class_count};
    f->names[f->class_count++] = name;
    if (f->count > before)
        return true;
    gra_fail("%s: %s: the class folder %s has no images (.jpg, .jpeg, .png); put some into it, or "
             "remove it",
             op, f->files->path, name);
    return false;
}

static bool number_examples(image_folder *f, int64_t limit)
{
    const gra__file_set *const s = f->files;
    for (int64_t i = next_class(s, -1), next; i < s->count; i = next) {
        next = next_class(s, i);
        if (!add_class(f, i, next, limit))
            return false;
    }
    return true;
}

/* Whether the classes are those of another image folder (NULL: any). */
static bool classes_are_those_of(const image_folder *f, const gra_dataset *other)
{
    const int64_t count = other ? gra_image_folder_classes(other) : f->class_count;
    if (count < 0)
        return false;
    for (int64_t i = 0; other && i < count && i < f->class_count; i++) {
        const char *const name = gra_image_folder_class(other, i);
        if (strcmp(f->names[i], name) != 0)
            return gra_fail("%s: %s: class %lld is %s, and %s in the set of .classes_of; both need "
                            "folders of the same names",
                            op, f->files->path, (long long)i, f->names[i], name);
    }
    if (count != f->class_count)
        gra_fail("%s: %s: there are %lld classes, and %lld in the set of .classes_of; both need "
                 "folders of the same names",
                 op, f->files->path, (long long)f->class_count, (long long)count);
    return count == f->class_count;
}

/* The path, or where nothing is there, that of an archive of that name. */
static const char *folder_or_archive(const char *path, char *with_ending, size_t size)
{
    static const char *const endings[] = {".tar", ".tar.gz", ".tgz", ".zip"};
    for (size_t i = 0; path && access(path, F_OK) && i < sizeof endings / sizeof endings[0]; i++) {
        const int length = snprintf(with_ending, size, "%s%s", path, endings[i]);
        if (length < (int)size && access(with_ending, F_OK) == 0)
            return with_ending;
    }
    return path;
}

static bool find_examples(image_folder *f, const gra_image_folder_dataset_options *o)
{
    char archive[4096];
    const char *const path = folder_or_archive(o->path, archive, sizeof archive);
    f->files = gra__file_set_open(op, path, (gra__wanted){is_image, o->inside}, 0);
    if (!f->files || !enter(f->files, o->inside))
        return false;
    f->files->cache = o->cache;
    if (!make_room(f) || !number_examples(f, o->limit))
        return false;
    if (f->count)
        return true;
    if (f->files->count == 0 && o->inside && *o->inside)
        gra_fail(
            "%s: %s: there is no such folder, or no image in it; .inside names the folder in %s "
            "that has the class folders",
            op, f->files->path, path);
    else
        gra_fail("%s: %s: there are no class folders; images belong into one folder a class, "
                 "cat/1.jpg, dog/2.jpg",
                 op, f->files->path);
    return false;
}

static gra_dataset *folder_new(const gra_image_folder_dataset_options *o)
{
    if (!gra__may_take_transform(op, o->transform) ||
        !gra__image_options_are_fine(op, o->mode, o->max_pixels))
        return NULL;
    if (o->limit < 0)
        return gra_fail("%s: limit %lld is out of range; at least 1 is needed (0: all)", op,
                        (long long)o->limit);
    gra_dataset *const set = gra_dataset_new(&folder_class, sizeof(image_folder));
    if (!set)
        return NULL;
    image_folder *const f = gra_dataset_data(set);
    f->mode = o->mode;
    f->max_pixels = o->max_pixels;
    if (find_examples(f, o) && classes_are_those_of(f, o->classes_of)) {
        f->transform = o->transform;
        return set;
    }
    gra_free(set);
    return NULL;
}

/* ---- what users call ---- */

gra_image_folder_dataset_options gra_image_folder_dataset_defaults(void)
{
    return (gra_image_folder_dataset_options){0};
}

gra_image_folder_options gra_image_folder_defaults(void)
{
    return (gra_image_folder_options){GRA_LOADER_DEFAULTS};
}

gra_dataset *gra_image_folder_dataset_with(gra_image_folder_dataset_options o)
{
    return gra__took_transform(folder_new(&o), o.transform);
}

gra_data *gra_image_folder_with(gra_image_folder_options o)
{
    gra_dataset *const set = gra_image_folder_dataset_with(
        (gra_image_folder_dataset_options){.path = o.path,
                                           .transform = o.transform,
                                           .inside = o.inside,
                                           .limit = o.limit,
                                           .cache = o.cache,
                                           .mode = o.mode,
                                           .max_pixels = o.max_pixels,
                                           .classes_of = o.classes_of});
    return set ? gra_loader(set, GRA_LOADER_ARGUMENTS(o)) : NULL;
}

static const image_folder *folder_of(const char *function, const gra_dataset *set)
{
    if (!set || gra_error())
        return NULL;
    if (gra__dataset_class(set) != &folder_class)
        return gra_fail("%s: the data set %s is no image folder", function,
                        gra__dataset_class(set)->name);
    return gra_dataset_data(set);
}

/* Whether i is one of count; else an error. */
static bool is_one(const char *function, const char *what, int64_t i, int64_t count)
{
    if (i >= 0 && i < count)
        return true;
    gra_fail("%s: %s %lld is out of range; there are %lld", function, what, (long long)i,
             (long long)count);
    return false;
}

int64_t gra_image_folder_classes(const gra_dataset *set)
{
    const image_folder *const f = folder_of("gra_image_folder_classes", set);
    return f ? f->class_count : -1;
}

const char *gra_image_folder_class(const gra_dataset *set, int64_t class_)
{
    static const char function[] = "gra_image_folder_class";
    const image_folder *const f = folder_of(function, set);
    return f && is_one(function, "class", class_, f->class_count) ? f->names[class_] : NULL;
}

const char *gra_image_folder_file(const gra_dataset *set, int64_t example)
{
    static const char function[] = "gra_image_folder_file";
    const image_folder *const f = folder_of(function, set);
    return f && is_one(function, "example", example, f->count)
               ? f->files->files[f->examples[example].file].name
               : NULL;
}
