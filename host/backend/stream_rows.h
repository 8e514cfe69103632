/* stream_rows.h -- stores rows past the caches. An ordinary store reads each cache line before it
 * is written; a line that is streamed only goes to memory. That pays for outputs which the last
 * cache cannot hold until they are read. */
#ifndef TRI_STREAM_ROWS_H
#define TRI_STREAM_ROWS_H

#include "../parallel/cpu.h"

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The size from which on an output is streamed: half of the last cache, as the other half is for
 * what it is made of. 0: never. */
static inline size_t tri_stream_from(void)
{
#ifdef __SSE2__
    return tri_cpu_last_cache() / 2;
#else
    return 0;
#endif
}

/* Copies a row, streaming the cache lines that it fills. */
static inline void tri_stream_row(unsigned char *to, const unsigned char *from, long bytes)
{
    long done = 0;
#ifdef __SSE2__
    for (; (uintptr_t)to % 64 == 0 && done + 64 <= bytes; done += 64) {
        for (int i = 0; i < 64; i += 16)
            _mm_stream_si128((__m128i *)(to + done + i),
                             _mm_loadu_si128((const __m128i *)(from + done + i)));
    }
#endif
    memcpy(to + done, from + done, (size_t)(bytes - done));
}

/* What a thread has streamed is seen by others before anything that it does next. */
static inline void tri_stream_end(void)
{
#ifdef __SSE2__
    _mm_sfence();
#endif
}

#endif
