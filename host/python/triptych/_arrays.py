"""_arrays.py -- arrays of NumPy from and to images of the library."""
from __future__ import annotations

from contextlib import contextmanager
from ctypes import POINTER, byref
from typing import TYPE_CHECKING, Any, Iterator

from ._library import PLANES_MAX, SIDE_MAX, RawImage, Samples, Shape, call, lib
from .errors import UsageError

if TYPE_CHECKING:
    import numpy

LAYOUTS = ("interleaved", "planar")


def numpy_module() -> Any:
    try:
        import numpy
    except ImportError:
        raise ImportError("triptych needs NumPy for arrays; install it with: pip install numpy") from None
    return numpy


class Image:
    """An image of the library, and as its base the owner of the memory of an array."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    @classmethod
    def new(cls, shape: Shape, backend: Any = None) -> Image:
        """In the memory that the backend reads or writes fastest, if one is given."""
        raw = POINTER(RawImage)()
        if backend is None:
            call("tri_image_new", byref(shape), byref(raw))
        else:
            call("tri_image_new_for", backend, byref(shape), byref(raw))
        return cls(raw)

    def __del__(self, release: Any = lib.tri_image_free) -> None:
        release(self.raw)

    @property
    def shape(self) -> Shape:
        return self.raw.contents.shape

    @property
    def __array_interface__(self) -> dict[str, Any]:
        image = self.raw.contents
        step = image.shape.bits // 8
        sides: tuple[int, ...] = (image.shape.height, image.shape.width)
        steps: tuple[int, ...] = (image.stride, step)
        if image.shape.planes > 1:
            sides, steps = (image.shape.planes, *sides), (image.plane_stride, *steps)
        return {"version": 3, "typestr": "|u1" if step == 1 else native_16(), "shape": sides, "strides": steps,
                "data": (image.data, False)}


def native_16() -> str:
    return numpy_module().dtype("uint16").str


def check_layout(layout: str) -> bool:
    """Whether it is planar."""
    if layout not in LAYOUTS:
        raise UsageError(f"layout is {layout!r}; expected 'interleaved', pixels (height, width, planes), or 'planar', "
                         "(planes, height, width)")
    return layout == "planar"


def as_array(source: Any) -> numpy.ndarray:
    """What has the buffer protocol, __array_interface__, or __dlpack__ on the CPU, without a copy."""
    numpy = numpy_module()
    if isinstance(source, numpy.ndarray):
        return source
    if hasattr(source, "__dlpack__") and not hasattr(source, "__array_interface__"):
        try:
            return numpy.from_dlpack(source)
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            raise UsageError(f"the array of type {type(source).__name__} cannot be used: {error}; copy it to the CPU") from None
    return numpy.asarray(source)


def check_type(array: numpy.ndarray) -> None:
    if array.dtype.kind == "u" and array.dtype.itemsize in (1, 2) and array.dtype.isnative:
        return
    raise UsageError(f"the array has samples of type {array.dtype}; expected uint8 or uint16 in native byte order, as "
                     "array.astype('uint8') makes them")


def shape_of(array: numpy.ndarray, planar: bool) -> Shape:
    if array.ndim not in (2, 3):
        raise UsageError(f"the array has {array.ndim} dimensions; expected 2, (height, width), or 3, "
                         f"{'(planes, height, width)' if planar else '(height, width, planes)'}")
    planes, height, width = (1, *array.shape) if array.ndim == 2 else \
        array.shape if planar else (array.shape[2], *array.shape[:2])
    if not 1 <= planes <= PLANES_MAX:
        other = LAYOUTS[not planar]
        raise UsageError(f"the array of shape {array.shape} has {planes} planes; expected 1 to {PLANES_MAX}, or with "
                         f"layout='{other}' another order")
    if not (1 <= height <= SIDE_MAX and 1 <= width <= SIDE_MAX):
        raise UsageError(f"the array has {width} x {height} pixels; each side must be 1 to {SIDE_MAX}")
    return Shape(width, height, planes, array.dtype.itemsize * 8)


def samples_of(array: numpy.ndarray, planar: bool) -> Samples:
    plane, row, column = (0, *array.strides) if array.ndim == 2 else \
        array.strides if planar else (array.strides[2], *array.strides[:2])
    return Samples(array.ctypes.data, column, row, plane)


class Source:
    """An array that was checked. It is kept while its memory is used."""

    def __init__(self, source: Any, layout: str) -> None:
        self.planar = check_layout(layout)
        self.array = as_array(source)
        check_type(self.array)
        self.shape = shape_of(self.array, self.planar)
        if not self.array.flags.aligned:
            self.array = self.array.copy()
        self.samples = samples_of(self.array, self.planar)

    def image(self) -> Image | None:
        """The image whose memory the whole array is: the library reads it where it is."""
        base = self.array.base
        while base is not None and not isinstance(base, Image):
            base = getattr(base, "base", None)
        if base is None:
            return None
        image, samples = base.raw.contents, self.samples
        same = image.shape.key() == self.shape.key() and samples.data == image.data and samples.row == image.stride and \
            samples.column == image.shape.bits // 8 and (image.shape.planes == 1 or samples.plane == image.plane_stride)
        return base if same else None

    def copy_to(self, image: Image) -> None:
        lib.tri_image_import(image.raw, byref(self.samples))


@contextmanager
def borrowed(image: Image) -> Iterator[RawImage]:
    """The same memory, whose samples may have changed; several threads may read one image, each with its own struct."""
    raw = RawImage.from_buffer_copy(image.raw.contents)
    raw.padded = False
    try:
        yield raw
    finally:
        if raw.abandoned:  # a device that failed may still use the memory
            image.raw.contents.abandoned = True


def view(image: Image) -> numpy.ndarray:
    """(height, width), or (planes, height, width): the image's own memory."""
    return numpy_module().asarray(image)


def pixels(image: Image) -> numpy.ndarray:
    """(height, width, planes), a copy."""
    numpy, shape = numpy_module(), image.shape
    array = numpy.empty((shape.height, shape.width, shape.planes), numpy.uint8 if shape.bits == 8 else numpy.uint16)
    lib.tri_image_export(image.raw, byref(samples_of(array, False)))
    return array


def result(image: Image, planar: bool) -> numpy.ndarray:
    return view(image) if planar or image.shape.planes == 1 else pixels(image)


def image_of(source: Any, layout: str) -> Image:
    """For functions that only read samples."""
    given = Source(source, layout)
    image = given.image()
    if image is None:
        image = Image.new(given.shape)
        given.copy_to(image)
    return image


def empty(shape: tuple[int, ...], dtype: Any = "uint8") -> numpy.ndarray:
    """An array in memory of the library, (height, width) or (planes, height, width), with samples that are not set: `run` and
    the kernels read it where it is, without a copy. It can be used as any other array."""
    numpy = numpy_module()
    check_type(numpy.empty(0, dtype))
    bits = numpy.dtype(dtype).itemsize * 8
    planes, height, width = (1, *shape) if len(shape) == 2 else shape
    if not all(0 < side <= SIDE_MAX for side in (planes, height, width)):
        raise UsageError(f"an array of shape {shape} is not possible; each side must be 1 to {SIDE_MAX}")
    array = view(Image.new(Shape(width, height, planes, bits)))
    return array.reshape(shape) if array.ndim == len(shape) else array[None]
