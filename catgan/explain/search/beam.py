"""Beam search for a counterfactual: the fewest Action Units, then the smallest change of them, that reach the target.

The explained model is a black box: the search draws faces with changed Action Units and asks for the distance of each
from its target. All faces are searched at once, so that the networks work on full batches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.explain.search.options import INTENSITY_RANGE, SearchOptions
from catgan.explain.search.refinement import Distance, ImplausibilityTest, SearchResult, SearchState

Beam = tuple[np.ndarray, np.ndarray]
"""Levels `(m, k)` of candidates for one face, and their distances `(m,)`, nearest first."""


def search(distance: Distance, settings: np.ndarray, allowed: np.ndarray, options: SearchOptions = SearchOptions(),
           is_implausible: ImplausibilityTest | None = None, intensity_slack: float = 0.0) -> SearchResult:
    """Searches sets of Action Units in the order of their size, and stops at the first size that reaches the target.

    First, every unit is brought to both ends of its range. Larger sets grow from the nearest smaller ones; those are
    drawn that would come nearest if the gains of single units added up. Where no single unit comes nearer to the
    target, all pairs are drawn, and so they are before giving up. The most promising sets that reach the target are
    made as small as it allows, and the smallest is the answer.

    Args:
        distance: see `catgan.explain.search.refinement.Distance`.
        settings: intensities 0..5 that the faces have now, `(n, k)`.
        allowed: which units may change, bool `(n, k)`.
        options: see `SearchOptions`.
        is_implausible: tests for combinations that are answers only where there are no others of their size.
        intensity_slack: levels by which a unit may go below 0. `settings` are read off the face and may be too low by
            as much.
    """
    state, every = SearchState(distance, settings, options, is_implausible), np.ones(len(settings), bool)
    gains = np.zeros((*settings.shape, len(INTENSITY_RANGE)))
    beams: list[Beam] = [(settings[row][None], state.start[[row]]) for row in range(len(settings))]
    singles = list(beams)

    def attempt(beams: Sequence[Beam]) -> dict[int, Beam]:
        """Draws all sets that are larger by one unit; returns those of each face that has no answer."""
        left = np.flatnonzero(~state.reached).tolist()
        grown = [(row, level) for row in left for level in
                 _grow(beams[row], settings[row], allowed[row], gains[row], intensity_slack, options,
                       None if every[row] else options.max_candidates)]
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

    for size in range(1, options.max_units + 1):
        for row, found in attempt(beams).items():
            if size == 1:
                singles[row] = found
                _note_gains(gains[row], found[0], settings[row], state.start[row] - found[1])
            every[row] = size == 1 and gains[row].max() < options.min_relative_gain * state.start[row]
            beams[row] = found if every[row] else (found[0][:options.beam_width], found[1][:options.beam_width])
    every[:] = True
    if options.max_units > 1 and not state.reached.all():
        attempt(singles)
    return SearchResult(state.levels, state.reached, state.renders)


def _grow(beam: Beam, now: np.ndarray, allowed: np.ndarray, gains: np.ndarray, intensity_slack: float,
          options: SearchOptions, count: int | None) -> np.ndarray:
    """Adds one unit at either end of its range to every set of a beam; returns the `count` most promising, `(m, k)`."""
    grown: dict[bytes, tuple[float, np.ndarray]] = {}
    for levels, distance in zip(*beam):
        for unit in np.flatnonzero(allowed & (levels == now)):
            for place, end in enumerate(INTENSITY_RANGE):
                if abs(end - now[unit]) >= options.min_change:
                    larger = levels.copy()
                    larger[unit] = end if end > now[unit] else end - intensity_slack
                    promised = distance - gains[unit, place]
                    kept = grown.get(larger.tobytes())
                    grown[larger.tobytes()] = (promised if kept is None else min(promised, kept[0]), larger)
    best = sorted(grown.values(), key=lambda item: item[0])[:count]
    return np.array([levels for _, levels in best]).reshape(-1, len(now))


def _note_gains(gains: np.ndarray, levels: np.ndarray, now: np.ndarray, nearer: np.ndarray) -> None:
    """Writes by how much each single change of a unit came nearer to the target into `gains` `(k, 2)`."""
    for level, gain in zip(levels, nearer):
        unit = int(np.flatnonzero(level != now)[0])
        gains[unit, int(level[unit] > now[unit])] = gain
