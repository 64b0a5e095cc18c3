"""Drawer of rendered faces, whose true changes are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.explain.drawers.common import MinQuality, no_displacement
from catgan.models.gan.changes import DIGITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene


class SceneDrawer:
    """Draws the truth: renders the same scenes with other Action Units. For rendered faces alone.

    Args:
        scenes: the n scenes that the faces were rendered from.
        side: of the faces, in pixels.
        channels: 1 or 3, as they were rendered.
        units: FACS numbers of the k Action Units that may change.
    """

    title, min_quality, intensity_slack = "as the face model\ndraws it", MinQuality(0.0, 0.0), 0.0

    def __init__(self, scenes: Sequence[Scene], side: int, channels: int, units: Sequence[int]):
        self.scenes, self.channels, self.units, self.renderer = scenes, channels, tuple(units), Renderer(side)
        self.settings = np.round([[scene.action_units.get(number, 0.0) for number in units] for scene in scenes],
                                 DIGITS)
        self.images = self.renderer.render(list(scenes), channels)[0]

    def draw(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        changed = []
        for row, level in zip(rows, levels):
            others = np.abs(level - self.settings[row]) > 1e-9
            changes = {number: float(value) for number, value, other in zip(self.units, level, others) if other}
            changed.append(self.scenes[row].with_action_units(changes))
        return self.renderer.render(changed, self.channels)[0]

    def drawn(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.draw(rows, levels), no_displacement(self.images[rows])

    def reconstructed(self, levels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return self.images
