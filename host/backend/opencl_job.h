/* opencl_job.h -- what a job has on an OpenCL device. */
#ifndef TRI_OPENCL_JOB_H
#define TRI_OPENCL_JOB_H

#include "opencl.h"
#include "tile.h"

struct opencl_job {
    cl_mem arena, scratch;
    struct opencl_mirror constants, channels;
    struct opencl_schedule schedule; /* bands of rows */
    struct opencl_stage {
        /* Bands that are walked. */
        cl_kernel kernel;
        cl_mem nodes;
        int items, band; /* items: tables of counts that there are */
        /* Tiles. */
        struct tile_stage *tiles;
        cl_kernel *kernels;           /* of each class */
        struct opencl_mirror table;   /* of channels */
        struct tile_channel *entries; /* room for it */
    } *stages;
    size_t scratch_size;
    unsigned char *tables; /* a copy of the tallies' */
};

/* The tiles of a stage, to be freed by tri_tile_free. */
enum tri_status tri_opencl_tiles(const struct opencl *cl, const struct tri_plan *plan, int stage, struct tile_stage **tiles,
                                 struct tri_error *error);
enum tri_status tri_opencl_prepare_tiles(struct opencl *cl, const struct tri_plan *plan, int number, struct opencl_stage *stage,
                                         struct tri_error *error);
enum tri_status tri_opencl_launch_tiles(struct opencl *cl, const struct tri_job *job, const struct opencl_flight *flight,
                                        int number, struct opencl_rows rows, struct tri_error *error);
/* Rows that a launch makes apart from others are a multiple of this; 0: all have to be made at once. */
int tri_opencl_tile_unit(const struct opencl_stage *stage);
void tri_opencl_release_tiles(struct opencl *cl, struct opencl_stage *stage);
/* Whether all stages of a plan can be made of tiles. */
enum tri_status tri_opencl_takes(struct tri_backend *backend, const struct tri_plan *plan, bool *taken, struct tri_error *error);

#endif
