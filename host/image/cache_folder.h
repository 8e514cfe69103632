/* cache_folder.h -- a folder that only we can write to, for compiled programs and verdicts on
 * drivers. */
#ifndef TRI_CACHE_FOLDER_H
#define TRI_CACHE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* Fills in the path of the sub-folder `name` (one level); on success it exists, is ours and has
 * mode 0700. It is in $TRIPTYCH_CACHE_DIR, else in `triptych` under $XDG_CACHE_HOME or
 * $HOME/.cache. If that is unusable, or others could put files there, it is in a folder made for
 * this process and removed at exit. Returns false if no folder is writable. */
bool tri_cache_folder(const char *name, char *path, size_t size);

/* Whether files can be written to a folder that the user has chosen for POCL, which is made if it
 * is missing. */
bool tri_cache_chosen(const char *path);

/* For reports: the folder in use, or "", and why it is not the usual one, or "". */
struct tri_cache_state {
    char root[4096], why[4300];
    bool temporary;
    char not_chosen[4300]; /* why the folder chosen for POCL is not used, or "" */
};
void tri_cache_state(struct tri_cache_state *state);

#endif
