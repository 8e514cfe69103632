/* cpu.h -- what this CPU has. */
#ifndef TRI_CPU_H
#define TRI_CPU_H

#include <stdint.h>

int64_t tri_now_ns(void); /* of a clock that only goes forward */

/* The place in TRI_LEVELS of the level that tri_isa_name(index) names. */
int tri_isa_level(int index);

#endif
