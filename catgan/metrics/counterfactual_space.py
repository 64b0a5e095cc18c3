"""Metrics of counterfactuals along a path, by autoencoders, and over several answers for one face.

Figures are per face, `(n,)`, NaN where undefined; `counterfactual.mean` and `counterfactual.mean_interval` average
them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from catgan.errors import CatganError
from catgan.metrics import counterfactual, image

STEPS = 50
EPSILON = 1e-8

Scores = Callable[[np.ndarray], np.ndarray]


# === Along the path from the face to the answer ===


def cout(before: np.ndarray, after: np.ndarray, scores: Scores, steps: int = STEPS) -> np.ndarray:
    """Computes the counterfactual transition score (Khorram & Fuxin 2022, C3LT): whether the most changed pixels change
    the answer.

    The pixels of the answer are put into the face, those with the largest absolute change (summed over channels) first,
    in `steps` equal parts. What is measured is the area under the curve of the target less that of the source.

    Args:
        before, after: faces and answers, uint8 `(n, h, w, c)`.
        scores: of uint8 `(n, h, w, c)` the chance of the source answer (what is explained away from) and of the target
            answer, `(n, 2)`, 0..1. Called `steps + 1` times, always with all faces in their order.
        steps: into how many parts the pixels are dealt, at most their number. 50 in the paper's code.

    Returns:
        `(n,)`, -1..1, higher is better. 0 where the answer turns evenly from surely source to surely target; at best
        1 - 1 / `steps`, as half of the first part is still the source's. State it over answers that failed too.
    """
    if before.shape != after.shape or before.ndim != 4:
        raise CatganError(f"Before and after must have one shape (n, h, w, c). Received: {before.shape} and "
                          f"{after.shape}.")
    if not len(before):  # networks rarely take nothing
        return np.zeros(0)
    ranks, pixels = _ranks(before, after), before.shape[1] * before.shape[2]
    counts = np.rint(np.linspace(0, pixels, min(steps, pixels) + 1)).astype(int)
    curves = np.stack([_chances(scores(np.where((ranks < count)[..., None], after, before)), len(before))
                       for count in counts])
    areas = np.einsum("s,snj->nj", np.diff(counts) / pixels, (curves[1:] + curves[:-1]) / 2.0)
    return areas[:, 1] - areas[:, 0]


def progress(answers: np.ndarray, starts: np.ndarray, goals: np.ndarray | float) -> np.ndarray:
    """Computes the share of the way from start to goal that a graded answer has come, `(n,)`: 0 = none or away from it,
    1 = there or beyond; NaN where the start is the goal.

    Args:
        answers, starts: `(n,)`, for example valence now and of the face as it was.
        goals: `(n,)` or one. Of an interval the bound that is nearer to the start. Where being beyond it is a failure
            (`AU12=2`), take the distance to the interval for the answer, and 0 for the goal.
    """
    answers, starts = np.asarray(answers, np.float64), np.asarray(starts, np.float64)
    way = goals - starts
    share = np.divide(answers - starts, way, out=np.full(answers.shape, np.nan), where=np.abs(way) > 1e-12)
    return np.clip(share, 0.0, 1.0)


def cout_towards(before: np.ndarray, after: np.ndarray, answer: Scores, goals: np.ndarray | float,
                 steps: int = STEPS) -> np.ndarray:
    """Computes `cout` of a graded answer (valence, an intensity), which has no classes, from its `progress`.

    The target's curve is the progress, the source's what is left of the way: twice the area under the progress, less 1.
    This project's own; the paper has classes only.

    Args:
        before, after: uint8 `(n, h, w, c)`.
        answer: of uint8 `(n, h, w, c)` the reading to be moved, `(n,)`. Called `steps + 2` times, as in `cout`.
        goals: `(n,)` or one, see `progress`.
        steps: as in `cout`.

    Returns:
        `(n,)`, -1..1, higher is better: -1 = no progress at all, 0 = even progress to the goal, near 1 = there with
        the first pixels. NaN where the face is at its goal as it is.
    """
    if not len(before):
        return np.zeros(0)
    starts = _answers(answer(before), len(before))

    def scores(images: np.ndarray) -> np.ndarray:
        come = np.nan_to_num(progress(_answers(answer(images), len(images)), starts, goals))
        return np.stack([1.0 - come, come], 1)

    return np.where(np.isnan(progress(starts, starts, goals)), np.nan, cout(before, after, scores, steps))


def _ranks(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Ranks pixels by the size of their change, largest first, `(n, h, w)`; ties keep the order of reading."""
    size = np.abs(after.astype(np.int64) - before).sum(-1).reshape(len(before), -1)
    order = np.argsort(-size, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable").reshape(before.shape[:3])


def _chances(scores: np.ndarray, count: int) -> np.ndarray:
    scores = np.asarray(scores, np.float64)
    if scores.shape != (count, 2) or not ((scores >= -1e-6) & (scores <= 1.0 + 1e-6)).all():  # NaN is not
        raise CatganError(f"The scores of source and target must be ({count}, 2) within 0..1. "
                          f"Received: {scores.shape}, {_span(scores)}.")
    return np.clip(scores, 0.0, 1.0)


def _answers(answers: np.ndarray, count: int) -> np.ndarray:
    answers = np.asarray(answers, np.float64)
    if answers.shape != (count,) or not np.isfinite(answers).all():
        raise CatganError(f"The answers must be ({count},) and finite. Received: {answers.shape}, {_span(answers)}.")
    return answers


def _span(values: np.ndarray) -> str:
    return f"{values.min():g}..{values.max():g}" if values.size else "nothing"


# === By autoencoders ===


def im1(found: np.ndarray, by_source: np.ndarray, by_target: np.ndarray) -> np.ndarray:
    """Computes IM1 (Van Looveren & Klaise 2021): whether the answer resembles faces of the target more than those of
    the source.

    `|x' - AE_target(x')|^2 / (|x' - AE_source(x')|^2 + 1e-8)`. For a graded answer source and target are the faces on
    either side of what was asked. Hvilshoj et al. 2021: tiny adversarial changes score well; read it beside the oracle.

    Args:
        found: the answers x', `(n, h, w, c)`, uint8 or float 0..1.
        by_source, by_target: the answers as reconstructed by autoencoders that learned faces of the source's side and
            of the target's alone, `(n, h, w, c)`, uint8 or float, nominally 0..1.

    Returns:
        `(n,)`, 0 and above, lower is better; 1 = as far from both.
    """
    x, source, target = _pictures(found, by_source, by_target)
    return _squared(x - target) / (_squared(x - source) + EPSILON)


def im2(found: np.ndarray, by_target: np.ndarray, by_all: np.ndarray) -> np.ndarray:
    """Computes IM2 (Van Looveren & Klaise 2021): whether autoencoders of the target and of all faces draw the answer
    alike.

    `|AE_target(x') - AE_all(x')|^2 / (|x'|_1 + 1e-8)`. It is in grey values of 0..1, and falls where the answer is
    brighter: compare it only on the same faces.

    Args:
        found: the answers x', `(n, h, w, c)`, uint8 or float 0..1.
        by_target, by_all: the answers as reconstructed by the autoencoder of the target's side and by that of all
            faces, `(n, h, w, c)`, uint8 or float, nominally 0..1.

    Returns:
        `(n,)`, 0 and above, lower is better.
    """
    x, target, everyone = _pictures(found, by_target, by_all)
    return _squared(target - everyone) / (np.abs(x).reshape(len(x), -1).sum(1) + EPSILON)


def _pictures(*parts: np.ndarray) -> list[np.ndarray]:
    if any(part.shape != parts[0].shape for part in parts) or parts[0].ndim != 4:
        raise CatganError("The answers and what autoencoders make of them must have one shape (n, h, w, c). "
                          f"Received: {', '.join(str(part.shape) for part in parts)}.")
    return [part / 255.0 if part.dtype == np.uint8 else np.asarray(part, np.float64) for part in parts]


def _squared(difference: np.ndarray) -> np.ndarray:
    return np.square(difference).sum((1, 2, 3))


# === Several drawings of one face ===


def diversity(changes: np.ndarray) -> float | None:
    """Averages the sum of absolute differences over Action Units of all pairs of answers for one face.

    As in Mothilal et al. 2020 (DiCE) a mean over pairs; the distance is that of `counterfactual.size`.

    Args:
        changes: new less old intensity of the answers, `(m, k)`, in intensity levels.

    Returns:
        In intensity levels, 0..5 k, higher is more diverse; None for fewer than two answers.
    """
    changes = np.asarray(changes, np.float64)
    if changes.ndim != 2:
        raise CatganError(f"Changes must be (m, k). Received: {changes.shape}.")
    pairs = [float(np.abs(a - b).sum()) for a, b in combinations(changes, 2)]
    return float(np.mean(pairs)) if pairs else None


def pixel_diversity(images: np.ndarray) -> float | None:
    """Averages the L1 distance of all pairs of pictures, uint8 `(m, h, w, c)`, 0..1, higher is more diverse; None for
    fewer than two. It replaces sigma_L (Jeanneret et al. 2022, DiME), whose LPIPS needs the weights of a VGG."""
    pairs = [image.l1(a, b) for a, b in combinations(images, 2)]
    return float(np.mean(pairs)) if pairs else None


def composition(images: np.ndarray, redrawn: np.ndarray) -> np.ndarray:
    """Computes the L1 distance of faces from their reconstructions without a change (Monteiro et al. 2023,
    composition).

    Args:
        images: uint8 `(n, h, w, c)`.
        redrawn: the same faces after one empty edit, or after several in a row: state how many.

    Returns:
        `(n,)`, 0..1 of the grey range, lower is better; 0 = an empty edit changes nothing.
    """
    if images.shape != redrawn.shape:
        raise CatganError(f"Faces and drawings must have one shape. Received: {images.shape} and {redrawn.shape}.")
    return np.array([image.l1(a, b) for a, b in zip(images, redrawn)], np.float64)


def reversibility(images: np.ndarray, returned: np.ndarray) -> np.ndarray:
    """Computes the L1 distance of faces from themselves after a change and its opposite (Monteiro et al. 2023,
    reversibility).

    Args:
        images: uint8 `(n, h, w, c)`.
        returned: the same faces after they were changed, and then changed to what they were; or after several such
            cycles: state how many.

    Returns:
        `(n,)`, 0..1 of the grey range, lower is better. A drawer that never changes anything scores 0: read it beside
        `effectiveness`.
    """
    return composition(images, returned)  # the same distance, after another cycle


def effectiveness(asked: np.ndarray, measured: np.ndarray, ranges: np.ndarray, named: np.ndarray,
                  known: np.ndarray | None = None) -> np.ndarray:
    """Computes the error of the named labels against their targets (Monteiro et al. 2023, effectiveness).

    Args:
        asked: the value asked for, `(n, k)`; of an interval the point of it that is nearest to the reading.
        measured: what an independent estimator reads off the answer, `(n, k)`; NaN = unknown.
        ranges: per label the width of its range, `(k,)`.
        named: bool `(n, k)` or `(k,)`: labels that the target names.
        known: bool `(n, k)`, False = unknown, left out.

    Returns:
        Mean absolute error `(n,)` as a share of the range, 0..1, lower is better; NaN where nothing is named.
    """
    return counterfactual.off_target(asked, measured, ranges, named, known)  # the same distance, of other labels
