/* scene -- reports how much each frame differs from the one before, and where a cut is; the picture
 * stays as it is. Passes sum absolute differences of blocks, of rows of blocks, and of all. */
#include "kernel.h"

#define SCENE_SIDE 16 /* of a block */

struct scene {
    uint planes, only_cuts, threshold; /* in millionths of the range of samples */
    uint samples[2];                   /* of all planes: the lower half, the upper one */
    uint time[2];                      /* of the frame, in microseconds */
};

#define SCENE_LEAST(a, b) ((a) < (b) ? (a) : (b))
#define SCENE_HALF(value, upper) ((uint)((upper) ? (value) >> 32 : (value)))
#define SCENE_WHOLE(lower, upper) ((ulong)(lower) | (ulong)(upper) << 32)

/* Inputs: this frame and the previous one. */
GATHER(scene_blocks, S, u32)
{
    const int x = X * SCENE_SIDE, y = Y * SCENE_SIDE;
    const int columns = SCENE_LEAST(SCENE_SIDE, IN_WIDTH - x);
    const int rows = SCENE_LEAST(SCENE_SIDE, IN_HEIGHT - y);
    GLOBAL const SAMPLE_TYPE *a = &SAMPLE_INPUT(0, x, y), *b = &SAMPLE_INPUT(1, x, y);
    const long a_stride = &SAMPLE_INPUT(0, 0, 1) - &SAMPLE_INPUT(0, 0, 0),
               b_stride = &SAMPLE_INPUT(1, 0, 1) - &SAMPLE_INPUT(1, 0, 0);
    uint sum = 0;
    int row = 0;
    for (; columns == SCENE_SIDE && row + SAD_ROWS <= rows; row += SAD_ROWS)
        sum += sad_16(a + row * a_stride, a_stride, b + row * b_stride, b_stride);
    for (; row < rows; row++) {
        for (int i = 0; i < columns; i++) {
            const int now = a[row * a_stride + i], before = b[row * b_stride + i];
            sum += (uint)(now < before ? before - now : now - before);
        }
    }
    return sum;
}

/* Inputs: the blocks of each plane. Two words for each row of blocks. */
GATHER(scene_rows, u32, u32)
{
    const uint planes = CONSTANTS(struct scene)->planes;
    ulong sum = 0;
    for (int x = 0; x < IN_WIDTH; x++) {
        sum += SAMPLE_INPUT(0, x, Y);
        sum += planes > 1 ? (ulong)SAMPLE_INPUT(1, x, Y) + SAMPLE_INPUT(2, x, Y) : 0;
    }
    return SCENE_HALF(sum, X == 1);
}

GATHER(scene_all, u32, u32)
{
    ulong sum = 0;
    for (int y = 0; y < IN_HEIGHT; y++)
        sum += SCENE_WHOLE(SAMPLE(0, y), SAMPLE(1, y));
    return SCENE_HALF(sum, X == 1);
}

/* Inputs: the sum of this frame and that of the previous one. Adds the time. */
GATHER(scene_numbers, u32, u32)
{
    CONSTANT struct scene *k = CONSTANTS(struct scene);
    return X < 2 ? SAMPLE_INPUT(0, X, 0) : X < 4 ? SAMPLE_INPUT(1, X - 2, 0) : k->time[X - 4];
}

#ifdef HOST
#include <math.h>

KERNEL(
    scene, tri_alpha_kept, "how much each frame differs from the one before, and cuts, as data",
    "Writes one line of data for each frame: its time in seconds, its difference, its score, and "
    "whether a cut is before it (1 or 0). The difference is the mean absolute difference of "
    "samples from those of the frame before, in percent of their range (256 values, or 65536); the "
    "score is the difference or its change since the frame before, whichever is less, so that a "
    "cut stands out from steady motion. Both are sums of integers, divided and cut off after four "
    "decimals, so they are the same on every backend. At 8 bits they are the mafd and the score of "
    "FFmpeg's filter scdet, and the threshold is its. In videos in Y'CbCr luma is compared, else "
    "all colours. The first frame has a score of 0. The data goes to the file of --data; the "
    "picture does not change.",
    "scene:threshold=8",
    PARAM_FLOAT(threshold, 10, 0, 100, "scores of at least this are cuts, to four decimals")
        PARAM_CHOICE(lines, 0, 2, "all|cuts", "for which frames lines are written"))
ALIASES(scene, ALIAS("scdet|scenedetect|cuts|shotdetect|scenechange", "scene"))

KNOWN(scene, "scene", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255),
      PICTURE(3, 1, 1, 9, 9, 9))

static void scene_frame(long number, const struct tri_operation *operation, void *constants)
{
    struct scene *k = constants;
    const double seconds = tri_operation_seconds(operation, number);
    const uint64_t time = seconds > 0 ? (uint64_t)llround(seconds * 1e6) : 0;
    k->time[0] = SCENE_HALF(time, false);
    k->time[1] = SCENE_HALF(time, true);
}

/* Millionths of the range, of the mean. */
static uint64_t scene_part(uint64_t sum, const struct scene *k, int bits)
{
    const uint64_t samples = SCENE_WHOLE(k->samples[0], k->samples[1]);
    return (uint64_t)((tri_wide)sum * 1000000 / ((tri_wide)samples << bits));
}

static void scene_table(FILE *to, const struct tri_data *data)
{
    const struct scene *k = data->constants;
    const uint64_t sum = tri_figure(data, 0, 0), before = tri_figure(data, 0, 1);
    const uint64_t time = tri_figure(data, 0, 2);
    const uint64_t change = sum < before ? before - sum : sum - before;
    const uint64_t difference = scene_part(sum, k, data->bits);
    const uint64_t score = scene_part(SCENE_LEAST(sum, change), k, data->bits);
    const bool cut = score >= k->threshold;
    if (cut || k->only_cuts == 0)
        fprintf(to, "%llu.%06llu,%llu.%04llu,%llu.%04llu,%d\n",
                (unsigned long long)(time / 1000000), (unsigned long long)(time % 1000000),
                (unsigned long long)(difference / 10000), (unsigned long long)(difference % 10000),
                (unsigned long long)(score / 10000), (unsigned long long)(score % 10000), cut);
}

/* The sum over all planes, in two words. */
static int scene_sum(struct tri_graph *graph, const struct tri_value *in, const struct scene *k)
{
    const int width = tri_graph_width(graph, in->channel[0]);
    const int height = tri_graph_height(graph, in->channel[0]);
    int blocks[3] = {0};
    for (int p = 0; p < 3; p++)
        blocks[p] = p >= in->planes
                        ? blocks[0]
                        : NODE(scene_blocks,
                               .in = {in->channel[p], tri_graph_previous(graph, in->channel[p], 1)},
                               .whole = true, .width = (width - 1) / SCENE_SIDE + 1,
                               .height = (height - 1) / SCENE_SIDE + 1,
                               .operations = SCENE_SIDE * SCENE_SIDE);
    const int rows = NODE(scene_rows, .in = {blocks[0], blocks[1], blocks[2]}, .whole = true,
                          .width = 2, .constants = k, .constants_size = sizeof *k);
    return NODE(scene_all, .in = {rows}, .whole = true, .width = 2, .height = 1);
}

GRAPH(scene)
{
    const struct tri_luma luma = tri_graph_luma(graph);
    tri_graph_same_samples(graph);
    if (luma.shift_x > 0 || luma.shift_y > 0) /* chroma, of which no data is asked */
        return in;
    const uint64_t samples = (uint64_t)tri_graph_width(graph, in.channel[0]) *
                             (uint64_t)tri_graph_height(graph, in.channel[0]) * (uint64_t)in.planes;
    const struct scene k = {.planes = (uint)in.planes,
                            .only_cuts = VALUE(lines) == 1,
                            .threshold = (uint)floor(VALUE(threshold) * 10000 + 0.5),
                            .samples = {SCENE_HALF(samples, false), SCENE_HALF(samples, true)}};
    const int sum = scene_sum(graph, &in, &k);
    const int numbers = NODE(scene_numbers, .in = {sum, tri_graph_previous(graph, sum, 1)},
                             .whole = true, .width = 6, .height = 1, .constants = &k,
                             .constants_size = sizeof k, .frame = scene_frame);
    tri_graph_table(graph, numbers, "time,difference,score,cut", scene_table);
    return in;
}
#endif
