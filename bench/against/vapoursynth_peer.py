"""vapoursynth_peer.py -- filters of VapourSynth, with the plugins zsmooth and vszip.

Its threads make several frames at once, so a sample is one request for many. Frame n of `joined` asks for all frames of
a filter at once, and all but a few samples of each are dropped as soon as it is made, so that the buffers of results are
reused as in a stream. The source holds its frames in memory. What that costs without any filter is measured, and
taken off.
"""
import statistics
import time

import numpy
import vapoursynth as vs

from against.measure import Contender, Unsupported, middle

NAME = "VapourSynth"
ONE_THREAD = False
SIDE = (16, 1)  # of what is kept of a frame
FORMATS = {(1, 8): vs.GRAY8, (1, 16): vs.GRAY16, (3, 8): vs.RGB24, (3, 16): vs.RGB48}
core = vs.core
GAUSSIAN = [round(1023 * 2.718281828459045 ** (-x * x / 2)) for x in range(-4, 5)]


def start(threads):
    core.num_threads = threads


def version():
    plugins = ["%s %d.%d" % (plugin.namespace, plugin.version.major, plugin.version.minor)
               for plugin in core.plugins() if plugin.namespace in ("zsmooth", "vszip")]
    return ", ".join(["R%d" % core.core_version.release_major, *plugins])


def uncached(clip):
    clip.std.SetVideoCache(mode=0)
    return clip


def source_of(frames):
    """The frames three times over, so that those in the middle have neighbours, from memory."""
    planes, height, width = frames[0].shape
    form = FORMATS[planes, frames[0].dtype.itemsize * 8]

    def fill(n, f):
        copy = f.copy()
        for plane in range(planes):
            numpy.copyto(numpy.asarray(copy[plane]), frames[n][plane])
        return copy
    blank = core.std.BlankClip(width=width, height=height, format=form, length=len(frames), keep=True)
    core.max_cache_size = max(core.max_cache_size, 4 * len(frames) * frames[0].nbytes // 2**20 + 1024)
    held = core.std.ModifyFrame(blank, [blank], fill)
    held.std.SetVideoCache(mode=1, fixedsize=1, maxsize=len(frames))
    for number in range(len(frames)):
        held.get_frame(number).close()
    return uncached(held.std.Loop(3))


def join(clip, count):
    """A clip of which each frame needs `count` frames of the other one, each made anew."""
    small = uncached(uncached(clip).std.CropAbs(*SIDE))
    parts = [uncached(uncached(small[count + number]).std.Loop(0)) for number in range(count)]
    blank = core.std.BlankClip(parts[0], length=1 << 30, keep=True)
    return uncached(core.std.ModifyFrame(blank, parts, lambda n, f: f[0]))


class Clip(Contender):
    """A filter over the frames; overhead: milliseconds a frame that it would take without it."""

    def __init__(self, clip, count, overhead=0.0):
        self.clip, self.frames, self.overhead, self.pass_ = clip, count, overhead, 0
        self.joined = join(clip, count)

    def request(self):
        self.joined.get_frame(self.pass_).close()
        self.pass_ += 1

    def sample(self, count):
        """Always over all frames; the untimed run makes as many."""
        self.request()
        start_ns = time.perf_counter_ns()
        self.request()
        return (time.perf_counter_ns() - start_ns) / 1e6 / self.frames

    def result(self):
        with self.clip.get_frame(self.frames + middle(self.frames)) as frame:
            return numpy.array([numpy.asarray(frame[plane]) for plane in range(frame.format.num_planes)])

    def free(self):
        self.joined = self.clip = None


def halved(clip, _):
    return clip.resize.Lanczos(width=clip.width // 2, height=clip.height // 2, filter_param_a=3)


def table(clip, case):
    return clip.std.Lut(lut=list(map(int, case.table(clip.format.bits_per_sample))))


def plugin(name, **values):
    """A filter by its full name; Unsupported if its plugin is missing."""
    space, function = name.split(".")

    def bind(clip, _):
        if not hasattr(core, space):
            raise Unsupported("the plugin %s is not installed" % space)
        return getattr(getattr(clip, space), function)(**values)
    return bind


def gray(clip, _):
    return clip.resize.Point(format=vs.GRAY8 if clip.format.bits_per_sample == 8 else vs.GRAY16, matrix_s="170m", range_s="full")


FILTERS = {
    "resize": {"resize.Lanczos (zimg)": halved},
    "temporal_median 1": {"zsmooth.TemporalMedian": plugin("zsmooth.TemporalMedian", radius=1)},
    "temporal_median 2": {"zsmooth.TemporalMedian": plugin("zsmooth.TemporalMedian", radius=2)},
    "median 1": {"std.Median": plugin("std.Median"), "zsmooth.Median": plugin("zsmooth.Median", radius=[1])},
    "median 2": {"zsmooth.Median": plugin("zsmooth.Median", radius=[2])},
    "levels": {"std.Lut": table},
    "box": {"vszip.BoxBlur": plugin("vszip.BoxBlur", hradius=15, vradius=15),
            "std.BoxBlur": plugin("std.BoxBlur", hradius=15, vradius=15)},
    "dilate 1": {"std.Maximum": plugin("std.Maximum")},
    "gaussian": {"std.Convolution 9+9": plugin("std.Convolution", matrix=GAUSSIAN, mode="hv")},
    "sobel l2": {"std.Sobel": plugin("std.Sobel")},
    "average": {"std.AverageFrames": plugin("std.AverageFrames", weights=[1, 1, 1])},
    "invert": {"std.Invert": plugin("std.Invert")},
    "convolve 5x5": {"std.Convolution": plugin("std.Convolution", divisor=1, matrix=[
        1, 2, 0, -2, -1, 4, 8, 0, -8, -4, 6, 12, 1, -12, -6, 4, 8, 0, -8, -4, 1, 2, 0, -2, -1])},
    "bilateral": {"vszip.Bilateral": plugin("vszip.Bilateral", sigmaS=3, sigmaR=0.1)},
    "transpose": {"std.Transpose": plugin("std.Transpose")},
    "gray": {"resize.Point (zimg)": gray},
}


class Peer:
    def __init__(self, frames, repeats):
        self.count = len(frames)
        self.source = source_of(frames)
        bare = Clip(self.source, self.count)
        self.overhead = statistics.median(bare.sample(self.count) for _ in range(repeats))
        self.note = "VapourSynth without a filter: %.4f ms a frame, taken off" % self.overhead

    def bind(self, case, filter_):
        return Clip(filter_(self.source, case), self.count, self.overhead)
