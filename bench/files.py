#!/usr/bin/python3
"""files.py -- compares triptych with other programs, from file to file.

Measures whole processes unless a row says otherwise; files are in the page cache. All contenders of a case
alternate, A B C then C B A, and the medians count. Needs the program and libtriptych.so in build/, libvips-tools
and imagemagick; uses graphicsmagick, ffmpeg and python3-opencv if installed.
"""
import argparse
import ctypes
import glob
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PHOTOS = os.path.join(os.environ.get("TRIPTYCH_DATA", os.path.join(ROOT, "..", "shared", "data")), "photos")
BLUR = "gaussian:sigma=2"
WIDTH, HEIGHT = 1280, 853  # of the images in the batch
SLOW_REPEATS = 3  # for programs that take seconds


class Failure(Exception):
    pass


# ---- triptych.h ----

class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 1000)]


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("width", "height", "planes", "bits")]


class Image(ctypes.Structure):
    _fields_ = [("shape", Shape), ("stride", ctypes.c_ssize_t), ("plane_stride", ctypes.c_ssize_t),
                ("data", ctypes.c_void_p), ("padded", ctypes.c_bool), ("memory", ctypes.c_void_p),
                ("memory_size", ctypes.c_size_t), ("from", ctypes.c_void_p), ("abandoned", ctypes.c_bool)]


class ReadOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("max_pixels", ctypes.c_uint64), ("pool", ctypes.c_void_p),
                ("head", ctypes.c_void_p), ("head_size", ctypes.c_size_t), ("memory", ctypes.c_void_p),
                ("together", ctypes.c_bool), ("stop", ctypes.c_void_p), ("shrink", ctypes.c_int),
                ("shrink_for", ctypes.c_void_p)]


class WriteOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("format", ctypes.c_void_p), ("metadata", ctypes.c_void_p),
                ("pool", ctypes.c_void_p), ("png_level", ctypes.c_int), ("quality", ctypes.c_int),
                ("subsampling", ctypes.c_int), ("background_use", ctypes.c_int), ("background_colour", ctypes.c_uint8 * 3),
                ("lossless", ctypes.c_bool), ("verify", ctypes.c_bool), ("tell", ctypes.c_void_p),
                ("listener", ctypes.c_void_p), ("depth", ctypes.c_int), ("colours", ctypes.c_int), ("dither", ctypes.c_int),
                ("interlace", ctypes.c_int)]


class Library:
    def __init__(self, path, workers):
        self.library = ctypes.CDLL(path)
        self.error = Error()
        self.pool = ctypes.c_void_p()
        self.call("tri_pool_new", workers, ctypes.byref(self.pool))

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments, ctypes.byref(self.error)) != 0:
            raise Failure(self.error.text.decode(errors="replace"))

    def read(self, path):
        image = ctypes.POINTER(Image)()
        options = ReadOptions(size=ctypes.sizeof(ReadOptions), pool=self.pool)
        self.call("tri_image_read", path.encode(), ctypes.byref(options), ctypes.byref(image), None)
        return image

    def write(self, path, image):
        options = WriteOptions(size=ctypes.sizeof(WriteOptions), pool=self.pool)
        self.call("tri_image_write", path.encode(), image, ctypes.byref(options))

    def cut(self, image, left, top, width, height):
        """A part of an image; it wraps around at the bottom."""
        source = image.contents
        target = ctypes.POINTER(Image)()
        shape = Shape(width, height, source.shape.planes, 8)
        self.call("tri_image_new", ctypes.byref(shape), ctypes.byref(target))
        to = target.contents
        for plane in range(shape.planes):
            for y in range(height):
                line = (top + y) % source.shape.height
                ctypes.memmove(to.data + plane * to.plane_stride + y * to.stride,
                               source.data + plane * source.plane_stride + line * source.stride + left, width)
        return target

    def free(self, image):
        self.library.tri_image_free(image)


class PngImage(ctypes.Structure):
    """png_image of png.h: libpng's simplified interface."""
    _fields_ = [("opaque", ctypes.c_void_p), ("version", ctypes.c_uint32), ("width", ctypes.c_uint32),
                ("height", ctypes.c_uint32), ("format", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("colormap_entries", ctypes.c_uint32), ("warning_or_error", ctypes.c_uint32),
                ("message", ctypes.c_char * 64)]


class Libpng:
    """Decodes to and encodes from RGB pixels in memory, at zlib's default level 6."""

    def __init__(self, path):
        self.library = ctypes.CDLL("libpng16.so.16")
        header = self.start(path)
        self.path = path
        self.pixels = ctypes.create_string_buffer(header.width * header.height * 3)
        self.library.png_image_free(ctypes.byref(header))
        self.read()

    def start(self, path):
        header = PngImage(version=1)
        if not self.library.png_image_begin_read_from_file(ctypes.byref(header), path.encode()):
            raise Failure("libpng: " + header.message.decode())
        header.format = 2  # PNG_FORMAT_RGB
        return header

    def read(self):
        header = self.start(self.path)
        self.size = header.width, header.height
        if not self.library.png_image_finish_read(ctypes.byref(header), None, self.pixels, 0, None):
            raise Failure("libpng: " + header.message.decode())

    def write(self, path):
        header = PngImage(version=1, width=self.size[0], height=self.size[1], format=2)
        if not self.library.png_image_write_to_file(ctypes.byref(header), path.encode(), 0, self.pixels, 0,
                                                    None):
            raise Failure("libpng: " + header.message.decode())


# ---- measuring ----

def run(command, **environment):
    """Wall time in milliseconds of a process."""
    start = time.perf_counter_ns()
    done = subprocess.run(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    took = (time.perf_counter_ns() - start) / 1e6
    if done.returncode != 0:
        raise Failure("%s: %s" % (command[0], done.stderr.decode(errors="replace").strip()))
    return took


def process(*command, **environment):
    return lambda: run(command, **environment)


def timed(function, *arguments):
    def call():
        start = time.perf_counter_ns()
        function(*arguments)
        return (time.perf_counter_ns() - start) / 1e6
    return call


def interleave(contenders, repeats):
    """Median time of each of {name: (function, slow)}, measured in rounds A B C, then C B A."""
    samples = {name: [] for name in contenders}
    for turn in range(repeats + 1):
        order = list(contenders) if turn % 2 == 0 else list(reversed(contenders))
        for name in order:
            function, slow = contenders[name]
            if turn == 0 and slow or slow and turn > SLOW_REPEATS:
                continue
            took = function()
            if turn > 0:  # the first round is the warm-up
                samples[name].append(took)
    return {name: statistics.median(taken) for name, taken in samples.items()}


def size_of(pattern):
    return sum(os.path.getsize(path) for path in glob.glob(pattern))


def has(program):
    return shutil.which(program) is not None


# ---- the report ----

def make_row(case, peer, ours_ms, peer_ms, goal, sizes=(None, None), size_goal=None):
    """Goals: the speed-up over the peer; the output's size over the peer's."""
    row = {"case": case, "peer": peer, "triptych_ms": ours_ms, "peer_ms": peer_ms, "ratio": peer_ms / ours_ms,
           "goal": goal, "triptych_bytes": sizes[0], "peer_bytes": sizes[1], "size_goal": size_goal}
    if goal is None:
        row["reached"] = None
    else:
        row["reached"] = row["ratio"] >= goal and (size_goal is None or sizes[0] <= size_goal * sizes[1])
    return row


def megabytes(size):
    return "-" if size is None else "%.2f" % (size / 1e6)


def print_row(row):
    verdict = "-" if row["reached"] is None else "yes" if row["reached"] else "NO"
    if "kib" in row:
        sizes = ("%.1f MB for %d files" % (kib * 1024 / 1e6, count) for count, kib in row["kib"].items())
        print("%-18s %s: %s" % (row["case"], ", ".join(sizes), verdict), flush=True)
        return
    goal = "-" if row["goal"] is None else "%g" % row["goal"]
    print("%-18s %-24s %10.2f %10.2f %7.2f %5s %-4s %8s %8s %5s" % (
        row["case"], row["peer"], row["triptych_ms"], row["peer_ms"], row["ratio"], goal, verdict,
        megabytes(row["triptych_bytes"]), megabytes(row["peer_bytes"]),
        "-" if row["size_goal"] is None else "%g" % row["size_goal"]), flush=True)


def print_head(options, source):
    print("%s; %d CPUs; medians of %d, of %d for slow programs, interleaved" % (
        source, options.workers, options.repeats, SLOW_REPEATS))
    print("ratio: the peer's time over triptych's; size goal: triptych's output over the peer's\n")
    print("%-18s %-24s %10s %10s %7s %5s %-4s %8s %8s %5s" % (
        "", "", "triptych", "peer", "", "", "", "triptych", "peer", "size"))
    print("%-18s %-24s %10s %10s %7s %5s %-4s %8s %8s %5s" % (
        "case", "peer", "ms", "ms", "ratio", "goal", "", "MB", "MB", "goal"))


# ---- the cases: generators of rows ----

def cv2_blur(source, target):
    """A function, or None if there is no OpenCV."""
    try:
        import cv2
    except ImportError:
        return None

    def blur():
        cv2.imwrite(target, cv2.GaussianBlur(cv2.imread(source, cv2.IMREAD_COLOR), (0, 0), 2,
                                             borderType=cv2.BORDER_REPLICATE))
    return blur


def large_file(bench):
    """One photograph of 3840 x 2160, blurred."""
    source, output = bench.photo, bench.path("blur-%s.png")
    goals = {"vips": (4, 1), "convert": (20, None)}  # for speed and for size
    commands = {
        "triptych": [bench.program, "run", BLUR, source, "-o", output % "triptych"],
        "baseline": [bench.options.baseline or "", "run", BLUR, source, "-o", output % "baseline"],
        "vips": ["vips", "gaussblur", source, output % "vips", "2"],
        "convert": ["convert", source, "-blur", "0x2", output % "convert"],
        "gm convert": ["gm", "convert", source, "-blur", "0x2", output % "gm convert"],
        "ffmpeg": ["ffmpeg", "-v", "error", "-y", "-i", source, "-vf", "gblur=sigma=2", output % "ffmpeg"],
    }
    contenders = {name: (process(*command), "convert" in name)
                  for name, command in commands.items() if has(command[0])}
    blur = cv2_blur(source, output % "cv2, in process")
    if blur is not None:
        contenders["cv2, in process"] = timed(blur), False
    medians = interleave(contenders, bench.options.repeats)
    for name in list(contenders)[1:]:
        speed, size = goals.get(name, (None, None))
        yield make_row("blur, 4K PNG", name, medians["triptych"], medians[name], speed,
                       (size_of(output % "triptych"), size_of(output % name)), size)


def thumbnail(bench):
    """The photograph as JPEG, to a quarter of its width. vipsthumbnail always shrinks while it decodes."""
    source, output = bench.path("photo.jpg"), bench.path("quarter-%s.jpg")
    image = bench.library.read(bench.photo)
    bench.library.write(source, image)
    bench.library.free(image)
    quarter = [bench.program, "run", "resize:scale=0.25", source, "-q", "-o"]
    commands = {
        "triptych": [*quarter, output % "triptych"],
        "--shrink-on-load good": [*quarter, output % "good", "--shrink-on-load", "good"],
        "--shrink-on-load fast": [*quarter, output % "fast", "--shrink-on-load", "fast"],
        "vipsthumbnail": ["vipsthumbnail", source, "--size", "960x", "-o", output % "vips" + "[Q=90]"],
        "convert": ["convert", source, "-resize", "25%", "-quality", "90", output % "convert"],
    }
    contenders = {name: (process(*command), name == "convert") for name, command in commands.items()}
    medians = interleave(contenders, bench.options.repeats * 3)
    for name in ("triptych", "--shrink-on-load good", "--shrink-on-load fast"):
        case = "quarter, 4K JPEG" + name.removeprefix("triptych").replace("--shrink-on-load", ",")
        for peer in ("vipsthumbnail", "convert"):
            yield make_row(case, peer, medians[name], medians[peer], 2 if peer == "vipsthumbnail" else None)


def png_alone(bench):
    """Decoding and encoding inside a process: with all threads, and libpng, which has one."""
    png = Libpng(bench.photo)
    ours, theirs = bench.path("ours.png"), bench.path("theirs.png")
    image = bench.library.read(bench.photo)
    contenders = {
        "read": (timed(lambda: bench.library.free(bench.library.read(bench.photo))), False),
        "libpng read": (timed(png.read), False),
        "write": (timed(bench.library.write, ours, image), False),
        "libpng write": (timed(png.write, theirs), True),
    }
    medians = interleave(contenders, bench.options.repeats)
    bench.library.free(image)
    yield make_row("read, 4K PNG", "libpng, in process", medians["read"], medians["libpng read"], 2)
    yield make_row("write, 4K PNG", "libpng 6, in process", medians["write"], medians["libpng write"], 10,
                   (size_of(ours), size_of(theirs)), 1.15)


def batch_command(bench, files, output):
    return (bench.program, "run", BLUR, *files, "-o", output + "/")


def many_vips(bench, files, output, **environment):
    """One process per CPU at a time."""
    line = ('in=$1 out=$2 jobs=$3; shift 3; '
            'printf "%s\\n" "$@" | xargs -P "$jobs" -I{} vips gaussblur "$in/{}" "$out/{}" 2')
    names = [os.path.basename(path) for path in files]
    return process("sh", "-c", line, "sh", os.path.dirname(files[0]), output, str(bench.options.workers),
                   *names, **environment)


def batch(bench):
    """Many images of 1280 x 853, blurred; slow programs get fewer, and their time is scaled."""
    files = bench.batch(bench.options.batch)
    few = files[:bench.options.slow_batch]
    folders = {name: bench.folder(name) for name in ("triptych", "vips", "mogrify")}
    scale = len(files) / len(few)
    mogrify = process("mogrify", "-blur", "0x2", "-path", folders["mogrify"], *few)
    contenders = {
        "triptych": (process(*batch_command(bench, files, folders["triptych"])), False),
        "vips": (many_vips(bench, files, folders["vips"]), True),
        "vips, 1 thread": (many_vips(bench, files, folders["vips"], VIPS_CONCURRENCY="1"), True),
        "mogrify": (lambda: mogrify() * scale, True),
    }
    medians = interleave(contenders, min(bench.options.repeats, 5))
    vips = min(medians["vips"], medians["vips, 1 thread"])
    case = "blur, %d PNGs" % len(files)
    sizes = {name: size_of(path + "/*.png") for name, path in folders.items()}
    yield make_row(case, "%d vips at a time" % bench.options.workers, medians["triptych"], vips, 3,
                   (sizes["triptych"], sizes["vips"]))
    peer = "mogrify" if scale == 1 else "mogrify, scaled from %d" % len(few)
    yield make_row(case, peer, medians["triptych"], medians["mogrify"], 10,
                   (sizes["triptych"], int(sizes["mogrify"] * scale)))


def small_file(bench):
    """An image of 64 x 64: the cost of a process."""
    source, output = bench.path("small.png"), bench.path("small-%s.png")
    image = bench.library.read(bench.photo)
    part = bench.library.cut(image, 1000, 1000, 64, 64)
    bench.library.write(source, part)
    bench.library.free(part)
    bench.library.free(image)
    peers = {"vips": ("vips", "invert", source, output % "vips"),
             "convert": ("convert", source, "-negate", output % "convert")}
    if bench.options.baseline:
        peers["baseline"] = (bench.options.baseline, "run", "invert", source, "-o", output % "baseline")
    peers["triptych"] = (bench.program, "run", "invert", source, "-o", output % "triptych")
    contenders = {name: (process(*command), False) for name, command in peers.items()}
    medians = interleave(contenders, bench.options.repeats * 3)
    for name in list(peers)[:-1]:
        yield make_row("invert, 64 x 64", name, medians["triptych"], medians[name], None,
                       (size_of(output % "triptych"), size_of(output % name)))


# A process starts with the memory of its parent, so a small process starts it.
PEAK = ("import os, sys; process = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]); "
        "_, status, usage = os.wait4(process, 0); print(status, usage.ru_maxrss)")


def peak(command):
    """Peak resident memory of a process in KiB."""
    said = subprocess.run([sys.executable, "-I", "-S", "-c", PEAK, *command], stdout=subprocess.PIPE, check=True)
    status, kib = map(int, said.stdout.split())
    if status != 0:
        raise Failure("%s: status %d" % (command[0], status))
    return kib


def memory(bench):
    """Peak memory of a batch, and of one twice as long: it must not grow by more than a tenth."""
    kib = {}
    for count in (bench.options.batch, bench.options.batch * 2):
        command = batch_command(bench, bench.batch(count), bench.folder("memory"))
        kib[count] = statistics.median(peak(command) for _ in range(SLOW_REPEATS))
    once, twice = kib.values()
    yield {"case": "memory, batch", "kib": kib, "reached": twice <= once * 1.1}


CASES = {"large": large_file, "thumbnail": thumbnail, "png": png_alone, "batch": batch, "small": small_file, "memory": memory}


# ---- inputs ----

class Bench:
    """Shared by the cases: options, the library, and a folder with images that are made on demand."""

    def __init__(self, options, folder):
        self.options = options
        self.program = options.program
        self.library = Library(options.library, options.workers)
        self.root = folder
        self.photo, self.source = self.find_photo("elephants-3840x2160.png", 3840, 2160)
        self.second, _ = self.find_photo("storm-1280.png", WIDTH, HEIGHT)
        self.made = []

    def path(self, name):
        return os.path.join(self.root, name)

    def folder(self, name):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        return path

    def find_photo(self, name, width, height):
        """The photograph if it exists, else an image of this repository, enlarged."""
        photo, target = os.path.join(PHOTOS, name), self.path(name)
        if os.path.exists(photo):
            shutil.copyfile(photo, target)
            return target, "a photograph"
        run((self.program, "run", "resize:width=%d:height=%d" % (width, height),
             os.path.join(ROOT, "images", "street.png"), "-o", target))
        return target, "images/street.png, enlarged"

    def batch(self, count):
        """Parts of the two photographs, alternating; no two are the same."""
        if len(self.made) < count:
            places = random.Random(len(self.made))
            sources = self.library.read(self.photo), self.library.read(self.second)
            while len(self.made) < count:
                number = len(self.made)
                source = sources[number % 2]
                part = self.library.cut(source, places.randint(0, source.contents.shape.width - WIDTH),
                                        places.randint(0, source.contents.shape.height - 1), WIDTH, HEIGHT)
                self.made.append(os.path.join(self.folder("batch"), "%04d.png" % number))
                self.library.write(self.made[-1], part)
                self.library.free(part)
            for source in sources:
                self.library.free(source)
        return self.made[:count]


def parse_options():
    parser = argparse.ArgumentParser(description="Compares triptych with other programs, from file to file.")
    parser.add_argument("--repeats", type=int, default=11, help="samples of each; default 11")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="only cases whose name contains TEXT: " + " ".join(CASES))
    parser.add_argument("--json", metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--batch", type=int, default=200, metavar="N", help="files in the batch; default 200")
    parser.add_argument("--slow-batch", type=int, default=20, metavar="N",
                        help="how many of them for slow programs, whose time is scaled; default 20")
    parser.add_argument("--baseline", metavar="PATH", help="an earlier triptych to compare with")
    parser.add_argument("--folder", metavar="PATH", help="working folder; default that for temporary files")
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "triptych"), metavar="FILE")
    parser.add_argument("--library", default=os.path.join(ROOT, "build", "libtriptych.so"), metavar="FILE")
    options = parser.parse_args()
    options.workers = len(os.sched_getaffinity(0))
    return options


def main():
    options = parse_options()
    missing = [program for program in ("vips", "convert", "mogrify") if not has(program)]
    if missing:
        print("files.py: not installed (libvips-tools, imagemagick): %s" % ", ".join(missing),
              file=sys.stderr)
        return 1
    rows = []
    with tempfile.TemporaryDirectory(prefix="triptych-", dir=options.folder) as folder:
        try:
            bench = Bench(options, folder)
            print_head(options, bench.source)
            for name, case in CASES.items():
                if options.only not in name:
                    continue
                for row in case(bench):
                    rows.append(row)
                    print_row(row)
        except (Failure, OSError) as failure:
            print("files.py: %s" % failure, file=sys.stderr)
            return 1
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"source": bench.source, "cpus": options.workers, "repeats": options.repeats,
                       "batch": options.batch, "rows": rows}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
