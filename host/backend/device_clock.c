/* device_clock.c -- measures a device; backends that are no device return an error. */
#include "device_clock.h"

bool tri_backend_measurable(const struct tri_backend *backend)
{
    return backend->measuring != NULL;
}

static enum tri_status check(const struct tri_backend *backend, struct tri_error *error)
{
    if (backend->measuring != NULL)
        return TRI_OK;
    return tri_fail(error, TRI_USAGE, "%s is not a device with its own clock", backend->info.name);
}

enum tri_status tri_backend_profile(struct tri_backend *backend, bool on, struct tri_error *error)
{
    const enum tri_status status = check(backend, error);
    return status == TRI_OK ? backend->measuring->profile(backend, on, error) : status;
}

enum tri_status tri_backend_commands(struct tri_backend *backend,
                                     struct tri_device_command commands[TRI_COMMANDS_MAX],
                                     int *count, struct tri_error *error)
{
    const enum tri_status status = check(backend, error);
    return status == TRI_OK ? backend->measuring->commands(backend, commands, count, error)
                            : status;
}

enum tri_status tri_backend_copy_time(struct tri_backend *backend, size_t bytes_in,
                                      size_t bytes_out, int64_t *ns, struct tri_error *error)
{
    const enum tri_status status = check(backend, error);
    return status == TRI_OK ? backend->measuring->copy_time(backend, bytes_in, bytes_out, ns, error)
                            : status;
}

enum tri_status tri_backend_transfer_time(struct tri_backend *backend, size_t bytes_in,
                                          size_t bytes_out, struct tri_transfer_times *times,
                                          struct tri_error *error)
{
    const enum tri_status status = check(backend, error);
    return status == TRI_OK
               ? backend->measuring->transfer_time(backend, bytes_in, bytes_out, times, error)
               : status;
}
