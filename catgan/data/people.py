"""Finds rows of one picture that mean different people and cannot be told apart.

A label that is given to the wrong face is worse than none. So where rows of one source (or family) name different
people in one picture, each needs a box, and the boxes must mean different faces. Frames of videos are left alone: their
video says who they show.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from catgan.data.aligned import Aligned
from catgan.data.rows import Rows
from catgan.faces.landmarks import overlap

REASON = "several people, one picture"
SAME_BOX = 0.5
"""Boxes of one source that share less of their union than this mean different people."""

Keys = tuple[np.ndarray, ...]


def mistakable(rows: Rows, pictures: Aligned) -> dict[int, str]:
    """Row -> why it is not used, for all rows whose face may be somebody else's.

    Args:
        rows: of a scan.
        pictures: what aligning gave.
    """
    still = np.flatnonzero(rows.column("clip") < 0)
    file, source, group, person = (rows.column(name)[still] for name in ("file", "source", "group", "person"))
    boxed = rows.known("box")[still]
    faces = [values[still] for values in (pictures.same(rows.column("file")), pictures.content)]
    named = person >= 0
    found: dict[int, str] = {}
    for value in (file, *faces):
        told_apart = boxed if value is file else np.zeros(len(still), bool)
        for run in _runs((value, group), named & (value != 0)):
            people = np.unique(person[run])
            if len(people) > 1:
                detail = _detail(rows, still[run], bool(boxed[run].all()))
                found |= {int(still[row]): detail for row in run if not told_apart[row]}
    for run in _runs((faces[0], source), boxed & (faces[0] != 0)):
        if _apart(rows, still[run]):
            found |= {int(row): "the boxes of this picture lie apart, but mean the same face" for row in still[run]}
    return found


def _runs(keys: Keys, chosen: np.ndarray) -> Iterator[np.ndarray]:
    """The chosen places that agree in all keys, where there are two or more."""
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
