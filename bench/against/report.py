"""report.py -- rows of figures, the tables that are printed, and JSON."""
import json
import math
import os


def number(value, form="%.2f"):
    return "-" if value is None else form % value


def verdict(reached):
    return "-" if reached is None else "yes" if reached else "NO"


def make_row(case, pipeline, goal, entries, memory=False):
    """Entries: {"peer", "filter", "threads", "ms", "triptych_ms", ...}. The best is the one that triptych gains least on."""
    for entry in entries:
        entry["ratio"] = entry["ms"] / entry["triptych_ms"]
    best = min(entries, key=lambda entry: entry["ratio"], default=None)
    row = {"case": case, "pipeline": pipeline, "goal": goal, "memory": memory, "best": best, "entries": entries}
    row["ratio"] = best["ratio"] if best else None
    row["reached"] = None if goal is None or best is None else row["ratio"] >= goal
    return row


def print_head():
    print("ratio: the best peer's time over triptych's with as many threads; scale: triptych's with one thread over that")
    print("with all\n")
    print("%-18s %-36s %7s %10s %10s %6s %5s %-3s %6s" % (
        "case", "best peer", "threads", "its ms", "triptych", "ratio", "goal", "", "scale"), flush=True)


def print_row(row):
    best = row["best"]
    if best is None:
        print("%-18s no peer has it" % row["case"], flush=True)
        return
    print("%-18s %-36s %7d %10.3f %10.3f %6.2f %5s %-3s %6s" % (
        row["case"], label(best), best["threads"], best["ms"], best["triptych_ms"], row["ratio"],
        number(row["goal"], "%g"), verdict(row["reached"]), number(row.get("scale"))), flush=True)


def label(entry):
    return ("%s %s" % (entry["peer"], entry["filter"])).strip()


def geometric_mean(rows):
    """Of the ratios to the best peers, without the rows that memory limits; None if there is none."""
    ratios = [row["ratio"] for row in rows if row["ratio"] is not None and not row["memory"]]
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def print_mean(rows):
    mean = geometric_mean(rows)
    if mean is not None:
        print("%-18s %-36s %7s %10s %10s %6.2f %5s %s" % ("geometric mean", "without rows that memory limits", "", "", "", mean,
                                                     "2", verdict(mean >= 2)))


def print_entries(rows):
    """All peers, and how far their samples are from triptych's."""
    print("\nAll peers. largest: difference of a sample from triptych's; inside: away from the edges; beyond: samples that")
    print("differ by more than 1 (16 at 16 bits)\n")
    print("%-18s %-36s %7s %10s %10s %6s %8s %7s %9s" % (
        "case", "peer", "threads", "its ms", "triptych", "ratio", "largest", "inside", "beyond"))
    for row in rows:
        for entry in sorted(row["entries"], key=lambda entry: entry["ratio"]):
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
