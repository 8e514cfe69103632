/* cache_folder.h -- where compiled programs and verdicts on drivers are kept: a folder that nobody else can write to. */
#ifndef TRI_CACHE_FOLDER_H
#define TRI_CACHE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* The path of the sub-folder `name` (one level), which exists when this returns true, is ours and mode 0700. It is in
 * $TRIPTYCH_CACHE_DIR, else in triptych of $XDG_CACHE_HOME or $HOME/.cache. Where that cannot be used, or somebody else
 * could put files there, it is in a folder made for this process, which is removed when the process exits. False: there
 * is nowhere to write. */
bool tri_cache_folder(const char *name, char *path, size_t size);

/* For those who explain: the folder that is used, or "", and why it is not the usual one, or "". */
struct tri_cache_state {
    char root[4096], why[4300];
    bool temporary;
};
void tri_cache_state(struct tri_cache_state *state);

#endif
