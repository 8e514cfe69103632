"""frames.py -- the frames that all contenders get: different from each other, as those of a video are."""
import os
import subprocess
import tempfile

import numpy

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PHOTOS = os.path.join(os.environ.get("TRIPTYCH_DATA", os.path.join(ROOT, "..", "shared", "data")), "photos")
PHOTO = os.path.join(PHOTOS, "elephants-3840x2160.png")


def source():
    """The picture that frames are made of, and what to call it."""
    if os.path.exists(PHOTO):
        return PHOTO, "a photograph"
    return os.path.join(ROOT, "images", "street.png"), "images/street.png, scaled"


def read_pnm(path, bits):
    """A binary PGM or PPM, as triptych writes it, as planes."""
    with open(path, "rb") as file:
        head = [file.readline().split() for _ in range(3)]
        planes = {b"P5": 1, b"P6": 3}[head[0][0]]
        width, height = map(int, head[1])
        samples = numpy.frombuffer(file.read(), ">u2" if int(head[2][0]) > 255 else "u1")
    picture = numpy.moveaxis(samples.reshape(height, width, planes), 2, 0)
    return picture.astype(numpy.uint16) * 257 if bits == 16 and picture.dtype == "u1" else picture


def picture(program, size, planes, bits):
    """The picture in this size, as planes."""
    pipeline = "%sresize:width=%d:height=%d" % ("gray," if planes == 1 else "", *size)
    with tempfile.TemporaryDirectory(prefix="triptych-") as folder:
        path = os.path.join(folder, "picture.pnm")
        subprocess.run([program, "run", pipeline, source()[0], "-o", path, "-q"], check=True)
        return read_pnm(path, bits)


def make(program, size, planes, bits, count):
    """Frames in which the picture moves by a few pixels and has fresh noise, each (planes, height, width)."""
    first = picture(program, size, planes, bits).astype(numpy.int32)
    random = numpy.random.default_rng(1)
    span = 4 if bits == 8 else 1024
    noise = random.integers(-span, span + 1, first.shape, numpy.int32)
    frames = []
    for number in range(count):
        moved = numpy.roll(first, (number, 2 * number), axis=(1, 2))
        moved += numpy.roll(noise, (61 * number, 97 * number), axis=(1, 2))
        samples = numpy.clip(moved, 0, 2 ** bits - 1).astype(numpy.uint8 if bits == 8 else numpy.uint16)
        frames.append(numpy.ascontiguousarray(samples))
    return frames


def interleaved(frame):
    """Pixel by pixel, as OpenCV, Pillow and libvips have colour; a gray frame has two dimensions."""
    return numpy.ascontiguousarray(frame[0] if len(frame) == 1 else numpy.moveaxis(frame, 0, 2))


def planar(pixels):
    return pixels[None] if pixels.ndim == 2 else numpy.moveaxis(pixels, 2, 0)
