/* section_timeline.c -- one run of each backend: who did what when. */
#include "report/page_parts.h"

/* The share of the time in which a lane works, over all lanes. */
static double busy_share(const struct tri_page_timeline *timeline)
{
    const int lanes = tri_chart_lane_count(timeline->spans, timeline->count);
    int64_t end = 0, busy = 0;

    for (int i = 0; i < timeline->count; i++) {
        const struct tri_span *span = &timeline->spans[i];
        end = span->end > end ? span->end : end;
        busy += span->kind != TRI_SPAN_WAIT ? span->end - span->begin : 0;
    }
    return end > 0 && lanes > 0 ? (double)busy / ((double)end * lanes) : 0;
}

static void put_table(FILE *file, const struct tri_page_timeline *timeline)
{
    static const char *const heads[] = {"lane", "what", "begin", "time"};

    tri_table_begin(file, "Spans as a table", heads, 4);
    for (int i = 0; i < timeline->count; i++) {
        const struct tri_span *span = &timeline->spans[i];
        tri_row_begin(file);
        tri_cell_name(file, -1, "%s", span->lane);
        tri_cell_text(file, "%s", span->label);
        tri_cell_number(file, "begin", (double)span->begin, tri_words_time((double)span->begin));
        tri_cell_number(file, "time", (double)(span->end - span->begin),
                        tri_words_time((double)(span->end - span->begin)));
        tri_row_end(file);
    }
    tri_table_end(file);
}

void tri_section_timeline(struct tri_writer *writer)
{
    const struct tri_page *page = writer->page;
    char title[TRI_TITLE];

    if (page->timeline_count == 0)
        return;
    fputs("<section id=timeline><h2>One run, in time</h2><div class=charts>\n", writer->file);
    for (int i = 0; i < page->timeline_count; i++) {
        const struct tri_page_timeline *timeline = &page->timelines[i];
        const int colour = tri_page_colour(page, timeline->info);
        const double busy = busy_share(timeline);

        snprintf(title, sizeof title, "The lanes of %s are busy %s of a run",
                 tri_page_name(timeline->info).text, tri_words_share(busy).text);
        tri_figure_begin(writer->file, tri_page_id("run", i).text, title,
                         "The last of four runs on a generated picture of the same size. Full: "
                         "computing; pale: a "
                         "transfer; outlined: waiting.");
        tri_chart_lanes(writer->file, title, timeline->spans, timeline->count, colour);
        put_table(writer->file, timeline);
        tri_figure_end(writer->file);
    }
    fputs("</div></section>\n", writer->file);
}
