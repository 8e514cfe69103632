#!/bin/sh
# ffmpeg-median-of-small-windows-is-slowest.sh -- FFmpeg's median of 3x3 samples takes longer than that of 61x61.
#
# Versions  PyPI av 19.0.2 (libavfilter 12.1.102), numpy 2.3.5.
# Guess     A median costs more the larger its window is, or with histograms as much for each; 3x3 has a network of comparisons that
#           is many times faster, as in other libraries. Samples of 16 bits take some twice the time of 8 bits.
# Behaviour The filter takes less time for a large window than for a small one, and of 16 bits ten times that of 8 bits. So a tool that
#           picks it for 3x3, or for video of 16 bits, had better have another.
# Seen      noise, 1280x720, one thread, milliseconds a frame, least of 5
#           radius      1     5    10    30
#           8 bits     34    42    26    19
#           16 bits   355   383   414   273
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in python3.14 python3.13 python3.12 python3; do
    if "$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then break; fi
done
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install av==19.0.2 numpy==2.3.5
"$folder/venv/bin/python" - <<'END'
import time

import av
import av.filter
import numpy

WIDTH, HEIGHT = 1280, 720


def least_ms(form, kind, radius):
    top = numpy.iinfo(kind).max
    noise = numpy.random.default_rng(1).integers(0, top, (HEIGHT, WIDTH), kind, endpoint=True)
    frame = av.VideoFrame.from_ndarray(noise, format=form)
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(width=WIDTH, height=HEIGHT, format=frame.format, time_base=1)
    graph.link_nodes(source, graph.add("median", f"radius={radius}"), graph.add("buffersink")).configure()
    times = []
    for number in range(5):
        frame.pts = number
        begin = time.perf_counter()
        source.push(frame)
        graph.vpull()
        times.append(time.perf_counter() - begin)
    return min(times) * 1e3


small, large = least_ms("gray", numpy.uint8, 1), least_ms("gray", numpy.uint8, 30)
deep = least_ms("gray16le", numpy.uint16, 1)
print("8 bits: radius 1 %.0f ms, radius 30 %.0f ms; 16 bits: radius 1 %.0f ms" % (small, large, deep))
if not (small > 1.1 * large and deep > 4 * small):
    raise SystemExit("the behaviour has changed")
END
