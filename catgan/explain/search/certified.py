"""Certified answers: on a declared grid no smaller set of Action Units reaches the target, and none of the same size
with less change. Every set and every level is drawn, in the order of the sets' size: nothing is assumed of the model.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan.errors import CatganError
from catgan.explain.search.beam import Distance
from catgan.models.gan.changes import DIGITS

GRID = (0.0, 2.5, 5.0)
"""Levels that every Action Unit is brought to."""
SAME, AT_ONCE = 0.5, 256


@dataclass(frozen=True)
class Certificate:
    """What was searched, so that anybody can say what the answer is minimal among.

    Args:
        grid: levels 0..5; those nearer than `SAME` to what the face has were left out.
        beyond: levels below 0 to which Action Units that the face was read to have (`SAME` or more) were brought too;
            0 where the drawer cannot, or 0 is not on the grid.
        units, held: FACS numbers that were changed, and that were not.
        most: units in the largest sets.
        complete: sizes of sets that were searched to the end. An answer of size s is the smallest if all sizes up to s
            are here.
        renders: faces drawn.
        reaching: sets of the answer's size that reach the target.
        apart: FACS numbers of units that no face shows together: what brings them together was no answer.
        margin: share of a label's range by which the target was to be met with something to spare, where it can be.
    """

    grid: tuple[float, ...]
    units: tuple[int, ...]
    held: tuple[int, ...]
    most: int
    complete: tuple[int, ...]
    renders: int
    reaching: int
    apart: tuple[tuple[int, int], ...] = ()
    beyond: float = 0.0
    margin: float = 0.0

    @property
    def searched(self) -> str:
        """The grid in words."""
        grid = f"on the grid {', '.join(f'{level:g}' for level in self.grid)}"
        return grid + (f" (and {self.beyond:g} beyond 0, of those read at {SAME:g} or more)" if self.beyond else "")

    def to_dict(self) -> dict[str, Any]:
        return {"grid": list(self.grid), "beyond": self.beyond, "action_units": list(self.units),
                "held": list(self.held), "most": self.most,
                "complete": list(self.complete), "renders": self.renders, "reaching": self.reaching,
                "apart": [list(pair) for pair in self.apart], "margin": self.margin}


def minimal(distance: Distance, settings: np.ndarray, units: Sequence[int], free: np.ndarray,
            grid: Sequence[float] = GRID, most: int = 3, row: int = 0,
            past: float = 0.0) -> tuple[np.ndarray, bool, Certificate]:
    """The least change of the fewest Action Units, proven on a grid.

    Args:
        distance: as in `catgan.explain.search.beam`.
        settings: intensities 0..5 of the face, `(k,)`.
        units: their FACS numbers.
        free: which may be changed, `(k,)`.
        grid: levels that each is brought to, rounded to the decimals that answers state.
        most: units in the largest sets.
        row: of the face.
        past: as in `catgan.explain.search.beam.search`: units that are there are also brought so far below 0.

    Returns:
        Levels `(k,)`, the nearest attempt where nothing reaches the target; whether it was reached; the certificate.

    Raises:
        CatganError: a level outside 0..5.
    """
    if not grid or min(grid) < 0.0 or max(grid) > 5.0:
        raise CatganError(f"Levels of Action Units lie in 0..5. Received: {', '.join(f'{level:g}' for level in grid)}.")
    grid = tuple(round(float(level), DIGITS) for level in grid)
    past = past if 0.0 in grid else 0.0
    nearest, least, renders, complete = settings, math.inf, 0, []
    chosen, smallest, reaching = settings, math.inf, set[tuple[int, ...]]()
    for size in range(1, min(most, int(free.sum())) + 1):
        for part in _parts(_sets(settings, free, grid, size, past)):
            levels = np.array(part)
            distances = np.asarray(distance(np.full(len(levels), row), levels))
            renders += len(levels)
            if distances.min() < least:
                nearest, least = levels[int(distances.argmin())], float(distances.min())
            for level in levels[distances <= 0.0]:
                reaching.add(tuple(np.flatnonzero(level != settings)))
                change = float(np.abs(level - settings).sum())
                if change < smallest:
                    chosen, smallest = level, change
        complete.append(size)
        if reaching:
            break
    held = tuple(number for number, may in zip(units, free) if not may)
    certificate = Certificate(grid, tuple(number for number in units if number not in held), held, most,
                              tuple(complete), renders, len(reaching), beyond=past)
    return (chosen, True, certificate) if reaching else (nearest, False, certificate)


def _sets(settings: np.ndarray, free: np.ndarray, grid: Sequence[float], size: int,
          past: float) -> Iterator[np.ndarray]:
    for chosen in itertools.combinations(np.flatnonzero(free), size):
        options = [[level for level in grid if abs(level - settings[unit]) >= SAME]
                   + ([-past] if past > 0.0 and settings[unit] >= SAME else []) for unit in chosen]
        for levels in itertools.product(*options):
            changed = settings.copy()
            changed[list(chosen)] = levels
            yield changed


def _parts(items: Iterator[np.ndarray]) -> Iterator[list[np.ndarray]]:
    while part := list(itertools.islice(items, AT_ONCE)):
        yield part
