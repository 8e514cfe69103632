"""triptych.py -- triptych as a contender: a job over frames in memory, by wall time like the others."""
import ctypes

import numpy

from against import measure
from triptych_library import Failure, Library, Shape

__all__ = ["Failure", "Job", "Library", "Copy", "Pictures"]


def planes_of(image):
    """An image's samples as planes, in its own memory."""
    header = image.contents
    shape, kind = header.shape, numpy.dtype(numpy.uint8 if header.shape.bits == 8 else numpy.uint16)
    size = (shape.planes - 1) * header.plane_stride + (shape.height - 1) * header.stride + shape.width * kind.itemsize
    flat = numpy.ctypeslib.as_array(ctypes.cast(header.data, ctypes.POINTER(ctypes.c_uint8)), (size,)).view(kind)
    return numpy.lib.stride_tricks.as_strided(flat, (shape.planes, shape.height, shape.width),
                                              (header.plane_stride, header.stride, kind.itemsize))


class Pictures:
    """The frames in memory of the library."""

    def __init__(self, library, frames):
        planes, height, width = frames[0].shape
        self.library = library
        self.shape = Shape(width, height, planes, frames[0].dtype.itemsize * 8)
        self.images = [library.image(self.shape) for _ in frames]
        for image, frame in zip(self.images, frames):
            planes_of(image)[:] = frame

    def free(self):
        for image in self.images:
            self.library.free_image(image)


class Job(measure.Contender):
    """A pipeline on one backend. `later`: by how many frames the result is late. `pair`: the second picture is the first
    frame."""

    def __init__(self, backend, pipeline, pictures, later=0, pair=False):
        self.library, self.pictures, self.later = pictures.library, pictures, later
        self.frames = len(pictures.images)
        self.pipeline = self.library.pipeline(pipeline)
        if pair:
            self.library.call("tri_pipeline_set_with", self.pipeline, pictures.images[0])
        self.job = self.library.job(backend, self.pipeline, pictures.shape)
        self.library.lend(self.job)  # nothing writes samples into the pictures; as peers hold frames in a cache
        self.target = self.library.image(self.library.job_shape(self.job))
        self.run = self.library.library.tri_job_run
        self.arguments = [(self.job, image, self.target, None, ctypes.byref(self.library.error))
                          for image in pictures.images]
        self.headers = [image.contents for image in pictures.images]

    def frame(self, number):
        self.headers[number].padded = False  # as in a new frame: filling the padding is part of the work
        if self.run(*self.arguments[number]) != 0:
            raise Failure(self.library.message())

    def result(self):
        self.library.library.tri_job_rewind(self.job)
        for number in range(measure.middle(self.frames) + self.later + 1):
            self.frame(min(number, self.frames - 1))
        return numpy.array(planes_of(self.target))

    def free(self):
        self.library.free_job(self.job, self.pipeline)
        self.library.free_image(self.target)


class Copy(measure.Contender):
    """memcpy with the same number of threads, as in the calibration of `triptych bench`, waking them included."""

    def __init__(self, library, frames, threads):
        self.frames = len(frames)
        self.copier = library.copier(threads, frames[0].nbytes)
        self.run = library.library.bench_copier_run

    def frame(self, number):
        self.run(self.copier)
