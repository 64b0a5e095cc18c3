"""Expected Gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan import random_streams
from catgan.errors import CatganError
from catgan.explain.attribution.baselines import checked_faces, checked_steps, same_shape
from catgan.explain.attribution.explainer import PixelExplainer
from catgan.explain.attribution.integrated_gradients import BATCH_SIZE
from catgan.explain.attribution.outputs import differentiate, evaluate
from catgan.explain.attribution.results import Attributions
from catgan.system import progress_bar

N_SAMPLES = 200
"""Gradients that are taken for a face."""


class ExpectedGradients(PixelExplainer):
    """Expected Gradients (Erion et al. 2021): the mean of Integrated Gradients from many baselines."""

    name = "expected_gradients"

    def attribute(self, images: np.ndarray, target: str | int | None = None, *,
                  baselines: np.ndarray | Sequence[np.ndarray], n_samples: int = N_SAMPLES,
                  seed: random_streams.Seed = 0, internal_batch_size: int = BATCH_SIZE,
                  return_convergence_delta: bool = True, verbose: bool = True) -> Attributions:
        """Attributes one output to the pixels of faces. `baseline_values` is the mean output for the baselines.

        Args:
            images, target, internal_batch_size, return_convergence_delta, verbose: as `IntegratedGradients`.
            baselines: other faces, `(m, h, w, 3)` in 0..255. All are baselines of every face.
            n_samples: gradients for a face, at random points of the lines to all baselines together; rounded up to as
                many for each baseline. The points of one line, and those of all, lie evenly (a Latin square).
            seed: of the points, which are the same for every face.

        Raises:
            CatganError: as `IntegratedGradients`, or no baselines.
        """
        output, name = self.output(target)
        faces = checked_faces(images)
        starts = [same_shape(baseline, faces[0], "Every reference") for baseline in baselines]
        if not starts:
            raise CatganError("Expected gradients need one reference face or more. Received: none.")
        lines = [(start, place) for start, row in zip(starts, _places(len(starts), n_samples, seed)) for place in row]
        nodes = progress_bar(
            differentiate(output, (start + place * (image - start) for image in faces for start, place in lines),
                          internal_batch_size),
            self.name, total=len(faces) * len(lines), unit="face", verbose=verbose)
        totals: list[np.ndarray | int] = [0] * len(faces)
        for number, node in enumerate(nodes):
            row, line = divmod(number, len(lines))
            totals[row] = totals[row] + (faces[row] - lines[line][0]) * node.gradient
        values = evaluate(output, [*faces, *starts], internal_batch_size)
        return self.completed(images, name, [np.asarray(total / len(lines)) for total in totals], values[:len(faces)],
                              np.full(len(faces), values[len(faces):].mean()),
                              [len(lines) + 1 + len(starts)] * len(faces), return_convergence_delta)


def _places(baselines: int, samples: int, seed: random_streams.Seed) -> np.ndarray:
    """Draws where each baseline's line is sampled, 0..1, `(baselines, ceil(samples / baselines))`."""
    random = random_streams.generator("attribution_steps", random_streams.seed_of(seed))
    each = -(-checked_steps(samples) // baselines)
    order = random.permuted(np.tile(np.arange(baselines)[:, None], (1, each)), axis=0)
    return (np.arange(each) + (order + random.random(order.shape)) / baselines) / each
