"""Groups rows of one face of a video into tracks on an even time grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from catgan.data.clips.options import ClipOptions
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.videos import grid_point


class RowTrack(NamedTuple):
    """Rows without a cut or a long gap between them.

    Attributes:
        rows: those in which the face is seen, in order.
        seen: bool `(t,)`, which points of the time grid have a row.
        times: of the points of the grid in seconds, `(t,)`.
    """

    rows: list[FaceRow]
    seen: np.ndarray
    times: np.ndarray

    def filled(self, value: Callable[[FaceRow], np.ndarray | None]) -> np.ndarray:
        """Returns an array of each row on the time grid, `(t, ...)`; 0 where there is no row."""
        known = np.array([value(row) for row in self.rows])
        result = np.zeros((len(self.seen), *known.shape[1:]), known.dtype)
        result[self.seen] = known
        return result


def row_tracks(rows: Iterable[FaceRow], rate: float, max_gap: float | None = None) -> list[RowTrack]:
    """Groups rows into tracks.

    Args:
        rows: of a video, of one face, in order; the grid begins with the first.
        rate: points of the grid per second.
        max_gap: seconds without the face after which a track ends; by default that of `ClipOptions`.
    """
    origin, max_gap = None, ClipOptions().max_gap if max_gap is None else max_gap
    tracks: list[list[tuple[int, FaceRow]]] = []
    for row in rows:
        time = row.time or 0.0
        origin = time if origin is None else origin
        if row.crop is None:
            continue
        last = tracks[-1][-1][1] if tracks else None
        if last is None or row.shot != last.shot or time - (last.time or 0.0) > max_gap + 1e-6:
            tracks.append([])
        tracks[-1].append((grid_point(time, origin, rate)[0], row))
    return [_track(track, origin or 0.0, rate) for track in tracks]


def _track(placed: list[tuple[int, FaceRow]], origin: float, rate: float) -> RowTrack:
    points = np.array([point for point, _ in placed])
    seen = np.zeros(int(points[-1] - points[0]) + 1, bool)
    seen[points - points[0]] = True
    return RowTrack([row for _, row in placed], seen, origin + np.arange(points[0], points[-1] + 1) / rate)
