/* checksum.c - checksums by OpenSSL, which is included here alone. */
#include "data/checksum.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "io/input_file.h"

#ifdef GRA_HAVE_CHECKSUMS

#include <openssl/evp.h>

enum { MD5_DIGITS = 32, SHA256_DIGITS = 64, STEP = 1 << 16 };

static bool failed(const gra__checksum *c, const char *text)
{
    gra_fail("%s: %s", c->op, text);
    return false;
}

bool gra__checksum_begin(gra__checksum *c, const char *op, const char *like)
{
    const size_t digits = strlen(like);
    *c = (gra__checksum){.op = op};
    if (digits != MD5_DIGITS && digits != SHA256_DIGITS)
        return failed(c, "a checksum has 32 digits (MD5) or 64 (SHA-256)");
    c->state = EVP_MD_CTX_new();
    if (!c->state)
        return failed(c, "out of memory");
    return EVP_DigestInit_ex(c->state, digits == MD5_DIGITS ? EVP_md5() : EVP_sha256(), NULL) ||
           failed(c, "OpenSSL does not offer this kind of checksum here");
}

bool gra__checksum_add(gra__checksum *c, const void *data, size_t bytes)
{
    return EVP_DigestUpdate(c->state, data, bytes) || failed(c, "OpenSSL cannot go on");
}

bool gra__checksum_end(gra__checksum *c, char text[GRA__CHECKSUM_TEXT])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    bool fine = true;
    if (text) {
        fine = EVP_DigestFinal_ex(c->state, bytes, &count) || failed(c, "OpenSSL cannot go on");
        for (unsigned i = 0; fine && i < count; i++)
            snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    EVP_MD_CTX_free(c->state);
    c->state = NULL;
    return fine;
}

static bool add_file(gra__checksum *c, const gra__input_file *file)
{
    static const uint64_t step = STEP;
    unsigned char bytes[STEP];
    for (uint64_t at = 0; at < file->size; at += step) {
        const uint64_t left = file->size - at, count = left < step ? left : step;
        if (!gra__input_read(file, at, bytes, count) || !gra__checksum_add(c, bytes, count))
            return false;
    }
    return true;
}

bool gra__checksum_fits(const char *op, const char *path, const char *checksum)
{
    struct stat info;
    char text[GRA__CHECKSUM_TEXT] = "";
    if (stat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return false;
    gra__input_file file;
    gra__checksum sum;
    bool fine = gra__checksum_begin(&sum, op, checksum);
    fine = gra__input_open(&file, op, path) && fine && add_file(&sum, &file);
    gra__input_close(&file);
    return gra__checksum_end(&sum, fine ? text : NULL) && strcmp(text, checksum) == 0;
}

#else

bool gra__checksum_begin(gra__checksum *c, const char *op, const char *like)
{
    (void)like;
    *c = (gra__checksum){.op = op};
    gra_fail("%s: downloads cannot be checked, as Gradus was built without OpenSSL; put the files "
             "there by hand, or build with OpenSSL",
             op);
    return false;
}

bool gra__checksum_add(gra__checksum *c, const void *data, size_t bytes)
{
    return c && data && bytes == 0;
}

bool gra__checksum_end(gra__checksum *c, char text[GRA__CHECKSUM_TEXT])
{
    (void)c;
    return !text;
}

bool gra__checksum_fits(const char *op, const char *path, const char *checksum)
{
    gra__checksum sum;
    return path && gra__checksum_begin(&sum, op, checksum);
}

#endif
