/* pictures.c -- picture files, each read, computed and written by one rank. */
#include "agree.h"
#include "deal_internal.h"

#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct pictures {
    struct tri_cluster_job *job;
    const struct tri_batch_file *files; /* on rank 0: those that are left */
    int count;
};

/* ---- texts in parcels ---- */

static enum tri_status add(struct tri_parcel *parcel, char kind, const char *text)
{
    const size_t length = strlen(text);
    unsigned char *data = realloc(parcel->data, parcel->size + length + 2);
    if (data == NULL)
        return TRI_FAILED;
    parcel->data = data;
    data[parcel->size] = (unsigned char)kind;
    memcpy(data + parcel->size + 1, text, length + 1);
    parcel->size += length + 2;
    return TRI_OK;
}

/* The next text, or NULL. */
static const char *next(const struct tri_parcel *parcel, size_t *at, char *kind)
{
    if (*at >= parcel->size || parcel->data[parcel->size - 1] != '\0')
        return NULL;
    const char *text = (const char *)parcel->data + *at + 1;
    *kind = (char)parcel->data[*at];
    *at += strlen(text) + 2;
    return text;
}

/* ---- rank 0 ---- */

/* Fewer and fewer, so that all ranks end together; enough to keep a rank's threads busy. */
static long files_for(const struct pictures *pictures, long left)
{
    const struct tri_cluster_job *job = pictures->job;
    const long share = left / (2L * job->link->size), most = 4L * job->jobs;
    return share < 1 ? 1 : share < most ? share : most;
}

static enum tri_status prepare(void *own, long first, long *count, struct tri_parcel *task,
                               struct tri_error *error)
{
    const struct pictures *pictures = own;
    *count = files_for(pictures, pictures->count - first);
    for (long i = first; i < first + *count; i++) {
        if (add(task, 'f', pictures->files[i].from) != TRI_OK ||
            add(task, 't', pictures->files[i].to) != TRI_OK)
            return tri_fail(error, TRI_FAILED, "out of memory for file names");
    }
    return TRI_OK;
}

static enum tri_status take(void *own, int rank, long first, long count, struct tri_parcel *result,
                            const struct tri_error *failure, struct tri_error *error)
{
    const struct pictures *pictures = own;
    struct tri_cluster_job *job = pictures->job;
    const char *text;
    size_t at = 0;
    char kind = 0;
    (void)rank, (void)first;
    if (failure != NULL) {
        *error = *failure;
        return failure->status;
    }
    job->summary.done += count;
    while ((text = next(result, &at, &kind)) != NULL) {
        if (kind == 'n') {
            job->note(text);
            continue;
        }
        struct tri_error failed;
        tri_fail(&failed, TRI_FAILED, "%s", text);
        job->fail(&failed);
        job->summary.failed++;
        job->summary.done--;
    }
    return TRI_OK;
}

/* ---- any rank ---- */

static void add_notes(struct tri_parcel *parcel, const char *from, const char *lines)
{
    char note[TRI_NOTE_MAX + 300];
    for (const char *line = lines; line != NULL && *line != '\0';) {
        const int length = (int)strcspn(line, "\n");
        if (from != NULL)
            snprintf(note, sizeof note, "%s: %.*s", from, length, line);
        else
            snprintf(note, sizeof note, "%.*s", length, line);
        add(parcel, 'n', note);
        line += length + (line[length] == '\n');
    }
}

static void through(void *listener, const struct tri_batch_result *result)
{
    struct tri_parcel *parcel = listener;
    add_notes(parcel, result->file->from, result->warning);
    if (result->error.status != TRI_OK)
        add(parcel, 'e', result->error.text);
    else
        add_notes(parcel, NULL, result->notes);
}

static void ignore(void)
{
}

static enum tri_status run_files(const struct pictures *pictures,
                                 const struct tri_batch_file *files, long count,
                                 struct tri_parcel *result, struct tri_error *error)
{
    const struct tri_cluster_job *job = pictures->job;
    struct tri_batch batch = {.pipeline = job->pipeline,
                              .backend = job->backend,
                              .pool = job->pool,
                              .jobs = job->jobs,
                              .files = files,
                              .count = (int)count,
                              .read = {.max_pixels = job->max_pixels, .pool = job->pool},
                              .write = job->write,
                              .strip = job->strip,
                              .writing = ignore,
                              .written = ignore,
                              .through = through,
                              .listener = result};
    batch.write.pool = job->pool;
    const enum tri_status status = tri_batch_run(&batch, error);
    /* What went wrong with single files is in the result. */
    return status == TRI_NO_DEVICE || (status != TRI_OK && batch.failed == 0) ? status : TRI_OK;
}

static enum tri_status compute(void *own, long first, long count, const struct tri_parcel *task,
                               struct tri_parcel *result, struct tri_error *error)
{
    struct tri_batch_file *files = calloc((size_t)count, sizeof *files);
    size_t at = 0;
    char kind;
    (void)first;
    if (files == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for file names");
    for (long i = 0; i < count; i++) {
        files[i].from = next(task, &at, &kind);
        files[i].to = next(task, &at, &kind);
    }
    const enum tri_status status = files[count - 1].to == NULL
                                       ? tri_fail(error, TRI_FAILED, "file names were lost")
                                       : run_files(own, files, count, result, error);
    free(files);
    return status;
}

/* ---- resuming ---- */

/* Outputs get their names when they are whole. */
static bool is_finished(const struct tri_batch_file *file)
{
    struct stat from, to;
    if (stat(file->from, &from) != 0 || stat(file->to, &to) != 0 || !S_ISREG(to.st_mode) ||
        to.st_size == 0)
        return false;
    return to.st_mtim.tv_sec > from.st_mtim.tv_sec ||
           (to.st_mtim.tv_sec == from.st_mtim.tv_sec && to.st_mtim.tv_nsec >= from.st_mtim.tv_nsec);
}

static enum tri_status find_left(struct tri_cluster_job *job, const struct tri_batch_file *files,
                                 int count, struct tri_batch_file **left, int *left_count,
                                 struct tri_error *error)
{
    *left_count = 0;
    *left = calloc((size_t)count + 1, sizeof **left);
    if (*left == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for file names");
    for (int i = 0; i < count; i++) {
        if (!job->resume || !is_finished(&files[i]))
            (*left)[(*left_count)++] = files[i];
    }
    job->summary.items = count;
    job->summary.kept = count - *left_count;
    return TRI_OK;
}

enum tri_status tri_cluster_pictures(struct tri_cluster_job *job,
                                     const struct tri_batch_file *files, int count,
                                     struct tri_error *error)
{
    struct pictures pictures = {.job = job};
    struct tri_batch_file *left = NULL;
    const int64_t start = tri_now_ns();
    enum tri_status status =
        job->link->rank == 0 ? find_left(job, files, count, &left, &pictures.count, error) : TRI_OK;
    status = tri_link_agree(job->link, status, error);
    pictures.files = left;
    struct tri_dealt dealt = {.own = &pictures,
                              .items = pictures.count,
                              .window = 4 * job->link->size + 4,
                              .ahead = 2,
                              .prepare = prepare,
                              .compute = compute,
                              .take = take};
    if (status == TRI_OK)
        status = tri_deal_run(job->link, &dealt, error);
    free(left);
    job->summary.rank_items_least = dealt.least;
    job->summary.rank_items_most = dealt.most;
    job->summary.wall_ns = tri_now_ns() - start;
    return status == TRI_OK ? tri_cluster_count(job, 0, 0, error) : status;
}
