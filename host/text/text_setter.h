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

/* text_piece.c: draws a run of text into the block. */
enum tri_status tri_text_draw_run(struct tri_text_setter *setter, const char *text, int length,
                                  struct tri_text_piece *piece, bool *right_to_left);
/* Adds bytes to the block and returns their place; 0: out of memory. */
size_t tri_text_add(struct tri_text_setter *setter, const void *bytes, size_t size);

#endif
