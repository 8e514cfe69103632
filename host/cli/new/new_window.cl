
/* One sample from those around it: AT(dx, dy). Beyond the border the edge samples count. The node
 * below declares how far the body looks; 'triptych verify' says where it looks further. WIDE holds
 * sums of a few samples. This body keeps the sample so far: what it should do is PUT(TO_S(sum >>
 * ALL(WIDE, 2))). */
PASS(NAME, S, S)
{
    const WIDE sum =
        TO_WIDE(AT(-1, 0)) + TO_WIDE(AT(1, 0)) + TO_WIDE(AT(0, -1)) + TO_WIDE(AT(0, 1));
    PUT(AT(0, 0) + TO_S(sum - sum));
}

#ifdef HOST
/* tri_alpha_premultiplied: colours are multiplied by alpha before, so that clear pixels do not
 * count. tri_alpha_kept: alpha stays as it is. */
KERNEL(NAME, tri_alpha_premultiplied, "a few words for the list of kernels",
       "Sentences for its page: what it does, and what it takes for samples beyond the border.",
       "NAME", NO_PARAMS)
/* Its names in other programs: ALIAS("name|other-name", "NAME") */
ALIASES(NAME, NO_ALIASES)

/* A tiny answer, worked out by hand, of 8 bits: width, height, planes, then the samples. The left
 * one: 10 (the edge again) + 30 + 10 + 10 = 60, and a quarter of that. 'triptych verify' fails
 * until the body gives it. */
KNOWN(NAME, "NAME", PICTURE(3, 1, 1, 10, 30, 50), PICTURE(3, 1, 1, 15, 30, 45))

/* Called for each plane. */
GRAPH_PLANE(NAME)
{
    return NODE(NAME, .in = {in}, .low = -1, .high = 1, .reach = 1);
}
#endif
