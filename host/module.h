/* module.h -- formats whose libraries take long to load are modules: shared objects that are loaded when such a file
 * is read or written for the first time. */
#ifndef TRI_MODULE_H
#define TRI_MODULE_H

#include "triptych.h"

/* What the module NAME gives, which was handed the functions of module_calls.h; NULL: it cannot be loaded, and why. Modules are
 * looked for in the folder $TRIPTYCH_MODULES; beside the program or library that this is part of, in `modules` and
 * `triptych`; in ../modules and ../lib/triptych from there; and where `make install` put them. */
const void *tri_module_load(const char *name, struct tri_error *error);

#endif
