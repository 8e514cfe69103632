/* laws.c -- how far parallelism can go: the serial part by Amdahl's law, and what it allows. */
#include "lab/lab.h"
#include "lab/picture.h"

#include "image/temporary_folder.h"
#include "parallel/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KERNELS = 4, STEPS_MAX = 6 };
static const struct {
    const char *name, *pipeline;
} kernels[KERNELS] = {{"gaussian", "gaussian:sigma=2"},
                      {"median", "median:radius=2"},
                      {"equalize", "equalize"},
                      {"invert", "invert"}};

/* From file to file: a picture is decoded, filtered and encoded. */
struct file_work {
    struct laws *whole;
    struct tri_pool *pool;
    struct tri_lab_picture *filter;
    int64_t decoded, filtered, encoded; /* when, since the last run began */
};

struct laws {
    struct tri_lab_picture *pictures[KERNELS][STEPS_MAX];
    struct file_work files[STEPS_MAX];
    int fd; /* of a PNG file that has no name any more; -1: none */
    char path[64];
};

/* 1, 2, 4, ... and all workers. Returns how many. */
static int worker_counts(int most, int counts[STEPS_MAX])
{
    int count = 0;

    for (int n = 1; n < most && count < STEPS_MAX - 1; n *= 2)
        counts[count++] = n;
    counts[count++] = most;
    return count;
}

/* ---- from file to file ---- */

static enum tri_status transform_file(struct file_work *work, struct tri_error *error)
{
    struct tri_read_options reading = tri_read_options_default();
    struct tri_write_options writing = tri_write_options_default();
    struct tri_image *in = NULL, *out = NULL;
    const int64_t start = tri_now_ns();

    reading.pool = writing.pool = work->pool;
    writing.format = tri_format_find("png");
    enum tri_status status = tri_image_read(work->whole->path, &reading, &in, NULL, error);
    work->decoded = tri_now_ns() - start;
    if (status == TRI_OK)
        status = tri_image_new(&in->shape, &out, error);
    if (status == TRI_OK)
        tri_lab_picture_filter(work->filter, in, out);
    work->filtered = tri_now_ns() - start;
    if (status == TRI_OK)
        status = tri_image_write("/dev/null", out, &writing, error);
    work->encoded = tri_now_ns() - start;
    tri_image_free(in);
    tri_image_free(out);
    return status;
}

static void run_file(void *argument)
{
    struct tri_error error;
    const enum tri_status status = transform_file(argument, &error);

    if (status != TRI_OK)
        tri_lab_row_failed(status, &error);
}

static int64_t decode_time(void *argument)
{
    return ((const struct file_work *)argument)->decoded;
}

static int64_t filter_time(void *argument)
{
    const struct file_work *work = argument;

    return work->filtered - work->decoded;
}

static int64_t encode_time(void *argument)
{
    const struct file_work *work = argument;

    return work->encoded - work->filtered;
}

/* Opens a file of the picture in the folder, and takes its name away. */
static enum tri_status write_file(struct laws *laws, const char *folder,
                                  const struct tri_image *picture, struct tri_error *error)
{
    char *path;

    if (asprintf(&path, "%s/picture.png", folder) < 0)
        return tri_fail(error, TRI_FAILED, "out of memory for a name");
    enum tri_status status = tri_image_write(path, picture, NULL, error);
    if (status == TRI_OK && (laws->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        status = tri_fail(error, TRI_FAILED, "cannot read %s: %s", path, strerror(errno));
    free(path);
    return status;
}

/* A PNG file that nothing is left of, however the program ends. */
static enum tri_status make_file(struct laws *laws, const struct tri_shape *shape,
                                 struct tri_error *error)
{
    struct tri_image *picture = NULL;
    char *folder = NULL;
    enum tri_status status = tri_picture_generate(shape, 1, &picture, error);

    if (status == TRI_OK)
        status = tri_temporary_folder_make("lab", &folder, error);
    if (status == TRI_OK)
        status = write_file(laws, folder, picture, error);
    tri_temporary_folder_remove(folder);
    tri_image_free(picture);
    snprintf(laws->path, sizeof laws->path, "/proc/self/fd/%d", laws->fd);
    return status;
}

static enum tri_status add_file(struct tri_lab_run *run, int step, int workers, int base,
                                const struct tri_shape *shape, struct tri_error *error)
{
    struct laws *laws = run->context;
    struct file_work *work = &laws->files[step];
    char on[32];
    enum tri_status status;

    snprintf(on, sizeof on, "threads:%d", workers);
    work->whole = laws;
    if ((status = tri_pool_new(workers, &work->pool, error)) != TRI_OK ||
        (status = tri_lab_picture_new(on, NULL, kernels[0].pipeline, shape, &work->filter,
                                      error)) != TRI_OK)
        return status;
    tri_lab_add(run, run_file, work, workers, "file, %d worker%s", workers, workers > 1 ? "s" : "")
        ->base = base;
    tri_lab_add_part(run, decode_time, "decode")->base = base + 1;
    tri_lab_add_part(run, filter_time, "filter")->base = base + 2;
    tri_lab_add_part(run, encode_time, "encode")->base = base + 3;
    return TRI_OK;
}

/* With one worker and with all. */
static enum tri_status add_files(struct tri_lab_run *run, const struct tri_shape *shape,
                                 struct tri_error *error)
{
    const int base = run->row_count, most = run->settings.workers;
    enum tri_status status = make_file(run->context, shape, error);

    if (status == TRI_OK)
        status = add_file(run, 0, 1, base, shape, error);
    if (status == TRI_OK && most > 1)
        status = add_file(run, 1, most, base, shape, error);
    return status;
}

/* ---- rows ---- */

static enum tri_status add_kernels(struct tri_lab_run *run, const struct tri_shape *shape,
                                   struct tri_error *error)
{
    struct laws *laws = run->context;
    enum tri_status status = TRI_OK;
    int counts[STEPS_MAX];
    char on[32];

    const int steps = worker_counts(run->settings.workers, counts);
    for (int k = 0; k < KERNELS; k++)
        for (int s = 0; s < steps && status == TRI_OK; s++) {
            snprintf(on, sizeof on, "threads:%d", counts[s]);
            status = tri_lab_picture_new(on, NULL, kernels[k].pipeline, shape,
                                         &laws->pictures[k][s], error);
            tri_lab_add(run, tri_lab_picture_run, laws->pictures[k][s], counts[s],
                        "%s, %d worker%s", kernels[k].name, counts[s], counts[s] > 1 ? "s" : "")
                ->base = k * steps;
        }
    return status;
}

static enum tri_status open_laws(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1920, 1080, 3, 8};
    struct laws *laws = run->context = calloc(1, sizeof *laws);

    if (laws == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    laws->fd = -1;
    const enum tri_status status = add_kernels(run, &shape, error);
    return status != TRI_OK ? status : add_files(run, &shape, error);
}

/* ---- what follows ---- */

static const struct tri_lab_row *find(const struct tri_lab_run *run, const char *name, int workers,
                                      const char *part)
{
    char text[64];

    snprintf(text, sizeof text, "%s, %d worker%s%s", name, workers, workers > 1 ? "s" : "", part);
    return tri_lab_row(run, text);
}

/* With all workers over one. */
static struct tri_interval gain(const struct tri_lab_run *run, const char *name, const char *part)
{
    return tri_lab_faster(find(run, name, run->settings.workers, part), find(run, name, 1, part));
}

/* The serial part that a speed-up implies, 0 to 1. */
static double serial_of(double speedup, int workers)
{
    return fmin(fmax(tri_karp_flatt(speedup, workers), 0), 1);
}

/* Returns the serial part, NAN: unknown. */
static double conclude_work(struct tri_lab_run *run, const char *name)
{
    const int workers = run->settings.workers;
    const struct tri_interval faster = gain(run, name, "");

    if (isnan(faster.ratio))
        return (double)NAN;
    if (faster.high < 1) {
        tri_lab_say(run, tri_lab_was_busy(run) ? TRI_LAB_UNCLEAR : TRI_LAB_SHOWN,
                    "%s: %s times as fast with %d workers: it does not gain, and no law of "
                    "speed-ups describes it.",
                    name, tri_lab_words(&faster).text, workers);
        return tri_lab_was_busy(run) ? (double)NAN : 1;
    }
    const double serial = serial_of(faster.ratio, workers), low = serial_of(faster.high, workers),
                 high = serial_of(faster.low, workers);
    const bool known = high - low < 0.25 && !tri_lab_was_busy(run);
    tri_lab_say(run, known ? TRI_LAB_SHOWN : TRI_LAB_UNCLEAR,
                "%s: %.3g times as fast with %d workers, so %.3g %% (%.3g to %.3g) is serial. "
                "Amdahl: %.3g times with 16 cores, %.3g with 64. Gustafson, if the work grows with "
                "them: %.3g and %.3g.",
                name, faster.ratio, workers, 100 * serial, 100 * low, 100 * high,
                tri_amdahl(serial, 16), tri_amdahl(serial, 64), tri_gustafson(serial, 16),
                tri_gustafson(serial, 64));
    return known ? serial : (double)NAN;
}

/* Of decoding, filtering and encoding, the one that gains least: the serial part by its name. */
static void conclude_name(struct tri_lab_run *run)
{
    static const char *const parts[] = {", decode", ", filter", ", encode"};
    const struct tri_lab_row *whole = find(run, "file", 1, "");
    struct tri_interval least = {(double)INFINITY, 0, 0};
    int worst = -1;

    for (int i = 0; i < 3; i++) {
        const struct tri_interval faster = gain(run, "file", parts[i]);
        if (faster.ratio < least.ratio) {
            least = faster;
            worst = i;
        }
    }
    if (worst < 0 || whole == NULL)
        return;
    const struct tri_lab_row *part = find(run, "file", 1, parts[worst]);
    const double share = (double)part->time.median / (double)whole->time.median;
    const enum tri_lab_verdict stays =
        tri_lab_within(run, &least, 0, 1 + (run->settings.workers - 1) / 2.0);
    tri_lab_say(run, tri_lab_was_busy(run) ? TRI_LAB_UNCLEAR : stays,
                "From file to file the serial part has a name: '%s' takes %.0f %% of the time on "
                "one core, and is %s times as fast with %d workers.",
                parts[worst] + 2, 100 * share, tri_lab_words(&least).text, run->settings.workers);
}

/* What two workers promise of all, where there are more than two. */
static void conclude_promise(struct tri_lab_run *run)
{
    const int workers = run->settings.workers;
    const struct tri_lab_row *one = find(run, kernels[0].name, 1, ""),
                             *two = find(run, kernels[0].name, 2, "");
    const struct tri_interval all = gain(run, kernels[0].name, "");

    if (workers < 3 || one == NULL || two == NULL || isnan(all.ratio))
        return;
    const double promised =
        tri_amdahl(serial_of((double)one->time.median / (double)two->time.median, 2), workers);
    const struct tri_interval kept = {all.ratio / promised, all.low / promised,
                                      all.high / promised};
    tri_lab_say(run, tri_lab_within(run, &kept, 0.8, 1.25),
                "From 2 workers Amdahl's law promises that %s is %.3g times as fast with %d; "
                "measured: %s.",
                kernels[0].name, promised, workers, tri_lab_words(&all).text);
}

/* The universal scalability law, which needs six points. */
static void conclude_universal(struct tri_lab_run *run)
{
    int counts[STEPS_MAX];
    double speedups[STEPS_MAX];
    const int steps = worker_counts(run->settings.workers, counts);
    const struct tri_lab_row *one = find(run, kernels[0].name, 1, "");

    for (int s = 0; s < steps; s++) {
        const struct tri_lab_row *row = find(run, kernels[0].name, counts[s], "");
        if (row == NULL || one == NULL)
            return;
        speedups[s] = (double)one->time.median / (double)row->time.median;
    }
    const struct tri_scaling law = tri_scaling_fit(counts, speedups, steps);
    if (isnan(law.contention) || isnan(law.coherence))
        return;
    tri_lab_say(run, tri_lab_was_busy(run) ? TRI_LAB_UNCLEAR : TRI_LAB_SHOWN,
                "The universal scalability law puts what %s loses down to contention, %.3g %%, and "
                "to keeping caches coherent, %.3g %%.",
                kernels[0].name, 100 * law.contention, 100 * law.coherence);
}

static void conclude(struct tri_lab_run *run)
{
    double serial[KERNELS];
    bool known = true;
    int worst = 0;

    if (run->settings.workers < 2) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "With one core there is no speed-up that a law could describe.");
        return;
    }
    int best = 0;
    for (int k = 0; k < KERNELS; k++) {
        serial[k] = conclude_work(run, kernels[k].name);
        if (isnan(serial[k]))
            known = false;
        worst = serial[k] > serial[worst] ? k : worst;
        best = serial[k] < serial[best] ? k : best;
    }
    conclude_work(run, "file");
    conclude_name(run);
    conclude_promise(run);
    conclude_universal(run);
    if (!known)
        return;
    if (serial[best] > 0.1 && serial[worst] - serial[best] < 0.1)
        tri_lab_say(run, TRI_LAB_SHOWN,
                    "All lose about as much, %.3g to %.3g %%, so it is not their serial part: what "
                    "is called cores here shares something, such as the units of one core.",
                    100 * serial[best], 100 * serial[worst]);
    for (int k = 0; k < KERNELS; k++)
        if (k != worst && serial[k] > 0.8 * serial[worst])
            return; /* too close to say */
    tri_lab_answer(run, worst);
}

static void close_laws(struct tri_lab_run *run)
{
    struct laws *laws = run->context;

    if (laws == NULL)
        return;
    for (int k = 0; k < KERNELS; k++)
        for (int s = 0; s < STEPS_MAX; s++)
            tri_lab_picture_free(laws->pictures[k][s]);
    for (int s = 0; s < STEPS_MAX; s++) {
        tri_lab_picture_free(laws->files[s].filter);
        tri_pool_free(laws->files[s].pool);
    }
    if (laws->fd >= 0)
        close(laws->fd);
    free(laws);
}

TRI_LAB_EXPERIMENT(laws) = {
    .name = "laws",
    .claim = "What cannot be divided limits all the rest: from the speed-up with a few cores, "
             "Amdahl's law tells how far more of them can go.",
    .plan = "Three filters and one that only moves bytes, on 1920x1080 RGB, with 1, 2, 4, ... and "
            "all workers; and a PNG file that is decoded, filtered and encoded, with 1 and all.",
    .question = "Which of these gains least from all cores?",
    .answers = {"gaussian, sums of neighbours", "median, comparisons of neighbours",
                "equalize, a histogram and a table", "invert, bytes to bytes"},
    .next =
        "triptych bench equalize --workers 1..N --report laws.html: the curves, and Gustafson's.",
    .open = open_laws,
    .conclude = conclude,
    .close = close_laws,
};
