"""cases.py -- what is compared: a name, the key under which peers have their filters, triptych's pipeline, the goal."""
import numpy

LEVELS = {"black": 0.05, "white": 0.9, "gamma": 1.2}


def levels_table(bits):
    """What `levels` maps each value to, as numbers."""
    top = 2 ** bits - 1
    light = (numpy.arange(top + 1) / top - LEVELS["black"]) / (LEVELS["white"] - LEVELS["black"])
    return numpy.floor(numpy.clip(light, 0, 1) ** (1 / LEVELS["gamma"]) * top + 0.5).astype(numpy.int64)


class Case:
    """later: frames by which triptych's result is late. in_mean: false if memory limits it."""

    table = staticmethod(levels_table)

    def __init__(self, key, pipeline, goal=1.5, later=0, in_mean=True):
        self.key, self.pipeline, self.goal, self.later, self.in_mean = key, pipeline, goal, later, in_mean


CASES = [
    Case("resize", "resize:scale=0.5:filter=lanczos3"),
    Case("temporal_median 1", "temporal_median:radius=1", later=1),
    Case("temporal_median 2", "temporal_median:radius=2", later=2),
    Case("median 1", "median:radius=1"),
    Case("median 2", "median:radius=2"),
    Case("equalize", "equalize"),
    Case("levels", "levels:" + ":".join("%s=%g" % item for item in LEVELS.items())),
    Case("box", "box:radius=15"),
    Case("dilate 1", "dilate:radius=1"),
    Case("dilate 7", "dilate:radius=7"),
    Case("gaussian", "gaussian:sigma=1"),
    Case("sobel", "sobel"),
    Case("sobel l2", "sobel:norm=l2"),
    Case("average", "average:frames=3", later=1),
    Case("invert", "invert", goal=None, in_mean=False),
    Case("memcpy", "invert", goal=0.95, in_mean=False),
    Case("chain", "gaussian:sigma=1,sobel,dilate:radius=1,invert", goal=10),
]
