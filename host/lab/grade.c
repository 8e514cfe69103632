/* grade.c -- gathers quizzes: students in order, their answers by question, hard questions first.
 */
#include "lab/grade.h"

#include <stdlib.h>
#include <string.h>

char tri_grade_letter(int question)
{
    return (char)(question < 26 ? 'A' + question : 'a' + question - 26);
}

/* ---- files ---- */

const char *tri_grade_student(const struct tri_grade_file *file)
{
    const char *slash = strrchr(file->path, '/');

    if (file->result.student[0] != '\0')
        return file->result.student;
    return slash != NULL ? slash + 1 : file->path;
}

static int compare_files(const void *a, const void *b)
{
    const struct tri_grade_file *left = a, *right = b;
    int order = strcmp(tri_grade_student(left), tri_grade_student(right));

    if (order == 0)
        order = strcmp(left->result.date, right->result.date);
    return order != 0 ? order : strcmp(left->path, right->path);
}

/* ---- questions ---- */

static int find_question(const struct tri_grade *grade, const char *experiment)
{
    for (int i = 0; i < grade->question_count; i++)
        if (strcmp(grade->questions[i].experiment, experiment) == 0)
            return i;
    return -1;
}

static int compare_questions(const void *a, const void *b)
{
    const struct tri_grade_question *left = a, *right = b;

    return strcmp(left->experiment, right->experiment);
}

static struct tri_grade_question new_question(const struct tri_quiz_answer *answer)
{
    const struct tri_lab_experiment *own = tri_lab_find(answer->experiment);
    struct tri_grade_question question = {.experiment = answer->experiment,
                                          .question = answer->question,
                                          .wording = answer->wording,
                                          .known = own != NULL};
    int count = 0;

    while (own != NULL && own->answers[count] != NULL)
        count++;
    if (own != NULL)
        question.wording = tri_quiz_wording(own->question, own->answers, count);
    return question;
}

static enum tri_status gather_questions(struct tri_grade *grade, struct tri_error *error)
{
    for (int i = 0; i < grade->count; i++) {
        const struct tri_quiz_result *result = &grade->files[i].result;
        for (int j = 0; j < result->count; j++) {
            const struct tri_quiz_answer *answer = &result->answers[j];
            if (find_question(grade, answer->experiment) >= 0)
                continue;
            if (grade->question_count == TRI_GRADE_QUESTIONS_MAX)
                return tri_fail(error, TRI_FAILED,
                                "%s: the files have more than %d different questions; grade "
                                "fewer at a time",
                                grade->files[i].path, TRI_GRADE_QUESTIONS_MAX);
            grade->questions[grade->question_count++] = new_question(answer);
        }
    }
    qsort(grade->questions, (size_t)grade->question_count, sizeof grade->questions[0],
          compare_questions);
    return TRI_OK;
}

static void place_answers(struct tri_grade *grade)
{
    for (int i = 0; i < grade->count; i++) {
        struct tri_grade_file *file = &grade->files[i];
        for (int q = 0; q < grade->question_count; q++)
            file->places[q] = -1;
        memset(file->reworded, 0, sizeof file->reworded);
        for (int j = 0; j < file->result.count; j++) {
            const struct tri_quiz_answer *answer = &file->result.answers[j];
            const int question = find_question(grade, answer->experiment);
            file->places[question] = j;
            file->reworded[question] = answer->wording != grade->questions[question].wording;
            if (!file->result.changed)
                grade->questions[question].score.verdicts[answer->verdict]++;
        }
    }
}

/* ---- figures ---- */

static double share(const struct tri_quiz_score *score)
{
    const int told = tri_quiz_told(score);

    return told > 0 ? (double)score->verdicts[TRI_QUIZ_RIGHT] / told : 2; /* after all others */
}

/* By insertion, which keeps the order of names. */
static void sort_hardest(struct tri_grade *grade)
{
    for (int i = 0; i < grade->question_count; i++) {
        int at = i;
        for (; at > 0 && share(&grade->questions[grade->hardest[at - 1]].score) >
                             share(&grade->questions[i].score);
             at--)
            grade->hardest[at] = grade->hardest[at - 1];
        grade->hardest[at] = i;
    }
}

static void average_scores(struct tri_grade *grade)
{
    double sum = 0;

    for (int i = 0; i < grade->count; i++) {
        const struct tri_quiz_result *result = &grade->files[i].result;
        if (result->changed || tri_quiz_told(&result->score) == 0)
            continue;
        sum += share(&result->score);
        grade->counted++;
    }
    grade->average = grade->counted > 0 ? sum / grade->counted : 0;
}

enum tri_status tri_grade(struct tri_grade_file *files, int count, struct tri_grade *grade,
                          struct tri_error *error)
{
    *grade = (struct tri_grade){.files = files, .count = count};
    qsort(files, (size_t)count, sizeof *files, compare_files);
    const enum tri_status status = gather_questions(grade, error);
    if (status != TRI_OK)
        return status;
    place_answers(grade);
    sort_hardest(grade);
    average_scores(grade);
    return TRI_OK;
}
