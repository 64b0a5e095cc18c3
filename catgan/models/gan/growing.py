"""Initialises a larger network from a smaller trained one."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from catgan.models.gan.editor import HEADS
from catgan.models.layers import FiLM


def grow(network: keras.Model, smaller: keras.Model) -> tuple[int, int]:
    """Copies every layer of `smaller` into the layer of the same name in `network`.

    A wider layer computes the same as the narrower one. Its new channels keep their initial weights, and the weights
    from them to the next layer are 0 (Chen et al. 2016, Net2Net, arXiv 1511.05641). Layers for sides that the smaller
    network does not have stay new (Karras et al. 2018, progressive growing).

    Args:
        network: changed in place.
        smaller: a network of the same kind.

    Returns:
        The number of copied layers, and of all layers of `network` with weights.
    """
    learned = {layer.name: layer for layer in smaller.layers if layer.weights}
    places = [layer for layer in network.layers if layer.weights]
    taken = 0
    for layer in places:
        before = learned.get(layer.name)
        if before is not None and type(before) is type(layer) and _fits(layer, before):
            kept = layer.get_weights(), before.get_weights()
            # Output layers of an editor divide by the root of the width of their inputs.
            gain = (kept[0][0].shape[-2] / kept[1][0].shape[-2]) ** 0.5 if layer.name in HEADS else 1.0
            layer.set_weights([_grown(layer, new, gain * old) for new, old in zip(*kept)])
            taken += 1
    return taken, len(places)


def _fits(layer: keras.Layer, before: keras.Layer) -> bool:
    """Tells whether the layer has the shape of the former one or, if its channels are independent, a larger one."""
    shapes = [(new.shape, old.shape) for new, old in zip(layer.weights, before.weights)]
    if all(new == old for new, old in shapes):
        return True
    # The output of a dense layer may be a picture, in which new channels would lie between old ones.
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
    """Puts `old` into the corner of `new`; weights from new inputs to old outputs, along `axis`, become 0."""
    grown = np.array(new)
    np.moveaxis(grown, axis, 0)[:old.shape[axis]] = 0.0
    grown[tuple(map(slice, old.shape))] = old
    return grown
