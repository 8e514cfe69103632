/* typeset.h -- text that is set in a font: coverage of its pieces, which are put together for each
 * frame without a library and without memory of their own. */
#ifndef TRI_TYPESET_H
#define TRI_TYPESET_H

#include "../triptych.h"

/* What is set. Text is UTF-8; %{frame}, %{time} and %% are expanded, newlines begin lines. */
struct tri_text_request {
    const char *text, *font; /* font: a path with a slash, or a pattern of fontconfig */
    double size;             /* of the font, in pixels */
    double outline;          /* pixels around the glyphs; 0: none */
};

enum tri_text_kind { TRI_TEXT_PLAIN, TRI_TEXT_FRAME, TRI_TEXT_TIME };

/* A part of a line; `text` is not terminated. */
struct tri_text_segment {
    enum tri_text_kind kind;
    int line;
    const char *text;
    int length;
};

#define TRI_TEXT_SIGNS "0123456789:." /* of numbers and times */
enum { TRI_TEXT_SIGN_COUNT = 12, TRI_TEXT_MOST = 4096, TRI_TEXT_SEGMENTS = 512 };
enum { TRI_TEXT_MISSED = 8 };

/* Splits the text, of which plain segments without '%' are parts; "%%" gives one of "%". Returns
 * their number; -1 and TRI_USAGE in `error` if the text is wrong. */
int tri_text_split(const char *text, struct tri_text_segment segments[TRI_TEXT_SEGMENTS],
                   struct tri_error *error);

/* Coverage of a part of a line or of a sign, from 0 to 255, in rows of `width`. */
struct tri_text_piece {
    enum tri_text_kind kind; /* others than plain are put together from signs */
    int line;
    bool backwards; /* its signs go from right to left */
    int left, top;  /* of its first sample from the pen, right of it and above the baseline */
    int width, height, advance; /* advance in 64ths of a pixel */
    int ascent, descent;        /* the largest of its fonts, in pixels */
    int baseline;               /* of its line, below the top of the first line */
    size_t layers[2];           /* places in the block, of glyphs and of their outline */
};

/* One block of memory, which may be copied. */
struct tri_typeset {
    size_t size; /* of the block */
    int lines, pieces;
    int height;   /* of all lines, in pixels */
    bool moves;   /* it differs between frames */
    bool guessed; /* some line has both directions, for which a library is missing */
    int missing;  /* how many characters no font has, each counted once */
    uint32_t missed[TRI_TEXT_MISSED]; /* the first of these */
    struct tri_text_piece signs[TRI_TEXT_SIGN_COUNT];
    size_t piece; /* place of the pieces, those of a line from left to right */
};

/* Sets the text; end it with free(). TRI_USAGE: the text or the font is wrong; TRI_FAILED: the
 * module for text cannot be loaded, or out of memory. */
enum tri_status tri_text_set(const struct tri_text_request *request, struct tri_typeset **typeset,
                             struct tri_error *error);
/* Writes a note of the characters that no font has. */
void tri_typeset_missing(const struct tri_typeset *typeset, char *text, size_t size);
/* What the module has: the same for text that is split. */
struct tri_text_module {
    enum tri_status (*set)(const struct tri_text_request *request,
                           const struct tri_text_segment *segments, int count,
                           struct tri_typeset **typeset, struct tri_error *error);
};

/* Where the text is in a picture: gravity is a side or corner, row by row from northwest; x and y
 * count from there. */
struct tri_text_place {
    int width, height, gravity, x, y;
    long number;    /* of the frame, from 1 */
    double seconds; /* its time */
};
struct tri_text_box {
    int x, y, width, height;
};
/* The part of the picture that may be covered, in any frame; width 0: none. */
struct tri_text_box tri_typeset_box(const struct tri_typeset *typeset,
                                    const struct tri_text_place *place);
/* Adds coverage times `most` / 255 (rounded) of a layer to samples of the box, which begin as 0;
 * rows are `stride` samples of 8 or 16 bits apart. */
struct tri_text_mask {
    struct tri_text_box box;
    void *samples;
    int stride, bits;
    uint32_t most;
};
void tri_typeset_draw(const struct tri_typeset *typeset, const struct tri_text_place *place,
                      int layer, const struct tri_text_mask *mask);

#endif
