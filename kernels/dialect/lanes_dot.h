/* lanes_dot.h -- sums of products along a row, for gathers: one output at a time, and lanes of
 * outputs that each have samples and weights of their own. one_lane.h says what they yield. */

typedef float dot_f32 __attribute__((ext_vector_type(8)));
typedef struct __attribute__((packed, may_alias)) {
    dot_f32 v;
} dot_f32_at;

INLINE float dot_float(GLOBAL const float *a, GLOBAL const float *b, int count)
{
    dot_f32 s = (dot_f32)(0.0f);
    for (int i = 0; i < count; i += 8)
        s += ((GLOBAL const dot_f32_at *)(a + i))->v * ((GLOBAL const dot_f32_at *)(b + i))->v;
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

typedef short dot_i16 __attribute__((ext_vector_type(8)));
typedef int dot_i32 __attribute__((ext_vector_type(4)));
typedef struct __attribute__((packed, may_alias)) {
    dot_i16 v;
} dot_i16_at;

INLINE dot_i32 dot_pairs(dot_i16 a, dot_i16 b)
{
#ifdef __SSE2__
    union {
        dot_i16 i16;
        short __attribute__((__vector_size__(16))) m16;
        int __attribute__((__vector_size__(16))) m32;
        dot_i32 i32;
    } x, y;
    x.i16 = a;
    y.i16 = b;
    x.m32 = __builtin_ia32_pmaddwd128(x.m16, y.m16);
    return x.i32;
#else
    return __builtin_convertvector(a.even, dot_i32) * __builtin_convertvector(b.even, dot_i32) +
           __builtin_convertvector(a.odd, dot_i32) * __builtin_convertvector(b.odd, dot_i32);
#endif
}

INLINE int dot_short(GLOBAL const short *a, GLOBAL const short *b, int count)
{
    dot_i32 s = (dot_i32)(0);
    for (int i = 0; i < count; i += 8)
        s += dot_pairs(((GLOBAL const dot_i16_at *)(a + i))->v,
                       ((GLOBAL const dot_i16_at *)(b + i))->v);
    return (s[0] + s[1]) + (s[2] + s[3]);
}

#if defined(NATIVE) && defined(__SSSE3__)
/* A part is as many outputs as there are pairs of 16-bit samples in a register. */
#define DOT_PART (NATIVE / 2)
typedef native32 dot_part;
typedef struct __attribute__((packed, may_alias)) {
    native32 v;
} native32_at;
typedef struct __attribute__((packed, may_alias)) {
    native16 v;
} native16_at;

/* The pairs of a part are picked by permutations, from 64 samples or, in each 16 bytes of the
 * register, from 16. */
#if NATIVE == 32
struct dot_places {
    GLOBAL const short *from;
    native16 place;
};
typedef short dot_bits __attribute__((__vector_size__(64)));
union dot_native {
    native16 n;
    dot_bits bits;
};

INLINE native16 dot_pick(const struct dot_places *places, int k)
{
    union dot_native low, high, place;
    low.n = ((GLOBAL const native16_at *)(places->from + k))->v;
    high.n = ((GLOBAL const native16_at *)(places->from + k + 32))->v;
    place.n = places->place;
    low.bits = __builtin_ia32_vpermi2varhi512(low.bits, place.bits, high.bits);
    return low.n;
}
#else
struct dot_places {
    GLOBAL const short *from[NATIVE / 8];
    native16 first, second; /* bytes of the first 8 samples, and of the second */
};
typedef char dot_bits __attribute__((__vector_size__(NATIVE * 2)));
union dot_native {
    native16 n;
    dot_bits bits;
    dot_i16 part[NATIVE / 8];
};
#if NATIVE == 16
#define DOT_SHUFFLE __builtin_ia32_pshufb256
#else
#define DOT_SHUFFLE __builtin_ia32_pshufb128
#endif

INLINE native16 dot_pick_half(const struct dot_places *places, int k, native16 bytes)
{
    union dot_native samples, which;
    for (int i = 0; i < NATIVE / 8; i++)
        samples.part[i] = ((GLOBAL const dot_i16_at *)(places->from[i] + k))->v;
    which.n = bytes;
    samples.bits = DOT_SHUFFLE(samples.bits, which.bits);
    return samples.n;
}

INLINE native16 dot_pick(const struct dot_places *places, int k)
{
    return dot_pick_half(places, k, places->first) | dot_pick_half(places, k + 8, places->second);
}
#endif

INLINE struct dot_places dot_find(GLOBAL const short *row, GLOBAL const int *starts)
{
    struct dot_places places;
    union native_bits place;
    place.n32 = ((GLOBAL const native32_at *)starts)->v;
#if NATIVE == 32
    places.from = row + starts[0];
    place.n32 -= (native32)(starts[0]);
#else
    for (int i = 0; i < NATIVE / 8; i++)
        places.from[i] = row + starts[4 * i];
#if NATIVE == 16
    place.n32 -= __builtin_shufflevector(place.n32, place.n32, 0, 0, 0, 0, 4, 4, 4, 4);
#else
    place.n32 -= (native32)(starts[0]);
#endif
#endif
    place.n32 = place.n32 * (native32)(0x10001) + (native32)(0x10000);
#if NATIVE == 32
    places.place = place.n16;
#else
    const native16 bytes = place.n16 * (native16)(0x0202) + (native16)(0x0100),
                   none = (native16)(short)(0x8080);
    places.first = place.n16 < (native16)(8) ? bytes : none;
    places.second = place.n16 < (native16)(8) ? none : bytes - (native16)(0x1010);
#endif
    return places;
}

INLINE dot_part dot_row_part(GLOBAL const short *row, GLOBAL const int *starts,
                             GLOBAL const short *weights, int pairs, int step)
{
    dot_part sum = (dot_part)(0);
    if (step == 2 && starts[DOT_PART - 1] - starts[0] == 2 * (DOT_PART - 1)) {
        /* The pairs lie side by side. */
        GLOBAL const short *from = row + starts[0];
        for (int k = 0; k < pairs; k++)
            sum += acc_madd(((GLOBAL const native16_at *)(from + 2 * k))->v,
                            ((GLOBAL const native32_at *)(weights + 2 * DOT_BLOCK * k))->v);
    } else {
        const struct dot_places places = dot_find(row, starts);
        for (int k = 0; k < pairs; k++)
            sum += acc_madd(dot_pick(&places, 2 * k),
                            ((GLOBAL const native32_at *)(weights + 2 * DOT_BLOCK * k))->v);
    }
    return sum;
}
#else
#define DOT_PART 1
typedef int dot_part;

INLINE dot_part dot_row_part(GLOBAL const short *row, GLOBAL const int *starts,
                             GLOBAL const short *weights, int pairs, int step)
{
    (void)step;
    row += starts[0];
    int sum = 0;
    for (int k = 0; k < pairs; k++)
        sum += row[2 * k] * weights[2 * DOT_BLOCK * k] +
               row[2 * k + 1] * weights[2 * DOT_BLOCK * k + 1];
    return sum;
}
#endif

INLINE i32 dot_row(GLOBAL const short *row, GLOBAL const int *starts, GLOBAL const short *weights,
                   int pairs, int step, long x)
{
    union {
        i32 lanes;
        dot_part part[LANES / DOT_PART];
    } sum;
    for (int i = 0; i < LANES / DOT_PART; i++) {
        const long at = x + i * DOT_PART;
        sum.part[i] =
            dot_row_part(row, starts + at, weights + 2 * DOT_WEIGHTS_AT(at, pairs), pairs, step);
    }
    return sum.lanes;
}

/* Floats: a part fills a register too. */
#if defined(NATIVE) && NATIVE >= 16
#define DOT_FLOATS (NATIVE / 2)
#else
#define DOT_FLOATS 4
#endif
typedef float dot_floats __attribute__((ext_vector_type(DOT_FLOATS)));
typedef int dot_ints __attribute__((ext_vector_type(DOT_FLOATS)));
typedef struct __attribute__((packed, may_alias)) {
    dot_floats v;
} dot_floats_at;
typedef struct __attribute__((packed, may_alias)) {
    dot_ints v;
} dot_ints_at;

/* Picks samples from the first two registers of samples. */
#if DOT_FLOATS >= 8
typedef float dot_float_bits __attribute__((__vector_size__(DOT_FLOATS * 4)));
typedef int dot_int_bits __attribute__((__vector_size__(DOT_FLOATS * 4)));
union dot_registers {
    dot_floats f;
    dot_float_bits f_bits;
    dot_ints i;
    dot_int_bits i_bits;
};

INLINE dot_floats dot_pick_of(dot_floats first, dot_floats second, dot_ints places)
{
    union dot_registers low, high, at;
    low.f = first;
    high.f = second;
    at.i = places;
#if DOT_FLOATS == 16
    low.f_bits = __builtin_ia32_vpermi2varps512(low.f_bits, at.i_bits, high.f_bits);
    return low.f;
#else
    low.f_bits = __builtin_ia32_permvarsf256(low.f_bits, at.i_bits);
    high.f_bits = __builtin_ia32_permvarsf256(high.f_bits, at.i_bits);
    return places < (dot_ints)(DOT_FLOATS) ? low.f : high.f;
#endif
}

INLINE dot_floats dot_pick_floats(GLOBAL const float *from, dot_ints places)
{
    return dot_pick_of(((GLOBAL const dot_floats_at *)from)->v,
                       ((GLOBAL const dot_floats_at *)(from + DOT_FLOATS))->v, places);
}
#else
INLINE dot_floats dot_pick_floats(GLOBAL const float *from, dot_ints places)
{
    return (dot_floats){from[places[0]], from[places[1]], from[places[2]], from[places[3]]};
}
#endif

INLINE f32 dot_row_float(GLOBAL const float *row, GLOBAL const int *starts,
                         GLOBAL const float *weights, int taps, long x)
{
    union {
        f32 lanes;
        dot_floats part[LANES / DOT_FLOATS];
    } sum;
    for (int i = 0; i < LANES / DOT_FLOATS; i++) {
        const long at = x + i * DOT_FLOATS;
        GLOBAL const float *from = row + starts[at], *weight = weights + DOT_WEIGHTS_AT(at, taps);
        const dot_ints places =
            ((GLOBAL const dot_ints_at *)(starts + at))->v - (dot_ints)(starts[at]);
        dot_floats part = (dot_floats)(0.0f);
        int k = 0;
#if DOT_FLOATS == 16
        /* Places are at most 30, so two registers have the samples of two taps: half the loads,
         * most of which cross cache lines. */
        for (; k + 2 <= taps; k += 2) {
            const dot_floats first = ((GLOBAL const dot_floats_at *)(from + k))->v,
                             second = ((GLOBAL const dot_floats_at *)(from + k + DOT_FLOATS))->v;
            part += dot_pick_of(first, second, places) *
                    ((GLOBAL const dot_floats_at *)(weight + DOT_BLOCK * k))->v;
            part += dot_pick_of(first, second, places + (dot_ints)(1)) *
                    ((GLOBAL const dot_floats_at *)(weight + DOT_BLOCK * (k + 1)))->v;
        }
#endif
        for (; k < taps; k++)
            part += dot_pick_floats(from + k, places) *
                    ((GLOBAL const dot_floats_at *)(weight + DOT_BLOCK * k))->v;
        sum.part[i] = part;
    }
    return sum.lanes;
}
