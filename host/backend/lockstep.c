/* lockstep.c -- runs a backend and scalar stage by stage on the same frames.
 *
 * The reference records what each stage leaves in the arena, its counts, and the output; the
 * backend's are compared in the same order. So a faulty stage is found even if a later one hides
 * the fault, as a threshold does, and the first stage that differs is the faulty one, since its
 * inputs were right. */
#include "lockstep.h"
#include "../image/image.h"

#include <stdlib.h>
#include <string.h>

struct tape {
    struct tri_watch watch; /* first, so that it can be cast back */
    unsigned char *data;
    size_t size, room, at;
    bool comparing;
    int frame;
    unsigned char *plane; /* a channel as fetched */
    size_t plane_room;
    struct tri_mismatch *mismatch;
};

struct where {
    const struct tri_stage *stage;
    int number, plane, sample_size, y;
    const struct tri_pass *pass;
};

static int64_t sample_at(const unsigned char *at, int size)
{
    uint8_t one;
    uint16_t two;
    uint32_t four;
    switch (size) {
    case 1:
        memcpy(&one, at, 1);
        return one;
    case 2:
        memcpy(&two, at, 2);
        return two;
    default:
        memcpy(&four, at, 4);
        return four;
    }
}

static void compare(struct tape *tape, const unsigned char *row, size_t size,
                    const struct where *where)
{
    const unsigned char *right = tape->data + tape->at;
    const size_t step = (size_t)where->sample_size;
    struct tri_mismatch *mismatch = tape->mismatch;
    if (memcmp(row, right, size) == 0)
        return;
    /* The earliest stage of a frame, since outputs are compared last. */
    if (mismatch->found && (mismatch->frame < tape->frame || mismatch->stage <= where->number))
        return;
    size_t x = 0;
    while (memcmp(row + x * step, right + x * step, step) == 0)
        x++;
    *mismatch = (struct tri_mismatch){.found = true,
                                      .frame = tape->frame,
                                      .stage = where->number,
                                      .pass = where->pass->name,
                                      .file = where->pass->file,
                                      .plane = where->plane,
                                      .x = (int)x,
                                      .y = where->y,
                                      .expected = sample_at(right + x * step, where->sample_size),
                                      .actual = sample_at(row + x * step, where->sample_size)};
}

/* Records a row, or compares it with the recorded one. False: no memory. */
static bool pass_row(struct tape *tape, const void *row, size_t size, const struct where *where)
{
    if (tape->comparing) {
        if (tape->at + size <= tape->size)
            compare(tape, row, size, where);
        tape->at += size;
        return true;
    }
    if (tape->size + size > tape->room) {
        const size_t room = (tape->size + size) * 2;
        unsigned char *more = realloc(tape->data, room);
        if (more == NULL)
            return false;
        tape->data = more;
        tape->room = room;
    }
    memcpy(tape->data + tape->size, row, size);
    tape->size += size;
    return true;
}

static bool has_room(struct tape *tape, size_t size)
{
    if (size <= tape->plane_room)
        return true;
    free(tape->plane);
    tape->plane = malloc(size);
    tape->plane_room = tape->plane != NULL ? size : 0;
    return tape->plane != NULL;
}

static enum tri_status no_memory(struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "out of memory while comparing a backend with scalar");
}

static enum tri_status pass_channel(struct tape *tape, struct tri_job *job,
                                    const struct walk_channel *channel, struct where *where,
                                    struct tri_error *error)
{
    const size_t row = (size_t)channel->width * (size_t)channel->size;
    const size_t size = (size_t)channel->stride * (size_t)(channel->height - 1) + row;
    if (!has_room(tape, size))
        return no_memory(error);
    const enum tri_status status =
        job->backend->fetch(job, (long)channel->offset, size, tape->plane, error);
    where->sample_size = channel->size;
    for (where->y = 0; where->y < channel->height && status == TRI_OK; where->y++) {
        if (!pass_row(tape, tape->plane + (size_t)where->y * (size_t)channel->stride, row, where))
            return no_memory(error);
    }
    return status;
}

static enum tri_status after_stage(struct tri_watch *watch, struct tri_job *job, int number,
                                   struct tri_error *error)
{
    struct tape *tape = (struct tape *)watch;
    const struct tri_plan *plan = job->plan;
    const struct tri_stage *stage = &plan->stages[number];
    enum tri_status status = TRI_OK;
    for (int n = 0; n < stage->node_count && status == TRI_OK; n++) {
        const struct walk_node *node = &stage->nodes[n];
        struct where where = {
            .stage = stage, .number = number, .plane = -1, .pass = stage->passes[node->pass]};
        for (int o = 0; o < node->outputs && node->kind != PASS_HISTOGRAM && status == TRI_OK;
             o++) {
            if (plan->channels[node->out[o]].base == BASE_ARENA)
                status = pass_channel(tape, job, &plan->channels[node->out[o]], &where, error);
        }
        if (node->kind == PASS_HISTOGRAM && status == TRI_OK) {
            where.sample_size = sizeof(uint32_t);
            if (!pass_row(tape, plan->counts, plan->counts_size * sizeof plan->counts[0], &where))
                status = no_memory(error);
        }
    }
    return status;
}

/* The stage and pass that produce a plane of the output. */
static struct where maker_of(const struct tri_plan *plan, int plane)
{
    struct where where = {.plane = plane, .sample_size = plan->out.bits / 8};
    for (int s = 0; s < plan->stage_count; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        for (int n = 0; n < stage->node_count; n++) {
            for (int o = 0; o < stage->nodes[n].outputs; o++) {
                if (stage->nodes[n].kind == PASS_HISTOGRAM ||
                    stage->nodes[n].out[o] != plan->out_channel[plane])
                    continue;
                where.stage = stage;
                where.number = s;
                where.pass = stage->passes[stage->nodes[n].pass];
            }
        }
    }
    return where;
}

static enum tri_status pass_output(struct tape *tape, const struct tri_plan *plan,
                                   const struct tri_image *out, struct tri_error *error)
{
    for (int p = 0; p < out->shape.planes; p++) {
        struct where where = maker_of(plan, p);
        for (where.y = 0; where.y < out->shape.height; where.y++) {
            if (!pass_row(tape, tri_image_row(out, p, where.y),
                          (size_t)out->shape.width * tri_sample_bytes(&out->shape), &where))
                return no_memory(error);
        }
    }
    return TRI_OK;
}

static enum tri_status run_frames(struct tri_job *job, struct tri_image *const *pictures,
                                  int frames, struct tape *tape, struct tri_error *error)
{
    struct tri_image *out = NULL;
    enum tri_status status = tri_image_new(tri_job_shape(job), &out, error);
    job->watch = &tape->watch;
    for (int f = 0; status == TRI_OK && f < frames + job->plan->delay; f++) {
        tape->frame = f;
        if (f == frames)
            tri_job_end(job);
        memset(out->memory, 0xA5, out->memory_size); /* makes unwritten samples show */
        status = tri_job_run(job, pictures[f < frames ? f : frames - 1], out, NULL, error);
        if (status == TRI_OK)
            status = pass_output(tape, job->plan, out, error);
        if (tape->comparing && tape->mismatch->found)
            break;
    }
    tri_image_free(out);
    return status;
}

/* The reference gets a plan of the kind the backend ended up with, so that the stages are the same.
 */
static enum tri_status make_jobs(struct tri_backend *reference, struct tri_backend *backend,
                                 const struct tri_pipeline *pipeline, const struct tri_shape *shape,
                                 struct tri_job *jobs[2], struct tri_error *error)
{
    const enum tri_plan_kind kind = reference->kind;
    enum tri_status status = tri_job_new(backend, pipeline, shape, &jobs[1], error);
    if (status != TRI_OK)
        return status;
    reference->kind = jobs[1]->plan->kind;
    status = tri_job_new(reference, pipeline, shape, &jobs[0], error);
    reference->kind = kind;
    return status;
}

enum tri_status tri_lockstep(struct tri_backend *reference, struct tri_backend *backend,
                             const struct tri_pipeline *pipeline, struct tri_image *const *pictures,
                             int frames, struct tri_mismatch *mismatch, struct tri_error *error)
{
    struct tape tape = {.watch = {after_stage}, .mismatch = mismatch};
    struct tri_job *jobs[2] = {NULL, NULL};
    *mismatch = (struct tri_mismatch){.found = false};
    enum tri_status status =
        make_jobs(reference, backend, pipeline, &pictures[0]->shape, jobs, error);
    if (status == TRI_OK) {
        reference->pads = jobs[0]->plan->kind != TRI_PLAN_WALK;
        status = run_frames(jobs[0], pictures, frames, &tape, error);
        reference->pads = false;
    }
    tape.comparing = true;
    if (status == TRI_OK)
        status = run_frames(jobs[1], pictures, frames, &tape, error);
    tri_job_free(jobs[0]);
    tri_job_free(jobs[1]);
    free(tape.data);
    free(tape.plane);
    return status;
}
