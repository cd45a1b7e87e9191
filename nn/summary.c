/* summary.c - running a network once, dry, and looking on. */
#include "nn/summary.h"

#include <stdlib.h>
#include <string.h>

#include "core/create.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "nn/forecast.h"
#include "nn/module_struct.h"

enum { NUMBER_TEXT = 32, LAYER_TEXT = GRA_SUMMARY_NAME + 64 };

/* One module that is running: what leave() needs to know of its enter(). */
typedef struct frame {
    size_t length; /* of the path without it */
    int row;       /* its row, or -1 for none */
} frame;

typedef struct recorder {
    gra__observer observer;
    char *path; /* GRA_SUMMARY_NAME bytes: the dotted name of the running module */
    frame *stack;
    gra_summary_row *rows;
    const gra_module **modules; /* of the rows */
    int depth, count;
    gra_shape input;
} recorder;

static int64_t own_parameters(const recorder *r, const gra_module *m)
{
    int64_t count = 0;
    for (int i = 0; i < r->count; i++)
        if (r->modules[i] == m)
            return 0;
    for (int i = 0; i < m->member_count; i++)
        if (!m->members[i].is_buffer)
            count += m->members[i].tensor->numel;
    return count;
}

/* Adds a row for m; -1 where it needs none or with an error. */
static int add_row(recorder *r, const gra_module *m)
{
    const int64_t parameters = own_parameters(r, m);
    if (m->child_count && !parameters && !m->type->count)
        return -1;
    gra_summary_row *const rows = gra__grown(r->rows, r->count, sizeof *rows);
    r->rows = rows ? rows : r->rows;
    const gra_module **const modules = gra__grown(r->modules, r->count, sizeof *modules);
    r->modules = modules ? modules : r->modules;
    if (!rows || !modules)
        return -1;
    rows[r->count] = (gra_summary_row){.class_name = m->type->name, .parameters = parameters};
    memcpy(rows[r->count].name, r->path, GRA_SUMMARY_NAME);
    modules[r->count] = m;
    return r->count++;
}

static void enter(gra__observer *observer, const gra_module *m)
{
    recorder *const r = (recorder *)observer;
    frame *const stack = gra__grown(r->stack, r->depth, sizeof *stack);
    r->depth++;
    if (!stack)
        return;
    r->stack = stack;
    const size_t length = strlen(r->path);
    snprintf(r->path + length, GRA_SUMMARY_NAME - length, "%s%s", length ? "." : "", m->name);
    stack[r->depth - 1] = (frame){.length = length, .row = add_row(r, m)};
}

static void leave(gra__observer *observer, const gra_module *m, const gra_tensor *x,
                  const gra_tensor *y)
{
    recorder *const r = (recorder *)observer;
    r->depth--;
    if (!y)
        return;
    const frame *const top = &r->stack[r->depth];
    r->path[top->length] = 0;
    if (top->row < 0)
        return;
    gra_summary_row *const row = &r->rows[top->row];
    row->output = y->shape;
    if (m->type->count)
        m->type->count(m, x->shape, y->shape, &row->cost);
}

static void run(gra_module *m, void *context)
{
    recorder *const r = context;
    gra__observer *const before = gra__module_observe(&r->observer);
    gra_forward(m, gra_zeros(r->input, gra__module_dtype(m)));
    gra__module_observe(before);
}

/* Fills r, to be freed also when it fails. */
static bool record(recorder *r, gra_module *m, gra_shape input)
{
    size_t peak;
    *r =
        (recorder){.observer = {enter, leave}, .path = calloc(1, GRA_SUMMARY_NAME), .input = input};
    if (!m)
        gra_fail("gra_summary: the module is NULL");
    else if (!r->path)
        gra_fail("gra_summary: out of memory");
    return gra__module_dry_run(m, false, run, r, &peak);
}

static void recorder_free(recorder *r)
{
    free(r->path);
    free(r->stack);
    free(r->rows);
    free(r->modules);
}

int gra_summary_rows(gra_module *m, gra_shape input, gra_summary_row *rows, int capacity)
{
    recorder r;
    const bool fine = record(&r, m, input);
    if (fine && rows && capacity > 0 && r.count > 0)
        memcpy(rows, r.rows, (size_t)(r.count < capacity ? r.count : capacity) * sizeof *rows);
    recorder_free(&r);
    return fine ? r.count : -1;
}

/* ---- the table ---- */

/* Writes 61706 as "61,706". */
static const char *grouped(int64_t value, char text[NUMBER_TEXT])
{
    char plain[NUMBER_TEXT];
    const int length = snprintf(plain, sizeof plain, "%lld", (long long)value);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = plain[i];
    }
    *to = 0;
    return text;
}

static const char *layer_text(const gra_summary_row *row, char text[LAYER_TEXT])
{
    snprintf(text, LAYER_TEXT, "%s%s(%.50s)", row->name, *row->name ? " " : "", row->class_name);
    return text;
}

static int wider(int width, const char *text)
{
    const int length = (int)strlen(text);
    return length > width ? length : width;
}

static void write_row(FILE *file, const int width[2], const char *layer, const char *output,
                      const gra_summary_row *row)
{
    char numbers[3][NUMBER_TEXT];
    fprintf(file, "%-*s  %-*s  %12s  %15s  %15s\n", width[0], layer, width[1], output,
            grouped(row->parameters, numbers[0]), grouped(row->cost.multiply_adds, numbers[1]),
            grouped(row->cost.connections, numbers[2]));
}

static void write_table(FILE *file, const gra_summary_row *rows, int count)
{
    char layer[LAYER_TEXT], shape[GRA_SHAPE_TEXT];
    int width[2] = {wider(0, "layer"), wider(0, "output")};
    for (int i = 0; i < count; i++) {
        width[0] = wider(width[0], layer_text(&rows[i], layer));
        width[1] = wider(width[1], gra_shape_text(rows[i].output, shape));
    }
    fprintf(file, "%-*s  %-*s  %12s  %15s  %15s\n", width[0], "layer", width[1], "output",
            "parameters", "multiply-adds", "connections");
    gra_summary_row total = {0};
    for (int i = 0; i < count; i++) {
        write_row(file, width, layer_text(&rows[i], layer), gra_shape_text(rows[i].output, shape),
                  &rows[i]);
        total.parameters += rows[i].parameters;
        total.cost.multiply_adds += rows[i].cost.multiply_adds;
        total.cost.connections += rows[i].cost.connections;
    }
    write_row(file, width, "total", "", &total);
}

/* "1.46 GB" */
static const char *bytes_text(size_t bytes, char text[NUMBER_TEXT])
{
    const double count = (double)bytes;
    const bool large = count >= 1e9;
    snprintf(text, NUMBER_TEXT, large ? "%.2f GB" : "%.1f MB", count / (large ? 1e9 : 1e6));
    return text;
}

static void write_memory(FILE *file, const gra_memory_forecast *f)
{
    char text[NUMBER_TEXT];
    fprintf(file, "peak memory: inference %s", bytes_text(f->inference, text));
    if (f->training) {
        fprintf(file, ", training step %s", bytes_text(f->training, text));
        fprintf(file, ", with momentum %s", bytes_text(f->momentum, text));
    }
    fputs("\n", file);
}

int gra_summary(gra_module *m, gra_shape input, FILE *file)
{
    recorder r;
    if (!file) {
        gra_fail("gra_summary: the file is NULL");
        return -1;
    }
    gra_memory_forecast forecast;
    const bool fine = record(&r, m, input) && gra_summary_memory(m, input, &forecast) == 0;
    if (fine) {
        write_table(file, r.rows, r.count);
        write_memory(file, &forecast);
    }
    recorder_free(&r);
    return fine ? 0 : -1;
}
