"""The counterfactual search: the fewest Action Units, then the smallest change of them, that reach the target.

It asks a black box: draw these faces with these levels, how far is each from the target? All faces are searched at
once, so that the networks work on full batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

LEAST, MOST = 0.5, 3
"""The smallest change of an Action Unit that is tried, and the largest number of them."""
ENDS = (0.0, 5.0)
BEAM, TRIED, REFINED, ROUNDS = 6, 24, 4, 6
"""Sets that grow; larger sets that are drawn, the most promising; answers of which each unit is made small (of twice as
many all at once); steps of doing so."""
FLAT = 0.1
"""The share of the distance below which a gain by a single unit counts as none."""
CLOSE, SPARED = 0.15, 0.8
"""Levels to which the size of a change is to be known, if `ROUNDS` do; of what a change is sure to have, the share that
making unit after unit small leaves at the least."""

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""`distance(rows (m,), levels (m, k)) -> (m,)`: how far faces with these levels are from the target; 0 or less:
reached, with so much to spare."""
Odd = Callable[[np.ndarray], np.ndarray]
"""`odd(levels (m, k)) -> bool (m,)`: combinations that faces do not show."""


@dataclass(frozen=True)
class Found:
    """The answers of a search.

    Args:
        levels: as drawn, from `-past` to 5, `(n, k)`; those of the nearest attempt where the target was not reached.
        reached: `(n,)`.
        renders: faces drawn in all for each, `(n,)`.
    """

    levels: np.ndarray
    reached: np.ndarray
    renders: np.ndarray


def search(distance: Distance, settings: np.ndarray, free: np.ndarray, most: int = MOST,
           odd: Odd | None = None, past: float = 0.0) -> Found:
    """Searches sets of Action Units in the order of their size, and stops at the first size that reaches the target.

    Every unit is brought to both ends of its range. Larger sets grow from the `BEAM` nearest smaller ones; of them
    those are drawn that should come nearest if what single units do added up. Where no single unit comes nearer, as
    with a model that asks for two at once, all pairs are drawn, and so they are before giving up. Of the sets that
    reach the target those that should do so with the least change are made as small as it allows, and the smallest is
    the answer.

    Args:
        distance: draws, and says how far from the target.
        settings: intensities 0..5 that the faces have now, `(n, k)`.
        free: which may be changed, `(n, k)`.
        most: units that may change at once.
        odd: which levels are answers only where there are no others of their size.
        past: levels by which a unit may go below 0, where `settings` were read and may be wrong by as much: what is
            read as less than it is would else not go whole.
    """
    state = State(distance, settings, odd)
    state.start = state.ask(np.arange(len(settings)), settings)
    gains = np.zeros((*settings.shape, len(ENDS)))
    beams = [(settings[row][None], state.start[[row]]) for row in range(len(settings))]
    singles, every = list(beams), np.ones(len(settings), bool)

    def attempt(beams: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Draws sets that are larger by one unit; those of each face that is left, the nearest first."""
        left = np.flatnonzero(~state.reached).tolist()
        grown = [(row, level) for row in left for level in
                 _grow(*beams[row], settings[row], free[row], gains[row], past, None if every[row] else TRIED)]
        rows = np.array([row for row, _ in grown], np.int64)
        levels = np.array([level for _, level in grown]).reshape(-1, settings.shape[1])
        distances = state.ask(rows, levels)
        state.refine(rows[distances <= 0.0], levels[distances <= 0.0], distances[distances <= 0.0])
        result = {}
        for row in np.flatnonzero(~state.reached).tolist():
            mine = np.flatnonzero(rows == row)
            mine = mine[np.argsort(distances[mine], kind="stable")]
            result[row] = levels[mine], distances[mine]
            state.approach(row, *result[row])
        return result

    for size in range(1, most + 1):
        for row, found in attempt(beams).items():
            if size == 1:
                singles[row] = found
                _note_gains(gains[row], found[0], settings[row], state.start[row] - found[1])
            every[row] = size == 1 and gains[row].max() < FLAT * state.start[row]
            beams[row] = found if every[row] else (found[0][:BEAM], found[1][:BEAM])
    every[:] = True
    if most > 1 and not state.reached.all():
        attempt(singles)
    return Found(state.levels, state.reached, state.renders)


def _grow(beam: np.ndarray, distances: np.ndarray, now: np.ndarray, free: np.ndarray, gains: np.ndarray,
          past: float, most: int | None) -> np.ndarray:
    """Every set of the beam with one more unit at either end, `(m, k)`; the `most` that promise most."""
    grown: dict[bytes, tuple[float, np.ndarray]] = {}
    for levels, distance in zip(beam, distances):
        for unit in np.flatnonzero(free & (levels == now)):
            for place, end in enumerate(ENDS):
                if abs(end - now[unit]) >= LEAST:
                    larger = levels.copy()
                    larger[unit] = end if end > now[unit] else end - past
                    promised = distance - gains[unit, place]
                    kept = grown.get(larger.tobytes())
                    grown[larger.tobytes()] = (promised if kept is None else min(promised, kept[0]), larger)
    best = sorted(grown.values(), key=lambda item: item[0])[:most]
    return np.array([levels for _, levels in best]).reshape(-1, len(now))


def _note_gains(gains: np.ndarray, levels: np.ndarray, now: np.ndarray, nearer: np.ndarray) -> None:
    for level, gain in zip(levels, nearer):
        unit = int(np.flatnonzero(level != now)[0])
        gains[unit, int(level[unit] > now[unit])] = gain


class State:
    """The best answer so far of every face."""

    def __init__(self, distance: Distance, settings: np.ndarray, odd: Odd | None = None):
        self.distance, self.settings, self.odd = distance, settings, odd
        self.levels, self.nearest = settings.copy(), np.full(len(settings), np.inf)
        self.start = np.zeros(len(settings))
        self.reached, self.renders = np.zeros(len(settings), bool), np.zeros(len(settings), np.int64)

    def ask(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        np.add.at(self.renders, rows, 1)
        return np.asarray(self.distance(rows, levels), np.float64) if len(rows) else np.zeros(0)

    def approach(self, row: int, levels: np.ndarray, distances: np.ndarray) -> None:
        if len(levels) and distances[0] < self.nearest[row]:
            self.levels[row], self.nearest[row] = levels[0], distances[0]

    def refine(self, rows: np.ndarray, levels: np.ndarray, distances: np.ndarray) -> None:
        """Takes, of the answers `levels` of faces `rows`, with `distances` of 0 or less, the smallest after making the
        most promising small."""
        if not len(rows):
            return
        likely = self.start[rows] / np.maximum(self.start[rows] - distances, 1e-12)
        picked = _smallest(rows, likely * self._size(rows, levels), 2 * REFINED)
        rows, levels, distances = rows[picked], levels[picked], distances[picked]
        levels, distances = self._shrunk(rows, self.settings[rows], self.start[rows], levels, distances)
        picked = _smallest(rows, self._size(rows, levels), REFINED)
        rows, levels, distances = rows[picked], levels[picked], distances[picked]
        several = ((levels != self.settings[rows]).sum(1) > 1)
        if several.any():
            levels[several] = self._each_shrunk(rows[several], levels[several], distances[several])
        best = _smallest(rows, self._size(rows, levels), 1)
        self.levels[rows[best]], self.reached[rows[best]] = levels[best], True

    def _size(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """How large changes are; those that end where faces do not lie are larger than all others."""
        size = np.abs(levels - self.settings[rows]).sum(1)
        return size if self.odd is None else size + 5.0 * levels.shape[1] * self.odd(levels)

    def _each_shrunk(self, rows: np.ndarray, levels: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Changes of several units, each made as small as the others allow, one after the other."""
        for place in range(int((levels != self.settings[rows]).sum(1).max())):
            units = [np.flatnonzero(changed) for changed in levels != self.settings[rows]]
            unit = np.array([mine[min(place, len(mine) - 1)] for mine in units])
            without = levels.copy()
            without[np.arange(len(rows)), unit] = self.settings[rows, unit]
            levels, distances = self._shrunk(rows, without, self.ask(rows, without), levels, distances)
        return levels

    def _shrunk(self, rows: np.ndarray, near: np.ndarray, outside: np.ndarray, far: np.ndarray,
                inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The levels nearest to `near` `(m, k)`, on the straight way from `far`, that reach the target, and their
        distances, by false position (the Illinois rule), and halvings where that comes from one side twice. What cannot
        become the smallest of its face is given up.

        Args:
            outside, inside: distances at `near`, and, 0 or less, at `far`, `(m,)`.
        """
        low, high = np.zeros(len(rows)), np.ones(len(rows))
        low_value, high_value, distances = outside.copy(), inside.copy(), inside.copy()
        high[outside <= 0.0], distances[outside <= 0.0] = 0.0, outside[outside <= 0.0]
        last, twice = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        for turn in range(ROUNDS):
            least, most = (self._size(rows, near + share[:, None] * (far - near)) for share in (low, high))
            at = np.flatnonzero((most - least > CLOSE) & (SPARED * least < _least(rows, most)))
            if not len(at):
                break
            with np.errstate(invalid="ignore", divide="ignore"):
                share = np.where(high_value < 0.0, low_value / (low_value - high_value), 0.5)
            # A little to the far side of where a straight line would cross: reached is what counts.
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


def _least(rows: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The least size of the face of each row, `(m,)`."""
    least = np.full(int(rows.max()) + 1 if len(rows) else 0, np.inf)
    np.minimum.at(least, rows, sizes)
    return least[rows]


def _smallest(rows: np.ndarray, sizes: np.ndarray, most: int) -> np.ndarray:
    """Places of the `most` smallest of each face, in a fixed order."""
    order = np.lexsort((sizes, rows))
    first = np.searchsorted(rows[order], rows[order])
    return order[np.arange(len(order)) - first < most]
