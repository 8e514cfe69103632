/* html.h -- writes HTML: escaped text, numbers with units, figures and tables. */
#ifndef TRIPTYCH_HTML_H
#define TRIPTYCH_HTML_H

#include "triptych.h"

/* ---- text ---- */

/* Escapes what HTML and attributes need; bytes that are no UTF-8, and control characters, become
 * U+FFFD. */
void tri_html_text(FILE *file, const char *text);
/* Writes an element with escaped text: tri_html_say(file, "p class=lead", "%d rows", n). */
void tri_html_say(FILE *file, const char *element, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The data in base64; NULL: no memory. Free it with free. */
char *tri_base64(const unsigned char *data, size_t size);

/* ---- numbers, with as many digits as a measurement is worth ---- */

struct tri_words {
    char text[64];
};

struct tri_words tri_words_time(double ns);       /* "0.909 ms" */
struct tri_words tri_words_times(double ratio);   /* "1.59x", with a multiplication sign */
struct tri_words tri_words_share(double share);   /* "12 %" */
struct tri_words tri_words_digits(double number); /* three digits: "0.123", "12.3", "1230" */
struct tri_words tri_words_plain(double number);  /* "0.5", "12", "1000" */
struct tri_words tri_words_count(double number);  /* "1.23 million" */
struct tri_words tri_words_bytes(double bytes);   /* "1.84 MB" */
/* Without zeros that say nothing, for axes: "20.0 ms" is "20 ms". */
struct tri_words tri_words_tick(struct tri_words words);
/* A range in one unit: "0.9 to 1.1". */
struct tri_words tri_words_range(double low, double high, struct tri_words (*words)(double));

/* ---- figures and tables ---- */

/* A chart with its result as the title and how to read it below. The chart follows, then perhaps a
 * table, then tri_figure_end. `id` is unique in the page. */
void tri_figure_begin(FILE *file, const char *id, const char *title, const char *reading);
void tri_figure_end(FILE *file);

/* A number that counts, in a list of class "numbers". */
void tri_html_number(FILE *file, const char *value, const char *what);

/* A table that scrolls if it is wide; `label` names it. */
void tri_html_table_begin(FILE *file, const char *label, const char *const *heads, int count);
void tri_html_table_end(FILE *file);
/* A table behind a chart, closed at first; `summary` names it. */
void tri_table_begin(FILE *file, const char *summary, const char *const *heads, int count);
void tri_table_end(FILE *file);
/* Cells: of a row's name, of text, and of a number whose exact value goes to data-KEY. A number
 * that is not finite is a dash. */
void tri_row_begin(FILE *file);
void tri_row_end(FILE *file);
void tri_cell_name(FILE *file, int colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tri_cell_text(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tri_cell_number(FILE *file, const char *key, double value, struct tri_words words);

#endif
