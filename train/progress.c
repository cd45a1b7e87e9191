/* progress.c - when and where a progress bar is drawn. */
#include "train/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/object_struct.h"
#include "train/progress_text.h"
#include "train/terminal.h"

enum { METRICS_TEXT = 640, LINE_TEXT = 4096 };

typedef struct metric {
    char *name;
    double value;
} metric;

struct gra_progress {
    gra_object head;
    gra_progress_options o;   /* style is never AUTO, file and texts are never NULL */
    char *description, *unit; /* owned; o has the same pointers */
    metric *metrics;
    size_t count;
    int64_t done, pending; /* pending: examples of the batch that the loop has now */
    int64_t limit;         /* where the loop over a loader ends before the loader does; or 0 */
    double start, end;     /* seconds of the clock; end is 0 while it is open */
    double drawn_at, waited;
    int64_t drawn_done;      /* done, when it was drawn last */
    double mean_dn, mean_dt; /* smoothed items and seconds from one drawing to the next */
};

/* ---- drawing ---- */

static void metrics_text(const gra_progress *bar, char text[METRICS_TEXT])
{
    size_t length = 0;
    text[0] = 0;
    for (size_t i = 0; i < bar->count && length + 1 < METRICS_TEXT; i++) {
        char number[32];
        gra__progress_number(number, sizeof number, bar->metrics[i].value);
        length += (size_t)snprintf(text + length, METRICS_TEXT - length, ", %s=%s",
                                   bar->metrics[i].name, number);
    }
}

static double rate_of(const gra_progress *bar, double seconds)
{
    if (!bar->end && bar->mean_dt > 0)
        return bar->mean_dn / bar->mean_dt;
    return seconds > 0 ? (double)bar->done / seconds : 0;
}

/* One column stays free: a terminal whose last one is written may begin a new line. */
static void draw(const gra_progress *bar, double time)
{
    const bool over = bar->o.style == GRA_PROGRESS_BAR;
    const int columns = bar->o.width > 0 ? bar->o.width : gra__terminal_width(bar->o.file) - 1;
    char line[LINE_TEXT], metrics[METRICS_TEXT];
    metrics_text(bar, metrics);
    const gra__progress_text text = {.description = bar->description,
                                     .unit = bar->unit,
                                     .metrics = metrics,
                                     .done = bar->done,
                                     .total = bar->o.total,
                                     .seconds = time - bar->start,
                                     .rate = rate_of(bar, time - bar->start)};
    gra__progress_line(line, sizeof line, &text, over ? columns : 0, bar->o.ascii);
    if (over)
        fprintf(bar->o.file, "\r%s\033[K", line);
    else
        fprintf(bar->o.file, "%s\n", line);
    fflush(bar->o.file);
}

static void draw_if_due(gra_progress *bar, double time)
{
    const double since = time - bar->drawn_at;
    const bool over = bar->o.style == GRA_PROGRESS_BAR;
    if (bar->o.style == GRA_PROGRESS_OFF || since < (over ? bar->o.interval : bar->o.line_interval))
        return;
    const double new = bar->o.smoothing, dn = (double)(bar->done - bar->drawn_done);
    if (dn > 0) {
        bar->mean_dn = new *dn + (1 - new) * bar->mean_dn;
        bar->mean_dt = new *since + (1 - new) * bar->mean_dt;
    }
    bar->drawn_at = time;
    bar->drawn_done = bar->done;
    draw(bar, time);
}

/* ---- life cycle ---- */

static void close_bar(gra_progress *bar)
{
    if (bar->end)
        return;
    bar->done += bar->pending;
    bar->pending = 0;
    bar->end = gra__seconds();
    if (bar->o.style == GRA_PROGRESS_OFF)
        return;
    if (bar->o.style == GRA_PROGRESS_BAR && bar->o.clear) {
        fputs("\r\033[K", bar->o.file);
    } else {
        draw(bar, bar->end);
        if (bar->o.style == GRA_PROGRESS_BAR)
            fputc('\n', bar->o.file);
    }
    fflush(bar->o.file);
}

/* After the loader's last batch: where it drops a rest, what there was is all. */
static void close_whole(gra_progress *bar)
{
    bar->o.total = bar->done;
    close_bar(bar);
}

static void free_texts(gra_progress *bar)
{
    for (size_t i = 0; i < bar->count; i++)
        free(bar->metrics[i].name);
    free(bar->metrics);
    free(bar->description);
    free(bar->unit);
}

static void progress_destroy(void *self)
{
    gra_progress *const bar = self;
    close_bar(bar);
    free_texts(bar);
    gra__dealloc(bar, sizeof *bar);
}

static const gra_kind progress_kind = {
    .name = "progress bar", .keeper = "whoever made it", .destroy = progress_destroy};

static char *copy_of(const char *text)
{
    char *const copy = strdup(text ? text : "");
    if (!copy)
        gra_fail("gra_progress: out of memory");
    return copy;
}

gra_progress_options gra_progress_defaults(void)
{
    return (gra_progress_options){GRA__PROGRESS_DEFAULTS};
}

static bool check_options(const gra_progress_options *o)
{
    if (o->total < 0)
        gra_fail("gra_progress: total %lld is negative; 0 is a total that is not known",
                 (long long)o->total);
    else if (o->style < GRA_PROGRESS_AUTO || o->style > GRA_PROGRESS_OFF)
        gra_fail("gra_progress: style %d is unknown; see gra_progress_style", (int)o->style);
    else if (!(o->interval >= 0) || !(o->line_interval >= 0))
        gra_fail("gra_progress: %s %g is out of range; seconds from 0 are needed",
                 o->interval >= 0 ? "line_interval" : "interval",
                 o->interval >= 0 ? o->line_interval : o->interval);
    else if (!(o->smoothing >= 0 && o->smoothing <= 1))
        gra_fail("gra_progress: smoothing %g is out of range; 0 to 1 is needed", o->smoothing);
    else if (o->width < 0)
        gra_fail("gra_progress: width %d is negative; 0 is the terminal's", o->width);
    return !gra_error();
}

/* What the options leave to the surroundings. */
static void settle(gra_progress_options *o)
{
    if (!o->file)
        o->file = stderr;
    if (o->style == GRA_PROGRESS_AUTO)
        o->style = gra__is_terminal(o->file) ? GRA_PROGRESS_BAR : GRA_PROGRESS_LINES;
    o->ascii |= !gra__locale_is_utf8();
}

gra_progress *gra_progress_with(gra_progress_options o)
{
    if (gra_error() || !check_options(&o))
        return NULL;
    gra_progress *const bar = gra__alloc_zeroed(sizeof *bar);
    if (!bar)
        return NULL;
    bar->description = copy_of(o.description);
    bar->unit = copy_of(o.unit ? o.unit : "it");
    if (!bar->description || !bar->unit) {
        free_texts(bar);
        gra__dealloc(bar, sizeof *bar);
        return NULL;
    }
    gra__object_init(&bar->head, &progress_kind, 1);
    settle(&o);
    bar->o = o;
    bar->start = bar->drawn_at = gra__seconds();
    if (o.style == GRA_PROGRESS_BAR)
        draw(bar, bar->start);
    return bar;
}

gra_progress *gra_progress_over_with(gra_progress_options o)
{
    if (gra_error())
        return NULL;
    if (!o.data)
        return gra_fail("gra_progress_over: the loader is NULL");
    const int64_t size = gra_data_size(o.data);
    const int64_t limit = o.total > 0 && (size <= 0 || o.total < size) ? o.total : 0;
    if (limit == 0)
        o.total = size > 0 ? size : 0;
    if (!o.unit)
        o.unit = "ex";
    gra_progress *const bar = gra_progress_with(o);
    if (bar)
        bar->limit = limit;
    return bar;
}

/* ---- counting ---- */

static bool is_open(const gra_progress *bar, const char *op)
{
    if (bar && bar->end)
        gra_fail("%s: the bar is closed; make a new one for the next loop", op);
    return bar && !bar->end;
}

void gra_progress_update(gra_progress *bar, int64_t n)
{
    if (!is_open(bar, "gra_progress_update"))
        return;
    if (n < 0) {
        gra_fail("gra_progress_update: %lld items are less than none", (long long)n);
        return;
    }
    bar->done += n;
    draw_if_due(bar, gra__seconds());
}

static metric *new_metric(gra_progress *bar, const char *name)
{
    metric *const larger = realloc(bar->metrics, (bar->count + 1) * sizeof *larger);
    if (!larger)
        return gra_fail("gra_progress_set: out of memory");
    bar->metrics = larger;
    char *const copy = copy_of(name);
    if (!copy)
        return NULL;
    larger[bar->count] = (metric){.name = copy};
    return &larger[bar->count++];
}

void gra_progress_set(gra_progress *bar, const char *name, double value)
{
    if (!is_open(bar, "gra_progress_set"))
        return;
    if (!name) {
        gra_fail("gra_progress_set: the name is NULL");
        return;
    }
    metric *m = NULL;
    for (size_t i = 0; i < bar->count && !m; i++)
        m = strcmp(bar->metrics[i].name, name) == 0 ? &bar->metrics[i] : NULL;
    if (m || (m = new_metric(bar, name)))
        m->value = value;
}

bool gra_progress_next(gra_progress *bar, gra_tensor **x, gra_tensor **y)
{
    if (x)
        *x = NULL;
    if (y)
        *y = NULL;
    if (!is_open(bar, "gra_progress_next"))
        return false;
    if (!bar->o.data) {
        gra_fail("gra_progress_next: the bar is over no loader; make it with gra_progress_over");
        return false;
    }
    if (gra_error())
        return false;
    bar->done += bar->pending;
    bar->pending = 0;
    draw_if_due(bar, gra__seconds());
    const double before = gra_data_wait_seconds(bar->o.data);
    const bool ended = bar->limit > 0 && bar->done >= bar->limit;
    const bool more = !ended && gra_data_next(bar->o.data, x, y);
    bar->waited += gra_data_wait_seconds(bar->o.data) - before;
    if (more)
        bar->pending = gra_tensor_size(*x, 0);
    else if (!gra_error())
        close_whole(bar);
    return more;
}

void gra_progress_print(gra_progress *bar, const char *format, ...)
{
    if (!bar)
        return;
    const bool over = bar->o.style == GRA_PROGRESS_BAR && !bar->end;
    if (over)
        fputs("\r\033[K", bar->o.file);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(bar->o.file, format, arguments);
    va_end(arguments);
    fputc('\n', bar->o.file);
    if (over)
        draw(bar, gra__seconds());
    fflush(bar->o.file);
}

void gra_progress_close(gra_progress *bar)
{
    if (bar)
        close_bar(bar);
}

/* ---- queries ---- */

int64_t gra_progress_done(const gra_progress *bar)
{
    return bar ? bar->done : 0;
}

double gra_progress_seconds(const gra_progress *bar)
{
    return bar ? (bar->end ? bar->end : gra__seconds()) - bar->start : 0;
}

double gra_progress_rate(const gra_progress *bar)
{
    const double seconds = gra_progress_seconds(bar);
    return seconds > 0 ? (double)bar->done / seconds : 0;
}

double gra_progress_waited(const gra_progress *bar)
{
    return bar ? bar->waited : 0;
}
