#!/usr/bin/env python3
"""faults.py -- how triptych copes with a failing system: calls, memory, threads, limits, signals, clocks.

    python3 tests/faults/faults.py [--quick] [--seed N] [--only KIND] [--markdown FILE] BUILD

Each run of the program gets one fault. It survives if it ends by itself, and either
  - exits with code 0, and its output is right to the last byte, or
  - exits with a code from 1 to 4, reports why, and leaves old files as they were (of several outputs, each is the old
    one or right; a video may be shorter if its input fails or it is interrupted),
and in both cases leaves no temporary file and no more unfreed memory than a run without faults. Any other run is lost:
it is printed with its command and fault, and the exit code becomes 1.
"""
import argparse
import concurrent.futures
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

LIMIT = 60  # seconds for one run
OLD = b"what was there before\n"


# Libraries whose allocations fail. Not libtiff 4.5, which crashes when a file is closed afterwards, nor FFmpeg's libraries
# and their dependencies, which abort (libavcodec 59, GLib, libgcrypt), nor libavif 0.11 and libjxl 0.7, which do too; the program's own allocations around them do fail.
LIBRARIES = "triptych,libpng,libjpeg,libwebp,libsharpyuv,libz.,libjansson,libc."
OWN = "triptych,tiff.so,webp.so,avif.so,jxl.so,libav.so"


class Command:
    """A command line with its named outputs in the folder {o}; outputs that differ each time are not compared."""

    def __init__(self, name, line, outputs=(), compared=True, prints=False, libraries=LIBRARIES):
        self.name, self.line, self.outputs, self.compared, self.prints = name, line.split(), outputs, compared, prints
        self.libraries = libraries
        self.right, self.said, self.left, self.whole = {}, b"", 0, {}


COMMANDS = [
    Command("PNG", "run gaussian:sigma=1 i/a.png -o {o}/a.png", ["a.png"]),
    Command("PNG, plain reader", "run invert i/interlaced.png -o {o}/a.png", ["a.png"]),
    Command("text", "run text:text=Hi☔:font=serif:outline=2 i/a.png -o {o}/a.png", ["a.png"], libraries=OWN.replace("libav.so", "text.so")),
    Command("palette", "run invert i/a.png -o {o}/a.png --colors 9", ["a.png"]),
    Command("interlaced PNG", "run invert i/a.png -o {o}/a.png --interlace --depth 16", ["a.png"]),
    Command("progressive JPEG", "run invert i/a.png -o {o}/a.jpg --interlace", ["a.jpg"]),
    Command("JPEG", "run invert i/a.jpg -o {o}/a.jpg", ["a.jpg"]),
    Command("TIFF", "run invert i/a.tif -o {o}/a.tif", ["a.tif"], libraries=OWN),
    Command("WebP", "run invert i/a.webp -o {o}/a.webp", ["a.webp"]),
    Command("AVIF", "run invert i/a.avif -o {o}/a.avif", ["a.avif"], libraries=OWN),
    Command("JPEG XL", "run invert i/a.jxl -o {o}/a.jxl", ["a.jxl"], libraries=OWN),
    Command("PNM", "run sobel i/a.ppm -o {o}/a.ppm", ["a.ppm"]),
    Command("Y4M", "run gaussian:sigma=1 i/a.y4m -q -o {o}/a.y4m", ["a.y4m"]),
    Command("Matroska", "run invert i/a.mkv -q -o {o}/a.mkv --video-codec ffv1", ["a.mkv"], compared=False, libraries=OWN),
    Command("encoders in parallel", "run invert i/a.mkv -q -o {o}/a.mkv --video-codec ffv1 --encode-parallel 2", ["a.mkv"],
            compared=False, libraries=OWN),
    Command("TIFF pages", "run invert i/pages.tif -q -o {o}/a.tif", ["a.tif"], libraries=OWN),
    Command("APNG", "run invert i/moving.png -q -o {o}/a.png", ["a.png"]),
    Command("animated WebP", "run invert i/moving.webp -q -o {o}/a.webp", ["a.webp"]),
    Command("sequence from TIFF", "run invert i/pages.tif -q -o {o}/g-%d.png", ["g-1.png", "g-2.png", "g-3.png"], libraries=OWN),
    Command("GIF to APNG", "run invert i/moving.gif -q -o {o}/a.png", ["a.png"], libraries=OWN),
    Command("sequence", "run average:frames=3 i/f-%d.png -q -o {o}/g-%d.png", ["g-1.png", "g-2.png", "g-3.png"]),
    Command("several files", "run equalize i/f-1.png i/f-2.png i/f-3.png -q -o {o}/", ["f-1.png", "f-2.png", "f-3.png"]),
    Command("data", "run motion i/a.y4m -q -o {o}/a.y4m --data {o}/a.csv", ["a.y4m", "a.csv"]),
    Command("bench", "bench invert --size 16x16 --time 0.001 --on threads --json {o}/a.json", ["a.json"], compared=False),
    Command("verify", "verify sobel i/a.png --on threads", prints=True),
    Command("kernels", "kernels gaussian", prints=True),
]

KINDS = {}


def kind(title):
    """Registers a function that yields (command, what, how, expect) for one row of the table."""

    def register(function):
        KINDS[function.__name__] = (title, function)
        return function

    return register


class Place:
    """A worker's own folder, and the program."""

    def __init__(self, build, inputs):
        self.folder = tempfile.mkdtemp(prefix="faults-")
        self.build = build
        os.symlink(inputs, os.path.join(self.folder, "i"))

    def environment(self, settings):
        base = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        base.update(OCL_ICD_VENDORS="/nowhere/", TRIPTYCH_CACHE_DIR=os.path.join(self.folder, "cache"), NO_COLOR="1")
        base.update(settings)
        return base

    def prepare(self, command):
        out = os.path.join(self.folder, "o")
        shutil.rmtree(out, ignore_errors=True)
        os.mkdir(out)
        for name in command.outputs:
            with open(os.path.join(out, name), "wb") as file:
                file.write(OLD)

    def arguments(self, command):
        return [os.path.join(self.build, "triptych")] + [word.format(o="o") for word in command.line]

    def run(self, command, settings=None, wrapper=(), limits=None, during=None):
        """Returns (exit code, or minus the signal, or None if it hangs; standard output; standard error)."""
        self.prepare(command)
        log = os.path.join(self.folder, "log")
        if os.path.exists(log):
            os.remove(log)
        process = subprocess.Popen(
            list(wrapper) + self.arguments(command), cwd=self.folder, env=self.environment(settings or {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limits)
        try:
            if during:
                during(process)
            said, complaint = process.communicate(timeout=LIMIT)
            return process.returncode, said, complaint
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None, b"", b"it did not end"

    def outputs(self, command):
        found = {}
        for name in command.outputs:
            path = os.path.join(self.folder, "o", name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    found[name] = file.read()
        return found

    def log(self):
        try:
            with open(os.path.join(self.folder, "log"), encoding="ascii") as file:
                calls, left = file.read().split()
            return int(calls), int(left)
        except (OSError, ValueError):
            return 0, 0

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def digest(data):
    return hashlib.sha256(data).digest()


def judge(command, place, result, allowed=(), mute=False, shorter=False):
    """None if the run survived, else what is wrong. `mute`: it need not report why; `shorter`: videos may be shorter."""
    code, said, complaint = result
    if code is None:
        return "it hangs"
    if code < 0 and -code not in allowed:
        return f"it died of signal {-code}"
    if code > 4 and code - 128 not in allowed:
        return f"exit code {code}"
    found = place.outputs(command)
    if code == 0:
        if command.compared and any(digest(found.get(name, b"")) != command.right[name] for name in command.outputs):
            return "exit code 0, but an output is not right"
        if not command.compared and any(found.get(name, OLD) == OLD for name in command.outputs):
            return "exit code 0, but an output was not written"
        if command.prints and said != command.said:
            return "exit code 0, but its standard output differs"
    elif 0 < code <= 4:
        if b"triptych:" not in complaint and not mute:
            return f"exit code {code}, but it does not report why"
    if code != 0:
        for name in command.outputs:
            data = found.get(name)
            if data is None:
                return f"{name} is gone"
            if (allowed or shorter) and name.endswith((".y4m", ".csv")) and command.whole[name].startswith(data):
                continue
            if data != OLD and command.compared and digest(data) != command.right[name]:
                return f"{name} is neither the old one nor right"
    strange = set(os.listdir(os.path.join(place.folder, "o"))) - set(command.outputs)
    if strange and not (code < 0 and -code == signal.SIGKILL):
        return f"it leaves {sorted(strange)[0]}"
    return None


def sample(count, most):
    """Numbers from 1 to count: all, or at most `most` spread evenly."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (most - 1)) for i in range(most)})


# ---- kinds of faults: each yields its runs, (command, what, how, expect) ----


@kind("memory: each allocation fails, alone or with all after it")
def memory(run):
    for command in run.commands:
        shim = run.shim("alloc", command)
        count = run.count(command, shim)
        for once in ("1", "0"):
            for at in sample(count, 6 if run.quick else 250):
                yield command, f"allocation {at} of {count}{' alone' if once == '1' else ' and after'}", dict(
                    settings=dict(shim, FAULT_AT=str(at), FAULT_ONCE=once)), dict(leaks=True)


@kind("threads: creating one fails, from the N-th on")
def threads(run):
    for command in run.commands:
        shim = run.shim("thread", command)
        count = run.count(command, shim)
        for at in range(1, min(count, 4) + 1):
            yield command, f"thread {at} of {count}", dict(settings=dict(shim, FAULT_AT=str(at))), dict(leaks=True)


ERRORS = {
    "openat": ["EACCES", "EMFILE", "EIO"], "read": ["EIO", "EINTR"], "pread64": ["EIO"], "write": ["ENOSPC", "EIO", "EINTR", "EDQUOT"],
    "close": ["EIO", "ENOSPC"], "rename": ["EACCES", "EIO", "EXDEV"], "newfstatat": ["EIO", "EACCES"], "lseek": ["EIO"],
    "fchmod": ["EPERM"], "fchown": ["EPERM"], "ftruncate": ["EIO"], "flock": ["EWOULDBLOCK", "ENOLCK"], "fsync": ["EIO"],
    "mmap": ["ENOMEM"], "getdents64": ["EIO"], "unlink": ["EIO"], "mkdir": ["EACCES"], "clone3": ["EAGAIN"], "fcntl": ["EINVAL"],
    "getrandom": ["ENOSYS"], "sched_getaffinity": ["EPERM"],
}


@kind("system calls: each fails once, with an error it can return")
def calls(run):
    if not run.can_trace:
        return
    for command in run.commands:
        counts = run.count_calls(command, list(ERRORS))
        for call, errors in ERRORS.items():
            for error in errors:
                if call == "getdents64" and command.name == "text":
                    continue  # fontconfig takes a folder that it cannot list for an empty one, and says nothing
                for at in sample(counts.get(call, 0), 2 if run.quick else 40):
                    wrapper = ["strace", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", f"trace={call}",
                               "-e", f"inject={call}:error={error}:when={at}"]
                    yield command, f"{call} {at}: {error}", dict(wrapper=wrapper), dict(loader=True, mute=call == "write", shorter=call == "read")


@kind("OpenCL: each call fails, alone or with all after it")
def opencl(run):
    if not run.driver:
        return
    for name, line, outputs in (("OpenCL", "run gaussian:sigma=1 i/a.png --on opencl -o {o}/a.png", ["a.png"]),
                                ("OpenCL, own memory", "run gaussian:sigma=1 i/a.png --on opencl -o {o}/b.png", ["b.png"])):
        command = Command(name, line, outputs)
        settings = dict(OCL_ICD_VENDORS=run.driver, TRIPTYCH_OPENCL_PROBE="no", ICD_LOG="log", TRIPTYCH_CACHE_DIR=run.cache)
        if "own" in name:
            settings["TRIPTYCH_OPENCL_MEMORY"] = "copy"
        place = run.place()
        place.run(command, settings)  # fills the cache of compiled programs
        code, _, complaint = place.run(command, settings)
        if code != 0:
            raise SystemExit(f"{name}: {complaint.decode()}")
        command.right = {n: digest(d) for n, d in place.outputs(command).items()}
        with open(os.path.join(place.folder, "log"), encoding="ascii") as file:
            count = sum(" cl" in line for line in file)
        run.put(place)
        for once in (":once", ""):
            for at in sample(count, 5 if run.quick else 200):
                yield command, f"call {at} of {count}{' alone' if once else ' and after'}", dict(
                    settings=dict(settings, ICD_FAIL=f"any:{at}:-5{once}")), {}


@kind("signals at random moments (HUP, INT, TERM)")
def signals(run):
    for command in run.commands:
        for _ in range(3 if run.quick else 60):
            number = run.random.choice((signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
            wait = run.random.uniform(0, 0.03)

            def during(process, number=number, wait=wait):
                time.sleep(wait)
                process.send_signal(number)

            yield command, f"signal {int(number)} after {wait * 1000:.1f} ms", dict(during=during), dict(allowed=(int(number),))


@kind("killed (KILL) at random moments, then started again")
def killed(run):
    for command in run.commands:
        for _ in range(2 if run.quick else 40):
            wait = run.random.uniform(0, 0.03)

            def during(process, wait=wait):
                time.sleep(wait)
                process.kill()

            yield command, f"killed after {wait * 1000:.1f} ms", dict(during=during), dict(allowed=(9,), again=True)


def limited(what, value):
    return lambda: resource.setrlimit(what, (value, value))


@kind("limits: address space, open files, file size, stack")
def limits(run):
    for command in run.commands:
        for name, what, values in (("address space", resource.RLIMIT_AS, [1 << s for s in range(24, 33)]),
                                   ("open files", resource.RLIMIT_NOFILE, range(4, 20)),
                                   ("size of files", resource.RLIMIT_FSIZE, [0, 1, 100, 4096, 5000, 20000]),
                                   ("stack", resource.RLIMIT_STACK, [1 << s for s in range(16, 24)])):
            values = list(values)
            for value in values if not run.quick else values[:: max(1, len(values) // 3)]:
                yield command, f"{name}: {value}", dict(limits=limited(what, value)), dict(loader=True)


@kind("the time of day jumps by an hour, from call to call")
def clocks(run):
    for command in run.commands:
        for seconds in (3600, -3600, 10**9):
            yield command, f"{seconds} s", dict(settings=dict(LD_PRELOAD=run.shim_path, FAULT_CLOCK=str(seconds))), dict(succeeds=True)


# ---- all together ----


class Run:
    def __init__(self, options):
        self.build, self.quick = os.path.abspath(options.build), options.quick
        self.random = random.Random(options.seed)
        self.shim_path = os.path.join(self.build, "tests", "shim.so")
        self.work = tempfile.mkdtemp(prefix="faults-")
        self.inputs = os.path.join(self.work, "inputs")
        self.cache = os.path.join(self.work, "cache")
        self.places, self.lock = [], threading.Lock()
        self.can_trace = subprocess.run(["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"], capture_output=True,
                                        check=False).returncode == 0 if shutil.which("strace") else False
        self.driver = self.make_driver()
        self.make_inputs()
        self.commands = [c for c in COMMANDS if self.learn(c)]

    def triptych(self, *arguments):
        subprocess.run([os.path.join(self.build, "triptych"), *arguments], check=True, cwd=self.inputs,
                       env=dict(os.environ, OCL_ICD_VENDORS="/nowhere/"), capture_output=True)

    def make_driver(self):
        library = os.path.join(self.build, "tests", "icd.so")
        folder = os.path.join(self.work, "vendors")
        os.mkdir(folder)
        with open(os.path.join(folder, "fake.icd"), "w", encoding="utf-8") as file:
            file.write(library + "\n")
        return folder + "/" if os.path.exists(library) and os.path.isdir("/etc/OpenCL/vendors") else None

    def make_inputs(self):
        os.mkdir(self.inputs)
        images = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "images")
        for i in (1, 2, 3):
            self.triptych("run", "resize:width=60", os.path.join(images, f"frame-{i}.png"), "-o", f"f-{i}.png")
        shutil.copy(os.path.join(self.inputs, "f-1.png"), os.path.join(self.inputs, "a.png"))
        shutil.copy(os.path.join(images, "alpha.png"), os.path.join(self.inputs, "interlaced.png"))
        for name in ("a.jpg", "a.tif", "a.webp", "a.avif", "a.jxl", "a.ppm"):
            try:
                self.triptych("run", "copy", "a.png", "-o", name)
            except subprocess.CalledProcessError:
                pass  # a format that is not built in: learn() reports it
        self.triptych("run", "copy", "f-%d.png", "-q", "-o", "a.y4m")
        with open(os.path.join(self.inputs, "several.png"), "wb") as file:  # pictures one behind another
            for i in (1, 2, 3):
                with open(os.path.join(self.inputs, f"f-{i}.png"), "rb") as one:
                    file.write(one.read())
        for line in ("f-%d.png -o a.mkv --video-codec ffv1", "several.png -o pages.tif", "f-%d.png -o moving.gif",
                     "moving.gif -o moving.png", "moving.png -o moving.webp"):
            try:
                self.triptych("run", "copy", "-q", *line.split())
            except subprocess.CalledProcessError:
                pass

    def place(self):
        with self.lock:
            return self.places.pop() if self.places else Place(self.build, self.inputs)

    def put(self, place):
        with self.lock:
            self.places.append(place)

    def shim(self, call, command):
        return dict(LD_PRELOAD=self.shim_path, FAULT_CALL=call, FAULT_LOG="log", FAULT_LIBRARIES=command.libraries)

    def learn(self, command):
        """Records the right outputs, and what a run without faults leaves unfreed. False: the command does not run here."""
        place = self.place()
        code, said, complaint = place.run(command, self.shim("alloc", command))
        if code == 0:
            command.said = said
            command.whole = place.outputs(command)
            command.right = {name: digest(data) for name, data in command.whole.items()}
            command.left = place.log()[1]
        else:
            print(f"left out: {command.name}: {complaint.decode(errors='replace').strip()}")
        self.put(place)
        return code == 0

    def count(self, command, settings):
        place = self.place()
        place.run(command, settings)
        count = place.log()[0]
        self.put(place)
        return count

    def count_calls(self, command, names):
        place = self.place()
        log = os.path.join(place.folder, "calls")
        place.run(command, wrapper=["strace", "-f", "-c", "-o", log, "-e", "trace=" + ",".join("?" + n for n in names)])
        counts = {}
        with open(log, encoding="ascii") as file:
            for line in file:
                words = line.split()
                if len(words) >= 5 and words[-1] in names and words[3].isdigit():
                    counts[words[-1]] = int(words[3])
        self.put(place)
        return counts

    def one(self, case):
        command, what, how, expect = case
        place = self.place()
        try:
            result = place.run(command, **how)
            code, _, complaint = result
            if expect.get("loader") and (code == 127 or (code and code < 0 and -code in (9, 11) and not complaint)
                                         or b"error while loading shared libraries" in complaint or b"in libgcrypt: " in complaint or code == 1 and b"strace:" in complaint):
                return command, what, "early", None
            wrong = judge(command, place, result, expect.get("allowed", ()), expect.get("mute", False),
                          expect.get("shorter", False))
            if wrong is None and expect.get("succeeds") and code != 0:
                wrong = f"exit code {code}"
            if wrong is None and expect.get("leaks") and code is not None and place.log()[1] > command.left:
                wrong = f"{place.log()[1] - command.left} blocks of memory were not freed"
            if wrong is None and expect.get("again"):
                code = self.again(command, place)
                wrong = None if code is None else f"after the restart: {code}"
            text = complaint.decode(errors="replace").strip().split("\n")[-1]
            return command, what, "ok" if result[0] == 0 else "told", None if wrong is None else f"{wrong} ({text})"
        finally:
            self.put(place)

    def again(self, command, place):
        """Runs the same command in the same folder, with the killed one's leftovers."""
        process = subprocess.run(place.arguments(command), cwd=place.folder, env=place.environment({}), capture_output=True,
                                 check=False, timeout=LIMIT)
        return judge(command, place, (process.returncode, process.stdout, process.stderr))

    def writers(self):
        """Twenty processes write one file at once: it must be complete, and from one of them."""
        place, command = self.place(), COMMANDS[0]
        rounds, wrong = 5 if self.quick else 50, []
        for _ in range(rounds):
            place.prepare(command)
            many = [subprocess.Popen(place.arguments(command), cwd=place.folder, env=place.environment({}), stderr=subprocess.PIPE)
                    for _ in range(20)]
            codes = [(p.communicate(timeout=LIMIT), p.returncode)[1] for p in many]
            text = judge(command, place, (max(codes), b"", b""))
            if text is not None:
                wrong.append(text)
        self.put(place)
        return rounds * 20, wrong

    def pipes(self):
        """Input that arrives a few bytes at a time."""
        place, wrong, count = self.place(), [], 0
        for command in self.commands:
            name = next((w for w in command.line if w.startswith("i/a.") and w != "i/a.mkv"), None)
            if name is None or command.name in ("verify", "data"):
                continue
            place.prepare(command)
            with open(os.path.join(place.folder, name), "rb") as file:
                data = file.read()
            line = [word if word != name else "-" for word in place.arguments(command)]
            process = subprocess.Popen(line, cwd=place.folder, env=place.environment({}), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for at in range(0, len(data), 997):
                process.stdin.write(data[at:at + 997])
                process.stdin.flush()
            said, complaint = process.communicate(timeout=LIMIT)
            text = judge(command, place, (process.returncode, said, complaint))
            count += 1
            if text is not None or process.returncode != 0:
                wrong.append(f"{command.name}: {text} {complaint.decode(errors='replace')}")
        self.put(place)
        return count, wrong

    def close(self):
        for place in self.places:
            place.close()
        shutil.rmtree(self.work, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="the folder that contains triptych, tests/shim.so and tests/icd.so")
    parser.add_argument("--quick", action="store_true", help="try only a few places of each kind")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", help="run one kind, given by name or part of it")
    parser.add_argument("--markdown", help="also write the table to this file")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    run, rows, lost = Run(options), [], []
    begun = time.time()
    if not run.can_trace:
        print("left out: system calls: strace is missing or may not trace here")
    if not run.driver:
        print("left out: OpenCL: no test driver, or no driver for it to wrap")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name, (title, function) in KINDS.items():
            if options.only and options.only not in name:
                continue
            ok = told = early = bad = 0
            for command, what, how, wrong in pool.map(run.one, function(run)):
                ok += wrong is None and how == "ok"
                told += wrong is None and how == "told"
                early += how == "early"
                bad += wrong is not None
                if wrong is not None:
                    lost.append(f"{name}: {command.name}: {what}: {wrong}")
                    print("LOST", lost[-1], flush=True)
            rows.append((title, ok + told + bad, ok, told, bad, early))
            print(*rows[-1], flush=True)
    for title, function in (("twenty writers of one file", run.writers), ("input through a pipe, in pieces", run.pipes)):
        if options.only and options.only not in title:
            continue
        count, wrong = function()
        rows.append((title, count, count - len(wrong), 0, len(wrong), 0))
        lost += wrong
        for text in wrong:
            print("LOST", title, text)
    table = ["| fault | injected | correct result | error reported | lost |", "|---|---|---|---|---|"]
    table += [f"| {title} | {count} | {ok} | {told} | {bad} |" for title, count, ok, told, bad, _ in rows]
    table.append(f"| all | {sum(r[1] for r in rows)} | {sum(r[2] for r in rows)} | {sum(r[3] for r in rows)} | {sum(r[4] for r in rows)} |")
    print("\n".join(table))
    early = sum(r[5] for r in rows)
    print(f"{early} more hit the dynamic linker before the program started; {time.time() - begun:.0f} s")
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write("\n".join(table) + "\n")
    run.close()
    return 1 if lost or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
