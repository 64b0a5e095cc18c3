"""Cuts tracks into overlapping windows of one length, and averages what was read from the windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track
from catgan.errors import DataError


class Windows(NamedTuple):
    """`n` windows of `frames` frames.

    Attributes:
        rows: int64 `(n, frames)`, row of the split; -1 = not seen, or past the end of the track.
        tracks: int64 `(n,)`, index of the track.
        starts: int64 `(n,)`, index of the window's first frame in its track.
    """

    rows: np.ndarray
    tracks: np.ndarray
    starts: np.ndarray


def cut_windows(tracks: Sequence[Track], options: ClipOptions) -> Windows:
    """Cuts tracks into windows that overlap by `stride`.

    The last window of a track ends with the track. A track shorter than a window gives one window, which is padded at
    its end. Windows of which less than `min_seen` is seen are left out. Memory: 8 bytes per frame of a window.

    Args:
        tracks: the tracks.
        options: length, stride and `min_seen`.
    """
    frames = options.frames
    lengths = np.array([len(track.rows) for track in tracks], np.int64)
    index, starts = _starts(lengths, frames, options.step)
    rows = np.full((len(starts), frames), -1, np.int64)
    edges = np.searchsorted(index, np.arange(len(tracks) + 1))
    for track, low, high in zip(tracks, edges[:-1], edges[1:]):
        within = min(frames, len(track.rows))
        if within:
            views = np.lib.stride_tricks.sliding_window_view(track.rows, within)
            rows[low:high, :within] = views[starts[low:high]]
    seen, inside = (rows >= 0).sum(1), np.minimum(lengths[index], frames)
    kept = (seen > 0) & (seen >= options.min_seen * inside - 1e-9)
    return Windows(rows[kept], index[kept], starts[kept])


def no_windows(name: str, seen: float, options: ClipOptions) -> DataError:
    """Makes an error for tracks of which no window has enough seen frames.

    Args:
        name: of the data set.
        seen: share of the frames of the tracks that are seen.
        options: of the windows.
    """
    return DataError(f"No window of {name} has enough seen frames: {seen:.0%} of the grid of {options.rate:g} frames "
                     f"per second is seen, and 'min_seen' is {options.min_seen:g}. Choose a 'rate' of at most that of "
                     "the videos, or a smaller 'min_seen'.")


def _starts(lengths: np.ndarray, frames: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the track and the first frame of each window, int64 `(n,)` each."""
    last = np.maximum(lengths - frames, 0)
    counts = np.where(lengths > 0, -(-last // step) + 1, 0)
    index = np.repeat(np.arange(len(lengths)), counts)
    numbers = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    return index, np.minimum(numbers * step, last[index])


def average_windows(values: np.ndarray, windows: Windows, tracks: Sequence[Track]) -> list[np.ndarray]:
    """Averages values per frame over all windows that contain the frame.

    Args:
        values: `(n, frames, k)`, one vector per frame of each window; NaN is left out of the mean.
        windows: the `n` windows.
        tracks: the tracks that the windows were cut from.

    Returns:
        float64 `(t, k)` for each track; NaN where the face is not seen, or no window contains the frame.
    """
    ends = np.cumsum([len(track.rows) for track in tracks], dtype=np.int64)
    total = int(ends[-1]) if len(tracks) else 0
    begins = np.concatenate([np.zeros(1, np.int64), ends])[windows.tracks] + windows.starts
    seen = windows.rows >= 0
    places = (begins[:, None] + np.arange(windows.rows.shape[1]))[seen]
    means = np.empty((total, values.shape[2]))
    for column in range(values.shape[2]):
        read = values[..., column][seen].astype(np.float64)
        known = ~np.isnan(read)
        counts = np.bincount(places[known], minlength=total)
        sums = np.bincount(places[known], read[known], total)
        means[:, column] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return np.split(means, ends[:-1]) if len(tracks) else []
