/* error.c - the pending error of each thread. */
#include "error.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error_path.h"

enum { LONGEST = 1024 };

/* The text is on the heap, as the memory of a thread's variables is short where a program loads the
 * library when it runs already (thread_local.h). */
static _Thread_local char *pending;
static _Thread_local const gra__path *path;

static char spare[LONGEST]; /* for all threads, where there is no memory for a text */
static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

GRA__HOT bool gra__failed;

static pthread_mutex_t hook_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*hook_fn)(const char *text, void *context);
static void *hook_context;

static void free_text(void *unused)
{
    (void)unused;
    if (pending != spare)
        free(pending);
    pending = NULL;
}

static void make_key(void)
{
    pthread_key_create(&exit_key, free_text);
}

/* Thread-specific destructors do not run on the main thread when the process ends. */
__attribute__((destructor)) static void free_at_exit(void)
{
    gra__failed = false;
    free_text(NULL);
}

static void make_text(void)
{
    pthread_once(&exit_once, make_key);
    pending = malloc(LONGEST);
    if (pending)
        pthread_setspecific(exit_key, pending);
    else
        pending = spare;
}

const char *gra_error(void)
{
    return gra__failed ? pending : NULL;
}

void gra_clear_error(void)
{
    gra__failed = false;
}

void gra_on_error(void (*fn)(const char *text, void *context), void *context)
{
    pthread_mutex_lock(&hook_lock);
    hook_fn = fn;
    hook_context = context;
    pthread_mutex_unlock(&hook_lock);
}

void gra__path_push(gra__path *entry, const char *name)
{
    entry->name = name;
    entry->up = path;
    path = entry;
}

void gra__path_pop(void)
{
    path = path->up;
}

/* Writes "features.0" for the modules that are running, outermost first. */
static size_t write_path(const gra__path *entry, char *text, size_t size)
{
    size_t used = entry->up ? write_path(entry->up, text, size) : 0;
    const char *dot = used && entry->name[0] ? "." : "";
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, "%s%s", dot, entry->name);
    return used < size ? used : size - 1;
}

void gra__error_inside(const char *part, const char *op)
{
    const size_t length = strlen(op), used = gra__failed ? strlen(pending) : 0;
    const bool told = !*part && !strncmp(pending, op, length) && pending[length] == ':';
    if (used && !told)
        snprintf(pending + used, LONGEST - used, " (in %s%s)", part, op);
}

size_t gra__path_text(char *text, size_t size)
{
    text[0] = 0;
    return path ? write_path(path, text, size) : 0;
}

/* Marks an error as pending, with room for its text; false where one is. */
static bool begin_error(void)
{
    if (gra__failed)
        return false;
    gra__failed = true;
    if (!pending || pending == spare)
        make_text();
    return true;
}

void gra__error_set(const char *text)
{
    if (begin_error())
        snprintf(pending, LONGEST, "%s", text);
}

void *gra_fail(const char *format, ...)
{
    if (!begin_error())
        return NULL;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(pending, LONGEST, format, list);
    va_end(list);
    if (length <= 0)
        length = snprintf(pending, LONGEST, "unknown error");
    char where[256];
    if (gra__path_text(where, sizeof where) && length < LONGEST)
        snprintf(pending + length, (size_t)(LONGEST - length), " (in module %s)", where);
    pthread_mutex_lock(&hook_lock);
    void (*const fn)(const char *, void *) = hook_fn;
    void *const context = hook_context;
    pthread_mutex_unlock(&hook_lock);
    if (fn)
        fn(pending, context);
    return NULL;
}
