"""Integration paths from a baseline to a face, and the sum of attributions along them.

A path yields pairs of a row, the place of the face in the batch, and the next `Node` of that face's path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeAlias

import numpy as np

from catgan.explain.attribution.baselines import blurred
from catgan.explain.attribution.outputs import Node, ScalarModel, differentiate

GUIDED_SHARE = 0.25
"""Share of the pixels that Guided IG moves next, those of the smallest gradient (Kapishnikov et al. 2021)."""
DEVIATION = 0.02
"""How far Guided IG lets a pixel leave the straight path, as a share of it."""
DISTANCE_TOLERANCE = 1e-9
"""Share of the whole distance below which Guided IG takes a step as complete."""

Nodes: TypeAlias = Iterator[tuple[int, Node]]


class Path(Protocol):
    """A path for each face of a batch.

    Args: the model; the faces and their starts, float64 `(n, h, w, 3)`; the number of steps; and how many faces the
    model takes at once. Each face has `steps + 1` nodes, of which the last is the face itself.
    """

    def __call__(self, model: ScalarModel, images: np.ndarray, starts: np.ndarray, steps: int,
                 batch_size: int) -> Nodes: ...


def straight_path(model: ScalarModel, images: np.ndarray, starts: np.ndarray, steps: int, batch_size: int) -> Nodes:
    """Walks along straight lines."""
    faces = (start + part * (image - start) for image, start in zip(images, starts)
             for part in np.linspace(0.0, 1.0, steps + 1))
    return _by_face(differentiate(model, faces, batch_size), steps)


def blur_path(model: ScalarModel, images: np.ndarray, starts: np.ndarray, steps: int, batch_size: int) -> Nodes:
    """Takes the blur off each face. The path begins at the blurred face, whatever `starts` holds."""
    faces = (blurred(image, part) for image in images for part in np.linspace(1.0, 0.0, steps + 1))
    return _by_face(differentiate(model, faces, batch_size), steps)


def _by_face(nodes: Iterator[Node], steps: int) -> Nodes:
    return ((place // (steps + 1), node) for place, node in enumerate(nodes))


def guided_path(model: ScalarModel, images: np.ndarray, starts: np.ndarray, steps: int, batch_size: int,
                deviation: float = DEVIATION) -> Nodes:
    """Moves pixels of small gradient first (Kapishnikov et al. 2021). All faces take each step together, since the
    gradient decides where the path goes next.

    Args:
        model, images, starts, steps, batch_size: as in `Path`.
        deviation: how far a pixel may be ahead of the straight path or behind it, 0..1.
    """
    progress = [np.zeros_like(image) for image in images]
    slopes = list(progress)
    for part in np.linspace(0.0, 1.0, steps + 1):
        progress = [_next_progress(done, slope, np.abs(image - start), part, deviation)
                    for done, slope, image, start in zip(progress, slopes, images, starts)]
        faces = (start + done * (image - start) for done, image, start in zip(progress, images, starts))
        for row, node in enumerate(differentiate(model, faces, batch_size)):
            slopes[row] = np.abs(node.gradient)
            yield row, node


def _next_progress(progress: np.ndarray, slope: np.ndarray, distance: np.ndarray, part: float,
                   deviation: float) -> np.ndarray:
    """Returns how far each pixel has come, 0..1, once `part` of the whole L1 distance is covered.

    Pixels of the least slope go as far as they may; the next ones follow until the distance is made up.
    """
    if part == 1.0:
        return np.ones_like(progress)
    furthest, whole = min(part + deviation, 1.0), distance.sum()
    progress = np.maximum(progress, part - deviation)
    while (missing := part * whole - (distance * progress).sum()) > DISTANCE_TOLERANCE * whole:
        free = (progress < furthest) & (distance > 0)
        open_slopes = np.where(free, slope, np.inf)
        chosen = free & (open_slopes <= np.quantile(open_slopes, GUIDED_SHARE, method="lower"))
        reach = (distance * (furthest - progress))[chosen].sum()
        ahead = furthest if reach <= missing else progress + missing / reach * (furthest - progress)
        progress = np.where(chosen, ahead, progress)
    return progress


PATHS: Mapping[str, Path] = {"integrated_gradients": straight_path, "guided_ig": guided_path, "blur_ig": blur_path}
"""Paths by the name of the method that takes them."""


# === The sum along a path ===

Share: TypeAlias = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""Attributes one step, `(h, w, 3)`, from the mean gradient of its ends, its movement, and the rise of the output."""


def gradient_share(slope: np.ndarray, move: np.ndarray, rise: float) -> np.ndarray:
    """Attributes gradient times movement (Sundararajan et al. 2017)."""
    return slope * move


def important_direction_share(slope: np.ndarray, move: np.ndarray, rise: float) -> np.ndarray:
    """Attributes the rise in proportion to the squared gradient (Yang et al. 2023)."""
    squares = np.square(slope)
    norm = squares.sum()
    # Without any gradient nothing can be given the rise: it stays in the convergence delta.
    return squares * (rise / norm) if norm > 0.0 else np.zeros_like(squares)


class PathSum:
    """Adds up the attributions of one face along its path.

    Attributes:
        total: float64 `(h, w, 3)`.
        first, last: the first and the latest node; None before the first.
        nodes: how many were added.
    """

    def __init__(self, share: Share):
        self.share, self.total, self.nodes = share, np.zeros(()), 0
        self.first: Node | None = None
        self.last: Node | None = None

    def add(self, node: Node) -> None:
        """Adds the step from the latest node to this one."""
        if self.last is None:
            self.first = node
        else:
            slope = 0.5 * (self.last.gradient + node.gradient)
            self.total = self.total + self.share(slope, node.face - self.last.face, node.value - self.last.value)
        self.last, self.nodes = node, self.nodes + 1


def integrate(nodes: Iterable[tuple[int, Node]], faces: int, share: Share) -> list[PathSum]:
    """Adds up the attributions of a batch of `faces` faces along their paths."""
    sums = [PathSum(share) for _ in range(faces)]
    for row, node in nodes:
        sums[row].add(node)
    return sums
