"""Reads rows of faces with a network on landmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.errors import ModelError
from catgan.metrics.figures import Figures
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.models.landmarks.streaming import MAX_GAP, MIN_SEEN, Columns, LandmarkStream, label_columns
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.track_rows import TrackRows

CROP_SIZE = 64
"""Side in pixels of the aligned faces whose landmarks are read. Shapes do not depend on it."""
FOUND = "mediapipe_478"
"""Name of the set of landmarks that the landmarker finds."""


class _Reader:
    """The `TrackReader` of a network on landmarks."""

    def __init__(self, model: LandmarkRecogniser):
        self._model = model
        self.rate, self.max_gap = model.rate, MAX_GAP

    @property
    def labels(self) -> Columns:
        """Returns columns without a row."""
        return label_columns(np.empty((0, len(self._model.classes)), np.float32), self._model.classes)

    def encode(self, rows: Sequence[FaceRow]) -> np.ndarray:
        """Returns the landmarks of the aligned faces, `(n, 478, 2)`."""
        return np.stack([row.landmarks for row in rows if row.landmarks is not None])

    def stream(self) -> LandmarkStream:
        """Starts a new track."""
        return LandmarkStream(self._model)


class LandmarkRows(TrackRows):
    """Reads rows of videos, and gives each back with the expression of the window that ends with it.

    Args:
        model: the model, which must read MediaPipe's landmarks.

    Raises:
        ModelError: it reads other landmarks.
    """

    def __init__(self, model: LandmarkRecogniser):
        check_landmarks(model)
        super().__init__(_Reader(model))


def check_landmarks(model: LandmarkRecogniser) -> None:
    """Raises `ModelError` unless a model reads the landmarks that are found in pictures."""
    if model.landmark_set != FOUND:
        raise ModelError(f"This network reads the landmarks of '{model.landmark_set}'; those found in videos and by "
                         f"cameras are '{FOUND}'. Give it clips of its own landmarks in Python.")


def describe_landmark_reading(model: LandmarkRecogniser) -> Figures:
    """Describes how a network on landmarks reads videos.

    Returns:
        `kind` of the network; `rate`, frames per second; `window`, seconds; `hop`, seconds between two answers;
        `causal`, True; `delay_frames` and `delay_seconds`, 0: no later frame is needed; `first_answer`, seconds of a
        track before the first answer; `landmark_set`, and `points`, how many different landmarks are read.
    """
    return {"kind": model.landmarks.kind, "rate": model.rate, "window": round(model.frames / model.rate, 3),
            "hop": round(1.0 / model.rate, 3), "causal": True, "delay_frames": 0, "delay_seconds": 0.0,
            "first_answer": round((frames_needed(model) - 1) / model.rate, 3), "landmark_set": model.landmark_set,
            "points": model.points_read}


def frames_needed(model: LandmarkRecogniser) -> int:
    """Returns how many frames of a window must show the face before it is answered."""
    return max(int(np.ceil(MIN_SEEN * model.frames - 1e-9)), 1)


def why_unanswered(model: LandmarkRecogniser) -> str:
    """Says what a video lacks in which the face was seen, but no window was answered."""
    return (f"the face is seen too briefly: an answer needs {frames_needed(model)} of {model.frames} frames within "
            f"{model.frames / model.rate:.3g} s, at {model.rate:g} frames a second")
