"""sass.py -- executes the machine code of one work-group, as printed by nvdisasm, and counts what it executes.

Items run in lockstep: of those that are not at a barrier, the ones at the lowest address advance, so they reconverge after
each branch. Memory that the arguments point to holds noise, except the table of channels (`table`). Covers enough of sm_90
for integer and simple floating-point arithmetic; an unknown instruction raises Unknown.
"""
import re
import struct

import numpy as np

MASK = np.uint64(0xffffffff)
PARAMETERS = 0x210  # start of the arguments in constant bank 0
SHARED_WINDOW = 0x400


class Unknown(Exception):
    pass


def u32(v):
    return np.asarray(v).astype(np.uint64) & MASK


def signed(v):
    v = u32(v).astype(np.int64)
    return np.where(v >= 1 << 31, v - (1 << 32), v)


def real(v):
    return u32(v).astype(np.uint32).view(np.float32)


def bits_of(f):
    return np.asarray(f, dtype=np.float32).view(np.uint32).astype(np.uint64)


COMPARE = {"LT": np.less, "LE": np.less_equal, "GT": np.greater, "GE": np.greater_equal, "EQ": np.equal, "NE": np.not_equal}


class Group:
    """One work-group: `arguments` are the bytes of the kernel's parameters, `read` serves loads from global memory."""

    def __init__(self, instructions, labels, size, group, groups, arguments, read, constants, aside=0):
        self.code, self.labels, self.read, self.constants = instructions, labels, read, constants
        self.aside = aside  # the terabyte of the address space whose accesses are not counted
        self.n = n = size[0] * size[1] * size[2]
        self.r = {}
        self.p = {}
        self.shared = np.zeros(1 << 17, dtype=np.uint8)
        self.bank0 = bytearray(PARAMETERS + 4096)
        struct.pack_into("<6I", self.bank0, 0, *size, *groups)
        self.bank0[PARAMETERS:PARAMETERS + len(arguments)] = arguments
        lane = np.arange(n, dtype=np.uint64)
        self.special = {"SR_TID.X": lane % size[0], "SR_TID.Y": lane // size[0] % size[1], "SR_TID.Z": lane // (size[0] * size[1]),
                        "SR_LANEID": lane % 32, "SR_CTAID.X": group[0], "SR_CTAID.Y": group[1], "SR_CTAID.Z": group[2],
                        "SR_CgaCtaId": 0, "SRZ": 0}
        self.executed = np.zeros(len(instructions), dtype=np.int64)  # warps
        self.shared_cycles = self.load_bytes = self.store_bytes = self.wide_bytes = self.global_cycles = 0
        self.sectors = set()  # of 32 bytes, accessed by the group

    # ---- operands

    def register(self, name):
        if name in ("RZ", "URZ"):
            return np.zeros(self.n, dtype=np.uint64)
        return self.r.get(name, np.zeros(self.n, dtype=np.uint64))

    def next_of(self, name, by=1):
        if name in ("RZ", "URZ"):
            return name
        kind, number = re.match(r"(U?R)(\d+)", name).groups()
        return f"{kind}{int(number) + by}"

    def constant(self, text, width=4):
        bank, inner = re.match(r"c\[(0x[0-9a-f]+)\]\[(.*)\]", text).groups()
        at = np.zeros(self.n, dtype=np.int64)
        for part in inner.split("+"):
            at = at + (int(part, 0) if re.match(r"-?0x", part) else signed(self.register(part)))
        data = self.bank0 if int(bank, 16) == 0 else self.constants.get(int(bank, 16))
        if data is None:
            raise Unknown(f"constant bank {bank}")
        data = np.frombuffer(bytes(data) + bytes(16), dtype=np.uint8)
        at = np.clip(at, 0, len(data) - 16)
        return [sum(data[at + w + b].astype(np.uint64) << np.uint64(8 * b) for b in range(4)) for w in range(0, width, 4)]

    def value(self, text, real_operand=False, wide=False, x=False):
        text = text.replace(".reuse", "").strip()
        negate = invert = absolute = False
        if text[0] == "-" and not re.match(r"-(0x|[\d.]+|QNAN|INF)", text):
            negate, text = True, text[1:]
        if text[0] == "~":
            invert, text = True, text[1:]
        if text[0] == "|":
            absolute, text = True, text.strip("|")
        part = re.search(r"\.(B[0-3]|H[01])$", text)
        text = re.sub(r"\.(H0_H0|H1_H1|H[01]|B[0-3]|64|U32|S32)$", "", text)
        high = None
        if re.match(r"U?R(\d+|Z)$", text):
            v = self.register(text)
            high = self.register(self.next_of(text)) if wide else None
        elif text.startswith("c["):
            v, *rest = self.constant(text, 8 if wide else 4)
            high = rest[0] if wide else None
        elif re.match(r"[-+]?(0x[0-9a-f]+)$", text):
            v = u32(np.full(self.n, int(text, 16)).astype(np.int64).view(np.uint64))
            high = u32(np.full(self.n, int(text, 16) >> 32 if int(text, 16) >= 0 else 0xffffffff))
        elif re.match(r"[-+]?[\d.]+(e[-+]?\d+)?$", text) or "INF" in text or "QNAN" in text:
            v = bits_of(np.full(self.n, float(text.replace("+", "").replace("QNAN", "nan")), dtype=np.float32))
        else:
            raise Unknown(f"operand {text}")
        if part:
            v = v >> np.uint64((8 if part.group(1)[0] == "B" else 16) * int(part.group(1)[1]))
            v = v & np.uint64(0xff if part.group(1)[0] == "B" else 0xffff)
        if real_operand:
            v = real(v)
            v = np.abs(v) if absolute else v
            return -v if negate else v
        if wide:
            v = v | (high << np.uint64(32))
            return ~v + np.uint64(1) if negate else v
        if absolute:
            v = u32(np.abs(signed(v)))
        if invert:
            v = v ^ MASK
        return ((v ^ MASK) + np.uint64(0 if x else 1)) if negate else v

    def predicate(self, text):
        text = text.strip()
        if text[0] == "!":
            return ~self.predicate(text[1:])
        if text in ("PT", "UPT"):
            return np.ones(self.n, dtype=bool)
        if not re.match(r"U?P\d$", text):
            raise Unknown(f"predicate {text}")
        return self.p.get(text, np.zeros(self.n, dtype=bool))

    def put(self, name, v, on):
        if name not in ("RZ", "URZ"):
            self.r[name] = np.where(on, u32(v), self.register(name))

    def put_wide(self, name, v, on):
        self.put(name, v & MASK, on)
        if name not in ("RZ", "URZ"):
            self.put(self.next_of(name), v >> np.uint64(32), on)

    def put_predicate(self, name, v, on):
        if name not in ("PT", "UPT"):
            self.p[name] = np.where(on, v, self.predicate(name))

    # ---- memory

    def address(self, text):
        """The address in [..] or desc[..][..], per item."""
        inner = re.findall(r"\[([^\]]*)\]", text)[-1]
        at = np.zeros(self.n, dtype=np.uint64)
        for part in inner.replace("+-", "+~").split("+"):
            if part.startswith(("0x", "~0x")):
                at = at + np.uint64(int(part.replace("~", "-"), 16) & 0xffffffffffffffff)
                continue
            scale = re.search(r"\.X(\d+)", part)
            name = re.sub(r"\..*", "", part)
            wide = ".64" in part or ("desc" in text and name.startswith("UR") and ".64" in inner)
            v = self.value(name, wide=True) if wide else self.register(name)
            at = at + v * np.uint64(int(scale.group(1)) if scale else 1)
        return at if "desc" in text else at & MASK

    def wavefronts(self, at, width, on):
        """Cycles of shared memory: the words of the fullest bank, for each warp or the part of it that 128 bytes serve."""
        cycles = 0
        part = 32 * 4 // max(4, width)
        for start in range(0, self.n, part):
            live = on[start:start + part]
            if not live.any():
                continue
            words = np.unique((at[start:start + part][live][:, None] // np.uint64(4) +
                               np.arange(max(1, width // 4), dtype=np.uint64)[None, :]).ravel())
            cycles += int(np.bincount((words % np.uint64(32)).astype(np.int64)).max())
        return cycles

    def count_global(self, at, width, on, store):
        size = int(on.sum()) * width
        self.wide_bytes += size if width == 16 else 0
        self.store_bytes += size if store else 0
        self.load_bytes += 0 if store else size
        self.sectors.update((at[on] // np.uint64(32)).tolist())

    def load_shared(self, at, width):
        at = np.where(at < len(self.shared) - 16, at, 0).astype(np.int64)
        return [sum(self.shared[at + w + b].astype(np.uint64) << np.uint64(8 * b) for b in range(min(4, width)))
                for w in range(0, width, 4)]

    def memory(self, i, on):
        width = {"8": 1, "16": 2, "32": 4, "64": 8, "128": 16}[i.width]
        store = i.name in ("STG", "STS")
        place = next(o for o in i.operands if "[" in o)
        at = self.address(place)
        warps = sum(on[w:w + 32].any() for w in range(0, self.n, 32))
        if i.name in ("LDS", "STS"):
            self.shared_cycles += self.wavefronts(at, width, on)
        else:
            self.global_cycles += int(warps) * max(1, width // 4)
            if on.any() and (at[on] >> np.uint64(40) != self.aside).all():
                self.count_global(at, width, on, store)
        if store:
            if i.name == "STS":
                for w in range(0, width, 4):
                    v = self.value(i.operands[-1] if w == 0 else self.next_of(i.operands[-1].replace(".reuse", ""), w // 4))
                    for b in range(min(4, width)):
                        self.shared[at[on].astype(np.int64) + w + b] = ((v[on] >> np.uint64(8 * b)) & np.uint64(255)).astype(np.uint8)
            return
        words = self.load_shared(at, width) if i.name == "LDS" else self.read(at, width)
        if re.search(r"\.S(8|16)\b", i.code):
            top = np.int64(1 << (8 * width - 1))
            words = [u32(((words[0].astype(np.int64) ^ top) - top).view(np.uint64))]
        for w, v in enumerate(words):
            self.put(self.next_of(i.operands[0], w) if w else i.operands[0], v, on)

    # ---- instructions

    def run(self, limit=200000):
        at = np.zeros(self.n, dtype=np.int64)
        waiting = np.zeros(self.n, dtype=bool)
        done = np.zeros(self.n, dtype=bool)
        for _ in range(limit):
            live = ~done & ~waiting
            if not live.any():
                if done.all():
                    return
                waiting[:] = False
                continue
            here = int(at[live].min())
            active = live & (at == here)
            i = self.code[here]
            self.executed[here] += sum(active[w:w + 32].any() for w in range(0, self.n, 32))
            on = active & self.predicate(i.predicate) if i.predicate else active
            at[active] = here + 1
            if i.name == "EXIT":
                done |= on
            elif i.name == "BRA":
                for operand in i.operands[:-1]:
                    on = on & self.predicate(operand)
                at[on] = self.labels[re.search(r"\.L_x_\d+", i.text).group(0)]
            elif i.name == "BAR":
                waiting |= on
            elif i.name not in ("BSSY", "BSYNC", "NOP", "WARPSYNC", "DEPBAR", "REDG", "CCTL", "MEMBAR", "ERRBAR", "BREAK", "YIELD"):
                self.step(i, on)
        raise Unknown("no end: it ran too long")

    def step(self, i, on):
        if i.name in ("LDG", "STG", "LDS", "STS"):
            self.memory(i, on)
            return
        name = i.name[1:] if i.name[0] == "U" and i.name != "ULDC" else i.name
        method = getattr(self, "do_" + name.lower(), None)
        if method is None:
            raise Unknown(f"instruction {i.text}")
        method(i, i.operands, on)

    def do_ldc(self, i, o, on):
        for w, v in enumerate(self.constant(o[1], 8 if ".64" in i.code else 4)):
            self.put(self.next_of(o[0], w) if w else o[0], v, on)
    do_uldc = do_ldc

    def do_s2r(self, i, o, on):
        self.put(o[0], np.zeros(self.n, dtype=np.uint64) + np.uint64(self.special[o[1]]) if not isinstance(self.special[o[1]], np.ndarray)
                 else self.special[o[1]], on)
    do_2ur = do_s2r

    def do_s2ur(self, i, o, on):
        self.do_s2r(i, o, on)

    def do_cs2r(self, i, o, on):
        self.put(o[0], self.register("RZ"), on)
        if ".32" not in i.code:
            self.put(self.next_of(o[0]), self.register("RZ"), on)

    def do_mov(self, i, o, on):
        self.put(o[0], self.value(o[1]), on)

    def do_p2r(self, i, o, on):
        flags = sum(self.predicate(f"P{n}").astype(np.uint64) << np.uint64(n) for n in range(7))
        mask = u32(self.value(o[-1]))
        self.put(o[0], (u32(self.value(o[2])) & ~mask) | (flags & mask), on)

    def do_r2p(self, i, o, on):
        v, mask = u32(self.value(o[1])), u32(self.value(o[2]))
        for n in range(7):
            self.put_predicate(f"P{n}", (v >> np.uint64(n)) & np.uint64(1) == 1, on & ((mask >> np.uint64(n)) & np.uint64(1) == 1))

    def do_r2ur(self, i, o, on):
        self.put(o[0], self.value(o[-1]), on)

    def do_vote(self, i, o, on):
        raise Unknown(i.text)

    def do_imad(self, i, o, on):
        first = 1
        carries = []
        while re.match(r"U?P[\dT]$", o[first]):
            carries.append(o[first])
            first += 1
        unsigned = ".U32" in i.code
        narrow = (lambda v: u32(v)) if unsigned else (lambda v: signed(v).view(np.uint64))
        a, b = narrow(self.value(o[first])), narrow(self.value(o[first + 1]))
        if ".WIDE" in i.code:
            c = self.value(o[first + 2], wide=True)
            self.put_wide(o[0], a * b + c, on)
            for name in carries:
                self.put_predicate(name, a * b + c < c, on)
            return
        if ".HI" in i.code:
            self.put(o[0], (a * b + self.value(o[first + 2], wide=True)) >> np.uint64(32), on)
            return
        c = self.value(o[first + 2]) if len(o) > first + 2 else self.register("RZ")
        if ".X" in i.code:
            total = u32(a * b) + u32(c) + self.predicate(o[first + 3]).astype(np.uint64)
        else:
            total = u32(a * b) + u32(c)
        self.put(o[0], total, on)
        for name in carries:
            self.put_predicate(name, total > MASK, on)

    def do_iadd3(self, i, o, on):
        first = 1
        while re.match(r"U?P[\dT]$", o[first]):
            first += 1
        x = ".X" in i.code
        total = sum(self.value(v, x=x) for v in o[first:first + 3])
        if x:
            for carry in o[first + 3:]:
                total = total + self.predicate(carry).astype(np.uint64)
        self.put(o[0], total, on)
        for number, name in enumerate(o[1:first]):
            self.put_predicate(name, (total >> np.uint64(32)) > number, on)

    def do_viadd(self, i, o, on):
        self.put(o[0], self.value(o[1]) + self.value(o[2]), on)

    def do_lop3(self, i, o, on):
        out, first = (o[0], 1) if re.match(r"U?P[\dT]$", o[0]) else (None, 0)
        a, b, c = (u32(self.value(v)) for v in o[first + 1:first + 4])
        table, result = int(o[first + 4], 16), np.zeros(self.n, dtype=np.uint64)
        for bit in range(8):
            if table >> bit & 1:
                result |= (a if bit & 4 else ~a) & (b if bit & 2 else ~b) & (c if bit & 1 else ~c)
        self.put(o[first], result & MASK, on)
        if out:
            self.put_predicate(out, (result & MASK) != 0, on)

    def do_plop3(self, i, o, on):
        a, b, c = (self.predicate(v) for v in o[2:5])
        for name, table in ((o[0], int(o[5], 16)), (o[1], int(o[6], 16))):
            result = np.zeros(self.n, dtype=bool)
            for bit in range(8):
                if table >> bit & 1:
                    result |= (a == bool(bit & 4)) & (b == bool(bit & 2)) & (c == bool(bit & 1))
            self.put_predicate(name, result, on)

    def do_shf(self, i, o, on):
        a, s, c = u32(self.value(o[1])), u32(self.value(o[2])), u32(self.value(o[3]))
        both = a | (c << np.uint64(32))
        if ".W" in i.code:
            s = s & np.uint64(31)
        s = np.minimum(s, 63)
        if ".L." in i.code:
            v = (both << s) >> np.uint64(32) if ".HI" in i.code else np.where(s > 31, 0, a << np.minimum(s, 31))
        elif ".S32.HI" in i.code:
            v = (signed(c) >> np.minimum(s, 31).astype(np.int64)).view(np.uint64)
        elif ".U32.HI" in i.code:
            v = np.where(s > 31, 0, c >> np.minimum(s, 31))
        elif ".S64" in i.code:
            v = (both.view(np.int64) >> s.astype(np.int64)).view(np.uint64)
            v = v >> np.uint64(32) if ".HI" in i.code else v
        else:
            v = both >> s
            v = v >> np.uint64(32) if ".HI" in i.code else v
        self.put(o[0], v, on)

    def do_lea(self, i, o, on):
        first = 1
        while re.match(r"U?P[\dT]$", o[first]):
            first += 1
        a, b = u32(self.value(o[first])), u32(self.value(o[first + 1]))
        rest = o[first + 2:]
        carry = self.predicate(rest.pop()).astype(np.uint64) if ".X" in i.code and re.match(r"!?U?P", rest[-1]) else np.uint64(0)
        s = int(rest[-1], 16)
        if ".HI" in i.code:
            high = (signed(a) >> 31).view(np.uint64) & MASK if ".SX32" in i.code else u32(self.value(rest[0]))
            a = ((a | (high << np.uint64(32))) << np.uint64(s)) >> np.uint64(32)
        else:
            a = u32(a << np.uint64(s))
        total = u32(a) + b + carry
        self.put(o[0], total, on)
        for name in o[1:first]:
            self.put_predicate(name, total > MASK, on)

    def do_isetp(self, i, o, on):
        parts = i.code.split(".")
        read = u32 if "U32" in parts else signed
        a, b = read(self.value(o[2])), read(self.value(o[3]))
        result = COMPARE[parts[1]](a, b)
        if "EX" in parts:
            result = COMPARE[parts[1].replace("GE", "GT").replace("LE", "LT")](a, b) if parts[1] not in ("EQ", "NE") else result
            low = self.predicate(o[5])
            result = result & low if parts[1] == "EQ" else result | low if parts[1] == "NE" else result | ((a == b) & low)
        other = self.predicate(o[4])
        join = np.logical_or if "OR" in parts else np.logical_xor if "XOR" in parts else np.logical_and
        self.put_predicate(o[0], join(result, other), on)
        self.put_predicate(o[1], join(~result, other), on)

    def do_fsetp(self, i, o, on):
        parts = i.code.split(".")
        result = COMPARE[parts[1].replace("U", "") if parts[1] not in ("NEU", "EQU") else parts[1][:2]](
            self.value(o[2], True), self.value(o[3], True))
        other = self.predicate(o[4])
        self.put_predicate(o[0], result | other if "OR" in parts else result & other, on)
        self.put_predicate(o[1], ~result | other if "OR" in parts else ~result & other, on)

    def do_fchk(self, i, o, on):
        self.put_predicate(o[0], np.zeros(self.n, dtype=bool), on)  # operands of divisions are ordinary

    def do_sel(self, i, o, on):
        self.put(o[0], np.where(self.predicate(o[3]), u32(self.value(o[1])), u32(self.value(o[2]))), on)

    def do_fsel(self, i, o, on):
        self.do_sel(i, o, on)

    def do_iabs(self, i, o, on):
        self.put(o[0], np.abs(signed(self.value(o[1]))).view(np.uint64), on)

    def extreme(self, i, values, least):
        if "16x2" in i.code:
            halves = []
            for shift in (0, 16):
                parts = [(u32(v) >> np.uint64(shift)) & np.uint64(0xffff) for v in values]
                if ".S16" in i.code:
                    parts = [((p.astype(np.int64) ^ 0x8000) - 0x8000) for p in parts]
                best = parts[0]
                for p in parts[1:]:
                    best = np.where(least, np.minimum(best, p), np.maximum(best, p))
                halves.append(best.astype(np.int64).view(np.uint64) & np.uint64(0xffff))
            return halves[0] | (halves[1] << np.uint64(16))
        read = u32 if ".U32" in i.code else signed
        best = read(values[0])
        for v in values[1:]:
            best = np.where(least, np.minimum(best, read(v)), np.maximum(best, read(v)))
        if ".RELU" in i.code:
            best = np.maximum(best, 0)
        return best.astype(np.int64).view(np.uint64)

    def do_vimnmx(self, i, o, on):
        self.put(o[0], self.extreme(i, [self.value(o[1]), self.value(o[2])], self.predicate(o[3])), on)

    def do_vimnmx3(self, i, o, on):
        self.put(o[0], self.extreme(i, [self.value(v) for v in o[1:4]], self.predicate(o[4])), on)

    def do_viaddmnmx(self, i, o, on):
        self.put(o[0], self.extreme(i, [u32(self.value(o[1]) + self.value(o[2])), self.value(o[3])], self.predicate(o[4])), on)

    def do_prmt(self, i, o, on):
        both = u32(self.value(o[1])) | (u32(self.value(o[3])) << np.uint64(32))
        choice, result = self.value(o[2]), np.zeros(self.n, dtype=np.uint64)
        for b in range(4):
            nibble = (choice >> np.uint64(4 * b)) & np.uint64(15)
            byte = (both >> ((nibble & np.uint64(7)) * np.uint64(8))) & np.uint64(255)
            byte = np.where(nibble & np.uint64(8), np.where(byte & np.uint64(128), 255, 0), byte).astype(np.uint64)
            result |= byte << np.uint64(8 * b)
        self.put(o[0], result, on)

    def do_sgxt(self, i, o, on):
        a, count = u32(self.value(o[1])), np.uint64(int(o[2], 16))
        v = a & ((np.uint64(1) << count) - np.uint64(1))
        if ".U32" not in i.code:
            top = np.int64(1 << (int(count) - 1))
            v = ((v.astype(np.int64) ^ top) - top).view(np.uint64)
        self.put(o[0], v, on)

    def do_hfma2(self, i, o, on):
        if not (o[1].endswith("RZ") and o[2] == "RZ"):
            raise Unknown(i.text)
        high, low = (int(np.array(float(v), dtype=np.float16).view(np.uint16)) for v in o[3:5])
        self.put(o[0], np.full(self.n, high << 16 | low, dtype=np.uint64), on)

    def do_fadd(self, i, o, on):
        self.put(o[0], bits_of(self.value(o[1], True) + self.value(o[2], True)), on)

    def do_fmul(self, i, o, on):
        self.put(o[0], bits_of(self.value(o[1], True) * self.value(o[2], True)), on)

    def do_ffma(self, i, o, on):
        self.put(o[0], bits_of(self.value(o[1], True).astype(np.float64) * self.value(o[2], True) + self.value(o[3], True)), on)

    def do_fmnmx(self, i, o, on):
        a, b = self.value(o[1], True), self.value(o[2], True)
        self.put(o[0], bits_of(np.where(self.predicate(o[3]), np.minimum(a, b), np.maximum(a, b))), on)

    def do_mufu(self, i, o, on):
        a = self.value(o[1], True).astype(np.float64)
        works = {"RCP": lambda v: 1 / v, "RSQ": lambda v: 1 / np.sqrt(v), "SQRT": np.sqrt, "EX2": np.exp2, "LG2": np.log2}
        work = works.get(i.code.split(".")[1])
        if work is None:
            raise Unknown(i.text)
        self.put(o[0], bits_of(work(a)), on)

    def do_i2f(self, i, o, on):
        v = u32(self.value(o[1]))
        v = v & np.uint64(0xffff) if ".U16" in i.code else v & np.uint64(255) if ".U8" in i.code else v
        plain = ".U" in i.code or ".RP" in i.code
        self.put(o[0], bits_of(v.astype(np.float64) if plain else signed(v).astype(np.float64)), on)

    def do_i2fp(self, i, o, on):
        v = self.value(o[1])
        self.put(o[0], bits_of(u32(v) if ".U32" in i.code else signed(v)), on)

    def do_f2i(self, i, o, on):
        v = np.nan_to_num(np.trunc(self.value(o[1], True).astype(np.float64)), nan=0, posinf=2**31, neginf=-2**31)
        self.put(o[0], np.clip(v, -2**31, 2**32 - 1).astype(np.int64).view(np.uint64), on)

    def do_atoms(self, i, o, on):
        at = self.address(next(v for v in o if "[" in v))
        same = {}
        for start in range(0, self.n, 32):
            live = at[start:start + 32][on[start:start + 32]]
            if len(live):
                same[start] = int(np.unique(live, return_counts=True)[1].max())
        self.shared_cycles += sum(same.values())

