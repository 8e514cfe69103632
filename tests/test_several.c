/* test_several.c -- work that is dealt to several backends has the bytes of one, also where some of them fail. */
#include "backend/several.h"
#include "rig.h"
#include "sets.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 12 };
static struct place places[PLACES];
static int place_count;

/* What is told, for the tests that ask for it. */
static struct {
    char text[4000];
    int count;
} notes;

static void note(void *listener, const char *text)
{
    (void)listener;
    strncat(notes.text, text, sizeof notes.text - strlen(notes.text) - 2);
    strcat(notes.text, "\n");
    notes.count++;
}

/* With bands of so many rows by turns; 0: by speed. NULL: it cannot be opened. */
static struct tri_backend *open_several(const char *on, int rows)
{
    const struct tri_backend_options options = {.note = note};
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
    memset(&notes, 0, sizeof notes);
    return backend;
}

static void add_place(const char *on, int rows, const char *what)
{
    struct place *place = &places[place_count];
    place->backend = open_several(on, rows);
    place->opencl = strstr(on, "opencl") != NULL;
    snprintf(place->label, sizeof place->label, "%s%s, %d rows", on, what, rows);
    place_count += place->backend != NULL;
}

static int begin(void)
{
    if (rig_open() != 0)
        return 1;
    add_place("threads:1+threads:2+sequential", 1, "");
    add_place("sequential+threads:2", 4, "");
    if (rig_find_place("opencl:0.0 lanes") != NULL) {
        add_place("threads:2+opencl:0.0", 3, "");
        add_place("opencl:0.0/1+threads:1", 2, "");
        add_place("opencl:0.0/1+opencl:0.0", 5, "");
        setenv("TRIPTYCH_OPENCL_MEMORY", "copy", 1);
        add_place("opencl:0.0/1+threads:1", 7, " with memory of its own");
        setenv("TRIPTYCH_OPENCL_DIALECT", "plain", 1);
        add_place("sequential+opencl:0.0", 3, " in the other dialect");
        unsetenv("TRIPTYCH_OPENCL_DIALECT");
        unsetenv("TRIPTYCH_OPENCL_MEMORY");
    }
    if (rig_find_place("opencl:1.0") != NULL)
        add_place("opencl:0.0+opencl:1.0", 3, "");
    return place_count < 2;
}

static int end(void)
{
    while (place_count > 0)
        tri_backend_close(places[--place_count].backend);
    return rig_close();
}

/* ---- bytes ---- */

/* Frames one after the other, and those that drive out what is late, against sequential scalar. */
static void check(const char *text, const struct place *place, struct tri_image *const *frames, int count)
{
    struct trial truth, trial;
    if (!trial_open(&truth, &rig.places[0], text, &frames[0]->shape))
        return;
    if (trial_open(&trial, place, text, &frames[0]->shape)) {
        const int delay = tri_job_delay(trial.job);
        for (int run = 0; run < count + delay; run++) {
            struct tri_image *in = frames[run < count ? run : count - 1];
            if (run == count) {
                tri_job_end(truth.job);
                tri_job_end(trial.job);
            }
            if (!trial_run(&truth, in, &rig.places[0], "frames") || !trial_run(&trial, in, place, "frames"))
                break;
            if (run >= delay)
                rig_compare(truth.out, trial.out);
        }
        trial_close(&trial);
    }
    trial_close(&truth);
}

enum { FRAMES = 3 };

static void make_frames(const struct tri_shape *shape, struct tri_image *frames[FRAMES])
{
    for (int i = 0; i < FRAMES; i++)
        frames[i] = rig_frame(shape, i + shape->height);
}

static void free_frames(struct tri_image *frames[FRAMES])
{
    for (int i = 0; i < FRAMES; i++)
        tri_image_free(frames[i]);
}

/* Devices make programs for each kernel, which takes long, so work number `n` is tested on one of those places. */
static bool has_turn(int place, int n)
{
    int first = 0;
    while (first < place_count && !places[first].opencl)
        first++;
    return !places[place].opencl || rig.full || n % (place_count - first) == place - first;
}

/* All heights from one row on, at which bands, and what is around them, meet both edges in every way. */
static void test_low_pictures(void)
{
    rig_begin();
    for (int height = 1; height <= 20; height++)
        for (int k = 0; k < tri_kernel_count(); k++) {
            const int planes = (height + k) % 4 + 1;
            const struct tri_shape shape = {7 + 2 * (height % 5), height, planes, (height + k) % 3 == 0 ? 16 : 8};
            struct tri_image *frames[FRAMES];
            make_frames(&shape, frames);
            for (int p = 0; p < place_count; p++)
                if (has_turn(p, k) && (!places[p].opencl || rig.full || (height + k) % 4 == 0))
                    check(tri_kernel_name(tri_kernel_at(k)), &places[p], frames, FRAMES);
            free_frames(frames);
        }
}

/* Every set of values, on pictures of an odd size. */
static void test_kernels(void)
{
    rig_begin();
    for (int k = 0; k < tri_kernel_count(); k++) {
        struct set sets[SETS_MAX];
        const int count = set_list(tri_kernel_at(k), sets);
        for (int i = 0; i < count; i++) {
            const struct tri_shape shape = {33, 61, i % 4 + 1, i % 3 == 0 ? 16 : 8};
            struct tri_image *frames[FRAMES];
            if (sets[i].refused || set_too_large(sets[i].text, &shape))
                continue;
            make_frames(&shape, frames);
            for (int p = 0; p < place_count; p++)
                if (has_turn(p, k + 2) && (!places[p].opencl || rig.full || i == 0))
                    check(sets[i].text, &places[p], frames, FRAMES);
            free_frames(frames);
        }
    }
}

static void draw_chain(char *text, size_t size, const struct tri_shape *in, uint64_t *state)
{
    struct tri_shape out;
    text[0] = '\0';
    for (int steps = 0, tries = 0; steps < 4 && tries < 100; tries++) {
        const size_t length = strlen(text);
        struct set set;
        set_draw(tri_kernel_at((int)(rig_draw(state) % (uint64_t)tri_kernel_count())), RANDOM_SMALL, state, &set);
        if (set.refused || (strstr("rotate resize equalize autolevels flip motion", strtok(strdupa(set.text), ":")) && tries % 3))
            continue; /* mostly what can be cut */
        snprintf(text + length, size - length, "%s%s", length > 0 ? "," : "", set.text);
        if (set_shape(text, in, &out) != TRI_OK || out.width * out.height > 40000)
            text[length] = '\0';
        else
            steps++;
    }
}

static void test_chains(void)
{
    uint64_t state = rig_seed_for("several");
    char text[2000];
    rig_begin();
    for (int i = 0; i < (rig.full ? 200 : rig.quick ? 8 : 40); i++) {
        const struct tri_shape shape = {(int)(rig_draw(&state) % 90) + 1, (int)(rig_draw(&state) % 90) + 1, i % 4 + 1, i % 5 == 0 ? 16 : 8};
        struct tri_image *frames[FRAMES];
        draw_chain(text, sizeof text, &shape, &state);
        make_frames(&shape, frames);
        for (int p = 0; p < place_count; p++)
            if (has_turn(p, i) && (!places[p].opencl || rig.full || i < 8))
                check(text, &places[p], frames, FRAMES);
        free_frames(frames);
    }
}

/* By their speed: large pictures, the first of which measures it. */
static void test_by_speed(void)
{
    static const char *const how[] = {"threads:2+opencl:0.0", "opencl:0.0/1+threads:1", "threads:1+threads:2", "all"};
    static const char *const texts[] = {"gaussian:sigma=2", "box:radius=30,sobel", "rotate", "equalize", "invert"};
    rig_begin();
    for (size_t h = 0; h < sizeof how / sizeof how[0]; h++) {
        struct place place = {.opencl = true};
        if (strstr(how[h], "opencl") != NULL && rig_find_place("opencl:0.0") == NULL)
            continue;
        place.backend = open_several(how[h], 0);
        CU_ASSERT_PTR_NOT_NULL_FATAL(place.backend);
        snprintf(place.label, sizeof place.label, "%s", how[h]);
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
            for (int size = 0; size < 2; size++) {
                const struct tri_shape shape = {size ? 1201 : 333, size ? 517 : 217, 3, 8};
                struct tri_image *frames[FRAMES];
                make_frames(&shape, frames);
                check(texts[t], &place, frames, FRAMES);
                free_frames(frames);
            }
        tri_backend_close(place.backend);
    }
}

static void test_two_platforms(void)
{
    for (int p = 0; p < place_count; p++)
        if (strstr(places[p].label, "opencl:0.0+opencl:1.0") != NULL)
            return; /* the tests above have it */
    test_skip("there is no second OpenCL platform");
}

/* ---- several pictures at a time ---- */

enum { THREADS = 5, PICTURES = 40 };

struct crowd {
    struct tri_backend *backend;
    struct tri_pipeline *pipeline;
    struct tri_image *in[FRAMES], *truth[FRAMES];
    atomic_int next, wrong, failed;
};

static void *run_some(void *argument)
{
    struct crowd *crowd = argument;
    const struct tri_shape *shape = &crowd->in[0]->shape;
    struct tri_image *out = rig_image(shape), *in = rig_image(shape);
    struct tri_flight *flight = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    bool good = tri_job_new(crowd->backend, crowd->pipeline, shape, &job, &error) == TRI_OK &&
                tri_flight_new(crowd->backend, &flight, &error) == TRI_OK;
    for (int i; good && (i = atomic_fetch_add(&crowd->next, 1)) < PICTURES;) {
        memcpy(in->memory, crowd->in[i % FRAMES]->memory, in->memory_size);
        in->padded = false;
        good = tri_flight_upload(flight, in, &error) == TRI_OK && tri_flight_compute(flight, job, out, &error) == TRI_OK;
        memset(in->memory, 0x77, in->memory_size); /* it is of no more use */
        good = good && tri_flight_download(flight, &error) == TRI_OK;
        if (good && tri_image_compare(crowd->truth[i % FRAMES], out).count > 0)
            atomic_fetch_add(&crowd->wrong, 1);
    }
    if (!good) {
        printf("\n  %s\n", error.text);
        atomic_fetch_add(&crowd->failed, 1);
    }
    tri_flight_free(flight);
    tri_job_free(job);
    tri_image_free(in);
    tri_image_free(out);
    return NULL;
}

static void run_crowd(struct tri_backend *backend, const char *text)
{
    struct crowd crowd = {.backend = backend};
    const struct tri_shape shape = {201, 150, 3, 8};
    struct tri_error error;
    struct trial truth;
    pthread_t threads[THREADS];
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &crowd.pipeline, &error), TRI_OK);
    for (int i = 0; i < FRAMES; i++)
        crowd.in[i] = rig_frame(&shape, i);
    CU_ASSERT_TRUE_FATAL(trial_open(&truth, &rig.places[0], text, &shape));
    for (int i = 0; i < FRAMES; i++) {
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
    for (int i = 0; i < FRAMES; i++) {
        tri_image_free(crowd.in[i]);
        tri_image_free(crowd.truth[i]);
    }
    tri_pipeline_free(crowd.pipeline);
}

static double pictures_of(const struct tri_backend *backend, int lost)
{
    struct tri_share shares[TRI_PARTS_MAX];
    const int count = tri_backend_shares(backend, shares, TRI_PARTS_MAX);
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += lost < 0 || shares[i].lost == lost ? shares[i].pictures : 0;
    return sum;
}

/* Threads with a picture each, as of a batch or a stream: all are dealt, and all are in the books. */
static void test_crowd(void)
{
    static const char *const texts[] = {"sobel", "equalize", "rotate:angle=180"};
    rig_begin();
    for (int p = 0; p < place_count; p++)
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
            const double before = pictures_of(places[p].backend, -1);
            run_crowd(places[p].backend, texts[t]);
            const double done = pictures_of(places[p].backend, -1) - before;
            CU_ASSERT_TRUE(done > PICTURES - 0.01 && done < PICTURES + 0.01);
        }
    struct tri_backend *backend = open_several("threads:1+sequential", 0);
    run_crowd(backend, "rotate:angle=180");
    struct tri_share shares[2];
    CU_ASSERT_EQUAL(tri_backend_shares(backend, shares, 2), 2);
    CU_ASSERT_TRUE(shares[0].pictures > 0 && shares[1].pictures > 0);
    int fastest;
    CU_ASSERT_TRUE(tri_backend_gain(backend, &fastest) > 0);
    CU_ASSERT_TRUE(fastest == 0 || fastest == 1);
    tri_backend_close(backend);
    CU_ASSERT_EQUAL(tri_backend_shares(rig.places[0].backend, shares, 2), 0);
    tri_backend_gain(rig.places[0].backend, &fastest);
    CU_ASSERT_EQUAL(fastest, -1);
}

/* ---- parts that fail ---- */

/* A part of which a step fails from its call number `at` on. */
static struct fault {
    atomic_int at;
    enum tri_status status;
    bool whole; /* it runs no rows of a plan: bands are pictures of their own */
    enum tri_status (*run)(struct tri_job *, struct tri_flight *, struct tri_error *);
    enum tri_status (*run_rows)(struct tri_job *, struct tri_flight *, int, int, struct tri_error *);
} faults[2];

static enum tri_status fail_part(int part, struct tri_error *error)
{
    if (atomic_fetch_sub(&faults[part].at, 1) > 1)
        return TRI_OK;
    return tri_fail(error, faults[part].status, "clEnqueueNDRangeKernel: part %d is gone\nand a log", part);
}

#define RUN(part)                                                                                                       \
    static enum tri_status run_##part(struct tri_job *job, struct tri_flight *flight, struct tri_error *error)          \
    {                                                                                                                   \
        return fail_part(part, error) != TRI_OK ? error->status : faults[part].run(job, flight, error);                 \
    }                                                                                                                   \
    static enum tri_status rows_##part(struct tri_job *job, struct tri_flight *flight, int from, int to,                \
                                       struct tri_error *error)                                                         \
    {                                                                                                                   \
        return fail_part(part, error) != TRI_OK ? error->status : faults[part].run_rows(job, flight, from, to, error);  \
    }
RUN(0)
RUN(1)

/* Parts fail at their call of that number; 0: never. */
static struct tri_backend *open_failing(int rows, int first, int second, enum tri_status status, bool whole)
{
    struct tri_backend *backend = open_several("threads:1+threads:2+sequential", rows);
    struct several *several = (struct several *)backend;
    for (int i = 0; i < 2; i++) {
        struct tri_backend *part = several->parts[i].backend;
        const int at = i == 0 ? first : second;
        faults[i].run = part->run;
        faults[i].run_rows = part->run_rows;
        faults[i].status = status;
        atomic_store(&faults[i].at, at > 0 ? at : 1 << 30);
        part->run = i == 0 ? run_0 : run_1;
        part->run_rows = whole ? NULL : i == 0 ? rows_0 : rows_1;
        several->parts[i].serial = whole;
    }
    return backend;
}

static void check_failing(struct tri_backend *backend, const char *text, int width, int height)
{
    const struct tri_shape shape = {width, height, 2, 8};
    struct place place = {.backend = backend, .label = "parts that fail"};
    struct tri_image *frames[FRAMES];
    make_frames(&shape, frames);
    check(text, &place, frames, FRAMES);
    free_frames(frames);
}

/* Its rows, and later its pictures, are done by the others, and that is told once. */
static void test_failing_part(void)
{
    rig_begin();
    for (int how = 0; how < 4; how++)
        for (int at = 1; at <= 9; at++) {
            struct tri_backend *backend = open_failing(how < 2 ? 5 : 0, at, 0, TRI_NO_DEVICE, how % 2 == 1);
            check_failing(backend, at % 2 ? "sobel" : "gaussian:sigma=3,rotate", how < 2 ? 41 : 600, how < 2 ? 53 : 400);
            const bool failed = atomic_load(&faults[0].at) <= 0;
            CU_ASSERT_EQUAL(notes.count, failed);
            CU_ASSERT_TRUE(!failed || (strstr(notes.text, "threads:1 (") != NULL && strstr(notes.text, "part 0 is gone; ") != NULL &&
                                       strstr(notes.text, "done again by threads:2 and sequential\n") != NULL));
            CU_ASSERT_TRUE(!failed || pictures_of(backend, true) < FRAMES);
            tri_backend_close(backend);
        }
    /* Two of three. */
    for (int at = 1; at <= 5; at++) {
        struct tri_backend *backend = open_failing(3, at, 6 - at, TRI_NO_DEVICE, false);
        check_failing(backend, "median", 41, 53);
        CU_ASSERT_EQUAL(notes.count, 2);
        tri_backend_close(backend);
    }
    struct tri_backend *backend = open_failing(0, 7, 12, TRI_NO_DEVICE, false);
    run_crowd(backend, "rotate:angle=180");
    run_crowd(backend, "sobel");
    /* Who gets how much is by speed. */
    CU_ASSERT_EQUAL(notes.count, (atomic_load(&faults[0].at) <= 0) + (atomic_load(&faults[1].at) <= 0));
    CU_ASSERT_TRUE(notes.count > 0);
    tri_backend_close(backend);
}

/* What fails for want of memory and the like fails with that work only. */
static void test_unable_part(void)
{
    struct tri_share shares[3];
    struct tri_backend *backend = open_failing(3, 2, 0, TRI_FAILED, false);
    rig_begin();
    check_failing(backend, "sobel", 41, 53);
    CU_ASSERT_EQUAL(notes.count, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(notes.text, "left out of sobel: "));
    atomic_store(&faults[0].at, 1 << 30);
    tri_backend_shares(backend, shares, 3);
    const double before = shares[0].pictures;
    check_failing(backend, "sobel", 41, 53);
    tri_backend_shares(backend, shares, 3);
    CU_ASSERT_EQUAL(shares[0].pictures, before);
    check_failing(backend, "median", 41, 53);
    tri_backend_shares(backend, shares, 3);
    CU_ASSERT_TRUE(shares[0].pictures > before);
    CU_ASSERT_FALSE(shares[0].lost);
    CU_ASSERT_EQUAL(notes.count, 1);
    tri_backend_close(backend);
}

static enum tri_status run_frames(struct tri_backend *backend, const char *text, int count, struct tri_error *error)
{
    const struct tri_shape shape = {41, 53, 1, 8};
    struct tri_image *in = rig_frame(&shape, 1), *out = rig_image(&shape);
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    enum tri_status status = tri_pipeline_parse(text, &pipeline, error);
    if (status == TRI_OK)
        status = tri_job_new(backend, pipeline, &shape, &job, error);
    for (int i = 0; i < count && status == TRI_OK; i++)
        status = tri_job_run(job, in, out, NULL, error);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(in);
    tri_image_free(out);
    return status;
}

/* The first error is told; so it is of a stream that has lost what was remembered. */
static void test_all_fail(void)
{
    struct tri_error error;
    static const char *const texts[] = {"sobel", "rotate:angle=180", "difference"};
    for (size_t t = 0; t < 3; t++)
        for (int whole = 0; whole < 2; whole++) {
            struct tri_backend *backend = open_failing(4, 1, 1, TRI_NO_DEVICE, whole);
            ((struct several *)backend)->parts[2].lost = true;
            CU_ASSERT_EQUAL(run_frames(backend, texts[t], 2, &error), TRI_NO_DEVICE);
            CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "is gone"));
            CU_ASSERT_EQUAL(run_frames(backend, texts[t], 2, &error), TRI_NO_DEVICE);
            CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "is gone"));
            CU_ASSERT_EQUAL(notes.count, 2);
            CU_ASSERT_PTR_NOT_NULL(strstr(notes.text, "; nothing is left\n"));
            tri_backend_close(backend);
        }
}

static void test_over_time(void)
{
    struct tri_error error;
    /* In the first frame another can begin. */
    struct tri_backend *backend = open_failing(4, 1, 1, TRI_NO_DEVICE, false);
    rig_begin();
    check_failing(backend, "difference,sobel", 41, 53);
    CU_ASSERT_EQUAL(notes.count, 2);
    tri_backend_close(backend);
    CU_ASSERT_PTR_NOT_NULL(strstr(notes.text, "difference,sobel is not shared, for frames depend on frames before them; sequential"));
    backend = open_failing(4, 3, 3, TRI_NO_DEVICE, false);
    CU_ASSERT_EQUAL(run_frames(backend, "temporal_median", 9, &error), TRI_NO_DEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "threads:1: clEnqueueNDRangeKernel: part 0 is gone; what it remembered"));
    CU_ASSERT_PTR_NULL(strchr(error.text, '\n'));
    tri_backend_close(backend);
}

/* ---- names ---- */

static void expect_open(const char *on, enum tri_status status, const char *part)
{
    struct tri_backend *backend = NULL;
    struct tri_error error = {.text = ""};
    CU_ASSERT_EQUAL(tri_backend_open(on, NULL, &backend, &error), status);
    if (strstr(error.text, part) == NULL) {
        printf("\n  %s: %s\n", on, error.text);
        CU_FAIL("another error");
    }
    tri_backend_close(backend);
}

static void test_names(void)
{
    expect_open("threads:2+threads:2", TRI_USAGE, "threads:2 is named twice");
    expect_open("sequential+threads:1+sequential", TRI_USAGE, "sequential is named twice");
    expect_open("threads:2+", TRI_USAGE, "a name is missing");
    expect_open("+threads:2", TRI_USAGE, "a name is missing");
    expect_open("+", TRI_USAGE, "a name is missing");
    expect_open("threads:1++threads:2", TRI_USAGE, "a name is missing");
    expect_open("all+threads", TRI_USAGE, "'all' is a choice by itself");
    expect_open("threads+auto", TRI_USAGE, "'auto' is a choice by itself");
    expect_open("threads+cuda", TRI_USAGE, "unknown backend 'cuda'");
    expect_open("threads+threads:0", TRI_USAGE, "the number of threads");
    expect_open("threads+opencl:no such device", TRI_NO_DEVICE, "");
    expect_open("threads:1+threads:2+threads:3+threads:4+threads:5+threads:6+threads:7+threads:8+threads:9+threads:10+"
                "threads:11+threads:12+threads:13+threads:14+threads:15+threads:16+threads:17",
                TRI_USAGE, "16 backends at most");
    struct tri_backend *backend = open_several("threads:3+sequential", 0);
    const struct tri_backend_info *info = tri_backend_info(backend);
    CU_ASSERT_STRING_EQUAL(info->name, "threads:3+sequential");
    CU_ASSERT_EQUAL(info->workers, 4);
    CU_ASSERT_EQUAL(info->parts, 2);
    CU_ASSERT_FALSE(info->opencl);
    CU_ASSERT_STRING_EQUAL(info->isa, tri_isa_name(tri_isa_count() - 1));
    tri_backend_close(backend);
    CU_ASSERT_TRUE(tri_names_several("all"));
    CU_ASSERT_TRUE(tri_names_several("a+b"));
    CU_ASSERT_FALSE(tri_names_several("threads"));
}

int test_several_suite(void)
{
    CU_pSuite suite = CU_add_suite("several", begin, end);
    return !(suite && CU_add_test(suite, "names", test_names) && CU_add_test(suite, "low pictures", test_low_pictures) &&
             CU_add_test(suite, "all kernels", test_kernels) && CU_add_test(suite, "random chains", test_chains) &&
             CU_add_test(suite, "by speed", test_by_speed) && CU_add_test(suite, "two platforms", test_two_platforms) &&
             CU_add_test(suite, "pictures at a time", test_crowd) &&
             CU_add_test(suite, "a part that fails", test_failing_part) &&
             CU_add_test(suite, "a part that cannot", test_unable_part) &&
             CU_add_test(suite, "all parts fail", test_all_fail) && CU_add_test(suite, "over time", test_over_time));
}
