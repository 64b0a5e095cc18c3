"""Interface of drawers, and parts that several of them share.

A drawer shows the same faces with other intensities of their Action Units. The searches, pictures and results know a
drawer by the protocol `Drawer` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import cv2
import numpy as np

from catgan.explain.tensors import Tensor
from catgan.metrics import image as image_metrics
from catgan.models.batching import one_by_one
from catgan.models.gan.changes import as_levels
from catgan.models.gan.faces import FaceGAN

MAX_PSNR = 100.0
"""PSNR in dB that stands for a face without any error."""


class MinQuality(NamedTuple):
    """Quality of the reconstruction below which a change means nothing.

    Args:
        psnr: in dB.
        ssim: 0..1.
    """

    psnr: float
    ssim: float


@runtime_checkable
class Drawer(Protocol):
    """Draws n faces with other intensities of their k Action Units."""

    @property
    def units(self) -> tuple[int, ...]:
        """FACS numbers of the Action Units, `(k,)`."""

    @property
    def settings(self) -> np.ndarray:
        """Intensities 0..5 that the faces have now, `(n, k)`, rounded to the decimals that answers state."""

    @property
    def images(self) -> np.ndarray:
        """The faces, uint8 `(n, side, side, 3)`."""

    @property
    def title(self) -> str:
        """Name of the reconstruction, for the panel."""

    @property
    def min_quality(self) -> tuple[float, float]:
        """Least PSNR (dB) and SSIM of the reconstruction, see `MinQuality`."""

    @property
    def intensity_slack(self) -> float:
        """Levels by which an intensity may be drawn below 0, since a reading may be too low by as much."""

    def draw(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Draws faces `rows` `(m,)` with their Action Units at `levels` `(m, k)`, uint8 `(m, side, side, 3)`."""

    def drawn(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draws as `draw`, and returns the displacement field too, which puts an answer back into a photograph.

        The field is float `(m, side, side, 2)`: from how many pixels to the right and below every pixel was taken.
        """

    def reconstructed(self, levels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        """Returns what the drawer keeps of the unchanged faces, uint8 `(n, side, side, 3)`.

        Args:
            levels: of the answers, `(n, k)`.
            answers: all faces as drawn at `levels`, uint8 `(n, side, side, 3)`.
        """


@runtime_checkable
class DifferentiableDrawer(Drawer, Protocol):
    """A drawer that gradients pass through."""

    def render_tensors(self, rows: np.ndarray, changes: Tensor) -> Tensor:
        """Draws faces `rows` as float tensors `(m, side, side, 3)` in 0..255.

        Args:
            rows: `(m,)`.
            changes: differences of levels, divided by 5, `(m, k)`.
        """


DrawerFactory: TypeAlias = Callable[[FaceGAN, np.ndarray, np.ndarray | None, int], Drawer]
"""`factory(gan, images, settings, seed)` makes a drawer of faces uint8 `(n, side, side, 3)`. Where `settings` is None,
their intensities `(n, k)` are read off the faces."""


def settings_of(gan: FaceGAN, images: np.ndarray) -> np.ndarray:
    """Reads the intensities 0..5 of faces, `(n, k)`, each face alone. A presence of probability p counts as 5 p."""
    if not len(images):
        return np.zeros((0, len(gan.spec.action_units)))
    read = one_by_one(gan.read, images)
    return np.stack([as_levels(read[name], gan.spec) for name in gan.spec.action_unit_columns], axis=1)


def no_displacement(faces: np.ndarray) -> np.ndarray:
    """Returns the displacement field of faces whose pixels stay in place, zeros `(n, side, side, 2)`."""
    return np.zeros((*faces.shape[:3], 2), np.float32)


def reconstruction_quality(faces: np.ndarray, drawn: np.ndarray) -> dict[str, np.ndarray]:
    """Returns PSNR (dB) and SSIM of pairs of faces in luminance, `(n,)` each. A grey model has no colours to keep."""
    pairs = [tuple(np.repeat(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1) for face in pair)
             for pair in zip(faces, drawn)]
    return {"psnr": np.array([min(image_metrics.psnr(*pair), MAX_PSNR) for pair in pairs]),
            "ssim": np.array([image_metrics.ssim(*pair) for pair in pairs])}
