"""A larger network that begins with what a smaller one learned."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from catgan.models.gan.editor import HEADS
from catgan.models.layers import FiLM


def grow(network: keras.Model, smaller: keras.Model) -> tuple[int, int]:
    """Takes over every layer of `smaller` that has its place in `network`, a layer of the same name.

    A wider layer computes what the narrower one did: its new channels begin as they were initialised, and nobody
    listens to them yet (Chen et al. 2016, Net2Net, arXiv 1511.05641). Layers for sides that the smaller network does
    not have stay new (Karras et al. 2018, progressive growing).

    Args:
        network: changed in place.
        smaller: of the same kind; of the same sizes, it is copied.

    Returns:
        How many layers were taken over, and how many with weights `network` has.
    """
    learned = {layer.name: layer for layer in smaller.layers if layer.weights}
    places = [layer for layer in network.layers if layer.weights]
    taken = 0
    for layer in places:
        before = learned.get(layer.name)
        if before is not None and type(before) is type(layer) and _fits(layer, before):
            kept = layer.get_weights(), before.get_weights()
            # What heads of an editor give is divided by the root of the width of their inputs.
            gain = (kept[0][0].shape[-2] / kept[1][0].shape[-2]) ** 0.5 if layer.name in HEADS else 1.0
            layer.set_weights([_grown(layer, new, gain * old) for new, old in zip(*kept)])
            taken += 1
    return taken, len(places)


def _fits(layer: keras.Layer, before: keras.Layer) -> bool:
    """Whether the layer is as large as before or, where its channels are its own, larger."""
    shapes = [(new.shape, old.shape) for new, old in zip(layer.weights, before.weights)]
    if all(new == old for new, old in shapes):
        return True
    # A dense layer may hold a picture, in which new channels would lie between the old ones.
    own = isinstance(layer, FiLM | layers.Conv2D | layers.Conv2DTranspose) and getattr(layer, "groups", 1) == 1
    return own and all(len(new) == len(old) and all(map(int.__ge__, new, old)) for new, old in shapes)


def _grown(layer: keras.Layer, new: np.ndarray, old: np.ndarray) -> np.ndarray:
    if new.shape == old.shape:
        return old
    if isinstance(layer, FiLM):  # scales, then shifts
        halves = zip(np.split(new, 2, axis=-1), np.split(old, 2, axis=-1))
        return np.concatenate([_inserted(*half, axis=-1) for half in halves], axis=-1)
    return _inserted(new, old, -2 if isinstance(layer, layers.Conv2DTranspose) and new.ndim > 1 else -1)


def _inserted(new: np.ndarray, old: np.ndarray, axis: int) -> np.ndarray:
    """`old` in the corner of `new`; its outputs, along `axis`, hear nothing of new inputs."""
    grown = np.array(new)
    np.moveaxis(grown, axis, 0)[:old.shape[axis]] = 0.0
    grown[tuple(map(slice, old.shape))] = old
    return grown
