/* perfetto_event.c -- encodes slices and counters. They are nearly all of a trace, and are written
 * while the program that is recorded needs the cores: libprotobuf-c takes 2 microseconds for one,
 * ten times as long as this. All else goes through the library. */
#include "perfetto_parts.h"

#include <endian.h>
#include <string.h>

/* Kinds of fields on the wire. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2 };
/* Fields of the messages, as in perfetto.proto. */
enum { TRACE_PACKET = 1 };
enum { PACKET_TIMESTAMP = 8, PACKET_SEQUENCE = 10, PACKET_EVENT = 11, PACKET_FLAGS = 13 };
enum {
    EVENT_CATEGORY = 3,
    EVENT_NOTE = 4,
    EVENT_TYPE = 9,
    EVENT_NAME = 10,
    EVENT_TRACK = 11,
    EVENT_COUNTER = 30,
    EVENT_FLOW = 47
};
enum { NOTE_NAME = 1, NOTE_NUMBER = 4 };
#define TAG(field, kind) ((field) << 3 | (kind)) /* one byte for fields below 16 */

/* With all fields and four notes, each as long as it can be, a packet has 110 bytes: lengths of
 * messages take one byte. */
#define EVENT_BYTES_MAX 128

static uint8_t *put(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put_field(uint8_t *to, unsigned field, uint64_t value)
{
    return put(put(to, TAG(field, VARINT)), value);
}

/* Nanoseconds take nine bytes, which need not be found one by one. */
static uint8_t *put_time(uint8_t *to, uint64_t time)
{
    to[0] = TAG(PACKET_TIMESTAMP, VARINT);
    to[1] = (uint8_t)(time | 0x80);
    to[2] = (uint8_t)(time >> 7 | 0x80);
    to[3] = (uint8_t)(time >> 14 | 0x80);
    to[4] = (uint8_t)(time >> 21 | 0x80);
    return put(to + 5, time >> 28);
}

static uint8_t *put_fixed(uint8_t *to, unsigned field, uint64_t value)
{
    const uint64_t bytes = htole64(value);
    to = put(to, TAG(field, FIXED64));
    memcpy(to, &bytes, sizeof bytes);
    return to + sizeof bytes;
}

static uint8_t *put_note(uint8_t *to, unsigned note, uint64_t value)
{
    uint8_t *const begin = to;
    *to++ = TAG(EVENT_NOTE, BYTES);
    *to++ = 0; /* the length */
    *to++ = TAG(NOTE_NAME, VARINT);
    *to++ = (uint8_t)note;
    *to++ = TAG(NOTE_NUMBER, VARINT);
    to = put(to, value);
    begin[1] = (uint8_t)(to - begin - 2);
    return to;
}

static uint8_t *put_event(uint8_t *to, const struct pf_event *event)
{
    if (event->category != 0)
        to = put_field(to, EVENT_CATEGORY, event->category);
    for (int i = 0; i < event->note_count; i++)
        to = put_note(to, event->notes[i].note, (uint64_t)event->notes[i].value);
    to = put_field(to, EVENT_TYPE, event->type);
    if (event->name != 0)
        to = put_field(to, EVENT_NAME, event->name);
    to = put_field(to, EVENT_TRACK, event->track);
    if (event->type == PF_COUNTER)
        to = put_field(to, EVENT_COUNTER, (uint64_t)event->value);
    return event->item != 0 ? put_fixed(to, EVENT_FLOW, event->item) : to;
}

void tri_pf_write_event(struct tri_perfetto *pf, const struct pf_event *event)
{
    uint8_t *const begin = tri_pf_room(pf, EVENT_BYTES_MAX), *to = begin, *inner;
    *to++ = TAG(TRACE_PACKET, BYTES);
    *to++ = 0; /* the length */
    to = put_time(to, (uint64_t)event->time);
    *to++ = TAG(PACKET_SEQUENCE, VARINT);
    *to++ = PF_SEQUENCE;
    *to++ = TAG(PACKET_FLAGS, VARINT);
    *to++ = PF_USE_NAMES;
    *to++ = TAG(PACKET_EVENT, BYTES);
    *to++ = 0; /* the length */
    inner = to;
    to = put_event(to, event);
    inner[-1] = (uint8_t)(to - inner);
    begin[1] = (uint8_t)(to - begin - 2);
    pf->used += (size_t)(to - begin);
}
