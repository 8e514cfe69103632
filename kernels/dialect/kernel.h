/* kernel.h -- what every kernel file includes. It is compiled for each ISA level and sample depth
 * (BITS is 8 or 16, LEVEL names the ISA), and with HOST once more for the part that describes the
 * kernel to the program. docs/kernels.md is the guide. */
#ifndef TRI_DIALECT_KERNEL_H
#define TRI_DIALECT_KERNEL_H

#include "row.h"

/* As many lanes as samples fit; wider types then take several registers. */
#if !defined(SINGLE) && defined(__clang__)
#define LANES (LANES_BYTES * 8 / BITS)
#endif

#if defined(SINGLE) || !defined(__clang__)
#include "single.h"
#else
#include "lanes.h"
#endif

#include "body.h"
#include "passes.h"
#include "rows.h"

#endif
