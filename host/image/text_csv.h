/* text_csv.h -- cells of CSV. */
#ifndef TRIPTYCH_TEXT_CSV_H
#define TRIPTYCH_TEXT_CSV_H

#include <stdio.h>

/* Writes a cell, quoted if RFC 4180 requires it. */
void tri_csv_cell(FILE *file, const char *text);
/* The same, and a comma. */
void tri_csv_text(FILE *file, const char *text);

#endif
