"""Predicts the labels of faces in photographs, videos and folders (`catgan predict`).

Results are passed on in batches, and optionally written as a table and a plot.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from catgan.errors import CatganError, Failure
from catgan.faces.collection import collect
from catgan.faces.containers import is_video
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.videos import Video
from catgan.models.gan.model import CatGAN
from catgan.pipelines.photographs import align_all
from catgan.pipelines.predictions import Choice, FaceRow, check_choice, predict_rows, table_schema
from catgan.pipelines.tables import check_table_path, table_writer
from catgan.pipelines.timelines import Timeline, check_plot_path, save_timeline
from catgan.pipelines.videos import check_rate, watch
from catgan.system import progress_bar


@dataclass(frozen=True)
class PredictOptions:
    """Holds the options of `predict_files`.

    Args:
        face: number of the face in each photograph or video by size (the largest is 0), or `"all"`.
        interval: as in `CatGAN.predict`.
        rate: frames per second to read of a video. None reads all frames.
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


def predict_files(gan: CatGAN, paths: Sequence[str | os.PathLike], on_batch: Callable[[pa.RecordBatch], None],
                  options: PredictOptions = PredictOptions()) -> Outcome:
    """Predicts the labels of faces in photographs, videos and folders, with a batch of faces in memory at a time.

    Args:
        gan: the model.
        paths: photographs, videos, and folders that are searched for both.
        on_batch: called with batches of rows, with the columns of `table_schema`, in the order of the paths.
        options: faces and frames to read, and files to write.

    Returns:
        The outcome. Inputs that cannot be read are listed in its failures.

    Raises:
        CatganError: no paths, a path of a data set, an interval that the model does not have, a plot of inputs other
            than one video, or files that cannot be written.
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
    schema = table_schema(gan, options.interval)
    timeline = Timeline(schema) if options.plot is not None else None
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(table_writer(options.out, schema)) if options.out is not None else None
        landmarker = stack.enter_context(FaceLandmarker())
        rows = face_rows(found.paths, landmarker, gan.network.image_size, options, outcome.failures)
        for batch in predict_rows(gan, rows, options.interval):
            outcome.rows += batch.num_rows
            outcome.faces += batch.num_rows - batch["face"].null_count
            on_batch(batch)
            if write is not None:
                write(batch)
            if timeline is not None:
                timeline.add(batch)
    if timeline is not None and options.plot is not None and outcome.faces:
        save_timeline(options.plot, timeline, found.paths[0].name, gan.spec.maximum)
    return outcome


def face_rows(paths: Sequence[Path], landmarker: FaceLandmarker, size: int, options: PredictOptions,
              failures: list[Failure]) -> Iterator[FaceRow]:
    """Yields the rows of photographs and videos, in order, with one picture in memory at a time."""
    bar = progress_bar(paths, "predict", unit="file", verbose=len(paths) > 1)
    for path in bar:
        if not is_video(path):
            yield from align_all([path], landmarker, size, options.face, failures)
            continue
        try:
            yield from watch(Video(path), landmarker, size, options.face, options.rate, failures)
        except CatganError as error:
            failures.append(Failure.of(path, error))


def _check_one_video(paths: Sequence[Path]) -> None:
    if len(paths) != 1 or not is_video(paths[0]):
        raise CatganError("A plot shows the readings of one video over time. "
                          f"Received: {len(paths)} files." if len(paths) != 1 else
                          f"A plot shows the readings of one video over time. {paths[0]} is no video.")
