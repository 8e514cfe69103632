/* tiles.h -- passes over tiles in local memory, in plain OpenCL C 1.2: for GPUs, and for compilers
 * without clang's vectors. One launch makes a whole stage. A work-group loads the part of the input
 * that its output tile needs, runs the passes from one tile in local memory into another, with a
 * barrier between, and stores the last tile. docs/gpu.md has a picture.
 *
 * A pass is compiled in one of six forms (TILE_FORM), which differ in where its body reads from:
 *   WINDOW  registers: an item loads the window of a block of samples once, as vectors, and makes the whole block;
 *           all indices are known when the program is built, so no array stays in memory
 *   PAIRS   the same for passes that only choose among samples: two places at once, in the halves of a word
 *   NEAR    local memory: for windows too large for registers, and for bodies that choose rows themselves
 *   PLANE   global memory: passes that see whole planes
 *   PART    local memory: passes that see planes of which a tile holds the part that they read
 *   POINT   registers: stages of point passes alone, which need no tile; an item makes 16 bytes of some rows
 *
 * The program text (host/backend/tile_source.c) defines, before each kernel file: TILE_FORM, DATA
 * (the address space that bodies read), SEEN (PLANE or PART: where those that see planes find
 * them), CONSTANT (that of their constants), UNROLL, WINDOW_SAMPLES; and GROUP, the items of a
 * group. */

#ifndef TRI_TILES_H
#define TRI_TILES_H

/* A channel in global memory, or the start of constants or counts. */
struct tile_channel {
    long offset; /* of sample (0, 0), in bytes */
    int stride;  /* bytes */
    int width, height;
    int halo; /* samples to replicate beyond a row's ends */
};
/* An entry of the same size for what a pass reads in one direction: for its sample i from
 * i * step + first on, in units of 2^-32 samples. */
struct tile_reads {
    long step, first;
    int size, padding; /* of what it reads; how far beyond the ends it reads */
};

/* Tables per 8-bit histogram in local memory; neighbouring items count in different ones. */
#define TILE_COPIES 4
/* The most bins of REGIONS, counted in local memory. */
#define TILE_BINS 1024

#endif /* TRI_TILES_H */

#ifdef __OPENCL_VERSION__

#define TILE_UNROLL _Pragma("unroll")
/* For loops whose count is known only once their function is part of another: clang would unroll
 * them by a few turns before that, and leave it at that. */
#ifdef __clang__
#define TILE_UNROLL_LATER _Pragma("clang loop unroll(full)")
#else
#define TILE_UNROLL_LATER TILE_UNROLL
#endif
#define LOCAL __local

/* Convert 16 bytes of samples, or four samples, from and to words: compilers split loads and stores
 * of byte vectors. `take` and `give` are for words in registers, `get_4` and `put_4` for local
 * memory. */
#define TILE_WORDS_1(name) \
    INLINE void name##_split_word(name##_e *to, uint w) \
    { \
        to[0] = (name##_e)(w & 255); \
        to[1] = (name##_e)(w >> 8 & 255); \
        to[2] = (name##_e)(w >> 16 & 255); \
        to[3] = (name##_e)(w >> 24); \
    } \
    INLINE uint name##_join_word(const name##_e *v) \
    { \
        return (uint)v[0] | (uint)v[1] << 8 | (uint)v[2] << 16 | (uint)v[3] << 24; \
    } \
    INLINE void name##_split(name##_e *to, uint4 w) \
    { \
        name##_split_word(to, w.x); \
        name##_split_word(to + 4, w.y); \
        name##_split_word(to + 8, w.z); \
        name##_split_word(to + 12, w.w); \
    } \
    INLINE uint4 name##_join(const name##_e *v) \
    { \
        return (uint4)(name##_join_word(v), name##_join_word(v + 4), name##_join_word(v + 8), \
                       name##_join_word(v + 12)); \
    } \
    INLINE void name##_take(name##_e *to, const uint *words) \
    { \
        name##_split_word(to, words[0]); \
    } \
    INLINE void name##_give(uint *words, const name##_e *v) \
    { \
        words[0] = name##_join_word(v); \
    } \
    INLINE void name##_get_4(name##_e *to, LOCAL const name##_e *from) \
    { \
        name##_split_word(to, *(LOCAL const uint *)from); \
    } \
    INLINE void name##_put_4(LOCAL name##_e *to, const name##_e *v) \
    { \
        *(LOCAL uint *)to = name##_join_word(v); \
    }
#define TILE_WORDS_2(name) \
    INLINE void name##_split_word(name##_e *to, uint w) \
    { \
        to[0] = (name##_e)(w & 65535); \
        to[1] = (name##_e)(w >> 16); \
    } \
    INLINE uint name##_join_word(const name##_e *v) \
    { \
        return (uint)(ushort)v[0] | (uint)(ushort)v[1] << 16; \
    } \
    INLINE void name##_split(name##_e *to, uint4 w) \
    { \
        name##_split_word(to, w.x); \
        name##_split_word(to + 2, w.y); \
        name##_split_word(to + 4, w.z); \
        name##_split_word(to + 6, w.w); \
    } \
    INLINE uint4 name##_join(const name##_e *v) \
    { \
        return (uint4)(name##_join_word(v), name##_join_word(v + 2), name##_join_word(v + 4), \
                       name##_join_word(v + 6)); \
    } \
    INLINE void name##_take(name##_e *to, const uint *words) \
    { \
        name##_split_word(to, words[0]); \
        name##_split_word(to + 2, words[1]); \
    } \
    INLINE void name##_give(uint *words, const name##_e *v) \
    { \
        words[0] = name##_join_word(v); \
        words[1] = name##_join_word(v + 2); \
    } \
    INLINE void name##_get_4(name##_e *to, LOCAL const name##_e *from) \
    { \
        const uint2 w = *(LOCAL const uint2 *)from; \
        name##_split_word(to, w.x); \
        name##_split_word(to + 2, w.y); \
    } \
    INLINE void name##_put_4(LOCAL name##_e *to, const name##_e *v) \
    { \
        *(LOCAL uint2 *)to = (uint2)(name##_join_word(v), name##_join_word(v + 2)); \
    }
#define TILE_WORDS_4(name, from_word) \
    INLINE void name##_split(name##_e *to, uint4 w) \
    { \
        to[0] = from_word(w.x); \
        to[1] = from_word(w.y); \
        to[2] = from_word(w.z); \
        to[3] = from_word(w.w); \
    } \
    INLINE uint4 name##_join(const name##_e *v) \
    { \
        return (uint4)(as_uint(v[0]), as_uint(v[1]), as_uint(v[2]), as_uint(v[3])); \
    } \
    INLINE void name##_take(name##_e *to, const uint *words) \
    { \
        name##_split(to, (uint4)(words[0], words[1], words[2], words[3])); \
    } \
    INLINE void name##_give(uint *words, const name##_e *v) \
    { \
        TILE_UNROLL \
        for (int i = 0; i < 4; i++) \
            words[i] = as_uint(v[i]); \
    } \
    INLINE void name##_get_4(name##_e *to, LOCAL const name##_e *from) \
    { \
        name##_split(to, *(LOCAL const uint4 *)from); \
    } \
    INLINE void name##_put_4(LOCAL name##_e *to, const name##_e *v) \
    { \
        *(LOCAL uint4 *)to = name##_join(v); \
    }
TILE_WORDS_1(u8)
TILE_WORDS_2(u16)
TILE_WORDS_2(i16)
TILE_WORDS_4(u32, as_uint)
TILE_WORDS_4(i32, as_int)
TILE_WORDS_4(f32, as_float)
/* Pairs of samples two apart, in the halves of a word, so that one instruction chooses for both. a
 * and b are consecutive words of a row; a pair begins at each sample of a. */
typedef uint pair, pair_e;
#if BITS == 8
#define TILE_WORD 4
INLINE void pair_split(uint *to, uint a, uint b)
{
    const uint between = a >> 16 | b << 16;
    to[0] = a & 0xff00ffu;
    to[1] = a >> 8 & 0xff00ffu;
    to[2] = between & 0xff00ffu;
    to[3] = between >> 8 & 0xff00ffu;
}
INLINE void pair_put(LOCAL uint *to, uint even, uint odd)
{
    *to = even | odd << 8;
}
#else
#define TILE_WORD 2
INLINE void pair_split(uint *to, uint a, uint b)
{
    to[0] = (a & 0xffffu) | b << 16;
    to[1] = a >> 16 | (b & 0xffff0000u);
}
INLINE void pair_put(LOCAL uint *to, uint even, uint odd)
{
    *(LOCAL uint2 *)to = (uint2)((even & 0xffffu) | odd << 16, even >> 16 | (odd & 0xffff0000u));
}
#endif
/* TILE_PTX: an NVIDIA device with an instruction for this that its compiler does not use by itself.
 */
#if defined(TILE_PTX) && !defined(TRI_SAFE)
#define PAIR_CHOICE(name, which) \
    INLINE uint name(uint a, uint b) \
    { \
        uint c; \
        __asm__(#which ".u16x2 %0, %1, %2;" : "=r"(c) : "r"(a), "r"(b)); \
        return c; \
    }
#else
#define PAIR_CHOICE(name, which) \
    INLINE uint name(uint a, uint b) \
    { \
        return as_uint(which(as_ushort2(a), as_ushort2(b))); \
    }
#endif
PAIR_CHOICE(pair_min, min)
PAIR_CHOICE(pair_max, max)
INLINE void tile_keep(uint *to, uint4 words)
{
    to[0] = words.x;
    to[1] = words.y;
    to[2] = words.z;
    to[3] = words.w;
}
INLINE uint4 tile_kept(const uint *words)
{
    return (uint4)(words[0], words[1], words[2], words[3]);
}
/* Stores the first of 16 bytes, if they are fewer, in powers of two: if each sample had a store of
 * its own, compilers would keep all of them in registers beside the words. They are stored as
 * bytes, since samples of other types are read there. */
INLINE void tile_put_first(GLOBAL uchar *to, uint4 words, int bytes)
{
    if (bytes >= 16) {
        *(GLOBAL uint4 *)to = words;
    } else if (bytes > 0) {
        uint2 rest = words.xy;
        if (bytes & 8) {
            *(GLOBAL uchar8 *)to = as_uchar8(rest);
            rest = words.zw;
        }
        to += bytes & 8;
        if (bytes & 4)
            *(GLOBAL uchar4 *)to = as_uchar4(rest.x);
        rest.x = bytes & 4 ? rest.y : rest.x;
        to += bytes & 4;
        if (bytes & 2)
            *(GLOBAL uchar2 *)to = as_uchar2((ushort)rest.x);
        if (bytes & 1)
            to[bytes & 2] = (uchar)(bytes & 2 ? rest.x >> 16 : rest.x);
    }
}
INLINE void u64_split(ulong *to, uint4 w)
{
    to[0] = (ulong)w.y << 32 | w.x;
    to[1] = (ulong)w.w << 32 | w.z;
}
INLINE uint4 u64_join(const ulong *v)
{
    return (uint4)((uint)v[0], (uint)(v[0] >> 32), (uint)v[1], (uint)(v[1] >> 32));
}
INLINE void u64_take(ulong *to, const uint *words)
{
    TILE_UNROLL
    for (int i = 0; i < 4; i++)
        to[i] = (ulong)words[2 * i + 1] << 32 | words[2 * i];
}
INLINE void u64_give(uint *words, const ulong *v)
{
    TILE_UNROLL
    for (int i = 0; i < 4; i++) {
        words[2 * i] = (uint)v[i];
        words[2 * i + 1] = (uint)(v[i] >> 32);
    }
}
INLINE void u64_get_4(ulong *to, LOCAL const ulong *from)
{
    u64_split(to, ((LOCAL const uint4 *)from)[0]);
    u64_split(to + 2, ((LOCAL const uint4 *)from)[1]);
}
INLINE void u64_put_4(LOCAL ulong *to, const ulong *v)
{
    ((LOCAL uint4 *)to)[0] = u64_join(v);
    ((LOCAL uint4 *)to)[1] = u64_join(v + 2);
}

struct tile {
    int x, y;          /* its first sample, in the picture */
    int width, height; /* of the picture */
    int zero;          /* unknown to the compiler: see NEGATE */
};

/* Where a tile begins that holds what is read for the outputs from `at` on, of `size` in all, which
 * is `needed` samples: at a multiple of `unit`, a power of two. */
INLINE int tile_begin(__constant const struct tile_reads *reads, int at, int size, int needed,
                      int unit)
{
    const int inside = at < 0      ? 0
                       : at < size ? at
                                   : size - 1,
              latest = reads->size + reads->padding - needed;
    int from = (int)((inside * reads->step + reads->first) >> 32);
    from = from < latest ? from : latest;
    return (from > -reads->padding ? from : -reads->padding) & -unit;
}

/* A node's part of a tile. It is a program-scope constant, so compilers know every field. */
struct tile_node {
    int x, y, width, rows;       /* its output, relative to the tile's first sample */
    int block_width, block_rows; /* made by an item at a time */
    int inputs, outputs;
    int low, high, reach; /* its window; reach is a multiple of 4 */
    int sparse, at[4];
    int in[TRI_INPUTS];        /* offset of (x, y) in each input's tile, in bytes */
    int in_stride[TRI_INPUTS]; /* samples between rows */
    int out[TRI_OUTPUTS], out_stride[TRI_OUTPUTS];
    int across, down; /* of the form PART: samples that one output reads */
};

/* A plane that a pass sees whole. */
struct tile_plane {
    GLOBAL const uchar *samples;
    int stride, width, height; /* stride in bytes */
};

struct item {
    __constant const struct tile_node *n;
    int columns;            /* of a window in registers; 0: samples are in tiles */
    int stride[TRI_INPUTS]; /* of whole planes, in samples */
    int y, in_width, in_height, zero;
    int left, top; /* of the part of planes that is in tiles */
};

__constant const struct tile_node tile_point = {.inputs = 1};

INLINE int item_row(const struct item *item, int i, int dy)
{
    /* The mask does not change the value; it lets the compiler read ahead of the condition. */
    const int row = item->n->sparse != 0 ? item->n->at[dy & 3] : dy;
    return row * (item->columns != 0 ? item->columns : item->n->in_stride[i]);
}

/* Fills in *item through a pointer: returning a structure makes clang emit intrinsics unknown to
 * Oclgrind 21.10. */
INLINE void tile_item(struct item *item, __constant const struct tile_node *n,
                      const struct tile *tile)
{
    item->n = n;
    item->columns = 0;
    item->y = 0;
    item->in_width = tile->width;
    item->in_height = tile->height;
    item->zero = tile->zero;
}

#define TILE_PASTE(form, name, IN, OUT) PASS_##form(name, IN, OUT)
#define TILE_PASS(form, name, IN, OUT) TILE_PASTE(form, name, IN, OUT)
#define PASS(name, IN, OUT) PASS_(name, IN, OUT)
#define PASS_(name, IN, OUT) TILE_PASS(TILE_FORM, name, IN, OUT)
#define TAPS(name, IN, OUT, TYPE, MOST, COUNT, DX, DY) PASS_(name, IN, OUT)
#define TAP(i, dx, dy) AT(dx, dy)
#define CHOOSE(name) PASS(name, S, S)
#define MAP(name, IN, OUT) MAP_(name, IN, OUT)
#define GATHER(name, IN, OUT) GATHER_(name, IN, OUT)
#define GATHER_PAIRS(name, IN, OUT) GATHER_(name, IN, OUT)
#define GATHER_LANES(name, IN, OUT) GATHER_(name, IN, OUT)
#define GATHER_PLANES(name, IN, OUT) GATHER_PLANES_(name, IN, OUT)
#define TRANSPOSE(name, COLUMN, ROW) \
    GATHER(name, S, S) \
    { \
        return SAMPLE(COLUMN, ROW); \
    } \
    struct name##_takes_the_semicolon
#define PICK(name, COLUMN, ROW, OTHER) \
    GATHER(name, S, S) \
    { \
        const int column = COLUMN, row = ROW; \
        return column < 0 || row < 0 ? (S)(OTHER) : SAMPLE(column, row); \
    } \
    struct name##_takes_the_semicolon
/* Tiles keep what the first pass makes in local memory. */
#define FUSE(name, FIRST, SECOND) struct name##_takes_the_semicolon
#define LOOKUP(name) \
    MAP(name, S, S) \
    { \
        return CONSTANTS(ushort)[HERE]; \
    } \
    struct name##_takes_the_semicolon
#define SLIDE(name, IN, OUT) SLIDE_(name, IN, OUT)
#define SCAN(name, IN, OUT) SCAN_(name, IN, OUT)
#define HISTOGRAM(name, IN) HISTOGRAM_(name, IN)
#define EXTREMES(name, IN) EXTREMES_(name, IN)
#define UPDATE(name) UPDATE_(name)
#define TILE_TYPES(name, IN, OUT) \
    typedef IN##_e name##_in; \
    typedef OUT##_e name##_out; \
    INLINE void name##_take(IN##_e *to, const uint *words) \
    { \
        IN##_take(to, words); \
    } \
    INLINE void name##_give(uint *words, const OUT##_e *from) \
    { \
        OUT##_give(words, from); \
    }

#define CONSTANT_BYTES _c
/* Negates a value that goes into a minimum, a maximum or a shift, by subtracting it from a zero
 * that the compiler does not know: assemblers have folded in a minus sign and lost it
 * (docs/gpu.md). */
#define NEGATE(type, v) ((type)_r->zero - (v))
#define AT(dx, dy) AT_INPUT(0, dx, dy)
#define AT_INPUT(i, dx, dy) (_in[i][item_row(_r, i, dy) + (dx)])
#define SOURCE(dx, y) SAMPLE(_x + (dx), y)
#define PUT(v) PUT_OUTPUT(0, v)
#define PUT_OUTPUT(i, v) (_out[i] = (v))
#define HERE (_here)
#define REDUCTION
#define ROW_SAMPLE(x) ROW_SAMPLE_INPUT(0, x)
#define ROW_SAMPLE_INPUT(i, x) SAMPLE_INPUT(i, x, _r->y)
#define ROW_POINTER(x) (_in[0] + SEEN_(INDEX)(0, x, _r->y))
#define SAMPLE(x, y) SAMPLE_INPUT(0, x, y)
#define EACH_OUTPUT(i) TILE_UNROLL for (int i = 0; i < _r->n->outputs; i++)
#define OUTPUT(i) (_out + (i))
#define SAMPLE_INPUT(i, x, y) (_in[i][SEEN_(INDEX)(i, x, y)])
/* By where the file's bodies find what they see of planes. */
#define SEEN_(word) SEEN_AS(word, SEEN)
#define SEEN_AS(word, seen) SEEN_PASTE(word, seen)
#define SEEN_PASTE(word, seen) word##_##seen
#define READ_ACROSS(count) SEEN_(ACROSS)(count)
#define READ_DOWN(count) SEEN_(DOWN)(count)
#define SPACE_PLANE GLOBAL
#define SPACE_PART LOCAL
#define ACROSS_PLANE(count) (count)
#define ACROSS_PART(count) (_r->n->across)
#define DOWN_PLANE(count) (count)
#define DOWN_PART(count) (_r->n->down)
#define INDEX_PLANE(i, x, y) ((long)(y)*_r->stride[i] + (x))
#define INDEX_PART(i, x, y) (((y)-_r->top) * _r->stride[i] + ((x)-_r->left))
#define X (_x)
#define Y (_r->y)
#define IN_WIDTH (_r->in_width)
#define IN_HEIGHT (_r->in_height)

#define TILE_ARGUMENTS \
    __constant const struct tile_node *n, const struct tile *tile, CONSTANT uchar *constants, \
        LOCAL uchar *memory, const struct tile_plane *planes, const struct tile *from
#define TILE_BODY(name, IN, OUT) \
    INLINE void name##_at(const struct item *_r, CONSTANT uchar *_c, \
                          DATA const IN##_e *const *_in, OUT##_e *_out, int _x)

/* Loops over the blocks of a node that an item makes. (TILE_LEFT, TILE_TOP) is the block's first
 * sample, relative to the node's. */
#define TILE_BLOCKS(n) \
    _Pragma("unroll 1") for (int block = (int)get_local_id(0), \
                             across = (n)->width / (n)->block_width, \
                             blocks = across * ((n)->rows / (n)->block_rows); \
                             block < blocks; block += GROUP)
#define TILE_LEFT(n) (block % across * (n)->block_width)
#define TILE_TOP(n) (block / across * (n)->block_rows)
#define TILE_IN(IN, i, dx, dy) \
    ((LOCAL const IN *)(memory + n->in[i]) + ((dy)*n->in_stride[i] + (dx)))
#define TILE_WORDS_AT(at, stride, i, dx, dy) \
    ((LOCAL uint *)(memory + at[i] + (BITS / 8) * ((dy)*stride[i] + (dx))))
#define TILE_OUT(OUT, o, dx, dy) \
    ((LOCAL OUT *)(memory + n->out[o]) + ((dy)*n->out_stride[o] + (dx)))

/* Four samples of each output, made[output]. */
#define TILE_PUT_ALL(OUT, made, dx, dy) \
    TILE_UNROLL \
    for (int o = 0; o < TRI_OUTPUTS; o++) { \
        if (o < n->outputs) \
            OUT##_put_4(TILE_OUT(OUT##_e, o, dx, dy), made[o]); \
    }

/* Blocks one sample wide read and write single samples, others four at a time. */
#define PASS_WINDOW(name, IN, OUT) \
    TILE_BODY(name, IN, OUT); \
    INLINE void name##_tile(TILE_ARGUMENTS) \
    { \
        const int columns = n->block_width + 2 * n->reach, \
                  rows = n->block_rows + n->high - n->low; \
        const int step = n->block_width == 1 ? 1 : 4; \
        TILE_BLOCKS(n) \
        { \
            const int left = TILE_LEFT(n), top = TILE_TOP(n); \
            IN##_e window[WINDOW_SAMPLES]; \
            struct item item; \
            tile_item(&item, n, tile); \
            item.columns = columns; \
            TILE_UNROLL \
            for (int i = 0; i < n->inputs; i++) { \
                TILE_UNROLL \
                for (int r = 0; r < rows; r++) { \
                    TILE_UNROLL \
                    for (int c = 0; c < columns; c += step) { \
                        IN##_e *to = window + (i * rows + r) * columns + c; \
                        LOCAL const IN##_e *from = \
                            TILE_IN(IN##_e, i, left - n->reach + c, top + n->low + r); \
                        if (step == 1) \
                            *to = *from; \
                        else \
                            IN##_get_4(to, from); \
                    } \
                } \
            } \
            TILE_UNROLL \
            for (int r = 0; r < n->block_rows; r++) { \
                item.y = tile->y + n->y + top + r; \
                TILE_UNROLL \
                for (int c = 0; c < n->block_width; c += 4) { \
                    OUT##_e made[TRI_OUTPUTS][4]; \
                    TILE_UNROLL \
                    for (int k = 0; k < 4; k++) { \
                        if (k >= step) \
                            continue; \
                        const IN##_e *in[TRI_INPUTS]; \
                        OUT##_e out[TRI_OUTPUTS]; \
                        TILE_UNROLL \
                        for (int i = 0; i < TRI_INPUTS; i++) \
                            in[i] = window + \
                                    ((i < n->inputs ? i : 0) * rows + r - n->low) * columns + \
                                    n->reach + c + k; \
                        name##_at(&item, constants, in, out, tile->x + n->x + left + c + k); \
                        TILE_UNROLL \
                        for (int o = 0; o < TRI_OUTPUTS; o++) { \
                            if (o < n->outputs) \
                                made[o][k] = out[o]; \
                        } \
                    } \
                    TILE_UNROLL \
                    for (int o = 0; o < TRI_OUTPUTS; o++) { \
                        if (o >= n->outputs) \
                            continue; \
                        if (step == 1) \
                            *TILE_OUT(OUT##_e, o, left + c, top + r) = made[o][0]; \
                        else \
                            OUT##_put_4(TILE_OUT(OUT##_e, o, left + c, top + r), made[o]); \
                    } \
                } \
            } \
        } \
    } \
    TILE_BODY(name, IN, OUT)

/* IN and OUT are `pair`. `columns` counts samples, and therefore pairs; the last two pairs are
 * unused. */
#define PASS_PAIRS(name, IN, OUT) \
    TILE_BODY(name, IN, OUT); \
    INLINE void name##_tile(TILE_ARGUMENTS) \
    { \
        const int columns = n->block_width + 2 * n->reach, \
                  rows = n->block_rows + n->high - n->low; \
        TILE_BLOCKS(n) \
        { \
            const int left = TILE_LEFT(n), top = TILE_TOP(n); \
            uint window[WINDOW_SAMPLES]; \
            struct item item; \
            tile_item(&item, n, tile); \
            item.columns = columns; \
            TILE_UNROLL \
            for (int i = 0; i < n->inputs * rows; i++) { \
                LOCAL const uint *from = TILE_WORDS_AT(n->in, n->in_stride, i / rows, \
                                                       left - n->reach, top + n->low + i % rows); \
                TILE_UNROLL \
                for (int c = 0; c < columns; c += TILE_WORD) \
                    pair_split(window + i * columns + c, from[c / TILE_WORD], \
                               c + TILE_WORD < columns ? from[c / TILE_WORD + 1] : 0); \
            } \
            TILE_UNROLL \
            for (int i = 0; i < n->block_rows * n->block_width / 4; i++) { \
                const int r = i / (n->block_width / 4), c = i % (n->block_width / 4) * 4; \
                uint made[2][TRI_OUTPUTS]; \
                item.y = tile->y + n->y + top + r; \
                TILE_UNROLL \
                for (int k = 0; k < 2; k++) { \
                    const uint *in[TRI_INPUTS]; \
                    TILE_UNROLL \
                    for (int f = 0; f < TRI_INPUTS; f++) \
                        in[f] = window + ((f < n->inputs ? f : 0) * rows + r - n->low) * columns + \
                                n->reach + c + k; \
                    name##_at(&item, constants, in, made[k], tile->x + n->x + left + c + k); \
                } \
                TILE_UNROLL \
                for (int o = 0; o < TRI_OUTPUTS; o++) { \
                    if (o < n->outputs) \
                        pair_put(TILE_WORDS_AT(n->out, n->out_stride, o, left + c, top + r), \
                                 made[0][o], made[1][o]); \
                } \
            } \
        } \
    } \
    TILE_BODY(name, IN, OUT)

#define PASS_NEAR(name, IN, OUT) \
    TILE_BODY(name, IN, OUT); \
    INLINE void name##_tile(TILE_ARGUMENTS) \
    { \
        TILE_BLOCKS(n) \
        { \
            const int left = TILE_LEFT(n), top = TILE_TOP(n); \
            struct item item; \
            tile_item(&item, n, tile); \
            OUT##_e made[TRI_OUTPUTS][4]; \
            item.y = tile->y + n->y + top; \
            TILE_UNROLL \
            for (int k = 0; k < 4; k++) { \
                LOCAL const IN##_e *in[TRI_INPUTS]; \
                TILE_UNROLL \
                for (int i = 0; i < TRI_INPUTS; i++) \
                    in[i] = TILE_IN(IN##_e, i < n->inputs ? i : 0, left + k, top); \
                OUT##_e out[TRI_OUTPUTS]; \
                name##_at(&item, constants, in, out, tile->x + n->x + left + k); \
                TILE_UNROLL \
                for (int o = 0; o < TRI_OUTPUTS; o++) { \
                    if (o < n->outputs) \
                        made[o][k] = out[o]; \
                } \
            } \
            TILE_PUT_ALL(OUT, made, left, top) \
        } \
    } \
    TILE_BODY(name, IN, OUT)

/* Samples outside the picture are made at the nearest place inside, which replicates the edges. */
#define TILE_PLANE(IN) \
    GLOBAL const IN##_e *in[TRI_INPUTS]; \
    struct item item; \
    tile_item(&item, n, tile); \
    item.in_width = planes[0].width; \
    item.in_height = planes[0].height; \
    TILE_UNROLL \
    for (int i = 0; i < TRI_INPUTS; i++) { \
        in[i] = (GLOBAL const IN##_e *)planes[i < n->inputs ? i : 0].samples; \
        item.stride[i] = planes[i < n->inputs ? i : 0].stride / (int)sizeof(IN##_e); \
    }
#define TILE_INSIDE(at, size) ((at) < 0 ? 0 : (at) < (size) ? (at) : (size)-1)
/* The same for the form PART: tile `from` holds what is read. */
#define TILE_PART(IN) \
    LOCAL const IN##_e *in[TRI_INPUTS]; \
    struct item item; \
    tile_item(&item, n, tile); \
    item.in_width = from->width; \
    item.in_height = from->height; \
    item.left = from->x; \
    item.top = from->y; \
    TILE_UNROLL \
    for (int i = 0; i < TRI_INPUTS; i++) { \
        in[i] = (LOCAL const IN##_e *)(memory + n->in[i < n->inputs ? i : 0]); \
        item.stride[i] = n->in_stride[i < n->inputs ? i : 0]; \
    }

/* Four samples of each output, from what `item` and `in` say. */
#define TILE_FOUR_OF_EACH(name, OUT, COLUMN) \
    TILE_BLOCKS(n) \
    { \
        const int left = TILE_LEFT(n), top = TILE_TOP(n); \
        OUT##_e made[TRI_OUTPUTS][4]; \
        item.y = TILE_INSIDE(tile->y + n->y + top, tile->height); \
        TILE_UNROLL \
        for (int k = 0; k < 4; k++) { \
            OUT##_e out[TRI_OUTPUTS]; \
            name##_at(&item, constants, in, out, COLUMN); \
            TILE_UNROLL \
            for (int o = 0; o < TRI_OUTPUTS; o++) { \
                if (o < n->outputs) \
                    made[o][k] = out[o]; \
            } \
        } \
        TILE_PUT_ALL(OUT, made, left, top) \
    }

/* Columns outside are made, too, from replicated samples, and replaced later: so compilers see that
 * four samples are loaded from adjacent places. */
#define PASS_PART(name, IN, OUT) PASS_SEEN(name, IN, OUT, TILE_PART, tile->x + n->x + left + k)
#define PASS_PLANE(name, IN, OUT) \
    PASS_SEEN(name, IN, OUT, TILE_PLANE, TILE_INSIDE(tile->x + n->x + left + k, tile->width))
#define PASS_SEEN(name, IN, OUT, TILE_SEEN, COLUMN) \
    TILE_BODY(name, IN, OUT); \
    INLINE void name##_tile(TILE_ARGUMENTS){ \
        TILE_SEEN(IN) TILE_FOUR_OF_EACH(name, OUT, COLUMN)} TILE_BODY(name, IN, OUT)

#define PASS_POINT(name, IN, OUT) TILE_TYPES(name, IN, OUT) TILE_BODY(name, IN, OUT)

#define MAP_(name, IN, OUT) \
    INLINE OUT##_e name##_of(const struct item *_r, CONSTANT uchar *_c, IN##_e _here, int _x); \
    PASS(name, IN, OUT) \
    { \
        PUT(name##_of(_r, _c, AT(0, 0), _x)); \
    } \
    INLINE OUT##_e name##_of(const struct item *_r, CONSTANT uchar *_c, IN##_e _here, int _x)

#define GATHER_BODY(name, IN, OUT) \
    INLINE OUT##_e name##_at(const struct item *_r, CONSTANT uchar *_c, \
                             SEEN_(SPACE) const IN##_e *const *_in, int _x)
#define GATHER_(name, IN, OUT) \
    TILE_TYPES(name, IN, OUT) \
    GATHER_BODY(name, IN, OUT); \
    INLINE void name##_tile(TILE_ARGUMENTS, int transposed) \
    { \
        SEEN_(TILE)(IN) TILE_BLOCKS(n) \
        { \
            SEEN_(GATHERED)(name, OUT) \
        } \
    } \
    GATHER_BODY(name, IN, OUT)
/* Four samples of a row. If `transposed`, consecutive items go down the rows: where rows become
 * columns they then read along rows. */
#define GATHERED_PLANE(name, OUT) \
    const int left = transposed ? block / n->rows * 4 : TILE_LEFT(n); \
    const int top = transposed ? block % n->rows : TILE_TOP(n); \
    OUT##_e made[4]; \
    item.y = TILE_INSIDE(tile->y + n->y + top, tile->height); \
    TILE_UNROLL \
    for (int k = 0; k < 4; k++) \
        made[k] = \
            name##_at(&item, constants, in, TILE_INSIDE(tile->x + n->x + left + k, tile->width)); \
    OUT##_put_4(TILE_OUT(OUT##_e, 0, left, top), made);
/* Up to four samples of a column, which share what constants say of it; adjacent items read
 * adjacent places. */
#define GATHERED_PART(name, OUT) \
    const int left = TILE_LEFT(n), top = TILE_TOP(n); \
    OUT##_e made[4]; \
    (void)transposed; \
    TILE_UNROLL \
    for (int k = 0; k < 4; k++) { \
        if (k < n->block_rows) { \
            item.y = TILE_INSIDE(tile->y + n->y + top + k, tile->height); \
            made[k] = \
                name##_at(&item, constants, in, TILE_INSIDE(tile->x + n->x + left, tile->width)); \
        } \
    } \
    TILE_UNROLL \
    for (int k = 0; k < 4; k++) { \
        if (k < n->block_rows) \
            *TILE_OUT(OUT##_e, 0, left, top + k) = made[k]; \
    }

#define GATHER_PLANES_BODY(name, IN, OUT) \
    INLINE void name##_at(const struct item *_r, CONSTANT uchar *_c, \
                          GLOBAL const IN##_e *const *_in, OUT##_e *_out, int _x)
#define GATHER_PLANES_(name, IN, OUT) \
    TILE_TYPES(name, IN, OUT) \
    GATHER_PLANES_BODY(name, IN, OUT); \
    INLINE void name##_tile(TILE_ARGUMENTS, int transposed) \
    { \
        TILE_PLANE(IN) \
        (void)transposed; \
        TILE_FOUR_OF_EACH(name, OUT, TILE_INSIDE(tile->x + n->x + left + k, tile->width)) \
    } \
    GATHER_PLANES_BODY(name, IN, OUT)

#define UPDATE_BODY(name) \
    INLINE void name##_at(const struct item *_r, CONSTANT uchar *_c, \
                          GLOBAL const uint *const *_in, int _x)
/* Does something at each place of the plane, whose column is `left + k`. */
#define UPDATE_TILE(name, AT_PLACE) \
    INLINE void name##_tile(TILE_ARGUMENTS) \
    { \
        TILE_PLANE(u32) \
        TILE_BLOCKS(n) \
        { \
            const int left = tile->x + TILE_LEFT(n); \
            item.y = tile->y + TILE_TOP(n); \
            for (int k = 0; k < 4; k++) { \
                if (item.y < tile->height && left + k < tile->width) { \
                    AT_PLACE \
                } \
            } \
        } \
    }
#define UPDATE_(name) \
    UPDATE_BODY(name); \
    UPDATE_TILE(name, name##_at(&item, constants, in, left + k);) \
    UPDATE_BODY(name)

/* An item sums the first window of its block, then slides down the rows. */
#define SLIDE_(name, IN, OUT) \
    TILE_TYPES(name, IN, OUT) \
    INLINE OUT name##_at(IN ENTERING, IN LEAVING, OUT ABOVE); \
    INLINE void name##_tile(TILE_ARGUMENTS) \
    { \
        TILE_BLOCKS(n) \
        { \
            const int left = TILE_LEFT(n), top = TILE_TOP(n); \
            OUT##_e sum[4] = {0, 0, 0, 0}; \
            IN##_e entering[4], leaving[4]; \
            for (int dy = n->low; dy < n->high; dy++) { \
                IN##_get_4(entering, TILE_IN(IN##_e, 0, left, top + dy)); \
                TILE_UNROLL \
                for (int k = 0; k < 4; k++) \
                    sum[k] = name##_at(entering[k], 0, sum[k]); \
            } \
            TILE_UNROLL \
            for (int r = 0; r < n->block_rows; r++) { \
                IN##_get_4(entering, TILE_IN(IN##_e, 0, left, top + r + n->high)); \
                IN##_get_4(leaving, TILE_IN(IN##_e, 0, left, top + r + n->low)); \
                TILE_UNROLL \
                for (int k = 0; k < 4; k++) \
                    sum[k] = name##_at(entering[k], leaving[k], sum[k]); \
                OUT##_put_4(TILE_OUT(OUT##_e, 0, left, top + r), sum); \
            } \
        } \
    } \
    INLINE OUT name##_at(IN ENTERING, IN LEAVING, OUT ABOVE)

/* Running sums along the rows of a tile, starting at its left end: only their differences are
 * meaningful. First the sums of four samples each, then running sums of those (`totals`, padded by
 * one per row to avoid bank conflicts), then the four samples again, starting from the total before
 * them. */
#define SCAN_(name, IN, OUT) \
    TILE_TYPES(name, IN, OUT) \
    INLINE void name##_tile(TILE_ARGUMENTS, LOCAL uchar *sums) \
    { \
        LOCAL OUT##_e *totals = (LOCAL OUT##_e *)sums; \
        TILE_BLOCKS(n) \
        { \
            IN##_e v[4]; \
            IN##_get_4(v, TILE_IN(IN##_e, 0, TILE_LEFT(n), TILE_TOP(n))); \
            totals[TILE_TOP(n) * (across + 1) + block % across] = \
                (OUT##_e)v[0] + (OUT##_e)v[1] + (OUT##_e)v[2] + (OUT##_e)v[3]; \
        } \
        barrier(CLK_LOCAL_MEM_FENCE); \
        for (int y = (int)get_local_id(0), across = n->width / 4; y < n->rows; y += GROUP) { \
            OUT##_e sum = 0; \
            for (int i = 0; i < across; i++) { \
                const OUT##_e here = totals[y * (across + 1) + i]; \
                totals[y * (across + 1) + i] = sum; \
                sum += here; \
            } \
        } \
        barrier(CLK_LOCAL_MEM_FENCE); \
        TILE_BLOCKS(n) \
        { \
            IN##_e v[4]; \
            OUT##_e made[4], sum = totals[TILE_TOP(n) * (across + 1) + block % across]; \
            IN##_get_4(v, TILE_IN(IN##_e, 0, TILE_LEFT(n), TILE_TOP(n))); \
            TILE_UNROLL \
            for (int k = 0; k < 4; k++) \
                made[k] = sum += (OUT##_e)v[k]; \
            OUT##_put_4(TILE_OUT(OUT##_e, 0, TILE_LEFT(n), TILE_TOP(n)), made); \
        } \
    } \
    struct name##_takes_the_semicolon

/* Counts the tile's samples inside the picture. At 8 bits they are counted in tables in local
 * memory, which are then added to the global counts. */
#if BITS == 8
#define TILE_COUNT(sums, counts, value) \
    atomic_inc((LOCAL uint *)(sums) + (uint)(value)*TILE_COPIES + get_local_id(0) % TILE_COPIES)
#else
#define TILE_COUNT(sums, counts, value) atomic_inc((counts) + (value))
#endif
#define HISTOGRAM_(name, IN) \
    typedef IN##_e name##_in; \
    INLINE void name##_tile(TILE_ARGUMENTS, LOCAL uchar *sums, GLOBAL uint *counts) \
    { \
        if (BITS == 8) { \
            for (int i = (int)get_local_id(0); i < 256 * TILE_COPIES; i += GROUP) \
                ((LOCAL uint *)sums)[i] = 0; \
            barrier(CLK_LOCAL_MEM_FENCE); \
        } \
        TILE_BLOCKS(n) \
        { \
            const int x = tile->x + TILE_LEFT(n), y = tile->y + TILE_TOP(n); \
            IN##_e v[4]; \
            IN##_get_4(v, TILE_IN(IN##_e, 0, TILE_LEFT(n), TILE_TOP(n))); \
            TILE_UNROLL \
            for (int k = 0; k < 4; k++) { \
                if (y < tile->height && x + k < tile->width) \
                    TILE_COUNT(sums, counts, v[k]); \
            } \
        } \
        if (BITS == 8) { \
            barrier(CLK_LOCAL_MEM_FENCE); \
            for (int i = (int)get_local_id(0); i < 256; i += GROUP) { \
                const uint4 c = ((LOCAL const uint4 *)sums)[i]; \
                if ((c.x | c.y | c.z | c.w) != 0) \
                    atomic_add(counts + i, c.x + c.y + c.z + c.w); \
            } \
        } \
    } \
    struct name##_takes_the_semicolon

/* Each item finds the extremes of its blocks; only those that go beyond what others have found are
 * stored. */
#define EXTREMES_(name, IN) \
    typedef IN##_e name##_in; \
    INLINE void name##_tile(TILE_ARGUMENTS, LOCAL uchar *sums, GLOBAL uint *found) \
    { \
        uint below = 0, most = 0; \
        TILE_BLOCKS(n) \
        { \
            const int x = tile->x + TILE_LEFT(n), y = tile->y + TILE_TOP(n); \
            IN##_e v[4]; \
            IN##_get_4(v, TILE_IN(IN##_e, 0, TILE_LEFT(n), TILE_TOP(n))); \
            TILE_UNROLL \
            for (int k = 0; k < 4; k++) { \
                if (y < tile->height && x + k < tile->width) { \
                    below = max(below, MAXIMUM - (uint)v[k]); \
                    most = max(most, (uint)v[k]); \
                } \
            } \
        } \
        if (below > LATEST(found)) \
            atomic_max(found, below); \
        if (most > LATEST(found + 1)) \
            atomic_max(found + 1, most); \
    } \
    struct name##_takes_the_semicolon

#endif
