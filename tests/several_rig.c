/* several_rig.c -- several backends for tests: opens them, compares them with one, and runs many
 * images at a time. */
#include "several_rig.h"
#include "backend/load_balance.h"
#include "pipeline/graph.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Collected notes, for the tests that check them. */
struct several_notes several_notes;

static void note(void *listener, const char *text)
{
    (void)listener;
    strncat(several_notes.text, text, sizeof several_notes.text - strlen(several_notes.text) - 2);
    strcat(several_notes.text, "\n");
    several_notes.count++;
}

/* With strips of `rows` rows, round-robin; 0: by speed. NULL if it cannot be opened. */
struct tri_backend *several_open(const char *on, int rows)
{
    const struct tri_backend_options options = {.size = sizeof options, .note = note};
    struct tri_backend *backend = NULL;
    struct tri_error error;
    char text[20];
    snprintf(text, sizeof text, "%d", rows);
    setenv("TRIPTYCH_SEVERAL_ROWS", text, 1);
    if (tri_backend_open(on, &options, &backend, &error) != TRI_OK) {
        printf("\n  %s: %s\n", on, error.text);
        backend = NULL;
    }
    unsetenv("TRIPTYCH_SEVERAL_ROWS");
    memset(&several_notes, 0, sizeof several_notes);
    return backend;
}

/* Compares frames in sequence, and the flush of delayed output, with sequential scalar. */
void several_check(const char *text, const struct place *place, struct tri_image *const *frames,
                   int count)
{
    struct trial truth, trial;
    if (!trial_open(&truth, &rig.places[0], text, &frames[0]->shape))
        return;
    if (trial_open(&trial, place, text, &frames[0]->shape)) {
        const int delay = tri_job_delay(trial.job);
        for (int run = 0; run < count + delay; run++) {
            struct tri_image *in = frames[run < count ? run : count - 1];
            if (run == count) {
                trial_end(&truth);
                trial_end(&trial);
            }
            if (!trial_run(&truth, in, &rig.places[0], "frames") ||
                !trial_run(&trial, in, place, "frames"))
                break;
            if (run >= delay)
                rig_compare(truth.out, trial.out);
        }
        trial_close(&trial);
    }
    trial_close(&truth);
}

void several_make_frames(const struct tri_shape *shape, struct tri_image *frames[SEVERAL_FRAMES])
{
    for (int i = 0; i < SEVERAL_FRAMES; i++)
        frames[i] = rig_frame(shape, i + shape->height);
}

void several_free_frames(struct tri_image *frames[SEVERAL_FRAMES])
{
    for (int i = 0; i < SEVERAL_FRAMES; i++)
        tri_image_free(frames[i]);
}

/* ---- several images at a time ---- */

enum { THREADS = 5 };

struct crowd {
    struct tri_backend *backend;
    struct tri_pipeline *pipeline;
    struct tri_image *in[SEVERAL_FRAMES], *truth[SEVERAL_FRAMES];
    atomic_int next, wrong, failed;
};

static void *run_some(void *argument)
{
    struct crowd *crowd = argument;
    const struct tri_shape *shape = &crowd->in[0]->shape;
    struct tri_image *out = rig_image(shape), *in = rig_image(shape);
    struct tri_inflight *inflight = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    bool good = tri_job_new(crowd->backend, crowd->pipeline, shape, &job, &error) == TRI_OK &&
                tri_inflight_new(crowd->backend, &inflight, &error) == TRI_OK;
    for (int i; good && (i = atomic_fetch_add(&crowd->next, 1)) < SEVERAL_PICTURES;) {
        memcpy(in->memory, crowd->in[i % SEVERAL_FRAMES]->memory, in->memory_size);
        in->padded = false;
        good = tri_inflight_upload(inflight, in, &error) == TRI_OK &&
               tri_inflight_compute(inflight, job, out, &error) == TRI_OK;
        memset(in->memory, 0x77, in->memory_size); /* no longer needed */
        good = good && tri_inflight_download(inflight, &error) == TRI_OK;
        if (good && tri_image_compare(crowd->truth[i % SEVERAL_FRAMES], out).count > 0)
            atomic_fetch_add(&crowd->wrong, 1);
    }
    if (!good) {
        printf("\n  %s\n", error.text);
        atomic_fetch_add(&crowd->failed, 1);
    }
    tri_inflight_free(inflight);
    tri_job_free(job);
    tri_image_free(in);
    tri_image_free(out);
    return NULL;
}

void several_crowd(struct tri_backend *backend, const char *text)
{
    struct crowd crowd = {.backend = backend};
    const struct tri_shape shape = {201, 150, 3, 8};
    struct tri_error error;
    struct trial truth;
    pthread_t threads[THREADS];
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &crowd.pipeline, &error), TRI_OK);
    tri_pipeline_noise(crowd.pipeline);
    for (int i = 0; i < SEVERAL_FRAMES; i++)
        crowd.in[i] = rig_frame(&shape, i);
    CU_ASSERT_TRUE_FATAL(trial_open(&truth, &rig.places[0], text, &shape));
    for (int i = 0; i < SEVERAL_FRAMES; i++) {
        trial_run(&truth, crowd.in[i], &rig.places[0], "crowd");
        crowd.truth[i] = rig_copy(truth.out);
    }
    trial_close(&truth);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run_some, &crowd);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(atomic_load(&crowd.wrong), 0);
    CU_ASSERT_EQUAL(atomic_load(&crowd.failed), 0);
    for (int i = 0; i < SEVERAL_FRAMES; i++) {
        tri_image_free(crowd.in[i]);
        tri_image_free(crowd.truth[i]);
    }
    tri_pipeline_free(crowd.pipeline);
}

double several_pictures(const struct tri_backend *backend, int lost)
{
    struct tri_share shares[TRI_PARTS_MAX];
    const int count = tri_backend_shares(backend, shares, TRI_PARTS_MAX);
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += lost < 0 || shares[i].lost == lost ? shares[i].pictures : 0;
    return sum;
}
