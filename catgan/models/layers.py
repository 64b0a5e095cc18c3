"""Layers and blocks of the generator, the discriminator and the editor."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import keras
from keras import layers, ops

LEAK = 0.2
_TAPS = (0.125, 0.375, 0.375, 0.125)


@keras.saving.register_keras_serializable("catgan")
class FiLM(layers.Layer):
    """Scales and shifts every channel by a linear function of a style vector.

    Feature-wise linear modulation (Perez et al. 2018, arXiv 1709.07871). With the default initializer a new layer is
    the identity.

    Args:
        initializer: of the kernel of the dense layer, as Keras layers take it.

    Input: `[features (n, h, w, c), style (n, s)]`. Output: `(n, h, w, c)`.
    """

    def __init__(self, initializer: str | dict | keras.initializers.Initializer = "zeros", **arguments: object):
        super().__init__(**arguments)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        features, style = input_shape
        self.affine = layers.Dense(2 * features[-1], kernel_initializer=self.initializer,
                                   dtype=self.dtype_policy, name="affine")
        self.affine.build(style)

    def call(self, inputs):
        features, style = inputs
        scale, shift = ops.split(self.affine(style)[:, None, None, :], 2, axis=-1)
        return features * (1 + scale) + shift

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "initializer": keras.initializers.serialize(self.initializer)}


@keras.saving.register_keras_serializable("catgan")
class UnitNorm(layers.Layer):
    """Projects features onto the unit sphere and multiplies by one learned scale.

    It bounds the gradients of label heads, which prevents the early collapse of classifier GANs (ReACGAN, Kang et al.
    2021). Computed in float32. Input and output: `(n, c)`.
    """

    def build(self, input_shape):
        initial = keras.initializers.Constant(float(input_shape[-1]) ** 0.5)
        self.scale = self.add_weight(shape=(), initializer=initial, name="scale", dtype="float32", autocast=False)

    def call(self, inputs):
        features = ops.cast(inputs, "float32")
        norm = ops.sqrt(ops.sum(ops.square(features), axis=-1, keepdims=True) + 1e-8)
        return self.scale * features / norm

    def get_config(self) -> dict[str, object]:  # Keras derives none where the dtype is a policy object
        return super().get_config()


@keras.saving.register_keras_serializable("catgan")
class Smooth(layers.Layer):
    """Downsamples by 2 with the filter [1, 3, 3, 1] / 8 in both directions, per channel. `(n, h, w, c)`, even sides.

    It is a sum of slices, whose gradients of any order are cheap.
    """

    def call(self, inputs):
        height, width = inputs.shape[1:3]
        padded = ops.pad(inputs, [[0, 0], [1, 1], [1, 1], [0, 0]])
        rows = sum(weight * padded[:, start:start + height:2] for start, weight in enumerate(_TAPS))
        return sum(weight * rows[:, :, start:start + width:2] for start, weight in enumerate(_TAPS))

    def get_config(self) -> dict[str, object]:  # see UnitNorm
        return super().get_config()


@dataclass(frozen=True)
class Blocks:
    """Makes layers and blocks of one precision. Initial weights depend on the seed and the name alone.

    Args:
        precision: a Keras dtype policy, `"float32"` or `"mixed_bfloat16"`.
        seed: of the initial weights.
    """

    precision: str = "float32"
    seed: int = 0

    @property
    def policy(self) -> keras.DTypePolicy:
        return keras.DTypePolicy(self.precision)

    def initializer(self, name: str, scale: float = 2.0) -> keras.initializers.Initializer:
        """Makes a truncated normal initializer of variance `scale` / inputs; 2 is that of He et al. 2015."""
        seed = zlib.crc32(f"{self.seed}/{name}".encode())
        return keras.initializers.VarianceScaling(scale, "fan_in", "truncated_normal", seed=seed)

    def dense(self, inputs, units: int, name: str, leaky: bool = False, scale: float = 2.0, dtype=None):
        """Applies a dense layer, `(n, m) -> (n, units)`, and LeakyReLU if `leaky`."""
        dtype = dtype or self.policy
        outputs = layers.Dense(units, kernel_initializer=self.initializer(name, scale), dtype=dtype, name=name)(inputs)
        return layers.LeakyReLU(LEAK, dtype=dtype, name=f"{name}_activation")(outputs) if leaky else outputs

    def label_embedding(self, condition, size: int):
        """Embeds an encoded condition `(n, 2 * width)` into `(n, size)`.

        The mask is part of the input, so that an absent and an unknown label differ.
        """
        hidden = self.dense(condition, 2 * size, "label_hidden", leaky=True)
        return self.dense(hidden, size, "label_embedding", scale=1.0)

    def up(self, features, style, width: int, name: str, resampling: str = "strided"):
        """Doubles the side: transposed 4x4 convolution, FiLM and LeakyReLU; or bilinear, and 1x1 for another width."""
        if resampling == "filtered":
            # Fewer channels are cheaper to enlarge.
            features = self._pointwise(features, width, name)
            return layers.UpSampling2D(interpolation="bilinear", dtype=self.policy, name=f"{name}_sample")(features)
        # Each output pixel of a transposed convolution with stride 2 sees a quarter of the kernel.
        features = layers.Conv2DTranspose(width, 4, strides=2, padding="same", dtype=self.policy, name=f"{name}_conv",
                                          kernel_initializer=self._transposed(name, features.shape[-1]))(features)
        features = FiLM(dtype=self.policy, name=f"{name}_film")([features, style])
        return layers.LeakyReLU(LEAK, dtype=self.policy, name=f"{name}_activation")(features)

    def down(self, features, width: int, name: str, resampling: str = "strided"):
        """Halves the side: 4x4 convolution with stride 2 and LeakyReLU; or a [1, 3, 3, 1] filter, and 1x1."""
        if resampling == "filtered":
            features = Smooth(dtype=self.policy, name=f"{name}_filter")(features)
            return self._pointwise(features, width, name)
        features = self.convolution(features, width, 4, f"{name}_conv", strides=2)
        return layers.LeakyReLU(LEAK, dtype=self.policy, name=f"{name}_activation")(features)

    def residual(self, features, network, name: str, total: int, style=None):
        """A residual block without normalisation (R3GAN, Huang et al. 2024): 1x1, 3x3 (dense or grouped), 1x1.

        The last layer starts at zero, the others are scaled for `total` such blocks in a row (Fixup, Zhang et al.
        2019). FiLM, where there is a style, follows the 3x3 convolution.
        """
        width = features.shape[-1]
        middle = round(width * network.expansion)
        groups = middle // network.group_size if network.group_size else 1
        scale = 2.0 * total ** -0.5
        inner = self.convolution(features, middle, 1, f"{name}_in", scale=scale, use_bias=False)
        inner = layers.LeakyReLU(LEAK, dtype=self.policy, name=f"{name}_in_activation")(inner)
        inner = self.convolution(inner, middle, 3, f"{name}_conv", scale=scale, groups=groups)
        if style is not None:
            inner = FiLM(dtype=self.policy, name=f"{name}_film")([inner, style])
        inner = layers.LeakyReLU(LEAK, dtype=self.policy, name=f"{name}_activation")(inner)
        inner = layers.Conv2D(width, 1, use_bias=False, kernel_initializer="zeros", dtype=self.policy,
                              name=f"{name}_out")(inner)
        return layers.Add(dtype=self.policy, name=name)([features, inner])

    def from_image(self, image, width: int):
        """1x1 convolution of an image to `width` channels."""
        return self.convolution(image, width, 1, "from_image", scale=1.0)

    def to_image(self, features, channels: int):
        """3x3 convolution and tanh to an image in [-1, 1], float32."""
        pixels = layers.Conv2D(channels, 3, padding="same", kernel_initializer=self.initializer("to_image", 1.0),
                               dtype=self.policy, name="to_image")(features)
        return layers.Activation("tanh", dtype="float32", name="image")(pixels)

    def convolution(self, features, width: int, size: int, name: str, scale: float = 2.0, **arguments):
        """A convolution that keeps the side (unless it has strides)."""
        return layers.Conv2D(width, size, padding="same", kernel_initializer=self.initializer(name, scale),
                             dtype=self.policy, name=name, **arguments)(features)

    def _pointwise(self, features, width: int, name: str):
        if features.shape[-1] == width:
            return features
        return self.convolution(features, width, 1, f"{name}_width", scale=1.0, use_bias=False)

    def _transposed(self, name: str, inputs: int) -> keras.initializers.Initializer:
        seed = zlib.crc32(f"{self.seed}/{name}".encode())
        return keras.initializers.TruncatedNormal(stddev=(2.0 / (4 * inputs)) ** 0.5, seed=seed)
