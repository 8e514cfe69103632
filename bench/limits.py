#!/usr/bin/env python3
"""limits.py -- how far each kernel is from the limits of this machine, and what the rest is.

    make limits
    bench/limits.py [--build BUILD] [--markdown] [--json FILE] [--update FILE] [--only TEXT] [--repeats N]

Each kernel with typical parameters, 8 and 16 bits, 1920x1080, on one core and on all: the bytes that it must move and the
operations that it needs, the time that these take at least, the time that it takes, and what its code executes. Other
programs that run make all of it wrong. docs/performance.md explains the columns; --update replaces its table.
"""
import argparse
import concurrent.futures
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import instruction_mix
from triptych_library import Failure, Image, Library, Shape

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BEGIN, END = "<!-- limits: begin -->", "<!-- limits: end -->"
SIZE = (1920, 1080)
FRAMES = 5          # of kernels over time, in turn: all that one looks at are different; others get the same frame again, as memcpy does
WARM = 2
SAMPLE_MS = 5       # a sample is as many frames as take this
LONGEST_S = 0.2     # for the samples of a contender, after which three must do
BITS = (8, 16)

# Where the default does nothing, or one is not enough.
TYPICAL = {
    "chroma_key": ["chroma_key:red=0.1:green=0.7:blue=0.2"],
    "composite": ["composite:opacity=0.6"],
    "convolve": ["convolve:matrix=0 -1 0 / -1 5 -1 / 0 -1 0"],
    "curves": ["curves:points=0 0 / 0.25 0.18 / 0.75 0.84 / 1 1"],
    "lut": ["lut:file=@warm"],
    "box": ["box", "box:radius=15"],
    "dilate": ["dilate", "dilate:radius=7"],
    "erode": ["erode", "erode:radius=7"],
    "distance": ["threshold,distance"],
    "gaussian": ["gaussian:sigma=1", "gaussian:sigma=2"],
    "label": ["threshold,label"],
    "levels": ["levels:black=0.05:white=0.9:gamma=1.2"],
    "matrix": ["matrix:0.393:0.769:0.189:0.349:0.686:0.168:0.272:0.534:0.131"],
    "median": ["median:radius=1", "median:radius=2"],  # more than that takes minutes to step through
    "resize": ["resize:scale=0.5", "resize:scale=0.5:filter=bilinear"],
    "remap": [],  # its size is that of the maps, and those that are built in are tiny
    "roll": ["roll:x=40:y=-25"],
    "rotate": ["rotate:angle=90"],
    "text": ["text:text=Triptych:size=40"],
    "temporal_median": ["temporal_median:radius=1", "temporal_median:radius=2"],
    "undistort": ["undistort:fx=1500:k1=-0.2"],
}
# Stepping through a whole row takes seconds.
STEPPED_SIZE = {"motion": (320, 256), "nlmeans": (128, 64)}


class Work(ctypes.Structure):
    """struct bench_work"""
    _fields_ = [(name, ctypes.c_double) for name in ("read", "written", "operations", "choices", "counts")]


def leave(message):
    print("limits.py: %s" % message, file=sys.stderr)
    sys.exit(1)


def kernels(program):
    """[(pipeline, kernel, family)]"""
    try:
        text = subprocess.run([program, "kernels", "--json"], stdout=subprocess.PIPE, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        leave("%s; run make" % error)
    return [(pipeline, kernel["name"], kernel["family"]) for kernel in json.loads(text)
            for pipeline in TYPICAL.get(kernel["name"], [kernel["name"]])]


# ---- what is measured

class Machine:
    """Backends of one core and of all, and what they reach."""

    def __init__(self, build):
        self.library = Library(os.path.join(build, "bench", "libtriptych.so"))
        cores = self.library.library.tri_cpu_workers()
        self.workers = sorted({1, cores})
        self.backends = {n: self.library.backend("sequential" if n == 1 else "threads:%d" % n) for n in self.workers}
        self.isa = self.best_isa()
        self.copiers = {}
        self.rates = self.measure_rates(build)
        self.limits = {bits: {n: self.operations(n, bits) for n in self.workers} for bits in BITS}

    def best_isa(self):
        """The name of the best level, which is the last that the library lists."""
        lib = self.library.library
        lib.tri_isa_name.restype = ctypes.c_char_p
        return lib.tri_isa_name(lib.tri_isa_count() - 1).decode()

    def measure_rates(self, build):
        """By cores at work; empty where the units cannot be measured."""
        try:
            return {n: instruction_mix.rates(build, n) for n in self.workers}
        except (instruction_mix.Failure, OSError) as failure:
            print("limits.py: no rates of units: %s" % failure, file=sys.stderr)
            return {}

    def pipeline(self, text):
        """Its second picture, if it takes one, is noise."""
        pipeline = self.library.pipeline(text)
        self.library.library.bench_noise(pipeline)
        return pipeline

    def operations(self, workers, bits):
        """10^9 operations a second: choices, multiply-adds, counted samples. Without the rates of units, as in reports."""
        measured = self.rates.get(workers)
        if measured and any(kind == "choose" for kind, _ in measured):
            return instruction_mix.operations(measured, bits)
        limits = (ctypes.c_double * 2)()
        self.library.call("bench_limits", self.backends[workers], bits, limits)
        return [limits[0], limits[1], limits[1]]

    def copier(self, workers, size):
        key = workers, size
        if key not in self.copiers:
            self.copiers[key] = self.library.copier(workers, size)
        return self.copiers[key]

    def picture(self, shape, moved):
        """As bench/steps.c has it: one picture, moved by some samples."""
        image = ctypes.POINTER(Image)()
        self.library.call("bench_picture", ctypes.byref(shape), 1, ctypes.byref(image))
        header, sample = image.contents, shape.bits // 8
        for row in range(shape.planes * shape.height if moved > 0 else 0):
            at = header.data + row // shape.height * header.plane_stride + row % shape.height * header.stride
            ctypes.memmove(at, at + moved * sample, (shape.width - moved) * sample)
        return image


class Job:
    """A pipeline on a backend: frame() makes a frame."""

    def __init__(self, machine, backend, text, images):
        self.library = machine.library
        self.pipeline = machine.pipeline(text)
        self.job = self.library.job(backend, self.pipeline, images[0].contents.shape)
        self.library.lend(self.job)  # nothing writes samples into the images
        self.target = self.library.image(self.library.job_shape(self.job))
        self.images, self.headers, self.number = images, [image.contents for image in images], 0

    def frame(self):
        number = self.number % len(self.images)
        self.number += 1
        self.headers[number].padded = False  # as in a new frame
        self.library.call("tri_job_run", self.job, self.images[number], self.target, None)

    def free(self):
        self.library.free_job(self.job, self.pipeline)
        self.library.free_image(self.target)


def sample(frame, count):
    """Milliseconds a frame."""
    for _ in range(WARM):
        frame()
    start = time.perf_counter_ns()
    for _ in range(count):
        frame()
    return (time.perf_counter_ns() - start) / 1e6 / count


def medians(contenders, repeats):
    """Milliseconds of each, in turns; those that take long have fewer samples."""
    counts = {name: max(1, round(SAMPLE_MS / max(sample(frame, 1), 1e-3))) for name, frame in contenders.items()}
    taken = {name: [] for name in contenders}
    started = time.monotonic()
    for turn in range(repeats):
        for name in contenders if turn % 2 == 0 else reversed(contenders):
            taken[name].append(sample(contenders[name], counts[name]))
        if turn >= 2 and time.monotonic() - started > LONGEST_S * len(contenders):
            break
    return {name: statistics.median(values) for name, values in taken.items()}


def work_of(machine, text, shape):
    pipeline = machine.pipeline(text)
    work, out = Work(), Shape()
    try:
        machine.library.call("bench_work", pipeline, ctypes.byref(shape), ctypes.byref(work))
        machine.library.call("tri_pipeline_shape", pipeline, ctypes.byref(shape), ctypes.byref(out))
    finally:
        machine.library.library.tri_pipeline_free(pipeline)
    return work, out.width * out.height * out.planes


def time_of(machine, text, images, moved, repeats):
    """{(what, workers): ms} of the pipeline and of copying half as many bytes as move, which moves as many."""
    jobs = {n: Job(machine, backend, text, images) for n, backend in machine.backends.items()}
    copiers = {n: machine.copier(n, max(1, int(moved / 2))) for n in machine.workers}
    run = machine.library.library.bench_copier_run
    contenders = {("job", n): job.frame for n, job in jobs.items()}
    contenders.update({("copy", n): lambda copier=copier: run(copier) for n, copier in copiers.items()})
    try:
        return medians(contenders, repeats)
    finally:
        for job in jobs.values():
            job.free()


# ---- a row of the table

def explain(row, mix, measured):
    """Adds what the code executes, and what that takes at least."""
    one = row["cores"]["1"]
    bounds = {name: ns * row["samples"] / 1e6 for name, ns in instruction_mix.bounds(mix, measured).items()}
    unit = max(bounds, key=bounds.get)
    crossing = sum(n for (kind, _), n in mix["crossing"].items() if kind == "load")
    groups = instruction_mix.grouped(mix)
    row["code"] = {"instructions": mix["all"], "groups": groups, "crossing_loads": crossing, "functions": mix["functions"],
                   "bounds_ms": bounds, "unit": unit, "ms": bounds[unit]}
    row["rest"] = rest_of(row, bounds, crossing, one)


def rest_of(row, bounds, crossing, one):
    """What is busy for most of the time on one core, each as if it were alone. Loads that cross lines are named where they
    are a tenth or more."""
    busy = {"memory": one["memory_ms"], **bounds}
    names = sorted(busy, key=busy.get, reverse=True)[:3]
    words = ["%s %.0f %%" % (name, 100 * busy[name] / one["ms"]) for name in names if busy[name] >= 0.1 * one["ms"]]
    loads = row["code"]["groups"]["loads"]
    if crossing >= 0.1 * loads:
        words.append("%.0f %% of loads cross lines" % (100 * crossing / loads))
    return ", ".join(words) or "nothing that is measured"


def row_of(machine, entry, bits, repeats):
    text, kernel, family = entry
    shape = Shape(*SIZE, 3 if family == "colour" else 1, bits)
    work, samples = work_of(machine, text, shape)
    images = [machine.picture(shape, n) for n in range(FRAMES if family == "time" else 1)]
    try:
        times = time_of(machine, text, images, work.read + work.written, repeats)
    finally:
        for image in images:
            machine.library.free_image(image)
    row = {"pipeline": text, "kernel": kernel, "bits": bits, "planes": shape.planes, "samples": samples,
           "read": work.read / samples, "written": work.written / samples, "operations": work.operations / samples,
           "cores": {}}
    for n in machine.workers:
        choose, multiply, count = machine.limits[bits][n]
        others = work.operations - work.choices - work.counts
        arithmetic = (work.choices / choose + others / multiply + work.counts / count) / 1e6
        memory, took = times["copy", n], times["job", n]
        limit = max(memory, arithmetic)
        row["cores"][str(n)] = {"memory_ms": memory, "arithmetic_ms": arithmetic, "ms": took, "share": limit / took,
                                "binds": "memory" if memory >= arithmetic else "arithmetic"}
    return row


# ---- counting, which takes no quiet machine: several at a time

def mixes_of(build, machine, entries):
    """{(pipeline, bits): mix}; empty with a note where nothing can be stepped."""
    try:
        program = instruction_mix.Program(build)
        with tempfile.TemporaryDirectory(prefix="triptych-") as folder:
            path = program.write_list(folder)

            def count(case):
                (text, kernel, family), bits = case
                size, planes = STEPPED_SIZE.get(kernel, SIZE), 3 if family == "colour" else 1
                _, samples = work_of(machine, text, Shape(*size, planes, bits))
                return program.count(path, machine.isa, text, size, planes, bits, samples)

            cases = [(entry, bits) for entry in entries for bits in BITS]
            with concurrent.futures.ThreadPoolExecutor(machine.workers[-1]) as pool:
                return {(case[0][0], case[1]): mix for case, mix in zip(cases, pool.map(count, cases))}
    except (instruction_mix.Failure, OSError) as failure:
        print("limits.py: no instructions: %s" % failure, file=sys.stderr)
        return {}


# ---- output

def milliseconds(value):
    return "%.3f" % value if value < 1 else "%.2f" % value


def heads_of(machine):
    heads = ["kernel", "bits", "bytes read", "written", "operations"]
    for n in machine.workers:
        cores = "%d core%s" % (n, "" if n == 1 else "s")
        heads += ["%s: memory ms" % cores, "arithmetic ms", "reached ms", "share"]
    return heads + ["binds", "instructions per 64: all", "loads", "stores", "multiplies", "shuffles", "conversions", "code ms",
                    "busy"]


def cells_of(machine, row):
    cells = [row["pipeline"], str(row["bits"]), "%.3g" % row["read"], "%.3g" % row["written"], "%.3g" % row["operations"]]
    for n in machine.workers:
        one = row["cores"][str(n)]
        cells += [milliseconds(one[key]) for key in ("memory_ms", "arithmetic_ms", "ms")] + ["%.0f %%" % (100 * one["share"])]
    cells.append(row["cores"]["1"]["binds"])
    code = row.get("code")
    if code is None:
        return cells + ["-"] * 8
    counts = [code["instructions"]] + [code["groups"][name] for name in ("loads", "stores", "multiplies", "shuffles",
                                                                     "conversions")]
    return cells + ["%.3g" % (64 * n) for n in counts] + [milliseconds(code["ms"]), row["rest"]]


def table(machine, rows, markdown):
    lines = [heads_of(machine)] + [cells_of(machine, row) for row in rows]
    if markdown:
        lines = [["`%s`" % line[0] if n > 0 else line[0], *line[1:]] for n, line in enumerate(lines)]
        rule = "|" + "|".join("---" if i == 0 else "---:" for i in range(len(lines[0]) - 1)) + "|---|"
        text = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join([text[0], rule, *text[1:]])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) if i in (0, len(widths) - 1) else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(line, widths))).rstrip() for line in lines)


def rates_line(measured):
    """The units at their widest."""
    names = ("load", "cross", "store", "choose", "multiply", "multiply_float", "shuffle", "shuffle_lane", "convert", "pack",
             "shift", "gather", "lookup", "increment", "any")
    widest = {name: max((width for kind, width in measured if kind == name), default=0) for name in names}
    return ", ".join("%s %.2f" % (name + (" (%d bytes)" % width if width > 8 else ""), measured[name, width])
                     for name, width in widest.items() if width > 0)


def summary(machine):
    limits = "; ".join("%d bits, %d core%s: %.0f and %.0f" % (bits, n, "" if n == 1 else "s", *machine.limits[bits][n][:2])
                       for bits in BITS for n in machine.workers)
    lines = ["triptych %s on %s, %s, %dx%d." % (machine.library.version(), machine.library.cpu(), machine.isa, *SIZE),
             "Minima or maxima and multiply-adds of samples, per nanosecond: %s." % limits]
    if machine.rates:
        lines.append("Instructions per nanosecond of a core: %s." % rates_line(machine.rates[1]))
    return "\n".join(lines)


def write(path, text):
    try:
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)
    except OSError as error:
        leave("cannot write %s: %s" % (path, error.strerror))


def update(path, text):
    """Replaces what is between the marks."""
    try:
        with open(path, encoding="utf-8") as file:
            page = file.read()
    except OSError as error:
        leave("cannot read %s: %s" % (path, error.strerror))
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        leave("%s has no place for the table: it needs the lines '%s' and '%s'" % (path, BEGIN, END))
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    write(path, before + BEGIN + "\n" + text + "\n" + END + after)


def parse_options():
    parser = argparse.ArgumentParser(description="Measures how far each kernel is from the limits of this machine.")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), metavar="FOLDER", help="default build")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--json", metavar="FILE", help="also write everything that was measured as JSON")
    parser.add_argument("--update", metavar="FILE", help="replace the table in FILE, between its marks")
    parser.add_argument("--only", default="", metavar="TEXT", help="only pipelines that contain TEXT")
    parser.add_argument("--repeats", type=int, default=15, metavar="N", help="samples of each, 1 or more; default 15")
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error("--repeats: %d is less than 1" % options.repeats)
    return options


def measure(options):
    entries = [entry for entry in kernels(os.path.join(options.build, "triptych")) if options.only in entry[0]]
    if not entries:
        leave("no pipeline contains '%s'" % options.only)
    machine = Machine(options.build)
    mixes = mixes_of(options.build, machine, entries)
    rows = []
    for entry in entries:
        for bits in BITS:
            row = row_of(machine, entry, bits, options.repeats)
            if (entry[0], bits) in mixes and machine.rates:
                explain(row, mixes[entry[0], bits], machine.rates[1])
            rows.append(row)
    return machine, rows


def as_json(machine, rows):
    return json.dumps({"triptych": machine.library.version(), "cpu": machine.library.cpu(), "isa": machine.isa, "size": SIZE,
                       "operations_per_ns": machine.limits,
                       "instructions_per_ns": {n: {"%s %d" % key: rate for key, rate in rates.items()}
                                               for n, rates in machine.rates.items()}, "rows": rows},
                      indent=1) + "\n"


def main():
    options = parse_options()
    try:
        machine, rows = measure(options)
    except (Failure, instruction_mix.Failure, OSError) as failure:
        leave("%s; is `make limits` up to date?" % failure)
    print(summary(machine) + "\n\n" + table(machine, rows, options.markdown))
    if options.json is not None:
        write(options.json, as_json(machine, rows))
    if options.update is not None:
        lines = "\n".join("- " + line for line in summary(machine).splitlines())
        update(options.update, lines + "\n\n" + table(machine, rows, True))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("limits.py: interrupted; nothing was written", file=sys.stderr)
        sys.exit(130)
