"""The counterfactual search: the fewest Action Units, then the smallest change of them, that reach the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
MAX_CHANGES, BEAM, REFINEMENTS = 3, 8, 5

Change = dict[int, float]
Shortfall = Callable[[Sequence[Change]], np.ndarray]


@dataclass(frozen=True)
class Found:
    """The answer of a search.

    Args:
        changes: new intensity 0..5 per AU; the nearest attempt where the target was not reached.
        reached: whether the target was reached.
        renders: how many faces were drawn.
    """

    changes: Change
    reached: bool
    renders: int


def search(shortfall: Shortfall, settings: Mapping[int, float], held: Sequence[int] = ()) -> Found:
    """Searches sets of AUs in the order of their size, and stops at the first size that reaches the target.

    All single AUs are tried at all levels; larger sets grow from the `BEAM` nearest smaller ones. Of the sets that
    reach the target the one with the least total change is taken, and then each of its changes is made as small as
    the target allows.

    Args:
        shortfall: draws sets of changes and says how far each is from the target, `(n,)`, 0 = reached.
        settings: intensity 0..5 per AU that the face has now.
        held: AUs that must not be changed.
    """
    free = [number for number in settings if number not in held]
    beam: list[Change] = [{}]
    nearest, least, renders = {}, float("inf"), 0
    for _ in range(min(MAX_CHANGES, len(free))):
        candidates = _grow(beam, free, settings)
        distances = np.asarray(shortfall(candidates))
        renders += len(candidates)
        reached = [change for change, distance in zip(candidates, distances) if distance <= 0.0]
        if reached:
            smallest = min(reached, key=lambda change: _size(change, settings))
            refined, more = _refine(smallest, settings, shortfall)
            return Found(refined, True, renders + more)
        order = np.argsort(distances, kind="stable")
        if distances[order[0]] < least:
            nearest, least = candidates[order[0]], float(distances[order[0]])
        beam = [candidates[index] for index in order[:BEAM]]
    return Found(nearest, False, renders)


def _grow(beam: Sequence[Change], free: Sequence[int], settings: Mapping[int, float]) -> list[Change]:
    """Every set of the beam with one more AU at every level that differs from what the face has."""
    grown = {tuple(sorted({**change, number: level}.items())): None
             for change in beam for number in free if number not in change
             for level in LEVELS if abs(level - settings[number]) >= 0.5}
    return [dict(change) for change in grown]


def _size(change: Change, settings: Mapping[int, float]) -> float:
    return sum(abs(value - settings[number]) for number, value in change.items())


def _refine(change: Change, settings: Mapping[int, float], shortfall: Shortfall) -> tuple[Change, int]:
    """Halves the way back to the face's own setting, AU by AU, as long as the target stays reached."""
    change, renders = dict(change), 0
    for number in change:
        near, far = settings[number], change[number]
        for _ in range(REFINEMENTS):
            middle = (near + far) / 2.0
            met = shortfall([{**change, number: middle}])[0] <= 0.0
            near, far = (near, middle) if met else (middle, far)
            renders += 1
        change[number] = far
    return change, renders
