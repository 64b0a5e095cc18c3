"""Opens the data sets of one training: the main one, and an auxiliary one (`Experiment.auxiliary_data`)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from catgan.data.batches import Batch, Batches
from catgan.data.schema import SPLITS
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec
from catgan.system import logger
from catgan.training.budget import BudgetConfig, BudgetedDataset
from catgan.training.experiment import Experiment, TrainingConfig


class Datasets(NamedTuple):
    """Holds the data sets of one training.

    Args:
        main: snapshots are chosen on its validation split.
        auxiliary: takes part in the training alone.
        share: share of every batch that comes from `auxiliary`.
    """

    main: DualDataset
    auxiliary: DualDataset | None = None
    share: float = 0.0

    @property
    def all(self) -> tuple[DualDataset, ...]:
        """Returns both data sets, or the main one alone."""
        return (self.main,) if self.auxiliary is None else (self.main, self.auxiliary)

    @property
    def spec(self) -> LabelSpec:
        """Returns the labels that any of them has."""
        return self.main.spec if self.auxiliary is None else self.main.spec.joined(self.auxiliary.spec)

    @property
    def rendered(self) -> DualDataset | None:
        """Returns the rendered data set, if there is one."""
        return next((dataset for dataset in self.all if dataset.is_rendered), None)

    @property
    def photographs(self) -> DualDataset | None:
        """Returns the data set of photographs, if there is one."""
        return next((dataset for dataset in self.all if dataset is not self.rendered), None)


def datasets_of(experiment: Experiment, dataset: DualDataset) -> Datasets:
    """Opens the data sets of an experiment whose main one is `dataset`.

    Raises:
        CatganError: a folder that is none, or faces of another size than the networks'.
    """
    auxiliary, batch = experiment.auxiliary_data, experiment.training.batch_size
    if auxiliary is not None and round(auxiliary.share * batch) in (0, batch):
        raise CatganError(f"'auxiliary_data.share' {auxiliary.share:g} of {batch} faces a step leaves one data set "
                          "without any. Give a share nearer to 0.5.")
    budget = experiment.labels.budget
    if budget != BudgetConfig():
        dataset = BudgetedDataset(dataset, budget, experiment.split, experiment.training.seed)
    found = Datasets(dataset) if auxiliary is None else Datasets(dataset, load_dataset(auxiliary.data), auxiliary.share)
    side = experiment.network_config.image_size
    for part in found.all:
        if getattr(experiment.kind, "reads_pictures", True) and part.image_size != side:
            raise CatganError(f"The data set {part.folder} holds faces of {part.image_size} px, the networks of "
                              f"'{experiment.name}' need {side} px. Build it with that image_size.")
    return found


def check_labels(experiment: Experiment, datasets: Datasets) -> None:
    """Checks that there is something to learn and to measure, before anything is trained.

    Args:
        experiment: the training; labels that no training face knows are named in a message.
        datasets: the faces.

    Raises:
        CatganError: no face to train on or to validate on, no training face knows any label, or the kind of training
            refuses the data.
    """
    main, spec, validation = datasets.main, experiment.spec(datasets.spec), experiment.validation_split
    if check_data := getattr(experiment.kind, "check_data", None):
        check_data(experiment, main)
    for split, use in ((experiment.split, "train"), (validation, "validate")):
        if not main.count(split):
            raise CatganError(f"{main.folder} has no face in split '{split}' to {use} on. It has: "
                              f"{', '.join(f'{name} {main.count(name)}' for name in SPLITS)}.")
    if not experiment.kind.labelled:
        return
    known, measured = (_known_columns(datasets, spec, split, experiment.labels.predicted and split != validation)
                       for split in (experiment.split, validation))
    unknown = [name for name in spec.columns if name not in known]
    if not known:
        raise CatganError(f"No face in split '{experiment.split}' of {main.folder} knows any of {', '.join(unknown)}: "
                          "there is nothing to learn.")
    if unknown:
        logger.info(f"No face in split '{experiment.split}' knows {', '.join(unknown)}: what the network says of "
                    "that will mean nothing. Leave Action Units out with labels.action_units.")
    if not measured:
        logger.info(f"No face in split '{validation}' knows any of these labels: there will be no score, and best/ "
                    "is the newest snapshot.")


def _known_columns(datasets: Datasets, spec: LabelSpec, split: str, predicted: bool) -> set[str]:
    """Returns the labels that any face of a split knows; a known presence counts for an unknown intensity."""
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
    """Joins `Batches` of one or two data sets: every batch has the same number of each, the main one's first.

    Args:
        datasets: where the faces come from.
        spec: the labels.
        channels: of the faces.
        batch_size: faces per batch.
        training: mirroring, seed.
        split: of the data sets.
        predicted: whether labels that `catgan complete` predicted replace unknown ones.
        labelled_only: whether faces of which no label is known are left out.

    Attributes:
        presences: columns of `presence` in every batch.
    """

    def __init__(self, datasets: Datasets, spec: LabelSpec, channels: int, batch_size: int, training: TrainingConfig,
                 split: str = "train", predicted: bool = False, labelled_only: bool = False):
        presences = [dataset.presences(split, spec) for dataset in datasets.all]
        second = round(datasets.share * batch_size)
        self.presences, self.parts = len(spec.action_units) if any(presences) else 0, []
        sizes = (batch_size - second, second)
        for number, (dataset, known, size) in enumerate(zip(datasets.all, presences, sizes)):
            if known is None and any(presences):
                known = Labels.from_columns(LabelSpec(spec.action_units, "presence"), {}, dataset.count(split))
            filled = predicted and (dataset is datasets.main or "completed" in dataset.info)
            self.parts.append(Batches(dataset.images(split, channels), dataset.labels(split, spec, filled), size,
                                      training.seed, training.mirror, known, number, labelled_only))

    def __len__(self) -> int:
        """Returns the number of faces."""
        return sum(map(len, self.parts))

    @property
    def encoded(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns values and mask of all faces, each `(n, spec.width)`."""
        values, mask = (np.concatenate([part.encoded[index] for part in self.parts]) for index in range(2))
        return values, mask

    def __call__(self, step: int) -> Batch:
        """Returns the batch of step number `step`."""
        first, *others = (part(step) for part in self.parts)
        return Batch(*map(np.concatenate, zip(first, *others))) if others else first
