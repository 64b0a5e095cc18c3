"""Reads which rows of a data set show which face of which video, and when."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from catgan.data.arrow_labels import numbers
from catgan.data.shards import read_columns
from catgan.data.store import DualDataset
from catgan.errors import DataError
from catgan.system import logger


class Moments(NamedTuple):
    """Rows that are frames of videos, sorted by video, subject and time. Rows of one face of a video are neighbours.

    Attributes:
        rows: int64 `(n,)`, row of the split.
        faces: int64 `(n,)`, number of the pair of video and subject; rises along the rows.
        times: float64 `(n,)`, seconds in the video.
        videos, subjects: names of video and subject by number of the face. Where the subject is unknown, it is named
            after the video.
    """

    rows: np.ndarray
    faces: np.ndarray
    times: np.ndarray
    videos: list[str]
    subjects: list[str]


def read_moments(dataset: DualDataset, split: str, source_rate: float | None = None) -> Moments:
    """Reads the videos, subjects and times of a split, without pictures.

    Args:
        dataset: the data set.
        split: `train`, `validation`, `test` or `all`.
        source_rate: frames per second of videos whose frames have no time.

    Raises:
        DataError: the split has no frames of videos, or neither their times nor `source_rate` are known.
    """
    name = f"Split '{split}' of {dataset.folder}"
    table = dataset.table(split, moment_columns(dataset))
    moments = moments_of(table, name, source_rate)
    if table.num_rows and not len(moments.rows):
        raise no_videos(name)
    return moments


def no_videos(name: str) -> DataError:
    """Makes an error for a split without frames of videos."""
    return DataError(f"{name} has no frames of videos, so it has no clips: the column 'video' is empty. "
                     "Give a data set built from videos, or rendered with --clips.")


def shard_moments(dataset: DualDataset, shard: Path, source_rate: float | None = None) -> Moments:
    """Reads the videos, subjects and times of one shard; rows are counted from 0 in the shard."""
    return moments_of(read_columns(shard, moment_columns(dataset)), str(shard), source_rate)


def moment_columns(dataset: DualDataset) -> list[str]:
    """Names the columns that tell which face of which video a row shows, and when."""
    return ["video", "subject", "frame", *(["time"] if "time" in dataset.info["columns"] else [])]


def moments_of(table: pa.Table, name: str, source_rate: float | None = None) -> Moments:
    """Sorts the rows of a table with the columns `video`, `subject`, `frame` and, if there is one, `time`.

    Args:
        table: `n` rows.
        name: of the table, for errors.
        source_rate: see `read_moments`.
    """
    videos, video_names = _codes(table["video"])
    subjects, subject_names = _codes(table["subject"])
    rows = np.flatnonzero(videos >= 0)
    times = _times(table, rows, name, source_rate)
    order = np.lexsort((times, subjects[rows], videos[rows]))
    rows, times = rows[order], times[order]
    pairs = np.stack([videos[rows], subjects[rows]], 1)
    begins = np.ones(len(rows), bool)
    begins[1:] = (pairs[1:] != pairs[:-1]).any(1)
    named = [(video_names[video], subject_names[subject] if subject >= 0 else video_names[video])
             for video, subject in pairs[begins].tolist()]
    return Moments(rows, np.cumsum(begins) - 1, times, [video for video, _ in named], [who for _, who in named])


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Returns the number of each name, int64 `(n,)`, -1 for unknown or empty; and the names by number."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):  # of an empty table
        encoded = encoded.combine_chunks()
    names = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if "" in names:
        codes[codes == names.index("")] = -1
    return codes, names


def _times(table: pa.Table, rows: np.ndarray, name: str, source_rate: float | None) -> np.ndarray:
    """Returns the time of each of `rows` in seconds: as stored, else frame / `source_rate`."""
    times = numbers(table["time"])[rows] if "time" in table.schema.names else np.full(len(rows), np.nan)
    missing = ~np.isfinite(times)
    if not missing.any():
        return times
    frames = numbers(table["frame"])[rows]
    if not np.isfinite(frames[missing]).all():
        raise DataError(f"{name} has {int((missing & ~np.isfinite(frames)).sum())} rows with a video, but neither the "
                        "time nor the number of the frame: build it again from a source that numbers its frames.")
    if source_rate is None:
        raise DataError(f"{name} has {int(missing.sum())} frames of videos without a time. Give the frame rate of the "
                        "videos as 'source_rate' (frames per second).")
    if not missing.all():
        logger.info("%s: %d of %d frames have no time; it is computed as frame / %g.", name, int(missing.sum()),
                    len(rows), source_rate)
    return np.where(missing, frames / source_rate, times)
