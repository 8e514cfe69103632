/* candidates.c -- the backends of a bench or a verification: opens them, and reports what is left
 * out. */
#include "measure/measure.h"

#include "pipeline/graph.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool tri_is_sequential(const struct tri_backend_info *info)
{
    return strcmp(info->name, "sequential") == 0;
}

__attribute__((format(printf, 2, 3))) static void note(FILE *notes, const char *format, ...)
{
    va_list arguments;

    if (notes == NULL)
        return;
    fputs("triptych: note: ", notes);
    va_start(arguments, format);
    vfprintf(notes, format, arguments);
    va_end(arguments);
    fputc('\n', notes);
}

/* Length of the first line of an error; build logs follow on further lines. */
static int first_line(const char *text)
{
    return (int)strcspn(text, "\n");
}

static bool same_backend(const struct tri_backend_info *a, const struct tri_backend_info *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->isa, b->isa) == 0 &&
           strcmp(a->device, b->device) == 0;
}

/* Does not add a backend twice; it is listed, or counts as requested, if either one was. */
static enum tri_status add(struct tri_candidates *candidates, const char *on, const char *isa,
                           bool listed, bool asked, struct tri_error *error)
{
    struct tri_backend_options options = {.size = sizeof options, .isa = isa};
    struct tri_backend *backend = NULL;
    enum tri_status status = tri_backend_open(on, &options, &backend, error);

    if (status != TRI_OK)
        return status;
    const struct tri_backend_info *info = tri_backend_info(backend);
    for (int i = 0; i < candidates->count; i++) {
        struct tri_contender *known = &candidates->contenders[i];

        if (!same_backend(known->info, info))
            continue;
        known->listed |= listed;
        known->asked |= asked;
        tri_backend_close(backend);
        return TRI_OK;
    }

    size_t size = (size_t)(candidates->count + 1) * sizeof *candidates->contenders;
    struct tri_contender *more = realloc(candidates->contenders, size);
    if (more == NULL) {
        tri_backend_close(backend);
        return tri_fail(error, TRI_FAILED, "out of memory for %d backends", candidates->count + 1);
    }
    more[candidates->count++] = (struct tri_contender){backend, info, listed, asked, 0};
    candidates->contenders = more;
    return TRI_OK;
}

static enum tri_status list_devices(struct tri_candidates *candidates, struct tri_error *error)
{
    if (candidates->devices != NULL)
        return TRI_OK;
    return tri_devices(&candidates->devices, &candidates->device_count, error);
}

/* The numbers of workers to measure, of at most `most`: those requested, or those of a scaling
 * curve. */
static void choose_workers(const struct tri_candidates_request *request, int most,
                           struct tri_worker_counts *counts)
{
    counts->count = 0;
    if (request->workers == NULL) {
        counts->count = tri_worker_steps(most, counts->list);
        return;
    }
    for (int i = 0; i < request->workers->count; i++)
        if (request->workers->list[i] <= most)
            counts->list[counts->count++] = request->workers->list[i];
}

/* Adds the sub-devices of one CPU device; the first failure is noted and ends the loop. */
static void add_subdevices(struct tri_candidates *candidates, const struct tri_device_info *device,
                           const struct tri_candidates_request *request)
{
    struct tri_worker_counts counts;
    FILE *notes = request->notes;

    choose_workers(request, device->compute_units, &counts);
    for (int i = 0; i < counts.count; i++) {
        char on[64];
        struct tri_error error;

        snprintf(on, sizeof on, "opencl:%s/%d", device->id, counts.list[i]);
        if (add(candidates, on, NULL, true, false, &error) != TRI_OK) {
            note(notes, "no sub-devices of %s (%s): %.*s", device->id, device->name,
                 first_line(error.text), error.text);
            return;
        }
    }
}

/* Adds every device; unusable devices are noted, and are an error only if requested. */
static enum tri_status add_devices(struct tri_candidates *candidates,
                                   const struct tri_candidates_request *request, bool asked,
                                   struct tri_error *error)
{
    enum tri_status status = list_devices(candidates, error);

    if (status != TRI_OK || candidates->device_count == 0) {
        if (asked)
            return status != TRI_OK ? status
                                    : tri_fail(error, TRI_NO_DEVICE, "there is no OpenCL device");
        note(request->notes, "no OpenCL rows: %s",
             status == TRI_OK ? "there is no device" : error->text);
        return TRI_OK;
    }
    for (int i = 0; i < candidates->device_count; i++) {
        const struct tri_device_info *device = &candidates->devices[i];
        char on[64];

        snprintf(on, sizeof on, "opencl:%s", device->id);
        status = device->usable
                     ? add(candidates, on, NULL, true, asked, error)
                     : tri_fail(error, TRI_NO_DEVICE, "OpenCL device %s (%s) is not usable: %s",
                                device->id, device->name, device->reason);
        if (status != TRI_OK && asked)
            return status;
        if (status != TRI_OK)
            note(request->notes, "no row for opencl:%s (%s): %.*s", device->id, device->name,
                 first_line(error->text), error->text);
        else if (request->subdevices && strcmp(device->type, "CPU") == 0)
            add_subdevices(candidates, device, request);
    }
    return TRI_OK;
}

/* More threads than cores are measured only on request. */
static enum tri_status add_threads(struct tri_candidates *candidates,
                                   const struct tri_candidates_request *request, const char *isa,
                                   struct tri_error *error)
{
    struct tri_worker_counts counts;
    enum tri_status status = TRI_OK;

    choose_workers(request, request->workers != NULL ? TRI_WORKER_COUNTS_MAX : tri_cpu_workers(),
                   &counts);
    for (int i = 0; i < counts.count && status == TRI_OK; i++) {
        char on[32];

        snprintf(on, sizeof on, "threads:%d", counts.list[i]);
        status = add(candidates, on, isa, true, false, error);
    }
    return status;
}

/* Adds every backend of the machine; with --isa only those CPU levels, with a reference only that
 * and devices. */
static enum tri_status add_all(struct tri_candidates *candidates,
                               const struct tri_candidates_request *request,
                               struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    candidates->contenders[0].listed = true;
    if (request->reference != NULL)
        return add_devices(candidates, request, false, error);
    for (int i = 0; i < request->isa_count && status == TRI_OK; i++)
        status = add(candidates, "sequential", request->isa[i], true, false, error);
    for (int i = 1; i < tri_isa_count() && request->isa_count == 0 && status == TRI_OK; i++)
        status = add(candidates, "sequential", tri_isa_name(i), true, false, error);
    for (int i = 0; i < request->isa_count && status == TRI_OK; i++)
        status = add_threads(candidates, request, request->isa[i], error);
    if (request->isa_count == 0 && status == TRI_OK)
        status = add_threads(candidates, request, NULL, error);
    return status == TRI_OK ? add_devices(candidates, request, false, error) : status;
}

/* Adds a backend that deals work to others, and each of these alone, to show the gain. They are
 * opened a second time, so none waits for another. */
static enum tri_status add_several(struct tri_candidates *candidates, const char *on,
                                   const char *isa, struct tri_error *error)
{
    struct tri_share shares[TRI_SHARES_MAX];
    enum tri_status status = add(candidates, on, isa, true, true, error);
    const int count =
        status == TRI_OK ? tri_backend_shares(candidates->contenders[candidates->count - 1].backend,
                                              shares, TRI_SHARES_MAX)
                         : 0;

    for (int i = 0; i < count && status == TRI_OK; i++)
        status = add(candidates, shares[i].info->name, shares[i].info->opencl ? NULL : isa, true,
                     false, error);
    return status;
}

static enum tri_status add_asked(struct tri_candidates *candidates,
                                 const struct tri_candidates_request *request, const char *on,
                                 struct tri_error *error)
{
    int isa_count = request->isa_count > 0 ? request->isa_count : 1;
    enum tri_status status = TRI_OK;

    if (strcmp(on, "opencl:all") == 0)
        return add_devices(candidates, request, true, error);
    if (strncmp(on, "opencl", 6) == 0 && !tri_names_several(on))
        return add(candidates, on, NULL, true, true, error);
    for (int i = 0; i < isa_count && status == TRI_OK; i++) {
        const char *isa = request->isa_count > 0 ? request->isa[i] : NULL;

        if (tri_names_several(on))
            status = add_several(candidates, on, isa, error);
        else if (request->workers != NULL && strcmp(on, "threads") == 0)
            status = add_threads(candidates, request, isa, error);
        else
            status = add(candidates, on, isa, true, true, error);
        /* One worker of the same ISA is the base of efficiency. */
        if (status == TRI_OK && request->reference == NULL)
            status = add(candidates, "sequential", isa, false, false, error);
    }
    return status;
}

static bool uses_opencl(const struct tri_candidates *candidates)
{
    for (int i = 0; i < candidates->count; i++)
        if (candidates->contenders[i].info->opencl)
            return true;
    return false;
}

/* Prints the new notes of backends: what auto chose, which programs were wrong, ... */
static void tell(struct tri_candidates *candidates)
{
    for (int i = 0; i < candidates->count; i++) {
        struct tri_contender *contender = &candidates->contenders[i];
        const char *line = tri_backend_note(contender->backend) + contender->told;

        contender->told += strlen(line);
        while (*line) {
            note(candidates->notes, "%.*s", first_line(line), line);
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
    }
}

enum tri_status tri_candidates_open(const struct tri_candidates_request *request,
                                    struct tri_candidates *candidates, struct tri_error *error)
{
    enum tri_status status;

    memset(candidates, 0, sizeof *candidates);
    if (request->reference != NULL)
        status = add(candidates, request->reference, NULL, false, true, error);
    else
        status = add(candidates, "sequential", "scalar", false, false, error);
    if (status == TRI_OK && request->on_count == 0)
        status = add_all(candidates, request, error);
    for (int i = 0; i < request->on_count && status == TRI_OK; i++)
        status = add_asked(candidates, request, request->on[i], error);
    /* The best sequential row is also a base of speed-ups, unless sequential runs take too long. */
    if (status == TRI_OK && request->reference == NULL)
        status = add(candidates, "sequential", NULL, false, false, error);
    if (status == TRI_OK && uses_opencl(candidates))
        status = list_devices(candidates, error);
    for (int i = 0; tri_driver_note(i) != NULL; i++)
        note(request->notes, "%s", tri_driver_note(i));
    candidates->notes = request->notes;
    candidates->max_pixels = request->max_pixels > 0 ? request->max_pixels : TRI_PIXEL_LIMIT;
    tell(candidates);
    return status;
}

void tri_candidates_environment(const struct tri_candidates *candidates,
                                struct tri_environment *environment)
{
    tri_environment_read(environment);
    environment->devices = candidates->devices;
    environment->device_count = candidates->device_count;
}

enum tri_status tri_candidates_parse(const struct tri_candidates *candidates, const char *text,
                                     struct tri_pipeline **pipeline, struct tri_error *error)
{
    const enum tri_status status = tri_pipeline_parse(text, pipeline, error);
    if (status != TRI_OK)
        return status;
    tri_pipeline_limit(*pipeline, candidates->max_pixels);
    tri_pipeline_noise(*pipeline);
    return TRI_OK;
}

void tri_candidates_close(struct tri_candidates *candidates)
{
    tell(candidates);
    for (int i = 0; i < candidates->count; i++)
        tri_backend_close(candidates->contenders[i].backend);
    free(candidates->contenders);
    free(candidates->devices);
    memset(candidates, 0, sizeof *candidates);
}
