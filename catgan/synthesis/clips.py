"""Clips: a face whose Action Units rise, stay and fall while the head moves smoothly. Every frame is a `Scene`."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from catgan import random_streams
from catgan.errors import CatganError
from catgan.synthesis.scene import Scene

RATE = 25.0

# Seconds; spontaneous smiles rise within about half a second (Schmidt, Cohn & Tian 2003).
ONSET, OFFSET, LATENESS = (0.3, 0.8), (0.5, 1.2), 0.15
HEAD_SECONDS, HEAD_DEGREES, LARGEST_ANGLE = 0.6, np.array([4.0, 3.0, 2.0]), 20.0


def clip(apex: Scene, frames: int, seed: int = 0, rate: float = RATE) -> list[Scene]:
    """A neutral face that comes to show the AUs of a scene, and is neutral again at the end.

    Args:
        apex: who, and the AUs at their strongest; its pose is where the head is on average.
        frames: number of frames, 3 or more.
        seed: of the timing of the AUs, the head's path and the noise of the frames.
        rate: frames a second.

    Returns:
        `frames` scenes of the same person in the same light. Valence and arousal of each follow from its own AUs.

    Raises:
        CatganError: fewer than 3 frames, or a rate that is not positive.
    """
    if frames < 3 or rate <= 0:
        raise CatganError(f"A clip has 3 frames or more, at a positive rate. Received: {frames} at {rate:g}.")
    random = random_streams.generator("clip", seed)
    shares = {number: envelope(frames, rate, random) for number in sorted(apex.action_units)}
    path = _head_path(frames, rate, random)
    return [replace(apex, action_units={number: apex.action_units[number] * float(share[index])
                                        for number, share in shares.items()},
                    pose=tuple(np.clip(np.array(apex.pose) + path[index], -LARGEST_ANGLE, LARGEST_ANGLE).tolist()),
                    frame=index)
            for index in range(frames)]


def envelope(frames: int, rate: float, random: np.random.Generator) -> np.ndarray:
    """How far an AU is on its way, 0..1: 0 at both ends, 1 at the apex, smooth between (`3 t^2 - 2 t^3`)."""
    last = (frames - 1) / rate
    onset, offset = random.uniform(*ONSET), random.uniform(*OFFSET)
    squeeze = min(1.0, 0.9 * last / (onset + offset + LATENESS))  # short clips are quick ones
    start = random.uniform(0, LATENESS) * squeeze
    times = np.arange(frames) / rate
    rising = np.clip((times - start) / (onset * squeeze), 0, 1)
    falling = np.clip((last - times) / (offset * squeeze), 0, 1)
    share = np.minimum(rising, falling)
    return share * share * (3 - 2 * share)


def _head_path(frames: int, rate: float, random: np.random.Generator) -> np.ndarray:
    """Smooth yaw, pitch and roll around 0 in degrees, `(frames, 3)`."""
    width = HEAD_SECONDS * rate
    margin = int(4 * width) + 1
    steps = cv2.GaussianBlur(random.standard_normal((frames + 2 * margin, 3)), (1, 2 * margin + 1), 0, sigmaY=width)
    # White noise so smoothed has deviation 1 / sqrt(2 sqrt(pi) width).
    return steps[margin:margin + frames] * np.sqrt(2 * np.sqrt(np.pi) * width) * HEAD_DEGREES
