#!/usr/bin/python3
"""gpu_table.py -- summarises the results of gpu.sh in a folder: a table of results and goals, and summary.json.

usage: gpu_table.py OUT DEVICE "SIZE SIZE" CLIP
"""
import json
import os
import statistics
import sys

GOAL_SIZES = ["3840x2160", "15360x8640"]


def load(out, name):
    try:
        with open(os.path.join(out, name), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def goals_of(folder):
    """Pipelines with their goals at both sizes."""
    with open(os.path.join(folder, "gpu_goals.txt"), encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return [(words[0], dict(zip(GOAL_SIZES, map(float, words[1:])))) for words in lines]


def device_row(report):
    return next((row for row in report["rows"] if row.get("opencl")), None)


def work_of(out, size, number, pipeline, goal):
    """The measurements of a step; without figures if there are none."""
    work = {"pipeline": pipeline, "size": size, "goal": goal, "share": None, "verified": None}
    report = load(out, "work-%s-%d.json" % (size, number))
    row = device_row(report) if report else None
    if row is None:
        return work
    threads = [r["median_ns"] for r in report["rows"] if r["backend"].startswith("threads") and r["median_ns"]]
    work.update(row["opencl"], share=row["opencl"]["copy_share"], verified=row["verified"], backend=row["backend"],
                device=row["device"], total_ns=row["median_ns"], threads_ns=min(threads, default=None))
    return work


def works_of(out, folder, sizes):
    return [work_of(out, size, number, pipeline, goals.get(size))
            for number, (pipeline, goals) in enumerate(goals_of(folder), 1) for size in sizes]


def ms(ns):
    if ns is None:
        return "-"
    value = ns / 1e6
    return "%.*f" % (4 if value < 0.1 else 3 if value < 10 else 2, value)


def verdict(met):
    return "" if met is None else "yes" if met else "NO"


def meets(value, goal, most=False):
    if value is None or goal is None:
        return None
    return value <= goal if most else value >= goal


# ---- the works ----

def work_cells(work):
    share = work["share"]
    return "  %9s%7s%6s %-4s%9s%9s" % (
        ms(work.get("span_ns")), "-" if share is None else "%.2f" % share,
        "-" if work["goal"] is None else "%.2f" % work["goal"], verdict(meets(share, work["goal"])),
        ms(work.get("total_ns")), ms(work.get("threads_ns")))


def print_works(works, sizes):
    print("%-28s" % "kernels: share of a copy" + "".join("   %-44s" % size for size in sizes))
    print("%-28s" % "of the same bytes" + "".join("  %9s%7s%6s %-4s%9s%9s" % (
        "kernel ms", "share", "goal", "", "call ms", "threads") for _ in sizes))
    for first in range(0, len(works), len(sizes)):
        group = works[first:first + len(sizes)]
        name = group[0]["pipeline"]
        print("%-28s" % (name if len(name) < 28 else name[:25] + "..") + "".join(work_cells(work) for work in group))


# ---- other goals ----

def find(works, pipeline, size):
    return next((work for work in works if work["pipeline"] == pipeline and work["size"] == size), {})


def area_bytes(size, planes=3):
    width, height = map(int, size.split("x"))
    return width * height * planes


def card_of(works, sizes):
    """The limits of the card, by size."""
    card = {}
    for size in sizes:
        work, moved = find(works, "invert", size), area_bytes(size)
        card[size] = {name: moved * sides / work[key] if work.get(key) else None for name, key, sides in (
            ("copy_gb_per_s", "copy_ns", 2), ("pinned_up_gb_per_s", "pinned_up_ns", 1),
            ("pinned_down_gb_per_s", "pinned_down_ns", 1), ("pinned_both_gb_per_s", "pinned_both_ns", 2))}
    return card


def calls_of(works, sizes, applies):
    """Whole calls of invert, including transfers."""
    goals = []
    for index, size in enumerate(sizes):
        work = find(works, "invert", size)
        total, pinned = work.get("total_ns"), work.get("pinned_both_ns")
        if index == 0:
            goals.append({"what": "invert with transfers, %s: ms" % size, "goal": 1.1 if applies else None, "most": True,
                          "reached": total / 1e6 if total else None})
        goals.append({"what": "the same, %s, over pinned both ways" % size, "most": True,
                      "goal": 1.15 if applies and index == 1 else None, "reached": total / pinned if total and pinned else None})
    return goals


def streams_of(out, clip, applies):
    goals = []
    for name in ("gaussian", "median", "temporal_denoise"):
        report = load(out, "stream-%s.json" % name) or {"rows": []}
        rows = [row for row in report["rows"] if row["backend"].startswith("opencl") and row["frames_per_s"]]
        best = max(rows, key=lambda row: row["frames_per_s"], default=None)
        pinned = max((row["pinned_frames_per_s"] or 0 for row in rows), default=0)
        goals.append({"what": "%s frames/s of %s, over the limit of pinned transfers" % (clip, name), "most": False,
                      "goal": 0.85 if applies and name == "gaussian" else None,
                      "reached": best["frames_per_s"] / pinned if best and pinned else None,
                      "frames_per_s": best and best["frames_per_s"], "pinned_frames_per_s": pinned or None,
                      "threads_per_s": max((row["frames_per_s"] or 0 for row in report["rows"]
                                            if row["backend"].startswith("threads")), default=None)})
    return goals


def processes_of(out):
    """Medians in milliseconds, from complete lines of the step."""
    samples = {}
    try:
        with open(os.path.join(out, "processes.txt"), encoding="utf-8") as file:
            for words in map(str.split, file):
                if len(words) == 2 and words[1].isdigit():
                    samples.setdefault(words[0], []).append(int(words[1]) / 1e3)
    except OSError:
        pass
    return {name: statistics.median(taken) for name, taken in samples.items()}


def process_goals(times, applies):
    warm, bare = times.get("warm"), times.get("bare")
    return [{"what": "run of a small PNG, warm, over a bare OpenCL program", "goal": 1.2 if applies else None, "most": True,
             "reached": warm / bare if warm and bare else None}]


def print_goals(goals):
    print("\n%-70s%10s%8s" % ("", "reached", "goal"))
    for goal in goals:
        sign = "" if goal["goal"] is None else "<=" if goal["most"] else ">="
        print("%-70s%10s%8s %s" % (goal["what"], "-" if goal["reached"] is None else "%.3g" % goal["reached"],
                                   "-" if goal["goal"] is None else sign + "%g" % goal["goal"],
                                   verdict(meets(goal["reached"], goal["goal"], goal["most"]))))


def print_card(card, times):
    print()
    for size, rates in card.items():
        print("%-14s" % size + ", ".join("%s %s GB/s" % (name[:-9].replace("_", " "), "-" if rate is None else "%.1f" % rate)
                                         for name, rate in rates.items()))
    print("whole processes: " + ", ".join("%s %.0f ms" % (name, times[name]) for name in ("bare", "warm", "cold", "threads")
                                          if name in times))


def print_streams(streams):
    for stream in streams:
        figures = [stream[key] for key in ("frames_per_s", "pinned_frames_per_s", "threads_per_s")]
        print("%s: %s frames/s, pinned transfers allow %s, threads %s" % (
            stream["what"].split(", over")[0].replace(" frames/s", ""), *("-" if f is None else "%.0f" % f for f in figures)))


def print_break_evens(works, sizes):
    print("\nsize from which it beats threads, megapixels (measured at that size: device and threads, ms)")
    for work in works:
        found = work.get("break_even")
        if work["size"] != sizes[-1] or not found:
            continue
        checked = found["checked"]
        print("  %-44s %-8s %10s  %s" % (
            work["pipeline"][:44], found["beats"], "-" if found["pixels"] is None else "%.3g" % (found["pixels"] / 1e6),
            "%s %s" % (ms(checked["device_ns"]), ms(checked["threads_ns"])) if checked else found["note"] or "-"))


def verify_of(out, size):
    report = load(out, "verify-%s.json" % size)
    return report and {key: report[key] for key in ("compared", "differ", "failed")}


def print_verify(verify):
    for size, found in verify.items():
        print("verify, %s pictures: %s" % (size, "no result" if found is None else
                                           "%(compared)d compared, %(differ)d differ, %(failed)d failed" % found))


def main():
    out, device, sizes, clip = sys.argv[1], sys.argv[2], sys.argv[3].split(), sys.argv[4]
    works = works_of(out, os.path.dirname(os.path.abspath(__file__)), sizes)
    applies = sizes == GOAL_SIZES
    times, card = processes_of(out), card_of(works, sizes)
    streams = streams_of(out, clip, applies)
    goals = calls_of(works, sizes, applies) + streams + process_goals(times, applies)
    verify = {size: verify_of(out, size) for size in ("small", "large")}
    name = next((work["device"] for work in works if work.get("device")), "no figures")
    print("\n%s: %s" % (device, name))
    print_verify(verify)
    print()
    print_works(works, sizes)
    print_goals(goals)
    print_card(card, times)
    print_streams(streams)
    print_break_evens(works, sizes)
    with open(os.path.join(out, "steps.txt"), encoding="utf-8") as file:
        steps = [dict(zip(("name", "exit", "seconds"), line.split())) for line in file]
    with open(os.path.join(out, "summary.json"), "w", encoding="utf-8") as file:
        json.dump({"device": device, "name": name, "sizes": sizes, "verify": verify, "works": works, "goals": goals,
                   "card": card, "processes_ms": times, "steps": steps}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
