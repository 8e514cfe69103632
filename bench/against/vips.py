"""vips.py -- operations of libvips from memory to memory; its pool has the threads that VIPS_CONCURRENCY allows."""
import numpy
import pyvips

from against.frames import interleaved, planar
from against.measure import Calls, Unsupported

NAME = "libvips"
ONE_THREAD = False
FINE = {"min_ampl": 0.001}  # the least there is: a mask up to 3.7 sigma; the default, 0.2, ends before 2


def start(_):
    pyvips.cache_set_max(0)  # it would keep the results of equal calls


def version():
    return ".".join(str(pyvips.version(part)) for part in range(3))


def done(operation):
    """The operation, computed as a whole: libvips computes nothing before it has to."""
    return lambda like, case: lambda picture: operation(picture).copy_memory()


def table(like, case):
    bits = 16 if like.format == "ushort" else 8
    kind = numpy.uint16 if bits == 16 else numpy.uint8
    values = pyvips.Image.new_from_array(case.table(bits).astype(kind)[None])
    return lambda picture: picture.maplut(values).copy_memory()


def sobel(like, _):
    if like.format != "uchar":
        raise Unsupported("results have 8 bits")
    return lambda picture: picture.sobel().copy_memory()


FILTERS = {
    "resize": {"resize": done(lambda picture: picture.resize(0.5, kernel="lanczos3"))},
    "median 1": {"median": done(lambda picture: picture.median(3))},
    "equalize": {"hist_equal": done(lambda picture: picture.hist_equal())},
    "levels": {"maplut": table},
    "gaussian": {"gaussblur to 3.7 sigma": done(lambda picture: picture.gaussblur(1, **FINE))},
    "sobel": {"sobel": sobel},
    "invert": {"invert": done(lambda picture: picture.invert())},
    "affine": {"affine": done(lambda picture: picture.affine(
        [0.9, 0.2, -0.2, 0.9], odx=20.5, ody=200.25, oarea=[0, 0, picture.width, picture.height],
        interpolate=pyvips.Interpolate.new("bilinear")))},
    "transpose": {"rot90, fliphor": done(lambda picture: picture.rot90().fliphor())},
    "pad": {"embed": done(lambda picture: picture.embed(32, 32, picture.width + 64, picture.height + 64, extend="mirror"))},
}


class Peer:
    def __init__(self, frames, _):
        self.pictures = [pyvips.Image.new_from_array(interleaved(frame)) for frame in frames]

    def bind(self, case, filter_):
        return Calls(filter_(self.pictures[0], case), self.pictures, lambda picture: planar(picture.numpy()))
