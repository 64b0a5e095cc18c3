"""Makes training pairs from photographs: a photograph, and its imitation under other Action Units."""

from __future__ import annotations

import numpy as np

from catgan import facs
from catgan.conditions import Condition
from catgan.data.pairs import ALL_UNITS, move_some
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.gan.model import to_network
from catgan.synthesis.face_model import ACTION_UNITS, LANDMARKS, unit_vector
from catgan.synthesis.imitation import Imitator
from catgan.synthesis.scene import Scene

LARGEST_ANGLE = 30.0
"""Largest yaw and pitch, in degrees, at which a face is imitated: those of the face model itself."""

TRACE = 0.5
"""Intensities below this count as 0, because readings of a face at rest are slightly above 0."""


class ImitatedPairs:
    """Makes pairs from photographs: the photograph, and its imitation under other Action Units, in random order.

    Where the photograph is the goal, the editor learns teeth, lids and wrinkles that the face model lacks.

    Args:
        dataset: of photographs, aligned by catgan, with intensities of Action Units.
        spec: the labels of the changes.
        split: whose faces are changed.
        channels: 1 or 3.
        predicted: whether labels that `catgan complete` predicted replace unknown ones.
        mirror: whether pairs are flipped left to right at random.

    Raises:
        CatganError: no intensities of Action Units that the face model draws, or no face that it could imitate.
    """

    def __init__(self, dataset: DualDataset, spec: LabelSpec, split: str = "train", channels: int = 1,
                 predicted: bool = False, mirror: bool = True):
        self.spec, self.channels = spec, channels
        self.mirror = mirror and not set(spec.action_units) & set(facs.MIRRORED)  # AU61 would become AU62
        self.places = {number: place for place, number in enumerate(spec.action_units) if number in ACTION_UNITS}
        if not self.places or spec.scale != "intensity":
            raise CatganError("Imitated photographs ('options.imitated') need intensities of Action Units "
                              f"among {', '.join(map(facs.au_name, ACTION_UNITS))}. Leave it at 0.")
        self.images = dataset.images(split, channels)
        self.values, self.mask = dataset.labels(split, spec, predicted).encode()
        table = dataset.table(split, ["landmarks", "yaw", "pitch"])
        self.landmarks = np.stack(table["landmarks"].to_numpy()).reshape(-1, LANDMARKS, 2).astype(np.float32)
        self.pose = np.stack([table[name].to_numpy() for name in ("yaw", "pitch")], axis=1).astype(np.float32)
        usable = (np.abs(self.pose) <= LARGEST_ANGLE).all(1) & np.isfinite(self.landmarks).all((1, 2))
        self.rows = np.flatnonzero(usable & self.mask[:, list(self.places.values())].any(1))
        if not len(self.rows):
            raise CatganError(f"No face of the split '{split}' of {dataset.folder} could be imitated: that needs known "
                              f"Action Units, landmarks and at most {LARGEST_ANGLE:g} degrees of yaw and pitch. Leave "
                              "'options.imitated' at 0.")
        self.imitator = Imitator(dataset.image_size)

    def draw(self, random: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        """Draws `n` pairs at random.

        Returns:
            `"before"`, `"after"` float32 `(n, h, w, channels)` in [-1, 1]; `"change"` `(n, 2 * width)`, of all known
            Action Units; `"values"`, `"mask"` `(n, width)`: labels of the faces after.
        """
        rows = random.choice(self.rows, n)
        shown = [self._shown(row) for row in rows]
        moved = [self._moved(random, units) for units in shown]
        intensities = (np.stack([unit_vector(units) for units in part]) for part in (shown, moved))
        photographs = self.images[rows]
        imitated = self.imitator.imitate(photographs, self.landmarks[rows], self.pose[rows], *intensities)
        real, known = self.values[rows], self.mask[rows]
        told = known * (np.arange(self.spec.width) < len(self.spec.action_units))
        wanted = self._with(real, moved)
        difference = (wanted - self._with(real, shown)) * told

        # === Which of the two comes first ===
        back = random.random(n) < 0.5
        flip = self.mirror & (random.random(n) < 0.5)
        faces = [to_network(np.where(flip[:, None, None, None], part[:, :, ::-1], part), self.channels)
                 for part in (photographs, imitated)]
        swap, turned = back[:, None, None, None], back[:, None]
        mask = np.where(turned, known, told)
        return {"before": np.where(swap, faces[1], faces[0]), "after": np.where(swap, faces[0], faces[1]),
                "change": Condition(np.where(turned, -difference, difference), told).encode(),
                "values": np.where(turned, real, wanted) * mask, "mask": mask.astype(np.float32)}

    def _shown(self, row: int) -> dict[int, float]:
        """Returns the scene of a photograph, as far as its labels are known."""
        values = {number: 5.0 * float(np.clip(self.values[row, place], 0.0, 1.0))
                  for number, place in self.places.items() if self.mask[row, place]}
        return {number: value if value >= TRACE else 0.0 for number, value in values.items()}

    def _moved(self, random: np.random.Generator, units: dict[int, float]) -> dict[int, float]:
        changes = move_some(random, Scene(action_units=units), ALL_UNITS * random.random(), tuple(units))
        return {**units, **changes}

    def _with(self, values: np.ndarray, units: list[dict[int, float]]) -> np.ndarray:
        """Returns `values` with these intensities."""
        changed = values.copy()
        for row, known in enumerate(units):
            for number, value in known.items():
                changed[row, self.places[number]] = value / 5.0
        return changed
