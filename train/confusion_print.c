/* confusion_print.c - the confusion matrix as a table. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "train/confusion_struct.h"
#include "train/terminal.h"

enum { LARGEST_TABLE = 20, LONGEST_NAME = 20, NAME_TEXT = 128 };

static void name_of(const gra_confusion *t, int64_t c, char text[NAME_TEXT])
{
    if (t->names)
        snprintf(text, NAME_TEXT, "%s", t->names[c]);
    else
        snprintf(text, NAME_TEXT, "%lld", (long long)c);
    gra__text_cut(text, LONGEST_NAME);
}

/* Columns of the widest name, and of the widest number or name. */
static void widths(const gra_confusion *t, int *names, int *cells)
{
    char text[NAME_TEXT];
    *names = 4; /* "true" */
    *cells = 5; /* "100.0" */
    for (int64_t c = 0; c < t->classes; c++) {
        name_of(t, c, text);
        *names = gra__text_width(text) > *names ? gra__text_width(text) : *names;
    }
    *cells = *names > *cells ? *names : *cells;
    for (int64_t i = 0; i < t->classes * t->classes; i++) {
        const int width = snprintf(text, sizeof text, "%lld", (long long)t->cells[i]);
        *cells = width > *cells ? width : *cells;
    }
}

static void put_right(FILE *file, const char *text, int width)
{
    fprintf(file, "%*s%s", width - gra__text_width(text), "", text);
}

/* A share in percent, or - where it is a share of nothing. */
static void put_share(FILE *file, double share, int width)
{
    char text[16] = "-";
    if (!isnan(share))
        snprintf(text, sizeof text, "%.1f", 100 * share);
    put_right(file, text, width);
}

static void print_table(const gra_confusion *t, FILE *file)
{
    char text[NAME_TEXT];
    int names, cells;
    widths(t, &names, &cells);
    fprintf(file, "true \\ predicted\n");
    put_right(file, "", names);
    for (int64_t c = 0; c < t->classes; c++) {
        name_of(t, c, text);
        put_right(file, text, cells + 1);
    }
    fprintf(file, "   recall %%\n");
    for (int64_t i = 0; i < t->classes; i++) {
        name_of(t, i, text);
        put_right(file, text, names);
        for (int64_t k = 0; k < t->classes; k++)
            fprintf(file, " %*lld", cells, (long long)t->cells[i * t->classes + k]);
        put_share(file, gra_confusion_recall(t, i), 11);
        fputc('\n', file);
    }
    fprintf(file, "precision %%\n%*s", names, "");
    for (int64_t c = 0; c < t->classes; c++)
        put_share(file, gra_confusion_precision(t, c), cells + 1);
    fputc('\n', file);
}

/* The class that examples of class i are most often taken for, or -1. */
static int64_t worst(const gra_confusion *t, int64_t i)
{
    int64_t found = -1;
    for (int64_t k = 0; k < t->classes; k++) {
        const int64_t count = t->cells[i * t->classes + k];
        if (k != i && count > (found < 0 ? 0 : t->cells[i * t->classes + found]))
            found = k;
    }
    return found;
}

static void print_lines(const gra_confusion *t, FILE *file)
{
    char text[NAME_TEXT];
    int names, cells;
    widths(t, &names, &cells);
    fprintf(file, "%*s  examples  recall %%  precision %%  most often taken for\n", names, "true");
    for (int64_t i = 0; i < t->classes; i++) {
        name_of(t, i, text);
        put_right(file, text, names);
        fprintf(file, "%10.0f", gra__confusion_sum(t, i, -1));
        put_share(file, gra_confusion_recall(t, i), 10);
        put_share(file, gra_confusion_precision(t, i), 13);
        const int64_t other = worst(t, i);
        if (other >= 0) {
            name_of(t, other, text);
            fprintf(file, "  %s (%lld)", text, (long long)t->cells[i * t->classes + other]);
        }
        fputc('\n', file);
    }
}

int gra_confusion_print(const gra_confusion *t, FILE *file)
{
    if (gra_error())
        return -1;
    if (!t || !file) {
        gra_fail("gra_confusion_print: %s is NULL", t ? "the file" : "the matrix");
        return -1;
    }
    if (t->classes <= LARGEST_TABLE)
        print_table(t, file);
    else
        print_lines(t, file);
    fprintf(file, "accuracy %.2f %% of %.0f examples\n", 100 * gra_confusion_accuracy(t),
            gra__confusion_sum(t, -1, -1));
    if (fflush(file) == 0 && !ferror(file))
        return 0;
    gra_fail("gra_confusion_print: the table could not be written: %s", strerror(errno));
    return -1;
}
