#!/usr/bin/env python3
"""results_page.py PROGRAM OUT.md OUT.svg -- the page and the chart of bench/results/machines, for `make results`.

PROGRAM is triptych, whose 'compare' does the work.
"""
import os
import subprocess
import sys

FOLDER = os.path.join("bench", "results", "machines")
# The machine that others are compared with: how its file begins. Without such a file, the first by name.
REFERENCE = "amd-epyc-2-cores_no-gpu"

PAGE = """# Results of machines

The standard suite (`bench/suites/standard.txt`) on different machines. `make results` makes this page and its chart from the
files in [bench/results/machines](../bench/results/machines), with `triptych compare`.

%(chart)s
Bars are geometric means over the suite, by kind of backend, on a logarithmic scale; thin lines are their 95 %% intervals, pale dots
single rows. Where an interval includes 1, no difference can be told, and the mark is hollow. `triptych compare
bench/results/machines/ --report machines.html` makes a page with all rows.

## Add your machine

1. Build triptych on it (`sh setup.sh test`), and let it rest: no other programs, no power saving, a laptop on its charger.
2. ```sh
   build/triptych bench --suite standard --json bench/results/machines/
   ```
   This takes at most two minutes on a laptop. The file gets its name by CPU, device and date.
3. Compare it with another: `build/triptych compare bench/results/machines/`. Where "before the run" says busy, or where the
   intervals are wide, measure again.
4. `make results` makes this page anew; `make test SUITE=results` checks the files against
   [results-schema.json](results-schema.json). Commit the file and the page.

Results of other versions of the suite may stay: `compare` matches rows by what was measured, not by the version.
A file holds the CPU's and the devices' names, drivers, compilers and the system's version, and no names of users or hosts.

%(table)s"""


def machine_files():
    names = sorted(name for name in os.listdir(FOLDER) if name.endswith(".json"))
    first = [name for name in names if name.startswith(REFERENCE)][-1:]
    return [os.path.join(FOLDER, name) for name in first + [name for name in names if name not in first]]


def compare(program, files, form):
    return subprocess.run([program, "compare", *files, "--format", form], stdout=subprocess.PIPE, check=True).stdout.decode()


def main():
    program, page, chart = sys.argv[1:]
    files = machine_files()
    if not files:
        sys.exit("results_page.py: no results in %s" % FOLDER)
    # One machine has nothing to be compared with but itself. A file that is given twice is drawn once.
    drawn = compare(program, files if len(files) > 1 else files * 2, "svg")
    picture = os.path.relpath(chart, os.path.dirname(page) or ".")
    table = "## Rows\n\n" + compare(program, files, "markdown") if len(files) > 1 else ""
    with open(chart, "w", encoding="utf-8") as file:
        file.write(drawn)
    with open(page, "w", encoding="utf-8") as file:
        file.write(PAGE % {"chart": "![Speed of each machine over the reference](%s)\n" % picture, "table": table})


main()
