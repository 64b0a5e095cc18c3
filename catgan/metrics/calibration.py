"""Calibration of uncertainty: predicted deviations, probabilities and intervals against the truth.

A mask is False where the truth is unknown; masked values are ignored. Where nothing is known a figure is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np

from catgan.errors import CatganError
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Nominal coverages of intervals."""

TEMPERATURES = (0.01, 100.0)
"""The range in which `temperature` searches."""


def _known(mask: np.ndarray | None, *arrays: np.ndarray) -> list[np.ndarray]:
    """Selects the known values of arrays of one shape, float64 `(n,)` each.

    Raises:
        CatganError: other shapes, or a known value that is NaN.
    """
    values = [np.asarray(array, np.float64) for array in arrays]
    known = np.ones(values[0].shape, bool) if mask is None else np.asarray(mask, bool)
    shapes = [array.shape for array in (*values, known)]
    if len(set(shapes)) > 1:
        raise CatganError(f"Values and masks must have one shape. Received: {', '.join(map(str, shapes))}.")
    values = [array[known] for array in values]
    if any(np.isnan(array).any() for array in values):
        raise CatganError("Values that the mask says are known must not be NaN.")
    return values


# === Standard deviations ===


def variance_scale(error: np.ndarray, std: np.ndarray, mask: np.ndarray | None = None) -> float | None:
    """Computes the factor that corrects predicted deviations: sqrt(mean((error / std)^2)).

    It maximises the likelihood of Gaussian errors of deviation factor * std (Laves et al. 2020). 1 = right, above 1 =
    the model is too sure.

    Args:
        error: predicted - true, `(n,)`, in the unit of the label.
        std: predicted standard deviation, same shape and unit, above 0.
    """
    errors, deviations = _spreads(error, std, mask)
    return float(np.sqrt(np.mean((errors / deviations) ** 2))) if len(errors) else None


def pit_table(error: np.ndarray, std: np.ndarray, mask: np.ndarray | None = None,
              levels: Sequence[float] = LEVELS) -> list[Figures]:
    """Counts per level how often the central Gaussian interval of that level holds the truth.

    The probability integral transform (Dawid 1984), read as two-sided intervals (Kuleshov et al. 2018).

    Args:
        error, std: as of `variance_scale`.
        levels: nominal coverages, between 0 and 1.

    Returns:
        Rows `{"nominal", "observed", "count"}`; observed is None where nothing is known.
    """
    errors, deviations = _spreads(error, std, mask)
    standardised = np.abs(errors / deviations)
    reaches = [NormalDist().inv_cdf((1.0 + level) / 2.0) for level in levels]
    return [{"nominal": float(level), "observed": float((standardised <= reach).mean()) if len(errors) else None,
             "count": len(errors)} for level, reach in zip(levels, reaches)]


def _spreads(error: np.ndarray, std: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    errors, deviations = _known(mask, error, std)
    if (deviations <= 0).any():
        raise CatganError(f"Standard deviations must be above 0. Received: {deviations.min():g}.")
    return errors, deviations


# === Probabilities of presence ===


def temperature(logits: np.ndarray, present: np.ndarray, mask: np.ndarray | None = None) -> float | None:
    """Finds the temperature T for which sigmoid(logits / T) has the least cross-entropy (Guo et al. 2017).

    The cross-entropy is convex in 1 / T, so that a golden-section search on log T finds its one minimum.

    Args:
        logits: log odds of presence, `(n,)` or any shape.
        present: same shape, 0 or 1.

    Returns:
        T within `TEMPERATURES`, above 1 where the model is too sure; an end of that range where the logits part the
        classes without error, or are worse than none. None unless both classes are known.
    """
    scores, truth = _known(mask, logits, present)
    if not 0 < truth.sum() < len(truth):
        return None

    def cost(log_temperature: float) -> float:
        scaled = scores / math.exp(log_temperature)
        return float(np.mean(np.logaddexp(0.0, scaled) - truth * scaled))

    low, high = map(math.log, TEMPERATURES)
    return math.exp(_golden_section(cost, low, high))


def _golden_section(cost: Callable[[float], float], low: float, high: float, steps: int = 48) -> float:
    """Finds the minimum of a unimodal function; 48 steps leave 1e-10 of the range (Kiefer 1953)."""
    # By hand, since scipy.optimize ends on other last digits, and presets hold the temperatures found here.
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(steps):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = cost(right)
    return (low + high) / 2.0


def reliability(probability: np.ndarray, present: np.ndarray, mask: np.ndarray | None = None,
                bins: int = 10) -> list[Figures]:
    """Compares predicted probabilities with observed shares, per bin of equal width (DeGroot & Fienberg 1983).

    Args:
        probability: of presence, 0..1, `(n,)` or any shape.
        present: same shape, 0 or 1.
        bins: how many; each holds its lower edge, the last one its upper edge too.

    Returns:
        Rows `{"centre", "predicted", "share", "count"}`: the middle of the bin, the mean prediction in it and the
        share of faces that have the AU, both None in an empty bin.
    """
    predicted, truth = _known(mask, probability, present)
    if bins < 1 or ((predicted < 0) | (predicted > 1)).any():
        raise CatganError("Probabilities must lie in 0..1, in one bin or more. Received: "
                          f"{predicted.min(initial=0):g}..{predicted.max(initial=0):g} in {bins} bins.")
    places = np.minimum((predicted * bins).astype(int), bins - 1)
    counts, sums, hits = (np.bincount(places, weights, bins) for weights in (None, predicted, truth))
    return [{"centre": (place + 0.5) / bins, "predicted": float(total / count) if count else None,
             "share": float(hit / count) if count else None, "count": int(count)}
            for place, (count, total, hit) in enumerate(zip(counts, sums, hits))]


def expected_calibration_error(probability: np.ndarray, present: np.ndarray, mask: np.ndarray | None = None,
                               bins: int = 10) -> float | None:
    """Averages `|predicted - observed share|` over the bins of `reliability`, weighted by faces, 0..1 (Naeini et al.
    2015)."""
    rows = [row for row in reliability(probability, present, mask, bins) if row["count"]]
    total = sum(row["count"] for row in rows)
    return sum(row["count"] * abs(row["predicted"] - row["share"]) for row in rows) / total if total else None


# === Intervals ===


def conformal_quantile(score: np.ndarray, level: float, mask: np.ndarray | None = None) -> float:
    """Computes the score that a new face stays below with probability `level` or more (split conformal, Lei et al.
    2018).

    It is the k-th smallest of n scores, k = ceil((n + 1) level). The guarantee needs no assumption about the model; new
    faces must be exchangeable with those of calibration.

    Args:
        score: errors of the model on held-out faces, `(n,)`: `|error|`, or `|error| / std`.
        level: above 0, below 1.

    Returns:
        The quantile, in the unit of `score`; infinite where n is too small to promise that level (k > n).
    """
    if not 0.0 < level < 1.0:
        raise CatganError(f"A level must lie between 0 and 1. Received: {level:g}.")
    scores, = _known(mask, score)
    rank = math.ceil((len(scores) + 1) * level - 1e-9)  # 0.95 * 20 must not round up to 20
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else math.inf


def coverage(error: np.ndarray, half_width: np.ndarray | float, groups: Sequence[str] | None = None,
             mask: np.ndarray | None = None) -> Figures:
    """Computes the share of faces whose interval holds the truth.

    Args:
        error: predicted - true, `(n,)`.
        half_width: of the interval, `(n,)` or one for all, 0 or more.
        groups: per face its subject; adds a 95 % interval over subjects.

    Returns:
        `coverage`, share of `|error| <= half_width`, and `n`; with `groups` also `coverage_interval`.
    """
    known = np.ones(np.shape(error), bool) if mask is None else np.asarray(mask, bool)
    errors, widths = _known(known, error, np.broadcast_to(half_width, np.shape(error)))
    inside = np.abs(errors) <= widths
    result: Figures = {"coverage": float(inside.mean()) if len(inside) else None, "n": len(inside)}
    if groups is not None:
        result["coverage_interval"] = bootstrap.interval(lambda rows: float(inside[rows].mean()),
                                                         np.asarray(groups)[known].tolist())
    return result
