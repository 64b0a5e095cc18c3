"""Options of the counterfactual searches."""

from __future__ import annotations

from dataclasses import dataclass

from catgan.errors import CatganError

INTENSITY_RANGE = (0.0, 5.0)
"""Lowest and highest intensity of an Action Unit."""
MIN_CHANGE = 0.5
"""Default of `SearchOptions.min_change`, in levels of intensity."""
MAX_UNITS = 3
"""Default of `SearchOptions.max_units`."""
MARGIN = 0.08
"""Default of `SearchOptions.margin`, a share of a label's range."""
GRID = (0.0, 2.5, 5.0)
"""Default of `SearchOptions.grid`, in levels of intensity."""


@dataclass(frozen=True)
class SearchOptions:
    """Options of the counterfactual searches; the defaults are those of all published figures.

    Args:
        max_units: largest number of Action Units that may change at once, 1 or more.
        min_change: smallest change of one Action Unit that is tried, in levels of intensity 0..5.
        margin: share of a label's range by which an answer goes beyond the edge of its target where it can, 0..0.4.
            On the very edge, the next model that reads the face disagrees.
        beam_width: sets of Action Units of one size from which larger sets grow. Method `"search"`.
        max_candidates: larger sets that are drawn for one face, the most promising first. Method `"search"`.
        refined: answers of one face of which each Action Unit's change is made small; twice as many are first made
            small as a whole. Methods `"search"` and `"gradient"`.
        refinement_steps: steps of false position for one change. Methods `"search"` and `"gradient"`.
        min_relative_gain: share of the distance to the target that the best single Action Unit must gain; below it all
            pairs are drawn. Method `"search"`.
        level_tolerance: levels to which the size of a change is to be known. Methods `"search"` and `"gradient"`.
        retained_share: share of a change that is assumed to remain after refinement. A candidate is given up when this
            much of it is still larger than the smallest answer. Methods `"search"` and `"gradient"`.
        gradient_steps: proximal gradient steps. Method `"gradient"`.
        gradient_rate: length of the first step of the steepest Action Unit, as a share of the range of intensities.
            Method `"gradient"`.
        gradient_sparsity: share of a step that the soft threshold takes from every Action Unit. Method `"gradient"`.
        grid: levels 0..5 that every Action Unit is brought to. Method `"minimal"`.

    Raises:
        CatganError: a value out of range.
    """

    max_units: int = MAX_UNITS
    min_change: float = MIN_CHANGE
    margin: float = MARGIN
    beam_width: int = 6
    max_candidates: int = 24
    refined: int = 4
    refinement_steps: int = 6
    min_relative_gain: float = 0.1
    level_tolerance: float = 0.15
    retained_share: float = 0.8
    gradient_steps: int = 16
    gradient_rate: float = 0.15
    gradient_sparsity: float = 0.3
    grid: tuple[float, ...] = GRID

    def __post_init__(self) -> None:
        object.__setattr__(self, "grid", tuple(float(level) for level in self.grid))
        if not self.grid or min(self.grid) < 0.0 or max(self.grid) > 5.0:
            raise CatganError("Levels of Action Units lie in 0..5. Received: "
                              f"{', '.join(f'{level:g}' for level in self.grid)}.")
        for name in ("max_units", "beam_width", "max_candidates", "refined", "refinement_steps", "gradient_steps"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise CatganError(f"'{name}' is a whole number from 1. Received: {getattr(self, name)}.")
        for name, low, high in (("min_change", 0.01, 5.0), ("margin", 0.0, 0.4), ("min_relative_gain", 0.0, 1.0),
                                ("level_tolerance", 0.0, 5.0), ("retained_share", 0.0, 1.0),
                                ("gradient_rate", 0.0, 1.0), ("gradient_sparsity", 0.0, 1.0)):
            if not low <= getattr(self, name) <= high:
                raise CatganError(f"'{name}' must lie in {low:g}..{high:g}. Received: {getattr(self, name):g}.")
