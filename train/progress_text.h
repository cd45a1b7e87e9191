/* progress_text.h - what a progress bar says, apart from when and where. */
#ifndef GRA_TRAIN_PROGRESS_TEXT_H
#define GRA_TRAIN_PROGRESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gra__progress_text {
    const char *description; /* "" for none */
    const char *unit;        /* "it" */
    const char *metrics;     /* ", loss=0.34, ...", or "" */
    int64_t done, total;     /* total 0: not known */
    double seconds;          /* since the beginning */
    double rate;             /* items a second; 0: not known */
} gra__progress_text;

/* tqdm's line. The bar takes what is left of `width` columns; width 0 is no bar and no limit. */
void gra__progress_line(char *line, size_t size, const gra__progress_text *t, int width,
                        bool ascii);

/* A value of a metric, four significant digits: "0.3412", "nan". */
void gra__progress_number(char *text, size_t size, double value);

#endif
