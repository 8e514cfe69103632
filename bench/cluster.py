#!/usr/bin/env python3
"""What dealing work to ranks costs: 2 ranks with 1 thread against 1 rank with 2, more ranks than cores, halos against the model.

Needs mpirun. Runs are interleaved, and ratios are of medians. --model predicts other numbers of ranks from what is measured here:
docs/cluster.md has the assumptions.
"""
import argparse
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PIPELINE = "gaussian:sigma=6,median:radius=2,sobel"


def mpirun(ranks):
    program = shutil.which("mpirun.openmpi")
    if program:
        return [program, "--oversubscribe", "--bind-to", "none", "-n", str(ranks)]
    program = shutil.which("mpirun")
    if not program:
        sys.exit("mpirun is missing: apt-get install openmpi-bin")
    return [program, "-n", str(ranks)]


def run(args, ranks, threads, rest):
    """Seconds of the work, without mpirun's start, and what -v says."""
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    command = mpirun(ranks) + [args.triptych, "cluster"] + rest + ["--on", f"threads:{threads}", "-v"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    found = re.search(r" in ([0-9.]+) s;", done.stderr)
    if done.returncode or not found:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return float(found.group(1)), done.stderr


def make_pictures(args, folder, count):
    os.mkdir(f"{folder}/in")
    first = f"{folder}/in/0000.ppm"
    subprocess.run([args.triptych, "run", f"resize:width={args.width}", args.picture, "-o", first], check=True)
    for i in range(1, count):
        shutil.copy(first, f"{folder}/in/{i:04}.ppm")


def interleaved(args, kinds):
    times = {kind: [] for kind in kinds}
    for _ in range(args.rounds):
        for kind, (ranks, threads, rest) in kinds.items():
            times[kind].append(run(args, ranks, threads, rest)[0])
    return {kind: statistics.median(all) for kind, all in times.items()}


def scaling(args, folder):
    pictures = [PIPELINE, f"{folder}/in", "-o", f"{folder}/out/"]
    kinds = {"1 rank, 2 threads": (1, 2, pictures)}
    kinds.update({f"{n} ranks, 1 thread": (n, 1, pictures) for n in (2, 4, 8)})
    medians = interleaved(args, kinds)
    for kind, seconds in medians.items():
        print(f"{kind:20} {seconds:8.3f} s")
    two = medians["2 ranks, 1 thread"]
    print(f"2 ranks x 1 thread are {medians['1 rank, 2 threads'] / two:.3f} times as fast as 1 rank x 2 threads (goal: 0.95)")
    cores = len(os.sched_getaffinity(0))
    if cores == 2:
        print(f"4 and 8 ranks on {cores} cores take {medians['4 ranks, 1 thread'] / two:.3f} and "
              f"{medians['8 ranks, 1 thread'] / two:.3f} times as long as 2 (goal: 1.05)")


def halos(args, folder):
    big = f"{folder}/big.pgm"
    width, height, rows = 2000, 20000, 100
    with open(big, "wb") as file:
        file.write(b"P5\n%d %d\n255\n" % (width, height))
        file.truncate(file.tell() + width * height)
    said = run(args, 2, 1, ["box:radius=10", big, "-o", f"{folder}/big-out.pgm", "--rows", str(rows)])[1]
    read, halo = map(float, re.search(r"read ([0-9.]+) MB of rows, ([0-9.]+) MB", said).groups())
    model = (math.ceil(height / rows) - 1) * 20 * width / 1e6
    print(f"halos: {halo} MB read, the model says {model:.1f} MB: {halo / model:.3f} times (goal: 1.1)")


def model(args, folder):
    count = len(os.listdir(f"{folder}/in"))
    one = min(run(args, 1, 1, [PIPELINE, f"{folder}/in", "-o", f"{folder}/out/"])[0] for _ in range(args.rounds))
    compute = one / count
    os.mkdir(f"{folder}/tiny")
    tiny = f"{folder}/tiny.pgm"
    with open(tiny, "wb") as file:
        file.write(b"P5\n256 4000\n255\n" + bytes(256 * 4000))
    seconds, said = run(args, 2, 1, ["invert", tiny, "-o", f"{folder}/tiny-out.pgm", "--rows", "1"])
    message = seconds / int(re.search(r"sent (\d+) messages", said).group(1))
    size = os.path.getsize(f"{folder}/in/0000.ppm")
    print(f"c = {compute * 1e3:.2f} ms for a picture of {size / 1e6:.1f} MB; m <= {message * 1e6:.0f} microseconds for a message")
    print(f"assumed: a file system of {args.files / 1e9:.0f} GB/s, mpirun's start 0.5 s + 0.45 s for each doubling, l = 4 ms")
    print(f"{'ranks':>6} {'work s':>10} {'rank 0 s':>9} {'files s':>9} {'T s':>10} {'speed-up':>9}")
    first = None
    for ranks in (1, 2, 8, 64, 256, 1024):
        work = args.items * compute / ranks
        zero = args.items * message if ranks > 1 else 0
        files = args.items * 2 * size / args.files
        total = 0.5 + 0.45 * math.log2(ranks) + max(work, zero, files) + compute + 0.004
        first = first or total
        print(f"{ranks:6} {work:10.1f} {zero:9.1f} {files:9.1f} {total:10.1f} {first / total:9.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--triptych", default=f"{here}/build/triptych")
    parser.add_argument("--picture", default=f"{here}/images/street.png")
    parser.add_argument("--width", type=int, default=1920, help="of the pictures")
    parser.add_argument("--pictures", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", action="store_true", help="predict other numbers of ranks")
    parser.add_argument("--items", type=int, default=100000, help="pictures that --model predicts for")
    parser.add_argument("--files", type=float, default=5e9, help="bytes a second of the shared file system")
    args = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        make_pictures(args, folder, args.pictures)
        if args.model:
            model(args, folder)
        else:
            scaling(args, folder)
            halos(args, folder)
    print(f"measured in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
