"""Reads the gait of a person: the joints of a clip, in frames of one rate."""

from __future__ import annotations

import numpy as np

from catgan.modalities.modality import Input, Modality, Reading
from catgan.modalities.posture_reader import has_posture
from catgan.modalities.views import PersonView

FRAMES = 40
"""Number of frames of a gait."""
RATE = 15.0
"""Frames per second of a gait."""
LEAST_FRAMES = 12
"""Number of frames with a posture from which movement is a gait."""
LONGEST_GAP = 0.25
"""Seconds between two frames up to which the joints between them are interpolated."""


def has_gait(known: np.ndarray) -> np.ndarray:
    """Tells which clips show a gait, bool `(..., frames, 16)` -> bool `(...)`."""
    return has_posture(known).sum(-1) >= LEAST_FRAMES


def resampled(seconds: np.ndarray, joints: np.ndarray, known: np.ndarray,
              rate: float = RATE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interpolates joints to an even grid of times that begins with the first frame.

    A joint is known at a point of the grid if it is known in the frame there (within a thousandth of a second), or in
    the two frames around it, which are at most `LONGEST_GAP` apart.

    Args:
        seconds: rising, `(t,)`.
        joints: `(t, 16, 3)`.
        known: bool `(t, 16)`.
        rate: frames per second of the grid.

    Returns:
        float64 times `(n,)`, float32 joints `(n, 16, 3)`, 0 where unknown, and bool `(n, 16)`.
    """
    if not len(seconds):
        return np.zeros(0), np.zeros((0, 16, 3), np.float32), np.zeros((0, 16), bool)
    times = seconds[0] + np.arange(int(np.floor((seconds[-1] - seconds[0]) * rate + 1e-3)) + 1) / rate
    after = np.clip(np.searchsorted(seconds, times - 1e-3), 0, len(seconds) - 1)
    before = np.where(seconds[after] > times + 1e-3, np.maximum(after - 1, 0), after)
    gap = seconds[after] - seconds[before]
    weight = np.clip((times - seconds[before]) / np.where(gap > 0, gap, 1), 0, 1)[:, None, None]
    there = known[before] & known[after] & (gap <= LONGEST_GAP)[:, None]
    mixed = joints[before] * (1 - weight) + joints[after] * weight
    return times, np.where(there[..., None], mixed, 0).astype(np.float32), there


def window(joints: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Takes the `FRAMES` frames with the most known joints, the earliest of equal ones; fewer are padded at the end.

    Args:
        joints: `(t, 16, 3)` at `RATE`.
        known: bool `(t, 16)`.

    Returns:
        float32 `(FRAMES, 16, 3)`, bool `(FRAMES, 16)`, and the first frame.
    """
    counts = np.concatenate([[0], np.cumsum(known.sum(-1))])
    sums = counts[FRAMES:] - counts[:-FRAMES] if len(known) > FRAMES else np.zeros(1)
    first = int(np.argmax(sums))
    taken = slice(first, first + FRAMES)
    missing = FRAMES - len(known[taken])
    return (np.pad(joints[taken], ((0, missing), (0, 0), (0, 0))).astype(np.float32),
            np.pad(known[taken], ((0, missing), (0, 0))), first)


def read(view: PersonView) -> Reading | None:
    """Reads the best `FRAMES` frames; None for a photograph, and with fewer than `LEAST_FRAMES` with a posture."""
    if view.rate is None:
        return None
    times, joints, known = view.seconds, view.joints, view.known
    if view.rate != RATE:
        times, joints, known = resampled(times, joints, known)
    joints, known, first = window(joints, known)
    if not has_gait(known):
        return None
    frames = int(has_posture(known).sum())
    seen = f"{frames} frames of a moving body from {times[first]:.2f} s on, {frames / RATE:.1f} s long"
    return Reading({"joints": joints, "known": known}, float(known.mean()), seen)


GAIT = Modality("gait", "the gait", {"joints": Input((FRAMES, 16, 3)), "known": Input((FRAMES, 16), "bool")}, read,
                "catgan.models.multimodal.encoders:gait")
