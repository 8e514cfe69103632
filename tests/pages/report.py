#!/usr/bin/env python3
"""report.py PAGE [JSON] [--pictures FOLDER] [--few] -- opens a report in Chromium, narrow, usual and wide, light, dark and on
paper, and prints what is wrong: errors, text on text, contrast, what the keyboard does not reach, numbers that differ
from the JSON of the same run. Exit code 1 if anything is, 77 without a browser."""
import json
import os
import re
import sys

import chromium

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTHS = (380, 1280, 1920)
MOST_BYTES = 400000


def valid(page):
    """By html5lib, where it is installed."""
    try:
        import html5lib
    except ImportError:
        return []
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page)
    return ["HTML: %s at %s" % (code, place) for place, code, _ in parser.errors]


def look(browser, path, folder, few):
    with open(os.path.join(HERE, "look.js"), encoding="utf-8") as file:
        script = file.read()
    faults = []

    def visit(name, width, **how):
        browser.open(path, width, **how)
        for stage in ("closed", "open"):
            if stage == "open":
                browser.run("document.querySelectorAll('details').forEach((d) => d.open = true)")
            if folder:
                browser.picture(os.path.join(folder, "%s-%s.png" % (name, stage)))
            found = browser.run(script) + browser.complaints()
            faults.extend("%s, %s: %s" % (name, stage, fault) for fault in found)

    for width in WIDTHS:
        for scheme in (("dark",) if few and width == 1280 else ("light",) if few else ("light", "dark")):
            visit("%d-%s" % (width, scheme), width, scheme=scheme)
    visit("print", 794, scheme="dark", media="print")
    return faults


def reach(browser, path):
    """Tab reaches all that can be used; arrows walk through the marks of a chart; switches switch."""
    browser.open(path, 1280)
    wanted = browser.run("""[...document.querySelectorAll('a[href], button, summary, svg, .scroll')]
        .filter((e) => e.checkVisibility()).map((e, i) => e.dataset.stop = i).length""")
    stops = set()
    for _ in range(wanted + 5):
        browser.key("Tab", 9)
        stops.add(browser.run("document.activeElement.dataset.stop || ''"))
    faults = ["the keyboard reaches %d of %d things" % (len(stops - {''}), wanted)] if len(stops - {''}) < wanted else []
    browser.run("[...document.querySelectorAll('svg')].find((s) => s.querySelector('.m')).focus()")
    browser.key("ArrowRight", 39)
    first = browser.run("document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent")
    browser.key("ArrowRight", 39)
    second = browser.run("document.getElementById('tip').textContent")
    if not first or not second or first == second:
        faults.append("arrows do not walk through marks: %r, %r" % (first, second))
    linear = """[...document.querySelectorAll('svg')].filter((s) => s.querySelector('.log'))
        .map((s) => getComputedStyle(s.querySelector('.lin')).display !== 'none').join()"""
    before = browser.run(linear)
    if not before:  # no chart has a second scale
        return faults
    browser.run("document.querySelectorAll('button').forEach((b) => b.click())")
    after = browser.run(linear)
    if "true" not in before or "true" in after:
        faults.append("switches do not switch scales")
    with open(os.path.join(HERE, "look.js"), encoding="utf-8") as file:
        faults += ["logarithmic: " + fault for fault in browser.run(file.read())]
    return faults


def without_scripts(browser, path):
    browser.open(path, 1280, scripts=False)
    text = browser.run("document.body.innerText") or ""
    hidden = browser.run("[...document.querySelectorAll('svg')].filter((s) => !s.querySelector('.m, .samples')).length")
    return [] if len(text) > 1000 and hidden == 0 else ["without scripts something is missing"]


def numbers(browser, path, results):
    """Medians, speed-ups and samples in the page are those of the JSON file."""
    rows = results["rows"]
    browser.open(path, 1280)
    shown = browser.run("""[...document.querySelectorAll('figure[id^=speedups] tbody tr')].map((r) => ({
        name: r.querySelector('th').textContent,
        values: Object.assign({}, ...[...r.querySelectorAll('td')].map((c) => ({...c.dataset})))}))""")
    samples = browser.run("[...document.querySelectorAll('p.samples')].map((p) => p.textContent)")
    faults = []
    if len(shown) != len(rows):
        return ["%d rows in the page, %d in JSON" % (len(shown), len(rows))]
    for row, own in zip(rows, shown):
        if own["name"] != "%s %s" % (row["backend"], row["isa"]):
            faults.append("%s in the page is %s in JSON" % (own["name"], row["backend"]))
        pairs = {"medianNs": "median_ns", "speedup": "speedup", "mpixPerS": "mpix_per_s", "efficiency": "efficiency",
                 "karpFlatt": "karp_flatt", "copyShare": "copy_share", "workers": "workers"}
        for page, file_key in pairs.items():
            there, here = row[file_key], own["values"].get(page)
            if row["median_ns"] is None and page != "workers":
                continue
            if (there is None) != (here is None) or (there is not None and
                                                     abs(float(here) - there) > 1e-4 * abs(there) + 1e-9):
                faults.append("%s of %s: %s in the page, %s in JSON" % (page, own["name"], here, there))
    listed = [" ".join(map(str, row["samples_ns"])) for row in rows if row["median_ns"] is not None]
    if samples and samples != listed:
        faults.append("samples differ from those in JSON")
    return faults


ROWS = """[...document.querySelectorAll('#all tbody tr')].map((r) => [...r.children].map((c) => ({
    text: (c.firstChild || {}).nodeType === 3 ? c.firstChild.data : c.textContent, kind: c.className,
    values: {...c.dataset}})))"""


def near(shown, value, share):
    return shown is not None and abs(float(shown) - value) <= share * abs(value)


def compare_pair(row, cells):
    """One row of a comparison of two files."""
    base, own = row["results"]
    wanted = {"ratio": own["ratio"], "baseNs": base["median_ns"], "medianNs": own["median_ns"]}
    values = {key: value for cell in cells for key, value in cell["values"].items()}
    faults = ["%s of %s: %s in the page, %s in JSON" % (key, row["pipeline"], values.get(key), value)
              for key, value in wanted.items() if not near(values.get(key), value, 1e-5)]
    if cells[4]["text"] != ("certain" if own["certain"] else "cannot be told"):
        faults.append("%s is %s in the page" % (row["pipeline"], cells[4]["text"]))
    return faults


def compare_many(row, cells):
    """One row of a comparison of more files: a cell for each."""
    results, faults = {result["file"]: result for result in row["results"]}, []
    for number, cell in enumerate(cells[2:]):
        own = results.get(number)
        if own is None or number == row["base"]:
            fits = cell["kind"] == "" and (cell["text"] == "") == (own is None)
        else:
            colour = "u" if not own["certain"] else "f" if own["ratio"] > 1 else "s"
            fits = cell["kind"][:1] == colour and near(cell["text"], own["ratio"], 0.01)
        if not fits:
            faults.append("%s, file %d: '%s' in the page, %r in JSON" % (row["pipeline"], number + 1, cell["text"], own))
    return faults


def compared(browser, path, comparison):
    """Ratios, and what cannot be told, are those of the JSON file of the same comparison, in its order."""
    browser.open(path, 1280)
    shown, rows = browser.run(ROWS), comparison["rows"]
    pair = len(comparison["files"]) == 2
    faults = [] if len(shown) == len(rows) else ["%d rows in the page, %d in JSON" % (len(shown), len(rows))]
    for row, cells in zip(rows, shown):
        if not cells[0]["text"].startswith(row["pipeline"] + " ") or cells[1]["text"] != row["kind"]:
            faults.append("%s on %s in the page is %s" % (row["pipeline"], row["kind"], cells[0]["text"]))
        faults += (compare_pair if pair else compare_many)(row, cells)
    means = [mean["files"][number]["ratio"] for number in range(len(comparison["files"])) for mean in comparison["means"]]
    told = browser.run("[...document.querySelectorAll('#machines td[data-ratio]')].map((c) => c.dataset.ratio)")
    wanted = [ratio for ratio in (means[len(means) // 2:] if pair else means) if ratio is not None]
    if len(told) != len(wanted) or not all(near(a, b, 1e-5) for a, b in zip(told, wanted)):
        faults.append("means differ from those in JSON")
    return faults[:20]


def main():
    arguments = sys.argv[1:]
    folder = None
    if "--pictures" in arguments:
        at = arguments.index("--pictures")
        folder = arguments[at + 1]
        del arguments[at:at + 2]
        os.makedirs(folder, exist_ok=True)
    few = "--few" in arguments  # each width in one scheme, for large pages
    if few:
        arguments.remove("--few")
    if not chromium.find():
        print("Chromium is not installed")
        return 77
    path = arguments[0]
    with open(path, "rb") as file:
        page = file.read()
    faults = ["%d bytes are too many" % len(page)] if len(page) > MOST_BYTES else []
    if re.search(rb"""(src|href)=["']?(https?:)?//""", page):
        faults.append("it refers to the network")
    faults += valid(page)
    browser = chromium.Browser()
    try:
        faults += look(browser, path, folder, few) + reach(browser, path) + without_scripts(browser, path)
        if len(arguments) > 1:
            with open(arguments[1], encoding="utf-8") as file:
                results = json.load(file)
            check = compared if results["kind"] == "comparison" else numbers
            faults += check(browser, path, results)
    finally:
        browser.close()
    print("\n".join(faults) or "no faults: %d bytes" % len(page))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
