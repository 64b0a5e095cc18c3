"""Makes walking bodies: proportions of a person, parameters of a walk, and the 16 joints of E-Gait over time.

Axes, in metres: x to the image's right, y up from the ground, z towards the camera. A person who walks towards the
camera has the left side at positive x; joints called *first* are the left ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from catgan.errors import CatganError

MEAN_HEIGHT, HEIGHT_DEVIATION = 1.70, 0.09
"""Of adults, in metres."""
LENGTH_DEVIATION = 0.03
"""Standard deviation of a limb's length between people of the same height, as a share of the length."""

# Shares of the height: Drillis & Contini 1966, as printed by Winter (2009, figure 4.1). Widths are those between the
# centres of joints, which are narrower than those of the body; the head's point is the middle of the ears.
SHARES = {"trunk": 0.288, "neck": 0.112, "shoulder_width": 0.22, "hip_width": 0.11, "upper_arm": 0.186,
          "forearm": 0.146, "thigh": 0.245, "shank": 0.246, "ankle": 0.039}
SHOULDER_DROP = 0.012
"""Height of the neck above the line of the shoulders at rest, as a share of the height."""

KNEE_DEGREES, KNEE_SWING_DEGREES = 8.0, 50.0
"""How far a knee is bent in stance, and how much more in the middle of its swing."""
ELBOW_FOLLOWS = 0.25
"""Degrees by which an elbow bends for each degree that its arm swings to the front."""
LARGEST_LEG_SINE = 0.9
"""A stride that legs of this length cannot make is cut."""


@dataclass(frozen=True)
class Proportions:
    """Describes the lengths of a person's body in metres.

    Args:
        height: from the ground to the top of the head.
        trunk: from the root (middle of the hips) to the neck.
        neck: from the neck to the middle of the ears.
        shoulder_width, hip_width: between the joints of both sides.
        upper_arm, forearm, thigh, shank: between joints.
        ankle: height of the ankle above the ground.
    """

    height: float = MEAN_HEIGHT
    trunk: float = SHARES["trunk"] * MEAN_HEIGHT
    neck: float = SHARES["neck"] * MEAN_HEIGHT
    shoulder_width: float = SHARES["shoulder_width"] * MEAN_HEIGHT
    hip_width: float = SHARES["hip_width"] * MEAN_HEIGHT
    upper_arm: float = SHARES["upper_arm"] * MEAN_HEIGHT
    forearm: float = SHARES["forearm"] * MEAN_HEIGHT
    thigh: float = SHARES["thigh"] * MEAN_HEIGHT
    shank: float = SHARES["shank"] * MEAN_HEIGHT
    ankle: float = SHARES["ankle"] * MEAN_HEIGHT

    @property
    def leg(self) -> float:
        """Length of a leg from hip to ankle, in metres."""
        return self.thigh + self.shank

    @classmethod
    def sample(cls, random: np.random.Generator) -> Proportions:
        """Draws the proportions of an adult: a height, at most 2.5 deviations from the mean, and lengths around their
        shares of it."""
        height = MEAN_HEIGHT + HEIGHT_DEVIATION * float(np.clip(random.standard_normal(), -2.5, 2.5))
        factors = 1 + LENGTH_DEVIATION * np.clip(random.standard_normal(len(SHARES)), -2.5, 2.5)
        return cls(height, **{name: height * share * float(factor)
                              for (name, share), factor in zip(SHARES.items(), factors)})


@dataclass(frozen=True)
class Walk:
    """Describes how somebody walks. Angles are degrees, forward is positive.

    Args:
        speed: metres per second, above 0.
        stride: metres that two steps cover, above 0. A cycle takes `stride / speed` seconds.
        arm_swing: how far an arm swings to the front and to the back.
        elbow: how far the elbows are bent; 0 = straight.
        trunk_lean: of the trunk from the vertical.
        head_tilt: of the head from the trunk's direction; positive = lowered.
        shoulder_lift: metres by which the shoulders are raised.
        bounce: metres by which the body rises and falls from its mean height, twice a cycle.
        arm_asymmetry: share by which the first arm swings more and the second one less; negative = the reverse.
        phase: cycles that have passed at the first frame, 0..1.
    """

    speed: float = 1.25
    stride: float = 1.35
    arm_swing: float = 22.0
    elbow: float = 20.0
    trunk_lean: float = 3.0
    head_tilt: float = 0.0
    shoulder_lift: float = 0.0
    bounce: float = 0.02
    arm_asymmetry: float = 0.0
    phase: float = 0.0

    def __post_init__(self) -> None:
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        if not np.isfinite(list(numbers.values())).all() or self.speed <= 0 or self.stride <= 0:
            raise CatganError(f"A walk has finite numbers, with speed and stride above 0. Received: {numbers}.")

    @property
    def cadence(self) -> float:
        """Steps per second."""
        return 2 * self.speed / self.stride

    @property
    def head_pitch(self) -> float:
        """How far the head is lowered from the vertical, in degrees."""
        return self.trunk_lean + self.head_tilt


def walk_joints(body: Proportions, walk: Walk, frames: int, rate: float, heading: float = 0.0,
                start: Sequence[float] = (0.0, 0.0)) -> np.ndarray:
    """Returns the joints of a walking person without noise, as phase-locked sines.

    Args:
        body: lengths.
        walk: how the person walks.
        frames: number of frames, 1 or more.
        rate: frames per second, above 0.
        heading: degrees; 0 = towards the camera, 90 = to the image's right.
        start: x and z of the root at the first frame, in metres.

    Returns:
        float64 `(frames, 16, 3)` in metres; the ground is at y = 0. The root moves with the speed of the walk.

    Raises:
        CatganError: no frame, or a rate that is not positive.
    """
    if frames < 1 or not (np.isfinite(rate) and rate > 0):
        raise CatganError(f"A walk has 1 frame or more, at a positive rate. Received: {frames} at {rate}.")
    seconds = np.arange(frames) / rate
    turned = turn(_standing_walk(body, walk, 2 * np.pi * (walk.phase + walk.speed / walk.stride * seconds)), heading)
    forward = turn(np.array([0.0, 0.0, 1.0]), heading)
    path = np.array([start[0], 0.0, start[1]]) + np.outer(walk.speed * seconds, forward)
    return turned + path[:, None]


def turn(points: np.ndarray, heading: float) -> np.ndarray:
    """Turns points `(..., 3)` around the vertical, so that what faced the camera faces `heading` (degrees)."""
    angle = np.deg2rad(heading)
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x * np.cos(angle) + z * np.sin(angle), y, z * np.cos(angle) - x * np.sin(angle)], -1)


def _standing_walk(body: Proportions, walk: Walk, phases: np.ndarray) -> np.ndarray:
    """Returns joints `(t, 16, 3)` of a person who walks on the spot at x = z = 0, facing +z.

    The left leg is in the middle of its swing at phase 0, the right leg half a cycle later; an arm moves against the
    leg of its side.
    """
    trunk = _down(np.pi - np.deg2rad(walk.trunk_lean))  # upwards, leaning to the front
    neck = body.trunk * trunk
    head = neck + body.neck * _down(np.pi - np.deg2rad(walk.head_pitch))
    lift = np.array([0.0, walk.shoulder_lift - SHOULDER_DROP * body.height, 0.0])
    shoulder, hip = np.array([body.shoulder_width / 2, 0.0, 0.0]), np.array([body.hip_width / 2, 0.0, 0.0])
    still = np.broadcast_to(np.stack([np.zeros(3), neck / 2, neck, head]), (len(phases), 4, 3))
    arms = [_arm(body, walk, phases + np.pi * (1 - which), swing) + neck + lift + side * shoulder
            for which, (side, swing) in enumerate(_arms(walk))]
    legs = [_leg(body, walk, phases + np.pi * which) + side * hip for which, side in enumerate((1, -1))]
    joints = np.concatenate([still, *arms, *legs], 1)
    joints[..., 1] += (_pelvis_height(body, walk) + walk.bounce * np.cos(2 * phases))[:, None]
    return joints


def _arms(walk: Walk) -> list[tuple[int, float]]:
    """Returns side and swing (degrees) of both arms."""
    return [(1, walk.arm_swing * (1 + walk.arm_asymmetry)), (-1, walk.arm_swing * (1 - walk.arm_asymmetry))]


def _arm(body: Proportions, walk: Walk, phases: np.ndarray, swing: float) -> np.ndarray:
    """Returns shoulder, elbow and hand `(t, 3, 3)` from the shoulder."""
    angles = swing * np.sin(phases)
    bent = np.maximum(walk.elbow + ELBOW_FOLLOWS * angles, 0)
    return _chain(body.upper_arm, angles, body.forearm, angles + bent)


def _leg(body: Proportions, walk: Walk, phases: np.ndarray) -> np.ndarray:
    """Returns hip, knee and ankle `(t, 3, 3)` from the hip. A leg swings to the front while the cosine is positive."""
    amplitude = np.rad2deg(np.arcsin(min(walk.stride / (4 * body.leg), LARGEST_LEG_SINE)))
    angles = amplitude * np.sin(phases)
    bent = KNEE_DEGREES + KNEE_SWING_DEGREES * np.maximum(np.cos(phases), 0) ** 2
    return _chain(body.thigh, angles, body.shank, angles - bent)


def _chain(upper: float, upper_angles: np.ndarray, lower: float, lower_angles: np.ndarray) -> np.ndarray:
    """Returns three joints of a hanging limb `(t, 3, 3)`; angles to the front in degrees, lengths in metres."""
    middle = upper * _down(np.deg2rad(upper_angles))
    return np.stack([np.zeros_like(middle), middle, middle + lower * _down(np.deg2rad(lower_angles))], 1)


def _down(angles: float | np.ndarray) -> np.ndarray:
    """Returns directions `(..., 3)` that hang down at 0 and point to the front at pi / 2."""
    angles = np.asarray(angles, float)
    return np.stack([np.zeros_like(angles), -np.cos(angles), np.sin(angles)], -1)


def _pelvis_height(body: Proportions, walk: Walk) -> float:
    """Returns the mean height of the root, in metres, at which the lower ankle is at its height on average."""
    phases = 2 * np.pi * np.arange(32) / 32
    lower = np.minimum(*(_leg(body, walk, phases + np.pi * which)[:, 2, 1] for which in range(2)))
    return body.ankle - float(np.mean(lower + walk.bounce * np.cos(2 * phases)))
