/* metadata_fit_exif.c -- puts text and density into EXIF for formats without another place. */
#include "big_endian.h"
#include "metadata_fit.h"
#include "exif.h"
#include "ifd.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *keyword;
    unsigned tag;
} tags[] = {
    {"Title", TRI_TAG_DOCUMENT_NAME}, {"Description", TRI_TAG_DESCRIPTION},
    {"Author", TRI_TAG_ARTIST},       {"Copyright", TRI_TAG_COPYRIGHT},
    {"Software", TRI_TAG_SOFTWARE},   {"Comment", TRI_TAG_DESCRIPTION},
};
enum { TAGS = sizeof tags / sizeof tags[0] };

/* EXIF being extended. */
struct exif {
    struct tri_ifd ifd;
    struct tri_ifd_entries entries;
    const struct tri_metadata_item *item; /* the original; NULL if there is none */
    bool lacking;                         /* out of memory */
    int left;                             /* texts without a place */
    char *texts[TAGS]; /* for new entries, malloc'ed: several of one tag are joined */
};

static bool open_exif(struct exif *exif, const struct tri_metadata *metadata)
{
    struct tri_ifd old;
    exif->item = tri_metadata_find(metadata, "eXIf");
    if (exif->item == NULL || !tri_ifd_open(&old, exif->item->data, exif->item->size) ||
        tri_ifd_first(&old) == 0)
        return tri_ifd_new(&exif->ifd, true);
    exif->ifd = old;
    exif->ifd.data = malloc(old.size);
    if (exif->ifd.data == NULL)
        return false;
    memcpy(exif->ifd.data, old.data, old.size);
    return true;
}

/* Replaces the original if there are new entries. */
static bool close_exif(struct exif *exif, struct tri_metadata *metadata)
{
    bool sound = !exif->lacking;
    if (sound && exif->entries.count > 0) {
        sound = tri_ifd_merge(&exif->ifd, &exif->entries);
        if (sound && exif->item != NULL) {
            tri_metadata_replace(metadata, "eXIf", exif->ifd.data, exif->ifd.size);
            return true;
        }
        sound = sound && tri_metadata_add(metadata, "eXIf", exif->ifd.data, exif->ifd.size);
    }
    free(exif->ifd.data);
    return sound;
}

/* ---- text ---- */

/* The first row of the table with the keyword's tag; -1: it has none. */
static int row_of(const char *keyword)
{
    for (int i = 0; i < TAGS; i++) {
        if (strcmp(tags[i].keyword, keyword) != 0)
            continue;
        int row = 0;
        while (tags[row].tag != tags[i].tag)
            row++;
        return row;
    }
    return -1;
}

static bool entry_says(const struct exif *exif, unsigned char *entry, const char *text)
{
    size_t size;
    const unsigned char *value = tri_ifd_value(&exif->ifd, entry, &size);
    return value != NULL && strlen(text) == strnlen((const char *)value, size) &&
           memcmp(value, text, strlen(text)) == 0;
}

/* Whether the text is one of those joined. */
static bool is_joined(const char *joined, const char *separator, const char *text)
{
    const size_t size = strlen(text), between = strlen(separator);
    for (const char *at = joined; at != NULL; at = at != NULL ? at + between : NULL) {
        if (strncmp(at, text, size) == 0 &&
            (at[size] == '\0' || strncmp(at + size, separator, between) == 0))
            return true;
        at = strstr(at, separator);
    }
    return false;
}

/* EXIF separates artists by "; "; lines of other text stay apart. */
static void join_text(struct exif *exif, int row, const char *text)
{
    const char *separator = tags[row].tag == TRI_TAG_ARTIST ? "; " : "\n";
    char *old = exif->texts[row], *joined;
    if (text[0] == '\0' || (old != NULL && is_joined(old, separator, text)))
        return;
    if (asprintf(&joined, "%s%s%s", old != NULL ? old : "", old != NULL ? separator : "", text) <
        0) {
        exif->lacking = true;
        return;
    }
    free(old);
    exif->texts[row] = joined;
}

/* Existing EXIF text stays. False if the text has no place. */
static bool place_text(struct exif *exif, const char *keyword, const char *text)
{
    const int row = row_of(keyword);
    unsigned char *entry =
        row >= 0 ? tri_ifd_find(&exif->ifd, tri_ifd_first(&exif->ifd), tags[row].tag) : NULL;
    if (entry != NULL)
        return entry_says(exif, entry, text);
    if (row >= 0)
        join_text(exif, row, text);
    return row >= 0;
}

static void make_texts(struct exif *exif)
{
    for (int row = 0; row < TAGS && !exif->lacking; row++) {
        const char *text = exif->texts[row];
        const size_t size = text != NULL ? strlen(text) + 1 : 0;
        if (size > 0 && size <= UINT32_MAX)
            exif->lacking |= !tri_ifd_make(&exif->ifd, &exif->entries, tags[row].tag,
                                           TRI_TYPE_ASCII, (uint32_t)size, text, size);
    }
    for (int row = 0; row < TAGS; row++)
        free(exif->texts[row]);
}

/* ImageMagick's: file dates, which do not hold for a new file, and EXIF as text. */
static bool is_no_news(const struct exif *exif, const char *keyword)
{
    return strncmp(keyword, "date:", 5) == 0 ||
           (exif->item != NULL && strncmp(keyword, "exif:", 5) == 0);
}

#define NAMED 4 /* more are only counted */

static void leave_text(struct exif *exif, char *left, size_t size, const char *keyword)
{
    const size_t used = strlen(left);
    if (exif->left++ < NAMED)
        snprintf(left + used, size - used, "%stext '%s'", used > 0 ? ", " : "", keyword);
}

static bool place_item(struct exif *exif, const struct tri_carry *carry,
                       const struct tri_metadata_item *item, struct tri_metadata *to, char *left,
                       size_t left_size)
{
    struct tri_text text;
    if (!tri_text_get(item, &text) || is_no_news(exif, text.keyword))
        return true;
    char *utf8 = tri_text_utf8(&text);
    bool sound = utf8 != NULL;
    if (sound && strcmp(text.keyword, "Comment") == 0 &&
        (carry->codec->keeps & TRI_KEEPS_COMMENT) != 0)
        sound = tri_text_add(to, "Comment", utf8, strlen(utf8));
    else if (sound && !place_text(exif, text.keyword, utf8))
        leave_text(exif, left, left_size, text.keyword);
    free(utf8);
    return sound;
}

/* ---- density ---- */

static void place_density(struct exif *exif, const struct tri_metadata_item *phys)
{
    const double sides[2] = {tri_get_be32(phys->data), tri_get_be32(phys->data + 4)};
    const bool inch = tri_whole_per_inch(sides[0]) && tri_whole_per_inch(sides[1]),
               metric = phys->data[8] == 1;
    unsigned char value[8], unit[4] = {0};
    for (int i = 0; i < 2; i++) {
        tri_ifd_put_32(&exif->ifd, value,
                       (uint32_t)(metric && inch ? round(sides[i] * 0.0254) : sides[i]));
        tri_ifd_put_32(&exif->ifd, value + 4, metric && !inch ? 100 : 1);
        exif->lacking |= !tri_ifd_make(&exif->ifd, &exif->entries,
                                       i == 0 ? TRI_TAG_X_RESOLUTION : TRI_TAG_Y_RESOLUTION,
                                       TRI_TYPE_RATIONAL, 1, value, sizeof value);
    }
    tri_ifd_put_16(&exif->ifd, unit, !metric ? 1 : inch ? 2 : 3);
    exif->lacking |= !tri_ifd_make(&exif->ifd, &exif->entries, TRI_TAG_RESOLUTION_UNIT,
                                   TRI_TYPE_SHORT, 1, unit, 4);
}

static bool wants_density(const struct exif *exif, const struct tri_metadata_item *phys)
{
    unsigned char said[9];
    if (phys == NULL || phys->size != 9 ||
        (phys->data[8] == 0 && memcmp(phys->data, phys->data + 4, 4) == 0))
        return false;
    return !tri_exif_density(exif->ifd.data, exif->ifd.size, said) ||
           memcmp(said, phys->data, 9) != 0;
}

bool tri_carry_into_exif(const struct tri_carry *carry, const struct tri_metadata *from,
                         struct tri_metadata *to, char *left, size_t left_size)
{
    struct exif *exif = calloc(1, sizeof *exif);
    if (exif == NULL || !open_exif(exif, to)) {
        free(exif);
        return false;
    }
    for (int i = 0; i < tri_metadata_count(from) && !exif->lacking; i++)
        exif->lacking |= !place_item(exif, carry, tri_metadata_at(from, i), to, left, left_size);
    make_texts(exif);
    if (exif->left > NAMED)
        snprintf(left + strlen(left), left_size - strlen(left), " and %d more", exif->left - NAMED);
    const struct tri_metadata_item *phys = tri_metadata_find(from, "pHYs");
    if ((carry->codec->keeps & TRI_KEEPS_DENSITY) == 0 && wants_density(exif, phys))
        place_density(exif, phys);
    const bool sound = close_exif(exif, to);
    free(exif);
    return sound;
}
