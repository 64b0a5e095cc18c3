"""Reading any number of faces."""

from __future__ import annotations

import sys

import numpy as np
from tqdm import tqdm

from catgan.models.gan.model import CatGAN

AT_ONCE = 1024


def read_all(gan: CatGAN, images: np.ndarray) -> dict[str, np.ndarray]:
    """`gan.read` over any number of faces, with a progress bar."""
    starts = range(0, max(len(images), 1), AT_ONCE)
    parts = [gan.read(images[start:start + AT_ONCE])
             for start in tqdm(starts, "read", unit="x 1024 faces", disable=not sys.stderr.isatty())]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
