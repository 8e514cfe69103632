/* tile.h -- stages as launches over tiles in local memory: which nodes go together, what a work-group does, and the
 * program text for it. kernels/dialect/tiles.h has the passes' side. */
#ifndef TRI_TILE_H
#define TRI_TILE_H

#include "../pipeline/plan.h"
#include "../../kernels/dialect/tiles.h"

/* The first two keep windows in registers. */
enum tile_form { TILE_WINDOW, TILE_PAIRS, TILE_NEAR, TILE_PLANE, TILE_POINT };
/* Where bodies of a file find their constants. */
enum tile_constants { TILE_CONSTANTS_BUFFER, TILE_CONSTANTS_PROGRAM, TILE_CONSTANTS_LOCAL };

/* What the device has. */
struct tile_limits {
    long local_memory; /* bytes */
    long share;        /* bytes that a group takes without keeping others from its unit */
    int group;         /* items */
    int window;        /* registers of 32 bits that a window may take */
    bool pairs;        /* an instruction chooses among two samples of 16 bits at once */
};

/* A channel within a class. */
struct tile_place {
    int size, base;          /* bytes a sample; where its plane is, if it has one */
    int by_op, by_input;     /* that of this input of this operation, or by_input < 0: of output -1 - by_input */
    int table;               /* its place in a component's part of the table of channels; -1: it has no plane */
    bool loaded, stored;     /* from its plane to a tile, and back */
    bool plane;              /* read where it lies */
    bool made;               /* by an operation of the class */
    int left, right, up, down; /* samples beyond the tile that are needed */
    int before;              /* samples of a row in memory before the tile's first one; `left`, rounded up */
    int stride, rows;        /* of its tile in memory, in samples */
    long at;                 /* there, in bytes */
    int first, last;         /* operations between which it lives; the stores come after all operations */
};

/* A node within a class. */
struct tile_op {
    const struct tri_pass *pass;
    int node;                /* of the stage, in the first component */
    enum tile_form form;
    int inputs, outputs;
    int in[TRI_INPUTS], out[TRI_OUTPUTS]; /* places */
    int low, high, reach, sparse, rows[4];
    bool transposed;
    long constants_size;
    int constants;           /* number of the array in the program; -1: in the table, at `table` */
    int table;               /* of constants, or of a tally's counts */
    int left, right, up, down;   /* samples beyond the tile that it makes */
    int block_width, block_rows, made_rows;
    long table_at, sums_at;  /* in local memory: of a map's table, of sums that items share; -1 */
};

/* Components of a stage that do the same on different channels: one launch. */
struct tile_class {
    struct tile_op *ops;
    int op_count;
    struct tile_place *places;
    int place_count;
    int *nodes;              /* [component][operation]: node of the stage */
    int component_count;
    int table_size;          /* entries of a component in the table of channels */
    int width, height;       /* of what it makes */
    bool points;             /* no tile is needed */
    int tile_width, tile_height;
    int samples, rows;       /* of points: what an item makes beside and below each other */
    long local_memory;       /* bytes of a group */
    int group;               /* items of a group */
};

struct tile_stage {
    struct tile_class *classes;
    int class_count;
    int table_size;          /* entries in all */
    const struct tri_stage *stage;
};

/* The next multiple, or n itself. */
static inline int tri_tile_multiple(int n, int of)
{
    return (n + of - 1) / of * of;
}

/* The size that costs least, and where all lies then; false: none fits local memory. */
bool tri_tile_choose_size(struct tile_class *class, const struct tile_limits *limits);
/* What an item makes where no tile is needed. */
void tri_tile_choose_points(struct tile_class *class, int bits);
/* A pass with a body for each sample. */
bool tri_tile_is_body(const struct tile_op *op);
/* NULL in *tiles and TRI_OK: the nodes cannot share a launch. To be freed by tri_tile_free. */
enum tri_status tri_tile_plan(const struct tri_plan *plan, int stage, const struct tile_limits *limits,
                              struct tile_stage **tiles, struct tri_error *error);
void tri_tile_free(struct tile_stage *tiles);

/* The program's text, to be freed; NULL: no memory. Kernels are stage_0, stage_1, ... for each class. */
char *tri_tile_source(const struct tri_plan *plan, const struct tile_stage *tiles);

/* The table of channels for this frame: table_size entries. */
void tri_tile_table(const struct tri_plan *plan, const struct tile_stage *tiles, struct tile_channel *table);
/* Work-items of a class, and of a group. */
void tri_tile_items(const struct tile_class *class, size_t global[3], size_t local[3]);

#endif
