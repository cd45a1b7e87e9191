/* print.c - tensors as text, as PyTorch prints them.
 *
 * The elements that are shown decide the look of all of them, and the width of the widest is the
 * width of all:
 *
 *     WHOLE       1.    -3.        floats that are all whole numbers
 *     FIXED       1.5000           other floats
 *     SCIENTIFIC  1.5000e-07       floats that are tiny, large, or further than 1000 times apart
 *     INTEGER     1                and True, False for bool
 *
 * Zeros, infinities and NaN have no say in it.  The last dim is laid out in lines of 80 columns; a
 * block of n dims is separated from the next by n newlines.
 */
#include "print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "node.h"
#include "tensor_struct.h"

enum { COLUMNS = 80, THRESHOLD = 1000, EDGE = 3, ELEMENT_TEXT = 32 };

#define PREFIX "tensor("
enum { INDENT = sizeof PREFIX - 1 };

typedef enum look { WHOLE, FIXED, SCIENTIFIC, INTEGER } look;

typedef struct printer {
    FILE *out;
    const gra_tensor *t;
    bool summary; /* only the edges of each dim are shown */
    look look;
    int width;          /* characters of the widest element */
    bool fraction;      /* an element is not whole */
    double least, most; /* magnitudes among the finite elements other than 0; most is 0 for none */
} printer;

/* Whether the middle of a dim is left out. */
static bool is_cut(const printer *p, int64_t size)
{
    return p->summary && size > 2 * EDGE;
}

/* The index that is shown after i. */
static int64_t next_index(const printer *p, int64_t size, int64_t i)
{
    return i == EDGE - 1 && is_cut(p, size) ? size - EDGE : i + 1;
}

/* Calls see() with the position of every element that is shown. */
static void visit(printer *p, int dim, int64_t position, void (*see)(printer *, int64_t position))
{
    if (dim == p->t->shape.count) {
        see(p, position);
        return;
    }
    const int64_t size = p->t->shape.size[dim], stride = p->t->stride[dim];
    for (int64_t i = 0; i < size; i = next_index(p, size, i))
        visit(p, dim + 1, position + i * stride, see);
}

/* Writes an element without padding and returns its length. */
static int element_text(const printer *p, int64_t position, char text[ELEMENT_TEXT])
{
    if (p->t->dtype == GRA_INT64) /* a double does not hold all of them */
        return snprintf(text, ELEMENT_TEXT, "%lld",
                        (long long)((const int64_t *)gra__ptr(p->t))[position]);
    const double value = gra__load(p->t, position);
    if (p->t->dtype == GRA_BOOL)
        return snprintf(text, ELEMENT_TEXT, "%s", value != 0 ? "True" : "False");
    if (isnan(value)) /* C would print the sign of a NaN */
        return snprintf(text, ELEMENT_TEXT, "nan");
    if (p->look == SCIENTIFIC)
        return snprintf(text, ELEMENT_TEXT, "%.4e", value);
    if (p->look == FIXED)
        return snprintf(text, ELEMENT_TEXT, "%.4f", value);
    const bool point = p->look == WHOLE && isfinite(value);
    return snprintf(text, ELEMENT_TEXT, "%.0f%s", value, point ? "." : "");
}

static bool counts(const printer *p, int64_t position)
{
    const double value = gra__load(p->t, position);
    return p->look == INTEGER || (isfinite(value) && value != 0);
}

static void see_magnitude(printer *p, int64_t position)
{
    if (!counts(p, position))
        return;
    const double value = gra__load(p->t, position), magnitude = fabs(value);
    p->fraction |= value != ceil(value);
    p->least = p->most > 0 && p->least < magnitude ? p->least : magnitude;
    p->most = p->most > magnitude ? p->most : magnitude;
}

static void see_width(printer *p, int64_t position)
{
    char text[ELEMENT_TEXT];
    const int length = counts(p, position) ? element_text(p, position, text) : 0;
    p->width = p->width > length ? p->width : length;
}

static void choose_look(printer *p)
{
    p->look = INTEGER;
    p->width = 1;
    if (gra_dtype_is_floating(p->t->dtype)) {
        p->look = WHOLE;
        visit(p, 0, 0, see_magnitude);
        if (p->most > 0 && (p->most / p->least > 1000 || p->most > 1e8 || p->least < 1e-4))
            p->look = SCIENTIFIC;
        else if (p->fraction)
            p->look = FIXED;
    }
    visit(p, 0, 0, see_width);
}

/* Ends item number `count` of a dim: a comma, then a space or what leads to the next line. */
static void separate(const printer *p, int dim, int count)
{
    const int inner = p->t->shape.count - dim - 1; /* dims of an item */
    const int fit = (COLUMNS - INDENT - dim) / (p->width + 2), per_line = fit > 1 ? fit : 1;
    if (inner == 0 && count % per_line) {
        fputs(", ", p->out);
        return;
    }
    fputc(',', p->out);
    for (int i = 0; i < (inner ? inner : 1); i++)
        fputc('\n', p->out);
    fprintf(p->out, "%*s", INDENT + dim + 1, "");
}

static void write_element(const printer *p, int64_t position)
{
    char text[ELEMENT_TEXT];
    element_text(p, position, text);
    fprintf(p->out, "%*s", p->width, text);
}

static void write_dim(const printer *p, int dim, int64_t position)
{
    if (dim == p->t->shape.count) {
        write_element(p, position);
        return;
    }
    const int64_t size = p->t->shape.size[dim], stride = p->t->stride[dim];
    const bool last = dim == p->t->shape.count - 1;
    int count = 0;
    fputc('[', p->out);
    for (int64_t i = 0; i < size; i = next_index(p, size, i)) {
        if (i > 0)
            separate(p, dim, count);
        if (i == size - EDGE && is_cut(p, size)) {
            fputs(last ? " ..." : "...", p->out);
            separate(p, dim, ++count);
        }
        write_dim(p, dim + 1, position + i * stride);
        count++;
    }
    fputc(']', p->out);
}

/* Adds ", suffix", on a new line where this one is full. PyTorch counts two columns more than the
 * elements take, for what they are followed by. */
static void write_suffix(FILE *out, size_t *column, const char *suffix)
{
    const size_t length = strlen(suffix);
    if (*column + length + 2 > COLUMNS) {
        fprintf(out, ",\n%*s%s", INDENT, "", suffix);
        *column = INDENT + length;
    } else {
        fprintf(out, ", %s", suffix);
        *column += length + 2;
    }
}

/* Writes "size=(0, 3)". */
static void size_suffix(FILE *out, size_t *column, gra_shape shape)
{
    char text[GRA_SHAPE_TEXT], suffix[GRA_SHAPE_TEXT + 8];
    gra_shape_text(shape, text);
    snprintf(suffix, sizeof suffix, "size=(%.*s)", (int)strlen(text) - 2, text + 1);
    write_suffix(out, column, suffix);
}

static void write_suffixes(FILE *out, const gra_tensor *t, size_t column)
{
    char suffix[96];
    const bool empty = t->numel == 0; /* there a dtype cannot be guessed from the elements */
    if (empty && t->shape.count != 1)
        size_suffix(out, &column, t->shape);
    if (t->dtype != GRA_FLOAT32 && (empty || (t->dtype != GRA_INT64 && t->dtype != GRA_BOOL))) {
        snprintf(suffix, sizeof suffix, "dtype=%s", gra_dtype_name(t->dtype));
        write_suffix(out, &column, suffix);
    }
    gra__bring_up_to_date(t);
    if (t->node) {
        snprintf(suffix, sizeof suffix, "grad_fn=<%s>", gra_op_name(t->node->op));
        write_suffix(out, &column, suffix);
    } else if (t->requires_grad) {
        write_suffix(out, &column, "requires_grad=True");
    }
}

static void write_body(FILE *out, const gra_tensor *t)
{
    fputs(PREFIX, out);
    if (t->numel == 0) {
        fputs("[]", out);
        return;
    }
    printer p = {.out = out, .t = t, .summary = t->numel > THRESHOLD};
    choose_look(&p);
    write_dim(&p, 0, 0);
}

static void write_null(FILE *out)
{
    if (gra_error())
        fprintf(out, "NULL (%s)", gra_error());
    else
        fputs("NULL", out);
}

char *gra_tensor_text(const gra_tensor *t)
{
    char *text = NULL;
    size_t length = 0;
    FILE *const out = open_memstream(&text, &length);
    if (!out)
        return gra_fail("gra_tensor_text: out of memory");
    if (!t) {
        write_null(out);
    } else {
        write_body(out, t);
        if (fflush(out) == 0) { /* text is what has been written so far */
            const char *const newline = strrchr(text, '\n');
            write_suffixes(out, t, 2 + strlen(newline ? newline + 1 : text));
        }
        fputc(')', out);
    }
    const bool failed = ferror(out);
    if (fclose(out) == 0 && !failed)
        return text;
    free(text);
    return gra_fail("gra_tensor_text: out of memory");
}

void gra_fprint(FILE *file, const gra_tensor *t)
{
    char *const text = file ? gra_tensor_text(t) : gra_fail("gra_fprint: the file is NULL");
    if (text)
        fprintf(file, "%s\n", text);
    free(text);
}

void gra_print(const gra_tensor *t)
{
    gra_fprint(stdout, t);
}
