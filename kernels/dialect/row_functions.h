/* row_functions.h -- PASS and the other kinds of passes as row functions: one call makes one row.
 *
 * A body is a function whose arguments the macros hide: _r is the row, _it and _ot are null
 * pointers that carry the types of input and output, _x is the position in the row. */

#define PASS(name, IN, OUT) PASS_(name, PASS_LANES, IN, OUT)
/* A pass that only chooses among samples, with MIN and MAX: tiles choose for two places at once. */
#define CHOOSE(name) CHOOSE_(name, S)
#define CHOOSE_(name, TYPE) PASS_(name, PASS_CHOOSE, TYPE, TYPE)
#define GATHER(name, IN, OUT) GATHER_(name, IN, OUT)
#define GATHER_PAIRS(name, IN, OUT) GATHER_PAIRS_(name, IN, OUT)
#define GATHER_LANES(name, IN, OUT) GATHER_LANES_(name, IN, OUT)
#define GATHER_PLANES(name, IN, OUT) GATHER_PLANES_(name, IN, OUT)
#define MAP(name, IN, OUT) MAP_(name, IN, OUT)
/* Rows of the output are columns of the input: sample X of row Y is that in column COLUMN, which
 * depends on Y, of row ROW, which depends on X; both may descend. The node sets `.whole` and
 * `.transposed`. */
#define TRANSPOSE(name, COLUMN, ROW) TRANSPOSE_(name, S, COLUMN, ROW)
#define TRANSPOSE_(name, TYPE, COLUMN, ROW) TRANSPOSE_AS(name, TYPE, COLUMN, ROW)
/* Samples in other places: sample X of row Y is that in column COLUMN, which depends on X, of row
 * ROW, which depends on Y, or OTHER if either is negative, as may be before and after one run of
 * columns. Adjacent columns move in lanes. The node sets `.whole`. */
#define PICK(name, COLUMN, ROW, OTHER) PICK_(name, S, COLUMN, ROW, OTHER)
#define PICK_(name, TYPE, COLUMN, ROW, OTHER) PICK_AS(name, TYPE, COLUMN, ROW, OTHER)
/* Maps samples through a table of ushorts, the constants, which has an entry for each value. */
#define LOOKUP(name) LOOKUP_(name, S)
#define LOOKUP_(name, TYPE) LOOKUP_AS(name, TYPE)
#define SLIDE(name, IN, OUT) SLIDE_(name, IN, OUT)
#define SCAN(name, IN, OUT) SCAN_(name, IN, OUT)
#define HISTOGRAM(name, IN) HISTOGRAM_(name, IN)
#define EXTREMES(name, IN) EXTREMES_(name, IN)
/* Lowers samples of a plane of u32 where they are, once for each place, in any order. */
#define UPDATE(name) UPDATE_AS(name)

/* Lanes of input 0 at an offset. AT_INPUT: of input i. SOURCE: from row `y` of the whole plane. */
#define AT(dx, dy) AT_INPUT(0, dx, dy)
#define AT_INPUT(i, dx, dy) WINDOW_AT(i, dx, dy)
#define SOURCE(dx, y) LANES_LOAD(_it, _r->plane[0] + (y)*_r->stride[0], _x + (dx))
#define CONSTANT_BYTES (_r->constants)
/* For results that go into a minimum, a maximum or a shift: see tiles.h. */
#define NEGATE(type, v) (-(v))
#define PUT(v) PUT_OUTPUT(0, v)
#define PUT_OUTPUT(i, v) LANES_STORE(_ot, _out##i, _to, v)

/* In maps: the sample at this place. */
#define HERE ROW_SAMPLE(X)
/* In gathers: one sample of the row of input 0 or i, a pointer into that of input 0, and one sample
 * of the whole plane of input 0 or i. */
#define ROW_SAMPLE(x) ROW_SAMPLE_INPUT(0, x)
#define ROW_SAMPLE_INPUT(i, x) (((GLOBAL const __typeof__(*_it) *)_r->in[i][0])[x])
#define ROW_POINTER(x) ((GLOBAL const __typeof__(*_it) *)_r->in[0][0] + (x))
#define SAMPLE(x, y) SAMPLE_INPUT(0, x, y)
#define SAMPLE_INPUT(i, x, y) \
    (((GLOBAL const __typeof__(*_it) *)(_r->plane[i] + (y)*_r->stride[i]))[x])
#define X ((int)_x)
#define Y (_r->y)
/* In gathers over planes: for each output, and where its sample X goes. */
#define EACH_OUTPUT(i) for (int i = 0; i < _r->outputs; i++)
#define OUTPUT(i) ((GLOBAL __typeof__(*_ot) *)_r->out[i] + _x)
#define IN_WIDTH (_r->in_width)
#define IN_HEIGHT (_r->in_height)
/* As many samples as the node says that an output reads, along a row or a column: `count`, which
 * compilers know where tiles hold just those. */
#define READ_ACROSS(count) (count)
#define READ_DOWN(count) (count)

/* Rows of different buffers never overlap. A slide's own rows may, but its lanes stay in place. */
#ifdef __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* Before a loop of a body that finds a minimum, a maximum or a sum of integers. Without a rest of
 * single rounds, which take most of the time of a short loop; that needs masked loads. */
#if defined(__clang__) && defined(__AVX2__) && LANES > 1
#define REDUCTION \
    _Pragma("clang loop vectorize(enable) vectorize_predicate(enable) interleave_count(1)")
#else
#define REDUCTION
#endif

#if LANES == 1
#define EACH_LANES INDEPENDENT for (int x = 0; x < width; x++)
#define EACH_LANES_OF(TYPE) EACH_LANES
#else
#define EACH_LANES for (int x = 0; x < width; x += LANES)
#define EACH_LANES_OF(TYPE) for (int x = 0; x < width; x += (int)(sizeof(TYPE) / sizeof(TYPE##_e)))
#endif

/* Rows to store into are arguments, as restrict counts for arguments alone: knowing that a store
 * changes no pointer and no constant, compilers load those once per row. */
#define OUTPUT_ARGUMENT(i) GLOBAL uchar *restrict _out##i __attribute__((unused))
#define OUTPUT_ARGUMENTS \
    OUTPUT_ARGUMENT(0), OUTPUT_ARGUMENT(1), OUTPUT_ARGUMENT(2), OUTPUT_ARGUMENT(3), \
        OUTPUT_ARGUMENT(4), OUTPUT_ARGUMENT(5), OUTPUT_ARGUMENT(6), OUTPUT_ARGUMENT(7)
#define OUTPUTS(row) \
    (row).out[0], (row).out[1], (row).out[2], (row).out[3], (row).out[4], (row).out[5], \
        (row).out[6], (row).out[7]

/* A body reads rows at _x, or lanes from _w if that is not null, and stores at _to. */
#define PASS_BODY(name, IN, OUT) \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const IN##_at *_it, \
                          GLOBAL OUT##_at *_ot, OUTPUT_ARGUMENTS, \
                          const IN##_window *_w __attribute__((unused)), long _x, long _to)

#define PASS_(name, kind, IN, OUT) \
    PASS_BODY(name, IN, OUT); \
    ROW_FUNCTION(name, kind, IN, OUT) \
    { \
        const struct tri_row here = *row; \
        const int width = here.width; \
        EACH_LANES name##_at(&here, 0, 0, OUTPUTS(here), 0, x, x); \
    } \
    PASS_BODY(name, IN, OUT)

/* A pass that reads where its constants say: k->, of this TYPE, has COUNT taps, at most MOST,
 * number i at DX(i), DY(i). TAP(i, dx, dy) is AT(dx, dy) of these; its address is found once for a
 * row. */
#define TAPS(name, IN, OUT, TYPE, MOST, COUNT, DX, DY) \
    TAPS_(name, IN, OUT, TYPE, MOST, COUNT, DX, DY)
#define TAP(i, dx, dy) LANES_LOAD(_it, _taps[i], _x)
#define TAPS_BODY(name, IN, OUT) \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const IN##_at *_it, \
                          GLOBAL OUT##_at *_ot, OUTPUT_ARGUMENTS, \
                          GLOBAL const uchar *const *_taps, long _x, long _to)
#define TAPS_(name, IN, OUT, TYPE, MOST, COUNT, DX, DY) \
    TAPS_BODY(name, IN, OUT); \
    ROW_FUNCTION(name, PASS_LANES, IN, OUT) \
    { \
        const struct tri_row here = *row, *_r = &here; \
        CONSTANT TYPE *k = CONSTANTS(TYPE); \
        const int width = here.width, count = COUNT; \
        GLOBAL const uchar *taps[MOST]; \
        for (int i = 0; i < count; i++) \
            taps[i] = _r->in[0][DY(i)] + DX(i) * (long)sizeof(IN##_e); \
        EACH_LANES name##_at(&here, 0, 0, OUTPUTS(here), taps, x, x); \
    } \
    TAPS_BODY(name, IN, OUT)

/* Two passes that choose in one, FIRST without reach and SECOND without height and with a reach of
 * up to FUSE_REACH: what FIRST makes, up to FUSE_MOST outputs, stays in registers. FUSE(median_3,
 * median_sort_3, median_select_3); */
#define FUSE(name, FIRST, SECOND) FUSE_(name, FIRST, SECOND, S)
#define FUSE_(name, FIRST, SECOND, TYPE) FUSE_AS(name, FIRST, SECOND, TYPE)
#if LANES == 1
#define WINDOW_AT(i, dx, dy) LANES_LOAD(_it, _r->in[i][dy], _x + (dx))
/* Without lanes, in a short row of its own. */
#define FUSE_AS(name, FIRST, SECOND, TYPE) \
    ROW_FUNCTION(name, PASS_CHOOSE, TYPE, TYPE) \
    { \
        enum { PART = 256 }; \
        TYPE##_e made[TRI_OUTPUTS][PART + 2 * FUSE_REACH]; \
        const uchar *first[TRI_OUTPUTS]; \
        struct tri_row here = *row, between = *row; \
        for (int i = 0; i < TRI_OUTPUTS; i++) { \
            here.out[i] = (uchar *)made[i]; \
            first[i] = (uchar *)(made[i] + FUSE_REACH); \
            between.in[i] = &first[i]; \
        } \
        for (int left = 0; left < row->width; left += PART) { \
            const int width = row->width - left < PART ? row->width - left : PART; \
            for (int x = -FUSE_REACH; x < width + FUSE_REACH; x++) \
                FIRST##_at(&here, 0, 0, OUTPUTS(here), 0, left + x, x + FUSE_REACH); \
            for (int x = 0; x < width; x++) \
                SECOND##_at(&between, 0, 0, OUTPUTS(between), 0, x, left + x); \
        } \
    } \
    _Static_assert(1, "takes the semicolon")
#else
#define WINDOW_AT(i, dx, dy) \
    (_w != 0 ? LANES_SHIFTED(_w[i].before, _w[i].here, _w[i].after, dx) \
             : LANES_LOAD(_it, _r->in[i][dy], _x + (dx)))
#define FUSE_MOVE(i) \
    window[i].before = window[i].here; \
    window[i].here = window[i].after;
#define FUSE_MOVE_ALL \
    { \
        FUSE_MOVE(0) FUSE_MOVE(1) FUSE_MOVE(2) FUSE_MOVE(3) FUSE_MOVE(4) \
    }
#define FUSE_AS(name, FIRST, SECOND, TYPE) \
    INLINE void name##_into(OUTPUT_ARGUMENTS, const struct tri_row *row) \
    { \
        const int width = row->width; \
        TYPE##_window window[FUSE_MOST]; \
        FIRST##_at(row, 0, 0, FUSE_INTO(window), 0, -LANES, 0); \
        FUSE_MOVE_ALL \
        FIRST##_at(row, 0, 0, FUSE_INTO(window), 0, 0, 0); \
        for (int x = 0; x < width; x += LANES) { \
            FUSE_MOVE_ALL \
            FIRST##_at(row, 0, 0, FUSE_INTO(window), 0, x + LANES, 0); \
            SECOND##_at(row, 0, 0, _out0, _out1, _out2, _out3, _out4, _out5, _out6, _out7, window, \
                        x, x); \
        } \
    } \
    ROW_FUNCTION(name, PASS_CHOOSE, TYPE, TYPE) \
    { \
        const struct tri_row here = *row; \
        name##_into(OUTPUTS(here), &here); \
    } \
    _Static_assert(1, "takes the semicolon")
/* Through a number, as OpenCL C converts no pointer to another address space. On CPUs all are one,
 * and compilers see through it. */
#define FUSE_INTO(window) \
    (GLOBAL uchar *)(ulong)&window[0].after, (GLOBAL uchar *)(ulong)&window[1].after, \
        (GLOBAL uchar *)(ulong)&window[2].after, (GLOBAL uchar *)(ulong)&window[3].after, \
        (GLOBAL uchar *)(ulong)&window[4].after, 0, 0, 0
#endif

#define GATHER_(name, IN, OUT) GATHER_AS(name, PASS_GATHER, IN, OUT)
#define MAP_(name, IN, OUT) GATHER_AS(name, PASS_MAP, IN, OUT)
#define GATHER_BODY(name, IN, OUT) \
    INLINE OUT##_e name##_at(const struct tri_row *_r __attribute__((unused)), \
                             GLOBAL const IN##_e *_it __attribute__((unused)), \
                             long _x __attribute__((unused)))
#define GATHER_AS(name, kind, IN, OUT) \
    GATHER_BODY(name, IN, OUT); \
    INLINE void name##_into(GLOBAL OUT##_e *restrict out, const struct tri_row *row) \
    { \
        const int width = row->width; \
        INDEPENDENT for (int x = 0; x < width; x++) out[x] = name##_at(row, 0, x); \
    } \
    ROW_FUNCTION(name, kind, IN, OUT) \
    { \
        const struct tri_row here = *row; \
        name##_into((GLOBAL OUT##_e *)here.out[0], &here); \
    } \
    GATHER_BODY(name, IN, OUT)

#ifdef LOOKUP_LANES
#define LOOKUP_AS(name, TYPE) \
    ROW_FUNCTION(name, PASS_MAP, TYPE, TYPE) \
    { \
        const struct tri_row here = *row; \
        const int width = here.width; \
        GLOBAL const TYPE##_at *it = 0; \
        GLOBAL TYPE##_at *ot = 0; \
        struct lookup table; \
        lookup_load(&table, here.constants); \
        EACH_LANES LANES_STORE(ot, here.out[0], x, \
                               lookup_lanes(&table, LANES_LOAD(it, here.in[0][0], x))); \
    } \
    _Static_assert(1, "takes the semicolon")
#else
#define LOOKUP_AS(name, TYPE) \
    MAP(name, TYPE, TYPE) \
    { \
        return CONSTANTS(ushort)[HERE]; \
    } \
    _Static_assert(1, "takes the semicolon")
#endif

#define TRANSPOSE_SAMPLES(name, TYPE, COLUMN, ROW) \
    INLINE TYPE##_e name##_at(const struct tri_row *_r, GLOBAL const TYPE##_e *_it, long _x) \
    { \
        return SAMPLE(COLUMN, ROW); \
    } \
    INLINE void name##_samples(const struct tri_row *row, int y, int from) \
    { \
        struct tri_row here = *row; \
        GLOBAL TYPE##_e *out = (GLOBAL TYPE##_e *)(row->out[0] + y * row->out_stride[0]); \
        here.y = row->y + y; \
        for (int x = from; x < row->width; x++) \
            out[x] = name##_at(&here, 0, x); \
    }
#if LANES == 1
#define TRANSPOSE_AS(name, TYPE, COLUMN, ROW) \
    TRANSPOSE_SAMPLES(name, TYPE, COLUMN, ROW) \
    ROW_FUNCTION(name, PASS_GATHER, TYPE, TYPE) \
    { \
        for (int y = 0; y < row->rows; y++) \
            name##_samples(row, y, 0); \
    } \
    _Static_assert(1, "takes the semicolon")
#else
#ifdef __OPENCL_VERSION__
#define PREFETCH(at) (void)(at)
#else
#define PREFETCH(at) __builtin_prefetch(at)
#endif
/* Squares of 16 bytes a side: interleaving rows i and i + SIDE / 2, as often as SIDE has bits,
 * transposes a square. */
#define SQUARE_SIDE (128 / BITS)
#if BITS == 8
typedef uchar square_row __attribute__((ext_vector_type(SQUARE_SIDE)));
#define SQUARE_ROUNDS 4
#define SQUARE_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SQUARE_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#else
typedef ushort square_row __attribute__((ext_vector_type(SQUARE_SIDE)));
#define SQUARE_ROUNDS 3
#define SQUARE_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define SQUARE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#endif
typedef struct __attribute__((packed, may_alias)) {
    square_row v;
} square_row_at;

INLINE void square_transpose(square_row *rows)
{
    square_row made[SQUARE_SIDE];
    for (int round = 0; round < SQUARE_ROUNDS; round++) {
        for (int i = 0; i < SQUARE_SIDE / 2; i++) {
            made[2 * i] = __builtin_shufflevector(rows[i], rows[i + SQUARE_SIDE / 2], SQUARE_LOW);
            made[2 * i + 1] =
                __builtin_shufflevector(rows[i], rows[i + SQUARE_SIDE / 2], SQUARE_HIGH);
        }
        for (int i = 0; i < SQUARE_SIDE; i++)
            rows[i] = made[i];
    }
}

#define TRANSPOSE_AS(name, TYPE, COLUMN, ROW) \
    TRANSPOSE_SAMPLES(name, TYPE, COLUMN, ROW) \
    INLINE int name##_column(const struct tri_row *_r, int y) \
    { \
        struct tri_row here = *_r; \
        here.y = y; \
        _r = &here; \
        return COLUMN; \
    } \
    INLINE int name##_row(const struct tri_row *_r, long _x) \
    { \
        (void)_r; \
        (void)_x; \
        return ROW; \
    } \
    /* The CPU does not foresee loads down a column. */ \
    INLINE void name##_prefetch(const struct tri_row *row, int x) \
    { \
        const long first = name##_column(row, row->y) * (long)sizeof(TYPE##_e), \
                   last = name##_column(row, row->y + row->rows - 1) * (long)sizeof(TYPE##_e); \
        for (int i = 0; i < SQUARE_SIDE && x + i < row->width; i++) { \
            GLOBAL const uchar *from = row->plane[0] + name##_row(row, x + i) * row->stride[0]; \
            PREFETCH(from + first); \
            PREFETCH(from + last); \
        } \
    } \
    INLINE void name##_square(const struct tri_row *row, int x, int y) \
    { \
        const int top = name##_column(row, row->y + y), \
                  bottom = name##_column(row, row->y + y + SQUARE_SIDE - 1); \
        const long left = (top < bottom ? top : bottom) * (long)sizeof(TYPE##_e); \
        GLOBAL uchar *out = row->out[0] + x * (long)sizeof(TYPE##_e); \
        const long out_stride = row->out_stride[0]; \
        square_row rows[SQUARE_SIDE]; \
        for (int i = 0; i < SQUARE_SIDE; i++) \
            rows[i] = \
                ((GLOBAL const square_row_at *)(row->plane[0] + \
                                                name##_row(row, x + i) * row->stride[0] + left)) \
                    ->v; \
        square_transpose(rows); \
        for (int i = 0; i < SQUARE_SIDE; i++) \
            ((GLOBAL square_row_at *)(out + (y + (top < bottom ? i : SQUARE_SIDE - 1 - i)) * \
                                                out_stride)) \
                ->v = rows[i]; \
    } \
    ROW_FUNCTION(name, PASS_GATHER, TYPE, TYPE) \
    { \
        const struct tri_row here = *row; \
        const int across = here.width / SQUARE_SIDE * SQUARE_SIDE, \
                  down = here.rows / SQUARE_SIDE * SQUARE_SIDE; \
        for (int x = 0; x < across; x += SQUARE_SIDE) { \
            name##_prefetch(&here, x + 2 * SQUARE_SIDE); \
            for (int y = 0; y < down; y += SQUARE_SIDE) \
                name##_square(&here, x, y); \
        } \
        for (int y = across < here.width ? 0 : down; y < here.rows; y++) \
            name##_samples(&here, y, y < down ? across : 0); \
    } \
    _Static_assert(1, "takes the semicolon")
#endif

/* Where lanes meet the end of a run, samples are moved in pieces: on, backwards as in a mirror, or
 * those of OTHER. What wraps around within a piece may end as far before its beginning as a mirror
 * does, but its second sample is not the one before the first. */
#define PICK_PIECE (LANES < 16 ? LANES : 16)
#define PICK_PLACES(name, TYPE, COLUMN, ROW, OTHER) \
    INLINE int name##_column(const struct tri_row *_r, long _x) \
    { \
        (void)_r; \
        return COLUMN; \
    } \
    INLINE int name##_row(const struct tri_row *_r) \
    { \
        return ROW; \
    } \
    INLINE TYPE##_e name##_other(const struct tri_row *_r) \
    { \
        (void)_r; \
        return OTHER; \
    } \
    INLINE void name##_samples(GLOBAL TYPE##_e *to, GLOBAL const TYPE##_e *from, \
                               const struct tri_row *row, int begin, int end) \
    { \
        const TYPE##_e other = name##_other(row); \
        for (int x = begin; x < end; x++) { \
            const int column = name##_column(row, x); \
            to[x] = column < 0 ? other : from[column]; \
        } \
    }
#define PICK_ROWS(name, TYPE) \
    ROW_FUNCTION(name, PASS_GATHER, TYPE, TYPE) \
    { \
        const struct tri_row here = *row; \
        const int y = name##_row(&here); \
        GLOBAL TYPE##_e *to = (GLOBAL TYPE##_e *)here.out[0]; \
        if (y < 0) \
            name##_fill(to, name##_other(&here), here.width); \
        else \
            name##_into(to, (GLOBAL const TYPE##_e *)(here.plane[0] + y * here.stride[0]), &here); \
    } \
    _Static_assert(1, "takes the semicolon")
#if LANES == 1
#define PICK_AS(name, TYPE, COLUMN, ROW, OTHER) \
    PICK_PLACES(name, TYPE, COLUMN, ROW, OTHER) \
    INLINE void name##_fill(GLOBAL TYPE##_e *to, TYPE##_e other, int width) \
    { \
        for (int x = 0; x < width; x++) \
            to[x] = other; \
    } \
    INLINE void name##_into(GLOBAL TYPE##_e *restrict to, GLOBAL const TYPE##_e *from, \
                            const struct tri_row *row) \
    { \
        name##_samples(to, from, row, 0, row->width); \
    } \
    PICK_ROWS(name, TYPE)
#else
#define PICK_AS(name, TYPE, COLUMN, ROW, OTHER) \
    PICK_PLACES(name, TYPE, COLUMN, ROW, OTHER) \
    INLINE void name##_fill(GLOBAL TYPE##_e *to, TYPE##_e other, int width) \
    { \
        GLOBAL TYPE##_at *ot = 0; \
        EACH_LANES LANES_STORE(ot, (GLOBAL uchar *)to, x, (TYPE)(other)); \
    } \
    INLINE void name##_piece(GLOBAL TYPE##_e *restrict to, GLOBAL const TYPE##_e *from, \
                             const struct tri_row *row, int x) \
    { \
        const int first = name##_column(row, x), last = name##_column(row, x + PICK_PIECE - 1); \
        const TYPE##_e other = name##_other(row); \
        if (first >= 0 && last - first == PICK_PIECE - 1) \
            for (int i = 0; i < PICK_PIECE; i++) \
                to[x + i] = from[first + i]; \
        else if (last >= 0 && first - last == PICK_PIECE - 1 && \
                 first - name##_column(row, x + 1) == 1) \
            for (int i = 0; i < PICK_PIECE; i++) \
                to[x + i] = from[first - i]; \
        else if (first < 0 && last < 0 && row->in_width >= PICK_PIECE) \
            for (int i = 0; i < PICK_PIECE; i++) \
                to[x + i] = other; \
        else \
            name##_samples(to, from, row, x, \
                           x + PICK_PIECE < row->width ? x + PICK_PIECE : row->width); \
    } \
    INLINE void name##_into(GLOBAL TYPE##_e *restrict to, GLOBAL const TYPE##_e *from, \
                            const struct tri_row *row) \
    { \
        const int width = row->width; \
        const TYPE other = (TYPE)(name##_other(row)); \
        GLOBAL const TYPE##_at *it = 0; \
        GLOBAL TYPE##_at *ot = 0; \
        EACH_LANES \
        { \
            const int first = name##_column(row, x), last = name##_column(row, x + LANES - 1); \
            if (first >= 0 && last - first == LANES - 1) \
                LANES_STORE(ot, (GLOBAL uchar *)to, x, \
                            LANES_LOAD(it, (GLOBAL const uchar *)from, first)); \
            else if (first < 0 && last < 0 && row->in_width >= LANES) \
                LANES_STORE(ot, (GLOBAL uchar *)to, x, other); \
            else \
                for (int i = 0; i < LANES && x + i < width; i += PICK_PIECE) \
                    name##_piece(to, from, row, x + i); \
        } \
    } \
    PICK_ROWS(name, TYPE)
#endif

/* A gather whose body makes the outputs of all lanes of a type from the input's row, as dot_row
 * does. */
#define GATHER_LANES_(name, IN, OUT) \
    INLINE OUT name##_at(const struct tri_row *_r, GLOBAL const IN##_e *_it, long _x); \
    INLINE void name##_into(GLOBAL uchar *restrict out, const struct tri_row *row) \
    { \
        const int width = row->width; \
        GLOBAL OUT##_at *ot = 0; \
        EACH_LANES_OF(OUT) \
        LANES_STORE(ot, out + x * (long)sizeof(OUT##_e), 0, name##_at(row, 0, x)); \
    } \
    ROW_FUNCTION(name, PASS_GATHER, IN, OUT) \
    { \
        const struct tri_row here = *row; \
        name##_into(here.out[0], &here); \
    } \
    INLINE OUT name##_at(const struct tri_row *_r, GLOBAL const IN##_e *_it, long _x)

/* A gather of several outputs, mostly each from the input of that number, so that what the planes
 * of a picture have in common is computed once. Its body stores a sample, or all lanes from X on.
 * Functions of their own are told that no store changes the constants, and one that there is a
 * single output: it needs fewer registers. OpenCL compilers would take twice the time. */
#ifdef __OPENCL_VERSION__
#define PLANES_ALONE(row) 0
#else
#define PLANES_ALONE(row) ((row)->outputs == 1)
#endif
#define GATHER_PLANES_(name, IN, OUT) \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const IN##_e *_it, GLOBAL OUT##_e *_ot, \
                          long _x); \
    INLINE void name##_columns(const struct tri_row *row, GLOBAL const uchar *constants, \
                               int outputs, int left, int y) \
    { \
        struct tri_row here = *row; \
        const int right = left + PLANES_COLUMNS < here.width ? left + PLANES_COLUMNS : here.width; \
        here.constants = constants; \
        here.outputs = outputs; \
        here.y += y; \
        for (int i = 0; i < outputs; i++) \
            here.out[i] += y * here.out_stride[i]; \
        for (int x = left; x < right; x += LANES) \
            name##_at(&here, 0, 0, x); \
    } \
    static __attribute__((noinline)) void name##_alone( \
        const struct tri_row *row, GLOBAL const uchar *restrict constants, int left, int y) \
    { \
        name##_columns(row, constants, 1, left, y); \
    } \
    static __attribute__((noinline)) void name##_planes( \
        const struct tri_row *row, GLOBAL const uchar *restrict constants, int left, int y) \
    { \
        name##_columns(row, constants, row->outputs, left, y); \
    } \
    ROW_FUNCTION(name, PASS_GATHER, IN, OUT) \
    { \
        for (int left = 0; left < row->width; left += PLANES_COLUMNS) { \
            for (int y = 0; y < row->rows; y++) { \
                if (PLANES_ALONE(row)) \
                    name##_alone(row, row->constants, left, y); \
                else \
                    name##_planes(row, row->constants, left, y); \
            } \
        } \
    } \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const IN##_e *_it, GLOBAL OUT##_e *_ot, \
                          long _x)

/* A gather from the input's row alone, at multiples or halves of X. In pairs, compilers see how the
 * positions follow each other and vectorize. */
#define GATHER_PAIRS_(name, IN, OUT) \
    INLINE OUT##_e name##_at(const struct tri_row *_r, GLOBAL const IN##_e *_it, long _x); \
    ROW_FUNCTION(name, PASS_GATHER, IN, OUT) \
    { \
        struct tri_row here = *row; \
        GLOBAL const uchar *first = here.in[0][0]; /* no store changes it */ \
        const int pairs = here.width / 2; \
        GLOBAL OUT##_e *out = (GLOBAL OUT##_e *)here.out[0]; \
        here.in[0] = &first; \
        INDEPENDENT for (int x = 0; x < pairs; x++) \
        { \
            out[2 * x] = name##_at(&here, 0, 2 * x); \
            out[2 * x + 1] = name##_at(&here, 0, 2 * x + 1); \
        } \
        if (here.width % 2 != 0) \
            out[2 * pairs] = name##_at(&here, 0, 2 * pairs); \
    } \
    INLINE OUT##_e name##_at(const struct tri_row *_r, GLOBAL const IN##_e *_it, long _x)

/* A slide makes each row from the one above it and the rows that enter and leave the window. */
#define SLIDE_(name, IN, OUT) \
    INLINE OUT name##_at(IN ENTERING, IN LEAVING, OUT ABOVE); \
    ROW_FUNCTION(name, PASS_SLIDE, IN, OUT) \
    { \
        const struct tri_row here = *row; \
        const int width = here.width; \
        GLOBAL const uchar *leaving = here.in[0][0], *entering = here.in[0][1], \
                           *above = here.in[1][0]; \
        GLOBAL const IN##_at *it = 0; \
        GLOBAL OUT##_at *ot = 0; \
        EACH_LANES LANES_STORE(ot, here.out[0], x, \
                               name##_at(LANES_LOAD(it, entering, x), LANES_LOAD(it, leaving, x), \
                                         LANES_LOAD(ot, above, x))); \
    } \
    INLINE OUT name##_at(IN ENTERING, IN LEAVING, OUT ABOVE)

/* A scan yields running sums along the row, from `halo` samples before it to `halo` after it. */
#if LANES == 1
#define SCAN_(name, IN, OUT) \
    ROW_FUNCTION(name, PASS_SCAN, IN, OUT) \
    { \
        GLOBAL const IN##_e *in = (GLOBAL const IN##_e *)row->in[0][0]; \
        GLOBAL OUT##_e *out = (GLOBAL OUT##_e *)row->out[0]; \
        const int last = row->width + row->halo; \
        OUT##_e sum = 0; \
        for (int x = -row->halo; x < last; x++) \
            out[x] = sum += in[x]; \
    } \
    _Static_assert(1, "takes the semicolon")
#else
/* Moves stay within four neighbours, which is cheap, before their sums are added across. What is
 * before the sixteen is added last, so that they wait for each other for no more than an addition.
 */
#define MOVE(v, i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, ia, ib, ic, id, ie, if_) \
    __builtin_shufflevector(v, zero, i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, ia, ib, ic, id, ie, \
                            if_)
#define SCAN_(name, IN, OUT) \
    typedef IN##_e name##_in __attribute__((ext_vector_type(16))); \
    typedef OUT##_e name##_out __attribute__((ext_vector_type(16))); \
    typedef struct __attribute__((packed, may_alias)) { \
        name##_in v; \
    } name##_in_at; \
    typedef struct __attribute__((packed, may_alias)) { \
        name##_out v; \
    } name##_out_at; \
    ROW_FUNCTION(name, PASS_SCAN, IN, OUT) \
    { \
        GLOBAL const uchar *in = row->in[0][0]; \
        GLOBAL uchar *out = row->out[0]; \
        const long last = row->width + row->halo; \
        const name##_out zero = (name##_out)(0); \
        name##_out before = zero; \
        for (long x = -(long)row->halo; x < last; x += 16) { \
            name##_out v = __builtin_convertvector( \
                ((GLOBAL const name##_in_at *)(in + x * (long)sizeof(IN##_e)))->v, name##_out); \
            v += MOVE(v, 16, 0, 1, 2, 16, 4, 5, 6, 16, 8, 9, 10, 16, 12, 13, 14); \
            v += MOVE(v, 16, 16, 0, 1, 16, 16, 4, 5, 16, 16, 8, 9, 16, 16, 12, 13); \
            v += MOVE(v, 16, 16, 16, 16, 3, 3, 3, 3, 16, 16, 16, 16, 11, 11, 11, 11); \
            v += MOVE(v, 16, 16, 16, 16, 16, 16, 16, 16, 7, 7, 7, 7, 7, 7, 7, 7); \
            ((GLOBAL name##_out_at *)(out + x * (long)sizeof(OUT##_e)))->v = v + before; \
            before += MOVE(v, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15); \
        } \
    } \
    _Static_assert(1, "takes the semicolon")
#endif

/* A histogram counts samples by value into several tables in turn, so that equal neighbours do not
 * wait for each other's increment. */
#define HISTOGRAM_(name, IN) \
    ROW_FUNCTION(name, PASS_HISTOGRAM, IN, u32) \
    { \
        GLOBAL const IN##_e *in = (GLOBAL const IN##_e *)row->in[0][0]; \
        GLOBAL uint *counts = (GLOBAL uint *)row->out[0]; \
        const int width = row->width; \
        int x = 0; \
        for (; x + 8 <= width; x += 8) { \
            for (int i = 0; i < 8; i++) \
                counts[(i % HISTOGRAM_COPIES(BITS) << BITS) + in[x + i]]++; \
        } \
        for (; x < width; x++) \
            counts[in[x]]++; \
    } \
    _Static_assert(1, "takes the semicolon")

/* The least and the greatest sample, in a table of EXTREMES_COUNTED entries that begin as 0 and
 * only grow: how far the least is below the maximum, and the greatest. The last lanes of a row
 * begin early enough not to go beyond it. */
#define EXTREMES_OF(v) \
    { \
        least = MIN(least, v); \
        most = MAX(most, v); \
    }
#define EXTREMES_(name, IN) \
    ROW_FUNCTION(name, PASS_EXTREMES, IN, u32) \
    { \
        GLOBAL const uchar *in = row->in[0][0]; \
        GLOBAL uint *found = (GLOBAL uint *)row->out[0]; \
        GLOBAL const IN##_at *it = 0; \
        const int width = row->width, end = width / LANES * LANES; \
        IN least = ALL(IN, MAXIMUM), most = ALL(IN, 0); \
        for (int x = 0; x < end; x += LANES) \
            EXTREMES_OF(LANES_LOAD(it, in, x)) \
        if (end > 0 && end < width) \
            EXTREMES_OF(LANES_LOAD(it, in, width - LANES)) \
        for (int x = end == 0 ? 0 : width; x < width; x++) \
            EXTREMES_OF((IN)(((GLOBAL const IN##_e *)in)[x])) \
        const uint below = MAXIMUM - (uint)LANES_LEAST(least), above = LANES_MOST(most); \
        found[0] = below > found[0] ? below : found[0]; \
        found[1] = above > found[1] ? above : found[1]; \
    } \
    _Static_assert(1, "takes the semicolon")

/* An update reads and lowers samples anywhere in the plane while other workers do the same, so all
 * it does has to be right in any order: LATEST and LOWER. Samples that no other worker reads or
 * writes in the same round may be set. */
#define UPDATE_AS(name) \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const u32_e *_it, long _x); \
    ROW_FUNCTION(name, PASS_UPDATE, u32, u32) \
    { \
        const struct tri_row here = *row; \
        const int width = here.width; \
        for (int x = 0; x < width; x++) \
            name##_at(&here, 0, x); \
    } \
    INLINE void name##_at(const struct tri_row *_r, GLOBAL const u32_e *_it, long _x)
