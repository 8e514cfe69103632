/* tiff_tags.c -- copies tags between TIFF files and metadata, using the structure they share with
 * EXIF. */
#include "tiff_tags.h"

#include "big_endian.h"
#include "exif.h"
#include "ifd.h"
#include "iptc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { XMP = 700, PHOTOSHOP = 34377, IPTC = 33723 };

/* About the picture, for people. */
static const unsigned text_tags[] = {
    TRI_TAG_DOCUMENT_NAME,
    TRI_TAG_DESCRIPTION,
    0x010f /* maker */,
    0x0110 /* model */,
    0x011d /* page */,
    TRI_TAG_SOFTWARE,
    0x0132 /* time */,
    TRI_TAG_ARTIST,
    0x013c /* computer */,
    TRI_TAG_COPYRIGHT,
    0x4746 /* rating */,
    0x4749,
    TRI_TAG_EXIF,
    TRI_TAG_GPS,
    0x9c9b /* five in UTF-16 */,
    0x9c9c,
    0x9c9d,
    0x9c9e,
    0x9c9f,
};
static const unsigned density_tags[] = {TRI_TAG_X_RESOLUTION, TRI_TAG_Y_RESOLUTION,
                                        TRI_TAG_RESOLUTION_UNIT};
/* For programs: GeoTIFF's, GDAL's, ImageJ's. */
static const unsigned own_tags[] = {
    33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113, TRI_TAG_IMAGEJ_SIZES, TRI_TAG_IMAGEJ};

#define LENGTH(list) (sizeof list / sizeof list[0])

/* False if out of memory. Sets `any` if one is present. */
static bool copy_tags(struct tri_ifd *to, struct tri_ifd_entries *entries,
                      const struct tri_ifd *from, size_t directory, const unsigned *tags,
                      size_t count, bool *any)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char *entry = tri_ifd_find(from, directory, tags[i]);
        if (entry == NULL)
            continue;
        *any = true;
        if (!tri_ifd_copy(to, entries, from, entry))
            return false;
    }
    return true;
}

/* ---- reading ---- */

/* PNG's pHYs: pixels per metre, or only their ratio. */
static bool add_resolution(struct tri_source *source, TIFF *tiff)
{
    float side[2] = {0, 0};
    uint16_t unit = RESUNIT_NONE;
    unsigned char data[9];
    if (!TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &side[0]) ||
        !TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &side[1]))
        return true;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    const double scale = unit == RESUNIT_INCH ? 1 / 0.0254 : unit == RESUNIT_CENTIMETER ? 100 : 1;
    for (int i = 0; i < 2; i++) {
        const double value = round((double)side[i] * scale);
        if (!(value >= 1 && value <= INT32_MAX))
            return true;
        tri_put_be32(data + 4 * i, (uint32_t)value);
    }
    data[8] = unit == RESUNIT_INCH || unit == RESUNIT_CENTIMETER;
    return tri_metadata_add(source->metadata, "pHYs", data, sizeof data);
}

/* ICC.1:2022, 7.2.6: the colour space is at 16. */
static bool add_profile(struct tri_source *source, TIFF *tiff)
{
    uint32_t size = 0;
    const void *profile = NULL;
    if (!TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &size, &profile) || size == 0)
        return true;
    if (size >= 20 && memcmp((const char *)profile + 16, "CMYK", 4) == 0) {
        tri_source_warn(source, "CMYK colour profile dropped; colours are converted without it");
        return true;
    }
    return tri_metadata_add(source->metadata, "iCCP", profile, size);
}

/* ImageJ would use these to locate pictures that have not been read. */
static const char *const imagej_counts[] = {
    "images=", "channels=", "slices=", "frames=", "hyperstack=", "loop="};

static bool is_imagej_count(const char *line)
{
    for (size_t i = 0; i < LENGTH(imagej_counts); i++) {
        if (strncmp(line, imagej_counts[i], strlen(imagej_counts[i])) == 0)
            return true;
    }
    return false;
}

/* Turns ImageJ's description of a file with several pictures into one of the first. In place: it
 * gets shorter. */
static void describe_one_picture(const struct tri_ifd *tags)
{
    size_t size;
    unsigned char *entry = tri_ifd_find(tags, tri_ifd_first(tags), TRI_TAG_DESCRIPTION);
    char *text = entry != NULL ? (char *)tri_ifd_value(tags, entry, &size) : NULL;
    if (text == NULL || size < 8 || text[size - 1] != '\0' || strncmp(text, "ImageJ=", 7) != 0)
        return;
    char *to = text;
    for (const char *line = text; *line != '\0';) {
        const size_t length = strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
        if (!is_imagej_count(line)) {
            memmove(to, line, length);
            to += length;
        }
        line += length;
    }
    memset(to, 0, (size_t)(text + size - to));
    if (to - text >= 4)
        tri_ifd_put_32(tags, entry + 4, (uint32_t)(to - text) + 1);
}

/* A page of a classic file. */
struct page {
    struct tri_ifd file;
    size_t directory;
    /* the picture is transposed; statements on the number of pictures are to be dropped */
    bool transposed, counted;
};

/* Adds an item with the page's tags, unless only density is present, which alone is not enough. */
static bool add_item(struct tri_metadata *metadata, const struct page *page, const char *type,
                     const unsigned *tags, size_t count)
{
    struct tri_ifd item;
    struct tri_ifd_entries *entries = calloc(1, sizeof *entries);
    bool any = false, density = false, sound = false;
    if (entries == NULL || !tri_ifd_new(&item, page->file.little)) {
        free(entries);
        return false;
    }
    sound = copy_tags(&item, entries, &page->file, page->directory, tags, count, &any) &&
            (!any || copy_tags(&item, entries, &page->file, page->directory, density_tags,
                               LENGTH(density_tags), &density)) &&
            tri_ifd_merge(&item, entries);
    if (sound && page->transposed)
        tri_exif_turn(item.data, item.size);
    if (sound && page->counted)
        describe_one_picture(&item);
    if (sound && any)
        sound = tri_metadata_add(metadata, type, item.data, item.size);
    free(item.data);
    free(entries);
    return sound;
}

static bool add_xmp(struct tri_source *source, TIFF *tiff)
{
    uint32_t size = 0;
    const void *data = NULL;
    return !TIFFGetField(tiff, XMP, &size, &data) || size == 0 ||
           tri_metadata_add(source->metadata, "XMP ", data, size);
}

static bool add_resources(struct tri_source *source, TIFF *tiff)
{
    uint32_t size = 0;
    const void *data = NULL;
    return !TIFFGetField(tiff, PHOTOSHOP, &size, &data) || size == 0 ||
           tri_iptc_add(source, data, size);
}

/* As stored: libtiff would take it for 32-bit numbers. */
static bool add_iptc(struct tri_source *source, const struct page *page)
{
    size_t size;
    unsigned char *entry = tri_ifd_find(&page->file, page->directory, IPTC);
    const unsigned char *value = entry != NULL ? tri_ifd_value(&page->file, entry, &size) : NULL;
    return value == NULL || tri_iptc_add(source, value, size);
}

/* Asks libtiff for the tags that are read only from classic files. */
static bool says_more(TIFF *tiff)
{
    const unsigned *const lists[] = {text_tags, own_tags};
    const size_t counts[] = {LENGTH(text_tags), LENGTH(own_tags)};
    for (int list = 0; list < 2; list++) {
        for (size_t i = 0; i < counts[list]; i++) {
            const TIFFField *field = TIFFFindField(tiff, lists[list][i], TIFF_ANY);
            void *values[4] = {NULL}; /* more than any of these needs */
            if (field != NULL && TIFFGetField(tiff, lists[list][i], &values[0], &values[1]))
                return true;
        }
    }
    return false;
}

enum tri_status tri_tiff_read_tags(struct tri_source *source, struct tri_tiff *tiff,
                                   int orientation)
{
    const bool alone = !source->several && TIFFLastDirectory(tiff->handle);
    struct page page = {.transposed = orientation >= 5, .counted = !source->together && !alone};
    const bool classic = tri_ifd_open(&page.file, source->data, source->size);
    struct tri_metadata *metadata = source->metadata;
    bool sound = add_profile(source, tiff->handle) && add_resolution(source, tiff->handle) &&
                 add_xmp(source, tiff->handle);
    page.directory = classic ? (size_t)TIFFCurrentDirOffset(tiff->handle) : 0;
    if (classic)
        sound = sound && add_iptc(source, &page);
    sound = sound && add_resources(source, tiff->handle);
    if (classic)
        sound = sound && add_item(metadata, &page, "eXIf", text_tags, LENGTH(text_tags)) &&
                add_item(metadata, &page, "TIFF", own_tags, LENGTH(own_tags));
    else if (says_more(tiff->handle))
        tri_source_warn(source,
                        "text, EXIF and GeoTIFF tags dropped: they are not supported in BigTIFF");
    return sound ? tri_source_upright(source, orientation)
                 : tri_source_fail(source, "out of memory for metadata");
}

/* ---- writing ---- */

/* Whether it is the same density, only more exact: PNG has whole pixels per metre. */
static bool is_density_of(const struct tri_metadata_item *item,
                          const struct tri_metadata_item *phys)
{
    unsigned char said[9];
    return phys == NULL ||
           (tri_exif_density(item->data, item->size, said) && memcmp(said, phys->data, 9) == 0);
}

static bool write_item(struct tri_ifd *file, struct tri_ifd_entries *entries,
                       const struct tri_metadata *metadata, const char *type, const unsigned *tags,
                       size_t count)
{
    const struct tri_metadata_item *item = tri_metadata_find(metadata, type),
                                   *phys = tri_metadata_find(metadata, "pHYs");
    struct tri_ifd from;
    bool any;
    if (item == NULL || !tri_ifd_open(&from, item->data, item->size) || from.little != file->little)
        return true;
    if (phys != NULL && phys->size != 9)
        phys = NULL;
    if (is_density_of(item, phys) &&
        tri_ifd_find(&from, tri_ifd_first(&from), TRI_TAG_RESOLUTION_UNIT) != NULL &&
        !copy_tags(file, entries, &from, tri_ifd_first(&from), density_tags, LENGTH(density_tags),
                   &any))
        return false;
    return copy_tags(file, entries, &from, tri_ifd_first(&from), tags, count, &any);
}

/* As 32-bit numbers, which libtiff takes it for; readers look at the bytes. */
static bool write_iptc(struct tri_ifd *file, struct tri_ifd_entries *entries,
                       const struct tri_metadata *metadata)
{
    const struct tri_metadata_item *iptc = tri_metadata_find(metadata, "IPTC");
    if (iptc == NULL)
        return true;
    const size_t count = (iptc->size + 3) / 4;
    unsigned char *padded = calloc(count, 4);
    if (padded == NULL)
        return false;
    memcpy(padded, iptc->data, iptc->size);
    const bool made =
        tri_ifd_make(file, entries, IPTC, TRI_TYPE_LONG, (uint32_t)count, padded, count * 4);
    free(padded);
    return made;
}

/* A tag must not occur twice. */
static void drop_doubles(const struct tri_ifd *file, struct tri_ifd_entries *entries)
{
    int kept = 0;
    for (int i = 0; i < entries->count; i++) {
        bool seen = false;
        for (int k = 0; k < kept; k++)
            seen |=
                tri_ifd_get_16(file, entries->list[k]) == tri_ifd_get_16(file, entries->list[i]);
        if (!seen)
            memmove(entries->list[kept++], entries->list[i], TRI_IFD_ENTRY);
    }
    entries->count = kept;
}

bool tri_tiff_merge_tags(struct tri_ifd *file, size_t link, const struct tri_metadata *metadata)
{
    struct tri_ifd_entries *entries = calloc(1, sizeof *entries);
    bool sound = entries != NULL &&
                 write_item(file, entries, metadata, "eXIf", text_tags, LENGTH(text_tags)) &&
                 write_item(file, entries, metadata, "TIFF", own_tags, LENGTH(own_tags)) &&
                 write_iptc(file, entries, metadata);
    if (sound) {
        drop_doubles(file, entries);
        sound = tri_ifd_merge_at(file, link, entries);
    }
    free(entries);
    return sound;
}

void tri_tiff_note_big(const struct tri_sink *sink)
{
    const struct tri_metadata *metadata = sink->options->metadata;
    if (tri_metadata_find(metadata, "eXIf") != NULL ||
        tri_metadata_find(metadata, "TIFF") != NULL || tri_metadata_find(metadata, "IPTC") != NULL)
        tri_sink_note(sink, "EXIF, IPTC and TIFF tags dropped: they are not supported in BigTIFF");
}

enum tri_status tri_tiff_write_tags(const struct tri_sink *sink, struct tri_tiff *tiff)
{
    struct tri_ifd file;
    if (!tri_ifd_open(&file, tiff->data, tiff->size)) { /* above 3.9 GB */
        tri_tiff_note_big(sink);
        return TRI_OK;
    }
    const bool sound = tri_tiff_merge_tags(&file, TRI_IFD_FIRST, sink->options->metadata);
    tiff->data = file.data;
    tiff->size = file.size;
    return sound ? TRI_OK : tri_sink_fail(sink, "out of memory for metadata");
}
