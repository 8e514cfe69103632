/* bench.c -- the run: verify, warm up, measure in interleaved rounds, verify again. */
#include "measure/device_timing.h"

#include "image/image.h"
#include "parallel/cpu.h"
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

/* A job, or a copy of the same footprint; turns alternate. */
struct turn {
    struct tri_bench_row *row; /* of a job; NULL: a copy */
    struct tri_job *job;
    struct tri_bench_copy *copy;
    struct tri_copier *copier;
    struct tri_timing *timings; /* one for each sample of the row */
    int64_t once;               /* ns, from the warm-up */
    int wanted, taken;
    int number; /* of the next image */
    bool out;   /* failed or differs: no more turns */
};

enum { COPIES_MAX = 50 }; /* they calibrate, and are not compared: more only fill files */

struct bench_run {
    const struct tri_candidates *candidates;
    struct tri_pipeline *pipeline;
    struct tri_image *in,
        *result; /* all contenders write to one image: the footprint stays the same */
    /* For kernels that read earlier images in place, copies of `in`: as many different images as
     * there would be. */
    struct tri_image **copies;
    int copy_count;
    struct tri_bench_case *figures;
    struct turn *turns;
    int count;
    double seconds;
    uint64_t truth; /* digest of the reference's output */
};

static size_t shape_bytes(const struct tri_shape *shape)
{
    return (size_t)shape->width * (size_t)shape->height * (size_t)shape->planes *
           (size_t)shape->bits / 8;
}

static void fail_turn(struct turn *turn, const struct tri_error *error)
{
    snprintf(turn->row->failure, sizeof turn->row->failure, "%.*s", (int)strcspn(error->text, "\n"),
             error->text);
    turn->row->verified = false;
    turn->out = true;
}

/* Runs one first frame, into an image that holds no earlier result. */
static void run_clean(struct bench_run *run, struct turn *turn)
{
    struct tri_error error;

    memset(run->result->memory, 0xA5, run->result->memory_size);
    run->result->padded = false;
    tri_job_rewind(turn->job);
    if (tri_job_run(turn->job, run->in, run->result, NULL, &error) != TRI_OK)
        fail_turn(turn, &error);
}

/* Turn 0 is the reference: its first output is the truth. */
static void verify_turn(struct bench_run *run, struct turn *turn, bool is_truth)
{
    if (turn->out || turn->row == NULL)
        return;
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_OTHER, "verify");
    run_clean(run, turn);
    tri_trace_end(mark);
    if (turn->out)
        return;
    turn->row->digest = tri_image_digest(run->result);
    run->truth = is_truth ? turn->row->digest : run->truth;
    turn->row->verified = turn->row->digest == run->truth;
    turn->out = !turn->row->verified;
}

static struct tri_image *next_image(const struct bench_run *run, struct turn *turn)
{
    const int i = turn->number++ % (run->copy_count + 1);
    return i == 0 ? run->in : run->copies[i - 1];
}

/* Returns the nanoseconds of one run; negative if it failed. */
static int64_t run_once(struct bench_run *run, struct turn *turn, struct tri_timing *timing)
{
    struct tri_error error;

    if (turn->copier != NULL) {
        /* A job finds the images in the caches as the previous job left them. The first copy does
         * that for the second. */
        tri_copier_run(turn->copier);
        return tri_copier_run(turn->copier);
    }
    struct tri_image *in = next_image(run, turn);
    int64_t start = tri_now_ns();
    enum tri_status status = tri_job_run(turn->job, in, run->result, timing, &error);
    int64_t elapsed = tri_now_ns() - start;
    if (status == TRI_OK)
        return elapsed;
    fail_turn(turn, &error);
    return -1;
}

/* As a span of a recording, which takes none of the time. */
static int64_t run_traced(struct bench_run *run, struct turn *turn, struct tri_timing *timing,
                          const char *why)
{
    const tri_trace_mark mark =
        tri_trace_begin(TRI_TRACE_OTHER, turn->copier != NULL ? "copy" : why);
    const int64_t elapsed = run_once(run, turn, timing);
    tri_trace_end(mark);
    return elapsed;
}

/* Runs at least twice and for 5 ms, to let clocks and caches settle; the fastest run determines how
 * many samples fit the budget. Returns false if memory ran out. */
static bool warm_up(struct bench_run *run, struct turn *turn)
{
    int64_t total = 0;
    int64_t *samples;

    turn->once = INT64_MAX;
    for (int i = 0; i < 2 || (total < 5000000 && i < 100); i++) {
        struct tri_timing timing;
        int64_t elapsed = turn->out ? -1 : run_traced(run, turn, &timing, "warm up");

        if (elapsed < 0)
            return true;
        total += elapsed;
        turn->once = elapsed < turn->once ? elapsed : turn->once;
    }
    double fitting = run->seconds * 1e9 / (double)(turn->once > 0 ? turn->once : 1);
    const int most = turn->row != NULL ? TRI_ROUNDS_MAX : COPIES_MAX;
    turn->wanted = fitting > most ? most : fitting < TRI_ROUNDS_MIN ? TRI_ROUNDS_MIN : (int)fitting;
    samples = calloc((size_t)turn->wanted, sizeof *samples);
    turn->timings = calloc((size_t)turn->wanted, sizeof *turn->timings);
    if (turn->row != NULL)
        turn->row->samples = samples;
    else
        turn->copy->samples = samples;
    return samples != NULL && turn->timings != NULL;
}

/* A turn that needs fewer samples than there are rounds skips rounds, evenly spread. */
static bool takes_part(const struct turn *turn, int round, int rounds)
{
    return (int64_t)(round + 1) * turn->wanted / rounds > (int64_t)round * turn->wanted / rounds;
}

static void measure_rounds(struct bench_run *run)
{
    int rounds = 0;

    for (int i = 0; i < run->count; i++)
        rounds = run->turns[i].wanted > rounds ? run->turns[i].wanted : rounds;
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < run->count; i++) {
            /* A B C, then C B A: a slow drift affects all equally. */
            struct turn *turn = &run->turns[round % 2 ? run->count - 1 - i : i];

            if (turn->out || !takes_part(turn, round, rounds))
                continue;
            int64_t elapsed = run_traced(run, turn, &turn->timings[turn->taken], "measure");
            if (elapsed >= 0)
                (turn->row != NULL ? turn->row->samples : turn->copy->samples)[turn->taken++] =
                    elapsed;
        }
}

static struct tri_summary summarize_phase(const struct turn *turn, size_t offset)
{
    int64_t phase[TRI_ROUNDS_MAX];

    for (int i = 0; i < turn->taken; i++)
        memcpy(&phase[i], (const char *)&turn->timings[i] + offset, sizeof phase[i]);
    return tri_summarize(phase, turn->taken);
}

static void summarize_turn(struct bench_run *run, struct turn *turn)
{
    struct tri_bench_row *row = turn->row;

    if (row == NULL) {
        turn->copy->total = tri_summarize(turn->copy->samples, turn->taken);
        return;
    }
    if (turn->out) /* no figures for a wrong result */
        return;
    row->total = tri_summarize(row->samples, turn->taken);
    row->kernel = summarize_phase(turn, offsetof(struct tri_timing, kernel_ns));
    row->upload = summarize_phase(turn, offsetof(struct tri_timing, upload_ns));
    row->download = summarize_phase(turn, offsetof(struct tri_timing, download_ns));
    row->mpix_per_s =
        (double)run->in->shape.width * run->in->shape.height * 1e3 / (double)row->total.median;
}

/* Programs that a backend has built or loaded since `before`. */
static struct tri_backend_counts built_since(const struct tri_backend *backend,
                                             struct tri_backend_counts before)
{
    struct tri_backend_counts now = tri_backend_counts(backend);

    now.launches -= before.launches;
    now.programs_built -= before.programs_built;
    now.programs_loaded -= before.programs_loaded;
    now.build_ms -= before.build_ms;
    return now;
}

/* Measures devices by their own clocks. */
static void measure_devices(struct bench_run *run)
{
    for (int i = 0; i < run->candidates->count; i++) {
        struct turn *turn = &run->turns[i];

        if (!turn->out && tri_backend_measurable(run->candidates->contenders[i].backend))
            tri_device_measure(run->candidates->contenders[i].backend, turn->job, run->in,
                               run->result, shape_bytes(&run->figures->in),
                               shape_bytes(&run->figures->out), run->seconds, &turn->row->device);
    }
}

static struct tri_parts parts_of(const struct tri_bench_row *row)
{
    return (struct tri_parts){(double)row->upload.median, (double)row->kernel.median,
                              (double)row->download.median, (double)row->total.median};
}

/* For whole devices, against the fastest row of threads. */
static void find_break_evens(struct bench_run *run)
{
    const struct tri_bench_case *figures = run->figures;
    int best = -1;

    for (int i = 0; i < figures->row_count; i++) {
        const struct tri_bench_row *row = &figures->rows[i];

        if (!row->info->opencl && row->info->parts == 0 && !tri_is_sequential(row->info) &&
            row->listed && row->total.count > 0 &&
            (best < 0 || row->total.median < figures->rows[best].total.median))
            best = i;
    }
    for (int i = 0; i < figures->row_count && best >= 0; i++) {
        struct tri_bench_row *row = &figures->rows[i];
        const struct tri_parts known[2] = {parts_of(row), parts_of(&figures->rows[best])};
        struct tri_error error;

        if (row->total.count == 0 || strchr(row->info->name, '/') != NULL ||
            !tri_backend_measurable(run->candidates->contenders[i].backend))
            continue;
        if (tri_break_even_measure(
                &run->candidates->contenders[i], &run->candidates->contenders[best], run->pipeline,
                &run->in->shape, known, run->seconds, &row->break_even, &error) == TRI_OK)
            continue;
        row->verified = false; /* it differs, if only at another size */
        row->total.count = 0;
    }
}

static enum tri_status copy_images(struct bench_run *run, int count, struct tri_error *error)
{
    run->copies = calloc((size_t)count + 1, sizeof run->copies[0]);
    if (run->copies == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %d images", count);
    while (run->copy_count < count) {
        struct tri_image **copy = &run->copies[run->copy_count];
        const enum tri_status status = tri_image_new(&run->in->shape, copy, error);
        if (status != TRI_OK)
            return status;
        for (int p = 0; p < run->in->shape.planes; p++)
            tri_image_copy_plane(run->in, p, *copy, p);
        run->copy_count++;
    }
    return TRI_OK;
}

static enum tri_status open_job(struct bench_run *run, struct turn *turn,
                                struct tri_backend *backend, int *lent, struct tri_error *error)
{
    int runs = 0;
    enum tri_status status =
        tri_job_new(backend, run->pipeline, &run->in->shape, &turn->job, error);
    if (status == TRI_OK)
        status = tri_job_lend(turn->job, &runs, error);
    *lent = runs > *lent ? runs : *lent;
    return status;
}

static enum tri_status open_jobs(struct bench_run *run, struct tri_error *error)
{
    struct tri_bench_case *figures = run->figures;
    int lent = 0;

    for (int i = 0; i < run->candidates->count; i++) {
        const struct tri_contender *contender = &run->candidates->contenders[i];
        struct turn *turn = &run->turns[run->count++];
        struct tri_error why;

        turn->row = &figures->rows[figures->row_count++];
        *turn->row = (struct tri_bench_row){.info = contender->info, .listed = contender->listed};
        const struct tri_backend_counts before = tri_backend_counts(contender->backend);
        enum tri_status status = open_job(run, turn, contender->backend, &lent, &why);
        turn->row->device.built = built_since(contender->backend, before);
        if (status == TRI_OK)
            continue;
        tri_job_free(turn->job);
        turn->job = NULL;
        fail_turn(turn, &why);
        if (i == 0)
            return tri_fail(error, status, "%s", why.text);
    }
    return copy_images(run, lent, error);
}

/* Opens one copy for each number of workers of the CPU rows. Devices may report more units than
 * there are cores. */
static enum tri_status open_copies(struct bench_run *run, struct tri_error *error)
{
    struct tri_bench_case *figures = run->figures;

    for (int i = 0; i < figures->row_count; i++) {
        const struct tri_backend_info *info = figures->rows[i].info;
        int workers =
            info->opencl && info->workers > tri_cpu_workers() ? tri_cpu_workers() : info->workers;
        bool known = figures->rows[i].info->gpu || figures->rows[i].info->parts > 0 || workers < 1;

        for (int j = 0; j < figures->copy_count; j++)
            known |= figures->copies[j].workers == workers;
        if (known)
            continue;
        struct turn *turn = &run->turns[run->count++];
        turn->copy = &figures->copies[figures->copy_count++];
        turn->copy->workers = workers;
        /* A copy reads and writes each byte, so half as many bytes give the same traffic. */
        enum tri_status status =
            tri_copier_new(workers, figures->bytes / 2 + 1, &turn->copier, error);
        if (status != TRI_OK)
            return status;
    }
    return TRI_OK;
}

static enum tri_status open_run(struct bench_run *run, const char *pipeline, const char *input,
                                struct tri_error *error)
{
    struct tri_bench_case *figures = run->figures;
    size_t most = (size_t)run->candidates->count;
    enum tri_status status = tri_candidates_parse(run->candidates, pipeline, &run->pipeline, error);

    if (status == TRI_OK)
        status = tri_pipeline_shape(run->pipeline, &run->in->shape, &figures->out, error);
    if (status == TRI_OK)
        status = tri_image_new(&figures->out, &run->result, error);
    if (status != TRI_OK)
        return status;
    figures->in = run->in->shape;
    figures->input_digest = tri_image_digest(run->in);
    figures->bytes = shape_bytes(&figures->in) + shape_bytes(&figures->out);
    figures->pipeline = strdup(pipeline);
    figures->input = strdup(input);
    figures->rows = calloc(most, sizeof *figures->rows);
    figures->copies = calloc(most, sizeof *figures->copies);
    run->turns = calloc(2 * most, sizeof *run->turns);
    if (figures->pipeline == NULL || figures->input == NULL || figures->rows == NULL ||
        figures->copies == NULL || run->turns == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory while measuring %zu backends", most);
    status = open_jobs(run, error);
    return status == TRI_OK ? open_copies(run, error) : status;
}

static void close_run(struct bench_run *run)
{
    for (int i = 0; i < run->count; i++) {
        tri_job_free(run->turns[i].job);
        tri_copier_free(run->turns[i].copier);
        free(run->turns[i].timings);
    }
    for (int i = 0; i < run->copy_count; i++)
        tri_image_free(run->copies[i]);
    free(run->copies);
    free(run->turns);
    tri_pipeline_free(run->pipeline);
}

/* The run fails if a row has wrong bytes or a requested backend failed. */
static enum tri_status verdict(const struct bench_run *run, struct tri_error *error)
{
    for (int i = 0; i < run->figures->row_count; i++) {
        const struct tri_bench_row *row = &run->figures->rows[i];

        if (!row->verified && !row->failure[0])
            return tri_fail(error, TRI_DIFFERS,
                            "%s on %s (%s) differs from %s %s; see triptych verify",
                            run->figures->pipeline, row->info->name, row->info->isa,
                            run->figures->rows[0].info->name, run->figures->rows[0].info->isa);
    }
    for (int i = 0; i < run->figures->row_count; i++) {
        const struct tri_bench_row *row = &run->figures->rows[i];

        if (row->failure[0] && (run->candidates->contenders[i].asked || !row->info->opencl))
            return tri_fail(error, row->info->opencl ? TRI_NO_DEVICE : TRI_FAILED, "%s",
                            row->failure);
    }
    return TRI_OK;
}

enum tri_status tri_bench_run(const struct tri_candidates *candidates, const char *pipeline,
                              const char *input, struct tri_image *image, double seconds,
                              struct tri_bench_case *result, struct tri_error *error)
{
    struct bench_run run = {
        .candidates = candidates, .in = image, .figures = result, .seconds = seconds};

    memset(result, 0, sizeof *result);
    enum tri_status status = open_run(&run, pipeline, input, error);
    for (int i = 0; i < run.count && status == TRI_OK; i++)
        verify_turn(&run, &run.turns[i], i == 0);
    for (int i = 0; i < run.count && status == TRI_OK; i++)
        if (!warm_up(&run, &run.turns[i]))
            status = tri_fail(error, TRI_FAILED, "out of memory for samples");
    if (status == TRI_OK) {
        for (int i = 0; i < candidates->count; i++)
            tri_bench_shares(run.turns[i].row, candidates->contenders[i].backend, -1);
        measure_rounds(&run);
        for (int i = 0; i < candidates->count; i++)
            tri_bench_shares(run.turns[i].row, candidates->contenders[i].backend, 1);
        measure_devices(&run);
        for (int i = run.count - 1; i >= 0; i--) /* backwards: the image left is the reference's */
            verify_turn(&run, &run.turns[i], false);
        for (int i = 0; i < run.count; i++)
            summarize_turn(&run, &run.turns[i]);
        find_break_evens(&run);
        tri_bench_compare(result);
        status = verdict(&run, error);
    }
    result->picture = run.result;
    close_run(&run);
    return status;
}

void tri_bench_case_free(struct tri_bench_case *result)
{
    for (int i = 0; i < result->row_count; i++)
        free(result->rows[i].samples);
    for (int i = 0; i < result->copy_count; i++)
        free(result->copies[i].samples);
    free(result->rows);
    free(result->copies);
    free(result->pipeline);
    free(result->input);
    tri_image_free(result->picture);
    memset(result, 0, sizeof *result);
}
