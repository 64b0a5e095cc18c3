"""The explained model: what reads faces, as named columns of numbers. Foreign ones are in `foreign`.

A model here has
- `labels`: by name, what a target may speak of;
- `read(images)`: columns `(n,)` of aligned faces, uint8 `(n, side, side, 3)`;
- `differentiable`: whether there is `told(images)`: the same columns, of the backend's tensors, as a function that
  gradients pass through; images are float tensors `(n, side, side, 3)` in 0..255.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import ops

from catgan import facs
from catgan.conditions import Condition
from catgan.errors import CatganError
from catgan.explain.outputs import OWN
from catgan.explain.preprocessing import LUMINANCE
from catgan.models.gan.model import CatGAN


@dataclass(frozen=True)
class Label:
    """Something that a model says.

    Args:
        name: as a target writes it.
        columns: where it stands in a reading: one column, or one per class.
        low, high: the range of a number; infinite where nobody knows.
        kind: `"intensity"`, `"presence"` (a probability that a threshold cuts), `"number"` or `"class"`.
        threshold: of a presence.
        classes: names of the classes, in the order of `columns`.
        unit: FACS number of the Action Unit that the model which draws can hold still by this label.
        spoken: how a sentence names it; the name when empty.
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
        """The width of the range; 1 where nobody knows it."""
        return self.high - self.low if np.isfinite(self.high - self.low) else 1.0


# === Our own ===


class CatGANModel:
    """The discriminator of a `CatGAN`: Action Units, valence, arousal, expression, and real or fake."""

    differentiable = True

    def __init__(self, gan: CatGAN):
        self.gan, spec = gan, gan.spec
        self.labels = {label.name: label for label in self._labels()}
        self.channels, self.side = gan.network.channels, gan.network.image_size
        self._unknown = Condition.unknown(1, spec).encode()

    def _labels(self):
        spec = self.gan.spec
        for number, column in zip(spec.action_units, spec.action_unit_columns):
            name = facs.au_name(number)
            if spec.scale == "presence":
                yield Label(name, (column,), 0.0, 1.0, "presence", self.gan.thresholds[number], unit=number)
            else:
                yield Label(name, (column,), 0.0, 5.0, "intensity", unit=number)
        for name in ("valence", "arousal") if spec.valence_arousal else ():
            yield Label(name, (name,), -1.0, 1.0)
        if spec.expressions:
            columns = tuple(f"expression={name}" for name in spec.expressions)
            yield Label("expression", columns, kind="class", classes=tuple(spec.expressions))
        yield Label("realness", ("realness",))

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        return self.gan.read(images, classes=True)

    def told(self, images) -> dict[str, Any]:
        gan, spec = self.gan, self.gan.spec
        pixels = (ops.matmul(images, LUMINANCE) if self.channels == 1 else images) / 127.5 - 1.0
        condition = ops.convert_to_tensor(Condition.unknown(pixels.shape[0], spec).encode())
        outputs = gan.discriminator({"image": pixels, "condition": condition})
        columns: dict[str, Any] = {"realness": ops.sigmoid(outputs["critic"] - gan.critic_reference)}
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


class Beside:
    """A foreign model and our own beside it: targets speak of both, so that what the foreign model says can be moved
    while an Action Unit is kept. The names of our own labels and columns begin with `catgan:`.

    Args:
        model: what is explained.
        own: what reads Action Units.
    """

    def __init__(self, model: Any, own: CatGANModel):
        self.model, self.own = model, own
        ours = {OWN + name: replace(label, name=OWN + name, columns=tuple(OWN + part for part in label.columns),
                                    spoken=f"{label.name} as catgan reads it") for name, label in own.labels.items()}
        theirs = {name: replace(label, spoken=f"the model's {label.name}") for name, label in model.labels.items()}
        self.labels = {**theirs, **ours}
        self.differentiable = model.differentiable
        self.preprocessing = getattr(model, "preprocessing", None)

    @property
    def crop(self) -> str:
        """The crop of a photograph that the foreign model reads, see `catgan.explain.preprocessing`."""
        return "aligned" if self.preprocessing is None else self.preprocessing.crop

    def read(self, images: np.ndarray, crops: Sequence[np.ndarray] | None = None,
             ours: bool = True) -> dict[str, np.ndarray]:
        """Columns `(n,)` of both.

        Args:
            images: aligned faces, uint8 `(n, side, side, 3)`.
            crops: what the foreign model sees of them, where that is not the aligned faces.
            ours: whether our own columns are needed.
        """
        theirs = self.model.read(images) if crops is None else self.model.read_crops(crops)
        return {**theirs, **_ours(self.own.read(images))} if ours else theirs

    def told(self, images) -> dict[str, Any]:
        return {**self.model.told(images), **_ours(self.own.told(images))}


def _ours(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {OWN + name: values for name, values in columns.items()}


def blocks(reading: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A reading of `Beside` as two: what the foreign model says, and what catgan reads, under its own names; the second
    is empty for a model of our own."""
    return ({name: value for name, value in reading.items() if not name.startswith(OWN)},
            {name.removeprefix(OWN): value for name, value in reading.items() if name.startswith(OWN)})


class Answer:
    """One number that a model says of a face, as attributions ask for it. Images are float32 `(n, side, side, 3)`,
    0..255.

    Args:
        model: of this module.
        column: of its readings.
    """

    def __init__(self, model: Any, column: str):
        self.model, self.column = model, column

    def value(self, images: np.ndarray) -> np.ndarray:
        """The number, float64 `(n,)`; of a model without gradients, of the nearest grey levels."""
        if self.model.differentiable:
            return np.asarray(self.model.told(ops.convert_to_tensor(images))[self.column], np.float64)
        return np.asarray(self.model.read(np.clip(np.rint(images), 0, 255).astype(np.uint8))[self.column], np.float64)

    def gradient(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The number `(n,)`, and its gradient per grey level, `(n, side, side, 3)`.

        Raises:
            CatganError: a model without gradients.
        """
        from catgan.backend import get_engine

        if not self.model.differentiable:
            raise CatganError("This model has no gradients. Use occlusion, which needs none.")
        values, slopes = get_engine().input_gradient(lambda x: (self.model.told(x)[self.column],) * 2, images)
        return np.asarray(values, np.float64), np.asarray(slopes, np.float64)
