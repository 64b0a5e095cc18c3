"""The logit of one expression of a network on landmarks, as a function of the landmarks that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import keras
import numpy as np
from keras import ops

from catgan.errors import TargetError, unknown_name
from catgan.explain.attribution.sequence_gradients import KerasOutput
from catgan.explain.tensors import Tensor
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.models.landmarks.network import SCALED, build_network

KEPT_NETWORKS = 16
"""Compiled networks that are kept: one for each kind, size and number of landmarks."""
INPUTS = ("shapes", "seen")


@dataclass(frozen=True)
class LandmarkOutput:
    """The logit of one expression.

    A binary is taken out of the networks that are computed beside it, with the landmarks that it reads alone. Of one
    network that tells all apart, the logit is the log odds, log p / (1 - p).

    Args:
        expression: name of the class.
        points: landmarks that the network reads, int64 `(k,)`; -1 = none.
        count: landmarks of the set.
        function: of the shapes of `points` `(n, t, k, c)`; a `SequenceFunction`.
    """

    expression: str
    points: np.ndarray
    count: int
    function: KerasOutput

    def take(self, shapes: np.ndarray) -> np.ndarray:
        """Takes the landmarks that are read: `(n, t, p, c)` to `(n, t, k, c)`, 0 for those that are none."""
        return np.where((self.points >= 0)[:, None], shapes[:, :, np.maximum(self.points, 0)], 0.0)

    def place(self, values: np.ndarray) -> np.ndarray:
        """Puts values of the landmarks that are read in their places: `(n, t, k)` to `(n, t, p)`, else 0."""
        result = np.zeros((*values.shape[:2], self.count))
        known = self.points >= 0
        result[:, :, self.points[known]] = values[:, :, known]
        return result

    def with_function(self, function: KerasOutput) -> LandmarkOutput:
        """Returns this output with other weights."""
        return replace(self, function=function)


def landmark_output(model: LandmarkRecogniser, expression: str) -> LandmarkOutput:
    """Makes the logit of an expression of a recogniser.

    Raises:
        TargetError: a class that the model lacks.
    """
    if expression not in model.classes:
        raise TargetError(str(unknown_name("expression of this model", expression, model.classes)))
    return network_output(model.network, model.landmarks, model.points, model.classes, expression)


def network_output(network: keras.Model, landmarks: LandmarkConfig, points: np.ndarray, names: Sequence[str],
                   name: str) -> LandmarkOutput:
    """Makes one logit of networks that are computed together.

    Args:
        network: made by `catgan.models.landmarks.network.build_network`.
        landmarks: its kind and sizes.
        points: int `(members, k)`, the landmarks that each member reads; -1 = none.
        names: of the logits: of the members, or of the classes of one network that tells all apart.
        name: of the chosen logit.
    """
    place = list(names).index(name)
    member, outputs = (0, len(names)) if landmarks.joint else (place, 1)
    chosen = np.asarray(points, np.int64)[member]
    frames, count, channels = network.input["shapes"].shape[1:]
    alone = _compiled(landmarks, (frames, len(chosen), channels), outputs)
    weights = [_of_member(network, alone.network, variable, member, chosen) for variable in alone.variables]
    if landmarks.joint:  # the chosen class comes first, so that one compiled network does for all
        order = [place, *(other for other in range(outputs) if other != place)]
        weights = [weight[..., order] if variable.path.startswith("readout/") else weight
                   for weight, variable in zip(weights, alone.variables)]
    return LandmarkOutput(name, chosen, count, alone.with_weights(weights))


@lru_cache(maxsize=KEPT_NETWORKS)
def _compiled(landmarks: LandmarkConfig, input_shape: tuple[int, int, int], outputs: int) -> KerasOutput:
    """Builds one member, which reads all landmarks of its input, and compiles its logit."""
    def select(logits: Tensor, seen: Tensor) -> Tensor:
        return logits[:, 0] if outputs == 1 else logits[:, 0] - ops.logsumexp(logits[:, 1:], axis=-1)

    network = build_network(landmarks, np.arange(input_shape[1])[None], input_shape, outputs)
    return KerasOutput(network, select, INPUTS)


def _of_member(network: keras.Model, alone: keras.Model, variable: keras.Variable, member: int,
               points: np.ndarray) -> np.ndarray:
    """Returns the weight of one member that belongs in a variable of the network that holds it alone."""
    layer = next(layer for layer in alone.layers if any(variable is own for own in layer.variables))
    place = next(place for place, own in enumerate(layer.variables) if variable is own)
    source = network.get_layer(layer.name)
    weight = ops.convert_to_numpy(source.variables[place])
    if layer.name == SCALED:
        return weight[np.maximum(points, 0)]
    return weight[member:member + 1] if hasattr(source, "members") else weight
