"""Defines the parts of a kind of training: `Task`, `Step`, `Inputs` and `Validation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from catgan.backend.engine import Engine, Tensor
from catgan.backend.sharding import BatchAxis
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN

if TYPE_CHECKING:
    from catgan.training.datasets import Datasets
    from catgan.training.experiment import Experiment

Batch = dict[str, Tensor]
"""Inputs of one step by name: NumPy arrays outside a compiled step, tensors inside."""
Report = dict[str, Tensor]
"""Scalars that a step reports, by name."""


class Inputs(Protocol):
    """Makes the inputs of steps, each a pure function of (seed, step)."""

    def __len__(self) -> int:
        """Returns the number of training faces."""

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns the inputs of step number `step`.

        Args:
            step: counted from 0.
            attempt: number of times that the training was rolled back; each attempt gets other faces and noise.
        """


class Step(Protocol):
    """Updates the networks on one batch, in backend-neutral Keras.

    Attributes:
        model: the networks that are trained.
        average: a second model of the same sizes that holds the averaged weights.
        batch_axes: inputs whose faces are not on axis 0, by name; several devices split a batch by it.
    """

    model: CatGAN
    average: CatGAN
    batch_axes: Mapping[str, BatchAxis]

    @property
    def variables(self) -> list[Tensor]:
        """All Keras variables and optimiser variables that a step reads or changes, in a fixed order."""

    def kind(self, step: int) -> tuple[bool, ...]:
        """Returns further arguments of step number `step`; each value of them is compiled once."""

    def learning_rate(self, images: int) -> float:
        """Returns the scheduled learning rate after `images` faces."""

    def __call__(self, batch: Batch, *kind: bool) -> Report:
        """Updates everything once."""


@dataclass
class Validation:
    """Holds the result of measuring a model during training.

    Args:
        figures: numbers for `stats.jsonl`; `score` decides which snapshot is the best.
        details: everything else that was measured, for `metrics.json`.
        pictures: sample sheets by name, uint8 `(h, w, 3)`, for `samples/`.
        sheet: the picture of the preset's card, if there is one.
        columns: titles of the columns of `sheet`.
    """

    figures: dict[str, float | None]
    details: dict[str, object] = field(default_factory=dict)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)
    sheet: np.ndarray | None = None
    columns: list[str] = field(default_factory=list)


@runtime_checkable
class GanTask(Protocol):
    """The members of a kind of training whose speed `catgan benchmark train` measures."""

    def cycle(self, experiment: Experiment) -> int:
        """Returns the number of steps after which the cases of a step (`Step.kind`) repeat."""

    def passes(self, experiment: Experiment) -> tuple[float, float]:
        """Returns the forward passes of generator and discriminator that a step spends on one real face."""


class Task(Protocol):
    """One kind of training.

    Attributes:
        config: a frozen dataclass of its own options (`Experiment.options`).
        columns: figures that its status line shows, in order.
        labelled: whether it learns from labels; then training faces must know some.
        has_budget: whether it follows `labels.budget`; False if it is absent.
    """

    config: type
    columns: tuple[str, ...]
    labelled: bool

    def check(self, experiment: Experiment) -> None:
        """Raises `CatganError` if the experiment lacks something that this kind needs."""

    def networks(self, experiment: Experiment, spec: LabelSpec) -> CatGAN:
        """Builds the networks that are trained, new ones or those that the training starts from."""

    def inputs(self, datasets: Datasets, model: CatGAN, experiment: Experiment) -> Inputs:
        """Makes the inputs of the steps."""

    def step(self, model: CatGAN, average: CatGAN, experiment: Experiment, engine: Engine) -> Step:
        """Makes the compiled update; `engine` is one of `catgan.backend`."""

    def validate(self, model: CatGAN, datasets: Datasets, experiment: Experiment) -> Validation:
        """Measures the averaged networks on `experiment.validation_split`; never on the test split."""

    def card(self, model: CatGAN, datasets: Datasets, validation: Validation) -> str:
        """Writes the model card of a preset, in Markdown."""
