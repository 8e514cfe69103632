/* test_lab_webserver.c -- the experiment on web servers: what it concludes, a run of it, and what
 * its clients say of servers that do not do their part. */
#include "lab/web_server.h"
#include "lab_rows.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int test_lab_webserver_suite(void);

/* ---- conclusions ---- */

/* Milliseconds of a server for all, and for the slowest hundredth of what is small. */
static void add_server(struct tri_lab_run *run, const char *name, int workers, int all, int slow,
                       int threads, double kilobytes)
{
    static const char *const parts[] = {"small, median", "small, 99 %", "large, median",
                                        "large, 99 %"};
    char part[64];

    lab_row(run, name, workers, all * INT64_C(1000000), 0);
    lab_figure(run, 10000);
    lab_figure(run, threads);
    lab_figure(run, kilobytes);
    for (int i = 0; i < 4; i++) {
        snprintf(part, sizeof part, "%s, %s", name, parts[i]);
        lab_row(run, part, workers, slow * INT64_C(1000000) / (i == 0 ? 4 : 1), 0);
    }
}

static void test_conclusions(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "webserver", 2);
    add_server(&run, "thread per connection", 2, 80, 6, 128, 8.8);
    add_server(&run, "loop that computes", 1, 124, 88, 1, 0.3);
    add_server(&run, "loop and pool", 2, 77, 5, 3, 0.5);
    lab_expect(&run, "sssss", TRI_WEB_LOOP);
    lab_begin(&run, "webserver", 2); /* all as it should not be */
    add_server(&run, "thread per connection", 2, 80, 200, 128, 0.5);
    add_server(&run, "loop that computes", 1, 80, 6, 1, 8.8);
    add_server(&run, "loop and pool", 2, 124, 300, 3, 8.8);
    lab_expect(&run, "rrrrr", TRI_WEB_POOL);
    lab_begin(&run, "webserver", 1);
    add_server(&run, "thread per connection", 1, 80, 600, 128, 8.8);
    add_server(&run, "loop that computes", 1, 80, 50, 1, 0.3);
    add_server(&run, "loop and pool", 1, 80, 5, 2, 0.5);
    lab_expect(&run, "srsss", TRI_WEB_THREADS);
    lab_begin(&run, "webserver", 1); /* a pool of one thread that does more than it can */
    add_server(&run, "thread per connection", 1, 80, 50, 128, 8.8);
    add_server(&run, "loop that computes", 1, 80, 51, 1, 0.3);
    add_server(&run, "loop and pool", 1, 40, 50, 2, 0.5);
    lab_expect(&run, "ssurs", TRI_WEB_WAYS);
    lab_begin(&run, "webserver", 2);
    tri_lab_skip(tri_lab_add(&run, NULL, NULL, 2, "thread per connection"), "no sockets");
    lab_expect(&run, "u", -1);
}

/* ---- clients and servers ---- */

static unsigned char ready[100], thumbnail[300000]; /* more than a socket takes at once */

struct trial {
    enum tri_web_way way;
    bool wrong_small, wrong_size, wrong_large, fails; /* what the server does */
    struct tri_web_load *load;
    struct tri_web_server *server;
    int64_t median, last;
    int runs;
};

static bool make(void *context, unsigned char **data, size_t *size)
{
    const struct trial *trial = context;
    struct tri_error error;

    *size = sizeof thumbnail - (trial->wrong_size ? 1 : 0);
    *data = trial->fails ? NULL : malloc(*size);
    if (*data == NULL) {
        tri_lab_row_failed(tri_fail(&error, TRI_FAILED, "no thumbnail"), &error);
        return false;
    }
    memcpy(*data, thumbnail, *size);
    (*data)[250000] ^= trial->wrong_large;
    return true;
}

static struct trial trial;

static void run_trial(void *argument)
{
    (void)argument;
    tri_web_load_run(trial.load);
    trial.median = tri_web_load_percentile(trial.load, TRI_WEB_SMALL, 50);
    trial.last = tri_web_load_percentile(trial.load, TRI_WEB_SMALL, 100);
    trial.runs++;
}

static enum tri_status open_trial(struct tri_lab_run *run, struct tri_error *error)
{
    static unsigned char other[sizeof ready] = {9};
    const struct tri_web_plan plan = {
        .connections = 10,
        .asks_large = 3,
        .requests = {5, 2},
        .window_ns = 2000000,
        .seed = 7,
        .answers = {{ready, sizeof ready}, {thumbnail, sizeof thumbnail}}};
    const struct tri_web_service service = {
        .small = {trial.wrong_small ? other : ready, sizeof ready},
        .make = make,
        .context = &trial};

    CU_ASSERT_EQUAL(tri_web_plan_requests(&plan, TRI_WEB_SMALL), 35);
    CU_ASSERT_EQUAL(tri_web_plan_requests(&plan, TRI_WEB_LARGE), 6);
    tri_lab_add(run, run_trial, NULL, 1, "trial");
    const enum tri_status status = tri_web_load_new(&plan, &trial.load, error);
    return status == TRI_OK ? tri_web_server_start(trial.way, 2, trial.load, plan.connections,
                                                   &service, &trial.server, error)
                            : status;
}

static void close_trial(struct tri_lab_run *run)
{
    (void)run;
    if (trial.load != NULL)
        tri_web_load_stop(trial.load);
    tri_web_server_free(trial.server);
    tri_web_load_free(trial.load);
}

static void conclude_nothing(struct tri_lab_run *run)
{
    (void)run;
    CU_ASSERT_EQUAL(tri_web_server_threads(trial.server), trial.way == TRI_WEB_THREADS ? 10
                                                          : trial.way == TRI_WEB_LOOP  ? 1
                                                                                       : 3);
    CU_ASSERT(tri_web_server_memory(trial.server) > 0);
}

/* Runs it; `why` is the error, NULL: none. */
static void try(const struct trial *what, const char *why)
{
    static const struct tri_lab_experiment experiment = {
        .name = "trial", .open = open_trial, .conclude = conclude_nothing, .close = close_trial};
    const struct tri_lab_settings settings = {.workers = 2, .quick = true};
    struct tri_lab_run run;
    struct tri_error error;

    trial = *what;
    const enum tri_status status = tri_lab_run(&experiment, &settings, &run, &error);
    if (status != (why == NULL ? TRI_OK : TRI_FAILED) && test_fail_once())
        printf("\n  way %d: expected %s, got %s\n", trial.way, why != NULL ? why : "success",
               status != TRI_OK ? error.text : "success");
    if (why != NULL && status != TRI_OK)
        CU_ASSERT_STRING_EQUAL(error.text, why);
    if (why == NULL) {
        CU_ASSERT(trial.runs > 8);
        CU_ASSERT(trial.median > 0 && trial.last >= trial.median);
    }
    tri_lab_free(&run);
}

static void test_servers(void)
{
    for (size_t i = 0; i < sizeof thumbnail; i++)
        thumbnail[i] = (unsigned char)(i * 7 + i / 256);
    for (enum tri_web_way way = 0; way < TRI_WEB_WAYS; way++) {
        try(&(struct trial){.way = way}, NULL);
        try(&(struct trial){.way = way, .wrong_small = true},
            "the clients of a server: an answer is wrong");
        try(&(struct trial){.way = way, .wrong_size = true},
            "the clients of a server: an answer is wrong");
        try(&(struct trial){.way = way, .wrong_large = true},
            "the clients of a server: an answer is wrong");
        try(&(struct trial){.way = way, .fails = true}, "no thumbnail");
    }
}

/* ---- a run ---- */

static void test_run(void)
{
    EXPECT("$T lab webserver --quick --workers 3 > text && "
           "grep -o '[0-9]* threads, ' text; grep -c 'thread per connection, small, 99' text",
           0, "128 threads, \n1 threads, \n4 threads, \n1\n", "");
    EXPECT("(ulimit -n 60; $T lab webserver --quick | tr -s ' \\n' ' ')", 0,
           "*Nothing was measured: cannot open 128 connections: Too many open files*", "");
}

int test_lab_webserver_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab_webserver", shell_begin, shell_end);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "conclusions", test_conclusions);
    CU_add_test(suite, "clients and servers", test_servers);
    CU_add_test(suite, "a run", test_run);
    return 0;
}
