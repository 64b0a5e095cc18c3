"""Describes one training: frozen dataclasses that `catgan.config` reads from an experiment file (YAML)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from catgan import config, facs, system
from catgan.errors import CatganError, unknown_name
from catgan.labels import MODES, LabelSpec
from catgan.models.gan.architectures import NetworkConfig, network_config
from catgan.training import earlier_files
from catgan.training.budget import BudgetConfig
from catgan.training.tasks import Task, get_task

PRECISIONS = ("auto", "float32", "mixed_bfloat16")
SPLITS = ("train", "validation")


@dataclass(frozen=True)
class LabelConfig:
    """Chooses the labels of the data set that the networks learn.

    Args:
        mode: `"au"`, `"va"` or `"joint"`: Action Units, valence-arousal, or both of them; `"expression"`, or
            `"both"`: expressions and valence-arousal.
        action_units: FACS numbers; all of the data set's when empty.
        expressions: whether there is also an expression head, in mode `"joint"`.
        predicted: whether labels that `catgan complete` predicted replace unknown labels in training. Validation and
            evaluation never use them.
        budget: which labels of the training faces are known, see `catgan.training.budget`. Subjects are drawn with
            `training.seed`.
    """

    mode: str = "joint"
    action_units: tuple[int, ...] = ()
    expressions: bool = False
    predicted: bool = False
    budget: BudgetConfig = BudgetConfig()

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise unknown_name("label mode", self.mode, MODES)


@dataclass(frozen=True)
class AuxiliaryConfig:
    """Names a second data set whose faces take part in the training, such as photographs beside rendered faces.

    Snapshots are chosen on the main data set alone.

    Args:
        data: its folder.
        share: share of every batch that comes from it, 0..1 (exclusive).
        data_hash: its content hash; written into the resolved config, checked on resume.
    """

    data: str
    share: float = 0.5
    data_hash: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1.0:
            raise CatganError(f"'auxiliary_data.share' must lie between 0 and 1. Received: {self.share}.")


@dataclass(frozen=True)
class TrainingConfig:
    """Holds the options that all kinds of training share. A kind's own options are `Experiment.options`.

    Lengths are counted in real faces seen, never in seconds, so that a training is the same on every machine. Values
    with a `final_` twin change along half a cosine, see `catgan.training.schedules`.

    Args:
        images: length of the training, in faces.
        batch_size: faces per step.
        accumulate: number of steps whose gradients are averaged into one update.
        learning_rate, final_learning_rate: of all networks.
        beta2, final_beta2: second moment decay of Adam, where the kind of training has no value of its own.
        augment: probability of each augmentation of the discriminator's input at the end of the training.
        ema_half_life: half-life of the averaged weights, in faces (0 = no average).
        tick_images: faces between two lines of `stats.jsonl`, each with a checkpoint.
        snapshot_ticks: ticks between two validations, each with sample grids and presets.
        mirror: whether faces are flipped left to right at random.
        precision: `"mixed_bfloat16"`, `"float32"`, or `"auto"`: the faster of the two on this machine. The run's
            config holds the one that was chosen.
        seed: of initial weights, batches and noise.
    """

    images: int = 200_000
    batch_size: int = 64
    accumulate: int = 1
    learning_rate: float = 4e-4
    final_learning_rate: float = 1e-4
    beta2: float = 0.99
    final_beta2: float = 0.99
    augment: float = 0.0
    ema_half_life: float = 10_000.0
    tick_images: int = 6_400
    snapshot_ticks: int = 4
    mirror: bool = True
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        config.check(self, "training", above_zero=("images", "batch_size", "accumulate", "tick_images",
                                                   "snapshot_ticks", "learning_rate", "final_learning_rate"),
                     from_zero=("ema_half_life",), shares=("augment",), below_one=("beta2", "final_beta2"))
        if self.tick_images % (self.batch_size * self.accumulate):
            raise CatganError(f"'training.tick_images' must be a multiple of batch_size x accumulate "
                              f"{self.batch_size * self.accumulate}. Received: {self.tick_images}.")
        if self.precision not in PRECISIONS:
            raise unknown_name("precision", self.precision, PRECISIONS)

    @property
    def steps(self) -> int:
        """Number of steps, whole ticks."""
        return math.ceil(self.images / self.tick_images) * self.tick_images // self.batch_size


@dataclass(frozen=True)
class Experiment:
    """Describes one training: its kind, data, labels, networks and schedule.

    Args:
        name: names the run folder.
        task: the kind of training, a name in `catgan.training.tasks.TASKS`.
        options: the kind's own options: its config dataclass, or a mapping with fields of it.
        architecture: sizes of the networks, a name in `catgan.models.gan.architectures`.
        network: fields of `NetworkConfig` that differ from the architecture.
        labels, training: see `LabelConfig` and `TrainingConfig`.
        start: a run or preset with the same labels and sizes. The training continues from its networks.
        split: the faces to train on: `train`, or `validation` for a judge of runs that were trained on `train`.
        data: folder of the data set; `--data` overrides it.
        data_hash: content hash of the data set; written into the resolved config, checked on resume.
        auxiliary_data: a second data set.

    Raises:
        CatganError: an unknown name, a value out of range, or options that the kind of training refuses.
    """

    name: str
    task: str = "adversarial"
    architecture: str = "xs_64"
    network: Mapping[str, object] = field(default_factory=dict)
    labels: LabelConfig = LabelConfig()
    training: TrainingConfig = TrainingConfig()
    options: object = None
    start: str | None = None
    split: str = "train"
    data: str | None = None
    data_hash: str | None = None
    auxiliary_data: AuxiliaryConfig | None = None

    def __post_init__(self) -> None:
        if not self.name or any(character in self.name for character in "/\\\0"):
            raise CatganError(f"'name' must be usable as a folder name. Received: {self.name!r}.")
        if self.split not in SPLITS:
            raise unknown_name("split to train on", self.split, SPLITS)
        network_config(self.architecture, self.network)
        kind = get_task(self.task)
        if not isinstance(self.options, kind.config):
            object.__setattr__(self, "options", config.from_mapping(kind.config, self.options or {}, "options"))
        if self.labels.budget != BudgetConfig() and not getattr(kind, "has_budget", False):
            raise CatganError(f"'labels.budget' is for trainings on labelled faces. Received: task '{self.task}'.")
        kind.check(self)

    @property
    def kind(self) -> Task:
        """The kind of training, as an object."""
        return get_task(self.task)

    @property
    def network_config(self) -> NetworkConfig:
        """The sizes of the networks."""
        return network_config(self.architecture, self.network)

    @property
    def validation_split(self) -> str:
        """The split that snapshots are measured on: the one that is not trained on."""
        return "validation" if self.split == "train" else "train"

    def spec(self, data: LabelSpec) -> LabelSpec:
        """Returns the labels that this experiment learns from a data set with labels `data`.

        Raises:
            CatganError: an AU, or a dimension, that the data set lacks.
        """
        for number in self.labels.action_units:
            if number not in data.action_units:
                raise unknown_name("Action Unit for this data set", facs.au_name(number),
                                   [facs.au_name(known) for known in data.action_units])
        mode = self.labels.mode
        if mode in ("va", "joint", "both") and not data.valence_arousal:
            raise CatganError(f"Label mode '{mode}' needs valence and arousal, which the data set lacks.")
        if mode in ("expression", "both") and not data.expressions:
            raise CatganError(f"Label mode '{mode}' needs expressions, which the data set lacks.")
        if mode in ("au", "joint") and not data.action_units:
            raise CatganError(f"Label mode '{mode}' needs Action Units, which the data set lacks.")
        chosen = replace(data, action_units=self.labels.action_units or data.action_units,
                         expressions=data.expressions if self.labels.expressions or mode in ("expression", "both")
                         else ())
        return chosen.mode(self.labels.mode)


def experiment_from(content: Mapping[str, object]) -> Experiment:
    """Builds an experiment from the content of a file, of this version or of an earlier one.

    Raises:
        CatganError: see `catgan.config.from_mapping` and `Experiment`.
    """
    return config.from_mapping(Experiment, earlier_files.converted(content)[0])


def read_experiment(path: str | Path, assignments: Sequence[str] = (), data: str | Path | None = None) -> Experiment:
    """Reads an experiment file, with `a.b=c` assignments and a data folder put over it.

    A file or an assignment with keys of an earlier version is read too; a message says which keys to write today.

    Raises:
        CatganError: see `catgan.config`.
    """
    content, hints = earlier_files.converted(config.override(config.read_yaml(path), assignments))
    if hints:
        system.logger.warning("%s: keys of an earlier version: %s.", path, "; ".join(hints))
    if data is not None:
        content["data"] = str(data)
    return config.from_mapping(Experiment, content)
