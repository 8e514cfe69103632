/* opencl_run.c -- executes plans on an OpenCL device, one stage after the other: with lanes, a
 * launch walks its strips; otherwise launches compute its tiles (opencl_tiles.c). */
#include "opencl_job.h"

#include <stdlib.h>
#include <string.h>

static enum tri_status prepare_walk(struct opencl *cl, const struct tri_job *job, int number,
                                    struct tri_error *error)
{
    struct opencl_job *state = job->state;
    struct opencl_stage *to = &state->stages[number];
    const struct tri_stage *stage = &job->plan->stages[number];
    cl_program program;
    cl_int code;
    enum tri_status status = tri_opencl_program(cl, job->plan, stage, NULL, &program, error);
    if (status != TRI_OK)
        return status;
    to->kernel = clCreateKernel(program, "walk", &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateKernel", code, cl->base.info.device);
    if (stage->window > WALK_WINDOW)
        return tri_fail(error, TRI_FAILED, "a window of %d rows is too high for an OpenCL device",
                        stage->window);
    to->strip = tri_strip_rows(stage, cl->base.info.workers);
    to->items = (stage->height + to->strip - 1) / to->strip;
    if ((size_t)stage->scratch_size * (size_t)to->items > state->scratch_size)
        state->scratch_size = (size_t)stage->scratch_size * (size_t)to->items;
    return tri_opencl_buffer(cl, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                             (size_t)stage->node_count * sizeof stage->nodes[0], stage->nodes,
                             &to->nodes, error);
}

static enum tri_status prepare_stage(struct opencl *cl, const struct tri_job *job, int number,
                                     struct tri_error *error)
{
    struct opencl_job *state = job->state;
    if (cl->lanes)
        return prepare_walk(cl, job, number, error);
    /* One count table for all items. */
    if ((size_t)job->plan->stages[number].zeroed > state->scratch_size)
        state->scratch_size = (size_t)job->plan->stages[number].zeroed;
    state->stages[number].items = 1;
    return tri_opencl_prepare_tiles(cl, job->plan, number, &state->stages[number], error);
}

static enum tri_status prepare_schedule(struct opencl *cl, const struct tri_job *job,
                                        struct tri_error *error)
{
    struct opencl_job *state = job->state;
    int *units = calloc((size_t)job->plan->stage_count + 1, sizeof *units);
    if (units == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a job");
    for (int s = 0; s < job->plan->stage_count; s++)
        units[s] = cl->lanes ? state->stages[s].strip : tri_opencl_tile_unit(&state->stages[s]);
    const enum tri_status status =
        tri_opencl_schedule(cl, job->plan, units, &state->schedule, error);
    free(units);
    return status;
}

enum tri_status tri_opencl_prepare(struct tri_job *job, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    const struct tri_plan *plan = job->plan;
    struct opencl_job *state = calloc(1, sizeof *state);
    job->state = state;
    if (state != NULL)
        state->stages = calloc((size_t)plan->stage_count, sizeof state->stages[0]);
    if (state == NULL || state->stages == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a job");
    enum tri_status status = tri_opencl_qualify(job, error);
    size_t tables = 0;
    for (int s = 0; status == TRI_OK && s < plan->stage_count; s++) {
        status = prepare_stage(cl, job, s, error);
        const size_t size = (size_t)plan->stages[s].zeroed * (size_t)state->stages[s].items;
        tables = plan->stages[s].histogram_count > 0 && size > tables ? size : tables;
    }
    state->tables = malloc(tables + 1);
    if (status == TRI_OK && state->tables == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for a job");
    if (status == TRI_OK)
        status = tri_opencl_fits(cl, plan, state->scratch_size, error);
    if (status == TRI_OK)
        status = prepare_schedule(cl, job, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE, (size_t)plan->arena_size, NULL,
                                   &state->arena, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE, state->scratch_size, NULL,
                                   &state->scratch, error);
    if (status == TRI_OK)
        status = tri_opencl_mirror_new(cl, (size_t)plan->constants_size, &state->constants, error);
    if (status == TRI_OK)
        status = tri_opencl_mirror_new(cl, (size_t)plan->channel_count * sizeof plan->channels[0],
                                       &state->channels, error);
    return status;
}

void tri_opencl_release(struct tri_job *job)
{
    struct opencl *cl = (struct opencl *)job->backend;
    struct opencl_job *state = job->state;
    if (state == NULL || tri_opencl_alive(cl, NULL) != TRI_OK)
        return;
    for (int s = 0; state->stages != NULL && s < job->plan->stage_count; s++) {
        if (state->stages[s].kernel != NULL)
            clReleaseKernel(state->stages[s].kernel);
        tri_opencl_release_buffer(state->stages[s].nodes);
        tri_opencl_release_tiles(cl, &state->stages[s]);
    }
    tri_opencl_release_buffer(state->arena);
    tri_opencl_mirror_free(cl, &state->constants);
    tri_opencl_mirror_free(cl, &state->channels);
    tri_opencl_schedule_free(&state->schedule);
    tri_opencl_release_buffer(state->scratch);
    free(state->stages);
    free(state->tables);
    free(state);
}

static enum tri_status launch_walk(struct opencl *cl, const struct tri_job *job,
                                   const struct opencl_inflight *inflight, int number,
                                   struct opencl_rows rows, struct tri_error *error)
{
    struct opencl_job *state = job->state;
    const struct tri_stage *stage = &job->plan->stages[number];
    const struct opencl_stage *from = &state->stages[number];
    const cl_mem buffers[] = {state->scratch, state->arena, state->constants.buffer, inflight->out,
                              inflight->in,   from->nodes,  state->channels.buffer};
    const cl_int numbers[] = {stage->node_count, stage->lead, stage->height, from->strip};
    const cl_long sizes[] = {stage->scratch_size, stage->zeroed};
    cl_uint argument = 0;
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        CHECK(clSetKernelArg, from->kernel, argument++, sizeof(cl_mem), &buffers[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        CHECK(clSetKernelArg, from->kernel, argument++, sizeof(cl_int), &numbers[i]);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        CHECK(clSetKernelArg, from->kernel, argument++, sizeof(cl_long), &sizes[i]);
    const size_t offset = (size_t)(rows.first / from->strip), local = 1;
    const size_t global = (size_t)((rows.count + from->strip - 1) / from->strip);
    return tri_opencl_launch(cl, from->kernel, stage->passes[0]->name, 1,
                             offset > 0 ? &offset : NULL, &global, &local, error);
}

/* Fetches a stage's counts and sends the constants they complete. */
static enum tri_status finish_stage(struct opencl *cl, struct tri_job *job, int number,
                                    struct tri_error *error)
{
    struct opencl_job *state = job->state;
    struct tri_plan *plan = job->plan;
    const struct tri_stage *stage = &plan->stages[number];
    const size_t step = (size_t)stage->zeroed;
    if (stage->histogram_count == 0)
        return TRI_OK;
    const enum tri_status status =
        tri_opencl_finish(cl, cl->queue, "the kernels of a histogram", error);
    if (status != TRI_OK)
        return status;
    for (int i = 0; i < state->stages[number].items; i++)
        CHECK(clEnqueueReadBuffer, cl->queue, state->scratch, CL_TRUE,
              (size_t)i * (size_t)stage->scratch_size, step, state->tables + (size_t)i * step, 0,
              NULL, NULL);
    tri_stage_finish(plan, number, state->tables, step, state->stages[number].items);
    return tri_opencl_mirror_send(cl, &state->constants, plan->constants, error);
}

static enum tri_status launch_stage(struct tri_job *job, struct opencl_inflight *inflight,
                                    int stage, struct opencl_rows rows, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    const bool last = rows.first + rows.count >= job->plan->stages[stage].height;
    enum tri_status status = cl->lanes
                                 ? launch_walk(cl, job, inflight, stage, rows, error)
                                 : tri_opencl_launch_tiles(cl, job, inflight, stage, rows, error);
    if (status == TRI_OK)
        status = finish_stage(cl, job, stage, error);
    if (status == TRI_OK && job->watch != NULL && last)
        status = job->watch->after(job->watch, job, stage, error);
    return status;
}

static enum tri_status run_stages(struct opencl *cl, struct tri_job *job,
                                  struct tri_inflight *inflight, struct tri_error *error)
{
    struct opencl_job *state = job->state;
    const struct tri_plan *plan = job->plan;
    enum tri_status status = TRI_OK;
    if (cl->lanes) /* tiles have tables of their own */
        status = tri_opencl_mirror_send(cl, &state->channels, plan->channels, error);
    for (int i = 0; i < plan->previous_count && job->frame == 0 && status == TRI_OK; i++) {
        const cl_uint zero = 0;
        long offset, size;
        if (tri_plan_zeroed(plan, i, &offset, &size))
            CHECK(clEnqueueFillBuffer, cl->queue, state->arena, &zero, sizeof zero, (size_t)offset,
                  (size_t)size, 0, NULL, NULL);
    }
    if (status == TRI_OK)
        status = tri_opencl_mirror_send(cl, &state->constants, plan->constants, error);
    return status == TRI_OK
               ? tri_opencl_run_strips(job, inflight, &state->schedule, launch_stage, error)
               : status;
}

enum tri_status tri_opencl_run(struct tri_job *job, struct tri_inflight *inflight,
                               struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    enum tri_status status = tri_opencl_usable(cl, error);
    if (status == TRI_OK)
        status = tri_opencl_output(inflight, error);
    tri_opencl_expect(cl, job->plan);
    if (status == TRI_OK)
        status = run_stages(cl, job, inflight, error);
    if (status == TRI_OK)
        status = tri_opencl_wait(inflight, error);
    /* Commands in flight read the plan and the images, which the caller may free. Report the first
     * error. */
    if (status != TRI_OK)
        tri_opencl_settle(cl, cl->queue);
    tri_opencl_expect(cl, NULL);
    return tri_opencl_leave_images(cl, inflight->in, inflight->out, status);
}

enum tri_status tri_opencl_fetch(struct tri_job *job, long offset, size_t size, void *to,
                                 struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    const struct opencl_job *state = job->state;
    const enum tri_status status = tri_opencl_alive(cl, error);
    if (status != TRI_OK)
        return status;
    CHECK(clEnqueueReadBuffer, cl->queue, state->arena, CL_TRUE, (size_t)offset, size, to, 0, NULL,
          NULL);
    return TRI_OK;
}

enum tri_status tri_opencl_store(struct tri_job *job, long offset, size_t size, const void *from,
                                 struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    const struct opencl_job *state = job->state;
    const enum tri_status status = tri_opencl_alive(cl, error);
    if (status != TRI_OK)
        return status;
    CHECK(clEnqueueWriteBuffer, cl->queue, state->arena, CL_TRUE, (size_t)offset, size, from, 0,
          NULL, NULL);
    return TRI_OK;
}
