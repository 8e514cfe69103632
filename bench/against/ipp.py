"""ipp.py -- filters of Intel IPP through bench/ipp_peer.c: one thread, plane by plane."""
import ctypes
import os
import sys

import numpy

from against.measure import Contender, Unsupported, middle

NAME = "IPP"
ONE_THREAD = True
TYPE_ERROR = -59  # ippStsDataTypeErr
library = ctypes.CDLL(os.path.join(sys.prefix, "ipp_peer.so"))
library.ipp_peer_version.restype = library.ipp_peer_error.restype = ctypes.c_char_p
library.ipp_peer_free.argtypes = [ctypes.c_void_p]
library.ipp_peer_free.restype = None


class Request(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p),
                *((name, ctypes.c_int) for name in ("from_width", "from_height", "to_width", "to_height", "bits", "number")),
                ("values", ctypes.c_void_p)]


def start(_):
    library.ipp_peer_version()  # also chooses the code for this CPU


def version():
    return library.ipp_peer_version().decode()


def check(status):
    if status == TYPE_ERROR:
        raise Unsupported("not for such samples")
    if status != 0:
        raise RuntimeError("IPP: " + library.ipp_peer_error(status).decode())


class Work(Contender):
    """A filter: name and number of bench/ipp_peer.c; `wide`: results are signed and of 16 bits; `scale`: of their size."""

    def __init__(self, name, number, frames, case, wide=False, scale=1):
        planes, height, width = frames[0].shape
        bits = frames[0].dtype.itemsize * 8
        self.frames, self.limit = len(frames), 2 ** bits - 1
        self.values = case.table(bits).astype(frames[0].dtype) if case.key == "levels" else None
        to = int(width * scale), int(height * scale)
        request = Request(name.encode(), width, height, *to, bits, number,
                          None if self.values is None else self.values.ctypes.data)
        self.work = ctypes.c_void_p()
        check(library.ipp_peer_new(ctypes.byref(request), ctypes.byref(self.work)))
        self.target = numpy.empty((planes, to[1], to[0]), numpy.int16 if wide else frames[0].dtype)
        self.arguments = [[self.call(frame[plane], self.target[plane]) for plane in range(planes)] for frame in frames]

    def call(self, source, target):
        return (self.work, ctypes.c_void_p(source.ctypes.data), source.strides[0],
                ctypes.c_void_p(target.ctypes.data), target.strides[0])

    def frame(self, number):
        for arguments in self.arguments[number]:
            check(library.ipp_peer_run(*arguments))

    def result(self):
        self.frame(middle(self.frames))
        return numpy.clip(self.target.astype(numpy.int32), 0, self.limit)

    def free(self):
        library.ipp_peer_free(self.work)


FILTERS = {
    "resize": {"ResizeAntialiasing": ("resize", 3, {"scale": 0.5})},
    "median 1": {"FilterMedianBorder": ("median", 1, {})},
    "median 2": {"FilterMedianBorder": ("median", 2, {})},
    "equalize": {"Histogram, LUTPalette": ("equalize", 0, {})},
    "levels": {"LUTPalette": ("table", 0, {})},
    "box": {"FilterBoxBorder": ("box", 15, {})},
    "dilate 1": {"Dilate": ("dilate", 1, {}), "FilterMaxBorder": ("maximum", 1, {})},
    "dilate 7": {"Dilate": ("dilate", 7, {}), "FilterMaxBorder": ("maximum", 7, {})},
    "gaussian": {"FilterGaussian 7x7": ("gaussian", 3, {}), "FilterGaussian 9x9": ("gaussian", 4, {})},
    "sobel": {"FilterSobel L1": ("sobel", 1, {"wide": True})},
    "sobel l2": {"FilterSobel L2": ("sobel", 2, {"wide": True})},
    "invert": {"Not": ("invert", 0, {})},
}


class Peer:
    def __init__(self, frames, _):
        self.frames = frames

    def bind(self, case, filter_):
        name, number, more = filter_
        return Work(name, number, self.frames, case, **more)
