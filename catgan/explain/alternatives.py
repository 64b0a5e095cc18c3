"""Other answers about the same face: several that differ, and what would not have changed the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.counterfactual import NUDGES, Counterfactual, counterfactual
from catgan.explain.question import Question, plain, rows_of, shift
from catgan.explain.search.beam import ENDS, LEAST, MOST
from catgan.explain.stated import changes_of, inward, said

ROUNDS = 5


def diverse(model: Any, image: np.ndarray, target: str, count: int = 3, **options: Any) -> list[Counterfactual]:
    """Up to `count` answers of which no two change the same Action Unit, the smallest first.

    Args:
        model, image, target, options: as `catgan.explain.counterfactual`.
        count: answers, 1 or more.

    Returns:
        The answers that were found; the one attempt that came nearest where there is none.
    """
    if count < 1:
        raise CatganError(f"The number of answers must be 1 or more. Received: {count}.")
    found: list[Counterfactual] = []
    without = list(options.pop("without", ()))
    while len(found) < count:
        result = counterfactual(model, image, target, without=without, **options)
        if result.status != "ok" and found:
            break
        found.append(result)
        if result.status != "ok":
            break
        without += [facs.parse_action_unit(name) for name in result.changes]
    return found


@dataclass(frozen=True)
class Semifactual:
    """The largest change of a face that was found not to change the answer: "even if".

    Args:
        target: what is still not met.
        original, semifactual: readings by column; what catgan reads beside a foreign model begins with `catgan:`.
        changes: per AU name `(from, to)`, as of a `Counterfactual`.
        image: the changed face, uint8 `(side, side, 3)`.
        shifts: what the target speaks of, in words.
    """

    target: str
    original: dict[str, Any]
    semifactual: dict[str, Any]
    changes: dict[str, tuple[float, float]]
    image: np.ndarray
    shifts: tuple[str, ...]

    def sentence(self) -> str:
        """The answer in plain words."""
        if not self.changes:
            return f"Any change of this face that was tried reaches {self.target}."
        return f"{self.target} is not reached even if {said(self.changes)}: {', '.join(self.shifts)}."


def semifactual(model: Any, image: np.ndarray, target: str, most: int = MOST, **options: Any) -> Semifactual:
    """The largest change of up to `most` Action Units after which the target is still not met (Kenny & Keane 2021).

    Units join in the order of how far they can go alone; one that would reach the target, or come to stand beside one
    that no face shows with it, goes as far as it does not.

    Args:
        model, image, target: as `catgan.explain.counterfactual`.
        options: of the question: `gan`, `drawer`, `seed`, `without`.

    Raises:
        CatganError: as there, or a target that holds already.
    """
    query = Question(model, np.asarray(image)[None], target, margin=0.0, **options)
    if query.met[0]:
        raise CatganError(f"{target} holds for this face as it is: ask for something that does not.")
    now = query.pen.settings[0]
    ends = [_farthest(query, now, int(unit)) for unit in np.flatnonzero(query.free[0])]
    levels = now.copy()
    for unit, level in sorted(ends, key=lambda end: -abs(end[1] - now[end[0]]))[:most]:
        if abs(level - now[unit]) >= LEAST:
            levels[unit] = _as_far_as_it_holds(query, levels, unit, level)
    row = np.array([0])
    for nudge in NUDGES:  # what is stated is drawn, and the target not met
        kept = inward(now, np.where(np.abs(levels - now) >= LEAST, levels, now), nudge)
        drawn, moves = query.pen.drawn(row, kept[None])
        after = query.read(row, drawn, moves)
        if query.goals[0].shortfall(after)[0] > 0.0:
            break
    before = rows_of(query.original)[0]
    return Semifactual(target, plain(before), plain(after), changes_of(query.pen.units, now, kept), drawn[0],
                       tuple(shift(label, before, after) for label in query.goals[0].moved))


def _farthest(query: Question, now: np.ndarray, unit: int) -> tuple[int, float]:
    """How far one unit can go, in its better direction, without reaching the target."""
    down, up = ENDS
    ends = (down - query.pen.past * (now[unit] - down >= LEAST), up)  # as the searches
    reached = [_as_far_as_it_holds(query, now, unit, end) for end in ends]
    return unit, max(reached, key=lambda level: abs(level - now[unit]))


def _as_far_as_it_holds(query: Question, levels: np.ndarray, unit: int, end: float) -> float:
    """The level of a unit nearest to `end` at which the target is not met, by halving from where it is. What no face
    shows counts as too far: its distance says nothing about what is read off it."""
    def too_far(level: float) -> bool:
        changed = levels.copy()
        changed[unit] = level
        row, tried = np.array([0]), changed[None]
        return bool(query.joins(row, tried)[0] or query.ahead(row, tried)[0] <= 0.0)

    if not too_far(end):
        return end
    near, far = float(levels[unit]), end
    for _ in range(ROUNDS):
        middle = (near + far) / 2.0
        near, far = (near, middle) if too_far(middle) else (middle, far)
    return near
