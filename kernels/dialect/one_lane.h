/* one_lane.h -- the lane types as single samples, in plain C for every compiler and plain OpenCL
 * C 1.2. */

#define LANES 1
#define LANE_TYPE(name, element) typedef element name, name##_e, name##_at, name##_window;

LANE_TYPE(u8, uchar)
LANE_TYPE(u16, ushort)
LANE_TYPE(i16, short)
LANE_TYPE(u32, uint)
LANE_TYPE(i32, int)
LANE_TYPE(u64, ulong)
LANE_TYPE(f32, float)
LANE_TYPE(acc, int)
#define PART_LANES 1
#define u32_part u32

#define U8(v) ((uchar)(v))
#define U16(v) ((ushort)(v))
#define I16(v) ((short)(v))
#define U32(v) ((uint)(v))
#define I32(v) ((int)(v))
#define U64(v) ((ulong)(v))
#define F32(v) ((float)(v))

#ifdef __OPENCL_VERSION__
/* The safe form separates values from the choice among them by subtracting a zero that the compiler
 * does not know (launches have no offset). The assembler then folds neither a negation nor a sum
 * into a minimum of two or three. */
#ifdef TRI_SAFE
#define SINGLE_VALUE(v) ((v) - (__typeof__((v) + 0))get_global_offset(2))
#else
#define SINGLE_VALUE(v) (v)
#endif
/* Loads both values first: compilers turn two conditional loads into one load from either place,
 * and a window indexed that way cannot stay in registers. */
#define SINGLE_CHOICE(a, b, condition) \
    __extension__({ \
        const __typeof__((a) + 0) a_ = SINGLE_VALUE(a); \
        const __typeof__((b) + 0) b_ = SINGLE_VALUE(b); \
        (condition) ? a_ : b_; \
    })
#define SELECT(condition, yes, no) SINGLE_CHOICE(yes, no, condition)
#define SINGLE_MIN(a, b) SINGLE_CHOICE(a, b, a_ < b_)
#define SINGLE_MAX(a, b) SINGLE_CHOICE(a, b, a_ > b_)
#define MIN(a, b) SINGLE_MIN(a, b)
#define MAX(a, b) SINGLE_MAX(a, b)
#define ABS(a) SINGLE_CHOICE(a, -a_, a_ >= 0)
#else
#define SELECT(condition, yes, no) ((condition) ? (yes) : (no))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ABS(a) ((a) < 0 ? -(a) : (a))
#endif

#define FLOAT_MIN(a, b) MIN(a, b)
#define FLOAT_MAX(a, b) MAX(a, b)
#define LANES_LEAST(v) (v)
#define LANES_MOST(v) (v)

#define LANES_LOAD(type_of, row, x) (((GLOBAL const __typeof__(*(type_of)) *)(row))[x])
#define LANES_STORE(type_of, row, x, value) (((GLOBAL __typeof__(*(type_of)) *)(row))[x] = (value))
#define CONSTANT_LANES_(type, pointer) (*(CONSTANT type##_e *)(pointer))

INLINE acc acc_zero(void)
{
    return 0;
}

INLINE acc acc_add_pair(acc sum, i16 a, i16 b, short weight_a, short weight_b)
{
    return sum + a * weight_a + b * weight_b;
}

INLINE i16 acc_narrow(acc sum, int shift)
{
    const int shifted = (sum + ((1 << shift) >> 1)) >> shift;
    return I16(MIN(MAX(shifted, -32768), 32767));
}

INLINE i32 acc_i32(acc sum)
{
    return sum;
}

INLINE acc acc_mix(acc a, acc b, i16 share, uint one)
{
    return (acc)((uint)a * one + ((uint)b - (uint)a) * (uint)share);
}

typedef acc sum_s;

INLINE sum_s sum_zero(void)
{
    return 0;
}

/* Macros, since weights may lie in any address space. */
#define sum_add_2(sum, a, b, weights) \
    __extension__({ \
        const __typeof__(weights) w_ = (weights); \
        (sum) + (a)*w_->each[0] + (b)*w_->each[1]; \
    })
#define sum_add_4(sum, a, b, c, d, weights) \
    __extension__({ \
        const __typeof__(weights) w_ = (weights); \
        (sum) + (a)*w_->each[0] + (b)*w_->each[1] + (c)*w_->each[2] + (d)*w_->each[3]; \
    })

#define sum_add_4_bytes(sum, a, b, c, d, weights) sum_add_4(sum, a, b, c, d, weights)

INLINE sum_s sum_times(sum_s sum, int times, int plus)
{
    return sum * times + plus;
}

INLINE i16 sum_narrow(sum_s sum, int shift)
{
    return acc_narrow(sum, shift);
}

#define lanes_near_float(v) ((float)(int)((v) >> 1) * 2.0f)

INLINE float lanes_sqrt(float v)
{
#ifdef __OPENCL_VERSION__
    return sqrt(v);
#else
    return __builtin_sqrtf(v);
#endif
}

#define lanes_pick(table, index) ((table)[index])

INLINE ushort lanes_mul_high(ushort a, ushort b)
{
    return (ushort)((uint)a * b >> 16);
}

INLINE short lanes_mul_high_signed(short a, short b)
{
    return (short)((int)a * b >> 16);
}

INLINE uint lanes_mul_hi(uint a, uint b)
{
    return (uint)(((ulong)a * b) >> 32);
}

/* Sums of products along a row, for gathers; `count` is a multiple of 8, and b is aligned to 16
 * bytes. The order of the float sums is fixed: eight running sums, then a tree. Rows may lie in any
 * address space: so these are macros, too. */
#ifdef __OPENCL_VERSION__
#define DOT_PAIR(a, i, word) (a[i] * (short)((word)&65535) + a[(i) + 1] * (short)((word) >> 16))
#define DOT_TWO(a, b) \
    __extension__({ \
        const uint w_ = *(GLOBAL const uint *)(b); \
        DOT_PAIR((a), 0, w_); \
    })
#define DOT_EIGHT(a, b, i) \
    __extension__({ \
        const uint4 w_ = *(GLOBAL const uint4 *)((b) + (i)); \
        DOT_PAIR(a, i, w_.x) + DOT_PAIR(a, (i) + 2, w_.y) + DOT_PAIR(a, (i) + 4, w_.z) + \
            DOT_PAIR(a, (i) + 6, w_.w); \
    })
#else
INLINE int dot_eight(const short *a, const short *b)
{
    int sum = 0;
    for (int i = 0; i < 8; i++)
        sum += a[i] * b[i];
    return sum;
}
#define DOT_EIGHT(a, b, i) dot_eight((a) + (i), (b) + (i))
#define DOT_TWO(a, b) ((a)[0] * (b)[0] + (a)[1] * (b)[1])
#endif
#define dot_short(row, weights, count) \
    __extension__({ \
        const __typeof__(row) a_ = (row); \
        GLOBAL const short *b_ = (weights); \
        int sum_ = 0; \
        for (int i_ = 0; i_ < (count); i_ += 8) \
            sum_ += DOT_EIGHT(a_, b_, i_); \
        sum_; \
    })
#define dot_float(row, weights, count) \
    __extension__({ \
        const __typeof__(row) a_ = (row); \
        GLOBAL const float *b_ = (weights); \
        float s_[8] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f}; \
        for (int i_ = 0; i_ < (count); i_ += 8) { \
            for (int j_ = 0; j_ < 8; j_++) \
                s_[j_] += a_[i_ + j_] * b_[i_ + j_]; \
        } \
        ((s_[0] + s_[4]) + (s_[2] + s_[6])) + ((s_[1] + s_[5]) + (s_[3] + s_[7])); \
    })

/* The sum of `pairs` pairs of products for output x of a row. Its samples are those from starts[x]
 * on; weights lie as DOT_WEIGHTS_AT says, for a multiple of DOT_ROUND outputs. starts[x + 1] is
 * starts[x] plus 0 to 4; if `step` is 2, plus 0 to 2. */
#define dot_row(row, starts, weights, pairs, step, x) \
    __extension__({ \
        const __typeof__(row) a_ = (row) + (starts)[x]; \
        GLOBAL const short *b_ = (weights) + 2 * DOT_WEIGHTS_AT(x, pairs); \
        int sum_ = 0; \
        for (int k_ = 0; k_ < (pairs); k_++) \
            sum_ += DOT_TWO(a_ + 2 * k_, b_ + 2 * DOT_BLOCK * k_); \
        (void)(step); \
        sum_; \
    })

/* The same for floats, added in the order of samples; starts[x + 1] is starts[x] plus 0 to 2. */
#define dot_row_float(row, starts, weights, taps, x) \
    __extension__({ \
        const __typeof__(row) a_ = (row) + (starts)[x]; \
        GLOBAL const float *b_ = (weights) + DOT_WEIGHTS_AT(x, taps); \
        float sum_ = 0.0f; \
        for (int k_ = 0; k_ < (taps); k_++) \
            sum_ += a_[k_] * b_[DOT_BLOCK * k_]; \
        sum_; \
    })

/* The sum of absolute differences of SAD_ROWS rows of 16 or 8 samples; strides are in samples. */
#if BITS == 8
#define SAD_SAMPLE uchar
#else
#define SAD_SAMPLE ushort
#endif
INLINE uint sad_columns(GLOBAL const SAD_SAMPLE *a, long a_stride, GLOBAL const SAD_SAMPLE *b,
                        long b_stride, int columns)
{
    uint sum = 0;
    for (int y = 0; y < SAD_ROWS; y++) {
        for (int x = 0; x < columns; x++) {
            const int difference = (int)a[y * a_stride + x] - (int)b[y * b_stride + x];
            sum += (uint)(difference < 0 ? -difference : difference);
        }
    }
    return sum;
}
INLINE uint sad_16(GLOBAL const SAD_SAMPLE *a, long a_stride, GLOBAL const SAD_SAMPLE *b,
                   long b_stride)
{
    return sad_columns(a, a_stride, b, b_stride, 16);
}
INLINE uint sad_8(GLOBAL const SAD_SAMPLE *a, long a_stride, GLOBAL const SAD_SAMPLE *b,
                  long b_stride)
{
    return sad_columns(a, a_stride, b, b_stride, 8);
}
