/* text_font.c -- finds a font by fontconfig, or takes a file, and opens it by FreeType. */
#include "text_setter.h"

#include <errno.h>
#include <fcntl.h>
#include <hb-ft.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct found {
    char *path; /* malloc'ed */
    int index;
};

void tri_text_complete(FcPattern *pattern)
{
    FcPatternAddBool(pattern, FC_SCALABLE, FcTrue);
    FcConfigSubstitute(NULL, pattern, FcMatchPattern);
    FcDefaultSubstitute(pattern);
}

static FcPattern *match(const char *name)
{
    FcPattern *pattern = FcNameParse((const FcChar8 *)name), *best = NULL;
    FcResult result;
    if (pattern == NULL)
        return NULL;
    tri_text_complete(pattern);
    best = FcFontMatch(NULL, pattern, &result);
    FcPatternDestroy(pattern);
    return best;
}

/* Fontconfig says nothing of files that it cannot open, and goes on with fewer fonts. It opens some
 * while others are open. */
static bool may_open_files(void)
{
    enum { SOME = 8 };
    int files[SOME], count = 0;
    while (count < SOME && (files[count] = open("/", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    const int why = errno;
    for (int i = 0; i < count; i++)
        close(files[i]);
    errno = why;
    return count == SOME;
}

/* Nor does it say that it cannot read its configuration, or folders of fonts that are there. */
static bool is_readable(FcStrList *list, const char **unreadable)
{
    int count = 0;
    *unreadable = NULL;
    for (FcChar8 *path; list != NULL && (path = FcStrListNext(list)) != NULL; count++) {
        if (access((const char *)path, R_OK) != 0 && errno != ENOENT && errno != ENOTDIR)
            *unreadable = (const char *)path; /* of the configuration */
    }
    if (list != NULL)
        FcStrListDone(list);
    return count > 0 && *unreadable == NULL;
}

enum tri_status tri_text_font_begin(const struct tri_text_setter *setter, const char **unreadable)
{
    *unreadable = NULL;
    if (!may_open_files())
        return tri_fail(setter->error, TRI_FAILED, "text: cannot look for a font: %s",
                        strerror(errno));
    if (!FcInit())
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for fontconfig");
    if ((!is_readable(FcConfigGetConfigFiles(NULL), unreadable) ||
         !is_readable(FcConfigGetFontDirs(NULL), unreadable)) &&
        *unreadable == NULL)
        *unreadable = "its configuration";
    return TRI_OK;
}

bool tri_text_font_is_file(const struct tri_text_setter *setter)
{
    return strchr(setter->request->font, '/') != NULL;
}

static enum tri_status find(const struct tri_text_setter *setter, struct found *found)
{
    const char *name = setter->request->font, *unreadable = NULL;
    FcChar8 *path = NULL;
    if (tri_text_font_is_file(setter)) {
        found->path = strdup(name);
        return found->path != NULL
                   ? TRI_OK
                   : tri_fail(setter->error, TRI_FAILED, "text: out of memory for a font");
    }
    if (tri_text_font_begin(setter, &unreadable) != TRI_OK)
        return TRI_FAILED;
    if (unreadable != NULL)
        return tri_fail(setter->error, TRI_FAILED,
                        "text: fontconfig cannot read %s; name a file with a slash: font=./a.ttf",
                        unreadable);
    FcPattern *best = match(name);
    if (best != NULL && FcPatternGetString(best, FC_FILE, 0, &path) == FcResultMatch) {
        found->path = strdup((const char *)path);
        FcPatternGetInteger(best, FC_INDEX, 0, &found->index);
    }
    if (best != NULL)
        FcPatternDestroy(best);
    return found->path != NULL
               ? TRI_OK
               : tri_fail(setter->error, TRI_FAILED,
                          "text: no font '%s' found; install one (fonts-dejavu-core), or name a "
                          "file with a slash: font=./a.ttf",
                          name);
}

static enum tri_status open_face(const struct tri_text_setter *setter, const char *path, int index,
                                 struct tri_text_font *font)
{
    const int code = FT_New_Face(setter->library, path, index & 0xffff, &font->face);
    if (code == FT_Err_Out_Of_Memory)
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for the font %s", path);
    if (code != 0)
        return tri_fail(setter->error, TRI_USAGE,
                        "text: cannot read the font %s: it is no font that FreeType knows, or is "
                        "not there",
                        path);
    if (!FT_IS_SCALABLE(font->face))
        return tri_fail(setter->error, TRI_USAGE,
                        "text: the font %s has no outlines; use one that can be scaled", path);
    return TRI_OK;
}

static enum tri_status scale(const struct tri_text_setter *setter, struct tri_text_font *font)
{
    const FT_F26Dot6 size = (FT_F26Dot6)(setter->request->size * 64 + 0.5);
    if (FT_Set_Char_Size(font->face, 0, size, 72, 72) != 0)
        return tri_fail(setter->error, TRI_FAILED, "text: the font cannot have %g pixels",
                        setter->request->size);
    font->font = hb_ft_font_create_referenced(font->face);
    if (font->font == NULL || font->font == hb_font_get_empty())
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for a font");
    hb_ft_font_set_load_flags(font->font, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP);
    return TRI_OK;
}

static void close_font(const struct tri_text_font *font)
{
    if (font->font != NULL)
        hb_font_destroy(font->font);
    if (font->face != NULL)
        FT_Done_Face(font->face);
}

enum tri_status tri_text_font_add(struct tri_text_setter *setter, const char *path, int index)
{
    struct tri_text_font font = {0};
    struct tri_text_font *fonts =
        realloc(setter->fonts, ((size_t)setter->font_count + 1) * sizeof *fonts);
    if (fonts == NULL)
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for a font");
    setter->fonts = fonts;
    enum tri_status status = open_face(setter, path, index, &font);
    if (status == TRI_OK)
        status = scale(setter, &font);
    if (status == TRI_OK)
        fonts[setter->font_count++] = font;
    else
        close_font(&font);
    return status;
}

enum tri_status tri_text_font_open(struct tri_text_setter *setter)
{
    struct found found = {0};
    if (FT_Init_FreeType(&setter->library) != 0)
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for FreeType");
    enum tri_status status = find(setter, &found);
    if (status == TRI_OK)
        status = tri_text_font_add(setter, found.path, found.index);
    free(found.path);
    return status;
}

void tri_text_font_close(struct tri_text_setter *setter)
{
    tri_text_others_free(setter);
    for (int i = 0; i < setter->font_count; i++)
        close_font(&setter->fonts[i]);
    free(setter->fonts);
    if (setter->library != NULL)
        FT_Done_FreeType(setter->library);
}
