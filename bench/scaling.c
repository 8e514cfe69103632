/* scaling.c -- predicts how a stage scales to more cores than this machine has.
 *
 *     scaling [PIPELINE WIDTHxHEIGHT]...
 *
 * The model has three parts, which no measurement on few cores shows apart:
 *   - threads begin one after another: the one that wakes the others is busy with it
 *   - strips are dealt as native.c deals them, by tri_strip_next
 *   - rows at the edges of strips are made twice by all passes but the last
 * The time of a row is measured on one core. Memory is no part of it: `GB/s` is the bandwidth that
 * the cores would need together. */
#include "backend/backend.h"
#include "measure/measure.h"

#include <stdio.h>
#include <stdlib.h>

enum { REPEATS = 21, WORKERS_MOST = 64, BITS = 8 };

/* Microseconds: the caller wakes a sleeping thread; a thread runs after that; a thread that still
 * spins sees new work. Rough figures for Linux on x86: with them the model is a little pessimistic.
 */
static const double wake_us = 1, run_us = 5, see_us = 0.3;

struct model {
    const struct tri_stage *stage;
    double row_us;
};

struct outcome {
    double us, again; /* again: rows made twice, as a share of all */
};

static double begin_us(int worker, int workers, bool asleep)
{
    if (!asleep)
        return see_us * worker;
    return worker == 0 ? wake_us * (workers - 1) : run_us + wake_us * worker;
}

/* Deals a stage's rows to workers: whoever is free first takes the next strip. */
static struct outcome deal(const struct model *model, int workers, bool asleep)
{
    const int rows = model->stage->height, nodes = model->stage->node_count;
    const double again_us = model->row_us * (nodes - 1) / nodes;
    double free_at[WORKERS_MOST];
    struct outcome outcome = {0, -model->stage->lead};

    for (int w = 0; w < workers; w++)
        free_at[w] = begin_us(w, workers, asleep);
    for (int left = rows; left > 0;) {
        const int strip = tri_strip_next(model->stage, workers, rows, left);
        int next = 0;
        for (int w = 1; w < workers; w++)
            next = free_at[w] < free_at[next] ? w : next;
        free_at[next] += strip * model->row_us + model->stage->lead * again_us;
        outcome.again += model->stage->lead;
        outcome.us = free_at[next] > outcome.us ? free_at[next] : outcome.us;
        left -= strip;
    }
    outcome.again /= rows;
    return outcome;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median microseconds of a run on one core; 0 if one fails. */
static double measure_us(struct tri_job *job, struct tri_image *in, struct tri_image *out,
                         struct tri_error *error)
{
    double us[REPEATS];

    for (int i = 0; i < REPEATS; i++) {
        const int64_t before = tri_now_ns();
        if (tri_job_run(job, in, out, NULL, error) != TRI_OK)
            return 0;
        us[i] = (double)(tri_now_ns() - before) / 1000;
    }
    qsort(us, REPEATS, sizeof us[0], by_value);
    return us[REPEATS / 2];
}

static void print_model(const char *pipeline, const struct tri_shape *shape,
                        const struct tri_plan *plan, double us)
{
    const double bytes = 2.0 * shape->width * shape->height;

    double work = 0;
    for (int s = 0; s < plan->stage_count; s++)
        work += plan->stages[s].work;
    for (int workers = 2; workers <= WORKERS_MOST; workers *= 2) {
        struct outcome awake = {0, 0};
        double asleep_us = 0;
        for (int s = 0; s < plan->stage_count; s++) {
            const struct tri_stage *stage = &plan->stages[s];
            const struct model model = {stage, us * stage->work / work / stage->height};
            const struct outcome outcome = deal(&model, workers, false);
            awake.us += outcome.us;
            awake.again += outcome.again;
            asleep_us += deal(&model, workers, true).us;
        }
        printf("| `%s` | %dx%d | %d | %.3f | %.1f %% | %.0f %% | %.0f %% | %.0f |\n", pipeline,
               shape->width, shape->height, workers, us / workers / 1000, 100 * awake.again,
               100 * us / workers / awake.us, 100 * us / workers / asleep_us,
               bytes / awake.us / 1000);
    }
}

static int predict(struct tri_backend *backend, const char *pipeline, const struct tri_shape *shape)
{
    struct tri_error error;
    struct tri_pipeline *parsed = NULL;
    struct tri_plan *plan = NULL;
    struct tri_job *job = NULL;
    struct tri_image *in = NULL, *out = NULL;
    double us = 0;

    const enum tri_status status = tri_pipeline_parse(pipeline, &parsed, &error);
    if (status == TRI_OK)
        tri_pipeline_noise(parsed);
    if (status == TRI_OK && tri_backend_plan(backend, parsed, shape, &plan, &error) == TRI_OK &&
        tri_job_new(backend, parsed, shape, &job, &error) == TRI_OK &&
        tri_picture_generate(shape, 1, &in, &error) == TRI_OK &&
        tri_image_new(tri_job_shape(job), &out, &error) == TRI_OK)
        us = measure_us(job, in, out, &error);
    if (us > 0)
        print_model(pipeline, shape, plan, us);
    else
        fprintf(stderr, "scaling: %s: %s\n", pipeline, error.text);
    tri_image_free(out);
    tri_image_free(in);
    tri_job_free(job);
    tri_plan_free(plan);
    tri_pipeline_free(parsed);
    return us > 0 ? TRI_OK : TRI_FAILED;
}

int main(int argc, char **argv)
{
    static char *usual[] = {NULL,        "gaussian:sigma=2",
                            "3840x2160", "sobel",
                            "3840x2160", "median:radius=2",
                            "3840x2160", "gaussian:sigma=2",
                            "1920x1080", "gaussian:sigma=1,sobel,dilate:radius=1,invert",
                            "3840x2160"};
    struct tri_error error;
    struct tri_backend *backend;
    int code = TRI_OK;

    if (argc == 1) {
        argv = usual;
        argc = sizeof usual / sizeof usual[0];
    }
    if (tri_backend_open("sequential", NULL, &backend, &error) != TRI_OK) {
        fprintf(stderr, "scaling: %s\n", error.text);
        return error.status;
    }
    puts("| pipeline | size | cores | even share, ms | made twice | awake | asleep | GB/s |\n"
         "|---|---|---:|---:|---:|---:|---:|---:|");
    for (int i = 1; i + 1 < argc && code == TRI_OK; i += 2) {
        struct tri_shape shape = {.planes = 1, .bits = BITS};
        if (sscanf(argv[i + 1], "%dx%d", &shape.width, &shape.height) == 2)
            code = predict(backend, argv[i], &shape);
        else
            code = TRI_USAGE;
    }
    if (code == TRI_USAGE || argc % 2 == 0)
        fputs("usage: scaling [PIPELINE WIDTHxHEIGHT]...\n", stderr);
    tri_backend_close(backend);
    return code;
}
