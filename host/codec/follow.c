/* follow.c -- what files said of pictures, after a pipeline has changed these. */
#include "exif.h"
#include "ifd.h"
#include "metadata.h"
#include "xmp.h"

#include <stdlib.h>
#include <string.h>

/* Of TIFF: places on maps, which GDAL's own two tags are about too. */
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

bool tri_metadata_move_xmp(struct tri_metadata *metadata, bool turned)
{
    size_t size;
    const struct tri_metadata_item *item = tri_metadata_find(metadata, "XMP ");
    if (item == NULL)
        return true;
    char *moved = tri_xmp_move(item->data, item->size, turned, &size);
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
        tri_note(note, "its place on a map (GeoTIFF) is left out, for its pixels have moved");
}

static void move(struct tri_metadata *metadata, bool turned, char *note)
{
    const struct tri_metadata_item *item = tri_metadata_find(metadata, "eXIf");
    if (item != NULL)
        tri_exif_forget_places((unsigned char *)item->data, item->size);
    item = tri_metadata_find(metadata, "TIFF");
    if (item != NULL)
        forget_map(item, note);
    if (!tri_metadata_move_xmp(metadata, turned))
        tri_note(note, "XMP is left out, for it cannot be moved with the picture");
}

/* Pixels for each micrometre, and the like. */
static void scale(struct tri_metadata *metadata, const struct tri_metadata_change *change)
{
    const struct tri_metadata_item *exif = tri_metadata_find(metadata, "eXIf"), *phys = tri_metadata_find(metadata, "pHYs");
    const int width = change->turned ? change->in.height : change->in.width;
    const int height = change->turned ? change->in.width : change->in.height;
    unsigned char said[9];
    if (exif == NULL || (width == change->out.width && height == change->out.height))
        return;
    tri_exif_scale((unsigned char *)exif->data, exif->size, (double)change->out.width / width, (double)change->out.height / height);
    if (phys == NULL || phys->size != 9 || phys->data[8] != 0)
        return;
    if (tri_exif_density(exif->data, exif->size, said) && said[8] == 0)
        memcpy((unsigned char *)phys->data, said, 9);
    else
        tri_metadata_remove(metadata, "pHYs");
}

void tri_metadata_follow(struct tri_metadata *metadata, const struct tri_metadata_change *change, char note[TRI_NOTE_MAX])
{
    if (metadata == NULL)
        return;
    if (change->turned)
        turn(metadata);
    if (moves(change->pipeline))
        move(metadata, change->turned, note);
    scale(metadata, change);
    if (tri_pipeline_same_samples(change->pipeline))
        return;
    if (tri_metadata_find(metadata, "cLLI") != NULL)
        tri_note(note, "the light level (cLLI) is left out, for the picture has another one now");
    tri_metadata_remove(metadata, "cLLI");
    tri_metadata_remove(metadata, "sBIT"); /* all bits count now */
}
