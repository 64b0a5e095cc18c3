"""Certified counterfactuals: on a declared grid no smaller set of Action Units reaches the target, and none of the same
size with less change.

Every set and every level of the grid is drawn, in the order of the sets' size. Nothing is assumed about the model.
"""

from __future__ import annotations

import itertools
import json
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catgan import files
from catgan.explain.search.options import MIN_CHANGE, SearchOptions
from catgan.explain.search.refinement import Distance
from catgan.models.gan.changes import DIGITS

BATCH_SIZE = 256
"""Combinations of one face that are drawn at once."""


@dataclass(frozen=True)
class Certificate:
    """States which changes were searched, so that anybody can say what an answer is minimal among.

    Args:
        grid: levels 0..5 that every unit was brought to. Levels nearer than `min_change` to the face's own were left
            out.
        units: FACS numbers of the Action Units that were changed.
        held: FACS numbers of the Action Units that were not.
        max_units: units in the largest sets.
        complete: sizes of sets that were searched to the end. An answer of size s is the smallest if all sizes up to s
            are here.
        renders: number of faces drawn.
        reaching: number of sets of the answer's size that reach the target.
        exclusive_pairs: pairs of FACS numbers that no training face shows together. What shows them together counted as
            no answer.
        beyond: levels below 0 that units read at `min_change` or more were brought to as well; 0 where the drawer
            cannot, or 0 is not on the grid.
        margin: share of a label's range by which the target was to be met with something to spare, where possible.
        min_change: smallest change that was tried, in levels.
    """

    grid: tuple[float, ...]
    units: tuple[int, ...]
    held: tuple[int, ...]
    max_units: int
    complete: tuple[int, ...]
    renders: int
    reaching: int
    exclusive_pairs: tuple[tuple[int, int], ...] = ()
    beyond: float = 0.0
    margin: float = 0.0
    min_change: float = MIN_CHANGE

    @property
    def most(self) -> int:
        """Deprecated: `max_units`."""
        warnings.warn("Certificate.most is called max_units now", DeprecationWarning, stacklevel=2)
        return self.max_units

    @property
    def apart(self) -> tuple[tuple[int, int], ...]:
        """Deprecated: `exclusive_pairs`."""
        warnings.warn("Certificate.apart is called exclusive_pairs now", DeprecationWarning, stacklevel=2)
        return self.exclusive_pairs

    @property
    def searched(self) -> str:
        """The grid in words."""
        grid = f"on the grid {', '.join(f'{level:g}' for level in self.grid)}"
        return grid + (f" (and {self.beyond:g} beyond 0, of those read at {self.min_change:g} or more)"
                       if self.beyond else "")

    def sentence(self) -> str:
        """Returns in words what was proven, or that nothing was."""
        sizes = f"up to {max(self.complete)} Action Units" if max(self.complete, default=0) > 1 else "one Action Unit"
        searched = f"All {self.renders} changes of {sizes} {self.searched} were drawn"
        if not self.complete:
            return "No Action Unit may be changed, so nothing was searched."
        if not self.reaching:
            return f"{searched}: none reaches the target" + (" with something to spare." if self.margin else ".")
        others = f" {self.reaching} sets of this size reach it." if self.reaching > 1 else ""
        return f"{searched}: no smaller set reaches the target, and none of the same size with less change.{others}"

    def to_dict(self) -> dict[str, object]:
        """Returns the `certificate` of `counterfactual.json`. `min_change` is there where it is not the default."""
        content: dict[str, object] = {
            "grid": list(self.grid), "beyond": self.beyond, "action_units": list(self.units),
            "held": list(self.held), "most": self.max_units, "complete": list(self.complete), "renders": self.renders,
            "reaching": self.reaching, "apart": [list(pair) for pair in self.exclusive_pairs], "margin": self.margin}
        return content if self.min_change == MIN_CHANGE else {**content, "min_change": self.min_change}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Certificate:
        """Reads what `to_dict` returns."""
        return cls(tuple(content["grid"]), tuple(content["action_units"]), tuple(content["held"]), content["most"],
                   tuple(content["complete"]), content["renders"], content["reaching"],
                   tuple((one, other) for one, other in content["apart"]), content["beyond"], content["margin"],
                   content.get("min_change", MIN_CHANGE))

    def to_json(self, path: str | Path | None = None) -> str:
        """Returns the certificate as JSON text, and writes it to `path` if given."""
        text = json.dumps(self.to_dict(), indent=1)
        if path is not None:
            files.write_text(Path(path), text + "\n")
        return text

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Reads the text that `to_json` returns."""
        return cls.from_dict(json.loads(text))


def minimal(distance: Distance, settings: np.ndarray, units: Sequence[int], allowed: np.ndarray,
            options: SearchOptions = SearchOptions(), row: int = 0, intensity_slack: float = 0.0,
            batch_size: int = BATCH_SIZE) -> tuple[np.ndarray, bool, Certificate]:
    """Finds the smallest change of the fewest Action Units, proven on a grid.

    Args:
        distance: see `catgan.explain.search.refinement.Distance`.
        settings: intensities 0..5 of the face, `(k,)`.
        units: their FACS numbers.
        allowed: which of them may change, bool `(k,)`.
        options: `grid`, whose levels are rounded to the decimals that answers state, `max_units` and `min_change`.
        row: of the face.
        intensity_slack: levels below 0 that units which the face shows are also brought to.
        batch_size: combinations that are drawn at once.

    Returns:
        Levels `(k,)`, those of the nearest attempt where nothing reaches the target; whether it was reached; and the
        certificate.
    """
    grid = tuple(round(level, DIGITS) for level in options.grid)
    slack = intensity_slack if 0.0 in grid else 0.0
    nearest, least_distance, renders, complete = settings, math.inf, 0, []
    chosen, smallest, reaching = settings, math.inf, set[tuple[int, ...]]()
    for size in range(1, min(options.max_units, int(allowed.sum())) + 1):
        for part in _batches(_sets(settings, allowed, grid, size, slack, options.min_change), batch_size):
            levels = np.array(part)
            distances = np.asarray(distance(np.full(len(levels), row), levels))
            renders += len(levels)
            if distances.min() < least_distance:
                nearest, least_distance = levels[int(distances.argmin())], float(distances.min())
            for level in levels[distances <= 0.0]:
                reaching.add(tuple(np.flatnonzero(level != settings)))
                change = float(np.abs(level - settings).sum())
                if change < smallest:
                    chosen, smallest = level, change
        complete.append(size)
        if reaching:
            break
    held = tuple(number for number, may in zip(units, allowed) if not may)
    certificate = Certificate(grid, tuple(number for number in units if number not in held), held, options.max_units,
                              tuple(complete), renders, len(reaching), beyond=slack, min_change=options.min_change)
    return (chosen, True, certificate) if reaching else (nearest, False, certificate)


def _sets(settings: np.ndarray, allowed: np.ndarray, grid: Sequence[float], size: int, slack: float,
          min_change: float) -> Iterator[np.ndarray]:
    """Yields the levels `(k,)` of every change of `size` units to levels of the grid."""
    for chosen in itertools.combinations(np.flatnonzero(allowed), size):
        options = [[level for level in grid if abs(level - settings[unit]) >= min_change]
                   + ([-slack] if slack > 0.0 and settings[unit] >= min_change else []) for unit in chosen]
        for levels in itertools.product(*options):
            changed = settings.copy()
            changed[list(chosen)] = levels
            yield changed


def _batches(items: Iterator[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    while part := list(itertools.islice(items, size)):
        yield part
