"""Runs an editor on faces of photographs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from catgan.faces.warping import shifted
from catgan.models.batching import in_batches
from catgan.models.gan.colours import add_luminance
from catgan.models.pixels import from_network, to_network


class Network(Protocol):
    """A network that runs: a Keras model, or an ONNX file (`catgan.models.gan.onnx_model`)."""

    def predict_on_batch(self, x: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Computes the outputs by name for inputs by name, `(n, ...)` each."""


class EditResult(NamedTuple):
    """Edited faces.

    Args:
        images: uint8 `(n, side, side, 3)`.
        mask: float32 `(n, side, side)`, 0..1: where the editor may draw something new.
        moves: float32 `(n, side, side, 2)`: for every pixel, how many pixels to the right and below it was taken from.
        change: the editor's condition, `(n, 2 * spec.width)`.
        cut, beyond, asked: per named label, see `catgan.models.gan.changes.EncodedChange`; empty where the change was
            given as a condition.
    """

    images: np.ndarray
    mask: np.ndarray
    moves: np.ndarray
    change: np.ndarray
    cut: Mapping[str, np.ndarray] = {}
    beyond: Mapping[str, np.ndarray] = {}
    asked: Mapping[str, np.ndarray] = {}


def run_editor(editor: Network, images: np.ndarray, change: np.ndarray, channels: int,
               padded: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edits faces. Without a change a face comes back unchanged.

    What an editor of one channel draws takes its colours from the photograph.

    Args:
        editor: see `catgan.models.gan.editor`.
        images: uint8 `(n, side, side, 3)`.
        change: the editor's condition, `(n, 2 * width)`.
        channels: 1 or 3, of the editor.
        padded: whether batches have few sizes, see `catgan.models.batching.in_batches`.

    Returns:
        Images, masks and moves, as in `EditResult`.
    """
    pixels = to_network(images, channels)
    drawn = in_batches(lambda part, asked: editor.predict_on_batch({"image": part, "change": asked}), pixels, change,
                       padded=padded)
    mask, moves = drawn["mask"][..., 0], drawn["moves"]
    if channels == 1 and (images[..., :1] == images[..., 1:]).all():
        return from_network(drawn["image"]), mask, moves
    added = 127.5 * (np.clip(drawn["image"], -1.0, 1.0) - shifted(pixels, moves))
    before = shifted(images.astype(np.float32), moves)
    after = add_luminance(before, added) if channels == 1 else before + added
    return np.clip(np.rint(after), 0, 255).astype(np.uint8), mask, moves
