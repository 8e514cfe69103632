/* tile_geometry.c -- what a work-group needs for its tile, where that is in local memory, and the
 * size of a tile. */
#include "tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINT_BYTES 16

static int largest(int a, int b)
{
    return a > b ? a : b;
}

/* Where a pass computes places, it may round otherwise than the host does here: a place so close
 * below a whole number counts as that. */
#define ROUNDED (1.0 / 1024)

static double doubt(const struct tri_reads *reads)
{
    return reads->step == floor(reads->step) && reads->first == floor(reads->first) ? 0 : ROUNDED;
}

int64_t tri_tile_step(const struct tri_reads *reads)
{
    return (int64_t)(reads->step * 4294967296.0);
}

int64_t tri_tile_first(const struct tri_reads *reads)
{
    return (int64_t)floor((reads->first - doubt(reads)) * 4294967296.0);
}

/* The samples that `outputs` need. */
static int needed_for(const struct tri_reads *reads, int outputs)
{
    return (int)ceil((outputs - 1) * reads->step + 2 * doubt(reads)) + reads->count;
}

/* Whether a pass reads just what lies at the places of its outputs. */
static bool at_own_places(const struct tri_reads *reads)
{
    return reads->step == 1 && reads->first == 0 && reads->count == 1;
}

/* The tile of what an operation in the form TILE_PART reads. Sizes are rounded up, so that pictures
 * of nearly the same ratio share a program. */
static void find_part(struct tile_class *class, const struct tile_op *op)
{
    const struct tile_grid *out = &class->grids[op->grid];
    struct tile_grid *in = &class->grids[op->part_grid];
    in->across = in->down = 0;
    in->tile_width = out->tile_width;
    in->tile_height = out->tile_height;
    if (!at_own_places(&op->part_across)) {
        in->across = tri_tile_multiple(
            needed_for(&op->part_across, op->left + out->tile_width + op->right), 4);
        in->tile_width = tri_tile_multiple(in->across + TILE_ALIGN - 1, TILE_ALIGN);
    }
    if (!at_own_places(&op->part_down))
        in->down = in->tile_height =
            tri_tile_multiple(needed_for(&op->part_down, op->made_rows), 4);
}

static void need_part(const struct tile_class *class, struct tile_place *place,
                      const struct tile_op *op)
{
    const struct tile_grid *in = &class->grids[op->part_grid];
    if (in->across == 0) {
        place->left = largest(place->left, op->left);
        place->right = largest(place->right, op->right);
    }
    if (in->down == 0) {
        place->up = largest(place->up, op->up);
        place->down = largest(place->down, op->made_rows - op->up - in->tile_height);
    }
}

static void need(struct tile_place *place, const struct tile_op *op, int tile_height)
{
    const int down = op->made_rows - op->up - tile_height;
    place->left = largest(place->left, op->left + op->reach);
    place->right = largest(place->right, op->right + op->reach);
    place->up = largest(place->up, op->up - op->low);
    place->down = largest(place->down, down + op->high);
}

/* From the last operation to the first: what is needed of each channel, and therefore computed. */
static void find_regions(struct tile_class *class)
{
    for (int i = 0; i < class->place_count; i++) {
        struct tile_place *place = &class->places[i];
        place->left = place->right = place->up = place->down = 0;
    }
    for (int i = class->op_count - 1; i >= 0; i--) {
        struct tile_op *op = &class->ops[i];
        const int tile_height = class->grids[op->grid].tile_height;
        int down = 0;
        op->left = op->right = op->up = 0;
        while (op->block_rows > tile_height)
            op->block_rows /= 2;
        for (int o = 0; o < op->outputs; o++) {
            const struct tile_place *out = &class->places[op->out[o]];
            op->left = largest(op->left, tri_tile_multiple(out->left, op->block_width));
            op->right = largest(op->right, tri_tile_multiple(out->right, op->block_width));
            op->up = largest(op->up, out->up);
            down = largest(down, out->down);
        }
        op->made_rows = tri_tile_multiple(op->up + tile_height + down, op->block_rows);
        for (int o = 0; o < op->outputs; o++) {
            struct tile_place *out = &class->places[op->out[o]];
            out->left = op->left;
            out->right = op->right;
            out->up = op->up;
            out->down = op->made_rows - op->up - tile_height;
        }
        if (op->form == TILE_PART)
            find_part(class, op);
        for (int k = 0; k < op->inputs && op->form != TILE_PLANE; k++) {
            if (op->form == TILE_PART)
                need_part(class, &class->places[op->in[k]], op);
            else
                need(&class->places[op->in[k]], op, tile_height);
        }
    }
}

static void find_lives(struct tile_class *class)
{
    for (int i = 0; i < class->place_count; i++) {
        class->places[i].first = class->places[i].loaded ? 0 : class->op_count + 1;
        class->places[i].last = -1;
        if (class->places[i].stored)
            class->places[i].last = class->op_count + 1;
    }
    for (int i = 0; i < class->op_count; i++) {
        const struct tile_op *op = &class->ops[i];
        for (int o = 0; o < op->outputs; o++) {
            struct tile_place *out = &class->places[op->out[o]];
            out->first = i + 1;
            out->last = largest(out->last, i + 1);
        }
        for (int k = 0; k < op->inputs && op->form != TILE_PLANE; k++)
            class->places[op->in[k]].last = largest(class->places[op->in[k]].last, i + 1);
    }
}

static bool in_tile(const struct tile_place *place)
{
    return place->loaded || place->made;
}

static long place_size(const struct tile_place *place)
{
    return ((long)place->stride * place->rows * place->size + 15) / 16 * 16;
}

/* First fit among the places live at the same time; returns the end of all. */
static long lay_out(struct tile_class *class, long at)
{
    long end = at;
    for (int i = 0; i < class->place_count; i++) {
        struct tile_place *place = &class->places[i];
        if (!in_tile(place))
            continue;
        place->at = at;
        for (bool moved = true; moved;) {
            moved = false;
            for (int j = 0; j < i; j++) {
                const struct tile_place *other = &class->places[j];
                if (in_tile(other) && other->first <= place->last && place->first <= other->last &&
                    place->at < other->at + place_size(other) &&
                    other->at < place->at + place_size(place)) {
                    place->at = other->at + place_size(other);
                    moved = true;
                }
            }
        }
        end = place->at + place_size(place) > end ? place->at + place_size(place) : end;
    }
    return end;
}

/* Map tables, and what items share in an operation, come first. */
static long lay_out_shared(struct tile_class *class)
{
    long at = 0, sums = 0;
    for (int i = 0; i < class->op_count; i++) {
        struct tile_op *op = &class->ops[i];
        const int tile_width = class->grids[op->grid].tile_width;
        long size = 0;
        if (op->table_at >= 0) {
            op->table_at = at;
            at += (op->constants_size + 15) / 16 * 16;
        }
        if (op->pass->kind == PASS_SCAN)
            size = (long)op->made_rows * ((op->left + tile_width + op->right) / 4 + 1) *
                   class->places[op->out[0]].size;
        else if (op->pass->kind == PASS_HISTOGRAM && class->places[op->in[0]].size == 1)
            size = 256 * TILE_COPIES * 4;
        else if (op->pass->kind == PASS_REGIONS)
            size = TILE_BINS * 4;
        sums = size > sums ? size : sums;
    }
    for (int i = 0; i < class->op_count; i++) {
        const struct tri_pass *pass = class->ops[i].pass;
        if (pass->kind == PASS_SCAN || pass->kind == PASS_REGIONS || tri_pass_counts(pass))
            class->ops[i].sums_at = at;
    }
    return at + (sums + 15) / 16 * 16;
}

static long geometry(struct tile_class *class, int tile_width, int tile_height)
{
    class->grids[0].tile_width = tile_width;
    class->grids[0].tile_height = tile_height;
    find_regions(class);
    for (int i = 0; i < class->place_count; i++) {
        struct tile_place *place = &class->places[i];
        const struct tile_grid *grid = &class->grids[largest(place->grid, 0)];
        const int unit = 16 / place->size > 4 ? 16 / place->size : 4;
        place->before = tri_tile_multiple(place->left, unit);
        place->stride = tri_tile_multiple(place->before + grid->tile_width + place->right, unit);
        if (place->by_input < 0 && class->ops[place->by_op].transposed)
            place->stride += unit; /* items store down the columns: avoids using a single bank */
        place->rows = place->up + grid->tile_height + place->down;
    }
    find_lives(class);
    return class->local_memory = lay_out(class, lay_out_shared(class));
}

/* Samples computed and loaded per output sample, plus the cost of starting a group, in samples. */
static double cost(const struct tile_class *class, const struct tile_limits *limits)
{
    const double core = (double)class->grids[0].tile_width * class->grids[0].tile_height;
    double work = 3000;
    for (int i = 0; i < class->op_count; i++) {
        const struct tile_op *op = &class->ops[i];
        const int tile_width = class->grids[op->grid].tile_width;
        const double samples = (double)(op->left + tile_width + op->right) * op->made_rows;
        const double first =
            op->pass->kind == PASS_SLIDE ? (double)(op->high - op->low) / op->block_rows : 0;
        const double shared =
            tri_tile_is_body(op) ? (double)(op->high - op->low) / (4 * op->block_rows) : 0;
        const double part =
            (double)op->part_across.count * op->part_down.count / 2; /* each by itself */
        work += samples * (1 + first + shared + part);
    }
    for (int i = 0; i < class->place_count; i++) {
        if (class->places[i].loaded)
            work += 0.5 * class->places[i].stride * class->places[i].rows;
    }
    const double memory = (double)class->local_memory / (double)limits->share;
    return work / core * (memory > 1 ? memory : 1);
}

/* Whether a tile of this size needs more than twice as much, in a direction, as its outputs stand
 * for: then neighbours read nearly the same. */
static bool overlaps(const struct tri_reads *reads, int outputs, int needed)
{
    return needed > 2 * outputs * (reads->step > 1 ? reads->step : 1);
}

static bool parts_overlap(const struct tile_class *class)
{
    for (int i = 1; i < class->grid_count; i++) {
        const struct tile_grid *grid = &class->grids[i];
        const struct tile_op *op = &class->ops[grid->op];
        if (overlaps(&op->part_across, op->left + class->grids[op->grid].tile_width + op->right,
                     grid->across) ||
            overlaps(&op->part_down, op->made_rows, grid->down))
            return true;
    }
    return false;
}

/* A row costs a group about as much as if it made all of it. */
static bool rows_are_dear(const struct tile_class *class)
{
    return class->ops[0].pass->kind == PASS_REGIONS;
}

bool tri_tile_choose_size(struct tile_class *class, const struct tile_limits *limits)
{
    static const int widths[] = {128, 64, 256, 32, 16}, heights[] = {32, 64, 16, 8, 4, 2, 1};
    double best = 0;
    int width = 0, height = 0;
    struct tile_op *ops = malloc((size_t) class->op_count * sizeof ops[0]);
    if (ops == NULL)
        return false;
    memcpy(ops, class->ops, (size_t) class->op_count * sizeof ops[0]);
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        for (size_t h = 0; h < sizeof heights / sizeof heights[0]; h++) {
            memcpy(class->ops, ops, (size_t) class->op_count * sizeof ops[0]);
            if (widths[w] * heights[h] > 8192 || (rows_are_dear(class) && heights[h] > 1) ||
                geometry(class, widths[w], heights[h]) > limits->local_memory ||
                parts_overlap(class))
                continue;
            if (width == 0 || cost(class, limits) < best) {
                best = cost(class, limits);
                width = widths[w];
                height = heights[h];
            }
        }
    }
    memcpy(class->ops, ops, (size_t) class->op_count * sizeof ops[0]);
    free(ops);
    if (width > 0)
        geometry(class, width, height);
    return width > 0;
}

/* An item computes 16 bytes of some rows: of more rows if few planes are read, so that loads
 * overlap. */
void tri_tile_choose_points(struct tile_class *class, int bits)
{
    int planes = 0;
    for (int i = 0; i < class->place_count; i++)
        planes += class->places[i].loaded || class->places[i].stored;
    class->samples = POINT_BYTES * 8 / bits;
    class->rows = planes <= 2 ? 4 : planes <= 4 ? 2 : 1;
}
