/* text_csv.c -- cells of CSV. */
#include "text_csv.h"

#include <string.h>

void tri_csv_cell(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

void tri_csv_text(FILE *file, const char *text)
{
    tri_csv_cell(file, text);
    fputc(',', file);
}
