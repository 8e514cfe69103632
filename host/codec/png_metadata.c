/* png_metadata.c -- reads a PNG file's metadata: colour, EXIF, resolution, text. */
#include "big_endian.h"
#include "exif.h"
#include "png_codec.h"
#include "png_private.h"
#include "png_text.h"

#include <stdlib.h>
#include <string.h>

#define KEYWORD_MAX 79

/* The first sound one of each kind counts; text may occur any number of times. */
enum {
    ICCP,
    SRGB,
    GAMA,
    CHRM,
    PHYS,
    CICP,
    MDCV,
    CLLI,
    SBIT,
    EXIF,
    SINGLES,
    TEXT = SINGLES,
    NOTHING
};

static int kind_of(const struct tri_png_chunk *chunk)
{
    static const char types[][5] = {"iCCP", "sRGB", "gAMA", "cHRM", "pHYs", "cICP", "mDCV",
                                    "cLLI", "sBIT", "eXIf", "tEXt", "zTXt", "iTXt"};
    if ((chunk->type[0] & 32) == 0) /* critical, like IDAT */
        return NOTHING;
    for (int i = 0; i < (int)(sizeof types / sizeof types[0]); i++) {
        if (tri_png_chunk_is(chunk, types[i]))
            return i < TEXT ? i : TEXT;
    }
    return NOTHING;
}

/* The size of the keyword or name that a chunk starts with; 0 if it has no end. */
static size_t keyword_size(const struct tri_png_chunk *chunk)
{
    const size_t most = chunk->size < KEYWORD_MAX + 1 ? chunk->size : KEYWORD_MAX + 1;
    const unsigned char *end = most > 0 ? memchr(chunk->data, 0, most) : NULL;
    return end != NULL ? (size_t)(end - chunk->data) : 0;
}

static bool is_sound(int kind, const struct tri_png_chunk *chunk)
{
    static const size_t sizes[SINGLES] = {
        [SRGB] = 1, [GAMA] = 4, [CHRM] = 32, [PHYS] = 9, [CICP] = 4, [MDCV] = 24, [CLLI] = 8};
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

/* The chunk has a name, a NUL, the compression method (only 0 is known), and the profile. */
static bool add_profile(struct tri_metadata *metadata, const struct tri_png_chunk *chunk,
                        bool *added)
{
    const size_t start = keyword_size(chunk) + 2;
    size_t size = 0;
    bool lacking = false;

    *added = false;
    if (chunk->data[start - 1] != 0)
        return true;
    unsigned char *profile =
        tri_png_inflate(chunk->data + start, chunk->size - start, &size, &lacking);
    if (profile != NULL && size > 0) {
        *added = tri_metadata_add(metadata, "iCCP", profile, size);
        lacking = !*added;
    }
    free(profile);
    return !lacking;
}

/* ---- several pictures ---- */

static void look_at_frames(struct tri_source *source, const struct tri_png_chunk *chunk,
                           bool first_is_frame)
{
    const uint32_t frames = chunk->size == 8 ? tri_get_be32(chunk->data) : 0;
    if (frames < 1 || source->several || (frames == 1 && first_is_frame))
        return;
    source->pictures = frames;
    source->animated = true;
    if (first_is_frame)
        tri_source_warn(source, "only the first of %u frames is read", frames);
    else
        tri_source_warn(source, "only the still picture is read, not the %u frames", frames);
}

/* Whether the still picture is one of the frames: then its fcTL precedes it. */
static bool is_first_frame(const struct tri_source *source, size_t at)
{
    struct tri_png_chunk chunk;
    while (tri_png_chunk_next(source, &at, &chunk) && !tri_png_chunk_is(&chunk, "IDAT")) {
        if (tri_png_chunk_is(&chunk, "fcTL"))
            return true;
    }
    return false;
}

/* Counts the files after the first; programs write several to a pipe. */
static void look_behind(struct tri_source *source, size_t at)
{
    long more = 0;
    size_t extent = 1, wanted;
    for (; extent > 0 && source->size - at >= TRI_PNG_SIGNATURE &&
           memcmp(source->data + at, source->data, TRI_PNG_SIGNATURE) == 0;
         more++) {
        extent = tri_png_extent(source->data + at, source->size - at, true, &wanted);
        at += extent;
    }
    if (more == 0 || source->several)
        return;
    if (!source->animated)
        source->pictures = 0;
    tri_source_warn(source, "only the first of %ld pictures is read", more + 1);
}

/* ---- all chunks ---- */

struct state {
    struct tri_source *source;
    bool seen[NOTHING];
    int orientation;
    bool pixels; /* a chunk of them has been passed */
    char dropped[TRI_CHUNK_LIST_MAX];
    struct tri_png_hidden hidden;
};

static enum tri_status lacking(const struct state *state)
{
    return tri_source_fail(state->source, "out of memory for metadata");
}

/* Meanings that derived pictures no longer have, or not unchanged. */
static bool add_other(struct state *state, const struct tri_png_chunk *chunk)
{
    static const struct {
        char type[5];
        const char *name; /* NULL: about how the file is written, or to be shown */
    } known[] = {{"sCAL", "physical scale"},
                 {"pCAL", "sample calibration"},
                 {"oFFs", "position on the page"},
                 {"sTER", "stereo layout"},
                 {"caBX", "content credentials"},
                 {"dSIG", "digital signature"},
                 {"acTL", NULL},
                 {"fcTL", NULL},
                 {"fdAT", NULL},
                 {"tRNS", NULL},
                 {"bKGD", NULL},
                 {"hIST", NULL},
                 {"sPLT", NULL},
                 {"tIME", NULL},
                 {"iDOT", NULL}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!tri_png_chunk_is(chunk, known[i].type))
            continue;
        if (known[i].name != NULL)
            tri_source_warn(state->source, "%s (%s) dropped", known[i].name, known[i].type);
        return true;
    }
    return tri_png_private_add(state->source, chunk, state->pixels, state->dropped);
}

/* Ancillary, and with a type that can be printed. */
static bool is_other(const struct tri_png_chunk *chunk)
{
    for (int i = 0; i < 4; i++) {
        if ((chunk->type[i] | 32) < 'a' || (chunk->type[i] | 32) > 'z')
            return false;
    }
    return (chunk->type[0] & 32) != 0;
}

static void tell_dropped(struct state *state)
{
    /* They may be about places in the picture as it was stored. */
    if (state->orientation > 1)
        tri_metadata_forget_chunks(state->source->metadata, state->dropped);
    if (state->dropped[0] != '\0')
        tri_source_warn(state->source, "chunks of unknown meaning dropped: %s", state->dropped);
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

/* What no dedicated chunk provides. */
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

    while (status == TRI_OK && tri_png_chunk_next(source, &at, &chunk) &&
           !tri_png_chunk_is(&chunk, "IEND")) {
        const int kind = kind_of(&chunk);
        if (tri_png_chunk_is(&chunk, "acTL") && tri_png_chunk_intact(&chunk))
            look_at_frames(source, &chunk, is_first_frame(source, at));
        state->pixels |= tri_png_chunk_is(&chunk, "IDAT");
        if (kind == NOTHING && is_other(&chunk))
            status = add_other(state, &chunk) ? TRI_OK : lacking(state);
        else if (kind != NOTHING && (kind == TEXT || !state->seen[kind]) &&
                 is_sound(kind, &chunk) && tri_png_chunk_intact(&chunk))
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
    tell_dropped(&state);
    *orientation = state.orientation;
    return status == TRI_OK ? tri_source_upright(source, state.orientation) : status;
}
