"""Joins the logits of all folds to tables: one column for each network and seed, arm, number of points, expression."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catgan.metrics.binary import BinaryScores, best_threshold
from catgan.studies.elimination.choice import Choice, choose
from catgan.studies.elimination.options import MAIN, Elimination
from catgan.studies.elimination.people import Fold
from catgan.studies.elimination.records import Step, read_step
from catgan.studies.elimination.run import Material, Piece

CHOSEN = "chosen"
"""Arms whose number of points validation chose in each fold: `chosen:relevance` and `chosen:joint`."""
CHOSEN_RANDOM = "chosen_random"
"""Arms of random points, as many as validation chose in each fold."""


class Key(NamedTuple):
    """Names one curve's point: columns of equal keys are repetitions, whose figures are averaged.

    Attributes:
        arm: `relevance`, `random`, `anatomical:mouth` ...
        size: number of points; 0 for `chosen`, whose number differs from fold to fold.
        expression: that is told from the rest.
    """

    arm: str
    size: int
    expression: str


@dataclass
class Table:
    """Holds the columns of one kind of network on the tested clips of several folds.

    Args:
        rows: numbers of the `n` tested clips.
        folds: int `(n,)`, fold of each.
        keys: of the `m` columns.
        scores: `(n, m)`.
        said: bool `(n, m)`, whether the score reaches the threshold of the fold.
        costs: parameters and multiply-adds of each column, mean over folds.
    """

    rows: np.ndarray
    folds: np.ndarray
    keys: list[Key] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)
    said: list[np.ndarray] = field(default_factory=list)
    costs: list[tuple[float, float, float]] = field(default_factory=list)

    def measured(self, truth: np.ndarray) -> BinaryScores:
        """Returns the scores of all columns, ready to be measured; `truth` bool `(n, m)`."""
        return BinaryScores(truth, np.stack(self.scores, 1), np.stack(self.said, 1), self.folds)


@dataclass(frozen=True)
class FoldResult:
    """Holds all steps of one fold, with the thresholds and the numbers of points that its validation people chose.

    Args:
        fold: its clips.
        steps: from all points down.
        thresholds: float64 `(m,)` for each step.
        choices: by arm (`relevance`, `joint`) and expression.
    """

    fold: Fold
    steps: tuple[Step, ...]
    thresholds: tuple[np.ndarray, ...]
    choices: dict[tuple[str, str], Choice]

    @property
    def sizes(self) -> list[int]:
        """Numbers of points, falling."""
        return [step.size for step in self.steps]

    def place(self, step: Step, arm: str, expression: str) -> int | None:
        """Returns the place of an arm in a step; with all points, all arms are the main one."""
        return step.find(MAIN if step.size == self.sizes[0] else arm, expression)


def read_fold(study: Elimination, material: Material, piece: Piece, out: Path) -> FoldResult:
    """Reads a finished fold and chooses thresholds and numbers of points on its validation people."""
    fold, clips = material.folds[piece.fold], material.clips
    steps = tuple(read_step(piece.folder(out), size) for size in material.sizes)
    labels = clips.labels[fold.validation]
    thresholds = []
    for step in steps:
        truth = [labels == clips.classes.index(member.expression) for member in step.members]
        thresholds.append(np.array([best_threshold(*pair) for pair in zip(truth, step.validation.T)]))
    result = FoldResult(fold, steps, tuple(thresholds), {})
    people = [clips.subjects[row] for row in fold.validation]
    for arm in (MAIN, *(["joint"] if "joint" in study.arms else [])):
        for names in [[name] for name in material.expressions] if arm == MAIN else [list(material.expressions)]:
            truth = labels[:, None] == [clips.classes.index(name) for name in names]
            choice = choose(truth, *_validated(result, arm, names), people, study.criterion)
            result.choices.update({(arm, name): choice for name in names})
    return result


def _validated(result: FoldResult, arm: str, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Returns the logits of validation clips, `(n, sizes, e)`, their thresholds `(sizes, e)`, and the sizes."""
    found = [(step, limits, [result.place(step, arm, name) for name in names])
             for step, limits in zip(result.steps, result.thresholds)]
    known = [(step, limits, [place for place in places if place is not None]) for step, limits, places in found
             if None not in places]
    return (np.stack([step.validation[:, places] for step, _, places in known], 1),
            np.stack([limits[places] for _, limits, places in known]), [step.size for step, _, _ in known])


def tabulated(results: Sequence[FoldResult]) -> Table:
    """Joins the tested clips of folds of one network and seed."""
    rows = np.concatenate([result.fold.test for result in results])
    folds = np.repeat(np.arange(len(results)), [len(result.fold.test) for result in results])
    table = Table(rows, folds)
    places = [dict(_columns(result)) for result in results]
    for what in places[0]:
        if all(what in found for found in places):
            _add(table, what[0], [(result, *found[what]) for result, found in zip(results, places)])
    for arm, name in results[0].choices:
        _add_chosen(table, results, arm, name)
    return table


def _columns(result: FoldResult) -> Iterator[tuple[tuple[Key, str], tuple[int, int]]]:
    """Yields key and repetition of each column of a fold, with its step and its place there."""
    for number, step in enumerate(result.steps):
        for place, member in enumerate(step.members):
            size = step.size if member.arm != "anatomical" else len(step.points[place])
            arm = member.arm if member.arm != "anatomical" else f"anatomical:{member.variant}"
            yield (Key(arm, size, member.expression), member.variant), (number, place)


def _add(table: Table, key: Key, found: Sequence[tuple[FoldResult, int, int]]) -> None:
    """Adds a column from a place in each fold."""
    scores = [result.steps[step].test[:, place] for result, step, place in found]
    said = [part >= result.thresholds[step][place] for part, (result, step, place) in zip(scores, found)]
    costs = [(len(result.steps[step].points[place]), result.steps[step].parameters[place],
              result.steps[step].multiply_adds[place]) for result, step, place in found]
    table.keys.append(key)
    table.scores.append(np.concatenate(scores))
    table.said.append(np.concatenate(said))
    points, parameters, multiply_adds = np.mean(costs, 0).tolist()
    table.costs.append((points, parameters, multiply_adds))


def _add_chosen(table: Table, results: Sequence[FoldResult], arm: str, name: str) -> None:
    """Adds the number of points that validation chose, and as many random points where all folds have them."""
    chosen, drawn = [], []
    for result in results:
        number = result.sizes.index(result.choices[arm, name].size)
        place = result.place(result.steps[number], arm, name)
        assert place is not None
        chosen.append((result, number, place))
        drawn.append([(result, number, other) for other, member in enumerate(result.steps[number].members)
                      if member.arm == "random" and member.expression == name])
    _add(table, Key(f"{CHOSEN}:{arm}", 0, name), chosen)
    # All points have no random subset but themselves.
    draws = max(map(len, drawn))
    for each in zip(*(others if number else [one] * draws for one, others in zip(chosen, drawn)
                      for number in [one[1]])):
        _add(table, Key(f"{CHOSEN_RANDOM}:{arm}", 0, name), each)
