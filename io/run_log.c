/* run_log.c - a table of a run's numbers that grows row by row. */
#include "io/run_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/object_struct.h"
#include "io/append_file.h"
#include "io/run_log_text.h"

enum { LONGEST_HEADER = 1 << 20 };

/* A cell of the row: a number, or a text. */
typedef struct cell {
    const char *name;
    double value;
    const char *text; /* NULL: it is a number */
} cell;

typedef struct text_cell {
    char *name, *text; /* owned */
} text_cell;

struct gra_run_log {
    gra_object head;
    gra__append_file file;
    bool csv;
    bool unended;   /* the file's last line has no end yet */
    char **columns; /* of CSV; NULL before the first row */
    int count;
    text_cell *texts; /* of the next row */
    int text_count;
};

static void forget_texts(gra_run_log *log)
{
    for (int i = 0; i < log->text_count; i++) {
        free(log->texts[i].name);
        free(log->texts[i].text);
    }
    free(log->texts);
    log->texts = NULL;
    log->text_count = 0;
}

static void forget_columns(gra_run_log *log)
{
    for (int i = 0; i < log->count; i++)
        free(log->columns[i]);
    free(log->columns);
    log->columns = NULL;
    log->count = 0;
}

static void log_destroy(void *self)
{
    gra_run_log *const log = self;
    gra__append_file_close(&log->file, "gra_free");
    forget_columns(log);
    forget_texts(log);
    gra__dealloc(log, sizeof *log);
}

static const gra_kind log_kind = {
    .name = "log", .keeper = "whoever made it", .destroy = log_destroy};

/* ---- columns ---- */

static bool add_column(gra_run_log *log, const char *op, const char *name, size_t length)
{
    char **const more = realloc(log->columns, (size_t)(log->count + 1) * sizeof(char *));
    log->columns = more ? more : log->columns;
    char *const copy = more ? calloc(length + 1, 1) : NULL; /* name may have no end of its own */
    if (copy)
        more[log->count++] = memcpy(copy, name, length);
    else
        gra_fail("%s: out of memory", op);
    return copy;
}

/* Reads the columns of a file that is there already from its first bytes. */
static bool read_columns(gra_run_log *log, const char *text, const char *end)
{
    static const char op[] = "gra_log_open";
    for (bool more = true; more;) {
        gra__row_text name = {0};
        more = gra__csv_read(&text, end, &name);
        const bool fine = text && !name.failed;
        if (fine)
            add_column(log, op, name.bytes ? name.bytes : "", name.size);
        free(name.bytes);
        if (!fine)
            gra_fail("%s: %s holds no CSV header: its first line has no end; give the log a new "
                     "file",
                     op, log->file.path);
        if (gra_error())
            return false;
    }
    return true;
}

static bool look_at_old(gra_run_log *log)
{
    static const char op[] = "gra_log_open";
    gra__append_file *const f = &log->file;
    char last;
    if (f->size == 0)
        return true;
    char *const text = malloc(LONGEST_HEADER);
    const ssize_t got = text ? pread(f->fd, text, LONGEST_HEADER, 0) : 0;
    if (!text || got <= 0 || pread(f->fd, &last, 1, f->size - 1) != 1)
        gra_fail("%s: cannot read %s: %s", op, f->path, strerror(text ? errno : ENOMEM));
    else
        log->unended = last != '\n';
    const bool fine = !gra_error() && (!log->csv || read_columns(log, text, text + got));
    free(text);
    return fine;
}

gra_run_log *gra_log_open(const char *path)
{
    static const char op[] = "gra_log_open";
    if (gra_error())
        return NULL;
    const char *const suffix = path ? strrchr(path, '.') : NULL;
    const bool csv = suffix && strcmp(suffix, ".csv") == 0;
    if (path && !csv && !(suffix && strcmp(suffix, ".jsonl") == 0))
        return gra_fail("%s: the name %s says no format; it is to end in .csv or .jsonl", op, path);
    gra_run_log *const log = gra__alloc_zeroed(sizeof *log);
    if (!log)
        return NULL;
    gra__object_init(&log->head, &log_kind, 1);
    log->csv = csv;
    if (gra__append_file_open(&log->file, op, path, false) && look_at_old(log))
        return log;
    gra__release(log);
    return NULL;
}

int gra_log_close(gra_run_log *log)
{
    return log && gra__append_file_close(&log->file, "gra_log_close") ? 0 : -1;
}

/* ---- rows ---- */

static const char row_op[] = "gra_log_row";

static int column_of(const gra_run_log *log, const char *name)
{
    for (int i = 0; i < log->count; i++)
        if (strcmp(log->columns[i], name) == 0)
            return i;
    return -1;
}

static const cell *value_of(const cell *values, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0)
            return &values[i];
    return NULL;
}

static bool check_row(const gra_run_log *log, const cell *values, int count)
{
    if (log->file.fd < 0)
        gra_fail("%s: the log is closed; open it again to go on", row_op);
    else if (count < 1)
        gra_fail("%s: a row for %s has no values", row_op, log->file.path);
    for (int i = 0; i < count && !gra_error(); i++) {
        const char *const name = values[i].name;
        if (!name)
            gra_fail("%s: value %d of the row has no name", row_op, i);
        else if (value_of(values, i, name))
            gra_fail("%s: the row has two values with the name %s", row_op, name);
        else if (log->csv && log->columns && column_of(log, name) < 0)
            gra_fail(
                "%s: %s has no column %s; its columns are those of its first row, and a .jsonl "
                "file has none",
                row_op, log->file.path, name);
    }
    return !gra_error();
}

static void put_header(const gra_run_log *log, gra__row_text *row)
{
    for (int i = 0; i < log->count; i++) {
        gra__row_put(row, ",", i > 0);
        gra__csv_text(row, log->columns[i]);
    }
    gra__row_put(row, "\n", 1);
}

static void put_csv(const gra_run_log *log, const cell *values, int count, gra__row_text *row)
{
    for (int i = 0; i < log->count; i++) {
        const cell *const value = value_of(values, count, log->columns[i]);
        gra__row_put(row, ",", i > 0);
        if (value && value->text)
            gra__csv_text(row, value->text);
        else if (value)
            gra__csv_number(row, value->value);
    }
}

static void put_json(const cell *values, int count, gra__row_text *row)
{
    for (int i = 0; i < count; i++) {
        gra__row_put(row, i == 0 ? "{" : ", ", i == 0 ? 1 : 2);
        gra__json_text(row, values[i].name);
        gra__row_put(row, ": ", 2);
        if (values[i].text)
            gra__json_text(row, values[i].text);
        else
            gra__json_number(row, values[i].value);
    }
    gra__row_put(row, "}", 1);
}

static bool put_row(gra_run_log *log, const cell *values, int count, bool header)
{
    gra__row_text row = {0};
    gra__row_put(&row, "\n", log->unended);
    if (header)
        put_header(log, &row);
    if (log->csv)
        put_csv(log, values, count, &row);
    else
        put_json(values, count, &row);
    gra__row_put(&row, "\n", 1);
    if (row.failed)
        gra_fail("%s: out of memory", row_op);
    const bool fine =
        !row.failed && gra__append_file_write(&log->file, row_op, row.bytes, row.size);
    free(row.bytes);
    log->unended = log->unended && !fine;
    return fine;
}

/* The row's numbers, then its texts; freed by the caller. */
static cell *cells_of(const gra_run_log *log, const gra_log_value *values, int count)
{
    cell *const cells = calloc((size_t)(count + log->text_count) + 1, sizeof *cells);
    for (int i = 0; cells && i < count; i++)
        cells[i] = (cell){.name = values[i].name, .value = values[i].value};
    for (int i = 0; cells && i < log->text_count; i++)
        cells[count + i] = (cell){.name = log->texts[i].name, .text = log->texts[i].text};
    if (!cells)
        gra_fail("%s: out of memory", row_op);
    return cells;
}

static bool add_row(gra_run_log *log, const cell *cells, int count)
{
    const bool first = log->csv && !log->columns;
    bool fine = check_row(log, cells, count);
    for (int i = 0; first && fine && i < count; i++)
        fine = add_column(log, row_op, cells[i].name, strlen(cells[i].name));
    fine = fine && put_row(log, cells, count, first);
    if (first && !fine)
        forget_columns(log);
    return fine;
}

int gra_log_row_of(gra_run_log *log, const gra_log_value *values, int count)
{
    if (!log || gra_error())
        return -1;
    count = values && count > 0 ? count : 0;
    cell *const cells = cells_of(log, values, count);
    const bool fine = cells && add_row(log, cells, count + log->text_count);
    free(cells);
    if (fine)
        forget_texts(log);
    return fine ? 0 : -1;
}

int gra_log_text(gra_run_log *log, const char *name, const char *text)
{
    if (!log || gra_error())
        return -1;
    if (!name || !text) {
        gra_fail("gra_log_text: the %s is NULL", name ? "text" : "name");
        return -1;
    }
    text_cell *const more = realloc(log->texts, (size_t)(log->text_count + 1) * sizeof *more);
    log->texts = more ? more : log->texts;
    const text_cell added = {.name = more ? strdup(name) : NULL,
                             .text = more ? strdup(text) : NULL};
    if (added.name && added.text) {
        more[log->text_count++] = added;
        return 0;
    }
    free(added.name);
    free(added.text);
    gra_fail("gra_log_text: out of memory");
    return -1;
}
