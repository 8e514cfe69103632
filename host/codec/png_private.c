/* png_private.c -- keeps chunks of unknown meaning where the specification permits it (PNG, 14.2):
 * if their type says "safe to copy", in PNG files, on their side of the pixels. */
#include "png_private.h"
#include "name_list.h"
#include "png_chunk.h"

#include <stdlib.h>
#include <string.h>

#define SAFE 32 /* in the fourth letter of a type */

static void list_type(char list[TRI_CHUNK_LIST_MAX], const void *type)
{
    char name[5] = "";
    memcpy(name, type, 4);
    tri_name_list_add(list, TRI_CHUNK_LIST_MAX, name);
}

bool tri_png_private_add(struct tri_source *source, const struct tri_png_chunk *chunk, bool behind,
                         char dropped[TRI_CHUNK_LIST_MAX])
{
    if ((chunk->type[3] & SAFE) == 0 || !tri_png_chunk_intact(chunk)) {
        list_type(dropped, chunk->type);
        return true;
    }
    if (source->metadata == NULL)
        return true;
    unsigned char *data = malloc(TRI_CHUNK_HEAD + chunk->size);
    if (data == NULL)
        return false;
    data[0] = behind;
    memcpy(data + 1, chunk->type, 4);
    if (chunk->size > 0)
        memcpy(data + TRI_CHUNK_HEAD, chunk->data, chunk->size);
    const bool added =
        tri_metadata_add(source->metadata, "PNG ", data, TRI_CHUNK_HEAD + chunk->size);
    free(data);
    return added;
}

enum tri_status tri_png_private_write(const struct tri_sink *sink, bool behind)
{
    const struct tri_metadata *metadata = sink->options->metadata;
    enum tri_status status = TRI_OK;
    for (int i = 0; i < tri_metadata_count(metadata) && status == TRI_OK; i++) {
        const struct tri_metadata_item *item = tri_metadata_at(metadata, i);
        char type[5] = "";
        if (strcmp(item->type, "PNG ") != 0 || item->size < TRI_CHUNK_HEAD ||
            item->size > INT32_MAX || item->data[0] != behind)
            continue;
        memcpy(type, item->data + 1, 4);
        status = tri_png_write_chunk(sink, type, item->data + TRI_CHUNK_HEAD,
                                     item->size - TRI_CHUNK_HEAD);
    }
    return status;
}
