/* text_setter.h -- the parts of the module that sets text. */
#ifndef TRI_TEXT_SETTER_H
#define TRI_TEXT_SETTER_H

#include "typeset.h"

#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <hb.h>

/* A font at the size of the request. */
struct tri_text_font {
    FT_Face face;
    hb_font_t *font;
};

/* The fonts, and the block that grows from them. */
struct tri_text_setter {
    const struct tri_text_request *request;
    FT_Library library;
    struct tri_text_font *fonts; /* the first is that of the request; others have what it lacks */
    int font_count;
    struct tri_text_others *others; /* text_fallback.c; NULL: the first font had everything */
    unsigned char *block;           /* begins with a struct tri_typeset */
    size_t size, room;
    struct tri_error *error;
};

/* text_font.c: opens the font of the request. */
enum tri_status tri_text_font_open(struct tri_text_setter *setter);
void tri_text_font_close(struct tri_text_setter *setter);
/* Adds a font. TRI_USAGE: it cannot be read, or not be scaled. */
enum tri_status tri_text_font_add(struct tri_text_setter *setter, const char *path, int index);
/* Makes fontconfig ready; *unreadable: what it cannot read of its configuration, or NULL. */
enum tri_status tri_text_font_begin(const struct tri_text_setter *setter, const char **unreadable);
/* Adds what is wanted of every font, and what the configuration says. */
void tri_text_complete(FcPattern *pattern);
bool tri_text_font_is_file(const struct tri_text_setter *setter);

/* Glyphs in one font. */
struct tri_text_shaped {
    hb_buffer_t *glyphs;
    int font;
};

/* A line as it is written, of which parts that are expanded are one digit each. */
struct tri_text_line {
    int count;
    uint32_t characters[TRI_TEXT_MOST];
    unsigned char kinds[TRI_TEXT_MOST]; /* enum tri_text_kind */
    hb_script_t scripts[TRI_TEXT_MOST]; /* those without one have that of their neighbours */
    signed char levels[TRI_TEXT_MOST];  /* of embedding: odd from right to left */
    int order[TRI_TEXT_MOST];           /* the character at each place from left to right */
    short fonts[TRI_TEXT_MOST];         /* while a run is shaped that has several */
    bool starts[TRI_TEXT_MOST];         /* likewise: a cluster begins, which is not split */
    struct tri_text_shaped runs[TRI_TEXT_MOST]; /* while a piece is set */
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
/* text_shape.c: shapes a run, of whose parts each has the first font that can show it, and adds
 * them to those of the line from left to right. */
enum tri_status tri_text_shape(struct tri_text_setter *setter, struct tri_text_line *line,
                               const struct tri_text_run *run);
void tri_text_end_runs(struct tri_text_line *line);

/* text_fallback.c: the font that has most of a cluster's characters, which the first font cannot
 * all show; of several, the one that fontconfig puts first. 0: no font has more of them. */
enum tri_status tri_text_choose(struct tri_text_setter *setter, const uint32_t *cluster, int count,
                                int *font);
/* Keeps for the note the characters of a cluster for which its font has no glyph. */
enum tri_status tri_text_miss(struct tri_text_setter *setter, const uint32_t *cluster, int count,
                              int font);
void tri_text_others_free(struct tri_text_setter *setter);

/* text_piece.c: draws the runs of a line, one behind the other, into the block. */
enum tri_status tri_text_draw(struct tri_text_setter *setter, struct tri_text_line *line,
                              struct tri_text_piece *piece);
/* Adds bytes to the block and returns their place; 0: out of memory. */
size_t tri_text_add(struct tri_text_setter *setter, const void *bytes, size_t size);

#endif
