"""build_version.py -- the version of the package, which is that of the library."""
import pathlib
import re

HEADER = pathlib.Path(__file__).resolve().parents[1] / "triptych.h"

__version__ = ".".join(
    re.findall(r"^#define TRI_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", HEADER.read_text(encoding="utf-8"), re.MULTILINE))
