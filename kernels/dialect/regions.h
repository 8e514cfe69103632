/* regions.h -- passes whose rows are made from the counts of a region's samples (REGIONS). */

/* Row Y is what the body makes of COUNTS: of the samples of region Y, by their highest BIN_BITS
 * bits. The body runs once for each row, and stores with PUT_ENTRY(x, v). The constants begin with
 * a struct tri_regions; the node sets `.whole`. */
#define REGIONS(name, OUT, BIN_BITS) REGIONS_(name, S, OUT, BIN_BITS)
#define REGIONS_(name, IN, OUT, BIN_BITS) REGIONS_AS(name, IN, OUT, BIN_BITS)

#ifdef TRI_TILES_H
/* A group makes a part of the row. */
#define PUT_ENTRY(x, v) \
    if ((uint)((x)-_first) < (uint)_count) \
    _entries[(x)-_first] = (v)
/* All items of a group count a region's samples in one table in local memory. One item then makes
 * the row. */
#define REGIONS_AS(name, IN, OUT, BIN_BITS) \
    TILE_TYPES(name, IN, OUT) \
    INLINE void name##_make(CONSTANT uchar *_c, LOCAL const uint *COUNTS, LOCAL OUT##_e *_entries, \
                            int _first, int _count); \
    INLINE void name##_tile(TILE_ARGUMENTS, LOCAL uchar *sums) \
    { \
        CONSTANT struct tri_regions *regions = (CONSTANT struct tri_regions *)constants; \
        LOCAL uint *counts = (LOCAL uint *)sums; \
        int counted = -1; /* rows beyond the last are the same again */ \
        for (int r = 0; r < n->rows; r++) { \
            const int region = TILE_INSIDE(tile->y + n->y + r, tile->height); \
            const int left = region % regions->across * regions->width, \
                      top = region / regions->across * regions->height; \
            const int bins = region == counted ? 0 : 1 << (BIN_BITS), \
                      samples = region == counted ? 0 : regions->width * regions->height; \
            for (int i = (int)get_local_id(0); i < bins; i += GROUP) \
                counts[i] = 0; \
            barrier(CLK_LOCAL_MEM_FENCE); \
            for (int i = (int)get_local_id(0); i < samples; i += GROUP) { \
                const int x = region_inside(left + i % regions->width, planes[0].width), \
                          y = region_inside(top + i / regions->width, planes[0].height); \
                GLOBAL const uchar *from = planes[0].samples + (long)y * planes[0].stride; \
                atomic_inc(counts + (((GLOBAL const IN##_e *)from)[x] >> (BITS - (BIN_BITS)))); \
            } \
            barrier(CLK_LOCAL_MEM_FENCE); \
            if (get_local_id(0) == 0) \
                name##_make(constants, counts, TILE_OUT(OUT##_e, 0, 0, r), tile->x + n->x, \
                            n->width); \
            barrier(CLK_LOCAL_MEM_FENCE); \
            counted = region; \
        } \
    } \
    INLINE void name##_make(CONSTANT uchar *_c, LOCAL const uint *COUNTS, LOCAL OUT##_e *_entries, \
                            int _first, int _count)
#else
#define PUT_ENTRY(x, v) (_entries[x] = (v))

/* Counts in several tables in turn, as a histogram does, which the first level of the cache holds.
 */
#define REGIONS_COPIES(bin_bits) ((bin_bits) <= 8 ? 8 : 4)
#define REGIONS_AS(name, IN, OUT, BIN_BITS) \
    INLINE void name##_make(const struct tri_row *_r, const uint *COUNTS, \
                            GLOBAL OUT##_e *restrict _entries); \
    INLINE void name##_count(uint(*counts)[1 << (BIN_BITS)], GLOBAL const IN##_e *in, int left, \
                             int right, int width) \
    { \
        enum { COPIES = REGIONS_COPIES(BIN_BITS) }; \
        int x = left; \
        for (; x + COPIES <= right && x + COPIES <= width; x += COPIES) { \
            for (int i = 0; i < COPIES; i++) \
                counts[i][in[x + i] >> (BITS - (BIN_BITS))]++; \
        } \
        for (; x < right; x++) \
            counts[0][in[region_inside(x, width)] >> (BITS - (BIN_BITS))]++; \
    } \
    ROW_FUNCTION(name, PASS_REGIONS, IN, OUT) \
    { \
        const struct tri_row here = *row; \
        GLOBAL const struct tri_regions *regions = \
            (GLOBAL const struct tri_regions *)here.constants; \
        const int left = here.y % regions->across * regions->width, \
                  top = here.y / regions->across * regions->height; \
        uint counts[REGIONS_COPIES(BIN_BITS)][1 << (BIN_BITS)] = {{0}}; \
        for (int y = top; y < top + regions->height; y++) \
            name##_count( \
                counts, \
                (GLOBAL const IN##_e *)(here.plane[0] + \
                                        region_inside(y, here.in_height) * here.stride[0]), \
                left, left + regions->width, here.in_width); \
        for (int i = 0; i < 1 << (BIN_BITS); i++) { \
            for (int copy = 1; copy < REGIONS_COPIES(BIN_BITS); copy++) \
                counts[0][i] += counts[copy][i]; \
        } \
        name##_make(&here, counts[0], (GLOBAL OUT##_e *)here.out[0]); \
    } \
    INLINE void name##_make(const struct tri_row *_r, const uint *COUNTS, \
                            GLOBAL OUT##_e *restrict _entries)
#endif
