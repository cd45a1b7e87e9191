/* plugin.c - loading ops from shared objects. */
#include "plugin.h"

#include "error.h"

#ifdef GRA_HAVE_DLOPEN

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error_path.h"
#include "registry_table.h"

enum { SECONDS = 10, LONGEST = 4096 };

/* ---- in this process ---- */

/* dlopen looks for a name without a slash in the system's folders only. */
static const char *place_of(const char *path, char *buffer)
{
    if (strchr(path, '/') || access(path, F_OK) != 0)
        return path;
    snprintf(buffer, LONGEST, "./%s", path);
    return buffer;
}

/* Whether a file is one that dlopen may know; its own words for this are not clear. */
static bool is_shared_object(const char *path)
{
    if (!strchr(path, '/')) /* dlopen will find it, or not */
        return true;
    FILE *const file = fopen(path, "rb");
    char magic[4] = "";
    if (!file)
        return gra_fail("gra_load_ops: '%s' cannot be opened: %s", path, strerror(errno));
    const bool read = fread(magic, 1, sizeof magic, file) == sizeof magic;
    fclose(file);
    const bool elf = memcmp(magic, "\177ELF", sizeof magic) == 0;
#ifdef __ELF__
    if (!read || !elf)
        return gra_fail("gra_load_ops: '%s' is not a shared object", path);
#else
    (void)read, (void)elf;
#endif
    return true;
}

static bool entry_fits(const char *path, const gra_plugin *entry)
{
    if (entry->abi != GRA_PLUGIN_ABI)
        gra_fail("gra_load_ops: '%s' has plugin ABI %u, this library has %u; compile it again with "
                 "the headers of this library",
                 path, entry->abi, GRA_PLUGIN_ABI);
    else if (entry->op_bytes != sizeof(gra_op))
        gra_fail(
            "gra_load_ops: '%s' was compiled with a gra_op of %u bytes, this library has one of "
            "%zu; compile it again with the headers of this library",
            path, entry->op_bytes, sizeof(gra_op));
    else if (entry->library != (void (*)(void))gra_load_ops_with)
        gra_fail("gra_load_ops: '%s' uses another copy of the library than this program; link the "
                 "program with the shared library, or export its own symbols (-rdynamic) and link "
                 "the plugin with none",
                 path);
    else if (!entry->ops || entry->count == 0)
        gra_fail("gra_load_ops: '%s' names no op in its gra_plugin_entry", path);
    return !gra_error();
}

/* Loads and registers. */
static bool load(const char *path)
{
    if (!is_shared_object(path))
        return false;
    void *const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *const why = dlerror();
        return gra_fail("gra_load_ops: '%s' cannot be loaded: %s", path, why ? why : "?");
    }
    const gra_plugin *const entry = dlsym(handle, "gra_plugin_entry");
    if (!entry)
        return gra_fail("gra_load_ops: '%s' is no plugin: it has no gra_plugin_entry; "
                        "GRA_PLUGIN(&op, ...) defines one",
                        path);
    if (!entry_fits(path, entry))
        return false;
    if (gra__register_ops(entry->ops, entry->count) == 0)
        return true;
    gra__error_inside("plugin ", path);
    return false;
}

/* ---- in a child ---- */

/* What the child tells: one byte for success, else the text of an error. */
static void try_to_load(const char *path, int to)
{
    alarm(SECONDS);
    gra_on_error(NULL, NULL); /* the parent calls it */
    const bool fine = load(path);
    const char *const text = fine ? "" : gra_error();
    const ssize_t written = write(to, text, strlen(text) + 1);
    _exit(written < 0);
}

static size_t read_all(int from, char *text, size_t size)
{
    size_t used = 0;
    while (used < size) {
        const ssize_t got = read(from, text + used, size - used);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        used += got > 0 ? (size_t)got : 0;
    }
    return used;
}

static void report_death(const char *path, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        gra_fail("gra_load_ops: '%s' was not loaded within %d seconds", path, SECONDS);
    else if (WIFSIGNALED(status))
        gra_fail("gra_load_ops: '%s' crashes the process that loads it: %s", path,
                 strsignal(WTERMSIG(status)));
    else
        gra_fail("gra_load_ops: '%s' ends the process that loads it, with exit status %d", path,
                 WEXITSTATUS(status));
}

/* Waits for the child and tells what came of it. */
static bool hear(const char *path, pid_t child, int from)
{
    char text[1024];
    int status = 0;
    const size_t length = read_all(from, text, sizeof text);
    close(from);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (length == 0)
        report_death(path, status);
    else if (text[0])
        gra_fail("%.*s", (int)length, text);
    return !gra_error();
}

static bool loads_in_a_child(const char *path)
{
    int ends[2];
    if (pipe(ends) != 0)
        return gra_fail("gra_load_ops: no pipe to a child process: %s", strerror(errno));
    fflush(NULL); /* what is buffered would be written twice if the plugin called exit() */
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        try_to_load(path, ends[1]);
    }
    const int problem = errno;
    close(ends[1]);
    if (child > 0)
        return hear(path, child, ends[0]);
    close(ends[0]);
    return gra_fail(
        "gra_load_ops: no child process to load '%s' in: %s; .trial = false does without", path,
        strerror(problem));
}

static bool load_plugin(const gra_load_ops_options *o)
{
    char buffer[LONGEST];
    const char *const place = place_of(o->path, buffer);
    return (!o->trial || loads_in_a_child(place)) && load(place);
}

#else

static bool load_plugin(const gra_load_ops_options *o)
{
    return gra_fail("gra_load_ops: '%s' cannot be loaded, as this build has no shared objects; "
                    "gra_register_op takes ops that are linked in",
                    o->path);
}

#endif

gra_load_ops_options gra_load_ops_defaults(void)
{
    return (gra_load_ops_options){.trial = true};
}

int gra_load_ops_with(gra_load_ops_options o)
{
    if (gra_error())
        return -1;
    if (!o.path) {
        gra_fail("gra_load_ops: the path is NULL");
        return -1;
    }
    return load_plugin(&o) ? 0 : -1;
}
