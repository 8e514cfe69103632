/* grain.c -- how small a piece of work may be before dividing it costs more than it gains. */
#include "lab/lab.h"
#include "lab/team.h"

#include <math.h>
#include <stdlib.h>

enum { SIZES = 6, FIRST = 10, STEP = 2 }; /* 2^10, 2^12, ... samples */

struct piece {
    struct grain *whole;
    int samples;
};

struct grain {
    struct tri_lab_team *team;
    int members;
    unsigned char table[256];
    unsigned char *in, *out;
    struct piece pieces[SIZES];
};

static void apply(struct grain *grain, int from, int to)
{
    for (int i = from; i < to; i++)
        grain->out[i] = grain->table[grain->in[i]];
}

static void alone(void *argument)
{
    const struct piece *piece = argument;

    apply(piece->whole, 0, piece->samples);
}

static void share(void *argument, int member)
{
    const struct piece *piece = argument;
    struct grain *grain = piece->whole;

    apply(grain, (int)((int64_t)piece->samples * member / grain->members),
          (int)((int64_t)piece->samples * (member + 1) / grain->members));
}

static void divided(void *argument)
{
    struct piece *piece = argument;

    tri_lab_team_run(piece->whole->team, "share", share, piece);
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const size_t most = (size_t)1 << (FIRST + STEP * (SIZES - 1));
    struct grain *grain = run->context = calloc(1, sizeof *grain);

    if (grain != NULL) {
        grain->in = malloc(most);
        grain->out = malloc(most);
    }
    if (grain == NULL || grain->in == NULL || grain->out == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    grain->members = run->settings.workers;
    for (int i = 0; i < 256; i++)
        grain->table[i] = (unsigned char)lround(255 * pow(i / 255.0, 0.8));
    for (size_t i = 0; i < most; i++) {
        grain->in[i] = (unsigned char)(i * 7 + (i >> 8));
        grain->out[i] = 0;
    }
    for (int i = 0; i < SIZES; i++) {
        struct piece *piece = &grain->pieces[i];
        *piece = (struct piece){grain, 1 << (FIRST + STEP * i)};
        tri_lab_add(run, alone, piece, 1, "%d samples, alone", piece->samples)->base = 2 * i;
        tri_lab_add(run, divided, piece, grain->members, "%d samples, all", piece->samples)->base =
            2 * i;
    }
    return tri_lab_team_new(grain->members, &grain->team, error);
}

static const struct tri_lab_row *find(const struct tri_lab_run *run, int size, const char *how)
{
    char name[64];

    snprintf(name, sizeof name, "%d samples, %s", 1 << (FIRST + STEP * size), how);
    return tri_lab_row(run, name);
}

/* The smallest size from which all larger ones gain for certain; SIZES: none. */
static int break_even(const struct tri_lab_run *run)
{
    int size = SIZES;

    for (; size > 0; size--) {
        const struct tri_interval faster =
            tri_lab_faster(find(run, size - 1, "all"), find(run, size - 1, "alone"));
        if (tri_lab_above(run, &faster, 1) != TRI_LAB_SHOWN)
            break;
    }
    return size;
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_interval smallest = tri_lab_faster(find(run, 0, "alone"), find(run, 0, "all"));
    const int from = break_even(run);

    if (run->settings.workers < 2) {
        tri_lab_say(run, TRI_LAB_UNCLEAR, "With one core there is nobody to divide the work with.");
        return;
    }
    tri_lab_say(
        run, tri_lab_above(run, &smallest, 1),
        "1024 samples take %s times as long on all cores as on one: waking a thread costs more "
        "than the work.",
        tri_lab_words(&smallest).text);
    if (from == SIZES) {
        tri_lab_say(run, TRI_LAB_UNCLEAR, "No size up to %d samples gained for certain.",
                    1 << (FIRST + STEP * (SIZES - 1)));
        return;
    }
    tri_lab_answer(run, from <= 1 ? 0 : from <= 3 ? 1 : 2);
    tri_lab_say(run, TRI_LAB_SHOWN,
                "From %d samples on, which take %.3g us alone, dividing the work gains.",
                1 << (FIRST + STEP * from), (double)find(run, from, "alone")->time.median / 1e3);
}

static void close(struct tri_lab_run *run)
{
    struct grain *grain = run->context;

    if (grain == NULL)
        return;
    tri_lab_team_free(grain->team);
    free(grain->in);
    free(grain->out);
    free(grain);
}

TRI_LAB_EXPERIMENT(grain) = {
    .name = "grain",
    .claim = "Dividing work costs time: below a certain size, one core is faster than all.",
    .plan = "A table applied to 1,024 to 1,048,576 samples, by one thread and divided among all.",
    .question = "From how many samples on do all cores beat one?",
    .answers = {"4,096 or fewer", "16,384 or 65,536", "262,144 or more"},
    .next = "triptych bench invert --size 64..4096: the same for whole filters and devices.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
