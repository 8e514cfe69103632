/* lab_grade.c -- triptych lab grade: the files of lab --quiz in a table. */
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/file_conflicts.h"
#include "cli/lab_quiz.h"
#include "cli/result_files.h"
#include "cli/terminal.h"
#include "lab/grade.h"

#include <stdlib.h>
#include <string.h>

static const char intro[] =
    "Examples:\n"
    "  triptych lab grade answers/\n"
    "  triptych lab grade answers/ --csv > class.csv\n"
    "\n"
    "Usage: triptych lab grade FOLDER|FILE... [--csv | --json FILE]\n"
    "\n"
    "Makes a table of files that 'triptych lab --quiz --json' wrote; a folder stands\n"
    "for the .json files in it, '-' for standard input. Each file has a digest of its\n"
    "contents: one whose digest does not fit was changed, and is listed but does not\n"
    "count. The digest is a checksum: it does not prove who wrote the file. A file\n"
    "that is there twice counts once. Questions in other words than in this version\n"
    "are named. Files that cannot be graded are named, exit code 1, and the others\n"
    "are graded.\n";

struct request {
    bool csv;
    const char *json;
};

static const struct cli_option own[] = {
    {"csv", 0, NULL, "print CSV, a line for each file", CLI_SETS_FLAG(struct request, csv)},
    {"json", 0, "FILE", "write JSON; '-' is standard output, instead of the text",
     CLI_SETS_TEXT(struct request, json), .file = true},
    {0},
};

static const struct cli_option_group groups[] = {{.heading = "Options", .options = own}, {0}};

/* ---- files ---- */

/* Reports what cannot be read, and goes on. Returns the exit code. */
static int find_files(char *const operands[], int count, struct cli_result_files *paths)
{
    struct tri_error error;
    int code = TRI_OK;

    for (int i = 0; i < count; i++)
        if (cli_result_files_find(&operands[i], 1, paths, &error) != TRI_OK)
            code = cli_fail(&error);
    return code;
}

/* Of the files so far, one with the same contents; NULL: none. */
static const struct tri_grade_file *find_same(const struct tri_grade_file *files, int count,
                                              const struct tri_quiz_result *result)
{
    for (int i = 0; i < count; i++)
        if (files[i].result.digest == result->digest && files[i].result.changed == result->changed)
            return &files[i];
    return NULL;
}

/* A file that was handed in twice counts once. Returns whether it is the first. */
static bool is_first(const struct tri_grade_file *files, int count)
{
    const struct tri_grade_file *same = find_same(files, count, &files[count].result);

    if (same == NULL)
        return true;
    if (strcmp(same->path, files[count].path) == 0)
        cli_note("%s is named twice, and counts once", same->path);
    else
        cli_note("%s has the same contents as %s, and counts once", files[count].path, same->path);
    return false;
}

static int read_files(const struct cli_result_files *paths, struct tri_grade_file *files,
                      int *count)
{
    struct tri_error error;
    int code = TRI_OK;

    *count = 0;
    for (int i = 0; i < paths->count; i++) {
        files[*count].path = paths->list[i];
        if (tri_quiz_read(paths->list[i], &files[*count].result, &error) != TRI_OK)
            code = cli_fail(&error);
        else if (is_first(files, *count))
            (*count)++;
    }
    return code;
}

static int check_places(const struct request *request, const struct cli_result_files *paths)
{
    struct cli_places places = {.command = "lab grade"};
    struct tri_error error;

    for (int i = 0; i < paths->count; i++)
        cli_places_input(&places, paths->list[i], 0);
    cli_places_output(&places, "--json", request->json, 0);
    if (cli_places_check(&places, &error) != TRI_OK ||
        cli_check_writable(request->json, &error) != TRI_OK)
        return cli_fail(&error);
    return TRI_OK;
}

/* ---- the table ---- */

static int write_grade(const struct request *request, const struct tri_grade *grade)
{
    struct tri_error error;

    if (request->csv)
        tri_grade_csv(stdout, grade);
    else if (request->json == NULL || strcmp(request->json, "-") != 0)
        tri_grade_text(stdout, grade, cli_columns(stdout));
    if (request->json == NULL ||
        cli_write_json(request->json, tri_grade_json(grade), &error) == TRI_OK)
        return TRI_OK;
    return cli_fail(&error);
}

static int grade_files(const struct request *request, const struct cli_result_files *paths)
{
    struct tri_grade_file *files = calloc((size_t)paths->count, sizeof *files);
    struct tri_grade grade;
    struct tri_error error;
    int count;

    if (files == NULL)
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the files"});
    int code = read_files(paths, files, &count);
    if (count > 0) {
        const int written = tri_grade(files, count, &grade, &error) == TRI_OK
                                ? write_grade(request, &grade)
                                : cli_fail(&error);
        code = code == TRI_OK ? written : code;
    }
    free(files);
    return code;
}

static int run_grade(int argc, char **argv)
{
    struct request request = {0};
    struct cli_result_files paths = {0};
    int code;

    if (!cli_parse(&cli_command_lab_grade, argc, argv, &request, &code))
        return code;
    if (request.csv && request.json != NULL)
        return cli_usage("lab grade", "--csv does not go with --json; remove one of them");
    if (optind == argc)
        return cli_usage("lab grade", "needs a folder or files of 'triptych lab --quiz --json'");
    code = find_files(argv + optind, argc - optind, &paths);
    if (paths.count > 0) {
        const int placed = check_places(&request, &paths);
        const int graded = placed == TRI_OK ? grade_files(&request, &paths) : placed;
        code = graded != TRI_OK ? graded : code;
    }
    cli_result_files_free(&paths);
    return code;
}

const struct cli_command cli_command_lab_grade = {
    .name = "lab grade", .intro = intro, .groups = groups, .run = run_grade};
