"""Computes affective features of posture and gait from the joints of a clip.

The features follow Crenn et al. 2016 and Bhattacharya et al. 2020 (STEP): angles, distances, areas and the volume of
the posture; speed, acceleration and jerk of hands, head and feet; cycle and stride. Differences: lengths are divided by
the body size (from the root to the neck), a stride is a length and not a number of frames, joints are smoothed before
they are differentiated, and no feature tells left from right. What cannot be known is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from catgan.errors import DataError
from catgan.modalities import motion
from catgan.modalities.body_frame import BodyFrame, body_frame

OBSERVABLE_FROM = 0.5
"""Correlation of true and measured values from which a feature counts as observable."""
FEWEST_FRAMES = 6
"""Frames that a feature of the gait needs."""
MOVING_ROOT = 0.05
"""Body sizes per second above which a root moves. MediaPipe's pose is in metres from the root, which stays at 0."""


@dataclass(frozen=True)
class Feature:
    """Describes a feature.

    Args:
        name: of the column.
        unit: `deg`, `s`, `steps/s`, or body sizes with powers and seconds, such as `size^2` and `size/s`.
        part: `posture`: the mean over frames of what each frame shows; `gait`: what only movement shows.
        meaning: what is computed.
        correlation: between true and measured values in a front view through MediaPipe's pose landmarker, on 16 clips
            of 50 frames of drawn people; None = not measured.
    """

    name: str
    unit: str
    part: Literal["posture", "gait"]
    meaning: str
    correlation: float | None = None

    @property
    def observable(self) -> bool | None:
        """Whether a front view through MediaPipe shows the feature; None = not measured."""
        return None if self.correlation is None else self.correlation >= OBSERVABLE_FROM

    @property
    def power(self) -> int:
        """How often the value is divided by the body size."""
        head = self.unit.split("/")[0]
        return (int(head[5:]) if "^" in head else 1) if head.startswith("size") else 0


FEATURES: tuple[Feature, ...] = (
    Feature("neck_angle", "deg", "posture", "at the neck between both shoulders"),
    Feature("shoulder_angle", "deg", "posture", "at a shoulder between the neck and the elbow"),
    Feature("hip_angle", "deg", "posture", "at a hip between the shoulder and the knee of the same side"),
    Feature("elbow_angle", "deg", "posture", "how far an elbow is bent; 0 = straight", 0.88),
    Feature("head_angle", "deg", "posture", "at the neck between the head and the root; 180 = straight"),
    Feature("head_inclination", "deg", "posture", "of the head to the front", 0.14),
    Feature("trunk_inclination", "deg", "posture", "of the trunk to the front", 0.53),
    Feature("shoulder_lift", "size", "posture", "height of the shoulders above the neck", -0.09),
    Feature("head_root", "size", "posture", "distance from the head to the root"),
    Feature("hands_root", "size", "posture", "distance from a hand to the root"),
    Feature("hands_apart", "size", "posture", "distance between the hands"),
    Feature("feet_apart", "size", "posture", "distance between the feet"),
    Feature("hands_neck_area", "size^2", "posture", "triangle of both hands and the neck"),
    Feature("feet_root_area", "size^2", "posture", "triangle of both feet and the root"),
    Feature("box_volume", "size^3", "posture", "box around all joints, along the body's own axes", 0.81),
    Feature("elbow_range", "deg", "gait", "half the range of the bend of an elbow"),
    Feature("arm_swing", "deg", "gait", "half the range of an upper arm to the front and back"),
    Feature("thigh_swing", "deg", "gait", "half the range of a thigh to the front and back"),
    Feature("knee_range", "deg", "gait", "half the range of the bend of a knee"),
    Feature("hands_speed", "size/s", "gait", "mean speed of a hand against the root", 0.86),
    Feature("hands_acceleration", "size/s^2", "gait", "mean acceleration of a hand", 0.50),
    Feature("hands_jerk", "size/s^3", "gait", "mean jerk of a hand", 0.3),
    Feature("head_speed", "size/s", "gait", "mean speed of the head against the root"),
    Feature("head_acceleration", "size/s^2", "gait", "mean acceleration of the head"),
    Feature("head_jerk", "size/s^3", "gait", "mean jerk of the head", 0.3),
    Feature("feet_speed", "size/s", "gait", "mean speed of a foot against the root", 0.85),
    Feature("feet_acceleration", "size/s^2", "gait", "mean acceleration of a foot"),
    Feature("feet_jerk", "size/s^3", "gait", "mean jerk of a foot", 0.3),
    Feature("cycle", "s", "gait", "time of two steps"),
    Feature("cadence", "steps/s", "gait", "steps per second", 0.99),
    Feature("stride", "size", "gait", "twice the longest step", 0.75),
    Feature("step_speed", "size/s", "gait", "speed of walking by stride and cadence"),
    Feature("root_speed", "size/s", "gait", "speed of the root over the ground; NaN where the root does not move"),
    Feature("bounce", "size", "gait", "amplitude of the root's height; NaN where the root does not move"))
"""The features in the order of their columns. Correlations of jerk were .2 to .4 and are entered as .3."""
NAMES = tuple(feature.name for feature in FEATURES)


def gait_features(joints: np.ndarray, known: np.ndarray, rate: float) -> np.ndarray:
    """Computes the features of one clip; a photograph is a clip of one frame, whose gait is unknown.

    Args:
        joints: `(t, 16, 3)`, y up, any unit; the order of the sides does not matter.
        known: bool `(t, 16)`. Joints that are not finite are unknown as well.
        rate: frames per second, above 0; derivatives are unknown below about 8.

    Returns:
        float64 `(len(FEATURES),)`, NaN where unknown.

    Raises:
        DataError: other shapes, or a rate that is not positive.
    """
    positions = motion.with_unknown(joints, known)
    body = body_frame(positions)
    values = {**_posture(body), **_swings(body), **_derivatives(positions, rate), **_steps(body, rate),
              **_root(positions[:, 0], body.size, rate)}
    scale = np.array([body.size ** feature.power if feature.power else 1.0 for feature in FEATURES])
    return np.array([values[name] for name in NAMES]) / scale


def gait_table(joints: Sequence[np.ndarray] | np.ndarray, known: Sequence[np.ndarray] | np.ndarray,
               rate: float) -> np.ndarray:
    """Computes the features of n clips, which may differ in length, float64 `(n, len(FEATURES))`; see `gait_features`.

    Raises:
        DataError: as many masks as clips are needed.
    """
    if len(joints) != len(known):
        raise DataError(f"As many masks as clips are needed. Received: {len(known)} and {len(joints)}.")
    return np.array([gait_features(one, mask, rate) for one, mask in zip(joints, known)]).reshape(-1, len(FEATURES))


def without_unobservable(table: np.ndarray) -> np.ndarray:
    """Returns features `(..., len(FEATURES))` with NaN for those that a front view through MediaPipe does not show."""
    hidden = np.array([feature.observable is False for feature in FEATURES])
    return np.where(hidden, np.nan, table)


# === Groups of features, in the unit of the joints ===


def _posture(body: BodyFrame) -> dict[str, float]:
    """Computes means over frames of what each frame shows."""
    at = body.joint
    sides = ("first", "second")
    hands, feet = [at(f"{side} hand") for side in sides], [at(f"{side} foot") for side in sides]
    shoulders = [at(f"{side} shoulder") for side in sides]
    root, neck, head = at("root"), at("neck"), at("head")
    return {
        "neck_angle": _mean(_angle(shoulders[0], neck, shoulders[1])),
        "shoulder_angle": _mean(*(_angle(neck, at(f"{side} shoulder"), at(f"{side} elbow")) for side in sides)),
        "hip_angle": _mean(*(_angle(at(f"{side} shoulder"), at(f"{side} hip"), at(f"{side} knee")) for side in sides)),
        "elbow_angle": _mean(*(180 - inner for inner in _elbows(body))),
        "head_angle": _mean(_angle(head, neck, root)),
        "head_inclination": _mean(_to_front(head - neck)),
        "trunk_inclination": _mean(_to_front(neck - root)),
        "shoulder_lift": _mean(*(shoulder[:, 1] - neck[:, 1] for shoulder in shoulders)),
        "head_root": _mean(_length(head - root)),
        "hands_root": _mean(*(_length(hand - root) for hand in hands)),
        "hands_apart": _mean(_length(hands[0] - hands[1])),
        "feet_apart": _mean(_length(feet[0] - feet[1])),
        "hands_neck_area": _mean(_area(hands[0], hands[1], neck)),
        "feet_root_area": _mean(_area(feet[0], feet[1], root)),
        "box_volume": _mean(np.prod(body.positions.max(1) - body.positions.min(1), -1))}


def _swings(body: BodyFrame) -> dict[str, float]:
    """Computes how far limbs swing, in degrees."""
    at = body.joint
    sides = ("first", "second")
    return {
        "elbow_range": _half_range(*_elbows(body)),
        "arm_swing": _half_range(*(_hanging(at(f"{side} elbow") - at(f"{side} shoulder")) for side in sides)),
        "thigh_swing": _half_range(*(_hanging(at(f"{side} knee") - at(f"{side} hip")) for side in sides)),
        "knee_range": _half_range(*(_angle(at(f"{side} hip"), at(f"{side} knee"), at(f"{side} foot"))
                                    for side in sides))}


def _derivatives(positions: np.ndarray, rate: float) -> dict[str, float]:
    """Computes mean speed, acceleration and jerk of hands, head and feet against the root."""
    moved = motion.differentiate(positions[:, (3, 6, 9, 12, 15)] - positions[:, :1], rate)
    return {f"{part}_{name}": _mean(*(_length(values[:, place]) for place in places), fewest=FEWEST_FRAMES)
            for part, places in (("head", (0,)), ("hands", (1, 2)), ("feet", (3, 4)))
            for name, values in (("speed", moved.velocity), ("acceleration", moved.acceleration),
                                 ("jerk", moved.jerk))}


def _steps(body: BodyFrame, rate: float) -> dict[str, float]:
    """Computes the cycle and the length of steps."""
    apart = body.joint("first foot") - body.joint("second foot")
    cycles = motion.cycle_frequency(apart, rate)
    forward = np.abs(apart[:, 2])[np.isfinite(apart[:, 2])]
    stride = 2 * float(np.quantile(forward, 0.95)) if len(forward) >= FEWEST_FRAMES else float("nan")
    return {"cycle": 1 / cycles, "cadence": 2 * cycles, "stride": stride, "step_speed": stride * cycles}


def _root(path: np.ndarray, size: float, rate: float) -> dict[str, float]:
    """Computes speed and bounce of a root `(t, 3)` that moves."""
    moved = motion.differentiate(path[:, None], rate)
    speed = _mean(_length(moved.velocity[:, 0, ::2]), fewest=FEWEST_FRAMES)
    if not speed > MOVING_ROOT * size:
        return {"root_speed": float("nan"), "bounce": float("nan")}
    height = moved.position[:, 0, 1]
    seconds, height = np.flatnonzero(np.isfinite(height)) / rate, height[np.isfinite(height)]
    around = height - np.polyval(np.polyfit(seconds, height, 1), seconds)  # the ground may rise
    return {"root_speed": speed, "bounce": float(np.sqrt(2) * around.std())}


# === Geometry; NaN where a joint is unknown ===


def _elbows(body: BodyFrame) -> list[np.ndarray]:
    """Returns the inner angles of both elbows, degrees `(t,)`; 180 = straight."""
    return [_angle(body.joint(f"{side} shoulder"), body.joint(f"{side} elbow"), body.joint(f"{side} hand"))
            for side in ("first", "second")]


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt((vectors ** 2).sum(-1))


def _angle(start: np.ndarray, middle: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Returns the inner angle at `middle` in degrees, 0..180."""
    first, second = start - middle, end - middle
    return np.rad2deg(np.arctan2(_length(np.cross(first, second)), (first * second).sum(-1)))


def _to_front(up: np.ndarray) -> np.ndarray:
    """Returns how far vectors that point up lean to the front, in degrees."""
    return np.rad2deg(np.arctan2(up[:, 2], up[:, 1]))


def _hanging(down: np.ndarray) -> np.ndarray:
    """Returns how far vectors that hang down point to the front, in degrees."""
    return np.rad2deg(np.arctan2(down[:, 2], -down[:, 1]))


def _area(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return _length(np.cross(b - a, c - a)) / 2


def _mean(*series: np.ndarray, fewest: int = 1) -> float:
    """Returns the mean over all known values of the series; NaN where no series has `fewest` of them."""
    known = [one[np.isfinite(one)] for one in series]
    enough = [one for one in known if len(one) >= fewest]
    return float(np.concatenate(enough).mean()) if enough else float("nan")


def _half_range(*series: np.ndarray) -> float:
    """Returns half the range from the 5th to the 95th percentile, the mean over the series that are known enough."""
    known = [one[np.isfinite(one)] for one in series]
    ranges = [np.diff(np.quantile(one, (0.05, 0.95)))[0] / 2 for one in known if len(one) >= FEWEST_FRAMES]
    return float(np.mean(ranges)) if ranges else float("nan")
