#!/usr/bin/env python3
"""concurrency_page.py PROGRAM TEMPLATE.md OUT.md -- the lesson on concurrency with the figures of this machine, for `make docs`.

PROGRAM is triptych. 'lab --all' runs once; what it measured and drew takes the places of the placeholders of TEMPLATE:

    {{machine}} {{date}}   where and when it ran
    {{summary}}            all experiments with their claims and verdicts, in the order of their findings
    {{claim NAME}}         the claim of an experiment
    {{findings NAME}}      its findings, each with its verdict; with a note if others used the cores
    {{answer NAME}}        the right answer to its question
    {{rows NAME}}          its rows as a table; rows that are compared with each other are together
    {{grid NAME}}          rows whose names are 'COLUMN, LINE' as a table of lines and columns
    {{timeline NAME}}      its timeline
    {{cores NAME}}         the same with a line for each core
    {{ratio NAME: ROW}}    how many times as fast a row is, with its interval
    {{median NAME: ROW}}   the median of a row

A placeholder without a value, and an experiment whose findings TEMPLATE leaves out, are errors; OUT.md is left as it was.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

NAMES = {"shown": "shown", "refuted": "not so", "unclear": "unclear"}  # of verdicts, as the program prints them
PLACEHOLDER = re.compile(r"\{\{\s*([a-z]+)(?:\s+([a-z0-9_]+))?(?:\s*:\s*(.*?))?\s*\}\}")
DRAWN = "One run of each, one after another:\n\n"  # what comes before a timeline
DRAWN_BY_CORE = "The same by core:\n\n"
NO_CORES = "The system does not tell which core ran what."
BUSY = 0.1  # of the cores; as in host/lab/lab.c


def fail(message):
    sys.exit("concurrency_page.py: %s" % message)


class Missing(Exception):
    """Why a placeholder has no value."""


# ---- the run

def run_lab(program):
    """(JSON, text) of a run of all experiments."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lab.json")
        environment = dict(os.environ, COLUMNS="80", NO_COLOR="1")
        command = [program, "lab", "--all", "--json", path]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, check=False)
        except OSError as error:
            fail("cannot run %s: %s" % (program, error.strerror))
        if done.returncode != 0:
            fail("'%s' failed (%d): %s" % (" ".join(command), done.returncode, done.stderr.decode(errors="replace").strip()))
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    if found.get("kind") != "lab" or found.get("schema") != 1:
        fail("%s writes JSON of another kind or schema than 'lab', 1" % program)
    return found, done.stdout.decode()


def drawing_of(text, name, before):
    """The drawing after a text in the part of an experiment, which begins with its name on a line and ends with 'try next'."""
    part = re.search(r"^%s\n\nclaim .*?^try next" % re.escape(name), text, re.M | re.S)
    drawn = part.group(0).partition(before)[2] if part else ""
    if before == DRAWN_BY_CORE and not drawn and part and NO_CORES in part.group(0):
        return NO_CORES
    if not drawn:
        raise Missing("the run drew no timeline of it")
    return drawn.partition("\n\n")[0]


# ---- figures

def interval(row):
    return "%.3g to %.3g" % (row["speed_low"], row["speed_high"])


def ratio(row):
    if row.get("speed") is None or row["compared_with"] == row["name"]:
        raise Missing("the row is compared with no other, or has too few samples")
    return "%.3g (%s)" % (row["speed"], interval(row))


def duration(ns):
    units = ((1, "ns"), (1e3, "us"), (1e6, "ms"), (1e9, "s"))
    scale, unit = next((pair for pair in units if ns / pair[0] < 999.5), units[-1])
    return "%s %s" % (("%#.3g" % (ns / scale)).rstrip("."), unit)


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def speed_cells(row):
    """Its speed and the interval of it."""
    if row["compared_with"] == row["name"]:
        return ["1", ""]
    return ["%.3g" % row["speed"], interval(row)] if row.get("speed") is not None else ["unknown", ""]


def figure(row):
    figures = row.get("figures", [row] if "unit" in row else [])
    return ", ".join("%s %s" % ("%.6g" % one["figure"] if one["figure"] >= 1000 else "%.3g" % one["figure"], one["unit"])
                     for one in figures if one["figure"] is not None)


def times(row):
    speed, within = speed_cells(row)
    return "%s×%s" % (speed, " (%s)" % within if within else "")


def rows_table(experiment):
    rows = experiment["rows"]
    measured = [row for row in rows if "median_ns" in row]
    bases = [row for row in measured if row["compared_with"] == row["name"]]
    # A row comes after the one that it is compared with.
    ordered = [row for base in bases for row in measured if row["compared_with"] == base["name"]]
    heads, figures = ["", "median", "times as fast", "95 % within"], any("unit" in row for row in measured)
    cells = []
    for row in ordered:
        cells.append([row["name"], duration(row["median_ns"])] + speed_cells(row) + ([figure(row)] if figures else []))
    for row in rows:
        if "skipped" in row:
            cells.append([row["name"], "not run: " + row["skipped"], "", ""] + ([""] if figures else []))
    return table(heads + ([""] if figures else []), cells)


def grid(experiment):
    cells, columns, lines = {}, [], []
    for row in experiment["rows"]:
        column, _, line = row["name"].partition(", ")
        columns += [column] if column not in columns else []
        lines += [line] if line not in lines else []
        cells[column, line] = "not run" if "skipped" in row else "%s · %s" % (duration(row["median_ns"]), times(row))
    return table([""] + columns, [[line] + [cells.get((column, line), "") for column in columns] for line in lines])


# ---- findings

def was_busy(experiment):
    return (experiment.get("cores_used_by_others") or 0) > BUSY * experiment["cores"]


def findings(experiment):
    if not experiment["findings"]:
        raise Missing("the run has no findings of it")
    lines = ["- **%s**: %s" % (NAMES[finding["verdict"]], finding["text"]) for finding in experiment["findings"]]
    if was_busy(experiment):
        lines.append("- **note**: other programs kept %.1f of %d cores busy meanwhile; differences may be hidden."
                     % (experiment["cores_used_by_others"], experiment["cores"]))
    return "\n".join(lines)


def verdicts(experiment):
    given = [NAMES[finding["verdict"]] for finding in experiment["findings"]]
    return ", ".join("%d %s" % (given.count(name), name) for name in NAMES.values() if name in given) or "none"


def summary(run):
    return table(["experiment", "claim", "findings"],
                 [["`%s`" % e["experiment"], e["claim"], verdicts(e)] for e in run["experiments"]])


# ---- placeholders

OF_EXPERIMENTS = {"claim": lambda experiment: experiment["claim"], "findings": findings, "rows": rows_table, "grid": grid,
                  "answer": lambda experiment: experiment["answer"] or "it cannot tell"}
OF_RUN = {"machine": lambda run: "%s, %d core%s" % (run["cpu"], run["cores"], "s" if run["cores"] > 1 else ""),
          "date": lambda run: run["date"][:10], "summary": summary}
DRAWINGS = {"timeline": DRAWN, "cores": DRAWN_BY_CORE}
OF_ROWS = {"ratio": ratio, "median": lambda row: duration(row["median_ns"])}


def find(things, key, name, what):
    found = [thing for thing in things if thing[key] == name]
    if not found:
        raise Missing("the run has no %s '%s'" % (what, name))
    return found[0]


def value(run, text, kind, name, row):
    if kind in OF_RUN and name is None and row is None:
        return OF_RUN[kind](run)
    if kind not in OF_EXPERIMENTS and kind not in OF_ROWS and kind not in DRAWINGS:
        raise Missing("there is no such placeholder")
    experiment = find(run["experiments"], "experiment", name, "experiment")
    if kind in DRAWINGS:
        return "```\n%s\n```" % drawing_of(text, name, DRAWINGS[kind])
    if kind in OF_EXPERIMENTS:
        return OF_EXPERIMENTS[kind](experiment)
    measured = find(experiment["rows"], "name", row, "row")
    if "skipped" in measured:
        raise Missing("the row did not run: %s" % measured["skipped"])
    return OF_ROWS[kind](measured)


def fill(template, run, text):
    def replace(match):
        try:
            return value(run, text, *match.groups())
        except Missing as why:
            return fail("%s has no value: %s" % (match.group(0), why))

    places = {name: place for place, name in enumerate(re.findall(r"\{\{\s*findings\s+(\w+)", template))}
    for experiment in run["experiments"]:
        if experiment["experiment"] not in places:
            fail("the template leaves out '%s': write {{findings %s}} where it belongs" % ((experiment["experiment"],) * 2))
    run["experiments"].sort(key=lambda experiment: places[experiment["experiment"]])
    page = PLACEHOLDER.sub(replace, template)
    left = re.search(r"\{\{.*|.*\}\}", page)
    if left:
        fail("'%s' is no placeholder" % left.group(0))
    return page


def main():
    if len(sys.argv) != 4:
        fail("usage: concurrency_page.py PROGRAM TEMPLATE.md OUT.md")
    program, template, out = sys.argv[1:]
    try:
        with open(template, encoding="utf-8") as file:
            page = file.read()
        run, text = run_lab(program)
        page = fill(page, run, text)
        with open(out + ".new", "w", encoding="utf-8") as file:
            file.write(page)
        os.replace(out + ".new", out)
        busy = [experiment["experiment"] for experiment in run["experiments"] if was_busy(experiment)]
        if busy:
            print("concurrency_page.py: other programs kept cores busy during %s: run it again when the machine is at rest"
                  % ", ".join(busy), file=sys.stderr)
    except OSError as error:
        fail("%s: %s" % (error.filename, error.strerror))


main()
