#!/usr/bin/python3
"""serve_soak.py -- an hour of good and of bad clients for triptych serve: no wrong byte, no growth of memory.

Client threads draw from a seed what they do next: ask for pictures of a folder or upload them, ask for ranges and for what they have
already, upload what is damaged or too large, leave in the middle of a request or of an answer, fill the queue, open more connections
than are allowed, send byte by byte. What 'triptych run' wrote beforehand is what each answer 200 must have, byte by byte; other answers
must have a status that docs/serve.md gives for that case. Memory, descriptors and threads of the service are sampled each second.

Needs the program in build/. Exit codes: 0 all is well, 1 a wrong byte or status, growth, or a descriptor that is left, 2 something failed.
"""
import argparse
import collections
import http.client
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from files import Failure, ROOT

WORKERS, QUEUE, CONNECTIONS, TIMEOUT = 2, 6, 60, 5
BYTES_MOST, PIXELS_MOST = 3 << 20, 2000000
CLIENTS = 6
PATIENCE = 60  # seconds that an answer may take
SHAPES = ("1280:height=853", "853:height=1280", "640:height=427", "1001:height=667", "320:height=240")
PIPELINES = (("resize:width=320", {}), ("resize:width=320", {"shrink-on-load": "good"}), ("resize:width=100:height=100:mode=cover", {}),
             ("gray,sobel", {"format": "png"}), ("gaussian:sigma=2", {"quality": "70"}), ("median:radius=2,rotate:angle=90", {}),
             ("equalize", {"format": "pnm"}), ("copy", {"strip": None}))
SLOW = tuple("gaussian:sigma=%d,median:radius=%d" % (sigma, radius) for sigma in range(3, 11) for radius in (3, 4, 5))
GROWTH = 1.05  # times the memory after the warm-up, and:
SLACK = 4.0    # megabytes that allocators may take or leave
BUSY = (503, 504)  # a full queue, and a machine that is slow under it


class Case:
    """What is asked for, and the bytes that are right; None: it is refused with 415 or 422."""

    def __init__(self, path, pipeline, options, right):
        self.path, self.right = path, right
        query = "&".join(name if value is None else f"{name}={value}" for name, value in options.items())
        self.upload = f"/{pipeline}" + (f"?{query}" if query else "")
        self.url = f"/{pipeline}/{os.path.basename(path)}" + (f"?{query}" if query else "")


def right_bytes(triptych, path, pipeline, options, folder):
    """What 'triptych run' writes; None: it fails."""
    out = os.path.join(folder, "right." + options.get("format", path.rsplit(".", 1)[1]))
    command = [triptych, "run", pipeline, path, "-o", out, "-q"]
    for name, value in options.items():
        if name != "format":
            command += [f"--{name}"] + ([] if value is None else [value])
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        return None
    with open(out, "rb") as file:
        return file.read()


def damaged(path, folder, number):
    """A copy of a picture that ends early, or has some wrong bytes."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    rng = random.Random(number)
    if number % 2 == 0:
        data = data[:rng.randrange(30, len(data))]
    else:
        for _ in range(5):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    to = os.path.join(folder, f"damaged{number}.{path.rsplit('.', 1)[1]}")
    with open(to, "wb") as file:
        file.write(data)
    return to


def prepare(triptych, root, scratch):
    """Pictures below `root`; their cases, those of damaged pictures, and slow ones."""
    source, pictures = os.path.join(ROOT, "images", "street.png"), []
    for number, shape in enumerate(SHAPES):
        for suffix in ("jpg", "png") if number % 2 else ("jpg",):
            path = os.path.join(root, f"{number}.{suffix}")
            subprocess.run([triptych, "run", f"resize:width={shape}", source, "-o", path, "-q"], check=True)
            pictures.append(path)
    good = [Case(path, pipeline, options, right_bytes(triptych, path, pipeline, options, scratch))
            for path in pictures for pipeline, options in PIPELINES]
    refused = [case.url for case in good if case.right is None]
    if refused:
        raise Failure(f"'triptych run' refuses what {refused[0]} asks for")
    bad = [Case(path, "resize:width=64", {}, right_bytes(triptych, path, "resize:width=64", {}, scratch))
           for path in (damaged(pictures[number % len(pictures)], root, number) for number in range(16))]
    slow = [Case(pictures[2], pipeline, {}, right_bytes(triptych, pictures[2], pipeline, {}, scratch)) for pipeline in SLOW]
    return good, bad, slow


# ---- the service ----

class Service:
    def __init__(self, triptych, root):
        self.process = subprocess.Popen(
            [triptych, "serve", "--root", root, "--listen", "127.0.0.1:0", "--workers", str(WORKERS), "--queue", str(QUEUE),
             "--connections", str(CONNECTIONS), "--timeout", str(TIMEOUT), "--max-bytes", str(BYTES_MOST), "--max-pixels",
             str(PIXELS_MOST), "--cache", "4M"], stdout=subprocess.PIPE, text=True)
        found = re.search(r":(\d+)\s*$", self.process.stdout.readline())
        if not found:
            raise Failure("triptych serve does not start")
        self.port = int(found.group(1))

    def sample(self):
        """Resident megabytes, descriptors and threads."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            status = file.read()
        numbers = [int(re.search(name + r":\s+(\d+)", status).group(1)) for name in ("VmRSS", "Threads")]
        return numbers[0] / 1024, len(os.listdir(f"/proc/{self.process.pid}/fd")), numbers[1]

    def end(self):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(4 * TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


# ---- clients ----

class Tally:
    """What all clients saw."""

    def __init__(self):
        self.lock, self.counts, self.wrong = threading.Lock(), collections.Counter(), []

    def add(self, action, result):
        with self.lock:
            self.counts[action, str(result)] += 1

    def report(self, text):
        with self.lock:
            self.wrong.append(text)
        print(f"WRONG: {text}", flush=True)


class Client:
    def __init__(self, port, cases, tally, seed):
        self.port, self.tally, self.rng = port, tally, random.Random(seed)
        self.good, self.bad, self.slow = cases
        self.http = None
        self.actions = (8 * [self.get] + 5 * [self.post] + 3 * [self.post_damaged] + 2 * [self.get_range] + 2 * [self.get_again] +
                        3 * [self.leave_request] + 3 * [self.leave_answer] + [self.too_large] + [self.too_many_pixels] +
                        [self.nonsense])
        self.rare = (self.fill_queue, self.many_connections, self.byte_by_byte)

    def step(self):
        action = self.rng.choice(self.rare if self.rng.random() < 0.01 else self.actions)
        try:
            action()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self.tally.add(action.__name__, "error")
            self.tally.report(f"{action.__name__}: {type(error).__name__}: {error}")

    def close(self):
        if self.http is not None:
            self.http.close()
        self.http = None

    def ask(self, method, url, body=None, headers=None):
        """Status, headers and body, over a connection that stays. One that the service has closed meanwhile is opened anew."""
        fresh = self.http is None
        if fresh:
            self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            self.http.request(method, url, body, headers or {})
            answer = self.http.getresponse()
            data = answer.read()
        except (ConnectionError, http.client.BadStatusLine):
            self.close()
            if fresh:
                raise
            return self.ask(method, url, body, headers)
        if answer.will_close:
            self.close()
        return answer.status, answer.headers, data

    def check(self, action, what, got, allowed, right):
        """An answer `got` has one of the statuses, and with 200 or 206 the right bytes."""
        status, _, data = got
        self.tally.add(action, status)
        if status not in allowed:
            self.tally.report(f"{action} {what}: status {status}: {data[:80]!r}")
        elif status in (200, 206) and data != right:
            self.tally.report(f"{action} {what}: {len(data)} bytes differ from the {len(right)} of 'triptych run'")

    # -- good ones

    def get(self):
        case = self.rng.choice(self.good)
        self.check("get", case.url, self.ask("GET", case.url), (200,) + BUSY, case.right)

    def post(self):
        case = self.rng.choice(self.good)
        with open(case.path, "rb") as file:
            self.check("post", case.url, self.ask("POST", case.upload, file.read()), (200,) + BUSY, case.right)

    def get_range(self):
        case = self.rng.choice(self.good)
        first = self.rng.randrange(len(case.right))
        last = self.rng.randrange(first, len(case.right))
        got = self.ask("GET", case.url, headers={"Range": f"bytes={first}-{last}"})
        self.check("range", case.url, got, (206,) + BUSY, case.right[first:last + 1])

    def get_again(self):
        case = self.rng.choice(self.good)
        got = self.ask("GET", case.url)
        self.check("get", case.url, got, (200,) + BUSY, case.right)
        if got[0] == 200:
            self.check("again", case.url, self.ask("GET", case.url, headers={"If-None-Match": got[1]["ETag"]}), (304,), b"")

    # -- bad ones

    def post_damaged(self):
        case = self.rng.choice(self.bad)
        with open(case.path, "rb") as file:
            got = self.ask("POST", case.upload, file.read())
        self.check("damaged", case.path, got, ((415, 422) if case.right is None else (200,)) + BUSY, case.right)

    def nonsense(self):
        url, status = self.rng.choice((("/gaussian:sigma=-1/0.jpg", 400), ("/no_such_kernel/0.jpg", 400), ("/copy/none.jpg", 404),
                                       ("/copy/../../etc/passwd", 404), ("/lut:file=%2Fetc%2Fpasswd/0.jpg", 400)))
        self.check("nonsense", url, self.ask("GET", url), (status,) + BUSY, b"")

    def too_many_pixels(self):
        body = b"P5 4000 4000 255\n" + bytes(1000)
        self.check("pixels", "", self.ask("POST", "/copy", body), (422,) + BUSY, b"")

    def too_large(self):
        """Refused by its headers alone. Who sends on all the same may find the connection closed."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as raw:
            raw.sendall(b"POST /copy HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (2 * BYTES_MOST))
            stubborn = self.rng.random() < 0.5
            try:
                for _ in range(2 * BYTES_MOST >> 16 if stubborn else 0):
                    raw.sendall(bytes(1 << 16))
                got = raw.recv(1000)
            except ConnectionError:
                got = b""
        self.expect("too large", got, (b"413", b"503"), stubborn)

    def expect(self, action, got, allowed, may_close):
        """The head of an answer on a raw connection; b"": it was closed without one."""
        status = got[9:12]
        self.tally.add(action, status.decode(errors="replace") if got else "closed")
        if status not in allowed and not (may_close and got == b""):
            self.tally.report(f"{action}: {got[:80]!r}")

    def leave_request(self):
        case = self.rng.choice(self.good)
        with open(case.path, "rb") as file:
            body = file.read()
        text = f"POST {case.upload} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as raw:
            raw.sendall(text[:self.rng.randrange(len(text))])
        self.tally.add("leave request", "left")

    def leave_answer(self):
        """Often before it is computed, sometimes in the middle of it."""
        case = self.rng.choice(self.good)
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as raw:
            raw.sendall(f"GET {case.url} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            time.sleep(self.rng.choice((0, 0, 0.005)))
            if self.rng.random() < 0.5:
                raw.recv(self.rng.randrange(1, 2000))
        self.tally.add("leave answer", "left")

    def fill_queue(self):
        """More computations at once than may wait: some are refused, the others are right."""
        raws = []
        for case in self.rng.sample(self.slow, 3 * QUEUE):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("GET", case.url)
            raws.append((case, connection))
        for case, connection in raws:
            answer = connection.getresponse()
            self.check("fill queue", case.url, (answer.status, answer.headers, answer.read()), (200,) + BUSY, case.right)
            connection.close()

    def many_connections(self):
        raws = [socket.create_connection(("127.0.0.1", self.port), PATIENCE) for _ in range(2 * CONNECTIONS)]
        time.sleep(0.5)
        for raw in raws:
            raw.close()
        self.tally.add("many connections", "closed")

    def byte_by_byte(self):
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as raw:
            for byte in b"GET /copy/0.jpg HTTP/1.1\r\nX: aaaaaa":
                raw.sendall(bytes([byte]))
                time.sleep(TIMEOUT / 50)
            self.expect("byte by byte", raw.recv(1000), (b"408",), False)


# ---- the run ----

def soak(service, cases, tally, arguments):
    """Samples of the service, one each second: after the beginning, seconds."""
    ending, samples, begun = threading.Event(), [], time.monotonic()

    def be_client(number):
        client = Client(service.port, cases, tally, (arguments.seed << 8) + number)
        while not ending.is_set():
            client.step()
        client.close()

    threads = [threading.Thread(target=be_client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        while time.monotonic() - begun < arguments.seconds and service.process.poll() is None:
            time.sleep(1)
            samples.append((time.monotonic() - begun,) + service.sample())
            if len(samples) % 60 == 0:
                print(f"{samples[-1][0]:6.0f} s: {sum(tally.counts.values())} requests, {len(tally.wrong)} wrong, "
                      f"{samples[-1][1]:.1f} MB, {samples[-1][2]} descriptors", flush=True)
    except (OSError, AttributeError):  # it has ended
        pass
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    return samples


def judge_memory(samples, seconds, tally):
    """Compares the first quarter after the warm-up with the last one."""
    warm = [sample[1] for sample in samples if sample[0] > min(300, seconds / 4)]
    quarter = len(warm) // 4
    if quarter < 5:
        tally.report("too few samples of memory; let it run longer")
        return
    early, late = statistics.median(warm[:quarter]), statistics.median(warm[-quarter:])
    print(f"memory: {early:.1f} MB after the warm-up, {late:.1f} MB in the end, {max(warm):.1f} MB at most")
    if late > GROWTH * early + SLACK:
        tally.report(f"memory grew from {early:.1f} to {late:.1f} MB")


def judge_descriptors(service, before, tally):
    """All connections are closed: once the service has seen that, it has those from the beginning."""
    deadline = time.monotonic() + 3 * TIMEOUT
    while time.monotonic() < deadline and service.sample()[1] > before:
        time.sleep(0.2)
    after = service.sample()[1]
    print(f"descriptors: {before} before, {after} after")
    if after > before:
        tally.report(f"{after - before} descriptors are left open")


def summarize(tally):
    actions = {}
    for (action, result), count in sorted(tally.counts.items()):
        actions.setdefault(action, []).append(f"{result}: {count}")
    for action, results in actions.items():
        print(f"{action:17} {', '.join(results)}")
    for action in ("get", "post", "range"):
        if not any(tally.counts[action, status] for status in ("200", "206")):
            tally.report(f"no answer to '{action}' was compared")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build", help="folder of the program; default build")
    parser.add_argument("--seconds", type=int, default=3600, help="default 3600")
    parser.add_argument("--seed", type=int, default=1, help="of what clients do; default 1")
    arguments = parser.parse_args()
    triptych, tally = os.path.join(ROOT, arguments.build, "triptych"), Tally()
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as scratch:
        cases = prepare(triptych, root, scratch)
        service = Service(triptych, root)
        try:
            before = service.sample()[1]
            samples = soak(service, cases, tally, arguments)
            if service.process.poll() is None:
                judge_descriptors(service, before, tally)
        finally:
            code = service.end()
        if code != 0:
            tally.report(f"the service ended with {code}")
        summarize(tally)
        judge_memory(samples, arguments.seconds, tally)
    print(f"{sum(tally.counts.values())} requests in {arguments.seconds} s: "
          f"{'all is well' if not tally.wrong else f'{len(tally.wrong)} things are wrong'}")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, OSError, subprocess.SubprocessError) as error:
        print(f"serve_soak.py: {error}", file=sys.stderr)
        sys.exit(2)
