"""Reads rows of faces with a model of clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.data.clips.options import ClipOptions
from catgan.models.sequence.model import ClipRecogniser, Columns
from catgan.models.sequence.streaming import ClipStream
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.track_rows import TrackRows


class _Stream:
    """A `ClipStream` whose labels also have their intervals; arguments as `ClipRows`."""

    def __init__(self, model: ClipRecogniser, interval: float | None, hop: int | None):
        self._model, self._interval = model, interval
        self._stream = ClipStream(model, hop)

    def add(self, features: np.ndarray, seen: np.ndarray) -> list[Columns]:
        """Takes the next frames; see `ClipStream.add`."""
        return [with_intervals(self._model, columns, self._interval) for columns in self._stream.add(features, seen)]

    def close(self) -> list[Columns]:
        """Ends the track; see `ClipStream.close`."""
        return [with_intervals(self._model, columns, self._interval) for columns in self._stream.close()]


class _Reader:
    """The `TrackReader` of a model of clips; arguments as `ClipRows`."""

    def __init__(self, model: ClipRecogniser, interval: float | None, hop: int | None):
        self._model, self._interval, self._hop = model, interval, hop
        self.rate, self.max_gap = model.rate, ClipOptions().max_gap
        nothing = model.read_features(np.zeros((1, model.frames, model.network.features)), np.zeros((1, model.frames)))
        self.labels = with_intervals(model, {name: values[0] for name, values in nothing.items()}, interval)

    def encode(self, rows: Sequence[FaceRow]) -> np.ndarray:
        """Computes the trunk's features of faces, `(n, f)`."""
        return self._model.features(np.stack([row.crop for row in rows if row.crop is not None]))

    def stream(self) -> _Stream:
        """Starts a new track."""
        return _Stream(self._model, self._interval, self._hop)


class ClipRows(TrackRows):
    """Reads rows of videos, and gives them back in the same order with their labels.

    Args:
        model: the model.
        interval: as in `CatGAN.predict`.
        hop: as in `ClipStream`.

    Attributes:
        schema: of the batches. The columns are those of `catgan.pipelines.predictions.table_schema` with `track`, and
            with the probability of each expression instead of `realness`.

    Raises:
        CatganError: the model does not have this `interval`.
    """

    def __init__(self, model: ClipRecogniser, interval: float | None = None, hop: int | None = None):
        super().__init__(_Reader(model, interval, hop))


def with_intervals(model: ClipRecogniser, columns: Columns, interval: float | None) -> Columns:
    """Adds the limits of an interval to labels; unchanged where `interval` is None."""
    if interval is None:
        return columns
    return columns | model.calibration.intervals(columns, interval, model.spec)
