/* trim_options.c -- options that name a part of a video. */
#include "cli/trim_options.h"

#include "cli/cli.h"
#include "cli/run.h"

#include <stdio.h>
#include <string.h>

bool cli_set_mark(const char *command, const char *name, const char *text, struct tri_mark *mark)
{
    long frame;
    char unit, end;

    *mark = (struct tri_mark){.given = true, .frame = -1};
    if (sscanf(text, "%9ld%c%c", &frame, &unit, &end) == 2 && unit == 'f' && frame >= 0 &&
        strspn(text, "0123456789") > 0) {
        mark->frame = frame;
        return true;
    }
    if (cli_parse_time(text, &mark->seconds))
        return true;
    cli_usage(command,
              "invalid value '%s' for --%s; expected a time like 90.5 or 1:30.5, or a number of "
              "frames like 25f",
              text, name);
    return false;
}
