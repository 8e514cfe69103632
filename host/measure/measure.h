/* measure.h -- what the room offers: who takes part, the bench run, verification, and their reports. */
#ifndef TRIPTYCH_MEASURE_H
#define TRIPTYCH_MEASURE_H

#include "backend/measuring.h"
#include "batch/batch.h"
#include "triptych.h"
#include "video/transcode.h"

struct json_t; /* of jansson.h */

/* ---- statistics: stats.c ---- */

/* Of samples in nanoseconds. low and high bound the median with at least 95 % confidence, whatever
 * the distribution; both are -1 where there are too few samples (less than 6). */
struct tri_summary {
    int count;
    int64_t median, minimum, low, high;
};

struct tri_summary tri_summarize(const int64_t *samples, int count);

/* T1 / (n Tn), from times with one and with n workers. */
double tri_efficiency(double one, double many, int workers);

/* The serial fraction that the speed-up shows: (1/S - 1/n) / (1 - 1/n); NAN for less than 2 workers.
 * Karp and Flatt, "Measuring parallel processor performance", CACM 33(5), 1990. */
double tri_karp_flatt(double speedup, int workers);

/* Scaling laws fitted to speed-ups over one worker, by least squares. NAN where there are too few
 * points: Amdahl's law takes one beside the worker count 1, the universal law six in all. */
struct tri_scaling {
    int points, most_workers;
    double serial;                /* Amdahl: 1/S = serial + (1 - serial)/n */
    double contention, coherence; /* universal: S = n / (1 + contention (n-1) + coherence n (n-1)) */
};

struct tri_scaling tri_scaling_fit(const int *workers, const double *speedups, int points);
double tri_amdahl(double serial, double workers);
double tri_gustafson(double serial, double workers);

/* The worker counts that a scaling curve is measured at, ascending, from 1 to `most`: all up to 8,
 * then 12, 16, 24, 32, 48, ... and `most` itself. Returns how many there are, at most 32. */
int tri_worker_steps(int most, int steps[32]);

/* ---- the machine: environment.c ---- */

struct tri_environment {
    char cpu[160], kernel[200], compiler[120], commit[64], isas[120];
    int cores;                             /* that this process may use */
    int cores_online;                      /* that the machine has */
    double load;                           /* average of the last minute, before the run; negative: unknown */
    const struct tri_device_info *devices; /* NULL where OpenCL is not used; belongs to the line-up */
    int device_count;
};

void tri_environment_read(struct tri_environment *environment);

/* ---- the memory limit: calibrate.c ---- */

/* A crew of threads that copies one buffer to another, a part each. */
struct tri_copier;
enum tri_status tri_copier_new(int workers, size_t bytes, struct tri_copier **copier,
                               struct tri_error *error);
void tri_copier_free(struct tri_copier *copier);
int64_t tri_copier_run(struct tri_copier *copier); /* nanoseconds */

/* ---- who takes part: lineup.c ---- */

struct tri_lineup_request {
    const char *const *on; /* as --on, also opencl:all; none: everything that the machine has */
    int on_count;
    const char *const *isa; /* of the CPU backends; none: every level sequentially, native threads */
    int isa_count;
    bool subdevices; /* of CPU devices too */
    const char *reference; /* what bytes are compared with; NULL: sequential scalar */
    FILE *notes;     /* what is left out and why; may be NULL */
    uint64_t max_pixels; /* of what pipelines make; 0: TRI_PIXEL_LIMIT */
};

struct tri_contender {
    struct tri_backend *backend;
    const struct tri_backend_info *info;
    bool listed; /* false: it runs as the base of comparisons only */
    bool asked;  /* for by name: its failure is the run's failure */
    size_t told; /* of the backend's note */
};

/* The first contender is the reference, sequential scalar unless another one is asked for. */
struct tri_lineup {
    struct tri_contender *contenders;
    int count;
    struct tri_device_info *devices; /* NULL where OpenCL was not used */
    int device_count;
    FILE *notes; /* may be NULL; what backends note while they work is told when they are closed */
    uint64_t max_pixels;
};

/* Ends with tri_lineup_close, also after a failure. */
enum tri_status tri_lineup_open(const struct tri_lineup_request *request, struct tri_lineup *lineup,
                                struct tri_error *error);
void tri_lineup_close(struct tri_lineup *lineup);
/* A pipeline for these, with their limit of pixels. */
enum tri_status tri_lineup_parse(const struct tri_lineup *lineup, const char *text, struct tri_pipeline **pipeline,
                                 struct tri_error *error);
bool tri_is_sequential(const struct tri_backend_info *info);

/* ---- inputs: pictures.c ---- */

/* Gradients, edges and noise, the same ones for the same shape and seed. */
enum tri_status tri_picture_generate(const struct tri_shape *shape, unsigned seed, struct tri_image **image,
                                     struct tri_error *error);
/* The largest PNG file in ./images or else in the installed data folder; false: none of 0.5 megapixels. */
bool tri_picture_bundled(char path[512]);

/* ---- the bench run: bench.c ---- */

#define TRI_ROUNDS_MIN 6 /* fewer samples have no 95 % interval */
#define TRI_ROUNDS_MAX 1000
#define TRI_SHARES_MAX 16

/* By the device's own clock; medians. */
struct tri_device_figures {
    bool measured;
    char note[200]; /* why it, or a part of it, was not; empty otherwise */
    struct tri_backend_counts built; /* since the job was asked for: programs and their time */
    long launches;                   /* of a run */
    struct tri_summary kernel, span; /* of kernels alone; from the first one's beginning to the last one's end */
    struct tri_summary upload, download, overlap; /* of whole runs; no count where there is no such command */
    int64_t copy_ns;                 /* of a bare copy kernel, as many bytes in and out; 0: not measured */
    struct tri_transfer_times pinned; /* 0: not measured */
    double copy_share;               /* copy_ns over span; NAN: not measured */
};

/* What something takes: once, and for each pixel. */
struct tri_cost {
    double fixed_ns, pixel_ns;
};

enum tri_beats { TRI_BEATS_UNKNOWN, TRI_BEATS_ALWAYS, TRI_BEATS_FROM, TRI_BEATS_UP_TO, TRI_BEATS_NEVER };

/* Where a device and the fastest row of threads take the same time, end to end. */
struct tri_break_even {
    enum tri_beats beats;
    char note[200]; /* why it is unknown or was not checked; empty otherwise */
    const struct tri_backend_info *against;
    double pixels; /* of FROM and UP_TO */
    struct tri_cost upload, kernel, download, rest, device, threads; /* rest: neither; device: all four */
    struct tri_shape checked; /* what was measured to see whether it holds; width 0: nothing was */
    int64_t device_ns, threads_ns; /* there */
};

struct tri_bench_row {
    const struct tri_backend_info *info; /* belongs to the line-up */
    bool listed;
    bool verified;     /* same bytes as the reference, before and after; else there are no figures */
    char failure[300]; /* why it could not run; empty otherwise */
    uint64_t digest;
    int64_t *samples; /* ns, end to end, in the order in which they were taken */
    struct tri_summary total, upload, kernel, download;
    double mpix_per_s;
    double copy_share;   /* NAN where it does not apply, here and below */
    double speedup;      /* over sequential scalar, where that is the reference */
    double speedup_best; /* over the fastest sequential row */
    double efficiency, karp_flatt;
    struct tri_device_figures device; /* of rows of devices */
    struct tri_break_even break_even; /* of whole devices */
    /* Of a backend that deals work to several others: */
    int parts;
    const struct tri_backend_info *part[TRI_SHARES_MAX];
    double pictures[TRI_SHARES_MAX]; /* that each of them computed while it was measured, bands as parts of one */
    double over_parts;               /* speed-up over the fastest of them alone; NAN: none was measured */
    int best_part;                   /* which is this one; -1: none */
};

struct tri_bench_copy { /* memcpy of the same footprint */
    int workers;
    int64_t *samples;
    struct tri_summary total;
};

/* One pipeline on one picture. */
struct tri_bench_case {
    char *pipeline, *input;
    struct tri_shape in, out;
    struct tri_bench_row *rows;
    int row_count;
    struct tri_bench_copy *copies;
    int copy_count;
    size_t bytes;              /* read and written: samples of input and output */
    struct tri_image *picture; /* the output */
};

/* Verifies, then measures all contenders in interleaved rounds, about `seconds` for each, then
 * verifies again. Output that differs gives TRI_DIFFERS and contenders that failed though asked for
 * their status, in both cases with a complete `result`, which ends with tri_bench_case_free. */
enum tri_status tri_bench_run(const struct tri_lineup *lineup, const char *pipeline, const char *input,
                              struct tri_image *image, double seconds, struct tri_bench_case *result,
                              struct tri_error *error);
void tri_bench_case_free(struct tri_bench_case *result);

/* Fills the figures that compare rows: copy_share, speed-ups, efficiency, Karp-Flatt. */
void tri_bench_compare(struct tri_bench_case *result);
/* several.c: adds what each part has computed so far, times `sign`; then over_parts; a part's share of the work; a line. */
void tri_bench_shares(struct tri_bench_row *row, const struct tri_backend *backend, int sign);
void tri_bench_over_parts(const struct tri_bench_case *result, struct tri_bench_row *row);
double tri_bench_share(const struct tri_bench_row *row, int part);
void tri_bench_put_shares(FILE *file, const struct tri_bench_row *row);
/* The scaling law of the rows that scale like `row`; points is 0 unless `row` is the first of them. */
struct tri_scaling tri_bench_scaling(const struct tri_bench_case *result, int row);

/* ---- reports: report_table.c, report_csv.c, report_json.c ---- */

struct tri_report {
    const struct tri_environment *environment;
    const struct tri_bench_case *cases;
    int count;
};

void tri_report_header(FILE *file, const struct tri_environment *environment, bool markdown);
void tri_report_table(FILE *file, const struct tri_bench_case *result, bool markdown, bool bold);
void tri_report_legend(FILE *file);
void tri_report_csv(FILE *file, const struct tri_report *report);
struct json_t *tri_report_json(const struct tri_report *report);                /* NULL: no memory */
struct json_t *tri_probes_json(const enum tri_probe_verdict probes[TRI_PROBES]); /* name, sentence, verdict of each */
struct json_t *tri_environment_json(const struct tri_environment *environment); /* the same */

/* Writes `json`, which may be NULL for want of memory, and frees it; "-" is standard output. An old
 * file stays untouched by a failure. */
enum tri_status tri_json_write(const char *path, struct json_t *json, struct tri_error *error);

/* "3840x2160 RGB 8 bits". */
const char *tri_shape_text(const struct tri_shape *shape, char text[64]);

/* ---- from file to file: end_to_end.c, report_end_to_end.c ---- */

struct tri_whole_row {
    const struct tri_backend_info *info; /* belongs to the line-up */
    bool listed;
    bool verified;     /* the file has the same bytes as that of sequential scalar; else there are no figures */
    char failure[300]; /* why it could not run; empty otherwise */
    uint64_t digest;   /* of the file */
    struct tri_summary phases[TRI_PHASES], total; /* of one file alone */
    struct tri_summary each_of_many;              /* of a batch, by the number of its files */
    int limit;                                    /* the phase that takes longest */
    double mpix_per_s;                            /* of the batch */
};

struct tri_whole_case {
    struct tri_shape in;
    int64_t bytes_in, bytes_out; /* of the files */
    struct tri_whole_row *rows;
    int row_count;
};

/* Reads the file at `path`, whose picture has the shape `in`, runs the pipeline and writes a file of the same
 * format, with every contender in turns, for `seconds` each or at least 6 rounds. TRI_DIFFERS: a contender
 * wrote other bytes than sequential scalar. Ends with tri_whole_case_free, also after a failure. */
enum tri_status tri_whole_run(const struct tri_lineup *lineup, const struct tri_pipeline *pipeline, const char *path,
                              const struct tri_shape *in, double seconds, struct tri_whole_case *result,
                              struct tri_error *error);
void tri_whole_case_free(struct tri_whole_case *result);
void tri_whole_table(FILE *file, const struct tri_whole_case *result, const char *pipeline, const char *input);
/* What limits the fastest of them. */
void tri_whole_legend(FILE *file, const struct tri_whole_case *result);
struct json_t *tri_whole_json(const struct tri_whole_case *result, const char *pipeline, const char *input);

/* ---- over a clip: clip.c, report_clip.c ---- */

struct tri_clip_row {
    const struct tri_backend_info *info; /* belongs to the line-up */
    bool listed;
    bool by_frames;            /* each worker has a frame of its own; else they share the rows of one. Of a device: several
                                  frames are under way, so that transfers overlap kernels; else one after another */
    bool verified;             /* every frame has the bytes of sequential scalar; else there are no figures */
    char failure[300];         /* why it could not run; empty otherwise */
    double frames_per_s;       /* 0: not measured, for it differs, failed or is not listed */
    double pinned_per_s;       /* of a device: frames that pinned transfers allow, both ways at once; 0: not measured */
    double speedup;            /* over sequential scalar; NAN where one of the two was not measured */
    int64_t median_ns, p99_ns; /* of a frame */
    double stages_ms[TRI_VIDEO_STAGES]; /* from file to file: of each stage, for a frame */
    int limit;                          /* the stage that takes longest */
};

struct tri_clip_case {
    struct tri_video video;
    int frames;
    struct tri_clip_row *rows;
    int row_count;
    bool end_to_end; /* from file to nowhere: rows have stages, and nothing was compared */
};

/* Runs the pipeline over the frames of the clip, up to 1 GiB of them held in memory, with every contender, for `seconds`
 * or at least three times. Statuses as of tri_bench_run. Ends with tri_clip_case_free, also after a failure. */
enum tri_status tri_clip_run(const struct tri_lineup *lineup, const struct tri_pipeline *pipeline, const char *path,
                             double seconds, struct tri_clip_case *result, struct tri_error *error);
void tri_clip_case_free(struct tri_clip_case *result);
/* The whole way, from the file to nowhere, with every listed contender; the first is the base. */
enum tri_status tri_clip_end_to_end(const struct tri_lineup *lineup, const struct tri_pipeline *pipeline, const char *path,
                                    struct tri_clip_case *result, struct tri_error *error);
void tri_clip_end_to_end_table(FILE *file, const struct tri_clip_case *result, const char *pipeline, const char *path);
void tri_clip_table(FILE *file, const struct tri_clip_case *result, const char *pipeline, const char *path);
struct json_t *tri_clip_json(const struct tri_clip_case *result, const char *pipeline, const char *path);

/* ---- verification: verify.c ---- */

/* One pipeline on one backend, over all inputs. */
struct tri_verify_result {
    const char *pipeline;
    const struct tri_backend_info *info;
    int compared, differ;     /* pictures */
    int inapplicable;         /* inputs that the pipeline does not take */
    char failure[300];        /* why it could not run; empty otherwise */
    bool refused;             /* it could not, since a program is wrong in every form */
    struct tri_shape in, out; /* of the first picture that differs */
    int input;                /* its number */
    struct tri_difference difference;
};

/* Runs a pipeline on all contenders over the inputs; successive inputs of one shape are successive
 * frames. results[i] belongs to contender i; results[0], the reference itself, stays empty.
 * TRI_DIFFERS: outputs differ. Contenders that failed though asked for give their status. With
 * `all_shapes`, an input that the pipeline does not take is an error. */
enum tri_status tri_verify_run(const struct tri_lineup *lineup, const char *pipeline,
                               struct tri_image *const *inputs, int input_count, bool all_shapes,
                               struct tri_verify_result *results, struct tri_error *error);

/* ---- what is wrong where outputs differ: diagnose.c, report_diagnosis.c ---- */

struct tri_diagnosis {
    struct tri_image *in, *expected, *actual; /* the smallest picture found that fails, and what is made of it; the last of */
    int frames;                               /* so many that it takes; 0: none of the inputs fails */
    int x, y, plane;                          /* where it was cut from; plane -1: all of them */
    int step;                                 /* the first operation of the pipeline after which outputs differ */
    const struct tri_kernel *kernel;          /* its kernel */
    const char *pass, *file;                  /* the first of its passes that differs, of that file; NULL: none by itself */
    int pass_x, pass_y;
    int64_t pass_expected, pass_actual;
    const struct tri_backend_info *info;      /* whose probes may tell the cause */
};

/* Looks for the smallest picture, and the first operation and pass, with which a contender differs from the first one.
 * It takes some seconds at most. Programs that a backend refuses are taken for that as they are. Ends with
 * tri_diagnosis_free. */
enum tri_status tri_diagnose(const struct tri_lineup *lineup, int contender, const struct tri_verify_result *result,
                             struct tri_image *const *inputs, int input_count, struct tri_diagnosis *diagnosis,
                             struct tri_error *error);
void tri_diagnosis_free(struct tri_diagnosis *diagnosis);
void tri_diagnosis_print(FILE *file, const struct tri_diagnosis *diagnosis);
struct json_t *tri_diagnosis_json(const struct tri_diagnosis *diagnosis); /* NULL: no memory */

#endif
