/* cube.c -- reads colour tables from .cube files. */
#include "cube.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"
#define LINE 256

struct reader {
    const char *name;
    struct tri_cube head;
    struct tri_cube *cube; /* once rows begin */
    size_t rows, wanted;
    long line;
    struct tri_error *error;
};

__attribute__((format(printf, 2, 3))) static enum tri_status fail_at(const struct reader *reader,
                                                                     const char *format, ...)
{
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tri_fail(reader->error, TRI_FAILED, "%s, line %ld: %s", reader->name, reader->line,
                    text);
}

/* Reads `count` numbers, and nothing else. */
static bool read_numbers(const char *text, int count, double *numbers)
{
    char *end;
    for (int i = 0; i < count; i++) {
        numbers[i] = strtod(text, &end);
        if (end == text || !isfinite(numbers[i]))
            return false;
        text = end;
    }
    return text[strspn(text, BLANKS)] == '\0';
}

static enum tri_status read_size(const struct reader *reader, const char *word, const char *rest,
                                 int most, int *size)
{
    double number;
    if (reader->cube != NULL)
        return fail_at(reader, "%s comes after the first row of numbers", word);
    if (!read_numbers(rest, 1, &number) || number != floor(number) || number < 2 || number > most)
        return fail_at(reader, "%s is '%.60s'; expected a whole number from 2 to %d", word, rest,
                       most);
    *size = (int)number;
    return TRI_OK;
}

/* DOMAIN_MIN and DOMAIN_MAX, for both tables. */
static enum tri_status read_domain(const struct reader *reader, const char *word, const char *rest,
                                   double one[3], double other[3])
{
    double numbers[3];
    if (!read_numbers(rest, 3, numbers))
        return fail_at(reader, "%s is '%.60s'; expected three numbers", word, rest);
    memcpy(one, numbers, sizeof numbers);
    memcpy(other, numbers, sizeof numbers);
    return TRI_OK;
}

/* LUT_1D_INPUT_RANGE and LUT_3D_INPUT_RANGE. */
static enum tri_status read_range(const struct reader *reader, const char *word, const char *rest,
                                  double low[3], double high[3])
{
    double numbers[2];
    if (!read_numbers(rest, 2, numbers))
        return fail_at(reader, "%s is '%.60s'; expected two numbers", word, rest);
    for (int i = 0; i < 3; i++) {
        low[i] = numbers[0];
        high[i] = numbers[1];
    }
    return TRI_OK;
}

static enum tri_status read_keyword(struct reader *reader, const char *word, const char *rest)
{
    struct tri_cube *head = &reader->head;
    if (strcmp(word, "TITLE") == 0)
        return TRI_OK;
    if (strcmp(word, "LUT_1D_SIZE") == 0)
        return read_size(reader, word, rest, TRI_CUBE_1D_MAX, &head->size_1d);
    if (strcmp(word, "LUT_3D_SIZE") == 0)
        return read_size(reader, word, rest, TRI_CUBE_3D_MAX, &head->size_3d);
    if (strcmp(word, "DOMAIN_MIN") == 0)
        return read_domain(reader, word, rest, head->low_1d, head->low_3d);
    if (strcmp(word, "DOMAIN_MAX") == 0)
        return read_domain(reader, word, rest, head->high_1d, head->high_3d);
    if (strcmp(word, "LUT_1D_INPUT_RANGE") == 0)
        return read_range(reader, word, rest, head->low_1d, head->high_1d);
    if (strcmp(word, "LUT_3D_INPUT_RANGE") == 0)
        return read_range(reader, word, rest, head->low_3d, head->high_3d);
    return fail_at(reader, "unknown word '%.60s'; this is no .cube file, or a kind that is unknown",
                   word);
}

/* Makes room for the rows. */
static enum tri_status begin_rows(struct reader *reader)
{
    const size_t side = (size_t)reader->head.size_3d;
    reader->wanted = (size_t)reader->head.size_1d + side * side * side;
    if (reader->wanted == 0)
        return fail_at(reader, "numbers before LUT_1D_SIZE or LUT_3D_SIZE");
    reader->cube = malloc(sizeof *reader->cube + reader->wanted * 3 * sizeof(double));
    if (reader->cube == NULL)
        return tri_fail(reader->error, TRI_FAILED, "%s: out of memory for a table of %zu rows",
                        reader->name, reader->wanted);
    reader->cube->entries = (double *)(reader->cube + 1);
    return TRI_OK;
}

static enum tri_status read_row(struct reader *reader, const char *line)
{
    double numbers[3];
    if (reader->cube == NULL && begin_rows(reader) != TRI_OK)
        return TRI_FAILED;
    if (!read_numbers(line, 3, numbers))
        return fail_at(reader, "'%.60s' is no row of three numbers", line);
    if (reader->rows == reader->wanted)
        return fail_at(reader, "more rows than the %zu that the sizes say", reader->wanted);
    for (int i = 0; i < 3; i++)
        reader->cube->entries[3 * reader->rows + (size_t)i] = numbers[i];
    reader->rows++;
    return TRI_OK;
}

static enum tri_status read_line(struct reader *reader, char *line)
{
    line += strspn(line, BLANKS);
    line[strcspn(line, "\r")] = '\0';
    if (line[0] == '\0' || line[0] == '#')
        return TRI_OK;
    if (strchr("0123456789+-.", line[0]) != NULL)
        return read_row(reader, line);
    char *rest = line + strcspn(line, BLANKS);
    if (*rest != '\0')
        *rest++ = '\0';
    return read_keyword(reader, line, rest + strspn(rest, BLANKS));
}

static enum tri_status read_lines(struct reader *reader, const char *text, const char *end)
{
    enum tri_status status = TRI_OK;
    if (end - text >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3; /* byte order mark */
    while (status == TRI_OK && text < end) {
        char line[LINE];
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        const size_t length = (size_t)(stop - text) < LINE ? (size_t)(stop - text) : LINE - 1;
        memcpy(line, text, length);
        line[length] = '\0';
        reader->line++;
        status = read_line(reader, line);
        text = stop + 1;
    }
    return status;
}

static enum tri_status check_domains(const struct reader *reader)
{
    const struct tri_cube *head = &reader->head;
    for (int i = 0; i < 3; i++)
        if (!(head->low_1d[i] < head->high_1d[i]) || !(head->low_3d[i] < head->high_3d[i]))
            return tri_fail(reader->error, TRI_FAILED,
                            "%s: the domain of channel %d is empty: its end must be above its "
                            "beginning",
                            reader->name, i + 1);
    return TRI_OK;
}

static enum tri_status check(const struct reader *reader)
{
    if (reader->cube == NULL)
        return tri_fail(reader->error, TRI_FAILED, "%s has no table; expected a .cube file",
                        reader->name);
    if (reader->rows < reader->wanted)
        return tri_fail(reader->error, TRI_FAILED, "%s ends after %zu of %zu rows", reader->name,
                        reader->rows, reader->wanted);
    return check_domains(reader);
}

enum tri_status tri_cube_read(const char *name, const char *text, size_t size,
                              struct tri_cube **cube, struct tri_error *error)
{
    struct reader reader = {
        .name = name, .head = {.high_1d = {1, 1, 1}, .high_3d = {1, 1, 1}}, .error = error};
    enum tri_status status = read_lines(&reader, text, text + size);
    *cube = NULL;
    if (status == TRI_OK)
        status = check(&reader);
    if (status != TRI_OK) {
        free(reader.cube);
        return status;
    }
    reader.head.entries = reader.cube->entries;
    *reader.cube = reader.head;
    *cube = reader.cube;
    return TRI_OK;
}
