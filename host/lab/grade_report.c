/* grade_report.c -- the table of students and questions as text, CSV and JSON. */
#include "lab/grade.h"
#include "image/text_csv.h"
#include "measure/text_table.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

/* Returns NULL if the file does not have the question. */
static const struct tri_quiz_answer *answer_to(const struct tri_grade_file *file, int question)
{
    return file->places[question] >= 0 ? &file->result.answers[file->places[question]] : NULL;
}

static const char *digest_word(const struct tri_grade_file *file)
{
    return file->result.changed ? "changed" : "fits";
}

/* ---- text ---- */

enum { STUDENT, SCORE, UNCLEAR, ANSWERS, MACHINE, DATE, DIGEST, COLUMNS };
enum { LETTERS_MOST = 20 /* in a line; more are wrapped */, DATE_WIDTH = 10 };

static void put_student(const struct tri_table *table, const struct tri_grade *grade,
                        const struct tri_grade_file *file)
{
    static const char marks[] = {[TRI_QUIZ_RIGHT] = '+',
                                 [TRI_QUIZ_WRONG] = '-',
                                 [TRI_QUIZ_SKIPPED] = '.',
                                 [TRI_QUIZ_UNCLEAR] = '?'};
    const struct tri_quiz_result *result = &file->result;
    char score[32], unclear[16], answers[TRI_GRADE_QUESTIONS_MAX + 1], machine[200], model[160];

    snprintf(score, sizeof score, "%d of %d", result->score.verdicts[TRI_QUIZ_RIGHT],
             tri_quiz_told(&result->score));
    snprintf(unclear, sizeof unclear, "%d", result->score.verdicts[TRI_QUIZ_UNCLEAR]);
    for (int q = 0; q < grade->question_count; q++) {
        const struct tri_quiz_answer *answer = answer_to(file, q);
        answers[q] = answer != NULL ? marks[answer->verdict] : '_';
    }
    answers[grade->question_count] = '\0';
    tri_results_model(result->cpu, model, sizeof model);
    snprintf(machine, sizeof machine, "%s%s%d core%s", model, model[0] != '\0' ? ", " : "",
             result->cores, result->cores == 1 ? "" : "s");
    char date[DATE_WIDTH + 1];
    snprintf(date, sizeof date, "%.*s", DATE_WIDTH, result->date);
    tri_table_row(table, (const char *const[COLUMNS]){tri_grade_student(file), score, unclear,
                                                      answers, machine, date, digest_word(file)});
}

static void put_students(FILE *file, const struct tri_grade *grade, int columns)
{
    const int letters = grade->question_count < LETTERS_MOST ? grade->question_count : LETTERS_MOST;
    struct tri_table table = {.file = file,
                              .columns = {{.head = "student", .width = 17, .flush = true},
                                          {.head = "score", .width = 8, .right = true},
                                          {.head = "?", .width = 2, .right = true},
                                          {.width = letters, .flush = true},
                                          {.head = "machine", .flush = true},
                                          {.head = "date", .width = DATE_WIDTH},
                                          {.head = "digest", .width = 7}},
                              .count = COLUMNS};
    char head[TRI_GRADE_QUESTIONS_MAX + 1];
    int rest = columns - COLUMNS + 1;

    for (int q = 0; q < grade->question_count; q++)
        head[q] = tri_grade_letter(q);
    head[grade->question_count] = '\0';
    table.columns[ANSWERS].head = head;
    for (int i = 0; i < COLUMNS; i++)
        rest -= table.columns[i].width;
    table.columns[MACHINE].width = rest > 9 ? rest : 9;
    tri_table_heads(&table);
    for (int i = 0; i < grade->count; i++)
        put_student(&table, grade, &grade->files[i]);
}

static void put_questions(FILE *file, const struct tri_grade *grade, int columns)
{
    const struct tri_table table = {
        .file = file,
        .columns = {{.head = "", .width = 1},
                    {.head = "question", .width = 13},
                    {.head = "right", .width = 10, .right = true},
                    {.head = "?", .width = 4, .right = true},
                    {.head = "", .width = columns > 72 ? columns - 32 : 40, .flush = true}},
        .count = 5};

    tri_table_heads(&table);
    for (int i = 0; i < grade->question_count; i++) {
        const int q = grade->hardest[i];
        const struct tri_grade_question *question = &grade->questions[q];
        const char letter[2] = {tri_grade_letter(q), '\0'};
        char right[32], unclear[16];
        snprintf(right, sizeof right, "%d of %d", question->score.verdicts[TRI_QUIZ_RIGHT],
                 tri_quiz_told(&question->score));
        snprintf(unclear, sizeof unclear, "%d", question->score.verdicts[TRI_QUIZ_UNCLEAR]);
        tri_table_row(&table, (const char *const[]){letter, question->experiment, right, unclear,
                                                    question->question});
    }
}

/* The questions that a file asks in other words than this version, or, of those that this version
 * does not have (`known` is false), than the first file that has them. */
static void put_reworded(FILE *file, const struct tri_grade *grade,
                         const struct tri_grade_file *student, bool known)
{
    int count = 0;

    for (int q = 0; q < grade->question_count; q++) {
        if (!student->reworded[q] || grade->questions[q].known != known)
            continue;
        if (count++ == 0)
            fprintf(file, "%s, of triptych %s, has other words than %s in: ", student->path,
                    student->result.version, known ? "this version" : "other files");
        fprintf(file, "%s%s", count > 1 ? ", " : "", grade->questions[q].experiment);
    }
    if (count > 0)
        fputc('\n', file);
}

void tri_grade_text(FILE *file, const struct tri_grade *grade, int columns)
{
    int changed = 0;

    for (int i = 0; i < grade->count; i++)
        changed += grade->files[i].result.changed;
    put_students(file, grade, columns);
    fputs("\n+ right, - wrong, . skipped, ? could not be told, _ not asked\n\n", file);
    if (grade->counted > 0)
        fprintf(file, "On average %.0f %% of what could be told is right, over %d file%s.\n",
                100 * grade->average, grade->counted, grade->counted == 1 ? "" : "s");
    if (changed > 0)
        fprintf(file, "%d file%s changed after the quiz, and %s not counted.\n", changed,
                changed == 1 ? " was" : "s were", changed == 1 ? "is" : "are");
    for (int i = 0; i < grade->count; i++) {
        put_reworded(file, grade, &grade->files[i], true);
        put_reworded(file, grade, &grade->files[i], false);
    }
    fputs("\nHardest first:\n\n", file);
    put_questions(file, grade, columns);
}

/* ---- CSV ---- */

/* A text of the file's author, which a spreadsheet must not take for a formula. */
static void put_text(FILE *file, const char *text)
{
    char plain[PATH_MAX + 2];

    snprintf(plain, sizeof plain, "%s%s", text[0] != '\0' && strchr("=+-@", text[0]) ? "'" : "",
             text);
    tri_csv_text(file, plain);
}

/* Names of questions, separated by blanks. */
static void put_reworded_names(FILE *file, const struct tri_grade *grade,
                               const struct tri_grade_file *student)
{
    char names[TRI_GRADE_QUESTIONS_MAX * 41] = "";
    size_t used = 0;

    for (int q = 0; q < grade->question_count; q++)
        if (student->reworded[q])
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? " " : "",
                                     grade->questions[q].experiment);
    put_text(file, names);
}

static void put_csv_row(FILE *file, const struct tri_grade *grade,
                        const struct tri_grade_file *student)
{
    const struct tri_quiz_result *result = &student->result;

    put_text(file, result->student);
    put_text(file, student->path);
    fprintf(file, "%d,%d,%d,%d,%s,", result->score.verdicts[TRI_QUIZ_RIGHT],
            tri_quiz_told(&result->score), result->score.verdicts[TRI_QUIZ_SKIPPED],
            result->score.verdicts[TRI_QUIZ_UNCLEAR], digest_word(student));
    put_reworded_names(file, grade, student);
    for (int q = 0; q < grade->question_count; q++) {
        const struct tri_quiz_answer *answer = answer_to(student, q);
        fprintf(file, "%s,", answer != NULL ? tri_quiz_word(answer->verdict) : "");
    }
    put_text(file, result->date);
    put_text(file, result->cpu);
    put_text(file, result->version);
    fprintf(file, "%d,%d,%lld\n", result->cores, result->workers, (long long)result->seed);
}

void tri_grade_csv(FILE *file, const struct tri_grade *grade)
{
    fputs("student,file,right,of,skipped,unclear,digest,reworded,", file);
    for (int q = 0; q < grade->question_count; q++)
        put_text(file, grade->questions[q].experiment);
    fputs("date,cpu,triptych,cores,workers,seed\n", file);
    for (int i = 0; i < grade->count; i++)
        put_csv_row(file, grade, &grade->files[i]);
}

/* ---- JSON ---- */

static json_t *score_json(const struct tri_quiz_score *score)
{
    return json_pack("{s:i, s:i, s:i, s:i}", "right", score->verdicts[TRI_QUIZ_RIGHT], "of",
                     tri_quiz_told(score), "skipped", score->verdicts[TRI_QUIZ_SKIPPED], "unclear",
                     score->verdicts[TRI_QUIZ_UNCLEAR]);
}

static json_t *file_json(const struct tri_grade *grade, const struct tri_grade_file *file)
{
    const struct tri_quiz_result *result = &file->result;
    json_t *answers = json_object(), *reworded = json_array();

    for (int q = 0; q < grade->question_count; q++)
        if (file->reworded[q])
            json_array_append_new(reworded, json_string(grade->questions[q].experiment));

    for (int i = 0; i < result->count; i++)
        json_object_set_new(answers, result->answers[i].experiment,
                            json_string(tri_quiz_word(result->answers[i].verdict)));
    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:s, s:I, s:{s:o, s:i, s:i, s:s}}", "file",
                     tri_text_json(file->path), "student", tri_text_json(result->student), "score",
                     score_json(&result->score), "changed", result->changed, "answers", answers,
                     "reworded", reworded, "date", result->date, "seed", (json_int_t)result->seed,
                     "machine", "cpu", tri_text_json(result->cpu), "cores", result->cores,
                     "workers", result->workers, "triptych", result->version);
}

json_t *tri_grade_json(const struct tri_grade *grade)
{
    json_t *files = json_array(), *questions = json_array();

    for (int i = 0; i < grade->count; i++)
        json_array_append_new(files, file_json(grade, &grade->files[i]));
    for (int i = 0; i < grade->question_count; i++) {
        const struct tri_grade_question *question = &grade->questions[grade->hardest[i]];
        json_array_append_new(
            questions, json_pack("{s:s, s:s, s:o}", "experiment", question->experiment, "question",
                                 question->question, "score", score_json(&question->score)));
    }
    return json_pack("{s:s, s:i, s:i, s:o, s:o, s:o}", "kind", "lab-grade", "schema", 1, "counted",
                     grade->counted, "average",
                     grade->counted > 0 ? json_real(grade->average) : json_null(), "files", files,
                     "questions", questions);
}
