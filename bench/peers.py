#!/usr/bin/python3
"""peers.py -- compares triptych's filters on the CPU with those of OpenCV, VapourSynth, IPP, libvips, FFmpeg and Pillow.

The other libraries come from PyPI, into a virtual environment of their own, when it is first run. VapourSynth needs
Python 3.12 or newer: the newest python3.N on PATH is taken, or the one that --python names. A peer that cannot be
installed is named, and the others are compared. Needs `make bench-library`.

All contenders get the same frames in memory and the same number of threads, and take turns: A B C, then C B A. A sample
is the time for all frames, after an untimed run. IPP and Pillow have one thread, and are compared with one of triptych.
"""
import argparse
import os
import re
import sys

from against import environment

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
INSIDE = "TRIPTYCH_PEERS"  # a variable: the environment that this process was started in
LEAST_SIDE = 256
LEAST_FRAMES = 5  # the one in the middle has two neighbours on each side
BUILD = os.path.join(ROOT, "build")


def parse_size(text):
    found = re.fullmatch(r"(\d{3,5})x(\d{3,5})", text)
    if found is None or min(map(int, found.groups())) < LEAST_SIDE:  # zsmooth crashes on narrow frames
        raise argparse.ArgumentTypeError("'%s' is no WIDTHxHEIGHT from %d to 99999" % (text, LEAST_SIDE))
    return int(found[1]), int(found[2])


def at_least(least):
    def parse(text):
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError("'%s' is no number from %d" % (text, least))
        return int(text)
    return parse


def parse_options():
    parser = argparse.ArgumentParser(description="Compares triptych's filters on the CPU with those of other libraries.")
    parser.add_argument("--setup", action="store_true", help="only make or renew the environment of the other libraries")
    parser.add_argument("--folder", default=os.path.join(BUILD, "peers"), metavar="FOLDER",
                        help="the environment; default build/peers")
    parser.add_argument("--python", metavar="FILE", help="the Python to make it with")
    parser.add_argument("--repeats", type=at_least(1), default=21, metavar="N", help="samples of each; default 21")
    parser.add_argument("--threads", type=at_least(1), default=2, metavar="N", help="for each contender; default 2")
    parser.add_argument("--size", type=parse_size, default=(1920, 1080), metavar="WxH", help="default 1920x1080")
    parser.add_argument("--bits", type=int, choices=(8, 16), default=8, help="of a sample; default 8")
    parser.add_argument("--planes", type=int, choices=(1, 3), default=1, help="3: R, G, B; default 1")
    parser.add_argument("--frames", type=at_least(LEAST_FRAMES), default=16, metavar="N", help="different frames; default 16")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose name contains TEXT")
    parser.add_argument("--files", action="store_true", help="also compare from file to file")
    parser.add_argument("--files-only", action="store_true", help="compare only from file to file")
    parser.add_argument("--opencl", action="store_true", help="also measure triptych with OpenCL on the CPU")
    parser.add_argument("--json", metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--library", default=os.path.join(BUILD, "bench", "libtriptych.so"), metavar="FILE")
    parser.add_argument("--program", default=os.path.join(BUILD, "triptych"), metavar="FILE")
    return parser.parse_args()


def enter(options):
    """Goes on in the environment, which is made first if it is not there."""
    folder = os.path.abspath(options.folder)
    absent = environment.missing(folder)
    if options.setup or absent is None:
        environment.make(folder, options.python)
    elif "ipp" not in absent:
        environment.renew_ipp(folder)
    if options.setup:
        return 0
    python = environment.python_of(folder)
    os.environ[INSIDE] = folder
    os.environ["VIPS_CONCURRENCY"] = str(options.threads)  # libvips reads it when it is loaded
    os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:]])


def main():
    options = parse_options()
    if os.environ.get(INSIDE) != os.path.abspath(options.folder) or options.setup:
        try:
            return enter(options)
        except (environment.Failure, OSError) as failure:
            print("peers.py: %s" % failure, file=sys.stderr)
            return 1
    from against import run
    try:
        return run.main(options)
    except KeyboardInterrupt:
        print("peers.py: interrupted; the rows so far are complete", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
