"""Reads clips of landmarks to explain, from videos and from data sets, as long as a network reads them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from catgan.data.clips.options import ClipOptions
from catgan.data.store import DualDataset
from catgan.errors import CatganError, DataError, Failure, ModelError, TargetError
from catgan.explain.clips.sources import clip_of_track, track_of
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.faces.landmark_sets import landmark_set, set_of
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.shots import number_shots
from catgan.faces.videos import Video
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.models.landmarks.streaming import MAX_GAP
from catgan.pipelines.landmark_rows import FOUND, check_landmarks, frames_needed
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.row_tracks import row_tracks
from catgan.pipelines.videos import on_grid, watch

SIDE = 128
"""Side of the faces of a video in pictures, in pixels."""


def landmark_clip_of_video(model: LandmarkRecogniser, path: str | os.PathLike, face: int = 0,
                           start: float | None = None) -> LandmarkClip:
    """Reads one clip of a face of a video. Points of the time grid without a frame are not seen.

    Args:
        model: its rate, number of frames and landmarks are used.
        path: the video.
        face: number of the face by size; the largest is 0.
        start: seconds at which the clip begins; None: see `one_window`.

    Raises:
        CatganError: the file is no video, or does not show that face.
        ModelError: the model reads other landmarks than those that are found in videos.
        DataError, TargetError: see `one_window`.
    """
    check_landmarks(model)
    failures: list[Failure] = []
    with FaceLandmarker() as landmarker:
        rows = watch(Video(Path(path)), landmarker, SIDE, face,
                     lambda frames: number_shots(on_grid(frames, model.rate)), failures)
        tracks = landmark_tracks(rows, model.rate, Path(path).name)
    if not tracks:
        raise CatganError(f"{path}: {failures[0].reason if failures else 'no frame shows a face'}.")
    return one_window(model, tracks, start)


def landmark_tracks(rows: Iterable[FaceRow], rate: float, name: str = "") -> list[LandmarkClip]:
    """Makes a clip of each track of one face of a video; arguments as `catgan.pipelines.row_tracks.row_tracks`."""
    return [LandmarkClip(track.filled(lambda row: row.landmarks), track.seen, track.times, landmark_set(FOUND),
                         track.filled(lambda row: row.crop), name) for track in row_tracks(rows, rate, MAX_GAP)]


def landmark_clip_of_dataset(model: LandmarkRecogniser, dataset: DualDataset, video: str, split: str = "test",
                             start: float | None = None) -> LandmarkClip:
    """Reads one clip of a video of a data set; `start` and errors as `landmark_clip_of_video`."""
    options = ClipOptions(length=model.frames / model.rate, rate=model.rate, max_gap=MAX_GAP, min_seen=0.0)
    clips = dataset.clips(split, options)
    track = track_of(clips, video)
    table = dataset.table(split, ["landmarks"])
    stored = table["landmarks"].combine_chunks()
    count = len(stored.flatten()) // max(2 * len(stored), 1)
    if count != landmark_set(model.landmark_set).count:
        raise ModelError(f"This network reads the {landmark_set(model.landmark_set).count} landmarks of "
                         f"'{model.landmark_set}'. {dataset.folder} has {count} landmarks.")
    rows = track.rows[track.rows >= 0]
    known = stored.take(rows).flatten().to_numpy(zero_copy_only=False).reshape(len(rows), count, 2)
    pictures = clip_of_track(clips, track)
    points = np.zeros((len(pictures), count, 2))
    points[pictures.seen] = known
    images = pictures.images if pictures.images.shape[-1] == 3 else np.repeat(pictures.images, 3, axis=-1)
    return one_window(model, [LandmarkClip(points, pictures.seen, pictures.times, set_of(count), images, video)], start)


def one_window(model: LandmarkRecogniser, clips: Sequence[LandmarkClip], start: float | None = None) -> LandmarkClip:
    """Cuts one window of a model out of the clips of a video. A short clip ends with frames that are not seen.

    Args:
        model: reads clips of landmarks.
        clips: of any length, one or more, in order.
        start: seconds at which the window begins; None: the window that shows an expression other than neutral most
            probably.

    Raises:
        TargetError: no frame lies after `start`.
        DataError: the face is seen in fewer frames of the window than `frames_needed` tells.
    """
    if start is not None:
        found = next((_window(model, clip, int(np.searchsorted(clip.times, start - 1e-9))) for clip in clips
                      if clip.times[-1] >= start - 1e-9), None)
        if found is None:
            raise TargetError(f"No frame of {clips[-1].name} lies after {start:g} s. It ends at "
                              f"{clips[-1].times[-1]:.2f} s.")
        windows = [found]
    else:
        windows = [_window(model, clip, first) for clip in clips for first in _starts(model, clip)]
    enough = [window for window in windows if window.seen.sum() >= frames_needed(model)]
    if not enough:
        most = max(windows, key=lambda window: int(window.seen.sum()))
        raise DataError(f"{most.name}: the face must be seen in {frames_needed(model)} of the {model.frames} frames of "
                        f"a clip, {model.rate:g} a second. Received: {int(most.seen.sum())} frames with the face.")
    return max(enough, key=lambda window: _shown(model, window)) if len(enough) > 1 else enough[0]


def _starts(model: LandmarkRecogniser, clip: LandmarkClip) -> list[int]:
    """Returns the first frames of windows that overlap by half, with the last one at the end of the clip."""
    last = max(len(clip) - model.frames, 0)
    return sorted({*range(0, last + 1, max(model.frames // 2, 1)), last})


def _shown(model: LandmarkRecogniser, window: LandmarkClip) -> float:
    """Returns how probably a window shows an expression other than neutral."""
    found = model.predict(window.points[None], window.seen[None])[0]
    return float(max(value for name, value in zip(model.classes, found) if name != "neutral"))


def _window(model: LandmarkRecogniser, clip: LandmarkClip, first: int) -> LandmarkClip:
    part, missing = slice(first, first + model.frames), max(first + model.frames - len(clip), 0)
    times = clip.times[first] + np.arange(model.frames) / model.rate

    def padded(values: np.ndarray) -> np.ndarray:
        return np.pad(values[part], ((0, missing), *[(0, 0)] * (values.ndim - 1)))

    seen = padded(clip.seen)
    if not seen.any():
        raise DataError(f"{clip.name}: the face is not seen from {times[0]:.2f} to {times[-1]:.2f} s.")
    return LandmarkClip(padded(clip.points), seen, times, clip.landmark_set,
                        None if clip.images is None else padded(clip.images), clip.name)
