"""Integrated Gradients and the methods that take another path or baseline."""

from __future__ import annotations

from functools import partial

import numpy as np

from catgan.errors import CatganError
from catgan.explain.attribution.baselines import Baselines, baseline_faces, checked_faces, checked_steps
from catgan.explain.attribution.explainer import PixelExplainer
from catgan.explain.attribution.paths import (DEVIATION, Path, Share, blur_path, gradient_share, guided_path,
                                              straight_path)
from catgan.explain.attribution.results import Attributions

N_STEPS = 50
"""Steps of a path, which share passes through the model."""
GUIDED_STEPS = 200
"""Steps of a guided path, whose segments are not straight."""
BATCH_SIZE = 32
"""Faces that go through the model at once."""


class PathExplainer(PixelExplainer):
    """A method that adds up attributions along a path from a baseline to the face."""

    def along(self, path: Path, share: Share, images: np.ndarray, starts: np.ndarray, target: str | int | None,
              n_steps: int, batch_size: int, with_delta: bool, verbose: bool) -> Attributions:
        """Attributes along one kind of path.

        Args:
            path: where it leads; share: how a step is attributed.
            images: the faces as they were given, `(n, h, w, 3)`.
            starts: where the paths begin, float64 `(n, h, w, 3)`.
            target, n_steps, batch_size, with_delta, verbose: as the methods' `attribute`.
        """
        output, name = self.output(target)
        faces, steps = checked_faces(images), checked_steps(n_steps)
        nodes = path(output, faces, starts, steps, batch_size)
        return self.summed(images, name, self.integrated(nodes, steps + 1, len(faces), share, verbose), with_delta)


class IntegratedGradients(PathExplainer):
    """Integrated Gradients along the straight line from the baseline to the face (Sundararajan et al. 2017).

    The attributions of a face add up to the difference of the output between face and baseline, but for the
    `convergence_delta` of a finite number of steps.
    """

    name = "integrated_gradients"

    def attribute(self, images: np.ndarray, target: str | int | None = None, baselines: Baselines = "blurred",
                  n_steps: int = N_STEPS, internal_batch_size: int = BATCH_SIZE,
                  return_convergence_delta: bool = True, verbose: bool = True) -> Attributions:
        """Attributes one output to the pixels of faces.

        With several faces, batches hold points of several paths; the result may then differ from that of a face alone
        in its last bits.

        Args:
            images: faces, uint8 or float `(n, h, w, 3)` in grey levels 0..255.
            target: name or index of the output; None for a model with one output.
            baselines: `"blurred"`, `"black"`, a face `(h, w, 3)`, or one for each face, `(n, h, w, 3)`.
            n_steps: of the trapezoidal rule, from 1; a face takes `n_steps + 1` gradients.
            internal_batch_size: faces that go through the model at once.
            return_convergence_delta: whether the result states the completeness error.
            verbose: whether a progress bar is shown.

        Raises:
            CatganError: images, baselines or steps of another kind; an unknown target; a model without gradients.
        """
        starts = baseline_faces(checked_faces(images), baselines)
        return self.along(straight_path, gradient_share, images, starts, target, n_steps, internal_batch_size,
                          return_convergence_delta, verbose)


class CounterfactualIntegratedGradients(PathExplainer):
    """Integrated Gradients from a counterfactual face: which changed pixels made the difference.

    The attributions add up to f(face) - f(counterfactual), and are 0 wherever the two faces are the same.
    """

    name = "counterfactual_ig"

    def attribute(self, images: np.ndarray, target: str | int | None = None, *, counterfactuals: np.ndarray,
                  n_steps: int = N_STEPS, internal_batch_size: int = BATCH_SIZE,
                  return_convergence_delta: bool = True, verbose: bool = True) -> Attributions:
        """Attributes one output to the pixels in which faces differ from their counterfactuals.

        Args:
            images, target, n_steps, internal_batch_size, return_convergence_delta, verbose: as `IntegratedGradients`.
            counterfactuals: the changed faces, `(n, h, w, 3)` or `(h, w, 3)` in 0..255.

        Raises:
            CatganError: as `IntegratedGradients`.
        """
        starts = baseline_faces(checked_faces(images), np.asarray(counterfactuals), "The counterfactual")
        return self.along(straight_path, gradient_share, images, starts, target, n_steps, internal_batch_size,
                          return_convergence_delta, verbose)


class GuidedIntegratedGradients(PathExplainer):
    """Guided Integrated Gradients: pixels of small gradient move first (Kapishnikov et al. 2021).

    That keeps the path away from faces for which the output is steep because of noise. The path is the paper's. Along
    it, a step counts with the mean gradient of its two ends, not with that of its start.
    """

    name = "guided_ig"

    def attribute(self, images: np.ndarray, target: str | int | None = None, baselines: Baselines = "blurred",
                  n_steps: int = GUIDED_STEPS, deviation: float = DEVIATION, internal_batch_size: int = BATCH_SIZE,
                  return_convergence_delta: bool = True, verbose: bool = True) -> Attributions:
        """Attributes one output to the pixels of faces. All faces take each step together.

        Args:
            images, target, baselines, internal_batch_size, return_convergence_delta, verbose: as `IntegratedGradients`.
            n_steps: of the path, from 1. A step needs the gradient of the step before, so the steps of one face
                cannot share a pass.
            deviation: how far a pixel may be ahead or behind, 0..1 of the way. 0 is Integrated Gradients, 1 no bound.

        Raises:
            CatganError: as `IntegratedGradients`, or a deviation outside 0..1.
        """
        if not 0.0 <= deviation <= 1.0:
            raise CatganError(f"The deviation of Guided IG must lie in 0..1. Received: {deviation:g}.")
        starts = baseline_faces(checked_faces(images), baselines)
        return self.along(partial(guided_path, deviation=deviation), gradient_share, images, starts, target, n_steps,
                          internal_batch_size, return_convergence_delta, verbose)


class BlurIntegratedGradients(PathExplainer):
    """Blur Integrated Gradients: the path takes blur off the face (Xu et al. 2020).

    It introduces no feature that the face does not show.
    """

    name = "blur_ig"

    def attribute(self, images: np.ndarray, target: str | int | None = None, n_steps: int = N_STEPS,
                  internal_batch_size: int = BATCH_SIZE, return_convergence_delta: bool = True,
                  verbose: bool = True) -> Attributions:
        """Attributes one output to the pixels of faces. Arguments and errors as `IntegratedGradients`."""
        return self.along(blur_path, gradient_share, images, checked_faces(images), target, n_steps,
                          internal_batch_size, return_convergence_delta, verbose)
