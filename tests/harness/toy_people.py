"""People in memory of whom each modality shows an emotion, which is often that of the person."""

from __future__ import annotations

import numpy as np

from catgan.data.people.samples import PeopleSamples
from tests.harness.people_data import CLASSES, standing

MODALITIES = ("face", "posture", "gait", "context")


def toy_people(n: int = 60, seed: int = 0, right: float = 0.7, missing: float = 0.0, side: int = 64,
               reverse: bool = False) -> PeopleSamples:
    """Returns people of whom each modality shows the emotion with probability `right`, else another.

    Brightness of the face, height of the head, swing of the hands and brightness of the context rise with the number of
    the emotion that is shown. With `reverse` the context shows another emotion than the person's.
    """
    random = np.random.default_rng(seed)
    labels = random.integers(0, 5, n)
    shown = {name: np.where(random.random(n) < right, labels, random.integers(0, 5, n)) for name in MODALITIES}
    if reverse:
        shown["context"] = (labels + random.integers(1, 5, n)) % 5
    pictures = {name: np.clip(random.normal((60 + 35 * shown[name])[:, None, None, None], 15, (n, side, side, 3)), 0,
                              255).astype(np.uint8) for name in ("face", "context")}
    still = np.repeat(standing()[None], n, 0) + random.normal(0, .01, (n, 16, 3)).astype(np.float32)
    still[:, 3, 1] -= .07 * shown["posture"]
    phase = random.uniform(0, 6, (n, 1))
    swing = (.05 + .12 * shown["gait"])[:, None] * np.sin(2 * np.pi * np.arange(40) / 15 + phase)
    walk = np.repeat(still[:, None], 40, 1)
    walk[:, :, (6, 12), 2] += swing[..., None]
    walk[:, :, (9, 15), 2] -= swing[..., None]
    available = {name: random.random(n) >= missing for name in MODALITIES}
    known = {name: np.repeat(mask[:, None], 16, 1) for name, mask in available.items()}
    inputs = {"face": {"image": pictures["face"]}, "posture": {"joints": still, "known": known["posture"]},
              "gait": {"joints": walk.astype(np.float32), "known": np.repeat(known["gait"][:, None], 40, 1)},
              "context": {"image": pictures["context"], "seen": np.ones((n, 64, 64), np.float32)}}
    for name, arrays in inputs.items():
        for array in arrays.values():
            array[~available[name]] = 0
    affect = np.stack([1 - labels / 2, labels / 2 - 1], 1).astype(np.float32)
    return PeopleSamples(inputs, available, labels.astype(np.int64), CLASSES,
                         tuple(f"person{row // 3}" for row in range(n)), tuple(f"row{row}" for row in range(n)), affect,
                         places=tuple(f"place{place}" for place in shown["context"]),
                         truth={f"shown_{name}": np.where(available[name], values, -1)
                                for name, values in shown.items()})
