/* lab.c -- triptych lab: experiments on concurrency and parallelism. */
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/file_conflicts.h"
#include "cli/lab_patterns.h"
#include "cli/lab_quiz.h"
#include "cli/store_option.h"
#include "cli/terminal.h"
#include "cli/trace_output.h"
#include "lab/lab.h"
#include "lab/lab_page.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char intro[] =
    "Examples:\n"
    "  triptych lab\n"
    "  triptych lab parallelism\n"
    "  triptych lab race --predict\n"
    "  triptych lab --all --report lab.html\n"
    "  triptych lab --quiz --student 'Ada Lovelace' --json ada.json\n"
    "  triptych lab grade answers/\n"
    "  triptych lab patterns --quick\n"
    "  triptych lab pattern csp --source\n"
    "\n"
    "Usage: triptych lab [EXPERIMENT...] [OPTION]...\n"
    "       triptych lab grade FOLDER|FILE... [--csv | --json FILE]\n"
    "       triptych lab patterns [FOLDER] [OPTION]...\n"
    "       triptych lab pattern NAME [FOLDER] [OPTION]...\n"
    "\n"
    "Runs experiments on concurrency and parallelism on this machine. Each says what\n"
    "it claims and what it runs, measures it, draws what ran, and says what this\n"
    "machine shows of the claim: 'shown' if the samples leave no doubt, 'not so' if\n"
    "they show the opposite, else 'unclear'. Without EXPERIMENT it lists them.\n"
    "--quiz asks their questions first, without the claims; 'lab grade' makes a table\n"
    "of the files that it writes.\n"
    "\n"
    "'patterns' does one job, thumbnails with the edges of all pictures, in each\n"
    "pattern of concurrent programming, on pictures that it makes or those in FOLDER,\n"
    "and compares time, memory, threads and lines of code; 'pattern' does it in one.\n"
    "Results go to a temporary folder. A picture that cannot be read does not stop the\n"
    "others, and the exit status is then 1.\n";

enum { WORKERS_MOST = 256 };

struct request {
    bool all, quick, predict, source;
    uint64_t workers; /* 0: as many as cores */
    const char *json, *report, *store;
    struct cli_trace trace;
    struct cli_quiz quiz;
    const struct tri_lab_experiment *experiments[64];
    int count;
    struct tri_lab_run *runs[64]; /* begun so far; the last one may have failed */
    int run_count;
};

static const struct cli_option own[] = {
    {"all", 0, NULL, "run all experiments", CLI_SETS_FLAG(struct request, all)},
    {"quick", 0, NULL, "measure for a third of the time", CLI_SETS_FLAG(struct request, quick)},
    {"workers", 0, "N", "threads where all cores are used; default: as many as cores",
     CLI_SETS_COUNT(struct request, workers, 1, WORKERS_MOST)},
    {"predict", 0, NULL, "ask what you expect before it is measured; on a terminal only",
     CLI_SETS_FLAG(struct request, predict)},
    {"source", 0, NULL, "print the file of a pattern", CLI_SETS_FLAG(struct request, source)},
    {"json", 0, "FILE", "write JSON; '-' is standard output, instead of the text",
     CLI_SETS_TEXT(struct request, json), .file = true},
    {"report", 0, "FILE.html", "write a page with charts and timelines",
     CLI_SETS_TEXT(struct request, report), .file = true},
    {"store", 0, "FILE.db", CLI_STORE_HELP, CLI_SETS_TEXT(struct request, store), .file = true},
    {"trace", 0, "FILE", CLI_TRACE_HELP, CLI_SETS_TEXT(struct request, trace.path), .file = true},
    {0},
};

static const struct cli_option_group groups[] = {
    {.heading = "Options", .options = own},
    {.heading = "Quiz", .options = cli_quiz_options, .place = offsetof(struct request, quiz)},
    {0}};

/* ---- what is asked ---- */

static int list_experiments(const struct request *request)
{
    if (request->json != NULL || request->report != NULL || request->trace.path != NULL ||
        request->store != NULL)
        return cli_usage("lab", "nothing to write a file about; name experiments, or use --all");
    for (int i = 0; tri_lab_experiments[i] != NULL; i++) {
        printf("%-12s ", tri_lab_experiments[i]->name);
        cli_print_wrapped(tri_lab_experiments[i]->claim, 13, cli_columns(stdout));
        putchar('\n');
    }
    return TRI_OK;
}

static int choose(struct request *request, int count, char **names)
{
    request->all = request->all || (request->quiz.on && count == 0);
    if (request->all && count > 0)
        return cli_usage("lab", "--all runs every experiment; remove '%s'", names[0]);
    for (int i = 0; request->all && tri_lab_experiments[i] != NULL; i++)
        request->experiments[request->count++] = tri_lab_experiments[i];
    for (int i = 0; i < count; i++) {
        const struct tri_lab_experiment *found = tri_lab_find(names[i]);
        if (found == NULL)
            return cli_usage("lab", "unknown experiment '%s'; 'triptych lab' lists them", names[i]);
        if (request->count == 64)
            return cli_usage("lab", "at most 64 experiments at a time");
        request->experiments[request->count++] = found;
    }
    return TRI_OK;
}

static int check_files(struct request *request)
{
    struct cli_places places = {.command = "lab"};
    struct tri_error error;

    cli_places_output(&places, "--json", request->json, 0);
    cli_places_output(&places, "--report", request->report, 0);
    cli_places_output(&places, "--trace", request->trace.path, 0);
    cli_places_output(&places, "--store", request->store, 0);
    if (cli_places_check(&places, &error) != TRI_OK ||
        cli_check_writable(request->json, &error) != TRI_OK ||
        cli_check_writable(request->report, &error) != TRI_OK)
        return cli_fail(&error);
    return TRI_OK;
}

/* ---- predictions ---- */

/* Returns the answer that the user types, from 0; -1: none. */
static int ask(const struct tri_lab_experiment *experiment)
{
    char line[80];
    int count = 0;

    printf("\n%s\n", experiment->question);
    for (; experiment->answers[count] != NULL; count++)
        printf("  %c) %s\n", 'a' + count, experiment->answers[count]);
    for (;;) {
        printf("What do you expect? ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL)
            return -1;
        const int answer = tolower((unsigned char)line[strspn(line, " ")]) - 'a';
        if (line[strspn(line, " ")] == '\n')
            return -1;
        if (answer >= 0 && answer < count)
            return answer;
        printf("Type a letter from a to %c, or nothing to skip it.\n", 'a' + count - 1);
    }
}

static void judge(const struct tri_lab_run *run, int expected)
{
    if (expected < 0)
        return;
    const char *text = run->experiment->answers[expected];
    if (run->answer < 0)
        printf("expected  %s; this measurement cannot tell\n", text);
    else if (run->answer == expected)
        printf("expected  %s; right\n", text);
    else
        printf("expected  %s; measured: %s\n", text, run->experiment->answers[run->answer]);
}

/* ---- running ---- */

/* Whether text goes to standard output, and no file does. */
static bool prints(const struct request *request)
{
    return (request->json == NULL || strcmp(request->json, "-") != 0) &&
           (request->report == NULL || strcmp(request->report, "-") != 0);
}

static struct tri_lab_settings settings_of(const struct request *request)
{
    return (struct tri_lab_settings){
        request->workers != 0 ? (int)request->workers : tri_cpu_workers(), request->quick};
}

/* Keeps the run for what is written at the end. */
static enum tri_status run_one(struct request *request, int number, struct tri_error *error)
{
    const struct tri_lab_experiment *experiment = request->experiments[number];
    const struct tri_lab_settings settings = settings_of(request);
    const bool text = prints(request);
    const int columns = cli_columns(stdout);
    struct tri_lab_run *run = calloc(1, sizeof *run);
    int expected = -1;

    if (run == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    request->runs[request->run_count++] = run;
    if (text && number > 0)
        putchar('\n');
    if (text)
        tri_lab_print_intro(stdout, experiment, columns);
    if (text && request->predict && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        expected = ask(experiment);
    fflush(stdout);
    const enum tri_status status = tri_lab_run(experiment, &settings, run, error);
    if (status == TRI_OK && text) {
        tri_lab_print(stdout, run, columns, cli_colours(stdout));
        judge(run, expected);
    }
    fflush(stdout);
    return status;
}

/* ---- files ---- */

static json_t *all_json(const struct request *request, const struct tri_environment *environment)
{
    json_t *list = json_array();

    for (int i = 0; i < request->run_count; i++)
        json_array_append_new(list, tri_lab_json(request->runs[i]));
    return json_pack("{s:s, s:i, s:s, s:s, s:i, s:o}", "kind", "lab", "schema", 1, "date",
                     environment->date, "cpu", environment->cpu, "cores", environment->cores,
                     "experiments", list);
}

static enum tri_status write_report(const struct request *request,
                                    const struct tri_environment *environment,
                                    struct tri_error *error)
{
    return tri_lab_page_write(
        request->report,
        &(struct tri_lab_page){(const struct tri_lab_run *const *)request->runs, request->run_count,
                               environment, all_json(request, environment)},
        error);
}

static enum tri_status write_files(const struct request *request, struct tri_error *error)
{
    struct tri_environment environment;
    enum tri_status status = TRI_OK;

    tri_environment_read(&environment);
    if (request->json != NULL)
        status = cli_write_json(request->json, all_json(request, &environment), error);
    if (status == TRI_OK && request->report != NULL)
        status = write_report(request, &environment, error);
    if (status == TRI_OK && request->store != NULL)
        status = cli_store(request->store, all_json(request, &environment), error);
    return status;
}

static void free_runs(struct request *request)
{
    for (int i = 0; i < request->run_count; i++) {
        tri_lab_free(request->runs[i]);
        free(request->runs[i]);
    }
}

static int run_all(struct request *request)
{
    struct tri_error error;

    cli_set_opencl_environment(NULL, 0);
    enum tri_status status = cli_trace_begin(&request->trace, &error);
    for (int i = 0; i < request->count && status == TRI_OK; i++)
        status = run_one(request, i, &error);
    if (status == TRI_OK)
        status = write_files(request, &error);
    if (status == TRI_OK && fflush(stdout) != 0)
        status = tri_fail(&error, TRI_FAILED, "cannot write standard output");
    free_runs(request);
    const int code = status == TRI_OK ? TRI_OK : cli_fail(&error);
    return cli_trace_end(&request->trace, code);
}

static int take_quiz(const struct request *request)
{
    const struct tri_lab_settings settings = settings_of(request);

    return cli_quiz_take(&request->quiz, request->experiments, request->count, &settings,
                         request->json);
}

static int run_patterns(struct request *request, int count, char **operands)
{
    const struct cli_lab_patterns patterns = {
        .workers = request->workers != 0 ? (int)request->workers : tri_cpu_workers(),
        .quick = request->quick,
        .source = request->source,
        .json = request->json,
        .store = request->store,
        .trace = &request->trace};
    const int code = check_files(request);

    return code == TRI_OK ? cli_lab_patterns(&patterns, count, operands) : code;
}

static int run_lab(int argc, char **argv)
{
    struct request request = {0};
    int code;

    if (argc > 1 && strcmp(argv[1], "grade") == 0)
        return cli_command_lab_grade.run(argc - 1, argv + 1);
    if (!cli_parse(&cli_command_lab, argc, argv, &request, &code))
        return code;
    if ((code = cli_quiz_check(&request.quiz, request.predict              ? "--predict"
                                              : request.report != NULL     ? "--report"
                                              : request.store != NULL      ? "--store"
                                              : request.trace.path != NULL ? "--trace"
                                                                           : NULL)) != TRI_OK)
        return code;
    if (cli_is_lab_patterns(argc - optind, argv + optind))
        return run_patterns(&request, argc - optind, argv + optind);
    if ((code = choose(&request, argc - optind, argv + optind)) != TRI_OK ||
        (code = check_files(&request)) != TRI_OK)
        return code;
    if (request.quiz.on)
        return take_quiz(&request);
    return request.count == 0 ? list_experiments(&request) : run_all(&request);
}

/* ---- completion ---- */

static void add_experiments(char words[CLI_WORDS_MAX])
{
    for (int i = 0; tri_lab_experiments[i] != NULL; i++)
        cli_add_word(words, tri_lab_experiments[i]->name);
}

static bool offer_operands(int number, char after[CLI_WORDS_MAX], char words[CLI_WORDS_MAX])
{
    if (number == 0) {
        cli_add_word(after, "lab");
        add_experiments(words);
        cli_add_word(words, "patterns");
        cli_add_word(words, "pattern");
        cli_add_word(words, "grade");
    } else if (number == 1) { /* several experiments */
        add_experiments(after);
        add_experiments(words);
    } else if (number == 2) {
        cli_add_word(after, "pattern");
        cli_add_pattern_names(words);
    }
    return number <= 2;
}

const struct cli_command cli_command_lab = {
    .name = "lab",
    .summary = "experiments on concurrency and parallelism, measured here",
    .intro = intro,
    .groups = groups,
    .operands = offer_operands,
    .run = run_lab};
