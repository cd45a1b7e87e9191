/* run_log.h - a table of a run's numbers that grows row by row: CSV, or JSON Lines.
 *
 *     gra_run_log *log = gra_log_open("run.csv");
 *     for (int epoch = 1; epoch <= 10; epoch++) {
 *         gra_log_text(log, "note", "warm, up");
 *         gra_log_row(log, {"epoch", epoch}, {"loss", loss});
 *     }
 *     gra_log_close(log);
 *     gra_free(log);
 *
 *     epoch,loss,note                         run.jsonl: {"epoch": 1, "loss": 0.25, "note": "warm, up"}
 *     1,0.25,"warm, up"
 *
 * A row is in the file when gra_log_row returns, as a whole or not at all. A file that is there already
 * is gone on with, so that the log of a resumed run stays one table. Numbers have as many digits as it
 * takes to read the same ones again. In CSV the first row's names are the columns: a later row may leave
 * some out, which stay empty, and have no others; quotes are those of RFC 4180, and numbers that are
 * none are nan, inf and -inf. In JSON Lines each row has its own names, and such numbers are null.
 * May include: core, ops, autograd, nn, optim.
 */
#ifndef GRA_IO_RUN_LOG_H
#define GRA_IO_RUN_LOG_H

#include "../core/common.h"

GRA_BEGIN_DECLS

/* A named number: {"loss", 0.25}. */
typedef struct gra_log_value {
    const char *name;
    double value;
} gra_log_value;

typedef struct gra_run_log gra_run_log;

/* The suffix says the format: .csv or .jsonl. An object to be freed; NULL with an error for another
 * suffix, or a file that cannot be written or whose first line is no CSV header. */
gra_run_log *gra_log_open(const char *path);

/* A row of the numbers, and behind them the texts that were set since the row before. Return 0, or -1 with
 * an error: a name that is NULL, that comes twice or that the CSV file does not have, a row without values,
 * a closed log, a full disk. A NULL log is -1. */
int gra_log_row_of(gra_run_log *log, const gra_log_value *values, int count);
int gra_log_text(gra_run_log *log, const char *name, const char *text); /* both copied */
int gra_log_close(gra_run_log *log); /* gra_free does it too; once more does nothing */

#ifndef __cplusplus
#define gra_log_row(log, ...)                                                                      \
    gra_log_row_of(log, (const gra_log_value[]){__VA_ARGS__},                                      \
                   (int)(sizeof((const gra_log_value[]){__VA_ARGS__}) / sizeof(gra_log_value)))
#endif

GRA_END_DECLS

#endif
