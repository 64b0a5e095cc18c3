"""Looks at the annotated people of one photograph."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from catgan.data.people.matching import largest, matched
from catgan.data.people.placing import NOBODY_THERE, Unusable, found_of, in_pixels
from catgan.data.people.records import Box, PersonRecord
from catgan.data.people.seen import columns_of
from catgan.data.schema import Info
from catgan.faces.images import decode, read_bytes
from catgan.modalities.people import PeopleReader
from catgan.modalities.views import PersonView

CLOSER = 0.15
"""Share of its size by which an annotated body is enlarged on each side when it is looked at alone."""
LARGE = 0.5
"""Share of the picture from which a box is not looked at alone, since that shows nothing new."""


def look_at_photograph(records: Sequence[PersonRecord], reader: PeopleReader, size: int) -> list[Info]:
    """Returns a row of a chunk for each annotated person of one photograph.

    Args:
        records: all of the photograph.
        reader: an open reader.
        size: side of the face in pixels.

    Raises:
        ImageError: the file is no picture that can be read.
        CatganError: a detector failed.
    """
    content = read_bytes(records[0].file)
    pixels = decode(content, records[0].file)
    views = reader.photograph(pixels)
    boxes = [_box(record, pixels) for record in records]
    inside = {which: box for which, box in enumerate(boxes) if isinstance(box, tuple)}
    found = dict(zip(inside, matched([found_of(view) for view in views], list(inside.values()),
                                     [records[which].box_of for which in inside])))
    mask = views[0].mask if views and views[0].mask is not None else reader.mask(pixels, [], [])
    missed = [box for which, box in inside.items() if found[which] is None and records[which].box_of == "body"]
    rows: list[Info] = []
    for which, (record, box) in enumerate(zip(records, boxes)):
        if isinstance(box, Unusable):
            rows.append(box.row)
            continue
        place = found[which] if box is not None else largest([found_of(view) for view in views])
        view = views[place] if place is not None else _alone(record, box, pixels, reader)
        if view is None and (box is None or record.box_of == "face"):
            rows.append(_nobody(len(views), box, pixels).row)
            continue
        rows.append({**_columns(record, box, pixels, view, mask, missed, size),
                     "content": hashlib.sha256(content).digest()})
    return rows


def _box(record: PersonRecord, pixels: np.ndarray) -> Box | Unusable | None:
    try:
        return in_pixels(record, pixels)
    except Unusable as error:
        return error


def _nobody(others: int, box: Box | None, pixels: np.ndarray) -> Unusable:
    size = f"{pixels.shape[1]} x {pixels.shape[0]} pixels"
    if box is None:
        return Unusable("nobody in the picture", size)
    return Unusable(NOBODY_THERE, f"{others} elsewhere in the picture of {size}")


def _alone(record: PersonRecord, box: Box | None, pixels: np.ndarray, reader: PeopleReader) -> PersonView | None:
    """Looks at the box alone, since small persons are missed in the whole picture."""
    height, width = pixels.shape[:2]
    if box is None or record.box_of == "face" or box[2] * box[3] > LARGE * width * height:
        return None
    left, top = max(int(box[0] - CLOSER * box[2]), 0), max(int(box[1] - CLOSER * box[3]), 0)
    right, bottom = int(box[0] + (1 + CLOSER) * box[2]) + 1, int(box[1] + (1 + CLOSER) * box[3]) + 1
    views = reader.photograph(pixels[top:bottom, left:right])
    place, = matched([found_of(view) for view in views], [(box[0] - left, box[1] - top, box[2], box[3])], ["body"])
    return None if place is None else _moved(views[place], np.array([left, top, 0], np.float32))


def _moved(view: PersonView, shift: np.ndarray) -> PersonView:
    """Returns a person of a part of a picture with the places they have in the whole."""
    face = None if view.face is None else replace(view.face, landmarks=view.face.landmarks + shift)
    body = None if view.body is None else replace(view.body, points=view.body.points + shift)
    return replace(view, face=face, body=body, picture=None, mask=None)


def _columns(record: PersonRecord, box: Box | None, pixels: np.ndarray, view: PersonView | None, mask: np.ndarray,
             missed: Sequence[Box], size: int) -> Info:
    """Returns the columns of a person.

    Args:
        record: the annotation.
        box: its box in pixels.
        pixels: the photograph.
        view: what is seen of the person; None for nothing.
        mask: where persons are, float32 `(h, w)`.
        missed: boxes of bodies in which nobody was found, which are removed from the context as well.
        size: side of the face in pixels.
    """
    seen = view or PersonView(np.zeros(1), np.zeros((1, 16, 3), np.float32), np.zeros((1, 16), bool))
    body = box if box is not None and record.box_of == "body" else seen.body_box
    return columns_of(replace(seen, picture=pixels, mask=mask), size, body, missed)
