/* child.c -- child processes that begin with default signals, none blocked. */
#include "child.h"

#include <errno.h>
#include <signal.h>

int tri_spawn_begin(struct tri_spawn *spawn, int flags)
{
    sigset_t all, none;
    if (posix_spawn_file_actions_init(&spawn->actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&spawn->attributes) != 0) {
        posix_spawn_file_actions_destroy(&spawn->actions);
        return ENOMEM;
    }
    sigfillset(&all);
    sigemptyset(&none);
    flags |= POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    int code = posix_spawnattr_setflags(&spawn->attributes, (short)flags);
    code = code != 0 ? code : posix_spawnattr_setsigdefault(&spawn->attributes, &all);
    code = code != 0 ? code : posix_spawnattr_setsigmask(&spawn->attributes, &none);
    if (code != 0)
        tri_spawn_end(spawn);
    return code;
}

void tri_spawn_end(struct tri_spawn *spawn)
{
    posix_spawnattr_destroy(&spawn->attributes);
    posix_spawn_file_actions_destroy(&spawn->actions);
}
