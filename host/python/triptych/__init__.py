"""triptych: image filters that give the same bytes on every backend: scalar, SIMD, threads and OpenCL.

    import triptych
    edges = triptych.run("gray,sobel", array, on="opencl:gpu")
    smooth = triptych.kernels.gaussian(array, sigma=2)
    for frame in triptych.frames("temporal_median", frames):
        ...

Arrays are NumPy's, or any that NumPy reads without a copy. Functions may be called by any number of threads; they release the
interpreter's lock. Errors are subclasses of TriptychError.
"""
from __future__ import annotations

from ._arrays import empty
from ._bench import Measurements, bench
from ._engine import Backend, BackendInfo, Device, Pipeline, devices, frames, run
from ._files import decode, encode, formats, read, write
from ._kernels import Kernel, Parameter, kernels
from ._library import lib as _lib
from ._library import text as _text
from .errors import DeviceError, DiffersError, FailedError, TriptychError, TriptychWarning, UsageError

__version__ = _text(_lib.tri_version())


def cpu() -> str:
    """As the CPU names itself."""
    return _text(_lib.tri_cpu_model())


def isas() -> list[str]:
    """The instruction sets that were built in and that this CPU has, "scalar" first."""
    return [_text(_lib.tri_isa_name(i)) for i in range(_lib.tri_isa_count())]


def set_opencl_environment() -> None:
    """Sets what POCL, an OpenCL driver for the CPU, reads from the environment, as the program does; POCL is faster then. Call it
    while there is one thread, before OpenCL is used. Nothing else changes the environment."""
    _lib.tri_opencl_set_environment()


__all__ = [
    "Backend", "BackendInfo", "Device", "DeviceError", "DiffersError", "FailedError", "Kernel", "Measurements", "Parameter",
    "Pipeline", "TriptychError", "TriptychWarning", "UsageError", "bench", "cpu", "decode", "devices", "empty", "encode", "formats",
    "frames", "isas", "kernels", "read", "run", "set_opencl_environment", "write",
]
