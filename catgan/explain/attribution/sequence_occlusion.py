"""Occlusion in sequences: what an output loses while points, regions or moments are held at their baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from catgan.errors import CatganError
from catgan.explain.attribution.sequence_baselines import checked_sequences
from catgan.explain.attribution.sequence_gradients import SequenceFunction

AT_ONCE = 64
"""Sequences that are in memory at once."""


def point_parts(frames: int, points: int) -> np.ndarray:
    """Returns each point in all frames as a part, bool `(points, frames, points)`."""
    return np.repeat(np.eye(points, dtype=bool)[:, None], frames, axis=1)


def region_parts(frames: int, points: int, regions: Mapping[str, Iterable[int]]) -> np.ndarray:
    """Returns the points of each region in all frames as a part, bool `(regions, frames, points)`."""
    parts = np.zeros((len(regions), frames, points), bool)
    for part, chosen in zip(parts, regions.values()):
        part[:, list(chosen)] = True
    return parts


def moment_parts(frames: int, points: int, length: int = 1, stride: int = 1) -> np.ndarray:
    """Returns windows of frames with all points as parts, bool `(windows, frames, points)`.

    Args:
        frames, points: of a sequence.
        length: frames of a window.
        stride: frames from one window to the next. The last window ends with the sequence.

    Raises:
        CatganError: a length or stride below 1.
    """
    if length < 1 or stride < 1:
        raise CatganError(f"Windows and their stride have 1 frame or more. Received: {length} and {stride}.")
    starts = sorted({*range(0, max(frames - length, 0), stride), max(frames - length, 0)})
    parts = np.zeros((len(starts), frames, points), bool)
    for part, start in zip(parts, starts):
        part[start:start + length] = True
    return parts


def occlude(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray, parts: np.ndarray | Sequence[np.ndarray],
            starts: np.ndarray) -> np.ndarray:
    """Measures what an output loses while each part is held at its baseline.

    Args:
        output: what is explained.
        sequences: `(n, t, s, ...)`.
        seen: bool `(n, t)`.
        parts: what is held together, bool `(g, t, s)`.
        starts: the baselines, `(n, t, s, ...)`.

    Returns:
        float64 `(n, g)`, in the unit of the output.

    Raises:
        CatganError: parts of another shape.
    """
    sequences, seen = checked_sequences(sequences, seen)
    held = np.asarray(parts, bool)
    if held.ndim != 3 or held.shape[1:] != sequences.shape[1:3]:
        raise CatganError(f"Parts of these sequences must have the shape (g, {sequences.shape[1]}, "
                          f"{sequences.shape[2]}). Received: {held.shape}.")
    left = np.zeros((len(sequences), len(held)))
    masks = held.reshape(*held.shape, *[1] * (sequences.ndim - 3))
    for row, (sequence, start) in enumerate(zip(sequences, starts)):
        for first in range(0, len(held), AT_ONCE):
            given = np.where(masks[first:first + AT_ONCE], start, sequence)
            left[row, first:first + AT_ONCE] = output.values(given, np.repeat(seen[row:row + 1], len(given), axis=0))
    return output.values(sequences, seen)[:, None] - left


def spread(losses: np.ndarray, parts: np.ndarray, sequences: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Spreads the loss of each part evenly over its seen numbers; a number gets the mean over the parts that hold it.

    Args:
        losses: `(n, g)`.
        parts: bool `(g, t, s)`.
        sequences: `(n, t, s, ...)`, for the shape.
        seen: bool `(n, t)`.

    Returns:
        float64 `(n, t, s, ...)`; 0 in frames that were not seen.
    """
    held, masks = np.asarray(parts, np.float64), np.asarray(seen, np.float64)
    inner = sequences.shape[3:]
    sizes = np.einsum("gts,nt->ng", held, masks) * max(int(np.prod(inner)), 1)
    each = np.divide(losses, sizes, out=np.zeros_like(losses), where=sizes > 0.0)
    found = np.einsum("ng,gts->nts", each, held) / np.maximum(held.sum(0), 1.0) * masks[..., None]
    return np.broadcast_to(found.reshape(*found.shape, *[1] * len(inner)), sequences.shape).copy()
