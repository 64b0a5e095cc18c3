"""Tracks faces through a video: which face is which, and its position without jitter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from catgan.faces.landmarks import DetectedFace, overlap

LEAST_OVERLAP = 0.2
"""Smallest intersection over union of the boxes of one face in neighbouring frames."""
LEAST_WEIGHT = 0.01
"""Smallest weight of the Gaussian at which neighbours are used: three standard deviations."""
MOST_NEIGHBOURS = 1000
"""Largest number of neighbours on each side, whatever times a damaged file gives."""

GONE_SECONDS = 1.0
"""A track ends when its face was missing for longer than this and for more than `GONE_FRAMES` frames."""
GONE_FRAMES = 2
"""A face that appears after its track ended gets a new number."""


class Boxed(Protocol):
    """Anything with a place in a frame: a face, or a body."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height in pixels."""


Thing = TypeVar("Thing", bound=Boxed)


@dataclass
class _Track:
    box: tuple[float, float, float, float]
    time: float
    missed: int = 0


class Tracker:
    """Numbers the faces of a video. A face keeps its number while its boxes in neighbouring frames overlap.

    It numbers anything else with a box in the same way, such as bodies.

    Attributes:
        begun: how many numbers were given so far.
    """

    def __init__(self) -> None:
        self.begun = 0
        self._tracks: dict[int, _Track] = {}

    def update(self, faces: Sequence[Thing], time: float) -> dict[int, Thing]:
        """Numbers the faces of the next frame.

        Args:
            faces: faces of this frame, the largest first.
            time: time of this frame in seconds.

        Returns:
            The faces by number, in the order of `faces`. New faces get the next numbers, the largest first.
        """
        for number, track in list(self._tracks.items()):
            track.missed += 1
            if time - track.time > GONE_SECONDS and track.missed > GONE_FRAMES:
                del self._tracks[number]
        known = self._known(faces)
        numbered = {}
        for place, face in enumerate(faces):
            number = known.get(place, self.begun)
            self.begun += place not in known
            self._tracks[number] = _Track(face.box, time)
            numbered[number] = face
        return numbered

    def is_present(self, number: int | None = None) -> bool:
        """Returns whether a face, or any face, still has a track, even if it is missing in this frame."""
        return bool(self._tracks) if number is None else number in self._tracks

    def _known(self, faces: Sequence[Boxed]) -> dict[int, int]:
        """Returns the numbers of faces that continue a track, by their index in `faces`; the largest overlaps are
        matched first."""
        pairs = sorted((-overlap(face.box, track.box), place, number) for place, face in enumerate(faces)
                       for number, track in self._tracks.items())
        known: dict[int, int] = {}
        for shared, place, number in pairs:
            if -shared >= LEAST_OVERLAP and place not in known and number not in known.values():
                known[place] = number
        return known


class Selection:
    """Selects one face of a video: number `rank` by size in the first frame that shows so many faces.

    When its track ends, the largest face that appeared after it was last seen is selected.
    """

    def __init__(self, rank: int):
        self._rank = rank
        self._number: int | None = None
        self._begun = 0

    def update(self, numbered: Mapping[int, DetectedFace], tracker: Tracker) -> list[int]:
        """Selects the face in the next frame.

        Args:
            numbered: the faces as `Tracker.update` numbered them.
            tracker: the tracker.

        Returns:
            The number of the face; empty if the frame does not show it.
        """
        if self._number is None:
            self._number = next(iter(list(numbered)[self._rank:]), None)
        elif not tracker.is_present(self._number):
            self._number = next((number for number in numbered if number >= self._begun), self._number)
        if self._number is None or self._number not in numbered:
            return []
        self._begun = tracker.begun
        return [self._number]


def follow(faces: Sequence[DetectedFace], last: DetectedFace | None, index: int = 0) -> DetectedFace | None:
    """Finds the face that continues a track.

    Args:
        faces: faces of this frame, the largest first.
        last: the face when it was last seen; None at the beginning.
        index: number of the face that begins the track.

    Returns:
        None if the face is missing.
    """
    if last is None:
        return faces[index] if index < len(faces) else None
    near = max(faces, key=lambda face: overlap(face.box, last.box), default=None)
    return near if near is not None and overlap(near.box, last.box) >= LEAST_OVERLAP else None


def smoothed(values: np.ndarray, times: np.ndarray, deviation: float) -> np.ndarray:
    """Smooths a path in time by a Gaussian. Frames need not be evenly spaced, and gaps stay gaps.

    Args:
        values: `(frames, ...)`, NaN where unknown.
        times: rising times in seconds, `(frames,)`.
        deviation: standard deviation of the Gaussian in seconds.

    Returns:
        float64 of the same shape: known values become weighted means of known neighbours; NaN stays NaN.
    """
    if deviation <= 0 or not values.size:
        return values.astype(np.float64)
    flat = values.reshape(len(values), -1).astype(np.float64)
    known = np.isfinite(flat)
    filled, there = np.where(known, flat, 0.0), known.astype(np.float64)
    weighted, counted = filled.copy(), there.copy()
    for shift in range(1, len(flat)):
        weights = np.exp(-0.5 * np.square((times[shift:] - times[:-shift]) / deviation))[:, None]
        if shift > MOST_NEIGHBOURS or weights.max() < LEAST_WEIGHT:
            break
        weighted[shift:] += weights * filled[:-shift]
        counted[shift:] += weights * there[:-shift]
        weighted[:-shift] += weights * filled[shift:]
        counted[:-shift] += weights * there[shift:]
    return np.where(known, weighted / np.maximum(counted, 1e-12), np.nan).reshape(values.shape)
