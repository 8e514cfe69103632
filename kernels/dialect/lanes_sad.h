/* lanes_sad.h -- sums of absolute differences between blocks of samples, for gathers. one_lane.h
 * says what they yield. */

#if BITS == 8
typedef uchar sad_samples __attribute__((ext_vector_type(16)));
#ifdef __SSE2__
/* One instruction: the sums of the lower and of the upper eight samples. */
typedef ulong sad_sums __attribute__((ext_vector_type(2)));
#define SAD_TOTAL(sums) (uint)((sums)[0] + (sums)[1])
INLINE sad_sums sad_lanes(sad_samples a, sad_samples b)
{
    union {
        sad_samples samples;
        char bits __attribute__((__vector_size__(16)));
    } x, y;
    union {
        __typeof__(__builtin_ia32_psadbw128(x.bits, y.bits)) bits;
        sad_sums sums;
    } made;
    x.samples = a;
    y.samples = b;
    made.bits = __builtin_ia32_psadbw128(x.bits, y.bits);
    return made.sums;
}
#else
typedef ushort sad_sums __attribute__((ext_vector_type(16)));
#define SAD_TOTAL(sums) sad_total(sums)
INLINE sad_sums sad_lanes(sad_samples a, sad_samples b)
{
    return __builtin_convertvector(
        __builtin_elementwise_max(a, b) - __builtin_elementwise_min(a, b), sad_sums);
}
INLINE uint sad_total(sad_sums sums)
{
    uint total = 0;
    for (int i = 0; i < 16; i++)
        total += sums[i];
    return total;
}
#endif
typedef struct __attribute__((packed, may_alias)) {
    sad_samples v;
} sad_samples_at;
typedef struct __attribute__((packed, may_alias)) {
    ulong v;
} sad_eight_at;

INLINE uint sad_16(GLOBAL const uchar *a, long a_stride, GLOBAL const uchar *b, long b_stride)
{
    sad_sums sums = (sad_sums)(0);
    for (int i = 0; i < SAD_ROWS; i++)
        sums += sad_lanes(((GLOBAL const sad_samples_at *)(a + i * a_stride))->v,
                          ((GLOBAL const sad_samples_at *)(b + i * b_stride))->v);
    return SAD_TOTAL(sums);
}

/* Two rows of eight samples make one register. */
INLINE sad_samples sad_eights(GLOBAL const uchar *a, GLOBAL const uchar *b)
{
    union {
        ulong eight[2];
        sad_samples samples;
    } made;
    made.eight[0] = ((GLOBAL const sad_eight_at *)a)->v;
    made.eight[1] = ((GLOBAL const sad_eight_at *)b)->v;
    return made.samples;
}

INLINE uint sad_8(GLOBAL const uchar *a, long a_stride, GLOBAL const uchar *b, long b_stride)
{
    sad_sums sums = (sad_sums)(0);
    for (int i = 0; i < SAD_ROWS; i += 2)
        sums += sad_lanes(sad_eights(a + i * a_stride, a + (i + 1) * a_stride),
                          sad_eights(b + i * b_stride, b + (i + 1) * b_stride));
    return SAD_TOTAL(sums);
}
#else
typedef ushort sad_samples __attribute__((ext_vector_type(8)));
typedef uint sad_sums __attribute__((ext_vector_type(8)));
typedef struct __attribute__((packed, may_alias)) {
    sad_samples v;
} sad_samples_at;

INLINE sad_sums sad_lanes(GLOBAL const ushort *a, GLOBAL const ushort *b)
{
    const sad_samples x = ((GLOBAL const sad_samples_at *)a)->v,
                      y = ((GLOBAL const sad_samples_at *)b)->v;
    return __builtin_convertvector(
        __builtin_elementwise_max(x, y) - __builtin_elementwise_min(x, y), sad_sums);
}

INLINE uint sad_total(sad_sums s)
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

INLINE uint sad_16(GLOBAL const ushort *a, long a_stride, GLOBAL const ushort *b, long b_stride)
{
    sad_sums sums = (sad_sums)(0);
    for (int i = 0; i < SAD_ROWS; i++)
        sums += sad_lanes(a + i * a_stride, b + i * b_stride) +
                sad_lanes(a + i * a_stride + 8, b + i * b_stride + 8);
    return sad_total(sums);
}

INLINE uint sad_8(GLOBAL const ushort *a, long a_stride, GLOBAL const ushort *b, long b_stride)
{
    sad_sums sums = (sad_sums)(0);
    for (int i = 0; i < SAD_ROWS; i++)
        sums += sad_lanes(a + i * a_stride, b + i * b_stride);
    return sad_total(sums);
}
#endif
