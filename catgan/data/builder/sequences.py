"""Keeps the frames of a video together: orders the faces of a data set by video and frame, and sizes its shards."""

from __future__ import annotations

import numpy as np

from catgan.data import shards
from catgan.data.builder.merge import Faces


def first_with_video(faces: Faces, clips: np.ndarray) -> np.ndarray:
    """Returns for each face its first row that is a frame of a video, int64 `(faces,)`, -1 for none.

    Args:
        faces: faces with their rows.
        clips: int `(rows,)`, number of each row's video, -1 for none.
    """
    found = np.full(len(faces), -1, np.int64)
    rows = faces.members[clips[faces.members] >= 0]
    owners, first = np.unique(faces.of_row[rows], return_index=True)  # members are sorted by face
    found[owners] = rows[first]
    return found


def ordered(faces: Faces, clips: np.ndarray, frames: np.ndarray) -> Faces:
    """Renumbers faces so that those of one video follow each other, in the order of frames.

    A video stands where its first face stood; faces without a video keep their places.

    Args:
        faces: faces with their rows.
        clips, frames: int `(rows,)`, number of video and frame, -1 for none.
    """
    own = np.arange(len(faces))
    row = first_with_video(faces, clips)
    clip = np.where(row >= 0, clips[row], -1)
    _, first, which = np.unique(clip, return_index=True, return_inverse=True)
    place = np.where(clip >= 0, first[which], own)
    order = np.lexsort((own, np.where(clip >= 0, frames[row], 0), place))
    number = np.empty(len(faces), np.int64)
    number[order] = own
    of_row = np.where(faces.of_row >= 0, number[faces.of_row], -1)
    rows = np.flatnonzero(of_row >= 0)
    members = rows[np.argsort(of_row[rows], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(of_row[rows], minlength=len(faces)))])
    return Faces(faces.kept[order], members, starts.astype(np.int64), of_row)


def shard_sizes(videos: np.ndarray) -> list[int]:
    """Divides the rows of a split into shards of about `SHARD_ROWS` rows, of which none ends within a video.

    A shard is longer than `SHARD_ROWS` only if it holds a single video that is.

    Args:
        videos: int `(n,)`, number of each row's video, -1 for none; rows of one video follow each other.

    Returns:
        Number of rows of each shard; one shard without rows if there are none.
    """
    edges = np.flatnonzero((np.diff(videos) != 0) | (videos[1:] < 0)) + 1
    sizes = [0]
    for length in np.diff(np.concatenate([[0], edges, [len(videos)]])).tolist():
        if sizes[-1] and sizes[-1] + length > shards.SHARD_ROWS:
            sizes.append(0)
        sizes[-1] += length
    return sizes
