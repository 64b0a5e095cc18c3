"""Planted models: models whose cause is known, so that explanations can be checked.

A planted model answers by a rule: one Action Unit, two that must both be present, either of two, or the side that the
light comes from. For the last one the right explanation is that no Action Unit explains the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypeAlias, TypedDict

import numpy as np

from catgan import facs, random_streams
from catgan.benchmarks.explanations.truth import as_read, true_answer
from catgan.data.scenes import Scenes
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.explain.counterfactual import counterfactuals
from catgan.explain.foreign import ForeignModel
from catgan.explain.models import CatGANModel, ExplainedModel, Label
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import parse_target
from catgan.metrics import counterfactual as measures
from catgan.models.gan.faces import FaceGAN
from catgan.synthesis.scene import Scene

ANSWER = "answer"
"""Name of the output of planted models."""
CHANGED_LEVELS = 0.25
"""Levels of intensity from which an Action Unit counts as changed."""
BATCH_SIZE = 32
"""Faces that are searched at once."""
MAX_FACES = 3000
"""Rendered faces among which those for the problems are chosen."""

Columns: TypeAlias = Mapping[str, np.ndarray]


class NamedShare(TypedDict):
    """Share of explanations that name the cause, its 95 % interval over people, and how many there are."""

    named: float | None
    n: int
    named_interval: list[float] | None
    as_read: NotRequired[NamedShare]


@dataclass(frozen=True)
class Rule:
    """The rule of a planted model.

    Args:
        name: of the rule.
        units: FACS numbers of the Action Units that it depends on.
        of: computes the answer from the intensities of these units, columns by name.
        target: that explanations must reach.
        low, high: range of the answer.
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
    """A model that applies a rule to the readings of a network, as an explained model.

    Args:
        reader: the network; it must read the intensities that the rule depends on.
        rule: computes the answer.

    Raises:
        CatganError: a network that does not.
    """

    differentiable = False

    def __init__(self, reader: FaceGAN, rule: Rule):
        missing = [number for number in rule.units if number not in reader.spec.action_units]
        if missing or reader.spec.scale != "intensity":
            raise CatganError(f"The rule '{rule.name}' needs a network that reads the intensities of "
                              f"{', '.join(map(facs.au_name, rule.units))}.")
        self.reader, self.rule, self.labels = CatGANModel(reader), rule, {ANSWER: _label(rule)}

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Reads aligned faces: the answer, `(n,)`."""
        return {ANSWER: self.rule.of(self.reader.read(images))}


def _label(rule: Rule) -> Label:
    return Label(ANSWER, (ANSWER,), rule.low, rule.high)


def light(images: np.ndarray) -> np.ndarray:
    """Measures the side that the light comes from: how much lighter the right half of faces is, -1..1, `(n,)`."""
    grey, half = images.astype(np.float32).mean(-1), images.shape[2] // 2
    return (grey[:, :, half:].mean((1, 2)) - grey[:, :, :half].mean((1, 2))) / 255.0


def light_model() -> ForeignModel:
    """Makes a model that answers by `light` alone."""
    model = ForeignModel(lambda faces: light(np.asarray(faces)), [ANSWER])
    model.labels[ANSWER] = Label(ANSWER, (ANSWER,), -1.0, 1.0)
    return model


def named_by_rule(gan: FaceGAN, reader: FaceGAN, rule: Rule, scenes: Sequence[Scene], faces: np.ndarray,
                  n: int) -> dict[str, np.ndarray]:
    """Tests whether explanations of a planted model change exactly the Action Units of its rule.

    Args:
        gan: draws, and reads the intensities that faces have.
        reader: the network of the planted model.
        rule: of the planted model.
        scenes, faces: rendered faces, uint8 `(m, side, side, 3)`; the true answers come from the scenes.
        n: explanations; of the first faces that do not meet the target yet.

    Returns:
        1 or 0 for each explanation, `(n,)`, against two truths. `labels`: the rule applied to the true intensities.
        `model`: the planted model's readings of the true pictures of changed scenes, since its network may err; NaN
        where these offer no answer. And the `rows` of the explained faces.
    """
    model, labels = PlantedModel(reader, rule), {ANSWER: _label(rule)}
    target, units = parse_target(rule.target, labels), gan.spec.action_units
    tightened = target.tightened(MARGIN)  # as the answers meet it
    seen = as_read(model, faces.shape[1], gan.network.channels)

    def truth(scene: Scene, numbers: Sequence[int], levels: np.ndarray) -> dict[str, np.ndarray]:
        return {ANSWER: rule.of({facs.au_name(number): levels[:, place] for place, number in enumerate(numbers)})}

    asked = target.shortfall(model.read(faces)) > 0.0
    sets: dict[int, tuple[frozenset[int], ...]] = {}
    for row in np.flatnonzero(asked).tolist():
        found = true_answer(scenes[row], units, tightened, truth)
        if found.sets and len(sets) < n:
            sets[row] = found.sets
    rows = np.array(list(sets), np.int64)
    changed = _changed(gan, model, faces[rows], rule.target)
    own = [true_answer(scenes[row], units, tightened, seen).sets for row in rows]
    return {"rows": rows,
            "labels": np.array([ok and change in sets[int(row)] for row, (ok, change) in zip(rows, changed)], float),
            "model": np.array([float(ok and change in one) if one else np.nan
                               for one, (ok, change) in zip(own, changed)], float)}


def planted_causes(gan: FaceGAN, reader: FaceGAN, dataset: DualDataset, n: int,
                   split: str = "test") -> dict[str, NamedShare]:
    """Counts the explanations that name the cause of planted models.

    The models are those of every rule whose Action Units both networks know, and that of the light.

    Args:
        gan, reader: as `named_by_rule`.
        dataset: rendered faces.
        n: explanations for each rule.
        split: whose faces.

    Returns:
        By rule the share against the true labels; and, but for the light, `as_read`, the share against the planted
        model's readings of the true pictures.
    """
    scenes, faces, people = faces_with_scenes(dataset, split)
    result: dict[str, NamedShare] = {}
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
    """Chooses up to `MAX_FACES` rendered faces: their scenes, pixels uint8 `(m, side, side, 3)`, and people."""
    scenes, people = Scenes(dataset, split), dataset.subjects(split)
    rows = np.sort(random_streams.generator("planted_faces", 0).permutation(dataset.count(split))[:MAX_FACES])
    return [scenes[row] for row in rows], dataset.images(split, 3)[rows], [people[row] for row in rows]


def share(named: np.ndarray, people: Sequence[str]) -> NamedShare:
    """Computes the share of explanations that name the cause, where there is one to name."""
    return {"named": measures.mean(named), "n": int(np.isfinite(named).sum()),
            "named_interval": measures.mean_interval(named.astype(float), list(people[:len(named)]))}


def unexplained(gan: FaceGAN, model: ExplainedModel, faces: np.ndarray, targets: Sequence[str]) -> np.ndarray:
    """Tells which explanations say that no Action Unit explains the answer, bool `(n,)`."""
    return np.array([not ok for ok, _ in _changed(gan, model, faces, targets)], bool)


def _changed(gan: FaceGAN, model: ExplainedModel, faces: np.ndarray,
             targets: str | Sequence[str]) -> list[tuple[bool, frozenset[int]]]:
    """Tells, for each face, whether an answer was found, and the places of the Action Units that it changes."""
    names, result = [facs.au_name(number) for number in gan.spec.action_units], []
    for first in range(0, len(faces), BATCH_SIZE):
        part = slice(first, first + BATCH_SIZE)
        for answer in counterfactuals(model, faces[part], targets if isinstance(targets, str) else targets[part],
                                      gan=gan, verbose=False):
            places = [names.index(name) for name, (now, to) in answer.changes.items()
                      if abs(to - now) >= CHANGED_LEVELS]
            result.append((answer.status == "ok", frozenset(places)))
    return result
