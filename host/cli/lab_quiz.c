/* lab_quiz.c -- triptych lab --quiz: asks all questions, then measures and tells. */
#include "cli/lab_quiz.h"
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "lab/quiz.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STUDENT_MAX = 100 /* bytes */ };

const struct cli_option cli_quiz_options[] = {
    {"quiz", 0, NULL, "ask the questions of all experiments, or of those named, then measure",
     CLI_SETS_FLAG(struct cli_quiz, on)},
    {"seed", 0, "N", "draw the order of questions and answers from this; default: the clock",
     CLI_SETS_COUNT(struct cli_quiz, seed, 1, TRI_QUIZ_SEED_MAX)},
    {"student", 0, "NAME", "who answers, for --json", CLI_SETS_TEXT(struct cli_quiz, student)},
    {0},
};

/* ---- the request ---- */

/* Whether it is UTF-8 without control characters. */
static bool is_plain(const char *text)
{
    json_t *value = json_string(text);
    const bool utf8 = value != NULL;

    json_decref(value);
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text) ||
            ((unsigned char)text[0] == 0xC2 && (unsigned char)text[1] < 0xA0))
            return false;
    return utf8;
}

int cli_quiz_check(const struct cli_quiz *quiz, const char *other)
{
    if (!quiz->on && (quiz->seed != 0 || quiz->student != NULL))
        return cli_usage("lab", "%s is for --quiz", quiz->seed != 0 ? "--seed" : "--student");
    if (quiz->on && other != NULL)
        return cli_usage("lab", "--quiz does not go with %s; remove one of them", other);
    if (quiz->student == NULL)
        return TRI_OK;
    if (quiz->student[0] == '\0' || strlen(quiz->student) > STUDENT_MAX)
        return cli_usage("lab", "the name for --student must have 1 to %d bytes", STUDENT_MAX);
    return is_plain(quiz->student)
               ? TRI_OK
               : cli_usage("lab",
                           "the name for --student must be UTF-8 without control characters");
}

/* From 1 to 999999, which is easy to type. */
static uint32_t seed_of_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint32_t)((uint64_t)(now.tv_nsec / 1000 + now.tv_sec) % 999999 + 1);
}

/* ---- asking ---- */

struct dialog {
    FILE *out;
    int columns;
    bool echo; /* answers are not typed on a terminal, which would show them */
    bool ended;
};

/* Reads a line, without the blanks around it. Returns NULL at the end of the input. */
static char *read_line(struct dialog *dialog, char **line, size_t *room)
{
    fflush(dialog->out);
    ssize_t length = getline(line, room, stdin);

    if (length < 0) {
        dialog->ended = true;
        fputc('\n', dialog->out);
        return NULL;
    }
    while (length > 0 && isspace((unsigned char)(*line)[length - 1]))
        (*line)[--length] = '\0';
    if (dialog->echo)
        fprintf(dialog->out, "%s\n", *line);
    return *line + strspn(*line, " \t");
}

/* Returns the place of the answer that is typed; -1: skipped. */
static int read_answer(struct dialog *dialog, int count)
{
    char *line = NULL, *text;
    size_t room = 0;
    int place = -1;

    for (;;) {
        fputs("What do you expect? ", dialog->out);
        text = read_line(dialog, &line, &room);
        if (text == NULL || text[0] == '\0')
            break;
        place = tolower((unsigned char)text[0]) - 'a';
        if (text[1] == '\0' && place >= 0 && place < count)
            break;
        place = -1;
        fprintf(dialog->out, "Type a letter from a to %c, or nothing to skip it.\n",
                'a' + count - 1);
    }
    free(line);
    return place;
}

static void ask(struct dialog *dialog, const struct tri_quiz *quiz,
                struct tri_quiz_question *question)
{
    char margin[40], answer[200];

    snprintf(margin, sizeof margin, "%d of %d", (int)(question - quiz->questions) + 1, quiz->count);
    fputc('\n', dialog->out);
    tri_lab_print_text(dialog->out, margin, question->experiment->question, dialog->columns);
    for (int i = 0; i < question->answer_count; i++) {
        snprintf(answer, sizeof answer, "%c) %s", 'a' + i,
                 question->experiment->answers[question->order[i]]);
        tri_lab_print_text(dialog->out, "", answer, dialog->columns);
    }
    const int place = read_answer(dialog, question->answer_count);
    question->expected = place >= 0 ? question->order[place] : -1;
}

/* The end of the input skips the questions that are left. */
static enum tri_status ask_all(struct dialog *dialog, struct tri_quiz *quiz,
                               struct tri_error *error)
{
    fprintf(dialog->out,
            "%d question%s; --seed %u asks the same in the same order. Type the letter of\n"
            "an answer, or nothing to skip the question.\n",
            quiz->count, quiz->count == 1 ? "" : "s", quiz->seed);
    for (int i = 0; i < quiz->count && !dialog->ended; i++)
        ask(dialog, quiz, &quiz->questions[i]);
    return ferror(stdin)
               ? tri_fail(error, TRI_FAILED, "cannot read standard input: %s", strerror(errno))
               : TRI_OK;
}

/* ---- measuring and telling ---- */

/* An experiment that fails cannot tell, and its error is the finding. */
static enum tri_status measure(struct tri_quiz_question *question,
                               const struct tri_lab_settings *settings)
{
    struct tri_lab_run run;
    struct tri_error error;
    const enum tri_status status = tri_lab_run(question->experiment, settings, &run, &error);

    if (status != TRI_OK) {
        cli_fail(&error);
        run.answer = -1;
        run.finding_count = 0;
        tri_lab_say(&run, TRI_LAB_UNCLEAR, "%s", error.text);
    }
    tri_quiz_conclude(question, &run);
    tri_lab_free(&run);
    return status;
}

static void tell(const struct dialog *dialog, const struct tri_quiz_question *question)
{
    static const char *const found[] = {
        [TRI_LAB_SHOWN] = "shown", [TRI_LAB_REFUTED] = "not so", [TRI_LAB_UNCLEAR] = "unclear"};
    static const char *const ends[] = {
        [TRI_QUIZ_RIGHT] = "; right", [TRI_QUIZ_WRONG] = "; wrong", [TRI_QUIZ_SKIPPED] = ""};
    const char *const *answers = question->experiment->answers;
    char text[200] = "this machine cannot tell";

    if (question->measured >= 0)
        snprintf(text, sizeof text, "%s%s", answers[question->measured],
                 ends[tri_quiz_judge(question)]);
    fprintf(dialog->out, "\n%s\n", question->experiment->name);
    tri_lab_print_text(dialog->out, "question", question->experiment->question, dialog->columns);
    tri_lab_print_text(dialog->out, "expected",
                       question->expected >= 0 ? answers[question->expected] : "skipped",
                       dialog->columns);
    tri_lab_print_text(dialog->out, "measured", text, dialog->columns);
    for (int i = 0; i < question->finding_count; i++)
        tri_lab_print_text(dialog->out, found[question->findings[i].verdict],
                           question->findings[i].text, dialog->columns);
    if (question->busy)
        tri_lab_print_text(dialog->out, "note", TRI_LAB_BUSY, dialog->columns);
    fflush(dialog->out);
}

/* Returns the first failure of an experiment; the others are measured all the same. */
static enum tri_status measure_all(const struct dialog *dialog, struct tri_quiz *quiz,
                                   const struct tri_lab_settings *settings)
{
    enum tri_status first = TRI_OK;

    fprintf(dialog->out, "\nMeasuring, up to 30 seconds each.\n");
    fflush(dialog->out);
    for (int i = 0; i < quiz->count; i++) {
        const enum tri_status status = measure(&quiz->questions[i], settings);
        first = first == TRI_OK ? status : first;
        tell(dialog, &quiz->questions[i]);
    }
    const struct tri_quiz_score score = tri_quiz_count(quiz);
    fprintf(dialog->out, "\n%s\n", tri_quiz_score_text(&score).text);
    return first;
}

/* ---- the whole ---- */

static int write_quiz(const struct tri_quiz *quiz, int workers, const char *path)
{
    struct tri_environment environment;
    struct tri_error error;

    tri_environment_read(&environment);
    return cli_write_json(path, tri_quiz_json(quiz, &environment, workers), &error) == TRI_OK
               ? TRI_OK
               : cli_fail(&error);
}

static int take(struct tri_quiz *quiz, const struct tri_lab_settings *settings, const char *json)
{
    FILE *out = json != NULL && strcmp(json, "-") == 0 ? stderr : stdout;
    struct dialog dialog = {.out = out, .columns = cli_columns(out), .echo = !isatty(STDIN_FILENO)};
    struct tri_error error;

    if (ask_all(&dialog, quiz, &error) != TRI_OK)
        return cli_fail(&error);
    const int measured = (int)measure_all(&dialog, quiz, settings);
    const int written = json != NULL ? write_quiz(quiz, settings->workers, json) : TRI_OK;
    return measured != TRI_OK ? measured : written;
}

int cli_quiz_take(const struct cli_quiz *request,
                  const struct tri_lab_experiment *const *experiments, int count,
                  const struct tri_lab_settings *settings, const char *json)
{
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            if (experiments[i] == experiments[j])
                return cli_usage("lab", "--quiz asks each question once; '%s' is named twice",
                                 experiments[i]->name);
    struct tri_quiz *quiz = calloc(1, sizeof *quiz);
    if (quiz == NULL)
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the questions"});
    quiz->student = request->student;
    tri_quiz_draw(quiz, experiments, count,
                  request->seed != 0 ? (uint32_t)request->seed : seed_of_clock());
    cli_set_opencl_environment(NULL, 0);
    const int code = take(quiz, settings, json);
    free(quiz);
    return code;
}
