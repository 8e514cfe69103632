#!/bin/sh
# zimg-integers-clip-between-passes.sh -- zimg's integer resize cuts off overshoot between its two passes.
#
# Versions  PyPI vapoursynth 81 (with zimg), numpy 2.3.5; it needs Python 3.12 or newer.
# Guess     A separable filter with negative weights (Lanczos) overshoots after the first pass, and what is outside the range is
#           needed by the second. So values between the passes are wider than samples, or at least at 16 bits and in floats the
#           results agree.
# Behaviour With integers, samples are clipped to their range after the columns, and then the rows are made of those. Where black and
#           white meet closely the result is far from the exact one: by up to 42 of 255, at 16 bits as much as at 8. The same picture
#           as floats is exact. Smooth pictures show nothing of it.
# Seen      noise of black and white, 256x256 to 128x128, lanczos with 3 lobes, away from the edges; largest difference of 255
#           8 bits from the exact result                 42
#           8 bits from columns, clipped, then rows      1
#           16 bits from the exact result                42
#           floats from the exact result                 0
set -eu
for python in python3.14 python3.13 python3.12 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then break; fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install vapoursynth==81 numpy==2.3.5
"$folder/venv/bin/python" - <<'END'
import math

import numpy
import vapoursynth as vs

SIDE = 256
noise = numpy.random.default_rng(1).integers(0, 2, (SIDE, SIDE))


def clip_of(samples, form):
    blank = vs.core.std.BlankClip(width=SIDE, height=SIDE, format=form, length=1)

    def fill(n, f):
        frame = f.copy()
        numpy.asarray(frame[0])[:] = samples
        return frame
    return vs.core.std.ModifyFrame(blank, blank, fill)


def halved(samples, form):
    clip = vs.core.resize.Lanczos(clip_of(samples, form), SIDE // 2, SIDE // 2, filter_param_a=3)
    return numpy.array(clip.get_frame(0)[0], float)


def lanczos(x):
    if abs(x) < 1e-9:
        return 1.0
    return 3 * math.sin(math.pi * x) * math.sin(math.pi * x / 3) / (math.pi * x) ** 2 if abs(x) < 3 else 0.0


weights = numpy.zeros((SIDE // 2, SIDE))
for out in range(SIDE // 2):
    for at in range(max(0, 2 * out - 6), min(SIDE, 2 * out + 8)):
        weights[out, at] = lanczos((at + 0.5 - (2 * out + 1)) / 2)
    weights[out] /= weights[out].sum()


def to_8_bits(values):
    return numpy.clip(numpy.round(values), 0, 255)


def largest(a, b):
    return int(numpy.round(numpy.abs(a - b)[8:-8, 8:-8].max()))


source = noise * 255.0
exact = weights @ source @ weights.T
clipped = to_8_bits(to_8_bits(weights @ source) @ weights.T)
eight = halved((noise * 255).astype(numpy.uint8), vs.GRAY8)
sixteen = halved((noise * 65535).astype(numpy.uint16), vs.GRAY16) / 257
floats = halved(noise.astype(numpy.float32), vs.GRAYS) * 255
seen = {"8 bits from the exact result": largest(eight, to_8_bits(exact)),
        "8 bits from columns, clipped, then rows": largest(eight, clipped),
        "16 bits from the exact result": largest(sixteen, numpy.clip(exact, 0, 255)),
        "floats from the exact result": largest(to_8_bits(floats), to_8_bits(exact))}
for name, difference in seen.items():
    print(f"{name:42} {difference}")
assert list(seen.values()) == [42, 1, 42, 0], "it is not as it was"
END
