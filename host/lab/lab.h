/* lab.h -- experiments on concurrency and parallelism, measured on the machine at hand.
 *
 * An experiment is one file in host/lab/experiments/, which defines one tri_experiment; no other
 * file names it. It prepares rows, things that take time and are compared; the lab measures them in
 * turns and records what ran; then the experiment concludes from the rows alone, so that tests can
 * give it rows of any machine. */
#ifndef TRIPTYCH_LAB_H
#define TRIPTYCH_LAB_H

#include "measure/measure.h"
#include "trace/timeline.h"

struct tri_lab_run;

/* ---- what an experiment is ---- */

#define TRI_LAB_ANSWERS_MAX 4
#define TRI_LAB_FIGURES_MAX 3

struct tri_lab_experiment {
    const char *name;
    const char *claim;                            /* what it shows, in a sentence */
    const char *plan;                             /* what will be run */
    const char *question;                         /* for the reader, before it is measured */
    const char *answers[TRI_LAB_ANSWERS_MAX + 1]; /* to choose from, then NULL */
    const char *next;                             /* what to change and try */
    /* Half the width of a speed's interval, as a part of it, that its verdicts need: as long as a
     * row's is wider, the lab goes on, for up to 2.5 times as long. 0: any will do. */
    double precision;
    bool cores; /* which core ran what is part of the point */
    /* Adds the rows. TRI_FAILED: no memory; whatever else keeps a row from running is tri_lab_skip.
     */
    enum tri_status (*open)(struct tri_lab_run *run, struct tri_error *error);
    /* Says what the rows show, with tri_lab_say and tri_lab_answer. Looks at nothing else: rows
     * without samples, and rows that were skipped, must be expected. */
    void (*conclude)(struct tri_lab_run *run);
    void (*close)(
        struct tri_lab_run *run); /* frees run->context; also after a failure; may be NULL */
};

#define TRI_LAB_EXPERIMENT(id) const struct tri_lab_experiment tri_lab_experiment_##id

/* All experiments by name, then NULL. */
extern const struct tri_lab_experiment *const tri_lab_experiments[];
const struct tri_lab_experiment *tri_lab_find(const char *name); /* NULL: there is none */

/* ---- rows ---- */

#define TRI_LAB_ROWS_MAX 64
#define TRI_LAB_FINDINGS_MAX 10

/* A figure that differs from run to run: its mean or share, with a 95 % interval, or NAN. */
struct tri_lab_figure {
    struct tri_interval (*read)(void *argument); /* after the measurement */
    const char *unit;
    struct tri_interval value;
};

struct tri_lab_row {
    char name[64];
    int workers; /* threads that it keeps busy */
    int base;    /* the row that it is compared with; itself: none. The first one unless set */
    void (*work)(void *argument); /* NULL: a part */
    /* Of a part: a time within the last run of the whole, in ns. The whole is the last row before
     * it that is no part. */
    int64_t (*part)(void *argument);
    void *argument;
    /* A figure besides the time, such as updates lost, read after the measurement. */
    double (*figure)(void *argument);
    const char *unit;                                   /* of the figure; NULL: there is none */
    double value;                                       /* the figure */
    struct tri_lab_figure figures[TRI_LAB_FIGURES_MAX]; /* besides that one */
    int figure_count;
    char skipped[160]; /* why it did not run; "": it did */
    int64_t *samples;  /* ns of each run */
    int count;
    struct tri_summary time;
};

/* How certain a finding is. */
enum tri_lab_verdict { TRI_LAB_SHOWN, TRI_LAB_REFUTED, TRI_LAB_UNCLEAR };
extern const char *const tri_lab_verdict_words[]; /* for people: "shown", "not so", "unclear" */

struct tri_lab_finding {
    enum tri_lab_verdict verdict;
    char text[400];
};

struct tri_lab_settings {
    int workers; /* at most that many threads */
    bool quick;  /* a third of the time */
};

struct tri_lab_run {
    const struct tri_lab_experiment *experiment;
    struct tri_lab_settings settings;
    int cores;     /* that this process may use */
    double others; /* cores that other processes kept busy meanwhile; negative: unknown */
    void *context; /* the experiment's */
    struct tri_lab_row rows[TRI_LAB_ROWS_MAX];
    int row_count;
    struct tri_lab_finding findings[TRI_LAB_FINDINGS_MAX];
    int finding_count;
    int answer;                    /* what the measurement says, from 0; -1: it cannot tell */
    struct tri_timeline *timeline; /* one run of each row, one after another; NULL: none */
    struct tri_timeline *by_core;  /* the same with a lane for each core; NULL: not wanted */
};

/* ---- for experiments ---- */

/* Adds a row; the pointer stays valid. Rows that others are compared with are not skipped. */
struct tri_lab_row *tri_lab_add(struct tri_lab_run *run, void (*work)(void *argument),
                                void *argument, int workers, const char *name, ...)
    __attribute__((format(printf, 5, 6)));
/* Adds a part of the last row that is none, such as the time to its first result; its name becomes
 * "ROW, NAME".
 */
struct tri_lab_row *tri_lab_add_part(struct tri_lab_run *run, int64_t (*part)(void *argument),
                                     const char *name);
void tri_lab_add_figure(struct tri_lab_row *row, struct tri_interval (*read)(void *argument),
                        const char *unit);
void tri_lab_skip(struct tri_lab_row *row, const char *why, ...)
    __attribute__((format(printf, 2, 3)));
/* The row of this name; NULL: none, or it has no samples. */
const struct tri_lab_row *tri_lab_row(const struct tri_lab_run *run, const char *name);

/* How many times as fast as `than` a row is, with a 95 % interval; NAN: cannot be known. */
struct tri_interval tri_lab_faster(const struct tri_lab_row *row, const struct tri_lab_row *than);
/* For the work of a row that fails: the experiment ends with the first failure. Any thread. */
void tri_lab_row_failed(enum tri_status status, const struct tri_error *error);

/* Whether the whole interval lies above a number: refuted if it lies below, and the machine was not
 * busy with other work, else unclear. */
enum tri_lab_verdict tri_lab_above(const struct tri_lab_run *run,
                                   const struct tri_interval *interval, double limit);
bool tri_lab_was_busy(const struct tri_lab_run *run);
#define TRI_LAB_BUSY "Other programs used the cores meanwhile: differences may be hidden."
/* "1.93 (1.90 to 1.97)". */
struct tri_lab_text {
    char text[64];
};
struct tri_lab_text tri_lab_words(const struct tri_interval *interval);

/* The value of a figure: "4096", "0.0312". */
struct tri_lab_text tri_lab_number(double value);

void tri_lab_say(struct tri_lab_run *run, enum tri_lab_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* That nothing was measured, and why the first row was skipped. */
void tri_lab_say_unmeasured(struct tri_lab_run *run);
/* Whether the whole interval lies between two numbers: refuted if it lies outside, and the machine
 * was not busy with other work. */
enum tri_lab_verdict tri_lab_within(const struct tri_lab_run *run,
                                    const struct tri_interval *interval, double low, double high);
/* The right answer as this machine measured it. */
void tri_lab_answer(struct tri_lab_run *run, int answer);

/* ---- running ---- */

/* Runs an experiment. TRI_FAILED: no memory; or as tri_job_run, if a row failed. The run is to be
 * freed with tri_lab_free, also after a failure. Records a timeline unless a recording runs
 * already. */
enum tri_status tri_lab_run(const struct tri_lab_experiment *experiment,
                            const struct tri_lab_settings *settings, struct tri_lab_run *run,
                            struct tri_error *error);
void tri_lab_free(struct tri_lab_run *run);

/* ---- reports ---- */

/* Text, at most `columns` wide: a word in the margin and a text beside it; what will be run; what
 * ran. */
void tri_lab_print_text(FILE *file, const char *margin, const char *text, int columns);
void tri_lab_print_intro(FILE *file, const struct tri_lab_experiment *experiment, int columns);
void tri_lab_print(FILE *file, const struct tri_lab_run *run, int columns, bool colours);
struct json_t *tri_lab_json(const struct tri_lab_run *run); /* NULL: no memory */

#endif
