/* results.c -- triptych results: what a store holds. */
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/file_conflicts.h"
#include "cli/interrupt.h"
#include "cli/results_table.h"
#include "image/image.h"
#include "store/store.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static const char intro[] =
    "Examples:\n"
    "  triptych bench --suite standard --store results.db\n"
    "  triptych results results.db\n"
    "  triptych results results.db show 3\n"
    "  triptych results results.db best gaussian:sigma=2\n"
    "  triptych results results.db history gaussian:sigma=2\n"
    "  triptych results results.db export 3 -o run-3.json\n"
    "  triptych results results.db --sql 'SELECT kind, count(*) FROM run GROUP BY kind'\n"
    "\n"
    "Usage: triptych results FILE.db [list] [OPTION]...\n"
    "       triptych results FILE.db show|export NUMBER [OPTION]...\n"
    "       triptych results FILE.db best [PIPELINE] [OPTION]...\n"
    "       triptych results FILE.db history PIPELINE [OPTION]...\n"
    "\n"
    "Shows what --store of bench, compare and lab has stored. 'list', the default,\n"
    "lists the runs; 'show' prints the rows of one, or what the lab found; 'best' the\n"
    "fastest row of each pipeline, picture and device; 'history' the fastest row of\n"
    "each run, with a bar; 'export' the JSON that --json writes. --sql asks anything\n"
    "else: run and row are the tables, times are in nanoseconds, and nothing can be\n"
    "changed.\n";

enum format { TEXT, CSV, JSON };

struct request {
    enum format format;
    const char *output, *sql;
};

static const struct cli_option own[] = {
    {"format", 0, "FORMAT", "text (default), csv, or json: an array of objects",
     CLI_SETS_CHOICE(struct request, format, enum format, TEXT, "text|csv|json")},
    {"output", 'o', "FILE", "write to this file; '-', the default, is standard output",
     CLI_SETS_TEXT(struct request, output), .file = true},
    {"sql", 0, "QUERY", "print the result of one SELECT statement of SQLite",
     CLI_SETS_TEXT(struct request, sql)},
    {0},
};

static const struct cli_option_group groups[] = {{.heading = "Options", .options = own}, {0}};

/* ---- what is asked ---- */

enum operand { NONE, NUMBER, MAYBE_PIPELINE, PIPELINE };

static const struct question {
    const char *name;
    enum operand operand;
    const char *sql; /* ?1 is the operand, null without one */
} questions[] = {
    {"list", NONE,
     "SELECT id AS run, coalesce(date, stored) AS date, kind, triptych AS version,"
     " commit_id AS \"commit\", cpu, cores,"
     " (SELECT count(*) FROM row WHERE row.run = run.id) AS rows FROM run ORDER BY id"},
    {"show", NUMBER,
     "SELECT pipeline, input, width || 'x' || height AS size, bits, backend, isa, workers,"
     " CAST(printf('%.4g', median_ns / 1e6) AS REAL) AS ms, samples FROM row WHERE run = CAST(?1 "
     "AS INTEGER)"
     " ORDER BY number"},
    {"best", MAYBE_PIPELINE,
     "SELECT pipeline, input, width || 'x' || height AS size, planes, bits,"
     " coalesce(device, cpu) AS device, backend, isa, workers,"
     " CAST(printf('%.4g', min(median_ns) / 1e6) AS REAL) AS ms, run FROM row JOIN run ON run.id = "
     "row.run"
     " WHERE usable AND median_ns > 0 AND (?1 IS NULL OR pipeline = ?1)"
     " GROUP BY pipeline, input, width, height, planes, bits, frames, coalesce(device, cpu)"
     " ORDER BY pipeline, input, width * height, median_ns"},
    {"history", PIPELINE,
     "WITH best AS (SELECT run, input, width, height, planes, bits, frames, backend, isa, workers,"
     " min(median_ns) AS ns FROM row WHERE usable AND median_ns > 0 AND pipeline = ?1"
     " GROUP BY run, input, width, height, planes, bits, frames)"
     " SELECT run, coalesce(date, stored) AS date, commit_id AS \"commit\", cpu, input,"
     " width || 'x' || height AS size, backend, workers, CAST(printf('%.4g', ns / 1e6) AS REAL) AS "
     "ms,"
     " printf('%.*c', max(1, CAST(24 * ns / max(ns) OVER"
     " (PARTITION BY input, width, height, planes, bits, frames) + 0.5 AS INTEGER)), '#') AS chart"
     " FROM best JOIN run ON run.id = best.run ORDER BY input, width, height, planes, bits, "
     "frames, run"},
    {"export", NUMBER, "SELECT json FROM run WHERE id = CAST(?1 AS INTEGER)"},
};
enum { QUESTIONS = sizeof questions / sizeof questions[0] };

/* What the lab found, for runs without rows. */
static const char findings[] =
    "SELECT e.value ->> 'experiment' AS experiment, f.value ->> 'verdict' AS verdict,"
    " f.value ->> 'text' AS finding FROM run, json_each(run.json, '$.experiments') AS e,"
    " json_each(e.value, '$.findings') AS f WHERE run.id = CAST(?1 AS INTEGER)";

static const struct question *find_question(const char *name)
{
    for (int i = 0; i < QUESTIONS; i++)
        if (strcmp(questions[i].name, name) == 0)
            return &questions[i];
    return NULL;
}

/* Returns the exit code. Gets the question; NULL: --sql. */
static int choose(const struct request *request, int count, char **operands,
                  const struct question **question)
{
    uint64_t number;

    *question = NULL;
    if (count < 1)
        return cli_usage("results", "expected the file of a store");
    if (request->sql != NULL)
        return count == 1 ? TRI_OK
                          : cli_usage("results", "--sql asks by itself; remove '%s'", operands[1]);
    *question = find_question(count > 1 ? operands[1] : "list");
    if (*question == NULL)
        return cli_usage("results",
                         "unknown command '%s'; expected list, show, best, history or export",
                         operands[1]);
    const enum operand kind = (*question)->operand;
    const int least = kind == NUMBER || kind == PIPELINE ? 3 : 0, most = kind == NONE ? 2 : 3;
    if (count < least)
        return cli_usage("results", "%s needs %s", (*question)->name,
                         kind == NUMBER ? "the number of a run" : "a pipeline");
    if (count > most)
        return cli_usage("results", "too many operands: '%s'", operands[most]);
    if (kind == NUMBER &&
        !cli_count("results", "the number of a run", operands[2], 1, INT64_MAX, &number))
        return TRI_USAGE;
    return TRI_OK;
}

/* ---- answers ---- */

static enum tri_status ask(const char *path, const char *sql, const char *operand,
                           struct cli_results_table *table, struct tri_error *error)
{
    const char *const parameters[] = {operand, NULL};
    const enum tri_status status =
        tri_store_query(path, sql, parameters, cli_results_add, table, error);

    return table->failed ? tri_fail(error, TRI_FAILED, "out of memory for the results") : status;
}

static enum tri_status find_run(const char *path, const char *number, struct tri_error *error)
{
    struct cli_results_table table = {0};
    enum tri_status status =
        ask(path, "SELECT 1 FROM run WHERE id = CAST(?1 AS INTEGER)", number, &table, error);

    if (status == TRI_OK && table.rows == 0)
        status = tri_fail(error, TRI_USAGE, "%s has no run %s; 'list' lists them", path, number);
    cli_results_free(&table);
    return status;
}

static enum tri_status answer(const char *path, const struct question *question,
                              const char *operand, struct cli_results_table *table,
                              struct tri_error *error)
{
    enum tri_status status = ask(path, question->sql, operand, table, error);

    if (status == TRI_OK && table->rows == 0 && strcmp(question->name, "show") == 0) {
        cli_results_free(table);
        *table = (struct cli_results_table){0};
        status = ask(path, findings, operand, table, error);
    }
    if (status != TRI_OK || table->rows > 0 || question->operand == NONE)
        return status;
    if (question->operand == NUMBER) {
        status = find_run(path, operand, error);
        return status != TRI_OK
                   ? status
                   : tri_fail(error, TRI_USAGE,
                              "run %s of %s has no rows; 'export %s' prints what it has", operand,
                              path, operand);
    }
    return operand != NULL ? tri_fail(error, TRI_USAGE, "%s has no figures of '%s'", path, operand)
                           : tri_fail(error, TRI_USAGE, "%s has no figures", path);
}

/* ---- output ---- */

static enum tri_status put(struct tri_output *output, enum format format,
                           const struct cli_results_table *table, struct tri_error *error)
{
    if (format == JSON && cli_results_json(output->file, table, error) != TRI_OK)
        return TRI_FAILED;
    if (format == CSV)
        cli_results_csv(output->file, table);
    else if (format == TEXT)
        cli_results_text(output->file, table);
    return ferror(output->file) == 0
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "cannot write %s: %s", output->name, strerror(errno));
}

static enum tri_status write_table(enum format format, const char *path,
                                   const struct cli_results_table *table, struct tri_error *error)
{
    struct tri_output output;

    cli_interrupt_catch();
    cli_write_begin();
    enum tri_status status = tri_output_open(path, &output, error);
    if (status == TRI_OK)
        status = tri_output_close(&output, put(&output, format, table, error), error);
    cli_write_end();
    return status;
}

static enum tri_status write_answer(const struct request *request, const struct question *question,
                                    const struct cli_results_table *table, struct tri_error *error)
{
    const char *path = request->output != NULL ? request->output : "-";

    if (question == NULL || strcmp(question->name, "export") != 0)
        return write_table(request->format, path, table, error);
    return cli_write_json(path, json_loads(table->cells[0].text, 0, NULL), error);
}

static enum tri_status check_places(const struct request *request, const char *path,
                                    struct tri_error *error)
{
    struct cli_places places = {.command = "results"};

    cli_places_input(&places, path, 0);
    cli_places_output(&places, "-o", request->output, 0);
    return cli_places_check(&places, error);
}

static int run_results(int argc, char **argv)
{
    struct cli_results_table table = {0};
    struct request request = {0};
    const struct question *question;
    struct tri_error error;
    int code;

    if (!cli_parse(&cli_command_results, argc, argv, &request, &code))
        return code;
    code = choose(&request, argc - optind, argv + optind, &question);
    if (code != TRI_OK)
        return code;
    const char *path = argv[optind], *operand = argc - optind > 2 ? argv[optind + 2] : NULL;
    enum tri_status status = check_places(&request, path, &error);
    if (status == TRI_OK)
        status = question != NULL ? answer(path, question, operand, &table, &error)
                                  : ask(path, request.sql, NULL, &table, &error);
    if (status == TRI_OK)
        status = write_answer(&request, question, &table, &error);
    cli_results_free(&table);
    return status == TRI_OK ? TRI_OK : cli_fail(&error);
}

const struct cli_command cli_command_results = {.name = "results",
                                                .summary =
                                                    "show stored results of bench, compare and lab",
                                                .intro = intro,
                                                .groups = groups,
                                                .run = run_results};
