#!/usr/bin/python3
"""video.py -- compares triptych with FFmpeg's filters, on 1920x1080 4:2:0 frames of 8 bits.

Measures whole processes, from a Y4M file in the page cache to /dev/null, with two threads each; they alternate, A B then
B A, and the medians count. Then measures the gain from pipelining if decoding, computing and encoding take about the same
time: PNG files to PNG files, with two threads and sequentially. Needs the program in build/ and ffmpeg. The clip is the
one in shared/data, scaled, or FFmpeg's test picture.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

from files import Failure, ROOT, interleave, process

CLIP = os.path.join(os.environ.get("TRIPTYCH_DATA", os.path.join(ROOT, "..", "shared", "data")), "video",
                    "bigbuckbunny-720p.mp4")
WIDTH, HEIGHT = 1920, 1080

# Pipeline, FFmpeg's filter, goal.
CASES = [
    ("sobel", "sobel", 3),
    ("gaussian:sigma=1.5", "gblur=sigma=1.5", 3),
    ("median:radius=2", "median=radius=2", 20),
    ("dilate:radius=1", "dilation", 3),
    ("temporal_denoise", "hqdn3d", 2),
    ("average:frames=3", "tmix=frames=3", 2),
    ("deinterlace", "bwdif=mode=send_frame", 1),
    ("difference", "tblend=all_mode=difference", 1),
]


# This sigma makes computing take about as long as decoding and as encoding.
PIPELINED, PIPELINED_FRAMES, PIPELINED_GOAL = "gaussian:sigma=9.5", 60, 1.7


def make_clip(path, frames):
    source = ["-stream_loop", "-1", "-i", CLIP] if os.path.exists(CLIP) else \
        ["-f", "lavfi", "-i", "testsrc2=size=%dx%d" % (WIDTH, HEIGHT)]
    process("ffmpeg", "-v", "error", "-y", *source, "-frames:v", str(frames), "-vf",
            "scale=%d:%d:flags=bicubic,format=yuv420p" % (WIDTH, HEIGHT), path)()
    with open(path, "rb") as file:  # into the page cache
        while file.read(1 << 24):
            pass


def measure(clip, options):
    rows = []
    for pipeline, filters, goal in CASES:
        if options.only not in pipeline:
            continue
        threads = str(options.threads)
        contenders = {
            "triptych": (process(options.program, "run", pipeline, clip, "-o", "/dev/null", "--on",
                                 "threads:" + threads, "--planes", "all", "--quiet"), False),
            "sequential": (process(options.program, "run", pipeline, clip, "-o", "/dev/null", "--on", "sequential",
                                   "--planes", "all", "--quiet"), False),
            "ffmpeg": (process("ffmpeg", "-v", "error", "-filter_threads", threads, "-i", clip, "-vf", filters, "-f",
                               "null", "-"), False),
        }
        medians = interleave(contenders, options.repeats)
        ratio = medians["ffmpeg"] / medians["triptych"]
        rows.append({"pipeline": pipeline, "ffmpeg": filters, "goal": goal, "ratio": ratio, "reached": ratio >= goal,
                     "scaling": medians["sequential"] / medians["triptych"],
                     **{name + "_fps": 1e3 * options.frames / took for name, took in medians.items()}})
        row = rows[-1]
        print("%-20s %-28s %10.1f %10.1f %7.2f %5g %-4s %7.2f" % (
            pipeline, filters, row["triptych_fps"], row["ffmpeg_fps"], ratio, goal, "yes" if row["reached"] else "NO",
            row["scaling"]), flush=True)
    return rows


def stage_shares(text):
    """From the output of `run --stages`: each stage's share of the time of all stages, if above 1 %."""
    busy = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 5 and words[-1] == "%":
            busy[words[0]] = float(words[1])
    return {stage: time / sum(busy.values()) for stage, time in busy.items() if time > 0.01 * sum(busy.values())}


def measure_pipelining(folder, clip, options):
    frames = os.path.join(folder, "in-%04d.png")
    process("ffmpeg", "-v", "error", "-i", clip, "-frames:v", str(PIPELINED_FRAMES), frames)()
    command = [options.program, "run", PIPELINED, frames, "-o", os.path.join(folder, "out-%04d.png"), "--quiet", "--on"]
    stages = subprocess.run([*command, "sequential", "--stages"], stderr=subprocess.PIPE, check=True, text=True).stderr
    shares = stage_shares(stages)
    medians = interleave({"sequential": (process(*command, "sequential"), False),
                          "threads": (process(*command, "threads:" + str(options.threads)), False)}, options.repeats)
    row = {"pipeline": PIPELINED, "frames": PIPELINED_FRAMES, "shares": shares, "goal": PIPELINED_GOAL,
           "ratio": medians["sequential"] / medians["threads"],
           **{name + "_fps": 1e3 * PIPELINED_FRAMES / took for name, took in medians.items()}}
    print("\nPNG to PNG, %s, %d frames: %s of the work" % (
        PIPELINED, PIPELINED_FRAMES, ", ".join("%s %.0f %%" % (stage, 100 * share) for stage, share in shares.items())))
    print("sequential %.1f, %d threads %.1f frames/s: %.2f, goal %g %s" % (
        row["sequential_fps"], options.threads, row["threads_fps"], row["ratio"], PIPELINED_GOAL,
        "yes" if row["ratio"] >= PIPELINED_GOAL else "NO"), flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description="Compares triptych with FFmpeg's filters.")
    parser.add_argument("--frames", type=int, default=120, help="length of the clip; default 120")
    parser.add_argument("--repeats", type=int, default=7, help="samples of each; default 7")
    parser.add_argument("--threads", type=int, default=2, help="threads for both; default 2")
    parser.add_argument("--only", default="", metavar="TEXT", help="only pipelines that contain TEXT")
    parser.add_argument("--json", metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "triptych"), metavar="FILE")
    options = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="triptych-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        clip = os.path.join(folder, "clip.y4m")
        make_clip(clip, options.frames)
        print("%dx%d 4:2:0 8 bits, %d frames; %d threads; medians of %d, interleaved" % (
            WIDTH, HEIGHT, options.frames, options.threads, options.repeats))
        print("frames per second of whole processes, Y4M file to /dev/null; scale: sequential's time over triptych's\n")
        print("%-20s %-28s %10s %10s %7s %5s %-4s %7s" % (
            "pipeline", "FFmpeg", "triptych", "FFmpeg", "ratio", "goal", "", "scale"))
        rows = measure(clip, options)
        pipelining = measure_pipelining(folder, clip, options) if options.only in PIPELINED else None
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"width": WIDTH, "height": HEIGHT, "frames": options.frames, "threads": options.threads,
                           "repeats": options.repeats, "rows": rows, "pipelining": pipelining}, file, indent=1)
    except Failure as failure:
        print("video.py: %s" % failure, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
