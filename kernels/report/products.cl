/* products -- sums of products of samples, block by block: what a least-squares fit of the second
 * picture needs. Samples whose window is cut by an edge are left out; the picture stays as it is.
 *
 * The factors are the samples of a window (or the colours of a pixel), 1, and the second picture's
 * sample. Sums are exact: in a block of 256 x 64 those of 8 bits fit 32 bits. */
#include "kernel.h"

#define PRODUCTS_COLUMNS 256
#define PRODUCTS_ROWS 64
#define PRODUCTS_FACTORS (9 * 9 + 2)

struct products {
    int planes, count, columns, rows; /* count: of factors; columns, rows: of blocks */
    int reach, target;                /* target: the input that is the second picture's */
    struct products_factor {
        short input, dx, dy, one;
    } factor[PRODUCTS_FACTORS];
};

#if BITS == 8
#define PRODUCTS_SUM uint
#else
#define PRODUCTS_SUM ulong
#endif

#define PRODUCTS_LESS(a, b) ((a) < (b) ? (a) : (b))
#define PRODUCTS_MORE(a, b) ((a) > (b) ? (a) : (b))

/* What is at an end of the range was perhaps beyond it: it does not count. */
#define PRODUCTS_ADD(product) \
    REDUCTION for (int x = 0; x < width; x++) \
    { \
        sum += to[x] - 1u < MAXIMUM - 1u ? product : 0; \
    }

/* Row Y is a block, and sample X the sum of the products of factors i and j <= i, where X is
 * i (i + 1) / 2 + j. */
GATHER(products, S, u64)
{
    CONSTANT struct products *k = CONSTANTS(struct products);
    const int across = Y % k->columns * PRODUCTS_COLUMNS, down = Y / k->columns * PRODUCTS_ROWS;
    const int left = PRODUCTS_MORE(across, k->reach), top = PRODUCTS_MORE(down, k->reach);
    const int right = PRODUCTS_LESS(across + PRODUCTS_COLUMNS, IN_WIDTH - k->reach);
    const int bottom = PRODUCTS_LESS(down + PRODUCTS_ROWS, IN_HEIGHT - k->reach);
    const int width = right - left;
    int i = 0, j = X;
    PRODUCTS_SUM sum = 0;
    while (j > i)
        j -= ++i;
    CONSTANT struct products_factor *f = &k->factor[i], *g = &k->factor[j];
    for (int y = top; y < bottom; y++) {
        GLOBAL const SAMPLE_TYPE *to = &SAMPLE_INPUT(k->target, left, y);
        GLOBAL const SAMPLE_TYPE *a = &SAMPLE_INPUT(f->input, left + f->dx, y + f->dy);
        GLOBAL const SAMPLE_TYPE *b = &SAMPLE_INPUT(g->input, left + g->dx, y + g->dy);
        if (f->one && g->one)
            PRODUCTS_ADD(1)
        else if (f->one)
            PRODUCTS_ADD(b[x])
        else if (g->one)
            PRODUCTS_ADD(a[x])
        else
            PRODUCTS_ADD((PRODUCTS_SUM)a[x] * b[x])
    }
    return sum;
}

/* Their low and high words, planes one below the other. */
GATHER(products_words, u64, u32)
{
    CONSTANT struct products *k = CONSTANTS(struct products);
    const int blocks = k->columns * k->rows, plane = Y / blocks, y = Y - plane * blocks;
    const ulong sum = plane == 0   ? SAMPLE_INPUT(0, X >> 1, y)
                      : plane == 1 ? SAMPLE_INPUT(1, X >> 1, y)
                                   : SAMPLE_INPUT(2, X >> 1, y);
    return (X & 1) ? (uint)(sum >> 32) : (uint)sum;
}

#ifdef HOST
KERNEL(
    products, tri_alpha_kept, "sums of products of neighbours, for least squares",
    "Sums products of what may make the second picture, of the same size, from this one: samples "
    "of a window, or with of=colours red, green and blue of a pixel; 1; and the second picture's "
    "sample. One line of data for each plane and each pair of these factors, which are numbered "
    "from 0 in that order, has the exact sum over all places; the sum of 1 times 1 is their "
    "number. Places nearer to an edge than the window reaches do not count, nor those where the "
    "second picture's sample is 0 or the maximum, as it may have been clamped. These are the "
    "normal equations of linear regression; 'triptych learn' finds a filter by them. The picture "
    "does not change, and alpha does not count.",
    "products:radius=1",
    PARAM_INT(radius, 1, 0, 4, "of the window, a square; not for of=colours")
        PARAM_CHOICE(of, 0, 2, "planes|colours",
                     "factors: a window of the same plane, or all colours of the pixel"))
ALIASES(products, ALIAS("gram|normalequations|leastsquares|autocorrelation|covariance", "products"))

KNOWN(products, "products", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255),
      .with = PICTURE(3, 1, 1, 1, 7, 250))

static uint64_t products_sum(const struct tri_data *data, const struct products *k, int plane,
                             int pair)
{
    const int blocks = k->columns * k->rows;
    uint64_t sum = 0;
    for (int y = plane * blocks; y < (plane + 1) * blocks; y++) {
        const uint32_t *words = data->samples + y * data->stride + 2L * pair;
        sum += words[0] | (uint64_t)words[1] << 32;
    }
    return sum;
}

static void products_table(FILE *to, const struct tri_data *data)
{
    static const char *const names[] = {"red", "green", "blue"};
    const struct products *k = data->constants;
    for (int p = 0; p < k->planes; p++)
        for (int i = 0, pair = 0; i < k->count; i++)
            for (int j = 0; j <= i; j++, pair++)
                fprintf(to, "%s,%d,%d,%llu\n", k->planes == 1 ? "gray" : names[p], i, j,
                        (unsigned long long)products_sum(data, k, p, pair));
}

/* The factors of a window of input 0, or of inputs 0 to 2, then 1 and the input after these. */
static void products_factors(struct products *k, int radius, bool colours)
{
    const int side = 2 * radius + 1, taps = colours ? 3 : side * side;
    for (int i = 0; i < taps; i++)
        k->factor[i] = colours ? (struct products_factor){.input = (short)i}
                               : (struct products_factor){.dx = (short)(i % side - radius),
                                                          .dy = (short)(i / side - radius)};
    k->reach = colours ? 0 : radius;
    k->target = colours ? 3 : 1;
    k->factor[taps] = (struct products_factor){.one = 1};
    k->factor[taps + 1] = (struct products_factor){.input = (short)k->target};
    k->count = taps + 2;
}

static int products_blocks(int size, int block)
{
    return (size + block - 1) / block;
}

GRAPH(products)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    const bool colours = VALUE(of) > 0;
    const int gray = in.planes == 1;
    struct products k = {
        .planes = in.planes,
        .columns = products_blocks(tri_graph_width(graph, in.channel[0]), PRODUCTS_COLUMNS),
        .rows = products_blocks(tri_graph_height(graph, in.channel[0]), PRODUCTS_ROWS)};
    int sums[3] = {0};
    products_factors(&k, (int)VALUE(radius), colours);
    const int pairs = k.count * (k.count + 1) / 2;
    struct tri_node_spec spec = {.whole = true,
                                 .width = pairs,
                                 .height = k.columns * k.rows,
                                 .operations = PRODUCTS_COLUMNS * PRODUCTS_ROWS,
                                 .constants = &k,
                                 .constants_size = sizeof k};
    for (int p = 0; p < 3; p++) {
        spec.in[0] = in.channel[colours || gray ? 0 : p % in.planes];
        for (int i = 1; i < 3 && colours; i++)
            spec.in[i] = in.channel[gray ? 0 : i];
        spec.in[k.target] = with.channel[p % in.planes];
        sums[p] = p >= in.planes ? sums[0] : tri_graph_add(graph, &tri_pass_products, &spec);
    }
    const int words =
        NODE(products_words, .in = {sums[0], sums[1], sums[2]}, .whole = true, .width = 2 * pairs,
             .height = in.planes * k.columns * k.rows, .constants = &k, .constants_size = sizeof k);
    tri_graph_same_samples(graph);
    tri_graph_planes_differ(graph); /* the second picture's planes */
    tri_graph_table(graph, words, "plane,i,j,sum", products_table);
    return in;
}
#endif
