"""The task of `catgan predict`: files and folders -> readings, handed on as they come and written to a table."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from catgan.errors import CatganError, Failure
from catgan.faces.collection import collect
from catgan.faces.landmarks import FaceLandmarker
from catgan.gan.model import CatGAN
from catgan.pipelines.photographs import align_all
from catgan.pipelines.predictions import Choice, check_choice, predict_rows, table_schema
from catgan.pipelines.tables import check_table_path, table_writer


@dataclass
class Outcome:
    """What came of many inputs.

    Args:
        faces: number of faces that were read.
        failures: inputs without a result, and why.
        skipped: how many files of folders were left out, by the reason.
    """

    faces: int = 0
    failures: list[Failure] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def predict_files(gan: CatGAN, paths: Sequence[str | os.PathLike], on_batch: Callable[[pa.RecordBatch], None], *,
                  face: Choice = 0, interval: float | None = None, out: str | os.PathLike | None = None) -> Outcome:
    """Reads the labels of faces, with a batch of them in memory at a time.

    Args:
        gan: the model.
        paths: photographs, and folders that are searched for them.
        on_batch: gets rows with the columns of `table_schema`, in the order of the paths.
        face: which face of each photograph, the largest being 0; or `"all"`.
        interval: as in `CatGAN.predict`.
        out: also write a table here, `.csv` or `.parquet`. None is written where nothing was read.

    Returns:
        The outcome. An input that cannot be read raises nothing: it is one of the failures.

    Raises:
        CatganError: another `face` or `interval`, no paths, or a table that cannot be written.
    """
    check_choice(face)
    if not paths:
        raise CatganError("No photographs were given.")
    if out is not None:
        check_table_path(out)
    found = collect(paths)
    outcome = Outcome(failures=found.failures, skipped=found.skipped)
    schema = table_schema(gan, interval)
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(table_writer(out, schema)) if out is not None else None
        rows = align_all(_progress(found.paths), stack.enter_context(FaceLandmarker()), gan.network.image_size, face,
                         outcome.failures)
        for batch in predict_rows(gan, rows, interval):
            outcome.faces += batch.num_rows - batch["face"].null_count
            on_batch(batch)
            if write is not None:
                write(batch)
    return outcome


def _progress(paths: Sequence[Path]) -> Iterator[Path]:
    """The paths, with a bar on a terminal where they take longer than two seconds."""
    yield from tqdm(paths, "predict", unit="file", leave=False, delay=2.0, disable=not sys.stderr.isatty())
