/* map_reduce.c -- the same function on each item, then one result of all: here a histogram of the
 * edges, next to the thumbnails.
 *
 * For: questions to much data, such as sums, counts and largest values. The map is the same for
 * each item and looks at no other, so items may be anywhere and in any order, and one that was lost
 * can be done again. The reduction joins two partial results into one.
 * Choose it when the work is of this form: then nothing else has to be thought about, and in
 * `lab patterns` it has no more threads than workers and few lines.
 * Not when items depend on each other, nor when the answer to the question should come early: the
 * first answer in `lab patterns` is a thumbnail; the histogram is there at the very end, and
 * counting is part of the total.
 *
 * The reduction is a tree of a fixed shape: 0 and 1, 2 and 3, ..., then their results. It depends
 * on the number of items alone, not on who finished first, so it gives the same also where joining
 * is not associative, as with floating point. (J. Dean and S. Ghemawat, "MapReduce", OSDI 2004.) */
#include "lab/patterns.h"
#include "lab/team.h"

#include <stdlib.h>

struct work {
    struct tri_pattern_job *job;
    struct tri_edge_counts *counts; /* of each picture; later of the pictures from that one on */
    int step;                       /* how many pictures are in one, when reducing */
    atomic_int next;
};

/* ---- map ---- */

static void map_picture(struct tri_thumbnail *picture, struct tri_edge_counts *counts)
{
    if (tri_thumbnail_read(picture) && tri_thumbnail_decode(picture) &&
        tri_thumbnail_shrink(picture) && tri_thumbnail_filter(picture)) {
        tri_thumbnail_count(picture, counts);
        tri_thumbnail_encode(picture);
        tri_thumbnail_write(picture);
    }
}

static void map(void *argument, int member)
{
    struct work *work = argument;

    (void)member; /* who maps which picture does not matter */
    for (int i; (i = atomic_fetch_add(&work->next, 1)) < work->job->count;)
        map_picture(&work->job->pictures[i], &work->counts[i]);
}

/* ---- reduce ---- */

static void join(struct tri_edge_counts *into, const struct tri_edge_counts *from)
{
    for (int i = 0; i < 256; i++)
        into->of[i] += from->of[i];
}

/* One level of the tree. */
static void reduce(void *argument, int member)
{
    struct work *work = argument;

    (void)member;
    for (;;) {
        const int i = atomic_fetch_add(&work->next, 1) * 2 * work->step;
        if (i + work->step >= work->job->count)
            return;
        join(&work->counts[i], &work->counts[i + work->step]);
    }
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct work work = {.job = job, .counts = calloc((size_t)job->count, sizeof *work.counts)};
    struct tri_lab_team *team;

    if (work.counts == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for histograms");
    const enum tri_status status = tri_lab_team_new(job->workers, &team, error);
    if (status == TRI_OK) {
        job->threads = job->workers;
        tri_lab_team_run(team, "map", map, &work);
        for (work.step = 1; work.step < job->count; work.step *= 2) {
            atomic_store(&work.next, 0);
            tri_lab_team_run(team, "reduce", reduce, &work);
        }
        job->counts = work.counts[0];
    }
    tri_lab_team_free(team);
    free(work.counts);
    return status;
}

TRI_PATTERN(map_reduce) = {
    .name = "map-reduce", .structure = "each picture alone, then a tree of sums", .run = run};
