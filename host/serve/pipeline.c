/* pipeline.c -- parses pipelines that anybody may have written. They may not name files: those of
 * kernels are refused by the parser, as nothing has allowed them, and those of parameters here. */
#include "serve/serve.h"

#include "pipeline/graph.h"
#include "pipeline/own.h"

static enum tri_status check_value(const struct tri_kernel *kernel, const struct tri_param *param,
                                   const char *value, struct tri_error *error)
{
    if (param->type == TRI_FILE && value[0] != '@')
        return tri_fail(error, TRI_USAGE,
                        "%s: %s names a file, which a URL may not; only what begins with @ is "
                        "part of the program",
                        tri_kernel_name(kernel), param->name);
    /* `text` is drawn; what else is text may mean a file if it has a slash, as a font does. */
    if (param->type == TRI_TEXT && strcmp(param->name, "text") != 0 && strchr(value, '/') != NULL)
        return tri_fail(error, TRI_USAGE, "%s: %s names a file, which a URL may not",
                        tri_kernel_name(kernel), param->name);
    return TRI_OK;
}

static enum tri_status check_step(const struct tri_pipeline_step *step, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < tri_kernel_param_count(step->kernel) && status == TRI_OK; i++) {
        if (step->texts[i] != NULL)
            status = check_value(step->kernel, tri_kernel_param(step->kernel, i),
                                 step->texts[i]->text, error);
    }
    return status;
}

/* Before any file that is named is opened. */
static enum tri_status check_words(const char *text, struct tri_error *error)
{
    struct tri_pipeline *words;
    enum tri_status status = tri_pipeline_parse_words(text, &words, error);

    if (status != TRI_OK)
        return status;
    for (int i = 0; i < words->length && status == TRI_OK; i++)
        status = check_step(&words->steps[i], error);
    tri_pipeline_free(words);
    return status;
}

enum tri_status tri_serve_pipeline_parse(const char *text, struct tri_pipeline **pipeline,
                                         struct tri_error *error)
{
    *pipeline = NULL;
    enum tri_status status = check_words(text, error);
    if (status == TRI_OK)
        status = tri_pipeline_parse(text, pipeline, error);
    if (status == TRI_OK && tri_pipeline_takes_with(*pipeline))
        status = tri_fail(error, TRI_USAGE,
                          "the pipeline needs a second picture, which a URL cannot name");
    if (status == TRI_OK && tri_pipeline_over_time(*pipeline))
        status = tri_fail(error, TRI_USAGE, "the pipeline works on frames of a video");
    if (status != TRI_OK) {
        tri_pipeline_free(*pipeline);
        *pipeline = NULL;
    }
    return status;
}
