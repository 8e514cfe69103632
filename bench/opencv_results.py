#!/usr/bin/env python3
"""opencv_results.py -- compares results with those of OpenCV, where both should be the same.

    bench/opencv_results.py [TRIPTYCH]

Needs opencv-contrib-python-headless (pip), which neither the build nor the tests do; opencv-python-headless suffices
for all but thin. Exit status 1: a level that a method of threshold finds, or a sample of canny, label, distance or thin,
differs. Other lines say how far results are apart.
"""
import os
import subprocess
import sys
import tempfile

import cv2
import numpy

TRIPTYCH = sys.argv[1] if len(sys.argv) > 1 else "build/triptych"
STREET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "images", "street.png")


def run(pipeline, picture):
    """The pipeline's result for an array, by way of PNG files."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = os.path.join(folder, "in.png"), os.path.join(folder, "out.png")
        cv2.imwrite(source, picture)
        subprocess.run([TRIPTYCH, "run", pipeline, source, "-o", result, "--strip"], check=True, stderr=subprocess.DEVNULL)
        return cv2.imread(result, cv2.IMREAD_UNCHANGED)


def pictures(random):
    """Gray pictures of 8 bits with histograms of many kinds."""
    yield cv2.imread(STREET, cv2.IMREAD_GRAYSCALE)
    for value in (0, 1, 77, 254, 255):
        yield numpy.full((9, 9), value, numpy.uint8)
    for i in range(60):
        low, high = sorted(random.integers(0, 256, 2))
        kind = i % 4
        if kind == 0:
            made = random.integers(low, high + 1, (31, 37))
        elif kind == 1:
            made = numpy.where(random.random((31, 37)) < random.random(), low, high)
        elif kind == 2:
            made = random.normal((low + high) / 2, 5 + (high - low) / 4, (31, 37))
        else:
            made = numpy.concatenate([random.normal(low, 12, (31, 20)), random.normal(high, 25, (31, 17))], axis=1)
        yield numpy.clip(made, 0, 255).astype(numpy.uint8)


def compare_thresholds():
    failed = 0
    for method, flag in (("otsu", cv2.THRESH_OTSU), ("triangle", cv2.THRESH_TRIANGLE)):
        count = differing = 0
        for picture in pictures(numpy.random.default_rng(1)):
            theirs = cv2.threshold(picture, 0, 255, cv2.THRESH_BINARY | flag)[1]
            count += 1
            differing += not numpy.array_equal(theirs, run(f"threshold:method={method}", picture))
        print(f"threshold:method={method}: {differing} of {count} pictures differ")
        failed += differing
    return failed


def compare_whole():
    """Edges, numbers of components and distances of the first pictures, some blurred: how many differ."""
    differing = {}
    for i, picture in enumerate(list(pictures(numpy.random.default_rng(3)))[:20]):
        picture = cv2.GaussianBlur(picture, (0, 0), 1.4) if i % 2 else picture
        mask = (picture > 100).astype(numpy.uint8) * 255
        deep = mask.astype(numpy.uint16) * 257
        theirs = {}
        for norm in ("l1", "l2"):
            theirs[f"canny:low={50 / 255:.6f}:high={100 / 255:.6f}:norm={norm}"] = (
                picture, cv2.Canny(picture, 50, 100, apertureSize=3, L2gradient=norm == "l2"))
        for neighbours in (4, 8):
            theirs[f"label:neighbours={neighbours}"] = (
                deep, cv2.connectedComponentsWithAlgorithm(mask, neighbours, cv2.CV_32S, cv2.CCL_WU)[1])
        for metric, kind, size in (("euclidean", cv2.DIST_L2, cv2.DIST_MASK_PRECISE), ("cityblock", cv2.DIST_L1, 3),
                                   ("chessboard", cv2.DIST_C, 3)):
            if mask.min() == 0:
                theirs[f"distance:metric={metric}:scale=2"] = (
                    deep, numpy.floor(cv2.distanceTransform(mask, kind, size) * 2 + 0.5))
        # OpenCV leaves the outermost rows and columns as they are.
        around = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        for method, kind in (("zhang-suen", "ZHANGSUEN"), ("guo-hall", "GUOHALL")):
            if hasattr(cv2, "ximgproc"):
                thinned = cv2.ximgproc.thinning(around, thinningType=getattr(cv2.ximgproc, f"THINNING_{kind}"))
                theirs[f"thin:method={method}"] = (mask, thinned[1:-1, 1:-1])
        for pipeline, (source, result) in theirs.items():
            differing.setdefault(pipeline, []).append(not numpy.array_equal(run(pipeline, source), result))
    for pipeline, each in differing.items():
        print(f"{pipeline}: {sum(each)} of {len(each)} pictures differ")
    return sum(map(sum, differing.values()))


def show(name, ours, theirs, turn=None):
    """The largest difference and the share of equal samples; a plane of hues goes round."""
    apart = numpy.abs(ours.astype(int) - theirs.astype(int))
    if turn is not None:
        apart[..., turn] = numpy.minimum(apart[..., turn], 256 - apart[..., turn])
    print(f"{name}: at most {apart.max(axis=(0, 1)).tolist()} apart, {100 * (apart == 0).mean():.2f} % of samples equal")


def all_colours():
    number = numpy.arange(1 << 24, dtype=numpy.uint32)
    return numpy.stack([number >> 16, number >> 8 & 255, number & 255], -1).astype(numpy.uint8).reshape(4096, 4096, 3)


def compare_spaces():
    """OpenCV's order of colours is blue, green, red; that of results is the space's."""
    bgr = all_colours()
    for space, code, order in (
        ("lab", cv2.COLOR_BGR2Lab, (0, 1, 2)),
        ("hsv", cv2.COLOR_BGR2HSV_FULL, (0, 1, 2)),
        ("hsl", cv2.COLOR_BGR2HLS_FULL, (0, 2, 1)),
        ("ycbcr601", cv2.COLOR_BGR2YCrCb, (0, 2, 1)),
    ):
        ours = run(f"colorspace:to={space}", bgr)[..., ::-1]
        show(f"colorspace:to={space}", ours, cv2.cvtColor(bgr, code)[..., order], 0 if space[0] == "h" else None)
    for space, code, order in (
        ("lab", cv2.COLOR_Lab2BGR, (0, 1, 2)),
        ("hsv", cv2.COLOR_HSV2BGR_FULL, (0, 1, 2)),
        ("hsl", cv2.COLOR_HLS2BGR_FULL, (0, 2, 1)),
        ("ycbcr601", cv2.COLOR_YCrCb2BGR, (0, 2, 1)),
    ):
        theirs = cv2.cvtColor(numpy.ascontiguousarray(bgr[..., order]), code)
        show(f"colorspace:from={space}", run(f"colorspace:from={space}", bgr[..., ::-1]), theirs)


def main():
    print(f"OpenCV {cv2.__version__}")
    failed = compare_thresholds() + compare_whole()
    compare_spaces()
    sys.exit(1 if failed else 0)


main()
