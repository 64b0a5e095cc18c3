"""The answer of a network on landmarks about one clip, and what carries it: points, parts of the face, moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.location import found_moment, moments_of
from catgan.explain.landmarks.parts import NAMED_SHARE, NamedPart, listed, named_parts
from catgan.metrics.figures import Figures

SHARE = 0.75
"""Share of the relevance that the moment of an answer holds, as the named parts do."""
DIGITS = 6


@dataclass(frozen=True)
class LandmarkAnswer:
    """What a network says about a clip, and the relevance of each landmark in each frame for it.

    Args:
        clip: the explained clip.
        probabilities: by class; they sum to 1.
        target: the class whose logit is explained.
        relevance: signed, `(t, p)`, in the unit of the logit; 0 where the face was not seen.
        method, baseline: of the attribution.
        value, baseline_value: the logit for the clip and for its baseline.
        points: landmarks that the network of this class reads, bool `(p,)`.
    """

    clip: LandmarkClip
    probabilities: Mapping[str, float]
    target: str
    relevance: np.ndarray
    method: str
    baseline: str
    value: float
    baseline_value: float
    points: np.ndarray

    @property
    def gap(self) -> float | None:
        """Completeness gap: how far the relevance misses `value - baseline_value`, as a share of it; None if it is 0.
        """
        rise = self.value - self.baseline_value
        return abs(float(self.relevance.sum()) - rise) / abs(rise) if rise else None

    @property
    def moments(self) -> np.ndarray:
        """Sum of the absolute relevance of each frame, `(t,)`."""
        return np.abs(self.relevance).sum(1)

    @cached_property
    def frames(self) -> tuple[int, int] | None:
        """The frames that carry the answer, see `catgan.explain.landmarks.location.found_moment`; None without any.

        The first of them and the one after the last.
        """
        return found_moment(moments_of(self.relevance[None])[0], SHARE)

    @cached_property
    def moment(self) -> tuple[float, float] | None:
        """From when to when `frames` last, in seconds; None without relevance."""
        found = self.frames
        return None if found is None else (float(self.clip.times[found[0]]),
                                           float(self.clip.times[found[1] - 1] + self.clip.step))

    @cached_property
    def parts(self) -> list[NamedPart]:
        """The parts of the face that carry the answer, see `catgan.explain.landmarks.parts.named_parts`."""
        return named_parts(self.relevance.sum(0), self.clip.landmark_set)

    def regions(self) -> dict[str, np.ndarray]:
        """Returns the net relevance of each region in each frame, `(t,)` each."""
        return {name: self.relevance[:, points].sum(1) for name, points in self.clip.landmark_set.regions.items()}

    def sentence(self) -> str:
        """Returns the answer as a sentence: `surprise: .97, carried by the brows and the jaw between .3 s and .7 s`."""
        begin = f"{self.target}: {short(self.probabilities[self.target])}"
        if not self.parts or self.moment is None:
            return f"{begin}; nothing in the movement of this clip speaks for it"
        names = listed([part.name for part in self.parts])
        when = " and ".join(f"{short(edge, 1)} s" for edge in self.moment)
        if self.relevance.sum() < 0.0:
            against = "although the movement as a whole speaks against it"
            return f"{begin}, {against}; for it speaks most {names}, between {when}"
        held = sum(part.share for part in self.parts)
        how = "carried by" if held >= NAMED_SHARE else "carried most of all by"
        return f"{begin}, {how} {names} between {when}"

    def to_dict(self) -> Figures:
        """Returns the content of `landmarks.json`.

        `points` has the net and the absolute relevance of every landmark, summed over time; `regions` the same, and
        the net relevance of each frame; `moments` that of all landmarks in each frame.
        """
        signed, absolute = self.relevance.sum(0), np.abs(self.relevance).sum(0)
        regions = {name: {"net": _rounded(values.sum()), "absolute": _rounded(absolute[points].sum()),
                          "over_time": _rounded(values)}
                   for (name, values), points in zip(self.regions().items(), self.clip.landmark_set.regions.values())}
        return {"video": self.clip.name, "landmark_set": self.clip.landmark_set.name, "answer": self.answer,
                "explained": self.target,
                "probabilities": {name: _rounded(value) for name, value in self.probabilities.items()},
                "sentence": self.sentence(), "parts": [part.to_dict() for part in self.parts],
                "moment": None if self.moment is None else _rounded(np.array(self.moment)),
                "method": self.method, "baseline": self.baseline, "value": _rounded(self.value),
                "baseline_value": _rounded(self.baseline_value), "completeness_gap": self.gap,
                "times": _rounded(self.clip.times), "seen": self.clip.seen.tolist(),
                "points_read": np.flatnonzero(self.points).tolist(),
                "points": {"net": _rounded(signed), "absolute": _rounded(absolute)}, "regions": regions,
                "moments": {"net": _rounded(self.relevance.sum(1)), "absolute": _rounded(self.moments)}}

    @property
    def answer(self) -> str:
        """The most probable class."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])


def _rounded(values: np.ndarray | float) -> list | float:
    rounded: list | float = np.round(np.asarray(values, np.float64), DIGITS).tolist()
    return rounded


def short(number: float, digits: int = 2) -> str:
    """Writes a number without the 0 before its point: `.97`."""
    text = f"{number:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
