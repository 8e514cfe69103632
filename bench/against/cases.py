"""cases.py -- what is compared: a name, the key under which peers have their filters, triptych's pipeline, the goal."""
import numpy

LEVELS = {"black": 0.05, "white": 0.9, "gamma": 1.2}


def levels_table(bits):
    """What `levels` maps each value to, as numbers."""
    top = 2 ** bits - 1
    light = (numpy.arange(top + 1) / top - LEVELS["black"]) / (LEVELS["white"] - LEVELS["black"])
    return numpy.floor(numpy.clip(light, 0, 1) ** (1 / LEVELS["gamma"]) * top + 0.5).astype(numpy.int64)


class Case:
    """later: frames by which triptych's result is late. in_mean: false if memory limits it. pair: of each frame and the
    first one. planes: those that the frames must have, if it matters."""

    table = staticmethod(levels_table)

    def __init__(self, key, pipeline, goal=1.5, later=0, in_mean=True, pair=False, planes=None):
        self.key, self.pipeline, self.goal, self.later, self.in_mean = key, pipeline, goal, later, in_mean
        self.pair, self.planes = pair, planes


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
    Case("convolve 5x5", "convolve:matrix=1 2 0 -2 -1 / 4 8 0 -8 -4 / 6 12 1 -12 -6 / 4 8 0 -8 -4 / 1 2 0 -2 -1", goal=1.3),
    Case("scharr", "scharr", goal=1.3),
    Case("laplacian", "laplacian", goal=1.3),
    Case("bilateral", "bilateral:radius=4:sigma_space=3:sigma_color=0.1", goal=3),
    Case("adaptive_threshold", "adaptive_threshold:radius=7:offset=0.05", goal=1.3),
    Case("open", "open:radius=3", goal=1.3),
    Case("thin", "threshold,thin", goal=1.3, in_mean=False, planes=1),
    Case("gradient", "gradient:radius=1", goal=1.3),
    Case("affine", "affine:xx=0.9:xy=0.2:yx=-0.2:yy=0.9:dx=20.5:dy=200.25", goal=1.5),
    Case("perspective", "perspective:0.1:0.1:0.9:0:0:1:1:0.9", goal=1.3),
    Case("transpose", "transpose", goal=1.3, in_mean=False),
    Case("pad", "pad:left=32:right=32:top=32:bottom=32:mode=mirror", goal=1.3, in_mean=False),
    Case("absdiff", "absdiff", goal=1.3, in_mean=False, pair=True),
    Case("add", "add", goal=1.3, in_mean=False, pair=True),
    Case("multiply", "multiply", goal=1.3, pair=True),
    Case("median 10", "median:radius=10", goal=3),
    Case("canny", "canny:low=%.6f:high=%.6f" % (50 / 255, 100 / 255), goal=5),
    Case("clahe", "clahe:clip=3", goal=3),
    Case("nlmeans", "nlmeans:strength=10:patch=3:search=10", goal=5),
    Case("label", "threshold,label", goal=1.5),
    Case("distance", "threshold,distance", goal=2),
    Case("undistort", "undistort:fx=1500:k1=-0.2", goal=1.3),
    Case("composite", "composite:opacity=0.6", goal=1.3, in_mean=False, pair=True),
    Case("threshold otsu", "threshold:method=otsu", goal=1.3),
    Case("normalize", "normalize:low=0:high=100", goal=1.3),
    Case("tophat", "tophat:radius=3", goal=1.3),
    Case("flip", "flip:axis=vertical", goal=1.3, in_mean=False),
    Case("rotate 90", "rotate:angle=90", goal=1.3, in_mean=False),
    Case("gray", "gray", goal=1.3, planes=3),
    Case("colorspace lab", "colorspace:to=lab", goal=1.3, planes=3),
    Case("lut 3D", "lut:file=@warm", goal=2, planes=3),
    Case("range", "range:red_low=0.4:green_low=0.2:blue_high=0.7", goal=1.3, planes=3),
    Case("hue", "colorspace:to=hsv", goal=1.3, planes=3),
]
