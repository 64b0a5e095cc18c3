"""Looks at annotated photographs and clips, and says of each row what was found or why it cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from catgan.data.people.clip_people import look_at_clip
from catgan.data.people.photographs import look_at_photograph
from catgan.data.people.placing import Unusable
from catgan.data.people.records import PersonRecord
from catgan.data.schema import Info
from catgan.errors import CatganError, DataError
from catgan.faces.images import ImageError
from catgan.modalities.people import PeopleReader


@dataclass(frozen=True)
class Work:
    """Holds rows that are looked at together: those of one photograph, or one row of a clip.

    Args:
        indices: numbers of the rows in the scan.
        records: the rows.
    """

    indices: tuple[int, ...]
    records: tuple[PersonRecord, ...]


def look(work: Work, reader: PeopleReader, size: int) -> list[Info]:
    """Returns a row for each record: `index`, and the columns of the person, or `reason` and `detail` why there are
    none.

    Args:
        work: the records.
        reader: an open reader.
        size: side of the face in pixels.
    """
    first = work.records[0]
    try:
        rows = [look_at_clip(first, reader, size)] if first.is_clip else look_at_photograph(work.records, reader, size)
    except CatganError as error:
        rows = [_unusable(error, first).row] * len(work.records)
    return [{"index": index, **row} for index, row in zip(work.indices, rows)]


def _unusable(error: CatganError, record: PersonRecord) -> Unusable:
    """Returns why none of the rows can be used."""
    if isinstance(error, Unusable):
        return error
    said = str(error).removeprefix(f"{record.file}: ").replace(f"{record.file}/", "")
    if isinstance(error, ImageError):
        return Unusable(error.reason, said.removeprefix(error.reason).strip(":. "))
    is_file = record.is_clip and isinstance(error, DataError)
    return Unusable("no clip that can be read" if is_file else "detector failed", said)
