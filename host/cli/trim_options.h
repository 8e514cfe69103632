/* trim_options.h -- options that name a part of a video. */
#ifndef TRIPTYCH_CLI_TRIM_OPTIONS_H
#define TRIPTYCH_CLI_TRIM_OPTIONS_H

#include "video/trim.h"

/* For --NAME: parses a time, or a number of frames such as "25f". Returns false if it is neither,
 * after reporting it for the command. */
bool cli_set_mark(const char *command, const char *name, const char *text, struct tri_mark *mark);

#endif
