/* accept.c -- chooses the format of an answer by the Accept header (RFC 9110, 12.5.1). */
#include "serve/serve.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

/* In the order in which they are offered where the client has no preference but cannot get the
 * source's own. */
static const struct {
    const char *format, *media;
} types[] = {{"jpeg", "image/jpeg"},
             {"png", "image/png"},
             {"webp", "image/webp"},
             {"avif", "image/avif"},
             {"jxl", "image/jxl"},
             {"tiff", "image/tiff"},
             {"pnm", "image/x-portable-anymap"}};
enum { TYPES = sizeof types / sizeof types[0] };

const char *tri_serve_media(const struct tri_format *format)
{
    for (int i = 0; format != NULL && i < TYPES; i++) {
        if (strcmp(types[i].format, format->name) == 0)
            return types[i].media;
    }
    return NULL;
}

/* What a header thinks of a type. */
struct opinion {
    int named;     /* 3: the type itself, 2: "image" and any, 1: any; 0: it is not mentioned */
    double weight; /* 0 to 1 */
};

/* How a media range of that length fits the type, as in `named`. */
static int fit(const char *range, size_t length, const char *media)
{
    if (length == strlen(media) && strncasecmp(range, media, length) == 0)
        return 3;
    if (length == 7 && strncasecmp(range, "image/*", 7) == 0)
        return 2;
    return length == 3 && strncmp(range, "*/*", 3) == 0 ? 1 : 0;
}

/* The weight among the parameters of a range; 1 if there is none, and 0 if it is malformed. */
static double weight_of(const char *parameters, const char *end)
{
    for (const char *at = parameters; at < end; at++) {
        if (*at != ';')
            continue;
        at += 1 + strspn(at + 1, " \t");
        if (at + 2 >= end || tolower((unsigned char)at[0]) != 'q' || at[1] != '=') {
            at--;
            continue;
        }
        const bool one = at[2] == '1', number = one || at[2] == '0';
        double weight = one ? 1 : 0, unit = 0.1;
        if (!number || (at + 3 < end && at[3] != '.' && strchr(" \t;,", at[3]) == NULL))
            return 0;
        for (at += 4; !one && at < end && isdigit((unsigned char)*at); at++, unit /= 10)
            weight += (*at - '0') * unit;
        return weight;
    }
    return 1;
}

/* The most specific range that fits decides. */
static struct opinion opinion_of(const char *header, const char *media)
{
    struct opinion opinion = {0, 0};

    while (*header != '\0') {
        header += strspn(header, " \t,");
        const char *end = header + strcspn(header, ",");
        const int named = fit(header, strcspn(header, " \t;,"), media);
        if (named > opinion.named)
            opinion = (struct opinion){named, weight_of(header, end)};
        header = end;
    }
    return opinion;
}

/* Whether the client would rather have `a`. What it names goes before what it allows with others.
 */
static bool is_better(const struct opinion *a, const struct opinion *b)
{
    if (a->weight > b->weight || a->weight < b->weight)
        return a->weight > b->weight;
    return a->named == 3 && b->named < 3;
}

const struct tri_format *tri_serve_accept(const char *header, const struct tri_format *own)
{
    const struct tri_format *best = NULL;
    struct opinion highest = {0, 0};

    if (header == NULL)
        header = "*/*";
    if (tri_serve_media(own) != NULL) {
        highest = opinion_of(header, tri_serve_media(own));
        best = highest.weight > 0 ? own : NULL;
    }
    for (int i = 0; i < TYPES; i++) {
        const struct tri_format *format = tri_format_find(types[i].format);
        const struct opinion opinion = opinion_of(header, types[i].media);
        if (format == NULL || opinion.weight <= 0 ||
            (best != NULL && !is_better(&opinion, &highest)))
            continue;
        best = format;
        highest = opinion;
    }
    return best;
}
