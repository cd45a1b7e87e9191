/* download.c - downloads through libcurl, which is included here alone. */
#include "data/download.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "data/checksum.h"
#include "io/folders.h"
#include "io/new_file.h"

enum { PATIENCE = 30, MOST_URLS = 3 };

#ifdef GRA_HAVE_DOWNLOADS

#include <curl/curl.h>

enum { REASON = 512, REASONS = 1536 };

/* One URL's turn. */
typedef struct attempt {
    const gra__download *download;
    const char *url;
    gra__new_file file;
    gra__checksum sum;
    char reason[REASON]; /* why this URL gives nothing; "" while all is well */
} attempt;

__attribute__((format(printf, 2, 3))) static bool useless(attempt *a, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(a->reason, sizeof a->reason, format, list);
    va_end(list);
    return false;
}

/* libcurl's callback: 0 ends the transfer, and an error is pending then. */
static size_t take_bytes(char *data, size_t one, size_t count, void *context)
{
    attempt *const a = context;
    const size_t bytes = one * count;
    return gra__new_file_write(&a->file, data, bytes) && gra__checksum_add(&a->sum, data, bytes)
               ? bytes
               : 0;
}

static int patience_of(const gra__download *d)
{
    return d->patience ? d->patience : PATIENCE;
}

static void prepare(CURL *curl, attempt *a, char *text)
{
    const long patience = patience_of(a->download);
    curl_easy_setopt(curl, CURLOPT_URL, a->url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, patience);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, patience);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "gradus");
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static bool judge(attempt *a, CURL *curl, CURLcode code, const char *text)
{
    long answer = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    if (gra_error())
        return false;
    switch (code) {
    case CURLE_OK: return true;
    case CURLE_HTTP_RETURNED_ERROR: return useless(a, "the server answers %ld", answer);
    case CURLE_OPERATION_TIMEDOUT:
        return useless(a, "nothing came for %d seconds", patience_of(a->download));
    case CURLE_PARTIAL_FILE: return useless(a, "it was cut short (%s)", text);
    default: return useless(a, "%s", *text ? text : curl_easy_strerror(code));
    }
}

static bool transfer(attempt *a)
{
    char text[CURL_ERROR_SIZE] = "";
    CURL *const curl = curl_easy_init();
    if (!curl)
        return gra_fail("%s: libcurl cannot begin: out of memory", a->download->op);
    prepare(curl, a, text);
    const bool fine = judge(a, curl, curl_easy_perform(curl), text);
    curl_easy_cleanup(curl);
    return fine;
}

static bool check(attempt *a)
{
    char text[GRA__CHECKSUM_TEXT];
    if (!gra__checksum_end(&a->sum, text))
        return false;
    return strcmp(text, a->download->checksum) == 0 ||
           useless(a, "what came has the checksum %s and not %s", text, a->download->checksum);
}

/* Whether the file has come. Otherwise there is a reason, and another URL may have it, or an error. */
static bool try_url(attempt *a)
{
    char *op; /* new_file begins its messages with it */
    if (asprintf(&op, "%s: fetching %s", a->download->op, a->url) < 0)
        return gra_fail("%s: out of memory", a->download->op);
    bool fine = gra__checksum_begin(&a->sum, a->download->op, a->download->checksum);
    fine = gra__new_file_open(&a->file, op, a->download->path) && fine && transfer(a);
    fine = fine ? check(a) : (gra__checksum_end(&a->sum, NULL), false);
    fine = gra__new_file_close(&a->file, fine);
    free(op);
    return fine;
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Makes the folder that the file is to lie in. */
static bool make_folder(const gra__download *d)
{
    const char *const slash = strrchr(d->path, '/');
    char *const folder =
        slash && slash > d->path ? strndup(d->path, (size_t)(slash - d->path)) : NULL;
    if (!folder)
        return !slash || slash == d->path || gra_fail("%s: out of memory", d->op);
    const bool made = gra__make_folders(d->op, folder);
    free(folder);
    return made;
}

static bool try_urls(const gra__download *d)
{
    char reasons[REASONS] = "";
    for (int i = 0; d->urls[i]; i++) {
        attempt a = {.download = d, .url = d->urls[i]};
        if (try_url(&a))
            return true;
        if (gra_error())
            return false;
        const size_t length = strlen(reasons);
        snprintf(reasons + length, sizeof reasons - length, "%s%s: %s", i ? "; " : "", a.url,
                 a.reason);
    }
    gra_fail(
        "%s: %s could not be fetched: %s; try again, name a mirror (.mirror or GRADUS_MIRROR), "
        "or put the file there by hand",
        d->op, d->path, reasons);
    return false;
}

bool gra__download_file(const gra__download *d)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (gra_error())
        return false;
    if (gra__checksum_fits(d->op, d->path, d->checksum))
        return true;
    if (gra_error() || !make_folder(d))
        return false;
    pthread_once(&once, start_curl);
    return try_urls(d);
}

#else

bool gra__download_file(const gra__download *d)
{
    if (gra_error())
        return false;
    if (gra__checksum_fits(d->op, d->path, d->checksum))
        return true;
    gra_fail("%s: %s cannot be fetched from %s, as Gradus was built without libcurl; put the file "
             "there by hand, or build with libcurl",
             d->op, d->path, d->urls[0]);
    return false;
}

#endif

/* FOLDER/SET/NAME, with one slash between them; to be freed. */
static char *url_of(const gra__remote_file *f, const char *folder, const char *set)
{
    char *url;
    size_t length = strlen(folder);
    while (length && folder[length - 1] == '/')
        length--;
    if (asprintf(&url, "%.*s/%s%s%s", (int)length, folder, set, *set ? "/" : "", f->name) < 0)
        return gra_fail("%s: out of memory", f->op);
    return url;
}

static void list_urls(const gra__remote_file *f, char *urls[MOST_URLS])
{
    const char *const everywhere = getenv("GRADUS_MIRROR");
    if (f->mirror)
        urls[0] = url_of(f, f->mirror, "");
    else if (everywhere && *everywhere)
        urls[0] = url_of(f, everywhere, f->set);
    else
        for (int i = 0; i < MOST_URLS && f->official[i]; i++)
            urls[i] = url_of(f, f->official[i], "");
}

bool gra__download_remote(const gra__remote_file *f)
{
    char *urls[MOST_URLS + 1] = {NULL}, *path;
    if (asprintf(&path, "%s/%s", f->dir, f->name) < 0)
        return gra_fail("%s: out of memory", f->op);
    list_urls(f, urls);
    const bool fine = gra__download_file(&(gra__download){
        .op = f->op, .path = path, .urls = (const char *const *)urls, .checksum = f->checksum});
    for (int i = 0; i < MOST_URLS; i++)
        free(urls[i]);
    free(path);
    return fine;
}
