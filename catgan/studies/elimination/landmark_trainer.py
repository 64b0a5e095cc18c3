"""Fits and explains networks on landmarks for an elimination: all networks of a step are trained as one batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from keras import ops

from catgan.data.clips.landmarks import ShapedClips
from catgan.explain.attribution.sequence_gradients import KerasOutput, output_of
from catgan.explain.attribution.sequence_paths import placed_nodes
from catgan.explain.landmarks.relevance import point_attributions, relevance_of
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.network import HIDDEN, build_network
from catgan.studies.elimination.options import Elimination
from catgan.studies.elimination.trainer import Relevance
from catgan.training.landmarks import FittedMembers, LandmarkTraining, Member, fit_members

BATCH_SIZE = 128
"""Clips that are explained at once."""


def landmark_trainer(network: LandmarkConfig, study: Elimination) -> LandmarkTrainer:
    """Makes the trainer of a kind of network."""
    return LandmarkTrainer(network, study.training, study.nodes)


class LandmarkTrainer:
    """Fits binaries of one kind, see `catgan.studies.elimination.trainer.Trainer`.

    Args:
        network: kind and sizes.
        training: schedule of networks that are trained in steps.
        nodes: points of the path of Integrated Gradients.
    """

    def __init__(self, network: LandmarkConfig, training: LandmarkTraining = LandmarkTraining(), nodes: int = 16):
        self.network, self.training, self.nodes = network, training, nodes

    def fit(self, clips: ShapedClips, validation: ShapedClips, members: Sequence[Member], seed: int) -> LandmarkMembers:
        """Fits one network for each member."""
        fitted = fit_members(clips, validation, members, self.network, self.training, seed)
        return LandmarkMembers(fitted, self.network, clips.shapes.shape[1:], self.nodes)


class LandmarkMembers:
    """Binaries that were trained together, see `catgan.studies.elimination.trainer.Fitted`.

    Args:
        fitted: the networks.
        config: their kind and sizes.
        input_shape: frames, number of all landmarks, values per landmark.
        nodes: points of the path of Integrated Gradients.

    Attributes:
        network: of all members, see `catgan.training.landmarks.FittedMembers`.
    """

    def __init__(self, fitted: FittedMembers, config: LandmarkConfig, input_shape: tuple[int, int, int], nodes: int):
        self._fitted, self._nodes = fitted, nodes
        self.network = fitted.network
        self._slots = max(len(member.points) for member in fitted.members)
        frames, self._count, channels = input_shape
        # One member alone, on the landmarks that it reads: what it costs does not depend on the others.
        alone = build_network(config, np.arange(self._slots)[None], (frames, self._slots, channels))
        self._alone: KerasOutput = output_of(alone, 0, ("shapes", "seen"), BATCH_SIZE)
        costs = [_cost(config, len(member.points) * channels, frames) for member in fitted.members]
        self.parameters: Sequence[int] = [parameters for parameters, _ in costs]
        self.multiply_adds: Sequence[int] = [multiply_adds for _, multiply_adds in costs]

    def logits(self, clips: ShapedClips) -> np.ndarray:
        """Returns the logit of each network for each clip, float32 `(n, m)`."""
        return self._fitted.logits(clips)

    def relevance(self, clips: ShapedClips, members: Sequence[int]) -> Relevance:
        """Explains networks by Integrated Gradients of their logits, from the face held still.

        The attributions of the coordinates of a point are added, with their signs. Its relevance is the sum over time
        of the absolute value, mean over the clips that the network recognises (over all, if it recognises none).
        """
        values, gaps = np.zeros((len(members), self._count)), []
        for row, number in enumerate(members):
            points = list(self._fitted.members[number].points)
            given = np.zeros((*clips.shapes.shape[:2], self._slots, clips.shapes.shape[3]), np.float32)
            given[:, :, :len(points)] = clips.shapes[:, :, points]
            attributed, outputs, gap = self._attributed(self._alone.with_weights(self._weights(number)), given,
                                                        clips.seen)
            right = outputs > 0.0
            each = relevance_of(point_attributions(attributed))[right if right.any() else slice(None)]
            values[row, points] = each.mean(0)[:len(points)]
            gaps.append(gap)
        return Relevance(values, float(np.nanmedian(np.concatenate(gaps))))

    def _attributed(self, output: KerasOutput, given: np.ndarray,
                    seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Computes Integrated Gradients from 0, the face held still; whole batches of clips at each node.

        Returns:
            Attributions `(n, t, k, c)`, logits `(n,)`, and the completeness gap of each clip, a share of the change.
        """
        slopes = np.zeros_like(given)
        places, weights = placed_nodes(output, given, seen, slopes, self._nodes)
        for part, weight in zip(places.T.astype(np.float32), weights.T.astype(np.float32)):
            moved = part[:, None, None, None] * given
            slopes += weight[:, None, None, None] * output.gradients(moved, seen)[1]
        attributed = slopes * given
        outputs = output.values(given, seen)
        rises = outputs - output.values(np.zeros_like(given), seen)
        with np.errstate(invalid="ignore", divide="ignore"):
            gaps = np.abs(attributed.sum((1, 2, 3)) - rises) / np.abs(rises)
        return attributed, outputs, np.where(rises == 0.0, np.nan, gaps)

    def _weights(self, number: int) -> list[np.ndarray]:
        """Returns the weights of one member, for the network of one member on its own landmarks."""
        points = list(self._fitted.members[number].points)
        padded = points + [points[0]] * (self._slots - len(points))  # what is padded is 0, whatever its scale
        network = self.network
        result = []
        for variable, alone in zip([*network.trainable_variables, *network.non_trainable_variables],
                                   self._alone.variables):
            value = ops.convert_to_numpy(variable)
            if variable.path.endswith("scale"):
                value = value[padded]
            elif value.shape != tuple(alone.shape):
                value = value[number:number + 1]
            result.append(value)
        return result


def _cost(config: LandmarkConfig, inputs: int, frames: int) -> tuple[int, int]:
    """Counts parameters and multiply-adds of one binary for one clip.

    Args:
        config: kind and sizes.
        inputs: values of a frame.
        frames: of a clip.
    """
    units, dense = config.units, config.dense
    if config.kind == "linear":
        return 3 * inputs + 1, 3 * inputs
    if config.kind == "randomised":
        # Input weights of a reservoir that are 0 cost nothing.
        widths = [inputs, *[units] * (config.layers - 1)]
        weights = sum(max(round(config.density * width), 1) * units + units * units for width in widths)
        summary = 4 * units * config.layers
        return weights + units * config.layers + summary + 1, frames * weights + summary
    recurrent = 3 * units * (dense + units)
    read = 3 * units * HIDDEN + HIDDEN
    parameters = inputs * dense + dense + recurrent + 6 * units + read + HIDDEN + 1
    return parameters, frames * (inputs * dense + recurrent) + read
