
/* One sample from anywhere in the plane, one at a time: X and Y are the place of the result, SAMPLE
 * reads the input, from 0 to IN_WIDTH - 1 and IN_HEIGHT - 1. This body keeps the picture so far:
 * what it should do is SAMPLE(IN_WIDTH - 1 - X, IN_HEIGHT - 1 - Y). */
GATHER(NAME, S, S)
{
    return SAMPLE(X, Y);
}

#ifdef HOST
/* tri_alpha_plain: alpha is a plane like the others. */
KERNEL(NAME, tri_alpha_plain, "a few words for the list of kernels",
       "Sentences for its page: what it does, and where samples come from.", "NAME", NO_PARAMS)
/* Its names in other programs: ALIAS("name|other-name", "NAME") */
ALIASES(NAME, NO_ALIASES)

/* A tiny answer, worked out by hand, of 8 bits: width, height, planes, then the samples. 'triptych
 * verify' fails until the body gives it. */
KNOWN(NAME, "NAME", PICTURE(3, 2, 1, 1, 2, 3, 4, 5, 6), PICTURE(3, 2, 1, 6, 5, 4, 3, 2, 1))

/* Called for each plane. .whole: it reads whole planes; .width and .height would change the size.
 */
GRAPH_PLANE(NAME)
{
    return NODE(NAME, .in = {in}, .whole = true);
}
#endif
