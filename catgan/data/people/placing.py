"""Puts annotated boxes into a picture, and rejects rows with a reason."""

from __future__ import annotations

import numpy as np

from catgan.data.people.matching import Found
from catgan.data.people.records import Box, PersonRecord
from catgan.data.schema import Info
from catgan.errors import DataError
from catgan.modalities.person import clipped
from catgan.modalities.views import PersonView

OUTSIDE = "box outside the picture"
NOBODY_THERE = "nobody at the box"


class Unusable(DataError):
    """An annotated person who cannot be used.

    Args:
        reason: short and stable, for counting.
        detail: explanation for people.
    """

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, " ".join(detail.split())[:200]

    @property
    def row(self) -> Info:
        """The row of a chunk."""
        return {"reason": self.reason, "detail": self.detail}


def in_pixels(record: PersonRecord, pixels: np.ndarray) -> Box | None:
    """Returns the part of the annotated box that lies in the picture; None without a box.

    Raises:
        Unusable: no part lies in the picture.
    """
    if record.box is None:
        return None
    height, width = pixels.shape[:2]
    scale = (width, height) * 2 if record.box_in_shares else (1, 1, 1, 1)
    try:
        return clipped([number * factor for number, factor in zip(record.box, scale)], pixels.shape)
    except DataError as error:
        raise Unusable(OUTSIDE, str(error)) from None


def found_of(view: PersonView) -> Found:
    """Returns the boxes of a person in the picture of a view."""
    return Found(view.body_box, view.face_box)
