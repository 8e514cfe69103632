/* extremes -- the least and the greatest sample of each piece of a row, for stretch. Who needs only
 * those of all rows need not count the others. */
#include "kernel.h"

/* Long, as the lanes of a vector are compared with each other once for each piece. */
#define EXTREMES_PIECE 512

#if BITS == 8
#define EXTREMES_SAMPLE uchar
#else
#define EXTREMES_SAMPLE ushort
#endif

#define EXTREMES(name, FIRST, CHOOSE) \
    GATHER(name, S, S) \
    { \
        const int begin = X * EXTREMES_PIECE; \
        const int end = begin + EXTREMES_PIECE < IN_WIDTH ? begin + EXTREMES_PIECE : IN_WIDTH; \
        EXTREMES_SAMPLE found = FIRST; \
        for (int x = begin; x < end; x++) { \
            const EXTREMES_SAMPLE sample = ROW_SAMPLE(x); \
            found = CHOOSE(found, sample); \
        } \
        return found; \
    }

#define EXTREMES_LESS(a, b) ((b) < (a) ? (b) : (a))
#define EXTREMES_MORE(a, b) ((b) > (a) ? (b) : (a))
EXTREMES(extremes_least, MAXIMUM, EXTREMES_LESS)
EXTREMES(extremes_most, 0, EXTREMES_MORE)
