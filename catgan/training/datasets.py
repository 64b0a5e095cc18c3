"""The data sets of one training: its own, and the one whose faces stand beside (`Experiment.beside`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from catgan.data.batches import Batch, Batches
from catgan.data.builder.split import SPLITS
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec
from catgan.training.experiment import Experiment, TrainingConfig


class Datasets(NamedTuple):
    """`own` is what a snapshot is chosen on; `beside` takes part in the training alone, with `share` of its faces."""

    own: DualDataset
    beside: DualDataset | None = None
    share: float = 0.0

    @property
    def all(self) -> tuple[DualDataset, ...]:
        return (self.own,) if self.beside is None else (self.own, self.beside)

    @property
    def spec(self) -> LabelSpec:
        """The labels that any of them has."""
        return self.own.spec if self.beside is None else self.own.spec.joined(self.beside.spec)

    @property
    def rendered(self) -> DualDataset | None:
        """The one whose scenes are known."""
        return next((dataset for dataset in self.all if dataset.is_rendered), None)

    @property
    def photographs(self) -> DualDataset | None:
        """The one whose scenes are not known."""
        return next((dataset for dataset in self.all if dataset is not self.rendered), None)


def datasets_of(experiment: Experiment, dataset: DualDataset) -> Datasets:
    """The data sets of an experiment whose own is `dataset`.

    Raises:
        CatganError: a folder that is none, or faces of another size than the networks'.
    """
    beside, batch = experiment.beside, experiment.training.batch_size
    if beside is not None and round(beside.share * batch) in (0, batch):
        raise CatganError(f"'beside.share' {beside.share:g} of {batch} faces a step leaves one data set without any. "
                          "Give a share nearer to 0.5.")
    found = Datasets(dataset) if beside is None else Datasets(dataset, load_dataset(beside.data), beside.share)
    side = experiment.network_config.image_size
    for part in found.all:
        if part.image_size != side:
            raise CatganError(f"The data set {part.folder} holds faces of {part.image_size} px, the networks of "
                              f"'{experiment.name}' need {side} px. Build it with that image_size.")
    return found


def check_labels(experiment: Experiment, datasets: Datasets, log: Callable[[str], None]) -> None:
    """Checks that there is something to learn and to measure, before anything is trained.

    Args:
        experiment: what is trained.
        datasets: the faces.
        log: takes a line about labels that no training face knows.

    Raises:
        CatganError: no face to train on or to validate on, or no training face knows any label.
    """
    own, spec = datasets.own, experiment.spec(datasets.spec)
    validation = "validation" if experiment.split == "train" else "train"
    for split, use in ((experiment.split, "train"), (validation, "validate")):
        if not own.count(split):
            raise CatganError(f"{own.folder} has no face in split '{split}' to {use} on. It has: "
                              f"{', '.join(f'{name} {own.count(name)}' for name in SPLITS)}.")
    if experiment.training.identity:
        return
    known, measured = (_known_columns(datasets, spec, split, experiment.labels.predicted and split != validation)
                       for split in (experiment.split, validation))
    unknown = [name for name in spec.columns if name not in known]
    if not known:
        raise CatganError(f"No face in split '{experiment.split}' of {own.folder} knows any of {', '.join(unknown)}: "
                          "there is nothing to learn.")
    if unknown:
        log(f"No face in split '{experiment.split}' knows {', '.join(unknown)}: what the network says of that will "
            "mean nothing. Leave Action Units out with labels.action_units.")
    if not measured:
        log(f"No face in split '{validation}' knows any of these labels: there will be no score, and best/ is the "
            "newest snapshot.")


def _known_columns(datasets: Datasets, spec: LabelSpec, split: str, predicted: bool) -> set[str]:
    """The labels that any face of a split knows, presence in the place of an unknown intensity included."""
    found: set[str] = set()
    for dataset in datasets.all:
        if not dataset.count(split):
            continue
        labels = dataset.labels(split, spec, predicted and "completed" in dataset.info)
        presences = dataset.presences(split, spec)
        for names, part in ((spec.columns, labels), (spec.action_unit_columns, presences)):
            if part is not None:
                found.update(name for name, known in zip(names, np.any(part.mask, axis=0).tolist()) if known)
    return found


class Mixed:
    """`Batches` of one or two data sets: as many faces of each in every batch, those of its own first.

    Args:
        datasets: where the faces come from.
        spec: the labels.
        channels: of the faces.
        batch_size: faces per batch.
        training: mirroring, seed.
        split: of the data sets.
        predicted: whether labels that `catgan complete` predicted take the place of unknown ones.

    Attributes:
        presences: columns of `presence` in every batch.
    """

    def __init__(self, datasets: Datasets, spec: LabelSpec, channels: int, batch_size: int, training: TrainingConfig,
                 split: str = "train", predicted: bool = False):
        presences = [dataset.presences(split, spec) for dataset in datasets.all]
        second = round(datasets.share * batch_size)
        self.presences, self.parts = len(spec.action_units) if any(presences) else 0, []
        sizes = (batch_size - second, second)
        for number, (dataset, known, size) in enumerate(zip(datasets.all, presences, sizes)):
            if known is None and any(presences):
                known = Labels.from_columns(LabelSpec(spec.action_units, "presence"), {}, dataset.count(split))
            filled = predicted and (dataset is datasets.own or "completed" in dataset.info)
            self.parts.append(Batches(dataset.images(split, channels), dataset.labels(split, spec, filled), size,
                                      training.seed, training.mirror, known, number))

    def __len__(self) -> int:
        """Number of faces."""
        return sum(len(part.images) for part in self.parts)

    @property
    def encoded(self) -> tuple[np.ndarray, np.ndarray]:
        """Values and mask of all faces, `(n, spec.width)`."""
        values, mask = (np.concatenate([part.encoded[index] for part in self.parts]) for index in range(2))
        return values, mask

    def __call__(self, step: int) -> Batch:
        """The batch of step number `step`."""
        first, *others = (part(step) for part in self.parts)
        return Batch(*map(np.concatenate, zip(first, *others))) if others else first
