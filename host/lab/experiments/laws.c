/* laws.c -- how far parallelism can go: the serial part by Amdahl's law, and what it allows. */
#include "lab/lab.h"
#include "lab/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KERNELS = 4, STEPS_MAX = 5 };
static const struct {
    const char *name, *pipeline;
} kernels[KERNELS] = {{"gaussian", "gaussian:sigma=2"},
                      {"median", "median:radius=2"},
                      {"equalize", "equalize"},
                      {"invert", "invert"}};

struct laws {
    struct tri_lab_picture *pictures[KERNELS][STEPS_MAX];
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

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1920, 1080, 3, 8};
    struct laws *laws = run->context = calloc(1, sizeof *laws);
    enum tri_status status = TRI_OK;
    int counts[STEPS_MAX];
    char on[32];

    if (laws == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    const int steps = worker_counts(run->settings.workers, counts);
    for (int k = 0; k < KERNELS; k++)
        for (int s = 0; s < steps && status == TRI_OK; s++) {
            snprintf(on, sizeof on, "threads:%d", counts[s]);
            status = tri_lab_picture_new(on, NULL, kernels[k].pipeline, &shape,
                                         &laws->pictures[k][s], error);
            tri_lab_add(run, tri_lab_picture_run, laws->pictures[k][s], counts[s],
                        "%s, %d worker%s", kernels[k].name, counts[s], counts[s] > 1 ? "s" : "")
                ->base = k * steps;
        }
    return status;
}

/* The serial part that a speed-up implies, 0 to 1. */
static double serial_of(double speedup, int workers)
{
    return fmin(fmax(tri_karp_flatt(speedup, workers), 0), 1);
}

/* From the row with the most workers; returns the serial part, NAN: unknown. */
static double conclude_kernel(struct tri_lab_run *run, int kernel)
{
    const struct tri_lab_row *one = NULL, *all = NULL;

    for (int i = 0; i < run->row_count; i++) {
        const struct tri_lab_row *row = &run->rows[i];
        if (strncmp(row->name, kernels[kernel].name, strlen(kernels[kernel].name)) != 0 ||
            row->count == 0)
            continue;
        one = row->workers == 1 ? row : one;
        all = all == NULL || row->workers > all->workers ? row : all;
    }
    const struct tri_interval faster = tri_lab_faster(all, one);
    if (isnan(faster.ratio) || all->workers < 2)
        return (double)NAN;
    const double serial = serial_of(faster.ratio, all->workers),
                 low = serial_of(faster.high, all->workers),
                 high = serial_of(faster.low, all->workers);
    tri_lab_say(
        run, high - low < 0.25 ? TRI_LAB_SHOWN : TRI_LAB_UNCLEAR,
        "%s: %.3g times as fast with %d workers, so %.3g %% (%.3g to %.3g) is serial. Amdahl: "
        "%.3g times with 16 cores, %.3g with 64.",
        kernels[kernel].name, faster.ratio, all->workers, 100 * serial, 100 * low, 100 * high,
        tri_amdahl(serial, 16), tri_amdahl(serial, 64));
    return high - low < 0.25 ? serial : (double)NAN;
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
        serial[k] = conclude_kernel(run, k);
        if (isnan(serial[k]))
            known = false;
        worst = serial[k] > serial[worst] ? k : worst;
        best = serial[k] < serial[best] ? k : best;
    }
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

static void close(struct tri_lab_run *run)
{
    struct laws *laws = run->context;

    if (laws == NULL)
        return;
    for (int k = 0; k < KERNELS; k++)
        for (int s = 0; s < STEPS_MAX; s++)
            tri_lab_picture_free(laws->pictures[k][s]);
    free(laws);
}

TRI_LAB_EXPERIMENT(laws) = {
    .name = "laws",
    .claim = "What cannot be divided limits all the rest: from the speed-up with a few cores, "
             "Amdahl's law tells how far more of them can go.",
    .plan = "Three filters and one that only moves bytes, on 1920x1080 RGB, with 1, 2, 4, ... and "
            "all workers.",
    .question = "Which of these gains least from all cores?",
    .answers = {"gaussian, sums of neighbours", "median, comparisons of neighbours",
                "equalize, a histogram and a table", "invert, bytes to bytes"},
    .next =
        "triptych bench equalize --workers 1..N --report laws.html: the curves, and Gustafson's.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
