"""Reads pictures of any format as uint8 RGB, and writes PNG."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, PngImagePlugin

from catgan import files
from catgan.errors import CatganError
from catgan.faces import colours
from catgan.faces.opening import ImageError, opened, read_bytes, reasons

__all__ = ["ImageError", "Photograph", "column_titles", "decode", "decode_photograph", "encode_png", "grey_channel",
           "grid", "read_bytes", "read_image", "read_photograph", "resize_faces", "to_rgb", "write_image",
           "write_photograph"]


@dataclass(frozen=True)
class Photograph:
    """Holds a photograph as models see it, and what is needed to write it again.

    Args:
        pixels: uint8 `(h, w, 3)`, sRGB, upright, on white where it is transparent.
        own: uint8 `(h, w, 3)` in the colours of its profile; in sRGB if the profile has no inverse.
        alpha: uint8 `(h, w)`, 0 = transparent; None for an opaque photograph.
        profile: the ICC profile of `own`; None for sRGB.
    """

    pixels: np.ndarray
    own: np.ndarray
    alpha: np.ndarray | None
    profile: bytes | None

    def changed(self, pixels: np.ndarray) -> np.ndarray:
        """Converts an edit to the photograph's own colours and transparency.

        Args:
            pixels: an edit of `pixels` of this photograph, uint8 `(h, w, 3)`.

        Returns:
            uint8 `(h, w, 3)`, or `(h, w, 4)` for a transparent photograph. Unedited pixels are equal to `own` and
            `alpha`.
        """
        known = colours.conversion(self.profile, "RGB")
        back = known.back if known else None
        difference = colours.converted(pixels, back).astype(np.float32) - colours.converted(self.pixels, back)
        if self.alpha is not None:
            # On white, a colour is weighted by its opacity. Fully transparent pixels are not edited.
            opacity = self.alpha[..., None] / np.float32(255.0)
            difference = np.where(opacity > 0, difference / np.maximum(opacity, 1 / 255), 0)
        result = np.clip(np.rint(self.own + difference), 0, 255).astype(np.uint8)
        return result if self.alpha is None else np.dstack([result, self.alpha])


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Reads a photograph as models see it: `Photograph.pixels`.

    Supports grey, palette, CMYK, 16 bit, floats in 0..1, transparency (on white), EXIF orientation and animation (first
    frame). ICC profiles are converted to sRGB.

    Raises:
        ImageError: the file is missing, empty, truncated, too large, a video, or not a picture.
    """
    return read_photograph(path).pixels


def read_photograph(path: str | os.PathLike) -> Photograph:
    """Reads a photograph with its colour profile and transparency, to write it again. Raises `ImageError` like
    `read_image`."""
    return decode_photograph(read_bytes(path), path)


def decode(content: bytes, path: str | os.PathLike) -> np.ndarray:
    """Decodes a photograph from the content of a file, like `read_image`; `path` is used in errors."""
    return decode_photograph(content, path).pixels


def decode_photograph(content: bytes, path: str | os.PathLike) -> Photograph:
    """Decodes a photograph from the content of a file, like `read_photograph`; `path` is used in errors."""
    with reasons(content, path):
        return _photograph(opened(content, path))


def _photograph(image: Image.Image) -> Photograph:
    alpha = None
    if {"A", "a"} & set(image.getbands()) or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = np.array(image.getchannel("A"))
    profile = image.info.get("icc_profile")
    mode = image.mode if image.mode in ("L", "CMYK") else "RGB"
    known = colours.conversion(profile, mode)
    there, back = known or (None, None)
    if mode != "RGB" and there is not None:
        image, there = there.apply(image), None
    own = np.array(image.convert("RGB"))
    pixels = colours.converted(own, there)
    if mode != "RGB" or known is None or there is not None and back is None:
        own, profile = pixels, None
    if alpha is not None:
        pixels = to_rgb(np.dstack([pixels, alpha]))
    return Photograph(pixels, own, alpha, profile)


def to_rgb(image: np.ndarray) -> np.ndarray:
    """Converts common pixel arrays to contiguous uint8 RGB.

    Args:
        image: `(h, w)`, `(h, w, 1)`, `(h, w, 3)` RGB or `(h, w, 4)` RGBA (put on white); uint8, uint16 (scaled), bool,
            or
            float in [0, 1].

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
    """Arranges pictures of one size, uint8 `(n, h, w, 3)`, in rows of `columns`; missing pictures are white."""
    height, width, _ = images[0].shape
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        sheet[top:top + height, left:left + width] = image
    return sheet


def column_titles(titles: Sequence[str], width: int, height: int = 14) -> np.ndarray:
    """Renders the titles above the columns of a `grid`, smaller where a column is too narrow.

    Args:
        titles: one per column.
        width: width of a column in pixels, gap included.
        height: height of the strip in pixels.

    Returns:
        A white strip, uint8 `(height, len(titles) * width - 1, 3)`.
    """
    strip = Image.new("RGB", (len(titles) * width - 1, height), "white")
    draw = ImageDraw.Draw(strip)
    for index, title in enumerate(titles):
        size = next((size for size in range(11, 6, -1) if draw.textlength(title, font_size=size) < width), 6)
        draw.text(((index + 0.5) * width, height / 2), title, fill="black", anchor="mm", font_size=size)
    return np.asarray(strip)


def resize_faces(images: np.ndarray, side: int) -> np.ndarray:
    """Resizes square pictures `(n, h, h, 3)` to `side` pixels: by area if smaller, else bicubic."""
    if images.shape[1] == side:
        return images
    method = cv2.INTER_AREA if images.shape[1] > side else cv2.INTER_CUBIC
    return np.stack([cv2.resize(image, (side, side), interpolation=method) for image in images])


def grey_channel(image: np.ndarray) -> np.ndarray | None:
    """Returns one channel `(h, w)` of uint8 `(h, w, 3)` whose three channels are equal; None for a colour picture."""
    if not (image[::16, ::16, 0] == image[::16, ::16, 2]).all():  # fast rejection of most colour pictures
        return None
    red, green, blue = (cv2.extractChannel(image, channel) for channel in range(3))
    return red if np.array_equal(red, green) and np.array_equal(red, blue) else None


def encode_png(image: np.ndarray) -> bytes:
    """Encodes uint8 `(h, w, 3)` RGB as PNG; a grey picture is stored in one channel."""
    grey = grey_channel(image)
    stored = image[..., ::-1] if grey is None else grey
    done, content = cv2.imencode(".png", stored, (cv2.IMWRITE_PNG_COMPRESSION, 6))
    if not done:
        raise CatganError(f"A picture of shape {image.shape} cannot be stored as PNG.")
    return content.tobytes()


def write_image(path: str | os.PathLike, image: np.ndarray, text: Mapping[str, str] | None = None) -> None:
    """Writes uint8 `(h, w, 3)` as PNG, atomically; the same pixels give the same bytes.

    Args:
        path: must end in `.png`.
        image: the picture.
        text: PNG text chunks, for example the provenance of a synthetic face.
    """
    _write(path, to_rgb(image), text, None)


def write_photograph(path: str | os.PathLike, photograph: Photograph, pixels: np.ndarray,
                     text: Mapping[str, str] | None = None) -> None:
    """Writes an edit of a photograph as PNG with the photograph's colours, profile and transparency.

    Args:
        path: must end in `.png`.
        photograph: the photograph that was edited.
        pixels: the edited `photograph.pixels`, uint8 `(h, w, 3)`.
        text: PNG text chunks.
    """
    _write(path, photograph.changed(pixels), text, photograph.profile)


def _write(path: str | os.PathLike, image: np.ndarray, text: Mapping[str, str] | None, profile: bytes | None) -> None:
    if Path(path).suffix.lower() != ".png":
        raise CatganError(f"Pictures are written as PNG. Received: {path}.")
    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        info.add_text(key, value)
    with files.atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG", pnginfo=info, icc_profile=profile)
