/* progress_text.c - what a progress bar says: tqdm's format.
 *
 *     description:  45%|█████████         | 27008/60000 [00:05<00:06, 5123.45it/s, loss=0.3412]
 *     description: 27008it [00:05, 5123.45it/s, loss=0.3412]           the total is not known
 *
 * A cell of the bar has eight widths, in ASCII ten digits.
 */
#include "train/progress_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "train/terminal.h"

enum { SHORTEST_BAR = 4, LONGEST_BAR = 1000, TIME_TEXT = 32, RATE_TEXT = 64 };

static void time_text(char text[TIME_TEXT], double seconds)
{
    const long long s = seconds < 1e15 ? (long long)seconds : 0;
    if (s >= 3600)
        snprintf(text, TIME_TEXT, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, TIME_TEXT, "%02lld:%02lld", s / 60, s % 60);
}

/* Below one a second the inverse says more. */
static void rate_text(char text[RATE_TEXT], double rate, const char *unit)
{
    if (!(rate > 0))
        snprintf(text, RATE_TEXT, "?%.40s/s", unit);
    else if (rate < 1)
        snprintf(text, RATE_TEXT, "%5.2fs/%.40s", 1 / rate, unit);
    else
        snprintf(text, RATE_TEXT, "%5.2f%.40s/s", rate, unit);
}

static size_t append(char *bar, size_t at, const char *cell, int times)
{
    const size_t length = strlen(cell);
    for (int i = 0; i < times; i++, at += length)
        memcpy(bar + at, cell, length);
    bar[at] = 0;
    return at;
}

/* `bar` holds three bytes for each cell and one more. */
static void draw_bar(char *bar, double share, int cells, bool ascii)
{
    static const char *const block[] = {" ",      "\u258f", "\u258e", "\u258d", "\u258c",
                                        "\u258b", "\u258a", "\u2589", "\u2588"};
    static const char *const digit[] = {" ", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#"};
    const char *const *const symbol = ascii ? digit : block;
    const int parts = ascii ? 10 : 8;
    const int filled = (int)(share * cells * parts);
    size_t at = append(bar, 0, symbol[parts], filled / parts);
    if (filled / parts < cells) {
        at = append(bar, at, symbol[filled % parts], 1);
        append(bar, at, " ", cells - filled / parts - 1);
    }
}

/* No line end, escape or the like of a name may break the line. */
static void finish(char *line, int width)
{
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    if (width > 0)
        gra__text_cut(line, width);
}

void gra__progress_line(char *line, size_t size, const gra__progress_text *t, int width, bool ascii)
{
    char elapsed[TIME_TEXT], left[TIME_TEXT] = "?", rate[RATE_TEXT], before[320], after[1024];
    const char *const colon = *t->description ? ": " : "";
    time_text(elapsed, t->seconds);
    rate_text(rate, t->rate, t->unit);
    if (t->total < 1 || t->done > t->total) {
        snprintf(line, size, "%.256s%s%lld%s [%s, %s%s]", t->description, colon, (long long)t->done,
                 t->unit, elapsed, rate, t->metrics);
        finish(line, width);
        return;
    }
    const double share = (double)t->done / (double)t->total;
    if (t->rate > 0)
        time_text(left, (double)(t->total - t->done) / t->rate);
    snprintf(before, sizeof before, "%.256s%s%3.0f%%", t->description, colon, 100 * share);
    snprintf(after, sizeof after, " %lld/%lld [%s<%s, %s%s]", (long long)t->done,
             (long long)t->total, elapsed, left, rate, t->metrics);
    const int taken = gra__text_width(before) + gra__text_width(after) + 2;
    const int cells = width - taken < LONGEST_BAR ? width - taken : LONGEST_BAR;
    if (cells < SHORTEST_BAR) {
        snprintf(line, size, "%s%s", before, after);
    } else {
        char bar[3 * LONGEST_BAR + 1];
        draw_bar(bar, share, cells, ascii);
        snprintf(line, size, "%s|%s|%s", before, bar, after);
    }
    finish(line, width);
}

void gra__progress_number(char *text, size_t size, double value)
{
    snprintf(text, size, "%.4g", value);
}
