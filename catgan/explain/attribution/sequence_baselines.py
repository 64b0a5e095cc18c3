"""Baselines that attributions compare batches of sequences with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan.errors import CatganError, unknown_name

BASELINES = ("zeros", "first", "class_mean")


@dataclass(frozen=True)
class Background:
    """Sequences that others are compared with, such as training clips of the other classes.

    Args:
        sequences: `(m, t, ...)`.
        seen: bool `(m, t)`.
    """

    sequences: np.ndarray
    seen: np.ndarray

    def __post_init__(self) -> None:
        if not len(self.sequences) or np.shape(self.seen) != np.shape(self.sequences)[:2]:
            raise CatganError("A background needs at least one sequence, and 'seen' for each of its frames. "
                              f"Received: {np.shape(self.sequences)} and {np.shape(self.seen)}.")

    def held(self) -> np.ndarray:
        """Returns the sequences, in which an unseen frame repeats the last seen one, or else the first seen one."""
        seen = np.asarray(self.seen, bool)
        before = np.maximum.accumulate(np.where(seen, np.arange(seen.shape[1]), -1), axis=1)
        places = np.where(before >= 0, before, seen.argmax(1)[:, None])
        return np.asarray(self.sequences, np.float32)[np.arange(len(seen))[:, None], places]

    def mean(self) -> np.ndarray:
        """Returns the mean sequence `(t, ...)`."""
        return self.held().mean(0, dtype=np.float64).astype(np.float32)


def checked_sequences(sequences: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns sequences as float32 `(n, t, ...)` and what was seen as bool `(n, t)`.

    Raises:
        CatganError: other shapes, or numbers that are not finite in a frame that was seen.
    """
    found, mask = np.asarray(sequences, np.float32), np.asarray(seen, bool)
    if found.ndim < 3 or not found.size or mask.shape != found.shape[:2]:
        raise CatganError("Sequences must have the shape (n, t, ...), such as sequence[None] for one of them, and "
                          f"'seen' the shape (n, t). Received: {found.shape} and {mask.shape}.")
    if not np.isfinite(found[mask]).all():
        raise CatganError("The sequences hold numbers that are not finite in frames that were seen.")
    return np.where(on_frames(mask, found.ndim), found, np.nan_to_num(found)), mask


def on_frames(frames: np.ndarray, ndim: int) -> np.ndarray:
    """Adds axes of length 1 to an array `(n, t)`, so that it has `ndim` axes."""
    return frames.reshape(*frames.shape, *[1] * (ndim - frames.ndim))


def baseline_sequences(sequences: np.ndarray, seen: np.ndarray, baseline: str | np.ndarray = "zeros",
                       background: Background | None = None) -> np.ndarray:
    """Makes the baseline of each sequence, float32 `(n, t, ...)`. Frames that were not seen stay as they are.

    Args:
        sequences: `(n, t, ...)`.
        seen: bool `(n, t)`.
        baseline: `"zeros"`, which for displacements is the own first frame held still; `"first"`, the first seen
            frame held still; `"class_mean"`, the mean of `background`, such as clips of the other classes; or an
            array: a frame `(...)`, a sequence `(t, ...)`, or one sequence for each `(n, t, ...)`.
        background: for `"class_mean"`.

    Raises:
        CatganError: an unknown name, another shape, or no background where one is needed.
    """
    sequences, seen = checked_sequences(sequences, seen)
    found = np.broadcast_to(_starts(sequences, seen, baseline, background), sequences.shape)
    return np.where(on_frames(seen, sequences.ndim), found, sequences).astype(np.float32)


def _starts(sequences: np.ndarray, seen: np.ndarray, baseline: str | np.ndarray,
            background: Background | None) -> np.ndarray:
    if not isinstance(baseline, str):
        given = np.asarray(baseline, np.float32)
        if given.shape not in (sequences.shape, sequences.shape[1:], sequences.shape[2:]):
            raise CatganError(f"The baseline must have the shape {sequences.shape[2:]}, {sequences.shape[1:]} or "
                              f"{sequences.shape}. Received: {given.shape}.")
        return given
    if baseline == "zeros":
        return np.zeros(1, np.float32)
    if baseline == "first":
        return sequences[np.arange(len(seen)), seen.argmax(1)][:, None]
    if baseline == "class_mean":
        return fitting(background, sequences, "The baseline 'class_mean'").mean()
    raise unknown_name("baseline of sequences", baseline, (*BASELINES, "or an array"))


def fitting(background: Background | None, sequences: np.ndarray, what: str) -> Background:
    """Returns a background whose sequences have the shape of `sequences` `(n, t, ...)`.

    Raises:
        CatganError: there is none, or it has another shape; `what` needs it.
    """
    if background is None:
        raise CatganError(f"{what} needs background sequences, such as training clips of the other classes. "
                          "Received: none.")
    if np.shape(background.sequences)[1:] != sequences.shape[1:]:
        raise CatganError(f"{what} needs background sequences of the shape {sequences.shape[1:]}. "
                          f"Received: {np.shape(background.sequences)[1:]}.")
    return background
