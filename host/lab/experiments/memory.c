/* memory.c -- what memory does to parallelism: copies stop scaling, counters in one cache line slow
 * each other down, and who touches a page first pays for it. */
#include "lab/lab.h"
#include "lab/pages.h"
#include "lab/picture.h"
#include "lab/tally.h"
#include "lab/team.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 200000, LINE = 64, MEMBERS_MAX = 64 };
#define COPIED ((size_t)32 << 20)  /* bytes: more than most caches */
#define TOUCHED ((size_t)16 << 20) /* of memory that is filled */

struct counters {
    struct tri_lab_team *team;
    size_t distance; /* of two members' counters, bytes */
    unsigned char *bytes;
};

/* Memory that each member of a team fills or reads a part of. */
struct touch {
    struct tri_lab_team *team;
    int members;
    unsigned char *pages;
    struct tri_lab_tally faults; /* of a run */
    atomic_ullong sum;
};

enum { FILLS = 4, READS = 2 };

struct memory {
    struct tri_copier *copiers[2];
    struct tri_lab_picture *filters[2];
    struct counters near, apart;
    struct touch fills[FILLS], reads[READS];
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

/* ---- first touch ---- */

static size_t part_of(const struct touch *touch, int member)
{
    return TOUCHED / LINE * (size_t)member / (size_t)touch->members * LINE;
}

static void fill(void *argument, int member)
{
    const struct touch *touch = argument;
    const size_t from = part_of(touch, member);

    memset(touch->pages + from, member + 1, part_of(touch, member + 1) - from);
}

static void fill_again(void *argument)
{
    struct touch *touch = argument;
    const long before = tri_lab_pages_faults();

    tri_lab_team_run(touch->team, "fill", fill, touch);
    tri_lab_tally_add(&touch->faults, (double)(tri_lab_pages_faults() - before));
}

/* As a program that gets memory, uses it once, and gives it back. */
static void fill_new(void *argument)
{
    struct touch *touch = argument;
    struct tri_error error;

    touch->pages = tri_lab_pages_new(TOUCHED);
    if (touch->pages == NULL) {
        tri_fail(&error, TRI_FAILED, "out of memory for pages");
        tri_lab_row_failed(TRI_FAILED, &error);
        return;
    }
    fill_again(touch);
    tri_lab_pages_free(touch->pages, TOUCHED);
    touch->pages = NULL;
}

static void sum(void *argument, int member)
{
    struct touch *touch = argument;
    const size_t end = part_of(touch, member + 1);
    unsigned long long total = 0;

    for (size_t i = part_of(touch, member); i < end; i++)
        total += touch->pages[i];
    atomic_fetch_add(&touch->sum, total);
}

static void read_all(void *argument)
{
    struct touch *touch = argument;

    tri_lab_team_run(touch->team, "read", sum, touch);
}

static struct tri_interval faults_of(void *argument)
{
    return tri_lab_tally_mean(&((const struct touch *)argument)->faults);
}

/* With memory that this thread has touched, or without any. */
static enum tri_status open_touch(struct touch *touch, int members, bool pages,
                                  struct tri_error *error)
{
    touch->members = members;
    if (pages && (touch->pages = tri_lab_pages_new(TOUCHED)) == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for pages");
    if (touch->pages != NULL)
        memset(touch->pages, 1, TOUCHED);
    return tri_lab_team_new(members, &touch->team, error);
}

/* Memory used before and new, by one thread and by all. */
static enum tri_status add_fills(struct tri_lab_run *run, int members, struct tri_error *error)
{
    struct memory *memory = run->context;
    enum tri_status status = TRI_OK;
    const int base = run->row_count;

    for (int i = 0; i < FILLS && status == TRI_OK; i++) {
        const bool fresh = i % 2 == 1, all = i >= 2;
        struct tri_lab_row *row = tri_lab_add(
            run, fresh ? fill_new : fill_again, &memory->fills[i], all ? members : 1, "fill %s, %s",
            fresh ? "new memory" : "memory in use", all ? "all cores" : "1 core");
        row->base = base;
        tri_lab_add_figure(row, faults_of, "page faults");
        status = open_touch(&memory->fills[i], row->workers, !fresh, error);
    }
    return status;
}

/* The same memory read by the same cores; only who touched it first differs. */
static enum tri_status add_reads(struct tri_lab_run *run, int members, struct tri_error *error)
{
    static const char *const touched[READS] = {"one thread", "each its own"};
    struct memory *memory = run->context;
    enum tri_status status = TRI_OK;
    const int base = run->row_count, nodes = tri_lab_pages_nodes();

    for (int i = 0; i < READS && status == TRI_OK; i++) {
        struct touch *touch = &memory->reads[i];
        struct tri_lab_row *row =
            tri_lab_add(run, read_all, touch, members, "read, first touched by %s", touched[i]);
        row->base = base;
        if (nodes < 2) {
            tri_lab_skip(row, "one NUMA node: memory is as near to each core");
            continue;
        }
        status = open_touch(touch, members, i == 0, error);
        if (status == TRI_OK && i == 1 && (touch->pages = tri_lab_pages_new(TOUCHED)) == NULL)
            status = tri_fail(error, TRI_FAILED, "out of memory for pages");
        else if (status == TRI_OK && i == 1)
            tri_lab_team_run(touch->team, "fill", fill, touch);
    }
    return status;
}

/* ---- rows ---- */

static enum tri_status add_filters(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 720, 1, 8};
    const int workers[2] = {1, run->settings.workers};
    struct memory *memory = run->context;
    enum tri_status status = TRI_OK;
    char on[32];

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
    return status;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const int members = run->settings.workers < MEMBERS_MAX ? run->settings.workers : MEMBERS_MAX;
    struct memory *memory = run->context = calloc(1, sizeof *memory);
    enum tri_status status;

    if (memory == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    if ((status = add_filters(run, error)) != TRI_OK ||
        (status = add_counters(run, &memory->near, sizeof(atomic_int), "counters, one line",
                               error)) != TRI_OK ||
        (status = add_counters(run, &memory->apart, 2 * (size_t)LINE, "counters, apart", error)) !=
            TRI_OK ||
        (status = add_fills(run, members, error)) != TRI_OK)
        return status;
    return add_reads(run, members, error);
}

/* ---- what follows ---- */

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

static void conclude_counters(struct tri_lab_run *run)
{
    const struct tri_lab_row *near = tri_lab_row(run, "counters, one line"),
                             *apart = tri_lab_row(run, "counters, apart");
    const struct tri_interval faster = tri_lab_faster(apart, near);

    if (near == NULL || apart == NULL)
        return;
    tri_lab_say(
        run, tri_lab_above(run, &faster, 1.2),
        "Counters in lines of their own are %s times as fast as in one cache line: %.2g ns an "
        "increment instead of %.2g, although no two threads share a counter.",
        tri_lab_words(&faster).text, (double)apart->time.median / EACH,
        (double)near->time.median / EACH);
}

/* What new memory costs more than memory in use: per fault, and as a share of the run. */
static void conclude_price(struct tri_lab_run *run)
{
    const struct tri_lab_row *again = tri_lab_row(run, "fill memory in use, 1 core"),
                             *first = tri_lab_row(run, "fill new memory, 1 core");
    const struct tri_interval longer = tri_lab_faster(again, first);
    char each[64] = "the kernel does not count page faults";

    if (again == NULL || first == NULL || isnan(longer.ratio))
        return;
    const double faults = first->figure_count > 0 ? first->figures[0].value.ratio : 0;
    if (faults >= 1)
        snprintf(each, sizeof each, "%.2g us for each of %.0f page faults",
                 (double)(first->time.median - again->time.median) / faults / 1e3, faults);
    tri_lab_say(run, tri_lab_above(run, &longer, 1.1),
                "To fill new memory takes one core %s times as long as to fill the same amount "
                "again. First touch is %.0f (%.0f to %.0f) %% of that run: %s, in which the kernel "
                "finds a page, clears it and maps it.",
                tri_lab_words(&longer).text, 100 * (1 - 1 / longer.ratio),
                100 * (1 - 1 / longer.low), 100 * (1 - 1 / longer.high), each);
}

static const char *why_skipped(const struct tri_lab_run *run, const char *name)
{
    for (int i = 0; i < run->row_count; i++)
        if (strcmp(run->rows[i].name, name) == 0 && run->rows[i].skipped[0])
            return run->rows[i].skipped;
    return NULL;
}

/* Who touches pays, and, with several NUMA nodes, decides where a page lies. */
static void conclude_touch(struct tri_lab_run *run)
{
    const struct tri_lab_row *one = tri_lab_row(run, "fill new memory, 1 core"),
                             *all = tri_lab_row(run, "fill new memory, all cores"),
                             *near = tri_lab_row(run, "read, first touched by each its own");
    const struct tri_interval faster = tri_lab_faster(all, one),
                              placed = tri_lab_faster(
                                  near, tri_lab_row(run, "read, first touched by one thread"));
    const char *why = why_skipped(run, "read, first touched by each its own");

    if (one != NULL && all != NULL)
        tri_lab_say(run, tri_lab_above(run, &faster, 1.1),
                    "Who touches a page first has its page fault: where each core touches the part "
                    "that it fills, new memory is filled %s times as fast as by one.",
                    tri_lab_words(&faster).text);
    if (near != NULL)
        tri_lab_say(run, tri_lab_above(run, &placed, 1.1),
                    "A page lies near the core that touched it first: parts that each core touched "
                    "itself are read %s times as fast as those that one thread touched for all.",
                    tri_lab_words(&placed).text);
    else if (why != NULL)
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "This machine has one NUMA node, so first touch costs page faults and nothing "
                    "else. With several nodes it also decides near which cores a page lies, which "
                    "cannot be shown here.");
}

static void conclude(struct tri_lab_run *run)
{
    if (run->settings.workers < 2) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "With one core, nothing shares the memory with another one.");
        conclude_price(run);
        return;
    }
    conclude_scaling(run);
    conclude_counters(run);
    conclude_price(run);
    conclude_touch(run);
}

static void close_touch(struct touch *touch)
{
    tri_lab_team_free(touch->team);
    tri_lab_pages_free(touch->pages, TOUCHED);
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
    for (int i = 0; i < FILLS; i++)
        close_touch(&memory->fills[i]);
    for (int i = 0; i < READS; i++)
        close_touch(&memory->reads[i]);
    tri_lab_team_free(memory->near.team);
    tri_lab_team_free(memory->apart.team);
    free(memory->near.bytes);
    free(memory->apart.bytes);
    free(memory);
}

TRI_LAB_EXPERIMENT(memory) = {
    .name = "memory",
    .claim =
        "Cores share memory: work that only moves bytes stops scaling, threads that write into "
        "one cache line wait for each other, and memory costs most when it is first touched.",
    .plan = "A copy of 32 MiB and a median filter on one and on all cores; a counter for each "
            "thread, all in one cache line, and each in its own; 16 MiB of new memory filled, and "
            "filled again, by one thread and by each core its own part.",
    .question = "Which gains more from all cores: copying 32 MiB, or a median filter?",
    .answers = {"copying", "the filter"},
    .next = "triptych bench copy --size 3840x2160 --on threads, and the same with median.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
