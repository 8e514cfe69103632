"""instruction_mix.py -- what the row functions of a pipeline execute, by kind, for each sample of the result.

objdump names the instructions of BUILD/bench/steps, and that program runs a few rows of each function one instruction at a
time. x86-64 only. bench/rates.c measures the same kinds.
"""
import os
import re
import subprocess
import tempfile

REGISTERS = {name: number for number, name in enumerate(
    "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split())}
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(.*)$")
FUNCTION = re.compile(r"^0*([0-9a-f]+) <(\w+)_each_row>:$")
MEMORY = re.compile(r"(-?0x[0-9a-f]+)?\((%\w+)?(?:,(%\w+),(\d))?\)")
PREFIXES = ("lock", "rep", "repz", "repnz", "notrack", "bnd", "data16", "cs", "ds", "{evex}", "{vex}")
WIDTHS = {"z": 64, "y": 32, "x": 16}

# The first kind whose pattern fits a vector instruction.
KINDS = [(kind, re.compile(pattern)) for kind, pattern in (
    ("gather", r"v?p?gather"),
    ("divide", r"v?(div|sqrt)"),
    ("multiply_float", r"v?(mul[ps]|fn?m)"),
    ("multiply", r"v?(pmadd|pmul|pdp|psadbw|dbpsadbw|mpsadbw)"),
    ("convert_float", r"v?cvt"),
    ("pack", r"v?pack|vp?mov(us|s)?[wdq][bwd]\b"),
    ("convert", r"v?pmov[sz]x"),
    ("shift", r"v?ps[lr][la]v?[wdq]\b|vpsh[lr]d|vpro[lr]"),
    ("shuffle_bytes", r"vperm[it]?2?[bw]\b"),
    ("shuffle", r"vperm|valign|vp?(compress|expand)|vinsert|vextract|vshuf[fi]|vpbroadcast|vbroadcast"),
    ("shuffle_lane", r"v?(pshuf|punpck|unpck|shufp|palignr|ps[lr]ldq|pinsr|pextr|psllw?dq)"),
    ("move", r"v?mov|vpmov[bwdq]2m|vpmovm2"),
)]
MOVES = re.compile(r"v?(mov|lddqu|broadcast|pbroadcast)")
CHANGES = re.compile(r"(add|sub|inc|dec|and|or|xor|neg|not|shl|shr|sar)[bwlq]?$")
READS_ONLY = re.compile(r"(cmp|test|prefetch|nop|lea|bt)")


class Failure(Exception):
    pass


class Instruction:
    """`units`: [(kind, bytes)] that it occupies. `operand`: that objdump wrote, and `bytes` that it moves."""

    def __init__(self, text):
        self.operand, self.bytes, self.units = None, 0, []
        words = text.split("#")[0].split(None, 1)
        while len(words) > 1 and words[0] in PREFIXES:
            words = words[1].split(None, 1)
        self.name, arguments = words[0], words[1].strip() if len(words) > 1 else ""
        found = MEMORY.search(arguments)
        vectors = re.findall(r"%([xyz])mm\d", arguments)
        memory = found is not None and re.match(r"lea|nop|prefetch|call|jmp", self.name) is None
        last = memory and re.search(r"\)(\{[^}]*\})*$", arguments) is not None
        if vectors or re.search(r"%k\d", arguments):
            self.vector(memory, last, max((WIDTHS[v] for v in vectors), default=8), arguments)
        else:
            self.plain(memory, last)
        if self.bytes > 8 and found is not None:
            self.operand = found.groups()

    def vector(self, memory, last, width, arguments):
        kind = next((kind for kind, pattern in KINDS if pattern.match(self.name)), "choose")
        if kind == "gather":
            self.units = [("gather", width)]
            return
        if memory:
            self.bytes = self.moved(width, kind, arguments)
            self.units.append(("store" if last else "load", next(w for w in (16, 32, 64) if w >= min(self.bytes, 64))))
        if kind == "move" or MOVES.match(self.name) and memory:
            self.units += [] if memory else [("other", 8)]  # between registers: renamed, or next to nothing
            return
        self.units.append((kind, width))

    def moved(self, width, kind, arguments):
        """Bytes in memory of its operand."""
        if "{1to" in arguments or "broadcast" in self.name or re.search(r"mov[dq]$|s[sd]$", self.name):
            return 4
        if re.search(r"insert|extract", self.name):
            return 32 if re.search(r"64x4|32x8", self.name) else 16
        if kind in ("convert", "pack"):
            sizes = dict(zip("bwdq", (1, 2, 4, 8)))
            narrow, wide = sorted(sizes[letter] for letter in re.sub(r"p?x?ack|.*x|.*mov(us|s)?", "", self.name)[:2]) \
                if re.search(r"mov", self.name) else (1, 1)
            return width * narrow // wide
        return width

    def plain(self, memory, last):
        if memory and last and CHANGES.match(self.name):
            self.units = [("increment", 8)]
        elif memory and last and not READS_ONLY.match(self.name):
            self.units = [("store", 8)]
        elif memory:
            self.units = [("lookup", 8)]
        else:
            self.units = [("other", 8)]


def number_of(register):
    return REGISTERS.get((register or "").lstrip("%"), -1)


def line_of(address, instruction):
    """For bench/steps.c. An operand relative to the code, or with a vector of positions, is left out."""
    displacement, base, index, scale = instruction.operand
    if number_of(base) < 0 or (index and number_of(index) < 0):
        return ""
    return "o %x %d %d %s %d %d\n" % (address, number_of(base), number_of(index), scale or 1, int(displacement or "0", 16),
                                      instruction.bytes)


def objdump(path):
    try:
        done = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
    except OSError as error:
        raise Failure("objdump: %s; install binutils" % error.strerror) from error
    if done.returncode != 0:
        raise Failure("objdump %s: %s" % (path, done.stderr.strip()))
    return done.stdout


class Program:
    """BUILD/bench/steps: the instructions of its row functions."""

    def __init__(self, build):
        self.path = os.path.join(build, "bench", "steps")
        self.instructions, self.functions = {}, {}
        inside = False
        for line in objdump(self.path).splitlines():
            found = FUNCTION.match(line)
            if line.endswith(">:"):
                inside = found is not None
                if inside:
                    self.functions[int(found[1], 16)] = found[2]
            elif inside and (found := LINE.match(line)) is not None and found[2].strip():
                self.instructions[int(found[1], 16)] = found[2]
        self.parsed = {}

    def write_list(self, folder):
        path = os.path.join(folder, "list")
        with open(path, "w", encoding="ascii") as file:
            for address in self.functions:
                file.write("f %x\n" % address)
            for address, text in self.instructions.items():
                if "(" in text and "mm" in text:
                    instruction = self.instruction(address)
                    if instruction.operand is not None:
                        file.write(line_of(address, instruction))
        return path

    def instruction(self, address):
        if address not in self.parsed:
            self.parsed[address] = Instruction(self.instructions.get(address, "unknown"))
        return self.parsed[address]

    def run(self, list_path, isa, pipeline, size, planes, bits):
        command = [self.path, isa, pipeline, *map(str, size), str(planes), str(bits), list_path]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failure(done.stderr.strip() or "%s: status %d" % (" ".join(command), done.returncode))
        return [line.split() for line in done.stdout.splitlines()]

    def count(self, list_path, isa, pipeline, size, planes, bits, samples):
        """For each sample of the result: {"units": {(kind, bytes): n}, "crossing": n of loads and stores, "all": n,
        "functions": {name: n}}."""
        lines = self.run(list_path, isa, pipeline, size, planes, bits)
        calls = {line[1]: int(line[2]) / int(line[3]) for line in lines if line[0] == "f"}
        mix = {"units": {}, "crossing": {}, "all": 0.0, "functions": {}}
        for _, address, times, crossings, function in (line for line in lines if line[0] == "i"):
            scale = calls[function] / samples
            instruction = self.instruction(int(address, 16))
            own = int(times) * scale
            mix["all"] += own
            name = self.functions[int(function, 16)]
            mix["functions"][name] = mix["functions"].get(name, 0.0) + own
            for unit in instruction.units:
                mix["units"][unit] = mix["units"].get(unit, 0.0) + own
            for unit in instruction.units:
                if unit[0] in ("load", "store") and int(crossings) > 0:
                    mix["crossing"][unit] = mix["crossing"].get(unit, 0.0) + int(crossings) * scale
        return mix


def rates(build, cores):
    """{(kind, bytes): instructions per nanosecond}, of so many cores at once."""
    path, total = os.path.join(build, "bench", "rates"), {}
    running = [subprocess.Popen([path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(cores)]
    for process in running:
        out, errors = process.communicate()
        if process.returncode != 0:
            raise Failure(errors.strip() or "%s: status %d" % (path, process.returncode))
        for kind, width, rate in (line.split() for line in out.splitlines()):
            total[kind, int(width)] = total.get((kind, int(width)), 0.0) + float(rate)
    return total


def operations(measured, bits):
    """Per nanosecond, at the widest vectors: minima or maxima, multiply-adds, and counted samples. Samples of 8 bits are
    multiplied in pairs of 16 bits, others as floats of 32."""
    width = max(bytes_ for kind, bytes_ in measured if kind == "choose")
    multiply = measured["multiply" if bits == 8 else "multiply_float", width]
    return [measured["choose", width] * width * 8 / bits, multiply * width / (2 if bits == 8 else 4),
            measured["increment", 8]]


def rate_of(measured, kind, width):
    """Vectors of 16 bytes are no faster than those of 32; what was not measured is as fast as the nearest kind."""
    near = {"shuffle_bytes": "shuffle", "convert_float": "convert", "multiply_float": "multiply"}
    for kind_ in (kind, near.get(kind, kind), "choose"):
        for width_ in (width, 32, 8):
            if width_ >= width or width_ == 8:
                rate = measured.get((kind_, width_))
                if rate:
                    return rate
    raise Failure("no rate of %s, %d bytes" % (kind, width))


GROUPS = {"loads": ("load", "lookup", "gather"), "stores": ("store",), "multiplies": ("multiply", "multiply_float", "divide"),
          "shuffles": ("shuffle", "shuffle_bytes", "shuffle_lane"), "conversions": ("convert", "convert_float", "pack"),
          "shifts": ("shift",), "increments": ("increment",), "vectors": ("choose",), "scalar": ("other",)}
VECTOR = GROUPS["multiplies"] + GROUPS["shuffles"] + GROUPS["conversions"] + GROUPS["shifts"] + GROUPS["vectors"]


def grouped(mix):
    """{group: instructions per sample}; an instruction with an operand in memory is in two."""
    return {name: sum(n for (kind, _), n in mix["units"].items() if kind in kinds) for name, kinds in GROUPS.items()}


def bounds(mix, measured):
    """{unit: nanoseconds per sample that one core needs at least}, if this unit alone were the limit."""
    def spent(kinds, rate=None):
        return sum(n / rate_of(measured, rate or kind, width) for (kind, width), n in mix["units"].items() if kind in kinds)

    crossing = {kind: sum(n * max(0.0, 1 / rate_of(measured, "cross", width) - 1 / rate_of(measured, kind, width))
                          for (kind_, width), n in mix["crossing"].items() if kind_ == kind) for kind in ("load",)}
    result = {name: spent(kinds) for name, kinds in GROUPS.items() if name not in ("vectors", "scalar")}
    result["loads"] += crossing["load"]
    result["vector units"] = spent(VECTOR, "choose")
    result["issue"] = mix["all"] / rate_of(measured, "any", 8)
    return result
