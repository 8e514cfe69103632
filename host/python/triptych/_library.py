"""_library.py -- finds and loads libtriptych.so, and declares what of triptych.h is used. ctypes releases the interpreter's
lock while a function runs."""
from __future__ import annotations

import ctypes
import os
import pathlib
import shutil
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_double, c_int, c_size_t, c_ssize_t, c_uint64, \
    c_void_p
from typing import Any, Iterator

from .errors import FailedError, error_of

SONAME = "libtriptych.so.0"
HERE = pathlib.Path(__file__).resolve().parent
PLANES_MAX, SIDE_MAX = 4, 1000000
NOTE = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)


class Error(Structure):
    _fields_ = [("status", c_int), ("text", c_char * 1000)]


class Shape(Structure):
    _fields_ = [("width", c_int), ("height", c_int), ("planes", c_int), ("bits", c_int)]

    def key(self) -> tuple[int, int, int, int]:
        return self.width, self.height, self.planes, self.bits


class RawImage(Structure):
    _fields_ = [("shape", Shape), ("stride", c_ssize_t), ("plane_stride", c_ssize_t), ("data", c_void_p), ("padded", c_bool),
                ("memory", c_void_p), ("memory_size", c_size_t), ("source", c_void_p), ("abandoned", c_bool)]


class Samples(Structure):
    _fields_ = [("data", c_void_p), ("column", c_ssize_t), ("row", c_ssize_t), ("plane", c_ssize_t)]


class Sized(Structure):
    """Structs that begin with their size; all other members are zero at first, which is the default."""

    def __init__(self, **members: Any) -> None:
        super().__init__(size=ctypes.sizeof(self), **members)


class BackendOptions(Sized):
    _fields_ = [("size", c_size_t), ("isa", c_char_p), ("pool", c_void_p), ("note", NOTE), ("listener", c_void_p)]


class ReadOptions(Sized):
    _fields_ = [("size", c_size_t), ("max_pixels", c_uint64), ("pool", c_void_p), ("head", c_void_p), ("head_size", c_size_t),
                ("memory", c_void_p), ("together", c_bool), ("stop", c_void_p), ("shrink", c_int), ("shrink_for", c_void_p)]


class Background(Structure):
    _fields_ = [("use", c_int), ("colour", ctypes.c_uint8 * 3)]


class WriteOptions(Sized):
    _fields_ = [("size", c_size_t), ("format", c_void_p), ("metadata", c_void_p), ("pool", c_void_p), ("png_level", c_int),
                ("quality", c_int), ("subsampling", c_int), ("background", Background), ("lossless", c_bool), ("verify", c_bool),
                ("tell", NOTE), ("listener", c_void_p), ("depth", c_int), ("colours", c_int), ("dither", c_int), ("interlace", c_int)]


class Format(Structure):
    _fields_ = [("name", c_char_p), ("extensions", c_char_p), ("library", c_char_p)]


class Param(Structure):
    _fields_ = [("name", c_char_p), ("type", c_int), ("initial", c_double), ("minimum", c_double), ("maximum", c_double),
                ("choices", c_char_p), ("help", c_char_p), ("length", c_int), ("initial_text", c_char_p)]


class BackendInfo(Structure):
    _fields_ = [("name", c_char * 256), ("selector", c_char * 352), ("device", c_char * 160), ("isa", c_char * 32),
                ("driver", c_char * 160), ("workers", c_int), ("opencl", c_bool), ("gpu", c_bool), ("probes", c_int * 17),
                ("parts", c_int)]


class DeviceInfo(Structure):
    _fields_ = [("id", c_char * 16), ("selector", c_char * 340), ("platform", c_char * 160), ("name", c_char * 160),
                ("driver", c_char * 160), ("version", c_char * 160), ("type", c_char * 40), ("dialect", c_char * 32),
                ("compute_units", c_int), ("memory", c_uint64), ("usable", c_bool), ("crashes", c_bool), ("no_lanes", c_bool),
                ("reason", c_char * 1000), ("probes", c_int * 17), ("note", c_char * 600)]


# Results other than an enum tri_status, with the arguments.
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "tri_version": (c_char_p, ()),
    "tri_version_number": (c_int, ()),
    "tri_image_free": (None, (POINTER(RawImage),)),
    "tri_image_import": (None, (POINTER(RawImage), POINTER(Samples))),
    "tri_image_export": (None, (POINTER(RawImage), POINTER(Samples))),
    "tri_metadata_free": (None, (c_void_p,)),
    "tri_format_count": (c_int, ()),
    "tri_format_at": (POINTER(Format), (c_int,)),
    "tri_format_find": (c_void_p, (c_char_p,)),
    "tri_kernel_count": (c_int, ()),
    "tri_kernel_at": (c_void_p, (c_int,)),
    "tri_kernel_find": (c_void_p, (c_char_p,)),
    "tri_kernel_name": (c_char_p, (c_void_p,)),
    "tri_kernel_family": (c_char_p, (c_void_p,)),
    "tri_kernel_summary": (c_char_p, (c_void_p,)),
    "tri_kernel_help": (c_char_p, (c_void_p,)),
    "tri_kernel_example": (c_char_p, (c_void_p,)),
    "tri_kernel_param_count": (c_int, (c_void_p,)),
    "tri_kernel_param": (POINTER(Param), (c_void_p, c_int)),
    "tri_pipeline_free": (None, (c_void_p,)),
    "tri_pipeline_length": (c_int, (c_void_p,)),
    "tri_pipeline_kernel": (c_void_p, (c_void_p, c_int)),
    "tri_pipeline_limit": (None, (c_void_p, c_uint64)),
    "tri_pipeline_over_time": (c_bool, (c_void_p,)),
    "tri_pipeline_takes_with": (c_bool, (c_void_p,)),
    "tri_pipeline_delay": (c_int, (c_void_p,)),
    "tri_backend_close": (None, (c_void_p,)),
    "tri_backend_info": (POINTER(BackendInfo), (c_void_p,)),
    "tri_backend_note": (c_char_p, (c_void_p,)),
    "tri_cpu_workers": (c_int, ()),
    "tri_cpu_model": (c_char_p, ()),
    "tri_isa_count": (c_int, ()),
    "tri_isa_name": (c_char_p, (c_int,)),
    "tri_opencl_set_environment": (None, ()),
    "tri_job_free": (None, (c_void_p,)),
    "tri_job_shape": (POINTER(Shape), (c_void_p,)),
    "tri_job_delay": (c_int, (c_void_p,)),
    "tri_job_end": (None, (c_void_p,)),
    "tri_job_rewind": (None, (c_void_p,)),
}
# Arguments of functions that return an enum tri_status; a struct tri_error follows them.
CALLS: dict[str, tuple[Any, ...]] = {
    "tri_image_new": (POINTER(Shape), POINTER(POINTER(RawImage))),
    "tri_image_new_for": (c_void_p, POINTER(Shape), POINTER(POINTER(RawImage))),
    "tri_image_read": (c_char_p, POINTER(ReadOptions), POINTER(POINTER(RawImage)), c_void_p),
    "tri_image_decode": (c_void_p, c_size_t, POINTER(ReadOptions), POINTER(POINTER(RawImage)), c_void_p),
    "tri_image_write": (c_char_p, POINTER(RawImage), POINTER(WriteOptions)),
    "tri_image_encode": (POINTER(RawImage), POINTER(WriteOptions), POINTER(c_void_p), POINTER(c_size_t)),
    "tri_background_parse": (c_char_p, POINTER(Background)),
    "tri_pipeline_parse": (c_char_p, POINTER(c_void_p)),
    "tri_pipeline_set_with": (c_void_p, POINTER(RawImage)),
    "tri_pipeline_shape": (c_void_p, POINTER(Shape), POINTER(Shape)),
    "tri_backend_open": (c_char_p, POINTER(BackendOptions), POINTER(c_void_p)),
    "tri_devices": (POINTER(POINTER(DeviceInfo)), POINTER(c_int)),
    "tri_job_new": (c_void_p, c_void_p, POINTER(Shape), POINTER(c_void_p)),
    "tri_job_run": (c_void_p, POINTER(RawImage), POINTER(RawImage), c_void_p),
    "tri_job_lend": (c_void_p, POINTER(c_int)),
}


def places() -> Iterator[str]:
    """The caller's choice, that of the wheel, that of the source tree, that of the system."""
    if os.environ.get("TRIPTYCH_LIBRARY"):
        yield os.environ["TRIPTYCH_LIBRARY"]
        return
    for path in (HERE / "_native/lib" / SONAME, HERE.parents[2] / "build" / SONAME):
        if path.exists():
            yield str(path)
            return
    yield SONAME


def load() -> ctypes.CDLL:
    path = next(places())
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"cannot load the triptych library: {error}. It needs the packages that its build used, for instance "
                          "ocl-icd-libopencl1 and libjansson4 on Debian; TRIPTYCH_LIBRARY names another library") from None


lib = load()
try:
    for _name, (_result, _arguments) in FUNCTIONS.items():
        _function = getattr(lib, _name)
        _function.restype, _function.argtypes = _result, _arguments
    for _name, _arguments in CALLS.items():
        _function = getattr(lib, _name)
        _function.restype, _function.argtypes = c_int, (*_arguments, POINTER(Error))
except AttributeError as _error:
    raise ImportError(f"the triptych library {lib._name} is older than this package: {_error}") from None

_libc = ctypes.CDLL(None)
_libc.free.argtypes, _libc.free.restype = (c_void_p,), None
free = _libc.free


def call(name: str, *arguments: Any) -> None:
    error = Error()
    status = getattr(lib, name)(*arguments, byref(error))
    if status != 0:
        raise error_of(status, text(error.text))


def text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def encoded(value: str, what: str) -> bytes:
    """For functions that take text up to a zero byte."""
    data = os.fsencode(value)
    if b"\0" in data:
        raise error_of(2, f"{what} contains a zero byte")
    return data


def program() -> str:
    """The program triptych: the caller's choice, the one next to the library, the one in PATH."""
    folder = pathlib.Path(lib._name).parent
    beside = [folder.parent / "bin/triptych", folder / "triptych"] if folder.is_absolute() else []
    for path in (os.environ.get("TRIPTYCH_PROGRAM"), *beside):
        if path and os.path.isfile(path) and os.access(path, os.X_OK):
            return str(path)
    found = shutil.which("triptych")
    if found is None:
        raise FailedError("the program triptych is missing; TRIPTYCH_PROGRAM may name it")
    return found

