"""Encoders of the modalities: from the inputs of a person to features, and what else they tell.

An encoder is a function of tensors by the names of the modality's inputs and of the configuration. It returns features
`(n, f)` and further outputs by name. It is called once, while a network is built.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import layers, ops

from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.multimodal.bodies import CentredJoints, Movement, RootMotion
from catgan.models.multimodal.graphs import GraphConvolution
from catgan.models.multimodal.pictures import FilledPicture, SpatialWeights
from catgan.models.multimodal.shapes import PoseShape

Tensors = dict[str, keras.KerasTensor]
ATTENTION = "attention"
"""Name of the face's further output: the mask, `(n, side / 4, side / 4)`, 0..1."""
TEMPORAL_KERNEL = 5
"""Frames that a temporal convolution of `"stgcn"` sees."""


def face(inputs: Mapping[str, keras.KerasTensor], config: FusionConfig) -> tuple[keras.KerasTensor, Tensors]:
    """Encodes an aligned face in two streams: a convolutional trunk, and an encoder-decoder that weights its features.

    The weights of all places have the mean 1, so more for one place is less for the others. Half of each feature passes
    whatever its weight: without that, faces are told apart far less well. The mask is the weights over the largest.

    Args:
        inputs: `image` uint8 `(n, h, w, 3)`, sides divisible by 16.
        config: sizes, and whether there is a mask.

    Returns:
        Features, and the mask by the name `ATTENTION` if there is one.
    """
    pixels = layers.Rescaling(1 / 127.5, -1.0, name="pixels")(inputs["image"])
    hidden = pixels
    extras: Tensors = {}
    for stage, width in enumerate(config.face_widths):
        hidden = _halve(hidden, width, f"stage_{stage}")
        if stage == 1 and config.attention:
            weights = SpatialWeights(name="mask_weights")(_attention(pixels, config.face_widths))
            extras[ATTENTION] = weights[..., 0] / ops.max(weights[..., 0], axis=(1, 2), keepdims=True)
            hidden = hidden * (0.5 + 0.5 * weights)
    return _flat_features(hidden, config), extras


def posture(inputs: Mapping[str, keras.KerasTensor], config: FusionConfig) -> tuple[keras.KerasTensor, Tensors]:
    """Encodes one pose by dense layers on its joints and their masks, and on its angles and distances.

    Args:
        inputs: `joints` `(n, 16, 3)` in any unit, `known` bool `(n, 16)`.
        config: sizes.
    """
    joints = CentredJoints(name="centred")([inputs["joints"], inputs["known"]])
    hidden = ops.concatenate([layers.Flatten(name="flat")(joints), PoseShape(name="shape")(joints)], axis=-1)
    hidden = layers.Dense(config.posture_units, activation="relu", kernel_initializer="he_normal", name="hidden")(
        hidden)
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    return _features(hidden, config), {}


def gait(inputs: Mapping[str, keras.KerasTensor], config: FusionConfig) -> tuple[keras.KerasTensor, Tensors]:
    """Encodes what moves in a clip, and how fast the root moves.

    Args:
        inputs: `joints` `(n, t, 16, 3)` in any unit, `known` bool `(n, t, 16)`.
        config: sizes, and the kind of the network.
    """
    clip = [inputs["joints"], inputs["known"]]
    movement, root = Movement(name="movement")(clip), RootMotion(name="root")(clip)
    seen = movement[:, :, :1, 6]  # the root's mask is that of the frame
    encode = _recurrent if config.gait == "lstm" else _graph
    found = ops.concatenate([*encode(movement, root, seen, config), _mean_seen(root, seen)], axis=-1)
    found = layers.Dropout(config.dropout, name="dropout")(found)
    return _features(found, config), {}


def context(inputs: Mapping[str, keras.KerasTensor], config: FusionConfig) -> tuple[keras.KerasTensor, Tensors]:
    """Encodes the surroundings by convolutions; each place of the last map counts by how much of it is seen.

    Args:
        inputs: `image` uint8 `(n, h, w, 3)`, sides divisible by 16, and `seen` `(n, h, w)` in 0..1.
        config: sizes.
    """
    hidden = FilledPicture(name="filled")([inputs["image"], inputs["seen"]])
    for stage, width in enumerate(config.context_widths):
        hidden = _halve(hidden, width, f"stage_{stage}")
    seen = layers.AveragePooling2D(16, name="share_seen")(ops.clip(inputs["seen"], 0.0, 1.0)[..., None])
    return _flat_features(hidden * seen, config), {}


def _halve(hidden: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    """Halves the side by a convolution."""
    return layers.Conv2D(width, 3, strides=2, padding="same", activation="relu", kernel_initializer="he_normal",
                         name=name)(hidden)


def _attention(pixels: keras.KerasTensor, widths: tuple[int, ...]) -> keras.KerasTensor:
    """Makes logits of weights, `(n, h / 4, w / 4, 1)`, by an encoder-decoder with skip connections."""
    quarter = _halve(_halve(pixels, widths[0], "mask_half"), widths[1], "mask_quarter")
    eighth = _halve(quarter, widths[1], "mask_eighth")
    hidden = _halve(eighth, widths[1], "mask_sixteenth")
    for name, skip in (("mask_up_eighth", eighth), ("mask_up_quarter", quarter)):
        larger = layers.UpSampling2D(interpolation="bilinear", name=name)(hidden)
        hidden = layers.Conv2D(widths[1], 3, padding="same", activation="relu", kernel_initializer="he_normal",
                               name=f"{name}_conv")(larger + skip)
    return layers.Conv2D(1, 1, kernel_initializer="zeros", name="mask")(hidden)


def _recurrent(movement: keras.KerasTensor, root: keras.KerasTensor, seen: keras.KerasTensor,
               config: FusionConfig) -> list[keras.KerasTensor]:
    """Runs two recurrent layers; frames that are not seen keep the state. Returns the last state and the mean."""
    frames = movement.shape[1]
    flat = ops.reshape(movement, (-1, frames, movement.shape[2] * movement.shape[3]))
    hidden = ops.concatenate([flat, root], axis=-1)
    hidden = layers.Dense(config.recurrent_units, activation="relu", kernel_initializer="he_normal", name="input")(
        hidden)
    for index in range(2):
        # cuDNN refuses masks with unseen frames before seen ones.
        hidden = layers.LSTM(config.recurrent_units, return_sequences=True, use_cudnn=False, name=f"recurrent_{index}")(
            hidden, mask=seen[..., 0] > 0.5)
    return [hidden[:, -1], _mean_seen(hidden, seen)]


def _graph(movement: keras.KerasTensor, root: keras.KerasTensor, seen: keras.KerasTensor,
           config: FusionConfig) -> list[keras.KerasTensor]:
    """Convolves over bones and time, halving the rate after the first stage. Returns the mean over joints and frames.
    """
    hidden, mask = movement, movement[..., 6:]
    for index, width in enumerate(config.graph_widths):
        hidden = layers.ReLU(name=f"bones_{index}_relu")(GraphConvolution(width, name=f"bones_{index}")(hidden)) * mask
        stride = 1 if index == 0 else 2
        hidden = layers.Conv2D(width, (TEMPORAL_KERNEL, 1), strides=(stride, 1), padding="same", activation="relu",
                               kernel_initializer="he_normal", name=f"time_{index}")(hidden)
        if stride > 1:
            mask = layers.MaxPooling2D((stride, 1), padding="same", name=f"mask_{index}")(mask)
        hidden = hidden * mask
    return [ops.sum(hidden, axis=(1, 2)) / ops.maximum(ops.sum(mask, axis=(1, 2)), 1.0)]


def _mean_seen(hidden: keras.KerasTensor, seen: keras.KerasTensor) -> keras.KerasTensor:
    """Means `(n, t, c)` over the frames that are seen, `(n, t, 1)`; 0 if none is."""
    return ops.sum(hidden * seen, axis=1) / ops.maximum(ops.sum(seen, axis=1), 1.0)


def _flat_features(hidden: keras.KerasTensor, config: FusionConfig) -> keras.KerasTensor:
    hidden = layers.Dropout(config.dropout, name="dropout")(layers.Flatten(name="flat")(hidden))
    return _features(hidden, config)


def _features(hidden: keras.KerasTensor, config: FusionConfig) -> keras.KerasTensor:
    return layers.Dense(config.features, activation="relu", kernel_initializer="he_normal", name="features")(hidden)
