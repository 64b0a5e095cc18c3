"""Finds cuts in videos: frames at which another shot, place or person begins, from the stored pictures.

The aligned crop of the face is all that is stored of a frame. Crops of one shot change little from frame to frame. At
a cut the face, its surroundings and the light change at once. `distances` measures the change; `are_cuts` compares it
with a limit and with the changes around it, as the adaptive detector of PySceneDetect does.

Measured on people that the limits were not chosen with. `catgan render --clips 120 --frames 75 --rate 25 --seed 77`
(with hands before the face, motion blur and missing frames): 0 false alarms in 8,690 frames at 25 per second, 4,398 at
12.5, 1,753 at 5 and 805 at 2. Random pairs of these clips, joined: 0 cuts missed of 991 at 25 per second, 990 at 12.5
and 984 at 5. Another person in the same place and light: 0 missed of 60. The limits were chosen with 100 other rendered
clips, 385 photographs of 249 people, and three real videos (545 frames, 2 people, a hand before the face, no cut). The
videos have 0 false alarms at 25 down to 2 frames per second; false alarms on real videos of other people are not known.
A cut between two pictures of one person in one place is mostly not found, nor is a slow dissolve.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from catgan import files
from catgan.data.clips.moments import shard_moments
from catgan.data.schema import SPLITS
from catgan.data.shards import scan
from catgan.data.store import DualDataset, picture
from catgan.system import progress_bar

SIDE = 8
"""Blocks along a side of a picture."""
LIMITS = (8.0, 12.0)
"""Least distances of a cut in grey levels, at `SECONDS` between two frames; in between they are interpolated."""
SECONDS = (0.1, 0.5)
LEAST_RATIO = 3.0
"""A cut is at least this many times as large as the median of the distances around it."""
AROUND = 4
"""Neighbours on each side that a distance is compared with."""
FLOOR = 0.5
"""Added to that median, in grey levels, because frames of a still may be equal."""
ROWS_READ = 256
"""Rows that are read or compared at once."""


def find_cuts(dataset: DualDataset, split: str, source_rate: float | None = None) -> np.ndarray:
    """Finds the rows of a split at which another shot begins.

    The first call reads all pictures, shard by shard, and keeps the result in the cache of the data set.

    Args:
        dataset: a data set with frames of videos.
        split: `train`, `validation`, `test` or `all`.
        source_rate: frames per second of videos whose frames have no time.

    Returns:
        bool `(rows,)`: whether there is a cut between a row and the row before it of the same face of the same video.
    """
    names = [name for name in (SPLITS if split == "all" else (split,)) if dataset.count(name)]
    parts = [_cuts_of_split(dataset, name, source_rate) for name in names]
    return np.concatenate(parts) if parts else np.zeros(0, bool)


def _cuts_of_split(dataset: DualDataset, split: str, source_rate: float | None) -> np.ndarray:
    rate = "" if source_rate is None else f"-{source_rate:g}"
    path = dataset.cache_path(f"{split}-cuts{rate}.npy")
    if not path.is_file():
        shards = progress_bar(dataset.shards(split), "cuts", unit="shard")
        found = np.concatenate([_cuts_of_shard(dataset, shard, source_rate) for shard in shards])
        with files.atomic_path(path) as temporary:
            np.save(temporary, found)
    return np.load(path, allow_pickle=False)


def _cuts_of_shard(dataset: DualDataset, shard: Path, source_rate: float | None) -> np.ndarray:
    moments = shard_moments(dataset, shard, source_rate)
    found = summaries(picture(png.as_py()) for batch in scan([shard], ["image"], ROWS_READ)
                      for png in batch.column("image").field("bytes"))
    cuts = np.zeros(len(found), bool)
    cuts[moments.rows] = are_cuts(found[moments.rows], moments.faces, moments.times)
    return cuts


def summaries(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """Returns the mean colours of the blocks of each picture, uint8 `(n, 64, 3)`.

    Args:
        pictures: uint8 `(side, side, 3)`, one at a time.
    """
    small = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in pictures]
    return np.array(small, np.uint8).reshape(-1, SIDE * SIDE, 3)


def are_cuts(found: np.ndarray, faces: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Decides at which frames another shot begins.

    A frame that differs from both frames before it, and whose predecessor differs from it and from the frame after it,
    is the first of another shot if the smallest of these distances exceeds the limit of their time difference, and the
    distance to the frame before is large among those around it. So a single spoiled frame is no cut.

    Args:
        found: uint8 `(n, 64, 3)`, `summaries` of frames sorted by face and time.
        faces: int64 `(n,)`, number of the face of a video that each frame shows.
        times: float64 `(n,)`, seconds.

    Returns:
        bool `(n,)`, False at the first frame of each face.
    """
    one, two = distances(found, faces, 1), distances(found, faces, 2)
    lasting = np.fmin(one, np.fmin(two, np.append(two[1:], np.nan)[:len(two)]))
    limits = np.interp(np.diff(times, prepend=times[:1]), SECONDS, LIMITS)
    cuts = ~np.isnan(one) & (lasting >= limits)
    places = np.flatnonzero(cuts)
    near = places[:, None] + np.delete(np.arange(-AROUND, AROUND + 1), AROUND)
    inside = (near >= 0) & (near < len(one))
    near = np.where(inside, near, 0)
    around = np.where(inside & (faces[near] == faces[places, None]), one[near], np.nan)
    around[np.isnan(around).all(1)] = 0
    cuts[places] = one[places] >= LEAST_RATIO * (np.nanmedian(around, 1) + FLOOR) if len(places) else False
    return cuts


def distances(found: np.ndarray, faces: np.ndarray, apart: int) -> np.ndarray:
    """Measures how much each frame differs from the frame `apart` rows before it.

    The distance is the median over the blocks of a picture of the mean absolute difference of their colours. A hand
    before the face, which covers less than half of the blocks, hardly changes it, and neither does blur.

    Returns:
        float32 `(n,)` in grey levels; NaN where that frame shows another face, or there is none.
    """
    values = np.full(len(found), np.nan, np.float32)
    same = np.flatnonzero(faces[apart:] == faces[:-apart]) + apart
    for rows in np.array_split(same, max(1, -(-len(same) // ROWS_READ))):
        change = np.abs(found[rows].astype(np.int16) - found[rows - apart]).mean(2, dtype=np.float32)
        values[rows] = np.median(change, axis=1)
    return values
