"""Compares and prepares ratings over time: a common time grid, the delay between raters, and smoothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from catgan.data.sources.timeline import Series, sample
from catgan.evaluation.retiming import median
from catgan.metrics.moments import Moments
from catgan.pipelines.annotation.changes import DIMENSIONS

STEP = 0.04
"""Seconds between the points at which ratings over time are compared."""
LONGEST_DELAY = 4.0
"""Longest delay that is searched, in seconds; at most a quarter of the time that both raters have rated."""
LEAST_SECONDS = 4.0
"""Shortest time that both have rated, in seconds, for a delay to be searched."""

Traces = Mapping[str, Series]
"""`valence` and `arousal` over time, of one rater."""


class Delay(NamedTuple):
    """How much later one rater answers than another.

    Attributes:
        seconds: positive where the second rater answers later.
        correlation: Pearson's correlation with that delay, the mean of valence and arousal where both vary.
        without: the same without a delay.
        searched: longest delay that was searched, in seconds.
    """

    seconds: float
    correlation: float
    without: float
    searched: float


def grid(traces: Sequence[Traces]) -> np.ndarray:
    """Returns the times at which ratings are compared, from the first sample of any to the last, `STEP` apart."""
    ends = [float(time) for one in traces for series in one.values() if len(series.times)
            for time in (series.times[0], series.times[-1])]
    if not ends:
        return np.empty(0)
    first = np.ceil(min(ends) / STEP - 1e-6)
    return np.arange(first, np.floor(max(ends) / STEP + 1e-6) + 1) * STEP


def at(traces: Traces, times: np.ndarray, shift: float = 0.0, smoothing: float = 0.0) -> np.ndarray:
    """Samples valence and arousal.

    Args:
        traces: of one rater.
        times: seconds, `(n,)`.
        shift: seconds by which the rater answers late: the value at `t` is what was said at `t + shift`.
        smoothing: width in seconds of the running median around each moment; 0 = none.

    Returns:
        float64 `(n, 2)`; NaN where nothing was said, and across gaps.
    """
    found = [sample(_smoothed(traces[name], smoothing), times, shift) for name in DIMENSIONS]
    return np.stack(found, 1) if len(times) else np.empty((0, 2))


def _smoothed(series: Series, width: float) -> Series:
    """Smooths a series on the grid, which its own samples are put on first."""
    if width <= 0.0 or len(series.times) < 2:
        return series
    times = grid([{"series": series}])
    values = median(sample(series, times)[:, None], 2 * round(width / STEP / 2) + 1)[:, 0]
    known = np.isfinite(values)
    return Series(times[known], values[known])


def delay_between(one: Traces, other: Traces) -> Delay | None:
    """Finds the delay between two raters of one video: the one with the highest cross-correlation.

    All delays are compared on the same moments of the first rater, those for which the second has values at all of
    them.

    Returns:
        None where they have rated less than `LEAST_SECONDS` together, or where one does not vary.
    """
    times = grid([one, other])
    first, second = at(one, times), at(other, times)
    both = np.isfinite(first).any(1) & np.isfinite(second).any(1)
    if both.sum() * STEP < LEAST_SECONDS:
        return None
    reach = round(min(LONGEST_DELAY, both.sum() * STEP / 4) / STEP)
    curves = [_curve(first[:, place], second[:, place], reach) for place in range(2)]
    known = [curve for curve in curves if curve is not None]
    if not known:
        return None
    curve = np.mean(known, axis=0)
    lags = np.arange(-reach, reach + 1)
    best = max(range(len(lags)), key=lambda place: (round(curve[place], 9), -abs(lags[place])))
    return Delay(round(float(lags[best] * STEP), 3), float(curve[best]), float(curve[reach]), round(reach * STEP, 3))


def _curve(first: np.ndarray, second: np.ndarray, reach: int) -> np.ndarray | None:
    """Returns Pearson's correlation by lag, `(2 * reach + 1,)`; None where it is not defined at each."""
    if len(first) <= 2 * reach:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(second, 2 * reach + 1)
    middle = first[reach:len(first) - reach]
    rows = np.isfinite(middle) & np.isfinite(windows).all(1)
    found = [Moments.of(middle[rows], column).pcc for column in windows[rows].T]
    return None if not rows.any() or None in found else np.array(found, np.float64)


def shifts(traces: Mapping[str, Traces]) -> dict[str, float]:
    """Finds the shift of each rater of a video that brings all raters together.

    Least squares of the delays between all pairs, where a delay that cannot be found counts as 0. The shifts add up to
    0: the delay that all raters share is not known from their ratings.

    Args:
        traces: by rater.

    Returns:
        Seconds by rater; positive = answers later than the others.
    """
    raters = list(traces)
    late = np.zeros((len(raters), len(raters)))
    for row in range(len(raters)):
        for column in range(row):
            found = delay_between(traces[raters[column]], traces[raters[row]])
            late[row, column] = found.seconds if found else 0.0
            late[column, row] = -late[row, column]
    return dict(zip(raters, np.round(late.mean(1), 4).tolist() if raters else []))
