/* row_arguments.h -- the arguments of a row function. The same text is compiled into the host and
 * into OpenCL C. */
#ifndef TRI_ROW_ARGUMENTS_H
#define TRI_ROW_ARGUMENTS_H

#ifdef __OPENCL_VERSION__
#define GLOBAL __global
#define INLINE static inline __attribute__((always_inline))
#else
#define GLOBAL
#define INLINE static inline __attribute__((always_inline, unused))
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
_Static_assert(sizeof(long) == 8, "OpenCL's long has 64 bits, and structures are shared with it");
#endif

/* How the weights of dot_row and dot_row_float lie (one_lane.h): those that DOT_BLOCK outputs use
 * first, then those that they use next. DOT_WEIGHTS_AT: where those of output x begin, counted in
 * pairs of weights or in weights. */
#define DOT_BLOCK 16
#define DOT_ROUND 64
#define DOT_WEIGHTS_AT(x, count) ((x) / DOT_BLOCK * (count)*DOT_BLOCK + (x) % DOT_BLOCK)

/* Rows whose absolute differences sad_16 and sad_8 (one_lane.h) add. */
#define SAD_ROWS 4

/* Four weights, and what instructions need of them: as pairs, and as 256 * large + small, where
 * both are signed bytes. */
struct sum_weights {
    short each[4];
    uint small, large;
};
#define SUM_WEIGHT_MAX 32639

#ifndef __OPENCL_VERSION__
INLINE struct sum_weights sum_weights_of(const short *each, int count)
{
    struct sum_weights weights = {{0, 0, 0, 0}, 0, 0};
    for (int i = 0; i < count; i++) {
        weights.each[i] = each[i];
        weights.small |= (uint)(each[i] & 255) << 8 * i;
        weights.large |= (uint)((each[i] + 128) >> 8 & 255) << 8 * i;
    }
    return weights;
}
#endif

/* Of two passes in one: the most samples to either side that the second reads, and the most rows
 * that the first makes. */
#define FUSE_REACH 3
#define FUSE_MOST 5

/* Rows that a transposition makes at a time: a cache line of 8-bit samples. */
#define TRANSPOSE_ROWS 64

/* A gather over planes (GATHER_PLANES) makes so many rows, and of them as many columns, at a time,
 * so that what it reads stays in the nearest cache where rows of the input run aslant. */
#define PLANES_ROWS 32
#define PLANES_COLUMNS 1024

#define TRI_INPUTS 8
#define TRI_OUTPUTS 8
/* Tables that a histogram counts into in turn. Large tables rarely get the same entry twice in a
 * row. */
#define HISTOGRAM_COPIES(bits) ((bits) == 8 ? 4 : 1)
/* Entries of the table of EXTREMES. */
#define EXTREMES_COUNTED 2

/* The address space of a node's constants; tiles keep them elsewhere. */
#define CONSTANT GLOBAL const
/* Before a loop whose count comes from the constants: tiles unroll it. */
#define UNROLL

struct tri_row {
    GLOBAL const uchar **in[TRI_INPUTS];   /* in[i][dy]: the row at dy of input i, at x = 0 */
    GLOBAL uchar *out[TRI_OUTPUTS];        /* output rows, at x = 0 */
    GLOBAL const uchar *plane[TRI_INPUTS]; /* sample (0, 0), for passes that see whole planes */
    long stride[TRI_INPUTS];               /* bytes between rows of those planes */
    GLOBAL const uchar *constants;         /* computed by the kernel's host part */
    int width, y;                          /* of the output: samples in a row, number of this row */
    int in_width, in_height;               /* of input 0 */
    int halo;                              /* samples beyond either edge that a scan must yield */
    int rows;                              /* to make; 1, unless the pass makes a block */
    int outputs;                           /* of the node */
    long out_stride[TRI_OUTPUTS];          /* bytes between those */
};

/* Where outputs lie in the input (warp.cl): sums of a number for each column, one for each row, and
 * a constant. For an affine map these have 24 fraction bits. For a perspective they are 2^36 times
 * as large as the place times the divisor, which has 46 fraction bits. */
struct tri_warp {
    long x[3], y[3], divisor[3];
    long step_x, step_y; /* from one output to the next, with 16 fraction bits; affine */
    int projective, replicate, fill;
    int span_bits; /* 2^this outputs have places on a line: 1 to 16; affine: 16 */
};

/* The regions whose samples REGIONS counts: region n is in column n % across. Together they may be
 * larger than the picture, which then goes on as its mirror image, without the edge sample. */
struct tri_regions {
    int across, width, height;
};
INLINE int region_inside(int at, int size)
{
    if (at < size)
        return at;
    const int period = size > 1 ? 2 * (size - 1) : 1, within = at % period;
    return within < size ? within : period - within;
}

/* What PATCHES compares: squares of (2 * patch + 1)^2 samples, with as many as have their centres
 * in a square of (2 * search + 1)^2. */
struct tri_patches {
    int patch, search;
};
#define PATCH_MOST 5  /* the largest `patch` */
#define PATCH_ROWS 16 /* to make at a time: `block` of its node */

/* What RANKS chooses: of a square of (2 * radius + 1)^2 samples, the one with `rank` before it. */
struct tri_ranks {
    int radius, rank;
};
#define RANK_RADIUS 100 /* the largest */
#define RANK_ROWS 64    /* to make at a time: `block` of its node */

/* Exact division of n < 2^31 by a divisor d < 2^31: floor(n / d) is
 * mul_hi(n, multiplier) >> shift. Granlund & Montgomery, "Division by invariant integers using
 * multiplication", 1994. A 32-bit multiplier cannot express d = 1: n is doubled for it. */
struct tri_divisor {
    uint multiplier, shift, divisor;
};

#endif
