/* memory.c -- what memory does to parallelism: copies stop scaling, and counters in one cache line
 * slow each other down. */
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/team.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { EACH = 200000, LINE = 64, MEMBERS_MAX = 64 };
#define COPIED ((size_t)32 << 20) /* bytes: more than most caches */

struct counters {
    struct tri_lab_team *team;
    size_t distance; /* of two members' counters, bytes */
    unsigned char *bytes;
};

struct memory {
    struct tri_copier *copiers[2];
    struct tri_lab_picture *filters[2];
    struct counters near, apart;
};

static void copy(void *argument)
{
    tri_copier_run(argument);
}

static void count(void *argument, int member)
{
    const struct counters *counters = argument;
    atomic_int *own = (atomic_int *)(void *)(counters->bytes + counters->distance * (size_t)member);

    for (int i = 0; i < EACH; i++)
        atomic_store_explicit(own, atomic_load_explicit(own, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

static void run_counters(void *argument)
{
    struct counters *counters = argument;

    tri_lab_team_run(counters->team, "increments", count, counters);
}

static enum tri_status add_counters(struct tri_lab_run *run, struct counters *counters,
                                    size_t distance, const char *name, struct tri_error *error)
{
    const int members = run->settings.workers < MEMBERS_MAX ? run->settings.workers : MEMBERS_MAX;

    counters->distance = distance;
    counters->bytes = aligned_alloc(LINE, (size_t)MEMBERS_MAX * 2 * LINE);
    if (counters->bytes == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    for (int i = 0; i < MEMBERS_MAX * 2 * LINE; i++)
        counters->bytes[i] = 0;
    tri_lab_add(run, run_counters, counters, members, "%s", name)->base = 4;
    return tri_lab_team_new(members, &counters->team, error);
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 720, 1, 8};
    const int workers[2] = {1, run->settings.workers};
    struct memory *memory = run->context = calloc(1, sizeof *memory);
    enum tri_status status = TRI_OK;
    char on[32];

    if (memory == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    for (int i = 0; i < 2 && status == TRI_OK; i++) {
        status = tri_copier_new(workers[i], COPIED, &memory->copiers[i], error);
        tri_lab_add(run, copy, memory->copiers[i], workers[i], "copy, %s",
                    i ? "all cores" : "1 core");
    }
    for (int i = 0; i < 2 && status == TRI_OK; i++) {
        snprintf(on, sizeof on, "threads:%d", workers[i]);
        status =
            tri_lab_picture_new(on, NULL, "median:radius=2", &shape, &memory->filters[i], error);
        tri_lab_add(run, tri_lab_picture_run, memory->filters[i], workers[i], "median, %s",
                    i ? "all cores" : "1 core")
            ->base = 2;
    }
    if (status == TRI_OK)
        status = add_counters(run, &memory->near, sizeof(atomic_int), "counters, one line", error);
    if (status == TRI_OK)
        status = add_counters(run, &memory->apart, 2 * (size_t)LINE, "counters, apart", error);
    return status;
}

static void conclude_scaling(struct tri_lab_run *run)
{
    const struct tri_interval copy =
        tri_lab_faster(tri_lab_row(run, "copy, all cores"), tri_lab_row(run, "copy, 1 core"));
    const struct tri_interval filter =
        tri_lab_faster(tri_lab_row(run, "median, all cores"), tri_lab_row(run, "median, 1 core"));
    const struct tri_interval gap = {filter.ratio / copy.ratio, filter.low / copy.high,
                                     filter.high / copy.low};

    tri_lab_answer(run, tri_lab_above(run, &gap, 1) == TRI_LAB_SHOWN     ? 1
                        : tri_lab_above(run, &gap, 1) == TRI_LAB_REFUTED ? 0
                                                                         : -1);
    tri_lab_say(
        run, tri_lab_above(run, &gap, 1),
        "All cores copy %s times as fast as one, and compute a median %s times as fast: cores "
        "share the way to memory, but not their arithmetic.",
        tri_lab_words(&copy).text, tri_lab_words(&filter).text);
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *near = tri_lab_row(run, "counters, one line"),
                             *apart = tri_lab_row(run, "counters, apart");
    const struct tri_interval faster = tri_lab_faster(apart, near);

    if (run->settings.workers < 2) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "With one core, nothing shares the memory with another one.");
        return;
    }
    conclude_scaling(run);
    if (near == NULL || apart == NULL)
        return;
    tri_lab_say(
        run, tri_lab_above(run, &faster, 1.2),
        "Counters in lines of their own are %s times as fast as in one cache line: %.2g ns an "
        "increment instead of %.2g, although no two threads share a counter.",
        tri_lab_words(&faster).text, (double)apart->time.median / EACH,
        (double)near->time.median / EACH);
}

static void close(struct tri_lab_run *run)
{
    struct memory *memory = run->context;

    if (memory == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        tri_copier_free(memory->copiers[i]);
        tri_lab_picture_free(memory->filters[i]);
    }
    tri_lab_team_free(memory->near.team);
    tri_lab_team_free(memory->apart.team);
    free(memory->near.bytes);
    free(memory->apart.bytes);
    free(memory);
}

TRI_LAB_EXPERIMENT(memory) = {
    .name = "memory",
    .claim = "Cores share memory: work that only moves bytes stops scaling, and threads that write "
             "into one cache line wait for each other.",
    .plan = "A copy of 32 MiB and a median filter on one and on all cores; a counter for each "
            "thread, all in one cache line, and each in its own.",
    .question = "Which gains more from all cores: copying 32 MiB, or a median filter?",
    .answers = {"copying", "the filter"},
    .next = "triptych bench copy --size 3840x2160 --on threads, and the same with median.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
