"""Predicts the labels of faces in videos with a model of clips, which reads the frames of each face in their order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from catgan.errors import Failure
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.shots import number_shots
from catgan.faces.videos import Video
from catgan.metrics.figures import Figures
from catgan.models.sequence.model import ClipRecogniser
from catgan.models.sequence.streaming import delay_of
from catgan.pipelines.clip_rows import ClipRows
from catgan.pipelines.predictions import BATCH_SIZE, Choice, FaceRow, Predictions, check_choice
from catgan.pipelines.track_rows import TrackRows
from catgan.pipelines.videos import Select, on_grid, watch


def predict_clip(model: ClipRecogniser, path: str | os.PathLike, face: Choice = 0,
                 interval: float | None = None) -> Predictions:
    """Predicts the labels of faces in a video.

    Args:
        model: a model of clips. It reads `model.rate` frames a second.
        path: the video.
        face, interval: as in `catgan.pipelines.videos.predict_video`.

    Returns:
        A table with a row for every face of every frame that was read, see `ClipRows`. A frame without the face has a
        row of nulls. The failures are those of `predict_video`.

    Raises:
        CatganError: the file is no video, or `face` or `interval` is out of range.
    """
    check_choice(face)
    reading, failures = ClipRows(model, interval), list[Failure]()
    with FaceLandmarker() as landmarker:
        rows = watch(Video(Path(path)), landmarker, model.network.image_size, face, grid_of(model), failures)
        batches = list(predict_clip_rows(reading, rows))
    return Predictions(pa.Table.from_batches(batches, reading.schema), failures, {})


def predict_clip_rows(reading: TrackRows, rows: Iterable[FaceRow],
                      at_once: int = BATCH_SIZE) -> Iterator[pa.RecordBatch]:
    """Predicts the labels of faces in videos, in batches.

    Memory does not grow with the length of a video: features of two windows are kept for each face.

    Args:
        reading: a new reading.
        rows: the faces of videos whose frames were selected by `grid_of`; consumed lazily.
        at_once: number of rows that are read at once. With 1, and `hop=1` in `reading`, a causal model answers every
            row when it arrives.

    Yields:
        Up to `BATCH_SIZE` rows with the columns of `reading.schema`, in the order of `rows`.
    """
    waiting = iter(rows)
    while part := list(islice(waiting, at_once)):
        reading.add(part)
        yield from reading.batches()
    reading.close()
    yield from reading.batches()


class HasRate(Protocol):
    """A model that reads `rate` frames a second."""

    rate: float


def grid_of(model: HasRate) -> Select:
    """Returns the function that selects the frames that a model reads, and numbers their shots."""
    return lambda frames: number_shots(on_grid(frames, model.rate))


def describe_reading(model: ClipRecogniser) -> Figures:
    """Describes how a model of clips reads videos.

    Returns:
        `kind` of the temporal network; `rate`, frames per second; `window`, seconds; `causal`; `delay_frames` and
        `delay_seconds`: how much of the video after a frame must be read before the frame is answered.
    """
    delay = delay_of(model)
    return {"kind": model.sequence.kind, "rate": model.rate, "window": round(model.frames / model.rate, 3),
            "causal": model.causal, "delay_frames": delay, "delay_seconds": round(delay / model.rate, 3)}
