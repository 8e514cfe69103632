#!/usr/bin/python3
"""gpu_peers.py -- compares triptych on a device with CuPy, PyTorch, pyclesperanto and OpenCV on the same device, in turn.

The image, RGB of 8 bits, is already on the device and the result stays there: the same bytes in and out for all. If a
peer computes in floats, the conversions are part of its time, as they are for its users. Times are by the device's own
clock (events) if a peer provides them, else by the host's around a call that waits for completion; the table says which.

With --device opencl:cpu everything runs on the CPU: triptych and pyclesperanto through OpenCL, PyTorch and OpenCV
natively, and SciPy, which has the same functions, replaces CuPy.
"""
import argparse
import ctypes
import importlib
import json
import os
import statistics
import sys
import time

import numpy

from triptych_library import Failure, Library, Shape

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS_MAX = 1024  # as in device_clock.h
KERNEL = 1
ROUNDS_MIN = 3

CASES = [
    "invert", "gaussian:sigma=1", "gaussian:sigma=2", "sobel", "median:radius=1", "median:radius=2", "box:radius=15",
    "dilate:radius=7", "equalize", "resize:scale=0.5", "rotate:angle=90", "gaussian:sigma=1,sobel,dilate:radius=1,invert",
]


# ---- triptych ----

class Command(ctypes.Structure):
    _fields_ = [("what", ctypes.c_int), ("begin_ns", ctypes.c_int64), ("end_ns", ctypes.c_int64)]


def planes_of(image):
    """The planes of an image, as an array that shares its memory."""
    header = image.contents
    shape = header.shape
    size = header.plane_stride * (shape.planes - 1) + header.stride * (shape.height - 1) + shape.width
    flat = numpy.ctypeslib.as_array(ctypes.cast(header.data, ctypes.POINTER(ctypes.c_uint8)), (size,))
    return numpy.lib.stride_tricks.as_strided(flat, (shape.planes, shape.height, shape.width),
                                              (header.plane_stride, header.stride, 1))


class Device:
    """A backend whose commands are timed by its own clock."""

    def __init__(self, path, on):
        self.library = Library(path)
        self.backend = self.library.backend(on)
        self.library.call("bench_profile", self.backend, ctypes.c_bool(True))
        self.commands = (Command * COMMANDS_MAX)()

    def name(self):
        info = self.library.library.tri_backend_info
        info.restype = ctypes.c_char_p  # its first member
        return info(self.backend).decode(errors="replace")

    def kernel_ms(self):
        """From the start of the first kernel to the end of the last, of all since the last call."""
        count = ctypes.c_int()
        self.library.call("bench_commands", self.backend, self.commands, ctypes.byref(count))
        kernels = [command for command in self.commands[:count.value] if command.what == KERNEL]
        return (max(k.end_ns for k in kernels) - min(k.begin_ns for k in kernels)) / 1e6 if kernels else 0.0

    def copy_ms(self, bytes_in, bytes_out):
        took = ctypes.c_int64()
        self.library.call("bench_copy_time", self.backend, ctypes.c_size_t(bytes_in), ctypes.c_size_t(bytes_out),
                          ctypes.byref(took))
        return took.value / 1e6

    def close(self):
        self.library.call("bench_profile", self.backend, ctypes.c_bool(False))
        self.library.library.tri_backend_close(self.backend)


class Job:
    """A pipeline on planes that are on the device: calling it returns milliseconds by the device's clock."""

    def __init__(self, device, pipeline, planes):
        library = device.library
        self.device = device
        self.pipeline = library.pipeline(pipeline)
        shape = Shape(planes.shape[2], planes.shape[1], planes.shape[0], 8)
        self.job = library.job(device.backend, self.pipeline, shape)
        self.source = library.image(shape)
        planes_of(self.source)[:] = planes
        self.source.contents.padded = False
        self.target = library.image(library.library.tri_job_shape(self.job).contents)
        self.flight = ctypes.c_void_p()
        library.call("tri_inflight_new", device.backend, ctypes.byref(self.flight))
        library.call("tri_inflight_upload", self.flight, self.source)

    def __call__(self):
        library = self.device.library
        library.library.tri_job_rewind(self.job)
        self.device.kernel_ms()
        library.call("tri_inflight_compute", self.flight, self.job, self.target)
        return self.device.kernel_ms()

    def result(self):
        self.device.library.call("tri_inflight_download", self.flight)
        return planes_of(self.target).copy()

    def free(self):
        library = self.device.library.library
        library.tri_inflight_free(self.flight)
        library.tri_job_free(self.job)
        library.tri_pipeline_free(self.pipeline)
        library.tri_image_free(self.source)
        library.tri_image_free(self.target)


# ---- clocks ----

def host_clock(wait):
    """Times a call by the host's clock; `wait` returns when the device is idle."""
    def timed(function):
        wait()
        start = time.perf_counter_ns()
        function()
        wait()
        return (time.perf_counter_ns() - start) / 1e6
    return timed


# ---- CuPy, or SciPy instead ----

class Arrays:
    """The functions of numpy and scipy.ndimage, by CuPy on a GPU."""

    def __init__(self, gpu):
        self.gpu = gpu
        self.name = "CuPy" if gpu else "SciPy"
        self.module = importlib.import_module("cupy" if gpu else "numpy")
        self.filters = importlib.import_module("cupyx.scipy.ndimage" if gpu else "scipy.ndimage")
        self.clock = "events" if gpu else "host"
        self.timed = self.events if gpu else host_clock(lambda: None)
        self.version = importlib.import_module("cupy" if gpu else "scipy").__version__

    def events(self, function):
        first, last = self.module.cuda.Event(), self.module.cuda.Event()
        first.record()
        function()
        last.record()
        last.synchronize()
        return self.module.cuda.get_elapsed_time(first, last)

    def push(self, planes):
        return self.module.asarray(planes)

    def pull(self, result):
        return result.get() if self.gpu else result

    def bind(self, pipeline, source):
        """Returns a function without arguments; KeyError if there is no equivalent."""
        names = {"invert": self.invert, "gaussian": self.gaussian, "sobel": self.sobel, "median": self.median,
                 "box": self.box, "dilate": self.dilate, "equalize": self.equalize, "resize": self.resize,
                 "rotate": self.rotate}
        steps = []
        for operation in pipeline.split(","):
            name, value = parse(operation)
            steps.append(names[name](source, value))
            source = steps[-1]()
        return run_all(steps)

    def invert(self, source, _):
        target = self.module.empty_like(source)
        return lambda: self.module.invert(source, out=target)

    def filtered(self, source, function, **fixed):
        target = self.module.empty_like(source)

        def call():
            function(source, output=target, mode="nearest", **fixed)
            return target
        return call

    def gaussian(self, source, sigma):
        return self.filtered(source, self.filters.gaussian_filter, sigma=(0, sigma, sigma))

    def median(self, source, radius):
        return self.filtered(source, self.filters.median_filter, size=square(radius))

    def box(self, source, radius):
        return self.filtered(source, self.filters.uniform_filter, size=square(radius))

    def dilate(self, source, radius):
        return self.filtered(source, self.filters.grey_dilation, size=square(radius))

    def sobel(self, source, _):
        module = self.module
        across, down = (module.empty(source.shape, module.int16) for _ in range(2))
        target = module.empty_like(source)

        def call():
            for plane in range(source.shape[0]):  # otherwise it also smooths across planes
                self.filters.sobel(source[plane], axis=1, output=across[plane], mode="nearest")
                self.filters.sobel(source[plane], axis=0, output=down[plane], mode="nearest")
            module.copyto(target, module.minimum(abs(across) + abs(down), 255), casting="unsafe")
            return target
        return call

    def equalize(self, source, _):
        module = self.module
        target = module.empty_like(source)

        def call():
            for plane in range(source.shape[0]):
                total = module.cumsum(module.bincount(source[plane].ravel(), minlength=256))
                table = (total * 255 // total[-1]).astype(module.uint8)
                target[plane] = table[source[plane]]
            return target
        return call

    def resize(self, source, scale):
        size = (source.shape[0], round(source.shape[1] * scale), round(source.shape[2] * scale))
        target = self.module.empty(size, self.module.uint8)

        def call():
            self.filters.zoom(source, (1, scale, scale), output=target, order=3, mode="nearest")
            return target
        return call

    def rotate(self, source, _):
        target = self.module.empty((source.shape[0], source.shape[2], source.shape[1]), self.module.uint8)

        def call():
            self.module.copyto(target, self.module.rot90(source, -1, axes=(1, 2)))
            return target
        return call


def square(radius):
    return (1, 2 * int(radius) + 1, 2 * int(radius) + 1)


def parse(operation):
    """The name of an operation and the value of its one parameter."""
    name, _, rest = operation.partition(":")
    return name, float(rest.partition("=")[2]) if rest else None


def run_all(steps):
    def call():
        for step in steps:
            result = step()
        return result
    return call


# ---- PyTorch ----

class Torch:
    def __init__(self, gpu):
        self.torch = importlib.import_module("torch")
        if gpu and not self.torch.cuda.is_available():
            raise ImportError("it sees no GPU")
        self.gpu = gpu
        self.name = "PyTorch"
        self.version = self.torch.__version__
        self.clock = "events" if gpu else "host"
        self.timed = self.events if gpu else host_clock(lambda: None)
        self.functional = self.torch.nn.functional

    def events(self, function):
        first, last = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        function()
        last.record()
        last.synchronize()
        return first.elapsed_time(last)

    def push(self, planes):
        return self.torch.from_numpy(planes.copy()).to("cuda" if self.gpu else "cpu")[None]

    def pull(self, result):
        return result[0].cpu().numpy()

    def bind(self, pipeline, source):
        names = {"invert": self.invert, "gaussian": self.gaussian, "sobel": self.sobel, "box": self.box,
                 "dilate": self.dilate, "resize": self.resize, "rotate": self.rotate}
        operations = [parse(operation) for operation in pipeline.split(",")]
        functions = [(names[name], value) for name, value in operations]

        def call():
            result = source
            for function, value in functions:
                result = function(result, value)
            return result
        return call

    def bytes_of(self, floats):
        return floats.round_().clamp_(0, 255).to(self.torch.uint8)

    def padded(self, source, radius):
        return self.functional.pad(source.float(), (radius,) * 4, mode="replicate")

    def convolved(self, source, weights):
        """Convolves each plane separately; weights are 2-D."""
        kernel = weights.to(source.device)[None, None].expand(source.shape[1], 1, -1, -1)
        return self.functional.conv2d(source, kernel, groups=source.shape[1])

    def invert(self, source, _):
        return self.torch.bitwise_not(source)

    def gaussian(self, source, sigma):
        radius = int(4 * sigma + 0.5)
        weights = self.torch.exp(-self.torch.arange(-radius, radius + 1.0) ** 2 / (2 * sigma * sigma))
        weights /= weights.sum()
        across = self.convolved(self.padded(source, radius), weights[None])
        return self.bytes_of(self.convolved(across, weights[:, None]))

    def sobel(self, source, _):
        weights = self.torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        padded = self.padded(source, 1)
        return self.bytes_of(self.convolved(padded, weights).abs_() + self.convolved(padded, weights.T).abs_())

    def box(self, source, radius):
        return self.bytes_of(self.functional.avg_pool2d(self.padded(source, int(radius)), 2 * int(radius) + 1, 1))

    def dilate(self, source, radius):
        pooled = self.functional.max_pool2d(source.float(), 2 * int(radius) + 1, 1, int(radius))
        return pooled.to(self.torch.uint8)

    def resize(self, source, scale):
        return self.bytes_of(self.functional.interpolate(source.float(), scale_factor=scale, mode="bicubic", antialias=True))

    def rotate(self, source, _):
        return self.torch.rot90(source, -1, (2, 3)).contiguous()


# ---- pyclesperanto ----

class Clesperanto:
    def __init__(self, gpu):
        self.cle = importlib.import_module("pyclesperanto")
        self.cle.select_device("", "gpu" if gpu else "cpu")
        self.cle.wait_for_kernel_to_finish(True)
        self.name = "pyclesperanto"
        self.version = self.cle.__version__
        self.clock = "host"
        self.timed = host_clock(lambda: None)  # each call waits

    def push(self, planes):
        return self.cle.push(planes)

    def pull(self, result):
        return numpy.asarray(self.cle.pull(result)).astype(numpy.uint8)

    def bind(self, pipeline, source):
        if "," in pipeline:
            raise KeyError(pipeline)
        cle, (name, value) = self.cle, parse(pipeline)
        radii = {"radius_x": value, "radius_y": value, "radius_z": 0, "connectivity": "box"}
        calls = {"gaussian": (cle.gaussian_blur, {"sigma_x": value, "sigma_y": value, "sigma_z": 0}),
                 "median": (cle.median, radii), "box": (cle.mean_filter, radii), "dilate": (cle.maximum_filter, radii)}
        function, fixed = calls[name]
        target = cle.create(source.shape, dtype=numpy.uint8)
        return lambda: function(source, target, **fixed)


# ---- OpenCV ----

class OpenCV:
    """Interleaved samples, through OpenCL on a GPU (UMat), else with its threads."""

    def __init__(self, gpu):
        self.cv = importlib.import_module("cv2")
        self.gpu = gpu
        self.cv.ocl.setUseOpenCL(gpu)
        if gpu and not (self.cv.ocl.haveOpenCL() and self.cv.ocl.useOpenCL()):
            raise ImportError("it finds no OpenCL device")
        self.name = "OpenCV UMat" if gpu else "OpenCV"
        self.version = self.cv.__version__
        self.clock = "host"
        self.timed = host_clock(self.cv.ocl.finish if gpu else lambda: None)

    def push(self, planes):
        picture = numpy.ascontiguousarray(planes.transpose(1, 2, 0))
        return self.cv.UMat(picture) if self.gpu else picture

    def pull(self, result):
        return (result.get() if self.gpu else result).transpose(2, 0, 1)

    def bind(self, pipeline, source):
        steps = [self.one(*parse(operation)) for operation in pipeline.split(",")]

        def call():
            result = source
            for step in steps:
                result = step(result)
            return result
        return call

    def one(self, name, value):
        cv = self.cv
        border = {"borderType": cv.BORDER_REPLICATE}
        side = (2 * int(value) + 1,) * 2 if name in ("median", "box", "dilate") else None
        return {
            "invert": lambda p: cv.bitwise_not(p),
            "gaussian": lambda p: cv.GaussianBlur(p, (0, 0), value, **border),
            "sobel": self.sobel,
            "median": lambda p: cv.medianBlur(p, side[0]),
            "box": lambda p: cv.blur(p, side, **border),
            "dilate": lambda p: cv.dilate(p, numpy.ones(side, numpy.uint8)),
            "resize": lambda p: cv.resize(p, None, fx=value, fy=value, interpolation=cv.INTER_AREA),
            "rotate": lambda p: cv.rotate(p, cv.ROTATE_90_CLOCKWISE),
        }[name]

    def sobel(self, picture):
        cv = self.cv
        across = cv.convertScaleAbs(cv.Sobel(picture, cv.CV_16S, 1, 0, borderType=cv.BORDER_REPLICATE))
        down = cv.convertScaleAbs(cv.Sobel(picture, cv.CV_16S, 0, 1, borderType=cv.BORDER_REPLICATE))
        return cv.add(across, down)


# ---- measuring ----

class Call:
    """A peer's function on its own copy of the image: calling it returns milliseconds."""

    def __init__(self, peer, pipeline, planes):
        self.peer = peer
        self.function = peer.bind(pipeline, peer.push(planes))
        self.output = self.function()

    def run(self):
        self.output = self.function()

    def __call__(self):
        return self.peer.timed(self.run)

    def result(self):
        return self.peer.pull(self.output)

    def free(self):
        self.function = self.output = None


def interleave(calls, repeats):
    """Median time of each, in rounds A B C, then C B A; each sample follows an untimed run of the same call. If some are
    slow, it stops after three rounds and three seconds."""
    samples = {name: [] for name in calls}
    start = time.monotonic()
    for turn in range(repeats + 1):
        if turn > ROUNDS_MIN and time.monotonic() - start > ROUNDS_MIN:
            break
        for name in list(calls) if turn % 2 == 0 else list(reversed(calls)):
            calls[name]()
            took = calls[name]()
            if turn > 0:  # the first round is the warm-up
                samples[name].append(took)
    return {name: statistics.median(taken) for name, taken in samples.items()}


def find_peers(gpu):
    peers, missing = [], {}
    for name, kind in (("CuPy" if gpu else "SciPy", Arrays), ("PyTorch", Torch), ("pyclesperanto", Clesperanto),
                       ("OpenCV", OpenCV)):
        try:
            peers.append(kind(gpu))
        except Exception as why:  # pylint: disable=broad-except # a foreign library may raise anything
            missing[name] = (str(why).splitlines() or [type(why).__name__])[0]
    return peers, missing


def bind_peers(peers, pipeline, planes):
    """The calls of peers that can run the pipeline, and the errors of the others."""
    calls, failures = {}, {}
    for peer in peers:
        try:
            calls[peer.name] = Call(peer, pipeline, planes)
            peer.timed(calls[peer.name].run)
        except KeyError:
            continue  # no equivalent
        except Exception as why:  # pylint: disable=broad-except
            calls.pop(peer.name, None)
            failures[peer.name] = (str(why).splitlines() or [type(why).__name__])[0]
    return calls, failures


def largest_difference(ours, theirs):
    if ours.shape != theirs.shape:
        return None
    return int(numpy.abs(ours.astype(int) - theirs.astype(int)).max())


def measure(device, peers, pipeline, planes, repeats):
    job = Job(device, pipeline, planes)
    calls, failures = bind_peers(peers, pipeline, planes)
    medians = interleave({"triptych": job, **calls}, repeats)
    ours = job.result()
    copy = device.copy_ms(planes.size, ours.size)
    row = {"pipeline": pipeline, "triptych_ms": medians["triptych"], "copy_ms": copy,
           "copy_share": copy / medians["triptych"] if medians["triptych"] else None, "failures": failures,
           "peers": {name: {"ms": medians[name], "ratio": medians[name] / medians["triptych"],
                            "clock": call.peer.clock, "largest_difference": largest_difference(ours, call.result())}
                     for name, call in calls.items()}}
    for call in (job, *calls.values()):
        call.free()
    return row


# ---- the report ----

def print_head(device, size, peers, missing, repeats):
    print("%s, %dx%d RGB 8 bits; medians of %d, interleaved; ratio: the peer's time over triptych's" % (
        device, *size, repeats))
    for peer in peers:
        print("%s %s, clock: %s" % (peer.name, peer.version, peer.clock))
    for name, why in missing.items():
        print("%s is left out: %s" % (name, why))
    print("\n%-30s%10s%9s%8s" % ("", "triptych", "copy", "share")
          + "".join("%20s" % peer.name for peer in peers))
    print("%-30s%10s%9s%8s" % ("pipeline", "ms", "ms", "of copy") + "".join("%11s%9s" % ("ms", "ratio") for _ in peers),
          flush=True)


def print_row(row, peers):
    name = row["pipeline"] if len(row["pipeline"]) < 30 else row["pipeline"][:27] + ".."
    text = "%-30s%10.4f%9.4f%8s" % (name, row["triptych_ms"], row["copy_ms"],
                                   "-" if row["copy_share"] is None else "%.2f" % row["copy_share"])
    for peer in peers:
        found = row["peers"].get(peer.name)
        text += "%11.4f%8.2fx" % (found["ms"], found["ratio"]) if found else "%11s%9s" % (
            "failed" if peer.name in row["failures"] else "-", "")
    print(text, flush=True)
    for name, why in row["failures"].items():
        print("  %s: %s" % (name, why[:100]))


def save(options, size, peers, missing, rows):
    """Called after each row, so partial results survive a timeout."""
    if not options.json:
        return
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump({"device": options.device, "size": size, "repeats": options.repeats, "missing": missing,
                   "peers": {peer.name: peer.version for peer in peers}, "rows": rows}, file, indent=1)


def make_planes(size):
    """Gradients, edges and noise."""
    across, down = numpy.meshgrid(numpy.arange(size[0]), numpy.arange(size[1]))
    plane = across * 128 // size[0] + down * 64 // size[1] + (across // 40 + down // 40) % 2 * 32
    noise = numpy.random.default_rng(1).integers(0, 32, (3, *plane.shape))
    return numpy.ascontiguousarray((plane + noise).astype(numpy.uint8))


def parse_size(text):
    width, height = text.split("x")
    return int(width), int(height)


def main():
    parser = argparse.ArgumentParser(description="Compares triptych with other libraries on the same device.")
    parser.add_argument("--device", default="opencl:gpu", metavar="BACKEND", help="default opencl:gpu")
    parser.add_argument("--size", type=parse_size, metavar="WxH", help="default 3840x2160, on a CPU 640x480")
    parser.add_argument("--repeats", type=int, default=12, help="samples of each; default 12")
    parser.add_argument("--only", default="", metavar="TEXT", help="only pipelines that contain TEXT")
    parser.add_argument("--json", metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--library", default=os.path.join(HERE, "..", "build", "bench", "libtriptych.so"), metavar="FILE")
    options = parser.parse_args()

    gpu = not options.device.startswith("opencl:cpu")
    size = options.size or ((3840, 2160) if gpu else (640, 480))
    rows = []
    try:
        device = Device(options.library, options.device)
        peers, missing = find_peers(gpu)
        planes = make_planes(size)
        print_head(device.name(), size, peers, missing, options.repeats)
        for pipeline in CASES:
            if options.only in pipeline:
                rows.append(measure(device, peers, pipeline, planes, options.repeats))
                print_row(rows[-1], peers)
                save(options, size, peers, missing, rows)
        device.close()
    except (Failure, OSError) as why:
        print("gpu_peers.py: %s" % why, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
