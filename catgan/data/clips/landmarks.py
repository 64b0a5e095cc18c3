"""Reads clips of facial landmarks, each with one expression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track, find_tracks
from catgan.data.clips.windows import cut_windows, no_windows
from catgan.errors import DataError
from catgan.faces.landmark_sets import set_of
from catgan.faces.landmark_shapes import ShapeOptions, shapes

if TYPE_CHECKING:
    from catgan.data.store import DualDataset

MIN_SHARE = 0.2
"""Share of the labelled frames of a window that an expression other than neutral needs."""


@dataclass(frozen=True)
class LandmarkClips:
    """Holds `n` clips of `t` frames with `p` landmarks.

    Args:
        points: float32 `(n, t, p, 2)` in pixels; 0 where the face is not seen.
        seen: bool `(n, t)`.
        labels: int64 `(n,)`, place of the expression in `classes`; -1 = unknown.
        classes: names of expressions.
        subjects, videos: the person and the video of each clip.
        times: float64 `(n, t)`, seconds in the video.
        landmark_set: name of the set of landmarks, see `catgan.faces.landmark_sets`.
        rate: frames per second.
    """

    points: np.ndarray
    seen: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    subjects: tuple[str, ...]
    videos: tuple[str, ...]
    times: np.ndarray
    landmark_set: str
    rate: float

    def __len__(self) -> int:
        """Returns the number of clips."""
        return len(self.points)

    @property
    def frames(self) -> int:
        """Number of frames of each clip."""
        return self.points.shape[1]

    def select(self, indices: np.ndarray) -> LandmarkClips:
        """Returns some of the clips: numbers of them, or bool `(n,)`."""
        chosen = np.arange(len(self))[indices]
        return replace(self, points=self.points[chosen], seen=self.seen[chosen], labels=self.labels[chosen],
                       subjects=tuple(self.subjects[index] for index in chosen),
                       videos=tuple(self.videos[index] for index in chosen), times=self.times[chosen])

    def labelled(self) -> LandmarkClips:
        """Returns the clips whose expression is known."""
        return self.select(self.labels >= 0)


def read_landmark_clips(dataset: DualDataset, split: str, options: ClipOptions) -> LandmarkClips:
    """Reads the windows of a data set with frames of videos as clips of landmarks.

    A clip has the expression other than neutral that most of its labelled frames have, if `MIN_SHARE` of them have it.
    It is neutral if all of them are. Its expression is unknown otherwise.

    Args:
        dataset: the data set.
        split: `train`, `validation`, `test` or `all`.
        options: length, rate and stride of the windows.

    Raises:
        DataError: the split has no frames of videos, or no window of which enough is seen.
    """
    tracks = find_tracks(dataset, split, options)
    table = dataset.table(split, ["landmarks", "expression"])
    if not len(table):
        raise DataError(f"Split '{split}' of {dataset.folder} holds no faces.")
    found = table["landmarks"].combine_chunks()
    stored = found.flatten().to_numpy(zero_copy_only=False).reshape(len(found), -1, 2)
    classes = dataset.spec.expressions
    return clips_of_tracks(str(dataset.folder), tracks, stored, expression_codes(
        table["expression"].to_pylist(), classes), classes, options)


def clips_of_tracks(name: str, tracks: list[Track], stored: np.ndarray, codes: np.ndarray, classes: tuple[str, ...],
                    options: ClipOptions) -> LandmarkClips:
    """Cuts tracks of faces into clips; a frame of the grid without a row is not seen.

    Args:
        name: of the source, for errors.
        tracks: their rows are places in `stored`.
        stored: landmarks in pixels by row, `(rows, p, 2)`.
        codes: place of the expression in `classes` by row, int64 `(rows,)`; -1 = unknown.
        classes, options: see `LandmarkClips` and `ClipOptions`.

    Raises:
        DataError: no window of which enough is seen.
    """
    windows = cut_windows(tracks, options)
    if not len(windows.rows):
        rows = np.concatenate([track.rows for track in tracks]) if tracks else np.zeros(0)
        raise no_windows(name, float((rows >= 0).mean()) if len(rows) else 0.0, options)
    seen = windows.rows >= 0
    points = np.zeros((*seen.shape, *stored.shape[1:]), np.float32)
    points[seen] = stored[windows.rows[seen]]
    labels = clip_labels(codes[windows.rows], seen, classes)
    owners = [tracks[index] for index in windows.tracks.tolist()]
    return LandmarkClips(points, seen, labels, classes, tuple(track.subject for track in owners),
                         tuple(track.video for track in owners), _times(owners, windows.starts, options),
                         set_of(stored.shape[1]).name, options.rate)


def expression_codes(names: Sequence[str | None], classes: tuple[str, ...]) -> np.ndarray:
    """Returns the place of each name in `classes`, int64 `(n,)`; -1 for others and for None."""
    places = {name: place for place, name in enumerate(classes)}
    return np.array([-1 if name is None else places.get(name, -1) for name in names], np.int64)


def clip_labels(codes: np.ndarray, seen: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Computes the label of each clip from those of its frames, see `read_landmark_clips`.

    Args:
        codes: int64 `(n, t)`, place in `classes`, -1 = unknown.
        seen: bool `(n, t)`; other frames do not count.
        classes: names of expressions.
    """
    if not classes:
        return np.full(len(codes), -1, np.int64)
    counts = np.stack([((codes == place) & seen).sum(1) for place in range(len(classes))], 1)
    labelled, neutral = counts.sum(1), np.array([name == "neutral" for name in classes])
    shown = np.where(neutral, -1, counts)
    most = shown.argmax(1)
    enough = shown.max(1) >= np.maximum(MIN_SHARE * labelled, 1)
    all_neutral = (labelled > 0) & (counts[:, neutral].sum(1) == labelled)
    return np.where(enough, most, np.where(all_neutral, neutral.argmax() if neutral.any() else -1, -1))


def _times(tracks: list[Track], starts: np.ndarray, options: ClipOptions) -> np.ndarray:
    begins = np.array([track.times[start] for track, start in zip(tracks, starts.tolist())])
    return begins[:, None] + np.arange(options.frames) / options.rate


def described(clips: LandmarkClips) -> str:
    """Describes clips in one line, for messages: how many, of how many people, and how many of each expression."""
    known = [f"{name} {int((clips.labels == place).sum())}" for place, name in enumerate(clips.classes)]
    return f"{len(clips)} clips of {len(set(clips.subjects))} people: {', '.join(known)}"


def check_classes(clips: LandmarkClips) -> None:
    """Raises `DataError` unless clips of two expressions or more are known."""
    known = [name for place, name in enumerate(clips.classes) if (clips.labels == place).any()]
    if len(known) < 2:
        raise DataError("Networks on landmarks need clips of at least two expressions. "
                        f"Received: {', '.join(known) or 'no clip whose expression is known'}.")


class ShapedClips(NamedTuple):
    """Holds the inputs and targets of networks on landmarks.

    Attributes:
        shapes: float32 `(n, t, p, c)`, see `catgan.faces.landmark_shapes`.
        seen: bool `(n, t)`.
        labels: int64 `(n,)`, place in the classes; -1 = unknown.
    """

    shapes: np.ndarray
    seen: np.ndarray
    labels: np.ndarray


def shaped(clips: LandmarkClips, options: ShapeOptions) -> ShapedClips:
    """Computes the inputs of networks from clips.

    Raises:
        DataError: landmarks that do not fit their set.
    """
    result = np.zeros((*clips.points.shape[:3], options.channels), np.float32)
    for place in range(len(clips)):
        result[place] = shapes(clips.points[place], clips.seen[place], options, clips.landmark_set)
    return ShapedClips(result, clips.seen, clips.labels)
