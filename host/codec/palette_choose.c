/* palette_choose.c -- chooses the colours of a palette: median cut in the form that splits the box
 * with the largest squared error where that lowers it most, then rounds of k-means. */
#include "palette.h"

#include <stdlib.h>
#include <string.h>

enum { BIN_BITS = 5, BINS = 1 << (3 * BIN_BITS), ROUNDS = 4, CHANNELS = 4 };

/* Pixels of one bin: their number, and the sums of their samples; then their mean. */
struct point {
    uint64_t weight, sums[CHANNELS]; /* blue, green, red, alpha */
    uint8_t mean[CHANNELS];
    int nearest; /* the number of a colour */
};

/* Points `from` to `to` - 1, all clear, all opaque, or all between. */
struct box {
    int from, to;
    double error;
};

/* ---- bins ---- */

/* Between, two bits of alpha take the place of a bit of green and one of blue. */
static size_t bin_of(uint32_t colour)
{
    const unsigned alpha = tri_palette_sample(colour, 3), red = tri_palette_sample(colour, 2),
                   green = tri_palette_sample(colour, 1), blue = tri_palette_sample(colour, 0);
    const enum tri_palette_kind kind = tri_palette_kind(alpha);
    const size_t fine = red >> 3 << 10 | green >> 3 << 5 | blue >> 3;
    const size_t coarse = alpha >> 6 << 13 | red >> 3 << 8 | green >> 4 << 4 | blue >> 4;
    return (size_t)kind * BINS + (kind == TRI_PALETTE_BETWEEN ? coarse : fine);
}

static enum tri_status count(const struct tri_image *image, struct point *bins,
                             struct tri_error *error)
{
    uint32_t *row = malloc((size_t)image->shape.width * sizeof *row);
    if (row == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a palette");
    for (int y = 0; y < image->shape.height; y++) {
        tri_palette_take_row(image, y, row);
        for (int x = 0; x < image->shape.width; x++) {
            struct point *bin = &bins[bin_of(row[x])];
            bin->weight++;
            for (int c = 0; c < CHANNELS; c++)
                bin->sums[c] += tri_palette_sample(row[x], c);
        }
    }
    free(row);
    return TRI_OK;
}

static void take_mean(const struct point *point, uint8_t mean[CHANNELS])
{
    for (int c = 0; c < CHANNELS; c++)
        mean[c] = (uint8_t)((point->sums[c] + point->weight / 2) / point->weight);
}

/* Moves the bins that have pixels to the front, kind by kind; `ends` gets where each ends. */
static void compact(struct point *bins, int ends[TRI_PALETTE_KINDS])
{
    int used = 0;
    for (int kind = 0; kind < TRI_PALETTE_KINDS; kind++) {
        for (int i = kind * BINS; i < (kind + 1) * BINS; i++) {
            if (bins[i].weight == 0)
                continue;
            bins[used] = bins[i];
            take_mean(&bins[used], bins[used].mean);
            used++;
        }
        ends[kind] = used;
    }
}

/* ---- boxes ---- */

/* Sums of a channel over points: the squared error of their mean is squares - sum * sum / weight.
 */
struct sums {
    double weight, sum, squares;
};

static void add(struct sums *sums, const struct point *point, int channel)
{
    const double weight = (double)point->weight, mean = point->mean[channel];
    sums->weight += weight;
    sums->sum += weight * mean;
    sums->squares += weight * mean * mean;
}

static double error_of(const struct sums *sums)
{
    return sums->weight > 0 ? sums->squares - sums->sum * sums->sum / sums->weight : 0;
}

/* Of one channel. */
static double channel_error(const struct point *points, const struct box *box, int channel)
{
    struct sums sums = {0};
    for (int i = box->from; i < box->to; i++)
        add(&sums, &points[i], channel);
    return error_of(&sums);
}

static struct box box_of(const struct point *points, int from, int to)
{
    struct box box = {from, to, 0};
    for (int c = 0; c < CHANNELS; c++)
        box.error += channel_error(points, &box, c);
    return box;
}

static int widest(const struct point *points, const struct box *box)
{
    int best = 0;
    double most = -1;
    for (int c = 0; c < CHANNELS; c++) {
        const double error = channel_error(points, box, c);
        if (error > most) {
            most = error;
            best = c;
        }
    }
    return best;
}

/* The order of points that are equal in the channel is that of the others, so no sort matters. */
static int compare(const struct point *a, const struct point *b, int channel)
{
    for (int i = 0; i < CHANNELS; i++) {
        const int c = (channel + i) % CHANNELS;
        if (a->mean[c] != b->mean[c])
            return a->mean[c] - b->mean[c];
    }
    return (a->weight > b->weight) - (a->weight < b->weight);
}

#define ORDER(channel) \
    static int order_##channel(const void *a, const void *b) \
    { \
        return compare(a, b, channel); \
    }
ORDER(0)
ORDER(1)
ORDER(2)
ORDER(3)

/* Sorts a box of two points or more, and returns where its parts have the least squared error. */
static int split(struct point *points, const struct box *box)
{
    static int (*const orders[CHANNELS])(const void *, const void *) = {order_0, order_1, order_2,
                                                                        order_3};
    const int channel = widest(points, box);
    struct sums all = {0}, below = {0};
    int best = box->from + 1;
    double least = 1e300;
    qsort(points + box->from, (size_t)(box->to - box->from), sizeof *points, orders[channel]);
    for (int i = box->from; i < box->to; i++)
        add(&all, &points[i], channel);
    for (int i = box->from; i < box->to - 1; i++) {
        add(&below, &points[i], channel);
        const struct sums above = {all.weight - below.weight, all.sum - below.sum,
                                   all.squares - below.squares};
        const double error = error_of(&below) + error_of(&above);
        if (error < least) {
            least = error;
            best = i + 1;
        }
    }
    return best;
}

/* The box to split next; -1: none can be. */
static int worst(const struct box *boxes, int count)
{
    int found = -1;
    for (int i = 0; i < count; i++) {
        const bool splits = boxes[i].to - boxes[i].from > 1;
        if (splits && (found < 0 || boxes[i].error > boxes[found].error))
            found = i;
    }
    return found;
}

static int make_boxes(struct point *points, const int ends[TRI_PALETTE_KINDS], int most,
                      struct box *boxes)
{
    int count = 0;
    for (int kind = 0, from = 0; kind < TRI_PALETTE_KINDS; from = ends[kind++])
        if (ends[kind] > from)
            boxes[count++] = box_of(points, from, ends[kind]);
    for (int next; count < most && (next = worst(boxes, count)) >= 0;) {
        const struct box box = boxes[next];
        const int middle = split(points, &box);
        boxes[next] = box_of(points, box.from, middle);
        boxes[count++] = box_of(points, middle, box.to);
    }
    return count;
}

/* ---- k-means ---- */

static int distance(const uint8_t a[CHANNELS], const uint8_t b[CHANNELS])
{
    int sum = 0;
    for (int c = 0; c < CHANNELS; c++)
        sum += (a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

static void find_nearest(struct point *point, const struct point *colours, int count)
{
    int least = INT32_MAX;
    for (int i = 0; i < count; i++) {
        const int apart = distance(point->mean, colours[i].mean);
        if (apart < least &&
            tri_palette_kind(colours[i].mean[3]) == tri_palette_kind(point->mean[3])) {
            least = apart;
            point->nearest = i;
        }
    }
}

/* Moves each colour to the mean of its pixels; one without any stays. */
static void move(const struct point *points, int point_count, struct point *colours, int count)
{
    for (int i = 0; i < count; i++) {
        colours[i].weight = 0;
        memset(colours[i].sums, 0, sizeof colours[i].sums);
    }
    for (int i = 0; i < point_count; i++) {
        struct point *colour = &colours[points[i].nearest];
        colour->weight += points[i].weight;
        for (int c = 0; c < CHANNELS; c++)
            colour->sums[c] += points[i].sums[c];
    }
    for (int i = 0; i < count; i++)
        if (colours[i].weight > 0)
            take_mean(&colours[i], colours[i].mean);
}

static void choose(struct point *points, const int ends[TRI_PALETTE_KINDS], int most,
                   struct tri_palette *palette)
{
    struct box boxes[TRI_PALETTE_MOST];
    struct point colours[TRI_PALETTE_MOST];
    const int count = make_boxes(points, ends, most, boxes);
    for (int i = 0; i < count; i++)
        for (int j = boxes[i].from; j < boxes[i].to; j++)
            points[j].nearest = i;
    move(points, ends[TRI_PALETTE_OPAQUE], colours, count);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ends[TRI_PALETTE_OPAQUE]; i++)
            find_nearest(&points[i], colours, count);
        move(points, ends[TRI_PALETTE_OPAQUE], colours, count);
    }
    *palette = (struct tri_palette){0};
    for (int i = 0; i < count; i++) {
        const uint8_t *mean = colours[i].mean;
        tri_palette_add(palette,
                        (uint32_t)mean[3] << 24 | (uint32_t)mean[2] << 16 | (uint32_t)mean[1] << 8 |
                            mean[0],
                        most);
    }
}

enum tri_status tri_palette_choose(const struct tri_image *image, int most,
                                   struct tri_palette *palette, struct tri_error *error)
{
    int ends[TRI_PALETTE_KINDS];
    struct point *bins = calloc((size_t)TRI_PALETTE_KINDS * BINS, sizeof *bins);
    if (bins == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a palette");
    const enum tri_status status = count(image, bins, error);
    if (status == TRI_OK) {
        compact(bins, ends);
        choose(bins, ends, most, palette);
    }
    free(bins);
    return status;
}
