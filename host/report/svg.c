/* svg.c -- scales, text and marks of charts. */
#include "report/svg.h"

#include "measure/text_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- scales ---- */

static double position(const struct tri_scale *scale, double value)
{
    return scale->log ? log(value / scale->low) / log(scale->high / scale->low)
                      : (value - scale->low) / (scale->high - scale->low);
}

double tri_scale_place(const struct tri_scale *scale, double value)
{
    if (scale->log && value <= 0)
        return scale->from;
    return scale->from + fmin(fmax(position(scale, value), 0), 1) * (scale->to - scale->from);
}

/* The largest of 1, 2, 5, 10, 20, ... that is at most `value`, or the smallest that is at least. */
static double round_step(double value, bool up)
{
    const double power = pow(10, floor(log10(value))), rest = value / power * (1 + 1e-9);

    if (!up)
        return power * (rest >= 5 ? 5 : rest >= 2 ? 2 : 1);
    const double least = value / power * (1 - 1e-9);
    return power * (least <= 1 ? 1 : least <= 2 ? 2 : least <= 5 ? 5 : 10);
}

static int linear_ticks(const struct tri_scale *scale, double gap, double ticks[32])
{
    const double per_unit = (scale->high - scale->low) / fabs(scale->to - scale->from);
    const double step = round_step(gap * per_unit, true);
    int count = 0;

    for (double v = ceil(scale->low / step - 1e-9) * step;
         v <= scale->high + step * 1e-9 && count < 32; v += step)
        ticks[count++] = fabs(v) < step * 1e-9 ? 0 : v;
    return count;
}

/* 1, 2, 5 of each power where there is room, else powers only, else every second or third one. */
static int log_ticks(const struct tri_scale *scale, double gap, double ticks[32])
{
    const double decade = fabs(scale->to - scale->from) / log10(scale->high / scale->low);
    const int skip = decade >= gap ? 1 : (int)ceil(gap / decade);
    const bool fine = decade * log10(2) >= gap * 0.95;
    const double digits[] = {1, 2, 5};
    int count = 0;

    for (int power = (int)floor(log10(scale->low)); power <= (int)ceil(log10(scale->high)); power++)
        for (int i = 0; i < (fine ? 3 : 1); i++) {
            const double value = digits[i] * pow(10, power);
            if (value >= scale->low * (1 - 1e-9) && value <= scale->high * (1 + 1e-9) &&
                (fine || power % skip == 0) && count < 32)
                ticks[count++] = value;
        }
    return count;
}

static int two_ticks(const struct tri_scale *scale, double gap, double ticks[32])
{
    const double octave = fabs(scale->to - scale->from) / log2(scale->high / scale->low);
    const int skip = octave >= gap ? 1 : (int)ceil(gap / octave);
    int count = 0;

    for (int power = (int)ceil(log2(scale->low) - 1e-9); power <= log2(scale->high) + 1e-9; power++)
        if (power % skip == 0 && count < 32)
            ticks[count++] = pow(2, power);
    return count;
}

int tri_scale_ticks(const struct tri_scale *scale, double gap, double ticks[32])
{
    if (scale->log && scale->twos)
        return two_ticks(scale, gap, ticks);
    return scale->log ? log_ticks(scale, gap, ticks) : linear_ticks(scale, gap, ticks);
}

void tri_scale_round(struct tri_scale *scale)
{
    if (scale->log) {
        scale->low = round_step(scale->low, false);
        scale->high = round_step(scale->high, true);
        if (scale->high <= scale->low)
            scale->high = scale->low * 10;
        return;
    }
    const double step = round_step((scale->high - scale->low) / 4, false);
    scale->high = ceil(scale->high / step - 1e-9) * step;
}

/* ---- parts ---- */

void tri_svg_begin(FILE *file, double height, const char *label)
{
    fprintf(file, "<svg viewBox=\"0 0 %d %.0f\" role=\"img\" tabindex=\"0\" aria-label=\"",
            TRI_SVG_WIDTH, height);
    tri_html_text(file, label);
    fputs("\">\n", file);
}

void tri_svg_end(FILE *file)
{
    fputs("</svg>\n", file);
}

void tri_svg_text(FILE *file, double x, double y, const char *classes, const char *text)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, classes);
    tri_html_text(file, text);
    fputs("</text>\n", file);
}

void tri_svg_line(FILE *file, double x1, double y1, double x2, double y2, const char *classes)
{
    fprintf(file, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", classes, x1, y1, x2, y2);
}

void tri_svg_rule(FILE *file, double x, const struct tri_svg_rows *rows, const char *classes)
{
    const int length = rows->thick + 5;

    fprintf(file, "<path class=%s d=\"M%.1f %dv%d", classes, x, rows->first - 2, length);
    for (int i = 1; i < rows->count; i++)
        fprintf(file, "m0 %dv%d", rows->height - length, length);
    fputs("\"/>\n", file);
}

void tri_svg_mark(FILE *file, const char *classes, int colour, const char *format, ...)
{
    va_list arguments;
    char text[400];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(file, "<g class=\"m %s k%d\">", classes, colour);
    tri_html_say(file, "title", "%s", text);
}

void tri_svg_mark_end(FILE *file)
{
    fputs("</g>\n", file);
}

/* Fonts differ; wide ones have 0.65 of their size a character. */
static const double wide = 0.65;

static int characters(const char *text)
{
    return tri_text_width(text, strlen(text));
}

double tri_svg_measure(const char *text, double size)
{
    return characters(text) * size * wide;
}

void tri_svg_fit(char *text, double units, double size)
{
    const int most = units < size * wide ? 1 : (int)(units / (size * wide));
    char *at = text;

    if (characters(text) <= most)
        return;
    for (int i = 0; *at; at++)
        if ((*at & 0xC0) != 0x80 && i++ == most - 1)
            break;
    while (at > text && strlen(at) < 3) /* the ellipsis has three bytes */
        do
            at--;
        while (at > text && (*at & 0xC0) == 0x80);
    if (strlen(at) >= 3)
        memcpy(at, "\xE2\x80\xA6", 4);
}

void tri_svg_tick(FILE *file, double x, double y, struct tri_words words)
{
    const double half = tri_svg_measure(words.text, 12) / 2;

    if (x - half < 0)
        tri_svg_text(file, 0, y, "tick", words.text);
    else if (x + half > TRI_SVG_WIDTH)
        tri_svg_text(file, TRI_SVG_WIDTH, y, "tick end", words.text);
    else
        tri_svg_text(file, x, y, "tick mid", words.text);
}

void tri_svg_legend(FILE *file, const char *const names[TRI_COLOURS])
{
    fputs("<p class=legend>", file);
    for (int i = 0; i < TRI_COLOURS; i++)
        if (names[i] != NULL) {
            fprintf(file, "<span><i class=\"dot k%d\"></i>", i);
            tri_html_text(file, names[i]);
            fputs("</span> ", file);
        }
    fputs("</p>\n", file);
}
