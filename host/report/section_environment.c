/* section_environment.c -- the machine and the program that measured. */
#include "report/page_parts.h"

#include <string.h>

static void put(FILE *file, const char *what, const char *value)
{
    tri_html_say(file, "dt", "%s", what);
    tri_html_say(file, "dd", "%s", value[0] ? value : "unknown");
}

static void put_device(FILE *file, const struct tri_device_info *device)
{
    char what[80], value[2400];

    snprintf(what, sizeof what, "opencl:%.60s", device->id);
    snprintf(value, sizeof value, "%s, %s, %d compute units, %s; %s; driver %s%s%s", device->name,
             device->type, device->compute_units, tri_words_bytes((double)device->memory).text,
             device->platform, device->driver,
             device->usable ? "" : "; unusable: ", device->usable ? "" : device->reason);
    put(file, what, value);
}

void tri_section_environment(struct tri_writer *writer)
{
    const struct tri_environment *environment = writer->page->report->environment;
    FILE *file = writer->file;
    char text[300];

    fputs("<section id=environment><h2>The machine</h2><dl class=facts>\n", file);
    put(file, "CPU", environment->cpu);
    snprintf(text, sizeof text, "%d available to the run, %d in the machine", environment->cores,
             environment->cores_online);
    put(file, "cores", text);
    put(file, "instruction sets", environment->isas);
    snprintf(text, sizeof text, "%.2f in the minute before", environment->load);
    put(file, "load", environment->load < 0 ? "" : text);
    put(file, "system", environment->kernel);
    put(file, "compiler", environment->compiler);
    snprintf(text, sizeof text, "%s, commit %s", TRI_VERSION, environment->commit);
    put(file, "triptych", text);
    for (int i = 0; i < environment->device_count; i++)
        put_device(file, &environment->devices[i]);
    if (writer->page->command != NULL)
        put(file, "command", writer->page->command);
    fputs("</dl></section>\n", file);
}

/* ---- what the page does not show ---- */

static bool only_moves(const struct tri_page *page)
{
    for (int i = 0; i < page->report->count; i++)
        if (page->cases[i].operations.all != 0)
            return false;
    return true;
}

static void put_missing(FILE *file, const char *what, const char *why)
{
    if (why != NULL)
        tri_html_say(file, "li", "%s: %s", what, why);
}

void tri_section_missing(struct tri_writer *writer)
{
    const struct tri_page *page = writer->page;
    FILE *file = writer->file;

    fputs("<section id=missing><h2>What this page does not show</h2><ul class=laws>\n", file);
    if (page->sizes == NULL)
        put_missing(file, "sizes", page->sizes_missing);
    if (page->end_to_end == NULL)
        put_missing(file, "from file to file", page->end_to_end_missing);
    if (page->timeline_count == 0)
        put_missing(file, "a run in time", page->timeline_missing);
    if (only_moves(page))
        put_missing(file, "roofline", "only samples are moved; nothing is computed.");
    if (writer->detail > TRI_DETAIL_ALL)
        put_missing(file, "details", "the page would be larger than 400 kB.");
    put_missing(file, "other machines", "'triptych compare' sets results side by side.");
    fputs("</ul></section>\n", file);
}
