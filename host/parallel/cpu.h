/* cpu.h -- the clock, and the instruction set (ISA) levels that code is built for. */
#ifndef TRI_CPU_H
#define TRI_CPU_H

#include <stddef.h>
#include <stdint.h>

/* Slowest first; "scalar" is never vectorised. Must match LEVELS in the Makefile. */
#if defined(__x86_64__)
#define TRI_LEVELS(X, argument) \
    X(scalar, argument) \
    X(sse, argument) X(avx2, argument) X(avx512, argument) X(avx512icl, argument)
#elif defined(__aarch64__)
#define TRI_LEVELS(X, argument) X(scalar, argument) X(neon, argument)
#else
#define TRI_LEVELS(X, argument) X(scalar, argument) X(simd, argument)
#endif
#define TRI_LEVEL_ENUM(level, argument) TRI_LEVEL_##level,
enum { TRI_LEVELS(TRI_LEVEL_ENUM, 0) TRI_LEVEL_COUNT };

/* Return the position in TRI_LEVELS of the level that tri_isa_name(index) names, and of the best
 * level. */
int tri_isa_level(int index);
int tri_isa_best(void);

int tri_isa_registers(int level); /* of vectors */

/* Bytes of the largest cache that the first core has or shares; 0: the system does not say. */
size_t tri_cpu_last_cache(void);

int64_t tri_now_ns(void); /* of a monotonic clock */

#endif
