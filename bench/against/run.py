"""run.py -- the comparison: which peers there are, and each case with all of them in turn."""
import importlib
import os
import statistics
import subprocess
import sys

import files
from against import environment, file_cases, frames, measure, report
from against.cases import CASES
from against.triptych import Copy, Failure, Job, Library, Pictures

MODULES = {"opencv": "opencv", "vapoursynth": "vapoursynth_peer", "ipp": "ipp", "vips": "vips", "pillow": "pillow"}


def say(text):
    print("peers.py: %s" % text, file=sys.stderr, flush=True)


class Bench:
    """What the cases share."""

    def __init__(self, options):
        self.options = options
        self.library = Library(options.library)
        self.missing = dict(environment.missing(sys.prefix) or {})
        self.modules = dict(self.find())
        self.failed = False
        self.backends = self.open_backends()

    def find(self):
        """The peers that can be imported; the others are missing, for the reason that their installation gave."""
        for name, module in MODULES.items():
            try:
                peer = importlib.import_module("against." + module)
                peer.start(self.options.threads)
                yield name, peer
            except (ImportError, OSError) as error:
                self.missing.setdefault(name, str(error))

    def open_backends(self):
        threads = self.options.threads
        backends = {count: self.library.backend("threads:%d" % count) for count in sorted({1, threads})}
        if self.options.opencl:
            backends["OpenCL"] = self.library.backend("opencl:cpu/%d" % threads)
        return backends

    def versions(self):
        return {"triptych": self.library.version(),
                **{peer.NAME: peer.version() for peer in self.modules.values()}}

    def prepare(self, sources):
        """Each peer's form of the frames."""
        peers = {}
        for name, module in self.modules.items():
            try:
                peers[name] = module.Peer(sources, self.options.repeats)
            except measure.Unsupported as why:
                say("%s: left out: %s" % (module.NAME, why))
        return peers


def bind(bench, peers, case, key):
    """{(name, filter): contender} of the peers that have the case."""
    contenders = {}
    for name, peer in peers.items():
        for title, filter_ in bench.modules[name].FILTERS.get(key, {}).items():
            try:
                contenders[name, title] = peer.bind(case, filter_)
            except measure.Unsupported as why:
                say("%s: %s %s: left out: %s" % (case.key, bench.modules[name].NAME, title, why))
            except Exception as error:  # pylint: disable=broad-except # of any library's own kind
                bench.failed = True
                say("%s: %s %s: %s" % (case.key, bench.modules[name].NAME, title, error))
    return contenders


def entry_of(bench, name, title, ours, contenders, samples):
    """What one peer took, next to triptych with as many threads."""
    module = bench.modules.get(name)
    threads = 1 if module and module.ONE_THREAD else bench.options.threads
    taken = samples[name, title]
    return {"peer": module.NAME if module else name, "filter": title, "threads": threads,
            "ms": statistics.median(taken), "quickest_ms": min(taken), "slowest_ms": max(taken),
            "triptych_ms": statistics.median(samples["triptych", threads]),
            "difference": measure.difference(ours, contenders[name, title].result())}


def compare(bench, case, contenders, pictures):
    """One row."""
    threads = bench.options.threads
    jobs = {("triptych", count): Job(bench.backends[count], case.pipeline, pictures, case.later)
            for count in bench.backends}
    try:
        everything = {**jobs, **contenders}
        samples = measure.interleave(everything, bench.options.repeats, bench.options.frames)
        ours = jobs["triptych", threads].result()
        entries = [entry_of(bench, name, title, ours, contenders, samples) for name, title in contenders]
        row = report.make_row(case.key, case.pipeline, case.goal, entries, case.memory)
        ms = row["triptych_ms"] = {str(count): statistics.median(samples["triptych", count]) for count in bench.backends}
        row["scale"] = ms["1"] / ms[str(threads)] if threads > 1 else None
        return row
    finally:
        for contender in (*jobs.values(), *contenders.values()):
            contender.free()


def memory_row(bench, case, sources):
    """memcpy of one frame again and again, between the same two buffers, and triptych likewise."""
    pictures = Pictures(bench.library, sources[:1])
    copier = Copy(bench.library, sources[:1], bench.options.threads)
    try:
        return compare(bench, case, {("memcpy", ""): copier}, pictures)
    finally:
        pictures.free()


def prepare(bench):
    """The frames, in each contender's form."""
    options = bench.options
    sources = frames.make(options.program, options.size, options.planes, options.bits, options.frames)
    peers = bench.prepare(sources)
    for peer in peers.values():
        if getattr(peer, "note", None):
            print(peer.note)
    return sources, peers, Pictures(bench.library, sources)


def rows_of(bench, sources, peers, pictures):
    for case in wanted(bench.options):
        if case.key == "memcpy":
            yield memory_row(bench, case, sources)
        else:
            yield compare(bench, case, bind(bench, peers, case, case.key), pictures)
    pictures.free()


def facts_of(bench):
    options = bench.options
    return {"size": options.size, "planes": options.planes, "bits": options.bits, "frames": options.frames,
            "threads": options.threads, "repeats": options.repeats, "source": frames.source()[1],
            "cpu": bench.library.cpu(), "cpus": len(os.sched_getaffinity(0)), "versions": bench.versions(),
            "missing": bench.missing}


def print_facts(facts):
    print("%d frames of %dx%d, %s of %d bits, from %s; %d threads; medians of %d, interleaved" % (
        facts["frames"], *facts["size"], "one plane" if facts["planes"] == 1 else "RGB", facts["bits"], facts["source"],
        facts["threads"], facts["repeats"]))
    print("%s; %s" % (facts["cpu"], ", ".join("%s %s" % item for item in facts["versions"].items())))
    for name, why in facts["missing"].items():
        print("missing: %s: %s" % (name, why))


def wanted(options):
    return [] if options.files_only else [case for case in CASES if options.only in case.key]


def wanted_files(options):
    return [case for case in file_cases.CASES if options.only in case[0]] if options.files or options.files_only else []


def measure_all(bench):
    rows, prepared = [], prepare(bench) if wanted(bench.options) else None
    report.print_head()
    for row in rows_of(bench, *prepared) if prepared else ():
        rows.append(row)
        report.print_row(row)
    for row in file_cases.rows_of(bench, wanted_files(bench.options)):
        rows.append(row)
        report.print_row(row)
    return rows


def check(options):
    """What would otherwise fail only after minutes, or less clearly."""
    for path in (options.library, options.program):
        if not os.path.exists(path):
            raise Failure("%s does not exist: run `make bench-library`" % path)
    if options.json and not os.access(os.path.dirname(os.path.abspath(options.json)), os.W_OK):
        raise Failure("%s: its folder does not exist, or cannot be written to" % options.json)
    if not wanted(options) and not wanted_files(options):
        raise Failure("no case has '%s' in its name; the cases are %s" % (
            options.only, ", ".join([case.key for case in CASES] + [case[0] for case in file_cases.CASES])))


def main(options):
    try:
        check(options)
        bench = Bench(options)
        facts = facts_of(bench)
        print_facts(facts)
        rows = measure_all(bench)
        report.print_mean(rows)
        report.print_entries(rows)
        if options.json:
            report.save(options.json, facts, rows)
    except (Failure, files.Failure, OSError, subprocess.CalledProcessError) as failure:
        say(failure)
        return 1
    return 1 if bench.failed else 0
