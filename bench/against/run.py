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

MODULES = {"opencv": "opencv", "vapoursynth": "vapoursynth_peer", "ipp": "ipp", "vips": "vips", "pillow": "pillow",
           "ffmpeg": "ffmpeg_peer"}


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


def bind(bench, peers, case):
    """{(name, filter): contender} of the peers that have the case; each is tried once."""
    contenders = {}
    for name, peer in peers.items():
        module = bench.modules[name]
        for title, filter_ in module.FILTERS.get(case.key, {}).items():
            try:
                contender = peer.bind(case, filter_)
                contender.result()
                contenders[name, title] = contender
            except measure.Unsupported as why:
                say("%s: %s %s: left out: %s" % (case.key, module.NAME, title, why))
            except Exception as error:  # of any library's own kind: the others go on
                bench.failed = True
                say("%s: %s %s: %s" % (case.key, module.NAME, title, error))
    return contenders


def entry_of(bench, key, jobs, contender, samples):
    module = bench.modules.get(key[0])
    threads = 1 if module and module.ONE_THREAD else bench.options.threads
    ours = jobs["triptych", bench.options.threads].result()
    return report.make_entry(module.NAME if module else key[0], key[1], threads, samples[key],
                             samples["triptych", threads], measure.difference(ours, contender.result()))


def compare(bench, case, contenders, pictures):
    """One row."""
    jobs = {("triptych", count): Job(backend, case.pipeline, pictures, case.later, case.pair)
            for count, backend in bench.backends.items()}
    try:
        samples = measure.interleave({**jobs, **contenders}, bench.options.repeats, bench.options.frames)
        entries = [entry_of(bench, key, jobs, contender, samples) for key, contender in contenders.items()]
        row = report.make_row(case.key, case.pipeline, case.goal, entries, case.in_mean)
        ms = row["triptych_ms"] = {str(count): statistics.median(samples["triptych", count]) for count in bench.backends}
        row["scale"] = ms["1"] / ms[str(bench.options.threads)] if bench.options.threads > 1 else None
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
            yield compare(bench, case, bind(bench, peers, case), pictures)
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
    return [] if options.files_only else [case for case in CASES if options.only in case.key and
                                          case.planes in (None, options.planes)]


def wanted_files(options):
    return [case for case in file_cases.CASES if options.only in case[0]] if options.files or options.files_only else []


def all_rows(bench):
    prepared = prepare(bench) if wanted(bench.options) else None
    report.print_head()
    if prepared:
        yield from rows_of(bench, *prepared)
    yield from file_cases.rows_of(bench, wanted_files(bench.options))


def measure_all(bench, facts):
    """Prints and saves each row when it is there, so that a run which is ended keeps what it has."""
    rows = []
    for row in all_rows(bench):
        rows.append(row)
        report.print_row(row)
        if bench.options.json:
            report.save(bench.options.json, facts, rows)
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
        rows = measure_all(bench, facts)
        report.print_mean(rows)
        report.print_entries(rows)
    except (Failure, files.Failure, OSError, subprocess.CalledProcessError) as failure:
        say(failure)
        return 1
    return 1 if bench.failed else 0
