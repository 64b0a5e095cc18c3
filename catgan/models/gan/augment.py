"""Differentiable augmentation of the critic's inputs, real and generated (DiffAugment, Zhao et al. 2020).

The operations keep all labels: shift, brightness, contrast, a small hole. Mirroring, which swaps labels of the left
and the right side, is in `catgan.data.batches`. Random numbers come with the batch.
"""

from __future__ import annotations

from keras import ops

NUMBERS = 9
"""Uniform random numbers 0..1 per face."""
MAX_SHIFT = 0.125
"""In sides of the face."""
HOLE_SIDE = 0.25
"""In sides of the face."""
MAX_BRIGHTNESS = 0.3
"""Added to pixels in [-1, 1]."""
MAX_CONTRAST = 0.4
"""Relative change of the contrast."""


def augment(images, random, probability):
    """Augments each face with `probability` per kind of operation.

    Args:
        images: `(n, side, side, c)` in [-1, 1].
        random: uniform `(n, NUMBERS)`.
        probability: scalar 0..1.

    Returns:
        `(n, side, side, c)`; values may leave [-1, 1].
    """
    coloured, shifted, holed = ops.split(ops.cast(random[:, :3] < probability, "float32"), 3, axis=-1)
    brightness, contrast, down, right, y, x = ops.split(random[:, 3:] * 2.0 - 1.0, 6, axis=-1)
    average = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    images = (images - average) * _wide(1.0 + coloured * contrast * MAX_CONTRAST) + average
    images = images + _wide(coloured * brightness * MAX_BRIGHTNESS)
    images = _shift(images, shifted * down, shifted * right)
    return images * (1.0 - _wide(holed) * _hole(images.shape[1], y, x))


def _wide(numbers):
    return numbers[:, :, None, None]


def _shift(images, down, right):
    """Shifts by whole pixels, filled with 0; `down` and `right` `(n, 1)` in -1..1 of `MAX_SHIFT`."""
    side = images.shape[1]
    rows, columns = (_shift_matrix(side, ops.round(amount * MAX_SHIFT * side)) for amount in (down, right))
    images = ops.einsum("nij,njkc->nikc", rows, images)
    return ops.einsum("nij,nkjc->nkic", columns, images)


def _shift_matrix(side: int, amount):
    place = ops.arange(side, dtype="float32")
    return ops.cast(ops.abs(place[None, :, None] - place[None, None, :] - amount[:, :, None]) < 0.5, "float32")


def _hole(side: int, down, right):
    """`(n, side, side, 1)`: 1 inside a square of `HOLE_SIDE`, else 0; its centre `(n, 1)` each in -1..1."""
    place = (ops.arange(side, dtype="float32") + 0.5) / side * 2.0 - 1.0
    inside = [ops.cast(ops.abs(place - centre) < HOLE_SIDE, "float32") for centre in (down, right)]
    return inside[0][:, :, None, None] * inside[1][:, None, :, None]
