/* run_log_text.h - numbers and texts as CSV and JSON have them, put behind each other.
 *
 *     gra__row_text row = {0};
 *     gra__csv_text(&row, "a, b");            "a, b" in quotes
 *     gra__row_put(&row, ",", 1);
 *     gra__csv_number(&row, 0.25);
 *     if (!row.failed)  ... row.bytes, row.size
 *     free(row.bytes);
 */
#ifndef GRA_IO_RUN_LOG_TEXT_H
#define GRA_IO_RUN_LOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gra__row_text {
    char *bytes; /* owned; not terminated */
    size_t size, capacity;
    bool failed; /* memory was short; what came after was left out */
} gra__row_text;

void gra__row_put(gra__row_text *row, const char *bytes, size_t size);
void gra__csv_number(gra__row_text *row, double value);
void gra__csv_text(gra__row_text *row, const char *text);
void gra__json_number(gra__row_text *row, double value);   /* null where it is not finite */
void gra__json_text(gra__row_text *row, const char *text); /* what is no UTF-8 becomes U+FFFD */

/* Reads a field of a CSV line at *text into `row`, and moves *text behind it and its comma. Returns
 * whether another one follows on this line; *text is NULL where the line has no end. */
bool gra__csv_read(const char **text, const char *end, gra__row_text *row);

#endif
