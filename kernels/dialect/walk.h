/* walk.h -- runs all passes of a stage over a strip of rows. Data between passes stays in the
 * cache: each pass keeps a ring of as many rows as later passes still need. Compiled into the host
 * (threads) and into OpenCL C (devices that are CPUs).
 *
 * The includer defines RUN_PASS(pass, row) and, if that needs one more argument, WALK_ARGUMENT and
 * WALK_PASS_ON. */
#ifndef TRI_WALK_H
#define TRI_WALK_H

/* BASE_PAST and those after it: the inputs of earlier runs, where the caller lends them; never on
 * an OpenCL device. */
enum {
    BASE_SCRATCH,
    BASE_ARENA,
    BASE_CONSTANTS,
    BASE_OUT,
    BASE_IN,
    BASE_PAST,
    BASE_COUNT = BASE_PAST + TRI_INPUTS
};

struct walk_channel {
    long offset; /* of sample (0, 0) from its base, in bytes */
    long aside; /* offset in scratch memory where rows are made that have no room around them, or go
                   past the caches; 0: in place */
    int base, stride; /* stride in bytes */
    int rows;         /* of a ring; 0: all rows exist */
    int size, halo;   /* bytes per sample; samples to replicate at both ends */
    int width, height;
    int plane; /* of the input, where the base is BASE_IN */
};

struct walk_node {
    long constants; /* offset */
    int pass, kind; /* number within the stage; enum tri_pass_kind */
    int inputs, outputs;
    int in[TRI_INPUTS], out[TRI_OUTPUTS];
    int apart; /* the first node of a component, which shares no plane with other nodes */
    int whole, sparse, rows[4], low, high; /* as in tri_node_spec */
    int ahead,
        back;   /* in step y it makes row y + ahead; its first row is `back` before the strip's */
    int height; /* rows to make in all */
    int block;  /* rows that the pass makes at a time where all rows of the output exist */
};

/* Those of enum tri_pass_kind that the walk treats in their own way. OpenCL C does not see that
 * enum; native.c checks that they are its. */
enum { WALK_SLIDE = 2, WALK_SCAN = 3, WALK_HISTOGRAM = 4, WALK_UPDATE = 8 };

#define WALK_WINDOW \
    1024 /* rows that a pass may see at a time on an OpenCL device: pointers to them are private \
            memory */

#endif /* TRI_WALK_H */

/* The functions need RUN_PASS; the structures do not. */
#ifdef RUN_PASS

#ifndef WALK_PREFETCH
#define WALK_PREFETCH(row, bytes)
#endif

/* Rows `from` to `to` of a plane of the input are about to be read. In a strip each is announced at
 * least once, mostly a row earlier than it is needed. */
#ifndef WALK_ANNOUNCE
#define WALK_ANNOUNCE(channel, from, to)
#endif

INLINE GLOBAL uchar *walk_row(GLOBAL const struct walk_channel *c, GLOBAL uchar **base, int y)
{
    if (c->rows != 0)
        y = c->rows == 1 ? 0 : y % c->rows;
    return base[c->base] + c->offset + (long)y * c->stride;
}

INLINE int walk_clamp(int y, int height)
{
    return y < 0 ? 0 : y >= height ? height - 1 : y;
}

/* Copies a finished row into place: rows of packed planes are adjacent, and lanes write beyond the
 * width. */
#ifndef WALK_STORE
#define WALK_STORE(to, from, bytes) walk_store(to, from, bytes)
static void walk_store(GLOBAL uchar *to, GLOBAL const uchar *from, long bytes)
{
    for (long i = 0; i < bytes; i++)
        to[i] = from[i];
}
#endif

#define WALK_FILL(type) \
    { \
        GLOBAL type *samples = (GLOBAL type *)row; \
        const type first = samples[0], last = samples[width - 1]; \
        for (int i = 1; i <= halo; i++) \
            samples[-i] = first; \
        for (int i = 0; i < halo; i++) \
            samples[width + i] = last; \
    }

static void walk_fill(GLOBAL uchar *row, int size, int width, int halo)
{
    if (size == 1)
        WALK_FILL(uchar)
    else if (size == 2)
        WALK_FILL(ushort)
    else if (size == 4)
        WALK_FILL(uint)
    else
        WALK_FILL(ulong)
}

/* Announces what a node reads to make row `y`: all of it, or what is new. */
INLINE void walk_announce(GLOBAL const struct walk_node *node, GLOBAL const struct walk_channel *c,
                          int y, int all WALK_ARGUMENT)
{
    const int from = all ? node->low : node->high + 1, to = node->high + 1;
    for (int j = 0; j < node->sparse && c->base == BASE_IN; j++) {
        WALK_ANNOUNCE(c, walk_clamp(y + node->rows[j], c->height),
                      walk_clamp(y + node->rows[j] + 1, c->height));
    }
    if (node->sparse == 0 && c->base == BASE_IN) {
        WALK_ANNOUNCE(c, walk_clamp(y + from, c->height), walk_clamp(y + to, c->height));
    }
}

/* Fills table[0] onwards with pointers to the rows that a node reads to make row `y`; `first`: of a
 * strip. */
INLINE void walk_inputs(GLOBAL const struct walk_node *node,
                        GLOBAL const struct walk_channel *channels, GLOBAL uchar **base,
                        GLOBAL const uchar **table, int y, int first,
                        struct tri_row *row WALK_ARGUMENT)
{
    int used = 0;
    for (int i = 0; i < node->inputs; i++) {
        GLOBAL const struct walk_channel *c = &channels[node->in[i]];
        if (node->whole) {
            row->plane[i] = base[c->base] + c->offset;
            row->stride[i] = c->stride;
            continue;
        }
        const int begin = used;
        walk_announce(node, c, y, y == first WALK_PASS_ON);
        if (node->sparse != 0) {
            for (int j = 0; j < node->sparse; j++)
                table[used++] = walk_row(c, base, walk_clamp(y + node->rows[j], c->height));
            row->in[i] = table + begin;
        } else {
            for (int dy = node->low; dy <= node->high; dy++)
                table[used++] = walk_row(c, base, walk_clamp(y + dy, c->height));
            if (c->base >= BASE_IN)
                WALK_PREFETCH(walk_row(c, base, walk_clamp(y + node->high + 2, c->height)),
                              (long)c->width * c->size);
            row->in[i] = table + begin - node->low;
        }
    }
}

/* A slide's first row in a strip is the sum of its window: the window's rows enter one by one while
 * a row of zeros leaves. The zeros are at the start of scratch memory. */
#define WALK_ZEROS(base) ((base)[BASE_SCRATCH] + 64 * 8)

static void walk_slide(GLOBAL const struct walk_node *node,
                       GLOBAL const struct walk_channel *channels, GLOBAL uchar **base, int y,
                       int first, struct tri_row *row WALK_ARGUMENT)
{
    GLOBAL const struct walk_channel *from = &channels[node->in[0]], *to = &channels[node->out[0]];
    GLOBAL const uchar *rows[2], *above[1];
    row->in[0] = rows;
    row->in[1] = above;
    above[0] = y == first ? WALK_ZEROS(base) : walk_row(to, base, y - 1);
    if (y == first) {
        rows[0] = WALK_ZEROS(base);
        for (int dy = node->rows[0]; dy < node->rows[1]; dy++) {
            rows[1] = walk_row(from, base, walk_clamp(y + dy, from->height));
            RUN_PASS(node->pass, row);
            above[0] = row->out[0];
        }
    }
    rows[0] = walk_row(from, base, walk_clamp(y + node->rows[0], from->height));
    rows[1] = walk_row(from, base, walk_clamp(y + node->rows[1], from->height));
    RUN_PASS(node->pass, row);
}

/* Sets what is the same for all rows that a node makes. */
INLINE void walk_prepare(GLOBAL const struct walk_node *node,
                         GLOBAL const struct walk_channel *channels, GLOBAL uchar **base,
                         struct tri_row *row)
{
    GLOBAL const struct walk_channel *in = &channels[node->in[0]], *out = &channels[node->out[0]];
    row->rows = 1;
    row->outputs = node->outputs;
    for (int i = 0; i < node->outputs; i++)
        row->out_stride[i] = channels[node->out[i]].stride;
    row->in_width = in->width;
    row->in_height = in->height;
    row->width = node->kind == WALK_HISTOGRAM || node->kind == WALK_UPDATE ? in->width : out->width;
    row->halo = out->halo;
    row->constants = base[BASE_CONSTANTS] + node->constants;
}

/* How many rows a pass makes at a time: those of a block if all rows exist. */
INLINE int walk_block(GLOBAL const struct walk_node *node,
                      GLOBAL const struct walk_channel *channels)
{
    int whole = node->block > 1;
    for (int i = 0; i < node->outputs; i++)
        whole = whole && channels[node->out[i]].rows == 0 && channels[node->out[i]].aside == 0;
    return whole ? node->block : 1;
}

/* Makes row `y`, or with it the rows after it that belong to a block, before row `end`. */
static void walk_node_row(GLOBAL const struct walk_node *node,
                          GLOBAL const struct walk_channel *channels, GLOBAL uchar **base,
                          GLOBAL const uchar **table, int y, int first, int end WALK_ARGUMENT)
{
    const int block = walk_block(node, channels);
    struct tri_row row;
    if ((y - first) % block != 0) /* made already */
        return;
    walk_prepare(node, channels, base, &row);
    row.rows = end - y < block ? end - y : block;
    row.y = y;
    for (int i = 0; i < node->outputs; i++) {
        GLOBAL const struct walk_channel *c = &channels[node->out[i]];
        row.out[i] = c->aside != 0 ? base[BASE_SCRATCH] + c->aside : walk_row(c, base, y);
    }
    if (node->kind == WALK_SLIDE) {
        walk_slide(node, channels, base, y, first, &row WALK_PASS_ON);
    } else {
        walk_inputs(node, channels, base, table, y, first, &row WALK_PASS_ON);
        RUN_PASS(node->pass, &row);
    }
    for (int i = 0; i < node->outputs; i++) {
        GLOBAL const struct walk_channel *c = &channels[node->out[i]];
        for (int r = 0; r < row.rows && c->halo > 0 && node->kind != WALK_SCAN; r++)
            walk_fill(row.out[i] + r * row.out_stride[i], c->size, c->width, c->halo);
        if (c->aside != 0)
            WALK_STORE(walk_row(c, base, y), row.out[i], (long)c->width * c->size);
    }
}

/* Whether the rows that a node reads and makes lie in planes: then each row differs from the one
 * above it in addresses alone. */
INLINE int walk_is_plain(GLOBAL const struct walk_node *node,
                         GLOBAL const struct walk_channel *channels)
{
    int plain = node->block <= 1 && node->ahead == 0 && node->back == 0 &&
                node->kind != WALK_SLIDE && node->kind != WALK_SCAN && node->kind != WALK_HISTOGRAM;
    for (int i = 0; i < node->inputs; i++)
        plain = plain && channels[node->in[i]].rows == 0 &&
                channels[node->in[i]].height == channels[node->in[0]].height;
    for (int i = 0; i < node->outputs; i++) {
        GLOBAL const struct walk_channel *c = &channels[node->out[i]];
        plain = plain && c->rows == 0 && c->halo == 0;
    }
    return plain;
}

/* Moves the pointers of walk_inputs from the rows for y - 1 to those for y, if none is clamped. */
INLINE void walk_inputs_next(GLOBAL const struct walk_node *node,
                             GLOBAL const struct walk_channel *channels, int rows,
                             GLOBAL const uchar **table, int y, int ahead WALK_ARGUMENT)
{
    for (int i = 0; i < node->inputs; i++, table += rows) {
        GLOBAL const struct walk_channel *c = &channels[node->in[i]];
        if (rows > 0)
            walk_announce(node, c, y, 0 WALK_PASS_ON);
        for (int j = 0; j < rows; j++)
            table[j] += c->stride;
        if (c->base >= BASE_IN && rows > 0 && ahead > 0)
            WALK_PREFETCH(table[rows - 1] + (long)ahead * c->stride, (long)c->width * c->size);
    }
}

/* Makes rows y0 to y1 - 1 of such a node, at a third of the time a row that walk_node_row takes.
 */
static void walk_plain(GLOBAL const struct walk_node *node,
                       GLOBAL const struct walk_channel *channels, GLOBAL uchar **base,
                       GLOBAL const uchar **table, int y0, int y1 WALK_ARGUMENT)
{
    int rows = node->whole ? 0 : node->high - node->low + 1, low = node->low, high = node->high;
    if (node->sparse != 0) {
        rows = node->sparse;
        low = high = node->rows[0];
        for (int j = 1; j < rows; j++) {
            low = node->rows[j] < low ? node->rows[j] : low;
            high = node->rows[j] > high ? node->rows[j] : high;
        }
    }
    struct tri_row row;
    walk_prepare(node, channels, base, &row);
    for (int i = 0; i < node->outputs; i++) {
        GLOBAL const struct walk_channel *c = &channels[node->out[i]];
        row.out[i] = c->aside != 0 ? base[BASE_SCRATCH] + c->aside : walk_row(c, base, y0);
    }
    for (int y = y0; y < y1; y++) {
        row.y = y;
        if (y == y0 || y + low <= 0 || y + high >= row.in_height)
            walk_inputs(node, channels, base, table, y, y0, &row WALK_PASS_ON);
        else
            walk_inputs_next(node, channels, rows, table, y,
                             y + high + 2 < row.in_height ? 2 : 0 WALK_PASS_ON);
        RUN_PASS(node->pass, &row);
        for (int i = 0; i < node->outputs; i++) {
            GLOBAL const struct walk_channel *c = &channels[node->out[i]];
            if (c->aside != 0)
                WALK_STORE(walk_row(c, base, y), row.out[i], (long)c->width * c->size);
            else
                row.out[i] += c->stride;
        }
    }
}

/* Makes rows y0 to y1 - 1 of a component. Nodes are in topological order; each lags behind its
 * sources by as many rows as it reads ahead. */
static void walk_component(GLOBAL const struct walk_node *nodes, int count,
                           GLOBAL const struct walk_channel *channels, GLOBAL uchar **base,
                           GLOBAL const uchar **table, int lead, int y0, int y1 WALK_ARGUMENT)
{
    for (int step = y0 - lead; step < y1; step++) {
        for (int i = 0; i < count; i++) {
            GLOBAL const struct walk_node *node = &nodes[i];
            const int y = step + node->ahead, begin = y0 - node->back, after = y1 + node->ahead;
            const int first = begin < 0 ? 0 : begin,
                      end = after > node->height ? node->height : after;
            if (y >= first && y < end)
                walk_node_row(node, channels, base, table, y, first, end WALK_PASS_ON);
        }
    }
}

/* Makes rows y0 to y1 - 1 of the stage, one component after the other: the rows that one has in use
 * fit in nearer caches than those of all. `table` has room for the row pointers of the widest
 * window. */
static void walk_strip(GLOBAL const struct walk_node *nodes, int count,
                       GLOBAL const struct walk_channel *channels, GLOBAL uchar **base,
                       GLOBAL const uchar **table, int lead, int y0, int y1 WALK_ARGUMENT)
{
    for (int i = 0, next = 1; i < count; i = next++) {
        while (next < count && !nodes[next].apart)
            next++;
        if (next == i + 1 && walk_is_plain(&nodes[i], channels))
            walk_plain(&nodes[i], channels, base, table, y0,
                       y1 < nodes[i].height ? y1 : nodes[i].height WALK_PASS_ON);
        else
            walk_component(&nodes[i], next - i, channels, base, table, lead, y0, y1 WALK_PASS_ON);
    }
}

#endif /* RUN_PASS */
