/* cluster.c -- map and reduce over ranks: processes that share nothing and send each other
 * messages, as `triptych cluster` does over MPI. Here they are forked and talk over sockets, so
 * that the experiment runs without MPI: the messages are the same, the network is this machine's
 * memory. */
#include "lab/lab.h"

#include "cluster/cluster.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 96, SAMPLES = 1 << 16, BINS = 256, HEAVY = 24 };

struct variant {
    struct cluster *whole;
    const char *name;
    bool all, more;   /* all ranks; and as many times the work */
    bool light;       /* little work for each sample, */
    bool sends_all;   /* and all samples are sent, to be counted by rank 0 */
    double megabytes; /* sent in the last run */
};

struct cluster {
    int workers;
    uint8_t *samples; /* of a block: ranks have them, as those of a real cluster have the file */
    uint64_t counts[BINS];
    struct variant variants[5];
};

/* ---- map and reduce ---- */

static uint8_t map_sample(uint8_t sample, int rounds)
{
    uint32_t value = sample;
    for (int i = 0; i < rounds; i++)
        value = value * 1664525U + 1013904223U;
    return (uint8_t)(value >> 24);
}

static void map_block(const struct variant *variant, uint8_t *to)
{
    const int rounds = variant->light ? 1 : HEAVY;
    for (int i = 0; i < SAMPLES; i++)
        to[i] = map_sample(variant->whole->samples[i], rounds);
}

static void count_block(const uint8_t *samples, uint64_t counts[BINS])
{
    for (int i = 0; i < SAMPLES; i++)
        counts[samples[i]]++;
}

static enum tri_status send_copy(struct tri_link *link, int to, const void *data, size_t size,
                                 struct tri_error *error)
{
    struct tri_parcel parcel = {malloc(size + 1), size};
    if (parcel.data == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a message");
    memcpy(parcel.data, data, size);
    return link->send(link, to, &parcel, error);
}

/* A rank that computes: a block for each message, until an empty one. */
static enum tri_status work_as_rank(const struct variant *variant, struct tri_link *link,
                                    struct tri_error *error)
{
    static uint8_t mapped[SAMPLES];
    enum tri_status status = TRI_OK;
    while (status == TRI_OK) {
        struct tri_parcel task = {0};
        int from;
        status = link->receive(link, 1000000000, &from, &task, error);
        free(task.data);
        if (status != TRI_OK || from < 0)
            continue;
        if (task.size == 0)
            break;
        uint64_t counts[BINS] = {0};
        map_block(variant, mapped);
        count_block(mapped, counts);
        status = variant->sends_all ? send_copy(link, 0, mapped, sizeof mapped, error)
                                    : send_copy(link, 0, counts, sizeof counts, error);
        if (status == TRI_OK)
            status = link->flush(link, error);
    }
    return status;
}

static void reduce(const struct variant *variant, const struct tri_parcel *result)
{
    uint64_t *counts = variant->whole->counts, count;
    if (variant->sends_all)
        count_block(result->data, counts);
    for (size_t i = 0; i < BINS && !variant->sends_all; i++) {
        memcpy(&count, result->data + i * sizeof count, sizeof count);
        counts[i] += count;
    }
}

/* Rank 0 hands out blocks as ranks get free, and adds up what they send. */
static enum tri_status lead(struct variant *variant, struct tri_link *link, int blocks,
                            struct tri_error *error)
{
    const size_t size = variant->sends_all ? SAMPLES : BINS * sizeof(uint64_t);
    enum tri_status status = TRI_OK;
    int given = 0, back = 0;
    for (int ahead = 0; ahead < 2; ahead++) {
        for (int rank = 1; rank < link->size && given < blocks && status == TRI_OK; rank++, given++)
            status = send_copy(link, rank, &given, sizeof given, error);
    }
    variant->megabytes = 0;
    while (back < blocks && status == TRI_OK) {
        struct tri_parcel result = {0};
        int from;
        status = link->receive(link, 1000000000, &from, &result, error);
        if (status == TRI_OK && from >= 0 && given < blocks) {
            status = send_copy(link, from, &given, sizeof given, error);
            given++;
        }
        if (status == TRI_OK && from >= 0 && result.size == size)
            reduce(variant, &result);
        variant->megabytes += (double)result.size / 1e6;
        back += from >= 0;
        free(result.data);
    }
    for (int rank = 1; rank < link->size && status == TRI_OK; rank++)
        status = send_copy(link, rank, "", 0, error);
    return status == TRI_OK ? link->flush(link, error) : status;
}

static enum tri_status run_ranks(struct variant *variant, struct tri_error *error)
{
    const int ranks = variant->all ? variant->whole->workers : 1,
              blocks = BLOCKS * (variant->more ? ranks : 1);
    struct tri_link *link;
    uint64_t sum = 0;
    memset(variant->whole->counts, 0, sizeof variant->whole->counts);
    enum tri_status status = tri_link_fork(ranks + 1, &link, error);
    if (status != TRI_OK)
        return status;
    status =
        link->rank > 0 ? work_as_rank(variant, link, error) : lead(variant, link, blocks, error);
    link->broken |= status != TRI_OK;
    link->close(link); /* here other ranks end */
    for (int i = 0; i < BINS; i++)
        sum += variant->whole->counts[i];
    if (status == TRI_OK && sum != (uint64_t)blocks * SAMPLES)
        status = tri_fail(error, TRI_FAILED, "the counts of %d ranks are not those of the blocks",
                          ranks);
    return status;
}

static void run_variant(void *argument)
{
    struct tri_error error;
    const enum tri_status status = run_ranks(argument, &error);

    if (status != TRI_OK)
        tri_lab_row_failed(status, &error);
}

/* ---- rows ---- */

static double megabytes_of(void *argument)
{
    return ((struct variant *)argument)->megabytes;
}

static const struct variant variants[] = {
    {.name = "1 rank, counts"},
    {.name = "all ranks, counts", .all = true},
    {.name = "all ranks, more work", .all = true, .more = true},
    {.name = "1 rank, little work, all sent", .light = true, .sends_all = true},
    {.name = "all ranks, little work, all sent", .all = true, .light = true, .sends_all = true}};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    struct cluster *whole = run->context = calloc(1, sizeof *whole);

    if (whole == NULL || (whole->samples = malloc(SAMPLES)) == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    whole->workers = run->settings.workers < 32 ? run->settings.workers : 32;
    for (uint32_t i = 0; i < SAMPLES; i++)
        whole->samples[i] = (uint8_t)(i * 2654435761U >> 24);
    for (int i = 0; i < VARIANTS; i++) {
        struct variant *variant = &whole->variants[i];
        *variant = variants[i];
        variant->whole = whole;
        struct tri_lab_row *row = tri_lab_add(
            run, run_variant, variant, variant->all ? whole->workers : 1, "%s", variant->name);
        row->figure = megabytes_of;
        row->unit = "MB sent";
        if (variant->light)
            row->base = 3;
        if (variant->all && whole->workers < 2)
            tri_lab_skip(row, "it takes 2 workers");
    }
    return TRI_OK;
}

static void close(struct tri_lab_run *run)
{
    struct cluster *whole = run->context;

    if (whole != NULL)
        free(whole->samples);
    free(whole);
}

/* ---- what follows ---- */

static void conclude_sent(struct tri_lab_run *run, const struct tri_interval *gain, int ranks)
{
    const double half = 1 + 0.5 * (ranks - 1);
    enum tri_lab_verdict verdict = TRI_LAB_UNCLEAR;

    if (gain->high < half)
        verdict = TRI_LAB_SHOWN;
    else if (gain->low > half)
        verdict = TRI_LAB_REFUTED;
    tri_lab_say(run, verdict,
                "With little work for each sample, and all samples sent to rank 0, %d ranks are %s "
                "times as fast as one: copying and counting what arrives eats the gain.",
                ranks, tri_lab_words(gain).text);
    if (verdict == TRI_LAB_SHOWN)
        tri_lab_answer(run, 1);
    else if (verdict == TRI_LAB_REFUTED)
        tri_lab_answer(run, 0);
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *one = tri_lab_row(run, "1 rank, counts"),
                             *all = tri_lab_row(run, "all ranks, counts"),
                             *more = tri_lab_row(run, "all ranks, more work"),
                             *one_sent = tri_lab_row(run, "1 rank, little work, all sent"),
                             *all_sent = tri_lab_row(run, "all ranks, little work, all sent");

    if (one == NULL || one_sent == NULL) {
        tri_lab_say_unmeasured(run);
        return;
    }
    if (all == NULL || more == NULL || all_sent == NULL) {
        tri_lab_say(run, TRI_LAB_UNCLEAR, "With one worker there is one rank.");
        return;
    }
    const struct tri_interval strong = tri_lab_faster(all, one), weak = tri_lab_faster(more, one),
                              sent = tri_lab_faster(all_sent, one_sent);
    tri_lab_say(run, tri_lab_above(run, &strong, 1),
                "Strong scaling: %d ranks do the same work %s times as fast as one.", all->workers,
                tri_lab_words(&strong).text);
    tri_lab_say(run, tri_lab_above(run, &weak, 0.8),
                "Weak scaling: with %d times the work for %d ranks, the speed is %s times that of "
                "one rank with its own; 1 would be free of loss.",
                more->workers, more->workers, tri_lab_words(&weak).text);
    conclude_sent(run, &sent, all_sent->workers);
}

TRI_LAB_EXPERIMENT(cluster) = {
    .name = "cluster",
    .claim = "Ranks that share nothing scale as long as they compute longer than they talk: sums "
             "travel well, samples do not.",
    .plan = "96 blocks of 65,536 samples, mapped and counted by processes that talk over sockets: "
            "much work and only counts sent, by one rank and by one for each worker, also with as "
            "many times the blocks; little work and all samples sent to rank 0, which counts.",
    .question = "Each rank does little to a sample and sends it to rank 0. How much faster are as "
                "many ranks as workers than one?",
    .answers = {"at least half of what that many ranks could gain", "less than that"},
    .next = "mpirun -n 2 triptych cluster equalize big.ppm -o out.ppm -v, and with -n 4: it counts "
            "on each rank, and sends counts.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
