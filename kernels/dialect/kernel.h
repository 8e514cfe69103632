/* kernel.h -- included by every kernel file. A kernel file is compiled for each ISA level and
 * sample depth (BITS is 8 or 16, LEVEL names the ISA); HOST adds the part that describes the kernel
 * to the program. See docs/kernels.md. */
#ifndef TRI_DIALECT_KERNEL_H
#define TRI_DIALECT_KERNEL_H

#include "row_arguments.h"

/* As many lanes as samples fit in LANES_BYTES; wider types take several registers. */
#if !defined(SINGLE) && defined(__clang__)
#define LANES (LANES_BYTES * 8 / BITS)
#endif

#if defined(SINGLE) || !defined(__clang__)
#include "one_lane.h"
#else
#include "lanes.h"
#include "lanes_dot.h"
#include "lanes_sad.h"
#include "lanes_sum.h"
#include "lanes_lookup.h"
#include "lanes_pick.h"
#include "lanes_near.h"
#include "lanes_quotient.h"
#include "lanes_weigh.h"
#endif

#include "body_words.h"
#include "host_symbols.h"
#include "row_functions.h"
#include "cover.h"
#include "patches.h"
#include "rank_trees.h"
#include "ranks.h"
#include "regions.h"
#include "runs.h"

#endif
