/* run_log_text.c - numbers and texts as CSV (RFC 4180) and JSON (RFC 8259) have them. */
#include "io/run_log_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gra__row_put(gra__row_text *row, const char *bytes, size_t size)
{
    if (row->size + size > row->capacity && !row->failed) {
        const size_t capacity = 2 * (row->size + size) + 64;
        char *const larger = realloc(row->bytes, capacity);
        row->failed = !larger;
        row->bytes = larger ? larger : row->bytes;
        row->capacity = larger ? capacity : row->capacity;
    }
    if (row->failed)
        return;
    if (size)
        memcpy(row->bytes + row->size, bytes, size);
    row->size += size;
}

static void put(gra__row_text *row, const char *text)
{
    gra__row_put(row, text, strlen(text));
}

/* The fewest digits that give the same number again, with a point in whatever locale. */
static void put_number(gra__row_text *row, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    char *const comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    put(row, text);
}

void gra__csv_number(gra__row_text *row, double value)
{
    if (isfinite(value))
        put_number(row, value);
    else
        put(row, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

void gra__json_number(gra__row_text *row, double value)
{
    if (isfinite(value))
        put_number(row, value);
    else
        put(row, "null");
}

void gra__csv_text(gra__row_text *row, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        put(row, text);
        return;
    }
    put(row, "\"");
    for (const char *c = text; *c; c++)
        gra__row_put(row, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    put(row, "\"");
}

/* Bytes of the UTF-8 character at s, 0 where there is none: neither a longer form than needed, nor half
 * of a surrogate pair, nor one beyond U+10FFFF. */
static size_t utf8_length(const unsigned char *s)
{
    const size_t more = s[0] < 0x80 ? 0 : s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : 1;
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i <= more; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    const bool longer = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    const bool none = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return longer || none ? 0 : more + 1;
}

void gra__json_text(gra__row_text *row, const char *text)
{
    char escape[8];
    put(row, "\"");
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        const size_t length = utf8_length(c);
        if (length == 0)
            put(row, "\\ufffd");
        else if (*c == '"' || *c == '\\' || *c < ' ' || *c == 127)
            gra__row_put(row, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", *c));
        else
            gra__row_put(row, (const char *)c, length);
        c += length ? length : 1;
    }
    put(row, "\"");
}

bool gra__csv_read(const char **text, const char *end, gra__row_text *row)
{
    const char *c = *text;
    bool quoted = c < end && *c == '"';
    for (c += quoted; c < end; c++) {
        if (quoted && *c == '"' && c + 1 < end && c[1] == '"')
            gra__row_put(row, c++, 1);
        else if (quoted && *c == '"')
            quoted = false;
        else if (!quoted && (*c == ',' || *c == '\n'))
            break;
        else if (quoted || *c != '\r')
            gra__row_put(row, c, 1);
    }
    *text = c < end ? c + 1 : NULL;
    return c < end && *c == ',';
}
