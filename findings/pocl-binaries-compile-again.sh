#!/bin/sh
# pocl-binaries-compile-again.sh -- asking POCL for a program's binary compiles all of its kernels once more.
#
# Versions  PyPI pyopencl 2026.1.4, pocl-binary-distribution 3.0 (POCL 3.0-rc2, LLVM 14.0.6). POCL 3.1 of Debian 12 does the
#           same.
# Guess     clGetProgramInfo(CL_PROGRAM_BINARIES) returns the result of clBuildProgram, and a program loaded from it
#           has nothing left to compile.
# Behaviour Neither. clBuildProgram makes no machine code; POCL compiles a kernel for each work-group size at its first
#           launch. The binary must run without a compiler, so the query compiles every kernel for any work-group
#           size ("0-0-0"), including those that were never launched: that takes as long as the build. And a program
#           loaded from it does not run that code if a compiler is present: its first launches compile again for their
#           work-group size. So an application's own program cache makes the first start on POCL slower, and later ones
#           no faster than POCL's own cache does.
# Seen      4 kernels: build 1.39 s, first launch 0.36 s (1 object), binary 1.33 s (4 objects more); from the binary: build
#           0.00 s, first launch of a kernel not launched before 0.26 s (1 object more)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install pyopencl==2026.1.4 pocl-binary-distribution==3.0 numpy
libs=$(echo "$folder"/venv/lib/python3*/site-packages/pyopencl/.libs/)
mkdir "$folder/cache"
OCL_ICD_VENDORS=$libs POCL_CACHE_DIR=$folder/cache PYOPENCL_NO_CACHE=1 "$folder/venv/bin/python" - "$folder/cache" <<'END'
import glob
import sys
import time
import numpy
import pyopencl as cl

KERNELS = 4
device = cl.get_platforms()[0].get_devices()[0]
context = cl.Context([device])
queue = cl.CommandQueue(context)
out = cl.Buffer(context, cl.mem_flags.READ_WRITE, 4096)
print(device.platform.version)
work = "".join("x = mad24(x, %du, rotate(x, %du) ^ (x >> %du)); if (x %% %du == 3u) x += n * %d;\n"
               % (2 * k + 3, k % 31 + 1, k % 7 + 1, k + 5, k) for k in range(60))
text = "".join("kernel void f%d(global uint *out, int n) { uint x = get_global_id(0) + %d; for (int i = 0; i < n; i++) { %s }\n"
               "out[get_global_id(0)] = x; }\n" % (k, k, work) for k in range(KERNELS))


def objects():
    return len(glob.glob(sys.argv[1] + "/**/*.so", recursive=True))


def measure(what, call):
    before, start = objects(), time.monotonic()
    result = call()
    made = objects() - before
    print("%-36s %5.2f s, %d objects" % (what, time.monotonic() - start, made))
    return result, made


def launch(kernel):
    kernel(queue, (64,), (64,), out, numpy.int32(1))
    queue.finish()


program, built = measure("build from source", lambda: cl.Program(context, text).build())
_, launched = measure("first launch", lambda: launch(program.f0))
binary, asked = measure("CL_PROGRAM_BINARIES", lambda: program.get_info(cl.program_info.BINARIES)[0])
loaded, _ = measure("build from the binary", lambda: cl.Program(context, [device], [binary]).build())
_, again = measure("first launch of another kernel of it", lambda: launch(loaded.f1))
assert (built, launched, asked, again) == (0, 1, KERNELS, 1), "it is not as it was"
END
