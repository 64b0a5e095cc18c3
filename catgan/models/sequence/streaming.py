"""Predicts the labels of one face while its frames arrive, with two windows in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from catgan.errors import ModelError
from catgan.models.sequence.overlap import from_means, to_means

if TYPE_CHECKING:
    from catgan.models.sequence.model import ClipRecogniser, Columns


def delay_of(model: ClipRecogniser) -> int:
    """Returns how many later frames must arrive before a frame is answered: 0 for a causal model, else a window."""
    return 0 if model.causal else model.frames


class ClipStream:
    """Predicts the labels of one face while its frames arrive.

    The answers are those of `ClipRecogniser.read_track`. A causal model answers the newest frames from the window that
    ends with them; with `hop=1` every frame is answered when it arrives. Other models answer a frame when no later
    window can contain it.

    Args:
        model: the model.
        hop: frames between two windows; half a window by default.

    Raises:
        ModelError: a hop that is not in 1 .. `model.frames`.

    Attributes:
        length: number of frames that have arrived.
        answered: number of frames that have been answered.
    """

    def __init__(self, model: ClipRecogniser, hop: int | None = None):
        self._model, self._frames = model, model.frames
        self._hop = max(model.frames // 2, 1) if hop is None else hop
        if not 1 <= self._hop <= model.frames:
            raise ModelError(f"'hop' must lie in 1..{model.frames}, the frames of a window. Received: {hop}.")
        self.length = self.answered = 0
        self._begin = 0  # number of the first frame in memory
        self._features = np.empty((0, model.network.features), np.float32)
        self._seen = np.empty(0, bool)
        self._start: int | None = None  # of the last window that was read
        self._sums: dict[str, np.ndarray] = {}  # of the answers to each frame in memory, by head, (t, k)
        self._counts = np.empty((0, 1))

    def add(self, features: np.ndarray, seen: np.ndarray) -> list[Columns]:
        """Takes the next frames.

        Args:
            features: `(t, features)`; those of frames that are not seen do not matter.
            seen: bool `(t,)`.

        Returns:
            Columns `(m,)` as of `ClipRecogniser.read_features`, of frames that are answered now, in their order; none,
            or several groups of frames.
        """
        seen = np.asarray(seen, bool)
        self._features = np.concatenate([self._features, np.where(seen[:, None], features, 0.0).astype(np.float32)])
        self._seen = np.concatenate([self._seen, seen])
        self._counts = np.concatenate([self._counts, np.zeros((len(seen), 1))])
        self._sums = {name: np.concatenate([total, np.zeros((len(seen), total.shape[1]))])
                      for name, total in self._sums.items()}
        self.length += len(seen)
        found = list(self._causal() if self._model.causal else self._averaged())
        self._forget()
        return found

    def close(self) -> list[Columns]:
        """Ends the clip, and returns the answers of all frames that were not answered yet."""
        if self.answered == self.length:
            return []
        last = max(self.length - self._frames, 0)
        if self._model.causal:
            return [self._newest(self.length)]
        if self._start != last:
            self._read(last)
        return [self._finish(self.length)]

    def _causal(self) -> Iterator[Columns]:
        while self.length >= (stop := self._next_stop()):
            yield self._newest(stop)

    def _next_stop(self) -> int:
        stop = self.answered + self._hop
        return min(stop, self._frames) if self.answered < self._frames else stop

    def _newest(self, stop: int) -> Columns:
        """Answers the frames before `stop` that are not answered yet, from the window that ends there."""
        self._read(max(stop - self._frames, 0), stop)
        return self._finish(stop)

    def _averaged(self) -> Iterator[Columns]:
        while self.length >= (start := 0 if self._start is None else self._start + self._hop) + self._frames:
            self._read(start)
        if self._start is not None:
            # A track that ends now has one more window, which ends with it.
            stop = min(self._start + self._hop, self.length - self._frames)
            if stop > self.answered:
                yield self._finish(stop)

    def _read(self, start: int, stop: int | None = None) -> None:
        """Reads one window, and adds its answers to frames that are not answered yet."""
        stop = min(start + self._frames, self.length) if stop is None else stop
        inside = slice(start - self._begin, stop - self._begin)
        padding = self._frames - (stop - start)
        features = np.pad(self._features[inside], ((0, padding), (0, 0)))
        outputs = to_means(self._model.outputs(features[None], np.pad(self._seen[inside], (0, padding))[None]))
        first = max(start, self.answered)
        target, source = slice(first - self._begin, stop - self._begin), slice(first - start, stop - start)
        for name, values in outputs.items():
            if name not in self._sums:
                self._sums[name] = np.zeros((len(self._seen), values.shape[-1]))
            self._sums[name][target] += values[0, source]
        self._counts[target] += 1
        self._start = start

    def _finish(self, stop: int) -> Columns:
        rows = slice(self.answered - self._begin, stop - self._begin)
        means = {name: (total[rows] / self._counts[rows]).astype(np.float32) for name, total in self._sums.items()}
        self.answered = stop
        return self._model.columns(from_means(means))

    def _forget(self) -> None:
        """Drops frames that no later window contains."""
        kept = max(min(self.answered, self.length - self._frames) - self._begin, 0)
        self._features, self._seen = self._features[kept:], self._seen[kept:]
        self._counts, self._sums = self._counts[kept:], {name: total[kept:] for name, total in self._sums.items()}
        self._begin += kept
