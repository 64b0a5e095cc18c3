"""Best answers of a search so far, and the refinement that makes each change as small as its target allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catgan.explain.search.options import SearchOptions

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""`distance(rows (m,), levels (m, k)) -> (m,)`: signed distance of faces `rows`, drawn with Action Units at `levels`,
from their targets. Negative values are the margin by which a target is met."""
ImplausibilityTest = Callable[[np.ndarray], np.ndarray]
"""`is_implausible(levels (m, k)) -> bool (m,)`: whether a combination lies outside the training distribution."""


@dataclass(frozen=True)
class SearchResult:
    """Answers of a search.

    Args:
        levels: intensities to draw, from `-intensity_slack` to 5, `(n, k)`; those of the nearest attempt where no
            change reached the target.
        reached: whether the target was reached, bool `(n,)`.
        renders: number of faces drawn for each face, `(n,)`.
    """

    levels: np.ndarray
    reached: np.ndarray
    renders: np.ndarray


class SearchState:
    """Best answer so far of every face.

    Args:
        distance: see `Distance`.
        settings: intensities 0..5 that the faces have now, `(n, k)`.
        options: see `SearchOptions`.
        is_implausible: see `ImplausibilityTest`; None accepts every combination.
    """

    def __init__(self, distance: Distance, settings: np.ndarray, options: SearchOptions,
                 is_implausible: ImplausibilityTest | None = None):
        self.distance, self.settings, self.options = distance, settings, options
        self.is_implausible = is_implausible
        self.levels, self.nearest = settings.copy(), np.full(len(settings), np.inf)
        self.reached, self.renders = np.zeros(len(settings), bool), np.zeros(len(settings), np.int64)
        self.start = self.ask(np.arange(len(settings)), settings)

    def ask(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Returns the distances `(m,)` of faces `rows` with levels `(m, k)`, and counts the faces drawn."""
        np.add.at(self.renders, rows, 1)
        return np.asarray(self.distance(rows, levels), np.float64) if len(rows) else np.zeros(0)

    def approach(self, row: int, levels: np.ndarray, distances: np.ndarray) -> None:
        """Keeps the first of `levels` `(m, k)` as the nearest attempt of face `row`, if it is nearer than the last."""
        if len(levels) and distances[0] < self.nearest[row]:
            self.levels[row], self.nearest[row] = levels[0], distances[0]

    def refine(self, rows: np.ndarray, levels: np.ndarray, distances: np.ndarray) -> None:
        """Keeps the smallest answer of each face after making the most promising ones small.

        Args:
            rows: faces that the answers belong to, `(m,)`.
            levels: answers, `(m, k)`.
            distances: their distances, 0 or less, `(m,)`.
        """
        if not len(rows):
            return
        likely = self.start[rows] / np.maximum(self.start[rows] - distances, 1e-12)
        picked = _smallest(rows, likely * self._size(rows, levels), 2 * self.options.refined)
        rows, levels, distances = rows[picked], levels[picked], distances[picked]
        levels, distances = self._shrink(rows, self.settings[rows], self.start[rows], levels, distances)
        picked = _smallest(rows, self._size(rows, levels), self.options.refined)
        rows, levels, distances = rows[picked], levels[picked], distances[picked]
        several = ((levels != self.settings[rows]).sum(1) > 1)
        if several.any():
            levels[several] = self._shrink_each_unit(rows[several], levels[several], distances[several])
        best = _smallest(rows, self._size(rows, levels), 1)
        self.levels[rows[best]], self.reached[rows[best]] = levels[best], True

    def _size(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Returns the L1 size of changes, `(m,)`; implausible ones are larger than all plausible ones."""
        size = np.abs(levels - self.settings[rows]).sum(1)
        return size if self.is_implausible is None else size + 5.0 * levels.shape[1] * self.is_implausible(levels)

    def _shrink_each_unit(self, rows: np.ndarray, levels: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Makes each unit of a change as small as the others allow, one after the other."""
        for place in range(int((levels != self.settings[rows]).sum(1).max())):
            units = [np.flatnonzero(changed) for changed in levels != self.settings[rows]]
            unit = np.array([mine[min(place, len(mine) - 1)] for mine in units])
            without = levels.copy()
            without[np.arange(len(rows)), unit] = self.settings[rows, unit]
            levels, distances = self._shrink(rows, without, self.ask(rows, without), levels, distances)
        return levels

    def _shrink(self, rows: np.ndarray, near: np.ndarray, outside: np.ndarray, far: np.ndarray,
                inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Finds the point nearest to `near` on the line from `far` that still reaches the target.

        The root is found by false position (the Illinois rule), with a bisection where the bracket shrinks from the
        same side twice. Answers that cannot become the smallest of their face are given up.

        Args:
            rows: faces, `(m,)`.
            near, far: ends of the line, levels `(m, k)`.
            outside, inside: distances at `near`, and, 0 or less, at `far`, `(m,)`.

        Returns:
            Levels `(m, k)` and their distances `(m,)`.
        """
        low, high = np.zeros(len(rows)), np.ones(len(rows))
        low_value, high_value, distances = outside.copy(), inside.copy(), inside.copy()
        high[outside <= 0.0], distances[outside <= 0.0] = 0.0, outside[outside <= 0.0]
        last, twice = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        for turn in range(self.options.refinement_steps):
            smallest, largest = (self._size(rows, near + share[:, None] * (far - near)) for share in (low, high))
            at = np.flatnonzero((largest - smallest > self.options.level_tolerance)
                                & (self.options.retained_share * smallest < _smallest_of_face(rows, largest)))
            if not len(at):
                break
            with np.errstate(invalid="ignore", divide="ignore"):
                share = np.where(high_value < 0.0, low_value / (low_value - high_value), 0.5)
            # A little to the far side of where a straight line would cross, since only reached points count.
            share = np.where(twice, 0.5, np.clip(share + 0.05, 0.1, 0.75))[at]
            middle = low[at] + (high[at] - low[at]) * share
            values = self.ask(rows[at], near[at] + middle[:, None] * (far[at] - near[at]))
            met = values <= 0.0
            twice[at], last[at] = (met == last[at]) & (turn > 0), met
            low[at], high[at] = np.where(met, low[at], middle), np.where(met, middle, high[at])
            distances[at] = np.where(met, values, distances[at])
            low_value[at], high_value[at] = (np.where(met, low_value[at] * 0.5, values),
                                             np.where(met, values, high_value[at] * 0.5))
        return near + high[:, None] * (far - near), distances


def _smallest_of_face(rows: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Returns for each entry the smallest size among the entries of the same face, `(m,)`."""
    smallest = np.full(int(rows.max()) + 1 if len(rows) else 0, np.inf)
    np.minimum.at(smallest, rows, sizes)
    return smallest[rows]


def _smallest(rows: np.ndarray, sizes: np.ndarray, count: int) -> np.ndarray:
    """Returns the indices of the `count` smallest entries of each face, in a fixed order."""
    order = np.lexsort((sizes, rows))
    first = np.searchsorted(rows[order], rows[order])
    return order[np.arange(len(order)) - first < count]
