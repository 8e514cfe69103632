"""test_triptych.py -- the Python package: the same bytes as the program, layouts, memory, threads, frames, errors.

TRIPTYCH is the program; the package is the one that Python finds.
"""
import concurrent.futures
import gc
import inspect
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings

import numpy
import triptych

PROGRAM = os.environ["TRIPTYCH"]
PIPELINES = ["copy", "gray,sobel", "gaussian:sigma=2", "median:radius=2", "resize:scale=0.6", "rotate:90,invert", "equalize"]


def image(height, width, planes=3, dtype="uint8", seed=1):
    """Pixels; a smooth picture with noise."""
    random = numpy.random.default_rng(seed)
    most = numpy.iinfo(dtype).max
    ramp = numpy.add.outer(numpy.arange(height) * 3, numpy.arange(width) * 5)[..., None] * numpy.arange(1, planes + 1)
    return ((ramp * most // 255 + random.integers(0, most, (height, width, planes))) % (most + 1)).astype(dtype)


def planar(array):
    return numpy.ascontiguousarray(array.transpose(2, 0, 1))


def flat(array):
    """A result of one plane has no axis for it."""
    return array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class SameBytes(Folder):
    def program(self, pipeline, array, on="sequential"):
        triptych.write(self.folder / "in.pam", array)
        subprocess.run([PROGRAM, "run", pipeline, self.folder / "in.pam", "-o", self.folder / "out.pam", "--on", on, "--quiet"],
                       check=True)
        return triptych.read(self.folder / "out.pam")

    def test_program(self):
        for planes in (1, 2, 3, 4):
            for dtype in ("uint8", "uint16"):
                array = image(37, 75, planes, dtype)
                for pipeline in PIPELINES:
                    with self.subTest(pipeline=pipeline, planes=planes, dtype=dtype):
                        expected = self.program(pipeline, array)
                        result = triptych.run(pipeline, array)
                        self.assertEqual((result.shape, result.dtype), (expected.shape, numpy.dtype(dtype)))
                        numpy.testing.assert_array_equal(result, expected)
                        of_planes = triptych.run(pipeline, planar(array), layout="planar", on="sequential")
                        numpy.testing.assert_array_equal(of_planes if expected.ndim == 2 else of_planes.transpose(1, 2, 0), expected)

    def test_backends(self):
        array = image(60, 80)
        expected = triptych.run("gaussian:sigma=2,sobel", array, on="sequential")
        for on in ("threads", "threads:3", "auto", triptych.Backend("threads:2", isa="scalar")):
            with self.subTest(on=on):
                numpy.testing.assert_array_equal(triptych.run("gaussian:sigma=2,sobel", array, on=on), expected)

    def test_several(self):
        """What happens while it runs is a warning."""
        array = image(60, 80)
        with self.assertWarnsRegex(triptych.TriptychWarning, "too small"):
            with triptych.Backend("threads:1+threads:2") as backend:
                result = triptych.run("gaussian:sigma=2,sobel", array, on=backend)
        numpy.testing.assert_array_equal(result, triptych.run("gaussian:sigma=2,sobel", array))

    def test_opencl(self):
        usable = [device for device in triptych.devices() if device.usable]
        if not usable:
            self.skipTest("there is no OpenCL device")
        array = image(60, 80)
        for device in usable:
            with triptych.Backend(device.selector) as backend:
                self.assertTrue(backend.info.opencl)
                for pipeline in ("gaussian:sigma=2", "gray,sobel"):
                    for _ in range(2):
                        numpy.testing.assert_array_equal(triptych.run(pipeline, array, on=backend), triptych.run(pipeline, array))


class Arrays(Folder):
    def same(self, array, **options):
        plain = numpy.array(array)
        numpy.testing.assert_array_equal(triptych.run("gaussian:sigma=1", array, **options),
                                         triptych.run("gaussian:sigma=1", plain, **options))

    def test_steps(self):
        for dtype in ("uint8", "uint16"):
            array = image(40, 60, 4, dtype)
            for view in (array[::-1], array[:, ::-1], array[..., ::-1], array[::2, 1::3], array[..., :3], array[..., 1],
                         array.transpose(1, 0, 2), numpy.broadcast_to(array[:1], array.shape), numpy.asfortranarray(array)):
                self.same(view)
            self.same(planar(array)[::-1, ::2], layout="planar")
            packed = numpy.zeros(array.nbytes + 1, "uint8")[1:].view(dtype).reshape(array.shape)
            packed[...] = array
            self.same(packed)

    def test_values(self):
        array = image(20, 30)
        numpy.testing.assert_array_equal(triptych.run("invert", array), 255 - array)
        numpy.testing.assert_array_equal(triptych.run("invert", array[..., 0]), 255 - array[..., 0])
        numpy.testing.assert_array_equal(triptych.run("flip", image(20, 30, 3, "uint16")), image(20, 30, 3, "uint16")[:, ::-1])

    def test_unchanged(self):
        array, copy = image(20, 30), image(20, 30)
        array.setflags(write=False)
        triptych.run("invert", array)
        numpy.testing.assert_array_equal(array, copy)

    def test_protocols(self):
        array = image(20, 30)

        class Interface:
            __array_interface__ = array.__array_interface__

        class Tensor:
            def __dlpack__(self, **options):
                return array.__dlpack__()

            def __dlpack_device__(self):
                return array.__dlpack_device__()

        class OnGpu:
            def __dlpack__(self, **options):
                raise BufferError("it is on the GPU")

            def __dlpack_device__(self):
                return (2, 0)

        for other in (memoryview(array), Interface(), Tensor(), memoryview(bytearray(array.tobytes())).cast("B", array.shape)):
            numpy.testing.assert_array_equal(triptych.run("invert", other), 255 - array)
        with self.assertRaisesRegex(triptych.UsageError, "OnGpu"):
            triptych.run("invert", OnGpu())

    def test_own_memory(self):
        """Results stay as they are, whatever else is freed or runs later."""
        arrays = [image(50, 70, seed=i) for i in range(4)]
        results = []
        for layout in ("interleaved", "planar"):
            with triptych.Backend("threads:2") as backend:
                pipeline = triptych.Pipeline("invert")
                results += [(layout, pipeline.run(array if layout == "interleaved" else planar(array), on=backend, layout=layout))
                            for array in arrays]
                del pipeline
        gc.collect()
        for (layout, result), array in zip(results, arrays * 2):
            numpy.testing.assert_array_equal(result, 255 - (array if layout == "interleaved" else planar(array)))
            result[...] = 0  # writable

    def test_in_place(self):
        """What `empty` and planar results have is read where it is, also after it was changed."""
        array = triptych.empty((3, 40, 50))
        self.assertEqual((array.shape, array.dtype), ((3, 40, 50), numpy.dtype("uint8")))
        for seed in (1, 2):
            array[...] = planar(image(40, 50, seed=seed))
            self.assertIsNotNone(triptych._arrays.Source(array, "planar").image())
            self.same(array, layout="planar")
        self.assertIsNone(triptych._arrays.Source(array[:, 1:], "planar").image())
        self.assertIsNone(triptych._arrays.Source(array[1], "planar").image())
        self.same(array[:, 1:], layout="planar")
        self.same(array[1])
        gray = triptych.run("gray", image(40, 50))
        self.assertIsNotNone(triptych._arrays.Source(gray, "interleaved").image())
        self.same(gray)
        self.assertEqual(triptych.empty((1, 4, 5), "uint16").shape, (1, 4, 5))


class Files(Folder):
    def test_round_trip(self):
        for dtype in ("uint8", "uint16"):
            for planes in (1, 2, 3, 4):
                array = image(21, 33, planes, dtype)
                data = triptych.encode(array, verify=True)
                triptych.write(self.folder / "a.png", array)
                self.assertEqual(data, (self.folder / "a.png").read_bytes())
                numpy.testing.assert_array_equal(triptych.decode(data), flat(array))
                numpy.testing.assert_array_equal(triptych.read(self.folder / "a.png"), flat(array))
                if planes > 1:
                    numpy.testing.assert_array_equal(triptych.decode(data, layout="planar"), planar(array))
                    self.assertEqual(triptych.encode(planar(array), layout="planar"), data)

    def test_form(self):
        few = triptych.decode(triptych.encode(image(9, 9), colors=4, dither=False, interlace=True))
        self.assertLessEqual(len(numpy.unique(few.reshape(81, -1), axis=0)), 4)
        self.assertEqual(triptych.decode(triptych.encode(image(9, 9), depth=16)).dtype, numpy.uint16)
        with self.assertRaisesRegex(triptych.UsageError, "expected 8 or 16"):
            triptych.encode(image(9, 9), depth=9)

    def test_failures(self):
        with self.assertRaisesRegex(triptych.FailedError, "/nowhere/a.png"):
            triptych.read("/nowhere/a.png")
        with self.assertRaisesRegex(triptych.FailedError, "image data"):
            triptych.decode(triptych.encode(image(9, 9))[:40])
        with self.assertRaisesRegex(triptych.FailedError, "exceed"):
            triptych.decode(triptych.encode(image(9, 9)), max_pixels=80)
        with self.assertRaisesRegex(triptych.UsageError, "unknown format 'bmpx'"):
            triptych.encode(image(9, 9), "bmpx")
        with self.assertRaisesRegex(triptych.UsageError, "png_level"):
            triptych.encode(image(9, 9), png_level="most")
        with self.assertRaises(triptych.TriptychError):
            triptych.write(self.folder / "a.jpg", image(9, 9, 4))
        self.assertEqual(list(self.folder.iterdir()), [])
        triptych.write(self.folder / "a.jpg", image(9, 9, 4), background="#fff", quality=30)


class Frames(Folder):
    def frames(self, count, **options):
        return [image(30, 40, seed=seed, **options) for seed in range(count)]

    def test_program(self):
        for pipeline in ("temporal_median", "temporal_median:radius=2,difference", "average:frames=3", "gray,difference", "invert"):
            for count in (1, 2, 6):
                with self.subTest(pipeline=pipeline, count=count):
                    frames = self.frames(count)
                    for i, frame in enumerate(frames):
                        triptych.write(self.folder / f"in-{i + 1}.png", frame)
                    subprocess.run([PROGRAM, "run", pipeline, self.folder / "in-%d.png", "-o", self.folder / "out-%d.png", "--quiet"],
                                   check=True)
                    results = list(triptych.frames(pipeline, frames))
                    self.assertEqual(len(results), count)
                    for i, result in enumerate(results):
                        numpy.testing.assert_array_equal(result, triptych.read(self.folder / f"out-{i + 1}.png"))
                    for path in self.folder.iterdir():
                        path.unlink()

    def test_one_array(self):
        """The program may fill one array again and again, and results come as soon as they can."""
        frames, seen, array = self.frames(5), [], numpy.empty((30, 40, 3), "uint8")

        def source():
            for number, frame in enumerate(frames):
                seen.append(number)
                array[...] = frame
                yield array

        results = []
        for result in triptych.frames("temporal_median", source()):
            results.append((len(seen), result))
        self.assertEqual([count for count, _ in results], [2, 3, 4, 5, 5])
        for (_, result), expected in zip(results, triptych.frames("temporal_median", frames)):
            numpy.testing.assert_array_equal(result, expected)

    def test_single(self):
        frame = self.frames(1)[0]
        for pipeline in ("temporal_median", "average:frames=4", "difference"):
            (expected,) = triptych.frames(pipeline, [frame])
            for _ in range(2):
                numpy.testing.assert_array_equal(triptych.run(pipeline, frame), expected)

    def test_ends(self):
        self.assertEqual(list(triptych.frames("temporal_median", [])), [])
        abandoned = triptych.frames("average", iter(self.frames(4)))
        next(abandoned)
        del abandoned
        with self.assertRaisesRegex(triptych.UsageError, "frame 1"):
            list(triptych.frames("average", [image(30, 40), image(30, 41)]))

        def broken():
            yield image(30, 40)
            raise KeyError("camera")

        with self.assertRaisesRegex(KeyError, "camera"):
            list(triptych.frames("average", broken()))


class Threads(unittest.TestCase):
    def test_threads(self):
        arrays = [image(64 + 8 * i, 90, seed=i) for i in range(4)]
        shared = triptych.empty((64, 90))
        shared[...] = arrays[0][..., 0]
        jobs = [(pipeline, array) for pipeline in PIPELINES for array in [*arrays, shared]]
        expected = [triptych.run(pipeline, array, on="sequential") for pipeline, array in jobs]
        with triptych.Backend("threads:2") as own, concurrent.futures.ThreadPoolExecutor(8) as pool:
            for on in ("threads", own, "auto"):
                results = pool.map(lambda job: triptych.run(*job, on=on), jobs * 3)
                for result, wanted in zip(results, expected * 3):
                    numpy.testing.assert_array_equal(result, wanted)

    def test_lock_is_released(self):
        """Another thread runs while the library works."""
        array, ticks, stop = image(1500, 1500), [], threading.Event()

        def tick():
            while not stop.wait(0.001):
                ticks.append(1)

        thread = threading.Thread(target=tick)
        thread.start()
        before = len(ticks)
        triptych.run("gaussian:sigma=60", array, on=triptych.Backend("threads:1", isa="scalar"))
        during = len(ticks) - before
        stop.set()
        thread.join()
        self.assertGreater(during, 20)

    def test_closed_while_used(self):
        array = image(300, 300)
        for _ in range(20):
            backend = triptych.Backend("threads:2")
            thread = threading.Thread(target=lambda: self.quietly(array, backend))
            thread.start()
            backend.close()
            thread.join()
        with self.assertRaisesRegex(triptych.UsageError, "closed"):
            triptych.run("invert", array, on=backend)
        backend.close()

    @staticmethod
    def quietly(array, backend):
        try:
            triptych.run("gaussian", array, on=backend)
        except triptych.UsageError:
            pass  # it was closed before

    def test_fork(self):
        array, backend = image(20, 30), triptych.Backend("threads:2")
        triptych.run("invert", array, on=backend)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python 3.12, about threads
            child = os.fork()
        if child == 0:
            code = 1
            signal.alarm(60)
            try:
                try:
                    triptych.run("invert", array, on=backend)
                except triptych.UsageError as error:
                    code = 0 if "forked" in str(error) and (triptych.run("invert", array) == 255 - array).all() else 2
                del backend
                gc.collect()
            finally:
                os._exit(code)
        self.assertEqual(os.waitpid(child, 0)[1], 0)


class Kernels(unittest.TestCase):
    def test_all(self):
        listed = subprocess.run([PROGRAM, "kernels"], check=True, capture_output=True, text=True).stdout
        names = {line.split()[0] for line in listed.splitlines() if line.startswith("  ")}
        self.assertEqual(set(dir(triptych.kernels)), names)
        self.assertEqual(len(triptych.kernels), len(names))
        for kernel in triptych.kernels:
            with self.subTest(kernel=kernel.name):
                self.assertIs(getattr(triptych.kernels, kernel.name), kernel)
                self.assertIn(kernel.summary[1:], inspect.getdoc(kernel))
                given = list(inspect.signature(kernel).parameters)
                self.assertEqual(given, ["array", *(p.name for p in kernel.parameters), "second", "on", "layout"])
                # What is given by default is what the library takes by default.
                # A kernel's example names what must be given.
                needed = any(p.default is None for p in kernel.parameters)
                plain = kernel.example.split(",")[0] if needed else kernel.name
                defaults = kernel.text(**{p.name: p.default for p in kernel.parameters
                                          if p.default is not None and f":{p.name}=" not in plain})
                whole = plain + defaults[len(kernel.name):] if needed else defaults
                second = image(30, 40)[::-1] if triptych.Pipeline(plain).takes_second else None
                numpy.testing.assert_array_equal(triptych.run(whole, image(30, 40), second=second),
                                                 triptych.run(plain, image(30, 40), second=second))

    def test_second(self):
        one, other = image(30, 40), image(30, 40)[:, ::-1]
        expected = numpy.abs(one.astype(int) - other)
        numpy.testing.assert_array_equal(triptych.kernels.absdiff(one, second=other), expected)
        pipeline = triptych.Pipeline("absdiff", second=other)
        self.assertTrue(pipeline.takes_second)
        numpy.testing.assert_array_equal(pipeline.run(one), expected)
        for wrong, given in (("absdiff", None), ("absdiff", image(20, 40)), ("invert", other)):
            with self.assertRaises(triptych.UsageError):
                triptych.run(wrong, one, second=given)

    def test_call(self):
        array = image(30, 40)
        kernels = triptych.kernels
        for result, pipeline in ((kernels.gaussian(array, sigma=2), "gaussian:sigma=2"), (kernels.gaussian(array, 2.5), "gaussian:2.5"),
                                 (kernels.rotate(array, 90), "rotate:90"),
                                 (kernels.colorspace(array, from_="lab"), "colorspace:from=lab"),
                                 (kernels.convolve(array, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]), "convolve:'0 -1 0/-1 5 -1/0 -1 0'"),
                                 (kernels.curves(array, [0, 0, 0.5, 0.75, 1, 1]), "curves:'0 0 0.5 0.75 1 1'"),
                                 (kernels["invert"](array), "invert")):
            numpy.testing.assert_array_equal(result, triptych.run(pipeline, array))
        self.assertEqual(kernels.gaussian.text(sigma=numpy.float32(2)), "gaussian:sigma=2.0")
        self.assertEqual(kernels.lut.text("a b,c:'\\"), r"lut:file=a\ b\,c\:\'\\")

    def test_wrong(self):
        array = image(9, 9)
        for call, kind, words in ((lambda: triptych.kernels.gausian, AttributeError, "gausian"),
                                  (lambda: triptych.kernels["gausian"], KeyError, "gausian"),
                                  (lambda: triptych.kernels.gaussian(array, width=2), TypeError, "it has sigma"),
                                  (lambda: triptych.kernels.gaussian(array, 2, sigma=2), TypeError, "several"),
                                  (lambda: triptych.kernels.gaussian(array, 1, 2), TypeError, "takes 1"),
                                  (lambda: triptych.kernels.gaussian(array, sigma=-2), triptych.UsageError, "expected 0.1"),
                                  (lambda: triptych.kernels.gaussian(array, sigma="wide"), triptych.UsageError, "a number"),
                                  (lambda: triptych.kernels.lut(array, "no,such:file.cube"), triptych.FailedError, "no,such:file.cube")):
            with self.assertRaisesRegex(kind, words):
                call()


class Errors(unittest.TestCase):
    def expect(self, kind, status, words, *arguments, **options):
        with self.assertRaisesRegex(kind, words) as caught:
            triptych.run(*arguments, **options)
        self.assertEqual(caught.exception.status, status)

    def test_codes(self):
        array = image(9, 9)
        self.expect(triptych.UsageError, 2, "gaussian", "gausian", array)
        self.expect(ValueError, 2, "empty", "", array)
        self.expect(triptych.UsageError, 2, "zero byte", "gray\0", array)
        self.expect(triptych.UsageError, 2, "nothing", "gray", array, on="nothing")
        self.expect(triptych.DeviceError, 4, "nothing", "gray", array, on="opencl:nothing at all")
        self.expect(triptych.FailedError, 1, "/nowhere", "lut:/nowhere", array)
        self.expect(triptych.FailedError, 1, "limit", triptych.Pipeline("resize:scale=20", max_pixels=1000), array)

    def test_arrays(self):
        for wrong, words in ((numpy.zeros((9, 9)), "float64"), (numpy.zeros((9, 9), ">u2"), "native"), (numpy.zeros((9, 9), bool), "bool"),
                             (numpy.zeros((9, 9, 5), "uint8"), "5 planes"), (numpy.zeros((3, 9, 9), "uint8"), "layout='planar'"),
                             (numpy.zeros(9, "uint8"), "1 dimensions"), (numpy.zeros((2, 2, 2, 2), "uint8"), "4 dimensions"),
                             (numpy.zeros((0, 9), "uint8"), "9 x 0"), (numpy.broadcast_to(numpy.uint8(1), (2, 1000001)), "1000001 x 2"),
                             ("text", "<U4"), (None, "object")):
            self.expect(triptych.UsageError, 2, words, "invert", wrong)
        self.expect(triptych.UsageError, 2, "'bands'", "invert", image(9, 9), layout="bands")


class Bench(unittest.TestCase):
    def test_bench(self):
        results = triptych.bench("invert", image(30, 40), on=["sequential", "threads:2"], seconds=0.001)
        self.assertEqual([row["backend"] for row in results.rows], ["sequential", "threads:2"])
        self.assertTrue(all(row["median_ns"] > 0 and row["verified"] for row in results.rows))
        self.assertEqual((results.rows[0]["width"], results.rows[0]["planes"]), (40, 3))
        self.assertEqual(results._repr_html_().count("<tr>"), 3)
        self.assertIn("threads:2", repr(results))
        with self.assertRaisesRegex(triptych.UsageError, "invert"):
            triptych.bench("invrt")

    def python(self, code, **environment):
        run = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False)
        return run.stdout + run.stderr.strip().rpartition("\n")[2]

    def test_without(self):
        """Without NumPy, and without the library."""
        code = "import sys; sys.modules['numpy'] = None; import triptych; print(triptych.kernels.gaussian.text(sigma=2), flush=True); " \
               "triptych.run('invert', b'')"
        self.assertEqual(self.python(code),
                         "gaussian:sigma=2\nImportError: triptych needs NumPy for arrays; install it with: pip install numpy")
        self.assertRegex(self.python("import triptych", TRIPTYCH_LIBRARY="/nowhere/libtriptych.so.0"),
                         "^ImportError: cannot load the triptych library: /nowhere/.*TRIPTYCH_LIBRARY names another")
        self.assertRegex(self.python("import triptych", TRIPTYCH_LIBRARY="libc.so.6"), "^ImportError: the triptych library libc.so.6 is")

    def test_exit(self):
        """Backends, results and streams that are still there at the end."""
        code = "import numpy, triptych; a = numpy.zeros((50, 60), 'uint8'); b = triptych.Backend('threads:2'); " \
               "r = [triptych.run('gaussian', a, on=on) for on in (b, 'threads', 'auto')]; f = triptych.frames('average', [a] * 3, on=b); " \
               "next(f); p = triptych.Pipeline('gray'); print(r[0].shape)"
        self.assertEqual(self.python(code), "(50, 60)\n")

    def test_program(self):
        run = subprocess.run([sys.executable, "-m", "triptych", "--version"], check=True, capture_output=True, text=True)
        self.assertEqual(run.stdout.split()[:2], ["triptych", triptych.__version__])

    def test_about(self):
        version = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(version.split()[1], triptych.__version__)
        self.assertEqual(triptych.isas()[0], "scalar")
        self.assertIn("png", triptych.formats())
        self.assertTrue(triptych.cpu())


if __name__ == "__main__":
    unittest.main()
