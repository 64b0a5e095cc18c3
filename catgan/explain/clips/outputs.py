"""One number of a model on sequences as a function of features or pixels, for attributions over time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
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

KEPT_OUTPUTS = 16
"""Outputs that are kept after they were compiled: each class, valence and arousal of one model."""


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

    def __hash__(self) -> int:
        """Tells models apart, since what is compiled for one is kept."""

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
        function: tensors `(n, t, ...)`, and those of `given`, to `(n,)`, of Keras operations.
        variables: those that it reads, with which its gradient is compiled; None: it is not compiled.
        given: arrays that the function takes beside the sequences, the same for all of them, such as a mask.
    """

    def __init__(self, function: Callable[..., Tensor], variables: Sequence[Tensor] | None = None,
                 given: Sequence[np.ndarray] = ()):
        self.function, self.given, engine = function, given, get_engine()

        def step(x: Tensor, *others: Tensor) -> tuple[Tensor, Tensor]:
            return engine.input_gradient(lambda sequences: (function(sequences, *others),) * 2, x)

        self._engine, self._gradient = engine, step if variables is None else engine.compile(step, variables)
        self._count = 0

    def with_given(self, *given: np.ndarray) -> SequenceOutput:
        """Returns this output with other arrays in place of `given`. It is not compiled again."""
        result = copy.copy(self)
        result.given = given
        return result

    def value(self, images: np.ndarray) -> np.ndarray:
        """Returns the number of each sequence, `(n, t, ...)` to float64 `(n,)`."""
        return np.asarray(ops.convert_to_numpy(self.function(*_tensors(images, *self.given))), np.float64)

    def gradient(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the number of each sequence `(n,)`, and its gradient `(n, t, ...)`."""
        count, self._count = len(images), max(self._count, len(images))
        # Smaller batches are filled up, so that the function is compiled once.
        filled = np.concatenate([images, np.repeat(images[:1], self._count - count, axis=0)])
        values, slopes = self._gradient(*_tensors(filled, *self.given))
        self._engine.synchronize()  # so that weights that change meanwhile are read again
        return (np.asarray(ops.convert_to_numpy(values), np.float64)[:count],
                np.asarray(ops.convert_to_numpy(slopes), np.float64)[:count])


def _tensors(*arrays: np.ndarray) -> list[Tensor]:
    return [ops.convert_to_tensor(array, "float32") for array in arrays]


def keras_output(network: keras.Model, place: int = 0, frames: np.ndarray | None = None) -> SequenceOutput:
    """Makes a `SequenceOutput` of a Keras model that takes sequences `(n, t, ...)`.

    Args:
        network: gives `(n, k)` for a sequence, or `(n, t, k)` for its frames.
        place: which of the k outputs.
        frames: for outputs per frame, bool `(t,)`: those that are averaged; None: all.
    """
    def function(x: Tensor) -> Tensor:
        outputs = network(x)[..., place]
        if len(outputs.shape) == 1:
            return outputs
        return ops.mean(outputs, axis=1) if frames is None else ops.sum(outputs * _weights(frames), axis=1)

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
    return _of_features(model, target.strip()).with_given(seen, _weights(seen if frames is None else frames))


def pixel_output(model: SequenceModel, target: str, seen: np.ndarray,
                 frames: np.ndarray | None = None) -> SequenceOutput:
    """Makes the output of a clip recogniser as a function of the pixels `(n, t, side, side, 3)` in 0..255.

    Arguments and errors as `feature_output`.
    """
    return _of_pixels(model, target.strip()).with_given(seen, _weights(seen if frames is None else frames))


@lru_cache(maxsize=KEPT_OUTPUTS)
def _of_features(model: SequenceModel, target: str) -> SequenceOutput:
    """Makes an output of features, of what was seen `(t,)`, and of weights of the frames `(t,)`."""
    select = output_column(model.spec, target)

    def function(features: Tensor, seen: Tensor, weights: Tensor) -> Tensor:
        masks = ops.broadcast_to(seen, features.shape[:2])
        return ops.sum(select(model.decode(model.temporal({"features": features, "seen": masks}))) * weights, axis=1)

    return SequenceOutput(function, model.temporal.variables)


@lru_cache(maxsize=KEPT_OUTPUTS)
def _of_pixels(model: SequenceModel, target: str) -> SequenceOutput:
    """Makes an output of pixels; other inputs as `_of_features`."""
    of_features = _of_features(model, target).function

    def function(images: Tensor, *others: Tensor) -> Tensor:
        count, length = images.shape[:2]
        pixels = (ops.matmul(images, LUMINANCE) if model.network.channels == 1 else images) / 127.5 - 1.0
        features = model.trunk(ops.reshape(pixels, (count * length, *pixels.shape[2:])))
        return of_features(ops.reshape(features, (count, length, -1)), *others)

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


def _weights(frames: np.ndarray) -> np.ndarray:
    """Returns the weights by which chosen frames, bool `(t,)`, are averaged, float32 `(t,)`."""
    return np.asarray(frames, np.float32) / max(1, int(np.sum(frames)))
