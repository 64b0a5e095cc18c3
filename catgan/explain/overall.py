"""What a model uses Action Units for, over many faces: which ones its counterfactuals change, how its answer follows
each of them, and what they are worth together; all by subgroup where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.attribution.shapley import shapley
from catgan.explain.counterfactual import Counterfactual
from catgan.explain.drawers.common import drawer_of
from catgan.explain.loading import explained_model
from catgan.metrics import bootstrap
from catgan.models.gan.model import CatGAN

LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
SHARED_OUT, SHOWN = 6, 0.5
"""Action Units among which a reading is shared out, the strongest of a face; the intensity from which one is shown."""


def usage(results: Sequence[Counterfactual], people: Sequence[str] | None = None,
          groups: Sequence[str] | None = None) -> dict[str, Any]:
    """Which Action Units the answers to one question change.

    Args:
        results: one a face; those that found no answer count in `n` and `found` alone.
        people: who the faces show, for the intervals; each somebody else when None.
        groups: a subgroup of each face; adds `groups`, the same for each of them.

    Returns:
        `n`; `found`, the share of faces with an answer; and `action_units`: per unit that is ever changed the `share`
        of answers that change it (with a 95 % interval over people), and the `mean_change` of those, in levels, with
        what goes beyond a reading.

    Raises:
        CatganError: not one person or group a face.
    """
    for name, part in (("people", people), ("groups", groups)):
        if part is not None and len(part) != len(results):
            raise CatganError(f"'{name}' needs one entry a face. Received: {len(part)} for {len(results)}.")
    people = list(people) if people is not None else [str(place) for place in range(len(results))]
    answered = np.array([result.status == "ok" for result in results], bool)
    names = sorted({name for result in results if result.status == "ok" for name in result.changes})
    result: dict[str, Any] = {"n": len(results), "found": float(answered.mean()) if len(results) else None,
                              "action_units": {name: _used(results, answered, people, name) for name in names}}
    if groups is not None:
        result["groups"] = {group: usage(*_of(results, people, groups, group)) for group in sorted(set(groups))}
    return result


def _of(results: Sequence[Counterfactual], people: Sequence[str], groups: Sequence[str],
        group: str) -> tuple[list[Counterfactual], list[str]]:
    rows = [row for row, name in enumerate(groups) if name == group]
    return [results[row] for row in rows], [people[row] for row in rows]


def _used(results: Sequence[Counterfactual], answered: np.ndarray, people: Sequence[str], name: str) -> dict[str, Any]:
    rows = np.flatnonzero(answered).tolist()
    changed = np.array([name in results[row].changes for row in rows], float)
    moved = [results[row].changes[name] for row in rows if name in results[row].changes]
    return {"share": float(changed.mean()),
            "share_interval": bootstrap.interval(lambda picked: float(changed[picked].mean()),
                                                 [people[row] for row in rows]),
            "mean_change": float(np.mean([to - now for now, to in moved]))}


@dataclass(frozen=True)
class Curves:
    """How an answer follows each Action Unit: `levels` `(l,)`, and per unit `answers` `(n, l)`, one row a face."""

    column: str
    levels: np.ndarray
    answers: dict[str, np.ndarray]

    def slopes(self) -> dict[str, float]:
        """Mean change of the answer per level of intensity."""
        centred = self.levels - self.levels.mean()
        return {name: float((values @ centred).mean() / (centred @ centred)) for name, values in self.answers.items()}


def curves(model: Any, images: np.ndarray, column: str, gan: CatGAN | None = None, drawer: Any = None,
           seed: int = 0) -> Curves:
    """The trade-off between each Action Unit and an answer, such as valence: each unit alone is brought to each level.

    Args:
        model: what is asked, see `catgan.explain.loading.explained_model`.
        images: uint8 `(n, side, side, 3)`, aligned.
        column: of its readings.
        gan, drawer, seed: what draws, as in `catgan.explain.counterfactuals`.
    """
    asked, gan = explained_model(model), gan or getattr(explained_model(model), "gan", None)
    if gan is None:
        raise CatganError("A foreign model needs a catgan model that draws the changes: give gan=.")
    pen = (drawer or drawer_of(gan))(gan, images, None, seed)
    rows, answers = np.repeat(np.arange(len(images)), len(LEVELS)), {}
    for place, number in enumerate(pen.units):
        levels = pen.settings[rows].copy()
        levels[:, place] = np.tile(LEVELS, len(images))
        answers[facs.au_name(number)] = asked.read(pen.draw(rows, levels))[column].reshape(len(images), len(LEVELS))
    return Curves(column, np.array(LEVELS), answers)


def mean_shapley(gan: CatGAN, images: np.ndarray, column: str, model: Any = None, drawer: Any = None,
                 seed: int = 0) -> dict[str, dict[str, float]]:
    """What the Action Units that faces show are worth to an answer: exact Shapley values of the face against the same
    face at rest, over the `SHARED_OUT` strongest units of each.

    Args:
        gan: draws, and is asked where `model` is None.
        images: uint8 `(n, side, side, 3)`, aligned.
        column: of the readings.
        model, drawer, seed: as in `curves`.

    Returns:
        Per unit the `mean` and the `mean_absolute` value over all faces (0 in those that do not show it), in the unit
        of the answer, and in how many faces it is `shown`.
    """
    asked, pen = explained_model(model or gan), (drawer or drawer_of(gan))(gan, images, None, seed)
    values, shown = np.zeros(pen.settings.shape), np.zeros(pen.settings.shape, bool)
    for row, now in enumerate(pen.settings):
        strongest = [place for place in np.argsort(-now)[:SHARED_OUT] if now[place] >= SHOWN]
        rest = now.copy()
        rest[strongest] = 0.0

        def answer(levels: np.ndarray, row=row) -> np.ndarray:
            return np.asarray(asked.read(pen.draw(np.full(len(levels), row), levels))[column], np.float64)

        values[row], shown[row, strongest] = shapley(answer, rest, now).values, True
    return {facs.au_name(number): {"mean": float(values[:, place].mean()),
                                   "mean_absolute": float(np.abs(values[:, place]).mean()),
                                   "shown": int(shown[:, place].sum())} for place, number in enumerate(pen.units)}
