"""Builds networks of several modalities: an encoder and a head for each, and what joins them."""

from __future__ import annotations

import contextlib
import random
import zlib
from collections.abc import Iterator

import keras
from keras import layers

from catgan import random_streams
from catgan.errors import CatganError, ModelError
from catgan.modalities.registry import get_modality
from catgan.models.multimodal.architectures import AVAILABLE, FUSED, FusionConfig
from catgan.models.multimodal.fusion import Labels, build_fusion, build_head

FEATURES = "features"
"""Name of the output of an encoder that goes to the heads; other outputs have the names that it gives them."""


def build_network(config: FusionConfig, labels: Labels, seed: int = 0) -> keras.Model:
    """Builds a network of several modalities.

    Args:
        config: modalities, kinds and sizes.
        labels: of all heads.
        seed: of the initial weights. Those of a modality do not depend on which others there are.

    Returns:
        A model of a flat dictionary, `"MODALITY.INPUT"` as the modality declares it and `"available"` bool
        `(n, modalities)`, to a flat dictionary: `"fused.OUTPUT"` and `"MODALITY.OUTPUT"` as
        `catgan.models.multimodal.fusion.build_head` names them, `"MODALITY.EXTRA"` of its encoder. The layers
        `encoder_name(modality)`, `head_name(modality)` and `"fused"` are models themselves.

    Raises:
        CatganError: an unknown modality.
        ModelError: an encoder that fails or returns something else than features `(n, f)` and further outputs.
    """
    inputs: dict[str, keras.KerasTensor] = {}
    features, outputs = dict(inputs), dict(inputs)
    available = keras.Input((len(config.modalities),), dtype="bool", name=AVAILABLE)
    for name in config.modalities:
        with seeded_layers(seed, name):
            encoder = build_encoder(name, config)
            own = _inputs(name, f"{name}.")
            found = encoder({key.removeprefix(f"{name}."): tensor for key, tensor in own.items()})
            features[name] = found.pop(FEATURES)
            found |= build_head(labels, features[name].shape[-1], head_name(name))(features[name])
        inputs |= own
        outputs |= {f"{name}.{key}": tensor for key, tensor in found.items()}
    with seeded_layers(seed, FUSED):
        joined = build_fusion(config, labels, {name: tensor.shape[-1] for name, tensor in features.items()})
        mask = keras.ops.cast(available, "float32")
        outputs |= {f"{FUSED}.{key}": tensor for key, tensor in joined({**features, AVAILABLE: mask}).items()}
    return keras.Model({**inputs, AVAILABLE: available}, outputs, name="network")


def build_encoder(modality: str, config: FusionConfig) -> keras.Model:
    """Builds the encoder of a modality, and normalises its features.

    Returns:
        A model of the modality's inputs by name to a dictionary: `"features"` `(n, f)`, and further outputs.

    Raises:
        CatganError: an unknown modality.
        ModelError: see `build_network`.
    """
    inputs = _inputs(modality)
    encode = get_modality(modality).load_encoder()
    try:
        features, extras = encode(inputs, config)
        width, extras = features.shape[1:], dict(extras)
    except CatganError:
        raise
    except Exception as error:  # the code of users
        raise ModelError(f"The encoder of the modality '{modality}' fails: {type(error).__name__}: "
                         f"{' '.join(str(error).split())[:300]}") from error
    if len(width) != 1 or width[0] is None or FEATURES in extras:
        raise ModelError(f"The encoder of the modality '{modality}' must return features of shape (n, f) and further "
                         f"outputs, none called '{FEATURES}'. Received: features of shape {(None, *width)}; outputs "
                         f"{', '.join(extras) or 'none'}.")
    normal = layers.LayerNormalization(name=f"{modality}_normal")(features)
    return keras.Model(inputs, {FEATURES: normal, **extras}, name=encoder_name(modality))


def encoder_name(modality: str) -> str:
    """Returns the name of the layer that encodes a modality."""
    return f"{modality}_encoder"


def head_name(modality: str) -> str:
    """Returns the name of the layer that is the own head of a modality."""
    return f"{modality}_head"


@contextlib.contextmanager
def seeded_layers(seed: int, part: str) -> Iterator[None]:
    """Makes the weights of layers that are built meanwhile depend on a seed and the name of a part alone.

    Keras takes the seed of an initializer without one from Python's generator, whose state is put back afterwards.
    Encoders of users need no seeds so.
    """
    state = random.getstate()
    drawn = random.Random(random_streams.integer("fusion_weights", seed, zlib.crc32(part.encode())))
    random.setstate(drawn.getstate())
    try:
        yield
    finally:
        random.setstate(state)


def _inputs(modality: str, prefix: str = "") -> dict[str, keras.KerasTensor]:
    """Makes the inputs that a modality declares, by name."""
    return {f"{prefix}{name}": keras.Input(one.shape, dtype=one.dtype, name=f"{prefix}{name}")
            for name, one in get_modality(modality).inputs.items()}
