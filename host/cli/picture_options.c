/* picture_options.c -- options of all commands that write pictures. */
#include "cli/picture_options.h"

#include "cli/cli.h"
#include "codec/reduce_depth.h"

bool cli_set_background(const char *command, const char *text, struct tri_background *background)
{
    struct tri_error error;

    if (tri_background_parse(text, background, &error) == TRI_OK)
        return true;
    cli_usage(command, "--background: %s", error.text);
    return false;
}

void cli_background_words(char words[CLI_WORDS_MAX])
{
    cli_add_word(words, "none");
    for (int i = 0; tri_background_name(i) != NULL; i++)
        cli_add_word(words, tri_background_name(i));
}

bool cli_set_format(const char *command, const char *text, const struct tri_format **format)
{
    *format = tri_format_find(text);
    if (*format != NULL)
        return true;
    cli_usage(command,
              "unknown format '%s' for --format ('triptych --version' lists the supported ones)",
              text);
    return false;
}

void cli_format_words(char words[CLI_WORDS_MAX])
{
    for (int i = 0; i < tri_format_count(); i++)
        cli_add_word(words, tri_format_at(i)->name);
}
