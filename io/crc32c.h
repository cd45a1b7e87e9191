/* crc32c.h - the checksum of Castagnoli's polynomial 0x1EDC6F41, as TFRecord files have it.
 *
 * Source: RFC 3720, appendix B.4, which also has the test's vectors.
 */
#ifndef GRA_IO_CRC32C_H
#define GRA_IO_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t gra__crc32c(const void *data, size_t bytes);

/* Rotated and shifted, so that a checksum of data that holds checksums is no trivial one. */
uint32_t gra__crc32c_masked(const void *data, size_t bytes);

#endif
