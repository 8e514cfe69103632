/* webserver.c -- one load of small requests and of thumbnails, and three servers for it: a thread
 * for each connection, an event loop that computes inside, and an event loop with a pool. */
#include "lab/lab.h"
#include "lab/tally.h"
#include "lab/thumbnail.h"
#include "lab/web_server.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS = 128,
    WORKERS_MAX = 8,    /* more would only take longer where one thread computes */
    LARGE_REQUESTS = 8, /* of each connection that asks for thumbnails */
    SMALL_REQUESTS = 8,
    SMALL_SIZE = 1000, /* bytes of an answer that is kept */
    WIDTH = 480,
    HEIGHT = 360
};

struct way {
    struct webserver *whole;
    struct tri_web_load *load;
    struct tri_web_server *server;
    struct tri_lab_tally rate; /* requests per second of each run */
};

struct webserver {
    struct tri_thumbnail_tools tools;
    bool tools_open;
    void *picture; /* encoded */
    size_t picture_size;
    unsigned char small[SMALL_SIZE], *large;
    size_t large_size;
    int workers;
    struct tri_web_plan plan;
    struct way ways[TRI_WEB_WAYS];
};

/* ---- what is asked for ---- */

static bool make_thumbnail(void *context, unsigned char **data, size_t *size)
{
    struct webserver *whole = context;
    struct tri_thumbnail picture = {.from = "a picture", .to = "an answer", .tools = &whole->tools};

    picture.data = malloc(whole->picture_size);
    if (picture.data == NULL) {
        tri_thumbnail_fail(&picture, "out of memory for a picture");
    } else {
        memcpy(picture.data, whole->picture, whole->picture_size);
        picture.size = whole->picture_size;
    }
    const bool well = tri_thumbnail_compute(&picture);
    *data = picture.data;
    *size = picture.size;
    if (!well)
        tri_lab_row_failed(TRI_FAILED, &picture.error);
    return well;
}

static enum tri_status make_picture(struct webserver *whole, struct tri_error *error)
{
    const struct tri_shape shape = {WIDTH, HEIGHT, 3, 8};
    struct tri_write_options options = tri_write_options_default();
    struct tri_image *image;
    enum tri_status status = tri_picture_generate(&shape, 1, &image, error);

    if (status != TRI_OK)
        return status;
    options.format = whole->tools.format;
    status = tri_image_encode(image, &options, &whole->picture, &whole->picture_size, error);
    tri_image_free(image);
    return status;
}

/* Makes the answers that are right, and finds how long a thumbnail takes: ns, 0 if it failed. */
static int64_t make_answers(struct webserver *whole)
{
    int64_t least = 0;

    for (int i = 0; i < SMALL_SIZE; i++)
        whole->small[i] = (unsigned char)(i * 31);
    for (int i = 0; i < 3; i++) {
        const int64_t start = tri_now_ns();
        free(whole->large);
        whole->large = NULL;
        if (!make_thumbnail(whole, &whole->large, &whole->large_size))
            return 0;
        const int64_t took = tri_now_ns() - start;
        least = i == 0 || took < least ? took : least;
    }
    return least;
}

/* Small requests come during most of the time that the workers need for the thumbnails. */
static void make_plan(struct webserver *whole, int64_t thumbnail_ns)
{
    whole->plan = (struct tri_web_plan){
        .connections = CONNECTIONS,
        .asks_large = 2 * whole->workers,
        .requests = {[TRI_WEB_SMALL] = SMALL_REQUESTS, [TRI_WEB_LARGE] = LARGE_REQUESTS},
        .window_ns = thumbnail_ns * 2 * LARGE_REQUESTS * 8 / 10,
        .seed = 1,
        .answers = {[TRI_WEB_SMALL] = {whole->small, sizeof whole->small},
                    [TRI_WEB_LARGE] = {whole->large, whole->large_size}}};
}

/* ---- rows ---- */

static int requests_of(const struct webserver *whole)
{
    return tri_web_plan_requests(&whole->plan, TRI_WEB_SMALL) +
           tri_web_plan_requests(&whole->plan, TRI_WEB_LARGE);
}

static void run_way(void *argument)
{
    struct way *way = argument;
    const int64_t start = tri_now_ns();

    tri_web_load_run(way->load);
    tri_lab_tally_add(&way->rate, requests_of(way->whole) * 1e9 / (double)(tri_now_ns() - start));
}

#define PART(name, kind, percent) \
    static int64_t name(void *argument) \
    { \
        return tri_web_load_percentile(((struct way *)argument)->load, kind, percent); \
    }
PART(small_median, TRI_WEB_SMALL, 50)
PART(small_99, TRI_WEB_SMALL, 99)
PART(large_median, TRI_WEB_LARGE, 50)
PART(large_99, TRI_WEB_LARGE, 99)

static struct tri_interval rate_of(void *argument)
{
    return tri_lab_tally_mean(&((struct way *)argument)->rate);
}

static struct tri_interval threads_of(void *argument)
{
    const double threads = tri_web_server_threads(((struct way *)argument)->server);

    return (struct tri_interval){threads, threads, threads};
}

static struct tri_interval kilobytes_of(void *argument)
{
    const int64_t bytes = tri_web_server_memory(((struct way *)argument)->server);
    const double each = bytes < 0 ? (double)NAN : (double)bytes / 1000 / CONNECTIONS;

    return (struct tri_interval){each, each, each};
}

static const char *const names[TRI_WEB_WAYS] = {[TRI_WEB_THREADS] = "thread per connection",
                                                [TRI_WEB_LOOP] = "loop that computes",
                                                [TRI_WEB_POOL] = "loop and pool"};
static const struct {
    const char *name;
    int64_t (*read)(void *argument);
} parts[] = {{"small, median", small_median},
             {"small, 99 %", small_99},
             {"large, median", large_median},
             {"large, 99 %", large_99}};
enum { PARTS = sizeof parts / sizeof parts[0] };

/* Each is compared with the first server. */
static void add_way(struct tri_lab_run *run, enum tri_web_way kind, const char *why)
{
    struct webserver *whole = run->context;
    struct tri_lab_row *row =
        tri_lab_add(run, run_way, &whole->ways[kind], kind == TRI_WEB_LOOP ? 1 : whole->workers,
                    "%s", names[kind]);

    tri_lab_add_figure(row, rate_of, "requests/s");
    tri_lab_add_figure(row, threads_of, "threads");
    tri_lab_add_figure(row, kilobytes_of, "kB a connection");
    if (why != NULL) {
        tri_lab_skip(row, "%s", why);
        return;
    }
    for (int i = 0; i < PARTS; i++)
        tri_lab_add_part(run, parts[i].read, parts[i].name)->base = 1 + i;
}

static enum tri_status start_all(struct webserver *whole, struct tri_error *error)
{
    const struct tri_web_service service = {
        .small = {whole->small, sizeof whole->small}, .make = make_thumbnail, .context = whole};
    enum tri_status status = TRI_OK;

    for (enum tri_web_way kind = 0; kind < TRI_WEB_WAYS && status == TRI_OK; kind++) {
        struct way *way = &whole->ways[kind];
        way->whole = whole;
        status = tri_web_load_new(&whole->plan, &way->load, error);
        if (status == TRI_OK)
            status = tri_web_server_start(kind, whole->workers, way->load, CONNECTIONS, &service,
                                          &way->server, error);
    }
    return status;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    struct webserver *whole = run->context = calloc(1, sizeof *whole);

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    whole->workers = run->settings.workers < WORKERS_MAX ? run->settings.workers : WORKERS_MAX;
    enum tri_status status = tri_thumbnail_tools_open(NULL, &whole->tools, error);
    whole->tools_open = status == TRI_OK;
    if (status == TRI_OK)
        status = make_picture(whole, error);
    if (status != TRI_OK)
        return status;
    const int64_t thumbnail_ns = make_answers(whole);
    if (thumbnail_ns == 0)
        return TRI_OK; /* what failed has been told */
    make_plan(whole, thumbnail_ns);
    status = start_all(whole, error);
    for (enum tri_web_way kind = 0; kind < TRI_WEB_WAYS; kind++)
        add_way(run, kind, status == TRI_OK ? NULL : error->text);
    return TRI_OK;
}

static void close(struct tri_lab_run *run)
{
    struct webserver *whole = run->context;

    if (whole == NULL)
        return;
    for (int i = 0; i < TRI_WEB_WAYS; i++) {
        if (whole->ways[i].load != NULL)
            tri_web_load_stop(whole->ways[i].load);
        tri_web_server_free(whole->ways[i].server);
        tri_web_load_free(whole->ways[i].load);
    }
    if (whole->tools_open)
        tri_thumbnail_tools_close(&whole->tools);
    free(whole->picture);
    free(whole->large);
    free(whole);
}

/* ---- what follows ---- */

enum { RATE, THREADS, KILOBYTES, FIGURES }; /* of a server */

static const struct tri_lab_row *part_of(const struct tri_lab_run *run, enum tri_web_way kind,
                                         const char *part)
{
    char name[64];

    snprintf(name, sizeof name, "%s, %s", names[kind], part);
    return tri_lab_row(run, name);
}

static double milliseconds(const struct tri_lab_row *row)
{
    return row != NULL ? (double)row->time.median / 1e6 : (double)NAN;
}

/* How many times as soon a server answers the slowest hundredth of what is small. */
static struct tri_interval sooner(const struct tri_lab_run *run, enum tri_web_way kind,
                                  enum tri_web_way than)
{
    return tri_lab_faster(part_of(run, kind, "small, 99 %"), part_of(run, than, "small, 99 %"));
}

static void conclude_waiting(struct tri_lab_run *run)
{
    const struct tri_interval pool = sooner(run, TRI_WEB_POOL, TRI_WEB_LOOP),
                              threads = sooner(run, TRI_WEB_THREADS, TRI_WEB_LOOP),
                              between = sooner(run, TRI_WEB_POOL, TRI_WEB_THREADS);

    tri_lab_say(
        run, tri_lab_above(run, &pool, 1),
        "While a loop computes, it answers nobody: half of the small requests wait for more than "
        "%.3g ms, and one in 100 for more than %.3g ms. If a pool computes, it is %.3g and %.3g: "
        "one in 100 is answered %s times as fast.",
        milliseconds(part_of(run, TRI_WEB_LOOP, "small, median")),
        milliseconds(part_of(run, TRI_WEB_LOOP, "small, 99 %")),
        milliseconds(part_of(run, TRI_WEB_POOL, "small, median")),
        milliseconds(part_of(run, TRI_WEB_POOL, "small, 99 %")), tri_lab_words(&pool).text);
    tri_lab_say(run, tri_lab_above(run, &threads, 1),
                "A thread for each connection does not hold the others up either, as the kernel "
                "gives each a turn: more than %.3g ms for half, and %.3g for one in 100, which is "
                "%s times as fast as the loop that computes.",
                milliseconds(part_of(run, TRI_WEB_THREADS, "small, median")),
                milliseconds(part_of(run, TRI_WEB_THREADS, "small, 99 %")),
                tri_lab_words(&threads).text);
    tri_lab_say(run, tri_lab_above(run, &between, 1),
                "A pool lets no more compute at a time than there are workers, so that the loop "
                "gets its turn sooner: %s times as fast as a thread for each connection.",
                tri_lab_words(&between).text);
}

static void conclude_throughput(struct tri_lab_run *run, const struct tri_lab_row *loop,
                                const struct tri_lab_row *pool)
{
    const struct tri_interval faster = tri_lab_faster(pool, loop);

    if (pool->workers > 1)
        tri_lab_say(run, tri_lab_above(run, &faster, 1.1),
                    "A loop that computes uses one core. With a pool of %d, all requests are "
                    "answered %s times as fast.",
                    pool->workers, tri_lab_words(&faster).text);
    else
        tri_lab_say(run, tri_lab_within(run, &faster, 0.8, 1.25),
                    "A pool of one thread makes as many thumbnails as the loop did: all requests "
                    "are answered %s times as fast. What it changes is who waits.",
                    tri_lab_words(&faster).text);
}

static void conclude_price(struct tri_lab_run *run, const struct tri_lab_row *threads,
                           const struct tri_lab_row *pool)
{
    if (threads->figure_count < FIGURES || pool->figure_count < FIGURES)
        return;
    const double many = threads->figures[KILOBYTES].value.ratio,
                 few = pool->figures[KILOBYTES].value.ratio;
    if (isnan(many) || isnan(few))
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "The system does not say how much of their stacks threads have used.");
    else
        tri_lab_say(run, many > few ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                    "For %d connections, a thread for each is %.0f threads and %.3g kB a "
                    "connection, mostly their stacks; a loop and a pool are %.0f threads and %.3g "
                    "kB. What the kernel needs for a thread comes on top.",
                    (int)CONNECTIONS, threads->figures[THREADS].value.ratio, many,
                    pool->figures[THREADS].value.ratio, few);
}

/* Which server's small requests wait longest, if one is clearly the slowest. */
static void answer(struct tri_lab_run *run)
{
    bool alike = true;

    for (enum tri_web_way kind = 0; kind < TRI_WEB_WAYS; kind++) {
        bool slowest = true;
        for (enum tri_web_way other = 0; other < TRI_WEB_WAYS; other++) {
            const struct tri_interval by = sooner(run, other, kind);
            slowest = slowest && (other == kind || by.low > 1.1);
            alike = alike && (other == kind || (by.low > 1 / 1.1 && by.high < 1.1));
        }
        if (slowest)
            tri_lab_answer(run, kind);
    }
    if (alike)
        tri_lab_answer(run, TRI_WEB_WAYS);
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *rows[TRI_WEB_WAYS];

    for (int kind = 0; kind < TRI_WEB_WAYS; kind++) {
        rows[kind] = tri_lab_row(run, names[kind]);
        if (rows[kind] == NULL) {
            tri_lab_say_unmeasured(run);
            return;
        }
    }
    conclude_waiting(run);
    conclude_throughput(run, rows[TRI_WEB_LOOP], rows[TRI_WEB_POOL]);
    conclude_price(run, rows[TRI_WEB_THREADS], rows[TRI_WEB_POOL]);
    answer(run);
}

TRI_LAB_EXPERIMENT(webserver) = {
    .name = "webserver",
    .claim = "An event loop serves many connections with one thread and little memory, as long as "
             "it never computes: what takes long belongs to a pool, or everybody waits for it.",
    .plan = "128 connections to a server: most ask for something small that is ready, at random "
            "times, and two for each worker ask for one thumbnail after another. The servers are "
            "a thread for each connection, an event loop that computes inside, and an event loop "
            "with a pool of workers.",
    .question = "Small requests and thumbnails, 128 connections: which server lets small "
                "requests wait longest?",
    .answers = {"a thread for each connection", "a loop that computes", "a loop and a pool",
                "there is no clear difference"},
    .next = "triptych lab webserver --workers 1: the loop is free even if the pool has one thread.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
