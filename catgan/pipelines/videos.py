"""Predicts the labels of faces in videos. A face keeps its number from frame to frame."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from catgan.errors import CatganError, Failure, printable
from catgan.faces.alignment import align
from catgan.faces.detected import DetectedFace
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.tracks import Selection, Tracker
from catgan.faces.videos import Frame, Video
from catgan.models.gan.faces import FaceGAN
from catgan.pipelines.predictions import Choice, FaceRow, Predictions, check_choice, predict_rows, table_schema
from catgan.system import progress_bar

SEARCH_SECONDS = 1.0
"""Seconds between two full searches while no face is present.

A full search also finds small faces and faces that are not upright. It takes ten times as long as the search for large
upright faces, which runs on every frame.
"""
Select = Callable[[Iterable[Frame]], Iterator[Frame]]
"""Selects the frames of a video that are read."""


def predict_video(gan: FaceGAN, path: str | os.PathLike, face: Choice = 0, interval: float | None = None,
                  rate: float | None = None) -> Predictions:
    """Predicts the labels of faces in the frames of a video.

    Args:
        gan: the model.
        path: the video.
        face: `"all"`, or the number by size of the face to follow; the largest is 0. See
            `catgan.faces.tracks.Selection`.
        interval: as in `CatGAN.predict`.
        rate: frames per second to read. None reads every frame.

    Returns:
        A table with a row for every face of every frame that was read. A frame without the face has a row of nulls.
        `face` is the number of `catgan.faces.tracks.Tracker`. A video that is cut off, or that does not show the face,
        is also listed in the failures.

    Raises:
        CatganError: the file is no video, or `face`, `interval` or `rate` is out of range.
    """
    check_choice(face)
    check_rate(rate)
    video, failures = Video(Path(path)), list[Failure]()
    with FaceLandmarker() as landmarker:
        rows = watch(video, landmarker, gan.network.image_size, face, partial(sampled, rate=rate), failures)
        batches = list(predict_rows(gan, rows, interval))
    return Predictions(pa.Table.from_batches(batches, table_schema(gan, interval)), failures, {})


def check_rate(rate: float | None) -> None:
    """Raises `CatganError` if `rate` is neither None nor a positive number of frames per second."""
    if rate is not None and not 0.0 < rate < math.inf:
        raise CatganError(f"The rate must be a positive number of frames a second. Received: {rate:g}.")


def watch(video: Video, landmarker: FaceLandmarker, size: int, face: Choice, select: Select,
          failures: list[Failure]) -> Iterator[FaceRow]:
    """Yields the rows of a video, with one frame in memory at a time.

    Args:
        video: an open video.
        landmarker: an open landmarker.
        size: side of the aligned faces in pixels.
        face: as in `predict_video`.
        select: selects the frames to read, such as `sampled` and `on_grid`.
        failures: a failure is appended if no frame shows the face, or if frames are lost.
    """
    name, frames, seen = printable(video.path), 0, 0
    for frame, rows in faces_in(select(_progress(video)), name, landmarker, size, face):
        frames, seen = frames + 1, seen + len(rows)
        yield from rows or [FaceRow(name, frame.number, frame.time, shot=frame.shot)]
    if not seen:
        which = "no face" if face in ("all", 0) else f"no face {face}, numbered from 0, the largest first,"
        failures.append(Failure(name, f"{which} found in any of {frames} frames"))
    if video.missing:
        failures.append(Failure(name, video.missing))


def faces_in(frames: Iterable[Frame], name: str, landmarker: FaceLandmarker, size: int,
             face: Choice) -> Iterator[tuple[Frame, list[FaceRow]]]:
    """Finds and numbers the faces of frames, with one frame in memory at a time.

    Args:
        frames: of one video or camera, in order; consumed lazily.
        name: of it.
        landmarker, size, face: as in `watch`.

    Yields:
        Each frame with a row for every chosen face; none where the face is not seen.
    """
    tracker, searched = Tracker(), -math.inf
    selection = None if face == "all" else Selection(face)
    for frame in frames:
        found: list[DetectedFace] = []
        if frame.picture is not None:
            if tracker.is_present() or frame.time - searched >= SEARCH_SECONDS:
                found, searched = landmarker.detect(frame.picture), frame.time
            else:
                found = landmarker.detect_large(frame.picture)
        numbered = tracker.update(found, frame.time)
        chosen = list(numbered) if selection is None else selection.update(numbered, tracker)
        yield frame, [_row(name, frame, number, numbered[number], size) for number in chosen]


def _row(name: str, frame: Frame, number: int, face: DetectedFace, size: int) -> FaceRow:
    assert frame.picture is not None  # a face was found in it
    aligned = align(frame.picture, face.landmarks, size)
    return FaceRow(name, frame.number, frame.time, number, face, aligned.image, frame.shot, aligned.landmarks)


def sampled(frames: Iterable[Frame], rate: float | None) -> Iterator[Frame]:
    """Yields frames about `1 / rate` seconds apart, or all frames if `rate` is None."""
    due = -math.inf
    for frame in frames:
        if rate is None:
            yield frame
        elif frame.time >= due:
            yield frame
            due = (math.floor(frame.time * rate + 1e-6) + 1 - 1e-6) / rate


def on_grid(frames: Iterable[Frame], rate: float) -> Iterator[Frame]:
    """Yields the frames nearest to the points of an even time grid that begins with the first frame.

    A point without a frame within half a step is left out, and no frame is used twice. A frame is passed on as soon as
    no later one can be nearer.

    Args:
        frames: of a video, in order.
        rate: points per second.
    """
    origin, done = None, -1
    nearest: tuple[int, float, Frame] | None = None  # its point, its distance in steps, and the frame
    for frame in frames:
        origin = frame.time if origin is None else origin
        point, offset = grid_point(frame.time, origin, rate)
        if nearest is not None and point > nearest[0]:
            yield nearest[2]
            done, nearest = nearest[0], None
        if point > done and (nearest is None or abs(offset) < nearest[1]):
            nearest = (point, abs(offset), frame)
        if nearest is not None and offset >= 0.0:
            yield nearest[2]
            done, nearest = nearest[0], None
    if nearest is not None:
        yield nearest[2]


def grid_point(time: float, origin: float, rate: float) -> tuple[int, float]:
    """Returns the number of the nearest point of a time grid, and the distance from it in steps, -0.5..0.5."""
    # As `catgan.data.clips` does: frames halfway go to the earlier point, also where times are not exact in binary.
    place = round((time - origin) * rate, 6)
    point = math.ceil(place - 0.5)
    return point, place - point


def _progress(video: Video) -> Iterator[Frame]:
    """Yields the frames, with a progress bar."""
    yield from progress_bar(video.frames(), video.path.name, total=video.count, unit="frame")
