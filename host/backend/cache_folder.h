/* cache_folder.h -- where on disk triptych keeps what it need not make twice. */
#ifndef TRI_CACHE_FOLDER_H
#define TRI_CACHE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* The private folder NAME in $TRIPTYCH_CACHE_DIR, or in triptych's folder among the user's caches; it is made if need
 * be. False: there is none that is the user's own and can be written. */
bool tri_cache_folder(const char *name, char *path, size_t size);

#endif
