/* lab_rows.h -- runs of the lab whose rows are made up: what an experiment concludes from them. */
#ifndef LAB_ROWS_H
#define LAB_ROWS_H

#include "lab/lab.h"

void lab_begin(struct tri_lab_run *run, const char *name, int workers);
/* Adds a row with samples that differ by up to 1 %, and the figure `value`. */
void lab_row(struct tri_lab_run *run, const char *name, int workers, int64_t ns, double value);
/* The row that was added last has a figure, with an interval of 1 % to either side. */
void lab_figure(struct tri_lab_run *run, double value);
/* Concludes, expects verdicts as letters: s shown, r refuted, u unclear; and frees the run. */
void lab_expect(struct tri_lab_run *run, const char *verdicts, int answer);

#endif
