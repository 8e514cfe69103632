#!/bin/sh
# ffmpeg-apng-alpha-16-bits-one-way.sh -- FFmpeg writes 16-bit APNG with alpha that it cannot read back.
#
# Versions  PyPI imageio-ffmpeg 0.6.0 (FFmpeg 7.0.2), pillow 12.0.0. FFmpeg 5.1 of Debian 12 does the same.
# Guess     An encoder that accepts a pixel format writes files that the decoder of the same program reads; and if frames cannot
#           be decoded, the exit code says so.
# Behaviour The encoder apng accepts rgba64be and ya16be. The decoder reads the first frame of such a file; for each later one it
#           prints "Not yet implemented in FFmpeg", drops it, and the program ends with exit code 0. The file is sound: another
#           reader finds all frames. Without alpha, or with 8 bits, all frames come back.
# Seen      format    frames written  FFmpeg reads  exit code  Pillow reads
#           rgba      3               3             0          3
#           rgb48be   3               3             0          3
#           gray16be  3               3             0          3
#           rgba64be  3               1             0          3
#           ya16be    3               1             0          3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install imageio-ffmpeg==0.6.0 pillow==12.0.0
cd "$folder"
venv/bin/python - <<'END'
import subprocess
import imageio_ffmpeg
from PIL import Image

program = imageio_ffmpeg.get_ffmpeg_exe()
print(subprocess.run([program, "-version"], capture_output=True, text=True).stdout.split("\n")[0])
expected = {"rgba": 3, "rgb48be": 3, "gray16be": 3, "rgba64be": 1, "ya16be": 1}
same = True
for pixels, frames in expected.items():
    name = f"{pixels}.png"
    subprocess.run([program, "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=s=32x24:r=5:d=0.6,format={pixels}",
                    "-c:v", "apng", "-pix_fmt", pixels, "-f", "apng", name], check=True)
    back = subprocess.run([program, "-v", "error", "-f", "apng", "-i", name, "-f", "framemd5", "-"], capture_output=True, text=True)
    read = sum(not line.startswith("#") for line in back.stdout.splitlines())
    with Image.open(name) as image:
        there = image.n_frames
    print(f"{pixels:9} {read} of {there} frames, exit code {back.returncode}")
    same &= read == frames and there == 3 and back.returncode == 0
assert same, "it is not as it was"
END
