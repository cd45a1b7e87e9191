/* exif.c - how a camera was held. */
#include <string.h>

#include "data/images/decoder.h"

static unsigned number(const uint8_t *p, int bytes, bool big)
{
    unsigned value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (unsigned)p[i] << 8 * (big ? bytes - 1 - i : i);
    return value;
}

/* A TIFF header: II or MM, 42, and where the first list of fields lies, which begins with their count;
 * a field has 12 bytes: tag, type, count, and here the value. */
int gra__exif_orientation(const uint8_t *bytes, size_t size)
{
    enum { HEADER = 8, FIELD = 12, ORIENTATION = 0x112, SHORT = 3 };
    if (size < HEADER + 2)
        return 1;
    const bool big = memcmp(bytes, "MM\0\x2a", 4) == 0;
    const size_t at = number(bytes + 4, 4, big);
    if ((!big && memcmp(bytes, "II\x2a\0", 4) != 0) || at > size - 2)
        return 1;
    const unsigned count = number(bytes + at, 2, big);
    const uint8_t *field = bytes + at + 2, *const end = bytes + size;
    for (unsigned i = 0; i < count && end - field >= FIELD; i++, field += FIELD)
        if (number(field, 2, big) == ORIENTATION && number(field + 2, 2, big) == SHORT) {
            const unsigned value = number(field + 8, 2, big);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    return 1;
}
