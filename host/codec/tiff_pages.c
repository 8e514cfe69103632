/* tiff_pages.c -- finds the pages of a TIFF file, and writes several pictures into one. */
#include "tiff_colours.h"
#include "tiff_tags.h"

#include <stdlib.h>
#include <string.h>

#define PAGES_MOST 1000000 /* a longer chain of directories is bogus */
#define INSIDE_MOST 64

/* ---- reading ---- */

/* The first is a page in any case; cameras put a small picture there. */
static bool is_page(TIFF *handle, bool first)
{
    uint32_t kind = 0;
    TIFFGetFieldDefaulted(handle, TIFFTAG_SUBFILETYPE, &kind);
    return first || (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
}

struct places {
    uint64_t *at;
    long count, room;
};

static bool add_place(struct places *places, uint64_t place)
{
    if (places->count == places->room) {
        const long room = places->room > 0 ? 2 * places->room : 16;
        uint64_t *grown = realloc(places->at, (size_t)room * sizeof *grown);
        if (grown == NULL)
            return false;
        places->at = grown;
        places->room = room;
    }
    places->at[places->count++] = place;
    return true;
}

/* A damaged directory counts as a page: reading it reports the damage. */
uint64_t *tri_tiff_find_pages(struct tri_tiff *tiff, long *count, long *others)
{
    struct places list = {0};
    bool more = true, stored = true;
    *others = 0;
    while (stored && more && list.count < PAGES_MOST) {
        if (is_page(tiff->handle, list.count == 0))
            stored = add_place(&list, TIFFCurrentDirOffset(tiff->handle));
        else
            (*others)++;
        more = !TIFFLastDirectory(tiff->handle);
        if (stored && more && !TIFFReadDirectory(tiff->handle)) {
            stored = add_place(&list, UINT64_MAX);
            more = false;
        }
    }
    *count = list.count;
    if (stored)
        return list.at;
    free(list.at);
    return NULL;
}

/* ImageJ stores stacks over 4 GB as one page, with all other pictures after its pixels. */
void tri_tiff_note_stack(TIFF *handle, long pages, char note[TRI_NOTE_MAX])
{
    const char *text = NULL, *images;
    if (!TIFFGetField(handle, TIFFTAG_IMAGEDESCRIPTION, &text) ||
        strncmp(text, "ImageJ=", 7) != 0 || (images = strstr(text, "\nimages=")) == NULL ||
        strtol(images + 8, NULL, 10) <= pages)
        return;
    const size_t used = strlen(note);
    snprintf(
        note + used, TRI_NOTE_MAX - used,
        "%sImageJ declares %ld pictures; those without a directory of their own cannot be read",
        used > 0 ? "; " : "", strtol(images + 8, NULL, 10));
}

/* Counts the images of a page's own directories: other resolutions, or what a camera took. */
static void count_inside(struct tri_tiff *tiff, long *pictures, long *others)
{
    uint64_t *offsets = NULL, places[INSIDE_MOST];
    uint16_t count = 0;
    *pictures = *others = 0;
    if (!TIFFGetField(tiff->handle, TIFFTAG_SUBIFD, &count, &offsets))
        return;
    if (count > INSIDE_MOST)
        count = INSIDE_MOST;
    for (int i = 0; i < count; i++) /* the next directory frees them */
        places[i] = offsets[i];
    for (int i = 0; i < count; i++) {
        if (!TIFFSetSubDirectory(tiff->handle, places[i]) || is_page(tiff->handle, false))
            (*pictures)++;
        else
            (*others)++;
    }
}

/* Tags that describe no more than the old file, but that users miss. */
static void note_tags(struct tri_source *source, TIFF *handle)
{
    static const struct {
        uint32_t tag;
        const char *name;
    } known[] = {{37724, "Photoshop layers"}, {52545, "content credentials (C2PA)"}};
    const int count = TIFFGetTagListCount(handle);
    for (int i = 0; i < count && source->metadata != NULL; i++) {
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            if (TIFFGetTagListEntry(handle, i) == known[k].tag)
                tri_source_warn(source, "%s dropped", known[k].name);
        }
    }
}

void tri_tiff_note_inside(struct tri_source *source, struct tri_tiff *tiff)
{
    const struct tri_tiff kept = *tiff;
    const uint64_t here = TIFFCurrentDirOffset(tiff->handle);
    uint32_t depth = 1;
    long pictures, others;
    note_tags(source, tiff->handle);
    tri_tiff_note_light(source, tiff->handle);
    TIFFGetFieldDefaulted(tiff->handle, TIFFTAG_IMAGEDEPTH, &depth);
    if (depth > 1)
        tri_source_warn(source, "only the first of %u slices of a volume is read", depth);
    count_inside(tiff, &pictures, &others);
    if (pictures + others == 0)
        return;
    TIFFSetSubDirectory(tiff->handle, here);
    memcpy(tiff->error, kept.error, sizeof kept.error);
    memcpy(tiff->warning, kept.warning, sizeof kept.warning);
    if (pictures > 0)
        tri_source_warn(source, "images in its SubIFDs, as raw files have them, not read: %ld",
                        pictures);
    if (others > 0)
        tri_source_warn(source, TRI_TIFF_OTHERS, others);
}

enum tri_status tri_tiff_open_pages(struct tri_source *source, struct tri_series *series)
{
    struct tri_tiff tiff = {.data = (unsigned char *)source->data, .size = source->size};
    long others = 0;
    if (!tri_tiff_open(&tiff, source->name, "r", tri_tiff_memory(source)))
        return tri_source_fail(source, "%s",
                               tiff.error[0] != '\0' ? tiff.error : "libtiff cannot open the file");
    series->places = tri_tiff_find_pages(&tiff, &series->info.count, &others);
    series->info.word = "page";
    if (series->places == NULL) {
        tri_tiff_close(&tiff);
        return tri_source_fail(source, "out of memory for a list of pages");
    }
    if (series->info.count == 1) { /* like any other picture */
        free(series->places);
        series->places = NULL;
    } else {
        if (others > 0)
            snprintf(series->left_out, sizeof series->left_out, TRI_TIFF_OTHERS, others);
        if (TIFFSetDirectory(tiff.handle, 0))
            tri_tiff_note_stack(tiff.handle, series->info.count, series->left_out);
    }
    tri_tiff_close(&tiff);
    return TRI_OK;
}

/* ---- writing ---- */

struct pages {
    struct tri_tiff tiff;
    bool big;
    long count, told; /* written, and expected; 0: unknown */
    /* each page's metadata to add once libtiff has completed the file */
    struct tri_metadata **tags;
    size_t room;
};

enum tri_status tri_tiff_begin(const struct tri_sink *sink, const struct tri_pictures_info *info,
                               void **state)
{
    struct pages *pages = calloc(1, sizeof *pages);
    *state = pages;
    if (pages == NULL)
        return tri_sink_fail(sink, "out of memory for a list of pages");
    pages->told = info->count;
    return TRI_OK;
}

/* The byte order is that of the first page's EXIF. The kind of file can only be estimated now. */
static enum tri_status open_file(struct pages *pages, const struct tri_sink *sink,
                                 const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    const uint64_t bytes = (uint64_t)shape->width * (uint64_t)shape->height *
                           (uint64_t)shape->planes * tri_sample_bytes(shape);
    if (pages->tiff.handle != NULL)
        return TRI_OK;
    pages->big = bytes * (uint64_t)(pages->told > 0 ? pages->told : 1) > TRI_TIFF_CLASSIC;
    return tri_tiff_create(&pages->tiff, sink, pages->big);
}

static bool is_reversed(const struct tri_metadata_item *item, TIFF *handle)
{
    return item != NULL && item->size > 0 &&
           (item->data[0] == 'M') != (TIFFIsBigEndian(handle) != 0);
}

/* False if out of memory. */
static bool keep_tags(struct pages *pages, const struct tri_sink *sink)
{
    static const char *const types[] = {"eXIf", "TIFF", "IPTC", "pHYs"};
    const struct tri_metadata *metadata = sink->options->metadata;
    if ((size_t)pages->count == pages->room) {
        const size_t room = pages->room > 0 ? 2 * pages->room : 16;
        struct tri_metadata **tags = realloc(pages->tags, room * sizeof *tags);
        if (tags == NULL)
            return false;
        pages->tags = tags;
        pages->room = room;
    }
    struct tri_metadata *kept = tri_metadata_new();
    bool sound = kept != NULL;
    for (int i = 0; i < 4 && sound; i++) {
        const struct tri_metadata_item *item = tri_metadata_find(metadata, types[i]);
        if (i < 2 && is_reversed(item, pages->tiff.handle))
            tri_sink_note(sink,
                          "EXIF and text dropped: their byte order differs from the first page");
        else
            sound = item == NULL || tri_metadata_add(kept, item->type, item->data, item->size);
    }
    if (sound)
        pages->tags[pages->count] = kept;
    else
        tri_metadata_free(kept);
    return sound;
}

/* Copies the page's strips if their byte order is the file's; otherwise encodes them again. */
static enum tri_status write_page(struct pages *pages, const struct tri_sink *sink,
                                  const struct tri_part *part)
{
    struct tri_tiff encoded = {.data = part->data, .size = part->size};
    if (!tri_tiff_open(&encoded, sink->name, "r", 0))
        return tri_sink_fail(sink, "%s",
                             encoded.error[0] != '\0' ? encoded.error : "out of memory for a page");
    const bool same = part->image->shape.bits == 8 ||
                      TIFFIsBigEndian(encoded.handle) == TIFFIsBigEndian(pages->tiff.handle);
    const enum tri_status status =
        tri_tiff_write_page(&pages->tiff, sink, part->image, same ? &encoded : NULL);
    tri_tiff_close(&encoded);
    return status;
}

static enum tri_status add_page(struct pages *pages, const struct tri_sink *sink,
                                const struct tri_part *part)
{
    struct tri_tiff *tiff = &pages->tiff;
    enum tri_status status = open_file(pages, sink, part->image);
    if (status != TRI_OK)
        return status;
    const uint16_t number = (uint16_t)pages->count,
                   of = pages->told <= UINT16_MAX ? (uint16_t)pages->told : 0;
    TIFFSetField(tiff->handle, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
    if (pages->count <= UINT16_MAX)
        TIFFSetField(tiff->handle, TIFFTAG_PAGENUMBER, number, of);
    status = write_page(pages, sink, part);
    if (status == TRI_OK && !TIFFWriteDirectory(tiff->handle))
        status = tri_sink_fail(sink, "%s",
                               tiff->error[0] != '\0' ? tiff->error : "out of memory for the file");
    return status;
}

enum tri_status tri_tiff_add(const struct tri_sink *sink, void *state, const struct tri_part *part)
{
    struct pages *pages = state;
    if (part->duration.per > 0)
        tri_sink_note(sink, "TIFF cannot store frame durations");
    const enum tri_status status = add_page(pages, sink, part);
    if (status != TRI_OK)
        return status;
    if (pages->big)
        tri_tiff_note_big(sink);
    else if (!keep_tags(pages, sink))
        return tri_sink_fail(sink, "out of memory for metadata");
    pages->count++;
    return TRI_OK;
}

/* Merges in page order, in which libtiff has written the directories. */
static bool merge_all(struct pages *pages)
{
    struct tri_ifd file;
    size_t link = TRI_IFD_FIRST;
    bool sound = true;
    if (pages->big || !tri_ifd_open(&file, pages->tiff.data, pages->tiff.size))
        return true;
    for (long i = 0; i < pages->count && sound && link > 0; i++) {
        sound = tri_tiff_merge_tags(&file, link, pages->tags[i]);
        link = sound ? tri_ifd_next_link(&file, link) : 0;
    }
    pages->tiff.data = file.data;
    pages->tiff.size = file.size;
    return sound;
}

enum tri_status tri_tiff_finish(const struct tri_sink *sink, void *state)
{
    struct pages *pages = state;
    tri_tiff_close(&pages->tiff);
    /* libtiff continues after some errors */
    if (pages->tiff.error[0] != '\0')
        return tri_sink_fail(sink, "%s", pages->tiff.error);
    if (!merge_all(pages))
        return tri_sink_fail(sink, "out of memory for metadata");
    return tri_sink_write(sink, pages->tiff.data, pages->tiff.size);
}

void tri_tiff_drop(void *state)
{
    struct pages *pages = state;
    if (pages == NULL)
        return;
    tri_tiff_close(&pages->tiff);
    for (long i = 0; i < pages->count && !pages->big; i++)
        tri_metadata_free(pages->tags[i]);
    free(pages->tags);
    free(pages->tiff.data);
    free(pages);
}
