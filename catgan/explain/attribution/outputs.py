"""One output of a model as a scalar function of images, and its evaluation in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from catgan.errors import CatganError, TargetError, unknown_name
from catgan.explain.loading import explained_model
from catgan.explain.models import Label, ScalarOutput

LISTED_TARGETS = 12
"""Targets that an error message names."""


@runtime_checkable
class ScalarModel(Protocol):
    """A model that gives one number for a face. Faces are float32 `(n, h, w, 3)` in grey levels 0..255."""

    def value(self, images: np.ndarray) -> np.ndarray:
        """Returns the number for each face, float64 `(n,)`."""

    def gradient(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns `value`, and its gradient per grey level, `(n, h, w, 3)`.

        Raises:
            CatganError: the model has no gradient.
        """


class Node(NamedTuple):
    """A point of an integration path: the face `(h, w, 3)`, the model's output for it, and the output's gradient."""

    face: np.ndarray
    value: float
    gradient: np.ndarray


def scalar_output(model: object, target: str | int | None) -> tuple[ScalarModel, str]:
    """Selects one output of a model.

    Args:
        model: as `catgan.explain.explained_model` takes it; or a `ScalarModel`, which is its own only output.
        target: name of the output, such as `"valence"`, `"AU12"`, `"expression=happiness"` or `"output[3]"`; or its
            index, from 0. None selects the only output of a model that has one.

    Returns:
        The output as a function of images, and its name.

    Raises:
        TargetError: an output that the model lacks, or no target where the model has several outputs.
        CatganError: a model that cannot be explained.
    """
    if isinstance(model, ScalarModel):
        return model, "" if target is None else str(target)
    explained = explained_model(model)
    columns = _columns(explained.labels)
    names = list(dict.fromkeys(columns.values()))
    if target is None and len(names) != 1:
        listed = ", ".join(names[:LISTED_TARGETS]) + (" .." if len(names) > LISTED_TARGETS else "")
        raise TargetError(f"This model has {len(names)} outputs: choose one as target. Allowed: {listed}. "
                          "Received: none.")
    if isinstance(target, int) and not 0 <= target < len(names):
        raise TargetError(f"The index of an output of this model must lie in 0..{len(names) - 1}. Received: {target}.")
    name = names[target or 0] if not isinstance(target, str) else target.strip()
    if name not in columns:
        raise TargetError(str(unknown_name("target", name, columns)))
    return ScalarOutput(explained, columns[name]), name


def _columns(labels: Mapping[str, Label]) -> dict[str, str]:
    """Maps each name that a target may have to a column of the model's readings."""
    columns: dict[str, str] = {}
    for label in labels.values():
        if label.kind == "class":
            columns |= {f"{label.name}={name}": column for name, column in zip(label.classes, label.columns)}
        else:
            columns[label.name] = label.columns[0]
        columns |= {column: column for column in label.columns}
    return columns


def evaluate(model: ScalarModel, faces: Iterable[np.ndarray], batch_size: int) -> np.ndarray:
    """Evaluates a model on faces `(h, w, 3)`, `batch_size` at once: float64 `(n,)`.

    Raises:
        CatganError: a value that is not finite.
    """
    faces, values = iter(faces), []
    while batch := list(islice(faces, batch_size)):
        values.append(_finite(model.value(np.asarray(batch, np.float32))))
    return np.concatenate(values) if values else np.zeros(0)


def differentiate(model: ScalarModel, faces: Iterable[np.ndarray], batch_size: int) -> Iterator[Node]:
    """Evaluates a model and its gradient on faces `(h, w, 3)`, `batch_size` at once, in their order.

    Raises:
        CatganError: a value or gradient that is not finite, or a model without gradients.
    """
    faces = iter(faces)
    while batch := list(islice(faces, batch_size)):
        values, gradients = map(_finite, model.gradient(np.asarray(batch, np.float32)))
        yield from map(Node, batch, values.tolist(), gradients)


def _finite(numbers: np.ndarray) -> np.ndarray:
    numbers = np.asarray(numbers, np.float64)
    if not np.isfinite(numbers).all():
        raise CatganError("The answer or its gradient is not finite on the way from the baseline to the face: choose "
                          f"another baseline. Received: {numbers[~np.isfinite(numbers)][0]}.")
    return numbers
