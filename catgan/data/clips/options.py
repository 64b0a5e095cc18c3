"""Options of windows: their length, the common frame rate, and where tracks end."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catgan.errors import DataError


@dataclass(frozen=True)
class ClipOptions:
    """Describes how clips are cut into windows.

    Args:
        length: seconds of a window.
        rate: frames per second of the common time grid.
        stride: seconds between the starts of two windows, at most `length`; None for half a window.
        max_gap: seconds without the face after which a track ends.
        source_rate: frames per second of videos whose frames have a number but no `time`.
        min_seen: share of the frames of a window that must be seen, 0..1. Frames past the end of a short track do not
            count. Windows with fewer seen frames are left out.
        cuts: whether a track also ends at a cut, which is found in the pictures (`catgan.data.clips.cuts`). False for
            videos that have none saves one pass over the pictures.

    Raises:
        DataError: a value out of range.
    """

    length: float = 3.2
    rate: float = 12.5
    stride: float | None = None
    max_gap: float = 0.5
    source_rate: float | None = None
    min_seen: float = 0.5
    cuts: bool = True

    def __post_init__(self) -> None:
        for name in ("length", "rate", "stride", "max_gap", "source_rate"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise DataError(f"'{name}' of clips must be a positive number. Received: {value}.")
        if not 0 <= self.min_seen <= 1:
            raise DataError(f"'min_seen' of clips must lie in 0..1. Received: {self.min_seen}.")
        if self.frames < 1:
            raise DataError("A window of clips has 1 frame or more. Received: "
                            f"{self.length:g} s at {self.rate:g} frames per second.")
        if self.stride is not None and self.stride > self.length:
            raise DataError("'stride' of clips must not exceed 'length', or frames between two windows would be lost. "
                            f"Received: {self.stride:g} and {self.length:g} s.")

    @property
    def frames(self) -> int:
        """Frames per window."""
        return round(self.length * self.rate)

    @property
    def step(self) -> int:
        """Frames between the starts of two windows, 1 or more."""
        seconds = self.length / 2 if self.stride is None else self.stride
        return min(max(1, round(seconds * self.rate)), self.frames)
