/* compare_works.c -- which rows of several files do the same work: the same pipeline, however it is
 * spelt, on the same input. */
#include "measure/baseline.h"

#include "pipeline/canonical.h"
#include "pipeline/graph.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static enum tri_status no_memory(struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "out of memory while comparing results");
}

/* ---- spellings ---- */

struct spelling {
    const char *text;
    char *canonical;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct spelling *)a)->text, ((const struct spelling *)b)->text);
}

static void free_spelling(void *spelling)
{
    free(((struct spelling *)spelling)->canonical);
    free(spelling);
}

/* Without blanks, if this version does not know the pipeline. */
static char *canonical(const char *text)
{
    struct tri_pipeline *pipeline = NULL;

    if (tri_pipeline_parse_words(text, &pipeline, NULL) == TRI_OK) {
        char *result = tri_pipeline_canonical(pipeline);
        tri_pipeline_free(pipeline);
        return result;
    }
    char *plain = calloc(strlen(text) + 1, 1), *to = plain;
    for (; plain != NULL && *text; text++)
        if (strchr(" \t\n", *text) == NULL)
            *to++ = *text;
    return plain;
}

/* Files have few pipelines and many rows, so each is parsed once. NULL: no memory. */
static const char *spell(void **known, const char *text)
{
    struct spelling *spelling = calloc(1, sizeof *spelling);

    if (spelling == NULL)
        return NULL;
    spelling->text = text;
    struct spelling **found = tsearch(spelling, known, by_text);
    if (found == NULL || *found != spelling)
        free(spelling);
    else
        spelling->canonical = canonical(text);
    return found != NULL ? (*found)->canonical : NULL;
}

/* ---- keys ---- */

static char *key_of(const struct tri_results_row *row, const char *pipeline)
{
    char *key = NULL;

    /* Older results of clips do not state planes and bits. */
    const bool clip = row->frames > 0;
    return asprintf(&key, "%dx%d %d %d %d %s", row->shape.width, row->shape.height,
                    clip ? 0 : row->shape.planes, clip ? 0 : row->shape.bits, row->frames,
                    pipeline) < 0
               ? NULL
               : key;
}

static bool same_key(const struct tri_results_row *a, const struct tri_results_row *b)
{
    return tri_shape_equal(&a->shape, &b->shape) && a->frames == b->frames &&
           strcmp(a->pipeline, b->pipeline) == 0;
}

/* Adds a row. Rows of one case follow each other and share their key. */
static bool add(struct tri_works *works, int file, const struct tri_results_row *row)
{
    const struct tri_matched *last = works->count > 0 ? &works->list[works->count - 1] : NULL;
    struct tri_matched *own = &works->list[works->count];

    *own = (struct tri_matched){.file = file, .row = row};
    if (last != NULL && last->file == file && same_key(last->row, row)) {
        own->key = last->key;
    } else {
        const char *pipeline = spell(&works->spellings, row->pipeline);
        char *key = pipeline != NULL ? key_of(row, pipeline) : NULL;
        if (key == NULL)
            return false;
        works->keys[works->key_count++] = key;
        own->key = key;
    }
    works->count++;
    return true;
}

static bool add_all(struct tri_works *works, const struct tri_results *files, int file_count)
{
    size_t rows = 0;

    for (int i = 0; i < file_count; i++)
        rows += (size_t)files[i].row_count;
    works->list = calloc(rows + 1, sizeof *works->list);
    works->keys = calloc(rows + 1, sizeof *works->keys);
    if (works->list == NULL || works->keys == NULL)
        return false;
    for (int i = 0; i < file_count; i++)
        for (int j = 0; j < files[i].row_count; j++)
            if (!add(works, i, &files[i].rows[j]))
                return false;
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct tri_matched *left = a, *right = b;
    const int order = left->key == right->key ? 0 : strcmp(left->key, right->key);

    if (order != 0)
        return order;
    if (left->file != right->file)
        return left->file - right->file;
    return (left->row > right->row) - (left->row < right->row);
}

static int by_work(const void *a, const void *b)
{
    const struct tri_matched *left = a, *right = b;

    if (left->work != right->work)
        return left->work - right->work;
    if (left->file != right->file)
        return left->file - right->file;
    return (left->row > right->row) - (left->row < right->row);
}

/* ---- inputs ---- */

/* By their bytes; older files have only names. */
static bool same_input(const struct tri_results_row *a, const struct tri_results_row *b)
{
    if (a->input_digest != 0 && b->input_digest != 0)
        return a->input_digest == b->input_digest;
    return strcmp(a->input, b->input) == 0;
}

/* Returns whether the row's input is that of all rows of a work from `first` on. */
static bool fits(const struct tri_matched *first, const struct tri_matched *at, int work)
{
    bool any = false;

    for (const struct tri_matched *other = first; other < at; other++) {
        if (other->work != work)
            continue;
        if (!same_input(other->row, at->row))
            return false;
        any = true;
    }
    return any;
}

/* Numbers the works of rows of the same key, which differ by their inputs. */
static void number_inputs(struct tri_works *works, struct tri_matched *first,
                          struct tri_matched *end)
{
    const int begin = works->works;

    for (struct tri_matched *at = first; at < end; at++) {
        const struct tri_matched *last = at > first ? at - 1 : NULL;
        if (last != NULL && last->file == at->file && same_input(last->row, at->row) &&
            last->row->input_digest == at->row->input_digest) {
            at->work = last->work;
            continue;
        }
        at->work = begin;
        while (at->work < works->works && !fits(first, at, at->work))
            at->work++;
        works->works += at->work == works->works;
    }
}

/* ---- bytes ---- */

static enum tri_status refuse(const struct tri_results *files, const struct tri_matched *a,
                              const struct tri_matched *b, struct tri_error *error)
{
    char shape[100];

    return tri_fail(error, TRI_DIFFERS,
                    "%s and %s have different results of %.300s on %s%s%s: their digests are "
                    "%016" PRIx64 " and %016" PRIx64 "%s, so times cannot be compared",
                    files[a->file].path, files[b->file].path, a->row->pipeline,
                    tri_work_text(a->row, shape), a->row->input[0] != '\0' ? ", " : "",
                    a->row->input, a->row->digest, b->row->digest,
                    a->row->input_digest == 0 || b->row->input_digest == 0
                        ? " (an older file does not tell whether the inputs are the same)"
                        : "");
}

static bool has_digest(const struct tri_matched *at)
{
    return at->row->usable && at->row->digest != 0;
}

static enum tri_status check_bytes(const struct tri_works *works, const struct tri_results *files,
                                   struct tri_error *error)
{
    const struct tri_matched *truth = NULL;

    for (int i = 0; i < works->count; i++) {
        const struct tri_matched *at = &works->list[i];

        if (!has_digest(at))
            continue;
        if (truth == NULL || truth->work != at->work)
            truth = at;
        else if (truth->row->digest != at->row->digest)
            return refuse(files, truth, at, error);
    }
    return TRI_OK;
}

enum tri_status tri_match_works(const struct tri_results *files, int file_count,
                                struct tri_works *works, struct tri_error *error)
{
    *works = (struct tri_works){0};
    if (!add_all(works, files, file_count))
        return no_memory(error);
    qsort(works->list, (size_t)works->count, sizeof *works->list, by_key);
    for (struct tri_matched *first = works->list, *end = works->list + works->count, *next;
         first < end; first = next) {
        for (next = first + 1; next < end && strcmp(first->key, next->key) == 0;)
            next++;
        number_inputs(works, first, next);
    }
    qsort(works->list, (size_t)works->count, sizeof *works->list, by_work);
    return check_bytes(works, files, error);
}

void tri_works_free(struct tri_works *works)
{
    for (int i = 0; i < works->key_count; i++)
        free(works->keys[i]);
    free(works->keys);
    free(works->list);
    tdestroy(works->spellings, free_spelling);
    *works = (struct tri_works){0};
}

bool tri_results_has_work(const struct tri_results *results, const char *pipeline,
                          const struct tri_shape *shape)
{
    char *wanted = canonical(pipeline);
    bool found = false;

    for (int i = 0; i < results->row_count && wanted != NULL && !found; i++) {
        const struct tri_results_row *row = &results->rows[i];
        char *own =
            row->usable && tri_shape_equal(&row->shape, shape) ? canonical(row->pipeline) : NULL;
        found = own != NULL && strcmp(own, wanted) == 0;
        free(own);
    }
    free(wanted);
    return found;
}
