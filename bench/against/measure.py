"""measure.py -- contenders take turns, and their results are compared."""
import time

import numpy

WARM = 4          # frames before each sample, untimed
EDGE = 32         # samples; more than any window reaches
TOLERANCES = {8: 1, 16: 16}  # by bits: what triptych allows itself between its result and the exact one
PASS_MS = 300     # about the longest sample of a slow contender: it makes fewer frames


class Unsupported(Exception):
    """A peer has no such filter for this kind of frames."""


class Contender:
    """Something that makes a result of each frame. Subclasses set `frames` and have frame(number) and result()."""

    frames = 1
    overhead = 0.0     # milliseconds a frame that are not the filter's
    one_thread = False  # it has no threads

    def frame(self, number):
        """Makes the result of one frame."""
        raise NotImplementedError

    def result(self):
        """The result of the middle frame: an array of planes, rows, samples; None: not comparable."""
        return None

    def free(self):
        pass

    def sample(self, count):
        """Milliseconds a frame, over `count` frames."""
        for number in range(min(WARM, count)):
            self.frame(number % self.frames)
        start = time.perf_counter_ns()
        for number in range(count):
            self.frame(number % self.frames)
        return (time.perf_counter_ns() - start) / 1e6 / count


class Calls(Contender):
    """A function of a frame that returns its result; `planes` makes the result planar."""

    def __init__(self, function, frames, planes=lambda result: result[None]):
        self.function, self.sources, self.planes = function, frames, planes
        self.frames = len(frames)

    def frame(self, number):
        self.function(self.sources[number])

    def result(self):
        return numpy.array(self.planes(self.function(self.sources[middle(self.frames)])))


def middle(count):
    return count // 2


def interleave(contenders, repeats, frames):
    """Samples of each in milliseconds a frame, over so many frames, taken in rounds A B C, then C B A."""
    counts, samples = {}, {name: [] for name in contenders}
    for turn in range(repeats + 1):
        order = list(contenders) if turn % 2 == 0 else list(reversed(contenders))
        for name in order:
            contender = contenders[name]
            took = contender.sample(counts.get(name, frames))
            if turn > 0:
                samples[name].append(max(took - contender.overhead, took / 2))  # noise must not leave next to nothing
            else:  # the first round is the warm-up, and finds the slow ones
                counts[name] = max(1, min(frames, int(PASS_MS / took)))
    return samples


def difference(ours, theirs):
    """How far their samples are from ours, or None if one of both is missing; see closeness()."""
    if ours is None or theirs is None:
        return None
    if ours.shape != theirs.shape:
        return {"largest": None, "inside": None, "beyond": 1.0, "why": "%s against %s" % (ours.shape, theirs.shape)}
    tolerance = TOLERANCES[ours.dtype.itemsize * 8]
    return closeness(numpy.abs(ours.astype(numpy.int32) - theirs.astype(numpy.int32)), tolerance)


def closeness(apart, tolerance):
    """largest: difference; inside: the largest further than EDGE from the edges, where no library makes samples up;
    beyond: share of all samples that differ by more than the tolerance."""
    inside = apart[:, EDGE:-EDGE, EDGE:-EDGE] if min(apart.shape[1:]) > 2 * EDGE else apart
    return {"largest": int(apart.max()), "inside": int(inside.max()), "beyond": float((apart > tolerance).mean())}
