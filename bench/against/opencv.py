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


def magnitudes(operation, alpha=1):
    """|gx| + |gy| of 8 bits times alpha: gradients of 16 bits, their magnitudes, and the sum."""
    def bind(like, _):
        if like.dtype != numpy.uint8:
            raise Unsupported("the sum of magnitudes has 8 bits")
        across, down = (numpy.empty(like.shape, numpy.int16) for _ in range(2))
        first, second, total = (numpy.empty_like(like) for _ in range(3))

        def run(pixels):
            operation(pixels, cv2.CV_16S, 1, 0, dst=across, borderType=REPLICATE)
            operation(pixels, cv2.CV_16S, 0, 1, dst=down, borderType=REPLICATE)
            cv2.convertScaleAbs(across, dst=first, alpha=alpha)
            cv2.convertScaleAbs(down, dst=second, alpha=alpha)
            return cv2.add(first, second, dst=total)
        return run
    return bind


sobel = magnitudes(cv2.Sobel)


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


def of_pair(operation):
    """Of operation(pixels, second, dst)."""
    def bind(like, _):
        target = numpy.empty_like(like)
        return lambda pixels: operation(pixels, like, target)
    return bind


def convolve(like, _):
    matrix, target = numpy.outer([1, 4, 6, 4, 1], [1, 2, 0, -2, -1]).astype(numpy.float32), numpy.empty_like(like)
    matrix[2, 2] += 1
    return lambda pixels: cv2.filter2D(pixels, -1, matrix, dst=target, borderType=REPLICATE)


def laplacian(like, _):
    if like.dtype != numpy.uint8:
        raise Unsupported("magnitudes have 8 bits")
    signed, target = numpy.empty(like.shape, numpy.int16), numpy.empty_like(like)

    def run(pixels):
        cv2.Laplacian(pixels, cv2.CV_16S, dst=signed, ksize=1, borderType=REPLICATE)
        return cv2.convertScaleAbs(signed, dst=target)
    return run


def bilateral(like, _):
    if like.dtype != numpy.uint8:
        raise Unsupported("8 bits or floats only")
    target = numpy.empty_like(like)
    return lambda pixels: cv2.bilateralFilter(pixels, 9, 25.5, 3, dst=target, borderType=REPLICATE)


def adaptive_threshold(like, _):
    if like.dtype != numpy.uint8 or like.ndim != 2:
        raise Unsupported("one plane of 8 bits only")
    target = numpy.empty_like(like)
    return lambda pixels: cv2.adaptiveThreshold(pixels, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 15, 13, dst=target)


def thin(like, _):
    if like.dtype != numpy.uint8 or like.ndim != 2:
        raise Unsupported("one plane of 8 bits only")
    light, target = numpy.empty_like(like), numpy.empty_like(like)

    def run(pixels):
        cv2.threshold(pixels, 127, 255, cv2.THRESH_BINARY, dst=light)
        return cv2.ximgproc.thinning(light, dst=target)
    return run


def morphology(operation, radius):
    return one_call(lambda pixels, to: cv2.morphologyEx(pixels, operation, square(radius), dst=to, borderType=REPLICATE))


def centred(matrix):
    """For places that count from the centre of the first pixel, as OpenCV's do; triptych's count from its corner."""
    to_corner = numpy.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    return numpy.linalg.inv(to_corner) @ matrix @ to_corner


def affine(like, _):
    height, width = like.shape[:2]
    matrix = centred(numpy.array([[0.9, 0.2, 20.5], [-0.2, 0.9, 200.25], [0, 0, 1]]))[:2]
    target = numpy.empty_like(like)
    return lambda pixels: cv2.warpAffine(pixels, matrix, (width, height), dst=target)


def perspective(like, _):
    height, width = like.shape[:2]
    seen = numpy.array([[0.1, 0.1], [0.9, 0], [0, 1], [1, 0.9]]) * [width, height]
    whole = numpy.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * [width, height]
    matrix = centred(cv2.getPerspectiveTransform(seen.astype(numpy.float32), whole.astype(numpy.float32)))
    target = numpy.empty_like(like)
    return lambda pixels: cv2.warpPerspective(pixels, matrix, (width, height), dst=target)


def transpose(like, _):
    target = numpy.empty((like.shape[1], like.shape[0], *like.shape[2:]), like.dtype)
    return lambda pixels: cv2.transpose(pixels, dst=target)


def pad(like, _):
    target = numpy.empty((like.shape[0] + 64, like.shape[1] + 64, *like.shape[2:]), like.dtype)
    return lambda pixels: cv2.copyMakeBorder(pixels, 32, 32, 32, 32, cv2.BORDER_REFLECT, dst=target)


def one_plane(operation):
    """Of operation(pixels, dst), for one plane of 8 bits."""
    def bind(like, case):
        if like.dtype != numpy.uint8 or like.ndim != 2:
            raise Unsupported("one plane of 8 bits only")
        return one_call(operation)(like, case)
    return bind


def wide_median(like, _):
    if like.dtype != numpy.uint8:
        raise Unsupported("8 bits only")
    target = numpy.empty_like(like)
    return lambda pixels: cv2.medianBlur(pixels, 21, dst=target)


def clahe(like, _):
    if like.ndim != 2:
        raise Unsupported("one plane only")
    equalizer, target = cv2.createCLAHE(3, (8, 8)), numpy.empty_like(like)
    return lambda pixels: equalizer.apply(pixels, dst=target)


def nlmeans(like, _):
    if like.dtype != numpy.uint8 or like.ndim != 2:
        raise Unsupported("one plane of 8 bits only")
    target = numpy.empty_like(like)
    return lambda pixels: cv2.fastNlMeansDenoising(pixels, dst=target, h=10, templateWindowSize=7, searchWindowSize=21)


def of_mask(kind, operation):
    """Of operation(mask, dst) whose result has another type, and the threshold before it."""
    def bind(like, _):
        if like.dtype != numpy.uint8 or like.ndim != 2:
            raise Unsupported("one plane of 8 bits only")
        mask, target = numpy.empty_like(like), numpy.empty(like.shape, kind)

        def run(pixels):
            cv2.threshold(pixels, 127, 255, cv2.THRESH_BINARY, dst=mask)
            return operation(mask, target)
        return run
    return bind


def lens(like):
    """The camera and the distortion of the case."""
    height, width = like.shape[:2]
    camera = numpy.array([[1500, 0, (width - 1) / 2], [0, 1500, (height - 1) / 2], [0, 0, 1]])
    return camera, numpy.array([-0.2, 0, 0, 0])


def undistort(like, _):
    (camera, distortion), target = lens(like), numpy.empty_like(like)
    return lambda pixels: cv2.undistort(pixels, camera, distortion, dst=target)


def undistort_by_map(like, _):
    """With maps made once: what a program that undistorts a video does."""
    (camera, distortion), target = lens(like), numpy.empty_like(like)
    maps = cv2.initUndistortRectifyMap(camera, distortion, None, camera, like.shape[1::-1], cv2.CV_16SC2)
    return lambda pixels: cv2.remap(pixels, *maps, cv2.INTER_LINEAR, dst=target)


def in_range(like, _):
    if like.dtype != numpy.uint8:
        raise Unsupported("bounds are those of 8 bits")
    target = numpy.empty(like.shape[:2], numpy.uint8)
    return lambda pixels: cv2.inRange(pixels, (102, 51, 0), (255, 255, 178), dst=target)


def rotated(like, _):
    target = numpy.empty((like.shape[1], like.shape[0], *like.shape[2:]), like.dtype)
    return lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE, dst=target)


def converted(code):
    def bind(like, _):
        if code in (cv2.COLOR_RGB2Lab, cv2.COLOR_RGB2HSV_FULL) and like.dtype != numpy.uint8:
            raise Unsupported("8 bits or floats only")
        target = numpy.empty(like.shape[:2] if code == cv2.COLOR_RGB2GRAY else like.shape, like.dtype)
        return lambda pixels: cv2.cvtColor(pixels, code, dst=target)
    return bind


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
    "convolve 5x5": {"filter2D": convolve},
    "scharr": {"Scharr": magnitudes(cv2.Scharr, 0.25)},
    "laplacian": {"Laplacian": laplacian},
    "bilateral": {"bilateralFilter": bilateral},
    "adaptive_threshold": {"adaptiveThreshold": adaptive_threshold},
    "thin": {"ximgproc.thinning": thin},
    "open": {"morphologyEx": morphology(cv2.MORPH_OPEN, 3)},
    "gradient": {"morphologyEx": morphology(cv2.MORPH_GRADIENT, 1)},
    "affine": {"warpAffine": affine},
    "perspective": {"warpPerspective": perspective},
    "transpose": {"transpose": transpose},
    "pad": {"copyMakeBorder": pad},
    "absdiff": {"absdiff": of_pair(lambda pixels, second, to: cv2.absdiff(pixels, second, dst=to))},
    "add": {"add": of_pair(lambda pixels, second, to: cv2.add(pixels, second, dst=to))},
    "multiply": {"multiply": of_pair(lambda pixels, second, to: cv2.multiply(
        pixels, second, dst=to, scale=1 / numpy.iinfo(pixels.dtype).max))},
    "median 10": {"medianBlur": wide_median},
    "canny": {"Canny": one_plane(lambda pixels, to: cv2.Canny(pixels, 50, 100, edges=to))},
    "clahe": {"createCLAHE": clahe},
    "nlmeans": {"fastNlMeansDenoising": nlmeans},
    "label": {"threshold, connectedComponents": of_mask(
        numpy.int32, lambda mask, to: cv2.connectedComponents(mask, labels=to, connectivity=8)[1])},
    "distance": {"threshold, distanceTransform": of_mask(
        numpy.float32, lambda mask, to: cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE, dst=to))},
    "undistort": {"undistort": undistort, "remap, maps made before": undistort_by_map},
    "composite": {"addWeighted": of_pair(lambda pixels, second, to: cv2.addWeighted(pixels, 0.4, second, 0.6, 0, dst=to))},
    "threshold otsu": {"threshold": one_plane(lambda pixels, to: cv2.threshold(
        pixels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU, dst=to)[1])},
    "normalize": {"normalize": one_call(lambda pixels, to: cv2.normalize(
        pixels, to, 0, numpy.iinfo(pixels.dtype).max, cv2.NORM_MINMAX))},
    "tophat": {"morphologyEx": morphology(cv2.MORPH_TOPHAT, 3)},
    "flip": {"flip": one_call(lambda pixels, to: cv2.flip(pixels, 0, dst=to))},
    "rotate 90": {"rotate": rotated},
    "range": {"inRange": in_range},
    "hue": {"cvtColor": converted(cv2.COLOR_RGB2HSV_FULL)},
    "gray": {"cvtColor": converted(cv2.COLOR_RGB2GRAY)},
    "colorspace lab": {"cvtColor": converted(cv2.COLOR_RGB2Lab)},
}


class Peer:
    def __init__(self, frames, _):
        self.pixels = [interleaved(frame) for frame in frames]

    def bind(self, case, filter_):
        return Calls(filter_(self.pixels[0], case), self.pixels, planar)
