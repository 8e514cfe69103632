/* terminal.h -- what the terminal behind a stream can show. */
#ifndef TRIPTYCH_CLI_TERMINAL_H
#define TRIPTYCH_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal; elsewhere $COLUMNS, or 80. */
int cli_columns(FILE *file);
/* Whether lines can be drawn over: a terminal that is not "dumb". */
bool cli_redraws(FILE *file);
/* Whether colours are shown, and wanted: the same without NO_COLOR. */
bool cli_colours(FILE *file);

#endif
