/* served.c -- a client of HTTP that does what it is told, also what no good client does. */
#include "served.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 60 };

/* ---- the service ---- */

static void run_program(const char *options, int out)
{
    char program[PATH_MAX], command[1000];
    const char *given = getenv("TRIPTYCH");

    if (realpath(given != NULL ? given : "build/triptych", program) == NULL ||
        chdir(shell_path("")) != 0 || dup2(out, 1) < 0)
        _exit(127);
    setenv("T", program, 1);
    snprintf(command, sizeof command, "exec \"$T\" serve %s %s 2> serve.err",
             strstr(options, "--listen") == NULL ? "--listen 127.0.0.1:0" : "", options);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static bool begin(struct served *served, const char *options)
{
    int ends[2];
    size_t used = 0;
    ssize_t got = 1;

    *served = (struct served){0};
    if (pipe(ends) != 0)
        return false;
    served->pid = fork();
    if (served->pid == 0) {
        close(ends[0]);
        run_program(options, ends[1]);
    }
    close(ends[1]);
    while (used < sizeof served->where - 1 && strchr(served->where, '\n') == NULL && got > 0) {
        got = read(ends[0], served->where + used, sizeof served->where - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    close(ends[0]);
    served->where[strcspn(served->where, "\n")] = '\0';
    const char *port = strrchr(served->where, ':');
    served->port = strstr(served->where, "http://") != NULL && port != NULL ? atoi(port + 1) : 0;
    return strncmp(served->where, "listening on ", 13) == 0;
}

bool served_start(struct served *served, const char *options)
{
    signal(SIGPIPE, SIG_IGN);
    if (begin(served, options))
        return true;
    served_stop(served);
    if (strstr(shell_run("cat serve.err")->out, "built without libevent") != NULL)
        test_skip("built without libevent and Nettle; sh setup.sh deps installs them");
    else if (test_fail_once())
        printf("    serve %s: %s\n", options, shell_run("cat serve.err")->out);
    return false;
}

int served_end(struct served *served)
{
    int status = 0;

    while (waitpid(served->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int served_stop(struct served *served)
{
    kill(served->pid, SIGTERM);
    return served_end(served);
}

/* ---- sockets ---- */

static int open_socket(const struct served *served)
{
    const struct sockaddr_in tcp = {.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)served->port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    const char *path = strstr(served->where, "unix:");

    snprintf(local.sun_path, sizeof local.sun_path, "%s", path != NULL ? path + 5 : "");
    const int fd = socket(served->port > 0 ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int code = served->port > 0 ? connect(fd, (const struct sockaddr *)&tcp, sizeof tcp)
                                      : connect(fd, (const struct sockaddr *)&local, sizeof local);
    if (fd >= 0 && code != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int served_connect(const struct served *served)
{
    const struct timeval patience = {.tv_sec = PATIENCE};
    const int fd = open_socket(served);

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static bool send_all(int fd, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        const ssize_t more = send(fd, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
        if (more <= 0)
            return false;
        sent += (size_t)more;
    }
    return true;
}

bool served_send(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

struct response served_receive(int fd, bool bare)
{
    struct response response = {0};
    size_t used = 0;

    while (used < sizeof response.head - 1 && strstr(response.head, "\r\n\r\n") == NULL) {
        if (recv(fd, response.head + used, 1, 0) != 1)
            break;
        used++;
    }
    if (sscanf(response.head, "HTTP/1.1 %d ", &response.code) != 1 || bare)
        return response;
    const size_t size = strtoull(served_header(&response, "Content-Length"), NULL, 10);
    response.data = calloc(1, size + 1);
    while (response.data != NULL && response.size < size) {
        const ssize_t got = recv(fd, response.data + response.size, size - response.size, 0);
        if (got <= 0)
            break;
        response.size += (size_t)got;
    }
    return response;
}

struct response served_post(const struct served *served, const char *line, const char *headers,
                            const void *data, size_t size)
{
    char head[6000];
    struct response response = {0};
    const int fd = served_connect(served);

    snprintf(head, sizeof head, "%s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%s", line,
             headers);
    if (data != NULL)
        snprintf(head + strlen(head), sizeof head - strlen(head), "Content-Length: %zu\r\n", size);
    strcat(head, "\r\n");
    /* What cannot be sent whole may have an answer all the same. */
    if (fd >= 0 && served_send(fd, head) && (data == NULL || send_all(fd, data, size) || true))
        response = served_receive(fd, strncmp(line, "HEAD ", 5) == 0);
    if (fd >= 0)
        close(fd);
    return response;
}

struct response served_ask(const struct served *served, const char *line, const char *headers)
{
    return served_post(served, line, headers, NULL, 0);
}

/* ---- responses ---- */

const char *served_header(const struct response *response, const char *name)
{
    static char value[400];
    const size_t length = strlen(name);

    value[0] = '\0';
    for (const char *at = strstr(response->head, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at + 2, name, length) == 0 && at[2 + length] == ':') {
            const char *text = at + 3 + length + strspn(at + 3 + length, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(text, "\r"), text);
            break;
        }
    }
    return value;
}

void served_expect(const char *file, int line, struct response response, int code, const char *part)
{
    const char *body = response.data != NULL ? (const char *)response.data : "";
    const bool right = response.code == code && (part == NULL || strstr(body, part) != NULL);

    if (!right && test_fail_once())
        printf("    %s:%d: expected %d %s, got %d %.200s\n", file, line, code,
               part != NULL ? part : "", response.code, body);
    free(response.data);
}

/* ---- metrics ---- */

long served_metric(const struct served *served, const char *name)
{
    struct response response = served_ask(served, "GET /metrics", "");
    char line[100];
    long value = -1;

    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = response.data != NULL ? strstr((char *)response.data, line) : NULL;
    if (at != NULL)
        value = strtol(at + strlen(line), NULL, 10);
    free(response.data);
    return value;
}

bool served_wait(const struct served *served, const char *name, long value)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    const time_t until = time(NULL) + PATIENCE;

    while (served_metric(served, name) != value) {
        if (time(NULL) > until)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}
