"""Attribution: how much each pixel of a face has to do with one number that a model says of it.

The number is an `Answer`. Every method compares the face with something that lacks what it shows, its baseline, and
shares the difference of the two answers out among the pixels. Path methods walk from the baseline to the face: what a
pixel changes on the way, times the slope of the answer there, is its share. So the shares add up to the difference, but
for what the finite number of steps misses: the completeness gap, which every attribution carries.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from catgan import random_streams
from catgan.errors import CatganError, unknown_name
from catgan.explain.drawers.common import face_region
from catgan.faces import alignment

BATCH = 32
"""Faces that go through the model at once."""

STEPS, GUIDED_STEPS = 50, 200
BLUR = 0.125
"""Standard deviation of the blurred baseline, in sides of the face: what is left has no features."""

GUIDED_SHARE, DEVIATION = 0.25, 0.02
"""Guided IG: the share of the pixels that moves next; how far any may be from the straight path, in shares of it."""


class Answer(Protocol):
    """One number that a model says of a face. Faces are float32 `(n, h, w, 3)` in grey levels 0..255."""

    def value(self, images: np.ndarray) -> np.ndarray:
        """The number for each face, float64 `(n,)`."""

    def gradient(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`value`, and its change per grey level of every pixel, `(n, h, w, 3)`.

        Raises:
            CatganError: this model has no gradient.
        """


@dataclass(frozen=True)
class Attribution:
    """The share of every pixel in an answer, in the unit of the answer.

    Args:
        method: its name in `METHODS`.
        map: float64 `(h, w, 3)`; `(h, w)` from occlusion, which knows no channels.
        value, baseline_value: what the model says of the face, and of the baseline.
        gap: the completeness gap, `map.sum() - (value - baseline_value)`; 0 is perfect, more steps make it smaller.
            IDGI's is about 0 at any number of steps, and so no sign of enough of them. None from occlusion, which
            promises no completeness: what two regions show together is lost with either, and counted twice.
        passes: faces that went through the model.
    """

    method: str
    map: np.ndarray
    value: float
    baseline_value: float
    gap: float | None
    passes: int

    @property
    def pixels(self) -> np.ndarray:
        """The map with channels summed, `(h, w)`."""
        return self.map if self.map.ndim == 2 else self.map.sum(-1)

    def by_region(self) -> dict[str, float]:
        """The share of each facial region of an aligned face. They add up to the sum of the map."""
        return {name: float(self.pixels[region].sum()) for name, region in face_regions(self.map.shape).items()}


def attribute(answer: Answer, image: np.ndarray, method: str = "integrated_gradients", **options) -> Attribution:
    """Attributes an answer to the pixels of a face by any method.

    Args:
        answer: the number to explain.
        image: the face, `(h, w, 3)` in 0..255.
        method: a name in `METHODS`.
        options: as that method's function takes them.

    Raises:
        CatganError: unknown method, option or baseline; a face that is none; a model without the gradient it takes.
    """
    if method not in METHODS:
        raise unknown_name("attribution method", method, METHODS)
    allowed = dict(list(inspect.signature(METHODS[method]).parameters.items())[2:])
    for name in options:
        if name not in allowed:
            raise unknown_name(f"option of {method}", name, allowed)
    for name, parameter in allowed.items():
        if parameter.default is parameter.empty and name not in options:
            raise CatganError(f"{method} needs the option '{name}'. Received: {', '.join(options) or 'no options'}.")
    return METHODS[method](answer, image, **options)


# === Methods ===


def integrated_gradients(answer: Answer, image: np.ndarray, baseline: np.ndarray | str = "blurred",
                         steps: int = STEPS) -> Attribution:
    """Integrated Gradients (Sundararajan et al. 2017): along the straight line from the baseline to the face.

    Args:
        answer, image: as `attribute` takes them.
        baseline: `"blurred"`, `"black"`, or a face of the same shape.
        steps: of the trapezoidal rule, from 1; it takes `steps + 1` gradients.
    """
    image = _face(image)
    return _summed("integrated_gradients", _straight(answer, image, _baseline(image, baseline), steps), _path_share)


def counterfactual_ig(answer: Answer, image: np.ndarray, counterfactual: np.ndarray, steps: int = STEPS) -> Attribution:
    """Integrated Gradients from the counterfactual face: which pixels of the change made the difference.

    The shares add up to f(face) - f(counterfactual), and are 0 wherever the two faces are the same.

    Args:
        answer, image, steps: as `integrated_gradients`.
        counterfactual: the changed face, `(h, w, 3)` in 0..255.
    """
    image = _face(image)
    start = _same_shape(counterfactual, image, "The counterfactual")
    return _summed("counterfactual_ig", _straight(answer, image, start, steps), _path_share)


def guided_ig(answer: Answer, image: np.ndarray, baseline: np.ndarray | str = "blurred", steps: int = GUIDED_STEPS,
              deviation: float = DEVIATION) -> Attribution:
    """Guided Integrated Gradients (Kapishnikov et al. 2021): pixels of little slope move first, which keeps the path
    out of places where the answer is steep for reasons that have nothing to do with the face.

    The path is the paper's. Along it, a step counts with the mean slope of its two ends, not that of its start.

    Args:
        answer, image, baseline, steps: as `integrated_gradients`; the steps cannot share a pass.
        deviation: how far a pixel may be ahead or behind, 0..1 of the way; 0 is Integrated Gradients, 1 is no bound.
    """
    image = _face(image)
    if not 0.0 <= deviation <= 1.0:
        raise CatganError(f"The deviation of Guided IG must lie in 0..1. Received: {deviation:g}.")
    return _summed("guided_ig", _guided(answer, image, _baseline(image, baseline), steps, deviation), _path_share)


def blur_ig(answer: Answer, image: np.ndarray, steps: int = STEPS) -> Attribution:
    """Blur Integrated Gradients (Xu et al. 2020): the path takes blur off the face, so that it brings in nothing that
    the face does not show. Arguments as `integrated_gradients`."""
    image = _face(image)
    return _summed("blur_ig", _sharpening(answer, image, image, steps), _path_share)


def idgi(answer: Answer, image: np.ndarray, path: str = "integrated_gradients", baseline: np.ndarray | str = "blurred",
         steps: int = STEPS) -> Attribution:
    """Important Direction Gradient Integration (Yang et al. 2023): the steps of a path method, weighed anew.

    What the answer rises in a step is shared out by the squares of the slopes: movement across the slope, which
    changes nothing, counts as nothing. Slopes are the mean of a step's two ends; at its start alone they may be 0.

    Args:
        answer, image, baseline, steps: as `integrated_gradients`.
        path: the method whose path to take: `"integrated_gradients"`, `"guided_ig"` or `"blur_ig"`; the last starts at
            the blurred face.
    """
    image = _face(image)
    if path not in PATHS:
        raise unknown_name("path of idgi", path, PATHS)
    start = _baseline(image, baseline)
    if path == "blur_ig" and not (isinstance(baseline, str) and baseline == "blurred"):
        raise CatganError("The path blur_ig starts at the blurred face: leave the baseline out. "
                          f"Received: {baseline if isinstance(baseline, str) else 'a face'}.")
    return _summed("idgi", PATHS[path](answer, image, start, steps), _important_share)


def expected_gradients(answer: Answer, image: np.ndarray, references: np.ndarray, steps: int = 200,
                       seed: int = 0) -> Attribution:
    """Expected Gradients (Erion et al. 2021): Integrated Gradients from many baselines, on average.

    Args:
        answer, image: as `attribute` takes them.
        references: other faces, `(n, h, w, 3)` in 0..255; `baseline_value` is their mean answer.
        steps: gradients taken, at random places of the lines to all references together; rounded up, so that each
            reference has as many. The places of one line, and those of all, lie evenly (a Latin square).
        seed: of the places.
    """
    image = _face(image)
    starts = [_same_shape(reference, image, "Every reference") for reference in references]
    if not starts:
        raise CatganError("Expected gradients need one reference face or more. Received: none.")
    random, each = random_streams.generator("attribution_steps", seed), -(-_counted(steps) // len(starts))
    order = random.permuted(np.tile(np.arange(len(starts))[:, None], (1, each)), axis=0)
    places = (np.arange(each) + (order + random.random(order.shape)) / len(starts)) / each
    lines = [(start, place) for start, row in zip(starts, places) for place in row]
    nodes = _nodes(answer, (start + place * (image - start) for start, place in lines))
    total = sum((image - start) * node.gradient for (start, _), node in zip(lines, nodes))
    values = _values(answer, [image, *starts])
    return _complete("expected_gradients", total / len(lines), values[0], values[1:].mean(), len(lines) + len(values))


def occlusion(answer: Answer, image: np.ndarray, baseline: np.ndarray | str = "blurred") -> Attribution:
    """Occlusion (Zeiler & Fergus 2014) by facial region: what the answer loses when one shows the baseline instead.

    It takes no gradient, so that it explains any model. The loss of a region is spread evenly over its pixels:
    `by_region` gives it back.

    Args:
        answer, image, baseline: as `integrated_gradients`; the face is aligned and square.
    """
    image = _face(image)
    start, regions = _baseline(image, baseline), face_regions(image.shape)
    # Soft borders: a hard one is an edge that a model may answer to.
    masks = [cv2.GaussianBlur(region.astype(float), (0, 0), len(image) / 64)[..., None] for region in regions.values()]
    # Whole grey levels: a model that reads uint8 would cut the rest off.
    values = _values(answer, [image, start, *(np.rint(image + mask * (start - image)) for mask in masks)])
    spread = sum((values[0] - value) * region / max(1, region.sum())
                 for value, region in zip(values[2:], regions.values()))
    return Attribution("occlusion", np.asarray(spread), float(values[0]), float(values[1]), None, len(values))


METHODS: Mapping[str, Callable[..., Attribution]] = {
    function.__name__: function for function in (integrated_gradients, guided_ig, blur_ig, idgi, expected_gradients,
                                                 occlusion, counterfactual_ig)}


# === Paths from a baseline to the face ===


class Node(NamedTuple):
    """A place on a path: the face there, `(h, w, 3)`, what the model says of it, and the gradient of that."""

    face: np.ndarray
    value: float
    gradient: np.ndarray


def _straight(answer: Answer, image: np.ndarray, start: np.ndarray, steps: int) -> Iterator[Node]:
    return _nodes(answer, (start + part * (image - start) for part in np.linspace(0.0, 1.0, _counted(steps) + 1)))


def _sharpening(answer: Answer, image: np.ndarray, start: np.ndarray, steps: int) -> Iterator[Node]:
    """Its start is the blurred face, whatever `start` says."""
    return _nodes(answer, (_blurred(image, part) for part in np.linspace(1.0, 0.0, _counted(steps) + 1)))


def _guided(answer: Answer, image: np.ndarray, start: np.ndarray, steps: int,
            deviation: float = DEVIATION) -> Iterator[Node]:
    """One pass a step: where the path goes next depends on the gradient."""
    progress = slope = np.zeros_like(image)
    for part in np.linspace(0.0, 1.0, _counted(steps) + 1):
        progress = _next_progress(progress, slope, np.abs(image - start), part, deviation)
        node = next(_nodes(answer, iter([start + progress * (image - start)])))
        slope = np.abs(node.gradient)
        yield node


def _next_progress(progress: np.ndarray, slope: np.ndarray, distance: np.ndarray, part: float,
                   deviation: float) -> np.ndarray:
    """How far each pixel has come, 0..1, once `part` of the whole (L1) distance is covered: those of the least slope
    go as far as they may, the next ones follow until the distance is made up."""
    if part == 1.0:
        return np.ones_like(progress)
    furthest, whole = min(part + deviation, 1.0), distance.sum()
    progress = np.maximum(progress, part - deviation)
    while (missing := part * whole - (distance * progress).sum()) > 1e-9 * whole:
        free = (progress < furthest) & (distance > 0)
        open_slopes = np.where(free, slope, np.inf)
        chosen = free & (open_slopes <= np.quantile(open_slopes, GUIDED_SHARE, method="lower"))
        reach = (distance * (furthest - progress))[chosen].sum()
        ahead = furthest if reach <= missing else progress + missing / reach * (furthest - progress)
        progress = np.where(chosen, ahead, progress)
    return progress


PATHS: Mapping[str, Callable[..., Iterator[Node]]] = {
    "integrated_gradients": _straight, "guided_ig": _guided, "blur_ig": _sharpening}


def _path_share(slope: np.ndarray, move: np.ndarray, rise: float) -> np.ndarray:
    return slope * move


def _important_share(slope: np.ndarray, move: np.ndarray, rise: float) -> np.ndarray:
    squares = np.square(slope)
    norm = squares.sum()
    # Without any slope nobody can be given the rise: it stays in the gap.
    return squares * (rise / norm) if norm > 0.0 else np.zeros_like(squares)


def _summed(method: str, nodes: Iterable[Node], share: Callable[..., np.ndarray]) -> Attribution:
    """Adds the shares of all steps of a path up; the slope of a step is the mean of its two ends."""
    total, values = np.zeros(()), []
    for before, after in pairwise(nodes):
        slope = 0.5 * (before.gradient + after.gradient)
        total = total + share(slope, after.face - before.face, after.value - before.value)
        values.append(before.value)
    return _complete(method, total, after.value, values[0], len(values) + 1)


def _complete(method: str, total: np.ndarray, value: float, baseline_value: float, passes: int) -> Attribution:
    gap = float(total.sum() - (value - baseline_value))
    return Attribution(method, total, float(value), float(baseline_value), gap, passes)


# === Through the model ===


def _nodes(answer: Answer, faces: Iterator[np.ndarray]) -> Iterator[Node]:
    while batch := list(islice(faces, BATCH)):
        values, gradients = map(_finite, answer.gradient(np.asarray(batch, np.float32)))
        yield from map(Node, batch, values.tolist(), gradients)


def _values(answer: Answer, faces: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([_finite(answer.value(np.asarray(faces[first:first + BATCH], np.float32)))
                           for first in range(0, len(faces), BATCH)])


def _finite(numbers: np.ndarray) -> np.ndarray:
    numbers = np.asarray(numbers, np.float64)
    if not np.isfinite(numbers).all():
        raise CatganError("The answer or its gradient is not finite on the way from the baseline to the face: choose "
                          f"another baseline. Received: {numbers[~np.isfinite(numbers)][0]}.")
    return numbers


# === Faces ===


def face_regions(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """The regions of an aligned face: every pixel lies in one of them, bool `(side, side)` each.

    They follow `alignment.TEMPLATE` and hold what FACS looks at: the brows with the skin between them, the eyes with
    their lids, the mouth with the upper lip. Background is where `face_region` is 0.

    Args:
        shape: of the face, `(side, side, ...)`.

    Raises:
        CatganError: the face is not square.
    """
    if shape[0] != shape[1]:
        raise CatganError(f"Facial regions are known in aligned faces, which are square. Received: {shape[:2]}.")
    y, x = (np.indices(shape[:2]) + 0.5) / shape[0]
    *eyes, (middle, lips) = alignment.TEMPLATE
    lids = [np.hypot((x - eye_x) / 0.115, (y - eye_y) / 0.06) < 1.0 for eye_x, eye_y in eyes]
    aside, eye_line, upper_lip = np.abs(x - middle), eyes[0][1], lips - 0.08
    claims = {"background": face_region(shape[0]) == 0.0, "forehead": y < eye_line - 0.18, "brows": y < eye_line - 0.06,
              "chin": y > lips + 0.10, "eyes": lids[0] | lids[1], "nose": (aside < 0.10) & (y < upper_lip),
              "mouth": (aside < 0.19) & (y >= upper_lip), "cheeks": np.ones_like(x, bool)}
    owner = np.select(list(claims.values()), range(len(claims)))
    return {name: owner == number for number, name in enumerate(claims)}


def _blurred(image: np.ndarray, part: float) -> np.ndarray:
    """The face under `part` of the full blur; mirrored at its border, so that no black comes in."""
    sigma = part * BLUR * len(image)
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.0 else image


def _baseline(image: np.ndarray, baseline: np.ndarray | str) -> np.ndarray:
    if not isinstance(baseline, str):
        return _same_shape(baseline, image, "A baseline")
    if baseline not in ("blurred", "black"):
        raise unknown_name("baseline", baseline, ("blurred", "black", "or a face (h, w, 3)"))
    return _blurred(image, 1.0) if baseline == "blurred" else np.zeros_like(image)


def _same_shape(face: np.ndarray, image: np.ndarray, what: str) -> np.ndarray:
    face = _face(face)
    if face.shape != image.shape:
        raise CatganError(f"{what} must have the shape of the face, {image.shape}. Received: {face.shape}.")
    return face


def _face(image: np.ndarray) -> np.ndarray:
    """A face as float64, so that uint8 ones can be subtracted."""
    given = np.asarray(image)
    if given.dtype.kind not in "uif" or given.ndim != 3 or given.shape[-1] != 3 or not given.size:
        raise CatganError(f"A face must be numbers of shape (h, w, 3). Received: {given.dtype} {given.shape}.")
    if not (given.min() >= 0 and given.max() <= 255):
        raise CatganError(f"A face must be grey levels 0..255. Received: {given.min():g}..{given.max():g}.")
    return given.astype(np.float64)


def _counted(steps: int) -> int:
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise CatganError(f"The number of steps must be whole, from 1. Received: {steps}.")
    return int(steps)
