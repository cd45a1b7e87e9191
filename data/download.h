/* download.h - fetching a file over http or https, whole and checked, or not at all.
 *
 *     const char *const urls[] = {"https://host/a.gz", "https://other/a.gz", NULL};
 *     gra__download_file(&(gra__download){.op = "gra_mnist", .path = path, .urls = urls, .checksum = md5});
 *
 * What comes is written to a file beside the path, checked, and renamed.  A file that is there with the
 * right checksum is not fetched again; one with another is replaced once the right one has come.
 * The library reaches the network here and nowhere else, and only for a data set with .download.
 * May include: core, the file headers of io.
 */
#ifndef GRA_DATA_DOWNLOAD_H
#define GRA_DATA_DOWNLOAD_H

#include <stdbool.h>

typedef struct gra__download {
    const char *op;          /* for messages */
    const char *path;        /* where the file is to be; folders on the way are made */
    const char *const *urls; /* tried in their order; NULL behind the last */
    const char *checksum;    /* MD5 or SHA-256, see checksum.h */
    int patience;            /* seconds without a byte until a server is given up; 0: 30 */
} gra__download;

/* False with one error that has the path, and of each URL that was tried what went wrong. */
bool gra__download_file(const gra__download *d);

/* A file of a data set. It comes from `mirror`, the URL of a folder, where that is not NULL; else from
 * the folder `set` in the one that the environment variable GRADUS_MIRROR names; else from one of the
 * official folders. */
typedef struct gra__remote_file {
    const char *op, *dir, *name; /* is to be dir/name */
    const char *checksum;
    const char *mirror;
    const char *set;             /* "mnist" */
    const char *const *official; /* URLs that end in "/"; NULL behind the last, at most 3 */
} gra__remote_file;

bool gra__download_remote(const gra__remote_file *f);

#endif
