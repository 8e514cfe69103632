/* lanes.h -- the lane types as clang vectors of LANES samples, for C and OpenCL C. */

#define LANE_TYPE(name, element) \
    typedef element name __attribute__((ext_vector_type(LANES))); \
    typedef element name##_e; \
    typedef struct __attribute__((packed, may_alias)) { \
        name v; \
    } name##_at; \
    typedef struct { \
        name before, here, after; \
    } name##_window;

LANE_TYPE(u8, uchar)
LANE_TYPE(u16, ushort)
LANE_TYPE(i16, short)
LANE_TYPE(u32, uint)
LANE_TYPE(i32, int)
LANE_TYPE(u64, ulong)
LANE_TYPE(f32, float)

/* At most 16 lanes, for work that differs between neighbours. */
#if LANES > 16
#define PART_LANES 16
typedef uint u32_part __attribute__((ext_vector_type(PART_LANES)));
typedef uint u32_part_e;
typedef struct __attribute__((packed, may_alias)) {
    u32_part v;
} u32_part_at;
#else
#define PART_LANES LANES
#define u32_part u32
#endif

#define U8(v) __builtin_convertvector(v, u8)
#define U16(v) __builtin_convertvector(v, u16)
#define I16(v) __builtin_convertvector(v, i16)
#define U32(v) __builtin_convertvector(v, u32)
#define I32(v) __builtin_convertvector(v, i32)
#define U64(v) __builtin_convertvector(v, u64)
#define F32(v) __builtin_convertvector(v, f32)

#define SELECT(condition, yes, no) ((condition) ? (yes) : (no))
#ifdef TRI_SAFE /* see one_lane.h */
#define LANES_VALUE(v) ((v) - (__typeof__(v))get_global_offset(2))
#else
#define LANES_VALUE(v) (v)
#endif
#define MIN(a, b) __builtin_elementwise_min(LANES_VALUE(a), LANES_VALUE(b))
#define MAX(a, b) __builtin_elementwise_max(LANES_VALUE(a), LANES_VALUE(b))
#define ABS(a) __builtin_elementwise_abs(LANES_VALUE(a))
/* For floats that are not NaN; to treat NaN as the words above do takes more instructions. */
INLINE f32 lanes_float_min(f32 a, f32 b)
{
    return LANES_VALUE(a) < LANES_VALUE(b) ? a : b;
}
INLINE f32 lanes_float_max(f32 a, f32 b)
{
    return LANES_VALUE(a) > LANES_VALUE(b) ? a : b;
}
#define FLOAT_MIN(a, b) lanes_float_min(a, b)
#define FLOAT_MAX(a, b) lanes_float_max(a, b)
/* The least or the greatest of all lanes. */
#define LANES_LEAST(v) __builtin_reduce_min(v)
#define LANES_MOST(v) __builtin_reduce_max(v)

/* Lanes from `dx` on, -3 to 3, where `here` is 0. */
#define LANES_FROM_8(i) i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7
#if LANES == 8
#define LANES_FROM(i) LANES_FROM_8(i)
#elif LANES == 16
#define LANES_FROM(i) LANES_FROM_8(i), LANES_FROM_8(i + 8)
#elif LANES == 32
#define LANES_FROM(i) \
    LANES_FROM_8(i), LANES_FROM_8(i + 8), LANES_FROM_8(i + 16), LANES_FROM_8(i + 24)
#else
#define LANES_FROM(i) \
    LANES_FROM_8(i), LANES_FROM_8(i + 8), LANES_FROM_8(i + 16), LANES_FROM_8(i + 24), \
        LANES_FROM_8(i + 32), LANES_FROM_8(i + 40), LANES_FROM_8(i + 48), LANES_FROM_8(i + 56)
#endif
#define LANES_BEHIND(before, here, n) __builtin_shufflevector(before, here, LANES_FROM(LANES - n))
#define LANES_AHEAD(here, after, n) __builtin_shufflevector(here, after, LANES_FROM(n))
#define LANES_SHIFTED(before, here, after, dx) \
    ((dx) == 0    ? (here) \
     : (dx) == -1 ? LANES_BEHIND(before, here, 1) \
     : (dx) == 1  ? LANES_AHEAD(here, after, 1) \
     : (dx) == -2 ? LANES_BEHIND(before, here, 2) \
     : (dx) == 2  ? LANES_AHEAD(here, after, 2) \
     : (dx) < 0   ? LANES_BEHIND(before, here, 3) \
                  : LANES_AHEAD(here, after, 3))

#define LANES_SIZE(pointer) (sizeof(*(pointer)) / LANES)
#define LANES_LOAD(type_of, row, x) \
    (((GLOBAL const __typeof__(*(type_of)) *)((row) + (x) * (long)LANES_SIZE(type_of)))->v)
#define LANES_STORE(type_of, row, x, value) \
    (((GLOBAL __typeof__(*(type_of)) *)((row) + (x) * (long)LANES_SIZE(type_of)))->v = (value))
#define CONSTANT_LANES_(type, pointer) (((CONSTANT type##_at *)(pointer))->v)

/* acc is a 32-bit accumulator per lane. The order of its lanes is private, to suit multiply-add
 * instructions for pairs of 16-bit numbers: these expect a pair in each 32-bit lane. Interleaving
 * puts it there, and the pack instruction that narrows restores the order exactly. */
#if defined(__AVX512BW__) && LANES % 32 == 0
#define NATIVE 32
#define NATIVE_LOW \
    0, 32, 1, 33, 2, 34, 3, 35, 8, 40, 9, 41, 10, 42, 11, 43, 16, 48, 17, 49, 18, 50, 19, 51, 24, \
        56, 25, 57, 26, 58, 27, 59
#define NATIVE_HIGH \
    4, 36, 5, 37, 6, 38, 7, 39, 12, 44, 13, 45, 14, 46, 15, 47, 20, 52, 21, 53, 22, 54, 23, 55, \
        28, 60, 29, 61, 30, 62, 31, 63
#define NATIVE_MADD __builtin_ia32_pmaddwd512
#define NATIVE_PACK __builtin_ia32_packssdw512
/* The order of lanes from a `low` and a `high`. */
#define NATIVE_FIRST 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23
#define NATIVE_SECOND 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31
#elif defined(__AVX2__) && LANES % 16 == 0
#define NATIVE 16
#define NATIVE_LOW 0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27
#define NATIVE_HIGH 4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31
#define NATIVE_MADD __builtin_ia32_pmaddwd256
#define NATIVE_PACK __builtin_ia32_packssdw256
#define NATIVE_FIRST 0, 1, 2, 3, 8, 9, 10, 11
#define NATIVE_SECOND 4, 5, 6, 7, 12, 13, 14, 15
#elif defined(__SSE2__) && LANES % 8 == 0
#define NATIVE 8
#define NATIVE_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define NATIVE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define NATIVE_MADD __builtin_ia32_pmaddwd128
#define NATIVE_PACK __builtin_ia32_packssdw128
#define NATIVE_FIRST 0, 1, 2, 3
#define NATIVE_SECOND 4, 5, 6, 7
#endif

#ifdef NATIVE
#define NATIVES (LANES / NATIVE)
/* Written out: OpenCL compilers may keep arrays in memory if loops index them. */
#if NATIVES == 4
#define EACH_NATIVE(DO) DO(0) DO(1) DO(2) DO(3)
#elif NATIVES == 2
#define EACH_NATIVE(DO) DO(0) DO(1)
#else
#define EACH_NATIVE(DO) DO(0)
#endif
typedef short native16 __attribute__((ext_vector_type(NATIVE)));
typedef int native32 __attribute__((ext_vector_type(NATIVE / 2)));
typedef uint native_u32 __attribute__((ext_vector_type(NATIVE / 2)));
/* The types of the instructions' builtins: the same bits under another type. */
typedef short madd16 __attribute__((__vector_size__(NATIVE * 2)));
typedef int madd32 __attribute__((__vector_size__(NATIVE * 2)));
typedef struct {
    native32 low[NATIVES], high[NATIVES];
} acc;
union native_lanes {
    i16 lanes;
    native16 native[NATIVES];
};
union native_bits {
    native16 n16;
    native32 n32;
    madd16 m16;
    madd32 m32;
};

INLINE acc acc_zero(void)
{
    acc sum;
#define ZERO(i) sum.low[i] = sum.high[i] = (native32)(0);
    EACH_NATIVE(ZERO)
#undef ZERO
    return sum;
}

INLINE native32 acc_madd(native16 pairs, native32 weights)
{
    union native_bits a, b;
    a.n16 = pairs;
    b.n32 = weights;
    a.m32 = NATIVE_MADD(a.m16, b.m16);
    return a.n32;
}

INLINE acc acc_add_pair(acc sum, i16 a, i16 b, short weight_a, short weight_b)
{
    const native32 both = (native32)(int)((uint)(ushort)weight_a | (uint)(ushort)weight_b << 16);
    union native_lanes x, y;
    x.lanes = a;
    y.lanes = b;
#define ADD(i) \
    sum.low[i] += acc_madd(__builtin_shufflevector(x.native[i], y.native[i], NATIVE_LOW), both); \
    sum.high[i] += acc_madd(__builtin_shufflevector(x.native[i], y.native[i], NATIVE_HIGH), both);
    EACH_NATIVE(ADD)
#undef ADD
    return sum;
}

INLINE native16 acc_pack(native32 low, native32 high)
{
    union native_bits a, b;
    a.n32 = low;
    b.n32 = high;
    a.m16 = NATIVE_PACK(a.m32, b.m32);
    return a.n16;
}

INLINE i16 acc_narrow(acc sum, int shift)
{
    const native32 rounding = (native32)((1 << shift) >> 1), places = (native32)(shift);
    union native_lanes result;
#define NARROW(i) \
    result.native[i] = \
        acc_pack((sum.low[i] + rounding) >> places, (sum.high[i] + rounding) >> places);
    EACH_NATIVE(NARROW)
#undef NARROW
    return result.lanes;
}

INLINE i32 acc_i32(acc sum)
{
    union {
        i32 lanes;
        native32 native[2 * NATIVES];
    } result;
#define ORDER(i) \
    result.native[2 * (i)] = __builtin_shufflevector(sum.low[i], sum.high[i], NATIVE_FIRST); \
    result.native[2 * (i) + 1] = __builtin_shufflevector(sum.low[i], sum.high[i], NATIVE_SECOND);
    EACH_NATIVE(ORDER)
#undef ORDER
    return result.lanes;
}

INLINE acc acc_times(acc sum, int times, int plus)
{
#define TIMES(i) \
    sum.low[i] = sum.low[i] * (native32)(times) + (native32)(plus); \
    sum.high[i] = sum.high[i] * (native32)(times) + (native32)(plus);
    EACH_NATIVE(TIMES)
#undef TIMES
    return sum;
}

/* In place of a: a * one + (b - a) * share. Where that fits 32 bits, parts of it need not. */
INLINE native32 acc_mixed(native32 a, native32 b, native16 share, uint one)
{
    union {
        native32 n32;
        native_u32 u32;
    } x, y, part;
    union native_bits w;
    x.n32 = a;
    y.n32 = b;
    w.n16 = share;
    part.n32 = w.n32;
    x.u32 = x.u32 * (native_u32)(one) + (y.u32 - x.u32) * part.u32;
    return x.n32;
}

INLINE acc acc_mix(acc a, acc b, i16 share, uint one)
{
    const native16 zero = (native16)(0);
    union native_lanes w;
    w.lanes = share;
#define MIX(i) \
    a.low[i] = acc_mixed(a.low[i], b.low[i], \
                         __builtin_shufflevector(w.native[i], zero, NATIVE_LOW), one); \
    a.high[i] = acc_mixed(a.high[i], b.high[i], \
                          __builtin_shufflevector(w.native[i], zero, NATIVE_HIGH), one);
    EACH_NATIVE(MIX)
#undef MIX
    return a;
}
#else
typedef i32 acc;
INLINE acc acc_zero(void)
{
    return (i32)(0);
}
INLINE acc acc_add_pair(acc sum, i16 a, i16 b, short weight_a, short weight_b)
{
    return sum + I32(a) * (i32)(int)weight_a + I32(b) * (i32)(int)weight_b;
}
INLINE acc acc_times(acc sum, int times, int plus)
{
    return sum * (i32)(times) + (i32)(plus);
}
INLINE acc acc_mix(acc a, acc b, i16 share, uint one)
{
    return I32(U32(a) * (u32)(one) + (U32(b) - U32(a)) * U32(share));
}
INLINE i16 acc_narrow(acc sum, int shift)
{
    const i32 shifted = (sum + (i32)((1 << shift) >> 1)) >> shift;
    return I16(MIN(MAX(shifted, (i32)(-32768)), (i32)(32767)));
}
INLINE i32 acc_i32(acc sum)
{
    return sum;
}
#endif

#ifdef NATIVE
#if NATIVE == 32
#define NATIVE_HIGH_UNSIGNED __builtin_ia32_pmulhuw512
#define NATIVE_HIGH_SIGNED __builtin_ia32_pmulhw512
#elif NATIVE == 16
#define NATIVE_HIGH_UNSIGNED __builtin_ia32_pmulhuw256
#define NATIVE_HIGH_SIGNED __builtin_ia32_pmulhw256
#else
#define NATIVE_HIGH_UNSIGNED __builtin_ia32_pmulhuw128
#define NATIVE_HIGH_SIGNED __builtin_ia32_pmulhw128
#endif
/* A shift of a wider product is no longer one instruction if the compiler has widened a factor
 * ahead of the loop. */
#define MUL_HIGH_LANES(name, type, INSTRUCTION) \
    INLINE type name(type a, type b) \
    { \
        union { \
            type lanes; \
            madd16 native[NATIVES]; \
        } x, y; \
        x.lanes = a; \
        y.lanes = b; \
        EACH_NATIVE(INSTRUCTION) \
        return x.lanes; \
    }
#define HIGH_UNSIGNED(i) x.native[i] = NATIVE_HIGH_UNSIGNED(x.native[i], y.native[i]);
#define HIGH_SIGNED(i) x.native[i] = NATIVE_HIGH_SIGNED(x.native[i], y.native[i]);
MUL_HIGH_LANES(lanes_mul_high, u16, HIGH_UNSIGNED)
MUL_HIGH_LANES(lanes_mul_high_signed, i16, HIGH_SIGNED)
#else
INLINE u16 lanes_mul_high(u16 a, u16 b)
{
    return U16((U32(a) * U32(b)) >> (u32)(16));
}
INLINE i16 lanes_mul_high_signed(i16 a, i16 b)
{
    return I16((I32(a) * I32(b)) >> (i32)(16));
}
#endif

/* u32 lanes as floats, nearly: where only signed numbers convert, without their lowest bit. */
#ifdef __AVX512F__
#define lanes_near_float(v) F32(v)
#else
#define lanes_near_float(v) (F32(I32((v) >> 1)) * (f32)(2.0f))
#endif

/* The instruction itself: of a function for vectors, compilers make a call for each lane. */
#ifdef NATIVE
#if NATIVE == 32
#define NATIVE_SQRT(v) __builtin_ia32_sqrtps512(v, 4) /* 4: round as usual */
#elif NATIVE == 16
#define NATIVE_SQRT(v) __builtin_ia32_sqrtps256(v)
#else
#define NATIVE_SQRT(v) __builtin_ia32_sqrtps(v)
#endif
typedef float native_float __attribute__((__vector_size__(NATIVE * 2)));
INLINE f32 lanes_sqrt(f32 v)
{
    union {
        f32 lanes;
        native_float native[2 * NATIVES];
    } root;
    root.lanes = v;
#define ROOT(i) \
    root.native[2 * i] = NATIVE_SQRT(root.native[2 * i]); \
    root.native[2 * i + 1] = NATIVE_SQRT(root.native[2 * i + 1]);
    EACH_NATIVE(ROOT)
#undef ROOT
    return root.lanes;
}
#else
INLINE f32 lanes_sqrt(f32 v)
{
    f32 root;
    for (int i = 0; i < LANES; i++)
#ifdef __OPENCL_VERSION__
        root[i] = sqrt(v[i]);
#else
        root[i] = __builtin_sqrtf(v[i]);
#endif
    return root;
}
#endif

/* Two lanes share a 64-bit product's place: multipliers take the lower half of each 64 bits. */
typedef ulong lanes_64 __attribute__((ext_vector_type(LANES / 2)));

INLINE u32 lanes_mul_hi(u32 a, uint b)
{
    const lanes_64 low = (lanes_64)(0xffffffffu), number = (lanes_64)(ulong)(b);
    union {
        u32 lanes;
        lanes_64 pairs;
    } x;
    x.lanes = a;
    const lanes_64 even = (x.pairs & low) * number, odd = (x.pairs >> (lanes_64)(32)) * number;
    x.pairs = (even >> (lanes_64)(32)) | (odd & ~low);
    return x.lanes;
}
