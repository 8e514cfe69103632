"""_files.py -- arrays from and to image files, on disk and in memory."""
from __future__ import annotations

import ctypes
import os
import warnings
from ctypes import POINTER, byref, c_size_t, c_void_p
from typing import TYPE_CHECKING, Any

from ._arrays import Image, check_layout, image_of, result
from ._library import NOTE, RawImage, ReadOptions, WriteOptions, call, encoded, free, lib, text
from .errors import TriptychWarning, UsageError

if TYPE_CHECKING:
    import numpy

PNG_LEVELS = {"default": 0, "fast": 1, "small": 2}
SUBSAMPLINGS = {"420": 0, "422": 1, "444": 2}


def formats() -> list[str]:
    """The file formats that the library was built with."""
    return [text(lib.tri_format_at(i).contents.name) for i in range(lib.tri_format_count())]


def read(path: str | os.PathLike[str], *, layout: str = "interleaved", max_pixels: int = 0) -> numpy.ndarray:
    """The first image of a file, of any format of `formats()`: samples of uint8 or uint16, upright. Larger images than
    `max_pixels` (default 268 megapixels) are refused before memory is taken."""
    planar, raw = check_layout(layout), POINTER(RawImage)()
    options = ReadOptions(max_pixels=max_pixels)
    call("tri_image_read", encoded(os.fspath(path), "the path"), byref(options), byref(raw), None)
    return result(Image(raw), planar)


def decode(data: Any, *, layout: str = "interleaved", max_pixels: int = 0) -> numpy.ndarray:
    """As `read`, of a file's bytes."""
    planar, raw = check_layout(layout), POINTER(RawImage)()
    options, kept = ReadOptions(max_pixels=max_pixels), bytes(data)
    call("tri_image_decode", ctypes.cast(ctypes.c_char_p(kept), c_void_p), len(kept), byref(options), byref(raw), None)
    return result(Image(raw), planar)


def choice(name: str, value: str, known: dict[str, int]) -> int:
    if value not in known:
        raise UsageError(f"{name} is {value!r}; expected one of {', '.join(known)}")
    return known[value]


def write_options(format: str | None, quality: int, lossless: bool, png_level: str, subsampling: str,
                  background: str | None, verify: bool, depth: int, colors: int, dither: bool, interlace: bool) -> WriteOptions:
    options = WriteOptions(quality=quality, lossless=lossless, verify=verify, depth=depth, colours=colors, dither=not dither,
                           interlace=interlace,
                           png_level=choice("png_level", png_level, PNG_LEVELS),
                           subsampling=choice("subsampling", subsampling, SUBSAMPLINGS),
                           tell=NOTE(lambda listener, note: warnings.warn(text(note), TriptychWarning, stacklevel=3)))
    if format is not None:
        options.format = lib.tri_format_find(encoded(format, "format"))
        if not options.format:
            raise UsageError(f"unknown format {format!r}; expected one of {', '.join(formats())}")
    if background is not None:
        call("tri_background_parse", encoded(background, "background"), byref(options.background))
    return options


def write(path: str | os.PathLike[str], array: Any, *, layout: str = "interleaved", format: str | None = None, quality: int = 0,
          lossless: bool = False, png_level: str = "default", subsampling: str = "420", background: str | None = None,
          verify: bool = False, depth: int = 0, colors: int = 0, dither: bool = True, interlace: bool = False) -> None:
    """Writes a new file, which replaces an old one only when it is whole. The format is that of the path's extension, unless
    it is given; `quality` (default 90) is that of JPEG and WebP; `background` is put behind transparent images where a format
    has no transparency; with `verify` the file is read again and compared before it reaches the path. `depth` is that of
    samples in the file, 8 or 16; `colors` the most colours of a PNG with a palette, with or without `dither`; `interlace`
    is for PNG (Adam7) and JPEG (progressive)."""
    options = write_options(format, quality, lossless, png_level, subsampling, background, verify, depth, colors, dither, interlace)
    image = image_of(array, layout)
    call("tri_image_write", encoded(os.fspath(path), "the path"), image.raw, byref(options))


def encode(array: Any, format: str = "png", *, layout: str = "interleaved", quality: int = 0, lossless: bool = False,
           png_level: str = "default", subsampling: str = "420", background: str | None = None, verify: bool = False,
           depth: int = 0, colors: int = 0, dither: bool = True, interlace: bool = False) -> bytes:
    """The bytes that `write` would write."""
    options = write_options(format, quality, lossless, png_level, subsampling, background, verify, depth, colors, dither, interlace)
    image, data, size = image_of(array, layout), c_void_p(), c_size_t()
    call("tri_image_encode", image.raw, byref(options), byref(data), byref(size))
    try:
        return ctypes.string_at(data, size.value)
    finally:
        free(data)
