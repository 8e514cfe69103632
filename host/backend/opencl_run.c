/* opencl_run.c -- plans on an OpenCL device: with lanes one launch walks a stage's bands; otherwise
 * each pass is a launch over its whole planes. */
#include "../parallel/cpu.h"
#include "opencl.h"

#include "../../kernels/dialect/items.h"

#include <stdlib.h>
#include <string.h>

struct opencl_job {
    cl_mem arena, constants, channels, scratch;
    struct opencl_stage {
        cl_kernel kernel;
        cl_mem nodes;
        int items, band;
    } *stages;
    size_t scratch_step; /* of each work-item */
    unsigned char *tables; /* a copy of the tallies' */
    /* The images' buffers, kept while the images stay where they are. */
    cl_mem in, out;
    const void *in_memory, *out_memory;
};

#define CHECK(call, ...)                                                                                     \
    do {                                                                                                     \
        const cl_int code_ = call(__VA_ARGS__);                                                              \
        if (code_ != CL_SUCCESS)                                                                             \
            return tri_opencl_fail(error, #call, code_, cl->base.info.device);                               \
    } while (0)

static enum tri_status new_buffer(struct opencl *cl, cl_mem_flags flags, size_t size, void *host, cl_mem *buffer,
                                  struct tri_error *error)
{
    cl_int code;
    *buffer = clCreateBuffer(cl->context, flags, size == 0 ? 64 : size, host, &code);
    if (code != CL_SUCCESS) {
        *buffer = NULL;
        return tri_opencl_fail(error, "clCreateBuffer", code, cl->base.info.device);
    }
    return TRI_OK;
}

static enum tri_status prepare_stage(struct opencl *cl, const struct tri_job *job, int number, struct tri_error *error)
{
    struct opencl_job *state = job->state;
    struct opencl_stage *to = &state->stages[number];
    const struct tri_stage *stage = &job->plan->stages[number];
    cl_program program;
    cl_int code;
    enum tri_status status = tri_opencl_program(cl, stage, job->plan->in.bits, &program, error);
    if (status != TRI_OK)
        return status;
    to->kernel = clCreateKernel(program, cl->lanes ? "walk" : stage->passes[0]->name, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateKernel", code, cl->base.info.device);
    if (stage->window > 1024)
        return tri_fail(error, TRI_FAILED, "a window of %d rows is too high for an OpenCL device", stage->window);
    to->band = tri_band_rows(stage, cl->base.info.workers);
    to->items = cl->lanes ? (stage->height + to->band - 1) / to->band : 1;
    const size_t step = cl->lanes ? (size_t)stage->scratch_size : (size_t)stage->zeroed;
    if (step * (size_t)to->items > state->scratch_step)
        state->scratch_step = step * (size_t)to->items;
    return new_buffer(cl, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, (size_t)stage->node_count * sizeof stage->nodes[0],
                      stage->nodes, &to->nodes, error);
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
        return tri_fail(error, TRI_FAILED, "no memory for a job");
    enum tri_status status = TRI_OK;
    size_t tables = 0;
    for (int s = 0; status == TRI_OK && s < plan->stage_count; s++) {
        status = prepare_stage(cl, job, s, error);
        const size_t size = (size_t)plan->stages[s].zeroed * (size_t)state->stages[s].items;
        tables = plan->stages[s].tally_count > 0 && size > tables ? size : tables;
    }
    state->tables = malloc(tables + 1);
    if (status == TRI_OK && state->tables == NULL)
        status = tri_fail(error, TRI_FAILED, "no memory for a job");
    if (status == TRI_OK)
        status = new_buffer(cl, CL_MEM_READ_WRITE, (size_t)plan->arena_size, NULL, &state->arena, error);
    if (status == TRI_OK)
        status = new_buffer(cl, CL_MEM_READ_WRITE, state->scratch_step, NULL, &state->scratch, error);
    if (status == TRI_OK)
        status = new_buffer(cl, CL_MEM_READ_ONLY, (size_t)plan->constants_size, NULL, &state->constants, error);
    if (status == TRI_OK)
        status = new_buffer(cl, CL_MEM_READ_ONLY, (size_t)plan->channel_count * sizeof plan->channels[0], NULL,
                            &state->channels, error);
    return status;
}

static void release_buffer(cl_mem buffer)
{
    if (buffer != NULL)
        clReleaseMemObject(buffer);
}

void tri_opencl_release(struct tri_job *job)
{
    struct opencl_job *state = job->state;
    if (state == NULL)
        return;
    for (int s = 0; state->stages != NULL && s < job->plan->stage_count; s++) {
        if (state->stages[s].kernel != NULL)
            clReleaseKernel(state->stages[s].kernel);
        release_buffer(state->stages[s].nodes);
    }
    release_buffer(state->arena);
    release_buffer(state->constants);
    release_buffer(state->channels);
    release_buffer(state->scratch);
    release_buffer(state->in);
    release_buffer(state->out);
    free(state->stages);
    free(state->tables);
    free(state);
}

/* An image's buffer: its own memory where the device shares it, memory of the device elsewhere. */
static enum tri_status image_buffer(struct opencl *cl, const struct tri_image *image, cl_mem *buffer, const void **memory,
                                    struct tri_error *error)
{
    if (*buffer != NULL && *memory == image->memory)
        return TRI_OK;
    if (*buffer != NULL && !cl->shared) {
        *memory = image->memory; /* any image of this shape fits */
        return TRI_OK;
    }
    release_buffer(*buffer);
    *memory = image->memory;
    return new_buffer(cl, CL_MEM_READ_WRITE | (cl->shared ? CL_MEM_USE_HOST_PTR : 0), image->memory_size,
                      cl->shared ? image->memory : NULL, buffer, error);
}

/* Hands shared memory to the device (write) or back to the host (read); copies where it is not shared. */
static enum tri_status transfer(struct opencl *cl, cl_mem buffer, const struct tri_image *image, bool to_device,
                                struct tri_error *error)
{
    if (cl->shared) {
        cl_int code;
        void *mapped = clEnqueueMapBuffer(cl->queue, buffer, CL_TRUE, to_device ? CL_MAP_WRITE : CL_MAP_READ, 0,
                                          image->memory_size, 0, NULL, NULL, &code);
        if (code != CL_SUCCESS)
            return tri_opencl_fail(error, "clEnqueueMapBuffer", code, cl->base.info.device);
        CHECK(clEnqueueUnmapMemObject, cl->queue, buffer, mapped, 0, NULL, NULL);
    } else if (to_device) {
        CHECK(clEnqueueWriteBuffer, cl->queue, buffer, CL_FALSE, 0, image->memory_size, image->memory, 0, NULL, NULL);
    } else {
        CHECK(clEnqueueReadBuffer, cl->queue, buffer, CL_FALSE, 0, image->memory_size, image->memory, 0, NULL, NULL);
    }
    CHECK(clFinish, cl->queue);
    return TRI_OK;
}

static enum tri_status launch_walk(struct opencl *cl, const struct tri_job *job, int number, struct tri_error *error)
{
    struct opencl_job *state = job->state;
    const struct tri_stage *stage = &job->plan->stages[number];
    const struct opencl_stage *from = &state->stages[number];
    const cl_mem buffers[] = {state->scratch, state->arena, state->constants, state->out, state->in, from->nodes, state->channels};
    const cl_int numbers[] = {stage->node_count, stage->lead, stage->height, from->band};
    const cl_long sizes[] = {stage->scratch_size, stage->zeroed};
    cl_uint argument = 0;
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        CHECK(clSetKernelArg, from->kernel, argument++, sizeof(cl_mem), &buffers[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        CHECK(clSetKernelArg, from->kernel, argument++, sizeof(cl_int), &numbers[i]);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        CHECK(clSetKernelArg, from->kernel, argument++, sizeof(cl_long), &sizes[i]);
    const size_t global = (size_t)from->items, local = 1;
    CHECK(clEnqueueNDRangeKernel, cl->queue, from->kernel, 1, NULL, &global, &local, 0, NULL, NULL);
    return TRI_OK;
}

static cl_mem buffer_of(const struct opencl_job *state, int base)
{
    const cl_mem buffers[BASE_COUNT] = {state->scratch, state->arena, state->constants, state->out, state->in};
    return buffers[base];
}

/* Work-items by kind of pass: see items.h. */
static void item_counts(const struct walk_node *node, const struct item_launch *launch, size_t global[2])
{
    global[0] = (size_t)(launch->width + ITEM_SAMPLES - 1) / ITEM_SAMPLES;
    global[1] = (size_t)launch->height;
    if (node->kind == PASS_SLIDE) {
        global[0] = (size_t)launch->width;
        global[1] = (size_t)(launch->height + ITEM_ROWS - 1) / ITEM_ROWS;
    } else if (node->kind == PASS_SCAN) {
        global[0] = (size_t)launch->height;
        global[1] = 1;
    }
}

static enum tri_status launch_items(struct opencl *cl, const struct tri_job *job, int number, struct tri_error *error)
{
    struct opencl_job *state = job->state;
    const struct walk_node *node = &job->plan->stages[number].nodes[0];
    const struct walk_channel *channels = job->plan->channels, *in = &channels[node->in[0]], *out = &channels[node->out[0]];
    cl_kernel kernel = state->stages[number].kernel;
    struct item_launch launch = {.constants = node->constants, .inputs = node->inputs, .outputs = node->outputs,
                                 .width = node->kind == PASS_TALLY ? in->width : out->width, .height = node->height,
                                 .in_width = in->width, .in_height = in->height, .sparse = node->sparse,
                                 .halo = out->halo};
    memcpy(launch.rows, node->rows, sizeof launch.rows);
    cl_uint argument = 0;
    for (int i = 0; i < TRI_INPUTS; i++, argument++) {
        const struct walk_channel *c = &channels[node->in[i < node->inputs ? i : 0]];
        const cl_mem buffer = buffer_of(state, c->base);
        launch.in_offset[i] = c->offset;
        launch.in_stride[i] = c->stride;
        CHECK(clSetKernelArg, kernel, argument, sizeof buffer, &buffer);
    }
    for (int i = 0; i < TRI_OUTPUTS; i++, argument++) {
        const struct walk_channel *c = &channels[node->out[i < node->outputs ? i : 0]];
        const cl_mem buffer = buffer_of(state, c->base);
        launch.out_offset[i] = c->offset;
        launch.out_stride[i] = c->stride;
        CHECK(clSetKernelArg, kernel, argument, sizeof buffer, &buffer);
    }
    CHECK(clSetKernelArg, kernel, argument++, sizeof(cl_mem), &state->constants);
    CHECK(clSetKernelArg, kernel, argument, sizeof launch, &launch);
    if (node->kind == PASS_TALLY) {
        const cl_uint zero = 0;
        CHECK(clEnqueueFillBuffer, cl->queue, state->scratch, &zero, sizeof zero, 0,
              (size_t)job->plan->stages[number].zeroed, 0, NULL, NULL);
    }
    /* One local size for all shapes of image: drivers may compile for each new one. */
    size_t global[2], local[2] = {node->kind == PASS_SCAN ? 1 : 64, 1};
    item_counts(node, &launch, global);
    global[0] = (global[0] + local[0] - 1) / local[0] * local[0];
    CHECK(clEnqueueNDRangeKernel, cl->queue, kernel, 2, NULL, global, local, 0, NULL, NULL);
    return TRI_OK;
}

/* Fetches the counts of a stage, and brings the constants that they complete. */
static enum tri_status finish_stage(struct opencl *cl, struct tri_job *job, int number, struct tri_error *error)
{
    struct opencl_job *state = job->state;
    struct tri_plan *plan = job->plan;
    const struct tri_stage *stage = &plan->stages[number];
    const size_t step = (size_t)stage->zeroed;
    if (stage->tally_count == 0)
        return TRI_OK;
    for (int i = 0; i < state->stages[number].items; i++)
        CHECK(clEnqueueReadBuffer, cl->queue, state->scratch, CL_TRUE, (size_t)i * (size_t)stage->scratch_size, step,
              state->tables + (size_t)i * step, 0, NULL, NULL);
    tri_stage_finish(plan, number, state->tables, step, state->stages[number].items);
    CHECK(clEnqueueWriteBuffer, cl->queue, state->constants, CL_TRUE, 0, (size_t)plan->constants_size, plan->constants, 0,
          NULL, NULL);
    return TRI_OK;
}

static enum tri_status run_stages(struct opencl *cl, struct tri_job *job, struct tri_error *error)
{
    struct opencl_job *state = job->state;
    const struct tri_plan *plan = job->plan;
    CHECK(clEnqueueWriteBuffer, cl->queue, state->channels, CL_FALSE, 0,
          (size_t)plan->channel_count * sizeof plan->channels[0], plan->channels, 0, NULL, NULL);
    for (int i = 0; i < plan->past_count && job->frame == 0; i++) {
        const cl_uint zero = 0;
        long offset, size;
        if (tri_plan_zeroed(plan, i, &offset, &size))
            CHECK(clEnqueueFillBuffer, cl->queue, state->arena, &zero, sizeof zero, (size_t)offset, (size_t)size, 0, NULL,
                  NULL);
    }
    if (job->frame == 0 || plan->frame_count > 0)
        CHECK(clEnqueueWriteBuffer, cl->queue, state->constants, CL_FALSE, 0, (size_t)plan->constants_size,
              plan->constants, 0, NULL, NULL);
    for (int s = 0; s < plan->stage_count; s++) {
        enum tri_status status = cl->lanes ? launch_walk(cl, job, s, error) : launch_items(cl, job, s, error);
        if (status == TRI_OK)
            status = finish_stage(cl, job, s, error);
        if (status != TRI_OK)
            return status;
    }
    CHECK(clFinish, cl->queue);
    return TRI_OK;
}

enum tri_status tri_opencl_run(struct tri_job *job, struct tri_image *in, struct tri_image *out,
                               struct tri_timing *timing, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    struct opencl_job *state = job->state;
    int64_t times[4] = {tri_now_ns()};
    enum tri_status status = image_buffer(cl, in, &state->in, &state->in_memory, error);
    if (status == TRI_OK)
        status = image_buffer(cl, out, &state->out, &state->out_memory, error);
    if (status == TRI_OK)
        status = transfer(cl, state->in, in, true, error);
    times[1] = tri_now_ns();
    if (status == TRI_OK)
        status = run_stages(cl, job, error);
    times[2] = tri_now_ns();
    if (status == TRI_OK)
        status = transfer(cl, state->out, out, false, error);
    times[3] = tri_now_ns();
    if (timing != NULL)
        *timing = (struct tri_timing){times[1] - times[0], times[2] - times[1], times[3] - times[2]};
    return status;
}
