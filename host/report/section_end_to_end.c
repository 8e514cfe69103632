/* section_end_to_end.c -- where the time goes from file to file. */
#include "report/page_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the total that no phase has: opening and closing files, passing work on. */
static double rest_of(const struct tri_end_to_end_row *row)
{
    double rest = (double)row->total.median;

    for (int i = 0; i < TRI_PHASES; i++)
        rest -= (double)row->phases[i].median;
    return fmax(rest, 0);
}

static bool has_figures(const struct tri_end_to_end_row *row)
{
    return row->listed && row->verified && row->total.count > 0;
}

static const struct tri_end_to_end_row *fastest(const struct tri_end_to_end_case *figures)
{
    const struct tri_end_to_end_row *best = NULL;

    for (int i = 0; i < figures->row_count; i++)
        if (has_figures(&figures->rows[i]) &&
            (best == NULL || figures->rows[i].total.median < best->total.median))
            best = &figures->rows[i];
    return best;
}

static struct tri_stack stack_of(const struct tri_page *page, const struct tri_end_to_end_row *row)
{
    struct tri_stack stack = {.colour = tri_page_colour(page, row->info)};
    const struct tri_words name = tri_page_name(row->info);

    snprintf(stack.name, sizeof stack.name, "%s", name.text);
    snprintf(stack.words, sizeof stack.words, "%.40s",
             tri_words_time((double)row->total.median).text);
    for (int i = 0; i < TRI_PHASES; i++) {
        stack.parts[i] = (double)row->phases[i].median;
        snprintf(stack.titles[i], sizeof stack.titles[i], "%.60s: %s %.20s", name.text,
                 tri_phase_names[i], tri_words_time(stack.parts[i]).text);
    }
    stack.parts[TRI_PHASES] = rest_of(row);
    snprintf(stack.titles[TRI_PHASES], sizeof stack.titles[TRI_PHASES], "%.60s: the rest %.20s",
             name.text, tri_words_time(rest_of(row)).text);
    return stack;
}

static void put_phases(FILE *file)
{
    fputs("<p class=legend>", file);
    for (int i = 0; i < TRI_PHASES; i++) {
        fprintf(file, "<span><i class=\"sw p%d\"></i>", i);
        tri_html_text(file, tri_phase_names[i]);
        fputs("</span> ", file);
    }
    fprintf(file, "<span><i class=\"sw p%d\"></i>the rest</span></p>\n", TRI_PHASES);
}

static void put_table(const struct tri_writer *writer, const struct tri_end_to_end_case *figures)
{
    const char *heads[TRI_PHASES + 3] = {"row"};

    for (int i = 0; i < TRI_PHASES; i++)
        heads[i + 1] = tri_phase_names[i];
    heads[TRI_PHASES + 1] = "one file";
    heads[TRI_PHASES + 2] = "each of many";
    tri_table_begin(writer->file, "Times as a table", heads, TRI_PHASES + 3);
    for (int i = 0; i < figures->row_count; i++) {
        const struct tri_end_to_end_row *row = &figures->rows[i];
        if (!has_figures(row))
            continue;
        tri_row_begin(writer->file);
        tri_cell_name(writer->file, tri_page_colour(writer->page, row->info), "%s",
                      tri_page_name(row->info).text);
        for (int k = 0; k < TRI_PHASES; k++)
            tri_cell_number(writer->file, tri_phase_names[k], (double)row->phases[k].median,
                            tri_words_time((double)row->phases[k].median));
        tri_cell_number(writer->file, "total", (double)row->total.median,
                        tri_words_time((double)row->total.median));
        tri_cell_number(writer->file, "each", (double)row->each_of_many.median,
                        tri_words_time((double)row->each_of_many.median));
        tri_row_end(writer->file);
    }
    tri_table_end(writer->file);
}

static void put_figure(struct tri_writer *writer, const struct tri_end_to_end_case *figures,
                       const struct tri_end_to_end_row *best)
{
    static const char *const words[TRI_PHASES] = {"decoding", "the upload", "the kernel",
                                                  "the download", "encoding"};
    struct tri_stack *stacks = calloc((size_t)figures->row_count, sizeof *stacks);
    char title[TRI_TITLE];
    int count = 0;

    for (int i = 0; i < figures->row_count && stacks != NULL; i++)
        if (has_figures(&figures->rows[i]))
            stacks[count++] = stack_of(writer->page, &figures->rows[i]);
    snprintf(
        title, sizeof title, "From file to file, %s takes %s of the time of %s", words[best->limit],
        tri_words_share((double)best->phases[best->limit].median / (double)best->total.median).text,
        best->info->name);
    tri_figure_begin(writer->file, "end-to-end", title,
                     "Medians of one file alone, read and written in the same format from the page "
                     "cache; the kernel has the backend's colour.");
    put_phases(writer->file);
    if (stacks != NULL)
        tri_chart_stacks(writer->file, title, stacks, count, TRI_PHASES + 1, tri_words_time);
    put_table(writer, figures);
    tri_figure_end(writer->file);
    free(stacks);
}

void tri_section_end_to_end(struct tri_writer *writer)
{
    const struct tri_end_to_end_case *figures = writer->page->end_to_end;
    const struct tri_end_to_end_row *best = figures != NULL ? fastest(figures) : NULL;

    if (best != NULL)
        put_figure(writer, figures, best);
}
