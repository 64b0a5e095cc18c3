"""Predicts the expressions of faces before a camera, while they move."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from catgan.errors import CatganError, Failure
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.videos import Frame
from catgan.metrics.figures import Figures
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.pipelines.clips import grid_of
from catgan.pipelines.landmark_rows import CROP_SIZE, LandmarkRows, why_unanswered
from catgan.pipelines.predict import Outcome, PredictOptions, check_landmark_options
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.tables import table_writer
from catgan.pipelines.timelines import Timeline, save_timeline
from catgan.pipelines.videos import faces_in


class Source(Protocol):
    """Gives pictures; `catgan.faces.camera.Camera` is one.

    Attributes:
        name: for tables and messages.
    """

    name: str

    def frames(self, seconds: float | None = None) -> Iterator[Frame]:
        """Yields pictures as they come, for so many seconds, or without end."""


@dataclass(frozen=True)
class Moment:
    """What was seen and answered in one frame.

    Args:
        picture: uint8 `(height, width, 3)` RGB.
        time: seconds since the first frame.
        faces: of the frame, with their landmarks.
        answers: the rows of the table, one per face, or one without a face.
    """

    picture: np.ndarray
    time: float
    faces: Sequence[FaceRow]
    answers: Sequence[Figures]


def predict_live(model: LandmarkRecogniser, source: Source, on_moment: Callable[[Moment], bool],
                 options: PredictOptions = PredictOptions(), seconds: float | None = None) -> Outcome:
    """Predicts the expressions of faces before a camera. Memory does not grow, unless a plot is asked for.

    Every frame is answered as it comes, from the window that ends with it. Frames are those of `model.rate`.

    Args:
        model: the model.
        source: an open camera.
        on_moment: called with each frame; ends the reading where it returns False.
        options: face, table and plot, as for a video.
        seconds: ends after this time; None reads until `on_moment` or Ctrl-C ends it, which is no error.

    Returns:
        The outcome, as of a video.

    Raises:
        CatganError: `seconds` is not positive, an option that this model does not take, or a camera without a picture.
    """
    if seconds is not None and not seconds > 0:
        raise CatganError(f"The time to read a camera must be a positive number of seconds. Received: {seconds:g}.")
    check_landmark_options(model, options)
    reading, outcome = LandmarkRows(model), Outcome()
    timeline, answered = Timeline(reading.schema) if options.plot is not None else None, False
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(table_writer(options.out, reading.schema)) if options.out is not None else None
        landmarker = stack.enter_context(FaceLandmarker())
        frames = grid_of(model)(source.frames(seconds))
        try:
            for frame, faces in faces_in(frames, source.name, landmarker, CROP_SIZE, options.face):
                batches = _read(reading, source.name, frame, faces)
                outcome.rows += sum(batch.num_rows for batch in batches)
                outcome.faces += len(faces)
                for batch in batches:
                    answered |= batch["expression"].null_count < batch.num_rows
                    if write is not None:
                        write(batch)
                    if timeline is not None:
                        timeline.add(batch)
                assert frame.picture is not None  # a camera's frame
                rows = [row for batch in batches for row in batch.to_pylist()]
                if not on_moment(Moment(frame.picture, frame.time, faces, rows)):
                    break
        except KeyboardInterrupt:
            pass  # how people end it
    if not answered:
        reason = why_unanswered(model) if outcome.faces else f"no face found in any of {outcome.rows} frames"
        outcome.failures.append(Failure(source.name, reason))
    if timeline is not None and options.plot is not None and timeline.faces():
        save_timeline(options.plot, timeline, source.name, 1.0)
    return outcome


def _read(reading: LandmarkRows, name: str, frame: Frame, faces: Sequence[FaceRow]) -> list[pa.RecordBatch]:
    """Reads one frame; its rows are answered at once."""
    reading.add(faces or [FaceRow(name, frame.number, frame.time, shot=frame.shot)])
    return list(reading.batches())
