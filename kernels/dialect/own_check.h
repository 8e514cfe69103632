/* own_check.h -- the words of bodies with checks, for kernel files that `triptych verify` runs one
 * sample at a time (TRI_CHECK, host/backend/native_check.c). What is wrong is reported with its
 * line, and replaced by something that is safe to read. Overflows, shifts and divisions are found
 * by the compiler's sanitizer, whose reports arrive here too. */
#ifdef TRI_CHECK

INLINE int own_limit(int rule, unsigned line, long found, long low, long high)
{
    if (found >= low && found <= high)
        return (int)found;
    tri_own.report(rule, "", line, found, low, high);
    return (int)(found < low ? low : high);
}

/* The row at dy of an input. */
INLINE const uchar *own_row(const struct tri_row *row, int input, long dy, unsigned line)
{
    const struct tri_own_window *w = &tri_own.window;
    input = own_limit(OWN_INPUT, line, input, 0, w->inputs - 1);
    if (w->whole) {
        const long y = row->y + dy;
        tri_own.report(OWN_IS_WHOLE, "", line, dy, 0, 0);
        return row->plane[input] + (y < 0                   ? 0
                                    : y >= w->height[input] ? w->height[input] - 1
                                                            : y) *
                                       row->stride[input];
    }
    return row->in[input][w->sparse != 0 ? own_limit(OWN_ROW, line, dy, 0, w->sparse - 1)
                                         : own_limit(OWN_ROW, line, dy, w->low, w->high)];
}

/* Row y of the whole plane of an input. */
INLINE const uchar *own_plane(const struct tri_row *row, int input, long y, unsigned line)
{
    const struct tri_own_window *w = &tri_own.window;
    input = own_limit(OWN_INPUT, line, input, 0, w->inputs - 1);
    if (!w->whole) {
        tri_own.report(OWN_NOT_WHOLE, "", line, y, 0, 0);
        return row->in[input][w->sparse != 0 ? 0 : w->low];
    }
    return row->plane[input] +
           own_limit(OWN_PLANE_ROW, line, y, 0, w->height[input] - 1) * row->stride[input];
}

INLINE long own_reach(long dx, unsigned line)
{
    return own_limit(OWN_REACH, line, dx, -tri_own.window.reach, tri_own.window.reach);
}

/* A column of an input's row, whose ends are replicated as far as the node reaches. */
INLINE long own_column(int input, long x, unsigned line)
{
    const struct tri_own_window *w = &tri_own.window;
    const int width = w->width[input >= 0 && input < w->inputs ? input : 0];
    return own_limit(OWN_COLUMN, line, x, -w->reach, width - 1 + w->reach);
}

INLINE long own_plane_column(int input, long x, unsigned line)
{
    const struct tri_own_window *w = &tri_own.window;
    return own_limit(OWN_PLANE_COLUMN, line, x, 0,
                     w->width[input >= 0 && input < w->inputs ? input : 0] - 1);
}

#undef WINDOW_AT
#define WINDOW_AT(i, dx, dy) \
    LANES_LOAD(_it, own_row(_r, i, dy, __LINE__), _x + own_reach(dx, __LINE__))
/* Addresses that are found once would be used unchecked. */
#undef TAPS
#define TAPS(name, IN, OUT, TYPE, MOST, COUNT, DX, DY) PASS(name, IN, OUT)
#undef TAP
#define TAP(i, dx, dy) LANES_LOAD(_it, own_row(_r, 0, dy, __LINE__), _x + own_reach(dx, __LINE__))
#undef SOURCE
#define SOURCE(dx, y) LANES_LOAD(_it, own_plane(_r, 0, y, __LINE__), _x + own_reach(dx, __LINE__))
#undef ROW_POINTER
#define ROW_POINTER(x) (&ROW_SAMPLE_INPUT(0, x))
#undef ROW_SAMPLE_INPUT
#define ROW_SAMPLE_INPUT(i, x) \
    (((GLOBAL const __typeof__(*_it) *)own_row(_r, i, 0, __LINE__))[own_column(i, x, __LINE__)])
#undef SAMPLE_INPUT
#define SAMPLE_INPUT(i, x, y) \
    (((GLOBAL const __typeof__(*_it) *)own_plane(_r, i, y, \
                                                 __LINE__))[own_plane_column(i, x, __LINE__)])

/* What the sanitizer calls; each kind of data begins with the place. */
struct own_place {
    const char *file;
    uint line, column;
};
#define OWN_HANDLER(name, rule) \
    __attribute__((used, visibility("hidden"))) void __ubsan_handle_##name( \
        const struct own_place *place); \
    void __ubsan_handle_##name(const struct own_place *place) \
    { \
        tri_own.report(rule, place->file, place->line, 0, 0, 0); \
    }
OWN_HANDLER(add_overflow, OWN_OVERFLOW)
OWN_HANDLER(sub_overflow, OWN_OVERFLOW)
OWN_HANDLER(mul_overflow, OWN_OVERFLOW)
OWN_HANDLER(negate_overflow, OWN_OVERFLOW)
OWN_HANDLER(divrem_overflow, OWN_DIVISION)
OWN_HANDLER(shift_out_of_bounds, OWN_SHIFT)
OWN_HANDLER(float_cast_overflow, OWN_FLOAT)
OWN_HANDLER(out_of_bounds, OWN_ARRAY)

#endif
