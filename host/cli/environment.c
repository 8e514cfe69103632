/* environment.c -- what the program sets in its environment for libraries that read it from there
 * alone. The library leaves the environment to its programs. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

void cli_set_environment(void)
{
    setenv("SVT_LOG", "1", 0); /* the encoder SVT-AV1 prints errors only */
}

static bool may_use_opencl(const char *on)
{
    return strstr(on, "opencl") != NULL || strcmp(on, "auto") == 0 || strcmp(on, "all") == 0;
}

void cli_set_opencl_environment(const char *const on[], int count)
{
    bool used = count == 0;
    for (int i = 0; i < count; i++)
        used = used || may_use_opencl(on[i]);
    if (used)
        tri_opencl_set_environment();
}
