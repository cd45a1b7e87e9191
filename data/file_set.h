/* file_set.h - the files of a folder, or of an archive that is read where it lies.
 *
 *     gra__file_set *s = gra__file_set_open("gra_image_folder", path, (gra__wanted){is_image}, 0);
 *     gra__file_bytes b;
 *     if (gra__file_set_read(s, i, &b))
 *         ...                                          b.bytes, b.size; s->files[i].name
 *     gra__file_bytes_free(&b);
 *     gra__file_set_close(s);
 *
 * An archive is a .tar, a compressed .tar (gzip, bzip2, xz, zstd) or a .zip; what it is is told by its
 * bytes, not by its name.  The members of a plain .tar stay in it and are read when asked for.
 * Those of others are unpacked once and held in memory.  Several threads may read at once.
 *
 * Files are in the order of torchvision's ImageFolder: by the first folder of their name, then by the
 * name of the folder they are in, then by their own, each compared byte by byte.  Hidden ones, whose
 * name or whose folder's begins with a dot, are left out.
 * May include: core, the file headers of io.
 */
#ifndef GRA_DATA_FILE_SET_H
#define GRA_DATA_FILE_SET_H

#include "io/input_file.h"

/* A block of memory: a file as it was read. */
typedef struct gra__held {
    size_t size;
    unsigned char bytes[];
} gra__held;

typedef struct gra__file {
    char *name;      /* owned; below the path that was opened, "cat/1.jpg" */
    bool is_folder;  /* then it is only a name */
    uint64_t offset; /* in a plain .tar */
    uint64_t size;   /* there and in other archives; 0 in a folder, where the file itself tells */
    gra__held *held; /* owned; NULL where it is read when asked for; atomic */
} gra__file;

typedef struct gra__file_set {
    const char *op; /* for messages; a literal */
    char *path;     /* owned */
    bool is_archive;
    bool cache;          /* keep what was read; may be set after opening */
    gra__input_file tar; /* open where members of a plain .tar are read from it */
    gra__file *files;    /* owned; count of them in room for more */
    int64_t count, room;
} gra__file_set;

/* Which files are listed; the context is the caller's. */
typedef struct gra__wanted {
    bool (*is)(const char *name, const void *context); /* NULL: all */
    const void *context;
} gra__wanted;

static inline bool gra__is_wanted(const gra__wanted *wanted, const char *name)
{
    return !wanted->is || wanted->is(name, wanted->context);
}

typedef struct gra__file_bytes {
    const void *bytes;
    size_t size;
    gra__held *owned; /* NULL where the set holds them */
} gra__file_bytes;

/* Lists the folders below path and the files that are wanted. What is unpacked may take `most` bytes
 * (0: half of the machine's memory). NULL with an error for what is missing, neither
 * folder nor archive, cut short, hostile (absolute names, "..", links, devices) or too large. */
gra__file_set *gra__file_set_open(const char *op, const char *path, gra__wanted wanted,
                                  uint64_t most);
void gra__file_set_close(gra__file_set *s); /* NULL is fine */

/* Reads file i; false with an error. After either, gra__file_bytes_free must be called. */
bool gra__file_set_read(const gra__file_set *s, int64_t i, gra__file_bytes *b);
void gra__file_bytes_free(gra__file_bytes *b);

/* Makes the set that of a folder in it, whose name goes from the names to the path. False with an
 * error. */
bool gra__file_set_enter(gra__file_set *s, const char *folder);

/* For those who fill a set. Adds a file and returns it; NULL with an error. The next one moves it. */
gra__file *gra__file_set_add(gra__file_set *s, const char *name, bool is_folder);
gra__held *gra__held_new(uint64_t size); /* not cleared; NULL with an error */
void gra__held_free(gra__held *held);

/* A copy of the first `length` letters of a text, NULL with an error; and the end of it. */
char *gra__text_copy(const char *text, size_t length);
void gra__text_free(char *text); /* NULL is fine */

/* Fill the set from its path. */
bool gra__list_folder(gra__file_set *s, gra__wanted wanted);
bool gra__list_archive(gra__file_set *s, gra__wanted wanted, uint64_t most);

#endif
