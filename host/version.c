/* version.c -- the version of the library, which may be another than that of the header a program
 * was compiled with. */
#include "triptych.h"

const char *tri_version(void)
{
    return TRI_VERSION;
}

int tri_version_number(void)
{
    return TRI_VERSION_NUMBER;
}
