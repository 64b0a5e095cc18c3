"""Checks that an attribution of landmarks means something: holding points, shuffled weights, and control maps."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

import numpy as np

from catgan import random_streams
from catgan.errors import DataError
from catgan.explain.attribution.sequence_baselines import checked_sequences
from catgan.explain.attribution.sequence_gradients import KerasOutput, SequenceFunction
from catgan.explain.landmarks.stability import rank_correlation
from catgan.faces.landmark_sets import LandmarkSet
from catgan.metrics.figures import Figures

ROUNDS = 2
"""How often a map is averaged with its neighbours on the mesh."""


# === Deletion and insertion ===

def held_curve(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray, starts: np.ndarray,
               orders: np.ndarray, counts: Sequence[int], insertion: bool = False) -> np.ndarray:
    """Computes the output while more and more points are held at their baseline, in a given order.

    A point that is held does not move, or moves as in the baseline; a point that is set to 0 or cut out would give a
    face that does not exist.

    Args:
        output: what is explained.
        sequences: `(n, t, p, ...)`.
        seen: bool `(n, t)`.
        starts: the baselines, as `sequences`.
        orders: points of each clip in the order in which they are held, int `(n, k)`, or `(k,)` for all clips.
        counts: how many points are held, ascending.
        insertion: start with all points of the order held, and release them in this order instead.

    Returns:
        float64 `(n, len(counts))`.

    Raises:
        DataError: counts out of range, or orders of another shape.
    """
    sequences, seen = checked_sequences(sequences, seen)
    given = np.broadcast_to(orders, (len(sequences), np.shape(orders)[-1]))
    if not len(counts) or min(counts) < 0 or max(counts) > given.shape[1]:
        raise DataError(f"Numbers of held points must lie in 0..{given.shape[1]}. Received: {list(counts)}.")
    curve = np.zeros((len(sequences), len(counts)))
    for place, count in enumerate(counts):
        held = np.zeros((len(sequences), sequences.shape[2]), bool)
        np.put_along_axis(held, given[:, count:] if insertion else given[:, :count], True, axis=1)
        masks = held.reshape(len(held), 1, -1, *[1] * (sequences.ndim - 3))
        curve[:, place] = output.values(np.where(masks, starts, sequences), seen)
    return curve


def normalised_area(curve: np.ndarray, outputs: np.ndarray, baseline_outputs: np.ndarray) -> np.ndarray:
    """Returns the mean height of curves `(n, s)` of evenly spaced counts, where 1 is the whole clip and 0 its baseline.

    Deletion should be low, insertion high. NaN where clip and baseline have the same output.
    """
    rises = outputs - baseline_outputs
    heights = np.trapezoid(curve - baseline_outputs[:, None], axis=1) / max(curve.shape[1] - 1, 1)
    return np.divide(heights, rises, out=np.full(len(rises), np.nan), where=rises != 0.0)


def cumulative_prediction_difference(curve: np.ndarray) -> np.ndarray:
    """Adds the absolute changes of the output from step to step of curves `(n, s)`: float64 `(n,)` (Jang et al. 2025).

    Of points in falling relevance this is the cumulative prediction difference (CPD, high is good); of points in rising
    relevance it is the cumulative prediction preservation (CPP, low is good). Changes of opposite sign do not cancel.
    """
    return np.abs(np.diff(curve, axis=1)).sum(1)


# === Networks with shuffled weights ===

def shuffled(output: KerasOutput, seed: int, layers: int | None = None, kept: Container[str] = ()) -> KerasOutput:
    """Shuffles the numbers of each weight of a network, from its last layer on (Adebayo et al. 2018).

    Args:
        output: of the network, which itself does not change.
        seed: the same seed gives the same weights.
        layers: how many layers with weights, from the last one; all when None.
        kept: names of layers whose weights stay, such as a fixed scale of the inputs.
    """
    places = {id(variable): place for place, variable in enumerate(output.variables)}
    weights = output.weights
    for layer in shuffled_layers(output, kept)[:layers]:
        for place in (places[id(variable)] for variable in layer.variables if id(variable) in places):
            random = random_streams.generator("shuffled_weights", seed, place)
            weights[place] = random.permutation(weights[place].ravel()).reshape(weights[place].shape)
    return output.with_weights(weights)


def shuffled_layers(output: KerasOutput, kept: Container[str] = ()) -> list:
    """Lists the layers that have weights of floating point, the last one first, without those in `kept`."""
    return [layer for layer in reversed(output.network.layers) if layer.name not in kept
            and any("float" in str(variable.dtype) for variable in layer.variables)]


def randomisation(output: KerasOutput, relevance_of: Callable[[KerasOutput], np.ndarray], seed: int = 0,
                  kept: Container[str] = ()) -> list[Figures]:
    """Compares the relevance of a network with that of the network whose last layers are shuffled, one more each time.

    An attribution that depends on what the network has learned loses its rank correlation.

    Args:
        output: of the network.
        relevance_of: computes the relevance of landmarks `(p,)` for an output.
        seed, kept: see `shuffled`.

    Returns:
        Per step `layer`, the name of the layer that is shuffled too, and `rank_correlation`.
    """
    original = relevance_of(output)
    return [{"layer": layer.name,
             "rank_correlation": rank_correlation(original, relevance_of(shuffled(output, seed, count + 1, kept)))}
            for count, layer in enumerate(shuffled_layers(output, kept))]


# === Control maps ===

def smoothed_over_mesh(relevance: np.ndarray, landmarks: LandmarkSet, rounds: int = ROUNDS) -> np.ndarray:
    """Averages the relevance of each landmark with that of its neighbours on the mesh, `(..., p)`.

    Blurring improves some scores without any look at the model (Song et al. 2023, arXiv 2304.13836). So a map should be
    better than its own blurred copy to prove anything.

    Args:
        relevance: `(..., p)`.
        landmarks: the set, with its edges.
        rounds: how often. The sum of the relevance changes.
    """
    both = np.concatenate([landmarks.edges, landmarks.edges[:, ::-1]])
    neighbours = np.zeros((landmarks.count, landmarks.count))
    neighbours[both[:, 0], both[:, 1]] = 1.0
    np.fill_diagonal(neighbours, 1.0)
    mean = neighbours / neighbours.sum(1, keepdims=True)
    result = np.asarray(relevance, np.float64)
    for _ in range(rounds):
        result = result @ mean.T
    return result


def motion_variance(shapes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Returns how much each landmark moves, without a look at any network, float64 `(p,)`.

    It is the variance over all seen frames of all clips, summed over coordinates.

    Args:
        shapes: `(n, t, p, c)`.
        seen: bool `(n, t)`.
    """
    return np.asarray(shapes, np.float64)[np.asarray(seen, bool)].var(0).sum(-1)
