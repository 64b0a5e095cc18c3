"""Makes clips: Action Units rise, hold and fall while the head moves smoothly. Every frame is a `Scene`."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from catgan import random_streams
from catgan.errors import CatganError
from catgan.synthesis.scene import Scene

FRAMES_PER_SECOND = 25.0

# In seconds; spontaneous smiles rise within about half a second (Schmidt, Cohn & Tian 2003).
ONSET_SECONDS = (0.3, 0.8)
OFFSET_SECONDS = (0.5, 1.2)
LARGEST_DELAY_SECONDS = 0.15
HEAD_SMOOTHING_SECONDS = 0.6
HEAD_DEVIATION_DEGREES = np.array([4.0, 3.0, 2.0])  # of yaw, pitch, roll
LARGEST_ANGLE_DEGREES = 20.0


def clip(apex: Scene, frames: int, seed: random_streams.Seed = 0, rate: float = FRAMES_PER_SECOND) -> list[Scene]:
    """Makes a clip in which a neutral face comes to show the AUs of a scene and is neutral again at the end.

    Args:
        apex: the scene at full strength; its pose is the average pose of the head.
        frames: number of frames, 3 or more.
        seed: seed of the timing of AUs and of the head's path.
        rate: frames per second.

    Returns:
        `frames` scenes of the same person in the same light. Valence and arousal of each follow from its own AUs.

    Raises:
        CatganError: fewer than 3 frames, or a rate that is not positive.
    """
    if frames < 3 or rate <= 0:
        raise CatganError(f"A clip has 3 frames or more, at a positive rate. Received: {frames} at {rate:g}.")
    random = random_streams.generator("clip", random_streams.seed_of(seed))
    shares = {number: envelope(frames, rate, random) for number in sorted(apex.action_units)}
    path = head_path(frames, rate, random)
    return [replace(apex, action_units={number: apex.action_units[number] * float(share[index])
                                        for number, share in shares.items()},
                    pose=tuple(np.clip(np.array(apex.pose) + path[index], -LARGEST_ANGLE_DEGREES,
                                       LARGEST_ANGLE_DEGREES).tolist()), frame=index)
            for index in range(frames)]


def envelope(frames: int, rate: float, random: np.random.Generator) -> np.ndarray:
    """Returns the relative intensity of an AU per frame, 0..1: 0 at both ends, 1 at the apex, smooth between (`3 t^2 -
    2 t^3`)."""
    last = (frames - 1) / rate
    onset, offset = random.uniform(*ONSET_SECONDS), random.uniform(*OFFSET_SECONDS)
    squeeze = min(1.0, 0.9 * last / (onset + offset + LARGEST_DELAY_SECONDS))  # shorter clips move faster
    start = random.uniform(0, LARGEST_DELAY_SECONDS) * squeeze
    times = np.arange(frames) / rate
    rising = np.clip((times - start) / (onset * squeeze), 0, 1)
    falling = np.clip((last - times) / (offset * squeeze), 0, 1)
    return smooth_step(np.minimum(rising, falling))


def smooth_step(share: np.ndarray) -> np.ndarray:
    """Returns `3 t^2 - 2 t^3` of shares `t` in 0..1, which has no corners at 0 and 1."""
    return share * share * (3 - 2 * share)


def head_path(frames: int, rate: float, random: np.random.Generator) -> np.ndarray:
    """Returns smooth yaw, pitch and roll around 0 in degrees, `(frames, 3)`."""
    return smooth_noise(frames, 3, HEAD_SMOOTHING_SECONDS * rate, random) * HEAD_DEVIATION_DEGREES


def smooth_noise(frames: int, columns: int, width: float, random: np.random.Generator) -> np.ndarray:
    """Returns noise that changes smoothly from frame to frame.

    Args:
        frames, columns: shape of the result.
        width: standard deviation of the Gaussian that smooths white noise, in frames.
        random: source of the white noise.

    Returns:
        float64 `(frames, columns)`, mean 0, standard deviation 1.
    """
    margin = int(4 * width) + 1
    steps = cv2.GaussianBlur(random.standard_normal((frames + 2 * margin, columns)), (1, 2 * margin + 1), 0,
                             sigmaY=width)
    # White noise smoothed by a Gaussian of this width has standard deviation 1 / sqrt(2 sqrt(pi) width).
    return steps[margin:margin + frames] * np.sqrt(2 * np.sqrt(np.pi) * width)
