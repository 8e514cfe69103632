
/* One sample from those at its place in two frames: input 0 is this frame, input 1 the one before.
 * This body keeps this frame so far: what it should do is PUT(MAX(now, before)). */
PASS(NAME, S, S)
{
    const S now = AT_INPUT(0, 0, 0), before = AT_INPUT(1, 0, 0);
    PUT(now + before - before);
}

#ifdef HOST
/* tri_alpha_kept: alpha stays as it is. */
KERNEL(
    NAME, tri_alpha_kept, "a few words for the list of kernels",
    "Sentences for its page: what it does, what the first frame gives, and what becomes of alpha.",
    "NAME", NO_PARAMS)
/* Its names in other programs: ALIAS("name|other-name", "NAME") */
ALIASES(NAME, NO_ALIASES)

/* A tiny answer, worked out by hand, of 8 bits: this frame, the result, and the frame before.
 * 'triptych verify' fails until the body gives it. */
KNOWN(NAME, "NAME", PICTURE(3, 1, 1, 10, 20, 255), PICTURE(3, 1, 1, 15, 20, 255),
      PICTURE(3, 1, 1, 15, 10, 0))

/* Called for each plane. docs/kernels.md has the other ways through time: a state that is handed
 * on, and later frames. */
GRAPH_PLANE(NAME)
{
    return NODE(NAME, .in = {in, tri_graph_previous(graph, in, 1)});
}
#endif
