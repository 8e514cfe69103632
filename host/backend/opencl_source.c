/* opencl_source.c -- the program text of a stage, from the embedded sources: one flat text, since
 * drivers look for include files in the working directory. */
#include "opencl.h"
#include "tile.h"
#include "../pipeline/registry.h"

#include <stdlib.h>
#include <string.h>

/* The host defines LANES_BYTES, since compilers need not report what the CPU has. */
static const char lanes_head[] = "#define LANES (LANES_BYTES * 8 / BITS)\n"
                                 "#define ROW_FUNCTION(name, kind, IN, OUT) static void "
                                 "name##_each_row(const struct tri_row *row)\n";
/* With a word: only for kernels whose text has it, as compilers take milliseconds to read a file.
 */
static const struct {
    const char *file, *word;
} lanes_files[] = {
    {"row_arguments.h", NULL},
    {"lanes.h", NULL},
    {"lanes_dot.h", "dot_"},
    {"lanes_sum.h", "SUM_"},
    {"lanes_sad.h", "sad_"},
    {"lanes_lookup.h", "LOOKUP"},
    {"lanes_pick.h", "TABLE_AT("},
    {"lanes_near.h", "near_find("},
    {"lanes_quotient.h", "lanes_quotient("},
    {"lanes_weigh.h", "WEIGH_"},
    {"body_words.h", NULL},
    {"row_functions.h", NULL},
    {"cover.h", "COVER"},
    {"patches.h", "PATCHES("},
    {"rank_trees.h", "RANKS("},
    {"ranks.h", "RANKS("},
    {"regions.h", "REGIONS("},
    {"runs.h", "tri_runs"},
};

static bool any_has(const struct tri_stage *stage, const char *word)
{
    for (int i = 0; i < stage->pass_count; i++) {
        if (strstr(tri_source_find(stage->passes[i]->file), word) != NULL)
            return true;
    }
    return false;
}

/* Each kernel file once. */
static void put_kernels(FILE *text, const struct tri_stage *stage)
{
    for (int i = 0; i < stage->pass_count; i++) {
        bool again = false;
        for (int k = 0; k < i; k++)
            again |= strcmp(stage->passes[k]->file, stage->passes[i]->file) == 0;
        if (!again)
            fputs(tri_source_find(stage->passes[i]->file), text);
    }
}

static void put_walker(FILE *text, const struct tri_stage *stage)
{
    fputs("static void run_pass(int pass, const struct tri_row *row)\n{\n    switch (pass) {\n",
          text);
    for (int i = 0; i < stage->pass_count; i++)
        fprintf(text, "    case %d:\n        %s_each_row(row);\n        break;\n", i,
                stage->passes[i]->name);
    fputs("    }\n}\n#define WALK_ARGUMENT\n#define WALK_PASS_ON\n#define RUN_PASS(pass, row) "
          "run_pass(pass, row)\n",
          text);
    fputs(tri_source_find("walk.h"), text);
    fputs(tri_source_find("walk_kernel.h"), text);
}

/* Strips of rows, walked with clang's vectors. */
static char *walk_source(const struct opencl *cl, const struct tri_stage *stage, int bits)
{
    char *source = NULL;
    size_t size;
    FILE *text = open_memstream(&source, &size);
    if (text == NULL)
        return NULL;
    fprintf(text, "#pragma OPENCL FP_CONTRACT OFF\n#define BITS %d\n#define LANES_BYTES %d\n%s",
            bits, cl->lanes_bytes, lanes_head);
    for (size_t i = 0; i < sizeof lanes_files / sizeof lanes_files[0]; i++)
        if (lanes_files[i].word == NULL || any_has(stage, lanes_files[i].word))
            fputs(tri_source_find(lanes_files[i].file), text);
    put_kernels(text, stage);
    put_walker(text, stage);
    if (ferror(text) | (fclose(text) != 0)) {
        free(source);
        return NULL;
    }
    return source;
}

char *tri_opencl_source(const struct opencl *cl, const struct tri_plan *plan,
                        const struct tri_stage *stage, const struct tile_stage *tiles)
{
    return cl->lanes ? walk_source(cl, stage, plan->in.bits) : tri_tile_source(plan, tiles);
}
