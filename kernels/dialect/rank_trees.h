/* rank_trees.h -- ranks in windows of up to 33 x 33 samples of 8 bits, for 64 outputs at a time.
 *
 * How many samples of each window are below a threshold is kept from row to row, as it changes by
 * the samples of two rows alone. That tells a rank once it is known for the rank and for the next
 * value. Neighbours have nearly the same ranks, so that few thresholds are needed; at most all 255.
 */

INLINE int rank_inside(int at, int size)
{
    return at < 0 ? 0 : at < size ? at : size - 1;
}
#define RANK_ROW(y) (row->plane[0] + rank_inside(y, row->in_height) * row->stride[0])

#if BITS == 8 && LANES > 1
#define RANK_TREES
#define RANK_ACROSS 64
#define RANK_LEAST 4 /* the smallest radius */
#define RANK_NEAR 16 /* the largest */
#define RANK_KEPT 4  /* rows after which thresholds that are not needed are forgotten */
#define RANK_BESIDE (2 * RANK_NEAR)
#define RANK_BLOCK_ROWS (RANK_ROWS + 2 * RANK_NEAR + 1)
#define RANK_TYPE(name, element, lanes) \
    typedef element name __attribute__((ext_vector_type(lanes))); \
    typedef struct __attribute__((packed, may_alias)) { \
        name v; \
    } name##_at;
RANK_TYPE(rank_samples, uchar, RANK_ACROSS)
RANK_TYPE(rank_beside, uchar, RANK_BESIDE)
RANK_TYPE(rank_signs, signed char, RANK_ACROSS)
RANK_TYPE(rank_counts, ushort, RANK_ACROSS)

/* Lanes of a row: those of the outputs, and those beside. */
struct rank_lanes {
    rank_samples here;
    rank_beside beside;
};
struct rank_block {
    struct rank_lanes rows[RANK_BLOCK_ROWS]; /* from radius + 1 above the first output's on */
    rank_counts below[256];                  /* how many samples are below a threshold */
    uchar asking[256];                       /* the thresholds whose counts are kept */
    int asked;
    long work; /* counts that were taken to a row; those that were made count as three */
};
/* More work for a row takes longer than counts of columns do (ranks.h). */
#define RANK_WORK 96

#if defined(__AVX512BW__)
#define RANK_NATIVE 64
#define RANK_NATIVE_MASK(v) __builtin_ia32_cvtb2mask512(v)
#elif defined(__AVX2__)
#define RANK_NATIVE 32
#define RANK_NATIVE_MASK(v) (uint) __builtin_ia32_pmovmskb256(v)
#elif defined(__SSE2__)
#define RANK_NATIVE 16
#define RANK_NATIVE_MASK(v) (uint) __builtin_ia32_pmovmskb128(v)
#endif

/* A bit for each lane: its highest. */
#ifdef RANK_NATIVE
typedef char rank_native __attribute__((__vector_size__(RANK_NATIVE)));
INLINE ulong rank_mask(rank_samples v)
{
    union {
        rank_samples lanes;
        rank_native part[RANK_ACROSS / RANK_NATIVE];
    } from;
    from.lanes = v;
    ulong mask = 0;
    for (int i = 0; i < RANK_ACROSS / RANK_NATIVE; i++)
        mask |= (ulong)RANK_NATIVE_MASK(from.part[i]) << i * RANK_NATIVE;
    return mask;
}
#else
INLINE ulong rank_mask(rank_samples v)
{
    union {
        rank_samples lanes;
        ulong part[RANK_ACROSS / 8];
    } from;
    from.lanes = v;
    ulong mask = 0;
    for (int i = 0; i < RANK_ACROSS / 8; i++)
        mask |= ((from.part[i] >> 7 & 0x0101010101010101ul) * 0x0102040810204080ul >> 56) << 8 * i;
    return mask;
}
#endif

#define RANK_FROM_32(n) \
    LANES_FROM_8(n), LANES_FROM_8((n) + 8), LANES_FROM_8((n) + 16), LANES_FROM_8((n) + 24)
#define RANK_NONE_8 -1, -1, -1, -1, -1, -1, -1, -1
#define RANK_NONE_32 RANK_NONE_8, RANK_NONE_8, RANK_NONE_8, RANK_NONE_8
INLINE rank_samples rank_spread(rank_beside v)
{
    return __builtin_shufflevector(v, v, RANK_FROM_32(0), RANK_NONE_32);
}

/* Lanes from n on. Of those beside, the last n are not needed any more. */
#define RANK_AHEAD(v, n) \
    __builtin_shufflevector((v).here, rank_spread((v).beside), RANK_FROM_32(n), \
                            RANK_FROM_32((n) + 32))
#define RANK_AHEAD_BESIDE(v, n) __builtin_shufflevector((v).beside, (v).beside, RANK_FROM_32(n))
#define RANK_ADD(to, part, from, n) \
    { \
        const struct rank_lanes from_ = from; \
        (to).here = (part).here + RANK_AHEAD(from_, n); \
        (to).beside = (part).beside + RANK_AHEAD_BESIDE(from_, n); \
    }

/* Sums of `count` lanes from each of the outputs' on; `count` is odd and 9 to 33. */
INLINE rank_samples rank_along(struct rank_lanes ones, int count)
{
    struct rank_lanes twos, fours, sum;
    RANK_ADD(twos, ones, ones, 1)
    RANK_ADD(fours, twos, twos, 2)
    RANK_ADD(sum, fours, fours, 4)
    if (count & 48) {
        const struct rank_lanes eights = sum;
        RANK_ADD(sum, eights, eights, 8)
        if (count & 32)
            RANK_ADD(sum, sum, sum, 16)
        else if (count & 8)
            RANK_ADD(sum, eights, sum, 8)
    }
    if (count & 4)
        RANK_ADD(sum, fours, sum, 4)
    if (count & 2)
        RANK_ADD(sum, twos, sum, 2)
    return ones.here + RANK_AHEAD(sum, 1);
}

/* -1, or all bits, where samples are less; and 1 more where they are. */
#define RANK_LESS(type, samples, than) __builtin_convertvector((samples) < (type)(than), type)
#ifdef __AVX512BW__
#define RANK_MORE(type, v, samples, than) ((samples) < (type)(than) ? (v) + (type)((uchar)1) : (v))
#else
#define RANK_MORE(type, v, samples, than) ((v)-RANK_LESS(type, samples, than))
#endif

/* Takes the counts from the row above to row `y`. */
INLINE void rank_follow(struct rank_block *block, uchar threshold, int y, int side)
{
    const struct rank_lanes *leaving = &block->rows[y], *entering = &block->rows[y + side];
    struct rank_lanes change;
    change.here = RANK_LESS(rank_samples, leaving->here, threshold);
    change.here = RANK_MORE(rank_samples, change.here, entering->here, threshold);
    change.beside = RANK_LESS(rank_beside, leaving->beside, threshold);
    change.beside = RANK_MORE(rank_beside, change.beside, entering->beside, threshold);
    union {
        rank_samples unsigned_lanes;
        rank_signs lanes;
    } sum;
    sum.unsigned_lanes = rank_along(change, side);
    block->below[threshold] += __builtin_convertvector(sum.lanes, rank_counts);
}

/* Counts anew. Columns have up to 33; sums of 33 fit a byte for three bits of these. */
INLINE void rank_begin(struct rank_block *block, uchar threshold, int y, int side)
{
    struct rank_lanes columns, low, high;
    columns.here = (rank_samples)((uchar)0);
    columns.beside = (rank_beside)((uchar)0);
    for (int j = y + 1; j <= y + side; j++) {
        columns.here = RANK_MORE(rank_samples, columns.here, block->rows[j].here, threshold);
        columns.beside = RANK_MORE(rank_beside, columns.beside, block->rows[j].beside, threshold);
    }
    low.here = columns.here & (rank_samples)((uchar)7);
    low.beside = columns.beside & (rank_beside)((uchar)7);
    high.here = columns.here >> (rank_samples)((uchar)3);
    high.beside = columns.beside >> (rank_beside)((uchar)3);
    block->below[threshold] =
        __builtin_convertvector(rank_along(low, side), rank_counts) +
        (__builtin_convertvector(rank_along(high, side), rank_counts) << (rank_counts)((ushort)3));
}

/* What is known of ranks: they are from `low` to `high`. */
struct rank_known {
    rank_samples low, high;
};

INLINE void rank_learn(struct rank_known *known, const struct rank_block *block, uchar threshold,
                       int rank)
{
    const rank_samples reached = __builtin_convertvector(
        block->below[threshold] <= (rank_counts)((ushort)rank), rank_samples);
    known->low = MAX(known->low, reached & (rank_samples)(threshold));
    known->high = MIN(known->high, reached | (rank_samples)((uchar)(threshold - 1)));
}

/* Of a lane whose rank is not yet known, the threshold to ask for: near its rank in the row above,
 * or, the more were asked for in vain, in the middle of what is left. */
INLINE int rank_next(const struct rank_known *known, const rank_samples *above, int lane, int apart)
{
    const int low = ((const uchar *)&known->low)[lane], high = ((const uchar *)&known->high)[lane],
              before = ((const uchar *)above)[lane], middle = (high - low + 1) / 2,
              step = apart < middle ? apart : middle;
    return low >= before ? low + step : high + 1 - step;
}

/* The ranks of the windows of row `y`, in the lanes of a mask. */
INLINE rank_samples rank_search(struct rank_block *block, int y, const struct tri_ranks *k,
                                ulong lanes, rank_samples above)
{
    const int side = 2 * k->radius + 1;
    struct rank_known known;
    known.low = above - above;
    known.high = ~known.low;
    block->work += block->asked;
    for (int i = 0; i < block->asked; i++) {
        rank_follow(block, block->asking[i], y, side);
        rank_learn(&known, block, block->asking[i], k->rank);
    }
    for (int apart = 1;; apart = apart < 128 ? 2 * apart : 128) {
        const ulong open =
            rank_mask(__builtin_convertvector(known.low != known.high, rank_samples)) & lanes;
        if (open == 0)
            return known.low;
        const int threshold = rank_next(&known, &above, __builtin_ctzl(open), apart);
        rank_begin(block, (uchar)threshold, y, side);
        rank_learn(&known, block, (uchar)threshold, k->rank);
        block->asking[block->asked++] = (uchar)threshold;
        block->work += 3;
    }
}

/* Forgets the thresholds that told nothing of these ranks. */
INLINE void rank_forget(struct rank_block *block, rank_samples ranks)
{
    int asked = 0;
    for (int i = 0; i < block->asked; i++) {
        const uchar threshold = block->asking[i];
        block->asking[asked] = threshold;
        const rank_samples same = (rank_samples)(threshold), below = same - (uchar)1;
        asked += rank_mask(__builtin_convertvector((ranks == same) | (ranks == below),
                                                   rank_samples)) != 0;
    }
    block->asked = asked;
}

/* Samples from column `left` on. */
INLINE void rank_copy(struct rank_lanes *to, GLOBAL const uchar *from, int left, int width)
{
    if (left >= 0 && left + RANK_ACROSS + RANK_BESIDE <= width) {
        to->here = ((GLOBAL const rank_samples_at *)(from + left))->v;
        to->beside = ((GLOBAL const rank_beside_at *)(from + left + RANK_ACROSS))->v;
    } else {
        for (int i = 0; i < RANK_ACROSS; i++)
            ((uchar *)&to->here)[i] = from[rank_inside(left + i, width)];
        for (int i = 0; i < RANK_BESIDE; i++)
            ((uchar *)&to->beside)[i] = from[rank_inside(left + RANK_ACROSS + i, width)];
    }
}

INLINE void rank_put(GLOBAL uchar *out, rank_samples found, int count)
{
    union {
        rank_samples lanes;
        uchar each[RANK_ACROSS];
    } made;
    made.lanes = found;
    if (count == RANK_ACROSS)
        ((GLOBAL rank_samples_at *)out)->v = found;
    else
        for (int i = 0; i < count; i++)
            out[i] = made.each[i];
}

/* Makes 64 columns. Returns 0 if they need too many thresholds. */
static int rank_columns(const struct tri_row *row, const struct tri_ranks *k, int left)
{
    struct rank_block block;
    const int rows = row->rows + 2 * k->radius + 1,
              count = row->width - left < RANK_ACROSS ? row->width - left : RANK_ACROSS;
    const ulong lanes = ~0ul >> (RANK_ACROSS - count);
    for (int i = 0; i < rows; i++)
        rank_copy(&block.rows[i], RANK_ROW(row->y - k->radius - 1 + i), left - k->radius,
                  row->in_width);
    rank_samples ranks = (rank_samples)((uchar)0);
    block.asked = 0;
    block.work = 0;
    for (int y = 0; y < row->rows; y++) {
        ranks = rank_search(&block, y, k, lanes, ranks);
        rank_put(row->out[0] + y * row->out_stride[0] + left, ranks, count);
        if (y % RANK_KEPT != 0)
            continue;
        rank_forget(&block, ranks);
        if (block.work > (y + RANK_KEPT) * RANK_WORK)
            return 0;
    }
    return 1;
}
#endif
