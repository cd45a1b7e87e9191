/* server.h - a web server for the tests of downloads: on this machine, in a thread of this process.
 *
 *     static const server_file files[] = {{"a.bin", bytes, count}, {0}};
 *     server_start(files);
 *     const char *url = server_url("good/a.bin");      "http://127.0.0.1:PORT/good/a.bin"
 *
 * A path's first part says how it is answered: `good` whole, `short` cut off in the middle, `quiet` half
 * and then nothing, `moved` sent on to good, `away` sent on to a file:// URL, anything else, and a
 * file that is not served, by 404.
 */
#ifndef GRA_TESTS_DATA_SERVER_H
#define GRA_TESTS_DATA_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "files.h"

typedef struct server_file {
    const char *path; /* below good/ and the like */
    const void *bytes;
    size_t count;
} server_file;

static int server_socket = -1, server_port, server_requests;
static const server_file *server_files; /* ends with a NULL path */

static inline const char *server_url(const char *path)
{
    return text_of("http://127.0.0.1:%d/%s", server_port, path);
}

static void server_send(int client, const void *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        const ssize_t sent = send(client, (const char *)bytes + done, count - done, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        done += (size_t)sent;
    }
}

static const server_file *server_find(const char *path)
{
    const server_file *file = server_files;
    while (file->path && strcmp(file->path, path) != 0)
        file++;
    return file;
}

/* Waits until the client has gone, so that it is the one to give up. */
static void server_wait(int client)
{
    char byte;
    while (recv(client, &byte, 1, 0) > 0)
        ;
}

static void server_answer(int client, const char *kind, const char *path)
{
    char head[2048];
    const server_file *const file = server_find(path);
    const bool is_short = strcmp(kind, "short") == 0, is_quiet = strcmp(kind, "quiet") == 0;
    if (strcmp(kind, "moved") == 0)
        sprintf(head, "HTTP/1.1 302 Found\r\nLocation: /good/%s\r\nContent-Length: 0\r\n", path);
    else if (strcmp(kind, "away") == 0)
        sprintf(head,
                "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n");
    else if ((strcmp(kind, "good") == 0 || is_short || is_quiet) && file->bytes)
        sprintf(head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n", file->count);
    else
        sprintf(head, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n");
    strcat(head, "Connection: close\r\n\r\n");
    server_send(client, head, strlen(head));
    if (strstr(head, " 200 "))
        server_send(client, file->bytes, is_short || is_quiet ? file->count / 2 : file->count);
    if (is_quiet)
        server_wait(client);
}

static void *server_run(void *unused)
{
    for (;;) {
        char request[4096] = "", kind[64], path[1024];
        size_t length = 0;
        const int client = accept(server_socket, NULL, NULL);
        if (client < 0)
            return unused;
        while (!strstr(request, "\r\n\r\n") && length < sizeof request - 1) {
            const ssize_t got = recv(client, request + length, sizeof request - 1 - length, 0);
            if (got <= 0)
                break;
            length += (size_t)got;
        }
        if (sscanf(request, "GET /%63[^/]/%1023s", kind, path) == 2) {
            __atomic_add_fetch(&server_requests, 1, __ATOMIC_RELAXED);
            server_answer(client, kind, path);
        }
        shutdown(client, SHUT_WR);
        close(client);
    }
}

/* Serves these files from now on; the first call begins. */
static inline void server_start(const server_file *files)
{
    static pthread_t thread;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server_files = files;
    server_requests = 0;
    if (server_socket >= 0)
        return;
    setenv("no_proxy", "127.0.0.1", 1);
    server_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(server_socket, 0);
    ck_assert_int_eq(bind(server_socket, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(server_socket, 16), 0);
    ck_assert_int_eq(getsockname(server_socket, (struct sockaddr *)&address, &size), 0);
    server_port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&thread, NULL, server_run, NULL), 0);
    pthread_detach(thread);
}

#endif
