#!/usr/bin/env python3
"""machine_code.py -- reads the GPU machine code of program texts, without a GPU.

    bench/machine_code.py [options] program.cl... | PIPELINE[@8|@16]...
    bench/machine_code.py --all [options]

build/triptych runs a pipeline with --on opencl:cpu, which writes the texts (TRIPTYCH_OPENCL_DUMP), on a small picture, or
with --run on one of 3840x2160.
clang compiles each to PTX, ptxas to sm_90 code, and nvdisasm disassembles it. Each kernel gets a row: registers, spills,
stack, local memory, instructions by kind, loads and stores by width; --loops adds each loop with its body. The code is
searched for the two known faults of ptxas (docs/gpu.md); exit status 3 if found. The driver has a front end of its own, so
the results hold for forms, not for every instruction. --all takes the examples of all kernels, in both depths. Tools are downloaded once, from Debian and PyPI, in pinned versions,
into --tools.
"""
import argparse
import functools
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
NVCC, NVDISASM, RIGHT_NVCC, NUMPY = "13.3.73", "13.4.92", "13.4.59", "1.26.4"
UNITS, LANES, CLOCK, BANDWIDTH = 132, 128, 1.7e9, 4.2e12  # of an H200; LSU_LANES too
LSU_LANES = 32
PICTURE = 3840 * 2160 * 3


def fail(message):
    sys.exit(f"machine_code.py: {message}")


def call(command, **more):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if result.returncode != 0:
        fail(f"{' '.join(command[:3])} ... failed ({result.returncode}):\n" + "\n".join((result.stdout + result.stderr).splitlines()[:20]))
    return result.stdout, result.stderr


# ---- tools

class Tools:
    def __init__(self, folder, clang, ptxas):
        self.folder, self.version = folder, clang
        os.makedirs(folder, exist_ok=True)
        self.ptxas = self.python("nvidia-cuda-nvcc", ptxas, "ptxas")
        self.right_ptxas = self.python("nvidia-cuda-nvcc", RIGHT_NVCC, "ptxas")
        self.nvdisasm = self.python("nvidia-cuda-nvdisasm", NVDISASM, "nvdisasm")
        self.debian(clang)

    def python(self, package, version, program):
        place = os.path.join(self.folder, f"{package}-{version}")
        path = os.path.join(place, "nvidia", "cu13", "bin", program)
        if not os.path.exists(path):
            call([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, f"{package}=={version}"])
        os.chmod(path, 0o755)
        return path

    def numpy(self):
        """Imports numpy and sass.py, which needs it; only for --run."""
        try:
            import numpy
        except ImportError:
            place = os.path.join(self.folder, f"numpy-{NUMPY}")
            if not os.path.isdir(place):
                call([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, f"numpy=={NUMPY}"])
            sys.path.append(place)
            import numpy
        import sass
        return numpy, sass

    def debian(self, version):
        """clang and libclc, from the system or unpacked into the folder; their major versions must match."""
        place = os.path.join(self.folder, f"debian-{version}")
        self.clc = f"{place}/usr/lib/clc"
        own = f"{place}/usr/lib/llvm-{version}/bin/clang"
        system = f"/usr/lib/llvm-{version}/bin/clang"
        packages = [] if os.path.isdir(self.clc) else [f"libclc-{version}", f"libclc-{version}-dev"]
        if not os.path.exists(system) and not os.path.exists(own):
            packages += [f"clang-{version}", f"libclang-cpp{version}", f"libllvm{version}", f"libclang-common-{version}-dev"]
        if packages:
            os.makedirs(place, exist_ok=True)
            call(["apt-get", "download", "-q"] + packages, cwd=place)
            for name in os.listdir(place):
                if name.endswith(".deb"):
                    call(["dpkg", "-x", os.path.join(place, name), place])
                    os.remove(os.path.join(place, name))
        self.clang = own if os.path.exists(own) else system
        libraries = [f"{place}/usr/lib/llvm-{version}/lib", f"{place}/usr/lib/x86_64-linux-gnu"]
        self.environment = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries)) if self.clang == own else None

    def compile(self, text, out, target):
        more = ["-Xclang", "-mlink-builtin-bitcode", "-Xclang"]
        if target.startswith("gfx"):
            more = ["-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", "-nogpulib"] + more + [f"{self.clc}/amdgcn--amdhsa.bc"]
        else:
            more = ["-DTILE_PTX", "-target", "nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", "sm_80"] + more + \
                   [f"{self.clc}/nvptx64--nvidiacl.bc"]
        ir = out + ".ll"
        call([self.clang, "-x", "cl", "-cl-std=CL1.2", "-D__OPENCL_VERSION__=120", "-Xclang", "-finclude-default-header", "-w", "-O2", "-fno-discard-value-names",
              "-emit-llvm", "-S", text, "-o", ir] + more, env=self.environment)
        call([self.clang, "-x", "ir", "-w", "-O2", "-S", ir, "-o", out] + more[:more.index("-mlink-builtin-bitcode") - 1],
             env=self.environment)
        return ir


def group_sizes(ir):
    """The reqd_work_group_size of kernels, which LLVM's back end drops."""
    with open(ir, encoding="utf-8") as file:
        text = file.read()
    nodes = dict(re.findall(r"^(!\d+) = !\{i32 (\d+, i32 \d+, i32 \d+)\}$", text, re.M))
    sizes = {}
    for name, node in re.findall(r"^define .*?kernel void @(\w+)\(.*!reqd_work_group_size (!\d+)", text, re.M):
        sizes[name] = [int(n) for n in nodes[node].replace("i32", "").split(",")]
    return sizes


def finish_ptx(path, sizes):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"^\.version.*", ".version 8.0", text, flags=re.M)
    text = re.sub(r"^\.target.*", ".target sm_90", text, flags=re.M)
    for name, size in sizes.items():
        text = re.sub(r"(\.entry " + name + r"\([^)]*\)\n)", r"\1.reqntid " + ", ".join(map(str, size)) + "\n", text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return text


# ---- SASS

class Instruction:
    widths = ((".U8", "8"), (".S8", "8"), (".U16", "16"), (".S16", "16"), (".64", "64"), (".128", "128"))
    pattern = re.compile(r"/\*([0-9a-f]{4,})\*/\s+(?:@(!?U?P\w+)\s+)?([A-Z][A-Za-z0-9_.]*)\s*(.*?)\s*;")

    def __init__(self, match):
        self.address = int(match.group(1), 16)
        self.predicate, self.code, rest = match.group(2), match.group(3), match.group(4)
        self.operands = [o.strip() for o in rest.split(",")] if rest else []
        self.name = self.code.split(".")[0]
        self.width = next((width for part, width in self.widths if part in self.code), "32")  # of loads and stores, in bits
        self.text = f"{'@' + self.predicate + ' ' if self.predicate else ''}{self.code} {rest}"


def parse_sass(text):
    """{kernel: (instructions, {label: index})}"""
    kernels, instructions, labels = {}, None, {}
    for line in text.splitlines():
        start = re.match(r"\.text\.(\w+):", line)
        label = re.match(r"(\.L_x_\d+):", line)
        match = Instruction.pattern.search(line)
        if start:
            instructions, labels = [], {}
            kernels[start.group(1)] = (instructions, labels)
        elif label:
            labels[label.group(1)] = len(instructions)
        elif match and instructions is not None:
            instructions.append(Instruction(match))
    for instructions, labels in kernels.values():
        while instructions and (instructions[-1].name == "NOP" or jump(instructions[-1], labels) == len(instructions) - 1):
            instructions.pop()
    return kernels


def jump(instruction, labels):
    found = re.search(r"\.L_x_\d+", instruction.text) if instruction.name == "BRA" else None
    return labels.get(found.group(0)) if found else None


def pipe(instruction):
    """The pipe of a unit that executes it; integer arithmetic has two, with 64 lanes each."""
    k = kind(instruction)
    if instruction.name.startswith("U") or k in ("branch", "barrier", "LDC"):
        return "other"
    if k in MOVES or k == "atomic":
        return "lsu"
    if instruction.name in ("FFMA", "FMUL", "FADD"):
        return "float"  # twice as many lanes
    return "fma" if instruction.name in ("IMAD", "HFMA2", "IDP") else "alu"


WIDTHS = ("8", "16", "32", "64", "128")
MOVES = ("LDG", "STG", "LDS", "STS", "LDL", "STL", "LDC")


def kind(instruction):
    name = instruction.name
    if name in MOVES:
        return name
    if name in ("ULDC", "S2R", "S2UR", "CS2R"):
        return "LDC"
    if name.startswith(("ATOM", "RED")):
        return "atomic"
    if name in ("BAR",):
        return "barrier"
    if name in ("BRA", "BSSY", "BSYNC", "EXIT", "WARPSYNC", "CALL", "RET", "BREAK", "BRX"):
        return "branch"
    if name in ("PRMT", "UPRMT", "SHF", "USHF", "LOP3", "ULOP3", "SGXT", "BMSK", "I2IP"):
        return "bits"
    if name.startswith(("F", "MUFU", "HFMA", "HADD", "I2F", "DADD", "DMUL", "DFMA")) and name not in ("FLO",):
        return "float"
    if name in ("MOV", "UMOV", "NOP") or instruction.code.startswith("IMAD.MOV"):
        return "move"
    return "integer"


def count(instructions):
    """Counts instructions by kind, and loads and stores by width."""
    kinds, widths, lsu = {}, {}, 0
    for instruction in instructions:
        k = kind(instruction)
        kinds[k] = kinds.get(k, 0) + 1
        if k in MOVES[:6]:
            widths[k, instruction.width] = widths.get((k, instruction.width), 0) + 1
            lsu += max(1, int(instruction.width) // 32)
        elif k == "atomic":
            lsu += 1
    return kinds, widths, lsu


def by_width(widths, name):
    return "·".join(f"{widths[name, w]}×{w}" for w in WIDTHS if (name, w) in widths) or "-"


def find_loops(instructions, labels):
    """(first, last) of each backward branch's range, outer ones first."""
    loops = {}
    for i, instruction in enumerate(instructions):
        to = jump(instruction, labels)
        if to is not None and to <= i:
            loops[to] = max(loops.get(to, 0), i)
    return sorted(loops.items(), key=lambda loop: (loop[0], -loop[1]))


def number(text):
    text = text.replace(".reuse", "")
    if text in ("RZ", "URZ"):
        return 0
    try:
        return int(text, 0)
    except ValueError:
        return None


def trips(instructions, first, last):
    """Trip count of a loop with a constant step and end; a variable start counts as 0. None if unknown."""
    end = instructions[last]
    flag = (end.predicate or "").lstrip("!")
    for at in range(last, first - 1, -1):
        test = instructions[at]
        if test.name in ("ISETP", "UISETP") and test.operands[0] == flag:
            break
    else:
        return None
    register, limit = test.operands[2].replace(".reuse", ""), number(test.operands[3])
    step = start = None
    for instruction in instructions[first:last]:
        if instruction.name in ("VIADD", "IADD3", "UIADD3") and instruction.operands[0] == register:
            if instruction.operands[1].replace(".reuse", "") == register:
                step = number(instruction.operands[2])
    for instruction in reversed(instructions[:first]):
        if instruction.operands and instruction.operands[0] == register:
            start = number(instruction.operands[-1]) if kind(instruction) == "move" else None
            break
    if limit is None or not step:
        return None
    return max(1, -(-(limit - (start or 0)) // step)) if (limit - (start or 0)) * step > 0 else None


# ---- faults

def shift_faults(instructions):
    return [i for i in instructions if re.match(r"LEA\.HI\.SX32", i.code) and re.match(r"-R\d", i.operands[1])]


def negated_chain(ptx):
    """Whether a negated value goes into one of several chained minima or maxima."""
    defined, chained = {}, False
    extremes = re.findall(r"(?:min|max)\.s32\s+(%r\d+), (%r\d+|-?\d+), (%r\d+|-?\d+);", ptx)
    negated = set(re.findall(r"neg\.s32\s+(%r\d+),", ptx)) | set(re.findall(r"sub\.s32\s+(%r\d+), 0,", ptx))
    results = {e[0] for e in extremes}
    used = {o for e in extremes for o in e[1:]}
    for result, a, b in extremes:
        if a in negated or b in negated:
            chained |= result in used or a in results or b in results
            defined[result] = True
    return chained


def negations(instructions):
    return sum(len(re.findall(r"-R\d", i.text)) for i in instructions)


# ---- a program's report

def read_resources(log):
    """{kernel: (registers, stack, spill bytes, shared)} from ptxas -v."""
    found = {}
    for name, body in re.findall(r"Compiling entry function '(\w+)'(.*?)(?=Compiling entry|\Z)", log, re.S):
        stack, stores, loads = map(int, re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes", body).groups())
        registers = int(re.search(r"Used (\d+) registers", body).group(1))
        shared = re.search(r"(\d+) bytes smem", body)
        found[name] = (registers, stack, stores + loads, int(shared.group(1)) if shared else 0)
    return found


def assemble(ptxas, tools, ptx, cubin):
    _, log = call([ptxas, "-v", "-arch=sm_90", ptx, "-o", cubin])
    sass, _ = call([tools.nvdisasm, "-c", cubin])
    return read_resources(log), parse_sass(sass), sass


def nvidia_rows(tools, text, keep, options):
    base = os.path.join(keep, os.path.basename(text)[:-3])
    ir = tools.compile(text, base + ".ptx", "nvptx")
    sizes = group_sizes(ir)
    ptx = finish_ptx(base + ".ptx", sizes)
    resources, kernels, sass = assemble(tools.ptxas, tools, base + ".ptx", base + ".cubin")
    _, right, _ = assemble(tools.right_ptxas, tools, base + ".ptx", base + ".right.cubin")
    with open(base + ".sass", "w", encoding="utf-8") as file:
        file.write(sass)
    bodies = dict(re.findall(r"\.entry (\w+)\((.*?)^\}", ptx, re.M | re.S))
    for name, (instructions, labels) in sorted(kernels.items()):
        faults = [f"LEA.HI.SX32 with a negated operand at {i.address:04x}: {i.text}" for i in shift_faults(instructions)]
        if any(i.name == "VIMNMX3" for i in instructions) and negated_chain(bodies.get(name, "")) and \
                negations(instructions) < negations(right[name][0]):
            faults.append(f"VIMNMX3 that lost a minus sign: {negations(instructions)} negations, "
                          f"ptxas {RIGHT_NVCC} has {negations(right[name][0])}")
        yield name, resources[name], instructions, labels, sizes.get(name), faults, ir


def microseconds(per_sample, lanes):
    return PICTURE * per_sample / (UNITS * lanes * CLOCK) * 1e6


def estimate(instructions, loops, options):
    """(instructions, instructions of the busier integer pipe, LSU cycles) of one item, each loop's body counted as often as
    it runs; and whether all trip counts are known."""
    weights, known = [1] * len(instructions), True
    for first, last in loops:
        times = options.trips.get(f"{instructions[first].address:04x}", trips(instructions, first, last))
        known &= times is not None
        for i in range(first, last + 1):
            weights[i] *= times if times is not None else 1
    lsu = sum(w * count([i])[2] for w, i in zip(weights, instructions))
    pipes = [sum(w for w, i in zip(weights, instructions) if pipe(i) == name) for name in ("alu", "fma")]
    return sum(weights), max(pipes), lsu, known


def argument_names(ir, kernel):
    """[(whether it is a 32-bit number, name)]"""
    with open(ir, encoding="utf-8") as file:
        found = re.search(r"^define .*?kernel void @" + kernel + r"\((.*)$", file.read(), re.M)
    return [(kind == "i32", name) for kind, name in re.findall(r"(?:^|, )(\w+).*?%(\w+)(?=[,)])", found.group(1))]


def read_file(path):
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def apart(table):
    """The table of channels with all planes in places of their own: images have none yet when it is written."""
    table = bytearray(table)
    for at in range(0, len(table), 24):
        offset, stride, width, height, _ = struct.unpack_from("<qiiii", table, at)
        if stride >= width > 0 and height > 0:  # not constants, nor what a pass reads
            struct.pack_into("<q", table, at, offset + (at // 24 << 28))
    return bytes(table)


def execute(tools, instructions, labels, size, ir, kernel, data, options):
    """Runs one group in the middle of a 3840x2160 image; (None, reason) if that is not possible. `data`: where the table of
    channels and the constants are, without the ending."""
    np, sass = tools.numpy()
    names = argument_names(ir, kernel)
    packed, table = b"", None
    for number, (plain, name) in enumerate(names):
        if plain:
            packed += struct.pack("<i", 0)
        else:
            packed += bytes(-len(packed) % 8) + struct.pack("<Q", 0x10000000 + ((number + 1) << 40))
            table = number + 1 if name == "table" else table
    entries = b"".join(struct.pack("<qiiii", 0, 4096 * options.bytes, 3840, 2160, 0) for n in range(64))
    known = {"table": apart(read_file(data + ".table") or entries), "constants": read_file(data + ".constants")}
    known = {number + 1: np.frombuffer(known[name], dtype=np.uint8) for number, (_, name) in enumerate(names) if known.get(name)}

    def read(at, width):
        words = []
        for w in range(0, width, 4):
            here = at + np.uint64(w)
            noise = ((here // np.uint64(4)) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xffffffff)
            if width < 4:
                noise = (noise >> (here % np.uint64(4) * np.uint64(8))) & np.uint64((1 << 8 * width) - 1)
            for number, told in known.items():
                offset = ((here - np.uint64(0x10000000)) & np.uint64((1 << 40) - 1)).astype(np.int64)
                word = sum(told[(offset + b) % len(told)].astype(np.uint64) << np.uint64(8 * b) for b in range(min(4, width)))
                noise = np.where((here >> np.uint64(40) == np.uint64(number)) & (offset < len(told)), word, noise)
            words.append(noise)
        return words

    group = sass.Group(instructions, labels, size, (2, 2, 0), (1000, 1000, 3), packed, read, {}, table or 0)
    try:
        with np.errstate(all="ignore"):
            group.run()
    except sass.Unknown as unknown:
        return None, str(unknown)
    return group, None


def made_samples(group, options):
    """Samples that a group stores; if it only counts, those that it loads."""
    return max(1, group.store_bytes or group.load_bytes) / options.bytes


def run_row(name, group, instructions, options):
    """The cost of a sample, and the time of `options.output` samples."""
    samples = made_samples(group, options)
    lanes = 32 / samples
    issued = group.executed.sum() * lanes
    pipes = {k: sum(int(n) for n, i in zip(group.executed, instructions) if pipe(i) == k) * lanes for k in ("alu", "fma")}
    lsu = (group.shared_cycles + group.global_cycles) * lanes
    traffic = 32 * len(group.sectors) / samples
    scale = options.output / (UNITS * CLOCK) * 1e6
    times = [issued / LANES * scale, max(pipes.values()) / (LANES / 2) * scale, lsu / LSU_LANES * scale,
             traffic * options.output / BANDWIDTH * 1e6]
    wide = 100 * group.wide_bytes / max(1, group.load_bytes + group.store_bytes)
    return [name, int(samples), f"{wide:.0f} %"] + [f"{v:.1f}" for v in (issued, pipes["alu"], pipes["fma"], lsu, traffic)] + \
        [f"{t:.1f}" for t in times] + [f"{max(times):.1f}", f"{2 * options.bytes * options.output / BANDWIDTH * 1e6 / max(times):.2f}"]


def print_sections(name, group, instructions, options):
    """Instructions per sample between barriers: loading, each pass, storing."""
    samples, start = made_samples(group, options), 0
    for end in [n for n, i in enumerate(instructions) if i.name == "BAR"] + [len(instructions) - 1]:
        part = list(zip(instructions, group.executed))[start:end + 1]
        kinds = {}
        for instruction, times in part:
            what = kind(instruction)
            what = f"{what}.{instruction.width}" if what in MOVES[:6] else what
            kinds[what] = kinds.get(what, 0) + int(times) * 32 / samples
        total = sum(kinds.values())
        if total >= 0.05:
            mix = ", ".join(f"{k} {n:.1f}" for k, n in sorted(kinds.items(), key=lambda item: -item[1]) if n >= 0.05)
            print(f"  {name} {instructions[start].address:04x}-{instructions[end].address:04x}: {total:.1f} ({mix})")
        start = end + 1


RUN_HEADS = ("kernel", "samples per group", "by 16 bytes", "instr", "alu", "fma", "LSU", "bytes", "issue us", "pipe us", "LSU us", "memory us", "time us", "share")
HEADS = ("kernel", "regs", "spill", "stack", "local", "instr", "LDG", "STG", "LDS", "STS", "LDL+STL", "LDC", "int", "bits", "move", "float",
         "atomic", "bra", "bar", "run")


def row(name, resources, instructions, labels, options):
    kinds, widths, _ = count(instructions)
    registers, stack, spills, shared = resources
    run, _, _, known = estimate(instructions, find_loops(instructions, labels), options)
    return [name, registers, spills, stack, shared, len(instructions)] + [by_width(widths, m) for m in MOVES[:4]] + \
        [kinds.get("LDL", 0) + kinds.get("STL", 0)] + \
        [kinds.get(k, 0) for k in ("LDC", "integer", "bits", "move", "float", "atomic", "branch", "barrier")] + \
        [f"{run}{'' if known else '?'}"]


def print_table(heads, rows, markdown):
    rows = [[str(cell) for cell in r] for r in rows]
    if markdown:
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for r in rows:
            print("| " + " | ".join(r) + " |")
        return
    widths = [max(len(r[i]) for r in rows + [list(heads)]) for i in range(len(heads))]
    for r in [heads] + rows:
        print("  ".join(c.ljust(w) if i in (0, 6, 7, 8, 9) else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths))).rstrip())


def print_loops(name, instructions, labels, options):
    loops = find_loops(instructions, labels)
    for first, last in loops:
        depth = sum(f <= first and last <= l for f, l in loops) - 1
        own = [i for n, i in enumerate(instructions[first:last + 1], first)
               if not any(f <= n <= l for f, l in loops if first <= f and l <= last and (f, l) != (first, last))]
        kinds, widths, lsu = count(own)
        times = trips(instructions, first, last)
        moves = ", ".join(f"{m} {by_width(widths, m)}" for m in MOVES[:6] if by_width(widths, m) != "-")
        rest = ", ".join(f"{k} {n}" for k, n in sorted(kinds.items()) if k not in MOVES[:6])
        print(f"  {name} {'  ' * depth}loop {instructions[first].address:04x}-{instructions[last].address:04x}: {len(own)} instructions, "
              f"{times if times is not None else 'unknown'} times, LSU {lsu}; {moves or 'no memory'}; {rest}")


def print_time(name, instructions, labels, size, options):
    items = options.items or (size[0] * size[1] * size[2] if size else None)
    if not options.samples or not items:
        return
    run, half, lsu, known = estimate(instructions, find_loops(instructions, labels), options)
    per_sample, half, lsu_per_sample = (n * items / options.samples for n in (run, half, lsu))
    memory = 2 * PICTURE * options.bytes / BANDWIDTH * 1e6
    print(f"  {name}: {per_sample:.1f} instructions per sample: {microseconds(per_sample, LANES):.1f} us; on the "
          f"busier integer pipe {half:.1f}: {microseconds(half, LANES / 2):.1f} us; LSU {lsu_per_sample:.2f} cycles per "
          f"sample: {microseconds(lsu_per_sample, LSU_LANES):.1f} us; memory {memory:.1f} us (3840x2160 RGB)"
          f"{'' if known else '; loops of unknown length counted once'}")


# ---- AMD

AMD_HEADS = ("kernel", "VGPRs", "SGPRs", "spilled", "scratch", "local", "instr", "global ld", "global st", "local ld", "local st", "scratch ops")


def amd_rows(tools, text, keep, target):
    base = os.path.join(keep, os.path.basename(text)[:-3])
    tools.compile(text, base + f".{target}.s", target)
    with open(base + f".{target}.s", encoding="utf-8") as file:
        assembly = file.read()
    for block in re.split(r"^  - \.args:", assembly[assembly.index("amdhsa.kernels:"):], flags=re.M)[1:]:
        facts = dict(re.findall(r"\.(\w+):\s+(\S+)$", block, re.M))
        name = re.search(r"^    \.name:\s+(\S+)", block, re.M).group(1)
        body = re.search(r"^" + name + r":.*?\n(.*?)^\.Lfunc_end", assembly, re.M | re.S).group(1)
        codes = re.findall(r"^\s+([a-z]+_\w+)", body, re.M)
        def many(*starts):
            return sum(c.startswith(starts) for c in codes)
        yield [name, facts["vgpr_count"], facts["sgpr_count"], int(facts["vgpr_spill_count"]) + int(facts["sgpr_spill_count"]),
               facts["private_segment_fixed_size"], facts["group_segment_fixed_size"], len(codes), many("global_load", "flat_load"),
               many("global_store", "flat_store"), many("ds_load", "ds_read"), many("ds_store", "ds_write"),
               many("scratch_", "buffer_load", "buffer_store")]


# ---- texts of pipelines

def run_dumping(pipeline, picture, dialect, keep):
    folder = tempfile.mkdtemp(dir=keep)
    environment = dict(os.environ, TRIPTYCH_OPENCL_DUMP=folder, TRIPTYCH_OPENCL_DIALECT=dialect, TRIPTYCH_OPENCL_QUALIFY="no")
    command = [os.path.join(ROOT, "build", "triptych"), "run", pipeline, picture, "--on", "opencl:cpu", "-o", os.path.join(keep, "out.png")]
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        call(command + ["--with", picture], env=environment)  # for kernels of two pictures
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".cl")]


def large_picture(bits, keep):
    path = os.path.join(keep, f"large-{bits}.ppm")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(f"P6 3840 2160 {(1 << bits) - 1}\n".encode() + bytes(PICTURE * bits // 8))
    return path


@functools.lru_cache(maxsize=None)
def count_first(picture, dialect, keep):
    return len(run_dumping("copy", picture, dialect, keep)) - 1


def dump_pipeline(pipeline, bits, dialect, keep, large):
    """The texts of a pipeline's programs. Those of the device's self-test come first: all but the last of `copy`."""
    if not os.path.exists(os.path.join(ROOT, "build", "triptych")):
        fail("build/triptych is missing: run make first")
    picture = large_picture(bits, keep) if large else os.path.join(ROOT, "images", "gray16.png" if bits == 16 else "street.png")
    before = count_first(picture, dialect, keep)
    texts = run_dumping(pipeline, picture, dialect, keep)
    return texts[before:] or texts


def examples():
    text, _ = call([os.path.join(ROOT, "build", "triptych"), "kernels", "--json"])
    return [f"{kernel['example']}@{bits}" for kernel in json.loads(text) for bits in (8, 16)]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", help="files ending in .cl, or pipelines")
    parser.add_argument("--all", action="store_true", help="the examples of all kernels, in both depths")
    parser.add_argument("--tools", default=os.path.join(ROOT, "build", "machine-code"), help="folder for the tools (build/machine-code)")
    parser.add_argument("--keep", help="folder to keep texts, PTX and SASS in")
    parser.add_argument("--clang", default="15", help="major version (15)")
    parser.add_argument("--ptxas", default=NVCC, help=f"version ({NVCC}, which has the faults; {RIGHT_NVCC} does not)")
    parser.add_argument("--target", default="nvidia", help="nvidia, or an AMD card: gfx90a, gfx1030, gfx1100")
    parser.add_argument("--dialect", default="tiles", help="TRIPTYCH_OPENCL_DIALECT for pipelines (tiles)")
    parser.add_argument("--loops", action="store_true", help="list each loop and its body")
    parser.add_argument("--samples", type=int, help="samples per work-group: prints the time of a 3840x2160 RGB picture")
    parser.add_argument("--items", type=int, help="items per work-group, if the kernel does not specify it")
    parser.add_argument("--bytes", type=int, default=1, help="bytes per sample (1)")
    parser.add_argument("--trips", default="", help="trip counts of loops: ADDRESS=TIMES,... with addresses from --loops")
    parser.add_argument("--run", action="store_true", help="run a work-group's code and count what it executes per output sample")
    parser.add_argument("--sections", action="store_true", help="with --run: instructions per sample between barriers")
    parser.add_argument("--output", type=int, default=PICTURE, help=f"output samples for the times of --run ({PICTURE}: 3840x2160 RGB)")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    if options.all:
        options.what += examples()
    if not options.what:
        parser.error("nothing to read: name pipelines or files, or --all")
    options.trips = {a: int(n) for a, n in (t.split("=") for t in options.trips.split(",") if t)}
    return options


def main():
    options = parse_arguments()
    keep = options.keep or tempfile.mkdtemp(prefix="machine-code-")
    os.makedirs(keep, exist_ok=True)
    tools = Tools(os.path.abspath(options.tools), options.clang, options.ptxas)
    rows, more, faults, runs, groups = [], [], [], [], []
    for what in options.what:
        pipeline, bits = re.fullmatch(r"(.*?)(?:@(8|16))?", what).groups()
        try:
            texts = [what] if what.endswith(".cl") else dump_pipeline(pipeline, int(bits or 8), options.dialect, keep, options.run)
        except SystemExit as failure:
            if not options.all:
                raise
            print(f"{what}: {failure}")
            continue
        for text in texts:
            if options.target.startswith("gfx"):
                rows += list(amd_rows(tools, text, keep, options.target))
                continue
            for kernel, resources, instructions, labels, size, found, ir in nvidia_rows(tools, text, os.path.dirname(text) if text != what else keep,
                                                                                     options):
                name = kernel
                name = what if len(texts) == 1 and name == "stage_0" else f"{what + ' ' if options.all else ''}{os.path.basename(text)[:-3]}.{name}"
                rows.append(row(name, resources, instructions, labels, options))
                more.append((name, instructions, labels, size))
                if options.run:
                    group, why = execute(tools, instructions, labels, size or [256, 1, 1], ir, kernel, text[:-3], options)
                    groups.append((name, group, instructions))
                    runs.append(run_row(name, group, instructions, options) if group else [name, why] + ["-"] * (len(RUN_HEADS) - 2))
                faults += [f"{name}: {fault}" for fault in found]
    if not (runs and options.markdown):
        print_table(AMD_HEADS if options.target.startswith("gfx") else HEADS, rows, options.markdown)
    if runs and options.markdown:
        print()
        print_table(HEADS[:5] + RUN_HEADS[1:], [a[:5] + b[1:] for a, b in zip(rows, runs)], True)
    elif runs:
        print()
        print_table(RUN_HEADS, runs, False)
    for name, group, instructions in groups:
        if options.sections and group is not None:
            print_sections(name, group, instructions, options)
    for name, instructions, labels, size in more:
        if options.loops:
            print_loops(name, instructions, labels, options)
        print_time(name, instructions, labels, size, options)
    for fault in faults:
        print(f"FAULT of ptxas {options.ptxas}: {fault}")
    if options.keep:
        print(f"PTX and SASS are in {keep}")
    return 3 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
