/* grade.h -- the quizzes of many students as a table, and which questions are hard. */
#ifndef TRIPTYCH_LAB_GRADE_H
#define TRIPTYCH_LAB_GRADE_H

#include "lab/quiz.h"

enum { TRI_GRADE_QUESTIONS_MAX = 52 /* as there are letters, small and large */ };

struct tri_grade_file {
    const char *path; /* not copied */
    struct tri_quiz_result result;
    int places[TRI_GRADE_QUESTIONS_MAX];    /* of its answer to each question; -1: not asked */
    bool reworded[TRI_GRADE_QUESTIONS_MAX]; /* other words than the question's */
};

struct tri_grade_question {
    const char *experiment, *question; /* of the first file that has it */
    uint64_t wording;                  /* in this version; else in that file */
    bool known;                        /* this version has it */
    struct tri_quiz_score score;       /* over files that were not changed */
};

struct tri_grade {
    struct tri_grade_file *files; /* by student, then date */
    int count;
    struct tri_grade_question questions[TRI_GRADE_QUESTIONS_MAX]; /* by name */
    int question_count;
    int hardest[TRI_GRADE_QUESTIONS_MAX]; /* questions; those that nobody could tell last */
    int counted;                          /* files that were not changed and could be told */
    double average;                       /* share of right answers; 0 if none is counted */
};

/* Makes the table of files whose path and result are given, and sorts them. TRI_FAILED: they have
 * more than 52 different questions. The files stay the caller's. */
enum tri_status tri_grade(struct tri_grade_file *files, int count, struct tri_grade *grade,
                          struct tri_error *error);

char tri_grade_letter(int question);
/* The student; if unknown, the file's name. */
const char *tri_grade_student(const struct tri_grade_file *file);

/* grade_report.c: text of at most `columns`, if there are 80; CSV; JSON (NULL: no memory). */
void tri_grade_text(FILE *file, const struct tri_grade *grade, int columns);
void tri_grade_csv(FILE *file, const struct tri_grade *grade);
struct json_t *tri_grade_json(const struct tri_grade *grade);

#endif
