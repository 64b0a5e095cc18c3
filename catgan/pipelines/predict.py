"""Predicts the labels of faces in photographs, videos and folders (`catgan predict`).

Results are passed on in batches, and optionally written as a table and a plot. A model of single faces reads each
photograph and each frame alone; models of clips and networks on landmarks read videos only.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from catgan.errors import CatganError, DataError, Failure
from catgan.faces.collection import collect
from catgan.faces.containers import is_video
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.videos import Video
from catgan.models.gan.faces import FaceGAN
from catgan.pipelines.photographs import align_all
from catgan.pipelines.predictions import Choice, FaceRow, check_choice, predict_rows, table_schema
from catgan.pipelines.tables import check_table_path, table_writer
from catgan.pipelines.videos import Select, check_rate, sampled, watch
from catgan.system import progress_bar

if TYPE_CHECKING:
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.models.sequence.model import ClipRecogniser


@dataclass(frozen=True)
class PredictOptions:
    """Holds the options of `predict_files`.

    Args:
        face: number of the face in each photograph or video by size (the largest is 0), or `"all"`.
        interval: as in `CatGAN.predict`.
        rate: frames per second to read of a video. None reads all frames; models of clips and of landmarks read at
            their own rate.
        out: path of a table to write, `.csv` or `.parquet`. A table without rows is not written.
        plot: path of a plot to write, `.png`: the predictions of one video over time.

    Raises:
        CatganError: an invalid value, or a file that cannot be written.
    """

    face: Choice = 0
    interval: float | None = None
    rate: float | None = None
    out: str | os.PathLike | None = None
    plot: str | os.PathLike | None = None

    def __post_init__(self) -> None:
        check_choice(self.face)
        check_rate(self.rate)
        if self.out is not None:
            check_table_path(self.out)
        if self.plot is not None:
            from catgan.pipelines.timelines import check_plot_path

            check_plot_path(self.plot)


@dataclass
class Outcome:
    """Summarises the predictions of many inputs.

    Args:
        rows: number of rows, including those of video frames without the face.
        faces: number of rows with a face.
        failures: inputs without a result or with a partial result, with the reason.
        skipped: number of skipped files in folders, by reason.
    """

    rows: int = 0
    faces: int = 0
    failures: list[Failure] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


class _Way(NamedTuple):
    """How one kind of model reads files.

    Attributes:
        size: side of its faces in pixels.
        schema: of its table.
        select: selects the frames of a video that it reads.
        predict: turns faces into batches of rows.
        maximum: largest value of an Action Unit, for plots.
        reads_videos: what reads videos only, for messages; None for a model that reads photographs too.
        unanswered: why a video that shows the face may have no answer; None where every face is answered.
    """

    size: int
    schema: pa.Schema
    select: Select
    predict: Callable[[Iterable[FaceRow]], Iterator[pa.RecordBatch]]
    maximum: float
    reads_videos: str | None = None
    unanswered: str | None = None


def predict_files(model: FaceGAN | ClipRecogniser | LandmarkRecogniser, paths: Sequence[str | os.PathLike],
                  on_batch: Callable[[pa.RecordBatch], None], options: PredictOptions = PredictOptions()) -> Outcome:
    """Predicts the labels of faces in photographs, videos and folders, with a batch of faces in memory at a time.

    Args:
        model: the model. One of clips or of landmarks reads videos only, at its own rate.
        paths: photographs, videos, and folders that are searched for both.
        on_batch: called with batches of rows, in the order of the paths. Their columns are those of `table_schema`, or
            of `catgan.pipelines.track_rows.TrackRows.schema`.
        options: faces and frames to read, and files to write.

    Returns:
        The outcome. Inputs that cannot be read are listed in its failures.

    Raises:
        CatganError: no paths, a path of a data set, an interval that the model does not have, a rate for a model that
            has its own, a plot of inputs other than one video, or files that cannot be written.
    """
    if not paths:
        raise CatganError("No photographs or videos were given.")
    for path in paths:
        if os.path.isfile(os.path.join(path, "dataset.json")):
            raise CatganError(f"{path} is a data set of aligned faces, not a folder of photographs. 'catgan complete' "
                              "predicts its labels, 'catgan evaluate' measures them.")
    found = collect(paths)
    if options.plot is not None:
        _check_one_video(found.paths)
    outcome = Outcome(failures=found.failures, skipped=found.skipped)
    way = _way_of(model, options)
    timeline = None
    if options.plot is not None:
        from catgan.pipelines.timelines import Timeline

        timeline = Timeline(way.schema)
    answers = _Answers()
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(table_writer(options.out, way.schema)) if options.out is not None else None
        landmarker = stack.enter_context(FaceLandmarker())
        for batch in way.predict(face_rows(found.paths, landmarker, way, options.face, outcome.failures)):
            outcome.rows += batch.num_rows
            outcome.faces += batch.num_rows - batch["face"].null_count
            answers.add(batch)
            on_batch(batch)
            if write is not None:
                write(batch)
            if timeline is not None:
                timeline.add(batch)
    if way.unanswered is not None:
        outcome.failures += [Failure(name, way.unanswered) for name in answers.without()]
    if timeline is not None and options.plot is not None and timeline.faces():
        from catgan.pipelines.timelines import save_timeline

        save_timeline(options.plot, timeline, found.paths[0].name, way.maximum)
    return outcome


class _Answers:
    """Counts which videos show a face but have no answer."""

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._answered: str | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        columns = (batch[column].to_pylist() for column in ("image", "face", batch.schema.names[-1]))
        for name, face, label in zip(*columns):
            if label is not None:
                self._answered = name
                self._waiting.pop(name, None)
            elif face is not None and name != self._answered:
                self._waiting[name] = None

    def without(self) -> list[str]:
        """Returns the names of those videos, in their order."""
        return list(self._waiting)


def _way_of(model: FaceGAN | ClipRecogniser | LandmarkRecogniser, options: PredictOptions) -> _Way:
    if isinstance(model, FaceGAN):
        return _way_of_faces(model, options)
    from catgan.models.landmarks.model import LandmarkRecogniser

    return _way_of_landmarks(model, options) if isinstance(model, LandmarkRecogniser) else _way_of_clips(model, options)


def _way_of_faces(gan: FaceGAN, options: PredictOptions) -> _Way:
    return _Way(gan.network.image_size, table_schema(gan, options.interval), partial(sampled, rate=options.rate),
                lambda rows: predict_rows(gan, rows, options.interval), gan.spec.maximum)


def _way_of_clips(model: ClipRecogniser, options: PredictOptions) -> _Way:
    from catgan.pipelines.clip_rows import ClipRows
    from catgan.pipelines.clips import grid_of, predict_clip_rows

    _check_own_rate("This model of clips", model.rate, options)
    reading = ClipRows(model, options.interval)
    return _Way(model.network.image_size, reading.schema, grid_of(model), partial(predict_clip_rows, reading),
                model.spec.maximum, "this model of clips")


def _way_of_landmarks(model: LandmarkRecogniser, options: PredictOptions) -> _Way:
    from catgan.pipelines.clips import grid_of, predict_clip_rows
    from catgan.pipelines.landmark_rows import CROP_SIZE, LandmarkRows, why_unanswered

    check_landmark_options(model, options)
    reading = LandmarkRows(model)
    return _Way(CROP_SIZE, reading.schema, grid_of(model), partial(predict_clip_rows, reading), 1.0,
                "this network on landmarks", why_unanswered(model))


def check_landmark_options(model: LandmarkRecogniser, options: PredictOptions) -> None:
    """Raises `DataError` for a rate or an interval, which a network on landmarks does not take."""
    _check_own_rate("This network on landmarks", model.rate, options)
    if options.interval is not None:
        raise DataError("Intervals are known for Action Units, valence and arousal; this network on landmarks predicts "
                        f"expressions. Leave the interval away. Received: {options.interval:g}.")


def _check_own_rate(what: str, rate: float, options: PredictOptions) -> None:
    if options.rate is not None:
        raise DataError(f"{what} reads videos at its own rate, {rate:g} frames a second; leave the rate away. "
                        f"Received: {options.rate:g}.")


def face_rows(paths: Sequence[Path], landmarker: FaceLandmarker, way: _Way, face: Choice,
              failures: list[Failure]) -> Iterator[FaceRow]:
    """Yields the rows of photographs and videos, in order, with one picture in memory at a time."""
    bar = progress_bar(paths, "predict", unit="file", verbose=len(paths) > 1)
    for path in bar:
        moves = is_video(path)
        if not moves and way.reads_videos is None:
            yield from align_all([path], landmarker, way.size, face, failures)
            continue
        try:
            if not moves and _is_photograph(path):
                raise DataError(f"{path}: a photograph, but {way.reads_videos} reads videos. A model of single faces, "
                                "such as 'faces_64', reads photographs.")
            yield from watch(Video(path), landmarker, way.size, face, way.select, failures)
        except CatganError as error:
            failures.append(Failure.of(path, error))


def _is_photograph(path: Path) -> bool:
    try:
        read_image(path)
    except CatganError:
        return False
    return True


def _check_one_video(paths: Sequence[Path]) -> None:
    if len(paths) != 1 or not is_video(paths[0]):
        raise CatganError("A plot shows the readings of one video over time. "
                          f"Received: {len(paths)} files." if len(paths) != 1 else
                          f"A plot shows the readings of one video over time. {paths[0]} is no video.")
