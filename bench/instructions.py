#!/usr/bin/env python3
"""instructions.py -- counts the instructions of kernels, where times tell nothing: on shared machines.

    make instructions
    bench/instructions.py [BUILD] [--update] [--json FILE]

callgrind counts what BUILD/bench/instructions executes in frames after the first ones: each pipeline of the standard suite,
8 and 16 bits, on one thread, at AVX2 and SSE (callgrind has no AVX-512). The counts of a picture are taken from those of one
twice as wide: what is done for each frame and row cancels out, and the loops over samples remain.
bench/results/instructions.json holds the instructions per sample for each pair of compilers. Exit status 1: a kernel needs more than 2 % more, or is not in the table.
77: nothing was compared, as callgrind, an instruction set or a table for these compilers is missing. --update writes the
table of the compilers at hand.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "results", "instructions.json")
SUITE = os.path.join(HERE, "suites", "standard.txt")
WIDTHS, HEIGHT = (512, 1024), 64
PICTURE = f"{WIDTHS[1]}x{HEIGHT} less {WIDTHS[0]}x{HEIGHT}"
ISAS, BITS = ("avx2", "sse"), (8, 16)
MORE = 0.02
FAILED, NOT_COMPARED = 1, 77


def leave(code, message):
    print(f"instructions.py: {message}", file=sys.stderr)
    sys.exit(code)


# ---- what is counted

def planes_of(samples):
    return {"gray": 1, "graya": 2, "rgb": 3, "rgba": 4}[samples.rstrip("0123456789")]


def pipelines():
    """Each pipeline of the suite once, with its planes."""
    found = {}
    with open(SUITE, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if len(words) >= 2 and words[0] not in ("suite", "time", "workers"):
                found.setdefault(words[0], planes_of(words[2]) if len(words) > 2 else 3)
    return found


def works():
    return [(isa, pipeline, planes, bits) for pipeline, planes in pipelines().items() for bits in BITS for isa in ISAS]


def name_of(work):
    isa, pipeline, planes, bits = work
    return f"{pipeline} {planes}x{bits} {isa}"


# ---- compilers

def flags_of(build, name):
    try:
        with open(os.path.join(build, name), encoding="utf-8") as file:
            return file.read().split()
    except OSError as error:
        leave(FAILED, f"cannot read {error.filename}: {error.strerror}; run make instructions")


def compiler(command):
    """Its name and version: "clang 14.0.6"."""
    texts = []
    for flag in ("--version", "-dumpfullversion", "-dumpversion"):
        result = subprocess.run([command, flag], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        texts.append(result.stdout.strip() if result.returncode == 0 else "")
    full = re.search(r"\d+\.\d+[.\d]*", texts[1]) or re.search(r"\d+[.\d]*", texts[2])
    return f"{'clang' if 'clang' in texts[0] else 'gcc'} {full.group(0) if full else 'of unknown version'}"


def compilers(build):
    """Of kernels and of host code, as BUILD was made with them."""
    names = []
    for file in ("kernel.flags", "host.flags"):
        flags = [word for word in flags_of(build, file) if os.path.basename(word) != "ccache"]
        if any(word.startswith("-fsanitize") for word in flags):
            leave(NOT_COMPARED, f"{build} is built with a sanitizer, whose instructions would be counted too; not compared")
        names.append(compiler(flags[0]))
    return "kernels by {}, host by {}".format(*names)


# ---- counting

def run_callgrind(build, listed, folder):
    program = os.path.join(build, "bench", "instructions")
    command = ["valgrind", "--tool=callgrind", "--toggle-collect=run_frames", "--dump-after=run_frames",
               f"--callgrind-out-file={folder}/out", program]
    for isa, pipeline, planes, bits in listed:
        for width in WIDTHS:
            command += [isa, pipeline, str(width), str(HEIGHT), str(planes), str(bits)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode == 2 and "unknown ISA level" in result.stderr:
        leave(NOT_COMPARED, f"this machine lacks one of {' and '.join(ISAS)}; not compared")
    if result.returncode != 0:
        leave(FAILED, f"{program} under callgrind failed ({result.returncode}):\n{result.stderr}")
    return [int(line) for line in result.stdout.split()]


def read_total(path):
    try:
        with open(path, encoding="utf-8") as file:
            return int(re.search(r"^totals: (\d+)", file.read(), re.M).group(1))
    except (OSError, AttributeError) as error:
        leave(FAILED, f"callgrind has not written {os.path.basename(path)} as expected: {error}")


def count(build, listed):
    """Instructions per sample, by name."""
    with tempfile.TemporaryDirectory() as folder:
        samples = run_callgrind(build, listed, folder)
        if len(samples) != len(listed) * len(WIDTHS):
            leave(FAILED, f"{len(samples)} of {len(listed) * len(WIDTHS)} pictures were run")
        totals = [read_total(f"{folder}/out.{i + 1}") for i in range(len(samples))]
    counts = {}
    for i, work in enumerate(listed):
        narrow, wide = 2 * i, 2 * i + 1
        counts[name_of(work)] = round((totals[wide] - totals[narrow]) / (samples[wide] - samples[narrow]), 4)
    if min(counts.values()) <= 0:
        leave(FAILED, "a wider picture takes no more instructions: is run_frames inlined?")
    return counts


# ---- the table

def read_table():
    if not os.path.exists(TABLE):
        return {"picture": PICTURE, "unit": "instructions per sample of the input", "compilers": {}}
    try:
        with open(TABLE, encoding="utf-8") as file:
            table = json.load(file)
        if table["picture"] != PICTURE or not isinstance(table["compilers"], dict):
            raise ValueError("it is of other pictures")
        return table
    except (OSError, ValueError, KeyError, TypeError) as error:
        leave(FAILED, f"cannot read {TABLE}: {error}")


def write(path, content):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".new", path)


def compare(before, now):
    """Prints what differs by more than 2 %. Returns whether all is as it was or better."""
    good = True
    for name, value in now.items():
        was = before.get(name)
        if was is None:
            print(f"{name}: {value:.3f}, not in the table: add it with --update")
            good = False
        elif value > was * (1 + MORE):
            print(f"{name}: {value:.3f}, was {was:.3f}: {100 * (value / was - 1):.1f} % MORE")
            good = False
        elif value < was * (1 - MORE):
            print(f"{name}: {value:.3f}, was {was:.3f}: {100 * (1 - value / was):.1f} % less: keep it with --update")
    for name in before.keys() - now.keys():
        print(f"{name}: in the table, no longer in the suite: remove it with --update")
    return good


def main():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("build", nargs="?", default=os.path.join(os.path.dirname(HERE), "build"))
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        leave(NOT_COMPARED, "valgrind is not installed; not compared")
    table, own = read_table(), compilers(options.build)
    before = table["compilers"].get(own)
    if before is None and not options.update and options.json is None:
        leave(NOT_COMPARED, f"the table has no {own}, only: {'; '.join(table['compilers']) or 'nothing'}; not compared")
    now = count(options.build, works())
    if options.json is not None:
        write(options.json, now)
    if options.update:
        table["compilers"][own] = now
        write(TABLE, table)
        print(f"{len(now)} counts written, {own}")
        return 0
    if before is None:
        leave(NOT_COMPARED, f"the table has no {own}; not compared")
    good = compare(before, now)
    print(f"{len(now)} counts compared, {own}: {'no' if good else 'a'} kernel needs more than {MORE:.0%} more")
    return 0 if good else FAILED


if __name__ == "__main__":
    sys.exit(main())
