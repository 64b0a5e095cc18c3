"""Explained models: read faces as named columns of numbers.

`CatGANModel` is the discriminator of a `CatGAN`; `catgan.explain.foreign` has models of other origin. `CombinedModel`
reads with a foreign model and with catgan's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np

from catgan import facs
from catgan.conditions import Condition
from catgan.errors import CatganError
from catgan.explain.outputs import OWN
from catgan.explain.preprocessing import LUMINANCE, Preprocessing
from catgan.explain.tensors import Tensor
from catgan.labels import LabelSpec
from catgan.models.gan.faces import FaceGAN

Readings: TypeAlias = Mapping[str, np.ndarray]
"""Columns `(n,)` that a model reads off n faces, by name."""
Column = TypeVar("Column")


@dataclass(frozen=True)
class Label:
    """A label that a target can name.

    Args:
        name: as a target writes it.
        columns: its columns in a reading: one, or one per class.
        low, high: range of a number; infinite where unknown.
        kind: `"intensity"`, `"presence"` (a probability with a threshold), `"number"` or `"class"`.
        threshold: probability from which an Action Unit counts as present.
        classes: names of the classes, in the order of `columns`.
        unit: FACS number of the Action Unit that the drawer holds still to keep this label; None for other labels.
        spoken: name in sentences; `name` when empty.
    """

    name: str
    columns: tuple[str, ...]
    low: float = 0.0
    high: float = 1.0
    kind: str = "number"
    threshold: float = 0.5
    classes: tuple[str, ...] = ()
    unit: int | None = None
    spoken: str = ""

    @property
    def span(self) -> float:
        """Width of the range; 1 where it is unknown."""
        return self.high - self.low if np.isfinite(self.high - self.low) else 1.0


@runtime_checkable
class ExplainedModel(Protocol):
    """A model that can be explained."""

    @property
    def labels(self) -> Mapping[str, Label]:
        """What a target may name, by name."""

    @property
    def differentiable(self) -> bool:
        """Whether gradients pass through the model, see `DifferentiableModel`."""

    def read(self, images: np.ndarray) -> Readings:
        """Reads aligned faces, uint8 `(n, side, side, 3)`, as columns `(n,)`."""


@runtime_checkable
class DifferentiableModel(ExplainedModel, Protocol):
    """An explained model that gradients pass through."""

    def predict_tensors(self, images: Tensor) -> Mapping[str, Tensor]:
        """Reads faces, float tensors `(n, side, side, 3)` in 0..255, as columns `(n,)` of tensors."""


@runtime_checkable
class CropModel(ExplainedModel, Protocol):
    """An explained model that reads crops of photographs."""

    @property
    def preprocessing(self) -> Preprocessing:
        """How its crops are made."""

    def read_crops(self, crops: Sequence[np.ndarray] | np.ndarray) -> Readings:
        """Reads crops, uint8 `(h, w, 3)` each, as columns `(n,)`."""


# === catgan's own ===


def labels_of(spec: LabelSpec, thresholds: Mapping[int, float]) -> Iterator[Label]:
    """Yields the labels of a specification that a target may name.

    Args:
        spec: labels of a model.
        thresholds: per FACS number, the probability from which an Action Unit counts as present.
    """
    for number, column in zip(spec.action_units, spec.action_unit_columns):
        if spec.scale == "presence":
            yield Label(facs.au_name(number), (column,), 0.0, 1.0, "presence", thresholds[number], unit=number)
        else:
            yield Label(facs.au_name(number), (column,), 0.0, 5.0, "intensity", unit=number)
    for name in ("valence", "arousal") if spec.valence_arousal else ():
        yield Label(name, (name,), -1.0, 1.0)
    if spec.expressions:
        columns = tuple(f"expression={name}" for name in spec.expressions)
        yield Label("expression", columns, kind="class", classes=tuple(spec.expressions))


class CatGANModel:
    """The discriminator of a `CatGAN` as an explained model: Action Units, valence, arousal, expression, realness.

    Args:
        gan: whose discriminator reads.
    """

    def __init__(self, gan: FaceGAN):
        self.gan, self.differentiable = gan, gan.differentiable
        self.labels: Mapping[str, Label] = {label.name: label for label in self._labels()}
        self.channels, self.side = gan.network.channels, gan.network.image_size

    def _labels(self) -> Iterator[Label]:
        yield from labels_of(self.gan.spec, self.gan.thresholds)
        yield Label("realness", ("realness",))

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Reads aligned faces, uint8 `(n, side, side, 3)`, see `CatGAN.read`."""
        return self.gan.read(images, classes=True)

    def predict_tensors(self, images: Tensor) -> dict[str, Tensor]:
        """Reads faces as `read` does, as tensors that gradients pass through, see `DifferentiableModel`."""
        from keras import ops

        gan, spec = self.gan, self.gan.spec
        pixels = (ops.matmul(images, LUMINANCE) if self.channels == 1 else images) / 127.5 - 1.0
        condition = ops.convert_to_tensor(Condition.unknown(pixels.shape[0], spec).encode())
        outputs = gan.discriminator({"image": pixels, "condition": condition})
        columns: dict[str, Tensor] = {"realness": ops.sigmoid(outputs["critic"] - gan.critic_reference)}
        for place, name in enumerate(spec.action_unit_columns):
            value = outputs["action_units"][:, place]
            if name in gan.calibration.temperatures:
                odds = ops.clip(value, 1e-7, 1 - 1e-7)
                value = ops.sigmoid((ops.log(odds) - ops.log(1 - odds)) / gan.calibration.temperatures[name])
            columns[name] = value * spec.maximum
        for place, name in enumerate(("valence", "arousal") if spec.valence_arousal else ()):
            columns[name] = outputs["valence_arousal"][:, place]
        for place, name in enumerate(spec.expressions):
            columns[f"expression={name}"] = outputs["expression"][:, place]
        return columns


# === Foreign models, with catgan's own ===


class CombinedModel:
    """A foreign model combined with catgan's own, so that a target can name labels of both.

    What the foreign model reads can then be changed while an Action Unit is kept. Names of catgan's labels and columns
    begin with `catgan:`.

    Args:
        model: the foreign model, which is explained.
        own: reads Action Units.
    """

    def __init__(self, model: ExplainedModel, own: CatGANModel):
        self.model, self.own = model, own
        ours = {OWN + name: replace(label, name=OWN + name, columns=tuple(OWN + part for part in label.columns),
                                    spoken=f"{label.name} as catgan reads it") for name, label in own.labels.items()}
        theirs = {name: replace(label, spoken=f"the model's {label.name}") for name, label in model.labels.items()}
        self.labels: Mapping[str, Label] = {**theirs, **ours}
        self.differentiable = model.differentiable
        self.preprocessing: Preprocessing | None = getattr(model, "preprocessing", None)

    @property
    def crop(self) -> str:
        """The crop of a photograph that the foreign model reads, see `catgan.explain.preprocessing`."""
        return "aligned" if self.preprocessing is None else self.preprocessing.crop

    def read(self, images: np.ndarray, crops: Sequence[np.ndarray] | None = None,
             ours: bool = True) -> dict[str, np.ndarray]:
        """Reads faces with both models, as columns `(n,)`.

        Args:
            images: aligned faces, uint8 `(n, side, side, 3)`.
            crops: of the same faces, for a foreign model that reads crops of photographs.
            ours: whether catgan's own columns are needed.
        """
        theirs = (self.model.read_crops(crops) if crops is not None and isinstance(self.model, CropModel) else
                  self.model.read(images))
        return {**theirs, **_prefixed(self.own.read(images))} if ours else dict(theirs)

    def predict_tensors(self, images: Tensor) -> dict[str, Tensor]:
        """Reads faces with both models, as tensors that gradients pass through, see `DifferentiableModel`."""
        if not isinstance(self.model, DifferentiableModel):
            raise CatganError("The explained model has no gradients.")
        return {**self.model.predict_tensors(images), **_prefixed(self.own.predict_tensors(images))}


def with_au_reader(model: ExplainedModel, gan: FaceGAN | None) -> tuple[ExplainedModel, FaceGAN]:
    """Combines a foreign model with catgan's reader of Action Units.

    Args:
        model: the explained model.
        gan: draws the changes and reads Action Units; that of `model` when None.

    Returns:
        The combined model, or `model` itself where it reads with `gan`; and `gan`.

    Raises:
        CatganError: a foreign model without `gan`, or a `gan` that was trained without Action Units.
    """
    own: FaceGAN | None = getattr(model, "gan", None)
    gan = gan or own
    if gan is None:
        raise CatganError("A foreign model needs a catgan model that draws the changes: give gan=, for example "
                          "CatGAN.from_preset('rendered_64').")
    if not gan.spec.action_units:
        raise CatganError("Explanations are said in Action Units, and this model was trained without them. "
                          "Train with labels.mode au or joint.")
    return (model if own is gan else CombinedModel(model, CatGANModel(gan))), gan


def _prefixed(columns: Mapping[str, Column]) -> dict[str, Column]:
    return {OWN + name: values for name, values in columns.items()}


def split_reading(reading: Mapping[str, Column]) -> tuple[dict[str, Column], dict[str, Column]]:
    """Splits a reading of `CombinedModel` into the foreign model's columns and catgan's, under catgan's own names.

    The second is empty for a reading of catgan's own model.
    """
    return ({name: value for name, value in reading.items() if not name.startswith(OWN)},
            {name.removeprefix(OWN): value for name, value in reading.items() if name.startswith(OWN)})


# === One output, for attributions ===


class ScalarOutput:
    """One column of a model's readings as a function of the pixels, for attributions.

    Args:
        model: see `ExplainedModel`.
        column: of its readings.
    """

    def __init__(self, model: ExplainedModel, column: str):
        self.model, self.column = model, column

    def value(self, images: np.ndarray) -> np.ndarray:
        """Returns the number for each face, float64 `(n,)`.

        Args:
            images: float32 `(n, side, side, 3)`, 0..255. A model without gradients reads the nearest grey levels.
        """
        if self.model.differentiable and isinstance(self.model, DifferentiableModel):
            from keras import ops

            return np.asarray(self.model.predict_tensors(ops.convert_to_tensor(images))[self.column], np.float64)
        return np.asarray(self.model.read(np.clip(np.rint(images), 0, 255).astype(np.uint8))[self.column], np.float64)

    def gradient(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the number for each face, `(n,)`, and its gradient per grey level, `(n, side, side, 3)`.

        Raises:
            CatganError: a model without gradients.
        """
        from catgan.backend import get_engine

        model = self.model
        if not (model.differentiable and isinstance(model, DifferentiableModel)):
            raise CatganError("This model has no gradients. Use occlusion, which needs none.")
        values, slopes = get_engine().input_gradient(lambda x: (model.predict_tensors(x)[self.column],) * 2, images)
        return np.asarray(values, np.float64), np.asarray(slopes, np.float64)
