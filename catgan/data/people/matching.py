"""Says which of the persons that were found in a picture an annotated box means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from catgan.data.people.records import Box, BoxOf
from catgan.faces.landmarks import overlap

LEAST_OVERLAP = 0.1
"""Overlap (intersection over union) of a found and an annotated body from which they can be one person."""
PART_ALONE = 0.2
"""Largest fit of a person whose face alone was found to the box of a body, and the other way round."""
HEAD_SHARE = 0.4
"""Upper share of the box of the visible body in which its head lies."""
FACE_SHARE = 0.6
"""Upper share of an annotated body that is higher than wide in which its face lies."""


class Found(NamedTuple):
    """Holds the boxes of one person that was found, in pixels; None where body or face were not found."""

    body: Box | None
    face: Box | None

    @property
    def all(self) -> Box | None:
        """The box around body and face."""
        boxes = [box for box in self if box is not None]
        if not boxes:
            return None
        low = np.min([box[:2] for box in boxes], 0)
        high = np.max([(box[0] + box[2], box[1] + box[3]) for box in boxes], 0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def matched(people: Sequence[Found], boxes: Sequence[Box], of: Sequence[BoxOf]) -> list[int | None]:
    """Finds the person of each annotated box in one picture. Nobody is meant by two boxes; better fits go first.

    Args:
        people: those that were found.
        boxes: annotated boxes in pixels.
        of: what each box surrounds.

    Returns:
        For each box the index of a person, or None.
    """
    fits = sorted((-share, which, place) for which, (box, kind) in enumerate(zip(boxes, of))
                  for place, person in enumerate(people) if (share := fit(person, box, kind)) > 0)
    found: list[int | None] = [None] * len(boxes)
    for _, which, place in fits:
        if found[which] is None and place not in found:
            found[which] = place
    return found


def largest(people: Sequence[Found]) -> int | None:
    """Returns the person who is meant where no box says so: with the largest face, else the largest body; None for
    nobody."""
    sizes = [(-_area(person.face), -_area(person.body), place) for place, person in enumerate(people)]
    order = [place for *_, place in sorted(sizes)]
    return order[0] if order else None


def fit(person: Found, box: Box, kind: BoxOf) -> float:
    """Returns how well a person fits a box, 0..1; 0 = not this person."""
    return _fit_of_face(person, box) if kind == "face" else _fit_of_body(person, box)


def _fit_of_face(person: Found, box: Box) -> float:
    if person.face is not None:
        return max(overlap(person.face, box), 1e-6) if _near(person.face, box) else 0.0
    if person.body is None:
        return 0.0
    left, top, width, height = person.body
    x, y = _middle(box)
    head = left <= x <= left + width and top - box[3] / 2 <= y <= top + max(HEAD_SHARE * height, box[3])
    return PART_ALONE if head else 0.0


def _fit_of_body(person: Found, box: Box) -> float:
    if person.face is not None and not (_holds(box, person.face) and _is_high(person.face, box)):
        return 0.0
    everything = person.all
    if person.body is not None and everything is not None:
        share = overlap(everything, box)
        return share if share >= LEAST_OVERLAP and _near(everything, box) else 0.0
    if person.face is None:
        return 0.0
    # A face is expected in the middle at the top of its body.
    x, y = _middle(person.face)
    aside = np.hypot((x - box[0]) / box[2] - 0.5, max((y - box[1] - person.face[3] / 2) / box[3], 0.0))
    return float(PART_ALONE * max(1 - aside, 0.0))


def _is_high(face: Box, box: Box) -> bool:
    """Returns whether a face lies where that of a standing body does: a child before somebody has its face lower."""
    return box[2] >= box[3] or _middle(face)[1] <= box[1] + FACE_SHARE * box[3]


def _near(box: Box, other: Box) -> bool:
    return _holds(box, other) or _holds(other, box)


def _holds(box: Box, other: Box) -> bool:
    """Returns whether the middle of `other` lies in `box`."""
    x, y = _middle(other)
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def _middle(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def _area(box: Box | None) -> float:
    return 0.0 if box is None else box[2] * box[3]
