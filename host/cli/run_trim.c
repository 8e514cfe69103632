/* run_trim.c -- triptych run --trim: its tolerance, and what does not go with it. */
#include "cli/cli.h"
#include "cli/run.h"

#include <stdlib.h>

bool cli_set_trim(const char *text, void *of)
{
    struct cli_run_request *request = of;
    char *end;

    request->tolerance = strtod(text, &end);
    request->trims =
        end > text && *end == '\0' && request->tolerance >= 0 && request->tolerance <= 1;
    if (!request->trims)
        cli_usage("run", "invalid value '%s' for --trim; expected a number from 0 to 1", text);
    return request->trims;
}

enum tri_status cli_trim_parse(struct cli_run_request *request, struct tri_error *error)
{
    char bounds[80];

    snprintf(bounds, sizeof bounds, "bounds:tolerance=%.9g", request->tolerance);
    return request->trims ? tri_pipeline_parse(bounds, &request->border, error) : TRI_OK;
}

int cli_check_trim(const struct cli_run_request *request, const struct tri_pipeline *pipeline)
{
    const char *other = request->shrink != TRI_SHRINK_OFF  ? "--shrink-on-load"
                        : request->concat                  ? "--concat"
                        : request->reverse                 ? "--reverse"
                        : tri_trim_is_part(&request->trim) ? "--from, --to or --duration"
                                                           : NULL;

    if (other != NULL)
        return cli_usage("run", "--trim is for whole pictures; remove it, or %s", other);
    if (tri_pipeline_over_time(pipeline))
        return cli_usage("run",
                         "--trim makes pictures of different sizes, but %s needs frames of one",
                         tri_pipeline_text(pipeline));
    return TRI_OK;
}
