"""Parts of the face as a sentence names them, and which of them carry an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catgan.explain.landmarks.mesh import mean_shape
from catgan.faces.landmark_sets import LandmarkSet

NAMED_SHARE = 0.75
"""Parts are named until they hold this share of the relevance for the answer."""
MAX_NAMED = 3
"""Parts that a sentence names at most."""
SIDE_SHARE = 0.75
"""Share of a part's relevance from which a sentence names only a half of it, such as the inner brows."""


@dataclass(frozen=True)
class NamedPart:
    """One part of the face that a sentence names.

    Args:
        name: `"the inner brows"`.
        part: `"brows"`, of `parts_of`.
        share: of the relevance of all parts that speak for the answer, 0..1.
    """

    name: str
    part: str
    share: float

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "part": self.part, "share": round(self.share, 4)}


def parts_of(landmark_set: LandmarkSet) -> dict[str, np.ndarray]:
    """Returns the points of the parts of the face that sentences name, int64, ascending.

    They are the regions of the set with both sides together. The contour is divided: below the mouth it belongs to the
    jaw, with the chin. Every point is in exactly one part.
    """
    regions, y = landmark_set.regions, mean_shape(landmark_set)[:, 1]
    parts = {"brows": ("left_brow", "right_brow"), "eyes": ("left_eye", "right_eye"),
             "cheeks": ("left_cheek", "right_cheek"), "temples": ("left_temple", "right_temple"), "nose": ("nose",),
             "mouth": ("mouth",), "forehead": ("forehead",)}
    found = {name: _joined(*(regions[region] for region in names if region in regions))
             for name, names in parts.items()}
    contour, chin = regions.get("contour", _joined()), regions.get("chin", _joined())
    below = y[contour] > y[regions["mouth"]].mean()
    found |= {"jaw": _joined(contour[below], chin), "outline of the face": contour[~below]}
    return {name: points for name, points in found.items() if len(points)}


def _joined(*parts: np.ndarray) -> np.ndarray:
    return np.sort(np.concatenate([np.zeros(0, np.int64), *parts]))


def named_parts(relevance: np.ndarray, landmark_set: LandmarkSet) -> list[NamedPart]:
    """Returns the parts of the face that carry an answer, the largest first.

    The net relevance of a part is the sum over its points and all frames. Parts with the largest positive sums are
    named until they hold `NAMED_SHARE` of all positive sums, at most `MAX_NAMED`. Where a half of a part holds
    `SIDE_SHARE` of its positive relevance, the half is named. Left and right are the subject's own.

    Args:
        relevance: signed, summed over time, `(points,)`.
        landmark_set: of the points.
    """
    parts = parts_of(landmark_set)
    nets = {name: float(relevance[points].sum()) for name, points in parts.items()}
    positive = {name: net for name, net in nets.items() if net > 0.0}
    total, held, found = sum(positive.values()), 0.0, list[NamedPart]()
    for name in sorted(positive, key=lambda name: -positive[name])[:MAX_NAMED]:
        if held >= NAMED_SHARE:
            break
        share = positive[name] / total
        found.append(NamedPart(f"the {_half(name, relevance, landmark_set, parts)}", name, share))
        held += share
    return found


def _half(name: str, relevance: np.ndarray, landmark_set: LandmarkSet, parts: Mapping[str, np.ndarray]) -> str:
    """Returns the name of the half that holds nearly all of a part's positive relevance, or of the part."""
    points = parts[name]
    weight = np.maximum(relevance[points], 0.0)
    for spoken, inside in halves(name, points, landmark_set).items():
        if weight[inside].sum() >= SIDE_SHARE * weight.sum():
            return spoken
    return name


def halves(name: str, points: np.ndarray, landmark_set: LandmarkSet) -> dict[str, np.ndarray]:
    """Returns halves of a part by the name that a sentence uses, each bool over its points."""
    x, y = mean_shape(landmark_set)[points].T
    away = np.abs(x)
    sides = {"left": x > 0.01, "right": x < -0.01}  # the subject's left is on the right of a picture
    if name == "brows":
        inner = away < np.median(away)
        return {"inner brows": inner, "outer brows": ~inner} | {f"{side} brow": at for side, at in sides.items()}
    if name in ("eyes", "cheeks", "temples"):
        return {f"{side} {name[:-1]}": inside for side, inside in sides.items()}
    if name == "mouth":
        corners = away > 0.6 * away.max()
        line = float(np.median(y))
        return {"corners of the mouth": corners, "upper lip": ~corners & (y < line), "lower lip": ~corners & (y > line)}
    return {}


def listed(names: list[str]) -> str:
    """Joins names: `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
