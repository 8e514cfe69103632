/* ranks.h -- the sample of a given rank in a large square window. */

/* Sample X of row Y is that of its window with so many before it in their order. The constants are
 * a struct tri_ranks; the node sets `.whole` and `.block`. Beyond the edges of the picture samples
 * are those of the edge. */
#define RANKS(name) RANKS_(name, S)
#define RANKS_(name, TYPE) RANKS_AS(name, TYPE)

#ifdef TRI_TILES_H
/* An item makes four samples, each found bit by bit, from the highest: a bit is 1 if no more than
 * `rank` samples of the window are less than what that makes. */
#define RANKS_AS(name, TYPE) \
    TILE_TYPES(name, TYPE, TYPE) \
    INLINE void name##_four(const struct tri_ranks *k, const struct tile_plane *plane, int left, \
                            int y, TYPE##_e *made) \
    { \
        uint found[4] = {0, 0, 0, 0}; \
        for (uint bit = (MAXIMUM + 1) / 2; bit > 0; bit >>= 1) { \
            int less[4] = {0, 0, 0, 0}; \
            for (int j = y - k->radius; j <= y + k->radius; j++) { \
                GLOBAL const TYPE##_e *row = \
                    (GLOBAL const TYPE##_e *)(plane->samples + \
                                              (long)TILE_INSIDE(j, plane->height) * \
                                                  plane->stride); \
                for (int c = 0; c <= 2 * k->radius + 3; c++) { \
                    const uint v = row[TILE_INSIDE(left + c - k->radius, plane->width)]; \
                    TILE_UNROLL \
                    for (int i = 0; i < 4; i++) \
                        less[i] += c >= i && c <= i + 2 * k->radius && v < (found[i] | bit); \
                } \
            } \
            TILE_UNROLL \
            for (int i = 0; i < 4; i++) \
                found[i] |= less[i] <= k->rank ? bit : 0; \
        } \
        TILE_UNROLL \
        for (int i = 0; i < 4; i++) \
            made[i] = (TYPE##_e)found[i]; \
    } \
    INLINE void name##_tile(TILE_ARGUMENTS, int transposed) \
    { \
        const struct tri_ranks k = *(CONSTANT struct tri_ranks *)constants; \
        TILE_BLOCKS(n) \
        { \
            const int x = tile->x + n->x + TILE_LEFT(n), left = TILE_INSIDE(x, tile->width); \
            TYPE##_e four[4], made[4]; \
            name##_four(&k, planes, left, TILE_INSIDE(tile->y + n->y + TILE_TOP(n), tile->height), \
                        four); \
            TILE_UNROLL \
            for (int i = 0; i < 4; i++) { \
                const int at = TILE_INSIDE(x + i, tile->width) - left; \
                made[i] = at == 0 ? four[0] : at == 1 ? four[1] : at == 2 ? four[2] : four[3]; \
            } \
            TYPE##_put_4(TILE_OUT(TYPE##_e, 0, TILE_LEFT(n), TILE_TOP(n)), made); \
        } \
    } \
    struct name##_takes_the_semicolon
#else

#if BITS == 8
/* Perreault and Hebert, "Median filtering in constant time", 2007: the counts of each column slide
 * down the rows, and those of the window along them. All counts are of the samples up to a value:
 * of the upper four bits (`high`), and for each of these, of the lower four (`low`). Of the
 * window's, those of the lower bits are made for one value of the upper bits when that is needed,
 * mostly from those of the sample before. */
#ifdef __clang__
#define RANK_LANES __attribute__((ext_vector_type(16)))
typedef uchar rank_bytes RANK_LANES;
typedef ushort rank_words RANK_LANES;
#else
typedef uchar rank_bytes __attribute__((__vector_size__(16)));
typedef ushort rank_words __attribute__((__vector_size__(32)));
#endif
struct rank_column {
    rank_bytes high, low[16];
};
struct rank_window {
    rank_words high, low[16];
    int at[16]; /* the sample whose window `low` is of */
};
#define RANK_PART 512
#define RANK_COLUMNS (RANK_PART + 2 * RANK_RADIUS)

INLINE rank_words rank_widen(rank_bytes v)
{
    return __builtin_convertvector(v, rank_words);
}

/* 1 from entry v on. */
INLINE rank_bytes rank_from(uint v)
{
    const rank_bytes each = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const rank_bytes first = each - each + (uchar)v;
    return __builtin_convertvector(each >= first, rank_bytes) & (each - each + (uchar)1);
}

/* How many of the counts are at most `rank`. */
INLINE int rank_find(rank_words counts, int rank)
{
    union {
        rank_bytes bytes;
        ulong words[2];
    } found;
    found.bytes = __builtin_convertvector(
        __builtin_convertvector(counts <= counts - counts + (ushort)rank, rank_words) &
            (counts - counts + (ushort)1),
        rank_bytes);
    return (int)(((found.words[0] + found.words[1]) * 0x0101010101010101ul) >> 56);
}

INLINE void rank_enter(struct rank_column *column, uint v)
{
    column->high += rank_from(v >> 4);
    column->low[v >> 4] += rank_from(v & 15);
}

INLINE void rank_leave(struct rank_column *column, uint v)
{
    column->high -= rank_from(v >> 4);
    column->low[v >> 4] -= rank_from(v & 15);
}

/* The counts of the lower bits for the window around column x + radius. */
INLINE rank_words rank_low(struct rank_window *window, const struct rank_column *columns, int high,
                           int x, int radius)
{
    rank_words low = window->low[high];
    int at = window->at[high];
    if (x - at > radius) {
        low -= low;
        for (int i = 0; i <= 2 * radius; i++)
            low += rank_widen(columns[x + i].low[high]);
        at = x;
    }
    for (; at < x; at++)
        low +=
            rank_widen(columns[at + 1 + 2 * radius].low[high]) - rank_widen(columns[at].low[high]);
    window->at[high] = x;
    return window->low[high] = low;
}

static void rank_row(GLOBAL uchar *out, const struct rank_column *columns, int width,
                     const struct tri_ranks *k)
{
    struct rank_window window;
    const int radius = k->radius;
    window.high = rank_widen(columns[0].high);
    for (int i = 1; i <= 2 * radius; i++)
        window.high += rank_widen(columns[i].high);
    for (int i = 0; i < 16; i++) {
        window.at[i] = -RANK_COLUMNS;
        window.low[i] = window.high;
    }
    for (int x = 0; x < width; x++) {
        if (x > 0)
            window.high +=
                rank_widen(columns[x + 2 * radius].high) - rank_widen(columns[x - 1].high);
        const int high = rank_find(window.high, k->rank),
                  below = high > 0 ? window.high[high - 1] : 0;
        const rank_words low = rank_low(&window, columns, high, x, radius);
        out[x] = (uchar)(16 * high + rank_find(low, k->rank - below));
    }
}

#define RANK_EACH_COLUMN(DO) \
    for (int i = 0; i < count; i++) \
        DO(&columns[i], in[rank_inside(left + i, width)]);
INLINE void rank_enter_row(struct rank_column *columns, int count, GLOBAL const uchar *in, int left,
                           int width){RANK_EACH_COLUMN(rank_enter)} INLINE
    void rank_leave_row(struct rank_column *columns, int count, GLOBAL const uchar *in, int left,
                        int width)
{
    RANK_EACH_COLUMN(rank_leave)
}

static void rank_part(const struct tri_row *row, const struct tri_ranks *k, int left, int count)
{
    struct rank_column columns[RANK_COLUMNS];
    const int radius = k->radius, all = count + 2 * radius, begin = left - radius;
    for (int i = 0; i < all; i++) {
        columns[i].high -= columns[i].high;
        for (int j = 0; j < 16; j++)
            columns[i].low[j] = columns[i].high;
    }
    for (int y = row->y - radius; y < row->y + radius; y++)
        rank_enter_row(columns, all, RANK_ROW(y), begin, row->in_width);
    for (int r = 0; r < row->rows; r++) {
        const int y = row->y + r;
        rank_enter_row(columns, all, RANK_ROW(y + radius), begin, row->in_width);
        rank_row(row->out[0] + r * row->out_stride[0] + left, columns, count, k);
        rank_leave_row(columns, all, RANK_ROW(y - radius), begin, row->in_width);
    }
}

INLINE void rank_rows(const struct tri_row *row, const struct tri_ranks *k)
{
#ifdef RANK_TREES
    if (k->radius >= RANK_LEAST && k->radius <= RANK_NEAR) {
        for (int left = 0; left < row->width; left += RANK_ACROSS) {
            if (!rank_columns(row, k, left))
                rank_part(row, k, left,
                          row->width - left < RANK_ACROSS ? row->width - left : RANK_ACROSS);
        }
        return;
    }
#endif
    for (int left = 0; left < row->width; left += RANK_PART)
        rank_part(row, k, left, row->width - left < RANK_PART ? row->width - left : RANK_PART);
}
#else
/* Huang, Yang and Tang, "A fast two-dimensional median filtering algorithm", 1979: the counts of
 * the window slide along each row. They are of the upper 8, of the upper 12, and of all bits.
 * `below` is how many are less than those of the upper bits `high`. */
struct rank_counts {
    ushort high[256], middle[4096], all[65536];
    int at, below;
};

INLINE void rank_count(struct rank_counts *counts, uint v, int by)
{
    counts->high[v >> 8] = (ushort)(counts->high[v >> 8] + by);
    counts->middle[v >> 4] = (ushort)(counts->middle[v >> 4] + by);
    counts->all[v] = (ushort)(counts->all[v] + by);
    counts->below += (int)(v >> 8) < counts->at ? by : 0;
}

INLINE int rank_find(struct rank_counts *counts, int rank)
{
    while (counts->below > rank)
        counts->below -= counts->high[--counts->at];
    while (counts->below + counts->high[counts->at] <= rank)
        counts->below += counts->high[counts->at++];
    int below = counts->below, at = counts->at * 16;
    while (below + counts->middle[at] <= rank)
        below += counts->middle[at++];
    at *= 16;
    while (below + counts->all[at] <= rank)
        below += counts->all[at++];
    return at;
}

INLINE void rank_count_column(struct rank_counts *counts, const struct tri_row *row, int y, int x,
                              int radius, int by)
{
    for (int j = y - radius; j <= y + radius; j++)
        rank_count(counts, ((GLOBAL const ushort *)RANK_ROW(j))[rank_inside(x, row->in_width)], by);
}

static void rank_rows(const struct tri_row *row, const struct tri_ranks *k)
{
    struct rank_counts counts;
    const int radius = k->radius;
    for (int r = 0; r < row->rows; r++) {
        const int y = row->y + r;
        GLOBAL ushort *out = (GLOBAL ushort *)(row->out[0] + r * row->out_stride[0]);
        for (int i = 0; i < 65536; i++)
            counts.all[i] = counts.middle[i / 16] = counts.high[i / 256] = 0;
        counts.at = counts.below = 0;
        for (int x = -radius; x <= radius; x++)
            rank_count_column(&counts, row, y, x, radius, 1);
        for (int x = 0; x < row->width; x++) {
            if (x > 0) {
                rank_count_column(&counts, row, y, x + radius, radius, 1);
                rank_count_column(&counts, row, y, x - 1 - radius, radius, -1);
            }
            out[x] = (ushort)rank_find(&counts, k->rank);
        }
    }
}
#endif

#define RANKS_AS(name, TYPE) \
    ROW_FUNCTION(name, PASS_GATHER, TYPE, TYPE) \
    { \
        const struct tri_row here = *row; \
        const struct tri_ranks k = *(GLOBAL const struct tri_ranks *)here.constants; \
        rank_rows(&here, &k); \
    } \
    _Static_assert(1, "takes the semicolon")
#endif
