/* large.c -- one picture, larger than memory: each rank reads the rows of a part with those around
 * it from the file, and computes all stages for them. */
#include "agree.h"
#include "deal_internal.h"
#include "progress_file.h"
#include "row_file.h"

#include "../backend/parts.h"
#include "../image/image.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PART_BYTES ((size_t)48 << 20) /* of a part's rows in all planes, unless halos are large */
#define PART_MOST ((size_t)160 << 20) /* even then */
#define PENDING_BYTES ((size_t)96 << 20) /* results that wait on rank 0 until it is their turn */

struct large {
    struct tri_cluster_job *job;
    const char *from, *to;
    struct tri_row_reader *reader;
    struct tri_row_writer *writer; /* all ranks have one, or rank 0 alone */
    struct tri_parts *parts;
    int rows, pass; /* rows of a part */
    long count;     /* of parts */
    struct tri_progress_file progress;
    long *left; /* on rank 0: numbers of the parts that are not written yet */
    long left_count;
    struct tri_output output; /* of files that rank 0 writes in order */
    bool anywhere;
    int64_t read_bytes, halo_bytes;
    struct tri_error lost; /* the list of parts could not be written */
    bool has_lost;
};

/* ---- files ---- */

static bool is_tiff(const char *path)
{
    const struct tri_format *format = tri_format_of_path(path);
    return format != NULL && strcmp(format->name, "tiff") == 0;
}

static bool is_pnm(const char *path)
{
    const struct tri_format *format = tri_format_of_path(path);
    return format != NULL && strcmp(format->name, "pnm") == 0;
}

bool tri_cluster_rows_fit(const char *from, const char *to)
{
    return (is_pnm(from) || is_tiff(from)) && (is_pnm(to) || is_tiff(to));
}

static enum tri_status no_tiff(const char *path, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED,
                    "%s: the module cluster was built without libtiff; install libtiff-dev (4.5 or "
                    "newer) and build it again",
                    path);
}

static enum tri_status open_reader(struct large *large, struct tri_error *error)
{
    const struct tri_cluster_module *module = large->job->module;
    if (!is_tiff(large->from))
        return tri_row_pnm_open(large->from, &large->reader, error);
    if (module == NULL || module->open_tiff == NULL)
        return no_tiff(large->from, error);
    return module->open_tiff(large->from, &large->reader, error);
}

/* ---- parts ---- */

/* The last pass reads most rows around. */
static struct tri_reach find_reach(const struct large *large)
{
    struct tri_reach most = {0, 0};
    for (int pass = 0; pass < tri_parts_passes(large->parts); pass++) {
        const struct tri_reach reach = tri_parts_reach(large->parts, pass);
        most.above = reach.above > most.above ? reach.above : most.above;
        most.below = reach.below > most.below ? reach.below : most.below;
    }
    return most;
}

static size_t result_row_bytes(const struct large *large)
{
    const struct tri_shape *shape = tri_parts_shape(large->parts);
    return (size_t)shape->width * (size_t)shape->planes * tri_sample_bytes(shape);
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t most_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Enough parts to share, and halos that are a small part of them, as far as memory allows. Where
 * the file has all parts at their places, the same for any number of ranks, so that --resume may
 * have others. */
static int find_rows(const struct large *large)
{
    const struct tri_reach reach = find_reach(large);
    const size_t row = tri_parts_row_bytes(large->parts), unit = (size_t)large->reader->unit,
                 height = (size_t)large->reader->shape.height,
                 wide = 8 * (size_t)(reach.above + reach.below),
                 waiting = (size_t)(2 * large->job->link->size + 2) * result_row_bytes(large);
    size_t rows = most_of((height + 63) / 64, wide);
    if (large->job->rows > 0)
        return (int)least_of((size_t)large->job->rows, height);
    rows = least_of(rows, most_of(PART_BYTES / row, least_of(wide, PART_MOST / row)));
    if (!large->anywhere)
        rows = least_of(rows, most_of(PENDING_BYTES / waiting, 16));
    rows = rows < unit ? unit : rows / unit * unit;
    return (int)least_of(rows, height);
}

static enum tri_status open_parts(struct large *large, struct tri_error *error)
{
    const struct tri_cluster_job *job = large->job;
    enum tri_status status = open_reader(large, error);
    if (status == TRI_OK)
        status =
            tri_parts_new(job->backend, job->pipeline, &large->reader->shape, &large->parts, error);
    if (status != TRI_OK)
        return status;
    if (!is_tiff(large->to) && !tri_row_pnm_suits(large->to, tri_parts_shape(large->parts)))
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: its format cannot store a picture of %d planes; use .pam "
                        "or .tif",
                        large->to, tri_parts_shape(large->parts)->planes);
    large->anywhere = !is_tiff(large->to);
    large->rows = find_rows(large);
    large->count = (large->reader->shape.height + large->rows - 1) / large->rows;
    return TRI_OK;
}

static struct tri_span span_of(const struct large *large, long part)
{
    const int first = (int)part * large->rows, left = large->reader->shape.height - first;
    return (struct tri_span){first, left < large->rows ? left : large->rows};
}

/* ---- output ---- */

/* What is computed, as the first line of the list of parts. */
static enum tri_status make_kind(const struct large *large, char **kind, struct tri_error *error)
{
    struct stat file;
    const struct tri_shape *shape = tri_parts_shape(large->parts);
    if (stat(large->from, &file) != 0 ||
        asprintf(
            kind,
            "triptych %s, %s of %s, %lld bytes of %lld.%09ld, %d x %d x %d, %d bits, %d rows\n",
            TRI_VERSION, tri_pipeline_text(large->job->pipeline), large->from,
            (long long)file.st_size, (long long)file.st_mtim.tv_sec, file.st_mtim.tv_nsec,
            shape->width, shape->height, shape->planes, shape->bits, large->rows) < 0)
        return tri_fail(error, TRI_FAILED, "cannot describe %s", large->from);
    return TRI_OK;
}

static enum tri_status check_output(const struct large *large, struct tri_error *error)
{
    struct stat from, to;
    if (stat(large->to, &to) != 0)
        return TRI_OK;
    if (!S_ISREG(to.st_mode))
        return tri_fail(error, TRI_USAGE, "cannot write %s in parts: it is no regular file",
                        large->to);
    if (stat(large->from, &from) == 0 && from.st_dev == to.st_dev && from.st_ino == to.st_ino)
        return tri_fail(error, TRI_USAGE, "%s is both input and output", large->to);
    return TRI_OK;
}

/* Rank 0 begins the file. */
static enum tri_status begin_anywhere(struct large *large, struct tri_error *error)
{
    char *kind = NULL;
    enum tri_status status = make_kind(large, &kind, error);
    if (status == TRI_OK)
        status = tri_progress_open(large->to, kind, large->count, large->job->resume,
                                   &large->progress, error);
    if (status == TRI_OK)
        status = tri_row_pnm_create(large->progress.part, large->to, tri_parts_shape(large->parts),
                                    large->progress.finished == 0, &large->writer, error);
    free(kind);
    return status;
}

static enum tri_status begin_in_order(struct large *large, struct tri_error *error)
{
    const struct tri_cluster_module *module = large->job->module;
    if (module == NULL || module->create_tiff == NULL)
        return no_tiff(large->to, error);
    if (large->job->resume)
        large->job->note("a TIFF file is compressed from its first row to its last: nothing of an "
                         "earlier run is kept");
    const enum tri_status status = tri_output_open(large->to, &large->output, error);
    return status == TRI_OK
               ? module->create_tiff(large->output.temporary, tri_parts_shape(large->parts),
                                     &large->writer, error)
               : status;
}

/* Other ranks find the file that rank 0 has begun: on their own machine, by the same name. */
static enum tri_status join_anywhere(struct large *large, struct tri_error *error)
{
    char *part = NULL;
    struct tri_error inner;
    if (asprintf(&part, "%s.part", large->to) < 0)
        return tri_fail(error, TRI_FAILED, "out of memory for a name");
    enum tri_status status = tri_row_pnm_create(part, large->to, tri_parts_shape(large->parts),
                                                false, &large->writer, &inner);
    if (status != TRI_OK)
        status = tri_fail(error, TRI_FAILED,
                          "host %s does not see the output that rank 0 has begun (%s); all hosts "
                          "need the same file system",
                          large->job->link->host, inner.text);
    free(part);
    return status;
}

static enum tri_status begin_output(struct large *large, struct tri_error *error)
{
    struct tri_link *link = large->job->link;
    enum tri_status status = TRI_OK;
    if (link->rank == 0)
        status = check_output(large, error);
    if (link->rank == 0 && status == TRI_OK)
        status = large->anywhere ? begin_anywhere(large, error) : begin_in_order(large, error);
    status = tri_link_agree(link, status, error);
    if (status == TRI_OK && large->anywhere)
        status = tri_link_agree(link, link->rank > 0 ? join_anywhere(large, error) : TRI_OK, error);
    return status;
}

/* ---- the work ---- */

static enum tri_status read_part(struct large *large, struct tri_span rows, struct tri_error *error)
{
    const struct tri_shape *shape = &large->reader->shape;
    const int64_t row = (int64_t)shape->width * shape->planes * (shape->bits / 8);
    struct tri_span in;
    enum tri_status status = tri_parts_needs(large->parts, large->pass, rows, &in, error);
    if (status == TRI_OK && in.count > 0)
        status = large->reader->read(large->reader, in.first, in.first + in.count,
                                     tri_parts_input(large->parts), error);
    large->read_bytes += row * in.count;
    large->halo_bytes += row * (in.count > rows.count ? in.count - rows.count : 0);
    return status;
}

static enum tri_status join_rows(const struct large *large, struct tri_span rows,
                                 struct tri_parcel *joined, struct tri_error *error)
{
    const struct tri_image *image = tri_parts_output(large->parts);
    const size_t row =
        (size_t)image->shape.width * (size_t)image->shape.planes * tri_sample_bytes(&image->shape);
    *joined = (struct tri_parcel){malloc(row * (size_t)rows.count), row * (size_t)rows.count};
    if (joined->data == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %d rows", rows.count);
    for (int y = 0; y < rows.count; y++)
        tri_row_join(image, rows.first + y, joined->data + (size_t)y * row);
    return TRI_OK;
}

static bool is_last(const struct large *large)
{
    return large->pass == tri_parts_passes(large->parts) - 1;
}

static enum tri_status compute_part(struct large *large, struct tri_span rows,
                                    struct tri_parcel *result, struct tri_error *error)
{
    const bool last = is_last(large);
    enum tri_status status = read_part(large, rows, error);
    if (status == TRI_OK)
        status = tri_parts_run(large->parts, large->pass, rows, error);
    if (status == TRI_OK && last)
        status = join_rows(large, rows, result, error);
    tri_parts_drop(large->parts);
    if (status != TRI_OK || !last || !large->anywhere)
        return status;
    status = large->writer->write(large->writer, rows.first, rows.first + rows.count, result->data,
                                  error);
    tri_parcel_drop(result);
    return status;
}

/* The task is the part's number. */
static enum tri_status prepare(void *own, long first, long *count, struct tri_parcel *task,
                               struct tri_error *error)
{
    const struct large *large = own;
    const long part = is_last(large) ? large->left[first] : first;
    *count = 1;
    *task = (struct tri_parcel){malloc(sizeof part), sizeof part};
    if (task->data == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a task");
    memcpy(task->data, &part, sizeof part);
    return TRI_OK;
}

static enum tri_status compute(void *own, long first, long count, const struct tri_parcel *task,
                               struct tri_parcel *result, struct tri_error *error)
{
    struct large *large = own;
    long part = -1;
    (void)first, (void)count;
    if (task->size == sizeof part)
        memcpy(&part, task->data, sizeof part);
    if (part < 0 || part >= large->count)
        return tri_fail(error, TRI_FAILED, "there is no part %ld of %ld", part, large->count);
    return compute_part(large, span_of(large, part), result, error);
}

/* Files that ranks write themselves: the part is in the file. */
static void arrived(void *own, int rank, long first, long count)
{
    struct large *large = own;
    (void)rank, (void)count;
    large->job->summary.done++;
    if (!large->has_lost &&
        tri_progress_add(&large->progress, large->left[first], &large->lost) != TRI_OK)
        large->has_lost = true;
}

static enum tri_status take(void *own, int rank, long first, long count, struct tri_parcel *result,
                            const struct tri_error *failure, struct tri_error *error)
{
    struct large *large = own;
    const struct tri_span rows = span_of(large, large->left[first]);
    (void)rank, (void)count, (void)failure;
    if (result->size != (size_t)rows.count * result_row_bytes(large))
        return tri_fail(error, TRI_FAILED, "rows %d and on have %zu bytes", rows.first,
                        result->size);
    large->job->summary.done++;
    return large->writer->write(large->writer, rows.first, rows.first + rows.count, result->data,
                                error);
}

static enum tri_status find_left(struct large *large, struct tri_error *error)
{
    large->left = calloc((size_t)large->count + 1, sizeof *large->left);
    if (large->left == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %ld parts", large->count);
    for (long part = 0; part < large->count; part++) {
        if (large->progress.done == NULL || !large->progress.done[part])
            large->left[large->left_count++] = part;
    }
    large->job->summary.items = large->count;
    large->job->summary.kept = large->count - large->left_count;
    return TRI_OK;
}

/* Results that wait for their turn, on rank 0. */
static int window_of(const struct large *large)
{
    const int wanted = 2 * large->job->link->size + 2;
    const size_t fit = PENDING_BYTES / ((size_t)large->rows * result_row_bytes(large));
    return large->anywhere || fit >= (size_t)wanted ? wanted : fit < 2 ? 2 : (int)fit;
}

static enum tri_status run_pass(struct large *large, struct tri_error *error)
{
    struct tri_cluster_job *job = large->job;
    const bool last = is_last(large);
    struct tri_dealt dealt = {.own = large,
                              .items = last ? large->left_count : large->count,
                              .window = window_of(large),
                              .ahead = large->anywhere || !last ? 2 : 1,
                              .stops = true,
                              .prepare = prepare,
                              .compute = compute,
                              .take = last && !large->anywhere ? take : NULL,
                              .arrived = last && large->anywhere ? arrived : NULL};
    enum tri_status status = tri_deal_run(job->link, &dealt, error);
    job->summary.rank_items_least = dealt.least;
    job->summary.rank_items_most = dealt.most;
    return status;
}

/* The numbers of each rank have a place of their own in the sums. */
static enum tri_status take_largest(struct tri_link *link, uint64_t *numbers, size_t count,
                                    struct tri_error *error)
{
    uint64_t *all = calloc(count * (size_t)link->size, sizeof *all);
    if (all == NULL) {
        link->broken = true; /* the others wait for the sum */
        return tri_fail(error, TRI_FAILED, "out of memory for the counts of all ranks");
    }
    memcpy(all + count * (size_t)link->rank, numbers, count * sizeof *all);
    const enum tri_status status = link->sum(link, all, count * (size_t)link->size, error);
    for (size_t i = 0; i < count * (size_t)link->size; i++) {
        if (all[i] > numbers[i % count])
            numbers[i % count] = all[i];
    }
    free(all);
    return status;
}

/* Whole numbers, so their sums are the same in any order. */
static enum tri_status join_counts(struct large *large, struct tri_error *error)
{
    struct tri_link *link = large->job->link;
    enum tri_status status = TRI_OK;
    uint64_t *counts;
    size_t count;
    bool largest;
    for (int n = 0;
         status == TRI_OK && (counts = tri_parts_counts(large->parts, n, &count, &largest)) != NULL;
         n++)
        status = largest ? take_largest(link, counts, count, error)
                         : link->sum(link, counts, count, error);
    if (status == TRI_OK)
        tri_parts_complete(large->parts, large->pass);
    return status;
}

static enum tri_status run_passes(struct large *large, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (large->pass = 0; status == TRI_OK; large->pass++) {
        const bool last = is_last(large);
        status = run_pass(large, error);
        if (last)
            break;
        if (status == TRI_OK)
            status = join_counts(large, error);
    }
    return status;
}

/* ---- beginning and end ---- */

static enum tri_status end_in_order(struct large *large, enum tri_status so_far,
                                    struct tri_error *error)
{
    enum tri_status status = so_far;
    if (status == TRI_OK)
        status = large->writer->end(large->writer, error);
    return large->output.file != NULL ? tri_output_close(&large->output, status, error) : status;
}

static enum tri_status end_anywhere(struct large *large, enum tri_status so_far,
                                    struct tri_error *error)
{
    struct tri_error ending;
    enum tri_status status = so_far;
    if (status == TRI_OK && large->has_lost) {
        *error = large->lost;
        status = TRI_FAILED;
    }
    const bool kept = status != TRI_OK && large->progress.finished > 0;
    if (kept) {
        char text[200];
        snprintf(text, sizeof text, "%ld of %ld parts are kept; go on with --resume",
                 large->progress.finished, large->count);
        large->job->note(text);
    }
    const enum tri_status closed =
        tri_progress_close(&large->progress, large->to, status == TRI_OK, &ending);
    if (status == TRI_OK && closed != TRI_OK) {
        *error = ending;
        status = closed;
    }
    return status;
}

/* All ranks have closed the file before it gets its name. */
static enum tri_status end_output(struct large *large, enum tri_status so_far,
                                  struct tri_error *error)
{
    struct tri_link *link = large->job->link;
    enum tri_status status = so_far;
    if (status == TRI_OK && large->anywhere)
        status = large->writer->end(large->writer, error);
    if (!link->broken)
        status = tri_link_agree(link, status, error);
    if (link->rank == 0)
        status = large->anywhere ? end_anywhere(large, status, error)
                                 : end_in_order(large, status, error);
    return link->broken ? status : tri_link_agree(link, status, error);
}

static void free_large(struct large *large)
{
    if (large->writer != NULL)
        large->writer->close(large->writer);
    if (large->reader != NULL)
        large->reader->close(large->reader);
    tri_parts_free(large->parts);
    free(large->left);
}

enum tri_status tri_cluster_large(struct tri_cluster_job *job, const char *from, const char *to,
                                  struct tri_error *error)
{
    struct large large = {.job = job, .from = from, .to = to};
    const int64_t start = tri_now_ns();
    enum tri_status status = tri_link_agree(job->link, open_parts(&large, error), error);
    if (status == TRI_OK)
        status = begin_output(&large, error);
    const bool begun = status == TRI_OK;
    if (begun && job->link->rank == 0)
        status = find_left(&large, error);
    if (begun)
        status = tri_link_agree(job->link, status, error);
    if (status == TRI_OK)
        status = run_passes(&large, error);
    if (begun)
        status = end_output(&large, status, error);
    else if (job->link->rank == 0) /* what rank 0 has begun, when another could not */
        status = large.anywhere ? end_anywhere(&large, status, error)
                                : end_in_order(&large, status, error);
    free_large(&large);
    job->summary.wall_ns = tri_now_ns() - start;
    return status == TRI_OK ? tri_cluster_count(job, large.read_bytes, large.halo_bytes, error)
                            : status;
}
