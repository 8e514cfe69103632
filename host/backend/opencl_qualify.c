/* opencl_qualify.c -- compares OpenCL programs with scalar before their first results are used.
 *
 * Runs a job's pipeline on small images, on the device and by scalar in lockstep, as long as that
 * needs only programs the job itself uses. A program that differs is built in the next form; one
 * that differs in every form is refused. Verdicts are kept on disk with the programs. */
#include "lockstep.h"
#include "opencl.h"
#include "../image/image.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

/* Sizes around the edges of lanes, work-groups and tiles, and one that is many strips high. */
static const struct {
    int width, height;
} sizes[] = {{1, 1}, {3, 5}, {16, 1}, {127, 9}, {128, 33}, {129, 34}, {130, 67}, {261, 20}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* The order matters for temporal kernels: first something to track, then the extremes. */
enum {
    NOISE,
    SMOOTH,
    SMOOTH_MOVED,
    SMOOTH_AGAIN,
    BLACK,
    WHITE,
    CHECKERBOARD,
    RAMP,
    EXTREMES,
    PICTURES
};

static uint32_t noise_at(uint32_t x, uint32_t y, uint32_t plane, uint32_t seed)
{
    uint32_t z = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ plane * 0xc2b2ae3du ^ seed * 0x27d4eb2fu;
    z = (z ^ z >> 15) * 0x2c1b3c6du;
    z = (z ^ z >> 12) * 0x297a2d39u;
    return z ^ z >> 15;
}

static uint32_t smooth_at(int x, int y, int plane, int kind, uint32_t most)
{
    const int moved = kind == SMOOTH_MOVED ? 1 : 0;
    const uint32_t wave = (uint32_t)(x + moved) * (uint32_t)(y + plane + 3) % 97 * most / 128;
    return wave + noise_at((uint32_t)x, (uint32_t)y, (uint32_t)plane, (uint32_t)kind) % (most / 32);
}

static uint32_t value_at(const struct tri_shape *shape, int kind, int plane, int x, int y)
{
    const uint32_t most = (1u << shape->bits) - 1;
    const uint32_t noise = noise_at((uint32_t)x, (uint32_t)y, (uint32_t)plane, (uint32_t)kind);
    switch (kind) {
    case NOISE:
        return noise & most;
    case BLACK:
        return 0;
    case WHITE:
        return most;
    case CHECKERBOARD:
        return (x + y + plane) % 2 == 0 ? 0 : most;
    case RAMP:
        return (uint32_t)(x * 5 + y * 3 + plane) * (most / 255) % (most + 1);
    case EXTREMES:
        return noise & 1 ? most : 0;
    default:
        return smooth_at(x, y, plane, kind, most);
    }
}

static void fill(struct tri_image *image, int kind)
{
    const struct tri_shape *shape = &image->shape;
    for (int p = 0; p < shape->planes; p++) {
        for (int y = 0; y < shape->height; y++) {
            void *row = tri_image_row(image, p, y);
            for (int x = 0; x < shape->width; x++) {
                const uint32_t value = value_at(shape, kind, p, x, y);
                if (shape->bits == 8)
                    ((uint8_t *)row)[x] = (uint8_t)value;
                else
                    ((uint16_t *)row)[x] = (uint16_t)value;
            }
        }
    }
    image->padded = false;
}

/* ---- which images test which programs ---- */

static bool is_decided(const struct opencl_program *entry)
{
    return entry->verdict != VERDICT_NONE;
}

/* Whether the plan uses only programs that were already requested; if so, marks them `covered`. */
static bool takes_known_programs(struct opencl *cl, const struct tri_plan *plan)
{
    for (int s = 0; s < plan->stage_count; s++) {
        if (tri_opencl_find_entry(cl, plan, s) == NULL)
            return false;
    }
    for (int s = 0; s < plan->stage_count; s++)
        tri_opencl_find_entry(cl, plan, s)->covered = true;
    return true;
}

static enum tri_status compare_shape(struct opencl *cl, const struct tri_pipeline *pipeline,
                                     const struct tri_shape *shape, int pictures,
                                     struct tri_mismatch *mismatch, struct opencl_program **culprit,
                                     struct tri_error *error)
{
    struct tri_image *images[PICTURES] = {NULL};
    struct tri_plan *plan = NULL;
    struct tri_pipeline own = *pipeline;
    tri_pipeline_noise(&own); /* as a second picture: the job's has one size */
    enum tri_status status = tri_backend_plan(&cl->base, &own, shape, &plan, error);
    if (status == TRI_USAGE)
        return TRI_OK; /* the pipeline does not accept such images */
    if (status != TRI_OK || !takes_known_programs(cl, plan)) {
        tri_plan_free(plan);
        return status;
    }
    for (int i = 0; i < pictures && status == TRI_OK; i++) {
        status = tri_image_new(shape, &images[i], error);
        if (status == TRI_OK)
            fill(images[i], i);
    }
    if (status == TRI_OK)
        status = tri_lockstep(cl->reference, &cl->base, &own, images, pictures, mismatch, error);
    if (status == TRI_OK && mismatch->found)
        *culprit = tri_opencl_find_entry(cl, plan, mismatch->stage);
    for (int i = 0; i < pictures; i++)
        tri_image_free(images[i]);
    tri_plan_free(plan);
    return status;
}

static bool all_covered(struct opencl *cl, const struct tri_plan *plan)
{
    for (int s = 0; s < plan->stage_count; s++) {
        const struct opencl_program *entry = tri_opencl_find_entry(cl, plan, s);
        if (entry == NULL || (!is_decided(entry) && !entry->covered))
            return false;
    }
    return true;
}

/* Programs that take long are compared on the first two images of each size, from some time on. */
static int pictures_after(int64_t began)
{
    const int64_t patience_ns = 5000000000;
    return tri_now_ns() - began < patience_ns ? PICTURES : SMOOTH + 1;
}

/* One round over all images; ends at the first program that differs. */
static enum tri_status compare_all(struct opencl *cl, const struct tri_job *job,
                                   struct opencl_program **culprit, struct tri_error *error)
{
    const struct tri_shape *own = &job->plan->in;
    struct tri_mismatch mismatch = {.found = false};
    const int64_t began = tri_now_ns();
    enum tri_status status = TRI_OK;
    for (int planes = 0; planes <= TRI_PLANES_MAX; planes++) {
        for (int i = 0; i < SIZES && status == TRI_OK && *culprit == NULL; i++) {
            const struct tri_shape shape = {sizes[i].width, sizes[i].height,
                                            planes == 0 ? own->planes : planes, own->bits};
            if (planes != own->planes)
                status = compare_shape(cl, job->pipeline, &shape, pictures_after(began), &mismatch,
                                       culprit, error);
        }
    }
    /* Only images of the job's own size exercise programs that depend on it. */
    struct tri_shape shape = *own;
    shape.height = own->height < 70 ? own->height : 70;
    if (status == TRI_OK && *culprit == NULL && !all_covered(cl, job->plan))
        status = compare_shape(cl, job->pipeline, &shape, pictures_after(began), &mismatch, culprit,
                               error);
    if (status == TRI_OK && *culprit == NULL && !all_covered(cl, job->plan))
        status = compare_shape(cl, job->pipeline, own, SMOOTH_MOVED + 1, &mismatch, culprit, error);
    return status;
}

/* ---- verdicts ---- */

static const char *form_text(enum opencl_form form)
{
    return form == FORM_SAFE ? "in the safe form"
                             : "in the safe form and without the compiler's optimisation";
}

static void note_form(struct opencl *cl, struct opencl_program *entry)
{
    const struct tri_backend_info *info = &cl->base.info;
    if (entry->form == FORM_PLAIN || entry->noted)
        return;
    entry->noted = true;
    tri_backend_add_note(
        &cl->base,
        "%s (%s): the driver's program for %s %s; it is built %s, which gives the right bytes%s",
        info->name, info->device, entry->kernels,
        entry->unbuilt ? "does not compile as it is" : "gives wrong bytes", form_text(entry->form),
        entry->form == FORM_UNOPTIMISED ? ", but takes longer" : "");
}

static enum tri_status refuse(struct opencl *cl, const struct tri_job *job,
                              const struct opencl_program *entry, struct tri_error *error)
{
    const struct tri_backend_info *info = &cl->base.info;
    cl->base.programs.refused++;
    return tri_fail(error, TRI_NO_DEVICE,
                    "%s (%s, %s) is refused for %s: its program gives wrong bytes, even in the "
                    "safe form and without "
                    "optimisation; another driver may be right ('triptych verify %.200s --on %s' "
                    "shows where it is wrong)",
                    info->name, info->device, info->driver, entry->kernels, job->pipeline->text,
                    info->name);
}

/* Builds the next form that compiles. Faulty source fails in every form, but a form the optimiser
 * fails on may work in another. */
static enum tri_status next_form(struct opencl *cl, struct opencl_program *entry,
                                 struct tri_error *error)
{
    enum tri_status status = TRI_NO_DEVICE;
    while (status != TRI_OK && entry->form + 1 < FORMS) {
        tri_opencl_set_form(entry, entry->form + 1);
        status = tri_opencl_build_entry(cl, entry, error);
    }
    return status;
}

static enum tri_status build_all(struct opencl *cl, const struct tri_plan *plan,
                                 struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int s = 0; s < plan->stage_count && status == TRI_OK; s++) {
        struct opencl_program *entry;
        struct tri_error again;
        status = tri_opencl_entry(cl, plan, s, &entry, error);
        if (status != TRI_OK)
            break;
        status = tri_opencl_build_entry(cl, entry, error);
        if (status != TRI_OK && next_form(cl, entry, &again) == TRI_OK) {
            entry->unbuilt = true;
            status = TRI_OK;
        }
    }
    return status;
}

static void decide(struct opencl *cl, struct opencl_program *entry, enum opencl_verdict verdict)
{
    entry->verdict = verdict;
    cl->base.programs.qualified++;
    tri_opencl_keep_entry(cl, entry);
}

static enum tri_status qualify(struct opencl *cl, const struct tri_job *job,
                               struct tri_error *error)
{
    const struct tri_plan *plan = job->plan;
    struct opencl_program *culprit;
    enum tri_status status = build_all(cl, plan, error);
    do {
        culprit = NULL;
        if (status == TRI_OK)
            status = compare_all(cl, job, &culprit, error);
        if (culprit != NULL) {
            struct tri_error ignored;
            culprit->verdict = VERDICT_NONE; /* it was right on other images */
            if (next_form(cl, culprit, &ignored) != TRI_OK) {
                decide(cl, culprit, VERDICT_WRONG);
                return refuse(cl, job, culprit, error);
            }
        }
    } while (status == TRI_OK && culprit != NULL);
    for (int s = 0; s < plan->stage_count && status == TRI_OK; s++) {
        struct opencl_program *entry = tri_opencl_find_entry(cl, plan, s);
        if (!is_decided(entry))
            decide(cl, entry, VERDICT_RIGHT);
    }
    return status;
}

static enum tri_status begin(struct opencl *cl, struct tri_error *error)
{
    const struct tri_backend_options scalar = {.size = sizeof scalar, .isa = "scalar"};
    for (struct opencl_program *entry = cl->programs; entry != NULL; entry = entry->next)
        entry->covered = false;
    return cl->reference != NULL ? TRI_OK : tri_native_open(0, &scalar, &cl->reference, error);
}

enum tri_status tri_opencl_qualify(struct tri_job *job, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    const struct tri_plan *plan = job->plan;
    bool decided = true;
    if (cl->qualifying || cl->base.unqualified)
        return TRI_OK;
    for (int s = 0; s < plan->stage_count; s++) {
        struct opencl_program *entry;
        const enum tri_status status = tri_opencl_entry(cl, plan, s, &entry, error);
        if (status != TRI_OK)
            return status;
        if (entry->verdict == VERDICT_WRONG)
            return refuse(cl, job, entry, error);
        decided &= is_decided(entry);
    }
    enum tri_status status = TRI_OK;
    if (!decided) {
        const int64_t start = tri_now_ns(), built = cl->base.programs.build_ns;
        const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_OTHER, "qualify programs");
        status = begin(cl, error);
        cl->qualifying = true;
        if (status == TRI_OK)
            status = qualify(cl, job, error);
        cl->qualifying = false;
        tri_trace_end(mark);
        cl->base.programs.qualify_ns += tri_now_ns() - start - (cl->base.programs.build_ns - built);
    }
    for (int s = 0; s < plan->stage_count && status == TRI_OK; s++)
        note_form(cl, tri_opencl_find_entry(cl, plan, s));
    return status;
}
