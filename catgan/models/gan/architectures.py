"""Architectures: sizes of the networks by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from catgan import config
from catgan.errors import CatganError, unknown_name

BASE_SIDE = 4
EDITOR_BASE_SIDE = 8
EDITOR_WIDTHS = (160, 96, 48, 24)
"""Channels of an editor for two CPU cores, at 8, 16, 32, 64 px."""
FAMILIES = ("residual", "legacy")
LEGACY_LAYERS = 3
"""Hidden layers of each legacy network."""
RESAMPLINGS = ("strided", "filtered")
ACTION_UNIT_HEADS = ("gaussian", "huber", "ordinal")
VALENCE_AROUSAL_HEADS = ("regression", "categorical")


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of a generator, a discriminator and an editor.

    Generator and discriminator have one stage per side from 4 px to `image_size`: resampling, then residual blocks.

    Args:
        family: `"residual"`, or `"legacy"`: the layers of Richer & Kollias 2019 (32 px), which only have `channels`.
        image_size: side of the faces in pixels, a power of two.
        channels: 1 (luminance) or 3 (RGB) inside the networks. Images outside are always RGB.
        latent_size: length of the noise vector.
        embedding_size: length of the label embedding.
        style_width: width of the generator's mapping network.
        generator_widths, discriminator_widths: channels of each stage, from 4 px upwards. In the discriminator 0 at
            full size means that its first layer halves the image at once.
        generator_blocks, discriminator_blocks: residual blocks of each stage.
        resampling: `"strided"` 4x4 convolutions, cheap on a CPU, or `"filtered"`: bilinear and 1x1, as in R3GAN.
        expansion: width of the middle of a residual block, relative to its ends.
        group_size: channels per group of its 3x3 convolution; 0 = dense.
        features: length of the discriminator's feature vector before the critic and the label heads.
        action_unit_head: head of intensities: `"gaussian"` (mean and variance, beta-NLL), `"huber"`, or `"ordinal"`
            (five ordered thresholds). The head of presences is always a probability.
        valence_arousal_head: `"regression"`, or `"categorical"`: a distribution over `bins` values.
        bins: of the categorical head, from -1 to 1.
        editor_widths: channels of each stage of the editor, from 8 px to half of `image_size`; those of
            `EDITOR_WIDTHS` when empty.
        legacy_generator_widths, legacy_discriminator_widths: channels of the three hidden layers of each legacy
            network; those of the paper by default. Other families do not use them.
    """

    family: str = "residual"
    image_size: int = 64
    channels: int = 1
    latent_size: int = 64
    embedding_size: int = 64
    style_width: int = 256
    generator_widths: tuple[int, ...] = (160, 128, 80, 40, 20)
    discriminator_widths: tuple[int, ...] = (192, 96, 48, 24, 0)
    generator_blocks: tuple[int, ...] = (0, 0, 0, 0, 0)
    discriminator_blocks: tuple[int, ...] = (0, 0, 0, 0, 0)
    resampling: str = "strided"
    expansion: float = 1.0
    group_size: int = 0
    features: int = 256
    action_unit_head: str = "gaussian"
    valence_arousal_head: str = "regression"
    bins: int = 21
    editor_widths: tuple[int, ...] = ()
    legacy_generator_widths: tuple[int, ...] = (384, 128, 64)
    legacy_discriminator_widths: tuple[int, ...] = (64, 128, 256)

    def __post_init__(self):
        if self.channels not in (1, 3):
            raise CatganError(f"'channels' must be 1 or 3. Received: {self.channels}.")
        for name, known in (("family", FAMILIES), ("resampling", RESAMPLINGS), ("action_unit_head", ACTION_UNIT_HEADS),
                            ("valence_arousal_head", VALENCE_AROUSAL_HEADS)):
            if getattr(self, name) not in known:
                raise unknown_name(f"'{name}'", getattr(self, name), known)
        if self.family == "legacy":
            if self.image_size != 32:
                raise CatganError(f"The legacy networks draw faces of 32 px. Received: image_size {self.image_size}.")
            for name in ("legacy_generator_widths", "legacy_discriminator_widths"):
                if len(getattr(self, name)) != LEGACY_LAYERS:
                    raise CatganError(f"'{name}' needs {LEGACY_LAYERS} numbers. Received: {list(getattr(self, name))}.")
            return
        for name in ("generator_widths", "discriminator_widths", "generator_blocks", "discriminator_blocks"):
            stages = getattr(self, name)
            if BASE_SIDE * 2 ** (len(stages) - 1) != self.image_size:
                raise CatganError(f"'{name}' needs one number per stage from {BASE_SIDE} px to image_size "
                                  f"{self.image_size}, each twice the last. Received: {list(stages)}.")
        if self.editor_widths and EDITOR_BASE_SIDE * 2 ** len(self.editor_widths) != self.image_size:
            raise CatganError(f"'editor_widths' needs one number per stage from {EDITOR_BASE_SIDE} px to half of "
                              f"image_size {self.image_size}, each twice the last. "
                              f"Received: {list(self.editor_widths)}.")
        if self.group_size and any(round(width * self.expansion) % self.group_size for width in
                                   (*self.generator_widths, *self.discriminator_widths)):
            raise CatganError(f"The middle of every residual block must be a multiple of group_size {self.group_size}.")

    @property
    def editor_stages(self) -> tuple[int, ...]:
        """Channels of each stage of the editor, from 8 px to half of `image_size`."""
        return self.editor_widths or EDITOR_WIDTHS[:int(math.log2(self.image_size // EDITOR_BASE_SIDE))]

    @property
    def sides(self) -> tuple[int, ...]:
        """The side of each stage, from 4 px upwards."""
        return tuple(BASE_SIDE * 2 ** stage for stage in range(int(math.log2(self.image_size // BASE_SIDE)) + 1))


def _filtered(image_size: int, widths: tuple[int, ...], blocks: int) -> NetworkConfig:
    """Residual blocks of R3GAN (Huang et al. 2024): expansion 2, 16 channels a group. Made for a GPU."""
    each = (blocks,) * len(widths)
    return NetworkConfig(image_size=image_size, channels=3, resampling="filtered", expansion=2.0, group_size=16,
                         generator_widths=widths, discriminator_widths=widths, generator_blocks=each,
                         discriminator_blocks=each)


# xs: made for two CPU cores, dense convolutions; s and m: for a GPU, grouped ones. Speeds are in docs/benchmarks/.
ARCHITECTURES: dict[str, NetworkConfig] = {
    "legacy_32": NetworkConfig("legacy", image_size=32, channels=3, latent_size=100),
    "xs_32": NetworkConfig(image_size=32, generator_widths=(128, 96, 48, 24), generator_blocks=(0,) * 4,
                           discriminator_widths=(192, 96, 40, 0), discriminator_blocks=(0,) * 4),
    "xs_64": NetworkConfig(),
    "xs_128": NetworkConfig(image_size=128, generator_widths=(160, 128, 80, 40, 20, 12), generator_blocks=(0,) * 6,
                            discriminator_widths=(192, 128, 80, 40, 20, 0), discriminator_blocks=(0,) * 6),
    "s_64": _filtered(64, (256, 256, 192, 128, 64), 1),
    "m_64": _filtered(64, (384, 384, 384, 256, 128), 2),
    "s_128": _filtered(128, (256, 256, 256, 192, 96, 48), 1),
    "m_128": _filtered(128, (384, 384, 384, 384, 192, 96), 2),
}


def network_config(architecture: str, changes: Mapping[str, object] | None = None) -> NetworkConfig:
    """Takes the sizes of a named architecture, with some fields changed.

    Raises:
        CatganError: an unknown architecture, an unknown field, or a field of the wrong type.
    """
    if architecture not in ARCHITECTURES:
        raise unknown_name("network preset", architecture, ARCHITECTURES)
    named = ARCHITECTURES[architecture]
    if not changes:
        return named
    checked = config.from_mapping(NetworkConfig, {**config.to_mapping(named), **changes}, "network")
    return replace(checked)
