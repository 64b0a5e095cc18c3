"""Reads tables of observations: CSV or Parquet with the columns place, time, emotion, and perhaps weight and id."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from catgan.errors import AnnotationError, CatganError, DataError
from catgan.modalities.observations import Observation, observation

NEEDED, OPTIONAL = ("place", "time", "emotion"), ("weight", "id")


def read_observations(path: str | os.PathLike, emotions: Sequence[str], *,
                      now: datetime | None = None) -> list[Observation]:
    """Reads and checks all rows of a table before anything is stored.

    A row without an id gets one from the content of the file and its number, so that the same file counts once. Give
    a column `id` to a file that grows.

    Args:
        path: ends in .csv (UTF-8, a header, commas) or .parquet.
        emotions: names that the store knows.
        now: nothing can be observed after it; by default the present.

    Raises:
        CatganError: the file or a row cannot be read; the message names file and line (of Parquet: row).
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(f"Tables of observations end in .csv or .parquet. Received: {path}.")
    try:
        content = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise DataError(f"The table {path} cannot be read: {error.strerror}.") from None
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _parquet_rows(path)
    result, seen = [], dict[str, Observation]()
    for line, row in rows:
        try:
            each = _observation(row, f"{content}:{line}", emotions, now)
            if seen.setdefault(each.id, each) != each:
                raise DataError(f"The id {each.id!r} stands for two different rows.")
        except CatganError as error:
            raise AnnotationError(path, line, str(error)) from None
        result.append(each)
    if not result:
        raise DataError(f"{path} has no rows.")
    return result


def _observation(row: Mapping[str, object], default: str, emotions: Sequence[str],
                 now: datetime | None) -> Observation:
    cells = {name: row.get(name) for name in (*NEEDED, *OPTIONAL)}
    missing = [name for name in NEEDED if cells[name] in (None, "")]
    if missing:
        raise DataError(f"There is no {missing[0]}.")
    weight, time = cells["weight"], cells["time"]
    try:
        number = 1.0 if weight in (None, "") else float(str(weight))
    except ValueError:
        raise DataError(f"A weight must be a number. Received: {weight!r}.") from None
    return observation(str(cells["place"]), time if isinstance(time, datetime) else str(time), str(cells["emotion"]),
                       str(cells["id"] if cells["id"] not in (None, "") else default), emotions, weight=number, now=now)


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_columns(path, reader.fieldnames or ())
            for row in reader:
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a table in UTF-8: {error}.") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        columns = pa.parquet.read_schema(path).names
        _check_columns(path, columns)
        table = pa.parquet.read_table(path, columns=[name for name in (*NEEDED, *OPTIONAL) if name in columns])
        place = table.schema.names.index("time")
        kind = table.schema.field(place).type
        if pa.types.is_timestamp(kind):  # Python's times have no nanoseconds
            table = table.set_column(place, "time", table["time"].cast(pa.timestamp("us", kind.tz), safe=False))
        yield from enumerate(table.to_pylist(), 1)
    except (pa.ArrowException, OverflowError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}.") from None


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise DataError(f"{path} needs the columns {', '.join(NEEDED)}. It lacks: {', '.join(missing)}.")
