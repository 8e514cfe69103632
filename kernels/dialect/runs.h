/* runs.h -- samples as bits, and passes that visit some of them (UPDATE_BITS) or whole runs (RUNS).
 *
 * A plane of bits has a u32 for 32 samples, the first in the lowest bit, and an even number of them
 * in a row: bits are looked at 64 at a time, which are a word. A run is as many samples as lie side
 * by side in a word. With two rows in a pair it is made of columns where either row has a sample:
 * those touch, at least at a corner.
 *
 * Of two columns at most one has the beginning of a run, and at most one the first sample of a run,
 * row by row. So a plane with something for each run is half as wide as the picture. */

#define RUN_WORD 64

struct tri_runs {
    int rows;  /* 1, or 2 in a pair */
    int shift; /* of pointers */
};

/* Points to a sample: 1 more than its row shifted by components_shift, plus its column. */
#define COMPONENTS_POINTER(x, y, shift) (((uint)(y) << (shift) | (uint)(x)) + 1)
#define COMPONENTS_END 0xffffffffu /* no pointer: here they end */
INLINE int components_shift(int width)
{
    int shift = 0;
    while (1 << shift < width)
        shift++;
    return shift;
}

#ifdef __OPENCL_VERSION__
#define BIT_LAST(word) (63 - (int)clz(word))
#define BIT_FIRST(word) BIT_LAST((word) & (~(word) + 1))
#define BIT_COUNT(word) ((uint)popcount(word))
INLINE ulong bits_word(GLOBAL const uint *row, uint word)
{
    return as_ulong(vload2(word, row));
}
#else
#define BIT_LAST(word) (63 - __builtin_clzl(word))
#define BIT_FIRST(word) __builtin_ctzl(word)
#define BIT_COUNT(word) ((uint)__builtin_popcountl(word))
typedef struct __attribute__((packed, may_alias)) {
    ulong word;
} bits_at;
INLINE ulong bits_word(GLOBAL const uint *row, uint word)
{
    return ((GLOBAL const bits_at *)(row + 2 * (ulong)word))->word;
}
#endif

/* The bits below one. */
INLINE ulong bits_below(int bit)
{
    return ((ulong)1 << bit) - 1;
}

/* Where the run begins that has this bit. */
INLINE int run_begin(ulong word, int bit)
{
    const ulong gaps = ~word & bits_below(bit);
    return gaps == 0 ? 0 : BIT_LAST(gaps) + 1;
}

/* The bits of the run that begins here: a carry goes through them. */
INLINE ulong run_bits(ulong word, int begin)
{
    return word & ~(word + ((ulong)1 << begin));
}

/* Points to the first sample of the run that column x is in, of pair y of the rows. `stride`
 * counts u32. */
INLINE uint run_pointer(GLOBAL const uint *bits, long stride, int rows, int shift, uint x, int y)
{
    const int top = y << (rows - 1);
    GLOBAL const uint *row = bits + top * stride;
    const ulong upper = bits_word(row, x / RUN_WORD),
                both = upper | bits_word(row + (rows - 1) * stride, x / RUN_WORD);
    const int begin = run_begin(both, (int)(x % RUN_WORD));
    const ulong first = upper & run_bits(both, begin), bit = first != 0 ? first : (ulong)1 << begin;
    return COMPONENTS_POINTER((x & -RUN_WORD) + (uint)BIT_FIRST(bit), top + (first == 0), shift);
}

/* Where a plane has what belongs to the run that begins with this sample. */
INLINE long run_place(long stride, int rows, int shift, uint pointer)
{
    const uint at = pointer - 1;
    return (long)(at >> shift >> (rows - 1)) * stride + ((at & ((1u << shift) - 1)) >> 1);
}

/* The end of the pointers from this sample on, as they are now: the first sample of a run, or 0. */
INLINE uint components_first(GLOBAL const uint *plane, long stride, int rows, int shift,
                             uint pointer)
{
    uint next = pointer;
    do {
        pointer = next;
        next =
            pointer == 0 ? COMPONENTS_END : LATEST(plane + run_place(stride, rows, shift, pointer));
    } while (next != COMPONENTS_END);
    return pointer;
}

/* Lowers samples of input 0, which has one for every two columns, in any order, once for each bit
 * of input 1: X is its column. */
#define UPDATE_BITS(name) UPDATE_BITS_AS(name)
/* Samples that are the same in all of a run. The body returns that for the run that begins in
 * column X of pair Y. Input 1: bits where runs begin, by pairs of rows, which may leave out a run
 * with the samples of the one before it in its word. Input 2: bits of samples; all others are 0.
 * The constants begin with a struct tri_runs; the node sets `.whole`, and `.block` to the rows of a
 * pair. */
#define RUNS(name) RUNS_AS(name)

#ifdef TRI_TILES_H
#define UPDATE_BITS_AS(name) \
    UPDATE_BODY(name); \
    UPDATE_TILE(name, const int column = 2 * (left + k); \
                const uint bits = \
                    ((GLOBAL const uint *)(planes[1].samples + \
                                           (long)item.y * planes[1].stride))[column / 32] >> \
                    column % 32; \
                if ((bits & 1) != 0) name##_at(&item, constants, in, column); \
                if ((bits & 2) != 0) name##_at(&item, constants, in, column + 1);) \
    UPDATE_BODY(name)

#define RUNS_AS(name) \
    INLINE uint name##_of(const struct item *_r, CONSTANT uchar *_c, \
                          GLOBAL const uint *const *_in, int _x); \
    GATHER(name, u32, S) \
    { \
        struct item pair = *_r; \
        pair.y = Y / CONSTANTS(struct tri_runs)->rows; \
        const ulong begins = bits_word(&SAMPLE_INPUT(1, 0, pair.y), X / RUN_WORD) & \
                             (bits_below(X % RUN_WORD) << 1 | 1); \
        if ((SAMPLE_INPUT(2, X / 32, Y) >> X % 32 & 1) == 0) \
            return 0; \
        return (S)name##_of(&pair, _c, _in, (X & -RUN_WORD) + BIT_LAST(begins)); \
    } \
    INLINE uint name##_of(const struct item *_r, CONSTANT uchar *_c, \
                          GLOBAL const uint *const *_in, int _x)
#else
/* Bits are looked for in some words at a time: each end of a loop is a branch that CPUs do not
 * foresee. */
#define RUN_SPAN (8 * RUN_WORD)

/* Stores the columns of the bits of such words, before `width`, and returns how many there are. */
INLINE int bits_columns(int *to, GLOBAL const uint *bits, int x, int width)
{
    int count = 0;
    for (const int end = x + RUN_SPAN < width ? x + RUN_SPAN : width; x < end; x += RUN_WORD) {
        ulong left = bits_word(bits, x / RUN_WORD);
        const int next = count + (int)BIT_COUNT(left);
        for (; count < next; count += 4) {
            for (int i = 0; i < 4; i++) { /* some are too many */
                to[count + i] = x + (left != 0 ? BIT_FIRST(left) : 0);
                left &= left - 1;
            }
        }
        count = next;
    }
    return count;
}

#define UPDATE_BITS_AS(name) \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const u32_e *_it, long _x); \
    ROW_FUNCTION(name, PASS_UPDATE, u32, u32) \
    { \
        const struct tri_row here = *row; \
        const int width = 2 * here.width; \
        GLOBAL const uint *bits = (GLOBAL const uint *)(here.plane[1] + here.y * here.stride[1]); \
        int columns[RUN_SPAN + 4]; \
        for (int x = 0; x < width; x += RUN_SPAN) { \
            const int count = bits_columns(columns, bits, x, width); \
            for (int i = 0; i < count; i++) \
                name##_at(&here, 0, columns[i]); \
        } \
    } \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const u32_e *_it, long _x)

typedef struct __attribute__((packed, may_alias)) {
    ulong word;
} run_samples;
#define RUN_PART (64 / BITS) /* samples in a ulong */
#if BITS == 8
#define RUN_SAMPLE u8_e
#define RUN_AT u8_at
#else
#define RUN_SAMPLE u16_e
#define RUN_AT u16_at
#endif
/* The same sample everywhere. */
#define RUN_EACH (~(ulong)0 / MAXIMUM)

/* Takes samples whose bits are set, the lowest ones first; in place of others 0. */
#if LANES == 1
#if BITS == 8
#define RUN_BIT_EACH 0x8040201008040201ul /* in sample i bit i */
#else
#define RUN_BIT_EACH 0x0008000400020001ul
#endif
INLINE void run_take(GLOBAL RUN_SAMPLE *out, const RUN_SAMPLE *from, ulong bits, int count)
{
    for (int i = 0; i < count; i += RUN_PART) {
        const ulong set = (bits >> i & bits_below(RUN_PART)) * RUN_EACH & RUN_BIT_EACH;
        ((GLOBAL run_samples *)(out + i))->word =
            ((const run_samples *)(from + i))->word &
            ((set + RUN_EACH * (MAXIMUM >> 1)) >> (BITS - 1) & RUN_EACH) * MAXIMUM;
    }
}
#else
/* Each lane gets the part of the bits that has its own, and chooses that. Parts lie within 16
 * bytes, where instructions move them. */
#define RUN_8(i) i, i, i, i, i, i, i, i
#if BITS == 8
#define RUN_CHOICE 1, 2, 4, 8, 16, 32, 64, 128
#define RUN_CHOICES_16 RUN_CHOICE, RUN_CHOICE
#define RUN_PARTS_16(i) RUN_8(i), RUN_8((i) + 1)
#if LANES == 16
#define RUN_CHOICES RUN_CHOICES_16
#define RUN_PARTS RUN_PARTS_16(0)
#elif LANES == 32
#define RUN_CHOICES RUN_CHOICES_16, RUN_CHOICES_16
#define RUN_PARTS RUN_PARTS_16(0), RUN_PARTS_16(18)
#else
#define RUN_CHOICES RUN_CHOICES_16, RUN_CHOICES_16, RUN_CHOICES_16, RUN_CHOICES_16
#define RUN_PARTS RUN_PARTS_16(0), RUN_PARTS_16(18), RUN_PARTS_16(36), RUN_PARTS_16(54)
#endif
#else
#define RUN_CHOICE_LOW 1, 2, 4, 8, 16, 32, 64, 128
#define RUN_CHOICE_HIGH 256, 512, 1024, 2048, 4096, 8192, 16384, 32768
#if LANES == 8
#define RUN_CHOICES RUN_CHOICE_LOW
#define RUN_PARTS RUN_8(0)
#elif LANES == 16
#define RUN_CHOICES RUN_CHOICE_LOW, RUN_CHOICE_HIGH
#define RUN_PARTS RUN_8(0), RUN_8(8)
#else
#define RUN_CHOICES RUN_CHOICE_LOW, RUN_CHOICE_HIGH, RUN_CHOICE_LOW, RUN_CHOICE_HIGH
#define RUN_PARTS RUN_8(0), RUN_8(8), RUN_8(17), RUN_8(25)
#endif
#endif
typedef ulong run_words __attribute__((ext_vector_type(LANES * BITS / 64)));
INLINE void run_take(GLOBAL RUN_SAMPLE *out, const RUN_SAMPLE *from, ulong bits, int count)
{
    const S choices = {RUN_CHOICES};
    for (int i = 0; i < count; i += LANES) {
        union {
            run_words words;
            S lanes;
        } all;
        all.words = (run_words)(bits >> i);
        const S own = __builtin_shufflevector(all.lanes, all.lanes, RUN_PARTS) & choices;
        ((GLOBAL RUN_AT *)(out + i))->v =
            SELECT(own != ALL(S, 0), ((const RUN_AT *)(from + i))->v, ALL(S, 0));
    }
}
#endif

/* RUN_FILL samples at a time, so up to so many too many. */
#define RUN_FILL (4 * RUN_PART)
INLINE void run_fill(RUN_SAMPLE *to, int begin, int end, uint sample)
{
    const ulong each = RUN_EACH * sample;
    for (int i = begin; i < end; i += RUN_FILL) {
        for (int part = 0; part < RUN_FILL; part += RUN_PART)
            ((run_samples *)(to + i + part))->word = each;
    }
}

/* What is made for a run goes on to the next one; bits then take out what is between. */
#define RUNS_AS(name) \
    INLINE uint name##_at(const struct tri_row *_r, GLOBAL const u32_e *_it, long _x); \
    INLINE void name##_span(RUN_SAMPLE *made, const struct tri_row *row, int x) \
    { \
        int begins[RUN_SPAN / 2 + 4]; \
        uint samples[RUN_SPAN / 2]; \
        const int count = \
            bits_columns(begins, (GLOBAL const uint *)(row->plane[1] + row->y * row->stride[1]), \
                         x, row->width); \
        for (int i = 0; i < count; i++) \
            samples[i] = name##_at(row, 0, begins[i]); \
        begins[count] = x + RUN_SPAN; \
        for (int i = 0; i < count; i++) \
            run_fill(made, begins[i] - x, begins[i + 1] - x, samples[i]); \
    } \
    /* Rows from y on that are of the same pair. */ \
    INLINE void name##_pair(const struct tri_row *pair, GLOBAL uchar *restrict out, int y, \
                            int rows) \
    { \
        const struct tri_row here = *pair; \
        const int width = here.width; \
        RUN_SAMPLE made[RUN_SPAN + RUN_FILL] = {0}; \
        for (int x = 0; x < width; x += RUN_WORD) { \
            if (x % RUN_SPAN == 0) \
                name##_span(made, &here, x); \
            for (int r = 0; r < rows; r++) \
                run_take( \
                    (GLOBAL RUN_SAMPLE *)(out + r * here.out_stride[0]) + x, made + x % RUN_SPAN, \
                    bits_word((GLOBAL const uint *)(here.plane[2] + (y + r) * here.stride[2]), \
                              x / RUN_WORD), \
                    width - x < RUN_WORD ? width - x : RUN_WORD); \
        } \
    } \
    RUNS_ROWS(name, S) \
    INLINE uint name##_at(const struct tri_row *_r, GLOBAL const u32_e *_it, long _x)
#define RUNS_ROWS(name, OUT) RUNS_ROWS_AS(name, OUT)
#define RUNS_ROWS_AS(name, OUT) \
    ROW_FUNCTION(name, PASS_GATHER, u32, OUT) \
    { \
        struct tri_row pair = *row; \
        const int rows = ((GLOBAL const struct tri_runs *)pair.constants)->rows, \
                  end = row->y + row->rows; \
        for (int y = row->y, next; y < end; y = next) { \
            pair.y = y / rows; \
            next = (pair.y + 1) * rows < end ? (pair.y + 1) * rows : end; \
            name##_pair(&pair, pair.out[0] + (y - row->y) * pair.out_stride[0], y, next - y); \
        } \
    }
#endif
