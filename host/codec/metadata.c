/* metadata.c -- a list of typed items. */
#include "metadata.h"
#include "name_list.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct tri_metadata {
    int count;
    struct tri_metadata_item *items;
};

struct tri_metadata *tri_metadata_new(void)
{
    return calloc(1, sizeof(struct tri_metadata));
}

void tri_metadata_free(struct tri_metadata *metadata)
{
    if (metadata == NULL)
        return;
    for (int i = 0; i < metadata->count; i++)
        free((void *)metadata->items[i].data);
    free(metadata->items);
    free(metadata);
}

bool tri_metadata_add(struct tri_metadata *metadata, const char type[5], const void *data,
                      size_t size)
{
    struct tri_metadata_item *items =
        realloc(metadata->items, ((size_t)metadata->count + 1) * sizeof items[0]);
    unsigned char *copy = malloc(size > 0 ? size : 1);
    if (items != NULL)
        metadata->items = items;
    if (items == NULL || copy == NULL) {
        free(copy);
        return false;
    }
    if (size > 0)
        memcpy(copy, data, size);
    struct tri_metadata_item *item = &items[metadata->count++];
    *item = (struct tri_metadata_item){.data = copy, .size = size};
    memcpy(item->type, type, 4);
    return true;
}

int tri_metadata_count(const struct tri_metadata *metadata)
{
    return metadata == NULL ? 0 : metadata->count;
}

const struct tri_metadata_item *tri_metadata_at(const struct tri_metadata *metadata, int index)
{
    return index >= 0 && index < tri_metadata_count(metadata) ? &metadata->items[index] : NULL;
}

const struct tri_metadata_item *tri_metadata_find(const struct tri_metadata *metadata,
                                                  const char *type)
{
    for (int i = 0; i < tri_metadata_count(metadata); i++) {
        if (strcmp(metadata->items[i].type, type) == 0)
            return &metadata->items[i];
    }
    return NULL;
}

void tri_metadata_replace(struct tri_metadata *metadata, const char *type, void *data, size_t size)
{
    for (int i = 0; i < metadata->count; i++) {
        struct tri_metadata_item *item = &metadata->items[i];
        if (strcmp(item->type, type) != 0)
            continue;
        free((void *)item->data);
        item->data = data;
        item->size = size;
        return;
    }
    free(data);
}

void tri_metadata_remove(struct tri_metadata *metadata, const char *type)
{
    int kept = 0;
    for (int i = 0; i < metadata->count; i++) {
        if (strcmp(metadata->items[i].type, type) == 0)
            free((void *)metadata->items[i].data);
        else
            metadata->items[kept++] = metadata->items[i];
    }
    metadata->count = kept;
}

void tri_metadata_forget_chunks(struct tri_metadata *metadata, char list[TRI_CHUNK_LIST_MAX])
{
    for (int i = 0; i < tri_metadata_count(metadata); i++) {
        const struct tri_metadata_item *item = &metadata->items[i];
        char type[5] = "";
        if (strcmp(item->type, "PNG ") != 0 || item->size < TRI_CHUNK_HEAD)
            continue;
        memcpy(type, item->data + 1, 4);
        tri_name_list_add(list, TRI_CHUNK_LIST_MAX, type);
    }
    if (metadata != NULL)
        tri_metadata_remove(metadata, "PNG ");
}

void tri_note(char note[TRI_NOTE_MAX], const char *format, ...)
{
    va_list arguments;
    if (note == NULL)
        return;
    size_t used = strlen(note);
    if (used > 0 && used + 2 < TRI_NOTE_MAX) {
        memcpy(note + used, "; ", 3);
        used += 2;
    }
    va_start(arguments, format);
    vsnprintf(note + used, TRI_NOTE_MAX - used, format, arguments);
    va_end(arguments);
}

/* ICC.1:2022, 7.2: a 128-byte header, the colour space at 16, "acsp" at 36. */
const struct tri_metadata_item *tri_metadata_profile(const struct tri_metadata *metadata,
                                                     int planes)
{
    const struct tri_metadata_item *profile = tri_metadata_find(metadata, "iCCP");
    if (profile == NULL || profile->size < 132 || memcmp(profile->data + 36, "acsp", 4) != 0 ||
        memcmp(profile->data + 16, planes < 3 ? "GRAY" : "RGB ", 4) != 0)
        return NULL;
    return profile;
}
bool tri_metadata_is_srgb(const struct tri_metadata_item *item)
{
    static const unsigned char primaries[32] = {
        0, 0, 0x7a, 0x26, 0, 0, 0x80, 0x84, 0, 0, 0xfa, 0,    0, 0, 0x80, 0xe8,
        0, 0, 0x75, 0x30, 0, 0, 0xea, 0x60, 0, 0, 0x3a, 0x98, 0, 0, 0x17, 0x70};
    if (strcmp(item->type, "gAMA") == 0)
        return item->size == 4 && memcmp(item->data, "\0\0\261\217", 4) == 0;
    return strcmp(item->type, "cHRM") == 0 && item->size == 32 &&
           memcmp(item->data, primaries, 32) == 0;
}
