"""_kernels.py -- the library's kernels as functions, made from its descriptions."""
from __future__ import annotations

import inspect
import keyword
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator

from ._engine import Backend, run
from ._library import lib, text
from .errors import UsageError

if TYPE_CHECKING:
    import numpy

INT, FLOAT, CHOICE, LIST, COLOUR, FILE, TEXT = range(7)
TYPES: dict[int, Any] = {INT: int, FLOAT: float, CHOICE: str, LIST: Any, COLOUR: Any, FILE: str, TEXT: str}
QUOTED = " \t\n,:=\\'\""


def quoted(value: str) -> str:
    """As the text of a pipeline has it."""
    return "".join("\\" + sign if sign in QUOTED else sign for sign in value) or "''"


def number(value: Any) -> str:
    if isinstance(value, numbers.Integral):
        return str(int(value))
    return repr(float(value))


def list_text(value: Any) -> str:
    """Numbers, or rows of numbers."""
    if isinstance(value, str):
        return value
    rows = [row if hasattr(row, "__iter__") else None for row in value]
    if all(row is None for row in rows):
        return " ".join(number(item) for item in value)
    return " / ".join(" ".join(number(item) for item in row) for row in value)


def colour_text(value: Any) -> str:
    """A name, "#rrggbb", or 3 or 4 numbers from 0 to 255."""
    return value if isinstance(value, str) else "#" + "".join(f"{int(part):02x}" for part in value)


@dataclass(frozen=True)
class Parameter:
    """`name` is that of the argument: a word of Python gets an underscore. `default` is None where it must be given."""

    name: str
    type: type
    default: Any
    minimum: float
    maximum: float
    choices: tuple[str, ...]
    help: str
    kind: int

    def text(self, value: Any) -> str:
        name = self.name.rstrip("_")
        try:
            form = {INT: number, FLOAT: number, LIST: list_text, COLOUR: colour_text}.get(self.kind, str)(value)
        except (TypeError, ValueError):
            raise UsageError(f"{name} is {value!r}; expected {self.expected()}") from None
        return f"{name}={quoted(form)}"

    def expected(self) -> str:
        if self.kind == CHOICE:
            return "one of " + ", ".join(self.choices)
        if self.kind == LIST:
            return f"numbers, or rows of numbers, from {self.minimum:g} to {self.maximum:g}"
        if self.kind in (INT, FLOAT):
            return f"{'a whole number' if self.kind == INT else 'a number'} from {self.minimum:g} to {self.maximum:.10g}"
        return {COLOUR: "a colour", FILE: "the name of a file"}.get(self.kind, "a text")


def parameter_of(raw: Any) -> Parameter:
    name, choices = text(raw.name), tuple(text(raw.choices).split("|")) if raw.choices else ()
    default: Any = raw.initial
    if raw.type in (LIST, COLOUR, FILE, TEXT):
        default = None if raw.initial_text is None else text(raw.initial_text)
    elif raw.type == CHOICE:
        default = choices[int(raw.initial)]
    elif raw.type == INT:
        default = int(raw.initial)
    return Parameter(name + "_" * keyword.iskeyword(name), TYPES[raw.type], default, raw.minimum, raw.maximum, choices,
                     text(raw.help), raw.type)


class Kernel:
    """A kernel: `kernel(array, sigma=2)` runs it on an image, `kernel.text(sigma=2)` is its operation for a pipeline."""

    def __init__(self, name: str) -> None:
        pointer = lib.tri_kernel_find(name.encode())
        self.__name__ = self.__qualname__ = self.name = name
        self.__module__ = "triptych.kernels"
        self.family = text(lib.tri_kernel_family(pointer))
        self.summary = text(lib.tri_kernel_summary(pointer))
        self.example = text(lib.tri_kernel_example(pointer))
        self.parameters = tuple(parameter_of(lib.tri_kernel_param(pointer, i).contents)
                                for i in range(lib.tri_kernel_param_count(pointer)))
        self.__doc__ = self._document(text(lib.tri_kernel_help(pointer)))
        self.__signature__ = self._signature()

    def _document(self, sentences: str) -> str:
        lines = [f"{self.summary[:1].upper()}{self.summary[1:]}.", "", sentences, ""]
        lines += [f"{parameter.name}: {parameter.help}; {parameter.expected()}" for parameter in self.parameters]
        return "\n".join([*lines, "second, on, layout: as triptych.run", "", f"As a pipeline: {self.example}"])

    def _signature(self) -> inspect.Signature:
        make, named = inspect.Parameter, inspect.Parameter.KEYWORD_ONLY
        own = [make(p.name, make.POSITIONAL_OR_KEYWORD if self._positional(i) else named,
                    default=make.empty if p.default is None else p.default, annotation=p.type)
               for i, p in enumerate(self.parameters)]
        return inspect.Signature([make("array", make.POSITIONAL_ONLY, annotation=Any), *own,
                                  make("second", named, default=None, annotation=Any),
                                  make("on", named, default="threads", annotation="str | Backend"),
                                  make("layout", named, default="interleaved", annotation=str)],
                                 return_annotation="numpy.ndarray")

    def _positional(self, index: int) -> bool:
        """Python wants no parameter that must be given behind one that need not."""
        return self.parameters[index].default is not None or all(p.default is None for p in self.parameters[:index])

    def __repr__(self) -> str:
        return f"<triptych.kernels.{self.name}: {self.summary}>"

    def text(self, *values: Any, **named: Any) -> str:
        """The operation with these parameters, as the text of a pipeline."""
        given = dict(zip((p.name for p in self.parameters), values))
        if len(values) > len(self.parameters):
            raise TypeError(f"{self.name} takes {len(self.parameters)} parameters; {len(values)} were given")
        for name, value in named.items():
            if name in given:
                raise TypeError(f"{self.name} got several values for {name!r}")
            given[name] = value
        known = {p.name: p for p in self.parameters}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise TypeError(f"{self.name} has no parameter {unknown[0]!r}; it has {', '.join(known) or 'none'}")
        return ":".join([self.name, *(known[name].text(value) for name, value in given.items())])

    def __call__(self, array: Any, /, *values: Any, second: Any = None, on: str | Backend = "threads",
                 layout: str = "interleaved", **named: Any) -> numpy.ndarray:
        return run(self.text(*values, **named), array, second=second, on=on, layout=layout)


class Kernels:
    """The kernels by name: `kernels.gaussian(array, sigma=2)`. `dir(kernels)` lists them, and `help(kernels.gaussian)` explains
    one."""

    def __init__(self) -> None:
        self._names = [text(lib.tri_kernel_name(lib.tri_kernel_at(i))) for i in range(lib.tri_kernel_count())]

    def __dir__(self) -> list[str]:
        return list(self._names)

    def __iter__(self) -> Iterator[Kernel]:
        return (getattr(self, name) for name in self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> Kernel:
        try:
            return getattr(self, name)
        except AttributeError as error:
            raise KeyError(str(error)) from None

    def __getattr__(self, name: str) -> Kernel:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"triptych has no kernel {name!r}; dir(triptych.kernels) lists them")
        kernel = Kernel(name)
        self.__dict__[name] = kernel
        return kernel


kernels = Kernels()
