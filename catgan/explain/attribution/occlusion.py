"""Occlusion of facial regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np

from catgan.explain.attribution.baselines import Baselines, baseline_faces, checked_faces
from catgan.explain.attribution.explainer import PixelExplainer
from catgan.explain.attribution.integrated_gradients import BATCH_SIZE
from catgan.explain.attribution.outputs import evaluate
from catgan.explain.attribution.results import Attributions
from catgan.faces.regions import face_regions
from catgan.system import progress_bar

SOFT_BORDER = 1 / 64
"""Standard deviation of the border of an occluded region, as a share of the face's side."""


class Occlusion(PixelExplainer):
    """Occlusion by facial region (Zeiler & Fergus 2014): what the output loses when a region shows the baseline.

    It takes no gradient, so it explains any model. The loss of a region is spread evenly over its pixels, and
    `by_region` gives it back.
    """

    name = "occlusion"

    def attribute(self, images: np.ndarray, target: str | int | None = None, baselines: Baselines = "blurred",
                  internal_batch_size: int = BATCH_SIZE, verbose: bool = True) -> Attributions:
        """Attributes one output to the facial regions of aligned, square faces.

        Args:
            images, target, baselines, internal_batch_size, verbose: as `IntegratedGradients`.

        Raises:
            CatganError: as `IntegratedGradients`, but for gradients; or faces that are not square.
        """
        output, name = self.output(target)
        faces = checked_faces(images)
        starts, regions = baseline_faces(faces, baselines), face_regions(faces.shape[1:])
        given = progress_bar(_occluded(faces, starts, regions), self.name, total=len(faces) * (2 + len(regions)),
                             unit="face", verbose=verbose)
        values = evaluate(output, given, internal_batch_size).reshape(len(faces), 2 + len(regions))
        maps = np.stack([np.asarray(sum((row[0] - value) * region / max(1, region.sum())
                                        for value, region in zip(row[2:], regions.values()))) for row in values])
        return Attributions(self.name, name, np.asarray(images), maps, values[:, 0], values[:, 1], None,
                            np.full(len(faces), 2 + len(regions), np.int64))


def _occluded(faces: np.ndarray, starts: np.ndarray, regions: Mapping[str, np.ndarray]) -> Iterator[np.ndarray]:
    """Yields each face, its baseline, and the face with each region in turn taken from the baseline."""
    # A hard border would be an edge that a model may react to.
    masks = [cv2.GaussianBlur(region.astype(float), (0, 0), len(region) * SOFT_BORDER)[..., None]
             for region in regions.values()]
    for image, start in zip(faces, starts):
        yield image
        yield start
        for mask in masks:
            # Whole grey levels: a model that reads uint8 would cut the rest off.
            yield np.rint(image + mask * (start - image))
