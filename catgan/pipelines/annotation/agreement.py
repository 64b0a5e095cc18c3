"""Measures how well raters agree: per label on photographs and frames, and on ratings over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.metrics import categories
from catgan.metrics.agreement import fleiss_kappa, intraclass_correlations, weighted_kappa
from catgan.metrics.figures import Figures
from catgan.metrics.moments import Moments
from catgan.pipelines.annotation import traces
from catgan.pipelines.annotation.changes import DIMENSIONS
from catgan.pipelines.annotation.project import Project
from catgan.pipelines.annotation.tables import labels_of, subjects_of, table

LEAST = 5
"""Smallest number of items that both raters have rated for a figure to be given."""
LONGEST_SMOOTHING = 10.0
"""Seconds."""
MOST_POINTS = 400
"""Largest number of points of a curve that is drawn."""


@dataclass(frozen=True)
class Timing:
    """What is done to ratings over time before they are compared or averaged; nothing by default.

    Args:
        align: whether raters are brought together by the delays between them, see `traces.shifts`.
        smoothing: width of a running median in seconds; 0 = none.
    """

    align: bool = False
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.smoothing <= LONGEST_SMOOTHING:
            raise CatganError(f"Smoothing must lie in 0..{LONGEST_SMOOTHING:g} seconds. Received: {self.smoothing:g}.")

    def stated(self) -> str:
        """Says in words what is done."""
        parts = ["raters are brought together by the delays between them"] if self.align else []
        parts += [f"running median of {self.smoothing:g} s"] if self.smoothing else []
        return " and ".join(parts) or "as rated, neither brought together nor smoothed"


def measure_agreement(project: Project, timing: Timing = Timing()) -> Figures:
    """Measures the agreement of all raters.

    Args:
        project: the folder.
        timing: what is done to ratings over time before their CCC is computed. Delays are always measured as rated.

    Returns:
        `raters`, `items` (photographs and frames that two or more have rated), `least` (see `LEAST`), and
        `labels`: per label `n` (items that all who use the label have rated), `raters` who use it, `pairs` of raters
        with `n` and figures, and for all raters together: of Action Units `icc_2_1`, `icc_3_1` and `weighted_kappa`
        (mean of the pairs), of valence and arousal `ccc` (mean of the pairs), `icc_2_1`, `icc_3_1`, of expressions
        `fleiss_kappa` and `kappa` (mean of the pairs). A figure of fewer than `least` items is None.
        `not_visible` counts answers that say so.
        `traces`: `timing` in words, `videos` with pairs of raters: `seconds` that both have rated, CCC of `valence`
        and `arousal`, and their `delay`, and `curves` of all raters after what was done; `pairs`: CCC over all videos.
    """
    raters = project.raters()
    subjects = subjects_of(project, raters)
    return {"raters": raters, "least": LEAST, "items": sum(len(subject.said) > 1 for subject in subjects),
            "labels": {label: _label(label, raters, table(subjects, label, raters),
                                     sum(value is None for subject in subjects for value in subject.values(label)))
                       for label in labels_of(subjects)},
            "traces": _traces(project, raters, timing)}


# === Photographs and frames ===


def _label(label: str, raters: Sequence[str], ratings: np.ndarray, not_visible: int) -> Figures:
    used = np.isfinite(ratings).any(0)
    names, ratings = [rater for rater, one in zip(raters, used) if one], ratings[:, used]
    pairs = [{"raters": [names[a], names[b]], **_pair(label, ratings[:, [a, b]])}
             for a, b in combinations(range(len(names)), 2)]
    result = {"raters": names, "n": int(np.isfinite(ratings).all(1).sum()) if len(names) > 1 else 0,
              "not_visible": not_visible, "pairs": pairs}
    if label == "expression":
        return result | {"kappa": _mean(pairs, "kappa"), "fleiss_kappa": _fleiss(ratings)}
    icc = intraclass_correlations(ratings)
    enough = icc.n >= LEAST
    name = "weighted_kappa" if label.startswith("AU") else "ccc"
    return result | {"icc_2_1": icc.agreement if enough else None, "icc_3_1": icc.consistency if enough else None,
                     name: _mean(pairs, name)}


def _pair(label: str, ratings: np.ndarray) -> Figures:
    one, other = ratings[np.isfinite(ratings).all(1)].T
    enough = len(one) >= LEAST
    if label == "expression":
        first, second = one.astype(np.int64), other.astype(np.int64)
        given = np.zeros(len(first), np.int64)
        return {"n": len(one), "kappa": categories.agreement(first, second, given, len(facs.EXPRESSIONS))
                if enough else None}
    icc = intraclass_correlations(np.stack([one, other], 1))
    result: Figures = {"n": len(one), "icc_2_1": icc.agreement if enough else None,
                       "icc_3_1": icc.consistency if enough else None}
    if label.startswith("AU"):
        return result | {"weighted_kappa": weighted_kappa(one.astype(np.int64), other.astype(np.int64), 6)
                         if enough else None}
    return result | {"ccc": Moments.of(one, other).ccc if enough else None}


def _fleiss(ratings: np.ndarray) -> float | None:
    counts = np.stack([(ratings == number).sum(1) for number in range(len(facs.EXPRESSIONS))], 1)
    return fleiss_kappa(counts) if (counts.sum(1) >= 2).sum() >= LEAST else None


def _mean(pairs: Sequence[Figures], name: str) -> float | None:
    known = [pair[name] for pair in pairs if pair[name] is not None]
    return float(np.mean(known)) if known else None


# === Over time ===


def _traces(project: Project, raters: Sequence[str], timing: Timing) -> Figures:
    videos, sums = {}, dict[tuple[str, str], dict[str, Moments]]()
    for item, ratings in project.all_ratings(raters):
        rated = {rater: one.traces for rater, one in ratings.items() if one.traced}
        if len(rated) < 2:
            continue
        moved = traces.shifts(rated) if timing.align else dict.fromkeys(rated, 0.0)
        times = traces.grid(list(rated.values()))
        values = {rater: traces.at(one, times, moved[rater], timing.smoothing) for rater, one in rated.items()}
        pairs = []
        for one, other in combinations(rated, 2):
            found = _moments(values[one], values[other])
            total = sums.setdefault((one, other), {name: Moments() for name in found})
            sums[one, other] = {name: total[name] + moments for name, moments in found.items()}
            delay = traces.delay_between(rated[one], rated[other])
            pairs.append({"raters": [one, other], **_over_time(found), "delay": delay and delay._asdict()})
        videos[item.key] = {"pairs": pairs, "shifts": moved, "curves": _curves(times, values)}
    return {"timing": timing.stated(), "videos": videos,
            "pairs": [{"raters": list(pair), **_over_time(found)} for pair, found in sums.items()]}


def _curves(times: np.ndarray, values: Mapping[str, np.ndarray]) -> Figures:
    """Thins the ratings of a video to at most `MOST_POINTS`, to be drawn: `times`, and by rater `valence` and
    `arousal`, None where nothing was said."""
    kept = np.unique(np.linspace(0, len(times) - 1, min(len(times), MOST_POINTS)).round().astype(int))
    return {"times": np.round(times[kept], 3).tolist(), "raters": {
        rater: {name: [None if np.isnan(value) else round(float(value), 3) for value in one[kept, place]]
                for place, name in enumerate(DIMENSIONS)} for rater, one in values.items()}}


def _moments(one: np.ndarray, other: np.ndarray) -> dict[str, Moments]:
    return {name: Moments.of(one[:, place], other[:, place],
                             np.isfinite(one[:, place]) & np.isfinite(other[:, place]))
            for place, name in enumerate(DIMENSIONS)}


def _over_time(found: dict[str, Moments]) -> Figures:
    least = traces.LEAST_SECONDS / traces.STEP
    return {"seconds": round(max(one.n for one in found.values()) * traces.STEP, 2),
            **{name: one.ccc if one.n >= least else None for name, one in found.items()}}
