/* lab_patterns.c -- triptych lab patterns, and lab pattern NAME: one job in all patterns. */
#include "cli/lab_patterns.h"
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/store_option.h"
#include "cli/terminal.h"
#include "lab/patterns.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

bool cli_is_lab_patterns(int count, char **operands)
{
    return count > 0 &&
           (strcmp(operands[0], "patterns") == 0 || strcmp(operands[0], "pattern") == 0);
}

void cli_add_pattern_names(char words[CLI_WORDS_MAX])
{
    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++)
        cli_add_word(words, entry->name);
}

/* ---- what is asked ---- */

static int unknown_pattern(const char *name)
{
    char list[400] = "";
    size_t used = 0;

    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                                 entry->name);
    return name != NULL ? cli_usage("lab", "unknown pattern '%s'; there are %s", name, list)
                        : cli_usage("lab", "which pattern? There are %s", list);
}

/* "patterns [FOLDER]", or "pattern NAME [FOLDER]". */
static int read_operands(int count, char **operands, struct tri_patterns_settings *settings)
{
    const bool one = strcmp(operands[0], "pattern") == 0;

    operands++;
    count--;
    if (one) {
        settings->only = count > 0 ? tri_pattern_find(operands[0]) : NULL;
        if (settings->only == NULL)
            return unknown_pattern(count > 0 ? operands[0] : NULL);
        operands++;
        count--;
    }
    if (count > 1)
        return cli_usage("lab", "one folder with pictures, please; remove '%s'", operands[1]);
    settings->folder = count > 0 ? operands[0] : NULL;
    return TRI_OK;
}

static int print_source(const struct tri_pattern_entry *entry)
{
    struct tri_error error;

    if (entry == NULL)
        return cli_usage("lab",
                         "--source prints one pattern: 'triptych lab pattern NAME --source'");
    if (fputs(entry->source, stdout) < 0 || fflush(stdout) != 0) {
        tri_fail(&error, TRI_FAILED, "cannot write standard output");
        return cli_fail(&error);
    }
    return TRI_OK;
}

/* ---- running ---- */

static json_t *whole_json(const struct tri_patterns_run *run)
{
    struct tri_environment environment;
    json_t *object = tri_patterns_json(run);

    tri_environment_read(&environment);
    json_object_set_new(object, "kind", json_string("lab patterns"));
    json_object_set_new(object, "schema", json_integer(1));
    json_object_set_new(object, "date", json_string(environment.date));
    json_object_set_new(object, "cpu", json_string(environment.cpu));
    json_object_set_new(object, "cores", json_integer(environment.cores));
    return object;
}

static enum tri_status report(const struct cli_lab_patterns *request,
                              const struct tri_patterns_run *run, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    if (request->json == NULL || strcmp(request->json, "-") != 0)
        tri_patterns_print(stdout, run, cli_columns(stdout), cli_colours(stdout));
    if (request->json != NULL)
        status = cli_write_json(request->json, whole_json(run), error);
    if (status == TRI_OK && request->store != NULL)
        status = cli_store(request->store, whole_json(run), error);
    if (status == TRI_OK && fflush(stdout) != 0)
        status = tri_fail(error, TRI_FAILED, "cannot write standard output");
    if (status == TRI_OK && run->failures > 0) {
        *error = run->failed;
        status = error->status;
    }
    return status;
}

static enum tri_status compare(const struct cli_lab_patterns *request,
                               const struct tri_patterns_settings *settings,
                               struct tri_error *error)
{
    struct tri_patterns_run run;

    cli_interrupt_catch();
    cli_interrupt_remove_folders();
    enum tri_status status = tri_patterns_compare(settings, &run, error);
    if (status == TRI_OK)
        status = report(request, &run, error);
    tri_patterns_free(&run);
    return status;
}

int cli_lab_patterns(const struct cli_lab_patterns *request, int count, char **operands)
{
    struct tri_patterns_settings settings = {.workers = request->workers, .quick = request->quick};
    struct tri_error error;
    char pool[12];
    int code = read_operands(count, operands, &settings);

    if (code != TRI_OK)
        return code;
    if (request->source)
        return print_source(settings.only);
    if (settings.only != NULL && settings.only->pattern == NULL) {
        tri_fail(&error, TRI_FAILED, "%s is not built in: install %s and build triptych again",
                 settings.only->name, settings.only->package);
        return cli_fail(&error);
    }
    /* libuv's pool, while there is one thread. */
    snprintf(pool, sizeof pool, "%d", request->workers);
    setenv("UV_THREADPOOL_SIZE", pool, 0);
    enum tri_status status = cli_trace_begin(request->trace, &error);
    if (status == TRI_OK)
        status = compare(request, &settings, &error);
    code = status == TRI_OK ? TRI_OK : cli_fail(&error);
    return cli_trace_end(request->trace, code);
}
