"""Drawer of models that have an editor."""

from __future__ import annotations

import numpy as np

from catgan import facs
from catgan.conditions import Condition
from catgan.explain.drawers.common import MinQuality, settings_of
from catgan.explain.tensors import Tensor
from catgan.models.gan.changes import DIGITS, INTENSITY_SLACK, exact
from catgan.models.gan.faces import FaceGAN
from catgan.models.pixels import to_network


class EditorDrawer:
    """Draws changed faces with a model's editor: one pass for each face, and no change leaves every pixel as it is.

    The editor takes differences from the intensities that were read. A level of -1 asks for one level less than was
    read.

    Args:
        gan: a model with an editor; its discriminator reads the intensities of the faces.
        images: uint8 `(n, side, side, 3)`, aligned faces.
        settings: intensities 0..5 that the faces have now, `(n, k)`; read off the faces when None.
        seed: not used.
    """

    title, min_quality, intensity_slack = "there and back", MinQuality(15.0, 0.85), INTENSITY_SLACK

    def __init__(self, gan: FaceGAN, images: np.ndarray, settings: np.ndarray | None = None, seed: int = 0):
        self.gan, self.images, self.units = gan, images, gan.spec.action_units
        self.settings = settings_of(gan, images) if settings is None else np.round(settings, DIGITS)

    def draw(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        return self.drawn(rows, levels)[0]

    def drawn(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        result = self.gan.apply_change(self.images[rows], self._change(levels - self.settings[rows]))
        return result.images, result.moves

    def reconstructed(self, levels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        """Draws the faces back from the answers. There is no inversion to fail, but something may be lost."""
        return self.gan.apply_change(answers, self._change(self.settings - levels)).images

    def render_tensors(self, rows: np.ndarray, changes: Tensor) -> Tensor:
        from keras import ops

        gan = self.gan
        pixels = ops.convert_to_tensor(to_network(self.images[rows], gan.network.channels))
        rest = ops.zeros((len(rows), gan.spec.width - len(self.units)))
        change = Condition(*(ops.concatenate([part, rest], axis=1) for part in (changes, ops.ones_like(changes))))
        drawn = gan.editor({"image": pixels, "change": change.encode()})["image"]
        # The photograph keeps its colours, which a grey editor does not know.
        photographs = ops.convert_to_tensor(self.images[rows].astype(np.float32))
        return ops.clip(photographs + 127.5 * (drawn - pixels), 0.0, 255.0)

    def _change(self, difference: np.ndarray) -> np.ndarray:
        """Encodes differences of levels `(m, k)` as the editor's condition `(m, 2 * width)`.

        All Action Units are set; valence and arousal are left to follow.
        """
        names = map(facs.au_name, self.units)
        return Condition.change(self.gan.spec, dict(zip(names, exact(difference).T)), len(difference)).encode()
