"""Any readable picture -> uint8 RGB, or an error that says why not."""

from __future__ import annotations

import errno
import io
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from catgan import files
from catgan.errors import CatganError

MAX_PIXELS = 100_000_000
MAX_BYTES = 512 << 20


class ImageError(CatganError):
    """A file that cannot be used as a photograph.

    Args:
        path: the file.
        reason: a short, stable phrase, as `rejected.parquet` lists it.
        detail: what a person wants to know beyond that.
    """

    def __init__(self, path, reason: str, detail: str = ""):
        super().__init__(f"{path}: {reason}{': ' + detail if detail else ''}.")
        self.reason = reason


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Reads a photograph: grey, palette, alpha (laid on white), 16 bit, CMYK, turned by EXIF, animated (first frame).

    Returns:
        uint8 `(height, width, 3)` RGB, contiguous, upright.

    Raises:
        ImageError: the file is missing, empty, truncated, too large, a video, or not a picture.
    """
    return decode(read_bytes(path), path)


def read_bytes(path: str | os.PathLike) -> bytes:
    """The content of a file. Raises `ImageError` where there is none."""
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


def decode(content: bytes, path: str | os.PathLike) -> np.ndarray:
    """`read_image` of a file whose content is known; `path` is for errors."""
    try:
        # Pillow warns about oddities of real files (bad EXIF, palette transparency) that do not matter here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(content, path)
    except UnidentifiedImageError:
        if _is_video(content):
            raise ImageError(path, "a video", "a photograph is needed") from None
        raise ImageError(path, "not an image") from None
    except Image.DecompressionBombError:
        raise ImageError(path, "too large", f"at most {MAX_PIXELS} pixels are read") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ImageError(path, "truncated or damaged image", " ".join(str(error).split())) from None


def _decode(content: bytes, path: str | os.PathLike) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as file:
        if file.width * file.height > MAX_PIXELS:
            raise ImageError(path, "too large", f"{file.width} x {file.height}; at most {MAX_PIXELS} pixels are read")
        file.load()
        # Pillow takes long to find out that nothing is turned.
        plain = file.format == "JPEG" and "exif" not in file.info
        image: Image.Image = file if plain else ImageOps.exif_transpose(file)
        if image.mode == "RGB" and "transparency" not in image.info:
            return np.array(image)
        if image.mode.startswith(("I", "F")):
            return to_rgb(_scaled_16_bit(path, np.asarray(image)))
        if "A" in image.getbands() or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, (255, 255, 255, 255))
            image = Image.alpha_composite(white, image)
        return np.array(image.convert("RGB"))


def _is_video(content: bytes) -> bool:
    from catgan.faces.containers import is_video  # PyAV, which photographs do not need

    return is_video(content)


def _scaled_16_bit(path: str | os.PathLike, pixels: np.ndarray) -> np.ndarray:
    """Pillow's own conversion of 16-bit grey clips at 255 instead of scaling."""
    if not np.issubdtype(pixels.dtype, np.integer) or pixels.min() < 0 or pixels.max() > 65535:
        raise ImageError(path, "not an image", "pixels outside the 16-bit range")
    return pixels.astype(np.uint16)


def to_rgb(image: np.ndarray) -> np.ndarray:
    """Any common pixel array -> uint8 RGB, contiguous.

    Args:
        image: `(h, w)`, `(h, w, 1)`, `(h, w, 3)` RGB or `(h, w, 4)` RGBA (laid on white); uint8, uint16 (scaled),
            bool, or float in [0, 1].

    Returns:
        uint8 `(h, w, 3)`.

    Raises:
        CatganError: another shape or type, no pixels, or floats outside [0, 1].
    """
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[-1] not in (1, 3, 4) or image.size == 0:
        raise CatganError(f"An image must be (h, w), or (h, w, channels) with 1, 3 or 4 channels. "
                          f"Received: shape {image.shape}.")
    if image.dtype == np.uint16:
        image = ((image.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    elif image.dtype == bool:
        image = image.astype(np.uint8) * 255
    elif np.issubdtype(image.dtype, np.floating):
        if not (np.isfinite(image).all() and image.min() >= 0.0 and image.max() <= 1.0):
            raise CatganError(f"A float image must lie in [0, 1]. Received: {image.min():g}..{image.max():g}.")
        image = np.rint(image * 255.0).astype(np.uint8)
    elif image.dtype != np.uint8:
        raise CatganError(f"An image must be uint8, uint16, bool or float in [0, 1]. Received: {image.dtype}.")
    if image.shape[-1] == 4:
        alpha = image[..., 3:].astype(np.float32) / 255.0
        image = np.rint(image[..., :3] * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)
    if image.shape[-1] == 1:
        image = np.repeat(image, 3, axis=-1)
    return np.ascontiguousarray(image)


def grid(images: np.ndarray | Sequence[np.ndarray], columns: int, gap: int = 1) -> np.ndarray:
    """Lays pictures of one size, uint8 `(n, h, w, 3)`, out in rows of `columns`, white where pictures are missing."""
    height, width, _ = images[0].shape
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        sheet[top:top + height, left:left + width] = image
    return sheet


def write_image(path: str | os.PathLike, image: np.ndarray, text: Mapping[str, str] | None = None) -> None:
    """Writes uint8 `(h, w, 3)` as PNG, atomically; the same pixels give the same bytes.

    Args:
        path: must end in `.png`.
        image: the picture.
        text: PNG text chunks, for example the provenance of a synthetic face.
    """
    if Path(path).suffix.lower() != ".png":
        raise CatganError(f"Pictures are written as PNG. Received: {path}.")
    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        info.add_text(key, value)
    with files.atomic_path(path) as temporary:
        Image.fromarray(to_rgb(image)).save(temporary, format="PNG", pnginfo=info)
