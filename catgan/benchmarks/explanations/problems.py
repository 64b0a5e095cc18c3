"""Counterfactual problems on rendered faces of unseen people, whose true solutions are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catgan import facs, random_streams
from catgan.benchmarks.explanations.truth import TrueAnswer, as_read, true_answer, true_labels
from catgan.data.scenes import Scenes
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.explain.models import CatGANModel
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import parse_target
from catgan.models.gan.model import CatGAN
from catgan.random_streams import Seed
from catgan.synthesis.moves import excluded_by
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene
from catgan.system import progress_bar

KINDS = ("au off", "au on", "valence", "arousal")
"""Kinds of targets: an Action Unit disappears or appears, valence or arousal changes."""
SHOWN_INTENSITY = 1.5
"""Intensity from which an Action Unit may be asked to disappear."""
ABSENT_INTENSITY = 0.5
"""Intensity below which an Action Unit may be asked to appear."""
STEPS = (0.3, 0.6)
"""Range of changes that are asked of valence and arousal."""
MAX_VALUE = 0.85
"""Valence and arousal that targets do not go beyond."""


@dataclass(frozen=True)
class Truth:
    """The true solutions of n problems.

    Args:
        answers: the smallest true change of each face; without sets where none was found.
        faces: the faces after it, uint8 `(n, side, side, 3)`.
        as_good: for each face, the faces after every true change that is as good, uint8 `(m, side, side, 3)`.
    """

    answers: tuple[TrueAnswer, ...]
    faces: np.ndarray
    as_good: tuple[np.ndarray, ...]

    @property
    def known(self) -> np.ndarray:
        """Rows of the problems that have a solution."""
        return np.array([row for row, answer in enumerate(self.answers) if answer.sets], np.int64)


@dataclass(frozen=True)
class BenchmarkProblems:
    """Counterfactual problems whose true solutions are known.

    Args:
        scenes: from which the faces were rendered.
        faces: uint8 `(n, side, side, 3)`.
        people: the person on each face.
        targets: one for each face.
        labels: the smallest change after which the true labels meet the target.
        model: the smallest change after which the explained model's reading of the true picture meets the target. An
            explanation of the model should find it, even where the model errs.
    """

    scenes: tuple[Scene, ...]
    faces: np.ndarray
    people: tuple[str, ...]
    targets: tuple[str, ...]
    labels: Truth
    model: Truth

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, n: int) -> BenchmarkProblems:
        """Returns the first `n` problems."""
        labels, model = (Truth(part.answers[:n], part.faces[:n], part.as_good[:n])
                         for part in (self.labels, self.model))
        return BenchmarkProblems(self.scenes[:n], self.faces[:n], self.people[:n], self.targets[:n], labels, model)


def make_problems(dataset: DualDataset, gan: CatGAN, n: int, seed: Seed = 0, split: str = "test",
                  verbose: bool = True) -> BenchmarkProblems:
    """Makes `n` problems, as many of each of `KINDS`. True changes meet their target with the margin of answers.

    Args:
        dataset: rendered faces.
        gan: the explained model.
        n: number of problems; fewer where the split does not have as many.
        seed: of the choice of faces and targets.
        split: whose faces.
        verbose: whether a progress bar is shown.

    Raises:
        CatganError: faces that were not rendered, or a model without Action Unit intensities, valence or arousal.
    """
    scenes_of_split = Scenes(dataset, split)
    if gan.spec.scale != "intensity" or not gan.spec.action_units or not gan.spec.valence_arousal:
        raise CatganError("This needs a model of Action Unit intensities, valence and arousal, as rendered faces "
                          "teach them.")
    random = random_streams.generator("questions", random_streams.seed_of(seed))
    units, labels = gan.spec.action_units, true_labels(gan.spec.action_units)
    found: list[tuple[int, Scene, str, TrueAnswer]] = []
    for row in random.permutation(len(scenes_of_split)):
        scene = scenes_of_split[int(row)]
        text = _target(random, scene, KINDS[len(found) % len(KINDS)], units)
        truth = true_answer(scene, units, parse_target(text, labels).tightened(MARGIN)) if text else None
        if text and truth and truth.sets:
            found.append((int(row), scene, text, truth))
        if len(found) == n:
            break
    rows, scenes, texts, truths = zip(*found)
    own, reading = CatGANModel(gan), as_read(CatGANModel(gan), dataset.image_size, gan.network.channels)
    goals = [parse_target(text, own.labels).tightened(MARGIN) for text in texts]
    seen = [true_answer(scene, units, goal, reading)
            for scene, goal in zip(progress_bar(scenes, "true answers", verbose=verbose), goals)]
    people = np.array(dataset.subjects(split))[list(rows)].tolist()
    labelled, read = (_truth(Renderer(dataset.image_size), gan, scenes, part) for part in (truths, seen))
    return BenchmarkProblems(scenes, dataset.images(split, 3)[list(rows)], tuple(people), texts, labelled, read)


def _truth(renderer: Renderer, gan: CatGAN, scenes: Sequence[Scene], answers: Sequence[TrueAnswer]) -> Truth:
    """Draws the faces after true answers."""
    def drawn(levels: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Draws every face after each row of its levels, `(m, k)`."""
        changed = [scene.with_action_units(dict(zip(gan.spec.action_units, row.tolist())))
                   for scene, rows in zip(scenes, levels) for row in rows]
        faces = renderer.render(changed, gan.network.channels)[0]
        return np.split(faces, np.cumsum([len(rows) for rows in levels])[:-1])

    least = drawn([answer.levels[None] for answer in answers])
    return Truth(tuple(answers), np.concatenate(least), tuple(drawn([answer.as_good for answer in answers])))


def _target(random: np.random.Generator, scene: Scene, kind: str, units: Sequence[int]) -> str | None:
    """Draws a target of one kind that the scene does not meet yet; None where the scene offers none."""
    now = {number: scene.action_units.get(number, 0.0) for number in units}
    if kind == "au off":
        shown = [number for number, value in now.items() if value >= SHOWN_INTENSITY]
        return f"{facs.au_name(int(random.choice(shown)))}<=0.5" if shown else None
    if kind == "au on":
        absent = [number for number, value in now.items()
                  if value < ABSENT_INTENSITY
                  and not any(scene.action_units.get(other, 0.0) > 0 for other in excluded_by(number))]
        return f"{facs.au_name(int(random.choice(absent)))}>=3" if absent else None
    value, step = scene.valence_arousal[kind == "arousal"], random.uniform(*STEPS)
    up = value < 0.0 if abs(value) + step > MAX_VALUE else random.random() < 0.5
    return f"{kind}>={value + step:.2f}" if up else f"{kind}<={value - step:.2f}"
