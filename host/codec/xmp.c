/* xmp.c -- changes properties in XMP packets. A property is an attribute or an element; the
 * prefixes are those all programs use. */
#include "xmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MOST 1000 /* each copies the packet */

struct packet {
    char *text; /* terminated */
    size_t size;
    bool lacking; /* out of memory, or too many properties */
    int changes;
};

static struct packet open_packet(const void *data, size_t size)
{
    struct packet packet = {malloc(size + 1), size, false, 0};
    packet.lacking = packet.text == NULL;
    if (!packet.lacking) {
        memcpy(packet.text, data, size);
        packet.text[size] = '\0';
    }
    return packet;
}

static char *close_packet(struct packet *packet, size_t *size)
{
    *size = packet->size;
    if (!packet->lacking)
        return packet->text;
    free(packet->text);
    return NULL;
}

static void splice(struct packet *packet, size_t at, size_t size, const char *text)
{
    const size_t length = strlen(text), rest = packet->size - at - size;
    char *grown =
        packet->changes++ < CHANGES_MOST ? malloc(packet->size - size + length + 1) : NULL;
    packet->lacking |= grown == NULL;
    if (grown == NULL)
        return;
    memcpy(grown, packet->text, at);
    memcpy(grown + at, text, length);
    memcpy(grown + at + length, packet->text + at + size, rest + 1);
    free(packet->text);
    packet->text = grown;
    packet->size = at + length + rest;
}

/* A part of the text: the property with its name, and its value alone. */
struct property {
    size_t at, size, value, value_size;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool take_attribute(const struct packet *packet, size_t at, size_t length,
                           struct property *found)
{
    const char *text = packet->text;
    size_t i = at + length;
    while (is_blank(text[i]))
        i++;
    if (at == 0 || !is_blank(text[at - 1]) || text[i++] != '=')
        return false;
    while (is_blank(text[i]))
        i++;
    const char quote = text[i++];
    const char *end = quote == '"' || quote == '\'' ? strchr(text + i, quote) : NULL;
    if (end == NULL)
        return false;
    *found = (struct property){at, (size_t)(end + 1 - text) - at, i, (size_t)(end - text) - i};
    return true;
}

static bool take_element(const struct packet *packet, size_t at, const char *name,
                         struct property *found)
{
    const char *text = packet->text, *start = text + at + strlen(name);
    char closing[80];
    if (at == 0 || text[at - 1] != '<' || (*start != '>' && *start != '/' && !is_blank(*start)))
        return false;
    const char *value = strchr(start, '>');
    if (value == NULL)
        return false;
    if (value[-1] == '/') {
        *found =
            (struct property){at - 1, (size_t)(value + 2 - text) - at, (size_t)(value - text), 0};
        return true;
    }
    snprintf(closing, sizeof closing, "</%s>", name);
    const char *end = strstr(value, closing);
    if (end == NULL)
        return false;
    *found = (struct property){at - 1, (size_t)(end - text) + strlen(closing) - at + 1,
                               (size_t)(value + 1 - text), (size_t)(end - value) - 1};
    return true;
}

/* Searches from `*from` on, and moves that past the name. */
static bool find(const struct packet *packet, const char *name, size_t *from,
                 struct property *found)
{
    while (!packet->lacking) {
        const char *at = strstr(packet->text + *from, name);
        if (at == NULL)
            return false;
        const size_t place = (size_t)(at - packet->text);
        *from = place + strlen(name);
        if (take_attribute(packet, place, strlen(name), found) ||
            take_element(packet, place, name, found))
            return true;
    }
    return false;
}

static void set(struct packet *packet, const char *name, const char *value)
{
    struct property found;
    for (size_t from = 0; find(packet, name, &from, &found);)
        splice(packet, found.value, found.value_size, value);
}

static void drop(struct packet *packet, const char *name)
{
    struct property found;
    for (size_t from = 0; find(packet, name, &from, &found);) {
        splice(packet, found.at, found.size, "");
        from = found.at;
    }
}

static void set_number(struct packet *packet, const char *name, int number)
{
    char text[20];
    snprintf(text, sizeof text, "%d", number);
    set(packet, name, text);
}

static void exchange(struct packet *packet, const char *one, const char *other)
{
    struct property found[2];
    char *values[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        size_t from = 0;
        if (find(packet, i == 0 ? one : other, &from, &found[i]))
            values[i] = strndup(packet->text + found[i].value, found[i].value_size);
    }
    if (values[0] != NULL && values[1] != NULL) {
        set(packet, one, values[1]);
        set(packet, other, values[0]);
    }
    free(values[0]);
    free(values[1]);
}

/* Descriptions of what follows the image in a phone's JPEG, which is not kept: a video, a gain map.
 */
static void drop_parts(struct packet *packet)
{
    static const char *const names[] = {"GCamera:MicroVideo",
                                        "GCamera:MicroVideoVersion",
                                        "GCamera:MicroVideoOffset",
                                        "GCamera:MicroVideoPresentationTimestampUs",
                                        "GCamera:MotionPhoto",
                                        "GCamera:MotionPhotoVersion",
                                        "GCamera:MotionPhotoPresentationTimestampUs",
                                        "Container:Directory",
                                        "GContainer:Directory",
                                        "hdrgm:Version"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        drop(packet, names[i]);
}

char *tri_xmp_fit(const void *data, size_t size, int width, int height, size_t *fitted, bool *sound)
{
    struct packet packet = open_packet(data, size);
    *sound =
        packet.lacking || (strlen(packet.text) == size && strstr(packet.text, "rdf:RDF") != NULL);
    if (!*sound) {
        free(packet.text);
        return NULL;
    }
    set(&packet, "tiff:Orientation", "1");
    set_number(&packet, "tiff:ImageWidth", width);
    set_number(&packet, "tiff:ImageLength", height);
    set_number(&packet, "exif:PixelXDimension", width);
    set_number(&packet, "exif:PixelYDimension", height);
    drop(&packet, "xmp:Thumbnails");
    drop(&packet, "xap:Thumbnails");
    drop(&packet, "xmpNote:HasExtendedXMP");
    drop_parts(&packet);
    *sound = packet.changes <= CHANGES_MOST;
    return close_packet(&packet, fitted);
}

char *tri_xmp_move(const void *data, size_t size, bool transposed, size_t *moved)
{
    struct packet packet = open_packet(data, size);
    if (transposed)
        exchange(&packet, "tiff:XResolution", "tiff:YResolution");
    drop(&packet, "mwg-rs:Regions");
    drop(&packet, "MP:RegionInfo");
    drop(&packet, "exif:SubjectArea");
    drop(&packet, "exif:SubjectLocation");
    return close_packet(&packet, moved);
}
