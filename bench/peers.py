#!/usr/bin/python3
"""peers.py -- triptych beside OpenCV in one process, call by call in turn; prints medians and ratios.

Needs build/libtriptych.so and Debian's python3-opencv. Both use two threads. Kernel time on planes that
are in memory: no files, no copies of ours or theirs but what the call itself makes.
"""
import argparse
import ctypes as c
import json
import os
import statistics
import sys
import threading
import time

import cv2
import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


class Shape(c.Structure):
    _fields_ = [("width", c.c_int), ("height", c.c_int), ("planes", c.c_int), ("bits", c.c_int)]


class Image(c.Structure):
    _fields_ = [("shape", Shape), ("stride", c.c_ssize_t), ("plane_stride", c.c_ssize_t), ("data", c.c_void_p),
                ("padded", c.c_bool), ("memory", c.c_void_p), ("memory_size", c.c_size_t)]


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("text", c.c_char * 1000)]


class Timing(c.Structure):
    _fields_ = [("upload_ns", c.c_int64), ("kernel_ns", c.c_int64), ("download_ns", c.c_int64)]


def library(path):
    lib = c.CDLL(path)
    lib.tri_job_shape.restype = c.POINTER(Shape)
    return lib


class Triptych:
    """One pipeline on one backend, with its images."""

    backends = {}

    def __init__(self, lib, on, pipeline, plane):
        self.lib, self.error = lib, Error()
        if on not in Triptych.backends:
            backend = c.c_void_p()
            self.check(lib.tri_backend_open(on.encode(), None, c.byref(backend), c.byref(self.error)))
            Triptych.backends[on] = backend
        self.pipeline, self.job = c.c_void_p(), c.c_void_p()
        self.input, self.output = c.POINTER(Image)(), c.POINTER(Image)()
        shape = Shape(plane.shape[1], plane.shape[0], 1, 8)
        self.check(lib.tri_pipeline_parse(pipeline.encode(), c.byref(self.pipeline), c.byref(self.error)))
        self.check(lib.tri_image_new(c.byref(shape), c.byref(self.input), c.byref(self.error)))
        self.check(lib.tri_job_new(Triptych.backends[on], self.pipeline, c.byref(shape), c.byref(self.job),
                                   c.byref(self.error)))
        self.check(lib.tri_image_new(lib.tri_job_shape(self.job), c.byref(self.output), c.byref(self.error)))
        image = self.input.contents
        for y in range(plane.shape[0]):
            c.memmove(image.data + y * image.stride, plane[y].ctypes.data, plane.shape[1])

    def check(self, status):
        if status != 0:
            sys.exit(self.error.text.decode())

    def __call__(self):
        timing = Timing()
        self.check(self.lib.tri_job_run(self.job, self.input, self.output, c.byref(timing), c.byref(self.error)))
        return timing.kernel_ns / 1e6


def timed(call):
    def run():
        start = time.perf_counter_ns()
        call()
        return (time.perf_counter_ns() - start) / 1e6
    return run


def two_thread_copy(plane):
    """memcpy of both halves at once; the threads are there beforehand."""
    target = np.empty_like(plane)
    half = plane.shape[0] // 2
    start, end = threading.Barrier(2), threading.Barrier(2)

    def copy(rows):
        c.memmove(target[rows].ctypes.data, plane[rows].ctypes.data, target[rows].nbytes)

    def other():
        while True:
            start.wait()
            copy(slice(half, None))
            end.wait()

    threading.Thread(target=other, daemon=True).start()

    def both():
        start.wait()
        copy(slice(0, half))
        end.wait()
    return both


def sobel(plane):
    x, y = cv2.Sobel(plane, cv2.CV_16S, 1, 0), cv2.Sobel(plane, cv2.CV_16S, 0, 1)
    return cv2.add(cv2.convertScaleAbs(x), cv2.convertScaleAbs(y))


def chain(plane):
    blurred = cv2.GaussianBlur(plane, (9, 9), 1)
    return cv2.bitwise_not(cv2.dilate(sobel(blurred), np.ones((3, 3), np.uint8)))


def cases(plane):
    """Pipeline, the peer's call, what it is, the ratio asked for (None: for information)."""
    big = np.ones((15, 15), np.uint8)
    small = (round(plane.shape[1] * 0.4), round(plane.shape[0] * 0.4))
    return [
        ("gaussian:sigma=1", lambda: cv2.GaussianBlur(plane, (9, 9), 1), "GaussianBlur 9x9", 2),
        ("gaussian:sigma=1", lambda: cv2.GaussianBlur(plane, (7, 7), 1), "GaussianBlur 7x7", None),
        ("sobel", lambda: sobel(plane), "2 Sobel, 2 abs, add", 5),
        ("median:radius=1", lambda: cv2.medianBlur(plane, 3), "medianBlur 3", 2.5),
        ("median:radius=2", lambda: cv2.medianBlur(plane, 5), "medianBlur 5", 3),
        ("box:radius=15", lambda: cv2.blur(plane, (31, 31)), "blur 31x31", 2),
        ("dilate:radius=7", lambda: cv2.dilate(plane, big), "dilate 15x15", 1.5),
        ("resize:scale=0.4", lambda: cv2.resize(plane, small, interpolation=cv2.INTER_LANCZOS4), "INTER_LANCZOS4", 2),
        ("resize:scale=0.4", lambda: cv2.resize(plane, small, interpolation=cv2.INTER_AREA), "INTER_AREA", None),
        ("equalize", lambda: cv2.equalizeHist(plane), "equalizeHist", 1),
        ("invert", two_thread_copy(plane), "memcpy, 2 threads", 0.9),
        ("invert", lambda: cv2.bitwise_not(plane), "bitwise_not", None),
        ("gaussian:sigma=1,sobel,dilate:radius=1,invert", lambda: chain(plane), "the four calls", 4),
    ]


def input_plane(width, height):
    photo = os.path.join(ROOT, "..", "shared", "data", "photos", "elephants-3840x2160.png")
    if os.path.exists(photo):
        plane = cv2.imread(photo, cv2.IMREAD_GRAYSCALE)
        return np.ascontiguousarray(cv2.resize(plane, (width, height)) if plane.shape != (height, width) else plane)
    random = np.random.default_rng(1)
    ramp = np.add.outer(np.arange(height), np.arange(width)) % 256
    return np.clip(ramp + random.normal(0, 20, (height, width)), 0, 255).astype(np.uint8)


def interleaved(calls, repeats):
    samples = [[] for _ in calls]
    for call in calls:
        call()
    for round_ in range(repeats):
        for i in range(len(calls)) if round_ % 2 == 0 else reversed(range(len(calls))):
            samples[i].append(calls[i]())
    return [statistics.median(s) for s in samples]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--size", default="3840x2160")
    parser.add_argument("--library", default=os.path.join(ROOT, "build", "libtriptych.so"))
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    cv2.setNumThreads(2)
    lib, plane = library(options.library), input_plane(*map(int, options.size.split("x")))
    rows = []
    print(f"{options.size}, 8 bits, one plane; OpenCV {cv2.__version__} with {cv2.getNumThreads()} threads; "
          f"medians of {options.repeats}, ms")
    print(f"{'pipeline':46} {'seq.':>7} {'thr:2':>7} {'POCL':>7} {'peer':>7}  {'x peer':>6} {'goal':>5}      "
          f"{'2 thr.':>6} {'POCL':>5}  peer")
    for pipeline, peer, name, goal in cases(plane):
        ours = [Triptych(lib, on, pipeline, plane) for on in ("sequential", "threads:2", "opencl:cpu")]
        alone, both, pocl, theirs = interleaved(ours + [timed(peer)], options.repeats)
        ratio = theirs / both
        verdict = "" if goal is None else "yes" if ratio >= goal else "NO"
        print(f"{pipeline:46} {alone:7.2f} {both:7.2f} {pocl:7.2f} {theirs:7.2f}  {ratio:6.2f} "
              f"{goal if goal else '':>5} {verdict:3}  {alone / both:6.2f} {both / pocl:5.2f}  {name}", flush=True)
        rows.append({"pipeline": pipeline, "peer": name, "sequential_ms": alone, "threads2_ms": both, "opencl_ms": pocl,
                     "peer_ms": theirs, "ratio": ratio, "goal": goal})
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"size": options.size, "opencv": cv2.__version__, "repeats": options.repeats, "rows": rows}, file,
                      indent=1)


if __name__ == "__main__":
    main()
