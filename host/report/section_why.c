/* section_why.c -- why the fastest backend is not faster: a sentence for each cause, with the
 * number that it rests on. */
#include "report/page_parts.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* How much a cause matters. The limits between them are a tenth and a third of the time. */
enum weight { UNKNOWN, NO_EFFECT, SOME, LARGE };

struct cause {
    const char *name;
    enum weight weight;
    struct tri_words number;
    char text[400];
};

struct why {
    const struct tri_page *page;
    const struct tri_page_case *shown;
    const struct tri_bench_case *figures;
    const struct tri_bench_row *best, *base, *threads, *device;
    const struct tri_end_to_end_row *file; /* the same backend, from file to file */
};

static enum weight weight_of(double share)
{
    return !isfinite(share) ? UNKNOWN : share >= 1.0 / 3 ? LARGE : share >= 0.1 ? SOME : NO_EFFECT;
}

static struct cause cause(const char *name, double share, struct tri_words number,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

static struct cause cause(const char *name, double share, struct tri_words number,
                          const char *format, ...)
{
    struct cause result = {.name = name, .weight = weight_of(share), .number = number};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(result.text, sizeof result.text, format, arguments);
    va_end(arguments);
    return result;
}

static const struct tri_words none = {"\xE2\x80\x93"};

static struct cause untold(const char *name, const char *why)
{
    return cause(name, (double)NAN, none, "Cannot be told: %s.", why);
}

/* ---- the causes ---- */

static struct cause decode(const struct why *why)
{
    const struct tri_end_to_end_row *row = why->file;

    if (row == NULL)
        return untold("decode", "files were not measured");
    const double codec = (double)(row->phases[TRI_DECODE].median + row->phases[TRI_ENCODE].median),
                 share = codec / (double)row->total.median;
    return cause(
        "decode", share, tri_words_share(share),
        "Decoding takes %s and encoding %s of the %s from file to file; a kernel that took no "
        "time would make it %s as fast.",
        tri_words_time((double)row->phases[TRI_DECODE].median).text,
        tri_words_time((double)row->phases[TRI_ENCODE].median).text,
        tri_words_time((double)row->total.median).text,
        tri_words_times((double)row->total.median /
                        fmax((double)(row->total.median - row->phases[TRI_KERNEL].median), 1))
            .text);
}

static struct cause transfer(const struct why *why)
{
    const struct tri_bench_row *row = why->device;

    if (row == NULL)
        return cause("transfer", 0, tri_words_share(0), "No device: nothing is transferred.");
    const double share =
        (double)(row->upload.median + row->download.median) / (double)row->total.median;
    return cause("transfer", share, tri_words_share(share),
                 "Of %s on %s, %s are the upload and %s the download.",
                 tri_words_time((double)row->total.median).text, row->info->name,
                 tri_words_time((double)row->upload.median).text,
                 tri_words_time((double)row->download.median).text);
}

/* What threads cost on the smallest picture, where there is nearly nothing to compute. */
static struct cause start(const struct why *why)
{
    const struct tri_sizes_case *sizes = why->page->sizes;
    int one = -1, many = -1;

    for (int i = 0; sizes != NULL && sizes->count > 0 && i < sizes->line_count; i++) {
        one = tri_is_sequential(sizes->lines[i].info) ? i : one;
        many = why->threads != NULL && sizes->lines[i].info == why->threads->info ? i : many;
    }
    if (one < 0 || many < 0)
        return untold("start", "no sizes were measured with threads");
    const double alone = (double)sizes->lines[one].points[0].median,
                 together = (double)sizes->lines[many].points[0].median,
                 extra = fmax(together - alone / why->threads->info->workers, 0),
                 share = extra / (double)why->threads->total.median;
    return cause("start", share, tri_words_time(extra),
                 "A %d \xC3\x97 %d picture takes %s with %s and %s sequentially, so starting and "
                 "joining workers costs about %s, %s of a run here.",
                 sizes->shapes[0].width, sizes->shapes[0].height, tri_words_time(together).text,
                 why->threads->info->name, tri_words_time(alone).text, tri_words_time(extra).text,
                 tri_words_share(share).text);
}

static struct cause launch(const struct why *why)
{
    const struct tri_bench_row *row = why->device;

    if (row == NULL)
        return cause("launch", 0, none, "No device: nothing is launched.");
    if (!row->device.measured)
        return untold("launch", row->device.note[0] ? row->device.note : "the device has no clock");
    const double outside = fmax((double)(row->total.median - row->device.span.median -
                                         row->upload.median - row->download.median),
                                0),
                 share = outside / (double)row->total.median;
    return cause("launch", share, tri_words_time(outside),
                 "%s makes %ld launch%s a run; %s of its %s are neither kernels nor transfers.",
                 row->info->name, row->device.launches, row->device.launches == 1 ? "" : "es",
                 tri_words_time(outside).text, tri_words_time((double)row->total.median).text);
}

static struct cause serial(const struct why *why)
{
    struct tri_curve curve;

    if (why->threads == NULL)
        return untold("serial part", "one worker was measured");
    for (int i = 0; i < why->figures->row_count; i++) {
        if (why->figures->rows[i].info->opencl || tri_bench_curve(why->figures, i, &curve) < 2)
            continue;
        const struct tri_scaling fit = tri_bench_scaling(why->figures, i);
        const struct tri_range range = tri_scaling_range(&curve).serial;
        const double lost = 1 - tri_amdahl(fit.serial, fit.most_workers) / fit.most_workers;
        if (!isfinite(range.low) || range.high - range.low > 0.5)
            return untold("serial part", "the samples vary too much");
        if (range.low <= 0.0005)
            return cause("serial part", 0, tri_words_share(fit.serial),
                         "A serial part cannot be told from 0: at most %s.",
                         tri_words_share(range.high).text);
        if (fit.serial > 0.9)
            return cause("serial part", lost, tri_words_share(fit.serial),
                         "%d workers are no faster than one, as if all of the work were serial.",
                         fit.most_workers);
        return cause("serial part", lost, tri_words_share(fit.serial),
                     "%s of the work behaves as if serial (%s), so %d workers lose %s of their "
                     "time and no number of workers passes %s.",
                     tri_words_share(fit.serial).text,
                     tri_words_range(range.low, range.high, tri_words_share).text, fit.most_workers,
                     tri_words_share(lost).text, tri_words_times(1 / fit.serial).text);
    }
    return untold("serial part", "there are fewer than two numbers of workers");
}

static struct cause memory(const struct why *why)
{
    const double share = why->best->copy_share;

    if (!isfinite(share))
        return untold("memory", "the fastest backend's memory was not measured");
    return cause("memory", share, tri_words_share(share),
                 "Copying the same %s takes %s of the time of %s: memory %s.",
                 tri_words_bytes((double)why->figures->bytes).text, tri_words_share(share).text,
                 why->best->info->name,
                 share >= 0.7   ? "is the limit"
                 : share >= 0.3 ? "takes its part"
                                : "is not what limits");
}

static struct cause compute(const struct why *why)
{
    const struct tri_limit *limit =
        why->page->limits != NULL ? tri_limit_of(why->page->limits, why->best->info) : NULL;
    const struct tri_operations *operations = &why->shown->operations;
    const double allowed = tri_page_arithmetic(limit, operations);

    if (operations->all == 0)
        return cause("compute", 0, none, "The pipeline only moves samples.");
    if (!isfinite(allowed))
        return untold("compute", "the limit of this backend was not measured");
    const double rate = operations->all / (double)why->best->total.median, share = rate / allowed;
    if (share > TRI_SHARE_MAX || why->figures->in.bits != why->page->limits->bits)
        return untold("compute", share > TRI_SHARE_MAX
                                     ? "its limit was measured too low, as other work was running"
                                     : "the limit of samples of this depth was not measured");
    return cause(
        "compute", share, tri_words_share(share),
        "%s operations a run are %s \xC3\x97 10\xE2\x81\xB9 a second, %s of what %s reaches "
        "in registers with %s: arithmetic %s.",
        tri_words_count(operations->all).text, tri_words_digits(rate).text,
        tri_words_share(share).text, tri_page_name(why->best->info).text,
        operations->choices > 0 ? "such a mix of minima, maxima and multiply-adds"
                                : "multiply-adds",
        share >= 0.7   ? "is the limit"
        : share >= 0.3 ? "takes its part"
                       : "is not what limits");
}

static struct cause oversubscription(const struct why *why)
{
    const struct tri_environment *environment = why->page->report->environment;
    const int workers = why->threads != NULL ? why->threads->info->workers : 1;
    const double others = environment->load / fmax(environment->cores_online, 1);

    if (workers > environment->cores)
        return cause("oversubscription", 1 - (double)environment->cores / workers,
                     tri_words_count(workers), "%d workers share %d cores.", workers,
                     environment->cores);
    if (environment->load < 0)
        return untold("oversubscription", "the load of the machine is unknown");
    return cause("oversubscription", others > 0.5 ? 1 : others, tri_words_digits(environment->load),
                 "The load before the run was %s on %d cores: %s.",
                 tri_words_digits(environment->load).text, environment->cores_online,
                 others > 0.5   ? "other work was running, so the times are too long"
                 : others > 0.1 ? "some other work was running"
                                : "the machine was quiet");
}

/* Strips are dealt one by one, so at most one strip's time is waited for at the end. */
static struct cause imbalance(const struct why *why)
{
    const int strips = why->shown->strips, workers = why->shown->strips_workers;

    if (why->threads == NULL || strips == 0 || workers < 2)
        return untold("imbalance", "no threads share the rows");
    const int rounds = (strips + workers - 1) / workers;
    const double lost = 1 - (double)strips / (rounds * workers), wait = 1.0 / rounds;
    return cause("imbalance", lost, tri_words_share(lost),
                 "%d strips for %d workers: %s of their time is lost where strips do not divide "
                 "evenly, and the last strip may keep others waiting for up to %s of a run.",
                 strips, workers, tri_words_share(lost).text, tri_words_share(wait).text);
}

/* ---- the box ---- */

static struct why collect(const struct tri_page *page, int index)
{
    const struct tri_bench_case *figures = &page->report->cases[index];
    struct why why = {page,
                      &page->cases[index],
                      figures,
                      tri_page_fastest(figures, tri_page_any),
                      tri_page_fastest(figures, tri_page_sequential),
                      tri_page_fastest(figures, tri_page_threads),
                      tri_page_fastest(figures, tri_page_device),
                      NULL};
    const struct tri_end_to_end_case *files = page->end_to_end;

    for (int i = 0; files != NULL && why.best != NULL && i < files->row_count; i++)
        if (files->rows[i].verified && files->rows[i].total.count > 0 &&
            strcmp(files->rows[i].info->name, why.best->info->name) == 0 &&
            strcmp(files->rows[i].info->isa, why.best->info->isa) == 0)
            why.file = &files->rows[i];
    return why;
}

static void put_cause(FILE *file, const struct cause *cause)
{
    static const char *const classes[] = {"w0", "w1", "w2", "w3"}, *const words[] = {
                                                                       "not known", "no effect",
                                                                       "some", "large"};

    fprintf(file, "<tr class=%s>", classes[cause->weight]);
    tri_html_say(file, "th scope=row", "%s", cause->name);
    tri_html_say(file, "td class=weight", "%s", words[cause->weight]);
    tri_html_say(file, "td class=n", "%s", cause->number.text);
    tri_html_say(file, "td class=t", "%s", cause->text);
    fputs("</tr>\n", file);
}

void tri_section_why(struct tri_writer *writer, int index)
{
    enum { CAUSES = 9 };
    static struct cause (*const causes[CAUSES])(const struct why *) = {
        decode, transfer, start, launch, serial, memory, compute, oversubscription, imbalance};
    const struct why why = collect(writer->page, index);
    struct cause found[CAUSES];

    if (why.best == NULL)
        return;
    fputs("<div class=why>", writer->file);
    tri_html_say(writer->file, writer->page->report->count > 1 ? "h3" : "h2",
                 "Why is this not faster?");
    if (why.device != NULL && why.device != why.best)
        tri_html_say(writer->file, "p class=read",
                     "About %s, the fastest; transfer and launch are about %s.",
                     tri_page_name(why.best->info).text, tri_page_name(why.device->info).text);
    else
        tri_html_say(writer->file, "p class=read", "About %s, the fastest.",
                     tri_page_name(why.best->info).text);
    fputs("<table><thead><tr><th scope=col>cause</th><th scope=col>effect</th>"
          "<th scope=col>number</th><th scope=col>what it rests on</th></tr></thead><tbody>\n",
          writer->file);
    for (size_t i = 0; i < CAUSES; i++)
        found[i] = causes[i](&why);
    for (int weight = LARGE; weight >= UNKNOWN; weight--)
        for (size_t i = 0; i < CAUSES; i++)
            if (found[i].weight == (enum weight)weight)
                put_cause(writer->file, &found[i]);
    fputs("</tbody></table></div>\n", writer->file);
}
