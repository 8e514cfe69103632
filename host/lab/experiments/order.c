/* order.c -- the same numbers added in another order: floats differ, integers do not. */
#include "lab/lab.h"
#include "lab/team.h"

#include <pthread.h>
#include <stdlib.h>

enum { COUNT = 1 << 20, BLOCK = 1 << 12, BLOCKS = COUNT / BLOCK };

struct variant {
    struct order *whole;
    void (*sum)(struct variant *variant);
    int parts;
    struct tri_lab_team *team; /* of the variants that have one */
    double result;
};

struct order {
    float *values;
    int *integers;
    float blocks[BLOCKS];
    struct variant variants[8];
    int count;
};

/* Not the compiler's business to reorder: C adds floats as written. */
static float add_floats(const float *values, int count)
{
    float sum = 0;

    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

/* In as many parts, and then the parts. */
static void floats_in_parts(struct variant *variant)
{
    float sum = 0;

    for (int part = 0; part < variant->parts; part++) {
        const int from = (int)((int64_t)COUNT * part / variant->parts),
                  to = (int)((int64_t)COUNT * (part + 1) / variant->parts);
        sum += add_floats(variant->whole->values + from, to - from);
    }
    variant->result = (double)sum;
}

static void integers_in_parts(struct variant *variant)
{
    int64_t sum = 0;

    for (int part = 0; part < variant->parts; part++) {
        const int from = (int)((int64_t)COUNT * part / variant->parts),
                  to = (int)((int64_t)COUNT * (part + 1) / variant->parts);
        int64_t own = 0;
        for (int i = from; i < to; i++)
            own += variant->whole->integers[i];
        sum += own;
    }
    variant->result = (double)sum;
}

static void sum_blocks(void *argument, int member)
{
    const struct variant *variant = argument;
    struct order *order = variant->whole;

    for (int block = member; block < BLOCKS; block += variant->parts)
        order->blocks[block] = add_floats(order->values + (size_t)block * BLOCK, BLOCK);
}

/* Blocks of a fixed size, then pairs of them: whoever computes a block, the tree is the same. */
static void floats_in_a_tree(struct variant *variant)
{
    float *blocks = variant->whole->blocks;

    tri_lab_team_run(variant->team, "blocks", sum_blocks, variant);
    for (int step = 1; step < BLOCKS; step *= 2)
        for (int i = 0; i + step < BLOCKS; i += 2 * step)
            blocks[i] += blocks[i + step];
    variant->result = (double)blocks[0];
}

static void run_variant(void *argument)
{
    struct variant *variant = argument;

    variant->sum(variant);
}

static double result_of(void *argument)
{
    return ((struct variant *)argument)->result;
}

static struct variant *add(struct tri_lab_run *run, void (*sum)(struct variant *variant), int parts,
                           int workers, const char *name)
{
    struct order *order = run->context;
    struct variant *variant = &order->variants[order->count++];

    *variant = (struct variant){.whole = order, .sum = sum, .parts = parts};
    struct tri_lab_row *row = tri_lab_add(run, run_variant, variant, workers, "%s", name);
    row->base = sum == floats_in_parts ? 0 : sum == integers_in_parts ? 3 : 5;
    row->figure = result_of;
    row->unit = "is the sum";
    return variant;
}

/* Between 0.1 and 1.1, and whole numbers of the same kind. */
static void make_numbers(struct order *order)
{
    uint32_t random = 2463534242U;

    for (int i = 0; i < COUNT; i++) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        order->values[i] = (float)(random >> 8) / 16777216.0F + 0.1F;
        order->integers[i] = (int)(random >> 8);
    }
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const int workers = run->settings.workers;
    struct order *order = run->context = calloc(1, sizeof *order);

    if (order != NULL) {
        order->values = malloc(COUNT * sizeof *order->values);
        order->integers = malloc(COUNT * sizeof *order->integers);
    }
    if (order == NULL || order->values == NULL || order->integers == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    make_numbers(order);
    add(run, floats_in_parts, 1, 1, "floats, one after another");
    add(run, floats_in_parts, 2, 1, "floats, in 2 parts");
    add(run, floats_in_parts, 3, 1, "floats, in 3 parts");
    add(run, integers_in_parts, 1, 1, "integers, one after another");
    add(run, integers_in_parts, 3, 1, "integers, in 3 parts");
    struct variant *alone = add(run, floats_in_a_tree, 1, 1, "floats, fixed tree, 1 worker");
    struct variant *all = add(run, floats_in_a_tree, workers, workers, "floats, fixed tree, all");
    const enum tri_status status = tri_lab_team_new(1, &alone->team, error);
    return status == TRI_OK ? tri_lab_team_new(workers, &all->team, error) : status;
}

static bool same(const struct tri_lab_run *run, const char *one, const char *other, bool *known)
{
    const struct tri_lab_row *a = tri_lab_row(run, one), *b = tri_lab_row(run, other);

    *known = a != NULL && b != NULL;
    return *known && a->value == b->value;
}

static void conclude(struct tri_lab_run *run)
{
    bool known;
    const bool two = same(run, "floats, one after another", "floats, in 2 parts", &known),
               three = same(run, "floats, one after another", "floats, in 3 parts", &known);

    if (!known)
        return;
    const double first = tri_lab_row(run, "floats, one after another")->value,
                 second = tri_lab_row(run, "floats, in 2 parts")->value;
    tri_lab_answer(run, two && three ? 0 : 1);
    tri_lab_say(run, two && three ? TRI_LAB_REFUTED : TRI_LAB_SHOWN,
                "The same floats add up to %.9g one after another, and to %.9g in two parts: each "
                "addition rounds, so the order counts.",
                first, second);
    tri_lab_say(run,
                same(run, "integers, one after another", "integers, in 3 parts", &known)
                    ? TRI_LAB_SHOWN
                    : TRI_LAB_REFUTED,
                "Integers add up to the same in any order.");
    tri_lab_say(
        run,
        same(run, "floats, fixed tree, 1 worker", "floats, fixed tree, all", &known)
            ? TRI_LAB_SHOWN
            : TRI_LAB_REFUTED,
        "Floats that are added in a fixed tree do not depend on the number of workers. Filters "
        "here do it so, or with integers: that is why they give the same bytes everywhere.");
}

static void close(struct tri_lab_run *run)
{
    struct order *order = run->context;

    if (order == NULL)
        return;
    for (int i = 0; i < order->count; i++)
        tri_lab_team_free(order->variants[i].team);
    free(order->values);
    free(order->integers);
    free(order);
}

TRI_LAB_EXPERIMENT(order) = {
    .name = "order",
    .claim = "Parallel work changes the order of additions. Sums of floats depend on it; sums of "
             "integers, and of floats in a fixed tree, do not.",
    .plan = "A million numbers added one after another, in 2 and 3 parts, and in a fixed tree by "
            "one and by all workers; floats and integers.",
    .question = "Do a million floats add up to the same in one part and in two?",
    .answers = {"yes", "no"},
    .next = "triptych verify: every filter on every backend, byte by byte.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
