/* opencl_tiles.c -- a stage over tiles on an OpenCL device: a launch for each class of components. */
#include "opencl_job.h"

#include <stdlib.h>
#include <string.h>

static struct tile_limits limits_of(const struct opencl *cl)
{
    return (struct tile_limits){.local_memory = cl->local_memory, .group = cl->group, .window = cl->window, .loops = !cl->base.info.gpu};
}

enum tri_status tri_opencl_takes(struct tri_backend *backend, const struct tri_plan *plan, bool *taken, struct tri_error *error)
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

enum tri_status tri_opencl_tiles(const struct opencl *cl, const struct tri_plan *plan, int stage, struct tile_stage **tiles,
                                 struct tri_error *error)
{
    const struct tile_limits limits = limits_of(cl);
    const enum tri_status status = tri_tile_plan(plan, stage, &limits, tiles, error);
    if (status == TRI_OK && *tiles == NULL)
        return tri_fail(error, TRI_NO_DEVICE, "%s has too little local memory (%ld bytes) for a stage of the pipeline",
                        cl->base.info.device, cl->local_memory);
    return status;
}

static enum tri_status make_kernels(struct opencl *cl, cl_program program, struct opencl_stage *stage, struct tri_error *error)
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

enum tri_status tri_opencl_prepare_tiles(struct opencl *cl, const struct tri_plan *plan, int number, struct opencl_stage *stage,
                                         struct tri_error *error)
{
    cl_program program;
    enum tri_status status = tri_opencl_tiles(cl, plan, number, &stage->tiles, error);
    if (status != TRI_OK)
        return status;
    stage->kernels = calloc((size_t)stage->tiles->class_count, sizeof stage->kernels[0]);
    stage->entries = calloc((size_t)stage->tiles->table_size + 1, 2 * sizeof stage->entries[0]);
    if (stage->kernels == NULL || stage->entries == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a job");
    stage->entries[0].stride = -1; /* nothing is in the table yet */
    status = tri_opencl_program(cl, plan, &plan->stages[number], stage->tiles, &program, error);
    if (status == TRI_OK)
        status = make_kernels(cl, program, stage, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_ONLY, (size_t)stage->tiles->table_size * sizeof stage->entries[0], NULL,
                                   &stage->table, error);
    return status;
}

void tri_opencl_release_tiles(struct opencl_stage *stage)
{
    for (int c = 0; stage->kernels != NULL && c < stage->tiles->class_count; c++) {
        if (stage->kernels[c] != NULL)
            clReleaseKernel(stage->kernels[c]);
    }
    tri_opencl_release_buffer(stage->table);
    tri_tile_free(stage->tiles);
    free(stage->kernels);
    free(stage->entries);
}

/* Images and planes mostly lie where they lay in the frame before; then there is nothing to write. */
static enum tri_status write_table(struct opencl *cl, const struct tri_plan *plan, struct opencl_stage *stage, struct tri_error *error)
{
    const size_t count = (size_t)stage->tiles->table_size;
    struct tile_channel *now = stage->entries + count;
    tri_tile_table(plan, stage->tiles, now);
    if (memcmp(now, stage->entries, count * sizeof now[0]) == 0)
        return TRI_OK;
    memcpy(stage->entries, now, count * sizeof now[0]);
    CHECK(clEnqueueWriteBuffer, cl->queue, stage->table, CL_FALSE, 0, count * sizeof now[0], stage->entries, 0, NULL, NULL);
    return TRI_OK;
}

enum tri_status tri_opencl_launch_tiles(struct opencl *cl, const struct tri_job *job, const struct opencl_flight *flight,
                                        int number, struct tri_error *error)
{
    const struct opencl_job *state = job->state;
    const struct tri_stage *plan = &job->plan->stages[number];
    struct opencl_stage *stage = &state->stages[number];
    const cl_mem buffers[] = {state->scratch, state->arena, state->constants, flight->out, flight->in, stage->table};
    const cl_int numbers[] = {0, 0}; /* a zero that the compiler does not know, and the first row of tiles */
    const enum tri_status status = write_table(cl, job->plan, stage, error);
    if (status != TRI_OK)
        return status;
    if (plan->tally_count > 0) {
        const cl_uint zero = 0;
        CHECK(clEnqueueFillBuffer, cl->queue, state->scratch, &zero, sizeof zero, 0, (size_t)plan->zeroed, 0, NULL, NULL);
    }
    for (int c = 0; c < stage->tiles->class_count; c++) {
        size_t global[3], local[3];
        cl_uint argument = 0;
        tri_tile_items(&stage->tiles->classes[c], global, local);
        for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
            CHECK(clSetKernelArg, stage->kernels[c], argument++, sizeof buffers[i], &buffers[i]);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            CHECK(clSetKernelArg, stage->kernels[c], argument++, sizeof numbers[i], &numbers[i]);
        const enum tri_status launched =
            tri_opencl_launch(cl, stage->kernels[c], plan->passes[0]->name, 3, global, local, error);
        if (launched != TRI_OK)
            return launched;
    }
    return TRI_OK;
}
