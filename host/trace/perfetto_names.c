/* perfetto_names.c -- names are written once, and then go by numbers. */
#include "perfetto_parts.h"

#include <stdlib.h>
#include <string.h>

static const char *const note_names[NOTES_END] = {
    [NOTE_FRAME] = "frame", [NOTE_FIRST] = "first row", [NOTE_ROWS] = "rows",
    [NOTE_BYTES] = "bytes", [NOTE_CORE] = "core",       [NOTE_DETAIL] = "detail"};

static TriPf__InternedName made(uint64_t number, const char *name)
{
    TriPf__InternedName result = TRI_PF__INTERNED_NAME__INIT;
    result.has_iid = true;
    result.iid = number;
    result.name = (char *)name;
    return result;
}

void tri_pf_write_fixed_names(struct tri_perfetto *pf)
{
    TriPf__TracePacket packet = TRI_PF__TRACE_PACKET__INIT;
    TriPf__TracePacketDefaults defaults = TRI_PF__TRACE_PACKET_DEFAULTS__INIT;
    TriPf__InternedData data = TRI_PF__INTERNED_DATA__INIT;
    TriPf__InternedName categories[TRI_TRACE_CATEGORIES], notes[NOTES_END - 1];
    TriPf__InternedName *category_list[TRI_TRACE_CATEGORIES], *note_list[NOTES_END - 1];
    for (int i = 0; i < TRI_TRACE_CATEGORIES; i++) {
        categories[i] = made((uint64_t)i + 1, tri_trace_category_names[i]);
        category_list[i] = &categories[i];
    }
    for (int i = 1; i < NOTES_END; i++) {
        notes[i - 1] = made((uint64_t)i, note_names[i]);
        note_list[i - 1] = &notes[i - 1];
    }
    data.n_event_categories = TRI_TRACE_CATEGORIES;
    data.event_categories = category_list;
    data.n_debug_annotation_names = NOTES_END - 1;
    data.debug_annotation_names = note_list;
    defaults.has_timestamp_clock_id = true;
    defaults.timestamp_clock_id = PF_MONOTONIC;
    packet.interned_data = &data;
    packet.trace_packet_defaults = &defaults;
    packet.has_sequence_flags = true;
    packet.sequence_flags = PF_FORGET_NAMES;
    tri_pf_write(pf, &packet);
}

static void write_name(struct tri_perfetto *pf, uint64_t number, const struct pf_name *name)
{
    TriPf__TracePacket packet = TRI_PF__TRACE_PACKET__INIT;
    TriPf__InternedData data = TRI_PF__INTERNED_DATA__INIT;
    char text[200];
    if (name->cause != TRI_TRACE_NO_WAIT)
        snprintf(text, sizeof text, "wait for %s: %s", tri_trace_cause_names[name->cause],
                 name->name);
    else
        snprintf(text, sizeof text, "%s", name->name);
    TriPf__InternedName interned = made(number, text), *list = &interned;
    data.n_event_names = 1;
    data.event_names = &list;
    packet.interned_data = &data;
    packet.has_sequence_flags = true;
    packet.sequence_flags = PF_USE_NAMES;
    tri_pf_write(pf, &packet);
}

/* ---- the table: texts live as long as the trace, so that they are told apart by address ---- */

static size_t hash(const char *name, unsigned cause)
{
    const uint64_t bits = ((uint64_t)(uintptr_t)name ^ (uint64_t)cause << 56);
    return (size_t)((bits * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* Where the name is, or belongs. */
static int *slot_of(const struct tri_perfetto *pf, const char *name, unsigned cause)
{
    for (size_t at = hash(name, cause);; at++) {
        int *slot = &pf->slots[at % (size_t)pf->slot_count];
        if (*slot < 0 || (pf->names[*slot].name == name && pf->names[*slot].cause == cause))
            return slot;
    }
}

/* Always at least half of the slots are free. */
static bool make_room(struct tri_perfetto *pf)
{
    if (pf->name_count < pf->name_room)
        return true;
    const int room = pf->name_room > 0 ? 2 * pf->name_room : 128;
    struct pf_name *names = realloc(pf->names, (size_t)room * sizeof *names);
    if (names == NULL)
        return false;
    pf->names = names;
    int *slots = malloc(2 * (size_t)room * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0xff, 2 * (size_t)room * sizeof *slots);
    free(pf->slots);
    pf->slots = slots;
    pf->slot_count = 2 * room;
    pf->name_room = room;
    for (int i = 0; i < pf->name_count; i++)
        *slot_of(pf, names[i].name, names[i].cause) = i;
    return true;
}

uint64_t tri_pf_name(struct tri_perfetto *pf, const char *name, enum tri_trace_cause cause)
{
    if (!make_room(pf)) {
        pf->no_memory = true;
        return 0;
    }
    int *slot = slot_of(pf, name, cause);
    if (*slot < 0) {
        *slot = pf->name_count++;
        pf->names[*slot] = (struct pf_name){name, cause};
        write_name(pf, (uint64_t)*slot + 1, &pf->names[*slot]);
    }
    return (uint64_t)*slot + 1;
}
