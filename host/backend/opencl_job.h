/* opencl_job.h -- a job's state on an OpenCL device. */
#ifndef TRI_OPENCL_JOB_H
#define TRI_OPENCL_JOB_H

#include "opencl.h"
#include "tile.h"

struct opencl_job {
    cl_mem arena, scratch;
    struct opencl_mirror constants, channels;
    struct opencl_schedule schedule; /* strips of rows */
    struct opencl_stage {
        /* For walked strips. */
        cl_kernel kernel;
        cl_mem nodes;
        int items, strip; /* items: number of count tables */
        /* For tiles. */
        struct tile_stage *tiles;
        cl_kernel *kernels;           /* one per class */
        struct opencl_mirror table;   /* of channels */
        struct tile_channel *entries; /* space to build it */
    } * stages;
    size_t scratch_size;
    unsigned char *tables; /* host copy of the histogram tables */
};

/* The tiles of a stage; free with tri_tile_free. */
enum tri_status tri_opencl_tiles(const struct opencl *cl, const struct tri_plan *plan, int stage,
                                 struct tile_stage **tiles, struct tri_error *error);
enum tri_status tri_opencl_prepare_tiles(struct opencl *cl, const struct tri_plan *plan, int number,
                                         struct opencl_stage *stage, struct tri_error *error);
enum tri_status tri_opencl_launch_tiles(struct opencl *cl, const struct tri_job *job,
                                        const struct opencl_inflight *inflight, int number,
                                        struct opencl_rows rows, struct tri_error *error);
/* Separate launches must compute multiples of this many rows; 0: all rows in one launch. */
int tri_opencl_tile_unit(const struct opencl_stage *stage);
void tri_opencl_release_tiles(struct opencl *cl, struct opencl_stage *stage);
/* Whether all stages of a plan can be computed in tiles. */
enum tri_status tri_opencl_takes(struct tri_backend *backend, const struct tri_plan *plan,
                                 bool *taken, struct tri_error *error);

#endif
