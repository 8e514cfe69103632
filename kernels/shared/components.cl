/* components -- connected components, by union and find: each sample of a component points to a
 * sample before it, in raster order, or to itself if it is the first.
 *
 * Merging lowers pointers, never raises one, and what a pointer loses to a lower one is merged with
 * that. So each component ends with its first sample alone pointing to itself, whatever the order
 * and however many work at once. Komura, "GPU-based cluster-labeling algorithm without the use of
 * conventional iteration", 2015; Playne and Hawick, "A new algorithm for parallel
 * connected-component labelling on GPUs", 2018. */
#include "kernel.h"

struct components {
    int shift;   /* a pointer is 1 more than the row shifted by this, plus the column */
    int rows;    /* at first, pointers lead along rows as far as components go there */
    int corners; /* samples that touch at a corner are neighbours */
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
    a = components_first(plane, stride, shift, a);
    b = components_first(plane, stride, shift, b);
    while (a != b) {
        const uint high = a > b ? a : b, low = a > b ? b : a;
        const uint before = LOWER(components_place(plane, stride, shift, high), low);
        a = before == high ? low : before; /* another has lowered it: that is to be merged */
        b = low;
    }
}

/* Merges each sample with its neighbours above, and before it unless pointers lead along rows. With
 * a neighbour before it, that one has merged what is above both. */
UPDATE(components_merge_rows)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    GLOBAL uint *plane = PLACE(0, 0);
    const long stride = COMPONENTS_STRIDE;
    const int shift = k->shift;
    if (LATEST(PLACE(X, Y)) == COMPONENTS_NONE)
        return;
    const uint own = COMPONENTS_POINTER(X, Y, shift);
    const int before = X > 0 && LATEST(PLACE(X - 1, Y)) != COMPONENTS_NONE;
    const int above = Y > 0 && LATEST(PLACE(X, Y - 1)) != COMPONENTS_NONE;
    const int above_before = X > 0 && Y > 0 && LATEST(PLACE(X - 1, Y - 1)) != COMPONENTS_NONE;
    if (before && k->rows == 0)
        components_merge(plane, stride, shift, own, own - 1);
    if (above && !(before && (above_before || k->corners != 0)))
        components_merge(plane, stride, shift, own, COMPONENTS_POINTER(X, Y - 1, shift));
    if (k->corners == 0 || above || Y == 0)
        return;
    if (above_before && !before)
        components_merge(plane, stride, shift, own, COMPONENTS_POINTER(X - 1, Y - 1, shift));
    if (X + 1 < IN_WIDTH && LATEST(PLACE(X + 1, Y - 1)) != COMPONENTS_NONE)
        components_merge(plane, stride, shift, own, COMPONENTS_POINTER(X + 1, Y - 1, shift));
}

/* Lets each sample point to its component's first one, or to 0. Above it most do so already. */
UPDATE(components_flatten)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    const uint pointer = LATEST(PLACE(X, Y));
    if (pointer != COMPONENTS_NONE)
        LOWER(PLACE(X, Y), components_first(PLACE(0, 0), COMPONENTS_STRIDE, k->shift, pointer));
}

#ifdef HOST
int tri_graph_components(struct tri_graph *graph, int marks, bool rows, bool corners)
{
    const int width = tri_graph_width(graph, marks), height = tri_graph_height(graph, marks);
    const struct components k = {components_shift(width), rows, corners};
    if ((uint64_t)height << k.shift >= COMPONENTS_NONE && !tri_graph_any_size(graph))
        tri_graph_fail(graph,
                       "components in a picture of %d x %d pixels need pointers of more than "
                       "32 bits: cut the picture",
                       width, height);
    int pointers =
        NODE(components_point, .in = {marks}, .constants = &k, .constants_size = sizeof k);
    pointers = NODE(components_merge_rows, .in = {pointers}, .constants = &k,
                    .constants_size = sizeof k, .operations = 8);
    return NODE(components_flatten, .in = {pointers}, .constants = &k, .constants_size = sizeof k);
}
#endif
