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

/* The sum of absolute differences of two blocks; rows of planes are `stride` samples apart. Once it
 * exceeds `enough`, rows may be left out. */
INLINE uint motion_sum(GLOBAL const SAMPLE_TYPE *now, long now_stride,
                       GLOBAL const SAMPLE_TYPE *then, long then_stride, int columns, int rows,
                       uint enough)
{
    uint sum = 0;
    int row = 0;
    for (; row + SAD_ROWS <= rows && sum <= enough && (columns == 16 || columns == 8);
         row += SAD_ROWS) {
        GLOBAL const SAMPLE_TYPE *a = now + row * now_stride, *b = then + row * then_stride;
        sum += columns == 16 ? sad_16(a, now_stride, b, then_stride)
                             : sad_8(a, now_stride, b, then_stride);
    }
    for (; row < rows && sum <= enough; row++) {
        for (int i = 0; i < columns; i++) {
            const int difference =
                (int)now[row * now_stride + i] - (int)then[row * then_stride + i];
            sum += (uint)MOTION_ABS(difference);
        }
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
    GLOBAL const SAMPLE_TYPE *now = &SAMPLE_INPUT(0, x, y);
    const long now_stride = &SAMPLE_INPUT(0, 0, 1) - &SAMPLE_INPUT(0, 0, 0),
               then_stride = &SAMPLE_INPUT(1, 0, 1) - &SAMPLE_INPUT(1, 0, 0);
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
            const uint sum = motion_sum(now, now_stride, &SAMPLE_INPUT(1, x - dx, y - dy),
                                        then_stride, columns, rows, best);
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

/* The columns and rows of blocks, counted from a block's own, whose lines may lead into it: all
 * those with a line whose bounding box meets the block. 8 is added to each, four bits are enough:
 * lines are at most range and half a block long. */
#define MOTION_NEAR(left, right, top, bottom) \
    ((uint)((left) + 8) | (uint)((right) + 8) << 4 | (uint)((top) + 8) << 8 | \
     (uint)((bottom) + 8) << 12)
#define MOTION_NEAR_AT(near, shift) ((int)((near) >> (shift)&15) - 8)
#define MOTION_SPANS(from, by, first, last) \
    ((from) + ((by) < 0 ? (by) : 0) <= (last) && (from) + ((by) > 0 ? (by) : 0) >= (first))

GATHER(motion_near, u32, u32)
{
    CONSTANT struct motion *k = CONSTANTS(struct motion);
    const int size = 1 << k->shift, x = X * size, y = Y * size, reach = k->range + size / 2;
    const int first_x = MOTION_FIRST(x - reach), first_y = MOTION_FIRST(y - reach);
    const int last_x = MOTION_MIN((x + size - 1 + k->range) >> k->shift, IN_WIDTH - 1);
    const int last_y = MOTION_MIN((y + size - 1 + k->range) >> k->shift, IN_HEIGHT - 1);
    int left = last_x + 1, right = first_x - 1, top = last_y + 1, bottom = first_y - 1;
    for (int j = first_y; j <= last_y; j++) {
        for (int i = first_x; i <= last_x; i++) {
            const uint vector = SAMPLE(i, j);
            if (!MOTION_SPANS(MOTION_CENTRE(i * size, k->width), MOTION_X(vector), x,
                              x + size - 1) ||
                !MOTION_SPANS(MOTION_CENTRE(j * size, k->height), MOTION_Y(vector), y,
                              y + size - 1))
                continue;
            left = i < left ? i : left;
            right = i > right ? i : right;
            top = j < top ? j : top;
            bottom = j;
        }
    }
    return MOTION_NEAR(left - X, right - X, top - Y, bottom - Y);
}

/* Inputs: vectors and near blocks. In a sample for each block and row: a bit for each column, set
 * if the column is on a line. */
GATHER(motion_marks, u32, u32)
{
    CONSTANT struct motion *k = CONSTANTS(struct motion);
    const int size = 1 << k->shift, x = X * size, row = Y >> k->shift;
    const uint near = SAMPLE_INPUT(1, X, row);
    const int left = X + MOTION_NEAR_AT(near, 0), right = X + MOTION_NEAR_AT(near, 4);
    const int top = row + MOTION_NEAR_AT(near, 8), bottom = row + MOTION_NEAR_AT(near, 12);
    uint marks = 0;
    for (int j = top; j <= bottom; j++) {
        const int from_y = MOTION_CENTRE(j * size, k->height);
        for (int i = left; i <= right; i++) {
            const uint vector = SAMPLE(i, j);
            const int from_x = MOTION_CENTRE(i * size, k->width);
            if (!MOTION_SPANS(from_y, MOTION_Y(vector), Y, Y) ||
                !MOTION_SPANS(from_x, MOTION_X(vector), x, x + size - 1))
                continue;
            for (int c = 0; c < size; c++)
                marks |= (uint)motion_meets(x + c - from_x, Y - from_y, MOTION_X(vector),
                                            MOTION_Y(vector))
                         << c;
        }
    }
    return marks;
}

/* The maximum on a line, 0 elsewhere. */
GATHER(motion_lines, u32, S)
{
    CONSTANT struct motion *k = CONSTANTS(struct motion);
    const int bit = X & ((1 << k->shift) - 1);
    return (ROW_SAMPLE(X >> k->shift) >> bit & 1) != 0 ? MAXIMUM : 0;
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
    const int near = NODE(motion_near, .in = {vectors}, .whole = true, .constants = &k,
                          .constants_size = sizeof k);
    const int marks = NODE(motion_marks, .in = {vectors, near}, .whole = true, .height = k.height,
                           .constants = &k, .constants_size = sizeof k);
    const int lines = NODE(motion_lines, .in = {marks}, .width = k.width, .constants = &k,
                           .constants_size = sizeof k);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(motion_draw, .in = {in.channel[p], lines});
    return in;
}
#endif
