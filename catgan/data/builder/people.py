"""Finds rows that name different people in one picture and cannot be assigned to its faces.

A label on the wrong face is worse than no label. If rows of one source (or family) name different people in one
picture, each row needs a box, and the boxes must select different faces. Copies of a picture count as one picture.
Frames of videos are an exception, because their names of people are often the names of the videos.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from catgan.data.builder.aligned import Aligned
from catgan.data.builder.scan import Rows
from catgan.faces.landmarks import overlap

REASON = "several people, one picture"
SAME_BOX = 0.5
"""Intersection over union below which two boxes of one source mean different people."""

Keys = tuple[np.ndarray, ...]


def mistakable(rows: Rows, pictures: Aligned) -> dict[int, str]:
    """Finds the rows whose face may belong to another person.

    Args:
        rows: rows of a scan.
        pictures: columns of the aligned rows.

    Returns:
        Row -> reason for which it is not used.
    """
    file, source, group, person = (rows.column(name) for name in ("file", "source", "group", "person"))
    boxed, face = rows.known("box"), pictures.same(file)
    copies = np.where(rows.column("clip") < 0, pictures.content, np.uint64(0))
    found: dict[int, str] = {}
    for value in (file, face, copies):
        for run in _runs((value, group), (person >= 0) & (value != 0)):
            if len(np.unique(person[run])) > 1:
                detail = _detail(rows, run, bool(boxed[run].all()))
                found |= {int(row): detail for row in run if value is not file or not boxed[row]}
    for run in _runs((face, source), boxed & (face != 0)):
        if _apart(rows, run):
            found |= {int(row): "the boxes of this picture lie apart, but mean the same face" for row in run}
    return found


def _runs(keys: Keys, chosen: np.ndarray) -> Iterator[np.ndarray]:
    """Yields groups of two or more chosen rows that agree in all keys."""
    places = np.flatnonzero(chosen)
    if not len(places):
        return
    order = places[np.lexsort([key[places] for key in reversed(keys)])]
    differs = np.zeros(len(order) - 1, bool)
    for key in keys:
        differs |= key[order[1:]] != key[order[:-1]]
    for run in np.split(order, np.flatnonzero(differs) + 1) if not differs.all() else ():
        if len(run) > 1:
            yield run


def _detail(rows: Rows, run: np.ndarray, boxed: bool) -> str:
    names = list(dict.fromkeys(str(row["subject"]) for row in rows.read(run[:20].tolist(), ("subject",))))
    way_out = "their boxes mean the same face" if boxed else "a box for each row says who is where (option `box`)"
    return f"rows of this picture name {', '.join(names[:4])}{' ...' if len(names) > 4 else ''}: {way_out}"


def _apart(rows: Rows, run: np.ndarray) -> bool:
    boxes = [row["box"] for row in rows.read(run.tolist(), ("box",))]
    return any(_overlap(a, b) < SAME_BOX for a, b in combinations(boxes, 2) if a != b)


def _overlap(a: list[float], b: list[float]) -> float:
    return overlap(tuple(a), tuple(b)) if min(a[2], a[3], b[2], b[3]) > 0 else 1.0
