/* patterns.h -- one job written in the patterns of concurrent programming, and how they compare.
 *
 * A pattern is one file in host/lab/patterns/, which defines one tri_pattern; no other file names
 * it. It gets the pictures of thumbnail.h and moves each through all steps. */
#ifndef TRIPTYCH_LAB_PATTERNS_H
#define TRIPTYCH_LAB_PATTERNS_H

#include "lab/thumbnail.h"
#include "measure/measure.h"
#include "trace/timeline.h"

/* ---- what a pattern is ---- */

struct tri_pattern_job {
    struct tri_thumbnail *pictures;
    int count;
    int workers; /* threads that may compute at the same time */
    /* Filled in by the pattern: */
    int threads;                   /* that it used, with the caller */
    int restarts;                  /* of actors that failed */
    struct tri_edge_counts counts; /* over all pictures, if it reduces them */
};

struct tri_pattern {
    const char *name;
    const char *structure; /* who waits for what, in a few words */
    /* Moves every picture through the steps. A picture that fails keeps its error, and the others
     * go on. TRI_FAILED: it could not run at all, for lack of memory or threads; then nothing runs
     * any more. */
    enum tri_status (*run)(struct tri_pattern_job *job, struct tri_error *error);
};

#define TRI_PATTERN(id) const struct tri_pattern tri_pattern_##id

/* All patterns, the two that others are compared with first. `pattern` is NULL where a library was
 * missing when triptych was built. */
struct tri_pattern_entry {
    const char *name;
    const struct tri_pattern *pattern;
    const char *package; /* of Debian, that it needs; NULL: none */
    const char *source;  /* the text of its file */
};
extern const struct tri_pattern_entry tri_patterns[];               /* ends with name NULL */
const struct tri_pattern_entry *tri_pattern_find(const char *name); /* NULL: there is none */
/* Lines of a source that are neither blank nor comment. */
int tri_pattern_lines(const char *source);

/* ---- comparing them ---- */

#define TRI_PATTERNS_MAX 16
#define TRI_PATTERN_ROUNDS_MAX 32

struct tri_patterns_settings {
    const char *folder; /* with pictures; NULL: pictures are made */
    int workers;
    bool quick;
    const struct tri_pattern_entry *only; /* NULL: all */
};

struct tri_pattern_row {
    const struct tri_pattern_entry *entry;
    int64_t first[TRI_PATTERN_ROUNDS_MAX], total[TRI_PATTERN_ROUNDS_MAX]; /* ns of each round */
    /* The most in each round, in bytes above what the process had before; -1: unknown. */
    int64_t memory[TRI_PATTERN_ROUNDS_MAX];
    int count;
    struct tri_summary first_time, total_time;
    int64_t peak; /* of all rounds; -1: unknown */
    int threads, lines, restarts;
    struct tri_timeline *timeline; /* of one run; NULL: none */
};

struct tri_patterns_run {
    struct tri_patterns_settings settings;
    struct tri_pattern_row rows[TRI_PATTERNS_MAX];
    int row_count;
    char *folder;                              /* where results go; removed at the end */
    char **names;                              /* of the pictures, then of the results */
    uint64_t *digests;                         /* of the results */
    struct tri_thumbnail *pictures, *expected; /* expected: how each ended at first */
    int count;
    int64_t bytes;           /* of all pictures' files */
    struct tri_error failed; /* the first picture that failed; TRI_OK: none */
    int failures;
};

/* Runs the patterns in turns and compares what they wrote. TRI_DIFFERS: two patterns gave different
 * bytes. TRI_FAILED: no pictures, no memory, no threads; a picture failed in one pattern only.
 * Pictures that cannot be read are in `failed`. To be freed with tri_patterns_free, also after a
 * failure. */
enum tri_status tri_patterns_compare(const struct tri_patterns_settings *settings,
                                     struct tri_patterns_run *run, struct tri_error *error);
void tri_patterns_free(struct tri_patterns_run *run);
/* How many times as fast a row is as another, with a 95 % interval; NAN: unknown. */
struct tri_interval tri_pattern_faster(const struct tri_pattern_row *row,
                                       const struct tri_pattern_row *than);
/* The row of a pattern; NULL: none. */
const struct tri_pattern_row *tri_pattern_row(const struct tri_patterns_run *run, const char *name);

/* ---- which is best: patterns_best.c ---- */

enum tri_pattern_merit {
    TRI_PATTERN_FIRST,
    TRI_PATTERN_TOTAL,
    TRI_PATTERN_MEMORY,
    TRI_PATTERN_LINES,
    TRI_PATTERN_MERITS
};
const char *tri_pattern_merit_name(enum tri_pattern_merit merit); /* as in the table's head */

/* The row with the least, and those that cannot be told from it: the 95 % interval of the ratio
 * reaches 1. Count 0: less than two rows are known. */
struct tri_pattern_best {
    int rows[TRI_PATTERNS_MAX];
    int count, among; /* among: how many are known */
};
/* Among the rows from number `from` on. */
struct tri_pattern_best tri_pattern_best(const struct tri_patterns_run *run,
                                         enum tri_pattern_merit merit, int from);

/* How many rows are faster or slower than the first one, each with its 95 % interval. */
struct tri_pattern_gain {
    int faster, slower, unclear;
};
struct tri_pattern_gain tri_pattern_gain(const struct tri_patterns_run *run);

/* In a sentence. False: there is nothing to compare. */
#define TRI_PATTERN_TEXT_MAX 500
bool tri_pattern_say(const struct tri_patterns_run *run, enum tri_pattern_merit merit,
                     char text[TRI_PATTERN_TEXT_MAX]);
bool tri_pattern_say_gain(const struct tri_patterns_run *run, char text[TRI_PATTERN_TEXT_MAX]);

/* ---- reports ---- */

void tri_patterns_print(FILE *file, const struct tri_patterns_run *run, int columns, bool colours);
struct json_t *tri_patterns_json(const struct tri_patterns_run *run);

#endif
