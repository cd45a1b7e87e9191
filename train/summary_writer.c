/* summary_writer.c - the file of a run, its scalars and texts. */
#include "train/summary_writer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "io/folders.h"
#include "train/writer_struct.h"

typedef struct gra__writer_part {
    char *name; /* owned: TAG_NAME, the folder */
    gra_writer *writer;
} gra__writer_part;

static double wall_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- life cycle ---- */

static bool close_all(gra_writer *w, const char *op)
{
    bool fine = gra__append_file_close(&w->file, op);
    for (size_t i = 0; i < w->part_count; i++)
        fine &= gra__append_file_close(&w->parts[i].writer->file, op);
    return fine;
}

static void writer_destroy(void *self)
{
    gra_writer *const w = self;
    gra__append_file_close(&w->file, "gra_free");
    for (size_t i = 0; i < w->part_count; i++) {
        free(w->parts[i].name);
        gra__release(w->parts[i].writer);
    }
    free(w->parts);
    free(w->dir);
    gra__dealloc(w, sizeof *w);
}

static const gra_kind writer_kind = {
    .name = "summary writer", .keeper = "whoever made it", .destroy = writer_destroy};

static void host_name(char *text, size_t size)
{
    if (gethostname(text, size) < 0)
        snprintf(text, size, "localhost");
    text[size - 1] = 0;
}

/* runs/Nov30_17-03-36_host */
static char *default_dir(void)
{
    char host[65], when[32], *dir;
    const time_t now = time(NULL);
    struct tm parts;
    host_name(host, sizeof host);
    strftime(when, sizeof when, "%b%d_%H-%M-%S", localtime_r(&now, &parts));
    return asprintf(&dir, "runs/%s_%s", when, host) < 0 ? NULL : dir;
}

/* A number for each file of the process, so that two of one second differ. */
static bool open_file(gra_writer *w, const char *op)
{
    static int number;
    char host[65], *path;
    host_name(host, sizeof host);
    if (asprintf(&path, "%s/events.out.tfevents.%010lld.%s.%ld.%d", w->dir, (long long)time(NULL),
                 host, (long)getpid(), __atomic_fetch_add(&number, 1, __ATOMIC_RELAXED)) < 0) {
        gra_fail("%s: out of memory", op);
        return false;
    }
    bool fine = gra__append_file_open(&w->file, op, path, true);
    if (fine && gra__writer_put(w, op, &(gra__event){.kind = GRA__EVENT_VERSION}) < 0) {
        fine = false;
        unlink(path);
    }
    free(path);
    return fine;
}

gra_summary_writer_options gra_summary_writer_defaults(void)
{
    return (gra_summary_writer_options){0};
}

gra_writer *gra_summary_writer_with(gra_summary_writer_options o)
{
    static const char op[] = "gra_summary_writer";
    if (gra_error())
        return NULL;
    if (o.log_dir && !*o.log_dir)
        return gra_fail("%s: the folder's name is empty; NULL stands for one below runs/", op);
    gra_writer *const w = gra__alloc_zeroed(sizeof *w);
    if (!w)
        return NULL;
    gra__object_init(&w->head, &writer_kind, 1);
    w->file.fd = -1;
    w->dir = o.log_dir ? strdup(o.log_dir) : default_dir();
    if (!w->dir)
        gra_fail("%s: out of memory", op);
    else if (gra__make_folders(op, w->dir) && open_file(w, op))
        return w;
    gra__release(w);
    return NULL;
}

const char *gra_writer_log_dir(const gra_writer *w)
{
    return w ? w->dir : NULL;
}

int gra_writer_flush(gra_writer *w)
{
    static const char op[] = "gra_writer_flush";
    if (!gra__writer_ready(w, op, ""))
        return -1;
    bool fine = gra__append_file_sync(&w->file, op);
    for (size_t i = 0; i < w->part_count && fine; i++)
        fine = gra__append_file_sync(&w->parts[i].writer->file, op);
    return fine ? 0 : -1;
}

int gra_writer_close(gra_writer *w)
{
    return w && close_all(w, "gra_writer_close") ? 0 : -1;
}

/* ---- writing ---- */

bool gra__writer_ready(const gra_writer *w, const char *op, const char *tag)
{
    if (!w || gra_error())
        return false;
    if (w->file.fd < 0)
        gra_fail("%s: the writer is closed; make a new one for the same folder", op);
    else if (!tag)
        gra_fail("%s: the tag is NULL", op);
    return !gra_error();
}

int gra__writer_put(gra_writer *w, const char *op, gra__event *event)
{
    event->wall_time = wall_time();
    return gra__event_write(&w->file, op, event) ? 0 : -1;
}

static int put_scalar(gra_writer *w, const char *op, const char *tag, double value, int64_t step)
{
    gra__event event = {.kind = GRA__EVENT_SCALAR, .tag = tag, .step = step, .is.scalar = value};
    return gra__writer_put(w, op, &event);
}

int gra_writer_add_scalar(gra_writer *w, const char *tag, double value, int64_t step)
{
    static const char op[] = "gra_writer_add_scalar";
    return gra__writer_ready(w, op, tag) ? put_scalar(w, op, tag, value, step) : -1;
}

int gra_writer_add_text(gra_writer *w, const char *tag, const char *text, int64_t step)
{
    static const char op[] = "gra_writer_add_text";
    char *full;
    if (!gra__writer_ready(w, op, tag))
        return -1;
    if (!text || asprintf(&full, "%s/text_summary", tag) < 0) {
        gra_fail("%s: %s", op, text ? "out of memory" : "the text is NULL");
        return -1;
    }
    gra__event event = {.kind = GRA__EVENT_TEXT, .tag = full, .step = step, .is.text = text};
    const int result = gra__writer_put(w, op, &event);
    free(full);
    return result;
}

/* ---- several curves in one plot ---- */

static gra_writer *new_part(gra_writer *w, char *name)
{
    char *dir = NULL;
    gra__writer_part *const more = realloc(w->parts, (w->part_count + 1) * sizeof *more);
    w->parts = more ? more : w->parts;
    if (!more || asprintf(&dir, "%s/%s", w->dir, name) < 0)
        return gra_fail("gra_writer_add_scalars: out of memory");
    gra_writer *const part = gra_summary_writer_with((gra_summary_writer_options){.log_dir = dir});
    free(dir);
    if (part)
        more[w->part_count++] = (gra__writer_part){.name = name, .writer = part};
    return part;
}

/* The writer of TAG_NAME, where slashes of the tag are underscores. */
static gra_writer *part_of(gra_writer *w, const char *tag, const char *value)
{
    char *name;
    if (asprintf(&name, "%s_%s", tag, value) < 0)
        return gra_fail("gra_writer_add_scalars: out of memory");
    for (char *c = name; c < name + strlen(tag); c++)
        if (*c == '/')
            *c = '_';
    for (size_t i = 0; i < w->part_count; i++) {
        if (strcmp(w->parts[i].name, name) == 0) {
            free(name);
            return w->parts[i].writer;
        }
    }
    gra_writer *const part = new_part(w, name);
    if (!part)
        free(name);
    return part;
}

int gra_writer_add_scalars_of(gra_writer *w, const char *tag, int64_t step,
                              const gra_log_value *values, int count)
{
    static const char op[] = "gra_writer_add_scalars";
    if (!gra__writer_ready(w, op, tag))
        return -1;
    for (int i = 0; i < count; i++) {
        if (!values[i].name) {
            gra_fail("%s: value %d of %s has no name", op, i, tag);
            return -1;
        }
    }
    for (int i = 0; i < count; i++) {
        gra_writer *const part = part_of(w, tag, values[i].name);
        if (!part || put_scalar(part, op, tag, values[i].value, step) < 0)
            return -1;
    }
    return 0;
}
