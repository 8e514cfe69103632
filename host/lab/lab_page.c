/* lab_page.c -- experiments as one HTML page: what each claims, the rows, what ran, what follows.
 */
#include "lab/lab_page.h"
#include "report/html.h"
#include "report/page_frame.h"
#include "report/svg.h"
#include "report/timeline_chart.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* What is left out, one thing after another, of a page that is too large. */
enum detail { ALL, NO_FILE, NO_TABLES, NO_TIMELINES };

static int count_findings(const struct tri_lab_page *page, enum tri_lab_verdict verdict)
{
    int count = 0;

    for (int i = 0; i < page->count; i++)
        for (int f = 0; f < page->runs[i]->finding_count; f++)
            count += page->runs[i]->findings[f].verdict == verdict;
    return count;
}

/* ---- the top ---- */

static void title_of(const struct tri_lab_page *page, char *title, size_t size)
{
    if (page->count == 1)
        snprintf(title, size, "%s", page->runs[0]->experiment->claim);
    else
        snprintf(title, size, "Concurrency and parallelism on %s", page->environment->cpu);
}

static void put_number(FILE *file, int number, const char *what)
{
    char text[16];

    snprintf(text, sizeof text, "%d", number);
    tri_html_number(file, text, what);
}

static void put_head(FILE *file, const struct tri_lab_page *page, const char *title)
{
    const struct tri_environment *machine = page->environment;

    fputs("<header>", file);
    tri_html_say(file, "p class=over", "triptych lab, %.10s %.5s UTC", machine->date,
                 machine->date + 11);
    tri_html_say(file, "h1", "%s", title);
    tri_html_say(file, "p class=lead",
                 "Measured on %s with %d cores, by triptych %s (%s), %s. Rows of an experiment "
                 "took turns; a finding rests on this run's samples alone, with 95 %% intervals.",
                 machine->cpu, machine->cores, tri_version(), machine->commit, machine->kernel);
    fputs("<div class=opening><dl class=numbers>", file);
    put_number(file, page->count, page->count == 1 ? "experiment" : "experiments");
    put_number(file, count_findings(page, TRI_LAB_SHOWN), "findings that the samples show");
    put_number(file, count_findings(page, TRI_LAB_REFUTED), "that they refute");
    put_number(file, count_findings(page, TRI_LAB_UNCLEAR), "that cannot be told here");
    fputs("</dl></div></header>\n", file);
}

static void put_contents(FILE *file, const struct tri_lab_page *page)
{
    if (page->count < 2)
        return;
    fputs("<nav aria-label=contents><ul>\n", file);
    for (int i = 0; i < page->count; i++) {
        fprintf(file, "<li><a href=#e%d>", i);
        tri_html_text(file, page->runs[i]->experiment->name);
        fputs("</a></li>\n", file);
    }
    fputs("</ul></nav>\n", file);
}

/* ---- rows ---- */

static struct tri_interval speed_of(const struct tri_lab_run *run, const struct tri_lab_row *row)
{
    return tri_lab_faster(row, &run->rows[row->base]);
}

static struct tri_bar bar_of(const struct tri_lab_run *run, const struct tri_lab_row *row)
{
    const bool base = row == &run->rows[row->base];
    const struct tri_interval speed = speed_of(run, row);
    struct tri_bar bar = {.colour = base ? 1 : 0,
                          .value = base ? 1 : speed.ratio,
                          .low = base ? (double)NAN : speed.low,
                          .high = base ? (double)NAN : speed.high};
    const struct tri_words time = tri_words_time((double)row->time.median);

    snprintf(bar.name, sizeof bar.name, "%s", row->name);
    snprintf(bar.words, sizeof bar.words, "%.20s, %.20s", time.text,
             tri_words_times(bar.value).text);
    if (base)
        snprintf(bar.words, sizeof bar.words, "%.40s", time.text);
    snprintf(bar.title, sizeof bar.title, "%.63s: %.20s, %s times as fast as %.63s", row->name,
             time.text, tri_lab_words(&speed).text, run->rows[row->base].name);
    return bar;
}

static void put_figures(FILE *file, const struct tri_lab_row *row)
{
    char text[200] = "";
    size_t length = 0;

    if (row->unit != NULL)
        snprintf(text, sizeof text, "%.*g %s", row->value >= 1e5 ? 9 : 3, row->value, row->unit);
    for (int i = 0; i < row->figure_count && (length = strlen(text)) < sizeof text - 1; i++)
        snprintf(text + length, sizeof text - length, "%s%s %s", length > 0 ? ", " : "",
                 tri_lab_number(row->figures[i].value.ratio).text, row->figures[i].unit);
    tri_cell_text(file, "%s", text[0] != '\0' ? text : "\xE2\x80\x93");
}

static void put_row(FILE *file, const struct tri_lab_run *run, const struct tri_lab_row *row)
{
    const struct tri_interval speed = speed_of(run, row);

    tri_row_begin(file);
    tri_cell_name(file, -1, "%s", row->name);
    if (row->skipped[0]) {
        fputs("<td class=t colspan=6>not run: ", file);
        tri_html_text(file, row->skipped);
        fputs("</td>", file);
        tri_row_end(file);
        return;
    }
    tri_cell_number(file, "workers", row->workers, tri_words_plain(row->workers));
    tri_cell_number(file, "median-ns", (double)row->time.median,
                    tri_words_time((double)row->time.median));
    tri_cell_number(file, "speed", speed.ratio, tri_words_times(speed.ratio));
    tri_cell_text(file, "%s", tri_words_range(speed.low, speed.high, tri_words_times).text);
    tri_cell_text(file, "%s", run->rows[row->base].name);
    put_figures(file, row);
    tri_row_end(file);
}

static void put_table(FILE *file, const struct tri_lab_run *run)
{
    static const char *const heads[] = {"row",         "workers", "median", "speed",
                                        "95 % within", "over",    "figure"};

    tri_table_begin(file, "Rows as a table", heads, 7);
    for (int i = 0; i < run->row_count; i++)
        put_row(file, run, &run->rows[i]);
    tri_table_end(file);
}

static bool spans_decades(const struct tri_bar *bars, int count)
{
    double least = (double)INFINITY, most = 0;

    for (int i = 0; i < count; i++) {
        least = fmin(least, bars[i].value);
        most = fmax(most, bars[i].value);
    }
    return most > 8 * least;
}

static void put_rows(FILE *file, const struct tri_lab_run *run, int number, int detail)
{
    struct tri_bar list[TRI_LAB_ROWS_MAX];
    struct tri_bars bars = {.label = "Speeds of the rows",
                            .axis = "times as fast as the row that it is compared with",
                            .list = list,
                            .words = tri_words_times,
                            .mark = 1};
    char id[32];

    for (int i = 0; i < run->row_count; i++)
        if (run->rows[i].count > 0)
            list[bars.count++] = bar_of(run, &run->rows[i]);
    bars.both = spans_decades(list, bars.count);
    snprintf(id, sizeof id, "rows%d", number);
    tri_figure_begin(
        file, id, "How fast each row is",
        "Medians, and how many times as fast each row is as the one that it is compared "
        "with: the last blue one above. Thin lines are 95 % intervals.");
    tri_chart_bars(file, &bars);
    if (detail < NO_TABLES)
        put_table(file, run);
    tri_figure_end(file);
}

/* ---- an experiment ---- */

static void put_lanes(FILE *file, const struct tri_timeline *timeline)
{
    static const char *const heads[] = {"lane", "busy", "waiting"};

    tri_table_begin(file, "Lanes as a table", heads, 3);
    for (int i = 0; i < timeline->lane_count; i++) {
        const struct tri_timeline_lane *lane = &timeline->lanes[i];
        tri_row_begin(file);
        tri_cell_name(file, -1, "%s%s%s", lane->device, lane->device[0] ? ": " : "", lane->name);
        tri_cell_number(file, "busy-ns", (double)lane->busy, tri_words_time((double)lane->busy));
        tri_cell_number(file, "waiting-ns", (double)lane->waiting,
                        tri_words_time((double)lane->waiting));
        tri_row_end(file);
    }
    tri_table_end(file);
}

static void put_timeline(FILE *file, const struct tri_lab_run *run, int number)
{
    char id[32], label[100];

    if (run->timeline == NULL || run->timeline->lane_count == 0) {
        tri_html_say(file, "p class=missing", "No timeline: the run was recorded with --trace.");
        return;
    }
    snprintf(id, sizeof id, "ran%d", number);
    snprintf(label, sizeof label, "Timeline of %s", run->experiment->name);
    tri_figure_begin(file, id, "What ran, and when",
                     "One run of each row, one after another, as recorded; a lane for each thread. "
                     "Pale: less than 60 % busy. Blank: waiting.");
    tri_chart_timeline(file, label, run->timeline);
    put_lanes(file, run->timeline);
    tri_figure_end(file);
}

static void put_cores(FILE *file, const struct tri_lab_run *run, int number)
{
    char id[32], label[100];

    if (run->by_core == NULL)
        return;
    if (run->by_core->lane_count == 0) {
        tri_html_say(file, "p class=missing", "The system does not tell which core ran what.");
        return;
    }
    snprintf(id, sizeof id, "cores%d", number);
    snprintf(label, sizeof label, "Timeline of the cores in %s", run->experiment->name);
    tri_figure_begin(file, id, "Which core ran what",
                     "The same with a lane for each core. A thread is seen on a core when what it "
                     "does begins or ends; it stays there until another one is seen.");
    tri_chart_timeline(file, label, run->by_core);
    put_lanes(file, run->by_core);
    tri_figure_end(file);
}

static void put_question(FILE *file, const struct tri_lab_run *run)
{
    const struct tri_lab_experiment *experiment = run->experiment;

    tri_html_say(file, "p class=lead", "%s", experiment->question);
    fputs("<details><summary>Answer</summary>\n", file);
    if (run->answer >= 0)
        tri_html_say(file, "p", "Measured: %s.", experiment->answers[run->answer]);
    else
        tri_html_say(file, "p", "This measurement cannot tell.");
    fputs("</details>\n", file);
}

static void put_findings(FILE *file, const struct tri_lab_run *run)
{
    fputs("<div class=why><h3>What this machine shows</h3><dl class=facts>\n", file);
    for (int i = 0; i < run->finding_count; i++) {
        tri_html_say(file, "dt", "%s", tri_lab_verdict_words[run->findings[i].verdict]);
        tri_html_say(file, "dd", "%s", run->findings[i].text);
    }
    if (tri_lab_was_busy(run)) {
        tri_html_say(file, "dt", "note");
        tri_html_say(file, "dd",
                     "Other programs used %.1f of %d cores meanwhile: differences may "
                     "be hidden.",
                     run->others, run->cores);
    }
    tri_html_say(file, "dt", "try next");
    tri_html_say(file, "dd", "%s", run->experiment->next);
    fputs("</dl></div>\n", file);
}

static void put_experiment(FILE *file, const struct tri_lab_run *run, int number, int detail)
{
    fprintf(file, "<section id=e%d>", number);
    tri_html_say(file, "h2", "%s", run->experiment->name);
    tri_html_say(file, "p", "%s", run->experiment->claim);
    tri_html_say(file, "p class=read", "%s", run->experiment->plan);
    put_question(file, run);
    fputs("<div class=\"charts two\">\n", file);
    put_rows(file, run, number, detail);
    if (detail < NO_TIMELINES) {
        put_timeline(file, run, number);
        put_cores(file, run, number);
    }
    fputs("</div>\n", file);
    put_findings(file, run);
    fputs("</section>\n", file);
}

/* ---- the whole ---- */

static void put_page(FILE *file, const void *subject, int detail)
{
    const struct tri_lab_page *page = subject;
    char title[TRI_TITLE];

    title_of(page, title, sizeof title);
    tri_page_begin(file, title);
    put_head(file, page, title);
    put_contents(file, page);
    for (int i = 0; i < page->count; i++)
        put_experiment(file, page->runs[i], i, detail);
    fputs("<section><h2>Files</h2>\n", file);
    if (detail < NO_FILE)
        tri_page_attach(file, json_incref(page->json), "lab.json.gz",
                        "All rows and samples as JSON");
    else
        tri_html_say(file, "p class=note",
                     "To keep the page small, it has no %s; --json writes all samples.",
                     detail < NO_TABLES      ? "samples"
                     : detail < NO_TIMELINES ? "samples and no tables of rows"
                                             : "samples, tables of rows and timelines");
    fputs("</section>\n", file);
    tri_page_end(file);
}

enum tri_status tri_lab_page_write(const char *path, const struct tri_lab_page *page,
                                   struct tri_error *error)
{
    const enum tri_status status =
        tri_page_save(path, &(struct tri_page_maker){put_page, page, NO_TIMELINES}, error);

    json_decref(page->json);
    return status;
}
