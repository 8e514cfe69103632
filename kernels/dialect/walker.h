/* walker.h -- the kernel that walks bands on an OpenCL device that is a CPU, with the lanes of clang.
 * The program puts `run_pass`, a switch over the passes of the stage, in front of it. */

#define WALK_WINDOW 1024 /* row pointers */

/* The hint keeps compilers from making vectors of work-items, of which each has its vectors already: with it, Intel's
 * takes a fraction of a second where it took minutes. */
__attribute__((vec_type_hint(uint16)))
__kernel void walk(GLOBAL uchar *scratch, GLOBAL uchar *arena, GLOBAL uchar *constants, GLOBAL uchar *out,
                   GLOBAL uchar *in, GLOBAL const struct walk_node *nodes, GLOBAL const struct walk_channel *channels,
                   int count, int lead, int height, int band, long scratch_step, long zeroed)
{
    GLOBAL uchar *base[BASE_COUNT];
    GLOBAL const uchar *table[WALK_WINDOW];
    const int y0 = (int)get_global_id(0) * band, y1 = height - y0 < band ? height : y0 + band;
    base[BASE_SCRATCH] = scratch + (long)get_global_id(0) * scratch_step;
    base[BASE_ARENA] = arena;
    base[BASE_CONSTANTS] = constants;
    base[BASE_OUT] = out;
    base[BASE_IN] = in;
    for (long i = 0; i < zeroed / 8; i++)
        ((GLOBAL ulong *)base[BASE_SCRATCH])[i] = 0;
    walk_band(nodes, count, channels, base, table, lead, y0, y1);
}
