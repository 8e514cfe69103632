/* served.h -- starts `triptych serve` in the folder of shell.h, and talks to it over sockets. */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct served {
    pid_t pid;
    int port; /* 0: it listens at a Unix socket */
    char where[200];
};
/* Starts it with these options, beside --listen 127.0.0.1:0 unless they have one. False, and the
 * test fails or is skipped: it does not run. */
bool served_start(struct served *served, const char *options);
/* Waits until it has ended, and returns its exit code; 128 plus a signal's number. */
int served_end(struct served *served);
/* Sends SIGTERM, then does the same. Not after another signal: a second one may end it at once. */
int served_stop(struct served *served);

struct response {
    int code; /* 0: the connection ended without any */
    char head[4096];
    unsigned char *data; /* release with free() */
    size_t size;
};
/* A connection, whose reads give up after 60 seconds; -1 after a failure. */
int served_connect(const struct served *served);
bool served_send(int fd, const char *text);
/* Reads one response; `bare`: to HEAD. */
struct response served_receive(int fd, bool bare);
/* A whole exchange: "GET /copy/a.png", and further header lines, each with "\r\n". */
struct response served_ask(const struct served *served, const char *line, const char *headers);
struct response served_post(const struct served *served, const char *line, const char *headers,
                            const void *data, size_t size);
/* The value of a header in a response; "" if it is not there. Valid until the next call. */
const char *served_header(const struct response *response, const char *name);
/* Fails the running test unless the response, whose data it frees, has that code, and `part` in its
 * body; NULL: anything. */
#define RESPONSE(response, code, part) served_expect(__FILE__, __LINE__, response, code, part)
void served_expect(const char *file, int line, struct response response, int code,
                   const char *part);

long served_metric(const struct served *served, const char *name);
/* Waits until a metric has a value; false: it has not after 60 seconds. */
bool served_wait(const struct served *served, const char *name, long value);

#endif
