/* test_several_failures.c -- failing parts of several backends: the others do their work, or the
 * error is reported. */
#include "backend/several.h"
#include "several_rig.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <string.h>

/* A part in which a step fails from its call number `at` on. */
static struct fault {
    atomic_int at;
    enum tri_status status;
    bool whole; /* it cannot run rows of a plan: strips are separate images */
    enum tri_status (*run)(struct tri_job *, struct tri_inflight *, struct tri_error *);
    enum tri_status (*run_rows)(struct tri_job *, struct tri_inflight *, int, int,
                                struct tri_error *);
} faults[2];

static enum tri_status fail_part(int part, struct tri_error *error)
{
    if (atomic_fetch_sub(&faults[part].at, 1) > 1)
        return TRI_OK;
    return tri_fail(error, faults[part].status,
                    "clEnqueueNDRangeKernel: part %d is gone\nand a log", part);
}

#define RUN(part) \
    static enum tri_status run_##part(struct tri_job *job, struct tri_inflight *inflight, \
                                      struct tri_error *error) \
    { \
        return fail_part(part, error) != TRI_OK ? error->status \
                                                : faults[part].run(job, inflight, error); \
    } \
    static enum tri_status rows_##part(struct tri_job *job, struct tri_inflight *inflight, \
                                       int from, int to, struct tri_error *error) \
    { \
        return fail_part(part, error) != TRI_OK \
                   ? error->status \
                   : faults[part].run_rows(job, inflight, from, to, error); \
    }
RUN(0)
RUN(1)

/* Parts fail at their call of that number; 0: never. */
static struct tri_backend *open_failing(int rows, int first, int second, enum tri_status status,
                                        bool whole)
{
    struct tri_backend *backend = several_open("threads:1+threads:2+sequential", rows);
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
    struct tri_image *frames[SEVERAL_FRAMES];
    several_make_frames(&shape, frames);
    several_check(text, &place, frames, SEVERAL_FRAMES);
    several_free_frames(frames);
}

/* The others do its rows, and later its images, and this is reported once. */
static void test_failing_part(void)
{
    rig_begin();
    for (int how = 0; how < 4; how++)
        for (int at = 1; at <= 9; at++) {
            struct tri_backend *backend =
                open_failing(how < 2 ? 5 : 0, at, 0, TRI_NO_DEVICE, how % 2 == 1);
            check_failing(backend, at % 2 ? "sobel" : "gaussian:sigma=3,rotate", how < 2 ? 41 : 600,
                          how < 2 ? 53 : 400);
            const bool failed = atomic_load(&faults[0].at) <= 0;
            CU_ASSERT_EQUAL(several_notes.count, failed);
            CU_ASSERT_TRUE(!failed || (strstr(several_notes.text, "threads:1 (") != NULL &&
                                       strstr(several_notes.text, "part 0 is gone; ") != NULL &&
                                       strstr(several_notes.text,
                                              "redone by threads:2 and sequential\n") != NULL));
            CU_ASSERT_TRUE(!failed || several_pictures(backend, true) < SEVERAL_FRAMES);
            tri_backend_close(backend);
        }
    /* Two of three fail. */
    for (int at = 1; at <= 5; at++) {
        struct tri_backend *backend = open_failing(3, at, 6 - at, TRI_NO_DEVICE, false);
        check_failing(backend, "median", 41, 53);
        CU_ASSERT_EQUAL(several_notes.count, 2);
        tri_backend_close(backend);
    }
    struct tri_backend *backend = open_failing(0, 7, 12, TRI_NO_DEVICE, false);
    several_crowd(backend, "rotate:angle=180");
    several_crowd(backend, "sobel");
    /* The distribution depends on speed. */
    CU_ASSERT_EQUAL(several_notes.count,
                    (atomic_load(&faults[0].at) <= 0) + (atomic_load(&faults[1].at) <= 0));
    CU_ASSERT_TRUE(several_notes.count > 0);
    tri_backend_close(backend);
}

/* A failure such as lack of memory affects only that work. */
static void test_unable_part(void)
{
    struct tri_share shares[3];
    struct tri_backend *backend = open_failing(3, 2, 0, TRI_FAILED, false);
    rig_begin();
    check_failing(backend, "sobel", 41, 53);
    CU_ASSERT_EQUAL(several_notes.count, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(several_notes.text, "left out of sobel: "));
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
    CU_ASSERT_EQUAL(several_notes.count, 1);
    tri_backend_close(backend);
}

static enum tri_status run_frames(struct tri_backend *backend, const char *text, int count,
                                  struct tri_error *error)
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

/* The first error is reported, also for a stream whose frame memory is lost. */
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
            CU_ASSERT_EQUAL(several_notes.count, 2);
            CU_ASSERT_PTR_NOT_NULL(strstr(several_notes.text, "; no backend is left\n"));
            tri_backend_close(backend);
        }
}

static void test_over_time(void)
{
    struct tri_error error;
    /* In the first frame another part can start over. */
    struct tri_backend *backend = open_failing(4, 1, 1, TRI_NO_DEVICE, false);
    rig_begin();
    check_failing(backend, "difference,sobel", 41, 53);
    CU_ASSERT_EQUAL(several_notes.count, 2);
    tri_backend_close(backend);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        several_notes.text,
        "difference,sobel is not shared, because frames depend on earlier frames; sequential"));
    backend = open_failing(4, 3, 3, TRI_NO_DEVICE, false);
    CU_ASSERT_EQUAL(run_frames(backend, "temporal_median", 9, &error), TRI_NO_DEVICE);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error.text,
               "threads:1: clEnqueueNDRangeKernel: part 0 is gone; its state from earlier frames"));
    CU_ASSERT_PTR_NULL(strchr(error.text, '\n'));
    tri_backend_close(backend);
}

int test_several_failures_suite(void)
{
    CU_pSuite suite = CU_add_suite("several_failures", rig_open, rig_close);
    return !(suite && CU_add_test(suite, "a part that fails", test_failing_part) &&
             CU_add_test(suite, "a part that cannot", test_unable_part) &&
             CU_add_test(suite, "all parts fail", test_all_fail) &&
             CU_add_test(suite, "over time", test_over_time));
}
