/* opencl_tiles.c -- runs a stage over tiles on an OpenCL device: one launch per class of
 * components. */
#include "opencl_job.h"

#include <stdlib.h>
#include <string.h>

static struct tile_limits limits_of(const struct opencl *cl)
{
    return (struct tile_limits){.local_memory = cl->local_memory,
                                .share = cl->share,
                                .group = cl->group,
                                .window = cl->window,
                                .pairs = cl->pairs};
}

enum tri_status tri_opencl_takes(struct tri_backend *backend, const struct tri_plan *plan,
                                 bool *taken, struct tri_error *error)
{
    const struct opencl *cl = (const struct opencl *)backend;
    const struct tile_limits limits = limits_of(cl);
    *taken = true;
    for (int s = 0; !cl->lanes && s < plan->stage_count && *taken; s++) {
        struct tile_stage *tiles;
        const enum tri_status status = tri_tile_plan(plan, s, &limits, &tiles, error);
        if (status != TRI_OK)
            return status;
        *taken = tiles != NULL;
        tri_tile_free(tiles);
    }
    return TRI_OK;
}

enum tri_status tri_opencl_tiles(const struct opencl *cl, const struct tri_plan *plan, int stage,
                                 struct tile_stage **tiles, struct tri_error *error)
{
    const struct tile_limits limits = limits_of(cl);
    const enum tri_status status = tri_tile_plan(plan, stage, &limits, tiles, error);
    if (status == TRI_OK && *tiles == NULL)
        return tri_fail(error, TRI_NO_DEVICE,
                        "%s has too little local memory (%ld bytes) for a stage of the pipeline",
                        cl->base.info.device, cl->local_memory);
    return status;
}

static enum tri_status make_kernels(struct opencl *cl, cl_program program,
                                    struct opencl_stage *stage, struct tri_error *error)
{
    for (int c = 0; c < stage->tiles->class_count; c++) {
        char name[32];
        cl_int code;
        snprintf(name, sizeof name, "stage_%d", c);
        stage->kernels[c] = clCreateKernel(program, name, &code);
        if (code != CL_SUCCESS)
            return tri_opencl_fail(error, "clCreateKernel", code, cl->base.info.device);
    }
    return TRI_OK;
}

enum tri_status tri_opencl_prepare_tiles(struct opencl *cl, const struct tri_plan *plan, int number,
                                         struct opencl_stage *stage, struct tri_error *error)
{
    cl_program program;
    enum tri_status status = tri_opencl_tiles(cl, plan, number, &stage->tiles, error);
    if (status != TRI_OK)
        return status;
    stage->kernels = calloc((size_t)stage->tiles->class_count, sizeof stage->kernels[0]);
    stage->entries = calloc((size_t)stage->tiles->table_size + 1, sizeof stage->entries[0]);
    if (stage->kernels == NULL || stage->entries == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a job");
    status = tri_opencl_program(cl, plan, &plan->stages[number], stage->tiles, &program, error);
    if (status == TRI_OK)
        status = make_kernels(cl, program, stage, error);
    if (status == TRI_OK)
        status = tri_opencl_mirror_new(
            cl, (size_t)stage->tiles->table_size * sizeof stage->entries[0], &stage->table, error);
    return status;
}

void tri_opencl_release_tiles(struct opencl *cl, struct opencl_stage *stage)
{
    for (int c = 0; stage->kernels != NULL && c < stage->tiles->class_count; c++) {
        if (stage->kernels[c] != NULL)
            clReleaseKernel(stage->kernels[c]);
    }
    tri_opencl_mirror_free(cl, &stage->table);
    tri_tile_free(stage->tiles);
    free(stage->kernels);
    free(stage->entries);
}

/* Rows of a work-group of points, or of a tile. */
static int group_rows(const struct tile_class *class)
{
    size_t global[3], local[3];
    tri_tile_items(class, global, local);
    return class->points ? (int)local[1] * class->rows : class->grids[0].tile_height;
}

int tri_opencl_tile_unit(const struct opencl_stage *stage)
{
    int unit = 1;
    for (int c = 0; c < stage->tiles->class_count && unit < 1 << 16; c++) {
        const int rows = group_rows(&stage->tiles->classes[c]);
        int a = unit, b = rows;
        while (b != 0) {
            const int rest = a % b;
            a = b;
            b = rest;
        }
        unit *= rows / a;
    }
    return unit < 1 << 16 ? unit : 0;
}

/* Work-items that compute those rows. Returns the index of the first row of tiles, or of points
 * items. */
static int strip_items(const struct tile_class *class, struct opencl_rows rows, size_t global[3],
                       size_t local[3])
{
    const struct tile_grid *out = &class->grids[0];
    const int height = class->points ? class->rows : out->tile_height, unit = group_rows(class);
    const int end = rows.first + rows.count < out->height ? rows.first + rows.count : out->height;
    tri_tile_items(class, global, local);
    global[1] = rows.first < end ? (size_t)((end - rows.first + unit - 1) / unit) * local[1] : 0;
    return rows.first / height;
}

enum tri_status tri_opencl_launch_tiles(struct opencl *cl, const struct tri_job *job,
                                        const struct opencl_inflight *inflight, int number,
                                        struct opencl_rows rows, struct tri_error *error)
{
    const struct opencl_job *state = job->state;
    const struct tri_stage *plan = &job->plan->stages[number];
    struct opencl_stage *stage = &state->stages[number];
    const cl_mem buffers[] = {state->scratch, state->arena, state->constants.buffer,
                              inflight->out,  inflight->in, stage->table.buffer};
    tri_tile_table(job->plan, stage->tiles, stage->entries);
    enum tri_status status = tri_opencl_mirror_send(cl, &stage->table, stage->entries, error);
    if (status != TRI_OK)
        return status;
    if (plan->histogram_count > 0) {
        const cl_uint zero = 0;
        cl_event event = NULL;
        CHECK(clEnqueueFillBuffer, cl->queue, state->scratch, &zero, sizeof zero, 0,
              (size_t)plan->zeroed, 0, NULL, tri_opencl_wants_event(cl) ? &event : NULL);
        tri_opencl_keep_own(cl, event,
                            &(struct opencl_command){TRI_COMMAND_KERNEL, "clear", plan->zeroed});
    }
    for (int c = 0; status == TRI_OK && c < stage->tiles->class_count; c++) {
        size_t global[3], local[3];
        cl_uint argument = 0;
        const int first = strip_items(&stage->tiles->classes[c], rows, global, local);
        const cl_int numbers[] = {
            0, first}; /* a zero unknown to the compiler, and the first row of tiles */
        if (global[1] == 0)
            continue;
        for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
            CHECK(clSetKernelArg, stage->kernels[c], argument++, sizeof buffers[i], &buffers[i]);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            CHECK(clSetKernelArg, stage->kernels[c], argument++, sizeof numbers[i], &numbers[i]);
        status = tri_opencl_launch(cl, stage->kernels[c], plan->passes[0]->name, 3, NULL, global,
                                   local, error);
    }
    return status;
}
