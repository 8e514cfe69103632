"""file_cases.py -- from file to file: triptych as a whole process, the others as calls in this one, which is to their gain."""
import os
import tempfile

import files
from against import frames, measure, report

SIZE = (3840, 2160)
BLUR = "gaussian:sigma=2"
QUALITY = 90
SHRINK = " --shrink-on-load "


class Conversion(measure.Contender):
    """A call that writes a file, in the page cache."""

    def __init__(self, call, path):
        self.call, self.path = call, path

    def frame(self, number):
        self.call()

    def result(self):
        return read(self.path)


class OnOneCore(Conversion):
    """A process that may use one core alone, to be compared with libraries of one thread."""

    def frame(self, number):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        try:
            self.call()
        finally:
            os.sched_setaffinity(0, cores)


def read(path):
    """Planes of a picture; None if nothing here can read it."""
    try:
        import cv2
        return frames.planar(cv2.imread(path, cv2.IMREAD_COLOR))
    except ImportError:
        pass
    try:
        import pyvips
        return frames.planar(pyvips.Image.new_from_file(path).numpy())[::-1]
    except ImportError:
        return None


def triptych(bench, pipeline, source, target, *options):
    return files.process(bench.options.program, "run", pipeline, source, "-o", target, "-q", *options)


def vips_blur(**values):
    def bind(source, target):
        import pyvips
        return lambda: pyvips.Image.new_from_file(source, access="sequential").gaussblur(2, **values).write_to_file(target)
    return bind


def vips_thumbnail(source, target):
    import pyvips
    width = SIZE[0] // 4
    return lambda: pyvips.Image.thumbnail(source, width).write_to_file(target, Q=QUALITY, subsample_mode="on")


def pillow_thumbnail(source, target):
    """As Pillow's manual has it: the decoder shrinks, and resampling does the rest."""
    from PIL import Image

    def run():
        with Image.open(source) as picture:
            picture.thumbnail((SIZE[0] // 4, SIZE[1] // 4), Image.Resampling.LANCZOS)
            picture.save(target, quality=QUALITY, subsampling="4:2:0")
    return run


# Name, pipeline with options, extension, goal, and the peers' calls: module, title, maker of a call (None: there is no such library).
CASES = [
    ("blur, 4K PNG", BLUR, "png", 5, [
        ("vips", "gaussblur", vips_blur()),
        ("vips", "gaussblur to 3.7 sigma", vips_blur(min_ampl=0.001)),
        ("opencv", "imread, GaussianBlur, imwrite", files.cv2_blur)]),
    *(("quarter, 4K JPEG" + how, "resize:scale=0.25" + how, "jpg", 2, [
        ("vips", "thumbnail", vips_thumbnail),
        ("pillow", "thumbnail", pillow_thumbnail)]) for how in ("", SHRINK + "good", SHRINK + "fast")),
]


def source_file(bench, folder, extension):
    path = os.path.join(folder, "source." + extension)
    triptych(bench, "resize:width=%d:height=%d" % SIZE, frames.source()[0], path, "--quality", str(QUALITY))()
    return path


def entry_of(bench, key, contenders, samples):
    peer = bench.modules[key[0]]
    threads = 1 if peer.ONE_THREAD else bench.options.threads
    ours, theirs = contenders["triptych", threads], contenders[key]
    entry = report.make_entry(peer.NAME, key[1], threads, samples[key], samples["triptych", threads],
                              measure.difference(ours.result(), theirs.result()))
    entry.update(bytes=os.path.getsize(theirs.path), triptych_bytes=os.path.getsize(ours.path))
    return entry


def row_of(bench, folder, case):
    name, pipeline, extension, goal, peers = case
    source, target = source_file(bench, folder, extension), os.path.join(folder, "ours." + extension)
    pipeline, *chosen = pipeline.split()
    call = triptych(bench, pipeline, source, target, "--quality", str(QUALITY), *chosen)
    ours = {("triptych", 1): OnOneCore(call, target), ("triptych", bench.options.threads): Conversion(call, target)}
    theirs = {}
    for number, (module, title, make) in enumerate(peers):
        if module in bench.modules:
            path = os.path.join(folder, "%d.%s" % (number, extension))
            theirs[module, title] = Conversion(make(source, path), path)
    contenders = {**ours, **theirs}
    samples = measure.interleave(contenders, bench.options.repeats, 1)
    entries = [entry_of(bench, key, contenders, samples) for key in theirs]
    return report.make_row(name, pipeline, goal, entries, in_mean=False)


def rows_of(bench, cases):
    """On so many cores, as triptych's codecs use all that they may."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:bench.options.threads])
    try:
        for case in cases:
            with tempfile.TemporaryDirectory(prefix="triptych-") as folder:
                yield row_of(bench, folder, case)
    finally:
        os.sched_setaffinity(0, cores)
