"""Converts photographs from their colour profile to sRGB for models, and edits back to the profile."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms

LARGEST_PROFILE = 8 << 20
"""Largest accepted ICC profile in bytes; the largest profiles of printing presses have 3 MB."""

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


class Conversion(NamedTuple):
    """Holds the transforms from a profile's colours to sRGB and back.

    Both are None for the sRGB profile. Only `back` is None for a profile without inverse.
    """

    there: ImageCms.ImageCmsTransform | None
    back: ImageCms.ImageCmsTransform | None


@lru_cache(maxsize=8)
def conversion(profile: bytes | None, mode: str) -> Conversion | None:
    """Opens an ICC profile.

    Args:
        profile: its bytes as stored in the file.
        mode: Pillow's mode of the picture: RGB, L or CMYK.

    Returns:
        None if there is no profile, or if it is ignored: damaged, too large, or for another mode.
    """
    if not profile or len(profile) > LARGEST_PROFILE:
        return None
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _MODES.get(opened.profile.xcolor_space.strip()) != mode:
            return None
        if ImageCms.getProfileDescription(opened).strip().startswith("sRGB"):
            return Conversion(None, None)
        return Conversion(_transform(opened, _srgb(), mode), _back(opened) if mode == "RGB" else None)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def converted(pixels: np.ndarray, transform: ImageCms.ImageCmsTransform | None) -> np.ndarray:
    """Applies a transform to uint8 `(h, w, 3)`; None returns the pixels unchanged."""
    if transform is None:
        return pixels
    return np.array(transform.apply(Image.fromarray(pixels)))


def _back(profile: ImageCms.ImageCmsProfile) -> ImageCms.ImageCmsTransform | None:
    try:
        return _transform(_srgb(), profile, "RGB")
    except ImageCms.PyCMSError:  # profiles of scanners and cameras have no inverse
        return None


def _transform(source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile,
               mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(source, target, mode, "RGB",
                                   renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC)


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
