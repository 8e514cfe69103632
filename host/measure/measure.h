/* measure.h -- measurement: the backends that are compared, the bench run, verification, and their
 * reports. */
#ifndef TRIPTYCH_MEASURE_H
#define TRIPTYCH_MEASURE_H

#include "backend/device_clock.h"
#include "batch/batch.h"
#include "measure/sweep.h"
#include "triptych.h"
#include "video/transcode.h"

struct json_t; /* of jansson.h */

/* ---- statistics: stats.c ---- */

/* Summary of samples in nanoseconds. low and high bound the median with at least 95 % confidence,
 * whatever the distribution; both are -1 if there are fewer than 6 samples. */
struct tri_summary {
    int count;
    int64_t median, minimum, low, high;
};

struct tri_summary tri_summarize(const int64_t *samples, int count);

/* The estimate of a ratio of two medians, from independent samples: the logarithms of the medians
 * have variances that the samples' order statistics estimate, whatever the distribution. R. M.
 * Price and D. G. Bonett, "Distribution-free confidence intervals for difference and ratio of
 * medians", Journal of Statistical Computation and Simulation 72(2), 2002. As few samples estimate
 * a variance poorly, Student's t replaces the normal distribution, with the degrees of freedom of
 * Welch and Satterthwaite. */
struct tri_estimate {
    double log, variance; /* of the logarithm; a variance of INFINITY: unknown */
    double freedom;       /* degrees of freedom, at least 1 */
};
struct tri_interval {
    double ratio, low, high;
};

/* The median, and the variance of its logarithm. They need at least one sample, of at least 1 ns;
 * with one the variance is unknown. Both are NAN without samples, or if memory runs out. */
double tri_log_median(const int64_t *samples, int count, double *variance);
/* The ratio of a median to another. */
struct tri_estimate tri_estimate_ratio(double over, double over_variance, int over_count,
                                       double under, double under_variance, int under_count);
/* The geometric mean of independent ratios. */
struct tri_estimate tri_estimate_mean(const struct tri_estimate *ratios, int count);
/* What Student's t exceeds in either direction with this probability. */
double tri_student(double miss, double freedom);
/* The interval of the ratio, `t` being tri_student's for the probability that it misses. */
struct tri_interval tri_estimate_interval(const struct tri_estimate *estimate, double t);

/* T1 / (n Tn), from times with one and with n workers. */
double tri_efficiency(double one, double many, int workers);

/* The serial fraction implied by the speed-up: (1/S - 1/n) / (1 - 1/n); NAN for fewer than 2
 * workers. Karp and Flatt, "Measuring parallel processor performance", CACM 33(5), 1990. */
double tri_karp_flatt(double speedup, int workers);

/* Scaling laws fitted by least squares to speed-ups over one worker. NAN if there are too few
 * points: Amdahl's law needs one besides that of one worker, the universal law six in all. */
struct tri_scaling {
    int points, most_workers;
    double serial; /* Amdahl: 1/S = serial + (1 - serial)/n */
    double contention,
        coherence; /* universal: S = n / (1 + contention (n-1) + coherence n (n-1)) */
};

struct tri_scaling tri_scaling_fit(const int *workers, const double *speedups, int points);
double tri_amdahl(double serial, double workers);
double tri_gustafson(double serial, double workers);

/* The worker counts of a scaling curve, ascending, from 1 to `most`: all up to 8, then 12, 16, 24,
 * 32, 48, ... and `most` itself. Returns their number, at most 32. */
int tri_worker_steps(int most, int steps[32]);

/* ---- the machine: environment.c ---- */

struct tri_environment {
    char cpu[160], kernel[200], compiler[120], commit[64], isas[120];
    char date[24];    /* now, in UTC: "2025-11-27T22:30:00Z" */
    uint64_t memory;  /* bytes of the machine; 0: unknown */
    int cores;        /* available to this process */
    int cores_online; /* of the machine */
    double load;      /* average of the last minute, before the run; negative: unknown */
    const struct tri_device_info *devices; /* NULL if OpenCL is not used; owned by the candidates */
    int device_count;
};

void tri_environment_read(struct tri_environment *environment);

/* ---- the memory limit: memory_bandwidth.c ---- */

/* Threads that together copy one buffer to another, a part at a time. */
struct tri_copier;
enum tri_status tri_copier_new(int workers, size_t bytes, struct tri_copier **copier,
                               struct tri_error *error);
void tri_copier_free(struct tri_copier *copier);
int64_t tri_copier_run(struct tri_copier *copier); /* nanoseconds */

/* ---- the backends that are compared: candidates.c ---- */

struct tri_candidates_request {
    const char *const *on; /* as --on, also opencl:all; none: every backend of the machine */
    int on_count;
    const char *const
        *isa; /* of the CPU backends; none: every level sequentially, native threads */
    int isa_count;
    const struct tri_worker_counts
        *workers;          /* of threads and sub-devices; NULL: those of a scaling curve */
    bool subdevices;       /* also sub-devices of CPU devices */
    const char *reference; /* bytes are compared with this backend; NULL: sequential scalar */
    FILE *notes;           /* names what is left out and why; may be NULL */
    uint64_t max_pixels;   /* limit for the output of pipelines; 0: TRI_PIXEL_LIMIT */
};

struct tri_contender {
    struct tri_backend *backend;
    const struct tri_backend_info *info;
    bool listed; /* false: it runs only as the base of comparisons */
    bool asked;  /* requested by name: if it fails, the run fails */
    size_t told; /* bytes of the backend's note that have been printed */
};

/* The first contender is the reference, sequential scalar unless another one is requested. */
struct tri_candidates {
    struct tri_contender *contenders;
    int count;
    struct tri_device_info *devices; /* NULL if OpenCL was not used */
    int device_count;
    FILE *notes; /* may be NULL; later notes of backends are printed when they are closed */
    uint64_t max_pixels;
};

/* Must be closed with tri_candidates_close, also after a failure. */
enum tri_status tri_candidates_open(const struct tri_candidates_request *request,
                                    struct tri_candidates *candidates, struct tri_error *error);
void tri_candidates_close(struct tri_candidates *candidates);
/* Parses a pipeline and applies the candidates' pixel limit. */
enum tri_status tri_candidates_parse(const struct tri_candidates *candidates, const char *text,
                                     struct tri_pipeline **pipeline, struct tri_error *error);
/* Describes the machine, including the candidates' devices. */
void tri_candidates_environment(const struct tri_candidates *candidates,
                                struct tri_environment *environment);
bool tri_is_sequential(const struct tri_backend_info *info);

/* ---- inputs: bench_inputs.c ---- */

/* Gradients, edges and noise; the same for the same shape and seed. */
enum tri_status tri_picture_generate(const struct tri_shape *shape, unsigned seed,
                                     struct tri_image **image, struct tri_error *error);
/* Finds the largest PNG file in ./images or else in the installed data folder; false if none has
 * 0.5 megapixels. */
bool tri_picture_bundled(char path[512]);

/* ---- the bench run: bench.c ---- */

#define TRI_ROUNDS_MIN 6 /* fewer samples have no 95 % interval */
#define TRI_ROUNDS_MAX 1000
#define TRI_SHARES_MAX 16

/* Medians by the device's own clock. */
struct tri_device_figures {
    bool measured;
    char note[200];                  /* why some or all was not measured; empty otherwise */
    struct tri_backend_counts built; /* programs built for the job and their time */
    long launches;                   /* per run */
    struct tri_summary kernel,
        span; /* kernels alone; from the start of the first to the end of the last */
    struct tri_summary upload, download,
        overlap;     /* of whole runs; count 0 if there is no such command */
    int64_t copy_ns; /* of a bare copy kernel with the same bytes in and out; 0: not measured */
    struct tri_transfer_times pinned; /* 0: not measured */
    double copy_share;                /* copy_ns over span; NAN: not measured */
};

/* A time as a fixed part and a part per pixel. */
struct tri_cost {
    double fixed_ns, pixel_ns;
};

enum tri_beats {
    TRI_BEATS_UNKNOWN,
    TRI_BEATS_ALWAYS,
    TRI_BEATS_FROM,
    TRI_BEATS_UP_TO,
    TRI_BEATS_NEVER
};

/* The size at which a device and the fastest row of threads take the same time, end to end. */
struct tri_break_even {
    enum tri_beats beats;
    char note[200]; /* why it is unknown or was not checked; empty otherwise */
    const struct tri_backend_info *against;
    double pixels; /* for FROM and UP_TO */
    struct tri_cost upload, kernel, download, rest, device,
        threads;              /* device: the sum of the four before it */
    struct tri_shape checked; /* the size measured to check the estimate; width 0: not checked */
    int64_t device_ns, threads_ns; /* measured at that size */
};

struct tri_bench_row {
    const struct tri_backend_info *info; /* owned by the candidates */
    bool listed;
    bool verified; /* same bytes as the reference, before and after; else there are no figures */
    char failure[300]; /* why it could not run; empty otherwise */
    uint64_t digest;
    int64_t *samples; /* ns, end to end, in the order of measurement */
    struct tri_summary total, upload, kernel, download;
    double mpix_per_s;
    double copy_share;   /* NAN if it does not apply, here and below */
    double speedup;      /* over sequential scalar, if that is the reference */
    double speedup_best; /* over the fastest sequential row */
    double efficiency, karp_flatt;
    struct tri_device_figures device; /* for devices */
    struct tri_break_even break_even; /* for whole devices */
    /* For a backend that deals work to several others: */
    int parts;
    const struct tri_backend_info *part[TRI_SHARES_MAX];
    double pictures[TRI_SHARES_MAX]; /* computed by each part during the measurement; strips count
                                        as fractions */
    double over_parts; /* speed-up over the fastest part alone; NAN: none was measured */
    int best_part;     /* index of that part; -1: none */
};

struct tri_bench_copy { /* memcpy of the same footprint */
    int workers;
    int64_t *samples;
    struct tri_summary total;
};

/* One pipeline on one picture. */
struct tri_bench_case {
    char *pipeline, *input;
    uint64_t input_digest;
    struct tri_shape in, out;
    struct tri_bench_row *rows;
    int row_count;
    struct tri_bench_copy *copies;
    int copy_count;
    size_t bytes;              /* read and written: samples of input and output */
    struct tri_image *picture; /* the output */
};

/* Verifies, then measures all contenders in interleaved rounds, about `seconds` for each, then
 * verifies again. Returns TRI_DIFFERS if outputs differ, or the status of a requested contender
 * that failed, in both cases with a complete `result`. Free it with tri_bench_case_free. */
enum tri_status tri_bench_run(const struct tri_candidates *candidates, const char *pipeline,
                              const char *input, struct tri_image *image, double seconds,
                              struct tri_bench_case *result, struct tri_error *error);
void tri_bench_case_free(struct tri_bench_case *result);

/* Fills the figures that compare rows: copy_share, speed-ups, efficiency, Karp-Flatt. */
void tri_bench_compare(struct tri_bench_case *result);
/* several.c: adds what each part has computed so far, times `sign`; fills over_parts and best_part;
 * returns a part's share of the work; prints a line with all shares. */
void tri_bench_shares(struct tri_bench_row *row, const struct tri_backend *backend, int sign);
void tri_bench_over_parts(const struct tri_bench_case *result, struct tri_bench_row *row);
double tri_bench_share(const struct tri_bench_row *row, int part);
void tri_bench_put_shares(FILE *file, const struct tri_bench_row *row);
/* The scaling law of the rows that scale like `row`; points is 0 unless `row` is the first of them.
 */
struct tri_scaling tri_bench_scaling(const struct tri_bench_case *result, int row);

/* The rows behind that law, one for each number of workers, and the base of their speed-ups. */
#define TRI_CURVE_MAX 64
struct tri_curve {
    const struct tri_bench_row *one, *rows[TRI_CURVE_MAX];
    int count;
};
/* Returns the count; 0 unless `row` is the first of its curve. */
int tri_bench_curve(const struct tri_bench_case *result, int row, struct tri_curve *curve);

/* ---- intervals by resampling: bootstrap.c ---- */

/* The bounds of 95 %; NAN: unknown. */
struct tri_range {
    double low, high;
};

/* Bounds of a ratio of two medians, `over` to `under`: the percentiles 2.5 and 97.5 of what 2000
 * resamples of both give (B. Efron, "Bootstrap methods: another look at the jackknife", Annals of
 * Statistics 7(1), 1979). Unknown with fewer than TRI_ROUNDS_MIN samples. The same samples always
 * give the same bounds. */
struct tri_range tri_ratio_range(const int64_t *over, int over_count, const int64_t *under,
                                 int under_count);

/* The same for the law fitted to a curve, whose rows are all resampled. */
struct tri_scaling_range {
    struct tri_range serial, contention, coherence;
};
struct tri_scaling_range tri_scaling_range(const struct tri_curve *curve);

/* ---- reports: report_table.c, report_csv.c, report_json.c ---- */

struct tri_report {
    const struct tri_environment *environment;
    const struct tri_bench_case *cases;
    int count;
    double seconds;                /* asked for each row */
    const struct tri_suite *suite; /* NULL: not of a suite */
};

void tri_report_header(FILE *file, const struct tri_environment *environment, bool markdown);
void tri_report_table(FILE *file, const struct tri_bench_case *result, bool markdown, bool bold);
void tri_report_legend(FILE *file);
void tri_report_csv(FILE *file, const struct tri_report *report);
struct json_t *tri_report_json(const struct tri_report *report); /* NULL: no memory */
/* What every file of results begins with: version, schema, kind, date and environment. `kind` is
 * one of those in docs/results-schema.json. */
#define TRI_RESULTS_SCHEMA 1
struct json_t *tri_results_json(const char *kind, const struct tri_environment *environment);
/* results_name.c: names a machine's file of results by CPU, device and date:
 * "amd-epyc-2-cores_no-gpu_2025-11-27.json". */
enum { TRI_RESULTS_NAME = 220 };
void tri_results_name(const struct tri_environment *environment, char name[TRI_RESULTS_NAME]);
/* The model of a CPU or device, without trademarks, "CPU" and frequencies. */
void tri_results_model(const char *text, char *model, size_t size);
/* FNV-1a of some bytes; begin with TRI_DIGEST_EMPTY, and go on with the digest of those before. */
#define TRI_DIGEST_EMPTY UINT64_C(0xcbf29ce484222325)
uint64_t tri_digest_bytes(uint64_t digest, const void *bytes, size_t size);
struct json_t *tri_digest_json(uint64_t digest);
struct json_t *tri_samples_json(const int64_t *samples, int count); /* nanoseconds */
/* null if the text is empty or not UTF-8: drivers may report anything. */
struct json_t *tri_text_json(const char *text);
struct json_t *tri_device_info_json(const struct tri_device_info *device);
struct json_t *tri_environment_json(const struct tri_environment *environment); /* the same */

/* Writes and frees `json`, which is NULL if memory ran out; "-" is standard output. A failure
 * leaves an existing file untouched. */
enum tri_status tri_json_write(const char *path, struct json_t *json, struct tri_error *error);
/* json_read.c: reads a file of at most `limit` bytes; "-" is standard input. `what` says in errors
 * what should be in it: "results of 'triptych bench --json'". */
enum tri_status tri_json_read(const char *path, const char *what, size_t limit,
                              struct json_t **root, struct tri_error *error);

/* "3840x2160 RGB 8 bits". */
const char *tri_shape_text(const struct tri_shape *shape, char text[64]);

/* ---- from file to file: end_to_end.c, report_end_to_end.c ---- */

struct tri_end_to_end_row {
    const struct tri_backend_info *info; /* owned by the candidates */
    bool listed;
    bool verified; /* the file has the same bytes as that of sequential scalar; else there are no
                      figures */
    char failure[300];                            /* why it could not run; empty otherwise */
    uint64_t digest;                              /* of the file */
    struct tri_summary phases[TRI_PHASES], total; /* of one file alone */
    struct tri_summary each_of_many;              /* of a batch, per file */
    int64_t *samples;  /* ns, of one file alone, in the order of measurement; NULL: none */
    int limit;         /* the longest phase */
    double mpix_per_s; /* of the batch */
};

struct tri_end_to_end_case {
    struct tri_shape in;
    int64_t bytes_in, bytes_out; /* of the files */
    struct tri_end_to_end_row *rows;
    int row_count;
};

/* Reads the file at `path`, whose image has the shape `in`, runs the pipeline and writes a file of
 * the same format, with every contender in turn, for `seconds` each and at least 6 rounds.
 * TRI_DIFFERS: a contender wrote different bytes than sequential scalar. Free the result with
 * tri_end_to_end_case_free, also after a failure. */
enum tri_status tri_end_to_end_run(const struct tri_candidates *candidates,
                                   const struct tri_pipeline *pipeline, const char *path,
                                   const struct tri_shape *in, double seconds,
                                   struct tri_end_to_end_case *result, struct tri_error *error);
void tri_end_to_end_case_free(struct tri_end_to_end_case *result);
void tri_end_to_end_table(FILE *file, const struct tri_end_to_end_case *result,
                          const char *pipeline, const char *input);
/* The bottleneck of the fastest one. */
void tri_end_to_end_legend(FILE *file, const struct tri_end_to_end_case *result);
struct json_t *tri_end_to_end_json(const struct tri_end_to_end_case *result, const char *pipeline,
                                   const char *input);

/* ---- over a clip: clip.c, report_clip.c ---- */

struct tri_clip_row {
    const struct tri_backend_info *info; /* owned by the candidates */
    bool listed;
    bool by_frames; /* each worker has a frame of its own; else they share the rows of one. For a
                       device: several frames are in flight, so transfers overlap kernels; else one
                       at a time */
    bool verified;  /* every frame has the bytes of sequential scalar; else there are no figures */
    char failure[300];   /* why it could not run; empty otherwise */
    double frames_per_s; /* 0: not measured, because it differs, failed or is not listed */
    double pinned_per_s; /* for a device: frames that pinned transfers allow, both ways at once; 0:
                            not measured */
    double speedup;      /* over sequential scalar; NAN if one of the two was not measured */
    int64_t median_ns, p99_ns; /* per frame */
    int64_t *samples;          /* ns of the whole clip, one for each round; NULL: none */
    int sample_count;
    uint64_t digest;                    /* of all frames of the result, if they were compared */
    double stages_ms[TRI_VIDEO_STAGES]; /* end to end: each stage, per frame */
    int limit;                          /* the longest stage */
};

struct tri_clip_case {
    struct tri_video video;
    int frames;
    uint64_t input_digest; /* of all frames, unless end to end */
    struct tri_clip_row *rows;
    int row_count;
    bool end_to_end; /* from the file to /dev/null: rows have stages, and nothing was compared */
};

/* Runs the pipeline over the frames of the clip, up to 1 GiB of them held in memory, with every
 * contender, for `seconds` and at least three times. Statuses as for tri_bench_run. Free the result
 * with tri_clip_case_free, also after a failure. */
enum tri_status tri_clip_run(const struct tri_candidates *candidates,
                             const struct tri_pipeline *pipeline, const char *path, double seconds,
                             struct tri_clip_case *result, struct tri_error *error);
void tri_clip_case_free(struct tri_clip_case *result);
/* End to end, from the file to /dev/null, with every listed contender; the first is the base. */
enum tri_status tri_clip_end_to_end(const struct tri_candidates *candidates,
                                    const struct tri_pipeline *pipeline, const char *path,
                                    struct tri_clip_case *result, struct tri_error *error);
void tri_clip_end_to_end_table(FILE *file, const struct tri_clip_case *result, const char *pipeline,
                               const char *path);
void tri_clip_table(FILE *file, const struct tri_clip_case *result, const char *pipeline,
                    const char *path);
struct json_t *tri_clip_json(const struct tri_clip_case *result, const char *pipeline,
                             const char *path);

/* ---- verification: verify.c ---- */

/* One pipeline on one backend, over all inputs. */
struct tri_verify_result {
    const char *pipeline;
    const struct tri_backend_info *info;
    int compared, differ;     /* images */
    int inapplicable;         /* inputs that the pipeline does not accept */
    char failure[300];        /* why it could not run; empty otherwise */
    bool refused;             /* it could not run because a program is wrong in every form */
    struct tri_shape in, out; /* of the first image that differs */
    int input;                /* its index */
    struct tri_difference difference;
};

/* Runs a pipeline on all contenders over the inputs; successive inputs of one shape are successive
 * frames. results[i] belongs to contender i; results[0], the reference itself, stays empty.
 * TRI_DIFFERS: outputs differ. If a requested contender fails, returns its status. With
 * `all_shapes`, an input that the pipeline does not accept is an error. */
enum tri_status tri_verify_run(const struct tri_candidates *candidates, const char *pipeline,
                               struct tri_image *const *inputs, int input_count, bool all_shapes,
                               struct tri_verify_result *results, struct tri_error *error);

/* ---- the cause of different outputs: diagnose.c, report_diagnosis.c ---- */

struct tri_diagnosis {
    struct tri_image *in, *expected,
        *actual;     /* the smallest failing image found and its outputs; the last of */
    int frames;      /* this many frames that are needed; 0: none of the inputs fails */
    int x, y, plane; /* its place in the input; plane -1: all of them */
    int step;        /* the first operation of the pipeline after which outputs differ, from 1 */
    const struct tri_kernel *kernel; /* its kernel */
    const char *pass,
        *file; /* its first pass that differs, and the file; NULL: none differs alone */
    int pass_x, pass_y;
    int64_t pass_expected, pass_actual;
    const struct tri_backend_info *info; /* its probes may name the cause */
};

/* Searches for the smallest image, and the first operation and pass, for which a contender differs
 * from the first one. Shrinking takes at most 10 seconds. Programs that the backend refuses are run
 * anyway. Free the result with tri_diagnosis_free. */
enum tri_status tri_diagnose(const struct tri_candidates *candidates, int contender,
                             const struct tri_verify_result *result,
                             struct tri_image *const *inputs, int input_count,
                             struct tri_diagnosis *diagnosis, struct tri_error *error);
void tri_diagnosis_free(struct tri_diagnosis *diagnosis);
void tri_diagnosis_print(FILE *file, const struct tri_diagnosis *diagnosis);
struct json_t *tri_diagnosis_json(const struct tri_diagnosis *diagnosis); /* NULL: no memory */

#endif
