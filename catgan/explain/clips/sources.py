"""Clips of data sets as explanations take them, with the truth of rendered ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.data.clip_scenes import clip_of, config_of
from catgan.data.clips.dataset import Clips
from catgan.data.clips.tracks import Track
from catgan.data.store import DualDataset
from catgan.errors import DataError
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.drawers import SceneClipDrawer
from catgan.synthesis.face_model import ACTION_UNITS


def clip_of_track(clips: Clips, track: Track, first: int = 0, frames: int | None = None) -> Clip:
    """Makes the clip of a track, or of one window of it.

    Args:
        clips: of the split, whose rows the track has.
        track: one of its tracks.
        first: number of the track's frame that the clip begins with.
        frames: length of the clip; to the end of the track when None.
    """
    part = slice(first, None if frames is None else first + frames)
    rows = track.rows[part]
    images = np.zeros((len(rows), *clips.images.shape[1:]), np.uint8)
    images[rows >= 0] = clips.images[rows[rows >= 0]]
    return Clip(images, rows >= 0, track.times[part], track.video, track.subject)


def track_of(clips: Clips, video: str) -> Track:
    """Returns the longest track of a video.

    Raises:
        DataError: the split has no such video.
    """
    found = [track for track in clips.tracks if track.video == video]
    if not found:
        raise DataError(f"The split '{clips.split}' of {clips.dataset.folder} has no clip of a video '{video}'. It has "
                        f"{len(clips.tracks)} clips, the first of {clips.tracks[0].video if clips.tracks else 'none'}.")
    return max(found, key=lambda track: len(track.rows))


def exact_drawer(dataset: DualDataset, clip: Clip, units: Sequence[int] = ACTION_UNITS) -> SceneClipDrawer:
    """Makes the drawer that renders a clip of a data set of rendered clips again.

    Args:
        dataset: written by `catgan render --clips`.
        clip: one of its clips; its times tell which frames it has.
        units: FACS numbers that may change.

    Raises:
        DataError: clips that were not rendered, or not by this version.
    """
    truth = clip_of(dataset, clip.name)
    return SceneClipDrawer(truth, frame_numbers(truth.times, clip), clip, config_of(dataset).channels, units)


def frame_numbers(times: np.ndarray, clip: Clip) -> np.ndarray:
    """Returns which frame of a video each seen frame of a clip is, int64 `(t,)`; -1 where the face was not seen.

    Args:
        times: of all frames of the video in seconds.
        clip: from that video.
    """
    nearest = np.abs(times[None] - clip.times[:, None]).argmin(1)
    return np.where(clip.seen, nearest, -1)
