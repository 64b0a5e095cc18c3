"""Important Direction Gradient Integration."""

from __future__ import annotations

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.explain.attribution.baselines import Baselines, baseline_faces, checked_faces
from catgan.explain.attribution.integrated_gradients import BATCH_SIZE, N_STEPS, PathExplainer
from catgan.explain.attribution.paths import PATHS, important_direction_share
from catgan.explain.attribution.results import Attributions


class IDGI(PathExplainer):
    """Important Direction Gradient Integration (Yang et al. 2023): reweighs the steps of a path method.

    The rise of the output in a step is attributed in proportion to the squared gradient. Movement across the gradient,
    which does not change the output, counts as nothing. The gradient is the mean of a step's two ends, since at its
    start alone it may be 0.
    """

    name = "idgi"

    def attribute(self, images: np.ndarray, target: str | int | None = None, path: str = "integrated_gradients",
                  baselines: Baselines = "blurred", n_steps: int = N_STEPS, internal_batch_size: int = BATCH_SIZE,
                  return_convergence_delta: bool = True, verbose: bool = True) -> Attributions:
        """Attributes one output to the pixels of faces.

        Args:
            images, target, baselines, n_steps, internal_batch_size, return_convergence_delta, verbose: as
                `IntegratedGradients`.
            path: the method whose path is taken: `"integrated_gradients"`, `"guided_ig"`, or `"blur_ig"`, which begins
                at the blurred face.

        Raises:
            CatganError: as `IntegratedGradients`, an unknown path, or a baseline for `"blur_ig"`.
        """
        faces = checked_faces(images)
        if path not in PATHS:
            raise unknown_name("path of idgi", path, PATHS)
        starts = baseline_faces(faces, baselines)
        if path == "blur_ig" and not (isinstance(baselines, str) and baselines == "blurred"):
            raise CatganError("The path blur_ig starts at the blurred face: leave the baseline out. "
                              f"Received: {baselines if isinstance(baselines, str) else 'a face'}.")
        return self.along(PATHS[path], important_direction_share, images, starts, target, n_steps,
                          internal_batch_size, return_convergence_delta, verbose)
