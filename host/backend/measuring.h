/* measuring.h -- what a device tells of its own clock, and what it can do at best: for `bench`. */
#ifndef TRI_MEASURING_H
#define TRI_MEASURING_H

#include "backend.h"

/* A command that the device has carried out, by its own clock: times of all of its queues compare. */
struct tri_device_command {
    enum tri_command { TRI_COMMAND_UPLOAD, TRI_COMMAND_KERNEL, TRI_COMMAND_DOWNLOAD } what;
    int64_t begin_ns, end_ns;
};
#define TRI_COMMANDS_MAX 1024 /* of those since the last question; more are not kept */

/* Medians of a few, by the device's clock, from and to memory that the driver has pinned. */
struct tri_transfer_times {
    int64_t up_ns, down_ns;
    int64_t together_ns; /* both at the same time, in queues of their own */
};

struct tri_measuring {
    enum tri_status (*profile)(struct tri_backend *backend, bool on, struct tri_error *error);
    enum tri_status (*commands)(struct tri_backend *backend, struct tri_device_command *commands, int *count,
                                struct tri_error *error);
    enum tri_status (*copy_time)(struct tri_backend *backend, size_t bytes_in, size_t bytes_out, int64_t *ns,
                                 struct tri_error *error);
    enum tri_status (*transfer_time)(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                     struct tri_transfer_times *times, struct tri_error *error);
};

/* Whether a backend is one device, which can be asked all of this; others fail. */
bool tri_backend_measurable(const struct tri_backend *backend);
/* Has the device note when its commands begin and end. No job may be running. Between its start and its end, jobs
 * of this backend are run by one thread. */
enum tri_status tri_backend_profile(struct tri_backend *backend, bool on, struct tri_error *error);
/* Those that were enqueued since the last call, all of which have to have ended; in no order. */
enum tri_status tri_backend_commands(struct tri_backend *backend, struct tri_device_command commands[TRI_COMMANDS_MAX],
                                     int *count, struct tri_error *error);
/* A bare kernel that does nothing but read so many bytes and write so many. */
enum tri_status tri_backend_copy_time(struct tri_backend *backend, size_t bytes_in, size_t bytes_out, int64_t *ns,
                                      struct tri_error *error);
/* So many bytes to the device, and so many back. */
enum tri_status tri_backend_transfer_time(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                          struct tri_transfer_times *times, struct tri_error *error);

#endif
