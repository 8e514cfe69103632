/* chart_heat.c -- rows of many files as cells whose colours are ratios. */
#include "report/compare_parts.h"

#include <math.h>
#include <string.h>

enum { LEFT = 4, RIGHT = 396, TOP = 18, BASELINE = 12, CELLS = 17, CELL = 15, ROW = 40, TEXT = 13 };
static const double numbers_from = 31; /* cells of this width have their ratios */

static const double steps[] = {1.1, 1.5, 3}; /* factors where the next colour begins */

const char *tri_heat_class(const struct tri_comparison_row *row, int file)
{
    static const char *const names[2][4] = {{"s1", "s2", "s3", "s4"}, {"f1", "f2", "f3", "f4"}};
    const struct tri_compared *own = &row->files[file];
    int level = 0;

    if (own->row == NULL)
        return "";
    if (file == row->base)
        return "b";
    if (!own->certain)
        return "u";
    const double ratio = own->interval.ratio, factor = fmax(ratio, 1 / ratio);
    while (level < 3 && factor >= steps[level])
        level++;
    return names[ratio > 1][level];
}

void tri_heat_legend(FILE *file)
{
    static const char *const levels[][2] = {{"s4", "slower: over 3\xC3\x97"},
                                            {"s3", "1.5 to 3\xC3\x97"},
                                            {"s2", "1.1 to 1.5\xC3\x97"},
                                            {"s1", "less"},
                                            {"u", "cannot be told"},
                                            {"f1", "faster: below 1.1\xC3\x97"},
                                            {"f2", "to 1.5\xC3\x97"},
                                            {"f3", "to 3\xC3\x97"},
                                            {"f4", "more"}};

    fputs("<p class=\"legend heat\">", file);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        fprintf(file, "<span><i class=\"sw %s\"></i>%s</span> ", levels[i][0], levels[i][1]);
    fputs("</p>\n", file);
}

static double place(int file, int files)
{
    return LEFT + (double)(RIGHT - LEFT) * file / files;
}

/* The numbers of files, as many as there is room for. */
static void put_numbers(FILE *file, int files, double y)
{
    const double width = place(1, files) - LEFT;
    const int most = (int)ceil(22 / width), step = most <= 1   ? 1
                                                   : most <= 2 ? 2
                                                   : most <= 5 ? 5
                                                               : 10;
    char number[16];

    for (int i = 0; i < files; i++)
        if ((i + 1) % step == 0 || i == 0) {
            snprintf(number, sizeof number, "%d", i + 1);
            tri_svg_text(file, place(i, files) + width / 2, y, "tick mid", number);
        }
}

static const char *const colours[] = {"s4", "s3", "s2", "s1", "u", "f1", "f2", "f3", "f4"};

/* All cells of one colour are one path. */
static void put_cells(FILE *file, const struct tri_heat_row *heat, const char *colour, int files,
                      double y)
{
    const double width = place(1, files) - LEFT, gap = width > 6 ? 1 : 0.4;
    bool any = false;

    for (int i = 0; i < files; i++) {
        if (strcmp(tri_heat_class(heat->row, i), colour) != 0)
            continue;
        if (!any)
            fprintf(file, "<path class=\"cell %s\" d=\"", colour);
        fprintf(file, "M%.1f %.0fh%.1fv%dh-%.1fz", place(i, files) + gap / 2, y, width - gap, CELL,
                width - gap);
        any = true;
    }
    if (any)
        fputs("\"/>", file);
}

static void put_base(FILE *file, const struct tri_heat_row *heat, int files, double y)
{
    const double width = place(1, files) - LEFT, gap = width > 6 ? 1 : 0.4;

    fprintf(file, "<rect class=\"cell b\" x=%.1f y=%.1f width=%.1f height=%d />",
            place(heat->row->base, files) + gap, y + 0.5, width - 2 * gap, CELL - 1);
}

static void put_texts(FILE *file, const struct tri_heat_row *heat, int files, double y)
{
    const double width = place(1, files) - LEFT;

    for (int i = 0; i < files && width >= numbers_from; i++) {
        const struct tri_compared *own = &heat->row->files[i];
        if (own->row != NULL && i != heat->row->base)
            tri_svg_text(file, place(i, files) + width / 2, y + 11.5, "mid",
                         tri_words_digits(own->interval.ratio).text);
    }
}

static void put_row(FILE *file, const struct tri_heat_row *heat, int files, double y)
{
    char name[sizeof heat->name];

    snprintf(name, sizeof name, "%s", heat->name);
    tri_svg_fit(name, RIGHT - LEFT - tri_svg_measure(heat->words, TEXT) - 14, TEXT);
    tri_svg_text(file, LEFT, y + BASELINE, "name", name);
    tri_svg_text(file, RIGHT, y + BASELINE, "value end", heat->words);
    tri_svg_mark(file, "", 0, "%s", heat->title);
    put_base(file, heat, files, y + CELLS);
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        put_cells(file, heat, colours[i], files, y + CELLS);
    put_texts(file, heat, files, y + CELLS);
    tri_svg_mark_end(file);
}

void tri_chart_heat(FILE *file, const char *label, const struct tri_heat_row *rows, int count,
                    int files)
{
    tri_svg_begin(file, TOP + count * ROW + 26, label);
    put_numbers(file, files, 10);
    for (int i = 0; i < count; i++)
        put_row(file, &rows[i], files, TOP + i * ROW);
    put_numbers(file, files, TOP + count * ROW + 8);
    tri_svg_text(file, LEFT, TOP + count * ROW + 24, "axis", "numbers of files");
    tri_svg_end(file);
}
