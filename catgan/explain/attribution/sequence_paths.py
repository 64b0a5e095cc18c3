"""Integrates gradients of sequences along straight paths, with every choice of what moves when.

A `Walk` lists the points of a path at which the gradient is taken. Integrated Gradients, Expected Gradients,
Sequential Integrated Gradients and TIMING are walks of the same sum:

    attribution = (end - start) * sum over points of weight * gradient(end + (1 - part) * moving * (start - end))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catgan.explain.attribution.paths import important_direction_share
from catgan.explain.attribution.sequence_baselines import on_frames
from catgan.explain.attribution.sequence_gradients import SequenceFunction

AT_ONCE = 64
"""Points of paths whose sequences are in memory at once."""


@dataclass(frozen=True)
class Walk:
    """Lists the points of a path from a baseline to a sequence.

    Args:
        parts: how much of the way is behind each point, 0..1, `(m,)`.
        moving: how far each frame takes part: 0 for frames that keep their own values, else 1; `(m, t)`.
        weights: of the gradient of each frame in the sum, `(m, t)`; 0 where a frame does not move.
        starts: which of the sequence's baselines each point comes from, int `(m,)`.
    """

    parts: np.ndarray
    moving: np.ndarray
    weights: np.ndarray
    starts: np.ndarray


def gauss_legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns nodes and weights of the Gauss-Legendre rule on 0..1, exact for polynomials below degree `2 nodes`."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    return 0.5 * (places + 1.0), 0.5 * weights


def straight(nodes: int, frames: int, starts: int = 1) -> Walk:
    """Walks the straight line from each of `starts` baselines, all frames together; the mean over the baselines."""
    parts, weights = gauss_legendre(nodes)
    ones = np.ones((starts * nodes, frames))
    return Walk(np.tile(parts, starts), ones, np.tile(weights / starts, starts)[:, None] * ones,
                np.repeat(np.arange(starts), nodes))


def one_frame_at_a_time(nodes: int, frames: int) -> Walk:
    """Moves one frame at a time while the others keep their own values (Enguehard 2023)."""
    parts, weights = gauss_legendre(nodes)
    moving = np.repeat(np.eye(frames), nodes, axis=0)
    return Walk(np.tile(parts, frames), moving, np.tile(weights, frames)[:, None] * moving,
                np.zeros(len(moving), np.int64))


def segments_kept(nodes: int, frames: int, draws: int, random: np.random.Generator) -> Walk:
    """Keeps a random segment of frames at its own values in each draw (Jang et al. 2025).

    A frame gets the mean over the draws in which it moves. Segments have 1 to half of the frames. The paper draws
    segments for each variable; here they are of whole frames, so that the points of a face stay together.

    Args:
        nodes: of the rule along each path.
        frames: of a sequence.
        draws: number of segments.
        random: draws them.
    """
    places, longest = np.arange(frames), max(frames // 2, 1)
    begins = random.integers(1 - longest, frames, draws)
    lengths = random.integers(1, longest + 1, draws)
    moving = ~((places >= begins[:, None]) & (places < (begins + lengths)[:, None]))
    if not moving.any(0).all():  # a frame that every draw keeps: one path without a segment
        moving = np.vstack([moving, np.ones(frames, bool)])
    count = moving.sum(0)
    parts, weights = gauss_legendre(nodes)
    each = np.repeat(moving.astype(np.float64), nodes, axis=0)
    return Walk(np.tile(parts, len(moving)), each, np.tile(weights, len(moving))[:, None] * each / count,
                np.zeros(len(each), np.int64))


def along(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray,
          starts: Callable[[int], np.ndarray], walk: Walk) -> np.ndarray:
    """Sums gradients along the walk of each sequence, float64 `(n, t, ...)`; 0 in frames that were not seen.

    Args:
        output: what is differentiated.
        sequences: `(n, t, ...)`.
        seen: bool `(n, t)`; the mask stays the same along the path.
        starts: number of a sequence to its baselines `(b, t, ...)`.
        walk: points of the path, the same for all sequences.
    """
    result, points = np.zeros(sequences.shape), len(walk.parts)
    group = max(1, AT_ONCE // points)
    for first in range(0, len(sequences), group):
        chosen = np.arange(first, min(first + group, len(sequences)))
        begins = [starts(row) for row in chosen.tolist()]
        for place in range(0, points, AT_ONCE):
            part = slice(place, place + AT_ONCE)
            result[chosen] += _part(output, sequences[chosen], seen[chosen], begins, walk, part)
    return result


def _part(output: SequenceFunction, ends: np.ndarray, seen: np.ndarray, begins: list[np.ndarray], walk: Walk,
          part: slice) -> np.ndarray:
    """Sums the gradients of some points of the walks of a few sequences, `(g, t, ...)`."""
    moves = ends[:, None] - np.stack([given[walk.starts[part]] for given in begins])  # (g, m, t, ...)
    left = on_frames(((1.0 - walk.parts[part])[:, None] * walk.moving[part]).astype(np.float32), ends.ndim)
    points = ends[:, None] - left * moves
    count = moves.shape[1]
    _, slopes = output.gradients(points.reshape(-1, *ends.shape[1:]), np.repeat(seen, count, axis=0))
    terms = (slopes.reshape(moves.shape) * moves).astype(np.float64)
    weights = walk.weights[part][None] * seen[:, None]  # (g, m, t)
    return np.einsum("gmt,gmt...->gt...", weights, terms)


def important_directions(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray, starts: np.ndarray,
                         steps: int) -> np.ndarray:
    """Shares the rise of each step by squared gradients (Yang et al. 2023), float64 `(n, t, ...)`.

    Args:
        output, sequences, seen: as `along`.
        starts: the baseline of each sequence, `(n, t, ...)`.
        steps: of the path.
    """
    parts = on_frames(np.linspace(0.0, 1.0, steps + 1, dtype=np.float32)[:, None], sequences.ndim)
    result = np.zeros(sequences.shape)
    for row, (start, end, mask) in enumerate(zip(starts, sequences, seen)):
        values, slopes = output.gradients(start + parts * (end - start), np.repeat(mask[None], steps + 1, axis=0))
        known = np.where(on_frames(mask[None], slopes.ndim), slopes, 0.0).astype(np.float64)
        for step in range(steps):
            slope = 0.5 * (known[step] + known[step + 1])
            result[row] += important_direction_share(slope, end - start, float(values[step + 1] - values[step]))
    return result
