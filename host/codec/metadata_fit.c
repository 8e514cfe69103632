/* metadata_fit.c -- selects the metadata a format can hold. */
#include "metadata_fit.h"
#include "exif.h"
#include "ifd.h"
#include "text.h"
#include "xmp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct state {
    const struct tri_carry *carry;
    const struct tri_metadata *from;
    struct tri_metadata *to;
    char left[TRI_NOTE_MAX]; /* items left out, separated by ", " */
};

static void leave(struct state *state, const char *what)
{
    const size_t used = strlen(state->left);
    if (strstr(state->left, what) == NULL)
        snprintf(state->left + used, sizeof state->left - used, "%s%s", used > 0 ? ", " : "", what);
}

static bool keeps(const struct state *state, unsigned kind)
{
    return (state->carry->codec->keeps & kind) != 0;
}

static bool add(struct state *state, const struct tri_metadata_item *item)
{
    return tri_metadata_add(state->to, item->type, item->data, item->size);
}

/* ---- EXIF and XMP ---- */

static bool add_exif(struct state *state, const struct tri_metadata_item *item)
{
    const struct tri_exif_picture picture = {state->carry->image, state->carry->jpeg};
    size_t size;
    bool blanked;
    if (!keeps(state, TRI_KEEPS_EXIF)) {
        leave(state, "EXIF");
        return true;
    }
    unsigned char *data = tri_exif_fit(item->data, item->size, &picture, &size, &blanked);
    if (data == NULL)
        return false;
    if (keeps(state, TRI_KEEPS_TIFF) && tri_exif_has_thumbnail(item->data, item->size))
        leave(state, "EXIF thumbnail");
    if (blanked)
        tri_note(state->carry->note, "preview in the EXIF maker note dropped");
    const bool added = tri_metadata_add(state->to, item->type, data, size);
    free(data);
    return added;
}

/* Programs without XMP write it empty. */
static bool is_empty(const struct tri_metadata_item *item)
{
    for (size_t i = 0; i < item->size; i++) {
        if (item->data[i] != 0 && !isspace(item->data[i]))
            return false;
    }
    return true;
}

static bool add_xmp(struct state *state, const struct tri_metadata_item *item)
{
    const struct tri_shape *shape = &state->carry->image->shape;
    size_t size;
    bool sound;
    if (is_empty(item))
        return true;
    if (!keeps(state, TRI_KEEPS_XMP)) {
        leave(state, "XMP");
        return true;
    }
    char *data = tri_xmp_fit(item->data, item->size, shape->width, shape->height, &size, &sound);
    if (!sound)
        tri_note(state->carry->note, "XMP dropped: it is not a UTF-8 packet");
    const bool added =
        !sound || (data != NULL && tri_metadata_add(state->to, item->type, data, size));
    free(data);
    return added;
}

/* ---- colour ---- */

static bool add_profile(struct state *state, const struct tri_metadata_item *item)
{
    const int planes = keeps(state, TRI_WRITES_RGB) ? 3 : state->carry->image->shape.planes;
    if (!keeps(state, TRI_KEEPS_PROFILE)) {
        leave(state, "colour profile");
    } else if (tri_metadata_profile(state->from, planes) == item) {
        return add(state, item);
    } else if (item->size >= 132 && memcmp(item->data + 36, "acsp", 4) == 0 &&
               tri_metadata_find(state->from, "iCCP") == item) {
        tri_note(state->carry->note,
                 "colour profile dropped: it does not match the picture's colour space");
    }
    return true;
}

static bool is_usual(const struct state *state, const struct tri_metadata_item *item)
{
    const bool told = tri_metadata_find(state->from, "sRGB") != NULL ||
                      tri_metadata_find(state->to, "iCCP") != NULL;
    if (strcmp(item->type, "gAMA") == 0 || strcmp(item->type, "cHRM") == 0)
        return told || tri_metadata_is_srgb(item);
    return strcmp(item->type, "sRGB") == 0 || (strcmp(item->type, "cICP") == 0 && item->size == 4 &&
                                               memcmp(item->data, "\1\r\0\1", 4) == 0);
}

/* One number per sample of a pixel; pixels may have gained or lost samples. */
static bool add_bits(struct state *state, const struct tri_metadata_item *item)
{
    const struct tri_shape *shape = &state->carry->image->shape;
    const int colours = shape->planes < 3 ? 1 : 3;
    unsigned char bits[TRI_PLANES_MAX] = {0};
    if (item->size < (size_t)colours || item->size > TRI_PLANES_MAX ||
        (colours == 1 && item->size > 2))
        return true;
    memset(bits, shape->bits, sizeof bits);
    memcpy(bits, item->data,
           item->size < (size_t)shape->planes ? item->size : (size_t)shape->planes);
    for (int p = 0; p < shape->planes; p++) {
        if (bits[p] < 1 || bits[p] > shape->bits)
            return true;
    }
    return tri_metadata_add(state->to, "sBIT", bits, (size_t)shape->planes);
}

/* ---- all items ---- */

static void leave_tiff(struct state *state, const struct tri_metadata_item *item)
{
    struct tri_ifd tags;
    if (!tri_ifd_open(&tags, item->data, item->size))
        return;
    const size_t first = tri_ifd_first(&tags);
    for (size_t i = 0; i < tri_ifd_count(&tags, first); i++) {
        const unsigned tag = tri_ifd_get_16(&tags, tri_ifd_entry(&tags, first, i));
        if (tag == TRI_TAG_IMAGEJ || tag == TRI_TAG_IMAGEJ_SIZES)
            leave(state, "ImageJ tags");
        else if (tag != TRI_TAG_X_RESOLUTION && tag != TRI_TAG_Y_RESOLUTION &&
                 tag != TRI_TAG_RESOLUTION_UNIT)
            leave(state, "GeoTIFF tags");
    }
}

static void leave_chunk(struct state *state, const struct tri_metadata_item *item)
{
    char name[] = "chunk ....";
    if (item->size < TRI_CHUNK_HEAD)
        return;
    memcpy(name + 6, item->data + 1, 4);
    leave(state, name);
}

/* Square pixels without a unit. */
static bool says_nothing(const struct tri_metadata_item *density)
{
    return density->size != 9 ||
           (density->data[8] == 0 && memcmp(density->data, density->data + 4, 4) == 0);
}

static bool carry_item(struct state *state, const struct tri_metadata_item *item)
{
    static const struct {
        const char *type, *name;
        unsigned kind;
    } kinds[] = {
        {"gAMA", "gamma (gAMA)", TRI_KEEPS_COLOUR},
        {"cHRM", "primaries (cHRM)", TRI_KEEPS_COLOUR},
        {"sRGB", "sRGB", TRI_KEEPS_COLOUR},
        {"cICP", "colour description (cICP)", TRI_KEEPS_COLOUR | TRI_KEEPS_CICP},
        {"mDCV", "mastering display (mDCV)", TRI_KEEPS_COLOUR},
        {"cLLI", "light level (cLLI)", TRI_KEEPS_COLOUR},
        {"sBIT", "significant bits (sBIT)", TRI_KEEPS_COLOUR},
        {"pHYs", "density", TRI_KEEPS_DENSITY},
        {"IPTC", "IPTC", TRI_KEEPS_IPTC},
        {"TIFF", "", TRI_KEEPS_TIFF},
        {"PNG ", "", TRI_KEEPS_CHUNKS},
        {"A53 ", "closed captions", 0},
        {"AFD ", "active format description (AFD)", 0},
        {"S12M", "timecode", 0},
        {"HDR+", "HDR10+", 0},
    };
    const char *type = item->type;
    if (strcmp(type, "eXIf") == 0)
        return add_exif(state, item);
    if (strcmp(type, "XMP ") == 0)
        return add_xmp(state, item);
    if (strcmp(type, "iCCP") == 0)
        return add_profile(state, item);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(type, kinds[i].type) != 0)
            continue;
        if (keeps(state, kinds[i].kind))
            return strcmp(type, "sBIT") == 0 ? add_bits(state, item) : add(state, item);
        if (strcmp(type, "TIFF") == 0)
            leave_tiff(state, item);
        else if (strcmp(type, "PNG ") == 0)
            leave_chunk(state, item);
        else if (strcmp(type, "pHYs") == 0 ? !keeps(state, TRI_KEEPS_EXIF) && !says_nothing(item)
                                           : !is_usual(state, item))
            leave(state, kinds[i].name);
        return true;
    }
    return keeps(state, TRI_KEEPS_TEXT) ? add(state, item) : true;
}

static void leave_text(struct state *state)
{
    struct tri_text text;
    for (int i = 0; i < tri_metadata_count(state->from); i++) {
        if (tri_text_get(tri_metadata_at(state->from, i), &text))
            leave(state, "text");
    }
}

static void name_format(const struct tri_format *format, char name[16])
{
    snprintf(name, 16, "%s", strcmp(format->name, "webp") == 0 ? "WebP" : format->name);
    for (char *c = name; *c != '\0' && strcmp(name, "WebP") != 0; c++)
        *c = (char)toupper((unsigned char)*c);
}

bool tri_carry(const struct tri_carry *carry, const struct tri_metadata *from,
               struct tri_metadata **to)
{
    struct state state = {.carry = carry, .from = from, .to = tri_metadata_new()};
    bool sound = state.to != NULL;
    char name[16];
    for (int i = 0; i < tri_metadata_count(from) && sound; i++)
        sound = carry_item(&state, tri_metadata_at(from, i));
    if (sound && !keeps(&state, TRI_KEEPS_TEXT) && keeps(&state, TRI_KEEPS_EXIF))
        sound = tri_carry_into_exif(carry, from, state.to, state.left, sizeof state.left);
    else if (sound && !keeps(&state, TRI_KEEPS_TEXT))
        leave_text(&state);
    name_format(&carry->codec->format, name);
    if (sound && state.left[0] != '\0')
        tri_note(carry->note, "%s cannot store %s", name, state.left);
    if (!sound)
        tri_metadata_free(state.to);
    *to = sound ? state.to : NULL;
    return sound;
}
