/* target.c -- takes URLs apart: a pipeline, the path of a picture, and options of the output, which
 * are named as those of `triptych run`. */
#include "serve/serve.h"

#include "pipeline/spelling.h"

#include <stdlib.h>

/* ---- percent-encoding ---- */

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char lower = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    const char *at = c != '\0' ? strchr(digits, lower) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* False: it is wrong, has a character with code 0, or does not fit. */
static bool decode(const char *from, size_t length, char *to, size_t room)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        char c = from[i];
        if (c == '%') {
            const int high = i + 2 < length ? digit_of(from[i + 1]) : -1;
            const int low = high >= 0 ? digit_of(from[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || used + 1 == room)
            return false;
        to[used++] = c;
    }
    to[used] = '\0';
    return true;
}

/* ---- the query ---- */

/* Where options are collected. */
struct query {
    struct tri_serve_target *target;
    struct tri_error *error;
};

static bool refuse(const struct query *query, const char *name, const char *value,
                   const char *expected)
{
    tri_fail(query->error, TRI_USAGE, "invalid value '%s' for %s; expected %s", value, name,
             expected);
    return false;
}

static bool take_number(const struct query *query, const char *name, const char *value, int least,
                        int most, int *number)
{
    char expected[40], *end;
    const long parsed = strtol(value, &end, 10);

    snprintf(expected, sizeof expected, "%d to %d", least, most);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || parsed < least || parsed > most)
        return refuse(query, name, value, expected);
    *number = (int)parsed;
    return true;
}

/* `words` is "a|b"; the number of the word goes to `index`. */
static bool take_word(const struct query *query, const char *name, const char *value,
                      const char *words, int *index)
{
    *index = tri_word_index(words, value, strlen(value));
    return *index >= 0 || refuse(query, name, value, words);
}

static bool take_format(const struct query *query, const char *name, const char *value)
{
    query->target->write.format = tri_format_find(value);
    if (query->target->write.format != NULL && tri_serve_media(query->target->write.format) != NULL)
        return true;
    return refuse(query, name, value, "a format that was built in");
}

static bool take_quality(const struct query *query, const char *name, const char *value)
{
    return take_number(query, name, value, 1, 100, &query->target->write.quality);
}

static bool take_colours(const struct query *query, const char *name, const char *value)
{
    return take_number(query, name, value, 2, 256, &query->target->write.colours);
}

static bool take_depth(const struct query *query, const char *name, const char *value)
{
    int index;
    const bool valid = take_word(query, name, value, "8|16", &index);

    query->target->write.depth = valid ? 8 + 8 * index : 0;
    return valid;
}

/* Enums of the options count as their words do. */
#define WORDS(function, member, enumeration, words) \
    static bool function(const struct query *query, const char *name, const char *value) \
    { \
        int index; \
        const bool valid = take_word(query, name, value, words, &index); \
        if (valid) \
            query->target->member = (enumeration)index; \
        return valid; \
    }
WORDS(take_level, write.png_level, enum tri_png_level, "default|fast|small")
WORDS(take_subsampling, write.subsampling, enum tri_subsampling, "420|422|444")
WORDS(take_dither, write.dither, enum tri_dither, "on|off")
WORDS(take_lossless, write.lossless, bool, "off|on")
WORDS(take_interlace, write.interlace, enum tri_interlace, "off|on")
WORDS(take_shrink, shrink, enum tri_shrink, "off|good|fast")
WORDS(take_strip, strip, bool, "off|on")

static bool take_background(const struct query *query, const char *name, const char *value)
{
    (void)name;
    return tri_background_parse(value, &query->target->write.background, query->error) == TRI_OK;
}

static const struct {
    const char *name;
    bool (*take)(const struct query *query, const char *name, const char *value);
} known[] = {{"format", take_format},         {"quality", take_quality},
             {"png-level", take_level},       {"subsampling", take_subsampling},
             {"lossless", take_lossless},     {"depth", take_depth},
             {"colors", take_colours},        {"dither", take_dither},
             {"interlace", take_interlace},   {"background", take_background},
             {"shrink-on-load", take_shrink}, {"strip", take_strip}};
enum { KNOWN = sizeof known / sizeof known[0], VALUE_MAX = 40 };

/* Takes "name=value", or "name" for an option that is on or off. The value goes to `values`. */
static bool take_option(const struct query *query, const char *text, size_t length,
                        char values[KNOWN][VALUE_MAX])
{
    char option[200];
    int which = 0;

    if (!decode(text, length, option, sizeof option)) {
        tri_fail(query->error, TRI_USAGE, "an option of the query is malformed");
        return false;
    }
    char *equals = strchr(option, '=');
    if (equals != NULL)
        *equals = '\0';
    const char *value = equals != NULL ? equals + 1 : "on";
    while (which < KNOWN && strcmp(known[which].name, option) != 0)
        which++;
    if (which == KNOWN) {
        tri_fail(query->error, TRI_USAGE, "unknown option '%s'", option);
        return false;
    }
    if (values[which][0] != '\0') {
        tri_fail(query->error, TRI_USAGE, "%s is given twice", option);
        return false;
    }
    snprintf(values[which], VALUE_MAX, "%s", value);
    if (strlen(value) >= VALUE_MAX)
        return refuse(query, option, "...", "fewer characters");
    return known[which].take(query, option, value);
}

static enum tri_status parse_query(const char *text, struct tri_serve_target *target,
                                   struct tri_error *error)
{
    const struct query query = {target, error};
    char values[KNOWN][VALUE_MAX] = {{0}};
    size_t used = 0;

    while (text != NULL && *text != '\0') {
        const size_t length = strcspn(text, "&");
        if (length > 0 && !take_option(&query, text, length, values))
            return TRI_USAGE;
        text += length + (text[length] == '&');
    }
    for (int i = 0; i < KNOWN; i++) {
        if (values[i][0] != '\0' && used < sizeof target->chosen)
            used += (size_t)snprintf(target->chosen + used, sizeof target->chosen - used, "%d=%s&",
                                     i, values[i]);
    }
    return used < sizeof target->chosen
               ? TRI_OK
               : tri_fail(error, TRI_USAGE, "the query has too many options");
}

/* ---- the path ---- */

enum tri_status tri_serve_target_parse(const char *path, const char *query,
                                       struct tri_serve_target *target, struct tri_error *error)
{
    memset(target, 0, sizeof *target);
    target->write = tri_write_options_default();
    /* As `triptych run` has it. */
    target->write.background = (struct tri_background){TRI_BACKGROUND_TOLD, {255, 255, 255}};
    if (path == NULL || path[0] != '/' || path[1] == '\0' || path[1] == '/')
        return tri_fail(error, TRI_USAGE, "expected /PIPELINE/PATH");
    const size_t length = strcspn(path + 1, "/");
    const char *rest = path + 1 + length;
    if (!decode(path + 1, length, target->pipeline, sizeof target->pipeline))
        return tri_fail(error, TRI_USAGE, "the pipeline is malformed or too long");
    if (!decode(rest, strlen(rest), target->path, sizeof target->path))
        return tri_fail(error, TRI_USAGE, "the path is malformed or too long");
    return parse_query(query, target, error);
}
