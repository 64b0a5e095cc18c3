"""Changes of the movement of a face: parts of it move less, or Action Units are added."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catgan import facs
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.mesh import mean_shape
from catgan.explain.landmarks.parts import listed, parts_of
from catgan.faces.landmark_points import IBUG_68
from catgan.faces.landmark_sets import LandmarkSet
from catgan.synthesis import face_model

MAX_INTENSITY = 4.0
"""Of an added Action Unit, on the scale 0..5 of FACS."""
STILL = 0.02
"""Movement below this many eye distances does not tell when a face moves."""
SOFTENED = 3
"""Rings of neighbours over which a change of a part fades out."""


@dataclass(frozen=True)
class MovementChange:
    """A change of the movement of a clip.

    Args:
        parts: of the face that move less, see `catgan.explain.landmarks.parts.parts_of`.
        less: share of their own movement that is taken away, 0..1.
        units: intensities that are added by FACS number, 0..5 at most.
    """

    parts: tuple[str, ...] = ()
    less: float = 0.0
    units: tuple[tuple[int, float], ...] = ()

    def describe(self, all_parts: bool = False) -> str:
        """Returns the change in words; `all_parts`: whether its parts are the whole face."""
        words = []
        if self.parts and self.less > 0.0:
            who = "the whole face" if all_parts else listed([f"the {part}" for part in self.parts])
            one = all_parts or len(self.parts) == 1 and not self.parts[0].endswith("s")
            words.append(f"{who} {'does' if one else 'do'} not move" if self.less > 0.995 else
                         f"{who} {'moves' if one else 'move'} {100 * self.less:.0f} % less")
        words += [f"{facs.au_name(unit)} ({facs.action_unit(unit).name.lower()}) is added with intensity {amount:.1f}"
                  for unit, amount in self.units]
        return listed(words) or "nothing changes"

    def to_dict(self) -> dict[str, object]:
        return {"parts": list(self.parts), "less": round(self.less, 4),
                "action_units": {facs.au_name(unit): round(amount, 3) for unit, amount in self.units}}


class MovementChanger:
    """Applies changes to the movement of one clip.

    A part that moves less stays between the person's own rest and the person's own movement. An Action Unit is added as
    the face model moves the landmarks, scaled to the eye distance, while the clip moves anyway. How the head turns does
    not change.

    Args:
        clip: the clip.
    """

    def __init__(self, clip: LandmarkClip):
        self.clip, self.parts = clip, parts_of(clip.landmark_set)

    def shape(self, change: MovementChange) -> np.ndarray:
        """Returns the changed `clip.shape`, `(t, p, 2)` in eye distances; 0 where the face was not seen."""
        moved = self.front(change) - self.clip.front
        return self.clip.shape + np.einsum("tij,tpj->tpi", self.clip.turns, moved)

    def front(self, change: MovementChange) -> np.ndarray:
        """Returns the changed `clip.front`, `(t, p, 2)` in eye distances; 0 where the face was not seen."""
        result = self.clip.rest + self.clip.movement * (1.0 - change.less * self.weight(change.parts))[:, None]
        for unit, amount in change.units:
            strength = 5.0 * (amount / 5.0) ** self._curves[face_model.ACTION_UNITS.index(unit)]
            result = result + strength * self.timing[:, None, None] * self._fields[face_model.ACTION_UNITS.index(unit)]
        return np.where(self.clip.seen[:, None, None], result, 0.0)

    def weight(self, parts: tuple[str, ...]) -> np.ndarray:
        """Returns how far each point takes part in a change of some parts, `(p,)`: 1 in them, fading out around."""
        inside = np.zeros(self.clip.landmark_set.count)
        if parts:
            inside[np.concatenate([self.parts[name] for name in parts])] = 1.0
        weight = inside
        for _ in range(SOFTENED):
            weight = np.maximum(inside, 0.5 * (weight + self._neighbours @ weight))
        return np.where(weight < 0.05, 0.0, weight)

    @cached_property
    def _neighbours(self) -> np.ndarray:
        """Mean over the neighbours in the mesh, `(p, p)`; without neighbours, the point itself."""
        count, edges = self.clip.landmark_set.count, self.clip.landmark_set.edges
        matrix = np.zeros((count, count))
        matrix[edges[:, 0], edges[:, 1]] = matrix[edges[:, 1], edges[:, 0]] = 1.0
        alone = matrix.sum(1) == 0.0
        matrix[alone, alone] = 1.0
        return np.asarray(matrix / matrix.sum(1, keepdims=True))

    @cached_property
    def timing(self) -> np.ndarray:
        """When an added Action Unit is there, 0..1 `(t,)`: as the clip moves, or a rise and fall where it is still."""
        size = np.linalg.norm(self.clip.movement, axis=-1)
        moving = np.sort(size, axis=1)[:, -max(1, size.shape[1] // 10):].mean(1)  # the tenth that moves most
        if moving.max() < STILL:
            return np.asarray(np.sin(np.linspace(0.0, np.pi, len(self.clip))) ** 2)
        known = np.flatnonzero(self.clip.seen)
        filled = np.interp(np.arange(len(moving)), known, moving[known])
        smooth = np.convolve(np.pad(filled, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
        rise = smooth - smooth[0]
        return np.asarray(np.clip(rise / max(float(rise.max()), 1e-9), 0.0, 1.0))

    @cached_property
    def _curves(self) -> np.ndarray:
        return face_model.numbers()["curves"].astype(np.float64)

    @cached_property
    def _fields(self) -> np.ndarray:
        return unit_fields(self.clip.landmark_set)


def unit_fields(landmark_set: LandmarkSet) -> np.ndarray:
    """Returns the displacement of each landmark at intensity 1 of each Action Unit of the face model.

    Returns:
        `(units, points, 2)` in eye distances, in the order of `catgan.synthesis.face_model.ACTION_UNITS`.
    """
    fields = face_model.numbers()["fields"].astype(np.float64)[..., :2]
    if landmark_set.count == len(IBUG_68):
        fields = fields[:, list(IBUG_68)]
    eyes = [mean_shape(landmark_set)[list(eye)].mean(0) for eye in landmark_set.eyes]
    return np.asarray(fields / np.linalg.norm(eyes[1] - eyes[0]))
