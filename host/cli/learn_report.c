/* learn_report.c -- what `triptych learn` prints: steps, how good the result is, and the result. */
#include "cli/cli.h"
#include "cli/learn.h"
#include "cli/candidates_options.h"

#include "image/image.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *const plane_names[] = {"red", "green", "blue"};

void cli_learn_tell(void *quiet, const struct tri_learn_step *step)
{
    /* 1, 2, 4, 8, ... */
    if (*(const bool *)quiet || (step->number & (step->number - 1)) != 0)
        return;
    fprintf(stderr, "%s%sstep %ld: mean squared error %.6g",
            step->plane < 0 ? "" : plane_names[step->plane], step->plane < 0 ? "" : ", ",
            step->number, step->loss);
    if (isnan(step->check))
        fputc('\n', stderr);
    else
        fprintf(stderr, ", on blocks kept for checks %.6g\n", step->check);
}

static double mean_squared(const struct tri_learn_errors *errors)
{
    return errors->samples > 0 ? (double)errors->squares / (double)errors->samples : 0;
}

static double psnr(const struct cli_learn_outcome *outcome)
{
    const double maximum = (1 << outcome->result->bits) - 1;

    return 10 * log10(maximum * maximum / mean_squared(&outcome->errors));
}

static void describe_filters(const struct tri_learn_result *result)
{
    for (int i = 0; i < result->count; i++) {
        const struct tri_learn_filter *filter = &result->filters[i];
        cli_say("%s%slearnt from %.0f samples in %ld steps, mean squared error %.6g",
                result->count == 1 ? "" : plane_names[i], result->count == 1 ? "" : ": ",
                filter->places, filter->step.number, filter->step.loss);
    }
}

void cli_learn_summary(const struct cli_learn_outcome *outcome)
{
    const struct tri_learn_errors *errors = &outcome->errors;
    const double samples = (double)errors->samples;

    describe_filters(outcome->result);
    if (outcome->result->curved)
        cli_say("curves follow the matrix; the errors above are before them, of 65535");
    if (!outcome->kept)
        cli_note("the pictures are one block, so the result is checked only with what it was "
                 "learnt from");
    if (errors->apart == 0)
        cli_say("%s: all %.0f samples are equal",
                outcome->kept ? "on blocks kept for checks" : "there", samples);
    else
        cli_say("%s: %.2f %% of %.0f samples are equal, largest error %d, mean error %.4g, "
                "PSNR %.2f dB",
                outcome->kept ? "on blocks kept for checks" : "there",
                floor(10000 * (1 - (double)errors->apart / samples)) / 100, samples,
                errors->largest, (double)errors->sum / samples, psnr(outcome));
}

/* ---- files ---- */

/* Weights are in the pipeline, with all digits. */
static json_t *filter_json(const struct tri_learn_filter *filter)
{
    json_t *all =
        json_pack("{s:f, s:I, s:f}", "samples", filter->places, "steps",
                  (json_int_t)filter->step.number, "mean_squared_error", filter->step.loss);

    if (all != NULL && !isnan(filter->step.check))
        json_object_set_new(all, "check_mean_squared_error", json_real(filter->step.check));
    return all;
}

static json_t *outcome_json(const struct cli_learn_request *request,
                            const struct cli_learn_outcome *outcome)
{
    const struct tri_learn_errors *errors = &outcome->errors;
    json_t *filters = json_array();

    for (int i = 0; i < outcome->result->count; i++)
        json_array_append_new(filters, filter_json(&outcome->result->filters[i]));
    json_t *all = json_pack("{s:s, s:i, s:s, s:I, s:o, s:{s:b, s:I, s:I, s:i, s:f, s:f}}", "kind",
                            "learn", "schema", 1, "pipeline", outcome->pipeline, "seed",
                            (json_int_t)request->seed, "filters", filters, "check", "kept",
                            outcome->kept, "samples", (json_int_t)errors->samples, "differ",
                            (json_int_t)errors->apart, "largest", errors->largest, "mean",
                            errors->samples > 0 ? (double)errors->sum / (double)errors->samples : 0,
                            "mean_squared", mean_squared(errors));
    return all;
}

static enum tri_status write_pipeline(const char *path, const char *pipeline,
                                      struct tri_error *error)
{
    struct tri_output output;
    enum tri_status status = tri_output_open(path, &output, error);

    if (status != TRI_OK)
        return status;
    if (fprintf(output.file, "%s\n", pipeline) < 0)
        status = tri_fail(error, TRI_FAILED, "cannot write %s", path);
    return tri_output_close(&output, status, error);
}

enum tri_status cli_learn_write(const struct cli_learn_request *request,
                                const struct cli_learn_outcome *outcome, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    if (request->json != NULL)
        status = cli_write_json(request->json, outcome_json(request, outcome), error);
    if (request->output != NULL)
        return status == TRI_OK ? write_pipeline(request->output, outcome->pipeline, error)
                                : status;
    if (status == TRI_OK && (request->json == NULL || strcmp(request->json, "-") != 0))
        puts(outcome->pipeline);
    return status;
}
