/* text_fallback.c -- fonts for what the first font lacks: those of fontconfig, the best for the
 * same name, weight and slant first. */
#include "text_setter.h"

#include <stdlib.h>

enum { UNUSABLE = -1, UNOPENED = 0 };

struct tri_text_others {
    FcFontSet *sorted; /* NULL: fontconfig offers nothing */
    int *opened;       /* for each: its number, or one of the above */
    FcCharSet *missed;
};

static enum tri_status no_memory(const struct tri_text_setter *setter)
{
    return tri_fail(setter->error, TRI_FAILED, "text: out of memory for fonts");
}

/* ---- the list ---- */

/* A font in a file is looked for by what the file tells of it. */
static FcPattern *pattern_of_file(const char *path)
{
    static const char *const kept[] = {FC_FAMILY, FC_WEIGHT, FC_SLANT, FC_WIDTH, FC_SPACING};
    int faces = 0;
    FcPattern *file = FcFreeTypeQuery((const FcChar8 *)path, 0, NULL, &faces);
    FcPattern *pattern = FcPatternCreate();
    FcValue value;
    bool kept_all = pattern != NULL;
    for (size_t i = 0; file != NULL && kept_all && i < sizeof kept / sizeof kept[0]; i++)
        if (FcPatternGet(file, kept[i], 0, &value) == FcResultMatch)
            kept_all = FcPatternAdd(pattern, kept[i], value, FcTrue) != FcFalse;
    if (file != NULL)
        FcPatternDestroy(file);
    if (kept_all || pattern == NULL)
        return pattern;
    FcPatternDestroy(pattern);
    return NULL;
}

static FcFontSet *sort(const struct tri_text_setter *setter)
{
    const char *name = setter->request->font;
    FcPattern *pattern =
        tri_text_font_is_file(setter) ? pattern_of_file(name) : FcNameParse((const FcChar8 *)name);
    FcResult result;
    if (pattern == NULL)
        return NULL;
    tri_text_complete(pattern);
    /* Not trimmed: a font may have a letter and its mark, of which others have one each. */
    FcFontSet *sorted = FcFontSort(NULL, pattern, FcFalse, NULL, &result);
    FcPatternDestroy(pattern);
    return sorted;
}

/* Glyphs are drawn from outlines of one colour. */
static bool is_drawable(const FcPattern *pattern)
{
    FcBool outline = FcFalse, colour = FcFalse;
    FcPatternGetBool(pattern, FC_OUTLINE, 0, &outline);
    FcPatternGetBool(pattern, FC_COLOR, 0, &colour);
    return outline == FcTrue && colour != FcTrue;
}

static enum tri_status list(const struct tri_text_setter *setter, struct tri_text_others *others)
{
    const char *unreadable = NULL;
    if (tri_text_font_begin(setter, &unreadable) != TRI_OK)
        return TRI_FAILED;
    others->missed = FcCharSetCreate();
    if (unreadable == NULL)
        others->sorted = sort(setter);
    const int count = others->sorted != NULL ? others->sorted->nfont : 0;
    others->opened = calloc((size_t)count + 1, sizeof *others->opened);
    if (others->missed == NULL || others->opened == NULL ||
        (unreadable == NULL && others->sorted == NULL))
        return no_memory(setter);
    for (int i = 0; i < count; i++)
        others->opened[i] = is_drawable(others->sorted->fonts[i]) ? UNOPENED : UNUSABLE;
    return TRI_OK;
}

static enum tri_status begin(struct tri_text_setter *setter)
{
    if (setter->others != NULL)
        return TRI_OK;
    setter->others = calloc(1, sizeof *setter->others);
    return setter->others != NULL ? list(setter, setter->others) : no_memory(setter);
}

void tri_text_others_free(struct tri_text_setter *setter)
{
    struct tri_text_others *others = setter->others;
    if (others == NULL)
        return;
    if (others->sorted != NULL)
        FcFontSetDestroy(others->sorted);
    if (others->missed != NULL)
        FcCharSetDestroy(others->missed);
    free(others->opened);
    free(others);
    setter->others = NULL;
}

/* ---- coverage ---- */

/* Characters that are not seen need no glyph: Unicode's Default_Ignorable_Code_Point, but for
 * fillers, which have a width. */
static bool is_unseen(uint32_t character)
{
    static const uint32_t ranges[][2] = {{0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},
                                         {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},
                                         {0x202a, 0x202e}, {0x2060, 0x206f}, {0xfe00, 0xfe0f},
                                         {0xfeff, 0xfeff}, {0xfff0, 0xfff8}, {0xe0000, 0xe0fff}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (character >= ranges[i][0] && character <= ranges[i][1])
            return true;
    return false;
}

/* Whether a font has a character, or what that is composed of, which HarfBuzz puts together. */
static bool has(const FcCharSet *set, uint32_t character)
{
    hb_codepoint_t base = 0, mark = 0;
    while (!FcCharSetHasChar(set, character)) {
        if (!hb_unicode_decompose(hb_unicode_funcs_get_default(), character, &base, &mark) ||
            (mark != 0 && !FcCharSetHasChar(set, mark)))
            return false;
        character = base;
    }
    return true;
}

static bool first_has(const struct tri_text_setter *setter, uint32_t character)
{
    hb_codepoint_t glyph = 0;
    return hb_font_get_nominal_glyph(setter->fonts[0].font, character, &glyph) && glyph != 0;
}

/* How many characters of a cluster a font of the list can show; -1: the first font. */
static int count_shown(const struct tri_text_setter *setter, int other, const uint32_t *cluster,
                       int count)
{
    FcCharSet *set = NULL;
    int shown = 0;
    if (other >= 0 && FcPatternGetCharSet(setter->others->sorted->fonts[other], FC_CHARSET, 0,
                                          &set) != FcResultMatch)
        return 0;
    for (int i = 0; i < count; i++)
        shown += is_unseen(cluster[i]) ||
                 (other < 0 ? first_has(setter, cluster[i]) : has(set, cluster[i]));
    return shown;
}

/* ---- the choice ---- */

static int best_for(const struct tri_text_setter *setter, const uint32_t *cluster, int count)
{
    const struct tri_text_others *others = setter->others;
    const int length = others->sorted != NULL ? others->sorted->nfont : 0;
    int best = -1, most = count_shown(setter, -1, cluster, count);
    for (int i = 0; i < length && most < count; i++) {
        const int shown =
            others->opened[i] == UNUSABLE ? 0 : count_shown(setter, i, cluster, count);
        if (shown > most) {
            best = i;
            most = shown;
        }
    }
    return best;
}

/* Not passing over one that cannot be opened: another would have other pixels. */
static enum tri_status open_other(struct tri_text_setter *setter, int other)
{
    const FcPattern *pattern = setter->others->sorted->fonts[other];
    FcChar8 *path = NULL;
    int index = 0;
    FcPatternGetInteger(pattern, FC_INDEX, 0, &index);
    FcPatternGetString(pattern, FC_FILE, 0, &path);
    const enum tri_status status =
        tri_text_font_add(setter, path != NULL ? (const char *)path : "", index);
    if (status == TRI_OK)
        setter->others->opened[other] = setter->font_count - 1;
    return status;
}

enum tri_status tri_text_choose(struct tri_text_setter *setter, const uint32_t *cluster, int count,
                                int *font)
{
    enum tri_status status = begin(setter);
    const int best = status == TRI_OK ? best_for(setter, cluster, count) : -1;
    *font = 0;
    if (best < 0)
        return status;
    if (setter->others->opened[best] == UNOPENED)
        status = open_other(setter, best);
    if (status == TRI_OK)
        *font = setter->others->opened[best];
    return status;
}

/* ---- what no font has ---- */

enum tri_status tri_text_miss(struct tri_text_setter *setter, const uint32_t *cluster, int count,
                              int font)
{
    struct tri_typeset *typeset = (struct tri_typeset *)(void *)setter->block;
    FcCharSet *missed = setter->others->missed;
    hb_codepoint_t glyph;
    for (int i = 0; i < count; i++) {
        if (is_unseen(cluster[i]) || FcCharSetHasChar(missed, cluster[i]) ||
            (hb_font_get_nominal_glyph(setter->fonts[font].font, cluster[i], &glyph) && glyph != 0))
            continue;
        if (!FcCharSetAddChar(missed, cluster[i]))
            return no_memory(setter);
        if (typeset->missing < TRI_TEXT_MISSED)
            typeset->missed[typeset->missing] = cluster[i];
        typeset->missing++;
    }
    return TRI_OK;
}
