/* file_set_folder.c - the files of a folder and of those below it; links are followed. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "data/file_set.h"

/* A folder that is being read, and those above it: a link that leads back would never end. */
typedef struct level {
    const struct level *above;
    dev_t device;
    ino_t number;
    const char *name; /* below the path that was opened; "" is that one itself */
} level;

typedef struct walk {
    gra__file_set *set;
    gra__wanted wanted;
} walk;

static bool walk_folder(const walk *w, const level *above, const char *name);

static bool failed(const walk *w, const char *name, const char *reason)
{
    gra_fail("%s: %s%s%s: %s", w->set->op, w->set->path, *name ? "/" : "", name, reason);
    return false;
}

/* The path of what is below the one that was opened; to be freed. NULL with an error. */
static char *path_of(const walk *w, const char *name)
{
    char *path;
    if (asprintf(&path, "%s%s%s", w->set->path, *name ? "/" : "", name) < 0)
        return gra_fail("%s: %s: out of memory", w->set->op, w->set->path);
    return path;
}

static bool leads_back(const level *above, const struct stat *info)
{
    for (; above; above = above->above)
        if (above->device == info->st_dev && above->number == info->st_ino)
            return true;
    return false;
}

static bool add_if_wanted(const walk *w, const char *name)
{
    return !gra__is_wanted(&w->wanted, name) || gra__file_set_add(w->set, name, false);
}

/* An entry whose kind the folder tells is not looked at, but for folders and links: to ask for each of a
 * million files takes longer than to list them. */
static bool take_entry(const walk *w, const level *above, const struct dirent *entry,
                       const char *name)
{
    struct stat info;
    if (entry->d_type == DT_REG)
        return add_if_wanted(w, name);
    char *const path = path_of(w, name);
    if (!path)
        return false;
    const int found = stat(path, &info);
    free(path);
    if (found < 0)
        return failed(w, name, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return gra__file_set_add(w->set, name, true) && walk_folder(w, above, name);
    return !S_ISREG(info.st_mode) || add_if_wanted(w, name);
}

static bool read_entries(const walk *w, const level *here, DIR *folder)
{
    for (;;) {
        errno = 0;
        const struct dirent *const entry = readdir(folder);
        if (!entry)
            return errno == 0 || failed(w, here->name, strerror(errno));
        if (entry->d_name[0] == '.')
            continue;
        char *name;
        if (asprintf(&name, "%s%s%s", here->name, *here->name ? "/" : "", entry->d_name) < 0)
            return failed(w, here->name, "out of memory");
        const bool fine = take_entry(w, here, entry, name);
        free(name);
        if (!fine)
            return false;
    }
}

static bool walk_folder(const walk *w, const level *above, const char *name)
{
    struct stat info;
    char *const path = path_of(w, name);
    if (!path)
        return false;
    DIR *const folder = opendir(path);
    const bool there = folder && stat(path, &info) == 0;
    const int reason = errno;
    free(path);
    bool fine = there || failed(w, name, strerror(reason));
    if (fine && leads_back(above, &info))
        fine = failed(w, name, "this link leads back to a folder above it; remove it");
    if (fine)
        fine = read_entries(w, &(level){above, info.st_dev, info.st_ino, name}, folder);
    if (folder)
        closedir(folder);
    return fine;
}

bool gra__list_folder(gra__file_set *s, gra__wanted wanted)
{
    return walk_folder(&(walk){s, wanted}, NULL, "");
}
