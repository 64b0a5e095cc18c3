"""A changed movement after which a network on landmarks answers otherwise, with its own errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catgan.explain.landmarks.answer import short
from catgan.explain.landmarks.changes import MovementChange
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.metrics.figures import Figures

MOVED = 0.01
"""Eye distances from which a landmark counts as changed."""


@dataclass(frozen=True)
class LandmarkCounterfactual:
    """The smallest change of a movement that was found.

    Args:
        status: `"ok"`, `"already met"` or `"not found"` (then the nearest attempt).
        target: as it was asked.
        clip: the explained clip.
        change: parts that move less, and Action Units that are added.
        whole_face: whether all parts move less.
        changed, changed_front: the changed `clip.shape` and `clip.front`, `(t, p, 2)` in eye distances.
        before, after: probabilities by class that the network reads.
        validity: whether the target is read off the changed movement.
        reads: changed clips that were read.
        seconds: of computing.
    """

    status: str
    target: str
    clip: LandmarkClip
    change: MovementChange
    whole_face: bool
    changed: np.ndarray
    changed_front: np.ndarray
    before: Mapping[str, float]
    after: Mapping[str, float]
    validity: bool
    reads: int
    seconds: float

    @property
    def moved(self) -> np.ndarray:
        """How far each landmark was moved in each frame, `(t, p)` in eye distances."""
        return np.where(self.clip.seen[:, None], np.linalg.norm(self.changed - self.clip.shape, axis=-1), 0.0)

    @property
    def points(self) -> np.ndarray:
        """Numbers of the landmarks that were moved by `MOVED` or more in a frame, int64."""
        return np.flatnonzero(self.moved.max(0) >= MOVED)

    @property
    def span(self) -> tuple[float, float] | None:
        """From when to when a landmark was moved by `MOVED` or more, in seconds; None if none was."""
        there = self.clip.times[self.moved.max(1) >= MOVED]
        return (float(there[0]), float(there[-1])) if len(there) else None

    @property
    def plausible(self) -> str:
        """What the changed movement stays within."""
        if self.change.units:
            return "the own movement and Action Units of the face model"
        return "the own movement"

    def sentence(self) -> str:
        """Returns the answer as a sentence."""
        if self.status == "already met":
            return f"{self.target} holds for this clip as it is."
        change = self.change.describe(self.whole_face)
        if self.status == "not found":
            return f"No change of the movement was found that reaches {self.target}; the nearest attempt: {change}."
        first, last = (max(read, key=lambda name: read[name]) for read in (self.before, self.after))
        return (f"{first} ({short(self.before[first])}) becomes {last} ({short(self.after[last])}) when {change}.")

    def to_dict(self) -> Figures:
        """Returns what JSON holds; sizes in eye distances."""
        moved = self.moved[self.clip.seen]
        return {"status": self.status, "target": self.target, "sentence": self.sentence(),
                "change": self.change.to_dict(), "before": _rounded(self.before), "after": _rounded(self.after),
                "validity": self.validity, "within": self.plausible,
                "size": {"root_mean_square": round(float(np.sqrt((moved ** 2).mean())), 5),
                         "largest": round(float(moved.max()), 5)},
                "own_largest_movement": round(float(np.linalg.norm(self.clip.movement, axis=-1).max()), 5),
                "points": self.points.tolist(), "span": None if self.span is None else
                [round(edge, 4) for edge in self.span], "reads": self.reads, "seconds": round(self.seconds, 3)}


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in numbers.items()}
