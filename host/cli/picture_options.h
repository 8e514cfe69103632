/* picture_options.h -- options of all commands that write pictures. */
#ifndef TRIPTYCH_CLI_PICTURE_OPTIONS_H
#define TRIPTYCH_CLI_PICTURE_OPTIONS_H

#include "cli/option.h"
#include "triptych.h"

/* For --background. Returns false if the value is invalid, after reporting it for the command. */
bool cli_set_background(const char *command, const char *text, struct tri_background *background);
void cli_background_words(char words[CLI_WORDS_MAX]);
/* For --format, of pictures alone; likewise. */
bool cli_set_format(const char *command, const char *text, const struct tri_format **format);
void cli_format_words(char words[CLI_WORDS_MAX]);

#endif
