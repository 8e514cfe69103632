#!/bin/sh
# ffmpeg-full-range-labelled-limited.sh -- FFmpeg writes full-range frames unchanged into files labelled limited range.
#
# Versions  PyPI imageio-ffmpeg 0.6.0 (FFmpeg 7.0.2). FFmpeg 5.1 of Debian 12 does the same, and reads ProRes
#           as limited.
# Guess     If frames and encoder are both set to full range (-color_range pc) and the codec cannot store that, the
#           encoder refuses, converts the samples, or at least warns.
# Behaviour Some codecs accept the frames, print nothing at the default log level and keep the samples. The stream that is read
#           back is labelled limited range (MPEG-2), or not labelled (MPEG-4 in MP4, FFV1 and raw video in AVI, ProRes), which
#           players take for limited range. Then 0 and 10 look the same, and so do 240 and 255. Whether the range is kept depends
#           on codec and container: MPEG-4 keeps it in Matroska.
# Seen      encoder    container  read back      luma of a frame of 8
#           libx264    mp4        full           8
#           mpeg4      mkv        full           8
#           mpeg4      mp4        not said       8
#           rawvideo   avi        not said       8
#           ffv1       avi        not said       8
#           mpeg2video mkv        limited        8
#           prores_ks  mov        not said       8 (of 10 bits 32)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install imageio-ffmpeg==0.6.0
cd "$folder"
venv/bin/python - <<'END'
import re
import subprocess
import imageio_ffmpeg

program = imageio_ffmpeg.get_ffmpeg_exe()
print(subprocess.run([program, "-version"], capture_output=True, text=True).stdout.split("\n")[0])
width, height, frames = 64, 48, 10
raw = (bytes([8]) * (width * height) + bytes([128]) * (width * height // 2)) * frames
said = {"pc": "full", "tv": "limited", "": "not said"}


def write(name, encoder, pixels):
    """What FFmpeg complains of, what the file says of its range, and a sample of luma."""
    done = subprocess.run([program, "-v", "warning", "-f", "rawvideo", "-s", f"{width}x{height}", "-r", "25", "-pix_fmt", "yuv420p",
                           "-color_range", "pc", "-i", "-", "-color_range", "pc", "-c:v", encoder, "-pix_fmt", pixels,
                           *(["-qscale:v", "1"] if encoder != "libx264" else []), "-y", name], input=raw, capture_output=True, check=True)
    about = subprocess.run([program, "-i", name], capture_output=True, text=True).stderr
    stream = re.search(r"Video: .*", about).group(0)
    label = re.search(r"\b(?:yuvj?4\w+)\((pc|tv)?", stream)
    back = subprocess.run([program, "-v", "error", "-i", name, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    sample = back[0] if pixels.endswith("p") else int.from_bytes(back[:2], "little") // 4
    return done.stderr.decode().strip(), said[(label.group(1) or "") if label else ""], sample


expected = [("libx264", "mp4", "yuv420p", "full"), ("mpeg4", "mkv", "yuv420p", "full"), ("mpeg4", "mp4", "yuv420p", "not said"),
            ("rawvideo", "avi", "yuv420p", "not said"), ("ffv1", "avi", "yuv420p", "not said"), ("mpeg2video", "mkv", "yuv420p", "limited"),
            ("prores_ks", "mov", "yuv422p10le", "not said")]
same = True
for encoder, container, pixels, label in expected:
    complaint, found, sample = write(f"{encoder}.{container}", encoder, pixels)
    print(f"{encoder:10} {container:9} {found:10} {sample} {complaint}")
    same &= found == label and abs(sample - 8) <= 1 and "range" not in complaint
assert same, "it is not as it was"
END
