/* transpose -- mirrors the picture at a diagonal: rows become columns. */
#include "kernel.h"

TRANSPOSE(transpose_main, Y, X);

TRANSPOSE(transpose_anti, IN_WIDTH - 1 - Y, IN_HEIGHT - 1 - X);

#ifdef HOST
KERNEL(transpose, tri_alpha_plain, "mirror at a diagonal",
       "Rows become columns. diagonal=main keeps the top left corner, diagonal=anti the top right "
       "one.",
       "transpose:diagonal=anti",
       PARAM_CHOICE(diagonal, 0, 2, "main|anti", "the line that stays in place"))
ALIASES(transpose, ALIAS("transposed|swapaxes|permute", "transpose:diagonal=main")
                       ALIAS("transverse|antitranspose", "transpose:diagonal=anti"))

KNOWN(transpose, "transpose", PICTURE(3, 2, 1, 1, 2, 3, 4, 5, 6),
      PICTURE(2, 3, 1, 1, 4, 2, 5, 3, 6))

GRAPH_PLANE(transpose)
{
    const int width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    tri_graph_same_samples(graph);
    tri_graph_transposed(graph);
    tri_graph_moves(graph, VALUE(diagonal) == 1, VALUE(diagonal) == 1);
    if (VALUE(diagonal) == 0)
        return NODE(transpose_main, .in = {in}, .whole = true, .transposed = true, .width = height,
                    .height = width);
    return NODE(transpose_anti, .in = {in}, .whole = true, .transposed = true, .width = height,
                .height = width);
}
#endif
