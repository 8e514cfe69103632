/* text -- draws text. The host part sets it, and puts the coverage of each sample in a box into the
 * constants; the body mixes samples with the colour. */
#include "kernel.h"

#define TEXT_LANES 64

/* Rows of the mask follow: one of zeros, those of the box, and another of zeros; each has zeros on
 * both sides for lanes that begin before the box or go on behind it. */
struct text {
    uint ink[4]; /* for each plane */
    int x, y, width, height, stride;
    int layer;
    uint most;    /* of the mask */
    int place[5]; /* size of the picture, gravity, x and y */
    uint typeset; /* where that begins, in bytes */
};

#if BITS == 8
#define TEXT_MASK_LANES(k, at) CONSTANT_LANES(u8, (CONSTANT uchar *)((k) + 1) + (at))
#else
#define TEXT_MASK_LANES(k, at) CONSTANT_LANES(u16, (CONSTANT ushort *)((k) + 1) + (at))
#endif

INLINE S text_mix(S share, uint ink, S a)
{
    return divide_maximum(TO_WIDE(share) * ALL(WIDE, ink) +
                          TO_WIDE(ALL(S, MAXIMUM) - share) * TO_WIDE(a));
}

INLINE int text_clamp(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

#define TEXT_SHARE \
    CONSTANT struct text *k = CONSTANTS(struct text); \
    const int text_row = text_clamp(Y - k->y + 1, k->height + 1); \
    const int text_column = text_clamp(X - k->x + TEXT_LANES, k->width + TEXT_LANES); \
    const S share = TEXT_MASK_LANES(k, text_row * k->stride + text_column);
#define TEXT_PLANE(i) PUT_OUTPUT(i, text_mix(share, k->ink[i], AT_INPUT(i, 0, 0)))

PASS(text_1, S, S)
{
    TEXT_SHARE
    TEXT_PLANE(0);
}

PASS(text_2, S, S)
{
    TEXT_SHARE
    TEXT_PLANE(0);
    TEXT_PLANE(1);
}

PASS(text_3, S, S)
{
    TEXT_SHARE
    TEXT_PLANE(0);
    TEXT_PLANE(1);
    TEXT_PLANE(2);
}

PASS(text_4, S, S)
{
    TEXT_SHARE
    TEXT_PLANE(0);
    TEXT_PLANE(1);
    TEXT_PLANE(2);
    TEXT_PLANE(3);
}

#ifdef HOST
#include "../../host/text/typeset.h"

#include <stdlib.h>
#include <string.h>

KERNEL(
    text, tri_alpha_premultiplied, "text over the picture",
    "Draws text in any script: FreeType draws the glyphs, unhinted and smooth, HarfBuzz shapes "
    "them, FriBidi puts what goes from left to right and from right to left in order; each line "
    "has the direction of its first letter. The font is a name that fontconfig knows, such as "
    "serif or DejaVu Sans:bold, or a "
    "file, if it has a slash; what it lacks is drawn in the best of the other fonts that have it. "
    "A newline begins a new line; x and y count from the side or "
    "corner of gravity, to which lines are also aligned. %{frame} becomes the number of the "
    "frame, from 1, %{time} its time as HH:MM:SS.mmm, and %% a percent sign; pictures count as "
    "25 frames in a second. First the outline is mixed in, if it has a width, then the glyphs; "
    "each sample times the rest plus the colour times coverage, alpha of the colour and "
    "opacity, rounded to nearest. Clear pixels become as opaque as the text.",
    "text:text=Triptych:size=20:gravity=southeast:x=4:y=4",
    PARAM_TEXT(text, 0, "what to draw, with quotes around , : = and blanks") PARAM_FLOAT(
        size, 32, 1, 2000, "of the font, in pixels") PARAM_COLOUR(colour, "white", "of the glyphs")
        PARAM_FLOAT(outline, 0, 0, 100, "width around the glyphs, in pixels")
            PARAM_COLOUR(outline_colour, "black", "of the outline")
                PARAM_CHOICE(gravity, 0, 9,
                             "northwest|north|northeast|west|center|east|southwest|south|southeast",
                             "side or corner from which x and y count")
                    PARAM_INT(x, 0, -1000000, 1000000,
                              "pixels from gravity's side, or right of the centre")
                        PARAM_INT(y, 0, -1000000, 1000000,
                                  "pixels from gravity's side, or below the centre")
                            PARAM_FLOAT(opacity, 1, 0, 1, "of all of it")
                                PARAM_TEXT(font, "sans", "name or file"))
ALIASES(text, ALIAS("drawtext|annotate|puttext|caption|subtitle", "text:text='Hello'"))

/* Blanks cover nothing, whatever the font; what covers something is in tests/oracles/text.c. */
KNOWN(text, "text:text=' ':colour=black", PICTURE(3, 1, 1, 200, 100, 7),
      PICTURE(3, 1, 1, 200, 100, 7))

static struct tri_text_place text_place_of(const struct text *k, long number, double seconds)
{
    return (struct tri_text_place){k->place[0], k->place[1], k->place[2], k->place[3],
                                   k->place[4], number,      seconds};
}

static void text_draw(struct text *k, int bits, const struct tri_text_place *place)
{
    const size_t bytes = (size_t)bits / 8, rows = (size_t)k->height + 2;
    uchar *mask = (uchar *)(k + 1);
    memset(mask, 0, rows * (size_t)k->stride * bytes);
    const struct tri_text_mask to = {{k->x, k->y, k->width, k->height},
                                     mask + ((size_t)k->stride + TEXT_LANES) * bytes,
                                     k->stride,
                                     bits,
                                     k->most};
    tri_typeset_draw((const struct tri_typeset *)(const void *)((uchar *)k + k->typeset), place,
                     k->layer, &to);
}

static void text_frame(long number, const struct tri_operation *operation, void *constants)
{
    struct text *k = constants;
    const struct tri_text_place place =
        text_place_of(k, number + 1, tri_operation_seconds(operation, number));
    text_draw(k, tri_operation_bits(operation), &place);
}

static void text_set_ink(struct tri_graph *graph, struct text *k, int planes, const char *param)
{
    const struct tri_rgba colour = tri_operation_colour(tri_graph_operation(graph), param);
    const uint maximum = (1u << tri_graph_bits(graph)) - 1, scale = maximum / 255;
    const uint rgb[3] = {colour.red, colour.green, colour.blue};
    const uint gray = (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000;
    for (int p = 0; p < planes; p++)
        k->ink[p] = planes % 2 == 0 && p == planes - 1 ? maximum
                    : planes < 3                       ? gray * scale
                                                       : rgb[p] * scale;
    k->most = (uint)(VALUE(opacity) * colour.alpha / 255 * maximum + 0.5);
}

/* Mixes a layer into all planes. */
static struct tri_value text_layer(struct tri_graph *graph, struct tri_value in,
                                   const struct tri_typeset *typeset, struct text *k)
{
    static const struct tri_pass *const passes[] = {&tri_pass_text_1, &tri_pass_text_2,
                                                    &tri_pass_text_3, &tri_pass_text_4};
    const struct tri_text_place place = text_place_of(k, 1, 0);
    text_set_ink(graph, k, in.planes, k->layer == 0 ? "colour" : "outline_colour");
    text_draw(k, tri_graph_bits(graph), &place);
    struct tri_node_spec spec = {.outputs = in.planes,
                                 .operations = 3,
                                 .constants = k,
                                 .constants_size = k->typeset + typeset->size,
                                 .frame = typeset->moves ? text_frame : 0};
    for (int p = 0; p < in.planes; p++)
        spec.in[p] = in.channel[p];
    const int first = tri_graph_add(graph, passes[in.planes - 1], &spec);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = first + p;
    return in;
}

/* The constants of either layer. */
static struct text *text_constants(struct tri_graph *graph, const struct tri_value *in,
                                   const struct tri_typeset *typeset)
{
    struct text own = {.place = {tri_graph_width(graph, in->channel[0]),
                                 tri_graph_height(graph, in->channel[0]), (int)VALUE(gravity),
                                 (int)VALUE(x), (int)VALUE(y)}};
    const struct tri_text_place place = text_place_of(&own, 1, 0);
    const struct tri_text_box box = tri_typeset_box(typeset, &place);
    own.x = box.x;
    own.y = box.y;
    own.width = box.width;
    own.height = box.height;
    own.stride = (box.width + 2 * TEXT_LANES + 15) / 16 * 16;
    const size_t mask =
        ((size_t)box.height + 2) * (size_t)own.stride * (size_t)tri_graph_bits(graph) / 8;
    const size_t typeset_at = (sizeof own + mask + 15) / 16 * 16;
    own.typeset = (uint)typeset_at;
    struct text *k = calloc(1, typeset_at + typeset->size);
    if (k == NULL)
        return 0;
    *k = own;
    memcpy((uchar *)k + typeset_at, typeset, typeset->size);
    return k;
}

GRAPH(text)
{
    const struct tri_text_request request = {TEXT(text), TEXT(font), VALUE(size), VALUE(outline)};
    struct tri_typeset *typeset = 0;
    struct tri_error error;
    tri_graph_needs_rgb(graph);
    if (tri_text_set(&request, &typeset, &error) != TRI_OK) {
        tri_graph_fail_as(graph, &error);
        return in;
    }
    if (typeset->guessed)
        tri_graph_note(graph, "text: a line in both directions of writing goes in that of its "
                              "first letter: this build lacks FriBidi");
    if (typeset->missing > 0) {
        char note[300];
        tri_typeset_missing(typeset, note, sizeof note);
        tri_graph_note(graph, note);
    }
    struct text *k = text_constants(graph, &in, typeset);
    if (k == 0)
        tri_graph_fail(graph, "text: out of memory for coverage");
    for (int layer = request.outline > 0 ? 1 : 0; k != 0 && layer >= 0; layer--) {
        k->layer = layer;
        in = text_layer(graph, in, typeset, k);
    }
    free(k);
    free(typeset);
    return in;
}
#endif
