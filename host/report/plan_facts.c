/* plan_facts.c -- what a report tells about a plan: its arithmetic, and how rows are dealt. */
#include "report/report.h"

#include "backend/backend.h"
#include "report/page_parts.h"

#include <math.h>
#include <string.h>

static void count_strips(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                         const struct tri_shape *in, struct tri_page_case *result)
{
    struct tri_plan *plan = NULL;
    const int workers = tri_backend_info(backend)->workers;

    if (tri_backend_plan(backend, pipeline, in, &plan, NULL) != TRI_OK)
        return;
    if (plan->stage_count > 0) {
        const int rows = plan->stages[0].height;
        for (int left = rows; left > 0; result->strips++)
            left -= tri_strip_next(&plan->stages[0], workers, rows, left);
        result->strips_workers = workers;
    }
    tri_plan_free(plan);
}

void tri_page_plan(const struct tri_candidates *candidates, const struct tri_bench_case *figures,
                   struct tri_page_case *result)
{
    const struct tri_bench_row *threads = tri_page_fastest(figures, tri_page_threads);
    struct tri_pipeline *pipeline = NULL;

    result->operations.all = (double)NAN;
    if (tri_candidates_parse(candidates, figures->pipeline, &pipeline, NULL) != TRI_OK)
        return;
    if (tri_pipeline_operations(pipeline, &figures->in, &result->operations, NULL) != TRI_OK)
        result->operations.all = (double)NAN;
    for (int i = 0; i < candidates->count && threads != NULL; i++)
        if (candidates->contenders[i].info == threads->info)
            count_strips(candidates->contenders[i].backend, pipeline, &figures->in, result);
    tri_pipeline_free(pipeline);
}

void tri_page_choose(const struct tri_bench_case *figures, bool *chosen)
{
    const struct tri_bench_row *one = tri_page_fastest(figures, tri_page_sequential),
                               *many = tri_page_fastest(figures, tri_page_threads);

    for (int i = 0; i < figures->row_count; i++) {
        const struct tri_bench_row *row = &figures->rows[i];
        chosen[i] = row == one || row == many || (tri_page_shown(row) && tri_page_device(row));
    }
}

/* ---- sizes, from a sweep ---- */

static double pixels_of(const struct tri_shape *shape)
{
    return (double)shape->width * shape->height;
}

/* The cases in ascending order of pixels; returns false unless they are one pipeline on pictures of
 * different sizes and one kind. */
static bool sort_cases(const struct tri_report *report, const struct tri_bench_case **sorted)
{
    for (int i = 0; i < report->count; i++) {
        const struct tri_bench_case *own = &report->cases[i];
        int at = i;
        for (; at > 0 && pixels_of(&sorted[at - 1]->in) > pixels_of(&own->in); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = own;
        if (strcmp(own->pipeline, report->cases[0].pipeline) != 0 ||
            own->in.planes != report->cases[0].in.planes ||
            own->in.bits != report->cases[0].in.bits ||
            (at > 0 && pixels_of(&sorted[at - 1]->in) >= pixels_of(&own->in)))
            return false;
    }
    return true;
}

static struct tri_summary row_summary(const struct tri_bench_case *figures,
                                      const struct tri_backend_info *info)
{
    for (int i = 0; i < figures->row_count; i++)
        if (figures->rows[i].info == info && tri_page_shown(&figures->rows[i]))
            return figures->rows[i].total;
    return (struct tri_summary){0};
}

void tri_page_sizes(const struct tri_report *report, const bool *chosen,
                    struct tri_sizes_case *sizes)
{
    const struct tri_bench_case *sorted[TRI_SIZE_POINTS];

    *sizes = (struct tri_sizes_case){0};
    if (report->count < 2 || report->count > TRI_SIZE_POINTS || !sort_cases(report, sorted))
        return;
    for (int i = 0; i < report->count; i++)
        sizes->shapes[i] = sorted[i]->in;
    sizes->count = report->count;
    for (int i = 0; i < report->cases[0].row_count && sizes->line_count < TRI_SIZE_LINES; i++) {
        struct tri_size_line *line = &sizes->lines[sizes->line_count];
        if (!chosen[i])
            continue;
        line->info = report->cases[0].rows[i].info;
        for (int k = 0; k < sizes->count; k++)
            line->points[k] = row_summary(sorted[k], line->info);
        sizes->line_count++;
    }
}
