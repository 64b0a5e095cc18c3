"""Joins the answers of overlapping windows of one long clip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan.models.sequence.temporal import HIDDEN

VARIANCE = "_log_variance"
"""Ending of the names of logarithms of variances."""


def window_starts(length: int, frames: int, stride: int) -> np.ndarray:
    """Returns the first frames of windows that cover a clip, `stride` apart; the last one ends with the clip.

    Args:
        length: frames of the clip, 1 or more.
        frames: frames of a window. A shorter clip has one window, at 0.
        stride: frames between two starts, 1 or more.
    """
    last = max(length - frames, 0)
    return np.unique(np.append(np.arange(0, last + 1, stride), last))


def gather_windows(values: np.ndarray, starts: np.ndarray, frames: int) -> np.ndarray:
    """Cuts windows `(n, frames, ...)` out of `(t, ...)`; frames after the end are zeros (False)."""
    missing = max(int(starts[-1]) + frames - len(values), 0)
    padded = np.concatenate([values, np.zeros((missing, *values.shape[1:]), values.dtype)]) if missing else values
    return padded[starts[:, None] + np.arange(frames)]


def join_windows(answers: np.ndarray, starts: np.ndarray, length: int, causal: bool) -> np.ndarray:
    """Joins the answers of windows into one per frame.

    Args:
        answers: `(n, frames, k)`.
        starts: first frame of each window, rising, `(n,)`.
        length: frames of the clip.
        causal: take each frame from the earliest window that has it, where it has the longest past. Otherwise the
            windows that have it are averaged.

    Returns:
        `(length, k)`, of the type of `answers`.
    """
    frames, total = answers.shape[1], np.zeros((length, answers.shape[2]), np.float64)
    count, answered = np.zeros((length, 1)), 0
    for start, answer in zip(starts.tolist(), answers):
        first, stop = max(start, answered) if causal else start, min(start + frames, length)
        answered = stop
        total[first:stop] += answer[first - start:stop - start]
        count[first:stop] += 1
    return (total / count).astype(answers.dtype)


def to_means(outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Selects the predictions that are averaged over windows: expected values, and variances instead of their
    logarithms."""
    return {name: np.exp(value) if name.endswith(VARIANCE) else value for name, value in outputs.items()
            if name != HIDDEN and not name.endswith("_logits")}


def from_means(means: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Turns what `to_means` returned back into predictions."""
    return {name: np.log(value) if name.endswith(VARIANCE) else value for name, value in means.items()}
