/* text_setter.h -- the parts of the module that sets text. */
#ifndef TRI_TEXT_SETTER_H
#define TRI_TEXT_SETTER_H

#include "typeset.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include <hb.h>

/* A font at a size, and the block that grows from it. */
struct tri_text_setter {
    const struct tri_text_request *request;
    FT_Library library;
    FT_Face face;
    hb_font_t *font;
    unsigned char *block; /* begins with a struct tri_typeset */
    size_t size, room;
    struct tri_error *error;
};

/* text_font.c: opens the font of the request. */
enum tri_status tri_text_font_open(struct tri_text_setter *setter);
void tri_text_font_close(struct tri_text_setter *setter);

/* A line as it is written, of which parts that are expanded are one digit each. */
struct tri_text_line {
    int count;
    uint32_t characters[TRI_TEXT_MOST];
    unsigned char kinds[TRI_TEXT_MOST]; /* enum tri_text_kind */
    hb_script_t scripts[TRI_TEXT_MOST]; /* those without one have that of their neighbours */
    signed char levels[TRI_TEXT_MOST];  /* of embedding: odd from right to left */
    int order[TRI_TEXT_MOST];           /* the character at each place from left to right */
    hb_buffer_t *runs[TRI_TEXT_MOST];   /* while a piece is set */
    int run_count;
};
/* text_order.c: levels and order, by the Unicode bidirectional algorithm. `guessed`: the line has
 * both directions, for which FriBidi is missing. False: out of memory. */
bool tri_text_order(struct tri_text_line *line, bool *guessed);

/* text_line.c: adds the pieces of a line from left to right. */
enum tri_status tri_text_set_line(struct tri_text_setter *setter, struct tri_text_line *line,
                                  const struct tri_text_segment *segments, int count,
                                  struct tri_text_piece *pieces, int *piece_count);

/* Characters of one level and script. */
struct tri_text_run {
    int first, length, level;
    hb_script_t script;
};
/* text_piece.c: shapes a run of some characters, NULL: out of memory. */
hb_buffer_t *tri_text_shape(struct tri_text_setter *setter, const uint32_t *characters, int count,
                            const struct tri_text_run *run);
/* Draws runs, one behind the other, into the block. */
enum tri_status tri_text_draw(struct tri_text_setter *setter, hb_buffer_t *const *runs, int count,
                              struct tri_text_piece *piece);
/* Adds bytes to the block and returns their place; 0: out of memory. */
size_t tri_text_add(struct tri_text_setter *setter, const void *bytes, size_t size);

#endif
