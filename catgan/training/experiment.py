"""What an experiment file says: frozen dataclasses that `catgan.config` reads from YAML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catgan import config, facs
from catgan.errors import CatganError, unknown_name
from catgan.labels import MODES, LabelSpec
from catgan.models.gan.architectures import NetworkConfig, network_config

PRECISIONS = ("auto", "float32", "mixed_bfloat16")
COMPLETIONS = ("none", "joint", "head")
SPLITS = ("train", "validation")


@dataclass(frozen=True)
class LabelConfig:
    """Which labels of the data set the networks learn.

    Args:
        mode: `"au"`, `"va"` or `"joint"`: the switch between the three trainings of the paper.
        action_units: FACS numbers; all of the data set's when empty.
        expressions: whether the discriminator also has an expression head.
        predicted: whether labels that `catgan complete` predicted take the place of unknown ones in training. They are
            never used to choose a snapshot, or to evaluate.
    """

    mode: str = "joint"
    action_units: tuple[int, ...] = ()
    expressions: bool = False
    predicted: bool = False

    def __post_init__(self):
        if self.mode not in MODES:
            raise unknown_name("label mode", self.mode, MODES)


@dataclass(frozen=True)
class BesideConfig:
    """A second data set whose faces take part in the training, for what the first one lacks: photographs beside
    rendered faces, or the other way round. Snapshots are chosen on the first one.

    Args:
        data: its folder.
        share: of every batch.
        data_hash: its content hash; written into the resolved config, checked on resume.
    """

    data: str
    share: float = 0.5
    data_hash: str | None = None

    def __post_init__(self):
        if not 0.0 < self.share < 1.0:
            raise CatganError(f"'beside.share' must lie between 0 and 1. Received: {self.share}.")


@dataclass(frozen=True)
class EditingConfig:
    """How an editor is trained on rendered pairs, and on photographs; see `catgan.training.tasks.editing`.

    Args:
        pixel_weight, edge_weight: of the distance between the drawn and the true changed face.
        feature_weight, label_weight: of the distance of what the discriminator sees in, and reads off, the two.
        adversarial_weight: of the critic; 0 leaves the discriminator as it is.
        cycle_weight: of the distance from the face before, after there and back.
        mask_weight: of the area that may change.
        lenience: up to what difference counts by its square, see `catgan.models.losses.SMALL`; true changes have .06.
        imitated: share of the photographs that come as pairs, see `catgan.training.tasks.imitations`.
        start: a run or preset with these labels and sizes, whose editor this one goes on from; without it, that of
            `Experiment.start` if it has one, or a new one.
    """

    pixel_weight: float = 40.0
    edge_weight: float = 20.0
    feature_weight: float = 0.0
    label_weight: float = 0.0
    adversarial_weight: float = 0.0
    cycle_weight: float = 0.0
    mask_weight: float = 0.0
    lenience: float = 0.2
    imitated: float = 0.0
    start: str | None = None

    def __post_init__(self):
        _require("editing.lenience", self.lenience, self.lenience > 0, "be greater than 0")
        _require("editing.imitated", self.imitated, 0.0 <= self.imitated <= 1.0, "lie between 0 and 1")
        for name in ("pixel_weight", "edge_weight", "feature_weight", "label_weight", "adversarial_weight",
                     "cycle_weight", "mask_weight"):
            _require(f"editing.{name}", getattr(self, name), getattr(self, name) >= 0, "be 0 or more")


@dataclass(frozen=True)
class TrainingConfig:
    """How a network is trained. Everything is counted in real faces seen, never in seconds, so that a training is the
    same on every machine. What changes on the way does so along a cosine, see `catgan.training.schedules`.

    Args:
        images: length of the training, in faces.
        batch_size: faces per step.
        accumulate: steps whose gradients are averaged into one update, for batches that memory does not hold.
        learning_rate, final_learning_rate: of all networks.
        beta2, final_beta2: of Adam; beta1 is 0.
        gamma, final_gamma: weight of R1 and R2.
        penalty_interval: R1 and R2 are taken every so many steps, times as many.
        label_weight: weight of the label heads on real faces.
        matching_weight: weight of mean matching in the generator's loss (0 = none).
        supervised: whether only the label heads are trained, without a generator: the twin that shows what the
            adversarial part is worth, and a judge of other runs; or a better reader for `Experiment.start`.
        critic_weight: supervised, with `Experiment.start`: weight of the distance of the critic's scores, of real and
            generated faces, from those at the start; with 0 it is forgotten.
        identity: whether the features of the discriminator learn to tell people apart, and nothing else: a judge of
            whether a changed face is still the same person.
        editing: if given, an editor is trained, beside the networks of a finished run (`Experiment.start`).
        regression_weight: weight of a plain label loss on the generator; for ablations, since it exaggerates.
        label_dropout: share of faces of which some or all known labels are hidden from both networks, so that the
            generator also learns to draw faces whose labels are left free.
        completion: what the generator is told where a label is unknown: `"none"`, a draw from the training faces whose
            known labels are alike (`"joint"`), or what the averaged heads read (`"head"`).
        augment: probability of each augmentation of what the critic sees, at the end of the training.
        ema_half_life: half-life of the averaged weights, in faces (0 = no average).
        tick_images: faces between two lines of `stats.jsonl`, each with a checkpoint.
        snapshot_ticks: ticks between two validations with sample grids and presets.
        mirror: whether faces are flipped left to right at random.
        precision: `"mixed_bfloat16"`, `"float32"`, or `"auto"`: the faster of the two on this machine, written into
            the run's config as what it came to.
        seed: of initial weights, batches and noise.
    """

    images: int = 200_000
    batch_size: int = 64
    accumulate: int = 1
    learning_rate: float = 4e-4
    final_learning_rate: float = 1e-4
    beta2: float = 0.99
    final_beta2: float = 0.99
    gamma: float = 0.5
    final_gamma: float = 0.5
    penalty_interval: int = 4
    label_weight: float = 1.0
    matching_weight: float = 0.0
    regression_weight: float = 0.0
    supervised: bool = False
    critic_weight: float = 0.0
    identity: bool = False
    editing: EditingConfig | None = None
    label_dropout: float = 0.2
    completion: str = "none"
    augment: float = 0.0
    ema_half_life: float = 10_000.0
    tick_images: int = 6_400
    snapshot_ticks: int = 4
    mirror: bool = True
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self):
        for name in ("images", "batch_size", "accumulate", "penalty_interval", "tick_images",
                     "snapshot_ticks", "learning_rate", "final_learning_rate"):
            _require(name, getattr(self, name), getattr(self, name) > 0, "be greater than 0")
        for name in ("gamma", "final_gamma", "label_weight", "matching_weight", "regression_weight", "critic_weight",
                     "ema_half_life"):
            _require(name, getattr(self, name), getattr(self, name) >= 0, "be 0 or more")
        for name in ("label_dropout", "augment"):
            _require(name, getattr(self, name), 0 <= getattr(self, name) <= 1, "lie in 0..1")
        for name in ("beta2", "final_beta2"):
            _require(name, getattr(self, name), 0 <= getattr(self, name) < 1, "lie in 0..1 (exclusive)")
        if (self.supervised, self.identity, self.editing is not None).count(True) > 1:
            raise CatganError("'training.supervised', 'training.identity' and 'training.editing' are different "
                              "trainings. Give one of them.")
        if self.tick_images % (self.batch_size * self.accumulate):
            raise CatganError(f"'training.tick_images' must be a multiple of batch_size x accumulate "
                              f"{self.batch_size * self.accumulate}. Received: {self.tick_images}.")
        for name, known in (("precision", PRECISIONS), ("completion", COMPLETIONS)):
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known)

    @property
    def steps(self) -> int:
        """Number of steps, whole ticks."""
        return math.ceil(self.images / self.tick_images) * self.tick_images // self.batch_size


def _require(name: str, value: float, fulfilled: bool, what: str) -> None:
    if not fulfilled:
        raise CatganError(f"'training.{name}' must {what}. Received: {value}.")


@dataclass(frozen=True)
class Experiment:
    """One training: data, labels, networks, schedule.

    Args:
        name: names the run folder.
        preset: sizes of the networks, a name in `catgan.models.gan.architectures.ARCHITECTURES`.
        network: fields of `NetworkConfig` that differ from the preset.
        labels, training: see there.
        start: a run or preset with these labels and sizes, whose networks this training goes on from, or an editor is
            trained beside.
        split: the faces to train on: `train`, or `validation` for a judge of runs that were trained on `train`.
        data: folder of the data set; `--data` overrides it.
        data_hash: content hash of the data set; written into the resolved config, checked on resume.
        beside: a second data set.
    """

    name: str
    preset: str = "xs_64"
    network: dict[str, Any] = field(default_factory=dict)
    labels: LabelConfig = LabelConfig()
    training: TrainingConfig = TrainingConfig()
    start: str | None = None
    split: str = "train"
    data: str | None = None
    data_hash: str | None = None
    beside: BesideConfig | None = None

    def __post_init__(self):
        if not self.name or any(character in self.name for character in "/\\\0"):
            raise CatganError(f"'name' must be usable as a folder name. Received: {self.name!r}.")
        if self.split not in SPLITS:
            raise unknown_name("split to train on", self.split, SPLITS)
        network_config(self.preset, self.network)
        if self.training.critic_weight and (self.start is None or not self.training.supervised):
            raise CatganError("'training.critic_weight' holds the critic of finished networks while their label heads "
                              "alone are trained: it needs 'training.supervised: true' and 'start'.")
        if self.training.editing is not None and self.start is None:
            raise CatganError("An editor ('training.editing') is trained beside the networks of a finished run: name "
                              "it, for example --set start=runs/00000-xs-64.")

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
