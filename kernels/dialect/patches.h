/* patches.h -- means of the samples around, weighted by how alike the patches around them are. */

/* Sample X of row Y is the mean of the samples of a search window. ALIKE(k, a, b) makes a u16 of
 * two samples; its sum over two patches, at most 65535, becomes a weight by WEIGHT(k, sum): a u16,
 * whose sum over the window is 1 to 65535. `k` points to a copy of the constants, a struct TYPE
 * that begins with a struct tri_patches. The node sets `.whole`, `.reach` and `.block`. */
#define PATCHES(name, TYPE, ALIKE, WEIGHT) PATCHES_(name, S, TYPE, ALIKE, WEIGHT)
#define PATCHES_(name, IN, TYPE, ALIKE, WEIGHT) PATCHES_AS(name, IN, TYPE, ALIKE, WEIGHT)

#ifdef TRI_TILES_H
/* An item makes four samples, whose patches share columns. Beyond the edges of the picture it makes
 * them at the nearest place inside. `clamp` is constant where it is called: places within a patch
 * of the search window need it only near the left and right edges. */
#define PATCH_COLUMNS_MOST (2 * PATCH_MOST + 4)
#define PATCHES_AS(name, IN, TYPE, ALIKE, WEIGHT) \
    TILE_TYPES(name, IN, IN) \
    INLINE GLOBAL const IN##_e *name##_row(const struct tile_plane *plane, int y) \
    { \
        return (GLOBAL const IN##_e *)(plane->samples + \
                                       (long)TILE_INSIDE(y, plane->height) * plane->stride); \
    } \
    /* Adds to each column how alike two rows are, from `left` and from `beside` on. */ \
    INLINE void name##_columns(const struct TYPE *k, GLOBAL const IN##_e *here, \
                               GLOBAL const IN##_e *there, int left, int beside, int width, \
                               bool clamp, uint *columns) \
    { \
        TILE_UNROLL \
        for (int c = 0; c < PATCH_COLUMNS_MOST; c++) { \
            if (c < 2 * k->patches.patch + 4) \
                columns[c] += ALIKE(k, here[clamp ? TILE_INSIDE(left + c, width) : left + c], \
                                    there[clamp ? TILE_INSIDE(beside + c, width) : beside + c]); \
        } \
    } \
    INLINE void name##_four(const struct TYPE *k, const struct tile_plane *plane, int left, int y, \
                            bool clamp, IN##_e *made) \
    { \
        const int patch = k->patches.patch, search = k->patches.search; \
        uint sums[4] = {0, 0, 0, 0}, weights[4] = {0, 0, 0, 0}; \
        for (int dy = -search; dy <= search; dy++) { \
            for (int dx = -search; dx <= search; dx++) { \
                uint alike[4] = {0, 0, 0, 0}, columns[PATCH_COLUMNS_MOST] = {0}; \
                for (int j = y - patch; j <= y + patch; j++) \
                    name##_columns(k, name##_row(plane, j), name##_row(plane, j + dy), \
                                   left - patch, left - patch + dx, plane->width, clamp, columns); \
                TILE_UNROLL \
                for (int c = 0; c < PATCH_COLUMNS_MOST; c++) { \
                    TILE_UNROLL \
                    for (int i = 0; i < 4; i++) \
                        alike[i] += c >= i && c <= i + 2 * patch ? columns[c] : 0; \
                } \
                GLOBAL const IN##_e *row = name##_row(plane, y + dy); \
                TILE_UNROLL \
                for (int i = 0; i < 4; i++) { \
                    const uint weight = WEIGHT(k, (ushort)alike[i]); \
                    weights[i] += weight; \
                    sums[i] += weight * row[TILE_INSIDE(left + i + dx, plane->width)]; \
                } \
            } \
        } \
        TILE_UNROLL \
        for (int i = 0; i < 4; i++) \
            made[i] = (IN##_e)divide_lanes(sums[i] + (weights[i] >> 1), weights[i]); \
    } \
    INLINE void name##_tile(TILE_ARGUMENTS, int transposed) \
    { \
        const struct TYPE k = *(CONSTANT struct TYPE *)constants; \
        TILE_BLOCKS(n) \
        { \
            const int x = tile->x + n->x + TILE_LEFT(n), left = TILE_INSIDE(x, tile->width); \
            IN##_e four[4], made[4]; \
            const int reach = k.patches.patch + k.patches.search, \
                      y = TILE_INSIDE(tile->y + n->y + TILE_TOP(n), tile->height); \
            if (left >= reach && left + 3 + reach < planes->width) \
                name##_four(&k, planes, left, y, false, four); \
            else \
                name##_four(&k, planes, left, y, true, four); \
            TILE_UNROLL \
            for (int i = 0; i < 4; i++) { \
                const int at = TILE_INSIDE(x + i, tile->width) - left; \
                made[i] = at == 0 ? four[0] : at == 1 ? four[1] : at == 2 ? four[2] : four[3]; \
            } \
            IN##_put_4(TILE_OUT(IN##_e, 0, TILE_LEFT(n), TILE_TOP(n)), made); \
        } \
    } \
    struct name##_takes_the_semicolon
#else

/* Makes a part of PATCH_ROWS rows at a time. For each place in the search window, sums down the
 * columns of patches slide down the rows; the last 2 * patch + 1 rows of ALIKE stay for that. */
#define PATCH_PART 256
/* Whole cache lines: lanes that are stored across two take twice as long. */
#define PATCH_LINE 64
#define PATCH_ROOM \
    ((PATCH_PART + 2 * PATCH_MOST + LANES + PATCH_LINE - 1) / PATCH_LINE * PATCH_LINE)
#define PATCH_TERMS (2 * PATCH_MOST + 2)
struct __attribute__((aligned(PATCH_LINE))) patch_memory {
    ushort zeros[PATCH_ROOM], terms[PATCH_TERMS][PATCH_ROOM], columns[2][PATCH_ROOM];
    ushort weights[PATCH_ROWS][PATCH_PART + LANES];
    uint sums[PATCH_ROWS][PATCH_PART + LANES];
};
/* See FUSE_INTO. */
#define PATCH_PLACE(array) ((GLOBAL uchar *)(ulong)(array))
/* The last lanes end with the patches of the part, so that they read no farther. */
#define PATCH_COLUMNS(columns) \
    for (int x = 0, last = (columns) > LANES ? (columns)-LANES : 0, more = 1; more; \
         more = x < last, x = x + LANES < last ? x + LANES : last)

#define PATCHES_AS(name, IN, TYPE, ALIKE, WEIGHT) \
    /* Row `here` of a picture against row `there`; the columns go on from `above`. */ \
    INLINE void name##_slide(const struct TYPE *k, GLOBAL const uchar *here, \
                             GLOBAL const uchar *there, GLOBAL const uchar *leaving, \
                             GLOBAL const uchar *above, GLOBAL uchar *restrict entering, \
                             GLOBAL uchar *restrict columns, int width) \
    { \
        GLOBAL const IN##_at *it = 0; \
        GLOBAL u16_at *ot = 0; \
        PATCH_COLUMNS(width + 2 * k->patches.patch) \
        { \
            const u16 term = ALIKE(k, LANES_LOAD(it, here, x), LANES_LOAD(it, there, x)); \
            LANES_STORE(ot, entering, x, term); \
            LANES_STORE(ot, columns, x, \
                        U16(LANES_LOAD(ot, above, x) + term - LANES_LOAD(ot, leaving, x))); \
        } \
    } \
    INLINE void name##_add(const struct TYPE *k, GLOBAL const uchar *there, \
                           GLOBAL const uchar *columns, GLOBAL uchar *restrict weights, \
                           GLOBAL uchar *restrict sums, int width) \
    { \
        GLOBAL const IN##_at *it = 0; \
        GLOBAL u16_at *ot = 0; \
        GLOBAL u32_at *st = 0; \
        EACH_LANES \
        { \
            u16 alike = LANES_LOAD(ot, columns, x); \
            for (int i = 1; i <= 2 * k->patches.patch; i++) \
                alike = U16(alike + LANES_LOAD(ot, columns, x + i)); \
            const u16 weight = WEIGHT(k, alike); \
            LANES_STORE(ot, weights, x, U16(LANES_LOAD(ot, weights, x) + weight)); \
            LANES_STORE(st, sums, x, \
                        LANES_LOAD(st, sums, x) + \
                            PATCH_PRODUCT(weight, LANES_LOAD(it, there, x))); \
        } \
    } \
    /* Adds the samples (dx, dy) away. */ \
    INLINE void name##_offset(const struct TYPE *k, const struct tri_row *row, \
                              struct patch_memory *memory, int left, int width, int dx, int dy) \
    { \
        const int patch = k->patches.patch, slots = 2 * patch + 2; \
        const long at = left * (long)sizeof(IN##_e), before = patch * (long)sizeof(IN##_e), \
                   beside = dx * (long)sizeof(IN##_e); \
        /* Sums of patches begin in the middle of what was stored: a row later, as CPUs wait for \
         * such stores. */ \
        for (int i = 0; i <= row->rows + 2 * patch; i++) { \
            const int y = row->y - patch + i; \
            if (i < row->rows + 2 * patch) \
                name##_slide( \
                    k, PATCH_ROW(y) + at - before, PATCH_ROW(y + dy) + at - before + beside, \
                    PATCH_PLACE(i <= 2 * patch ? memory->zeros : memory->terms[(i + 1) % slots]), \
                    PATCH_PLACE(i == 0 ? memory->zeros : memory->columns[i % 2]), \
                    PATCH_PLACE(memory->terms[i % slots]), \
                    PATCH_PLACE(memory->columns[(i + 1) % 2]), width); \
            if (i > 2 * patch) \
                name##_add(k, PATCH_ROW(y - 1 - patch + dy) + at + beside, \
                           PATCH_PLACE(memory->columns[i % 2]), \
                           PATCH_PLACE(memory->weights[i - 1 - 2 * patch]), \
                           PATCH_PLACE(memory->sums[i - 1 - 2 * patch]), width); \
        } \
    } \
    INLINE void name##_divide(GLOBAL uchar *restrict out, GLOBAL const uchar *weights, \
                              GLOBAL const uchar *sums, int width) \
    { \
        GLOBAL IN##_at *it = 0; \
        GLOBAL const u16_at *ot = 0; \
        GLOBAL const u32_at *st = 0; \
        EACH_LANES \
        { \
            const u32 weight = U32(LANES_LOAD(ot, weights, x)); \
            LANES_STORE( \
                it, out, x, \
                TO_S(divide_lanes(LANES_LOAD(st, sums, x) + (weight >> ALL(u32, 1)), weight))); \
        } \
    } \
    ROW_FUNCTION(name, PASS_GATHER, IN, IN) \
    { \
        const struct tri_row here = *row; \
        const struct TYPE k = *(GLOBAL const struct TYPE *)here.constants; \
        struct patch_memory memory; \
        for (int x = 0; x < PATCH_ROOM; x++) \
            memory.zeros[x] = 0; \
        /* Its columns, with those of patches, fill lanes. */ \
        const int part = PATCH_PART - 2 * k.patches.patch; \
        for (int left = 0; left < here.width; left += part) { \
            const int width = here.width - left < part ? here.width - left : part; \
            for (int y = 0; y < here.rows; y++) { \
                for (int x = 0; x < PATCH_PART + LANES; x++) \
                    memory.sums[y][x] = memory.weights[y][x] = 0; \
            } \
            for (int dy = -k.patches.search; dy <= k.patches.search; dy++) { \
                for (int dx = -k.patches.search; dx <= k.patches.search; dx++) \
                    name##_offset(&k, &here, &memory, left, width, dx, dy); \
            } \
            for (int y = 0; y < here.rows; y++) \
                name##_divide(here.out[0] + y * here.out_stride[0] + left * (long)sizeof(IN##_e), \
                              PATCH_PLACE(memory.weights[y]), PATCH_PLACE(memory.sums[y]), width); \
        } \
    } \
    _Static_assert(1, "takes the semicolon")
#define PATCH_ROW(y) \
    (row->plane[0] + ((y) < 0                ? 0 \
                      : (y) < row->in_height ? (y) \
                                             : row->in_height - 1) * \
                         row->stride[0])
#if BITS == 8
#define PATCH_PRODUCT(weight, sample) U32(U16((weight)*U16(sample)))
#else
#define PATCH_PRODUCT(weight, sample) (U32(weight) * U32(sample))
#endif
#endif
