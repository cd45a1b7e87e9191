/* tars.h - .tar files written byte by byte, good ones and such as no honest program writes.
 *
 *     tar_begin();
 *     tar_add("cat/1.jpg", '0', "bytes");
 *     put_tar("a.tar");
 */
#ifndef GRA_TESTS_DATA_TARS_H
#define GRA_TESTS_DATA_TARS_H

#include "files.h"

enum { TAR_BLOCK = 512 };

static unsigned char tar_bytes[1 << 18];
static size_t tar_length;

static inline void tar_begin(void)
{
    memset(tar_bytes, 0, sizeof tar_bytes);
    tar_length = 0;
}

/* Adds a member: '0' a file, '1' a hard link, '2' a symbolic one, '3' a device, '5' a folder. */
static inline void tar_add_bytes(const char *name, char type, const void *bytes, size_t size)
{
    unsigned char *const header = tar_bytes + tar_length;
    unsigned sum = 0;
    memcpy(header, name, strlen(name));
    sprintf((char *)header + 100, "%07o", 0644);
    sprintf((char *)header + 124, "%011zo", type == '0' ? size : 0);
    sprintf((char *)header + 136, "%011o", 0);
    header[156] = (unsigned char)type;
    if (type == '1' || type == '2')
        strcpy((char *)header + 157, "target");
    memcpy(header + 257, "ustar\00000", 8);
    memset(header + 148, ' ', 8);
    for (int i = 0; i < TAR_BLOCK; i++)
        sum += header[i];
    sprintf((char *)header + 148, "%06o", sum);
    memcpy(header + TAR_BLOCK, bytes, size);
    tar_length += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    ck_assert_uint_lt(tar_length + 2 * TAR_BLOCK, sizeof tar_bytes);
}

static inline void tar_add(const char *name, char type, const char *text)
{
    tar_add_bytes(name, type, text, strlen(text));
}

/* Write what was added, with the two empty blocks that end it; return the path. */
static inline const char *put_tar(const char *name)
{
    return put_file(name, tar_bytes, tar_length + 2 * TAR_BLOCK);
}

static inline const char *put_tar_gz(const char *name)
{
    return put_gzip(name, tar_bytes, tar_length + 2 * TAR_BLOCK);
}

#endif
