"""Adds the errors of a pose landmarker to exact joints, so that networks work on joints that it reads.

The errors were measured on drawn people by `tools/measure_pose_errors.py`: a mean error of each joint, what is constant
in a clip, and what changes from frame to frame. Errors on real people are not known.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from catgan import files, random_streams
from catgan.data.people.samples import Inputs, PeopleSamples
from catgan.joints import BONES, JOINTS
from catgan.modalities.gait_reader import FRAMES

PATH = Path(__file__).with_name("pose_errors.npz")
COORDINATES = 3 * len(JOINTS)


@dataclass(frozen=True)
class PoseErrors:
    """Holds the distribution of the errors of joints, in metres from the middle of the hips.

    Args:
        bias: `(16, 3)`, the mean error.
        clip: `(48, 48)`, factor of the covariance of what is constant in a clip.
        frame: `(48, 48)`, factor of the covariance of what changes from frame to frame.
    """

    bias: np.ndarray
    clip: np.ndarray
    frame: np.ndarray

    @classmethod
    def fit(cls, clips: Sequence[np.ndarray]) -> PoseErrors:
        """Fits the distribution to errors of clips, each `(frames, 16, 3)` with two frames or more."""
        means = np.stack([clip.mean(0).ravel() for clip in clips])
        rest = np.concatenate([(clip - clip.mean(0)).reshape(len(clip), -1) for clip in clips])
        within = rest.T @ rest / max(len(rest) - len(clips), 1)
        shown = np.mean([1 / len(clip) for clip in clips])
        between = np.cov(means.T) - shown * within  # a mean over frames has a part of their noise
        return cls(means.mean(0).reshape(-1, 3), _factor(between), _factor(within))

    def draw(self, random: np.random.Generator, n: int, frames: int) -> np.ndarray:
        """Draws errors of n clips, float32 `(n, frames, 16, 3)` in metres."""
        constant = random.standard_normal((n, 1, COORDINATES)) @ self.clip.T
        changing = random.standard_normal((n, frames, COORDINATES)) @ self.frame.T
        return (self.bias + (constant + changing).reshape(n, frames, len(JOINTS), 3)).astype(np.float32)


def add_errors(inputs: Inputs, scale: float, random: np.random.Generator) -> dict[str, dict[str, np.ndarray]]:
    """Adds errors of the landmarker to the known joints of posture and gait; both have the same constant part.

    Args:
        inputs: by modality and name, see `PeopleSamples`.
        scale: of the errors; 1 is as measured.
        random: source of chance.
    """
    found = {modality: dict(arrays) for modality, arrays in inputs.items()}
    moved = [name for name in ("posture", "gait") if name in found]
    if not moved or not scale:
        return found
    n, frames = len(found[moved[0]]["known"]), FRAMES + 1
    errors = np.float32(scale) * landmarker_errors().draw(random, n, frames)
    for name in moved:
        arrays = found[name]
        part = errors[:, 0] if name == "posture" else errors[:, 1:1 + arrays["joints"].shape[1]]
        arrays["joints"] = arrays["joints"] + part * arrays["known"][..., None]
    return found


def with_errors(samples: PeopleSamples, scale: float, seed: int = 0) -> PeopleSamples:
    """Returns people whose joints have errors of the landmarker; the same for the same seed.

    Args:
        samples: with exact joints.
        scale: of the errors; 1 is as measured, 0 returns the samples.
        seed: of the errors.
    """
    if not scale:
        return samples
    return replace(samples, inputs=add_errors(samples.inputs, scale, random_streams.generator("pose_errors", seed)))


@cache
def landmarker_errors() -> PoseErrors:
    """Returns the measured errors of MediaPipe's pose landmarker (lite) on drawn people."""
    with np.load(PATH, allow_pickle=False) as found:
        return PoseErrors(found["bias"], found["clip"], found["frame"])


def write_errors(path: str | os.PathLike, errors: PoseErrors) -> None:
    """Writes the distribution as float32."""
    with files.atomic_path(Path(path)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, bias=errors.bias.astype(np.float32), clip=errors.clip.astype(np.float32),
                            frame=errors.frame.astype(np.float32))


def body_height(joints: np.ndarray) -> float:
    """Returns the sum of the lengths of all bones of one pose `(16, 3)`, which stands for its size."""
    parents, children = np.array(BONES).T
    return float(np.linalg.norm(joints[children] - joints[parents], axis=-1).sum())


def _factor(covariance: np.ndarray) -> np.ndarray:
    """Returns a square root of a covariance; negative eigenvalues, which sampling makes, count as 0."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return vectors * np.sqrt(np.maximum(values, 0))
