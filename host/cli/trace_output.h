/* trace_output.h -- --trace and --timeline: record what a command does, and write or draw it. */
#ifndef TRIPTYCH_CLI_TRACE_OUTPUT_H
#define TRIPTYCH_CLI_TRACE_OUTPUT_H

#include "cli/option.h"
#include "image/image.h"
#include "trace/perfetto.h"
#include "trace/timeline.h"

/* The help of --trace in all commands that have it. */
#define CLI_TRACE_HELP \
    "record what each thread, core and device did and why it waited: .perfetto-trace, .perfetto " \
    "or " \
    ".pftrace for ui.perfetto.dev, .svg as a picture, '-' drawn in text"

enum cli_trace_form { CLI_TRACE_PERFETTO, CLI_TRACE_SVG, CLI_TRACE_TEXT };

struct cli_trace {
    const char *path; /* NULL: no --trace */
    bool timeline;    /* draw it on standard error */
    bool progress;    /* --progress needs a recording */
    bool quiet;       /* no note about events that were dropped */
    enum cli_trace_form form;
    struct tri_output output; /* without a file unless the form has one */
    struct tri_perfetto *perfetto;
    struct tri_timeline *drawn;
    bool begun;
};

/* Opens the file and starts to record. TRI_USAGE: the name's extension is unknown. */
enum tri_status cli_trace_begin(struct cli_trace *trace, struct tri_error *error);
/* Ends the recording and completes the file; if the command ends with TRI_USAGE, discards it.
 * Returns the command's exit code, or that of a failure to write. */
int cli_trace_end(struct cli_trace *trace, int code);

#endif
