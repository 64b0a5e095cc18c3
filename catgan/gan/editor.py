"""The editor: a face and a change of its labels -> the same face, changed, in one pass."""

from __future__ import annotations

import keras
from keras import layers, ops

from catgan.gan.blocks import LEAK, Blocks, FiLM
from catgan.gan.presets import NetworkConfig

HALF_STRENGTH = 0.05
"""The length of an asked change (Action Units 0..1) at which half of what the network draws is let through."""


def build_editor(network: NetworkConfig, label_width: int, precision: str = "float32", seed: int = 0) -> keras.Model:
    """Builds the editor: a U-Net (Ronneberger et al. 2015) that is told by FiLM how the labels are to change.

    What it draws is added to the face under a mask (as GANimation did, Pumarola et al. 2018, with two differences): a
    new network changes nothing, and no asked change is no change, whatever was learned.

    Args:
        network: sizes; see `editor_stages`.
        label_width: `LabelSpec.width`.
        precision: a Keras dtype policy; what leaves the network is float32 always.
        seed: of the initial weights.

    Returns:
        A model `{"image": (n, side, side, channels) in [-1, 1], "change": (n, 2 * label_width)} -> dict` with
        `"image"`, the changed face, which may leave [-1, 1] a little, and `"mask"` `(n, side, side, 1)` in 0..1: where
        it may differ. A change is [mask * difference, mask]: differences of labels as networks see them (Action Units
        -1..1, valence and arousal -2..2); what is masked may follow as faces go.
    """
    blocks = Blocks(precision, seed)
    image = keras.Input((network.image_size, network.image_size, network.channels), name="image")
    change = keras.Input((2 * label_width,), name="change")

    # === What is asked ===
    style = blocks.label_embedding(change, network.embedding_size)
    style = blocks.dense(style, network.style_width, "style", leaky=True)

    def convolved(features, width: int, name: str):
        features = blocks.convolution(features, width, 3, name)
        told = FiLM(blocks.initializer(f"{name}_film", 1.0), dtype=blocks.policy, name=f"{name}_film")
        features = told([features, style])
        return layers.LeakyReLU(LEAK, dtype=blocks.policy, name=f"{name}_activation")(features)

    # === Down to 8 px, and up again, each side with what it was on the way down ===
    *wider, first = network.editor_stages
    features, kept = convolved(folded(image), first, "in"), []
    for width in wider[::-1]:
        kept.append(features)
        side = features.shape[1] // 2
        features = convolved(blocks.down(features, width, f"down_{side}"), width, f"down_{side}_mixed")
    features = convolved(features, features.shape[-1], "bottom")
    for width, beside in zip(network.editor_stages[1:], kept[::-1]):
        features = blocks.up(features, style, width, f"up_{beside.shape[1]}")
        features = layers.Add(dtype=blocks.policy, name=f"up_{beside.shape[1]}_joined")([features, beside])
        features = convolved(features, width, f"up_{beside.shape[1]}_mixed")

    # === The change, and where ===
    # Adam moves every weight alike: without the factor the first steps of zero kernels this wide would overshoot, and
    # the mask would close for good.
    gain = (9 * features.shape[-1]) ** -0.5
    drawn, where = (gain * unfolded(layers.Conv2D(
        4 * channels, 3, padding="same", kernel_initializer="zeros", dtype=blocks.policy, name=name)(features))
        for channels, name in ((network.channels, "to_change"), (1, "to_mask")))
    mask = layers.Activation("sigmoid", dtype="float32", name="mask")(where)
    length = ops.sqrt(ops.sum(ops.square(change[:, :label_width]), axis=-1) + 1e-12)[:, None, None, None]
    mask = mask * (length / (length + HALF_STRENGTH))
    return keras.Model({"image": image, "change": change},
                       {"image": image + mask * ops.cast(drawn, "float32"), "mask": mask}, name="editor")


def folded(images):
    """Four neighbouring pixels become one of four times the channels, `(n, h, w, c) -> (n, h / 2, w / 2, 4 c)`: layers
    on half the side cost a quarter (Shi et al. 2016)."""
    height, width, channels = images.shape[1:]
    parts = ops.reshape(images, (-1, height // 2, 2, width // 2, 2, channels))
    return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, height // 2, width // 2, 4 * channels))


def unfolded(images):
    """The way back of `folded`."""
    height, width, channels = images.shape[1:]
    parts = ops.reshape(images, (-1, height, width, 2, 2, channels // 4))
    return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, channels // 4))
