/* png_metadata.c -- what a PNG file says about its picture: colour, EXIF, resolution, text. */
#include "big_endian.h"
#include "exif.h"
#include "png_codec.h"
#include "png_text.h"

#include <stdlib.h>
#include <string.h>

#define KEYWORD_MAX 79

/* Of these the first that is sound counts; text may be there any number of times. */
enum { ICCP, SRGB, GAMA, CHRM, PHYS, CICP, MDCV, CLLI, SBIT, EXIF, SINGLES, TEXT = SINGLES, NOTHING };

static int kind_of(const struct tri_png_chunk *chunk)
{
    static const char types[][5] = {"iCCP", "sRGB", "gAMA", "cHRM", "pHYs", "cICP", "mDCV",
                                     "cLLI", "sBIT", "eXIf", "tEXt", "zTXt", "iTXt"};
    if ((chunk->type[0] & 32) == 0) /* critical, as all of IDAT */
        return NOTHING;
    for (int i = 0; i < (int)(sizeof types / sizeof types[0]); i++) {
        if (tri_png_chunk_is(chunk, types[i]))
            return i < TEXT ? i : TEXT;
    }
    return NOTHING;
}

/* The bytes of the keyword or name that a chunk begins with, 0: there is none that ends. */
static size_t keyword_size(const struct tri_png_chunk *chunk)
{
    const size_t most = chunk->size < KEYWORD_MAX + 1 ? chunk->size : KEYWORD_MAX + 1;
    const unsigned char *end = most > 0 ? memchr(chunk->data, 0, most) : NULL;
    return end != NULL ? (size_t)(end - chunk->data) : 0;
}

static bool is_sound(int kind, const struct tri_png_chunk *chunk)
{
    static const size_t sizes[SINGLES] = {[SRGB] = 1, [GAMA] = 4, [CHRM] = 32, [PHYS] = 9,
                                          [CICP] = 4, [MDCV] = 24, [CLLI] = 8};
    switch (kind) {
    case TEXT:
        return keyword_size(chunk) > 0;
    case ICCP:
        return keyword_size(chunk) > 0 && chunk->size > keyword_size(chunk) + 2;
    case SBIT:
        return chunk->size >= 1 && chunk->size <= 4;
    case EXIF:
        return chunk->size >= 4 &&
               (memcmp(chunk->data, "II*\0", 4) == 0 || memcmp(chunk->data, "MM\0*", 4) == 0);
    default:
        return chunk->size == sizes[kind];
    }
}

/* The bare profile, of a name, its NUL and the method of compression, of which only 0 is known. */
static bool add_profile(struct tri_metadata *metadata, const struct tri_png_chunk *chunk, bool *added)
{
    const size_t start = keyword_size(chunk) + 2;
    size_t size = 0;
    bool lacking = false;

    *added = false;
    if (chunk->data[start - 1] != 0)
        return true;
    unsigned char *profile = tri_png_inflate(chunk->data + start, chunk->size - start, &size, &lacking);
    if (profile != NULL && size > 0) {
        *added = tri_metadata_add(metadata, "iCCP", profile, size);
        lacking = !*added;
    }
    free(profile);
    return !lacking;
}

/* ---- more than one picture ---- */

static void look_at_frames(struct tri_source *source, const struct tri_png_chunk *chunk, bool first_is_frame)
{
    const uint32_t frames = chunk->size == 8 ? tri_get_be32(chunk->data) : 0;
    if (first_is_frame && frames > 1)
        tri_source_warn(source, "only the first of %u frames is read", frames);
    else if (!first_is_frame && frames > 0)
        tri_source_warn(source, "its still picture is read, and none of its %u frames", frames);
}

/* Whether the picture that all readers see is one of the frames: what says how is before it then. */
static bool is_first_frame(const struct tri_source *source, size_t at)
{
    struct tri_png_chunk chunk;
    while (tri_png_chunk_next(source, &at, &chunk) && !tri_png_chunk_is(&chunk, "IDAT")) {
        if (tri_png_chunk_is(&chunk, "fcTL"))
            return true;
    }
    return false;
}

/* Behind the end of the first one, as programs write several to a pipe. */
static void look_behind(struct tri_source *source, size_t at)
{
    int more = 0;
    for (struct tri_png_chunk chunk; source->size - at >= TRI_PNG_SIGNATURE &&
                                     memcmp(source->data + at, source->data, TRI_PNG_SIGNATURE) == 0; more++) {
        at += TRI_PNG_SIGNATURE;
        while (tri_png_chunk_next(source, &at, &chunk) && !tri_png_chunk_is(&chunk, "IEND"))
            ;
    }
    if (more > 0)
        tri_source_warn(source, "only the first of %d pictures is read", more + 1);
}

/* Meaning that pictures made of this one have not, or not as it is. */
static void note_unknown(struct tri_source *source, const struct tri_png_chunk *chunk)
{
    static const struct {
        char type[5];
        const char *name;
    } known[] = {{"sCAL", "the scale of its subject"}, {"pCAL", "the meaning of its samples"}, {"oFFs", "its place on a page"},
                 {"sTER", "that it is a pair for both eyes"}, {"caBX", "its content credentials"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (tri_png_chunk_is(chunk, known[i].type))
            tri_source_warn(source, "%s (%s) is left out", known[i].name, known[i].type);
    }
}

/* ---- all of it ---- */

struct state {
    struct tri_source *source;
    bool seen[NOTHING];
    int orientation;
    struct tri_png_hidden hidden;
};

static enum tri_status lacking(const struct state *state)
{
    return tri_source_fail(state->source, "no memory for what the file says about the picture");
}

static enum tri_status add(struct state *state, int kind, const struct tri_png_chunk *chunk)
{
    struct tri_metadata *metadata = state->source->metadata;
    bool added = true, sound = true;
    char type[5] = "";
    if (kind == EXIF) {
        state->seen[EXIF] = true;
        return tri_source_exif(state->source, chunk->data, chunk->size, &state->orientation);
    }
    if (metadata == NULL)
        return TRI_OK;
    if (kind == ICCP) {
        sound = add_profile(metadata, chunk, &added);
    } else if (kind == TEXT) {
        sound = tri_png_add_text(state->source, chunk, &state->hidden);
    } else {
        memcpy(type, chunk->type, 4);
        sound = tri_metadata_add(metadata, type, chunk->data, chunk->size);
    }
    if (kind < SINGLES)
        state->seen[kind] |= added;
    return sound ? TRI_OK : lacking(state);
}

/* What chunks of their own have not said. */
static enum tri_status add_hidden(struct state *state)
{
    const struct tri_png_hidden *hidden = &state->hidden;
    if (hidden->profile != NULL && !state->seen[ICCP] &&
        !tri_metadata_add(state->source->metadata, "iCCP", hidden->profile, hidden->profile_size))
        return lacking(state);
    if (hidden->exif == NULL || state->seen[EXIF])
        return TRI_OK;
    return tri_source_exif(state->source, hidden->exif, hidden->exif_size, &state->orientation);
}

static enum tri_status add_all(struct state *state)
{
    struct tri_source *source = state->source;
    struct tri_png_chunk chunk;
    enum tri_status status = TRI_OK;
    size_t at = TRI_PNG_SIGNATURE;

    while (status == TRI_OK && tri_png_chunk_next(source, &at, &chunk) && !tri_png_chunk_is(&chunk, "IEND")) {
        const int kind = kind_of(&chunk);
        if (tri_png_chunk_is(&chunk, "acTL") && tri_png_chunk_intact(&chunk))
            look_at_frames(source, &chunk, is_first_frame(source, at));
        if (kind == NOTHING)
            note_unknown(source, &chunk);
        else if ((kind == TEXT || !state->seen[kind]) && is_sound(kind, &chunk) && tri_png_chunk_intact(&chunk))
            status = add(state, kind, &chunk);
    }
    if (at <= source->size)
        look_behind(source, at);
    return status == TRI_OK ? add_hidden(state) : status;
}

enum tri_status tri_png_read_metadata(struct tri_source *source, int *orientation)
{
    struct state state = {.source = source, .orientation = 1};
    const enum tri_status status = add_all(&state);
    free(state.hidden.exif);
    free(state.hidden.profile);
    *orientation = state.orientation;
    return status == TRI_OK ? tri_source_upright(source, state.orientation) : status;
}
