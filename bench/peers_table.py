#!/usr/bin/python3
"""peers_table.py -- writes the tables of docs/performance.md from what peers.py has measured.

    bench/peers_table.py [--check]

A table stands between `<!-- peers FILE.json [FILE.json ...]: begin -->` and `<!-- peers: end -->`. The files are in
bench/results; the first one has the rows, with times, and each further one adds a column of ratios, or rows that only it has.
--check changes nothing, and exits with 1 if a table is not that of its files.
"""
import json
import os
import re
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PAGE = os.path.join(ROOT, "docs", "performance.md")
MARKED = re.compile(r"(<!-- peers ((?:[^ ]+\.json ?)+): begin -->\n).*?(<!-- peers: end -->)", re.S)


def read(name):
    with open(os.path.join(ROOT, "bench", "results", name), encoding="utf-8") as file:
        results = json.load(file)
    results["by_case"] = {row["case"]: row for row in results["rows"] if row.get("best") is not None}
    return results


def size_of(results):
    return "%dx%d" % tuple(results["size"]) + " RGB" * (results["planes"] == 3) + " of 16 bits" * (results["bits"] == 16)


def ratio_of(row):
    return ("**%.2f**" if row["reached"] else "%.2f") % row["ratio"]


def columns_of(row):
    """The fastest other's name, threads and time, triptych's time, and the ratio."""
    best = next(peer for peer in row["peers"] if named(peer) == row["best"])
    return [row["best"], str(best["threads"]), "%.3f" % best["ms"], "%.3f" % best["triptych_ms"], ratio_of(row)]


def named(peer):
    return ("%s %s" % (peer["peer"], peer.get("filter") or "")).strip()


def line(cells):
    return "| " + " | ".join(cells) + " |"


def table(files):
    first, others = files[0], files[1:]
    lines = [line(["work", "fastest other", "threads", "its ms", "triptych ms", "ratio"] +
                  [text for other in others for text in ("fastest other, %s" % size_of(other), "ratio")] + ["goal"]),
             "|---|---|---:|---:|---:|---:|" + "---|---:|" * len(others) + "---:|"]
    cases = dict.fromkeys(case for results in files for case in results["by_case"])
    for case in cases:
        row = first["by_case"].get(case)
        cells = [case] + (columns_of(row) if row is not None else ["-"] * 5)
        goal = row["goal"] if row is not None else None
        for other in others:
            found = other["by_case"].get(case)
            cells += [found["best"], ratio_of(found)] if found is not None else ["-", "-"]
            goal = goal or (found or {}).get("goal")
        lines.append(line(cells + ["%g" % goal if goal else "-"]))
    return "\n".join(lines) + "\n"


def summary(files):
    """Geometric means, without what memory limits."""
    return "Geometric means, without what memory limits: %s.\n" % ", ".join(
        "%.2f at %s" % (results["geometric_mean"], size_of(results)) for results in files if results.get("geometric_mean"))


def replaced(match):
    files = [read(name) for name in match[2].split()]
    return match[1] + table(files) + "\n" + summary(files) + match[3]


def main():
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    if MARKED.search(page) is None:
        sys.exit("peers_table.py: %s has no marks for tables" % PAGE)
    changed = MARKED.sub(replaced, page)
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if changed == page else "peers_table.py: docs/performance.md is not what bench/results says; run it without --check")
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(changed)


if __name__ == "__main__":
    main()
