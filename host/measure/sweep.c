/* sweep.c -- picture sizes and numbers of workers, as text: one, a range, or a list. */
#include "measure/sweep.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM = 64 };

/* ---- lists ---- */

/* Copies the item up to the next comma, and moves `text` behind it. Returns false at the end of the
 * list, and for an item that is too long to be valid, which is cut. */
static bool next_item(const char **text, char item[ITEM])
{
    if (*text == NULL)
        return false;
    const size_t length = strcspn(*text, ",");
    snprintf(item, ITEM, "%.*s", length < ITEM ? (int)length : ITEM - 1, *text);
    *text = (*text)[length] == ',' ? *text + length + 1 : NULL;
    return true;
}

/* Splits "A..B" at its dots, in place. Returns B; NULL if the item is no range. */
static char *split_range(char item[ITEM])
{
    char *dots = strstr(item, "..");

    if (dots == NULL)
        return NULL;
    *dots = '\0';
    return dots + 2;
}

/* Returns a whole number from 1 to `most`; 0 if the text is none. */
static int number(const char *text, int most)
{
    char *end;

    if (!isdigit((unsigned char)text[0]) || strlen(text) > 9)
        return 0;
    const long value = strtol(text, &end, 10);
    return *end == '\0' && value >= 1 && value <= most ? (int)value : 0;
}

/* ---- sizes ---- */

static enum tri_status not_a_size(const char *text, struct tri_error *error)
{
    return tri_fail(error, TRI_USAGE,
                    "invalid size '%s'; expected one like 512, 1920x1080 or 64..8192, or a list of "
                    "these, at most %d a side",
                    text, TRI_SIDE_MAX);
}

static enum tri_status add_size(struct tri_sizes *sizes, int width, int height,
                                struct tri_error *error)
{
    for (int i = 0; i < sizes->count; i++)
        if (sizes->list[i].width == width && sizes->list[i].height == height)
            return tri_fail(error, TRI_USAGE, "the size %dx%d is given twice", width, height);
    if (sizes->count == TRI_SIZES_MAX)
        return tri_fail(error, TRI_USAGE, "more than %d sizes", TRI_SIZES_MAX);
    sizes->list[sizes->count++] = (struct tri_shape){.width = width, .height = height};
    return TRI_OK;
}

static enum tri_status add_size_range(struct tri_sizes *sizes, int from, int to,
                                      struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    int side = from;

    if (from > to)
        return tri_fail(error, TRI_USAGE,
                        "the sizes %d..%d run backwards; the smaller one is first", from, to);
    for (; side < to && status == TRI_OK; side = side > to / 2 ? to : 2 * side)
        status = add_size(sizes, side, side, error);
    return status == TRI_OK ? add_size(sizes, to, to, error) : status;
}

static enum tri_status add_size_item(struct tri_sizes *sizes, char item[ITEM],
                                     struct tri_error *error)
{
    char given[ITEM];

    memcpy(given, item, ITEM);
    char *last = split_range(item), *by = last == NULL ? strchr(item, 'x') : NULL;
    if (by != NULL)
        *by = '\0';
    const int first = number(item, TRI_SIDE_MAX);
    const char *second_text = last != NULL ? last : by != NULL ? by + 1 : item;
    const int second = number(second_text, TRI_SIDE_MAX);
    if (first == 0 || second == 0)
        return not_a_size(given, error);
    return last != NULL ? add_size_range(sizes, first, second, error)
                        : add_size(sizes, first, second, error);
}

enum tri_status tri_sizes_parse(const char *text, struct tri_sizes *sizes, struct tri_error *error)
{
    char item[ITEM];
    enum tri_status status = TRI_OK;

    sizes->count = 0;
    while (status == TRI_OK && next_item(&text, item))
        status = add_size_item(sizes, item, error);
    return status;
}

/* ---- numbers of workers ---- */

static int count_of(const char *text, int most)
{
    return strcmp(text, "N") == 0 ? most : number(text, TRI_WORKER_COUNTS_MAX);
}

static enum tri_status add_count(struct tri_worker_counts *counts, int count,
                                 struct tri_error *error)
{
    for (int i = 0; i < counts->count; i++)
        if (counts->list[i] == count)
            return tri_fail(error, TRI_USAGE, "%d workers are given twice", count);
    if (counts->count < TRI_WORKER_COUNTS_MAX) /* all of them differ */
        counts->list[counts->count++] = count;
    return TRI_OK;
}

enum tri_status tri_worker_counts_parse(const char *text, int most,
                                        struct tri_worker_counts *counts, struct tri_error *error)
{
    char item[ITEM], given[ITEM];
    enum tri_status status = TRI_OK;

    counts->count = 0;
    while (status == TRI_OK && next_item(&text, item)) {
        memcpy(given, item, ITEM);
        const char *last = split_range(item);
        const int from = count_of(item, most), to = last != NULL ? count_of(last, most) : from;
        if (from == 0 || to == 0)
            return tri_fail(error, TRI_USAGE,
                            "invalid number of workers '%s'; expected one like 4, 1..8 or 1..N (N "
                            "is %d here), or a list of these, at most %d",
                            given, most, TRI_WORKER_COUNTS_MAX);
        if (from > to)
            return tri_fail(error, TRI_USAGE,
                            "the numbers of workers %d..%d run backwards; the smaller one is first",
                            from, to);
        for (int n = from; n <= to && status == TRI_OK; n++)
            status = add_count(counts, n, error);
    }
    return status;
}
