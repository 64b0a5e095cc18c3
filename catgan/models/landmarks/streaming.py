"""Reads the expression of one face while its frames arrive, with little more than one window in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from catgan.faces.frontal import frontal
from catgan.faces.landmark_shapes import START_FRAMES, upright, velocities

if TYPE_CHECKING:
    from catgan.models.landmarks.model import LandmarkRecogniser

MIN_SEEN = 0.5
"""Share of the frames of a window that must be seen before it is answered, as windows for training have it."""
MAX_GAP = 1.0
"""Seconds without the face after which a track ends, as clips for training have it."""
MOST_SAMPLED = 64
"""Most frames of a track that are kept for the median of the whole track."""

Columns = dict[str, np.ndarray]
"""Labels by name, `(m,)` each."""


class LandmarkStream:
    """Answers each frame from the window that ends with it, so that no answer depends on a later frame.

    Displacements are from the reference of the track so far: its first seen frames, or its median frame. The reference
    of a window alone would be wrong where the window begins within an expression. Before a whole window has arrived,
    the window begins with the track, and the rest of it counts as not seen: then shapes are those of training. Frames
    of whose window less than `MIN_SEEN` is seen have no answer.

    Args:
        model: the model.

    Attributes:
        length: number of frames that have arrived.
    """

    def __init__(self, model: LandmarkRecogniser):
        self._model = model
        self._reference = _Reference(model.shape.reference)
        self.length = 0
        self._points: np.ndarray | None = None  # of the frames that later windows contain, (t, p, 2)
        self._seen = np.empty(0, bool)

    def add(self, points: np.ndarray, seen: np.ndarray) -> list[Columns]:
        """Takes the next frames.

        Args:
            points: landmarks in pixels of the aligned face, `(t, p, 2)`; those of frames that are not seen do not
                matter.
            seen: bool `(t,)`.

        Returns:
            One group of labels `(t,)`, see `label_columns`. NaN, and None of `expression`, where there is no answer.
        """
        windows = [self._window(*one) for one in zip(points, np.asarray(seen, bool))]
        answered = [place for place, window in enumerate(windows) if window is not None]
        answers = np.full((len(windows), len(self._model.classes)), np.nan, np.float32)
        if answered:
            shapes, masks = zip(*(window for window in windows if window is not None))
            answers[answered] = self._model.probabilities(np.stack(shapes), np.stack(masks))
        return [label_columns(answers, self._model.classes)]

    def close(self) -> list[Columns]:
        """Ends the track: every frame has been answered when it arrived."""
        return []

    def _window(self, points: np.ndarray, seen: np.bool_) -> tuple[np.ndarray, np.ndarray] | None:
        """Takes one frame; returns shapes `(frames, p, c)` and mask of the window that ends there, if it is answered.
        """
        model, points = self._model, np.where(seen, points, 0).astype(np.float32)[None]
        kept = points if self._points is None else np.concatenate([self._points, points])
        self._points, self._seen = kept[-model.frames:], np.append(self._seen, seen)[-model.frames:]
        self.length += 1
        if seen:
            self._reference.add(points[0])
        if self._seen.sum() < MIN_SEEN * model.frames - 1e-9:
            return None
        missing = model.frames - len(self._seen)
        window, mask = np.pad(self._points, ((0, missing), (0, 0), (0, 0))), np.pad(self._seen, (0, missing))
        if self.length <= model.frames or model.shape.reference == "none":
            return model.shapes(window[None], mask[None])[0], mask
        return self._displaced(window, mask), mask

    def _displaced(self, window: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Computes the shapes of a window from the reference of a track that is longer."""
        model, start = self._model, self._reference.frames()
        points, known = np.concatenate([start, window]), np.append(np.ones(len(start), bool), seen)
        turned = frontal(points, known, model.landmark_set) if model.shape.frontal else points
        values = upright(turned, known, model.landmark_set)
        before, values = values[:len(start)], values[len(start):]
        middle = before.mean(0) if model.shape.reference == "first" else np.median(before, 0)
        values = np.where(seen[:, None, None], values - middle, 0.0)
        if model.shape.velocities:
            values = np.concatenate([values, velocities(values, seen)], -1)
        return values.astype(np.float32)


class _Reference:
    """Keeps the seen frames of a track that displacements are measured from.

    Args:
        kind: `"first"`: the first `START_FRAMES`; `"median"`: evenly spaced ones, at most `MOST_SAMPLED`.
    """

    def __init__(self, kind: str):
        self._kind, self._kept, self._step, self._count = kind, list[np.ndarray](), 1, 0

    def add(self, points: np.ndarray) -> None:
        """Takes the landmarks `(p, 2)` of the next seen frame."""
        if self._kind == "median":
            if self._count % self._step == 0:
                self._kept.append(points)
            if len(self._kept) > MOST_SAMPLED:
                self._kept, self._step = self._kept[::2], 2 * self._step
        elif len(self._kept) < START_FRAMES:
            self._kept.append(points)
        self._count += 1

    def frames(self) -> np.ndarray:
        """Returns what is kept, `(m, p, 2)`."""
        return np.stack(self._kept)


def label_columns(probabilities: np.ndarray, classes: Sequence[str]) -> Columns:
    """Returns labels as the columns of a table.

    Args:
        probabilities: `(m, classes)`; NaN where unknown.
        classes: names of the expressions.

    Returns:
        `expression`, the most probable one, or None; `expression_probability`, its probability; and
        `expression=NAME`, the probability of each.
    """
    known = np.isfinite(probabilities).all(1)
    largest = np.where(known[:, None], probabilities, 0.0).argmax(1)
    names = np.array([classes[place] if answered else None for place, answered in zip(largest, known)], object)
    highest = np.where(known, probabilities[np.arange(len(probabilities)), largest], np.nan).astype(np.float32)
    return {"expression": names, "expression_probability": highest,
            **{f"expression={name}": probabilities[:, place] for place, name in enumerate(classes)}}
