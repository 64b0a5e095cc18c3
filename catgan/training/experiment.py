"""What an experiment file says: frozen dataclasses that `catgan.config` reads from YAML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catgan import config, facs
from catgan.errors import CatganError, unknown_name
from catgan.gan.presets import NetworkConfig, network_config
from catgan.labels import MODES, LabelSpec

PRECISIONS = ("auto", "float32", "mixed_bfloat16")


@dataclass(frozen=True)
class LabelConfig:
    """Which labels of the data set the networks learn.

    Args:
        mode: `"au"`, `"va"` or `"joint"`: the switch between the three trainings of the paper.
        action_units: FACS numbers; all of the data set's when empty.
        expressions: whether the discriminator also has an expression head.
    """

    mode: str = "joint"
    action_units: tuple[int, ...] = ()
    expressions: bool = False

    def __post_init__(self):
        if self.mode not in MODES:
            raise unknown_name("label mode", self.mode, MODES)


@dataclass(frozen=True)
class TrainingConfig:
    """How a network is trained. Everything is counted in real faces seen, never in seconds, so that a training is the
    same on every machine.

    Args:
        images: length of the training, in faces.
        batch_size: faces per step.
        learning_rate, final_learning_rate: of both networks; cosine from the first to the last (R3GAN).
        beta2: of Adam; beta1 is 0.
        gamma: weight of R1 and R2.
        penalty_interval: R1 and R2 are taken every so many steps, times as many.
        label_weight: weight of the label heads on real faces.
        ema_half_life: half-life of the averaged weights, in faces.
        tick_images: faces between two lines of `stats.jsonl`, each with a checkpoint.
        snapshot_ticks: ticks between two validations with sample grids and presets.
        mirror: whether faces are flipped left to right at random.
        precision: `"mixed_bfloat16"`, `"float32"`, or `"auto"`: the faster of the two on this machine, written into
            the run's config as what it came to.
        seed: of initial weights, batches and noise.
    """

    images: int = 200_000
    batch_size: int = 64
    learning_rate: float = 4e-4
    final_learning_rate: float = 1e-4
    beta2: float = 0.99
    gamma: float = 0.5
    penalty_interval: int = 4
    label_weight: float = 1.0
    ema_half_life: float = 10_000.0
    tick_images: int = 6_400
    snapshot_ticks: int = 4
    mirror: bool = True
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self):
        for name in ("images", "batch_size", "penalty_interval", "tick_images", "snapshot_ticks", "ema_half_life",
                     "learning_rate", "final_learning_rate"):
            if not getattr(self, name) > 0:
                raise CatganError(f"'training.{name}' must be greater than 0. Received: {getattr(self, name)}.")
        if self.tick_images % self.batch_size:
            raise CatganError(f"'training.tick_images' must be a multiple of batch_size {self.batch_size}. "
                              f"Received: {self.tick_images}.")
        if self.precision not in PRECISIONS:
            raise unknown_name("precision", self.precision, PRECISIONS)

    @property
    def steps(self) -> int:
        """Number of steps, whole ticks."""
        return math.ceil(self.images / self.tick_images) * self.tick_images // self.batch_size

    def learning_rate_at(self, images: int) -> float:
        """Cosine schedule as a pure function of the faces seen."""
        progress = min(images / self.images, 1.0)
        return self.final_learning_rate + 0.5 * (self.learning_rate - self.final_learning_rate) * (
            1.0 + math.cos(math.pi * progress))

    def ema_decay_at(self, step: int) -> float:
        """Decay of the averaged weights in one step; short at first, so that the start is forgotten."""
        return min(0.5 ** (self.batch_size / self.ema_half_life), (1.0 + step) / (10.0 + step))


@dataclass(frozen=True)
class Experiment:
    """One training: data, labels, networks, schedule.

    Args:
        name: names the run folder.
        preset: sizes of the networks, a name in `catgan.gan.presets.PRESETS`.
        network: fields of `NetworkConfig` that differ from the preset.
        labels, training: see there.
        data: folder of the data set; `--data` overrides it.
        data_hash: content hash of the data set; written into the resolved config, checked on resume.
    """

    name: str
    preset: str = "xs_64"
    network: dict[str, Any] = field(default_factory=dict)
    labels: LabelConfig = LabelConfig()
    training: TrainingConfig = TrainingConfig()
    data: str | None = None
    data_hash: str | None = None

    def __post_init__(self):
        if not self.name or any(character in self.name for character in "/\\\0"):
            raise CatganError(f"'name' must be usable as a folder name. Received: {self.name!r}.")
        network_config(self.preset, self.network)

    @property
    def network_config(self) -> NetworkConfig:
        return network_config(self.preset, self.network)

    def spec(self, data: LabelSpec) -> LabelSpec:
        """The labels this experiment learns from a data set with labels `data`.

        Raises:
            CatganError: an AU, or a dimension, that the data set lacks.
        """
        for number in self.labels.action_units:
            if number not in data.action_units:
                raise unknown_name("Action Unit for this data set", facs.au_name(number),
                                   [facs.au_name(known) for known in data.action_units])
        if self.labels.mode in ("va", "joint") and not data.valence_arousal:
            raise CatganError(f"Label mode '{self.labels.mode}' needs valence and arousal, which the data set lacks.")
        if self.labels.mode in ("au", "joint") and not data.action_units:
            raise CatganError(f"Label mode '{self.labels.mode}' needs Action Units, which the data set lacks.")
        chosen = replace(data, action_units=self.labels.action_units or data.action_units,
                         expressions=data.expressions if self.labels.expressions else ())
        return chosen.mode(self.labels.mode)


def read_experiment(path: str | Path, assignments: Sequence[str] = (), data: str | Path | None = None) -> Experiment:
    """Reads an experiment file, with `a.b=c` assignments and a data folder put over it.

    Raises:
        CatganError: see `catgan.config`.
    """
    content = config.override(config.read_yaml(path), assignments)
    if data is not None:
        content["data"] = str(data)
    return config.from_mapping(Experiment, content)
