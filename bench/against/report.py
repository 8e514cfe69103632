"""report.py -- rows of figures, the tables that are printed, and JSON."""
import json
import math
import os
import statistics


def number(value, form="%.2f"):
    return "-" if value is None else form % value


def verdict(reached):
    return "-" if reached is None else "yes" if reached else "NO"


def make_entry(peer, title, threads, samples, ours, difference):
    """What one peer took, next to triptych with as many threads."""
    took, own = statistics.median(samples), statistics.median(ours)
    return {"peer": peer, "filter": title, "threads": threads, "ms": took, "triptych_ms": own, "ratio": took / own,
            "difference": difference, "samples_ms": rounded(samples), "triptych_samples_ms": rounded(ours)}


def rounded(samples):
    return [round(sample, 4) for sample in samples]


def make_row(case, pipeline, goal, entries, in_mean=True):
    """The best peer is the one that triptych gains least on."""
    best = min(entries, key=lambda entry: entry["ratio"], default=None)
    ratio = best["ratio"] if best else None
    return {"case": case, "pipeline": pipeline, "goal": goal, "in_mean": in_mean, "best": best and label(best), "ratio": ratio,
            "reached": None if goal is None or best is None else ratio >= goal, "peers": entries}


def print_head():
    print("ratio: the best peer's time over triptych's with as many threads; scale: triptych's with one thread over that")
    print("with all\n")
    print("%-18s %-36s %7s %10s %10s %6s %5s %-3s %6s" % (
        "case", "best peer", "threads", "its ms", "triptych", "ratio", "goal", "", "scale"), flush=True)


def print_row(row):
    best = min(row["peers"], key=lambda entry: entry["ratio"], default=None)
    if best is None:
        print("%-18s no peer has it" % row["case"], flush=True)
        return
    print("%-18s %-36s %7d %10.3f %10.3f %6.2f %5s %-3s %6s" % (
        row["case"], label(best), best["threads"], best["ms"], best["triptych_ms"], row["ratio"],
        number(row["goal"], "%g"), verdict(row["reached"]), number(row.get("scale"))), flush=True)


def label(entry):
    return ("%s %s" % (entry["peer"], entry["filter"])).strip()


def geometric_mean(rows):
    """Of the ratios to the best peers, of filters that memory does not limit; None if there is none."""
    ratios = [row["ratio"] for row in rows if row["ratio"] is not None and row["in_mean"]]
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def print_mean(rows):
    mean = geometric_mean(rows)
    if mean is not None:
        print("%-18s %-36s %7s %10s %10s %6.2f %5s %s" % (
            "geometric mean", "of filters that memory does not limit", "", "", "", mean, "2", verdict(mean >= 2)))


def print_entries(rows):
    """All peers, and how far their samples are from triptych's."""
    print("\nAll peers. largest: difference of a sample from triptych's; inside: away from the edges; beyond: samples that")
    print("differ by more than 1 (16 at 16 bits)\n")
    print("%-18s %-36s %7s %10s %10s %6s %8s %7s %9s" % (
        "case", "peer", "threads", "its ms", "triptych", "ratio", "largest", "inside", "beyond"))
    for row in rows:
        for entry in sorted(row["peers"], key=lambda entry: entry["ratio"]):
            print("%-18s %-36s %7d %10.3f %10.3f %6.2f %8s %7s %9s" % (
                row["case"], label(entry), entry["threads"], entry["ms"], entry["triptych_ms"], entry["ratio"],
                *closeness(entry.get("difference"))))
        print_opencl(row)


def print_opencl(row):
    """triptych with OpenCL, next to its threads."""
    took = row.get("triptych_ms", {}).get("OpenCL")
    if took is not None:
        print("%-18s %-36s %7s %10.3f" % (row["case"], "(triptych with OpenCL)", "", took))


def closeness(apart):
    if apart is None:
        return "-", "-", "-"
    return number(apart["largest"], "%d"), number(apart["inside"], "%d"), "%.3f %%" % (100 * apart["beyond"])


def save(path, facts, rows):
    """All or nothing: an earlier file stays until this one is complete."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({**facts, "geometric_mean": geometric_mean(rows), "rows": rows}, file, indent=1)
        file.write("\n")
    os.replace(path + ".new", path)
