"""_engine.py -- backends, pipelines, and running one on another."""
from __future__ import annotations

import atexit
import os
import threading
import warnings
from collections import OrderedDict
from contextlib import nullcontext
from ctypes import POINTER, byref, c_int, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ContextManager, Iterable, Iterator

from ._arrays import Image, Source, borrowed, check_layout, result
from ._library import NOTE, BackendOptions, DeviceInfo, Shape, call, encoded, free, lib, text
from .errors import TriptychWarning, UsageError

if TYPE_CHECKING:
    import numpy

IDLE_JOBS = 8  # of a backend, with their memory


class Handle:
    """A pointer of the library, freed with its last user."""

    def __init__(self, pointer: c_void_p, release: Any) -> None:
        self.pointer = pointer
        self.release = release
        self.process = os.getpid()

    def __del__(self, here: Any = os.getpid) -> None:
        if self.process == here():  # in a forked process its threads are missing, and would be waited for
            self.release(self.pointer)


class BackendHandle(Handle):
    """With the function that the library may call as long as the backend is open, and jobs that nobody uses any more."""

    def __init__(self, pointer: c_void_p, tell: Any) -> None:
        super().__init__(pointer, lib.tri_backend_close)
        self.tell = tell
        self.one_at_a_time = False
        self.unused: list[tuple[c_void_p, Handle]] = []

    def free_unused(self, free_job: Any = lib.tri_job_free) -> None:
        while self.unused:
            pointer, _pipeline = self.unused.pop()
            free_job(pointer)

    def __del__(self, here: Any = os.getpid) -> None:
        if self.process == here():
            self.free_unused()
        super().__del__()


@dataclass(frozen=True)
class Device:
    """An OpenCL device. `selector` is for `on`."""

    id: str
    selector: str
    platform: str
    name: str
    driver: str
    version: str
    type: str
    compute_units: int
    memory: int
    usable: bool
    reason: str
    note: str


def members(struct: Any, kind: Any) -> dict[str, Any]:
    """What a dataclass takes from a struct of the library."""
    values = {name: getattr(struct, name) for name in kind.__dataclass_fields__}
    return {name: text(value) if isinstance(value, bytes) else value for name, value in values.items()}


def devices() -> list[Device]:
    """All OpenCL devices, also those that are not usable, with the reason."""
    found, count = POINTER(DeviceInfo)(), c_int()
    call("tri_devices", byref(found), byref(count))
    try:
        return [Device(**members(found[i], Device)) for i in range(count.value)]
    finally:
        free(found)


@dataclass(frozen=True)
class BackendInfo:
    """`name` such as "threads:2", `selector` for `on` on another day, the CPU's or the device's name, the ISA level or dialect."""

    name: str
    selector: str
    device: str
    isa: str
    driver: str
    workers: int
    opencl: bool
    gpu: bool
    parts: int


class Job:
    """A pipeline prepared for a backend and a shape, with the memory that copies go through."""

    here = staticmethod(os.getpid)  # still there when modules are gone

    def __init__(self, backend: BackendHandle, lock: Any, pipeline: Pipeline, shape: Shape) -> None:
        self.backend, self.pipeline = backend, pipeline._handle  # freed after the job
        self.lock = lock
        self.input: Image | None = None
        self.output: Image | None = None
        self.pointer = c_void_p()
        with self.lock:
            call("tri_job_new", self.backend.pointer, self.pipeline.pointer, byref(shape), byref(self.pointer))
        self.shape = Shape.from_buffer_copy(lib.tri_job_shape(self.pointer).contents)
        self.delay: int = lib.tri_job_delay(self.pointer)

    def __del__(self) -> None:
        """The garbage collector may call this in a thread that holds the lock of another backend, so it must not wait."""
        self.backend.unused.append((self.pointer, self.pipeline))
        if self.lock.acquire(blocking=False):
            try:
                if self.backend.process == self.here():
                    self.backend.free_unused()
            finally:
                self.lock.release()

    def new_input(self, shape: Shape) -> Image:
        with self.lock:
            return Image.new(shape, self.backend.pointer)

    def turn(self) -> ContextManager[Any]:
        return self.lock if self.backend.one_at_a_time else nullcontext()

    def run(self, raw: Any, out: Image) -> None:
        with self.turn():
            call("tri_job_run", self.pointer, raw, out.raw, None)

    def end(self) -> None:
        with self.turn():
            lib.tri_job_end(self.pointer)

    def rewind(self) -> None:
        with self.turn():
            lib.tri_job_rewind(self.pointer)

    def lend(self) -> int:
        runs = c_int()
        with self.turn():
            call("tri_job_lend", self.pointer, byref(runs))
        return runs.value


class Backend:
    """What runs pipelines: "sequential", "threads[:N]", "opencl[:SEL]", "auto", "all", or several joined by '+'. `isa` limits
    the instructions of the CPU. Any number of threads may use one; those of OpenCL take turns. `close`, or the end of a `with`
    block, frees it once nothing runs on it."""

    def __init__(self, on: str = "threads", *, isa: str | None = None) -> None:
        pointer = c_void_p()
        tell = NOTE(lambda listener, note: warnings.warn(text(note), TriptychWarning, stacklevel=2))
        options = BackendOptions(isa=None if isa is None else encoded(isa, "isa"), note=tell)
        call("tri_backend_open", encoded(on, "on"), byref(options), byref(pointer))
        self._handle: BackendHandle | None = BackendHandle(pointer, tell)
        self._lock = threading.RLock()
        self._idle: OrderedDict[Any, list[Job]] = OrderedDict()
        self._process = os.getpid()
        info = self.info
        self._handle.one_at_a_time = info.opencl or info.parts > 0

    @property
    def info(self) -> BackendInfo:
        return BackendInfo(**members(lib.tri_backend_info(self._open().pointer).contents, BackendInfo))

    @property
    def note(self) -> str:
        """What to know about it, in lines: what `auto` chose and why, what runs slower than it should; "" if there is nothing."""
        with self._lock:
            return text(lib.tri_backend_note(self._open().pointer))

    def __repr__(self) -> str:
        return f"<triptych.Backend {'closed' if self._handle is None else self.info.name}>"

    def __enter__(self) -> Backend:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._idle.clear()
            self._handle = None

    def _open(self) -> BackendHandle:
        if self._handle is None:
            raise UsageError("the backend is closed")
        if self._process != os.getpid():
            raise UsageError("the backend was opened before this process was forked, and has no threads here; open another one")
        return self._handle

    def _take(self, pipeline: Pipeline, shape: Shape) -> Job:
        with self._lock:
            handle = self._open()
            handle.free_unused()
            idle = self._idle.get((pipeline._handle, shape.key()))
            if idle:
                return idle.pop()
            return Job(handle, self._lock, pipeline, shape)

    def _give(self, job: Job, shape: Shape) -> None:
        with self._lock:
            if self._handle is not job.backend:
                return
            key = (job.pipeline, shape.key())
            self._idle.setdefault(key, []).append(job)
            self._idle.move_to_end(key)
            while sum(map(len, self._idle.values())) > IDLE_JOBS or not next(iter(self._idle.values())):
                oldest = next(iter(self._idle.values()))
                if oldest:
                    oldest.pop()
                if not oldest:
                    self._idle.popitem(last=False)


class Pipeline:
    """A chain of operations, such as "gray,gaussian:sigma=2,sobel". Threads may share one. No operation makes more than
    `max_pixels` pixels, unless its input has more. `second` is the image that kernels of two pictures take, such as
    "composite"; it is copied, and has its pixels interleaved."""

    def __init__(self, pipeline: str, *, max_pixels: int | None = None, second: Any = None) -> None:
        pointer = c_void_p()
        call("tri_pipeline_parse", encoded(pipeline, "the pipeline"), byref(pointer))
        self._handle = Handle(pointer, lib.tri_pipeline_free)
        self.text = pipeline
        if max_pixels is not None:
            lib.tri_pipeline_limit(pointer, max_pixels)
        if second is not None:
            source = Source(second, "interleaved")
            self._second = Image.new(source.shape)
            source.copy_to(self._second)
            call("tri_pipeline_set_with", pointer, self._second.raw)

    def __repr__(self) -> str:
        return f"triptych.Pipeline({self.text!r})"

    def __len__(self) -> int:
        return lib.tri_pipeline_length(self._handle.pointer)

    @property
    def kernels(self) -> list[str]:
        """The names of its operations."""
        return [text(lib.tri_kernel_name(lib.tri_pipeline_kernel(self._handle.pointer, i))) for i in range(len(self))]

    @property
    def takes_second(self) -> bool:
        """Whether an operation takes a second image."""
        return lib.tri_pipeline_takes_with(self._handle.pointer)

    @property
    def over_time(self) -> bool:
        """Whether a frame's result depends on earlier or later frames."""
        return lib.tri_pipeline_over_time(self._handle.pointer)

    @property
    def delay(self) -> int:
        """How many later frames it looks at."""
        return lib.tri_pipeline_delay(self._handle.pointer)

    def run(self, array: Any, *, on: str | Backend = "threads", layout: str = "interleaved") -> numpy.ndarray:
        """The result for an image; of kernels over time, that of a first frame which is also the last."""
        source, backend = Source(array, layout), backend_of(on)
        job = backend._take(self, source.shape)
        out = self._run(job, source)
        job.rewind()
        copied = not source.planar and out.shape.planes > 1
        array = result(out, source.planar)
        job.output = out if copied else None
        backend._give(job, source.shape)
        return array

    __call__ = run

    def _run(self, job: Job, source: Source) -> Image:
        image = source.image()
        if image is None:
            if job.input is None:
                job.input = job.new_input(source.shape)
            image = job.input
            source.copy_to(image)
        out = job.output if job.output is not None else Image.new(job.shape)
        with borrowed(image) as raw:
            job.run(raw, out)
            if job.delay > 0:
                job.end()
            for _ in range(job.delay):
                job.run(raw, out)
        return out

    def frames(self, frames: Iterable[Any], *, on: str | Backend = "threads",
               layout: str = "interleaved") -> Iterator[numpy.ndarray]:
        """The results for frames of one shape, one after another: as many as there are frames. Where kernels look at later
        frames, results come as much later. A frame is copied before the next one is asked for."""
        backend = backend_of(on)
        backend._open()
        check_layout(layout)
        return self._frames(frames, backend, layout)

    def _frames(self, frames: Iterable[Any], backend: Backend, layout: str) -> Iterator[numpy.ndarray]:
        job: Job | None = None
        ring: list[Image] = []
        number = 0
        for frame in frames:
            source = Source(frame, layout)
            if job is None:
                job = Job(backend._open(), backend._lock, self, source.shape)
                # Earlier frames are read where they are, so each stays for that many runs.
                ring = [job.new_input(source.shape) for _ in range(job.lend() + 1)]
            image = ring[number % len(ring)]
            if source.shape.key() != image.shape.key():
                raise UsageError(f"frame {number} has the shape {source.array.shape} and type {source.array.dtype}, unlike those "
                                 "before it; frames must have one shape")
            source.copy_to(image)
            out = Image.new(job.shape)
            job.run(image.raw, out)
            number += 1
            if number > job.delay:
                yield result(out, source.planar)
        if job is None:
            return
        job.end()
        for late in range(job.delay):
            out = Image.new(job.shape)
            job.run(image.raw, out)
            if number + late >= job.delay:
                yield result(out, source.planar)


# ---- what was opened and parsed before ----

_lock = threading.Lock()
_backends: dict[str, Backend] = {}
_pipelines: OrderedDict[str, Pipeline] = OrderedDict()
PIPELINES_KEPT = 64


def backend_of(on: str | Backend) -> Backend:
    """Backends that are named are opened once, and closed when the process exits."""
    if isinstance(on, Backend):
        return on
    with _lock:
        if on not in _backends:
            _backends[on] = Backend(on)
        return _backends[on]


def pipeline_of(pipeline: str | Pipeline) -> Pipeline:
    if isinstance(pipeline, Pipeline):
        return pipeline
    with _lock:
        found = _pipelines.pop(pipeline, None) or Pipeline(pipeline)
        _pipelines[pipeline] = found
        if len(_pipelines) > PIPELINES_KEPT:
            _pipelines.popitem(last=False)
        return found


def run(pipeline: str | Pipeline, array: Any, *, second: Any = None, on: str | Backend = "threads",
        layout: str = "interleaved") -> numpy.ndarray:
    """What the pipeline makes of an image, and of a second one where a kernel takes it (Pipeline).

    `array` has samples of uint8 or uint16: (height, width), pixels (height, width, planes), or with layout="planar"
    (planes, height, width). 2 planes are gray and alpha, 3 RGB, 4 RGBA. It may be any object with the buffer protocol,
    `__array_interface__`, or `__dlpack__` on the CPU. The result has the same layout, with one plane (height, width), and owns
    its memory.

    `on` is a backend or its name: "sequential", "threads[:N]", "opencl[:SEL]", "auto", "all", or several joined by '+'. All
    give the same bytes. Named ones stay open."""
    if second is not None:
        pipeline = Pipeline(pipeline if isinstance(pipeline, str) else pipeline.text, second=second)
    return pipeline_of(pipeline).run(array, on=on, layout=layout)


def frames(pipeline: str | Pipeline, frames: Iterable[Any], *, on: str | Backend = "threads",
           layout: str = "interleaved") -> Iterator[numpy.ndarray]:
    """What the pipeline makes of a stream of frames: see Pipeline.frames."""
    return pipeline_of(pipeline).frames(frames, on=on, layout=layout)


@atexit.register
def close_backends() -> None:
    for backend in _backends.values():
        if backend._process == os.getpid():
            backend.close()


def forget() -> None:
    """In a forked process no thread of the backends is there: they are left alone, and opened again."""
    global _lock
    _lock = threading.Lock()
    _left_alone.extend(_backends.values())
    _backends.clear()


_left_alone: list[Backend] = []
os.register_at_fork(after_in_child=forget)
