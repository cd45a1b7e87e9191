/* crc32c.c - the checksum, a byte at a time: the least significant bit comes first. */
#include "io/crc32c.h"

#include <pthread.h>

static uint32_t table[256];

static void make_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc =
                crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0); /* the polynomial, its bits turned round */
        table[byte] = crc;
    }
}

uint32_t gra__crc32c(const void *data, size_t bytes)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    const uint8_t *const p = data;
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < bytes; i++)
        crc = table[(crc ^ p[i]) & 0xff] ^ crc >> 8;
    return ~crc;
}

uint32_t gra__crc32c_masked(const void *data, size_t bytes)
{
    const uint32_t crc = gra__crc32c(data, bytes);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}
