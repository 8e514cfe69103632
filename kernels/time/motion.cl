/* motion -- where the blocks of a frame were in the frame before, drawn as lines.
 *
 * A block is compared with every block of the frame before within `range`, in rows and columns, that lies in
 * the picture. Vectors are samples of 32 bits in a plane of a sample for each block. */
#include "kernel.h"

struct motion {
    int shift;         /* blocks have sides of 1 << shift samples */
    int range;         /* of the search */
    int width, height; /* of the picture */
};

#if BITS == 8
#define MOTION_SAMPLE uchar
#else
#define MOTION_SAMPLE ushort
#endif

/* Columns in the lower half, rows in the upper one: how far the block has moved. */
#define MOTION_VECTOR(dx, dy) ((uint)((dx) & 65535) | (uint)((dy) & 65535) << 16)
#define MOTION_X(vector) ((int)(short)((vector) & 65535))
#define MOTION_Y(vector) ((int)(short)((vector) >> 16))
/* 0, 1, -1, 2, -2, ...: what is near is likely, and a good one early leaves less to do for others. */
#define MOTION_FROM_NONE(i) (((i) & 1) != 0 ? ((i) + 1) / 2 : -((i) / 2))
#define MOTION_MIN(a, b) ((a) < (b) ? (a) : (b))
#define MOTION_ABS(a) ((a) < 0 ? -(a) : (a))

PASS(motion_luma, S, S)
{
    const WIDE red = TO_WIDE(AT_INPUT(0, 0, 0)), green = TO_WIDE(AT_INPUT(1, 0, 0));
    const WIDE blue = TO_WIDE(AT_INPUT(2, 0, 0));
    PUT(TO_S((red + green + green + blue + ALL(WIDE, 2)) >> ALL(WIDE, 2)));
}

INLINE uint motion_row(GLOBAL const MOTION_SAMPLE *a, GLOBAL const MOTION_SAMPLE *b, int count)
{
    uint sum = 0;
    for (int i = 0; i < count; i++) {
        const int difference = (int)a[i] - (int)b[i];
        sum += (uint)MOTION_ABS(difference);
    }
    return sum;
}

/* Inputs: this frame and the one before. What is as good as the best so far replaces it if it is shorter. */
GATHER(motion_vectors, S, u32)
{
    CONSTANT struct motion *k = CONSTANTS(struct motion);
    const int size = 1 << k->shift, x = X * size, y = Y * size, range = k->range;
    const int columns = MOTION_MIN(size, k->width - x), rows = MOTION_MIN(size, k->height - y);
    const int x_last = k->width - columns, y_last = k->height - rows;
    uint best = 0xffffffffu, vector = 0;
    int best_length = 0x7fffffff;
    for (int j = 0; j <= 2 * range; j++) {
        const int dy = MOTION_FROM_NONE(j);
        if (y - dy < 0 || y - dy > y_last)
            continue;
        for (int i = 0; i <= 2 * range; i++) {
            const int dx = MOTION_FROM_NONE(i);
            if (x - dx < 0 || x - dx > x_last)
                continue;
            uint sum = 0;
            for (int row = 0; row < rows && sum <= best; row++) {
                GLOBAL const MOTION_SAMPLE *now = &SAMPLE_INPUT(0, x, y + row);
                GLOBAL const MOTION_SAMPLE *then = &SAMPLE_INPUT(1, x - dx, y - dy + row);
                /* A count that is known lets the compiler use lanes. */
                sum += columns == 16  ? motion_row(now, then, 16)
                       : columns == 8 ? motion_row(now, then, 8)
                                      : motion_row(now, then, columns);
            }
            const int length = dx * dx + dy * dy;
            if (sum < best || (sum == best && length < best_length)) {
                best = sum;
                best_length = length;
                vector = MOTION_VECTOR(dx, dy);
            }
        }
    }
    return vector;
}

/* Whether (x, y), from where a line starts, is on it: less than half a sample off along the shorter way. */
INLINE int motion_meets(int x, int y, int to_x, int to_y)
{
    const int across = MOTION_ABS(x * to_y - y * to_x), wide = MOTION_ABS(to_x), high = MOTION_ABS(to_y);
    const int before_x = to_x < 0 ? x < to_x || x > 0 : x < 0 || x > to_x;
    const int before_y = to_y < 0 ? y < to_y || y > 0 : y < 0 || y > to_y;
    return 2 * across <= (wide > high ? wide : high) && !before_x && !before_y;
}

#define MOTION_FIRST(at) ((at) <= 0 ? 0 : ((at) + size - 1) >> k->shift)
/* Blocks start at multiples of their size; those at the right and the bottom may be smaller. */
#define MOTION_CENTRE(start, whole) ((start) + MOTION_MIN(size, (whole) - (start)) / 2)

/* The maximum where a line is, else 0. Only blocks within range can have one here. */
GATHER(motion_lines, u32, S)
{
    CONSTANT struct motion *k = CONSTANTS(struct motion);
    const int size = 1 << k->shift, reach = k->range + size / 2;
    const int left = MOTION_FIRST(X - reach), right = MOTION_MIN((X + k->range) >> k->shift, IN_WIDTH - 1);
    const int top = MOTION_FIRST(Y - reach), bottom = MOTION_MIN((Y + k->range) >> k->shift, IN_HEIGHT - 1);
    int met = 0;
    for (int j = top; j <= bottom; j++) {
        for (int i = left; i <= right; i++) {
            const uint vector = SAMPLE(i, j);
            const int x = X - MOTION_CENTRE(i * size, k->width);
            const int y = Y - MOTION_CENTRE(j * size, k->height);
            met |= motion_meets(x, y, MOTION_X(vector), MOTION_Y(vector));
        }
    }
    return met != 0 ? MAXIMUM : 0;
}

PASS(motion_draw, S, S)
{
    PUT(MAX(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}

#ifdef HOST
KERNEL(motion, tri_alpha_kept, "how blocks have moved since the frame before",
       "For each block the place in the frame before where the sum of absolute differences is least, of all "
       "up to range rows and columns away and in the picture; of equal ones the nearest, then the one of "
       "fewer rows, then one from above or from the left. A white line leads from the block's centre as far "
       "as it has moved; a block at rest has a dot. Of colours (R + 2 G + B) / 4 is compared. The first "
       "frame is its own frame before. With --data each block is a line of CSV: its corner and size in pixels, and "
       "how far it has moved to the right and down. Alpha is kept.",
       "motion:size=8:range=15",
       PARAM_CHOICE(size, 1, 2, "8|16", "side of the blocks, in pixels")
       PARAM_INT(range, 7, 1, 32, "how far a block may have moved, in rows and in columns"))
ALIASES(motion, ALIAS("mestimate|opticalflow|motionvectors", "motion"))

/* All has moved left by one. The block of eight has its centre at 4; that at the end, of one sample, at 8. */
KNOWN(motion, "motion:size=8:range=1", PICTURE(9, 1, 1, 20, 30, 40, 50, 60, 70, 80, 90, 90),
      PICTURE(9, 1, 1, 20, 30, 40, 255, 255, 70, 80, 90, 255),
      PICTURE(9, 1, 1, 10, 20, 30, 40, 50, 60, 70, 80, 90))

/* A channel of MOTION_VECTOR for each block. */
static int motion_search(struct tri_graph *graph, struct tri_value in, const struct motion *k)
{
    int luma = in.channel[0];
    if (in.planes == 3)
        luma = NODE(motion_luma, .in = {in.channel[0], in.channel[1], in.channel[2]});
    return NODE(motion_vectors, .in = {luma, tri_graph_before(graph, luma, 1)}, .whole = true,
                .width = ((k->width - 1) >> k->shift) + 1, .height = ((k->height - 1) >> k->shift) + 1,
                .constants = k, .constants_size = sizeof *k);
}

/* Where a block is, how large, and how far it has moved since the frame before. */
static void motion_line(FILE *to, int x, int y, uint sample, const void *constants)
{
    const struct motion *k = constants;
    const int size = 1 << k->shift, left = x * size, top = y * size;
    fprintf(to, "%d,%d,%d,%d,%d,%d\n", left, top, MOTION_MIN(size, k->width - left), MOTION_MIN(size, k->height - top),
            MOTION_X(sample), MOTION_Y(sample));
}

GRAPH(motion)
{
    const struct motion k = {VALUE(size) == 0 ? 3 : 4, (int)VALUE(range),
                             tri_graph_width(graph, in.channel[0]), tri_graph_height(graph, in.channel[0])};
    const int vectors = motion_search(graph, in, &k);
    tri_graph_data(graph, vectors, "x,y,width,height,dx,dy", motion_line);
    const int lines = NODE(motion_lines, .in = {vectors}, .whole = true, .width = k.width, .height = k.height,
                           .constants = &k, .constants_size = sizeof k);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(motion_draw, .in = {in.channel[p], lines});
    return in;
}
#endif
