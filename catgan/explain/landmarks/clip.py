"""One clip of the landmarks of one face, with its pictures where there are any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catgan.errors import DataError
from catgan.faces.frontal import frontal, head_poses
from catgan.faces.landmark_sets import LandmarkSet
from catgan.faces.landmark_shapes import START_FRAMES, upright


@dataclass(frozen=True)
class LandmarkClip:
    """Landmarks of one face on an even grid of times.

    Args:
        points: `(t, p, 2)` in pixels, of the pictures where there are any; 0 where the face was not seen.
        seen: bool `(t,)`.
        times: in seconds, rising, `(t,)`.
        landmark_set: of the points.
        images: the aligned faces, uint8 `(t, side, side, 3)`; None without pictures.
        name: of the video.

    Raises:
        DataError: arrays of different lengths, another number of points, or no frame that was seen.
    """

    points: np.ndarray
    seen: np.ndarray
    times: np.ndarray
    landmark_set: LandmarkSet
    images: np.ndarray | None = None
    name: str = ""

    def __post_init__(self) -> None:
        count = len(self.points)
        if self.points.shape != (count, self.landmark_set.count, 2) or self.seen.shape != (count,) \
                or self.times.shape != (count,) or self.images is not None and len(self.images) != count:
            raise DataError(f"A clip of landmarks holds points (t, {self.landmark_set.count}, 2) with 'seen' and "
                            f"'times' (t,). Received: {self.points.shape}, {self.seen.shape} and {self.times.shape}.")
        if not self.seen.any():
            raise DataError(f"The clip {self.name or '(unnamed)'} has no frame in which the face was seen.")

    def __len__(self) -> int:
        return len(self.points)

    @property
    def step(self) -> float:
        """Seconds between two frames; 1 for a clip of one frame."""
        return float(np.median(np.diff(self.times))) if len(self) > 1 else 1.0

    @cached_property
    def shape(self) -> np.ndarray:
        """Points without place, size and tilt, `(t, p, 2)` in eye distances; 0 where the face was not seen."""
        return upright(self.points, self.seen, self.landmark_set)

    @cached_property
    def front(self) -> np.ndarray:
        """The shape with the head turned to the front, `(t, p, 2)`; see `catgan.faces.frontal`."""
        return frontal(self.shape, self.seen, self.landmark_set)

    @cached_property
    def rest(self) -> np.ndarray:
        """The mean of `front` over the first seen frames, which movement is counted from, `(p, 2)`."""
        return self.front[self.seen][:START_FRAMES].mean(0)

    @cached_property
    def movement(self) -> np.ndarray:
        """Displacement of `front` from `rest`, `(t, p, 2)` in eye distances; 0 where the face was not seen."""
        return np.where(self.seen[:, None, None], self.front - self.rest, 0.0)

    @cached_property
    def turns(self) -> np.ndarray:
        """What the head of each frame does to a change of `front`: `shape` changes by the product, `(t, 2, 2)`.

        0 where the face was not seen.
        """
        heads = head_poses(self.shape[self.seen], self.landmark_set)
        result = np.zeros((len(self), 2, 2))
        result[self.seen] = heads.rotations[:, :2, :2] * (heads.scales / np.median(heads.scales))[:, None, None]
        return result


def apex(clip: LandmarkClip, relevance: np.ndarray | None = None) -> int:
    """Returns the seen frame of the largest net relevance, or of the largest movement without `relevance` `(t, p)`."""
    size = np.linalg.norm(clip.movement, axis=-1).mean(1) if relevance is None else relevance.sum(1)
    return int(np.where(clip.seen, size, -np.inf).argmax())
