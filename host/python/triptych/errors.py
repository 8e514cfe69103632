"""errors.py -- exceptions for the status codes of the library."""
from __future__ import annotations


class TriptychError(Exception):
    """What failed, with what, and what to try. `status` is the library's code, and the program's exit code."""

    status: int = 1


class FailedError(TriptychError):
    """A file, memory or the system failed."""

    status = 1


class UsageError(TriptychError, ValueError):
    """The request is wrong: an unknown kernel, a value out of range, an array of another shape."""

    status = 2


class DiffersError(TriptychError):
    """Outputs that must be equal are not."""

    status = 3


class DeviceError(TriptychError):
    """A device is missing or unusable; on="threads" gives the same bytes."""

    status = 4


class TriptychWarning(UserWarning):
    """What happens while a backend runs: a device that fails and is left out, metadata that a file cannot keep."""


def error_of(status: int, text: str) -> TriptychError:
    for kind in (FailedError, UsageError, DiffersError, DeviceError):
        if kind.status == status:
            return kind(text)
    error = TriptychError(text)
    error.status = status
    return error
