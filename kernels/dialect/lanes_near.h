/* lanes_near.h -- samples around places that lie close together, for gathers that interpolate.
 *
 * Where places follow each other about as samples do, what a group of outputs needs of a row is
 * within 16 bytes: one load and a shuffle stand for a load for each output. A part is as many
 * groups as suit registers; each group begins at a column and a row of its own. */

#if defined(NATIVE) && defined(__SSSE3__)
#define NEAR_LANES
/* Outputs of a part, and of a group: each takes two samples of a row, which are a pair. */
#if BITS == 8 && NATIVE == 32
#define NEAR_PART 32
#elif LANES == 8
#define NEAR_PART 8
#else
#define NEAR_PART 16
#endif
#define NEAR_GROUP (64 / BITS)
#define NEAR_GROUPS (NEAR_PART / NEAR_GROUP)
#define NEAR_BYTES (NATIVE * 2)
#define NEAR_NATIVES (NEAR_GROUPS * 16 / NEAR_BYTES)
/* The farthest column of a group from its first one, and the farthest row: with more rows, single
 * loads are faster, and with few samples in a register they are for one plane. */
#define NEAR_ACROSS (128 / BITS - 2)
#define NEAR_DOWN (NATIVE == 32 ? 15 : NATIVE == 16 ? 4 : 3)
#define NEAR_PLANES (BITS == 8 && NATIVE == 32 ? 1 : 2)

#if BITS == 8
typedef uchar near_sample;
typedef ushort near_word;
typedef short near_number;
#define NEAR_EACH(i) i, i, i, i, i, i, i, i
#else
typedef ushort near_sample;
typedef uint near_word;
typedef int near_number;
#define NEAR_EACH(i) i, i, i, i
#endif
#if NEAR_GROUPS == 4
#define NEAR_ALL(i) \
    NEAR_EACH(i), NEAR_EACH(i + NEAR_GROUP), NEAR_EACH(i + 2 * NEAR_GROUP), \
        NEAR_EACH(i + 3 * NEAR_GROUP)
#else
#define NEAR_ALL(i) NEAR_EACH(i), NEAR_EACH(i + NEAR_GROUP)
#endif

typedef near_sample near_samples __attribute__((ext_vector_type(NEAR_PART)));
typedef struct __attribute__((packed, may_alias)) {
    near_samples v;
} near_samples_at;
typedef near_word near_pairs __attribute__((ext_vector_type(NEAR_PART)));
typedef near_number near_numbers __attribute__((ext_vector_type(NEAR_PART)));
typedef uchar near_group __attribute__((ext_vector_type(16)));
typedef struct __attribute__((packed, may_alias)) {
    near_group v;
} near_group_at;
typedef char near_native __attribute__((__vector_size__(NEAR_BYTES)));
union near_bits {
    near_pairs pairs;
    near_numbers numbers;
    near_group group[NEAR_GROUPS];
    near_native native[NEAR_NATIVES];
    madd16 native16[NEAR_NATIVES];
};
#define NEAR_PAIRS(v) __builtin_convertvector(v, near_pairs)
/* A number in all lanes. */
#define NEAR_WORD(number) ((near_pairs)((near_word)(number)))
#define NEAR_NUMBER(number) ((near_numbers)((near_number)(number)))
#define NEAR_SAMPLE NEAR_WORD((1 << BITS) - 1)

#if NATIVE == 32
#define NEAR_SHUFFLE __builtin_ia32_pshufb512
#elif NATIVE == 16
#define NEAR_SHUFFLE __builtin_ia32_pshufb256
#else
#define NEAR_SHUFFLE __builtin_ia32_pshufb128
#endif

/* Where a part's samples are: each group's first column and row, and for each output the bytes of
 * its pair from there on, the rows down to it, and the 256ths to the right and down. */
struct near_places {
    near_pairs bytes, rows, right, lower;
    int x[NEAR_GROUPS], y[NEAR_GROUPS];
    int most; /* of `rows` */
};

/* Whether a comparison holds in any lane. */
INLINE int near_any(near_numbers holds)
{
    return __builtin_reduce_min(holds) != 0;
}

/* The first column or row of each group, in all its lanes; the middle of a group is never before
 * both ends, or else near_find refuses it. */
INLINE near_numbers near_first(near_numbers at)
{
    return __builtin_elementwise_min(__builtin_shufflevector(at, at, NEAR_ALL(0)),
                                     __builtin_shufflevector(at, at, NEAR_ALL(NEAR_GROUP - 1)));
}

/* Takes whole places and their 256ths. Returns 0 if a group's samples are not within 16 bytes of a
 * row, or not within `most` rows from the first; then other ways must be gone. */
INLINE int near_find(struct near_places *at, near_numbers x, near_numbers y, near_numbers right,
                     near_numbers lower, int most)
{
    union {
        near_numbers lanes;
        near_number each[NEAR_PART];
    } left, top;
    left.lanes = near_first(x);
    top.lanes = near_first(y);
    const near_pairs across = NEAR_PAIRS(x - left.lanes);
#if BITS == 8
    at->bytes = across * NEAR_WORD(0x101) + NEAR_WORD(0x100);
#else
    at->bytes = across * NEAR_WORD(0x2020202) + NEAR_WORD(0x3020100);
#endif
    at->rows = NEAR_PAIRS(y - top.lanes);
    at->right = NEAR_PAIRS(right);
    at->lower = NEAR_PAIRS(lower);
    for (int i = 0; i < NEAR_GROUPS; i++) {
        at->x[i] = left.each[i * NEAR_GROUP];
        at->y[i] = top.each[i * NEAR_GROUP];
    }
    at->most = (int)__builtin_reduce_max(at->rows);
    return at->most <= most && !near_any(across > NEAR_WORD(NEAR_ACROSS));
}

/* The pairs of one row of each group. */
INLINE near_pairs near_row(GLOBAL const uchar *const *from, long offset, near_pairs bytes)
{
    union near_bits row, at;
    at.pairs = bytes;
    for (int i = 0; i < NEAR_GROUPS; i++)
        row.group[i] = ((GLOBAL const near_group_at *)(from[i] + offset))->v;
    for (int i = 0; i < NEAR_NATIVES; i++)
        row.native[i] = NEAR_SHUFFLE(row.native[i], at.native[i]);
    return row.pairs;
}

/* a * (256 - share) + b * share of the first and second samples of pairs. */
INLINE near_pairs near_mixed(near_pairs pairs, near_pairs share)
{
    const near_pairs first = pairs & NEAR_SAMPLE, second = pairs >> NEAR_WORD(BITS);
    return (first << NEAR_WORD(8)) + (second - first) * share;
}

/* Such mixtures, mixed likewise and rounded. */
#if BITS == 8
INLINE near_pairs near_high(near_pairs a, near_pairs b)
{
    union near_bits x, y;
    x.pairs = a;
    y.pairs = b;
    for (int i = 0; i < NEAR_NATIVES; i++)
        x.native16[i] = NATIVE_HIGH_UNSIGNED(x.native16[i], y.native16[i]);
    return x.pairs;
}

/* In halves of 16 bits, as 32 would take twice the registers. */
INLINE near_samples near_mixed_down(near_pairs above, near_pairs below, near_pairs share)
{
    const near_pairs rest = NEAR_WORD(256) - share, low = above * rest, sum = low + below * share;
    return __builtin_convertvector(near_high(above, rest) + near_high(below, share) +
                                       (sum >> NEAR_WORD(15)) - NEAR_PAIRS(sum < low),
                                   near_samples);
}
#else
INLINE near_samples near_mixed_down(near_pairs above, near_pairs below, near_pairs share)
{
    return __builtin_convertvector(
        ((above << NEAR_WORD(8)) + (below - above) * share + NEAR_WORD(32768)) >> NEAR_WORD(16),
        near_samples);
}
#endif

/* Pairs of a plane at the places and in the rows below them. The plane's sample (0, 0) is that of
 * the places. All groups take as many rows as the one that needs most, so there must be as many
 * below each. */
struct near_square {
    near_pairs above, below;
};

INLINE struct near_square near_squares(const struct near_places *at,
                                       GLOBAL const near_sample *plane, long stride)
{
    GLOBAL const uchar *from[NEAR_GROUPS];
    for (int i = 0; i < NEAR_GROUPS; i++)
        from[i] = (GLOBAL const uchar *)(plane + at->y[i] * stride + at->x[i]);
    stride *= (long)sizeof(near_sample);
    near_pairs above = near_row(from, 0, at->bytes), last = near_row(from, stride, at->bytes),
               below = last, row = NEAR_WORD(0);
    /* Mostly none or one or two rounds: unrolled, they would take longer to begin. */
    _Pragma("clang loop unroll(disable)") for (int i = 0; i < at->most; i++)
    {
        const near_numbers further = at->rows > row;
        above = further ? last : above;
        last = near_row(from, (i + 2) * stride, at->bytes);
        below = further ? last : below;
        row += NEAR_WORD(1);
    }
    return (struct near_square){above, below};
}

/* The samples between those, by 256ths. */
INLINE near_samples near_linear(const struct near_places *at, struct near_square square)
{
    return near_mixed_down(near_mixed(square.above, at->right), near_mixed(square.below, at->right),
                           at->lower);
}

/* Where places are outside a plane, pairs inside are found in place of theirs: `x` and `y` say how
 * far beyond those they are. */
struct near_edge {
    near_numbers x, y;
    near_pairs fill; /* a pair of constants, unless edge samples are replicated */
    int replicate;
};

/* Moves places to between `low` and `high`, and returns how far they were beyond. */
INLINE near_numbers near_beyond(near_numbers *at, near_numbers low, near_numbers high)
{
    const near_numbers before = *at;
    *at = __builtin_elementwise_min(__builtin_elementwise_max(before, low), high);
    return before - *at;
}

INLINE near_pairs near_edge_pairs(const struct near_edge *edge, near_pairs pairs)
{
    const near_numbers x = edge->x, none = NEAR_NUMBER(0);
    const near_pairs first = pairs & NEAR_SAMPLE, second = pairs >> NEAR_WORD(BITS);
    if (edge->replicate != 0)
        return x == none  ? pairs
               : x < none ? first | first << NEAR_WORD(BITS)
                          : second | second << NEAR_WORD(BITS);
    return x == none              ? pairs
           : x == NEAR_NUMBER(-1) ? (edge->fill & NEAR_SAMPLE) | first << NEAR_WORD(BITS)
           : x == NEAR_NUMBER(1)  ? second | edge->fill << NEAR_WORD(BITS)
                                  : edge->fill;
}

/* The squares around the places themselves. */
INLINE struct near_square near_edge_squares(const struct near_edge *edge, struct near_square square)
{
    const near_numbers y = edge->y, none = NEAR_NUMBER(0);
    const near_pairs above = near_edge_pairs(edge, square.above),
                     below = near_edge_pairs(edge, square.below);
    if (edge->replicate != 0)
        return (struct near_square){y > none ? below : above, y < none ? above : below};
    return (struct near_square){y == none             ? above
                                : y == NEAR_NUMBER(1) ? below
                                                      : edge->fill,
                                y == none              ? below
                                : y == NEAR_NUMBER(-1) ? above
                                                       : edge->fill};
}
#endif
