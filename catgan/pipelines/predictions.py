"""Builds tables of predictions for faces of photographs and video frames, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa

from catgan.errors import CatganError, Failure
from catgan.faces import coverage
from catgan.faces.detected import DetectedFace
from catgan.models.gan.faces import FaceGAN

BATCH_SIZE = 64
"""Number of rows in memory at once."""
PLACE_COLUMNS = ("left", "top", "width", "height", "yaw", "pitch", "roll")
"""Columns of the box in pixels, and of the pose in degrees."""
KEYS = ("image", "frame", "time", "face", *PLACE_COLUMNS, "turned", "covered")
"""Columns of the table before the labels."""

Choice = int | Literal["all"]
"""Selects a face by its number by size (the largest is 0), or all faces."""


class Predictions(NamedTuple):
    """Holds the table of predictions, and the inputs that failed or were skipped.

    Args:
        table: with the columns of `table_schema`; unknown values are null.
        failures: inputs without a result or with a partial result, with the reason.
        skipped: number of skipped files in folders, by reason.
    """

    table: pa.Table
    failures: list[Failure]
    skipped: dict[str, int]


@dataclass(frozen=True)
class FaceRow:
    """Holds one row of the table: a face, or a frame of a video without it.

    Args:
        image: path of the photograph or of the video.
        frame: number of the frame, from 0; None for a photograph.
        time: of the frame, in seconds; None for a photograph.
        face: number of the face; None if no face is seen.
        detected: the detected face, with its box and pose.
        crop: the aligned face, uint8 `(side, side, 3)`.
        shot: number of the shot of the video, see `catgan.faces.shots`.
        landmarks: of the aligned face, float32 `(478, 2)` in pixels of `crop`, as in a data set.
    """

    image: str
    frame: int | None = None
    time: float | None = None
    face: int | None = None
    detected: DetectedFace | None = None
    crop: np.ndarray | None = None
    shot: int = 0
    landmarks: np.ndarray | None = None

    def key_values(self) -> tuple[str | float | None, ...]:
        """Returns the values of `KEYS`."""
        return self.image, self.frame, self.time, self.face, *self.place(), self.turned(), self.covered()

    def place(self) -> tuple[float | None, ...]:
        """Returns the values of `PLACE_COLUMNS`."""
        found = self.detected
        return (None,) * len(PLACE_COLUMNS) if found is None else (*found.box, found.yaw, found.pitch, found.roll)

    def turned(self) -> int | None:
        """Returns the clockwise rotation of the photograph, in degrees, at which the face was found."""
        return None if self.detected is None else self.detected.turned

    def covered(self) -> str | None:
        """Returns the regions that are probably covered, joined by commas. Predictions there are uncertain."""
        return None if self.crop is None else ", ".join(coverage.covered(self.crop))


def check_choice(face: Choice) -> None:
    """Raises `CatganError` if `face` is neither `"all"` nor an integer of 0 or more."""
    if face != "all" and (not isinstance(face, int) or isinstance(face, bool) or face < 0):
        raise CatganError(f"The face must be a number from 0, the largest being 0, or 'all'. Received: {face!r}.")


def table_schema(gan: FaceGAN, interval: float | None = None) -> pa.Schema:
    """Builds the schema of a table of predictions; nulls are unknown.

    Raises:
        CatganError: the model does not have this `interval`.
    """
    return pa.schema([*key_fields(), *label_fields(_labels(gan, [], interval))])


def key_fields() -> list[pa.Field]:
    """Returns the fields of `KEYS`."""
    kinds = [pa.string(), pa.int64(), pa.float64(), pa.int64(), *[pa.float32()] * len(PLACE_COLUMNS), pa.int64(),
             pa.string()]
    return [pa.field(name, kind) for name, kind in zip(KEYS, kinds)]


def label_fields(labels: Mapping[str, np.ndarray]) -> list[pa.Field]:
    """Returns the fields of predicted columns: float32, or strings for expressions."""
    return [pa.field(name, pa.string() if values.dtype == object else pa.float32())
            for name, values in labels.items()]


def predict_rows(gan: FaceGAN, rows: Iterable[FaceRow], interval: float | None = None) -> Iterator[pa.RecordBatch]:
    """Predicts the labels of faces, in batches.

    Args:
        gan: the model.
        rows: the faces, in the order of the table; consumed lazily.
        interval: as in `CatGAN.predict`.

    Yields:
        Up to `BATCH_SIZE` rows with the columns of `table_schema`.
    """
    schema, waiting = table_schema(gan, interval), list[FaceRow]()
    for row in rows:
        waiting.append(row)
        if len(waiting) == BATCH_SIZE:
            yield _batch(gan, waiting, interval, schema)
            waiting = []
    if waiting:
        yield _batch(gan, waiting, interval, schema)


def _batch(gan: FaceGAN, rows: list[FaceRow], interval: float | None, schema: pa.Schema) -> pa.RecordBatch:
    columns: dict[str, object] = dict(zip(KEYS, zip(*(row.key_values() for row in rows))))
    seen = np.array([row.crop is not None for row in rows])
    for name, values in _labels(gan, [row.crop for row in rows if row.crop is not None], interval).items():
        column = np.zeros(len(rows), values.dtype)
        column[seen] = values
        columns[name] = pa.array(column, schema.field(name).type, mask=~seen)
    return pa.RecordBatch.from_pydict(columns, schema)


def _labels(gan: FaceGAN, crops: list[np.ndarray], interval: float | None) -> dict[str, np.ndarray]:
    side = gan.network.image_size
    return gan.predict(np.array(crops, np.uint8).reshape(-1, side, side, 3), interval)
