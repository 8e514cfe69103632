/* file_attributes.h -- the attributes that a file takes over from the one that it replaces. */
#ifndef TRIPTYCH_FILE_ATTRIBUTES_H
#define TRIPTYCH_FILE_ATTRIBUTES_H

#include "image.h"

/* Gives `file`, which is about to replace output->target, the target's owner, group, mode, ACL and
 * extended attributes. If the group cannot be kept, the new group gets the permissions of others,
 * and set-ID bits are dropped. Reports losses to output->tell. */
void tri_output_keep(const struct tri_output *output, int file);

#endif
