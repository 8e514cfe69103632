#!/usr/bin/python3
"""peers.py -- compares triptych with OpenCV: interleaved, medians, the same number of threads.

Each sample follows an untimed run of the same call, so the caches do not depend on the previous contender.
triptych's figures are its kernel times on planes already in memory; OpenCV writes to existing arrays.
Needs python3-opencv and `make bench-library`.
"""
import argparse
import ctypes
import json
import os
import statistics
import sys
import time

import cv2
import numpy

from triptych_library import Failure, Library, Shape, Timing

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PHOTO = os.path.join(ROOT, "..", "shared", "data", "photos", "elephants-3840x2160.png")
REPLICATE = cv2.BORDER_REPLICATE


def rows_of(image):
    """The only plane of an image, as an array that shares its memory."""
    header = image.contents
    size = header.stride * (header.shape.height - 1) + header.shape.width
    flat = numpy.ctypeslib.as_array(ctypes.cast(header.data, ctypes.POINTER(ctypes.c_uint8)), (size,))
    return numpy.lib.stride_tricks.as_strided(flat, (header.shape.height, header.shape.width), (header.stride, 1))


class Job:
    """A pipeline on one backend: calling it returns the kernel time in milliseconds."""

    def __init__(self, library, backend, pipeline, plane):
        height, width = plane.shape
        shape = Shape(width, height, 1, 8)
        self.library = library
        self.pipeline = library.pipeline(pipeline)
        self.job = library.job(backend, self.pipeline, shape)
        self.source = library.image(shape)
        rows_of(self.source)[:] = plane
        self.source.contents.padded = False
        self.target = library.image(library.library.tri_job_shape(self.job).contents)
        self.timing = Timing()

    def __call__(self):
        self.library.call("tri_job_run", self.job, self.source, self.target, ctypes.byref(self.timing))
        return self.timing.kernel_ns / 1e6

    def result(self):
        return rows_of(self.target)

    def free(self):
        self.library.library.tri_job_free(self.job)
        self.library.library.tri_pipeline_free(self.pipeline)
        self.library.library.tri_image_free(self.source)
        self.library.library.tri_image_free(self.target)


# ---- OpenCV ----

class Peer:
    """A function of OpenCV: calling it returns its wall time in milliseconds."""

    def __init__(self, function, plane):
        self.function = function(plane)
        self.output = self.function()

    def __call__(self):
        start = time.perf_counter_ns()
        self.output = self.function()
        return (time.perf_counter_ns() - start) / 1e6

    def result(self):
        return self.output


def one_call(operation, **fixed):
    """Binds an operation(plane, dst=...) so that it writes to the same array every time."""
    def bind(plane):
        target = operation(plane, **fixed)
        return lambda: operation(plane, dst=target, **fixed)
    return bind


def gaussian(side):
    return one_call(lambda plane, dst=None: cv2.GaussianBlur(plane, (side, side), 1, dst=dst, sigmaY=1,
                                                             borderType=REPLICATE))


def edges(plane):
    across, down = (numpy.empty(plane.shape, numpy.int16) for _ in range(2))
    first, second, total = (numpy.empty(plane.shape, numpy.uint8) for _ in range(3))

    def run():
        cv2.Sobel(plane, cv2.CV_16S, 1, 0, dst=across, borderType=REPLICATE)
        cv2.Sobel(plane, cv2.CV_16S, 0, 1, dst=down, borderType=REPLICATE)
        cv2.convertScaleAbs(across, dst=first)
        cv2.convertScaleAbs(down, dst=second)
        return cv2.add(first, second, dst=total)
    return run


def resized(interpolation):
    def bind(plane):
        size = (round(plane.shape[1] * 0.4), round(plane.shape[0] * 0.4))
        target = numpy.empty(size[::-1], numpy.uint8)
        return lambda: cv2.resize(plane, size, dst=target, interpolation=interpolation)
    return bind


def chain(plane):
    blurred, grown, negative = (numpy.empty(plane.shape, numpy.uint8) for _ in range(3))
    square = numpy.ones((3, 3), numpy.uint8)
    sobel = edges(blurred)

    def run():
        cv2.GaussianBlur(plane, (9, 9), 1, dst=blurred, sigmaY=1, borderType=REPLICATE)
        cv2.dilate(sobel(), square, dst=grown)
        return cv2.bitwise_not(grown, dst=negative)
    return run


class Copy:
    """memcpy with the same number of threads, as in the calibration of `triptych bench`, including the time to wake them."""

    def __init__(self, library, plane, threads):
        self.library = library.library
        self.library.bench_copier_run.restype = ctypes.c_int64
        self.copier = ctypes.c_void_p()
        library.call("bench_copier_new", threads, ctypes.c_size_t(plane.size), ctypes.byref(self.copier))

    def __call__(self):
        return self.library.bench_copier_run(self.copier) / 1e6

    def result(self):
        return None


# ---- the cases ----

def cases():
    """Name, pipeline, peer, goal for triptych's speed over the peer's (None: no goal)."""
    def square(side):
        return numpy.ones((side, side), numpy.uint8)

    return [
        ("gaussian, OpenCV 9x9", "gaussian:sigma=1", gaussian(9), 2),
        ("gaussian, OpenCV 7x7", "gaussian:sigma=1", gaussian(7), None),
        ("sobel", "sobel", edges, 5),
        ("median, radius 1", "median:radius=1", one_call(lambda p, dst=None: cv2.medianBlur(p, 3, dst=dst)), 2.5),
        ("median, radius 2", "median:radius=2", one_call(lambda p, dst=None: cv2.medianBlur(p, 5, dst=dst)), 3),
        ("box, radius 15", "box:radius=15",
         one_call(lambda p, dst=None: cv2.blur(p, (31, 31), dst=dst, borderType=REPLICATE)), 2),
        ("dilate, radius 7", "dilate:radius=7",
         one_call(lambda p, dst=None: cv2.dilate(p, square(15), dst=dst)), 1.5),
        ("resize 0.4, LANCZOS4", "resize:scale=0.4:filter=lanczos3", resized(cv2.INTER_LANCZOS4), 2),
        ("resize 0.4, AREA", "resize:scale=0.4:filter=lanczos3", resized(cv2.INTER_AREA), None),
        ("equalize", "equalize", one_call(lambda p, dst=None: cv2.equalizeHist(p, dst=dst)), 1),
        ("invert, memcpy", "invert", Copy, 0.9),
        ("invert, bitwise_not", "invert", one_call(lambda p, dst=None: cv2.bitwise_not(p, dst=dst)), None),
        ("chain of four", "gaussian:sigma=1,sobel,dilate:radius=1,invert", chain, 4),
    ]


def is_window(pipeline):
    return pipeline.split(":")[0] in ("gaussian", "sobel", "median", "box", "dilate", "erode", "unsharp") \
        and "," not in pipeline


def interleave(contenders, repeats):
    """Median time of each, measured in rounds A B C, then C B A."""
    samples = {name: [] for name in contenders}
    for turn in range(repeats + 1):
        order = list(contenders) if turn % 2 == 0 else list(reversed(contenders))
        for name in order:
            contenders[name]()
            took = contenders[name]()
            if turn > 0:  # the first round is the warm-up
                samples[name].append(took)
    return {name: statistics.median(taken) for name, taken in samples.items()}


def largest_difference(ours, theirs):
    if theirs is None or ours.shape != theirs.shape:
        return None
    return int(numpy.abs(ours.astype(int) - theirs.astype(int)).max())


def measure(library, backends, case, plane, threads, repeats):
    name, pipeline, bind, goal = case
    peer = Copy(library, plane, threads) if bind is Copy else Peer(bind, plane)
    jobs = {on: Job(library, backend, pipeline, plane) for on, backend in backends.items()}
    medians = interleave({**jobs, "peer": peer}, repeats)
    parallel = jobs["threads"]
    row = {"case": name, "pipeline": pipeline, "goal": goal, "opencv_ms": medians["peer"],
           "threads_ms": medians["threads"], "sequential_ms": medians["sequential"],
           "opencl_ms": medians.get("opencl"), "ratio": medians["peer"] / medians["threads"],
           "scaling": medians["sequential"] / medians["threads"],
           "largest_difference": largest_difference(parallel.result(), peer.result())}
    row["opencl_ratio"] = medians["threads"] / medians["opencl"] if "opencl" in medians else None
    row["opencl_goal"] = 0.6 if is_window(pipeline) else None
    for job in jobs.values():
        job.free()
    return row


# ---- the report ----

def verdict(value, goal):
    if goal is None or value is None:
        return "-"
    return "yes" if value >= goal else "NO"


def number(value, form="%.2f"):
    return "-" if value is None else form % value


def print_row(row):
    print("%-21s %9.3f %9.3f %6.2f %5s %-4s  %9.3f %5.2f  %9s %5s %-4s" % (
        row["case"], row["threads_ms"], row["opencv_ms"], row["ratio"], number(row["goal"], "%g"),
        verdict(row["ratio"], row["goal"]), row["sequential_ms"], row["scaling"],
        number(row["opencl_ms"], "%.3f"), number(row["opencl_ratio"]),
        verdict(row["opencl_ratio"], row["opencl_goal"])), flush=True)


def print_head(size, source, threads, repeats):
    print("%s, %dx%d, one plane of 8 bits; %d threads each; medians of %d, interleaved; OpenCV %s" % (
        source, size[0], size[1], threads, repeats, cv2.__version__))
    print("ratio: OpenCV's time over triptych's; scale: sequential over threads (goal 1.8 unless limited by")
    print("memory); OpenCL: threads over OpenCL on the CPU, goal 0.6 for window kernels\n")
    print("%-21s %9s %9s %6s %5s %-4s  %9s %5s  %9s %5s" % (
        "", "threads", "OpenCV", "", "", "", "sequent.", "", "OpenCL", ""))
    print("%-21s %9s %9s %6s %5s %-4s  %9s %5s  %9s %5s %-4s" % (
        "case", "ms", "ms", "ratio", "goal", "", "ms", "scale", "ms", "ratio", ""))


def make_plane(size):
    """The photograph if it exists and has the requested size, else gradients, edges and noise."""
    photo = cv2.imread(PHOTO, cv2.IMREAD_GRAYSCALE) if os.path.exists(PHOTO) else None
    if photo is not None and photo.shape == size[::-1]:
        return photo, "photograph"
    across, down = numpy.meshgrid(numpy.arange(size[0]), numpy.arange(size[1]))
    plane = (across * 128 // size[0] + down * 64 // size[1] + (across // 40 + down // 40) % 2 * 32)
    noise = numpy.random.default_rng(1).integers(0, 32, plane.shape)
    return (plane + noise).astype(numpy.uint8), "generated picture"


def open_backends(library, threads):
    backends = {"sequential": library.backend("sequential"), "threads": library.backend("threads:%d" % threads)}
    for on in ("opencl:cpu/%d" % threads, "opencl:cpu"):
        try:
            backends["opencl"] = library.backend(on)
            break
        except Failure as failure:
            print("peers.py: note: %s: %s" % (on, failure), file=sys.stderr)
    return backends


def parse_size(text):
    width, height = text.split("x")
    return int(width), int(height)


def main():
    parser = argparse.ArgumentParser(description="Compares triptych with OpenCV.")
    parser.add_argument("--repeats", type=int, default=21, help="samples of each; default 21")
    parser.add_argument("--threads", type=int, default=2, help="threads for both; default 2")
    parser.add_argument("--size", type=parse_size, default=(3840, 2160), metavar="WxH", help="default 3840x2160")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose name contains TEXT")
    parser.add_argument("--json", metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--library", default=os.path.join(ROOT, "build", "bench", "libtriptych.so"), metavar="FILE")
    options = parser.parse_args()

    cv2.setNumThreads(options.threads)
    cv2.ocl.setUseOpenCL(False)
    library = Library(options.library)
    plane, source = make_plane(options.size)
    backends = open_backends(library, options.threads)
    rows = []
    print_head(options.size, source, options.threads, options.repeats)
    for case in cases():
        if options.only not in case[0]:
            continue
        try:
            rows.append(measure(library, backends, case, plane, options.threads, options.repeats))
            print_row(rows[-1])
        except Failure as failure:
            print("peers.py: %s: %s" % (case[0], failure), file=sys.stderr)
            return 1
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"size": options.size, "source": source, "threads": options.threads,
                       "repeats": options.repeats, "opencv": cv2.__version__, "rows": rows}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
