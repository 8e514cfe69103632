
/* What the host part works out once, for all samples. Types: uchar ushort uint int short float. */
struct NAME {
    uint amount; /* at most MAXIMUM */
};

/* One sample from the sample at the same place, in lanes: S is the type of a sample, u8 or u16, and
 * WIDE holds sums of two. The result must fit S. This body adds nothing so far: what it should do
 * is PUT(MIN(here, ALL(S, MAXIMUM) - amount) + amount). */
PASS(NAME, S, S)
{
    const S here = AT(0, 0);
    const S amount = ALL(S, CONSTANTS(struct NAME)->amount);
    PUT(here + amount - amount);
}

#ifdef HOST
/* tri_alpha_kept: alpha stays as it is. tri_alpha_plain: it is a plane like the others. */
KERNEL(NAME, tri_alpha_kept, "a few words for the list of kernels",
       "Sentences for its page: what it does, and what becomes of alpha.", "NAME:amount=0.2",
       PARAM_FLOAT(amount, 0.1, 0, 1, "what the number means, with its unit"))
/* Its names in other programs: ALIAS("name|other-name", "NAME:amount=0.1") */
ALIASES(NAME, NO_ALIASES)

/* A tiny answer, worked out by hand, of 8 bits: width, height, planes, then the samples. 0.2 of 255
 * is 51. 'triptych verify' fails until the body gives it. */
KNOWN(NAME, "NAME:amount=0.2", PICTURE(3, 1, 1, 0, 100, 250), PICTURE(3, 1, 1, 51, 151, 255))

/* Called for each plane. */
GRAPH_PLANE(NAME)
{
    const double maximum = (1 << tri_graph_bits(graph)) - 1;
    const struct NAME k = {(uint)(VALUE(amount) * maximum + 0.5)};
    return NODE(NAME, .in = {in}, .constants = &k, .constants_size = sizeof k);
}
#endif
