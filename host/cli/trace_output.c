/* trace_output.c -- --trace and --timeline: record what a command does, and write or draw it. */
#include "cli/trace_output.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/terminal.h"

#include <string.h>

/* Longer recordings are drawn less finely. */
#define BLOCKS_MOST (1 << 19)

static const struct {
    const char *extension;
    enum cli_trace_form form;
} forms[] = {{".perfetto-trace", CLI_TRACE_PERFETTO},
             {".perfetto", CLI_TRACE_PERFETTO},
             {".pftrace", CLI_TRACE_PERFETTO},
             {".svg", CLI_TRACE_SVG}};

static bool find_form(const char *path, enum cli_trace_form *form)
{
    const size_t length = strlen(path);

    *form = CLI_TRACE_TEXT;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const size_t own = strlen(forms[i].extension);
        if (length > own && strcmp(path + length - own, forms[i].extension) == 0) {
            *form = forms[i].form;
            return true;
        }
    }
    return strcmp(path, "-") == 0;
}

/* ---- what is wanted ---- */

static enum tri_status open_output(struct cli_trace *trace, struct tri_error *error)
{
    if (trace->path == NULL)
        return TRI_OK;
    if (!find_form(trace->path, &trace->form))
        return tri_fail(error, TRI_USAGE,
                        "--trace: unknown extension in '%s'; expected .perfetto-trace, .perfetto, "
                        ".pftrace, .svg, or '-' for text",
                        trace->path);
    if (trace->form == CLI_TRACE_TEXT)
        return TRI_OK;
    const enum tri_status status = tri_output_open(trace->path, &trace->output, error);
    if (status == TRI_OK)
        cli_interrupt_discard(trace->output.temporary);
    return status;
}

/* Adds a reader for each form. */
static enum tri_status add_readers(struct cli_trace *trace, struct tri_trace_reader readers[],
                                   int *count, struct tri_error *error)
{
    const bool file = trace->path != NULL && trace->form == CLI_TRACE_PERFETTO;
    enum tri_status status = TRI_OK;

    if (file)
        status = tri_perfetto_new(trace->output.file, trace->path, &trace->perfetto, error);
    if (file && status == TRI_OK)
        readers[(*count)++] = tri_perfetto_reader(trace->perfetto);
    if (trace->progress && status == TRI_OK)
        status = cli_progress_reader(&readers[(*count)++], error);
    if (status != TRI_OK || (!trace->timeline && (trace->path == NULL || file)))
        return status;
    trace->drawn = tri_timeline_new(BLOCKS_MOST);
    if (trace->drawn == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    readers[(*count)++] = tri_timeline_reader(trace->drawn);
    return TRI_OK;
}

static enum tri_status start(struct cli_trace *trace, struct tri_error *error)
{
    struct tri_trace_reader readers[TRI_TRACE_READERS_MAX];
    int count = 0;
    const enum tri_status status = add_readers(trace, readers, &count, error);

    return status == TRI_OK ? tri_trace_start(readers, count, error) : status;
}

static enum tri_status close_output(struct cli_trace *trace, enum tri_status so_far,
                                    struct tri_error *error)
{
    const enum tri_status status = tri_output_close(&trace->output, so_far, error);

    cli_interrupt_discard(NULL);
    return status;
}

/* ---- the end ---- */

static void print(FILE *file, const struct tri_timeline *timeline)
{
    tri_timeline_print(file, timeline, cli_columns(file), cli_colours(file));
}

/* Draws the timeline wherever it is wanted. */
static enum tri_status draw(struct cli_trace *trace, const struct tri_trace_summary *summary,
                            struct tri_error *error)
{
    if (trace->drawn == NULL)
        return TRI_OK;
    const enum tri_status status = tri_timeline_finish(trace->drawn, summary, error);
    if (status != TRI_OK)
        return status;
    if (trace->path != NULL && trace->form == CLI_TRACE_SVG)
        tri_timeline_svg(trace->output.file, trace->drawn);
    if (trace->path != NULL && trace->form == CLI_TRACE_TEXT)
        print(stdout, trace->drawn);
    if (trace->timeline)
        print(stderr, trace->drawn);
    return TRI_OK;
}

static void note_dropped(const struct cli_trace *trace, const struct tri_trace_summary *summary)
{
    if (trace->path != NULL && summary->dropped > 0 && !trace->quiet)
        cli_note("%s: %lld events are missing; they arrived faster than they could be written",
                 trace->form == CLI_TRACE_TEXT ? "--trace" : trace->path,
                 (long long)summary->dropped);
}

static int finish(struct cli_trace *trace, int code)
{
    struct tri_trace_summary summary;
    struct tri_error error;

    tri_trace_stop(&summary);
    const bool wanted = code != TRI_USAGE;
    enum tri_status status =
        tri_perfetto_end(trace->perfetto, wanted ? &summary : NULL, wanted ? &error : NULL);
    if (status == TRI_OK && wanted)
        status = draw(trace, &summary, &error);
    tri_timeline_free(trace->drawn);
    const enum tri_status kept = status == TRI_OK && !wanted ? TRI_USAGE : status;
    const enum tri_status closed = close_output(trace, kept, &error);
    status = wanted ? closed : TRI_OK;
    if (status == TRI_OK && wanted)
        note_dropped(trace, &summary);
    if (status != TRI_OK)
        cli_fail(&error);
    return code == TRI_OK ? (int)status : code;
}

/* A signal ends the program: the trace shows what happened until then. */
static void complete(void *context)
{
    struct cli_trace *trace = context;

    if (trace->progress && cli_redraws(stderr))
        fputc('\n', stderr);
    finish(trace, TRI_OK);
    fflush(stdout);
}

int cli_trace_end(struct cli_trace *trace, int code)
{
    if (!trace->begun)
        return code;
    trace->begun = false;
    cli_write_begin();
    cli_interrupt_complete(NULL, NULL);
    code = finish(trace, code);
    cli_progress_forget();
    cli_write_end();
    return code;
}

/* ---- the beginning ---- */

enum tri_status cli_trace_begin(struct cli_trace *trace, struct tri_error *error)
{
    if (trace->path == NULL && !trace->timeline && !trace->progress)
        return TRI_OK;
    if (trace->path != NULL || trace->timeline)
        cli_interrupt_catch();
    enum tri_status status = open_output(trace, error);
    if (status != TRI_OK)
        return status;
    status = start(trace, error);
    trace->begun = status == TRI_OK;
    if (trace->begun && (trace->path != NULL || trace->timeline))
        cli_interrupt_complete(complete, trace);
    if (status != TRI_OK) {
        tri_perfetto_end(trace->perfetto, NULL, NULL);
        tri_timeline_free(trace->drawn);
        cli_progress_forget();
        close_output(trace, status, NULL);
    }
    return status;
}
