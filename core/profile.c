/* profile.c - adding up the events of watch.h.
 *
 * What runs stands on a stack.  When a piece of work ends, its row gets the time since it began less
 * what the pieces inside of it took, and the piece around it is told how long it took:
 *
 *     linear vjp   |------------------------------|      self time: the whole less both matmuls
 *       matmul        |------|    |--------|
 *
 * The clock stops while an event is written down, so the profile's own work is in no row.
 */
#include "profile.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "tensor_struct.h"
#include "watch.h"

enum { DEPTH = 64 };     /* pieces inside of each other; deeper ones count as the one around them */
enum { KEY_SHAPES = 4 }; /* inputs whose shapes tell rows apart, besides the first output's */

typedef struct row {
    gra__activity what;
    const void *key; /* the op; the name of other work */
    int n_in;
    gra_shape shape[KEY_SHAPES], output;
    gra_profile_row sums;
} row;

typedef struct frame {
    double began;  /* on the profile's clock */
    double inside; /* seconds that the pieces inside of it took */
} frame;

struct gra_profile {
    gra_object head;
    pthread_t thread;
    bool by_shape, ended, incomplete;
    double seconds; /* when it ended */
    double start;   /* monotonic clock */
    double lost;    /* seconds that its own work took */
    row *rows;
    int count, capacity;
    frame frames[DEPTH];
    int depth, too_deep; /* of the stack; pieces that found it full */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gra_profile *running;
static void (*watch_before)(const gra__event *event);

/* ---- rows ---- */

/* By its text, as the compiler may keep a name several times. */
static bool same_key(const row *r, const gra__event *e)
{
    return r->what == e->what &&
           (e->call ? r->key == e->call->op : !strcmp((const char *)r->key, e->name));
}

static bool has_shapes(const gra_profile *p, const gra__event *e)
{
    return p->by_shape && e->what == GRA__OP;
}

static gra_shape shape_of(const gra_tensor *t)
{
    return t ? t->shape : (gra_shape){.count = -1};
}

static bool has_shape(const gra_tensor *t, gra_shape shape)
{
    return t ? gra_shape_equal(t->shape, shape) : shape.count == -1;
}

static bool same_shapes(const row *r, const gra_call *c)
{
    bool same = r->n_in == c->n_in && has_shape(c->out[0], r->output);
    for (int i = 0; same && i < c->n_in && i < KEY_SHAPES; i++)
        same = has_shape(c->in[i], r->shape[i]);
    return same;
}

static size_t add_shape(char *text, size_t length, const char *before, const gra_tensor *t)
{
    char shape[GRA_SHAPE_TEXT];
    if (t && length < GRA_PROFILE_SHAPES)
        length += (size_t)snprintf(text + length, GRA_PROFILE_SHAPES - length, "%s%s",
                                   length ? before : "", gra_shape_text(t->shape, shape));
    return length;
}

static void write_shapes(char *text, const gra_call *c)
{
    size_t length = 0;
    for (int i = 0; i < c->n_in && i < KEY_SHAPES; i++)
        length = add_shape(text, length, " ", c->in[i]);
    add_shape(text, length, " -> ", c->out[0]);
}

static void fill_row(const gra_profile *p, row *r, const gra__event *e)
{
    const char *const name = e->call ? e->call->op->schema : e->name;
    *r = (row){.what = e->what, .key = e->call ? (const void *)e->call->op : e->name};
    snprintf(r->sums.name, GRA_PROFILE_NAME, "%.*s%s", e->call ? (int)strcspn(name, "(") : 50, name,
             e->what == GRA__RULE ? " vjp" : "");
    if (!has_shapes(p, e))
        return;
    r->n_in = e->call->n_in;
    for (int i = 0; i < r->n_in && i < KEY_SHAPES; i++)
        r->shape[i] = shape_of(e->call->in[i]);
    r->output = shape_of(e->call->out[0]);
    write_shapes(r->sums.shapes, e->call);
}

/* The sums of an event's row, which is made if needed; NULL where there is no memory for it. */
static gra_profile_row *find_row(gra_profile *p, const gra__event *e)
{
    for (int i = 0; i < p->count; i++)
        if (same_key(&p->rows[i], e) && (!has_shapes(p, e) || same_shapes(&p->rows[i], e->call)))
            return &p->rows[i].sums;
    if (p->count == p->capacity) {
        const int larger = p->capacity ? 2 * p->capacity : 64;
        row *const moved = realloc(p->rows, (size_t)larger * sizeof *moved);
        p->incomplete |= !moved;
        if (!moved)
            return NULL;
        p->rows = moved;
        p->capacity = larger;
    }
    fill_row(p, &p->rows[p->count], e);
    return &p->rows[p->count++].sums;
}

/* ---- events ---- */

/* Bytes of the elements that are there: what gra_expand repeats counts once. */
static double bytes_of(const gra_tensor *t)
{
    double count = 1;
    for (int i = 0; i < t->shape.count; i++)
        count *= t->stride[i] || !t->shape.size[i] ? (double)t->shape.size[i] : 1;
    return count * (double)gra_dtype_size(t->dtype);
}

static bool is_view_of_input(const gra_call *c, const gra_tensor *out)
{
    for (int i = 0; i < c->n_in && !c->op->inplace; i++)
        if (c->in[i] && c->in[i]->storage == out->storage)
            return true;
    return false;
}

static double bytes_of_call(const gra_call *c)
{
    double in = 0, out = 0;
    for (int k = 0; k < c->n_out; k++)
        out += is_view_of_input(c, c->out[k]) ? 0 : bytes_of(c->out[k]);
    for (int i = 0; i < c->n_in && out > 0; i++)
        in += c->in[i] ? bytes_of(c->in[i]) : 0;
    return in + out;
}

static void push(gra_profile *p, double at)
{
    if (p->depth == DEPTH)
        p->too_deep++;
    else
        p->frames[p->depth++] = (frame){.began = at};
}

/* Takes the newest piece off the stack; returns its own seconds. */
static double pop(gra_profile *p, double at)
{
    const frame *const top = &p->frames[--p->depth];
    const double took = at - top->began;
    if (p->depth > 0)
        p->frames[p->depth - 1].inside += took;
    return took - top->inside;
}

static void finished(gra_profile *p, const gra__event *e, double at, double flops)
{
    const double seconds = pop(p, at);
    gra_profile_row *const sums = find_row(p, e);
    if (!sums)
        return;
    sums->calls++;
    sums->seconds += seconds;
    sums->flops += flops;
    if (e->what == GRA__WORK)
        sums->bytes += e->bytes;
    else if (e->what == GRA__OP && e->call->out[0])
        sums->bytes += bytes_of_call(e->call);
}

static void on_event(const gra__event *e)
{
    const double at = gra__seconds();
    const bool counts = !e->begins && e->what == GRA__OP && e->call->out[0] && e->call->op->flops;
    const double flops = counts ? e->call->op->flops(e->call) : 0;
    pthread_mutex_lock(&lock);
    gra_profile *const p = running;
    if (p && pthread_equal(p->thread, pthread_self())) {
        if (e->begins)
            push(p, at - p->lost);
        else if (p->too_deep)
            p->too_deep--;
        else if (p->depth) /* else it began before the profile */
            finished(p, e, at - p->lost, flops);
        p->lost += gra__seconds() - at;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- beginning and end ---- */

/* With the lock held. What is under way has no row, and its own time is in (other). */
static void end(gra_profile *p)
{
    p->seconds = gra__seconds() - p->lost - p->start;
    p->ended = true;
    running = NULL;
    __atomic_store_n(&gra__watch, watch_before, __ATOMIC_RELAXED);
}

static void profile_destroy(void *self)
{
    gra_profile *const p = self;
    pthread_mutex_lock(&lock);
    if (running == p)
        end(p);
    pthread_mutex_unlock(&lock);
    free(p->rows);
    free(p);
}

static const gra_kind profile_kind = {
    .name = "profile",
    .keeper = "whoever started it",
    .destroy = profile_destroy,
};

gra_profile_options gra_profile_defaults(void)
{
    return (gra_profile_options){0};
}

gra_profile *gra_profile_start_with(gra_profile_options o)
{
    if (gra_error())
        return NULL;
    gra_profile *const p = calloc(1, sizeof *p);
    if (!p)
        return gra_fail("gra_profile_start: out of memory");
    pthread_mutex_lock(&lock);
    const bool busy = running != NULL;
    if (!busy) {
        gra__object_init(&p->head, &profile_kind, 1);
        p->thread = pthread_self();
        p->by_shape = o.by_shape;
        running = p;
        watch_before = gra__watch;
        __atomic_store_n(&gra__watch, on_event, __ATOMIC_RELAXED);
        p->start = gra__seconds();
    }
    pthread_mutex_unlock(&lock);
    if (!busy)
        return p;
    free(p);
    return gra_fail("gra_profile_start: a profile is running already; gra_profile_stop or gra_free "
                    "that one first");
}

int gra_profile_stop(gra_profile *p)
{
    pthread_mutex_lock(&lock);
    const bool ends = p && running == p;
    if (ends)
        end(p);
    pthread_mutex_unlock(&lock);
    if (ends && !p->incomplete)
        return 0;
    gra_fail("gra_profile_stop: %s", !p     ? "the profile is NULL"
                                     : ends ? "out of memory for its rows; they are incomplete"
                                            : "the profile has ended already");
    return -1;
}

/* ---- results ---- */

static bool has_ended(const char *function, const gra_profile *p)
{
    pthread_mutex_lock(&lock);
    const bool ended = p && p->ended;
    pthread_mutex_unlock(&lock);
    if (!ended)
        gra_fail("%s: the profile %s", function,
                 p ? "is running; call gra_profile_stop first" : "is NULL");
    return ended;
}

double gra_profile_seconds(const gra_profile *p)
{
    return has_ended("gra_profile_seconds", p) ? p->seconds : NAN;
}

static int by_falling_time(const void *a, const void *b)
{
    const gra_profile_row *const x = a, *const y = b;
    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

/* All rows in an array that the caller frees; NULL with an error. */
static gra_profile_row *sorted_rows(const gra_profile *p, const char *function)
{
    gra_profile_row *const rows = calloc((size_t)p->count + 1, sizeof *rows);
    if (!rows)
        return gra_fail("%s: out of memory for %d rows", function, p->count + 1);
    double left = p->seconds;
    for (int i = 0; i < p->count; i++) {
        rows[i] = p->rows[i].sums;
        left -= rows[i].seconds;
    }
    qsort(rows, (size_t)p->count, sizeof *rows, by_falling_time);
    rows[p->count] = (gra_profile_row){.name = "(other)", .seconds = left > 0 ? left : 0};
    for (int i = 0; i <= p->count; i++)
        rows[i].share = p->seconds > 0 ? rows[i].seconds / p->seconds : 0;
    return rows;
}

int gra_profile_rows(const gra_profile *p, gra_profile_row *rows, int capacity)
{
    if (!has_ended("gra_profile_rows", p))
        return -1;
    const int count = p->count + 1, copied = count < capacity ? count : capacity;
    if (!rows || copied <= 0)
        return count;
    gra_profile_row *const all = sorted_rows(p, "gra_profile_rows");
    if (!all)
        return -1;
    memcpy(rows, all, (size_t)copied * sizeof *rows);
    free(all);
    return count;
}

/* A rate, or a dash where the op has none. */
static void print_rate(FILE *file, double amount, double seconds)
{
    if (amount > 0 && seconds > 0)
        fprintf(file, "  %8.1f", 1e-9 * amount / seconds);
    else
        fprintf(file, "  %8s", "-");
}

static void print_row(FILE *file, int width, const gra_profile_row *row)
{
    fprintf(file, "%-*s  %8llu  %10.3f  %9.1f  %5.1f %%", width, row->name,
            (unsigned long long)row->calls, 1e3 * row->seconds,
            row->calls ? 1e6 * row->seconds / (double)row->calls : 0, 1e2 * row->share);
    print_rate(file, row->bytes, row->seconds);
    print_rate(file, row->flops, row->seconds);
    fprintf(file, "%s%s\n", *row->shapes ? "  " : "", row->shapes);
}

int gra_profile_print(const gra_profile *p, FILE *file)
{
    if (!file)
        gra_fail("gra_profile_print: the file is NULL");
    gra_profile_row *const rows =
        file && has_ended("gra_profile_print", p) ? sorted_rows(p, "gra_profile_print") : NULL;
    if (!rows)
        return -1;
    int width = (int)strlen("(other)");
    for (int i = 0; i < p->count; i++)
        width = (int)strlen(rows[i].name) > width ? (int)strlen(rows[i].name) : width;
    fprintf(file, "%-*s  %8s  %10s  %9s  %7s  %8s  %8s%s\n", width, "op", "calls", "ms", "us/call",
            "share", "GB/s", "GFLOP/s", p->by_shape ? "  shapes" : "");
    for (int i = 0; i <= p->count; i++)
        print_row(file, width, &rows[i]);
    fprintf(file, "%-*s  %8s  %10.3f  %9s  %5.1f %%\n", width, "total", "", 1e3 * p->seconds, "",
            100.0);
    free(rows);
    return 0;
}
