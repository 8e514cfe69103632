#!/bin/sh
# pocl-barriers-under-conditions.sh -- in POCL 3.0 each conditional barrier doubles the compile time.
#
# Versions  PyPI pyopencl 2026.1.4, pocl-binary-distribution 3.0 (POCL 3.0-rc2, LLVM 14.0.6). POCL 3.1 of Debian 12 (LLVM
#           15.0.6) does the same.
# Guess     A barrier that a whole group skips (the condition is the same for all items, as OpenCL requires) costs
#           the compiler as much as any other barrier.
# Behaviour All code after such a barrier is compiled once for the path through it and once for the path around it, so a
#           kernel with N of them has 2^N endings. The time is spent in the first launch, when POCL compiles for a
#           work-group size; clBuildProgram is as fast as before.
# Seen      CPU seconds of the first launch, with 1 to 7 barriers (2 cores of an AMD EPYC, with other load):
#             without a condition  0.00 0.07 0.08 0.06 0.08 0.12 0.09
#             under a condition    0.10 0.12 0.21 0.34 0.55 1.17 3.49
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install pyopencl==2026.1.4 pocl-binary-distribution==3.0 numpy
libs=$(echo "$folder"/venv/lib/python3*/site-packages/pyopencl/.libs/)
OCL_ICD_VENDORS=$libs POCL_CACHE_DIR=$folder PYOPENCL_NO_CACHE=1 "$folder/venv/bin/python" - <<'END'
import time
import numpy
import pyopencl as cl

device = cl.get_platforms()[0].get_devices()[0]
context = cl.Context([device])
queue = cl.CommandQueue(context)
out = cl.Buffer(context, cl.mem_flags.READ_WRITE, 64)
print(device.platform.version)


def first_launch(barriers, condition):
    step = "{c} barrier(CLK_LOCAL_MEM_FENCE);\nx = x * {a}u + t[(i + {b}) % 16];\nbarrier(CLK_LOCAL_MEM_FENCE);\nt[i] = x;\n"
    steps = "".join(step.format(a=2 * k + 3, b=k + 1, c="if (n > %d)" % k if condition else "") for k in range(barriers))
    text = ("kernel void f(global uint *out, int n) { local uint t[16]; const int i = get_local_id(0); uint x = i; t[i] = i;\n"
            + steps + "out[get_global_id(0)] = x; }")
    kernel = cl.Program(context, text).build().f
    start = time.process_time()
    kernel(queue, (16,), (16,), out, numpy.int32(100))
    queue.finish()
    return time.process_time() - start


first_launch(1, False)
flat = [first_launch(n, False) for n in range(1, 8)]
forked = [first_launch(n, True) for n in range(1, 8)]
print("without a condition", *("%.2f" % t for t in flat))
print("under a condition  ", *("%.2f" % t for t in forked))
assert forked[6] > 5 * forked[2] and forked[6] > 5 * flat[6], "it is not as it was"
END
