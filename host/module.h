/* module.h -- formats whose libraries are slow to load are modules: shared objects that are loaded
 * the first time such a file is read or written. */
#ifndef TRI_MODULE_H
#define TRI_MODULE_H

#include "triptych.h"

/* Returns what the module NAME provides, after handing it the functions of module_calls.h. NULL if
 * it cannot be loaded, with the reason. Modules are looked for in $TRIPTYCH_MODULES; next to the
 * program or library that contains this code, in `modules` and `triptych`; relative to that, in
 * ../modules and ../lib/triptych; and where `make install` puts them. */
const void *tri_module_load(const char *name, struct tri_error *error);

#endif
