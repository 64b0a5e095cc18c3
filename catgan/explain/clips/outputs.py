"""One number of a model on sequences as a function of features or pixels, for attributions over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import keras
import numpy as np
from keras import ops

from catgan import facs
from catgan.backend import get_engine
from catgan.errors import TargetError, unknown_name
from catgan.explain.preprocessing import LUMINANCE
from catgan.explain.tensors import Tensor
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig


class SequenceModel(Protocol):
    """A recogniser of clips as a trunk on frames and a temporal part, such as
    `catgan.models.sequence.model.ClipRecogniser`."""

    spec: LabelSpec
    network: NetworkConfig
    thresholds: dict[int, float]
    rate: float
    frames: int

    @property
    def trunk(self) -> keras.Model:
        """Pictures `(n, side, side, channels)` in [-1, 1] to features `(n, f)`."""

    @property
    def temporal(self) -> keras.Model:
        """`{"features": (b, t, f), "seen": (b, t)}` to what the label heads take, `(b, t, ...)` by head."""

    def decode(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Computes the predictions of the label heads `(b, t, k)` from the outputs of `temporal`."""

    def features(self, images: np.ndarray) -> np.ndarray:
        """Computes the trunk's features of aligned faces, uint8 `(n, side, side, 3)` to float32 `(n, f)`."""

    def read_features(self, features: np.ndarray, seen: np.ndarray) -> dict[str, np.ndarray]:
        """Reads sequences of features `(b, t, f)`, seen bool `(b, t)`, as columns `(b, t)`."""

    def hidden(self, features: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Computes the last layer before the heads, float32 `(b, t, h)`; arguments as `read_features`."""


class SequenceOutput:
    """A scalar function of sequences with its gradient, as attributions take it (a `ScalarModel`).

    Any model on sequences is explained by it: the function may run a Keras model of one's own.

    Args:
        function: tensors `(n, t, ...)` to `(n,)`, of Keras operations.
        variables: those that it reads, with which its gradient is compiled; None: it is not compiled.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], variables: Sequence[Tensor] | None = None):
        self.function, engine = function, get_engine()

        def step(x: Tensor) -> tuple[Tensor, Tensor]:
            return engine.input_gradient(lambda sequences: (function(sequences),) * 2, x)

        self._gradient = step if variables is None else engine.compile(step, variables)
        self._count = 0

    def value(self, images: np.ndarray) -> np.ndarray:
        """Returns the number of each sequence, `(n, t, ...)` to float64 `(n,)`."""
        return np.asarray(ops.convert_to_numpy(self.function(ops.convert_to_tensor(images, "float32"))), np.float64)

    def gradient(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the number of each sequence `(n,)`, and its gradient `(n, t, ...)`."""
        count, self._count = len(images), max(self._count, len(images))
        # Smaller batches are filled up, so that the function is compiled once.
        filled = np.concatenate([images, np.repeat(images[:1], self._count - count, axis=0)]).astype(np.float32)
        values, slopes = self._gradient(ops.convert_to_tensor(filled))
        return (np.asarray(ops.convert_to_numpy(values), np.float64)[:count],
                np.asarray(ops.convert_to_numpy(slopes), np.float64)[:count])


def keras_output(network: keras.Model, place: int = 0, frames: np.ndarray | None = None) -> SequenceOutput:
    """Makes a `SequenceOutput` of a Keras model that takes sequences `(n, t, ...)`.

    Args:
        network: gives `(n, k)` for a sequence, or `(n, t, k)` for its frames.
        place: which of the k outputs.
        frames: for outputs per frame, bool `(t,)`: those that are averaged; None: all.
    """
    def function(x: Tensor) -> Tensor:
        outputs = network(x)
        return outputs[:, place] if len(outputs.shape) == 2 else _mean(outputs[..., place], frames)

    return SequenceOutput(function, network.variables)


def feature_output(model: SequenceModel, target: str, seen: np.ndarray,
                   frames: np.ndarray | None = None) -> SequenceOutput:
    """Makes the output of a clip recogniser as a function of the trunk's features `(n, t, f)`.

    Args:
        model: the recogniser.
        target: `"valence"`, `"arousal"`, `"AU12"` or `"expression=happiness"` (its log odds, which do not saturate).
        seen: which frames were seen, bool `(t,)`; the mask stays the same along a path.
        frames: bool `(t,)`, frames over which the output is averaged; all seen ones when None.

    Raises:
        TargetError: an output that the model lacks.
    """
    select, mean_of = output_column(model.spec, target), seen if frames is None else frames

    def function(features: Tensor) -> Tensor:
        masks = np.repeat(np.asarray(seen, np.float32)[None], features.shape[0], axis=0)
        outputs = model.temporal({"features": features, "seen": ops.convert_to_tensor(masks)})
        return _mean(select(model.decode(outputs)), mean_of)

    return SequenceOutput(function, model.temporal.variables)


def pixel_output(model: SequenceModel, target: str, seen: np.ndarray,
                 frames: np.ndarray | None = None) -> SequenceOutput:
    """Makes the output of a clip recogniser as a function of the pixels `(n, t, side, side, 3)` in 0..255.

    Arguments and errors as `feature_output`.
    """
    of_features = feature_output(model, target, seen, frames)

    def function(images: Tensor) -> Tensor:
        count, length = images.shape[:2]
        pixels = (ops.matmul(images, LUMINANCE) if model.network.channels == 1 else images) / 127.5 - 1.0
        features = model.trunk(ops.reshape(pixels, (count * length, *pixels.shape[2:])))
        return of_features.function(ops.reshape(features, (count, length, -1)))

    return SequenceOutput(function, [*model.trunk.variables, *model.temporal.variables])


def output_names(spec: LabelSpec) -> list[str]:
    """Lists the outputs that an attribution of a clip recogniser may name."""
    names = [facs.au_name(number) for number in spec.action_units]
    names += ["valence", "arousal"] if spec.valence_arousal else []
    return names + [f"expression={name}" for name in spec.expressions]


def output_column(spec: LabelSpec, target: str) -> Callable[[Mapping[str, Tensor]], Tensor]:
    """Returns what selects an output per frame, `(b, t)`, from the outputs of the temporal part.

    Args:
        spec: labels of the model.
        target: see `feature_output`.

    Raises:
        TargetError: an output that the model lacks.
    """
    names, wanted = output_names(spec), target.strip()
    if wanted not in names:
        raise TargetError(str(unknown_name("output of this clip model", wanted, names)))
    place, units = names.index(wanted), len(spec.action_units)
    if place < units:
        return lambda outputs: outputs["action_units"][..., place] * spec.maximum
    if wanted in ("valence", "arousal"):
        return lambda outputs: outputs["valence_arousal"][..., int(wanted == "arousal")]
    own = list(spec.expressions).index(wanted.removeprefix("expression="))
    return lambda outputs: _log_odds(outputs, own, [other for other in range(len(spec.expressions)) if other != own])


def _log_odds(outputs: Mapping[str, Tensor], own: int, others: Sequence[int]) -> Tensor:
    """Computes log p / (1 - p) of a class: its logit less the log of the summed exponentials of the others."""
    logits = outputs["expression_logits"]
    return logits[..., own] - ops.logsumexp(ops.take(logits, others, axis=-1), axis=-1)


def _mean(values: Tensor, frames: np.ndarray | None) -> Tensor:
    """Averages `(n, t)` over chosen frames, bool `(t,)`; over all when None."""
    if frames is None:
        return ops.mean(values, axis=1)
    weights = np.asarray(frames, np.float32) / max(1, int(np.sum(frames)))
    return ops.sum(values * weights, axis=1)
