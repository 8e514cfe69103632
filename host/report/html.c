/* html.c -- text, figures and tables in HTML. */
#include "report/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

/* Returns the length of the UTF-8 character at `text`; 0 if it is none. */
static int character(const unsigned char *text)
{
    const int length = text[0] < 0x80                       ? 1
                       : text[0] >= 0xC2 && text[0] <= 0xDF ? 2
                       : (text[0] & 0xF0) == 0xE0           ? 3
                       : text[0] >= 0xF0 && text[0] <= 0xF4 ? 4
                                                            : 0;

    for (int i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
        (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F))
        return 0; /* too long, a surrogate, or beyond the last one */
    return length;
}

static void put_character(FILE *file, const unsigned char *text, int length)
{
    if (*text == '&')
        fputs("&amp;", file);
    else if (*text == '<')
        fputs("&lt;", file);
    else if (*text == '>')
        fputs("&gt;", file);
    else if (*text == '"')
        fputs("&quot;", file);
    else if (length == 0 || (*text < ' ' && *text != '\n' && *text != '\t') || *text == 0x7F)
        fputs("\xEF\xBF\xBD", file);
    else
        fwrite(text, 1, (size_t)length, file);
}

void tri_html_text(FILE *file, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        const int length = character(at);
        put_character(file, at, length);
        at += length > 0 ? length : 1;
    }
}

static void put_formatted(FILE *file, const char *format, va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) < 0)
        return;
    tri_html_text(file, text);
    free(text);
}

void tri_html_say(FILE *file, const char *element, const char *format, ...)
{
    va_list arguments;

    fprintf(file, "<%s>", element);
    va_start(arguments, format);
    put_formatted(file, format, arguments);
    va_end(arguments);
    fprintf(file, "</%.*s>\n", (int)strcspn(element, " "), element);
}

/* ---- numbers ---- */

static struct tri_words words(const char *format, int decimals, double value)
{
    struct tri_words result;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(result.text, sizeof result.text, format, decimals, value);
#pragma GCC diagnostic pop
    return result;
}

/* Decimals that make three digits in all. */
static int decimals_of(double value)
{
    const double size = fabs(value);

    return size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 || size == 0 ? 2 : 3;
}

struct tri_words tri_words_digits(double number)
{
    return words("%.*f", number != 0 && fabs(number) < 0.01 ? 5 : decimals_of(number), number);
}

struct tri_words tri_words_plain(double number)
{
    return words(fabs(number) < 999.5 ? "%.*g" : "%.*f", fabs(number) < 999.5 ? 3 : 0, number);
}

struct tri_words tri_words_time(double ns)
{
    const double us = ns / 1e3, ms = ns / 1e6, s = ns / 1e9;

    return fabs(ns) < 999.5    ? words("%.*f ns", 0, ns)
           : fabs(us) < 99.95  ? words("%.*f \xC2\xB5s", decimals_of(us), us)
           : fabs(ms) < 0.9995 ? words("%.*f ms", 3, ms)
           : fabs(ms) < 999.5  ? words("%.*f ms", decimals_of(ms), ms)
                               : words("%.*f s", decimals_of(s), s);
}

struct tri_words tri_words_times(double ratio)
{
    return words("%.*f\xC3\x97",
                 ratio < 0.00995  ? 4
                 : ratio < 0.0995 ? 3
                 : ratio < 9.995  ? 2
                 : ratio < 99.95  ? 1
                                  : 0,
                 ratio);
}

struct tri_words tri_words_share(double share)
{
    return words("%.*f %%", fabs(share) < 0.0995 ? 1 : 0, share * 100);
}

struct tri_words tri_words_count(double number)
{
    return number < 9999.5    ? words("%.*f", 0, number)
           : number < 999.5e3 ? words("%.*f thousand", decimals_of(number / 1e3), number / 1e3)
           : number < 999.5e6 ? words("%.*f million", decimals_of(number / 1e6), number / 1e6)
                              : words("%.*f billion", decimals_of(number / 1e9), number / 1e9);
}

struct tri_words tri_words_bytes(double bytes)
{
    return bytes < 999.5     ? words("%.*f bytes", 0, bytes)
           : bytes < 999.5e3 ? words("%.*f kB", decimals_of(bytes / 1e3), bytes / 1e3)
           : bytes < 999.5e6 ? words("%.*f MB", decimals_of(bytes / 1e6), bytes / 1e6)
                             : words("%.*f GB", decimals_of(bytes / 1e9), bytes / 1e9);
}

struct tri_words tri_words_tick(struct tri_words whole)
{
    const size_t length = strspn(whole.text, "-0123456789.");
    size_t end = length;

    if (strtod(whole.text, NULL) == 0)
        return (struct tri_words){"0"};
    if (memchr(whole.text, '.', length) == NULL)
        return whole;
    while (end > 0 && whole.text[end - 1] == '0')
        end--;
    end -= end > 0 && whole.text[end - 1] == '.';
    memmove(whole.text + end, whole.text + length, strlen(whole.text + length) + 1);
    return whole;
}

struct tri_words tri_words_range(double low, double high, struct tri_words (*of)(double))
{
    struct tri_words from = of(low), to = of(high), result;
    const char *unit = strrchr(from.text, ' '), *other = strrchr(to.text, ' ');

    if (unit != NULL && other != NULL && strcmp(unit, other) == 0)
        from.text[unit - from.text] = '\0';
    snprintf(result.text, sizeof result.text, "%.28s to %.28s", from.text, to.text);
    return result;
}

/* ---- figures and tables ---- */

void tri_figure_begin(FILE *file, const char *id, const char *title, const char *reading)
{
    fprintf(file, "<figure id=%s><figcaption>\n", id);
    tri_html_say(file, "h3", "%s", title);
    tri_html_say(file, "p class=read", "%s", reading);
    fputs("</figcaption>\n", file);
}

void tri_figure_end(FILE *file)
{
    fputs("</figure>\n", file);
}

void tri_html_number(FILE *file, const char *value, const char *what)
{
    fputs("<div>", file);
    tri_html_say(file, "dd", "%s", value);
    tri_html_say(file, "dt", "%s", what);
    fputs("</div>\n", file);
}

/* A wide table scrolls in a box of its own, which the keyboard reaches. */
void tri_html_table_begin(FILE *file, const char *label, const char *const *heads, int count)
{
    fputs("<div class=scroll tabindex=0 role=region aria-label=\"", file);
    tri_html_text(file, label);
    fputs("\"><table><thead><tr>", file);
    for (int i = 0; i < count; i++)
        tri_html_say(file, "th scope=col", "%s", heads[i]);
    fputs("</tr></thead><tbody>\n", file);
}

void tri_html_table_end(FILE *file)
{
    fputs("</tbody></table></div>", file);
}

void tri_table_begin(FILE *file, const char *summary, const char *const *heads, int count)
{
    fputs("<details><summary>", file);
    tri_html_text(file, summary);
    fputs("</summary>", file);
    tri_html_table_begin(file, summary, heads, count);
}

void tri_table_end(FILE *file)
{
    tri_html_table_end(file);
    fputs("</details>\n", file);
}

void tri_row_begin(FILE *file)
{
    fputs("<tr>", file);
}

void tri_row_end(FILE *file)
{
    fputs("</tr>\n", file);
}

void tri_cell_name(FILE *file, int colour, const char *format, ...)
{
    va_list arguments;

    fputs("<th scope=row>", file);
    if (colour >= 0)
        fprintf(file, "<i class=\"dot k%d\"></i>", colour);
    va_start(arguments, format);
    put_formatted(file, format, arguments);
    va_end(arguments);
    fputs("</th>", file);
}

void tri_cell_text(FILE *file, const char *format, ...)
{
    va_list arguments;

    fputs("<td class=t>", file);
    va_start(arguments, format);
    put_formatted(file, format, arguments);
    va_end(arguments);
    fputs("</td>", file);
}

void tri_cell_number(FILE *file, const char *key, double value, struct tri_words text)
{
    if (!isfinite(value)) {
        fputs("<td>\xE2\x80\x93</td>", file);
        return;
    }
    fprintf(file, "<td data-%s=%.9g>", key, value);
    tri_html_text(file, text.text);
    fputs("</td>", file);
}
