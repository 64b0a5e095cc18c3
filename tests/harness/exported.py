"""Models whose exports are compared with Keras."""

from __future__ import annotations

import numpy as np

from catgan import config
from catgan.labels import LabelSpec
from catgan.models.calibration import LEVELS, Calibration
from catgan.models.gan import presets
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY
from tests.harness.networks import FILTERED, trained_build

SPECS = {"intensity": LabelSpec((4, 12), "intensity", True), "presence": LabelSpec((4, 12), "presence", True),
         "expressions": LabelSpec((4, 12), "intensity", True, ("fear", "neutral"))}
CALIBRATION = Calibration(
    {"AU12": 0.5, "valence": 1.5}, {},
    {name: {str(level): 2.0 * level for level in LEVELS} for name in ("AU04", "AU12", "valence", "arousal")})


def exported_gan(labels: str = "intensity", **network) -> CatGAN:
    """A tiny model with an editor that draws, whose heads depend on the face, and a calibration."""
    gan = CatGAN(config.from_mapping(NetworkConfig, {**TINY, **network}), SPECS[labels], critic_reference=0.25, seed=1)
    gan.editor = trained_build(gan.network, gan.spec.width)
    gan.calibration = CALIBRATION
    if labels == "presence":
        gan.calibration = Calibration({"arousal": 0.7}, {"AU12_present": 1.7}, {})
    random = np.random.default_rng(2)
    for network in (gan.discriminator, gan.generator, gan.editor):
        network.set_weights([weight + 0.05 * random.standard_normal(weight.shape) for weight in network.get_weights()])
    return gan


def filtered_gan() -> CatGAN:
    """The same of the blocks of R3GAN."""
    return exported_gan(**FILTERED)


def public_outputs(gan: CatGAN, faces: np.ndarray) -> dict[str, np.ndarray]:
    """What `CatGAN.predict` returns, as the outputs of an exported predictor."""
    columns, spec = gan.read(faces, classes=True), gan.spec
    units, dimensions = spec.action_unit_columns, ("valence", "arousal")

    def joined(names, suffix=""):
        return np.stack([columns[name + suffix] for name in names], axis=1)

    found = {"action_units": joined(units), "action_units_std": joined(units, "_std"),
             "valence_arousal": joined(dimensions), "valence_arousal_std": joined(dimensions, "_std"),
             "realness": columns["realness"], "features": gan.features(faces)}
    if spec.expressions:
        found["expression"] = joined([f"expression={name}" for name in spec.expressions])
    return found


def some_faces(n: int, side: int, seed: int = 0) -> np.ndarray:
    """Smooth random colours, uint8 `(n, side, side, 3)`."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (n, 4, 4, 3))
    return np.repeat(np.repeat(coarse, side // 4, 1), side // 4, 2).astype(np.uint8)


def float32(gan: CatGAN) -> CatGAN:
    """The same model in float32, to compare with."""
    copy = presets.from_mapping(CatGAN, {**presets.to_mapping(gan), "precision": "float32"})
    for name in gan.network_names:
        getattr(copy, name).set_weights(getattr(gan, name).get_weights())
    return copy
