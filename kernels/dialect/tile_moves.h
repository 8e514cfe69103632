/* tile_moves.h -- moves samples between planes in global memory and tiles in local memory; follows
 * tiles.h. */

/* Vector loads in flight per item. */
#define TILE_AHEAD 4

/* Moves 16 bytes of a row at a time, single samples in tiles that touch the picture's border. All
 * numbers but x and y (the tile's first sample, in the picture) and the plane's own are known when
 * the program is built. */
#define TILE_MOVES(type) \
    /* Loads a tile from a plane; positions beyond the plane are clamped to it. */ \
    INLINE void tile_load_##type(LOCAL uchar *to, int stride, int rows, GLOBAL const uchar *plane, \
                                 int plane_stride, int x, int y, int width, int height) \
    { \
        const int samples = 16 / (int)sizeof(type), across = stride / samples, \
                  vectors = across * rows; \
        const int item = (int)get_local_id(0); \
        if (x >= 0 && y >= 0 && x + stride <= width && y + rows <= height) { \
            _Pragma("unroll 1") for (int from = 0; from < vectors; from += TILE_AHEAD * GROUP) \
            { \
                uint4 v[TILE_AHEAD]; \
                TILE_UNROLL \
                for (int k = 0; k < TILE_AHEAD; k++) { \
                    const int i = from + k * GROUP + item; \
                    if (i < vectors) \
                        v[k] = *(GLOBAL const uint4 *)(plane + \
                                                       (long)(y + i / across) * plane_stride + \
                                                       (x * (int)sizeof(type) + i % across * 16)); \
                } \
                TILE_UNROLL \
                for (int k = 0; k < TILE_AHEAD; k++) { \
                    const int i = from + k * GROUP + item; \
                    if (i < vectors) \
                        ((LOCAL uint4 *)to)[i] = v[k]; \
                } \
            } \
            return; \
        } \
        _Pragma("unroll 1") for (int i = item; i < stride * rows; i += GROUP) \
        { \
            const int left = TILE_INSIDE(x + i % stride, width), \
                      top = TILE_INSIDE(y + i / stride, height); \
            ((LOCAL type *)to)[i] = \
                ((GLOBAL const type *)(plane + (long)top * plane_stride))[left]; \
        } \
    } \
    /* Stores a tile into its plane, and replicates the plane's edges into the halo. */ \
    INLINE void tile_store_##type(LOCAL const uchar *from, int stride, int columns, int rows, \
                                  GLOBAL uchar *plane, int plane_stride, int x, int y, int width, \
                                  int height, int halo) \
    { \
        const int samples = 16 / (int)sizeof(type), across = columns / samples, \
                  item = (int)get_local_id(0); \
        const int last = width - 1 - x; \
        if (x + columns <= width && y + rows <= height) { \
            _Pragma("unroll 2") for (int i = item; i < across * rows; i += GROUP) * \
                (GLOBAL uint4 *)(plane + (long)(y + i / across) * plane_stride + \
                                 (x * (int)sizeof(type) + i % across * 16)) = \
                *(LOCAL const uint4 *)(from + (i / across * stride * (int)sizeof(type) + \
                                               i % across * 16)); \
        } else { \
            _Pragma("unroll 1") for (int i = item; i < columns * rows; i += GROUP) \
            { \
                const int left = i % columns, top = i / columns; \
                if (x + left < width && y + top < height) \
                    ((GLOBAL type *)(plane + (long)(y + top) * plane_stride))[x + left] = \
                        ((LOCAL const type *)from)[top * stride + left]; \
            } \
        } \
        if (halo == 0 || (x != 0 && last >= columns)) \
            return; \
        _Pragma("unroll 1") for (int i = item; i < halo * rows; i += GROUP) \
        { \
            const int k = i % halo, top = i / halo; \
            LOCAL const type *at = (LOCAL const type *)from + top * stride; \
            GLOBAL type *row = (GLOBAL type *)(plane + (long)(y + top) * plane_stride); \
            if (y + top >= height) \
                continue; \
            if (x == 0) \
                row[-1 - k] = at[0]; \
            if (last < columns) \
                row[width + k] = at[last]; \
        } \
    } \
    /* Replaces samples outside the picture by the nearest inside. (x, y) is the tile's first \
     * sample. */ \
    INLINE void tile_replicate_##type(LOCAL uchar *samples, int stride, int columns, int rows, \
                                      int x, int y, int width, int height) \
    { \
        LOCAL type *tile = (LOCAL type *)samples; \
        _Pragma("unroll 1") for (int i = (int)get_local_id(0); i < columns * rows; i += GROUP) \
        { \
            const int left = i % columns, top = i / columns; \
            const int from_x = TILE_INSIDE(x + left, width) - x, \
                      from_y = TILE_INSIDE(y + top, height) - y; \
            if (from_x != left || from_y != top) \
                tile[top * stride + left] = tile[from_y * stride + from_x]; \
        } \
    }
TILE_MOVES(uchar)
TILE_MOVES(ushort)
TILE_MOVES(uint)
TILE_MOVES(ulong)

/* Whether part of a tile lies outside the picture; the same for all items of a group. */
#define TILE_OUTSIDE(tile, x, y, columns, rows) \
    ((x) < 0 || (y) < 0 || (x) + (columns) > (tile).width || (y) + (rows) > (tile).height)
