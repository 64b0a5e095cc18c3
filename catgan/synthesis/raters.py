"""Simulates people who rate valence and arousal while they watch a clip: late, smoothed, and with errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from catgan import random_streams
from catgan.errors import DataError
from catgan.synthesis.clips import smooth_noise

ERROR_SECONDS = 1.0
"""Standard deviation of the Gaussian that smooths a rater's errors: they drift, they do not jump."""


@dataclass(frozen=True)
class Raters:
    """Describes the raters of a clip.

    Args:
        count: number of raters; an annotation is their mean.
        delay: seconds from what is seen to what is rated.
        smoothing: standard deviation in seconds of the Gaussian that smooths the ratings over time.
        noise: standard deviation of one rater's error.
    """

    count: int = 1
    delay: float = 0.0
    smoothing: float = 0.2
    noise: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 100:
            raise DataError(f"The number of raters must lie in 1..100. Received: {self.count}.")
        for name, largest in (("delay", 60.0), ("smoothing", 10.0), ("noise", 1.0)):
            if not 0.0 <= getattr(self, name) <= largest:
                raise DataError(f"'{name}' of raters must lie in 0..{largest:g}. Received: {getattr(self, name):g}.")


def ratings(truth: np.ndarray, rate: float, raters: Raters, seed: int, clip: int) -> np.ndarray:
    """Simulates the ratings of a clip.

    Args:
        truth: valence and arousal, float64 `(frames, 2)`.
        rate: frames per second.
        raters: the raters. What they saw before the clip is its first frame.
        seed, clip: of the raters' errors.

    Returns:
        float64 `(raters.count, frames, 2)`, within -1..1.
    """
    seen = _delayed(_smoothed(truth, raters.smoothing * rate), raters.delay * rate)
    result = np.repeat(seen[None], raters.count, 0)
    if raters.noise:
        for rater in range(raters.count):
            random = random_streams.generator("clip_raters", seed, clip, rater)
            result[rater] += raters.noise * smooth_noise(len(truth), 2, ERROR_SECONDS * rate, random)
    return np.clip(result, -1, 1)


def delayed_words(words: Sequence[str], delay: float, rate: float) -> list[str]:
    """Shifts one word per frame by `delay` seconds, to the nearest frame; the first word holds until then."""
    shift = round(delay * rate)
    return [words[max(index - shift, 0)] for index in range(len(words))]


def _smoothed(values: np.ndarray, width: float) -> np.ndarray:
    """Smooths `(frames, columns)` over frames by a Gaussian; the ends are held."""
    if width < 0.1:  # a narrower Gaussian changes nothing
        return values.copy()
    return cv2.GaussianBlur(values, (1, 2 * int(4 * width + 1) + 1), 0, sigmaY=width, borderType=cv2.BORDER_REPLICATE)


def _delayed(values: np.ndarray, frames: float) -> np.ndarray:
    """Shifts `(frames, columns)` by a number of frames, which may be a fraction; the first values hold until then."""
    places = np.arange(len(values), dtype=float)
    return np.stack([np.interp(places - frames, places, column) for column in values.T], 1)
