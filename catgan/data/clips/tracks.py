"""Finds tracks: runs of frames of one face of one video, on a common time grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from catgan.data.clips.cuts import find_cuts
from catgan.data.clips.moments import Moments, read_moments
from catgan.data.clips.options import ClipOptions
from catgan.data.store import DualDataset
from catgan.system import logger


class Track(NamedTuple):
    """One face of one video, without a cut or a long gap.

    Attributes:
        video: name of the video.
        subject: name of the person; the name of the video where the person is unknown.
        rows: int64 `(t,)`, row of the split at each time; -1 = the face is not seen.
        times: float64 `(t,)`, seconds in the video, evenly spaced by 1 / rate.
    """

    video: str
    subject: str
    rows: np.ndarray
    times: np.ndarray


def find_tracks(dataset: DualDataset, split: str, options: ClipOptions) -> list[Track]:
    """Finds the tracks of a split.

    Args:
        dataset: a data set with frames of videos.
        split: `train`, `validation`, `test` or `all`.
        options: frame rate, longest gap and frame rate of the source.

    Returns:
        The tracks by video, person and time. A track never crosses a video, a change of the person, a cut, or a gap
        longer than `max_gap`. Every frame of a video is used at most once. Frames are left out where the videos have
        more frames than the grid; nothing is repeated or interpolated.

    Raises:
        DataError: the split has no frames of videos, or their times are unknown and `source_rate` is not given.
    """
    moments = read_moments(dataset, split, options.source_rate)
    warn_of(moments, options)
    cuts = find_cuts(dataset, split, options.source_rate)[moments.rows] if options.cuts else None
    return tracks_of(moments, options, cuts)


def tracks_of(moments: Moments, options: ClipOptions, cuts: np.ndarray | None = None) -> list[Track]:
    """Divides sorted rows into tracks.

    Args:
        moments: `n` rows.
        options: frame rate and longest gap.
        cuts: bool `(n,)`, whether another shot begins at each of the rows; None for no cuts.
    """
    rows, faces, times = moments.rows, moments.faces, moments.times
    if not len(rows):
        return []
    begins = np.ones(len(rows), bool)
    # 1e-6: frame times such as 0.3 are not exact in binary.
    begins[1:] = (np.diff(faces) != 0) | (np.diff(times) > options.max_gap + 1e-6)
    if cuts is not None:
        begins |= cuts
    starts = np.flatnonzero(begins)
    places, kept = on_grid(times, np.cumsum(begins) - 1, times[starts], options.rate)
    edges = [*np.searchsorted(kept, starts).tolist(), len(kept)]
    return [_track(moments, starts[number], kept[low:high], places[low:high], options.rate)
            for number, (low, high) in enumerate(zip(edges[:-1], edges[1:]))]


def on_grid(times: np.ndarray, tracks: np.ndarray, origins: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Assigns frames to the points of a time grid, each frame to at most one point and each point to at most one frame.

    Args:
        times: float64 `(n,)`, seconds, rising within each track.
        tracks: int64 `(n,)`, number of the track of each frame, rising.
        origins: float64, time of the first grid point by number of the track.
        rate: grid points per second.

    Returns:
        places: int64 `(m,)`, number of the grid point of each frame that is used. It is the nearest point, at most
            half a step away; of several frames with the same nearest point, the nearest frame is used.
        kept: int64 `(m,)`, rising, indices of these frames in `times`.
    """
    # Frames halfway between two points go to the earlier one, also where their times are not exact in binary.
    exact = np.round((times - origins[tracks]) * rate, 6)
    places = np.ceil(exact - 0.5).astype(np.int64)
    order = np.lexsort((np.abs(exact - places), places, tracks))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(places[order]) != 0) | (np.diff(tracks[order]) != 0)
    kept = np.sort(order[first])
    return places[kept], kept


def _track(moments: Moments, start: int, kept: np.ndarray, places: np.ndarray, rate: float) -> Track:
    face = int(moments.faces[start])
    rows = np.full(int(places[-1]) + 1, -1, np.int64)
    rows[places] = moments.rows[kept]
    times = moments.times[start] + np.arange(len(rows)) / rate
    return Track(moments.videos[face], moments.subjects[face], rows, times)


def warn_of(moments: Moments, options: ClipOptions) -> None:
    """Logs what hardly gives usable tracks: frames far apart, and several faces at once that are not told apart."""
    same = np.flatnonzero(np.diff(moments.faces) == 0)
    steps = np.diff(moments.times)[same]
    if len(steps) and np.median(steps) > options.max_gap:
        logger.warning("Frames of videos are %.3g s apart (median), which is more than 'max_gap' (%.3g s): every frame "
                       "becomes a track of its own.", float(np.median(steps)), options.max_gap)
    if len(steps) and steps.min() <= 0:
        doubled = same[steps <= 0]
        logger.warning("%d rows have the video, subject and time of another row, first in video %s; one row of each "
                       "time is used. Where a video shows several people, each needs a 'subject'.",
                       len(doubled), moments.videos[int(moments.faces[doubled[0]])])
