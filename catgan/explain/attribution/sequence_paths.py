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
PROBES = 17
"""Places of a line at which the output is computed to place the nodes."""
ORDER = 4
"""Nodes in each piece of a line."""


@dataclass(frozen=True)
class Walk:
    """Lists the points of the path from the baselines of one sequence to it.

    Args:
        parts: how much of the way is behind each point, 0..1, `(m,)`.
        moving: 1 for frames that take part in the movement, 0 for those that keep their own values, `(m, t)`.
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


def placed_nodes(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray, starts: np.ndarray,
                 nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Places the nodes of the Gauss-Legendre rule along the straight line to each sequence.

    A trained network often changes its answer within a small part of the line, which evenly placed nodes miss. So the
    output is first computed at `PROBES` places, the line is divided into pieces in which it changes about alike, and
    each piece has `ORDER` nodes.

    Args:
        output: what is integrated.
        sequences, starts: ends and beginnings of the lines, `(n, t, ...)`.
        seen: bool `(n, t)`.
        nodes: in all; below `2 * ORDER` one rule on the whole line, else rounded down to whole pieces.

    Returns:
        Places and weights, `(n, m)` each; the weights of a line sum to 1.
    """
    if nodes < 2 * ORDER:
        return tuple(np.tile(one, (len(sequences), 1)) for one in gauss_legendre(nodes))  # type: ignore[return-value]
    probes = np.linspace(0.0, 1.0, PROBES) ** 3  # denser near the baseline, where most networks decide
    even = 0.5 * np.diff(probes) + 0.5 / (PROBES - 1)
    values = _probed(output, sequences, seen, starts, probes)
    changes = np.abs(np.diff(values, axis=1))
    whole = changes.sum(1, keepdims=True)
    shares = np.divide(changes, whole, out=np.tile(even, (len(changes), 1)), where=whole > 0.0)
    density = np.cumsum(0.5 * shares + 0.5 * even, axis=1)
    borders = np.linspace(0.0, 1.0, nodes // ORDER + 1)
    edges = np.stack([np.interp(borders, np.concatenate([[0.0], row / row[-1]]), probes) for row in density])
    places, weights = gauss_legendre(ORDER)
    lengths = np.diff(edges, axis=1)[..., None]
    return ((edges[:, :-1, None] + lengths * places).reshape(len(edges), -1),
            (lengths * weights).reshape(len(edges), -1))


def _probed(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray, starts: np.ndarray,
            probes: np.ndarray) -> np.ndarray:
    """Computes the output at places of each line, float64 `(n, len(probes))`."""
    result, group = np.zeros((len(sequences), len(probes))), max(1, AT_ONCE // len(probes))
    parts = on_frames(probes[None].astype(np.float32), sequences.ndim + 1)
    for first in range(0, len(sequences), group):
        rows = slice(first, first + group)
        begins = starts[rows, None]
        points = begins + parts * (sequences[rows, None] - begins)
        found = output.values(points.reshape(-1, *sequences.shape[1:]), np.repeat(seen[rows], len(probes), axis=0))
        result[rows] = found.reshape(-1, len(probes))
    return result


def straight(parts: np.ndarray, weights: np.ndarray, frames: int) -> Walk:
    """Walks straight lines, all frames together, and takes the mean over the lines.

    Args:
        parts, weights: nodes of the line from each baseline, `(b, m)`.
        frames: of a sequence.
    """
    count, nodes = parts.shape
    ones = np.ones((count * nodes, frames))
    return Walk(parts.ravel(), ones, weights.reshape(-1, 1) / count * ones, np.repeat(np.arange(count), nodes))


def one_frame_at_a_time(nodes: int, frames: int) -> Walk:
    """Moves one frame at a time while the others keep their own values (Enguehard 2023)."""
    parts, weights = gauss_legendre(nodes)
    moving = np.repeat(np.eye(frames), nodes, axis=0)
    return Walk(np.tile(parts, frames), moving, np.tile(weights, frames)[:, None] * moving,
                np.zeros(len(moving), np.int64))


def drawn_segments(frames: int, draws: int, random: np.random.Generator) -> np.ndarray:
    """Draws segments of 1 to half of the frames that keep their own values.

    Returns:
        Which frames move in each draw, bool `(draws, frames)`. A frame that every draw keeps would get nothing, so then
        a draw without a segment is added.
    """
    places, longest = np.arange(frames), max(frames // 2, 1)
    begins = random.integers(1 - longest, frames, draws)
    lengths = random.integers(1, longest + 1, draws)
    moving = ~((places >= begins[:, None]) & (places < (begins + lengths)[:, None]))
    return moving if moving.any(0).all() else np.vstack([moving, np.ones(frames, bool)])


def segments_kept(parts: np.ndarray, weights: np.ndarray, moving: np.ndarray) -> Walk:
    """Keeps a segment of frames at its own values in each draw (Jang et al. 2025).

    A frame gets the mean over the draws in which it moves. The paper draws segments for each variable; here they are of
    whole frames, so that the points of a face stay together.

    Args:
        parts, weights: nodes of the line, `(m,)`.
        moving: which frames move in each draw, bool `(d, t)`.
    """
    each = np.repeat(moving.astype(np.float64), len(parts), axis=0)
    return Walk(np.tile(parts, len(moving)), each, np.tile(weights, len(moving))[:, None] * each / moving.sum(0),
                np.zeros(len(each), np.int64))


def along(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray, starts: Callable[[int], np.ndarray],
          walk: Callable[[int], Walk]) -> np.ndarray:
    """Sums gradients along the walk of each sequence, float64 `(n, t, ...)`; 0 in frames that were not seen.

    Args:
        output: what is differentiated.
        sequences: `(n, t, ...)`.
        seen: bool `(n, t)`; the mask stays the same along the path.
        starts: number of a sequence to its baselines `(b, t, ...)`.
        walk: number of a sequence to the points of its path; all have equally many.
    """
    result, row = np.zeros(sequences.shape), 0
    while row < len(sequences):
        walks = [walk(row)]
        points = len(walks[0].parts)
        chosen = np.arange(row, min(row + max(1, AT_ONCE // points), len(sequences)))
        walks += [walk(other) for other in chosen[1:].tolist()]
        begins = [starts(other) for other in chosen.tolist()]
        for place in range(0, points, AT_ONCE):
            result[chosen] += _part(output, sequences[chosen], seen[chosen], begins, walks,
                                    slice(place, place + AT_ONCE))
        row += len(chosen)
    return result


def _part(output: SequenceFunction, ends: np.ndarray, seen: np.ndarray, begins: list[np.ndarray], walks: list[Walk],
          part: slice) -> np.ndarray:
    """Sums the gradients of some points of the walks of a few sequences, `(g, t, ...)`."""
    moves = ends[:, None] - np.stack([given[walk.starts[part]] for given, walk in zip(begins, walks)])  # (g, m, t, ..)
    left = np.stack([(1.0 - walk.parts[part])[:, None] * walk.moving[part] for walk in walks])
    points = ends[:, None] - on_frames(left.astype(np.float32), moves.ndim) * moves
    _, slopes = output.gradients(points.reshape(-1, *ends.shape[1:]), np.repeat(seen, moves.shape[1], axis=0))
    weights = np.stack([walk.weights[part] for walk in walks]) * seen[:, None]  # (g, m, t)
    return np.einsum("gmt,gmt...->gt...", weights, (slopes.reshape(moves.shape) * moves).astype(np.float64))


def important_directions(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray, starts: np.ndarray,
                         steps: int) -> np.ndarray:
    """Shares the rise of each step by squared gradients (Yang et al. 2023), float64 `(n, t, ...)`.

    Args:
        output, sequences, seen: as `along`.
        starts: the baseline of each sequence, `(n, t, ...)`.
        steps: about how many the path has; they are short where the output changes, see `placed_nodes`.
    """
    places, _ = placed_nodes(output, sequences, seen, starts, max(steps - 1, 1))
    result = np.zeros(sequences.shape)
    for row, (start, end, mask) in enumerate(zip(starts, sequences, seen)):
        parts = on_frames(np.concatenate([[0.0], places[row], [1.0]])[:, None].astype(np.float32), sequences.ndim)
        values, slopes = output.gradients(start + parts * (end - start), np.repeat(mask[None], len(parts), axis=0))
        known = np.where(on_frames(mask[None], slopes.ndim), slopes, 0.0).astype(np.float64)
        for step in range(len(parts) - 1):
            slope = 0.5 * (known[step] + known[step + 1])
            result[row] += important_direction_share(slope, end - start, float(values[step + 1] - values[step]))
    return result
