/* lab_rows.c -- runs of the lab whose rows are made up. */
#include "lab_rows.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 20 };

void lab_begin(struct tri_lab_run *run, const char *name, int workers)
{
    *run = (struct tri_lab_run){.experiment = tri_lab_find(name),
                                .settings = {.workers = workers},
                                .cores = workers,
                                .answer = -1};
    CU_ASSERT_PTR_NOT_NULL_FATAL(run->experiment);
}

void lab_row(struct tri_lab_run *run, const char *name, int workers, int64_t ns, double value)
{
    struct tri_lab_row *row = tri_lab_add(run, NULL, NULL, workers, "%s", name);

    row->samples = malloc(SAMPLES * sizeof *row->samples);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row->samples);
    for (row->count = 0; row->count < SAMPLES; row->count++)
        row->samples[row->count] = ns + ns * (row->count * 7 % SAMPLES - SAMPLES / 2) / 1000;
    row->time = tri_summarize(row->samples, row->count);
    row->value = value;
}

void lab_expect(struct tri_lab_run *run, const char *verdicts, int answer)
{
    char got[TRI_LAB_FINDINGS_MAX + 1] = "";

    run->experiment->conclude(run);
    for (int i = 0; i < run->finding_count; i++) {
        got[i] = "sru"[run->findings[i].verdict];
        CU_ASSERT_PTR_NULL(strstr(run->findings[i].text, "nan"));
    }
    CU_ASSERT_STRING_EQUAL(got, verdicts);
    CU_ASSERT_EQUAL(run->answer, answer);
    tri_lab_free(run);
}

void lab_figure(struct tri_lab_run *run, double value)
{
    struct tri_lab_row *row = &run->rows[run->row_count - 1];

    row->figures[row->figure_count++] =
        (struct tri_lab_figure){NULL, "", {value, 0.99 * value, 1.01 * value}};
}
