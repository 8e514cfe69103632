"""environment.py -- gets the other libraries from PyPI into a virtual environment of their own.

Runs in whatever Python started bench/peers.py, and so imports nothing but the standard library.
"""
import json
import os
import re
import shutil
import subprocess
import sys

# What pip installs for each peer, one command a peer, so that one which is not to be had leaves the others alone.
PACKAGES = {
    "numpy": ["numpy"],
    "opencv": ["opencv-contrib-python-headless>=5"],
    "vips": ["pyvips", "pyvips-binary>=8.18"],
    "pillow": ["pillow"],
    "vapoursynth": ["vapoursynth>=81"],
    "zsmooth": ["vapoursynth-zsmooth"],
    "vszip": ["vapoursynth-vszip"],
    "ipp": ["ipp-static", "ipp-include"],
    "ffmpeg": ["av>=19"],
}
IPP_LIBRARIES = ("ippcv", "ippi", "ipps", "ippvm", "ippcore")
IPP_SOURCE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "ipp_peer.c"))
IPP_OBJECT = "ipp_peer.so"
OLDEST = (3, 12)  # Python that VapourSynth is made for
NEED_OLDEST = ("vapoursynth", "zsmooth", "vszip")


class Failure(Exception):
    pass


def run(command):
    """Runs a command; a Failure has the last line that says why."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
    except OSError as error:
        raise Failure("%s: %s" % (command[0], error.strerror)) from error
    lines = [line for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
    if done.returncode != 0:
        errors = [line for line in lines if "error" in line.lower()]
        why = (errors or lines or ["%s: status %d" % (command[0], done.returncode)])[-1]
        raise Failure(why.strip().removeprefix("ERROR: "))
    return lines


def version_of(python):
    """(3, 13), or None: not everything on PATH with such a name runs."""
    try:
        return tuple(map(int, run([python, "-c", "import ensurepip, sys, venv; print(*sys.version_info[:2])"])[-1].split()))
    except (Failure, ValueError, IndexError):
        return None


def find_python():
    """The newest python3.N on PATH that VapourSynth can use, else the one that runs."""
    found = set()
    for folder in os.get_exec_path():
        if os.path.isdir(folder):
            found.update(name for name in os.listdir(folder) if re.fullmatch(r"python3\.\d+", name))
    for name in sorted(found, key=lambda name: -int(name.split(".")[1])):
        python = shutil.which(name)
        version = version_of(python) if python else None
        if version is not None and version >= OLDEST:
            return python
    return sys.executable


def python_of(folder):
    return os.path.join(folder, "bin", "python")


def build_ipp(folder):
    """IPP's static libraries and a small C file make a shared object for ctypes."""
    target = os.path.join(folder, IPP_OBJECT)
    libraries = ["-l" + name for name in IPP_LIBRARIES]
    run([os.environ.get("CC", "cc"), "-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden",
         "-I", os.path.join(folder, "include", "ipp"), IPP_SOURCE, "-L", os.path.join(folder, "lib"),
         "-Wl,-Bstatic", *libraries, "-Wl,-Bdynamic", "-lm", "-o", target + ".new"])
    os.replace(target + ".new", target)


def renew_ipp(folder):
    """Builds it again if its source has changed since."""
    if os.path.getmtime(os.path.join(folder, IPP_OBJECT)) < os.path.getmtime(IPP_SOURCE):
        build_ipp(folder)


def install(folder, packages):
    run([python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
         "--upgrade", *packages])


def state_file(folder):
    return os.path.join(folder, "peers.json")


def missing(folder):
    """{peer: why it is missing}; None: the environment was never completed."""
    try:
        with open(state_file(folder), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def refuse_others(folder):
    """The folder is emptied first, so it must be an environment or nothing."""
    if os.path.isdir(folder) and os.listdir(folder) and not os.path.exists(os.path.join(folder, "pyvenv.cfg")):
        raise Failure("%s has other files in it: name a new folder" % folder)


def get(folder, peer, version, reasons):
    """Installs one peer; raises a Failure that says why it cannot be."""
    if peer in NEED_OLDEST and version < OLDEST:
        raise Failure("it needs Python %d.%d or newer, and this is %d.%d (--python names another)" % (*OLDEST, *version))
    if peer in ("zsmooth", "vszip") and "vapoursynth" in reasons:
        raise Failure("it needs vapoursynth")
    print("peers.py: installing %s" % " ".join(PACKAGES[peer]), file=sys.stderr, flush=True)
    install(folder, PACKAGES[peer])
    if peer == "ipp":
        build_ipp(folder)


def get_all(folder, version):
    """{peer: why it is missing}."""
    reasons = {}
    for peer in PACKAGES:
        try:
            get(folder, peer, version, reasons)
        except Failure as failure:
            reasons[peer] = str(failure)
            print("peers.py: %s is missing: %s" % (peer, failure), file=sys.stderr)
    if "numpy" in reasons:
        raise Failure("without numpy nothing can be compared: %s" % reasons["numpy"])
    return reasons


def make(folder, python=None):
    """Makes or renews the environment."""
    refuse_others(folder)
    python = python or find_python()
    version = version_of(python)
    if version is None:
        raise Failure("%s: does not run, or lacks venv and ensurepip (Debian: python3-venv)" % python)
    print("peers.py: Python %d.%d (%s), environment in %s" % (*version, python, folder), file=sys.stderr)
    run([python, "-m", "venv", "--clear", folder])
    reasons = get_all(folder, version)
    with open(state_file(folder), "w", encoding="utf-8") as file:
        json.dump(reasons, file, indent=1)
