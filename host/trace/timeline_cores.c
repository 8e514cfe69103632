/* timeline_cores.c -- a timeline with a lane for each core instead of each thread.
 *
 * A thread is seen on a core where its spans begin and end. A block stays on that core until it
 * ends or another thread is seen there: the kernel may have taken the core in between. */
#include "timeline_parts.h"

#include <stdlib.h>
#include <string.h>

static int by_core(const void *a, const void *b)
{
    const struct tri_timeline_block *first = a, *second = b;
    if (first->core != second->core)
        return first->core < second->core ? -1 : 1;
    return (first->begin > second->begin) - (first->begin < second->begin);
}

/* The blocks of threads that do something, in the order of cores and time. */
static void copy_blocks(const struct tri_timeline *of, struct tri_timeline *cores)
{
    for (int i = 0; i < of->block_count; i++) {
        const struct tri_timeline_block *block = &of->blocks[i];
        if (block->core >= 0 && !tri_timeline_waits(of, block))
            cores->blocks[cores->block_count++] = *block;
    }
    qsort(cores->blocks, (size_t)cores->block_count, sizeof *cores->blocks, by_core);
}

/* Ends blocks where the next one of their core begins, and leaves out what is empty then. */
static void cut_blocks(struct tri_timeline *cores)
{
    int kept = 0;
    for (int i = 0; i < cores->block_count; i++) {
        struct tri_timeline_block block = cores->blocks[i];
        const struct tri_timeline_block *next = &cores->blocks[i + 1];
        if (i + 1 < cores->block_count && next->core == block.core && next->begin < block.end)
            block.end = next->begin;
        if (block.end > block.begin)
            cores->blocks[kept++] = block;
    }
    cores->block_count = kept;
}

static int count_cores(const struct tri_timeline *cores)
{
    int count = 0;
    for (int i = 0; i < cores->block_count; i++)
        count += i == 0 || cores->blocks[i].core != cores->blocks[i - 1].core;
    return count;
}

/* Gives each core a lane. */
static void fill_lanes(struct tri_timeline *cores)
{
    for (int i = 0; i < cores->block_count; i++) {
        struct tri_timeline_block *block = &cores->blocks[i];
        if (i == 0 || block->core != cores->blocks[i - 1].core) {
            struct tri_timeline_lane *added = &cores->lanes[cores->lane_count++];
            snprintf(added->name, sizeof added->name, "core %d", block->core);
            added->first = i;
        }
        struct tri_timeline_lane *lane = &cores->lanes[cores->lane_count - 1];
        block->lane = cores->lane_count - 1;
        lane->count++;
        lane->busy += block->end - block->begin;
    }
}

enum tri_status tri_timeline_by_core(const struct tri_timeline *of, struct tri_timeline **made,
                                     struct tri_error *error)
{
    struct tri_timeline *cores = tri_timeline_new(0);
    *made = NULL;
    if (cores != NULL)
        cores->blocks = calloc((size_t)of->block_count + 1, sizeof *cores->blocks);
    if (cores == NULL || cores->blocks == NULL) {
        tri_timeline_free(cores);
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    }
    memcpy(cores->kinds, of->kinds, sizeof cores->kinds);
    cores->kind_count = of->kind_count;
    cores->frames = of->frames;
    cores->length = of->length;
    cores->other_cpu = -1;
    copy_blocks(of, cores);
    cut_blocks(cores);
    cores->lanes = calloc((size_t)count_cores(cores) + 1, sizeof *cores->lanes);
    if (cores->lanes == NULL) {
        tri_timeline_free(cores);
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    }
    fill_lanes(cores);
    *made = cores;
    return TRI_OK;
}
