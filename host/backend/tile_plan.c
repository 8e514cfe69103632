/* tile_plan.c -- turns the nodes of a stage into launches over tiles: groups equal components, and
 * chooses the form in which a work-group computes each node. */
#include "tile.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of constants that a program may contain. */
#define PROGRAM_CONSTANTS 4096
/* Bytes of a map's table that local memory may hold. */
#define LOCAL_TABLE 4096
/* Operations of a block, whose loops are unrolled: compilers unroll up to a limit (clang 16384
 * instructions, and an operation takes up to six at first), and keep what the samples share in
 * registers. */
#define BLOCK_OPERATIONS 1024

static int largest(int a, int b)
{
    return a > b ? a : b;
}

bool tri_tile_is_body(const struct tile_op *op)
{
    return op->pass->kind == PASS_LANES || op->pass->kind == PASS_CHOOSE ||
           op->pass->kind == PASS_MAP;
}

/* ---- components ---- */

static int root(int *parent, int i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Whether `reader` reads what `node` makes. */
static bool feeds(const struct walk_node *node, const struct walk_node *reader)
{
    for (int k = 0; k < reader->inputs; k++) {
        for (int o = 0; o < node->outputs; o++) {
            if (reader->in[k] == node->out[o])
                return true;
        }
    }
    return false;
}

/* parent[i] is a node of the same component; one node of each is its own parent. Nodes are
 * connected if one reads what the other computes. */
static void find_components(const struct tri_stage *stage, int *parent)
{
    for (int i = 0; i < stage->node_count; i++) {
        parent[i] = i;
        for (int j = 0; j < i; j++) {
            if (feeds(&stage->nodes[j], &stage->nodes[i]))
                parent[root(parent, i)] = root(parent, j);
        }
    }
}

/* ---- a class, from one component ---- */

/* The place of a channel, created if new; `channels` are those of the places so far. */
static int place_of(struct tile_class *class, int *channels, const struct tri_plan *plan,
                    int channel, int op, int input)
{
    for (int i = 0; i < class->place_count; i++) {
        if (channels[i] == channel)
            return i;
    }
    const struct walk_channel *c = &plan->channels[channel];
    channels[class->place_count] = channel;
    class->places[class->place_count] = (struct tile_place){
        .size = c->size, .base = c->base, .by_op = op, .by_input = input, .table = -1, .grid = -1};
    return class->place_count++;
}

static void lowest_highest(struct tile_op *op)
{
    for (int i = 0; i < op->sparse; i++) {
        op->low = i == 0 || op->rows[i] < op->low ? op->rows[i] : op->low;
        op->high = i == 0 || op->rows[i] > op->high ? op->rows[i] : op->high;
    }
}

/* Chooses the block of samples an item computes at a time: in a vertical window many rows share
 * loads; along rows, many columns do. */
static void choose_block(const struct tile_class *class, struct tile_op *op)
{
    const struct tile_place *in = &class->places[op->in[0]];
    const int height = op->high - op->low,
              size = op->outputs > 0 ? class->places[op->out[0]].size : in->size;
    op->block_width = 4;
    op->block_rows = 1;
    if (op->pass->kind == PASS_SLIDE) {
        op->block_rows = 16;
    } else if (op->pass->kind == PASS_GATHER && op->form == TILE_PART) {
        op->block_rows = 4;
        op->block_width = 1;
    } else if (tri_tile_is_body(op) && op->form < TILE_PLANE) {
        /* Samples then cost no more than words, and half the registers. */
        const bool column = height >= 6 && op->reach == 0;
        op->block_rows = column ? 16 : height >= 6 ? 8 : height > 0 ? 4 : 1;
        op->block_width = column && op->form != TILE_PAIRS            ? 1
                          : height == 0 && in->size <= 2 && size <= 2 ? 8
                                                                      : 4;
    }
}

static int window_words(const struct tile_class *class, const struct tile_op *op, int reach)
{
    const int rows = op->inputs * (op->block_rows + op->high - op->low),
              samples = rows * (op->block_width + 2 * op->reach);
    if (op->form == TILE_PAIRS)
        return rows * (op->block_width - 2 + 2 * reach);
    return op->block_width == 1 ? samples : samples * class->places[op->in[0]].size / 4;
}

/* Whether all passes of a file only choose among samples. */
static bool only_chooses(const struct tri_stage *stage, const char *file)
{
    for (int i = 0; i < stage->pass_count; i++) {
        if (strcmp(stage->passes[i]->file, file) == 0 && stage->passes[i]->kind != PASS_CHOOSE)
            return false;
    }
    return true;
}

/* Whether passes of the file read parts of what other nodes of the stage make. Then all of its
 * passes that can read parts do: they are compiled together. */
static bool reads_parts(const struct tri_stage *stage, const char *file)
{
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        if (!stage->facts[i].part || strcmp(stage->passes[node->pass]->file, file) != 0)
            continue;
        for (int j = 0; j < i; j++) {
            if (feeds(&stage->nodes[j], node))
                return true;
        }
    }
    return false;
}

static bool too_long(const struct tile_op *op, const struct tri_node_facts *facts)
{
    return op->block_width * op->block_rows * facts->operations > BLOCK_OPERATIONS;
}

/* Shrinks a block of one row to one sample if it is too long; false: it remains so, or the sample's
 * window would be an array that is indexed at run time. If all indices are known, no window has to
 * fit in registers: each value is loaded where it is used. */
static bool shorten_row(struct tile_op *op, const struct tri_node_facts *facts)
{
    const bool known =
        !facts->specialize || (facts->fixed && facts->constants_size <= PROGRAM_CONSTANTS);
    if (op->form != TILE_WINDOW || !too_long(op, facts))
        return true;
    while (op->block_width > 1 && too_long(op, facts))
        op->block_width = op->block_width > 4 ? 4 : 1;
    return !too_long(op, facts) && (known || op->block_width > 1);
}

/* Shrinks blocks until they are short enough and the window fits in registers; uses local memory if
 * none does. */
static void choose_form(const struct tile_class *class, struct tile_op *op,
                        const struct tri_stage *stage, const struct tile_limits *limits)
{
    const struct tri_node_facts *facts = &stage->facts[op->node];
    const int window = limits->window;
    if (facts->part && reads_parts(stage, op->pass->file))
        op->form = TILE_PART;
    else if (op->pass->kind == PASS_GATHER)
        op->form = TILE_PLANE;
    else if (op->form < TILE_PLANE && limits->pairs && only_chooses(stage, op->pass->file))
        op->form = TILE_PAIRS;
    choose_block(class, op);
    if (!tri_tile_is_body(op) || op->form >= TILE_PLANE)
        return;
    while (op->block_rows > 1 &&
           (too_long(op, facts) || window_words(class, op, facts->reach) > window))
        op->block_rows /= 2;
    if (facts->dynamic ||
        window_words(class, op, facts->reach) > (op->block_rows == 1 ? window * 3 / 2 : window) ||
        !shorten_row(op, facts)) {
        op->form = TILE_NEAR;
        op->block_rows = 1;
        op->block_width = 4;
    }
}

static void add_op(struct tile_class *class, int *channels, const struct tri_plan *plan,
                   const struct tri_stage *stage, int number, const struct tile_limits *limits)
{
    const struct walk_node *node = &stage->nodes[number];
    const struct tri_node_facts *facts = &stage->facts[number];
    const int place = class->op_count++;
    struct tile_op *op = &class->ops[place];
    *op = (struct tile_op){.pass = stage->passes[node->pass],
                           .node = number,
                           .inputs = node->inputs,
                           .outputs = node->kind == PASS_HISTOGRAM ? 0 : node->outputs,
                           .low = node->low,
                           .high = node->high,
                           .reach = tri_tile_multiple(facts->reach, 4),
                           .sparse = node->sparse,
                           .transposed = facts->transposed,
                           .part_grid = -1,
                           .constants_size = facts->constants_size,
                           .constants = -1,
                           .table = -1,
                           .table_at = -1,
                           .sums_at = -1,
                           .form = node->whole ? TILE_PLANE : TILE_WINDOW};
    memcpy(op->rows, node->rows, sizeof op->rows);
    lowest_highest(op);
    if (node->kind == PASS_SCAN)
        op->reach = 0;
    for (int k = 0; k < op->inputs; k++)
        op->in[k] = place_of(class, channels, plan, node->in[k], place, k);
    for (int o = 0; o < op->outputs; o++) {
        op->out[o] = place_of(class, channels, plan, node->out[o], place, -1 - o);
        class->places[op->out[o]].made = true;
        class->places[op->out[o]].stored = class->places[op->out[o]].base != BASE_SCRATCH;
    }
    choose_form(class, op, stage, limits);
    if (op->form == TILE_PART) {
        op->part_across = facts->across;
        op->part_down = facts->down;
        op->padding = facts->reach;
    }
    for (int k = 0; k < op->inputs; k++) {
        struct tile_place *in = &class->places[op->in[k]];
        if (op->form == TILE_PLANE)
            in->plane = true;
        else
            in->loaded |= !in->made;
    }
}

/* False: the place is in another grid already. */
static bool put_in_grid(struct tile_place *place, int grid)
{
    if (place->grid >= 0 && place->grid != grid)
        return false;
    place->grid = grid;
    return true;
}

/* Finds the grids of what is in tiles, from the last operation to the first. False: a channel would
 * need tiles of two, or would be stored from another than the output's, where tiles overlap. */
static bool find_grids(struct tile_class *class)
{
    bool one = true;
    class->grids[class->grid_count++] = (struct tile_grid){.op = -1, .table = -1};
    for (int i = 0; i < class->place_count; i++)
        class->places[i].grid = class->places[i].stored ? 0 : -1;
    for (int i = class->op_count - 1; i >= 0 && one; i--) {
        struct tile_op *op = &class->ops[i];
        for (int o = 0; o < op->outputs; o++)
            op->grid = largest(op->grid, class->places[op->out[o]].grid);
        for (int o = 0; o < op->outputs; o++)
            one &= put_in_grid(&class->places[op->out[o]], op->grid);
        int grid = op->grid;
        if (op->form == TILE_PART) {
            grid = op->part_grid = class->grid_count++;
            class->grids[grid] = (struct tile_grid){.op = i, .table = -1};
        }
        for (int k = 0; k < op->inputs && op->form != TILE_PLANE; k++)
            one &= put_in_grid(&class->places[op->in[k]], grid);
    }
    return one;
}

/* False: the grid has another size. */
static bool size_grid(struct tile_grid *grid, const struct walk_channel *c)
{
    if (grid->width == 0) {
        grid->width = c->width;
        grid->height = c->height;
    }
    return grid->width == c->width && grid->height == c->height;
}

/* Channels of a grid have one size, and channels read as planes exist already. */
static bool fits_together(struct tile_class *class, const struct tri_plan *plan,
                          const struct tri_stage *stage, const int *channels)
{
    if (!find_grids(class))
        return false;
    for (int i = 0; i < class->op_count; i++) {
        const struct tile_op *op = &class->ops[i];
        const struct walk_node *node = &stage->nodes[op->node];
        if (!size_grid(&class->grids[op->grid],
                       &plan->channels[op->outputs == 0 ? node->in[0] : node->out[0]]))
            return false;
    }
    for (int i = 0; i < class->place_count; i++) {
        const struct tile_place *place = &class->places[i];
        if (place->grid >= 0 &&
            !size_grid(&class->grids[place->grid], &plan->channels[channels[i]]))
            return false;
        if ((place->plane && place->made) || (place->loaded && place->base == BASE_SCRATCH))
            return false;
    }
    return true;
}

/* Points only: no neighbours, no planes, no counts. */
static bool is_points(const struct tile_class *class)
{
    for (int i = 0; i < class->op_count; i++) {
        const struct tile_op *op = &class->ops[i];
        if (!tri_tile_is_body(op) || op->form > TILE_PAIRS || op->low != 0 || op->high != 0 ||
            op->reach != 0 || op->sparse != 0)
            return false;
    }
    return true;
}

static bool class_new(struct tile_class *class, int nodes)
{
    class->ops = calloc((size_t)nodes, sizeof class->ops[0]);
    class->places = calloc((size_t)nodes * (TRI_INPUTS + TRI_OUTPUTS), sizeof class->places[0]);
    class->grids = calloc((size_t)nodes + 1, sizeof class->grids[0]);
    class->nodes = calloc((size_t)nodes, sizeof class->nodes[0]);
    return class->ops != NULL && class->places != NULL && class->grids != NULL &&
           class->nodes != NULL;
}

static void class_free(struct tile_class *class)
{
    free(class->ops);
    free(class->places);
    free(class->grids);
    free(class->nodes);
}

/* ---- equal components ---- */

static bool alike_ops(const struct tri_plan *plan, const struct tri_stage *stage,
                      const struct tile_op *a, const struct tile_op *b)
{
    struct tile_op same = *b;
    same.node = a->node;
    /* Padding that differed would cost a launch of its own, no more.
     * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
    if (memcmp(&same, a, sizeof same) != 0)
        return false;
    return !stage->facts[a->node].specialize ||
           memcmp(plan->constants + stage->nodes[a->node].constants,
                  plan->constants + stage->nodes[b->node].constants,
                  (size_t)a->constants_size) == 0;
}

static bool alike(const struct tri_plan *plan, const struct tri_stage *stage,
                  const struct tile_class *a, const struct tile_class *b)
{
    bool same = a->op_count == b->op_count && a->place_count == b->place_count &&
                a->grid_count == b->grid_count;
    for (int i = 0; same && i < a->grid_count; i++)
        same = a->grids[i].width == b->grids[i].width && a->grids[i].height == b->grids[i].height;
    for (int i = 0; same && i < a->op_count; i++)
        same = alike_ops(plan, stage, &a->ops[i], &b->ops[i]);
    return same && memcmp(a->places, b->places, (size_t)a->place_count * sizeof a->places[0]) == 0;
}

/* Adds a component to an equal class, or as a new class. False: no memory. */
static bool add_component(const struct tri_plan *plan, struct tile_stage *tiles,
                          struct tile_class *made)
{
    for (int i = 0; i < tiles->class_count; i++) {
        struct tile_class *class = &tiles->classes[i];
        if (!alike(plan, tiles->stage, class, made))
            continue;
        const size_t row = (size_t) class->op_count, rows = (size_t) class->component_count;
        int *nodes = realloc(class->nodes, (rows + 1) * row * sizeof nodes[0]);
        if (nodes == NULL)
            return false;
        memcpy(nodes + rows * row, made->nodes, row * sizeof nodes[0]);
        class->nodes = nodes;
        class->component_count++;
        class_free(made);
        return true;
    }
    tiles->classes[tiles->class_count++] = *made;
    return true;
}

/* ---- what files share ---- */

typedef bool op_question(const struct tile_stage *tiles, const struct tile_op *op);

static bool in_program(const struct tile_stage *tiles, const struct tile_op *op)
{
    const struct tri_node_facts *facts = &tiles->stage->facts[op->node];
    return facts->specialize && facts->fixed && op->constants_size <= PROGRAM_CONSTANTS &&
           op->form != TILE_PLANE && op->form != TILE_PART;
}

static bool in_local(const struct tile_stage *tiles, const struct tile_op *op)
{
    (void)tiles;
    return op->pass->kind == PASS_MAP && op->form != TILE_POINT &&
           op->constants_size <= LOCAL_TABLE;
}

/* Whether it holds for all operations of a file that have constants. */
static bool all_of_file(const struct tile_stage *tiles, const char *file, op_question *ask)
{
    for (int c = 0; c < tiles->class_count; c++) {
        for (int i = 0; i < tiles->classes[c].op_count; i++) {
            const struct tile_op *op = &tiles->classes[c].ops[i];
            if (strcmp(op->pass->file, file) == 0 && op->constants_size > 0 && !ask(tiles, op))
                return false;
        }
    }
    return true;
}

/* A file is compiled once, so all its bodies must read from the same kind of memory. False: they
 * cannot. */
static bool agree_on_form(struct tile_stage *tiles, const char *file)
{
    bool window = true, plane = false, part = false, tile = false, others = false, points = true;
    for (int c = 0; c < tiles->class_count; c++) {
        for (int i = 0; i < tiles->classes[c].op_count; i++) {
            const struct tile_op *op = &tiles->classes[c].ops[i];
            if (strcmp(op->pass->file, file) != 0)
                continue;
            part |= op->form == TILE_PART;
            if (!tri_tile_is_body(op)) {
                others |= op->form == TILE_PLANE;
                continue;
            }
            window &= op->form <= TILE_PAIRS;
            plane |= op->form == TILE_PLANE;
            tile |= op->form < TILE_PLANE;
            points &= tiles->classes[c].points;
        }
    }
    for (int c = 0; c < tiles->class_count; c++) {
        struct tile_class *class = &tiles->classes[c];
        for (int i = 0; i < class->op_count; i++) {
            struct tile_op *op = &class->ops[i];
            if (strcmp(op->pass->file, file) != 0 || !tri_tile_is_body(op) || plane || part)
                continue;
            class->points &= points;
            if (!window && op->form <= TILE_PAIRS) {
                op->form = TILE_NEAR;
                op->block_rows = 1;
                op->block_width = 4;
            }
        }
    }
    return !(plane && tile) && !(part && (plane || tile || others));
}

static bool agree(struct tile_stage *tiles)
{
    /* Twice: a tile forced by one file affects other files. */
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < tiles->stage->pass_count; i++) {
            if (!agree_on_form(tiles, tiles->stage->passes[i]->file))
                return false;
        }
    }
    for (int c = 0; c < tiles->class_count; c++) {
        for (int i = 0; i < tiles->classes[c].op_count; i++) {
            if (tiles->classes[c].points)
                tiles->classes[c].ops[i].form = TILE_POINT;
        }
    }
    return true;
}

/* ---- the table of channels ---- */

static void number_table(struct tile_stage *tiles)
{
    int arrays = 0;
    for (int c = 0; c < tiles->class_count; c++) {
        struct tile_class *class = &tiles->classes[c];
        for (int i = 0; i < class->place_count; i++) {
            struct tile_place *place = &class->places[i];
            if (place->loaded || place->plane || place->stored)
                place->table = class->table_size++;
        }
        for (int i = 1; i < class->grid_count; i++, class->table_size += 2)
            class->grids[i].table = class->table_size;
        for (int i = 0; i < class->op_count; i++) {
            struct tile_op *op = &class->ops[i];
            if (tri_pass_counts(op->pass))
                op->table = class->table_size++;
            else if (op->constants_size > 0 && all_of_file(tiles, op->pass->file, in_program))
                op->constants = arrays++;
            else if (op->constants_size > 0)
                op->table = class->table_size++;
            if (op->constants_size > 0 && op->constants < 0 &&
                all_of_file(tiles, op->pass->file, in_local))
                op->table_at = 0;
        }
        tiles->table_size += class->table_size * class->component_count;
    }
}

/* ---- the whole plan ---- */

static bool make_classes(const struct tri_plan *plan, struct tile_stage *tiles,
                         const struct tile_limits *limits, int *parent, int *channels,
                         bool *together)
{
    const struct tri_stage *stage = tiles->stage;
    find_components(stage, parent);
    for (int i = 0; i < stage->node_count && *together; i++) {
        struct tile_class class = {.component_count = 1};
        if (root(parent, i) != i)
            continue;
        if (!class_new(&class, stage->node_count)) {
            class_free(&class);
            return false;
        }
        for (int j = 0; j < stage->node_count; j++) {
            if (root(parent, j) == i) {
                class.nodes[class.op_count] = j;
                add_op(&class, channels, plan, stage, j, limits);
            }
        }
        *together = fits_together(&class, plan, stage, channels);
        class.points = is_points(&class);
        if (!add_component(plan, tiles, &class)) {
            class_free(&class);
            return false;
        }
    }
    return true;
}

enum tri_status tri_tile_plan(const struct tri_plan *plan, int number,
                              const struct tile_limits *limits, struct tile_stage **result,
                              struct tri_error *error)
{
    const struct tri_stage *stage = &plan->stages[number];
    const size_t count = (size_t)stage->node_count;
    struct tile_stage *tiles = calloc(1, sizeof *tiles);
    int *parent = calloc(count, sizeof *parent),
        *channels = calloc(count * (TRI_INPUTS + TRI_OUTPUTS), sizeof *channels);
    bool together = true, done = tiles != NULL && parent != NULL && channels != NULL;
    *result = NULL;
    if (done) {
        tiles->stage = stage;
        tiles->classes = calloc(count, sizeof tiles->classes[0]);
        done = tiles->classes != NULL &&
               make_classes(plan, tiles, limits, parent, channels, &together);
    }
    free(parent);
    free(channels);
    together = together && done && agree(tiles);
    if (together) {
        number_table(tiles);
        for (int c = 0; c < tiles->class_count && together; c++) {
            struct tile_class *class = &tiles->classes[c];
            class->group = limits->group;
            if (class->points)
                tri_tile_choose_points(class, plan->in.bits);
            else
                together = tri_tile_choose_size(class, limits);
        }
    }
    if (together && done)
        *result = tiles;
    else
        tri_tile_free(tiles);
    return done ? TRI_OK : tri_fail(error, TRI_FAILED, "out of memory for the tiles of a stage");
}

void tri_tile_free(struct tile_stage *tiles)
{
    if (tiles == NULL)
        return;
    for (int c = 0; tiles->classes != NULL && c < tiles->class_count; c++)
        class_free(&tiles->classes[c]);
    free(tiles->classes);
    free(tiles);
}

/* ---- for a run ---- */

static struct tile_channel entry_of(const struct tri_plan *plan, int channel)
{
    const struct walk_channel *c = &plan->channels[channel];
    /* The padding of the caller's images does not matter here. */
    return (struct tile_channel){.offset = c->offset,
                                 .stride = c->stride,
                                 .width = c->width,
                                 .height = c->height,
                                 .halo = c->base == BASE_ARENA ? c->halo : 0};
}

/* With the size of what is counted, which may be in no memory but a tile's. */
static struct tile_channel counts_of(const struct tri_plan *plan, const struct walk_node *node)
{
    const struct walk_channel *counted = &plan->channels[node->in[0]];
    return (struct tile_channel){.offset = plan->channels[node->out[0]].offset,
                                 .width = counted->width,
                                 .height = counted->height};
}

_Static_assert(sizeof(struct tile_reads) == sizeof(struct tile_channel), "they share a table");

/* The size of what an operation reads, and which part of it. */
static void put_reads(const struct tri_plan *plan, const struct tile_op *op,
                      const struct walk_node *node, struct tile_channel entries[2])
{
    const struct walk_channel *in = &plan->channels[node->in[0]];
    const struct tile_reads reads[2] = {
        {tri_tile_step(&op->part_across), tri_tile_first(&op->part_across), in->width, op->padding},
        {tri_tile_step(&op->part_down), tri_tile_first(&op->part_down), in->height, 0}};
    memcpy(entries, reads, sizeof reads);
}

void tri_tile_table(const struct tri_plan *plan, const struct tile_stage *tiles,
                    struct tile_channel *table)
{
    for (int c = 0; c < tiles->class_count; c++) {
        const struct tile_class *class = &tiles->classes[c];
        for (int m = 0; m < class->component_count; m++, table += class->table_size) {
            const int *nodes = class->nodes + (size_t)m * (size_t) class->op_count;
            for (int i = 0; i < class->place_count; i++) {
                const struct tile_place *place = &class->places[i];
                const struct walk_node *node = &tiles->stage->nodes[nodes[place->by_op]];
                if (place->table >= 0)
                    table[place->table] =
                        entry_of(plan, place->by_input >= 0 ? node->in[place->by_input]
                                                            : node->out[-1 - place->by_input]);
            }
            for (int i = 1; i < class->grid_count; i++) {
                const struct tile_grid *grid = &class->grids[i];
                put_reads(plan, &class->ops[grid->op], &tiles->stage->nodes[nodes[grid->op]],
                          &table[grid->table]);
            }
            for (int i = 0; i < class->op_count; i++) {
                const struct walk_node *node = &tiles->stage->nodes[nodes[i]];
                const struct tile_op *op = &class->ops[i];
                if (op->table >= 0 && tri_pass_counts(op->pass))
                    table[op->table] = counts_of(plan, node);
                else if (op->table >= 0)
                    table[op->table] = (struct tile_channel){.offset = node->constants};
            }
        }
    }
}

void tri_tile_items(const struct tile_class *class, size_t global[3], size_t local[3])
{
    const struct tile_grid *out = &class->grids[0];
    if (class->points) {
        /* 32 adjacent items read whole memory lines. */
        const int across = class->group < 32 ? class->group : 32, down = class->group / across;
        local[0] = (size_t)across;
        local[1] = (size_t)down;
        global[0] =
            (size_t)tri_tile_multiple((out->width + class->samples - 1) / class->samples, across);
        global[1] = (size_t)tri_tile_multiple((out->height + class->rows - 1) / class->rows, down);
    } else {
        local[0] = (size_t) class->group;
        local[1] = 1;
        global[0] = (size_t)((out->width + out->tile_width - 1) / out->tile_width) * local[0];
        global[1] = (size_t)((out->height + out->tile_height - 1) / out->tile_height);
    }
    local[2] = 1;
    global[2] = (size_t) class->component_count;
}
