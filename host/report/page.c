/* page.c -- puts the sections of a report together. */
#include "report/page_frame.h"
#include "report/page_parts.h"

/* ---- the page ---- */

static void put_results(struct tri_writer *writer)
{
    if (writer->page->report->count > 0 && writer->detail < TRI_DETAIL_NO_FILE)
        tri_page_attach(writer->file, tri_report_json(writer->page->report), "results.json.gz",
                        "All results, with every sample, as JSON");
}

static void put_contents(struct tri_writer *writer)
{
    const struct tri_report *report = writer->page->report;

    fputs("<nav aria-label=contents><ul>\n", writer->file);
    if (report->count > 1)
        fputs("<li><a href=#summary>All measurements</a></li>\n", writer->file);
    for (int i = 0; i < report->count && writer->detail < TRI_DETAIL_SUMMARY; i++) {
        fprintf(writer->file, "<li><a href=\"#%s\">", tri_page_id("case", i).text);
        tri_html_text(writer->file, report->cases[i].pipeline);
        fprintf(writer->file, " %dx%d</a></li>\n", report->cases[i].in.width,
                report->cases[i].in.height);
    }
    if (writer->page->timeline_count > 0)
        fputs("<li><a href=#timeline>One run, in time</a></li>\n", writer->file);
    fputs("<li><a href=#samples>Every sample</a></li>\n"
          "<li><a href=#environment>The machine</a></li>\n</ul></nav>\n",
          writer->file);
}

static void put_samples(struct tri_writer *writer)
{
    fputs("<section id=samples><h2>Every sample</h2><div class=runs>\n", writer->file);
    for (int i = 0; i < writer->page->report->count && writer->detail < TRI_DETAIL_FILE; i++)
        tri_section_samples(writer, i);
    if (writer->detail >= TRI_DETAIL_FILE)
        tri_html_say(writer->file, "p class=note", "The samples would make this page too large%s.",
                     writer->detail < TRI_DETAIL_NO_FILE
                         ? "; they are in this file"
                         : ", and so would the file of results; --json writes it");
    fputs("</div>\n", writer->file);
    put_results(writer);
    fputs("</section>\n", writer->file);
}

static void put_body(struct tri_writer *writer)
{
    const int count = writer->page->report->count;

    tri_section_head(writer);
    if (count > 1) {
        put_contents(writer);
        tri_section_summary(writer);
    }
    for (int i = 0; i < count && (count == 1 || writer->detail < TRI_DETAIL_SUMMARY); i++)
        tri_section_case(writer, i);
    tri_section_timeline(writer);
    put_samples(writer);
    tri_section_environment(writer);
    tri_section_missing(writer);
}

static void put_page(FILE *file, const void *subject, int detail)
{
    struct tri_writer writer = {.file = file, .page = subject, .detail = (enum tri_detail)detail};
    char result[TRI_TITLE];

    tri_page_result(writer.page, result, sizeof result);
    tri_page_begin(file, result);
    put_body(&writer);
    tri_page_end(file);
}

enum tri_status tri_page_make(const struct tri_page *page, char **text, size_t *size,
                              struct tri_error *error)
{
    return tri_page_fit(&(struct tri_page_maker){put_page, page, TRI_DETAIL_SUMMARY}, text, size,
                        error);
}

enum tri_status tri_page_write(const char *path, const struct tri_page *page,
                               struct tri_error *error)
{
    return tri_page_save(path, &(struct tri_page_maker){put_page, page, TRI_DETAIL_SUMMARY}, error);
}
