/* reproduce.h -- prints commands that reproduce a failure. */
#ifndef REPRODUCE_H
#define REPRODUCE_H

#include "rig.h"

/* Prints the command that runs the current test again, alone, and with the same random values. */
void reproduce_test(void);
/* Writes the frames into a folder that is kept, and prints the command that runs the pipeline on
 * them. */
void reproduce_run(const char *pipeline, const struct place *place, struct tri_image *const *frames,
                   int count);

#endif
