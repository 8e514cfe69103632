/* device_timing.h -- a device's times by its own clock, its best possible times, and the size from
 * which it beats threads. */
#ifndef TRIPTYCH_DEVICE_TIMING_H
#define TRIPTYCH_DEVICE_TIMING_H

#include "backend/device_clock.h"
#include "measure/measure.h"

/* ---- times of commands: device_timing.c ---- */

/* Times of one run. Overlapping commands of one kind count once. */
struct tri_phase_times {
    int64_t upload_ns, kernel_ns, download_ns;
    int64_t span_ns;    /* from the start of the first kernel to the end of the last */
    int64_t overlap_ns; /* time saved over running the three one after another */
    int uploads, kernels, downloads;
};
/* Sorts the commands by start time. */
struct tri_phase_times tri_phase_times(struct tri_device_command *commands, int count);

/* Measures a job of the backend for about `seconds`, and at least 6 runs, and fills everything but
 * `built`. If the device cannot be measured, figures->note has the reason; the job does not fail.
 */
void tri_device_measure(struct tri_backend *backend, struct tri_job *job, struct tri_image *in,
                        struct tri_image *out, size_t bytes_in, size_t bytes_out, double seconds,
                        struct tri_device_figures *figures);

/* ---- the size from which it beats threads: break_even.c ---- */

/* The straight line through the times of two sizes. A part that would be negative is 0, and the
 * line then goes through the time of the larger size. */
struct tri_cost tri_cost_fit(double pixels1, double ns1, double pixels2, double ns2);
/* Finds where the lines cross. A crossing beyond `most` pixels does not count. */
enum tri_beats tri_break_even(struct tri_cost device, struct tri_cost threads, double most,
                              double *pixels);

/* Times of one size. */
struct tri_parts {
    double upload_ns, kernel_ns, download_ns, total_ns;
};
/* Compares a device with threads on the shape, whose times are known, and on another one, computes
 * the break-even and measures at that size. TRI_DIFFERS: the bytes differ. Other failures are in
 * result->note. */
enum tri_status tri_break_even_measure(const struct tri_contender *device,
                                       const struct tri_contender *threads,
                                       const struct tri_pipeline *pipeline,
                                       const struct tri_shape *shape,
                                       const struct tri_parts known[2], double seconds,
                                       struct tri_break_even *result, struct tri_error *error);

/* ---- the report: report_devices.c ---- */

/* Prints nothing if there is no row of a device. */
void tri_report_devices(FILE *file, const struct tri_bench_case *result, bool markdown, bool bold);
struct json_t *
tri_device_json(const struct tri_bench_row *row); /* null if the row is not a device's */

#endif
