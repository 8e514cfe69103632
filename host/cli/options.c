/* options.c -- reading options and reporting what is wrong with them, the same way in every command. */
#include "cli/cli.h"
#include "image/numbered.h"
#include "pipeline/nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int cli_fail(const struct tri_error *error)
{
    fprintf(stderr, "triptych: %s\n", error->text);
    return error->status;
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "triptych: %s: ", command);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (see 'triptych %s --help')\n", command);
    return TRI_USAGE;
}

void cli_say(const char *format, ...)
{
    va_list arguments;

    fputs("triptych: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_note(const char *format, ...)
{
    va_list arguments;

    fputs("triptych: note: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_note_drivers(const struct tri_error *told)
{
    static int count;
    char part[80];

    for (const char *text; (text = tri_driver_note(count)) != NULL; count++) {
        const char *reason = strstr(text, ": ");
        snprintf(part, sizeof part, "%.40s", reason ? reason : text); /* no further than the reason goes */
        if (!told || !strstr(told->text, part))
            cli_note("%s", text);
    }
}

void cli_notes(const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");

        if (length > 0)
            cli_note("%.*s", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

void cli_backend_notes(const struct tri_backend *backend, size_t *told)
{
    cli_notes(tri_backend_note(backend) + *told);
    *told = strlen(tri_backend_note(backend));
}

static void unknown_long(const char *command, const char *given, const struct option *options)
{
    const char *names[32] = {0};
    char word[64];
    int count = 0, begun = 0;

    snprintf(word, sizeof word, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    for (; count < 32 && options[count].name; count++) {
        names[count] = options[count].name;
        begun += strncmp(names[count], word, strlen(word)) == 0;
    }
    const char *nearest = tri_nearest(word, names, count);
    if (begun > 1)
        cli_usage(command, "option '--%s' could be several", word);
    else if (nearest)
        cli_usage(command, "unknown option '--%s'; did you mean '--%s'?", word, nearest);
    else
        cli_usage(command, "unknown option '--%s'", word);
}

int cli_option(int argc, char **argv, const char *letters, const struct option *options)
{
    char quiet_letters[64];

    /* The ':' in front tells a missing value from an unknown option. */
    snprintf(quiet_letters, sizeof quiet_letters, ":%s", letters);
    opterr = 0;
    int option = getopt_long(argc, argv, quiet_letters, options, NULL);
    if (option != '?' && option != ':')
        return option;

    const char *given = argv[optind - 1];
    bool is_long = strncmp(given, "--", 2) == 0;
    if (option == ':' && is_long)
        cli_usage(argv[0], "option '%s' needs a value", given);
    else if (option == ':')
        cli_usage(argv[0], "option '-%c' needs a value", optopt);
    else if (optopt == 0)
        unknown_long(argv[0], given, options);
    else if (is_long && strchr(given, '='))
        cli_usage(argv[0], "option '%.*s' takes no value", (int)strcspn(given, "="), given);
    else
        cli_usage(argv[0], "unknown option '-%c'", optopt);
    return '?';
}

bool cli_count(const char *command, const char *what, const char *text, uint64_t minimum, uint64_t maximum,
               uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    /* strtoull takes blanks and signs, and makes 2^64 - 1 of -1. */
    if (text[0] < '0' || text[0] > '9' || *end != '\0') {
        cli_usage(command, "%s: '%s' is not a whole number", what, text);
        return false;
    }
    if (errno == ERANGE || *value < minimum || *value > maximum) {
        cli_usage(command, "%s: %s is not within %" PRIu64 " to %" PRIu64, what, text, minimum, maximum);
        return false;
    }
    return true;
}

bool cli_append(const char *command, const char *what, const char *value, const char *list[], int *count, int most)
{
    if (*count < most) {
        list[(*count)++] = value;
        return true;
    }
    cli_usage(command, "%s: at most %d", what, most);
    return false;
}

void cli_input_names(int count, char **paths)
{
    for (int i = 0; i < count; i++) {
        char *plain = tri_numbered_is(paths[i]) ? NULL : tri_plain_path(paths[i]);

        if (plain && access(plain, F_OK) == 0)
            strcpy(paths[i], plain); /* never longer */
        free(plain);
    }
}

enum tri_status cli_read(const char *path, uint64_t max_pixels, struct tri_image **image, struct tri_error *error)
{
    struct tri_read_options options = {.max_pixels = max_pixels};
    struct tri_read_info info;

    if (tri_pool_new(tri_cpu_workers(), &options.pool, error) != TRI_OK)
        return TRI_FAILED;
    const enum tri_status status = tri_image_read(path, &options, image, &info, error);
    tri_pool_free(options.pool);
    if (status == TRI_OK && info.warning[0])
        cli_note("%s: %s", path, info.warning);
    tri_metadata_free(info.metadata);
    return status;
}
