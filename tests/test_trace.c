/* test_trace.c -- the recorder: what threads report arrives, in order, in bounded memory. */
#include "tests.h"

#include "parallel/cpu.h"
#include "trace/trace.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <string.h>

/* FEW rounds fit into a thread's ring, MANY do not. */
enum { THREADS = 4, FEW = 900, MANY = 40000 };

static int rounds;

static void *report(void *argument)
{
    const int number = *(int *)argument;
    tri_trace_name_thread("tester", number);
    for (int i = 0; i < rounds; i++) {
        tri_trace_set_item(TRI_TRACE_ITEM(number, i));
        const tri_trace_mark outer = tri_trace_begin(TRI_TRACE_STAGE, "outer");
        const tri_trace_mark inner = tri_trace_begin_rows(TRI_TRACE_STRIP, "inner", i, 8);
        tri_trace_end_bytes(inner, 100);
        tri_trace_end(outer);
    }
    return NULL;
}

static void run_threads(int rounds_each)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    rounds = rounds_each;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i + 1;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, report, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static struct tri_trace_log *start_log(int most)
{
    struct tri_trace_log *log = tri_trace_log_new(most);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    const struct tri_trace_reader reader = tri_trace_log_reader(log);
    CU_ASSERT_EQUAL_FATAL(tri_trace_start(&reader, 1, NULL), TRI_OK);
    return log;
}

static void stop_log(struct tri_trace_log *log)
{
    struct tri_trace_summary summary;
    tri_trace_stop(&summary);
    CU_ASSERT_EQUAL_FATAL(tri_trace_log_finish(log, &summary, NULL), TRI_OK);
}

/* Spans of a track nest: in order of their begin, each lies within its parent. */
static void check_nesting(const struct tri_trace_log *log)
{
    int64_t ends[64];
    for (int track = 1; track < log->track_count; track++) {
        int depth = 0;
        for (int i = 0; i < log->span_count; i++) {
            const struct tri_trace_span *span = &log->spans[i];
            if (span->track != track || span->category == TRI_TRACE_COMMAND)
                continue;
            while (depth > 0 && ends[depth - 1] <= span->begin)
                depth--;
            if ((depth != span->depth || span->end <= span->begin ||
                 (depth > 0 && span->end > ends[depth - 1])) &&
                test_fail_once())
                printf("\n    span %d '%s' at depth %d of track %d does not nest\n", i, span->name,
                       span->depth, track);
            ends[depth++] = span->end;
        }
    }
}

static void test_threads(void)
{
    struct tri_trace_log *log = start_log(1 << 20);
    int outer = 0, inner = 0, named = 0;
    run_threads(FEW);
    stop_log(log);
    for (int i = 0; i < log->span_count; i++) {
        outer += strcmp(log->spans[i].name, "outer") == 0;
        inner += strcmp(log->spans[i].name, "inner") == 0 && log->spans[i].depth == 1 &&
                 log->spans[i].rows == 8 && log->spans[i].bytes == 100;
    }
    for (int i = 1; i < log->track_count; i++)
        named += strncmp(log->tracks[i].name, "tester ", 7) == 0 && log->tracks[i].thread > 0;
    CU_ASSERT_EQUAL(named, THREADS);
    CU_ASSERT_EQUAL(outer, THREADS * FEW);
    CU_ASSERT_EQUAL(inner, THREADS * FEW);
    CU_ASSERT_EQUAL(log->summary.dropped, 0);
    CU_ASSERT_EQUAL(log->flow_count, outer);
    check_nesting(log);
    tri_trace_log_free(log);
}

/* A reader that is slower than the threads: what does not fit is counted, and spans are whole. */
static void sleep_now(void *context, const struct tri_trace_event *event)
{
    (void)event;
    for (const int64_t until = tri_now_ns() + *(const int64_t *)context; tri_now_ns() < until;)
        ;
}

static void test_dropped(void)
{
    struct tri_trace_log *log = tri_trace_log_new(1 << 20);
    struct tri_trace_summary summary;
    int64_t pause = 1000;
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    const struct tri_trace_reader readers[] = {tri_trace_log_reader(log), {sleep_now, &pause}};
    CU_ASSERT_EQUAL_FATAL(tri_trace_start(readers, 2, NULL), TRI_OK);
    run_threads(MANY);
    tri_trace_stop(&summary);
    CU_ASSERT_EQUAL(tri_trace_log_finish(log, &summary, NULL), TRI_OK);
    CU_ASSERT_TRUE(summary.dropped > 0);
    CU_ASSERT_EQUAL(log->span_count + summary.dropped, 2 * THREADS * MANY);
    check_nesting(log);
    tri_trace_log_free(log);
}

/* Open spans end with the recording; a span of an ended recording does not end one of the next. */
static void test_open_spans(void)
{
    struct tri_trace_log *log = start_log(100);
    const tri_trace_mark old = tri_trace_begin(TRI_TRACE_OTHER, "old");
    stop_log(log);
    CU_ASSERT_EQUAL(log->span_count, 1);
    CU_ASSERT_TRUE(log->span_count > 0 && log->spans[0].cut);
    tri_trace_log_free(log);
    CU_ASSERT_EQUAL(tri_trace_begin(TRI_TRACE_OTHER, "none"), 0);
    log = start_log(100);
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_OTHER, "new");
    tri_trace_end(old);
    tri_trace_instant("between", NULL);
    tri_trace_end(mark);
    stop_log(log);
    CU_ASSERT_EQUAL(log->span_count, 1);
    CU_ASSERT_TRUE(log->span_count > 0 && !log->spans[0].cut);
    CU_ASSERT_TRUE(log->other_count > 0 && log->others[0].time < log->spans[0].end);
    tri_trace_log_free(log);
}

static void test_start_twice(void)
{
    struct tri_trace_log *log = start_log(100);
    struct tri_error error;
    CU_ASSERT_EQUAL(tri_trace_start(NULL, 0, &error), TRI_USAGE);
    stop_log(log);
    tri_trace_log_free(log);
}

static void test_texts(void)
{
    char text[] = "a text";
    const char *copy = tri_trace_text(text);
    CU_ASSERT_PTR_NOT_EQUAL(copy, text);
    CU_ASSERT_PTR_EQUAL(copy, tri_trace_text("a text"));
    CU_ASSERT_STRING_EQUAL(copy, "a text");
}

int test_trace_suite(void)
{
    CU_pSuite suite = CU_add_suite("trace", NULL, NULL);
    CU_add_test(suite, "spans of several threads arrive and nest", test_threads);
    CU_add_test(suite, "what a slow reader does not take is counted", test_dropped);
    CU_add_test(suite, "spans end with their recording", test_open_spans);
    CU_add_test(suite, "one recording at a time", test_start_twice);
    CU_add_test(suite, "equal texts are one", test_texts);
    return 0;
}
