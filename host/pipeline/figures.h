/* figures.h -- numbers of pictures that kernels report as data: for each plane some of 64 bits that
 * a histogram yields. See tri_graph_figures. */
#ifndef TRI_FIGURES_H
#define TRI_FIGURES_H

__extension__ typedef unsigned __int128 tri_wide;

enum { TRI_FIGURES_HEAD = 4 }; /* words of the constants before the numbers */

/* For `finish`: sets number `i`. */
static inline void tri_figure_set(void *constants, int i, uint64_t value)
{
    uint32_t *words = (uint32_t *)constants + TRI_FIGURES_HEAD + 2 * i;
    words[0] = (uint32_t)value;
    words[1] = (uint32_t)(value >> 32);
}

/* A number of 96 bits, which takes the places i and i + 1. */
static inline void tri_figure_set_wide(void *constants, int i, tri_wide value)
{
    tri_figure_set(constants, i, (uint32_t)value);
    tri_figure_set(constants, i + 1, (uint64_t)(value >> 32));
}

/* For `table`: number `i` of a plane. */
static inline uint64_t tri_figure(const struct tri_data *data, int plane, int i)
{
    const uint32_t *words = data->samples + plane * data->stride + 2 * i;
    return words[0] | (uint64_t)words[1] << 32;
}

static inline tri_wide tri_figure_wide(const struct tri_data *data, int plane, int i)
{
    return tri_figure(data, plane, i) + ((tri_wide)tri_figure(data, plane, i + 1) << 32);
}

/* A number in decimal digits, and back: what follows the digits is not read. */
struct tri_wide_text {
    char digits[48];
};

static inline const char *tri_wide_text(tri_wide value, struct tri_wide_text *text)
{
    char *at = text->digits + sizeof text->digits;
    *--at = '\0';
    do
        *--at = (char)('0' + (int)(value % 10));
    while ((value /= 10) > 0);
    return at;
}

static inline tri_wide tri_wide_of(const char *digits)
{
    tri_wide value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        value = value * 10 + (tri_wide)(*digits - '0');
    return value;
}

/* The planes of a value, in which alpha may be the last; `planes` is "all". */
static inline const char *tri_plane_name(int plane, int planes)
{
    static const char *const names[] = {"red", "green", "blue"};
    return plane == planes                          ? "all"
           : planes % 2 == 0 && plane == planes - 1 ? "alpha"
           : planes < 3                             ? "gray"
                                                    : names[plane];
}

#endif
