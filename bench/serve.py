#!/usr/bin/python3
"""serve.py -- compares triptych serve with pyvips behind a pool of threads and with ImageMagick behind CGI.

Each answers for JPEG files of 1280x853 with JPEG files 320 pixels wide, over loopback, to wrk; nothing is cached, and requests go
round many files, so that no two of them share a computation. They take turns, and the medians count. Then 10
connections are measured alone, and again while 990 others send their requests byte by byte.

Needs the program in build/, wrk (apt-get install wrk), and for the peers pyvips (pip install pyvips pyvips-binary, for the
interpreter that runs this or that --python names) and ImageMagick (apt-get install imagemagick). A peer that is missing is named
and left out. Needs a quiet machine, and by default about 3 minutes. Exit codes: 0 all goals are met, 1 one is missed, 2 something failed.
"""
import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from files import Failure, ROOT

FILES = 64
WIDTH, HEIGHT, WANTED = 1280, 853, 320
CONNECTIONS = 8
SLOW, QUICK = 990, 10

WRK = """
local count = 0
local id = 0
function setup(thread) thread:set("id", id) id = id + 1 end
function request()
  count = count + 1
  return wrk.format("GET", string.format("%%s/%%03d.jpg%%s", "%s", (count * 2 + id) %% %d, "%s"))
end
function done(summary, latency)
  local wrong = summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout
  io.write(string.format("RESULT %%d %%d %%f %%f %%d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), wrong))
end
"""

# A server of HTTP/1.1 with a pool of threads, each of which serves one connection at a time. argv: port, folder, workers, peer.
PEER = r'''
import concurrent.futures, os, re, socket, subprocess, sys
port, folder, workers, peer = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
if peer == "pyvips":
    os.environ["VIPS_CONCURRENCY"] = "1"
    import pyvips
    pyvips.cache_set_max(0)
    def answer(path):
        return pyvips.Image.thumbnail(path, 320).write_to_buffer(".jpg", Q=90)
else:
    def answer(path):  # as CGI: a process for each request
        return subprocess.run([peer, path, "-resize", "320x", "-quality", "90", "jpg:-"], stdout=subprocess.PIPE, check=True).stdout
pool = concurrent.futures.ThreadPoolExecutor(workers)
def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = connection.makefile("rb")
    while True:
        first = lines.readline().split()
        if len(first) < 2:
            return
        while lines.readline() not in (b"\r\n", b""):
            pass
        name = os.path.basename(first[1].decode().split("?")[0])
        body = pool.submit(answer, os.path.join(folder, name)).result() if re.fullmatch(r"\d+\.jpg", name) else b"ok"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
import threading
listener = socket.create_server(("127.0.0.1", port), backlog=1024)
print("ready", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
'''


class Server:
    """A process that prints its port in its first line."""

    def __init__(self, name, command, prefix, options=""):
        self.name, self.prefix, self.options = name, prefix, options
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"(\d+)\s*$", line)
        if not found:
            raise Failure(f"{name} does not start: {line}{self.process.stderr.read()}")
        self.port = int(found.group(1))

    def memory(self):
        """Resident megabytes, at most so far."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def load(server, folder, connections, seconds):
    """Requests per second, and the median and 99th percentile of their times in milliseconds."""
    script = os.path.join(folder, "wrk.lua")
    with open(script, "w", encoding="ascii") as file:
        file.write(WRK % (server.prefix, FILES, server.options))
    run = subprocess.run(["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", script,
                          f"http://127.0.0.1:{server.port}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", run.stdout)
    if not found:
        raise Failure(f"wrk: {run.stdout}")
    requests, microseconds, median, late, wrong = map(float, found.groups())
    if wrong or not requests:
        raise Failure(f"{server.name}: {wrong:.0f} of {requests:.0f} requests failed")
    return requests / microseconds * 1e6, median / 1e3, late / 1e3


class SlowClients:
    """Connections that send a request byte by byte, and begin again when they are ended."""

    def __init__(self, port):
        self.port, self.ending, self.open = port, False, []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        while len(self.open) < SLOW and self.thread.is_alive():
            time.sleep(0.1)

    def run(self):
        at = 0
        text = b"GET /resize:width=320/000.jpg HTTP/1.1\r\nX: " + b"a" * 4000
        while not self.ending:
            while len(self.open) < SLOW:
                self.open.append([socket.create_connection(("127.0.0.1", self.port)), 0])
            for client in self.open[at::50]:
                try:
                    client[0].send(text[client[1]:client[1] + 1])
                    client[1] += 1
                except OSError:
                    client[0].close()
                    self.open.remove(client)
            at = (at + 1) % 50
            time.sleep(0.02)

    def end(self):
        self.ending = True
        self.thread.join()
        for client in self.open:
            client[0].close()


def prepare(folder, triptych):
    first = os.path.join(folder, "000.jpg")
    source = os.path.join(ROOT, "images", "street.png")
    subprocess.run([triptych, "run", f"resize:width={WIDTH}:height={HEIGHT}", source, "-o", first, "-q"], check=True)
    for number in range(1, FILES):
        shutil.copy(first, os.path.join(folder, f"{number:03d}.jpg"))


def start(made, folder, triptych, python, workers):
    """Adds those that are there; returns what is missing."""
    missing = []
    command = [triptych, "serve", "--root", folder, "--listen", "127.0.0.1:0", "--cache", "0", "--workers", str(workers)]
    made.append(Server("triptych", command, f"/resize:width={WANTED}"))
    made.append(Server("triptych, shrink-on-load=good", command, f"/resize:width={WANTED}", "?shrink-on-load=good"))
    if subprocess.run([python, "-c", "import pyvips"], stderr=subprocess.DEVNULL).returncode == 0:
        made.append(Server("pyvips", [python, "-c", PEER, "0", folder, str(workers), "pyvips"], ""))
    else:
        missing.append("pyvips (pip install pyvips pyvips-binary)")
    magick = shutil.which("magick") or shutil.which("convert")
    if magick:
        made.append(Server("ImageMagick, CGI", [sys.executable, "-c", PEER, "0", folder, str(workers), magick], ""))
    else:
        missing.append("ImageMagick (apt-get install imagemagick)")
    return missing


def check(goals, text, met):
    goals.append(met)
    print(f"{'met' if met else 'MISSED'}: {text}")


def compare(made, folder, arguments):
    """Rounds of all, each in turn; the medians."""
    results = {server.name: [] for server in made}
    for turn in range(arguments.rounds):
        for server in made if turn % 2 == 0 else reversed(made):
            results[server.name].append(load(server, folder, CONNECTIONS, arguments.seconds))
    print(f"{'server':32} {'requests/s':>11} {'median ms':>10} {'p99 ms':>8}")
    medians = {name: tuple(map(statistics.median, zip(*rows))) for name, rows in results.items()}
    for name, (rate, median, late) in medians.items():
        print(f"{name:32} {rate:11.1f} {median:10.2f} {late:8.2f}")
    return medians


def judge(goals, medians):
    own = medians["triptych, shrink-on-load=good"]  # as the peers load
    if "pyvips" in medians:
        peer = medians["pyvips"]
        check(goals, f"throughput {own[0] / peer[0]:.2f} times that of pyvips; goal 2", own[0] >= 2 * peer[0])
        check(goals, f"p99 {own[2]:.2f} ms, the median of pyvips {peer[1]:.2f} ms; goal: no more", own[2] <= peer[1])
    if "ImageMagick, CGI" in medians:
        peer = medians["ImageMagick, CGI"]
        check(goals, f"throughput {own[0] / peer[0]:.1f} times that of CGI; goal 10", own[0] >= 10 * peer[0])


def measure_slow(goals, server, folder, arguments):
    alone, beside = [], []
    for _ in range(arguments.rounds):
        alone.append(load(server, folder, QUICK, arguments.seconds)[0])
        slow = SlowClients(server.port)
        try:
            beside.append(load(server, folder, QUICK, arguments.seconds)[0])
        finally:
            slow.end()
    share, memory = statistics.median(beside) / statistics.median(alone), server.memory()
    check(goals, f"{QUICK} connections among {SLOW} slow ones: {share:.2f} of their throughput alone; goal 0.9", share >= 0.9)
    check(goals, f"memory {memory:.0f} MB; goal 150", memory < 150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build", help="folder of the program; default build")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has pyvips; default that of this script")
    parser.add_argument("--seconds", type=int, default=8, help="of each measurement; default 8")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--workers", type=int, default=2, help="threads of each server; default 2")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        raise Failure("wrk is missing: apt-get install wrk")
    triptych = os.path.join(ROOT, arguments.build, "triptych")
    goals, made = [], []
    with tempfile.TemporaryDirectory() as folder:
        try:
            prepare(folder, triptych)
            missing = start(made, folder, triptych, arguments.python, arguments.workers)
            judge(goals, compare(made, folder, arguments))
            measure_slow(goals, made[0], folder, arguments)
        finally:
            for server in made:
                server.end()
    for name in missing:
        print(f"not compared: {name} is missing")
    return 0 if all(goals) and not missing else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, OSError, subprocess.SubprocessError) as error:
        print(f"serve.py: {error}", file=sys.stderr)
        sys.exit(2)
