/* bench_baseline.c -- `bench --baseline`: checks the file before, compares after, and measures
 * again what seems to be slower. */
#include "cli/bench_baseline.h"
#include "cli/cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPEATS = 2 };

/* ---- before ---- */

enum tri_status cli_baseline_read(struct cli_baseline *baseline, const char *path,
                                  struct tri_error *error)
{
    const struct tri_results *file = &baseline->files[0];
    const enum tri_status status = tri_results_read(path, &baseline->files[0], error);

    if (status == TRI_OK && file->kind != TRI_RESULTS_PICTURES)
        return tri_fail(error, TRI_FAILED,
                        "--baseline: %s has results of a video, and these are of pictures; compare "
                        "results of videos with 'triptych compare'",
                        file->path);
    return status;
}

void cli_baseline_free(struct cli_baseline *baseline)
{
    tri_baseline_free(&baseline->comparison);
    tri_results_free(&baseline->files[0]);
    tri_results_free(&baseline->files[1]);
    free(baseline->measured);
    baseline->measured = NULL;
}

static enum tri_status check_property(const struct tri_results *before,
                                      const struct tri_results *now, const char *name,
                                      struct tri_error *error)
{
    const char *was = tri_results_property(before, name), *is = tri_results_property(now, name);

    if (was[0] == '\0') {
        cli_note("%s does not tell its %s: whether it is of this machine is unknown", before->path,
                 name);
        return TRI_OK;
    }
    if (strcmp(was, is) == 0)
        return TRI_OK;
    return tri_fail(error, TRI_FAILED,
                    "--baseline: %s is of another machine: its %s is %s, here it is %s; write a "
                    "baseline here with --json, or compare machines with 'triptych compare'",
                    before->path, name, was, is[0] ? is : "unknown");
}

static void note_property(const struct tri_results *before, const struct tri_results *now,
                          const char *name)
{
    const char *was = tri_results_property(before, name), *is = tri_results_property(now, name);

    if (strcmp(was, is) != 0 && was[0] != '\0' && is[0] != '\0' &&
        (strcmp(name, "OpenCL") != 0 ||
         (strcmp(was, "none used") != 0 && strcmp(is, "none used") != 0)))
        cli_note("%s has another %s: %s; now: %s", before->path, name, was, is);
}

static void note_load(const struct tri_results *results, const char *when)
{
    const char *load = tri_results_property(results, "before the run");

    if (strncmp(load, "busy", 4) == 0)
        cli_note("the machine was %s %s: times may be longer than those of the program alone", load,
                 when);
}

static enum tri_status check_machine(const struct tri_results *before,
                                     const struct tri_environment *environment,
                                     struct tri_error *error)
{
    static const char *const noted[] = {"ISAs", "memory", "system", "compiler", "OpenCL"};
    struct tri_results now = {.root = tri_results_json("pictures", environment)};

    tri_results_read_properties(&now);
    enum tri_status status = check_property(before, &now, "CPU", error);
    if (status == TRI_OK)
        status = check_property(before, &now, "cores", error);
    for (size_t i = 0; i < sizeof noted / sizeof noted[0] && status == TRI_OK; i++)
        note_property(before, &now, noted[i]);
    if (status == TRI_OK) {
        note_load(before, "before the baseline");
        note_load(&now, "before this run");
    }
    tri_results_free(&now);
    return status;
}

static const struct tri_shape *shape_of(const struct cli_bench_work *work)
{
    return work->input != NULL ? &work->input->image->shape : &work->shape;
}

enum tri_status cli_baseline_check(const struct cli_baseline *baseline,
                                   const struct tri_environment *environment,
                                   const struct cli_bench_works *works, struct tri_error *error)
{
    const struct tri_results *before = &baseline->files[0];
    enum tri_status status = check_machine(before, environment, error);
    bool any = status != TRI_OK;

    for (int i = 0; i < works->count && !any; i++)
        any = tri_results_has_work(before, works->list[i].pipeline, shape_of(&works->list[i]));
    if (!any)
        return tri_fail(error, TRI_FAILED,
                        "--baseline: %s has no figures of these pipelines on pictures of these "
                        "sizes, such as %s on %dx%d",
                        before->path, works->list[0].pipeline, shape_of(&works->list[0])->width,
                        shape_of(&works->list[0])->height);
    return status;
}

/* ---- after ---- */

static enum tri_status compare_once(struct cli_baseline *baseline, double share,
                                    const struct tri_report *report, struct tri_error *error)
{
    tri_baseline_free(&baseline->comparison);
    tri_results_free(&baseline->files[1]);
    enum tri_status status =
        tri_results_take(tri_report_json(report), "this run", &baseline->files[1], error);
    if (status == TRI_OK)
        status = tri_baseline_compare(baseline->files, share, &baseline->comparison, error);
    if (status == TRI_OK && baseline->comparison.row_count == 0)
        return tri_fail(error, TRI_FAILED,
                        "--baseline: no row of %s is of the same pipeline, picture and backend as "
                        "one of this run",
                        baseline->files[0].path);
    return status;
}

static bool is_slower(const struct tri_baseline *comparison, int row)
{
    for (int i = 0; i < comparison->row_count; i++)
        if (comparison->rows[i].now - comparison->files[1].rows == row)
            return comparison->rows[i].change == TRI_SLOWER;
    return false;
}

/* Rows of files are the listed ones of all cases in order, from `*next` on in this case. Marks
 * those that are slower; returns their number. */
static int choose(struct cli_baseline *baseline, const struct tri_bench_case *result, int *next,
                  bool *chosen)
{
    int count = 0;

    for (int i = 0; i < result->row_count; i++) {
        chosen[i] = result->rows[i].listed && is_slower(&baseline->comparison, *next);
        baseline->measured[*next] += chosen[i];
        count += chosen[i];
        *next += result->rows[i].listed;
    }
    return count;
}

/* The reference runs as well. */
static struct tri_candidates only(const struct tri_candidates *candidates, const bool *chosen)
{
    struct tri_candidates few = *candidates;

    few.contenders = calloc((size_t)candidates->count, sizeof *few.contenders);
    few.count = 0;
    for (int i = 0; i < candidates->count && few.contenders != NULL; i++)
        if (i == 0 || chosen[i])
            few.contenders[few.count++] = candidates->contenders[i];
    return few;
}

/* Replaces the figures of the chosen rows; what was not measured again stays. */
static void replace(struct tri_bench_case *result, struct tri_bench_case *again, const bool *chosen)
{
    for (int i = 0, at = 0; i < result->row_count; i++) {
        if (chosen[i]) {
            const struct tri_bench_row old = result->rows[i];
            result->rows[i] = again->rows[at];
            result->rows[i].break_even = old.break_even;
            again->rows[at] = old; /* to be freed */
        }
        at += i == 0 || chosen[i];
    }
    tri_bench_compare(result);
}

static enum tri_status repeat(const struct cli_bench_request *request,
                              const struct tri_candidates *candidates,
                              struct cli_bench_works *works, const struct cli_bench_work *work,
                              const bool *chosen, struct tri_bench_case *result,
                              struct tri_error *error)
{
    struct tri_candidates few = only(candidates, chosen);
    struct tri_bench_case again = {0};
    const struct cli_bench_input *input;

    if (few.contenders == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for measuring again");
    enum tri_status status = cli_bench_picture(works, work, &input, error);
    if (status == TRI_OK)
        status = tri_bench_run(&few, work->pipeline, input->name, input->image, request->seconds,
                               &again, error);
    if (status == TRI_OK)
        replace(result, &again, chosen);
    tri_bench_case_free(&again);
    free(few.contenders);
    return status;
}

/* Notes how many rows are measured again. */
static enum tri_status repeat_slower(struct cli_baseline *baseline,
                                     const struct cli_bench_request *request,
                                     const struct tri_candidates *candidates,
                                     struct cli_bench_works *works, const struct tri_report *report,
                                     struct tri_bench_case *cases, struct tri_error *error)
{
    const int slower = baseline->comparison.counts[TRI_SLOWER];
    bool *chosen = calloc((size_t)candidates->count + 1, sizeof *chosen);
    enum tri_status status = TRI_OK;

    if (chosen == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for measuring again");
    cli_note("%d row%s slower than in %s; measured again, as something else may have run", slower,
             slower == 1 ? " is" : "s are", baseline->files[0].path);
    for (int i = 0, next = 0; i < report->count && status == TRI_OK; i++)
        if (choose(baseline, &cases[i], &next, chosen) > 0)
            status = repeat(request, candidates, works, &works->list[i], chosen, &cases[i], error);
    free(chosen);
    return status;
}

static bool count_once(struct cli_baseline *baseline)
{
    const int rows = baseline->files[1].row_count;

    baseline->measured = calloc((size_t)rows + 1, sizeof *baseline->measured);
    for (int i = 0; i < rows && baseline->measured != NULL; i++)
        baseline->measured[i] = 1;
    return baseline->measured != NULL;
}

enum tri_status cli_baseline_compare(struct cli_baseline *baseline,
                                     const struct cli_bench_request *request,
                                     const struct tri_candidates *candidates,
                                     struct cli_bench_works *works, const struct tri_report *report,
                                     struct tri_bench_case *cases, struct tri_error *error)
{
    enum tri_status status = compare_once(baseline, request->slower, report, error);

    if (status == TRI_OK && !count_once(baseline))
        status = tri_fail(error, TRI_FAILED, "out of memory while comparing");
    for (int i = 0; i < REPEATS && status == TRI_OK; i++) {
        if (baseline->comparison.counts[TRI_SLOWER] == 0)
            break;
        status = repeat_slower(baseline, request, candidates, works, report, cases, error);
        if (status == TRI_OK)
            status = compare_once(baseline, request->slower, report, error);
    }
    baseline->complete = status == TRI_OK;
    return status;
}

/* ---- what it says ---- */

int cli_baseline_tell(const struct cli_baseline *baseline, const struct cli_bench_request *request)
{
    const struct tri_baseline *comparison = &baseline->comparison;
    char shape[100];

    if (!baseline->complete)
        return TRI_OK;
    if (cli_bench_prints(request))
        tri_baseline_table(stdout, comparison, baseline->measured, request->markdown);
    fflush(stdout);
    for (int i = 0; i < comparison->row_count; i++) {
        const struct tri_baseline_row *row = &comparison->rows[i];
        if (row->change == TRI_SLOWER)
            fprintf(stderr,
                    "triptych: slower: %s, %s, on %s %s takes %.2f to %.2f times as long as in "
                    "%s\n",
                    row->now->pipeline, tri_work_text(row->now, shape), row->now->backend,
                    row->now->isa, 1 / row->interval.high, 1 / row->interval.low,
                    comparison->files[0].path);
    }
    return comparison->counts[TRI_SLOWER] > 0 ? CLI_SLOWER : TRI_OK;
}
