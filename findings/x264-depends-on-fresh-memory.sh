#!/bin/sh
# x264-depends-on-fresh-memory.sh -- libx264 with one thread writes other bytes when new memory is not zero.
#
# Versions  PyPI imageio-ffmpeg 0.6.0 (FFmpeg 7.0.2, x264 core 164 r3191). Debian 12's ffmpeg 5.1 with libx264-164 does the same.
# Guess     With one thread, the same frames and options give the same bytes, whatever the process did before.
# Behaviour At 320x240, with default settings, the bytes depend on what malloc returns: glibc's MALLOC_PERTURB_ fills new memory
#           with a byte, and each byte gives another stream. All of them are valid. With mbtree=0 they are equal; 640x480 is, too.
#           A process that encodes once mostly gets zeros from the kernel, so the difference shows in one that encodes again.
# Seen      320x240            3 different streams of 3
#           320x240, mbtree=0  1
#           640x480            1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install imageio-ffmpeg==0.6.0
"$folder/venv/bin/python" - <<'END'
import hashlib
import os
import subprocess
import imageio_ffmpeg

program = imageio_ffmpeg.get_ffmpeg_exe()
print(subprocess.run([program, "-version"], capture_output=True, text=True).stdout.split("\n")[0])


def streams(size, parameters):
    """How many different ones three fillings give."""
    found = set()
    for byte in (1, 85, 255):
        made = subprocess.run([program, "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=4",
                               "-c:v", "libx264", "-threads", "1", "-x264-params", parameters, "-f", "h264", "-"],
                              env={**os.environ, "MALLOC_PERTURB_": str(byte)}, capture_output=True, check=True)
        found.add(hashlib.sha256(made.stdout).hexdigest())
    return len(found)


same = True
for size, parameters, wanted in (("320x240", "threads=1", 3), ("320x240", "mbtree=0", 1), ("640x480", "threads=1", 1)):
    count = streams(size, parameters)
    print(f"{size} {parameters:10} {count} of 3")
    same &= count == wanted
assert same, "it is not as it was"
END
