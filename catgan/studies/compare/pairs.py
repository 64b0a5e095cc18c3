"""Chooses which models are compared with each other, and on which labels."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catgan.errors import CatganError, unknown_name
from catgan.labels import LabelSpec
from catgan.studies.compare.measured import Shared
from catgan.studies.compare.runs import UNLIKE, ComparedModel

ALL_PAIRS = 4
"""Models of which all pairs are compared without `by`; of more, every one is compared with the first."""


@dataclass(frozen=True)
class Pair:
    """Two models; differences are `model` - `against`.

    Args:
        model, against: places among the models.
        short: what reports call both: their levels of the axis in which they differ, else their names.
        equal: levels of the other axes of a sweep, which both have in common; empty without.
    """

    model: int
    against: int
    short: tuple[str, str]
    equal: Mapping[str, str] = field(default_factory=dict)

    @property
    def context(self) -> str:
        """Names the levels that both have in common: `all labels, adversarial`; `-` stands for none."""
        return ", ".join(level for level in self.equal.values() if level != "-")


def choose_pairs(models: Sequence[ComparedModel], by: str | None = None) -> tuple[list[Pair], str]:
    """Chooses the pairs.

    Returns:
        The pairs, earlier models being what later ones are compared against; and a sentence that says which they are.

    Raises:
        CatganError: no model has the column `by`, or no two models differ in it alone.
    """
    if by is not None and len(models) == 1:
        raise CatganError(f"--by needs two or more models. Received one: {models[0].name}.")
    if len(models) == 1:
        return [], "One model only: there is no difference to tell."
    if by is not None:
        return pairs_by(models, by), f"Models that differ in '{by}' alone are compared."
    if len(models) <= ALL_PAIRS:
        pairs = [_named(models, later, earlier) for earlier, later in itertools.combinations(range(len(models)), 2)]
        return pairs, "All pairs of models are compared." if len(models) > 2 else "The two models are compared."
    return ([_named(models, place, 0) for place in range(1, len(models))],
            f"Every model is compared with the first, {models[0].name}. For other pairs, name a column: --by COLUMN.")


def _named(models: Sequence[ComparedModel], model: int, against: int) -> Pair:
    return Pair(model, against, (models[model].name, models[against].name))


def pairs_by(models: Sequence[ComparedModel], by: str) -> list[Pair]:
    """Pairs the models that differ in one column alone; see `choose_pairs`."""
    if all(model.level(by) is None for model in models):
        raise unknown_name("column for --by", by, columns(models))
    pairs = []
    for earlier, later in itertools.combinations(range(len(models)), 2):
        one, other = models[earlier], models[later]
        levels = one.level(by), other.level(by)
        if None not in levels and levels[0] != levels[1] and one.others(by) == other.others(by):
            pairs.append(Pair(later, earlier, (other.levels[by], one.levels[by]), dict(one.others(by)))
                         if by in one.levels and by in other.levels else _named(models, later, earlier))
    if not pairs:
        found = "; ".join(f"{model.name}: {model.level(by)}" for model in models[:6])
        raise CatganError(f"No two models differ in '{by}' and in nothing else. Received: {found}.")
    return pairs


def columns(models: Sequence[ComparedModel]) -> list[str]:
    """Lists the columns that `by` may name: axes of sweeps, and keys in which configurations differ."""
    axes = {axis for model in models for axis in model.levels}
    settings = [model.runs[0].settings or {} for model in models]
    keys = {key for each in settings for key in each if key not in UNLIKE}
    return sorted(axes | {key for key in keys if len({each.get(key) for each in settings}) > 1})


def shared_labels(one: LabelSpec, other: LabelSpec, known: Shared) -> Shared:
    """Returns the labels that two models and a data set have.

    Args:
        one, other: labels of the models.
        known: what the data set knows; of `expressions`, any name means that it has some.
    """
    numbers = tuple(number for number in one.action_units
                    if number in other.action_units and number in known.action_units)
    classes = tuple(name for name in one.expressions if name in other.expressions) if known.expressions else ()
    return Shared(numbers, one.scale == other.scale, one.valence_arousal and other.valence_arousal
                  and known.valence_arousal, classes if len(classes) > 1 else ())


def left_out_labels(one: LabelSpec, other: LabelSpec, shared: Shared) -> list[str]:
    """Names the labels that only one of two models has, or that the data set lacks."""
    units = sorted({*one.action_units, *other.action_units} - set(shared.action_units))
    names = [f"AU{number:02d}" for number in units]
    if (one.valence_arousal or other.valence_arousal) and not shared.valence_arousal:
        names += ["valence", "arousal"]
    classes = [name for name in dict.fromkeys((*one.expressions, *other.expressions))
               if name not in shared.expressions]
    return names + [f"expression {name}" for name in classes]
