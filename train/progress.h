/* progress.h - a bar that tells how far a loop is, how fast it goes and how long it will take.
 *
 *     gra_progress *bar = gra_progress_new(.total = 100, .description = "epoch 1");
 *     for (int i = 0; i < 100; i++) {
 *         ...
 *         gra_progress_set(bar, "loss", gra_item(loss));
 *         gra_progress_update(bar, 1);
 *     }
 *     gra_progress_close(bar);
 *     gra_free(bar);
 *
 * On a terminal it is one line, drawn anew at most ten times a second and as wide as the terminal is:
 *
 *     epoch 1:  45%|█████████         | 27008/60000 [00:05<00:06, 5123.45it/s, loss=0.3412]
 *
 * the share that is done, the number of items and of how many, [time gone<time left, items a second,
 * metrics]. The rate is smoothed as tqdm's is, with more weight on what was last; in the end it is
 * that of the whole loop. Elsewhere (a file, a pipe, TERM=dumb) it is a plain line without a bar every
 * .line_interval seconds and one at the end, and never an escape code.
 *
 * Over a loader, counting examples:
 *
 *     gra_progress *bar = gra_progress_over(data, .description = "epoch 1");
 *     for (int mark = gra_mark(); gra_progress_next(bar, &x, &y); gra_release(mark)) {
 *         ...
 *         gra_progress_set(bar, "loss", gra_item(loss));
 *     }
 *     gra_free(bar);
 *
 * A bar belongs to one thread at a time. What cannot be written is not drawn: a bar never ends a run.
 * May include: core, ops, autograd, nn, optim, data, io.
 */
#ifndef GRA_TRAIN_PROGRESS_H
#define GRA_TRAIN_PROGRESS_H

#include <stdio.h>

#include "../data/loader.h"

GRA_BEGIN_DECLS

typedef struct gra_progress gra_progress;

typedef enum gra_progress_style {
    GRA_PROGRESS_AUTO,  /* a bar on a terminal, lines elsewhere */
    GRA_PROGRESS_BAR,   /* a bar, drawn over and over, whatever the file is */
    GRA_PROGRESS_LINES, /* plain lines */
    GRA_PROGRESS_OFF,   /* nothing; it counts and measures all the same */
} gra_progress_style;

typedef struct gra_progress_options {
    int begin_;
    gra_data *data;          /* of gra_progress_over; borrowed: it must live as long as the bar */
    int64_t total;           /* 0: not known, or the loader's; less: gra_progress_next ends there */
    const char *description; /* NULL: none; copied */
    const char *unit;        /* "it"; of a loader "ex", examples; copied */
    FILE *file;              /* NULL: stderr */
    gra_progress_style style; /* GRA_PROGRESS_AUTO */
    double interval;          /* 0.1: seconds from one drawing of the bar to the next at least */
    double line_interval;     /* 10: the same for lines */
    double smoothing;         /* 0.3: 0 is the mean of the whole loop, 1 the last interval's rate */
    int width;                /* 0: the terminal's, or COLUMNS, or 80 */
    bool ascii;               /* false: blocks where the locale is UTF-8, # elsewhere */
    bool clear;               /* false: what was drawn last stays on the terminal */
} gra_progress_options;

gra_progress_options gra_progress_defaults(void);

/* NULL with an error for a negative number among the options, a smoothing above 1 or an unknown style. */
gra_progress *gra_progress_with(gra_progress_options options);

#define GRA__PROGRESS_DEFAULTS .interval = 0.1, .line_interval = 10, .smoothing = 0.3
#ifndef __cplusplus
#define gra_progress_new(...)                                                                      \
    gra_progress_with(                                                                             \
        GRA_KEYWORDS(gra_progress_options, GRA__PROGRESS_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#define gra_progress_over(...)                                                                     \
    gra_progress_over_with(                                                                        \
        GRA_KEYWORDS(gra_progress_options, GRA__PROGRESS_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* A bar over .data; a NULL one is an error. */
gra_progress *gra_progress_over_with(gra_progress_options options);

/* Counts n more items, at least 0, and draws if it is time. After gra_progress_close an error. A NULL
 * bar counts nothing. */
void gra_progress_update(gra_progress *bar, int64_t n);

/* Shows a metric from now on, or its new value; metrics stand in the order in which they were set first. */
void gra_progress_set(gra_progress *bar, const char *name, double value);

/* gra_data_next for a bar over a loader: counts the examples of the batch before, and draws. Returns
 * what gra_data_next does. It ends too where .total is less than the loader has and so many examples have
 * been; gra_data_rewind or gra_data_shuffle then begins the next epoch. At the end it closes the bar. */
bool gra_progress_next(gra_progress *bar, gra_tensor **x, gra_tensor **y);

/* Prints a line, printf-style, to the bar's file, above the bar. The line's end is added. */
void gra_progress_print(gra_progress *bar, const char *format, ...) GRA_PRINTF(2, 3);

/* Draws the last time and ends the line. Once is enough; gra_free does it too. */
void gra_progress_close(gra_progress *bar);

int64_t gra_progress_done(const gra_progress *bar); /* items counted */
double gra_progress_seconds(
    const gra_progress *bar);                      /* from the beginning until now, or the close */
double gra_progress_rate(const gra_progress *bar); /* items a second in all; 0 before the first */
double gra_progress_waited(const gra_progress *bar); /* seconds of them spent in gra_data_next */

GRA_END_DECLS

#endif
