/* terminal.c -- what the terminal behind a stream can show. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST = 20, MOST = 1000 };

int cli_columns(FILE *file)
{
    struct winsize size;
    const char *variable = getenv("COLUMNS");
    int columns = 0;

    if (isatty(fileno(file)) && ioctl(fileno(file), TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    if (columns == 0 && variable != NULL)
        columns = atoi(variable);
    return columns <= 0 ? 80 : columns < LEAST ? LEAST : columns > MOST ? MOST : columns;
}

bool cli_redraws(FILE *file)
{
    const char *term = getenv("TERM");

    return isatty(fileno(file)) && !(term != NULL && strcmp(term, "dumb") == 0);
}

bool cli_colours(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");

    return cli_redraws(file) && !(no_color != NULL && *no_color);
}
