"""Smooths predictions over time, and moves them to the time at which raters answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catgan.data.clips.tracks import Track
from catgan.errors import CatganError, unknown_name

SMOOTHINGS = ("none", "median", "exponential")
"""Kinds of smoothing."""


@dataclass(frozen=True)
class Timing:
    """Describes how predictions are changed in time before they are compared with annotations.

    Args:
        delay: seconds by which annotations lag behind the face, 0 or more.
        smoothing: one of `SMOOTHINGS`.
        width: seconds. Of the median, the whole window around a frame; of exponential smoothing, the time after which
            the weight of an earlier frame has fallen to 1/e.
    """

    delay: float = 0.0
    smoothing: str = "none"
    width: float = 0.0

    def __post_init__(self) -> None:
        if self.smoothing not in SMOOTHINGS:
            raise unknown_name("smoothing", self.smoothing, SMOOTHINGS)
        if self.delay < 0 or self.width < 0 or (self.smoothing != "none" and not self.width):
            raise CatganError("A delay is 0 or more seconds, and the width of a smoothing more than 0. "
                              f"Received: {self.delay:g} and {self.width:g}.")

    def to_dict(self) -> dict[str, float | str]:
        return {"delay": self.delay, "smoothing": self.smoothing, "width": self.width}


def retime(values: np.ndarray, tracks: Sequence[Track], timing: Timing) -> np.ndarray:
    """Smooths the columns of predictions along each track, and then delays them.

    Args:
        values: float `(n, k)` by row of the split; NaN = no prediction.
        tracks: of these rows.
        timing: the smoothing and the delay.

    Returns:
        float64 `(n, k)`. The value at time t is the smoothed prediction at t - delay, interpolated linearly between
        frames; NaN for rows of no track, and where t - delay lies before the first prediction of the track.
    """
    result = np.full(values.shape, np.nan)
    for track in tracks:
        seen = track.rows >= 0
        series = np.full((len(track.rows), values.shape[1]), np.nan)
        series[seen] = values[track.rows[seen]]
        result[track.rows[seen]] = _delayed(_smoothed(series, track.times, timing), track.times, timing.delay)[seen]
    return result


def ages(total: int, tracks: Sequence[Track]) -> np.ndarray:
    """Returns the seconds since the first frame of the track, `(total,)` by row; NaN for rows of no track."""
    result = np.full(total, np.nan)
    for track in tracks:
        seen = np.flatnonzero(track.rows >= 0)
        result[track.rows[seen]] = track.times[seen] - track.times[seen[0]] if len(seen) else 0.0
    return result


def median(series: np.ndarray, frames: int) -> np.ndarray:
    """Computes the median of the known values in a window around each frame.

    Args:
        series: `(t, k)`, NaN = unknown.
        frames: of the window, odd.

    Returns:
        `(t, k)`, NaN where the frame itself is unknown.
    """
    reach = frames // 2
    edge = np.full((reach, series.shape[1]), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([edge, series, edge]), frames, axis=0)
    known = np.isfinite(series)
    result = np.full(series.shape, np.nan)
    result[known] = np.nanmedian(windows[known], axis=-1)
    return result


def exponential(series: np.ndarray, frames: float) -> np.ndarray:
    """Computes the mean of each frame and those before it, with weights that fall exponentially with their age.

    Args:
        series: `(t, k)`, NaN = unknown, which has no weight.
        frames: age at which a weight has fallen to 1/e.

    Returns:
        `(t, k)`, NaN where the frame itself is unknown.
    """
    from scipy.signal import lfilter

    known, decay = np.isfinite(series), float(np.exp(-1.0 / frames))
    sums = lfilter([1.0], [1.0, -decay], np.where(known, series, 0.0), axis=0)
    weights = lfilter([1.0], [1.0, -decay], known.astype(np.float64), axis=0)
    return np.where(known, sums / np.where(known, weights, 1.0), np.nan)


def _smoothed(series: np.ndarray, times: np.ndarray, timing: Timing) -> np.ndarray:
    if timing.smoothing == "none" or len(series) < 2:
        return series
    step = (times[-1] - times[0]) / (len(times) - 1)
    if timing.smoothing == "median":
        return median(series, 2 * round(timing.width / step / 2) + 1)
    return exponential(series, timing.width / step)


def _delayed(series: np.ndarray, times: np.ndarray, delay: float) -> np.ndarray:
    if not delay:
        return series
    result = np.full(series.shape, np.nan)
    for column in range(series.shape[1]):
        known = np.isfinite(series[:, column])
        if known.any():
            result[:, column] = np.interp(times - delay, times[known], series[known, column], left=np.nan)
    return result
