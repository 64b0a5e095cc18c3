"""What one rater says of one item, as the steps in the journal add up to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from catgan.data.sources.timeline import LONGEST_GAP, Series
from catgan.pipelines.annotation.changes import DIMENSIONS, Change, Value

Labels = dict[str, Value]


def _no_series() -> dict[str, Series]:
    return {name: Series(np.empty(0), np.empty(0)) for name in DIMENSIONS}


@dataclass
class Ratings:
    """Holds the ratings of one item by one rater.

    Args:
        labels: of a photograph. A label that is missing is not rated; None = not visible, or the rater cannot say.
        frames: labels of frames by their numbers.
        times: seconds of these frames.
        traces: valence and arousal over time; a pause of more than `LONGEST_GAP` seconds is a gap.
    """

    labels: Labels = field(default_factory=dict)
    frames: dict[int, Labels] = field(default_factory=dict)
    times: dict[int, float] = field(default_factory=dict)
    traces: dict[str, Series] = field(default_factory=_no_series)

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Ratings:
        """Adds up changes, the later over the earlier."""
        ratings = cls()
        for change in changes:
            ratings.apply(change)
        return ratings

    def apply(self, change: Change) -> None:
        """Puts a change over what is there."""
        if change.values or change.cleared:
            self._set(change)
        if change.trace:
            times = np.array([sample[0] for sample in change.trace])
            for place, name in enumerate(DIMENSIONS, 1):
                values = np.array([np.nan if sample[place] is None else sample[place] for sample in change.trace],
                                  np.float64)
                self.traces[name] = _over(self.traces[name], times, values)

    def _set(self, change: Change) -> None:
        labels = self.labels if change.frame is None else self.frames.setdefault(change.frame, {})
        labels.update(change.values)
        for name in change.cleared:
            labels.pop(name, None)
        if change.frame is not None and change.time is not None:
            self.times[change.frame] = change.time
            if not labels:
                del self.frames[change.frame], self.times[change.frame]

    def copy(self) -> Ratings:
        """Returns a copy that further steps do not change."""
        return Ratings(dict(self.labels), {frame: dict(labels) for frame, labels in self.frames.items()},
                       dict(self.times), dict(self.traces))

    @property
    def traced(self) -> float:
        """Seconds in which valence or arousal is rated."""
        spans = [np.diff(one.times) for one in self.traces.values() if len(one.times) > 1]
        return max((float(span[span <= LONGEST_GAP].sum()) for span in spans), default=0.0)

    def to_dict(self, traces: bool = True) -> dict[str, object]:
        """Returns what JSON can hold: `labels`, `frames`, and, if asked, `traces` with `times` and `values`."""
        frames = [{"frame": number, "time": self.times[number], "labels": self.frames[number]}
                  for number in sorted(self.frames)]
        found: dict[str, object] = {"labels": self.labels, "traced": round(self.traced, 2), "frames": frames}
        if traces:
            found["traces"] = {name: {"times": one.times.tolist(), "values": one.values.tolist()}
                               for name, one in self.traces.items()}
        return found


def _over(old: Series, times: np.ndarray, values: np.ndarray) -> Series:
    """Puts new samples over the old ones of the same span; NaN samples put nothing."""
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if not len(times):
        return old
    before, after = old.times < times[0], old.times > times[-1]
    return Series(np.concatenate([old.times[before], times, old.times[after]]),
                  np.concatenate([old.values[before], values, old.values[after]]))
