"""_bench.py -- measurements by the program triptych."""
from __future__ import annotations

import html
import json
import os
import pathlib
import subprocess
import tempfile
from typing import Any, Iterable

from ._files import write
from ._library import program
from .errors import error_of


class Measurements:
    """`rows`: one for each backend, whose `median_ns` is the time of an image. `data`: all that was measured, as
    docs/results-schema.json describes it. Notebooks show a table."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.rows: list[dict[str, Any]] = data["rows"]

    def table(self) -> list[tuple[str, str, float | None]]:
        """Backend, instruction set or dialect, and milliseconds; None where it failed."""
        return [(row["backend"], row["isa"], row["median_ns"] / 1e6 if row.get("median_ns") else None) for row in self.rows]

    def __repr__(self) -> str:
        return "\n".join(f"{backend:24} {isa:10} " + ("failed" if ms is None else f"{ms:10.3f} ms")
                         for backend, isa, ms in self.table())

    def _repr_html_(self) -> str:
        longest = max((ms for *_, ms in self.table() if ms is not None), default=1) or 1
        rows = []
        for backend, isa, ms in self.table():
            bar = "" if ms is None else f'<div style="background:#4a7fb5;height:1em;width:{200 * ms / longest:.1f}px"></div>'
            time = "failed" if ms is None else f"{ms:.3f}"
            rows.append(f"<tr><td>{html.escape(backend)}</td><td>{html.escape(isa)}</td><td>{time}</td><td>{bar}</td></tr>")
        return "<table><tr><th>backend</th><th>ISA</th><th>ms</th><th></th></tr>" + "".join(rows) + "</table>"


def bench(pipeline: str, image: Any = None, *, on: str | Iterable[str] = (), size: str | None = None, seconds: float = 0.1,
          layout: str = "interleaved") -> Measurements:
    """Measures a pipeline on an array or a file, or on a generated image of a `size` such as "1920x1080": on every backend, or on
    those of `on`. The bytes of all are compared with those of sequential scalar code: DiffersError."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [program(), "bench", str(pipeline), "--json", f"{folder}/results.json", "--time", str(seconds)]
        for name in [on] if isinstance(on, str) else on:
            arguments += ["--on", name]
        if size is not None:
            arguments += ["--size", size]
        if isinstance(image, (str, os.PathLike)):
            arguments.append(os.fspath(image))
        elif image is not None:
            write(f"{folder}/image.png", image, layout=layout, png_level="fast")
            arguments.append(f"{folder}/image.png")
        run = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if run.returncode != 0:
            raise error_of(run.returncode, run.stderr.strip() or f"triptych bench ended with {run.returncode}")
        return Measurements(json.loads(pathlib.Path(folder, "results.json").read_text(encoding="utf-8")))
