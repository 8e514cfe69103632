"""pillow.py -- filters of Pillow: one thread, 8 bits, a new picture for each result."""
import numpy
import PIL
from PIL import Image, ImageChops, ImageFilter, ImageOps

from against.frames import interleaved, planar
from against.measure import Calls, Unsupported

NAME = "Pillow"
ONE_THREAD = True


def start(_):
    pass


def version():
    return PIL.__version__


def whole(filter_):
    return lambda like, case: lambda picture: picture.filter(filter_)


def halved(like, _):
    size = like.width // 2, like.height // 2
    return lambda picture: picture.resize(size, Image.Resampling.LANCZOS)


def table(like, case):
    values = list(map(int, case.table(8))) * len(like.getbands())
    return lambda picture: picture.point(values)


def affine(like, _):
    """Pillow takes the inverse: where a pixel of the result comes from."""
    matrix = numpy.linalg.inv([[0.9, 0.2, 20.5], [-0.2, 0.9, 200.25], [0, 0, 1]])[:2].flatten()
    return lambda picture: picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def lut(like, _):
    """Another table of the same size, as only the time is compared."""
    table = ImageFilter.Color3DLUT.generate(17, lambda r, g, b: (min(1, r * 1.1), g, b * 0.9))
    return lambda picture: picture.filter(table)


FILTERS = {
    "resize": {"LANCZOS": halved},
    "median 1": {"MedianFilter": whole(ImageFilter.MedianFilter(3))},
    "equalize": {"equalize": lambda like, case: ImageOps.equalize},
    "levels": {"point": table},
    "box": {"BoxBlur": whole(ImageFilter.BoxBlur(15))},
    "dilate 1": {"MaxFilter": whole(ImageFilter.MaxFilter(3))},
    "invert": {"ImageChops.invert": lambda like, case: ImageChops.invert},
    "affine": {"transform": affine},
    "transpose": {"transpose": lambda like, case: lambda picture: picture.transpose(Image.Transpose.TRANSPOSE)},
    "absdiff": {"ImageChops.difference": lambda like, case: lambda picture: ImageChops.difference(picture, like)},
    "add": {"ImageChops.add": lambda like, case: lambda picture: ImageChops.add(picture, like)},
    "multiply": {"ImageChops.multiply": lambda like, case: lambda picture: ImageChops.multiply(picture, like)},
    "gray": {"convert": lambda like, case: lambda picture: picture.convert("L")},
    "lut 3D": {"Color3DLUT": lut},
}


class Peer:
    def __init__(self, frames, _):
        if frames[0].dtype != numpy.uint8:
            raise Unsupported("8 bits only")
        self.pictures = [Image.fromarray(interleaved(frame)) for frame in frames]

    def bind(self, case, filter_):
        return Calls(filter_(self.pictures[0], case), self.pictures, lambda picture: planar(numpy.asarray(picture)))
