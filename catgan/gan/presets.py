"""Sizes of networks by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catgan import config
from catgan.errors import CatganError, unknown_name

BASE_SIDE = 4


@dataclass(frozen=True)
class NetworkConfig:
    """What a generator and a discriminator are built from.

    Args:
        image_size: side of the faces in pixels; 4 * 2 ** (number of widths).
        channels: 1 (luminance) or 3 (RGB) inside the networks. Images at the public boundary are always RGB.
        latent_size: length of the noise vector.
        embedding_size: length of the label embedding.
        style_width: width of the generator's mapping network.
        generator_widths: channels of each doubling from 4 px upwards; the first is also the width at 4 px.
        discriminator_widths: channels of each halving down to 4 px.
        features: length of the discriminator's feature vector before the critic and the label heads.
    """

    image_size: int = 64
    channels: int = 1
    latent_size: int = 64
    embedding_size: int = 64
    style_width: int = 256
    generator_widths: tuple[int, ...] = (128, 64, 32, 16)
    discriminator_widths: tuple[int, ...] = (32, 64, 128, 256)
    features: int = 256

    def __post_init__(self):
        if self.channels not in (1, 3):
            raise CatganError(f"'channels' must be 1 or 3. Received: {self.channels}.")
        for name in ("generator_widths", "discriminator_widths"):
            widths = getattr(self, name)
            if BASE_SIDE * 2 ** len(widths) != self.image_size:
                raise CatganError(f"'{name}' needs one width per doubling from {BASE_SIDE} px to image_size "
                                  f"{self.image_size}. Received: {list(widths)}.")


# xs: made for two CPU cores, without bf16 matrix units too; measured speeds are in docs/benchmarks/.
PRESETS: dict[str, NetworkConfig] = {
    "xs_64": NetworkConfig(),
    "xs_32": NetworkConfig(image_size=32, generator_widths=(128, 64, 32), discriminator_widths=(64, 128, 256)),
    "s_64": NetworkConfig(generator_widths=(256, 128, 64, 32), discriminator_widths=(64, 128, 256, 256)),
}


def network_config(preset: str, changes: Mapping[str, Any] | None = None) -> NetworkConfig:
    """The named sizes with some fields changed.

    Raises:
        CatganError: an unknown preset, an unknown field, or a field of the wrong type.
    """
    if preset not in PRESETS:
        raise unknown_name("network preset", preset, PRESETS)
    if not changes:
        return PRESETS[preset]
    checked = config.from_mapping(NetworkConfig, {**config.to_mapping(PRESETS[preset]), **changes}, "network")
    return replace(checked)
