"""build_wheel.py -- builds the library, its modules and the program, and puts them into the wheel.

TRIPTYCH_MAKE: further arguments for make, such as CC=clang or BUILD=build/wheel.
"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sysconfig
import tempfile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = "triptych/_native"  # in the wheel; modules and the program are found from the library's place


def install(root, stage):
    """Without a PREFIX of its own: another one would build everything again."""
    arguments = ["make", "-s", f"-j{os.cpu_count() or 1}", "install", f"DESTDIR={stage}", "PREFIX=/usr/local", "LIBDIR=lib",
                 *shlex.split(os.environ.get("TRIPTYCH_MAKE", ""))]
    try:
        subprocess.run(arguments, cwd=root, check=True)
    except FileNotFoundError:
        raise SystemExit("make is missing; install it, or all that the build needs with: sh setup.sh deps") from None
    except subprocess.CalledProcessError:
        raise SystemExit("the library was not built; its messages are above. 'sh setup.sh deps' installs what the build "
                         "needs on Debian and Ubuntu") from None


def strip(path):
    """Debugging information is most of the size."""
    if shutil.which("strip"):
        subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "editable":
            return  # the library is then found in build/
        self.stage = tempfile.TemporaryDirectory()
        installed = pathlib.Path(self.stage.name) / "usr/local"
        install(self.root, self.stage.name)
        library = next(path for path in installed.glob("lib/libtriptych.so.*") if not path.is_symlink())
        files = {library: "lib/libtriptych.so.0", installed / "bin/triptych": "bin/triptych"}
        files.update({module: f"lib/triptych/{module.name}" for module in installed.glob("lib/triptych/*.so")})
        for path, place in files.items():
            strip(path)
            build_data["force_include"][str(path)] = f"{PLACE}/{place}"
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"

    def finalize(self, version, build_data, artifact_path):
        if hasattr(self, "stage"):
            self.stage.cleanup()
