#!/bin/sh
# ffmpeg-last-frame-takes-the-time-before.sh -- FFmpeg forgets how long an animation shows its last frame, in some formats.
#
# Versions  PyPI imageio-ffmpeg 0.6.0 (FFmpeg 7.0.2), pillow 12.0.0. With FFmpeg 5.1 of Debian 12, GIF loses the time too.
# Guess     An animation whose frames are shown for 100, 200 and 1000 ms keeps these times when it is converted with
#           -fps_mode passthrough, since input and output both store a time for each frame.
# Behaviour GIF keeps them. In APNG the last frame is shown as long as the one before it (the muxer's option final_delay changes
#           that). In WebP, which libwebp's own API writes, it is shown for the mean of the others. No message.
# Seen      input  output  milliseconds
#           APNG   GIF     100 200 1000
#           APNG   APNG    100 200 200
#           APNG   WebP    100 200 150
#           GIF    GIF     100 200 1000
#           GIF    APNG    100 200 200
#           GIF    WebP    100 200 150
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
times = [100, 200, 1000]


def shown(name):
    found = []
    with Image.open(name) as image:
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            found.append(round(image.info["duration"]))
    return found


frames = [Image.new("RGB", (32, 24), colour) for colour in ("red", "green", "blue")]
expected = {"gif": times, "png": [100, 200, 200], "webp": [100, 200, 150]}
same = True
for made in ("png", "gif"):
    frames[0].save(f"in.{made}", save_all=True, append_images=frames[1:], duration=times, loop=0)
    assert shown(f"in.{made}") == times
    for kind, wanted in expected.items():
        name = f"{made}.{kind}"
        subprocess.run([program, "-v", "error", "-y", "-i", f"in.{made}", "-fps_mode", "passthrough",
                        *(["-f", "apng"] if kind == "png" else []), name], check=True)
        print(f"{made:4} -> {kind:4} {shown(name)}")
        same &= shown(name) == wanted
assert same, "it is not as it was"
END
