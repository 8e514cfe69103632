"""opencv.py -- filters of OpenCV: existing arrays for the results, interleaved colour, borders replicated."""
import cv2
import numpy

from against.frames import interleaved, planar
from against.measure import Calls, Unsupported

NAME = "OpenCV"
ONE_THREAD = False
REPLICATE = cv2.BORDER_REPLICATE


def start(threads):
    cv2.setNumThreads(threads)
    cv2.ocl.setUseOpenCL(False)


def version():
    return cv2.__version__


def square(radius):
    return numpy.ones((2 * radius + 1, 2 * radius + 1), numpy.uint8)


def one_call(operation):
    """Of operation(pixels, dst), a filter that writes to the same array every time."""
    def bind(like, _):
        target = numpy.empty_like(like)
        return lambda pixels: operation(pixels, target)
    return bind


def gaussian(side, sigma=1):
    return one_call(lambda pixels, to: cv2.GaussianBlur(pixels, (side, side), sigma, dst=to, sigmaY=sigma,
                                                        borderType=REPLICATE))


def sobel(like, _):
    """|gx| + |gy| of 8 bits: gradients of 16 bits, their magnitudes, and the sum."""
    if like.dtype != numpy.uint8:
        raise Unsupported("the sum of magnitudes has 8 bits")
    across, down = (numpy.empty(like.shape, numpy.int16) for _ in range(2))
    first, second, total = (numpy.empty_like(like) for _ in range(3))

    def run(pixels):
        cv2.Sobel(pixels, cv2.CV_16S, 1, 0, dst=across, borderType=REPLICATE)
        cv2.Sobel(pixels, cv2.CV_16S, 0, 1, dst=down, borderType=REPLICATE)
        cv2.convertScaleAbs(across, dst=first)
        cv2.convertScaleAbs(down, dst=second)
        return cv2.add(first, second, dst=total)
    return run


def halved(like, _):
    height, width = like.shape[0] // 2, like.shape[1] // 2
    target = numpy.empty((height, width, *like.shape[2:]), like.dtype)
    return lambda pixels: cv2.resize(pixels, (width, height), dst=target, interpolation=cv2.INTER_LANCZOS4)


def equalize(like, _):
    if like.ndim != 2 or like.dtype != numpy.uint8:
        raise Unsupported("one plane of 8 bits only")
    target = numpy.empty_like(like)
    return lambda pixels: cv2.equalizeHist(pixels, dst=target)


def table(like, case):
    if like.dtype != numpy.uint8:
        raise Unsupported("tables of 256 only")
    values, target = case.table(8).astype(numpy.uint8), numpy.empty_like(like)
    return lambda pixels: cv2.LUT(pixels, values, dst=target)


def chain(like, _):
    blurred, grown, negative = (numpy.empty_like(like) for _ in range(3))
    edges, blur = sobel(like, _), gaussian(9)(blurred, _)

    def run(pixels):
        cv2.dilate(edges(blur(pixels)), square(1), dst=grown, borderType=REPLICATE)
        return cv2.bitwise_not(grown, dst=negative)
    return run


FILTERS = {
    "resize": {"LANCZOS4": halved},
    "median 1": {"medianBlur": one_call(lambda pixels, to: cv2.medianBlur(pixels, 3, dst=to))},
    "median 2": {"medianBlur": one_call(lambda pixels, to: cv2.medianBlur(pixels, 5, dst=to))},
    "equalize": {"equalizeHist": equalize},
    "levels": {"LUT": table},
    "box": {"blur": one_call(lambda pixels, to: cv2.blur(pixels, (31, 31), dst=to, borderType=REPLICATE))},
    "dilate 1": {"dilate": one_call(lambda pixels, to: cv2.dilate(pixels, square(1), dst=to, borderType=REPLICATE))},
    "dilate 7": {"dilate": one_call(lambda pixels, to: cv2.dilate(pixels, square(7), dst=to, borderType=REPLICATE))},
    "gaussian": {"GaussianBlur 7x7": gaussian(7), "GaussianBlur 9x9": gaussian(9)},
    "sobel": {"Sobel": sobel},
    "invert": {"bitwise_not": one_call(lambda pixels, to: cv2.bitwise_not(pixels, dst=to))},
    "chain": {"four calls": chain},
}


class Peer:
    def __init__(self, frames, _):
        self.pixels = [interleaved(frame) for frame in frames]

    def bind(self, case, filter_):
        return Calls(filter_(self.pixels[0], case), self.pixels, planar)
