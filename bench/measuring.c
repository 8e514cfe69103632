/* measuring.c -- exports what the scripts of bench/ need of triptych besides its public interface.
 * With the library it makes build/bench/libtriptych.so. */
#include "backend/device_clock.h"
#include "measure/measure.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT __typeof__(tri_copier_new) bench_copier_new;
EXPORT __typeof__(tri_copier_run) bench_copier_run;
EXPORT __typeof__(tri_backend_profile) bench_profile;
EXPORT __typeof__(tri_backend_commands) bench_commands;
EXPORT __typeof__(tri_backend_copy_time) bench_copy_time;

enum tri_status bench_copier_new(int workers, size_t bytes, struct tri_copier **copier,
                                 struct tri_error *error)
{
    return tri_copier_new(workers, bytes, copier, error);
}

int64_t bench_copier_run(struct tri_copier *copier)
{
    return tri_copier_run(copier);
}

enum tri_status bench_profile(struct tri_backend *backend, bool on, struct tri_error *error)
{
    return tri_backend_profile(backend, on, error);
}

enum tri_status bench_commands(struct tri_backend *backend,
                               struct tri_device_command commands[TRI_COMMANDS_MAX], int *count,
                               struct tri_error *error)
{
    return tri_backend_commands(backend, commands, count, error);
}

enum tri_status bench_copy_time(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                int64_t *ns, struct tri_error *error)
{
    return tri_backend_copy_time(backend, bytes_in, bytes_out, ns, error);
}
