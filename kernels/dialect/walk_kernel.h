/* walk_kernel.h -- the OpenCL kernel that walks strips on CPU devices, with clang's vectors. The
 * host prepends `run_pass`, a switch over the stage's passes. */

/* The hint keeps compilers from vectorizing across work-items, which use vectors already. It cuts
 * Intel's compile time from minutes to a fraction of a second. */
__attribute__((vec_type_hint(uint16))) __kernel void
walk(GLOBAL uchar *scratch, GLOBAL uchar *arena, GLOBAL uchar *constants, GLOBAL uchar *out,
     GLOBAL uchar *in, GLOBAL const struct walk_node *nodes,
     GLOBAL const struct walk_channel *channels, int count, int lead, int height, int strip,
     long scratch_step, long zeroed)
{
    GLOBAL uchar *base[BASE_PAST];
    GLOBAL const uchar *table[WALK_WINDOW];
    const int y0 = (int)get_global_id(0) * strip, y1 = height - y0 < strip ? height : y0 + strip;
    base[BASE_SCRATCH] = scratch + (long)get_global_id(0) * scratch_step;
    base[BASE_ARENA] = arena;
    base[BASE_CONSTANTS] = constants;
    base[BASE_OUT] = out;
    base[BASE_IN] = in;
    for (long i = 0; i < zeroed / 8; i++)
        ((GLOBAL ulong *)base[BASE_SCRATCH])[i] = 0;
    walk_strip(nodes, count, channels, base, table, lead, y0, y1);
}
