"""Labelled faces whose relations are known, without pictures."""

from __future__ import annotations

import numpy as np

from catgan.studies.relate.faces import LabelledFaces

NUMBERS = (1, 4, 6, 12)
NAMES = ("happiness", "sadness", "anger")
WEIGHTS = np.array([[0.0, -0.05, 0.02, 0.10], [0.03, 0.02, 0.0, 0.05]])
"""Of valence and of arousal on `NUMBERS`."""


def related_faces(n: int = 240, people: int = 40, noise: float = 0.0, seed: int = 0) -> LabelledFaces:
    """Faces of three expressions: happiness shows AU6 and AU12, sadness AU1 and AU4, anger AU4; affect is linear in
    intensities."""
    random = np.random.default_rng(seed)
    classes = np.arange(n) % 3
    shown = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 0]])[classes]
    units = np.where(shown + (random.random((n, 4)) < 0.1) > 0, random.uniform(1, 5, (n, 4)), 0.0)
    affect = units @ WEIGHTS.T - 0.1 + noise * random.standard_normal((n, 2))
    groups = np.array([f"subject person{number}" for number in random.integers(people, size=n)])
    return LabelledFaces(NUMBERS, {"intensity": units, "presence": (units >= 1).astype(np.float64)}, affect, classes,
                         NAMES, groups)
