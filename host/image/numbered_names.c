/* numbered_names.c -- file names with a number: "frame-%04d.png". */
#include "numbered_names.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIGITS_MOST 18 /* that fit in a long */

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Returns the length of "%d" or "%04d" at `at`, and its digits; 0 if it is neither. */
static int number_at(const char *at, int *digits)
{
    const bool wide = at[1] == '0' && at[2] >= '1' && at[2] <= '9';
    const char *letter = at + (wide ? 3 : 1);
    *digits = wide ? at[2] - '0' : 1;
    if (*letter != 'd' || (!wide && isalnum((unsigned char)letter[1])))
        return 0;
    return (int)(letter + 1 - at);
}

/* Finds the only number. Returns NULL if there is none, or another '%'. */
static const char *find_number(const char *path, int *length, int *digits)
{
    const char *found = NULL;
    for (const char *at = strchr(last_component(path), '%'); at != NULL;) {
        int own;
        int step = at[1] == '%' ? 2 : number_at(at, &own);
        if (step == 0 || (at[1] != '%' && found != NULL))
            return NULL;
        if (at[1] != '%') {
            found = at;
            *length = step;
            *digits = own;
        }
        at = strchr(at + step, '%');
    }
    return found;
}

/* Returns a copy with '%' for "%%", except in the folder part. */
static char *unescape(const char *text, size_t length, size_t folder)
{
    char *copy = strndup(text, length);
    if (copy == NULL)
        return NULL;
    char *to = copy + folder;
    for (const char *from = copy + folder; *from != '\0'; from++) {
        from += from[0] == '%' && from[1] == '%';
        *to++ = *from;
    }
    *to = '\0';
    return copy;
}

static bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

bool tri_numbered_is(const char *path)
{
    int length, digits;
    return find_number(path, &length, &digits) != NULL && !is_there(path);
}

bool tri_numbered_new(const char *path, struct tri_numbered *numbered)
{
    int length;
    const char *number = find_number(path, &length, &numbered->digits);
    *numbered = (struct tri_numbered){.digits = numbered->digits};
    if (number == NULL)
        return false;
    numbered->before =
        unescape(path, (size_t)(number - path), (size_t)(last_component(path) - path));
    numbered->after = unescape(number + length, strlen(number + length), 0);
    if (numbered->before != NULL && numbered->after != NULL)
        return true;
    tri_numbered_free(numbered);
    return false;
}

void tri_numbered_free(struct tri_numbered *numbered)
{
    free(numbered->before);
    free(numbered->after);
    *numbered = (struct tri_numbered){0};
}

char *tri_numbered_path(const struct tri_numbered *numbered, long number)
{
    char *path = NULL;
    return asprintf(&path, "%s%0*ld%s", numbered->before, numbered->digits, number,
                    numbered->after) < 0
               ? NULL
               : path;
}

long tri_numbered_of(const struct tri_numbered *numbered, const char *path)
{
    const char *before = last_component(numbered->before), *name = last_component(path);
    const size_t length = strlen(before);
    if (strncmp(name, before, length) != 0)
        return -1;
    const char *digits = name + length;
    const int count = (int)strspn(digits, "0123456789");
    /* As we would write it: no extra leading zeros. */
    if (count < numbered->digits || count > DIGITS_MOST ||
        (count > numbered->digits && digits[0] == '0') ||
        strcmp(digits + count, numbered->after) != 0)
        return -1;
    return strtol(digits, NULL, 10);
}

static bool append(long **numbers, size_t *count, long number)
{
    if ((*count & (*count - 1)) == 0) { /* full: the capacity is a power of two */
        long *more = realloc(*numbers, (*count > 0 ? 2 * *count : 1) * sizeof **numbers);
        if (more == NULL)
            return false;
        *numbers = more;
    }
    (*numbers)[(*count)++] = number;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const long first = *(const long *)a, second = *(const long *)b;
    return (first > second) - (first < second);
}

enum tri_status tri_numbered_find(const struct tri_numbered *numbered, const char *name,
                                  long **numbers, size_t *count, struct tri_error *error)
{
    const size_t length = (size_t)(last_component(numbered->before) - numbered->before);
    char *folder = strndup(numbered->before, length);
    DIR *directory = folder != NULL ? opendir(length > 0 ? folder : ".") : NULL;
    int why = directory == NULL ? errno : 0;
    *numbers = NULL;
    *count = 0;
    while (why == 0) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        why = errno;
        if (entry == NULL)
            break;
        const long number = tri_numbered_of(numbered, entry->d_name);
        if (number >= 0 && !append(numbers, count, number))
            why = ENOMEM;
    }
    if (directory != NULL)
        closedir(directory);
    if (why != 0) {
        tri_fail(error, TRI_FAILED, "cannot read %s: the folder '%s': %s", name,
                 length > 0 && folder != NULL ? folder : ".", strerror(why));
        free(*numbers);
        *numbers = NULL;
    } else if (*count > 0) {
        qsort(*numbers, *count, sizeof **numbers, by_number);
    }
    free(folder);
    return why == 0 ? TRI_OK : TRI_FAILED;
}

char *tri_plain_path(const char *path)
{
    return is_there(path) ? strdup(path)
                          : unescape(path, strlen(path), (size_t)(last_component(path) - path));
}
