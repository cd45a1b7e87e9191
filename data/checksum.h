/* checksum.h - MD5 and SHA-256 of what was downloaded.
 *
 * A checksum is written as its hexadecimal digits, in small letters: 32 are one of MD5, 64 of SHA-256.
 * MD5 is there because data sets are published with it: it tells a damaged file, not a forged one.
 * May include: core, the file headers of io.
 */
#ifndef GRA_DATA_CHECKSUM_H
#define GRA_DATA_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

enum { GRA__CHECKSUM_TEXT = 65 };

typedef struct gra__checksum {
    const char *op;
    void *state; /* owned, from begin to end */
} gra__checksum;

/* Begins one of the kind that `like` is. False with an error for another length, or where the library
 * has no such kind. */
bool gra__checksum_begin(gra__checksum *c, const char *op, const char *like);
bool gra__checksum_add(gra__checksum *c, const void *data, size_t bytes);

/* Writes the digits, or "" where text is not wanted: NULL. Must follow begin, also a failed one. */
bool gra__checksum_end(gra__checksum *c, char text[GRA__CHECKSUM_TEXT]);

/* Whether there is a regular file with just this checksum. False with an error only where it cannot be
 * read. */
bool gra__checksum_fits(const char *op, const char *path, const char *checksum);

#endif
