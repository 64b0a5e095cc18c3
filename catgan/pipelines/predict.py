"""Predicts the labels of faces in photographs, videos and folders (`catgan predict`).

Results are passed on in batches, and optionally written as a table and a plot. A model of single faces reads each
photograph and each frame alone; a model of clips reads videos only.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from catgan.errors import CatganError, DataError, Failure
from catgan.faces.collection import collect
from catgan.faces.containers import is_video
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.videos import Video
from catgan.models.gan.model import CatGAN
from catgan.models.sequence.model import ClipRecogniser
from catgan.pipelines.clip_rows import ClipRows
from catgan.pipelines.clips import grid_of, predict_clip_rows
from catgan.pipelines.photographs import align_all
from catgan.pipelines.predictions import Choice, FaceRow, check_choice, predict_rows, table_schema
from catgan.pipelines.tables import check_table_path, table_writer
from catgan.pipelines.timelines import Timeline, check_plot_path, save_timeline
from catgan.pipelines.videos import Select, check_rate, sampled, watch
from catgan.system import progress_bar


@dataclass(frozen=True)
class PredictOptions:
    """Holds the options of `predict_files`.

    Args:
        face: number of the face in each photograph or video by size (the largest is 0), or `"all"`.
        interval: as in `CatGAN.predict`.
        rate: frames per second to read of a video. None reads all frames; a model of clips reads at its own rate.
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
        photographs: whether it reads photographs.
    """

    size: int
    schema: pa.Schema
    select: Select
    predict: Callable[[Iterable[FaceRow]], Iterator[pa.RecordBatch]]
    photographs: bool


def predict_files(model: CatGAN | ClipRecogniser, paths: Sequence[str | os.PathLike],
                  on_batch: Callable[[pa.RecordBatch], None], options: PredictOptions = PredictOptions()) -> Outcome:
    """Predicts the labels of faces in photographs, videos and folders, with a batch of faces in memory at a time.

    Args:
        model: the model. One of clips reads videos only, at its own rate.
        paths: photographs, videos, and folders that are searched for both.
        on_batch: called with batches of rows, in the order of the paths. Their columns are those of `table_schema`, or
            of `catgan.pipelines.clip_rows.ClipRows.schema`.
        options: faces and frames to read, and files to write.

    Returns:
        The outcome. Inputs that cannot be read are listed in its failures.

    Raises:
        CatganError: no paths, a path of a data set, an interval that the model does not have, a rate for a model of
            clips, a plot of inputs other than one video, or files that cannot be written.
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
    way = _way_of_clips(model, options) if isinstance(model, ClipRecogniser) else _way_of_faces(model, options)
    timeline = Timeline(way.schema) if options.plot is not None else None
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(table_writer(options.out, way.schema)) if options.out is not None else None
        landmarker = stack.enter_context(FaceLandmarker())
        for batch in way.predict(face_rows(found.paths, landmarker, way, options.face, outcome.failures)):
            outcome.rows += batch.num_rows
            outcome.faces += batch.num_rows - batch["face"].null_count
            on_batch(batch)
            if write is not None:
                write(batch)
            if timeline is not None:
                timeline.add(batch)
    if timeline is not None and options.plot is not None and outcome.faces:
        save_timeline(options.plot, timeline, found.paths[0].name, model.spec.maximum)
    return outcome


def _way_of_faces(gan: CatGAN, options: PredictOptions) -> _Way:
    return _Way(gan.network.image_size, table_schema(gan, options.interval), partial(sampled, rate=options.rate),
                lambda rows: predict_rows(gan, rows, options.interval), photographs=True)


def _way_of_clips(model: ClipRecogniser, options: PredictOptions) -> _Way:
    if options.rate is not None:
        raise DataError(f"This model of clips reads videos at its own rate, {model.rate:g} frames a second; leave the "
                        f"rate away. Received: {options.rate:g}.")
    reading = ClipRows(model, options.interval)
    return _Way(model.network.image_size, reading.schema, grid_of(model), partial(predict_clip_rows, reading),
                photographs=False)


def face_rows(paths: Sequence[Path], landmarker: FaceLandmarker, way: _Way, face: Choice,
              failures: list[Failure]) -> Iterator[FaceRow]:
    """Yields the rows of photographs and videos, in order, with one picture in memory at a time."""
    bar = progress_bar(paths, "predict", unit="file", verbose=len(paths) > 1)
    for path in bar:
        moves = is_video(path)
        if not moves and way.photographs:
            yield from align_all([path], landmarker, way.size, face, failures)
            continue
        try:
            if not moves and _is_photograph(path):
                raise DataError(f"{path}: a photograph, but this model of clips reads videos. A model of single faces, "
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
