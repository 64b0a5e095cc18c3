"""Semifactual explanations: the largest change that does not change the answer, "even if" (Kenny & Keane 2021)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catgan import files
from catgan.errors import CatganError, DataError
from catgan.explain import result_json
from catgan.explain.answers import NUDGES
from catgan.explain.problem import CounterfactualProblem, rows_of
from catgan.explain.search.options import INTENSITY_RANGE, SearchOptions
from catgan.explain.stated import changes_of, differences, round_inward
from catgan.explain.wording import describe_changes, describe_label_change, to_jsonable
from catgan.models.gan.changes import DIGITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BISECTIONS = 5
"""Bisections that find how far one Action Unit can go."""


@dataclass(frozen=True, repr=False)
class Semifactual:
    """The largest change of a face that was found not to change the answer.

    Args:
        target: what is still not met.
        original, semifactual: readings of both faces by column. Names of catgan's own readings beside a foreign model
            begin with `catgan:`.
        changes: per AU name the level as read and the level as drawn, as of a `Counterfactual`.
        image: the changed face, uint8 `(side, side, 3)`.
        shifts: change of each label that the target names, as text.
    """

    target: str
    original: dict[str, float | str]
    semifactual: dict[str, float | str]
    changes: dict[str, tuple[float, float]]
    image: np.ndarray
    shifts: tuple[str, ...]

    def sentence(self) -> str:
        """Returns the answer as a sentence."""
        if not self.changes:
            return f"Any change of this face that was tried reaches {self.target}."
        return f"{self.target} is not reached even if {describe_changes(self.changes)}: {', '.join(self.shifts)}."

    def to_dict(self) -> dict[str, object]:
        """Returns the answer without its picture as a JSON object."""
        return {"target": self.target, "original": self.original, "semifactual": self.semifactual,
                "changes": {name: [round(value, DIGITS) for value in pair] for name, pair in self.changes.items()},
                "shifts": list(self.shifts), "sentence": self.sentence()}

    def to_json(self, path: str | Path | None = None) -> str:
        """Returns the answer with its picture as JSON text, and writes it to `path` if given."""
        text = json.dumps({**self.to_dict(), "image": result_json.to_base64(self.image)}, allow_nan=False)
        if path is not None:
            files.write_text(path, text + "\n")
        return text

    @classmethod
    def from_json(cls, source: str | Path) -> Semifactual:
        """Reads text that `to_json` returned, or a file that it wrote.

        Raises:
            DataError: text that is no semifactual, or a file that cannot be read.
        """
        content: Mapping[str, Any] = result_json.read_content(source)[0]
        try:
            changes = {name: (now, to) for name, (now, to) in content["changes"].items()}
            return cls(content["target"], content["original"], content["semifactual"], changes,
                       result_json.from_base64(content["image"]), tuple(content["shifts"]))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DataError("This is no semifactual as catgan writes it: "
                            f"{type(error).__name__}: {' '.join(str(error).split())[:100]}.") from None

    def plot(self) -> Figure:
        """Draws the changed face and the sentence; returns a matplotlib figure that pyplot does not hold."""
        from catgan.explain.panel import semifactual_figure

        return semifactual_figure(self)

    def __repr__(self) -> str:
        return f"Semifactual(target={self.target!r}, differences={differences(self.changes)})"

    def _repr_html_(self) -> str:
        return result_json.html(self.sentence(), {"semifactual": self.image})


def find_semifactual(problem: CounterfactualProblem, options: SearchOptions) -> Semifactual:
    """Finds the largest change of one face after which the target is still not met.

    Units join in the order of how far they can go alone. A unit that would reach the target, or show units together
    that exclude each other, goes as far as it does not.

    Args:
        problem: of one face, with margin 0.
        options: `max_units` and `min_change`.

    Raises:
        CatganError: a target that holds for the unchanged face.
    """
    if problem.met[0]:
        raise CatganError(f"{problem.goals[0].text} holds for this face as it is: ask for something that does not.")
    now = problem.drawer.settings[0]
    ends = [_farthest(problem, now, int(unit), options) for unit in np.flatnonzero(problem.allowed[0])]
    levels = now.copy()
    for unit, level in sorted(ends, key=lambda end: -abs(end[1] - now[end[0]]))[:options.max_units]:
        if abs(level - now[unit]) >= options.min_change:
            levels[unit] = _as_far_as_it_holds(problem, levels, unit, level)
    kept = np.where(np.abs(levels - now) >= options.min_change, levels, now)
    return _stated(problem, now, kept)


def _stated(problem: CounterfactualProblem, now: np.ndarray, levels: np.ndarray) -> Semifactual:
    """Rounds and draws the levels, so that the target is not met by what is stated."""
    row, target = np.array([0]), problem.goals[0]
    for nudge in NUDGES:
        stated = round_inward(now, levels, nudge)
        drawn, moves = problem.drawer.drawn(row, stated[None])
        after = problem.read(row, drawn, moves)
        if target.shortfall(after)[0] > 0.0:
            break
    before = rows_of(problem.original)[0]
    return Semifactual(target.text, to_jsonable(before), to_jsonable(after),
                       changes_of(problem.drawer.units, now, stated), drawn[0],
                       tuple(describe_label_change(label, before, after) for label in target.goal_labels))


def _farthest(problem: CounterfactualProblem, now: np.ndarray, unit: int, options: SearchOptions) -> tuple[int, float]:
    """Returns a unit and the level farthest from now, in its better direction, that does not reach the target."""
    down, up = INTENSITY_RANGE
    ends = (down - problem.drawer.intensity_slack * (now[unit] - down >= options.min_change), up)  # as the searches
    reached = [_as_far_as_it_holds(problem, now, unit, end) for end in ends]
    return unit, max(reached, key=lambda level: abs(level - now[unit]))


def _as_far_as_it_holds(problem: CounterfactualProblem, levels: np.ndarray, unit: int, end: float) -> float:
    """Returns the level of a unit nearest to `end` at which the target is not met, by bisection from where it is.

    Mutually exclusive units count as too far: no training face shows them, so a reading of them says nothing.
    """
    def too_far(level: float) -> bool:
        changed = levels.copy()
        changed[unit] = level
        row, tried = np.array([0]), changed[None]
        return bool(problem.violates_exclusion(row, tried)[0] or problem.signed_distance(row, tried)[0] <= 0.0)

    if not too_far(end):
        return end
    near, far = float(levels[unit]), end
    for _ in range(BISECTIONS):
        middle = (near + far) / 2.0
        near, far = (near, middle) if too_far(middle) else (middle, far)
    return near
