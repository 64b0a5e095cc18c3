"""Reads rows of faces as tracks: frames of one face in their order. Keeps each row until it is answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

import numpy as np
import pyarrow as pa

from catgan.errors import DataError
from catgan.pipelines.predictions import BATCH_SIZE, KEYS, FaceRow, key_fields, label_fields
from catgan.pipelines.videos import grid_point

TRACK = "track"
"""Column of the number of the track, from 0 in each video: frames of one face without a cut or a long gap."""

Columns = Mapping[str, np.ndarray]
"""Labels by name, `(m,)` each."""


class TrackStream(Protocol):
    """Predicts the labels of one face while its frames arrive."""

    def add(self, features: np.ndarray, seen: np.ndarray) -> Sequence[Columns]:
        """Takes the next frames `(t, ...)` and whether they are `seen` `(t,)`; returns labels of answered frames."""

    def close(self) -> Sequence[Columns]:
        """Ends the track, and returns the labels of all frames that were not answered yet."""


class TrackReader(Protocol):
    """What `TrackRows` needs of a model.

    Attributes:
        rate: frames per second of the time grid.
        max_gap: seconds without the face after which a track ends.
    """

    rate: float
    max_gap: float

    @property
    def labels(self) -> Columns:
        """Returns columns `(m,)` with the names and types of the labels; their values do not matter."""

    def encode(self, rows: Sequence[FaceRow]) -> np.ndarray:
        """Computes what the model reads of each face, `(n, ...)`; all rows have a face, and there is at least one."""

    def stream(self) -> TrackStream:
        """Starts a new track."""


class _Row:
    """One row of the table, which waits for its labels."""

    def __init__(self, row: FaceRow):
        self.keys, self.waits = row.key_values(), row.crop is not None
        self.track: int | None = None
        self.labels: tuple[object, ...] | None = None


class _Track:
    """Frames of one face without a cut or a long gap.

    Args:
        number: of the track.
        point: of its first frame on the time grid.
        stream: a new stream.
    """

    def __init__(self, number: int, point: int, stream: TrackStream):
        self.number, self.stream = number, stream
        self.time, self.shot = 0.0, 0  # of the newest frame
        self._next = point
        self._new: list[tuple[np.ndarray, bool]] = []
        self._waiting: deque[_Row | None] = deque()  # None: the face is not seen

    def add(self, point: int, features: np.ndarray, row: _Row) -> None:
        """Adds a frame; points of the grid before it at which the face is not seen are filled."""
        if point < self._next:
            raise DataError(f"Rows must lie on different points of a time grid, in order. Received: {row.keys[:4]}.")
        missing = point - self._next
        self._new += [(np.zeros_like(features), False)] * missing + [(features, True)]
        self._waiting += [None] * missing + [row]
        self._next = point + 1
        row.track = self.number

    def read(self, end: bool = False) -> Iterator[tuple[Columns, list[_Row | None]]]:
        """Reads the frames that were added, and yields labels with the rows that they belong to.

        Args:
            end: whether the track ends.
        """
        answers: list[Columns] = []
        if self._new:
            features, seen = zip(*self._new)
            answers += self.stream.add(np.stack(features), np.array(seen))
            self._new = []
        if end:
            answers += self.stream.close()
        for columns in answers:
            count = len(next(iter(columns.values())))
            yield columns, [self._waiting.popleft() for _ in range(count)]


class TrackRows:
    """Reads rows of videos, and gives them back in the same order with their labels.

    Args:
        reader: turns faces into labels.

    Attributes:
        schema: of the batches. The columns are `catgan.pipelines.predictions.KEYS`, `track` and the labels; labels
            that are NaN are null.
    """

    def __init__(self, reader: TrackReader):
        self._reader = reader
        self._rows: deque[_Row] = deque()
        self._tracks: dict[int, _Track] = {}  # by number of the face
        self._video: str | None = None
        self._origin, self._begun = 0.0, 0
        self._labels = list(reader.labels)
        self.schema = pa.schema([*key_fields(), pa.field(TRACK, pa.int64()), *label_fields(reader.labels)])

    def add(self, rows: Sequence[FaceRow]) -> None:
        """Reads the next rows, of one video after the other."""
        faces = [row for row in rows if row.crop is not None]
        features = iter(self._reader.encode(faces) if faces else ())
        for row in rows:
            if row.image != self._video:
                self.close()
                self._video, self._origin, self._begun = row.image, row.time or 0.0, 0
            waiting = _Row(row)
            self._rows.append(waiting)
            if row.crop is not None:
                self._put(row, next(features), waiting)
        for face, track in list(self._tracks.items()):
            self._read(face, end=self._is_over(track, rows[-1]))

    def close(self) -> None:
        """Ends all tracks, so that every row is answered."""
        for face in list(self._tracks):
            self._read(face, end=True)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yields the rows that are answered and before which no row waits, up to `BATCH_SIZE` at once."""
        while ready := list(islice(self._ready(), BATCH_SIZE)):
            yield self._batch(ready)

    def _ready(self) -> Iterator[_Row]:
        while self._rows and (self._rows[0].labels is not None or not self._rows[0].waits):
            yield self._rows.popleft()

    def _put(self, row: FaceRow, features: np.ndarray, waiting: _Row) -> None:
        assert row.face is not None and row.time is not None and row.crop is not None
        track, point = self._tracks.get(row.face), grid_point(row.time, self._origin, self._reader.rate)[0]
        if track is not None and self._is_over(track, row):
            self._read(row.face, end=True)
            track = None
        if track is None:
            track = self._tracks[row.face] = _Track(self._begun, point, self._reader.stream())
            self._begun += 1
        track.add(point, features, waiting)
        track.time, track.shot = row.time, row.shot

    def _is_over(self, track: _Track, row: FaceRow) -> bool:
        """Tells whether a track has ended when this row comes."""
        return (row.time or 0.0) - track.time > self._reader.max_gap + 1e-6 or row.shot != track.shot

    def _read(self, face: int, end: bool) -> None:
        for columns, rows in self._tracks[face].read(end):
            for row, labels in zip(rows, zip(*columns.values())):
                if row is not None:
                    row.labels = labels
        if end:
            del self._tracks[face]

    def _batch(self, rows: Sequence[_Row]) -> pa.RecordBatch:
        nothing = (None,) * len(self._labels)
        columns: dict[str, object] = dict(zip(KEYS, zip(*(row.keys for row in rows))))
        columns[TRACK] = [row.track for row in rows]
        labels = zip(self._labels, zip(*(row.labels or nothing for row in rows)))
        columns |= {name: _array(values, self.schema.field(name).type) for name, values in labels}
        return pa.RecordBatch.from_pydict(columns, self.schema)


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Makes a column; None and NaN are null."""
    if pa.types.is_floating(kind):
        return pa.array(np.array(values, np.float32), kind, from_pandas=True)
    return pa.array(values, kind)
