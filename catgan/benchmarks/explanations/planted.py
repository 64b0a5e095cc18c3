"""Planted models: what they base their answer on is known, so that an explanation can be wrong.

A rule reads the answer off a face: one Action Unit, two that must both be there, either of two, the side that the light
comes from, or whether there are glasses. Of the last two the right explanation is that no Action Unit explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan import facs, random_streams
from catgan.benchmarks.explanations.truth import as_read, true_answer
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.explain.counterfactual import counterfactuals
from catgan.explain.foreign import ForeignModel
from catgan.explain.models import CatGANModel, Label
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import parse_target
from catgan.metrics import counterfactual as measures
from catgan.models.gan.model import CatGAN
from catgan.synthesis.scene import Scene

ANSWER = "answer"
CHANGED = 0.25
"""Levels of intensity from which an Action Unit counts as changed."""
AT_ONCE, FACES = 32, 3000

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Rule:
    """What a planted model bases its answer on.

    Args:
        name: of the rule.
        units: Action Units that it asks for; none for what no Action Unit explains.
        of: its answer from the intensities of these units, columns by name.
        target: what is asked of the answer.
        low, high: of the answer.
    """

    name: str
    units: tuple[int, ...]
    of: Callable[[Columns], np.ndarray]
    target: str
    low: float = 0.0
    high: float = 5.0


RULES: Mapping[str, Rule] = {rule.name: rule for rule in (
    Rule("one", (12,), lambda read: read["AU12"], f"{ANSWER}>=3"),
    Rule("and", (1, 4), lambda read: np.minimum(read["AU01"], read["AU04"]), f"{ANSWER}>=2.5"),
    Rule("or", (15, 26), lambda read: np.maximum(read["AU15"], read["AU26"]), f"{ANSWER}<=1"))}


class PlantedModel:
    """Answers by a rule on what a network reads; see `catgan.explain.models`."""

    differentiable = False

    def __init__(self, reader: CatGAN, rule: Rule):
        missing = [number for number in rule.units if number not in reader.spec.action_units]
        if missing or reader.spec.scale != "intensity":
            raise CatganError(f"The rule '{rule.name}' needs a network that reads the intensities of "
                              f"{', '.join(map(facs.au_name, rule.units))}.")
        self.reader, self.rule, self.labels = CatGANModel(reader), rule, {ANSWER: _label(rule)}

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        return {ANSWER: self.rule.of(self.reader.read(images))}


def _label(rule: Rule) -> Label:
    return Label(ANSWER, (ANSWER,), rule.low, rule.high)


def light(images: np.ndarray) -> np.ndarray:
    """The side that the light comes from: how much lighter the right half of the picture is, -1..1."""
    grey, half = images.astype(np.float32).mean(-1), images.shape[2] // 2
    return (grey[:, :, half:].mean((1, 2)) - grey[:, :, :half].mean((1, 2))) / 255.0


def light_model() -> ForeignModel:
    """Answers by the light alone."""
    model = ForeignModel(lambda faces: light(np.asarray(faces)), [ANSWER])
    model.labels[ANSWER] = Label(ANSWER, (ANSWER,), -1.0, 1.0)
    return model


def named_by_rule(gan: CatGAN, reader: CatGAN, rule: Rule, scenes: Sequence[Scene], faces: np.ndarray,
                  n: int) -> dict[str, np.ndarray]:
    """Whether explanations of a planted model change just the Action Units that its rule asks for, one for each of the
    first `n` faces for which there is something to change.

    Args:
        gan: draws, and reads the intensities that faces have.
        reader: what the planted model reads with.
        rule: what it answers by.
        scenes, faces: rendered, uint8 `(m, side, side, 3)`; true answers come from the scenes.

    Returns:
        Against two truths, `(n,)`, 1 or 0: `labels`, the rule applied to the true intensities; and `model`, the planted
        model shown the true pictures of changed scenes, whose reader may see a unit where there is none: NaN where it
        sees nothing to change, or no way to. And the `rows` of the faces that were asked about.
    """
    model, labels = PlantedModel(reader, rule), {ANSWER: _label(rule)}
    target, units = parse_target(rule.target, labels), gan.spec.action_units
    spared = target.tightened(MARGIN)  # as the answers meet it
    seen = as_read(model, faces.shape[1], gan.network.channels)

    def truth(scene: Scene, numbers: Sequence[int], levels: np.ndarray) -> dict[str, np.ndarray]:
        return {ANSWER: rule.of({facs.au_name(number): levels[:, place] for place, number in enumerate(numbers)})}

    asked = target.shortfall(model.read(faces)) > 0.0
    sets: dict[int, tuple[frozenset[int], ...]] = {}
    for row in np.flatnonzero(asked).tolist():
        found = true_answer(scenes[row], units, spared, truth)
        if found.sets and len(sets) < n:
            sets[row] = found.sets
    rows = np.array(list(sets), np.int64)
    changed = _changed(gan, model, faces[rows], rule.target)
    own = [true_answer(scenes[row], units, spared, seen).sets for row in rows]
    return {"rows": rows,
            "labels": np.array([ok and change in sets[int(row)] for row, (ok, change) in zip(rows, changed)], float),
            "model": np.array([float(ok and change in one) if one else np.nan
                               for one, (ok, change) in zip(own, changed)], float)}


def planted_causes(gan: CatGAN, reader: CatGAN, dataset: DualDataset, n: int,
                   split: str = "test") -> dict[str, dict[str, Any]]:
    """In how many explanations of planted models the cause is named: every rule whose Action Units both networks know,
    and the light.

    Args:
        gan, reader: as `named_by_rule`.
        dataset: rendered.
        n: faces a rule.
        split: whose faces.

    Returns:
        Per rule `named`, 0..1, its 95 % interval over people, and `n`; of rules also `as_read`, the same against what
        the planted model reads off true pictures.
    """
    scenes, faces, people = faces_with_scenes(dataset, split)
    result = {}
    for name, rule in RULES.items():
        if all(number in part.spec.action_units for number in rule.units for part in (gan, reader)):
            found = named_by_rule(gan, reader, rule, scenes, faces, n)
            shown = [people[row] for row in found["rows"]]
            result[name] = {**share(found["labels"], shown), "as_read": share(found["model"], shown)}
    sides = light(faces)
    spread = float(sides.std())
    targets = [f"{ANSWER}>={side + spread:.3f}" if side < 0 else f"{ANSWER}<={side - spread:.3f}" for side in sides[:n]]
    return {**result, "light": share(unexplained(gan, light_model(), faces[:n], targets), people)}


def faces_with_scenes(dataset: DualDataset, split: str) -> tuple[list[Scene], np.ndarray, list[str]]:
    """Up to `FACES` rendered faces: their scenes, uint8 `(m, side, side, 3)`, and who they are."""
    scenes, people = dataset.scenes(split), dataset.subjects(split)
    rows = np.sort(random_streams.generator("planted_faces", 0).permutation(dataset.count(split))[:FACES])
    return [scenes[row] for row in rows], dataset.images(split, 3)[rows], [people[row] for row in rows]


def share(named: np.ndarray, people: Sequence[str]) -> dict[str, Any]:
    """The share, where there is something to name, with its 95 % interval over people."""
    return {"named": measures.mean(named), "n": int(np.isfinite(named).sum()),
            "named_interval": measures.mean_interval(named.astype(float), list(people[:len(named)]))}


def unexplained(gan: CatGAN, model: Any, faces: np.ndarray, targets: Sequence[str]) -> np.ndarray:
    """Whether explanations of a model that looks at no Action Unit say that none explains it, bool `(n,)`."""
    return np.array([not ok for ok, _ in _changed(gan, model, faces, targets)], bool)


def _changed(gan: CatGAN, model: Any, faces: np.ndarray,
             targets: str | Sequence[str]) -> list[tuple[bool, frozenset[int]]]:
    """Whether an answer was found, and the places of the Action Units that it changes."""
    names, result = [facs.au_name(number) for number in gan.spec.action_units], []
    for first in range(0, len(faces), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        for answer in counterfactuals(model, faces[part], targets if isinstance(targets, str) else targets[part],
                                      gan=gan):
            places = [names.index(name) for name, (now, to) in answer.changes.items() if abs(to - now) >= CHANGED]
            result.append((answer.status == "ok", frozenset(places)))
    return result
