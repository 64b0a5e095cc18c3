"""The base class of explainers that attribute one output of a model to pixels."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from catgan.explain.attribution.outputs import ScalarModel, scalar_output
from catgan.explain.attribution.paths import Nodes, PathSum, Share, integrate
from catgan.explain.attribution.results import Attributions
from catgan.explain.loading import explained_model
from catgan.system import progress_bar


class PixelExplainer(ABC):
    """Attributes one output of a model to pixels.

    A new method is a subclass with a `name` and a method `attribute(images, target, ...)` that returns `Attributions`,
    and one entry in `EXPLAINERS`. The model is prepared once, here, and may then be asked any number of times.

    Args:
        model: a `CatGAN`, a Keras model, or whatever else `catgan.explain.explained_model` takes; or a `ScalarModel`,
            such as `catgan.explain.ScalarOutput`, which needs no target.

    Raises:
        CatganError: a model that cannot be explained.
    """

    name: ClassVar[str]
    """Its name in `EXPLAINERS`."""
    attribute: Callable[..., Attributions]
    """Attributes one output to the pixels of faces: `attribute(images, target, ...)`, with options of each method."""

    def __init__(self, model: object):
        self.model = model if isinstance(model, ScalarModel) else explained_model(model)

    def output(self, target: str | int | None) -> tuple[ScalarModel, str]:
        """Selects one output of the model, see `scalar_output`."""
        return scalar_output(self.model, target)

    def integrated(self, nodes: Nodes, length: int, count: int, share: Share, verbose: bool) -> list[PathSum]:
        """Adds up attributions along the paths of `count` faces, of `length` nodes each, under a progress bar."""
        shown = progress_bar(nodes, self.name, total=length * count, unit="face", verbose=verbose)
        return integrate(shown, count, share)

    def summed(self, images: np.ndarray, target: str, sums: Sequence[PathSum], with_delta: bool) -> Attributions:
        """Makes the result of a path method: each face's output at the end and at the start of its path."""
        ends = [(one.last.value, one.first.value) for one in sums if one.first is not None and one.last is not None]
        values, starts = (np.array(part) for part in zip(*ends))
        return self.completed(images, target, [one.total for one in sums], values, starts,
                              [one.nodes for one in sums], with_delta)

    def completed(self, images: np.ndarray, target: str, maps: Sequence[np.ndarray], values: np.ndarray,
                  baseline_values: np.ndarray, passes: Sequence[int], with_delta: bool = True) -> Attributions:
        """Makes the result of any complete method.

        Args:
            images: the faces, `(n, h, w, 3)`, as they were given.
            target: name of the output.
            maps: `(h, w, 3)` for each face.
            values, baseline_values: the output for each face, and for its baseline, `(n,)`.
            passes: faces that went through the model for each face.
            with_delta: whether the result has the completeness error.
        """
        delta = np.array([total.sum() - (value - start) for total, value, start in zip(maps, values, baseline_values)])
        return Attributions(self.name, target, np.asarray(images), np.stack(maps), values, baseline_values,
                            delta if with_delta else None, np.array(passes, np.int64))
