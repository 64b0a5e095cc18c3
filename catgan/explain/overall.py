"""Statistics of a model's use of Action Units over many faces.

`usage` counts which units counterfactuals change, overall and by subgroup. `curves` follows the output along each unit.
`mean_shapley` averages Shapley values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.attribution.action_units import ActionUnitShapley
from catgan.explain.counterfactual import Counterfactual
from catgan.explain.drawers import drawer_of
from catgan.explain.drawers.common import DrawerFactory
from catgan.explain.loading import explained_model
from catgan.metrics import bootstrap
from catgan.models.gan.faces import FaceGAN
from catgan.random_streams import Seed, seed_of

LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
"""Intensities at which `curves` asks a model."""


class UnitUsage(TypedDict):
    """How often answers change one Action Unit (with a 95 % interval over people), and by how much."""

    share: float
    share_interval: Sequence[float] | None
    mean_change: float


class Usage(TypedDict):
    """Which Action Units answers change, see `usage`."""

    n: int
    found: float | None
    action_units: dict[str, UnitUsage]
    groups: NotRequired[dict[str, Usage]]


class MeanShapley(TypedDict):
    """Mean Shapley values of one Action Unit, see `mean_shapley`."""

    mean: float
    mean_absolute: float
    shown: int


def usage(results: Sequence[Counterfactual], people: Sequence[str] | None = None,
          groups: Sequence[str] | None = None) -> Usage:
    """Counts which Action Units counterfactuals of one target change.

    Args:
        results: one for each face. Those without an answer count only in `n` and `found`.
        people: the person on each face, for the intervals; all are different people when None.
        groups: the subgroup of each face; adds `groups`, the same counts for each subgroup.

    Returns:
        `n`; `found`, the share of faces with an answer; and `action_units`: for each unit that is ever changed, the
        `share` of answers that change it (with a 95 % interval over people), and their `mean_change` in levels of
        intensity, including what goes below the level that was read.

    Raises:
        CatganError: not one person or group for each face.
    """
    for name, part in (("people", people), ("groups", groups)):
        if part is not None and len(part) != len(results):
            raise CatganError(f"'{name}' needs one entry a face. Received: {len(part)} for {len(results)}.")
    people = list(people) if people is not None else [str(place) for place in range(len(results))]
    answered = np.array([result.status == "ok" for result in results], bool)
    names = sorted({name for result in results if result.status == "ok" for name in result.changes})
    result: Usage = {"n": len(results), "found": float(answered.mean()) if len(results) else None,
                     "action_units": {name: _used(results, answered, people, name) for name in names}}
    if groups is not None:
        result["groups"] = {group: usage(*_of(results, people, groups, group)) for group in sorted(set(groups))}
    return result


def _of(results: Sequence[Counterfactual], people: Sequence[str], groups: Sequence[str],
        group: str) -> tuple[list[Counterfactual], list[str]]:
    rows = [row for row, name in enumerate(groups) if name == group]
    return [results[row] for row in rows], [people[row] for row in rows]


def _used(results: Sequence[Counterfactual], answered: np.ndarray, people: Sequence[str], name: str) -> UnitUsage:
    rows = np.flatnonzero(answered).tolist()
    changed = np.array([name in results[row].changes for row in rows], float)
    moved = [results[row].changes[name] for row in rows if name in results[row].changes]
    return {"share": float(changed.mean()),
            "share_interval": bootstrap.interval(lambda picked: float(changed[picked].mean()),
                                                 [people[row] for row in rows]),
            "mean_change": float(np.mean([to - now for now, to in moved]))}


@dataclass(frozen=True)
class Curves:
    """How an output follows each Action Unit alone.

    Args:
        column: name of the output.
        levels: intensities of the unit, `(l,)`.
        answers: for each unit, the output for n faces at these levels, `(n, l)`.
    """

    column: str
    levels: np.ndarray
    answers: dict[str, np.ndarray]

    def slopes(self) -> dict[str, float]:
        """Returns the mean change of the output per level of intensity, for each unit."""
        centred = self.levels - self.levels.mean()
        return {name: float((values @ centred).mean() / (centred @ centred)) for name, values in self.answers.items()}


def curves(model: object, images: np.ndarray, column: str, gan: FaceGAN | None = None,
           drawer: DrawerFactory | None = None, seed: Seed = 0) -> Curves:
    """Measures how an output, such as valence, follows each Action Unit: each alone is brought to each of `LEVELS`.

    Args:
        model: gives the output, see `catgan.explain.loading.explained_model`.
        images: aligned faces, uint8 `(n, side, side, 3)`.
        column: name of the output.
        gan, drawer, seed: they draw the faces, as in `ActionUnitShapley`.

    Raises:
        CatganError: a foreign model without `gan`.
    """
    explained = explained_model(model)
    gan = gan or getattr(explained, "gan", None)
    if gan is None:
        raise CatganError("A foreign model needs a catgan model that draws the changes: give gan=.")
    drawn = (drawer or drawer_of(gan))(gan, images, None, seed_of(seed))
    rows, answers = np.repeat(np.arange(len(images)), len(LEVELS)), {}
    for place, number in enumerate(drawn.units):
        levels = drawn.settings[rows].copy()
        levels[:, place] = np.tile(LEVELS, len(images))
        values = explained.read(drawn.draw(rows, levels))[column]
        answers[facs.au_name(number)] = values.reshape(len(images), len(LEVELS))
    return Curves(column, np.array(LEVELS), answers)


def mean_shapley(gan: FaceGAN, images: np.ndarray, column: str, model: object = None,
                 drawer: DrawerFactory | None = None, seed: Seed = 0, verbose: bool = True) -> dict[str, MeanShapley]:
    """Averages the Shapley values of Action Units over faces, each against the same face at rest.

    Args:
        gan: draws the faces, and gives the output where `model` is None.
        images: aligned faces, uint8 `(n, side, side, 3)`.
        column: name of the output.
        model, drawer, seed: as in `curves`.
        verbose: whether a progress bar is shown.

    Returns:
        For each unit the `mean` and the `mean_absolute` value over all faces (0 in faces that do not show it), in the
        unit of the output, and the number of faces in which it is `shown`. See `ActionUnitShapley` for which are.
    """
    explainer = ActionUnitShapley(model or gan, drawer, gan, seed)
    result = explainer.attribute(images, column, verbose=verbose)
    values, shown = result.attributions, result.levels != result.baseline_levels
    return {facs.au_name(number): {"mean": float(values[:, place].mean()),
                                   "mean_absolute": float(np.abs(values[:, place]).mean()),
                                   "shown": int(shown[:, place].sum())}
            for place, number in enumerate(result.units)}
