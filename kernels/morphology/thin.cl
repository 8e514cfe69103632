/* thin -- shapes as lines: removes samples from their edges until only those remain without which a
 * shape would come apart, or a line would get shorter. Borders: nothing is beyond the picture.
 *
 * Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", 1984; Guo and Hall,
 * "Parallel thinning with two-subiteration algorithms", 1989. An iteration is two passes over the
 * picture, and each decides about all samples by what the pass before it has left. Samples are 0 or
 * 1 meanwhile, and have a border of 0 around them, which stays 0.
 *
 * A pass only removes samples. So if as many are left after a round as after the one before, none
 * of the passes between has removed any, and no further one does. */
#include "kernel.h"

#define THIN_IN_ROUND 2 /* iterations */

/* A picture with a border of 1 sample. */
PICK(thin_surround, X > 0 && X <= IN_WIDTH ? X - 1 : -1, Y > 0 && Y <= IN_HEIGHT ? Y - 1 : -1, 0);

PASS(thin_mark, S, S)
{
    PUT(MIN(AT(0, 0), ALL(S, 1)));
}

/* The samples around, from the one above on clockwise. */
#define THIN_AROUND \
    const S here = AT(0, 0); \
    const S n = AT(0, -1), ne = AT(1, -1), e = AT(1, 0), se = AT(1, 1); \
    const S s = AT(0, 1), sw = AT(-1, 1), w = AT(-1, 0), nw = AT(-1, -1);

/* Of a sample on the edge of a shape, which it does not hold together: 2 to 6 samples around it,
 * all side by side. The first pass takes those from the right and from below, and corners at the
 * top left. */
#define THIN_ZHANG_SUEN(STAYS) \
    THIN_AROUND \
    const S rises = (ne & ~n) + (e & ~ne) + (se & ~e) + (s & ~se) + (sw & ~s) + (w & ~sw) + \
                    (nw & ~w) + (n & ~nw); \
    const S count = n + ne + e + se + s + sw + w + nw; \
    PUT(SELECT((rises == ALL(S, 1)) & (count >= ALL(S, 2)) & (count <= ALL(S, 6)) & \
                   ((STAYS) == ALL(S, 0)), \
               ALL(S, 0), here));

PASS(thin_zhang_suen_1, S, S){THIN_ZHANG_SUEN(e & s & (n | w))}

PASS(thin_zhang_suen_2, S, S){THIN_ZHANG_SUEN(n & w & (e | s))}

/* Of a sample that holds nothing together: one run of neighbours, seen from its sides. In pairs
 * there are 2 or 3 of them, however they are paired. */
#define THIN_GUO_HALL(STAYS) \
    THIN_AROUND \
    const S runs = ((ne | e) & ~n) + ((se | s) & ~e) + ((sw | w) & ~s) + ((nw | n) & ~w); \
    const S pairs = \
        MIN((nw | n) + (ne | e) + (se | s) + (sw | w), (n | ne) + (e | se) + (s | sw) + (w | nw)); \
    PUT(SELECT((runs == ALL(S, 1)) & (pairs >= ALL(S, 2)) & (pairs <= ALL(S, 3)) & \
                   ((STAYS) == ALL(S, 0)), \
               ALL(S, 0), here));

PASS(thin_guo_hall_1, S, S){THIN_GUO_HALL((s | sw | (nw ^ ALL(S, 1))) & w)}

PASS(thin_guo_hall_2, S, S){THIN_GUO_HALL((n | ne | (se ^ ALL(S, 1))) & e)}

HISTOGRAM(thin_count, S);

/* White where a sample is left, without the border. */
PASS(thin_show, S, S)
{
    PUT(SELECT(SOURCE(1, Y + 1) == ALL(S, 0), ALL(S, 0), ALL(S, MAXIMUM)));
}

#ifdef HOST
KERNEL(thin, tri_alpha_kept, "shapes as lines (skeleton)",
       "Removes samples from the edges of shapes, which are the samples other than 0, until lines "
       "remain, or for so many iterations. What remains becomes white, all else black. Shapes stay "
       "connected, also by corners. With zhang-suen some diagonals are 2 samples wide, and squares "
       "of 2 x 2 samples vanish; with guo-hall not. Gives what OpenCV's ximgproc.thinning gives of "
       "a picture with a black border, which it needs. Each plane is thinned by itself, so gray "
       "and threshold often come before. Alpha is kept.",
       "gray,threshold,thin",
       PARAM_CHOICE(method, 0, 2, "zhang-suen|guo-hall", "which samples are removed")
           PARAM_INT(iterations, 0, 0, 1000000, "at most; 0: until nothing changes"))
ALIASES(thin, ALIAS("thinning|skeleton|skeletonize|skeletonise|bwskel|bwmorph|zhangsuen",
                    "gray,threshold,thin:method=zhang-suen")
                  ALIAS("guohall", "gray,threshold,thin:method=guo-hall"))

/* The first pass removes the corners, the bottom row and what is on the right: 3 samples above 4
 * remain. The second removes those 3, and what is left and right of the middle ones below. */
KNOWN(thin, "thin", PICTURE(5, 3, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9),
      PICTURE(5, 3, 1, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0))

static const struct tri_pass *const thin_passes[2][2] = {
    {&tri_pass_thin_zhang_suen_1, &tri_pass_thin_zhang_suen_2},
    {&tri_pass_thin_guo_hall_1, &tri_pass_thin_guo_hall_2},
};

/* Adds iterations; the last pass replaces `into`, or makes a new channel if that is 0. */
static int thin_iterate(struct tri_graph *graph, int channel, int iterations, int into)
{
    const struct tri_pass *const *passes = thin_passes[(int)VALUE(method)];
    for (int i = 0; i < 2 * iterations; i++) {
        const bool last = i == 2 * iterations - 1;
        if (last && into != 0) /* it is in no stage with the passes before it */
            NODE(thin_count, .in = {channel});
        channel = tri_graph_add(graph, passes[i % 2],
                                &(struct tri_node_spec){.in = {channel},
                                                        .low = -1,
                                                        .high = 1,
                                                        .reach = 1,
                                                        .into = last ? into : 0,
                                                        .operations = 24});
    }
    return channel;
}

GRAPH(thin)
{
    const int width = tri_graph_width(graph, in.channel[0]),
              height = tri_graph_height(graph, in.channel[0]);
    const int iterations = (int)VALUE(iterations), begin = iterations % THIN_IN_ROUND;
    /* Each round but the last one removes a sample. */
    const uint64_t most = iterations == 0
                              ? (uint64_t)width * (uint64_t)height * (uint64_t)in.planes + 1
                              : (uint64_t)(iterations / THIN_IN_ROUND);
    tri_graph_monochrome(graph);
    for (int p = 0; p < in.planes; p++) {
        const int whole = NODE(thin_surround, .in = {in.channel[p]}, .whole = true,
                               .width = width + 2, .height = height + 2);
        in.channel[p] = thin_iterate(graph, NODE(thin_mark, .in = {whole}), begin, 0);
    }
    if (most > 0) {
        tri_graph_repeat(graph, most);
        for (int p = 0; p < in.planes; p++)
            thin_iterate(graph, in.channel[p], THIN_IN_ROUND, in.channel[p]);
        tri_graph_repeat_end(graph);
    }
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(thin_show, .in = {in.channel[p]}, .whole = true, .reach = 1,
                             .width = width, .height = height);
    return in;
}
#endif
