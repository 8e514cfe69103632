/* device_clock.h -- for `bench`: a device's times by its own clock, and the best it can do. */
#ifndef TRI_DEVICE_CLOCK_H
#define TRI_DEVICE_CLOCK_H

#include "backend.h"

/* A command the device has executed, by the device's clock; times of all its queues are comparable.
 */
struct tri_device_command {
    enum tri_command { TRI_COMMAND_UPLOAD, TRI_COMMAND_KERNEL, TRI_COMMAND_DOWNLOAD } what;
    int64_t begin_ns, end_ns;
};
#define TRI_COMMANDS_MAX 1024 /* since the last call; more are not kept */

/* Medians of a few runs by the device's clock, to and from memory pinned by the driver. */
struct tri_transfer_times {
    int64_t up_ns, down_ns;
    int64_t together_ns; /* both at once, in separate queues */
};

struct tri_measuring {
    enum tri_status (*profile)(struct tri_backend *backend, bool on, struct tri_error *error);
    enum tri_status (*commands)(struct tri_backend *backend, struct tri_device_command *commands,
                                int *count, struct tri_error *error);
    enum tri_status (*copy_time)(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                 int64_t *ns, struct tri_error *error);
    enum tri_status (*transfer_time)(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                     struct tri_transfer_times *times, struct tri_error *error);
};

/* Whether a backend is a single device that supports the calls below; on others they fail. */
bool tri_backend_measurable(const struct tri_backend *backend);
/* Makes the device record when its commands begin and end. No job may be running. While this is on,
 * only one thread may run jobs of this backend. */
enum tri_status tri_backend_profile(struct tri_backend *backend, bool on, struct tri_error *error);
/* Waits for the commands enqueued since the last call and returns them in no particular order. */
enum tri_status tri_backend_commands(struct tri_backend *backend,
                                     struct tri_device_command commands[TRI_COMMANDS_MAX],
                                     int *count, struct tri_error *error);
/* Times a bare kernel that only reads and writes that many bytes. */
enum tri_status tri_backend_copy_time(struct tri_backend *backend, size_t bytes_in,
                                      size_t bytes_out, int64_t *ns, struct tri_error *error);
/* Times transfers of that many bytes to the device and back. */
enum tri_status tri_backend_transfer_time(struct tri_backend *backend, size_t bytes_in,
                                          size_t bytes_out, struct tri_transfer_times *times,
                                          struct tri_error *error);

#endif
