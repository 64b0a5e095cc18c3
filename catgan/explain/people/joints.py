"""Which joints and moments of a body carry an answer: Integrated Gradients of its log odds, over joints and frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catgan.explain.attribution.sequence_family import attribute_sequences
from catgan.explain.attribution.sequence_gradients import SequenceFunction
from catgan.explain.people.gradients import absolute, relative
from catgan.explain.landmarks.location import found_moment
from catgan.joints import BONES, JOINTS

PARTS: Mapping[str, tuple[int, ...]] = {
    "the head": (3,), "the neck": (2,), "the shoulders": (4, 7), "the elbows": (5, 8), "the hands": (6, 9),
    "the trunk": (1,), "the hips": (10, 13), "the knees": (11, 14), "the feet": (12, 15), "the pace": (0,)}
"""Joints by the words for them; every joint is in one part. The others are measured from the root, so that the root
tells how the whole body moves."""
NAMED_SHARE, MOST_NAMED = 0.6, 2
"""Parts are named until they hold this share of what speaks for the answer, at most so many."""
MOMENT_SHARE = 0.6
"""Share of the relevance that the named moment holds."""
GOOD_GAP = 0.05
"""Completeness gap up to which a relevance is shown without a warning."""
UPRIGHT, STILL = "the same body standing upright with its arms down", "the same body held still in its mean pose"
"""What posture and gait are compared with."""
DOWN, UP = (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)
DIRECTIONS: Mapping[tuple[int, int], tuple[float, float, float]] = {
    (0, 1): UP, (1, 2): UP, (2, 3): UP, (4, 5): DOWN, (5, 6): DOWN, (7, 8): DOWN, (8, 9): DOWN, (10, 11): DOWN,
    (11, 12): DOWN, (13, 14): DOWN, (14, 15): DOWN}
"""Directions of bones of an upright body; those to the shoulders and hips lie level."""


@dataclass(frozen=True)
class JointEvidence:
    """Which joints and moments carry the answer of one person.

    Args:
        modality: "posture" or "gait".
        relevance: signed, `(t, 16)`, in log odds; 0 where a joint is unknown.
        known: bool `(t, 16)`.
        times: in seconds, `(t,)`.
        value, baseline_value: log odds of the answer, and of what it is compared with.
        baseline: what that is, in words.
    """

    modality: str
    relevance: np.ndarray
    known: np.ndarray
    times: np.ndarray
    value: float
    baseline_value: float
    baseline: str

    @property
    def gap(self) -> float | None:
        """Completeness gap: how far the relevance misses `value - baseline_value`, as a share of it; None if it is 0.
        """
        rise = self.value - self.baseline_value
        return abs(float(self.relevance.sum()) - rise) / abs(rise) if rise else None

    @property
    def joints(self) -> np.ndarray:
        """Net relevance of each joint, `(16,)`."""
        return self.relevance.sum(0)

    @property
    def moments(self) -> np.ndarray:
        """Net relevance of each frame, `(t,)`."""
        return self.relevance.sum(1)

    @property
    def parts(self) -> dict[str, float]:
        """Net relevance by part of the body."""
        joints = self.joints
        return {name: float(joints[list(places)].sum()) for name, places in PARTS.items()}

    @property
    def named(self) -> list[str]:
        """The parts that a sentence names: those that speak for the answer most."""
        positive = {name: net for name, net in self.parts.items() if net > 0.0}
        found, held = list[str](), 0.0
        for name in sorted(positive, key=lambda name: -positive[name])[:MOST_NAMED]:
            if held < NAMED_SHARE * sum(positive.values()):
                found.append(name)
                held += positive[name]
        return found

    @property
    def moment(self) -> tuple[float, float] | None:
        """The shortest time that holds `MOMENT_SHARE` of what speaks for the answer, in seconds; None in one frame."""
        if len(self.times) < 2:
            return None
        found = found_moment(np.maximum(self.moments, 0.0), MOMENT_SHARE)
        step = float(self.times[1] - self.times[0])
        return None if found is None else (float(self.times[found[0]]), float(self.times[found[1] - 1]) + step)

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it."""
        return {"method": "integrated_gradients", "baseline": self.baseline, "value": round(self.value, 6),
                "baseline_value": round(self.baseline_value, 6), "completeness_gap": self.gap,
                "joints": {name: round(float(net), 6) for name, net in zip(JOINTS, self.joints)},
                "parts": {name: round(net, 6) for name, net in self.parts.items()}, "named": self.named,
                "times": np.round(self.times, 4).tolist(), "moments": np.round(self.moments, 6).tolist(),
                "moment": None if self.moment is None else [round(edge, 4) for edge in self.moment]}


def joint_evidence(function: SequenceFunction, joints: np.ndarray, known: np.ndarray, modality: str,
                   rate: float, nodes: int = 32) -> JointEvidence:
    """Attributes the log odds of an answer to joints and frames.

    Args:
        function: log odds of the answer, of joints `(n, t, 16, 3)` that `relative` measured.
        joints: of one person in metres, `(t, 16, 3)`; one frame for a posture.
        known: bool `(t, 16)`.
        modality: "posture" is compared with `UPRIGHT`, everything else with `STILL`.
        rate: frames per second.
        nodes: points of the path.
    """
    joints = np.asarray(joints, np.float64)
    whole = np.asarray(known, bool)
    known = whole & whole[:, :1]  # without its root, a frame is unknown
    upright_body = modality == "posture"
    start = np.stack([upright(joints[frame], known[frame]) for frame in range(len(joints))]) if upright_body \
        else still(joints, known)
    seen = np.asarray(known.any(1))
    found = attribute_sequences(function, relative(joints)[None], seen[None], "integrated_gradients",
                                relative(start)[None], nodes=nodes)
    relevance = np.where(known, found.values[0].sum(-1), 0.0)
    return JointEvidence(modality, relevance, known, np.arange(len(joints)) / rate, float(found.outputs[0]),
                         float(found.baseline_outputs[0]), UPRIGHT if upright_body else STILL)


def upright(joints: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns the same body standing upright with its arms and legs down, `(16, 3)` in metres.

    Bones keep their lengths, and shoulders and hips their distances to the side. Bones with an unknown end stay as
    they are, and so do unknown joints.
    """
    result = np.array(joints, np.float64)
    for start, end in BONES:
        if known[start] and known[end]:
            bone = np.asarray(joints[end], np.float64) - joints[start]
            result[end] = result[start] + _turned(bone, DIRECTIONS.get((start, end)))
    return result


def _turned(bone: np.ndarray, direction: tuple[float, float, float] | None) -> np.ndarray:
    """Turns a bone `(3,)` to a direction; None takes its height away, so that a shoulder lies beside the neck."""
    if direction is None:
        return bone * (1.0, 0.0, 1.0)
    return float(np.linalg.norm(bone)) * np.array(direction)


def still(joints: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns a clip that is held still in its own mean pose at its mean place, `(t, 16, 3)`; unknown joints stay."""
    weight = (known & known[:, :1])[..., None].astype(np.float64)
    mean = (relative(joints) * weight).sum(0) / np.maximum(weight.sum(0), 1.0)
    return np.where(known[..., None], absolute(mean), joints)
