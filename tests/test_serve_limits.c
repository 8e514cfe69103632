/* test_serve_limits.c -- triptych serve: load, bad clients, signatures, and its end. */
#include "served.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MOST = 3500 };

static int begin(void)
{
    return shell_begin() != 0 ||
           shell_run("mkdir root && cp $ROOT/images/alpha.png root/a.png && $T run "
                     "resize:width=1200 $ROOT/images/street.png -o root/large.ppm")
                   ->code != 0;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- computations that take long ---- */

static const char *repeat(const char *prefix, int count)
{
    static char text[TEXT_MOST + 100];
    int used = snprintf(text, sizeof text, "%s", prefix);

    for (int i = 0; i < count && used < TEXT_MOST; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%smedian:5", i > 0 ? "," : "");
    snprintf(text + used, sizeof text - (size_t)used, "/large.ppm?format=pnm");
    return text;
}

/* A request that keeps one worker busy for about so many seconds on this machine. */
static const char *slow_line(const struct served *served, double seconds)
{
    enum { TRIED = 4 };
    const double begun = now();

    RESPONSE(served_ask(served, repeat("GET /", TRIED), ""), 200, NULL);
    return repeat("GET /", (int)(seconds / ((now() - begun) / TRIED)) + TRIED + 1);
}

/* Sends a request on a connection that stays open, and returns that. */
static int send_line(const struct served *served, const char *line)
{
    const int fd = served_connect(served);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT(served_send(fd, line));
    CU_ASSERT(served_send(fd, " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
    return fd;
}

/* The only worker computes it when this returns. */
static int send_slow(const struct served *served, double seconds)
{
    const int fd = send_line(served, slow_line(served, seconds));

    CU_ASSERT(served_wait(served, "triptych_running", 1));
    return fd;
}

static void receive(int fd, int code)
{
    RESPONSE(served_receive(fd, false), code, NULL);
    close(fd);
}

static void test_shared(void)
{
    enum { MANY = 5 };
    struct served served;
    int slow, same[MANY];

    if (!served_start(&served, "--root root --workers 1"))
        return;
    slow = send_slow(&served, 1);
    const long before = served_metric(&served, "triptych_computations_total");
    for (int i = 0; i < MANY; i++)
        same[i] = send_line(&served, "GET /gaussian:3/a.png");
    CU_ASSERT(served_wait(&served, "triptych_shared_total", MANY - 1));
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_queue_length"), 1);
    receive(slow, 200);
    for (int i = 0; i < MANY; i++)
        receive(same[i], 200);
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_computations_total"), before + 2);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

static void test_full(void)
{
    struct served served;
    struct response response;

    if (!served_start(&served, "--root root --workers 1 --queue 2"))
        return;
    const int slow = send_slow(&served, 2), second = send_line(&served, "GET /flip/a.png"),
              third = send_line(&served, "GET /invert/a.png");
    CU_ASSERT(served_wait(&served, "triptych_queue_length", 2));
    response = served_ask(&served, "GET /gray/a.png", "");
    CU_ASSERT_STRING_EQUAL(served_header(&response, "Retry-After"), "1");
    RESPONSE(response, 503, "try again");
    RESPONSE(served_ask(&served, "GET /healthz", ""), 200, "ok");
    receive(slow, 200);
    receive(second, 200);
    receive(third, 200);
    RESPONSE(served_ask(&served, "GET /gray/a.png", ""), 200, NULL);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

static void test_gone(void)
{
    struct served served;

    if (!served_start(&served, "--root root --workers 1"))
        return;
    const int slow = send_slow(&served, 2), queued = send_line(&served, "GET /flip/a.png");
    CU_ASSERT(served_wait(&served, "triptych_queue_length", 1));
    const long before = served_metric(&served, "triptych_computations_total");
    close(queued);
    CU_ASSERT(served_wait(&served, "triptych_clients_gone_total", 1));
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_queue_length"), 0);
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_running"), 1);
    close(slow);
    CU_ASSERT(served_wait(&served, "triptych_clients_gone_total", 2));
    CU_ASSERT(served_wait(&served, "triptych_running", 0));
    /* One was dropped from the queue, the other before its result was encoded. */
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_computations_total"), before);
    RESPONSE(served_ask(&served, "GET /flip/a.png", ""), 200, NULL);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

static void test_late(void)
{
    struct served served;

    if (!served_start(&served, "--root root --workers 1 --timeout 600"))
        return;
    const char *line = slow_line(&served, 3);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    if (!served_start(&served, "--root root --workers 1 --timeout 1"))
        return;
    receive(send_line(&served, line), 504);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

static void test_graceful(void)
{
    struct served served;
    int slow, idle;

    if (!served_start(&served, "--root root --workers 1"))
        return;
    slow = send_slow(&served, 1);
    idle = served_connect(&served);
    CU_ASSERT(served_wait(&served, "triptych_connections", 3));
    kill(served.pid, SIGTERM);
    RESPONSE(served_receive(idle, false), 0, NULL); /* closed at once, */
    close(idle);
    const int late = served_connect(&served);
    if (late >= 0) { /* and not accepted */
        served_send(late, "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
        close(late);
    }
    receive(slow, 200);
    CU_ASSERT_EQUAL(served_end(&served), 0);
    CU_ASSERT(served_connect(&served) < 0);
}

/* ---- clients ---- */

/* A byte now and then is no progress. */
static void test_slow_sender(void)
{
    static const char text[] = "GET /healthz HTTP/1.1\r\nHost: test\r\n";
    const struct timespec pause = {.tv_nsec = 100000000};
    struct served served;
    int sent = 0;

    if (!served_start(&served, "--root root --timeout 1"))
        return;
    const int fd = served_connect(&served), upload = served_connect(&served);
    const double begun = now();
    CU_ASSERT(served_send(upload, "POST /flip HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc"));
    while (sent < (int)strlen(text) && now() - begun < 30 &&
           served_metric(&served, "triptych_slow_requests_total") < 2) {
        const char byte[2] = {text[sent++], '\0'};
        if (!served_send(fd, byte))
            break;
        nanosleep(&pause, NULL);
    }
    receive(fd, 408);
    receive(upload, 408);
    CU_ASSERT(now() - begun >= 1);
    CU_ASSERT_EQUAL(served_metric(&served, "triptych_slow_requests_total"), 2);
    CU_ASSERT(served_wait(&served, "triptych_connections", 1));
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

/* Sends text as it is; the connection must then end with this code. */
static void expect_end(const struct served *served, const char *text, int code)
{
    const int fd = served_connect(served);
    char more[100];

    CU_ASSERT_FATAL(fd >= 0);
    served_send(fd, text);
    RESPONSE(served_receive(fd, false), code, NULL);
    CU_ASSERT(recv(fd, more, sizeof more, 0) <= 0);
    close(fd);
}

static void test_absurd(void)
{
    struct served served;
    char *large = calloc(1, 40000);

    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    if (!served_start(&served, "--root root --timeout 5")) {
        free(large);
        return;
    }
    strcpy(large, "GET /healthz HTTP/1.1\r\nX: ");
    memset(large + strlen(large), 'a', 20000);
    expect_end(&served, large, 400);
    memset(large, 'a', 20000);
    expect_end(&served, large, 400);
    large[0] = '\0';
    strcpy(large, "GET /healthz HTTP/1.1\r\n");
    for (size_t used = strlen(large); used < 20000; used += 4)
        strcpy(large + used, "a:\r\n");
    expect_end(&served, large, 400);
    free(large);
    expect_end(&served, "\r\n\r\n\r\nhello world, this is me\r\n\r\n", 400);
    expect_end(&served, "GET /healthz HTTP/9.9.9.9\r\n\r\n", 400);
    expect_end(&served, "GET /healthz HTTP/1.1\r\nno colon\r\n\r\n", 400);
    /* Bodies that others may take for another request. */
    expect_end(&served, "GET /healthz HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd", 400);
    expect_end(&served, "GET /healthz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
               400);
    expect_end(&served,
               "POST /flip HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
               "0\r\n\r\n",
               400);
    expect_end(&served, "POST /flip HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400);
    expect_end(&served, "POST /flip HTTP/1.1\r\nContent-Length: abc\r\n\r\n", 400);
    RESPONSE(served_ask(&served, "GET /healthz", ""), 200, "ok");
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

static void test_large_uploads(void)
{
    struct served served;
    char *body = calloc(1, 300000), text[100];

    CU_ASSERT_PTR_NOT_NULL_FATAL(body);
    if (!served_start(&served, "--root root --max-bytes 1000 --timeout 5")) {
        free(body);
        return;
    }
    RESPONSE(served_post(&served, "POST /flip", "", body, 1000), 415, NULL);
    expect_end(&served, "POST /flip HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413);
    expect_end(&served, "POST /flip HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n", 413);
    snprintf(text, sizeof text, "POST /flip HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
             300000);
    expect_end(&served, text, 413);
    RESPONSE(served_ask(&served, "GET /flip/a.png", ""), 422, "--max-bytes");
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    free(body);
    if (!served_start(&served, "--root root --max-pixels 100"))
        return;
    RESPONSE(served_ask(&served, "GET /flip/a.png", ""), 422, "pixels");
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

/* All uploads together hold no more than four of the largest, and 64 MB. */
static void test_many_uploads(void)
{
    enum { MANY = 120, PIECE = 1000000 };
    struct served served;
    char *piece = malloc(PIECE + 1), head[100];
    int fds[MANY];
    long held = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
    memset(piece, 'a', PIECE);
    piece[PIECE] = '\0';
    if (!served_start(&served, "--root root --max-bytes 1M --timeout 60")) {
        free(piece);
        return;
    }
    snprintf(head, sizeof head, "POST /flip HTTP/1.1\r\nContent-Length: %d\r\n\r\n", PIECE + 1);
    for (int i = 0; i < MANY; i++) {
        fds[i] = served_connect(&served);
        if (served_send(fds[i], head))
            served_send(fds[i], piece); /* may fail: its connection has been ended */
    }
    const double begun = now();
    while (served_metric(&served, "triptych_refused_connections_total") < MANY / 3 &&
           now() - begun < 30) {
        const long holds = served_metric(&served, "triptych_held_bytes");
        held = holds > held ? holds : held;
    }
    CU_ASSERT(held > 50000000 && held < 72000000);
    CU_ASSERT(served_metric(&served, "triptych_refused_connections_total") >= MANY / 3);
    RESPONSE(served_ask(&served, "GET /healthz", ""), 200, "ok"); /* others go on */
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    CU_ASSERT(served_wait(&served, "triptych_connections", 1));
    CU_ASSERT(served_metric(&served, "triptych_held_bytes") < 1000);
    free(piece);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

/* What is beyond waits until a place is free. */
static void test_connections(void)
{
    enum { MANY = 20 };
    struct served served;
    int fds[MANY + 1];

    if (!served_start(&served, "--root root --connections 20"))
        return;
    for (int i = 0; i <= MANY; i++) {
        fds[i] = served_connect(&served);
        CU_ASSERT(served_send(fds[i], "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n"));
    }
    for (int i = 0; i < MANY; i++)
        RESPONSE(served_receive(fds[i], false), 200, "ok");
    char byte;
    CU_ASSERT(recv(fds[MANY], &byte, 1, MSG_DONTWAIT) < 0);
    close(fds[0]);
    RESPONSE(served_receive(fds[MANY], false), 200, "ok");
    for (int i = 1; i <= MANY; i++)
        close(fds[i]);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

/* Requests that follow each other on one connection, sent at once. */
static void test_pipelined(void)
{
    struct served served;

    if (!served_start(&served, "--root root"))
        return;
    const int fd = served_connect(&served);
    CU_ASSERT(served_send(fd, "GET /flip/a.png HTTP/1.1\r\nHost: test\r\n\r\nHEAD /flip/a.png "
                              "HTTP/1.1\r\nHost: test\r\n\r\nGET /healthz HTTP/1.1\r\nHost: "
                              "test\r\n\r\n"));
    RESPONSE(served_receive(fd, false), 200, NULL);
    RESPONSE(served_receive(fd, true), 200, NULL);
    RESPONSE(served_receive(fd, false), 200, "ok");
    close(fd);
    CU_ASSERT_EQUAL(served_stop(&served), 0);
}

/* ---- signatures ---- */

static const char *signed_line(const char *target)
{
    static char line[1000];
    char command[1000];

    snprintf(command, sizeof command,
             "python3 -c \"import hmac, base64, sys; k, s = [bytes.fromhex(l) for l in "
             "open('key.txt')]; print('GET /' + base64.urlsafe_b64encode(hmac.new(k, s + "
             "sys.argv[1].encode(), 'sha256').digest()).decode().rstrip('=') + sys.argv[1], "
             "end='')\" '%s'",
             target);
    snprintf(line, sizeof line, "%.900s", shell_run(command)->out);
    return line;
}

static void test_signed(void)
{
    struct served served;
    char line[1000];

    EXPECT(
        "printf '943b421c9eb07c830af81030552c86009268de4e532ba2ee2eab8247c6da0881\\n"
        "520f986b998545b4785e0defbc4f3c1203f22de2374a3d53cb7a7fe9fea309c5\\n' > key.txt; head -c "
        "30 key.txt > short.txt; echo xyz > none.txt",
        0, "", "");
    EXPECT("$T serve --key short.txt", 1, "", "*15 bytes; at least 16*");
    EXPECT("$T serve --key none.txt", 1, "", "*none.txt is no key*");
    EXPECT("$T serve --key nothing.txt", 1, "", "*cannot read the key nothing.txt: No such*");
    if (!served_start(&served, "--root root --key key.txt"))
        return;
    RESPONSE(served_ask(&served, signed_line("/flip/a.png"), ""), 200, NULL);
    RESPONSE(served_ask(&served, signed_line("/flip/%61.png?format=jpeg&quality=3"), ""), 200,
             NULL);
    RESPONSE(served_ask(&served, "GET /flip/a.png", ""), 403, "signature");
    RESPONSE(served_ask(&served, "GET /", ""), 403, "signature");
    snprintf(line, sizeof line, "%s", signed_line("/flip/a.png"));
    line[6] = line[6] == 'A' ? 'B' : 'A';
    RESPONSE(served_ask(&served, line, ""), 403, "signature");
    snprintf(line, sizeof line, "%.900s?format=jpeg", signed_line("/flip/a.png"));
    RESPONSE(served_ask(&served, line, ""), 403, "signature");
    snprintf(line, sizeof line, "%s", signed_line("/flip/a.png"));
    memcpy(strstr(line, "/flip"), "/gray", 5);
    RESPONSE(served_ask(&served, line, ""), 403, "signature");
    RESPONSE(served_ask(&served, "GET /healthz", ""), 200, "ok");
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    EXPECT("rm key.txt short.txt none.txt", 0, "", "");
}

/* ---- the command ---- */

static void test_requests(void)
{
    struct served served;

    if (!served_start(&served, "--root root --listen unix:$PWD/s.sock"))
        return;
    RESPONSE(served_ask(&served, "GET /healthz", ""), 200, "ok");
    EXPECT("$T serve --listen unix:s.sock", 1, "", "*cannot listen at unix:s.sock: *in use*");
    CU_ASSERT_EQUAL(served_stop(&served), 0);
    EXPECT("test ! -e s.sock", 0, "", "");
    EXPECT("$T serve --listen 8080", 2, "", "*expected HOST:PORT*");
    EXPECT("$T serve --listen 127.0.0.1:65536", 2, "", "*expected HOST:PORT*");
    EXPECT("$T serve --listen 192.0.2.1:8080", 1, "", "*cannot listen at 192.0.2.1:8080: *");
    EXPECT("$T serve --root nowhere", 1, "", "*cannot open the folder nowhere: No such*");
    EXPECT("$T serve --access-log nowhere/log", 1, "", "*cannot write nowhere/log: No such*");
    EXPECT("$T serve --cache 5X", 2, "", "*invalid value '5X' for --cache*");
    EXPECT("$T serve --max-bytes 0", 2, "", "*--max-bytes*");
    EXPECT("$T serve --timeout 0", 2, "", "*--timeout*");
    EXPECT("$T serve here", 2, "", "*unexpected argument 'here'*");
}

int test_serve_limits_suite(void)
{
    CU_pSuite suite = CU_add_suite("serve limits", begin, shell_end);

    return suite == NULL || !CU_add_test(suite, "one computation for many", test_shared) ||
           !CU_add_test(suite, "a full queue", test_full) ||
           !CU_add_test(suite, "clients that are gone", test_gone) ||
           !CU_add_test(suite, "too late", test_late) ||
           !CU_add_test(suite, "a graceful stop", test_graceful) ||
           !CU_add_test(suite, "slow senders", test_slow_sender) ||
           !CU_add_test(suite, "absurd requests", test_absurd) ||
           !CU_add_test(suite, "large uploads", test_large_uploads) ||
           !CU_add_test(suite, "many uploads", test_many_uploads) ||
           !CU_add_test(suite, "many connections", test_connections) ||
           !CU_add_test(suite, "pipelined requests", test_pipelined) ||
           !CU_add_test(suite, "signatures", test_signed) ||
           !CU_add_test(suite, "the command", test_requests);
}
