/* break_even.c -- the size from which a device beats threads: computed from the cost of each part,
 * then measured. */
#include "measure/device_timing.h"

#include "parallel/cpu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUNS_MIN = 6,
    RUNS_MAX = 200,
    SIDE_MIN = 16,
    STEP = 4 /* of sides, between the two sizes */
};
static const double pixels_to_check = 64e6; /* more would take seconds and gigabytes */

/* ---- the arithmetic ---- */

struct tri_cost tri_cost_fit(double pixels1, double ns1, double pixels2, double ns2)
{
    struct tri_cost cost = {.pixel_ns = (ns2 - ns1) / (pixels2 - pixels1)};
    cost.fixed_ns = ns1 - cost.pixel_ns * pixels1;
    const double larger = pixels2 > pixels1 ? pixels2 : pixels1,
                 time = pixels2 > pixels1 ? ns2 : ns1;
    if (cost.pixel_ns < 0)
        cost = (struct tri_cost){time, 0};
    else if (cost.fixed_ns < 0)
        cost = (struct tri_cost){0, time / larger};
    return cost;
}

enum tri_beats tri_break_even(struct tri_cost device, struct tri_cost threads, double most,
                              double *pixels)
{
    const double start = device.fixed_ns - threads.fixed_ns,
                 gain = threads.pixel_ns - device.pixel_ns;
    *pixels = (double)NAN;
    if (start <= 0 && gain >= 0)
        return start < 0 || gain > 0 ? TRI_BEATS_ALWAYS : TRI_BEATS_NEVER;
    if (start >= 0 && gain <= 0)
        return TRI_BEATS_NEVER;
    *pixels = start / gain;
    if (*pixels <= most)
        return gain > 0 ? TRI_BEATS_FROM : TRI_BEATS_UP_TO;
    *pixels = (double)NAN;
    return gain > 0 ? TRI_BEATS_NEVER : TRI_BEATS_ALWAYS;
}

static struct tri_cost sum_of(const struct tri_break_even *from)
{
    return (struct tri_cost){from->upload.fixed_ns + from->kernel.fixed_ns +
                                 from->download.fixed_ns + from->rest.fixed_ns,
                             from->upload.pixel_ns + from->kernel.pixel_ns +
                                 from->download.pixel_ns + from->rest.pixel_ns};
}

/* Negative if parts overlap: the total is then less than their sum. */
static double rest_of(const struct tri_parts *parts)
{
    return parts->total_ns - parts->upload_ns - parts->kernel_ns - parts->download_ns;
}

/* `small` and `large` hold the times of the device and of threads at two sizes. */
static void compute(const struct tri_parts small[2], double pixels1,
                    const struct tri_parts large[2], double pixels2, struct tri_break_even *result)
{
    const double slope = (rest_of(&large[0]) - rest_of(&small[0])) / (pixels2 - pixels1);
    result->upload = tri_cost_fit(pixels1, small[0].upload_ns, pixels2, large[0].upload_ns);
    result->kernel = tri_cost_fit(pixels1, small[0].kernel_ns, pixels2, large[0].kernel_ns);
    result->download = tri_cost_fit(pixels1, small[0].download_ns, pixels2, large[0].download_ns);
    result->rest = (struct tri_cost){rest_of(&small[0]) - slope * pixels1, slope};
    result->device = sum_of(result);
    result->threads = tri_cost_fit(pixels1, small[1].total_ns, pixels2, large[1].total_ns);
    result->beats =
        tri_break_even(result->device, result->threads, (double)TRI_PIXEL_LIMIT, &result->pixels);
}

/* ---- measuring two backends alternately ---- */

struct pair {
    const struct tri_contender *who[2]; /* the device, and threads */
    const struct tri_pipeline *pipeline;
    double seconds;
};

struct side {
    struct tri_job *job;
    struct tri_image *out;
    int64_t samples[4][RUNS_MAX]; /* upload, kernel, download, total */
};

static enum tri_status run_side(struct side *side, struct tri_image *in, int run,
                                struct tri_error *error)
{
    struct tri_timing timing;
    tri_job_rewind(side->job);
    const int64_t start = tri_now_ns();
    const enum tri_status status = tri_job_run(side->job, in, side->out, &timing, error);
    side->samples[3][run] = tri_now_ns() - start;
    if (status != TRI_OK)
        return status;
    side->samples[0][run] = timing.upload_ns;
    side->samples[1][run] = timing.kernel_ns;
    side->samples[2][run] = timing.download_ns;
    return TRI_OK;
}

static enum tri_status run_sides(const struct pair *pair, struct side sides[2],
                                 struct tri_image *in, struct tri_parts parts[2],
                                 struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    int runs = -2; /* to warm up */
    for (int64_t start = tri_now_ns(); status == TRI_OK && runs < RUNS_MAX; runs++) {
        if (runs >= RUNS_MIN && (double)(tri_now_ns() - start) >= pair->seconds * 1e9)
            break;
        for (int i = 0; i < 2 && status == TRI_OK; i++) /* A B, B A */
            status = run_side(&sides[(runs & 1) != 0 ? 1 - i : i], in, runs < 0 ? 0 : runs, error);
    }
    for (int i = 0; i < 2 && status == TRI_OK; i++)
        parts[i] = (struct tri_parts){(double)tri_summarize(sides[i].samples[0], runs).median,
                                      (double)tri_summarize(sides[i].samples[1], runs).median,
                                      (double)tri_summarize(sides[i].samples[2], runs).median,
                                      (double)tri_summarize(sides[i].samples[3], runs).median};
    if (status == TRI_OK && tri_image_compare(sides[1].out, sides[0].out).count > 0)
        return tri_fail(error, TRI_DIFFERS, "%s differs from %s at %dx%d; see triptych verify",
                        pair->who[0]->info->name, pair->who[1]->info->name, in->shape.width,
                        in->shape.height);
    return status;
}

static enum tri_status measure_pair(const struct pair *pair, const struct tri_shape *shape,
                                    struct tri_parts parts[2], struct tri_error *error)
{
    struct tri_image *in = NULL;
    struct side *sides = calloc(2, sizeof *sides);
    if (sides == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for samples");
    enum tri_status status = tri_picture_generate(shape, 1, &in, error);
    if (status != TRI_OK)
        in = NULL;
    for (int i = 0; i < 2 && status == TRI_OK; i++) {
        status = tri_job_new(pair->who[i]->backend, pair->pipeline, shape, &sides[i].job, error);
        if (status == TRI_OK)
            status = tri_image_new(tri_job_shape(sides[i].job), &sides[i].out, error);
    }
    if (status == TRI_OK)
        status = run_sides(pair, sides, in, parts, error);
    for (int i = 0; i < 2; i++) {
        tri_job_free(sides[i].job);
        tri_image_free(sides[i].out);
    }
    tri_image_free(in);
    free(sides);
    return status;
}

/* ---- both together ---- */

static double pixels_of(const struct tri_shape *shape)
{
    return (double)shape->width * shape->height;
}

/* The same kind and proportions at another size. */
static struct tri_shape scaled(const struct tri_shape *shape, double factor)
{
    struct tri_shape result = *shape;
    result.width = (int)fmax(SIDE_MIN, round(shape->width * factor));
    result.height = (int)fmax(SIDE_MIN, round(shape->height * factor));
    return result;
}

/* Measures at the estimated size. If the device always wins, the smallest image is the one that
 * could disprove it; if it never does, the caller uses the larger of the sizes already measured. */
static enum tri_status check(const struct pair *pair, const struct tri_shape *shape,
                             struct tri_break_even *result, struct tri_error *error)
{
    struct tri_parts parts[2];
    struct tri_shape there = scaled(
        shape, result->beats == TRI_BEATS_ALWAYS ? 0 : sqrt(result->pixels / pixels_of(shape)));
    if (pixels_of(&there) > pixels_to_check) {
        snprintf(result->note, sizeof result->note, "the image is too large to measure");
        return TRI_OK;
    }
    const enum tri_status status = measure_pair(pair, &there, parts, error);
    if (status != TRI_OK)
        return status;
    result->checked = there;
    result->device_ns = (int64_t)parts[0].total_ns;
    result->threads_ns = (int64_t)parts[1].total_ns;
    return TRI_OK;
}

static enum tri_status estimate_and_check(const struct pair *pair, const struct tri_shape *shape,
                                          const struct tri_parts known[2],
                                          struct tri_break_even *result, struct tri_error *error)
{
    const bool down = pixels_of(shape) >= (double)(STEP * STEP) * 4096;
    const struct tri_shape other = scaled(shape, down ? 1.0 / STEP : (double)STEP);
    struct tri_parts parts[2];
    enum tri_status status = measure_pair(pair, &other, parts, error);
    if (status != TRI_OK)
        return status;
    if (down)
        compute(parts, pixels_of(&other), known, pixels_of(shape), result);
    else
        compute(known, pixels_of(shape), parts, pixels_of(&other), result);
    if (result->beats != TRI_BEATS_NEVER)
        return check(pair, shape, result, error);
    result->checked = down ? *shape : other;
    result->device_ns = (int64_t)(down ? known : parts)[0].total_ns;
    result->threads_ns = (int64_t)(down ? known : parts)[1].total_ns;
    return TRI_OK;
}

enum tri_status tri_break_even_measure(const struct tri_contender *device,
                                       const struct tri_contender *threads,
                                       const struct tri_pipeline *pipeline,
                                       const struct tri_shape *shape,
                                       const struct tri_parts known[2], double seconds,
                                       struct tri_break_even *result, struct tri_error *error)
{
    const struct pair pair = {{device, threads}, pipeline, seconds};
    *result = (struct tri_break_even){.against = threads->info, .pixels = (double)NAN};
    const enum tri_status status = estimate_and_check(&pair, shape, known, result, error);
    if (status == TRI_OK || status == TRI_DIFFERS)
        return status;
    snprintf(result->note, sizeof result->note, "%.*s", (int)strcspn(error->text, "\n"),
             error->text);
    return TRI_OK;
}
