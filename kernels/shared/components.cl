/* components -- connected components, by union and find: each sample of a component points to a
 * sample before it, in raster order, or to itself if it is the first.
 *
 * Merging lowers pointers, never raises one, and what a pointer loses to a lower one is merged with
 * that. So each component ends with its first sample alone pointing to itself, whatever the order
 * and however many work at once. Komura, "GPU-based cluster-labeling algorithm without the use of
 * conventional iteration", 2015; Playne and Hawick, "A new algorithm for parallel
 * connected-component labelling on GPUs", 2018. */
#include "kernel.h"

#define COMPONENTS_LANES 64

struct components {
    int shift;   /* a pointer is 1 more than the row shifted by this, plus the column */
    int corners; /* samples that touch at a corner are neighbours */
    ushort inside[2 * COMPONENTS_LANES + 2]; /* 0 at COMPONENTS_LANES, else 1 */
};

#define COMPONENTS_STRIDE (&SAMPLE(0, 1) - &SAMPLE(0, 0))

/* 0: in no component; the maximum: points to 0; else: to that many samples less one before it. */
MAP(components_point, S, u32)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    const uint mark = HERE, most = (uint)X + 1;
    const uint pointer = COMPONENTS_POINTER(X, Y, k->shift) - (mark < most ? mark : most) + 1;
    return mark == 0 ? COMPONENTS_NONE : mark == MAXIMUM ? 0 : pointer;
}

/* Where a pointer leads. */
INLINE GLOBAL uint *components_place(GLOBAL uint *plane, long stride, int shift, uint pointer)
{
    const uint at = pointer - 1;
    return plane + (long)(at >> shift) * stride + (at & ((1u << shift) - 1));
}

/* The sample at the end of the pointers from here on, as they are now; 0 ends them, too. */
INLINE uint components_first(GLOBAL uint *plane, long stride, int shift, uint pointer)
{
    uint next = pointer;
    do {
        pointer = next;
        next = pointer == 0 ? 0 : LATEST(components_place(plane, stride, shift, pointer));
    } while (next != pointer);
    return pointer;
}

INLINE void components_merge(GLOBAL uint *plane, long stride, int shift, uint a, uint b)
{
    const uint from = b;
    a = components_first(plane, stride, shift, a);
    b = components_first(plane, stride, shift, b);
    while (a != b) {
        const uint high = a > b ? a : b, low = a > b ? b : a;
        const uint before = LOWER(components_place(plane, stride, shift, high), low);
        a = before == high ? low : before; /* another has lowered it: that is to be merged */
        b = low;
    }
    /* A short cut for the next ones: what it loses leads to `b`, too. */
    if (LATEST(components_place(plane, stride, shift, from)) > b)
        LOWER(components_place(plane, stride, shift, from), b);
}

/* Which neighbours a sample is to be merged with. With one before it, that one has merged what is
 * above both; and one that is above, or at a corner, is often merged by way of another. */
#define COMPONENTS_BEFORE 1
#define COMPONENTS_ABOVE 2
#define COMPONENTS_ABOVE_BEFORE 4
#define COMPONENTS_ABOVE_AFTER 8

/* 0 before the first column. */
#define COMPONENTS_INSIDE \
    TO_S(CONSTANT_LANES(u16, &k->inside[X == 0 ? COMPONENTS_LANES : COMPONENTS_LANES + 1]))

/* Lets a sample that does not point to 0 point to one before it, if there is one. */
PASS(components_along, S, S)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    const S own = AT(0, 0), before = MIN(AT(-1, 0), COMPONENTS_INSIDE);
    PUT(SELECT((own == ALL(S, 0)) | (own == ALL(S, MAXIMUM)), own, own + before));
}

/* Samples that point to 0 are in one component as it is. */
#define COMPONENTS_IS_STRONG(mark) SELECT((mark) == ALL(S, MAXIMUM), ALL(S, 1), ALL(S, 0))

PASS(components_neighbours, S, S)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    const S one = ALL(S, 1), up = ALL(S, Y > 0), corners = ALL(S, k->corners),
            inside = COMPONENTS_INSIDE;
    const S own = MIN(AT(0, 0), one), before = MIN(AT(-1, 0), inside), above = MIN(AT(0, -1), up);
    const S above_before = MIN(AT(-1, -1), inside & up), above_after = MIN(AT(1, -1), up);
    const S known = before & (above_before | corners), apart = corners & ~above;
    const S strong = COMPONENTS_IS_STRONG(AT(0, 0));
    const S merge_before = before & strong & ~COMPONENTS_IS_STRONG(AT(-1, 0)),
            merge_above = above & ~known & ~(strong & COMPONENTS_IS_STRONG(AT(0, -1))),
            merge_above_before =
                above_before & apart & ~before & ~(strong & COMPONENTS_IS_STRONG(AT(-1, -1))),
            merge_above_after = above_after & apart & ~(strong & COMPONENTS_IS_STRONG(AT(1, -1)));
    const S merge = merge_before | (merge_above << ALL(S, 1)) | (merge_above_before << ALL(S, 2)) |
                    (merge_above_after << ALL(S, 3));
    PUT(SELECT(own == ALL(S, 0), own, merge));
}

UPDATE_MARKED(components_merge_rows)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    GLOBAL uint *plane = PLACE(0, 0);
    const long stride = COMPONENTS_STRIDE;
    const int shift = k->shift;
    const uint own = COMPONENTS_POINTER(X, Y, shift);
    if ((MARK & COMPONENTS_BEFORE) != 0)
        components_merge(plane, stride, shift, own, own - 1);
    if ((MARK & COMPONENTS_ABOVE) != 0)
        components_merge(plane, stride, shift, own, COMPONENTS_POINTER(X, Y - 1, shift));
    if ((MARK & COMPONENTS_ABOVE_BEFORE) != 0)
        components_merge(plane, stride, shift, own, COMPONENTS_POINTER(X - 1, Y - 1, shift));
    if ((MARK & COMPONENTS_ABOVE_AFTER) != 0)
        components_merge(plane, stride, shift, own, COMPONENTS_POINTER(X + 1, Y - 1, shift));
}

/* Lets each sample point to its component's first one, or to 0. Above it most do so already. */
UPDATE_MARKED(components_flatten)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    if (MARK == MAXIMUM) /* it points to 0 */
        return;
    const uint pointer = LATEST(PLACE(X, Y));
    const uint first = components_first(PLACE(0, 0), COMPONENTS_STRIDE, k->shift, pointer);
    if (first != pointer)
        SET(PLACE(X, Y), first);
}

#ifdef HOST
int tri_graph_components(struct tri_graph *graph, int marks, bool rows, bool corners)
{
    const int width = tri_graph_width(graph, marks), height = tri_graph_height(graph, marks);
    struct components k = {components_shift(width), corners, {0}};
    for (int i = 0; i < 2 * COMPONENTS_LANES + 2; i++)
        k.inside[i] = i != COMPONENTS_LANES;
    if ((uint64_t)height << k.shift >= COMPONENTS_NONE && !tri_graph_any_size(graph))
        tri_graph_fail(graph,
                       "components in a picture of %d x %d pixels need pointers of more than "
                       "32 bits: cut the picture",
                       width, height);
    const int neighbours = NODE(components_neighbours, .in = {marks}, .low = -1, .reach = 1,
                                .constants = &k, .constants_size = sizeof k);
    const int along = rows ? marks
                           : NODE(components_along, .in = {marks}, .reach = 1, .constants = &k,
                                  .constants_size = sizeof k);
    const int pointers =
        NODE(components_point, .in = {along}, .constants = &k, .constants_size = sizeof k);
    NODE(components_merge_rows, .in = {pointers, neighbours}, .constants = &k,
         .constants_size = sizeof k, .operations = 8);
    return NODE(components_flatten, .in = {pointers, marks}, .constants = &k,
                .constants_size = sizeof k);
}
#endif
