/* run_moves.c -- triptych run --lossless-jpeg: what does not go with it. */
#include "cli/cli.h"
#include "cli/run.h"
#include "pipeline/moves.h"

/* An option that needs decoded samples, or frames. */
static const char *option_against(const struct cli_run_request *request)
{
    const struct tri_write_options *write = &request->write;
    const struct {
        bool given;
        const char *name;
    } options[] = {
        {write->quality > 0, "--quality"},
        {write->subsampling != TRI_420, "--subsampling"},
        {write->depth > 0, "--depth"},
        {write->colours > 0, "--colors"},
        {write->lossless, "--lossless"},
        {write->verify, "--verify-output"},
        {request->shrink != TRI_SHRINK_OFF, "--shrink-on-load"},
        {request->with != NULL, "--with"},
        {request->trims, "--trim"},
        {request->data != NULL, "--data"},
        {request->concat, "--concat"},
        {request->reverse, "--reverse"},
        {request->frame.given, "--frame"},
        {tri_trim_is_part(&request->trim), "--from, --to or --duration"},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].given)
            return options[i].name;
    }
    return NULL;
}

int cli_check_moves(const struct cli_run_request *request, const struct tri_pipeline *pipeline)
{
    const char *other = option_against(request);
    struct tri_error error;

    if (other != NULL)
        return cli_usage("run",
                         "--lossless-jpeg copies what JPEG files store without decoding it; remove "
                         "it, or %s",
                         other);
    return tri_moves_only(pipeline, &error) == TRI_OK ? TRI_OK : cli_fail(&error);
}
