/* tile.h -- stages as launches over tiles in local memory: which nodes share a launch, what a
 * work-group does, and the program text for it. kernels/dialect/tiles.h is the passes' side. */
#ifndef TRI_TILE_H
#define TRI_TILE_H

#include "../pipeline/plan.h"
#include "../../kernels/dialect/tiles.h"

/* The first two keep windows in registers. */
enum tile_form { TILE_WINDOW, TILE_PAIRS, TILE_NEAR, TILE_PLANE, TILE_PART, TILE_POINT };
/* Where a file's bodies find their constants. */
enum tile_constants { TILE_CONSTANTS_BUFFER, TILE_CONSTANTS_PROGRAM, TILE_CONSTANTS_LOCAL };

/* The device's limits. */
struct tile_limits {
    long local_memory; /* bytes */
    long share;        /* bytes a group may use without keeping others off its compute unit */
    int group;         /* work-items */
    int window;        /* 32-bit registers available for a window */
    bool pairs;        /* an instruction chooses between pairs of 16-bit samples */
};

/* A channel within a class. */
struct tile_place {
    int size, base;      /* bytes per sample; where its plane is, if it has one */
    int by_op, by_input; /* it is input by_input of operation by_op, or, if by_input < 0, output -1
                            - by_input */
    int table; /* its index in a component's part of the channel table; -1: it has no plane */
    bool loaded, stored;       /* from its plane to a tile; back */
    bool plane;                /* read in place */
    bool made;                 /* by an operation of the class */
    int grid;                  /* of what is in tiles; -1: not known */
    int left, right, up, down; /* samples needed beyond the grid's tile */
    int before;       /* samples of a row in memory before the tile's first; `left`, rounded up */
    int stride, rows; /* of its tile in memory, in samples */
    long at;          /* its offset there, in bytes */
    int first, last; /* the operations between which it is live; stores come after all operations */
};

/* A node within a class. */
struct tile_op {
    const struct tri_pass *pass;
    int node; /* of the stage, in the first component */
    enum tile_form form;
    int inputs, outputs;
    int in[TRI_INPUTS], out[TRI_OUTPUTS]; /* places */
    int low, high, reach, sparse, rows[4];
    bool transposed;
    int grid;                                /* of its output */
    int part_grid;                           /* TILE_PART: that of its inputs */
    struct tri_reads part_across, part_down; /* TILE_PART: what it reads of them */
    int padding;                             /* and how far beyond the ends of their rows */
    long constants_size;
    int constants; /* number of the array in the program; -1: in the table, at `table` */
    int table;     /* for constants, or for a histogram's counts */
    int left, right, up, down; /* samples beyond the tile that it computes */
    int block_width, block_rows, made_rows;
    long table_at, sums_at; /* in local memory: a map's table; sums shared by items; -1: none */
};

/* Channels of one size, and what a work-group's tile of them is. Grid 0 is the output's: all that
 * is stored. What an operation reads in the form TILE_PART has a grid of its own. */
struct tile_grid {
    int width, height;
    int tile_width, tile_height;
    int op;    /* which reads it; -1: grid 0 */
    int table; /* its entries, a struct tile_reads for each direction: the size, and where tiles
                  begin */
    int across, down; /* samples that the operation may need; 0: those at the places of its own */
};

/* Components of a stage that do the same on different channels, in one launch. */
struct tile_class {
    struct tile_op *ops;
    int op_count;
    struct tile_place *places;
    int place_count;
    struct tile_grid *grids;
    int grid_count;
    int *nodes; /* [component][operation]: node of the stage */
    int component_count;
    int table_size;    /* entries per component in the channel table */
    bool points;       /* no tile is needed */
    int samples, rows; /* for points: samples and rows that an item computes */
    long local_memory; /* bytes per group */
    int group;         /* work-items per group */
};

struct tile_stage {
    struct tile_class *classes;
    int class_count;
    int table_size; /* entries in total */
    const struct tri_stage *stage;
};

/* Rounds n up to a multiple. */
static inline int tri_tile_multiple(int n, int of)
{
    return (n + of - 1) / of * of;
}

/* Tiles of a grid of its own begin at a multiple of so many columns. */
#define TILE_ALIGN 16
/* Where the samples begin that sample 0 of an output needs, in units of 2^-32 samples. */
int64_t tri_tile_first(const struct tri_reads *reads);
int64_t tri_tile_step(const struct tri_reads *reads);
/* Chooses the cheapest tile size and lays out local memory for it; false: no size fits. */
bool tri_tile_choose_size(struct tile_class *class, const struct tile_limits *limits);
/* Chooses what an item computes where no tile is needed. */
void tri_tile_choose_points(struct tile_class *class, int bits);
/* Whether the pass has a body for each sample. */
bool tri_tile_is_body(const struct tile_op *op);
/* TRI_OK with NULL in *tiles: the nodes cannot share a launch. Free with tri_tile_free. */
enum tri_status tri_tile_plan(const struct tri_plan *plan, int stage,
                              const struct tile_limits *limits, struct tile_stage **tiles,
                              struct tri_error *error);
void tri_tile_free(struct tile_stage *tiles);

/* The program's text, to be freed; NULL: no memory. Kernels are stage_0, stage_1, ..., one per
 * class. */
char *tri_tile_source(const struct tri_plan *plan, const struct tile_stage *tiles);

/* Fills in the channel table for this frame: table_size entries. */
void tri_tile_table(const struct tri_plan *plan, const struct tile_stage *tiles,
                    struct tile_channel *table);
/* Work-items of a class, and of a work-group. */
void tri_tile_items(const struct tile_class *class, size_t global[3], size_t local[3]);

#endif
