"""Facial regions of an aligned face, from the template that faces are aligned to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.errors import CatganError
from catgan.faces import alignment


def face_region(side: int) -> np.ndarray:
    """Returns where an aligned face can show Action Units, float32 `(side, side)`.

    The value is 1 inside an ellipse from the brows to the chin and falls to 0 around it. Hair and background are
    outside.
    """
    x, y = alignment.TEMPLATE.mean(0)
    row, column = (np.indices((side, side)) + 0.5) / side
    radius = np.hypot((column - x) / 0.32, (row - y - 0.02) / 0.42)
    return np.clip((1.15 - radius) / 0.3, 0.0, 1.0).astype(np.float32)


def face_regions(shape: Sequence[int]) -> dict[str, np.ndarray]:
    """Divides an aligned face into regions: a mask for each, bool `(side, side)`. Every pixel lies in exactly one.

    The regions follow FACS: brows include the skin between them, eyes their lids, the mouth the upper lip. The
    background is where `face_region` is 0.

    Args:
        shape: of the face, `(side, side, ...)`.

    Raises:
        CatganError: the face is not square.
    """
    if shape[0] != shape[1]:
        raise CatganError(f"Facial regions are known in aligned faces, which are square. Received: "
                          f"{tuple(shape[:2])}.")
    y, x = (np.indices(shape[:2]) + 0.5) / shape[0]
    *eyes, (middle, lips) = alignment.TEMPLATE
    lids = [np.hypot((x - eye_x) / 0.115, (y - eye_y) / 0.06) < 1.0 for eye_x, eye_y in eyes]
    aside, eye_line, upper_lip = np.abs(x - middle), eyes[0][1], lips - 0.08
    # The first claim on a pixel wins.
    claims = {"background": face_region(shape[0]) == 0.0, "forehead": y < eye_line - 0.18, "brows": y < eye_line - 0.06,
              "chin": y > lips + 0.10, "eyes": lids[0] | lids[1], "nose": (aside < 0.10) & (y < upper_lip),
              "mouth": (aside < 0.19) & (y >= upper_lip), "cheeks": np.ones_like(x, bool)}
    owner = np.select(list(claims.values()), range(len(claims)))
    return {name: owner == number for number, name in enumerate(claims)}
