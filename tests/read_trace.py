#!/usr/bin/env python3
"""read_trace.py TRACE -- an independent reader of traces: Perfetto's own schema, from the wheel `perfetto`, read with `protobuf`.

Checks what holds for every trace, and prints one fact a line, which test_trace_file.c compares with what the program says."""
import collections
import sys

try:
    from google.protobuf.unknown_fields import UnknownFieldSet
    from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as schema
except ImportError as why:
    print(f"skip: {why}")
    sys.exit(77)

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
MONOTONIC = 3


def fail(text):
    print(f"wrong: {text}")
    sys.exit(1)


def check_known(message):
    """Our field numbers are those of the schema: nothing is left over, in whatever depth."""
    if len(UnknownFieldSet(message)) > 0:
        fail(f"{type(message).__name__} has a field that the schema does not know")
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in value if not hasattr(value, "ListFields") else [value]:
                check_known(inner)


class Slice:
    def __init__(self, name, category, begin, notes, flows, depth):
        self.name, self.category, self.begin, self.notes, self.flows, self.depth = name, category, begin, notes, flows, depth
        self.end = None


class Trace:
    def __init__(self, path):
        self.tracks, self.slices, self.counters, self.instants = {}, collections.defaultdict(list), {}, []
        self.names, self.categories, self.notes = {}, {}, {}
        self.clock, self.packets, self.synced = None, 0, False
        with open(path, "rb") as file:
            trace = schema.Trace.FromString(file.read())
        if trace.FindInitializationErrors():
            fail("required fields are missing")
        self.events = []
        for packet in trace.packet:
            self.take(packet)
        self.nest()

    def take(self, packet):
        self.packets += 1
        if self.packets <= 20000:  # later packets are of the same kinds
            check_known(packet)
        if packet.trusted_packet_sequence_id != 1:
            fail("a packet without its sequence")
        if packet.sequence_flags & 1:
            self.names, self.categories, self.notes = {}, {}, {}
        if packet.HasField("trace_packet_defaults"):
            self.clock = packet.trace_packet_defaults.timestamp_clock_id
        if packet.HasField("clock_snapshot"):
            self.synced = {clock.clock_id for clock in packet.clock_snapshot.clocks} >= {1, 3, 6}
        for table, entries in ((self.names, packet.interned_data.event_names), (self.categories, packet.interned_data.event_categories),
                               (self.notes, packet.interned_data.debug_annotation_names)):
            for entry in entries:
                if table.setdefault(entry.iid, entry.name) != entry.name:
                    fail(f"number {entry.iid} has two names")
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            if track.uuid in self.tracks:
                fail(f"track {track.uuid} is described twice")
            if track.HasField("parent_uuid") and track.parent_uuid not in self.tracks:
                fail(f"track {track.uuid} has no parent")
            self.tracks[track.uuid] = track
        if packet.HasField("track_event"):
            if packet.track_event.track_uuid not in self.tracks:
                fail(f"an event on track {packet.track_event.track_uuid}, which is not described")
            self.take_event(packet)

    def name_of(self, event):
        if event.name_iid not in self.names:
            fail(f"name {event.name_iid} is unknown")
        return self.names[event.name_iid]

    def take_event(self, packet):
        event = packet.track_event
        if self.clock != MONOTONIC or not self.synced:
            fail("the clock is not known")
        notes = {self.notes[note.name_iid]: note.string_value or note.int_value for note in event.debug_annotations}
        if event.type == COUNTER:
            self.counters.setdefault(event.track_uuid, []).append((packet.timestamp, event.counter_value))
        elif event.type == INSTANT:
            self.instants.append(self.name_of(event))
        elif event.type in (BEGIN, END):
            category = self.categories[event.category_iids[0]] if event.category_iids else ""
            name = self.name_of(event) if event.type == BEGIN else ""
            self.events.append((packet.timestamp, event.track_uuid, event.type, name, category, notes, list(event.flow_ids)))
        else:
            fail(f"an event of type {event.type}")

    def nest(self):
        """Begins and ends become slices, as Perfetto does it: by time, and at the same time in the order of the file."""
        open_slices = collections.defaultdict(list)
        for time, track, kind, name, category, notes, flows in sorted(self.events, key=lambda event: event[0]):
            stack = open_slices[track]
            if kind == BEGIN:
                made = Slice(name, category, time, notes, flows, len(stack))
                stack.append(made)
                self.slices[track].append(made)
            elif not stack:
                fail(f"an end without a begin on '{self.title(track)}'")
            else:
                stack[-1].end = time
                stack[-1].notes.update(notes)
                stack.pop().flows.extend(flows)
        for track, stack in open_slices.items():
            if stack:
                fail(f"'{stack[-1].name}' on '{self.title(track)}' does not end")

    def title(self, number):
        track = self.tracks[number]
        return track.thread.thread_name if track.HasField("thread") else track.process.process_name if track.HasField("process") else track.name

    def parent(self, number):
        return self.title(self.tracks[number].parent_uuid) if self.tracks[number].HasField("parent_uuid") else ""

    def is_flat(self, number):
        """Cores and queues do one thing at a time."""
        track = self.tracks[number]
        return not track.HasField("thread") and not track.HasField("counter") and not track.HasField("process")


def check_overlap(trace):
    for track, slices in trace.slices.items():
        if not trace.is_flat(track):
            continue
        before = None
        for made in sorted(slices, key=lambda slice: slice.begin):
            if made.depth != 0 or (before is not None and made.begin < before.end):
                fail(f"'{made.name}' overlaps on '{trace.title(track)}'")
            before = made


def find_flows(trace):
    """The slices of each flow in order of time."""
    flows = collections.defaultdict(list)
    for slices in trace.slices.values():
        for made in slices:
            for flow in made.flows:
                if flow == 0:
                    fail("a flow of number 0")
                flows[flow].append(made)
    return {flow: sorted(slices, key=lambda slice: slice.begin) for flow, slices in flows.items()}


def stages_of(flow):
    return " > ".join(made.name for made in flow if made.category == "stage")


def check_commands(flow):
    """A device's commands lie between the first stage of their frame and the last, and belong to it."""
    for made in flow:
        if made.category == "command" and not (flow[0].category == "stage" and made.end <= flow[-1].end):
            fail(f"command '{made.name}' outside of its frame's stages")
        if made.notes.get("frame") is None:
            fail(f"'{made.name}' is in a flow and has no frame")


def main():
    trace = Trace(sys.argv[1])
    check_overlap(trace)
    flows = find_flows(trace)
    counts, sums = collections.Counter(), collections.Counter()
    for track, slices in trace.slices.items():
        on_thread = trace.tracks[track].HasField("thread")
        for made in slices:
            kind = made.category if on_thread else "on " + ("cores" if trace.parent(track) == "cores" else "queues")
            counts[(kind, made.name)] += 1
            sums[(kind, made.name)] += made.end - made.begin
    for (kind, name), count in sorted(counts.items()):
        print(f"slices {kind} | {name} | {count} | {sums[(kind, name)]}")
    for flow in flows.values():
        check_commands(flow)
    for path, count in sorted(collections.Counter(stages_of(flow) for flow in flows.values()).items()):
        print(f"flow {path} | {count}")
    print(f"commands in flows {sum(made.category == 'command' for flow in flows.values() for made in flow)}")
    for track, values in sorted(trace.counters.items()):
        print(f"counter {trace.parent(track)} | {trace.title(track)} | {len(values)} | {max(value for _, value in values)} | {values[-1][1]}")
    for number, track in sorted(trace.tracks.items()):
        if track.HasField("thread") or trace.is_flat(number):
            print(f"track {trace.parent(number)} | {trace.title(number)}")
    for name in trace.instants:
        print(f"instant {name}")
    print(f"packets {trace.packets}")


main()
