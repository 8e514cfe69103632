/* child.h -- child processes that begin with default signals, none blocked. */
#ifndef TRI_CHILD_H
#define TRI_CHILD_H

#include <spawn.h>

/* What posix_spawn takes. `flags` are further ones of posix_spawnattr_setflags. Returns an errno;
 * if that is 0, release with tri_spawn_end. */
struct tri_spawn {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};
int tri_spawn_begin(struct tri_spawn *spawn, int flags);
void tri_spawn_end(struct tri_spawn *spawn);

#endif
