/* tile_source.c -- the program text of a stage over tiles: the dialect, the kernel files, and for
 * each class a kernel that runs its operations in order, with everything known about them as
 * literal numbers. */
#include "tile.h"
#include "../pipeline/registry.h"

#include <stdlib.h>
#include <string.h>

static const char *const files[] = {"row_arguments.h", "one_lane.h", "body_words.h", "tiles.h",
                                    "tile_moves.h",    "cover.h",    "patches.h",    "ranks.h",
                                    "regions.h",       "runs.h"};

/* Loops over more samples of a part than that stay loops. */
#define UNROLLED_PARTS 32

static const char *base_name(int base)
{
    static const char *const names[BASE_PAST] = {"scratch", "arena", "constants", "out", "in"};
    return names[base];
}

static const char *type_name(int size)
{
    return size == 1 ? "uchar" : size == 2 ? "ushort" : size == 4 ? "uint" : "ulong";
}

/* ---- kernel files ---- */

static const struct tile_op *first_of_file(const struct tile_stage *tiles, const char *file,
                                           bool with_constants)
{
    for (int c = 0; c < tiles->class_count; c++) {
        for (int i = 0; i < tiles->classes[c].op_count; i++) {
            const struct tile_op *op = &tiles->classes[c].ops[i];
            if (strcmp(op->pass->file, file) == 0 &&
                (with_constants ? op->constants_size > 0 : tri_tile_is_body(op)))
                return op;
        }
    }
    return NULL;
}

static int window_samples(const struct tile_stage *tiles, const char *file)
{
    int most = 4;
    for (int c = 0; c < tiles->class_count; c++) {
        for (int i = 0; i < tiles->classes[c].op_count; i++) {
            const struct tile_op *op = &tiles->classes[c].ops[i];
            const int samples = op->inputs * (op->block_rows + op->high - op->low) *
                                (op->block_width + 2 * op->reach);
            if (strcmp(op->pass->file, file) == 0 && op->form <= TILE_PAIRS && samples > most)
                most = samples;
        }
    }
    return most;
}

/* The most samples in a direction that a pass of the file reads of parts of planes in tiles; 0:
 * none does. */
static int most_of_parts(const struct tile_stage *tiles, const char *file)
{
    int most = 0;
    for (int c = 0; c < tiles->class_count; c++) {
        for (int i = 0; i < tiles->classes[c].op_count; i++) {
            const struct tile_op *op = &tiles->classes[c].ops[i];
            const int count = op->part_across.count > op->part_down.count ? op->part_across.count
                                                                          : op->part_down.count;
            if (strcmp(op->pass->file, file) == 0 && op->form == TILE_PART && count > most)
                most = count;
        }
    }
    return most;
}

static void put_file(FILE *text, const struct tile_stage *tiles, const char *file, int bits)
{
    static const char *const forms[] = {"WINDOW", "PAIRS", "NEAR", "PLANE", "PART", "POINT"};
    static const char *const spaces[] = {"", "", "LOCAL", "GLOBAL", "LOCAL", ""};
    const struct tile_op *body = first_of_file(tiles, file, false),
                         *with = first_of_file(tiles, file, true);
    const enum tile_form form = body != NULL ? body->form : TILE_PLANE;
    const int parts = most_of_parts(tiles, file);
    const char *constants = with == NULL || (with->constants < 0 && with->table_at < 0) ? "GLOBAL"
                            : with->constants >= 0 ? "__constant"
                                                   : "LOCAL";
    fprintf(text,
            "#undef TILE_FORM\n#undef DATA\n#undef SEEN\n#undef CONSTANT\n#undef UNROLL\n#undef "
            "WINDOW_SAMPLES\n"
            "#define TILE_FORM %s\n#define DATA %s\n#define SEEN %s\n#define CONSTANT %s "
            "const\n#define UNROLL%s\n#define WINDOW_SAMPLES %d\n",
            forms[form], spaces[form], parts > 0 ? "PART" : "PLANE", constants,
            form <= TILE_PAIRS || form == TILE_POINT ? " TILE_UNROLL"
            : parts > 0 && parts <= UNROLLED_PARTS   ? " TILE_UNROLL_LATER"
                                                     : "",
            window_samples(tiles, file));
    if (form == TILE_PAIRS)
        fputs("#undef S\n#undef MIN\n#undef MAX\n#define S pair\n#define MIN pair_min\n#define MAX "
              "pair_max\n",
              text);
    fputs(tri_source_find(file), text);
    if (form == TILE_PAIRS)
        fprintf(text,
                "#undef S\n#undef MIN\n#undef MAX\n#define S u%d\n#define MIN SINGLE_MIN\n#define "
                "MAX SINGLE_MAX\n",
                bits);
}

static void put_kernel_files(FILE *text, const struct tile_stage *tiles, int bits)
{
    const struct tri_stage *stage = tiles->stage;
    for (int i = 0; i < stage->pass_count; i++) {
        bool again = false;
        for (int k = 0; k < i; k++)
            again |= strcmp(stage->passes[k]->file, stage->passes[i]->file) == 0;
        if (!again)
            put_file(text, tiles, stage->passes[i]->file, bits);
    }
}

/* ---- constants ---- */

static void put_constants(FILE *text, const struct tri_plan *plan, const struct tile_stage *tiles)
{
    for (int c = 0; c < tiles->class_count; c++) {
        for (int i = 0; i < tiles->classes[c].op_count; i++) {
            const struct tile_op *op = &tiles->classes[c].ops[i];
            if (op->constants < 0)
                continue;
            const unsigned char *bytes = plan->constants + tiles->stage->nodes[op->node].constants;
            fprintf(text, "__constant uint constants_%d[] __attribute__((aligned(16))) = {",
                    op->constants);
            for (long at = 0; at < op->constants_size; at += 4) {
                uint32_t word = 0;
                memcpy(&word, bytes + at,
                       op->constants_size - at < 4 ? (size_t)(op->constants_size - at) : 4);
                fprintf(text, "%s0x%x", at == 0 ? "" : at % 64 == 0 ? ",\n" : ",", word);
            }
            fputs("};\n", text);
        }
    }
}

static void put_constants_of(FILE *text, const struct tile_op *op)
{
    if (op->constants >= 0)
        fprintf(text, "(__constant const uchar *)constants_%d", op->constants);
    else if (op->table_at >= 0)
        fprintf(text, "(LOCAL const uchar *)(memory + %ld)", op->table_at);
    else if (op->constants_size > 0)
        fprintf(text, "(GLOBAL const uchar *)(constants + at[%d].offset)", op->table);
    else
        fputs("0", text);
}

/* ---- kernels over tiles ---- */

/* The entry with the size of the output, or of what is counted or updated. */
static int sized_entry(const struct tile_class *class)
{
    for (int i = 0; i < class->place_count; i++)
        if (class->places[i].grid == 0 && (class->places[i].loaded || class->places[i].stored))
            return class->places[i].table;
    for (int i = 0; i < class->op_count; i++)
        if (tri_pass_counts(class->ops[i].pass))
            return class->ops[i].table;
    return class->places[0].table;
}

static void put_head(FILE *text, const struct tile_stage *tiles, int number)
{
    const struct tile_class *class = &tiles->classes[number];
    const int sized = sized_entry(class);
    int first = 0;
    size_t global[3], local[3];
    tri_tile_items(class, global, local);
    for (int c = 0; c < number; c++)
        first += tiles->classes[c].table_size * tiles->classes[c].component_count;
    fprintf(
        text,
        "__kernel __attribute__((reqd_work_group_size(%zu, %zu, 1)))\nvoid stage_%d(GLOBAL uchar "
        "*scratch, GLOBAL uchar *arena, "
        "GLOBAL const uchar *restrict constants, GLOBAL uchar *out, GLOBAL uchar *in, __constant "
        "struct tile_channel *table, int zero, int first)\n{\n"
        "    __constant const struct tile_channel *at = table + %d + (int)get_group_id(2) * %d;\n"
        "    const int width = at[%d].width, height = at[%d].height;\n",
        local[0], local[1], number, first, class->table_size, sized, sized);
}

/* Byte ranges of local memory read and written since the last barrier. */
struct touched {
    struct range {
        long from, to;
        bool written;
    } ranges[256];
    int count;
};

static bool clashes(const struct touched *touched, struct range range)
{
    for (int i = 0; i < touched->count; i++) {
        const struct range *other = &touched->ranges[i];
        if ((range.written || other->written) && range.from < other->to && other->from < range.to)
            return true;
    }
    return false;
}

static struct range range_of(const struct tile_place *place, bool written)
{
    return (struct range){place->at, place->at + (long)place->stride * place->rows * place->size,
                          written};
}

/* Emits a barrier if an operation that touches `ranges` needs one. */
static void put_barrier(FILE *text, struct touched *touched, const struct range *ranges, int count)
{
    bool needed =
        touched->count + count > (int)(sizeof touched->ranges / sizeof touched->ranges[0]);
    for (int i = 0; i < count; i++)
        needed |= clashes(touched, ranges[i]);
    if (needed) {
        fputs("    barrier(CLK_LOCAL_MEM_FENCE);\n", text);
        touched->count = 0;
    }
    for (int i = 0; i < count; i++)
        touched->ranges[touched->count++] = ranges[i];
}

/* The variable that is the tile of a grid. */
static const char *tile_of(int grid, char name[16])
{
    snprintf(name, 16, grid == 0 ? "tile" : "tile_%d", grid);
    return name;
}

/* Where a tile begins that an operation reads, in one direction. */
static void put_begin(FILE *text, const struct tile_class *class, const struct tile_grid *grid,
                      bool across)
{
    char out[16];
    const struct tile_op *op = &class->ops[grid->op];
    const int needed = across ? grid->across : grid->down;
    tile_of(op->grid, out);
    if (needed == 0)
        fprintf(text, "%s.%c", out, across ? 'x' : 'y');
    else
        fprintf(text, "tile_begin(&reads[%d], %s.%c - %d, %s.%s, %d, %d)",
                across ? grid->table : grid->table + 1, out, across ? 'x' : 'y',
                across ? op->left : op->up, out, across ? "width" : "height", needed,
                across ? TILE_ALIGN : 1);
}

/* The output's tile, and those of what is read for it. */
static void put_grids(FILE *text, const struct tile_class *class)
{
    fprintf(text,
            "    const struct tile tile = {(int)get_group_id(0) * %d, (first + "
            "(int)get_group_id(1)) * %d, width, height, zero};\n",
            class->grids[0].tile_width, class->grids[0].tile_height);
    if (class->grid_count > 1)
        fputs("    __constant const struct tile_reads *reads = (__constant const struct tile_reads "
              "*)at;\n",
              text);
    for (int i = 1; i < class->grid_count; i++) {
        const struct tile_grid *grid = &class->grids[i];
        fprintf(text, "    const struct tile tile_%d = {", i);
        put_begin(text, class, grid, true);
        fputs(", ", text);
        put_begin(text, class, grid, false);
        fprintf(text, ",\n        reads[%d].size, reads[%d].size, zero};\n", grid->table,
                grid->table + 1);
    }
}

static void put_loads(FILE *text, const struct tile_class *class, struct touched *touched)
{
    for (int i = 0; i < class->place_count; i++) {
        const struct tile_place *place = &class->places[i];
        const struct range range = range_of(place, true);
        char tile[16];
        if (!place->loaded)
            continue;
        tile_of(place->grid, tile);
        put_barrier(text, touched, &range, 1);
        fprintf(text,
                "    tile_load_%s(memory + %ld, %d, %d, %s + at[%d].offset, at[%d].stride, %s.x "
                "- %d, %s.y - %d, %s.width, %s.height);\n",
                type_name(place->size), place->at, place->stride, place->rows,
                base_name(place->base), place->table, place->table, tile, place->before, tile,
                place->up, tile, tile);
    }
    for (int i = 0; i < class->op_count; i++) {
        const struct tile_op *op = &class->ops[i];
        const struct range range = {op->table_at, op->table_at + op->constants_size, true};
        if (op->table_at < 0)
            continue;
        put_barrier(text, touched, &range, 1);
        fprintf(text,
                "    for (int i = (int)get_local_id(0); i < %ld; i += GROUP)\n"
                "        ((LOCAL uint *)(memory + %ld))[i] = ((GLOBAL const uint *)(constants + "
                "at[%d].offset))[i];\n",
                (op->constants_size + 3) / 4, op->table_at, op->table);
    }
}

/* Offset in a place's tile of a sample of the grid's tile, which may be before its first one. */
static long sample_at(const struct tile_place *place, int x, int y)
{
    return place->at + ((long)(place->up + y) * place->stride + place->before + x) * place->size;
}

static void put_list(FILE *text, const char *name, const int *values, int count)
{
    fprintf(text, ", .%s = {", name);
    for (int i = 0; i < count; i++)
        fprintf(text, "%s%d", i > 0 ? ", " : "", values[i]);
    fputs("}", text);
}

/* Emits a node's numbers. */
static void put_node(FILE *text, const struct tile_class *class, int number, int place)
{
    const struct tile_op *op = &class->ops[place];
    int in[TRI_INPUTS] = {0}, in_stride[TRI_INPUTS] = {0}, out[TRI_OUTPUTS] = {0},
        out_stride[TRI_OUTPUTS] = {0};
    for (int k = 0; k < op->inputs && op->form != TILE_PLANE; k++) {
        in[k] = (int)sample_at(&class->places[op->in[k]], op->form == TILE_PART ? 0 : -op->left,
                               op->form == TILE_PART ? 0 : -op->up);
        in_stride[k] = class->places[op->in[k]].stride;
    }
    for (int o = 0; o < op->outputs; o++) {
        out[o] = (int)sample_at(&class->places[op->out[o]], -op->left, -op->up);
        out_stride[o] = class->places[op->out[o]].stride;
    }
    fprintf(text,
            "__constant const struct tile_node node_%d_%d = {.x = %d, .y = %d, .width = %d, .rows "
            "= %d, .block_width = %d, .block_rows = %d,\n"
            "    .inputs = %d, .outputs = %d, .low = %d, .high = %d, .reach = %d, .sparse = %d",
            number, place, -op->left, -op->up,
            op->left + class->grids[op->grid].tile_width + op->right, op->made_rows,
            op->block_width, op->block_rows, op->inputs, op->outputs, op->low, op->high, op->reach,
            op->sparse);
    put_list(text, "at", op->rows, 4);
    put_list(text, "in", in, TRI_INPUTS);
    put_list(text, "in_stride", in_stride, TRI_INPUTS);
    put_list(text, "out", out, TRI_OUTPUTS);
    put_list(text, "out_stride", out_stride, TRI_OUTPUTS);
    fprintf(text, ", .across = %d, .down = %d};\n", op->part_across.count, op->part_down.count);
}

static void put_planes(FILE *text, const struct tile_class *class, const struct tile_op *op)
{
    fputs("        const struct tile_plane planes[] = {", text);
    for (int k = 0; k < op->inputs; k++) {
        const struct tile_place *place = &class->places[op->in[k]];
        fprintf(text, "%s{%s + at[%d].offset, at[%d].stride, at[%d].width, at[%d].height}",
                k > 0 ? ", " : "", base_name(place->base), place->table, place->table, place->table,
                place->table);
    }
    fputs("};\n", text);
}

static void put_op(FILE *text, const struct tile_class *class, int number, int place,
                   struct touched *touched)
{
    const struct tile_op *op = &class->ops[place];
    struct range ranges[TRI_INPUTS + TRI_OUTPUTS + 1];
    char tile[16], from[16];
    int count = 0;
    for (int k = 0; k < op->inputs && op->form != TILE_PLANE; k++)
        ranges[count++] = range_of(&class->places[op->in[k]], false);
    for (int o = 0; o < op->outputs; o++)
        ranges[count++] = range_of(&class->places[op->out[o]], true);
    if (op->table_at >= 0)
        ranges[count++] = (struct range){op->table_at, op->table_at + op->constants_size, false};
    else if (op->sums_at >= 0) /* one byte stands for the whole shared area */
        ranges[count++] = (struct range){op->sums_at, op->sums_at + 1, true};
    put_barrier(text, touched, ranges, count);
    fprintf(text, "    { /* %s */\n", op->pass->name);
    if (op->form == TILE_PLANE)
        put_planes(text, class, op);
    fprintf(text, "        %s_tile(&node_%d_%d, &%s, ", op->pass->name, number, place,
            tile_of(op->grid, tile));
    put_constants_of(text, op);
    fprintf(text, ", memory, %s, &%s", op->form == TILE_PLANE ? "planes" : "0",
            tile_of(op->form == TILE_PART ? op->part_grid : op->grid, from));
    if (op->pass->kind == PASS_GATHER)
        fprintf(text, ", %d", op->transposed);
    if (op->sums_at >= 0)
        fprintf(text, ", memory + %ld", op->sums_at);
    if (tri_pass_counts(op->pass))
        fprintf(text, ", (GLOBAL uint *)(scratch + at[%d].offset)", op->table);
    fputs(");\n    }\n", text);
}

/* Passes over planes replicate by themselves, and running sums continue; in lanes, passes over
 * parts of planes make columns outside, which gathers after them would read. The barrier is outside
 * the condition, although that is the same for all items of a group: POCL 3.1 duplicates everything
 * after a barrier inside a condition, so each one would double its compile time. */
static void put_replication(FILE *text, const struct tile_class *class, const struct tile_op *op)
{
    const bool part = op->form == TILE_PART && tri_tile_is_body(op);
    if ((op->form >= TILE_PLANE && !part) || op->pass->kind == PASS_SCAN)
        return;
    for (int o = 0; o < op->outputs; o++) {
        const struct tile_place *place = &class->places[op->out[o]];
        const int columns = place->left + class->grids[place->grid].tile_width + place->right;
        char tile[16];
        if ((place->left | place->right | place->up | place->down) == 0 &&
            !(part && place->grid > 0))
            continue;
        tile_of(place->grid, tile);
        fprintf(text,
                "    barrier(CLK_LOCAL_MEM_FENCE);\n"
                "    if (TILE_OUTSIDE(%s, %s.x - %d, %s.y - %d, %d, %d)) {\n"
                "        tile_replicate_%s(memory + %ld, %d, %d, %d, %s.x - %d, %s.y - %d, "
                "%s.width, %s.height);\n    }\n",
                tile, tile, place->left, tile, place->up, columns, place->rows,
                type_name(place->size), sample_at(place, -place->left, -place->up), place->stride,
                columns, place->rows, tile, place->left, tile, place->up, tile, tile);
    }
}

static void put_stores(FILE *text, const struct tile_class *class, struct touched *touched)
{
    for (int i = 0; i < class->place_count; i++) {
        const struct tile_place *place = &class->places[i];
        const struct range range = range_of(place, false);
        if (!place->stored)
            continue;
        put_barrier(text, touched, &range, 1);
        fprintf(text,
                "    tile_store_%s(memory + %ld, %d, %d, %d, %s + at[%d].offset, at[%d].stride, "
                "tile.x, tile.y, width, height, at[%d].halo);\n",
                type_name(place->size), sample_at(place, 0, 0), place->stride,
                class->grids[0].tile_width, class->grids[0].tile_height, base_name(place->base),
                place->table, place->table, place->table);
    }
}

static void put_tiles(FILE *text, const struct tile_stage *tiles, int number)
{
    const struct tile_class *class = &tiles->classes[number];
    struct touched touched = {.count = 0};
    for (int i = 0; i < class->op_count; i++)
        put_node(text, class, number, i);
    put_head(text, tiles, number);
    put_grids(text, class);
    fprintf(text,
            "    LOCAL uint4 words[%ld];\n    LOCAL uchar *const memory = (LOCAL uchar *)words;\n",
            class->local_memory > 0 ? (class->local_memory + 15) / 16 : 1);
    put_loads(text, class, &touched);
    for (int i = 0; i < class->op_count; i++) {
        put_op(text, class, number, i, &touched);
        put_replication(text, class, &class->ops[i]);
    }
    put_stores(text, class, &touched);
    fputs("}\n", text);
}

/* ---- kernels of points ---- */

/* Channels are kept as words, which four samples at a time are taken from, and given to. */
static void put_point_loads(FILE *text, const struct tile_class *class)
{
    for (int i = 0; i < class->place_count; i++) {
        const struct tile_place *place = &class->places[i];
        const int row = class->samples * place->size / 4; /* words */
        if (place->loaded || place->stored)
            fprintf(text, "    uint w%d[%d];\n", i, class->rows * row);
        if (!place->loaded)
            continue;
        fprintf(text,
                "    TILE_UNROLL\n    for (int r = 0; r < %d; r++) {\n"
                "        GLOBAL const uchar *row = %s + at[%d].offset + (long)TILE_INSIDE(y + r, "
                "height) * at[%d].stride + x * %d;\n"
                "        TILE_UNROLL\n        for (int k = 0; k < %d; k += 4)\n"
                "            tile_keep(w%d + r * %d + k, *(GLOBAL const uint4 *)(row + k * 4));\n"
                "    }\n",
                class->rows, base_name(place->base), place->table, place->table, place->size, row,
                i, row);
    }
}

/* The word of the first of four samples. */
static void put_words_of(FILE *text, const struct tile_class *class, int place)
{
    fprintf(text, "w%d + (r * %d + k) * %d / 4", place, class->samples, class->places[place].size);
}

static void put_point_op(FILE *text, const struct tile_op *op)
{
    const char *name = op->pass->name;
    fprintf(text, "                {\n                    const %s_in *in_of[TRI_INPUTS] = {",
            name);
    for (int k = 0; k < TRI_INPUTS; k++)
        fprintf(text, "%sc%d + i", k > 0 ? ", " : "", op->in[k < op->inputs ? k : 0]);
    fprintf(text,
            "};\n                    %s_out made[TRI_OUTPUTS];\n                    %s_at(&item, ",
            name, name);
    put_constants_of(text, op);
    fputs(", in_of, made, x + k + i);\n", text);
    for (int o = 0; o < op->outputs; o++)
        fprintf(text, "                    c%d[i] = made[%d];\n", op->out[o], o);
    fputs("                }\n", text);
}

/* Four samples of a row, from column k on. */
static void put_point_four(FILE *text, const struct tile_class *class)
{
    for (int i = 0; i < class->place_count; i++) {
        const struct tile_place *place = &class->places[i];
        const char *name = class->ops[place->by_op].pass->name;
        fprintf(text, "            %s_%s c%d[4];\n", name, place->by_input >= 0 ? "in" : "out", i);
        if (!place->loaded)
            continue;
        fprintf(text, "            %s_take(c%d, ", name, i);
        put_words_of(text, class, i);
        fputs(");\n", text);
    }
    fputs("            TILE_UNROLL\n            for (int i = 0; i < 4; i++) {\n", text);
    for (int i = 0; i < class->op_count; i++)
        put_point_op(text, &class->ops[i]);
    fputs("            }\n", text);
    for (int i = 0; i < class->place_count; i++) {
        const struct tile_place *place = &class->places[i];
        if (!place->stored)
            continue;
        fprintf(text, "            %s_give(", class->ops[place->by_op].pass->name);
        put_words_of(text, class, i);
        fprintf(text, ", c%d);\n", i);
    }
}

static void put_point_stores(FILE *text, const struct tile_class *class)
{
    for (int i = 0; i < class->place_count; i++) {
        const struct tile_place *place = &class->places[i];
        const char *name = class->ops[place->by_op].pass->name;
        const int row = class->samples * place->size / 4; /* words */
        if (!place->stored)
            continue;
        fprintf(
            text,
            "    TILE_UNROLL\n    for (int r = 0; r < %d; r++) {\n"
            "        GLOBAL uchar *bytes = %s + at[%d].offset + (long)(y + r) * at[%d].stride + "
            "x * %d;\n"
            "        GLOBAL %s_out *row = (GLOBAL %s_out *)bytes;\n"
            "        if (y + r < height) {\n"
            "            TILE_UNROLL\n            for (int k = 0; k < %d; k += 4)\n"
            "                tile_put_first(bytes + 4 * k, tile_kept(w%d + r * %d + k), (width "
            "- x) * %d - 4 * k);\n        }\n",
            class->rows, base_name(place->base), place->table, place->table, place->size, name,
            name, row, i, row, place->size);
        fprintf(text,
                "        _Pragma(\"unroll 1\") for (int h = 0; h < at[%d].halo && y + r < height "
                "&& x == 0; h++)\n           "
                " row[-1 - h] = row[0];\n"
                "        _Pragma(\"unroll 1\") for (int h = 0; h < at[%d].halo && y + r < height "
                "&& x + %d >= width; h++)\n"
                "            row[width - x + h] = row[width - 1 - x];\n    }\n",
                place->table, place->table, class->samples);
    }
}

static void put_points(FILE *text, const struct tile_stage *tiles, int number)
{
    const struct tile_class *class = &tiles->classes[number];
    put_head(text, tiles, number);
    fprintf(
        text,
        "    const int x = (int)get_global_id(0) * %d, y = (first + (int)get_global_id(1)) * %d;\n"
        "    if (x >= width || y >= height)\n        return;\n",
        class->samples, class->rows);
    put_point_loads(text, class);
    fprintf(text,
            "    struct item item = {.n = &tile_point, .in_width = width, .in_height = height, "
            ".zero = zero};\n"
            "    TILE_UNROLL\n    for (int r = 0; r < %d; r++) {\n        item.y = y + r;\n"
            "        TILE_UNROLL\n        for (int k = 0; k < %d; k += 4) {\n",
            class->rows, class->samples);
    put_point_four(text, class);
    fputs("        }\n    }\n", text);
    put_point_stores(text, class);
    fputs("}\n", text);
}

char *tri_tile_source(const struct tri_plan *plan, const struct tile_stage *tiles)
{
    char *source = NULL;
    size_t size;
    FILE *text = open_memstream(&source, &size);
    if (text == NULL)
        return NULL;
    fprintf(text, "#pragma OPENCL FP_CONTRACT OFF\n#define BITS %d\n#define GROUP %d\n",
            plan->in.bits, tiles->classes[0].group);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fputs(tri_source_find(files[i]), text);
    put_constants(text, plan, tiles);
    put_kernel_files(text, tiles, plan->in.bits);
    for (int c = 0; c < tiles->class_count; c++) {
        if (tiles->classes[c].points)
            put_points(text, tiles, c);
        else
            put_tiles(text, tiles, c);
    }
    if (ferror(text) | (fclose(text) != 0)) {
        free(source);
        return NULL;
    }
    return source;
}
