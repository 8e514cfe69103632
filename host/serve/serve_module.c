/* serve_module.c -- what this module provides to serve.c. */
#include "serve_parts.h"

#include <string.h>

static const struct tri_serve_module module = {.serve = tri_serve_run};
TRI_MODULE_BEGIN(module)
