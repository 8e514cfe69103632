/* text_value.c -- values of parameters that are text: lists of numbers, colours, files. */
#include "text_value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n"
#define NUMBERS_MAX 4096
#define FILE_MOST ((size_t)1 << 28)

static enum tri_status no_memory(struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
}

/* ---- lists ---- */

/* Where a list is read. */
struct list_reader {
    const struct tri_kernel *kernel;
    const struct tri_param *param;
    const char *at;
    int in_row, rows;
};

static enum tri_status fail_at_number(const struct list_reader *reader, int number, int length,
                                      const char *expected, struct tri_error *error)
{
    return tri_fail(error, TRI_USAGE, "%s: number %d of %s is '%.*s'; expected %s",
                    reader->kernel->about->name, number, reader->param->name, length, reader->at,
                    expected);
}

/* Reads the next number, of the length `length`. */
static enum tri_status read_number(const struct list_reader *reader, int length,
                                   struct tri_list *list, double *numbers, struct tri_error *error)
{
    char word[64], *end = word, expected[80];
    const bool plain = (int)strspn(reader->at, "0123456789.eE+-") >= length;
    const int number = list->count + 1;
    if (number > NUMBERS_MAX)
        return tri_fail(error, TRI_USAGE, "%s: %s has more than %d numbers",
                        reader->kernel->about->name, reader->param->name, NUMBERS_MAX);
    snprintf(word, sizeof word, "%.*s", length, reader->at);
    const double value = strtod(word, &end);
    if (!plain || length >= (int)sizeof word || *end != '\0' || !isfinite(value))
        return fail_at_number(reader, number, length, "a number", error);
    if (value < reader->param->minimum || value > reader->param->maximum) {
        snprintf(expected, sizeof expected, "%g to %.10g", reader->param->minimum,
                 reader->param->maximum);
        return fail_at_number(reader, number, length, expected, error);
    }
    numbers[list->count++] = value;
    return TRI_OK;
}

/* All rows of a list have one length. */
static enum tri_status end_row(struct list_reader *reader, struct tri_list *list,
                               struct tri_error *error)
{
    if (reader->in_row == 0)
        return tri_fail(error, TRI_USAGE, "%s: row %d of %s is empty; expected numbers",
                        reader->kernel->about->name, reader->rows + 1, reader->param->name);
    if (reader->rows > 0 && reader->in_row != list->columns)
        return tri_fail(error, TRI_USAGE, "%s: row %d of %s has %d number%s, but row 1 has %d",
                        reader->kernel->about->name, reader->rows + 1, reader->param->name,
                        reader->in_row, reader->in_row == 1 ? "" : "s", list->columns);
    list->columns = reader->in_row;
    reader->rows++;
    reader->in_row = 0;
    return TRI_OK;
}

static enum tri_status read_list(struct list_reader *reader, struct tri_list *list, double *numbers,
                                 struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (reader->at += strspn(reader->at, BLANKS); *reader->at != '\0' && status == TRI_OK;
         reader->at += strspn(reader->at, BLANKS)) {
        const int length = (int)strcspn(reader->at, BLANKS "/");
        if (length == 0) {
            status = end_row(reader, list, error);
            reader->at++;
        } else {
            status = read_number(reader, length, list, numbers, error);
            reader->at += length;
            reader->in_row++;
        }
    }
    if (status != TRI_OK)
        return status;
    status = end_row(reader, list, error);
    if (reader->rows == 1)
        list->columns = 0;
    return status;
}

static enum tri_status make_list(const struct tri_kernel *kernel, const struct tri_param *param,
                                 struct tri_text_value *value, struct tri_error *error)
{
    struct list_reader reader = {kernel, param, value->text, 0, 0};
    value->numbers = malloc((strlen(value->text) / 2 + 1) * sizeof value->numbers[0]);
    if (value->numbers == NULL)
        return no_memory(error);
    value->list.numbers = value->numbers;
    return read_list(&reader, &value->list, value->numbers, error);
}

/* ---- files ---- */

/* Returns the bytes of the file, and a zero after them, or NULL with errno. */
static char *load(FILE *file, size_t *size)
{
    size_t room = 1 << 16;
    char *bytes = malloc(room), *more = bytes;
    for (*size = 0; more != NULL;) {
        const size_t got = fread(bytes + *size, 1, room - 1 - *size, file);
        *size += got;
        if (got == 0)
            break;
        if (*size < room - 1)
            continue;
        room *= 2;
        errno = EFBIG;
        more = room <= FILE_MOST ? realloc(bytes, room) : NULL;
        bytes = more != NULL ? more : bytes;
    }
    if (more == NULL || ferror(file)) {
        const int why = errno;
        free(bytes);
        errno = why;
        return NULL;
    }
    bytes[*size] = '\0';
    return bytes;
}

static enum tri_status read_disk(const struct tri_kernel *kernel, const char *path,
                                 struct tri_text_value *value, struct tri_error *error)
{
    FILE *file = fopen(path, "re");
    size_t size = 0;
    char *bytes = file != NULL ? load(file, &size) : NULL;
    enum tri_status status = TRI_FAILED;
    if (bytes != NULL)
        status = kernel->files->read(path, bytes, size, &value->contents, error);
    else
        tri_fail(error, TRI_FAILED, "%s: cannot read %s: %s", kernel->about->name, path,
                 strerror(errno));
    free(bytes);
    if (file != NULL)
        fclose(file);
    return status;
}

/* "@name": part of the program. */
static enum tri_status read_own(const struct tri_kernel *kernel, const char *path,
                                struct tri_text_value *value, struct tri_error *error)
{
    char list[200] = "";
    for (const struct tri_own_file *own = kernel->files->own; own->name != NULL; own++) {
        if (strcmp(own->name, path + 1) == 0)
            return kernel->files->read(path, own->text, strlen(own->text), &value->contents, error);
        snprintf(list + strlen(list), sizeof list - strlen(list), " @%s", own->name);
    }
    return tri_fail(error, TRI_USAGE,
                    "%s: there is no '%s'; the program has%s, and a file whose name begins with @ "
                    "is ./%s",
                    kernel->about->name, path, list, path);
}

static enum tri_status read_contents(const struct tri_kernel *kernel, const struct tri_param *param,
                                     struct tri_text_value *value, struct tri_error *error)
{
    if (value->text[0] == '\0')
        return tri_fail(error, TRI_USAGE, "%s: %s is empty; expected the name of a file",
                        kernel->about->name, param->name);
    return value->text[0] == '@' ? read_own(kernel, value->text, value, error)
                                 : read_disk(kernel, value->text, value, error);
}

/* ---- all ---- */

static enum tri_status make(const struct tri_kernel *kernel, const struct tri_param *param,
                            bool read, struct tri_text_value *value, struct tri_error *error)
{
    if (param->type == TRI_LIST)
        return make_list(kernel, param, value, error);
    if (param->type == TRI_FILE)
        return read ? read_contents(kernel, param, value, error) : TRI_OK;
    if (param->type == TRI_TEXT)
        return TRI_OK;
    if (tri_colour_parse(value->text, &value->colour))
        return TRI_OK;
    return tri_fail(error, TRI_USAGE,
                    "%s: %s is '%s'; expected #rgb, #rrggbb, #rrggbbaa or a name of CSS such as "
                    "white",
                    kernel->about->name, param->name, value->text);
}

enum tri_status tri_text_value_new(const struct tri_kernel *kernel, const struct tri_param *param,
                                   const char *text, bool read, struct tri_text_value **value,
                                   struct tri_error *error)
{
    struct tri_text_value *made = calloc(1, sizeof *made);
    *value = NULL;
    if (made == NULL)
        return no_memory(error);
    made->uses = 1;
    made->text = strdup(text);
    const enum tri_status status =
        made->text != NULL ? make(kernel, param, read, made, error) : no_memory(error);
    if (status == TRI_OK)
        *value = made;
    else
        tri_text_value_release(made);
    return status;
}

struct tri_text_value *tri_text_value_share(struct tri_text_value *value)
{
    if (value != NULL)
        atomic_fetch_add(&value->uses, 1);
    return value;
}

void tri_text_value_release(struct tri_text_value *value)
{
    if (value == NULL || atomic_fetch_sub(&value->uses, 1) > 1)
        return;
    free(value->contents);
    free(value->numbers);
    free(value->text);
    free(value);
}
