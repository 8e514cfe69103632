/* keep.h -- what a file takes over from the one that it replaces. */
#ifndef TRIPTYCH_KEEP_H
#define TRIPTYCH_KEEP_H

#include "image.h"

/* Gives `file`, which is about to replace output->target, the owner, group, mode, ACL and extended attributes of that. Where
 * the group cannot be kept, its rights become those of others, and no set-ID bits are kept; what is lost goes to
 * output->tell. */
void tri_output_keep(const struct tri_output *output, int file);

#endif
