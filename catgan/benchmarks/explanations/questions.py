"""Questions about rendered faces of people that no network has seen, whose true answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from catgan import facs, random_streams
from catgan.benchmarks.explanations.truth import TrueAnswer, as_read, true_answer, true_labels
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.explain.models import CatGANModel
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import parse_target
from catgan.models.gan.model import CatGAN
from catgan.synthesis.moves import excluded_by
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene

KINDS = ("au off", "au on", "valence", "arousal")


@dataclass(frozen=True)
class Truth:
    """The least true change of each of n faces, and what they look like after it, uint8 `(n, side, side, 3)`; an
    answer without sets where no change was found. `as_good`: after each true answer of a face that is as good, `(m,
    side, side, 3)` a face."""

    answers: tuple[TrueAnswer, ...]
    faces: np.ndarray
    as_good: tuple[np.ndarray, ...]

    @property
    def known(self) -> np.ndarray:
        """Places of the faces that have one."""
        return np.array([row for row, answer in enumerate(self.answers) if answer.sets], np.int64)


@dataclass(frozen=True)
class Queries:
    """Questions whose true answers are known.

    Args:
        scenes: what the faces were drawn from; `faces`, uint8 `(n, side, side, 3)`.
        people: who they are.
        targets: one each.
        labels: the least change after which the true labels meet the target.
        model: the least change after which the explained model, shown the true picture, says so: what an explanation of
            it should find, even where the model errs.
    """

    scenes: tuple[Scene, ...]
    faces: np.ndarray
    people: tuple[str, ...]
    targets: tuple[str, ...]
    labels: Truth
    model: Truth

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, n: int) -> Queries:
        """The first `n` of them."""
        labels, model = (Truth(part.answers[:n], part.faces[:n], part.as_good[:n])
                         for part in (self.labels, self.model))
        return Queries(self.scenes[:n], self.faces[:n], self.people[:n], self.targets[:n], labels, model)


def ask(dataset: DualDataset, gan: CatGAN, n: int, seed: int = 0, split: str = "test") -> Queries:
    """`n` questions, as many of each kind: an Action Unit to go, one to come, valence and arousal to change by 0.3 to
    0.6. The true change meets its target with the same to spare as the answers do (`MARGIN`).

    Raises:
        CatganError: faces that were not rendered, or a model that cannot tell or draw these labels.
    """
    scenes_of_split = dataset.scenes(split)
    if gan.spec.scale != "intensity" or not gan.spec.action_units or not gan.spec.valence_arousal:
        raise CatganError("This needs a model of Action Unit intensities, valence and arousal, as rendered faces "
                          "teach them.")
    random = random_streams.generator("questions", seed)
    units, labels = gan.spec.action_units, true_labels(gan.spec.action_units)
    found: list[tuple[int, Scene, str, TrueAnswer]] = []
    for row in random.permutation(len(scenes_of_split)):
        scene = scenes_of_split[int(row)]
        text = _question(random, scene, KINDS[len(found) % len(KINDS)], units)
        truth = true_answer(scene, units, parse_target(text, labels).tightened(MARGIN)) if text else None
        if text and truth and truth.sets:
            found.append((int(row), scene, text, truth))
        if len(found) == n:
            break
    rows, scenes, texts, truths = zip(*found)
    own, reading = CatGANModel(gan), as_read(CatGANModel(gan), dataset.image_size, gan.network.channels)
    goals = [parse_target(text, own.labels).tightened(MARGIN) for text in texts]
    seen = [true_answer(scene, units, goal, reading)
            for scene, goal in zip(tqdm(scenes, "true answers", leave=False, disable=None), goals)]
    people = np.array(dataset.subjects(split))[list(rows)].tolist()
    labelled, read = (_truth(Renderer(dataset.image_size), gan, scenes, part) for part in (truths, seen))
    return Queries(scenes, dataset.images(split, 3)[list(rows)], tuple(people), texts, labelled, read)


def _truth(renderer: Renderer, gan: CatGAN, scenes: Sequence[Scene], answers: Sequence[TrueAnswer]) -> Truth:
    def drawn(levels: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Every face after each row of its levels, `(m, k)`."""
        changed = [scene.with_action_units(dict(zip(gan.spec.action_units, row.tolist())))
                   for scene, rows in zip(scenes, levels) for row in rows]
        faces = renderer.render(changed, gan.network.channels)[0]
        return np.split(faces, np.cumsum([len(rows) for rows in levels])[:-1])

    least = drawn([answer.levels[None] for answer in answers])
    return Truth(tuple(answers), np.concatenate(least), tuple(drawn([answer.as_good for answer in answers])))


def _question(random: np.random.Generator, scene: Scene, kind: str, units: Sequence[int]) -> str | None:
    """A target that does not hold for the scene yet; None if it has nothing to ask of this kind."""
    now = {number: scene.action_units.get(number, 0.0) for number in units}
    if kind == "au off":
        shown = [number for number, value in now.items() if value >= 1.5]
        return f"{facs.au_name(int(random.choice(shown)))}<=0.5" if shown else None
    if kind == "au on":
        absent = [number for number, value in now.items()
                  if value < 0.5 and not any(scene.action_units.get(other, 0.0) > 0 for other in excluded_by(number))]
        return f"{facs.au_name(int(random.choice(absent)))}>=3" if absent else None
    value, step = scene.valence_arousal[kind == "arousal"], random.uniform(0.3, 0.6)
    up = value < 0.0 if abs(value) + step > 0.85 else random.random() < 0.5
    return f"{kind}>={value + step:.2f}" if up else f"{kind}<={value - step:.2f}"
