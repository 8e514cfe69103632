/* compare_page.c -- puts the sections of a comparison's page together. */
#include "report/compare_parts.h"

#include <stdlib.h>
#include <string.h>

/* What sections need; they read `names` only. */
struct subject {
    const struct tri_compare_page *page;
    const struct tri_file_name *names;
};

static void put_contents(const struct tri_compare_writer *writer)
{
    fputs("<nav aria-label=contents><ul>\n<li><a href=#machines>Machines</a></li>\n"
          "<li><a href=#rows>Rows</a></li>\n<li><a href=#differs>Environments</a></li>\n"
          "<li><a href=#left>Work without a counterpart</a></li>\n"
          "<li><a href=#files>Files</a></li>\n</ul></nav>\n",
          writer->file);
}

static void put_page(FILE *file, const void *argument, int detail)
{
    const struct subject *subject = argument;
    struct tri_compare_writer writer = {.file = file,
                                        .page = subject->page,
                                        .comparison = subject->page->comparison,
                                        .names = subject->names,
                                        .detail = detail};
    char result[TRI_TITLE];

    tri_compared_result(&writer, result, sizeof result);
    tri_page_begin(file, result);
    tri_compared_head(&writer);
    put_contents(&writer);
    fputs("<section><h2>Speed</h2><div class=\"charts two\">\n", file);
    tri_compared_machines(&writer);
    tri_compared_rows(&writer);
    fputs("</div>\n", file);
    tri_compared_table(&writer);
    fputs("</section>\n", file);
    tri_compared_verdict(&writer);
    tri_compared_differs(&writer);
    tri_compared_left(&writer);
    tri_compared_files(&writer);
    if (detail < TRI_COMPARED_NO_FILE)
        tri_page_attach(file, tri_comparison_json(writer.comparison), "comparison.json.gz",
                        "The whole comparison as JSON");
    fputs("</section>\n", file);
    tri_page_end(file);
}

static enum tri_status begin(const struct tri_compare_page *page, struct subject *subject,
                             struct tri_error *error)
{
    *subject = (struct subject){page, tri_file_names(page->comparison)};
    return subject->names != NULL ? TRI_OK
                                  : tri_fail(error, TRI_FAILED, "out of memory for the report");
}

enum tri_status tri_compare_page_make(const struct tri_compare_page *page, char **text,
                                      size_t *size, struct tri_error *error)
{
    struct subject subject;
    enum tri_status status = begin(page, &subject, error);

    if (status == TRI_OK)
        status = tri_page_fit(&(struct tri_page_maker){put_page, &subject, TRI_COMPARED_LAST}, text,
                              size, error);
    free((void *)(uintptr_t)subject.names);
    return status;
}

enum tri_status tri_compare_page_write(const char *path, const struct tri_compare_page *page,
                                       struct tri_error *error)
{
    struct subject subject;
    enum tri_status status = begin(page, &subject, error);

    if (status == TRI_OK)
        status = tri_page_save(
            path, &(struct tri_page_maker){put_page, &subject, TRI_COMPARED_LAST}, error);
    free((void *)(uintptr_t)subject.names);
    return status;
}

/* ---- the chart as a file ---- */

/* Of the width of a page's column; text that can be read at that. */
static const char own_style[] = "svg { width: 640px; margin: 0; background: var(--paper); }\n"
                                "svg text { font-size: 11.5px; } "
                                "svg .tick, svg .axis { font-size: 10.5px; }\n";

enum tri_status tri_comparison_svg(FILE *file, const struct tri_comparison *comparison,
                                   struct tri_error *error)
{
    struct tri_file_name *names = tri_file_names(comparison);
    char *text = NULL;
    size_t size;
    FILE *memory = names != NULL ? open_memstream(&text, &size) : NULL;

    if (memory != NULL) {
        tri_compared_machines_chart(
            &(struct tri_compare_writer){.file = memory, .comparison = comparison, .names = names});
        fclose(memory);
    }
    free(names);
    const char *end = text != NULL ? strchr(text, '\n') : NULL; /* of the element's start */
    if (end == NULL) {
        free(text);
        return tri_fail(error, TRI_FAILED, "out of memory for the chart");
    }
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\"%.*s\n<style>\n%s%s</style>%s",
            (int)(end - text - 4), text + 4, tri_chart_css, own_style, end);
    free(text);
    return TRI_OK;
}
