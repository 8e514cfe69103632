/* messages.c -- messages on standard error, in the same form for every command. */
#include "cli/cli.h"
#include "pipeline/own.h"

#include <stdarg.h>
#include <string.h>

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
        snprintf(part, sizeof part, "%.40s",
                 reason != NULL ? reason : text); /* short enough to end within the reason */
        if (told == NULL || strstr(told->text, part) == NULL)
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

void cli_long_note(const char *text)
{
    const size_t length = strlen(text);

    fprintf(stderr, "triptych: note: %s%s", text,
            length > 0 && text[length - 1] == '\n' ? "" : "\n");
}

enum tri_status cli_pipeline_parse(const char *text, struct tri_pipeline **pipeline,
                                   struct tri_error *error)
{
    tri_own_allow(true);
    const enum tri_status status = tri_pipeline_parse(text, pipeline, error);
    tri_own_allow(false);
    if (status == TRI_USAGE)
        cli_explain_not_kernel(error);
    return status;
}

void cli_backend_notes(const struct tri_backend *backend, size_t *told)
{
    cli_notes(tri_backend_note(backend) + *told);
    *told = strlen(tri_backend_note(backend));
}

void cli_join_command(int argc, char **argv, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "triptych");

    for (int i = 0; i < argc && length < size; i++) {
        const bool plain =
            argv[i][0] != '\0' && strpbrk(argv[i], " \t\n'\"\\$`*?[]{}()<>|&;~#!") == NULL;
        length += (size_t)snprintf(text + length, size - length, plain ? " %s" : " '%s'", argv[i]);
    }
}
