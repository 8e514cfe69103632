/* place_map.c -- reads maps of coordinates from gray PGM and PFM files. */
#include "place_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *name;
    const unsigned char *at, *end;
    long most; /* of PGM; 0: PFM */
    bool text, big_endian;
    struct tri_error *error;
};

static enum tri_status fail(const struct reader *reader, const char *why)
{
    return tri_fail(reader->error, TRI_FAILED, "cannot read the map %s: %s", reader->name, why);
}

/* ---- the head ---- */

static bool is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Comments go from # to the end of a line. */
static void skip_blanks(struct reader *reader)
{
    bool comment = false;
    for (; reader->at < reader->end && (comment || is_blank(*reader->at) || *reader->at == '#');
         reader->at++)
        comment = *reader->at == '#' || (comment && *reader->at != '\n');
}

/* A whole number from `low` to `high`. */
static bool read_number(struct reader *reader, long low, long high, long *number)
{
    skip_blanks(reader);
    const unsigned char *first = reader->at;
    *number = 0;
    for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
        *number = *number * 10 + *reader->at - '0';
        if (*number > high)
            return false;
    }
    return reader->at > first && *number >= low;
}

/* The scale of PFM, whose sign tells the order of bytes. */
static bool read_order(struct reader *reader)
{
    char *end;
    skip_blanks(reader);
    const double scale = strtod((const char *)reader->at, &end);
    const bool any = end > (const char *)reader->at;
    reader->at = (const unsigned char *)end;
    reader->big_endian = scale > 0;
    return any && isfinite(scale) && scale != 0;
}

/* The number of bytes that samples have at least. */
static size_t least(const struct reader *reader, long width, long height)
{
    const size_t count = (size_t)width * (size_t)height;
    return reader->text         ? 2 * count - 1
           : reader->most == 0  ? 4 * count
           : reader->most > 255 ? 2 * count
                                : count;
}

static enum tri_status read_head(struct reader *reader, long *width, long *height)
{
    const char *magic = (const char *)reader->at;
    if (reader->end - reader->at < 3 || magic[0] != 'P' || strchr("25f", magic[1]) == NULL ||
        !is_blank(magic[2]))
        return fail(reader, "it is neither a gray PGM file (P2, P5) nor a gray PFM file (Pf); "
                            "'triptych run copy map.png -o map.pgm' makes one of a gray picture");
    reader->text = magic[1] == '2';
    reader->at += 2;
    if (!read_number(reader, 1, TRI_SIDE_MAX, width) ||
        !read_number(reader, 1, TRI_SIDE_MAX, height))
        return fail(reader, "its size is no pair of whole numbers from 1 to 1000000");
    if (magic[1] == 'f' ? !read_order(reader) : !read_number(reader, 1, 65535, &reader->most))
        return fail(reader, magic[1] == 'f' ? "its scale is no number"
                                            : "its maximum is no whole number from 1 to 65535");
    if (reader->at == reader->end || !is_blank(*reader->at))
        return fail(reader, "it ends within its head");
    reader->at++;
    return (size_t)(reader->end - reader->at) >= least(reader, *width, *height)
               ? TRI_OK
               : fail(reader, "it ends before its last sample");
}

/* ---- samples ---- */

static float read_float(const struct reader *reader)
{
    const unsigned char *b = reader->at;
    const uint32_t bits =
        reader->big_endian
            ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
            : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
    float number;
    memcpy(&number, &bits, sizeof number);
    return number > TRI_PLACE_MOST    ? TRI_PLACE_MOST
           : number < -TRI_PLACE_MOST ? -TRI_PLACE_MOST
                                      : number;
}

/* Of a file that is long enough, unless it is text. */
static enum tri_status read_sample(struct reader *reader, float *number)
{
    long value = 0;
    if (reader->text) {
        if (!read_number(reader, 0, reader->most, &value))
            return fail(reader, "a sample is no whole number from 0 to its maximum");
    } else if (reader->most == 0) {
        *number = read_float(reader);
        reader->at += 4;
        return isnan(*number) ? fail(reader, "a sample is not a number") : TRI_OK;
    } else {
        value = *reader->at++;
        if (reader->most > 255)
            value = value << 8 | *reader->at++;
        if (value > reader->most)
            return fail(reader, "a sample is more than its maximum");
    }
    *number = (float)value;
    return TRI_OK;
}

static long common_divisor(long a, long b)
{
    while (b != 0) {
        const long rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Rows of PFM go from the bottom up. */
static enum tri_status read_samples(struct reader *reader, struct tri_place_map *map)
{
    for (int y = 0; y < map->height; y++) {
        float *row = map->numbers +
                     (size_t)(reader->most == 0 ? map->height - 1 - y : y) * (size_t)map->width;
        for (int x = 0; x < map->width; x++) {
            if (read_sample(reader, &row[x]) != TRI_OK)
                return TRI_FAILED;
            map->whole &= row[x] == floorf(row[x]);
            map->step = common_divisor(labs((long)row[x]), map->step);
        }
    }
    return TRI_OK;
}

enum tri_status tri_place_map_read(const char *name, const char *bytes, size_t size,
                                   struct tri_place_map **map, struct tri_error *error)
{
    const unsigned char *data = (const unsigned char *)bytes;
    struct reader reader = {.name = name, .at = data, .end = data + size, .error = error};
    long width, height;
    *map = NULL;
    if (read_head(&reader, &width, &height) != TRI_OK)
        return TRI_FAILED;
    struct tri_place_map *made =
        malloc(sizeof *made + (size_t)width * (size_t)height * sizeof made->numbers[0]);
    if (made == NULL)
        return fail(&reader, "out of memory");
    made->width = (int)width;
    made->height = (int)height;
    made->whole = true;
    made->step = 0;
    const enum tri_status status = read_samples(&reader, made);
    if (status == TRI_OK)
        *map = made;
    else
        free(made);
    return status;
}
