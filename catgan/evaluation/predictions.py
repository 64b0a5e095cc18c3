"""Predictions for any number of faces, with a progress bar and bounded memory."""

from __future__ import annotations

import numpy as np

from catgan.models.gan.model import CatGAN
from catgan.system import progress_bar

BATCH_SIZE = 1024
"""Faces in memory at once. A multiple of `catgan.models.batching.BATCH_SIZES[0]` gives the result of one call."""


def predict_labels(gan: CatGAN, images: np.ndarray, batch_size: int = BATCH_SIZE,
                   verbose: bool = True) -> dict[str, np.ndarray]:
    """Predicts the labels of faces uint8 `(n, side, side, 3)`, as `gan.read` does.

    Args:
        gan: the model.
        images: may lie on disk, as `DualDataset.images` does.
        batch_size: faces in memory at once.
        verbose: whether to show a progress bar.

    Returns:
        Columns `(n,)` by name.
    """
    starts = range(0, max(len(images), 1), batch_size)
    parts = [gan.read(images[start:start + batch_size])
             for start in progress_bar(starts, "predict", unit=f"x {batch_size} faces", verbose=verbose)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
