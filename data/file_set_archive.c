/* file_set_archive.c - the members of an archive, through libarchive, which is included here alone. */
#include "data/file_set.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

#ifdef GRA_HAVE_ARCHIVES

#include <archive.h>
#include <archive_entry.h>

enum { BLOCK = 1 << 16 };

typedef struct unpacking {
    gra__file_set *set;
    gra__wanted wanted;
    uint64_t left, most; /* bytes that may still be unpacked; of all */
    struct archive *archive;
} unpacking;

static bool failed(const unpacking *u, const char *text)
{
    gra_fail("%s: %s: %s", u->set->op, u->set->path, text);
    return false;
}

static bool refused(const unpacking *u, const char *member, const char *what)
{
    gra_fail("%s: %s: the member \"%s\" %s; unpack the archive where you trust it, or make it anew "
             "of plain files: tar -h --hard-dereference -C FOLDER -cf ARCHIVE.tar .",
             u->set->op, u->set->path, member, what);
    return false;
}

/* libarchive's words for what is no archive, or a damaged one. */
static bool damaged(const unpacking *u)
{
    const char *const why = archive_error_string(u->archive);
    if (archive_format(u->archive) == 0 && archive_errno(u->archive) == EILSEQ) /* unknown */
        gra_fail("%s: %s: this is no archive (%s); a folder, or a .tar, .tar.gz or .zip file is "
                 "needed",
                 u->set->op, u->set->path, why ? why : "it is empty");
    else
        gra_fail("%s: %s: the archive is cut short or damaged after %lld files (%s); fetch or make "
                 "it again",
                 u->set->op, u->set->path, (long long)u->set->count, why ? why : "no reason given");
    return false;
}

/* The name without "./" before it and "/" behind it; NULL with an error for one that could lead out of
 * a folder. */
static const char *safe_name(const unpacking *u, char *name)
{
    if (name[0] == '/') {
        refused(u, name, "has an absolute path");
        return NULL;
    }
    for (const char *part = name; *part; part += strcspn(part, "/"), part += *part == '/')
        if (strcspn(part, "/") == 2 && memcmp(part, "..", 2) == 0) {
            refused(u, name, "leads out of its folder with \"..\"");
            return NULL;
        }
    while (name[0] == '.' && name[1] == '/')
        name += 2 + strspn(name + 2, "/");
    for (size_t end = strlen(name); end && name[end - 1] == '/'; end--)
        name[end - 1] = 0;
    return name;
}

static bool is_hidden(const char *name)
{
    for (; name; name = strchr(name, '/') ? strchr(name, '/') + 1 : NULL)
        if (*name == '.')
            return true;
    return false;
}

/* Where a plain .tar has the member's bytes: nothing was packed, nothing left out. */
static bool lies_plain(const unpacking *u, struct archive_entry *entry)
{
    return (archive_format(u->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR &&
           archive_filter_count(u->archive) == 1 && archive_entry_sparse_count(entry) == 0;
}

static bool unpack(unpacking *u, gra__file *file)
{
    if (file->size > u->left) {
        gra_fail(
            "%s: %s: its files take more than %llu bytes, which is too much to hold in memory; "
            "unpack it into a folder, or into a plain .tar",
            u->set->op, u->set->path, (unsigned long long)u->most);
        return false;
    }
    u->left -= file->size;
    file->held = gra__held_new(file->size);
    if (!file->held)
        return false;
    for (size_t done = 0; done < file->size;) {
        const la_ssize_t got =
            archive_read_data(u->archive, file->held->bytes + done, file->size - done);
        if (got <= 0)
            return damaged(u);
        done += (size_t)got;
    }
    return true;
}

static bool add_member(unpacking *u, struct archive_entry *entry, const char *name)
{
    const uint64_t size = (uint64_t)archive_entry_size(entry);
    if (!gra__is_wanted(&u->wanted, name))
        return true;
    if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
        return refused(u, name, "does not tell its size");
    gra__file *const file = gra__file_set_add(u->set, name, false);
    if (!file)
        return false;
    file->size = size;
    if (!lies_plain(u, entry))
        return unpack(u, file);
    file->offset = (uint64_t)archive_filter_bytes(u->archive, 0);
    if (file->offset > u->set->tar.size || size > u->set->tar.size - file->offset) {
        gra_fail("%s: %s: the archive is cut short in %s; fetch or make it again", u->set->op,
                 u->set->path, name);
        return false;
    }
    return true;
}

/* The name as UTF-8, also where the locale has no such letters. */
static const char *name_of(struct archive_entry *entry)
{
    const char *const name = archive_entry_pathname(entry);
    return name ? name : archive_entry_pathname_utf8(entry);
}

static bool take_entry(unpacking *u, struct archive_entry *entry)
{
    const char *const given = name_of(entry);
    char *const copy = given ? strdup(given) : NULL;
    if (!copy)
        return failed(u, "a member's name cannot be read; make it anew with plain names");
    const char *const name = safe_name(u, copy);
    const unsigned type = archive_entry_filetype(entry);
    bool fine = name;
    if (!fine || !*name)
        ; /* "./" itself */
    else if (archive_entry_hardlink(entry) || type == AE_IFLNK)
        fine = refused(u, name, "is a link");
    else if (type != AE_IFREG && type != AE_IFDIR)
        fine = refused(u, name, "is neither a file nor a folder");
    else if (!is_hidden(name))
        fine = type == AE_IFDIR ? gra__file_set_add(u->set, name, true) != NULL
                                : add_member(u, entry, name);
    free(copy);
    return fine;
}

static bool take_entries(unpacking *u)
{
    struct archive_entry *entry;
    for (;;) {
        const int got = archive_read_next_header(u->archive, &entry);
        if (got == ARCHIVE_EOF)
            return u->set->count > 0 || archive_format(u->archive) != 0 || damaged(u);
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
            return damaged(u);
        if (!take_entry(u, entry))
            return false;
    }
}

/* No program is started for a compression that libarchive itself does not know. */
static bool begin(unpacking *u)
{
    u->archive = archive_read_new();
    if (!u->archive)
        return failed(u, "out of memory");
    archive_read_support_format_tar(u->archive);
    archive_read_support_format_zip(u->archive);
    archive_read_support_filter_gzip(u->archive);
    archive_read_support_filter_bzip2(u->archive);
    archive_read_support_filter_xz(u->archive);
    archive_read_support_filter_zstd(u->archive);
    return archive_read_open_fd(u->archive, u->set->tar.fd, BLOCK) == ARCHIVE_OK || damaged(u);
}

static uint64_t half_of_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 2 : INT64_MAX;
}

static bool list(gra__file_set *s, gra__wanted wanted, uint64_t most)
{
    unpacking u = {.set = s, .wanted = wanted, .left = most, .most = most};
    const bool fine = begin(&u) && take_entries(&u);
    archive_read_free(u.archive);
    return fine;
}

/* libarchive gives names in the thread's locale, and none where that has not their letters. A name's bytes
 * are to be the same in any, as those of a folder's files are. */
bool gra__list_archive(gra__file_set *s, gra__wanted wanted, uint64_t most)
{
    if (!gra__input_open(&s->tar, s->op, s->path))
        return false;
    const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    const locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    const bool fine = list(s, wanted, most ? most : half_of_memory());
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    return fine;
}

#else

bool gra__list_archive(gra__file_set *s, gra__wanted wanted, uint64_t most)
{
    (void)wanted, (void)most;
    gra_fail("%s: %s: archives cannot be read, as Gradus was built without libarchive; unpack it "
             "into a folder, or build with libarchive",
             s->op, s->path);
    return false;
}

#endif
