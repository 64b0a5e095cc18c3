"""Builds the editor, which changes the labels of a face in one pass."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from catgan.conditions import Condition, encoded_width
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.layers import LEAK, Blocks, FiLM

HALF_STRENGTH = 0.05
"""Change magnitude (Action Units 0..1) at which the output gate is 0.5."""
MAX_MOVE = 0.125
"""Largest displacement of a pixel, in sides of the face."""
HEADS = ("to_change", "to_mask", "to_moves")
"""Output layers: drawn pixels, their mask, and displacements."""


def build_editor(network: NetworkConfig, label_width: int, precision: str = "float32", seed: int = 0) -> keras.Model:
    """Builds the editor: a U-Net (Ronneberger et al. 2015) that is conditioned by FiLM.

    It warps the face and adds drawn pixels under a mask (as GANimation, Pumarola et al. 2018). A new network is the
    identity, and a change of 0 is always the identity. Displacements are an output, so that an edit can be applied to
    the photograph at its own resolution.

    Args:
        network: sizes; see `editor_stages`.
        label_width: `LabelSpec.width`.
        precision: a Keras dtype policy; outputs are always float32.
        seed: of the initial weights.

    Returns:
        A model `{"image": (n, side, side, channels) in [-1, 1], "change": (n, 2 * label_width)} -> dict` with
        `"image"`, the edited face, which may leave [-1, 1] a little; `"mask"` `(n, side, side, 1)` in 0..1: where
        pixels may be drawn; and `"moves"` `(n, side, side, 2)`: for every pixel, how many pixels to the right and below
        it was taken from. A change is an encoded `Condition` of differences (Action Units -1..1, valence and arousal
        -2..2). Where the mask is 0, the label is unconstrained and may follow the others.
    """
    blocks = Blocks(precision, seed)
    image = keras.Input((network.image_size, network.image_size, network.channels), name="image")
    change = keras.Input((encoded_width(label_width),), name="change")

    # === Condition ===
    style = blocks.label_embedding(change, network.embedding_size)
    style = blocks.dense(style, network.style_width, "style", leaky=True)

    def convolved(features, width: int, name: str):
        features = blocks.convolution(features, width, 3, name)
        film = FiLM(blocks.initializer(f"{name}_film", 1.0), dtype=blocks.policy, name=f"{name}_film")
        features = film([features, style])
        return layers.LeakyReLU(LEAK, dtype=blocks.policy, name=f"{name}_activation")(features)

    # === U-Net: down to 8 px and up again, with skip connections ===
    *wider, first = network.editor_stages
    features, kept = convolved(space_to_depth(image), first, "in"), []
    for width in wider[::-1]:
        kept.append(features)
        side = features.shape[1] // 2
        features = convolved(blocks.down(features, width, f"down_{side}"), width, f"down_{side}_mixed")
    features = convolved(features, features.shape[-1], "bottom")
    for width, beside in zip(network.editor_stages[1:], kept[::-1]):
        features = blocks.up(features, style, width, f"up_{beside.shape[1]}")
        features = layers.Add(dtype=blocks.policy, name=f"up_{beside.shape[1]}_joined")([features, beside])
        features = convolved(features, width, f"up_{beside.shape[1]}_mixed")

    # === Outputs ===
    # Adam gives every weight a step of the same size. Without this factor the first steps of such wide zero kernels
    # would overshoot, and the mask would stay closed.
    gain = (9 * features.shape[-1]) ** -0.5

    def head(channels: int, name: str):
        layer = layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros", dtype=blocks.policy, name=name)
        return gain * ops.cast(layer(features), "float32")

    to_change, to_mask, to_moves = HEADS
    drawn, where = depth_to_space(head(4 * network.channels, to_change)), depth_to_space(head(4, to_mask))
    length = ops.sqrt(ops.sum(ops.square(Condition.decode(change).values), axis=-1) + 1e-12)[:, None, None, None]
    strength = length / (length + HALF_STRENGTH)
    mask = layers.Activation("sigmoid", dtype="float32", name="mask")(where) * strength
    max_move = MAX_MOVE * network.image_size
    steps = layers.UpSampling2D(interpolation="bilinear", dtype="float32", name="moves")(head(2, to_moves))
    moves = max_move * ops.tanh(steps / max_move) * strength
    return keras.Model({"image": image, "change": change},
                       {"image": warp(image, moves) + mask * drawn, "mask": mask, "moves": moves}, name="editor")


def warp(images, moves):
    """Warps images by displacements, with bilinear interpolation; outside, the border is repeated.

    Gradients go to the displacements alone. Those of pixels would be summed in a varying order, so that their last
    bits would differ from run to run.

    Args:
        images: `(n, h, w, c)`.
        moves: `(n, h, w, 2)`: how many pixels to the right and below each pixel is taken from.
    """
    height, width, channels = images.shape[1:]
    rows, columns = np.indices((height, width), np.float32)
    x = ops.clip(moves[..., 0] + columns, 0.0, width - 1.0)
    y = ops.clip(moves[..., 1] + rows, 0.0, height - 1.0)
    left, top = (ops.clip(ops.floor(ops.stop_gradient(place)), 0.0, last - 2.0)
                 for place, last in ((x, width), (y, height)))
    flat, first = ops.reshape(images, (-1, height * width, channels)), ops.cast(top * width + left, "int32")

    def corner(step: int):
        places = ops.reshape(first + step, (-1, height * width, 1))
        taken = ops.take_along_axis(flat, ops.repeat(places, channels, axis=2), axis=1)
        return ops.stop_gradient(ops.reshape(taken, (-1, height, width, channels)))

    across, down = (x - left)[..., None], (y - top)[..., None]
    above, below = ((1.0 - across) * corner(row) + across * corner(row + 1) for row in (0, width))
    return (1.0 - down) * above + down * below


def space_to_depth(images):
    """Folds 2 x 2 pixels into channels, `(n, h, w, c) -> (n, h / 2, w / 2, 4 c)` (Shi et al. 2016).

    Convolutions on half the side cost a quarter.
    """
    height, width, channels = images.shape[1:]
    parts = ops.reshape(images, (-1, height // 2, 2, width // 2, 2, channels))
    return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, height // 2, width // 2, 4 * channels))


def depth_to_space(images):
    """Reverses `space_to_depth`."""
    height, width, channels = images.shape[1:]
    parts = ops.reshape(images, (-1, height, width, 2, 2, channels // 4))
    return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, channels // 4))
