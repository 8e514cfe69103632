/* metadata_follow.c -- updates metadata after a pipeline has changed the pictures. */
#include "exif.h"
#include "ifd.h"
#include "metadata.h"
#include "xmp.h"

#include "../pipeline/graph.h"

#include <stdlib.h>
#include <string.h>

/* TIFF's map tags, and GDAL's two, which relate to them. */
static const unsigned map_tags[] = {33550, 33922, 34264, 34735, 34736, 34737, 42112};

static bool moves(const struct tri_pipeline *pipeline)
{
    bool moved = false;
    for (int i = 0; i < tri_pipeline_length(pipeline); i++)
        moved |= strcmp(tri_kernel_family(tri_pipeline_kernel(pipeline, i)), "geometry") == 0;
    return moved;
}

void tri_metadata_turn_density(struct tri_metadata *metadata)
{
    const struct tri_metadata_item *item = tri_metadata_find(metadata, "pHYs");
    if (item != NULL && item->size == 9) {
        unsigned char *sides = (unsigned char *)item->data, x[4];
        memcpy(x, sides, 4);
        memcpy(sides, sides + 4, 4);
        memcpy(sides + 4, x, 4);
    }
}

bool tri_metadata_move_xmp(struct tri_metadata *metadata, bool transposed)
{
    size_t size;
    const struct tri_metadata_item *item = tri_metadata_find(metadata, "XMP ");
    if (item == NULL)
        return true;
    char *moved = tri_xmp_move(item->data, item->size, transposed, &size);
    if (moved != NULL)
        tri_metadata_replace(metadata, "XMP ", moved, size);
    else
        tri_metadata_remove(metadata, "XMP ");
    return moved != NULL;
}

static void turn(struct tri_metadata *metadata)
{
    static const char *const types[] = {"eXIf", "TIFF"};
    const struct tri_metadata_item *item;
    tri_metadata_turn_density(metadata);
    for (int i = 0; i < 2; i++) {
        item = tri_metadata_find(metadata, types[i]);
        if (item != NULL)
            tri_exif_turn((unsigned char *)item->data, item->size);
    }
}

static void forget_map(const struct tri_metadata_item *item, char *note)
{
    struct tri_ifd tags;
    bool any = false;
    if (!tri_ifd_open(&tags, item->data, item->size))
        return;
    const size_t first = tri_ifd_first(&tags);
    for (size_t i = 0; i < sizeof map_tags / sizeof map_tags[0]; i++) {
        any |= tri_ifd_find(&tags, first, map_tags[i]) != NULL;
        tri_ifd_remove(&tags, first, map_tags[i]);
    }
    if (any)
        tri_note(note, "GeoTIFF tags dropped: the pixels have moved");
}

static void move(struct tri_metadata *metadata, bool transposed, char *note)
{
    const struct tri_metadata_item *item = tri_metadata_find(metadata, "eXIf");
    if (item != NULL)
        tri_exif_forget_places((unsigned char *)item->data, item->size);
    item = tri_metadata_find(metadata, "TIFF");
    if (item != NULL)
        forget_map(item, note);
    if (tri_metadata_find(metadata, "AFD ") != NULL)
        tri_note(note, "active format description (AFD) dropped: the pixels have moved");
    tri_metadata_remove(metadata, "AFD ");
    if (!tri_metadata_move_xmp(metadata, transposed))
        tri_note(note, "XMP dropped: it cannot be adapted to the moved pixels");
}

/* Scales densities such as pixels per micrometre. */
static void scale(struct tri_metadata *metadata, const struct tri_metadata_change *change)
{
    const struct tri_metadata_item *exif = tri_metadata_find(metadata, "eXIf"),
                                   *phys = tri_metadata_find(metadata, "pHYs");
    double across, down;
    unsigned char said[9];
    if (exif == NULL || !tri_pipeline_scale(change->pipeline, &change->in, &across, &down) ||
        (across == 1 && down == 1))
        return;
    tri_exif_scale((unsigned char *)exif->data, exif->size, across, down);
    if (phys == NULL || phys->size != 9 || phys->data[8] != 0)
        return;
    if (tri_exif_density(exif->data, exif->size, said) && said[8] == 0)
        memcpy((unsigned char *)phys->data, said, 9);
    else
        tri_metadata_remove(metadata, "pHYs");
}

/* Whether they hold of other pixels is unknown: some programs keep the original picture there. */
static void forget_chunks(struct tri_metadata *metadata, char *note)
{
    char list[TRI_CHUNK_LIST_MAX] = "";
    tri_metadata_forget_chunks(metadata, list);
    if (list[0] != '\0')
        tri_note(note, "chunks of unknown meaning dropped: %s: the picture has changed", list);
}

void tri_metadata_follow(struct tri_metadata *metadata, const struct tri_metadata_change *change,
                         char note[TRI_NOTE_MAX])
{
    if (metadata == NULL)
        return;
    if (change->transposed)
        turn(metadata);
    if (moves(change->pipeline))
        move(metadata, change->transposed, note);
    scale(metadata, change);
    if (moves(change->pipeline) || !tri_pipeline_same_samples(change->pipeline))
        forget_chunks(metadata, note);
    if (tri_pipeline_same_samples(change->pipeline))
        return;
    if (tri_metadata_find(metadata, "cLLI") != NULL)
        tri_note(note, "light level (cLLI) dropped: the samples have changed");
    if (tri_metadata_find(metadata, "HDR+") != NULL)
        tri_note(note, "HDR10+ dropped: the samples have changed");
    tri_metadata_remove(metadata, "cLLI");
    tri_metadata_remove(metadata, "HDR+");
    tri_metadata_remove(metadata, "sBIT"); /* all bits are significant now */
}
