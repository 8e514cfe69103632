/* lineup.c -- who takes part in a bench or a verification: opens the backends, reports what is left out. */
#include "measure/measure.h"

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

    if (!notes)
        return;
    fputs("triptych: note: ", notes);
    va_start(arguments, format);
    vfprintf(notes, format, arguments);
    va_end(arguments);
    fputc('\n', notes);
}

/* The first line of an error: build logs follow on further ones. */
static int first_line(const char *text)
{
    return (int)strcspn(text, "\n");
}

static bool same_backend(const struct tri_backend_info *a, const struct tri_backend_info *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->isa, b->isa) == 0 && strcmp(a->device, b->device) == 0;
}

/* A backend that is there already is not added again, but listed and asked for if either was. */
static enum tri_status add(struct tri_lineup *lineup, const char *on, const char *isa, bool listed,
                           bool asked, struct tri_error *error)
{
    struct tri_backend_options options = {.isa = isa};
    struct tri_backend *backend = NULL;
    enum tri_status status = tri_backend_open(on, &options, &backend, error);

    if (status != TRI_OK)
        return status;
    const struct tri_backend_info *info = tri_backend_info(backend);
    for (int i = 0; i < lineup->count; i++) {
        struct tri_contender *known = &lineup->contenders[i];

        if (!same_backend(known->info, info))
            continue;
        known->listed |= listed;
        known->asked |= asked;
        tri_backend_close(backend);
        return TRI_OK;
    }

    size_t size = (size_t)(lineup->count + 1) * sizeof *lineup->contenders;
    struct tri_contender *more = realloc(lineup->contenders, size);
    if (!more) {
        tri_backend_close(backend);
        return tri_fail(error, TRI_FAILED, "no memory for %d backends", lineup->count + 1);
    }
    more[lineup->count++] = (struct tri_contender){backend, info, listed, asked, 0};
    lineup->contenders = more;
    return TRI_OK;
}

static enum tri_status list_devices(struct tri_lineup *lineup, struct tri_error *error)
{
    if (lineup->devices)
        return TRI_OK;
    return tri_devices(&lineup->devices, &lineup->device_count, error);
}

/* The sub-devices of one CPU device; the first that fails says why and is the last. */
static void add_subdevices(struct tri_lineup *lineup, const struct tri_device_info *device, FILE *notes)
{
    int steps[32], count = tri_worker_steps(device->compute_units, steps);

    for (int i = 0; i < count; i++) {
        char on[64];
        struct tri_error error;

        snprintf(on, sizeof on, "opencl:%s/%d", device->id, steps[i]);
        if (add(lineup, on, NULL, true, false, &error) != TRI_OK) {
            note(notes, "no sub-devices of %s (%s): %.*s", device->id, device->name, first_line(error.text),
                 error.text);
            return;
        }
    }
}

/* Every device; those that cannot be used are noted, and are an error only where asked for. */
static enum tri_status add_devices(struct tri_lineup *lineup, const struct tri_lineup_request *request,
                                   bool asked, struct tri_error *error)
{
    enum tri_status status = list_devices(lineup, error);

    if (status != TRI_OK || lineup->device_count == 0) {
        if (asked)
            return status != TRI_OK ? status : tri_fail(error, TRI_NO_DEVICE, "there is no OpenCL device");
        note(request->notes, "no OpenCL rows: %s", status == TRI_OK ? "there is no device" : error->text);
        return TRI_OK;
    }
    for (int i = 0; i < lineup->device_count; i++) {
        const struct tri_device_info *device = &lineup->devices[i];
        char on[64];

        snprintf(on, sizeof on, "opencl:%s", device->id);
        status = device->usable ? add(lineup, on, NULL, true, asked, error)
                                : tri_fail(error, TRI_NO_DEVICE, "OpenCL device %s (%s) is not usable: %s",
                                           device->id, device->name, device->reason);
        if (status != TRI_OK && asked)
            return status;
        if (status != TRI_OK)
            note(request->notes, "no row for opencl:%s (%s): %.*s", device->id, device->name,
                 first_line(error->text), error->text);
        else if (request->subdevices && strcmp(device->type, "CPU") == 0)
            add_subdevices(lineup, device, request->notes);
    }
    return TRI_OK;
}

static enum tri_status add_threads(struct tri_lineup *lineup, const char *isa, struct tri_error *error)
{
    int steps[32], count = tri_worker_steps(tri_cpu_workers(), steps);
    enum tri_status status = TRI_OK;

    for (int i = 0; i < count && status == TRI_OK; i++) {
        char on[32];

        snprintf(on, sizeof on, "threads:%d", steps[i]);
        status = add(lineup, on, isa, true, false, error);
    }
    return status;
}

/* Everything that the machine has; with --isa only those levels of the CPU, with a reference only that. */
static enum tri_status add_all(struct tri_lineup *lineup, const struct tri_lineup_request *request,
                               struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    lineup->contenders[0].listed = true;
    if (request->reference)
        return add_devices(lineup, request, false, error);
    for (int i = 0; i < request->isa_count && status == TRI_OK; i++)
        status = add(lineup, "sequential", request->isa[i], true, false, error);
    for (int i = 1; i < tri_isa_count() && request->isa_count == 0 && status == TRI_OK; i++)
        status = add(lineup, "sequential", tri_isa_name(i), true, false, error);
    for (int i = 0; i < request->isa_count && status == TRI_OK; i++)
        status = add_threads(lineup, request->isa[i], error);
    if (request->isa_count == 0 && status == TRI_OK)
        status = add_threads(lineup, NULL, error);
    return status == TRI_OK ? add_devices(lineup, request, false, error) : status;
}

/* Beside those that deal work to others, these alone: what it gains. Opened once more, so that none waits for another. */
static enum tri_status add_several(struct tri_lineup *lineup, const char *on, const char *isa, struct tri_error *error)
{
    struct tri_share shares[TRI_SHARES_MAX];
    enum tri_status status = add(lineup, on, isa, true, true, error);
    const int count = status == TRI_OK ? tri_backend_shares(lineup->contenders[lineup->count - 1].backend, shares, TRI_SHARES_MAX) : 0;

    for (int i = 0; i < count && status == TRI_OK; i++)
        status = add(lineup, shares[i].info->name, shares[i].info->opencl ? NULL : isa, true, false, error);
    return status;
}

static enum tri_status add_asked(struct tri_lineup *lineup, const struct tri_lineup_request *request,
                                 const char *on, struct tri_error *error)
{
    int isa_count = request->isa_count > 0 ? request->isa_count : 1;
    enum tri_status status = TRI_OK;

    if (strcmp(on, "opencl:all") == 0)
        return add_devices(lineup, request, true, error);
    if (strncmp(on, "opencl", 6) == 0 && !tri_names_several(on))
        return add(lineup, on, NULL, true, true, error);
    for (int i = 0; i < isa_count && status == TRI_OK; i++) {
        const char *isa = request->isa_count > 0 ? request->isa[i] : NULL;

        status = tri_names_several(on) ? add_several(lineup, on, isa, error) : add(lineup, on, isa, true, true, error);
        /* One worker of the same ISA is the base of efficiency. */
        if (status == TRI_OK && !request->reference)
            status = add(lineup, "sequential", isa, false, false, error);
    }
    return status;
}

static bool uses_opencl(const struct tri_lineup *lineup)
{
    for (int i = 0; i < lineup->count; i++)
        if (lineup->contenders[i].info->opencl)
            return true;
    return false;
}

/* What backends have noted since: what auto chose, which programs were wrong, ... */
static void tell(struct tri_lineup *lineup)
{
    for (int i = 0; i < lineup->count; i++) {
        struct tri_contender *contender = &lineup->contenders[i];
        const char *line = tri_backend_note(contender->backend) + contender->told;

        contender->told += strlen(line);
        while (*line) {
            note(lineup->notes, "%.*s", first_line(line), line);
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
    }
}

enum tri_status tri_lineup_open(const struct tri_lineup_request *request, struct tri_lineup *lineup,
                                struct tri_error *error)
{
    enum tri_status status;

    memset(lineup, 0, sizeof *lineup);
    if (request->reference)
        status = add(lineup, request->reference, NULL, false, true, error);
    else
        status = add(lineup, "sequential", "scalar", false, false, error);
    if (status == TRI_OK && request->on_count == 0)
        status = add_all(lineup, request, error);
    for (int i = 0; i < request->on_count && status == TRI_OK; i++)
        status = add_asked(lineup, request, request->on[i], error);
    /* The best sequential row is a base of speed-ups too, unless sequential runs take too long. */
    if (status == TRI_OK && !request->reference)
        status = add(lineup, "sequential", NULL, false, false, error);
    if (status == TRI_OK && uses_opencl(lineup))
        status = list_devices(lineup, error);
    for (int i = 0; tri_driver_note(i); i++)
        note(request->notes, "%s", tri_driver_note(i));
    lineup->notes = request->notes;
    lineup->max_pixels = request->max_pixels > 0 ? request->max_pixels : TRI_PIXEL_LIMIT;
    tell(lineup);
    return status;
}

enum tri_status tri_lineup_parse(const struct tri_lineup *lineup, const char *text, struct tri_pipeline **pipeline,
                                 struct tri_error *error)
{
    const enum tri_status status = tri_pipeline_parse(text, pipeline, error);
    if (status == TRI_OK)
        tri_pipeline_limit(*pipeline, lineup->max_pixels);
    return status;
}

void tri_lineup_close(struct tri_lineup *lineup)
{
    tell(lineup);
    for (int i = 0; i < lineup->count; i++)
        tri_backend_close(lineup->contenders[i].backend);
    free(lineup->contenders);
    free(lineup->devices);
    memset(lineup, 0, sizeof *lineup);
}
