/* matrix -- makes each colour a weighted sum of red, green and blue. */
#include "kernel.h"

struct matrix {
    float row[3][3]; /* [to][from] */
};

INLINE S matrix_row(f32 red, f32 green, f32 blue, float from_red, float from_green, float from_blue)
{
    const f32 sum =
        (red * ALL(f32, from_red) + green * ALL(f32, from_green)) + blue * ALL(f32, from_blue);
    return S_FROM_F32(sum);
}

PASS(matrix, S, S)
{
    CONSTANT struct matrix *k = CONSTANTS(struct matrix);
    const f32 red = F32(AT_INPUT(0, 0, 0)), green = F32(AT_INPUT(1, 0, 0)),
              blue = F32(AT_INPUT(2, 0, 0));
    PUT_OUTPUT(0, matrix_row(red, green, blue, k->row[0][0], k->row[0][1], k->row[0][2]));
    PUT_OUTPUT(1, matrix_row(red, green, blue, k->row[1][0], k->row[1][1], k->row[1][2]));
    PUT_OUTPUT(2, matrix_row(red, green, blue, k->row[2][0], k->row[2][1], k->row[2][2]));
}

#ifdef HOST
KERNEL(matrix, tri_alpha_kept, "3x3 colour matrix",
       "Each colour becomes a weighted sum of red, green and blue, rounded and clamped; rg is the "
       "weight of green in red. In a gray picture the three are equal. Alpha is kept. The example "
       "is sepia.",
       "matrix:rr=0.393:rg=0.769:rb=0.189:gr=0.349:gg=0.686:gb=0.168:br=0.272:bg=0.534:bb=0.131",
       PARAM_FLOAT(rr, 1, -8, 8, "red from red") PARAM_FLOAT(rg, 0, -8, 8, "red from green")
           PARAM_FLOAT(rb, 0, -8, 8, "red from blue") PARAM_FLOAT(gr, 0, -8, 8, "green from red")
               PARAM_FLOAT(gg, 1, -8, 8, "green from green")
                   PARAM_FLOAT(gb, 0, -8, 8, "green from blue")
                       PARAM_FLOAT(br, 0, -8, 8, "blue from red")
                           PARAM_FLOAT(bg, 0, -8, 8, "blue from green")
                               PARAM_FLOAT(bb, 1, -8, 8, "blue from blue"))
ALIASES(
    matrix,
    ALIAS("colormatrix|colourmatrix|colorchannelmixer|recomb", "matrix") ALIAS(
        "sepia|sepiatone",
        "matrix:rr=0.393:rg=0.769:rb=0.189:gr=0.349:gg=0.686:gb=0.168:br=0.272:bg=0.534:bb=0.131"))

KNOWN(matrix, "matrix:rr=0:rg=1:gg=0.5:br=-1", PICTURE(2, 1, 3, 10, 20, 100, 201, 30, 7),
      PICTURE(2, 1, 3, 100, 201, 50, 100, 20, 0))

GRAPH(matrix)
{
    const struct matrix k = {{{(float)VALUE(rr), (float)VALUE(rg), (float)VALUE(rb)},
                              {(float)VALUE(gr), (float)VALUE(gg), (float)VALUE(gb)},
                              {(float)VALUE(br), (float)VALUE(bg), (float)VALUE(bb)}}};
    const int gray = in.planes == 1;
    const int first =
        NODE(matrix, .in = {in.channel[0], in.channel[gray ? 0 : 1], in.channel[gray ? 0 : 2]},
             .outputs = 3, .constants = &k, .constants_size = sizeof k);
    return (struct tri_value){3, {first, first + 1, first + 2}};
}
#endif
