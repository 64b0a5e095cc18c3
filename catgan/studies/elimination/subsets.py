"""Chooses which landmarks stay: by relevance, in pairs, for all expressions at once, or at random."""

from __future__ import annotations

import numpy as np

from catgan import random_streams


def quarter_rule(points: int, smallest: int, keep: float = 0.75) -> tuple[int, ...]:
    """Lists the numbers of points of an elimination: `keep` of the points stay at each step.

    Args:
        points: number at the start.
        smallest: number at the end, which the last step reaches exactly.
        keep: share that stays, 0..1 (exclusive).
    """
    sizes, exact = [points], points * keep
    while exact >= smallest and sizes[-1] > smallest:
        sizes.append(int(exact + 0.5))
        exact *= keep
    return (*sizes[:-1], smallest) if len(sizes) > 1 else (points,)


def most_relevant(relevance: np.ndarray, among: np.ndarray, size: int) -> np.ndarray:
    """Returns the `size` points of highest relevance, sorted by number; of equal ones the first.

    Args:
        relevance: `(p,)` of all points.
        among: numbers of the points to choose from.
        size: how many stay, at most as many as there are.
    """
    among = np.sort(among)
    return np.sort(among[np.argsort(-relevance[among], kind="stable")[:size]])


def most_relevant_of_all(relevance: np.ndarray, size: int) -> np.ndarray:
    """Returns the `size` points of highest relevance among all points."""
    return most_relevant(relevance, np.arange(len(relevance)), size)


def without_most_relevant(relevance: np.ndarray, size: int) -> np.ndarray:
    """Returns the `size` points of lowest relevance, for ROAR (Hooker et al. 2019)."""
    return most_relevant_of_all(-relevance, size)


def most_relevant_pairs(relevance: np.ndarray, among: np.ndarray, mirror: np.ndarray, size: int) -> np.ndarray:
    """Returns pairs of points on the left and on the right, and points of the middle, by mean relevance.

    Args:
        relevance, among, size: as `most_relevant`.
        mirror: `(p,)`, number of the point on the other side; that of a point of the middle is its own.

    Returns:
        Numbers of points; one fewer than `size` if no point of the middle is left to fill it.
    """
    there = set(among.tolist())
    pairs = sorted({tuple(sorted({point, int(mirror[point])} & there)) for point in there})
    order = np.argsort([-relevance[list(pair)].mean() for pair in pairs], kind="stable")
    chosen: list[int] = []
    for place in order.tolist():
        if len(chosen) + len(pairs[place]) <= size:
            chosen += pairs[place]
    return np.array(sorted(chosen), np.int64)


def mean_relevance(relevances: np.ndarray) -> np.ndarray:
    """Averages the relevances of several expressions, each scaled to the sum 1: `(m, p)` to `(p,)`."""
    sums = relevances.sum(1, keepdims=True)
    return np.divide(relevances, sums, out=np.zeros_like(relevances), where=sums > 0.0).mean(0)


def at_random(points: int, size: int, seed: int, fold: int, draw: int, expression: int) -> np.ndarray:
    """Draws `size` of `points` points, sorted by number."""
    random = random_streams.generator("eliminated_points", seed, fold, draw, expression, size)
    return np.sort(random.permutation(points)[:size])
