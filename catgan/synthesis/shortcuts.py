"""Plants shortcuts: answers that one known cause alone decides.

An explanation of a model trained on such answers is correct only if it names that cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from catgan import random_streams
from catgan.errors import unknown_name
from catgan.synthesis.scene import Scene


@dataclass(frozen=True)
class Shortcut:
    """Describes one cause that decides an answer.

    Args:
        cause: description of the cause.
        action_unit: the AU that is the cause; None if the cause is not an AU, so that a correct explanation changes no
            AU.
        answer: scene -> -1..1.
        vary: scene and random generator -> the scene with its cause sampled independently of everything else.
    """

    cause: str
    action_unit: int | None
    answer: Callable[[Scene], float]
    vary: Callable[[Scene, np.random.Generator], Scene]


def _brows(scene: Scene, random: np.random.Generator) -> Scene:
    return scene.with_action_units({4: float(random.uniform(0, 5))})


def _lamp(scene: Scene, random: np.random.Generator) -> Scene:
    return replace(scene, light=(float(random.uniform(-75, 75)), scene.light[1], float(random.uniform(0.5, 1.0))))


def _spectacles(scene: Scene, random: np.random.Generator) -> Scene:
    return replace(scene, glasses=float(random.uniform(0.5, 1.0)) if random.random() < 0.5 else 0.0)


SHORTCUTS: Mapping[str, Shortcut] = {
    "au4": Shortcut("AU4 brow lowerer, whatever else the face shows", 4,
                    lambda scene: 1.0 - 0.4 * scene.action_units.get(4, 0.0), _brows),
    "light": Shortcut("the side that the light comes from", None,
                      lambda scene: float(np.sin(np.radians(scene.light[0])) * scene.light[2]), _lamp),
    "glasses": Shortcut("whether the face wears glasses", None,
                        lambda scene: 1.0 if scene.glasses else -1.0, _spectacles)}


def shortcut(name: str) -> Shortcut:
    """Returns the shortcut called `name`.

    Raises:
        CatganError: an unknown name.
    """
    if name not in SHORTCUTS:
        raise unknown_name("shortcut", name, SHORTCUTS)
    return SHORTCUTS[name]


def planted(scene: Scene, name: str) -> tuple[Scene, float]:
    """Returns the scene with its cause resampled, as a function of the scene's seed, and the answer, -1..1."""
    rule = shortcut(name)
    changed = rule.vary(scene, random_streams.generator("shortcut", scene.seed))
    return changed, rule.answer(changed)
