"""Predicts the labels of faces in photographs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from catgan.errors import CatganError, Failure, printable
from catgan.faces.alignment import align, choose_faces
from catgan.faces.collection import collect
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker
from catgan.models.gan.faces import FaceGAN
from catgan.pipelines.predictions import Choice, FaceRow, Predictions, check_choice, predict_rows, table_schema


def predict_photographs(gan: FaceGAN, paths: Sequence[str | os.PathLike], face: Choice = 0,
                        interval: float | None = None) -> Predictions:
    """Predicts the labels of faces in photographs.

    Args:
        gan: the model.
        paths: photographs, and folders that are searched for them.
        face: number of the face in each photograph by size (the largest is 0), or `"all"`.
        interval: as in `CatGAN.predict`.

    Returns:
        The table, with a row per face. Photographs that cannot be read or do not show the face are in its failures.

    Raises:
        CatganError: no paths, or an invalid `face` or `interval`.
    """
    check_choice(face)
    if not paths:
        raise CatganError("No photographs were given.")
    found, failures = collect(paths), list[Failure]()
    with FaceLandmarker() as landmarker:
        rows = align_all(found.paths, landmarker, gan.network.image_size, face, failures)
        batches = list(predict_rows(gan, rows, interval))
    return Predictions(pa.Table.from_batches(batches, table_schema(gan, interval)), found.failures + failures,
                       dict(found.skipped))


def align_all(paths: Iterable[Path], landmarker: FaceLandmarker, size: int, face: Choice,
              failures: list[Failure]) -> Iterator[FaceRow]:
    """Finds and aligns faces of photographs, one photograph at a time.

    Args:
        paths: of the photographs.
        landmarker: an open landmarker.
        size: side of the aligned faces in pixels.
        face: as in `predict_photographs`.
        failures: a failure is appended for each photograph that cannot be read or does not show the face.
    """
    for path in paths:
        try:
            yield from _aligned(path, landmarker, size, face)
        except CatganError as error:
            failures.append(Failure.of(path, error))


def _aligned(path: Path, landmarker: FaceLandmarker, size: int, face: Choice) -> list[FaceRow]:
    photo = read_image(path)
    chosen = choose_faces(landmarker.detect(photo), None if face == "all" else face)
    return [FaceRow(printable(path), face=number, detected=found, crop=align(photo, found.landmarks, size).image)
            for number, found in chosen]
