/* device.h -- what a device does by its own clock, what it could do at best, and from which size it beats threads. */
#ifndef TRIPTYCH_DEVICE_H
#define TRIPTYCH_DEVICE_H

#include "backend/measuring.h"
#include "measure/measure.h"

/* ---- times of commands: device.c ---- */

/* Of one run. Commands of one sort that overlap count once. */
struct tri_phase_times {
    int64_t upload_ns, kernel_ns, download_ns;
    int64_t span_ns;    /* from the beginning of the first kernel to the end of the last */
    int64_t overlap_ns; /* that the three would take longer one after another */
    int uploads, kernels, downloads;
};
/* Brings the commands into the order of their beginnings. */
struct tri_phase_times tri_phase_times(struct tri_device_command *commands, int count);

/* Measures a job of the backend for about so long, and at least 6 runs, and fills all but `built`. A device that cannot
 * be measured says why in figures->note: that is no failure of the job. */
void tri_device_measure(struct tri_backend *backend, struct tri_job *job, struct tri_image *in, struct tri_image *out,
                        size_t bytes_in, size_t bytes_out, double seconds, struct tri_device_figures *figures);

/* ---- the size from which it beats threads: break_even.c ---- */

/* The straight line through the times of two sizes, so that neither part is negative: where it would be, it is 0, and the
 * line goes through the larger size's time. */
struct tri_cost tri_cost_fit(double pixels1, double ns1, double pixels2, double ns2);
/* Where the lines cross; TRI_BEATS_NEVER also where that is beyond `most` pixels. */
enum tri_beats tri_break_even(struct tri_cost device, struct tri_cost threads, double most, double *pixels);

/* Times of one size. */
struct tri_parts {
    double upload_ns, kernel_ns, download_ns, total_ns;
};
/* Compares a device with threads on the shape, whose times are known, and on another one, computes the break-even and
 * measures there. TRI_DIFFERS: the bytes did. What else goes wrong is in result->note. */
enum tri_status tri_break_even_measure(const struct tri_contender *device, const struct tri_contender *threads,
                                       const struct tri_pipeline *pipeline, const struct tri_shape *shape,
                                       const struct tri_parts known[2], double seconds, struct tri_break_even *result,
                                       struct tri_error *error);

/* ---- the report: report_devices.c ---- */

/* Nothing where no row is of a device. */
void tri_report_devices(FILE *file, const struct tri_bench_case *result, bool markdown, bool bold);
struct json_t *tri_device_json(const struct tri_bench_row *row); /* null of a row that is no device's */

#endif
