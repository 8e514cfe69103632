/* items.h -- PASS and its kin as OpenCL kernels over whole planes, in plain OpenCL C 1.2: a
 * work-item makes a few samples of a row. For GPUs, and for compilers without clang's vectors. */

#define ITEM_SAMPLES 4 /* that a work-item makes next to each other */
#define ITEM_ROWS 64   /* that a work-item of a slide makes below each other */

struct item_launch {
    long in_offset[TRI_INPUTS], out_offset[TRI_OUTPUTS], constants; /* bytes */
    int in_stride[TRI_INPUTS], out_stride[TRI_OUTPUTS];             /* bytes */
    int inputs, outputs;
    int width, height, in_width, in_height;
    int sparse, rows[4];
    int halo, unused;
};

#ifdef __OPENCL_VERSION__

struct item {
    GLOBAL const uchar *constants;
    int stride[TRI_INPUTS]; /* in samples */
    int sparse, rows[4];
    int y, in_width, in_height;
};

#define ITEM_ARGUMENTS                                                                                       \
    GLOBAL uchar *in0, GLOBAL uchar *in1, GLOBAL uchar *in2, GLOBAL uchar *in3, GLOBAL uchar *in4,           \
        GLOBAL uchar *in5, GLOBAL uchar *in6, GLOBAL uchar *in7, GLOBAL uchar *out0, GLOBAL uchar *out1,     \
        GLOBAL uchar *out2, GLOBAL uchar *out3, GLOBAL uchar *out4, GLOBAL uchar *out5, GLOBAL uchar *out6,  \
        GLOBAL uchar *out7, GLOBAL uchar *constants, const struct item_launch launch

/* Typed pointers to the planes that go in and to the rows that come out, and what bodies ask for. */
#define ITEM_SETUP(IN, OUT, row_number)                                                                      \
    GLOBAL uchar *const in_bytes[TRI_INPUTS] = {in0, in1, in2, in3, in4, in5, in6, in7};                     \
    GLOBAL uchar *const out_bytes[TRI_OUTPUTS] = {out0, out1, out2, out3, out4, out5, out6, out7};           \
    GLOBAL const IN##_e *in[TRI_INPUTS];                                                                     \
    GLOBAL OUT##_e *out[TRI_OUTPUTS];                                                                        \
    struct item item;                                                                                        \
    item.constants = constants + launch.constants;                                                           \
    item.y = (row_number);                                                                                   \
    item.in_width = launch.in_width;                                                                         \
    item.in_height = launch.in_height;                                                                       \
    item.sparse = launch.sparse;                                                                             \
    for (int i = 0; i < 4; i++)                                                                              \
        item.rows[i] = launch.rows[i];                                                                       \
    for (int i = 0; i < TRI_INPUTS; i++) {                                                                   \
        in[i] = (GLOBAL const IN##_e *)(in_bytes[i] + launch.in_offset[i]);                                  \
        item.stride[i] = launch.in_stride[i] / (int)sizeof(IN##_e);                                          \
    }                                                                                                        \
    for (int i = 0; i < TRI_OUTPUTS; i++)                                                                    \
        out[i] = (GLOBAL OUT##_e *)(out_bytes[i] + launch.out_offset[i] + (long)item.y * launch.out_stride[i]);

INLINE long item_row(const struct item *item, int i, int dy)
{
    /* The mask changes nothing but lets a compiler read ahead of the condition. */
    const int y = item->y + (item->sparse != 0 ? item->rows[dy & 3] : dy);
    return (long)(y < 0 ? 0 : y >= item->in_height ? item->in_height - 1 : y) * item->stride[i];
}

#define PASS(name, IN, OUT) PASS_(name, IN, OUT)
#define GATHER(name, IN, OUT) GATHER_(name, IN, OUT)
#define GATHER_PAIRS(name, IN, OUT) GATHER_(name, IN, OUT)
#define SLIDE(name, IN, OUT) SLIDE_(name, IN, OUT)
#define SCAN(name, IN, OUT) SCAN_(name, IN, OUT)
#define TALLY(name, IN) TALLY_(name, IN)

#define AT(dx, dy) AT_INPUT(0, dx, dy)
#define AT_INPUT(i, dx, dy) (_in[i][item_row(_r, i, dy) + _x + (dx)])
#define SOURCE(dx, y) (_in[0][(long)(y)*_r->stride[0] + _x + (dx)])
#define PUT(v) PUT_OUTPUT(0, v)
#define PUT_OUTPUT(i, v) (_out[i][_x] = (v))
#define ROW_SAMPLE(x) (_in[0][(long)_r->y * _r->stride[0] + (x)])
#define ROW_POINTER(x) (_in[0] + (long)_r->y * _r->stride[0] + (x))
#define SAMPLE(x, y) SAMPLE_INPUT(0, x, y)
#define SAMPLE_INPUT(i, x, y) (_in[i][(long)(y)*_r->stride[i] + (x)])
#define X (_x)
#define Y (_r->y)
#define IN_WIDTH (_r->in_width)
#define IN_HEIGHT (_r->in_height)

/* The items at a row's ends replicate its edge samples. */
#define ITEM_HALO(x0, x1)                                                                                    \
    for (int o = 0; o < launch.outputs; o++) {                                                               \
        for (int i = 1; (x0) == 0 && i <= launch.halo; i++)                                                  \
            out[o][-i] = out[o][0];                                                                          \
        for (int i = 0; (x1) >= launch.width && i < launch.halo; i++)                                        \
            out[o][launch.width + i] = out[o][launch.width - 1];                                             \
    }

#define ITEM_LOOP(IN, OUT, make)                                                                             \
    {                                                                                                        \
        const int x0 = (int)get_global_id(0) * ITEM_SAMPLES, y = (int)get_global_id(1);                      \
        if (x0 >= launch.width || y >= launch.height)                                                        \
            return;                                                                                          \
        ITEM_SETUP(IN, OUT, y)                                                                               \
        for (int x = x0; x < x0 + ITEM_SAMPLES; x++) {                                                       \
            if (x < launch.width)                                                                            \
                make;                                                                                        \
        }                                                                                                    \
        ITEM_HALO(x0, x0 + ITEM_SAMPLES)                                                                     \
    }

#define PASS_(name, IN, OUT)                                                                                 \
    INLINE void name##_at(const struct item *_r, GLOBAL const IN##_e *const *_in, GLOBAL OUT##_e *const *_out, int _x); \
    __kernel void name(ITEM_ARGUMENTS) ITEM_LOOP(IN, OUT, name##_at(&item, in, out, x))                      \
    INLINE void name##_at(const struct item *_r, GLOBAL const IN##_e *const *_in, GLOBAL OUT##_e *const *_out, int _x)

#define GATHER_(name, IN, OUT)                                                                               \
    INLINE OUT##_e name##_at(const struct item *_r, GLOBAL const IN##_e *const *_in, int _x);                \
    __kernel void name(ITEM_ARGUMENTS) ITEM_LOOP(IN, OUT, out[0][x] = name##_at(&item, in, x))               \
    INLINE OUT##_e name##_at(const struct item *_r, GLOBAL const IN##_e *const *_in, int _x)

#define SLIDE_(name, IN, OUT)                                                                                \
    INLINE OUT name##_at(IN ENTERING, IN LEAVING, OUT ABOVE);                                                \
    __kernel void name(ITEM_ARGUMENTS)                                                                       \
    {                                                                                                        \
        const int x = (int)get_global_id(0), first = (int)get_global_id(1) * ITEM_ROWS;                      \
        if (x >= launch.width || first >= launch.height)                                                     \
            return;                                                                                          \
        OUT##_e sum = 0;                                                                                     \
        for (int y = first; y < first + ITEM_ROWS && y < launch.height; y++) {                               \
            ITEM_SETUP(IN, OUT, y)                                                                           \
            item.sparse = 0;                                                                                 \
            for (int dy = launch.rows[0]; y == first && dy < launch.rows[1]; dy++)                           \
                sum = name##_at(in[0][item_row(&item, 0, dy) + x], (IN##_e)0, sum);                          \
            sum = name##_at(in[0][item_row(&item, 0, launch.rows[1]) + x],                                   \
                            in[0][item_row(&item, 0, launch.rows[0]) + x], sum);                             \
            out[0][x] = sum;                                                                                 \
            ITEM_HALO(x, x + 1)                                                                              \
        }                                                                                                    \
    }                                                                                                        \
    INLINE OUT name##_at(IN ENTERING, IN LEAVING, OUT ABOVE)

/* One item for each row. */
#define SCAN_(name, IN, OUT)                                                                                 \
    __kernel void name(ITEM_ARGUMENTS)                                                                       \
    {                                                                                                        \
        const int y = (int)get_global_id(0);                                                                 \
        if (y >= launch.height)                                                                              \
            return;                                                                                          \
        ITEM_SETUP(IN, OUT, y)                                                                               \
        GLOBAL const IN##_e *row = in[0] + (long)y * item.stride[0];                                         \
        OUT##_e sum = 0;                                                                                     \
        for (int x = -launch.halo; x < launch.width + launch.halo; x++)                                      \
            out[0][x] = sum += row[x];                                                                       \
    }                                                                                                        \
    struct name##_takes_the_semicolon

#define TALLY_(name, IN)                                                                                     \
    __kernel void name(ITEM_ARGUMENTS)                                                                       \
    {                                                                                                        \
        const int x0 = (int)get_global_id(0) * ITEM_SAMPLES, y = (int)get_global_id(1);                      \
        if (x0 >= launch.in_width || y >= launch.in_height)                                                  \
            return;                                                                                          \
        GLOBAL const IN##_e *row =                                                                           \
            (GLOBAL const IN##_e *)(in0 + launch.in_offset[0] + (long)y * launch.in_stride[0]);              \
        GLOBAL uint *counts = (GLOBAL uint *)(out0 + launch.out_offset[0]);                                  \
        for (int x = x0; x < x0 + ITEM_SAMPLES && x < launch.in_width; x++)                                  \
            atomic_inc(&counts[(x % TALLY_COPIES(BITS) << BITS) + row[x]]);                                        \
    }                                                                                                        \
    struct name##_takes_the_semicolon

#endif
