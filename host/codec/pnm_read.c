/* pnm_read.c -- reads a PBM, PGM, PPM (P1 to P6) or PAM (P7) file into a planar image. */
#include "pnm_codec.h"

#include <stdlib.h>
#include <string.h>

/* A file being read; header fields are as in PAM, for the older formats too. */
struct pnm {
    struct tri_source *source;
    size_t at;
    int kind; /* the digit after the P */
    uint32_t width, height, planes, maxval;
    /* the sample for each value, if values need scaling; values above maxval get maxval's */
    uint16_t *scale;
};

/* ---- text ---- */

static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* The next character, or EOF. A comment counts as the newline that ends it, as in Netpbm's own
 * programs. */
static int next(struct pnm *pnm)
{
    const unsigned char *data = pnm->source->data;
    const size_t size = pnm->source->size;
    if (pnm->at == size)
        return EOF;
    int c = data[pnm->at++];
    if (c == '#') {
        while (pnm->at < size && c != '\n')
            c = data[pnm->at++];
        if (c != '\n')
            return EOF;
    }
    return c;
}

enum number { NUMBER, NUMBER_MISSING, NUMBER_BAD, NUMBER_LARGE };

/* Also consumes the character after the number: the pixels of P4 to P6 follow it. */
static enum number read_number(struct pnm *pnm, uint32_t *number)
{
    uint64_t value = 0;
    int c = next(pnm);
    while (is_space(c))
        c = next(pnm);
    if (c == EOF)
        return NUMBER_MISSING;
    if (!is_digit(c))
        return NUMBER_BAD;
    for (; is_digit(c); c = next(pnm)) {
        value = value * 10 + (uint64_t)(c - '0');
        if (value > UINT32_MAX)
            return NUMBER_LARGE;
    }
    *number = (uint32_t)value;
    return is_space(c) || c == EOF ? NUMBER : NUMBER_BAD;
}

/* ---- headers ---- */

static enum tri_status header_number(struct pnm *pnm, uint32_t *number, const char *name)
{
    switch (read_number(pnm, number)) {
    case NUMBER:
        return TRI_OK;
    case NUMBER_MISSING:
        return tri_source_fail(pnm->source, "the file is truncated in the header, before the %s",
                               name);
    case NUMBER_LARGE:
        return tri_source_fail(pnm->source, "the %s is too large", name);
    default:
        return tri_source_fail(pnm->source, "the %s is not a number", name);
    }
}

static enum tri_status read_header(struct pnm *pnm)
{
    pnm->planes = pnm->kind == 3 || pnm->kind == 6 ? 3 : 1;
    pnm->maxval = 1;
    if (header_number(pnm, &pnm->width, "width") != TRI_OK ||
        header_number(pnm, &pnm->height, "height") != TRI_OK)
        return TRI_FAILED;
    return pnm->kind == 1 || pnm->kind == 4 ? TRI_OK : header_number(pnm, &pnm->maxval, "maxval");
}

/* Part of a line; not terminated. */
struct piece {
    const unsigned char *text;
    size_t size;
};

static bool piece_is(struct piece piece, const char *text)
{
    return piece.size == strlen(text) && memcmp(piece.text, text, piece.size) == 0;
}

static struct piece trim(struct piece piece)
{
    for (; piece.size > 0 && is_space(piece.text[0]); piece.size--)
        piece.text++;
    while (piece.size > 0 && is_space(piece.text[piece.size - 1]))
        piece.size--;
    return piece;
}

/* Splits the next line into its first word and the rest. False if the file ends before the line. */
static bool read_line(struct pnm *pnm, struct piece *word, struct piece *rest)
{
    const unsigned char *start = pnm->source->data + pnm->at;
    const unsigned char *end = memchr(start, '\n', pnm->source->size - pnm->at);
    if (end == NULL)
        return false;
    pnm->at = (size_t)(end + 1 - pnm->source->data);
    *rest = trim((struct piece){start, (size_t)(end - start)});
    *word = (struct piece){rest->text, 0};
    while (word->size < rest->size && !is_space(rest->text[word->size]))
        word->size++;
    *rest = trim((struct piece){rest->text + word->size, rest->size - word->size});
    return true;
}

static bool parse_field(struct piece piece, uint32_t *field)
{
    uint64_t value = 0;
    for (size_t i = 0; i < piece.size; i++) {
        value = value * 10 + (uint64_t)(piece.text[i] - '0');
        if (!is_digit(piece.text[i]) || value > UINT32_MAX)
            return false;
    }
    *field = (uint32_t)value;
    return piece.size > 0;
}

/* Samples per tuple of a type; 0 if the type is unknown. */
static uint32_t depth_of(struct piece type)
{
    static const struct {
        const char *name;
        uint32_t depth;
    } types[] = {{"BLACKANDWHITE", 1},       {"GRAYSCALE", 1},       {"RGB", 3},
                 {"BLACKANDWHITE_ALPHA", 2}, {"GRAYSCALE_ALPHA", 2}, {"RGB_ALPHA", 4}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (piece_is(type, types[i].name))
            return types[i].depth;
    }
    return 0;
}

static enum tri_status read_pam_line(struct pnm *pnm, struct piece word, struct piece rest,
                                     uint32_t *depth)
{
    static const char *const names[] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};
    uint32_t *const fields[] = {&pnm->width, &pnm->height, &pnm->planes, &pnm->maxval};
    for (int i = 0; i < 4; i++) {
        if (piece_is(word, names[i]))
            return parse_field(rest, fields[i])
                       ? TRI_OK
                       : tri_source_fail(pnm->source, "the %s is not a number", names[i]);
    }
    if (!piece_is(word, "TUPLTYPE"))
        return tri_source_fail(pnm->source, "unknown line in the header");
    *depth = depth_of(rest);
    return *depth > 0 ? TRI_OK
                      : tri_source_fail(pnm->source, "invalid TUPLTYPE; expected BLACKANDWHITE, "
                                                     "GRAYSCALE or RGB, alone or with _ALPHA");
}

static enum tri_status read_pam_header(struct pnm *pnm)
{
    struct piece word, rest;
    uint32_t depth = 0; /* according to the tuple type */
    do {
        if (!read_line(pnm, &word, &rest))
            return tri_source_fail(pnm->source,
                                   "the file is truncated in the header, before ENDHDR");
        if (word.size > 0 && word.text[0] != '#' && !piece_is(word, "ENDHDR") &&
            read_pam_line(pnm, word, rest, &depth) != TRI_OK)
            return TRI_FAILED;
    } while (!piece_is(word, "ENDHDR"));
    if (pnm->planes < 1 || pnm->planes > TRI_PLANES_MAX)
        return tri_source_fail(pnm->source, "invalid DEPTH %u; expected 1 to 4", pnm->planes);
    if (depth > 0 && depth != pnm->planes)
        return tri_source_fail(pnm->source, "DEPTH is %u, but TUPLTYPE requires %u", pnm->planes,
                               depth);
    return TRI_OK;
}

/* ---- pixels ---- */

static size_t sample_bytes(const struct pnm *pnm)
{
    return pnm->maxval > 255 ? 2 : 1;
}

static bool is_plain(const struct pnm *pnm)
{
    return pnm->kind <= 3;
}

static size_t row_samples(const struct pnm *pnm)
{
    return (size_t)pnm->width * pnm->planes;
}

static size_t row_bytes(const struct pnm *pnm)
{
    return pnm->kind == 4 ? ((size_t)pnm->width + 7) / 8 : row_samples(pnm) * sample_bytes(pnm);
}

/* Compares the header with the file's size before allocating memory. For plain numbers only a
 * minimum is known. */
static enum tri_status check_header(const struct pnm *pnm)
{
    const struct tri_source *source = pnm->source;
    if (pnm->width == 0 || pnm->height == 0)
        return tri_source_fail(source, "a picture of %u x %u pixels is empty", pnm->width,
                               pnm->height);
    if (pnm->maxval < 1 || pnm->maxval > 65535)
        return tri_source_fail(source, "invalid maxval %u; expected 1 to 65535", pnm->maxval);
    if (tri_source_check_size(source, pnm->width, pnm->height) != TRI_OK)
        return TRI_FAILED;
    const size_t left = source->size - pnm->at, samples = row_samples(pnm) * pnm->height;
    const size_t wanted = pnm->kind == 1  ? samples
                          : is_plain(pnm) ? samples * 2 - 1
                                          : row_bytes(pnm) * pnm->height;
    if (left < wanted)
        return tri_source_fail(source, "the file is truncated: it has %zu of %s%zu bytes of pixels",
                               left, is_plain(pnm) ? "at least " : "", wanted);
    return TRI_OK;
}

/* Covers all values a sample can hold, not only those up to maxval, so look-ups need no check. */
static enum tri_status make_scale(struct pnm *pnm)
{
    const uint32_t full = pnm->maxval > 255 ? 65535 : 255, values = full + 1;
    if (pnm->maxval == full && !is_plain(pnm))
        return TRI_OK;
    pnm->scale = malloc(values * sizeof pnm->scale[0]);
    if (pnm->scale == NULL)
        return tri_source_fail(pnm->source, "out of memory for a table");
    for (uint32_t i = 0; i < values; i++) {
        const uint32_t value = i < pnm->maxval ? i : pnm->maxval;
        pnm->scale[i] = (uint16_t)((value * full + pnm->maxval / 2) / pnm->maxval);
    }
    return TRI_OK;
}

static void put(const struct pnm *pnm, void *row, size_t i, uint32_t sample)
{
    if (pnm->maxval > 255)
        ((uint16_t *)row)[i] = (uint16_t)sample;
    else
        ((uint8_t *)row)[i] = (uint8_t)sample;
}

/* The digits of P1 need no separators. */
static enum number read_bit(struct pnm *pnm, uint32_t *bit)
{
    int c = next(pnm);
    while (is_space(c))
        c = next(pnm);
    *bit = c == '0'; /* 1 is black */
    return c == '0' || c == '1' ? NUMBER : c == EOF ? NUMBER_MISSING : NUMBER_BAD;
}

static enum tri_status fail_value(const struct pnm *pnm, int y)
{
    return tri_source_fail(pnm->source, "row %d has a sample above the maxval of %u", y,
                           pnm->maxval);
}

static enum tri_status read_plain_row(struct pnm *pnm, int y, void *row)
{
    for (size_t i = 0; i < row_samples(pnm); i++) {
        uint32_t value = 0;
        switch (pnm->kind == 1 ? read_bit(pnm, &value) : read_number(pnm, &value)) {
        case NUMBER:
            break;
        case NUMBER_MISSING:
            return tri_source_fail(pnm->source, "the file is truncated: it has %zu of %zu samples",
                                   row_samples(pnm) * (size_t)y + i,
                                   row_samples(pnm) * pnm->height);
        case NUMBER_LARGE:
            return fail_value(pnm, y);
        default:
            return tri_source_fail(pnm->source, "row %d has a sample that is not a number", y);
        }
        if (value > pnm->maxval)
            return fail_value(pnm, y);
        put(pnm, row, i, pnm->scale[value]);
    }
    return TRI_OK;
}

static void read_bitmap_row(const struct pnm *pnm, const unsigned char *from, uint8_t *row)
{
    for (uint32_t x = 0; x < pnm->width; x++)
        row[x] = from[x / 8] >> (7 - x % 8) & 1 ? 0 : 255; /* 1 is black */
}

static enum tri_status scale_row(const struct pnm *pnm, int y, void *row, const unsigned char *from)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < row_samples(pnm); i++) {
        const uint32_t value =
            pnm->maxval > 255 ? (uint32_t)from[i * 2] << 8 | from[i * 2 + 1] : from[i];
        largest = value > largest ? value : largest;
        put(pnm, row, i, pnm->scale[value]);
    }
    return largest > pnm->maxval ? fail_value(pnm, y) : TRI_OK;
}

/* Gets row y in native samples: in `row`, or in the file itself. */
static enum tri_status read_row(struct pnm *pnm, int y, void *row, const void **samples)
{
    const unsigned char *from = pnm->source->data + pnm->at;
    *samples = row;
    if (is_plain(pnm))
        return read_plain_row(pnm, y, row);
    pnm->at += row_bytes(pnm);
    if (pnm->kind == 4)
        read_bitmap_row(pnm, from, row);
    else if (pnm->scale != NULL)
        return scale_row(pnm, y, row, from);
    else if (pnm->maxval == 65535)
        tri_pnm_swap(row, from, row_samples(pnm));
    else
        *samples = from;
    return TRI_OK;
}

static enum tri_status read_rows(struct pnm *pnm, struct tri_image *image, void *row)
{
    for (int y = 0; y < image->shape.height; y++) {
        const void *samples;
        const enum tri_status status = read_row(pnm, y, row, &samples);
        if (status != TRI_OK)
            return status;
        tri_row_split(image, y, samples);
    }
    return TRI_OK;
}

/* ---- concatenated pictures ---- */

/* Skips the samples of a plain picture. False if they do not end within the data. */
static bool skip_plain(struct pnm *pnm, bool whole)
{
    uint32_t value;
    for (uint64_t i = 0; i < (uint64_t)row_samples(pnm) * pnm->height; i++) {
        const enum number number =
            pnm->kind == 1 ? read_bit(pnm, &value) : read_number(pnm, &value);
        if (number == NUMBER_MISSING)
            return false;
    }
    return whole || pnm->at < pnm->source->size; /* otherwise its last number may continue */
}

size_t tri_pnm_extent(const unsigned char *data, size_t size, bool whole, size_t *wanted)
{
    struct tri_error unsaid;
    struct tri_source source = {
        .data = data, .size = size, .max_pixels = UINT64_MAX, .error = &unsaid};
    struct pnm pnm = {.source = &source, .at = 2};
    *wanted = size < SIZE_MAX / 2 ? 2 * size : size; /* unless the header gives the size */
    if (!tri_pnm_probe(data, size))
        return 0;
    pnm.kind = data[1] - '0';
    if ((pnm.kind == 7 ? read_pam_header(&pnm) : read_header(&pnm)) != TRI_OK || pnm.width < 1 ||
        pnm.height < 1 || tri_source_check_size(&source, pnm.width, pnm.height) != TRI_OK)
        return 0;
    if (is_plain(&pnm))
        return skip_plain(&pnm, whole) ? pnm.at : 0;
    const uint64_t bytes = (uint64_t)row_bytes(&pnm) * pnm.height;
    *wanted = pnm.at + (size_t)bytes;
    return *wanted <= size ? *wanted : 0;
}

bool tri_pnm_read_head(const unsigned char *data, size_t size, struct tri_pnm_head *head)
{
    struct tri_error unsaid;
    struct tri_source source = {
        .data = data, .size = size, .max_pixels = UINT64_MAX, .error = &unsaid};
    struct pnm pnm = {.source = &source, .at = 2};
    if (!tri_pnm_probe(data, size) || data[1] < '5')
        return false;
    pnm.kind = data[1] - '0';
    if ((pnm.kind == 7 ? read_pam_header(&pnm) : read_header(&pnm)) != TRI_OK)
        return false;
    *head = (struct tri_pnm_head){pnm.width, pnm.height, pnm.planes, pnm.maxval, pnm.at};
    return true;
}

static void look_behind(const struct pnm *first)
{
    struct tri_source *source = first->source;
    size_t at = first->at, extent = 1, wanted;
    long more = 0;
    for (; extent > 0; at += extent) {
        while (at < source->size && is_space(source->data[at]))
            at++;
        extent = tri_pnm_extent(source->data + at, source->size - at, true, &wanted);
        more += extent > 0;
    }
    const bool damaged = tri_pnm_probe(source->data + at, source->size - at);
    if (more == 0 && !damaged)
        return;
    source->pictures = at == source->size ? more + 1 : 0;
    if (source->pictures > 0)
        tri_source_warn(source, "only the first of %ld pictures is read", more + 1);
    else
        tri_source_warn(source, "only the first of several pictures is read");
}

/* ---- one picture ---- */

static enum tri_status decode(struct pnm *pnm, struct tri_image **image, void **row)
{
    const enum tri_status status = pnm->kind == 7 ? read_pam_header(pnm) : read_header(pnm);
    if (status != TRI_OK || check_header(pnm) != TRI_OK || make_scale(pnm) != TRI_OK)
        return TRI_FAILED;
    if (tri_source_image(pnm->source, pnm->width, pnm->height, (int)pnm->planes,
                         pnm->maxval > 255 ? 16 : 8, image) != TRI_OK)
        return TRI_FAILED;
    *row = malloc(row_samples(pnm) * sample_bytes(pnm));
    if (*row == NULL)
        return tri_source_fail(pnm->source, "out of memory for a row");
    return read_rows(pnm, *image, *row);
}

enum tri_status tri_pnm_read(struct tri_source *source, struct tri_image **image)
{
    struct pnm pnm = {.source = source, .at = 2, .kind = source->data[1] - '0'};
    void *row = NULL;
    const enum tri_status status = decode(&pnm, image, &row);
    free(row);
    free(pnm.scale);
    if (status == TRI_OK && !source->several)
        look_behind(&pnm);
    return status;
}
