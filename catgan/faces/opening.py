"""Decodes the content of a file to an upright Pillow picture, or says what kind of file it is."""

from __future__ import annotations

import errno
import io
import os
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from catgan import system
from catgan.errors import CatganError
from catgan.faces import file_kinds

MAX_PIXELS = 100_000_000
MAX_BYTES = 512 << 20

_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif"})
_AVIF = frozenset({b"avif", b"avis"})
_PNG = b"\x89PNG\r\n\x1a\n"
_DNG_VERSION = 50706
_DRAWINGS = frozenset({"EPS", "WMF"})


class ImageError(CatganError):
    """A file that cannot be used as a photograph.

    Args:
        path: the file.
        reason: a short, stable phrase, as listed in `rejected.parquet`.
        detail: further explanation for people.
    """

    def __init__(self, path: str | os.PathLike, reason: str, detail: str = ""):
        super().__init__(f"{path}: {reason}{': ' + detail if detail else ''}.")
        self.reason = reason


def read_bytes(path: str | os.PathLike) -> bytes:
    """Reads the content of a file.

    Raises:
        ImageError: the file is missing, unreadable, empty or too large.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise ImageError(path, "a folder", "a photograph is needed") from None
    except (FileNotFoundError, NotADirectoryError):
        raise ImageError(path, "missing file") from None
    except OSError as error:
        reason = "missing file" if error.errno == errno.ELOOP else "not readable"
        raise ImageError(path, reason, str(error.strerror)) from None
    if not content:
        raise ImageError(path, "empty file")
    if len(content) > MAX_BYTES and not _is_video(content):
        raise ImageError(path, "too large", f"at most {MAX_BYTES >> 20} MB are read")
    return content


@contextmanager
def reasons(content: bytes, path: str | os.PathLike) -> Iterator[None]:
    """Converts Pillow's errors to `ImageError`, and hides its warnings about small defects (bad EXIF, palette
    transparency)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except CatganError:
        raise
    except UnidentifiedImageError:
        raise _unidentified(content, path) from None
    except Image.DecompressionBombError as error:
        number = next(iter(re.findall(r"\d+", str(error))), "")
        raise ImageError(path, "too large", f"{number} pixels; at most {MAX_PIXELS} are read") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, cv2.error) as error:
        raise ImageError(path, "truncated or damaged image", " ".join(str(error).split())[:200]) from None


def _unidentified(content: bytes, path: str | os.PathLike) -> ImageError:
    kind = file_kinds.kind(content, path)
    if kind is None and _is_video(content):
        kind = "a video", "a photograph is needed"
    return ImageError(path, *(kind or ("not an image",)))


def _is_video(content: bytes) -> bool:
    from catgan.faces.containers import is_video  # PyAV, which photographs do not need

    return is_video(content)


def opened(content: bytes, path: str | os.PathLike) -> Image.Image:
    """Decodes a picture, rotates it upright by EXIF, and scales more than 8 bits per channel to 8.

    Returns:
        The picture with its `info`.

    Raises:
        ImageError: a picture that cannot be used. Wrap calls in `reasons`, which converts Pillow's errors.
    """
    if file_kinds.raw(content, path):
        raise ImageError(path, *file_kinds.RAW)
    with _open(content, path) as file:
        if file.width * file.height > MAX_PIXELS:
            raise ImageError(path, "too large", f"{file.width} x {file.height}; at most {MAX_PIXELS} pixels are read")
        if file.format in _DRAWINGS:
            raise ImageError(path, "a PostScript drawing" if file.format == "EPS" else "a Windows metafile",
                             "export it as PNG or JPEG first")
        if isinstance(file, TiffImagePlugin.TiffImageFile) and _DNG_VERSION in file.tag_v2:
            raise ImageError(path, *file_kinds.RAW)
        file.load()
        # Pillow's check of the orientation is slow.
        plain = file.format == "JPEG" and "exif" not in file.info
        image: Image.Image = file if plain else ImageOps.exif_transpose(file)
        if image.mode.startswith(("I", "F")):
            # Pillow's own conversion of 16-bit grey clips at 255 instead of scaling.
            return Image.fromarray(_eight_bits(path, np.asarray(image)))
        return image


def _open(content: bytes, path: str | os.PathLike) -> Image.Image:
    brands = file_kinds.iso_brands(content)
    if brands & _HEIC and not brands & _AVIF:
        return _open_heic(content, path)
    try:
        return Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        if brands & _AVIF:
            raise ImageError(path, "an AVIF picture", "this Pillow reads none: pip install --upgrade pillow") from None
        if content[:4] in (b"II*\0", b"MM\0*"):
            return _open_deep_tiff(content, path)
        raise
    except (ValueError, SyntaxError):
        # A picture with a damaged or too large colour profile is read without it.
        if content.startswith(_PNG) and b"iCCP" in content[:4096]:
            return Image.open(io.BytesIO(_without_profile(content)))
        raise


def _open_heic(content: bytes, path: str | os.PathLike) -> Image.Image:
    try:
        import pillow_heif
    except ImportError:
        raise ImageError(path, "a HEIC photograph", "catgan reads it after: pip install 'catgan[heic]'") from None
    try:
        file = pillow_heif.open_heif(io.BytesIO(content))
        width, height = file.size
        if width * height > MAX_PIXELS:
            raise ImageError(path, "too large", f"{width} x {height}; at most {MAX_PIXELS} pixels are read")
        return file.to_pillow()
    except (RuntimeError, MemoryError, LookupError) as error:  # LookupError: a wrong index of the primary picture
        raise ImageError(path, "truncated or damaged image", " ".join(str(error).split())[:200]) from None


def _open_deep_tiff(content: bytes, path: str | os.PathLike) -> Image.Image:
    """Decodes a TIFF that Pillow does not support (floats or unusual layouts) with OpenCV."""
    header = TiffImagePlugin.ImageFileDirectory_v2(content[:8])
    stream = io.BytesIO(content)
    stream.seek(header.next)
    header.load(stream)
    width, height = (int(header.get(tag, 0)) for tag in (TiffImagePlugin.IMAGEWIDTH, TiffImagePlugin.IMAGELENGTH))
    if _DNG_VERSION in header:
        raise ImageError(path, *file_kinds.RAW)
    if width * height > MAX_PIXELS:
        raise ImageError(path, "too large", f"{width} x {height}; at most {MAX_PIXELS} pixels are read")
    with system.silenced():
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if width and height else None
    if pixels is None:
        raise UnidentifiedImageError
    return Image.fromarray(_eight_bits(path, pixels))


def _eight_bits(path: str | os.PathLike, pixels: np.ndarray) -> np.ndarray:
    """Scales pixels of more than 8 bits to uint8, and reorders OpenCV's colours to RGB."""
    if pixels.ndim == 3 and pixels.shape[-1] >= 3:
        pixels = pixels[..., [2, 1, 0, *range(3, pixels.shape[-1])]]
    if pixels.dtype == np.uint8:
        return pixels
    if np.issubdtype(pixels.dtype, np.floating):
        low, high = float(pixels.min()), float(pixels.max())
        if not 0.0 <= low <= high <= 1.0:
            raise ImageError(path, "a picture of floating point numbers",
                             f"they must lie in 0..1, and lie in {low:g}..{high:g}; scale them, or save it with 8 or "
                             "16 bits")
        return np.rint(pixels * 255.0).astype(np.uint8)
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > 65535:
        raise ImageError(path, "a picture of 32-bit numbers",
                         f"they must lie in 0..65535, and lie in {low}..{high}; save it with 8 or 16 bits")
    return ((pixels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _without_profile(content: bytes) -> bytes:
    """Removes the colour profile from a PNG."""
    kept, place = [_PNG], len(_PNG)
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place:place + 4], "big")
        if content[place + 4:place + 8] != b"iCCP":
            kept.append(content[place:end])
        place = end
    return b"".join(kept)
