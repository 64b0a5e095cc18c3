"""Metrics of counterfactual faces, from readings, Action Units and pictures.

Rows are queries. All figures but `validity` are per row, `(n,)`, NaN where undefined; `mean` and `mean_interval`
average them over faces and subjects. A failed query keeps its row, with the unchanged face: it is not reached, names no
Action Unit and explains nothing. It does score well for changing nothing: read proximity, sparsity and off-target
change beside `validity`, never alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.errors import CatganError
from catgan.metrics import bootstrap, editing, image

ROUNDING = 1e-9


def validity(reached: np.ndarray) -> float | None:
    """Computes the share of all queries whose answer reaches its target (Mothilal et al. 2020, DiCE; also called flip
    rate).

    Oracle validity is the same of what an independent estimator reads off the answer (after Hvilshoj et al. 2021, whose
    Oracle score counts where that agrees with the explained model, be the target reached or not).

    Args:
        reached: bool `(n,)`, one per query that was asked. False for a failure: nothing found, an inversion too poor,
            or a picture in which the oracle finds no face. A target that held from the start is no query.

    Returns:
        0..1, higher is better; None without queries.
    """
    reached = np.asarray(reached)
    if reached.ndim != 1 or (reached.size and reached.dtype != bool):  # bool(NaN) is True: unknown is not reached
        raise CatganError(f"Reached must be bool (n,). Received: {reached.dtype} {reached.shape}.")
    return float(reached.mean()) if reached.size else None


def mean(values: np.ndarray) -> float | None:
    """Averages `(n,)` over the faces where it is defined (not NaN); None where it is nowhere."""
    values = np.asarray(values, np.float64)
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def mean_interval(values: np.ndarray, groups: Sequence[str]) -> list[float] | None:
    """Computes the 95 % interval of `mean` or `validity` over subjects; `groups` has the subject of every row."""
    values = np.asarray(values, np.float64)
    return bootstrap.interval(lambda rows: mean(values[rows]), groups)


# === How much was changed ===


def proximity(before: np.ndarray, after: np.ndarray) -> dict[str, np.ndarray]:
    """Measures the distance of answers from faces in pixels (Wachter et al. 2017; SSIM of Wang et al. 2004).

    Args:
        before, after: uint8 `(n, h, w, c)`.

    Returns:
        `l1`: mean absolute and `l2`: root mean squared difference, `(n,)`, 0..1 of the grey range, lower is nearer;
        `ssim`: `(n,)`, -1..1, higher is nearer, 1 = the same picture.
    """
    if before.shape != after.shape:
        raise CatganError(f"Before and after must have one shape. Received: {before.shape} and {after.shape}.")
    return {name: np.array([metric(x, y) for x, y in zip(before, after)], np.float64)
            for name, metric in (("l1", image.l1), ("l2", image.l2), ("ssim", image.ssim))}


def changed(changes: np.ndarray, least: float) -> np.ndarray:
    """Tells which Action Units an answer changes by at least `least`, bool `(n, k)`.

    Args:
        changes: new less old intensity, `(n, k)`, in FACS intensity levels (-5..5).
        least: in the same unit, above 0. Less than that is not told apart from an AU left as it was.
    """
    changes, = _matrices(changes=changes)
    if not least > 0.0 or not np.isfinite(changes).all():
        raise CatganError("Changes must be finite, and the least that counts above 0. "
                          f"Received: least {least}, {int((~np.isfinite(changes)).sum())} changes that are not finite.")
    return np.abs(changes) >= least - ROUNDING  # 1.0 - 0.8 is a little below 0.2


def sparsity(changes: np.ndarray, least: float) -> np.ndarray:
    """Counts the Action Units that every answer changes, `(n,)` int, 0..k, lower is better; arguments as `changed`."""
    return changed(changes, least).sum(1)


def size(changes: np.ndarray) -> np.ndarray:
    """Sums absolute changes over the AUs of every answer, `(n, k)` to `(n,)`, in levels, 0..5 k; lower is better."""
    changes, = _matrices(changes=changes)
    return np.abs(changes).sum(1)


# === What else was changed ===


def off_target(before: np.ndarray, after: np.ndarray, ranges: np.ndarray, stays: np.ndarray,
               known: np.ndarray | None = None) -> np.ndarray:
    """Measures changes of labels that should stay: mean absolute change, as a share of each label's range.

    Args:
        before, after: readings of the face and of the answer, `(n, k)`; NaN = unknown.
        ranges: per label the width of its range, `(k,)`: 5 for an intensity, 2 for valence, 1 for a probability.
        stays: bool `(n, k)` or `(k,)`: labels that neither the target names nor the answer changes. A label that in
            truth follows one that is changed (valence follows AU12) is to be left out, or is counted as off target.
        known: bool `(n, k)`, False where a reading is unknown before or after: it is left out, not taken for 0.

    Returns:
        `(n,)`, 0..1 where readings keep to their ranges, lower is better; NaN where no label should stay.
    """
    before, after = _matrices(before=before, after=after)
    counted = _mask(stays, before.shape) & _mask(known, before.shape)
    return _row_means(np.abs(after - before) / _positive(ranges, before.shape[1]), counted)


def attributes_changed(before: np.ndarray, after: np.ndarray, thresholds: np.ndarray | float = 0.5,
                       known: np.ndarray | None = None) -> np.ndarray:
    """Counts the labels whose binary decision by an oracle changes; the mean over faces is MNAC (Rodriguez et al. 2021,
    DiVE).

    As in the papers what the target names is counted too, so that the best of a reached target is 1, not 0.

    Args:
        before, after: the oracle's readings of face and answer, `(n, k)`; NaN = unknown.
        thresholds: from which a label counts as present, in the unit of the readings: one, or `(k,)`.
        known: bool `(n, k)`, False = unknown, left out.

    Returns:
        `(n,)`, 0..k, lower is better; NaN where no label is known.
    """
    before, after = _matrices(before=before, after=after)
    told = _mask(known, before.shape) & np.isfinite(before) & np.isfinite(after)
    flips = told & ((before >= thresholds) != (after >= thresholds))
    return np.where(told.any(1), flips.sum(1), np.nan)


def label_variation(before: np.ndarray, after: np.ndarray, stays: np.ndarray,
                    known: np.ndarray | None = None) -> np.ndarray:
    """Computes the label variation score (Hvilshoj et al. 2021): divergence of an oracle's presences that should stay.

    Args:
        before, after: probability of presence by an independent estimator, `(n, k)`, 0..1; NaN = unknown. An intensity
            is none: for graded labels see `off_target`.
        stays: bool `(n, k)` or `(k,)`, as in `off_target`; a column alone gives the score of one label.
        known: bool `(n, k)`, False = unknown, left out.

    Returns:
        Mean Jensen-Shannon divergence in bits `(n,)`, 0..1, lower is better; NaN where no label should stay.
    """
    before, after = _matrices(before=before, after=after)
    divergence = jensen_shannon(np.stack([before, 1.0 - before], -1), np.stack([after, 1.0 - after], -1))
    return _row_means(divergence, _mask(stays, before.shape) & _mask(known, before.shape))


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Computes the Jensen-Shannon divergence of distributions over the last axis, `(..., c)` each (Lin 1991).

    Returns:
        `(...)`, in bits, 0 = the same, 1 = nothing in common; NaN where a probability is NaN.
    """
    p, q = np.asarray(p, np.float64), np.asarray(q, np.float64)
    if p.shape != q.shape or any((part < 0.0).any() or (np.abs(part.sum(-1) - 1.0) > 1e-3).any() for part in (p, q)):
        raise CatganError("Distributions must have one shape, no probability outside 0..1 and the sum 1. "
                          f"Received: {p.shape} and {q.shape}.")
    middle = (p + q) / 2.0
    return np.clip((_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2.0, 0.0, 1.0)


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    ratio = np.where(p > 0.0, p / np.where(q > 0.0, q, 1.0), 1.0)  # 0 log 0 = 0
    return (p * np.log2(ratio)).sum(-1)


# === Against the true minimal change ===


def set_agreement(found: np.ndarray, true: np.ndarray) -> dict[str, np.ndarray]:
    """Compares the changed Action Units of answers with those of the true minimal change.

    Args:
        found, true: bool `(n, k)`, see `changed`; the columns are the same AUs in both.

    Returns:
        `precision`: share of the named AUs that are true; `recall`: share of the true AUs that are named; `jaccard`
        (Jaccard 1912): of those in either set, the share in both. `(n,)` each, 0..1, higher is better. Two empty sets
        agree: 1. An empty set against one that is not scores 0 in all three, so that naming nothing is no way out.
    """
    found, true = np.asarray(found), np.asarray(true)
    if found.ndim != 2 or found.shape != true.shape or found.dtype != bool or true.dtype != bool:
        raise CatganError("Found and true sets must be bool of one shape (n, k). "
                          f"Received: {found.dtype} {found.shape} and {true.dtype} {true.shape}.")
    both, either = (found & true).sum(1), (found | true).sum(1)

    def share(of: np.ndarray) -> np.ndarray:
        return np.where(either == 0, 1.0, both / np.maximum(of, 1))

    return {"precision": share(found.sum(1)), "recall": share(true.sum(1)), "jaccard": share(either)}


def au_error(found: np.ndarray, true: np.ndarray, least: float) -> np.ndarray:
    """Averages `|found change - true change|` over the AUs that either of them changes.

    Args:
        found, true: new less old intensity, `(n, k)`, in intensity levels.
        least: how much counts as a change, see `changed`.

    Returns:
        `(n,)` in intensity levels, 0..5, lower is better; 0 where neither changes anything.
    """
    found, true = _matrices(found=found, true=true)
    return np.nan_to_num(_row_means(np.abs(found - true), changed(found, least) | changed(true, least)))


def explained_changes(before: np.ndarray, found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Computes 1 - MSE(found, true counterfactual) / MSE(face, true counterfactual), per face.

    Of all faces together `editing.explained_change`, with its interval `editing.share_interval`: that is the figure to
    state, as the mean of these is ruled by the faces in which the truth changes next to nothing.

    Args:
        before, found, truth: uint8 `(n, h, w, c)`.

    Returns:
        `(n,)`, at most 1 = the truth; 0 = no better than doing nothing, below 0 = worse. NaN where the truth changes
        nothing.
    """
    errors, changes = editing.squared_errors(found, truth), editing.squared_errors(before, truth)
    return 1.0 - np.divide(errors, changes, out=np.full(len(errors), np.nan), where=changes > 0)


def _matrices(**parts: np.ndarray) -> list[np.ndarray]:
    """Converts the parts to float64 and checks that they have one shape `(n, k)`."""
    arrays = [np.asarray(part, np.float64) for part in parts.values()]
    if arrays[0].ndim != 2 or any(array.shape != arrays[0].shape for array in arrays):
        raise CatganError(f"{' and '.join(parts).capitalize()} must have one shape (n, k). "
                          f"Received: {', '.join(str(array.shape) for array in arrays)}.")
    return arrays


def _mask(mask: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """Broadcasts a mask `(n, k)` or `(k,)` to `(n, k)`; all True where there is none."""
    mask = np.ones(shape, bool) if mask is None else np.asarray(mask, bool)
    if mask.shape not in (shape, shape[1:]):
        raise CatganError(f"A mask must be {shape} or {shape[1:]}. Received: {mask.shape}.")
    return np.broadcast_to(mask, shape)


def _positive(ranges: np.ndarray, count: int) -> np.ndarray:
    ranges = np.asarray(ranges, np.float64)
    if ranges.shape != (count,) or not (ranges > 0.0).all():
        raise CatganError(f"Ranges must be {count} positive numbers. Received: {ranges.tolist()}.")
    return ranges


def _row_means(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Averages the counted and finite values of each row, `(n,)`; NaN where there are none."""
    counted = counted & np.isfinite(values)
    total, number = np.where(counted, values, 0.0).sum(1), counted.sum(1)
    return np.divide(total, number, out=np.full(len(values), np.nan), where=number > 0)
