"""ffmpeg_peer.py -- filters of FFmpeg, through PyAV: frames in memory go into a graph, and results come out of it.

Its filters divide a frame into slices, one a thread. What a graph costs without any filter is measured, and taken off.
Left out are filters that do other work under the same name: bilateral is a recursive approximation, edgedetect blurs
and follows edges to direct neighbours only, scharr and prewitt have other sums, and vflip hands out the same samples.
"""
import itertools
import os
import statistics
import tempfile

import av
import av.filter
import numpy

from against.cases import LEVELS
from against.frames import interleaved, planar
from against.measure import Contender, middle

NAME = "FFmpeg"
ONE_THREAD = False
FORMATS = {(1, 8): "gray", (1, 16): "gray16le", (3, 8): "gbrp", (3, 16): "gbrp16le"}
LUT_SIDE = 17
threads = 1


def start(count):
    global threads
    threads = count


def version():
    return "libavfilter %d.%d.%d, PyAV %s" % (*av.library_versions["libavfilter"], av.__version__)


class Graph(Contender):
    """One graph that all frames go through, as those of a video; `later` frames have to go in before a result comes out.
    Results of a pair of frames have the first frame as the second one."""

    def __init__(self, frames, filters, case, overhead=0.0):
        self.sources, self.frames, self.overhead, self.later = frames, len(frames), overhead, case.later
        self.filters, self.pair, self.time = filters, case.pair, itertools.count()
        self.graph = self.make()

    def make(self):
        graph = av.filter.Graph()
        graph.threads = threads
        self.inputs = [graph.add_buffer(width=self.sources[0].width, height=self.sources[0].height,
                                        format=self.sources[0].format, time_base=1) for _ in range(1 + self.pair)]
        chain = [graph.add(name, text) for name, text in self.filters] + [graph.add("buffersink")]
        for number, source in enumerate(self.inputs):
            source.link_to(chain[0], 0, number)
        for first, second in zip(chain, chain[1:]):
            first.link_to(second)
        graph.configure()
        return graph

    def push(self, number):
        pts = next(self.time)
        for source, frame in zip(self.inputs, (self.sources[number], self.sources[0])):
            frame.pts = pts
            source.push(frame)

    def frame(self, number):
        self.push(number)
        try:
            return self.graph.vpull()
        except BlockingIOError:  # the first frames of filters over time
            return None

    def result(self):
        """Temporal filters look at as many frames before as after."""
        self.graph, self.time = self.make(), itertools.count()
        at = middle(self.frames)
        for number in range(at - self.later, at + self.later + 1):
            made = self.frame(number)
        return numpy.array(planar(made.to_ndarray()))

    def free(self):
        self.graph = self.inputs = None


def whole(name, text=""):
    return lambda peer, case: [(name, text)]


def levels(peer, case):
    """Evaluated once for each value."""
    top = 2 ** peer.bits - 1
    curve = "floor(clip((val/%d-%g)/%g,0,1)^(1/%g)*%d+0.5)" % (
        top, LEVELS["black"], LEVELS["white"] - LEVELS["black"], LEVELS["gamma"], top)
    return [("lut", ":".join("c%d='%s'" % (plane, curve) for plane in range(peer.planes)))]


def convolution(peer, case):
    matrix = "1 2 0 -2 -1 4 8 0 -8 -4 6 12 1 -12 -6 4 8 0 -8 -4 1 2 0 -2 -1"
    return [("convolution", ":".join("%dm=%s:%drdiv=1" % (plane, matrix, plane) for plane in range(peer.planes)))]


def chain(peer, case):
    return [("gblur", "sigma=1"), ("sobel", ""), ("dilation", ""), ("negate", "")]


def lut(peer, case):
    """Another table of the same size, as only the time is compared."""
    path = os.path.join(peer.folder.name, "warm.cube")
    with open(path, "w", encoding="ascii") as file:
        file.write("LUT_3D_SIZE %d\n" % LUT_SIDE)
        for b, g, r in itertools.product(numpy.linspace(0, 1, LUT_SIDE), repeat=3):
            file.write("%f %f %f\n" % (min(1, r * 1.1), g, b * 0.9))
    return [("lut3d", "file=%s:interp=trilinear" % path)]


FILTERS = {
    "resize": {"scale lanczos": lambda peer, case: [("scale", "iw/2:ih/2:flags=lanczos+accurate_rnd:param0=3")]},
    "temporal_median 1": {"tmedian": whole("tmedian", "radius=1")},
    "temporal_median 2": {"tmedian": whole("tmedian", "radius=2")},
    "median 1": {"median": whole("median", "radius=1")},
    "median 2": {"median": whole("median", "radius=2")},
    "median 10": {"median": whole("median", "radius=10")},
    "levels": {"lut": levels},
    "box": {"avgblur": whole("avgblur", "sizeX=15")},
    "dilate 1": {"dilation": whole("dilation")},
    "gaussian": {"gblur": whole("gblur", "sigma=1")},
    "sobel l2": {"sobel": whole("sobel")},
    "average": {"tmix": whole("tmix", "frames=3")},
    "invert": {"negate": whole("negate")},
    "chain": {"gblur, sobel, dilation, negate": chain},
    "convolve 5x5": {"convolution": convolution},
    "transpose": {"transpose": whole("transpose", "cclock_flip")},
    "rotate 90": {"transpose": whole("transpose", "clock")},
    "absdiff": {"blend": whole("blend", "all_mode=difference")},
    "add": {"blend": whole("blend", "all_mode=addition")},
    "multiply": {"blend": whole("blend", "all_mode=multiply")},
    "composite": {"blend": whole("blend", "all_mode=normal:all_opacity=0.4")},
    # its strength is ten times s, and is compared with sums of squares, not means: 7 x 7 of them
    "nlmeans": {"nlmeans": whole("nlmeans", "s=7:p=7:r=21")},
    "lut 3D": {"lut3d trilinear": lut},
}


class Single:
    """As a case: what the graph without a filter is measured with."""

    later, pair = 0, False


class Peer:
    def __init__(self, frames, repeats):
        self.planes, self.bits = len(frames[0]), frames[0].dtype.itemsize * 8
        form = FORMATS[self.planes, self.bits]
        self.frames = [av.VideoFrame.from_ndarray(interleaved(frame), format=form) for frame in frames]
        self.folder = tempfile.TemporaryDirectory(prefix="triptych-")
        bare = Graph(self.frames, [("null", "")], Single)
        self.overhead = statistics.median(bare.sample(len(frames)) for _ in range(repeats))
        self.note = "FFmpeg without a filter: %.4f ms a frame, taken off" % self.overhead

    def bind(self, case, filter_):
        return Graph(self.frames, filter_(self, case), case, self.overhead)
