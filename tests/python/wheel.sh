#!/bin/sh
# wheel.sh WHEEL PYTHON -- installs the wheel into a new environment and runs the tests of the package there, without the source
# tree and without a compiler. PYTHON has numpy and venv.
set -eu
wheel=$(realpath "$1")
python=$2
tests=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$python" -m venv "$folder/venv"
own=$folder/venv/bin/python
"$own" -m pip install -q --no-index --no-deps "$wheel"
# NumPy is that of PYTHON: nothing is downloaded.
"$python" -c 'import numpy, pathlib; print(pathlib.Path(numpy.__file__).parents[1])' >"$folder/numpy"
"$own" -c 'import site; print(site.getsitepackages()[0])' | {
    read -r packages
    cp "$folder/numpy" "$packages/numpy.pth"
}
# POCL, an OpenCL driver, links its programs.
linker=$(command -v ld) && ln -s "$linker" "$folder/venv/bin/ld"
cp "$tests/test_triptych.py" "$folder/"
cd "$folder"
run="env -i HOME=$folder PATH=$folder/venv/bin TRIPTYCH=$folder/venv/bin/triptych"
$run "$own" -c "import triptych, pathlib; assert pathlib.Path(triptych.__file__).is_relative_to('$folder/venv'), triptych.__file__"
$run "$own" -c "import triptych; [triptych.decode(triptych.encode(__import__('numpy').zeros((9, 9, 3), 'uint8'), f)) for f in triptych.formats()]"
$run "$own" -W "ignore::UserWarning" test_triptych.py
