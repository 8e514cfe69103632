/* quiz.h -- the questions of experiments without their claims, in an order drawn from a seed; a
 * student's answers beside what the machine measured; and files of them. */
#ifndef TRIPTYCH_LAB_QUIZ_H
#define TRIPTYCH_LAB_QUIZ_H

#include "lab/lab.h"

struct json_t; /* of jansson.h */

enum { TRI_QUIZ_MAX = 64, TRI_QUIZ_SCHEMA = 1 };
#define TRI_QUIZ_SEED_MAX UINT32_MAX

enum tri_quiz_verdict {
    TRI_QUIZ_RIGHT,
    TRI_QUIZ_WRONG,
    TRI_QUIZ_SKIPPED,
    TRI_QUIZ_UNCLEAR, /* the machine cannot tell; counts for nobody */
    TRI_QUIZ_VERDICTS
};
/* "right", "wrong", "skipped", "unclear". */
const char *tri_quiz_word(enum tri_quiz_verdict verdict);

struct tri_quiz_score {
    int verdicts[TRI_QUIZ_VERDICTS]; /* how many questions have each */
};
/* How many questions could be told. */
int tri_quiz_told(const struct tri_quiz_score *score);
/* "4 of 10 right, 1 skipped, 2 could not be told". */
struct tri_lab_text tri_quiz_score_text(const struct tri_quiz_score *score);

/* ---- taking it: quiz.c ---- */

struct tri_quiz_question {
    const struct tri_lab_experiment *experiment;
    int order[TRI_LAB_ANSWERS_MAX]; /* the answer that is shown in each place */
    int answer_count;
    int expected; /* an answer of the experiment; -1: skipped */
    int measured; /* the same; -1: the machine cannot tell */
    bool busy;    /* other programs used the cores meanwhile */
    struct tri_lab_finding findings[TRI_LAB_FINDINGS_MAX];
    int finding_count;
};

struct tri_quiz {
    uint32_t seed;
    const char *student; /* NULL: unknown */
    struct tri_quiz_question questions[TRI_QUIZ_MAX];
    int count;
};

/* Fills in the questions of the experiments, without answers. The same experiments in the same
 * order and the same seed give the same. */
void tri_quiz_draw(struct tri_quiz *quiz, const struct tri_lab_experiment *const *experiments,
                   int count, uint32_t seed);
/* Takes over what a run of the experiment measured and found. */
void tri_quiz_conclude(struct tri_quiz_question *question, const struct tri_lab_run *run);
enum tri_quiz_verdict tri_quiz_judge(const struct tri_quiz_question *question);
struct tri_quiz_score tri_quiz_count(const struct tri_quiz *quiz);

/* ---- files: quiz_json.c ---- */

/* The quiz with its digest. NULL: no memory. */
struct json_t *tri_quiz_json(const struct tri_quiz *quiz, const struct tri_environment *environment,
                             int workers);
/* The digest of a file's members but "digest", as compact JSON with sorted names. False: no memory.
 */
bool tri_quiz_digest(struct json_t *root, uint64_t *digest);

/* Texts have no control characters, since anyone may have written the file. */
struct tri_quiz_answer {
    char experiment[40], question[240];
    uint64_t wording;              /* of the question and its answers, whatever their order */
    enum tri_quiz_verdict verdict; /* from what was expected and measured */
};

struct tri_quiz_result {
    char student[120]; /* "": unknown */
    char cpu[160], version[40], date[24];
    int cores, workers;
    int64_t seed;
    uint64_t digest; /* of its contents as they are now */
    bool changed;    /* since it was written: by its digest, or by a verdict that does not follow */
    struct tri_quiz_answer answers[TRI_QUIZ_MAX];
    int count;
    struct tri_quiz_score score;
};

/* The digest of a question and its answers, of which there are `count`. */
uint64_t tri_quiz_wording(const char *question, const char *const answers[], int count);

/* Reads a file; "-" is standard input. TRI_FAILED: it cannot be read, is no quiz result, is
 * truncated or damaged, or of a newer schema. */
enum tri_status tri_quiz_read(const char *path, struct tri_quiz_result *result,
                              struct tri_error *error);

#endif
