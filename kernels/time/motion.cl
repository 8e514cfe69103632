/* motion -- where the blocks of a frame were in the previous frame, drawn as lines.
 *
 * A block is compared with every block of the previous frame that lies within `range` rows and
 * columns and inside the picture. Vectors are 32-bit samples of a plane with one sample per block.
 */
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

/* How far the block has moved: columns in the lower half, rows in the upper one. */
#define MOTION_VECTOR(dx, dy) ((uint)((dx)&65535) | (uint)((dy)&65535) << 16)
#define MOTION_X(vector) ((int)(short)((vector)&65535))
#define MOTION_Y(vector) ((int)(short)((vector) >> 16))
/* 0, 1, -1, 2, -2, ...: near places are likely, and a good match early cuts later sums short. */
#define MOTION_FROM_NONE(i) (((i)&1) != 0 ? ((i) + 1) / 2 : -((i) / 2))
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

/* Inputs: this frame and the previous one. A vector as good as the best so far replaces it if it is
 * shorter. */
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
                /* A constant count lets the compiler vectorize. */
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

/* Returns whether (x, y), relative to the start of a line, is on it: at most half a sample off
 * along its minor axis. */
INLINE int motion_meets(int x, int y, int to_x, int to_y)
{
    const int across = MOTION_ABS(x * to_y - y * to_x), wide = MOTION_ABS(to_x),
              high = MOTION_ABS(to_y);
    const int before_x = to_x < 0 ? x < to_x || x > 0 : x < 0 || x > to_x;
    const int before_y = to_y < 0 ? y < to_y || y > 0 : y < 0 || y > to_y;
    return 2 * across <= (wide > high ? wide : high) && !before_x && !before_y;
}

#define MOTION_FIRST(at) ((at) <= 0 ? 0 : ((at) + size - 1) >> k->shift)
/* Blocks start at multiples of their size; those at the right and the bottom may be smaller. */
#define MOTION_CENTRE(start, whole) ((start) + MOTION_MIN(size, (whole) - (start)) / 2)

/* The maximum on a line, 0 elsewhere. Only lines of blocks within range can reach this sample. */
GATHER(motion_lines, u32, S)
{
    CONSTANT struct motion *k = CONSTANTS(struct motion);
    const int size = 1 << k->shift, reach = k->range + size / 2;
    const int left = MOTION_FIRST(X - reach),
              right = MOTION_MIN((X + k->range) >> k->shift, IN_WIDTH - 1);
    const int top = MOTION_FIRST(Y - reach),
              bottom = MOTION_MIN((Y + k->range) >> k->shift, IN_HEIGHT - 1);
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
KERNEL(
    motion, tri_alpha_kept, "how blocks have moved since the previous frame",
    "For each block, finds the place in the previous frame with the smallest sum of absolute "
    "differences, "
    "among all places inside the picture and up to range rows and columns away. Ties go to the "
    "nearest "
    "place, then to the one fewer rows away, then to the one above or to the left. A white line "
    "leads from "
    "the block's centre as far as it has moved; a block at rest has a dot. Colours are compared by "
    "(R + 2 G + B) / 4. The first frame is compared with itself. With --data each block is a line "
    "of CSV: "
    "its corner and size in pixels, and how far it has moved to the right and down. Alpha is kept.",
    "motion:size=8:range=15",
    PARAM_CHOICE(size, 1, 2, "8|16", "side of the blocks, in pixels")
        PARAM_INT(range, 7, 1, 32, "how far a block may have moved, in rows and in columns"))
ALIASES(motion, ALIAS("mestimate|opticalflow|motionvectors", "motion"))

/* Everything has moved left by one. The block of eight has its centre at 4; the last block, of one
 * sample, at 8. */
KNOWN(motion, "motion:size=8:range=1", PICTURE(9, 1, 1, 20, 30, 40, 50, 60, 70, 80, 90, 90),
      PICTURE(9, 1, 1, 20, 30, 40, 255, 255, 70, 80, 90, 255),
      PICTURE(9, 1, 1, 10, 20, 30, 40, 50, 60, 70, 80, 90))

/* Returns a channel with one MOTION_VECTOR per block. */
static int motion_search(struct tri_graph *graph, struct tri_value in, const struct motion *k)
{
    int luma = in.channel[0];
    if (in.planes == 3)
        luma = NODE(motion_luma, .in = {in.channel[0], in.channel[1], in.channel[2]});
    const double places = (2.0 * k->range + 1) * (2.0 * k->range + 1);
    /* As if no sum were cut short. */
    return NODE(motion_vectors, .operations = places * (1 << 2 * k->shift),
                .in = {luma, tri_graph_previous(graph, luma, 1)}, .whole = true,
                .width = ((k->width - 1) >> k->shift) + 1,
                .height = ((k->height - 1) >> k->shift) + 1, .constants = k,
                .constants_size = sizeof *k);
}

/* Writes a block's position and size, and how far it has moved since the previous frame. */
static void motion_line(FILE *to, int x, int y, uint sample, const void *constants)
{
    const struct motion *k = constants;
    const int size = 1 << k->shift, left = x * size, top = y * size;
    fprintf(to, "%d,%d,%d,%d,%d,%d\n", left, top, MOTION_MIN(size, k->width - left),
            MOTION_MIN(size, k->height - top), MOTION_X(sample), MOTION_Y(sample));
}

GRAPH(motion)
{
    const struct motion k = {VALUE(size) == 0 ? 3 : 4, (int)VALUE(range),
                             tri_graph_width(graph, in.channel[0]),
                             tri_graph_height(graph, in.channel[0])};
    const int vectors = motion_search(graph, in, &k);
    tri_graph_data(graph, vectors, "x,y,width,height,dx,dy", motion_line);
    const int lines = NODE(motion_lines, .in = {vectors}, .whole = true, .width = k.width,
                           .height = k.height, .constants = &k, .constants_size = sizeof k);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(motion_draw, .in = {in.channel[p], lines});
    return in;
}
#endif
