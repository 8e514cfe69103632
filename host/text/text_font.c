/* text_font.c -- finds a font by fontconfig, or takes a file, and opens it by FreeType. */
#include "text_setter.h"

#include <errno.h>
#include <fcntl.h>
#include <fontconfig/fontconfig.h>
#include <hb-ft.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct found {
    char *path; /* malloc'ed */
    int index;
};

/* The characters of the text: a font that has them goes before one of the name. */
static void want_characters(FcPattern *pattern, const char *text)
{
    FcCharSet *set = FcCharSetCreate();
    FcChar32 character;
    if (set == NULL)
        return;
    for (int left = (int)strlen(text), length; left > 0; left -= length, text += length) {
        length = FcUtf8ToUcs4((const FcChar8 *)text, &character, left);
        if (length <= 0)
            break;
        if (character > ' ')
            FcCharSetAddChar(set, character);
    }
    FcPatternAddCharSet(pattern, FC_CHARSET, set);
    FcCharSetDestroy(set);
}

static FcPattern *match(const struct tri_text_setter *setter, const char *name)
{
    FcPattern *pattern = FcNameParse((const FcChar8 *)name), *best = NULL;
    FcResult result;
    if (pattern == NULL)
        return NULL;
    want_characters(pattern, setter->request->text);
    FcPatternAddBool(pattern, FC_SCALABLE, FcTrue);
    FcConfigSubstitute(NULL, pattern, FcMatchPattern);
    FcDefaultSubstitute(pattern);
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

static enum tri_status begin(const struct tri_text_setter *setter)
{
    const char *unreadable = NULL;
    if (!may_open_files())
        return tri_fail(setter->error, TRI_FAILED, "text: cannot look for a font: %s",
                        strerror(errno));
    if (!FcInit())
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for fontconfig");
    if (!is_readable(FcConfigGetConfigFiles(NULL), &unreadable) ||
        !is_readable(FcConfigGetFontDirs(NULL), &unreadable))
        return tri_fail(setter->error, TRI_FAILED,
                        "text: fontconfig cannot read %s; name a file with a slash: font=./a.ttf",
                        unreadable != NULL ? unreadable : "its configuration");
    return TRI_OK;
}

static enum tri_status find(const struct tri_text_setter *setter, struct found *found)
{
    const char *name = setter->request->font;
    FcChar8 *path = NULL;
    if (strchr(name, '/') != NULL) {
        found->path = strdup(name);
        return found->path != NULL
                   ? TRI_OK
                   : tri_fail(setter->error, TRI_FAILED, "text: out of memory for a font");
    }
    if (begin(setter) != TRI_OK)
        return TRI_FAILED;
    FcPattern *best = match(setter, name);
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

static enum tri_status open_face(struct tri_text_setter *setter, const struct found *found)
{
    const int code =
        FT_New_Face(setter->library, found->path, found->index & 0xffff, &setter->face);
    if (code == FT_Err_Out_Of_Memory)
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for the font %s",
                        found->path);
    if (code != 0)
        return tri_fail(setter->error, TRI_USAGE,
                        "text: cannot read the font %s: it is no font that FreeType knows, or is "
                        "not there",
                        found->path);
    if (!FT_IS_SCALABLE(setter->face))
        return tri_fail(setter->error, TRI_USAGE,
                        "text: the font %s has no outlines; use one that can be scaled",
                        found->path);
    return TRI_OK;
}

static enum tri_status scale(struct tri_text_setter *setter)
{
    const FT_F26Dot6 size = (FT_F26Dot6)(setter->request->size * 64 + 0.5);
    if (FT_Set_Char_Size(setter->face, 0, size, 72, 72) != 0)
        return tri_fail(setter->error, TRI_FAILED, "text: the font cannot have %g pixels",
                        setter->request->size);
    setter->font = hb_ft_font_create_referenced(setter->face);
    if (setter->font == NULL || setter->font == hb_font_get_empty())
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for a font");
    hb_ft_font_set_load_flags(setter->font, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP);
    return TRI_OK;
}

enum tri_status tri_text_font_open(struct tri_text_setter *setter)
{
    struct found found = {0};
    if (FT_Init_FreeType(&setter->library) != 0)
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for FreeType");
    enum tri_status status = find(setter, &found);
    if (status == TRI_OK)
        status = open_face(setter, &found);
    if (status == TRI_OK)
        status = scale(setter);
    free(found.path);
    return status;
}

void tri_text_font_close(struct tri_text_setter *setter)
{
    if (setter->font != NULL)
        hb_font_destroy(setter->font);
    if (setter->face != NULL)
        FT_Done_Face(setter->face);
    if (setter->library != NULL)
        FT_Done_FreeType(setter->library);
}
